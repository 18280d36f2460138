/* SPDX-License-Identifier: MIT */
/*
 * mem.h - a brain's memory: counted, and laid out so that many small things cost little.
 *
 * Everything here belongs to one brain and is guarded by the store's lock.
 */
#ifndef MEMORY_MEM_H
#define MEMORY_MEM_H

#include "backend.h"

#define NONE UINT32_MAX

struct mem {
	const mn_host *host;
	size_t used;
};

/* From old to new bytes; new 0 frees. NULL: no memory, ptr as it was. */
void *mem_resize(struct mem *, void *ptr, size_t old, size_t new_size);
/* Grows *items, an array of *cap items of `size` bytes, to hold `want` at least; by half again. */
int mem_grow(struct mem *, void *items, uint32_t *cap, uint64_t want, size_t size);

/* ---- A set of 32-bit numbers, found by the hash of what they stand for --------------------- */

struct table {
	struct cell {
		uint32_t hash, value; /* value + 1; 0: empty */
	} * at;
	uint32_t n, cap;
};

/* Does value stand for key? */
typedef bool table_is(const void *ctx, uint32_t value, const void *key);

uint32_t table_find(
	const struct table *, uint32_t hash, table_is *, const void *ctx, const void *key);
int table_room(struct table *, struct mem *, uint64_t n); /* for n values in all */
int table_add(struct table *, struct mem *, uint32_t hash, uint32_t value);
void table_drop(struct table *, uint32_t hash, uint32_t value);
void table_swap(struct table *, uint32_t hash, uint32_t value, uint32_t by);
void table_free(struct table *, struct mem *);

uint32_t hash_number(uint64_t);
uint32_t hash_text(mn_str, uint32_t seed);

/* ---- Text ---------------------------------------------------------------------------------- */

/*
 * Strings lie back to back in large chunks, each behind its length (7 bits a byte). What is
 * dropped stays as waste until pool_copy has moved everything else to a new pool. A ref is where
 * the length begins; NULL is the empty string.
 */
typedef const unsigned char *ref;

struct pool {
	struct chunk *chunks;
	size_t used, waste;
};

int pool_reserve(struct pool *, struct mem *, size_t bytes); /* of an empty one */
int pool_add(struct pool *, struct mem *, mn_str, ref *out);
mn_str pool_get(ref);
size_t pool_size(ref); /* bytes it takes */
void pool_free(struct pool *, struct mem *);

/* ---- Times --------------------------------------------------------------------------------- */

/* Rows written together share their times, so a row keeps a 32-bit number of each. 0 is time 0. */
struct times {
	mn_time *at;
	uint32_t n, cap;
	struct table index;
};

int times_add(struct times *, struct mem *, mn_time, uint32_t *out);
void times_free(struct times *, struct mem *);

static inline mn_time times_get(const struct times *t, uint32_t at)
{
	return at ? t->at[at] : 0;
}

/* ---- Slots --------------------------------------------------------------------------------- */

/*
 * Where the row of an id lies in an array. As long as ids are dense, slot = id - 1 and nothing is
 * kept but a bit for each; the first id that would leave more holes than rows makes a list of ids
 * and a map necessary.
 */
struct slots {
	uint32_t n, cap; /* slots ever used; bits, and ids if there are any, allocated */
	uint32_t live;
	uint32_t hole; /* none below is free (sparse only) */
	uint64_t *bits;
	mn_id *ids; /* NULL: dense */
	struct table index;
};

uint32_t slots_find(const struct slots *, mn_id); /* NONE */
bool slots_live(const struct slots *, uint32_t slot);
/* A slot for a new id. The caller's array must hold *out + 1 rows. */
int slots_take(struct slots *, struct mem *, mn_id, uint32_t *out);
void slots_drop(struct slots *, uint32_t slot);
/* Takes back what was dropped, its slot being free; cannot fail before the next commit. */
void slots_restore(struct slots *, mn_id, uint32_t slot);
void slots_free(struct slots *, struct mem *);

static inline mn_id slots_id(const struct slots *s, uint32_t slot)
{
	return s->ids ? s->ids[slot] : (mn_id)slot + 1;
}

/* ---- Rarely used parts of rows -------------------------------------------------------------- */

/* An array of items of `size` bytes, numbered from 1, freed ones used again (their first four bytes
 * hold the next free one). */
struct heap {
	char *at;
	uint32_t n, cap, free, size;
};

int heap_take(struct heap *, struct mem *, uint32_t *out); /* zeroed */
void heap_drop(struct heap *, uint32_t at);                /* 0: nothing */
void heap_free(struct heap *, struct mem *);

static inline void *heap_get(const struct heap *h, uint32_t at)
{
	return at ? h->at + (size_t)(at - 1) * h->size : NULL;
}

#endif
