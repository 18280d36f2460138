/* SPDX-License-Identifier: MIT */
/* Batches of edits as bytes, and the marks that a plan keeps of rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "upkeep/edit.h"
#include "upkeep/marks.h"

static int set_up(void **state)
{
	mn_call *call = mn_alloc_zero(1, sizeof(*call));

	assert_int_equal(mn_call_init(call, NULL, 0), MN_OK);
	*state = call;
	return 0;
}

static int tear_down(void **state)
{
	mn_call_done(*state);
	mn_free(*state);
	return 0;
}

/* ---- Rows --------------------------------------------------------------------------------- */

static const mn_neuron neurons[] = {
	{.id = 1},
	{.id = 7,
		.uid = MN_STR("n:7"),
		.text = MN_STR("a \"moth\"\n\xe2\x80\x94 in the relay"),
		.meta = MN_STR("{\"a\":1}"),
		.created = -5,
		.updated = INT64_MAX,
		.type = 3,
		.flags = UINT16_MAX},
	{.id = INT64_MAX, .text = MN_STR("b"), .created = INT64_MIN, .type = 3},
	{.id = 2, .type = 9, .flags = 1},
};
static const mn_state states[] = {
	{.id = 1, .level = 1.0 / 3, .decay = -1, .last = 17, .uses = UINT32_MAX},
	{.id = 2, .level = 0, .decay = -0.0, .uses = 1},
};
static const mn_synapse synapses[] = {
	{.id = 5, .from = 1, .to = 2, .base = 0.1, .created = 1717200000000000, .type = 2},
	{.id = 6, .from = 1, .to = INT64_MAX, .base = 0.1, .created = 1717200000000000, .type = 2},
	{.id = 9,
		.from = 9,
		.to = 3,
		.base = 4.9406564584124654e-324,
		.last = 1,
		.uses = 4000000000,
		.type = 7,
		.flags = MN_SYNAPSE_TWO_WAY,
		.uid = MN_STR("s"),
		.meta = MN_STR("{}")},
};
static const mn_id some_ids[] = {9, 3, INT64_MAX, 3};
static const mn_str some_tags[] = {MN_STR("it's"), {NULL, 0}, MN_STR("b\xc3\xbcrste")};
static const mn_fiber fibers[] = {
	{.id = 4,
		.anchor = 1,
		.uid = MN_STR("f"),
		.summary = MN_STR("in short"),
		.meta = MN_STR("{}"),
		.neurons = {some_ids, 4},
		.synapses = {some_ids, 1},
		.tags = {some_tags, 3},
		.salience = 0.5,
		.coherence = 1,
		.created = 3,
		.first = 1,
		.last = 2,
		.uses = 8,
		.stage = MN_STAGE_ARCHIVED,
		.flags = MN_FIBER_STAR},
	{.id = 3, .anchor = 1, .created = 3},
};

static const struct {
	int kind;
	size_t n, size;
	const void *at;
} rows[] = {
	{MN_NEURON, 4, sizeof(mn_neuron), neurons},
	{MN_STATE, 2, sizeof(mn_state), states},
	{MN_SYNAPSE, 3, sizeof(mn_synapse), synapses},
	{MN_FIBER, 2, sizeof(mn_fiber), fibers},
};
enum { KINDS = sizeof(rows) / sizeof(*rows), EDITS = 64 };

static const void *row_at(size_t k, size_t i)
{
	return (const char *)rows[k].at + i % rows[k].n * rows[k].size;
}

/* The row after, of the same id as the one before. */
static const void *changed(mn_call *call, size_t k, size_t i)
{
	void *row = (void *)mn_row_copy(call->arena, rows[k].kind, row_at(k, i + 1));

	*(mn_id *)row = *(const mn_id *)row_at(k, i);
	return row;
}

