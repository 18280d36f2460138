/* SPDX-License-Identifier: MIT */
/* refusals.c - claims about changes that do not fit: all or nothing, and the culprit named. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

/* One change that does not fit, alone and as the last of several that do. */
static void refuse(struct room *r, int op, int kind, const void *row, int status)
{
	struct batch b = {0};

	batch_row(&b, op, kind, row);
	batch_refused(r, &b, status, 0);
	batch_neuron(&b, N(100), MN_CONCEPT, "fits");
	batch_synapse(&b, S(100), N(100), N(0), MN_NEAR, 0.5);
	batch_row(&b, op, kind, row);
	batch_refused(r, &b, status, 2);
}

static void a_taken_id_is_a_conflict(void **state)
{
	struct room *r = *state;
	mn_neuron n = neuron(N(0), MN_CONCEPT, "cuckoo");
	mn_state t = state_of(N(0), 0.1, 0);
	mn_synapse s = synapse(S(0), N(0), N(1), MN_NEAR, 0.5);
	mn_fiber f = fiber(F(0), N(1));

	needs(r, MN_CAP_ATOMIC);
	build_known(r);
	refuse(r, MN_ADD, MN_NEURON, &n, MN_ECONFLICT);
	refuse(r, MN_ADD, MN_STATE, &t, MN_ECONFLICT);
	refuse(r, MN_ADD, MN_SYNAPSE, &s, MN_ECONFLICT);
	refuse(r, MN_ADD, MN_FIBER, &f, MN_ECONFLICT);
}

static void a_taken_uid_is_a_conflict(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_neuron n = neuron(N(50), MN_CONCEPT, "cuckoo"), other = neuron(N(1), MN_CONCEPT, "dog");
	mn_synapse s = synapse(S(50), N(0), N(1), MN_NEAR, 0.5);
	mn_fiber f = fiber(F(50), N(1)), f0 = fiber(F(0), N(4));

	needs(r, MN_CAP_ATOMIC);
	build_known(r);
	s.uid = MN_STR("s50");
	batch_row(&b, MN_ADD, MN_SYNAPSE, &s);
	batch_apply(r, &b);
	n.uid = other.uid = MN_STR("m5");
	f.uid = f0.uid = MN_STR("memory five");
	s.id = S(51);
	refuse(r, MN_ADD, MN_NEURON, &n, MN_ECONFLICT);
	refuse(r, MN_PUT, MN_NEURON, &n, MN_ECONFLICT);
	refuse(r, MN_PUT, MN_NEURON, &other, MN_ECONFLICT);
	refuse(r, MN_ADD, MN_SYNAPSE, &s, MN_ECONFLICT);
	refuse(r, MN_PUT, MN_SYNAPSE, &s, MN_ECONFLICT);
	refuse(r, MN_ADD, MN_FIBER, &f, MN_ECONFLICT);
	refuse(r, MN_PUT, MN_FIBER, &f0, MN_ECONFLICT);
}

static void an_id_or_uid_twice_in_one_batch_is_a_conflict(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_neuron n = neuron(N(50), MN_CONCEPT, "once"), m = neuron(N(51), MN_CONCEPT, "twice");

	needs(r, MN_CAP_ATOMIC);
	build_known(r);
	batch_row(&b, MN_ADD, MN_NEURON, &n);
	batch_synapse(&b, S(50), N(50), N(0), MN_NEAR, 1);
	batch_row(&b, MN_ADD, MN_NEURON, &n);
	batch_refused(r, &b, MN_ECONFLICT, 2);
	n.uid = m.uid = MN_STR("one uid");
	batch_row(&b, MN_ADD, MN_NEURON, &n);
	batch_row(&b, MN_ADD, MN_NEURON, &m);
	batch_refused(r, &b, MN_ECONFLICT, 1);
}

