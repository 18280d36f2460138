/* SPDX-License-Identifier: MIT */
/* JSON from outside: strict, bounded, and written back as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/str.h"

static int read_text(mn_str text, char why[160])
{
	json_t *root = NULL;
	int status = mn_json_read(text, why, 160, &root);

	json_decref(root);
	return status;
}

static void what_is_not_strict_json_is_refused_with_a_reason(void **state)
{
	static const char *const cases[] = {"", "{", "nonsense", "{} {}", "{\"a\":1,\"a\":2}",
		"\"text\"", "12", "{\"a\":\"\\u0000\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\xff\"}",
		"{\"a\":\"\xed\xa0\x80\"}", "{\"a\":1e999}", "{\"a\":99999999999999999999}",
		"{\"a\":'b'}", "{a:1}", "[1,]", "{\"a\":NaN}", "{\"a\":\"line\nbreak\"}", "[01]"};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char why[160] = "";

		assert_int_equal(read_text(mn_str_of(cases[i]), why), MN_EINVAL);
		assert_true(strlen(why) > 0);
	}
	assert_int_equal(read_text(MN_STR("{\"a\0b\":1}"), (char[160]){0}), MN_EINVAL);
}

static void nesting_beyond_the_limit_is_refused_before_it_is_followed(void **state)
{
	char text[2 * (MN_JSON_DEPTH + 1)], why[160] = "";

	(void)state;
	memset(text, '[', MN_JSON_DEPTH);
	memset(text + MN_JSON_DEPTH, ']', MN_JSON_DEPTH);
	assert_int_equal(read_text((mn_str){text, 2 * (size_t)MN_JSON_DEPTH}, why), MN_OK);
	memset(text, '[', MN_JSON_DEPTH + 1);
	memset(text + MN_JSON_DEPTH + 1, ']', MN_JSON_DEPTH + 1);
	assert_int_equal(read_text((mn_str){text, sizeof(text)}, why), MN_EINVAL);
	assert_string_equal(why, "more than 64 levels deep");
}

static void brackets_inside_strings_are_no_nesting(void **state)
{
	char text[400], why[160];

	(void)state;
	memset(text, '[', sizeof(text));
	memcpy(text, "[\"\\\"", 4);
	memcpy(text + sizeof(text) - 2, "\"]", 2);
	assert_int_equal(read_text((mn_str){text, sizeof(text)}, why), MN_OK);
}

static void a_value_is_written_as_it_was_read(void **state)
{
	static const char *const cases[] = {"{}", "[]", "{\"b\":1,\"a\":[true,false,null]}",
		"[0.1,1.0,-2,9223372036854775807,1e+300]",
		"{\"q\\\"\":\"tab\\t\xe2\x82\xac\",\"deep\":{\"er\":[[]]}}"};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		mn_buf b = MN_BUF(4096);
		json_t *root = NULL;
		char why[160];

		assert_int_equal(mn_json_read(mn_str_of(cases[i]), why, sizeof(why), &root), MN_OK);
		assert_int_equal(mn_json_write(root, &b), MN_OK);
		assert_true(mn_str_is(mn_buf_view(&b), cases[i]));
		json_decref(root);
		mn_buf_free(&b);
	}
}

static void writing_stops_at_the_ceiling(void **state)
{
	mn_buf b = MN_BUF(8);
	json_t *root = NULL;
	char why[160];

	(void)state;
	assert_int_equal(
		mn_json_read(MN_STR("[\"much too long\"]"), why, sizeof(why), &root), MN_OK);
	assert_int_equal(mn_json_write(root, &b), MN_ENOMEM);
	json_decref(root);
	mn_buf_free(&b);
}

static struct {
	size_t left; /* allocations that succeed */
	size_t blocks;
} scarce;

static void *scarce_resize(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	if (size == 0) {
		scarce.blocks -= ptr != NULL;
		free(ptr);
		return NULL;
	}
	if (scarce.left == 0)
		return NULL;
	scarce.left--;
	scarce.blocks += ptr == NULL;
	return realloc(ptr, size);
}

/* Wherever memory ends, also within a number whose buffer has to grow. */
static void running_out_of_memory_says_so(void **state)
{
	static const char text[] =
		"{\"a\":[1,12345678901234567890123456789012345678901234567890.5,"
		"-1234567890123456,true,{\"b\":\"a text that is not so short\"}],"
		"\"c\":1234567890123456}";
	const mn_memory memory = {.resize = scarce_resize};
	char why[80];
	json_t *out;
	int status = MN_ENOMEM;

	(void)state;
	mn_memory_use(&memory);
	for (size_t n = 0; status == MN_ENOMEM; n++) {
		assert_in_range(n, 0, 1000);
		scarce.left = n;
		out = NULL;
		status = mn_json_read(mn_str_of(text), why, sizeof(why), &out);
		json_decref(out);
		assert_int_equal(scarce.blocks, 0);
	}
	assert_int_equal(status, MN_OK);
	mn_memory_use(NULL);
}

static void a_number_without_end_is_refused(void **state)
{
	char text[400], why[80];
	json_t *out;

	(void)state;
	memset(text, '1', sizeof(text));
	text[0] = '[';
	text[sizeof(text) - 1] = ']';
	assert_int_equal(
		mn_json_read((mn_str){text, sizeof(text)}, why, sizeof(why), &out), MN_EINVAL);
	assert_non_null(strstr(why, "a number of more than"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_strict_json_is_refused_with_a_reason),
		cmocka_unit_test(nesting_beyond_the_limit_is_refused_before_it_is_followed),
		cmocka_unit_test(brackets_inside_strings_are_no_nesting),
		cmocka_unit_test(a_value_is_written_as_it_was_read),
		cmocka_unit_test(writing_stops_at_the_ceiling),
		cmocka_unit_test(running_out_of_memory_says_so),
		cmocka_unit_test(a_number_without_end_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
