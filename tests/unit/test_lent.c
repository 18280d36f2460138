/* SPDX-License-Identifier: MIT */
/*
 * "classic" over lists that the store lends gives what it gives over the graph cache, to the last
 * bit: levels, hops and ways in. A recorded spread goes over the cache, any other over the lists.
 */
#include "sketch.h"

#define NEURONS 300
#define SYNAPSES 2400
#define DAY INT64_C(86400000000)

struct reached {
	double level;
	mn_id from, synapse;
	uint32_t hop;
};

/* Every cell, by id. */
static void reach(sketch *s, const mn_id *anchors, const uint32_t *start, uint32_t nsets,
	double threshold, uint32_t hops, bool record, struct reached *out)
{
	uint32_t nodes[64];
	mn_view view;
	mn_spread spread;
	struct mn_bench bench;

	memset(out, 0, (NEURONS + 1) * sizeof(*out));
	OK(&s->call, mn_graph_take_bench(mn_graph_of(s->brain->mind), &s->call, &bench));
	OK(&s->call, mn_view_open(s->brain, &s->call, false, &view));
	OK(&s->call, mn_view_index(&view, anchors, start[nsets], nodes));
	spread = (mn_spread){.view = &view,
		.arena = bench.arena,
		.space = bench.space,
		.side = bench.side,
		.record = record ? bench.record : NULL,
		.anchors = {nodes, start, nsets},
		.max_hops = hops,
		.threshold = threshold};
	OK(&s->call, mn_classic.spread(&spread));
	assert_int_equal(view.numbered, !record);
	for (size_t i = 0; i < bench.space->ncells; i++) {
		const mn_cell *c = &bench.space->cells[i];

		out[mn_view_id(&view, c->node)] = (struct reached){c->level,
			c->from == MN_NOBODY ? 0 : mn_view_id(&view, c->from), c->synapse, c->hop};
	}
	mn_view_close(&view);
	mn_graph_give_bench(mn_graph_of(s->brain->mind), &bench);
}

static void compare(sketch *s, const mn_id *anchors, const uint32_t *start, uint32_t nsets,
	double threshold, uint32_t hops)
{
	static struct reached cached[NEURONS + 1], lent[NEURONS + 1];
	size_t found = 0;

	reach(s, anchors, start, nsets, threshold, hops, true, cached);
	reach(s, anchors, start, nsets, threshold, hops, false, lent);
	for (size_t i = 1; i <= NEURONS; i++) {
		found += cached[i].level > 0;
		if (memcmp(&cached[i], &lent[i], sizeof(*cached)) != 0)
			fail_msg("neuron %zu: %.17g from %llu over %llu in %u, not %.17g from "
				 "%llu over %llu in %u",
				i, lent[i].level, (unsigned long long)lent[i].from,
				(unsigned long long)lent[i].synapse, lent[i].hop, cached[i].level,
				(unsigned long long)cached[i].from,
				(unsigned long long)cached[i].synapse, cached[i].hop);
	}
	assert_true(found > 3);
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)random() % n;
}

/* A hub with a list in parts; everything else anywhere. Few weights, so that many levels tie. */
static void make_synapses(sketch *s, const double *weights, uint32_t nweights)
{
	static const uint16_t types[] = {MN_RELATED_TO, MN_LEADS_TO, MN_CAUSED_BY};

	for (int i = 0; i < SYNAPSES; i++) {
		const mn_id from = i % 4 == 0 ? 1 : 1 + below(NEURONS);
		const double w = nweights ? weights[below(nweights)]
					  : (double)(random() % 100000) / 100000;
		mn_synapse *made;

		sketch_synapse(s, from, 1 + below(NEURONS), types[below(3)], w);
		made = &s->synapses[s->nsynapses - 1];
		made->flags = below(5) == 0 ? MN_SYNAPSE_TWO_WAY : 0;
		made->created = (mn_time)(1 + below(40)) * DAY;
		made->uses = below(3) == 0 ? below(4) : 0;
		made->last = made->uses ? made->created + (mn_time)below(40) * DAY : 0;
	}
}

static sketch *make_sketch(unsigned seed, const double *weights, uint32_t nweights)
{
	sketch *s = sketch_begin();

	srandom(seed);
	for (int i = 0; i < NEURONS; i++)
		sketch_neuron(s, MN_CONCEPT, "n", 0);
	make_synapses(s, weights, nweights);
	sketch_write(s);
	return s;
}

static void ask_all(sketch *s)
{
	static const uint32_t one[] = {0, 3}, three[] = {0, 2, 2, 5, 6};
	mn_id anchors[6];

	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 6; i++) /* distinct */
			anchors[i] = (mn_id)(1 + 50 * i) + below(50);
		if (round % 3 == 0)
			anchors[0] = 1;
		compare(s, anchors, one, 1, .1, 4);
		compare(s, anchors, one, 1, .2, 3);
		compare(s, anchors, one, 1, .2, 1);
		compare(s, anchors, three, 4, .1, 4);
		compare(s, anchors, three, 4, .05, 5);
	}
}

static void lent_lists_give_the_levels_hops_and_ways_of_the_cache(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 4; seed++) {
		sketch *s = make_sketch(seed, NULL, 0);

		ask_all(s);
		sketch_end(s);
	}
}

