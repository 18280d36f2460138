/* SPDX-License-Identifier: MIT */
/* A store whose line is cut: what the workbench shows, keeps and does when it is back. */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "rig.h"
#include "stage.h"

#define CTRL_S "\x13"

static const rig_play live = {.rows = 30, .columns = 100, .run = stage_run_frail_live};

static void flag(const rig *r, const char *name, bool up)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	if (up)
		close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	else
		unlink(path);
}

static void assert_shown(rig *r, const char *text)
{
	const char *screen = rig_screen(r);

	if (!strstr(screen, text))
		fail_msg("\"%s\" is not on the screen:\n%s", text, screen);
}

static void leave(rig *r)
{
	flag(r, "down", false);
	rig_type(r, "q");
	assert_int_equal(rig_wait(r), 0);
	assert_true(rig_restored(r));
	rig_end(r);
}

static void a_lost_connection_shows_and_what_was_shown_stays(void **state)
{
	rig r;

	(void)state;
	rig_begin(&r, &live);
	rig_screen(&r);
	rig_type(&r, "3who found the first bug\r");
	assert_shown(&r, "Grace Hopper");
	flag(&r, "down", true);
	rig_type(&r, "/what is a moth\r");
	rig_await(&r, 0, "lost ");
	assert_shown(&r, "lost frail:down");
	assert_shown(&r, "stale");
	assert_shown(&r, "Grace Hopper");
	leave(&r);
}

static void when_it_is_back_screens_refresh_by_themselves(void **state)
{
	rig r;
	size_t from;

	(void)state;
	rig_begin(&r, &live);
	rig_screen(&r);
	flag(&r, "down", true);
	rig_type(&r, "3what is a moth\r");
	rig_await(&r, 0, "lost ");
	assert_shown(&r, "what is a moth"); /* the question stands */
	from = r.nout;
	flag(&r, "down", false);
	rig_await(&r, from, "connected again");
	assert_shown(&r, "1 moth"); /* and was asked */
	assert_null(strstr(rig_screen(&r), "stale"));
	leave(&r);
}

static void an_edit_that_could_not_be_sent_is_kept_and_sent_later(void **state)
{
	rig r;
	size_t from;

	(void)state;
	rig_begin(&r, &live);
	rig_screen(&r);
	flag(&r, "down", true);
	rig_type(&r, ":remember a \"quoted\" crane --tag birds\r");
	rig_await(&r, 0, "not sent, but kept");
	rig_type(&r, "1:brain create attic\r");
	assert_shown(&r, "^S 2 unsent");
	from = r.nout;
	flag(&r, "down", false);
	rig_await(&r, from, "connected again");
	rig_type(&r, CTRL_S);
	rig_await(&r, from, "attic");
	rig_type(&r, "1");
	assert_shown(&r, "attic");
	assert_null(strstr(rig_screen(&r), "unsent"));
	rig_type(&r, "3\x15quoted crane\r");
	assert_shown(&r, "crane");
	leave(&r);
}

static void an_edit_of_which_nobody_knows_is_kept_and_doubles_nothing(void **state)
{
	rig r;
	size_t from;

	(void)state;
	rig_begin(&r, &live);
	rig_screen(&r);
	flag(&r, "down.unsure", true);
	rig_type(&r, ":remember a crane by the river\r");
	rig_await(&r, 0, "not sent, but kept");
	assert_shown(&r, "^S 1 unsent");
	flag(&r, "down.unsure", false);
	from = r.nout;
	rig_type(&r, CTRL_S);
	rig_await(&r, from, "remembered already");
	from = r.nout;
	rig_type(&r, ":import nowhere.txt\r"); /* what is no store's fault is not kept */
	rig_await(&r, from, "No such file");
	assert_null(strstr(rig_screen(&r), "unsent"));
	leave(&r);
}

