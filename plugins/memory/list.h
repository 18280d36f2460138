/* SPDX-License-Identifier: MIT */
/*
 * list.h - how lists lie; private to list.c and parts.c.
 *
 * Short lists of 64 neighbouring neurons stand in one leaf, one behind the other, types mixed. A
 * long one has a part for each type and direction, so that "incoming, of this type" is counted
 * without reading and found without skipping; a part is a row of blocks, so that a hub's insertions
 * move no more than a block. Entries are slots of synapses, 4 bytes; the far end, the weight and
 * the order are worked out from the synapse. Long lists have the first two beside the entries:
 * there are few of them, but most of what a spread goes through stands in one, and its synapses lie
 * anywhere in memory.
 *
 * Order: key, falling; then far id, then synapse id, rising (mn_weight_key in backend.h).
 */
#ifndef MEMORY_LIST_H
#define MEMORY_LIST_H

#include "brain.h"

struct place {
	int32_t key;
	mn_id far, id;
};

/* What a spread needs of a synapse. */
struct gist {
	uint32_t far;
	float weight; /* its base; negative: ask the row, it is no more than this, less the sign */
};

/*
 * Holds what stands from `fence` on up to the next block's. Fences stay while entries come and go,
 * so that one that is put back finds the room it had.
 */
struct block {
	struct place fence; /* of the first block: of no meaning */
	uint32_t n, cap;
	struct gist gists[]; /* cap of them, and behind them as many entries */
};

struct part {
	struct block **blocks;
	uint32_t nblocks, cap, n;
	uint16_t type;
	uint8_t dir;
};

struct parts {            /* a long list; in b->longs */
	uint32_t self, n; /* entries */
	struct part *at;
	uint32_t nparts, cap;
};

#define LEAF_BITS 6
#define LEAF (1u << LEAF_BITS)

struct leaf {
	uint64_t longs; /* whose list is in parts */
	uint32_t cap;
	uint32_t start[LEAF + 1];
	uint32_t at[];
};

struct sorted { /* an entry while its list is put into another order */
	struct place place;
	uint32_t line;
};

/* NULL: none of those neurons has a list. */
static inline struct leaf *leaf_of(const struct brain *b, uint32_t self)
{
	return self >> LEAF_BITS < b->leaves_cap ? b->leaves[self >> LEAF_BITS] : NULL;
}

static inline bool in_parts(const struct leaf *leaf, uint32_t self)
{
	return leaf && leaf->longs >> (self & (LEAF - 1)) & 1;
}

struct place place_of(const struct brain *, uint32_t self, uint32_t line);
bool place_before(struct place, struct place);
/* How many of the n entries stand before x. */
uint32_t place_rank(
	const struct brain *, uint32_t self, const uint32_t *at, uint32_t n, struct place x);
int by_place(const void *, const void *);

static inline void entry_insert(uint32_t *at, uint32_t n, uint32_t where, uint32_t line)
{
	memmove(at + where + 1, at + where, (n - where) * sizeof(*at));
	at[where] = line;
}

static inline void entry_erase(uint32_t *at, uint32_t n, uint32_t where)
{
	memmove(at + where, at + where + 1, (n - where - 1) * sizeof(*at));
}

static inline uint32_t *block_entries(struct block *k)
{
	return (uint32_t *)(k->gists + k->cap);
}

/* ---- parts.c ------------------------------------------------------------------------------- */

struct parts *parts_of(const struct brain *, uint32_t self); /* it must have some */
/* A long list of these entries. On MN_ENOMEM there is none. */
int parts_make(struct brain *, uint32_t self, const uint32_t *at, uint32_t n);
void parts_free(struct brain *, struct parts *); /* and that it is a long one */
int parts_add(struct brain *, struct parts *, uint32_t line);
void parts_drop(struct brain *, struct parts *, uint32_t line);
/* The row of a synapse changed, and stands where it stood. */
void parts_refresh(struct brain *, struct parts *, uint32_t line);
/* After a commit: gives back blocks, and room in them, that are not needed any more. */
void parts_tidy(struct brain *, struct parts *);
/* Room for as many as the longest list has. */
void parts_sort(struct brain *, struct parts *, struct sorted *room);

#endif
