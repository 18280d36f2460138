/* SPDX-License-Identifier: MIT */
/*
 * block.h - lists as they lie in tables `list` and `block`.
 *
 *	list    near   head     how a neuron's list begins, or all of it
 *	block   id     links    a part of a long list; ids mean nothing
 *
 * A head begins with a byte for its kind.
 *
 *	0   a short list: what follows is all of it, packed (packed.h)
 *	1   a long one: its slots, and the directory of its blocks
 *	2   likewise, but the directory would be long and lies in a block of its own
 *
 * Slots are a varint of how many there are, then for each: its step from the one before, how many
 * entries it has, and its first block. So degrees are known without counting, and what is heaviest
 * is one row away. In kind 2 the directory's block follows.
 *
 * A block holds entries of one slot only. The directory tells, block for block, its first entry
 * (step of slot; steps of key, far, id in zigzag), how many there are, and its id (step, in
 * zigzag). A block that grows too large is cut: where it grew at an end of the slot, so that full
 * ones are left behind, since what is new mostly comes in there and full ones need no rewriting;
 * else in halves.
 *
 * What is written is collected and sent in numbers; reading wants nothing to be on its way.
 */
#ifndef MN_SQLITE_BLOCK_H
#define MN_SQLITE_BLOCK_H

#include <sqlite3.h>

#include "packed.h"

enum list_kind { LIST_SHORT, LIST_LONG, LIST_LONGEST };

struct slot_count {
	uint32_t slot;
	uint64_t n;
	int64_t first; /* block */
};

/* A block as the directory has it. */
struct place {
	struct link first; /* slot, key, far, id */
	uint32_t n;
	int64_t id;
	bool touched; /* by changes that are being merged */
};

struct places {
	struct place *at;
	size_t n, cap;
};

/* The list that is worked on. Zeroed: none. */
struct stored {
	mn_id near;
	bool is_long, placed;     /* placed: the directory was read */
	struct links links;       /* of a short list: all */
	struct slot_count *slots; /* of a long one */
	size_t nslots, slots_cap;
	struct places places;
	int64_t directory;    /* its block; 0: it is in the head, */
	unsigned char *inner; /* here */
	size_t ninner, inner_cap;
};

/* Rows on their way into tables. Zeroed: none. */
struct block_rows {
	struct block_row {
		int64_t id;
		size_t from, len; /* in bytes */
	} * lists, *blocks;
	size_t nlists, lists_cap, nblocks, blocks_cap;
	unsigned char *bytes;
	size_t nbytes, bytes_cap;
	int64_t next; /* the first id that no block has; 0: not known */
};

/* Into c->stored: nothing, all of a short list, or the slots of a long one. */
int block_load(struct conn *, mn_id near);
/* As if `near` had no list. */
void block_none(struct conn *, mn_id near);
/* Likewise of a head that was read. */
int block_parse(struct conn *, mn_id near, mn_str head);
/* The directory of the list that is loaded. */
int block_places(struct conn *);
/* Appends the entries of one of its blocks. */
int block_read(struct conn *, int64_t id, struct links *out);
/* Likewise, entry by entry: `st` is reset when that is done with. */
int block_open(struct conn *, int64_t id, struct packed *, sqlite3_stmt **st);

/* For block_put.c: a head into *st (1, 0: there is none, or a status), after block_none; a block's
 * bytes, lent until the statement is reset; one more slot of the list that is worked on. */
int block_ask_head(struct conn *, mn_id near, sqlite3_stmt **st);
int block_ask(struct conn *, int64_t id, sqlite3_stmt **st);
int block_add_slot(struct conn *, uint32_t slot, uint64_t n, int64_t first);

/* Where a slot's entries came in last, and will again. */
enum growth { GROWS_WITHIN, GROWS_AT_FIRST, GROWS_AT_LAST };

/* Writing, in a write transaction. c->stored tells whose list it is. */
/* A list of c->stored.links, sorted, short or else cut into blocks. */
int block_put_list(struct conn *);
/* c->stored.links, sorted, likewise, but behind the places that there are, and without the head. */
int block_put_runs(struct conn *);
/* The head of a long list, as c->stored.places has it. */
int block_put_head(struct conn *);
/* Sorted entries of one slot become blocks, the first of which is `id` (0: a new one); their
 * places are appended. */
int block_put_run(
	struct conn *, const struct link *, size_t n, int64_t id, enum growth, struct places *out);
/* Sorted entries come into the list of `near`, if it is short and remains so; else it is loaded
 * as by block_load. *done: which of the two. */
int block_splice_list(struct conn *, mn_id near, const struct link *, size_t n, bool *done);
/* Likewise into the block at a place, which is brought up to date. */
int block_splice(struct conn *, struct place *, const struct link *, size_t n, bool *done);
int block_drop(struct conn *, int64_t id);
/* Puts what is on its way into the tables; enough: only if it is much. */
int block_send(struct conn *);
int block_send_enough(struct conn *);
int block_clear(struct conn *);
void block_forget(struct conn *); /* what is on its way; after a rollback */
void block_free(struct conn *);

int places_add(struct conn *, struct places *, const struct place *);

#endif
