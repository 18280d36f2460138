/* SPDX-License-Identifier: MIT */
/* list.c - the synapses of a neuron, heaviest first; list.h says how they lie. */
#include "list.h"

#include <stdlib.h>

#define SHORT 64 /* entries of a short list, but see list_add */

/* ---- Order --------------------------------------------------------------------------------- */

struct place place_of(const struct brain *b, uint32_t self, uint32_t line)
{
	const struct line l = line_get(b, line);

	return (struct place){
		line_key(b, &l), neuron_id(b, line_far(&l, self)), slots_id(&b->line_ids, line)};
}

bool place_before(struct place x, struct place y)
{
	if (x.key != y.key)
		return x.key > y.key;
	return x.far != y.far ? x.far < y.far : x.id < y.id;
}

uint32_t place_rank(
	const struct brain *b, uint32_t self, const uint32_t *at, uint32_t n, struct place x)
{
	uint32_t low = 0;

	while (low < n) {
		const uint32_t mid = low + (n - low) / 2;

		if (place_before(place_of(b, self, at[mid]), x))
			low = mid + 1;
		else
			n = mid;
	}
	return low;
}

int by_place(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;

	return place_before(x->place, y->place) ? -1 : place_before(y->place, x->place);
}

/* ---- Leaves -------------------------------------------------------------------------------- */

static size_t leaf_size(uint32_t cap)
{
	return sizeof(struct leaf) + cap * sizeof(uint32_t);
}

/* A short list's entries. */
static uint32_t *entries(const struct brain *b, uint32_t self, uint32_t *n)
{
	struct leaf *leaf = leaf_of(b, self);
	const uint32_t i = self & (LEAF - 1);

	*n = leaf ? leaf->start[i + 1] - leaf->start[i] : 0;
	return leaf ? leaf->at + leaf->start[i] : NULL;
}

static int grow_leaves(struct brain *b, uint32_t self)
{
	const uint32_t had = b->leaves_cap;

	if (mem_grow(&b->paths, &b->leaves, &b->leaves_cap, (uint64_t)(self >> LEAF_BITS) + 1,
		    sizeof(*b->leaves))
		!= MN_OK)
		return MN_ENOMEM;
	if (b->leaves_cap > had)
		memset(b->leaves + had, 0, (b->leaves_cap - had) * sizeof(*b->leaves));
	return MN_OK;
}

/* Room in the neuron's leaf for so many entries more. */
static int leaf_room(struct brain *b, uint32_t self, uint32_t more)
{
	struct leaf *leaf, *grown;
	uint32_t n, cap;

	if (grow_leaves(b, self) != MN_OK)
		return MN_ENOMEM;
	leaf = leaf_of(b, self);
	n = leaf ? leaf->start[LEAF] : 0;
	if (leaf && leaf->cap - n >= more)
		return MN_OK;
	if (more > UINT32_MAX / 2 - n)
		return MN_ENOMEM;
	cap = n + more + n / 64 + 2;
	grown = mem_resize(&b->paths, leaf, leaf ? leaf_size(leaf->cap) : 0, leaf_size(cap));
	if (!grown)
		return MN_ENOMEM;
	if (!leaf)
		memset(grown, 0, sizeof(*grown));
	grown->cap = cap;
	b->leaves[self >> LEAF_BITS] = grown;
	return MN_OK;
}

static void move_later(struct leaf *leaf, uint32_t self, int32_t by)
{
	for (uint32_t i = (self & (LEAF - 1)) + 1; i <= LEAF; i++)
		leaf->start[i] += (uint32_t)by;
}

static int short_add(struct brain *b, uint32_t self, uint32_t line)
{
	struct leaf *leaf;
	uint32_t n, where;
	const uint32_t *at;

	if (leaf_room(b, self, 1) != MN_OK)
		return MN_ENOMEM;
	leaf = leaf_of(b, self);
	at = entries(b, self, &n);
	where = place_rank(b, self, at, n, place_of(b, self, line));
	entry_insert(leaf->at, leaf->start[LEAF], (uint32_t)(at - leaf->at) + where, line);
	move_later(leaf, self, 1);
	return MN_OK;
}

static void short_drop(struct brain *b, uint32_t self, uint32_t line)
{
	struct leaf *leaf = leaf_of(b, self);
	uint32_t n;
	const uint32_t *at = entries(b, self, &n);
	const uint32_t where = place_rank(b, self, at, n, place_of(b, self, line));

	entry_erase(leaf->at, leaf->start[LEAF], (uint32_t)(at - leaf->at) + where);
	move_later(leaf, self, -1);
}

