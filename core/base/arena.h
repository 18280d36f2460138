/* SPDX-License-Identifier: MIT */
/*
 * arena.h - memory that lives as long as a call: taken in slices, freed at once.
 *
 * Blocks double up to 1 MiB; a larger request gets a block of its own. With
 * -DMN_ARENA_SEPARATE every slice is an allocation of its own, so that sanitizers and valgrind
 * see each overrun. One thread at a time.
 */
#ifndef MN_BASE_ARENA_H
#define MN_BASE_ARENA_H

#include "mn.h"

mn_arena *mn_arena_new(size_t limit); /* ceiling in bytes over all slices; NULL: no memory */
void mn_arena_free(mn_arena *);
void mn_arena_reset(mn_arena *); /* frees the slices, keeps one block */
size_t mn_arena_used(const mn_arena *);

/* Zeroed, aligned to 16. NULL: out of memory or over the ceiling. */
void *mn_arena_alloc(mn_arena *, size_t size);
void *mn_arena_array(mn_arena *, size_t n, size_t size);
/* A copy, with a terminator behind it for the sake of C functions; ptr NULL: failed. */
mn_str mn_arena_copy(mn_arena *, mn_str);
mn_str mn_arena_printf(mn_arena *, const char *fmt, ...) MN_PRINTF(2, 3);
/* fn(arg) is called, once, when the slices are freed: for what they only borrow. false: no memory.
 */
bool mn_arena_later(mn_arena *, void (*fn)(void *), void *arg);

#endif
