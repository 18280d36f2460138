/* SPDX-License-Identifier: MIT */
/*
 * test_sqlite_marks.c - synapses that are deleted in numbers, of which entries stay in short lists:
 * nobody sees them, whatever becomes of the lists and of the ids.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite_room.h"

#define NEURONS 150
#define MOST 2600 /* synapses */
#define MANY 300  /* deletions of one batch, so that they are marked */
#define FAR_APART ((mn_id)1 << 40)

static mn_synapse model[MOST]; /* id 0: not there */
static mn_id ids[MOST];        /* that they have, or had */
static size_t nears, most;     /* neurons that there are; synapses that take part */
static mn_id next;             /* id that was never used */

static void begin(struct room *r, size_t neurons)
{
	struct batch b = {0};

	memset(model, 0, sizeof(model));
	nears = neurons;
	most = MOST;
	for (size_t i = 0; i < MOST; i++)
		ids[i] = S(i);
	next = S(MOST);
	for (size_t i = 0; i < nears; i++)
		batch_neuron(&b, N(i), MN_CONCEPT, "x");
	batch_apply(r, &b);
}

/* ---- Comparing ---------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	const mn_id x = *(const mn_id *)a, y = *(const mn_id *)b;

	return (x > y) - (x < y);
}

/* The neuron's synapses, as a list has them and as a scan has them. */
static void same_at(struct room *r, mn_id near)
{
	mn_query q = MN_SIZED(mn_query);
	mn_fan fan = list_of(r, near, true, true, 0);
	static mn_id want[MOST], found[MOST];
	struct ids scanned;
	size_t n = 0;

	for (size_t i = 0; i < MOST; i++)
		if (model[i].id && (model[i].from == near || model[i].to == near))
			want[n++] = model[i].id;
	assert_int_equal(fan.degree[0], n);
	assert_int_equal(fan.start[1], n);
	for (size_t i = 0; i < n; i++)
		found[i] = fan.synapse[i];
	qsort(want, n, sizeof(*want), compare);
	qsort(found, n, sizeof(*found), compare);
	q.kind = MN_SYNAPSE;
	q.neuron = near;
	scanned = scan_ids(r, &q, 100);
	assert_int_equal(scanned.n, n);
	if (n) {
		assert_memory_equal(found, want, n * sizeof(*want));
		assert_memory_equal(scanned.at, want, n * sizeof(*want));
	}
	mn_call_reset(&r->call);
}

static void same(struct room *r)
{
	for (size_t i = 0; i < nears; i++)
		same_at(r, N(i));
}

/* What a store that has just been opened sees. */
static void same_elsewhere(struct room *r)
{
	mn_db *ours = r->db;

	r->db = sqlite_room_second(r);
	same(r);
	r->be->close(r->db);
	r->db = ours;
}

static int see(void *ctx, const mn_finding *f)
{
	(void)ctx;
	if (!f->harmless)
		fail_msg("%s: %s", f->name, f->says);
	return MN_OK;
}

static int pass(void *ctx, const char *what, const char *why)
{
	(void)ctx, (void)what, (void)why;
	return MN_OK;
}

static void all_is_well(struct room *r)
{
	const mn_upkeep_ops *ops = r->be->extension(r->db, "mn.upkeep/1");
	mn_diagnosis d = MN_SIZED(mn_diagnosis);

	d.level = MN_DOCTOR_FULL;
	d.found = see;
	d.unchecked = pass;
	ok(r, ops->check(r->db, &r->call, r->brain, &d));
	mn_call_reset(&r->call);
}

static int64_t count(struct room *r, const char *sql)
{
	return raw_number(path_in(r, CLAIM_FILE), sql);
}

/* ---- Changing ----------------------------------------------------------------------------- */

static void put(struct room *r, struct batch *b, size_t i, size_t from, size_t to, double base)
{
	model[i] = synapse(ids[i], N(from), N(to), i % 3 ? MN_INVOLVES : MN_NEAR, base);
	model[i].flags = i % 11 ? 0 : MN_SYNAPSE_TWO_WAY;
	batch_row(b, MN_PUT, MN_SYNAPSE, &model[i]);
}