static void an_edit_is_sent_to_the_brain_it_was_meant_for(void **state)
{
	rig r;
	size_t from;

	(void)state;
	rig_begin(&r, &live);
	rig_screen(&r);
	flag(&r, "down", true);
	rig_type(&r, ":remember a crane by the river\r");
	rig_await(&r, 0, "not sent, but kept");
	from = r.nout;
	flag(&r, "down", false);
	rig_await(&r, from, "connected again");
	rig_type(&r, "1gg\r"); /* "empty" is open now */
	assert_shown(&r, "empty");
	from = r.nout;
	rig_type(&r, CTRL_S);
	rig_await(&r, from, "still unsent: what is for hoppers at frail:down");
	rig_type(&r, ":show unsent\r");
	assert_shown(&r, "frail:down#hoppers: remember \"a crane by the river\"");
	rig_type(&r, "\x1b:store memory:\r"); /* another store, and no brain */
	rig_screen(&r);
	from = r.nout;
	rig_type(&r, CTRL_S);
	rig_await(&r, from, "still unsent");
	from = r.nout;
	rig_type(&r, ":store frail:down\r");
	rig_screen(&r);
	rig_type(&r, "1G\r");
	rig_screen(&r);
	rig_type(&r, CTRL_S);
	rig_await(&r, from, "remembered: ");
	assert_null(strstr(rig_screen(&r), "unsent"));
	leave(&r);
}

static int run_shell(const char *command)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return status;
}

/* ---- Edits over the end of the program ----------------------------------------------------- */

static char state_dir[32];

static int state_begin(void **state)
{
	(void)state;
	snprintf(state_dir, sizeof(state_dir), "/tmp/mn-state-XXXXXX");
	assert_non_null(mkdtemp(state_dir));
	return setenv("MN_STATE", state_dir, 1);
}

static int state_end(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", state_dir);
	assert_int_equal(run_shell(command), 0);
	return unsetenv("MN_STATE");
}

static const rig_play kept = {.rows = 30, .columns = 100, .run = stage_run_frail_kept};

/* The line that is typed is not sent, but kept. */
static void keep(rig *r, const char *keys)
{
	rig_screen(r);
	flag(r, "down", true);
	rig_type(r, keys);
	rig_await(r, 0, "not sent, but kept");
}

static void begin_kept(rig *r, const char *keys)
{
	rig_begin(r, &kept);
	keep(r, keys);
}

static void kill_it(rig *r)
{
	int status;

	assert_int_equal(kill(r->pid, SIGKILL), 0);
	status = rig_wait(r);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	rig_end(r);
}

static void assert_private(const char *folder, size_t files)
{
	DIR *dir = opendir(folder);
	struct dirent *e;
	struct stat st;
	size_t n = 0;

	assert_non_null(dir);
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		assert_int_equal(fstatat(dirfd(dir), e->d_name, &st, 0), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		n++;
	}
	closedir(dir);
	assert_int_equal(n, files);
}

static void run_kept(int (*run)(const char *), const char *keys, const char *shown)
{
	const rig_play play = {.rows = 30, .columns = 100, .run = run};
	rig r;

	rig_begin(&r, &play);
	rig_screen(&r);
	if (keys) {
		flag(&r, "down", true);
		rig_type(&r, keys);
		rig_await(&r, 0, "not sent, but kept");
	}
	assert_shown(&r, shown);
	rig_type(&r, "q");
	assert_int_equal(rig_wait(&r), 0);
	rig_end(&r);
}

static void an_edit_outlives_the_program_and_a_run_on_another_store(void **state)
{
	(void)state;
	run_kept(stage_run_frail_kept, ":remember a crane by the river\r", "^S 1 unsent");
	run_kept(stage_run_kept, NULL, "^S 1 unsent");
	run_kept(stage_run_frail_kept, NULL, "^S 1 unsent");
}

static void a_workbench_that_is_killed_loses_no_unsent_edit(void **state)
{
	char folder[64];
	rig r;

	(void)state;
	begin_kept(&r, ":remember a crane by the river\r");
	rig_type(&r, ":remember a heron by the lake\r");
	assert_shown(&r, "^S 2 unsent");
	kill_it(&r);
	snprintf(folder, sizeof(folder), "%s/mnemoscope/unsent", state_dir);
	assert_private(folder, 1);
	begin_kept(&r, ":remember a stork on the roof\r");
	assert_shown(&r, "^S 3 unsent");
	assert_private(folder, 1);
	kill_it(&r);
	run_kept(stage_run_kept, NULL, "^S 3 unsent");
}

/* Until a file of the state folder has that text. */
static void await_file(const char *name, const char *text)
{
	char path[64], have[4096];

	snprintf(path, sizeof(path), "%s/mnemoscope/%s", state_dir, name);
	for (int i = 0; i < RIG_PATIENCE * 20; i++) {
		FILE *f = fopen(path, "re");
		size_t n = f ? fread(have, 1, sizeof(have) - 1, f) : 0;

		if (f)
			fclose(f);
		have[n] = '\0';
		if (strstr(have, text))
			return;
		usleep(50000);
	}
	fail_msg("%s never has %s", path, text);
}

