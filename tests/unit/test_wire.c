/* SPDX-License-Identifier: MIT */
/* The contract's messages as JSON: what is written reads back equal, all else is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "wire/wire.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define ROUNDS 300
#define MOST 6 /* of anything in a random message */

static mn_call call;

/* ---- Random messages ----------------------------------------------------------------------- */

static uint64_t dice_state = 88172645463325252u;

static uint64_t dice(void) /* xorshift64 of G. Marsaglia */
{
	dice_state ^= dice_state << 13;
	dice_state ^= dice_state >> 7;
	dice_state ^= dice_state << 17;
	return dice_state;
}

static size_t few(void)
{
	return dice() % (MOST + 1);
}

static uint64_t some_id(void)
{
	static const uint64_t edges[] = {
		1, 9, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX, UINT32_MAX};

	return dice() % 3 ? dice() >> dice() % 64 : edges[dice() % COUNT(edges)];
}

static int64_t some_time(void)
{
	static const int64_t edges[] = {0, -1, INT64_MIN, INT64_MAX, 1700000000000000};

	return dice() % 2 ? (int64_t)dice() : edges[dice() % COUNT(edges)];
}

static double some_real(void)
{
	static const double edges[] = {0, 1, 0.1, 0.5, 5e-324, 2.2250738585072014e-308,
		1.7976931348623157e308, -1, 1.0 / 3, 1e15, 123456789012345.6, 1e-5, 0.0001};
	double x = 0;
	uint64_t bits = dice();

	if (dice() % 3 == 0)
		return edges[dice() % COUNT(edges)];
	if (dice() % 2)
		return (double)(dice() >> 11) * 0x1p-53;
	memcpy(&x, &bits, sizeof(x));
	return isfinite(x) ? x : 0.25;
}

static mn_str some_text(void)
{
	static const mn_str texts[] = {MN_STR(""), MN_STR("a"), MN_STR("dog"),
		MN_STR("\"quoted\" \\ back"), MN_STR("line\nbreak\ttab\x01"),
		MN_STR("\xe2\x82\xac"), MN_STR("\xf0\x9f\x90\x95 dog"), MN_STR("\x7f"),
		MN_STR("null"), MN_STR("{\"a\":1}")};

	return texts[dice() % COUNT(texts)];
}

static uint16_t some_type(int kind)
{
	static const mn_str names[] = {MN_STR("concept"), MN_STR("is_a"), MN_STR("memory"),
		MN_STR("of \"its\" own"), MN_STR("\xe2\x82\xac")};

	return dice() % 4 ? mn_type_code(kind, names[dice() % COUNT(names)]) : 0;
}

static void *room(size_t n, size_t size)
{
	void *p = mn_arena_array(call.arena, n, size);

	assert_non_null(p);
	return p;
}

static mn_ids some_ids(void)
{
	size_t n = few();
	mn_id *at = room(n, sizeof(*at));

	for (size_t i = 0; i < n; i++)
		at[i] = dice() % 4 ? some_id() : 0;
	return (mn_ids){at, n};
}

static mn_strs some_texts(void)
{
	size_t n = few();
	mn_str *at = room(n, sizeof(*at));

	for (size_t i = 0; i < n; i++)
		at[i] = some_text();
	return (mn_strs){at, n};
}

static void some_row(int kind, void *out)
{
	switch (kind) {
	case MN_BRAIN:
		*(mn_brain_row *)out = (mn_brain_row){some_id(), some_text(), some_text(),
			some_text(), some_text(), some_id(), some_id(), some_id(), some_id(),
			some_time(), some_time(), some_time()};
		break;
	case MN_NEURON:
		*(mn_neuron *)out = (mn_neuron){some_id(), some_text(), some_text(), some_text(),
			some_time(), some_time(), some_type(kind), (uint16_t)dice()};
		break;
	case MN_STATE:
		*(mn_state *)out = (mn_state){
			some_id(), some_real(), some_real(), some_time(), (uint32_t)dice()};
		break;
	case MN_SYNAPSE:
		*(mn_synapse *)out = (mn_synapse){some_id(), some_id(), some_id(), some_text(),
			some_text(), some_real(), some_time(), some_time(), (uint32_t)dice(),
			some_type(kind), (uint16_t)dice()};
		break;
	default:
		*(mn_fiber *)out = (mn_fiber){some_id(), some_id(), some_text(), some_text(),
			some_text(), some_ids(), some_ids(), some_texts(), some_real(), some_real(),
			some_time(), some_time(), some_time(), (uint32_t)dice(), (uint16_t)dice(),
			(uint16_t)dice()};
	}
}

