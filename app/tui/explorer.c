/* SPDX-License-Identifier: MIT */
/* explorer.c - neurons by filter, one of them in detail, and walking along its synapses. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "tui/desk.h"
#include "tui/look.h"
#include "tui/neurons.h"
#include "tui/recall.h"
#include "tui/text.h"

enum { TRAIL_MOST = 200, MARKS_MOST = 100, EGO_LEAST = 22, EGO_ROWS = 11 };
enum { ON_FILTER, ON_LIST, ON_EDGES };

struct place {
	mn_id id;
	char label[MN_LOOK_LABEL];
};

struct explorer {
	mn_neurons neurons;
	mn_line filter;
	mn_history history;
	int focus;
	mn_slot look;
	mn_id here; /* the neuron in detail; 0: none */
	mn_list edges;
	struct place back[TRAIL_MOST], forward[TRAIL_MOST], marks[MARKS_MOST];
	size_t nback, nforward, nmarks;
	mn_pane filter_pane, list_pane, edges_pane;
	mn_seat *seat; /* the brain that is shown; only compared */
};

/* ---- Where one is ------------------------------------------------------------------------- */

static const mn_look *looked(const struct explorer *e)
{
	const mn_look *l = mn_slot_shown(&e->look);

	return l && l->found ? l : NULL;
}

static void look_at(mn_screen *s, mn_id id)
{
	struct explorer *e = s->state;
	mn_task *task;

	if (!id || id == e->here)
		return;
	task = s->tui->seat ? mn_task_new(s->tui, s, &e->look, &mn_look_work) : NULL;
	if (!task)
		return;
	e->here = id;
	e->edges = (mn_list){0};
	((mn_look *)mn_task_context(task))->id = id;
	mn_task_start(task);
}

/* The detail follows the list's cursor. */
static void follow(mn_screen *s)
{
	struct explorer *e = s->state;
	const mn_neuron_line *line = mn_neurons_at(&e->neurons, e->neurons.list.at);

	mn_neurons_settle(&e->neurons);
	if (line)
		look_at(s, line->id);
}

static void push_place(struct place *stack, size_t *n, const mn_look *l)
{
	if (!l)
		return;
	if (*n == TRAIL_MOST)
		memmove(stack, stack + 1, --*n * sizeof(*stack));
	stack[*n].id = l->id;
	snprintf(stack[*n].label, MN_LOOK_LABEL, "%s", l->label);
	++*n;
}

static void walk_to(mn_screen *s, mn_id id)
{
	struct explorer *e = s->state;

	if (!id || id == e->here)
		return;
	push_place(e->back, &e->nback, looked(e));
	e->nforward = 0;
	look_at(s, id);
	e->focus = ON_EDGES;
}

void mn_explorer_show(mn_tui *t, mn_id id)
{
	mn_screen *s = mn_tui_goto(t, &mn_screen_explorer);

	walk_to(s, id);
}

static void ask(mn_screen *s)
{
	struct explorer *e = s->state;

	mn_neurons_ask(&e->neurons, mn_line_get(&e->filter));
}

/* ---- Operations of the screen ------------------------------------------------------------- */

static void open(mn_screen *s)
{
	struct explorer *e = s->state;

	e->neurons.screen = s;
	e->filter.history = &e->history;
	e->focus = ON_LIST;
}

static void close(mn_screen *s)
{
	struct explorer *e = s->state;

	mn_neurons_clear(&e->neurons);
	mn_slot_clear(&e->look);
	mn_history_free(&e->history);
}

static void brain(mn_screen *s)
{
	struct explorer *e = s->state;

	if (e->seat == s->tui->seat)
		return;
	e->seat = s->tui->seat;
	mn_neurons_clear(&e->neurons);
	mn_slot_clear(&e->look);
	e->here = 0;
	e->nback = e->nforward = e->nmarks = 0;
	e->edges = (mn_list){0};
	if (e->seat)
		ask(s);
}

