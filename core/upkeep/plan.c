/* SPDX-License-Identifier: MIT */
#include "upkeep/plan.h"

#include <stdio.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "upkeep/loss.h"
#include "upkeep/summary.h"
#include "upkeep/verb.h"

/* ---- Plans as objects --------------------------------------------------------------------- */

int mn_plan_make(mn_brain *b, mn_call *call, mn_plan **out)
{
	mn_plan *plan = mn_alloc_zero(1, sizeof(*plan));
	int rc;

	if (!plan)
		return mn_fail_memory(call);
	plan->brain = b;
	plan->arena = mn_arena_new(SIZE_MAX);
	rc = plan->arena ? mn_journal_open(b, call, &plan->journal) : mn_fail_memory(call);
	if (rc) {
		mn_plan_free(plan);
		return rc;
	}
	*out = plan;
	return MN_OK;
}

int mn_plan_take(mn_plan *plan, mn_call *call, const mn_record *r)
{
	plan->record = *r;
	plan->record.token = mn_arena_copy(plan->arena, r->token);
	plan->record.title = mn_arena_copy(plan->arena, r->title);
	plan->record.steps = mn_arena_copy(plan->arena, r->steps);
	plan->record.about = mn_arena_copy(plan->arena, r->about);
	if (!plan->record.token.ptr || !plan->record.title.ptr || !plan->record.steps.ptr
		|| !plan->record.about.ptr)
		return mn_fail_memory(call);
	return mn_summary_read(call, plan->arena, plan->record.about, &plan->about);
}

int mn_plan_open(mn_brain *b, mn_call *call, uint64_t run, mn_plan **out)
{
	mn_record record;
	mn_plan *plan;
	int rc = mn_plan_make(b, call, &plan);

	if (rc)
		return rc;
	rc = mn_journal_find(plan->journal, call, run, &record);
	if (rc == MN_OK && !record.about.len)
		rc = mn_fail(call, MN_EINVAL, 0, "what run %llu did was let go",
			(unsigned long long)run);
	if (rc == MN_OK)
		rc = mn_plan_take(plan, call, &record);
	if (rc) {
		mn_plan_free(plan);
		return rc;
	}
	*out = plan;
	return MN_OK;
}

void mn_plan_free(mn_plan *plan)
{
	if (!plan)
		return;
	mn_journal_close(plan->journal);
	mn_arena_free(plan->arena);
	mn_free(plan);
}

const mn_plan_about *mn_plan_look(const mn_plan *plan)
{
	return &plan->about;
}

/* ---- Making one --------------------------------------------------------------------------- */

static int check_store(mn_brain *b, mn_call *call)
{
	const uint64_t needed = MN_CAP_WRITE | MN_CAP_ATOMIC | MN_CAP_GENERATION;

	if ((b->store->info.caps & MN_CAP_ATOMIC) == 0
		|| (b->store->info.caps & MN_CAP_GENERATION) == 0
		|| (!b->store->read_only && (b->store->info.caps & needed) != needed))
		return mn_fail(call, MN_EUNSUPPORTED, 0,
			"this store cannot apply a batch whole or not at all: copy the brain to "
			"one that can ('mnemoscope brain copy') and maintain it there");
	return MN_OK;
}

/* The verbs, where no title was given. */
static mn_str title_of(mn_call *call, const mn_step_list *steps, mn_str given)
{
	char line[80] = "";
	size_t n = 0;

	if (given.len)
		return given;
	for (size_t i = 0; i < steps->n && n < sizeof(line); i++)
		n += (size_t)snprintf(
			line + n, sizeof(line) - n, "%s%s", i ? ", " : "", steps->at[i].verb->name);
	return mn_call_copy(call, mn_str_of(line));
}

static int plan_steps(mn_planner *p, const mn_step_list *steps, mn_plan_step *at)
{
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < steps->n; i++) {
		p->place = i;
		p->step = &at[i];
		p->step_samples = 0;
		at[i].verb = mn_str_of(steps->at[i].verb->name);
		mn_call_reset(&p->inner);
		rc = steps->at[i].verb->plan(p, &steps->at[i]);
	}
	return rc ? rc : mn_planner_flush(p);
}

/* What it came to, into the record. */
static int conclude(mn_planner *p, const mn_step_list *steps, const mn_plan_step *at)
{
	mn_plan_about a = MN_SIZED(mn_plan_about);
	mn_record *r = p->record;
	mn_gen began = r->at;
	int rc = mn_loss_reckon(p, &a.losses, &a.nlosses, &a.asked);

	a.run = r->run;
	a.title = r->title;
	a.steps_json = r->steps;
	a.steps = at;
	a.nsteps = steps->n;
	a.samples = p->samples;
	a.nsamples = p->nsamples;
	a.changes = r->changes;
	a.batches = r->batches;
	a.clock_before = p->row.clock;
	a.clock_after = p->clock;
	for (size_t i = 0; i < steps->n; i++)
		r->freed += at[i].freed;
	if (rc == MN_OK)
		rc = mn_summary_write(p->call, &a, &r->about);
	if (rc == MN_OK)
		rc = mn_brain_generation(p->brain, p->call);
	/* What was read while somebody wrote is not of one state: applying looks closer then. */
	if (rc == MN_OK && memcmp(&p->call->at, &began, sizeof(began)) != 0)
		r->at = (mn_gen){0, 0, 0};
	r->state = p->brain->store->read_only ? MN_RUN_DRAFT : MN_RUN_PLANNED;
	return rc ? rc : mn_journal_keep(p->journal, p->call, r);
}

static int make(mn_plan *plan, mn_call *call, const mn_step_list *steps, mn_str json,
	const mn_plan_options *options)
{
	mn_record record = {.state = MN_RUN_DRAFT, .steps = json};
	mn_planner p;
	mn_plan_step *at = mn_call_array(call, steps->n, sizeof(*at));
	int rc = mn_planner_begin(&p, plan->brain, call, options);

	p.journal = plan->journal;
	p.record = &record;
	record.title = title_of(call, steps, options->title);
	record.at = call->at;
	if (rc == MN_OK && (!at || !record.title.ptr))
		rc = mn_fail_memory(call);
	if (rc == MN_OK)
		rc = mn_journal_add(plan->journal, call, &record);
	if (rc == MN_OK)
		rc = plan_steps(&p, steps, at);
	if (rc == MN_OK)
		rc = conclude(&p, steps, at);
	mn_planner_end(&p);
	return rc ? rc : mn_plan_take(plan, call, &record);
}

int mn_plan_new(
	mn_brain *b, mn_call *call, mn_str json, const mn_plan_options *options, mn_plan **out)
{
	const mn_plan_options none = MN_SIZED(mn_plan_options);
	mn_step_list steps = {.tree = NULL};
	mn_plan *plan = NULL;
	int rc = check_store(b, call);

	if (rc == MN_OK)
		rc = mn_step_list_read(call, json, mn_engine_now(mn_brain_engine(b)), &steps);
	if (rc == MN_OK)
		rc = mn_brain_settle(b, call);
	if (rc == MN_OK)
		rc = mn_plan_make(b, call, &plan);
	if (rc == MN_OK)
		rc = make(plan, call, &steps, json, options ? options : &none);
	json_decref(steps.tree);
	if (rc) {
		mn_plan_free(plan);
		return rc;
	}
	*out = plan;
	return MN_OK;
}
