/* SPDX-License-Identifier: MIT */
/*
 * link.h - the connection to the store: that it is lost, and when it is tried again. What could not
 * be sent meanwhile: unsent.h.
 *
 * A task that fails with MN_EIO and `retry` says that the store cannot be reached. From then on
 * the store is asked now and then, in a task, after 1, 2, 4 seconds and so on up to 30, or at once
 * when another task has got through. Screens keep what they show, marked as stale, and are told
 * when the connection is back. The user's thread only.
 */
#ifndef MN_TUI_LINK_H
#define MN_TUI_LINK_H

#include "tui/pane.h"
#include "tui/task.h"

enum { MN_LINK_WHERE = 120 };

typedef struct mn_link {
	bool lost, trying;
	unsigned tries; /* in vain, since it was lost */
	mn_time next;   /* when it is tried again (monotonic) */
	mn_time drawn;  /* the second that was shown last */
	mn_slot probe;
} mn_link;

/* How a task ended, told for each: the status of its call. True: the connection is lost, which is
 * shown already. */
bool mn_link_learn(struct mn_tui *, const mn_task *, int status);
/* The store was reached. */
void mn_link_found(struct mn_tui *);
/* Tries again if it is time to; when to come back (monotonic; 0: never). */
mn_time mn_link_tick(struct mn_tui *, mn_time now);
/* Another store is opened: what was known of the connection does not hold. */
void mn_link_reset(struct mn_tui *);
void mn_link_free(struct mn_tui *);

/* "lost http://...: retrying in 4 s", and what has not been sent; from column x on, at most up to
 * `end`. Returns the column behind it, or x: all is well. */
int mn_link_draw(const struct mn_tui *, const mn_pane *row, int x, int end);

#endif
