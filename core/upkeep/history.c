/* SPDX-License-Identifier: MIT */
/* history.c - runs of a brain: applying, resuming, taking back, listing. */
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "store/brain.h"
#include "upkeep/run.h"
#include "upkeep/summary.h"

void mn_run_of(const mn_record *r, bool live, mn_run *out)
{
	*out = (mn_run){.run = r->run,
		.title = r->title,
		.state = r->state,
		.live = live && r->state == MN_RUN_RUNNING,
		.undoes = r->undoes,
		.changes = r->changes,
		.done = r->done,
		.left_alone = r->left_alone,
		.freed = r->freed,
		.made = r->made,
		.begun = r->begun,
		.ended = r->ended};
}

/* What a run says of itself, for as long as the call. */
static int tell(mn_call *call, const mn_record *r, mn_run *out)
{
	if (!out)
		return MN_OK;
	mn_run_of(r, false, out);
	out->title = mn_call_copy(call, r->title);
	return out->title.ptr ? MN_OK : MN_ENOMEM;
}

/* ---- Applying ----------------------------------------------------------------------------- */

static int not_now(mn_call *call, const mn_record *r)
{
	static const char *const states[] = {"", "is running or was interrupted: resume it",
		"is done already", "was taken back already"};

	if (r->state == MN_RUN_DRAFT)
		return mn_fail(call, MN_EREADONLY, 0,
			"the store is open read-only: open it to write, and make the plan anew");
	return mn_fail(
		call, MN_EINVAL, 0, "run %llu %s", (unsigned long long)r->run, states[r->state]);
}

int mn_plan_apply(mn_plan *plan, mn_call *call, const mn_progress *progress, mn_run *out)
{
	int rc = plan->record.state == MN_RUN_PLANNED ? mn_run_go(plan, call, progress)
						      : not_now(call, &plan->record);

	return rc ? rc : tell(call, &plan->record, out);
}

int mn_run_list(mn_brain *b, mn_call *call, const mn_run **out, size_t *n)
{
	mn_journal *journal;
	mn_record *records = NULL;
	mn_run *runs = NULL;
	int rc = mn_journal_open(b, call, &journal);

	if (rc)
		return rc;
	rc = mn_journal_list(journal, call, &records, n);
	if (rc == MN_OK)
		runs = mn_call_array(call, *n + 1, sizeof(*runs));
	if (rc == MN_OK && !runs)
		rc = MN_ENOMEM;
	for (size_t i = 0; rc == MN_OK && i < *n; i++)
		mn_run_of(&records[i], mn_journal_live(journal), &runs[i]);
	mn_journal_close(journal);
	*out = runs;
	return rc;
}

int mn_run_forget(mn_brain *b, mn_call *call, mn_time before)
{
	mn_journal *journal;
	int rc = mn_journal_open(b, call, &journal);

	if (rc)
		return rc;
	rc = mn_journal_forget(journal, call, before);
	mn_journal_close(journal);
	return rc;
}

int mn_run_resume(
	mn_brain *b, mn_call *call, uint64_t run, const mn_progress *progress, mn_run *out)
{
	mn_record record;
	mn_plan *plan;
	int rc = mn_plan_make(b, call, &plan);

	if (rc)
		return rc;
	rc = run ? mn_journal_find(plan->journal, call, run, &record)
		 : mn_journal_last(plan->journal, call, MN_RUN_RUNNING, &record);
	if (rc == MN_OK && !record.run)
		rc = mn_fail(call, MN_EINVAL, 0, "no run of this brain was interrupted");
	else if (rc == MN_OK && record.state != MN_RUN_RUNNING)
		rc = record.state == MN_RUN_PLANNED ? mn_fail(call, MN_EINVAL, 0,
			     "run %llu was not begun: apply it", (unsigned long long)record.run)
						    : not_now(call, &record);
	if (rc == MN_OK)
		rc = mn_plan_take(plan, call, &record);
	if (rc == MN_OK)
		rc = mn_run_go(plan, call, progress);
	if (rc == MN_OK)
		rc = tell(call, &plan->record, out);
	mn_plan_free(plan);
	return rc;
}
