/* SPDX-License-Identifier: MIT */
/* upkeep_plan.c - a plan to look at: a script is run on a worker, or a run is opened again. */
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "printer.h"
#include "scripts.h"
#include "tui/recall.h"
#include "tui/upkeep.h"

enum { ARENA_MOST = 64 << 20, SAID_MOST = 256 << 10, SAID_LINES = 5000, READ_MOST = 1 << 16 };

/* ---- What the script says ------------------------------------------------------------------ */

/* What does not fit is left out: a script that talks much is no reason to fail. */
static int said_part(void *ctx, mn_call *call, const char *text, size_t n)
{
	mn_upkeep_plan *p = ctx;

	(void)call;
	mn_buf_add(&p->said, text, n);
	return MN_OK;
}

static void said_line(void *ctx, const char *line)
{
	mn_upkeep_plan *p = ctx;

	mn_buf_text(&p->said, line);
	mn_buf_char(&p->said, '\n');
}

static void tell(void *ctx, uint64_t done, uint64_t total, const char *unit)
{
	mn_job_tell(ctx, done, total, unit);
}

static int load(mn_upkeep_plan *p, mn_call *call, const mn_script_options *o, mn_script **out)
{
	mn_str path, text;
	int rc = MN_OK;

	if (p->folder.len) {
		path = mn_arena_printf(p->arena, "%.*s/%.*s.lua", (int)p->folder.len, p->folder.ptr,
			(int)p->name.len, p->name.ptr);
		rc = path.ptr ? MN_OK : mn_fail_memory(call);
	} else {
		rc = mn_scripts_find(p->arena, p->name, &path, call->err);
	}
	if (rc == MN_OK)
		rc = mn_scripts_read(p->arena, path, &text, call->err);
	return rc ? rc : mn_script_load(call->engine, call, p->name, text, o, out);
}

/* The steps it wants, and what they are called in the history. */
static int ask_script(
	mn_upkeep_plan *p, const mn_seat *seat, mn_job *job, mn_call *call, mn_str *title)
{
	const mn_sink report = {p, said_part};
	mn_script_options o = MN_SIZED(mn_script_options);
	mn_script *script = NULL;
	int rc;

	o.ctx = p;
	o.log = said_line;
	o.trace = said_line;
	o.emit = &report;
	o.progress = (mn_progress){job, tell};
	rc = load(p, call, &o, &script);
	if (rc == MN_OK)
		*title = mn_arena_copy(p->arena, mn_script_about(script)->name);
	if (rc == MN_OK)
		rc = mn_script_run(script, seat->brain, call, p->values, p->nvalues, &o, &p->steps);
	mn_script_free(script);
	return rc;
}

/* ---- Rows ---------------------------------------------------------------------------------- */

static void add_row(mn_upkeep_plan *p, int kind, size_t step, size_t at, mn_str text)
{
	p->rows[p->nrows++] = (mn_upkeep_row){kind, step, at, text};
}

static mn_str losses_title(mn_upkeep_plan *p, const mn_plan_about *a)
{
	char asked[64];

	mn_format_things(a->asked, "question", asked);
	return mn_arena_printf(p->arena,
		a->nlosses ? "%s asked anew: these of the ten best memories are lost"
			   : "%s asked anew: none of the ten best memories is lost",
		asked);
}

static void add_plan(mn_upkeep_plan *p, const mn_plan_about *a)
{
	for (size_t i = 0; i < a->nsteps; i++) {
		add_row(p, MN_UPKEEP_STEP, i, i, a->steps[i].says);
		add_row(p, MN_UPKEEP_COUNTS, i, i, a->steps[i].says);
		for (size_t k = 0; k < a->nsamples; k++)
			if (a->samples[k].step == i)
				add_row(p, MN_UPKEEP_SAMPLE, i, k, a->samples[k].text);
	}
	if (a->asked)
		add_row(p, MN_UPKEEP_HEAD, SIZE_MAX, 0, losses_title(p, a));
	for (size_t i = 0; i < a->nlosses; i++)
		add_row(p, MN_UPKEEP_LOSS, SIZE_MAX, i, a->losses[i].text);
}

static void add_said(mn_upkeep_plan *p)
{
	mn_str rest = {p->said.ptr, p->said.len};
	const size_t most = p->nrows + SAID_LINES;

	while (rest.len && p->nrows < most) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		const size_t n = end ? (size_t)(end - rest.ptr) : rest.len;

		add_row(p, MN_UPKEEP_SAID, SIZE_MAX, 0, mn_str_sub(rest, 0, n));
		rest = mn_str_sub(rest, n + (end != NULL), rest.len);
	}
}

