/* SPDX-License-Identifier: MIT */
/* opening.c - opening the store and a brain of it: each a task, each brain a seat. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "tui/desk.h"

struct opening {
	mn_engine *engine;
	mn_str url;
	bool read_only;
	mn_store *store;
	mn_brain *brain;
	char name[512];
	mn_brain_row row;
};

static void open_store_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct opening *o = context;

	(void)seat;
	(void)job;
	mn_store_open(o->engine, call, o->url, o->read_only, &o->store);
}

static void open_wanted(mn_tui *t)
{
	if (*t->wanted)
		mn_tui_open_brain(t, mn_str_of(t->wanted));
	else
		mn_tui_tell(t);
}

static void open_store_done(mn_screen *screen, mn_task *task, int status)
{
	struct opening *o = mn_task_context(task);
	mn_tui *t = mn_task_tui(task);

	(void)screen;
	if (status || !mn_str_eq(o->url, t->options.url))
		return;
	t->store = o->store;
	o->store = NULL;
	for (int i = 0; i < t->nberths; i++)
		if (mn_str_is(o->url, t->berths[i].url))
			t->berths[i].store = t->store;
	if (mn_str_eq(o->url, t->first_url))
		t->first = t->store;
	mn_link_found(t);
	open_wanted(t);
}

static void open_store_drop(void *context)
{
	struct opening *o = context;

	mn_store_close(o->store); /* opened, but not taken over: cancelled meanwhile */
}

static const mn_work open_store = {
	.title = "open store",
	.size = sizeof(struct opening),
	.run = open_store_run,
	.done = open_store_done,
	.drop = open_store_drop,
};

static void open_brain_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct opening *o = context;
	mn_brain *brain = NULL;

	(void)seat;
	(void)job;
	if (mn_brain_open(o->store, call, mn_str_of(o->name), &brain))
		return;
	o->brain = brain;
	mn_brain_describe(brain, call, &o->row);
}

static void take_seat(mn_tui *t, struct opening *o, const mn_call *call)
{
	mn_seat *seat = mn_alloc_zero(1, sizeof(*seat)), *before = t->seat;

	if (!seat)
		return;
	*seat = (mn_seat){.tui = t,
		.store = o->store,
		.brain = o->brain,
		.refs = 1,
		.at = call->at,
		.neurons = o->row.neurons,
		.synapses = o->row.synapses,
		.memories = o->row.fibers,
		.bytes = o->row.bytes};
	snprintf(seat->name, sizeof(seat->name), "%.*s", (int)o->row.name.len, o->row.name.ptr);
	o->brain = NULL;
	t->seat = seat;
	t->recall_us = 0;
	mn_seat_release(before);
}

static void open_brain_done(mn_screen *screen, mn_task *task, int status)
{
	struct opening *o = mn_task_context(task);
	mn_tui *t = mn_task_tui(task);

	(void)screen;
	if (status == MN_OK) {
		take_seat(t, o, mn_task_call(task));
		if (t->tab == 0)
			mn_tui_goto(t, &mn_screen_explorer);
	} else if (status == MN_ENOBRAIN && !t->wanted_said) {
		t->message[0] = '\0'; /* what was open last time may well be gone */
	}
	t->pending = status == MN_EIO && t->link.lost;
	if (t->pending)
		snprintf(t->wanted, sizeof(t->wanted), "%s", o->name);
	mn_tui_tell(t);
}

static void open_brain_drop(void *context)
{
	struct opening *o = context;

	mn_brain_close(o->brain); /* the store is the workbench's */
}

static const mn_work open_brain = {
	.title = "open brain",
	.size = sizeof(struct opening),
	.run = open_brain_run,
	.done = open_brain_done,
	.drop = open_brain_drop,
};

void mn_tui_open_store(mn_tui *t)
{
	mn_task *task;
	struct opening *o;

	if (!t->first_url.len) { /* the first time */
		t->first_url = t->options.url;
		t->first = t->options.store;
		t->first_read_only = t->options.read_only;
		t->store = t->first;
	}
	if (t->store) {
		open_wanted(t);
		return;
	}
	task = mn_task_new(t, NULL, &t->own, &open_store);
	if (!task)
		return;
	o = mn_task_context(task);
	o->engine = t->engine;
	o->url = t->options.url;
	o->read_only = t->options.read_only;
	mn_task_start(task);
}

static mn_berth *berth_of(mn_tui *t, mn_str url, bool read_only)
{
	char *copy = t->nberths < MN_STORES_MOST ? mn_alloc_zero(1, url.len + 1) : NULL;
	mn_berth *b;

	for (int i = 0; i < t->nberths; i++)
		if (mn_str_is(url, t->berths[i].url)) {
			mn_free(copy);
			return &t->berths[i];
		}
	if (!copy) {
		mn_tui_say(t, MN_ROLE_BAD, "too many stores are open: leave and come again");
		return NULL;
	}
	b = &t->berths[t->nberths];
	memcpy(copy, url.ptr, url.len);
	b->url = copy;
	b->read_only = read_only || t->first_read_only;
	t->nberths++;
	return b;
}

bool mn_tui_change_store(mn_tui *t, mn_str url, bool read_only)
{
	bool first = mn_str_eq(url, t->first_url);
	mn_berth *b = first ? NULL : berth_of(t, url, read_only);

	if (!first && !b)
		return false;
	mn_link_reset(t);
	mn_slot_clear(&t->own);
	t->store = first ? t->first : b->store;
	t->options.url = first ? t->first_url : mn_str_of(b->url);
	t->options.read_only = first ? t->first_read_only : b->read_only;
	t->pending = false;
	t->wanted_said = true;
	mn_tui_close_brain(t);
	return true;
}

void mn_tui_close_stores(mn_tui *t)
{
	if (t->first != t->options.store)
		mn_store_close(t->first);
	for (int i = 0; i < t->nberths; i++) {
		mn_store_close(t->berths[i].store);
		mn_free(t->berths[i].url);
	}
}

void mn_tui_open_brain(mn_tui *t, mn_str name)
{
	mn_task *task = t->store ? mn_task_new(t, NULL, &t->own, &open_brain) : NULL;
	struct opening *o;

	if (!task)
		return;
	o = mn_task_context(task);
	o->store = t->store;
	snprintf(o->name, sizeof(o->name), "%.*s", (int)name.len, name.ptr);
	mn_task_start(task);
}

void mn_tui_close_brain(mn_tui *t)
{
	mn_seat *before = t->seat;

	t->seat = NULL;
	mn_seat_release(before);
	mn_tui_tell(t);
}
