/* SPDX-License-Identifier: MIT */
/* Rows as canonical lines: the same for equal content, another for any other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/type.h"
#include "exchange/canonical.h"

static void line_is(mn_buf *b, int status, const char *want)
{
	assert_int_equal(status, MN_OK);
	mn_buf_char(b, '\0');
	assert_true(mn_buf_ok(b));
	assert_string_equal(b->ptr, want);
	mn_buf_clear(b);
}

static void every_member_of_a_row_is_in_its_line(void **state)
{
	mn_buf b = MN_BUF(4096);
	mn_neuron n = {.id = 7,
		.type = MN_CONCEPT,
		.text = MN_STR("a \"b\"\n"),
		.created = -5,
		.updated = INT64_MAX,
		.flags = 3};
	mn_state t = {.id = 7, .level = 0.1, .decay = 0.30000000000000004, .last = 9, .uses = 2};
	mn_synapse s = {.id = 3,
		.from = 7,
		.to = 8,
		.type = MN_NEAR,
		.base = 1.0 / 3,
		.created = 1,
		.last = 2,
		.uses = UINT32_MAX,
		.flags = 1,
		.meta = MN_STR("{}")};
	mn_str tags[] = {MN_STR("x"), MN_STR("y")};
	mn_fiber f = {.id = 1,
		.anchor = 7,
		.summary = MN_STR("s"),
		.salience = 0.5,
		.coherence = 1,
		.created = 4,
		.first = 5,
		.last = 6,
		.uses = 7,
		.stage = 1,
		.flags = 1};
	mn_fiber_names names = {
		.uid = MN_STR("f"), .anchor = MN_STR("a"), .tags = {tags, 2}, .neurons = {tags, 1}};
	mn_brain_row brain = {.clock = 12, .config = MN_STR("{\"decay_rate\": 0.10}")};

	(void)state;
	line_is(&b, mn_canonical_brain(&b, &brain),
		"{\"brain\":{\"clock\":12,\"config\":{\"decay_rate\":0.1},\"meta\":{}}}\n");
	line_is(&b, mn_canonical_neuron(&b, &n, MN_STR("u")),
		"{\"neuron\":{\"created\":-5,\"flags\":3,\"meta\":{},\"text\":\"a \\\"b\\\"\\n\","
		"\"type\":\"concept\",\"uid\":\"u\",\"updated\":9223372036854775807}}\n");
	line_is(&b, mn_canonical_state(&b, &t, MN_STR("u")),
		"{\"state\":{\"decay\":0.30000000000000004,\"last\":9,\"level\":0.1,"
		"\"neuron\":\"u\",\"uses\":2}}\n");
	t.decay = -7; /* whatever is below 0 means the brain's own */
	line_is(&b, mn_canonical_state(&b, &t, MN_STR("u")),
		"{\"state\":{\"decay\":null,\"last\":9,\"level\":0.1,\"neuron\":\"u\",\"uses\":2}}\n");
	line_is(&b, mn_canonical_synapse(&b, &s, MN_STR("u"), MN_STR("f"), MN_STR("t")),
		"{\"synapse\":{\"base\":0.3333333333333333,\"created\":1,\"flags\":1,\"from\":\"f\","
		"\"last\":2,\"meta\":{},\"to\":\"t\",\"type\":\"near\",\"uid\":\"u\","
		"\"uses\":4294967295}}\n");
	line_is(&b, mn_canonical_fiber(&b, &f, &names),
		"{\"fiber\":{\"anchor\":\"a\",\"coherence\":1,\"created\":4,\"first\":5,\"flags\":1,"
		"\"last\":6,\"meta\":{},\"neurons\":[\"x\"],\"salience\":0.5,\"stage\":1,"
		"\"summary\":\"s\",\"synapses\":[],\"tags\":[\"x\",\"y\"],\"uid\":\"f\",\"uses\":7}}\n");
	mn_buf_free(&b);
}

/* The meta part of a brain's line. */
static char *meta_of(const char *json)
{
	mn_buf b = MN_BUF(1 << 20);
	mn_brain_row row = {.meta = mn_str_of(json)};
	char *text, *end;

	assert_int_equal(mn_canonical_brain(&b, &row), MN_OK);
	mn_buf_char(&b, '\0');
	assert_true(mn_buf_ok(&b));
	text = strdup(strstr(b.ptr, "\"meta\":") + 7);
	assert_non_null(text);
	end = text + strlen(text) - 3;
	assert_string_equal(end, "}}\n");
	*end = '\0';
	mn_buf_free(&b);
	return text;
}

static void json_is_written_one_way_only(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"", "{}"},
		{" { } ", "{}"},
		{"{\"b\":1,\"a\":[true, false,null]}", "{\"a\":[true,false,null],\"b\":1}"},
		{"{\"\\u0061\":\"\\u00e9\\/\"}", "{\"a\":\"\xc3\xa9/\"}"},
		{"{\"a\":1.50,\"aa\":{\"z\":1e2,\"y\":-0.0}}",
			"{\"a\":1.5,\"aa\":{\"y\":0,\"z\":100}}"},
		{"{\"big\":9223372036854775807}", "{\"big\":9223372036854775807}"},
		{"{\"\xc3\xa9\":1,\"z\":2,\"Z\":3}", "{\"Z\":3,\"z\":2,\"\xc3\xa9\":1}"},
		/* What is not JSON, or says a name twice, is kept as it is. */
		{"not json", "\"not json\""},
		{"{\"a\":1,\"a\":2}", "\"{\\\"a\\\":1,\\\"a\\\":2}\""},
		{"{\"w\":1e400}", "\"{\\\"w\\\":1e400}\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *got = meta_of(cases[i].in);

		assert_string_equal(got, cases[i].out);
		free(got);
	}
}

static void a_state_that_says_nothing_is_none(void **state)
{
	mn_state t = {.id = 1, .decay = -1};

	(void)state;
	assert_true(mn_canonical_no_state(&t));
	t.uses = 1;
	assert_false(mn_canonical_no_state(&t));
	t = (mn_state){.id = 1, .decay = 0}; /* a rate of its own: it never decays */
	assert_false(mn_canonical_no_state(&t));
	t = (mn_state){.id = 0, .level = 1};
	assert_true(mn_canonical_no_state(&t));
}

static void a_full_buffer_is_told(void **state)
{
	mn_neuron n = {
		.id = 7, .type = MN_CONCEPT, .text = MN_STR("longer than the room there is")};

	(void)state;
	for (size_t room = 0; room < 100; room++) {
		mn_buf b = MN_BUF(room);
		int status = mn_canonical_neuron(&b, &n, MN_STR("u"));

		assert_true(status == MN_ENOMEM || !mn_buf_ok(&b));
		mn_buf_free(&b);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_of_a_row_is_in_its_line),
		cmocka_unit_test(json_is_written_one_way_only),
		cmocka_unit_test(a_state_that_says_nothing_is_none),
		cmocka_unit_test(a_full_buffer_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
