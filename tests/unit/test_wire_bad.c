/* SPDX-License-Identifier: MIT */
/* Messages that are cut, spoilt, of another kind or not to be written: refused, with the reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "wire/wire.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static mn_call call;

union any {
	uint32_t size;
	mn_gen gen;
	mn_wire_error error;
	mn_info info;
	mn_brain_row brain;
	mn_rows rows;
	mn_wire_fetch fetch;
	mn_expand expand;
	mn_wire_fan fan;
	mn_query query;
	mn_page page;
	mn_wire_changes changes;
	mn_applied applied;
};

static const struct {
	int message;
	const char *json;
} samples[] = {
	{MN_WIRE_GEN, "{\"generation\":\"1f-2-0\"}"},
	{MN_WIRE_ERROR, "{\"type\":\"about:blank\",\"title\":\"Conflict\",\"status\":409,"
			"\"detail\":\"taken\",\"code\":\"conflict\",\"native\":-2,\"retry\":true,"
			"\"culprit\":0}"},
	{MN_WIRE_INFO, "{\"threads\":\"any-calls\",\"caps\":[\"write\",\"atomic\"],\"max_ids\":5,"
		       "\"title\":\"a \\u20ac\"}"},
	{MN_WIRE_BRAIN, "{\"id\":1,\"uid\":\"u\",\"name\":\"n\",\"config\":\"{}\",\"clock\":-5}"},
	{MN_WIRE_ROWS, "{\"kind\":\"neuron\",\"rows\":[{\"id\":7,\"type\":\"concept\",\"text\":"
		       "\"dog\"},null]}"},
	{MN_WIRE_ROWS,
		"{\"kind\":\"fiber\",\"rows\":[{\"id\":\"18446744073709551615\",\"anchor\":2,"
		"\"tags\":[\"a\"],\"neurons\":[1,2],\"salience\":0.5}]}"},
	{MN_WIRE_FETCH, "{\"kind\":\"state\",\"fields\":[\"head\",\"uid\"],\"ids\":[1,2,0]}"},
	{MN_WIRE_RESERVE, "{\"kind\":\"neuron\",\"n\":3,\"first\":9}"},
	{MN_WIRE_KEYS, "{\"keys\":[[\"concept\",\"dog\"],[\"\",\"\"]]}"},
	{MN_WIRE_UIDS, "{\"kind\":\"fiber\",\"uids\":[\"a\",\"b\"]}"},
	{MN_WIRE_IDS, "{\"ids\":[0,1]}"},
	{MN_WIRE_EXPAND, "{\"frontier\":[1,2],\"reaches\":[{\"types\":[\"is_a\"],\"out\":true},{}],"
			 "\"reach_of\":[0,1],\"floor\":[0.1,0],\"limit\":[4294967295,2],"
			 "\"want_synapse\":true}"},
	{MN_WIRE_FAN, "{\"count\":[2,0],\"degree\":[3,0],\"bound\":[0.25,0],\"far\":[5,6],"
		      "\"weight\":[0.5,0.1],\"synapse\":[1,2],\"types\":[\"is_a\"],\"type\":[0,0],"
		      "\"out\":[1,0]}"},
	{MN_WIRE_QUERY, "{\"kind\":\"synapse\",\"types\":[\"is_a\"],\"since\":-1,\"limit\":10}"},
	{MN_WIRE_PAGE, "{\"kind\":\"state\",\"rows\":[{\"id\":3,\"level\":1e-5}],\"resume\":\"r\","
		       "\"last\":true}"},
	{MN_WIRE_CHANGES, "{\"expect\":\"1-2-3\",\"changes\":[{\"op\":\"put\",\"kind\":\"synapse\","
			  "\"row\":{\"id\":4,\"from\":1,\"to\":2,\"base\":0.5}},{\"op\":\"fold\","
			  "\"kind\":\"synapse\"},{\"op\":\"drop\",\"kind\":\"neuron\",\"row\":{"
			  "\"id\":1}}]}"},
	{MN_WIRE_APPLIED, "{\"before\":\"1-2-3\",\"after\":\"1-3-3\",\"culprit\":2}"},
};

/* An exact copy, so that a sanitizer sees one byte too many. */
static int read_copy(int message, const char *bytes, size_t n)
{
	union any out = {0};
	char *copy = malloc(n ? n : 1);
	int status;

	assert_non_null(copy);
	memcpy(copy, bytes, n);
	status = mn_wire_read(&call, message, (mn_str){copy, n}, &out);
	free(copy);
	assert_true(status == MN_OK || status == MN_EINVAL);
	if (status == MN_EINVAL)
		assert_true(strlen(call.err->text) > 0);
	if (status == MN_OK && message == MN_WIRE_FAN && out.fan.n)
		assert_true(out.fan.fan.start[out.fan.n] <= n);
	mn_call_reset(&call);
	return status;
}

