/* SPDX-License-Identifier: MIT */
/* Questions, one and many, and their traces. */
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"

static const char memories[] =
	"{\"id\":\"D1:1\",\"text\":\"Caroline adopted a black cat called Luna.\",\"speaker\":"
	"\"Caroline\",\"timestamp\":\"2023-05-08T13:56:00\",\"session\":\"s1\"}\n"
	"{\"id\":\"D1:2\",\"text\":\"Melanie paints a sunrise over the lake.\",\"speaker\":"
	"\"Melanie\",\"timestamp\":\"2023-05-08T13:57:00\",\"session\":\"s1\"}\n"
	"{\"id\":\"D2:1\",\"text\":\"Luna sleeps on the warm oven all day.\",\"session\":\"s2\"}\n"
	"{\"id\":\"D2:2\",\"text\":\"The oven was repaired in June.\",\"session\":\"s2\"}\n";

static void load_memories(const struct room *room)
{
	struct ran r = run_input(room, memories, "import", "-", NULL);

	assert_int_equal(r.code, 0);
	ran_free(&r);
}

static json_t *parse(const char *text)
{
	json_error_t why;
	json_t *v = json_loads(text, JSON_REJECT_DUPLICATES, &why);

	if (!v)
		fail_msg("no JSON: %s in: %s", why.text, text);
	return v;
}

static const char *id_at(const json_t *answer, size_t i)
{
	json_t *results = json_object_get(answer, "results");

	return json_string_value(json_object_get(json_array_get(results, i), "id"));
}

static void the_best_memory_comes_first(void **state)
{
	struct ran r;
	json_t *answer;

	load_memories(*state);
	r = must(*state, 0, "recall", "who painted a sunrise?", "--json", NULL);
	answer = parse(r.out);
	assert_string_equal(id_at(answer, 0), "D1:2");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(answer, "ranked"), 0)), "D1:2");
	assert_true(json_integer_value(json_object_get(answer, "activated")) > 0);
	json_decref(answer);
	ran_free(&r);
}

/* A type of synapse that the file knows and the process that asks does not, yet. */
static void synapses_of_imported_types_count_for_the_first_question(void **state)
{
	static const char graph[] =
		"{\"neuron\":{\"uid\":\"n:hound\",\"type\":\"concept\",\"flags\":[\"anchor\"],"
		"\"text\":\"a domestic animal\"}}\n"
		"{\"neuron\":{\"type\":\"entity\",\"text\":\"dog\"}}\n"
		"{\"synapse\":{\"from\":\"n:hound\",\"to\":\"entity:dog\",\"type\":\"expressed_by\","
		"\"weight\":1}}\n"
		"{\"fiber\":{\"anchor\":\"n:hound\",\"encode\":true}}\n";
	struct ran r = run_input(*state, graph, "import", "-", "--format", "graph", NULL);
	json_t *answer;

	assert_int_equal(r.code, 0);
	ran_free(&r);
	r = must(*state, 0, "recall", "dog", "--json", NULL);
	answer = parse(r.out);
	assert_int_equal(json_array_size(json_object_get(answer, "results")), 1);
	assert_string_equal(id_at(answer, 0), "n:hound");
	json_decref(answer);
	ran_free(&r);
}

static void a_question_that_nothing_answers_is_no_error(void **state)
{
	struct ran r;

	load_memories(*state);
	r = must(*state, 0, "recall", "xylophone quixotic", NULL);
	assert_string_equal(r.out, "");
	assert_has(r.err, "nothing in default lights up");
	ran_free(&r);
	r = must(*state, 0, "recall", "", "--json", NULL);
	assert_has(r.out, "\"results\":[]");
	ran_free(&r);
}

static void the_limit_limits(void **state)
{
	struct ran r;
	json_t *answer;

	load_memories(*state);
	r = must(*state, 0, "recall", "Luna oven sunrise", "--limit", "2", "--json", NULL);
	answer = parse(r.out);
	assert_int_equal(json_array_size(json_object_get(answer, "results")), 2);
	json_decref(answer);
	ran_free(&r);
}

