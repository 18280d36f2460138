/* SPDX-License-Identifier: MIT */
/* Asking a brain: what is answered, refused, reinforced, and what happens when something fails. */
#include "sketch.h"

#include <pthread.h>
#include <unistd.h>

#include "recall/answer.h"

static int ask(sketch *s, const char *text, mn_ask *q, mn_answer *a)
{
	q->text = mn_str_of(text);
	q->fresh = true;
	return mn_brain_recall(s->brain, &s->call, q, a);
}

static mn_answer answer_to(sketch *s, const char *text)
{
	mn_ask q = MN_SIZED(mn_ask);
	mn_answer a = MN_SIZED(mn_answer);

	q.depth = MN_DEPTH_AUTO;
	OK(&s->call, ask(s, text, &q, &a));
	return a;
}

static bool says(mn_str got, const char *want)
{
	return mn_str_is(got, want);
}

/* Hits as one line: uids and scores to the last bit. */
static char *line_of(const mn_answer *a)
{
	char *line = calloc(1, 65536);
	size_t n = 0;

	for (size_t i = 0; i < a->nhits; i++)
		n += (size_t)snprintf(line + n, 65536 - n, "%.*s %.17g\n", (int)a->hits[i].uid.len,
			a->hits[i].uid.ptr, a->hits[i].score);
	return line;
}

static void nothing_known_is_an_answer_without_hits(void **state)
{
	sketch *s = sketch_begin();
	static const char *const questions[] = {"", " ", "?", "the of and", "zzyzx"};

	(void)state;
	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++)
		assert_int_equal(answer_to(s, questions[i]).nhits, 0); /* an empty brain */
	sketch_remember(s);
	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++)
		assert_int_equal(answer_to(s, questions[i]).nhits, 0);
	sketch_end(s);
}

static void a_brain_without_stems_is_answered_by_classic(void **state)
{
	sketch *s = sketch_begin();
	mn_id apollo = sketch_neuron(s, MN_ENTITY, "Apollo", 0);
	mn_id text = sketch_memory(s, "m", "Apollo was moved to Thursday", 0);
	mn_ask q = MN_SIZED(mn_ask);
	mn_answer a;

	(void)state;
	sketch_synapse(s, text, apollo, MN_RELATED_TO, .9);
	sketch_write(s);
	a = answer_to(s, "When is Apollo?");
	assert_int_equal(a.nhits, 1);
	assert_true(says(a.hits[0].uid, "m") && says(a.kernel, "classic"));
	q.depth = MN_DEPTH_AUTO;
	q.kernel = MN_STR("fan");
	OK(&s->call, ask(s, "When is Apollo?", &q, &a));
	assert_int_equal(a.nhits, 0); /* it was asked for */
	assert_true(says(a.kernel, "fan"));
	sketch_remember(s);
	assert_true(says(answer_to(s, "moth").kernel, "fan"));
	sketch_end(s);
}

static void the_trace_is_of_the_kernel_that_answered(void **state)
{
	sketch *s = sketch_begin();
	mn_id apollo = sketch_neuron(s, MN_ENTITY, "Apollo", 0);
	mn_ask q = MN_SIZED(mn_ask);
	mn_answer a = MN_SIZED(mn_answer);
	const mn_trace_head *head;

	(void)state;
	sketch_synapse(s, sketch_memory(s, "m", "Apollo", 0), apollo, MN_RELATED_TO, .9);
	sketch_write(s);
	q.depth = MN_DEPTH_AUTO;
	q.want_trace = true;
	OK(&s->call, ask(s, "When is Apollo?", &q, &a));
	head = mn_trace_about(a.trace);
	assert_true(says(head->kernel, "classic"));
	assert_int_equal(mn_trace_neuron_of(a.trace, apollo)->level, 1);
	mn_trace_free(a.trace);
	sketch_end(s);
}

