/* SPDX-License-Identifier: MIT */
/* upkeep.c - the maintenance screen: where the keys go, and what can be done. */
#include "tui/upkeep.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "tui/acts.h"

enum { RUNS_EVERY = 2000000, STEP = 200000, PANES = 4 };

/* ---- Operations of the screen -------------------------------------------------------------- */

static void show(mn_screen *s)
{
	mn_upkeep *u = s->state;

	if (!mn_slot_shown(&u->scripts) && !u->scripts.running)
		mn_upkeep_load(s);
	mn_upkeep_list_runs(s);
}

/* What runs goes on: it holds on to its brain. */
static void brain(mn_screen *s)
{
	mn_upkeep *u = s->state;

	mn_slot_clear(&u->plan);
	mn_slot_clear(&u->runs);
	u->rows = u->run_list = (mn_list){0};
	u->fault[0] = '\0';
	if (u->focus == MN_ON_PLAN || u->focus == MN_ON_RUNS)
		u->focus = MN_ON_SCRIPTS;
	if (mn_tui_screen(s->tui) == s)
		show(s);
}

static void finish(mn_screen *s)
{
	mn_upkeep *u = s->state;

	mn_slot_clear(&u->scripts);
	mn_slot_clear(&u->plan);
	mn_slot_clear(&u->runs);
	mn_slot_clear(&u->work);
	mn_slot_clear(&u->told);
	mn_upkeep_values_free(u);
}

/* Runs of other processes are seen as well; and what moves is drawn as it moves. */
static mn_time tick(mn_screen *s, mn_time now)
{
	mn_upkeep *u = s->state;

	if (!mn_slot_shown(&u->scripts) && !u->scripts.running && !u->scripts_asked)
		mn_upkeep_load(s);
	if (now >= u->runs_due) {
		u->runs_due = now + RUNS_EVERY;
		if (!u->runs.running)
			mn_upkeep_list_runs(s);
	}
	if (!u->work.running && !u->plan.running)
		return u->runs_due;
	mn_tui_touch(s->tui);
	return now + STEP;
}

static bool typing(const mn_screen *s)
{
	return ((const mn_upkeep *)s->state)->editing;
}

static bool key(mn_screen *s, mn_stroke stroke)
{
	mn_upkeep *u = s->state;
	const bool left = stroke == 'h' || stroke == (KEY_LEFT | MN_STROKE_CODE);
	const bool right = stroke == 'l' || stroke == (KEY_RIGHT | MN_STROKE_CODE);
	const size_t was = u->script_list.at;
	bool used;

	if (u->editing)
		return mn_upkeep_edit_key(s, stroke);
	switch (u->focus) {
	case MN_ON_FORM:
		if (left || right)
			mn_upkeep_step(s, left ? -1 : 1);
		return left || right || mn_list_key(&u->params, stroke);
	case MN_ON_PLAN: return mn_list_key(&u->rows, stroke);
	case MN_ON_RUNS: return mn_list_key(&u->run_list, stroke);
	default: break;
	}
	used = mn_list_key(&u->script_list, stroke);
	if (u->script_list.at != was) {
		u->params = (mn_list){0};
		u->wrong[0] = '\0';
	}
	return used;
}

/* ---- The mouse ----------------------------------------------------------------------------- */

/* The pane that holds this place of the window; -1: none. */
static int pane_at(const mn_upkeep *u, int *y, int *x)
{
	const mn_pane *const panes[PANES] = {
		&u->scripts_pane, &u->form_pane, &u->plan_pane, &u->runs_pane};

	for (int i = 0; i < PANES; i++)
		if (mn_pane_has(panes[i], y, x))
			return i;
	return -1;
}

static mn_list *list_of(mn_upkeep *u, int pane)
{
	mn_list *const lists[PANES] = {&u->script_list, &u->params, &u->rows, &u->run_list};

	return lists[pane];
}

static void enter(mn_tui *t, const mn_args *args);

