/* SPDX-License-Identifier: MIT */
#include "tui/look.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "base/type.h"
#include "tui/chart.h"
#include "tui/neurons.h"
#include "tui/text.h"

/* ---- Reading ------------------------------------------------------------------------------ */

static int read_self(mn_look *l, const mn_seat *seat, mn_call *call)
{
	const mn_ids one = {&l->id, 1};
	mn_rows rows, states;
	int status = mn_brain_get(seat->brain, call, MN_NEURON, one, 0, &rows);

	if (status != MN_OK || !rows.at.neuron[0].id)
		return status;
	l->found = true;
	l->row = rows.at.neuron[0];
	mn_neuron_label(&l->row, l->label, sizeof(l->label));
	status = mn_brain_get(seat->brain, call, MN_STATE, one, 0, &states);
	if (status == MN_OK)
		l->state = states.at.state[0];
	if (status == MN_OK && l->row.flags & MN_NEURON_ANCHOR) {
		status = mn_brain_fibers_of(seat->brain, call, one, &rows);
		if (status == MN_OK && rows.at.fiber[0].id)
			l->fiber = &rows.at.fiber[0];
	}
	return status;
}

static int read_edges(mn_look *l, const mn_seat *seat, mn_call *call)
{
	const mn_edge *edges;
	mn_id *far;
	mn_rows rows;
	int status = mn_brain_edges(
		seat->brain, call, l->id, MN_LOOK_EDGES, &edges, &l->n, &l->degree);

	if (status != MN_OK || l->n == 0)
		return status;
	far = mn_call_array(call, l->n, sizeof(*far));
	l->edges = mn_call_array(call, l->n, sizeof(*l->edges));
	if (!far || !l->edges)
		return MN_ENOMEM;
	for (size_t i = 0; i < l->n; i++)
		far[i] = edges[i].far;
	status = mn_brain_get(seat->brain, call, MN_NEURON, (mn_ids){far, l->n},
		MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_META | MN_FIELD_UID, &rows);
	if (status != MN_OK)
		return status;
	for (size_t i = 0; i < l->n; i++) {
		l->edges[i] = (struct mn_look_edge){edges[i].far, edges[i].synapse, edges[i].weight,
			edges[i].type, rows.at.neuron[i].type, edges[i].out, ""};
		mn_neuron_label(&rows.at.neuron[i], l->edges[i].label, MN_LOOK_LABEL);
	}
	return MN_OK;
}

static void look_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	mn_look *l = context;

	(void)job;
	if (read_self(l, seat, call) == MN_OK && l->found)
		read_edges(l, seat, call);
}

const mn_work mn_look_work = {
	.title = "look", .size = sizeof(mn_look), .run = look_run, .quiet = true};

/* ---- Facts -------------------------------------------------------------------------------- */

static int fact(const mn_pane *p, int y, int x, mn_style style, const char *text)
{
	if (x > 1)
		x = mn_pane_text(p, y, x, MN_ROLE_FRAME, " · ");
	return mn_pane_text(p, y, x, style, text);
}

static void draw_head(const mn_look *l, const mn_pane *p, int y, mn_time now)
{
	char n[32], text[64];
	int x = fact(p, y, 1, mn_theme_neuron(l->row.type), mn_type_name(MN_NEURON, l->row.type));

	snprintf(text, sizeof(text), "fan %s", mn_text_count(l->degree, n, sizeof(n)));
	x = fact(p, y, x, MN_ROLE_TEXT, text);
	if (l->state.uses) {
		snprintf(text, sizeof(text), "used %u×", l->state.uses);
		x = fact(p, y, x, MN_ROLE_TEXT, text);
		snprintf(text, sizeof(text), "last %s",
			mn_text_ago(now, l->state.last, n, sizeof(n)));
		x = fact(p, y, x, MN_ROLE_DIM, text);
		snprintf(text, sizeof(text), "level %s", mn_text_weight(l->state.level, n, 32));
		fact(p, y, x, mn_theme_heat(l->state.level), text);
	} else {
		fact(p, y, x, MN_ROLE_DIM, "never used");
	}
}

static int draw_field(const mn_pane *p, int y, const char *what, mn_str value)
{
	if (value.len == 0 || y >= p->h)
		return y;
	mn_pane_text(p, y, 1, MN_ROLE_DIM, what);
	mn_pane_str(p, y, 7, p->w - 8, MN_ROLE_TEXT, value);
	return y + 1;
}

static int draw_tags(const mn_pane *p, int y, const mn_fiber *f)
{
	int x = 7;

	if (!f || f->tags.n == 0 || y >= p->h)
		return y;
	mn_pane_text(p, y, 1, MN_ROLE_DIM, "tags");
	for (size_t i = 0; i < f->tags.n && x < p->w - 2; i++)
		x = mn_pane_str(p, y, x, p->w - 2 - x, MN_ROLE_GOOD, f->tags.at[i]) + 1;
	return y + 1;
}

int mn_look_draw_facts(const mn_look *l, const mn_pane *p, int y, int most, mn_time now)
{
	mn_pane part = mn_pane_sub(p, 0, 0, y + most, p->w);
	mn_pane text;

	draw_head(l, &part, y++, now);
	if (l->row.type == MN_MEMORY && most > 3) {
		text = mn_pane_sub(&part, y, 1, most - 3, part.w - 2);
		y += mn_pane_wrap(&text, 0, 0, MN_ROLE_TEXT, l->row.text);
	}
	y = draw_tags(&part, y, l->fiber);
	y = draw_field(&part, y, "uid", l->row.uid);
	y = draw_field(&part, y, "meta", l->row.meta);
	return y;
}

