/* SPDX-License-Identifier: MIT */
/*
 * read.c - reading a brain: rows, keys, lists of synapses.
 *
 * A store with max_ids is asked in parts. Somebody may write between two of them; the answer then
 * carries the generation of the first, so that a cache filled from it counts as outdated as soon
 * as the next answer comes in.
 */
#include "store/read.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/str.h"
#include "store/gate.h"

size_t mn_row_size(int kind)
{
	static const uint16_t sizes[MN_KINDS] = MN_ROW_SIZES;

	return sizes[kind];
}

/* ---- Parts -------------------------------------------------------------------------------- */

/* One call of the backend for items [at, at + n) of the request. */
typedef int read_part(mn_brain *, mn_call *, void *request, size_t at, size_t n);

static int read_parts(mn_brain *b, mn_call *call, size_t n, read_part *part, void *request)
{
	mn_store *s = b->store;
	const size_t most = s->info.max_ids ? s->info.max_ids : n;
	size_t at = 0;
	mn_gen first = {0};
	int status;

	do {
		const size_t take = n - at < most ? n - at : most;

		status = mn_gate_enter(s, call, false);
		if (status != MN_OK)
			return status;
		status = part(b, call, request, at, take);
		mn_gate_leave(s, false);
		if (at == 0)
			first = call->at;
		at += take;
	} while (status == MN_OK && at < n);
	if (status == MN_OK)
		call->at = first;
	return status;
}

static bool in_parts(const mn_brain *b, size_t n)
{
	return b->store->info.max_ids && n > b->store->info.max_ids;
}

/* ---- Rows --------------------------------------------------------------------------------- */

struct rows_request {
	int kind;
	bool at_anchors;
	mn_ids ids;
	unsigned fields;
	mn_rows out;
	char *all; /* where parts are gathered; NULL: one part, taken as it is */
};

static int rows_part(mn_brain *b, mn_call *call, void *request, size_t at, size_t n)
{
	struct rows_request *r = request;
	const mn_backend *backend = b->store->backend;
	const mn_ids ids = {r->ids.at ? r->ids.at + at : NULL, n};
	const size_t size = mn_row_size(r->kind);
	mn_rows rows;
	int status = r->at_anchors
			     ? backend->fibers_of(b->store->db, call, b->mind->name, ids, &rows)
			     : backend->get(b->store->db, call, b->mind->name, r->kind, ids,
				     r->fields, &rows);

	if (status != MN_OK)
		return status;
	if (rows.n != n)
		return mn_fail(
			call, MN_ECORRUPT, 0, "the store gave %zu rows for %zu ids", rows.n, n);
	if (r->all && n)
		memcpy(r->all + at * size, rows.at.any, n * size);
	else
		r->out = rows;
	return MN_OK;
}

static int read_rows(mn_brain *b, mn_call *call, struct rows_request *r, mn_rows *out)
{
	int status;

	if (in_parts(b, r->ids.n)) {
		r->all = mn_call_array(call, r->ids.n, mn_row_size(r->kind));
		if (!r->all)
			return MN_ENOMEM;
	}
	status = read_parts(b, call, r->ids.n, rows_part, r);
	if (status != MN_OK)
		return status;
	*out = r->out;
	if (r->all)
		*out = (mn_rows){.kind = r->kind, .n = r->ids.n, .at.any = r->all};
	return MN_OK;
}

int mn_brain_get(mn_brain *b, mn_call *call, int kind, mn_ids ids, unsigned fields, mn_rows *out)
{
	struct rows_request r = {
		.kind = kind, .ids = ids, .fields = fields ? fields : MN_FIELD_ALL};

	if (kind <= MN_BRAIN || kind >= MN_KINDS)
		return mn_fail(call, MN_EINVAL, 0, "there are no rows of kind %d in a brain", kind);
	return read_rows(b, call, &r, out);
}

int mn_brain_fibers_of(mn_brain *b, mn_call *call, mn_ids anchors, mn_rows *out)
{
	struct rows_request r = {.kind = MN_FIBER, .ids = anchors, .at_anchors = true};

	return read_rows(b, call, &r, out);
}

/* ---- Keys --------------------------------------------------------------------------------- */

struct lookup_request {
	const mn_key *keys;
	mn_strs uids;
	int kind;
	mn_id *out;
};

static int lookup_part(mn_brain *b, mn_call *call, void *request, size_t at, size_t n)
{
	struct lookup_request *r = request;

	return b->store->backend->lookup(
		b->store->db, call, b->mind->name, r->keys + at, n, r->out + at);
}

int mn_brain_lookup(mn_brain *b, mn_call *call, const mn_key *keys, size_t n, mn_id *out)
{
	struct lookup_request r = {.keys = keys, .out = out};

	return n ? read_parts(b, call, n, lookup_part, &r) : mn_brain_generation(b, call);
}

