/* SPDX-License-Identifier: MIT */
/* scan.c - claims about scans: filters, pages, resuming, and writes that go on meanwhile. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static mn_query query(int kind)
{
	mn_query q = MN_SIZED(mn_query);

	q.kind = kind;
	return q;
}

static void a_scan_gives_every_row_once_by_id(void **state)
{
	struct room *r = *state;
	mn_query q = query(MN_NEURON);

	build_known(r);
	ids_are(scan_ids(r, &q, 100), N(0), N(1), N(2), N(3), N(4), N(5));
	q.kind = MN_SYNAPSE;
	ids_are(scan_ids(r, &q, 100), S(0), S(1), S(2), S(3), S(4), S(5), S(6), S(7));
	q.kind = MN_FIBER;
	ids_are(scan_ids(r, &q, 100), F(0), F(1));
	q.kind = MN_STATE;
	ids_are(scan_ids(r, &q, 100), N(0));
}

static void pages_of_any_size_give_the_same_rows(void **state)
{
	struct room *r = *state;
	static const size_t sizes[] = {1, 2, 7, 99, 100, 101};
	mn_query q;

	build_random(r, 12, 100, 200);
	for (int kind = MN_NEURON; kind <= MN_FIBER; kind++) {
		struct ids whole;

		q = query(kind);
		whole = scan_ids(r, &q, MOST_IDS);
		assert_true(whole.n > 10);
		for (size_t i = 0; i < COUNT(sizes); i++)
			ids_have(scan_ids(r, &q, sizes[i]), whole.at, whole.n, __FILE__, __LINE__);
		for (size_t i = 1; i < whole.n; i++)
			assert_true(whole.at[i - 1] < whole.at[i]);
	}
}

static void a_scan_of_nothing_has_one_empty_page(void **state)
{
	struct room *r = *state;

	for (int kind = MN_NEURON; kind <= MN_FIBER; kind++) {
		mn_query q = query(kind);
		mn_cursor *cursor;
		mn_page p = MN_SIZED(mn_page);

		ok(r, r->be->scan(r->db, &r->call, r->brain, &q, &cursor));
		ok(r, r->be->next(cursor, &r->call, 10, &p));
		assert_true(p.rows.n == 0 && p.last);
		r->be->done(cursor);
	}
}

static void after_the_last_page_there_are_empty_ones(void **state)
{
	struct room *r = *state;
	mn_query q = query(MN_FIBER);
	mn_cursor *cursor;
	mn_page p = MN_SIZED(mn_page);

	build_known(r);
	ok(r, r->be->scan(r->db, &r->call, r->brain, &q, &cursor));
	for (size_t n = 0; !p.last; n += p.rows.n) {
		assert_in_range(n, 0, 2);
		ok(r, r->be->next(cursor, &r->call, 10, &p));
	}
	for (int i = 0; i < 3; i++) {
		p = MN_SIZED(mn_page);
		ok(r, r->be->next(cursor, &r->call, 10, &p));
		assert_true(p.rows.n == 0 && p.last);
	}
	r->be->done(cursor);
}

static void a_scan_may_be_ended_early(void **state)
{
	struct room *r = *state;
	mn_query q = query(MN_SYNAPSE);
	mn_cursor *cursor;
	mn_page p = MN_SIZED(mn_page);

	build_known(r);
	ok(r, r->be->scan(r->db, &r->call, r->brain, &q, &cursor));
	r->be->done(cursor); /* before the first page */
	ok(r, r->be->scan(r->db, &r->call, r->brain, &q, &cursor));
	ok(r, r->be->next(cursor, &r->call, 3, &p));
	r->be->done(cursor);
	assert_int_equal(p.rows.n, 3); /* and the page lives as long as the call */
	assert_int_equal(p.rows.at.synapse[2].id, S(2));
	assert_false(p.last);
}