static const uint16_t row_sizes[MN_KINDS] = MN_ROW_SIZES;

static mn_rows some_rows(void)
{
	mn_rows rows = {.kind = (int)(dice() % MN_KINDS), .n = few()};
	char *at = room(rows.n, row_sizes[rows.kind]);

	for (size_t i = 0; i < rows.n; i++)
		if (rows.kind == MN_BRAIN || dice() % 4)
			some_row(rows.kind, at + i * row_sizes[rows.kind]);
	rows.at.any = at;
	return rows;
}

static mn_gen some_gen(void)
{
	return (mn_gen){dice(), dice() >> dice() % 64, dice() % 2 ? 0 : dice()};
}

static unsigned some_fields(void)
{
	return (unsigned)(dice() % 32);
}

/* ---- Comparing ------------------------------------------------------------------------------ */

#define SAME(a, b, member) assert_true((a)->member == (b)->member)
#define SAME_TEXT(a, b, member) assert_true(mn_str_eq((a)->member, (b)->member))

static void same_ids(mn_ids a, mn_ids b)
{
	assert_int_equal(a.n, b.n);
	for (size_t i = 0; i < a.n; i++)
		assert_true(a.at[i] == b.at[i]);
}

static void same_texts(mn_strs a, mn_strs b)
{
	assert_int_equal(a.n, b.n);
	for (size_t i = 0; i < a.n; i++)
		assert_true(mn_str_eq(a.at[i], b.at[i]));
}

static void same_gen(const mn_gen *a, const mn_gen *b)
{
	SAME(a, b, epoch);
	SAME(a, b, graph);
	SAME(a, b, state);
}

static void same_brain(const mn_brain_row *a, const mn_brain_row *b)
{
	SAME(a, b, id);
	SAME_TEXT(a, b, uid);
	SAME_TEXT(a, b, name);
	SAME_TEXT(a, b, config);
	SAME_TEXT(a, b, meta);
	SAME(a, b, neurons);
	SAME(a, b, synapses);
	SAME(a, b, fibers);
	SAME(a, b, bytes);
	SAME(a, b, created);
	SAME(a, b, updated);
	SAME(a, b, clock);
}

static void same_neuron(const mn_neuron *a, const mn_neuron *b)
{
	SAME(a, b, id);
	SAME_TEXT(a, b, uid);
	SAME_TEXT(a, b, text);
	SAME_TEXT(a, b, meta);
	SAME(a, b, created);
	SAME(a, b, updated);
	SAME(a, b, type);
	SAME(a, b, flags);
}

static void same_state(const mn_state *a, const mn_state *b)
{
	SAME(a, b, id);
	SAME(a, b, level);
	SAME(a, b, decay);
	SAME(a, b, last);
	SAME(a, b, uses);
}

static void same_synapse(const mn_synapse *a, const mn_synapse *b)
{
	SAME(a, b, id);
	SAME(a, b, from);
	SAME(a, b, to);
	SAME_TEXT(a, b, uid);
	SAME_TEXT(a, b, meta);
	SAME(a, b, base);
	SAME(a, b, created);
	SAME(a, b, last);
	SAME(a, b, uses);
	SAME(a, b, type);
	SAME(a, b, flags);
}

static void same_fiber(const mn_fiber *a, const mn_fiber *b)
{
	SAME(a, b, id);
	SAME(a, b, anchor);
	SAME_TEXT(a, b, uid);
	SAME_TEXT(a, b, summary);
	SAME_TEXT(a, b, meta);
	same_ids(a->neurons, b->neurons);
	same_ids(a->synapses, b->synapses);
	same_texts(a->tags, b->tags);
	SAME(a, b, salience);
	SAME(a, b, coherence);
	SAME(a, b, created);
	SAME(a, b, first);
	SAME(a, b, last);
	SAME(a, b, uses);
	SAME(a, b, stage);
	SAME(a, b, flags);
}

