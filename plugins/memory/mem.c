/* SPDX-License-Identifier: MIT */
#include "mem.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define CHUNK ((size_t)1 << 16)
#define LARGEST_CHUNK ((size_t)1 << 20)

void *mem_resize(struct mem *m, void *ptr, size_t old, size_t new_size)
{
	void *p = m->host->resize(m->host, ptr, new_size);

	if (p || new_size == 0)
		m->used = m->used - old + new_size;
	return p;
}

int mem_grow(struct mem *m, void *items, uint32_t *cap, uint64_t want, size_t size)
{
	/* Large arrays move by remapping, which is cheap, and should not stand half empty. */
	uint64_t to = (uint64_t)*cap + *cap / (*cap < 65536 ? 2 : 6) + 8;
	void *p;

	if (want <= *cap)
		return MN_OK;
	to = to < want ? want : to;
	if (to >= NONE)
		return MN_ENOMEM;
	memcpy(&p, items, sizeof(p)); /* a pointer to a pointer of any type */
	p = mem_resize(m, p, *cap * size, to * size);
	if (!p)
		return MN_ENOMEM;
	memcpy(items, &p, sizeof(p));
	*cap = (uint32_t)to;
	return MN_OK;
}

/* ---- Tables -------------------------------------------------------------------------------- */

uint32_t hash_number(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(x ^ (x >> 31));
}

uint32_t hash_text(mn_str s, uint32_t seed)
{
	return (uint32_t)XXH3_64bits_withSeed(s.ptr, s.len, seed);
}

uint32_t table_find(
	const struct table *t, uint32_t hash, table_is *is, const void *ctx, const void *key)
{
	const uint32_t mask = t->cap - 1;

	if (t->n == 0)
		return NONE;
	for (uint32_t i = hash & mask; t->at[i].value; i = (i + 1) & mask)
		if (t->at[i].hash == hash && is(ctx, t->at[i].value - 1, key))
			return t->at[i].value - 1;
	return NONE;
}

static void put_cell(struct cell *at, uint32_t mask, struct cell c)
{
	uint32_t i = c.hash & mask;

	while (at[i].value)
		i = (i + 1) & mask;
	at[i] = c;
}

int table_room(struct table *t, struct mem *m, uint64_t n)
{
	uint64_t cap = t->cap ? t->cap : 16;
	struct cell *at;

	while (n * 10 > cap * 7)
		cap *= 2;
	if (cap == t->cap)
		return MN_OK;
	if (cap > UINT32_C(1) << 31)
		return MN_ENOMEM;
	at = mem_resize(m, NULL, 0, cap * sizeof(*at));
	if (!at)
		return MN_ENOMEM;
	memset(at, 0, cap * sizeof(*at));
	for (uint32_t i = 0; i < t->cap; i++)
		if (t->at[i].value)
			put_cell(at, (uint32_t)cap - 1, t->at[i]);
	mem_resize(m, t->at, t->cap * sizeof(*at), 0);
	t->at = at;
	t->cap = (uint32_t)cap;
	return MN_OK;
}

int table_add(struct table *t, struct mem *m, uint32_t hash, uint32_t value)
{
	if (table_room(t, m, (uint64_t)t->n + 1) != MN_OK)
		return MN_ENOMEM;
	put_cell(t->at, t->cap - 1, (struct cell){hash, value + 1});
	t->n++;
	return MN_OK;
}

/* The value must be there. */
static uint32_t cell_of(const struct table *t, uint32_t hash, uint32_t value)
{
	uint32_t i = hash & (t->cap - 1);

	while (t->at[i].value != value + 1)
		i = (i + 1) & (t->cap - 1);
	return i;
}

void table_drop(struct table *t, uint32_t hash, uint32_t value)
{
	const uint32_t mask = t->cap - 1;
	uint32_t hole = cell_of(t, hash, value);

	/* Close the gap: whoever probed past the hole moves into it. */
	for (uint32_t i = (hole + 1) & mask; t->at[i].value; i = (i + 1) & mask) {
		const uint32_t home = t->at[i].hash & mask;

		if (((i - home) & mask) >= ((i - hole) & mask)) {
			t->at[hole] = t->at[i];
			hole = i;
		}
	}
	t->at[hole].value = 0;
	t->n--;
}

void table_swap(struct table *t, uint32_t hash, uint32_t value, uint32_t by)
{
	t->at[cell_of(t, hash, value)].value = by + 1;
}

void table_free(struct table *t, struct mem *m)
{
	mem_resize(m, t->at, t->cap * sizeof(*t->at), 0);
	*t = (struct table){0};
}

/* ---- Text ---------------------------------------------------------------------------------- */

struct chunk {
	struct chunk *next;
	size_t used, cap;
	unsigned char at[];
};

