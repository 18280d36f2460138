/* SPDX-License-Identifier: MIT */
/* brains.c - claims about brains as a whole: names, isolation, counts, fresh ids. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static int brains(struct room *r, int op, const void *row, mn_rows *out)
{
	*out = (mn_rows){0};
	return r->be->brains(r->db, &r->call, op, row, out);
}

static int find(struct room *r, const char *name, mn_rows *out)
{
	return brains(r, MN_BRAINS_FIND, &(mn_str){name, strlen(name)}, out);
}

static void a_created_brain_is_empty_and_keeps_what_it_was_given(void **state)
{
	struct room *r = *state;
	mn_brain_row row = {.name = MN_STR("kept"),
		.uid = MN_STR("2b1c"),
		.config = MN_STR("{\"decay_rate\":0.25,\"theirs\":[1,2]}"),
		.meta = MN_STR("{\"a\":\"\\u00e9\"}"),
		.created = NOON - DAYS(3)};
	mn_rows made, found;

	ok(r, brains(r, MN_BRAINS_CREATE, &row, &made));
	ok(r, find(r, "kept", &found));
	assert_int_equal(found.kind, MN_BRAIN);
	assert_int_equal(found.n, 1);
	assert_true(found.at.brain->id != 0 && found.at.brain->id == made.at.brain->id);
	assert_true(mn_str_eq(found.at.brain->name, row.name));
	assert_true(mn_str_eq(found.at.brain->uid, row.uid));
	assert_true(mn_str_eq(found.at.brain->config, row.config));
	assert_true(mn_str_eq(found.at.brain->meta, row.meta));
	assert_int_equal(found.at.brain->created, row.created);
	assert_int_equal(found.at.brain->clock, 0);
	assert_int_equal(found.at.brain->neurons, 0);
	assert_int_equal(found.at.brain->synapses, 0);
	assert_int_equal(found.at.brain->fibers, 0);
	room_delete(r, row.name);
}

static void a_brain_is_found_by_name_or_by_uid(void **state)
{
	struct room *r = *state;
	mn_brain_row a = {.name = MN_STR("one"), .uid = MN_STR("two")};
	mn_brain_row b = {.name = MN_STR("two"), .uid = MN_STR("three")};
	mn_rows rows;
	mn_id a_id, b_id;

	ok(r, brains(r, MN_BRAINS_CREATE, &a, &rows));
	a_id = rows.at.brain->id;
	ok(r, find(r, "two", &rows));
	assert_int_equal(rows.at.brain->id, a_id);
	ok(r, brains(r, MN_BRAINS_CREATE, &b, &rows));
	b_id = rows.at.brain->id;
	ok(r, find(r, "two", &rows)); /* now a name as well: it comes first */
	assert_int_equal(rows.at.brain->id, b_id);
	ok(r, find(r, "three", &rows));
	assert_int_equal(rows.at.brain->id, b_id);
	ok(r, find(r, "four", &rows));
	assert_int_equal(rows.n, 0);
	ok(r, find(r, "", &rows));
	assert_int_equal(rows.n, 0);
	room_delete(r, a.name);
	room_delete(r, b.name);
}

static void brains_are_listed_by_name_in_byte_order(void **state)
{
	struct room *r = *state;
	static const char *const names[] = {"b", "B", "a", "\xc3\xa9", "aa", "Z", "~"};
	static const char *const sorted[] = {"B", "Z", "a", "aa", "b", "claim", "~", "\xc3\xa9"};
	mn_rows rows;

	for (size_t i = 0; i < COUNT(names); i++)
		room_create(r, mn_str_of(names[i]), NULL);
	ok(r, brains(r, MN_BRAINS_LIST, NULL, &rows));
	assert_int_equal(rows.n, COUNT(sorted));
	for (size_t i = 0; i < rows.n; i++)
		assert_true(mn_str_starts(rows.at.brain[i].name, sorted[i]));
	for (size_t i = 0; i < COUNT(names); i++)
		room_delete(r, mn_str_of(names[i]));
}

static void a_taken_name_or_uid_is_a_conflict(void **state)
{
	struct room *r = *state;
	mn_brain_row first = {.name = MN_STR("first"), .uid = MN_STR("u")};
	mn_brain_row same_name = {.name = MN_STR("first")};
	mn_brain_row same_uid = {.name = MN_STR("second"), .uid = MN_STR("u")};
	mn_rows rows;
	size_t before;

	ok(r, brains(r, MN_BRAINS_CREATE, &first, &rows));
	ok(r, brains(r, MN_BRAINS_LIST, NULL, &rows));
	before = rows.n;
	expect_status(r, brains(r, MN_BRAINS_CREATE, &same_name, &rows), MN_ECONFLICT);
	expect_status(r, brains(r, MN_BRAINS_CREATE, &same_uid, &rows), MN_ECONFLICT);
	ok(r, brains(r, MN_BRAINS_LIST, NULL, &rows));
	assert_int_equal(rows.n, before);
	ok(r, find(r, "second", &rows));
	assert_int_equal(rows.n, 0);
	room_delete(r, first.name);
}

