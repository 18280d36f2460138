/* SPDX-License-Identifier: MIT */
/*
 * edit.h - what a plan is made of: changes of rows that know what was there before.
 *
 * An edit is a pair of changes of one row: forward, and backward, which undoes it. So each pair
 * holds the row as it must be before and as it will be after, and looking at the row tells whether
 * the edit is still to be done, is done, or is out of date. Forward goes from the first edit to
 * the last, backward the other way. A batch holds either edits, or one move of the decay clock,
 * or a rebuild of what a store can work out again, or a snapshot, which leaves the brain alone.
 */
#ifndef MN_UPKEEP_EDIT_H
#define MN_UPKEEP_EDIT_H

#include "base/arena.h"
#include "base/buf.h"
#include "mn.h"

enum mn_batch_kind { MN_BATCH_EDITS, MN_BATCH_CLOCK, MN_BATCH_REBUILD, MN_BATCH_SNAPSHOT };

typedef struct mn_edits {
	int what; /* mn_batch_kind */
	mn_change *forward, *backward;
	size_t n;
	mn_time clock[2]; /* before, after */
	uint64_t keep;    /* snapshots that are left afterwards */
} mn_edits;

/* What an edit does, forward; backward is the other of drop and add, and itself. */
enum mn_edit_how { MN_EDIT_DROP, MN_EDIT_ADD, MN_EDIT_PUT, MN_EDIT_TUNE, MN_EDIT_HOWS };

/*
 * A batch as bytes, written an edit at a time: a byte with the form's version, one with the kind of
 * the batch, then
 *
 *   clock      before, after
 *   snapshot   keep
 *   edits      how many; for each a byte, kind * 4 + how, and its rows: before for a drop, after
 *              for an add, before and after for a put and a tune
 *   row        its id; which members have a value, a bit for each in the order of edit_form.h; the
 *              values. A row counts from one before it: the last of its kind, of which texts and
 *              lists are not kept; after counts from before with all it has; the first counts from
 *              zeros. Members are left out that are as they were there. Of a tune only those are
 *              written that it sets, counted from zeros.
 *
 * Numbers are varints (base/varint.h), differences and signed ones folded; reals are the eight
 * bytes of a double, the lowest first; texts have their length in front; the name of a type stands
 * where it is met first, afterwards its number; lists of ids have differences.
 */
enum { MN_EDITS_VERSION = 1, MN_EDITS_MOST = 1 << 20, MN_EDIT_TYPES = 4096 };
typedef struct mn_edit_writer {
	mn_buf buf;
	unsigned char part[256]; /* of it, that is to follow */
	size_t npart, n;
	union mn_edit_row {
		mn_id id;
		mn_neuron neuron;
		mn_state state;
		mn_synapse synapse;
		mn_fiber fiber;
	} last[MN_KINDS];
	struct { /* names that were met: from code to number, and how many there are */
		uint16_t of[MN_EDIT_TYPES + 1], n;
	} types[2];
} mn_edit_writer;

/* Zeros are an empty one. before, after: the row, or NULL for an add and a drop. */
void mn_edit_add(mn_edit_writer *, int how, int kind, const void *before, const void *after);
/* The batch, in the call's arena; the writer is empty afterwards. MN_ENOMEM. */
int mn_edit_end(mn_edit_writer *, mn_call *, mn_str *out);
void mn_edit_free(mn_edit_writer *);

/* A batch of any kind as bytes, in the arena of the call. */
int mn_edits_write(mn_call *, const mn_edits *, mn_str *out);
/* And back; texts stay where they are in `bytes`. MN_ECORRUPT, and what is wrong with it. */
int mn_edits_read(mn_call *, mn_str bytes, mn_edits *out);
/* One of two texts, forward and backward, as they were kept before. MN_ECORRUPT. */
int mn_edits_read_json(mn_call *, mn_str forward, mn_str backward, mn_edits *out);
/* The batch that takes this one back: first edit last. */
int mn_edits_turn(mn_call *, const mn_edits *, mn_edits *out);

/* A row with all it points to, copied into an arena; NULL: no memory. */
const void *mn_row_copy(mn_arena *, int kind, const void *row);
/* About how many bytes a row is. */
size_t mn_row_weight(int kind, const void *row);

enum mn_standing { MN_STANDS_BEFORE, MN_STANDS_AFTER, MN_STANDS_ELSE };
/* How a row as it is now (NULL: not there) stands to edit i. */
int mn_edit_standing(const mn_edits *, size_t i, const void *now);

#endif
