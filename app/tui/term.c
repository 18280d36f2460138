/* SPDX-License-Identifier: MIT */
#include "tui/term.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "tui/ground.h"

#define COPY_MOST 65536
#define CRASH_STACK 65536
#define PASTE_BEGINS (KEY_MAX - 1)
#define PASTE_ENDS (KEY_MAX - 2)
#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define MOUSE_OFF "\033[?1006l\033[?1002l\033[?1000l"

/* Signal handlers reach nothing but what is static. */
static struct {
	SCREEN *screen;
	struct termios before;
	char reset[256]; /* what a dying process writes to leave the terminal clean */
	size_t nreset;
	int wake[2];   /* handlers write the signal's number, mn_term_wait reads it */
	int errors[2]; /* standard error's other end */
	int true_stderr, stop_fd;
	int (*stop_signal)(void);
	volatile sig_atomic_t open, quit;
	bool mouse, xterm, pasting, asked; /* asked: for the ground, and no answer yet */
	mn_ground ground;
	WINDOW *keys; /* a pad, since reading from a window would draw it */
	struct sigaction old[NSIG];
} term = {.wake = {-1, -1}, .errors = {-1, -1}, .true_stderr = -1};

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
static const int noticed[] = {SIGWINCH, SIGTERM, SIGINT, SIGHUP, SIGTSTP};

/* ---- Signals ------------------------------------------------------------------------------ */

/* All that may be called here is async-signal-safe. */
void mn_term_rescue(void)
{
	if (!term.open)
		return;
	term.open = 0;
	(void)!write(STDOUT_FILENO, term.reset, term.nreset);
	tcsetattr(STDIN_FILENO, TCSANOW, &term.before);
	dup2(term.true_stderr, STDERR_FILENO);
}

static void on_fatal(int sig)
{
	mn_term_rescue();
	/* SA_RESETHAND gave the signal its default back, and it is blocked until we return. */
	raise(sig);
}

static void on_notice(int sig)
{
	unsigned char byte = (unsigned char)sig;
	int keep = errno;

	(void)!write(term.wake[1], &byte, 1);
	errno = keep;
}

static void catch_signals(void)
{
	struct sigaction quiet = {.sa_handler = SIG_IGN};
	struct sigaction notice = {.sa_handler = on_notice, .sa_flags = SA_RESTART};
	struct sigaction last = {
		.sa_handler = on_fatal, .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK)};
	static char stack[CRASH_STACK]; /* for when the crash is an overflown stack */

	sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof(stack)}, NULL);
	for (size_t i = 0; i < sizeof(noticed) / sizeof(*noticed); i++)
		sigaction(noticed[i], &notice, &term.old[noticed[i]]);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(*fatal); i++)
		sigaction(fatal[i], &last, &term.old[fatal[i]]);
	sigaction(SIGPIPE, &quiet, &term.old[SIGPIPE]);
}

static void release_signals(void)
{
	for (size_t i = 0; i < sizeof(noticed) / sizeof(*noticed); i++)
		sigaction(noticed[i], &term.old[noticed[i]], NULL);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(*fatal); i++)
		sigaction(fatal[i], &term.old[fatal[i]], NULL);
	sigaction(SIGPIPE, &term.old[SIGPIPE], NULL);
}

/* ---- Taking and giving back --------------------------------------------------------------- */

static void add_reset(const char *s)
{
	size_t n = s && s != (char *)-1 ? strlen(s) : 0;

	if (n && term.nreset + n <= sizeof(term.reset)) {
		memcpy(term.reset + term.nreset, s, n);
		term.nreset += n;
	}
}

static void prepare_reset(void)
{
	char name[] = "sgr0", keys[] = "rmkx", leave[] = "rmcup", cursor[] = "cnorm";

	term.nreset = 0;
	if (term.xterm)
		add_reset(MOUSE_OFF PASTE_OFF);
	add_reset(tigetstr(name));
	add_reset(tigetstr(keys));
	add_reset(tigetstr(leave));
	add_reset(tigetstr(cursor));
}

static void say(const char *s)
{
	fputs(s, stdout);
	fflush(stdout);
}

/* Can curses work with it? Asked before curses is, since curses would end the process. */
static int check_type(const char *name, mn_error *err)
{
	char place[] = "cup";
	bool places;
	int why = 0;

	if (setupterm(name, STDOUT_FILENO, &why) != OK)
		return mn_error_set(err, MN_EINVAL, 0,
			"terminal type \"%.60s\" is unknown here: try TERM=xterm, or install "
			"ncurses-term",
			name);
	places = tigetstr(place) && tigetstr(place) != (char *)-1;
	del_curterm(cur_term);
	if (!places)
		return mn_error_set(err, MN_EINVAL, 0,
			"terminal type \"%.60s\" cannot place the cursor: use another terminal, or "
			"the verbs, see --help",
			name);
	return MN_OK;
}

static int check_terminal(mn_error *err)
{
	const char *name = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return mn_error_set(err, MN_EINVAL, 0,
			"the workbench needs a terminal: without one there are verbs, see --help");
	if (!name || !*name)
		return mn_error_set(err, MN_EINVAL, 0,
			"TERM is not set: say which terminal this is, for example TERM=xterm");
	return check_type(name, err);
}

