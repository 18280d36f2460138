/* SPDX-License-Identifier: MIT */
/*
 * any.c - claims about any brain whatever is in it: what one operation says, the others say too.
 * They are asked of stores that cannot be written as well, about the brain these bring.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

/* Something to be right about: where the store can be written, a random brain. */
static void furnish(struct room *r)
{
	if (r->info.caps & MN_CAP_CREATE)
		build_random(r, 2023, 80, 300);
}

static struct ids every(struct room *r, int kind)
{
	mn_query q = MN_SIZED(mn_query);

	q.kind = kind;
	return scan_ids(r, &q, 50);
}

static void a_store_says_what_it_is(void **state)
{
	struct room *r = *state;
	const mn_backend *be = r->be;

	assert_in_range(r->info.threads, MN_ONE_CALL, MN_ANY_CALLS);
	assert_int_equal(r->info.caps & ~be->caps, 0);
	assert_true(r->info.title.len > 0 && mn_text_valid(r->info.title));
	assert_true(strchr(be->url_form, ':') != NULL);
	assert_int_equal(strncmp(r->url, be->url_form, strcspn(be->url_form, ":") + 1), 0);
}

static void the_counts_are_those_of_the_rows(void **state)
{
	struct room *r = *state;
	mn_brain_row row;

	furnish(r);
	row = room_describe(r, r->brain);
	assert_int_equal(every(r, MN_NEURON).n, row.neurons);
	assert_int_equal(every(r, MN_SYNAPSE).n, row.synapses);
	assert_int_equal(every(r, MN_FIBER).n, row.fibers);
}

static void same_by_get(struct room *r, const mn_rows *rows)
{
	static const size_t sizes[MN_KINDS] = MN_ROW_SIZES;
	const size_t size = sizes[rows->kind];
	mn_id ids[20];
	mn_rows got;

	assert_in_range(rows->n, 0, COUNT(ids));
	for (size_t i = 0; i < rows->n; i++)
		memcpy(&ids[i], (const char *)rows->at.any + i * size, sizeof(ids[i]));
	ok(r, r->be->get(r->db, &r->call, r->brain, rows->kind, (mn_ids){ids, rows->n}, 0, &got));
	for (size_t i = 0; i < rows->n; i++)
		same_row(rows->kind, (const char *)got.at.any + i * size,
			(const char *)rows->at.any + i * size);
}

static void what_a_scan_gives_get_gives_too(void **state)
{
	struct room *r = *state;

	furnish(r);
	for (int kind = MN_NEURON; kind <= MN_FIBER; kind++) {
		mn_query q = MN_SIZED(mn_query);
		mn_page p = MN_SIZED(mn_page);
		mn_cursor *cursor;

		q.kind = kind;
		ok(r, r->be->scan(r->db, &r->call, r->brain, &q, &cursor));
		while (!p.last) {
			p = MN_SIZED(mn_page);
			ok(r, r->be->next(cursor, &r->call, 20, &p));
			same_by_get(r, &p.rows);
		}
		r->be->done(cursor);
	}
}

static void every_text_and_uid_is_found(void **state)
{
	struct room *r = *state;
	struct ids ids;

	furnish(r);
	ids = every(r, MN_NEURON);
	for (size_t i = 0; i < ids.n; i++) {
		const mn_neuron *n = get_neuron(r, ids.at[i]);
		mn_id id = 0;

		ok(r, r->be->lookup(
			      r->db, &r->call, r->brain, &(mn_key){n->type, n->text}, 1, &id));
		if (n->type == MN_MEMORY)
			assert_int_equal(id, 0);
		else
			assert_true(id != 0 && id <= n->id);
		if (!n->uid.len)
			continue;
		ok(r, r->be->resolve(
			      r->db, &r->call, r->brain, MN_NEURON, (mn_strs){&n->uid, 1}, &id));
		assert_int_equal(id, n->id);
	}
}

static void config_weights(struct room *r, double *delta, double *rate)
{
	const mn_config_service *c = r->engine->host.service(&r->engine->host, "mn.config/1");

	assert_non_null(c);
	ok(r, c->weights(&r->call, room_describe(r, r->brain).config, delta, rate));
}

