/* SPDX-License-Identifier: MIT */
/* Traces: what they add up to, how they are written, read, compared and drawn. */
#include "sketch.h"

#include "base/buf.h"

static const char *const questions[] = {"When did Grace find the first bug?",
	"Did Charles Babbage read the notes in May 2023?", "moth in the log book of the Mark II"};
#define QUESTIONS (sizeof(questions) / sizeof(*questions))

static mn_answer traced(sketch *s, const char *text, int depth, const char *kernel)
{
	mn_ask q = MN_SIZED(mn_ask);
	mn_answer a = MN_SIZED(mn_answer);

	q.text = mn_str_of(text);
	q.depth = depth;
	q.kernel = mn_str_of(kernel);
	q.want_trace = true;
	OK(&s->call, mn_brain_recall(s->brain, &s->call, &q, &a));
	assert_non_null(a.trace);
	return a;
}

static int into_buf(void *ctx, mn_call *call, const char *bytes, size_t n)
{
	mn_buf_add(ctx, bytes, n);
	return mn_buf_ok(ctx) ? MN_OK : mn_fail_memory(call);
}

static mn_buf written(sketch *s, const mn_trace *t, int format)
{
	mn_buf b = MN_BUF((size_t)64 << 20);
	mn_sink sink = {&b, into_buf};

	OK(&s->call, mn_trace_write(t, &s->call, format, &sink));
	return b;
}

struct bytes {
	mn_str left;
};

static int from_bytes(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	struct bytes *b = ctx;

	(void)call;
	*n = b->left.len < room ? b->left.len : room;
	if (*n)
		memcpy(out, b->left.ptr, *n);
	b->left = mn_str_sub(b->left, *n, b->left.len);
	return MN_OK;
}

static int read_trace(sketch *s, mn_str text, mn_trace **out)
{
	struct bytes b = {text};
	mn_source source = {&b, from_bytes, MN_STR("trace.jsonl")};

	return mn_trace_read(s->engine, &s->call, &source, out);
}

/* ---- Adding up ----------------------------------------------------------------------------- */

static void every_score_recomputes_to_the_last_bit(void **state)
{
	sketch *s = sketch_begin();

	(void)state;
	sketch_remember(s);
	for (size_t i = 0; i < QUESTIONS; i++)
		for (int depth = 0; depth <= 3; depth++)
			for (int k = 0; k < 2; k++) {
				mn_answer a = traced(s, questions[i], depth, k ? "classic" : "fan");

				assert_true(a.nhits > 0 || k == 1);
				for (size_t h = 0; h < a.nhits; h++) {
					mn_id id = a.hits[h].neuron;

					assert_true(
						mn_trace_recompute(a.trace, id) == a.hits[h].score);
					assert_true(mn_trace_neuron_of(a.trace, id)->level
						    == a.hits[h].score);
				}
				mn_trace_free(a.trace);
			}
	sketch_end(s);
}

static void an_event_is_the_product_of_its_factors(void **state)
{
	sketch *s = sketch_begin();
	mn_answer a;
	const mn_event *events;
	size_t n;

	(void)state;
	sketch_remember(s);
	a = traced(s, questions[0], MN_DEPTH_DEEP, "fan");
	n = mn_trace_events(a.trace, &events);
	assert_true(n > 40);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(events[i].step, i);
		assert_true(events[i].out
			    == events[i].in * events[i].gain * events[i].weight * events[i].share);
		assert_true(*mn_reason_name(events[i].reason));
	}
	mn_trace_free(a.trace);
	sketch_end(s);
}