/* A batch that touches everything, with a change that does not fit at place `at`. */
static void fail_at(struct room *r, size_t at)
{
	struct batch b = {0};
	mn_neuron put = neuron(N(5), MN_CONCEPT, "cat");
	mn_synapse moved = synapse(S(0), N(1), N(2), MN_FELT, 1),
		   bad = synapse(S(60), N(0), N(1), 1, 7);
	mn_fiber f = fiber(F(1), N(0)), tune = {.id = F(0), .salience = 1};
	mn_state t = state_of(N(0), 1, 9);

	for (size_t i = 0; i <= 12; i++) {
		if (i == at)
			batch_row(&b, MN_ADD, MN_SYNAPSE, &bad);
		switch (i) {
		case 0: batch_neuron(&b, N(60), MN_CONCEPT, "new"); break;
		case 1: batch_row(&b, MN_PUT, MN_NEURON, &put); break;
		case 2: batch_synapse(&b, S(61), N(60), N(0), MN_NEAR, 1); break;
		case 3: batch_row(&b, MN_PUT, MN_SYNAPSE, &moved); break;
		case 4: batch_bump(&b, MN_SYNAPSE, S(2), 3, NOON + 1); break;
		case 5: batch_bump(&b, MN_STATE, N(3), 3, NOON + 1); break;
		case 6: batch_row(&b, MN_PUT, MN_STATE, &t); break;
		case 7: batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL); break;
		case 8: batch_row(&b, MN_PUT, MN_FIBER, &f); break;
		case 9: batch_row(&b, MN_TUNE, MN_FIBER, &tune); break;
		case 10: batch_drop(&b, MN_SYNAPSE, S(5)); break;
		case 11: batch_drop(&b, MN_NEURON, N(4)); break;
		default: batch_drop(&b, MN_FIBER, F(0)); break;
		}
	}
	if (at > 12)
		batch_row(&b, MN_ADD, MN_SYNAPSE, &bad);
	batch_refused(r, &b, MN_EINVAL, at);
}

static void a_batch_is_applied_whole_or_not_at_all(void **state)
{
	struct room *r = *state;

	needs(r, MN_CAP_ATOMIC);
	build_known(r);
	for (size_t at = 0; at <= 13; at++)
		fail_at(r, at);
}

enum { MANY = 300 };

/* Many additions of one kind, of which `at` and a later one do not fit, in one of three ways. */
static void refuse_among_many(struct room *r, int kind, size_t at, int way)
{
	struct batch b = {0};

	for (size_t i = 0; i < MANY; i++) {
		const bool bad = i == at || i == MANY - 1;
		const mn_id id = bad && way == 0 ? 0 : bad && way == 2 && i ? 100 : 101 + i;
		const mn_str uid = bad && way == 1 ? MN_STR("m5") : MN_STR("");
		mn_neuron n = neuron(r->neuron0 + id, MN_CONCEPT, "one of many");
		mn_synapse s = synapse(r->synapse0 + id, N(0), N(1), MN_NEAR, 0.5);
		mn_fiber f = fiber(r->fiber0 + id, N(0));

		n.uid = s.uid = f.uid = uid;
		batch_row(&b, MN_ADD, kind,
			kind == MN_NEURON    ? (void *)&n
			: kind == MN_SYNAPSE ? (void *)&s
					     : (void *)&f);
		if (way == 2 && i == 0) { /* an id that the bad ones repeat */
			n.id = r->neuron0 + 100, s.id = r->synapse0 + 100, f.id = r->fiber0 + 100;
			batch_row(&b, MN_ADD, kind,
				kind == MN_NEURON    ? (void *)&n
				: kind == MN_SYNAPSE ? (void *)&s
						     : (void *)&f);
		}
	}
	batch_refused(r, &b, MN_ECONFLICT, at + (way == 2));
}

static void the_culprit_among_many_is_the_first_that_does_not_fit(void **state)
{
	struct room *r = *state;
	static const int kinds[] = {MN_NEURON, MN_SYNAPSE, MN_FIBER};
	struct batch b = {0};
	mn_synapse s = synapse(S(50), N(0), N(1), MN_NEAR, 0.5);
	mn_fiber f = fiber(F(50), N(1));

	needs(r, MN_CAP_ATOMIC);
	build_known(r);
	s.uid = f.uid = MN_STR("m5");
	batch_row(&b, MN_ADD, MN_SYNAPSE, &s);
	batch_row(&b, MN_ADD, MN_FIBER, &f);
	batch_apply(r, &b);
	for (size_t k = 0; k < COUNT(kinds); k++)
		for (int way = 0; way < 3; way++)
			for (size_t at = 1; at < MANY; at += 97)
				refuse_among_many(r, kinds[k], at, way);
}

