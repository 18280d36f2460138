/* SPDX-License-Identifier: MIT */
/* csr.c - the synthetic graph as bare arrays (compressed sparse rows), and a spread over it. */
#include <stdlib.h>
#include <string.h>

#include "limits.h"

#define GAIN 0.5
#define LIGHTEST 0.1
#define AHEAD 8

static int heavier(const void *a, const void *b)
{
	const struct csr_link *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight < y->weight ? 1 : -1;
	return (x->far > y->far) - (x->far < y->far);
}

/* Counts at start[id], so that sums over them are where each list ends. */
static void count(struct csr *g)
{
	struct synth_out k;

	for (mn_id id = 1; id <= g->n; id++) {
		synth_synapses(id, g->n, SYNTH_SEED, &k);
		g->start[id] += SYNTH_SYNAPSES;
		for (int i = 0; i < SYNTH_SYNAPSES; i++)
			g->start[k.to[i]]++;
	}
	for (mn_id id = 1; id <= g->n; id++)
		g->start[id] += g->start[id - 1];
}

/* Fills lists from their ends, so that start[id - 1] is left where the list begins. */
static void place(struct csr *g, uint64_t *end)
{
	struct synth_out k;

	for (mn_id id = 1; id <= g->n; id++) {
		synth_synapses(id, g->n, SYNTH_SEED, &k);
		for (int i = 0; i < SYNTH_SYNAPSES; i++) {
			const float w = (float)k.base[i];

			g->at[--end[id]] = (struct csr_link){(uint32_t)k.to[i] - 1, w};
			g->at[--end[k.to[i]]] = (struct csr_link){(uint32_t)id - 1, w};
		}
	}
	for (mn_id id = 1; id <= g->n; id++)
		qsort(g->at + g->start[id - 1], g->start[id] - g->start[id - 1], sizeof(*g->at),
			heavier);
}

int csr_make(struct bench *b, uint64_t n, struct csr *out)
{
	struct csr g = {.n = n, .start = calloc(n + 1, sizeof(*g.start))};
	uint64_t *end = malloc((n + 1) * sizeof(*end));

	if (g.start)
		count(&g);
	g.at = g.start ? malloc((g.start[n] + 1) * sizeof(*g.at)) : NULL; /* of no synapse: one */
	if (g.at && end) {
		memcpy(end, g.start, (n + 1) * sizeof(*end));
		place(&g, end);
		free(end);
		*out = g;
		return 0;
	}
	free(end);
	csr_free(&g);
	return bench_fail(b, "arrays");
}

void csr_free(struct csr *g)
{
	free(g->start);
	free(g->at);
	*g = (struct csr){0};
}

/* Room for as many states as there are links cannot be too little. */
int csr_space_make(struct bench *b, const struct csr *g, struct csr_space *out)
{
	*out = (struct csr_space){.cap = g->start[g->n] + 64};
	out->marks = calloc(g->n, sizeof(*out->marks));
	out->queue = malloc(out->cap * sizeof(*out->queue));
	if (out->marks && out->queue)
		return 0;
	csr_space_free(out);
	return bench_fail(b, "arrays");
}

void csr_space_free(struct csr_space *s)
{
	free(s->marks);
	free(s->queue);
	*s = (struct csr_space){0};
}

static void push(struct csr_space *s, double level, uint32_t node)
{
	size_t i = s->n++;

	for (; i && level > s->queue[(i - 1) / 2].level; i = (i - 1) / 2)
		s->queue[i] = s->queue[(i - 1) / 2];
	s->queue[i] = (struct csr_state){level, node};
}

static struct csr_state pop(struct csr_space *s)
{
	const struct csr_state first = s->queue[0], last = s->queue[--s->n];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < s->n) {
		if (child + 1 < s->n && s->queue[child + 1].level > s->queue[child].level)
			child++;
		if (s->queue[child].level <= last.level)
			break;
		s->queue[i] = s->queue[child];
		i = child;
	}
	s->queue[i] = last;
	return first;
}

static void reach(struct csr_space *s, uint32_t node, double level, double threshold)
{
	struct csr_mark *m = &s->marks[node];

	if (m->epoch == s->epoch && m->level >= level)
		return;
	s->activated += m->epoch != s->epoch;
	if (m->epoch != s->epoch)
		*m = (struct csr_mark){.epoch = s->epoch};
	m->level = level;
	if (level * GAIN >= threshold && !m->fired)
		push(s, level, node);
}

static void fire(const struct csr *g, struct csr_space *s, struct csr_state from, double threshold)
{
	const struct csr_link *at = g->at + g->start[from.node],
			      *end = g->at + g->start[from.node + 1];
	const double gives = from.level * GAIN;

	for (; at < end; at++) {
		const double level = gives * at->weight;

		s->examined++;
		if (at->weight < LIGHTEST || level < threshold)
			break;
		if (at + AHEAD < end)
			__builtin_prefetch(&s->marks[at[AHEAD].far]);
		reach(s, at->far, level, threshold);
	}
}

int csr_spread(const struct csr *g, struct csr_space *s, const uint32_t *anchors, size_t n,
	double threshold)
{
	s->epoch++;
	s->n = 0;
	s->activated = s->examined = 0;
	for (size_t i = 0; i < n; i++)
		reach(s, anchors[i], 1, threshold);
	while (s->n) {
		const struct csr_state from = pop(s);

		if (s->marks[from.node].fired)
			continue;
		s->marks[from.node].fired = true;
		fire(g, s, from, threshold);
	}
	return 0;
}
