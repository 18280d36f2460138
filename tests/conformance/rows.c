/* SPDX-License-Identifier: MIT */
/* rows.c - builders of rows and batches, and short forms of the reading operations. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"

mn_neuron neuron(mn_id id, uint16_t type, const char *text)
{
	return (mn_neuron){
		.id = id, .type = type, .text = mn_str_of(text), .created = NOON, .updated = NOON};
}

mn_synapse synapse(mn_id id, mn_id from, mn_id to, uint16_t type, double base)
{
	return (mn_synapse){
		.id = id, .from = from, .to = to, .type = type, .base = base, .created = NOON};
}

mn_fiber fiber(mn_id id, mn_id anchor)
{
	return (mn_fiber){
		.id = id, .anchor = anchor, .created = NOON, .salience = 0.5, .coherence = 1};
}

mn_state state_of(mn_id id, double level, uint32_t uses)
{
	return (mn_state){.id = id, .level = level, .uses = uses, .last = NOON, .decay = -1};
}

/* ---- Batches --------------------------------------------------------------------------------- */

struct item {
	int op, kind;
	union {
		mn_neuron neuron;
		mn_state state;
		mn_synapse synapse;
		mn_fiber fiber;
	} row;
};

static size_t row_size(int kind)
{
	static const uint16_t sizes[MN_KINDS] = MN_ROW_SIZES;

	return kind > MN_BRAIN && kind < MN_KINDS ? sizes[kind] : 0;
}

void batch_row(struct batch *b, int op, int kind, const void *row)
{
	if (b->n == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 16;
		b->at = realloc(b->at, b->cap * sizeof(*b->at));
		assert_non_null(b->at);
	}
	b->at[b->n] = (struct item){.op = op, .kind = kind};
	if (row)
		memcpy(&b->at[b->n].row, row, row_size(kind));
	b->n++;
}

void batch_neuron(struct batch *b, mn_id id, uint16_t type, const char *text)
{
	mn_neuron row = neuron(id, type, text);

	batch_row(b, MN_ADD, MN_NEURON, &row);
}

void batch_synapse(struct batch *b, mn_id id, mn_id from, mn_id to, uint16_t type, double base)
{
	mn_synapse row = synapse(id, from, to, type, base);

	batch_row(b, MN_ADD, MN_SYNAPSE, &row);
}

void batch_bump(struct batch *b, int kind, mn_id id, uint32_t uses, mn_time last)
{
	mn_synapse s = {.id = id, .uses = uses, .last = last};
	mn_state t = {.id = id, .uses = uses, .last = last, .decay = -1};

	batch_row(b, MN_BUMP, kind, kind == MN_STATE ? (void *)&t : (void *)&s);
}

void batch_drop(struct batch *b, int kind, mn_id id)
{
	mn_fiber row = {.id = id}; /* the longest: each kind's row begins with its id */

	batch_row(b, MN_DROP, kind, &row);
}

void batch_free(struct batch *b)
{
	free(b->at);
	*b = (struct batch){0};
}

int batch_try(
	struct room *r, mn_call *call, struct batch *b, const mn_gen *expect, mn_applied *applied)
{
	mn_change *changes = calloc(b->n + 1, sizeof(*changes));
	int status;

	assert_non_null(changes);
	for (size_t i = 0; i < b->n; i++)
		changes[i] = (mn_change){b->at[i].op, b->at[i].kind,
			b->at[i].op == MN_FOLD ? NULL : (void *)&b->at[i].row};
	*applied = MN_SIZED(mn_applied);
	status = r->be->apply(
		r->db, call ? call : &r->call, r->brain, expect, changes, b->n, applied);
	free(changes);
	return status;
}

mn_applied batch_apply(struct room *r, struct batch *b)
{
	mn_applied applied;
	int status = batch_try(r, NULL, b, NULL, &applied);

	batch_free(b);
	if (status != MN_OK)
		print_error("change %zu does not fit\n", applied.culprit);
	ok(r, status);
	return applied;
}

void batch_refused(struct room *r, struct batch *b, int want, size_t culprit)
{
	char *before = dump(r);
	mn_gen gen = generation(r), now;
	mn_applied applied;
	int status = batch_try(r, NULL, b, NULL, &applied);

	batch_free(b);
	expect_status(r, status, want);
	assert_int_equal(applied.culprit, culprit);
	assert_int_equal(r->call.err->code, want);
	assert_true(r->call.err->text[0] != '\0');
	still(r, before);
	now = generation(r);
	assert_memory_equal(&now, &gen, sizeof(gen));
}

/* ---- Reading --------------------------------------------------------------------------------- */

static const void *get_one(struct room *r, int kind, mn_id id)
{
	mn_rows rows = {0};

	ok(r, r->be->get(r->db, &r->call, r->brain, kind, (mn_ids){&id, 1}, 0, &rows));
	assert_int_equal(rows.kind, kind);
	assert_int_equal(rows.n, 1);
	return rows.at.any;
}

