/* SPDX-License-Identifier: MIT */
/* Imports of the graph form into a brain: found again, resumed, all or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <limits.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/type.h"
#include "exchange.h"

static const char small[] =
	"{\"neuron\":{\"uid\":\"a\",\"type\":\"concept\",\"text\":\"first\",\"meta\":{\"k\":1},"
	"\"flags\":[\"anchor\",\"dated\"],\"created\":\"2020-01-02T03:04:05.000006Z\","
	"\"state\":{\"level\":0.5,\"uses\":3,\"last\":\"2021-01-01T00:00:00Z\"}}}\n"
	"{\"neuron\":{\"type\":\"entity\",\"text\":\"Second | x\",\"colour\":\"red\"}}\n"
	"{\"synapse\":{\"from\":\"a\",\"to\":\"entity:Second | x\",\"type\":\"is_a\","
	"\"weight\":0.75,\"uses\":2}}\n"
	"{\"synapse\":{\"from\":\"a\",\"to\":\"entity:Second | x\",\"type\":\"is_a\","
	"\"weight\":0.25,\"uid\":\"a|is_a|entity:Second | x#2\"}}\n"
	"{\"synapse\":{\"from\":\"entity:Second | x\",\"to\":\"a\",\"type\":\"resembles\","
	"\"uid\":\"own\",\"two_way\":true}}\n"
	"{\"fiber\":{\"anchor\":\"a\",\"summary\":\"s\",\"tags\":[\"t\",\"u\"]}}\n"
	"{\"fiber\":{\"uid\":\"f\",\"anchor\":\"a\",\"neurons\":[\"a\",\"entity:Second | x\"],"
	"\"synapses\":[\"own\",\"a|is_a|entity:Second | x#2\"],\"stage\":\"archived\"}}\n";

static mn_id find(world *w, int kind, const char *uid)
{
	mn_str s = mn_str_of(uid);
	mn_id id = 0;

	world_expect(w, mn_brain_resolve(w->brain, &w->call, kind, (mn_strs){&s, 1}, &id), MN_OK);
	return id;
}

static const void *row(world *w, int kind, const char *uid)
{
	mn_id id = find(w, kind == MN_STATE ? MN_NEURON : kind, uid);
	mn_rows rows;

	assert_true(id != 0);
	world_expect(w, mn_brain_get(w->brain, &w->call, kind, (mn_ids){&id, 1}, 0, &rows), MN_OK);
	return rows.at.any;
}

static void rows_arrive_as_the_lines_say(void **state)
{
	world *w = *state;
	const mn_neuron *n;
	const mn_state *s;
	const mn_synapse *y;
	const mn_fiber *f;

	world_expect(w, world_import(w, w->brain, MN_FORMAT_GRAPH, mn_str_of(small)), MN_OK);
	assert_int_equal(w->report.neurons, 2);
	assert_int_equal(w->report.synapses, 3);
	assert_int_equal(w->report.added, 2);
	n = row(w, MN_NEURON, "a");
	assert_true(mn_str_is(n->text, "first") && mn_str_is(n->meta, "{\"k\":1}"));
	assert_int_equal(n->flags, MN_NEURON_ANCHOR | MN_NEURON_DATED);
	assert_int_equal(n->created, INT64_C(1577934245000006));
	assert_int_equal(n->updated, n->created);
	s = row(w, MN_STATE, "a");
	assert_true(s->level == 0.5 && s->uses == 3 && s->decay == -1);
	n = row(w, MN_NEURON, "entity:Second | x");
	assert_int_equal(n->uid.len, 0);
	assert_true(mn_str_is(n->meta, "{\"colour\":\"red\"}"));
	assert_int_equal(n->created, w->now);
	y = row(w, MN_SYNAPSE, "a|is_a|entity:Second | x");
	assert_true(y->base == 0.75 && y->uses == 2 && y->uid.len == 0 && !y->flags);
	y = row(w, MN_SYNAPSE, "a|is_a|entity:Second | x#2");
	assert_true(y->base == 0.25 && y->uid.len == 0);
	y = row(w, MN_SYNAPSE, "own");
	assert_true(y->base == 0.5 && y->flags == MN_SYNAPSE_TWO_WAY);
	assert_string_equal(mn_type_name(MN_SYNAPSE, y->type), "resembles");
	f = row(w, MN_FIBER, "a");
	assert_true(f->flags == MN_FIBER_STAR && f->tags.n == 2 && f->salience == 0.5);
	f = row(w, MN_FIBER, "f");
	assert_true(f->flags == 0 && f->neurons.n == 2 && f->synapses.n == 2);
	assert_int_equal(f->stage, MN_STAGE_ARCHIVED);
	assert_int_equal(f->synapses.at[0], y->id);
}

static void importing_again_changes_nothing(void **state)
{
	world *w = *state;
	mn_buf before, after;
	mn_gen gen;

	world_expect(w, world_import(w, w->brain, MN_FORMAT_GRAPH, mn_str_of(small)), MN_OK);
	before = world_dump(w, w->brain);
	gen = w->call.at;
	w->now += 1000000;
	world_expect(w, world_import(w, w->brain, MN_FORMAT_GRAPH, mn_str_of(small)), MN_OK);
	assert_int_equal(w->report.neurons + w->report.synapses + w->report.added, 0);
	assert_int_equal(w->report.unchanged, 2);
	assert_int_equal(w->report.updated, 0);
	after = world_dump(w, w->brain);
	assert_string_equal(before.ptr, after.ptr);
	assert_true(gen.graph == w->call.at.graph && gen.state == w->call.at.state);
	mn_buf_free(&before);
	mn_buf_free(&after);
}

static void a_line_changes_what_it_says_and_leaves_the_rest(void **state)
{
	world *w = *state;
	const mn_neuron *n;
	const mn_synapse *y;

	world_expect(w, world_import(w, w->brain, MN_FORMAT_GRAPH, mn_str_of(small)), MN_OK);
	w->now += 5;
	world_expect(w,
		world_import(w, w->brain, MN_FORMAT_GRAPH,
			MN_STR("{\"neuron\":{\"uid\":\"a\",\"type\":\"action\",\"text\":\"new\"}}\n"
			       "{\"synapse\":{\"from\":\"a\",\"to\":\"entity:Second | x\","
			       "\"type\":\"is_a\",\"weight\":1}}\n")),
		MN_OK);
	n = row(w, MN_NEURON, "a");
	assert_true(n->type == MN_ACTION && mn_str_is(n->text, "new"));
	assert_true(mn_str_is(n->meta, "{\"k\":1}") && n->flags);
	assert_int_equal(n->created, INT64_C(1577934245000006));
	assert_int_equal(n->updated, w->now);
	y = row(w, MN_SYNAPSE, "a|is_a|entity:Second | x");
	assert_true(y->base == 1 && y->uses == 2);
	y = row(w, MN_SYNAPSE, "a|is_a|entity:Second | x#2");
	assert_true(y->base == 0.25);
}

static const struct {
	const char *line, *why;
} bad_lines[] = {
	{"{\"synapse\":{\"from\":\"a\",\"to\":\"later\",\"type\":\"is_a\"}}",
		"there is no neuron \"later\": neurons come before"},
	{"{\"fiber\":{\"anchor\":\"later\"}}", "there is no neuron \"later\""},
	{"{\"fiber\":{\"anchor\":\"a\",\"neurons\":[\"nobody\"]}}", "there is no \"nobody\""},
	{"{\"fiber\":{\"anchor\":\"a\",\"synapses\":[\"a|is_a|a\"]}}", "there is no \"a|is_a|a\""},
	{"{\"neuron\":{\"type\":\"memory\",\"text\":\"x\"}}", "uid must be there"},
	{"{\"neuron\":{\"uid\":\"x\",\"type\":\"concept\"}}", "text is missing"},
	{"{\"neuron\":{\"uid\":\"x\",\"text\":\"t\"}}", "type is missing"},
	{"{\"neuron\":{\"uid\":\"\",\"type\":\"concept\",\"text\":\"t\"}}", "uid must be text"},
	{"{\"neuron\":{\"type\":\"concept\",\"text\":\"t\",\"flags\":[\"x\"]}}", "flags must be"},
	{"{\"neuron\":{\"type\":\"concept\",\"text\":\"t\",\"state\":{\"level\":2}}}",
		"level must be a number from 0 to 1"},
	{"{\"neuron\":{\"type\":\"concept\",\"text\":\"t\",\"created\":\"now\"}}",
		"created must be a moment"},
	{"{\"neuron\":{\"type\":\"concept\",\"text\":\"t\",\"k\":1,\"meta\":{\"k\":2}}}",
		"\"k\" stands in meta and beside it"},
	{"{\"synapse\":{\"from\":\"a\",\"type\":\"is_a\"}}", "to is missing"},
	{"{\"synapse\":{\"from\":\"a\",\"to\":\"a\",\"type\":\"is_a\",\"weight\":1.5}}",
		"weight must be a number from 0 to 1"},
	{"{\"synapse\":{\"from\":\"a\",\"to\":\"a\",\"type\":\"is_a\",\"uses\":-1}}",
		"uses must be a whole number"},
	{"{\"fiber\":{\"anchor\":\"a\",\"star\":true,\"neurons\":[\"a\"]}}", "star is for"},
	{"{\"fiber\":{\"anchor\":\"a\",\"stage\":\"lost\"}}", "stage must be"},
	{"{\"neuron\":[]}", "neuron must be an object"},
	{"{\"neuron\":{},\"synapse\":{}}", "the line must be an object with one member"},
	{"{\"neurone\":{}}", "the line must be an object with one member"},
	{"[]", "the line must be an object with one member"},
	{"{\"neuron\":", "not JSON"},
};

static void a_bad_line_stops_its_whole_batch_and_says_where(void **state)
{
	world *w = *state;
	char text[600], start[200];

	for (size_t i = 0; i < sizeof(bad_lines) / sizeof(*bad_lines); i++) {
		snprintf(text, sizeof(text),
			"{\"neuron\":{\"uid\":\"a\",\"type\":\"concept\",\"text\":\"t\"}}\n%s\n"
			"{\"neuron\":{\"uid\":\"later\",\"type\":\"concept\",\"text\":\"t\"}}\n",
			bad_lines[i].line);
		world_expect(
			w, world_import(w, w->brain, MN_FORMAT_GRAPH, mn_str_of(text)), MN_EINVAL);
		snprintf(start, sizeof(start), "file:2: %s", bad_lines[i].why);
		assert_memory_equal(w->call.err->text, start, strlen(start));
		assert_int_equal(find(w, MN_NEURON, "a"), 0);
	}
}

static void a_bad_line_is_passed_over_if_one_says_so(void **state)
{
	world *w = *state;
	char text[600];

	w->in.keep_going = true;
	for (size_t i = 0; i < sizeof(bad_lines) / sizeof(*bad_lines); i++) {
		char name[24];

		snprintf(name, sizeof(name), "brain %zu", i);
		mn_brain_close(w->brain);
		w->brain = world_brain(w, name);
		snprintf(text, sizeof(text),
			"{\"neuron\":{\"uid\":\"a\",\"type\":\"concept\",\"text\":\"t\"}}\n%s\n"
			"{\"neuron\":{\"uid\":\"later\",\"type\":\"concept\",\"text\":\"t\"}}\n",
			bad_lines[i].line);
		world_expect(w, world_import(w, w->brain, MN_FORMAT_GRAPH, mn_str_of(text)), MN_OK);
		assert_int_equal(w->report.bad, 1);
		assert_memory_equal(world_text(&w->bad), "2: ", 3);
		assert_int_equal(w->report.neurons, 2);
		assert_int_equal(w->report.synapses + w->report.added, 0);
	}
}

/* A graph of n neurons with synapses and fibers, some of them parallel. */
static mn_buf big_graph(unsigned n)
{
	mn_buf b = MN_BUF(64 << 20);
	uint64_t seed = 1;

	for (unsigned i = 0; i < n; i++)
		mn_buf_printf(&b,
			i % 3 ? "{\"neuron\":{\"type\":\"concept\",\"text\":\"c %u\"}}\n"
			      : "{\"neuron\":{\"uid\":\"u%u\",\"type\":\"memory\",\"text\":\"m\"}}\n",
			i);
	for (unsigned i = 0; i < 3 * n; i++) {
		unsigned from = (unsigned)(i / 3), to;

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		to = (unsigned)(seed >> 33) % (n / 3);
		mn_buf_printf(&b,
			from % 3 ? "{\"synapse\":{\"from\":\"concept:c %u\","
				 : "{\"synapse\":{\"from\":\"u%u\",",
			from);
		mn_buf_printf(&b, "\"to\":\"u%u\",\"type\":\"is_a\",\"weight\":0.%u%s}}\n", to * 3,
			i % 9 + 1, i % 5 ? "" : ",\"two_way\":true");
	}
	for (unsigned i = 0; i < n; i += 3)
		mn_buf_printf(
			&b, "{\"fiber\":{\"anchor\":\"u%u\",\"tags\":[\"t%u\"]}}\n", i, i % 4);
	return b;
}

