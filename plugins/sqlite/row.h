/* SPDX-License-Identifier: MIT */
/*
 * row.h - rows of synapses, fibers and anchors as a few bytes each, written as what differs from
 * the row before.
 *
 * An encoder's synapses come in runs: ids that go up by one, of one neuron, made at one moment,
 * with one of a few weights. So a row is a byte of flags that say which fields follow, and these as
 * varints (varint.h); what does not follow is as in the row before, or nothing.
 *
 *	synapse	01 source	difference to the source before
 *		02 near		the target, which always follows, is a difference to the source
 *		04 kind		type, flags
 *		08 base		its code in the dictionary; 0: the number's eight bytes follow
 *		10 created	difference of times
 *		20 used		last, as difference of times to created; uses. Else both are 0.
 *		40 gap		how many ids are left out. Else the id is the next one.
 *		80 text		table `synapse_text` has a row of that id
 *	fiber	01 anchor	difference to the anchor before; else the next id
 *		02 kind		stage, flags, uses
 *		04 grades	salience, coherence, each as a base
 *		08 created	difference of times
 *		10 first	difference of times
 *		20 last		difference of times to first; else it is first
 *		40 gap, 80 text	likewise; table `fiber_text`
 *	anchor	01 fiber	difference to the fiber before; else the next id
 *		02 more		table `anchored` has more fibers of that anchor
 *		40 gap		likewise
 *
 * A difference of times is folded and doubled if it is in microseconds; if it is in whole seconds,
 * one is added. 1 itself says that the time follows as it is.
 *
 * Nothing here knows of SQLite: these functions turn rows into bytes and back, and take any bytes.
 */
#ifndef MN_SQLITE_ROW_H
#define MN_SQLITE_ROW_H

#include "mn.h"

/* A number of the dictionary: code 0: the number itself. */
struct grade {
	double number;
	uint16_t code;
};

/* Every row begins with its id. */
struct synapse_row {
	mn_id id, from, to;
	mn_time created, last;
	struct grade base;
	uint32_t uses;
	uint16_t type, flags; /* type: as stored */
	bool text;
};

struct fiber_row {
	mn_id id, anchor;
	mn_time created, first, last;
	struct grade salience, coherence;
	uint32_t uses;
	uint16_t stage, flags;
	bool text;
};

/* The first fiber of an anchor, whose id the row has. */
struct anchor_row {
	mn_id id, fiber;
	bool more;
};

/* Room for any of them. */
union any_row {
	mn_id id;
	struct synapse_row synapse;
	struct fiber_row fiber;
	struct anchor_row anchor;
};

#define ROW_MOST 96 /* bytes that one takes */

enum row_kind { ROW_SYNAPSE, ROW_FIBER, ROW_ANCHOR, ROW_KINDS };

/* Bytes of a row in memory. */
size_t row_size(enum row_kind);
static inline mn_id row_id_of(const void *row)
{
	return *(const mn_id *)row;
}

/* Writes n rows whose ids go up, as far as they fit into `room`; *written: how many. Returns the
 * bytes. */
size_t row_write(enum row_kind, const void *rows, size_t n, unsigned char *out, size_t room,
	size_t *written);
/* Writes one behind `before` (NULL: as the first), in ROW_MOST bytes at most. Returns the bytes. */
size_t row_append(enum row_kind, const void *before, const void *row, unsigned char *out);
/*
 * Reads rows of a string that begins with id `first`, `most` at most. Returns how many are right:
 * up to where something is not what row_write writes, or an id is none. *whole: all are.
 */
size_t row_read(enum row_kind, mn_id first, mn_str bytes, void *rows, size_t most, bool *whole);
/* Likewise until the row of that id, which alone is kept. Is there one? *whole: nothing up to where
 * it is, or would be, is wrong. */
bool row_find(enum row_kind, mn_id first, mn_str bytes, mn_id id, void *row, bool *whole);

/*
 * A string of synapses without some of them. ids: ascending; those that are no row of it do not
 * matter. out: room for the bytes and ROW_MOST more for each id. False: it is not right.
 */
struct sifted {
	size_t len, left; /* of what is left: bytes, rows */
	mn_id first;      /* its first row's */
	mn_id last;       /* the last of the rows that there were */
	size_t gone;
};
bool row_sift(mn_id first, mn_str bytes, const mn_id *ids, size_t n, unsigned char *out,
	struct synapse_row *gone, struct sifted *);

#endif