static void drop(struct room *r, struct batch *b, size_t i)
{
	(void)r;
	model[i].id = 0;
	batch_drop(b, MN_SYNAPSE, ids[i]);
}

/* Every so many of them at a few of the neurons; most that come are new, some come back. */
static void put_any(struct room *r, struct batch *b, uint64_t *seed, size_t i)
{
	const uint64_t few = dice_below(seed, 4) ? nears : 4;

	if (!model[i].id && dice_below(seed, 4))
		ids[i] = next++;
	put(r, b, i, dice_below(seed, nears), dice_below(seed, few), dice_unit(seed));
}

/* The neuron goes with all it has, and comes back with nothing. */
static void renew_neuron(struct room *r, struct batch *b, size_t i)
{
	for (size_t k = 0; k < MOST; k++)
		if (model[k].from == N(i) || model[k].to == N(i))
			model[k].id = 0;
	batch_drop(b, MN_NEURON, N(i));
	batch_neuron(b, N(i), MN_CONCEPT, "x");
}

/* Most of a range of ids, in their order; some belong to no row. */
static void drop_range(struct room *r, struct batch *b, uint64_t *seed)
{
	const mn_id from = S(0) + dice_below(seed, next - S(0)), to = from + dice_below(seed, 60);

	for (mn_id id = from; id <= to; id++) {
		if (dice_below(seed, 9) == 0)
			continue;
		batch_drop(b, MN_SYNAPSE, id);
		for (size_t i = 0; i < MOST; i++)
			if (model[i].id == id)
				model[i].id = 0;
	}
}

static void change(struct room *r, uint64_t *seed, size_t n, size_t wanted)
{
	struct batch b = {0};

	if (dice_below(seed, 3) == 0)
		drop_range(r, &b, seed);
	while (n--) {
		const size_t i = dice_below(seed, most);

		if (dice_below(seed, most) < wanted)
			put_any(r, &b, seed, i);
		else
			drop(r, &b, i);
		if (dice_below(seed, 500) == 0)
			renew_neuron(r, &b, dice_below(seed, nears));
	}
	batch_apply(r, &b);
}

/* ---- Claims ------------------------------------------------------------------------------- */

static void any_order_of_changes_is_as_the_model_has_it(void **state)
{
	struct room *r = *state;
	const unsigned rounds = getenv("MN_FULL") ? 1500 : 120;
	uint64_t seed = 47;

	begin(r, NEURONS);
	for (unsigned i = 0; i < rounds; i++) {
		const size_t wanted = i % 20 < 10 ? MOST - 200 : 200;

		change(r, &seed, dice_below(&seed, 3) ? 700 : 1 + dice_below(&seed, 40), wanted);
		if (i % 5 == 0)
			same(r);
		if (i % 15 == 7)
			same_elsewhere(r);
		if (i % 30 == 11)
			all_is_well(r);
		if (i % 40 == 39)
			sqlite_room_open(r, false);
	}
	same(r);
	all_is_well(r);
	assert_true(count(r, "SELECT count(*) FROM mark WHERE id % 2 = 0") > 0);
}

/* Lists that grow long and short all the time, merged slice by slice while more changes come. */
static void marks_are_right_at_every_point_of_a_sweep(void **state)
{
	struct room *r = *state;
	const unsigned rounds = getenv("MN_FULL") ? 20000 : 1500;
	uint64_t seed = 8;

	begin(r, 24);
	most = 300;
	for (unsigned i = 0; i < rounds; i++) {
		change(r, &seed, 5 + dice_below(&seed, 30), i / 8 % 2 ? 30 : 290);
		if (i % 10 == 0)
			same(r);
		if (i % 100 == 50)
			all_is_well(r);
		if (i % 300 == 299)
			sqlite_room_open(r, false);
	}
	same(r);
	all_is_well(r);
}

/* Pairs of neurons with a synapse each, so that short lists are all there is. */
static void pair(struct room *r, double base)
{
	struct batch b = {0};

	for (size_t i = 0; i < MANY; i++)
		put(r, &b, i, 2 * i, 2 * i + 1, base);
	batch_apply(r, &b);
}

static void part(struct room *r, size_t n)
{
	struct batch b = {0};

	for (size_t i = 0; i < n; i++)
		drop(r, &b, i);
	batch_apply(r, &b);
}

