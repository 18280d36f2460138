/* SPDX-License-Identifier: MIT */
/* read.c - generations, fresh ids, and rows by key, uid, id and anchor. */
#include "read.h"

#include <string.h>

#include "question.h"
#include "rows.h"

int read_generation(mn_db *db, mn_call *call, mn_str brain)
{
	static const char *const body[] = {"RETURN 0 AS nothing", NULL};
	const struct question q = {.body = body, .columns = ""};
	struct answer got = {0};
	struct ask a;
	int status = db_enter(db, call, false);

	if (status != MN_OK)
		return status;
	status = question_put(db, call, brain, &q, &a, &got, NULL);
	ask_free(&a, &got);
	return status;
}

/* ---- Fresh ids ----------------------------------------------------------------------------- */

static const char *counter_of(int kind)
{
	switch (kind) {
	case MN_NEURON: return "nextNeuron";
	case MN_SYNAPSE: return "nextSynapse";
	case MN_FIBER: return "nextFiber";
	default: return NULL;
	}
}

#define LAST_RESERVED ((int64_t)1 << 62)

/* Sent again, it leaves a gap, which is no harm. The brain's version stays: nothing is to be seen.
 */
static int reserve(struct ask *a, struct answer *got, mn_str brain, int64_t key,
	const char *counter, uint32_t n)
{
	ask_say(a, "MATCH (x:MnBrain {key: $p.b}) WHERE x.name = $p.brain SET x.lock = 0 "
		   "WITH x AS before MATCH (b:MnBrain {key: $p.b}) WITH b, b.");
	ask_say(a, counter);
	ask_say(a, " AS first SET b.");
	ask_say(a, counter);
	ask_say(a, " = CASE WHEN first > $p.last - $p.n THEN first ELSE first + $p.n END "
		   "RETURN first, b.epoch, b.graph, b.state");
	ask_parameters(a);
	text_name(&a->body, "b");
	text_int(&a->body, key);
	text_name(&a->body, "brain");
	text_str(&a->body, brain);
	text_name(&a->body, "n");
	text_int(&a->body, n);
	text_name(&a->body, "last");
	text_int(&a->body, LAST_RESERVED);
	a->write = a->again = true;
	return ask_send(a, got);
}

static int take_reserved(mn_db *db, mn_call *call, const struct answer *got, uint32_t n, mn_id *out)
{
	struct reader r = {.db = db, .call = call};
	const int64_t first = reader_int(&r, answer_cell(got, 0, 0));

	call->at = (mn_gen){(uint64_t)reader_int(&r, answer_cell(got, 0, 1)),
		(uint64_t)reader_int(&r, answer_cell(got, 0, 2)),
		(uint64_t)reader_int(&r, answer_cell(got, 0, 3))};
	if (first > LAST_RESERVED - n)
		return db->host->fail(
			call, MN_EUNSUPPORTED, 0, "the ids of this brain are used up");
	*out = (mn_id)first;
	return reader_end(&r);
}

int read_reserve(mn_db *db, mn_call *call, mn_str brain, int kind, uint32_t n, mn_id *first)
{
	const char *counter = counter_of(kind);
	struct answer got = {0};
	int status = db_enter(db, call, true);

	if (status == MN_OK && (n == 0 || !counter))
		status = db->host->fail(call, MN_EINVAL, 0, "no ids can be reserved for that kind");
	for (int look = 0; look < 2 && status == MN_OK && got.n == 0; look++) {
		int64_t key, settled;
		struct ask a;

		status = question_key(db, call, brain, &key, &settled);
		if (status != MN_OK || !key)
			break;
		ask_begin(&a, db, call);
		status = reserve(&a, &got, brain, key, counter, n);
		if (status == MN_OK && got.n) {
			status = take_reserved(db, call, &got, n, first);
			ask_free(&a, &got);
			return status;
		}
		db_forget(db, brain);
		ask_free(&a, &got);
	}
	return status == MN_OK ? fail_brain(db, call, brain) : status;
}

/* ---- Ids by key and uid -------------------------------------------------------------------- */

struct keys {
	const mn_db *db;
	const mn_key *at;
	size_t n;
	mn_strs uids;
};

/* A text that no row could have is asked for as null, which equals nothing. */
static void fill_keys(struct text *t, const void *ctx)
{
	const struct keys *k = ctx;

	text_name(t, "keys");
	text_open(t, '[');
	for (size_t i = 0; i < k->n; i++) {
		const char *name = k->db->host->type_name(MN_NEURON, k->at[i].type);
		const mn_str type = {name, strlen(name)}, text = k->at[i].text;

		text_open(t, '[');
		if (k->db->host->text_valid(text) && strcmp(name, "memory") != 0) {
			text_int(t, hash_key(type, text));
			text_str(t, type);
			text_str(t, text);
		}
		text_close(t, ']');
	}
	text_close(t, ']');
}

