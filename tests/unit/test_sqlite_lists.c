/* SPDX-License-Identifier: MIT */
/*
 * test_sqlite_lists.c - lists as they grow from a few entries in one row to many blocks, and
 * shrink, against a model that sorts everything each time it is asked.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite_room.h"

#define NEURONS 6
#define MOST 37000 /* synapses */
#define SOME 1500
#define DELTA 0.05
#define RATE 0.1

static const uint16_t types[] = {MN_INVOLVES, MN_BEFORE, MN_RELATED_TO, MN_MENTIONS};

/* What there is; id 0: not there. Of it only the first `most` take part. */
static mn_synapse model[MOST];
static size_t most;

static void begin(struct room *r, size_t n)
{
	struct batch b = {0};

	memset(model, 0, sizeof(model));
	most = n;
	for (int i = 0; i < NEURONS; i++)
		batch_neuron(&b, N(i), MN_CONCEPT, "x");
	batch_apply(r, &b);
}

struct asked { /* of one neuron */
	mn_id near;
	uint16_t type; /* 0: all */
	bool out, in;
	float floor;
	uint32_t limit;
};

static bool reaches(const struct asked *a, const mn_synapse *s)
{
	const bool both = s->flags & MN_SYNAPSE_TWO_WAY;

	if (!s->id || (a->type && s->type != a->type))
		return false;
	return (a->out && (s->from == a->near || (both && s->to == a->near)))
	       || (a->in && (s->to == a->near || (both && s->from == a->near)));
}

static mn_id near_of_sort; /* whose list is being sorted */

static mn_id far_of(const mn_synapse *s)
{
	return s->from == near_of_sort ? s->to : s->from;
}

static int compare(const void *a, const void *b)
{
	const mn_synapse *x = *(mn_synapse *const *)a, *y = *(mn_synapse *const *)b;
	int32_t k = mn_weight_key(x, DELTA, RATE), l = mn_weight_key(y, DELTA, RATE);

	if (k != l)
		return k > l ? -1 : 1;
	if (far_of(x) != far_of(y))
		return far_of(x) < far_of(y) ? -1 : 1;
	return x->id < y->id ? -1 : 1;
}

static void same_list(struct room *r, const struct asked *a)
{
	mn_reach reach = {.types = &a->type, .ntypes = a->type ? 1 : 0, .out = a->out, .in = a->in};
	mn_expand x = MN_SIZED(mn_expand);
	static const mn_synapse *want[MOST];
	size_t n = 0, at = 0;
	double left_out = 0;
	mn_fan fan;

	for (size_t i = 0; i < most; i++)
		if (reaches(a, &model[i]))
			want[n++] = &model[i];
	near_of_sort = a->near;
	qsort(want, n, sizeof(*want), compare);
	x.brain = r->brain;
	x.frontier = (mn_ids){&a->near, 1};
	x.reaches = &reach;
	x.nreaches = 1;
	x.floor = &a->floor;
	x.limit = &a->limit;
	x.want_synapse = true;
	ok(r, r->be->expand(r->db, &r->call, &x, &fan));
	assert_int_equal(fan.degree[0], n);
	for (size_t i = 0; i < n; i++) {
		const double w = mn_weight_at(want[i], DELTA, RATE, 0);

		if (w < (double)a->floor || at == a->limit) {
			left_out = w > left_out ? w : left_out;
			continue;
		}
		assert_true(at < fan.start[1]);
		assert_int_equal(fan.synapse[at], want[i]->id);
		assert_int_equal(fan.far[at], far_of(want[i]));
		assert_int_equal(fan.type[at], want[i]->type);
		assert_true(fan.weight[at] == w);
		assert_true(fan.out[at]
			    == (want[i]->from == a->near || (want[i]->flags & MN_SYNAPSE_TWO_WAY)));
		at++;
	}
	assert_int_equal(fan.start[1], at);
	assert_true(fan.bound[0] >= left_out);
}

