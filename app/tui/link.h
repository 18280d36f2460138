/* SPDX-License-Identifier: MIT */
/*
 * link.h - the connection to the store: that it is lost, when it is tried again, and what could
 * not be sent meanwhile.
 *
 * A task that fails with MN_EIO and `retry` says that the store cannot be reached. From then on
 * the store is asked now and then, in a task, after 1, 2, 4 seconds and so on up to 30, or at once
 * when another task has got through. Screens keep what they show, marked as stale, and are told
 * when the connection is back. An edit that failed is kept as the line that would start it again,
 * over the end of the program too; it is sent again when the person says so, since the world may
 * have changed. Sending twice is safe: remembering and importing know what is there already.
 * The user's thread only.
 */
#ifndef MN_TUI_LINK_H
#define MN_TUI_LINK_H

#include "args.h"
#include "tui/pane.h"
#include "tui/task.h"

enum { MN_UNSENT_MOST = 64, MN_LINK_WHERE = 120 };

typedef struct mn_link {
	bool lost, trying;
	unsigned tries; /* in vain, since it was lost */
	mn_time next;   /* when it is tried again (monotonic) */
	mn_time drawn;  /* the second that was shown last */
	mn_slot probe;
	char *unsent[MN_UNSENT_MOST]; /* lines; see mn_tui_command */
	size_t nunsent;
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

/* The line that starts this action with these arguments, for an edit's context; NULL: no memory,
 * or too long. mn_free. */
char *mn_link_line(const char *action, const mn_args *);
/* An edit has ended: if the store did not take it, or it is not known whether it did, its line is
 * kept, and this said. Takes the line and sets it to NULL. */
void mn_link_edit(struct mn_tui *, char **line, int status);
/* A line of an earlier run. */
void mn_link_keep(struct mn_tui *, mn_str line);
/* Is there room to keep another edit? If not this is said. */
bool mn_link_room(struct mn_tui *);

#endif
