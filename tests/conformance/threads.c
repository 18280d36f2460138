/* SPDX-License-Identifier: MIT */
/*
 * threads.c - claims about calls of several threads at once, within what the store promises.
 * Built under ThreadSanitizer as well. A thread notes what it found wrong; the claim looks at it
 * after all have ended.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops.h"

#define READERS 4

/* Lets in what mn_info.threads allows, as the engine does. */
static struct {
	pthread_mutex_t all, writers;
} gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};

static void enter(const struct room *r, bool writes)
{
	if (r->info.threads == MN_ONE_CALL)
		pthread_mutex_lock(&gate.all);
	else if (writes && r->info.threads == MN_MANY_READERS)
		pthread_mutex_lock(&gate.writers);
}

static void leave(const struct room *r, bool writes)
{
	if (r->info.threads == MN_ONE_CALL)
		pthread_mutex_unlock(&gate.all);
	else if (writes && r->info.threads == MN_MANY_READERS)
		pthread_mutex_unlock(&gate.writers);
}

struct worker {
	pthread_t thread;
	struct room *room;
	atomic_bool *stop;
	unsigned number;
	uint64_t rounds;
	char wrong[200]; /* empty: nothing */
};

#define wrong_if(w, condition)                                                            \
	do {                                                                              \
		if ((condition) && !(w)->wrong[0])                                        \
			snprintf((w)->wrong, sizeof((w)->wrong), "line %d: %s", __LINE__, \
				#condition);                                              \
	} while (0)

/* Runs them beside `mine`, which the claim's thread runs, and looks at what they found. */
static void run(struct room *r, void *(*reader)(void *), void (*mine)(struct room *))
{
	struct worker w[READERS];
	atomic_bool stop = false;

	for (unsigned i = 0; i < READERS; i++) {
		w[i] = (struct worker){.room = r, .stop = &stop, .number = i};
		assert_int_equal(pthread_create(&w[i].thread, NULL, reader, &w[i]), 0);
	}
	mine(r);
	atomic_store(&stop, true);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(w[i].thread, NULL);
	for (unsigned i = 0; i < READERS; i++) {
		assert_string_equal(w[i].wrong, "");
		assert_true(w[i].rounds > 0);
	}
}

/* ---- Readers beside a writer -------------------------------------------------------------------
 */

#define SPOKES 24

/* A hub with SPOKES synapses whose weights sum up to 6, whatever the writer does. */
static void build_wheel(struct room *r)
{
	struct batch b = {0};

	batch_neuron(&b, N(0), MN_CONCEPT, "hub");
	for (int i = 1; i <= 2 * SPOKES; i++)
		batch_neuron(&b, N(i), MN_CONCEPT, "rim");
	for (int i = 0; i < SPOKES; i++)
		batch_synapse(&b, S(i), N(0), N(i + 1), MN_NEAR, 0.25);
	batch_apply(r, &b);
}

/* Moves spokes about; between two batches the wheel is always whole. */
static void turn_wheel(struct room *r)
{
	uint64_t seed = 9;
	mn_call call;

	assert_int_equal(mn_call_init(&call, r->engine, 0), MN_OK);
	for (unsigned round = 0; round < so_often(r, 150); round++) {
		struct batch b = {0};
		mn_applied applied;
		mn_id spoke = S(dice_below(&seed, SPOKES));
		mn_synapse s = synapse(
			spoke, N(0), N(1 + dice_below(&seed, 2 * SPOKES)), MN_NEAR, 0.25);
		int status;

		batch_drop(&b, MN_SYNAPSE, spoke);
		batch_row(&b, MN_ADD, MN_SYNAPSE, &s);
		batch_bump(&b, MN_STATE, N(0), 1, NOON);
		if (round % 10 == 0) {
			batch_neuron(&b, N(200 + round), MN_CONCEPT, "passing");
			batch_drop(&b, MN_NEURON, N(200 + round));
		}
		enter(r, true);
		status = batch_try(r, &call, &b, NULL, &applied);
		leave(r, true);
		batch_free(&b);
		assert_int_equal(status, MN_OK);
		mn_call_reset(&call);
	}
	mn_call_done(&call);
}

/* One hop from the hub and all the rim, seen from both ends: is it one generation's? */
static void read_wheel(struct worker *w, mn_call *call)
{
	struct room *r = w->room;
	const mn_reach both = {.out = true, .in = true};
	mn_id at[2 * SPOKES + 1];
	mn_expand e = MN_SIZED(mn_expand);
	mn_fan fan = {0};
	double sum = 0;
	size_t spokes = 0;

	for (size_t i = 0; i < COUNT(at); i++)
		at[i] = N(i);
	e.brain = r->brain;
	e.frontier = (mn_ids){at, COUNT(at)};
	e.reaches = &both;
	e.nreaches = 1;
	enter(r, false);
	wrong_if(w, r->be->expand(r->db, call, &e, &fan) != MN_OK);
	leave(r, false);
	if (w->wrong[0])
		return;
	for (uint32_t i = 0; i < fan.start[1]; i++)
		sum += fan.weight[i];
	for (size_t i = 1; i < COUNT(at); i++)
		spokes += fan_length(&fan, i);
	wrong_if(w, fan.degree[0] != SPOKES);
	wrong_if(w, sum != SPOKES * 0.25);
	wrong_if(w, spokes != SPOKES);
}

static void *watch_wheel(void *arg)
{
	struct worker *w = arg;
	struct room *r = w->room;
	mn_gen last = {0};
	mn_call call;
	mn_rows rows;
	mn_id hub = N(0), found = 0;

	wrong_if(w, mn_call_init(&call, r->engine, 0) != MN_OK);
	for (; !w->wrong[0] && (w->rounds == 0 || !atomic_load(w->stop)); w->rounds++) {
		read_wheel(w, &call);
		wrong_if(w, call.at.graph < last.graph || call.at.state < last.state);
		last = call.at;
		enter(r, false);
		wrong_if(w,
			r->be->get(r->db, &call, r->brain, MN_STATE, (mn_ids){&hub, 1}, 0, &rows));
		wrong_if(w, r->be->lookup(r->db, &call, r->brain,
				    &(mn_key){MN_CONCEPT, MN_STR("hub")}, 1, &found));
		wrong_if(w, r->be->brains(r->db, &call, MN_BRAINS_FIND, &r->brain, &rows));
		leave(r, false);
		wrong_if(w, found != N(0));
		wrong_if(w, rows.n != 1 || rows.at.brain->synapses != SPOKES);
		mn_call_reset(&call);
	}
	mn_call_done(&call);
	return NULL;
}

static void readers_beside_a_writer_see_whole_generations(void **state)
{
	struct room *r = *state;

	needs(r, MN_CAP_ATOMIC);
	build_wheel(r);
	run(r, watch_wheel, turn_wheel);
}

/* A scan beside the writer: each spoke once, or stale. */
static void *scan_wheel(void *arg)
{
	struct worker *w = arg;
	struct room *r = w->room;
	mn_call call;

	wrong_if(w, mn_call_init(&call, r->engine, 0) != MN_OK);
	for (; !w->wrong[0] && (w->rounds == 0 || !atomic_load(w->stop)); w->rounds++) {
		mn_query q = MN_SIZED(mn_query);
		mn_page p = MN_SIZED(mn_page);
		mn_cursor *cursor = NULL;
		size_t n = 0;
		int status;

		q.kind = MN_SYNAPSE;
		enter(r, false);
		status = r->be->scan(r->db, &call, r->brain, &q, &cursor);
		leave(r, false);
		while (status == MN_OK && !p.last) {
			p = MN_SIZED(mn_page);
			enter(r, false);
			status = r->be->next(cursor, &call, 5, &p);
			leave(r, false);
			n += status == MN_OK ? p.rows.n : 0;
		}
		wrong_if(w, status == MN_OK && n != SPOKES);
		wrong_if(w, status != MN_OK && status != MN_ESTALE);
		wrong_if(w, status != MN_OK && (r->info.caps & MN_CAP_FROZEN));
		enter(r, false);
		if (cursor)
			r->be->done(cursor);
		leave(r, false);
		mn_call_reset(&call);
	}
	mn_call_done(&call);
	return NULL;
}

static void scans_beside_a_writer_see_one_generation(void **state)
{
	struct room *r = *state;

	needs(r, MN_CAP_ATOMIC);
	build_wheel(r);
	run(r, scan_wheel, turn_wheel);
}

/* ---- Writers beside each other
 * -------------------------------------------------------------------- */

enum { BUMPS = 60 };

static void *bump_and_reserve(void *arg)
{
	struct worker *w = arg;
	struct room *r = w->room;
	mn_call call;

	wrong_if(w, mn_call_init(&call, r->engine, 0) != MN_OK);
	for (; !w->wrong[0] && w->rounds < so_often(r, BUMPS); w->rounds++) {
		struct batch b = {0};
		mn_applied applied;
		mn_id id = 0;

		enter(r, true);
		wrong_if(w, r->be->reserve(r->db, &call, r->brain, MN_NEURON, 2, &id) != MN_OK);
		leave(r, true);
		batch_bump(&b, MN_STATE, N(0), 1, NOON);
		batch_bump(&b, MN_SYNAPSE, S(0), 1, NOON);
		batch_neuron(&b, id, MN_CONCEPT, "a"); /* a conflict, were an id given twice */
		batch_neuron(&b, id + 1, MN_CONCEPT, "b");
		enter(r, true);
		wrong_if(w, batch_try(r, &call, &b, NULL, &applied) != MN_OK);
		leave(r, true);
		batch_free(&b);
		mn_call_reset(&call);
	}
	mn_call_done(&call);
	return NULL;
}

static void nothing_more(struct room *r)
{
	(void)r;
}

static void writers_beside_each_other_lose_nothing(void **state)
{
	struct room *r = *state;
	const unsigned bumps = so_often(r, BUMPS);

	build_wheel(r);
	run(r, bump_and_reserve, nothing_more);
	assert_int_equal(get_state(r, N(0))->uses, READERS * bumps);
	assert_int_equal(get_synapse(r, S(0))->uses, READERS * bumps);
	assert_int_equal(room_describe(r, r->brain).neurons, 2 * SPOKES + 1 + 2 * READERS * bumps);
}

/* ---- Brains beside each other
 * ---------------------------------------------------------------------- */

static void *live_in_own_brain(void *arg)
{
	struct worker *w = arg;
	struct room own = *w->room;
	struct room *r = &own;
	mn_rows rows;

	wrong_if(w, mn_call_init(&own.call, own.engine, 0) != MN_OK);
	snprintf(own.name, sizeof(own.name), "own %u", w->number);
	own.brain = mn_str_of(own.name);
	for (; !w->wrong[0] && w->rounds < 8; w->rounds++) {
		mn_brain_row row = {.name = own.brain};
		struct batch b = {0};
		mn_applied applied;
		mn_id id = 0;

		enter(r, true);
		wrong_if(w, own.be->brains(own.db, &own.call, MN_BRAINS_CREATE, &row, &rows));
		leave(r, true);
		for (unsigned i = 0; i < 20; i++)
			batch_neuron(&b, N(i), MN_CONCEPT, i == w->number ? "mine" : "other");
		enter(r, true);
		wrong_if(w, batch_try(r, &own.call, &b, NULL, &applied) != MN_OK);
		leave(r, true);
		batch_free(&b);
		enter(r, false);
		wrong_if(w, own.be->lookup(own.db, &own.call, own.brain,
				    &(mn_key){MN_CONCEPT, MN_STR("mine")}, 1, &id));
		leave(r, false);
		wrong_if(w, id != N(w->number));
		enter(r, true);
		wrong_if(w, own.be->brains(own.db, &own.call, MN_BRAINS_DELETE, &own.brain, &rows));
		leave(r, true);
		mn_call_reset(&own.call);
	}
	mn_call_done(&own.call);
	return NULL;
}

static void brains_come_and_go_beside_each_other(void **state)
{
	struct room *r = *state;
	mn_rows rows;

	build_wheel(r);
	run(r, live_in_own_brain, turn_wheel);
	ok(r, r->be->brains(r->db, &r->call, MN_BRAINS_LIST, NULL, &rows));
	assert_int_equal(rows.n, 1);
}

/* ---- Stores beside each other
 * ---------------------------------------------------------------------- */

/* Its own store, of the same kind, in the same engine. */
static void *open_and_close(void *arg)
{
	struct worker *w = arg;
	struct room *r = w->room;
	char url[600];
	mn_call call;

	wrong_if(w, mn_call_init(&call, r->engine, 0) != MN_OK);
	snprintf(url, sizeof(url), r->folder[0] ? "%s-%u" : "%s", r->url, w->number);
	for (; !w->wrong[0] && w->rounds < 5; w->rounds++) {
		mn_info info = MN_SIZED(mn_info);
		mn_db *db = NULL;

		wrong_if(w, r->be->open(&r->engine->host, &call, mn_str_of(url), false, &db));
		if (!db)
			break;
		wrong_if(w, r->be->info(db, &call, &info));
		r->be->close(db);
	}
	if (w->wrong[0] && call.err->text[0])
		snprintf(w->wrong, sizeof(w->wrong), "%.190s", call.err->text);
	mn_call_done(&call);
	return NULL;
}

static void stores_open_and_close_beside_each_other(void **state)
{
	struct room *r = *state;

	build_wheel(r);
	run(r, open_and_close, turn_wheel);
}

static const struct CMUnitTest all[] = {
	claim(readers_beside_a_writer_see_whole_generations),
	claim(scans_beside_a_writer_see_one_generation),
	claim(writers_beside_each_other_lose_nothing),
	claim(brains_come_and_go_beside_each_other),
	claim(stores_open_and_close_beside_each_other),
};
const struct claims threads_claims = {"threads", all, COUNT(all), false};
