/* SPDX-License-Identifier: MIT */
/* cancel.c - claims about calls that are broken off, by somebody or by the clock. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ops.h"

/* A call that carries a token. */
static mn_token *begin(struct room *r, mn_call *call)
{
	mn_token *token = mn_token_new();

	assert_non_null(token);
	assert_int_equal(mn_call_init(call, r->engine, 0), MN_OK);
	call->token = token;
	return token;
}

static void end(mn_call *call, mn_token *token)
{
	mn_call_done(call);
	mn_token_free(token);
}

/* Nothing or everything: after a failure the store is as before, after success as due. */
static void check_whole(struct room *r, const struct op *op, int status, int broken_off,
	const char *before, const char *after)
{
	char *now = dump_store(r);

	if (status != MN_OK && status != broken_off)
		fail_msg("%s gave %s", op->name, mn_status_name(status));
	assert_string_equal(now, status == MN_OK ? after : before);
	free(now);
}

/* ---- Before and after ------------------------------------------------------------------------ */

static void try_cancelled_before(struct room *r, const struct op *op, const char *after)
{
	char *before = dump_store(r);
	mn_call call;
	mn_token *token = begin(r, &call);
	int status;

	(void)after;
	mn_token_cancel(token);
	status = op->run(r, &call);
	if (status != MN_ECANCELLED)
		fail_msg("%s gave %s", op->name, mn_status_name(status));
	assert_int_equal(call.err->code, MN_ECANCELLED);
	check_whole(r, op, status, MN_ECANCELLED, before, before);
	end(&call, token);
	free(before);
}

static void a_call_cancelled_before_it_begins_does_nothing(void **state)
{
	each_op(*state, try_cancelled_before);
}

static void try_cancelled_after(struct room *r, const struct op *op, const char *after)
{
	mn_call call;
	mn_token *token = begin(r, &call);

	ok(r, op->run(r, &call));
	mn_token_cancel(token);
	check_whole(r, op, MN_OK, MN_OK, after, after);
	end(&call, token);
}

static void a_call_cancelled_after_it_ended_was_done(void **state)
{
	each_op(*state, try_cancelled_after);
}

static void a_page_asked_for_by_a_cancelled_call_is_refused(void **state)
{
	struct room *r = *state;
	mn_query q = MN_SIZED(mn_query);
	mn_page p = MN_SIZED(mn_page);
	mn_cursor *cursor;
	mn_call call;
	mn_token *token = begin(r, &call);

	build_known(r);
	q.kind = MN_NEURON;
	ok(r, r->be->scan(r->db, &call, r->brain, &q, &cursor));
	ok(r, r->be->next(cursor, &call, 2, &p));
	mn_token_cancel(token);
	assert_int_equal(r->be->next(cursor, &call, 2, &p), MN_ECANCELLED);
	r->be->done(cursor);
	end(&call, token);
	assert_int_equal(scan_ids(r, &q, 10).n, 6);
}

/* ---- During, at each time the backend asks ------------------------------------------------------
 */

static struct {
	mn_token *token;
	uint64_t asked, nth;
} poll; /* of the one thread that calls */

static bool count_asking(const mn_call *call)
{
	if (call->token && call->token == poll.token && ++poll.asked == poll.nth)
		mn_token_cancel(poll.token);
	return mn_token_cancelled(call->token);
}

static void try_cancelled_at_each_asking(struct room *r, const struct op *op, const char *after)
{
	bool (*asked)(const mn_call *) = r->engine->host.cancelled;
	char *before = dump_store(r);
	bool fired = true;

	for (poll.nth = 1; fired; poll.nth++) {
		mn_call call;
		int status;

		assert_in_range(poll.nth, 1, 100000);
		poll.token = begin(r, &call);
		poll.asked = 0;
		r->engine->host.cancelled = count_asking;
		status = op->run(r, &call);
		r->engine->host.cancelled = asked;
		fired = mn_token_cancelled(poll.token);
		check_whole(r, op, status, MN_ECANCELLED, before, after);
		end(&call, poll.token);
		if (status == MN_OK)
			op_fresh(r);
	}
	free(before);
}

static const struct op large[] = {
	{"apply of many", MN_CAP_WRITE | MN_CAP_ATOMIC, op_apply_many},
	{"scan of all", 0, op_scan_all},
};

static void a_call_cancelled_at_any_time_it_asks_is_whole_or_nothing(void **state)
{
	struct room *r = *state;

	needs(r, MN_CAP_ATOMIC);
	each_op(r, try_cancelled_at_each_asking);
	with_op(r, &large[0], try_cancelled_at_each_asking);
}