/* Takes a whole short list out of its leaf. */
static void short_clear(struct brain *b, uint32_t self)
{
	struct leaf *leaf = leaf_of(b, self);
	uint32_t n;
	uint32_t *at = entries(b, self, &n);

	memmove(at, at + n, (leaf->start[LEAF] - (size_t)(at - leaf->at) - n) * sizeof(*at));
	move_later(leaf, self, -(int32_t)n);
}

/* ---- Lists --------------------------------------------------------------------------------- */

/* A short list in parts. On MN_ENOMEM it is as it was. */
static int lengthen(struct brain *b, uint32_t self)
{
	uint32_t n;
	const uint32_t *at = entries(b, self, &n);

	if (parts_make(b, self, at, n) != MN_OK)
		return MN_ENOMEM;
	short_clear(b, self);
	leaf_of(b, self)->longs |= UINT64_C(1) << (self & (LEAF - 1));
	return MN_OK;
}

/*
 * Lists grow into parts only as long as nothing was dropped since the last commit: what was, must
 * find its room again, and the parts made here have room for those that are there.
 */
int list_add(struct brain *b, uint32_t self, uint32_t line)
{
	uint32_t n;

	if (!in_parts(leaf_of(b, self), self)) {
		entries(b, self, &n);
		if (n < SHORT || b->undoing || b->unlisted)
			return short_add(b, self, line);
		if (lengthen(b, self) != MN_OK)
			return MN_ENOMEM;
	}
	return parts_add(b, parts_of(b, self), line);
}

void list_drop(struct brain *b, uint32_t self, uint32_t line)
{
	b->unlisted = true;
	if (in_parts(leaf_of(b, self), self))
		parts_drop(b, parts_of(b, self), line);
	else
		short_drop(b, self, line);
}

void list_refresh(struct brain *b, uint32_t self, uint32_t line)
{
	if (in_parts(leaf_of(b, self), self))
		parts_refresh(b, parts_of(b, self), line);
}

uint32_t list_length(const struct brain *b, uint32_t self)
{
	uint32_t n;

	if (in_parts(leaf_of(b, self), self))
		return parts_of(b, self)->n;
	entries(b, self, &n);
	return n;
}

void lists_free(struct brain *b)
{
	for (uint32_t i = 0; i < b->leaves_cap; i++) {
		struct leaf *leaf = b->leaves[i];

		for (; leaf && leaf->longs; leaf->longs &= leaf->longs - 1)
			parts_free(b,
				parts_of(b,
					(i << LEAF_BITS) + (uint32_t)__builtin_ctzll(leaf->longs)));
		if (leaf)
			mem_resize(&b->paths, leaf, leaf_size(leaf->cap), 0);
	}
	mem_resize(&b->paths, b->leaves, b->leaves_cap * sizeof(*b->leaves), 0);
	heap_free(&b->longs, &b->paths);
	table_free(&b->long_index, &b->paths);
}

/* ---- Walking ------------------------------------------------------------------------------- */

uint32_t list_parts(const struct brain *b, uint32_t self)
{
	uint32_t n;

	if (in_parts(leaf_of(b, self), self))
		return parts_of(b, self)->nparts;
	entries(b, self, &n);
	return n > 0;
}

struct part_view list_part(const struct brain *b, uint32_t self, uint32_t part)
{
	const struct part *p;
	uint32_t n;

	if (!in_parts(leaf_of(b, self), self)) {
		entries(b, self, &n);
		return (struct part_view){.mixed = true, .n = n};
	}
	p = &parts_of(b, self)->at[part];
	return (struct part_view){.type = p->type, .dir = p->dir, .n = p->n};
}

void part_begin(const struct brain *b, uint32_t self, uint32_t part, struct part_walk *out)
{
	const struct part *p;
	uint32_t n;

	if (in_parts(leaf_of(b, self), self)) {
		p = &parts_of(b, self)->at[part];
		*out = (struct part_walk){.block = p->blocks, .last = p->blocks + p->nblocks};
		return;
	}
	out->at = entries(b, self, &n);
	out->end = out->at + n;
	out->block = out->last = NULL;
	out->line = 0;
}

void part_fetch(const struct brain *b, const struct part_walk *w, uint32_t n)
{
	const uint32_t *at = w->at;
	const uint32_t *end = w->end;

	if (at == end && w->block != w->last) {
		at = block_entries(*w->block);
		end = at + (*w->block)->n;
	}
	for (; n && at != end; n--)
		line_fetch(b, *at++);
}