static void scans_beside_each_other_do_not_meet(void **state)
{
	struct room *r = *state;
	mn_query q = query(MN_NEURON), s = query(MN_SYNAPSE);
	mn_cursor *a, *b, *c;
	mn_page p = MN_SIZED(mn_page);

	build_known(r);
	ok(r, r->be->scan(r->db, &r->call, r->brain, &q, &a));
	ok(r, r->be->scan(r->db, &r->call, r->brain, &q, &b));
	ok(r, r->be->scan(r->db, &r->call, r->brain, &s, &c));
	for (int i = 0; i < 5; i++) {
		ok(r, r->be->next(a, &r->call, 1, &p));
		assert_int_equal(p.rows.at.neuron[0].id, N(i));
		ok(r, r->be->next(c, &r->call, 1, &p));
		assert_int_equal(p.rows.at.synapse[0].id, S(i));
	}
	ok(r, r->be->next(b, &r->call, 1, &p));
	assert_int_equal(p.rows.at.neuron[0].id, N(0));
	r->be->done(b);
	ok(r, r->be->next(a, &r->call, 1, &p));
	assert_int_equal(p.rows.at.neuron[0].id, N(5));
	r->be->done(a);
	r->be->done(c);
}

/* Pages of `page` rows, each from a cursor of its own that resumes where the last one ended. */
static struct ids resumed(struct room *r, mn_query q, size_t page, void (*between)(struct room *))
{
	struct ids ids = {.n = 0};
	mn_page p = MN_SIZED(mn_page);
	mn_cursor *cursor;

	while (!p.last) {
		p = MN_SIZED(mn_page);
		ok(r, r->be->scan(r->db, &r->call, r->brain, &q, &cursor));
		ok(r, r->be->next(cursor, &r->call, page, &p));
		r->be->done(cursor);
		for (size_t i = 0; i < p.rows.n; i++)
			ids.at[ids.n++] = q.kind == MN_NEURON ? p.rows.at.neuron[i].id
							      : p.rows.at.synapse[i].id;
		q.after = p.resume;
		assert_true(p.last || p.resume.len > 0);
		if (between)
			between(r);
	}
	return ids;
}

static void a_scan_resumes_in_a_new_cursor(void **state)
{
	struct room *r = *state;
	uint16_t types[] = {MN_CONCEPT, MN_TIME};
	mn_query q = query(MN_NEURON);
	struct ids whole;

	build_random(r, 5, 60, 100);
	for (size_t n = 0; n <= 2; n += 2) {
		q.types = types;
		q.ntypes = n;
		whole = scan_ids(r, &q, MOST_IDS);
		ids_have(resumed(r, q, 7, NULL), whole.at, whole.n, __FILE__, __LINE__);
		ids_have(resumed(r, q, 1, NULL), whole.at, whole.n, __FILE__, __LINE__);
	}
}

static void change_ends(struct room *r)
{
	struct batch b = {0};
	mn_neuron first = neuron(N(0), MN_CONCEPT, "first, anew");

	batch_row(&b, MN_PUT, MN_NEURON, &first);
	batch_drop(&b, MN_NEURON, N(1));
	batch_apply(r, &b);
}

static void a_scan_resumes_after_others_wrote(void **state)
{
	struct room *r = *state;
	mn_query q = query(MN_NEURON);

	build_known(r);
	ids_are(resumed(r, q, 2, change_ends), N(0), N(1), N(2), N(3), N(4), N(5));
}

static void a_resume_that_was_never_given_harms_nothing(void **state)
{
	struct room *r = *state;
	const mn_str odd[] = {MN_STR("x"), MN_STR("-1"), MN_STR("99999999999999999999999999"),
		MN_STR("\xff\xfe\0\0\0\0\0\0"), MN_STR("1; DROP"), MN_STR("%s%n")};
	char *before;

	build_known(r);
	before = dump(r);
	for (size_t i = 0; i < COUNT(odd); i++) {
		mn_query q = query(MN_NEURON);
		mn_cursor *cursor;
		mn_page p = MN_SIZED(mn_page);
		int status;

		q.after = odd[i];
		status = r->be->scan(r->db, &r->call, r->brain, &q, &cursor);
		if (status != MN_OK) {
			expect_status(r, status, MN_EINVAL);
			continue;
		}
		status = r->be->next(cursor, &r->call, 10, &p);
		assert_true(status == MN_OK || status == MN_EINVAL);
		r->be->done(cursor);
	}
	still(r, before);
}

