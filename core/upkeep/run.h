/* SPDX-License-Identifier: MIT */
/*
 * run.h - applying what stands in the journal, once.
 *
 * A batch is applied in one call of the store's, with the lease in front (lease.h), expecting the
 * generation at which its rows were looked at. Each edit is done only where its row is as it was
 * when the plan was made; where it is as it will be, it was done before; anything else is somebody
 * else's work, and left alone. So a batch may be tried any number of times, and a run that was
 * killed at any point begins again at the batch that the lease names.
 *
 * While nobody else writes (the generation is the one that the last own write left), rows need not
 * be looked at.
 */
#ifndef MN_UPKEEP_RUN_H
#define MN_UPKEEP_RUN_H

#include "upkeep/edit.h"
#include "upkeep/plan.h"

/* Applies all batches of the plan's record that are not done; keeps the record. */
int mn_run_go(mn_plan *, mn_call *, const mn_progress *);
void mn_run_of(const mn_record *, bool live, mn_run *out);

/* A batch as the journal has it, in whichever form; in the arena of work. */
int mn_batch_read(mn_journal *, mn_call *work, uint64_t run, uint64_t batch, mn_edits *out);
/* The rows of a batch as they are now: at[i] is the row of edit i, or NULL. Sets work->at. */
int mn_batch_look(mn_brain *, mn_call *work, const mn_edits *, const void ***at);

#endif