static void fill_uids(struct text *t, const void *ctx)
{
	const struct keys *k = ctx;

	text_name(t, "keys");
	text_open(t, '[');
	for (size_t i = 0; i < k->uids.n; i++) {
		text_open(t, '[');
		if (k->uids.at[i].len && k->db->host->text_valid(k->uids.at[i])) {
			text_int(t, hash_uid(k->uids.at[i]));
			text_str(t, k->uids.at[i]);
		}
		text_close(t, ']');
	}
	text_close(t, ']');
}

static int find_ids(
	mn_db *db, mn_call *call, mn_str brain, const struct question *q, size_t n, mn_id *out)
{
	struct reader r = {.db = db, .call = call};
	struct answer got = {0};
	struct ask a;
	int status = question_put(db, call, brain, q, &a, &got, NULL);

	if (status == MN_OK) {
		const json_t *ids = reader_list(&r, answer_cell(&got, 0, HEAD_COLUMNS), n);

		for (size_t i = 0; i < n; i++)
			out[i] = (mn_id)reader_int(&r, json_array_get(ids, i));
		status = reader_end(&r);
	}
	ask_free(&a, &got);
	return status;
}

int read_lookup(mn_db *db, mn_call *call, mn_str brain, const mn_key *keys, size_t n, mn_id *out)
{
	static const char *const body[] = {
		"UNWIND $p.keys AS k CALL (k) { OPTIONAL MATCH (n:MnNeuron {b: $p.b, h: k[0]}) "
		"WHERE n.type = k[1] AND coalesce(n.text, '') = k[2] RETURN coalesce(min(n.id), 0) AS id } "
		"RETURN collect(id) AS ids",
		NULL};
	const struct keys k = {.db = db, .at = keys, .n = n};
	const struct question q = {.body = body, .columns = "ids", .fill = fill_keys, .ctx = &k};
	const int status = db_enter(db, call, false);

	return status == MN_OK ? find_ids(db, call, brain, &q, n, out) : status;
}

int read_resolve(mn_db *db, mn_call *call, mn_str brain, int kind, mn_strs uids, mn_id *out)
{
	static const char *const of_neurons[] = {
		"UNWIND $p.keys AS k CALL (k) { OPTIONAL MATCH (n:MnNeuron {b: $p.b, uh: k[0]}) "
		"WHERE n.uid = k[1] RETURN coalesce(min(n.id), 0) AS id } "
		"RETURN collect(id) AS ids",
		NULL};
	static const char *const of_synapses[] = {
		"UNWIND $p.keys AS k CALL (k) { "
		"OPTIONAL MATCH ()-[s:MN_SYNAPSE {b: $p.b, uh: k[0]}]->() "
		"WHERE s.uid = k[1] RETURN coalesce(min(s.id), 0) AS id } "
		"RETURN collect(id) AS ids",
		NULL};
	static const char *const of_fibers[] = {
		"UNWIND $p.keys AS k CALL (k) { OPTIONAL MATCH (f:MnFiber {b: $p.b, uh: k[0]}) "
		"WHERE f.uid = k[1] RETURN coalesce(min(f.id), 0) AS id } "
		"RETURN collect(id) AS ids",
		NULL};
	const struct keys k = {.db = db, .uids = uids};
	const struct question q = {.body = kind == MN_NEURON    ? of_neurons
					   : kind == MN_SYNAPSE ? of_synapses
								: of_fibers,
		.columns = "ids",
		.fill = fill_uids,
		.ctx = &k};
	int status = db_enter(db, call, false);

	if (status == MN_OK && kind != MN_NEURON && kind != MN_SYNAPSE && kind != MN_FIBER)
		status = db->host->fail(call, MN_EINVAL, 0, "rows of that kind have no uid");
	return status == MN_OK ? find_ids(db, call, brain, &q, uids.n, out) : status;
}

/* ---- Rows ---------------------------------------------------------------------------------- */

static void say_ids(struct text *t, const char *name, const mn_ids *ids)
{
	text_name(t, name);
	text_open(t, '[');
	for (size_t i = 0; i < ids->n; i++) /* one that cannot be is none */
		text_int(t, ids->at[i] <= INT64_MAX ? (int64_t)ids->at[i] : 0);
	text_close(t, ']');
}

static void fill_ids(struct text *t, const void *ctx)
{
	say_ids(t, "ids", ctx);
}

