/* SPDX-License-Identifier: MIT */
/* apply.c - claims about changes that fit: what each op does, in order, and which generation
 * moves. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static void an_added_row_reads_back_as_written(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_neuron n = neuron(
		N(9), MN_ENTITY, "na\xc3\xafve \"quoted\" \\ \xf0\x9f\xa7\xa0\n\t\x01");
	mn_state t = {N(9), 0.1, 0.30000000000000004, -1, UINT32_MAX};
	mn_synapse s = synapse(S(9), N(9), N(8), MN_FELT, 1.0 / 3);
	mn_fiber f = fiber(F(9), N(9));
	mn_str tags[] = {MN_STR("b"), MN_STR("a, c"), MN_STR("\xc3\xa9")};

	n.uid = MN_STR("u'; --");
	n.meta = MN_STR("{\"label\": \"N a\\u00efve\"}");
	n.created = -DAYS(900) - 1;
	n.updated = INT64_MAX;
	n.flags = UINT16_MAX;
	s.uid = MN_STR("s");
	s.meta = MN_STR("{\"w\":1e400}");
	s.last = NOON + 5;
	s.uses = 123456;
	s.flags = MN_SYNAPSE_TWO_WAY;
	f.uid = MN_STR("f");
	f.summary = MN_STR("what it says");
	f.meta = MN_STR("{}");
	f.neurons = (mn_ids){(mn_id[]){N(9), N(8)}, 2};
	f.synapses = (mn_ids){(mn_id[]){S(9)}, 1};
	f.tags = (mn_strs){tags, 3};
	f.salience = 0.1;
	f.coherence = 0.7;
	f.first = -5;
	f.last = NOON;
	f.uses = 7;
	f.stage = MN_STAGE_ARCHIVED;
	batch_neuron(&b, N(8), MN_CONCEPT, "");
	batch_row(&b, MN_ADD, MN_NEURON, &n);
	batch_row(&b, MN_ADD, MN_STATE, &t);
	batch_row(&b, MN_ADD, MN_SYNAPSE, &s);
	batch_row(&b, MN_ADD, MN_FIBER, &f);
	batch_apply(r, &b);
	same_row(MN_NEURON, get_neuron(r, N(9)), &n);
	same_row(MN_STATE, get_state(r, N(9)), &t);
	same_row(MN_SYNAPSE, get_synapse(r, S(9)), &s);
	same_row(MN_FIBER, get_fiber(r, F(9)), &f);
	assert_int_equal(get_neuron(r, N(8))->text.len, 0);
}

static void types_without_a_code_of_their_own_are_kept_by_name(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	uint16_t odd = mn_type_code(MN_NEURON, MN_STR("od'd; t\"ype"));
	uint16_t strange = mn_type_code(MN_SYNAPSE, MN_STR("str|nge"));
	mn_fan fan;

	batch_neuron(&b, N(0), odd, "a");
	batch_neuron(&b, N(1), MN_CONCEPT, "b");
	batch_synapse(&b, S(0), N(0), N(1), strange, 0.5);
	batch_apply(r, &b);
	assert_int_equal(get_neuron(r, N(0))->type, odd);
	fan = list_of(r, N(0), true, false, strange);
	fan_is(&fan, 0, N(1));
	assert_int_equal(fan.type[0], strange);
}

static void a_put_replaces_every_member(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_neuron n = neuron(N(5), MN_TIME, "2023");
	mn_state t = {N(0), 0.25, 0.5, 9, 1};
	mn_synapse s = {.id = S(5), .from = N(2), .to = N(3), .type = MN_NEAR, .base = 0.5};
	mn_fiber f = {.id = F(1), .anchor = N(4), .salience = 1};

	build_known(r);
	n.created = 1;
	batch_row(&b, MN_PUT, MN_NEURON, &n);
	batch_row(&b, MN_PUT, MN_STATE, &t);
	batch_row(&b, MN_PUT, MN_SYNAPSE, &s);
	batch_row(&b, MN_PUT, MN_FIBER, &f);
	batch_apply(r, &b);
	same_row(MN_NEURON, get_neuron(r, N(5)), &n);
	same_row(MN_STATE, get_state(r, N(0)), &t);
	same_row(MN_SYNAPSE, get_synapse(r, S(5)), &s);
	same_row(MN_FIBER, get_fiber(r, F(1)), &f);
	assert_int_equal(resolve(r, MN_NEURON, "m5"), 0);
	assert_int_equal(resolve(r, MN_FIBER, "memory five"), 0);
}

static void a_put_adds_what_is_missing(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_neuron n = neuron(N(50), MN_TIME, "2023");
	mn_state t = state_of(N(50), 0.25, 4);
	mn_synapse s = synapse(S(50), N(50), N(0), MN_NEAR, 0.5);
	mn_fiber f = fiber(F(50), N(50));
	mn_fan fan;

	build_known(r);
	batch_row(&b, MN_PUT, MN_NEURON, &n);
	batch_row(&b, MN_PUT, MN_STATE, &t);
	batch_row(&b, MN_PUT, MN_SYNAPSE, &s);
	batch_row(&b, MN_PUT, MN_FIBER, &f);
	batch_apply(r, &b);
	same_row(MN_NEURON, get_neuron(r, N(50)), &n);
	same_row(MN_STATE, get_state(r, N(50)), &t);
	same_row(MN_SYNAPSE, get_synapse(r, S(50)), &s);
	same_row(MN_FIBER, get_fiber(r, F(50)), &f);
	fan = list_of(r, N(50), true, true, 0);
	fan_is(&fan, 0, N(0));
}

static void a_put_neuron_keeps_its_synapses_state_and_fibers(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_neuron n = neuron(N(4), MN_MEMORY, "told anew"),
		  cat = neuron(N(0), MN_CONCEPT, "tomcat");
	mn_fan fan;

	build_known(r);
	batch_row(&b, MN_PUT, MN_NEURON, &n);
	batch_row(&b, MN_PUT, MN_NEURON, &cat);
	batch_apply(r, &b);
	fan = list_of(r, N(4), true, true, 0);
	fan_is(&fan, 0, N(5), N(0), N(0), N(1));
	assert_int_equal(get_fiber(r, F(0))->anchor, N(4));
	assert_int_equal(get_state(r, N(0))->uses, 3);
	assert_int_equal(look_up(r, MN_CONCEPT, "cat"), 0);
	assert_int_equal(look_up(r, MN_CONCEPT, "tomcat"), N(0));
}

static void a_put_synapse_moves_to_the_lists_of_its_new_ends(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_synapse s = synapse(S(0), N(2), N(3), MN_INVOLVES, 0.5);
	mn_fan fan;

	build_known(r);
	batch_row(&b, MN_PUT, MN_SYNAPSE, &s);
	batch_apply(r, &b);
	fan = list_of(r, N(4), true, true, 0);
	fan_is(&fan, 0, N(5), N(0), N(1)); /* N(0) is that of S(7) */
	fan = list_of(r, N(0), false, true, MN_INVOLVES);
	fan_is(&fan, 0, N(5), N(4));
	fan = list_of(r, N(2), true, false, 0);
	fan_is(&fan, 0, N(3));
	fan = list_of(r, N(3), true, true, 0);
	fan_is(&fan, 0, N(2));
	assert_int_equal(fan.degree[0], 1);
}