/* ---- Neighbours --------------------------------------------------------------------------- */

static mn_str bracketed(uint16_t type, const char *label, char *out, size_t room)
{
	bool memory = type == MN_MEMORY;

	snprintf(out, room, "%s%s%s", memory ? "[" : "", *label ? label : "(gone)",
		memory ? "]" : "");
	return mn_str_of(out);
}

void mn_look_draw_edge(const mn_pane *p, int y, const struct mn_look_edge *e, unsigned flag)
{
	int bar = p->w >= 52 ? 8 : 0, x = 1;
	char label[MN_LOOK_LABEL + 4], n[16];

	mn_pane_fill(p, y, 0, p->w, MN_ROLE_TEXT | flag, " ");
	mn_pane_text(p, y, 0, MN_ROLE_KEY | flag, flag & MN_SELECTED ? "▸" : " ");
	mn_pane_text(p, y, x, MN_ROLE_DIM | flag, e->out ? "→" : "←");
	mn_pane_str(
		p, y, x + 2, 11, MN_ROLE_DIM | flag, mn_str_of(mn_type_name(MN_SYNAPSE, e->type)));
	x += 14;
	mn_pane_right(p, y, x + 4, mn_theme_heat(e->weight) | flag, "%s",
		mn_text_weight(e->weight, n, sizeof(n)));
	x += 5;
	if (bar)
		mn_chart_bar(p, y, x, bar, e->weight, flag);
	x += bar + (bar > 0);
	mn_pane_str(p, y, x, p->w - x - 1, mn_theme_neuron(e->far_type) | flag,
		bracketed(e->far_type, e->label, label, sizeof(label)));
}

/* ---- The graph around it ------------------------------------------------------------------ */

/* One side of the drawing: its edges, a row each, around the middle row. */
struct side {
	const struct mn_look_edge *at[16];
	int n, more;
};

static struct side side_of(const mn_look *l, bool out, int rows)
{
	struct side s = {.n = 0};

	rows = rows < 16 ? rows : 16;
	for (size_t i = 0; i < l->n; i++) {
		if (l->edges[i].out != out)
			continue;
		if (s.n < rows)
			s.at[s.n++] = &l->edges[i];
		else
			s.more++;
	}
	return s;
}

/* What joins row i of n to the middle row, as seen from the right. */
static const char *joint(int i, int n, int middle, bool right)
{
	if (n == 1)
		return "─";
	if (i == middle)
		return i == 0 ? "┬" : i == n - 1 ? "┴" : "┼";
	if (i == 0)
		return right ? "╭" : "╮";
	if (i == n - 1)
		return right ? "╰" : "╯";
	return right ? "├" : "┤";
}

static void draw_side(const mn_pane *p, const struct side *s, int top, int trunk, bool right)
{
	int middle = p->h / 2 - top;
	char label[MN_LOOK_LABEL + 4], n[16];

	for (int i = 0; i < s->n; i++) {
		const struct mn_look_edge *e = s->at[i];
		mn_str text = bracketed(e->far_type, e->label, label, sizeof(label));
		mn_style heat = mn_theme_heat(e->weight);
		int y = top + i, w = mn_text_width(text),
		    room = right ? p->w - trunk - 8 : trunk - 7;

		mn_text_weight(e->weight, n, sizeof(n));
		mn_pane_text(p, y, trunk, MN_ROLE_DIM, joint(i, s->n, middle, right));
		w = w < room ? w : room;
		if (right) {
			mn_pane_printf(p, y, trunk + 1, heat, "─%s─", n);
			mn_pane_str(p, y, trunk + 7, room, mn_theme_neuron(e->far_type), text);
		} else {
			mn_pane_str(p, y, trunk - 6 - w, w, mn_theme_neuron(e->far_type), text);
			mn_pane_right(p, y, trunk, heat, "─%s─", n);
		}
	}
}

/* The rows a side takes, centred on the middle row. */
static int top_of(const mn_pane *p, int n)
{
	int top = p->h / 2 - n / 2;

	return top < 0 ? 0 : top;
}

static void draw_more(const mn_pane *p, const struct side *s, int x, bool right)
{
	if (s->more && right)
		mn_pane_printf(p, p->h - 1, x + 2, MN_ROLE_DIM, "… +%d more", s->more);
	else if (s->more)
		mn_pane_right(p, p->h - 1, x - 1, MN_ROLE_DIM, "… +%d more", s->more);
}

void mn_look_draw_ego(const mn_look *l, const mn_pane *p)
{
	int rows = p->h - 1, y = p->h / 2, width = mn_text_width(mn_str_of(l->label)) + 2;
	struct side in = side_of(l, false, rows), out = side_of(l, true, rows);
	int left, right, most = p->w / 3;
	char text[MN_LOOK_LABEL + 8];

	if (p->h < 3 || p->w < 40)
		return;
	width = width < most ? width : most;
	left = in.n ? (out.n ? (p->w - width) / 2 - 2 : p->w - width - 5) : 0;
	right = left + width + (in.n ? 4 : 1) + 1;
	snprintf(text, sizeof(text), "● %s", l->label);
	draw_side(p, &in, top_of(p, in.n), left, false);
	draw_side(p, &out, top_of(p, out.n), right, true);
	if (in.n)
		mn_pane_text(p, y, left + 1, MN_ROLE_DIM, "─→");
	mn_pane_str(p, y, left + (in.n ? 4 : 1), width, mn_theme_neuron(l->row.type) | MN_STRONG,
		mn_str_of(text));
	draw_more(p, &in, left, false);
	draw_more(p, &out, right, true);
}
