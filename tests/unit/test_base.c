/* SPDX-License-Identifier: MIT */
/* What everything else stands on: arenas, buffers, maps, the sanitiser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/str.h"
#include "base/type.h"

static void an_arena_stops_at_its_ceiling(void **state)
{
	mn_arena *a = mn_arena_new(1000);

	(void)state;
	assert_non_null(mn_arena_alloc(a, 900));
	assert_null(mn_arena_alloc(a, 200));
	mn_arena_reset(a);
	assert_non_null(mn_arena_alloc(a, 900));
	assert_null(mn_arena_array(a, SIZE_MAX, 16));
	mn_arena_free(a);
}

static void slices_of_an_arena_are_zeroed_after_a_reset(void **state)
{
	mn_arena *a = mn_arena_new(1 << 20);

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t n = 1; n < 3000; n = n * 2 + 1) {
			unsigned char *p = mn_arena_alloc(a, n);

			for (size_t i = 0; i < n; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0xAA, n);
		}
		mn_arena_reset(a);
	}
	mn_arena_free(a);
}

static void a_full_buffer_keeps_what_it_had_and_says_so(void **state)
{
	mn_buf b = MN_BUF(8);

	(void)state;
	mn_buf_text(&b, "12345678");
	assert_true(mn_buf_ok(&b));
	mn_buf_text(&b, "9");
	assert_false(mn_buf_ok(&b));
	assert_true(mn_str_is(mn_buf_view(&b), "12345678"));
	mn_buf_free(&b);
}

static void numbers_read_back_to_the_same_double(void **state)
{
	static const double numbers[] = {0, 0.1, 1.0 / 3, 1e300, 5e-324, -2.5, 0.30000000000000004};

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		mn_buf b = MN_BUF(64);

		mn_buf_number(&b, numbers[i]);
		mn_buf_char(&b, '\0');
		assert_true(strtod(b.ptr, NULL) == numbers[i]);
		mn_buf_free(&b);
	}
}

/* The quick way for few digits writes what printf's shortest form would. */
static void numbers_are_in_their_shortest_form(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		mn_buf b = MN_BUF(64);
		char text[40];
		double x;

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		x = (double)(seed >> (12 + i % 40)) / pow(10, i % 17) * (i % 3 ? 1 : -1);
		mn_buf_number(&b, x);
		mn_buf_char(&b, '\0');
		for (int digits = 15; digits <= 17; digits++) {
			snprintf(text, sizeof(text), "%.*g", digits, x);
			if (strtod(text, NULL) == x)
				break;
		}
		assert_string_equal(b.ptr, text);
		mn_buf_free(&b);
	}
}

static void a_map_agrees_with_an_array_under_random_puts_and_drops(void **state)
{
	uint64_t model[512] = {0}, seed = 42;
	mn_idmap m = {0};

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t key;

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		key = (seed >> 33) % 511 + 1;
		if (seed >> 62) {
			assert_int_equal(mn_idmap_put(&m, key, seed | 1), MN_OK);
			model[key] = seed | 1;
		} else {
			assert_int_equal(mn_idmap_drop(&m, key), model[key] != 0);
			model[key] = 0;
		}
	}
	for (uint64_t key = 1; key < 512; key++) {
		uint64_t *v = mn_idmap_get(&m, key);

		assert_true(v ? *v == model[key] : model[key] == 0);
	}
	mn_idmap_free(&m);
}

static void string_keys_are_found_after_others_were_dropped(void **state)
{
	mn_strmap m = {0};
	char key[16];

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "key %u", i);
		assert_int_equal(mn_strmap_put(&m, mn_str_of(key), i), MN_OK);
	}
	for (unsigned i = 0; i < 1000; i += 2) {
		snprintf(key, sizeof(key), "key %u", i);
		assert_true(mn_strmap_drop(&m, mn_str_of(key)));
	}
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "key %u", i);
		assert_true((mn_strmap_get(&m, mn_str_of(key)) != NULL) == (i % 2 == 1));
	}
	mn_strmap_free(&m);
}

static void nothing_that_steers_a_terminal_passes_the_sanitiser(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"plain", "plain"},
		{"\x1b[2J", "\\x1b[2J"},
		{"a\nb\tc\rd", "a b c\\x0dd"},
		{"\xc2\x9b"
		 "31m",
			"\\x9b31m"},
		{"\xff\xfe", "\\xff\\xfe"},
		{"\xe2\x80\xae"
		 "evil",
			"<U+202E>evil"},
		{"zero\xe2\x80\x8bwidth", "zero<U+200B>width"},
		{"\x7f", "\\x7f"},
		{"\xc3\xa9\xe4\xb8\xad", "\xc3\xa9\xe4\xb8\xad"},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		mn_text_plain(mn_str_of(cases[i].in), out, sizeof(out));
		assert_string_equal(out, cases[i].out);
	}
}

