/* SPDX-License-Identifier: MIT */
/*
 * marks.h - sets of ids as bits: which synapses are gone though entries of them may still stand
 * in lists (adjacency.h), and which neurons have long lists.
 *
 *	mark   id   at   bits
 *
 * A row is a page, of MARK_IDS ids of one set: id = number of the page * MARK_SETS + set; bits, the
 * lowest first, with zeros left out at the end. `at` is what tally.marked came to with the commit
 * that wrote it last. So a connection, which has all pages in memory, reads those that others wrote
 * since, and none if the tally says that there are none.
 */
#ifndef MN_SQLITE_MARKS_H
#define MN_SQLITE_MARKS_H

#include "backend.h"

struct conn;

enum mark {
	MARK_GONE, /* synapses */
	MARK_LONG, /* neurons */
	MARK_SETS
};

/* Zeroed: nothing is known. */
struct marks {
	struct mark_page **pages;
	size_t n, cap;
	size_t of[MARK_SETS]; /* how many pages each set has */
	struct mark_slot {
		int64_t id; /* of the page, so that it need not be looked at */
		struct mark_page *page;
	} * index; /* by hash of the id; page NULL: free */
	size_t room;
	uint64_t at; /* of the tally */
	bool known, dirty;
};

/* Brings them up to what the transaction sees. Every other function wants that done. */
int marks_load(struct conn *);
bool marks_has(const struct conn *, enum mark, mn_id);
/* Is the entry of a list, by the id that it has, dead? See adjacency.h. */
bool marks_dead(const struct conn *, mn_id entry);
/* In a write transaction; marks_flush writes it down, in front of the tally. */
int marks_set(struct conn *, enum mark, mn_id, bool);
int marks_flush(struct conn *);
int marks_clear(struct conn *); /* no set has any */
/* Is there room for the synapse's? Ids that lie far apart want too much. */
bool marks_room(const struct conn *, mn_id synapse);
uint64_t marks_count(const struct conn *, enum mark);
void marks_forget(struct conn *); /* all; after a rollback */
void marks_free(struct conn *);

#endif