static void the_ways_to_a_memory_add_up_to_its_score(void **state)
{
	sketch *s = sketch_begin();

	(void)state;
	sketch_remember(s);
	for (size_t i = 0; i < QUESTIONS; i++)
		for (int k = 0; k < 2; k++) {
			mn_answer a = traced(s, questions[i], 3, k ? "classic" : "fan");

			for (size_t h = 0; h < a.nhits; h++) {
				const mn_why *why;
				size_t n;
				double sum = 0;

				OK(&s->call, mn_trace_why(a.trace, &s->call, a.hits[h].neuron, &why,
						     &n));
				assert_true(n > 0);
				for (size_t w = 0; w < n; w++) {
					assert_true(w == 0 || why[w].gives <= why[w - 1].gives);
					assert_int_equal(why[w].path[0]->from, 0);
					sum += why[w].gives;
				}
				if (k == 0 || sum < 1) /* classic stops at 1 */
					assert_true(fabs(sum - a.hits[h].score) < 1e-9);
			}
			mn_trace_free(a.trace);
		}
	sketch_end(s);
}

/* Under classic each way is a chain: its levels multiply out. */
static void a_way_of_classic_multiplies_out(void **state)
{
	sketch *s = sketch_begin();
	mn_id a = sketch_neuron(s, MN_CONCEPT, "bug", 0), b = sketch_neuron(s, MN_CONCEPT, "b", 0);
	mn_id m = sketch_memory(s, "m", "x", 0);
	const mn_why *why;
	mn_answer answer;
	size_t n;

	(void)state;
	sketch_synapse(s, a, b, MN_RELATED_TO, .9);
	sketch_synapse(s, b, m, MN_RELATED_TO, .95);
	sketch_write(s);
	answer = traced(s, "bug", MN_DEPTH_CONTEXT, "classic");
	assert_int_equal(answer.nhits, 1);
	OK(&s->call, mn_trace_why(answer.trace, &s->call, m, &why, &n));
	assert_int_equal(n, 1);
	assert_int_equal(why[0].n, 3);
	assert_true(why[0].path[0]->to == a && why[0].path[1]->to == b && why[0].path[2]->to == m);
	near(why[0].gives, .5 * .9 * .5 * .95);
	mn_trace_free(answer.trace);
	sketch_end(s);
}

/* ---- Writing and reading -------------------------------------------------------------------- */

static void a_trace_reads_back_to_the_same_trace(void **state)
{
	sketch *s = sketch_begin();

	(void)state;
	sketch_remember(s);
	for (size_t i = 0; i < QUESTIONS; i++) {
		mn_answer a = traced(s, questions[i], MN_DEPTH_AUTO, i % 2 ? "classic" : "fan");
		mn_buf first = written(s, a.trace, MN_TRACE_JSONL), again;
		mn_trace *back;

		OK(&s->call, read_trace(s, mn_buf_view(&first), &back));
		again = written(s, back, MN_TRACE_JSONL);
		assert_int_equal(first.len, again.len);
		assert_memory_equal(first.ptr, again.ptr, first.len);
		for (size_t h = 0; h < a.nhits; h++)
			assert_true(mn_trace_recompute(back, a.hits[h].neuron) == a.hits[h].score);
		assert_true(mn_str_is(mn_trace_about(back)->question, questions[i]));
		mn_trace_free(back);
		mn_trace_free(a.trace);
		mn_buf_free(&first);
		mn_buf_free(&again);
	}
	sketch_end(s);
}

static void a_cut_or_altered_trace_is_refused_with_its_line(void **state)
{
	sketch *s = sketch_begin();
	mn_answer a;
	mn_buf b;
	mn_trace *back;
	size_t refused = 0;

	(void)state;
	sketch_remember(s);
	a = traced(s, "glitch", MN_DEPTH_CONTEXT, "fan");
	b = written(s, a.trace, MN_TRACE_JSONL);
	srandom(3);
	for (int i = 0; i < 2000; i++) {
		char *copy = malloc(b.len);
		size_t n = b.len, at = (size_t)random() % b.len;

		memcpy(copy, b.ptr, b.len);
		if (i % 3 == 0)
			n = at;
		else
			copy[at] = (char)random();
		mn_call_reset(&s->call);
		if (read_trace(s, (mn_str){copy, n}, &back) == MN_OK) {
			mn_trace_free(back); /* a letter of a text, say */
		} else {
			refused++;
			assert_non_null(strstr(s->call.err->text, "trace.jsonl:"));
		}
		free(copy);
	}
	assert_true(refused > 700);
	mn_trace_free(a.trace);
	mn_buf_free(&b);
	sketch_end(s);
}

