/* SPDX-License-Identifier: MIT */
/* lend.c - lists where they are, for a spread: mn.lists/1. */
#include <math.h>

#include "list.h"

#define FETCH 4   /* neurons from one step of fetching from memory to the next */
#define AHEAD 8   /* synapses of a list, or neurons, fetched in advance */
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
	double fade;   /* what decay leaves of a synapse that was made then and never used; */
	double slack;  /* nothing behind one in a list weighs more than its base times this */
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

/* ---- Weights ------------------------------------------------------------------------------- */

/* What becomes of synapses that were made at this time and never used. */
static void reckon(struct read *r, uint32_t made)
{
	const struct brain *b = r->b;
	const mn_synapse s = {.base = 1, .created = times_get(&b->times, made)};
	const int64_t clock = b->row.clock ? mn_day_of(b->row.clock) : b->oldest;
	const int64_t from = clock > b->oldest ? clock : b->oldest;

	r->made = made;
	r->fade = mn_weight_at(&s, b->delta, b->rate, b->row.clock);
	/* The key is rounded by half a step, the bound is a step above it; and a little more. */
	r->slack = exp(b->rate * (double)(mn_weight_day(&s) - from) + 1.6 / MN_KEY_STEPS);
}

static double weight_of(struct read *r, uint32_t slot)
{
	const struct brain *b = r->b;
	const struct line l = line_get(b, slot);
	mn_synapse s;

	if (l.extra) {
		s = line_listed(b, &l);
		return mn_weight_at(&s, b->delta, b->rate, b->row.clock);
	}
	if (l.created != r->made)
		reckon(r, l.created);
	return l.base * r->fade;
}

/* Can nothing from here on weigh as much as the floor? */
static bool is_end(struct read *r, uint32_t slot, double floor)
{
	const struct brain *b = r->b;
	const struct line l = line_get(b, slot);

	if (!l.extra && l.created != r->made)
		reckon(r, l.created);
	if (!l.extra && l.base * r->slack < floor)
		return true; /* whatever its key is exactly */
	return mn_weight_bound(line_key(b, &l), b->rate, b->row.clock, b->oldest) < floor;
}

/* ---- Reading ------------------------------------------------------------------------------- */

static int give(struct read *r)
{
	const size_t n = r->n;

	r->n = 0;
	return n ? r->visit(r->ctx, r->links, n) : MN_OK;
}

/* Only what is needed of a synapse is unpacked. */
static inline void look(struct read *r, uint32_t self, mn_lists_link *out)
{
	const struct lines *chunk = &r->b->lines[out->synapse >> LINE_BITS];
	const unsigned char *row = line_at(chunk, out->synapse);
	uint32_t from, to;

	line_ends(chunk, row, &from, &to);
	out->far = from == self ? to : from;
	out->weight = line_base(chunk, row);
	if (r->b->row.clock || line_column(&chunk->extra, row))
		out->weight = weight_of(r, out->synapse);
}

/* A run of entries; *more false: the rest of its part is too light. */
static int read_run(struct read *r, uint32_t self, uint32_t of, double floor, const uint32_t *at,
	size_t n, bool *more)
{
	const uint32_t *last = at + n;
	int status = MN_OK;

	for (; at != last && status == MN_OK; at++) {
		mn_lists_link *link = &r->links[r->n];

		if (last - at > AHEAD)
			line_fetch(r->b, at[AHEAD]);
		link->synapse = *at;
		link->of = of;
		look(r, self, link);
		r->examined++;
		if (link->weight < floor) {
			*more = !is_end(r, *at, floor);
			if (!*more)
				break;
		} else if (++r->n == LINKS) {
			status = give(r);
		}
	}
	return status;
}

static int read_parts(struct read *r, const struct parts *all, uint32_t of, double floor)
{
	int status = MN_OK;

	for (uint32_t i = 0; i < all->nparts && status == MN_OK; i++) {
		const struct part *p = &all->at[i];
		bool more = true;

		for (uint32_t k = 0; k < p->nblocks && more && status == MN_OK; k++)
			status = read_run(
				r, all->self, of, floor, p->blocks[k]->at, p->blocks[k]->n, &more);
	}
	return status;
}

static int read_list(struct read *r, uint32_t self, uint32_t of, double floor)
{
	const struct leaf *leaf = leaf_of(r->b, self);
	const uint32_t i = self & (LEAF - 1);
	bool more = true;

	if (!leaf)
		return MN_OK;
	if (in_parts(leaf, self))
		return read_parts(r, parts_of(r->b, self), of, floor);
	return read_run(r, self, of, floor, leaf->at + leaf->start[i],
		leaf->start[i + 1] - leaf->start[i], &more);
}

/* ---- Fetching ------------------------------------------------------------------------------ */

static const struct leaf *leaf_at(
	const struct brain *b, const uint32_t *neurons, size_t n, size_t i)
{
	return i < n ? leaf_of(b, neurons[i]) : NULL;
}

/* Asks the processor for what the i-th neuron will need: where its list begins, */
static void fetch_start(const struct brain *b, const uint32_t *neurons, size_t n, size_t i)
{
	const struct leaf *leaf = leaf_at(b, neurons, n, i);

	if (leaf)
		__builtin_prefetch(&leaf->start[neurons[i] & (LEAF - 1)]);
}

/* then its entries, */
static void fetch_entries(const struct brain *b, const uint32_t *neurons, size_t n, size_t i)
{
	const struct leaf *leaf = leaf_at(b, neurons, n, i);

	if (leaf)
		__builtin_prefetch(&leaf->at[leaf->start[neurons[i] & (LEAF - 1)]]);
}

/* then its first synapses. */
static void fetch_lines(const struct brain *b, const uint32_t *neurons, size_t n, size_t i)
{
	const struct leaf *leaf = leaf_at(b, neurons, n, i);
	const uint32_t *at, *end;

	if (!leaf)
		return;
	at = leaf->at + leaf->start[neurons[i] & (LEAF - 1)];
	end = leaf->at + leaf->start[(neurons[i] & (LEAF - 1)) + 1];
	for (int k = 0; k < AHEAD && at != end; k++)
		line_fetch(b, *at++);
}

static int read(mn_lists *lists, const uint32_t *neurons, const double *floor, size_t n,
	int (*visit)(void *ctx, const mn_lists_link *, size_t n), void *ctx, uint64_t *examined)
{
	const struct brain *b = lists->b;
	struct read r;
	int status = MN_OK;

	r.b = b;
	r.visit = visit;
	r.ctx = ctx;
	r.examined = r.n = 0;
	r.made = NONE;
	for (size_t i = 0; i < 3 * FETCH; i++)
		fetch_start(b, neurons, n, i);
	for (size_t i = 0; i < 2 * FETCH; i++)
		fetch_entries(b, neurons, n, i);
	for (size_t i = 0; i < FETCH; i++)
		fetch_lines(b, neurons, n, i);
	for (size_t i = 0; i < n && status == MN_OK; i++) {
		fetch_start(b, neurons, n, i + 3 * FETCH);
		fetch_entries(b, neurons, n, i + 2 * FETCH);
		fetch_lines(b, neurons, n, i + FETCH);
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
		const struct neuron_extra *x;

		if (i + AHEAD < n && neurons[i + AHEAD] < b->neuron_ids.n)
			__builtin_prefetch(&b->neurons[neurons[i + AHEAD]]);
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