static void changed(mn_screen *s)
{
	struct explorer *e = s->state;

	e->here = 0; /* read it anew */
	if (e->seat)
		ask(s);
}

static bool typing(const mn_screen *s)
{
	const struct explorer *e = s->state;

	return e->focus == ON_FILTER;
}

static bool filter_key(mn_screen *s, mn_stroke stroke)
{
	struct explorer *e = s->state;
	int did;

	if (stroke == MN_STROKE_ENTER || stroke == MN_STROKE_ESC
		|| stroke == (KEY_DOWN | MN_STROKE_CODE)) {
		mn_history_add(&e->history, mn_line_get(&e->filter));
		if (stroke == MN_STROKE_ESC && e->filter.len) {
			mn_line_set(&e->filter, MN_STR(""));
			ask(s);
		}
		e->focus = ON_LIST;
		follow(s);
		return true;
	}
	did = mn_line_key(&e->filter, stroke);
	if (did == MN_LINE_CHANGED)
		ask(s);
	return did != MN_LINE_PASSED;
}

static bool key(mn_screen *s, mn_stroke stroke)
{
	struct explorer *e = s->state;

	if (e->focus == ON_FILTER)
		return filter_key(s, stroke);
	if (e->focus == ON_EDGES)
		return mn_list_key(&e->edges, stroke);
	if (!mn_list_key(&e->neurons.list, stroke))
		return false;
	follow(s);
	return true;
}

/* A first answer puts its first neuron into the detail, and whatever else comes in moves nothing
 * that the person has chosen. */
static mn_time tick(mn_screen *s, mn_time now)
{
	struct explorer *e = s->state;
	const mn_look *l = looked(e);

	(void)now;
	if (e->focus != ON_EDGES && e->neurons.shown == e->neurons.asked) {
		if (e->neurons.list.n == 0 && e->here) {
			mn_slot_clear(&e->look);
			e->here = 0;
			mn_tui_touch(s->tui);
		}
		follow(s);
	}
	if (l && l->id == e->here)
		mn_list_resize(&e->edges, l->n);
	return 0;
}

static void wheel(mn_screen *s, const mn_mouse *m, int by)
{
	struct explorer *e = s->state;
	int y = m->y, x = m->x;

	if (mn_pane_has(&e->edges_pane, &y, &x)) {
		mn_list_move(&e->edges, by);
	} else if (mn_pane_has(&e->list_pane, &y, &x)) {
		mn_list_move(&e->neurons.list, by);
		e->focus = ON_LIST;
		follow(s);
	}
}

static void click_edge(mn_screen *s, int y, bool twice)
{
	struct explorer *e = s->state;
	const mn_look *l = looked(e);
	size_t hit = mn_list_hit(&e->edges, y);

	if (hit == e->edges.n || !l)
		return;
	e->focus = ON_EDGES;
	mn_list_go(&e->edges, hit);
	if (twice)
		walk_to(s, l->edges[hit].far);
}

static void mouse(mn_screen *s, const mn_mouse *m)
{
	struct explorer *e = s->state;
	int y = m->y, x = m->x;
	size_t hit;

	if (m->what == MN_MOUSE_WHEEL_UP || m->what == MN_MOUSE_WHEEL_DOWN) {
		wheel(s, m, m->what == MN_MOUSE_WHEEL_UP ? -3 : 3);
	} else if (mn_pane_has(&e->filter_pane, &y, &x)) {
		e->focus = ON_FILTER;
		mn_line_click(&e->filter, x - 2);
	} else if (mn_pane_has(&e->edges_pane, &y, &x)) {
		click_edge(s, y, m->what == MN_MOUSE_DOUBLE);
	} else if (mn_pane_has(&e->list_pane, &y, &x)) {
		hit = mn_list_hit(&e->neurons.list, y);
		e->focus = m->what == MN_MOUSE_DOUBLE ? ON_EDGES : ON_LIST;
		if (hit < e->neurons.list.n)
			mn_list_go(&e->neurons.list, hit);
		follow(s);
	}
}

