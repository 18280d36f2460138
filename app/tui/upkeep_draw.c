/* SPDX-License-Identifier: MIT */
/* upkeep_draw.c - the maintenance screen as it looks: scripts, form, plan, runs. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/str.h"
#include "printer.h"
#include "tui/chart.h"
#include "tui/text.h"
#include "tui/upkeep.h"

enum { NARROW = 80, WIDE = 160, BAR = 20, PLAN_LEAST = 12, VERB = 12, STATE = 12 };

/* ---- Scripts ------------------------------------------------------------------------------- */

static void draw_script(const mn_pane *p, int y, int rows, const mn_upkeep_script *s, unsigned flag)
{
	const bool beside = rows == 1 && p->w >= 44;
	int x;

	for (int i = 0; i < rows; i++)
		mn_pane_fill(p, y + i, 0, p->w, MN_ROLE_TEXT | flag, " ");
	mn_pane_text(p, y, 0, MN_ROLE_KEY | flag, flag ? "▸" : " ");
	x = mn_pane_str(p, y, 2, beside ? 16 : p->w - 4,
		(s->head ? MN_ROLE_TITLE : MN_ROLE_BAD) | flag, s->name);
	if (!s->head)
		mn_pane_text(p, y, x + 1, MN_ROLE_BAD | flag, "✗");
	if (beside)
		mn_pane_str(p, y, 20, p->w - 21, MN_ROLE_DIM | flag,
			s->head ? s->head->purpose : s->why);
	else if (rows == 2)
		mn_pane_str(p, y + 1, 4, p->w - 5, MN_ROLE_DIM | flag,
			s->head ? s->head->purpose : s->why);
}

static void draw_scripts(mn_screen *s, const mn_pane *frame)
{
	mn_upkeep *u = s->state;
	const mn_upkeep_list *l = mn_slot_shown(&u->scripts);
	const bool live = u->focus == MN_ON_SCRIPTS;
	mn_pane p = mn_pane_frame(frame, "Scripts", live);
	mn_pane text = mn_pane_sub(&p, 0, 1, p.h, p.w - 2);
	size_t top;

	u->scripts_pane = p;
	u->script_rows = l && p.w < 44 && 2 * l->n <= (size_t)p.h ? 2 : 1;
	top = mn_list_show(&u->script_list, p.h / u->script_rows);
	for (size_t i = top; l && i < l->n && i < top + (size_t)(p.h / u->script_rows); i++)
		draw_script(&p, (int)(i - top) * u->script_rows, u->script_rows, &l->at[i],
			i != u->script_list.at ? 0
			: live                 ? MN_SELECTED
					       : MN_MARKED);
	if (!l)
		mn_pane_text(&p, 0, 1, MN_ROLE_DIM, "reading them");
	else if (!l->n)
		mn_pane_wrap(&text, 0, 0, MN_ROLE_DIM,
			MN_STR("No script is installed. Yours go to "
			       "~/.config/mnemoscope/scripts, as NAME.lua."));
	mn_list_bar(&u->script_list, frame, live);
}

/* ---- The rows of a plan -------------------------------------------------------------------- */

/* "12 memories, 30 neurons, 1,203 synapses; 4 kept; frees 1.1 MB" */
static void say_counts(const mn_plan_step *step, char *out, size_t room)
{
	const struct {
		uint64_t n;
		const char *noun;
	} all[] = {
		{step->fibers, "memory"}, {step->neurons, "neuron"}, {step->synapses, "synapse"}};
	char text[64];
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; i < 3; i++)
		if (all[i].n)
			n += (size_t)snprintf(out + n, room - n, "%s%s", n ? ", " : "",
				mn_format_things(all[i].n, all[i].noun, text));
	if (!n)
		n += (size_t)snprintf(out, room, "no rows");
	if (step->kept)
		n += (size_t)snprintf(out + n, room - n, " · %s more stay",
			mn_text_count(step->kept, text, sizeof(text)));
	if (step->freed)
		snprintf(out + n, room - n, " · %s about %s", step->freed < 0 ? "takes" : "frees",
			mn_text_bytes((uint64_t)llabs(step->freed), text, sizeof(text)));
}

