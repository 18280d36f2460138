/* SPDX-License-Identifier: MIT */
/*
 * cypher_find.c - from a store's answer to a table and a graph. The graph is a run without events:
 * each neuron that was found hangs on the one that reaches it by the heaviest synapse, breadth
 * first from the first one. Synapses are those of the answer, or, if it has none, those between
 * its neurons; either costs one trip, and the neurons another.
 */
#include <pthread.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "tui/cypher.h"
#include "tui/text.h"

enum { NODES = MN_REPLAY_NODES, LINKS = 400, FAN = 64 };
#define GRAPH_MOST ((size_t)4 << 20)

struct link {
	int a, b;
	double weight;
};

struct making {
	mn_brain *brain;
	mn_call *call;
	mn_id ids[NODES];
	size_t n;
	struct link links[LINKS];
	size_t nlinks;
};

/* ---- The table ----------------------------------------------------------------------------- */

static int read_table(mn_found *f, mn_call *call)
{
	const mn_native *t = &f->table;

	f->ncolumns = t->ncolumns < MN_CYPHER_COLUMNS ? t->ncolumns : MN_CYPHER_COLUMNS;
	f->cells = mn_call_array(call, t->nrows * f->ncolumns, sizeof(*f->cells));
	if (!f->cells)
		return mn_fail_memory(call);
	for (size_t k = 0; k < f->ncolumns; k++) {
		f->widths[k] = mn_text_width(mn_str_sub(t->names[k], 0, 4 * MN_CYPHER_WIDEST));
		f->numbers[k] = t->nrows > 0;
	}
	for (size_t i = 0; i < t->nrows * f->ncolumns; i++) {
		size_t k = i % f->ncolumns, row = i / f->ncolumns;
		int w;

		if (mn_cell_read(call->arena, t->cells[row * t->ncolumns + k], &f->cells[i]))
			return mn_fail_memory(call);
		w = mn_text_width(mn_str_sub(f->cells[i].text, 0, 4 * MN_CYPHER_WIDEST));
		f->widths[k] = w > f->widths[k] ? w : f->widths[k];
		f->numbers[k] &= f->cells[i].kind == MN_CELL_NUMBER;
	}
	for (size_t k = 0; k < f->ncolumns; k++)
		if (f->widths[k] > MN_CYPHER_WIDEST && f->ncolumns > 1)
			f->widths[k] = MN_CYPHER_WIDEST;
	return MN_OK;
}

/* ---- Who belongs together ------------------------------------------------------------------ */

/* The place of a neuron among those that are drawn, made if there is room; -1: none. */
static int node_of(struct making *m, mn_id id, bool make)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->ids[i] == id)
			return (int)i;
	if (!make || !id || m->n == NODES)
		return -1;
	m->ids[m->n] = id;
	return (int)m->n++;
}

static void add_link(struct making *m, int a, int b, double weight)
{
	if (a >= 0 && b >= 0 && a != b && m->nlinks < LINKS)
		m->links[m->nlinks++] = (struct link){a, b, weight};
}

static int read_links(struct making *m, mn_ids synapses)
{
	mn_rows rows;
	int status;

	synapses.n = synapses.n < LINKS ? synapses.n : LINKS;
	status = mn_brain_get(m->brain, m->call, MN_SYNAPSE, synapses, MN_FIELD_HEAD, &rows);
	for (size_t i = 0; status == MN_OK && i < rows.n; i++) {
		const mn_synapse *s = &rows.at.synapse[i];
		int a = s->id ? node_of(m, s->from, true) : -1;

		add_link(m, a, s->id ? node_of(m, s->to, true) : -1, s->base);
	}
	return status;
}

static int find_links(struct making *m)
{
	const mn_reach out = {.out = true};
	mn_expand ask = MN_SIZED(mn_expand);
	uint32_t limit[NODES];
	mn_fan fan;
	int status;

	for (size_t i = 0; i < m->n; i++)
		limit[i] = FAN;
	ask.frontier = (mn_ids){m->ids, m->n};
	ask.reaches = &out;
	ask.nreaches = 1;
	ask.limit = limit;
	status = mn_brain_expand(m->brain, m->call, &ask, &fan);
	for (size_t i = 0; status == MN_OK && i < m->n; i++)
		for (uint32_t k = fan.start[i]; k < fan.start[i + 1]; k++)
			add_link(m, (int)i, node_of(m, fan.far[k], false), fan.weight[k]);
	return status;
}

/* ---- The graph ----------------------------------------------------------------------------- */

/* The heaviest link from what hangs already to what does not; NULL: none. */
static const struct link *next_link(
	const struct making *m, const mn_replay_node *nodes, const bool *hangs, uint16_t hop)
{
	const struct link *best = NULL;

	for (size_t i = 0; i < m->nlinks; i++) {
		const struct link *l = &m->links[i];
		int from = hangs[l->a] ? l->a : l->b;

		if (hangs[l->a] != hangs[l->b] && nodes[from].hop == hop
			&& (!best || l->weight > best->weight))
			best = l;
	}
	return best;
}

/* Everything that hangs together with a root, level by level. */
static void hang_on(
	const struct making *m, mn_replay_node *nodes, bool *hangs, size_t root, uint16_t *deepest)
{
	const struct link *l;
	uint16_t hop = 0;

	hangs[root] = true;
	for (size_t left = m->n; left; left--, hop++)
		while ((l = next_link(m, nodes, hangs, hop))) {
			int from = hangs[l->a] ? l->a : l->b, to = from == l->a ? l->b : l->a;

			hangs[to] = true;
			nodes[to].parent = from;
			nodes[to].hop = (uint16_t)(hop + 1);
			nodes[to].weight = l->weight;
			*deepest = hop + 1 > *deepest ? (uint16_t)(hop + 1) : *deepest;
		}
}

