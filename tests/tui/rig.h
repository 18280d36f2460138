/* SPDX-License-Identifier: MIT */
/*
 * rig.h - a program in a terminal of its own, played by a test: a pseudo terminal of a given size,
 * keys typed into it, what it wrote kept, and its screen as text through its own `dump`.
 */
#ifndef MN_TESTS_TUI_RIG_H
#define MN_TESTS_TUI_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

enum { RIG_PATIENCE = 30 }; /* seconds until a test gives up */

typedef struct rig {
	pid_t pid;
	int fd;       /* the terminal's master side */
	int slave;    /* its other side, to ask for modes after the program is gone */
	char dir[64]; /* a folder of its own, for state and dumps */
	char *out;    /* everything the program wrote, terminated */
	size_t nout, cap;
	char *screen; /* of the last dump */
	unsigned dumps;
	struct termios before;
} rig;

/* What runs in the terminal: a function of the test, or a program. */
typedef struct rig_play {
	int rows, columns;
	int (*run)(const char *dir); /* NULL: argv */
	const char *const *argv;     /* argv[0] is searched as it is */
	const char *const *env;      /* "NAME=VALUE", or "NAME" to unset; ends with NULL */
} rig_play;

void rig_begin(rig *, const rig_play *);
void rig_beside(rig *, const rig_play *); /* while another one runs */
void rig_type(rig *, const char *keys);   /* bytes as a keyboard sends them */
void rig_resize(rig *, int rows, int columns);
/* Reads what the program writes until `text` has come (from byte `from` of out on), or fails. */
void rig_await(rig *, size_t from, const char *text);
/* The screen once it has settled, lent until the next dump. */
const char *rig_screen(rig *);
const char *rig_looks(rig *); /* with the looks behind it */
/* Waits for the end; returns waitpid's status. */
int rig_wait(rig *);
/* Is the terminal as it was, with the cursor shown and the usual screen in front? */
bool rig_restored(const rig *);
void rig_end(rig *); /* kills what is left, removes the folder */

/* Compares with tests/tui/golden/NAME.txt; under MN_BLESS=1 writes that file instead. */
void rig_golden(const char *name, const char *screen);

#endif