/* What it weighs, and will: ".26 → gone", ".50 → .20". */
static void draw_sample(
	const mn_pane *p, int y, const mn_plan_sample *x, mn_str text, mn_time now, unsigned flag)
{
	char before[16], after[16], ago[32];
	int end = p->w - 1;

	if (x->after < 0)
		end = mn_pane_right(p, y, end, MN_ROLE_WARN | flag, "%s → gone",
			mn_text_weight(x->before, before, sizeof(before)));
	else
		end = mn_pane_right(p, y, end, MN_ROLE_NUMBER | flag, "%s → %s",
			mn_text_weight(x->before, before, sizeof(before)),
			mn_text_weight(x->after, after, sizeof(after)));
	end = p->w - 1 - 12 < end ? p->w - 1 - 12 : end;
	if (p->w >= 60 && x->when)
		end = mn_pane_right(p, y, end - 1, MN_ROLE_DIM | flag, "%s",
			mn_text_ago(now, x->when, ago, sizeof(ago)));
	mn_pane_str(p, y, 4, end - 5, MN_ROLE_TEXT | flag, text);
}

static void draw_loss(const mn_pane *p, int y, const mn_plan_loss *l, unsigned flag)
{
	int half = (p->w - 6) / 2;
	int x = mn_pane_str(p, y, 4, half, MN_ROLE_TITLE | flag, l->question);

	x = mn_pane_printf(p, y, x, MN_ROLE_WARN | flag, "  %" PRIu32 ". ", l->rank);
	mn_pane_str(p, y, x, p->w - x - 1, MN_ROLE_TEXT | flag, l->text.len ? l->text : l->uid);
}

static void draw_row(const mn_pane *p, int y, const mn_upkeep_plan *plan, const mn_upkeep_row *row,
	mn_time now, unsigned flag)
{
	const mn_plan_about *a = plan->plan ? mn_plan_look(plan->plan) : NULL;
	char counts[256];
	int x;

	mn_pane_fill(p, y, 0, p->w, MN_ROLE_TEXT | flag, " ");
	mn_pane_text(p, y, 0, MN_ROLE_KEY | flag, flag & MN_SELECTED ? "▸" : " ");
	switch (row->kind) {
	case MN_UPKEEP_STEP:
		x = mn_pane_str(
			p, y, 1, VERB, MN_ROLE_TITLE | MN_STRONG | flag, a->steps[row->at].verb);
		mn_pane_str(p, y, x + 2, p->w - x - 3, MN_ROLE_TEXT | flag, row->text);
		break;
	case MN_UPKEEP_COUNTS:
		say_counts(&a->steps[row->at], counts, sizeof(counts));
		mn_pane_text(p, y, 3, MN_ROLE_NUMBER | flag, counts);
		break;
	case MN_UPKEEP_SAMPLE:
		draw_sample(p, y, &a->samples[row->at], mn_upkeep_row_text(plan, row), now, flag);
		break;
	case MN_UPKEEP_LOSS: draw_loss(p, y, &a->losses[row->at], flag); break;
	case MN_UPKEEP_HEAD: mn_pane_str(p, y, 1, p->w - 2, MN_ROLE_DIM | flag, row->text); break;
	default: mn_pane_str(p, y, 3, p->w - 4, MN_ROLE_TEXT | flag, row->text); break;
	}
}

/* ---- Before and after ---------------------------------------------------------------------- */

static void draw_bins(const mn_pane *p, const mn_plan_step *s, const uint64_t *bins,
	const char *when, double most)
{
	const int wide = p->w / MN_PLAN_BINS, columns = wide * MN_PLAN_BINS;
	mn_pane bars = mn_pane_sub(p, 1, 0, p->h - 2, columns);
	double at[MN_PLAN_BINS * 8];
	uint64_t all = 0;
	char n[32];
	int x;

	for (int i = 0; i < MN_PLAN_BINS; i++)
		all += bins[i];
	x = mn_pane_str(p, 0, 0, 12, MN_ROLE_DIM, s->of);
	x = mn_pane_printf(p, 0, x + 1, MN_ROLE_DIM, "%s ", when);
	mn_pane_text(p, 0, x, MN_ROLE_NUMBER, mn_text_count(all, n, sizeof(n)));
	for (int i = 0; i < columns; i++) {
		const int bin = i / wide;

		at[i] = (double)bins[bin];
	}
	mn_chart_columns_to(&bars, at, columns, most);
	mn_pane_text(p, p->h - 1, 0, MN_ROLE_DIM, "0");
	mn_pane_fill(p, p->h - 1, 1, columns - 1, MN_ROLE_DIM, "─");
	mn_pane_right(p, p->h - 1, columns, MN_ROLE_DIM, "%.4g", s->to);
}