static void a_workbench_that_is_killed_comes_back_to_where_it_was(void **state)
{
	rig r;

	(void)state;
	rig_begin(&r, &kept);
	rig_screen(&r);
	rig_type(&r, ":go capacity\r");
	await_file("workbench", "screen \"capacity\"");
	await_file("workbench", "command \"go capacity\"");
	kill_it(&r);
	rig_begin(&r, &kept);
	assert_shown(&r, "Graph cache");
	rig_type(&r, "1");
	assert_null(strstr(rig_screen(&r), "Graph cache"));
	rig_type(&r, ":\x1bOA\x1bOA\x1bOA\r"); /* before the two dumps that were just made */
	assert_shown(&r, "Graph cache");
	kill_it(&r);
}

static void an_edit_that_is_sent_again_stays_on_disk_until_it_has_ended(void **state)
{
	rig r;
	size_t from;

	(void)state;
	begin_kept(&r, ":remember a crane by the river\r");
	from = r.nout;
	flag(&r, "down", false);
	rig_await(&r, from, "connected again");
	flag(&r, "down.slow", true);
	from = r.nout;
	rig_type(&r, CTRL_S);
	rig_await(&r, from, "remember"); /* it runs */
	kill_it(&r);
	begin_kept(&r, ":remember a stork on the roof\r");
	assert_shown(&r, "^S 2 unsent");
	from = r.nout;
	flag(&r, "down", false);
	rig_await(&r, from, "connected again");
	rig_type(&r, CTRL_S);
	rig_await(&r, from, "remembered: ");
	assert_null(strstr(rig_screen(&r), "unsent"));
	kill_it(&r);
	begin_kept(&r, ":remember a gull on the pier\r");
	assert_shown(&r, "^S 1 unsent"); /* what was sent is not there any more */
	kill_it(&r);
}

static void two_workbenches_keep_the_edits_of_both(void **state)
{
	char folder[64];
	rig one, two;

	(void)state;
	begin_kept(&one, ":remember a crane by the river\r");
	rig_beside(&two, &kept);
	keep(&two, ":remember a heron by the lake\r");
	assert_shown(&two, "^S 1 unsent"); /* the other one has its own, and lives */
	snprintf(folder, sizeof(folder), "%s/mnemoscope/unsent", state_dir);
	assert_private(folder, 2);
	rig_type(&one, "q");
	assert_int_equal(rig_wait(&one), 0);
	rig_end(&one);
	rig_type(&two, "q");
	assert_int_equal(rig_wait(&two), 0);
	rig_end(&two);
	run_kept(stage_run_kept, NULL, "^S 2 unsent");
	assert_private(folder, 1);
}

static void what_is_being_typed_outlives_the_loss(void **state)
{
	rig r;
	size_t from;

	(void)state;
	rig_begin(&r, &live);
	rig_screen(&r);
	flag(&r, "down", true);
	rig_type(&r, "3what is a moth\r");
	rig_await(&r, 0, "lost ");
	rig_type(&r, ":remember a heron by the river");
	from = r.nout;
	rig_await(&r, from, "retrying in 2 s"); /* it was tried meanwhile, in vain */
	flag(&r, "down", false);
	rig_await(&r, from, "connected again");
	rig_type(&r, " bank\r");
	rig_await(&r, from, "remembered");
	rig_type(&r, "/\x15heron\r");
	assert_shown(&r, "heron by the river");
	leave(&r);
}

static void deleting_the_open_brain_in_vain_leaves_it_open(void **state)
{
	rig r;

	(void)state;
	rig_begin(&r, &live);
	rig_screen(&r);
	rig_type(&r, "1");
	rig_screen(&r);
	flag(&r, "down", true);
	rig_type(&r, ":brain delete hoppers\r");
	rig_type(&r, "hoppers\r");
	rig_await(&r, 0, "not sent, but kept");
	assert_shown(&r, "hoppers");
	rig_type(&r, "2");
	assert_shown(&r, "Grace Hopper");
	leave(&r);
}

static void a_store_that_does_not_answer_freezes_nothing(void **state)
{
	rig r;

	(void)state;
	rig_begin(&r, &live);
	rig_screen(&r);
	flag(&r, "down.slow", true);
	rig_type(&r, "3what is a moth\r");
	rig_await(&r, 0, "recall ");
	rig_type(&r, "5");
	rig_await(&r, 0, "Log");
	rig_type(&r, "3");
	rig_await(&r, 0, "Ask");
	rig_type(&r, "\x1b");
	rig_await(&r, 0, "cancelled");
	flag(&r, "down.slow", false);
	leave(&r);
}

