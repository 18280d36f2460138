/* SPDX-License-Identifier: MIT */
/* reads.c - claims about get, lookup, resolve and fibers_of. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static mn_rows get(struct room *r, int kind, const mn_id *ids, size_t n, unsigned fields)
{
	mn_rows rows = {0};

	ok(r, r->be->get(r->db, &r->call, r->brain, kind, (mn_ids){ids, n}, fields, &rows));
	assert_int_equal(rows.kind, kind);
	assert_int_equal(rows.n, n);
	return rows;
}

static void rows_come_in_the_order_asked_with_repeats_and_gaps(void **state)
{
	struct room *r = *state;
	const mn_id ids[] = {N(5), N(0), N(200), N(0), 0, N(1), UINT64_MAX, N(5)};
	const mn_id want[] = {N(5), N(0), 0, N(0), 0, N(1), 0, N(5)};
	mn_rows rows;

	build_known(r);
	rows = get(r, MN_NEURON, ids, COUNT(ids), 0);
	for (size_t i = 0; i < rows.n; i++)
		assert_int_equal(rows.at.neuron[i].id, want[i]);
	assert_true(mn_str_is(rows.at.neuron[3].text, "cat"));
	assert_true(mn_str_is(rows.at.neuron[7].uid, "m5"));
	rows = get(r, MN_SYNAPSE, (mn_id[]){S(3), S(99), S(3)}, 3, 0);
	assert_int_equal(rows.at.synapse[0].to, N(2));
	assert_int_equal(rows.at.synapse[1].id, 0);
	assert_int_equal(rows.at.synapse[2].to, N(2));
	rows = get(r, MN_FIBER, (mn_id[]){F(1), F(99), F(0), F(1)}, 4, 0);
	assert_int_equal(rows.at.fiber[0].anchor, N(5));
	assert_int_equal(rows.at.fiber[1].id, 0);
	assert_int_equal(rows.at.fiber[2].anchor, N(4));
	assert_int_equal(rows.at.fiber[3].neurons.n, 3);
}

static void nothing_asked_nothing_answered(void **state)
{
	struct room *r = *state;
	mn_rows rows;
	mn_id none = 42;

	build_known(r);
	for (int kind = MN_NEURON; kind < MN_KINDS; kind++)
		get(r, kind, NULL, 0, 0);
	ok(r, r->be->lookup(r->db, &r->call, r->brain, NULL, 0, &none));
	ok(r, r->be->resolve(r->db, &r->call, r->brain, MN_NEURON, (mn_strs){NULL, 0}, &none));
	ok(r, r->be->fibers_of(r->db, &r->call, r->brain, (mn_ids){NULL, 0}, &rows));
	assert_int_equal(rows.n, 0);
	assert_int_equal(none, 42);
}

static void thousands_are_answered_at_once(void **state)
{
	struct room *r = *state;
	size_t n = r->info.max_ids ? r->info.max_ids : 20000;
	mn_id *ids = calloc(n, sizeof(*ids)), *out = calloc(n, sizeof(*out));
	mn_key *keys = calloc(n, sizeof(*keys));
	mn_str *uids = calloc(n, sizeof(*uids));
	mn_rows rows;

	build_known(r);
	for (size_t i = 0; i < n; i++) {
		ids[i] = N(i % 9);
		keys[i] = (mn_key){MN_CONCEPT, i % 3 ? MN_STR("cat") : MN_STR("cow")};
		uids[i] = i % 3 ? MN_STR("m5") : MN_STR("m6");
	}
	rows = get(r, MN_NEURON, ids, n, 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(rows.at.neuron[i].id, i % 9 < 6 ? ids[i] : 0);
	ok(r, r->be->lookup(r->db, &r->call, r->brain, keys, n, out));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(out[i], i % 3 ? N(0) : 0);
	ok(r, r->be->resolve(r->db, &r->call, r->brain, MN_NEURON, (mn_strs){uids, n}, out));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(out[i], i % 3 ? N(5) : 0);
	ok(r, r->be->fibers_of(r->db, &r->call, r->brain, (mn_ids){ids, n}, &rows));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(rows.at.fiber[i].id, i % 9 == 4 ? F(0) : i % 9 == 5 ? F(1) : 0);
	free(ids);
	free(out);
	free(keys);
	free(uids);
}

static void one_more_than_promised_is_answered_or_refused(void **state)
{
	struct room *r = *state;
	const size_t n = (size_t)r->info.max_ids + 1;
	mn_id *ids = calloc(n, sizeof(*ids));
	mn_rows rows = {0};
	int status;

	if (!r->info.max_ids) {
		free(ids);
		skip();
	}
	build_known(r);
	ids[n - 1] = N(0);
	status = r->be->get(r->db, &r->call, r->brain, MN_NEURON, (mn_ids){ids, n}, 0, &rows);
	if (status == MN_OK)
		assert_int_equal(rows.at.neuron[n - 1].id, N(0));
	else
		expect_status(r, status, MN_EINVAL);
	free(ids);
}

static void a_neuron_without_state_gives_an_empty_one(void **state)
{
	struct room *r = *state;
	mn_rows rows;

	build_known(r);
	rows = get(r, MN_STATE, (mn_id[]){N(1), N(0), N(99)}, 3, 0);
	assert_int_equal(rows.at.state[0].id, 0);
	assert_int_equal(rows.at.state[1].id, N(0));
	assert_true(rows.at.state[1].level == 0.5 && rows.at.state[1].uses == 3);
	assert_int_equal(rows.at.state[2].id, 0);
}

/* A member that is asked for is as it was written; another may be so, or empty. */
static void check_str(mn_str got, mn_str want, bool asked)
{
	if (asked || got.len)
		assert_true(mn_str_eq(got, want));
}

