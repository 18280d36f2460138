/* SPDX-License-Identifier: MIT */
/* Names of rows that have none of their own, and the way back, over the memory backend. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "animals.h"
#include "store/brain.h"

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

static mn_synapse odd_synapse(mn_id from, mn_id to)
{
	return synapse(31, from, to, mn_type_code(MN_SYNAPSE, MN_STR("leans:on")), .5);
}

/* Types may hold colons; so may texts. */
static void the_reading_with_the_longest_type_that_has_a_row_is_taken(void **state)
{
	struct world *w = *state;
	const mn_neuron n[] = {neuron(21, mn_type_code(MN_NEURON, MN_STR("odd")), "ity:y"),
		neuron(22, mn_type_code(MN_NEURON, MN_STR("odd:ity")), "y"),
		neuron(23, mn_type_code(MN_NEURON, MN_STR("odd")), "ity:z")};
	const mn_synapse s = odd_synapse(23, 22);
	const mn_change c[] = {{MN_ADD, MN_NEURON, &n[0]}, {MN_ADD, MN_NEURON, &n[1]},
		{MN_ADD, MN_NEURON, &n[2]}, {MN_ADD, MN_SYNAPSE, &s}};
	mn_applied done = MN_SIZED(mn_applied);

	assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL, c, 4, &done), MN_OK);
	assert_int_equal(resolve(w, MN_NEURON, "odd:ity:y"), 22);
	assert_int_equal(resolve(w, MN_NEURON, "odd:ity:z"), 23);
	assert_int_equal(resolve(w, MN_NEURON, "odd:ity"), 0);
	assert_int_equal(resolve(w, MN_SYNAPSE, "odd:ity:z|leans:on|odd:ity:y"), 31);
	assert_int_equal(resolve(w, MN_SYNAPSE, "odd:ity:z|lies on|odd:ity:y"), 0);
}

/* A page of names that nobody has met, more than can be asked about at once. */
static void uids_of_types_that_are_none_use_no_types_up(void **state)
{
	enum { UIDS = 1000 };
	struct world *w = *state;
	static char text[UIDS][16];
	static mn_str uids[UIDS];
	static mn_id ids[UIDS];
	uint16_t end;

	fill(w);
	for (int i = 0; i < UIDS; i++) {
		snprintf(text[i], sizeof(text[i]), "type %d:x", i);
		uids[i] = i == UIDS / 2 ? MN_STR("concept:cat") : mn_str_of(text[i]);
		ids[i] = 0;
	}
	assert_int_equal(
		mn_brain_resolve(w->brain, &w->call, MN_NEURON, (mn_strs){uids, UIDS}, ids), MN_OK);
	assert_int_equal(ids[UIDS / 2], 1);
	assert_int_equal(ids[0], 0);
	end = mn_type_end(MN_NEURON);
	assert_int_equal(
		mn_brain_resolve(w->brain, &w->call, MN_NEURON, (mn_strs){uids, UIDS}, ids), MN_OK);
	assert_int_equal(mn_type_end(MN_NEURON), end);
}

static void memories_without_a_uid_are_found_by_their_text(void **state)
{
	struct world *w = *state;
	const mn_neuron n[] = {neuron(11, MN_MEMORY, "rain again"),
		neuron(12, MN_MEMORY, "rain again"), neuron(13, MN_MEMORY, "sun")};
	const mn_change c[] = {
		{MN_ADD, MN_NEURON, &n[0]}, {MN_ADD, MN_NEURON, &n[1]}, {MN_ADD, MN_NEURON, &n[2]}};
	const mn_str uids[] = {MN_STR("memory:sun"), MN_STR("memory:rain again"),
		MN_STR("memory:sun"), MN_STR("memory:snow"), MN_STR("memory:a cat sat")};
	mn_id ids[5];

	fill(w);
	assert_int_equal(mn_brain_apply(w->brain, &w->call, NULL, c, 3, NULL), MN_OK);
	assert_int_equal(
		mn_brain_resolve(w->brain, &w->call, MN_NEURON, (mn_strs){uids, 5}, ids), MN_OK);
	assert_int_equal(ids[0], 13);
	assert_int_equal(ids[1], 11);
	assert_int_equal(ids[2], 13);
	assert_int_equal(ids[3], 0);
	assert_int_equal(ids[4], 0); /* it has one: m1 */
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(derived_uids_lead_back_to_their_rows),
		TEST(the_reading_with_the_longest_type_that_has_a_row_is_taken),
		TEST(uids_of_types_that_are_none_use_no_types_up),
		TEST(memories_without_a_uid_are_found_by_their_text),
		TEST(a_uid_is_derived_and_parallel_synapses_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
