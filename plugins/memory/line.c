/* SPDX-License-Identifier: MIT */
#include "line.h"

#include "brain.h"

#define EXPONENT (UINT64_C(1) << 52) /* of a double: where its exponent begins */

static uint64_t bits_of(double base)
{
	uint64_t bits;

	memcpy(&bits, &base, sizeof(bits));
	return bits;
}

/* Of the bits that numbers up to this one have. */
static uint64_t mask_of(uint64_t most)
{
	return most ? UINT64_MAX >> __builtin_clzll(most) : 0;
}

static void put_word(unsigned char *at, uint64_t word)
{
	word = htole64(word);
	memcpy(at, &word, sizeof(word));
}

/* ---- Rows ---------------------------------------------------------------------------------- */

static uint32_t kind_of(const struct line *l)
{
	return (uint32_t)l->type << 16 | l->flags;
}

static struct line unpack(const struct brain *b, const struct lines *chunk, uint32_t row)
{
	const unsigned char *at = line_at(chunk, row);
	struct line l = {.base = line_base(chunk, at),
		.created = line_column(&chunk->created, at),
		.from = line_column(&chunk->from, at),
		.extra = line_column(&chunk->extra, at)};
	const uint32_t kind = (uint32_t)times_get(&b->kinds, line_column(&chunk->kind, at));

	l.to = line_far_at(chunk, at, l.from);
	l.type = (uint16_t)(kind >> 16);
	l.flags = (uint16_t)kind;
	return l;
}

/* What fits may be more than what was there so far. */
static void put_column(struct column *c, unsigned char *row, uint32_t value)
{
	unsigned char *at = row + c->at / 8;
	const unsigned shift = c->at % 8;

	c->most = value > c->most ? value : c->most;
	put_word(at, (line_word(at) & ~((uint64_t)c->mask << shift))
			     | (uint64_t)(value - c->least) << shift);
}

static void pack(struct lines *chunk, uint32_t row, const struct line *l, uint32_t kind)
{
	unsigned char *at = chunk->at + (size_t)(row & (LINE_ROWS - 1)) * chunk->stride;
	const uint64_t bits = bits_of(l->base);

	chunk->most = bits > chunk->most ? bits : chunk->most;
	put_word(at, (line_word(at) & ~chunk->mask) | (bits - chunk->least) >> chunk->shift);
	put_column(&chunk->way, at, l->from ^ l->to);
	put_column(&chunk->from, at, l->from);
	put_column(&chunk->kind, at, kind);
	put_column(&chunk->created, at, l->created);
	put_column(&chunk->extra, at, l->extra);
}

struct line line_get(const struct brain *b, uint32_t slot)
{
	return unpack(b, &b->lines[slot >> LINE_BITS], slot);
}

/* ---- Layouts ------------------------------------------------------------------------------- */

static bool column_fits(const struct column *c, uint32_t value)
{
	return value >= c->least && value - c->least <= c->mask;
}

static bool base_fits(const struct lines *chunk, uint64_t bits)
{
	const uint64_t over = bits - chunk->least;

	return bits >= chunk->least && over >> chunk->shift << chunk->shift == over
	       && over >> chunk->shift <= chunk->mask;
}

static bool fits(const struct lines *chunk, const struct line *l, uint32_t kind)
{
	return chunk->n && base_fits(chunk, bits_of(l->base)) && column_fits(&chunk->from, l->from)
	       && column_fits(&chunk->way, l->from ^ l->to) && column_fits(&chunk->kind, kind)
	       && column_fits(&chunk->created, l->created) && column_fits(&chunk->extra, l->extra);
}

static void widen_column(struct column *c, bool first, uint32_t value)
{
	if (!first && column_fits(c, value))
		return;
	c->least = first || value < c->least ? value : c->least;
	c->most = first || value > c->most ? value : c->most;
	c->mask = (uint32_t)mask_of(c->most - c->least);
}

static uint8_t zeros(uint64_t x, uint8_t most)
{
	const uint8_t n = x ? (uint8_t)__builtin_ctzll(x) : 63;

	return n < most ? n : most;
}

/* The first weight may be that of all; after the second there is some room below. */
static void widen_base(struct lines *to, bool first, uint64_t bits)
{
	const uint64_t had = to->least;
	uint64_t low;

	if (first) {
		to->least = to->most = bits;
		to->shift = 63;
		to->mask = 0;
		return;
	}
	if (base_fits(to, bits))
		return;
	to->most = bits > to->most ? bits : to->most;
	low = (bits < had ? bits : had) & ~(EXPONENT - 1);
	if (bits < had || to->mask == 0)
		to->least = low > 2 * EXPONENT ? low - 2 * EXPONENT : 0;
	to->shift = zeros(had - to->least, zeros(bits - to->least, to->shift));
	to->mask = mask_of((to->most - to->least) >> to->shift);
}

