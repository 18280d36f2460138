/* SPDX-License-Identifier: MIT */
#include "upkeep/run.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "store/brain.h"
#include "upkeep/lease.h"
#include "upkeep/todo.h"
#include "upkeep/vault.h"

enum { TRIES = 200 };
#define LEASE_LASTS                                                                   \
	INT64_C(600000000) /* a run of another machine that is silent so long is dead \
			    */

struct run {
	mn_plan *plan;
	mn_brain *brain;
	mn_call *call;
	mn_call work; /* for one batch at a time */
	const mn_progress *progress;
	mn_lease lease;
	/* As the last own write left it, while nobody else wrote since the plan was made; else
	 * epoch 0, for good. */
	mn_gen known;
	bool aside; /* what failed has left the brain as it was when the run began */
};

/* ---- One batch ---------------------------------------------------------------------------- */

/* If nobody else wrote since the last own write, everything is as the plan has it. */
static int choose_quickly(struct run *r, const mn_edits *e, mn_todo *todo, bool *done)
{
	int rc = MN_OK;

	*done = false;
	if (r->known.epoch == 0)
		return MN_OK;
	rc = mn_brain_generation(r->brain, &r->work);
	*done = rc == MN_OK && memcmp(&r->work.at, &r->known, sizeof(r->known)) == 0;
	if (*done)
		mn_todo_all(e, &r->known, todo);
	else
		r->known.epoch = 0;
	return rc;
}

static int lost_lease(struct run *r)
{
	return mn_fail(r->call, MN_EBUSY, 0,
		"another run has taken over the maintenance of this brain: run %llu stopped, and "
		"can be resumed after it",
		(unsigned long long)r->plan->record.run);
}

/* What a refused batch means: a look at its rows where there was none, the next try without one
 * edit, or the end. */
static int refused(struct run *r, int rc, mn_todo *todo, size_t culprit)
{
	const bool looked = r->known.epoch == 0;

	r->known.epoch = 0;
	if (rc == MN_ECONFLICT && culprit < 2)
		return lost_lease(r);
	if (rc == MN_ECONFLICT && culprit >= todo->n + 2)
		return MN_OK; /* somebody else wrote: look again */
	if ((rc != MN_ECONFLICT && rc != MN_EINVAL) || culprit < 2 || culprit >= todo->n + 2)
		return rc;
	if (!looked)
		return MN_OK;
	mn_todo_leave(todo, culprit - 2);
	return MN_ESTALE; /* try what is left of it */
}

static int write_todo(struct run *r, const mn_edits *e, mn_todo *todo, uint64_t next)
{
	mn_change *changes = mn_call_array(&r->work, todo->n + 2, sizeof(*changes));
	mn_applied applied = MN_SIZED(mn_applied);
	int rc;

	if (!changes)
		return MN_ENOMEM;
	mn_lease_renew(&r->lease, next, changes);
	for (size_t i = 0; i < todo->n; i++)
		changes[i + 2] = e->forward[todo->at[i]];
	applied.culprit = SIZE_MAX;
	rc = mn_brain_apply(r->brain, &r->work, &todo->expect, changes, todo->n + 2, &applied);
	if (rc)
		return refused(r, rc, todo, applied.culprit);
	if (r->known.epoch)
		r->known = applied.after;
	r->plan->record.done += todo->n;
	r->plan->record.left_alone += todo->left;
	return 1;
}

static int apply_edits(struct run *r, const mn_edits *e, uint64_t next)
{
	mn_todo todo;
	bool chosen = false;
	int rc = mn_todo_make(&r->work, e, &todo);

	for (int i = 0; rc == MN_OK && i < TRIES; i++) {
		rc = choose_quickly(r, e, &todo, &chosen);
		if (rc == MN_OK && !chosen)
			rc = mn_todo_choose(r->brain, &r->work, e, &todo);
		while (rc == MN_OK && (rc = write_todo(r, e, &todo, next)) == MN_ESTALE)
			rc = mn_check(r->call);
		if (rc == 1)
			return MN_OK;
		if (rc == MN_OK)
			rc = mn_check(r->call);
	}
	return rc ? rc
		  : mn_fail(r->call, MN_EBUSY, 0,
			  "somebody writes to this brain without a pause: resume run %llu later",
			  (unsigned long long)r->plan->record.run);
}

static int move_clock(struct run *r, const mn_edits *e)
{
	mn_brain_row row;
	mn_record *record = &r->plan->record;
	int rc = mn_brain_describe(r->brain, &r->work, &row);

	if (rc || row.clock == e->clock[1])
		return rc;
	if (row.clock != e->clock[0]) {
		record->left_alone++;
		return MN_OK;
	}
	row.clock = e->clock[1];
	rc = mn_store_update(r->brain->store, &r->work, row.name, &row, NULL);
	record->done += rc == MN_OK;
	return rc;
}

static int keep_snapshot(struct run *r, const mn_edits *e, uint64_t n)
{
	char name[MN_VAULT_NAME];
	const int rc = mn_vault_add(r->brain, &r->work, e->keep, r->progress, name);

	r->plan->record.done += rc == MN_OK;
	r->aside = rc && n == 0 && !r->plan->record.undoes;
	return rc;
}

static int apply_batch(struct run *r, uint64_t n)
{
	mn_edits e;
	int rc;

	mn_call_reset(&r->work);
	rc = mn_batch_read(r->plan->journal, &r->work, r->plan->record.run, n, &e);
	if (rc)
		return rc;
	switch (e.what) {
	case MN_BATCH_EDITS: return apply_edits(r, &e, n + 1);
	case MN_BATCH_REBUILD:
		rc = mn_brain_rebuild(r->brain, &r->work);
		r->plan->record.done += rc == MN_OK;
		break;
	case MN_BATCH_SNAPSHOT: rc = keep_snapshot(r, &e, n); break;
	default: rc = move_clock(r, &e); break;
	}
	r->known.epoch = 0;
	return rc ? rc : apply_edits(r, &(mn_edits){.n = 0}, n + 1); /* the lease, renewed */
}

