/* SPDX-License-Identifier: MIT */
/* upkeep_runs.c - the history of runs: applying a plan, going on with a run, taking one back. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "printer.h"
#include "tui/upkeep.h"

/* ---- The list ------------------------------------------------------------------------------ */

/* That there is none is shown in its place, and not said anew every few seconds. */
static void list_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	mn_upkeep_runs *r = context;
	int rc = mn_run_list(seat->brain, call, &r->at, &r->n);

	(void)job;
	if (rc == MN_OK || rc == MN_ECANCELLED || call->err->retry)
		return;
	r->n = 0;
	snprintf(r->why, sizeof(r->why), "%s", call->err->text);
	*call->err = MN_SIZED(mn_error);
}

static void list_done(mn_screen *s, mn_task *task, int status)
{
	mn_upkeep *u = s->state;
	const mn_upkeep_runs *r = mn_task_context(task);

	if (status == MN_OK)
		mn_list_resize(&u->run_list, r->n);
}

static const mn_work list_work = {
	.title = "list runs",
	.size = sizeof(mn_upkeep_runs),
	.run = list_run,
	.done = list_done,
	.quiet = true,
	.background = true,
};

void mn_upkeep_list_runs(mn_screen *s)
{
	mn_upkeep *u = s->state;

	if (s->tui->seat)
		mn_task_start(mn_task_new(s->tui, s, &u->runs, &list_work));
}

const mn_run *mn_upkeep_run_at(const mn_upkeep *u)
{
	const mn_upkeep_runs *r = mn_slot_shown(&u->runs);

	return r && u->run_list.at < r->n ? &r->at[u->run_list.at] : NULL;
}

const mn_run *mn_upkeep_run_of(const mn_upkeep *u, uint64_t run)
{
	const mn_upkeep_runs *r = mn_slot_shown(&u->runs);

	for (size_t i = 0; r && i < r->n; i++)
		if (r->at[i].run == run)
			return &r->at[i];
	return NULL;
}

const char *mn_upkeep_state(const mn_run *r)
{
	static const char *const states[] = {"planned", "running", "done", "taken back"};

	if (r->state == MN_RUN_RUNNING && !r->live)
		return "interrupted";
	return r->state < 0 || r->state > MN_RUN_UNDONE ? "draft" : states[r->state];
}

/* ---- What it holds afterwards -------------------------------------------------------------- */

static void look_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	(void)job;
	mn_brain_describe(seat->brain, call, context);
}

static void look_done(mn_screen *s, mn_task *task, int status)
{
	if (status == MN_OK && s->tui->seat == mn_task_seat(task))
		mn_tui_changed(s->tui, mn_task_context(task));
}

static const mn_work look_work = {
	.title = "describe",
	.size = sizeof(mn_brain_row),
	.run = look_run,
	.done = look_done,
	.quiet = true,
	.background = true,
};

/* ---- The work ------------------------------------------------------------------------------ */

struct working {
	int what;
	uint64_t run;
	bool rest;
	mn_run out;
};

static void tell(void *ctx, uint64_t done, uint64_t total, const char *unit)
{
	mn_job_tell(ctx, done, total, unit);
}

static void work_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct working *w = context;
	const mn_progress progress = {job, tell};
	mn_plan *plan = NULL;

	if (w->what == MN_UPKEEP_RESUME) {
		mn_run_resume(seat->brain, call, w->run, &progress, &w->out);
	} else if (w->what == MN_UPKEEP_UNDO) {
		mn_run_undo(seat->brain, call, w->run, w->rest, &progress, &w->out);
	} else if (mn_plan_open(seat->brain, call, w->run, &plan) == MN_OK) {
		mn_plan_apply(plan, call, &progress, &w->out);
		mn_plan_free(plan);
	}
}

static void take_rest(mn_tui *t, mn_str run)
{
	mn_screen *s = mn_tui_screen(t);

	if (s->ops == &mn_screen_upkeep)
		mn_upkeep_take_back(s, strtoull(run.ptr, NULL, 10), true);
}

/* Rows were changed since: how many, and whether the others shall go back all the same. */
static void offer_rest(mn_screen *s, const struct working *w, const char *why)
{
	const char *end = strchr(why, ':');
	char question[512], run[32];

	snprintf(question, sizeof(question),
		"%.*s. Leave those as they are (--rest), and take the "
		"others back?",
		end ? (int)(end - why) : (int)strlen(why), why);
	snprintf(run, sizeof(run), "%" PRIu64, w->run);
	mn_confirm_open(s->tui, question, NULL, mn_str_of(run), take_rest);
}

static void say_done(mn_screen *s, const mn_run *r)
{
	char done[64], left[64], more[128] = "";

	if (r->left_alone)
		snprintf(more, sizeof(more), "; %s left alone, somebody changed them",
			mn_format_things(r->left_alone, "row", left));
	mn_tui_say(s->tui, MN_ROLE_GOOD, "run %" PRIu64 " done: %s%s%s", r->run,
		mn_format_things(r->done, "change", done), more,
		r->undoes ? "" : "; u takes it back");
}

static void work_done(mn_screen *s, mn_task *task, int status)
{
	const struct working *w = mn_task_context(task);
	mn_upkeep *u = s->state;
	const bool here = s->tui->seat && s->tui->seat == mn_task_seat(task);

	if (status == MN_OK)
		say_done(s, &w->out);
	else if (status == MN_ECANCELLED)
		mn_tui_say(s->tui, MN_ROLE_WARN,
			"stopped between two batches: r goes on with it, u takes it back");
	if (!here)
		return;
	if (status == MN_ECONFLICT && w->what == MN_UPKEEP_UNDO && mn_tui_screen(s->tui) == s)
		offer_rest(s, w, mn_task_call(task)->err->text);
	mn_list_go(&u->run_list, 0);
	mn_upkeep_list_runs(s);
	mn_task_start(mn_task_new(s->tui, s, &u->told, &look_work));
}

