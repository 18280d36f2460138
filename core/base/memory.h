/* SPDX-License-Identifier: MIT */
/*
 * memory.h - every allocation of the engine, through the seam that mn_memory_use sets.
 *
 * All return NULL when memory runs out and leave their arguments valid; sizes are checked for
 * overflow. Any thread.
 */
#ifndef MN_BASE_MEMORY_H
#define MN_BASE_MEMORY_H

#include <stddef.h>

void *mn_alloc(size_t size);                       /* not zeroed; size 0 counts as 1 */
void *mn_alloc_zero(size_t n, size_t size);        /* n items, zeroed */
void *mn_resize(void *ptr, size_t n, size_t size); /* to n items */
void mn_free(void *ptr);

/* Grows *items (of `size` bytes each, *cap allocated) to hold at least `want`, by half again at
 * least, never above `max` items. 0, or MN_ENOMEM with everything as before. */
int mn_grow(void **items, size_t *cap, size_t want, size_t size, size_t max);

#endif
