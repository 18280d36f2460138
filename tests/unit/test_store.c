/* SPDX-License-Identifier: MIT */
/* Stores and brains as the engine offers them, over the memory backend. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "animals.h"
#include "store/brain.h"

static void edges_come_heaviest_first_from_both_sides(void **state)
{
	struct world *w = *state;
	const mn_edge *edges;
	size_t n;
	uint64_t degree;

	fill(w);
	assert_int_equal(mn_brain_edges(w->brain, &w->call, 2, 2, &edges, &n, &degree), MN_OK);
	assert_int_equal(n, 2);
	assert_int_equal(degree, 3);
	assert_int_equal(edges[0].synapse, 2);
	assert_int_equal(edges[1].synapse, 3);
	assert_false(edges[0].out);
	assert_true(edges[0].weight == .7);
}

static void members_of_a_star_are_what_its_anchor_reaches(void **state)
{
	struct world *w = *state;
	const mn_id one = 1;
	mn_rows rows;
	mn_ids neurons, synapses;

	fill(w);
	assert_int_equal(
		mn_brain_get(w->brain, &w->call, MN_FIBER, (mn_ids){&one, 1}, 0, &rows), MN_OK);
	assert_int_equal(
		mn_brain_members(w->brain, &w->call, rows.at.fiber, &neurons, &synapses), MN_OK);
	assert_int_equal(neurons.n, 2);
	assert_int_equal(neurons.at[0], 1);
	assert_int_equal(neurons.at[1], 4);
	assert_int_equal(synapses.n, 1);
	assert_int_equal(synapses.at[0], 4);
}

/* ---- A backend in between ------------------------------------------------------------------ */

/* Stands before the memory backend, counts who is inside, and can hold a call up or write between
 * two of them. */
static struct {
	const mn_backend *real;
	mn_backend table;
	atomic_int inside, writers, most, most_writers, calls;
	atomic_int awaited; /* writers that should meet inside: a call waits for them a while */
	atomic_bool hold;
	void (*between)(struct world *);
	struct world *world;
} probe;

static void peak(atomic_int *most, int now)
{
	int old = atomic_load(most);

	while (now > old && !atomic_compare_exchange_weak(most, &old, now))
		;
}

static void pass(bool write)
{
	int patience = 50000; /* 10 s */

	peak(&probe.most, atomic_fetch_add(&probe.inside, 1) + 1);
	if (write)
		peak(&probe.most_writers, atomic_fetch_add(&probe.writers, 1) + 1);
	do
		usleep(200);
	while (atomic_load(&probe.hold)
		|| (write && atomic_load(&probe.most_writers) < atomic_load(&probe.awaited)
			&& patience--));
	if (write)
		atomic_fetch_sub(&probe.writers, 1);
	atomic_fetch_sub(&probe.inside, 1);
}

static int probe_generation(mn_db *db, mn_call *call, mn_str brain)
{
	pass(false);
	return probe.real->generation(db, call, brain);
}

static int probe_reserve(mn_db *db, mn_call *call, mn_str brain, int kind, uint32_t n, mn_id *first)
{
	pass(true);
	return probe.real->reserve(db, call, brain, kind, n, first);
}

static int probe_get(
	mn_db *db, mn_call *call, mn_str brain, int kind, mn_ids ids, unsigned fields, mn_rows *out)
{
	int status = probe.real->get(db, call, brain, kind, ids, fields, out);

	if (atomic_fetch_add(&probe.calls, 1) == 0 && probe.between)
		probe.between(probe.world);
	return status;
}

static int probe_apply(mn_db *db, mn_call *call, mn_str brain, const mn_gen *expect,
	const mn_change *changes, size_t n, mn_applied *out)
{
	atomic_fetch_add(&probe.calls, 1);
	return probe.real->apply(db, call, brain, expect, changes, n, out);
}

static int setup_probe(void **state)
{
	struct world *w;

	setup(state);
	w = *state;
	memset(&probe, 0, sizeof(probe));
	probe.real = w->store->backend;
	probe.world = w;
	probe.table = *probe.real;
	probe.table.generation = probe_generation;
	probe.table.reserve = probe_reserve;
	probe.table.get = probe_get;
	probe.table.apply = probe_apply;
	w->store->backend = &probe.table;
	return 0;
}

