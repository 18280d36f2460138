/* SPDX-License-Identifier: MIT */
#include "expand.h"

#include "brain.h"
#include "heap.h"

#define CHECK_EVERY 64

/* The answer while it grows. */
struct fan {
	uint32_t *start, *degree;
	double *bound;
	struct edges edges;
};

static int parse_reaches(struct conn *c, const mn_expand *x, struct reach **out)
{
	struct reach *reaches = heap_new(c->host, x->nreaches * sizeof(*reaches));

	*out = reaches;
	if (!reaches)
		return conn_memory(c);
	for (uint32_t i = 0; i < x->nreaches; i++) {
		const mn_reach *from = &x->reaches[i];
		struct reach *r = &reaches[i];

		*r = (struct reach){.all = from->ntypes == 0, .out = from->out, .in = from->in};
		for (uint32_t k = 0; k < from->ntypes; k++)
			if (from->types[k] < 4096)
				r->types[from->types[k] / 64] |= UINT64_C(1) << from->types[k] % 64;
		for (size_t k = 0; from->except && k < sizeof(r->types) / sizeof(*r->types); k++)
			r->types[k] = ~r->types[k];
	}
	return MN_OK;
}

static int begin_fan(struct conn *c, size_t n, struct fan *f)
{
	f->start = c->host->alloc(c->call, (n + 1) * sizeof(*f->start));
	f->degree = c->host->alloc(c->call, (n + 1) * sizeof(*f->degree));
	f->bound = c->host->alloc(c->call, (n + 1) * sizeof(*f->bound));
	return f->start && f->degree && f->bound ? MN_OK : MN_ENOMEM;
}

static int take_all(struct conn *c, const mn_expand *x, const struct reach *reaches, struct fan *f)
{
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < x->frontier.n; i++) {
		struct take t = {
			.floor = x->floor ? x->floor[i] : 0,
			.limit = x->limit ? x->limit[i] : MN_NO_LIMIT,
		};
		const uint8_t r = x->reach_of ? x->reach_of[i] : 0;

		if (i % CHECK_EVERY == 0)
			status = conn_check(c);
		if (status == MN_OK)
			status = adjacency_take(c, x->frontier.at[i], &reaches[r], &t, &f->edges);
		f->degree[i] = t.degree > UINT32_MAX ? UINT32_MAX : (uint32_t)t.degree;
		f->bound[i] = t.bound;
		f->start[i + 1] = (uint32_t)f->edges.n;
	}
	return status;
}

/* Rows of edges become the columns that were asked for. */
static int give_fan(struct conn *c, const struct fan *f, bool want_synapse, mn_fan *out)
{
	const size_t n = f->edges.n;
	mn_id *far = c->host->alloc(c->call, n * sizeof(*far) + 1);
	double *weight = c->host->alloc(c->call, n * sizeof(*weight) + 1);
	mn_id *synapse = want_synapse ? c->host->alloc(c->call, n * sizeof(*synapse) + 1) : NULL;
	uint16_t *type = want_synapse ? c->host->alloc(c->call, n * sizeof(*type) + 1) : NULL;
	bool *way = want_synapse ? c->host->alloc(c->call, n * sizeof(*way) + 1) : NULL;

	if (!far || !weight || (want_synapse && (!synapse || !type || !way)))
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct edge *e = &f->edges.at[i];

		far[i] = e->far;
		weight[i] = e->weight;
		if (!want_synapse)
			continue;
		synapse[i] = e->id;
		type[i] = e->type;
		way[i] = e->out;
	}
	*out = (mn_fan){f->start, f->degree, far, weight, f->bound, synapse, type, way};
	return MN_OK;
}

static int expand_in(struct conn *c, const mn_expand *x, mn_fan *out)
{
	struct fan f = {0};
	struct reach *reaches = NULL;
	int status = parse_reaches(c, x, &reaches);

	if (status == MN_OK)
		status = begin_fan(c, x->frontier.n, &f);
	if (status == MN_OK)
		status = take_all(c, x, reaches, &f);
	if (status == MN_OK)
		status = give_fan(c, &f, x->want_synapse, out);
	heap_free(c->host, f.edges.at);
	heap_free(c->host, reaches);
	return status;
}

int expand_do(mn_db *db, mn_call *call, const mn_expand *x, mn_fan *out)
{
	struct work w;
	int status = MN_OK;

	if (x->nreaches < 1 || x->nreaches > 255)
		return db->host->fail(call, MN_EINVAL, 0, "an expand has 1 to 255 reaches");
	for (size_t i = 0; x->reach_of && i < x->frontier.n; i++)
		if (x->reach_of[i] >= x->nreaches)
			return db->host->fail(
				call, MN_EINVAL, 0, "reach %u is not given", x->reach_of[i]);
	status = work_begin(db, call, x->brain, USE_READ, &w);
	return status == MN_OK ? work_end(&w, expand_in(w.c, x, out)) : status;
}