static void a_sample_is_read_and_no_beginning_of_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		const size_t n = strlen(samples[i].json);

		assert_int_equal(read_copy(samples[i].message, samples[i].json, n), MN_OK);
		for (size_t cut = 0; cut < n; cut++)
			assert_int_equal(
				read_copy(samples[i].message, samples[i].json, cut), MN_EINVAL);
	}
}

static void a_byte_that_is_another_is_read_or_refused(void **state)
{
	static const unsigned char bytes[] = {0, '"', '\\', '{', '}', '[', ']', ',', ':', '0', '9',
		'-', '.', 'e', ' ', 'n', 0x80, 0xff};

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		char text[512];
		const size_t n = strlen(samples[i].json);

		assert_true(n < sizeof(text));
		for (size_t at = 0; at < n; at++)
			for (size_t k = 0; k < sizeof(bytes); k++) {
				memcpy(text, samples[i].json, n);
				text[at] = (char)bytes[k];
				read_copy(samples[i].message, text, n);
			}
	}
}

static void a_message_is_not_another_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++)
		for (int m = 0; m < MN_WIRE_MESSAGES; m++) {
			int status = read_copy(m, samples[i].json, strlen(samples[i].json));

			if (status == MN_OK && m != samples[i].message)
				assert_true(
					m == MN_WIRE_PAGE && samples[i].message == MN_WIRE_ROWS);
		}
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		int message;
		const char *json, *says;
	} cases[] = {
		{MN_WIRE_GEN, "[]", "a generation must be an object"},
		{MN_WIRE_GEN, "{}", "generation is missing"},
		{MN_WIRE_GEN, "{\"generation\":\"01-2-3\"}", "generation must be a generation"},
		{MN_WIRE_GEN, "{\"generation\":\"1-2-3\",\"x\\u001b\":1}",
			"x\\x1b is not a member of this message"},
		{MN_WIRE_GEN, "{\"generation\":1,\"generation\":2}",
			"a generation cannot be read: "},
		{MN_WIRE_ROWS, "{\"kind\":\"neuron\",\"rows\":[null,{\"id\":-1}]}",
			"rows[1]: id must be a whole number from 0 on"},
		{MN_WIRE_ROWS, "{\"kind\":\"neuron\",\"rows\":[{\"text\":\"a\"}]}",
			"rows[0]: id must be there, and not 0"},
		{MN_WIRE_ROWS, "{\"kind\":\"animal\",\"rows\":[]}", "kind must be brain, neuron"},
		{MN_WIRE_ROWS, "{\"kind\":\"neuron\",\"rows\":{}}", "rows must be an array"},
		{MN_WIRE_ROWS, "{\"kind\":\"fiber\",\"rows\":[{\"id\":1,\"tags\":[1]}]}",
			"rows[0]: tags[0] must be text"},
		{MN_WIRE_IDS, "{\"ids\":[1,2.0]}", "ids[1] must be a whole number"},
		{MN_WIRE_IDS, "{\"ids\":[\"12\"]}", "ids[0] must be a whole number"},
		{MN_WIRE_IDS, "{\"ids\":[\"18446744073709551616\"]}",
			"ids[0] must be a whole number"},
		{MN_WIRE_RESERVE, "{\"kind\":\"neuron\",\"n\":4294967296}",
			"n must be a whole number"},
		{MN_WIRE_EXPAND, "{\"frontier\":[1],\"reaches\":[]}",
			"reaches must be an array of 1"},
		{MN_WIRE_EXPAND, "{\"frontier\":[1],\"reaches\":[{}],\"limit\":[1,2]}",
			"limit must be as long as"},
		{MN_WIRE_EXPAND, "{\"frontier\":[1],\"reaches\":[{}],\"reach_of\":[1]}",
			"reach_of names a reach that is not there"},
		{MN_WIRE_FAN,
			"{\"count\":[2],\"degree\":[1],\"bound\":[0],\"far\":[1],\"weight\":[1]}",
			"count does not add up"},
		{MN_WIRE_FAN,
			"{\"count\":[4294967295,2],\"degree\":[1,1],\"bound\":[0,0],\"far\":[1],"
			"\"weight\":[1]}",
			"count does not add up"},
		{MN_WIRE_CHANGES, "{\"changes\":[{\"op\":\"burn\",\"kind\":\"neuron\"}]}",
			"changes[0]: op is none of the words"},
		{MN_WIRE_QUERY, "{\"kind\":\"neuron\",\"fields\":[\"tail\"]}",
			"fields must be an array"},
		{MN_WIRE_INFO, "{\"threads\":\"any-calls\",\"caps\":[\"fly\"]}",
			"caps hold a word"},
		{MN_WIRE_ERROR, "{\"code\":\"bad luck\"}", "code is none of the codes"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		union any out = {0};

		assert_int_equal(
			mn_wire_read(&call, cases[i].message, mn_str_of(cases[i].json), &out),
			MN_EINVAL);
		if (!strstr(call.err->text, cases[i].says))
			fail_msg("\"%s\" for %s", call.err->text, cases[i].json);
		mn_call_reset(&call);
	}
}