static void hostile_traces_are_refused(void **state)
{
	static const char *const heads[] = {
		"",
		"null",
		"[]",
		"{\"trace\":2}",
		"{\"trace\":1}",
		"{\"trace\":1,\"question\":\"\",\"kernel\":\"\",\"brain\":\"\",\"depth\":9,\"when\":"
		"\"2023-05-08T00:00:00Z\",\"activated\":0,\"examined\":0,\"latency_us\":0,\"cut\":"
		"false,\"neurons\":0,\"events\":0,\"ranked\":0}",
		"{\"trace\":1,\"question\":\"\",\"kernel\":\"\",\"brain\":\"\",\"depth\":1,\"when\":"
		"\"2023-05-08T00:00:00Z\",\"activated\":0,\"examined\":0,\"latency_us\":0,\"cut\":"
		"false,\"neurons\":9223372036854775807,\"events\":0,\"ranked\":0}",
		"{\"trace\":1,\"question\":\"\",\"kernel\":\"\",\"brain\":\"\",\"depth\":1,\"when\":"
		"\"2023-05-08T00:00:00Z\",\"activated\":0,\"examined\":0,\"latency_us\":0,\"cut\":"
		"false,\"neurons\":1,\"events\":0,\"ranked\":0}\n{\"neuron\":0,\"uid\":\"\",\"type\":"
		"\"\",\"flags\":0,\"text\":\"\"}",
		"{\"trace\":1,\"question\":\"\",\"kernel\":\"\",\"brain\":\"\",\"depth\":1,\"when\":"
		"\"2023-05-08T00:00:00Z\",\"activated\":0,\"examined\":0,\"latency_us\":0,\"cut\":"
		"false,\"neurons\":0,\"events\":0,\"ranked\":0}\n{}",
	};
	sketch *s = sketch_begin();
	mn_trace *t;

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		mn_call_reset(&s->call);
		assert_int_equal(read_trace(s, mn_str_of(heads[i]), &t), MN_EINVAL);
	}
	sketch_end(s);
}

/* ---- Comparing ----------------------------------------------------------------------------- */

static void a_trace_does_not_differ_from_itself(void **state)
{
	sketch *s = sketch_begin();
	mn_answer a;
	mn_trace_diff d;

	(void)state;
	sketch_remember(s);
	a = traced(s, questions[0], MN_DEPTH_AUTO, "fan");
	OK(&s->call, mn_trace_compare(a.trace, a.trace, &s->call, &d));
	assert_int_equal(d.n, 0);
	assert_true(d.both > 0 && d.only_a == 0 && d.only_b == 0);
	mn_trace_free(a.trace);
	sketch_end(s);
}

static void a_comparison_tells_what_changed_and_why(void **state)
{
	sketch *s = sketch_begin();
	mn_id a = sketch_memory(s, "a", "x", 0), b = sketch_memory(s, "b", "x", 0);
	mn_id target = sketch_neuron(s, MN_ENTITY, "glitch", 0);
	mn_answer one, two;
	mn_trace_diff d;
	char because[200];

	(void)state;
	sketch_synapse(s, a, sketch_neuron(s, MN_CONCEPT, "bug", 0), MN_INVOLVES, .5);
	sketch_synapse(s, a, target, MN_RELATED_TO, 1);
	sketch_synapse(s, b, target, MN_NAMED, 1);
	sketch_write(s);
	one = traced(s, "bug", MN_DEPTH_INSTANT, "fan");
	two = traced(s, "bug", MN_DEPTH_CONTEXT, "fan");
	OK(&s->call, mn_trace_compare(one.trace, two.trace, &s->call, &d));
	assert_int_equal(d.only_a, 0);
	assert_int_equal(d.only_b, 2); /* the entity and b */
	for (size_t i = 0; i < d.n; i++)
		if (mn_str_is(d.at[i].uid, "b")) {
			near(d.at[i].a, 0);
			near(d.at[i].b, .7);
			assert_int_equal(d.at[i].rank_a, 0);
			assert_int_equal(d.at[i].rank_b, 2);
			snprintf(because, sizeof(because), "%.*s", (int)d.at[i].because.len,
				d.at[i].because.ptr);
			assert_string_equal(because, "+0.700 link of glitch");
		}
	mn_trace_free(one.trace);
	mn_trace_free(two.trace);
	sketch_end(s);
}

