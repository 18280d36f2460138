/* SPDX-License-Identifier: MIT */
/* parts.c - long lists: a part for each type and direction, in blocks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"

#define BLOCK 500 /* entries of a block */
#define FIRST_BLOCK 16

static size_t block_size(uint32_t cap)
{
	return sizeof(struct block) + cap * (sizeof(uint32_t) + sizeof(struct gist));
}

/* ---- Entries ------------------------------------------------------------------------------- */

/* A weight with few digits is exact; of others, and of what was used, this is a bound. */
static struct gist gist_of(const struct brain *b, uint32_t self, uint32_t line)
{
	const struct line l = line_get(b, line);
	struct gist g = {line_far(&l, self), (float)l.base};

	if (l.extra)
		g.weight = -1;
	else if ((double)g.weight != l.base)
		g.weight = -nextafterf(g.weight, 2);
	return g;
}

static void block_insert(
	struct brain *b, uint32_t self, struct block *k, uint32_t where, uint32_t line)
{
	struct gist *gists = k->gists;

	entry_insert(block_entries(k), k->n, where, line);
	memmove(gists + where + 1, gists + where, (k->n - where) * sizeof(*gists));
	gists[where] = gist_of(b, self, line);
	k->n++;
}

static void block_erase(struct block *k, uint32_t where)
{
	struct gist *gists = k->gists;

	entry_erase(block_entries(k), k->n, where);
	memmove(gists + where, gists + where + 1, (k->n - where - 1) * sizeof(*gists));
	k->n--;
}

/* From one block's place on to the end of another. */
static void block_append(struct block *to, struct block *from, uint32_t where)
{
	const uint32_t n = from->n - where;

	memcpy(to->gists + to->n, from->gists + where, n * sizeof(*to->gists));
	memcpy(block_entries(to) + to->n, block_entries(from) + where, n * sizeof(uint32_t));
	to->n += n;
}

/* ---- Finding ------------------------------------------------------------------------------- */

static bool is_long(const void *ctx, uint32_t value, const void *key)
{
	const struct brain *b = ctx;
	const struct parts *p = heap_get(&b->longs, value);

	return p->self == *(const uint32_t *)key;
}

struct parts *parts_of(const struct brain *b, uint32_t self)
{
	return heap_get(
		&b->longs, table_find(&b->long_index, hash_number(self), is_long, b, &self));
}

/* ---- Parts --------------------------------------------------------------------------------- */

static struct block *new_block(struct brain *b, uint32_t cap, struct place fence)
{
	struct block *k = mem_resize(&b->paths, NULL, 0, block_size(cap));

	if (k) {
		k->fence = fence;
		k->n = 0;
		k->cap = cap;
	}
	return k;
}

static void free_block(struct brain *b, struct block *k)
{
	mem_resize(&b->paths, k, block_size(k->cap), 0);
}

static int add_block(
	struct brain *b, struct part *p, uint32_t where, uint32_t cap, struct place fence)
{
	struct block *k = new_block(b, cap, fence);

	if (!k)
		return MN_ENOMEM;
	if (mem_grow(&b->paths, &p->blocks, &p->cap, (uint64_t)p->nblocks + 1, sizeof(k))
		!= MN_OK) {
		free_block(b, k);
		return MN_ENOMEM;
	}
	memmove(p->blocks + where + 1, p->blocks + where, (p->nblocks - where) * sizeof(k));
	p->blocks[where] = k;
	p->nblocks++;
	return MN_OK;
}

static int resize_block(struct brain *b, struct block **k, uint32_t cap)
{
	struct block *p = new_block(b, cap, (*k)->fence);

	if (!p)
		return MN_ENOMEM;
	block_append(p, *k, 0);
	free_block(b, *k);
	*k = p;
	return MN_OK;
}

static int grow_block(struct brain *b, struct block **k)
{
	const uint32_t cap = (*k)->cap + (*k)->cap / 4 + FIRST_BLOCK;

	return resize_block(b, k, cap < BLOCK ? cap : BLOCK);
}