static int resolve_part(mn_brain *b, mn_call *call, void *request, size_t at, size_t n)
{
	struct lookup_request *r = request;
	const mn_strs uids = {r->uids.at + at, n};

	return b->store->backend->resolve(
		b->store->db, call, b->mind->name, r->kind, uids, r->out + at);
}

int mn_brain_resolve_own(mn_brain *b, mn_call *call, int kind, mn_strs uids, mn_id *out)
{
	struct lookup_request r = {.uids = uids, .kind = kind, .out = out};

	return uids.n ? read_parts(b, call, uids.n, resolve_part, &r)
		      : mn_brain_generation(b, call);
}

/* ---- Lists of synapses -------------------------------------------------------------------- */

struct expand_request {
	const mn_expand *ask;
	mn_fan *parts; /* one per part */
	size_t nparts;
};

static int expand_part(mn_brain *b, mn_call *call, void *request, size_t at, size_t n)
{
	struct expand_request *r = request;
	mn_expand ask = *r->ask;

	ask.brain = b->mind->name;
	ask.frontier = (mn_ids){n ? ask.frontier.at + at : NULL, n};
	ask.reach_of = ask.reach_of ? ask.reach_of + at : NULL;
	ask.floor = ask.floor ? ask.floor + at : NULL;
	ask.limit = ask.limit ? ask.limit + at : NULL;
	return b->store->backend->expand(b->store->db, call, &ask, &r->parts[r->nparts++]);
}

struct fan_room { /* the writable side of a fan that is put together */
	uint32_t *start, *degree;
	mn_id *far, *synapse;
	double *weight, *bound;
	uint16_t *type;
	bool *out;
};

static int make_room(mn_call *call, size_t n, size_t edges, bool synapses, struct fan_room *out)
{
	struct fan_room to = {
		.start = mn_call_array(call, n + 1, sizeof(*to.start)),
		.degree = mn_call_array(call, n, sizeof(*to.degree)),
		.bound = mn_call_array(call, n, sizeof(*to.bound)),
		.far = mn_call_array(call, edges, sizeof(*to.far)),
		.weight = mn_call_array(call, edges, sizeof(*to.weight)),
	};
	bool whole = to.start && to.degree && to.bound && to.far && to.weight;

	if (synapses) {
		to.synapse = mn_call_array(call, edges, sizeof(*to.synapse));
		to.type = mn_call_array(call, edges, sizeof(*to.type));
		to.out = mn_call_array(call, edges, sizeof(*to.out));
		whole = whole && to.synapse && to.type && to.out;
	}
	*out = to;
	return whole ? MN_OK : MN_ENOMEM;
}

static void append_fan(const struct fan_room *to, size_t at, size_t n, const mn_fan *from)
{
	const uint32_t base = to->start[at], edges = from->start[n];

	for (size_t i = 0; i < n; i++) {
		to->start[at + i + 1] = base + from->start[i + 1];
		to->degree[at + i] = from->degree[i];
		to->bound[at + i] = from->bound[i];
	}
	if (edges == 0)
		return;
	memcpy(to->far + base, from->far, edges * sizeof(*to->far));
	memcpy(to->weight + base, from->weight, edges * sizeof(*to->weight));
	if (!to->synapse)
		return;
	memcpy(to->synapse + base, from->synapse, edges * sizeof(*to->synapse));
	memcpy(to->type + base, from->type, edges * sizeof(*to->type));
	memcpy(to->out + base, from->out, edges * sizeof(*to->out));
}

static int join_fans(mn_call *call, const struct expand_request *r, size_t per_part, mn_fan *out)
{
	const size_t n = r->ask->frontier.n;
	struct fan_room to;
	uint64_t edges = 0;

	for (size_t p = 0; p < r->nparts; p++) {
		const size_t left = n - p * per_part;

		edges += r->parts[p].start[left < per_part ? left : per_part];
	}
	if (edges > UINT32_MAX)
		return mn_fail(call, MN_ENOMEM, 0, "more than 4 billion synapses in one answer");
	if (make_room(call, n, edges, r->ask->want_synapse, &to) != MN_OK)
		return MN_ENOMEM;
	for (size_t p = 0; p < r->nparts; p++) {
		const size_t left = n - p * per_part;

		append_fan(&to, p * per_part, left < per_part ? left : per_part, &r->parts[p]);
	}
	*out = (mn_fan){
		to.start, to.degree, to.far, to.weight, to.bound, to.synapse, to.type, to.out};
	return MN_OK;
}