static void a_failed_batch_leaves_earlier_bumps_unfolded(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_fan fan;

	needs(r, MN_CAP_ATOMIC);
	build_known(r);
	batch_bump(&b, MN_SYNAPSE, S(1), 50, NOON);
	batch_apply(r, &b);
	batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
	batch_neuron(&b, N(0), MN_CONCEPT, "taken");
	batch_refused(r, &b, MN_ECONFLICT, 1);
	fan = list_of(r, N(4), true, false, 0);
	fan_is(&fan, 0, N(5), N(0), N(0), N(1));
	batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
	batch_apply(r, &b);
	fan = list_of(r, N(4), true, false, 0);
	fan_is(&fan, 0, N(1), N(5), N(0), N(0));
}

static void a_number_out_of_range_is_refused(void **state)
{
	struct room *r = *state;
	static const double bad[] = {-0.001, 1.001, -1, 1e300, NAN, INFINITY, -INFINITY};

	needs(r, MN_CAP_ATOMIC);
	build_known(r);
	for (size_t i = 0; i < COUNT(bad); i++) {
		mn_synapse s = synapse(S(0), N(4), N(0), MN_INVOLVES, bad[i]);
		mn_state t = state_of(N(0), bad[i], 1);
		mn_fiber f = fiber(F(0), N(4)), g = f;

		f.salience = bad[i];
		g.coherence = bad[i];
		refuse(r, MN_PUT, MN_SYNAPSE, &s, MN_EINVAL);
		refuse(r, MN_TUNE, MN_SYNAPSE, &s, MN_EINVAL);
		refuse(r, MN_PUT, MN_STATE, &t, MN_EINVAL);
		refuse(r, MN_TUNE, MN_STATE, &t, MN_EINVAL);
		refuse(r, MN_BUMP, MN_STATE, &t, MN_EINVAL);
		refuse(r, MN_PUT, MN_FIBER, &f, MN_EINVAL);
		refuse(r, MN_TUNE, MN_FIBER, &g, MN_EINVAL);
		s.id = S(70), t.id = N(1), f.id = F(70);
		refuse(r, MN_ADD, MN_SYNAPSE, &s, MN_EINVAL);
		refuse(r, MN_ADD, MN_STATE, &t, MN_EINVAL);
		refuse(r, MN_ADD, MN_FIBER, &f, MN_EINVAL);
	}
}

static void a_rate_that_is_no_number_is_refused(void **state)
{
	struct room *r = *state;
	static const double bad[] = {NAN, INFINITY, -INFINITY};

	needs(r, MN_CAP_ATOMIC);
	build_known(r);
	for (size_t i = 0; i < COUNT(bad); i++) {
		mn_state t = state_of(N(0), 0.5, 1);

		t.decay = bad[i];
		refuse(r, MN_PUT, MN_STATE, &t, MN_EINVAL);
		refuse(r, MN_TUNE, MN_STATE, &t, MN_EINVAL);
	}
}

static void an_end_that_does_not_exist_is_refused(void **state)
{
	struct room *r = *state;
	const mn_synapse synapses[] = {synapse(S(70), N(70), N(0), MN_NEAR, 1),
		synapse(S(70), N(0), N(70), MN_NEAR, 1), synapse(S(70), 0, N(0), MN_NEAR, 1),
		synapse(S(70), N(0), 0, MN_NEAR, 1)};
	const mn_fiber fibers[] = {fiber(F(70), N(70)), fiber(F(70), 0)};
	mn_state t = state_of(N(70), 0.5, 0);

	needs(r, MN_CAP_ATOMIC);
	build_known(r);
	for (size_t i = 0; i < COUNT(synapses); i++) {
		mn_synapse moved = synapses[i];

		moved.id = S(0);
		refuse(r, MN_ADD, MN_SYNAPSE, &synapses[i], MN_EINVAL);
		refuse(r, MN_PUT, MN_SYNAPSE, &synapses[i], MN_EINVAL);
		refuse(r, MN_PUT, MN_SYNAPSE, &moved, MN_EINVAL);
	}
	for (size_t i = 0; i < COUNT(fibers); i++) {
		refuse(r, MN_ADD, MN_FIBER, &fibers[i], MN_EINVAL);
		refuse(r, MN_PUT, MN_FIBER, &fibers[i], MN_EINVAL);
	}
	refuse(r, MN_ADD, MN_STATE, &t, MN_EINVAL);
	refuse(r, MN_PUT, MN_STATE, &t, MN_EINVAL);
}