static void names_that_differ_in_case_alone_are_two_brains(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_str claim = r->brain;
	mn_rows rows;
	char *empty;

	room_create(r, MN_STR("Case"), NULL);
	room_create(r, MN_STR("case"), NULL);
	empty = dump_brain(r, MN_STR("case"));
	r->brain = MN_STR("Case");
	batch_neuron(&b, N(0), MN_CONCEPT, "here");
	batch_apply(r, &b);
	r->brain = MN_STR("case");
	still(r, empty);
	ok(r, find(r, "CASE", &rows));
	assert_int_equal(rows.n, 0);
	r->brain = claim;
	room_delete(r, MN_STR("Case"));
	assert_int_equal(room_describe(r, MN_STR("case")).neurons, 0);
	room_delete(r, MN_STR("case"));
}

static const char *const hostile[] = {"..", ".", "...", "a/b", "../../etc/passwd", "/etc", "%41",
	"%", "%2e%2e", "a%00b", "'; DROP TABLE neuron; --", "\"", "'", "`", "\\", "a\\..\\b", " ",
	" lead", "trail ", "trail.", "-rf", "*", "?", "[a]", "$HOME", "~", "a;b", "a|b", "a&b",
	"a#b", "a?b=c", "a:b", "file:x?mode=memory", ":memory:", "CON", "nul", "brain.db",
	".hidden", "a.db-wal", "\xe8\x84\xb3", "e\xcc\x81", "\xc3\xa9",
	"\xe2\x80\xae"
	"evil",
	"MATCH (n) DETACH DELETE n", "{}", "%s%n", "\t", "a\nb", "\x1b[31m"};

/* Does everything work in a brain of this name? Its name may be refused instead. */
static void try_name(struct room *r, mn_str name)
{
	struct batch b = {0};
	mn_str claim = r->brain;
	mn_brain_row row = {.name = name};
	mn_rows rows;
	int status = brains(r, MN_BRAINS_CREATE, &row, &rows);

	if (status == MN_OK) {
		r->brain = name;
		batch_neuron(&b, N(0), MN_CONCEPT, "in it");
		batch_apply(r, &b);
		assert_int_equal(look_up(r, MN_CONCEPT, "in it"), N(0));
		assert_true(mn_str_eq(room_describe(r, name).name, name));
		r->brain = claim;
		room_delete(r, name);
	} else {
		expect_status(r, status, MN_EINVAL);
	}
	ok(r, brains(r, MN_BRAINS_FIND, &name, &rows));
	assert_int_equal(rows.n, 0);
	r->brain = claim;
}

static void a_hostile_name_is_only_a_name(void **state)
{
	struct room *r = *state;
	const size_t some = COUNT(hostile) / so_often(r, COUNT(hostile));
	char *others;

	build_known(r);
	others = dump(r);
	for (size_t i = 0; i < COUNT(hostile); i++) {
		try_name(r, mn_str_of(hostile[i]));
		if (i % some == 0 || i + 1 == COUNT(hostile))
			still(r, strdup(others));
	}
	free(others);
}

static void a_name_may_have_a_hundred_characters_of_four_bytes(void **state)
{
	struct room *r = *state;
	char name[401];

	for (int i = 0; i < 100; i++)
		memcpy(name + 4L * i, "\xf0\x9f\xa7\xa0", 4);
	name[400] = '\0';
	room_create(r, mn_str_of(name), NULL);
	name[399] = '\xa1'; /* one that differs in the last byte */
	room_create(r, mn_str_of(name), NULL);
	assert_true(mn_str_is(room_describe(r, mn_str_of(name)).name, name));
	room_delete(r, mn_str_of(name));
	name[399] = '\xa0';
	assert_true(mn_str_is(room_describe(r, mn_str_of(name)).name, name));
	room_delete(r, mn_str_of(name));
}