static void what_cannot_be_asked_is_refused(void **state)
{
	sketch *s = sketch_begin();
	mn_ask q = MN_SIZED(mn_ask);
	mn_answer a = MN_SIZED(mn_answer);
	mn_str nobody = MN_STR("nobody");

	(void)state;
	q.kernel = MN_STR("quantum");
	assert_int_equal(ask(s, "bug", &q, &a), MN_EINVAL);
	assert_non_null(strstr(s->call.err->text, "quantum"));
	q.kernel = (mn_str){0};
	q.depth = 4;
	assert_int_equal(ask(s, "bug", &q, &a), MN_EINVAL);
	q.depth = -2;
	assert_int_equal(ask(s, "bug", &q, &a), MN_EINVAL);
	q.depth = 1;
	q.limit = 1000000;
	assert_int_equal(ask(s, "bug", &q, &a), MN_EINVAL);
	q.limit = 0;
	q.anchors = (mn_strs){&nobody, 1};
	assert_int_equal(ask(s, "bug", &q, &a), MN_EINVAL);
	q.anchors = (mn_strs){0};
	assert_int_equal(ask(s, "b\xff", &q, &a), MN_EINVAL);
	sketch_end(s);
}

static void the_memory_that_answers_comes_first(void **state)
{
	sketch *s = sketch_begin();
	mn_answer a;

	(void)state;
	sketch_remember(s);
	a = answer_to(s, "When did Grace find the first bug?");
	assert_true(says(a.hits[0].uid, "d2") || says(a.hits[0].uid, "d1"));
	a = answer_to(s, "glitch");
	assert_true(says(a.hits[0].uid, "t3"));
	assert_true(says(a.hits[0].title, "glitch"));
	a = answer_to(s, "What did the finder of the moth write?"); /* t2 names Grace Hopper */
	assert_true(a.nhits >= 2);
	sketch_end(s);
}

/* As many memories of one level, named m000 and so on in an order other than that of their ids. */
static sketch *tied_sketch(int n, char uids[][8], mn_ask *q)
{
	sketch *s = sketch_begin();
	mn_id bug = sketch_neuron(s, MN_CONCEPT, "bug", 0);

	for (int i = 0; i < n; i++) {
		snprintf(uids[i], sizeof(uids[i]), "m%03d", (i * 77) % n);
		sketch_synapse(s, sketch_memory(s, uids[i], "x", 0), bug, MN_INVOLVES, .5);
	}
	sketch_write(s);
	q->depth = MN_DEPTH_CONTEXT;
	q->limit = 30;
	return s;
}

static void equal_scores_stand_in_the_order_of_their_uids(void **state)
{
	static char uids[90][8];
	mn_ask q = MN_SIZED(mn_ask);
	sketch *s = tied_sketch(90, uids, &q);
	mn_answer a = MN_SIZED(mn_answer);

	(void)state;
	OK(&s->call, ask(s, "bug", &q, &a));
	assert_int_equal(a.nhits, 30);
	/* Of 90 memories of one level the 20 lowest ids fired, which gave them nothing here. */
	for (int i = 0; i < 30; i++) {
		char want[8];

		snprintf(want, sizeof(want), "m%03d", i);
		assert_true(says(a.hits[i].uid, want));
	}
	sketch_end(s);
}

static void of_more_equal_scores_than_are_named_the_lowest_ids_are_taken(void **state)
{
	static char uids[400][8];
	mn_ask q = MN_SIZED(mn_ask);
	sketch *s = tied_sketch(400, uids, &q);
	mn_answer a = MN_SIZED(mn_answer);
	mn_id most = 0;

	(void)state;
	OK(&s->call, ask(s, "bug", &q, &a));
	assert_int_equal(a.nhits, 30);
	for (int i = 0; i < 30; i++) {
		assert_true(i == 0 || mn_str_cmp(a.hits[i - 1].uid, a.hits[i].uid) < 0);
		most = a.hits[i].neuron > most ? a.hits[i].neuron : most;
	}
	assert_true(most < a.hits[0].neuron + 60);
	sketch_end(s);
}

static void what_is_archived_is_left_out(void **state)
{
	sketch *s = sketch_begin();
	mn_id bug = sketch_neuron(s, MN_CONCEPT, "bug", 0);
	mn_id here = sketch_memory(s, "here", "x", 0);
	mn_id gone = sketch_memory(s, "gone", "x", MN_NEURON_ARCHIVED);
	mn_id shut = sketch_memory(s, "shut", "x", 0);
	mn_answer a;

	(void)state;
	s->fibers[2].stage = MN_STAGE_ARCHIVED;
	sketch_synapse(s, here, bug, MN_INVOLVES, .3);
	sketch_synapse(s, gone, bug, MN_INVOLVES, .9);
	sketch_synapse(s, shut, bug, MN_INVOLVES, .8);
	sketch_write(s);
	a = answer_to(s, "bug");
	assert_int_equal(a.nhits, 1);
	assert_true(says(a.hits[0].uid, "here"));
	sketch_end(s);
}