static void the_graph_does_not_depend_on_the_size_of_batches(void **state)
{
	static const uint32_t sizes[] = {1, 7, 100, 20000};
	world *w = *state;
	mn_buf graph = big_graph(300), first = {0};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		char name[24];
		mn_brain *b;
		mn_buf dump;

		snprintf(name, sizeof(name), "batch %zu", i);
		b = world_brain(w, name);
		w->in.batch = sizes[i];
		world_expect(w, world_import(w, b, MN_FORMAT_GRAPH, mn_buf_view(&graph)), MN_OK);
		dump = world_dump(w, b);
		if (i == 0) {
			first = dump;
		} else {
			assert_string_equal(first.ptr, dump.ptr);
			mn_buf_free(&dump);
		}
		mn_brain_close(b);
	}
	mn_buf_free(&first);
	mn_buf_free(&graph);
}

static void a_cancelled_import_is_taken_up_again_without_doubling(void **state)
{
	world *w = *state;
	mn_buf graph = big_graph(300), whole, resumed;
	mn_brain *b = world_brain(w, "resumed");
	uint64_t stored = 0;

	w->in.batch = 50;
	world_expect(w, world_import(w, w->brain, MN_FORMAT_GRAPH, mn_buf_view(&graph)), MN_OK);
	whole = world_dump(w, w->brain);
	for (size_t stop = 3000; stop < graph.len; stop += 7001) {
		w->stop_at = stop;
		w->call.token = mn_token_new();
		world_expect(
			w, world_import(w, b, MN_FORMAT_GRAPH, mn_buf_view(&graph)), MN_ECANCELLED);
		mn_token_free(w->call.token);
		w->call.token = NULL;
		stored += w->report.neurons;
	}
	w->stop_at = 0;
	world_expect(w, world_import(w, b, MN_FORMAT_GRAPH, mn_buf_view(&graph)), MN_OK);
	assert_int_equal(stored + w->report.neurons, 300);
	resumed = world_dump(w, b);
	assert_string_equal(whole.ptr, resumed.ptr);
	mn_buf_free(&graph);
	mn_buf_free(&whole);
	mn_buf_free(&resumed);
	mn_brain_close(b);
}