static void equal_levels_come_in_by_the_way_that_fires_first(void **state)
{
	static const double weights[] = {1, .8, .5, .25};

	(void)state;
	for (unsigned seed = 1; seed <= 4; seed++) {
		sketch *s = make_sketch(seed, weights, 4);

		ask_all(s);
		sketch_end(s);
	}
}

static void move_clock(sketch *s, mn_time to)
{
	mn_brain_row row;

	OK(&s->call, mn_brain_describe(s->brain, &s->call, &row));
	row.clock = to;
	OK(&s->call, mn_store_update(s->store, &s->call, MN_STR("b"), &row, &row));
}

static void lent_weights_decay_and_grow_as_the_cache_has_them(void **state)
{
	static const double weights[] = {1, .9};

	(void)state;
	for (unsigned seed = 1; seed <= 4; seed++) {
		sketch *s = make_sketch(seed, seed % 2 ? weights : NULL, seed % 2 ? 2 : 0);
		mn_applied applied = MN_SIZED(mn_applied);
		mn_change changes[100];
		mn_synapse bumps[100];

		move_clock(s, (mn_time)(20 + seed) * DAY);
		for (int i = 0; i < 100; i++) {
			bumps[i] = (mn_synapse){
				.id = 1 + below(SYNAPSES), .last = 60 * DAY, .uses = 3};
			changes[i] = (mn_change){MN_BUMP, MN_SYNAPSE, &bumps[i]};
		}
		OK(&s->call, mn_brain_apply(s->brain, &s->call, NULL, changes, 100, &applied));
		ask_all(s);
		changes[0] = (mn_change){MN_FOLD, MN_SYNAPSE, NULL};
		OK(&s->call, mn_brain_apply(s->brain, &s->call, NULL, changes, 1, &applied));
		ask_all(s);
		sketch_end(s);
	}
}

static void what_was_dropped_is_not_lent(void **state)
{
	sketch *s = make_sketch(9, NULL, 0);
	mn_applied applied = MN_SIZED(mn_applied);
	mn_id gone[NEURONS / 3];
	mn_change changes[NEURONS / 3];

	(void)state;
	for (size_t i = 0; i < NEURONS / 3; i++) {
		gone[i] = 3 * i + 2;
		changes[i] = (mn_change){MN_DROP, MN_NEURON, &gone[i]};
	}
	OK(&s->call, mn_brain_apply(s->brain, &s->call, NULL, changes, NEURONS / 3, &applied));
	ask_all(s);
	sketch_end(s);
}

/* By so little that the order of the lists stays as it is. */
static void weights_that_hardly_change_are_lent_as_they_are_now(void **state)
{
	static const double weights[] = {1, .8, .5, .25};

	(void)state;
	for (unsigned seed = 1; seed <= 4; seed++) {
		sketch *s = make_sketch(seed, weights, 4);
		mn_applied applied = MN_SIZED(mn_applied);
		mn_change changes[SYNAPSES];
		int status = MN_OK;

		for (size_t i = 0; i < SYNAPSES; i++) {
			s->synapses[i].base *= below(3) ? 1 : 1 - 1e-6 * below(100);
			s->synapses[i].uses = below(3) ? s->synapses[i].uses : 0;
			changes[i] = (mn_change){MN_TUNE, MN_SYNAPSE, &s->synapses[i]};
		}
		if (seed % 2) { /* and back */
			s->synapses[SYNAPSES - 1].id = SYNAPSES + 1;
			status = MN_EINVAL;
		}
		assert_int_equal(
			mn_brain_apply(s->brain, &s->call, NULL, changes, SYNAPSES, &applied),
			status);
		ask_all(s);
		sketch_end(s);
	}
}

/* The view's names and the lists would be of two states. */
static void a_view_that_was_overtaken_is_told_so(void **state)
{
	static const uint32_t start[] = {0, 1};
	sketch *s = make_sketch(3, NULL, 0);
	mn_view view;
	mn_spread spread;
	struct mn_bench bench;
	mn_id anchor = 1;
	uint32_t node;

	(void)state;
	OK(&s->call, mn_graph_take_bench(mn_graph_of(s->brain->mind), &s->call, &bench));
	OK(&s->call, mn_view_open(s->brain, &s->call, false, &view));
	OK(&s->call, mn_view_index(&view, &anchor, 1, &node));
	sketch_synapse(s, 2, 3, MN_RELATED_TO, .5);
	sketch_write(s);
	spread = (mn_spread){.view = &view,
		.arena = bench.arena,
		.space = bench.space,
		.side = bench.side,
		.anchors = {&node, start, 1},
		.max_hops = 4,
		.threshold = .1};
	assert_int_equal(mn_classic.spread(&spread), MN_ESTALE);
	mn_view_close(&view);
	mn_graph_give_bench(mn_graph_of(s->brain->mind), &bench);
	sketch_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lent_lists_give_the_levels_hops_and_ways_of_the_cache),
		cmocka_unit_test(equal_levels_come_in_by_the_way_that_fires_first),
		cmocka_unit_test(lent_weights_decay_and_grow_as_the_cache_has_them),
		cmocka_unit_test(what_was_dropped_is_not_lent),
		cmocka_unit_test(weights_that_hardly_change_are_lent_as_they_are_now),
		cmocka_unit_test(a_view_that_was_overtaken_is_told_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