static void a_name_that_is_no_text_is_refused(void **state)
{
	struct room *r = *state;
	const mn_str bad[] = {MN_STR(""), MN_STR("a\0b"), MN_STR("\xff"), MN_STR("a\xc0\xaf"),
		MN_STR("\xed\xa0\x80")};
	mn_rows rows;

	for (size_t i = 0; i < COUNT(bad); i++) {
		mn_brain_row row = {.name = bad[i]};

		expect_status(r, brains(r, MN_BRAINS_CREATE, &row, &rows), MN_EINVAL);
		row = room_describe(r, r->brain);
		row.name = bad[i];
		expect_status(r, brains(r, MN_BRAINS_UPDATE, &row, &rows), MN_EINVAL);
	}
	ok(r, brains(r, MN_BRAINS_LIST, NULL, &rows));
	assert_int_equal(rows.n, 1);
}

static void an_update_takes_name_config_meta_and_clock(void **state)
{
	struct room *r = *state;
	mn_brain_row row = room_create(r, MN_STR("old"), NULL), got;
	mn_rows rows;

	row.name = MN_STR("new");
	row.config = MN_STR("{\"max_spread_hops\":7}");
	row.meta = MN_STR("{\"colour\":\"red\"}");
	row.updated = NOON + 1;
	row.clock = NOON + DAYS(2);
	ok(r, brains(r, MN_BRAINS_UPDATE, &row, &rows));
	got = room_describe(r, MN_STR("new"));
	assert_int_equal(got.id, row.id);
	assert_true(mn_str_eq(got.config, row.config));
	assert_true(mn_str_eq(got.meta, row.meta));
	assert_int_equal(got.updated, row.updated);
	assert_int_equal(got.clock, row.clock);
	assert_int_equal(got.created, row.created);
	room_delete(r, MN_STR("new"));
}

static void a_rename_keeps_the_content_and_leaves_nothing_behind(void **state)
{
	struct room *r = *state;
	mn_brain_row row;
	mn_rows rows;
	mn_str old = r->brain, renamed = MN_STR("renamed");
	char *before;

	build_known(r);
	before = dump(r);
	row = room_describe(r, r->brain);
	row.name = renamed;
	ok(r, brains(r, MN_BRAINS_UPDATE, &row, &rows));
	ok(r, brains(r, MN_BRAINS_FIND, &old, &rows));
	assert_int_equal(rows.n, 0);
	expect_status(r, r->be->generation(r->db, &r->call, old), MN_ENOBRAIN);
	r->brain = renamed;
	still(r, before);
	row.name = old;
	ok(r, brains(r, MN_BRAINS_UPDATE, &row, &rows));
	r->brain = old;
}

static void a_rename_onto_a_taken_name_is_a_conflict(void **state)
{
	struct room *r = *state;
	mn_brain_row row = room_create(r, MN_STR("mine"), NULL);
	mn_rows rows;

	row.name = r->brain;
	expect_status(r, brains(r, MN_BRAINS_UPDATE, &row, &rows), MN_ECONFLICT);
	assert_int_equal(room_describe(r, MN_STR("mine")).id, row.id);
	assert_true(room_describe(r, r->brain).id != row.id);
	row.name = MN_STR("mine"); /* its own is no conflict */
	ok(r, brains(r, MN_BRAINS_UPDATE, &row, &rows));
	room_delete(r, MN_STR("mine"));
}

static void a_brain_that_is_not_there_is_said_to_be_so_by_every_operation(void **state)
{
	struct room *r = *state;
	const mn_backend *be = r->be;
	mn_str none = MN_STR("no such brain");
	mn_reach reach = {.out = true};
	mn_expand e = MN_SIZED(mn_expand);
	mn_query q = MN_SIZED(mn_query);
	mn_applied applied = MN_SIZED(mn_applied);
	mn_brain_row row = {.id = 987654, .name = none};
	mn_cursor *cursor;
	mn_rows rows;
	mn_fan fan;
	mn_id id = 1;
	mn_ids ids = {&id, 1};

	e.brain = none;
	e.frontier = ids;
	e.reaches = &reach;
	e.nreaches = 1;
	q.kind = MN_NEURON;
	expect_status(r, brains(r, MN_BRAINS_DELETE, &none, &rows), MN_ENOBRAIN);
	expect_status(r, brains(r, MN_BRAINS_UPDATE, &row, &rows), MN_ENOBRAIN);
	expect_status(r, be->generation(r->db, &r->call, none), MN_ENOBRAIN);
	expect_status(r, be->reserve(r->db, &r->call, none, MN_NEURON, 1, &id), MN_ENOBRAIN);
	expect_status(r,
		be->lookup(r->db, &r->call, none, &(mn_key){MN_CONCEPT, MN_STR("a")}, 1, &id),
		MN_ENOBRAIN);
	expect_status(r, be->resolve(r->db, &r->call, none, MN_NEURON, (mn_strs){&none, 1}, &id),
		MN_ENOBRAIN);
	expect_status(r, be->get(r->db, &r->call, none, MN_NEURON, ids, 0, &rows), MN_ENOBRAIN);
	expect_status(r, be->fibers_of(r->db, &r->call, none, ids, &rows), MN_ENOBRAIN);
	expect_status(r, be->expand(r->db, &r->call, &e, &fan), MN_ENOBRAIN);
	expect_status(r, be->scan(r->db, &r->call, none, &q, &cursor), MN_ENOBRAIN);
	expect_status(r, be->apply(r->db, &r->call, none, NULL, NULL, 0, &applied), MN_ENOBRAIN);
	assert_non_null(strstr(r->call.err->text, "no such brain"));
}

