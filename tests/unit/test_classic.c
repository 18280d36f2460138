/* SPDX-License-Identifier: MIT */
/* The kernel "classic" on graphs small enough to be worked out by hand. */
#include "sketch.h"

static const uint32_t one_set[] = {0, 1};

static void a_level_is_half_of_the_one_before_times_the_weight(void **state)
{
	sketch *s = sketch_begin();
	sketch_levels l;
	mn_id a = sketch_neuron(s, MN_CONCEPT, "a", 0), b = sketch_neuron(s, MN_CONCEPT, "b", 0);
	mn_id c = sketch_neuron(s, MN_CONCEPT, "c", 0);

	(void)state;
	sketch_synapse(s, a, b, MN_RELATED_TO, .9);
	sketch_synapse(s, b, c, MN_RELATED_TO, 1);
	sketch_write(s);
	OK(&s->call, sketch_classic(s, &a, one_set, 1, .2, 3, false, &l));
	near(l.level[a], 1);
	near(l.level[b], .45);
	near(l.level[c], .225);
	sketch_end(s);
}

static void synapses_conduct_against_their_direction_too(void **state)
{
	sketch *s = sketch_begin();
	sketch_levels l;
	mn_id a = sketch_neuron(s, MN_CONCEPT, "a", 0), b = sketch_neuron(s, MN_CONCEPT, "b", 0);

	(void)state;
	sketch_synapse(s, b, a, MN_CAUSED_BY, .8);
	sketch_write(s);
	OK(&s->call, sketch_classic(s, &a, one_set, 1, .2, 3, false, &l));
	near(l.level[b], .4);
	sketch_end(s);
}

static void what_is_below_the_threshold_or_a_tenth_is_lost(void **state)
{
	sketch *s = sketch_begin();
	sketch_levels l;
	mn_id a = sketch_neuron(s, MN_CONCEPT, "a", 0), b = sketch_neuron(s, MN_CONCEPT, "b", 0);
	mn_id c = sketch_neuron(s, MN_CONCEPT, "c", 0), d = sketch_neuron(s, MN_CONCEPT, "d", 0);

	(void)state;
	sketch_synapse(s, a, b, MN_RELATED_TO, .4);
	sketch_synapse(s, a, c, MN_RELATED_TO, .39);
	sketch_synapse(s, a, d, MN_RELATED_TO, .09);
	sketch_write(s);
	OK(&s->call, sketch_classic(s, &a, one_set, 1, .2, 3, false, &l));
	near(l.level[b], .2);
	near(l.level[c], 0);
	OK(&s->call, sketch_classic(s, &a, one_set, 1, .01, 3, false, &l));
	near(l.level[c], .195);
	near(l.level[d], 0);
	sketch_end(s);
}

static void the_best_of_two_ways_counts_not_their_sum(void **state)
{
	sketch *s = sketch_begin();
	sketch_levels l;
	mn_id a = sketch_neuron(s, MN_CONCEPT, "a", 0), b = sketch_neuron(s, MN_CONCEPT, "b", 0);
	mn_id c = sketch_neuron(s, MN_CONCEPT, "c", 0);

	(void)state;
	sketch_synapse(s, a, b, MN_RELATED_TO, 1);
	sketch_synapse(s, b, c, MN_RELATED_TO, 1);
	sketch_synapse(s, a, c, MN_RELATED_TO, .4);
	sketch_write(s);
	OK(&s->call, sketch_classic(s, &a, one_set, 1, .1, 3, false, &l));
	near(l.level[c], .25);
	sketch_end(s);
}

/* c is reached at .25 in two hops and at .2 in one: the first to come is the one that goes on, so
 * with two hops it does not spread at all. */
