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
#include "mn.h"

enum mn_batch_kind { MN_BATCH_EDITS, MN_BATCH_CLOCK, MN_BATCH_REBUILD, MN_BATCH_SNAPSHOT };

typedef struct mn_edits {
	int what; /* mn_batch_kind */
	mn_change *forward, *backward;
	size_t n;
	mn_time clock[2]; /* before, after */
	uint64_t keep;    /* snapshots that are left afterwards */
} mn_edits;

/* As two texts, in the arena of the call; and back, which fails with MN_ECORRUPT. */
int mn_edits_write(mn_call *, const mn_edits *, mn_str *forward, mn_str *backward);
int mn_edits_read(mn_call *, mn_str forward, mn_str backward, mn_edits *out);
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
