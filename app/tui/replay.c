/* SPDX-License-Identifier: MIT */
/*
 * run.c - from an answer and its trace to what is drawn. Three passes over the events: who was
 * reached when, who gave each neuron most, and how the levels of the chosen ones moved.
 */
#include "tui/replay.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/type.h"
#include "tui/text.h"

enum { ROOTS_MOST = 14, HITS_DRAWN = 16, NEVER = -1 };
#define RUN_MOST ((size_t)64 << 20)

/* What is known of each neuron of the trace, in the order of mn_trace_neurons. */
struct fact {
	uint32_t first; /* UINT32_MAX: not reached */
	bool asked;     /* the question names it: a root */
	int parent;     /* in the same order; NEVER: a root */
	double gave;
	uint32_t born, children, drawn_children;
	int node; /* index of the node, or NEVER */
};

struct making {
	mn_replay *run;
	mn_call *call;
	const mn_event *events;
	size_t nevents;
	const mn_trace_neuron *neurons;
	size_t n;
	struct fact *facts;
	mn_replay_node *nodes;
	size_t nnodes, room;
};

static int find(const struct making *m, mn_id id)
{
	size_t low = 0, high = m->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->neurons[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < m->n && m->neurons[low].id == id && id ? (int)low : NEVER;
}

static bool counts(const mn_event *e)
{
	return e->fate == MN_FATE_ACTIVATED || e->fate == MN_FATE_RAISED;
}

static bool adds(const mn_event *e)
{
	return e->to && counts(e)
	       && (e->op == MN_OP_SET || e->op == MN_OP_SUM || e->op == MN_OP_BEST
		       || e->op == MN_OP_POOL);
}

static void find_firsts(struct making *m)
{
	for (size_t i = 0; i < m->n; i++)
		m->facts[i] = (struct fact){.first = UINT32_MAX, .parent = NEVER, .node = NEVER};
	for (size_t k = 0; k < m->nevents; k++) {
		int to = adds(&m->events[k]) ? find(m, m->events[k].to) : NEVER;

		if (to < 0)
			continue;
		if (m->facts[to].first == UINT32_MAX)
			m->facts[to].first = (uint32_t)k;
		m->facts[to].asked |= m->events[k].from == 0;
	}
}

/* Givers come before takers, so that there is no circle: what the question names, then by when it
 * was first reached. */
static bool may_lead(const struct fact *from, const struct fact *to)
{
	return !to->asked && (from->asked || from->first < to->first);
}

/* What an event gave, in the levels of the end: later scalings act on it too. So from the last
 * event backwards. */
static void find_parents(struct making *m)
{
	double later = 1;

	for (size_t k = m->nevents; k-- > 0;) {
		const mn_event *e = &m->events[k];
		int to = adds(e) ? find(m, e->to) : NEVER;
		int from = to >= 0 ? find(m, e->from) : NEVER;

		if (e->op == MN_OP_SCALE && counts(e))
			later *= e->out;
		if (from < 0 || !may_lead(&m->facts[from], &m->facts[to])
			|| e->out * later < m->facts[to].gave)
			continue;
		m->facts[to].gave = e->out * later;
		m->facts[to].parent = from;
		m->facts[to].born = (uint32_t)k;
	}
	for (size_t i = 0; i < m->n; i++)
		if (m->facts[i].parent >= 0)
			m->facts[m->facts[i].parent].children++;
}

/* ---- Choosing ----------------------------------------------------------------------------- */

static int add_node(struct making *m, int i, bool drawn)
{
	const mn_trace_neuron *n = &m->neurons[i];
	struct fact *f = &m->facts[i];
	mn_replay_node *node;

	if (f->node == NEVER) {
		if (m->nnodes == m->room)
			return NEVER;
		f->node = (int)m->nnodes;
		node = &m->nodes[m->nnodes++];
		*node = (mn_replay_node){.id = n->id,
			.type = n->type,
			.hop = n->hop,
			.parent = NEVER,
			.first = f->first,
			.born = f->born,
			.level = n->level};
		mn_text_brief(n->text.len ? n->text : n->uid, node->label, MN_REPLAY_LABEL);
	}
	node = &m->nodes[f->node];
	if (drawn && !node->drawn) {
		node->drawn = true;
		if (f->parent >= 0) {
			m->facts[f->parent].drawn_children++;
			node->weight = m->events[f->born].weight;
			node->fan = m->events[f->born].fan;
		}
	}
	return f->node;
}

static size_t count_drawn(const struct making *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->nnodes; i++)
		n += m->nodes[i].drawn;
	return n;
}

