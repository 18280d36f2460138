/* SPDX-License-Identifier: MIT */
/*
 * map.h - hash maps: numbers to numbers, strings to numbers. Open addressing with linear probes,
 * at most 70 % full; keys hash through XXH3. Any value may be stored. One thread at a time.
 */
#ifndef MN_BASE_MAP_H
#define MN_BASE_MAP_H

#include "mn.h"

/* uint64_t, not 0, -> uint64_t */
typedef struct mn_idmap {
	struct mn_idmap_slot {
		uint64_t key, value;
	} * slots;
	size_t n, cap;
} mn_idmap;

int mn_idmap_put(mn_idmap *, uint64_t key, uint64_t value); /* 0 or MN_ENOMEM; replaces */
uint64_t *mn_idmap_get(const mn_idmap *, uint64_t key); /* NULL: not there; until the next put */
bool mn_idmap_drop(mn_idmap *, uint64_t key);
void mn_idmap_clear(mn_idmap *);
void mn_idmap_free(mn_idmap *);

/* string -> uint64_t; keys are copied into the map's own arena and live until clear or free */
typedef struct mn_strmap {
	struct mn_strmap_slot {
		mn_str key;
		uint64_t hash, value;
	} * slots;
	size_t n, cap;
	mn_arena *keys;
} mn_strmap;

int mn_strmap_put(mn_strmap *, mn_str key, uint64_t value);
uint64_t *mn_strmap_get(const mn_strmap *, mn_str key);
/* The slot of a key, made with value 0 if there was none; NULL: no memory. Until the next put. */
struct mn_strmap_slot *mn_strmap_meet(mn_strmap *, mn_str key, bool *is_new);
bool mn_strmap_drop(mn_strmap *, mn_str key); /* its key's memory stays until clear */
void mn_strmap_clear(mn_strmap *);
void mn_strmap_free(mn_strmap *);

uint64_t mn_hash(mn_str);

#endif