static void a_context_keeps_within_its_tokens(void **state)
{
	sketch *s = sketch_begin();
	mn_ask q = MN_SIZED(mn_ask);
	mn_answer a = MN_SIZED(mn_answer);

	(void)state;
	sketch_remember(s);
	q.depth = MN_DEPTH_AUTO;
	q.want_context = true;
	for (uint32_t tokens = 1; tokens < 300; tokens += 7) {
		q.context_tokens = tokens;
		OK(&s->call, ask(s, "the first bug in the log book", &q, &a));
		assert_true(mn_tokens_of(a.context) <= tokens + 1);
		assert_true(mn_text_valid(a.context));
	}
	assert_true(mn_str_starts(a.context, "- "));
	q.context_tokens = 0; /* the brain's own */
	OK(&s->call, ask(s, "the first bug in the log book", &q, &a));
	assert_true(a.context.len > 100);
	sketch_end(s);
}

static void neurons_asked_for_by_uid_fire(void **state)
{
	sketch *s = sketch_begin();
	mn_ask q = MN_SIZED(mn_ask);
	mn_answer a = MN_SIZED(mn_answer);
	mn_str concept = MN_STR("concept:moth"), name = MN_STR("entity:grace hopper");
	mn_str memory = MN_STR("t5");

	(void)state;
	sketch_remember(s);
	q.depth = MN_DEPTH_CONTEXT;
	q.anchors = (mn_strs){&concept, 1};
	OK(&s->call, ask(s, "", &q, &a));
	assert_true(a.nhits >= 2);
	q.anchors = (mn_strs){&name, 1};
	OK(&s->call, ask(s, "", &q, &a));
	assert_true(says(a.hits[0].uid, "t4"));
	q.anchors = (mn_strs){&memory, 1};
	OK(&s->call, ask(s, "", &q, &a));
	assert_true(says(a.hits[0].uid, "t5"));
	q.kernel = MN_STR("classic");
	OK(&s->call, ask(s, "", &q, &a));
	assert_true(says(a.hits[0].uid, "t5"));
	near(a.hits[0].score, 1);
	sketch_end(s);
}

static void classic_answers_questions_too(void **state)
{
	sketch *s = sketch_begin();
	mn_ask q = MN_SIZED(mn_ask);
	mn_answer a = MN_SIZED(mn_answer);

	(void)state;
	sketch_remember(s);
	q.kernel = MN_STR("classic");
	q.depth = MN_DEPTH_AUTO;
	OK(&s->call, ask(s, "glitch", &q, &a));
	assert_int_equal(a.nhits, 2); /* the one of that name, and the one that links to it */
	assert_true(says(a.hits[0].uid, "t3") || says(a.hits[1].uid, "t3"));
	assert_true(a.hits[0].score <= 1);
	sketch_end(s);
}

static void auto_chooses_the_depth_by_the_question(void **state)
{
	static const struct {
		const char *question, *kernel;
		int depth;
	} cases[] = {
		{"glitch", "fan", 1},
		{"Who found the first bug?", "fan", 2},
		{"Who found the first bug?", "classic", 0},
		{"What came after the bug?", "classic", 1},
		{"What does Grace usually read?", "classic", 2},
		{"Why did Ada write notes?", "classic", 3},
		{"How did Ada feel?", "classic", 3},
	};
	sketch *s = sketch_begin();

	(void)state;
	sketch_remember(s);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		mn_ask q = MN_SIZED(mn_ask);
		mn_answer a = MN_SIZED(mn_answer);

		q.depth = MN_DEPTH_AUTO;
		q.kernel = mn_str_of(cases[i].kernel);
		OK(&s->call, ask(s, cases[i].question, &q, &a));
		assert_int_equal(a.depth, cases[i].depth);
	}
	sketch_end(s);
}