static int open_pipes(mn_error *err)
{
	if (pipe2(term.wake, O_CLOEXEC | O_NONBLOCK) || pipe2(term.errors, O_CLOEXEC | O_NONBLOCK))
		return mn_error_set(err, MN_EIO, errno, "cannot make a pipe: %s", strerror(errno));
	term.true_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	return MN_OK;
}

static void close_pipes(void)
{
	int *const fds[] = {
		&term.wake[0], &term.wake[1], &term.errors[0], &term.errors[1], &term.true_stderr};

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

/* COLORFGBG is "foreground;background", where 7 and 15 are white. */
static bool light_ground(void)
{
	const char *v = getenv("COLORFGBG"), *semi = v ? strrchr(v, ';') : NULL;

	return semi && (strcmp(semi, ";7") == 0 || strcmp(semi, ";15") == 0);
}

static void set_modes(void)
{
	raw();
	noecho();
	nonl();
	curs_set(0);
	keypad(term.keys, TRUE);
	nodelay(term.keys, TRUE);
	if (term.mouse) {
		mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
		mouseinterval(0);
	}
	if (term.xterm) {
		define_key("\033[200~", PASTE_BEGINS);
		define_key("\033[201~", PASTE_ENDS);
		say(PASTE_ON);
	}
	term.ground = (mn_ground){0};
	if (term.asked)
		say(MN_GROUND_ASK);
}

int mn_term_open(const mn_term_options *o, mn_theme *theme, mn_error *err)
{
	const char *name = getenv("TERM");
	int code = check_terminal(err);

	if (code || (code = open_pipes(err))) {
		close_pipes();
		return code;
	}
	tcgetattr(STDIN_FILENO, &term.before);
	set_escdelay(25);
	term.screen = newterm(NULL, stdout, stdin);
	term.keys = term.screen ? newpad(1, 1) : NULL;
	if (!term.keys) {
		if (term.screen)
			endwin();
		close_pipes();
		return mn_error_set(err, MN_EINVAL, 0, "cannot use terminal type \"%.60s\"", name);
	}
	term.mouse = o->mouse;
	term.stop_fd = o->stop_fd;
	term.stop_signal = o->stop_signal;
	term.xterm = strncmp(name, "xterm", 5) == 0 || strncmp(name, "tmux", 4) == 0
		     || strncmp(name, "screen", 6) == 0 || strncmp(name, "foot", 4) == 0
		     || strncmp(name, "rxvt", 4) == 0 || strncmp(name, "alacritty", 9) == 0;
	mn_theme_init(theme, o->color ? 256 : 0, light_ground());
	term.asked = term.xterm && theme->colours && !getenv("COLORFGBG");
	theme->narrow = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	theme->ascii = o->ascii || theme->narrow;
	set_modes();
	prepare_reset();
	term.quit = 0;
	catch_signals();
	if (term.true_stderr >= 0)
		dup2(term.errors[1], STDERR_FILENO);
	term.open = 1;
	return MN_OK;
}

static void flush_stderr(void)
{
	char text[4096];
	size_t n;

	while ((n = mn_term_stderr(text, sizeof(text))) > 0)
		(void)!write(term.true_stderr, text, n);
}

void mn_term_close(void)
{
	if (!term.screen)
		return;
	if (term.xterm)
		say(PASTE_OFF);
	endwin();
	term.open = 0;
	release_signals();
	if (term.true_stderr >= 0) {
		dup2(term.true_stderr, STDERR_FILENO);
		flush_stderr();
	}
	delwin(term.keys);
	delscreen(term.screen);
	term.screen = NULL;
	close_pipes();
}

void mn_term_leave(void)
{
	if (term.xterm)
		say(PASTE_OFF);
	endwin();
	term.open = 0;
}

void mn_term_enter(void)
{
	term.open = 1;
	doupdate();
	if (term.xterm)
		say(PASTE_ON);
	mn_term_resize();
	clearok(curscr, TRUE);
}

void mn_term_stop(void)
{
	on_notice(SIGTSTP);
}

void mn_term_suspend(void)
{
	struct sigaction usual = {.sa_handler = SIG_DFL}, ours;

	mn_term_leave();
	/* The whole job, as the terminal itself would do it. Where nobody could wake us, in an
	 * orphaned process group, the kernel ignores this, and we go on at once. */
	sigaction(SIGTSTP, &usual, &ours);
	kill(0, SIGTSTP);
	sigaction(SIGTSTP, &ours, NULL);
	mn_term_enter();
}

void mn_term_resize(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
}

bool mn_term_outgrown(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0
	       && (size.ws_row != LINES || size.ws_col != COLS);
}

/* ---- Waiting and reading ------------------------------------------------------------------ */

static unsigned read_signals(void)
{
	unsigned char sig;
	unsigned events = 0;

	while (read(term.wake[0], &sig, 1) == 1) {
		if (sig == SIGWINCH)
			events |= MN_TERM_RESIZED;
		else if (sig == SIGTSTP)
			events |= MN_TERM_STOP;
		else {
			term.quit = sig;
			events |= MN_TERM_QUIT;
		}
	}
	return events;
}

unsigned mn_term_wait(int fd, int ms)
{
	struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = term.wake[0], .events = POLLIN}, {.fd = term.errors[0], .events = POLLIN},
		{.fd = fd, .events = POLLIN}, {.fd = term.stop_fd, .events = POLLIN}};
	unsigned events = 0;

	if (poll(fds, 5, ms) <= 0)
		return read_signals();
	if (fds[0].revents & POLLIN)
		events |= MN_TERM_INPUT;
	else if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) {
		term.quit = SIGHUP;
		events |= MN_TERM_QUIT;
	}
	if (fds[2].revents & POLLIN)
		events |= MN_TERM_ERROR;
	if (fds[3].revents & POLLIN)
		events |= MN_TERM_JOB;
	if (fds[4].revents & POLLIN) {
		term.quit = term.stop_signal();
		events |= MN_TERM_QUIT;
	}
	return events | read_signals();
}

