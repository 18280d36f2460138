/* SPDX-License-Identifier: MIT */
/*
 * expand.c - one hop of a spread: the synapses of many neurons, each list heaviest first.
 *
 * The parts of a list that match are merged; reading ends where nothing left can weigh as much as
 * the floor, or at the limit.
 */
#include <math.h>
#include <string.h>

#include "brain.h"

#define POLL 4096 /* synapses between two looks at the token */
#define FEW 24    /* parts of a list that need no memory */
#define AHEAD 16  /* synapses that are fetched from memory at once, to wait for them together */

struct source { /* a part, at its current synapse */
	struct part_walk walk;
	struct line line;
	mn_id far, id;
	int32_t key; /* only while parts are merged */
	bool mixed;
};

struct edges { /* the result while it grows */
	mn_id *far, *synapse;
	double *weight;
	uint16_t *type;
	bool *out;
	size_t n, cap;
};

struct expand {
	const mn_db *db;
	mn_call *call;
	struct brain *b;
	const mn_expand *ask;
	struct edges edges;
	uint64_t seen, poll; /* synapses looked at; when to ask for the token again */

	/* of the entry at hand */
	uint32_t self;
	const mn_reach *reach;
	struct source *heap; /* the heaviest on top */
	uint32_t nheap;
	bool merging; /* there is more than one part */
	struct source few[FEW];
};

/* ---- Matching ------------------------------------------------------------------------------ */

static bool type_matches(const mn_reach *r, uint16_t type)
{
	for (uint32_t i = 0; i < r->ntypes; i++)
		if (r->types[i] == type)
			return !r->except;
	return r->ntypes == 0 || r->except;
}

static bool matches(const mn_reach *r, uint16_t type, unsigned dir)
{
	return ((r->out && (dir & DIR_OUT)) || (r->in && (dir & DIR_IN))) && type_matches(r, type);
}

static bool line_matches(const struct expand *e, const struct line *l)
{
	return matches(e->reach, l->type, line_direction(l, e->self));
}

/* How much of a part matches; *mixed: what does not must be passed over while reading it. */
static uint32_t part_degree(const struct expand *e, uint32_t part, bool *mixed)
{
	const struct part_view view = list_part(e->b, e->self, part);
	struct part_walk w;
	uint32_t n = 0;

	*mixed = view.mixed && !(e->reach->ntypes == 0 && e->reach->out && e->reach->in);
	if (!view.mixed)
		return matches(e->reach, view.type, view.dir) ? view.n : 0;
	if (!*mixed)
		return view.n;
	part_begin(e->b, e->self, part, &w);
	part_fetch(e->b, &w, view.n);
	while (part_next(&w)) {
		const struct line l = line_get(e->b, w.line);

		n += line_matches(e, &l);
	}
	return n;
}

/* ---- Merging ------------------------------------------------------------------------------- */

static bool heavier(const struct source *x, const struct source *y)
{
	if (x->key != y->key)
		return x->key > y->key;
	return x->far != y->far ? x->far < y->far : x->id < y->id;
}

/* To the next synapse of a part that matches; false: there is none. */
static bool advance(struct expand *e, struct source *s)
{
	do {
		if (!part_next(&s->walk))
			return false;
		if (s->walk.end - s->walk.at > AHEAD)
			line_fetch(e->b, s->walk.at[AHEAD]);
		s->line = line_get(e->b, s->walk.line);
		e->seen++;
	} while (s->mixed && !line_matches(e, &s->line));
	s->key = e->merging ? line_key(e->b, &s->line) : 0;
	s->far = neuron_id(e->b, line_far(&s->line, e->self));
	s->id = slots_id(&e->b->line_ids, s->walk.line);
	return true;
}

static void sink_down(struct expand *e)
{
	struct source top = e->heap[0];
	uint32_t at = 0, child;

	while ((child = 2 * at + 1) < e->nheap) {
		if (child + 1 < e->nheap && heavier(&e->heap[child + 1], &e->heap[child]))
			child++;
		if (!heavier(&e->heap[child], &top))
			break;
		e->heap[at] = e->heap[child];
		at = child;
	}
	e->heap[at] = top;
}