/* ---- Drawing ------------------------------------------------------------------------------- */

static size_t count(const mn_buf *b, const char *word)
{
	size_t n = 0, len = strlen(word);

	for (size_t i = 0; i + len <= b->len; i++)
		n += memcmp(b->ptr + i, word, len) == 0;
	return n;
}

static void hostile_text_stays_text_in_every_picture(void **state)
{
	static const char text[] = "bug \"]; evil [x=\"\n<script>&'\x1b[2J\\";
	sketch *s = sketch_begin();
	mn_answer a;

	(void)state;
	sketch_synapse(s, sketch_memory(s, "m<&>", text, 0), sketch_neuron(s, MN_CONCEPT, "bug", 0),
		MN_INVOLVES, .5);
	sketch_write(s);
	a = traced(s, "bug </svg><svg onload=\"x\">", MN_DEPTH_AUTO, "fan");
	for (int format = MN_TRACE_JSONL; format <= MN_TRACE_GRAPHML; format++) {
		mn_buf b = written(s, a.trace, format);

		assert_int_equal(count(&b, "\x1b"), 0);
		assert_true(b.len > 100);
		if (format == MN_TRACE_DOT) {
			assert_int_equal(count(&b, "\\\"]; evil [x=\\\""), 1);
			assert_int_equal(count(&b, "{"), 1);
			assert_int_equal(count(&b, "}"), 1);
		}
		if (format == MN_TRACE_SVG || format == MN_TRACE_GRAPHML) {
			assert_int_equal(count(&b, "<script>"), 0);
			assert_true(count(&b, "&lt;script&gt;&amp;&#39;") > 0);
			assert_int_equal(count(&b, "onload=\""), 0);
			assert_int_equal(count(&b, "</svg>"), format == MN_TRACE_SVG);
		}
		mn_buf_free(&b);
	}
	mn_trace_free(a.trace);
	sketch_end(s);
}

static void a_picture_of_a_large_spread_stays_small(void **state)
{
	sketch *s = sketch_begin();
	mn_id bug = sketch_neuron(s, MN_CONCEPT, "bug", 0);
	static char uids[500][8];
	mn_answer a;
	mn_buf b;

	(void)state;
	for (int i = 0; i < 500; i++) {
		snprintf(uids[i], sizeof(uids[i]), "m%d", i);
		sketch_synapse(s, sketch_memory(s, uids[i], "x", 0), bug, MN_INVOLVES, .5);
	}
	sketch_write(s);
	a = traced(s, "bug", MN_DEPTH_AUTO, "fan");
	b = written(s, a.trace, MN_TRACE_SVG);
	assert_true(count(&b, "<g>") <= 64);
	assert_true(b.len < 100000);
	mn_buf_free(&b);
	mn_trace_free(a.trace);
	sketch_end(s);
}

static int refuse_bytes(void *ctx, mn_call *call, const char *bytes, size_t n)
{
	(void)ctx, (void)bytes, (void)n;
	return mn_fail(call, MN_EIO, 28, "the disk is full");
}