/* ---- Learning ------------------------------------------------------------------------------ */

static uint32_t uses_of(sketch *s, int kind, mn_id id)
{
	mn_rows rows;

	OK(&s->call, mn_brain_get(s->brain, &s->call, kind, (mn_ids){&id, 1}, 0, &rows));
	return kind == MN_STATE ? rows.at.state[0].uses : rows.at.synapse[0].uses;
}

static void recall_reinforces_what_it_used(void **state)
{
	sketch *s = sketch_begin();
	mn_id bug = sketch_neuron(s, MN_CONCEPT, "bug", 0),
	      cat = sketch_neuron(s, MN_CONCEPT, "cat", 0);
	mn_id m = sketch_memory(s, "m", "x", 0);
	mn_id used = sketch_synapse(s, m, bug, MN_INVOLVES, .5);
	mn_id other = sketch_synapse(s, m, cat, MN_INVOLVES, .5);
	mn_ask q = MN_SIZED(mn_ask);
	mn_answer a = MN_SIZED(mn_answer);
	mn_edge const *edges;
	size_t n;
	uint64_t degree;

	(void)state;
	sketch_write(s);
	q.learn = true;
	for (int i = 0; i < 3; i++)
		OK(&s->call, ask(s, "bug", &q, &a));
	OK(&s->call, mn_brain_settle(s->brain, &s->call));
	assert_int_equal(uses_of(s, MN_STATE, m), 3);
	assert_int_equal(uses_of(s, MN_STATE, bug), 3);
	assert_int_equal(uses_of(s, MN_SYNAPSE, used), 3);
	assert_int_equal(uses_of(s, MN_SYNAPSE, other), 0);
	OK(&s->call, mn_brain_edges(s->brain, &s->call, bug, 0, &edges, &n, &degree));
	near(edges[0].weight, 1 - .5 * .95 * .95 * .95); /* folded into the list */
	sketch_end(s);
}

static void without_learning_nothing_is_written(void **state)
{
	sketch *s = sketch_begin();
	mn_gen before;

	(void)state;
	sketch_remember(s);
	OK(&s->call, mn_brain_generation(s->brain, &s->call));
	before = s->call.at;
	answer_to(s, "bug");
	OK(&s->call, mn_brain_settle(s->brain, &s->call));
	OK(&s->call, mn_brain_generation(s->brain, &s->call));
	assert_memory_equal(&before, &s->call.at, sizeof(before));
	sketch_end(s);
}

static void the_same_question_is_answered_from_memory_and_reinforced(void **state)
{
	sketch *s = sketch_begin();
	mn_ask q = MN_SIZED(mn_ask);
	mn_answer a = MN_SIZED(mn_answer), b = MN_SIZED(mn_answer);
	mn_note note = MN_SIZED(mn_note);
	mn_remembered done = MN_SIZED(mn_remembered);
	uint32_t uses;
	char *x, *y;

	(void)state;
	sketch_remember(s);
	q.text = mn_str_of("glitch");
	q.depth = MN_DEPTH_AUTO;
	q.learn = q.want_context = true;
	OK(&s->call, mn_brain_recall(s->brain, &s->call, &q, &a));
	for (int i = 0; i < 4; i++)
		OK(&s->call, mn_brain_recall(s->brain, &s->call, &q, &b));
	x = line_of(&a);
	y = line_of(&b);
	assert_string_equal(x, y);
	assert_true(mn_str_eq(a.context, b.context) && mn_str_eq(a.hits[0].via, b.hits[0].via));
	OK(&s->call, mn_brain_settle(s->brain, &s->call));
	uses = uses_of(s, MN_STATE, a.hits[0].neuron);
	assert_int_equal(uses, 5);
	note.id = MN_STR("new");
	note.text = MN_STR("glitch glitch glitch");
	OK(&s->call, mn_brain_remember(s->brain, &s->call, &note, 1, &done));
	OK(&s->call, mn_brain_recall(s->brain, &s->call, &q, &b));
	assert_true(b.nhits > a.nhits); /* of another graph it is another question */
	free(x);
	free(y);
	sketch_end(s);
}

/* ---- The same answer ----------------------------------------------------------------------- */