static void mouse(mn_screen *s, const mn_mouse *m)
{
	mn_upkeep *u = s->state;
	int y = m->y, x = m->x, pane = pane_at(u, &y, &x);
	size_t hit;

	if (pane < 0 || u->editing)
		return;
	if (m->what == MN_MOUSE_WHEEL_UP || m->what == MN_MOUSE_WHEEL_DOWN) {
		mn_list_move(list_of(u, pane), m->what == MN_MOUSE_WHEEL_UP ? -3 : 3);
		return;
	}
	u->focus = pane;
	if (pane == MN_ON_SCRIPTS && u->script_rows > 1)
		y /= u->script_rows;
	hit = mn_list_hit(list_of(u, pane), y);
	if (hit < list_of(u, pane)->n)
		mn_list_go(list_of(u, pane), hit);
	if (m->what == MN_MOUSE_DOUBLE)
		enter(s->tui, NULL);
}

static mn_str selection(mn_screen *s)
{
	const mn_upkeep *u = s->state;
	const mn_upkeep_script *script = mn_upkeep_script_at(u);
	const mn_upkeep_plan *plan = mn_upkeep_shown(u);
	const mn_script_param *param = mn_upkeep_param_at(u);
	const mn_run *run = mn_upkeep_run_at(u);
	mn_str typed;

	switch (u->focus) {
	case MN_ON_FORM:
		typed = param ? mn_upkeep_value_of(u, script->name, param->name) : (mn_str){0};
		return typed.ptr || !param ? typed : param->initial;
	case MN_ON_PLAN:
		return plan && u->rows.at < plan->nrows
			       ? mn_upkeep_row_text(plan, &plan->rows[u->rows.at])
			       : (mn_str){0};
	case MN_ON_RUNS: return run ? run->title : (mn_str){0};
	default: return script ? script->name : (mn_str){0};
	}
}

static void save(mn_screen *s, void (*put)(void *, const char *, mn_str), void *ctx)
{
	const mn_upkeep *u = s->state;
	const mn_upkeep_script *at = mn_upkeep_script_at(u);

	put(ctx, "script", at ? at->name : mn_str_of(u->chosen));
}

static void restore(mn_screen *s, const char *name, mn_str value)
{
	mn_upkeep *u = s->state;

	if (strcmp(name, "script") == 0)
		snprintf(u->chosen, sizeof(u->chosen), "%.*s", (int)value.len, value.ptr);
}

static const mn_hint typing_hints[] = {
	{"enter", "keep it"}, {"ctrl-u", "empty"}, {"esc", "as it was"}, {0}};

const mn_screen_ops mn_screen_upkeep = {
	.name = "maintenance",
	.title = "Maintain",
	.scope = MN_ON_UPKEEP,
	.size = sizeof(mn_upkeep),
	.close = finish,
	.show = show,
	.brain = brain,
	.changed = mn_upkeep_list_runs,
	.draw = mn_upkeep_draw,
	.typing = typing,
	.typing_hints = typing_hints,
	.key = key,
	.mouse = mouse,
	.selection = selection,
	.tick = tick,
	.save = save,
	.load = restore,
};

/* ---- Actions ------------------------------------------------------------------------------- */

static void enter(mn_tui *t, const mn_args *args)
{
	mn_upkeep *u = mn_tui_state(t, &mn_screen_upkeep);
	mn_screen *s = mn_tui_screen(t);
	const mn_run *run = u ? mn_upkeep_run_at(u) : NULL;

	(void)args;
	if (!u)
		return;
	if (u->focus == MN_ON_FORM)
		mn_upkeep_edit(s);
	else if (u->focus == MN_ON_PLAN)
		mn_upkeep_read_row(s);
	else if (u->focus == MN_ON_RUNS && run)
		mn_upkeep_open_run(s, run->run);
	else if (u->focus == MN_ON_SCRIPTS)
		mn_upkeep_dry_run(s);
}

static void go_pane(mn_tui *t, int by)
{
	mn_upkeep *u = mn_tui_state(t, &mn_screen_upkeep);
	const mn_upkeep_script *s = u ? mn_upkeep_script_at(u) : NULL;

	if (!u)
		return;
	u->wrong[0] = '\0';
	do
		u->focus = (unsigned)(u->focus + PANES + by) % PANES;
	while (u->focus == MN_ON_FORM && (!s || !s->head || !s->head->nparams));
}