static void a_limit_ends_the_scan(void **state)
{
	struct room *r = *state;
	mn_query q = query(MN_SYNAPSE);

	build_known(r);
	q.limit = 3;
	ids_are(scan_ids(r, &q, 100), S(0), S(1), S(2));
	ids_are(scan_ids(r, &q, 2), S(0), S(1), S(2));
	q.limit = 100;
	assert_int_equal(scan_ids(r, &q, 3).n, 8);
}

static void types_choose_neurons_and_synapses(void **state)
{
	struct room *r = *state;
	uint16_t neurons[] = {MN_ENTITY, MN_MEMORY}, synapses[] = {MN_BEFORE, MN_IS_A};
	uint16_t none = mn_type_code(MN_NEURON, MN_STR("no neuron's"));
	mn_query q = query(MN_NEURON);

	build_known(r);
	q.types = neurons;
	q.ntypes = 2;
	ids_are(scan_ids(r, &q, 1), N(2), N(4), N(5));
	q.types = &none;
	q.ntypes = 1;
	ids_are(scan_ids(r, &q, 1));
	q = query(MN_SYNAPSE);
	q.types = synapses;
	q.ntypes = 2;
	ids_are(scan_ids(r, &q, 1), S(4), S(6));
}

static void since_is_in_and_until_is_out(void **state)
{
	struct room *r = *state;
	static const int kinds[] = {MN_NEURON, MN_SYNAPSE, MN_FIBER};
	struct batch b = {0};
	mn_query q;

	for (int i = 0; i < 5; i++) {
		mn_neuron n = neuron(N(i), MN_CONCEPT, "x");
		mn_synapse s = synapse(S(i), N(0), N(i), MN_NEAR, 1);
		mn_fiber f = fiber(F(i), N(0));

		n.created = s.created = f.created = NOON + (i - 2) * 10;
		batch_row(&b, MN_ADD, MN_NEURON, &n);
		batch_row(&b, MN_ADD, MN_SYNAPSE, &s);
		batch_row(&b, MN_ADD, MN_FIBER, &f);
	}
	batch_apply(r, &b);
	for (size_t k = 0; k < COUNT(kinds); k++) {
		mn_id id0 = k == 0 ? N(0) : k == 1 ? S(0) : F(0);

		q = query(kinds[k]);
		q.since = NOON - 10;
		q.until = NOON + 10;
		ids_are(scan_ids(r, &q, 1), id0 + 1, id0 + 2);
		q.until = 0;
		ids_are(scan_ids(r, &q, 10), id0 + 1, id0 + 2, id0 + 3, id0 + 4);
		q.since = 0;
		q.until = NOON - 19;
		ids_are(scan_ids(r, &q, 10), id0);
	}
}

static void unset_times_let_everything_through(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_neuron old = neuron(N(0), MN_CONCEPT, "before 1970");
	mn_query q = query(MN_NEURON);

	old.created = -DAYS(10000);
	batch_row(&b, MN_ADD, MN_NEURON, &old);
	batch_apply(r, &b);
	ids_are(scan_ids(r, &q, 10), N(0));
	q.since = -DAYS(10001);
	q.until = -DAYS(9999);
	ids_are(scan_ids(r, &q, 10), N(0));
}

static void tags_choose_fibers_that_have_them_all(void **state)
{
	struct room *r = *state;
	const mn_str both[] = {MN_STR("home"), MN_STR("pets")}, part[] = {MN_STR("pet")};
	const mn_str other_case[] = {MN_STR("Pets")};
	mn_query q = query(MN_FIBER);

	build_known(r);
	q.tags = (mn_strs){both, 2};
	ids_are(scan_ids(r, &q, 10), F(0));
	q.tags = (mn_strs){both + 1, 1};
	ids_are(scan_ids(r, &q, 10), F(0), F(1));
	q.tags = (mn_strs){part, 1};
	ids_are(scan_ids(r, &q, 10));
	q.tags = (mn_strs){other_case, 1};
	ids_are(scan_ids(r, &q, 10));
}