/*
 * The upper half of a full block becomes a block of its own; or, where x comes after all of it, as
 * newer ones do, x begins one.
 */
static int split_block(
	struct brain *b, uint32_t self, struct part *p, uint32_t where, struct place x)
{
	struct block *k = p->blocks[where];
	const bool past = place_before(place_of(b, self, block_entries(k)[k->n - 1]), x);
	const uint32_t keep = past ? k->n : k->n - k->n / 2;

	if (add_block(b, p, where + 1, BLOCK, past ? x : place_of(b, self, block_entries(k)[keep]))
		!= MN_OK)
		return MN_ENOMEM;
	block_append(p->blocks[where + 1], k, keep);
	k->n = keep;
	return MN_OK;
}

/* The block that x belongs to: the last one whose fence is not after it. */
static uint32_t block_of(const struct part *p, struct place x)
{
	uint32_t low = 1, n = p->nblocks;

	while (low < n) {
		const uint32_t mid = low + (n - low) / 2;

		if (place_before(x, p->blocks[mid]->fence))
			n = mid;
		else
			low = mid + 1;
	}
	return low - 1;
}

/*
 * Undoing needs no memory here: since x was dropped, its block can only have been split, which
 * gives both halves room for all of it, and what came in since is gone again.
 */
static int make_room(struct brain *b, uint32_t self, struct part *p, struct place x)
{
	const uint32_t where = block_of(p, x);
	const struct block *k;

	if (p->nblocks == 0)
		return add_block(b, p, 0, FIRST_BLOCK, x);
	k = p->blocks[where];
	if (k->n < k->cap)
		return MN_OK;
	return k->cap < BLOCK ? grow_block(b, &p->blocks[where])
			      : split_block(b, self, p, where, x);
}

static int part_add(struct brain *b, uint32_t self, struct part *p, uint32_t line)
{
	const struct place x = place_of(b, self, line);
	struct block *k;

	if (make_room(b, self, p, x) != MN_OK)
		return MN_ENOMEM;
	k = p->blocks[block_of(p, x)];
	block_insert(b, self, k, place_rank(b, self, block_entries(k), k->n, x), line);
	p->n++;
	return MN_OK;
}

static void part_drop(struct brain *b, uint32_t self, struct part *p, uint32_t line)
{
	const struct place x = place_of(b, self, line);
	struct block *k = p->blocks[block_of(p, x)];

	block_erase(k, place_rank(b, self, block_entries(k), k->n, x));
	p->n--;
}

static struct part *find_part(const struct parts *all, uint16_t type, unsigned dir)
{
	for (uint32_t i = 0; i < all->nparts; i++)
		if (all->at[i].type == type && all->at[i].dir == dir)
			return &all->at[i];
	return NULL;
}

static struct part *part_for(struct brain *b, struct parts *all, uint32_t line)
{
	const struct line row = line_get(b, line);
	const unsigned dir = line_direction(&row, all->self);
	struct part *p = find_part(all, row.type, dir);

	if (p)
		return p;
	if (mem_grow(&b->paths, &all->at, &all->cap, (uint64_t)all->nparts + 1, sizeof(*all->at))
		!= MN_OK)
		return NULL;
	p = &all->at[all->nparts++];
	*p = (struct part){.type = row.type, .dir = (uint8_t)dir};
	return p;
}

int parts_add(struct brain *b, struct parts *all, uint32_t line)
{
	struct part *p = part_for(b, all, line);

	if (!p || part_add(b, all->self, p, line) != MN_OK)
		return MN_ENOMEM;
	all->n++;
	return MN_OK;
}

void parts_drop(struct brain *b, struct parts *all, uint32_t line)
{
	const struct line row = line_get(b, line);

	part_drop(b, all->self, find_part(all, row.type, line_direction(&row, all->self)), line);
	all->n--;
}

