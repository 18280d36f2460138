/* SPDX-License-Identifier: MIT */
/*
 * undo.c - taking a run back: a new run whose batches are the old one's, turned round.
 *
 * First every row is looked at, so that nothing is written where somebody changed some since.
 */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "store/brain.h"
#include "upkeep/run.h"
#include "upkeep/summary.h"

struct undoing {
	mn_plan *plan; /* the new run */
	mn_record old;
	mn_call *call;
	mn_call work;
	uint64_t changed; /* rows that are not as the old run left them */
	/* Some are as they were before it, or are neurons that go, at which there may be something
	 * new: the closer look when it is applied is needed. */
	bool closer;
};

static int read_batch(struct undoing *u, uint64_t n, mn_edits *turned)
{
	mn_edits e;
	int rc;

	mn_call_reset(&u->work);
	rc = mn_batch_read(u->plan->journal, &u->work, u->old.run, n, &e);
	return rc ? rc : mn_edits_turn(&u->work, &e, turned);
}

/* Counts rows that are neither as the run left them nor as they were before it. */
static int count_changed(struct undoing *u, const mn_edits *e)
{
	const void **rows = NULL;
	int rc;

	if (e->what == MN_BATCH_CLOCK) {
		mn_brain_row row;

		rc = mn_brain_describe(u->plan->brain, &u->work, &row);
		u->changed += rc == MN_OK && row.clock != e->clock[0] && row.clock != e->clock[1];
		u->closer |= rc == MN_OK && row.clock == e->clock[1];
		return rc;
	}
	rc = e->n ? mn_batch_look(u->plan->brain, &u->work, e, &rows) : MN_OK;
	for (size_t i = 0; rc == MN_OK && i < e->n; i++) {
		const int standing = mn_edit_standing(e, i, rows[i]);

		u->changed += standing == MN_STANDS_ELSE;
		u->closer |= standing == MN_STANDS_AFTER
			     || (e->forward[i].kind == MN_NEURON && e->forward[i].op == MN_DROP);
	}
	return rc;
}

/* The new run's batches: the old one's, last first. A rebuild and a snapshot are nothing to take
 * back. */
static int turn(struct undoing *u, mn_record *r)
{
	int rc = MN_OK;

	for (uint64_t n = u->old.batches; rc == MN_OK && n > 0; n--) {
		mn_str bytes;
		mn_edits e;

		rc = read_batch(u, n - 1, &e);
		if (rc || e.what == MN_BATCH_REBUILD || e.what == MN_BATCH_SNAPSHOT)
			continue;
		rc = count_changed(u, &e);
		if (rc == MN_OK)
			rc = mn_edits_write(&u->work, &e, &bytes);
		if (rc == MN_OK)
			rc = mn_journal_put(
				u->plan->journal, &u->work, r->run, r->batches++, bytes);
		r->changes += e.what == MN_BATCH_EDITS ? e.n : 1;
	}
	return rc;
}

/* Where every row is as the old run left it, and stays so until this one begins, they need not be
 * looked at again: see run.h. */
static int keep_generation(struct undoing *u, mn_record *r)
{
	const int rc = mn_brain_generation(u->plan->brain, u->call);

	if (rc || u->changed || u->closer || memcmp(&u->call->at, &r->at, sizeof(r->at)) != 0)
		r->at = (mn_gen){0, 0, 0};
	return rc;
}

static int says(mn_call *call, const mn_record *old, mn_record *r)
{
	mn_plan_step step = {.verb = MN_STR("undo")};
	mn_plan_about was, a = MN_SIZED(mn_plan_about);
	int rc = mn_summary_read(call, call->arena, old->about, &was);

	if (rc)
		return rc;
	step.says = mn_arena_printf(call->arena, "run %" PRIu64 " (%.*s) is taken back", old->run,
		(int)old->title.len, old->title.ptr);
	if (!step.says.ptr)
		return mn_fail_memory(call);
	for (size_t i = 0; i < was.nsteps; i++) {
		step.neurons += was.steps[i].neurons;
		step.synapses += was.steps[i].synapses;
		step.fibers += was.steps[i].fibers;
	}
	a.run = r->run;
	a.title = r->title;
	a.steps_json = MN_STR("[]");
	a.steps = &step;
	a.nsteps = 1;
	a.changes = r->changes;
	a.batches = r->batches;
	a.clock_before = was.clock_after;
	a.clock_after = was.clock_before;
	return mn_summary_write(call, &a, &r->about);
}