const mn_neuron *get_neuron(struct room *r, mn_id id)
{
	return get_one(r, MN_NEURON, id);
}

const mn_state *get_state(struct room *r, mn_id id)
{
	return get_one(r, MN_STATE, id);
}

const mn_synapse *get_synapse(struct room *r, mn_id id)
{
	return get_one(r, MN_SYNAPSE, id);
}

const mn_fiber *get_fiber(struct room *r, mn_id id)
{
	return get_one(r, MN_FIBER, id);
}

mn_id look_up(struct room *r, uint16_t type, const char *text)
{
	mn_id id = UINT64_MAX;

	ok(r, r->be->lookup(r->db, &r->call, r->brain, &(mn_key){type, mn_str_of(text)}, 1, &id));
	return id;
}

mn_id resolve(struct room *r, int kind, const char *uid)
{
	mn_str s = mn_str_of(uid);
	mn_id id = UINT64_MAX;

	ok(r, r->be->resolve(r->db, &r->call, r->brain, kind, (mn_strs){&s, 1}, &id));
	return id;
}

mn_gen generation(struct room *r)
{
	ok(r, r->be->generation(r->db, &r->call, r->brain));
	return r->call.at;
}

mn_fan list_of(struct room *r, mn_id id, bool out, bool in, uint16_t type)
{
	mn_reach reach = {.types = &type, .ntypes = type ? 1 : 0, .out = out, .in = in};
	mn_expand e = MN_SIZED(mn_expand);
	mn_fan fan = {0};

	e.brain = r->brain;
	e.frontier = (mn_ids){&id, 1};
	e.reaches = &reach;
	e.nreaches = 1;
	e.want_synapse = true;
	ok(r, r->be->expand(r->db, &r->call, &e, &fan));
	return fan;
}

mn_fan lists_of(struct room *r, size_t n)
{
	const mn_reach reach = {.out = true, .in = true};
	mn_expand e = MN_SIZED(mn_expand);
	mn_id at[IDS];
	mn_fan fan = {0};

	assert_in_range(n, 0, IDS);
	for (size_t i = 0; i < n; i++)
		at[i] = N(i);
	e.brain = r->brain;
	e.frontier = (mn_ids){at, n};
	e.reaches = &reach;
	e.nreaches = 1;
	e.want_synapse = true;
	ok(r, r->be->expand(r->db, &r->call, &e, &fan));
	return fan;
}

const mn_synapse *fan_rows(struct room *r, const mn_fan *fan, size_t entries)
{
	const mn_ids ids = {fan->synapse, fan->start[entries]};
	mn_rows rows = {0};

	ok(r, r->be->get(r->db, &r->call, r->brain, MN_SYNAPSE, ids, 0, &rows));
	assert_int_equal(rows.n, ids.n);
	return rows.at.synapse;
}

size_t fan_length(const mn_fan *fan, size_t i)
{
	return fan->start[i + 1] - fan->start[i];
}

static void print_ids(const char *title, const mn_id *at, size_t n)
{
	print_error("%s:", title);
	for (size_t i = 0; i < n; i++)
		print_error(" %llu", (unsigned long long)at[i]);
	print_error("\n");
}

static void same_ids(
	const mn_id *got, size_t ngot, const mn_id *want, size_t n, const char *file, int line)
{
	if (ngot == n && (n == 0 || memcmp(got, want, n * sizeof(*want)) == 0))
		return;
	print_ids("got", got, ngot);
	print_ids("due", want, n);
	_fail(file, line);
}

void fan_has(const mn_fan *fan, size_t i, const mn_id *far, size_t n, const char *file, int line)
{
	same_ids(fan->far + fan->start[i], fan_length(fan, i), far, n, file, line);
}

void ids_have(struct ids ids, const mn_id *want, size_t n, const char *file, int line)
{
	same_ids(ids.at, ids.n, want, n, file, line);
}

static mn_id row_id(const mn_rows *rows, size_t i)
{
	mn_id id;

	memcpy(&id, (const char *)rows->at.any + i * row_size(rows->kind), sizeof(id));
	return id;
}

struct ids scan_ids(struct room *r, const mn_query *query, size_t page)
{
	struct ids ids = {.n = 0};
	mn_cursor *cursor = NULL;
	mn_page p = MN_SIZED(mn_page);

	ok(r, r->be->scan(r->db, &r->call, r->brain, query, &cursor));
	while (!p.last) {
		p = MN_SIZED(mn_page);
		ok(r, r->be->next(cursor, &r->call, page, &p));
		assert_int_equal(p.rows.kind, query->kind);
		assert_in_range(p.rows.n, p.last ? 0 : 1, page);
		assert_in_range(ids.n + p.rows.n, 0, MOST_IDS);
		for (size_t i = 0; i < p.rows.n; i++)
			ids.at[ids.n++] = row_id(&p.rows, i);
	}
	r->be->done(cursor);
	return ids;
}
