/* SPDX-License-Identifier: MIT */
/*
 * expand.c - one hop of a spread: one statement for the whole frontier.
 *
 * The server walks the synapses of each entry's neuron, filters, cuts, and answers in columns,
 * since a row for each synapse takes it half as long again. Weights are reckoned here, by the
 * contract's own formula, so that they are the same double in every store; what the server reckons
 * chooses only, with a hair's breadth of room, and is checked here.
 */
#include "expand.h"

#include <stdlib.h>
#include <string.h>

#include "question.h"

#define HAIR 1e-12 /* by how much the server's exp may differ */
#define LIMITED 7  /* where in an entry what the limit left out is told */

struct edge {
	mn_id far, synapse;
	double weight;
	int32_t key;
	uint16_t type;
	bool out;
};

struct expand {
	mn_db *db;
	mn_call *call;
	const mn_expand *ask;
	struct reader r;
	bool cut; /* some entry has a limit: then the server sorts */
	int64_t day, oldest;
	double rate;
	mn_fan fan;
	size_t n, cap;
	uint32_t *start, *degree;
	double *bound;
};

/* ---- The statement ------------------------------------------------------------------------- */

static void fill_reaches(struct text *t, const struct expand *e)
{
	text_name(t, "reaches");
	text_open(t, '[');
	for (uint32_t i = 0; i < e->ask->nreaches; i++) {
		const mn_reach *r = &e->ask->reaches[i];

		text_open(t, '[');
		if (r->ntypes == 0)
			text_null(t);
		else
			text_open(t, '[');
		for (uint32_t k = 0; k < r->ntypes; k++) {
			const char *name = e->db->host->type_name(MN_SYNAPSE, r->types[k]);

			text_str(t, (mn_str){name, name ? strlen(name) : 0});
		}
		if (r->ntypes)
			text_close(t, ']');
		text_bool(t, r->out);
		text_bool(t, r->in);
		text_bool(t, r->except);
		text_close(t, ']');
	}
	text_close(t, ']');
}

static uint32_t limit_of(const struct expand *e, size_t i)
{
	return e->ask->limit && e->ask->limit[i] < INT32_MAX ? e->ask->limit[i] : INT32_MAX;
}

/* An entry: neuron, index of its reach, floor, limit. */
static void fill(struct text *t, const void *ctx)
{
	const struct expand *e = ctx;

	text_name(t, "entries");
	text_open(t, '[');
	for (size_t i = 0; i < e->ask->frontier.n; i++) {
		const mn_id id = e->ask->frontier.at[i];

		text_open(t, '[');
		text_int(t, id <= INT64_MAX ? (int64_t)id : 0);
		text_int(t, e->ask->reach_of ? e->ask->reach_of[i] : 0);
		text_real(t, e->ask->floor ? (double)e->ask->floor[i] * (1 - HAIR) : -1.0);
		text_int(t, limit_of(e, i));
		text_close(t, ']');
	}
	text_close(t, ']');
	fill_reaches(t, e);
}

static const char head[] = DECAY_HEAD
	"UNWIND CASE WHEN size($p.entries) = 0 THEN [null] ELSE $p.entries END AS entry "
	"CALL (rate, day, entry) { "
	"WITH rate, day, entry[0] AS me, $p.reaches[entry[1]] AS reach, entry[2] AS floor, "
	"entry[3] AS most "
	"OPTIONAL MATCH (:MnNeuron {b: $p.b, id: me})-[s:MN_SYNAPSE]-() "
	"WHERE (reach[0] IS NULL OR (s.type IN reach[0]) <> reach[3]) AND (reach[1] AND reach[2] "
	"OR reach[1] AND s.f = me OR reach[2] AND s.t = me "
	"OR (reach[1] OR reach[2]) AND coalesce(s.flags, 0) % 2 = 1) "
	"WITH s, me, floor, most, CASE WHEN s.f = me THEN s.t ELSE s.f END AS far, " WEIGHT
	" AS weight "
	"WITH s, me, most, far, weight, weight >= floor AS kept ";
