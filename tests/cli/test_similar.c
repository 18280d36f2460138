/* SPDX-License-Identifier: MIT */
/* Memories that say nearly the same, from outside. */
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "run.h"

static const char memories[] =
	"{\"id\":\"D1\",\"text\":\"The quick brown fox jumps over the lazy dog in Berlin\"}\n"
	"{\"id\":\"D2\",\"text\":\"The quick brown fox jumps over the lazy dog, in BERLIN!\"}\n"
	"{\"id\":\"D3\",\"text\":\"The quick brown fox jumps over the lazy dog in Hamburg\"}\n"
	"{\"id\":\"D4\",\"text\":\"Something else entirely about ships and sails\"}\n"
	"{\"id\":\"D5\",\"text\":\"yes yes\"}\n";

static void load(const struct room *room, const char *lines)
{
	struct ran r = run_input(room, lines, "import", "-", NULL);

	assert_int_equal(r.code, 0);
	ran_free(&r);
}

static json_t *parse(const char *text)
{
	json_error_t why;
	json_t *v = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &why);

	if (!v)
		fail_msg("no JSON: %s in: %s", why.text, text);
	return v;
}

static const char *member(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static void those_like_a_memory_come_most_alike_first(void **state)
{
	struct ran r;
	json_t *answer, *results;

	load(*state, memories);
	r = must(*state, 0, "similar", "D1", "--json", NULL);
	answer = parse(r.out);
	results = json_object_get(answer, "results");
	assert_int_equal(json_array_size(results), 2);
	assert_string_equal(member(json_array_get(results, 0), "id"), "D2");
	assert_string_equal(member(json_array_get(results, 1), "id"), "D3");
	assert_true(json_number_value(json_object_get(json_array_get(results, 0), "alike")) == 1);
	assert_int_equal(json_integer_value(json_object_get(answer, "found")), 2);
	assert_true(json_is_false(json_object_get(answer, "partial")));
	json_decref(answer);
	ran_free(&r);
	r = must(*state, 0, "similar", "D1", "--limit", "1", NULL);
	assert_has(r.out, "1.000  The quick brown fox");
	assert_has(r.out, "D2");
	assert_lacks(r.out, "D3");
	assert_has(r.err, "2 near-duplicates in all");
	ran_free(&r);
	r = must(*state, 0, "similar", "D1", "--least", "0.9", NULL);
	assert_lacks(r.out, "D3");
	ran_free(&r);
}

static void a_text_need_not_be_a_memory(void **state)
{
	struct ran r;

	load(*state, memories);
	r = must(*state, 0, "similar", "--text", "the lazy dog in Berlin", "--least", ".3", NULL);
	assert_has(r.out, "D1");
	assert_has(r.out, "D2");
	assert_lacks(r.out, "D4");
	ran_free(&r);
	r = must(*state, 0, "similar", "D4", NULL);
	assert_string_equal(r.out, "");
	assert_has(r.err, "nothing in default is that much alike");
	ran_free(&r);
}

static void every_pair_comes_once_a_line_each(void **state)
{
	static const char *const pairs[][2] = {{"D1", "D2"}, {"D1", "D3"}, {"D2", "D3"}};
	struct ran r;
	const char *line;

	load(*state, memories);
	r = must(*state, 0, "similar", "--all", "--json", NULL);
	assert_int_equal(count_of(r.out, "\n"), 3);
	line = r.out;
	for (size_t i = 0; i < 3; i++, line = strchr(line, '\n') + 1) {
		json_t *pair = parse(line);

		assert_string_equal(member(json_object_get(pair, "older"), "id"), pairs[i][0]);
		assert_string_equal(member(json_object_get(pair, "newer"), "id"), pairs[i][1]);
		json_decref(pair);
	}
	assert_has(r.err, "3 pairs among 4");
	ran_free(&r);
	r = must(*state, 0, "similar", "--all", "--limit", "2", "--json", NULL);
	assert_int_equal(count_of(r.out, "\n"), 2);
	ran_free(&r);
}

static void what_makes_no_sense_is_refused_in_a_line(void **state)
{
	static const struct {
		int code;
		const char *words[4], *says;
	} bad[] = {
		{2, {NULL}, "UID is missing"},
		{2, {"D1", "--all"}, "exclude each other"},
		{2, {"--all", "--text", "x"}, "exclude each other"},
		{2, {"D1", "--least", "7"}, "from 0.3 to 1"},
		{2, {"D1", "--least", "0x1"}, "from 0.3 to 1"},
		{2, {"D1", "--least", "nan"}, "from 0.3 to 1"},
		{2, {"D1", "--least", ""}, "from 0.3 to 1"},
		{2, {"D1", "--limit", "0"}, "from 1 to"},
		{3, {"D9"}, "there is no memory \"D9\""},
		{1, {"D5"}, "too short"},
		{1, {"concept:fox"}, "no such memory"},
		{1, {"--text", ""}, "empty"},
	};

	load(*state, memories);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const char *const *w = bad[i].words;
		struct ran r = must(*state, bad[i].code, "similar", w[0], w[1], w[2], NULL);

		assert_string_equal(r.out, "");
		assert_has(r.err, bad[i].says);
		ran_free(&r);
	}
}

/* A thousand times the same: many more pairs than a pipe holds, and nobody reads it meanwhile. */
static void ctrl_c_ends_it(void **state)
{
	enum { TIMES = 1000, ROOM = TIMES * 80 };
	char *lines = malloc(ROOM), *at = lines, chunk[4096];
	size_t pairs = 0;
	struct going g;
	struct ran r;
	ssize_t n;
	int out[2];

	for (int i = 0; i < TIMES; i++)
		at += snprintf(at, (size_t)(lines + ROOM - at),
			"{\"id\":\"m%d\",\"text\":\"the same thing said again and again\"}\n", i);
	load(*state, lines);
	free(lines);
	assert_int_equal(pipe(out), 0);
	g = start_to(*state, out[1], "similar", "--all", "--json", NULL);
	close(out[1]);
	for (bool begun = false; (n = read(out[0], chunk, sizeof(chunk))) > 0; begun = true) {
		for (ssize_t i = 0; i < n; i++)
			pairs += chunk[i] == '\n';
		if (!begun) {
			assert_int_equal(kill(g.pid, SIGINT), 0);
			usleep(300000); /* it has time to see that while it cannot write */
		}
	}
	close(out[0]);
	r = finish(&g);
	assert_int_equal(r.code, 130);
	assert_true(pairs > 0 && pairs < TIMES * (TIMES - 1) / 2);
	assert_has(r.err, "mnemoscope similar: ");
	ran_free(&r);
}

int main(void)
{
	const struct CMUnitTest claims[] = {
		CLAIM(those_like_a_memory_come_most_alike_first),
		CLAIM(a_text_need_not_be_a_memory),
		CLAIM(every_pair_comes_once_a_line_each),
		CLAIM(what_makes_no_sense_is_refused_in_a_line),
		CLAIM(ctrl_c_ends_it),
	};

	return cmocka_run_group_tests_name("similar", claims, NULL, NULL);
}