static void push(struct expand *e, const struct source *s)
{
	uint32_t at = e->nheap++;

	while (at && heavier(s, &e->heap[(at - 1) / 2])) {
		e->heap[at] = e->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	e->heap[at] = *s;
}

static void pop(struct expand *e)
{
	if (!advance(e, &e->heap[0]))
		e->heap[0] = e->heap[--e->nheap];
	if (e->nheap > 1)
		sink_down(e);
}

/* Begins all parts that match; *degree counts what they hold. */
static int begin_entry(struct expand *e, uint32_t *degree)
{
	const uint32_t parts = list_parts(e->b, e->self);

	*degree = e->nheap = 0;
	e->merging = parts > 1;
	e->heap = e->few;
	if (parts > FEW && !(e->heap = e->db->host->alloc(e->call, parts * sizeof(*e->heap))))
		return MN_ENOMEM;
	for (uint32_t i = 0; i < parts; i++) {
		struct source s;
		const uint32_t n = part_degree(e, i, &s.mixed);

		*degree += n;
		if (n == 0)
			continue;
		part_begin(e->b, e->self, i, &s.walk);
		part_fetch(e->b, &s.walk, AHEAD);
		if (advance(e, &s))
			push(e, &s);
	}
	return MN_OK;
}

/* ---- Results ------------------------------------------------------------------------------- */

static void *grown(struct expand *e, const void *old, size_t to, size_t size)
{
	void *p = e->db->host->alloc(e->call, to * size);

	if (p && e->edges.n)
		memcpy(p, old, e->edges.n * size);
	return p;
}

static int grow(struct expand *e, size_t hint)
{
	struct edges *x = &e->edges;
	const size_t to = x->cap ? x->cap * 2 : (hint < 1024 ? hint + 1 : 1024);

	x->far = grown(e, x->far, to, sizeof(*x->far));
	x->weight = grown(e, x->weight, to, sizeof(*x->weight));
	if (!x->far || !x->weight)
		return MN_ENOMEM;
	if (e->ask->want_synapse) {
		x->synapse = grown(e, x->synapse, to, sizeof(*x->synapse));
		x->type = grown(e, x->type, to, sizeof(*x->type));
		x->out = grown(e, x->out, to, sizeof(*x->out));
		if (!x->synapse || !x->type || !x->out)
			return MN_ENOMEM;
	}
	x->cap = to;
	return MN_OK;
}

static int emit(struct expand *e, const struct source *s, double weight, size_t hint)
{
	const struct line *l = &s->line;
	struct edges *x = &e->edges;

	if (x->n == x->cap && grow(e, hint) != MN_OK)
		return MN_ENOMEM;
	x->far[x->n] = s->far;
	x->weight[x->n] = weight;
	if (e->ask->want_synapse) {
		x->synapse[x->n] = s->id;
		x->type[x->n] = l->type;
		x->out[x->n] = (line_direction(l, e->self) & DIR_OUT) != 0;
	}
	x->n++;
	return MN_OK;
}

static double line_weight(const struct brain *b, const struct line *l)
{
	mn_synapse s;

	if (!l->extra && !b->row.clock)
		return l->base;
	s = line_listed(b, l);
	return mn_weight_at(&s, b->delta, b->rate, b->row.clock);
}

/* ---- Entries ------------------------------------------------------------------------------- */

/* No synapse from this one on weighs more. */
static double bound_of(const struct brain *b, const struct line *l)
{
	return mn_weight_bound(line_key(b, l), b->rate, b->row.clock, b->oldest);
}

static int read_entry(
	struct expand *e, double floor, uint32_t limit, uint32_t degree, double *bound)
{
	double left = 0;

	for (uint32_t n = 0; e->nheap; pop(e)) {
		const struct source *top = &e->heap[0];
		const double weight = line_weight(e->b, &top->line);

		/* What weighs enough is not bounded by less. */
		if (n == limit || (weight < floor && bound_of(e->b, &top->line) < floor)) {
			left = fmax(left, bound_of(e->b, &top->line));
			break;
		}
		if (weight < floor)
			left = fmax(left, weight);
		else if (emit(e, top, weight, degree < limit ? degree : limit) == MN_OK)
			n++;
		else
			return MN_ENOMEM;
		if (e->seen >= e->poll && e->db->host->cancelled(e->call))
			return e->db->host->fail_cancelled(e->call);
		e->poll = e->seen >= e->poll ? e->seen + POLL : e->poll;
	}
	*bound = left;
	return MN_OK;
}

static int expand_entry(struct expand *e, size_t i, uint32_t *degree, double *bound)
{
	const mn_expand *ask = e->ask;
	int status;

	*degree = 0;
	*bound = 0;
	e->self = slots_find(&e->b->neuron_ids, ask->frontier.at[i]);
	e->reach = &ask->reaches[ask->reach_of ? ask->reach_of[i] : 0];
	if (e->self == NONE)
		return MN_OK;
	status = begin_entry(e, degree);
	if (status != MN_OK)
		return status;
	return read_entry(e, ask->floor ? (double)ask->floor[i] : -1,
		ask->limit ? ask->limit[i] : MN_NO_LIMIT, *degree, bound);
}

/* Neurons lie anywhere in memory: ask for the next ones before they are needed. */
static void fetch_next(const struct expand *e, size_t i)
{
	const mn_ids *f = &e->ask->frontier;
	uint32_t slot;

	if (e->b->neuron_ids.ids)
		return; /* looking them up would cost as much */
	if (i + 2 < f->n && (slot = slots_find(&e->b->neuron_ids, f->at[i + 2])) != NONE)
		list_fetch(e->b, slot, 0);
	if (i + 1 < f->n && (slot = slots_find(&e->b->neuron_ids, f->at[i + 1])) != NONE)
		list_fetch(e->b, slot, 1);
}

static int expand_all(struct expand *e, mn_fan *out)
{
	const size_t n = e->ask->frontier.n;
	uint32_t *start = e->db->host->alloc(e->call, (n + 1) * sizeof(*start));
	uint32_t *degree = e->db->host->alloc(e->call, (n + 1) * sizeof(*degree));
	double *bound = e->db->host->alloc(e->call, (n + 1) * sizeof(*bound));
	int status = start && degree && bound ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; i < n && status == MN_OK; i++) {
		fetch_next(e, i);
		if (i % 64 == 63 && e->db->host->cancelled(e->call))
			return e->db->host->fail_cancelled(e->call);
		status = expand_entry(e, i, &degree[i], &bound[i]);
		start[i + 1] = (uint32_t)e->edges.n;
		if (e->edges.n > UINT32_MAX)
			return fail_memory(e->b, e->call);
	}
	if (status == MN_OK && e->edges.cap == 0)
		status = grow(e, 0); /* empty arrays, but arrays */
	*out = (mn_fan){start, degree, e->edges.far, e->edges.weight, bound, e->edges.synapse,
		e->edges.type, e->edges.out};
	return status;
}

int db_expand(mn_db *db, mn_call *call, const mn_expand *ask, mn_fan *out)
{
	struct expand e = {.db = db, .call = call, .ask = ask};
	mn_fan fan;
	int status = brain_enter(db, call, ask->brain, false, &e.b);

	if (status != MN_OK)
		return status;
	status = expand_all(&e, &fan);
	brain_leave(db);
	if (status == MN_OK)
		*out = fan;
	return status;
}
