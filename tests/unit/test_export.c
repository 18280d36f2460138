/* SPDX-License-Identifier: MIT */
/* Exports: what comes out goes in again, and harms nobody on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>

#include <cmocka.h>

#include "base/type.h"
#include "exchange.h"

/* ---- A brain with something of everything ------------------------------------------------- */

static void change(world *w, int op, int kind, const void *row)
{
	const mn_change c = {op, kind, row};

	world_expect(w, mn_brain_apply(w->brain, &w->call, NULL, &c, 1, NULL), MN_OK);
}

static void fill(world *w)
{
	static const mn_str tags[] = {{"t\"1", 3}, {"t2", 2}};
	static const mn_id near[] = {1, 2, 99}, lines[] = {1, 3};
	const mn_neuron neurons[] = {
		{.id = 1,
			.uid = MN_STR("m:1"),
			.type = MN_MEMORY,
			.text = MN_STR("A \"text\"\n<b>&"),
			.meta = MN_STR("{\"title\":\"T\",\"links\":[\"x\"],\"more\":{\"a\":0.1}}"),
			.created = 1234567,
			.updated = 99,
			.flags = MN_NEURON_ANCHOR | MN_NEURON_DATED},
		{.id = 2, .type = MN_ENTITY, .text = MN_STR("grace hopper"), .created = 5},
		{.id = 3, .type = MN_ENTITY, .text = MN_STR("grace hopper"), .created = 6},
		{.id = 4,
			.uid = MN_STR("m:2"),
			.type = MN_MEMORY,
			.text = MN_STR("\x1b[2J\x01 \xef\xbf\xbf"),
			.meta = MN_STR("not json"),
			.flags = MN_NEURON_ANCHOR},
		{.id = 5,
			.type = mn_type_code(MN_NEURON, MN_STR("odd \"type\"")),
			.text = MN_STR("o")},
	};
	const mn_synapse synapses[] = {
		{.id = 1, .from = 1, .to = 2, .type = MN_NAMED, .base = 1, .created = 7},
		{.id = 2,
			.from = 1,
			.to = 2,
			.type = MN_NAMED,
			.base = 1.0 / 3,
			.uses = 4,
			.last = 8},
		{.id = 3, .from = 2, .to = 1, .type = MN_NAMED, .base = 0},
		{.id = 4,
			.uid = MN_STR("own|x"),
			.from = 4,
			.to = 5,
			.base = 0.1,
			.meta = MN_STR("{}"),
			.type = mn_type_code(MN_SYNAPSE, MN_STR("odd<type>")),
			.flags = MN_SYNAPSE_TWO_WAY},
	};
	const mn_fiber fibers[] = {
		{.id = 1,
			.anchor = 1,
			.tags = {tags, 2},
			.salience = 0.5,
			.created = 9,
			.flags = MN_FIBER_STAR},
		{.id = 2,
			.uid = MN_STR("f"),
			.anchor = 4,
			.neurons = {near, 3},
			.synapses = {lines, 2},
			.summary = MN_STR("s"),
			.salience = 0.25,
			.coherence = 1,
			.first = 1,
			.last = 2,
			.uses = 3,
			.stage = MN_STAGE_ARCHIVED,
			.meta = MN_STR("{\"z\":1,\"a\":2}")},
	};
	const mn_state state = {.id = 2, .level = 0.7, .decay = 0.2, .last = 11, .uses = 12};

	for (size_t i = 0; i < 5; i++)
		change(w, MN_ADD, MN_NEURON, &neurons[i]);
	for (size_t i = 0; i < 4; i++)
		change(w, MN_ADD, MN_SYNAPSE, &synapses[i]);
	for (size_t i = 0; i < 2; i++)
		change(w, MN_ADD, MN_FIBER, &fibers[i]);
	change(w, MN_PUT, MN_STATE, &state);
}

static void hash(world *w, mn_brain *b, unsigned char out[32])
{
	world_expect(w, mn_brain_hash(b, &w->call, out), MN_OK);
}

/* ---- Round trips -------------------------------------------------------------------------- */

