/* SPDX-License-Identifier: MIT */
/* weights.c - claims about what a synapse weighs, and how decay and reinforcement move it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

#define CLOSE 1e-12

/* The formula of mn.h, written out once more, so that a slip in backend.h's own would show. */
static double due(const mn_synapse *s, double delta, double rate, mn_time clock)
{
	double w = s->base;
	mn_time since = s->last ? s->last : s->created;
	int64_t days;

	if (s->uses)
		w = 1 - (1 - s->base) * pow(1 - delta, s->uses);
	if (!clock)
		return w;
	days = (int64_t)(floor((double)clock / 86400e6) - floor((double)since / 86400e6));
	return days > 0 ? w * exp(-rate * (double)days) : w;
}

static void check_weights(
	struct room *r, unsigned neurons, double delta, double rate, mn_time clock)
{
	const mn_fan fan = lists_of(r, neurons);
	const mn_synapse *rows = fan_rows(r, &fan, neurons);

	for (uint32_t k = 0; k < fan.start[neurons]; k++)
		assert_true(fabs(fan.weight[k] - due(&rows[k], delta, rate, clock)) <= CLOSE);
}

static void weights_follow_the_formula(void **state)
{
	struct room *r = *state;
	static const struct {
		double delta, rate;
		const char *config;
	} configs[] = {{0.05, 0.1, "{}"},
		{0.3, 0, "{\"decay_rate\":0,\"reinforcement_delta\":0.3}"},
		{1, 2.5, "{\"decay_rate\":2.5,\"reinforcement_delta\":1}"},
		{0, 0.01, "{\"decay_rate\":0.01,\"reinforcement_delta\":0}"}};
	static const mn_time clocks[] = {
		0, NOON - DAYS(400), NOON, NOON + DAYS(1), NOON + DAYS(1000)};

	build_random(r, 99, 40, 300);
	for (size_t c = 0; c < COUNT(configs); c++)
		for (size_t t = 0; t < COUNT(clocks); t++) {
			room_set(r, clocks[t], configs[c].config);
			check_weights(r, 40, configs[c].delta, configs[c].rate, clocks[t]);
		}
}

static void weights_of_any_time_are_in_range(void **state)
{
	struct room *r = *state;
	static const mn_time times[] = {
		INT64_MIN, -DAYS(400), -1, 0, 1, NOON, DAYS(3000000), INT64_MAX};
	struct batch b = {0};
	const mn_synapse *rows;
	mn_fan fan;

	batch_neuron(&b, N(0), MN_CONCEPT, "old and young");
	batch_neuron(&b, N(1), MN_CONCEPT, "the other end");
	for (size_t i = 0; i < COUNT(times); i++) {
		mn_synapse s = synapse(S(i), N(0), N(1), MN_NEAR, 0.5);

		s.created = times[i];
		s.uses = (uint32_t)i * 3;
		batch_row(&b, MN_ADD, MN_SYNAPSE, &s);
	}
	batch_apply(r, &b);
	for (size_t t = 0; t < COUNT(times); t++) {
		room_set(r, times[t], NULL);
		fan = list_of(r, N(0), true, false, 0);
		assert_int_equal(fan.start[1], COUNT(times));
		rows = fan_rows(r, &fan, 1);
		for (uint32_t k = 0; k < fan.start[1]; k++) {
			assert_true(fan.weight[k] >= 0 && fan.weight[k] <= 1);
			assert_int_equal(rows[k].created, times[rows[k].id - S(0)]);
		}
	}
}

/* Ids of a neuron's synapses, in order. */
static size_t order_of(struct room *r, mn_id id, mn_id *out, size_t room)
{
	mn_fan fan = list_of(r, id, true, true, 0);
	size_t n = fan_length(&fan, 0);

	assert_in_range(n, 0, room);
	memcpy(out, fan.synapse, n * sizeof(*out));
	return n;
}

static void decay_moves_weights_and_not_their_order(void **state)
{
	struct room *r = *state;
	mn_id before[IDS], after[IDS];

	build_random(r, 3, 30, 300);
	for (mn_time clock = NOON - DAYS(30); clock < NOON + DAYS(3000); clock += DAYS(499)) {
		size_t n = order_of(r, N(0), before, IDS);

		assert_true(n > 5);
		room_set(r, clock, NULL);
		assert_int_equal(order_of(r, N(0), after, IDS), n);
		assert_memory_equal(before, after, n * sizeof(*before));
	}
}

static void decay_twice_is_decay_once(void **state)
{
	struct room *r = *state;
	char *once;

	build_random(r, 8, 20, 100);
	room_set(r, NOON + DAYS(30), NULL);
	once = dump(r);
	for (int day = 1; day <= 30; day++)
		room_set(r, NOON + DAYS(day), NULL);
	still(r, once);
	once = dump(r);
	room_set(r, NOON + DAYS(30), NULL);
	still(r, once);
	once = dump(r);
	room_set(r, NOON + DAYS(60), NULL);
	room_set(r, NOON + DAYS(30), NULL); /* undone */
	still(r, once);
}