/* ---- Parts --------------------------------------------------------------------------------- */

static const mn_id many[] = {4, 1, 99, 2, 3, 1, 4, 2};
#define MANY (sizeof(many) / sizeof(*many))

static mn_fan expand_many(struct world *w)
{
	static const mn_reach reaches[] = {{.out = true, .in = true}, {.in = true}};
	static const uint8_t reach_of[MANY] = {0, 0, 0, 0, 0, 1, 1, 1};
	static const float floor[MANY] = {0, 0, 0, .55F, 0, 0, 0, 0};
	static const uint32_t limit[MANY] = {9, 1, 9, 9, 9, 9, 9, 2};
	mn_expand ask = MN_SIZED(mn_expand);
	mn_fan fan;

	ask.frontier = (mn_ids){many, MANY};
	ask.reaches = reaches;
	ask.nreaches = 2;
	ask.reach_of = reach_of;
	ask.floor = floor;
	ask.limit = limit;
	ask.want_synapse = true;
	assert_int_equal(mn_brain_expand(w->brain, &w->call, &ask, &fan), MN_OK);
	return fan;
}

static void a_fan_in_parts_equals_the_whole(void **state)
{
	struct world *w = *state;
	mn_fan one, parts;
	uint32_t n;

	fill(w);
	one = expand_many(w);
	n = one.start[MANY];
	assert_int_equal(n, 8);
	for (uint32_t max = 1; max <= MANY; max++) {
		w->store->info.max_ids = max;
		parts = expand_many(w);
		assert_memory_equal(parts.start, one.start, (MANY + 1) * sizeof(*one.start));
		assert_memory_equal(parts.degree, one.degree, MANY * sizeof(*one.degree));
		assert_memory_equal(parts.bound, one.bound, MANY * sizeof(*one.bound));
		assert_memory_equal(parts.far, one.far, n * sizeof(*one.far));
		assert_memory_equal(parts.weight, one.weight, n * sizeof(*one.weight));
		assert_memory_equal(parts.synapse, one.synapse, n * sizeof(*one.synapse));
		assert_memory_equal(parts.type, one.type, n * sizeof(*one.type));
		assert_memory_equal(parts.out, one.out, n * sizeof(*one.out));
	}
}

static void rows_in_parts_equal_the_whole(void **state)
{
	struct world *w = *state;
	const mn_key keys[] = {{MN_CONCEPT, MN_STR("dog|x")}, {MN_CONCEPT, MN_STR("cow")},
		{MN_CONCEPT, MN_STR("cat")}, {MN_MEMORY, MN_STR("a cat sat")}};
	const mn_str uids[] = {MN_STR("x"), MN_STR("m1"), MN_STR("concept:dog|x")};
	mn_id found[4];
	mn_rows rows;

	fill(w);
	for (uint32_t max = 1; max <= MANY; max++) {
		w->store->info.max_ids = max;
		assert_int_equal(
			mn_brain_get(w->brain, &w->call, MN_NEURON, (mn_ids){many, MANY}, 0, &rows),
			MN_OK);
		assert_int_equal(rows.n, MANY);
		for (size_t i = 0; i < MANY; i++)
			assert_int_equal(rows.at.neuron[i].id, many[i] == 99 ? 0 : many[i]);
		assert_int_equal(
			mn_brain_fibers_of(w->brain, &w->call, (mn_ids){many, MANY}, &rows), MN_OK);
		for (size_t i = 0; i < MANY; i++)
			assert_int_equal(rows.at.fiber[i].id, many[i] == 4 ? 1 : 0);
		assert_int_equal(mn_brain_lookup(w->brain, &w->call, keys, 4, found), MN_OK);
		assert_true(found[0] == 3 && found[1] == 0 && found[2] == 1 && found[3] == 0);
		assert_int_equal(
			mn_brain_resolve(w->brain, &w->call, MN_NEURON, (mn_strs){uids, 3}, found),
			MN_OK);
		assert_true(found[0] == 0 && found[1] == 4 && found[2] == 3);
	}
}