static void every_kernel_and_depth_answers(void **state)
{
	static const char *const kernels[] = {"fan", "classic"};
	static const char *const depths[] = {"auto", "0", "1", "2", "3"};

	load_memories(*state);
	for (size_t k = 0; k < 2; k++)
		for (size_t d = 0; d < 5; d++) {
			struct ran r = must(*state, 0, "recall", "sunrise", "--kernel", kernels[k],
				"--depth", depths[d], NULL);

			assert_has(r.out, "D1:2");
			ran_free(&r);
		}
}

static void a_batch_answers_each_line_in_order_and_passes_the_rest_through(void **state)
{
	struct ran r;
	json_t *first, *second;

	load_memories(*state);
	room_write_text(*state, "q.jsonl",
		"{\"query\":\"sunrise\",\"conversation\":\"c\",\"query_index\":7,\"x\":[1,null]}\n"
		"\n"
		"{\"question\":\"black cat\",\"query_index\":8}\n");
	r = must(*state, 0, "recall", "--batch", room_path(*state, "q.jsonl"), "--json", NULL);
	assert_int_equal(count_of(r.out, "\n"), 2);
	*strchr(r.out, '\n') = '\0';
	first = parse(r.out);
	second = parse(r.out + strlen(r.out) + 1);
	assert_string_equal(json_string_value(json_object_get(first, "query")), "sunrise");
	assert_string_equal(json_string_value(json_object_get(first, "conversation")), "c");
	assert_int_equal(json_integer_value(json_object_get(first, "query_index")), 7);
	assert_int_equal(json_array_size(json_object_get(first, "x")), 2);
	assert_string_equal(id_at(first, 0), "D1:2");
	assert_string_equal(id_at(second, 0), "D1:1");
	assert_true(json_is_integer(json_object_get(second, "latency_us")));
	json_decref(first);
	json_decref(second);
	ran_free(&r);
}

static void a_bad_line_of_a_batch_has_its_number(void **state)
{
	struct ran r;

	load_memories(*state);
	r = run_input(*state, "{\"query\":\"cat\"}\n{\"query\":\n", "recall", "--batch", "-",
		"--json", NULL);
	assert_int_equal(r.code, 1);
	assert_has(r.err, "line 2: not JSON: ");
	assert_int_equal(count_of(r.out, "\n"), 1);
	ran_free(&r);
	r = run_input(*state, "{}\n[]\n7\n{\"query\":\"cat\"}\n", "recall", "--batch", "-",
		"--json", "--keep-going", NULL);
	assert_int_equal(r.code, 0);
	assert_has(r.err, "line 1 passed over");
	assert_has(r.err, "line 3 passed over");
	assert_int_equal(count_of(r.out, "\n"), 1);
	ran_free(&r);
}

static void a_batch_may_be_narrowed_to_one_conversation(void **state)
{
	struct ran r;

	load_memories(*state);
	r = run_input(*state,
		"{\"query\":\"cat\",\"conversation\":\"a\"}\n"
		"{\"query\":\"cat\",\"conversation\":\"b\"}\n"
		"{\"query\":\"cat\"}\n",
		"recall", "--batch", "-", "--json", "--conversation", "b", NULL);
	assert_int_equal(r.code, 0);
	assert_int_equal(count_of(r.out, "\n"), 1);
	assert_has(r.out, "\"conversation\":\"b\"");
	ran_free(&r);
}

static void what_does_not_go_together_is_refused(void **state)
{
	struct ran r = must(*state, 2, "recall", "x", "--batch", "-", NULL);

	ran_free(&r);
	r = must(*state, 2, "recall", NULL);
	assert_has(r.err, "QUERY is missing");
	ran_free(&r);
	r = must(*state, 2, "recall", "--batch", "-", "--trace", "t", NULL);
	ran_free(&r);
	r = must(*state, 2, "recall", "x", "--learn", "--no-learn", NULL);
	ran_free(&r);
	r = must(*state, 2, "recall", "x", "--depth", "4", NULL);
	ran_free(&r);
}

