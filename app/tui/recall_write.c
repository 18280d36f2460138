/* SPDX-License-Identifier: MIT */
/* recall_write.c - the trace of a run as a file. */
#include <stdio.h>
#include <string.h>

#include "place.h"
#include "tui/recall.h"

struct writing {
	mn_replay *run;
	char path[4096];
	int format;
};

static int write_part(void *ctx, mn_call *call, const char *text, size_t n)
{
	(void)call;
	return mn_place_write(ctx, text, n, call->err);
}

static void write_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct writing *w = context;
	mn_place place;
	mn_sink sink = {&place, write_part};
	int status;

	(void)seat;
	(void)job;
	if (mn_place_open(&place, call->arena, w->path, false, call->err))
		return;
	status = mn_trace_write(mn_replay_lock(w->run), call, w->format, &sink);
	mn_replay_unlock(w->run);
	if (status == MN_OK)
		mn_place_keep(&place, call->err);
	else
		mn_place_drop(&place);
}

static void write_done(mn_screen *s, mn_task *task, int status)
{
	struct writing *w = mn_task_context(task);

	if (status == MN_OK)
		mn_tui_say(s->tui, MN_ROLE_GOOD, "the trace is in %s", w->path);
}

static void write_drop(void *context)
{
	struct writing *w = context;

	mn_replay_release(w->run);
}

static const mn_work write_work = {
	.title = "write trace",
	.size = sizeof(struct writing),
	.run = write_run,
	.done = write_done,
	.drop = write_drop,
};

/* By the file's name: .dot, .svg, .graphml, else JSON Lines. */
static int format_of(mn_str file)
{
	static const struct {
		const char *end;
		int format;
	} ends[] = {{".dot", MN_TRACE_DOT}, {".svg", MN_TRACE_SVG}, {".graphml", MN_TRACE_GRAPHML}};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t n = strlen(ends[i].end);

		if (file.len > n && memcmp(file.ptr + file.len - n, ends[i].end, n) == 0)
			return ends[i].format;
	}
	return MN_TRACE_JSONL;
}

static void write_trace(mn_tui *t, const mn_args *args)
{
	mn_recall *r = mn_tui_state(t, &mn_screen_recall);
	mn_str file = mn_args_text(args, "FILE");
	mn_task *task = r && r->run ? mn_task_new(t, mn_tui_screen(t), &r->writing, &write_work)
				    : NULL;
	struct writing *w;

	if (!task)
		return;
	w = mn_task_context(task);
	w->run = mn_replay_hold(r->run);
	w->format = format_of(file);
	snprintf(w->path, sizeof(w->path), "%.*s", (int)file.len, file.ptr);
	mn_task_start(task);
}

static const mn_param write_params[] = {
	{.name = "FILE",
		.does = "where to; .dot, .svg and .graphml choose the format, else JSON Lines",
		.type = MN_PARAM_FILE,
		.flags = MN_PARAM_REQUIRED},
	{0},
};

const mn_action mn_trace_actions[] = {
	{.name = "write trace",
		.does = "Write the trace of this run to a file",
		.scope = MN_ON_RECALL,
		.params = write_params,
		.keys = "e",
		.hint = "export",
		.act = write_trace},
	{0},
};
