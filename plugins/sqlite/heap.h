/* SPDX-License-Identifier: MIT */
/* heap.h - memory of the plugin's own, through the host, so that tests can make it fail. */
#ifndef MN_SQLITE_HEAP_H
#define MN_SQLITE_HEAP_H

#include <stdint.h>
#include <string.h>

#include "backend.h"

/* Zeroed; NULL: out of memory. */
static inline void *heap_new(const mn_host *host, size_t size)
{
	void *p = host->resize(host, NULL, size ? size : 1);

	return p ? memset(p, 0, size) : NULL;
}

static inline void heap_free(const mn_host *host, void *p)
{
	if (p)
		host->resize(host, p, 0);
}

/* A terminated copy. */
static inline char *heap_copy(const mn_host *host, mn_str s)
{
	char *p = heap_new(host, s.len + 1);

	if (p && s.len)
		memcpy(p, s.ptr, s.len);
	return p;
}

/*
 * Makes *items (of `size` bytes, *cap of them allocated) hold at least `want`, never above `most`.
 * false: no memory, or above; everything is as before.
 */
static inline bool heap_grow(
	const mn_host *host, void *items, size_t *cap, size_t want, size_t size, size_t most)
{
	void **at = items;
	size_t next = *cap + *cap / 2 + 16;
	void *p;

	if (want <= *cap)
		return true;
	if (want > most || most > SIZE_MAX / size)
		return false;
	next = next < want ? want : next > most ? most : next;
	p = host->resize(host, *at, next * size);
	if (!p)
		return false;
	*at = p;
	*cap = next;
	return true;
}

#endif