static void a_batch_does_not_learn_unless_told(void **state)
{
	struct ran before, after;

	load_memories(*state);
	before = must(*state, 0, "export", "--format", "graph", NULL);
	after = run_input(*state, "{\"query\":\"cat\"}\n", "recall", "--batch", "-", NULL);
	assert_int_equal(after.code, 0);
	ran_free(&after);
	after = must(*state, 0, "recall", "cat", "--no-learn", NULL);
	ran_free(&after);
	after = must(*state, 0, "export", "--format", "graph", NULL);
	assert_string_equal(before.out, after.out);
	ran_free(&after);
	after = must(*state, 0, "recall", "cat", NULL);
	ran_free(&after);
	after = must(*state, 0, "export", "--format", "graph", NULL);
	assert_string_not_equal(before.out, after.out);
	ran_free(&after);
	ran_free(&before);
}

static void context_is_the_text_within_the_tokens(void **state)
{
	struct ran r;
	json_t *answer;
	const char *context;

	load_memories(*state);
	r = must(*state, 0, "recall", "Luna", "--context", "200", "--json", NULL);
	answer = parse(r.out);
	context = json_string_value(json_object_get(answer, "context"));
	assert_non_null(context);
	assert_has(context, "Luna sleeps on the warm oven");
	json_decref(answer);
	ran_free(&r);
}

/* ---- Traces ------------------------------------------------------------------------------- */

static void a_trace_is_saved_shown_and_explains_itself(void **state)
{
	struct ran r;
	struct stat st;
	const char *path = room_path(*state, "t");

	load_memories(*state);
	r = must(*state, 0, "recall", "sunrise over the lake", "--trace", path, NULL);
	ran_free(&r);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	r = must(*state, 0, "trace", "show", path, NULL);
	assert_has(r.out, "sunrise over the lake\nkernel fan, brain default");
	assert_has(r.out, "Melanie paints a sunrise");
	ran_free(&r);
	r = must(*state, 0, "trace", "show", path, "--why", "D1:2", NULL);
	assert_has(r.out, "replayed from the events");
	assert_has(r.out, "came by this way");
	ran_free(&r);
	r = must(*state, 3, "trace", "show", path, "--why", "nobody", NULL);
	assert_one_line(r.err);
	ran_free(&r);
}

static void a_trace_compares_with_itself_as_equal(void **state)
{
	struct ran r;
	char a[256], b[256];

	load_memories(*state);
	snprintf(a, sizeof(a), "%s", room_path(*state, "a"));
	snprintf(b, sizeof(b), "%s", room_path(*state, "b"));
	r = must(*state, 0, "recall", "black cat", "--trace", a, "--no-learn", NULL);
	ran_free(&r);
	r = must(*state, 0, "recall", "warm oven", "--trace", b, "--no-learn", NULL);
	ran_free(&r);
	r = must(*state, 0, "trace", "diff", a, a, "--json", NULL);
	assert_has(r.out, "\"only_a\":0,\"only_b\":0,\"changes\":[]");
	ran_free(&r);
	r = must(*state, 0, "trace", "diff", a, b, NULL);
	assert_has(r.out, "only in A");
	assert_lacks(r.out, "only in A 0,");
	ran_free(&r);
}

