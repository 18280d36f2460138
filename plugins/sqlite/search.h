/* SPDX-License-Identifier: MIT */
/*
 * search.h - words of neurons: an index that may lag behind, and searching in spite of it.
 *
 * The index (FTS5, table `words`, texts not stored twice) is not part of an acknowledged write:
 * that would make remembering one thing several times slower. Neurons above tally.indexed, and
 * those in table `unread`, have still to be read into it; that happens for many at once, before a
 * search, and at close. So every neuron with text is either in the index or known not to be.
 */
#ifndef MN_SQLITE_SEARCH_H
#define MN_SQLITE_SEARCH_H

#include "connection.h"

#define SEARCH_FLUSH 8192 /* so many wait at most */

/* A neuron's text is new, or is about to change or go: in a write transaction. */
int search_added(struct conn *, mn_id, mn_str text);
int search_removed(struct conn *, mn_id, mn_str text);
/* Reads what waits into the index: in a write transaction, whose tally is still to be written. */
int search_flush(struct conn *);

/* Before a search: flushes if that can be done at once. Never fails for not being able to. */
struct brain;
void search_prepare(struct brain *, mn_call *);
/* What waits nevertheless goes into an index of this connection's own, for its transaction. */
int search_tail(struct conn *);

/* What a person typed, as the index takes it; in the arena. */
struct searched {
	mn_str match; /* all of it; empty: there is no word in it */
	mn_str whole; /* without the last word, if that may be the beginning of one */
	mn_str open;  /* that one; empty: there is none */
	size_t words;
};
int search_match(struct conn *, mn_str text, struct searched *out);

#endif
