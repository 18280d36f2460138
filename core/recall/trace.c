/* SPDX-License-Identifier: MIT */
/* trace.c - recording, replaying and reading traces. */
#include "recall/trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"

/* ---- Recording ----------------------------------------------------------------------------- */

void mn_record_grow(mn_record *r)
{
	void *events = r->at;

	if (mn_grow(&events, &r->cap, r->n + 256, sizeof(*r->at), MN_MOST_EVENTS) != MN_OK)
		r->cut = true;
	r->at = events;
}

void mn_record_free(mn_record *r)
{
	mn_free(r->at);
	*r = (mn_record){0};
}

/* ---- Replaying ----------------------------------------------------------------------------- */

static void contribute(mn_replay_cell *c, const mn_event *e)
{
	double before = c->has_level ? c->level : 0;

	switch (e->op) {
	case MN_OP_SET: c->level = e->out; break;
	case MN_OP_SUM: c->level = before + e->out; break;
	case MN_OP_BEST: c->level = c->has_level ? fmax(before, e->out) : e->out; break;
	case MN_OP_MULTIPLY: c->level = before * e->out; break;
	case MN_OP_POOL: c->level = sqrt(before * before + e->out * e->out); break;
	default: return;
	}
	c->has_level = true;
}

static void join(mn_replay_cell *c, double boost)
{
	if (c->has_level && c->has_aside)
		c->level = fmin(1, c->aside + c->level * boost);
	else if (c->has_aside)
		c->level = c->aside;
	c->has_level |= c->has_aside;
	c->has_aside = false;
}

void mn_replay(mn_replay_cell *c, const mn_event *e, bool mine)
{
	if (e->fate != MN_FATE_ACTIVATED && e->fate != MN_FATE_RAISED)
		return;
	if (e->op == MN_OP_SCALE)
		c->level *= e->out;
	else if (e->op == MN_OP_ASIDE)
		*c = (mn_replay_cell){.aside = c->level, .has_aside = c->has_level};
	else if (e->op == MN_OP_JOIN)
		join(c, e->out);
	else if (mine)
		contribute(c, e);
}

double mn_trace_recompute(const mn_trace *t, mn_id neuron)
{
	mn_replay_cell c = {0};

	for (size_t i = 0; i < t->nevents; i++)
		mn_replay(&c, &t->events[i], t->events[i].to == neuron);
	return c.has_level ? c.level : 0;
}

/* ---- Making -------------------------------------------------------------------------------- */

mn_trace *mn_trace_new(mn_call *call)
{
	mn_arena *arena = mn_arena_new(SIZE_MAX);
	mn_trace *t = arena ? mn_arena_alloc(arena, sizeof(*t)) : NULL;

	if (!t) {
		mn_arena_free(arena);
		mn_fail_memory(call);
		return NULL;
	}
	t->arena = arena;
	return t;
}

void mn_trace_free(mn_trace *t)
{
	if (t)
		mn_arena_free(t->arena);
}

static mn_trace_neuron *find(mn_trace_neuron *neurons, size_t n, mn_id id)
{
	size_t from = 0, to = n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (neurons[mid].id < id)
			from = mid + 1;
		else
			to = mid;
	}
	return from < n && neurons[from].id == id ? &neurons[from] : NULL;
}

/* Which neuron each event goes to, as a place; n: none. */
static void settle(const mn_trace *t, mn_trace_neuron *neurons, mn_replay_cell *cells)
{
	for (size_t i = 0; i < t->nevents; i++) {
		const mn_event *e = &t->events[i];
		mn_trace_neuron *to;

		if (e->op == MN_OP_SCALE || e->op == MN_OP_ASIDE || e->op == MN_OP_JOIN) {
			for (size_t k = 0; k < t->nneurons; k++)
				mn_replay(&cells[k], e, false);
			continue;
		}
		to = find(neurons, t->nneurons, e->to);
		if (!to)
			continue;
		if (!cells[to - neurons].has_level && !cells[to - neurons].has_aside)
			to->hop = e->hop;
		mn_replay(&cells[to - neurons], e, true);
	}
	for (size_t k = 0; k < t->nneurons; k++)
		neurons[k].level = cells[k].has_level ? cells[k].level : 0;
}

int mn_trace_settle(mn_trace *t, mn_call *call, mn_trace_neuron *neurons)
{
	mn_replay_cell *cells = mn_alloc_zero(t->nneurons ? t->nneurons : 1, sizeof(*cells));

	if (!cells)
		return mn_fail_memory(call);
	settle(t, neurons, cells);
	mn_free(cells);
	t->neurons = neurons;
	return MN_OK;
}

/* ---- Reading ------------------------------------------------------------------------------- */

size_t mn_trace_events(const mn_trace *t, const mn_event **out)
{
	*out = t->events;
	return t->nevents;
}

size_t mn_trace_neurons(const mn_trace *t, const mn_trace_neuron **out)
{
	*out = t->neurons;
	return t->nneurons;
}

const mn_trace_neuron *mn_trace_neuron_of(const mn_trace *t, mn_id id)
{
	return find((mn_trace_neuron *)t->neurons, t->nneurons, id);
}

const mn_trace_head *mn_trace_about(const mn_trace *t)
{
	return &t->head;
}