static void lists_hold_every_synapse_in_order_at_its_weight(void **state)
{
	struct room *r = *state;
	struct ids ids;
	double delta, rate;
	mn_time clock;
	size_t ends = 0;

	furnish(r);
	ids = every(r, MN_NEURON);
	config_weights(r, &delta, &rate);
	clock = room_describe(r, r->brain).clock;
	for (size_t i = 0; i < ids.n; i++) {
		mn_fan fan = list_of(r, ids.at[i], true, true, 0);
		const mn_synapse *rows = fan_rows(r, &fan, 1);
		int32_t last = INT32_MAX;

		assert_int_equal(fan_length(&fan, 0), fan.degree[0]);
		for (uint32_t k = 0; k < fan.start[1]; k++) {
			const mn_synapse *s = &rows[k];
			int32_t key = mn_weight_key(s, delta, rate);

			assert_true(key <= last);
			assert_true(s->from == ids.at[i] || s->to == ids.at[i]);
			assert_true(
				fabs(fan.weight[k] - mn_weight_at(s, delta, rate, clock)) <= 1e-12);
			last = key;
			ends += s->from == s->to ? 2 : 1;
		}
	}
	assert_int_equal(ends, 2 * every(r, MN_SYNAPSE).n);
}

static void floors_and_limits_cut_lists_where_they_say(void **state)
{
	struct room *r = *state;
	const mn_reach both = {.out = true, .in = true};
	mn_expand e = MN_SIZED(mn_expand);
	struct ids ids;
	mn_fan fan;

	furnish(r);
	ids = every(r, MN_NEURON);
	e.brain = r->brain;
	e.reaches = &both;
	e.nreaches = 1;
	e.want_synapse = true;
	for (size_t i = 0; i < ids.n; i++) {
		mn_fan full = list_of(r, ids.at[i], true, true, 0);
		float floor = 0.375F;
		uint32_t limit = 3, k = 0;

		e.frontier = (mn_ids){&ids.at[i], 1};
		e.floor = &floor;
		e.limit = &limit;
		ok(r, r->be->expand(r->db, &r->call, &e, &fan));
		for (uint32_t j = 0; j < full.start[1]; j++)
			if (k < fan.start[1] && full.synapse[j] == fan.synapse[k])
				k++;
			else
				assert_true(full.weight[j] <= fan.bound[0]);
		assert_int_equal(k, fan.start[1]);
		assert_true(k <= 3 && fan.degree[0] == full.degree[0]);
		for (uint32_t j = 0; j < k; j++)
			assert_true(fan.weight[j] >= (double)floor);
	}
}

static void what_is_not_there_is_no_error(void **state)
{
	struct room *r = *state;
	const mn_id none = INT64_MAX;
	mn_fan fan;

	furnish(r);
	assert_int_equal(get_neuron(r, none)->id, 0);
	assert_int_equal(get_state(r, none)->id, 0);
	assert_int_equal(get_synapse(r, none)->id, 0);
	assert_int_equal(get_fiber(r, none)->id, 0);
	assert_int_equal(look_up(r, MN_CONCEPT, "no neuron's text"), 0);
	assert_int_equal(resolve(r, MN_NEURON, "nobody's uid"), 0);
	fan = list_of(r, none, true, true, 0);
	assert_int_equal(fan.degree[0], 0);
}

static void what_cannot_be_written_says_so(void **state)
{
	struct room *r = *state;
	mn_neuron n = neuron(1, MN_CONCEPT, "written");
	mn_change change = {MN_ADD, MN_NEURON, &n};
	mn_brain_row row = {.name = MN_STR("written")};
	mn_applied applied = MN_SIZED(mn_applied);
	mn_rows rows;
	mn_id id;

	if (r->info.caps & MN_CAP_WRITE)
		skip();
	expect_status(r, r->be->apply(r->db, &r->call, r->brain, NULL, &change, 1, &applied),
		MN_EREADONLY);
	expect_status(
		r, r->be->reserve(r->db, &r->call, r->brain, MN_NEURON, 1, &id), MN_EREADONLY);
	expect_status(
		r, r->be->brains(r->db, &r->call, MN_BRAINS_CREATE, &row, &rows), MN_EREADONLY);
}

static void a_cancelled_call_reads_nothing(void **state)
{
	struct room *r = *state;
	mn_call call;
	mn_rows rows;
	mn_id id = 1;

	furnish(r);
	assert_int_equal(mn_call_init(&call, r->engine, 0), MN_OK);
	call.token = mn_token_new();
	mn_token_cancel(call.token);
	assert_int_equal(r->be->get(r->db, &call, r->brain, MN_NEURON, (mn_ids){&id, 1}, 0, &rows),
		MN_ECANCELLED);
	mn_token_free(call.token);
	mn_call_done(&call);
}

static const struct CMUnitTest all[] = {
	claim(a_store_says_what_it_is),
	claim(the_counts_are_those_of_the_rows),
	claim(what_a_scan_gives_get_gives_too),
	claim(every_text_and_uid_is_found),
	claim(lists_hold_every_synapse_in_order_at_its_weight),
	claim(floors_and_limits_cut_lists_where_they_say),
	claim(what_is_not_there_is_no_error),
	claim(what_cannot_be_written_says_so),
	claim(a_cancelled_call_reads_nothing),
};
const struct claims any_claims = {"any", all, COUNT(all), true};
