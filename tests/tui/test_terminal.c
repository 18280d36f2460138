/* SPDX-License-Identifier: MIT */
/* The workbench and the terminal: whatever the terminal is, and whatever happens to the program. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "rig.h"
#include "stage.h"

#define ENTER "\r"
#define ESC "\x1b"

static const char *const no_env[] = {NULL};

static void begin_stage(rig *r, int rows, int columns, const char *const *env)
{
	const rig_play play = {.rows = rows, .columns = columns, .run = stage_run, .env = env};

	rig_begin(r, &play);
}

/* The real program, with arguments from argv[1] on. */
static void begin_program(rig *r, const char **argv, const char *const *env)
{
	const rig_play play = {.rows = 24, .columns = 80, .argv = argv, .env = env};

	argv[0] = getenv("MN_PROGRAM");
	assert_non_null(argv[0]);
	rig_begin(r, &play);
}

static size_t lines_of(const char *screen)
{
	size_t n = 0;

	for (; *screen; screen++)
		n += *screen == '\n';
	return n;
}

/* ---- Terminals that will not do ----------------------------------------------------------- */

static void a_small_terminal_is_told_what_is_needed_and_may_grow(void **state)
{
	const char *screen;
	size_t before;
	rig r;

	(void)state;
	begin_stage(&r, 10, 50, no_env);
	rig_await(&r, 0, "needs 60x16, has 50x10");
	before = r.nout;
	rig_resize(&r, 24, 80);
	rig_await(&r, before, "Neurons");
	screen = rig_screen(&r);
	assert_int_equal(lines_of(screen), 24);
	assert_non_null(strstr(screen, "Neurons"));
	before = r.nout;
	rig_resize(&r, 15, 59);
	rig_await(&r, before, "needs 60x16, has 59x15");
	rig_type(&r, "q");
	assert_int_equal(rig_wait(&r), 0);
	assert_true(rig_restored(&r));
	rig_end(&r);
}

static void refused(const char *term, const char *says)
{
	char entry[64];
	const char *const env[] = {entry, NULL};
	const char *argv[] = {NULL, "--store", "memory:", NULL};
	int status;
	rig r;

	snprintf(entry, sizeof(entry), "TERM%s%s", term ? "=" : "", term ? term : "");
	begin_program(&r, argv, env);
	status = rig_wait(&r);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	if (!strstr(r.out, says))
		fail_msg("\"%s\" is not in: %s", says, r.out);
	assert_int_equal(lines_of(r.out), 1);
	assert_null(strchr(r.out, '\x1b'));
	assert_true(rig_restored(&r));
	rig_end(&r);
}

static void an_unknown_terminal_is_refused_with_one_line(void **state)
{
	(void)state;
	refused("no-such-terminal", "terminal type \"no-such-terminal\" is unknown here");
}

static void a_terminal_that_cannot_place_the_cursor_is_refused_with_one_line(void **state)
{
	(void)state;
	refused("dumb", "terminal type \"dumb\" cannot place the cursor");
}

static void a_terminal_without_a_type_is_refused_with_one_line(void **state)
{
	(void)state;
	refused(NULL, "TERM is not set");
}

static void a_type_that_would_steer_the_terminal_is_shown_harmless(void **state)
{
	(void)state;
	refused("\x1b[31m", "\\x1b[31m");
}

/* ---- Locales and colours ------------------------------------------------------------------ */

static void without_utf8_nothing_but_ascii_is_drawn(void **state)
{
	static const char *const env[] = {"LC_ALL=C", NULL};
	const char *screen;
	rig r;

	(void)state;
	begin_stage(&r, 24, 80, env);
	screen = rig_screen(&r);
	assert_non_null(strstr(screen, "+- Neurons -"));
	for (const char *c = screen; *c; c++)
		assert_true((unsigned char)*c < 0x80);
	rig_type(&r, ":");
	rig_await(&r, 0, "enter start");
	for (size_t i = 0; i < r.nout; i++)
		assert_true((unsigned char)r.out[i] < 0x80);
	rig_end(&r);
}

/* "ESC [ ... 3" or 4 or 9 as the parameters of SGR choose a colour. */
static bool has_colour(const char *out)
{
	for (const char *at = out; (at = strstr(at, "\x1b[")); at++) {
		const char *end = at + 2 + strspn(at + 2, "0123456789;");

		for (const char *p = at + 2; *end == 'm' && p < end; p++)
			if ((p == at + 2 || p[-1] == ';') && (*p == '3' || *p == '4' || *p == '9')
				&& p + 1 < end && p[1] != ';' && strncmp(p, "39", 2) != 0
				&& strncmp(p, "49", 2) != 0)
				return true;
	}
	return false;
}

