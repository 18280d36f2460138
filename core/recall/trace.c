/* SPDX-License-Identifier: MIT */
/* trace.c - recording, replaying and reading traces. */
#include "recall/trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"

#define KEPT_EVENTS 65536 /* of a recorder that is used again */

/* ---- Recording ----------------------------------------------------------------------------- */

void mn_record_grow(mn_record *r)
{
	void *events = r->at;

	if (mn_grow(&events, &r->cap, r->n + 256, sizeof(*r->at), MN_MOST_EVENTS) != MN_OK)
		r->cut = true;
	r->at = events;
}

void mn_record_resolve(mn_record *r, const mn_view *view)
{
	for (size_t i = 0; i < r->n; i++) {
		mn_event *e = &r->at[i];

		e->from = e->from ? mn_view_id(view, (uint32_t)(e->from - 1)) : 0;
		e->to = e->to ? mn_view_id(view, (uint32_t)(e->to - 1)) : 0;
	}
}

mn_record *mn_record_new(void)
{
	return mn_alloc_zero(1, sizeof(mn_record));
}

void mn_record_clear(mn_record *r)
{
	if (r->cap > KEPT_EVENTS) {
		mn_free(r->at);
		*r = (mn_record){0};
	}
	r->n = r->idle = 0;
	r->cut = false;
}

void mn_record_free(mn_record *r)
{
	if (r)
		mn_free(r->at);
	mn_free(r);
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
	const uint32_t *own, *all;
	size_t nown = mn_trace_into(t, neuron, &own), nall = mn_trace_into(t, 0, &all);
	mn_replay_cell c = {0};

	for (size_t i = 0, k = 0; i < nown || k < nall;) {
		bool mine = k == nall || (i < nown && own[i] < all[k]);

		mn_replay(&c, &t->events[mine ? own[i++] : all[k++]], mine);
	}
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

/* ---- Where events go ------------------------------------------------------------------------ */

struct place {
	mn_id to;
	uint32_t step;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return (x->step > y->step) - (x->step < y->step);
}

static int sort_events(mn_trace *t, mn_call *call)
{
	struct place *places = mn_alloc_zero(t->nevents + 1, sizeof(*places));
	uint32_t *order = mn_arena_array(t->arena, t->nevents, sizeof(*order));

	if (!places || !order) {
		mn_free(places);
		return mn_fail_memory(call);
	}
	for (size_t i = 0; i < t->nevents; i++)
		places[i] = (struct place){t->events[i].to, (uint32_t)i};
	qsort(places, t->nevents, sizeof(*places), by_place);
	for (size_t i = 0; i < t->nevents; i++)
		order[i] = places[i].step;
	mn_free(places);
	t->by_to = order;
	return MN_OK;
}

/* The first place in by_to whose event goes to that neuron or a later one. */
static size_t first_into(const mn_trace *t, mn_id to)
{
	size_t from = 0, end = t->nevents;

	while (from < end) {
		size_t mid = from + (end - from) / 2;

		if (t->events[t->by_to[mid]].to < to)
			from = mid + 1;
		else
			end = mid;
	}
	return from;
}

size_t mn_trace_into(const mn_trace *t, mn_id to, const uint32_t **out)
{
	size_t from = first_into(t, to);

	*out = t->by_to + from;
	return (to == UINT64_MAX ? t->nevents : first_into(t, to + 1)) - from;
}

int mn_trace_settle(mn_trace *t, mn_call *call, mn_trace_neuron *neurons)
{
	int rc = sort_events(t, call);

	if (rc != MN_OK)
		return rc;
	for (size_t i = 0; i < t->nneurons; i++) {
		const uint32_t *own;
		size_t n = mn_trace_into(t, neurons[i].id, &own);

		neurons[i].hop = n ? t->events[own[0]].hop : 0;
		neurons[i].level = mn_trace_recompute(t, neurons[i].id);
	}
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
	size_t from = 0, to = t->nneurons;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (t->neurons[mid].id < id)
			from = mid + 1;
		else
			to = mid;
	}
	return from < t->nneurons && t->neurons[from].id == id ? &t->neurons[from] : NULL;
}

const mn_trace_head *mn_trace_about(const mn_trace *t)
{
	return &t->head;
}