static void a_put_synapse_moves_within_a_list_when_its_weight_does(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_synapse s = synapse(S(1), N(4), N(1), MN_INVOLVES, 1);
	mn_fan fan;

	build_known(r);
	batch_row(&b, MN_PUT, MN_SYNAPSE, &s);
	batch_apply(r, &b);
	fan = list_of(r, N(4), true, false, 0);
	fan_is(&fan, 0, N(1), N(5), N(0), N(0));
	fan = list_of(r, N(1), true, true, 0);
	fan_is(&fan, 0, N(4), N(0));
}

static void a_put_synapse_changes_type_direction_and_back(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_synapse s = synapse(S(1), N(4), N(1), MN_FELT, 0.25);
	mn_fan fan;
	char *before;

	build_known(r);
	before = dump(r);
	s.flags = MN_SYNAPSE_TWO_WAY;
	batch_row(&b, MN_PUT, MN_SYNAPSE, &s);
	batch_apply(r, &b);
	fan = list_of(r, N(4), true, false, MN_INVOLVES);
	fan_is(&fan, 0, N(0), N(0));
	fan = list_of(r, N(1), true, false, MN_FELT);
	fan_is(&fan, 0, N(4));
	fan = list_of(r, N(4), false, true, MN_FELT);
	fan_is(&fan, 0, N(1));
	s.flags = 0;
	s.from = N(1), s.to = N(4); /* turned round */
	batch_row(&b, MN_PUT, MN_SYNAPSE, &s);
	batch_apply(r, &b);
	fan = list_of(r, N(4), true, false, MN_FELT);
	fan_is(&fan, 0);
	fan = list_of(r, N(1), true, false, MN_FELT);
	fan_is(&fan, 0, N(4));
	s = synapse(S(1), N(4), N(1), MN_INVOLVES, 0.25);
	batch_row(&b, MN_PUT, MN_SYNAPSE, &s);
	batch_apply(r, &b);
	still(r, before);
}