/* Side by side in one measure, so that what goes is what is missing on the right. */
static void draw_histogram(const mn_pane *p, const mn_plan_step *s)
{
	const int half = (p->w - 3) / 2 < 8 * MN_PLAN_BINS ? (p->w - 3) / 2 : 8 * MN_PLAN_BINS;
	mn_pane left = mn_pane_sub(p, 0, 1, p->h, half);
	mn_pane right = mn_pane_sub(p, 0, p->w / 2 + 1, p->h, half);
	double most = 0;

	for (int i = 0; i < MN_PLAN_BINS; i++) {
		most = (double)s->before[i] > most ? (double)s->before[i] : most;
		most = (double)s->after[i] > most ? (double)s->after[i] : most;
	}
	if (half < MN_PLAN_BINS || most <= 0)
		return;
	draw_bins(&left, s, s->before, "before", most);
	draw_bins(&right, s, s->after, "after", most);
}

/* ---- The plan ------------------------------------------------------------------------------ */

static void draw_progress(
	const mn_pane *p, int y, const mn_task *task, uint64_t from, uint64_t from_took)
{
	mn_job_status st;
	const uint64_t took = mn_task_took(task);
	char n[32], total[32];
	double rate;
	int x = 2;

	mn_task_look(task, &st);
	x = mn_pane_str(p, y, x, 14, MN_ROLE_TITLE, mn_str_of(mn_task_title(task))) + 1;
	if (st.total) {
		const double part = (double)st.done / (double)st.total;

		mn_chart_gauge(p, y, x, BAR, part, MN_ROLE_FRAME_LIVE);
		x = mn_pane_printf(
			p, y, x + BAR + 1, MN_ROLE_NUMBER, "%2.0f %%", floor(part * 100));
	}
	if (st.done)
		x = mn_pane_printf(p, y, x + 2, MN_ROLE_TEXT, st.total ? "%s of %s %s" : "%s %s%s",
			mn_text_count(st.done, n, sizeof(n)),
			st.total ? mn_text_count(st.total, total, sizeof(total)) : "", st.unit);
	if (st.done > from && took > from_took + 100000) {
		rate = (double)(st.done - from) * 1e6 / (double)(took - from_took);
		x = mn_pane_printf(p, y, x + 2, MN_ROLE_DIM, "%s/s",
			mn_text_count((uint64_t)rate, n, sizeof(n)));
		if (st.total > st.done && rate >= 1)
			x = mn_pane_printf(p, y, x + 2, MN_ROLE_DIM, "ETA %s",
				mn_text_span((uint64_t)((double)(st.total - st.done) * 1e6 / rate),
					n, sizeof(n)));
	}
	mn_pane_text(p, y, x + 2, MN_ROLE_KEY, "esc");
	mn_pane_text(p, y, x + 6, MN_ROLE_DIM, "stops");
}

static void plan_title(const mn_upkeep_plan *plan, char *out, size_t room)
{
	const mn_plan_about *a = plan && plan->plan ? mn_plan_look(plan->plan) : NULL;

	if (a)
		snprintf(out, room, "Plan of run %" PRIu64 ": %.*s", a->run, MN_FMT(a->title));
	else if (plan)
		snprintf(out, room, "Report: %.*s", MN_FMT(plan->name));
	else
		snprintf(out, room, "Plan");
}

/* "planned · a applies it" */
static void plan_caption(const mn_upkeep *u, const mn_pane *frame, const mn_upkeep_plan *plan)
{
	const mn_plan_about *a = plan->plan ? mn_plan_look(plan->plan) : NULL;
	const mn_run *r = a ? mn_upkeep_run_of(u, a->run) : NULL;

	if (!a)
		return;
	if (!a->batches)
		mn_pane_caption(frame, true, MN_ROLE_DIM, "nothing is to be done");
	else if (r && r->state != MN_RUN_PLANNED)
		mn_pane_caption(frame, true, MN_ROLE_DIM, "%s", mn_upkeep_state(r));
	else
		mn_pane_caption(frame, true, MN_ROLE_GOOD, "nothing is changed yet · a applies it");
}

/* The step the cursor is at; NULL: it has nothing to draw. */
static const mn_plan_step *step_at(const mn_upkeep *u, const mn_upkeep_plan *plan)
{
	const mn_upkeep_row *row = u->rows.at < plan->nrows ? &plan->rows[u->rows.at] : NULL;
	const mn_plan_about *a = plan->plan ? mn_plan_look(plan->plan) : NULL;

	return row && a && row->step < a->nsteps && a->steps[row->step].of.len
		       ? &a->steps[row->step]
		       : NULL;
}