void parts_refresh(struct brain *b, struct parts *all, uint32_t line)
{
	const struct line row = line_get(b, line);
	const struct part *p = find_part(all, row.type, line_direction(&row, all->self));
	const struct place x = place_of(b, all->self, line);
	struct block *k = p->blocks[block_of(p, x)];

	k->gists[place_rank(b, all->self, block_entries(k), k->n, x)] = gist_of(b, all->self, line);
}

/* ---- Whole lists --------------------------------------------------------------------------- */

static void free_parts(struct brain *b, struct parts *all)
{
	for (uint32_t i = 0; i < all->nparts; i++) {
		struct part *p = &all->at[i];

		for (uint32_t k = 0; k < p->nblocks; k++)
			free_block(b, p->blocks[k]);
		mem_resize(&b->paths, p->blocks, p->cap * sizeof(*p->blocks), 0);
	}
	mem_resize(&b->paths, all->at, all->cap * sizeof(*all->at), 0);
}

void parts_free(struct brain *b, struct parts *all)
{
	const uint32_t hash = hash_number(all->self);
	const uint32_t at = table_find(&b->long_index, hash, is_long, b, &all->self);

	free_parts(b, all);
	table_drop(&b->long_index, hash, at);
	heap_drop(&b->longs, at);
}

int parts_make(struct brain *b, uint32_t self, const uint32_t *at, uint32_t n)
{
	struct parts made = {.self = self};
	uint32_t where;

	for (uint32_t i = 0; i < n; i++)
		if (parts_add(b, &made, at[i]) != MN_OK)
			goto failed;
	if (heap_take(&b->longs, &b->paths, &where) != MN_OK)
		goto failed;
	if (table_add(&b->long_index, &b->paths, hash_number(self), where) != MN_OK) {
		heap_drop(&b->longs, where);
		goto failed;
	}
	*(struct parts *)heap_get(&b->longs, where) = made;
	return MN_OK;
failed:
	free_parts(b, &made);
	return MN_ENOMEM;
}

static void tidy_block(struct brain *b, struct block **k)
{
	if ((*k)->cap > (*k)->n + (*k)->n / 6 + FIRST_BLOCK)
		resize_block(b, k, (*k)->n + (*k)->n / 16 + 4);
}

void parts_tidy(struct brain *b, struct parts *all)
{
	for (uint32_t i = 0; i < all->nparts; i++) {
		struct part *p = &all->at[i];
		uint32_t kept = 0;

		for (uint32_t k = 0; k < p->nblocks; k++) {
			if (!p->blocks[k]->n) {
				free_block(b, p->blocks[k]);
				continue;
			}
			tidy_block(b, &p->blocks[k]);
			p->blocks[kept++] = p->blocks[k];
		}
		p->nblocks = kept;
	}
}

static void sort_part(const struct brain *b, uint32_t self, struct block **blocks, uint32_t nblocks,
	struct sorted *room)
{
	size_t n = 0;

	for (uint32_t k = 0; k < nblocks; k++)
		for (uint32_t i = 0; i < blocks[k]->n; i++, n++)
			room[n] = (struct sorted){place_of(b, self, block_entries(blocks[k])[i]),
				block_entries(blocks[k])[i]};
	qsort(room, n, sizeof(*room), by_place);
	n = 0;
	for (uint32_t k = 0; k < nblocks; k++)
		for (uint32_t i = 0; i < blocks[k]->n; i++, n++) {
			block_entries(blocks[k])[i] = room[n].line;
			blocks[k]->gists[i] = gist_of(b, self, room[n].line);
		}
	for (uint32_t k = 0; k < nblocks; k++)
		blocks[k]->fence = place_of(b, self, block_entries(blocks[k])[0]);
}

void parts_sort(struct brain *b, struct parts *all, struct sorted *room)
{
	for (uint32_t i = 0; i < all->nparts; i++)
		sort_part(b, all->self, all->at[i].blocks, all->at[i].nblocks, room);
}