static void tags_follow_their_fiber(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	const mn_str pets = MN_STR("pets"), wild = MN_STR("wild");
	mn_fiber f = fiber(F(0), N(4));
	mn_query q = query(MN_FIBER);

	build_known(r);
	f.tags = (mn_strs){&wild, 1};
	batch_row(&b, MN_PUT, MN_FIBER, &f);
	batch_drop(&b, MN_NEURON, N(5));
	batch_apply(r, &b);
	q.tags = (mn_strs){&pets, 1};
	ids_are(scan_ids(r, &q, 10));
	q.tags = (mn_strs){&wild, 1};
	ids_are(scan_ids(r, &q, 10), F(0));
}

static void a_neuron_chooses_its_synapses_and_fibers(void **state)
{
	struct room *r = *state;
	mn_query q = query(MN_SYNAPSE);

	build_known(r);
	q.neuron = N(0);
	ids_are(scan_ids(r, &q, 2), S(0), S(2), S(5), S(6), S(7));
	q.neuron = N(3);
	ids_are(scan_ids(r, &q, 10));
	q.neuron = N(99);
	ids_are(scan_ids(r, &q, 10));
	q = query(MN_FIBER);
	q.neuron = N(4); /* an anchor */
	ids_are(scan_ids(r, &q, 10), F(0));
	q.neuron = N(2); /* a member */
	ids_are(scan_ids(r, &q, 10), F(1));
	q.neuron = N(5); /* both */
	ids_are(scan_ids(r, &q, 10), F(1));
	q.neuron = N(1); /* neither: the star's members are in no list */
	ids_are(scan_ids(r, &q, 10));
}

static void filters_join(void **state)
{
	struct room *r = *state;
	uint16_t involves = MN_INVOLVES;
	const mn_str pets = MN_STR("pets");
	mn_query q = query(MN_SYNAPSE);

	build_known(r);
	q.neuron = N(0);
	q.types = &involves;
	q.ntypes = 1;
	ids_are(scan_ids(r, &q, 2), S(0), S(2), S(7));
	q.limit = 2;
	ids_are(scan_ids(r, &q, 1), S(0), S(2));
	q.since = NOON + 1;
	ids_are(scan_ids(r, &q, 2));
	q = query(MN_FIBER);
	q.tags = (mn_strs){&pets, 1};
	q.neuron = N(0);
	ids_are(scan_ids(r, &q, 2), F(1));
}

static void fields_that_were_asked_for_are_there(void **state)
{
	struct room *r = *state;

	build_known(r);
	for (unsigned f = 0; f < 32; f++) {
		mn_query q = query(MN_NEURON);
		mn_cursor *cursor;
		mn_page p = MN_SIZED(mn_page);

		q.fields = f;
		ok(r, r->be->scan(r->db, &r->call, r->brain, &q, &cursor));
		ok(r, r->be->next(cursor, &r->call, 6, &p));
		assert_int_equal(p.rows.n, 6);
		assert_int_equal(p.rows.at.neuron[5].id, N(5));
		if (!f || f & MN_FIELD_TEXT)
			assert_true(mn_str_is(p.rows.at.neuron[0].text, "cat"));
		if (!f || f & MN_FIELD_UID)
			assert_true(mn_str_is(p.rows.at.neuron[5].uid, "m5"));
		assert_int_equal(p.rows.at.neuron[2].type, MN_ENTITY);
		r->be->done(cursor);
	}
}

static void an_unknown_kind_cannot_be_scanned(void **state)
{
	struct room *r = *state;
	static const int kinds[] = {MN_BRAIN, MN_KINDS, -1, 99};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		mn_query q = query(kinds[i]);
		mn_cursor *cursor;

		expect_status(r, r->be->scan(r->db, &r->call, r->brain, &q, &cursor), MN_EINVAL);
	}
}

/* ---- Writes that go on meanwhile ---------------------------------------------------------------
 */

