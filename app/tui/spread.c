/* SPDX-License-Identifier: MIT */
#include "tui/spread.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/type.h"
#include "tui/text.h"

enum { COLUMNS_MOST = 5, JOINT = 8, CHILDREN_ROOT = 7, CHILDREN = 4, COLUMN_LEAST = 22 };

/* ---- Layout ------------------------------------------------------------------------------- */

static size_t children_of(const mn_run *r, int parent, int *out, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nnodes && n < room; i++) {
		size_t at = n;

		if (!r->nodes[i].drawn || r->nodes[i].parent != parent)
			continue;
		while (at > 0 && r->nodes[out[at - 1]].level < r->nodes[i].level) {
			out[at] = out[at - 1];
			at--;
		}
		out[at] = (int)i;
		n++;
	}
	return n;
}

static struct mn_spread_place *place(mn_spread *s, int node, int parent, int row, int column)
{
	struct mn_spread_place *p;

	if (s->n == MN_SPREAD_LINES)
		return NULL;
	p = &s->places[s->n++];
	*p = (struct mn_spread_place){node, parent, row, column, row, 0};
	if (column + 1 > s->columns)
		s->columns = column + 1;
	return p;
}

/*
 * A node and what hangs on it: the first child beside it, the others below, so that a line reads
 * from left to right. Depth is bounded by the columns. Returns the row behind the last one.
 */
static int lay(mn_spread *s, int node, int parent, int row, int column)
{
	struct mn_spread_place *p = place(s, node, parent, row, column);
	int children[MN_RUN_NODES], next = row;
	size_t n, most = column == 0 ? CHILDREN_ROOT : CHILDREN, hidden;

	if (!p)
		return row + 1;
	n = column + 1 < COLUMNS_MOST ? children_of(s->run, node, children, MN_RUN_NODES) : 0;
	hidden = s->run->nodes[node].hidden + (n > most ? n - most : 0);
	for (size_t i = 0; i < n && i < most; i++) {
		p->last_row = next;
		next = lay(s, children[i], node, next, column + 1);
	}
	if (hidden && n) {
		struct mn_spread_place *more = place(s, -1, node, next, column + 1);

		p->last_row = next++;
		if (more)
			more->more = (uint32_t)hidden;
	}
	return next > row ? next : row + 1;
}

void mn_spread_set(mn_spread *s, const mn_run *run)
{
	int roots[MN_RUN_NODES];
	size_t n;

	*s = (mn_spread){.run = run};
	if (!run)
		return;
	s->at = run->nevents;
	n = children_of(run, -1, roots, MN_RUN_NODES);
	for (size_t i = 0; i < n; i++)
		s->rows = lay(s, roots[i], -1, s->rows, 0);
	mn_list_resize(&s->list, s->n);
}

int mn_spread_node(const mn_spread *s)
{
	const struct mn_spread_place *p = s->list.at < s->n ? &s->places[s->list.at] : NULL;

	return p ? (p->node >= 0 ? p->node : p->parent) : -1;
}

void mn_spread_go(mn_spread *s, int node)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->places[i].node == node)
			mn_list_go(&s->list, i);
}

uint32_t mn_spread_next(const mn_spread *s, bool forwards)
{
	const mn_run *r = s->run;
	uint32_t at = s->at;

	if (!r)
		return 0;
	while (forwards ? at < r->nevents : at > 0) {
		uint32_t k = forwards ? at++ : --at;

		if (r->to_at[k] >= 0 && r->nodes[r->to_at[k]].drawn)
			break;
	}
	return at;
}

/* ---- Drawing ------------------------------------------------------------------------------ */

const char *mn_spread_glyph(double level, bool reached)
{
	if (!reached)
		return "·";
	return level >= .5 ? "●" : level >= .15 ? "◐" : "○";
}

static int column_width(const mn_spread *s, const mn_pane *p)
{
	int w = s->columns ? p->w / s->columns : p->w;

	return w < COLUMN_LEAST ? COLUMN_LEAST : w > 44 ? 44 : w;
}

