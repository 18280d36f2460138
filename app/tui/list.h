/* SPDX-License-Identifier: MIT */
/*
 * list.h - where one is in a list: a cursor and a scroll, whatever the list holds.
 */
#ifndef MN_TUI_LIST_H
#define MN_TUI_LIST_H

#include "tui/pane.h"
#include "tui/stroke.h"

typedef struct mn_list {
	size_t n;       /* rows there are */
	size_t at, top; /* the cursor's row; the first row that is seen */
	int height;     /* rows that were seen when it was last drawn */
} mn_list;

/* A new number of rows; the cursor stays inside. */
void mn_list_resize(mn_list *, size_t n);
/* To a row, from wherever. */
void mn_list_go(mn_list *, size_t at);
void mn_list_move(mn_list *, long by);
/* Arrows, j k, page keys, g G, home end. False: not for a list. */
bool mn_list_key(mn_list *, mn_stroke);
/* Readies it for drawing over `height` rows; returns the first row that is seen. */
size_t mn_list_show(mn_list *, int height);
/* The row that stands `y` rows below the first one seen; n: none. */
size_t mn_list_hit(const mn_list *, int y);
/* A scroll bar along the right side of the frame around `inside`. */
void mn_list_bar(const mn_list *, const mn_pane *frame, bool live);

#endif