static int make(struct undoing *u, bool rest)
{
	mn_record r = {.state = MN_RUN_DRAFT, .undoes = u->old.run, .steps = MN_STR("[]")};
	int rc;

	r.title = mn_arena_printf(u->call->arena, "undo %" PRIu64, u->old.run);
	r.freed = -u->old.freed;
	rc = mn_brain_generation(u->plan->brain, u->call);
	r.at = u->call->at;
	if (rc)
		return rc;
	rc = r.title.ptr ? mn_journal_add(u->plan->journal, u->call, &r) : mn_fail_memory(u->call);
	if (rc == MN_OK)
		rc = turn(u, &r);
	if (rc == MN_OK)
		rc = keep_generation(u, &r);
	if (rc == MN_OK && u->changed && !rest)
		rc = mn_fail(u->call, MN_ECONFLICT, 0,
			"%" PRIu64 " rows of run %" PRIu64 " were changed since: 'undo %" PRIu64
			" --rest' leaves those and takes the others back",
			u->changed, u->old.run, u->old.run);
	if (rc == MN_OK)
		rc = says(u->call, &u->old, &r);
	r.state = MN_RUN_PLANNED;
	if (rc == MN_OK)
		rc = mn_journal_keep(u->plan->journal, u->call, &r);
	return rc ? rc : mn_plan_take(u->plan, u->call, &r);
}

/* The run to take back: done, or interrupted. */
static int find(struct undoing *u, uint64_t run)
{
	int rc = run ? mn_journal_find(u->plan->journal, u->call, run, &u->old)
		     : mn_journal_last(u->plan->journal, u->call, MN_RUN_DONE, &u->old);

	if (rc == MN_OK && !u->old.run)
		rc = mn_fail(u->call, MN_EINVAL, 0, "no run of this brain was done here");
	if (rc == MN_OK && u->old.state != MN_RUN_DONE && u->old.state != MN_RUN_RUNNING)
		rc = mn_fail(u->call, MN_EINVAL, 0, "run %" PRIu64 " %s", u->old.run,
			u->old.state == MN_RUN_UNDONE ? "was taken back already" : "was not begun");
	if (rc == MN_OK && u->old.changes && !u->old.batches)
		rc = mn_fail(u->call, MN_EINVAL, 0,
			"what run %" PRIu64
			" had kept to be taken back was let go (after %d days, or "
			"by 'undo --forget')",
			u->old.run, MN_RUN_KEPT_DAYS);
	return rc;
}

int mn_run_undo(mn_brain *b, mn_call *call, uint64_t run, bool rest, const mn_progress *progress,
	mn_run *out)
{
	struct undoing u = {.call = call};
	int rc = mn_plan_make(b, call, &u.plan);

	if (rc)
		return rc;
	rc = mn_call_within(&u.work, call, 0);
	if (rc == MN_OK)
		rc = mn_brain_settle(b, call);
	if (rc == MN_OK)
		rc = mn_journal_lock(u.plan->journal, call);
	if (rc == MN_OK)
		rc = find(&u, run);
	if (rc == MN_OK)
		rc = make(&u, rest);
	if (rc == MN_OK)
		rc = mn_run_go(u.plan, call, progress);
	if (rc == MN_OK && out) {
		mn_run_of(&u.plan->record, false, out);
		out->title = mn_call_copy(call, u.plan->record.title);
	}
	mn_call_done(&u.work);
	mn_plan_free(u.plan);
	return rc;
}