static const char *const questions[] = {"When did Grace find the first bug?", "glitch",
	"What did Charles Babbage read?", "who wrote the first compiler", "moth in the log book",
	"What happened in May 2023?"};
#define QUESTIONS (sizeof(questions) / sizeof(*questions))

static void a_cold_a_warm_and_a_traced_recall_agree(void **state)
{
	sketch *s = sketch_begin();

	(void)state;
	sketch_remember(s);
	for (size_t i = 0; i < QUESTIONS; i++)
		for (int depth = 0; depth <= 3; depth++) {
			mn_ask q = MN_SIZED(mn_ask);
			mn_answer a = MN_SIZED(mn_answer);
			char *cold, *warm, *traced;

			mn_brain_close(s->brain);
			OK(&s->call, mn_brain_open(s->store, &s->call, MN_STR("b"), &s->brain));
			q.depth = depth;
			OK(&s->call, ask(s, questions[i], &q, &a));
			cold = line_of(&a);
			OK(&s->call, ask(s, questions[i], &q, &a));
			warm = line_of(&a);
			q.want_trace = true;
			OK(&s->call, ask(s, questions[i], &q, &a));
			traced = line_of(&a);
			mn_trace_free(a.trace);
			assert_string_equal(cold, warm);
			assert_string_equal(cold, traced);
			free(cold);
			free(warm);
			free(traced);
		}
	sketch_end(s);
}

static void the_smallest_of_caches_gives_the_same_answers(void **state)
{
	sketch *s = sketch_begin(), *small = sketch_begin_with(1);

	(void)state;
	sketch_remember(s);
	sketch_remember(small);
	for (size_t i = 0; i < QUESTIONS; i++) {
		mn_answer a = answer_to(s, questions[i]), b = answer_to(small, questions[i]);
		char *x = line_of(&a), *y = line_of(&b);

		assert_string_equal(x, y);
		free(x);
		free(y);
	}
	sketch_end(s);
	sketch_end(small);
}

/* A folder that is gone at the end of the test. */
static char *make_folder(char path[64])
{
	snprintf(path, 64, "/tmp/mn-recall-XXXXXX");
	assert_non_null(mkdtemp(path));
	return path;
}

static void drop_folder(const char *path)
{
	char command[128];

	snprintf(command, sizeof(command), "%s/b.db", path);
	for (size_t i = 0; i < 3; i++) {
		snprintf(command, sizeof(command), "%s/b.db%s", path,
			(const char *[]){"", "-wal", "-shm"}[i]);
		unlink(command);
	}
	rmdir(path);
}

static void memory_and_sqlite_agree(void **state)
{
	char path[64], url[80];
	sketch *m = sketch_begin(), *q;

	(void)state;
	snprintf(url, sizeof(url), "sqlite:%s", make_folder(path));
	q = sketch_begin_in(url, 0, NULL);
	sketch_remember(m);
	sketch_remember(q);
	for (size_t i = 0; i < QUESTIONS; i++) {
		mn_answer a = answer_to(m, questions[i]), b = answer_to(q, questions[i]);
		char *x = line_of(&a), *y = line_of(&b);

		assert_string_equal(x, y);
		free(x);
		free(y);
	}
	sketch_end(m);
	sketch_end(q);
	drop_folder(path);
}

static void what_somebody_else_wrote_is_found(void **state)
{
	char path[64], url[80];
	sketch *s;
	mn_store *other;
	mn_brain *theirs;
	mn_note note = MN_SIZED(mn_note);
	mn_remembered done = MN_SIZED(mn_remembered);
	mn_answer a;

	(void)state;
	snprintf(url, sizeof(url), "sqlite:%s", make_folder(path));
	s = sketch_begin_in(url, 0, NULL);
	sketch_remember(s);
	answer_to(s, "glitch"); /* the cache is warm */
	OK(&s->call, mn_store_open(s->engine, &s->call, mn_str_of(url), false, &other));
	OK(&s->call, mn_brain_open(other, &s->call, MN_STR("b"), &theirs));
	note.id = MN_STR("new");
	note.text = MN_STR("A glitch and another glitch.");
	OK(&s->call, mn_brain_remember(theirs, &s->call, &note, 1, &done));
	a = answer_to(s, "glitch");
	assert_true(says(a.hits[0].uid, "new") || says(a.hits[1].uid, "new"));
	mn_brain_close(theirs);
	mn_store_close(other);
	sketch_end(s);
	drop_folder(path);
}

