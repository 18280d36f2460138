/* SPDX-License-Identifier: MIT */
/* recall.h - the recall screen: what its files share, and what other screens ask of it. */
#ifndef MN_TUI_RECALL_H
#define MN_TUI_RECALL_H

#include "tui/desk.h"
#include "tui/replay.h"
#include "tui/spread.h"
#include "tui/why.h"

enum { MN_ON_QUERY, MN_ON_HITS, MN_ON_SPREAD };

/* How a question is asked, until it is changed. */
typedef struct mn_asking {
	int depth; /* mn_depth */
	bool classic, learn;
} mn_asking;

typedef struct mn_recall {
	mn_line query;
	mn_history history;
	mn_asking how;
	int focus;
	mn_slot asking, why, why_not, writing;
	mn_replay *run, *before; /* the last two; held */
	mn_list hits;
	mn_spread spread;
	bool failed; /* the question could not be asked: no connection */
	bool playing;
	int speed;         /* 0: as it comes; each step doubles */
	mn_time played_at; /* when the spread last moved */
	double fraction;   /* of an event that is still to be played */
	mn_id why_of;      /* what the why pane is about, or is being made for */
	mn_pane query_pane, hits_pane, spread_pane, slider_pane;
	mn_seat *seat; /* the brain that is shown; only compared */
} mn_recall;

/* recall_draw.c */
void mn_recall_draw(mn_screen *, const mn_pane *);
/* The memory the cursor is on; NULL: none. */
const mn_replay_hit *mn_recall_hit(const mn_recall *);

/* Goes to the screen and asks. */
void mn_recall_ask(mn_tui *, mn_str question);
/* The last run of this brain, and the one before; NULL: none. Lent. */
mn_replay *mn_recall_run(const mn_tui *, bool before);
/* What was asked, latest last. Lent. */
const mn_history *mn_recall_asked(const mn_tui *);

#endif
