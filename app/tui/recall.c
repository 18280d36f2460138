/* SPDX-License-Identifier: MIT */
/* recall.c - the recall screen: asking, choosing among the answers, playing the spread. */
#include "tui/recall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "printer.h"
#include "tui/acts.h"

enum { FRAME = 40000, PLAY_SECONDS = 4, SPEED_MOST = 3, HISTORY_KEPT = 20 };

/* ---- Asking ------------------------------------------------------------------------------- */

struct asking {
	char question[MN_LINE_MOST + 1];
	mn_asking how;
	mn_replay *run;
};

static void ask_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	struct asking *a = context;
	mn_ask ask = MN_SIZED(mn_ask);

	(void)job;
	ask.text = mn_str_of(a->question);
	ask.depth = a->how.depth;
	ask.kernel = a->how.classic ? MN_STR("classic") : MN_STR("");
	ask.limit = 50;
	ask.want_trace = true;
	ask.learn = a->how.learn;
	mn_replay_make(seat->brain, call, &ask, &a->run);
}

static void ask_drop(void *context)
{
	struct asking *a = context;

	mn_replay_release(a->run);
}

/* Why is made for what the cursor is on. */
static void explain(mn_screen *s)
{
	mn_recall *r = s->state;
	const mn_replay_hit *hit = mn_recall_hit(r);
	int node = r->focus == MN_ON_SPREAD ? mn_spread_node(&r->spread) : -1;
	mn_id id = node >= 0 ? r->run->nodes[node].id : hit ? hit->neuron : 0;
	mn_task *task;
	mn_why_view *v;

	if (!id || id == r->why_of)
		return;
	task = mn_task_new(s->tui, s, &r->why, &mn_why_work);
	if (!task)
		return;
	r->why_of = id;
	v = mn_task_context(task);
	v->run = mn_replay_hold(r->run);
	v->neuron = id;
	mn_task_start(task);
}

static void forget_why(mn_recall *r)
{
	mn_slot_clear(&r->why);
	r->why_of = 0;
}

static void ask_done(mn_screen *s, mn_task *task, int status)
{
	struct asking *a = mn_task_context(task);
	mn_recall *r = s->state;
	char count[64];

	r->failed = status == MN_EIO;
	if (status)
		return;
	mn_replay_release(r->before);
	r->before = r->run;
	r->run = a->run;
	a->run = NULL;
	s->tui->recall_us = r->run->latency_us;
	forget_why(r);
	r->hits = (mn_list){.n = r->run->nhits};
	mn_spread_set(&r->spread, r->run);
	r->spread.at = 0;
	r->playing = true;
	r->played_at = mn_tui_clock(s->tui);
	explain(s);
	mn_tui_note(s->tui, MN_ROLE_DIM, "%s for: %s",
		mn_format_things(r->run->nhits, "memory", count), a->question);
}

static const mn_work ask_work = {
	.title = "recall",
	.size = sizeof(struct asking),
	.run = ask_run,
	.done = ask_done,
	.drop = ask_drop,
};

static void ask(mn_screen *s)
{
	mn_recall *r = s->state;
	mn_task *task;
	struct asking *a;

	if (!s->tui->seat) {
		mn_tui_say(s->tui, MN_ROLE_WARN, "no brain is open: 1 lists them");
		return;
	}
	if (r->query.len == 0)
		return;
	mn_history_add(&r->history, mn_line_get(&r->query));
	task = mn_task_new(s->tui, s, &r->asking, &ask_work);
	if (!task)
		return;
	a = mn_task_context(task);
	snprintf(a->question, sizeof(a->question), "%s", r->query.text);
	a->how = r->how;
	r->focus = MN_ON_HITS;
	mn_task_start(task);
}

/* A question that could not be asked, for want of a connection. */
static void again(mn_screen *s)
{
	mn_recall *r = s->state;

	if (r->failed && s->tui->seat)
		ask(s);
}

void mn_recall_ask(mn_tui *t, mn_str question)
{
	mn_screen *s = mn_tui_goto(t, &mn_screen_recall);
	mn_recall *r = s->state;

	mn_line_set(&r->query, question);
	ask(s);
}

void mn_act_recall(mn_tui *t, const mn_args *args)
{
	mn_str query = mn_args_text(args, "QUERY");

	if (query.len)
		mn_recall_ask(t, query);
}