static void a_graph_comes_back_as_the_same_brain(void **state)
{
	world *w = *state;
	mn_brain *copy;
	unsigned char before[32], after[32];
	mn_buf graph;

	fill(w);
	/* The twin gets a uid when it is written, so that it can be told from its elder, and what
	 * is no JSON becomes some. */
	change(w, MN_DROP, MN_NEURON, &(mn_neuron){.id = 3});
	change(w, MN_PUT, MN_NEURON,
		&(mn_neuron){.id = 4,
			.uid = MN_STR("m:2"),
			.type = MN_MEMORY,
			.text = MN_STR("t"),
			.meta = MN_STR("{\"a\":{}}")});
	hash(w, w->brain, before);
	world_expect(w, world_export(w, w->brain, MN_FORMAT_GRAPH), MN_OK);
	graph = w->out;
	w->out = (mn_buf){.max = graph.max};
	w->now += 1000;
	copy = world_brain(w, "copy");
	world_expect(w, world_import(w, copy, MN_FORMAT_GRAPH, mn_buf_view(&graph)), MN_OK);
	hash(w, copy, after);
	assert_memory_equal(before, after, 32);
	mn_brain_close(copy);
	mn_buf_free(&graph);
}

static void neurons_that_only_an_id_tells_apart_stay_two(void **state)
{
	world *w = *state;
	mn_brain_row row;
	mn_brain *copy;
	mn_buf graph;

	fill(w);
	world_expect(w, world_export(w, w->brain, MN_FORMAT_GRAPH), MN_OK);
	graph = w->out;
	w->out = (mn_buf){.max = graph.max};
	copy = world_brain(w, "copy");
	world_expect(w, world_import(w, copy, MN_FORMAT_GRAPH, mn_buf_view(&graph)), MN_OK);
	world_expect(w, mn_brain_describe(copy, &w->call, &row), MN_OK);
	assert_int_equal(row.neurons, 5);
	assert_int_equal(row.synapses, 4);
	assert_int_equal(row.fibers, 2);
	mn_brain_close(copy);
	mn_buf_free(&graph);
}

static void config_and_clock_go_with_the_graph_into_an_empty_brain_only(void **state)
{
	static const char lines[] =
		"{\"brain\":{\"config\":{\"decay_rate\":0.25},\"meta\":{\"m\":1},"
		"\"clock\":\"2020-01-01T00:00:00Z\"}}\n"
		"{\"neuron\":{\"type\":\"concept\",\"text\":\"t\"}}\n";
	world *w = *state;
	mn_brain_row row;

	world_expect(w, world_import(w, w->brain, MN_FORMAT_GRAPH, mn_str_of(lines)), MN_OK);
	world_expect(w, mn_brain_describe(w->brain, &w->call, &row), MN_OK);
	assert_true(mn_str_is(row.config, "{\"decay_rate\":0.25}"));
	assert_true(mn_str_is(row.meta, "{\"m\":1}"));
	assert_int_equal(row.clock, INT64_C(1577836800000000));
	world_expect(w,
		world_import(w, w->brain, MN_FORMAT_GRAPH,
			MN_STR("{\"brain\":{\"config\":{\"decay_rate\":0.75}}}\n")),
		MN_OK);
	world_expect(w, mn_brain_describe(w->brain, &w->call, &row), MN_OK);
	assert_true(mn_str_is(row.config, "{\"decay_rate\":0.25}"));
	mn_brain_close(w->brain);
	w->brain = world_brain(w, "other");
	world_expect(w,
		world_import(w, w->brain, MN_FORMAT_GRAPH,
			MN_STR("{\"brain\":{\"config\":{\"decay_rate\":-1}}}\n")),
		MN_EINVAL);
	assert_memory_equal(w->call.err->text, "file:1: brain config: decay_rate", 32);
}

/* ---- Memories ----------------------------------------------------------------------------- */

