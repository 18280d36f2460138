/* SPDX-License-Identifier: MIT */
/*
 * line.h - one line of text that is being typed: editing as in a shell, and a history.
 */
#ifndef MN_TUI_LINE_H
#define MN_TUI_LINE_H

#include "tui/pane.h"
#include "tui/stroke.h"

#define MN_LINE_MOST 1000
#define MN_HISTORY_MOST 50

/* What was typed before, latest last. */
typedef struct mn_history {
	char *at[MN_HISTORY_MOST];
	size_t n;
} mn_history;

void mn_history_add(mn_history *, mn_str); /* nothing empty, nothing twice in a row */
void mn_history_free(mn_history *);

typedef struct mn_line {
	char text[MN_LINE_MOST + 1]; /* valid UTF-8, terminated */
	size_t len, at;              /* bytes; where the cursor is */
	mn_history *history;         /* may be NULL */
	size_t back;                 /* how far back in it; 0: the line itself */
	int scroll;                  /* columns hidden on the left */
} mn_line;

void mn_line_set(mn_line *, mn_str); /* cut to what fits; cursor to the end */
mn_str mn_line_get(const mn_line *);

enum mn_line_did { MN_LINE_PASSED, MN_LINE_MOVED, MN_LINE_CHANGED };
/* Edits the line. MN_LINE_PASSED: the key is not for it. */
int mn_line_key(mn_line *, mn_stroke);

/* Draws it over `width` columns, scrolled so that the cursor is seen. live: with cursor. hint: what
 * stands there, dim, as long as nothing was typed. */
void mn_line_draw(mn_line *, const mn_pane *, int y, int x, int width, bool live, const char *hint);
/* Puts the cursor at column x of the drawn line. */
void mn_line_click(mn_line *, int x);

#endif