static void write_between(struct world *w)
{
	const mn_neuron n = neuron(50, MN_CONCEPT, "new");
	const mn_change add = {MN_ADD, MN_NEURON, &n};
	mn_call call;

	assert_int_equal(mn_call_init(&call, w->engine, 0), MN_OK);
	assert_int_equal(mn_brain_apply(w->brain, &call, NULL, &add, 1, NULL), MN_OK);
	mn_call_done(&call);
}

static void an_answer_that_was_written_into_carries_its_first_generation(void **state)
{
	struct world *w = *state;
	mn_rows rows;
	mn_gen before;

	fill(w);
	assert_int_equal(mn_brain_generation(w->brain, &w->call), MN_OK);
	before = w->call.at;
	w->store->info.max_ids = 3;
	atomic_store(&probe.calls, 0);
	probe.between = write_between;
	assert_int_equal(
		mn_brain_get(w->brain, &w->call, MN_NEURON, (mn_ids){many, MANY}, 0, &rows), MN_OK);
	assert_int_equal(w->call.at.graph, before.graph);
	assert_int_equal(mn_brain_generation(w->brain, &w->call), MN_OK);
	assert_int_not_equal(w->call.at.graph, before.graph);
}

/* ---- The gate ------------------------------------------------------------------------------ */

struct crowd {
	struct world *w;
	bool write;
	int status;
};

static void *crowd_main(void *arg)
{
	struct crowd *c = arg;
	mn_call call;
	mn_id first;

	mn_call_init(&call, c->w->engine, 0);
	for (int i = 0; i < 25 && c->status == MN_OK; i++)
		c->status = c->write ? mn_brain_reserve(c->w->brain, &call, MN_NEURON, 1, &first)
				     : mn_brain_generation(c->w->brain, &call);
	mn_call_done(&call);
	return NULL;
}

/* Four readers and two writers at once. */
static void let_in(struct world *w, int threads)
{
	struct crowd crowd[6];
	pthread_t at[6];

	w->store->info.threads = threads;
	atomic_store(&probe.most, 0);
	atomic_store(&probe.most_writers, 0);
	for (int i = 0; i < 6; i++) {
		crowd[i] = (struct crowd){w, i < 2, MN_OK};
		assert_int_equal(pthread_create(&at[i], NULL, crowd_main, &crowd[i]), 0);
	}
	for (int i = 0; i < 6; i++) {
		pthread_join(at[i], NULL);
		assert_int_equal(crowd[i].status, MN_OK);
	}
}

static void as_many_are_let_in_as_the_store_promised(void **state)
{
	struct world *w = *state;

	let_in(w, MN_ONE_CALL);
	assert_int_equal(atomic_load(&probe.most), 1);
	let_in(w, MN_MANY_READERS);
	assert_true(atomic_load(&probe.most) > 1);
	assert_int_equal(atomic_load(&probe.most_writers), 1);
	atomic_store(&probe.awaited, 2);
	let_in(w, MN_ANY_CALLS);
	atomic_store(&probe.awaited, 0);
	assert_true(atomic_load(&probe.most_writers) > 1);
}

static void who_waits_at_the_gate_can_be_late_or_cancelled(void **state)
{
	struct world *w = *state;
	struct crowd one = {w, true, MN_OK};
	mn_token *token = mn_token_new();
	pthread_t thread;

	w->store->info.threads = MN_ONE_CALL;
	atomic_store(&probe.hold, true);
	assert_int_equal(pthread_create(&thread, NULL, crowd_main, &one), 0);
	while (atomic_load(&probe.inside) == 0)
		usleep(100);
	w->call.deadline = mn_engine_monotonic(w->engine) + 30000;
	assert_int_equal(mn_brain_generation(w->brain, &w->call), MN_ETIMEOUT);
	w->call.deadline = 0;
	w->call.token = token;
	mn_token_cancel(token);
	assert_int_equal(mn_brain_generation(w->brain, &w->call), MN_ECANCELLED);
	w->call.token = NULL;
	atomic_store(&probe.hold, false);
	pthread_join(thread, NULL);
	assert_int_equal(one.status, MN_OK);
	mn_token_free(token);
}

/* ---- Writing ------------------------------------------------------------------------------- */