static void same_row(int kind, const void *a, const void *b)
{
	switch (kind) {
	case MN_BRAIN: same_brain(a, b); break;
	case MN_NEURON: same_neuron(a, b); break;
	case MN_STATE: same_state(a, b); break;
	case MN_SYNAPSE: same_synapse(a, b); break;
	default: same_fiber(a, b);
	}
}

static void same_rows(const mn_rows *a, const mn_rows *b)
{
	const char *x = a->at.any, *y = b->at.any;

	SAME(a, b, kind);
	SAME(a, b, n);
	for (size_t i = 0; i < a->n; i++, x += row_sizes[a->kind], y += row_sizes[a->kind]) {
		mn_id id = 0;

		memcpy(&id, x, sizeof(id));
		if (a->kind == MN_BRAIN || id)
			same_row(a->kind, x, y);
		else
			assert_memory_equal(&id, y, sizeof(id));
	}
}

/* ---- There and back ------------------------------------------------------------------------- */

static mn_str written(int message, const void *from)
{
	mn_str json = {NULL, 0};
	int status = mn_wire_write(&call, message, from, &json);

	if (status != MN_OK)
		print_error("message %d: %s\n", message, call.err->text);
	assert_int_equal(status, MN_OK);
	return json;
}

static void trip(int message, const void *from, void *out)
{
	mn_str json = written(message, from);

	if (mn_wire_read(&call, message, json, out) != MN_OK)
		fail_msg("message %d: %s\n%.*s", message, call.err->text, (int)json.len, json.ptr);
}

static void trip_gen(void)
{
	mn_gen a = some_gen(), b;

	trip(MN_WIRE_GEN, &a, &b);
	same_gen(&a, &b);
}

static void trip_error(void)
{
	mn_wire_error a = {.error = {.size = sizeof(mn_error),
				   .code = -1 - (int)(dice() % 13),
				   .native = (int32_t)dice(),
				   .retry = dice() % 2},
		.has_culprit = dice() % 2};
	mn_wire_error b;

	a.culprit = a.has_culprit && dice() % 2 ? some_id() : 0;
	mn_text_plain(some_text(), a.error.text, sizeof(a.error.text));
	trip(MN_WIRE_ERROR, &a, &b);
	SAME(&a, &b, error.code);
	SAME(&a, &b, error.native);
	SAME(&a, &b, error.retry);
	SAME(&a, &b, has_culprit);
	SAME(&a, &b, culprit);
	assert_string_equal(a.error.text, b.error.text);
}

static void trip_info(void)
{
	mn_info a = MN_SIZED(mn_info), b = MN_SIZED(mn_info);

	a.threads = (int)(dice() % 3);
	a.caps = dice() % 256;
	a.max_ids = (uint32_t)dice();
	a.max_changes = (uint32_t)dice();
	a.trip_us = (uint32_t)dice();
	a.title = some_text();
	trip(MN_WIRE_INFO, &a, &b);
	SAME(&a, &b, threads);
	SAME(&a, &b, caps);
	SAME(&a, &b, max_ids);
	SAME(&a, &b, max_changes);
	SAME(&a, &b, trip_us);
	SAME_TEXT(&a, &b, title);
}

static void trip_brain(void)
{
	mn_brain_row a, b;

	some_row(MN_BRAIN, &a);
	trip(MN_WIRE_BRAIN, &a, &b);
	same_brain(&a, &b);
}

static void trip_rows(void)
{
	mn_rows a = some_rows(), b;

	trip(MN_WIRE_ROWS, &a, &b);
	same_rows(&a, &b);
}

static void trip_fetch(void)
{
	mn_wire_fetch a = {(int)(dice() % MN_KINDS), some_fields(), some_ids()}, b;

	trip(MN_WIRE_FETCH, &a, &b);
	SAME(&a, &b, kind);
	SAME(&a, &b, fields);
	same_ids(a.ids, b.ids);
}