static int make_rows(mn_upkeep_plan *p, mn_call *call)
{
	const mn_plan_about *a = p->plan ? mn_plan_look(p->plan) : NULL;
	size_t n = SAID_LINES + 2;

	if (a)
		n += 2 * a->nsteps + a->nsamples + a->nlosses + 1;
	p->rows = mn_arena_array(p->arena, n, sizeof(*p->rows));
	if (!p->rows)
		return mn_fail_memory(call);
	if (a)
		add_plan(p, a);
	if (a && p->said.len)
		add_row(p, MN_UPKEEP_HEAD, SIZE_MAX, 0, MN_STR("the script says"));
	add_said(p);
	if (!p->nrows)
		add_row(p, MN_UPKEEP_HEAD, SIZE_MAX, 0, MN_STR("the script wants nothing done"));
	return MN_OK;
}

/* ---- The task ------------------------------------------------------------------------------ */

static int plan_steps(
	mn_upkeep_plan *p, const mn_seat *seat, mn_job *job, mn_call *call, mn_str title)
{
	mn_plan_options o = MN_SIZED(mn_plan_options);

	o.title = title;
	o.questions = p->questions;
	o.samples = 50;
	o.progress = (mn_progress){job, tell};
	return mn_plan_new(seat->brain, call, p->steps, &o, &p->plan);
}

static void plan_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	mn_upkeep_plan *p = context;
	mn_str title = MN_STR("");
	int rc = MN_OK;

	if (p->open)
		rc = mn_plan_open(seat->brain, call, p->open, &p->plan);
	else if (!p->steps.len)
		rc = ask_script(p, seat, job, call, &title);
	/* A script that only reports wants nothing done. */
	if (rc == MN_OK && !p->open && !mn_str_is(p->steps, "[]"))
		rc = plan_steps(p, seat, job, call, title);
	if (rc == MN_OK)
		make_rows(p, call);
}

static void plan_done(mn_screen *s, mn_task *task, int status)
{
	mn_upkeep *u = s->state;

	u->fault[0] = '\0';
	if (status && status != MN_ECANCELLED)
		snprintf(u->fault, sizeof(u->fault), "%s", mn_task_call(task)->err->text);
	if (status == MN_OK)
		u->rows = (mn_list){.n = ((mn_upkeep_plan *)mn_task_context(task))->nrows};
	mn_upkeep_list_runs(s);
}

static void plan_drop(void *context)
{
	mn_upkeep_plan *p = context;

	mn_plan_free(p->plan);
	mn_buf_free(&p->said);
	mn_arena_free(p->arena);
}

static const mn_work plan_work = {
	.title = "plan",
	.size = sizeof(mn_upkeep_plan),
	.run = plan_run,
	.done = plan_done,
	.drop = plan_drop,
};

static const mn_work open_work = {
	.title = "open run",
	.size = sizeof(mn_upkeep_plan),
	.run = plan_run,
	.done = plan_done,
	.drop = plan_drop,
	.quiet = true,
};

/* ---- Beginning ----------------------------------------------------------------------------- */

/* NULL, and said: nothing can be planned now. */
static mn_task *begin(mn_screen *s, const mn_work *work)
{
	mn_upkeep *u = s->state;
	mn_task *task;
	mn_upkeep_plan *p;

	if (!s->tui->seat) {
		mn_tui_say(s->tui, MN_ROLE_WARN, "no brain is open: 1 lists them");
		return NULL;
	}
	task = mn_task_new(s->tui, s, &u->plan, work);
	if (!task)
		return NULL;
	p = mn_task_context(task);
	p->said = MN_BUF(SAID_MOST);
	p->folder = s->tui->options.scripts;
	p->arena = mn_arena_new(ARENA_MOST);
	u->fault[0] = '\0';
	return task;
}

static void start(mn_screen *s, mn_task *task, bool whole)
{
	mn_upkeep *u = s->state;

	if (!whole)
		mn_tui_say(s->tui, MN_ROLE_BAD, "plan: out of memory");
	u->focus = MN_ON_PLAN;
	mn_task_start(task);
}

/* What was asked in the workbench, each once, latest first. */
static bool take_questions(mn_screen *s, mn_upkeep_plan *p)
{
	const mn_history *h = mn_recall_asked(s->tui);
	mn_str *at = mn_arena_array(p->arena, h->n + 1, sizeof(*at));
	size_t n = 0;

	for (size_t i = h->n; at && i-- > 0;) {
		bool again = false;

		for (size_t k = 0; k < n; k++)
			again |= mn_str_is(at[k], h->at[i]);
		if (!again && !mn_str_blank(mn_str_of(h->at[i])))
			at[n++] = mn_arena_copy(p->arena, mn_str_of(h->at[i]));
	}
	p->questions = (mn_strs){at, at ? n : 0};
	return at != NULL;
}

