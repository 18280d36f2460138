/* SPDX-License-Identifier: MIT */
/* test_commit.c - group commit: who shares a commit, who is to blame, who may leave. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "server/commit.h"

enum { WRITERS = 24 };

struct world {
	mn_engine *engine;
	mn_store *store;
	mn_brain *brain;
	mn_call call;
	mn_committer *committer;
	atomic_size_t groups, entries;
};

static void told(void *ctx, size_t entries)
{
	struct world *w = ctx;

	w->groups++;
	w->entries += entries;
}

static int set_up(void **state)
{
	static struct world world;
	mn_error err = MN_SIZED(mn_error);
	struct world *w = &world;

	*w = (struct world){0};
	assert_int_equal(mn_engine_new(NULL, &err, &w->engine), MN_OK);
	assert_int_equal(mn_call_init(&w->call, w->engine, 0), MN_OK);
	assert_int_equal(
		mn_store_open(w->engine, &w->call, MN_STR("memory:"), false, &w->store), MN_OK);
	assert_int_equal(mn_store_create(w->store, &w->call, MN_STR("b"), MN_STR("")), MN_OK);
	assert_int_equal(mn_brain_open(w->store, &w->call, MN_STR("b"), &w->brain), MN_OK);
	assert_int_equal(mn_committer_new(&w->call, told, w, &w->committer), MN_OK);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	mn_committer_free(w->committer);
	mn_brain_close(w->brain);
	mn_call_done(&w->call);
	mn_store_close(w->store);
	mn_engine_free(w->engine);
	return 0;
}

/* ---- Writers ------------------------------------------------------------------------------ */

struct writer {
	struct world *world;
	size_t number;
	const char *key;   /* NULL: notes */
	mn_id id;          /* of the neuron it adds; 0: a new one */
	atomic_bool *gate; /* its draw waits until this is true; NULL: does not wait */
	atomic_bool *begun;
	mn_token *token;
	int status;
	mn_error error;
	mn_applied applied;
};

static int draw(void *ctx, mn_brain *brain, mn_call *call, mn_sheet *sheet)
{
	struct writer *w = ctx;
	mn_neuron *row = mn_arena_alloc(call->arena, sizeof(*row));
	static const char *const texts[] = {"one", "two", "three"};

	(void)brain;
	if (w->begun)
		*w->begun = true;
	while (w->gate && !*w->gate)
		sched_yield();
	*row = (mn_neuron){.id = w->id,
		.type = mn_type_code(MN_NEURON, MN_STR("concept")),
		.text = mn_str_of(texts[w->number % 3]),
		.created = 1,
		.updated = 1};
	return mn_sheet_put(sheet, MN_ADD, MN_NEURON, row);
}

static void remember(struct writer *w, mn_call *call)
{
	char text[40];
	mn_note note = MN_SIZED(mn_note);
	mn_kept kept;

	snprintf(text, sizeof(text), "memory number %zu", w->number);
	note.text = w->id ? MN_STR("") : mn_str_of(text);
	w->status = mn_commit_notes(
		w->world->committer, w->world->brain, MN_STR("b"), call, &note, 1, &kept);
}

static void *write_one(void *arg)
{
	struct writer *w = arg;
	mn_call call;

	if (mn_call_init(&call, w->world->engine, 0) != MN_OK)
		return NULL;
	call.token = w->token;
	w->applied = MN_SIZED(mn_applied);
	w->applied.culprit = 99;
	if (w->key)
		w->status = mn_commit_changes(w->world->committer, w->world->brain, MN_STR("b"),
			&call, mn_str_of(w->key), draw, w, &w->applied);
	else
		remember(w, &call);
	if (w->status != MN_OK)
		w->error = *call.err;
	mn_call_done(&call);
	return NULL;
}