mn_replay *mn_recall_run(const mn_tui *t, bool before)
{
	for (int i = 0; i < MN_TABS; i++) {
		if (t->tabs[i]->ops == &mn_screen_recall) {
			mn_recall *r = t->tabs[i]->state;

			return before ? r->before : r->run;
		}
	}
	return NULL;
}

const mn_history *mn_recall_asked(const mn_tui *t)
{
	static const mn_history none;

	for (int i = 0; i < MN_TABS; i++)
		if (t->tabs[i]->ops == &mn_screen_recall)
			return &((mn_recall *)t->tabs[i]->state)->history;
	return &none;
}

/* ---- Playing ------------------------------------------------------------------------------ */

static void stop(mn_recall *r)
{
	r->playing = false;
	r->fraction = 0;
}

static void seek(mn_recall *r, uint32_t at)
{
	stop(r);
	if (r->run)
		r->spread.at = at < r->run->nevents ? at : r->run->nevents;
}

/* Events per second: the whole spread in a few seconds, however many events it has. */
static double pace(const mn_recall *r)
{
	double speed = r->speed >= 0 ? 1 << r->speed : 1.0 / (1 << -r->speed);

	return (double)r->run->nevents / PLAY_SECONDS * speed;
}

static mn_time tick(mn_screen *s, mn_time now)
{
	mn_recall *r = s->state;
	double due;

	if (!r->playing || !r->run)
		return 0;
	due = r->fraction + pace(r) * (double)(now - r->played_at) / 1e6;
	r->played_at = now;
	r->fraction = due - (double)(uint32_t)due;
	if (due >= 1) {
		r->spread.at += (uint32_t)due;
		mn_tui_touch(s->tui);
	}
	if (r->spread.at >= r->run->nevents)
		seek(r, r->run->nevents);
	return r->playing ? now + FRAME : 0;
}

/* ---- Operations of the screen ------------------------------------------------------------- */

static void open(mn_screen *s)
{
	mn_recall *r = s->state;

	r->how = (mn_asking){.depth = MN_DEPTH_AUTO, .learn = !s->tui->options.read_only};
	r->query.history = &r->history;
	r->focus = MN_ON_QUERY;
}

static void forget(mn_recall *r)
{
	mn_slot_clear(&r->asking);
	mn_slot_clear(&r->why_not);
	mn_slot_clear(&r->writing);
	forget_why(r);
	mn_replay_release(r->run);
	mn_replay_release(r->before);
	r->run = r->before = NULL;
	mn_spread_set(&r->spread, NULL);
	r->hits = (mn_list){0};
	stop(r);
}

static void close(mn_screen *s)
{
	mn_recall *r = s->state;

	forget(r);
	mn_history_free(&r->history);
}

static void brain(mn_screen *s)
{
	mn_recall *r = s->state;

	if (r->seat == s->tui->seat)
		return;
	r->seat = s->tui->seat;
	r->failed = false;
	forget(r);
	r->focus = r->query.len ? MN_ON_HITS : MN_ON_QUERY;
}

static bool typing(const mn_screen *s)
{
	const mn_recall *r = s->state;

	return r->focus == MN_ON_QUERY;
}

static bool query_key(mn_screen *s, mn_stroke stroke)
{
	mn_recall *r = s->state;

	if (stroke == MN_STROKE_ENTER) {
		ask(s);
		return true;
	}
	if (stroke == MN_STROKE_ESC || stroke == MN_STROKE_TAB) {
		if (mn_tasks_of(s->tui, s) && stroke == MN_STROKE_ESC)
			return false; /* it means the question that is being worked on */
		r->focus = MN_ON_HITS;
		return true;
	}
	return mn_line_key(&r->query, stroke) != MN_LINE_PASSED;
}

static bool key(mn_screen *s, mn_stroke stroke)
{
	mn_recall *r = s->state;
	bool used;

	if (r->focus == MN_ON_QUERY)
		return query_key(s, stroke);
	used = mn_list_key(r->focus == MN_ON_HITS ? &r->hits : &r->spread.list, stroke);
	explain(s);
	return used;
}

static void click(mn_screen *s, const mn_mouse *m)
{
	mn_recall *r = s->state;
	int y = m->y, x = m->x;

	if (mn_pane_has(&r->query_pane, &y, &x)) {
		r->focus = MN_ON_QUERY;
		mn_line_click(&r->query, x);
	} else if (r->run && mn_pane_has(&r->slider_pane, &y, &x)) {
		seek(r, (uint32_t)((double)x / (r->slider_pane.w - 1) * r->run->nevents + .5));
	} else if (r->run && mn_pane_has(&r->spread_pane, &y, &x)) {
		r->focus = MN_ON_SPREAD;
		mn_spread_click(&r->spread, y, x);
	} else if (mn_pane_has(&r->hits_pane, &y, &x)) {
		r->focus = MN_ON_HITS;
		if (mn_list_hit(&r->hits, y) < r->hits.n)
			mn_list_go(&r->hits, mn_list_hit(&r->hits, y));
	}
	explain(s);
}

