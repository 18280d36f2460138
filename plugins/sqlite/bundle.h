/* SPDX-License-Identifier: MIT */
/*
 * bundle.h - rows of synapses, fibers and anchors, a hundred to a row of SQLite.
 *
 * Tables `synapse_bundle`, `fiber_bundle` and `anchor_bundle` are trees whose leaves are packed: a
 * row of theirs holds rows of ids from `first` on, up to the next such row, as row.h writes them,
 * in BUNDLE_BYTES at most. So looking an id up is one seek and a little reading, and what an
 * encoder adds is put behind the last row of all.
 *
 * The bundle that is worked on stays in memory, decoded, until another one is: so changes of rows
 * that lie together write them once. What waits is written by bundle_flush, which a commit calls;
 * SQL that reads these tables wants it called before.
 */
#ifndef MN_SQLITE_BUNDLE_H
#define MN_SQLITE_BUNDLE_H

#include "backend.h"
#include "recent.h"
#include "row.h"

#define BUNDLE_ROWS 512 /* more cannot be in that many bytes and be right */

struct conn;

/* Zeroed: nothing is known. */
struct bundle {
	enum row_kind kind;
	void *rows; /* n of them, in order; room for BUNDLE_ROWS + 1 */
	size_t n;
	mn_id key;   /* `first` as it stands in the table; 0: it is not there yet */
	mn_id below; /* where the next bundle begins, once that was looked up; else 0 */
	bool open;   /* this is a bundle of the table, the last one, or a new one */
	bool last;   /* it stands in the tally: see recent.h */
	bool broken; /* there is more in it, which cannot be read */
	bool dirty, stale, shrunk; /* stale: the bytes are not those of the rows */
	mn_id peeked;              /* the id that was looked for last */
	size_t len;
	unsigned char bytes[BUNDLE_BYTES];
};

/* The row of that id, until the next call; *row NULL: there is none. */
int bundle_find(struct conn *, enum row_kind, mn_id, void **row);
/* Likewise a copy, for who will not change it. The bundle is not decoded for one row of it, but for
 * the second. *there: there is such a row. */
int bundle_peek(struct conn *, enum row_kind, mn_id, union any_row *, bool *there);
/* In a write transaction. *taken: there is a row of that id. */
int bundle_add(struct conn *, enum row_kind, const void *row, bool *taken);
/* What bundle_find found was changed, but for its id. */
int bundle_touch(struct conn *, enum row_kind);
int bundle_drop(struct conn *, enum row_kind, mn_id, bool *there);
/*
 * Synapses in numbers, ids ascending: each bundle is read and written once. gone(ctx, row) is told
 * of those that were there; it must not look at bundles.
 */
int bundle_drop_many(struct conn *, const mn_id *ids, size_t n,
	int (*gone)(void *ctx, const struct synapse_row *), void *ctx);
int bundle_clear(struct conn *, enum row_kind); /* no rows are left */

int bundle_flush(struct conn *);
/* What waits is written, and the last ones go into their tables. */
int bundle_settle(struct conn *);
/* What of the bundles that are open is as the tally has it now may stay; nothing may wait. */
void bundle_refresh(struct conn *);
void bundle_forget(struct conn *); /* what is known and what waits; after a rollback */
void bundle_free(struct conn *);

/* The highest id up to `most`; 0: none. */
int bundle_highest(struct conn *, enum row_kind, mn_id most, mn_id *out);

/*
 * Every row from an id on. A walk keeps no statement running: what it walks over may be changed
 * behind it. Zeroed but for what says so, it begins with the first row.
 */
struct bundle_walk {
	enum row_kind kind; /* to be set */
	bool forgiving;     /* may be set: what cannot be read is passed over */
	bool reads_ahead;   /* may be set where nothing is changed meanwhile: it is quicker */
	mn_id from;         /* may be set: ids from here on */
	bool broken, begun; /* broken: something was passed over */
	mn_id key;          /* of the bundle in `rows` */
	void *rows;
	size_t n, at;
	struct ahead *ahead;
};

/* 1: *row is the next row, until the next call; 0: there is none; or a status. */
int bundle_next(struct conn *, struct bundle_walk *, const void **row);
/* Likewise as many as lie together, `most` at most. */
int bundle_next_rows(
	struct conn *, struct bundle_walk *, size_t most, const void **rows, size_t *n);
void bundle_walk_end(struct conn *, struct bundle_walk *);
int bundle_count(struct conn *, enum row_kind, uint64_t *out);

#endif
