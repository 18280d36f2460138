/* SPDX-License-Identifier: MIT */
/* cypher.c - the screen that asks a store in its own language. */
#include "tui/cypher.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/str.h"
#include "tui/acts.h"

enum { READ_MOST = 1 << 16 };

/* ---- Asking -------------------------------------------------------------------------------- */

static void found(mn_screen *s, mn_task *task, int status)
{
	mn_cypher *c = s->state;
	const mn_found *f = mn_task_context(task);

	c->fault[0] = '\0';
	if (status && status != MN_ECANCELLED)
		snprintf(c->fault, sizeof(c->fault), "%s", mn_task_call(task)->err->text);
	if (status)
		return;
	c->rows = (mn_list){.n = f->table.nrows};
	c->column = 0;
	mn_spread_set(&c->spread, f->graph);
}

static const mn_work query_work = {
	.title = "query",
	.size = sizeof(mn_found),
	.run = mn_found_run,
	.done = found,
	.drop = mn_found_drop,
};

static void ask(mn_screen *s)
{
	mn_cypher *c = s->state;
	mn_task *task;

	if (!s->tui->seat) {
		mn_tui_say(s->tui, MN_ROLE_WARN, "no brain is open: 1 lists them");
		return;
	}
	if (c->line.len == 0)
		return;
	mn_history_add(&s->tui->queries, mn_line_get(&c->line));
	task = mn_task_new(s->tui, s, &c->slot, &query_work);
	if (!task)
		return;
	snprintf(((mn_found *)mn_task_context(task))->text, MN_LINE_MOST + 1, "%s", c->line.text);
	c->focus = MN_ON_TABLE;
	mn_task_start(task);
}

static void cypher(mn_tui *t, const mn_args *args)
{
	mn_str text = mn_args_text(args, "QUERY");
	mn_screen *s = mn_tui_screen(t);

	if (s->ops != &mn_screen_cypher)
		s = mn_tui_push(t, &mn_screen_cypher);
	if (!s || !text.len)
		return;
	mn_line_set(&((mn_cypher *)s->state)->line, text);
	ask(s);
}

/* ---- Operations of the screen -------------------------------------------------------------- */

static void open(mn_screen *s)
{
	mn_cypher *c = s->state;

	c->line.history = &s->tui->queries;
	c->focus = MN_ON_LINE;
}

static void close(mn_screen *s)
{
	mn_cypher *c = s->state;

	mn_slot_clear(&c->slot);
}

static bool typing(const mn_screen *s)
{
	const mn_cypher *c = s->state;

	return c->focus == MN_ON_LINE;
}

static bool line_key(mn_screen *s, mn_stroke stroke)
{
	mn_cypher *c = s->state;

	if (stroke == MN_STROKE_ENTER) {
		ask(s);
		return true;
	}
	if (stroke == MN_STROKE_TAB && mn_slot_shown(&c->slot)) {
		c->focus = MN_ON_TABLE;
		return true;
	}
	if (stroke == MN_STROKE_ESC)
		return false; /* cancels, or leaves */
	return mn_line_key(&c->line, stroke) != MN_LINE_PASSED;
}

static bool scroll_columns(mn_cypher *c, mn_stroke stroke)
{
	const mn_found *f = mn_slot_shown(&c->slot);

	if (stroke == 'h' || stroke == (KEY_LEFT | MN_STROKE_CODE))
		c->column -= c->column > 0;
	else if (stroke == 'l' || stroke == (KEY_RIGHT | MN_STROKE_CODE))
		c->column += f && c->column + 1 < f->ncolumns;
	else
		return false;
	return true;
}

static bool key(mn_screen *s, mn_stroke stroke)
{
	mn_cypher *c = s->state;

	if (c->focus == MN_ON_LINE)
		return line_key(s, stroke);
	if (c->focus == MN_ON_GRAPH)
		return mn_list_key(&c->spread.list, stroke);
	return scroll_columns(c, stroke) || mn_list_key(&c->rows, stroke);
}

static void click(mn_screen *s, int y, int x)
{
	mn_cypher *c = s->state;
	int in_y = y, in_x = x;

	if (mn_pane_has(&c->line_pane, &in_y, &in_x)) {
		c->focus = MN_ON_LINE;
		mn_line_click(&c->line, in_x);
	} else if (mn_pane_has(&c->table_pane, &in_y, &in_x)) {
		c->focus = MN_ON_TABLE;
		if (mn_list_hit(&c->rows, in_y) < c->rows.n)
			mn_list_go(&c->rows, mn_list_hit(&c->rows, in_y));
	} else if (mn_pane_has(&c->graph_pane, &in_y, &in_x)) {
		c->focus = MN_ON_GRAPH;
		mn_spread_click(&c->spread, in_y, in_x);
	}
}

static void open_found(mn_tui *t, const mn_args *args);

static void mouse(mn_screen *s, const mn_mouse *m)
{
	mn_cypher *c = s->state;
	int y = m->y, x = m->x;

	if (m->what == MN_MOUSE_WHEEL_UP || m->what == MN_MOUSE_WHEEL_DOWN) {
		bool graph = mn_pane_has(&c->graph_pane, &y, &x);

		mn_list_move(
			graph ? &c->spread.list : &c->rows, m->what == MN_MOUSE_WHEEL_UP ? -3 : 3);
		return;
	}
	click(s, m->y, m->x);
	if (m->what == MN_MOUSE_DOUBLE)
		open_found(s->tui, NULL);
}