static void members_that_were_asked_for_are_there(void **state)
{
	struct room *r = *state;

	build_known(r);
	for (unsigned f = 0; f < 32; f++) {
		const mn_neuron *n = get(r, MN_NEURON, (mn_id[]){N(5)}, 1, f).at.neuron;
		const mn_fiber *x = get(r, MN_FIBER, (mn_id[]){F(1)}, 1, f).at.fiber;
		const mn_synapse *s = get(r, MN_SYNAPSE, (mn_id[]){S(5)}, 1, f).at.synapse;

		assert_true(n->id == N(5) && x->id == F(1) && s->id == S(5));
		check_str(n->text, MN_STR("Ada feeds the cat"), !f || f & MN_FIELD_TEXT);
		check_str(n->uid, MN_STR("m5"), !f || f & MN_FIELD_UID);
		check_str(x->uid, MN_STR("memory five"), !f || f & MN_FIELD_UID);
		check_str(x->summary, MN_STR("a cat is fed"), !f || f & MN_FIELD_TEXT);
		assert_true(n->type == MN_MEMORY && n->flags == MN_NEURON_ANCHOR);
		assert_true(n->created == NOON && x->anchor == N(5) && x->salience == 0.5);
		assert_true(s->from == N(0) && s->to == N(1) && s->base == 0.125);
		assert_true(s->flags == MN_SYNAPSE_TWO_WAY && s->type == MN_CO_OCCURS);
		if (!f || f & MN_FIELD_MEMBERS)
			assert_true(x->neurons.n == 3 && x->synapses.n == 2);
		if (!f || f & MN_FIELD_META)
			assert_true(x->tags.n == 1);
	}
}

static void an_unknown_kind_is_refused(void **state)
{
	struct room *r = *state;
	static const int kinds[] = {MN_BRAIN, MN_KINDS, -1, 1000};
	mn_str uid = MN_STR("m5");
	mn_rows rows;
	mn_id id = 7;

	for (size_t i = 0; i < COUNT(kinds); i++) {
		expect_status(r,
			r->be->get(r->db, &r->call, r->brain, kinds[i], (mn_ids){&id, 1}, 0, &rows),
			MN_EINVAL);
		expect_status(r,
			r->be->resolve(
				r->db, &r->call, r->brain, kinds[i], (mn_strs){&uid, 1}, &id),
			MN_EINVAL);
	}
}

