/* SPDX-License-Identifier: MIT */
/*
 * trace_svg.c - a spread drawn: a column for each hop, the most active neurons in it, and the
 * strongest contribution between each two of them. Memories are boxes, everything else is round;
 * how active something is shows in its shade and as a number.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "recall/trace_io.h"

#define COLUMNS 4
#define ROWS 16
#define MOST (COLUMNS * ROWS)
#define COLUMN_WIDTH 300
#define ROW_HEIGHT 34
#define TOP 70
#define LABEL 34

struct spot { /* a neuron and where it stands */
	const mn_trace_neuron *neuron;
	int x, y;
};

struct line {
	const struct spot *from, *to;
	const mn_event *event;
};

struct picture {
	const mn_trace *t;
	struct spot spots[MOST];
	size_t nspots;
	struct line lines[MOST * 4];
	size_t nlines;
	double best; /* level of the most active neuron */
};

static int by_level(const void *a, const void *b)
{
	const mn_trace_neuron *const *x = a, *const *y = b;

	if ((*x)->level != (*y)->level)
		return (*x)->level > (*y)->level ? -1 : 1;
	return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

/* The most active of each column. */
static int place(struct picture *p, mn_call *call)
{
	const mn_trace *t = p->t;
	const mn_trace_neuron **order = mn_alloc_zero(t->nneurons + 1, sizeof(*order));
	int used[COLUMNS] = {0};

	if (!order)
		return mn_fail_memory(call);
	for (size_t i = 0; i < t->nneurons; i++)
		order[i] = &t->neurons[i];
	qsort(order, t->nneurons, sizeof(*order), by_level);
	for (size_t i = 0; i < t->nneurons && order[i]->level > 0; i++) {
		int column = order[i]->hop < COLUMNS ? order[i]->hop : COLUMNS - 1;

		if (used[column] == ROWS)
			continue;
		p->spots[p->nspots++] = (struct spot){.neuron = order[i],
			.x = 20 + column * COLUMN_WIDTH,
			.y = TOP + used[column]++ * ROW_HEIGHT};
	}
	p->best = t->nneurons ? order[0]->level : 0;
	mn_free(order);
	return MN_OK;
}

static const struct spot *spot_of(const struct picture *p, mn_id id)
{
	for (size_t i = 0; i < p->nspots; i++)
		if (p->spots[i].neuron->id == id)
			return &p->spots[i];
	return NULL;
}

/* Into each neuron that is drawn, the strongest contributions of those that are. */
static void connect(struct picture *p)
{
	for (size_t i = 0; i < p->nspots; i++) {
		const uint32_t *into;
		size_t n = mn_trace_into(p->t, p->spots[i].neuron->id, &into), first = p->nlines;

		for (size_t k = 0; k < n && p->nlines < MOST * 4; k++) {
			const mn_event *e = &p->t->events[into[k]];
			const struct spot *from = e->fate <= MN_FATE_RAISED ? spot_of(p, e->from)
									    : NULL;
			size_t known = first;

			if (!from || from == &p->spots[i])
				continue;
			while (known < p->nlines && p->lines[known].from != from)
				known++;
			if (known == p->nlines)
				p->lines[p->nlines++] = (struct line){from, &p->spots[i], e};
			else if (e->out > p->lines[known].event->out)
				p->lines[known].event = e;
		}
	}
}

/* ---- Drawing -------------------------------------------------------------------------------- */

static double shade(const struct picture *p, double level)
{
	return p->best > 0 ? fmin(1, fmax(.15, level / p->best)) : 1;
}

static void draw_line(mn_buf *b, const struct picture *p, const struct line *l)
{
	int x1 = l->from->x + COLUMN_WIDTH - 80, y1 = l->from->y + 12;
	int x2 = l->to->x, y2 = l->to->y + 12;

	if (l->from->x == l->to->x)
		x1 = l->from->x; /* within a column the line bends to the left */
	mn_buf_printf(b,
		"<path d=\"M%d %dC%d %d %d %d %d %d\" fill=\"none\" stroke=\"#4477aa\" "
		"stroke-opacity=\"%.2f\" stroke-width=\"%.2f\"><title>%s %.4g</title></path>\n",
		x1, y1, l->from->x == l->to->x ? x1 - 30 : x1 + 50, y1, x2 - 40, y2, x2, y2,
		.2 + .6 * shade(p, l->event->out), .5 + 3 * shade(p, l->event->out),
		mn_reason_name(l->event->reason), l->event->out);
}

static void draw_spot(mn_buf *b, const struct picture *p, const struct spot *s)
{
	const mn_trace_neuron *n = s->neuron;
	bool memory = n->flags & MN_NEURON_ANCHOR;

	mn_buf_printf(b,
		"<g><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"24\" rx=\"%d\" fill=\"%s\" "
		"fill-opacity=\"%.2f\" stroke=\"#333\"/><title>",
		s->x, s->y, COLUMN_WIDTH - 80, memory ? 3 : 12, memory ? "#ee9944" : "#66aacc",
		.15 + .75 * shade(p, n->level));
	mn_trace_xml(b, n->text, 120);
	mn_buf_printf(b, "</title><text x=\"%d\" y=\"%d\">", s->x + 8, s->y + 16);
	mn_trace_xml(b, n->text.len ? n->text : n->uid, LABEL);
	mn_buf_printf(b, "</text><text x=\"%d\" y=\"%d\" class=\"n\">%.3g</text></g>\n",
		s->x + COLUMN_WIDTH - 88, s->y + 16, n->level);
}

static void draw(mn_buf *b, const struct picture *p)
{
	mn_buf_printf(b,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"font-family=\"sans-serif\" font-size=\"12\">\n"
		"<style>.n{text-anchor:end;font-weight:bold}.h{fill:#666}</style>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
		"<text x=\"20\" y=\"28\" font-size=\"16\">",
		20 + COLUMNS * COLUMN_WIDTH, TOP + ROWS * ROW_HEIGHT + 20);
	mn_trace_xml(b, p->t->head.question, 120);
	mn_buf_text(b, "</text>\n");
	for (int i = 0; i < COLUMNS; i++)
		mn_buf_printf(b, "<text x=\"%d\" y=\"54\" class=\"h\">hop %d%s</text>\n",
			20 + i * COLUMN_WIDTH, i, i == COLUMNS - 1 ? " and more" : "");
	for (size_t i = 0; i < p->nlines; i++)
		draw_line(b, p, &p->lines[i]);
	for (size_t i = 0; i < p->nspots; i++)
		draw_spot(b, p, &p->spots[i]);
	mn_buf_text(b, "</svg>\n");
}

int mn_trace_write_svg(const mn_trace *t, mn_call *call, const mn_sink *sink, mn_buf *b)
{
	struct picture *p = mn_alloc_zero(1, sizeof(*p));
	int rc;

	if (!p)
		return mn_fail_memory(call);
	p->t = t;
	rc = place(p, call);
	if (rc == MN_OK) {
		connect(p);
		draw(b, p);
		rc = mn_trace_flush(b, call, sink, 0);
	}
	mn_free(p);
	return rc;
}
