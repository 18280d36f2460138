/* SPDX-License-Identifier: MIT */
/*
 * aside.h - what a fix keeps: a copy of the brain as it was, and each row as it was.
 *
 * In STATE/doctor/HASH/, HASH of the store and the brain's name, N counting fixes:
 *
 *   N.copy   the brain: what its store calls a backup, or a snapshot
 *   N.rows   rows that were taken out or changed, JSON Lines:
 *            {"finding":NAME,"table":NAME,"row":{COLUMN:VALUE,...}}; bytes, and text that is not
 *            valid, as {"hex":"..."}, numbers that are not finite as text
 *   N.done   the generation after the fix: it was made, and can be taken back
 */
#ifndef MN_DOCTOR_ASIDE_H
#define MN_DOCTOR_ASIDE_H

#include "backend.h"
#include "base/buf.h"

typedef struct mn_aside {
	mn_call *call;
	mn_str folder, copy, rows, done; /* paths */
	unsigned n;
	int fd; /* of the rows; -1: none yet */
	mn_buf out;
	uint64_t kept;
	bool native; /* the copy is the store's own */
} mn_aside;

int mn_aside_begin(mn_aside *, mn_store *, mn_call *, mn_str brain);
/* The last one that was done; n 0: there is none. */
int mn_aside_last(mn_aside *, mn_store *, mn_call *, mn_str brain);
int mn_aside_keep(mn_aside *, const char *finding, const char *table, const mn_column *, size_t n);
int mn_aside_settle(mn_aside *); /* the rows are on the disk */
int mn_aside_done(mn_aside *, const mn_gen *after);
int mn_aside_read_done(mn_aside *, mn_gen *after);
/* Everything of it goes: nothing was mended. */
void mn_aside_drop(mn_aside *);
void mn_aside_end(mn_aside *);
/* What was kept of a brain that is deleted goes with it, as far as it can be found. */
void mn_aside_discard(mn_store *, mn_call *, mn_str brain);

#endif
