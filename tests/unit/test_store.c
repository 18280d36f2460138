/* SPDX-License-Identifier: MIT */
/* Stores and brains as the engine offers them, over the memory backend. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/str.h"
#include "base/type.h"
#include "store/brain.h"

struct world {
	mn_engine *engine;
	mn_store *store;
	mn_brain *brain;
	mn_call call;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	mn_error err = {.size = sizeof(err)};

	*state = w;
	assert_int_equal(mn_engine_new(NULL, &err, &w->engine), MN_OK);
	assert_int_equal(mn_call_init(&w->call, w->engine, 0), MN_OK);
	if (mn_store_open(w->engine, &w->call, MN_STR("memory:"), false, &w->store) != MN_OK)
		fail_msg("%s", w->call.err->text);
	assert_int_equal(mn_store_create(w->store, &w->call, MN_STR("b"), MN_STR("")), MN_OK);
	assert_int_equal(mn_brain_open(w->store, &w->call, MN_STR("b"), &w->brain), MN_OK);
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	mn_brain_close(w->brain);
	mn_store_close(w->store);
	mn_call_done(&w->call);
	mn_engine_free(w->engine);
	free(w);
	return 0;
}

static mn_neuron neuron(mn_id id, uint16_t type, const char *text)
{
	return (mn_neuron){
		.id = id, .type = type, .text = mn_str_of(text), .created = 1, .updated = 1};
}

static mn_synapse synapse(mn_id id, mn_id from, mn_id to, uint16_t type, double base)
{
	return (mn_synapse){
		.id = id, .from = from, .to = to, .type = type, .base = base, .created = 1};
}

/* cat -is_a-> animal, twice; dog -is_a-> animal; and a memory that names the cat */
static void fill(struct world *w)
{
	mn_neuron n[] = {neuron(1, MN_CONCEPT, "cat"), neuron(2, MN_CONCEPT, "animal"),
		neuron(3, MN_CONCEPT, "dog|x"), neuron(4, MN_MEMORY, "a cat sat")};
	mn_synapse s[] = {synapse(1, 1, 2, MN_IS_A, .5), synapse(2, 1, 2, MN_IS_A, .7),
		synapse(3, 3, 2, MN_IS_A, .6), synapse(4, 4, 1, MN_INVOLVES, .9)};
	mn_fiber f = {.id = 1, .anchor = 4, .flags = MN_FIBER_STAR, .salience = .5};
	mn_change c[9];
	mn_applied done = MN_SIZED(mn_applied);

	n[3].uid = MN_STR("m1");
	for (int i = 0; i < 4; i++) {
		c[i] = (mn_change){MN_ADD, MN_NEURON, &n[i]};
		c[4 + i] = (mn_change){MN_ADD, MN_SYNAPSE, &s[i]};
	}
	c[8] = (mn_change){MN_ADD, MN_FIBER, &f};
	if (mn_brain_apply(w->brain, &w->call, NULL, c, 9, &done) != MN_OK)
		fail_msg("%zu: %s", done.culprit, w->call.err->text);
}

static mn_id resolve(struct world *w, int kind, const char *uid)
{
	mn_str s = mn_str_of(uid);
	mn_id id = 99;

	assert_int_equal(mn_brain_resolve(w->brain, &w->call, kind, (mn_strs){&s, 1}, &id), MN_OK);
	return id;
}

static void derived_uids_lead_back_to_their_rows(void **state)
{
	struct world *w = *state;

	fill(w);
	assert_int_equal(resolve(w, MN_NEURON, "m1"), 4);
	assert_int_equal(resolve(w, MN_NEURON, "concept:cat"), 1);
	assert_int_equal(resolve(w, MN_NEURON, "concept:cow"), 0);
	assert_int_equal(resolve(w, MN_FIBER, "m1"), 1);
	assert_int_equal(resolve(w, MN_SYNAPSE, "m1|involves|concept:cat"), 4);
	assert_int_equal(resolve(w, MN_SYNAPSE, "concept:cat|is_a|concept:animal"), 1);
	assert_int_equal(resolve(w, MN_SYNAPSE, "concept:cat|is_a|concept:animal#2"), 2);
	assert_int_equal(resolve(w, MN_SYNAPSE, "concept:cat|is_a|concept:animal#3"), 0);
	assert_int_equal(resolve(w, MN_SYNAPSE, "concept:dog|x|is_a|concept:animal"), 3);
}

static void a_uid_is_derived_and_parallel_synapses_are_told_apart(void **state)
{
	struct world *w = *state;
	const mn_id ids[] = {1, 2, 4};
	const char *want[] = {"concept:cat|is_a|concept:animal",
		"concept:cat|is_a|concept:animal#2", "m1|involves|concept:cat"};
	mn_rows rows;
	mn_str uid;

	fill(w);
	assert_int_equal(
		mn_brain_get(w->brain, &w->call, MN_SYNAPSE, (mn_ids){ids, 3}, 0, &rows), MN_OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
			mn_uid_derive(w->brain, &w->call, MN_SYNAPSE, &rows.at.synapse[i], &uid),
			MN_OK);
		assert_true(mn_str_is(uid, want[i]));
	}
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			derived_uids_lead_back_to_their_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_uid_is_derived_and_parallel_synapses_are_told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(
			edges_come_heaviest_first_from_both_sides, setup, teardown),
		cmocka_unit_test_setup_teardown(
			members_of_a_star_are_what_its_anchor_reaches, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