static mn_str selection(mn_screen *s)
{
	struct explorer *e = s->state;
	const mn_look *l = looked(e);

	return l ? l->row.text : (mn_str){0};
}

static void save(mn_screen *s, void (*put)(void *, const char *, mn_str), void *ctx)
{
	struct explorer *e = s->state;

	put(ctx, "filter", mn_line_get(&e->filter));
	for (size_t i = e->history.n > 20 ? e->history.n - 20 : 0; i < e->history.n; i++)
		put(ctx, "typed", mn_str_of(e->history.at[i]));
}

static void load(mn_screen *s, const char *name, mn_str value)
{
	struct explorer *e = s->state;

	if (strcmp(name, "filter") == 0)
		mn_line_set(&e->filter, value);
	else if (strcmp(name, "typed") == 0)
		mn_history_add(&e->history, value);
}

/* ---- Drawing ------------------------------------------------------------------------------ */

static bool marked(const struct explorer *e, mn_id id)
{
	for (size_t i = 0; i < e->nmarks; i++)
		if (e->marks[i].id == id)
			return true;
	return false;
}

static void draw_line(
	const struct explorer *e, const mn_pane *p, int y, const mn_neuron_line *l, unsigned flag)
{
	char n[24];
	int x = p->w - 1;

	mn_pane_fill(p, y, 0, p->w, MN_ROLE_TEXT | flag, " ");
	mn_pane_text(p, y, 0, MN_ROLE_KEY | flag, flag & MN_SELECTED ? "▸" : " ");
	if (!l) {
		mn_pane_text(p, y, 2, MN_ROLE_DIM | flag, "…");
		return;
	}
	mn_pane_text(p, y, 1,
		marked(e, l->id) ? MN_ROLE_WARN | flag : mn_theme_neuron(l->type) | flag,
		marked(e, l->id) ? "★" : "●");
	if (l->fan != MN_FAN_UNKNOWN)
		mn_pane_right(
			p, y, x, MN_ROLE_DIM | flag, "%s", mn_text_count(l->fan, n, sizeof(n)));
	x -= 7;
	if (p->w >= 44) {
		mn_pane_str(p, y, x - 8, 8, MN_ROLE_DIM | flag,
			mn_str_of(mn_type_name(MN_NEURON, l->type)));
		x -= 9;
	}
	mn_pane_str(p, y, 3, x - 3, mn_theme_neuron(l->type) | flag, mn_str_of(l->text));
}

static void draw_filter(mn_screen *s, const mn_pane *frame)
{
	struct explorer *e = s->state;
	bool live = e->focus == ON_FILTER;
	mn_pane p = mn_pane_frame(frame, "Filter", live);

	e->filter_pane = p;
	mn_pane_text(&p, 0, 0, MN_ROLE_KEY, "/");
	mn_line_draw(&e->filter, &p, 0, 2, p.w - 3, live, "words, \"a phrase\", type:entity");
}

/* "3 of 19,402 · 4 ms" */
static void draw_count(mn_screen *s, const mn_pane *frame)
{
	struct explorer *e = s->state;
	size_t known = mn_neurons_count(&e->neurons) - !e->neurons.complete;
	char n[32], all[32], took[32];
	uint64_t neurons = s->tui->seat->neurons;
	bool whole = e->filter.len == 0;

	mn_text_count(whole ? neurons : known, n, sizeof(n));
	mn_text_count(neurons, all, sizeof(all));
	mn_text_span(e->neurons.took, took, sizeof(took));
	if (whole)
		mn_pane_caption(frame, true, MN_ROLE_DIM, "%s · %s", n, took);
	else
		mn_pane_caption(frame, true, MN_ROLE_DIM, "%s%s of %s · %s", n,
			e->neurons.complete ? "" : "+", all, took);
}