static void next_pane(mn_tui *t, const mn_args *args)
{
	(void)args;
	go_pane(t, 1);
}

static void pane_before(mn_tui *t, const mn_args *args)
{
	(void)args;
	go_pane(t, -1);
}

static void dry_run(mn_tui *t, const mn_args *args)
{
	(void)args;
	if (mn_tui_state(t, &mn_screen_upkeep))
		mn_upkeep_dry_run(mn_tui_screen(t));
}

static void apply(mn_tui *t, const mn_args *args)
{
	(void)args;
	if (mn_tui_state(t, &mn_screen_upkeep))
		mn_upkeep_apply(mn_tui_screen(t));
}

/* The run the keys are about: the one under the cursor, in the list. */
static uint64_t run_meant(const mn_upkeep *u, int state)
{
	const mn_run *run = u->focus == MN_ON_RUNS ? mn_upkeep_run_at(u) : NULL;

	return run && (state < 0 || run->state == state) ? run->run : 0;
}

static void take_back(mn_tui *t, const mn_args *args)
{
	mn_upkeep *u = mn_tui_state(t, &mn_screen_upkeep);

	(void)args;
	if (u)
		mn_upkeep_take_back(mn_tui_screen(t), run_meant(u, -1), false);
}

static void resume(mn_tui *t, const mn_args *args)
{
	mn_upkeep *u = mn_tui_state(t, &mn_screen_upkeep);

	(void)args;
	if (u)
		mn_upkeep_resume(mn_tui_screen(t), run_meant(u, MN_RUN_RUNNING));
}

static void save_as_cron(mn_tui *t, const mn_args *args)
{
	(void)args;
	if (mn_tui_state(t, &mn_screen_upkeep))
		mn_upkeep_cron(mn_tui_screen(t));
}

static void reset_value(mn_tui *t, const mn_args *args)
{
	mn_upkeep *u = mn_tui_state(t, &mn_screen_upkeep);

	(void)args;
	if (u && u->focus == MN_ON_FORM)
		mn_upkeep_reset(mn_tui_screen(t));
}

static void read_again(mn_tui *t, const mn_args *args)
{
	(void)args;
	if (!mn_tui_state(t, &mn_screen_upkeep))
		return;
	mn_upkeep_load(mn_tui_screen(t));
	mn_upkeep_list_runs(mn_tui_screen(t));
}

/* ---- run and undo, from the palette -------------------------------------------------------- */

/* "--set below=0.1", each; how many. */
static size_t values_of(const mn_args *args, mn_script_value out[MN_UPKEEP_GIVEN])
{
	const mn_arg *a;
	size_t n = 0;

	while (n < MN_UPKEEP_GIVEN && (a = mn_args_nth(args, "--set", n))) {
		const char *equals = memchr(a->text.ptr, '=', a->text.len);
		const size_t name = equals ? (size_t)(equals - a->text.ptr) : a->text.len;

		out[n++] = (mn_script_value){
			mn_str_sub(a->text, 0, name), mn_str_sub(a->text, name + 1, a->text.len)};
	}
	return n;
}

static const mn_upkeep_script *go_script(mn_upkeep *u, mn_str name)
{
	const mn_upkeep_list *l = mn_slot_shown(&u->scripts);

	for (size_t i = 0; l && i < l->n; i++)
		if (mn_str_eq(l->at[i].name, name)) {
			mn_list_go(&u->script_list, i);
			u->params = (mn_list){0};
			return &l->at[i];
		}
	return NULL;
}

/* What was said goes into the form, and the form is planned. One that is in no list yet, or a file,
 * is planned with what was said alone. */
