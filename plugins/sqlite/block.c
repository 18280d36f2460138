/* SPDX-License-Identifier: MIT */
#include "block.h"

#include "connection.h"
#include "heap.h"
#include "varint.h"

#define MOST_SLOTS ((size_t)1 << 18)
#define MOST_PLACES ((size_t)1 << 24)
#define MOST_BYTES ((size_t)1 << 28)

static const char read_head[] = "SELECT head FROM list WHERE near = ?1";
static const char read_block[] = "SELECT links FROM block WHERE id = ?1";

int places_add(struct conn *c, struct places *places, const struct place *p)
{
	if (!heap_grow(c->host, &places->at, &places->cap, places->n + 1, sizeof(*p), MOST_PLACES))
		return conn_memory(c);
	places->at[places->n++] = *p;
	return MN_OK;
}

/* ---- Reading ------------------------------------------------------------------------------ */

static int broken(struct conn *c)
{
	return conn_corrupt(c, "the head of a list is broken");
}

int block_add_slot(struct conn *c, uint32_t slot, uint64_t n, int64_t first)
{
	struct stored *s = &c->stored;

	if (!heap_grow(c->host, &s->slots, &s->slots_cap, s->nslots + 1, sizeof(*s->slots),
		    MOST_SLOTS))
		return conn_memory(c);
	s->slots[s->nslots++] = (struct slot_count){slot, n, first};
	return MN_OK;
}

static int take_slots(struct conn *c, const unsigned char **p, const unsigned char *end)
{
	uint64_t left, slot = 0, step, n, first;
	int status = MN_OK;

	if (!varint_get(p, end, &left))
		return broken(c);
	for (; status == MN_OK && left; left--) {
		if (!varint_get(p, end, &step) || !varint_get(p, end, &n)
			|| !varint_get(p, end, &first) || step > MOST_SLOTS || first > INT64_MAX)
			return broken(c);
		slot += step;
		if (slot > MOST_SLOTS)
			return broken(c);
		status = block_add_slot(c, (uint32_t)slot, n, (int64_t)first);
	}
	return status;
}

static int keep_inner(struct conn *c, const unsigned char *p, size_t n)
{
	struct stored *s = &c->stored;

	if (!heap_grow(c->host, &s->inner, &s->inner_cap, n, 1, MOST_BYTES))
		return conn_memory(c);
	if (n)
		memcpy(s->inner, p, n);
	s->ninner = n;
	return MN_OK;
}

void block_none(struct conn *c, mn_id near)
{
	struct stored *s = &c->stored;

	s->near = near;
	s->is_long = s->placed = false;
	s->links.n = s->nslots = s->places.n = s->ninner = 0;
	s->directory = 0;
}

int block_parse(struct conn *c, mn_id near, mn_str head)
{
	struct stored *s = &c->stored;
	const unsigned char *p = (const unsigned char *)head.ptr, *end = p + head.len;
	uint64_t directory;
	int status;

	block_none(c, near);
	if (head.len == 0 || *p > LIST_LONGEST)
		return broken(c);
	if (*p == LIST_SHORT)
		return packed_read(c, near, (mn_str){head.ptr + 1, head.len - 1}, &s->links);
	s->is_long = true;
	status = (p++, take_slots(c, &p, end));
	if (status != MN_OK || head.ptr[0] == LIST_LONG)
		return status != MN_OK ? status : keep_inner(c, p, (size_t)(end - p));
	if (!varint_get(&p, end, &directory) || directory > INT64_MAX || directory == 0 || p != end)
		return broken(c);
	s->directory = (int64_t)directory;
	return MN_OK;
}

int block_ask_head(struct conn *c, mn_id near, sqlite3_stmt **st)
{
	int status = ASK(c, st, read_head, I((int64_t)near));

	block_none(c, near);
	return status == MN_OK ? conn_step(c, *st) : status;
}

int block_load(struct conn *c, mn_id near)
{
	sqlite3_stmt *st;
	int status = block_ask_head(c, near, &st);

	if (status <= 0)
		return status;
	status = block_parse(c, near, column_blob(st, 0));
	sqlite3_reset(st);
	return status;
}

static bool take_place(const unsigned char **p, const unsigned char *end, struct place *l)
{
	uint64_t slot, key, far, id, n, block;

	if (!varint_get(p, end, &slot) || !varint_get(p, end, &key) || !varint_get(p, end, &far)
		|| !varint_get(p, end, &id) || !varint_get(p, end, &n)
		|| !varint_get(p, end, &block) || slot > MOST_SLOTS || n > MOST_PACKED)
		return false;
	l->first.slot += (uint32_t)slot;
	l->first.key = (int32_t)(uint32_t)((uint64_t)l->first.key + unzigzag(key));
	l->first.far += unzigzag(far);
	l->first.id += unzigzag(id);
	l->n = (uint32_t)n;
	l->id = (int64_t)((uint64_t)l->id + unzigzag(block));
	return true;
}

static int take_places(struct conn *c, mn_str bytes)
{
	const unsigned char *p = (const unsigned char *)bytes.ptr, *end = p + bytes.len;
	struct place place = {.id = 0};
	int status = MN_OK;

	while (status == MN_OK && p < end)
		status = take_place(&p, end, &place)
				 ? places_add(c, &c->stored.places, &place)
				 : conn_corrupt(c, "the directory of a list is broken");
	return status;
}

int block_ask(struct conn *c, int64_t id, sqlite3_stmt **st)
{
	int status = ASK(c, st, read_block, I(id));

	if (status == MN_OK)
		status = conn_step(c, *st);
	if (status == 0)
		return conn_corrupt(c, "a part of a list is missing");
	return status < 0 ? status : MN_OK;
}

int block_places(struct conn *c)
{
	struct stored *s = &c->stored;
	sqlite3_stmt *st;
	int status;

	if (s->placed)
		return MN_OK;
	s->placed = true;
	if (!s->directory)
		return take_places(c, (mn_str){(char *)s->inner, s->ninner});
	status = block_ask(c, s->directory, &st);
	if (status == MN_OK) {
		status = take_places(c, column_blob(st, 0));
		sqlite3_reset(st);
	}
	return status;
}

int block_read(struct conn *c, int64_t id, struct links *out)
{
	sqlite3_stmt *st;
	int status = block_ask(c, id, &st);

	if (status == MN_OK) {
		status = packed_read(c, c->stored.near, column_blob(st, 0), out);
		sqlite3_reset(st);
	}
	return status;
}

int block_open(struct conn *c, int64_t id, struct packed *p, sqlite3_stmt **st)
{
	int status = block_ask(c, id, st);

	if (status != MN_OK)
		return status;
	status = packed_begin(c, c->stored.near, column_blob(*st, 0), p);
	if (status != MN_OK)
		sqlite3_reset(*st);
	return status;
}

void block_free(struct conn *c)
{
	heap_free(c->host, c->stored.links.at);
	heap_free(c->host, c->stored.slots);
	heap_free(c->host, c->stored.places.at);
	heap_free(c->host, c->stored.inner);
	heap_free(c->host, c->rows.lists);
	heap_free(c->host, c->rows.blocks);
	heap_free(c->host, c->rows.bytes);
	c->stored = (struct stored){0};
	c->rows = (struct block_rows){0};
}