/* ---- A whole run -------------------------------------------------------------------------- */

/* Does this run take back that one, be it by taking back what took it back? */
static int takes_back(struct run *r, uint64_t run, bool *out)
{
	mn_record at = r->plan->record;
	int rc = MN_OK;

	while (rc == MN_OK && at.undoes && at.undoes != run)
		rc = mn_journal_find(r->plan->journal, r->call, at.undoes, &at);
	*out = rc == MN_OK && run && at.undoes == run;
	return rc;
}

static int somebody(struct run *r, const mn_leased *held)
{
	mn_record other;
	bool ours = false;
	int rc = mn_journal_by_token(r->plan->journal, r->call, held->token, &other);

	if (rc == MN_OK)
		rc = takes_back(r, other.run, &ours);
	if (rc || ours)
		return rc;
	if (other.run)
		return mn_fail(r->call, MN_EBUSY, 0,
			"run %llu (%.*s) was interrupted: 'mnemoscope run --resume %llu' goes on "
			"with it, 'mnemoscope undo %llu' takes it back",
			(unsigned long long)other.run, MN_FMT(other.title),
			(unsigned long long)other.run, (unsigned long long)other.run);
	if (mn_engine_now(mn_brain_engine(r->brain)) - held->beat < LEASE_LASTS)
		return mn_fail(r->call, MN_EBUSY, 0,
			"another machine is at the maintenance of this brain: try again when it is "
			"done (a run that is silent for 10 minutes counts as dead)");
	return MN_OK;
}

/* The lease is this run's afterwards. */
static int begin(struct run *r)
{
	mn_record *record = &r->plan->record;
	mn_applied at = MN_SIZED(mn_applied);
	mn_leased held;
	int rc = mn_lease_look(r->brain, r->call, &held);

	if (rc == MN_OK && held.id && !mn_str_eq(held.token, record->token))
		rc = somebody(r, &held);
	if (rc)
		return rc;
	record->state = MN_RUN_RUNNING;
	if (!record->begun)
		record->begun = mn_engine_now(mn_brain_engine(r->brain));
	rc = mn_journal_keep(r->plan->journal, r->call, record);
	if (rc == MN_OK)
		rc = mn_lease_take(&r->lease, r->brain, r->call, record->token, &held, &at);
	if (rc == MN_OK && record->at.epoch
		&& memcmp(&at.before, &record->at, sizeof(at.before)) == 0)
		r->known = at.after;
	return rc;
}

static int keep_state(struct run *r, uint64_t run, int state, uint64_t *undoes)
{
	mn_record record;
	int rc = mn_journal_find(r->plan->journal, r->call, run, &record);

	if (rc)
		return rc;
	*undoes = record.undoes;
	record.state = state;
	return mn_journal_keep(r->plan->journal, r->call, &record);
}

/* What this run takes back is not to be resumed any more; what that one had taken back stands. */
static int end_undone(struct run *r)
{
	uint64_t undone = r->plan->record.undoes;
	int rc = MN_OK;

	if (undone)
		rc = keep_state(r, undone, MN_RUN_UNDONE, &undone);
	return rc || !undone ? rc : keep_state(r, undone, MN_RUN_DONE, &undone);
}

static int finish(struct run *r)
{
	mn_record *record = &r->plan->record;
	int rc = end_undone(r);

	if (rc == MN_OK)
		rc = mn_lease_give(&r->lease, r->call);
	if (rc)
		return rc;
	record->state = MN_RUN_DONE;
	record->ended = mn_engine_now(mn_brain_engine(r->brain));
	return mn_journal_keep(r->plan->journal, r->call, record);
}

static int each_batch(struct run *r)
{
	const mn_record *record = &r->plan->record;
	int rc = MN_OK;

	for (uint64_t n = r->lease.next; rc == MN_OK && n < record->batches; n++) {
		rc = mn_check(r->call);
		if (rc == MN_OK)
			rc = apply_batch(r, n);
		if (rc == MN_OK && r->progress && r->progress->tell)
			r->progress->tell(r->progress->ctx, record->done + record->left_alone,
				record->changes, "changes");
	}
	return rc;
}

/* What was counted is kept even where the run stops. One that did nothing yet was not begun, so
 * that it stands in nobody's way. */
static void keep_counts(struct run *r)
{
	mn_error first = *r->call->err;
	mn_call own;
	int rc = mn_call_init(&own, r->call->engine, 0);

	if (rc == MN_OK && r->aside && mn_lease_give(&r->lease, &own) == MN_OK) {
		r->plan->record.state = MN_RUN_PLANNED;
		r->plan->record.begun = 0;
	}
	if (rc == MN_OK)
		mn_journal_keep(r->plan->journal, &own, &r->plan->record);
	mn_call_done(&own);
	*r->call->err = first;
}

int mn_run_go(mn_plan *plan, mn_call *call, const mn_progress *progress)
{
	struct run r = {.plan = plan, .brain = plan->brain, .call = call, .progress = progress};
	int rc = mn_journal_lock(plan->journal, call);

	if (rc)
		return rc;
	rc = mn_call_within(&r.work, call, 0);
	if (rc == MN_OK)
		rc = begin(&r);
	if (rc == MN_OK) {
		rc = each_batch(&r);
		rc = rc ? rc : finish(&r);
		if (rc)
			keep_counts(&r);
	}
	mn_call_done(&r.work);
	mn_journal_unlock(plan->journal);
	return rc;
}