static void start_and_leave(const char *const *env, bool colour)
{
	const char *argv[] = {NULL, "--store", "memory:", NULL};
	rig r;

	begin_program(&r, argv, env);
	rig_screen(&r);
	rig_type(&r, "q");
	assert_int_equal(rig_wait(&r), 0);
	assert_int_equal(has_colour(r.out), colour);
	rig_end(&r);
}

static void no_color_gives_no_colour(void **state)
{
	static const char *const env[] = {"NO_COLOR=1", NULL};

	(void)state;
	start_and_leave(no_env, true);
	start_and_leave(env, false);
}

/* ---- What comes from outside -------------------------------------------------------------- */

static void a_memory_that_steers_terminals_is_shown_harmless(void **state)
{
	const char *screen;
	rig r;

	(void)state;
	begin_stage(&r, 30, 100, no_env);
	rig_screen(&r);
	rig_type(&r, "/careful type:mem" ENTER);
	screen = rig_screen(&r);
	assert_non_null(strstr(screen, "\\x1b[31mred\\x1b[2J"));
	assert_non_null(strstr(screen, "<U+202E>right-to-left"));
	assert_null(strstr(r.out, "\x1b[31m"));
	assert_null(strstr(r.out, "\xe2\x80\xae"));
	rig_type(&r, "t");
	rig_screen(&r);
	assert_null(strstr(r.out, "\x1b[31m"));
	rig_end(&r);
}

static void a_pasted_text_starts_nothing(void **state)
{
	const char *screen;
	rig r;

	(void)state;
	begin_stage(&r, 24, 80, no_env);
	rig_screen(&r);
	rig_type(&r, "\x1b[200~q\rq3D\x1b[201~");
	rig_screen(&r);
	rig_type(&r, "3\x1b[200~two\rlines\x1b[201~");
	screen = rig_screen(&r);
	assert_non_null(strstr(screen, "two lines"));
	rig_end(&r);
}

/* ---- The mouse ---------------------------------------------------------------------------- */

/* The terminal is asked for its ground; what it answers steers nothing, whatever it is. */
static void a_light_ground_gets_dark_letters(void **state)
{
	static const char *const answers[] = {"\x1b]11;rgb:ffff/ffff/e000\x1b\\",
		"\x1b]11;rgb:f/f/f\x07", "\x1b]11;rgb:1000/1000/1000\x1b\\", "\x1b]11;dqD\x07",
		"\x1b]q12345678901234567890123456789012345678901234567890\x07"};
	char first[2][65536];

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		const rig_play stage = {.rows = 30, .columns = 100, .run = stage_run};
		rig r;

		rig_begin(&r, &stage);
		rig_await(&r, 0, "\x1b]11;?");
		rig_type(&r, answers[i]);
		snprintf(first[i > 0], sizeof(first[0]), "%s", rig_looks(&r));
		if (i == 1)
			assert_string_equal(first[0], first[1]);
		else if (i > 1)
			assert_string_not_equal(first[0], first[1]);
		assert_non_null(strstr(first[i > 0], "Explore"));
		rig_type(&r, "q");
		assert_int_equal(rig_wait(&r), 0);
		rig_end(&r);
	}
}

static void press(rig *r, int row, int column, int button)
{
	char keys[64];

	snprintf(keys, sizeof(keys), "\x1b[<%d;%d;%dM\x1b[<%d;%d;%dm", button, column + 1, row + 1,
		button, column + 1, row + 1);
	rig_type(r, keys);
}

static void a_click_selects_and_two_open(void **state)
{
	const char *screen;
	rig r;

	(void)state;
	begin_stage(&r, 24, 80, no_env);
	rig_screen(&r);
	press(&r, 0, 3, 0); /* the tab "Brains" */
	screen = rig_screen(&r);
	assert_non_null(strstr(screen, "memories"));
	press(&r, 3, 10, 0); /* the first brain, "empty" */
	screen = rig_screen(&r);
	assert_non_null(strstr(screen, "▸  empty"));
	press(&r, 3, 10, 0);
	press(&r, 3, 10, 0);
	screen = rig_screen(&r);
	assert_non_null(strstr(screen, "nothing fits"));
	rig_end(&r);
}