static void a_tune_changes_the_numbers_only(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_synapse s, s0 = {.id = S(0), .base = 0.875, .uses = 4, .last = NOON + 7};
	mn_state t, t0 = {.id = N(0), .level = 0.125, .decay = 0.5, .uses = 99, .last = 99};
	mn_fiber f, f0 = {.id = F(1),
			    .salience = 0.125,
			    .coherence = 0.25,
			    .uses = 8,
			    .stage = MN_STAGE_ARCHIVED};

	build_known(r);
	s = *get_synapse(r, S(0));
	t = *get_state(r, N(0));
	f = *get_fiber(r, F(1));
	/* What is not a number of theirs is left alone, whatever stands in the row. */
	s0.meta = MN_STR("{\"ignored\":1}");
	s0.created = f0.created = 1;
	f0.summary = MN_STR("ignored");
	batch_row(&b, MN_TUNE, MN_SYNAPSE, &s0);
	batch_row(&b, MN_TUNE, MN_STATE, &t0);
	batch_row(&b, MN_TUNE, MN_FIBER, &f0);
	batch_apply(r, &b);
	s.base = 0.875, s.uses = 4, s.last = NOON + 7;
	t.level = 0.125, t.decay = 0.5;
	f.salience = 0.125, f.coherence = 0.25, f.uses = 8, f.stage = MN_STAGE_ARCHIVED;
	same_row(MN_SYNAPSE, get_synapse(r, S(0)), &s);
	same_row(MN_STATE, get_state(r, N(0)), &t);
	same_row(MN_FIBER, get_fiber(r, F(1)), &f);
}

static void a_tune_of_a_synapse_reaches_its_lists_at_once(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_synapse s = {.id = S(1), .base = 0.5, .uses = 100, .last = NOON};
	mn_fan fan;

	build_known(r);
	batch_row(&b, MN_TUNE, MN_SYNAPSE, &s);
	batch_apply(r, &b);
	fan = list_of(r, N(4), true, false, 0);
	fan_is(&fan, 0, N(1), N(5), N(0), N(0));
	assert_true(fabs(fan.weight[0] - (1 - 0.5 * pow(0.95, 100))) < 1e-12);
}

