/* SPDX-License-Identifier: MIT */
#include "tui/task.h"

#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "tui/desk.h"

struct mn_task {
	mn_task *next; /* among the workbench's running tasks */
	mn_tui *tui;
	mn_screen *screen;
	mn_slot *slot;
	mn_seat *seat;
	mn_store *store; /* that was open when it began */
	const mn_work *work;
	mn_job *job;
	mn_time began, ended;
	bool orphan; /* superseded: its answer is not wanted any more */
	alignas(max_align_t) char context[];
};

/* ---- Seats -------------------------------------------------------------------------------- */

mn_seat *mn_seat_hold(mn_seat *s)
{
	if (s)
		s->refs++;
	return s;
}

struct closing {
	mn_brain *brain;
};

static void close_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct closing *c = context;

	(void)seat;
	(void)job;
	(void)call;
	mn_brain_close(c->brain);
	c->brain = NULL;
}

static void close_drop(void *context)
{
	struct closing *c = context;

	mn_brain_close(c->brain); /* if it was cancelled before it ran */
}

static const mn_work closing_work = {
	.title = "close brain",
	.size = sizeof(struct closing),
	.run = close_run,
	.drop = close_drop,
	.quiet = true,
	.background = true,
};

void mn_seat_release(mn_seat *s)
{
	mn_task *t;

	if (!s || --s->refs > 0)
		return;
	t = mn_task_new(s->tui, NULL, NULL, &closing_work);
	if (t) {
		((struct closing *)mn_task_context(t))->brain = s->brain;
		mn_task_start(t);
	} else {
		mn_brain_close(s->brain);
	}
	mn_free(s);
}

/* ---- Tasks -------------------------------------------------------------------------------- */

static void dispose(mn_task *t)
{
	if (!t)
		return;
	if (t->work->drop) /* before the job's arena, where what it owns may stand */
		t->work->drop(t->context);
	mn_job_free(t->job);
	mn_seat_release(t->seat);
	mn_free(t);
}

static void run(void *ctx, mn_job *job, mn_call *call)
{
	mn_task *t = ctx;

	t->work->run(t->context, t->seat, job, call);
}

mn_task *mn_task_new(mn_tui *tui, mn_screen *screen, mn_slot *slot, const mn_work *work)
{
	mn_task *t = mn_alloc_zero(1, sizeof(*t) + work->size);

	if (!t) {
		mn_tui_say(tui, MN_ROLE_BAD, "%s: out of memory", work->title);
		return NULL;
	}
	t->tui = tui;
	t->screen = screen;
	t->slot = slot;
	t->work = work;
	t->store = tui->store;
	t->seat = mn_seat_hold(tui->seat);
	return t;
}

/* What runs in the slot is not wanted any more. */
static void supersede(mn_slot *slot)
{
	if (!slot->running)
		return;
	slot->running->orphan = true;
	mn_job_cancel(slot->running->job);
	slot->running = NULL;
}

void mn_task_start(mn_task *t)
{
	mn_tui *tui;

	if (!t)
		return;
	tui = t->tui;
	t->began = mn_tui_clock(tui);
	if (mn_job_start(tui->engine, t->work->title, run, t, &t->job) != MN_OK) {
		mn_tui_say(tui, MN_ROLE_BAD, "%s: out of memory", t->work->title);
		dispose(t);
		return;
	}
	if (t->slot) {
		supersede(t->slot);
		t->slot->running = t;
	}
	t->next = tui->tasks;
	tui->tasks = t;
	mn_tui_touch(tui);
}

void *mn_task_context(const mn_task *t)
{
	return (void *)t->context;
}

mn_tui *mn_task_tui(const mn_task *t)
{
	return t->tui;
}

mn_call *mn_task_call(const mn_task *t)
{
	return mn_job_call(t->job);
}

const mn_seat *mn_task_seat(const mn_task *t)
{
	return t->seat;
}

const mn_store *mn_task_store(const mn_task *t)
{
	return t->store;
}

const char *mn_task_title(const mn_task *t)
{
	return t->work->title;
}

uint64_t mn_task_took(const mn_task *t)
{
	return (uint64_t)((t->ended ? t->ended : mn_tui_clock(t->tui)) - t->began);
}

void mn_task_look(const mn_task *t, mn_job_status *out)
{
	mn_job_look(t->job, out);
}

void mn_task_cancel(mn_task *t)
{
	mn_job_cancel(t->job);
}

void *mn_slot_shown(const mn_slot *slot)
{
	return slot->shown ? slot->shown->context : NULL;
}

void mn_slot_clear(mn_slot *slot)
{
	supersede(slot);
	dispose(slot->shown);
	slot->shown = NULL;
}

/* ---- Delivery ----------------------------------------------------------------------------- */

static void unlist(mn_tui *tui, mn_task *t)
{
	mn_task **at = &tui->tasks;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
}

static void remember(mn_tui *tui, const mn_task *t, int status, bool lost)
{
	mn_done *d = &tui->done[tui->ndone % MN_DONE_MOST];

	if (t->work->quiet && (lost || status == MN_OK || status == MN_ECANCELLED))
		return;
	*d = (mn_done){.took = mn_task_took(t), .when = mn_tui_now(tui), .status = status};
	snprintf(d->title, sizeof(d->title), "%s", t->work->title);
	if (status)
		snprintf(d->fault, sizeof(d->fault), "%s", mn_task_call(t)->err->text);
	tui->ndone++;
}

/* A result replaces the one before it; a failure leaves that where it was. */
static void deliver(mn_tui *tui, mn_task *t)
{
	int status = mn_task_call(t)->err->code;
	bool lost = mn_link_learn(tui, t, status);
	mn_task *before = NULL;

	remember(tui, t, status, lost);
	if (t->orphan) {
		dispose(t);
		return;
	}
	if (t->slot) {
		t->slot->running = NULL;
		if (status == MN_OK) {
			before = t->slot->shown;
			t->slot->shown = t;
		}
	}
	if (status && status != MN_ECANCELLED && !lost)
		mn_tui_say(tui, MN_ROLE_BAD, "%s: %s", t->work->title, mn_task_call(t)->err->text);
	else if (status && !lost)
		mn_tui_say(tui, MN_ROLE_WARN, "%s: cancelled", t->work->title);
	if (t->work->done)
		t->work->done(t->screen, t, status);
	dispose(before);
	if (!t->slot || status)
		dispose(t);
}

int mn_tasks_collect(mn_tui *tui)
{
	mn_job *job;
	int n = 0;

	while ((job = mn_engine_job_next(tui->engine))) {
		mn_task *t = mn_job_context(job);

		t->ended = mn_tui_clock(tui);
		unlist(tui, t);
		deliver(tui, t);
		mn_tui_touch(tui);
		n++;
	}
	return n;
}

mn_task *mn_tasks_first(const mn_tui *tui)
{
	return tui->tasks;
}

mn_task *mn_tasks_next(const mn_task *t)
{
	return t->next;
}

mn_task *mn_tasks_of(const mn_tui *tui, const mn_screen *screen)
{
	mn_task *oldest = NULL;

	for (mn_task *t = tui->tasks; t; t = t->next)
		if (!t->orphan && !t->work->background && (t->screen == screen || !t->screen))
			oldest = t;
	return oldest;
}

void mn_tasks_end(mn_tui *tui)
{
	while (tui->tasks) {
		mn_task *t = tui->tasks;

		tui->tasks = t->next;
		if (t->work != &closing_work)
			mn_job_cancel(t->job);
		mn_job_wait(t->job);
		t->slot = NULL;
		dispose(t);
	}
}