static void a_text_is_looked_up_byte_for_byte(void **state)
{
	struct room *r = *state;
	static const char *const near[] = {
		"Cat", "cat ", " cat", "ca", "cats", "c%", "c_t", "", "%", "c\xc3\xa1t"};
	struct batch b = {0};

	build_known(r);
	assert_int_equal(look_up(r, MN_CONCEPT, "cat"), N(0));
	for (size_t i = 0; i < COUNT(near); i++)
		assert_int_equal(look_up(r, MN_CONCEPT, near[i]), 0);
	batch_neuron(&b, N(20), MN_CONCEPT, "e\xcc\x81"); /* the same to a reader, not in bytes */
	batch_neuron(&b, N(21), MN_CONCEPT, "\xc3\xa9");
	batch_neuron(&b, N(22), MN_CONCEPT, "");
	batch_neuron(&b, N(23), MN_CONCEPT, "x' OR '1'='1");
	batch_apply(r, &b);
	assert_int_equal(look_up(r, MN_CONCEPT, "e\xcc\x81"), N(20));
	assert_int_equal(look_up(r, MN_CONCEPT, "\xc3\xa9"), N(21));
	assert_int_equal(look_up(r, MN_CONCEPT, ""), N(22));
	assert_int_equal(look_up(r, MN_CONCEPT, "x' OR '1'='1"), N(23));
}

static void a_text_is_looked_up_within_its_type(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	uint16_t own = mn_type_code(MN_NEURON, MN_STR("a type of one's own"));

	build_known(r);
	assert_int_equal(look_up(r, MN_ENTITY, "cat"), 0);
	assert_int_equal(look_up(r, 0, "cat"), 0);
	batch_neuron(&b, N(20), MN_ENTITY, "cat");
	batch_neuron(&b, N(21), own, "cat");
	batch_apply(r, &b);
	assert_int_equal(look_up(r, MN_ENTITY, "cat"), N(20));
	assert_int_equal(look_up(r, MN_CONCEPT, "cat"), N(0));
	assert_int_equal(look_up(r, own, "cat"), N(21));
	assert_int_equal(get_neuron(r, N(21))->type, own);
}

static void a_memory_is_not_found_by_its_text(void **state)
{
	struct room *r = *state;

	build_known(r);
	assert_int_equal(look_up(r, MN_MEMORY, "the cat met the dog"), 0);
	assert_int_equal(look_up(r, MN_CONCEPT, "the cat met the dog"), 0);
}

static void of_two_with_one_text_the_lower_id_is_found(void **state)
{
	struct room *r = *state;
	struct batch b = {0};

	batch_neuron(&b, N(7), MN_CONCEPT, "twin");
	batch_neuron(&b, N(3), MN_CONCEPT, "twin");
	batch_neuron(&b, N(9), MN_CONCEPT, "twin");
	batch_apply(r, &b);
	assert_int_equal(look_up(r, MN_CONCEPT, "twin"), N(3));
	batch_drop(&b, MN_NEURON, N(3));
	batch_apply(r, &b);
	assert_int_equal(look_up(r, MN_CONCEPT, "twin"), N(7));
	batch_neuron(&b, N(2), MN_CONCEPT, "twin");
	batch_apply(r, &b);
	assert_int_equal(look_up(r, MN_CONCEPT, "twin"), N(2));
}

static void a_text_that_no_row_could_have_is_not_found(void **state)
{
	struct room *r = *state;
	const mn_key keys[] = {{MN_CONCEPT, MN_STR("cat\0")}, {MN_CONCEPT, MN_STR("\0")},
		{MN_CONCEPT, MN_STR("\xff")}, {MN_CONCEPT, MN_STR("cat")},
		{MN_CONCEPT, MN_STR("ca\xc0\x80t")}, {UINT16_MAX, MN_STR("cat")}};
	mn_id ids[COUNT(keys)];

	build_known(r);
	ok(r, r->be->lookup(r->db, &r->call, r->brain, keys, COUNT(keys), ids));
	for (size_t i = 0; i < COUNT(keys); i++)
		assert_int_equal(ids[i], i == 3 ? N(0) : 0);
}

static void a_uid_finds_the_row_that_has_it_and_no_other(void **state)
{
	struct room *r = *state;

	build_known(r);
	assert_int_equal(resolve(r, MN_NEURON, "m5"), N(5));
	assert_int_equal(resolve(r, MN_FIBER, "memory five"), F(1));
	assert_int_equal(resolve(r, MN_FIBER, "m5"), 0);
	assert_int_equal(resolve(r, MN_SYNAPSE, "m5"), 0);
	assert_int_equal(resolve(r, MN_NEURON, "M5"), 0);
	assert_int_equal(resolve(r, MN_NEURON, "m"), 0);
	assert_int_equal(resolve(r, MN_NEURON, "m%"), 0);
}