static void a_dropped_neuron_takes_its_synapses_state_and_fibers(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_query q = MN_SIZED(mn_query);
	mn_fan fan;

	build_known(r);
	for (int i = 5; i < 9; i++) {
		mn_fiber another = fiber(F(i), N(4));

		batch_row(&b, MN_ADD, MN_FIBER, &another);
	}
	batch_drop(&b, MN_NEURON, N(0));
	batch_drop(&b, MN_NEURON, N(4));
	batch_apply(r, &b);
	assert_int_equal(get_neuron(r, N(0))->id, 0);
	assert_int_equal(get_state(r, N(0))->id, 0);
	for (int i = 0; i < 8; i++)
		assert_int_equal(get_synapse(r, S(i))->id, i == 3 ? S(3) : 0);
	assert_int_equal(get_fiber(r, F(0))->id, 0);
	assert_int_equal(look_up(r, MN_CONCEPT, "cat"), 0);
	fan = list_of(r, N(5), true, true, 0);
	fan_is(&fan, 0, N(2));
	fan = list_of(r, N(1), true, true, 0);
	fan_is(&fan, 0);
	q.kind = MN_STATE;
	assert_int_equal(scan_ids(r, &q, 100).n, 0);
	q.kind = MN_SYNAPSE;
	ids_are(scan_ids(r, &q, 100), S(3));
	q.kind = MN_FIBER;
	ids_are(scan_ids(r, &q, 100), F(1));
}

static void what_is_dropped_with_a_neuron_frees_its_uid(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_synapse s = synapse(S(20), N(3), N(2), MN_NEAR, 0.5);
	mn_fiber f = fiber(F(20), N(3));

	build_known(r);
	s.uid = MN_STR("its synapse");
	f.uid = MN_STR("its fiber");
	batch_row(&b, MN_ADD, MN_SYNAPSE, &s);
	batch_row(&b, MN_ADD, MN_FIBER, &f);
	batch_apply(r, &b);
	batch_drop(&b, MN_NEURON, N(3));
	batch_apply(r, &b);
	assert_int_equal(resolve(r, MN_SYNAPSE, "its synapse"), 0);
	assert_int_equal(resolve(r, MN_FIBER, "its fiber"), 0);
	s.from = N(0);
	f.anchor = N(5);
	s.id = S(21);
	batch_row(&b, MN_ADD, MN_SYNAPSE, &s);
	batch_row(&b, MN_ADD, MN_FIBER, &f);
	batch_apply(r, &b);
	assert_int_equal(resolve(r, MN_SYNAPSE, "its synapse"), S(21));
}

static void a_dropped_row_is_gone_and_the_rest_stays(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_fan fan;

	build_known(r);
	batch_drop(&b, MN_SYNAPSE, S(0));
	batch_drop(&b, MN_STATE, N(0));
	batch_drop(&b, MN_FIBER, F(1));
	batch_apply(r, &b);
	fan = list_of(r, N(0), true, true, 0);
	fan_is(&fan, 0, N(5), N(4), N(1), N(0));
	assert_int_equal(get_state(r, N(0))->id, 0);
	assert_int_equal(get_fiber(r, F(1))->id, 0);
	assert_int_equal(resolve(r, MN_FIBER, "memory five"), 0);
	assert_int_equal(get_neuron(r, N(5))->id, N(5));
	assert_int_equal(get_fiber(r, F(0))->id, F(0));
}

static void dropping_what_is_not_there_is_fine(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	char *before;

	build_known(r);
	before = dump(r);
	batch_drop(&b, MN_NEURON, N(88));
	batch_drop(&b, MN_SYNAPSE, S(88));
	batch_drop(&b, MN_STATE, N(1));
	batch_drop(&b, MN_STATE, N(88));
	batch_drop(&b, MN_FIBER, F(88));
	batch_apply(r, &b);
	still(r, before);
}