static void a_trace_is_exported_in_every_form(void **state)
{
	static const struct {
		const char *format, *has;
	} forms[] = {{"dot", "digraph"}, {"svg", "<svg"}, {"graphml", "<graphml"}, {"jsonl", "{"}};
	struct ran r;
	char path[256];

	load_memories(*state);
	snprintf(path, sizeof(path), "%s", room_path(*state, "t"));
	r = must(*state, 0, "recall", "black cat", "--trace", path, NULL);
	ran_free(&r);
	for (size_t i = 0; i < 4; i++) {
		r = must(*state, 0, "trace", "export", path, "--format", forms[i].format, NULL);
		assert_has(r.out, forms[i].has);
		ran_free(&r);
	}
}

static void what_is_no_trace_is_refused(void **state)
{
	struct ran r;

	room_write_text(*state, "t", "{\"not\":\"a trace\"}\n");
	r = must(*state, 1, "trace", "show", room_path(*state, "t"), NULL);
	assert_one_line(r.err);
	ran_free(&r);
	room_write_text(*state, "t", "");
	r = must(*state, 1, "trace", "show", room_path(*state, "t"), NULL);
	assert_one_line(r.err);
	ran_free(&r);
	r = must(*state, 3, "trace", "show", "/dev/mn-none", NULL);
	assert_one_line(r.err);
	ran_free(&r);
}

/* Types of one's own are told to a later process by the store alone. */
static void a_derived_uid_of_a_type_of_one_s_own_is_known_to_a_fresh_process(void **state)
{
	static const char synapse[] =
		"{\"synapse\":{\"from\":\"odd:y\",\"to\":\"a\",\"type\":\"leans on\"%s}}\n";
	char text[512], again[128];
	struct ran r;

	snprintf(again, sizeof(again), synapse, ",\"weight\":0.25");
	snprintf(text, sizeof(text),
		"{\"neuron\":{\"type\":\"odd\",\"text\":\"y\"}}\n"
		"{\"neuron\":{\"type\":\"memory\",\"uid\":\"a\",\"text\":\"The cat sleeps.\"}}\n"
		"{\"fiber\":{\"anchor\":\"a\"}}\n%s",
		again);
	r = run_input(*state, text, "--brain", "q", "import", "-", "--format", "graph", NULL);
	assert_string_equal(r.code ? r.err : "", "");
	ran_free(&r);
	r = must(*state, 0, "--brain", "q", "recall", "cat", "--anchor", "odd:y", NULL);
	ran_free(&r);
	r = must(*state, 1, "--brain", "q", "recall", "cat", "--anchor", "odd:z", NULL);
	assert_has(r.err, "odd:z");
	ran_free(&r);
	/* the synapse is found again, not made anew */
	r = run_input(*state, again, "--brain", "q", "import", "-", "--format", "graph", NULL);
	ran_free(&r);
	r = must(*state, 0, "brain", "show", "q", "--json", NULL);
	assert_has(r.out, "\"synapses\":1,");
	ran_free(&r);
}

int main(void)
{
	const struct CMUnitTest claims[] = {
		CLAIM(a_derived_uid_of_a_type_of_one_s_own_is_known_to_a_fresh_process),
		CLAIM(the_best_memory_comes_first),
		CLAIM(a_question_that_nothing_answers_is_no_error),
		CLAIM(synapses_of_imported_types_count_for_the_first_question),
		CLAIM(the_limit_limits),
		CLAIM(every_kernel_and_depth_answers),
		CLAIM(a_batch_answers_each_line_in_order_and_passes_the_rest_through),
		CLAIM(a_bad_line_of_a_batch_has_its_number),
		CLAIM(a_batch_may_be_narrowed_to_one_conversation),
		CLAIM(what_does_not_go_together_is_refused),
		CLAIM(a_batch_does_not_learn_unless_told),
		CLAIM(context_is_the_text_within_the_tokens),
		CLAIM(a_trace_is_saved_shown_and_explains_itself),
		CLAIM(a_trace_compares_with_itself_as_equal),
		CLAIM(a_trace_is_exported_in_every_form),
		CLAIM(what_is_no_trace_is_refused),
	};

	return cmocka_run_group_tests_name("recall", claims, NULL, NULL);
}