static void the_strongest_state_of_a_neuron_decides_whether_it_spreads(void **state)
{
	sketch *s = sketch_begin();
	sketch_levels l;
	mn_id a = sketch_neuron(s, MN_CONCEPT, "a", 0), b = sketch_neuron(s, MN_CONCEPT, "b", 0);
	mn_id c = sketch_neuron(s, MN_CONCEPT, "c", 0), d = sketch_neuron(s, MN_CONCEPT, "d", 0);

	(void)state;
	sketch_synapse(s, a, b, MN_RELATED_TO, 1);
	sketch_synapse(s, b, c, MN_RELATED_TO, 1);
	sketch_synapse(s, a, c, MN_RELATED_TO, .4);
	sketch_synapse(s, c, d, MN_RELATED_TO, 1);
	sketch_write(s);
	OK(&s->call, sketch_classic(s, &a, one_set, 1, .05, 2, false, &l));
	near(l.level[c], .25);
	near(l.level[d], 0);
	OK(&s->call, sketch_classic(s, &a, one_set, 1, .05, 3, false, &l));
	near(l.level[d], .125);
	sketch_end(s);
}

/* From e, c is one hop away; from a it is two: what a may not go on with, e may. */
static void each_anchor_spreads_on_its_own(void **state)
{
	sketch *s = sketch_begin();
	sketch_levels l;
	mn_id a = sketch_neuron(s, MN_CONCEPT, "a", 0), b = sketch_neuron(s, MN_CONCEPT, "b", 0);
	mn_id c = sketch_neuron(s, MN_CONCEPT, "c", 0), d = sketch_neuron(s, MN_CONCEPT, "d", 0);
	mn_id e = sketch_neuron(s, MN_CONCEPT, "e", 0);
	mn_id both[] = {a, e};
	const uint32_t two[] = {0, 2};

	(void)state;
	sketch_synapse(s, a, b, MN_RELATED_TO, 1);
	sketch_synapse(s, b, c, MN_RELATED_TO, 1);
	sketch_synapse(s, e, c, MN_RELATED_TO, .4);
	sketch_synapse(s, c, d, MN_RELATED_TO, 1);
	sketch_write(s);
	OK(&s->call, sketch_classic(s, both, two, 1, .05, 2, false, &l));
	near(l.level[c], .25);
	near(l.level[d], .1);
	sketch_end(s);
}

static void a_neuron_of_two_sets_gains_half_of_the_second_level(void **state)
{
	sketch *s = sketch_begin();
	sketch_levels l;
	mn_id a = sketch_neuron(s, MN_CONCEPT, "a", 0), b = sketch_neuron(s, MN_CONCEPT, "b", 0);
	mn_id c = sketch_neuron(s, MN_CONCEPT, "c", 0), d = sketch_neuron(s, MN_CONCEPT, "d", 0);
	mn_id sets[] = {a, b, a};
	const uint32_t start[] = {0, 1, 1, 2, 3};

	(void)state;
	sketch_synapse(s, a, c, MN_RELATED_TO, .8);
	sketch_synapse(s, b, c, MN_RELATED_TO, .6);
	sketch_synapse(s, b, d, MN_RELATED_TO, .6);
	sketch_write(s);
	/* The second set is empty and does not count; the fourth repeats the first. */
	OK(&s->call, sketch_classic(s, sets, start, 3, .2, 1, false, &l));
	near(l.level[c], .4 + .3 * .5);
	near(l.level[d], .3);
	near(l.level[a], 1);
	OK(&s->call, sketch_classic(s, sets, start, 4, .2, 1, false, &l));
	near(l.level[c], .4 + .3 * .5 + .4 * .5);
	near(l.level[a], 1); /* not more than 1 */
	sketch_end(s);
}