/* Changes what a scan has read and what it has not read yet. */
static void disturb(struct room *r)
{
	struct batch b = {0};
	mn_neuron read = neuron(N(0), MN_CONCEPT, "changed"),
		  unread = neuron(N(40), MN_CONCEPT, "changed");

	batch_row(&b, MN_PUT, MN_NEURON, &read);
	batch_row(&b, MN_PUT, MN_NEURON, &unread);
	batch_drop(&b, MN_NEURON, N(1));
	batch_drop(&b, MN_NEURON, N(30));
	batch_drop(&b, MN_NEURON, N(49));
	batch_neuron(&b, N(200), MN_CONCEPT, "changed");
	batch_apply(r, &b);
}

static void a_scan_sees_one_generation_or_says_that_it_is_stale(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_query q = query(MN_NEURON);
	mn_page p = MN_SIZED(mn_page);
	mn_cursor *cursor;
	size_t n = 0;
	int status = MN_OK;

	for (int i = 0; i < 50; i++)
		batch_neuron(&b, N(i), MN_CONCEPT, "as it was");
	batch_apply(r, &b);
	ok(r, r->be->scan(r->db, &r->call, r->brain, &q, &cursor));
	while (status == MN_OK && !p.last) {
		p = MN_SIZED(mn_page);
		status = r->be->next(cursor, &r->call, 8, &p);
		for (size_t i = 0; status == MN_OK && i < p.rows.n; i++, n++) {
			assert_int_equal(p.rows.at.neuron[i].id, N(n));
			assert_true(mn_str_is(p.rows.at.neuron[i].text, "as it was"));
		}
		if (n == 8 && status == MN_OK)
			disturb(r);
	}
	r->be->done(cursor);
	if (r->info.caps & MN_CAP_FROZEN)
		ok(r, status);
	assert_true(status == MN_OK ? n == 50 : status == MN_ESTALE);
	assert_int_equal(scan_ids(r, &q, 100).n, 48);
}

static void a_brain_can_be_deleted_under_a_scan(void **state)
{
	struct room *r = *state;
	mn_query q = query(MN_NEURON);
	mn_page p = MN_SIZED(mn_page);
	mn_str claimed = r->brain;
	mn_cursor *cursor;
	int status;

	room_create(r, MN_STR("doomed"), NULL);
	r->brain = MN_STR("doomed");
	build_known(r);
	ok(r, r->be->scan(r->db, &r->call, r->brain, &q, &cursor));
	ok(r, r->be->next(cursor, &r->call, 2, &p));
	room_delete(r, r->brain);
	r->brain = claimed;
	status = r->be->next(cursor, &r->call, 2, &p);
	assert_true(status == MN_OK || status == MN_ESTALE || status == MN_ENOBRAIN);
	r->be->done(cursor);
	assert_int_equal(scan_ids(r, &q, 10).n, 0);
}

static const struct CMUnitTest all[] = {
	claim(a_scan_gives_every_row_once_by_id),
	claim(pages_of_any_size_give_the_same_rows),
	claim(a_scan_of_nothing_has_one_empty_page),
	claim(after_the_last_page_there_are_empty_ones),
	claim(a_scan_may_be_ended_early),
	claim(scans_beside_each_other_do_not_meet),
	claim(a_scan_resumes_in_a_new_cursor),
	claim(a_scan_resumes_after_others_wrote),
	claim(a_resume_that_was_never_given_harms_nothing),
	claim(a_limit_ends_the_scan),
	claim(types_choose_neurons_and_synapses),
	claim(since_is_in_and_until_is_out),
	claim(unset_times_let_everything_through),
	claim(tags_choose_fibers_that_have_them_all),
	claim(tags_follow_their_fiber),
	claim(a_neuron_chooses_its_synapses_and_fibers),
	claim(filters_join),
	claim(fields_that_were_asked_for_are_there),
	claim(an_unknown_kind_cannot_be_scanned),
	claim(a_scan_sees_one_generation_or_says_that_it_is_stale),
	claim(a_brain_can_be_deleted_under_a_scan),
};
const struct claims scan_claims = {"scan", all, COUNT(all), false};
