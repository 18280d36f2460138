/* SPDX-License-Identifier: MIT */
/*
 * overlay.h - changes of lists that wait to be merged into them, as a connection has them in
 * memory.
 *
 * A commit writes down what it does to lists (later.c) and leaves lists alone; many commits'
 * changes are merged at once (sweep.c), which touches each list once. Until then whoever reads a
 * list puts in what the overlay has of it.
 *
 * Which changes wait is in the tally, so that a transaction sees one state of both: those up to
 * `swept` are in the lists and gone from the table; `logged` is the last row there is, and what the
 * tally has (recent.h) will be part of the next one. While a
 * sweep is under way, those up to `sweep_to` are in the lists of neurons up to `sweep_at` too.
 */
#ifndef MN_SQLITE_OVERLAY_H
#define MN_SQLITE_OVERLAY_H

#include "packed.h"

/* One end of a synapse comes into a list, or leaves it. */
struct change {
	mn_id near;
	struct link link;
	uint64_t seq;    /* of its row in `later`, or of the one it will be */
	uint32_t before; /* the one before at the same neuron, by number from 1; 0: none */
	bool add;
	bool one; /* the other end is left alone; else its change follows */
};

/* Zeroed: knows nothing. */
struct overlay {
	struct change *at; /* in the order in which they were made */
	size_t n, cap;
	size_t fresh;         /* from here on they are in no row yet */
	uint32_t *index;      /* by hash of a neuron: its last change, by number from 1 */
	size_t room, indexed; /* indexed: changes that are in it; who only writes needs none */
	uint64_t from, to;    /* rows of `later` above from, up to `to`, are here, */
	size_t part;          /* and so many bytes of the one that is to follow, */
	struct change last;   /* whose last change is this one */
	bool known;
	uint32_t *picked; /* changes of one neuron; scratch */
	size_t npicked, picked_cap;
	struct links adds, gone; /* see overlay_net */
	struct links held;       /* see overlay_hold */
};

/* How many changes one that overlay_put made stands for: it and the one behind it, or it alone. */
static inline size_t overlay_ends(const struct change *e)
{
	return e->one || e->near == e->link.far ? 1 : 2;
}

#define MOST_CHANGES ((size_t)1 << 18) /* of one transaction; of all twice that */

/* Brings it up to what the transaction sees. Every other function wants that done. */
int overlay_load(struct conn *);
/* A synapse's entry at `near` and, unless it leads back to it, the one at its other end. */
int overlay_put(struct conn *, mn_id near, const struct link *, uint64_t seq, bool add);
/* The entry at `near` alone. */
int overlay_put_one(struct conn *, mn_id near, const struct link *, uint64_t seq, bool add);
/* Does it wait, as of the tally? */
bool overlay_waits(const struct conn *, const struct change *);
/*
 * By the changes that wait: what a neuron's list lacks, into overlay.adds, in no order, and what
 * it has too many, into overlay.gone, by ascending id.
 */
int overlay_net(struct conn *, mn_id near);
/* Likewise by these changes of one neuron, by number in the order in which they were made. */
int overlay_sum(struct conn *, uint32_t *changes, size_t n);
/* What leaves a neuron's list by changes after row `until` only, into overlay.held. */
int overlay_hold(struct conn *, mn_id near, uint64_t until);
bool overlay_holds(const struct conn *, mn_id entry); /* is it in there? */
/* Does the entry, by the id that it has, count among those that are gone? */
bool overlay_is_gone(const struct conn *, mn_id entry);
void overlay_forget(struct conn *); /* all; after a rollback */
void overlay_free(struct conn *);

/* later.c: the table, and what will be a row of it. */
int later_write(struct conn *); /* what is fresh is written down */
int later_read(struct conn *);  /* what the overlay has not got yet */
/* What will be a row counts as one from now on, wherever it has gone. */
void later_close(struct conn *);
int later_delete(struct conn *, uint64_t up_to);

#endif