/* ---- When something fails ------------------------------------------------------------------- */

static void the_failure_of_any_allocation_is_survived(void **state)
{
	sketch *s = sketch_begin();
	char *before, *after;
	mn_answer first;
	size_t n;

	(void)state;
	sketch_remember(s);
	first = answer_to(s, questions[0]);
	before = line_of(&first);
	for (n = 0; n < 100000; n++) {
		mn_ask q = MN_SIZED(mn_ask);
		mn_answer a = MN_SIZED(mn_answer);
		int rc;

		mn_brain_close(s->brain); /* with it goes what is cached */
		OK(&s->call, mn_brain_open(s->store, &s->call, MN_STR("b"), &s->brain));
		q.depth = MN_DEPTH_DEEP;
		q.want_trace = q.want_context = true;
		mn_call_reset(&s->call);
		sketch_allocations = n;
		mn_memory_use(&sketch_failing);
		rc = ask(s, questions[0], &q, &a);
		mn_memory_use(NULL);
		if (rc == MN_OK) {
			mn_trace_free(a.trace);
			if (sketch_allocations)
				break;
			continue; /* what failed was not needed */
		}
		assert_int_equal(rc, MN_ENOMEM);
		assert_int_equal(s->call.err->code, MN_ENOMEM);
	}
	assert_true(n > 50);
	first = answer_to(s, questions[0]);
	after = line_of(&first);
	assert_string_equal(before, after);
	free(before);
	free(after);
	sketch_end(s);
}

static mn_time ticks;

static mn_time tick(void *ctx)
{
	(void)ctx;
	return ++ticks;
}

static void no_randomness(void *ctx, void *out, size_t n)
{
	(void)ctx;
	memset(out, 7, n);
}

static void no_log(void *ctx, int level, const char *line)
{
	(void)ctx, (void)level, (void)line;
}

static size_t no_secret(void *ctx, const char *name, char *out, size_t room)
{
	(void)ctx, (void)name, (void)out, (void)room;
	return 0;
}

static void a_deadline_ends_a_recall_at_any_point(void **state)
{
	static const mn_seams seams = {.size = sizeof(seams),
		.wall = tick,
		.monotonic = tick,
		.random = no_randomness,
		.log = no_log,
		.secret = no_secret};
	sketch *s = sketch_begin_in("memory:", 0, &seams);
	mn_ask q = MN_SIZED(mn_ask);
	mn_answer a = MN_SIZED(mn_answer);
	char *before, *after;
	int timeouts = 0;

	(void)state;
	sketch_remember(s);
	q.depth = MN_DEPTH_AUTO;
	OK(&s->call, ask(s, questions[0], &q, &a));
	before = line_of(&a);
	for (int k = 1; k < 1000; k++) {
		int rc;

		mn_brain_close(s->brain);
		OK(&s->call, mn_brain_open(s->store, &s->call, MN_STR("b"), &s->brain));
		mn_call_reset(&s->call);
		s->call.deadline = ticks + k;
		rc = ask(s, questions[0], &q, &a);
		s->call.deadline = 0;
		if (rc == MN_OK)
			break;
		assert_int_equal(rc, MN_ETIMEOUT);
		timeouts++;
	}
	assert_true(timeouts > 5);
	OK(&s->call, ask(s, questions[0], &q, &a));
	after = line_of(&a);
	assert_string_equal(before, after);
	free(before);
	free(after);
	sketch_end(s);
}

static void a_cancelled_recall_says_so(void **state)
{
	sketch *s = sketch_begin();
	mn_ask q = MN_SIZED(mn_ask);
	mn_answer a = MN_SIZED(mn_answer);
	mn_token *token = mn_token_new();

	(void)state;
	sketch_remember(s);
	mn_token_cancel(token);
	s->call.token = token;
	assert_int_equal(ask(s, "bug", &q, &a), MN_ECANCELLED);
	s->call.token = NULL;
	mn_token_free(token);
	sketch_end(s);
}

/* ---- Together ------------------------------------------------------------------------------ */

struct asker {
	sketch *s;
	int wrong;
};