static void the_sanitiser_never_cuts_a_character_in_two(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(mn_text_plain(MN_STR("\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad"), out, 8), 6);
	assert_int_equal(mn_text_plain(MN_STR("abc\x1b"), out, 6), 3);
}

static void text_with_nul_or_broken_utf8_is_not_valid(void **state)
{
	(void)state;
	assert_true(mn_text_valid(MN_STR("h\xc3\xa9llo")));
	assert_true(mn_text_valid(MN_STR("")));
	assert_false(mn_text_valid(MN_STR("a\0b")));
	assert_false(mn_text_valid(MN_STR("\xc0\x80")));
	assert_false(mn_text_valid(MN_STR("\xed\xa0\x80")));
	assert_false(mn_text_valid(MN_STR("\xf4\x90\x80\x80")));
	assert_false(mn_text_valid(MN_STR("\xe4\xb8")));
}

static void an_unknown_type_gets_one_code_and_keeps_its_name(void **state)
{
	uint16_t code = mn_type_code(MN_SYNAPSE, MN_STR("betrays"));

	(void)state;
	assert_true(code > 0);
	assert_int_equal(mn_type_code(MN_SYNAPSE, MN_STR("betrays")), code);
	assert_string_equal(mn_type_name(MN_SYNAPSE, code), "betrays");
	assert_string_equal(
		mn_type_name(MN_NEURON, mn_type_code(MN_NEURON, MN_STR("entity"))), "entity");
}

static uint16_t ask(mn_call *call, const char *name)
{
	uint16_t code = 0;

	assert_int_equal(mn_type_ask(call, MN_NEURON, mn_str_of(name), &code), MN_OK);
	return code;
}

static void types_that_are_only_asked_about_do_not_use_the_codes_up(void **state)
{
	const uint16_t end = mn_type_end(MN_NEURON);
	uint16_t code, kept;
	char name[32];
	mn_call call;

	(void)state;
	assert_int_equal(mn_call_init(&call, NULL, 0), MN_OK);
	assert_int_equal(ask(&call, "entity"), MN_ENTITY);
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "made up %d", i);
		code = ask(&call, name);
		assert_string_equal(mn_type_name(MN_NEURON, code), name);
		assert_int_equal(ask(&call, name), code);
		assert_int_equal(mn_type_known(MN_NEURON, mn_str_of(name)), 0);
		if (i % 100 == 99)
			mn_call_reset(&call);
	}
	assert_true(mn_type_end(MN_NEURON) - end <= 256);
	kept = ask(&call, "met after all");
	assert_int_equal(mn_type_code(MN_NEURON, MN_STR("met after all")), kept);
	mn_call_reset(&call);
	for (int i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "invented %d", i);
		assert_int_not_equal(ask(&call, name), kept);
		if (i % 100 == 99)
			mn_call_reset(&call);
	}
	assert_string_equal(mn_type_name(MN_NEURON, kept), "met after all");
	mn_call_done(&call);
}

static void more_invented_types_than_can_be_at_once_are_refused(void **state)
{
	int rc = MN_OK, n = 0;
	uint16_t code;
	char name[32];
	mn_call call;

	(void)state;
	assert_int_equal(mn_call_init(&call, NULL, 0), MN_OK);
	while (rc == MN_OK && n < 10000) {
		snprintf(name, sizeof(name), "at once %d", n++);
		rc = mn_type_ask(&call, MN_SYNAPSE, mn_str_of(name), &code);
	}
	assert_int_equal(rc, MN_EBUSY);
	assert_int_not_equal(ask(&call, "fiction"), 0); /* of the other kind */
	mn_call_reset(&call);
	assert_int_equal(mn_type_ask(&call, MN_SYNAPSE, MN_STR("again"), &code), MN_OK);
	mn_call_done(&call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_arena_stops_at_its_ceiling),
		cmocka_unit_test(slices_of_an_arena_are_zeroed_after_a_reset),
		cmocka_unit_test(a_full_buffer_keeps_what_it_had_and_says_so),
		cmocka_unit_test(numbers_read_back_to_the_same_double),
		cmocka_unit_test(numbers_are_in_their_shortest_form),
		cmocka_unit_test(a_map_agrees_with_an_array_under_random_puts_and_drops),
		cmocka_unit_test(string_keys_are_found_after_others_were_dropped),
		cmocka_unit_test(nothing_that_steers_a_terminal_passes_the_sanitiser),
		cmocka_unit_test(the_sanitiser_never_cuts_a_character_in_two),
		cmocka_unit_test(text_with_nul_or_broken_utf8_is_not_valid),
		cmocka_unit_test(an_unknown_type_gets_one_code_and_keeps_its_name),
		cmocka_unit_test(types_that_are_only_asked_about_do_not_use_the_codes_up),
		cmocka_unit_test(more_invented_types_than_can_be_at_once_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
