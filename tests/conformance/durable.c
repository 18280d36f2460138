/* SPDX-License-Identifier: MIT */
/* durable.c - claims about stores that outlive a process: what was there is there again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops.h"

static void a_store_opened_again_answers_as_before(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	char *before;

	needs(r, MN_CAP_DURABLE);
	build_random(r, 31, 120, 400);
	batch_bump(&b, MN_SYNAPSE, S(1), 5, NOON); /* and is not folded yet */
	batch_bump(&b, MN_STATE, N(1), 5, NOON);
	batch_drop(&b, MN_NEURON, N(2));
	batch_apply(r, &b);
	room_set(r, NOON + DAYS(7), "{\"decay_rate\":0.05}");
	before = dump_store(r);
	for (int i = 0; i < 3; i++) {
		char *now;

		room_reopen(r, false);
		now = dump_store(r);
		assert_string_equal(now, before);
		free(now);
	}
	free(before);
}

static void bumps_are_still_to_be_folded_after_a_reopening(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_fan fan;

	needs(r, MN_CAP_DURABLE);
	build_known(r);
	batch_bump(&b, MN_SYNAPSE, S(1), 50, NOON);
	batch_apply(r, &b);
	room_reopen(r, false);
	fan = list_of(r, N(4), true, false, 0);
	fan_is(&fan, 0, N(5), N(0), N(0), N(1));
	batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
	batch_apply(r, &b);
	fan = list_of(r, N(4), true, false, 0);
	fan_is(&fan, 0, N(1), N(5), N(0), N(0));
}

static void fresh_ids_stay_fresh_after_a_reopening(void **state)
{
	struct room *r = *state;
	static const int kinds[] = {MN_NEURON, MN_SYNAPSE, MN_FIBER};
	mn_id last[3] = {N(IDS - 1), S(IDS - 1), F(IDS - 1)};

	needs(r, MN_CAP_DURABLE);
	for (int round = 0; round < 5; round++) {
		for (size_t k = 0; k < COUNT(kinds); k++) {
			mn_id first = 0;

			ok(r, r->be->reserve(r->db, &r->call, r->brain, kinds[k], 3, &first));
			assert_true(first > last[k]);
			last[k] = first + 2;
		}
		room_reopen(r, false);
	}
}

static void the_generation_does_not_go_back(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_gen before, after;

	needs(r, MN_CAP_DURABLE | MN_CAP_GENERATION);
	build_known(r);
	batch_bump(&b, MN_STATE, N(0), 1, NOON);
	batch_apply(r, &b);
	before = generation(r);
	room_reopen(r, false);
	after = generation(r);
	assert_true(after.epoch == before.epoch && after.graph >= before.graph
		    && after.state >= before.state);
}

static void types_are_kept_by_name_across_processes(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	uint16_t odd = mn_type_code(MN_NEURON, MN_STR("kept by name"));

	needs(r, MN_CAP_DURABLE);
	batch_neuron(&b, N(0), odd, "typed");
	batch_apply(r, &b);
	room_reopen(r, false);
	assert_string_equal(mn_type_name(MN_NEURON, get_neuron(r, N(0))->type), "kept by name");
	assert_int_equal(look_up(r, odd, "typed"), N(0));
}

/* Every operation that writes, on a store that was opened to be read. */
static void refuse_writing(struct room *r)
{
	static const char *const writing[] = {
		"create", "update", "delete", "reserve", "apply", "bump"};

	for (size_t i = 0; i < nops; i++)
		for (size_t k = 0; k < COUNT(writing); k++)
			if (strcmp(ops[i].name, writing[k]) == 0)
				expect_status(r, ops[i].run(r, &r->call), MN_EREADONLY);
}

static void a_store_opened_for_reading_cannot_be_written(void **state)
{
	struct room *r = *state;
	char *before, *now;

	needs(r, MN_CAP_DURABLE);
	build_known(r);
	before = dump_store(r);
	room_reopen(r, true);
	assert_int_equal(r->info.caps & (MN_CAP_WRITE | MN_CAP_CREATE), 0);
	refuse_writing(r);
	now = dump_store(r);
	assert_string_equal(now, before);
	free(now);
	room_reopen(r, false);
	now = dump_store(r);
	assert_string_equal(now, before);
	free(now);
	free(before);
}