/* Where the row of $ids[..] of a kind is; the row is n, s or f. */
static const char *match_of(int kind)
{
	switch (kind) {
	case MN_NEURON: return "UNWIND $p.ids AS id OPTIONAL MATCH (n:MnNeuron {b: $p.b, id: id}) ";
	case MN_STATE:
		return "UNWIND $p.ids AS id OPTIONAL MATCH (n:MnNeuron {b: $p.b, id: id}) "
		       "WHERE n.decay IS NOT NULL ";
	case MN_SYNAPSE:
		return "UNWIND $p.ids AS id OPTIONAL MATCH ()-[s:MN_SYNAPSE {b: $p.b, id: id}]->() ";
	default: return "UNWIND $p.ids AS id OPTIONAL MATCH (f:MnFiber {b: $p.b, id: id}) ";
	}
}

static int get_rows(mn_db *db, mn_call *call, mn_str brain, int kind, const char *match, mn_ids ids,
	unsigned fields, mn_rows *out)
{
	const char *const name = kind == MN_SYNAPSE ? "s" : kind == MN_FIBER ? "f" : "n";
	const char *const body[] = {match, "RETURN collect(CASE WHEN ", name,
		" IS NULL THEN 0 ELSE ", row_cells(kind, fields), " END) AS rows", NULL};
	const struct question q = {.body = body, .columns = "rows", .fill = fill_ids, .ctx = &ids};
	struct reader r = {.db = db, .call = call};
	struct answer got = {0};
	struct ask a;
	int status = question_put(db, call, brain, &q, &a, &got, NULL);

	if (status == MN_OK) {
		const json_t *rows = answer_cell(&got, 0, HEAD_COLUMNS);

		reader_list(&r, rows, ids.n);
		status = rows_read(&r, kind, rows, out);
	}
	ask_free(&a, &got);
	return status;
}

int read_get(
	mn_db *db, mn_call *call, mn_str brain, int kind, mn_ids ids, unsigned fields, mn_rows *out)
{
	int status = db_enter(db, call, false);

	if (status == MN_OK && (kind <= MN_BRAIN || kind >= MN_KINDS))
		status = db->host->fail(call, MN_EINVAL, 0, "there are no rows of that kind");
	if (status != MN_OK)
		return status;
	return get_rows(db, call, brain, kind, match_of(kind), ids, fields, out);
}

int read_fibers_of(mn_db *db, mn_call *call, mn_str brain, mn_ids anchors, mn_rows *out)
{
	static const char match[] =
		"UNWIND $p.ids AS id CALL (id) { "
		"OPTIONAL MATCH (:MnNeuron {b: $p.b, id: id})<-[:MN_ANCHOR]-(f:MnFiber) "
		"WITH f ORDER BY f.id LIMIT 1 RETURN f } ";
	const int status = db_enter(db, call, false);

	if (status != MN_OK)
		return status;
	return get_rows(db, call, brain, MN_FIBER, match, anchors, 0, out);
}

/* ---- What an answer shows -------------------------------------------------------------------- */

static void fill_shown(struct text *t, const void *ctx)
{
	const mn_show_ask *ask = ctx;

	say_ids(t, "ids", &ask->neurons);
	say_ids(t, "anchors", &ask->anchors);
}

int read_show(mn_db *db, mn_call *call, const mn_show_ask *ask, mn_show_found *out)
{
	static const char *const body[] = {
		"CALL () { UNWIND $p.ids AS id OPTIONAL MATCH (n:MnNeuron {b: $p.b, id: id}) "
		"RETURN collect(CASE WHEN n IS NULL THEN 0 ELSE ",
		NEURON_CELLS("n.text", "n.uid", "n.meta"),
		" END) AS rows } CALL () { UNWIND $p.anchors AS id CALL (id) { "
		"OPTIONAL MATCH (:MnNeuron {b: $p.b, id: id})<-[:MN_ANCHOR]-(f:MnFiber) "
		"WITH f ORDER BY f.id LIMIT 1 RETURN f } RETURN collect(CASE WHEN f IS NULL THEN 0 ELSE ",
		FIBER_CELLS("null", "f.uid", "null", "null, null"),
		" END) AS fibers } RETURN rows, fibers", NULL};
	const struct question q = {
		.body = body, .columns = "rows, fibers", .fill = fill_shown, .ctx = ask};
	struct reader r = {.db = db, .call = call};
	struct answer got = {0};
	struct ask a;
	int status = db_enter(db, call, false);

	if (status != MN_OK)
		return status;
	status = question_put(db, call, ask->brain, &q, &a, &got, NULL);
	if (status == MN_OK) {
		const json_t *rows = answer_cell(&got, 0, HEAD_COLUMNS);
		const json_t *fibers = answer_cell(&got, 0, HEAD_COLUMNS + 1);

		reader_list(&r, rows, ask->neurons.n);
		reader_list(&r, fibers, ask->anchors.n);
		status = rows_read(&r, MN_NEURON, rows, &out->neurons);
		if (status == MN_OK)
			status = rows_read(&r, MN_FIBER, fibers, &out->fibers);
	}
	ask_free(&a, &got);
	return status;
}