static void run_script(mn_screen *s, mn_str name, const mn_args *args)
{
	mn_upkeep *u = s->state;
	mn_script_value values[MN_UPKEEP_GIVEN];
	const size_t n = values_of(args, values);
	const mn_upkeep_script *script = go_script(u, name);

	if (!script) {
		for (size_t i = 0; !mn_slot_shown(&u->scripts) && i < n; i++)
			mn_upkeep_value_set(u, name, values[i].name, values[i].text);
		snprintf(u->chosen, sizeof(u->chosen), "%.*s", (int)name.len, name.ptr);
		mn_upkeep_dry_run_of(s, name, MN_STR(""), values, n);
		return;
	}
	for (size_t i = 0; script->head && i < n; i++)
		if (!mn_upkeep_value_take(s, script, values[i].name, values[i].text)) {
			u->focus = MN_ON_FORM;
			mn_tui_say(s->tui, MN_ROLE_BAD, "%s", u->wrong);
			return;
		}
	mn_upkeep_dry_run(s);
}

void mn_act_run(mn_tui *t, const mn_args *args)
{
	const mn_str name = mn_args_text(args, "SCRIPT"), steps = mn_args_text(args, "--steps");
	mn_screen *s;

	if (mn_args_has(args, "--output") || mn_args_has(args, "--questions")) {
		mn_tui_say(t, MN_ROLE_WARN,
			"here a report is shown, and the questions are those you asked: leave "
			"--output and --questions out");
		return;
	}
	s = mn_tui_goto(t, &mn_screen_upkeep);
	if (mn_args_has(args, "--resume"))
		mn_upkeep_resume(s, (uint64_t)mn_args_count(args, "--resume"));
	else if (steps.len)
		mn_upkeep_dry_run_of(s, MN_STR(""), steps, NULL, 0);
	else if (name.len)
		run_script(s, name, args);
}

void mn_act_undo(mn_tui *t, const mn_args *args)
{
	mn_screen *s = mn_tui_goto(t, &mn_screen_upkeep);

	if (mn_args_has(args, "--list"))
		((mn_upkeep *)s->state)->focus = MN_ON_RUNS;
	else
		mn_upkeep_take_back(
			s, (uint64_t)mn_args_count(args, "RUN"), mn_args_has(args, "--rest"));
}

const mn_action mn_upkeep_actions[] = {
	{.name = "dry run",
		.does = "Make a plan of what this script would do; nothing is changed",
		.scope = MN_ON_UPKEEP,
		.keys = "n",
		.hint = "dry run",
		.act = dry_run},
	{.name = "apply plan",
		.does = "Do what the plan says",
		.scope = MN_ON_UPKEEP,
		.keys = "a",
		.hint = "apply",
		.act = apply},
	{.name = "enter",
		.does = "Dry-run this script, change this value, read this row, open this run",
		.scope = MN_ON_UPKEEP,
		.keys = "enter space",
		.hint = "open",
		.act = enter},
	{.name = "next pane",
		.does = "Go from scripts to values, plan and runs",
		.scope = MN_ON_UPKEEP,
		.keys = "tab",
		.hint = "pane",
		.act = next_pane},
	{.name = "pane before",
		.does = "Go to the pane before",
		.scope = MN_ON_UPKEEP,
		.keys = "shift-tab",
		.act = pane_before},
	{.name = "take back",
		.does = "Take this run back, or the last one that is done",
		.scope = MN_ON_UPKEEP,
		.keys = "u",
		.hint = "undo",
		.act = take_back},
	{.name = "resume run",
		.does = "Go on with a run that was interrupted",
		.scope = MN_ON_UPKEEP,
		.keys = "r",
		.hint = "resume",
		.act = resume},
	{.name = "save as cron",
		.does = "Show the line that has cron run this script every night",
		.scope = MN_ON_UPKEEP,
		.keys = "c",
		.hint = "cron",
		.act = save_as_cron},
	{.name = "default value",
		.does = "Give this value its default back",
		.scope = MN_ON_UPKEEP,
		.keys = "backspace delete",
		.act = reset_value},
	{.name = "read scripts",
		.does = "Read scripts and runs anew",
		.scope = MN_ON_UPKEEP,
		.keys = "ctrl-r f5",
		.act = read_again},
	{0},
};
