/* SPDX-License-Identifier: MIT */
/* expand.c - claims about lists: order, reaches, floors, limits, degrees, bounds. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static const mn_reach out_all = {.out = true}, in_all = {.in = true},
		      both_all = {.out = true, .in = true};

/* A hop from n neurons along one reach, everything wanted. */
static mn_expand hop(struct room *r, const mn_id *at, size_t n, const mn_reach *reach)
{
	mn_expand e = MN_SIZED(mn_expand);

	e.brain = r->brain;
	e.frontier = (mn_ids){at, n};
	e.reaches = reach;
	e.nreaches = 1;
	e.want_synapse = true;
	return e;
}

static mn_fan expand(struct room *r, const mn_expand *e)
{
	mn_fan fan = {0};

	ok(r, r->be->expand(r->db, &r->call, e, &fan));
	assert_int_equal(fan.start[0], 0);
	return fan;
}

static void lists_are_heaviest_first(void **state)
{
	struct room *r = *state;
	mn_fan fan;

	build_known(r);
	fan = list_of(r, N(4), true, false, 0);
	fan_is(&fan, 0, N(5), N(0), N(0), N(1));
	assert_int_equal(fan.degree[0], 4);
	assert_int_equal(fan.synapse[1], S(0));
	assert_int_equal(fan.synapse[2], S(7));
	assert_true(fan.weight[0] == 0.7 && fan.weight[1] == 0.5 && fan.weight[3] == 0.25);
	fan = list_of(r, N(0), false, true, 0);
	fan_is(&fan, 0, N(5), N(4), N(4), N(1), N(0));
}

static void ties_go_by_far_id_then_by_synapse_id(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_fan fan;

	build_known(r);
	batch_synapse(&b, S(25), N(3), N(1), MN_NEAR, 0.5);
	batch_synapse(&b, S(24), N(3), N(2), MN_NEAR, 0.5);
	batch_synapse(&b, S(22), N(3), N(2), MN_FELT, 0.5);
	batch_synapse(&b, S(23), N(3), N(2), MN_NEAR, 0.5);
	batch_synapse(&b, S(20), N(3), N(5), MN_NEAR, 0.5);
	batch_synapse(&b, S(21), N(0), N(3), MN_NEAR, 0.5);
	batch_apply(r, &b);
	fan = list_of(r, N(3), true, true, 0);
	fan_is(&fan, 0, N(0), N(1), N(2), N(2), N(2), N(5));
	assert_int_equal(fan.synapse[2], S(22));
	assert_int_equal(fan.synapse[3], S(23));
	assert_int_equal(fan.synapse[4], S(24));
	fan = list_of(r, N(3), true, false, MN_NEAR);
	fan_is(&fan, 0, N(1), N(2), N(2), N(5));
}

static void a_limit_cuts_ties_by_the_same_order(void **state)
{
	struct room *r = *state;
	static const uint16_t types[] = {MN_NEAR, MN_FELT, MN_BEFORE};
	struct batch b = {0};
	mn_id at = N(0);
	mn_expand e = hop(r, &at, 1, &both_all);

	batch_neuron(&b, N(0), MN_CONCEPT, "hub");
	for (int i = 1; i <= 100; i++)
		batch_neuron(&b, N(i), MN_CONCEPT, "rim");
	for (int i = 1; i <= 100; i++) { /* ids from the far end, so that they give no hint */
		mn_synapse s = synapse(S(101 - i), N(0), N(i), types[i % 3], 0.5);

		if (i % 2)
			s.from = N(i), s.to = N(0);
		s.flags = i % 5 ? 0 : MN_SYNAPSE_TWO_WAY;
		batch_row(&b, MN_ADD, MN_SYNAPSE, &s);
	}
	batch_apply(r, &b);
	for (uint32_t limit = 1; limit < 100; limit += 7) {
		mn_fan fan;

		e.limit = &limit;
		fan = expand(r, &e);
		assert_int_equal(fan_length(&fan, 0), limit);
		for (uint32_t i = 0; i < limit; i++)
			assert_int_equal(fan.far[i], N(i + 1));
	}
}

static void a_neuron_that_is_not_there_has_an_empty_list(void **state)
{
	struct room *r = *state;
	const mn_id at[] = {N(77), N(0), 0, UINT64_MAX, N(3)};
	mn_expand e = hop(r, at, COUNT(at), &both_all);
	mn_fan fan;

	build_known(r);
	fan = expand(r, &e);
	for (size_t i = 0; i < COUNT(at); i++) {
		assert_int_equal(fan.degree[i], i == 1 ? 5 : 0);
		assert_int_equal(fan_length(&fan, i), i == 1 ? 5 : 0);
		assert_true(fan.bound[i] == 0);
	}
}