static void run_all(struct writer *writers, size_t n)
{
	pthread_t threads[WRITERS];

	for (size_t i = 0; i < n; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_one, &writers[i]), 0);
	for (size_t i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

static uint64_t count(struct world *w, int kind)
{
	mn_brain_row row;

	assert_int_equal(mn_brain_describe(w->brain, &w->call, &row), MN_OK);
	return kind == MN_NEURON ? row.neurons : row.fibers;
}

/* ---- Tests -------------------------------------------------------------------------------- */

static void everybody_is_answered_and_written_once(void **state)
{
	struct world *w = *state;
	struct writer writers[WRITERS] = {0};

	for (size_t i = 0; i < WRITERS; i++)
		writers[i] = (struct writer){.world = w, .number = i, .key = i % 2 ? "" : NULL};
	run_all(writers, WRITERS);
	for (size_t i = 0; i < WRITERS; i++)
		assert_int_equal(writers[i].status, MN_OK);
	assert_int_equal(count(w, MN_FIBER), WRITERS / 2);
	assert_int_equal(w->entries, WRITERS);
	assert_in_range(w->groups, 2, WRITERS);
}

static void who_comes_while_one_is_written_shares_the_next_commit(void **state)
{
	struct world *w = *state;
	atomic_bool gate = false, begun = false;
	struct writer first = {.world = w, .key = "", .gate = &gate, .begun = &begun};
	struct writer others[WRITERS] = {0};
	pthread_t leader, threads[WRITERS];

	assert_int_equal(pthread_create(&leader, NULL, write_one, &first), 0);
	while (!begun)
		sched_yield();
	for (size_t i = 0; i < WRITERS; i++) {
		others[i] = (struct writer){.world = w, .number = i, .key = ""};
		assert_int_equal(pthread_create(&threads[i], NULL, write_one, &others[i]), 0);
	}
	assert_int_equal(w->groups, 0); /* nobody passes the one that is written */
	gate = true;
	pthread_join(leader, NULL);
	for (size_t i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(w->entries, WRITERS + 1);
	assert_int_equal(count(w, MN_NEURON), WRITERS + 1);
}

static void the_same_row_is_never_written_twice_in_a_group(void **state)
{
	struct world *w = *state;
	struct writer writers[WRITERS] = {0};

	for (size_t i = 0; i < WRITERS; i++)
		writers[i] = (struct writer){.world = w, .number = i, .key = "row"};
	run_all(writers, WRITERS);
	assert_int_equal(w->groups, WRITERS);
	assert_int_equal(count(w, MN_NEURON), WRITERS);
}

static void one_that_does_not_fit_fails_alone(void **state)
{
	struct world *w = *state;
	struct writer writers[WRITERS] = {0};
	size_t failed = 0;

	for (size_t i = 0; i < WRITERS; i++)
		writers[i] = (struct writer){.world = w,
			.number = i,
			.key = "",
			.id = i % 4 == 0 ? 1000000 : 0}; /* an id that only one can have */
	run_all(writers, WRITERS);
	for (size_t i = 0; i < WRITERS; i++) {
		if (writers[i].status == MN_OK)
			continue;
		failed++;
		assert_int_equal(i % 4, 0);
		assert_int_equal(writers[i].status, MN_ECONFLICT);
		assert_int_equal(writers[i].error.code, MN_ECONFLICT);
		assert_int_equal(writers[i].applied.culprit, 0);
	}
	assert_int_equal(failed, WRITERS / 4 - 1);
	assert_int_equal(count(w, MN_NEURON), WRITERS - failed);
}

static void a_bad_note_fails_alone(void **state)
{
	struct world *w = *state;
	struct writer writers[WRITERS] = {0};

	for (size_t i = 0; i < WRITERS; i++) /* id: an empty text */
		writers[i] = (struct writer){.world = w, .number = i, .id = i % 6 == 0};
	run_all(writers, WRITERS);
	for (size_t i = 0; i < WRITERS; i++)
		assert_int_equal(writers[i].status, i % 6 == 0 ? MN_EINVAL : MN_OK);
	assert_int_equal(count(w, MN_FIBER), WRITERS - WRITERS / 6);
}

static void who_is_cancelled_while_waiting_leaves(void **state)
{
	struct world *w = *state;
	atomic_bool gate = false, begun = false;
	struct writer first = {.world = w, .key = "", .gate = &gate, .begun = &begun};
	struct writer second = {.world = w, .number = 1, .key = "", .token = mn_token_new()};
	pthread_t leader, waiting;

	assert_int_equal(pthread_create(&leader, NULL, write_one, &first), 0);
	while (!begun)
		sched_yield();
	assert_int_equal(pthread_create(&waiting, NULL, write_one, &second), 0);
	mn_token_cancel(second.token);
	pthread_join(waiting, NULL); /* while the first is still being written */
	assert_int_equal(second.status, MN_ECANCELLED);
	gate = true;
	pthread_join(leader, NULL);
	assert_int_equal(first.status, MN_OK);
	assert_int_equal(count(w, MN_NEURON), 1);
	mn_token_free(second.token);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(everybody_is_answered_and_written_once),
		TEST(who_comes_while_one_is_written_shares_the_next_commit),
		TEST(the_same_row_is_never_written_twice_in_a_group),
		TEST(one_that_does_not_fit_fails_alone),
		TEST(a_bad_note_fails_alone),
		TEST(who_is_cancelled_while_waiting_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
