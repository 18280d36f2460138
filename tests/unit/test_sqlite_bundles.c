/* SPDX-License-Identifier: MIT */
/* test_sqlite_bundles.c - rows packed into a few bytes, and bundles of them that grow and shrink.
 */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "row.h"
#include "sqlite_room.h"

/* ---- Bytes -------------------------------------------------------------------------------- */

#define SOME 200

static uint64_t any_number(uint64_t *seed)
{
	const uint64_t x = dice_below(seed, UINT64_MAX);

	switch (dice_below(seed, 6)) {
	case 0: return 0;
	case 1: return x;
	case 2: return UINT64_MAX - dice_below(seed, 3);
	case 3: return (uint64_t)INT64_MAX + dice_below(seed, 3);
	default: return x >> dice_below(seed, 64);
	}
}

static struct grade any_grade(uint64_t *seed)
{
	static const double numbers[] = {0, -0.0, 1, 0.1, DBL_MAX, -DBL_MIN};

	if (dice_below(seed, 3))
		return (struct grade){.code = (uint16_t)(1 + dice_below(seed, UINT16_MAX))};
	return (struct grade){.number = numbers[dice_below(seed, 6)]};
}

static mn_id next_id(uint64_t *seed, mn_id before)
{
	const uint64_t gap = dice_below(seed, 4) ? 1 : 1 + dice_below(seed, UINT32_MAX);

	return dice_below(seed, 40)
		       ? before + gap
		       : before + 1 + ((INT64_MAX - before) >> (8 + dice_below(seed, 40)));
}

static void any_synapse(uint64_t *seed, struct synapse_row *s)
{
	if (dice_below(seed, 2))
		s->from = any_number(seed);
	s->to = any_number(seed);
	if (dice_below(seed, 3) == 0) {
		s->type = (uint16_t)any_number(seed);
		s->flags = (uint16_t)any_number(seed);
		s->base = any_grade(seed);
		s->created = (mn_time)any_number(seed);
	}
	s->last = dice_below(seed, 2) ? (mn_time)any_number(seed) : 0;
	s->uses = dice_below(seed, 2) ? (uint32_t)any_number(seed) : 0;
	s->text = dice_below(seed, 2);
}

static void any_fiber(uint64_t *seed, struct fiber_row *f)
{
	f->anchor = dice_below(seed, 2) ? f->anchor + 1 : any_number(seed);
	f->first = (mn_time)any_number(seed);
	f->last = dice_below(seed, 2) ? f->first : (mn_time)any_number(seed);
	if (dice_below(seed, 3) == 0) {
		f->stage = (uint16_t)any_number(seed);
		f->uses = (uint32_t)any_number(seed);
		f->salience = any_grade(seed);
		f->coherence = any_grade(seed);
		f->created = (mn_time)((uint64_t)f->first + 1000000 * dice_below(seed, 99));
	}
	f->text = dice_below(seed, 2);
}

static void any_row(uint64_t *seed, enum row_kind kind, void *row)
{
	struct anchor_row *a = row;

	*(mn_id *)row = next_id(seed, *(mn_id *)row);
	if (kind == ROW_SYNAPSE) {
		any_synapse(seed, row);
	} else if (kind == ROW_FIBER) {
		any_fiber(seed, row);
	} else {
		a->fiber = dice_below(seed, 2) ? a->fiber + 1 : any_number(seed);
		a->more = dice_below(seed, 2);
	}
}

/* Rows that are the same are written the same, and rows that are not are not. */
static void assert_same(enum row_kind kind, const char *a, const char *b, size_t n)
{
	unsigned char x[SOME * ROW_MOST], y[SOME * ROW_MOST];
	size_t written;
	const size_t nx = row_write(kind, a, n, x, sizeof(x), &written);
	const size_t ny = row_write(kind, b, n, y, sizeof(y), &written);

	assert_int_equal(nx, ny);
	assert_memory_equal(x, y, nx);
}

