/* SPDX-License-Identifier: MIT */
/*
 * native.c - questions in Cypher: the extension "mn.native/1".
 *
 * Sent in read access mode, so the server itself refuses what would write. Two parameters are
 * there for the question: $brain, the brain's name, and $b, its key, which every row of it has as
 * property b. Nodes and relationships of this brain that occur in the table, in lists, maps and
 * paths too, are told by id, to be drawn.
 */
#include "native.h"

#include <string.h>

#include "question.h"

#define MOST_DEPTH 32
#define MOST_FOUND 10000

struct found {
	mn_id *at;
	size_t n, cap;
};

struct table {
	mn_db *db;
	mn_call *call;
	int64_t key;
	struct found neurons, synapses;
	bool no_memory;
};

static void note(struct table *t, struct found *f, mn_id id)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i] == id)
			return;
	if (f->n == MOST_FOUND)
		return;
	if (f->n == f->cap) {
		const size_t to = f->cap ? 2 * f->cap : 64;
		mn_id *at = t->db->host->alloc(t->call, to * sizeof(*at));

		if (!at) {
			t->no_memory = true;
			return;
		}
		if (f->n)
			memcpy(at, f->at, f->n * sizeof(*at));
		f->at = at;
		f->cap = to;
	}
	f->at[f->n++] = id;
}

static bool has_label(const json_t *labels, const char *label)
{
	for (size_t i = 0; i < json_array_size(labels); i++) {
		const char *has = json_string_value(json_array_get(labels, i));

		if (has && strcmp(has, label) == 0)
			return true;
	}
	return false;
}

/* An entity as the Query API writes it: with its labels or its type. */
static void note_entity(struct table *t, const json_t *v)
{
	const json_t *own = json_object_get(v, "properties");
	const char *type = json_string_value(json_object_get(v, "type"));
	const json_int_t id = json_integer_value(json_object_get(own, "id"));

	if (!json_is_object(own) || id <= 0
		|| json_integer_value(json_object_get(own, "b")) != t->key)
		return;
	if (has_label(json_object_get(v, "labels"), "MnNeuron"))
		note(t, &t->neurons, (mn_id)id);
	else if (has_label(json_object_get(v, "labels"), "MnFiber"))
		note(t, &t->neurons, (mn_id)json_integer_value(json_object_get(own, "anchor")));
	else if (type && strcmp(type, "MN_SYNAPSE") == 0)
		note(t, &t->synapses, (mn_id)id);
}

static void search(struct table *t, const json_t *v, int depth)
{
	if (depth == MOST_DEPTH)
		return;
	if (json_is_object(v)) {
		const char *name;
		json_t *member;

		note_entity(t, v);
		json_object_foreach((json_t *)v, name, member) search(t, member, depth + 1);
	}
	for (size_t i = 0; i < json_array_size(v); i++)
		search(t, json_array_get(v, i), depth + 1);
}

static int put_cell(struct table *t, const json_t *v, mn_str *out)
{
	const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
	const size_t n = json_dumpb(v, NULL, 0, flags);
	char *text = t->db->host->alloc(t->call, n + 1);

	if (!text)
		return MN_ENOMEM;
	*out = (mn_str){text, json_dumpb(v, text, n, flags)};
	search(t, v, 0);
	return t->no_memory ? t->call->err->code : MN_OK;
}

static int read_names(struct table *t, const struct answer *got, mn_native *out)
{
	struct reader r = {.db = t->db, .call = t->call};
	const mn_strs names = reader_strs(&r, got->names);

	out->names = names.at;
	out->ncolumns = names.n;
	return reader_end(&r);
}

static int read_table(struct table *t, const struct answer *got, uint32_t max_rows, mn_native *out)
{
	const size_t rows = got->n < max_rows ? got->n : max_rows;
	mn_str *cells;
	int status = read_names(t, got, out);

	if (status != MN_OK)
		return status;
	cells = t->db->host->alloc(t->call, (rows * out->ncolumns + 1) * sizeof(*cells));
	if (!cells)
		return MN_ENOMEM;
	for (size_t i = 0; i < rows * out->ncolumns && status == MN_OK; i++)
		status = put_cell(
			t, answer_cell(got, i / out->ncolumns, i % out->ncolumns), &cells[i]);
	out->cells = cells;
	out->nrows = rows;
	out->cut = got->n > rows;
	out->neurons = (mn_ids){t->neurons.at, t->neurons.n};
	out->synapses = (mn_ids){t->synapses.at, t->synapses.n};
	return status;
}

static int ask(
	mn_db *db, mn_call *call, mn_str brain, mn_str text, uint32_t max_rows, mn_native *out)
{
	struct table t = {.db = db, .call = call};
	struct answer got = {0};
	mn_native table = {0};
	struct ask a;
	int64_t settled;
	int status = db_enter(db, call, false);

	if (status == MN_OK)
		status = question_key(db, call, brain, &t.key, &settled);
	if (status == MN_OK && !t.key)
		status = fail_brain(db, call, brain);
	if (status != MN_OK)
		return status;
	ask_begin(&a, db, call);
	a.again = a.foreign = true;
	ask_say_text(&a, text);
	ask_parameters(&a);
	text_name(&a.body, "b");
	text_int(&a.body, t.key);
	text_name(&a.body, "brain");
	text_str(&a.body, brain);
	status = ask_send(&a, &got);
	if (status == MN_OK)
		status = read_table(&t, &got, max_rows, &table);
	if (status == MN_OK)
		*out = table;
	ask_free(&a, &got);
	return status;
}

const mn_native_ops native_ops = {.size = sizeof(native_ops), .language = "Cypher", .ask = ask};