static void trip_reserve(void)
{
	mn_wire_reserve a = {(int)(dice() % MN_KINDS), (uint32_t)dice(), some_id()}, b;

	trip(MN_WIRE_RESERVE, &a, &b);
	SAME(&a, &b, kind);
	SAME(&a, &b, n);
	SAME(&a, &b, first);
}

static void trip_keys(void)
{
	size_t n = few();
	mn_key *at = room(n, sizeof(*at));
	mn_wire_keys a = {at, n}, b;

	for (size_t i = 0; i < n; i++)
		at[i] = (mn_key){some_type(MN_NEURON), some_text()};
	trip(MN_WIRE_KEYS, &a, &b);
	SAME(&a, &b, n);
	for (size_t i = 0; i < n; i++) {
		SAME(&a, &b, at[i].type);
		SAME_TEXT(&a, &b, at[i].text);
	}
}

static void trip_uids_and_ids(void)
{
	mn_wire_uids a = {(int)(dice() % MN_KINDS), some_texts()}, b;
	mn_ids c = some_ids(), d;

	trip(MN_WIRE_UIDS, &a, &b);
	SAME(&a, &b, kind);
	same_texts(a.uids, b.uids);
	trip(MN_WIRE_IDS, &c, &d);
	same_ids(c, d);
}

static uint16_t *some_types(int kind, size_t n)
{
	uint16_t *types = room(n, sizeof(*types));

	for (size_t i = 0; i < n; i++)
		types[i] = some_type(kind);
	return types;
}

static float some_float(void)
{
	float f = (float)some_real();

	return dice() % 5 && isfinite(f) ? f : 0.1f;
}

static mn_expand some_expand(void)
{
	mn_expand a = MN_SIZED(mn_expand);
	uint32_t nreaches = 1 + (uint32_t)few();
	mn_reach *reaches = room(nreaches, sizeof(*reaches));
	uint8_t *reach_of = room(MOST, 1);
	float *floor = room(MOST, sizeof(*floor));
	uint32_t *limit = room(MOST, sizeof(*limit));

	for (uint32_t i = 0; i < nreaches; i++) {
		reaches[i] = (mn_reach){.ntypes = (uint32_t)few(),
			.out = dice() % 2,
			.in = dice() % 2,
			.except = dice() % 2};
		reaches[i].types = some_types(MN_SYNAPSE, reaches[i].ntypes);
	}
	for (size_t i = 0; i < MOST; i++) {
		reach_of[i] = (uint8_t)(dice() % nreaches);
		floor[i] = some_float();
		limit[i] = dice() % 3 ? (uint32_t)dice() : MN_NO_LIMIT;
	}
	a.frontier = some_ids();
	a.reaches = reaches;
	a.nreaches = nreaches;
	a.reach_of = dice() % 2 ? reach_of : NULL;
	a.floor = dice() % 2 ? floor : NULL;
	a.limit = dice() % 2 ? limit : NULL;
	a.want_synapse = dice() % 2;
	return a;
}

static void trip_expand(void)
{
	mn_expand a = some_expand(), b = MN_SIZED(mn_expand);

	trip(MN_WIRE_EXPAND, &a, &b);
	same_ids(a.frontier, b.frontier);
	SAME(&a, &b, nreaches);
	SAME(&a, &b, want_synapse);
	for (uint32_t i = 0; i < a.nreaches; i++) {
		SAME(&a, &b, reaches[i].ntypes);
		SAME(&a, &b, reaches[i].out);
		SAME(&a, &b, reaches[i].in);
		SAME(&a, &b, reaches[i].except);
		for (uint32_t k = 0; k < a.reaches[i].ntypes; k++)
			SAME(&a, &b, reaches[i].types[k]);
	}
	for (size_t i = 0; i < a.frontier.n; i++) {
		assert_true(
			!a.reach_of == !b.reach_of && !a.floor == !b.floor && !a.limit == !b.limit);
		if (a.reach_of)
			SAME(&a, &b, reach_of[i]);
		if (a.floor)
			SAME(&a, &b, floor[i]);
		if (a.limit)
			SAME(&a, &b, limit[i]);
	}
}