/* A neuron and everything that leads to it, if there is room for all. */
static void draw_line_to(struct making *m, int i)
{
	size_t need = 0;

	for (int at = i; at >= 0; at = m->facts[at].parent)
		need += m->facts[at].node == NEVER || !m->nodes[m->facts[at].node].drawn;
	if (count_drawn(m) + need > MN_REPLAY_NODES)
		return;
	for (int at = i; at >= 0; at = m->facts[at].parent)
		add_node(m, at, true);
}

static void draw_roots(struct making *m)
{
	for (int n = 0; n < ROOTS_MOST; n++) {
		int best = NEVER;

		for (size_t i = 0; i < m->n; i++) {
			const struct fact *f = &m->facts[i];

			if (f->first == UINT32_MAX || f->parent >= 0 || f->node != NEVER)
				continue;
			if (best < 0 || m->neurons[i].level > m->neurons[best].level)
				best = (int)i;
		}
		if (best < 0)
			return;
		add_node(m, best, true);
	}
}

/* The strongest that are not drawn yet, as long as there is room. */
static void draw_strongest(struct making *m, size_t upto)
{
	while (count_drawn(m) < upto) {
		int best = NEVER;
		size_t before = count_drawn(m);

		for (size_t i = 0; i < m->n; i++) {
			const struct fact *f = &m->facts[i];

			if (f->first == UINT32_MAX || (f->node >= 0 && m->nodes[f->node].drawn))
				continue;
			if (best < 0 || m->neurons[i].level > m->neurons[best].level)
				best = (int)i;
		}
		if (best >= 0)
			draw_line_to(m, best);
		if (count_drawn(m) == before)
			return;
	}
}

static void choose(struct making *m)
{
	mn_replay *r = m->run;

	for (size_t i = 0; i < r->nhits; i++) {
		int at = find(m, r->hits[i].neuron);

		r->hits[i].node = at < 0 ? NEVER : add_node(m, at, false);
		if (r->hits[i].node >= 0)
			m->nodes[r->hits[i].node].rank = (uint32_t)i + 1;
		if (at >= 0 && i < HITS_DRAWN)
			draw_line_to(m, at);
	}
	draw_roots(m);
	draw_strongest(m, MN_REPLAY_NODES * 2 / 3);
	for (size_t i = 0; i < m->n; i++) {
		const struct fact *f = &m->facts[i];

		if (f->node >= 0 && f->parent >= 0)
			m->nodes[f->node].parent = m->facts[f->parent].node;
		if (f->node >= 0)
			m->nodes[f->node].hidden = f->children - f->drawn_children;
	}
}

/* ---- Levels over time --------------------------------------------------------------------- */

struct cell {
	double level, aside;
	bool has, has_aside;
	size_t cap;
};

static int note_level(struct making *m, size_t i, uint32_t event, struct cell *c)
{
	mn_replay_node *n = &m->nodes[i];
	void *steps = n->steps;

	if (mn_grow(&steps, &c->cap, n->nsteps + 1, sizeof(*n->steps), UINT32_MAX))
		return mn_fail_memory(m->call);
	n->steps = steps;
	n->steps[n->nsteps++] = (mn_replay_step){event, c->level};
	return MN_OK;
}

