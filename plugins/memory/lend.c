/* SPDX-License-Identifier: MIT */
/* lend.c - lists where they are, for a spread: mn.lists/1. */
#include <math.h>

#include "list.h"

#define FETCH 4   /* neurons from one step of fetching from memory to the next */
#define SOON 16   /* no less than three such steps and one */
#define AHEAD 12  /* synapses of a list, or neurons, fetched in advance */
#define BESIDE 32 /* entries of a long list, likewise, with what is beside them */
#define LINKS 256 /* handed over at once */

struct mn_lists {
	mn_db *db;
	const struct brain *b;
	uint32_t made; /* the time of which these are: */
	double fade;   /* what decay leaves of a synapse that was made then and never used; */
	double slack;  /* nothing behind one in a list weighs more than its base times this */
};

struct soon {                    /* a list that is to be read soon */
	const struct leaf *leaf; /* NULL: none */
	const struct parts *parts;
	const uint32_t *at, *end;
};

struct read {
	mn_lists *lists;
	const struct brain *b;
	bool fading; /* decay has run */
	int (*visit)(void *ctx, const mn_lists_link *, size_t n);
	void *ctx;
	uint64_t examined;
	const uint32_t *neuron; /* what was asked for */
	const double *floor;
	size_t neurons;
	struct soon soon[SOON]; /* of the i-th neuron, at its number modulo SOON */
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
	*lists = (mn_lists){.db = db, .b = b, .made = NONE};
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

	r->lists->made = made;
	r->lists->fade = mn_weight_at(&s, b->delta, b->rate, b->row.clock);
	/* The key is rounded by half a step, the bound is a step above it; and a little more. */
	r->lists->slack = exp(b->rate * (double)(mn_weight_day(&s) - from) + 1.6 / MN_KEY_STEPS);
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
	if (l.created != r->lists->made)
		reckon(r, l.created);
	return l.base * r->lists->fade;
}

/* Of a synapse that stands in a long list; the row is looked at only if need be. */
static double weight_beside(struct read *r, uint32_t slot, struct gist g)
{
	const struct lines *chunk = &r->b->lines[slot >> LINE_BITS];
	uint32_t made;

	if (g.weight < 0)
		return r->fading || !chunk->plain ? weight_of(r, slot)
						  : line_base(chunk, line_at(chunk, slot));
	if (!r->fading)
		return g.weight;
	made = line_column(&chunk->created, line_at(chunk, slot));
	if (made != r->lists->made)
		reckon(r, made);
	return g.weight * r->lists->fade;
}

/* Can nothing from this one on, whose base is no more than that, weigh as much as the floor? */
static bool is_end(struct read *r, uint32_t slot, double base, double floor)
{
	const struct brain *b = r->b;
	const struct lines *chunk = &b->lines[slot >> LINE_BITS];
	const uint32_t made = line_column(&chunk->created, line_at(chunk, slot));
	struct line l;

	if (chunk->plain && made != r->lists->made)
		reckon(r, made);
	if (chunk->plain && base * r->lists->slack < floor)
		return true; /* whatever its key is exactly */
	l = line_get(b, slot);
	return mn_weight_bound(line_key(b, &l), b->rate, b->row.clock, b->oldest) < floor;
}

/* ---- Reading ------------------------------------------------------------------------------- */

static int give(struct read *r)
{
	const size_t n = r->n;

	r->n = 0;
	return n ? r->visit(r->ctx, r->links, n) : MN_OK;
}

/* A run of entries; *more false: the rest of its part is too light. Only what is needed of a
 * synapse is unpacked. */
static int read_run(struct read *r, uint32_t self, uint32_t of, double floor, const uint32_t *at,
	size_t n, bool *more)
{
	const struct lines *chunks = r->b->lines;
	const uint32_t *first = at, *last = at + n;
	int status = MN_OK;

	for (; at != last && status == MN_OK; at++) {
		const uint32_t slot = *at;
		const struct lines *chunk = &chunks[slot >> LINE_BITS];
		const unsigned char *row = line_at(chunk, slot);
		double weight = line_base(chunk, row);

		if (last - at > AHEAD)
			line_fetch(r->b, at[AHEAD]);
		if (!chunk->plain || r->fading)
			weight = weight_of(r, slot);
		if (weight < floor) {
			*more = !is_end(r, slot, line_base(chunk, row), floor);
			if (*more)
				continue;
			at++;
			break;
		}
		r->links[r->n] = (mn_lists_link){weight, line_far_at(chunk, row, self), slot, of};
		if (++r->n == LINKS)
			status = give(r);
	}
	r->examined += (uint64_t)(at - first);
	return status;
}

static void fetch_row(const struct read *r, struct block *k, uint32_t i)
{
	if (i < k->n && (r->fading || k->gists[i].weight < 0))
		line_fetch(r->b, block_entries(k)[i]);
}

/* The i-th entry and the seven behind it: what the processor foresees by itself ends with a page,
 * and a block lies in two or three. */
static void fetch_beside(struct block *k, uint32_t i)
{
	if (i % 8 || i >= k->n)
		return;
	__builtin_prefetch(&k->gists[i]);
	__builtin_prefetch(&block_entries(k)[i]);
}