static mn_str selection(mn_screen *s)
{
	const mn_cypher *c = s->state;
	const mn_found *f = mn_slot_shown(&c->slot);

	if (!f || c->rows.at >= f->table.nrows || c->column >= f->ncolumns)
		return mn_line_get(&c->line);
	return f->cells[c->rows.at * f->ncolumns + c->column].text;
}

/* ---- What was found ------------------------------------------------------------------------ */

/* The first neuron of a row; 0: none. */
static mn_id neuron_of_row(const mn_found *f, size_t row)
{
	for (size_t k = 0; k < f->ncolumns; k++) {
		const mn_cell *cell = &f->cells[row * f->ncolumns + k];

		for (size_t i = 0; cell->kind == MN_CELL_NODE && i < f->table.neurons.n; i++)
			if (f->table.neurons.at[i] == cell->id)
				return cell->id;
	}
	return 0;
}

static void read_row(mn_tui *t, const mn_found *f, size_t row)
{
	mn_buf b = MN_BUF(READ_MOST);

	for (size_t k = 0; k < f->ncolumns; k++) {
		const mn_native *n = &f->table;

		mn_buf_str(&b, n->names[k]);
		mn_buf_text(&b, "\n  ");
		mn_buf_str(&b, f->cells[row * f->ncolumns + k].kind == MN_CELL_TEXT
				       ? f->cells[row * f->ncolumns + k].text
				       : n->cells[row * n->ncolumns + k]);
		mn_buf_text(&b, "\n");
	}
	if (b.len)
		mn_reader_open(t, "Row", mn_buf_view(&b));
	mn_buf_free(&b);
}

static void open_found(mn_tui *t, const mn_args *args)
{
	mn_cypher *c = mn_tui_state(t, &mn_screen_cypher);
	const mn_found *f = c ? mn_slot_shown(&c->slot) : NULL;
	int node = f && f->graph && c->focus == MN_ON_GRAPH ? mn_spread_node(&c->spread) : -1;
	mn_id id = 0;

	(void)args;
	if (!f || *c->fault)
		return;
	if (node >= 0)
		id = f->graph->nodes[node].id;
	else if (c->focus == MN_ON_TABLE && c->rows.at < f->table.nrows)
		id = neuron_of_row(f, c->rows.at);
	if (id)
		mn_explorer_show(t, id);
	else if (c->focus == MN_ON_TABLE && c->rows.at < f->table.nrows)
		read_row(t, f, c->rows.at);
}

static void read_found(mn_tui *t, const mn_args *args)
{
	mn_cypher *c = mn_tui_state(t, &mn_screen_cypher);
	const mn_found *f = c ? mn_slot_shown(&c->slot) : NULL;

	(void)args;
	if (f && c->rows.at < f->table.nrows)
		read_row(t, f, c->rows.at);
}

static void edit(mn_tui *t, const mn_args *args)
{
	mn_cypher *c = mn_tui_state(t, &mn_screen_cypher);

	(void)args;
	if (c)
		c->focus = MN_ON_LINE;
}

static void other(mn_tui *t, const mn_args *args)
{
	mn_cypher *c = mn_tui_state(t, &mn_screen_cypher);
	const mn_found *f = c ? mn_slot_shown(&c->slot) : NULL;

	(void)args;
	if (c && f && f->graph)
		c->focus = c->focus == MN_ON_TABLE ? MN_ON_GRAPH : MN_ON_TABLE;
}

static void leave(mn_tui *t, const mn_args *args)
{
	(void)args;
	if (mn_tui_state(t, &mn_screen_cypher))
		mn_tui_pop(t);
}

static const mn_hint typing_hints[] = {{"enter", "ask"}, {"up", "earlier"}, {"esc", "leave"}, {0}};

const mn_screen_ops mn_screen_cypher = {
	.name = "cypher",
	.title = "Query",
	.scope = MN_ON_CYPHER,
	.size = sizeof(mn_cypher),
	.open = open,
	.close = close,
	.draw = mn_cypher_draw,
	.typing = typing,
	.typing_hints = typing_hints,
	.key = key,
	.mouse = mouse,
	.selection = selection,
};

static const mn_param cypher_params[] = {
	{.name = "QUERY", .does = "the query; none: a line to type it", .type = MN_PARAM_TEXT},
	{0},
};

const mn_action mn_cypher_actions[] = {
	{.name = "cypher",
		.does = "Ask the store in its own language, read-only",
		.scope = MN_ON_ANY | MN_OF_LANGUAGE,
		.params = cypher_params,
		.act = cypher},
	{.name = "edit query",
		.does = "Type another query",
		.scope = MN_ON_CYPHER,
		.keys = "/ i",
		.hint = "query",
		.act = edit},
	{.name = "open found",
		.does = "Go to this neuron in the explorer, or read the row",
		.scope = MN_ON_CYPHER,
		.keys = "enter",
		.hint = "open",
		.act = open_found},
	{.name = "read row",
		.does = "Show every cell of this row in full",
		.scope = MN_ON_CYPHER,
		.keys = "space",
		.hint = "read row",
		.act = read_found},
	{.name = "table or graph",
		.does = "Go from the table to the graph, or back",
		.scope = MN_ON_CYPHER,
		.keys = "tab",
		.hint = "table/graph",
		.act = other},
	{.name = "leave query",
		.does = "Go back to the screen below",
		.scope = MN_ON_CYPHER,
		.keys = "b backspace",
		.hint = "back",
		.act = leave},
	{0},
};