/* Events without a `to` act on every level (mn_operator in mn.h). */
static void act_on_all(struct cell *c, const mn_event *e)
{
	if (e->op == MN_OP_SCALE) {
		c->level *= e->out;
	} else if (e->op == MN_OP_ASIDE) {
		*c = (struct cell){.aside = c->level, .has_aside = c->has, .cap = c->cap};
	} else if (e->op == MN_OP_JOIN) {
		if (c->has && c->has_aside)
			c->level = fmin(1, c->aside + c->level * e->out);
		else if (c->has_aside)
			c->level = c->aside;
		c->has |= c->has_aside;
		c->has_aside = false;
	}
}

static int replay_event(struct making *m, struct cell *cells, size_t k)
{
	const mn_event *e = &m->events[k];
	int from = find(m, e->from), to = find(m, e->to), status = MN_OK;

	m->run->hop_at[k] = e->hop;
	m->run->from_at[k] = (int16_t)(from < 0 ? NEVER : m->facts[from].node);
	to = to < 0 ? NEVER : m->facts[to].node;
	m->run->to_at[k] = (int16_t)to;
	if (e->hop > m->run->hops)
		m->run->hops = e->hop;
	if (!counts(e))
		return MN_OK;
	if (to >= 0) {
		cells[to].level = e->after;
		cells[to].has = true;
		return note_level(m, (size_t)to, (uint32_t)k, &cells[to]);
	}
	for (size_t i = 0; !e->to && i < m->nnodes && status == MN_OK; i++) {
		double before = cells[i].level;

		act_on_all(&cells[i], e);
		if (cells[i].level != before)
			status = note_level(m, i, (uint32_t)k, &cells[i]);
	}
	return status;
}

static int replay(struct making *m)
{
	mn_replay *r = m->run;
	struct cell *cells = mn_call_array(m->call, m->nnodes, sizeof(*cells));
	int status = MN_OK;

	r->hop_at = mn_arena_array(r->arena, m->nevents, sizeof(*r->hop_at));
	r->from_at = mn_arena_array(r->arena, m->nevents, sizeof(*r->from_at));
	r->to_at = mn_arena_array(r->arena, m->nevents, sizeof(*r->to_at));
	if (!cells || !r->hop_at || !r->from_at || !r->to_at)
		return mn_fail_memory(m->call);
	for (size_t k = 0; k < m->nevents && status == MN_OK; k++) {
		status = k % 4096 == 0 ? mn_check(m->call) : MN_OK;
		if (status == MN_OK)
			status = replay_event(m, cells, k);
	}
	return status;
}

/* ---- Making ------------------------------------------------------------------------------- */

static int model(mn_replay *r, mn_call *call)
{
	struct making m = {.run = r, .call = call, .room = r->nhits + MN_REPLAY_NODES};
	int status;

	m.nevents = mn_trace_events(r->trace, &m.events);
	m.n = mn_trace_neurons(r->trace, &m.neurons);
	m.facts = mn_call_array(call, m.n, sizeof(*m.facts));
	m.nodes = mn_arena_array(r->arena, m.room, sizeof(*m.nodes));
	if (!m.facts || !m.nodes)
		return mn_fail_memory(call);
	find_firsts(&m);
	find_parents(&m);
	choose(&m);
	r->nodes = m.nodes;
	r->nnodes = m.nnodes;
	status = replay(&m);
	r->nevents = (uint32_t)m.nevents;
	r->top = 1;
	for (size_t i = 0; i < m.nnodes; i++)
		r->top = fmax(r->top, m.nodes[i].level);
	return status;
}

