/* SPDX-License-Identifier: MIT */
/* lend.c - lists where they are, for a spread: mn.lists/1. */
#include <math.h>

#include "brain.h"

#define FETCH 8   /* neurons of which something is fetched from memory in advance */
#define AHEAD 8   /* likewise synapses of a list */
#define LINKS 256 /* handed over at once */

struct mn_lists {
	mn_db *db;
	struct brain *b;
};

struct read {
	const struct brain *b;
	int (*visit)(void *ctx, const mn_lists_link *, size_t n);
	void *ctx;
	uint64_t examined;
	uint32_t made; /* the time of which `fade` is */
	double fade;   /* what decay leaves of a synapse that was made then and never used */
	size_t n;
	mn_lists_link links[LINKS];
};

static int begin(mn_db *db, mn_call *call, mn_str brain, mn_lists **out)
{
	struct brain *b;
	mn_lists *lists;
	int status = brain_enter(db, call, brain, false, &b);

	*out = NULL;
	if (status != MN_OK)
		return status;
	lists = b->neuron_ids.ids || b->line_ids.ids ? NULL : db->host->alloc(call, sizeof(*lists));
	if (!lists) {
		status = b->neuron_ids.ids || b->line_ids.ids ? MN_OK : MN_ENOMEM;
		brain_leave(db);
		return status;
	}
	*lists = (mn_lists){db, b};
	*out = lists;
	return MN_OK;
}

static void end(mn_lists *lists)
{
	brain_leave(lists->db);
}

/* ---- Reading ------------------------------------------------------------------------------- */

static double weight_of(struct read *r, const struct line *l)
{
	const struct brain *b = r->b;
	mn_synapse s;

	if (!b->row.clock && !l->extra)
		return l->base;
	if (!l->extra && l->created == r->made)
		return l->base * r->fade;
	s = line_listed(b, l);
	if (l->extra)
		return mn_weight_at(&s, b->delta, b->rate, b->row.clock);
	s.base = 1;
	r->made = l->created;
	r->fade = mn_weight_at(&s, b->delta, b->rate, b->row.clock);
	return l->base * r->fade;
}

static int give(struct read *r)
{
	const size_t n = r->n;

	r->n = 0;
	return n ? r->visit(r->ctx, r->links, n) : MN_OK;
}

/* Can nothing from here on weigh as much as the floor? */
static bool is_end(const struct brain *b, const struct line *l, double floor)
{
	return mn_weight_bound(l->key, b->rate, b->row.clock, b->oldest) < floor;
}

/* A run of entries; *more false: the rest of its part is too light. */
static int read_run(struct read *r, uint32_t self, uint32_t of, double floor, const uint32_t *at,
	const uint32_t *last, bool *more)
{
	const struct line *lines = r->b->lines;
	int status = MN_OK;

	for (; at != last && status == MN_OK; at++) {
		const struct line *l = &lines[*at];
		const double weight = weight_of(r, l);

		if (last - at > AHEAD)
			__builtin_prefetch(&lines[at[AHEAD]]);
		r->examined++;
		if (weight < floor) {
			*more = !is_end(r->b, l, floor);
			if (!*more)
				break;
			continue;
		}
		r->links[r->n++] = (mn_lists_link){weight, line_far(l, self), *at, of};
		if (r->n == LINKS)
			status = give(r);
	}
	return status;
}

static int read_list(struct read *r, uint32_t self, uint32_t of, double floor)
{
	const uint32_t parts = self < r->b->neuron_ids.n ? list_parts(r->b, self) : 0;
	struct part_walk w;
	int status = MN_OK;

	for (uint32_t i = 0; i < parts && status == MN_OK; i++) {
		bool more = true;

		part_begin(r->b, self, i, &w);
		while (more && status == MN_OK && part_run(&w))
			status = read_run(r, self, of, floor, w.at, w.end, &more);
	}
	return status;
}

/* The neuron that comes so many later; NONE: there is none. */
static uint32_t later(const struct brain *b, const uint32_t *neurons, size_t n, size_t i)
{
	return i < n && neurons[i] < b->neuron_ids.n ? neurons[i] : NONE;
}

/* Asks the processor for what the neurons after this one will need, a step for each. */
static void fetch(const struct brain *b, const uint32_t *neurons, size_t n, size_t i)
{
	const uint32_t far = later(b, neurons, n, i + FETCH);
	const uint32_t near = later(b, neurons, n, i + FETCH / 2);
	const uint32_t next = later(b, neurons, n, i + 1);
	struct part_walk w;

	if (far != NONE)
		__builtin_prefetch(&b->neurons[far]);
	if (near != NONE)
		__builtin_prefetch(b->neurons[near].list);
	if (next != NONE && list_parts(b, next)) {
		part_begin(b, next, 0, &w);
		part_fetch(b, &w, AHEAD);
	}
}

static int read(mn_lists *lists, const uint32_t *neurons, const double *floor, size_t n,
	int (*visit)(void *ctx, const mn_lists_link *, size_t n), void *ctx, uint64_t *examined)
{
	struct read r;
	int status = MN_OK;

	r.b = lists->b;
	r.visit = visit;
	r.ctx = ctx;
	r.examined = r.n = 0;
	r.made = NONE;
	for (size_t i = 0; i < n && status == MN_OK; i++) {
		fetch(r.b, neurons, n, i);
		status = read_list(&r, neurons[i], (uint32_t)i, floor[i]);
	}
	if (status == MN_OK)
		status = give(&r);
	*examined += r.examined;
	return status;
}

static void heads(mn_lists *lists, const uint32_t *neurons, size_t n, mn_neuron *out)
{
	const struct brain *b = lists->b;

	for (size_t i = 0; i < n; i++) {
		const struct neuron *row = &b->neurons[neurons[i]];
		const uint32_t next = later(b, neurons, n, i + FETCH);
		const struct neuron_extra *x;

		if (next != NONE)
			__builtin_prefetch(&b->neurons[next]);
		out[i] = (mn_neuron){0};
		if (!slots_live(&b->neuron_ids, neurons[i]))
			continue;
		x = neuron_extra(b, row);
		out[i].id = (mn_id)neurons[i] + 1;
		out[i].type = row->type;
		out[i].flags = row->flags;
		out[i].created = times_get(&b->times, row->created);
		out[i].updated = x ? x->updated : out[i].created;
	}
}

const mn_lists_ops memory_lists = {sizeof(memory_lists), begin, end, read, heads};