static void what_can_never_be_stored_does_not_reach_the_backend(void **state)
{
	struct world *w = *state;
	static char huge[(1 << 20) + 1];
	const mn_neuron good = neuron(1, MN_CONCEPT, "good"), none = neuron(0, MN_CONCEPT, "none"),
			nul = {.id = 1, .text = {"a\0b", 3}}, torn = {.id = 1, .meta = {"\xC3", 1}},
			large = {.id = 1, .text = {huge, sizeof(huge)}};
	const mn_synapse heavy = synapse(1, 1, 2, MN_IS_A, 1.01),
			 nan = synapse(1, 1, 2, MN_IS_A, (double)NAN),
			 loose = synapse(1, 1, 0, MN_IS_A, .5);
	const mn_state hot = {.id = 1, .level = -.1}, odd = {.id = 1, .decay = (double)INFINITY};
	const mn_str bad_tag = {"\xFF", 1};
	const mn_fiber tagged = {.id = 1, .anchor = 1, .tags = {&bad_tag, 1}},
		       salient = {.id = 1, .anchor = 1, .salience = 2};
	const mn_change faults[] = {{MN_ADD, MN_NEURON, &none}, {MN_ADD, MN_NEURON, &nul},
		{MN_PUT, MN_NEURON, &torn}, {MN_ADD, MN_NEURON, &large},
		{MN_ADD, MN_SYNAPSE, &heavy}, {MN_TUNE, MN_SYNAPSE, &nan},
		{MN_PUT, MN_SYNAPSE, &loose}, {MN_BUMP, MN_STATE, &hot}, {MN_PUT, MN_STATE, &odd},
		{MN_ADD, MN_FIBER, &tagged}, {MN_TUNE, MN_FIBER, &salient},
		{MN_ADD, MN_NEURON, NULL}, {MN_ADD, MN_BRAIN, &good}, {99, MN_NEURON, &good},
		{MN_BUMP, MN_NEURON, &good}, {MN_FOLD, MN_NEURON, NULL},
		{MN_DROP, MN_NEURON, &none}};

	memset(huge, 'x', sizeof(huge));
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		const mn_change both[] = {{MN_ADD, MN_NEURON, &good}, faults[i]};
		mn_applied done = MN_SIZED(mn_applied);

		assert_int_equal(
			mn_brain_apply(w->brain, &w->call, NULL, both, 2, &done), MN_EINVAL);
		assert_int_equal(done.culprit, 1);
	}
	assert_int_equal(atomic_load(&probe.calls), 0);
}

static void more_changes_than_a_store_takes_as_one_are_refused(void **state)
{
	struct world *w = *state;

	w->store->info.max_changes = 8;
	assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL,
				 (mn_change[9]){{MN_FOLD, MN_SYNAPSE, NULL}}, 9, NULL),
		MN_EINVAL);
	assert_non_null(strstr(w->call.err->text, "9 changes at once"));
	assert_int_equal(atomic_load(&probe.calls), 0);
	w->store->info.max_changes = 9;
	fill(w);
	assert_int_equal(atomic_load(&probe.calls), 1);
}

static void a_read_only_store_is_never_written(void **state)
{
	struct world *w = *state;
	const mn_change fold = {MN_FOLD, MN_SYNAPSE, NULL};
	mn_info info = MN_SIZED(mn_info);
	mn_id first;

	w->store->read_only = true;
	assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL, &fold, 1, NULL), MN_EREADONLY);
	assert_int_equal(mn_brain_reserve(w->brain, &w->call, MN_NEURON, 1, &first), MN_EREADONLY);
	assert_int_equal(
		mn_store_create(w->store, &w->call, MN_STR("x"), MN_STR("")), MN_EREADONLY);
	assert_int_equal(mn_store_delete(w->store, &w->call, MN_STR("b")), MN_EREADONLY);
	assert_int_equal(mn_store_info(w->store, &w->call, &info), MN_OK);
	assert_int_equal(info.caps & (MN_CAP_WRITE | MN_CAP_CREATE), 0);
	assert_int_equal(mn_brain_generation(w->brain, &w->call), MN_OK);
}

/* ---- Brains -------------------------------------------------------------------------------- */

static int create(struct world *w, mn_str name)
{
	return mn_store_create(w->store, &w->call, name, MN_STR(""));
}