static void an_end_that_comes_later_or_went_before_is_refused(void **state)
{
	struct room *r = *state;
	struct batch b = {0};

	needs(r, MN_CAP_ATOMIC);
	build_known(r);
	batch_synapse(&b, S(70), N(70), N(0), MN_NEAR, 1);
	batch_neuron(&b, N(70), MN_CONCEPT, "late");
	batch_refused(r, &b, MN_EINVAL, 0);
	batch_drop(&b, MN_NEURON, N(1));
	batch_synapse(&b, S(70), N(0), N(1), MN_NEAR, 1);
	batch_refused(r, &b, MN_EINVAL, 1);
}

static void a_tune_of_what_is_missing_is_refused(void **state)
{
	struct room *r = *state;
	mn_state t = state_of(N(1), 0.5, 1), nobody = state_of(N(70), 0.5, 1);
	mn_synapse s = {.id = S(70), .base = 0.5};
	mn_fiber f = {.id = F(70), .salience = 0.5};

	needs(r, MN_CAP_ATOMIC);
	build_known(r);
	refuse(r, MN_TUNE, MN_STATE, &t, MN_EINVAL);
	refuse(r, MN_TUNE, MN_STATE, &nobody, MN_EINVAL);
	refuse(r, MN_TUNE, MN_SYNAPSE, &s, MN_EINVAL);
	refuse(r, MN_TUNE, MN_FIBER, &f, MN_EINVAL);
}

static void an_id_that_cannot_be_is_refused(void **state)
{
	struct room *r = *state;
	const mn_id bad[] = {0, (mn_id)INT64_MAX + 1, UINT64_MAX};

	needs(r, MN_CAP_ATOMIC);
	build_known(r);
	for (size_t i = 0; i < COUNT(bad); i++) {
		mn_neuron n = neuron(bad[i], MN_CONCEPT, "nowhere");
		mn_synapse s = synapse(bad[i], N(0), N(1), MN_NEAR, 1);
		mn_fiber f = fiber(bad[i], N(0));
		mn_state t = state_of(bad[i], 0.5, 1);

		refuse(r, MN_ADD, MN_NEURON, &n, MN_EINVAL);
		refuse(r, MN_PUT, MN_NEURON, &n, MN_EINVAL);
		refuse(r, MN_ADD, MN_SYNAPSE, &s, MN_EINVAL);
		refuse(r, MN_PUT, MN_FIBER, &f, MN_EINVAL);
		refuse(r, MN_ADD, MN_STATE, &t, MN_EINVAL);
	}
}

static void an_op_that_is_none_or_not_for_that_kind_is_refused(void **state)
{
	struct room *r = *state;
	const mn_neuron n = neuron(N(0), MN_CONCEPT, "x");
	const mn_fiber f = fiber(F(0), N(0));
	static const struct {
		int op, kind;
	} wrong[] = {{MN_TUNE, MN_NEURON}, {MN_BUMP, MN_NEURON}, {MN_BUMP, MN_FIBER},
		{MN_FOLD, MN_NEURON}, {MN_FOLD, MN_STATE}, {MN_FOLD, MN_FIBER}, {MN_ADD, MN_BRAIN},
		{MN_DROP, MN_BRAIN}, {MN_PUT, MN_KINDS}, {MN_DROP, -1}, {MN_DROP + 1, MN_NEURON},
		{-1, MN_NEURON}, {1000, MN_FIBER}};

	needs(r, MN_CAP_ATOMIC);
	build_known(r);
	for (size_t i = 0; i < COUNT(wrong); i++)
		refuse(r, wrong[i].op, wrong[i].kind,
			wrong[i].kind == MN_FIBER ? (const void *)&f : (const void *)&n, MN_EINVAL);
}