static void a_sink_that_fails_fails_the_writing(void **state)
{
	sketch *s = sketch_begin();
	mn_sink sink = {NULL, refuse_bytes};
	mn_answer a;

	(void)state;
	sketch_remember(s);
	a = traced(s, "glitch", MN_DEPTH_AUTO, "fan");
	for (int format = MN_TRACE_JSONL; format <= MN_TRACE_GRAPHML; format++)
		assert_int_equal(mn_trace_write(a.trace, &s->call, format, &sink), MN_EIO);
	assert_int_equal(mn_trace_write(a.trace, &s->call, 17, &sink), MN_EINVAL);
	mn_trace_free(a.trace);
	sketch_end(s);
}

/* What is done with a trace, but reading it: jansson asserts where its memory runs out. */
static int use_trace(sketch *s, const mn_trace *t, mn_id neuron)
{
	mn_buf b = MN_BUF((size_t)64 << 20);
	mn_sink sink = {&b, into_buf};
	const mn_why *why;
	mn_trace_diff diff;
	size_t n;
	int rc = mn_trace_why(t, &s->call, neuron, &why, &n);

	if (rc == MN_OK)
		rc = mn_trace_compare(t, t, &s->call, &diff);
	for (int format = MN_TRACE_JSONL; rc == MN_OK && format <= MN_TRACE_GRAPHML; format++)
		rc = mn_trace_write(t, &s->call, format, &sink);
	mn_buf_free(&b);
	return rc;
}

static void the_failure_of_any_allocation_is_survived(void **state)
{
	sketch *s = sketch_begin();
	mn_answer a;
	mn_id best;
	size_t n;

	(void)state;
	sketch_remember(s);
	a = traced(s, "glitch", MN_DEPTH_CONTEXT, "fan");
	best = a.hits[0].neuron;
	for (n = 0; n < 100000; n++) {
		int rc;

		mn_call_done(&s->call); /* a call that was used keeps memory */
		OK(&s->call, mn_call_init(&s->call, s->engine, 0));
		sketch_allocations = n;
		mn_memory_use(&sketch_failing);
		rc = use_trace(s, a.trace, best);
		mn_memory_use(NULL);
		if (rc == MN_OK)
			break;
		assert_int_equal(rc, MN_ENOMEM);
	}
	assert_true(n > 10);
	mn_trace_free(a.trace);
	sketch_end(s);
}

/* The recorder drops what changed nothing before it drops what did, and then says so. */
static void a_recorder_that_is_full_says_that_it_is_cut(void **state)
{
	mn_record *r = mn_record_new();
	mn_event e = {.op = MN_OP_BEST, .fate = MN_FATE_WEAKER};

	(void)state;
	for (size_t i = 0; i < MN_MOST_IDLE + 10; i++)
		mn_record_add(r, &e);
	assert_int_equal(r->n, MN_MOST_IDLE);
	assert_false(r->cut);
	e.fate = MN_FATE_RAISED;
	for (size_t i = 0; i < MN_MOST_EVENTS; i++)
		mn_record_add(r, &e);
	assert_int_equal(r->n, MN_MOST_EVENTS);
	assert_true(r->cut);
	mn_record_clear(r);
	assert_true(r->n == 0 && !r->cut);
	mn_record_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_score_recomputes_to_the_last_bit),
		cmocka_unit_test(an_event_is_the_product_of_its_factors),
		cmocka_unit_test(the_ways_to_a_memory_add_up_to_its_score),
		cmocka_unit_test(a_way_of_classic_multiplies_out),
		cmocka_unit_test(a_trace_reads_back_to_the_same_trace),
		cmocka_unit_test(a_cut_or_altered_trace_is_refused_with_its_line),
		cmocka_unit_test(hostile_traces_are_refused),
		cmocka_unit_test(a_trace_does_not_differ_from_itself),
		cmocka_unit_test(a_comparison_tells_what_changed_and_why),
		cmocka_unit_test(hostile_text_stays_text_in_every_picture),
		cmocka_unit_test(a_picture_of_a_large_spread_stays_small),
		cmocka_unit_test(a_sink_that_fails_fails_the_writing),
		cmocka_unit_test(the_failure_of_any_allocation_is_survived),
		cmocka_unit_test(a_recorder_that_is_full_says_that_it_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