static void a_brain_s_name_is_text_that_can_be_shown_and_listed(void **state)
{
	struct world *w = *state;
	char name[512];

	assert_int_equal(create(w, MN_STR("")), MN_EINVAL);
	assert_int_equal(create(w, MN_STR("a/b")), MN_EINVAL);
	assert_int_equal(create(w, MN_STR("a\nb")), MN_EINVAL);
	assert_int_equal(create(w, MN_STR("a\x7F")), MN_EINVAL);
	assert_int_equal(create(w, MN_STR("a\xC2\x9B")), MN_EINVAL); /* CSI in 8 bits */
	assert_int_equal(create(w, MN_STR("a\0b")), MN_EINVAL);
	assert_int_equal(create(w, MN_STR("\xC3")), MN_EINVAL);
	assert_int_equal(create(w, MN_STR("..")), MN_OK);
	assert_int_equal(create(w, MN_STR("caf\xC3\xA9 \xC2\xA0 #1")), MN_OK);
	memset(name, 0, sizeof(name));
	for (int i = 0; i < 101; i++)
		memcpy(name + 3 * i, "\xE2\x82\xAC", 3);
	assert_int_equal(create(w, (mn_str){name, 300}), MN_OK);
	assert_int_equal(create(w, (mn_str){name, 303}), MN_EINVAL);
	assert_int_equal(create(w, (mn_str){name, 300}), MN_ECONFLICT);
}

static void handles_of_a_brain_share_what_is_kept_of_it(void **state)
{
	struct world *w = *state;
	mn_brain_row row;
	mn_brain *by_name, *by_uid, *none;

	assert_int_equal(mn_brain_describe(w->brain, &w->call, &row), MN_OK);
	assert_int_equal(row.uid.len, 36);
	assert_int_equal(mn_brain_open(w->store, &w->call, MN_STR("b"), &by_name), MN_OK);
	assert_int_equal(mn_brain_open(w->store, &w->call, row.uid, &by_uid), MN_OK);
	assert_ptr_equal(by_name->mind, w->brain->mind);
	assert_ptr_equal(by_uid->mind, w->brain->mind);
	mn_brain_close(by_name);
	mn_brain_close(by_uid);
	assert_int_equal(w->brain->mind->handles, 1);
	assert_int_equal(mn_brain_open(w->store, &w->call, MN_STR("nobody"), &none), MN_ENOBRAIN);
}

static void a_brain_in_use_keeps_its_name(void **state)
{
	struct world *w = *state;
	mn_rows rows;

	assert_int_equal(mn_store_rename(w->store, &w->call, MN_STR("b"), MN_STR("c")), MN_EBUSY);
	mn_brain_close(w->brain);
	assert_int_equal(mn_store_rename(w->store, &w->call, MN_STR("b"), MN_STR("c")), MN_OK);
	assert_int_equal(mn_brain_open(w->store, &w->call, MN_STR("c"), &w->brain), MN_OK);
	assert_int_equal(
		mn_store_rename(w->store, &w->call, MN_STR("b"), MN_STR("d")), MN_ENOBRAIN);
	assert_int_equal(mn_store_brains(w->store, &w->call, &rows), MN_OK);
	assert_int_equal(rows.n, 1);
	assert_true(mn_str_is(rows.at.brain[0].name, "c"));
}