/* Each row is dropped, added, put in another's place and, neurons apart, tuned. */
static mn_edits all_edits(mn_call *call)
{
	static const int ops[][2] = {
		{MN_DROP, MN_ADD}, {MN_ADD, MN_DROP}, {MN_PUT, MN_PUT}, {MN_TUNE, MN_TUNE}};
	mn_change *forward = calloc(EDITS, sizeof(*forward));
	mn_change *backward = calloc(EDITS, sizeof(*backward));
	size_t n = 0;

	for (size_t how = 0; how < 4; how++) {
		for (size_t k = 0; k < KINDS; k++) {
			for (size_t i = 0; i < rows[k].n; i++) {
				const void *after = how < 2 ? row_at(k, i) : changed(call, k, i);

				if (how == 3 && rows[k].kind == MN_NEURON)
					continue;
				forward[n] = (mn_change){ops[how][0], rows[k].kind, after};
				backward[n++] = (mn_change){
					ops[how][1], rows[k].kind, row_at(k, i)};
			}
		}
	}
	return (mn_edits){.forward = forward, .backward = backward, .n = n};
}

static void free_edits(mn_edits *e)
{
	free(e->forward);
	free(e->backward);
}

/* ---- Claims about batches ----------------------------------------------------------------- */

static void assert_change(const mn_change *a, const mn_change *b)
{
	mn_edits e = {.forward = (mn_change *)a, .backward = (mn_change *)a, .n = 1};

	assert_int_equal(a->op, b->op);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(*(const mn_id *)a->row, *(const mn_id *)b->row);
	if (a->op != MN_DROP)
		assert_int_equal(mn_edit_standing(&e, 0, b->row), MN_STANDS_BEFORE);
}

static void every_edit_comes_back_as_it_was(void **state)
{
	mn_call *call = *state;
	mn_edits e = all_edits(call), back;
	mn_str bytes, again;

	assert_int_equal(mn_edits_write(call, &e, &bytes), MN_OK);
	assert_int_equal(mn_edits_read(call, bytes, &back), MN_OK);
	assert_int_equal(back.what, MN_BATCH_EDITS);
	assert_int_equal(back.n, e.n);
	for (size_t i = 0; i < e.n; i++) {
		assert_change(&e.forward[i], &back.forward[i]);
		assert_change(&e.backward[i], &back.backward[i]);
	}
	assert_int_equal(mn_edits_write(call, &back, &again), MN_OK);
	assert_true(mn_str_eq(bytes, again));
	free_edits(&e);
}

static void what_is_no_edit_comes_back_too(void **state)
{
	static const mn_edits words[] = {
		{.what = MN_BATCH_CLOCK, .clock = {INT64_MIN, INT64_MAX}},
		{.what = MN_BATCH_CLOCK, .clock = {0, 1717200000000000}},
		{.what = MN_BATCH_REBUILD},
		{.what = MN_BATCH_SNAPSHOT, .keep = 7},
	};
	mn_edits back;
	mn_str bytes;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		assert_int_equal(mn_edits_write(*state, &words[i], &bytes), MN_OK);
		assert_int_equal(mn_edits_read(*state, bytes, &back), MN_OK);
		assert_int_equal(back.what, words[i].what);
		assert_int_equal(back.clock[0], words[i].clock[0]);
		assert_int_equal(back.clock[1], words[i].clock[1]);
		assert_int_equal(back.keep, words[i].keep);
	}
}

static void a_batch_that_is_cut_off_is_refused(void **state)
{
	mn_call *call = *state;
	mn_edits e = all_edits(call), back;
	mn_str bytes;

	assert_int_equal(mn_edits_write(call, &e, &bytes), MN_OK);
	for (size_t n = 0; n < bytes.len; n++) {
		mn_call inner;

		assert_int_equal(mn_call_init(&inner, NULL, 0), MN_OK);
		assert_int_equal(
			mn_edits_read(&inner, mn_str_sub(bytes, 0, n), &back), MN_ECORRUPT);
		assert_non_null(strstr(inner.err->text, "damaged: edit "));
		mn_call_done(&inner);
	}
	free_edits(&e);
}

