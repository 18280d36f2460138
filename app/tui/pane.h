/* SPDX-License-Identifier: MIT */
/*
 * pane.h - a rectangle of a window, and drawing in it.
 *
 * Nothing is ever drawn outside a pane, and no text reaches the terminal but through
 * mn_pane_str and what is built on it: the text is made plain (mn_text_plain), measured in
 * columns, and cut with an ellipsis where it does not fit. Coordinates are the pane's own, row
 * before column. Characters of the program's own drawing (lines, bars, arrows) are written as
 * they look; on a terminal or in a locale without them each has an ASCII stand-in.
 */
#ifndef MN_TUI_PANE_H
#define MN_TUI_PANE_H

#include "mn.h"
#include "tui/theme.h"

typedef struct mn_pane {
	WINDOW *win;
	const mn_theme *theme;
	int y, x, h, w;
} mn_pane;

/* The whole of a window. */
mn_pane mn_pane_of(WINDOW *, const mn_theme *);
/* A part of a pane, cut at its edges. */
mn_pane mn_pane_sub(const mn_pane *, int y, int x, int h, int w);
/* Is this place of the window inside? Then *y and *x become the pane's own. */
bool mn_pane_has(const mn_pane *, int *y, int *x);

void mn_pane_clear(const mn_pane *);
/* At most `width` columns of untrusted text; an ellipsis ends what had to be cut. Returns the
 * column behind it. */
int mn_pane_str(const mn_pane *, int y, int x, int width, mn_style, mn_str);
/* The program's own words, up to the edge of the pane. Returns the column behind. */
int mn_pane_text(const mn_pane *, int y, int x, mn_style, const char *);
int mn_pane_printf(const mn_pane *, int y, int x, mn_style, const char *fmt, ...) MN_PRINTF(5, 6);
/* The same, ending at column `end`; returns the column where it begins. */
int mn_pane_right(const mn_pane *, int y, int end, mn_style, const char *fmt, ...) MN_PRINTF(5, 6);
/* One character, n times. */
void mn_pane_fill(const mn_pane *, int y, int x, int n, mn_style, const char *glyph);
/* The same downwards. */
void mn_pane_drop(const mn_pane *, int y, int x, int n, mn_style, const char *glyph);
/* A frame along the edge with a title set into its upper side; returns the pane inside. live: the
 * keys go to it. */
mn_pane mn_pane_frame(const mn_pane *, const char *title, bool live);
/* Words at the right end of the frame's upper side, or of its lower one. */
void mn_pane_caption(const mn_pane *, bool bottom, mn_style, const char *fmt, ...) MN_PRINTF(4, 5);

/* Draws text in lines from row y on, `skip` of them left out first; returns the row behind. */
int mn_pane_wrap(const mn_pane *, int y, int skip, mn_style, mn_str);

#endif
