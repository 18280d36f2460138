/* SPDX-License-Identifier: MIT */
#include "tui/spread.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/type.h"
#include "tui/text.h"

enum {
	JOINT = 7,
	CHILDREN_ROOT = 7,
	CHILDREN = 4,
	LEAST = 13,
	MOST = 34,
	GLYPH = 2,
	LEVEL = 5,
	MARK = 6
};

/* ---- Layout ------------------------------------------------------------------------------- */

static size_t children_of(const mn_replay *r, int parent, int *out, size_t room)
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
	int children[MN_REPLAY_NODES], next = row;
	size_t n, most = column == 0 ? CHILDREN_ROOT : CHILDREN, hidden;

	if (!p)
		return row + 1;
	n = column + 1 < MN_SPREAD_COLUMNS ? children_of(s->run, node, children, MN_REPLAY_NODES)
					   : 0;
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

void mn_spread_set(mn_spread *s, const mn_replay *run)
{
	int roots[MN_REPLAY_NODES];
	size_t n;

	*s = (mn_spread){.run = run};
	if (!run)
		return;
	s->at = run->nevents;
	n = children_of(run, -1, roots, MN_REPLAY_NODES);
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
	const mn_replay *r = s->run;
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

static int label_width(const mn_replay_node *n)
{
	return mn_text_width(mn_str_of(n->label)) + (n->type == MN_MEMORY ? 2 : 0);
}

/* What each column would like to have, and what it can do with. */
static void measure(const mn_spread *s, int *want)
{
	for (int c = 0; c < s->columns; c++)
		want[c] = LEAST;
	for (size_t i = 0; i < s->n; i++) {
		const struct mn_spread_place *p = &s->places[i];
		int w = p->node < 0 ? 0 : label_width(&s->run->nodes[p->node]) + GLYPH + LEVEL + 1;

		w = w > MOST ? MOST : w;
		want[p->column] = w > want[p->column] ? w : want[p->column];
	}
}

/* As many columns as fit at their least, the cursor's among them; then the widest give way until
 * all do. */
static void fit_columns(mn_spread *s, int width)
{
	int want[MN_SPREAD_COLUMNS], seen = 1, total = 0, column = s->places[s->list.at].column;

	measure(s, want);
	while (seen < s->columns && (seen + 1) * (LEAST + JOINT) - JOINT <= width)
		seen++;
	if (column < s->from)
		s->from = column;
	if (column >= s->from + seen)
		s->from = column - seen + 1;
	s->to = s->from + seen;
	for (int c = s->from; c < s->to; c++)
		total += want[c] + (c + 1 < s->to ? JOINT : 0);
	while (total > width) {
		int widest = s->from;

		for (int c = s->from; c < s->to; c++)
			widest = want[c] > want[widest] ? c : widest;
		want[widest]--;
		total--;
	}
	s->x[s->from] = 0;
	for (int c = s->from; c < s->to; c++)
		s->x[c + 1] = s->x[c] + want[c] + JOINT;
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
	const mn_replay_node *n = &s->run->nodes[node];
	bool reached, memory = n->type == MN_MEMORY;
	double level = mn_replay_level(n, s->at, &reached),
	       part = level / (memory ? s->run->top : 1);
	mn_style style = reached ? mn_theme_neuron(n->type) : MN_ROLE_DIM;
	char number[16] = "", label[MN_REPLAY_LABEL + 4];
	int end;

	if (reached && !s->run->plain)
		mn_text_weight(level, number, sizeof(number));
	snprintf(label, sizeof(label), "%s%s%s", memory ? "[" : "", n->label, memory ? "]" : "");
	if (is_now(s, -1, node))
		style = style | MN_STRONG;
	if (flag)
		mn_pane_fill(p, y, x, width, MN_ROLE_TEXT | flag, " ");
	mn_pane_text(p, y, x,
		(s->run->plain    ? style
			: reached ? mn_theme_heat(part)
				  : MN_ROLE_DIM)
			| flag,
		mn_spread_glyph(part, reached));
	end = mn_pane_str(
		p, y, x + 2, width - 3 - (int)strlen(number), style | flag, mn_str_of(label));
	if (reached)
		mn_pane_text(p, y, end + 1, mn_theme_heat(part) | flag, number);
}

/* From a node's text to where its children hang. */
static void draw_trunk(
	const mn_spread *s, const mn_pane *p, int from, int x, const struct mn_spread_place *place)
{
	bool only = place->last_row == place->row;
	int y = place->row - s->top;

	if (y >= 0 && y < p->h) {
		mn_pane_fill(p, y, from, x - from, MN_ROLE_FRAME, "─");
		mn_pane_text(p, y, x, MN_ROLE_FRAME, only ? "─" : "┬");
	}
	for (int row = place->row + 1; row < place->last_row; row++)
		mn_pane_drop(p, row - s->top, x, 1, MN_ROLE_FRAME, "│");
}

static void draw_branch(const mn_spread *s, const mn_pane *p, int y, int x,
	const struct mn_spread_place *place, const struct mn_spread_place *parent)
{
	const mn_replay_node *n = place->node >= 0 ? &s->run->nodes[place->node] : NULL;
	bool reached = false, now = n && is_now(s, place->parent, place->node);
	char number[16];
	mn_style style = now ? MN_ROLE_KEY | MN_STRONG : MN_ROLE_FRAME;

	if (n)
		mn_replay_level(n, s->at, &reached);
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
		mn_pane_text(p, y, x + JOINT - 2, style, "▸");
}

static const struct mn_spread_place *place_of(const mn_spread *s, int node)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->places[i].node == node)
			return &s->places[i];
	return NULL;
}