static int read_block(struct read *r, struct block *k, uint32_t of, double floor, bool *more)
{
	const uint32_t *at = block_entries(k);
	uint32_t i = 0;
	int status = MN_OK;

	for (uint32_t ahead = 0; ahead < AHEAD; ahead++)
		fetch_row(r, k, ahead);
	for (; i < k->n && status == MN_OK; i++) {
		const double weight = weight_beside(r, at[i], k->gists[i]);

		fetch_row(r, k, i + AHEAD);
		fetch_beside(k, i + BESIDE);
		if (weight < floor) {
			*more = !is_end(r, at[i], fabs((double)k->gists[i].weight), floor);
			if (*more)
				continue;
			i++;
			break;
		}
		r->links[r->n] = (mn_lists_link){weight, k->gists[i].far, at[i], of};
		if (++r->n == LINKS)
			status = give(r);
	}
	r->examined += i;
	return status;
}

static void fetch_parts(const struct parts *all)
{
	for (uint32_t i = 0; i < all->nparts; i++)
		if (all->at[i].nblocks)
			__builtin_prefetch(all->at[i].blocks[0]);
}

static int read_parts(struct read *r, const struct parts *all, uint32_t of, double floor)
{
	int status = MN_OK;

	for (uint32_t i = 0; i < all->nparts && status == MN_OK; i++) {
		const struct part *p = &all->at[i];
		bool more = true;

		for (uint32_t k = 0; k < p->nblocks && more && status == MN_OK; k++) {
			if (k + 1 < p->nblocks)
				__builtin_prefetch(p->blocks[k + 1]);
			status = read_block(r, p->blocks[k], of, floor, &more);
		}
	}
	return status;
}

/* ---- Lists that come next ------------------------------------------------------------------ */

/* What the i-th neuron needs is found in three steps, each of which asks the processor for what the
 * next one looks at: where its list begins; */
static void find_leaf(struct read *r, size_t i)
{
	struct soon *s = &r->soon[i % SOON];

	s->leaf = i < r->neurons ? leaf_of(r->b, r->neuron[i]) : NULL;
	if (!s->leaf)
		return;
	__builtin_prefetch(s->leaf);
	__builtin_prefetch(&s->leaf->start[r->neuron[i] & (LEAF - 1)]);
}

/* its entries; */
static void find_entries(struct read *r, size_t i)
{
	struct soon *s = &r->soon[i % SOON];
	const uint32_t at = r->neuron[i] & (LEAF - 1);

	s->parts = in_parts(s->leaf, r->neuron[i]) ? parts_of(r->b, r->neuron[i]) : NULL;
	s->at = s->leaf->at + s->leaf->start[at];
	s->end = s->leaf->at + s->leaf->start[at + 1];
	__builtin_prefetch(s->parts ? (const void *)s->parts->at : s->at);
}

/* as many of its synapses as will be read if weights are spread evenly. */
static void find_lines(const struct read *r, size_t i)
{
	const struct soon *s = &r->soon[i % SOON];
	const double floor = r->floor[i];
	const uint32_t *at = s->at;
	uint32_t few = 1;

	if (floor < 1)
		few = 2 + (uint32_t)((double)(s->end - at) * (1 - floor));
	for (; few && at != s->end; few--)
		line_fetch(r->b, *at++);
	if (s->parts)
		fetch_parts(s->parts);
}

/* A step of each. */
static void find(struct read *r, size_t i)
{
	find_leaf(r, i + 2 * FETCH);
	if (r->soon[(i + FETCH) % SOON].leaf)
		find_entries(r, i + FETCH);
	if (r->soon[i % SOON].leaf)
		find_lines(r, i);
}

static int read_list(struct read *r, size_t i)
{
	const struct soon *s = &r->soon[i % SOON];
	bool more = true;

	if (!s->leaf)
		return MN_OK;
	if (s->parts)
		return read_parts(r, s->parts, (uint32_t)i, r->floor[i]);
	return read_run(
		r, r->neuron[i], (uint32_t)i, r->floor[i], s->at, (size_t)(s->end - s->at), &more);
}

static int read(mn_lists *lists, const uint32_t *neurons, const double *floor, size_t n,
	int (*visit)(void *ctx, const mn_lists_link *, size_t n), void *ctx, uint64_t *examined)
{
	struct read r;
	int status = MN_OK;

	r.lists = lists;
	r.b = lists->b;
	r.visit = visit;
	r.ctx = ctx;
	r.examined = r.n = 0;
	r.fading = lists->b->row.clock != 0;
	r.neuron = neurons;
	r.floor = floor;
	r.neurons = n;
	for (size_t i = 0; i < 2 * FETCH; i++)
		find_leaf(&r, i);
	for (size_t i = 0; i < FETCH; i++)
		if (r.soon[i].leaf)
			find_entries(&r, i);
	for (size_t i = 0; i < FETCH; i++)
		find(&r, i);
	for (size_t i = 0; i < n && status == MN_OK; i++) {
		find(&r, i + FETCH);
		status = read_list(&r, i);
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
