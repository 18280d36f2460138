/* SPDX-License-Identifier: MIT */
/*
 * line.h - synapses, packed: rows of a chunk have the fields and the bits that tell its rows
 * apart.
 *
 * A field that is the same in a whole chunk takes nothing in its rows, and one that varies takes
 * the bits of its range, from the least on; of weights, bits that are zero in all of them are left
 * out. Whatever is put in comes out to the last bit. A row that does not fit makes its chunk wider,
 * which needs memory: line_room does that beforehand. Chunks never become narrower, so what was
 * once in one can always be put back.
 */
#ifndef MEMORY_LINE_H
#define MEMORY_LINE_H

#include <endian.h>
#include <string.h>

#include "mem.h"

#define LINE_BITS 13
#define LINE_ROWS (UINT32_C(1) << LINE_BITS) /* of a chunk */

struct brain;

enum line_flag {
	LINE_TWO_WAY = MN_SYNAPSE_TWO_WAY,
	LINE_PENDING = 1 << 15, /* bumped since the last fold; never in a row that leaves */
};

struct line { /* a synapse, unpacked */
	uint32_t from, to;
	double base;
	uint32_t created, extra;
	uint16_t type, flags;
};

struct column {
	uint32_t least, most;
	uint32_t mask; /* of the bits in a row, */
	uint8_t at;    /* and from which of its bits on */
};

struct lines {             /* a chunk; what every look at a row needs comes first */
	unsigned char *at; /* rows, and 8 bytes more, so that any field can be read as one word */
	uint64_t least;    /* of weights, as numbers of 64 bits */
	uint64_t mask;     /* of the bits that a row has of its weight, which come first */
	struct column way, from; /* way: both ends, one XOR the other */
	uint8_t stride;          /* bytes of a row */
	uint8_t shift;
	bool plain; /* no row has extras */
	struct column kind, created, extra;
	uint64_t most;
	uint32_t n, cap; /* rows that were put, and that there is room for */
};

struct line line_get(const struct brain *, uint32_t slot);
int line_room(struct brain *, uint32_t slot, const struct line *);
/* Cannot fail after line_room. */
void line_set(struct brain *, uint32_t slot, const struct line *);
void lines_free(struct brain *);

static inline uint64_t line_word(const unsigned char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return le64toh(word);
}

static inline const unsigned char *line_at(const struct lines *chunk, uint32_t slot)
{
	return chunk->at + (size_t)(slot & (LINE_ROWS - 1)) * chunk->stride;
}

static inline uint32_t line_column(const struct column *c, const unsigned char *row)
{
	return c->mask ? c->least + ((uint32_t)(line_word(row + c->at / 8) >> c->at % 8) & c->mask)
		       : c->least;
}

static inline uint32_t line_far_at(
	const struct lines *chunk, const unsigned char *row, uint32_t self)
{
	const struct column *c = &chunk->way;
	const uint32_t way = (uint32_t)(line_word(row + c->at / 8) >> c->at % 8) & c->mask;

	return self ^ (c->least + way);
}

static inline double line_base(const struct lines *chunk, const unsigned char *row)
{
	const uint64_t bits = chunk->least + ((line_word(row) & chunk->mask) << chunk->shift);
	double base;

	memcpy(&base, &bits, sizeof(base));
	return base;
}

#endif