/* Does the event that has just happened go from the parent to this node? */
static bool is_now(const mn_spread *s, int from, int to)
{
	uint32_t k = s->at - 1;

	if (s->at == 0 || s->at == s->run->nevents)
		return false;
	return s->run->to_at[k] == to && (from < 0 || s->run->from_at[k] == from);
}

static void draw_node(
	const mn_spread *s, const mn_pane *p, int y, int x, int width, int node, unsigned flag)
{
	const mn_run_node *n = &s->run->nodes[node];
	bool reached, memory = n->type == MN_MEMORY;
	double level = mn_run_level(n, s->at, &reached), part = level / s->run->top;
	mn_style style = reached ? mn_theme_neuron(n->type) : MN_ROLE_DIM;
	char number[16] = "", label[MN_RUN_LABEL + 4];
	int end;

	if (reached)
		mn_text_weight(level, number, sizeof(number));
	snprintf(label, sizeof(label), "%s%s%s", memory ? "[" : "", n->label, memory ? "]" : "");
	if (is_now(s, -1, node))
		style = style | MN_STRONG;
	if (flag)
		mn_pane_fill(p, y, x, width, MN_ROLE_TEXT | flag, " ");
	mn_pane_text(p, y, x, (reached ? mn_theme_heat(part) : MN_ROLE_DIM) | flag,
		mn_spread_glyph(part, reached));
	end = mn_pane_str(
		p, y, x + 2, width - 3 - (int)strlen(number), style | flag, mn_str_of(label));
	if (reached)
		mn_pane_text(p, y, end + 1, mn_theme_heat(part) | flag, number);
}

/* From a node's text to where its children hang. */
static void draw_trunk(const mn_spread *s, const mn_pane *p, int y, int from, int x,
	const struct mn_spread_place *place)
{
	bool only = place->last_row == place->row;

	for (int i = from; i < x; i++)
		if (i >= 0)
			mn_pane_fill(p, y, i, 1, MN_ROLE_FRAME, "─");
	mn_pane_text(p, y, x, MN_ROLE_FRAME, only ? "─" : "┬");
	for (int row = place->row + 1; row < place->last_row; row++)
		if (row - s->top >= 0 && row - s->top < p->h)
			mn_pane_text(p, row - s->top, x, MN_ROLE_FRAME, "│");
}

static void draw_branch(const mn_spread *s, const mn_pane *p, int y, int x,
	const struct mn_spread_place *place, const struct mn_spread_place *parent)
{
	const mn_run_node *n = place->node >= 0 ? &s->run->nodes[place->node] : NULL;
	bool reached = false, now = n && is_now(s, place->parent, place->node);
	char number[16];
	mn_style style = now ? MN_ROLE_KEY | MN_STRONG : MN_ROLE_FRAME;

	if (n)
		mn_run_level(n, s->at, &reached);
	if (place->row != parent->row)
		mn_pane_text(p, y, x, style, place->row == parent->last_row ? "╰" : "├");
	if (!n) {
		mn_pane_fill(p, y, x + 1, JOINT - 3, MN_ROLE_FRAME, "─");
		return;
	}
	mn_pane_fill(p, y, x + 1, JOINT - 2, style, "─");
	mn_pane_text(p, y, x + 1,
		now       ? style
		: reached ? MN_ROLE_DIM
			  : MN_ROLE_FRAME,
		mn_text_weight(n->weight, number, sizeof(number)));
	if (now)
		mn_pane_text(p, y, x + JOINT - 3, style, "▸");
}

static const struct mn_spread_place *place_of(const mn_spread *s, int node)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->places[i].node == node)
			return &s->places[i];
	return NULL;
}

