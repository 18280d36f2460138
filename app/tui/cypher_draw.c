/* SPDX-License-Identifier: MIT */
/* cypher_draw.c - a query's screen as it looks: the line, the table, the graph. */
#include <string.h>

#include "base/str.h"
#include "printer.h"
#include "tui/cypher.h"
#include "tui/text.h"

enum { GAP = 2, MARK = 2, BESIDE = 100 };

static void draw_line(mn_screen *s, const mn_pane *frame)
{
	mn_cypher *c = s->state;
	const char *language = s->tui->store ? mn_store_language(s->tui->store) : NULL;
	bool live = c->focus == MN_ON_LINE;
	mn_pane p = mn_pane_frame(frame, language ? language : "Query", live);

	mn_pane_caption(frame, false, MN_ROLE_DIM, "read-only");
	c->line_pane = mn_pane_sub(&p, 0, 1, 1, p.w - 2);
	mn_line_draw(&c->line, &c->line_pane, 0, 0, c->line_pane.w, live,
		"MATCH (n:MnNeuron {b: $b}) RETURN n LIMIT 20");
}

/* ---- The table ----------------------------------------------------------------------------- */

static mn_style style_of(int kind)
{
	static const mn_style styles[] = {[MN_CELL_NOTHING] = MN_ROLE_DIM,
		[MN_CELL_NUMBER] = MN_ROLE_NUMBER,
		[MN_CELL_TRUTH] = MN_ROLE_KEY,
		[MN_CELL_TEXT] = MN_ROLE_TEXT,
		[MN_CELL_NODE] = MN_ROLE_CONCEPT,
		[MN_CELL_LINK] = MN_ROLE_ENTITY,
		[MN_CELL_VALUE] = MN_ROLE_DIM};

	return styles[kind];
}

/* The columns from the first that is seen on, as far as they go; where there are several none
 * takes more than half. Returns the one behind them. */
static size_t draw_cells(const mn_cypher *c, const mn_found *f, const mn_pane *p, int y,
	const mn_cell *row, unsigned flag)
{
	size_t k = c->column;
	int x = MARK, most = k + 1 < f->ncolumns ? p->w / 2 : p->w;

	for (; k < f->ncolumns && x < p->w; k++) {
		int want = f->widths[k] < most ? f->widths[k] : most;
		int w = want < p->w - x ? want : p->w - x;
		mn_str text = row ? row[k].text : f->table.names[k];
		mn_style style = row ? style_of(row[k].kind) | flag : MN_ROLE_TITLE;
		int in = f->numbers[k] ? w - mn_text_width(text) : 0;

		mn_pane_str(p, y, x + (in > 0 ? in : 0), w, style, text);
		x += w + GAP;
	}
	return k;
}

static void draw_rows(mn_cypher *c, const mn_found *f, const mn_pane *frame, const mn_pane *in)
{
	bool live = c->focus == MN_ON_TABLE;
	size_t top, behind = draw_cells(c, f, in, 0, NULL, 0);

	c->table_pane = mn_pane_sub(in, 1, 0, in->h - 1, in->w);
	top = mn_list_show(&c->rows, c->table_pane.h);
	for (size_t i = top; i < c->rows.n && i < top + (size_t)c->table_pane.h; i++) {
		unsigned flag = i != c->rows.at ? 0 : live ? MN_SELECTED : MN_MARKED;
		int y = (int)(i - top);

		mn_pane_fill(&c->table_pane, y, 0, in->w, MN_ROLE_TEXT | flag, " ");
		mn_pane_text(&c->table_pane, y, 0, MN_ROLE_KEY | flag, flag ? "▸" : " ");
		draw_cells(c, f, &c->table_pane, y, f->cells + i * f->ncolumns, flag);
	}
	if (c->column > 0)
		mn_pane_text(in, 0, 0, MN_ROLE_KEY, "◂");
	if (behind < f->ncolumns)
		mn_pane_right(in, 0, in->w, MN_ROLE_KEY, " +%zu ▸", f->ncolumns - behind);
	mn_list_bar(&c->rows, frame, live);
}

static void draw_table(mn_screen *s, const mn_pane *frame)
{
	mn_cypher *c = s->state;
	const mn_found *f = mn_slot_shown(&c->slot);
	mn_pane in = mn_pane_frame(frame, "Table", c->focus == MN_ON_TABLE);
	mn_pane words = mn_pane_sub(&in, 1, 2, in.h - 1, in.w - 4);
	char count[64], text[200];

	if (*c->fault) {
		mn_pane_wrap(&words, 0, 0, MN_ROLE_BAD, mn_str_of(c->fault));
	} else if (!f) {
		snprintf(text, sizeof(text),
			"%s asks. $b stands for this brain's key, which its rows have as property "
			"b; $brain for its name. What would write is refused.",
			mn_keymap_key(&s->tui->keymap, "enter", count, sizeof(count)));
		mn_pane_wrap(&words, 0, 0, MN_ROLE_DIM, mn_str_of(text));
	} else if (f->table.nrows == 0) {
		mn_pane_text(&words, 0, 0, MN_ROLE_DIM, "nothing was found");
	} else {
		mn_pane_caption(frame, false, MN_ROLE_DIM, "%s%s",
			mn_format_things(f->table.nrows, "row", count),
			f->table.cut ? ", and more" : "");
		draw_rows(c, f, frame, &in);
	}
}

/* ---- The graph ----------------------------------------------------------------------------- */

static void draw_graph(mn_cypher *c, const mn_pane *frame)
{
	const mn_found *f = mn_slot_shown(&c->slot);
	bool live = c->focus == MN_ON_GRAPH;
	mn_pane in = mn_pane_frame(frame, "Graph", live);
	char count[64];
	size_t all;

	c->graph_pane = in;
	if (!f || !f->graph)
		return;
	all = f->nneurons > f->graph->nnodes ? f->nneurons : f->graph->nnodes;
	mn_pane_caption(frame, false, MN_ROLE_DIM, "%zu of %s", f->graph->nnodes,
		mn_format_things(all, "neuron", count));
	mn_spread_draw(&c->spread, &in, live);
}

/* Beside each other where there is room; else the one that the keys go to. */
void mn_cypher_draw(mn_screen *s, const mn_pane *p)
{
	mn_cypher *c = s->state;
	const mn_found *f = mn_slot_shown(&c->slot);
	bool graph = f && f->graph && !*c->fault;
	mn_pane part = mn_pane_sub(p, 0, 0, 3, p->w);
	int left = p->w * 11 / 20;

	draw_line(s, &part);
	part = mn_pane_sub(p, 3, 0, p->h - 3, p->w);
	c->table_pane = c->graph_pane = (mn_pane){0};
	if (!graph) {
		draw_table(s, &part);
	} else if (p->w < BESIDE) {
		if (c->focus == MN_ON_GRAPH)
			draw_graph(c, &part);
		else
			draw_table(s, &part);
	} else {
		part = mn_pane_sub(p, 3, 0, p->h - 3, left);
		draw_table(s, &part);
		part = mn_pane_sub(p, 3, left, p->h - 3, p->w - left);
		draw_graph(c, &part);
	}
}