static void an_empty_frontier_has_no_lists(void **state)
{
	struct room *r = *state;
	mn_expand e = hop(r, NULL, 0, &both_all);
	mn_fan fan;

	build_known(r);
	fan = expand(r, &e);
	assert_int_equal(fan.start[0], 0);
}

static void directions_are_those_of_the_reach(void **state)
{
	struct room *r = *state;
	const mn_reach neither = {0};
	mn_id at = N(0);
	mn_expand e = hop(r, &at, 1, &out_all);
	mn_fan fan;

	build_known(r);
	fan = expand(r, &e); /* co_occurs is two-way, is_a goes to itself */
	fan_is(&fan, 0, N(1), N(0));
	assert_true(fan.out[0] && fan.out[1]);
	e.reaches = &in_all;
	fan = expand(r, &e);
	fan_is(&fan, 0, N(5), N(4), N(4), N(1), N(0));
	assert_true(!fan.out[0] && !fan.out[1] && !fan.out[2] && fan.out[3] && fan.out[4]);
	e.reaches = &both_all;
	fan = expand(r, &e);
	fan_is(&fan, 0, N(5), N(4), N(4), N(1), N(0));
	e.reaches = &neither;
	fan = expand(r, &e);
	assert_int_equal(fan.degree[0], 0);
	assert_int_equal(fan_length(&fan, 0), 0);
}

static void a_two_way_synapse_counts_for_both_directions_and_once(void **state)
{
	struct room *r = *state;
	static const struct {
		bool out, in;
	} ways[] = {{true, false}, {false, true}, {true, true}};

	build_known(r);
	for (size_t i = 0; i < COUNT(ways); i++) {
		mn_fan a = list_of(r, N(0), ways[i].out, ways[i].in, MN_CO_OCCURS);
		mn_fan b = list_of(r, N(1), ways[i].out, ways[i].in, MN_CO_OCCURS);

		fan_is(&a, 0, N(1));
		fan_is(&b, 0, N(0));
		assert_true(a.degree[0] == 1 && b.degree[0] == 1);
		assert_true(a.out[0] && b.out[0]);
		assert_true(a.synapse[0] == S(5) && b.synapse[0] == S(5));
	}
}

static void a_synapse_to_itself_stands_in_the_list_once(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_synapse two_way = synapse(S(20), N(3), N(3), MN_NEAR, 0.5);
	static const mn_reach *const reaches[] = {&out_all, &in_all, &both_all};

	build_known(r);
	two_way.flags = MN_SYNAPSE_TWO_WAY;
	batch_row(&b, MN_ADD, MN_SYNAPSE, &two_way);
	batch_synapse(&b, S(21), N(3), N(3), MN_NEAR, 0.25);
	batch_apply(r, &b);
	for (size_t i = 0; i < COUNT(reaches); i++) {
		mn_id at = N(3);
		mn_expand e = hop(r, &at, 1, reaches[i]);
		mn_fan fan = expand(r, &e);

		fan_is(&fan, 0, N(3), N(3));
		assert_int_equal(fan.degree[0], 2);
		assert_true(fan.out[0] && fan.out[1]);
	}
}

static void parallel_synapses_each_stand_for_themselves(void **state)
{
	struct room *r = *state;
	mn_fan fan;

	build_known(r);
	fan = list_of(r, N(4), true, false, MN_INVOLVES);
	fan_is(&fan, 0, N(0), N(0), N(1));
	assert_true(fan.synapse[0] == S(0) && fan.synapse[1] == S(7));
	assert_int_equal(fan.degree[0], 3);
}

static void only_the_types_asked_for_are_there_and_counted(void **state)
{
	struct room *r = *state;
	const uint16_t types[] = {MN_BEFORE, MN_INVOLVES, MN_FELT};
	const uint16_t unknown = mn_type_code(MN_SYNAPSE, MN_STR("never stored"));
	const mn_reach some = {types, 3, true, true, false},
		       none = {&unknown, 1, true, true, false};
	mn_id at = N(4);
	mn_expand e = hop(r, &at, 1, &some);
	mn_fan fan;

	build_known(r);
	fan = expand(r, &e);
	fan_is(&fan, 0, N(5), N(0), N(0), N(1));
	assert_int_equal(fan.type[0], MN_BEFORE);
	assert_int_equal(fan.type[1], MN_INVOLVES);
	fan = list_of(r, N(4), true, true, MN_INVOLVES);
	assert_int_equal(fan.degree[0], 3);
	fan = list_of(r, N(5), true, true, MN_BEFORE);
	fan_is(&fan, 0, N(4));
	e.reaches = &none;
	fan = expand(r, &e);
	assert_int_equal(fan.degree[0], 0);
}