static void without_a_connection_one_can_leave(void **state)
{
	rig r;

	(void)state;
	rig_begin(&r, &live);
	rig_screen(&r);
	flag(&r, "down", true);
	rig_type(&r, "3what is a moth\r");
	rig_await(&r, 0, "lost ");
	rig_type(&r, "q");
	assert_int_equal(rig_wait(&r), 0);
	rig_end(&r);
}

static void a_query_is_cancelled_and_its_neurons_open_in_the_explorer(void **state)
{
	rig r;
	size_t from;

	(void)state;
	rig_begin(&r, &live);
	rig_screen(&r);
	flag(&r, "down.slow", true);
	rig_type(&r, ":cypher 12\r");
	rig_await(&r, 0, "query ");
	rig_type(&r, "\x1b");
	rig_await(&r, 0, "cancelled");
	flag(&r, "down.slow", false);
	from = r.nout;
	rig_type(&r, "i\r");
	rig_await(&r, from, "12 rows");
	rig_type(&r, "\tj\r");
	assert_shown(&r, "Synapses");
	rig_type(&r, "1:cypher\r");
	rig_screen(&r);
	rig_type(&r, "\x1bOA"); /* the history is not that of one screen */
	assert_shown(&r, "│ 12 ");
	rig_type(&r, "\x1b");
	assert_shown(&r, "Brains");
	leave(&r);
}

static void without_a_language_there_is_no_query(void **state)
{
	const rig_play plain = {.rows = 30, .columns = 100, .run = stage_run_live};
	rig r;

	(void)state;
	rig_begin(&r, &plain);
	rig_screen(&r);
	rig_type(&r, ":cyph");
	rig_await(&r, 0, "no action is called anything like this");
	rig_type(&r, "er 1\r");
	rig_await(&r, 0, "has no query language");
	rig_type(&r, "\x1b");
	rig_screen(&r);
	leave(&r);
}

/* ---- A real server ------------------------------------------------------------------------- */

static int free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	close(fd);
	return ntohs(at.sin_port);
}

static void wait_for_port(int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_addr = {htonl(INADDR_LOOPBACK)},
		.sin_port = htons((uint16_t)port)};
	bool up = false;

	for (int i = 0; i < 100 * RIG_PATIENCE && !up; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		up = connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
		close(fd);
		usleep(up ? 0 : 10000);
	}
	assert_true(up);
}

/* mnemoscope serve over a folder. */
static pid_t serve(const char *dir, int port)
{
	char store[96], listen[32];
	pid_t pid;

	snprintf(store, sizeof(store), "sqlite:%s/served", dir);
	snprintf(listen, sizeof(listen), "127.0.0.1:%d", port);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* not longer than the test */
		setenv("XDG_CONFIG_HOME", dir, 1);
		execl(getenv("MN_PROGRAM"), "mnemoscope", "--plugin-dir", getenv("MN_PLUGINS"),
			"--store", store, "serve", "--listen", listen, "--log", "-", (char *)NULL);
		_exit(127);
	}
	wait_for_port(port);
	return pid;
}

static void stop(pid_t pid, int signal)
{
	kill(pid, signal);
	waitpid(pid, NULL, 0);
}

static void a_server_that_is_killed_in_the_middle_of_an_edit_costs_nothing(void **state)
{
	char dir[64] = "/tmp/mn-served-XXXXXX", url[64], command[512];
	const char *const argv[] = {
		getenv("MN_PROGRAM"), "--plugin-dir", getenv("MN_PLUGINS"), "--store", url, NULL};
	const rig_play program = {.rows = 30, .columns = 100, .argv = argv};
	int port = free_port();
	size_t from;
	pid_t server;
	rig r;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
	server = serve(dir, port);
	snprintf(command, sizeof(command), "%s --store %s brain list", argv[0], url);
	if (run_shell(command)) {
		stop(server, SIGTERM);
		print_message("SKIPPED: this server has no batch endpoints\n");
		skip();
	}
	rig_begin(&r, &program);
	rig_screen(&r);
	rig_type(&r, "1");
	rig_screen(&r);
	rig_type(&r, ":brain create far\r");
	assert_shown(&r, "far");
	rig_type(&r, "\r");
	assert_shown(&r, "nothing fits");
	rig_type(&r, ":remember a heron by the ");
	stop(server, SIGKILL);
	rig_type(&r, "river\r");
	rig_await(&r, 0, "not sent, but kept");
	rig_await(&r, 0, "lost http://127.0.0.1");
	from = r.nout;
	rig_await(&r, from, "retrying in 2 s"); /* once in vain */
	server = serve(dir, port);
	rig_await(&r, from, "connected again");
	rig_type(&r, CTRL_S);
	rig_await(&r, from, "remembered");
	rig_type(&r, "3heron\r");
	assert_shown(&r, "heron by the river");
	leave(&r);
	stop(server, SIGTERM);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(run_shell(command), 0);
}