/* ---- What the linker lets us do in between ------------------------------------------------ */

static unsigned conflicts;

int __real_mn_brain_apply(
	mn_brain *, mn_call *, const mn_gen *, const mn_change *, size_t, mn_applied *);
int __wrap_mn_brain_apply(
	mn_brain *, mn_call *, const mn_gen *, const mn_change *, size_t, mn_applied *);

/* Somebody else writes between the look-up and the apply of a batch, as often as asked. */
int __wrap_mn_brain_apply(mn_brain *b, mn_call *call, const mn_gen *expect,
	const mn_change *changes, size_t n, mn_applied *out)
{
	if (conflicts && expect) {
		mn_neuron other = {.type = MN_CONCEPT, .text = MN_STR("written by another")};
		mn_change change = {MN_PUT, MN_NEURON, &other};

		conflicts--;
		assert_int_equal(mn_brain_reserve(b, call, MN_NEURON, 1, &other.id), MN_OK);
		assert_int_equal(__real_mn_brain_apply(b, call, NULL, &change, 1, NULL), MN_OK);
	}
	return __real_mn_brain_apply(b, call, expect, changes, n, out);
}

static void a_batch_is_tried_again_when_somebody_else_wrote(void **state)
{
	world *w = *state;

	conflicts = 3;
	world_expect(w, world_import(w, w->brain, MN_FORMAT_GRAPH, mn_str_of(small)), MN_OK);
	assert_int_equal(conflicts, 0);
	assert_int_equal(w->report.neurons, 2);
	assert_int_equal(w->report.synapses, 3);
	assert_int_equal(((const mn_fiber *)row(w, MN_FIBER, "f"))->synapses.n, 2);
}