static void the_wheel_scrolls_what_is_under_it(void **state)
{
	const char *screen;
	rig r;

	(void)state;
	begin_stage(&r, 24, 80, no_env);
	rig_screen(&r);
	for (int i = 0; i < 10; i++)
		press(&r, 10, 10, 65);
	screen = rig_screen(&r);
	assert_null(strstr(screen, "▸● unwant"));
	assert_non_null(strstr(screen, "▸●"));
	for (int i = 0; i < 10; i++)
		press(&r, 10, 10, 64);
	assert_non_null(strstr(rig_screen(&r), "▸● unwant"));
	rig_end(&r);
}

/* ---- Size --------------------------------------------------------------------------------- */

static void a_storm_of_sizes_ends_in_a_whole_screen(void **state)
{
	unsigned seed = 11;
	const char *screen;
	size_t before;
	rig r;

	(void)state;
	begin_stage(&r, 24, 80, no_env);
	rig_screen(&r);
	rig_type(&r, "?");
	for (int i = 0; i < 300; i++) {
		seed = seed * 1103515245 + 12345;
		rig_resize(&r, (int)(seed >> 16 & 63) + 1, (int)(seed >> 22 & 255) + 1);
		if (i % 50 == 0)
			rig_type(&r, "\x1b");
	}
	before = r.nout;
	rig_resize(&r, 30, 100);
	rig_await(&r, before, "Neurons");
	rig_type(&r, "\x1b");
	screen = rig_screen(&r);
	assert_int_equal(lines_of(screen), 30);
	assert_non_null(strstr(screen, "╭─ Neurons"));
	rig_end(&r);
}

/* ---- Ends --------------------------------------------------------------------------------- */

static void the_terminal_is_given_back_after(int signal, bool by_signal)
{
	int status;
	rig r;

	begin_stage(&r, 24, 80, no_env);
	rig_screen(&r);
	kill(r.pid, signal);
	status = rig_wait(&r);
	if (by_signal) {
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signal);
	} else {
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 128 + signal);
	}
	assert_true(rig_restored(&r));
	rig_end(&r);
}

static void a_signal_that_ends_restores_the_terminal(void **state)
{
	(void)state;
	the_terminal_is_given_back_after(SIGTERM, false);
	the_terminal_is_given_back_after(SIGINT, false);
	the_terminal_is_given_back_after(SIGHUP, false);
}

static void a_crash_restores_the_terminal(void **state)
{
	static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};

	(void)state;
	for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		the_terminal_is_given_back_after(crashes[i], true);
}

static void the_program_itself_ends_by_a_signal_with_its_code(void **state)
{
	const char *argv[] = {NULL, "--store", "memory:", NULL};
	int status;
	rig r;

	(void)state;
	begin_program(&r, argv, no_env);
	rig_screen(&r);
	kill(r.pid, SIGTERM);
	status = rig_wait(&r);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 128 + SIGTERM);
	assert_true(rig_restored(&r));
	rig_end(&r);
}

static void a_terminal_that_goes_away_ends_the_program(void **state)
{
	int status;
	rig r;

	(void)state;
	begin_stage(&r, 24, 80, no_env);
	rig_screen(&r);
	close(r.fd);
	r.fd = open("/dev/null", O_RDWR);
	status = rig_wait(&r);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 128 + SIGHUP);
	rig_end(&r);
}

/* ---- Stopping and going on ---------------------------------------------------------------- */

/* A shell's part: runs the workbench as a job of its own in the foreground, says when it has
 * stopped, and brings it back once a line is typed. */