static void a_brain_is_made_and_changed_after_a_row(void **state)
{
	struct world *w = *state;
	mn_brain_row row = {.uid = MN_STR("my/own id"),
		.name = MN_STR("mine"),
		.config = MN_STR("{\"decay_rate\":0.5}"),
		.meta = MN_STR("{\"a\":1}"),
		.created = 5,
		.clock = 7};
	mn_brain_row made, found = {.neurons = 1};
	mn_brain *b;

	assert_int_equal(mn_store_make(w->store, &w->call, &row, &made), MN_OK);
	assert_int_equal(mn_store_make(w->store, &w->call, &row, NULL), MN_ECONFLICT);
	row.name = MN_STR("another");
	assert_int_equal(mn_store_make(w->store, &w->call, &row, NULL), MN_ECONFLICT);
	row.meta = MN_STR("{\"a\":2}");
	row.clock = 8;
	assert_int_equal(
		mn_store_update(w->store, &w->call, MN_STR("my/own id"), &row, &made), MN_OK);
	assert_int_equal(mn_brain_open(w->store, &w->call, MN_STR("another"), &b), MN_OK);
	assert_int_equal(mn_brain_describe(b, &w->call, &found), MN_OK);
	assert_true(mn_str_is(found.uid, "my/own id"));
	assert_true(mn_str_is(found.meta, "{\"a\":2}"));
	assert_int_equal(found.created, 5);
	assert_int_equal(found.clock, 8);
	assert_int_equal(found.neurons, 0);
	assert_true(found.updated > 9);
	row.updated = 9;
	assert_int_equal(
		mn_store_update(w->store, &w->call, MN_STR("another"), &row, &made), MN_OK);
	assert_int_equal(mn_brain_describe(b, &w->call, &found), MN_OK);
	assert_int_equal(found.updated, 9);
	row.name = MN_STR("third");
	assert_int_equal(
		mn_store_update(w->store, &w->call, MN_STR("another"), &row, NULL), MN_EBUSY);
	mn_brain_close(b);
	row.config = MN_STR("[]");
	assert_int_equal(
		mn_store_update(w->store, &w->call, MN_STR("another"), &row, NULL), MN_EINVAL);
	assert_int_equal(
		mn_store_update(w->store, &w->call, MN_STR("nobody"), &found, NULL), MN_ENOBRAIN);
}

static void a_brain_that_was_deleted_is_missed_by_its_handles(void **state)
{
	struct world *w = *state;
	mn_brain_row row;

	assert_int_equal(mn_store_delete(w->store, &w->call, MN_STR("b")), MN_OK);
	assert_int_equal(mn_brain_describe(w->brain, &w->call, &row), MN_ENOBRAIN);
	assert_int_equal(mn_store_delete(w->store, &w->call, MN_STR("b")), MN_ENOBRAIN);
}

static void a_config_has_defaults_and_limits(void **state)
{
	struct world *w = *state;
	static const char *const wrong[] = {"[]", "{", "{\"decay_rate\": -1}",
		"{\"decay_rate\": \"a\"}", "{\"reinforcement_delta\": 1.5}",
		"{\"max_spread_hops\": 0}", "{\"max_spread_hops\": 2.5}",
		"{\"max_context_tokens\": 10000000}", "{\"decay_rate\": 1, \"decay_rate\": 2}",
		"{\"activation_threshold\": 1e999}"};
	mn_config c;

	assert_int_equal(mn_config_parse(&w->call, MN_STR(""), &c), MN_OK);
	assert_true(c.decay_rate == .1 && c.reinforcement_delta == .05);
	assert_true(c.activation_threshold == .2 && c.default_synapse_weight == .5);
	assert_true(c.max_spread_hops == 4 && c.max_context_tokens == 1500);
	assert_int_equal(
		mn_config_parse(&w->call,
			MN_STR("{\"decay_rate\": 0, \"max_spread_hops\": 2, \"x\": []}"), &c),
		MN_OK);
	assert_true(c.decay_rate == 0 && c.max_spread_hops == 2 && c.max_context_tokens == 1500);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (mn_config_parse(&w->call, mn_str_of(wrong[i]), &c) != MN_EINVAL)
			fail_msg("%s was taken", wrong[i]);
	assert_int_equal(mn_store_create(w->store, &w->call, MN_STR("x"), MN_STR("[]")), MN_EINVAL);
}

/* ---- Memory -------------------------------------------------------------------------------- */

static long budget, held; /* allocations until one fails; blocks that are not freed yet */

static void *resize(void *ctx, void *ptr, size_t size)
{
	void *p;

	(void)ctx;
	if (size == 0) {
		held -= ptr != NULL;
		free(ptr);
		return NULL;
	}
	if (budget-- == 0)
		return NULL; /* this one; what asks again afterwards gets it */
	p = realloc(ptr, size);
	held += p && !ptr;
	return p;
}