static void levels_recompute_from_the_recording_to_the_last_bit(void **state)
{
	sketch *s = sketch_begin();
	sketch_levels l;
	mn_id ids[40], sets[] = {1, 2, 3, 4};
	const uint32_t start[] = {0, 2, 3, 4};
	mn_trace *t;
	mn_trace_neuron *neurons;

	(void)state;
	srandom(7);
	for (int i = 0; i < 40; i++)
		ids[i] = sketch_neuron(s, MN_CONCEPT, "n", 0);
	for (int i = 0; i < 160; i++)
		sketch_synapse(s, ids[random() % 40], ids[random() % 40], MN_RELATED_TO,
			(double)(random() % 1000) / 1000);
	sketch_write(s);
	OK(&s->call, sketch_classic(s, sets, start, 3, .05, 4, true, &l));
	t = mn_trace_new(&s->call);
	neurons = mn_arena_array(t->arena, 40, sizeof(*neurons));
	for (int i = 0; i < 40; i++)
		neurons[i].id = ids[i];
	t->events = l.events;
	t->nevents = l.nevents;
	t->nneurons = 40;
	OK(&s->call, mn_trace_settle(t, &s->call, neurons));
	assert_true(l.nevents > 50);
	for (int i = 0; i < 40; i++)
		assert_true(mn_trace_recompute(t, ids[i]) == l.level[ids[i]]);
	free(l.events);
	mn_trace_free(t);
	sketch_end(s);
}

/* 1,500 synapses, of which four are heavy: the rest need not be read. */
static void of_a_hub_only_the_heavy_end_is_examined(void **state)
{
	sketch *s = sketch_begin();
	sketch_levels l;
	mn_id hub = sketch_neuron(s, MN_CONCEPT, "hub", 0);

	(void)state;
	for (int i = 0; i < 1500; i++) {
		mn_id leaf = sketch_neuron(s, MN_CONCEPT, "leaf", 0);

		sketch_synapse(s, hub, leaf, MN_RELATED_TO, i % 375 ? .2 : .9);
	}
	sketch_write(s);
	OK(&s->call, sketch_classic(s, &hub, one_set, 1, .2, 3, false, &l));
	assert_int_equal(l.activated, 5);
	assert_true(l.examined <= 3 * l.activated);
	sketch_end(s);
}

static void a_cold_spread_takes_a_call_of_the_store_per_hop(void **state)
{
	sketch *s = sketch_begin();
	sketch_levels l;
	mn_id hop[3][30];
	mn_id root = sketch_neuron(s, MN_CONCEPT, "root", 0);

	(void)state;
	for (int h = 0; h < 3; h++)
		for (int i = 0; i < 30; i++) {
			hop[h][i] = sketch_neuron(s, MN_CONCEPT, "n", 0);
			sketch_synapse(s, h ? hop[h - 1][i] : root, hop[h][i], MN_RELATED_TO,
				.9 + i * .001);
		}
	sketch_write(s);
	OK(&s->call, sketch_classic(s, &root, one_set, 1, .01, 4, false, &l));
	assert_int_equal(l.activated, 91);
	/* The generation, the brain's row, and four frontiers. */
	assert_true(l.trips <= 7);
	OK(&s->call, sketch_classic(s, &root, one_set, 1, .01, 4, false, &l));
	assert_int_equal(l.trips, 1); /* all of it is there: only the generation is asked */
	sketch_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_level_is_half_of_the_one_before_times_the_weight),
		cmocka_unit_test(synapses_conduct_against_their_direction_too),
		cmocka_unit_test(what_is_below_the_threshold_or_a_tenth_is_lost),
		cmocka_unit_test(the_best_of_two_ways_counts_not_their_sum),
		cmocka_unit_test(the_strongest_state_of_a_neuron_decides_whether_it_spreads),
		cmocka_unit_test(each_anchor_spreads_on_its_own),
		cmocka_unit_test(a_neuron_of_two_sets_gains_half_of_the_second_level),
		cmocka_unit_test(levels_recompute_from_the_recording_to_the_last_bit),
		cmocka_unit_test(of_a_hub_only_the_heavy_end_is_examined),
		cmocka_unit_test(a_cold_spread_takes_a_call_of_the_store_per_hop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