static int run_as_job(const char *dir)
{
	int status = 0;
	struct sigaction ignore = {.sa_handler = SIG_IGN}, usual = {.sa_handler = SIG_DFL};
	pid_t job = fork();

	sigaction(SIGTTOU, &ignore, NULL);
	if (job == 0) {
		setpgid(0, 0);
		tcsetpgrp(STDIN_FILENO, getpid());
		sigaction(SIGTTOU, &usual, NULL);
		_exit(stage_run(dir));
	}
	setpgid(job, job);
	tcsetpgrp(STDIN_FILENO, job);
	waitpid(job, &status, WUNTRACED);
	tcsetpgrp(STDIN_FILENO, getpgrp());
	if (WIFSTOPPED(status)) {
		char line[16];

		if (write(STDOUT_FILENO, "[stopped]\r\n", 11) != 11
			|| read(STDIN_FILENO, line, sizeof(line)) <= 0)
			return 92;
		tcsetpgrp(STDIN_FILENO, job);
		kill(-job, SIGCONT);
		waitpid(job, &status, 0);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 93;
}

static void ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(void **state)
{
	const rig_play play = {.rows = 24, .columns = 80, .run = run_as_job};
	size_t before;
	rig r;

	(void)state;
	rig_begin(&r, &play);
	assert_non_null(strstr(rig_screen(&r), "Neurons"));
	rig_type(&r, "\x1a");
	rig_await(&r, 0, "[stopped]");
	assert_true(rig_restored(&r));
	before = r.nout;
	rig_resize(&r, 30, 100);
	rig_type(&r, "\n");
	rig_await(&r, before, "Neurons");
	assert_int_equal(lines_of(rig_screen(&r)), 30);
	rig_type(&r, "q");
	assert_int_equal(rig_wait(&r), 0);
	assert_true(rig_restored(&r));
	rig_end(&r);
}

/* ---- The real program --------------------------------------------------------------------- */

static void the_program_makes_keeps_and_deletes_a_brain(void **state)
{
	char store[128], path[128];
	const char *argv[] = {NULL, "--store", store, NULL};
	const char *screen;
	struct stat st;
	rig r;

	(void)state;
	snprintf(store, sizeof(store), "sqlite:/tmp/mn-store-%ld", (long)getpid());
	begin_program(&r, argv, no_env);
	assert_non_null(strstr(rig_screen(&r), "No brain here yet."));
	rig_type(&r, "n");
	rig_type(&r, "\"my \\\"first\\\" brain\"" ENTER);
	screen = rig_screen(&r);
	assert_non_null(strstr(screen, "my \"first\" brain"));
	rig_type(&r, ENTER);
	assert_non_null(strstr(rig_screen(&r), "nothing fits"));
	rig_type(&r, "1D");
	rig_type(&r, "my first brain" ENTER);
	assert_non_null(strstr(rig_screen(&r), "that is not its name"));
	rig_type(&r, "\x15"
		     "my \"first\" brain" ENTER);
	assert_non_null(strstr(rig_screen(&r), "No brain here yet."));
	rig_type(&r, "q");
	assert_int_equal(rig_wait(&r), 0);
	assert_true(rig_restored(&r));
	snprintf(path, sizeof(path), "%s/mnemoscope/workbench", r.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	rmdir(store + strlen("sqlite:"));
	rig_end(&r);
}

static void where_one_was_is_found_again(void **state)
{
	char home[64], store[128], env_home[160];
	const char *const env[] = {env_home, NULL};
	const char *argv[] = {NULL, "--store", store, NULL};
	rig r;

	(void)state;
	snprintf(home, sizeof(home), "/tmp/mn-home-%ld", (long)getpid());
	snprintf(store, sizeof(store), "sqlite:%s/store", home);
	snprintf(env_home, sizeof(env_home), "XDG_STATE_HOME=%s", home);
	assert_int_equal(mkdir(home, 0700), 0);
	begin_program(&r, argv, env);
	rig_screen(&r);
	rig_type(&r, "nmine" ENTER);
	rig_screen(&r);
	rig_type(&r, ENTER);
	rig_screen(&r);
	rig_type(&r, "/moth" ENTER);
	rig_screen(&r);
	rig_type(&r, "q");
	assert_int_equal(rig_wait(&r), 0);
	rig_end(&r);
	begin_program(&r, argv, env);
	assert_non_null(strstr(rig_screen(&r), "/ moth"));
	assert_non_null(strstr(r.screen, "mine"));
	rig_type(&r, "q");
	assert_int_equal(rig_wait(&r), 0);
	snprintf(r.dir, sizeof(r.dir), "%s", home);
	rig_end(&r);
}

static void read_only_refuses_changes(void **state)
{
	const rig_play play = {.rows = 24, .columns = 80, .run = stage_run_read_only};
	rig r;

	(void)state;
	rig_begin(&r, &play);
	assert_non_null(strstr(rig_screen(&r), "read-only"));
	rig_type(&r, "1D");
	rig_await(&r, 0, "read-only: nothing is changed");
	rig_end(&r);
}

/* Each keystroke begins a search that the next one cancels; the last one's answer is shown. */
static void the_list_follows_what_is_typed_however_fast(void **state)
{
	const char *screen;
	rig r;

	(void)state;
	begin_stage(&r, 24, 80, no_env);
	rig_screen(&r);
	rig_type(&r, "/programmer\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7fmoth type:con");
	screen = rig_screen(&r);
	assert_non_null(strstr(screen, "● moth"));
	assert_null(strstr(screen, "● program"));
	rig_end(&r);
}

static void a_spread_plays_by_itself_when_time_passes(void **state)
{
	const rig_play play = {.rows = 30, .columns = 120, .run = stage_run_live};
	size_t from;
	rig r;

	(void)state;
	rig_begin(&r, &play);
	rig_screen(&r);
	from = r.nout;
	rig_type(&r, "3who found the first bug" ENTER);
	rig_await(&r, from, "▶");
	rig_await(&r, from, "‖");
	assert_non_null(strstr(rig_screen(&r), "event 55/55"));
	rig_end(&r);
}

/* ---- What leaves the screen --------------------------------------------------------------- */

static void a_copy_goes_to_the_clipboard_of_the_terminal(void **state)
{
	rig r;

	(void)state;
	begin_stage(&r, 24, 80, no_env);
	rig_screen(&r);
	rig_type(&r, "/moth type:con" ENTER);
	rig_screen(&r);
	rig_type(&r, "y");
	rig_await(&r, 0, "\x1b]52;c;bW90aA==\a"); /* "moth" */
	rig_end(&r);
}

static char *contents(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, 65536);

	assert_non_null(f);
	assert_non_null(text);
	assert_true(fread(text, 1, 65535, f) > 0);
	fclose(f);
	return text;
}

static void a_trace_is_written_in_the_format_its_name_asks_for(void **state)
{
	static const struct {
		const char *name, *begins;
	} files[] = {
		{"t.dot", "digraph"}, {"t.svg", "<svg"}, {"t.graphml", "<?xml"}, {"t.jsonl", "{"}};
	char path[128], keys[256];
	rig r;

	(void)state;
	begin_stage(&r, 24, 80, no_env);
	rig_screen(&r);
	rig_type(&r, "3who found the first bug" ENTER);
	rig_screen(&r);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char *text;

		snprintf(path, sizeof(path), "%s/%s", r.dir, files[i].name);
		snprintf(keys, sizeof(keys), "e%s" ENTER, path);
		rig_type(&r, keys);
		rig_screen(&r);
		text = contents(path);
		if (strncmp(text, files[i].begins, strlen(files[i].begins)) != 0)
			fail_msg("%s begins with %.20s", files[i].name, text);
		free(text);
	}
	rig_end(&r);
}

