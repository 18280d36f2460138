/* SPDX-License-Identifier: MIT */
/* write.c - what adds to the open brain: remembering a text, importing a file. */
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "format.h"
#include "printer.h"
#include "stream.h"
#include "tui/acts.h"
#include "tui/desk.h"

enum { NOTE_MOST = 4 << 20 };

/* A brain to write to, or a word about why not. */
static bool may_write(mn_tui *t)
{
	if (mn_tui_refuses(t))
		return false;
	if (!t->seat)
		mn_tui_say(t, MN_ROLE_WARN, "no brain is open: 1 lists them");
	return t->seat && mn_unsent_room(t);
}

/* ---- Remembering -------------------------------------------------------------------------- */

struct remembering {
	mn_edit *edit;   /* that starts it again */
	mn_arena *arena; /* of the note */
	mn_note note;
	mn_remembered done;
	mn_brain_row row;
};

static void remember_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct remembering *r = context;

	(void)job;
	r->done = MN_SIZED(mn_remembered);
	if (mn_brain_remember(seat->brain, call, &r->note, 1, &r->done) == MN_OK)
		mn_brain_describe(seat->brain, call, &r->row);
}

static void remember_done(mn_screen *screen, mn_task *task, int status)
{
	struct remembering *r = mn_task_context(task);
	mn_tui *t = mn_task_tui(task);
	char neurons[64], synapses[64];

	(void)screen;
	mn_edit_ended(t, &r->edit, status);
	if (status || mn_task_seat(task) != t->seat)
		return;
	mn_tui_say(t, MN_ROLE_GOOD, "remembered%s: %s, %s",
		r->done.updated     ? ", in place of what it was"
		: r->done.unchanged ? " already"
				    : "",
		mn_format_things(r->done.neurons, "new neuron", neurons),
		mn_format_things(r->done.synapses, "new synapse", synapses));
	mn_tui_changed(t, &r->row);
}

static void remember_drop(void *context)
{
	struct remembering *r = context;

	mn_free(r->edit);
	mn_arena_free(r->arena);
}

static const mn_work remember_work = {
	.title = "remember",
	.size = sizeof(struct remembering),
	.run = remember_run,
	.done = remember_done,
	.drop = remember_drop,
};

static mn_str keep(struct remembering *r, const mn_args *args, const char *name)
{
	return mn_arena_copy(r->arena, mn_args_text(args, name));
}

static void read_note(struct remembering *r, const mn_args *args)
{
	const mn_arg *at = mn_args_get(args, "--at"), *tag;
	mn_str *tags;
	size_t n = 0;

	while (mn_args_nth(args, "--tag", n))
		n++;
	tags = mn_arena_array(r->arena, n + 1, sizeof(*tags));
	for (size_t i = 0; tags && (tag = mn_args_nth(args, "--tag", i)); i++)
		tags[i] = mn_arena_copy(r->arena, tag->text);
	r->note = MN_SIZED(mn_note);
	r->note.text = keep(r, args, "TEXT");
	r->note.id = keep(r, args, "--id");
	r->note.title = keep(r, args, "--title");
	r->note.session = keep(r, args, "--session");
	r->note.speaker = keep(r, args, "--speaker");
	r->note.tags = (mn_strs){tags, tags ? n : 0};
	r->note.has_time = at != NULL;
	r->note.time = at ? at->time : 0;
}

void mn_act_remember(mn_tui *t, const mn_args *args)
{
	mn_task *task = may_write(t) ? mn_task_new(t, NULL, NULL, &remember_work) : NULL;
	struct remembering *r;

	if (!task)
		return;
	r = mn_task_context(task);
	r->arena = mn_arena_new(NOTE_MOST);
	if (r->arena)
		read_note(r, args);
	r->edit = mn_edit_new(t, "remember", args, false);
	mn_task_start(task);
}

/* ---- Importing ---------------------------------------------------------------------------- */

