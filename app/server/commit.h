/* SPDX-License-Identifier: MIT */
/*
 * commit.h - group commit: what many clients write to a brain at the same time becomes durable
 * together.
 *
 * A commit that reaches the disk costs milliseconds, however much is in it, and a brain takes one
 * at a time. Served one by one, n writers wait for n of them. So who comes while a commit is
 * running waits in the brain's *lane*; when it is over, the first in the lane leads: it takes
 * everybody who waits, up to MN_COMMIT_MOST, writes all of it as one, and wakes them. Those who
 * were answered a moment ago are given a millisecond to come again; a lone writer is written at
 * once. Groups grow by themselves with the load; there is no thread of its own, and nothing to set.
 *
 * Promises   Who gets MN_OK is durable (as far as the store is). Who gets an error has written
 *            nothing. One bad entry does not fail its neighbours: notes are remembered one by one
 *            where the group was refused; of changes, the one that does not fit is taken out and
 *            the others are tried again. An error of the store itself (disk, network) fails the
 *            group.
 * Order      Entries of one lane are written in the order in which they came. What only reads is
 *            not ordered by it.
 * Cancel     Whose call is cancelled or late leaves the lane, if it is still waiting there. Once
 *            taken, it waits for the outcome, since it may be written.
 * Drawing    An entry of changes does not bring rows but draws them when its group is about to be
 *            written, so that what it has read cannot be outdated by its neighbours; if somebody
 *            else wrote between, all are drawn again. Two entries with the same key (the same row)
 *            never share a group, as the second has to see the first.
 * Threads    All from any thread. An entry's call, notes and ctx are used by the leader's thread
 *            while its own waits; its brain handle must stay valid until then.
 */
#ifndef MN_SERVER_COMMIT_H
#define MN_SERVER_COMMIT_H

#include "mn.h"

enum { MN_COMMIT_MOST = 256 }; /* entries of a group, likewise notes */

typedef struct mn_committer mn_committer;

/* told: of each group that was written, how many entries it had; may be NULL. */
int mn_committer_new(
	mn_call *, void (*told)(void *ctx, size_t entries), void *ctx, mn_committer **out);
void mn_committer_free(mn_committer *); /* nobody may be waiting */

typedef struct mn_kept { /* what became of an entry of notes; arena of its own call */
	size_t added, updated, unchanged;
	const mn_id *fibers;     /* one for each note */
	const mn_tally *tallies; /* likewise */
	const mn_str *uids;      /* of these fibers */
	mn_gen at;
} mn_kept;

/* As mn_brain_remember, at most MN_COMMIT_MOST notes; an entry is all or nothing where its notes
 * have distinct ids. */
int mn_commit_notes(
	mn_committer *, mn_brain *, mn_str name, mn_call *, const mn_note *, size_t n, mn_kept *);

/* The changes of a group, while they are drawn. */
typedef struct mn_sheet mn_sheet;

/*
 * Puts an entry's changes on the sheet, with rows in the arena of `call`, which is the group's and
 * is good for reading the brain too. Whatever it returns but MN_OK, recorded in `call`, is the
 * entry's outcome, and nothing of it is written; so is MN_OK without a change. May be called
 * several times: each time it begins anew.
 */
typedef int mn_draw(void *ctx, mn_brain *, mn_call *call, mn_sheet *);

/* A row of its kind, whose id is given when it is 0 and op is MN_ADD. */
int mn_sheet_put(mn_sheet *, int op, int kind, void *row);
/* The neuron, on the sheet already, is an anchor whose words are to be in the graph:
 * mn_brain_encode after the group was written. */
int mn_sheet_encode(mn_sheet *, const mn_neuron *);

/* key: what the entry reads and writes; or empty, of one that reads nothing, which shares a group
 * with its like only. applied (may be NULL): of the whole group; its culprit is that of the entry,
 * untouched where none of its changes is to blame. */
int mn_commit_changes(mn_committer *, mn_brain *, mn_str name, mn_call *, mn_str key, mn_draw *,
	void *ctx, mn_applied *applied);

#endif