static void what_is_deleted_in_numbers_leaves_short_lists_alone(void **state)
{
	struct room *r = *state;
	int64_t lists;

	begin(r, 2 * MANY);
	pair(r, 0.5);
	sqlite_room_open(r, false);
	lists = count(r, "SELECT sum(length(head)) FROM list");
	part(r, MANY);
	same(r);
	same_elsewhere(r);
	assert_int_equal(count(r, "SELECT logged - swept FROM tally"), 0);
	assert_int_equal(count(r, "SELECT sum(length(head)) FROM list"), lists);
	all_is_well(r);
	assert_int_equal(room_describe(r, r->brain).synapses, 0);
}

/* The ids come back, with the same ends, with other weights, and between others. */
static void ids_that_come_back_are_alive_where_they_came_to(void **state)
{
	struct room *r = *state;
	struct batch b = {0};

	begin(r, 2 * MANY);
	for (int round = 0; round < 4; round++) {
		pair(r, round % 2 ? 0.25 : 0.5);
		same(r);
		if (round % 2)
			sqlite_room_open(r, false);
		part(r, MANY);
		same(r);
		for (size_t i = 0; i < MANY; i++)
			put(r, &b, i, 2 * MANY - 1 - i, i, 0.125);
		batch_apply(r, &b);
		same_elsewhere(r);
		all_is_well(r);
		for (size_t i = 0; i < MANY; i++) { /* one by one, and back again in between */
			drop(r, &b, i);
			if (i % 3 == 0)
				put(r, &b, i, i, i + 1, 0.75);
			if (i % 50 == 0)
				batch_apply(r, &b);
		}
		batch_apply(r, &b);
		same(r);
		all_is_well(r);
	}
}

/* A list that has dead entries when it outgrows a row: its head counts none of them. */
static void lists_grow_long_and_short_with_what_is_dead_in_them(void **state)
{
	struct room *r = *state;
	struct batch b = {0};

	begin(r, 40);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < MANY + 20; i++)
			put(r, &b, i, 0, 1 + i % 39, 0.5);
		batch_apply(r, &b);
		sqlite_room_open(r, false);
		part(r, MANY);
		same(r);
		for (size_t i = MANY + 20; i < MOST; i++)
			put(r, &b, i, 0, 1 + i % 39, (double)(i % 100) / 100);
		batch_apply(r, &b);
		sqlite_room_open(r, false);
		assert_int_equal(count(r, "SELECT count(*) FROM list WHERE near ="
					  " (SELECT min(near) FROM list)"
					  " AND substr(head, 1, 1) <> x'00'"),
			1);
		same(r);
		all_is_well(r);
		for (size_t i = 10 * (size_t)round; i < MOST; i++)
			drop(r, &b, i);
		batch_apply(r, &b);
		same(r);
		sqlite_room_open(r, false);
		same(r);
		all_is_well(r);
	}
}

/* A synapse that was used since the last fold: lists know it otherwise than its row. */
static void what_was_used_since_goes_as_well(void **state)
{
	struct room *r = *state;
	struct batch b = {0};

	begin(r, 2 * MANY);
	pair(r, 0.5);
	for (size_t i = 0; i < MANY; i += 2)
		batch_bump(&b, MN_SYNAPSE, S(i), 3, NOON + DAYS(1));
	batch_apply(r, &b);
	part(r, MANY - 10);
	same(r);
	all_is_well(r);
	sqlite_room_open(r, false);
	assert_int_equal(count(r, "SELECT count(*) FROM bump"), 5);
}

/* The list of a neuron that is gone goes along, dead entries and all. */
static void a_neuron_takes_its_dead_entries_along(void **state)
{
	struct room *r = *state;
	struct batch b = {0};

	begin(r, 2 * MANY);
	pair(r, 0.5);
	sqlite_room_open(r, false);
	part(r, MANY);
	for (size_t i = 0; i < nears; i++)
		batch_drop(&b, MN_NEURON, N(i));
	batch_apply(r, &b);
	assert_int_equal(count(r, "SELECT count(*) FROM list"), 0);
	all_is_well(r);
}