/* Whatever else there is, of types as well that nobody who asks has heard of. */
static void all_types_but_some_are_there_and_counted(void **state)
{
	struct room *r = *state;
	const uint16_t types[] = {MN_BEFORE, MN_FELT};
	const uint16_t unknown = mn_type_code(MN_SYNAPSE, MN_STR("never stored"));
	const uint16_t own = mn_type_code(MN_SYNAPSE, MN_STR("rhymes_with"));
	const mn_reach rest = {types, 2, true, true, true}, inward = {types, 2, false, true, true};
	const mn_reach all = {&unknown, 1, true, true, true}, none = {NULL, 0, true, true, true};
	struct batch b = {0};
	mn_id at = N(4);
	mn_expand e = hop(r, &at, 1, &rest);
	mn_fan fan;

	build_known(r);
	fan = expand(r, &e);
	fan_is(&fan, 0, N(0), N(0), N(1));
	assert_int_equal(fan.degree[0], 3);
	batch_synapse(&b, S(30), N(2), N(4), own, 0.125);
	batch_apply(r, &b);
	fan = expand(r, &e);
	fan_is(&fan, 0, N(0), N(0), N(1), N(2));
	assert_int_equal(fan.type[3], own);
	e.reaches = &inward;
	fan = expand(r, &e);
	fan_is(&fan, 0, N(2));
	e.reaches = &all;
	fan = expand(r, &e);
	assert_int_equal(fan.degree[0], 5);
	e.reaches = &none;
	fan = expand(r, &e);
	assert_int_equal(fan.degree[0], 5);
}

static void one_hop_follows_many_reaches(void **state)
{
	struct room *r = *state;
	const uint16_t involves = MN_INVOLVES, before = MN_BEFORE;
	const mn_reach reaches[] = {{&involves, 1, true, false, false},
		{&before, 1, true, true, false}, {&involves, 1, false, true, false}, both_all};
	const mn_id at[] = {N(4), N(0), N(4), N(5), N(0), N(99), N(4)};
	const uint8_t of[] = {0, 2, 1, 1, 3, 3, 2};
	const uint32_t degrees[] = {3, 3, 1, 1, 5, 0, 0};
	mn_expand e = hop(r, at, COUNT(at), reaches);
	mn_fan fan;

	build_known(r);
	e.nreaches = COUNT(reaches);
	e.reach_of = of;
	fan = expand(r, &e);
	for (size_t i = 0; i < COUNT(at); i++)
		assert_int_equal(fan.degree[i], degrees[i]);
	fan_is(&fan, 0, N(0), N(0), N(1));
	fan_is(&fan, 1, N(5), N(4), N(4));
	fan_is(&fan, 2, N(5));
	fan_is(&fan, 3, N(4));
	fan_is(&fan, 4, N(5), N(4), N(4), N(1), N(0));
}

static void what_weighs_less_than_the_floor_is_left_out(void **state)
{
	struct room *r = *state;
	mn_id at[] = {N(4), N(0), N(4)};
	const mn_reach reaches[] = {out_all, both_all};
	float floors[] = {0.5F, 0.125F, 0.75F};
	mn_expand e = hop(r, at, 3, reaches);
	mn_fan fan;

	build_known(r);
	e.nreaches = 2;
	e.reach_of = (const uint8_t[]){0, 1, 1};
	e.floor = floors;
	fan = expand(r, &e);
	fan_is(&fan, 0, N(5), N(0)); /* what weighs just as much is in */
	fan_is(&fan, 1, N(5), N(4), N(4), N(1));
	fan_is(&fan, 2);
	assert_true(fan.degree[0] == 4 && fan.degree[1] == 5 && fan.degree[2] == 4);
}

static void a_limit_keeps_the_heaviest(void **state)
{
	struct room *r = *state;
	mn_id at[] = {N(4), N(0), N(5), N(1)};
	const uint32_t limits[] = {2, MN_NO_LIMIT, 100, 1};
	mn_expand e = hop(r, at, 4, &both_all);
	mn_fan fan;

	build_known(r);
	e.limit = limits;
	fan = expand(r, &e);
	fan_is(&fan, 0, N(5), N(0));
	fan_is(&fan, 1, N(5), N(4), N(4), N(1), N(0));
	fan_is(&fan, 2, N(2), N(0), N(4));
	fan_is(&fan, 3, N(4));
	assert_true(fan.degree[0] == 4 && fan.degree[3] == 2);
}