static void same_lists(struct room *r, uint64_t *seed)
{
	for (int i = 0; i < NEURONS; i++)
		for (int k = 0; k < 6; k++) {
			struct asked a = {.near = N(i),
				.type = dice_below(seed, 2) ? types[dice_below(seed, 4)] : 0,
				.out = k % 3 != 1,
				.in = k % 3 != 0,
				.floor = k < 3 ? 0 : (float)dice_unit(seed),
				.limit = dice_below(seed, 3) ? (uint32_t)dice_below(seed, 200)
							     : MN_NO_LIMIT};

			same_list(r, &a);
		}
	mn_call_reset(&r->call);
}

/* A synapse whose weight is one of few, or any; half of all at the first neuron. */
static mn_synapse random_synapse(struct room *r, uint64_t *seed, size_t i)
{
	mn_id from = N(dice_below(seed, 2) ? 0 : dice_below(seed, NEURONS));
	mn_synapse s = synapse(S(0) + i, from, N(dice_below(seed, NEURONS)),
		types[dice_below(seed, 4)], (double)dice_below(seed, 5) / 4);

	if (dice_below(seed, 4) == 0)
		s.base = dice_unit(seed);
	if (dice_below(seed, 8) == 0)
		s.flags = MN_SYNAPSE_TWO_WAY;
	s.created = NOON - DAYS(dice_below(seed, 3)); /* many ties */
	s.uses = dice_below(seed, 8) ? 0 : (uint32_t)dice_below(seed, 30);
	return s;
}

/* One batch of changes, to the model as well. wanted: how many synapses there should be. */
static void change(struct room *r, uint64_t *seed, size_t wanted)
{
	struct batch b = {0};

	for (uint64_t n = dice_below(seed, 60) + 1; n; n--) {
		const size_t i = dice_below(seed, most);
		const bool put = dice_below(seed, most) < wanted;

		if (put) {
			model[i] = random_synapse(r, seed, i);
			batch_row(&b, MN_PUT, MN_SYNAPSE, &model[i]);
		} else {
			model[i].id = 0;
			batch_drop(&b, MN_SYNAPSE, S(0) + i);
		}
	}
	batch_apply(r, &b);
}

static void lists_of_any_length_are_as_the_model_has_them(void **state)
{
	struct room *r = *state;
	const int rounds = getenv("MN_FULL") ? 3000 : 150;
	uint64_t seed = 31;

	begin(r, SOME);
	for (int i = 0; i < rounds; i++) {
		/* they grow for a third of the time, stay, and shrink to nothing */
		change(r, &seed, i < rounds / 3 ? SOME : i < 2 * rounds / 3 ? SOME / 2 : 20);
		if (i % 10 == 0)
			same_lists(r, &seed);
		if (i % 50 == 49)
			sqlite_room_open(r, false);
	}
	same_lists(r, &seed);
}

/* Everything at once: a batch that adds, replaces and drops what it added. */
static void one_batch_may_do_everything_to_a_list(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	uint64_t seed = 77;

	begin(r, SOME);
	for (int round = 0; round < 4; round++) {
		for (size_t i = 0; i < SOME; i++) {
			const bool there = model[i].id;

			model[i] = random_synapse(r, &seed, i);
			batch_row(&b, there ? MN_PUT : MN_ADD, MN_SYNAPSE, &model[i]);
			if (dice_below(&seed, 3))
				continue;
			model[i].id = 0;
			batch_drop(&b, MN_SYNAPSE, S(0) + i);
		}
	}
	batch_apply(r, &b);
	for (int i = 0; i < 5; i++)
		same_lists(r, &seed);
}

static void the_first_of_many_that_does_not_fit_is_named(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_synapse uid = synapse(S(50), N(0), N(0), MN_NEAR, 0.5);

	batch_neuron(&b, N(0), MN_CONCEPT, "x");
	batch_synapse(&b, S(7), N(0), N(0), MN_NEAR, 0.5);
	uid.uid = MN_STR("taken");
	batch_row(&b, MN_ADD, MN_SYNAPSE, &uid);
	batch_apply(r, &b);
	for (int i = 0; i < 10; i++) /* the eighth is there; the last is out of range */
		batch_synapse(&b, S(i), N(0), N(0), MN_NEAR, i < 9 ? 0.5 : 2);
	batch_refused(r, &b, MN_ECONFLICT, 7);
	for (int i = 0; i < 7; i++)
		batch_synapse(&b, S(i), N(0), N(0), MN_NEAR, i == 5 ? -1 : 0.5);
	batch_refused(r, &b, MN_EINVAL, 5);
	batch_synapse(&b, S(1), N(0), N(0), MN_NEAR, 0.5);
	uid.id = S(2);
	batch_row(&b, MN_ADD, MN_SYNAPSE, &uid);
	batch_synapse(&b, S(3), N(0), N(0), MN_NEAR, 0.5);
	batch_refused(r, &b, MN_ECONFLICT, 1);
}