static void members_are_kept_as_written_even_when_they_go(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_fiber f = fiber(F(9), N(2));

	build_known(r);
	f.neurons = (mn_ids){(mn_id[]){N(3), N(99), N(1)}, 3}; /* one was never there */
	f.synapses = (mn_ids){(mn_id[]){S(99), S(1)}, 2};
	batch_row(&b, MN_ADD, MN_FIBER, &f);
	batch_apply(r, &b);
	batch_drop(&b, MN_NEURON, N(1));
	batch_apply(r, &b);
	same_row(MN_FIBER, get_fiber(r, F(9)), &f);
	assert_int_equal(get_fiber(r, F(1))->neurons.n, 3);
}

static void a_change_sees_those_before_it(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_neuron n = neuron(N(30), MN_CONCEPT, "thirty"), m = neuron(N(5), MN_MEMORY, "freed");
	mn_synapse tune = {.id = S(30), .base = 0.25};
	mn_fan fan;

	build_known(r);
	n.uid = MN_STR("m5");
	batch_row(&b, MN_PUT, MN_NEURON, &m); /* gives up its uid, */
	batch_row(&b, MN_ADD, MN_NEURON, &n); /* which another takes */
	batch_synapse(&b, S(30), N(30), N(0), MN_NEAR, 1);
	batch_row(&b, MN_TUNE, MN_SYNAPSE, &tune);
	batch_bump(&b, MN_SYNAPSE, S(30), 2, NOON);
	batch_drop(&b, MN_SYNAPSE, S(0));
	batch_synapse(&b, S(0), N(30), N(1), MN_NEAR, 1); /* an id that was freed */
	batch_drop(&b, MN_NEURON, N(4));
	batch_neuron(&b, N(4), MN_CONCEPT, "four again");
	batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
	batch_apply(r, &b);
	assert_int_equal(resolve(r, MN_NEURON, "m5"), N(30));
	fan = list_of(r, N(30), true, false, 0);
	fan_is(&fan, 0, N(1), N(0));
	assert_true(fabs(fan.weight[1] - (1 - 0.75 * 0.95 * 0.95)) < 1e-12);
	assert_int_equal(get_neuron(r, N(4))->type, MN_CONCEPT);
	fan = list_of(r, N(4), true, true, 0);
	fan_is(&fan, 0);
}

static void uids_of_different_kinds_do_not_meet(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_neuron n = neuron(N(0), MN_CONCEPT, "a");
	mn_synapse s = synapse(S(0), N(0), N(0), MN_NEAR, 1);
	mn_fiber f = fiber(F(0), N(0));

	n.uid = s.uid = f.uid = MN_STR("shared");
	batch_row(&b, MN_ADD, MN_NEURON, &n);
	batch_row(&b, MN_ADD, MN_SYNAPSE, &s);
	batch_row(&b, MN_ADD, MN_FIBER, &f);
	batch_apply(r, &b);
	assert_int_equal(resolve(r, MN_NEURON, "shared"), N(0));
	assert_int_equal(resolve(r, MN_SYNAPSE, "shared"), S(0));
	assert_int_equal(resolve(r, MN_FIBER, "shared"), F(0));
}

static void nothing_to_apply_changes_nothing(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	char *before;
	mn_gen gen;

	build_known(r);
	before = dump(r);
	gen = generation(r);
	batch_apply(r, &b);
	still(r, before);
	if (r->info.caps & MN_CAP_GENERATION)
		assert_int_equal(generation(r).graph, gen.graph);
}

static void thousands_of_changes_are_applied_at_once(void **state)
{
	struct room *r = *state;
	uint32_t n = r->info.max_changes ? r->info.max_changes : 10000;
	struct batch b = {0};
	mn_id first = 0;

	ok(r, r->be->reserve(r->db, &r->call, r->brain, MN_NEURON, n, &first));
	for (uint32_t i = 0; i < n; i++)
		batch_neuron(&b, first + i, MN_MEMORY, "one of many");
	batch_apply(r, &b);
	assert_int_equal(room_describe(r, r->brain).neurons, n);
	for (uint32_t i = 0; i < n; i++)
		batch_drop(&b, MN_NEURON, first + i);
	batch_apply(r, &b);
	assert_int_equal(room_describe(r, r->brain).neurons, 0);
}