static int keep_hits(mn_replay *r, mn_call *call, const mn_answer *a)
{
	r->nhits = a->nhits < MN_REPLAY_HITS ? a->nhits : MN_REPLAY_HITS;
	r->hits = mn_arena_array(r->arena, r->nhits, sizeof(*r->hits));
	if (!r->hits)
		return mn_fail_memory(call);
	for (size_t i = 0; i < r->nhits; i++) {
		const mn_memory_hit *h = &a->hits[i];

		r->hits[i] = (mn_replay_hit){.neuron = h->neuron,
			.node = NEVER,
			.score = h->score,
			.level = h->level,
			.hop = h->hop,
			.time = h->time,
			.uid = mn_arena_copy(r->arena, h->uid),
			.text = mn_arena_copy(r->arena, h->text)};
		mn_text_brief(h->title.len ? h->title : h->text, r->hits[i].label, MN_REPLAY_LABEL);
		mn_text_plain(h->via, r->hits[i].via, MN_REPLAY_LABEL);
		if (!r->hits[i].uid.ptr || !r->hits[i].text.ptr)
			return mn_fail_memory(call);
	}
	return MN_OK;
}

/* Memories go by their titles in the graph too. */
static void title_nodes(mn_replay *r)
{
	for (size_t i = 0; i < r->nhits; i++)
		if (r->hits[i].node >= 0)
			memcpy(r->nodes[r->hits[i].node].label, r->hits[i].label, MN_REPLAY_LABEL);
}

static int fill(mn_replay *r, mn_call *call, const mn_answer *a)
{
	const mn_trace_head *head = mn_trace_about(r->trace);
	int status;

	r->question = mn_arena_copy(r->arena, head->question);
	r->kernel = mn_arena_copy(r->arena, head->kernel);
	r->brain = mn_arena_copy(r->arena, head->brain);
	if (!r->question.ptr || !r->kernel.ptr || !r->brain.ptr)
		return mn_fail_memory(call);
	r->depth = a->depth;
	r->activated = a->activated;
	r->examined = a->examined;
	r->latency_us = a->latency_us;
	status = keep_hits(r, call, a);
	if (status == MN_OK)
		status = model(r, call);
	if (status == MN_OK)
		title_nodes(r);
	return status;
}

int mn_replay_make(mn_brain *brain, mn_call *call, const mn_ask *ask, mn_replay **out)
{
	mn_answer answer = MN_SIZED(mn_answer);
	mn_replay *r = mn_alloc_zero(1, sizeof(*r));
	int status;

	if (!r)
		return mn_fail_memory(call);
	r->refs = 1;
	pthread_mutex_init(&r->lock, NULL);
	r->arena = mn_arena_new(RUN_MOST);
	status = r->arena ? mn_brain_recall(brain, call, ask, &answer) : mn_fail_memory(call);
	r->trace = answer.trace;
	if (status == MN_OK)
		status = r->trace ? fill(r, call, &answer)
				  : mn_fail(call, MN_EUNSUPPORTED, 0,
					  "the answer came without a trace");
	if (status != MN_OK) {
		mn_replay_release(r);
		return status;
	}
	*out = r;
	return MN_OK;
}

mn_replay *mn_replay_hold(mn_replay *r)
{
	if (r)
		r->refs++;
	return r;
}

void mn_replay_release(mn_replay *r)
{
	if (!r || --r->refs > 0)
		return;
	for (size_t i = 0; i < r->nnodes; i++)
		mn_free(r->nodes[i].steps);
	mn_trace_free(r->trace);
	mn_arena_free(r->arena);
	pthread_mutex_destroy(&r->lock);
	mn_free(r);
}

const mn_trace *mn_replay_lock(mn_replay *r)
{
	pthread_mutex_lock(&r->lock);
	return r->trace;
}

void mn_replay_unlock(mn_replay *r)
{
	pthread_mutex_unlock(&r->lock);
}

double mn_replay_level(const mn_replay_node *n, uint32_t at, bool *reached)
{
	uint32_t low = 0, high = n->nsteps;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (n->steps[mid].event < at)
			low = mid + 1;
		else
			high = mid;
	}
	*reached = low > 0;
	return low ? n->steps[low - 1].level : 0;
}