static struct chunk *add_chunk(struct pool *p, struct mem *m, size_t least)
{
	size_t cap = p->chunks ? p->chunks->cap * 2 : CHUNK;
	struct chunk *c;

	cap = cap < LARGEST_CHUNK ? cap : LARGEST_CHUNK;
	cap = cap < least ? least : cap;
	c = mem_resize(m, NULL, 0, sizeof(*c) + cap);
	if (!c)
		return NULL;
	c->used = 0;
	c->cap = cap;
	/* One that is made for a single long string does not end the use of the current one. */
	if (p->chunks && cap == least) {
		c->next = p->chunks->next;
		p->chunks->next = c;
	} else {
		c->next = p->chunks;
		p->chunks = c;
	}
	return c;
}

int pool_reserve(struct pool *p, struct mem *m, size_t bytes)
{
	return add_chunk(p, m, bytes) ? MN_OK : MN_ENOMEM;
}

static size_t length_size(size_t len)
{
	size_t n = 1;

	while (len >>= 7)
		n++;
	return n;
}

int pool_add(struct pool *p, struct mem *m, mn_str s, ref *out)
{
	const size_t size = length_size(s.len) + s.len;
	struct chunk *c = p->chunks;
	unsigned char *at;
	size_t len = s.len;

	if (s.len == 0) {
		*out = NULL;
		return MN_OK;
	}
	if ((!c || c->cap - c->used < size) && !(c = add_chunk(p, m, size)))
		return MN_ENOMEM;
	at = c->at + c->used;
	*out = at;
	for (; len >= 0x80; len >>= 7)
		*at++ = (unsigned char)(len | 0x80);
	*at++ = (unsigned char)len;
	memcpy(at, s.ptr, s.len);
	c->used += size;
	p->used += size;
	return MN_OK;
}

mn_str pool_get(ref r)
{
	size_t len = 0;

	if (!r)
		return (mn_str){"", 0};
	for (unsigned shift = 0;; shift += 7) {
		len |= (size_t)(*r & 0x7F) << shift;
		if (!(*r++ & 0x80))
			break;
	}
	return (mn_str){(const char *)r, len};
}

size_t pool_size(ref r)
{
	const size_t len = pool_get(r).len;

	return r ? length_size(len) + len : 0;
}

void pool_free(struct pool *p, struct mem *m)
{
	while (p->chunks) {
		struct chunk *c = p->chunks;

		p->chunks = c->next;
		mem_resize(m, c, sizeof(*c) + c->cap, 0);
	}
	*p = (struct pool){0};
}

/* ---- Times --------------------------------------------------------------------------------- */

static bool is_time(const void *ctx, uint32_t value, const void *key)
{
	const struct times *t = ctx;

	return t->at[value] == *(const mn_time *)key;
}

int times_add(struct times *t, struct mem *m, mn_time time, uint32_t *out)
{
	const uint32_t hash = hash_number((uint64_t)time);
	uint32_t at;

	if (time == 0) {
		*out = 0;
		return MN_OK;
	}
	/* Most often it is the one before. */
	at = t->n > 1 && t->at[t->n - 1] == time ? t->n - 1
						 : table_find(&t->index, hash, is_time, t, &time);
	if (at != NONE) {
		*out = at;
		return MN_OK;
	}
	at = t->n ? t->n : 1;
	if (mem_grow(m, &t->at, &t->cap, (uint64_t)at + 1, sizeof(*t->at)) != MN_OK
		|| table_add(&t->index, m, hash, at) != MN_OK)
		return MN_ENOMEM;
	t->at[at] = time;
	t->n = at + 1;
	*out = at;
	return MN_OK;
}

void times_free(struct times *t, struct mem *m)
{
	mem_resize(m, t->at, t->cap * sizeof(*t->at), 0);
	table_free(&t->index, m);
	*t = (struct times){0};
}

/* ---- Slots --------------------------------------------------------------------------------- */

#define SPARE_SLOTS 4096

static bool is_id(const void *ctx, uint32_t value, const void *key)
{
	const struct slots *s = ctx;

	return s->ids[value] == *(const mn_id *)key;
}

bool slots_live(const struct slots *s, uint32_t slot)
{
	return slot < s->n && (s->bits[slot / 64] >> (slot % 64) & 1);
}

uint32_t slots_find(const struct slots *s, mn_id id)
{
	if (s->ids)
		return table_find(&s->index, hash_number(id), is_id, s, &id);
	return id - 1 < s->n && slots_live(s, (uint32_t)(id - 1)) ? (uint32_t)(id - 1) : NONE;
}

