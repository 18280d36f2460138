/* SPDX-License-Identifier: MIT */
/* recall.c - claims about recalls from a store that is far away: trips, and the same answers. */
#include "recall.h"

#include <math.h>
#include <stdio.h>

#include "../conformance/harness.h"
#include "proxy.h"

/* Memories that share words and names, so that there is something to spread over. */
static void remember_some(struct room *r, mn_brain *b)
{
	static const char *const who[] = {"Ada", "Grace", "Alan", "Barbara"};
	static const char *const what[] = {
		"the engine", "a compiler", "the machine", "an old moth", "a letter"};
	mn_note notes[40];
	char text[40][120];
	mn_remembered done = MN_SIZED(mn_remembered);

	for (unsigned i = 0; i < COUNT(notes); i++) {
		snprintf(text[i], sizeof(text[i]), "%s wrote about %s and %s to %s", who[i % 4],
			what[i % 5], what[(i / 2) % 5], who[(i / 4) % 4]);
		notes[i] = MN_SIZED(mn_note);
		notes[i].text = mn_str_of(text[i]);
		notes[i].session = MN_STR("s");
		notes[i].time = NOON + DAYS(i);
		notes[i].has_time = true;
	}
	ok(r, mn_brain_remember(b, &r->call, notes, COUNT(notes), &done));
}

static mn_answer recall(struct room *r, mn_brain *b, const char *text, int depth, bool trace)
{
	mn_ask ask = MN_SIZED(mn_ask);
	mn_answer a = MN_SIZED(mn_answer);

	ask.text = mn_str_of(text);
	ask.kernel = MN_STR("classic");
	ask.depth = depth;
	ask.want_trace = trace;
	ask.fresh = true;
	ok(r, mn_brain_recall(b, &r->call, &ask, &a));
	return a;
}

/* What the store walks by itself against what the loop of the kernel finds, recording it. */
static void same_answers(struct room *r, mn_store *store, const char *text, int depth)
{
	mn_answer pushed, looped;
	unsigned trips;
	mn_brain *b;

	ok(r, mn_brain_open(store, &r->call, r->brain, &b)); /* its cache is empty */
	recall(r, b, "nobody", depth, false);                /* but for the brain's row */
	proxy_count();
	pushed = recall(r, b, text, depth, false);
	trips = proxy_count();
	looped = recall(r, b, text, depth, true);
	print_message("%s, depth %d: %u trips, %zu hits\n", text, depth, trips, pushed.nhits);
	assert_true(pushed.nhits > 0);
	assert_in_range(trips, 1, 3); /* anchors, spread, what is shown */
	assert_int_equal(pushed.nhits, looped.nhits);
	for (size_t i = 0; i < pushed.nhits; i++) {
		assert_true(fabs(pushed.hits[i].score - looped.hits[i].score) < 1e-12);
		assert_true(mn_str_eq(pushed.hits[i].uid, looped.hits[i].uid));
	}
	mn_trace_free(looped.trace);
	mn_brain_close(b);
}

void a_recall_takes_few_trips_and_answers_as_the_loop_does(void **state)
{
	struct room *r = *state;
	mn_store *store;
	mn_brain *b;

	ok(r, mn_store_open(r->engine, &r->call, mn_str_of(r->url), false, &store));
	ok(r, mn_brain_open(store, &r->call, r->brain, &b));
	remember_some(r, b);
	mn_brain_close(b);
	same_answers(r, store, "compiler", MN_DEPTH_INSTANT);
	same_answers(r, store, "what did Grace write about the moth?", MN_DEPTH_INSTANT);
	same_answers(r, store, "what did Ada write about an engine?", MN_DEPTH_CONTEXT);
	mn_store_close(store);
}

static void same_hits(const mn_answer *got, const mn_answer *want)
{
	assert_true(want->nhits > 0);
	assert_int_equal(got->nhits, want->nhits);
	for (size_t i = 0; i < want->nhits; i++) {
		const mn_memory_hit *a = &got->hits[i], *b = &want->hits[i];

		assert_true(fabs(a->score - b->score) < 1e-12);
		assert_true(mn_str_eq(a->uid, b->uid));
		assert_true(mn_str_eq(a->text, b->text));
		assert_true(mn_str_eq(a->via, b->via));
		assert_int_equal(a->time, b->time);
		assert_int_equal(a->fiber != 0, b->fiber != 0);
	}
}

/* Cold, then from lists that a trace has read, then from what was kept. */
static void answers_as(struct room *r, mn_brain *far, mn_brain *near, const char *text)
{
	for (int depth = MN_DEPTH_INSTANT; depth <= MN_DEPTH_DEEP; depth++) {
		const mn_answer want = recall(r, near, text, depth, false);
		mn_answer got = recall(r, far, text, depth, false);

		same_hits(&got, &want);
		got = recall(r, far, text, depth, true);
		same_hits(&got, &want);
		mn_trace_free(got.trace);
		recall(r, far, text, depth, false);
		proxy_count();
		got = recall(r, far, text, depth, false);
		assert_int_equal(proxy_count(), 1); /* for the generation */
		same_hits(&got, &want);
	}
}

void a_recall_answers_as_memory_does_and_keeps_what_it_read(void **state)
{
	static const char *const texts[] = {
		"compiler", "what did Grace write about the moth?", "Ada and an old engine"};
	struct room *r = *state;
	mn_store *store, *memory;
	mn_brain *far, *near;

	ok(r, mn_store_open(r->engine, &r->call, mn_str_of(r->url), false, &store));
	ok(r, mn_brain_open(store, &r->call, r->brain, &far));
	ok(r, mn_store_open(r->engine, &r->call, MN_STR("memory:"), false, &memory));
	ok(r, mn_store_create(memory, &r->call, MN_STR("near"), (mn_str){0}));
	ok(r, mn_brain_open(memory, &r->call, MN_STR("near"), &near));
	remember_some(r, far);
	remember_some(r, near);
	for (size_t i = 0; i < COUNT(texts); i++)
		answers_as(r, far, near, texts[i]);
	mn_brain_close(near);
	mn_brain_close(far);
	mn_store_close(memory);
	mn_store_close(store);
}

/* Stages live in fibers, which answers keep: a change of ours has to reach them. */
void a_memory_that_is_archived_is_not_shown_from_what_was_kept(void **state)
{
	struct room *r = *state;
	mn_applied applied = MN_SIZED(mn_applied);
	mn_answer before, after;
	mn_store *store;
	mn_brain *b;
	mn_fiber fiber;
	mn_rows rows;

	ok(r, mn_store_open(r->engine, &r->call, mn_str_of(r->url), false, &store));
	ok(r, mn_brain_open(store, &r->call, r->brain, &b));
	remember_some(r, b);
	before = recall(r, b, "compiler", MN_DEPTH_CONTEXT, false);
	assert_true(before.nhits > 1);
	ok(r, mn_brain_get(b, &r->call, MN_FIBER, (mn_ids){&before.hits[0].fiber, 1}, 0, &rows));
	fiber = rows.at.fiber[0];
	fiber.stage = MN_STAGE_ARCHIVED;
	ok(r, mn_brain_apply(
		      b, &r->call, NULL, &(mn_change){MN_TUNE, MN_FIBER, &fiber}, 1, &applied));
	after = recall(r, b, "compiler", MN_DEPTH_CONTEXT, false);
	assert_int_equal(after.nhits, before.nhits - 1);
	assert_true(mn_str_eq(after.hits[0].uid, before.hits[1].uid));
	mn_brain_close(b);
	mn_store_close(store);
}