static void assert_fields(enum row_kind kind, const void *a, const void *b)
{
	const struct synapse_row *s = a, *t = b;
	const struct fiber_row *f = a, *g = b;
	const struct anchor_row *x = a, *y = b;

	assert_int_equal(row_id_of(a), row_id_of(b));
	if (kind == ROW_SYNAPSE)
		assert_true(s->from == t->from && s->to == t->to && s->created == t->created
			    && s->last == t->last && s->base.code == t->base.code
			    && s->base.number == t->base.number && s->uses == t->uses
			    && s->type == t->type && s->flags == t->flags && s->text == t->text);
	else if (kind == ROW_FIBER)
		assert_true(f->anchor == g->anchor && f->created == g->created
			    && f->first == g->first && f->last == g->last
			    && f->salience.code == g->salience.code
			    && f->coherence.number == g->coherence.number && f->uses == g->uses
			    && f->stage == g->stage && f->flags == g->flags && f->text == g->text);
	else
		assert_true(x->fiber == y->fiber && x->more == y->more);
}

static void what_is_written_is_read(void **state)
{
	uint64_t seed = 11;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		const enum row_kind kind = (enum row_kind)(round % ROW_KINDS);
		const size_t size = row_size(kind), n = 1 + dice_below(&seed, SOME);
		char *rows = calloc(n, size), *back = calloc(n, size);
		unsigned char bytes[SOME * ROW_MOST];
		size_t written, len;
		bool whole;

		for (size_t i = 0; i < n; i++) {
			if (i)
				memcpy(rows + i * size, rows + (i - 1) * size, size);
			any_row(&seed, kind, rows + i * size);
		}
		len = row_write(kind, rows, n, bytes, sizeof(bytes), &written);
		assert_int_equal(written, n);
		assert_int_equal(row_read(kind, row_id_of(rows), (mn_str){(char *)bytes, len}, back,
					 n, &whole),
			n);
		assert_true(whole);
		for (size_t i = 0; i < n; i++)
			assert_fields(kind, rows + i * size, back + i * size);
		assert_same(kind, rows, back, n);
		row_write(kind, rows, n, bytes, len - 1, &written);
		assert_int_equal(written, n - 1);
		free(rows);
		free(back);
	}
}

static void bytes_of_nonsense_are_no_rows_or_some(void **state)
{
	const unsigned rounds = getenv("MN_FULL") ? 2000000 : 40000;
	uint64_t seed = 12;
	struct synapse_row rows[64]; /* the largest */

	(void)state;
	for (unsigned round = 0; round < rounds; round++) {
		const enum row_kind kind = (enum row_kind)(round % ROW_KINDS);
		const size_t len = dice_below(&seed, 60);
		char *bytes = malloc(len ? len : 1); /* of that size, for the sanitizers */
		const mn_id first = 1 + dice_below(&seed, 100);
		struct fiber_row fibers[64];
		void *to = kind == ROW_FIBER ? (void *)fibers : rows;
		bool whole;
		size_t n;

		for (size_t i = 0; i < len; i++)
			bytes[i] = (char)dice_below(&seed, dice_below(&seed, 2) ? 256 : 4);
		n = row_read(kind, first, (mn_str){bytes, len}, to, 64, &whole);
		assert_true(n <= 64 && (!whole || n));
		for (size_t i = 1; i < n; i++)
			assert_true(row_id_of((char *)to + i * row_size(kind))
				    > row_id_of((char *)to + (i - 1) * row_size(kind)));
		free(bytes);
	}
}

/* Of all ids up to one behind the last row: is there a row, which, and was all right up to it? */
static void assert_found_as_read(enum row_kind kind, mn_str bytes, mn_id first)
{
	struct fiber_row rows[64]; /* the largest */
	bool whole, found_whole;
	const size_t n = row_read(kind, first, bytes, rows, 64, &whole), size = row_size(kind);
	const mn_id last = n ? row_id_of((char *)rows + (n - 1) * size) : first;
	size_t at = 0;

	for (mn_id id = first; id <= last + 1 && id < first + 300; id++) {
		const char *row = (char *)rows + at * size;
		const bool there = at < n && row_id_of(row) == id;
		union any_row found;

		assert_int_equal(row_find(kind, first, bytes, id, &found, &found_whole), there);
		assert_true(!there || found_whole);
		assert_true(id <= last || found_whole == whole);
		if (there)
			assert_same(kind, row, (const char *)&found, 1);
		at += there;
	}
}

