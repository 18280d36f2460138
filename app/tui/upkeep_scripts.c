/* SPDX-License-Identifier: MIT */
/* upkeep_scripts.c - the scripts there are, each read in a process of its own, in a task. */
#include <stdio.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "scripts.h"
#include "tui/upkeep.h"

static int read_script(mn_call *call, mn_str folder, mn_upkeep_script *s)
{
	mn_str path, text;
	int rc = MN_OK;

	if (folder.len) {
		path = mn_arena_printf(call->arena, "%.*s/%.*s.lua", (int)folder.len, folder.ptr,
			(int)s->name.len, s->name.ptr);
		rc = path.ptr ? MN_OK : mn_fail_memory(call);
	} else {
		rc = mn_scripts_find(call->arena, s->name, &path, call->err);
	}
	if (rc == MN_OK)
		rc = mn_scripts_read(call->arena, path, &text, call->err);
	return rc ? rc : mn_script_load(call->engine, call, s->name, text, NULL, &s->script);
}

/* One that is broken is shown as such, and keeps no other one away. */
static int load_script(mn_call *call, mn_call *work, mn_str folder, mn_upkeep_script *s)
{
	int rc;

	mn_call_reset(work);
	rc = read_script(work, folder, s);
	if (rc == MN_ECANCELLED || rc == MN_ENOMEM)
		return mn_fail(call, rc, 0, "%s", work->err->text);
	if (rc == MN_OK) {
		s->head = mn_script_about(s->script);
		return MN_OK;
	}
	s->why = mn_call_copy(call, mn_str_of(work->err->text));
	return s->why.ptr ? MN_OK : MN_ENOMEM;
}

static int load_all(struct mn_upkeep_list *l, mn_job *job, mn_call *call)
{
	mn_strs names = {NULL, 0};
	mn_call work;
	int rc = l->folder.len ? mn_scripts_folder(call->arena, l->folder, &names, call->err)
			       : mn_scripts_list(call->arena, &names, call->err);

	if (rc == MN_OK)
		rc = mn_call_init(&work, call->engine, 0);
	if (rc)
		return rc;
	work.token = call->token;
	l->at = mn_call_array(call, names.n + 1, sizeof(*l->at));
	rc = l->at ? MN_OK : MN_ENOMEM;
	for (size_t i = 0; rc == MN_OK && i < names.n; i++) {
		l->at[i].name = names.at[i];
		l->n = i + 1;
		rc = load_script(call, &work, l->folder, &l->at[i]);
		mn_job_tell(job, i + 1, names.n, "scripts");
	}
	mn_call_done(&work);
	return rc;
}

static void load_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	(void)seat;
	load_all(context, job, call);
}

/* The cursor goes to the script it was on, or was sent to. */
static void load_done(mn_screen *s, mn_task *task, int status)
{
	const mn_upkeep_list *l = mn_task_context(task);
	mn_upkeep *u = s->state;

	if (status)
		return;
	mn_list_resize(&u->script_list, l->n);
	for (size_t i = 0; *u->chosen && i < l->n; i++)
		if (mn_str_is(l->at[i].name, u->chosen))
			mn_list_go(&u->script_list, i);
	u->params = (mn_list){0};
}

static void load_drop(void *context)
{
	struct mn_upkeep_list *l = context;

	for (size_t i = 0; i < l->n; i++)
		mn_script_free(l->at[i].script);
}

static const mn_work load_work = {
	.title = "read scripts",
	.size = sizeof(mn_upkeep_list),
	.run = load_run,
	.done = load_done,
	.drop = load_drop,
	.quiet = true,
	.background = true,
};

void mn_upkeep_load(mn_screen *s)
{
	mn_upkeep *u = s->state;
	const mn_upkeep_script *at = mn_upkeep_script_at(u);
	mn_task *task = mn_task_new(s->tui, s, &u->scripts, &load_work);

	u->scripts_asked = true;
	if (!task)
		return;
	if (at)
		snprintf(u->chosen, sizeof(u->chosen), "%.*s", (int)at->name.len, at->name.ptr);
	((mn_upkeep_list *)mn_task_context(task))->folder = s->tui->options.scripts;
	mn_task_start(task);
}

const mn_upkeep_script *mn_upkeep_script_at(const mn_upkeep *u)
{
	const mn_upkeep_list *l = mn_slot_shown(&u->scripts);

	return l && u->script_list.at < l->n ? &l->at[u->script_list.at] : NULL;
}