static void a_limit_of_zero_gives_the_degree_alone(void **state)
{
	struct room *r = *state;
	mn_id at[] = {N(4), N(0), N(3)};
	const uint32_t limits[] = {0, 0, 0};
	mn_expand e = hop(r, at, 3, &both_all);
	mn_fan fan;

	build_known(r);
	e.limit = limits;
	fan = expand(r, &e);
	assert_int_equal(fan.start[3], 0);
	assert_true(fan.degree[0] == 4 && fan.degree[1] == 5 && fan.degree[2] == 0);
	assert_true(fan.bound[0] >= 0.7 && fan.bound[1] >= 0.75 && fan.bound[2] == 0);
}

static void the_floor_chooses_and_the_limit_cuts_what_is_left(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_id at = N(3);
	float floor = 0.5F;
	uint32_t limit = 2;
	mn_expand e = hop(r, &at, 1, &out_all);
	mn_synapse late;
	mn_fan fan;

	/* Made long after the clock: first by its key, though it weighs little. */
	build_known(r);
	late = synapse(S(20), N(3), N(0), MN_NEAR, 0.25);
	late.created = NOON + DAYS(100);
	batch_row(&b, MN_ADD, MN_SYNAPSE, &late);
	batch_synapse(&b, S(21), N(3), N(1), MN_NEAR, 1);
	batch_synapse(&b, S(22), N(3), N(2), MN_NEAR, 0.75);
	batch_synapse(&b, S(23), N(3), N(4), MN_NEAR, 0.625);
	batch_apply(r, &b);
	room_set(r, NOON, NULL);
	fan = expand(r, &e);
	fan_is(&fan, 0, N(0), N(1), N(2), N(4));
	assert_true(fan.weight[0] == 0.25 && fan.weight[1] == 1);
	e.floor = &floor;
	e.limit = &limit;
	fan = expand(r, &e);
	fan_is(&fan, 0, N(1), N(2));
	assert_int_equal(fan.degree[0], 4);
	assert_true(fan.bound[0] >= 0.625);
}

/* The greatest weight among the edges of full's entry that part's same entry leaves out. */
static double left_out(const mn_fan *full, const mn_fan *part, size_t i)
{
	double most = 0;
	uint32_t k = part->start[i];

	for (uint32_t j = full->start[i]; j < full->start[i + 1]; j++)
		if (k < part->start[i + 1] && part->synapse[k] == full->synapse[j])
			k++;
		else if (full->weight[j] > most)
			most = full->weight[j];
	assert_int_equal(k, part->start[i + 1]); /* a part, in the same order */
	return most;
}

static void the_bound_is_above_everything_left_out(void **state)
{
	struct room *r = *state;
	uint64_t seed = 7;
	mn_id at[60];
	float floors[60];
	uint32_t limits[60];
	mn_expand e = hop(r, at, 60, &both_all);
	mn_fan full, part;

	build_random(r, 4, 60, 400);
	for (size_t i = 0; i < 60; i++)
		at[i] = N(i);
	for (int round = 0; round < 20; round++) {
		room_set(r, round % 3 ? NOON + DAYS(dice_below(&seed, 200)) - DAYS(60) : 0, NULL);
		e.floor = NULL;
		e.limit = NULL;
		full = expand(r, &e);
		for (size_t i = 0; i < 60; i++) {
			floors[i] = dice_below(&seed, 3) ? (float)dice_unit(&seed) : 0;
			limits[i] = (uint32_t)dice_below(&seed, 12);
		}
		e.floor = round % 2 ? floors : NULL;
		e.limit = round % 4 < 2 ? limits : NULL;
		part = expand(r, &e);
		for (size_t i = 0; i < 60; i++) {
			assert_true(part.bound[i] >= left_out(&full, &part, i));
			assert_int_equal(part.degree[i], full.degree[i]);
			if (fan_length(&part, i) == part.degree[i])
				assert_true(part.bound[i] == 0);
		}
	}
}

static void what_is_not_wanted_need_not_be_there(void **state)
{
	struct room *r = *state;
	mn_id at = N(4);
	mn_expand e = hop(r, &at, 1, &both_all);
	mn_fan fan;

	build_known(r);
	e.want_synapse = false;
	fan = expand(r, &e);
	fan_is(&fan, 0, N(5), N(0), N(0), N(1));
	assert_true(fan.weight[0] == 0.7);
}