/* As many changes as it takes, a few hundred at a time. */
static void fill(struct room *r, uint64_t *seed, size_t n)
{
	for (size_t i = 0; i < n;) {
		struct batch b = {0};

		for (size_t k = 0; k < 400 && i < n; k++, i++) {
			model[i] = random_synapse(r, seed, i);
			batch_row(&b, MN_ADD, MN_SYNAPSE, &model[i]);
		}
		batch_apply(r, &b);
	}
}

/* What a store that has just been opened reads, from the log if need be. */
static void same_lists_elsewhere(struct room *r, uint64_t *seed)
{
	mn_db *ours = r->db;

	r->db = sqlite_room_second(r);
	same_lists(r, seed);
	r->be->close(r->db);
	r->db = ours;
}

static int64_t tally_of(struct room *r, const char *column)
{
	char sql[60];

	snprintf(sql, sizeof(sql), "SELECT %s FROM tally", column);
	return raw_number(path_in(r, CLAIM_FILE), sql);
}

/* Changes that wait are merged into lists slice by slice once there are 65,536; each batch here
 * brings one about. */
static void lists_are_right_at_every_point_of_a_sweep(void **state)
{
	struct room *r = *state;
	uint64_t seed = 4;
	unsigned amidst = 0;

	begin(r, 35400);
	fill(r, &seed, 34200);
	for (int i = 0; i < 40 && (amidst < 2 || tally_of(r, "sweep_at")); i++) {
		for (int k = 0; k < 10; k++)
			change(r, &seed, most / 2);
		amidst += tally_of(r, "sweep_at") > 0;
		same_lists(r, &seed);
		if (i % 2)
			same_lists_elsewhere(r, &seed);
	}
	assert_true(amidst > 1);
	assert_true(tally_of(r, "swept") > 0);
	same_lists(r, &seed);
	sqlite_room_open(r, false);
	assert_int_equal(tally_of(r, "logged"), tally_of(r, "swept"));
	same_lists(r, &seed);
}

/* A synapse that is added and dropped, or dropped and added otherwise, before any merging. */
static void changes_that_undo_each_other_leave_nothing(void **state)
{
	struct room *r = *state;
	uint64_t seed = 12;

	begin(r, 40);
	for (int round = 0; round < 30; round++) {
		for (int k = 0; k < 12; k++)
			change(r, &seed, round % 2 ? 40 : 0);
		same_lists(r, &seed);
		if (round % 7 == 6)
			sqlite_room_open(r, false);
	}
}

/* Lists so long that their directory has a block of its own, until nothing is left of them. */
static void hubs_shrink_from_many_blocks_to_none(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	uint64_t seed = 9;

	begin(r, MOST);
	for (size_t i = 0; i < MOST; i++) {
		model[i] = random_synapse(r, &seed, i);
		batch_row(&b, MN_ADD, MN_SYNAPSE, &model[i]);
	}
	batch_apply(r, &b);
	assert_true(raw_number(path_in(r, CLAIM_FILE),
			    "SELECT count(*) FROM list WHERE substr(head, 1, 1) = x'02'")
		    > 0);
	for (unsigned left = 8; left; left /= 2) {
		same_lists(r, &seed);
		for (size_t i = 0; i < MOST; i++) {
			if (!model[i].id || i % 8 < left / 2)
				continue;
			model[i].id = 0;
			batch_drop(&b, MN_SYNAPSE, S(0) + i);
		}
		batch_apply(r, &b);
		sqlite_room_open(r, false);
	}
	same_lists(r, &seed);
	sqlite_room_close(r);
	assert_int_equal(raw_number(path_in(r, CLAIM_FILE), "SELECT count(*) FROM block"), 0);
	assert_int_equal(raw_number(path_in(r, CLAIM_FILE), "SELECT count(*) FROM list"), 0);
}

