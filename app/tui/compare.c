/* SPDX-License-Identifier: MIT */
/* compare.c - two runs side by side: what is the same, what moved, and because of what. */
#include <stdio.h>

#include "base/fail.h"
#include "base/str.h"
#include "printer.h"
#include "tui/list.h"
#include "tui/recall.h"
#include "tui/text.h"

enum { NARROW = 90, TOTAL_ROWS = 4 };

struct comparing {
	mn_replay *a, *b; /* held; a is the earlier */
	mn_trace_diff diff;
	mn_str *names; /* one for each change */
};

struct compare {
	mn_slot slot;
	mn_list list;
	mn_pane pane;
};

/* A memory goes by its title, as everywhere. */
static mn_str name_of(const struct comparing *c, const mn_trace_change *change)
{
	const mn_replay *const runs[] = {c->a, c->b};

	for (int k = 0; k < 2; k++)
		for (size_t i = 0; i < runs[k]->nhits; i++)
			if (mn_str_eq(runs[k]->hits[i].uid, change->uid))
				return mn_str_of(runs[k]->hits[i].label);
	return change->text.len ? change->text : change->uid;
}

static void compare_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct comparing *c = context;
	const mn_trace *a = mn_replay_lock(c->a), *b;

	(void)seat;
	(void)job;
	b = mn_replay_lock(c->b);
	if (mn_trace_compare(a, b, call, &c->diff) == MN_OK)
		c->names = mn_call_array(call, c->diff.n, sizeof(*c->names));
	for (size_t i = 0; c->names && i < c->diff.n; i++)
		c->names[i] = name_of(c, &c->diff.at[i]);
	mn_replay_unlock(c->b);
	mn_replay_unlock(c->a);
}

static void compare_done(mn_screen *s, mn_task *task, int status)
{
	struct comparing *c = mn_task_context(task);
	struct compare *p = s->state;

	if (status == MN_OK)
		mn_list_resize(&p->list, c->diff.n);
}

static void compare_drop(void *context)
{
	struct comparing *c = context;

	mn_replay_release(c->a);
	mn_replay_release(c->b);
}

static const mn_work compare_work = {
	.title = "compare",
	.size = sizeof(struct comparing),
	.run = compare_run,
	.done = compare_done,
	.drop = compare_drop,
};

static void open(mn_screen *s)
{
	struct compare *p = s->state;
	mn_replay *a = mn_recall_run(s->tui, true), *b = mn_recall_run(s->tui, false);
	mn_task *task = a && b ? mn_task_new(s->tui, s, &p->slot, &compare_work) : NULL;
	struct comparing *c;

	if (!task)
		return;
	c = mn_task_context(task);
	c->a = mn_replay_hold(a);
	c->b = mn_replay_hold(b);
	mn_task_start(task);
}

static void close(mn_screen *s)
{
	struct compare *p = s->state;

	mn_slot_clear(&p->slot);
}

/* ---- Drawing ------------------------------------------------------------------------------ */

static void draw_rank(const mn_pane *p, int y, int end, int32_t rank, double level, unsigned flag)
{
	char n[16];

	mn_pane_right(p, y, end, mn_theme_heat(level) | flag, "%s",
		level > 0 ? mn_text_weight(level, n, sizeof(n)) : "·");
	if (rank)
		mn_pane_right(p, y, end - 6, MN_ROLE_TEXT | flag, "%d", rank);
	else
		mn_pane_text(p, y, end - 7, MN_ROLE_DIM | flag, "–");
}

/* "▲ 6", "▼ 3", "new", "gone", "=" */
static void draw_move(const mn_pane *p, int y, int x, const mn_trace_change *c, unsigned flag)
{
	int by = c->rank_a - c->rank_b;

	if (c->rank_a && c->rank_b && by)
		mn_pane_printf(p, y, x, (by > 0 ? MN_ROLE_GOOD : MN_ROLE_BAD) | flag, "%s %d",
			by > 0 ? "▲" : "▼", by > 0 ? by : -by);
	else if (c->rank_a && c->rank_b)
		mn_pane_text(p, y, x, MN_ROLE_DIM | flag, "=");
	else if (c->rank_b)
		mn_pane_text(p, y, x, MN_ROLE_GOOD | flag, "in");
	else if (c->rank_a)
		mn_pane_text(p, y, x, MN_ROLE_BAD | flag, "out");
}

/* Columns: name | rank and level of A | of B | moved, because. */
static int name_columns(const mn_pane *p)
{
	return p->w >= NARROW ? p->w * 2 / 5 : p->w - 36;
}

static void draw_row(const mn_pane *p, int y, const struct comparing *all, size_t i, bool live)
{
	const mn_trace_change *c = &all->diff.at[i];
	unsigned flag = live ? MN_SELECTED : 0;
	int x = name_columns(p);

	mn_pane_fill(p, y, 0, p->w, MN_ROLE_TEXT | flag, " ");
	mn_pane_text(p, y, 0, MN_ROLE_KEY | flag, live ? "▸" : " ");
	mn_pane_str(p, y, 2, x - 3, MN_ROLE_TITLE | flag, all->names[i]);
	draw_rank(p, y, x + 12, c->rank_a, c->a, flag);
	draw_rank(p, y, x + 25, c->rank_b, c->b, flag);
	draw_move(p, y, x + 28, c, flag);
	mn_pane_str(p, y, x + 35, p->w - x - 36, MN_ROLE_DIM | flag, c->because);
}