static const char sorted[] = "ORDER BY s.k DESC, far, s.id ";
static const char columns[] =
	"WITH most, count(s) AS degree, "
	"collect(CASE WHEN kept THEN s.id END) AS ids, collect(CASE WHEN kept THEN far END) AS fars, "
	"collect(CASE WHEN kept THEN s.w END) AS ws, collect(CASE WHEN kept THEN s.d END) AS ds, "
	"collect(CASE WHEN kept THEN s.k END) AS ks, "
	"max(CASE WHEN NOT kept THEN weight END) AS under";
static const char more_columns[] =
	", collect(CASE WHEN kept THEN s.type END) AS types, "
	"collect(CASE WHEN kept THEN s.f = me OR coalesce(s.flags, 0) % 2 = 1 END) AS outs ";
static const char result[] =
	" RETURN [degree, ids[..most], fars[..most], ws[..most], ds[..most], ks[..most], under, "
	"CASE WHEN size(ks) > most THEN ks[most] END";
static const char more_result[] = ", types[..most], outs[..most]";
static const char foot[] = "] AS found } RETURN collect(found) AS found, rate, day, oldest";

/* ---- The answer ---------------------------------------------------------------------------- */

static void *grown(struct expand *e, const void *old, size_t to, size_t size)
{
	void *p = e->db->host->alloc(e->call, to * size);

	if (p && e->n)
		memcpy(p, old, e->n * size);
	return p;
}

static int grow(struct expand *e, size_t more)
{
	const size_t to = e->n + more > e->cap * 2 ? e->n + more : e->cap * 2;
	mn_fan *f = &e->fan;

	f->far = grown(e, f->far, to, sizeof(*f->far));
	f->weight = grown(e, f->weight, to, sizeof(*f->weight));
	if (!f->far || !f->weight)
		return MN_ENOMEM;
	if (e->ask->want_synapse) {
		f->synapse = grown(e, f->synapse, to, sizeof(*f->synapse));
		f->type = grown(e, f->type, to, sizeof(*f->type));
		f->out = grown(e, f->out, to, sizeof(*f->out));
		if (!f->synapse || !f->type || !f->out)
			return MN_ENOMEM;
	}
	e->cap = to;
	return MN_OK;
}

static int heaviest_first(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->key != y->key)
		return x->key > y->key ? -1 : 1;
	if (x->far != y->far)
		return x->far < y->far ? -1 : 1;
	return (x->synapse > y->synapse) - (x->synapse < y->synapse);
}

static struct edge read_edge(struct expand *e, const json_t *entry, size_t i)
{
	struct reader *r = &e->r;
	const double w = reader_real(r, json_array_get(json_array_get(entry, 3), i));
	const int64_t d = reader_int(r, json_array_get(json_array_get(entry, 4), i));
	struct edge edge = {.weight = w};

	edge.synapse = (mn_id)reader_int(r, json_array_get(json_array_get(entry, 1), i));
	edge.far = (mn_id)reader_int(r, json_array_get(json_array_get(entry, 2), i));
	edge.key = (int32_t)reader_int(r, json_array_get(json_array_get(entry, 5), i));
	if (e->day > d)
		edge.weight = w * exp(-e->rate * (double)(e->day - d));
	if (e->ask->want_synapse) {
		const json_t *type = json_array_get(json_array_get(entry, 8), i);

		edge.type = e->db->host->type_code(
			MN_SYNAPSE, (mn_str){json_string_value(type), json_string_length(type)});
		edge.out = json_is_true(json_array_get(json_array_get(entry, 9), i));
	}
	return edge;
}

static void put_edge(struct expand *e, const struct edge *edge)
{
	((mn_id *)e->fan.far)[e->n] = edge->far;
	((double *)e->fan.weight)[e->n] = edge->weight;
	if (e->ask->want_synapse) {
		((mn_id *)e->fan.synapse)[e->n] = edge->synapse;
		((uint16_t *)e->fan.type)[e->n] = edge->type;
		((bool *)e->fan.out)[e->n] = edge->out;
	}
	e->n++;
}

/* The brain's clock as mn_weight_bound wants it; 0: decay never ran. */
static double bound_of_key(const struct expand *e, int64_t key)
{
	return mn_weight_bound(
		(int32_t)key, e->rate, e->day > -MN_DAY ? e->day * MN_DAY : 0, e->oldest);
}