/* A rate, all but RATE, by which the synapse's key lies otherwise between two days' keys. */
static double other_rate(const mn_synapse *s)
{
	const double day = (double)mn_weight_day(s);
	const long long above = mn_weight_key(s, DELTA, RATE) - llround(MN_KEY_STEPS * RATE * day);
	double rate = RATE;

	while (mn_weight_key(s, DELTA, rate) - llround(MN_KEY_STEPS * rate * day) == above)
		rate += 1e-10;
	return rate;
}

/* The key of a list comes out of log(): a machine that rounds otherwise may have written it. */
static void a_key_that_was_rounded_otherwise_is_found(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	char sql[80];

	for (int i = 0; i < 3; i++)
		batch_neuron(&b, N(i), MN_CONCEPT, "x");
	for (int i = 0; i < 4000; i++)
		batch_synapse(&b, S(0) + (mn_id)i, N(0), N(1 + i % 2), MN_NEAR, 0.5);
	batch_apply(r, &b);
	snprintf(sql, sizeof(sql), "UPDATE brain SET rate = %.17g",
		other_rate(get_synapse(r, S(0))));
	sqlite_room_close(r);
	raw_do(path_in(r, CLAIM_FILE), sql);
	sqlite_room_open(r, false);
	for (int i = 0; i < 4000; i++) {
		const mn_synapse again = synapse(S(0) + (mn_id)i, N(0), N(2), MN_NEAR, 0.25);

		if (i % 3)
			batch_drop(&b, MN_SYNAPSE, S(0) + (mn_id)i);
		else
			batch_row(&b, MN_PUT, MN_SYNAPSE, &again);
	}
	batch_apply(r, &b);
	sqlite_room_open(r, false);
	assert_int_equal(list_of(r, N(0), true, true, 0).degree[0], 1334);
	for (int i = 0; i < 4000; i += 3)
		batch_drop(&b, MN_SYNAPSE, S(0) + (mn_id)i);
	batch_apply(r, &b);
	sqlite_room_open(r, false);
	for (int i = 0; i < 3; i++)
		assert_int_equal(list_of(r, N(i), true, true, 0).degree[0], 0);
	assert_int_equal(room_describe(r, r->brain).synapses, 0);
}

static void a_neuron_with_thousands_of_synapses_can_be_dropped(void **state)
{
	struct room *r = *state;
	struct batch b = {0};

	for (int i = 0; i < 3; i++)
		batch_neuron(&b, N(i), MN_CONCEPT, "x");
	for (int i = 0; i < 5000; i++)
		batch_synapse(&b, S(0) + (mn_id)i, N(i % 2), N(2 - i % 3), MN_NEAR, 0.5);
	batch_apply(r, &b);
	batch_drop(&b, MN_NEURON, N(0));
	batch_drop(&b, MN_NEURON, N(2));
	batch_apply(r, &b);
	assert_int_equal(room_describe(r, r->brain).synapses, 834); /* from N(1) to itself */
	assert_int_equal(list_of(r, N(1), true, true, 0).degree[0], 834);
	sqlite_room_close(r);
	raw_check(path_in(r, CLAIM_FILE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_room(lists_of_any_length_are_as_the_model_has_them),
		in_room(one_batch_may_do_everything_to_a_list),
		in_room(the_first_of_many_that_does_not_fit_is_named),
		in_room(lists_are_right_at_every_point_of_a_sweep),
		in_room(changes_that_undo_each_other_leave_nothing),
		in_room(hubs_shrink_from_many_blocks_to_none),
		in_room(a_key_that_was_rounded_otherwise_is_found),
		in_room(a_neuron_with_thousands_of_synapses_can_be_dropped),
	};

	return cmocka_run_group_tests_name("sqlite: lists", tests, NULL, NULL);
}
