/* SPDX-License-Identifier: MIT */
/*
 * journal.h - the history of a brain's upkeep: plans, what they change, what was there before.
 *
 * One SQLite file for each brain, 0600, in a folder of this user's, named after the brain's epoch
 * and uid, so it follows a brain that is renamed and is not mistaken for that of another one. A
 * run is a row; its changes are batches of bytes (edit.h), compressed, that tell both what applying
 * does and what takes it back. In journals of version 1 a batch is two compressed texts, *forward*
 * and *backward*, messages of wire/wire.h; they are read where they are. What is written here is on
 * the disk before the store sees it (WAL, FULL).
 *
 * Who applies holds the journal's lock (flock on a file beside it): the one that dies lets go.
 */
#ifndef MN_UPKEEP_JOURNAL_H
#define MN_UPKEEP_JOURNAL_H

#include "mn.h"

typedef struct mn_journal mn_journal;

enum { MN_RUN_DRAFT = -1 }; /* beside mn_run_state: its plan is still being made */

typedef struct mn_record { /* a run, as kept; texts live in the call's arena */
	uint64_t run, undoes;
	int state;
	mn_str token; /* 32 hexadecimal digits: what the lease names */
	mn_str title, steps, about;
	uint64_t changes, batches, done, left_alone;
	int64_t freed;
	mn_time made, begun, ended;
	mn_gen at; /* of the brain when the plan was made */
} mn_record;

/* Opens or makes the journal of a brain. MN_EIO: the folder or file cannot be had, and why. */
int mn_journal_open(mn_brain *, mn_call *, mn_journal **out);
void mn_journal_close(mn_journal *); /* lets go of the lock too */

/* MN_EBUSY: another process, or another journal of this one, has it. */
int mn_journal_lock(mn_journal *, mn_call *);
void mn_journal_unlock(mn_journal *);
bool mn_journal_live(mn_journal *); /* does somebody else have it? */

/* A new run, with a token of its own; drafts and unused plans of yesterday are swept out, and what
 * runs of MN_RUN_KEPT_DAYS ago had kept. */
int mn_journal_add(mn_journal *, mn_call *, mn_record *);
/* Keeps what moves: state, about, steps, counts, times. Durable when it returns. */
int mn_journal_keep(mn_journal *, mn_call *, const mn_record *);
int mn_journal_find(mn_journal *, mn_call *, uint64_t run, mn_record *out); /* MN_EINVAL: none */
/* The newest run in a state, of those that are done one that takes none back; run 0: there is none.
 */
int mn_journal_last(mn_journal *, mn_call *, int state, mn_record *out);
int mn_journal_by_token(mn_journal *, mn_call *, mn_str token, mn_record *out); /* likewise */
/* All that are no drafts, newest first, without steps and about. */
int mn_journal_list(mn_journal *, mn_call *, mn_record **out, size_t *n);

/* The batches of runs that ended before then are let go, and the file shrinks. */
int mn_journal_forget(mn_journal *, mn_call *, mn_time before);

/* Batches, from 0. They are durable with the next keep, or at once where they are large. */
int mn_journal_put(mn_journal *, mn_call *, uint64_t run, uint64_t batch, mn_str bytes);
/* backward is empty where the batch is bytes. */
int mn_journal_get(
	mn_journal *, mn_call *, uint64_t run, uint64_t batch, mn_str *forward, mn_str *backward);

#endif