static void a_row_is_found_as_it_is_read(void **state)
{
	uint64_t seed = 13;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		const enum row_kind kind = (enum row_kind)(round % ROW_KINDS);
		const size_t len = dice_below(&seed, 60);
		char *bytes = malloc(len ? len : 1);

		for (size_t i = 0; i < len; i++)
			bytes[i] = (char)dice_below(&seed, dice_below(&seed, 2) ? 256 : 4);
		assert_found_as_read(kind, (mn_str){bytes, len}, 1 + dice_below(&seed, 100));
		free(bytes);
	}
}

static void an_encoders_synapse_takes_few_bytes(void **state)
{
	struct synapse_row rows[13];
	unsigned char bytes[1000];
	size_t written;

	(void)state;
	memset(rows, 0, sizeof(rows));
	for (size_t i = 0; i < COUNT(rows); i++) {
		rows[i] = (struct synapse_row){.id = 1000 + i, .from = 20000, .to = 300 + 70 * i};
		rows[i].created = 1700000000000000;
		rows[i].type = 1;
		rows[i].base.code = 7;
	}
	assert_in_range(row_write(ROW_SYNAPSE, rows, COUNT(rows), bytes, sizeof(bytes), &written),
		13 * 3, 13 * 3 + 20);
}

/* ---- Bundles ------------------------------------------------------------------------------ */

#define ROWS 3000

static int64_t bundles_in(struct room *r)
{
	return raw_number(path_in(r, CLAIM_FILE), "SELECT count(*) FROM synapse_bundle");
}

static mn_synapse some_synapse(struct room *r, mn_id i)
{
	mn_synapse s = synapse(S(i), N(0), N(i % 2), MN_IS_A, (double)(i % 90) / 100);

	s.created = NOON + (mn_time)i;
	return s;
}

/* Adds synapses in an order, `each` at a time. */
static void add_all(struct room *r, const mn_id *order, size_t each)
{
	struct batch b = {0};

	for (size_t i = 0; i < ROWS; i++) {
		const mn_synapse s = some_synapse(r, order[i]);

		batch_row(&b, MN_ADD, MN_SYNAPSE, &s);
		if (i % each == each - 1 || i == ROWS - 1)
			batch_apply(r, &b);
		mn_call_reset(&r->call);
	}
}

static void check_all(struct room *r, bool (*there)(mn_id))
{
	mn_query q = MN_SIZED(mn_query);
	size_t want = 0;
	struct ids ids;

	for (mn_id i = 0; i < ROWS; i++) {
		const mn_synapse *s = get_synapse(r, S(i)), like = some_synapse(r, i);

		want += there(i);
		assert_int_equal(s->id, there(i) ? S(i) : 0);
		if (s->id)
			assert_true(s->to == like.to && s->base == like.base
				    && s->created == like.created);
		mn_call_reset(&r->call);
	}
	q.kind = MN_SYNAPSE;
	ids = scan_ids(r, &q, 77);
	assert_int_equal(ids.n, want);
	for (size_t i = 1; i < ids.n; i++)
		assert_true(ids.at[i] > ids.at[i - 1]);
}

static bool every(mn_id i)
{
	(void)i;
	return true;
}

static bool few(mn_id i)
{
	return i % 50 == 7;
}

static void two_neurons(struct room *r)
{
	ok(r, apply_one(r, N(0), "a"));
	ok(r, apply_one(r, N(1), "b"));
}