static void a_brain_created_again_is_empty_and_of_another_epoch(void **state)
{
	struct room *r = *state;
	mn_gen old;
	mn_rows rows;
	char *empty = dump(r);

	build_known(r);
	old = generation(r);
	room_delete(r, r->brain);
	ok(r, brains(r, MN_BRAINS_FIND, &r->brain, &rows));
	assert_int_equal(rows.n, 0);
	room_create(r, r->brain, NULL);
	still(r, empty);
	if (r->info.caps & MN_CAP_GENERATION)
		assert_true(generation(r).epoch != old.epoch);
}

static void brains_share_nothing(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_str claim = r->brain, other = MN_STR("other");
	char *known, *empty;

	empty = dump(r);
	build_known(r);
	known = dump(r);
	room_create(r, other, NULL);
	r->brain = other;
	still(r, empty);
	build_known(r); /* the same ids, uids and texts */
	for (int i = 0; i < 6; i++)
		batch_drop(&b, MN_NEURON, N(i));
	batch_neuron(&b, N(0), MN_CONCEPT, "canary");
	batch_apply(r, &b);
	r->brain = claim;
	assert_int_equal(look_up(r, MN_CONCEPT, "canary"), 0);
	still(r, known);
	room_delete(r, other);
	assert_int_equal(get_neuron(r, N(0))->id, N(0));
}

static void counts_are(struct room *r, unsigned neurons, unsigned synapses, unsigned fibers)
{
	mn_brain_row row = room_describe(r, r->brain);

	assert_int_equal(row.neurons, neurons);
	assert_int_equal(row.synapses, synapses);
	assert_int_equal(row.fibers, fibers);
}

static void counts_are_exact_after_every_change(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_neuron n = neuron(N(0), MN_CONCEPT, "replaced");
	mn_synapse s = synapse(S(0), N(4), N(1), MN_NEAR, 1);

	build_known(r);
	counts_are(r, 6, 8, 2);
	batch_row(&b, MN_PUT, MN_NEURON, &n);
	batch_row(&b, MN_PUT, MN_SYNAPSE, &s);
	batch_bump(&b, MN_SYNAPSE, S(0), 1, NOON);
	batch_bump(&b, MN_STATE, N(3), 1, NOON);
	batch_row(&b, MN_FOLD, MN_SYNAPSE, NULL);
	batch_drop(&b, MN_NEURON, N(9));
	batch_drop(&b, MN_SYNAPSE, S(9));
	batch_drop(&b, MN_FIBER, F(9));
	batch_apply(r, &b);
	counts_are(r, 6, 8, 2);
	batch_drop(&b, MN_SYNAPSE, S(3));
	batch_drop(&b, MN_FIBER, F(1));
	n.id = N(20);
	batch_row(&b, MN_PUT, MN_NEURON, &n);
	batch_apply(r, &b);
	counts_are(r, 7, 7, 1);
	batch_drop(&b, MN_NEURON, N(4)); /* S0, S1, S4, S7 and F0 go with it */
	batch_apply(r, &b);
	counts_are(r, 6, 3, 0);
	batch_drop(&b, MN_NEURON, N(0)); /* S2, S5 and S6, which stands in both its lists */
	batch_apply(r, &b);
	counts_are(r, 5, 0, 0);
}

static void counts_are_as_they_were_after_a_failed_apply(void **state)
{
	struct room *r = *state;
	struct batch b = {0};

	needs(r, MN_CAP_ATOMIC);
	build_known(r);
	batch_drop(&b, MN_NEURON, N(4));
	batch_neuron(&b, N(30), MN_CONCEPT, "thirty");
	batch_synapse(&b, S(30), N(30), N(0), MN_NEAR, 2);
	batch_refused(r, &b, MN_EINVAL, 2);
	counts_are(r, 6, 8, 2);
}