static void draw_rows(mn_screen *s, const mn_pane *frame, const mn_pane *in)
{
	mn_upkeep *u = s->state;
	const mn_upkeep_plan *plan = mn_upkeep_shown(u);
	const mn_plan_step *step = step_at(u, plan);
	const int tall = in->h >= 30 ? 10 : in->h >= 12 ? 6 : in->h >= 8 ? 4 : 0;
	const bool live = u->focus == MN_ON_PLAN;
	mn_pane part;
	size_t top;

	u->plan_pane = mn_pane_sub(in, 0, 0, in->h - (step ? tall : 0), in->w);
	top = mn_list_show(&u->rows, u->plan_pane.h);
	for (size_t i = top; i < plan->nrows && i < top + (size_t)u->plan_pane.h; i++)
		draw_row(&u->plan_pane, (int)(i - top), plan, &plan->rows[i], mn_tui_now(s->tui),
			live && i == u->rows.at ? MN_SELECTED : 0);
	if (plan->nrows > (size_t)u->plan_pane.h) {
		part = mn_pane_sub(frame, 0, 0, u->plan_pane.h + 2, frame->w);
		mn_list_bar(&u->rows, &part, live);
	}
	if (step && tall) {
		part = mn_pane_sub(in, in->h - tall, 0, tall, in->w);
		draw_histogram(&part, step);
	}
}

static void draw_plan(mn_screen *s, const mn_pane *frame)
{
	mn_upkeep *u = s->state;
	const mn_upkeep_plan *plan = mn_upkeep_shown(u);
	const bool anew = u->plan.running || *u->fault;
	char title[200];
	mn_pane in, text;

	plan_title(anew ? NULL : plan, title, sizeof(title));
	in = mn_pane_frame(frame, title, u->focus == MN_ON_PLAN);
	text = mn_pane_sub(&in, 0, 1, in.h, in.w - 2);
	u->plan_pane = in;
	if (u->plan.running) {
		draw_progress(&in, 0, u->plan.running, 0, 0);
	} else if (*u->fault) {
		mn_pane_wrap(&text, 0, 0, MN_ROLE_BAD, mn_str_of(u->fault));
	} else if (plan) {
		plan_caption(u, frame, plan);
		draw_rows(s, frame, &in);
	} else if (!s->tui->seat) {
		mn_pane_text(&text, 0, 0, MN_ROLE_DIM, "no brain is open: 1 lists them");
	} else {
		mn_pane_wrap(&text, 0, 0, MN_ROLE_DIM,
			MN_STR("n makes a plan: what this script would do to this brain, and what "
			       "recall would lose. Nothing is changed until a applies it, and u "
			       "takes it back."));
	}
}

/* ---- Runs ---------------------------------------------------------------------------------- */

static mn_style state_style(const mn_run *r)
{
	if (r->state == MN_RUN_RUNNING)
		return r->live ? MN_ROLE_NUMBER : MN_ROLE_WARN;
	return r->state == MN_RUN_DONE ? MN_ROLE_GOOD : MN_ROLE_DIM;
}

/* Applied of planned, and how long it took. */
static void draw_count(const mn_pane *p, int y, int x, const mn_run *r, unsigned flag)
{
	char done[32], changes[32], span[32];

	x = mn_pane_printf(p, y, x, MN_ROLE_NUMBER | flag, "%s of %s",
		mn_text_count(r->done, done, sizeof(done)),
		mn_text_count(r->changes, changes, sizeof(changes)));
	if (r->left_alone)
		x = mn_pane_printf(p, y, x, MN_ROLE_WARN | flag, ", %s left alone",
			mn_text_count(r->left_alone, done, sizeof(done)));
	if (r->ended && r->ended >= r->begun)
		x = mn_pane_printf(p, y, x + 2, MN_ROLE_DIM | flag, "%s",
			mn_text_span((uint64_t)(r->ended - r->begun), span, sizeof(span)));
	if (r->freed && r->state == MN_RUN_DONE && p->w >= 96)
		mn_pane_printf(p, y, x + 2, MN_ROLE_DIM | flag, "%s %s",
			r->freed < 0 ? "took" : "freed",
			mn_text_bytes((uint64_t)llabs(r->freed), span, sizeof(span)));
}

