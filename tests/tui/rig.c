/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#include <cmocka.h>

enum { OUT_MOST = 64 << 20 };

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- Beginning ---------------------------------------------------------------------------- */

static void set_env(const char *entry)
{
	char name[256];
	const char *equals = strchr(entry, '=');

	if (!equals) {
		unsetenv(entry);
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(equals - entry), entry);
	setenv(name, equals + 1, 1);
}

/* The world as every test has it; what a test says comes on top. */
static void pin_world(const rig *r, const rig_play *play)
{
	static const char *const usual[] = {"TERM=xterm-256color", "LC_ALL=C.UTF-8", "TZ=UTC",
		"LINES", "COLUMNS", "NO_COLOR", "COLORFGBG", "MNEMOSCOPE_STORE", "MNEMOSCOPE_BRAIN",
		"ESCDELAY", "TMUX", NULL};
	static const char *const homes[] = {
		"HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", NULL};

	for (int i = 0; usual[i]; i++)
		set_env(usual[i]);
	for (int i = 0; homes[i]; i++)
		setenv(homes[i], r->dir, 1);
	for (int i = 0; play->env && play->env[i]; i++)
		set_env(play->env[i]);
}

static void play_it(const rig *r, const rig_play *play)
{
	pin_world(r, play);
	if (play->run)
		_exit(play->run(r->dir));
	execv(play->argv[0], (char *const *)play->argv);
	_exit(127);
}

static pid_t running[2];

static void reap(pid_t pid)
{
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

static void note_end(pid_t pid)
{
	for (int i = 0; i < 2; i++)
		if (running[i] == pid)
			running[i] = 0;
}

/* A test that failed has left its programs running. */
void rig_begin(rig *r, const rig_play *play)
{
	for (int i = 0; i < 2; i++) {
		reap(running[i]);
		running[i] = 0;
	}
	rig_beside(r, play);
}

void rig_beside(rig *r, const rig_play *play)
{
	struct winsize size = {
		.ws_row = (unsigned short)play->rows, .ws_col = (unsigned short)play->columns};

	*r = (rig){.fd = -1};
	snprintf(r->dir, sizeof(r->dir), "/tmp/mn-tui-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	assert_int_equal(openpty(&r->fd, &r->slave, NULL, NULL, &size), 0);
	assert_int_equal(tcgetattr(r->slave, &r->before), 0);
	fflush(NULL);
	r->pid = fork();
	assert_true(r->pid >= 0);
	if (r->pid == 0) {
		/* Whoever runs the tests may have a signal ignored, as nohup does. */
		for (int sig = 1; sig < 32; sig++)
			signal(sig, SIG_DFL);
		close(r->fd);
		login_tty(r->slave);
		play_it(r, play);
	}
	running[running[0] != 0] = r->pid;
	fcntl(r->fd, F_SETFL, O_NONBLOCK);
}

/* ---- Playing ------------------------------------------------------------------------------ */

/* Reads for at most `ms`; false: nothing came. */
static bool drain(rig *r, int ms)
{
	struct pollfd p = {.fd = r->fd, .events = POLLIN};
	char text[65536];
	ssize_t n;

	if (poll(&p, 1, ms) <= 0)
		return false;
	n = read(r->fd, text, sizeof(text));
	if (n <= 0)
		return false;
	if (r->nout + (size_t)n + 1 > r->cap) {
		r->cap = (r->nout + (size_t)n + 1) * 2;
		assert_true(r->cap < OUT_MOST);
		r->out = realloc(r->out, r->cap);
		assert_non_null(r->out);
	}
	memcpy(r->out + r->nout, text, (size_t)n);
	r->nout += (size_t)n;
	r->out[r->nout] = '\0';
	return true;
}

void rig_type(rig *r, const char *keys)
{
	size_t left = strlen(keys);

	while (left) {
		ssize_t n = write(r->fd, keys, left);

		if (n < 0 && errno == EAGAIN) {
			drain(r, 20);
			continue;
		}
		assert_true(n > 0);
		keys += n;
		left -= (size_t)n;
	}
	drain(r, 0);
}

void rig_resize(rig *r, int rows, int columns)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	assert_int_equal(ioctl(r->fd, TIOCSWINSZ, &size), 0);
	drain(r, 0);
}

void rig_await(rig *r, size_t from, const char *text)
{
	double until = seconds() + RIG_PATIENCE;

	while (!r->out || from > r->nout
		|| !memmem(r->out + from, r->nout - from, text, strlen(text))) {
		drain(r, 50);
		if (seconds() > until)
			fail_msg("\"%s\" did not come within %d s; what came ends with: %s", text,
				RIG_PATIENCE, r->nout > 400 ? r->out + r->nout - 400 : r->out);
	}
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text;
	long n;

	if (!f)
		return NULL;
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	text = malloc((size_t)n + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)n, f), n);
	text[n] = '\0';
	fclose(f);
	return text;
}

