/* SPDX-License-Identifier: MIT */
/*
 * why.h - why a neuron is where it is after a recall, and why another is not, in lines for a
 * person: each path from the question with every factor, so that the level can be worked out by
 * hand. Written on a worker.
 */
#ifndef MN_TUI_WHY_H
#define MN_TUI_WHY_H

#include "tui/replay.h"
#include "tui/task.h"

enum { MN_WHY_LINES = 400 };

typedef struct mn_why_line {
	int role;
	mn_str text;  /* plain; call's arena */
	double gives; /* of a path's first line; else negative */
} mn_why_line;

typedef struct mn_why_view {
	mn_replay *run; /* held */
	mn_id neuron;
	char label[MN_REPLAY_LABEL]; /* what was asked for, under why not */
	mn_why_line *lines;
	size_t n;
	double level;
	size_t paths;
} mn_why_view;

extern const mn_work mn_why_work; /* context: mn_why_view with run and neuron set */
/* The same; neuron may be 0: looked for by label. Its answer opens in a reader. */
extern const mn_work mn_why_not_work;

/* All lines as one text, for reading and copying; arena of the call. */
mn_str mn_why_text(const mn_why_view *, mn_call *);

#endif