static void draw_list(mn_screen *s, const mn_pane *frame)
{
	struct explorer *e = s->state;
	mn_list *list = &e->neurons.list;
	bool live = e->focus == ON_LIST;
	mn_pane p = mn_pane_frame(frame, "Neurons", live);
	size_t top = mn_list_show(list, p.h);

	e->list_pane = p;
	for (size_t i = top; i < list->n && i < top + (size_t)p.h; i++) {
		unsigned flag = i == list->at ? (live ? MN_SELECTED : MN_MARKED) : 0;

		draw_line(e, &p, (int)(i - top), mn_neurons_at(&e->neurons, i), flag);
	}
	if (list->n == 0 && s->tui->seat)
		mn_pane_text(&p, 0, 2, MN_ROLE_DIM,
			e->neurons.fetch.running ? "looking" : "nothing fits");
	else if (list->n == 0)
		mn_pane_text(&p, 0, 2, MN_ROLE_DIM, "no brain is open: 1 lists them");
	mn_list_bar(list, frame, live);
	if (s->tui->seat)
		draw_count(s, frame);
}

static void draw_edges(struct explorer *e, const mn_look *l, const mn_pane *p, int y, bool live)
{
	char shown[32], all[32];
	size_t top;
	int x;

	mn_pane_fill(p, y, 0, p->w, MN_ROLE_FRAME, "─");
	x = mn_pane_printf(p, y, 1, MN_ROLE_TITLE, " Synapses ");
	if (l->degree > l->n)
		mn_pane_printf(p, y, x, MN_ROLE_DIM, "heaviest %s of %s ",
			mn_text_count(l->n, shown, sizeof(shown)),
			mn_text_count(l->degree, all, sizeof(all)));
	e->edges_pane = mn_pane_sub(p, y + 1, 0, p->h - y - 1, p->w);
	mn_list_resize(&e->edges, l->n);
	top = mn_list_show(&e->edges, e->edges_pane.h);
	for (size_t i = top; i < l->n && i < top + (size_t)e->edges_pane.h; i++)
		mn_look_draw_edge(&e->edges_pane, (int)(i - top), &l->edges[i],
			i == e->edges.at && live ? MN_SELECTED : 0);
	if (l->n == 0)
		mn_pane_text(&e->edges_pane, 0, 1, MN_ROLE_DIM, "none: nothing leads here");
}

static void draw_detail(mn_screen *s, const mn_pane *frame)
{
	struct explorer *e = s->state;
	const mn_look *l = looked(e);
	bool live = e->focus == ON_EDGES;
	mn_pane p = mn_pane_frame(frame, l ? l->label : "Neuron", live);
	int y;

	if (!l) {
		mn_pane_text(
			&p, 0, 1, MN_ROLE_DIM, e->here && !e->look.running ? "gone meanwhile" : "");
		return;
	}
	if (marked(e, l->id))
		mn_pane_caption(frame, false, MN_ROLE_WARN, "★");
	if (e->nback || e->nforward)
		mn_pane_caption(
			frame, true, MN_ROLE_DIM, "%zu back · %zu forward", e->nback, e->nforward);
	y = mn_look_draw_facts(l, &p, 0, p.h / 2, mn_tui_now(s->tui));
	draw_edges(e, l, &p, y, live);
	mn_list_bar(&e->edges, frame, live);
}

static void draw(mn_screen *s, const mn_pane *p)
{
	struct explorer *e = s->state;
	const mn_look *l = looked(e);
	int left = p->w * 2 / 5 > 28 ? p->w * 2 / 5 : 28;
	int ego = p->h >= EGO_LEAST && p->w - left >= 50 ? EGO_ROWS : 0;
	mn_pane part = mn_pane_sub(p, 0, 0, 3, left);

	draw_filter(s, &part);
	part = mn_pane_sub(p, 3, 0, p->h - 3, left);
	draw_list(s, &part);
	part = mn_pane_sub(p, 0, left, p->h - ego, p->w - left);
	draw_detail(s, &part);
	if (ego) {
		part = mn_pane_sub(p, p->h - ego, left, ego, p->w - left);
		mn_pane inside = mn_pane_frame(&part, "Around it", false);

		if (l)
			mn_look_draw_ego(l, &inside);
	}
}

