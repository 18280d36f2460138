/* SPDX-License-Identifier: MIT */
/* bumps.c - claims about reinforcement: counts that add up, and the fold that lets lists see. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static void a_bump_adds_uses_and_takes_the_later_time(void **state)
{
	struct room *r = *state;
	struct batch b = {0};

	build_known(r);
	batch_bump(&b, MN_SYNAPSE, S(0), 2, NOON + 20);
	batch_bump(&b, MN_SYNAPSE, S(0), 1, NOON + 10);
	batch_bump(&b, MN_STATE, N(0), 4, NOON + 20);
	batch_bump(&b, MN_STATE, N(0), 1, NOON - 10);
	batch_apply(r, &b);
	assert_int_equal(get_synapse(r, S(0))->uses, 3);
	assert_int_equal(get_synapse(r, S(0))->last, NOON + 20);
	assert_int_equal(get_state(r, N(0))->uses, 8);
	assert_int_equal(get_state(r, N(0))->last, NOON + 20);
}

static void a_bump_of_a_state_takes_the_higher_level(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_state low = {.id = N(0), .level = 0.25, .decay = 5, .uses = 1};
	mn_state high = {.id = N(0), .level = 0.75, .decay = 5, .uses = 1};

	build_known(r);
	batch_row(&b, MN_BUMP, MN_STATE, &low);
	batch_apply(r, &b);
	assert_true(get_state(r, N(0))->level == 0.5);
	batch_row(&b, MN_BUMP, MN_STATE, &high);
	batch_apply(r, &b);
	assert_true(get_state(r, N(0))->level == 0.75);
	assert_true(get_state(r, N(0))->decay == -1); /* no business of a bump */
	assert_int_equal(get_state(r, N(0))->uses, 5);
}

static void a_bump_makes_a_missing_state(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_state bump = {N(3), 0.25, 7, NOON, 2}, want = {N(3), 0.25, -1, NOON, 2};
	mn_state before_epoch = {N(1), 0, 7, -5, 1}, want_zero = {N(1), 0, -1, 0, 1};

	build_known(r);
	batch_row(&b, MN_BUMP, MN_STATE, &bump);
	batch_row(&b, MN_BUMP, MN_STATE, &before_epoch);
	batch_apply(r, &b);
	same_row(MN_STATE, get_state(r, N(3)), &want);
	same_row(MN_STATE, get_state(r, N(1)), &want_zero);
}

static void a_bump_passes_over_what_is_not_there(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	char *before;

	build_known(r);
	before = dump(r);
	batch_bump(&b, MN_SYNAPSE, S(99), 1, NOON);
	batch_bump(&b, MN_STATE, N(99), 1, NOON);
	batch_apply(r, &b);
	still(r, before);
	batch_bump(&b, MN_SYNAPSE, S(99), 1, NOON);
	batch_bump(&b, MN_SYNAPSE, S(0), 1, NOON);
	batch_apply(r, &b);
	assert_int_equal(get_synapse(r, S(0))->uses, 1);
}