/* The column behind a node's text and level. */
static int text_end(const mn_spread *s, int node, int x, int width)
{
	const mn_replay_node *n = &s->run->nodes[node];
	bool reached;
	double level = mn_replay_level(n, s->at, &reached);
	char number[16] = "";
	int w = label_width(n), room;

	if (reached && !s->run->plain)
		mn_text_weight(level, number, sizeof(number));
	room = width - GLYPH - 1 - (int)strlen(number);
	w = w < room ? w : room;
	return x + GLYPH + w + (*number ? 1 + (int)strlen(number) : 0);
}

static bool has_children(const mn_spread *s, size_t i)
{
	return i + 1 < s->n && s->places[i].node >= 0
	       && s->places[i + 1].parent == s->places[i].node;
}

static void draw_place(mn_spread *s, const mn_pane *p, size_t i, bool live)
{
	const struct mn_spread_place *place = &s->places[i], *parent;
	int y = place->row - s->top, x = s->x[place->column];
	int room = s->x[place->column + 1] - JOINT - x;
	unsigned flag = i == s->list.at && live ? MN_SELECTED : 0;

	if (has_children(s, i) && place->column + 1 < s->to)
		draw_trunk(s, p, text_end(s, place->node, x, room) + 1, x + room, place);
	if (y < 0 || y >= p->h)
		return;
	parent = place->parent >= 0 ? place_of(s, place->parent) : NULL;
	if (parent && place->column > s->from)
		draw_branch(s, p, y, x - JOINT, place, parent);
	if (place->node >= 0)
		draw_node(s, p, y, x, room, place->node, flag);
	else
		mn_pane_printf(p, y, x, MN_ROLE_DIM | flag, "… +%u more", place->more);
}

/* What a column is: so many steps from what was asked for, reached in these hops. Steps alone tell
 * columns apart: what a neuron reached may have reached the next one within the same hop. */
static void draw_head(const mn_spread *s, const mn_pane *p, int c, int x)
{
	int first = -1, last = -1, end = p->w - (s->to < s->columns ? MARK : 0);
	int room = (c + 1 < s->to ? s->x[c + 1] - 1 : end) - x;
	char title[48];

	for (size_t i = 0; i < s->n; i++) {
		const struct mn_spread_place *at = &s->places[i];
		int hop = at->column == c && at->node >= 0 ? s->run->nodes[at->node].hop : -1;

		first = hop >= 0 && (first < 0 || hop < first) ? hop : first;
		last = hop > last ? hop : last;
	}
	if (c == 0)
		snprintf(title, sizeof(title), "%s", s->run->plain ? "found" : "asked");
	else if (s->run->plain || first < 0)
		snprintf(title, sizeof(title), "step %d", c);
	else if (first == last)
		snprintf(title, sizeof(title), "step %d, hop %d", c, first);
	else
		snprintf(title, sizeof(title), "step %d, hop %d-%d", c, first, last);
	if (c && mn_text_width(mn_str_of(title)) > room)
		snprintf(title, sizeof(title), "step %d", c);
	mn_pane_str(p, 0, x, room, MN_ROLE_DIM, mn_str_of(title));
}

static void draw_heads(const mn_spread *s, const mn_pane *p)
{
	for (int c = s->from; c < s->to; c++)
		draw_head(s, p, c, s->x[c] + (c == s->from && c > 0 ? 2 : 0));
	if (s->from > 0)
		mn_pane_text(p, 0, 0, MN_ROLE_KEY, "◂");
	if (s->to < s->columns)
		mn_pane_right(p, 0, p->w, MN_ROLE_KEY, " +%d ▸", s->columns - s->to);
}

static void scroll_rows(mn_spread *s, int height)
{
	int row = s->places[s->list.at].row;

	if (row < s->top)
		s->top = row;
	if (row >= s->top + height)
		s->top = row - height + 1;
	if (s->top > s->rows - height)
		s->top = s->rows > height ? s->rows - height : 0;
	s->list.height = height;
}

void mn_spread_draw(mn_spread *s, const mn_pane *pane, bool live)
{
	mn_pane p = mn_pane_sub(pane, 1, 1, pane->h - 1, pane->w - 1);
	mn_pane head = mn_pane_sub(pane, 0, 1, 1, pane->w - 1);

	if (!s->run || s->n == 0 || p.h < 1)
		return;
	fit_columns(s, p.w);
	scroll_rows(s, p.h);
	draw_heads(s, &head);
	for (size_t i = 0; i < s->n; i++)
		if (s->places[i].column >= s->from && s->places[i].column < s->to)
			draw_place(s, &p, i, live);
	if (s->top + p.h < s->rows)
		mn_pane_right(&p, p.h - 1, p.w, MN_ROLE_DIM, " ▾ %d ", s->rows - s->top - p.h);
	if (s->top > 0)
		mn_pane_right(&p, 0, p.w, MN_ROLE_DIM, " ▴ %d ", s->top);
}

bool mn_spread_click(mn_spread *s, int y, int x)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct mn_spread_place *place = &s->places[i];
		int c = place->column;

		if (place->row - s->top != y - 1 || c < s->from || c >= s->to || x <= s->x[c]
			|| x > s->x[c + 1] - JOINT)
			continue;
		mn_list_go(&s->list, i);
		return true;
	}
	return false;
}