static void rebuilding_leaves_no_mark_and_no_dead_entry(void **state)
{
	struct room *r = *state;
	const mn_upkeep_ops *ops = r->be->extension(r->db, "mn.upkeep/1");
	mn_db *second = sqlite_room_second(r), *ours = r->db;

	begin(r, 2 * MANY);
	pair(r, 0.5);
	part(r, MANY - 10);
	r->db = second;
	same(r);
	ok(r, ops->rebuild(ours, &r->call, r->brain));
	assert_int_equal(count(r, "SELECT count(*) FROM mark WHERE length(bits) > 0"), 0);
	same(r);
	r->db = ours;
	pair(r, 0.25); /* the other one sees them, though it had their ids as gone */
	r->db = second;
	same(r);
	r->db = ours;
	part(r, MANY);
	same(r);
	r->db = second;
	same(r);
	r->be->close(second);
	r->db = ours;
	all_is_well(r);
}

/* Ids without number that lie far apart would want a page of marks each. */
static void marks_of_ids_far_apart_take_no_more_than_a_limit(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_synapse s;

	begin(r, 2 * MANY);
	for (int round = 0; round < 2; round++) {
		for (mn_id i = 0; i < 2 * MANY; i++) {
			s = synapse(S(0) + i * FAR_APART, N(i), N(2 * MANY - 1 - i), MN_NEAR, 0.5);
			batch_row(&b, MN_ADD, MN_SYNAPSE, &s);
		}
		batch_apply(r, &b);
		for (mn_id i = 0; i < 2 * MANY; i++)
			batch_drop(&b, MN_SYNAPSE, S(0) + i * FAR_APART);
		batch_apply(r, &b);
		same(r);
		all_is_well(r);
	}
}

/* What a failed batch marked is not. */
static void a_batch_that_fails_marks_nothing(void **state)
{
	struct room *r = *state;
	struct batch b = {0};

	begin(r, 2 * MANY);
	pair(r, 0.5);
	for (size_t i = 0; i < MANY; i++)
		batch_drop(&b, MN_SYNAPSE, S(i));
	batch_synapse(&b, S(400), N(0), N(1), MN_NEAR, 2);
	batch_refused(r, &b, MN_EINVAL, MANY);
	same(r);
	assert_int_equal(count(r, "SELECT count(*) FROM mark WHERE id % 2 = 0"), 0);
	part(r, MANY);
	same(r);
}

static void a_file_of_version_5_learns_which_lists_are_long(void **state)
{
	struct room *r = *state;
	struct batch b = {0};

	begin(r, 40);
	for (size_t i = 0; i < MOST; i++)
		put(r, &b, i, 0, 1 + i % 39, 0.5);
	batch_apply(r, &b);
	sqlite_room_close(r);
	raw_do(path_in(r, CLAIM_FILE),
		"DROP TABLE mark; ALTER TABLE tally DROP COLUMN recent;"
		"ALTER TABLE tally DROP COLUMN last_anchors; ALTER TABLE tally DROP COLUMN last_fibers;"
		"ALTER TABLE tally DROP COLUMN last_synapses; ALTER TABLE tally DROP COLUMN marked;"
		" PRAGMA user_version = 5");
	sqlite_room_open(r, false);
	same(r);
	all_is_well(r);
	assert_true(count(r, "SELECT count(*) FROM mark") > 0);
	part(r, MANY);
	same(r);
	all_is_well(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_room(any_order_of_changes_is_as_the_model_has_it),
		in_room(marks_are_right_at_every_point_of_a_sweep),
		in_room(what_is_deleted_in_numbers_leaves_short_lists_alone),
		in_room(ids_that_come_back_are_alive_where_they_came_to),
		in_room(lists_grow_long_and_short_with_what_is_dead_in_them),
		in_room(what_was_used_since_goes_as_well),
		in_room(a_neuron_takes_its_dead_entries_along),
		in_room(rebuilding_leaves_no_mark_and_no_dead_entry),
		in_room(marks_of_ids_far_apart_take_no_more_than_a_limit),
		in_room(a_batch_that_fails_marks_nothing),
		in_room(a_file_of_version_5_learns_which_lists_are_long),
	};

	return cmocka_run_group_tests_name("sqlite: marks", tests, NULL, NULL);
}