static const mn_str no_text[] = {{"a\0b", 3}, {"\0", 1}, {"\xff", 1}, {"a\x80", 2}, {"\xc0\x80", 2},
	{"\xe2\x82", 2}, {"\xed\xa0\x80", 3}, {"\xf4\x90\x80\x80", 4}, {"\xf8\x88\x80\x80\x80", 5}};

static void what_is_no_text_is_refused_wherever_it_stands(void **state)
{
	struct room *r = *state;
	const mn_str fine = MN_STR("fine");

	needs(r, MN_CAP_ATOMIC);
	build_known(r);
	for (size_t i = 0; i < COUNT(no_text); i++) {
		mn_neuron n[3] = {neuron(N(0), MN_CONCEPT, "cat"), neuron(N(0), MN_CONCEPT, "cat"),
			neuron(N(0), MN_CONCEPT, "cat")};
		mn_synapse s[2] = {synapse(S(0), N(4), N(0), MN_NEAR, 1),
			synapse(S(0), N(4), N(0), MN_NEAR, 1)};
		mn_fiber f[4] = {
			fiber(F(0), N(4)), fiber(F(0), N(4)), fiber(F(0), N(4)), fiber(F(0), N(4))};
		const mn_str tags[] = {fine, no_text[i]};

		n[0].text = n[1].uid = n[2].meta = s[0].uid = s[1].meta = no_text[i];
		f[0].uid = f[1].summary = f[2].meta = no_text[i];
		f[3].tags = (mn_strs){tags, 2};
		for (size_t k = 0; k < COUNT(n); k++)
			refuse(r, MN_PUT, MN_NEURON, &n[k], MN_EINVAL);
		for (size_t k = 0; k < COUNT(s); k++)
			refuse(r, MN_PUT, MN_SYNAPSE, &s[k], MN_EINVAL);
		for (size_t k = 0; k < COUNT(f); k++)
			refuse(r, MN_PUT, MN_FIBER, &f[k], MN_EINVAL);
		n[0].id = N(90);
		refuse(r, MN_ADD, MN_NEURON, &n[0], MN_EINVAL);
	}
}

static void what_was_refused_can_be_put_right(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_neuron n = neuron(N(90), MN_CONCEPT, "ninety");
	mn_applied a;

	needs(r, MN_CAP_ATOMIC);
	build_known(r);
	n.uid = MN_STR("u90");
	batch_row(&b, MN_ADD, MN_NEURON, &n);
	batch_synapse(&b, S(90), N(90), N(91), MN_NEAR, 1);
	expect_status(r, batch_try(r, NULL, &b, NULL, &a), MN_EINVAL);
	batch_free(&b);
	batch_row(&b, MN_ADD, MN_NEURON, &n);
	batch_neuron(&b, N(91), MN_CONCEPT, "ninety-one");
	batch_synapse(&b, S(90), N(90), N(91), MN_NEAR, 1);
	batch_apply(r, &b);
	assert_int_equal(resolve(r, MN_NEURON, "u90"), N(90));
	assert_int_equal(room_describe(r, r->brain).neurons, 8);
}

static const struct CMUnitTest all[] = {
	claim(a_taken_id_is_a_conflict),
	claim(a_taken_uid_is_a_conflict),
	claim(an_id_or_uid_twice_in_one_batch_is_a_conflict),
	claim(a_batch_is_applied_whole_or_not_at_all),
	claim(the_culprit_among_many_is_the_first_that_does_not_fit),
	claim(a_failed_batch_leaves_earlier_bumps_unfolded),
	claim(a_number_out_of_range_is_refused),
	claim(a_rate_that_is_no_number_is_refused),
	claim(an_end_that_does_not_exist_is_refused),
	claim(an_end_that_comes_later_or_went_before_is_refused),
	claim(a_tune_of_what_is_missing_is_refused),
	claim(an_id_that_cannot_be_is_refused),
	claim(an_op_that_is_none_or_not_for_that_kind_is_refused),
	claim(what_is_no_text_is_refused_wherever_it_stands),
	claim(what_was_refused_can_be_put_right),
};
const struct claims refusals_claims = {"refusals", all, COUNT(all), false};
