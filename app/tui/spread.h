/* SPDX-License-Identifier: MIT */
/*
 * spread.h - the spread of activation, drawn: a column per step away from the question, each
 * neuron behind the one that gave it most, at any moment of the trace.
 *
 * Level shows as a number, as a shape (● from a half on, ◐ less, ○ next to nothing, · not yet)
 * and as a colour. What the current event concerns is drawn bold.
 */
#ifndef MN_TUI_SPREAD_H
#define MN_TUI_SPREAD_H

#include "tui/list.h"
#include "tui/pane.h"
#include "tui/replay.h"

enum { MN_SPREAD_LINES = 2 * MN_REPLAY_NODES, MN_SPREAD_COLUMNS = 6 };

typedef struct mn_spread {
	const mn_replay *run; /* lent; NULL: nothing to draw */
	uint32_t at;          /* events that have happened; run->nevents: all */
	/* The layout: nodes in the order of reading, each with its row and column. */
	struct mn_spread_place {
		int node; /* -1: "+N more", of `parent` */
		int parent, row, column;
		int last_row;  /* of its own children; row: none, or only beside it */
		uint32_t more; /* under node -1: how many */
	} places[MN_SPREAD_LINES];
	size_t n;
	int rows, columns;
	mn_list list;                 /* the cursor goes over places */
	int top;                      /* first row that is seen */
	int from, to;                 /* columns that are seen, when last drawn: [from, to) */
	int x[MN_SPREAD_COLUMNS + 1]; /* where each begins; the next one's beginning is its end */
} mn_spread;

/* A run to draw, from its end. */
void mn_spread_set(mn_spread *, const mn_replay *);
void mn_spread_draw(mn_spread *, const mn_pane *, bool live);
/* The node the cursor is on; -1: none. */
int mn_spread_node(const mn_spread *);
/* Puts the cursor on a node, if it is drawn. */
void mn_spread_go(mn_spread *, int node);
/* Puts the cursor on what is drawn there; false: nothing. */
bool mn_spread_click(mn_spread *, int y, int x);
/* The next event, forwards or back, that changes anything drawn. */
uint32_t mn_spread_next(const mn_spread *, bool forwards);
/* "●" and so on. */
const char *mn_spread_glyph(double level, bool reached);

#endif