/* ---- Actions ------------------------------------------------------------------------------ */

static void edit_filter(mn_tui *t, const mn_args *args)
{
	struct explorer *e = mn_tui_state(t, &mn_screen_explorer);
	mn_str words = mn_args_text(args, "WORDS");

	if (!e)
		return;
	e->focus = ON_FILTER;
	if (words.len) {
		mn_line_set(&e->filter, words);
		e->focus = ON_LIST;
		ask(mn_tui_screen(t));
	}
}

static void go_on(mn_tui *t, const mn_args *args)
{
	struct explorer *e = mn_tui_state(t, &mn_screen_explorer);
	const mn_look *l = e ? looked(e) : NULL;

	(void)args;
	if (e && e->focus == ON_LIST)
		e->focus = ON_EDGES;
	else if (l && e->edges.at < l->n)
		walk_to(mn_tui_screen(t), l->edges[e->edges.at].far);
}

static void switch_pane(mn_tui *t, const mn_args *args)
{
	struct explorer *e = mn_tui_state(t, &mn_screen_explorer);

	(void)args;
	if (e)
		e->focus = e->focus == ON_EDGES ? ON_LIST : ON_EDGES;
}

static void step(mn_screen *s, struct place *from, size_t *nfrom, struct place *to, size_t *nto)
{
	struct explorer *e = s->state;

	if (*nfrom == 0) {
		mn_tui_say(s->tui, MN_ROLE_DIM, "there is no further step in this direction");
		return;
	}
	push_place(to, nto, looked(e));
	e->focus = ON_EDGES;
	look_at(s, from[--*nfrom].id);
}

static void back(mn_tui *t, const mn_args *args)
{
	struct explorer *e = mn_tui_state(t, &mn_screen_explorer);

	(void)args;
	if (e)
		step(mn_tui_screen(t), e->back, &e->nback, e->forward, &e->nforward);
}

static void forward(mn_tui *t, const mn_args *args)
{
	struct explorer *e = mn_tui_state(t, &mn_screen_explorer);

	(void)args;
	if (e)
		step(mn_tui_screen(t), e->forward, &e->nforward, e->back, &e->nback);
}

static void mark(mn_tui *t, const mn_args *args)
{
	struct explorer *e = mn_tui_state(t, &mn_screen_explorer);
	const mn_look *l = e ? looked(e) : NULL;

	(void)args;
	if (!l)
		return;
	for (size_t i = 0; i < e->nmarks; i++) {
		if (e->marks[i].id == l->id) {
			memmove(&e->marks[i], &e->marks[i + 1],
				(--e->nmarks - i) * sizeof(*e->marks));
			return;
		}
	}
	if (e->nmarks == MARKS_MOST)
		mn_tui_say(t, MN_ROLE_WARN, "%d marks are the most there can be", MARKS_MOST);
	else
		push_place(e->marks, &e->nmarks, l);
}

static void go_to_mark(mn_tui *t, mn_id id)
{
	mn_explorer_show(t, id);
}

static void marks(mn_tui *t, const mn_args *args)
{
	struct explorer *e = mn_tui_state(t, &mn_screen_explorer);
	mn_menu_line lines[MARKS_MOST] = {{.id = 0}};

	(void)args;
	if (!e || e->nmarks == 0) {
		mn_tui_say(t, MN_ROLE_DIM, "nothing is marked: m marks");
		return;
	}
	for (size_t i = 0; i < e->nmarks; i++) {
		lines[i].text = mn_str_of(e->marks[i].label);
		lines[i].id = e->marks[i].id;
	}
	mn_menu_open(t, "Marks", lines, e->nmarks, go_to_mark);
}

static void read_text(mn_tui *t, const mn_args *args)
{
	struct explorer *e = mn_tui_state(t, &mn_screen_explorer);
	const mn_look *l = e ? looked(e) : NULL;

	(void)args;
	if (l)
		mn_reader_open(t, "Text", l->row.text);
}