int mn_brain_expand(mn_brain *b, mn_call *call, const mn_expand *ask, mn_fan *out)
{
	const size_t n = ask->frontier.n, most = b->store->info.max_ids;
	const size_t nparts = in_parts(b, n) ? (n + most - 1) / most : 1;
	struct expand_request r = {.ask = ask};
	int status;

	if (ask->nreaches < 1 || ask->nreaches > 255)
		return mn_fail(call, MN_EINVAL, 0, "an expand follows 1 to 255 reaches");
	for (size_t i = 0; ask->reach_of && i < n; i++)
		if (ask->reach_of[i] >= ask->nreaches)
			return mn_fail(call, MN_EINVAL, 0, "reach %u of entry %zu is not there",
				ask->reach_of[i], i);
	r.parts = mn_call_array(call, nparts, sizeof(*r.parts));
	if (!r.parts)
		return MN_ENOMEM;
	status = read_parts(b, call, n, expand_part, &r);
	if (status != MN_OK)
		return status;
	if (r.nparts > 1)
		return join_fans(call, &r, most, out);
	*out = r.parts[0];
	return MN_OK;
}

int mn_brain_edges(mn_brain *b, mn_call *call, mn_id neuron, uint32_t limit, const mn_edge **out,
	size_t *n, uint64_t *degree)
{
	const mn_reach both = {.out = true, .in = true};
	mn_expand ask = MN_SIZED(mn_expand);
	mn_edge *edges;
	mn_fan fan;
	int status;

	ask.frontier = (mn_ids){&neuron, 1};
	ask.reaches = &both;
	ask.nreaches = 1;
	ask.limit = limit ? &limit : NULL;
	ask.want_synapse = true;
	status = mn_brain_expand(b, call, &ask, &fan);
	if (status != MN_OK)
		return status;
	edges = mn_call_array(call, fan.start[1], sizeof(*edges));
	if (!edges)
		return MN_ENOMEM;
	for (uint32_t i = 0; i < fan.start[1]; i++)
		edges[i] = (mn_edge){
			neuron, fan.far[i], fan.synapse[i], fan.weight[i], fan.type[i], fan.out[i]};
	*out = edges;
	*n = fan.start[1];
	*degree = fan.degree[0];
	return MN_OK;
}

int mn_brain_degrees(mn_brain *b, mn_call *call, mn_ids neurons, uint64_t *out)
{
	const mn_reach both = {.out = true, .in = true};
	mn_expand ask = MN_SIZED(mn_expand);
	uint32_t *none = mn_call_array(call, neurons.n, sizeof(*none));
	mn_fan fan;
	int status;

	if (!none)
		return MN_ENOMEM;
	ask.frontier = neurons;
	ask.reaches = &both;
	ask.nreaches = 1;
	ask.limit = none; /* nothing but the degree */
	status = mn_brain_expand(b, call, &ask, &fan);
	if (status != MN_OK)
		return status;
	for (size_t i = 0; i < neurons.n; i++)
		out[i] = fan.degree[i];
	return MN_OK;
}

/* ---- Members ------------------------------------------------------------------------------ */

static int by_number(const void *a, const void *b)
{
	const mn_id x = *(const mn_id *)a, y = *(const mn_id *)b;

	return (x > y) - (x < y);
}

/* Sorted and without repeats. */
static size_t tidy(mn_id *ids, size_t n)
{
	size_t kept = 0;

	qsort(ids, n, sizeof(*ids), by_number);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || ids[i] != ids[i - 1])
			ids[kept++] = ids[i];
	return kept;
}

int mn_brain_members(
	mn_brain *b, mn_call *call, const mn_fiber *fiber, mn_ids *neurons, mn_ids *synapses)
{
	const mn_reach outward = {.out = true};
	mn_expand ask = MN_SIZED(mn_expand);
	mn_id *near, *lines;
	mn_fan fan;
	int status;

	if (!(fiber->flags & MN_FIBER_STAR)) {
		*neurons = fiber->neurons;
		*synapses = fiber->synapses;
		return MN_OK;
	}
	ask.frontier = (mn_ids){&fiber->anchor, 1};
	ask.reaches = &outward;
	ask.nreaches = 1;
	ask.want_synapse = true;
	status = mn_brain_expand(b, call, &ask, &fan);
	if (status != MN_OK)
		return status;
	near = mn_call_array(call, (size_t)fan.start[1] + 1, sizeof(*near));
	lines = mn_call_array(call, fan.start[1], sizeof(*lines));
	if (!near || !lines)
		return MN_ENOMEM;
	near[0] = fiber->anchor;
	if (fan.start[1]) {
		memcpy(near + 1, fan.far, fan.start[1] * sizeof(*near));
		memcpy(lines, fan.synapse, fan.start[1] * sizeof(*lines));
	}
	*neurons = (mn_ids){near, tidy(near, (size_t)fan.start[1] + 1)};
	*synapses = (mn_ids){lines, tidy(lines, fan.start[1])};
	return MN_OK;
}