/* ---- Waiting ------------------------------------------------------------------------------ */

static void write_notes(const char *path, int n)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	for (int i = 0; i < n; i++)
		fprintf(f, "{\"id\":\"x%d\",\"text\":\"note %d of word%d and word%d\"}\n", i, i,
			i % 977, i % 331);
	assert_int_equal(fclose(f), 0);
}

static void esc_cancels_what_is_waited_for(void **state)
{
	const rig_play play = {.rows = 24, .columns = 100, .run = stage_run_live};
	char path[128], keys[256];
	size_t from;
	rig r;

	(void)state;
	rig_begin(&r, &play);
	rig_screen(&r);
	snprintf(path, sizeof(path), "%s/many.jsonl", r.dir);
	write_notes(path, 200000);
	snprintf(keys, sizeof(keys), ":import %s" ENTER, path);
	from = r.nout;
	rig_type(&r, keys);
	rig_await(&r, from, "import \xe2\xa0"); /* the spinner: by then it has taken 150 ms */
	rig_type(&r, ESC);
	rig_await(&r, from, "import: cancelled");
	rig_type(&r, "q");
	assert_int_equal(rig_wait(&r), 0);
	rig_end(&r);
}

static void what_was_added_is_seen_at_once(void **state)
{
	const char *screen;
	rig r;

	(void)state;
	begin_stage(&r, 24, 100, no_env);
	assert_non_null(strstr(rig_screen(&r), "110 neurons"));
	rig_type(&r, "R\"A zyzzyva is a weevil.\" --title zyzzyva" ENTER);
	rig_screen(&r);
	rig_type(&r, "/zyzzyva" ENTER);
	screen = rig_screen(&r);
	assert_non_null(strstr(screen, "114 neurons"));
	assert_non_null(strstr(screen, "[zyzzyva]"));
	rig_end(&r);
}