static void go_there(mn_tui *t, const mn_args *args)
{
	mn_recall *r = mn_tui_state(t, &mn_screen_recall);
	const mn_replay_hit *hit = r ? mn_recall_hit(r) : NULL;
	int node = r && r->focus == MN_ON_SPREAD ? mn_spread_node(&r->spread) : -1;

	(void)args;
	if (node >= 0)
		mn_explorer_show(t, r->run->nodes[node].id);
	else if (hit)
		mn_explorer_show(t, hit->neuron);
}

static void mouse(mn_screen *s, const mn_mouse *m)
{
	mn_recall *r = s->state;
	int y = m->y, x = m->x, by = m->what == MN_MOUSE_WHEEL_UP ? -3 : 3;

	if (m->what == MN_MOUSE_PRESS || m->what == MN_MOUSE_DOUBLE) {
		click(s, m);
		if (m->what == MN_MOUSE_DOUBLE && r->focus != MN_ON_QUERY)
			go_there(s->tui, NULL);
	} else if (mn_pane_has(&r->spread_pane, &y, &x)) {
		r->focus = MN_ON_SPREAD;
		mn_list_move(&r->spread.list, by);
	} else if (mn_pane_has(&r->hits_pane, &y, &x)) {
		r->focus = MN_ON_HITS;
		mn_list_move(&r->hits, by);
	}
	explain(s);
}

static mn_str selection(mn_screen *s)
{
	mn_recall *r = s->state;
	const mn_replay_hit *hit = mn_recall_hit(r);

	return hit ? hit->text : (mn_str){0};
}

static void save(mn_screen *s, void (*put)(void *, const char *, mn_str), void *ctx)
{
	mn_recall *r = s->state;

	put(ctx, "query", mn_line_get(&r->query));
	for (size_t i = r->history.n > HISTORY_KEPT ? r->history.n - HISTORY_KEPT : 0;
		i < r->history.n; i++)
		put(ctx, "asked", mn_str_of(r->history.at[i]));
}

static void load(mn_screen *s, const char *name, mn_str value)
{
	mn_recall *r = s->state;

	if (strcmp(name, "query") == 0) {
		mn_line_set(&r->query, value);
		r->focus = value.len ? MN_ON_HITS : MN_ON_QUERY;
	}
	if (strcmp(name, "asked") == 0)
		mn_history_add(&r->history, value);
}

static const mn_hint typing_hints[] = {{"enter", "ask"}, {"tab", "memories"},
	{"up", "asked before"}, {"esc", "leave"}, {NULL, NULL}};

const mn_screen_ops mn_screen_recall = {
	.name = "recall",
	.title = "Recall",
	.scope = MN_ON_RECALL,
	.size = sizeof(mn_recall),
	.open = open,
	.close = close,
	.brain = brain,
	.again = again,
	.draw = mn_recall_draw,
	.typing = typing,
	.typing_hints = typing_hints,
	.key = key,
	.mouse = mouse,
	.tick = tick,
	.selection = selection,
	.save = save,
	.load = load,
};

/* ---- Actions ------------------------------------------------------------------------------ */

static mn_recall *state(mn_tui *t)
{
	return mn_tui_state(t, &mn_screen_recall);
}

/* The state, if there is a run; says so if not. */
static mn_recall *with_run(mn_tui *t)
{
	mn_recall *r = state(t);

	if (r && r->run)
		return r;
	mn_tui_say(t, MN_ROLE_DIM, "ask something first");
	return NULL;
}

static void edit_query(mn_tui *t, const mn_args *args)
{
	mn_recall *r = state(t);

	(void)args;
	if (r)
		r->focus = MN_ON_QUERY;
}

static void ask_again(mn_tui *t, const mn_args *args)
{
	(void)args;
	if (state(t))
		ask(mn_tui_screen(t));
}

static void switch_pane(mn_tui *t, const mn_args *args)
{
	mn_recall *r = state(t);

	(void)args;
	if (!r)
		return;
	r->focus = r->focus == MN_ON_HITS ? MN_ON_SPREAD : MN_ON_HITS;
	explain(mn_tui_screen(t));
}