static void ask_about(mn_tui *t, const mn_args *args)
{
	struct explorer *e = mn_tui_state(t, &mn_screen_explorer);
	const mn_look *l = e ? looked(e) : NULL;

	(void)args;
	if (l)
		mn_recall_ask(t, mn_str_of(l->label));
}

/* The list shows what is like this memory; what was typed before comes back with the arrow up. */
static void find_alike(mn_tui *t, const mn_args *args)
{
	struct explorer *e = mn_tui_state(t, &mn_screen_explorer);
	const mn_look *l = e ? looked(e) : NULL;
	char filter[512];

	(void)args;
	if (!l)
		return;
	if (!(l->row.flags & MN_NEURON_ANCHOR) || l->row.uid.len == 0) {
		mn_tui_say(t, MN_ROLE_WARN, "this is no memory: only memories are alike");
		return;
	}
	mn_history_add(&e->history, mn_line_get(&e->filter));
	snprintf(filter, sizeof(filter), "like:%.*s", (int)l->row.uid.len, l->row.uid.ptr);
	mn_line_set(&e->filter, mn_str_of(filter));
	e->focus = ON_LIST;
	ask(mn_tui_screen(t));
}

static const mn_hint typing_hints[] = {
	{"enter", "list"}, {"up", "typed before"}, {"esc", "show all"}, {NULL, NULL}};

const mn_screen_ops mn_screen_explorer = {
	.name = "explorer",
	.title = "Explore",
	.scope = MN_ON_EXPLORER,
	.size = sizeof(struct explorer),
	.open = open,
	.close = close,
	.brain = brain,
	.changed = changed,
	.draw = draw,
	.typing = typing,
	.typing_hints = typing_hints,
	.key = key,
	.mouse = mouse,
	.selection = selection,
	.tick = tick,
	.save = save,
	.load = load,
};

static const mn_param filter_params[] = {
	{.name = "WORDS", .does = "what to look for", .type = MN_PARAM_TEXT},
	{0},
};

const mn_action mn_explorer_actions[] = {
	{.name = "filter",
		.does = "Filter neurons by words and type, as they are typed",
		.params = filter_params,
		.scope = MN_ON_EXPLORER,
		.keys = "/ i",
		.hint = "filter",
		.act = edit_filter},
	{.name = "walk",
		.does = "Go into the neuron, then along this synapse",
		.scope = MN_ON_EXPLORER,
		.keys = "enter l right",
		.hint = "walk",
		.act = go_on},
	{.name = "back",
		.does = "Go back to the neuron before",
		.scope = MN_ON_EXPLORER,
		.keys = "b backspace alt-left",
		.hint = "back",
		.act = back},
	{.name = "forward",
		.does = "Go forward again",
		.scope = MN_ON_EXPLORER,
		.keys = "f alt-right",
		.hint = "forward",
		.act = forward},
	{.name = "list or synapses",
		.does = "Go from the list to the synapses, or back",
		.scope = MN_ON_EXPLORER,
		.keys = "tab h left",
		.hint = "pane",
		.act = switch_pane},
	{.name = "mark",
		.does = "Mark this neuron, or take the mark away",
		.scope = MN_ON_EXPLORER,
		.keys = "m",
		.hint = "mark",
		.act = mark},
	{.name = "marks",
		.does = "Go to a marked neuron",
		.scope = MN_ON_EXPLORER,
		.keys = "'",
		.hint = "marks",
		.act = marks},
	{.name = "text",
		.does = "Read the whole text of this neuron",
		.scope = MN_ON_EXPLORER,
		.keys = "t v",
		.hint = "text",
		.act = read_text},
	{.name = "ask about",
		.does = "Ask the brain about this neuron",
		.scope = MN_ON_EXPLORER,
		.keys = "a",
		.hint = "ask",
		.act = ask_about},
	{.name = "alike",
		.does = "List the memories that say nearly the same as this one",
		.scope = MN_ON_EXPLORER,
		.keys = "=",
		.act = find_alike},
	{0},
};