static mn_wire_fan some_fan(size_t n, bool synapses)
{
	uint32_t *start = room(n + 1, sizeof(*start)), *degree = room(n, sizeof(*degree));
	double *bound = room(n, sizeof(*bound)), *weight = room(n * MOST, sizeof(*weight));
	mn_id *far = room(n * MOST, sizeof(*far)), *synapse = room(n * MOST, sizeof(*synapse));
	uint16_t *type = some_types(MN_SYNAPSE, n * MOST);
	bool *out = room(n * MOST, sizeof(*out));

	for (size_t i = 0; i < n; i++) {
		start[i + 1] = start[i] + (uint32_t)few();
		degree[i] = (uint32_t)dice();
		bound[i] = some_real();
	}
	for (size_t i = 0; i < n * MOST; i++) {
		far[i] = some_id();
		synapse[i] = some_id();
		weight[i] = some_real();
		out[i] = dice() % 2;
	}
	if (!synapses)
		return (mn_wire_fan){n, {start, degree, far, weight, bound, NULL, NULL, NULL}};
	return (mn_wire_fan){n, {start, degree, far, weight, bound, synapse, type, out}};
}

static void trip_fan(void)
{
	mn_wire_fan a = some_fan(few(), dice() % 2), b;

	trip(MN_WIRE_FAN, &a, &b);
	SAME(&a, &b, n);
	for (size_t i = 0; i < a.n; i++) {
		SAME(&a, &b, fan.start[i + 1]);
		SAME(&a, &b, fan.degree[i]);
		SAME(&a, &b, fan.bound[i]);
	}
	assert_int_equal(b.fan.start[0], 0);
	assert_true(!a.fan.synapse == !b.fan.synapse);
	for (size_t i = 0; i < a.fan.start[a.n]; i++) {
		SAME(&a, &b, fan.far[i]);
		SAME(&a, &b, fan.weight[i]);
		if (!a.fan.synapse)
			continue;
		SAME(&a, &b, fan.synapse[i]);
		SAME(&a, &b, fan.type[i]);
		SAME(&a, &b, fan.out[i]);
	}
}

static mn_query some_query(void)
{
	mn_query a = MN_SIZED(mn_query);

	a.kind = (int)(dice() % MN_KINDS);
	a.text = some_text();
	a.after = some_text();
	a.tags = some_texts();
	a.ntypes = few();
	a.types = some_types(a.kind == MN_SYNAPSE ? MN_SYNAPSE : MN_NEURON, a.ntypes);
	a.since = some_time();
	a.until = some_time();
	a.neuron = some_id();
	a.fields = some_fields();
	a.limit = some_id();
	return a;
}

static void trip_query(void)
{
	mn_query a = some_query(), b = MN_SIZED(mn_query);

	trip(MN_WIRE_QUERY, &a, &b);
	SAME(&a, &b, kind);
	SAME_TEXT(&a, &b, text);
	SAME_TEXT(&a, &b, after);
	same_texts(a.tags, b.tags);
	SAME(&a, &b, ntypes);
	for (size_t i = 0; i < a.ntypes; i++)
		SAME(&a, &b, types[i]);
	SAME(&a, &b, since);
	SAME(&a, &b, until);
	SAME(&a, &b, neuron);
	SAME(&a, &b, fields);
	SAME(&a, &b, limit);
}

static void trip_page(void)
{
	mn_page a = MN_SIZED(mn_page), b = MN_SIZED(mn_page);

	a.rows = some_rows();
	a.resume = some_text();
	a.last = dice() % 2;
	trip(MN_WIRE_PAGE, &a, &b);
	same_rows(&a.rows, &b.rows);
	SAME_TEXT(&a, &b, resume);
	SAME(&a, &b, last);
}

