/* SPDX-License-Identifier: MIT */
/*
 * list.c - the synapses of a neuron, heaviest first.
 *
 * A short list is one array, types mixed. A long one has a part for each type and direction, so
 * that "incoming, of this type" is counted without reading and found without skipping; a part is a
 * row of blocks, so that a hub's insertions move no more than a block. Entries are slots of
 * synapses, 4 bytes; the far end, the weight and the order are read from the synapse.
 *
 * Order: key, falling; then far id, then synapse id, rising (mn_weight_key in backend.h).
 */
#include <stdlib.h>
#include <string.h>

#include "brain.h"

#define SHORT 64  /* entries of a short list, but see list_add */
#define BLOCK 500 /* entries of a block */
#define FIRST_BLOCK 16

struct place {
	int32_t key;
	mn_id far, id;
};

/*
 * Holds what stands from `fence` on up to the next block's. Fences stay while entries come and go,
 * so that one that is put back finds the room it had.
 */
struct block {
	struct place fence; /* of the first block: of no meaning */
	uint32_t n, cap;
	uint32_t at[];
};

struct part {
	struct block **blocks;
	uint32_t nblocks, cap, n;
	uint16_t type;
	uint8_t dir;
};

struct list {
	uint32_t n;
	uint32_t room; /* short: entries behind this head; 0: a struct parts is */
};

struct parts {
	struct part *at;
	uint32_t n, cap;
};

static uint32_t *entries(struct list *l)
{
	return (uint32_t *)(l + 1);
}

static struct parts *parts(struct list *l)
{
	return (struct parts *)(l + 1);
}

static size_t list_size(const struct list *l)
{
	return sizeof(*l) + (l->room ? l->room * sizeof(uint32_t) : sizeof(struct parts));
}

static size_t block_size(uint32_t cap)
{
	return sizeof(struct block) + cap * sizeof(uint32_t);
}

/* ---- Order --------------------------------------------------------------------------------- */

static struct place place_of(const struct brain *b, uint32_t self, uint32_t line)
{
	const struct line *l = &b->lines[line];

	return (struct place){
		l->key, neuron_id(b, line_far(l, self)), slots_id(&b->line_ids, line)};
}

static bool before(struct place x, struct place y)
{
	if (x.key != y.key)
		return x.key > y.key;
	return x.far != y.far ? x.far < y.far : x.id < y.id;
}

/* How many of the n entries stand before x. */
static uint32_t rank(
	const struct brain *b, uint32_t self, const uint32_t *at, uint32_t n, struct place x)
{
	uint32_t low = 0;

	while (low < n) {
		const uint32_t mid = low + (n - low) / 2;

		if (before(place_of(b, self, at[mid]), x))
			low = mid + 1;
		else
			n = mid;
	}
	return low;
}

static void insert(uint32_t *at, uint32_t n, uint32_t where, uint32_t line)
{
	memmove(at + where + 1, at + where, (n - where) * sizeof(*at));
	at[where] = line;
}

static void erase(uint32_t *at, uint32_t n, uint32_t where)
{
	memmove(at + where, at + where + 1, (n - where - 1) * sizeof(*at));
}

/* ---- Parts --------------------------------------------------------------------------------- */

static struct block *new_block(struct brain *b, uint32_t cap, struct place fence)
{
	struct block *k = mem_resize(&b->mem, NULL, 0, block_size(cap));

	if (k) {
		k->fence = fence;
		k->n = 0;
		k->cap = cap;
	}
	return k;
}

static void free_block(struct brain *b, struct block *k)
{
	mem_resize(&b->mem, k, block_size(k->cap), 0);
}

static int add_block(
	struct brain *b, struct part *p, uint32_t where, uint32_t cap, struct place fence)
{
	struct block *k = new_block(b, cap, fence);

	if (!k)
		return MN_ENOMEM;
	if (mem_grow(&b->mem, &p->blocks, &p->cap, (uint64_t)p->nblocks + 1, sizeof(k)) != MN_OK) {
		free_block(b, k);
		return MN_ENOMEM;
	}
	memmove(p->blocks + where + 1, p->blocks + where, (p->nblocks - where) * sizeof(k));
	p->blocks[where] = k;
	p->nblocks++;
	return MN_OK;
}