static void the_order_is_that_of_the_key(void **state)
{
	struct room *r = *state;
	const mn_synapse *rows;
	mn_fan fan;

	build_random(r, 21, 40, 400);
	room_set(r, NOON - DAYS(20), NULL);
	fan = lists_of(r, 40);
	rows = fan_rows(r, &fan, 40);
	for (unsigned i = 0; i < 40; i++) {
		for (uint32_t k = fan.start[i] + 1; k < fan.start[i + 1]; k++) {
			int32_t a = mn_weight_key(&rows[k - 1], 0.05, 0.1);
			int32_t b = mn_weight_key(&rows[k], 0.05, 0.1);

			assert_true(a >= b);
			if (a == b)
				assert_true(fan.far[k - 1] < fan.far[k]
					    || (fan.far[k - 1] == fan.far[k]
						    && fan.synapse[k - 1] < fan.synapse[k]));
		}
	}
}

static void the_newest_comes_first_beyond_the_clock(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_fan fan;

	build_known(r);
	for (int i = 0; i < 5; i++) {
		mn_synapse s = synapse(S(20 + i), N(3), N(i), MN_NEAR, 0.5);

		s.created = NOON + DAYS(i);
		batch_row(&b, MN_ADD, MN_SYNAPSE, &s);
	}
	batch_apply(r, &b);
	fan = list_of(r, N(3), true, false, MN_NEAR);
	fan_is(&fan, 0, N(4), N(3), N(2), N(1), N(0));
	assert_true(fan.weight[0] == 0.5 && fan.weight[4] == 0.5);
	room_set(r, NOON + DAYS(4), NULL);
	fan = list_of(r, N(3), true, false, MN_NEAR);
	fan_is(&fan, 0, N(4), N(3), N(2), N(1), N(0));
	assert_true(fan.weight[0] == 0.5 && fan.weight[4] < 0.34);
}

static void a_synapse_of_weight_nothing_comes_last(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_fan fan;

	build_known(r);
	batch_synapse(&b, S(20), N(3), N(0), MN_NEAR, 0);
	batch_synapse(&b, S(21), N(3), N(1), MN_NEAR, 1e-300);
	batch_synapse(&b, S(22), N(3), N(2), MN_NEAR, 1);
	batch_apply(r, &b);
	fan = list_of(r, N(3), true, true, 0);
	fan_is(&fan, 0, N(2), N(1), N(0));
	assert_true(fan.weight[2] == 0 && fan.weight[1] == 1e-300);
}

static void another_rate_of_decay_reorders_the_lists(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_synapse old = synapse(S(20), N(3), N(0), MN_NEAR, 1);
	mn_gen before;
	mn_fan fan;

	build_known(r);
	old.created = NOON - DAYS(100);
	batch_row(&b, MN_ADD, MN_SYNAPSE, &old);
	batch_synapse(&b, S(21), N(3), N(1), MN_NEAR, 0.5);
	batch_apply(r, &b);
	fan = list_of(r, N(3), true, false, 0);
	fan_is(&fan, 0, N(1), N(0));
	before = generation(r);
	room_set(r, 0, "{\"decay_rate\":0.001}");
	fan = list_of(r, N(3), true, false, 0);
	fan_is(&fan, 0, N(0), N(1));
	if (r->info.caps & MN_CAP_GENERATION)
		assert_true(generation(r).graph > before.graph);
	room_set(r, 0, "{\"decay_rate\":0.1}");
	fan = list_of(r, N(3), true, false, 0);
	fan_is(&fan, 0, N(1), N(0));
}

static void another_rate_folds_what_was_bumped(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_fan fan;

	build_known(r);
	batch_bump(&b, MN_SYNAPSE, S(1), 50, NOON);
	batch_apply(r, &b);
	room_set(r, 0, "{\"decay_rate\":0.02}");
	fan = list_of(r, N(4), true, false, 0);
	fan_is(&fan, 0, N(1), N(5), N(0), N(0));
	batch_bump(&b, MN_SYNAPSE, S(1), 1, NOON); /* and the next ones are counted anew */
	batch_apply(r, &b);
	fan = list_of(r, N(4), true, false, 0);
	assert_true(fabs(fan.weight[0] - (1 - 0.75 * pow(0.95, 50))) < 1e-12);
	batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
	batch_apply(r, &b);
	fan = list_of(r, N(4), true, false, 0);
	assert_true(fabs(fan.weight[0] - (1 - 0.75 * pow(0.95, 51))) < 1e-12);
}

static void another_delta_reweighs_what_was_reinforced(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_synapse used = synapse(S(20), N(3), N(0), MN_NEAR, 0.25);
	mn_fan fan;

	build_known(r);
	used.uses = 2;
	batch_row(&b, MN_ADD, MN_SYNAPSE, &used);
	batch_synapse(&b, S(21), N(3), N(1), MN_NEAR, 0.5);
	batch_apply(r, &b);
	fan = list_of(r, N(3), true, false, 0);
	fan_is(&fan, 0, N(1), N(0));
	room_set(r, 0, "{\"reinforcement_delta\":0.5}");
	fan = list_of(r, N(3), true, false, 0);
	fan_is(&fan, 0, N(0), N(1));
	assert_true(fan.weight[0] == 0.8125);
}

static const struct CMUnitTest all[] = {
	claim(weights_follow_the_formula),
	claim(weights_of_any_time_are_in_range),
	claim(decay_moves_weights_and_not_their_order),
	claim(decay_twice_is_decay_once),
	claim(the_order_is_that_of_the_key),
	claim(the_newest_comes_first_beyond_the_clock),
	claim(a_synapse_of_weight_nothing_comes_last),
	claim(another_rate_of_decay_reorders_the_lists),
	claim(another_rate_folds_what_was_bumped),
	claim(another_delta_reweighs_what_was_reinforced),
};
const struct claims weights_claims = {"weights", all, COUNT(all), false};