static void set_offsets(struct lines *to)
{
	struct column *const columns[] = {&to->way, &to->from, &to->kind, &to->created, &to->extra};
	unsigned bits = (unsigned)__builtin_popcountll(to->mask);

	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		columns[i]->at = (uint8_t)bits;
		bits += (unsigned)__builtin_popcount(columns[i]->mask);
	}
	to->stride = (uint8_t)((bits + 7) / 8);
	to->plain = !to->extra.mask && !to->extra.least;
}

static struct lines widened(const struct lines *chunk, const struct line *l, uint32_t kind)
{
	struct lines to = *chunk;
	const bool first = chunk->n == 0;

	widen_base(&to, first, bits_of(l->base));
	widen_column(&to.way, first, l->from ^ l->to);
	widen_column(&to.from, first, l->from);
	widen_column(&to.kind, first, kind);
	widen_column(&to.created, first, l->created);
	widen_column(&to.extra, first, l->extra);
	set_offsets(&to);
	return to;
}

/* ---- Chunks -------------------------------------------------------------------------------- */

static size_t chunk_size(const struct lines *chunk)
{
	return chunk->at ? (size_t)chunk->cap * chunk->stride + 8 : 0;
}

/* Every row anew, in the layout of `to`, with room for cap rows. */
static int repack(struct brain *b, struct lines *chunk, struct lines to, uint32_t cap)
{
	to.cap = cap;
	to.at = chunk->at; /* so that it has a size */
	to.at = mem_resize(&b->paths, NULL, 0, (size_t)cap * to.stride + 8);
	if (!to.at)
		return MN_ENOMEM;
	memset(to.at, 0, chunk_size(&to));
	for (uint32_t i = 0; i < chunk->n; i++) {
		const struct line l = unpack(b, chunk, i);

		pack(&to, i, &l, line_column(&chunk->kind, line_at(chunk, i)));
	}
	mem_resize(&b->paths, chunk->at, chunk_size(chunk), 0);
	*chunk = to;
	return MN_OK;
}

static uint32_t cap_for(const struct lines *chunk, uint32_t row)
{
	uint32_t cap = chunk->cap ? chunk->cap : 64;

	while (cap <= row)
		cap *= 2;
	return cap < LINE_ROWS ? cap : LINE_ROWS;
}

static struct lines *chunk_of(struct brain *b, uint32_t slot)
{
	const uint32_t i = slot >> LINE_BITS, had = b->lines_cap;

	if (mem_grow(&b->paths, &b->lines, &b->lines_cap, (uint64_t)i + 1, sizeof(*b->lines))
		!= MN_OK)
		return NULL;
	if (b->lines_cap > had)
		memset(b->lines + had, 0, (b->lines_cap - had) * sizeof(*b->lines));
	return &b->lines[i];
}

/* Rows that were never put are zeroes: they have the least of everything, which always fits. */
int line_room(struct brain *b, uint32_t slot, const struct line *l)
{
	const uint32_t row = slot & (LINE_ROWS - 1);
	struct lines *chunk = chunk_of(b, slot);
	uint32_t kind;

	if (!chunk || times_add(&b->kinds, &b->paths, kind_of(l), &kind) != MN_OK)
		return MN_ENOMEM;
	if (!fits(chunk, l, kind) || row >= chunk->cap) {
		struct lines to = widened(chunk, l, kind);

		if (repack(b, chunk, to, cap_for(chunk, row)) != MN_OK)
			return MN_ENOMEM;
	}
	chunk->n = row >= chunk->n ? row + 1 : chunk->n;
	return MN_OK;
}

void line_set(struct brain *b, uint32_t slot, const struct line *l)
{
	struct lines *chunk = &b->lines[slot >> LINE_BITS];
	uint32_t kind;

	/* It is there: line_room saw to that. */
	times_add(&b->kinds, &b->paths, kind_of(l), &kind);
	pack(chunk, slot, l, kind);
}

void lines_free(struct brain *b)
{
	for (uint32_t i = 0; i < b->lines_cap; i++)
		mem_resize(&b->paths, b->lines[i].at, chunk_size(&b->lines[i]), 0);
	mem_resize(&b->paths, b->lines, b->lines_cap * sizeof(*b->lines), 0);
	times_free(&b->kinds, &b->paths);
}