static const mn_work works[] = {
	[MN_UPKEEP_APPLY] = {.title = "apply",
		.size = sizeof(struct working),
		.run = work_run,
		.done = work_done},
	[MN_UPKEEP_RESUME] = {.title = "resume",
		.size = sizeof(struct working),
		.run = work_run,
		.done = work_done},
	[MN_UPKEEP_UNDO] = {.title = "take back",
		.size = sizeof(struct working),
		.run = work_run,
		.done = work_done},
};

static bool may_work(mn_screen *s)
{
	const mn_upkeep *u = s->state;

	if (!s->tui->seat)
		mn_tui_say(s->tui, MN_ROLE_WARN, "no brain is open: 1 lists them");
	else if (u->work.running)
		mn_tui_say(s->tui, MN_ROLE_WARN, "one run at a time: esc stops the one there is");
	else
		return !mn_tui_refuses(s->tui);
	return false;
}

static void start(mn_screen *s, int what, uint64_t run, bool rest)
{
	mn_upkeep *u = s->state;
	mn_task *task = mn_task_new(s->tui, s, &u->work, &works[what]);
	struct working *w;

	if (!task)
		return;
	w = mn_task_context(task);
	w->what = what;
	w->run = run;
	w->rest = rest;
	u->busy_with = run;
	u->from = u->from_took = 0;
	u->focus = MN_ON_RUNS;
	mn_task_start(task);
}

/* ---- What a person asks for ---------------------------------------------------------------- */

void mn_upkeep_apply(mn_screen *s)
{
	mn_upkeep *u = s->state;
	const mn_upkeep_plan *p = mn_upkeep_shown(u);
	const mn_plan_about *a = p && p->plan ? mn_plan_look(p->plan) : NULL;
	const mn_run *r = a ? mn_upkeep_run_of(u, a->run) : NULL;

	if (u->plan.running)
		mn_tui_say(s->tui, MN_ROLE_WARN, "the plan is still being made");
	else if (!a)
		mn_tui_say(s->tui, MN_ROLE_WARN, "there is no plan to apply: n makes one");
	else if (r && r->state == MN_RUN_RUNNING)
		mn_tui_say(s->tui, MN_ROLE_WARN, "run %" PRIu64 " has begun: r goes on with it",
			r->run);
	else if (r && r->state > MN_RUN_RUNNING)
		mn_tui_say(s->tui, MN_ROLE_WARN, "run %" PRIu64 " is %s: n makes a new plan",
			r->run, mn_upkeep_state(r));
	else if (!a->batches)
		mn_tui_say(s->tui, MN_ROLE_TEXT, "nothing is to be done");
	else if (may_work(s))
		start(s, MN_UPKEEP_APPLY, a->run, false);
}

void mn_upkeep_resume(mn_screen *s, uint64_t run)
{
	const mn_upkeep *u = s->state;
	const mn_upkeep_runs *all = mn_slot_shown(&u->runs);

	for (size_t i = 0; !run && all && i < all->n; i++)
		if (all->at[i].state == MN_RUN_RUNNING && !all->at[i].live)
			run = all->at[i].run;
	if (!run)
		mn_tui_say(s->tui, MN_ROLE_TEXT, "no run of this brain was interrupted");
	else if (may_work(s))
		start(s, MN_UPKEEP_RESUME, run, false);
}

static void take_all(mn_tui *t, mn_str run)
{
	mn_screen *s = mn_tui_screen(t);

	if (s->ops == &mn_screen_upkeep && may_work(s))
		start(s, MN_UPKEEP_UNDO, strtoull(run.ptr, NULL, 10), false);
}

static uint64_t last_done(const mn_upkeep *u)
{
	const mn_upkeep_runs *all = mn_slot_shown(&u->runs);

	for (size_t i = 0; all && i < all->n; i++)
		if (all->at[i].state == MN_RUN_DONE && !all->at[i].undoes)
			return all->at[i].run;
	return 0;
}

static void ask_back(mn_screen *s, uint64_t run, const mn_run *r)
{
	char question[400], number[32], done[64];
	const mn_str title = r ? r->title : MN_STR("?");

	snprintf(number, sizeof(number), "%" PRIu64, run);
	snprintf(question, sizeof(question), "Take back run %" PRIu64 " (%.*s), %s?", run,
		MN_FMT(title), mn_format_things(r ? r->done : 0, "change", done));
	mn_confirm_open(s->tui, question, NULL, mn_str_of(number), take_all);
}

void mn_upkeep_take_back(mn_screen *s, uint64_t run, bool rest)
{
	const mn_upkeep *u = s->state;
	const mn_run *r;

	run = run ? run : last_done(u);
	r = mn_upkeep_run_of(u, run);
	if (!run)
		mn_tui_say(s->tui, MN_ROLE_TEXT, "no run of this brain was done here");
	else if (r && r->state != MN_RUN_DONE && r->state != MN_RUN_RUNNING)
		mn_tui_say(s->tui, MN_ROLE_WARN,
			"run %" PRIu64 " is %s: there is nothing to take back", run,
			mn_upkeep_state(r));
	else if (!may_work(s))
		return;
	else if (rest)
		start(s, MN_UPKEEP_UNDO, run, true);
	else
		ask_back(s, run, r);
}
