/* SPDX-License-Identifier: MIT */
/*
 * cypher.h - a question in the store's own language, and what it found: a table, and a graph of
 * the neurons in it. Made on a worker (cypher_find.c), shown and steered on the user's thread
 * (cypher.c), drawn (cypher_draw.c).
 */
#ifndef MN_TUI_CYPHER_H
#define MN_TUI_CYPHER_H

#include "cell.h"
#include "tui/desk.h"
#include "tui/spread.h"

enum { MN_CYPHER_ROWS = 1000, MN_CYPHER_COLUMNS = 64, MN_CYPHER_WIDEST = 44 };

typedef struct mn_found { /* the context of its task */
	char text[MN_LINE_MOST + 1];
	mn_native table;
	size_t ncolumns;                 /* that are shown, at most MN_CYPHER_COLUMNS */
	mn_cell *cells;                  /* nrows * ncolumns */
	int widths[MN_CYPHER_COLUMNS];   /* in columns of the screen */
	bool numbers[MN_CYPHER_COLUMNS]; /* nothing but numbers: to the right */
	mn_replay *graph;                /* plain; NULL: no neurons were found */
	size_t nneurons;
} mn_found;

typedef struct mn_cypher {
	mn_slot slot;
	mn_line line;
	mn_list rows;
	size_t column; /* the first that is seen */
	mn_spread spread;
	enum { MN_ON_LINE, MN_ON_TABLE, MN_ON_GRAPH } focus;
	char fault[236]; /* why the last one failed */
	mn_pane line_pane, table_pane, graph_pane;
} mn_cypher;

/* mn_work.run and drop. */
void mn_found_run(void *context, const mn_seat *, mn_job *, mn_call *);
void mn_found_drop(void *context);

void mn_cypher_draw(mn_screen *, const mn_pane *);

#endif