static void memories_are_written_with_the_fields_they_came_with(void **state)
{
	world *w = *state;

	fill(w);
	world_expect(w, world_export(w, w->brain, MN_FORMAT_JSONL), MN_OK);
	assert_string_equal(world_text(&w->out),
		"{\"id\":\"m:1\",\"text\":\"A \\\"text\\\"\\n<b>&\","
		"\"timestamp\":\"1970-01-01T00:00:01.234567Z\",\"tags\":[\"t\\\"1\",\"t2\"],"
		"\"title\":\"T\",\"links\":[\"x\"],\"meta\":{\"more\":{\"a\":0.1}}}\n"
		"{\"id\":\"m:2\",\"text\":\"\\u001b[2J\\u0001 \xef\xbf\xbf\","
		"\"meta\":{\"unread\":\"not json\"}}\n");
}

static const char memories[] =
	"{\"id\":\"D1:1\",\"text\":\"Hey Mel! How have you been?\",\"session\":1,"
	"\"speaker\":\"Caroline\",\"timestamp\":\"2023-05-08T13:56:00\",\"seq\":0}\n"
	"{\"id\":\"D1:2\",\"text\":\"I ran in Boston yesterday with Caroline.\",\"session\":1,"
	"\"speaker\":\"Melanie\",\"timestamp\":\"2023-05-08T13:56:30.5\",\"tags\":[\"b\",\"a\"]}\n"
	"{\"text\":\"Boston Marathon\\nA race in {Boston}, older than [[New York|that one]].\","
	"\"title\":\"Boston Marathon (race)\",\"links\":[\"Hopkinton\"],\"meta\":{\"k\":[1,2.5]}}\n"
	"{\"id\":\"D1:3\",\"text\":\"Was it hard?\",\"session\":\"1\",\"speaker\":\"Caroline\"}\n"
	"{\"id\":\"D1:4\",\"text\":\"Yes, very hard.\",\"session\":\"1\",\"speaker\":\"Melanie\"}\n"
	"{\"id\":\"D1:1\",\"text\":\"Hey Mel, how are you?\",\"session\":1,"
	"\"speaker\":\"Caroline\",\"timestamp\":\"2023-05-08T13:56:00\"}\n"
	"{\"text\":\"\xe6\x9d\xb1\xe4\xba\xac\xe3\x81\xab\xe8\xa1\x8c\xe3\x81\x8f\"}\n";

static void memories_come_back_as_the_same_brain(void **state)
{
	world *w = *state;
	unsigned char before[32], after[32];
	mn_brain *copy = world_brain(w, "copy");
	mn_buf lines;

	/* Without the sixth line, which changes the first: what is old keeps its place in a brain,
	 * and so the order that sessions are remembered in. */
	char *text = strdup(memories),
	     *sixth = strstr(text, "{\"id\":\"D1:1\",\"text\":\"Hey Mel, ");
	memmove(sixth, strchr(sixth, '\n') + 1, strlen(strchr(sixth, '\n')));
	world_expect(w, world_import(w, w->brain, MN_FORMAT_JSONL, mn_str_of(text)), MN_OK);
	free(text);
	assert_int_equal(w->report.added, 6);
	world_expect(w, world_export(w, w->brain, MN_FORMAT_JSONL), MN_OK);
	lines = w->out;
	w->out = (mn_buf){.max = lines.max};
	world_expect(w, world_import(w, copy, MN_FORMAT_JSONL, mn_buf_view(&lines)), MN_OK);
	hash(w, w->brain, before);
	hash(w, copy, after);
	assert_memory_equal(before, after, 32);
	/* And into the brain they came from. */
	world_expect(w, world_import(w, w->brain, MN_FORMAT_JSONL, mn_buf_view(&lines)), MN_OK);
	assert_int_equal(w->report.unchanged, 6);
	assert_int_equal(w->report.added + w->report.updated, 0);
	mn_buf_free(&lines);
	mn_brain_close(copy);
}