struct importing {
	mn_edit *edit; /* that starts it again */
	char path[4096], conversation[512];
	int format;
	bool keep_going, lossy, opened; /* opened: the file is there */
	mn_import_report report;
	mn_brain_row row;
};

static void tell(void *ctx, uint64_t done, uint64_t total, const char *unit)
{
	mn_job_tell(ctx, done, total, unit);
}

/* Once to see whether every line is good, unless bad ones are passed over, and once to store. */
static int import_twice(
	struct importing *m, const mn_seat *seat, mn_job *job, mn_call *call, mn_input *in)
{
	mn_import_options o = MN_SIZED(mn_import_options);
	mn_source source = mn_input_source(in);
	int status = MN_OK;

	o.format = m->format;
	o.keep_going = m->keep_going;
	o.lossy = m->lossy;
	o.bytes = in->bytes;
	o.conversation = mn_str_of(m->conversation);
	o.progress = (mn_progress){job, tell};
	o.check = !o.keep_going && o.bytes;
	if (o.check) {
		status = mn_import(seat->brain, call, &o, &source, &m->report);
		if (status == MN_OK)
			status = mn_input_rewind(in, call->err);
	}
	o.check = false;
	m->report = MN_SIZED(mn_import_report);
	if (status == MN_OK)
		status = mn_import(seat->brain, call, &o, &source, &m->report);
	return status;
}

static void import_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct importing *m = context;
	mn_input in;

	m->report = MN_SIZED(mn_import_report);
	if (mn_input_open(&in, mn_str_of(m->path), call->err))
		return;
	m->opened = true;
	if (import_twice(m, seat, job, call, &in) == MN_OK)
		mn_brain_describe(seat->brain, call, &m->row);
	mn_input_close(&in);
}

static void import_done(mn_screen *screen, mn_task *task, int status)
{
	struct importing *m = mn_task_context(task);
	const mn_import_report *r = &m->report;
	mn_tui *t = mn_task_tui(task);
	char some[64], bad[64];

	(void)screen;
	mn_edit_ended(t, &m->edit, m->opened ? status : MN_OK);
	if (status && r->added + r->updated)
		mn_tui_note(t, MN_ROLE_WARN, "import: stored %s; importing again goes on",
			mn_format_things(r->added + r->updated, "memory", some));
	if (status)
		return;
	mn_tui_say(t, MN_ROLE_GOOD,
		"imported: %s added, %" PRIu64 " updated, %" PRIu64 " unchanged, %s",
		mn_format_things(r->added, "memory", some), r->updated, r->unchanged,
		mn_format_things(r->bad, "bad line", bad));
	if (mn_task_seat(task) == t->seat)
		mn_tui_changed(t, &m->row);
}

static void import_drop(void *context)
{
	struct importing *m = context;

	mn_free(m->edit);
}

static const mn_work import_work = {
	.title = "import",
	.size = sizeof(struct importing),
	.run = import_run,
	.done = import_done,
	.drop = import_drop,
};

void mn_act_import(mn_tui *t, const mn_args *args)
{
	mn_str file = mn_args_text(args, "FILE"), only = mn_args_text(args, "--conversation");
	mn_task *task;
	struct importing *m;

	if (mn_str_is(file, "-")) {
		mn_tui_say(t, MN_ROLE_WARN, "standard input is the keyboard here: name a file");
		return;
	}
	task = may_write(t) ? mn_task_new(t, NULL, NULL, &import_work) : NULL;
	if (!task)
		return;
	m = mn_task_context(task);
	m->edit = mn_edit_new(t, "import", args, false);
	m->format = mn_import_format(mn_args_text(args, "--format"), file);
	m->keep_going = mn_args_has(args, "--keep-going");
	m->lossy = mn_args_has(args, "--lossy");
	snprintf(m->path, sizeof(m->path), "%.*s", (int)file.len, file.ptr);
	snprintf(m->conversation, sizeof(m->conversation), "%.*s", (int)only.len, only.ptr);
	mn_task_start(task);
}
