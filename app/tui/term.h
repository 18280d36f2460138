/* SPDX-License-Identifier: MIT */
/*
 * term.h - the terminal: taken over, watched, and given back as it was, whatever happens.
 *
 * There is one per process, since signals and the terminal belong to the process. It is restored
 * by mn_term_close, on suspend, and by the handlers of signals that kill (SIGSEGV and the like),
 * which then let the signal do its work. While it is open standard error goes into a pipe, so
 * that a library's warning cannot scribble over the screen: mn_term_stderr reads it.
 */
#ifndef MN_TUI_TERM_H
#define MN_TUI_TERM_H

#include "mn.h"
#include "tui/stroke.h"
#include "tui/theme.h"

#define MN_LEAST_ROWS 16
#define MN_LEAST_COLUMNS 60

typedef struct mn_term_options {
	bool color, ascii, mouse;
	int stop_fd; /* readable when the process is asked to end; -1: none */
	int (*stop_signal)(void);
} mn_term_options;

/*
 * Takes the terminal on standard input and output. Fills the theme. MN_EINVAL with one sentence:
 * not a terminal, TERM unknown, or a terminal that cannot place the cursor; it is then as before.
 */
int mn_term_open(const mn_term_options *, mn_theme *, mn_error *err);
/* Gives it back, and writes to standard error what came there meanwhile and nobody read. Does
 * nothing if it is not open. */
void mn_term_close(void);

enum mn_term_event {
	MN_TERM_INPUT = 1 << 0,
	MN_TERM_JOB = 1 << 1, /* the given descriptor is readable */
	MN_TERM_RESIZED = 1 << 2,
	MN_TERM_STOP = 1 << 3,  /* SIGTSTP */
	MN_TERM_QUIT = 1 << 4,  /* SIGTERM, SIGINT, SIGHUP, or the terminal went away */
	MN_TERM_ERROR = 1 << 5, /* something on standard error */
};
/* Waits at most `ms` (-1: for ever) and says what happened. fd: one more to watch, or -1. */
unsigned mn_term_wait(int fd, int ms);
/* The signal behind MN_TERM_QUIT; SIGHUP when the terminal went away. */
int mn_term_signal(void);

typedef struct mn_mouse {
	int y, x; /* a double press is for the reader of the clock to find: here it is two */
	enum { MN_MOUSE_PRESS, MN_MOUSE_DOUBLE, MN_MOUSE_WHEEL_UP, MN_MOUSE_WHEEL_DOWN } what;
} mn_mouse;

enum mn_typed {
	MN_INPUT_NONE,
	MN_INPUT_KEY,
	MN_INPUT_MOUSE,
	MN_INPUT_PASTE,
	MN_INPUT_LIGHT,
	MN_INPUT_DARK
};
/* The next thing typed or clicked, without waiting. MN_INPUT_PASTE: a key out of a pasted text.
 * MN_INPUT_LIGHT, _DARK: the terminal has told that its ground is so. */
int mn_term_read(mn_stroke *, mn_mouse *);

/* Has the terminal another size than curses believes? Its signal may still be on the way. */
bool mn_term_outgrown(void);
/* After MN_TERM_RESIZED: curses learns the new size. */
void mn_term_resize(void);
/* Asks for MN_TERM_STOP, as SIGTSTP would. */
void mn_term_stop(void);
/* Gives the terminal back, stops the process, and takes it again when it goes on. */
void mn_term_suspend(void);
/* Gives the terminal to another program, and takes it back. */
void mn_term_leave(void);
void mn_term_enter(void);
/* Puts text on the clipboard through the terminal (OSC 52); at most 64 KiB. */
int mn_term_copy(mn_str);
/* Gives the terminal back at once, for a process that is about to die. Async-signal-safe. */
void mn_term_rescue(void);
/* What waits on standard error, at most room - 1 bytes, terminated; 0: nothing. */
size_t mn_term_stderr(char *out, size_t room);

#endif