static void draw_heads(const mn_pane *p)
{
	int x = name_columns(p);

	mn_pane_text(p, 0, 2, MN_ROLE_DIM, "neuron");
	mn_pane_right(p, 0, x + 12, MN_ROLE_DIM, "A rank level");
	mn_pane_right(p, 0, x + 25, MN_ROLE_DIM, "B rank level");
	mn_pane_text(p, 0, x + 28, MN_ROLE_DIM, "moved");
	mn_pane_text(p, 0, x + 35, MN_ROLE_DIM, "because");
}

static void draw_side(const mn_pane *p, int y, const char *name, const mn_replay *r)
{
	char activated[64], examined[64], took[32];
	int x = mn_pane_printf(p, y, 1, MN_ROLE_KEY, "%s ", name);

	x = mn_pane_printf(p, y, x, MN_ROLE_NUMBER, "depth %d · %.*s", r->depth, MN_FMT(r->kernel));
	x = mn_pane_printf(p, y, x, MN_ROLE_TEXT, " · %s · %s · %s · ",
		mn_format_things(r->activated, "neuron", activated),
		mn_format_things(r->examined, "synapse", examined),
		mn_text_span(r->latency_us, took, sizeof(took)));
	mn_pane_str(p, y, x, p->w - x - 1, MN_ROLE_TITLE, r->question);
}

static void draw_totals(const mn_pane *frame, const struct comparing *c)
{
	mn_pane p = mn_pane_frame(frame, "Runs", false);

	draw_side(&p, 0, "A", c->a);
	draw_side(&p, 1, "B", c->b);
	mn_pane_caption(frame, true, MN_ROLE_DIM, "neurons in both %zu · only A %zu · only B %zu",
		c->diff.both, c->diff.only_a, c->diff.only_b);
}

static void draw(mn_screen *s, const mn_pane *pane)
{
	struct compare *p = s->state;
	const struct comparing *c = mn_slot_shown(&p->slot);
	mn_pane upper = mn_pane_sub(pane, 0, 0, TOTAL_ROWS, pane->w);
	mn_pane lower = mn_pane_sub(pane, TOTAL_ROWS, 0, pane->h - TOTAL_ROWS, pane->w);
	mn_pane in = mn_pane_frame(&lower, "What changed, the most first", true);
	size_t top;

	if (!c) {
		mn_pane_text(&in, 0, 1, MN_ROLE_DIM, "comparing");
		return;
	}
	draw_totals(&upper, c);
	draw_heads(&in);
	p->pane = mn_pane_sub(&in, 1, 0, in.h - 1, in.w);
	top = mn_list_show(&p->list, p->pane.h);
	for (size_t i = top; i < p->list.n && i < top + (size_t)p->pane.h; i++)
		draw_row(&p->pane, (int)(i - top), c, i, i == p->list.at);
	if (p->list.n == 0)
		mn_pane_text(&p->pane, 0, 2, MN_ROLE_DIM, "nothing: both runs are the same");
	mn_list_bar(&p->list, &lower, true);
}

static bool key(mn_screen *s, mn_stroke stroke)
{
	struct compare *p = s->state;

	return mn_list_key(&p->list, stroke);
}

static void mouse(mn_screen *s, const mn_mouse *m)
{
	struct compare *p = s->state;
	int y = m->y, x = m->x;

	if (m->what == MN_MOUSE_WHEEL_UP || m->what == MN_MOUSE_WHEEL_DOWN)
		mn_list_move(&p->list, m->what == MN_MOUSE_WHEEL_UP ? -3 : 3);
	else if (mn_pane_has(&p->pane, &y, &x) && mn_list_hit(&p->list, y) < p->list.n)
		mn_list_go(&p->list, mn_list_hit(&p->list, y));
}

static const mn_trace_change *change_at(const struct compare *p)
{
	const struct comparing *c = mn_slot_shown(&p->slot);

	return c && p->list.at < c->diff.n ? &c->diff.at[p->list.at] : NULL;
}

static mn_str selection(mn_screen *s)
{
	const mn_trace_change *c = change_at(s->state);

	return c ? c->text : (mn_str){0};
}

static void leave(mn_tui *t, const mn_args *args)
{
	(void)args;
	if (mn_tui_state(t, &mn_screen_compare))
		mn_tui_pop(t);
}

static void read_change(mn_tui *t, const mn_args *args)
{
	struct compare *p = mn_tui_state(t, &mn_screen_compare);
	const mn_trace_change *c = p ? change_at(p) : NULL;
	char text[4096];

	(void)args;
	if (!c)
		return;
	snprintf(text, sizeof(text),
		"%.*s\n\nA: rank %d, level %.4g\nB: rank %d, level %.4g\n\n%.*s",
		(int)(c->text.len < 2000 ? c->text.len : 2000), c->text.ptr, c->rank_a, c->a,
		c->rank_b, c->b, (int)(c->because.len < 1000 ? c->because.len : 1000),
		c->because.ptr);
	mn_reader_open(t, "What changed", mn_str_of(text));
}

const mn_screen_ops mn_screen_compare = {
	.name = "compare",
	.title = "Compare",
	.scope = MN_ON_COMPARE,
	.size = sizeof(struct compare),
	.open = open,
	.close = close,
	.draw = draw,
	.key = key,
	.mouse = mouse,
	.selection = selection,
};

const mn_action mn_compare_actions[] = {
	{.name = "leave",
		.does = "Go back to the recall screen",
		.scope = MN_ON_COMPARE,
		.keys = "c backspace b left h",
		.hint = "back",
		.act = leave},
	{.name = "read change",
		.does = "Show this change in full",
		.scope = MN_ON_COMPARE,
		.keys = "enter",
		.hint = "read",
		.act = read_change},
	{0},
};