static mn_id reserve(struct room *r, int kind, uint32_t n)
{
	mn_id first = 0;

	ok(r, r->be->reserve(r->db, &r->call, r->brain, kind, n, &first));
	assert_true(first != 0);
	return first;
}

static void fresh_ids_never_repeat(void **state)
{
	struct room *r = *state;
	static const int kinds[] = {MN_NEURON, MN_SYNAPSE, MN_FIBER};
	static const uint32_t sizes[] = {1, 1, 7, 1000, 1, 3};

	for (size_t k = 0; k < COUNT(kinds); k++) {
		mn_id first[COUNT(sizes)];

		for (size_t i = 0; i < COUNT(sizes); i++)
			first[i] = reserve(r, kinds[k], sizes[i]);
		for (size_t i = 0; i < COUNT(sizes); i++)
			for (size_t j = 0; j < i; j++)
				assert_true(first[i] >= first[j] + sizes[j]
					    || first[j] >= first[i] + sizes[i]);
	}
}

static void a_dropped_row_s_id_is_not_given_out_again(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_id id = reserve(r, MN_NEURON, 1);

	batch_neuron(&b, id, MN_CONCEPT, "gone soon");
	batch_apply(r, &b);
	batch_drop(&b, MN_NEURON, id);
	batch_apply(r, &b);
	for (int i = 0; i < 100; i++)
		assert_true(reserve(r, MN_NEURON, 1) != id);
}

static void ids_taken_without_asking_are_passed_over(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_id next = reserve(r, MN_NEURON, 1) + 1;

	batch_neuron(&b, next, MN_CONCEPT, "squatter");
	batch_apply(r, &b);
	assert_true(reserve(r, MN_NEURON, 1) != next);
	next = reserve(r, MN_NEURON, 1) + 1;
	for (mn_id i = 0; i < 200; i += 2)
		batch_neuron(&b, next + i, MN_CONCEPT, "squatter");
	batch_apply(r, &b);
	for (int i = 0; i < 100; i++)
		assert_int_equal(get_neuron(r, reserve(r, MN_NEURON, 1))->id, 0);
}

static void only_kinds_with_ids_of_their_own_can_be_reserved(void **state)
{
	struct room *r = *state;
	static const int kinds[] = {MN_BRAIN, MN_STATE, MN_KINDS, -1};
	mn_id id = 77;

	for (size_t i = 0; i < COUNT(kinds); i++)
		expect_status(
			r, r->be->reserve(r->db, &r->call, r->brain, kinds[i], 1, &id), MN_EINVAL);
	expect_status(r, r->be->reserve(r->db, &r->call, r->brain, MN_NEURON, 0, &id), MN_EINVAL);
	assert_int_equal(id, 77);
}

static void moving_the_clock_moves_the_graph_s_generation(void **state)
{
	struct room *r = *state;
	mn_gen before = generation(r);

	needs(r, MN_CAP_GENERATION);
	room_set(r, NOON + DAYS(10), NULL);
	assert_int_equal(generation(r).epoch, before.epoch);
	assert_true(generation(r).graph > before.graph);
}

static const struct CMUnitTest all[] = {
	claim(a_created_brain_is_empty_and_keeps_what_it_was_given),
	claim(a_brain_is_found_by_name_or_by_uid),
	claim(brains_are_listed_by_name_in_byte_order),
	claim(a_taken_name_or_uid_is_a_conflict),
	claim(names_that_differ_in_case_alone_are_two_brains),
	claim(a_hostile_name_is_only_a_name),
	claim(a_name_may_have_a_hundred_characters_of_four_bytes),
	claim(a_name_that_is_no_text_is_refused),
	claim(an_update_takes_name_config_meta_and_clock),
	claim(a_rename_keeps_the_content_and_leaves_nothing_behind),
	claim(a_rename_onto_a_taken_name_is_a_conflict),
	claim(a_brain_that_is_not_there_is_said_to_be_so_by_every_operation),
	claim(a_brain_created_again_is_empty_and_of_another_epoch),
	claim(brains_share_nothing),
	claim(counts_are_exact_after_every_change),
	claim(counts_are_as_they_were_after_a_failed_apply),
	claim(fresh_ids_never_repeat),
	claim(a_dropped_row_s_id_is_not_given_out_again),
	claim(ids_taken_without_asking_are_passed_over),
	claim(only_kinds_with_ids_of_their_own_can_be_reserved),
	claim(moving_the_clock_moves_the_graph_s_generation),
};
const struct claims brains_claims = {"brains", all, COUNT(all), false};
