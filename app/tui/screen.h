/* SPDX-License-Identifier: MIT */
/*
 * screen.h - what a screen is: one file, one table of operations, state nobody else sees.
 *
 * Every operation is called on the user's thread and returns at once: what takes time is a task.
 * Operations may be NULL unless said otherwise.
 */
#ifndef MN_TUI_SCREEN_H
#define MN_TUI_SCREEN_H

#include "action.h"
#include "tui/pane.h"
#include "tui/stroke.h"
#include "tui/task.h"
#include "tui/term.h"

typedef struct mn_screen mn_screen;

/* A key and what it does, for the last row. */
typedef struct mn_hint {
	const char *key, *word;
} mn_hint;

typedef struct mn_screen_ops {
	const char *name, *title; /* "explorer", "Explore" */
	unsigned scope;           /* the mn_scope bit of its actions */
	size_t size;              /* of its state, which begins zeroed */
	void (*open)(mn_screen *);
	void (*close)(mn_screen *);
	void (*show)(mn_screen *);    /* it has come to the front */
	void (*brain)(mn_screen *);   /* another brain is open, or none */
	void (*changed)(mn_screen *); /* the open brain holds something else than before */
	void (*again)(mn_screen *);   /* a lost connection is back: what failed is asked anew */
	void (*draw)(mn_screen *, const mn_pane *); /* required; the pane is blank */
	bool (*typing)(const mn_screen *);          /* do characters go into a text? */
	const mn_hint *typing_hints;                /* then; ends with a keyless one */
	bool (*key)(mn_screen *, mn_stroke);        /* what is no action; true: used */
	/* Coordinates are those of the window, as panes remember where they were drawn. */
	void (*mouse)(mn_screen *, const mn_mouse *);
	mn_str (*selection)(mn_screen *); /* what "copy" takes; lent until the next key */
	/* Called when the clock has passed what it returned last (monotonic; 0: never). */
	mn_time (*tick)(mn_screen *, mn_time now);
	/* What the screen would like to find again next time, and finding it. */
	void (*save)(mn_screen *, void (*put)(void *, const char *key, mn_str), void *);
	void (*load)(mn_screen *, const char *key, mn_str);
} mn_screen_ops;

struct mn_screen {
	const mn_screen_ops *ops;
	struct mn_tui *tui;
	void *state;
};

extern const mn_screen_ops mn_screen_brains, mn_screen_explorer, mn_screen_recall,
	mn_screen_capacity, mn_screen_jobs, mn_screen_upkeep, mn_screen_compare, mn_screen_cypher;

#endif