/* ---- A monkey ----------------------------------------------------------------------------- */

/* Keys at random, but for those that leave. Whatever they do, the workbench stands. */
static void no_row_of_keys_brings_it_down(void **state)
{
	static const char *const keys[] = {"1", "2", "3", "4", "5", "6", "n", "u", "y", "j", "k",
		"g", "G", "\r", "\t", ESC, "/", "i", "b", "f", "m", "'", "t", "a", " ", ".", ",",
		"0", "$", "+", "-", "w", "W", "c", "d", "K", "L", "?", ":", "x", "n", "r", "D", "R",
		"y", "[", "]", "bug", "moth", "hopper", "type:", "\x7f", "\x15", "\x17", "\x01",
		"\x05", "\x0c", "\x12", "\x1bOA", "\x1bOB", "\x1bOC", "\x1bOD", "\x1b[5~",
		"\x1b[6~", "\xe8\x99\xab", "\x1b[<0;20;10M", "\x1b[<64;20;10M", "\x1b[<65;70;10M",
		"\x1b[<0;90;15M"};
	const rig_play play = {.rows = 30, .columns = 100, .run = stage_run_live};
	unsigned seed = 20240508, rounds = getenv("MN_FULL") ? 40000 : 3000;
	rig r;

	(void)state;
	rig_begin(&r, &play);
	rig_screen(&r);
	for (unsigned i = 0; i < rounds; i++) {
		seed = seed * 1103515245 + 12345;
		rig_type(&r, keys[(seed >> 16) % (sizeof(keys) / sizeof(*keys))]);
		if (i % 500 == 499)
			rig_resize(&r, 16 + (int)(seed >> 8 & 31), 60 + (int)(seed >> 13 & 127));
		if (i % 100 == 99)
			assert_int_equal(waitpid(r.pid, NULL, WNOHANG), 0);
	}
	rig_type(&r, ESC);
	rig_screen(&r);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_terminal_is_told_what_is_needed_and_may_grow),
		cmocka_unit_test(an_unknown_terminal_is_refused_with_one_line),
		cmocka_unit_test(a_terminal_that_cannot_place_the_cursor_is_refused_with_one_line),
		cmocka_unit_test(a_terminal_without_a_type_is_refused_with_one_line),
		cmocka_unit_test(a_type_that_would_steer_the_terminal_is_shown_harmless),
		cmocka_unit_test(without_utf8_nothing_but_ascii_is_drawn),
		cmocka_unit_test(no_color_gives_no_colour),
		cmocka_unit_test(a_light_ground_gets_dark_letters),
		cmocka_unit_test(a_memory_that_steers_terminals_is_shown_harmless),
		cmocka_unit_test(a_pasted_text_starts_nothing),
		cmocka_unit_test(a_click_selects_and_two_open),
		cmocka_unit_test(the_wheel_scrolls_what_is_under_it),
		cmocka_unit_test(a_storm_of_sizes_ends_in_a_whole_screen),
		cmocka_unit_test(a_signal_that_ends_restores_the_terminal),
		cmocka_unit_test(a_crash_restores_the_terminal),
		cmocka_unit_test(the_program_itself_ends_by_a_signal_with_its_code),
		cmocka_unit_test(a_terminal_that_goes_away_ends_the_program),
		cmocka_unit_test(ctrl_z_gives_the_terminal_back_and_fg_takes_it_again),
		cmocka_unit_test(the_program_makes_keeps_and_deletes_a_brain),
		cmocka_unit_test(where_one_was_is_found_again),
		cmocka_unit_test(read_only_refuses_changes),
		cmocka_unit_test(the_list_follows_what_is_typed_however_fast),
		cmocka_unit_test(a_spread_plays_by_itself_when_time_passes),
		cmocka_unit_test(a_copy_goes_to_the_clipboard_of_the_terminal),
		cmocka_unit_test(a_trace_is_written_in_the_format_its_name_asks_for),
		cmocka_unit_test(esc_cancels_what_is_waited_for),
		cmocka_unit_test(what_was_added_is_seen_at_once),
		cmocka_unit_test(no_row_of_keys_brings_it_down),
	};

	cmocka_set_test_filter(getenv("MN_TEST"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