static void two_stores_share_nothing(void **state)
{
	struct room *r = *state, other = {0};
	char *before, *now;

	if (strstr(r->url, "://"))
		skip(); /* a server: the same URL is the same store */
	build_known(r);
	before = dump_store(r);
	/* The same kind of store somewhere else; a claim begun there has a brain of the same name.
	 */
	if (r->folder[0]) {
		char url[32];
		const char *colon = strchr(r->url, ':');

		snprintf(url, sizeof(url), "%.*s:@", (int)(colon - r->url), r->url);
		assert_int_equal(room_open(&other, url), 0);
	} else {
		assert_int_equal(room_open(&other, r->url), 0);
	}
	other.serial = r->serial - 1;
	assert_int_equal(claim_begin((void *[]){&other}), 0);
	assert_true(mn_str_eq(other.brain, r->brain));
	build_random(&other, 17, 30, 60);
	now = dump_store(r);
	assert_string_equal(now, before);
	assert_int_equal(claim_end((void *[]){&other}), 0);
	room_close(&other);
	free(now);
	free(before);
}

/* ---- Opened twice ---------------------------------------------------------------------------- */

static void a_store_opened_twice_sees_what_the_other_wrote(void **state)
{
	struct room *r = *state, other;
	struct batch b = {0};
	mn_applied applied;
	mn_gen seen, first;
	mn_fan fan;

	needs(r, MN_CAP_DURABLE | MN_CAP_GENERATION);
	build_known(r);
	room_share(&other, r);
	fan = list_of(&other, N(0), true, true, 0); /* it may keep that, if it asks again */
	assert_int_equal(fan.degree[0], 5);
	seen = generation(&other);
	first = generation(r);
	assert_memory_equal(&seen, &first, sizeof(seen));
	batch_drop(&b, MN_SYNAPSE, S(0));
	batch_neuron(&b, N(9), MN_CONCEPT, "by the first");
	batch_apply(r, &b);
	fan = list_of(&other, N(0), true, true, 0);
	assert_int_equal(fan.degree[0], 4);
	assert_int_equal(look_up(&other, MN_CONCEPT, "by the first"), N(9));
	assert_true(generation(&other).graph > seen.graph);
	batch_neuron(&b, N(10), MN_CONCEPT, "by the second");
	expect_status(&other, batch_try(&other, NULL, &b, &seen, &applied), MN_ECONFLICT);
	ok(&other, batch_try(&other, NULL, &b, NULL, &applied));
	batch_free(&b);
	assert_int_equal(look_up(r, MN_CONCEPT, "by the second"), N(10));
	room_close(&other);
}

static void brains_made_and_deleted_by_another_opening_are_noticed(void **state)
{
	struct room *r = *state, other;
	char *empty;

	needs(r, MN_CAP_DURABLE);
	empty = dump(r);
	room_share(&other, r);
	room_create(r, MN_STR("made"), NULL);
	assert_int_equal(room_describe(&other, MN_STR("made")).neurons, 0);
	room_delete(&other, MN_STR("made"));
	expect_status(r, r->be->generation(r->db, &r->call, MN_STR("made")), MN_ENOBRAIN);
	build_known(r);
	assert_int_equal(look_up(&other, MN_CONCEPT, "cat"), N(0));
	room_delete(r, r->brain);
	room_create(r, r->brain, NULL);
	still(&other, empty);
	room_close(&other);
}

static void two_openings_hand_out_no_id_twice_and_lose_no_bump(void **state)
{
	struct room *r = *state, other;
	struct batch b = {0};
	mn_id last = 0;

	needs(r, MN_CAP_DURABLE);
	build_known(r);
	room_share(&other, r);
	for (int i = 0; i < 40; i++) {
		struct room *one = i % 3 ? r : &other;
		mn_id first = 0;

		ok(one, one->be->reserve(one->db, &one->call, one->brain, MN_NEURON, 2, &first));
		batch_neuron(&b, first, MN_CONCEPT, "a");
		batch_neuron(&b, first + 1, MN_CONCEPT, "b");
		batch_bump(&b, MN_SYNAPSE, S(1), 1, NOON);
		batch_bump(&b, MN_STATE, N(1), 1, NOON);
		batch_apply(one, &b);
		assert_true(first != last);
		last = first;
	}
	batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
	batch_apply(&other, &b);
	assert_int_equal(get_synapse(r, S(1))->uses, 40);
	assert_int_equal(get_state(&other, N(1))->uses, 40);
	assert_int_equal(room_describe(r, r->brain).neurons, 86);
	still(r, dump(&other));
	room_close(&other);
}

static const struct CMUnitTest all[] = {
	claim(a_store_opened_again_answers_as_before),
	claim(bumps_are_still_to_be_folded_after_a_reopening),
	claim(fresh_ids_stay_fresh_after_a_reopening),
	claim(the_generation_does_not_go_back),
	claim(types_are_kept_by_name_across_processes),
	claim(a_store_opened_for_reading_cannot_be_written),
	claim(two_stores_share_nothing),
	claim(a_store_opened_twice_sees_what_the_other_wrote),
	claim(brains_made_and_deleted_by_another_opening_are_noticed),
	claim(two_openings_hand_out_no_id_twice_and_lose_no_bump),
};
const struct claims durable_claims = {"durable", all, COUNT(all), false};