static void what_json_cannot_carry_is_not_written(void **state)
{
	const mn_neuron neuron = {.id = 1, .text = MN_STR("a\xff")};
	const mn_state state_row = {.id = 1, .level = NAN};
	const mn_change bad_op = {9, MN_NEURON, &neuron}, bad_kind = {MN_PUT, 77, &neuron};
	const mn_key key = {1, MN_STR("a\0b")};
	const struct {
		int message;
		const void *from;
	} cases[] = {
		{MN_WIRE_ROWS, &(mn_rows){.kind = MN_NEURON, .n = 1, .at.neuron = &neuron}},
		{MN_WIRE_ROWS, &(mn_rows){.kind = MN_STATE, .n = 1, .at.state = &state_row}},
		{MN_WIRE_ROWS, &(mn_rows){.kind = -1, .n = 1, .at.state = &state_row}},
		{MN_WIRE_CHANGES, &(mn_wire_changes){.at = &bad_op, .n = 1}},
		{MN_WIRE_CHANGES, &(mn_wire_changes){.at = &bad_kind, .n = 1}},
		{MN_WIRE_KEYS, &(mn_wire_keys){&key, 1}},
		{MN_WIRE_MESSAGES, NULL},
		{-1, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		mn_str out = {NULL, 0};

		assert_int_equal(
			mn_wire_write(&call, cases[i].message, cases[i].from, &out), MN_EINVAL);
		assert_null(out.ptr);
	}
}

static void an_older_struct_is_filled_as_far_as_it_goes(void **state)
{
	struct {
		uint32_t size;
		mn_gen before;
		unsigned char behind[64];
	} old;

	(void)state;
	memset(&old, 0x5a, sizeof(old));
	old.size = offsetof(mn_applied, after);
	assert_int_equal(mn_wire_read(&call, MN_WIRE_APPLIED,
				 MN_STR("{\"before\":\"1-2-3\",\"after\":\"4-5-6\"}"), &old),
		MN_OK);
	assert_int_equal(old.size, offsetof(mn_applied, after));
	assert_true(old.before.graph == 2);
	for (size_t i = 0; i < sizeof(old.behind); i++)
		assert_int_equal(old.behind[i], 0x5a);
}

static void nests_by_the_million_are_refused_before_they_are_read(void **state)
{
	const size_t n = 9u << 20;
	char *text = malloc(n);
	mn_ids out;

	(void)state;
	assert_non_null(text);
	memcpy(text, "{\"ids\":[[]", 10);
	for (size_t i = 10; i + 2 < n; i++)
		text[i] = ",[]"[(i - 10) % 3];
	memcpy(text + n - 2, "]}", 2);
	assert_int_equal(mn_wire_read(&call, MN_WIRE_IDS, (mn_str){text, n}, &out), MN_EINVAL);
	assert_string_equal(call.err->text, "ids of this size is not read");
	free(text);
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
		cmocka_unit_test_teardown(a_sample_is_read_and_no_beginning_of_it, reset),
		cmocka_unit_test_teardown(a_byte_that_is_another_is_read_or_refused, reset),
		cmocka_unit_test_teardown(a_message_is_not_another_one, reset),
		cmocka_unit_test_teardown(what_is_wrong_is_named, reset),
		cmocka_unit_test_teardown(what_json_cannot_carry_is_not_written, reset),
		cmocka_unit_test_teardown(an_older_struct_is_filled_as_far_as_it_goes, reset),
		cmocka_unit_test_teardown(
			nests_by_the_million_are_refused_before_they_are_read, reset),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