static mn_change some_change(void)
{
	static const struct {
		int op, kind;
	} fit[] = {{MN_ADD, MN_NEURON}, {MN_PUT, MN_STATE}, {MN_ADD, MN_SYNAPSE},
		{MN_PUT, MN_FIBER}, {MN_TUNE, MN_STATE}, {MN_TUNE, MN_SYNAPSE}, {MN_TUNE, MN_FIBER},
		{MN_BUMP, MN_STATE}, {MN_BUMP, MN_SYNAPSE}, {MN_FOLD, MN_SYNAPSE},
		{MN_DROP, MN_NEURON}, {MN_DROP, MN_FIBER}};
	const size_t i = dice() % COUNT(fit);
	void *row = room(1, row_sizes[fit[i].kind]);

	some_row(fit[i].kind, row);
	return (mn_change){fit[i].op, fit[i].kind, fit[i].op == MN_FOLD ? NULL : row};
}

static void same_tune(int kind, const void *x, const void *y)
{
	const mn_state *s = x, *t = y;
	const mn_synapse *a = x, *b = y;
	const mn_fiber *f = x, *g = y;

	if (kind == MN_STATE) {
		SAME(s, t, level);
		SAME(s, t, decay);
	} else if (kind == MN_SYNAPSE) {
		SAME(a, b, base);
		SAME(a, b, uses);
		SAME(a, b, last);
	} else {
		SAME(f, g, salience);
		SAME(f, g, coherence);
		SAME(f, g, uses);
		SAME(f, g, stage);
	}
}

static void same_bump(int kind, const void *x, const void *y)
{
	const mn_state *s = x, *t = y;
	const mn_synapse *a = x, *b = y;

	if (kind == MN_SYNAPSE) {
		SAME(a, b, uses);
		SAME(a, b, last);
		return;
	}
	SAME(s, t, level);
	SAME(s, t, uses);
	SAME(s, t, last);
}

/* What the operation reads of the row is there. */
static void same_change(const mn_change *a, const mn_change *b)
{
	SAME(a, b, op);
	SAME(a, b, kind);
	assert_true(!a->row == !b->row);
	if (!a->row)
		return;
	assert_memory_equal(a->row, b->row, sizeof(mn_id));
	if (a->op == MN_ADD || a->op == MN_PUT)
		same_row(a->kind, a->row, b->row);
	else if (a->op == MN_TUNE)
		same_tune(a->kind, a->row, b->row);
	else if (a->op == MN_BUMP)
		same_bump(a->kind, a->row, b->row);
}

static mn_wire_changes some_changes(void)
{
	size_t n = few();
	mn_change *at = room(n, sizeof(*at));
	mn_wire_changes a = {.has_expect = dice() % 2, .at = at, .n = n};

	if (a.has_expect)
		a.expect = some_gen();
	for (size_t i = 0; i < n; i++)
		at[i] = some_change();
	return a;
}

static void trip_changes(void)
{
	mn_wire_changes a = some_changes(), b;

	trip(MN_WIRE_CHANGES, &a, &b);
	SAME(&a, &b, has_expect);
	same_gen(&a.expect, &b.expect);
	SAME(&a, &b, n);
	for (size_t i = 0; i < a.n; i++)
		same_change(&a.at[i], &b.at[i]);
}

static void trip_applied(void)
{
	mn_applied a = MN_SIZED(mn_applied), b = MN_SIZED(mn_applied);

	a.before = some_gen();
	a.after = some_gen();
	a.culprit = few();
	trip(MN_WIRE_APPLIED, &a, &b);
	same_gen(&a.before, &b.before);
	same_gen(&a.after, &b.after);
	SAME(&a, &b, culprit);
}

static void every_message_reads_back_as_it_was_written(void **state)
{
	static void (*const trips[])(void) = {trip_gen, trip_error, trip_info, trip_brain,
		trip_rows, trip_fetch, trip_reserve, trip_keys, trip_uids_and_ids, trip_expand,
		trip_fan, trip_query, trip_page, trip_changes, trip_applied};

	(void)state;
	for (size_t i = 0; i < COUNT(trips) * ROUNDS; i++) {
		trips[i % COUNT(trips)]();
		mn_call_reset(&call);
	}
}

static int start(void **state)
{
	(void)state;
	return mn_call_init(&call, NULL, 0);
}

static int reset(void **state)
{
	(void)state;
	mn_call_reset(&call);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	mn_call_done(&call);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(every_message_reads_back_as_it_was_written, reset),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