static void an_empty_or_derived_uid_finds_nothing(void **state)
{
	struct room *r = *state;

	build_known(r);
	for (int kind = MN_NEURON; kind <= MN_FIBER; kind += kind == MN_NEURON ? 2 : 1)
		assert_int_equal(resolve(r, kind, ""), 0);
	assert_int_equal(resolve(r, MN_NEURON, "concept:cat"), 0);
}

static void the_fiber_with_the_lowest_id_is_that_of_an_anchor(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_fiber f8 = fiber(F(8), N(1)), f6 = fiber(F(6), N(1)), f7 = fiber(F(7), N(1));
	mn_id ids[] = {N(1), N(99), N(4), N(1), 0};
	mn_rows rows;

	build_known(r);
	batch_row(&b, MN_ADD, MN_FIBER, &f8);
	batch_row(&b, MN_ADD, MN_FIBER, &f6);
	batch_row(&b, MN_ADD, MN_FIBER, &f7);
	batch_apply(r, &b);
	ok(r, r->be->fibers_of(r->db, &r->call, r->brain, (mn_ids){ids, COUNT(ids)}, &rows));
	assert_int_equal(rows.kind, MN_FIBER);
	assert_int_equal(rows.n, COUNT(ids));
	assert_int_equal(rows.at.fiber[0].id, F(6));
	assert_int_equal(rows.at.fiber[1].id, 0);
	assert_int_equal(rows.at.fiber[2].id, F(0));
	assert_int_equal(rows.at.fiber[2].tags.n, 2);
	assert_int_equal(rows.at.fiber[3].id, F(6));
	assert_int_equal(rows.at.fiber[4].id, 0);
	batch_drop(&b, MN_FIBER, F(6));
	batch_apply(r, &b);
	ok(r, r->be->fibers_of(r->db, &r->call, r->brain, (mn_ids){ids, 1}, &rows));
	assert_int_equal(rows.at.fiber[0].id, F(7));
}

static void every_answer_carries_the_generation(void **state)
{
	struct room *r = *state;
	const mn_backend *be = r->be;
	mn_id id = N(0);
	mn_key key = {MN_CONCEPT, MN_STR("cat")};
	mn_str uid = MN_STR("m5");
	mn_rows rows;
	mn_gen now;

	needs(r, MN_CAP_GENERATION);
	build_known(r);
	now = generation(r);
	assert_true(now.epoch != 0);
#define carries(operation)                                     \
	do {                                                   \
		r->call.at = (mn_gen){0};                      \
		ok(r, operation);                              \
		assert_int_equal(r->call.at.epoch, now.epoch); \
		assert_int_equal(r->call.at.graph, now.graph); \
		assert_int_equal(r->call.at.state, now.state); \
	} while (0)
	carries(be->lookup(r->db, &r->call, r->brain, &key, 1, &id));
	carries(be->resolve(r->db, &r->call, r->brain, MN_NEURON, (mn_strs){&uid, 1}, &id));
	carries(be->get(r->db, &r->call, r->brain, MN_NEURON, (mn_ids){&id, 1}, 0, &rows));
	carries(be->fibers_of(r->db, &r->call, r->brain, (mn_ids){&id, 1}, &rows));
	list_of(r, N(0), true, true, 0);
	assert_int_equal(r->call.at.graph, now.graph);
#undef carries
}

static const struct CMUnitTest all[] = {
	claim(rows_come_in_the_order_asked_with_repeats_and_gaps),
	claim(nothing_asked_nothing_answered),
	claim(thousands_are_answered_at_once),
	claim(one_more_than_promised_is_answered_or_refused),
	claim(a_neuron_without_state_gives_an_empty_one),
	claim(members_that_were_asked_for_are_there),
	claim(an_unknown_kind_is_refused),
	claim(a_text_is_looked_up_byte_for_byte),
	claim(a_text_is_looked_up_within_its_type),
	claim(a_memory_is_not_found_by_its_text),
	claim(of_two_with_one_text_the_lower_id_is_found),
	claim(a_text_that_no_row_could_have_is_not_found),
	claim(a_uid_finds_the_row_that_has_it_and_no_other),
	claim(an_empty_or_derived_uid_finds_nothing),
	claim(the_fiber_with_the_lowest_id_is_that_of_an_anchor),
	claim(every_answer_carries_the_generation),
};
const struct claims reads_claims = {"reads", all, COUNT(all), false};