/* ---- Generations ----------------------------------------------------------------------------- */

enum moves { NOTHING, STATE, GRAPH };

/* Applies one change and checks what it moves, and that its answer says so. */
static void moves(struct room *r, int op, int kind, const void *row, enum moves what)
{
	struct batch b = {0};
	mn_gen before = generation(r), after;
	mn_applied a;

	batch_row(&b, op, kind, row);
	a = batch_apply(r, &b);
	after = generation(r);
	assert_memory_equal(&a.before, &before, sizeof(before));
	assert_memory_equal(&a.after, &after, sizeof(after));
	assert_int_equal(before.epoch, after.epoch);
	if (what == GRAPH)
		assert_true(after.graph > before.graph && after.state >= before.state);
	if (what == STATE)
		assert_true(after.graph == before.graph && after.state > before.state);
	if (what == NOTHING)
		assert_true(after.graph == before.graph && after.state == before.state);
}

static void changes_of_the_graph_move_its_generation(void **state)
{
	struct room *r = *state;
	mn_neuron n = neuron(N(40), MN_CONCEPT, "forty");
	mn_synapse s = synapse(S(40), N(40), N(0), MN_NEAR, 0.5);
	mn_fiber f = fiber(F(40), N(40));

	needs(r, MN_CAP_GENERATION);
	build_known(r);
	moves(r, MN_ADD, MN_NEURON, &n, GRAPH);
	moves(r, MN_ADD, MN_SYNAPSE, &s, GRAPH);
	moves(r, MN_ADD, MN_FIBER, &f, GRAPH);
	n.text = MN_STR("four tens");
	s.base = f.salience = 0.75;
	moves(r, MN_PUT, MN_NEURON, &n, GRAPH);
	moves(r, MN_PUT, MN_SYNAPSE, &s, GRAPH);
	moves(r, MN_PUT, MN_FIBER, &f, GRAPH);
	s.base = f.salience = 0.25;
	moves(r, MN_TUNE, MN_SYNAPSE, &s, GRAPH);
	moves(r, MN_TUNE, MN_FIBER, &f, GRAPH);
	moves(r, MN_DROP, MN_SYNAPSE, &s, GRAPH);
	moves(r, MN_DROP, MN_FIBER, &f, GRAPH);
	moves(r, MN_DROP, MN_NEURON, &n, GRAPH);
}

static void changes_of_states_and_bumps_move_that_of_states_alone(void **state)
{
	struct room *r = *state;
	mn_state t = state_of(N(1), 0.5, 1);
	mn_synapse s = {.id = S(0), .uses = 1, .last = NOON};

	needs(r, MN_CAP_GENERATION);
	build_known(r);
	moves(r, MN_ADD, MN_STATE, &t, STATE);
	t.level = 0.75;
	moves(r, MN_PUT, MN_STATE, &t, STATE);
	t.level = 0.25;
	moves(r, MN_TUNE, MN_STATE, &t, STATE);
	moves(r, MN_BUMP, MN_STATE, &t, STATE);
	moves(r, MN_DROP, MN_STATE, &t, STATE);
	moves(r, MN_BUMP, MN_SYNAPSE, &s, STATE);
}

static void a_fold_moves_the_graph_if_there_was_something_to_fold(void **state)
{
	struct room *r = *state;
	mn_synapse s = {.id = S(0), .uses = 1, .last = NOON};

	needs(r, MN_CAP_GENERATION);
	build_known(r);
	moves(r, MN_FOLD, MN_SYNAPSE, NULL, NOTHING);
	moves(r, MN_BUMP, MN_SYNAPSE, &s, STATE);
	moves(r, MN_FOLD, MN_SYNAPSE, NULL, GRAPH);
	moves(r, MN_FOLD, MN_SYNAPSE, NULL, NOTHING);
}