static void *ask_along(void *arg)
{
	struct asker *asker = arg;
	mn_call call;

	if (mn_call_init(&call, asker->s->engine, 0) != MN_OK)
		return NULL;
	for (size_t i = 0; i < 60; i++) {
		mn_ask q = MN_SIZED(mn_ask);
		mn_answer a = MN_SIZED(mn_answer);

		mn_call_reset(&call);
		q.text = mn_str_of(questions[i % QUESTIONS]);
		q.depth = MN_DEPTH_AUTO;
		q.learn = i % 3 == 0;
		q.fresh = i % 2;
		q.want_trace = i % 5 == 0;
		if (mn_brain_recall(asker->s->brain, &call, &q, &a) != MN_OK || a.nhits == 0) {
			print_error("%s: %s\n", questions[i % QUESTIONS], call.err->text);
			asker->wrong++;
		}
		mn_trace_free(a.trace);
	}
	mn_call_done(&call);
	return NULL;
}

static void several_recalls_beside_a_writer_all_answer(void **state)
{
	sketch *s = sketch_begin_with(150000);
	struct asker askers[3];
	pthread_t threads[3];

	(void)state;
	sketch_remember(s);
	for (int i = 0; i < 3; i++) {
		askers[i] = (struct asker){.s = s};
		assert_int_equal(pthread_create(&threads[i], NULL, ask_along, &askers[i]), 0);
	}
	for (int i = 0; i < 40; i++) {
		char text[64];
		mn_note note = MN_SIZED(mn_note);
		mn_remembered done = MN_SIZED(mn_remembered);

		snprintf(text, sizeof(text), "Grace found bug number %d.", i);
		note.text = mn_str_of(text);
		OK(&s->call, mn_brain_remember(s->brain, &s->call, &note, 1, &done));
	}
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(askers[i].wrong, 0);
	}
	sketch_end(s);
}

static void vitals_count_recalls_and_their_latencies(void **state)
{
	sketch *s = sketch_begin();
	mn_vitals v = MN_SIZED(mn_vitals);

	(void)state;
	sketch_remember(s);
	for (int i = 0; i < 1030; i++) {
		answer_to(s, "glitch");
		mn_call_reset(&s->call);
	}
	OK(&s->call, mn_brain_vitals(s->brain, &v));
	assert_int_equal(v.recalls, 1030);
	assert_int_equal(v.nlatency, 1024);
	assert_true(v.cache_bytes > 0 && v.cache_bytes < v.cache_budget);
	sketch_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_known_is_an_answer_without_hits),
		cmocka_unit_test(a_brain_without_stems_is_answered_by_classic),
		cmocka_unit_test(the_trace_is_of_the_kernel_that_answered),
		cmocka_unit_test(what_cannot_be_asked_is_refused),
		cmocka_unit_test(the_memory_that_answers_comes_first),
		cmocka_unit_test(equal_scores_stand_in_the_order_of_their_uids),
		cmocka_unit_test(of_more_equal_scores_than_are_named_the_lowest_ids_are_taken),
		cmocka_unit_test(what_is_archived_is_left_out),
		cmocka_unit_test(a_context_keeps_within_its_tokens),
		cmocka_unit_test(neurons_asked_for_by_uid_fire),
		cmocka_unit_test(classic_answers_questions_too),
		cmocka_unit_test(auto_chooses_the_depth_by_the_question),
		cmocka_unit_test(recall_reinforces_what_it_used),
		cmocka_unit_test(the_same_question_is_answered_from_memory_and_reinforced),
		cmocka_unit_test(without_learning_nothing_is_written),
		cmocka_unit_test(a_cold_a_warm_and_a_traced_recall_agree),
		cmocka_unit_test(the_smallest_of_caches_gives_the_same_answers),
		cmocka_unit_test(memory_and_sqlite_agree),
		cmocka_unit_test(what_somebody_else_wrote_is_found),
		cmocka_unit_test(the_failure_of_any_allocation_is_survived),
		cmocka_unit_test(a_deadline_ends_a_recall_at_any_point),
		cmocka_unit_test(a_cancelled_recall_says_so),
		cmocka_unit_test(several_recalls_beside_a_writer_all_answer),
		cmocka_unit_test(vitals_count_recalls_and_their_latencies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