static void draw_run(const mn_pane *p, int y, const mn_run *r, mn_time now, unsigned flag)
{
	const int title = p->w >= 96 ? 28 : p->w >= 76 ? 20 : 12;
	const mn_time at = r->begun ? r->begun : r->made;
	char when[32];
	int x = 2;

	mn_pane_fill(p, y, 0, p->w, MN_ROLE_TEXT | flag, " ");
	mn_pane_text(p, y, 0, MN_ROLE_KEY | flag, flag & MN_SELECTED ? "▸" : " ");
	mn_pane_right(p, y, 6, MN_ROLE_DIM | flag, "%" PRIu64, r->run);
	if (p->w >= 76)
		x = mn_pane_text(p, y, 8, MN_ROLE_DIM | flag, mn_format_time(at, when)) + 2;
	else
		x = mn_pane_text(
			    p, y, 8, MN_ROLE_DIM | flag, mn_text_ago(now, at, when, sizeof(when)))
		    + 1;
	x = x < 18 ? 18 : x;
	mn_pane_str(p, y, x, title, MN_ROLE_TITLE | flag, r->title);
	x += title + 1;
	mn_pane_text(p, y, x, state_style(r) | flag, mn_upkeep_state(r));
	draw_count(p, y, x + STATE, r, flag);
}

/* The rate counts from what was done when it was first seen: a run that goes on has a past. */
static void draw_work(mn_upkeep *u, const mn_pane *p)
{
	mn_job_status st;

	mn_task_look(u->work.running, &st);
	if (!u->from && st.done) {
		u->from = st.done;
		u->from_took = mn_task_took(u->work.running);
	}
	draw_progress(p, 0, u->work.running, u->from, u->from_took);
}

static void draw_no_runs(mn_screen *s, const mn_pane *p)
{
	mn_upkeep *u = s->state;
	const mn_upkeep_runs *r = mn_slot_shown(&u->runs);
	mn_pane text = mn_pane_sub(p, 0, 2, p->h, p->w - 4);

	if (r && *r->why)
		mn_pane_wrap(&text, 0, 0, MN_ROLE_BAD, mn_str_of(r->why));
	else if (s->tui->seat && !u->work.running)
		mn_pane_text(&text, 0, 0, MN_ROLE_DIM,
			r ? "nothing was run on this brain yet" : "reading them");
}

static void draw_runs(mn_screen *s, const mn_pane *frame)
{
	mn_upkeep *u = s->state;
	const mn_upkeep_runs *r = mn_slot_shown(&u->runs);
	const bool live = u->focus == MN_ON_RUNS;
	mn_pane in = mn_pane_frame(frame, "Runs", live);
	const int head = u->work.running ? 1 : 0;
	size_t top;

	if (head)
		draw_work(u, &in);
	u->runs_pane = mn_pane_sub(&in, head, 0, in.h - head, in.w);
	top = mn_list_show(&u->run_list, u->runs_pane.h);
	for (size_t i = top; r && i < r->n && i < top + (size_t)u->runs_pane.h; i++)
		draw_run(&u->runs_pane, (int)(i - top), &r->at[i], mn_tui_now(s->tui),
			live && i == u->run_list.at ? MN_SELECTED : 0);
	if (!r || !r->n)
		draw_no_runs(s, &u->runs_pane);
	mn_list_bar(&u->run_list, frame, live);
}

/* ---- The whole ----------------------------------------------------------------------------- */

/* Form above plan where both fit; else what the keys are about. */
static void draw_right(mn_screen *s, const mn_pane *p)
{
	mn_upkeep *u = s->state;
	int form = mn_upkeep_form_height(u, p->w);
	mn_pane part;

	u->form_pane = u->plan_pane = (mn_pane){0};
	if (p->h - form >= PLAN_LEAST) {
		part = mn_pane_sub(p, 0, 0, form, p->w);
		mn_upkeep_form_draw(s, &part);
		part = mn_pane_sub(p, form, 0, p->h - form, p->w);
		draw_plan(s, &part);
	} else if (u->focus == MN_ON_FORM || u->focus == MN_ON_SCRIPTS) {
		mn_upkeep_form_draw(s, p);
	} else {
		draw_plan(s, p);
	}
}

void mn_upkeep_draw(mn_screen *s, const mn_pane *p)
{
	mn_upkeep *u = s->state;
	const int low = p->h >= 40 ? 12 : p->h >= 26 ? 8 : p->h >= 20 ? 6 : 4;
	const bool whole = p->w < NARROW && (u->focus == MN_ON_PLAN || u->focus == MN_ON_RUNS);
	const int side = whole ? 0 : p->w >= WIDE ? 56 : p->w >= NARROW ? 28 : 18;
	mn_pane part = mn_pane_sub(p, 0, 0, p->h - low, side);

	u->scripts_pane = (mn_pane){0};
	if (side)
		draw_scripts(s, &part);
	part = mn_pane_sub(p, 0, side, p->h - low, p->w - side);
	draw_right(s, &part);
	part = mn_pane_sub(p, p->h - low, 0, low, p->w);
	draw_runs(s, &part);
}