static void both_ends_see_every_synapse(void **state)
{
	struct room *r = *state;
	const mn_synapse *rows;
	mn_fan fan;
	size_t ends = 0;

	build_random(r, 11, 100, 500);
	fan = lists_of(r, 100);
	rows = fan_rows(r, &fan, 100);
	for (size_t i = 0; i < 100; i++)
		for (uint32_t k = fan.start[i]; k < fan.start[i + 1]; k++) {
			const mn_synapse *s = &rows[k];
			bool two_way = s->flags & MN_SYNAPSE_TWO_WAY;

			assert_int_equal(s->id, fan.synapse[k]);
			assert_true(s->from == N(i) || s->to == N(i));
			assert_int_equal(fan.far[k], s->from == N(i) ? s->to : s->from);
			assert_int_equal(fan.type[k], s->type);
			assert_int_equal(fan.out[k], s->from == N(i) || two_way);
			ends += s->from == s->to ? 2 : 1;
		}
	assert_int_equal(ends, 1000);
}

static void a_frontier_may_be_as_long_as_promised(void **state)
{
	struct room *r = *state;
	size_t n = r->info.max_ids ? r->info.max_ids : 20000;
	mn_id *at = calloc(n, sizeof(*at));
	uint8_t *of = calloc(n, 1);
	const mn_reach reaches[] = {both_all, out_all, in_all};
	mn_expand e = hop(r, at, n, reaches);
	mn_fan fan;

	build_known(r);
	for (size_t i = 0; i < n; i++) {
		at[i] = i < 18 ? N(i / 3) : N(i);
		of[i] = (uint8_t)(i % 3);
	}
	e.nreaches = 3;
	e.reach_of = of;
	fan = expand(r, &e);
	assert_int_equal(fan.start[n], 5 + 2 + 5 + 2 + 1 + 2 + 1 + 0 + 1 + 4 + 4 + 0 + 3 + 2 + 1);
	assert_int_equal(fan.degree[n - 1], 0);
	free(at);
	free(of);
}

static void a_hub_s_heaviest_are_the_first_of_its_list(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_id at = N(0), first = 0;
	uint32_t limit = 40;
	uint64_t seed = 5;
	mn_expand e = hop(r, &at, 1, &in_all);
	mn_fan full, part;

	ok(r, r->be->reserve(r->db, &r->call, r->brain, MN_SYNAPSE, 3000, &first));
	for (int i = 0; i < 100; i++)
		batch_neuron(&b, N(i), MN_CONCEPT, "rim");
	for (mn_id i = 0; i < 3000; i++)
		batch_synapse(&b, first + i, N(1 + i % 99), N(0), MN_NEAR, dice_unit(&seed));
	batch_apply(r, &b);
	full = expand(r, &e);
	e.limit = &limit;
	part = expand(r, &e);
	assert_int_equal(fan_length(&full, 0), 3000);
	assert_int_equal(fan_length(&part, 0), limit);
	assert_int_equal(part.degree[0], 3000);
	assert_memory_equal(part.synapse, full.synapse, limit * sizeof(mn_id));
	for (uint32_t i = 1; i < 3000; i++)
		assert_true(full.weight[i] <= full.weight[i - 1] * 1.002);
	assert_true(part.bound[0] < full.weight[30]); /* and says something */
}

static const struct CMUnitTest all[] = {
	claim(lists_are_heaviest_first),
	claim(ties_go_by_far_id_then_by_synapse_id),
	claim(a_limit_cuts_ties_by_the_same_order),
	claim(a_neuron_that_is_not_there_has_an_empty_list),
	claim(an_empty_frontier_has_no_lists),
	claim(directions_are_those_of_the_reach),
	claim(a_two_way_synapse_counts_for_both_directions_and_once),
	claim(a_synapse_to_itself_stands_in_the_list_once),
	claim(parallel_synapses_each_stand_for_themselves),
	claim(only_the_types_asked_for_are_there_and_counted),
	claim(all_types_but_some_are_there_and_counted),
	claim(one_hop_follows_many_reaches),
	claim(what_weighs_less_than_the_floor_is_left_out),
	claim(a_limit_keeps_the_heaviest),
	claim(a_limit_of_zero_gives_the_degree_alone),
	claim(the_floor_chooses_and_the_limit_cuts_what_is_left),
	claim(the_bound_is_above_everything_left_out),
	claim(what_is_not_wanted_need_not_be_there),
	claim(both_ends_see_every_synapse),
	claim(a_frontier_may_be_as_long_as_promised),
	claim(a_hub_s_heaviest_are_the_first_of_its_list),
};
const struct claims expand_claims = {"expand", all, COUNT(all), false};