static void fill_nodes(struct making *m, mn_replay *r, const mn_rows *rows, mn_replay_step *steps)
{
	bool hangs[NODES] = {0};

	for (size_t i = 0; i < m->n; i++) {
		const mn_neuron *n = &rows->at.neuron[i];

		r->nodes[i] = (mn_replay_node){.id = n->id,
			.type = n->type,
			.parent = -1,
			.level = 1 - (double)i / (2.0 * NODES), /* in the order of the answer */
			.nsteps = 1,
			.drawn = true};
		steps[i] = (mn_replay_step){0, 1};
		mn_text_plain(n->text.len ? n->text : n->uid, r->nodes[i].label, MN_REPLAY_LABEL);
	}
	for (size_t i = 0; i < m->n; i++)
		if (!hangs[i])
			hang_on(m, r->nodes, hangs, i, &r->hops);
}

/* A run's nodes own their steps, so each has a piece of memory. */
static int give_steps(mn_replay *r, const mn_replay_step *steps)
{
	for (size_t i = 0; i < r->nnodes; i++) {
		r->nodes[i].steps = mn_alloc(sizeof(*steps));
		if (!r->nodes[i].steps)
			return MN_ENOMEM;
		*r->nodes[i].steps = steps[i];
	}
	return MN_OK;
}

static int make_run(struct making *m, const mn_rows *rows, mn_replay **out)
{
	mn_replay *r = mn_alloc_zero(1, sizeof(*r));
	mn_replay_step steps[NODES];
	int status = MN_OK;

	if (!r)
		return mn_fail_memory(m->call);
	*r = (mn_replay){.refs = 1, .plain = true, .nevents = 1, .top = 1};
	pthread_mutex_init(&r->lock, NULL);
	r->arena = mn_arena_new(GRAPH_MOST);
	r->nodes = r->arena ? mn_arena_array(r->arena, m->n, sizeof(*r->nodes)) : NULL;
	r->hop_at = r->arena ? mn_arena_array(r->arena, 1, sizeof(*r->hop_at)) : NULL;
	r->from_at = r->arena ? mn_arena_array(r->arena, 1, sizeof(*r->from_at)) : NULL;
	r->to_at = r->arena ? mn_arena_array(r->arena, 1, sizeof(*r->to_at)) : NULL;
	if (!r->nodes || !r->hop_at || !r->from_at || !r->to_at)
		status = mn_fail_memory(m->call);
	if (status == MN_OK) {
		r->to_at[0] = r->from_at[0] = -1;
		fill_nodes(m, r, rows, steps);
		r->nnodes = m->n;
		if (give_steps(r, steps))
			status = mn_fail_memory(m->call);
	}
	if (status != MN_OK) {
		mn_replay_release(r);
		return status;
	}
	*out = r;
	return MN_OK;
}

/* Neurons that are gone by now are passed over. */
static void drop_missing(struct making *m, mn_rows *rows)
{
	mn_neuron *at = (mn_neuron *)rows->at.neuron;
	int to[NODES];
	size_t n = 0, k = 0;

	for (size_t i = 0; i < m->n; i++) {
		to[i] = at[i].id ? (int)n : -1;
		if (at[i].id) {
			m->ids[n] = m->ids[i];
			at[n++] = at[i];
		}
	}
	for (size_t i = 0; i < m->nlinks; i++) {
		struct link l = {to[m->links[i].a], to[m->links[i].b], m->links[i].weight};

		if (l.a >= 0 && l.b >= 0)
			m->links[k++] = l;
	}
	m->n = n;
	m->nlinks = k;
}

static int make_graph(mn_found *f, mn_brain *brain, mn_call *call)
{
	struct making *m = mn_call_alloc(call, sizeof(*m));
	mn_rows rows;
	int status = MN_OK;

	if (!m)
		return mn_fail_memory(call);
	m->brain = brain;
	m->call = call;
	for (size_t i = 0; i < f->table.neurons.n; i++)
		node_of(m, f->table.neurons.at[i], true);
	if (f->table.synapses.n)
		status = read_links(m, f->table.synapses);
	else if (m->n)
		status = find_links(m);
	if (status != MN_OK || !m->n)
		return status;
	status = mn_brain_get(brain, call, MN_NEURON, (mn_ids){m->ids, m->n},
		MN_FIELD_TEXT | MN_FIELD_UID, &rows);
	if (status != MN_OK)
		return status;
	drop_missing(m, &rows);
	return m->n ? make_run(m, &rows, &f->graph) : MN_OK;
}

/* ---- The task ------------------------------------------------------------------------------ */

void mn_found_run(void *context, const mn_seat *seat, mn_job *job, mn_call *call)
{
	mn_found *f = context;

	(void)job;
	if (mn_brain_native(seat->brain, call, mn_str_of(f->text), MN_CYPHER_ROWS, &f->table))
		return;
	f->nneurons = f->table.neurons.n;
	if (read_table(f, call) == MN_OK)
		make_graph(f, seat->brain, call);
}

void mn_found_drop(void *context)
{
	mn_found *f = context;

	mn_replay_release(f->graph);
}