int mn_term_signal(void)
{
	return term.quit;
}

static int read_mouse(mn_mouse *m)
{
	MEVENT e;

	if (getmouse(&e) != OK)
		return MN_INPUT_NONE;
	m->y = e.y;
	m->x = e.x;
	if (e.bstate & BUTTON4_PRESSED)
		m->what = MN_MOUSE_WHEEL_UP;
	else if (e.bstate & BUTTON5_PRESSED)
		m->what = MN_MOUSE_WHEEL_DOWN;
	else if (e.bstate & BUTTON1_PRESSED)
		m->what = MN_MOUSE_PRESS;
	else
		return MN_INPUT_NONE;
	return MN_INPUT_MOUSE;
}

/* What follows an escape at once was typed with Alt. */
static mn_stroke read_alt(void)
{
	wint_t c;

	if (wget_wch(term.keys, &c) != OK)
		return MN_STROKE_ESC;
	if (c == ']' && term.asked) {
		term.asked = false;
		term.ground.reading = true;
		return 0;
	}
	if (c > ' ')
		return (mn_stroke)c | MN_STROKE_ALT;
	unget_wch((wchar_t)c); /* a control character is a key of its own */
	return MN_STROKE_ESC;
}

static int read_code(wint_t c, mn_stroke *s, mn_mouse *m)
{
	*s = (mn_stroke)c | MN_STROKE_CODE;
	switch (c) {
	case KEY_MOUSE: return read_mouse(m);
	case KEY_RESIZE: return MN_INPUT_NONE;
	case KEY_ENTER: *s = MN_STROKE_ENTER; break;
	case KEY_BACKSPACE: *s = MN_STROKE_BACKSPACE; break;
	case PASTE_BEGINS: term.pasting = true; return MN_INPUT_NONE;
	case PASTE_ENDS: term.pasting = false; return MN_INPUT_NONE;
	default: break;
	}
	return MN_INPUT_KEY;
}

/* A character of the terminal's answer about its ground. */
static int read_ground(wint_t c)
{
	int light;

	if (!mn_ground_take(&term.ground, c))
		return MN_INPUT_NONE;
	term.ground.reading = false;
	light = mn_ground_light(&term.ground);
	return light < 0 ? MN_INPUT_NONE : light ? MN_INPUT_LIGHT : MN_INPUT_DARK;
}

int mn_term_read(mn_stroke *s, mn_mouse *m)
{
	wint_t c;
	int kind, got = MN_INPUT_NONE;

	while (got == MN_INPUT_NONE) {
		kind = wget_wch(term.keys, &c);
		if (kind == ERR)
			return MN_INPUT_NONE;
		if (kind != KEY_CODE_YES && term.ground.reading) {
			got = read_ground(c);
			continue;
		}
		if (kind == KEY_CODE_YES) {
			got = read_code(c, s, m);
			continue;
		}
		*s = c == '\n' ? MN_STROKE_ENTER : (mn_stroke)c;
		if (c == MN_STROKE_ESC && !term.pasting)
			*s = read_alt();
		got = *s ? MN_INPUT_KEY : MN_INPUT_NONE;
	}
	if (got == MN_INPUT_KEY && term.pasting) {
		*s = *s < ' ' ? ' ' : *s; /* a pasted newline must not start anything */
		return MN_INPUT_PASTE;
	}
	return got;
}

/* ---- Beside the screen -------------------------------------------------------------------- */

int mn_term_copy(mn_str text)
{
	size_t n = sodium_base64_ENCODED_LEN(text.len, sodium_base64_VARIANT_ORIGINAL);
	char *code;

	if (text.len > COPY_MOST)
		return MN_ENOMEM;
	code = mn_alloc(n);
	if (!code)
		return MN_ENOMEM;
	sodium_bin2base64(
		code, n, (const unsigned char *)text.ptr, text.len, sodium_base64_VARIANT_ORIGINAL);
	say("\033]52;c;");
	say(code);
	say("\a");
	mn_free(code);
	return MN_OK;
}

size_t mn_term_stderr(char *out, size_t room)
{
	ssize_t n = read(term.errors[0], out, room - 1);

	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}