/* Bumps of a few synapses and states, in an order that the seed chooses. */
static void bump_shuffled(struct room *r, uint64_t seed)
{
	unsigned order[40];

	for (unsigned i = 0; i < COUNT(order); i++) {
		unsigned j = (unsigned)dice_below(&seed, i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	for (unsigned i = 0; i < COUNT(order);) {
		struct batch b = {0};
		unsigned end = i + 1 + (unsigned)dice_below(&seed, 9);

		for (; i < end && i < COUNT(order); i++) {
			unsigned k = order[i];
			mn_state t = {N(k % 5), k / 64.0, -1, NOON + (k * 7) % 13, k};

			batch_row(&b, MN_BUMP, MN_STATE, &t);
			batch_bump(&b, MN_SYNAPSE, S(k % 7), k, NOON + (k * 5) % 11);
		}
		batch_apply(r, &b);
	}
}

static void bumps_commute(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_str other = MN_STR("shuffled another way"), claim = r->brain;
	char *one;

	build_known(r);
	bump_shuffled(r, 1);
	batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
	batch_apply(r, &b);
	one = dump(r);
	for (uint64_t seed = 2; seed < 6; seed++) {
		room_create(r, other, NULL);
		r->brain = other;
		build_known(r);
		bump_shuffled(r, seed);
		batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
		batch_apply(r, &b);
		still(r, strdup(one));
		r->brain = claim;
		room_delete(r, other);
	}
	free(one);
}

static void a_bump_changes_the_row_at_once_and_the_lists_with_a_fold(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_fan fan;

	build_known(r);
	batch_bump(&b, MN_SYNAPSE, S(1), 50, NOON);
	batch_apply(r, &b);
	assert_int_equal(get_synapse(r, S(1))->uses, 50);
	fan = list_of(r, N(4), true, false, 0);
	fan_is(&fan, 0, N(5), N(0), N(0), N(1));
	assert_true(fan.weight[3] == 0.25);
	batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
	batch_apply(r, &b);
	fan = list_of(r, N(4), true, false, 0);
	fan_is(&fan, 0, N(1), N(5), N(0), N(0));
	assert_true(fabs(fan.weight[0] - (1 - 0.75 * pow(0.95, 50))) < 1e-12);
	fan = list_of(r, N(1), true, true, 0);
	fan_is(&fan, 0, N(4), N(0));
}

static void many_bumps_fold_as_one(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_fan fan;

	build_known(r);
	for (int i = 0; i < 10; i++) {
		batch_bump(&b, MN_SYNAPSE, S(1), 1, NOON + i);
		batch_apply(r, &b);
		if (i % 3 == 0) {
			batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
			batch_apply(r, &b);
		}
	}
	fan = list_of(r, N(1), false, true, MN_INVOLVES);
	assert_true(fabs(fan.weight[0] - (1 - 0.75 * pow(0.95, 10))) < 1e-12);
}

static void a_bumped_synapse_is_young_again(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_fan fan;

	build_known(r);
	batch_bump(&b, MN_SYNAPSE, S(1), 0, NOON + DAYS(50));
	batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
	batch_apply(r, &b);
	room_set(r, NOON + DAYS(60), NULL);
	fan = list_of(r, N(4), true, false, 0);
	fan_is(&fan, 0, N(1), N(5), N(0), N(0));
	assert_true(fabs(fan.weight[0] - 0.25 * exp(-1)) < 1e-12);
	assert_true(fabs(fan.weight[1] - 0.7 * exp(-6)) < 1e-12);
}

static void a_tune_overrides_bumps_that_were_not_folded(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_synapse s = {.id = S(1), .base = 0.375, .uses = 0, .last = 0};
	mn_gen before;
	mn_fan fan;

	build_known(r);
	batch_bump(&b, MN_SYNAPSE, S(1), 50, NOON + DAYS(1));
	batch_row(&b, MN_TUNE, MN_SYNAPSE, &s);
	batch_apply(r, &b);
	fan = list_of(r, N(1), false, true, MN_INVOLVES);
	assert_true(fan.weight[0] == 0.375);
	before = generation(r);
	batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL); /* nothing is left to fold */
	batch_apply(r, &b);
	fan = list_of(r, N(1), false, true, MN_INVOLVES);
	assert_true(fan.weight[0] == 0.375);
	if (r->info.caps & MN_CAP_GENERATION)
		assert_int_equal(generation(r).graph, before.graph);
}

static void a_bumped_synapse_can_be_dropped_before_the_fold(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_fan fan;

	build_known(r);
	batch_bump(&b, MN_SYNAPSE, S(1), 3, NOON);
	batch_bump(&b, MN_SYNAPSE, S(2), 3, NOON);
	batch_apply(r, &b);
	batch_drop(&b, MN_SYNAPSE, S(1));
	batch_drop(&b, MN_NEURON, N(5)); /* S(2) goes with it */
	batch_apply(r, &b);
	batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
	batch_apply(r, &b);
	fan = list_of(r, N(4), true, true, 0);
	fan_is(&fan, 0, N(0), N(0));
	assert_int_equal(get_synapse(r, S(1))->id, 0);
}

static void a_decay_run_between_bump_and_fold_keeps_both(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_fan fan;

	build_known(r);
	batch_bump(&b, MN_SYNAPSE, S(1), 10, NOON);
	batch_apply(r, &b);
	room_set(r, NOON + DAYS(10), NULL);
	batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
	batch_apply(r, &b);
	fan = list_of(r, N(1), false, true, MN_INVOLVES);
	assert_true(fabs(fan.weight[0] - (1 - 0.75 * pow(0.95, 10)) * exp(-1)) < 1e-12);
}

static void uses_stop_at_the_most_there_can_be(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_fan fan;

	build_known(r);
	batch_bump(&b, MN_SYNAPSE, S(0), UINT32_MAX - 1, NOON);
	batch_bump(&b, MN_STATE, N(1), UINT32_MAX - 1, NOON);
	batch_apply(r, &b);
	for (int i = 0; i < 2; i++) {
		batch_bump(&b, MN_SYNAPSE, S(0), 7, NOON);
		batch_bump(&b, MN_STATE, N(1), UINT32_MAX, NOON);
		batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
		batch_apply(r, &b);
		assert_int_equal(get_synapse(r, S(0))->uses, UINT32_MAX);
		assert_int_equal(get_state(r, N(1))->uses, UINT32_MAX);
	}
	fan = list_of(r, N(0), false, true, MN_INVOLVES);
	fan_is(&fan, 0, N(4), N(5), N(4));
	assert_true(fan.weight[0] == 1);
}

static const struct CMUnitTest all[] = {
	claim(a_bump_adds_uses_and_takes_the_later_time),
	claim(a_bump_of_a_state_takes_the_higher_level),
	claim(a_bump_makes_a_missing_state),
	claim(a_bump_passes_over_what_is_not_there),
	claim(bumps_commute),
	claim(a_bump_changes_the_row_at_once_and_the_lists_with_a_fold),
	claim(many_bumps_fold_as_one),
	claim(a_bumped_synapse_is_young_again),
	claim(a_tune_overrides_bumps_that_were_not_folded),
	claim(a_bumped_synapse_can_be_dropped_before_the_fold),
	claim(a_decay_run_between_bump_and_fold_keeps_both),
	claim(uses_stop_at_the_most_there_can_be),
};
const struct claims bumps_claims = {"bumps", all, COUNT(all), false};