static void a_brain_does_not_depend_on_how_its_memories_were_batched(void **state)
{
	static const uint32_t sizes[] = {1, 2, 3, 100};
	world *w = *state;
	unsigned char first[32], other[32];

	for (size_t i = 0; i < 4; i++) {
		char name[16];
		mn_brain *b;

		snprintf(name, sizeof(name), "batch %zu", i);
		b = world_brain(w, name);
		w->in.batch = sizes[i];
		world_expect(w, world_import(w, b, MN_FORMAT_JSONL, mn_str_of(memories)), MN_OK);
		assert_int_equal(w->report.added, 6);
		assert_int_equal(w->report.updated, 1);
		hash(w, b, i ? other : first);
		if (i)
			assert_memory_equal(first, other, 32);
		mn_brain_close(b);
	}
}

static void memories_whose_import_was_cut_off_are_not_doubled(void **state)
{
	world *w = *state;
	unsigned char whole[32], resumed[32];
	mn_brain *b = world_brain(w, "resumed");

	w->in.batch = 2;
	w->step = 50;
	world_expect(w, world_import(w, w->brain, MN_FORMAT_JSONL, mn_str_of(memories)), MN_OK);
	for (size_t stop = 100; stop < sizeof(memories) - 1; stop += 100) {
		w->stop_at = stop;
		w->call.token = mn_token_new();
		world_expect(
			w, world_import(w, b, MN_FORMAT_JSONL, mn_str_of(memories)), MN_ECANCELLED);
		mn_token_free(w->call.token);
		w->call.token = NULL;
	}
	w->stop_at = 0;
	world_expect(w, world_import(w, b, MN_FORMAT_JSONL, mn_str_of(memories)), MN_OK);
	hash(w, w->brain, whole);
	hash(w, b, resumed);
	assert_memory_equal(whole, resumed, 32);
	mn_brain_close(b);
}

/* ---- For other programs ------------------------------------------------------------------- */

static void nothing_in_a_text_escapes_from_its_quotes_in_dot(void **state)
{
	world *w = *state;

	fill(w);
	world_expect(w, world_export(w, w->brain, MN_FORMAT_DOT), MN_OK);
	assert_string_equal(world_text(&w->out),
		"digraph \"one\" {\n"
		"\tn1 [label=\"A \\\"text\\\" <b>&\" class=\"memory\" shape=box];\n"
		"\tn2 [label=\"grace hopper\" class=\"entity\"];\n"
		"\tn3 [label=\"grace hopper\" class=\"entity\"];\n"
		"\tn4 [label=\"\\\\x1b[2J\\\\x01 <U+FFFF>\" class=\"memory\" shape=box];\n"
		"\tn5 [label=\"o\" class=\"odd \\\"type\\\"\"];\n"
		"\tn1 -> n2 [label=\"named\" weight=1];\n"
		"\tn1 -> n2 [label=\"named\" weight=0.3333333333333333];\n"
		"\tn2 -> n1 [label=\"named\" weight=0];\n"
		"\tn4 -> n5 [label=\"odd<type>\" weight=0.1 dir=both];\n"
		"}\n");
}

static void graphml_is_xml_whatever_stands_in_a_text(void **state)
{
	world *w = *state;
	const char *text;

	fill(w);
	world_expect(w, world_export(w, w->brain, MN_FORMAT_GRAPHML), MN_OK);
	text = world_text(&w->out);
	assert_non_null(
		strstr(text, "<data key=\"label\">A &quot;text&quot;\n&lt;b&gt;&amp;</data>"));
	assert_non_null(strstr(
		text, "<data key=\"label\">\xef\xbf\xbd[2J\xef\xbf\xbd \xef\xbf\xbd</data>"));
	assert_non_null(strstr(text, "<data key=\"type\">odd &quot;type&quot;</data>"));
	assert_non_null(strstr(text,
		"<edge source=\"n4\" target=\"n5\" directed=\"false\">"
		"<data key=\"relation\">odd&lt;type&gt;</data><data key=\"weight\">0.1</data>"));
	assert_null(strchr(text, '\x1b'));
	assert_string_equal(text + strlen(text) - 20, "</graph>\n</graphml>\n");
}