static int grow_block(struct brain *b, struct block **k)
{
	const uint32_t cap = (*k)->cap * 2 < BLOCK ? (*k)->cap * 2 : BLOCK;
	struct block *p = mem_resize(&b->mem, *k, block_size((*k)->cap), block_size(cap));

	if (!p)
		return MN_ENOMEM;
	p->cap = cap;
	*k = p;
	return MN_OK;
}

/*
 * The upper half of a full block becomes a block of its own; or, where x comes after all of it, as
 * newer ones do, x begins one.
 */
static int split_block(
	struct brain *b, uint32_t self, struct part *p, uint32_t where, struct place x)
{
	const struct block *k = p->blocks[where];
	const bool past = before(place_of(b, self, k->at[k->n - 1]), x);
	const uint32_t keep = past ? k->n : k->n - k->n / 2;
	struct block *upper;

	if (add_block(b, p, where + 1, BLOCK, past ? x : place_of(b, self, k->at[keep])) != MN_OK)
		return MN_ENOMEM;
	upper = p->blocks[where + 1];
	upper->n = k->n - keep;
	memcpy(upper->at, k->at + keep, upper->n * sizeof(*k->at));
	p->blocks[where]->n = keep;
	return MN_OK;
}

/* The block that x belongs to: the last one whose fence is not after it. */
static uint32_t block_of(const struct part *p, struct place x)
{
	uint32_t low = 1, n = p->nblocks;

	while (low < n) {
		const uint32_t mid = low + (n - low) / 2;

		if (before(x, p->blocks[mid]->fence))
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
	insert(k->at, k->n, rank(b, self, k->at, k->n, x), line);
	k->n++;
	p->n++;
	return MN_OK;
}

static void part_drop(struct brain *b, uint32_t self, struct part *p, uint32_t line)
{
	const struct place x = place_of(b, self, line);
	struct block *k = p->blocks[block_of(p, x)];

	erase(k->at, k->n, rank(b, self, k->at, k->n, x));
	k->n--;
	p->n--;
}

static struct part *find_part(struct list *l, uint16_t type, unsigned dir)
{
	struct parts *all = parts(l);

	for (uint32_t i = 0; i < all->n; i++)
		if (all->at[i].type == type && all->at[i].dir == dir)
			return &all->at[i];
	return NULL;
}

static struct part *part_for(struct brain *b, struct list *l, uint32_t self, uint32_t line)
{
	const struct line *row = &b->lines[line];
	const unsigned dir = line_direction(row, self);
	struct parts *all = parts(l);
	struct part *p = find_part(l, row->type, dir);

	if (p)
		return p;
	if (mem_grow(&b->mem, &all->at, &all->cap, (uint64_t)all->n + 1, sizeof(*all->at)) != MN_OK)
		return NULL;
	p = &all->at[all->n++];
	*p = (struct part){.type = row->type, .dir = (uint8_t)dir};
	return p;
}

/* ---- Lists --------------------------------------------------------------------------------- */

static void free_whole(struct brain *b, struct list *l)
{
	if (!l)
		return;
	if (!l->room) {
		struct parts *all = parts(l);

		for (uint32_t i = 0; i < all->n; i++) {
			struct part *p = &all->at[i];

			for (uint32_t k = 0; k < p->nblocks; k++)
				free_block(b, p->blocks[k]);
			mem_resize(&b->mem, p->blocks, p->cap * sizeof(*p->blocks), 0);
		}
		mem_resize(&b->mem, all->at, all->cap * sizeof(*all->at), 0);
	}
	mem_resize(&b->mem, l, list_size(l), 0);
}

void list_free(struct brain *b, uint32_t self)
{
	free_whole(b, b->neurons[self].list);
	b->neurons[self].list = NULL;
}

/* A short list in parts. NULL: no memory, and the short one is as it was. */
static struct list *lengthen(struct brain *b, uint32_t self, struct list *from)
{
	const size_t size = sizeof(*from) + sizeof(struct parts);
	struct list *l = mem_resize(&b->mem, NULL, 0, size);

	if (!l)
		return NULL;
	memset(l, 0, size);
	for (; l->n < from->n; l->n++) {
		struct part *p = part_for(b, l, self, entries(from)[l->n]);

		if (!p || part_add(b, self, p, entries(from)[l->n]) != MN_OK) {
			free_whole(b, l);
			return NULL;
		}
	}
	mem_resize(&b->mem, from, list_size(from), 0);
	return l;
}

static int add_short(struct brain *b, uint32_t self, uint32_t line)
{
	struct list *l = b->neurons[self].list;
	const uint32_t n = l ? l->n : 0;

	if (!l || n == l->room) {
		const uint32_t room = n + n / 2 + 2;
		struct list *grown = mem_resize(
			&b->mem, l, l ? list_size(l) : 0, sizeof(*l) + room * sizeof(uint32_t));

		if (!grown)
			return MN_ENOMEM;
		grown->n = n;
		grown->room = room;
		b->neurons[self].list = l = grown;
	}
	insert(entries(l), n, rank(b, self, entries(l), n, place_of(b, self, line)), line);
	l->n++;
	return MN_OK;
}

/*
 * Lists grow into parts only as long as nothing was dropped since the last commit: what was, must
 * find its room again, and the parts made here have room for those that are there.
 */
int list_add(struct brain *b, uint32_t self, uint32_t line)
{
	struct list *l = b->neurons[self].list;
	struct part *p;

	if (l && l->room && l->n >= SHORT && !b->undoing && !b->unlisted) {
		l = lengthen(b, self, l);
		if (!l)
			return MN_ENOMEM;
		b->neurons[self].list = l;
	}
	if (!l || l->room)
		return add_short(b, self, line);
	p = part_for(b, l, self, line);
	if (!p || part_add(b, self, p, line) != MN_OK)
		return MN_ENOMEM;
	l->n++;
	return MN_OK;
}

void list_drop(struct brain *b, uint32_t self, uint32_t line)
{
	struct list *l = b->neurons[self].list;
	const struct line *row = &b->lines[line];

	b->unlisted = true;
	if (l->room)
		erase(entries(l), l->n, rank(b, self, entries(l), l->n, place_of(b, self, line)));
	else
		part_drop(b, self, find_part(l, row->type, line_direction(row, self)), line);
	l->n--;
}

uint32_t list_length(const struct brain *b, uint32_t self)
{
	return b->neurons[self].list ? b->neurons[self].list->n : 0;
}

/* ---- Walking ------------------------------------------------------------------------------- */

uint32_t list_parts(const struct brain *b, uint32_t self)
{
	struct list *l = b->neurons[self].list;

	if (!l)
		return 0;
	return l->room ? 1 : parts(l)->n;
}

struct part_view list_part(const struct brain *b, uint32_t self, uint32_t part)
{
	struct list *l = b->neurons[self].list;
	const struct part *p;

	if (l->room)
		return (struct part_view){.mixed = true, .n = l->n};
	p = &parts(l)->at[part];
	return (struct part_view){false, p->type, p->dir, p->n};
}

static void begin_in(struct list *l, uint32_t part, struct part_walk *out)
{
	const struct part *p;

	if (l->room) {
		*out = (struct part_walk){.at = entries(l), .end = entries(l) + l->n};
		return;
	}
	p = &parts(l)->at[part];
	*out = (struct part_walk){.block = p->blocks, .last = p->blocks + p->nblocks};
}

void part_begin(const struct brain *b, uint32_t self, uint32_t part, struct part_walk *out)
{
	begin_in(b->neurons[self].list, part, out);
}

void part_fetch(const struct brain *b, const struct part_walk *w, uint32_t n)
{
	const uint32_t *at = w->at;
	const uint32_t *end = w->end;

	if (at == end && w->block != w->last) {
		at = (*w->block)->at;
		end = at + (*w->block)->n;
	}
	for (; n && at != end; n--)
		__builtin_prefetch(&b->lines[*at++]);
}

bool part_run(struct part_walk *w)
{
	if (w->line == NONE)
		w->at = w->end;
	w->line = NONE;
	while (w->at == w->end) {
		if (w->block == w->last)
			return false;
		w->at = (*w->block)->at;
		w->end = w->at + (*w->block)->n;
		w->block++;
	}
	return true;
}

bool part_next(struct part_walk *w)
{
	while (w->at == w->end) {
		if (w->block == w->last)
			return false;
		w->at = (*w->block)->at;
		w->end = w->at + (*w->block)->n;
		w->block++;
	}
	w->line = *w->at++;
	return true;
}

int list_copy(struct brain *b, uint32_t self, uint32_t **out)
{
	const uint32_t n = list_length(b, self);
	uint32_t *copy = mem_resize(&b->mem, NULL, 0, ((size_t)n + 1) * sizeof(*copy));
	struct part_walk w;
	size_t at = 0;

	if (!copy)
		return MN_ENOMEM;
	for (uint32_t i = 0; i < list_parts(b, self); i++) {
		part_begin(b, self, i, &w);
		while (part_next(&w))
			copy[at++] = w.line;
	}
	*out = copy;
	return MN_OK;
}

/* ---- Tidying ------------------------------------------------------------------------------- */

/* Writes the whole list anew, as short and dense as it can be. Without memory: nothing. */
static void rebuild(struct brain *b, uint32_t self)
{
	struct list *old = b->neurons[self].list;
	struct part_walk w;

	b->neurons[self].list = NULL;
	for (uint32_t i = 0; i < parts(old)->n; i++) {
		begin_in(old, i, &w);
		while (part_next(&w))
			if (list_add(b, self, w.line) != MN_OK) {
				list_free(b, self);
				b->neurons[self].list = old;
				return;
			}
	}
	free_whole(b, old);
}

static void trim(struct brain *b, uint32_t self)
{
	struct list *l = b->neurons[self].list, *trimmed;

	if (l->room - l->n < 2)
		return;
	trimmed = mem_resize(&b->mem, l, list_size(l), sizeof(*l) + l->n * sizeof(uint32_t));
	if (!trimmed)
		return;
	trimmed->room = trimmed->n;
	b->neurons[self].list = trimmed;
}

static void drop_empty(struct brain *b, struct part *p)
{
	uint32_t kept = 0;

	for (uint32_t k = 0; k < p->nblocks; k++) {
		if (p->blocks[k]->n)
			p->blocks[kept++] = p->blocks[k];
		else
			free_block(b, p->blocks[k]);
	}
	p->nblocks = kept;
}

void list_tidy(struct brain *b, uint32_t self)
{
	struct list *l = b->neurons[self].list;
	uint64_t blocks = 0;

	if (!l)
		return;
	if (l->n == 0) {
		list_free(b, self);
		return;
	}
	if (l->room) {
		trim(b, self);
		return;
	}
	for (uint32_t i = 0; i < parts(l)->n; i++) {
		drop_empty(b, &parts(l)->at[i]);
		blocks += parts(l)->at[i].nblocks;
	}
	if (l->n < SHORT / 2 || (blocks > 8 && l->n < blocks * (BLOCK / 8)))
		rebuild(b, self);
}

/* ---- Sorting ------------------------------------------------------------------------------- */

struct sorted {
	struct place place;
	uint32_t line;
};

static int by_place(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;

	return before(x->place, y->place) ? -1 : before(y->place, x->place);
}

static void sort_part(struct brain *b, uint32_t self, struct block **blocks, uint32_t nblocks,
	struct sorted *room)
{
	size_t n = 0;

	for (uint32_t k = 0; k < nblocks; k++)
		for (uint32_t i = 0; i < blocks[k]->n; i++, n++)
			room[n] = (struct sorted){
				place_of(b, self, blocks[k]->at[i]), blocks[k]->at[i]};
	qsort(room, n, sizeof(*room), by_place);
	n = 0;
	for (uint32_t k = 0; k < nblocks; k++)
		for (uint32_t i = 0; i < blocks[k]->n; i++)
			blocks[k]->at[i] = room[n++].line;
	for (uint32_t k = 0; k < nblocks; k++)
		blocks[k]->fence = place_of(b, self, blocks[k]->at[0]);
}

static void sort_short(struct brain *b, uint32_t self, struct list *l, struct sorted *room)
{
	for (uint32_t i = 0; i < l->n; i++)
		room[i] = (struct sorted){place_of(b, self, entries(l)[i]), entries(l)[i]};
	qsort(room, l->n, sizeof(*room), by_place);
	for (uint32_t i = 0; i < l->n; i++)
		entries(l)[i] = room[i].line;
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
		struct list *l = b->neurons[i].list;

		if (l && l->room)
			sort_short(b, i, l, room);
		for (uint32_t k = 0; l && !l->room && k < parts(l)->n; k++)
			sort_part(b, i, parts(l)->at[k].blocks, parts(l)->at[k].nblocks, room);
	}
	mem_resize(&b->mem, room, longest * sizeof(*room), 0);
	return MN_OK;
}