static void what_is_wrong_with_a_batch_is_told(void **state)
{
	static const struct {
		mn_str bytes;
		const char *why;
	} cases[] = {
		{MN_STR("\2\0\0"), "form, is none that is known"},
		{MN_STR("\1\4"), "form, is none that is known"},
		{MN_STR("\1\0\0x"), "end, is followed by something"},
		{MN_STR("\1\0\x7f\4\2\0"), "count, is longer than the batch"},
		{MN_STR("\1\0\2\4\2\0"), "count, is of more than there are"},
		{MN_STR("\1\0\1\x00\2\0"), "kind, is none that can be changed so"},
		{MN_STR("\1\0\1\x14\2\0"), "kind, is none that can be changed so"},
		{MN_STR("\1\0\1\x07\2\0\0\0"), "kind, is none that can be changed so"},
		{MN_STR("\1\0\1\4\0\0"), "id, is none that a row can have"},
		{MN_STR("\1\0\1\4\1\0"), "id, is none that a row can have"},
		{MN_STR("\1\0\1\x06\2\0\2\0"), "is of two rows"},
		{MN_STR("\1\0\1\4\2\x80\x01\0"), "members, has one that there is not"},
		{MN_STR("\1\0\1\4\2\1\2"), "type, has a number that none was given"},
		{MN_STR("\1\0\1\4\2\1\1\0"), "type, has no name"},
		{MN_STR("\1\0\1\4\2\2\x80\x80\x04"), "flags, is no number of 16 bits"},
		{MN_STR("\1\0\1\4\2\x10\2\xc3\x28"), "uid, is not valid UTF-8"},
		{MN_STR("\1\0\1\4\2\x10\3ab"), "uid, is longer than the batch"},
		{MN_STR("\1\0\1\x08\2\1\0\0\0\0\0\0\xf0\x7f"), "level, is not a finite number"},
		{MN_STR("\1\0\1\x08\2\x08\1"), "uses, is no number of 32 bits"},
		{MN_STR("\1\0\1\x0f\2\1\2\0\0"), "from, is nothing that can be tuned"},
		{MN_STR("\1\0\1\x0c\2\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
			"from, ends in the middle of a number"},
		{MN_STR("\1\3\0"), "snapshots to keep, must not be 0"},
	};
	mn_call *call = *state;
	mn_edits back;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(mn_edits_read(call, cases[i].bytes, &back), MN_ECORRUPT);
		if (!strstr(call->err->text, cases[i].why))
			fail_msg("%zu: \"%s\" is not \"%s\"", i, call->err->text, cases[i].why);
		mn_call_reset(call);
	}
}

/* ---- Claims about marks ------------------------------------------------------------------- */

static void marks_stay_apart(void **state)
{
	static const uint64_t ids[] = {1, 2, 3, 63, 64, 255, 256, 257, 511, 512, 100000, 100001,
		INT64_MAX, UINT64_MAX - 1, UINT64_MAX};
	enum { N = sizeof(ids) / sizeof(*ids) };

	(void)state;
	for (unsigned wide = 0; wide < 4; wide++) {
		const unsigned most = (1U << (1U << wide)) - 1;
		mn_marks m = {.wide = wide};

		for (size_t i = 0; i < N; i++)
			assert_int_equal(mn_marks_get(&m, ids[i]), 0);
		for (size_t i = 0; i < N; i++)
			assert_int_equal(mn_marks_set(&m, ids[i], i % 2 ? most : 1), MN_OK);
		for (size_t i = 0; i < N; i++)
			assert_int_equal(mn_marks_get(&m, ids[i]), i % 2 ? most : 1);
		for (size_t i = 0; i < N; i += 2)
			assert_int_equal(mn_marks_set(&m, ids[i], 0), MN_OK);
		for (size_t i = 0; i < N; i++)
			assert_int_equal(mn_marks_get(&m, ids[i]), i % 2 ? most : 0);
		assert_int_equal(mn_marks_get(&m, 4), 0);
		mn_marks_free(&m);
	}
}

static void counts_outgrow_their_bits(void **state)
{
	(void)state;
	for (unsigned wide = 0; wide < 4; wide++) {
		mn_marks m = {.wide = wide};

		for (uint64_t n = 1; n <= 1000; n++) {
			assert_int_equal(mn_marks_add(&m, 77), MN_OK);
			assert_int_equal(mn_marks_count(&m, 77), n);
		}
		assert_int_equal(mn_marks_add(&m, 78), MN_OK);
		assert_int_equal(mn_marks_count(&m, 78), 1);
		assert_int_equal(mn_marks_count(&m, 79), 0);
		mn_marks_free(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_edit_comes_back_as_it_was, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_edit_comes_back_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_batch_that_is_cut_off_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_is_wrong_with_a_batch_is_told, set_up, tear_down),
		cmocka_unit_test(marks_stay_apart),
		cmocka_unit_test(counts_outgrow_their_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