static void play(mn_tui *t, const mn_args *args)
{
	mn_recall *r = with_run(t);

	(void)args;
	if (!r)
		return;
	r->playing = !r->playing;
	if (r->playing && r->spread.at == r->run->nevents)
		r->spread.at = 0;
	r->played_at = mn_tui_clock(t);
}

static void step_on(mn_tui *t, const mn_args *args)
{
	mn_recall *r = with_run(t);

	(void)args;
	if (r)
		seek(r, mn_spread_next(&r->spread, true));
}

static void step_back(mn_tui *t, const mn_args *args)
{
	mn_recall *r = with_run(t);

	(void)args;
	if (r)
		seek(r, mn_spread_next(&r->spread, false));
}

/* A fiftieth of the spread at a time. */
static void scrub(mn_tui *t, int direction)
{
	mn_recall *r = with_run(t);
	uint32_t by = r ? r->run->nevents / 50 + 1 : 0;

	if (r && direction < 0)
		seek(r, r->spread.at > by ? r->spread.at - by : 0);
	else if (r)
		seek(r, r->spread.at + by);
}

static void scrub_back(mn_tui *t, const mn_args *args)
{
	(void)args;
	scrub(t, -1);
}

static void scrub_on(mn_tui *t, const mn_args *args)
{
	(void)args;
	scrub(t, 1);
}

static void go_to_start(mn_tui *t, const mn_args *args)
{
	mn_recall *r = with_run(t);

	(void)args;
	if (r)
		seek(r, 0);
}

static void go_to_end(mn_tui *t, const mn_args *args)
{
	mn_recall *r = with_run(t);

	(void)args;
	if (r)
		seek(r, r->run->nevents);
}

static void faster(mn_tui *t, const mn_args *args)
{
	mn_recall *r = state(t);

	(void)args;
	if (r && r->speed < SPEED_MOST)
		r->speed++;
}

static void slower(mn_tui *t, const mn_args *args)
{
	mn_recall *r = state(t);

	(void)args;
	if (r && r->speed > -SPEED_MOST)
		r->speed--;
}

static void first_event(mn_tui *t, const mn_args *args)
{
	mn_recall *r = with_run(t);
	const mn_replay_hit *hit = r ? mn_recall_hit(r) : NULL;
	int node = r && r->focus == MN_ON_SPREAD ? mn_spread_node(&r->spread)
		   : hit                         ? hit->node
						 : -1;

	(void)args;
	if (!r || node < 0)
		return;
	seek(r, r->run->nodes[node].first + 1);
	mn_spread_go(&r->spread, node);
}

static void read_why(mn_tui *t, const mn_args *args)
{
	mn_recall *r = with_run(t);
	const mn_why_view *v = r ? mn_slot_shown(&r->why) : NULL;

	(void)args;
	if (v)
		mn_reader_open(t, "Why", mn_why_text(v, mn_task_call(r->why.shown)));
}

static void ask_why_not(mn_tui *t, mn_str name)
{
	mn_recall *r = with_run(t);
	mn_task *task = r ? mn_task_new(t, mn_tui_screen(t), &r->why_not, &mn_why_not_work) : NULL;
	mn_why_view *v;

	if (!task)
		return;
	v = mn_task_context(task);
	v->run = mn_replay_hold(r->run);
	snprintf(v->label, sizeof(v->label), "%.*s", (int)name.len, name.ptr);
	mn_task_start(task);
}

static void why_not(mn_tui *t, const mn_args *args)
{
	mn_str name = mn_args_text(args, "NAME");

	if (!with_run(t))
		return;
	if (name.len)
		ask_why_not(t, name);
	else
		mn_prompt_open(t, "Why is this not here?", "a memory's title, a word, a name",
			MN_STR(""), ask_why_not);
}

static void compare(mn_tui *t, const mn_args *args)
{
	mn_recall *r = with_run(t);

	(void)args;
	if (r && r->before)
		mn_tui_push(t, &mn_screen_compare);
	else if (r)
		mn_tui_say(t, MN_ROLE_DIM,
			"there is one run only: change the question, d or K, and ask again");
}

static void change_depth(mn_tui *t, const mn_args *args)
{
	mn_recall *r = state(t);

	(void)args;
	if (!r)
		return;
	r->how.depth = r->how.depth == MN_DEPTH_DEEP ? MN_DEPTH_AUTO : r->how.depth + 1;
	if (r->run)
		ask(mn_tui_screen(t));
}