static void reading_moves_no_generation(void **state)
{
	struct room *r = *state;
	mn_gen before;

	build_known(r);
	before = generation(r);
	free(dump(r));
	assert_int_equal(generation(r).graph, before.graph);
	assert_int_equal(generation(r).state, before.state);
}

static void what_is_expected_and_is_so_lets_the_changes_in(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_gen now;
	mn_applied a;

	needs(r, MN_CAP_GENERATION);
	build_known(r);
	now = generation(r);
	batch_neuron(&b, N(20), MN_CONCEPT, "expected");
	ok(r, batch_try(r, NULL, &b, &now, &a));
	batch_free(&b);
	batch_bump(&b, MN_STATE, N(1), 1, NOON);
	now = batch_apply(r, &b).before; /* states have moved since, the graph has not */
	batch_neuron(&b, N(21), MN_CONCEPT, "expected too");
	ok(r, batch_try(r, NULL, &b, &now, &a));
	batch_free(&b);
	assert_int_equal(look_up(r, MN_CONCEPT, "expected too"), N(21));
}

static void what_is_expected_and_is_not_so_keeps_them_out(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_gen old, wrong;
	mn_applied a;
	char *before;

	needs(r, MN_CAP_GENERATION);
	build_known(r);
	old = wrong = generation(r);
	batch_neuron(&b, N(20), MN_CONCEPT, "somebody else's");
	batch_apply(r, &b);
	before = dump(r);
	batch_neuron(&b, N(21), MN_CONCEPT, "late");
	batch_neuron(&b, N(22), MN_CONCEPT, "late too");
	expect_status(r, batch_try(r, NULL, &b, &old, &a), MN_ECONFLICT);
	assert_int_equal(a.culprit, 2);
	wrong.epoch++;
	wrong.graph = generation(r).graph;
	expect_status(r, batch_try(r, NULL, &b, &wrong, &a), MN_ECONFLICT);
	assert_int_equal(a.culprit, 2);
	batch_free(&b);
	expect_status(r, batch_try(r, NULL, &b, &old, &a), MN_ECONFLICT); /* even of nothing */
	assert_int_equal(a.culprit, 0);
	still(r, before);
}

static const struct CMUnitTest all[] = {
	claim(an_added_row_reads_back_as_written),
	claim(types_without_a_code_of_their_own_are_kept_by_name),
	claim(a_put_replaces_every_member),
	claim(a_put_adds_what_is_missing),
	claim(a_put_neuron_keeps_its_synapses_state_and_fibers),
	claim(a_put_synapse_moves_to_the_lists_of_its_new_ends),
	claim(a_put_synapse_moves_within_a_list_when_its_weight_does),
	claim(a_put_synapse_changes_type_direction_and_back),
	claim(a_tune_changes_the_numbers_only),
	claim(a_tune_of_a_synapse_reaches_its_lists_at_once),
	claim(a_dropped_neuron_takes_its_synapses_state_and_fibers),
	claim(what_is_dropped_with_a_neuron_frees_its_uid),
	claim(a_dropped_row_is_gone_and_the_rest_stays),
	claim(dropping_what_is_not_there_is_fine),
	claim(members_are_kept_as_written_even_when_they_go),
	claim(a_change_sees_those_before_it),
	claim(uids_of_different_kinds_do_not_meet),
	claim(nothing_to_apply_changes_nothing),
	claim(thousands_of_changes_are_applied_at_once),
	claim(changes_of_the_graph_move_its_generation),
	claim(changes_of_states_and_bumps_move_that_of_states_alone),
	claim(a_fold_moves_the_graph_if_there_was_something_to_fold),
	claim(reading_moves_no_generation),
	claim(what_is_expected_and_is_so_lets_the_changes_in),
	claim(what_is_expected_and_is_not_so_keeps_them_out),
};
const struct claims apply_claims = {"apply", all, COUNT(all), false};