/* Three profiles, in a configuration of their own. */
static void write_config(const char *dir)
{
	char path[128];
	FILE *f;

	mkdir(dir, 0700);
	snprintf(path, sizeof(path), "%s/mnemoscope", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/mnemoscope/config", dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fprintf(f,
		"profile.one.store = memory:\nprofile.two.store = sqlite:%s/two\n"
		"profile.three.store = sqlite:%s/nowhere/below\nprofile.three.read_only = yes\n"
		"profile.far.store = sqlite:%s/%0200d/end\n",
		dir, dir, dir, 0);
	fclose(f);
}

static void another_store_is_chosen_from_the_list(void **state)
{
	char dir[64], variable[96], command[96];
	const char *const argv[] = {getenv("MN_PROGRAM"), "--plugin-dir", getenv("MN_PLUGINS"),
		"--store", "@one", NULL};
	const char *const env[] = {variable, NULL};
	const rig_play program = {.rows = 30, .columns = 100, .argv = argv, .env = env};
	rig r;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/mn-link-%ld", (long)getpid());
	snprintf(variable, sizeof(variable), "XDG_CONFIG_HOME=%s", dir);
	write_config(dir);
	rig_begin(&r, &program);
	assert_shown(&r, "@one");
	rig_type(&r, ":brain create first\r");
	assert_shown(&r, "first");
	rig_type(&r, "s");
	rig_await(&r, 0, "@three");
	rig_await(&r, 0, "0/end"); /* of a long URL both ends are shown */
	rig_type(&r, "j\r");
	assert_shown(&r, "@two");
	assert_null(strstr(rig_screen(&r), "first"));
	rig_type(&r, ":brain create second\r");
	assert_shown(&r, "second");
	rig_type(&r, ":store @one\r");
	assert_shown(&r, "first"); /* it was kept open: what is in memory alone is still there */
	assert_null(strstr(rig_screen(&r), "second"));
	rig_type(&r, ":store @three\r");
	assert_shown(&r, "not open");
	rig_type(&r, ":store nonsense:\r");
	assert_shown(&r, "not open");
	rig_type(&r, ":store @four\r");
	rig_await(&r, 0, "there is no profile @four");
	rig_type(&r, ":store @two\r");
	assert_shown(&r, "second");
	rig_type(&r, "q");
	assert_int_equal(rig_wait(&r), 0);
	rig_end(&r);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	assert_int_equal(run_shell(command), 0);
}

#define KEPT(name) cmocka_unit_test_setup_teardown(name, state_begin, state_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lost_connection_shows_and_what_was_shown_stays),
		cmocka_unit_test(when_it_is_back_screens_refresh_by_themselves),
		cmocka_unit_test(an_edit_that_could_not_be_sent_is_kept_and_sent_later),
		cmocka_unit_test(an_edit_of_which_nobody_knows_is_kept_and_doubles_nothing),
		cmocka_unit_test(an_edit_is_sent_to_the_brain_it_was_meant_for),
		KEPT(an_edit_outlives_the_program_and_a_run_on_another_store),
		KEPT(a_workbench_that_is_killed_loses_no_unsent_edit),
		KEPT(a_workbench_that_is_killed_comes_back_to_where_it_was),
		KEPT(an_edit_that_is_sent_again_stays_on_disk_until_it_has_ended),
		KEPT(two_workbenches_keep_the_edits_of_both),
		cmocka_unit_test(what_is_being_typed_outlives_the_loss),
		cmocka_unit_test(deleting_the_open_brain_in_vain_leaves_it_open),
		cmocka_unit_test(a_store_that_does_not_answer_freezes_nothing),
		cmocka_unit_test(without_a_connection_one_can_leave),
		cmocka_unit_test(another_store_is_chosen_from_the_list),
		cmocka_unit_test(a_query_is_cancelled_and_its_neurons_open_in_the_explorer),
		cmocka_unit_test(without_a_language_there_is_no_query),
		cmocka_unit_test(a_server_that_is_killed_in_the_middle_of_an_edit_costs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