static void a_batch_gives_up_when_others_write_all_the_time(void **state)
{
	world *w = *state;

	conflicts = 1000;
	world_expect(w, world_import(w, w->brain, MN_FORMAT_GRAPH, mn_str_of(small)), MN_ECONFLICT);
	conflicts = 0;
	assert_int_equal(w->report.neurons, 0);
	assert_int_equal(find(w, MN_NEURON, "a"), 0);
}

/* ---- Memory that runs out ----------------------------------------------------------------- */

static unsigned long allowed;

static void *failing(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	if (size == 0) {
		free(ptr);
		return NULL;
	}
	if (allowed == 0)
		return NULL;
	allowed--;
	return realloc(ptr, size);
}

static void whichever_allocation_fails_nothing_is_half_written(void **state)
{
	static const mn_memory scarce = {NULL, failing};
	world *w = *state;
	int status = MN_ENOMEM;

	mn_memory_use(&scarce);
	for (unsigned long n = 0; status != MN_OK && n < 3000; n++) {
		char name[24];
		mn_brain *b;
		mn_brain_row about;

		allowed = ULONG_MAX;
		snprintf(name, sizeof(name), "scarce %lu", n);
		b = world_brain(w, name);
		mn_call_reset(&w->call);
		allowed = n;
		status = world_import(w, b, MN_FORMAT_GRAPH, mn_str_of(small));
		allowed = ULONG_MAX;
		if (status != MN_OK && status != MN_ENOMEM)
			fail_msg("allocation %lu: %s", n, w->call.err->text);
		world_expect(w, mn_brain_describe(b, &w->call, &about), MN_OK);
		assert_int_equal(about.neurons, status == MN_OK ? 2 : 0);
		assert_int_equal(about.fibers, status == MN_OK ? 2 : 0);
		assert_int_equal(w->report.neurons, about.neurons);
		mn_brain_close(b);
		world_expect(w, mn_store_delete(w->store, &w->call, mn_str_of(name)), MN_OK);
	}
	assert_int_equal(status, MN_OK);
	mn_memory_use(NULL);
}