/* ---- During, by another thread ------------------------------------------------------------------
 */

struct canceller {
	pthread_t thread;
	mn_token *token;
	long after_us;
};

static void *cancel_later(void *arg)
{
	struct canceller *c = arg;
	struct timespec t = {.tv_nsec = c->after_us * 1000};

	nanosleep(&t, NULL);
	mn_token_cancel(c->token);
	return NULL;
}

static void try_cancelled_by_a_thread(struct room *r, const struct op *op, const char *after)
{
	char *before = dump_store(r);

	for (long us = 0; us < 4000; us += 230) {
		mn_call call;
		struct canceller c = {.token = begin(r, &call), .after_us = us};
		int status;

		assert_int_equal(pthread_create(&c.thread, NULL, cancel_later, &c), 0);
		status = op->run(r, &call);
		pthread_join(c.thread, NULL);
		check_whole(r, op, status, MN_ECANCELLED, before, after);
		end(&call, c.token);
		if (status == MN_OK)
			op_fresh(r);
	}
	free(before);
}

static void a_call_cancelled_by_another_thread_is_whole_or_nothing(void **state)
{
	struct room *r = *state;

	needs(r, MN_CAP_ATOMIC);
	for (size_t i = 0; i < COUNT(large); i++)
		with_op(r, &large[i], try_cancelled_by_a_thread);
}

/* ---- Deadlines
 * ----------------------------------------------------------------------------------- */

static void try_late_before(struct room *r, const struct op *op, const char *after)
{
	char *before = dump_store(r);
	mn_call call;
	int status;

	(void)after;
	world_set_monotonic(1000000, 0);
	assert_int_equal(mn_call_init(&call, r->engine, 0), MN_OK);
	call.deadline = 1000000;
	status = op->run(r, &call);
	world_set_monotonic(0, 0);
	if (status != MN_ETIMEOUT)
		fail_msg("%s gave %s", op->name, mn_status_name(status));
	assert_true(call.err->retry);
	check_whole(r, op, status, MN_ETIMEOUT, before, before);
	mn_call_done(&call);
	free(before);
}

static void a_call_late_before_it_begins_does_nothing(void **state)
{
	each_op(*state, try_late_before);
}

/* The clock goes ahead each time somebody looks at it. */
static void try_late_meanwhile(struct room *r, const struct op *op, const char *after)
{
	char *before = dump_store(r);

	for (mn_time room = 2; room < 2000; room = room * 3 / 2) {
		mn_call call;
		int status;

		assert_int_equal(mn_call_init(&call, r->engine, 0), MN_OK);
		world_set_monotonic(1000000, 1);
		call.deadline = 1000000 + room;
		status = op->run(r, &call);
		world_set_monotonic(0, 0);
		check_whole(r, op, status, MN_ETIMEOUT, before, after);
		mn_call_done(&call);
		if (status == MN_OK)
			op_fresh(r);
	}
	free(before);
}

static void a_call_that_becomes_late_is_whole_or_nothing(void **state)
{
	struct room *r = *state;

	needs(r, MN_CAP_ATOMIC);
	for (size_t i = 0; i < COUNT(large); i++)
		with_op(r, &large[i], try_late_meanwhile);
}

static void try_in_time(struct room *r, const struct op *op, const char *after)
{
	mn_call call;

	assert_int_equal(mn_call_init(&call, r->engine, 0), MN_OK);
	world_set_monotonic(1000000, 0);
	call.deadline = 1000001;
	expect_status(r, op->run(r, &call), MN_OK);
	world_set_monotonic(0, 0);
	check_whole(r, op, MN_OK, MN_OK, after, after);
	mn_call_done(&call);
}

static void a_call_in_time_is_done(void **state)
{
	each_op(*state, try_in_time);
}

static const struct CMUnitTest all[] = {
	claim(a_call_cancelled_before_it_begins_does_nothing),
	claim(a_call_cancelled_after_it_ended_was_done),
	claim(a_page_asked_for_by_a_cancelled_call_is_refused),
	claim(a_call_cancelled_at_any_time_it_asks_is_whole_or_nothing),
	claim(a_call_cancelled_by_another_thread_is_whole_or_nothing),
	claim(a_call_late_before_it_begins_does_nothing),
	claim(a_call_that_becomes_late_is_whole_or_nothing),
	claim(a_call_in_time_is_done),
};
const struct claims cancel_claims = {"cancel", all, COUNT(all), false};