/* Bits, and ids if there are any, for n slots. */
static int slots_room(struct slots *s, struct mem *m, uint64_t n)
{
	uint64_t to = (uint64_t)s->cap + s->cap / 2 + 64;
	uint64_t *bits;
	mn_id *ids;

	if (n <= s->cap)
		return MN_OK;
	to = ((to < n ? n : to) + 63) / 64 * 64;
	if (to >= NONE)
		return MN_ENOMEM;
	if (s->ids) {
		ids = mem_resize(m, s->ids, s->cap * sizeof(*ids), to * sizeof(*ids));
		if (!ids)
			return MN_ENOMEM;
		s->ids = ids;
	}
	bits = mem_resize(m, s->bits, s->cap / 8, to / 8);
	if (!bits) {
		if (s->ids) /* shrinking gives the count back its meaning; it may stay larger */
			m->used -= (to - s->cap) * sizeof(*ids);
		return MN_ENOMEM;
	}
	memset(bits + s->cap / 64, 0, (to - s->cap) / 8);
	s->bits = bits;
	s->cap = (uint32_t)to;
	return MN_OK;
}

/* The map has room for every slot ever used, so that restoring one cannot fail. */
static int make_sparse(struct slots *s, struct mem *m)
{
	mn_id *ids;

	if (slots_room(s, m, 1) != MN_OK || table_room(&s->index, m, (uint64_t)s->n + 1) != MN_OK)
		return MN_ENOMEM;
	ids = mem_resize(m, NULL, 0, s->cap * sizeof(*ids));
	if (!ids)
		return MN_ENOMEM;
	for (uint32_t i = 0; i < s->n; i++) {
		ids[i] = (mn_id)i + 1;
		if (slots_live(s, i))
			table_add(&s->index, m, hash_number(ids[i]), i);
	}
	s->ids = ids;
	s->hole = 0;
	return MN_OK;
}

static void set_bit(struct slots *s, uint32_t slot)
{
	s->bits[slot / 64] |= UINT64_C(1) << (slot % 64);
	s->live++;
	if (slot >= s->n)
		s->n = slot + 1;
}

static int take_sparse(struct slots *s, struct mem *m, mn_id id, uint32_t *out)
{
	uint32_t slot = s->hole;

	while (slot < s->n && slots_live(s, slot))
		slot++;
	if (slots_room(s, m, (uint64_t)slot + 1) != MN_OK
		|| table_room(&s->index, m, (uint64_t)s->n + 1) != MN_OK
		|| table_add(&s->index, m, hash_number(id), slot) != MN_OK)
		return MN_ENOMEM;
	s->ids[slot] = id;
	s->hole = slot + 1;
	set_bit(s, slot);
	*out = slot;
	return MN_OK;
}

int slots_take(struct slots *s, struct mem *m, mn_id id, uint32_t *out)
{
	const uint64_t most = 2 * (uint64_t)s->live + SPARE_SLOTS;

	if (!s->ids && (id > most || id >= NONE) && make_sparse(s, m) != MN_OK)
		return MN_ENOMEM;
	if (s->ids)
		return take_sparse(s, m, id, out);
	if (slots_room(s, m, id) != MN_OK)
		return MN_ENOMEM;
	*out = (uint32_t)(id - 1);
	set_bit(s, *out);
	return MN_OK;
}

void slots_drop(struct slots *s, uint32_t slot)
{
	s->bits[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
	s->live--;
	if (!s->ids)
		return;
	table_drop(&s->index, hash_number(s->ids[slot]), slot);
	s->hole = slot < s->hole ? slot : s->hole;
}

void slots_restore(struct slots *s, mn_id id, uint32_t slot)
{
	set_bit(s, slot);
	if (!s->ids)
		return;
	s->ids[slot] = id;
	put_cell(s->index.at, s->index.cap - 1, (struct cell){hash_number(id), slot + 1});
	s->index.n++;
}

void slots_free(struct slots *s, struct mem *m)
{
	mem_resize(m, s->bits, s->cap / 8, 0);
	if (s->ids)
		mem_resize(m, s->ids, s->cap * sizeof(*s->ids), 0);
	table_free(&s->index, m);
	*s = (struct slots){0};
}

/* ---- Heaps --------------------------------------------------------------------------------- */

int heap_take(struct heap *h, struct mem *m, uint32_t *out)
{
	uint32_t at = h->free;

	if (at) {
		memcpy(&h->free, heap_get(h, at), sizeof(h->free));
	} else {
		if (mem_grow(m, &h->at, &h->cap, (uint64_t)h->n + 1, h->size) != MN_OK)
			return MN_ENOMEM;
		at = ++h->n;
	}
	memset(heap_get(h, at), 0, h->size);
	*out = at;
	return MN_OK;
}

void heap_drop(struct heap *h, uint32_t at)
{
	if (!at)
		return;
	memcpy(heap_get(h, at), &h->free, sizeof(h->free));
	h->free = at;
}

void heap_free(struct heap *h, struct mem *m)
{
	mem_resize(m, h->at, (size_t)h->cap * h->size, 0);
	*h = (struct heap){.size = h->size};
}