/* What the server left out, under the floor or behind the limit. */
static double left_out(struct expand *e, const json_t *entry)
{
	const json_t *key = json_array_get(entry, LIMITED);
	const double under = reader_real(&e->r, json_array_get(entry, 6)) * (1 + HAIR);

	return json_is_integer(key) ? fmax(under, bound_of_key(e, json_integer_value(key))) : under;
}

static int read_entry(struct expand *e, size_t i, const json_t *entry)
{
	const size_t n = json_array_size(reader_list(&e->r, json_array_get(entry, 1), SIZE_MAX));
	const double floor = e->ask->floor ? (double)e->ask->floor[i] : -1;
	struct edge *edges = e->db->host->alloc(e->call, (n + 1) * sizeof(*edges));

	if (!edges || (e->n + n > e->cap && grow(e, n) != MN_OK))
		return MN_ENOMEM;
	e->degree[i] = (uint32_t)reader_int(&e->r, json_array_get(entry, 0));
	e->bound[i] = left_out(e, entry);
	for (size_t k = 0; k < n; k++)
		edges[k] = read_edge(e, entry, k);
	if (!e->cut && n > 1)
		qsort(edges, n, sizeof(*edges), heaviest_first);
	for (size_t k = 0; k < n; k++)
		if (edges[k].weight >= floor)
			put_edge(e, &edges[k]);
		else
			e->bound[i] = fmax(e->bound[i], edges[k].weight);
	if (e->n > UINT32_MAX)
		return fail_memory(e->db, e->call);
	e->start[i + 1] = (uint32_t)e->n;
	return MN_OK;
}

static int read_all(struct expand *e, const struct answer *got)
{
	const size_t n = e->ask->frontier.n;
	const json_t *found = answer_cell(got, 0, HEAD_COLUMNS);
	int status = grow(e, 1);

	e->start = e->db->host->alloc(e->call, (n + 1) * sizeof(*e->start));
	e->degree = e->db->host->alloc(e->call, (n + 1) * sizeof(*e->degree));
	e->bound = e->db->host->alloc(e->call, (n + 1) * sizeof(*e->bound));
	if (!e->start || !e->degree || !e->bound)
		return MN_ENOMEM;
	e->rate = reader_real(&e->r, answer_cell(got, 0, HEAD_COLUMNS + 1));
	e->day = reader_int(&e->r, answer_cell(got, 0, HEAD_COLUMNS + 2));
	e->oldest = reader_int(&e->r, answer_cell(got, 0, HEAD_COLUMNS + 3));
	reader_list(&e->r, found, n ? n : 1);
	for (size_t i = 0; i < n && status == MN_OK && !e->r.bad; i++)
		status = read_entry(e, i, json_array_get(found, i));
	if (status == MN_OK)
		status = reader_end(&e->r);
	e->fan.start = e->start;
	e->fan.degree = e->degree;
	e->fan.bound = e->bound;
	return status;
}

int expand_do(mn_db *db, mn_call *call, const mn_expand *ask, mn_fan *out)
{
	struct expand e = {.db = db, .call = call, .ask = ask, .r = {.db = db, .call = call}};
	const char *body[8];
	const struct question q = {
		.body = body, .columns = "found, rate, day, oldest", .fill = fill, .ctx = &e};
	struct answer got = {0};
	struct ask a;
	size_t n = 0;
	int status = db_enter(db, call, false);

	if (status != MN_OK)
		return status;
	for (size_t i = 0; ask->limit && i < ask->frontier.n; i++)
		e.cut |= ask->limit[i] < INT32_MAX;
	body[n++] = head;
	if (e.cut)
		body[n++] = sorted;
	body[n++] = columns;
	if (ask->want_synapse)
		body[n++] = more_columns;
	body[n++] = result;
	if (ask->want_synapse)
		body[n++] = more_result;
	body[n++] = foot;
	body[n] = NULL;
	status = question_put(db, call, ask->brain, &q, &a, &got, NULL);
	if (status == MN_OK)
		status = read_all(&e, &got);
	if (status == MN_OK)
		*out = e.fan;
	ask_free(&a, &got);
	return status;
}