static void rows_come_back_in_whatever_order_they_were_added(void **state)
{
	struct room *r = *state;
	static mn_id order[ROWS];
	uint64_t seed = 8;
	int64_t bundles;

	two_neurons(r);
	for (mn_id i = 0; i < ROWS; i++)
		order[i] = ROWS - 1 - i;
	for (size_t i = 0; i < ROWS / 2; i++) { /* the lower half at random */
		const size_t a = ROWS / 2 + i, b = ROWS / 2 + dice_below(&seed, ROWS / 2);
		const mn_id x = order[a];

		order[a] = order[b];
		order[b] = x;
	}
	add_all(r, order, 17);
	check_all(r, every);
	sqlite_room_close(r);
	raw_check(path_in(r, CLAIM_FILE));
	bundles = bundles_in(r);
	assert_in_range(bundles, ROWS / 200, ROWS / 20);
}

/* ---- The last ones ------------------------------------------------------------------------ */

#define CONCEPTS 12

/* A memory of a dozen concepts that are there. */
static void remember(struct room *r, mn_id i)
{
	struct batch b = {0};
	char uid[32];
	mn_neuron n = neuron(N(100 + i), MN_CONCEPT, "what happened on some day or other");
	mn_fiber f = {.id = F(i), .anchor = n.id, .salience = .5, .created = NOON};

	snprintf(uid, sizeof(uid), "m:%llx", (unsigned long long)i * 0x9E3779B97F4A7C15u);
	n.uid = mn_str_of(uid);
	n.type = 1;
	batch_row(&b, MN_ADD, MN_NEURON, &n);
	for (mn_id k = 0; k < CONCEPTS; k++) {
		const mn_synapse s = synapse(
			S(i * CONCEPTS + k), n.id, N((i + k * k) % 50), MN_IS_A, .5);

		batch_row(&b, MN_ADD, MN_SYNAPSE, &s);
	}
	batch_row(&b, MN_ADD, MN_FIBER, &f);
	batch_apply(r, &b);
	mn_call_reset(&r->call);
}

static void fifty_concepts(struct room *r)
{
	for (mn_id i = 0; i < 50; i++) {
		char text[16];

		snprintf(text, sizeof(text), "c%d", (int)i);
		ok(r, apply_one(r, N(i), text));
	}
}

static size_t pages_of_log(struct room *r)
{
	struct bytes log = bytes_read(path_in(r, CLAIM_FILE "-wal"));

	free(log.at);
	return log.n / (4096 + 24);
}

static void one_memory_after_another_writes_few_pages(void **state)
{
	struct room *r = *state;
	size_t before;

	fifty_concepts(r);
	for (mn_id i = 0; i < 20; i++)
		remember(r, i);
	before = pages_of_log(r);
	for (mn_id i = 20; i < 60; i++)
		remember(r, i);
	assert_in_range(pages_of_log(r) - before, 40 * 2, 40 * 5);
}

static int64_t ends_in_tally(struct room *r)
{
	return raw_number(path_in(r, CLAIM_FILE),
		"SELECT (last_synapses IS NOT NULL) + (last_fibers IS NOT NULL)"
		" + (last_anchors IS NOT NULL) + (recent IS NOT NULL) FROM tally");
}

static void what_is_recent_stands_in_the_tally_until_the_brain_is_closed(void **state)
{
	struct room *r = *state;

	fifty_concepts(r);
	remember(r, 0);
	assert_int_equal(ends_in_tally(r), 4);
	assert_int_equal(bundles_in(r), 0);
	raw_check(path_in(r, CLAIM_FILE));
	sqlite_room_close(r);
	assert_int_equal(ends_in_tally(r), 0);
	assert_int_equal(bundles_in(r), 1);
	raw_check(path_in(r, CLAIM_FILE));
	sqlite_room_open(r, false);
	remember(r, 1);
	assert_int_equal(get_synapse(r, S(0))->id, S(0));
	assert_int_equal(get_synapse(r, S(CONCEPTS))->id, S(CONCEPTS));
	assert_int_equal(bundles_in(r), 0);
	assert_int_equal(ends_in_tally(r), 4);
}