static const char *dump(rig *r, const char *option)
{
	double until = seconds() + RIG_PATIENCE;
	char path[128], keys[256];

	free(r->screen);
	r->screen = NULL;
	rig_await(r, 0, "\x1b[?1049h"); /* before that the terminal itself would eat keys */
	snprintf(path, sizeof(path), "%s/screen%u", r->dir, r->dumps++);
	snprintf(keys, sizeof(keys),
		"\x0f\x15"
		"dump %s%s\r",
		option, path);
	rig_type(r, keys);
	while (!(r->screen = read_file(path))) {
		drain(r, 20);
		if (seconds() > until)
			fail_msg("no dump within %d s; the screen's last words: %s", RIG_PATIENCE,
				r->nout > 400 ? r->out + r->nout - 400 : "");
	}
	unlink(path);
	return r->screen;
}

const char *rig_screen(rig *r)
{
	return dump(r, "");
}

const char *rig_looks(rig *r)
{
	return dump(r, "--looks ");
}

/* ---- Ending ------------------------------------------------------------------------------- */

int rig_wait(rig *r)
{
	double until = seconds() + RIG_PATIENCE;
	int status = 0;
	pid_t got;

	while ((got = waitpid(r->pid, &status, WNOHANG)) == 0) {
		drain(r, 20);
		if (seconds() > until)
			fail_msg("the program did not end within %d s", RIG_PATIENCE);
	}
	assert_int_equal(got, r->pid);
	while (drain(r, 0))
		;
	note_end(r->pid);
	r->pid = 0;
	return status;
}

static const char *last_of(const char *text, const char *what)
{
	const char *at, *last = NULL;

	for (at = text; (at = strstr(at, what)); at++)
		last = at;
	return last;
}

bool rig_restored(const rig *r)
{
	struct termios now;
	const char *leave = r->out ? last_of(r->out, "\x1b[?1049l") : NULL;
	const char *enter = r->out ? last_of(r->out, "\x1b[?1049h") : NULL;
	const char *show = r->out ? last_of(r->out, "\x1b[?25h") : NULL;
	const char *hide = r->out ? last_of(r->out, "\x1b[?25l") : NULL;

	if (tcgetattr(r->slave, &now) != 0)
		return false;
	return now.c_lflag == r->before.c_lflag && now.c_iflag == r->before.c_iflag
	       && now.c_oflag == r->before.c_oflag && (!enter || (leave && leave > enter))
	       && (!hide || (show && show > hide));
}

void rig_end(rig *r)
{
	pid_t rm;

	reap(r->pid);
	note_end(r->pid);
	if (r->fd >= 0)
		close(r->fd);
	close(r->slave);
	free(r->out);
	free(r->screen);
	rm = fork();
	if (rm == 0) {
		execlp("rm", "rm", "-rf", r->dir, (char *)NULL);
		_exit(127);
	}
	waitpid(rm, NULL, 0);
}

/* ---- Golden screens ----------------------------------------------------------------------- */

/* What differs from run to run stands between these words and the frame's edge. */
static void blank_behind(char *screen, const char *words)
{
	for (char *at = screen; (at = strstr(at, words)); at++)
		for (char *c = at + strlen(words); *c && *c != '\n' && (unsigned char)*c < 0x80;
			c++)
			*c = ' ';
}

void rig_golden(const char *name, const char *screen)
{
	const char *dir = getenv("MN_GOLDEN"), *bless = getenv("MN_BLESS");
	char path[512], *now = strdup(screen), *was;

	assert_non_null(dir);
	assert_non_null(now);
	blank_behind(now, "this process ");
	snprintf(path, sizeof(path), "%s/%s.txt", dir, name);
	if (bless && strcmp(bless, "1") == 0) {
		FILE *f = fopen(path, "we");

		assert_non_null(f);
		fputs(now, f);
		assert_int_equal(fclose(f), 0);
	}
	was = read_file(path);
	if (!was)
		fail_msg("%s is missing: MN_BLESS=1 writes it", path);
	if (strcmp(was, now) != 0) {
		fprintf(stderr, "--- was\n%s--- is\n%s", was, now);
		fail_msg("%s: the screen is not as it was; MN_BLESS=1 takes it as it is", name);
	}
	free(was);
	free(now);
}