static int text_end(const mn_spread *s, const mn_pane *p, int node, int x, int width)
{
	const mn_run_node *n = &s->run->nodes[node];
	bool reached;
	double level = mn_run_level(n, s->at, &reached);
	char number[16] = "";
	int w = mn_text_width(mn_str_of(n->label)) + (n->type == MN_MEMORY ? 2 : 0);
	int room;

	(void)p;
	if (reached)
		mn_text_weight(level, number, sizeof(number));
	room = width - 3 - (int)strlen(number);
	w = w < room ? w : room;
	return x + 2 + w + 1 + (int)strlen(number);
}

static void draw_place(mn_spread *s, const mn_pane *p, size_t i, int width, bool live)
{
	const struct mn_spread_place *place = &s->places[i], *parent;
	int y = place->row - s->top, x = place->column * width, room;
	bool cursor = i == s->list.at && live;
	bool branches = place->node >= 0 && i + 1 < s->n && s->places[i + 1].parent == place->node
			&& s->places[i + 1].column == place->column + 1;

	parent = place->parent >= 0 ? place_of(s, place->parent) : NULL;
	room = width - JOINT - (place->column + 1 == s->columns ? -JOINT + 1 : 0);
	if (branches && place->last_row >= s->top && y < p->h)
		draw_trunk(s, p, y, text_end(s, p, place->node, x, room) + 1, x + width - JOINT,
			place);
	if (y < 0 || y >= p->h)
		return;
	if (parent)
		draw_branch(s, p, y, x - JOINT, place, parent);
	if (place->node >= 0)
		draw_node(s, p, y, x, room, place->node, cursor ? MN_SELECTED : 0);
	else if (parent)
		mn_pane_printf(p, y, x, MN_ROLE_DIM | (cursor ? MN_SELECTED : 0), "… +%u more",
			place->more);
}

static void draw_heads(const mn_spread *s, const mn_pane *p, int width)
{
	for (int c = 0; c < s->columns; c++) {
		int hop = -1;

		for (size_t i = 0; i < s->n && hop < 0; i++)
			if (s->places[i].column == c && s->places[i].node >= 0)
				hop = s->run->nodes[s->places[i].node].hop;
		if (c == 0)
			mn_pane_text(p, 0, 0, MN_ROLE_DIM, "asked");
		else if (hop >= 0)
			mn_pane_printf(p, 0, c * width, MN_ROLE_DIM, "hop %d", hop);
	}
}

void mn_spread_draw(mn_spread *s, const mn_pane *pane, bool live)
{
	mn_pane p = mn_pane_sub(pane, 1, 1, pane->h - 1, pane->w - 1);
	mn_pane head = mn_pane_sub(pane, 0, 1, 1, pane->w - 1);
	int width, row;

	if (!s->run || s->n == 0)
		return;
	width = column_width(s, &p);
	row = s->places[s->list.at].row;
	if (row < s->top)
		s->top = row;
	if (row >= s->top + p.h)
		s->top = row - p.h + 1;
	if (s->top > s->rows - p.h)
		s->top = s->rows > p.h ? s->rows - p.h : 0;
	s->list.height = p.h;
	draw_heads(s, &head, width);
	for (size_t i = 0; i < s->n; i++)
		draw_place(s, &p, i, width, live);
	if (s->top + p.h < s->rows)
		mn_pane_right(&p, p.h - 1, p.w, MN_ROLE_DIM, " ▾ %d ", s->rows - s->top - p.h);
	if (s->top > 0)
		mn_pane_right(&p, 0, p.w, MN_ROLE_DIM, " ▴ %d ", s->top);
}

bool mn_spread_click(mn_spread *s, const mn_pane *pane, int y, int x)
{
	mn_pane p = mn_pane_sub(pane, 1, 1, pane->h - 1, pane->w - 1);
	int width = column_width(s, &p);

	for (size_t i = 0; i < s->n; i++) {
		const struct mn_spread_place *place = &s->places[i];
		int left = place->column * width + 1;

		if (place->row - s->top != y - 1 || x < left || x >= left + width - JOINT)
			continue;
		mn_list_go(&s->list, i);
		return true;
	}
	return false;
}