bool part_next(struct part_walk *w)
{
	while (w->at == w->end) {
		if (w->block == w->last)
			return false;
		w->at = block_entries(*w->block);
		w->end = w->at + (*w->block)->n;
		w->block++;
	}
	w->line = *w->at++;
	return true;
}

/* All of them, one part behind the other. */
static void copy_out(const struct brain *b, uint32_t self, uint32_t *to)
{
	struct part_walk w;

	for (uint32_t i = 0; i < list_parts(b, self); i++) {
		part_begin(b, self, i, &w);
		while (part_next(&w))
			*to++ = w.line;
	}
}

int list_copy(struct brain *b, uint32_t self, uint32_t **out)
{
	const uint32_t n = list_length(b, self);
	uint32_t *copy = mem_resize(&b->mem, NULL, 0, ((size_t)n + 1) * sizeof(*copy));

	if (!copy)
		return MN_ENOMEM;
	copy_out(b, self, copy);
	*out = copy;
	return MN_OK;
}

void list_fetch(const struct brain *b, uint32_t self, int step)
{
	const struct leaf *leaf = leaf_of(b, self);

	if (leaf && step == 0)
		__builtin_prefetch(&leaf->start[self & (LEAF - 1)]);
	else if (leaf)
		__builtin_prefetch(&leaf->at[leaf->start[self & (LEAF - 1)]]);
}

/* ---- Tidying ------------------------------------------------------------------------------- */

/* A long list that became short goes back into its leaf. Without memory: nothing. */
static void shorten(struct brain *b, uint32_t self)
{
	struct parts *all = parts_of(b, self);
	const uint32_t n = all->n;
	uint32_t *copy;

	if (leaf_room(b, self, n) != MN_OK || list_copy(b, self, &copy) != MN_OK)
		return;
	parts_free(b, all);
	leaf_of(b, self)->longs &= ~(UINT64_C(1) << (self & (LEAF - 1)));
	for (uint32_t i = 0; i < n; i++)
		short_add(b, self, copy[i]);
	mem_resize(&b->mem, copy, ((size_t)n + 1) * sizeof(*copy), 0);
}

static void trim(struct brain *b, uint32_t self)
{
	struct leaf *leaf = leaf_of(b, self), *trimmed;
	const uint32_t n = leaf->start[LEAF], cap = n + n / 64 + 2;

	if (!n && !leaf->longs) {
		mem_resize(&b->paths, leaf, leaf_size(leaf->cap), 0);
		b->leaves[self >> LEAF_BITS] = NULL;
		return;
	}
	if (leaf->cap <= cap + LEAF / 2)
		return;
	trimmed = mem_resize(&b->paths, leaf, leaf_size(leaf->cap), leaf_size(cap));
	if (!trimmed)
		return;
	trimmed->cap = cap;
	b->leaves[self >> LEAF_BITS] = trimmed;
}

void list_tidy(struct brain *b, uint32_t self)
{
	const struct leaf *leaf = leaf_of(b, self);

	if (in_parts(leaf, self)) {
		parts_tidy(b, parts_of(b, self));
		if (parts_of(b, self)->n < SHORT / 2)
			shorten(b, self);
	}
	if (leaf)
		trim(b, self);
}

/* ---- Sorting ------------------------------------------------------------------------------- */

static void sort_short(struct brain *b, uint32_t self, struct sorted *room)
{
	uint32_t n;
	uint32_t *at = entries(b, self, &n);

	for (uint32_t i = 0; i < n; i++)
		room[i] = (struct sorted){place_of(b, self, at[i]), at[i]};
	qsort(room, n, sizeof(*room), by_place);
	for (uint32_t i = 0; i < n; i++)
		at[i] = room[i].line;
}

int lists_sort(struct brain *b, void (*rekey)(struct brain *))
{
	uint32_t longest = 1;
	struct sorted *room;

	for (uint32_t i = 0; i < b->neuron_ids.n; i++)
		longest = list_length(b, i) > longest ? list_length(b, i) : longest;
	room = mem_resize(&b->mem, NULL, 0, longest * sizeof(*room));
	if (!room)
		return MN_ENOMEM;
	rekey(b);
	for (uint32_t i = 0; i < b->neuron_ids.n; i++) {
		if (in_parts(leaf_of(b, i), i))
			parts_sort(b, parts_of(b, i), room);
		else
			sort_short(b, i, room);
	}
	mem_resize(&b->mem, room, longest * sizeof(*room), 0);
	return MN_OK;
}