static int encoded;

int __wrap_mn_brain_encode(mn_brain *, mn_call *, mn_ids anchors);

int __wrap_mn_brain_encode(mn_brain *b, mn_call *call, mn_ids anchors)
{
	mn_id a = 0;
	mn_str uid = MN_STR("a");

	assert_int_equal(mn_brain_resolve(b, call, MN_NEURON, (mn_strs){&uid, 1}, &a), MN_OK);
	assert_int_equal(anchors.n, 1);
	assert_int_equal(anchors.at[0], a);
	encoded++;
	return MN_OK;
}

static void anchors_are_encoded_when_a_fiber_asks_for_it_and_each_time(void **state)
{
	static const char lines[] =
		"{\"neuron\":{\"uid\":\"a\",\"type\":\"concept\",\"text\":\"t\"}}\n"
		"{\"neuron\":{\"uid\":\"b\",\"type\":\"concept\",\"text\":\"t\"}}\n"
		"{\"fiber\":{\"anchor\":\"a\",\"encode\":true}}\n{\"fiber\":{\"anchor\":\"b\"}}\n";
	world *w = *state;

	encoded = 0;
	world_expect(w, world_import(w, w->brain, MN_FORMAT_GRAPH, mn_str_of(lines)), MN_OK);
	assert_int_equal(encoded, 1);
	/* It may have been cut off between the rows and the words. */
	world_expect(w, world_import(w, w->brain, MN_FORMAT_GRAPH, mn_str_of(lines)), MN_OK);
	assert_int_equal(encoded, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLAIM(rows_arrive_as_the_lines_say),
		CLAIM(importing_again_changes_nothing),
		CLAIM(a_line_changes_what_it_says_and_leaves_the_rest),
		CLAIM(a_bad_line_stops_its_whole_batch_and_says_where),
		CLAIM(a_bad_line_is_passed_over_if_one_says_so),
		CLAIM(the_graph_does_not_depend_on_the_size_of_batches),
		CLAIM(a_cancelled_import_is_taken_up_again_without_doubling),
		CLAIM(a_batch_is_tried_again_when_somebody_else_wrote),
		CLAIM(a_batch_gives_up_when_others_write_all_the_time),
		CLAIM(whichever_allocation_fails_nothing_is_half_written),
		CLAIM(anchors_are_encoded_when_a_fiber_asks_for_it_and_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