/* Every allocation of a short life fails once; each time the call that met it says so. */
static int live(struct world *w)
{
	static const char *const uids[] = {
		"concept:cat|is_a|concept:animal#2", "m1", "concept:dog|x|is_a|concept:animal"};
	const mn_neuron n[] = {neuron(1, MN_CONCEPT, "cat"), neuron(2, MN_CONCEPT, "animal")};
	const mn_synapse s[] = {synapse(1, 1, 2, MN_IS_A, .5), synapse(2, 1, 2, MN_IS_A, .7)};
	const mn_change c[] = {{MN_ADD, MN_NEURON, &n[0]}, {MN_ADD, MN_NEURON, &n[1]},
		{MN_ADD, MN_SYNAPSE, &s[0]}, {MN_ADD, MN_SYNAPSE, &s[1]}};
	const mn_str uid[] = {mn_str_of(uids[0]), mn_str_of(uids[1]), mn_str_of(uids[2])};
	mn_query q = MN_SIZED(mn_query);
	mn_page page;
	mn_scan *scan;
	mn_str derived;
	mn_id ids[3];
	int status = mn_store_open(w->engine, &w->call, MN_STR("memory:"), false, &w->store);

	q.kind = MN_NEURON;
	q.text = MN_STR("ani");
	if (status != MN_OK || (status = create(w, MN_STR("b"))) != MN_OK
		|| (status = mn_brain_open(w->store, &w->call, MN_STR("b"), &w->brain)) != MN_OK
		|| (status = mn_brain_apply(w->brain, &w->call, NULL, c, 4, NULL)) != MN_OK
		|| (status = mn_brain_resolve(
			    w->brain, &w->call, MN_SYNAPSE, (mn_strs){uid, 3}, ids))
			   != MN_OK
		|| (status = mn_uid_derive(w->brain, &w->call, MN_SYNAPSE, &s[1], &derived))
			   != MN_OK
		|| (status = mn_brain_scan(w->brain, &w->call, &q, &scan)) != MN_OK)
		return status;
	status = mn_scan_next(scan, &w->call, 9, &page);
	mn_scan_done(scan);
	if (status == MN_OK)
		assert_true(ids[0] == 2 && mn_str_is(derived, uids[0]) && page.rows.n == 1);
	return status;
}

static int live_and_end(void)
{
	mn_error err = {.size = sizeof(err)};
	struct world w = {0};
	int status = mn_engine_new(NULL, &err, &w.engine);

	if (status != MN_OK)
		return status;
	status = mn_call_init(&w.call, w.engine, 0);
	status = status == MN_OK ? live(&w) : status;
	mn_brain_close(w.brain);
	mn_store_close(w.store);
	mn_call_done(&w.call);
	mn_engine_free(w.engine);
	return status;
}

static void every_allocation_may_fail(void **state)
{
	static const mn_memory memory = {NULL, resize};
	int status = live_and_end(); /* the names that it asks about stay with the process */
	long n;

	(void)state;
	assert_int_equal(status, MN_OK);
	mn_memory_use(&memory);
	status = MN_ENOMEM;
	for (n = 0; status != MN_OK; n++) {
		budget = n;
		held = 0;
		status = live_and_end();
		assert_true(status == MN_OK || status == MN_ENOMEM);
		assert_int_equal(held, 0);
	}
	assert_true(n > 30);
	mn_memory_use(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define PROBE(name) cmocka_unit_test_setup_teardown(name, setup_probe, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(edges_come_heaviest_first_from_both_sides),
		TEST(members_of_a_star_are_what_its_anchor_reaches),
		TEST(a_fan_in_parts_equals_the_whole),
		TEST(rows_in_parts_equal_the_whole),
		PROBE(an_answer_that_was_written_into_carries_its_first_generation),
		PROBE(as_many_are_let_in_as_the_store_promised),
		PROBE(who_waits_at_the_gate_can_be_late_or_cancelled),
		PROBE(what_can_never_be_stored_does_not_reach_the_backend),
		PROBE(more_changes_than_a_store_takes_as_one_are_refused),
		PROBE(a_read_only_store_is_never_written),
		TEST(a_brain_s_name_is_text_that_can_be_shown_and_listed),
		TEST(handles_of_a_brain_share_what_is_kept_of_it),
		TEST(a_brain_in_use_keeps_its_name),
		TEST(a_brain_is_made_and_changed_after_a_row),
		TEST(a_brain_that_was_deleted_is_missed_by_its_handles),
		TEST(a_config_has_defaults_and_limits),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