/* ---- Fewer rows --------------------------------------------------------------------------- */

static void bundles_that_shrink_are_joined(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	static mn_id order[ROWS];
	int64_t full, left;

	two_neurons(r);
	for (mn_id i = 0; i < ROWS; i++)
		order[i] = i;
	add_all(r, order, ROWS);
	sqlite_room_close(r);
	full = bundles_in(r);
	sqlite_room_open(r, false);
	for (mn_id i = 0; i < ROWS; i++)
		if (!few(i))
			batch_drop(&b, MN_SYNAPSE, S(i));
	batch_apply(r, &b);
	check_all(r, few);
	sqlite_room_close(r);
	raw_check(path_in(r, CLAIM_FILE));
	left = bundles_in(r);
	assert_in_range(left, 1, full / 5);
	sqlite_room_open(r, false);
	for (mn_id i = 0; i < ROWS; i++)
		if (few(i))
			batch_drop(&b, MN_SYNAPSE, S(i));
	batch_apply(r, &b);
	sqlite_room_close(r);
	assert_int_equal(bundles_in(r), 0);
}

static void rows_that_grow_split_their_bundle(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	static mn_id order[ROWS];
	int64_t before;

	two_neurons(r);
	for (mn_id i = 0; i < ROWS; i++)
		order[i] = i;
	add_all(r, order, ROWS);
	sqlite_room_close(r);
	before = bundles_in(r);
	sqlite_room_open(r, false);
	for (mn_id i = 0; i < ROWS; i += 2)
		batch_bump(&b, MN_SYNAPSE, S(i), 70000, NOON + (mn_time)i * 12345);
	batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
	batch_apply(r, &b);
	check_all(r, every);
	for (mn_id i = 0; i < ROWS; i += 97) {
		const mn_synapse *s = get_synapse(r, S(i));

		assert_int_equal(s->uses, i % 2 ? 0 : 70000);
		assert_int_equal(s->last, i % 2 ? 0 : NOON + (mn_time)i * 12345);
	}
	sqlite_room_close(r);
	assert_true(bundles_in(r) > before);
	raw_check(path_in(r, CLAIM_FILE));
}

/* An error within a batch undoes what waited in memory too. */
static void what_waits_is_forgotten_with_its_batch(void **state)
{
	struct room *r = *state;
	mn_synapse rows[3] = {some_synapse(r, 1), some_synapse(r, 2), some_synapse(r, 1)};
	mn_change changes[3];
	mn_applied applied = MN_SIZED(mn_applied);

	two_neurons(r);
	for (size_t i = 0; i < COUNT(rows); i++)
		changes[i] = (mn_change){MN_ADD, MN_SYNAPSE, &rows[i]};
	says(r, r->be->apply(r->db, &r->call, r->brain, NULL, changes, COUNT(changes), &applied),
		MN_ECONFLICT, "synapse");
	assert_int_equal(applied.culprit, 2);
	assert_int_equal(get_synapse(r, S(1))->id, 0);
	assert_int_equal(get_synapse(r, S(2))->id, 0);
	ok(r, r->be->apply(r->db, &r->call, r->brain, NULL, changes, 2, &applied));
	assert_int_equal(get_synapse(r, S(2))->id, S(2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(bytes_of_nonsense_are_no_rows_or_some),
		cmocka_unit_test(a_row_is_found_as_it_is_read),
		cmocka_unit_test(an_encoders_synapse_takes_few_bytes),
		in_room(rows_come_back_in_whatever_order_they_were_added),
		in_room(one_memory_after_another_writes_few_pages),
		in_room(what_is_recent_stands_in_the_tally_until_the_brain_is_closed),
		in_room(bundles_that_shrink_are_joined),
		in_room(rows_that_grow_split_their_bundle),
		in_room(what_waits_is_forgotten_with_its_batch),
	};

	return cmocka_run_group_tests_name("sqlite: bundles", tests, NULL, NULL);
}