static void a_format_that_cannot_be_written_is_refused(void **state)
{
	world *w = *state;

	world_expect(w, world_export(w, w->brain, MN_FORMAT_DICT), MN_EINVAL);
	assert_int_equal(w->writes, 0);
}

/* ---- While somebody writes, fails, cancels ------------------------------------------------ */

/* More than one page, and more than one write. */
static void fill_much(world *w)
{
	static mn_neuron rows[6000];
	static mn_change changes[6000];
	static char text[400];

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < 6000; i++) {
		rows[i] = (mn_neuron){
			.id = i + 1, .type = MN_CONCEPT, .text = {text, sizeof(text)}};
		changes[i] = (mn_change){MN_ADD, MN_NEURON, &rows[i]};
	}
	world_expect(w, mn_brain_apply(w->brain, &w->call, NULL, changes, 6000, NULL), MN_OK);
}

static void write_meanwhile(world *w)
{
	const mn_neuron late = {.id = 7000, .type = MN_CONCEPT, .text = MN_STR("late")};

	change(w, MN_ADD, MN_NEURON, &late);
}

static void an_export_is_of_one_generation_or_fails(void **state)
{
	static const int formats[] = {MN_FORMAT_GRAPH, MN_FORMAT_DOT, MN_FORMAT_GRAPHML};
	world *w = *state;

	fill_much(w);
	for (size_t i = 0; i < 3; i++) {
		w->meddle = write_meanwhile;
		world_expect(w, world_export(w, w->brain, formats[i]), MN_ESTALE);
		assert_true(w->call.err->retry);
		w->meddle = NULL;
		change(w, MN_DROP, MN_NEURON, &(mn_neuron){.id = 7000});
		world_expect(w, world_export(w, w->brain, formats[i]), MN_OK);
	}
}

static void bump_meanwhile(world *w)
{
	const mn_state bump = {.id = 1, .uses = 1, .decay = -1};

	change(w, MN_BUMP, MN_STATE, &bump);
}

static void recalls_that_learn_disturb_only_what_shows_states(void **state)
{
	world *w = *state;

	fill_much(w);
	w->meddle = bump_meanwhile;
	world_expect(w, world_export(w, w->brain, MN_FORMAT_GRAPH), MN_ESTALE);
	world_expect(w, world_export(w, w->brain, MN_FORMAT_DOT), MN_OK);
}

static void what_the_sink_fails_with_ends_the_export(void **state)
{
	world *w = *state;

	fill_much(w);
	w->write_status = MN_EIO;
	world_expect(w, world_export(w, w->brain, MN_FORMAT_GRAPH), MN_EIO);
	assert_int_equal(w->writes, 2);
}

static void cancel_meanwhile(world *w)
{
	mn_token_cancel(w->call.token);
}

static void a_cancelled_export_ends(void **state)
{
	world *w = *state;

	fill_much(w);
	w->call.token = mn_token_new();
	w->meddle = cancel_meanwhile;
	world_expect(w, world_export(w, w->brain, MN_FORMAT_GRAPH), MN_ECANCELLED);
	mn_token_free(w->call.token);
	w->call.token = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLAIM(a_graph_comes_back_as_the_same_brain),
		CLAIM(neurons_that_only_an_id_tells_apart_stay_two),
		CLAIM(config_and_clock_go_with_the_graph_into_an_empty_brain_only),
		CLAIM(memories_are_written_with_the_fields_they_came_with),
		CLAIM(memories_come_back_as_the_same_brain),
		CLAIM(a_brain_does_not_depend_on_how_its_memories_were_batched),
		CLAIM(memories_whose_import_was_cut_off_are_not_doubled),
		CLAIM(nothing_in_a_text_escapes_from_its_quotes_in_dot),
		CLAIM(graphml_is_xml_whatever_stands_in_a_text),
		CLAIM(a_format_that_cannot_be_written_is_refused),
		CLAIM(an_export_is_of_one_generation_or_fails),
		CLAIM(recalls_that_learn_disturb_only_what_shows_states),
		CLAIM(what_the_sink_fails_with_ends_the_export),
		CLAIM(a_cancelled_export_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