static void change_kernel(mn_tui *t, const mn_args *args)
{
	mn_recall *r = state(t);

	(void)args;
	if (!r)
		return;
	r->how.classic = !r->how.classic;
	if (r->run)
		ask(mn_tui_screen(t));
}

static void change_learning(mn_tui *t, const mn_args *args)
{
	mn_recall *r = state(t);

	(void)args;
	if (!r || (!r->how.learn && mn_tui_refuses(t)))
		return;
	r->how.learn = !r->how.learn;
	mn_tui_say(t, MN_ROLE_TEXT,
		r->how.learn ? "recalls reinforce what they use"
			     : "recalls leave the brain as it is");
}

static const mn_param why_not_params[] = {
	{.name = "NAME", .does = "a memory's title, a word, a name", .type = MN_PARAM_TEXT},
	{0},
};

const mn_action mn_recall_actions[] = {
	{.name = "question",
		.does = "Type a question",
		.scope = MN_ON_RECALL,
		.keys = "/ i",
		.hint = "ask",
		.act = edit_query},
	{.name = "visit",
		.does = "Go to this neuron in the explorer",
		.scope = MN_ON_RECALL,
		.keys = "enter",
		.hint = "open",
		.act = go_there},
	{.name = "play",
		.does = "Play the spread, or stop it",
		.scope = MN_ON_RECALL,
		.keys = "space",
		.hint = "play",
		.act = play},
	{.name = "step",
		.does = "Go to the next event that changes what is seen",
		.scope = MN_ON_RECALL,
		.keys = ".",
		.hint = "step",
		.act = step_on},
	{.name = "step back",
		.does = "Go to the one before",
		.scope = MN_ON_RECALL,
		.keys = ",",
		.act = step_back},
	{.name = "scrub on",
		.does = "Go on by a fiftieth of the spread",
		.scope = MN_ON_RECALL,
		.keys = "right l",
		.act = scrub_on},
	{.name = "scrub back",
		.does = "Go back by a fiftieth of the spread",
		.scope = MN_ON_RECALL,
		.keys = "left h",
		.hint = "scrub",
		.act = scrub_back},
	{.name = "to start",
		.does = "Go to the moment before anything fired",
		.scope = MN_ON_RECALL,
		.keys = "0",
		.act = go_to_start},
	{.name = "to end",
		.does = "Go to the end of the spread",
		.scope = MN_ON_RECALL,
		.keys = "$",
		.act = go_to_end},
	{.name = "faster",
		.does = "Play twice as fast",
		.scope = MN_ON_RECALL,
		.keys = "+ =",
		.act = faster},
	{.name = "slower",
		.does = "Play half as fast",
		.scope = MN_ON_RECALL,
		.keys = "-",
		.act = slower},
	{.name = "first event",
		.does = "Go to the moment this neuron lit up",
		.scope = MN_ON_RECALL,
		.keys = "f",
		.hint = "first",
		.act = first_event},
	{.name = "why",
		.does = "Show every way in which activation came to this neuron",
		.scope = MN_ON_RECALL,
		.keys = "w",
		.hint = "why",
		.act = read_why},
	{.name = "why not",
		.does = "Say why a neuron is not among the answers",
		.scope = MN_ON_RECALL,
		.params = why_not_params,
		.keys = "W",
		.hint = "why not",
		.act = why_not},
	{.name = "compare",
		.does = "Compare the last two runs",
		.scope = MN_ON_RECALL,
		.keys = "c",
		.hint = "compare",
		.act = compare},
	{.name = "memories or spread",
		.does = "Go from the memories to the spread, or back",
		.scope = MN_ON_RECALL,
		.keys = "tab",
		.hint = "pane",
		.act = switch_pane},
	{.name = "depth",
		.does = "Change the depth, and ask again",
		.scope = MN_ON_RECALL,
		.keys = "d",
		.hint = "depth",
		.act = change_depth},
	{.name = "kernel",
		.does = "Change the kernel, and ask again",
		.scope = MN_ON_RECALL,
		.keys = "K",
		.hint = "kernel",
		.act = change_kernel},
	{.name = "again",
		.does = "Ask the same again",
		.scope = MN_ON_RECALL,
		.keys = "ctrl-r f5",
		.act = ask_again},
	{.name = "learning",
		.does = "Have recalls reinforce what they use, or not",
		.scope = MN_ON_RECALL,
		.keys = "L",
		.act = change_learning},
	{0},
};
