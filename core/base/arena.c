/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#define ALIGN ((size_t)16)
#define FIRST_BLOCK ((size_t)4096)
#define LARGEST_BLOCK ((size_t)1 << 20)

struct block {
	struct block *next;
	size_t size, used;
	_Alignas(16) unsigned char bytes[];
};

struct later { /* a slice itself */
	struct later *next;
	void (*fn)(void *);
	void *arg;
};

struct mn_arena {
	struct block *blocks; /* the newest first: slices are taken from it */
	struct later *later;
	size_t limit, used, next_size;
};

mn_arena *mn_arena_new(size_t limit)
{
	mn_arena *a = mn_alloc_zero(1, sizeof(*a));

	if (!a)
		return NULL;
	a->limit = limit;
	a->next_size = FIRST_BLOCK;
	return a;
}

static void free_blocks(struct block *b)
{
	while (b) {
		struct block *next = b->next;

		mn_free(b);
		b = next;
	}
}

static void run_later(mn_arena *a)
{
	for (struct later *l = a->later; l; l = l->next)
		l->fn(l->arg);
	a->later = NULL;
}

bool mn_arena_later(mn_arena *a, void (*fn)(void *), void *arg)
{
	struct later *l = mn_arena_alloc(a, sizeof(*l));

	if (!l)
		return false;
	*l = (struct later){a->later, fn, arg};
	a->later = l;
	return true;
}

void mn_arena_free(mn_arena *a)
{
	if (!a)
		return;
	run_later(a);
	free_blocks(a->blocks);
	mn_free(a);
}

void mn_arena_reset(mn_arena *a)
{
	struct block *keep = a->blocks;

	run_later(a);
	a->used = 0;
	if (!keep)
		return;
	if (keep->size > LARGEST_BLOCK) {
		free_blocks(keep);
		a->blocks = NULL;
		return;
	}
	free_blocks(keep->next);
	keep->next = NULL;
	keep->used = 0;
}

size_t mn_arena_used(const mn_arena *a)
{
	return a->used;
}

static struct block *add_block(mn_arena *a, size_t size)
{
#ifdef MN_ARENA_SEPARATE
	size_t bytes = size;
#else
	size_t bytes = size > a->next_size / 4 ? size : a->next_size;
#endif
	struct block *b = mn_alloc(sizeof(*b) + bytes);

	if (!b)
		return NULL;
	*b = (struct block){.size = bytes};
	if (bytes > size && a->next_size < LARGEST_BLOCK)
		a->next_size *= 2;
	/* A block made for one large slice goes behind the one that still has room. */
	if (bytes == size && a->blocks) {
		b->next = a->blocks->next;
		a->blocks->next = b;
	} else {
		b->next = a->blocks;
		a->blocks = b;
	}
	return b;
}

void *mn_arena_alloc(mn_arena *a, size_t size)
{
	size_t padded;
	struct block *b = a->blocks;
	void *slice;

	if (__builtin_add_overflow(size ? size : 1, ALIGN - 1, &padded))
		return NULL;
	padded &= ~(ALIGN - 1);
	if (padded > a->limit - a->used)
		return NULL;
	if (!b || b->size - b->used < padded)
		b = add_block(a, padded);
	if (!b)
		return NULL;
	slice = b->bytes + b->used;
	b->used += padded;
	a->used += padded;
	return memset(slice, 0, padded);
}

void *mn_arena_array(mn_arena *a, size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : mn_arena_alloc(a, bytes);
}

mn_str mn_arena_copy(mn_arena *a, mn_str s)
{
	char *copy = s.len < SIZE_MAX ? mn_arena_alloc(a, s.len + 1) : NULL;

	if (!copy)
		return (mn_str){NULL, 0};
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	return (mn_str){copy, s.len};
}

mn_str mn_arena_printf(mn_arena *a, const char *fmt, ...)
{
	va_list args;
	char *out;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	out = n < 0 ? NULL : mn_arena_alloc(a, (size_t)n + 1);
	if (!out)
		return (mn_str){NULL, 0};
	va_start(args, fmt);
	vsnprintf(out, (size_t)n + 1, fmt, args);
	va_end(args);
	return (mn_str){out, (size_t)n};
}
