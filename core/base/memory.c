/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mn.h"

static void *system_resize(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	if (size == 0) {
		free(ptr);
		return NULL;
	}
	return realloc(ptr, size);
}

static mn_memory memory = {NULL, system_resize};

void mn_memory_use(const mn_memory *m)
{
	memory = m ? *m : (mn_memory){NULL, system_resize};
}

void *mn_alloc(size_t size)
{
	return memory.resize(memory.ctx, NULL, size ? size : 1);
}

void *mn_alloc_zero(size_t n, size_t size)
{
	size_t bytes;
	void *ptr;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	ptr = mn_alloc(bytes);
	return ptr ? memset(ptr, 0, bytes) : NULL;
}

void *mn_resize(void *ptr, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return memory.resize(memory.ctx, ptr, bytes ? bytes : 1);
}

void mn_free(void *ptr)
{
	if (ptr)
		memory.resize(memory.ctx, ptr, 0);
}

int mn_grow(void **items, size_t *cap, size_t want, size_t size, size_t max)
{
	size_t to = *cap + *cap / 2 + 8;
	void *grown;

	if (want <= *cap)
		return MN_OK;
	if (want > max)
		return MN_ENOMEM;
	to = to < want ? want : to;
	to = to > max ? max : to;
	grown = mn_resize(*items, to, size);
	if (!grown)
		return MN_ENOMEM;
	*items = grown;
	*cap = to;
	return MN_OK;
}
