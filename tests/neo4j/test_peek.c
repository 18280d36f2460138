/* SPDX-License-Identifier: MIT */
/* test_peek.c - answers to changes, read where they stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../plugins/neo4j/peek.h"

static const char answer[] =
	" {\"data\":{\"fields\":[\"a\",\"values\"], \"values\": [[true, -42 ,null,"
	"\"a \\\"b\\\" \\u00e4\\ud83d\\ude00\",{\"x\":[1,\"]\"]}], []]},\n"
	"\"bookmarks\":[\"FB:kc==\"],\"empty\":[],\"none\":{}}";

static struct peek root_of(const char *text)
{
	return peek_text((mn_str){text, strlen(text)});
}

static void members_and_items_are_found_where_they_are(void **state)
{
	const struct peek root = root_of(answer), data = peek_member(root, "data");
	const struct peek values = peek_member(data, "values"), row = peek_item(values, 0);
	bool bad = false;

	(void)state;
	assert_true(peek_is(data, '{'));
	assert_int_equal(peek_count(peek_member(data, "fields")), 2);
	assert_int_equal(peek_count(values), 2);
	assert_int_equal(peek_count(row), 5);
	assert_true(peek_is(peek_item(row, 0), 't'));
	assert_int_equal(peek_int(peek_item(row, 1), &bad), -42);
	assert_int_equal(peek_int(peek_item(row, 2), &bad), 0);
	assert_false(bad);
	peek_int(peek_item(row, 0), &bad);
	assert_true(bad);
	assert_int_equal(peek_count(peek_member(peek_item(row, 4), "x")), 2);
	assert_memory_equal(
		peek_raw(peek_item(peek_member(root, "bookmarks"), 0)).ptr, "FB:kc==", 7);
	assert_int_equal(peek_count(peek_member(root, "empty")), 0);
	assert_int_equal(peek_member(peek_member(root, "none"), "x").n, 0);
	assert_int_equal(peek_member(root, "values").n, 0); /* of another object */
	assert_int_equal(peek_item(row, 5).n, 0);
}

static void a_string_is_its_text_or_nothing(void **state)
{
	static const char want[] = "a \"b\" \xc3\xa4\xf0\x9f\x98\x80";
	static const char *const wrong[] = {
		"\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\x\"", "12", "null"};
	const struct peek data = peek_member(root_of(answer), "data");
	const struct peek v = peek_item(peek_item(peek_member(data, "values"), 0), 3);
	char out[40];

	(void)state;
	assert_int_equal(peek_str(v, out, sizeof(out)), strlen(want));
	assert_memory_equal(out, want, strlen(want));
	assert_int_equal(peek_str(v, out, strlen(want) - 1), SIZE_MAX);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(peek_str(root_of(wrong[i]), out, sizeof(out)), SIZE_MAX);
}

static void numbers_that_do_not_fit_are_none(void **state)
{
	static const char *const wrong[] = {
		"9223372036854775808", "99999999999999999999", "-", "1.5", "1e3", "\"1\"", "x"};
	bool bad = false;

	(void)state;
	assert_int_equal(peek_int(root_of("9223372036854775807"), &bad), INT64_MAX);
	assert_false(bad);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		bad = false;
		peek_int(root_of(wrong[i]), &bad);
		assert_true(bad);
	}
}

/* Each in a block of its own size, so that sanitizers see a byte too many. */
static void a_text_that_breaks_off_is_not_read_beyond_its_end(void **state)
{
	char out[40];

	(void)state;
	for (size_t n = 0; n <= strlen(answer); n++) {
		char *text = malloc(n ? n : 1);
		struct peek root, row;

		memcpy(text, answer, n);
		root = peek_text((mn_str){text, n});
		row = peek_item(peek_member(peek_member(root, "data"), "values"), 0);
		peek_str(peek_item(row, 3), out, sizeof(out));
		if (n < strlen(answer))
			assert_int_equal(root.n, 0);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_and_items_are_found_where_they_are),
		cmocka_unit_test(a_string_is_its_text_or_nothing),
		cmocka_unit_test(numbers_that_do_not_fit_are_none),
		cmocka_unit_test(a_text_that_breaks_off_is_not_read_beyond_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