void mn_upkeep_dry_run_of(
	mn_screen *s, mn_str name, mn_str steps, const mn_script_value *values, size_t n)
{
	mn_task *task = begin(s, &plan_work);
	mn_upkeep_plan *p = task ? mn_task_context(task) : NULL;
	bool whole;

	if (!task)
		return;
	whole = p->arena && take_questions(s, p);
	p->values = p->arena ? mn_arena_array(p->arena, n + 1, sizeof(*p->values)) : NULL;
	for (size_t i = 0; p->values && i < n; i++) {
		p->values[i].name = mn_arena_copy(p->arena, values[i].name);
		p->values[i].text = mn_arena_copy(p->arena, values[i].text);
		whole &= p->values[i].name.ptr && p->values[i].text.ptr;
	}
	p->nvalues = p->values ? n : 0;
	p->name = p->arena ? mn_arena_copy(p->arena, name) : (mn_str){0};
	p->steps = p->arena ? mn_arena_copy(p->arena, steps) : (mn_str){0};
	/* A file by its path is no script of the folder. */
	if (memchr(name.ptr ? name.ptr : "", '/', name.len))
		p->folder = (mn_str){0};
	start(s, task, whole && p->values);
}

/* The first parameter that must be said and was not; NULL: all is said. */
static const mn_script_param *missing(mn_upkeep *u, const mn_upkeep_script *s)
{
	for (size_t i = 0; i < s->head->nparams; i++) {
		const mn_script_param *p = &s->head->params[i];

		if (p->required && !mn_upkeep_value_of(u, s->name, p->name).ptr) {
			mn_list_resize(&u->params, s->head->nparams);
			mn_list_go(&u->params, i);
			return p;
		}
	}
	return NULL;
}

void mn_upkeep_dry_run(mn_screen *s)
{
	mn_upkeep *u = s->state;
	const mn_upkeep_script *script = mn_upkeep_script_at(u);
	mn_script_value values[MN_UPKEEP_GIVEN];
	const mn_script_param *lacks;
	size_t n = 0;

	if (!script || !script->head) {
		mn_tui_say(s->tui, MN_ROLE_WARN,
			script ? "this script cannot be used: it says why" : "there is no script");
		return;
	}
	lacks = missing(u, script);
	if (lacks) {
		u->focus = MN_ON_FORM;
		mn_tui_say(s->tui, MN_ROLE_WARN, "%.*s must be said first", MN_FMT(lacks->name));
		return;
	}
	for (size_t i = 0; i < script->head->nparams && n < MN_UPKEEP_GIVEN; i++) {
		const mn_str name = script->head->params[i].name;
		const mn_str text = mn_upkeep_value_of(u, script->name, name);

		if (text.ptr)
			values[n++] = (mn_script_value){name, text};
	}
	mn_upkeep_dry_run_of(s, script->name, MN_STR(""), values, n);
}

void mn_upkeep_open_run(mn_screen *s, uint64_t run)
{
	mn_task *task = begin(s, &open_work);

	if (!task)
		return;
	((mn_upkeep_plan *)mn_task_context(task))->open = run;
	start(s, task, true);
}

/* ---- Looking at it ------------------------------------------------------------------------- */

const mn_upkeep_plan *mn_upkeep_shown(const mn_upkeep *u)
{
	return mn_slot_shown(&u->plan);
}

mn_str mn_upkeep_row_text(const mn_upkeep_plan *p, const mn_upkeep_row *row)
{
	if (row->kind == MN_UPKEEP_SAMPLE && !row->text.len)
		return mn_plan_look(p->plan)->samples[row->at].uid;
	return row->text;
}

static void put_sample(mn_buf *b, const mn_plan_sample *x)
{
	char when[32];

	mn_buf_str(b, x->text.len ? x->text : x->uid);
	mn_buf_printf(b, "\n\nlast used or made %s\n", mn_format_time(x->when, when));
	if (x->after < 0)
		mn_buf_printf(b, "it weighs %.4g, and goes\n", x->before);
	else
		mn_buf_printf(b, "it weighs %.4g, and %.4g afterwards\n", x->before, x->after);
	if (x->text.len && x->uid.len) {
		mn_buf_text(b, "id ");
		mn_buf_str(b, x->uid);
	}
}

static void put_loss(mn_buf *b, const mn_plan_loss *l)
{
	mn_buf_str(b, l->question);
	mn_buf_printf(b, "\n\nis answered without its number %" PRIu32 ":\n\n", l->rank);
	mn_buf_str(b, l->text.len ? l->text : l->uid);
}

void mn_upkeep_read_row(mn_screen *s)
{
	mn_upkeep *u = s->state;
	const mn_upkeep_plan *p = mn_upkeep_shown(u);
	const mn_upkeep_row *row = p && u->rows.at < p->nrows ? &p->rows[u->rows.at] : NULL;
	mn_buf b = MN_BUF(READ_MOST);

	if (!row)
		return;
	if (row->kind == MN_UPKEEP_SAMPLE)
		put_sample(&b, &mn_plan_look(p->plan)->samples[row->at]);
	else if (row->kind == MN_UPKEEP_LOSS)
		put_loss(&b, &mn_plan_look(p->plan)->losses[row->at]);
	else
		mn_buf_str(&b, row->text);
	if (b.len)
		mn_reader_open(s->tui, "In full", mn_buf_view(&b));
	mn_buf_free(&b);
}
