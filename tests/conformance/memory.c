/* SPDX-License-Identifier: MIT */
/* memory.c - claims about running out of memory: at each allocation of each operation, once and
 * for good, the call says so and the store is as before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops.h"

/* Did the call fail as it must, and is everything as it was? */
static void check_failure(struct room *r, const struct op *op, int status, uint64_t nth,
	const mn_call *call, const char *before)
{
	char *now = dump_store(r);

	if (status != MN_ENOMEM || strcmp(now, before) != 0)
		print_error("%s, allocation %llu fails: %s (%s)\n", op->name,
			(unsigned long long)nth, mn_status_name(status), call->err->text);
	assert_int_equal(status, MN_ENOMEM);
	assert_int_equal(call->err->code, MN_ENOMEM);
	assert_string_equal(now, before);
	free(now);
}

static void check_success(struct room *r, const char *after)
{
	char *now = dump_store(r);

	assert_string_equal(now, after);
	free(now);
}

static uint64_t each(uint64_t nth)
{
	return nth + 1;
}

/* For what takes many: the first ones, then some. */
static uint64_t some(uint64_t nth)
{
	return nth + 1 + nth / 8;
}

/* With each allocation failing in turn, until none is left to fail. What succeeded in spite of a
 * failure must be whole. */
static void sweep(struct room *r, const struct op *op, const char *after, bool lasting,
	uint64_t (*next)(uint64_t))
{
	char *before = dump_store(r);
	bool failed = true;

	for (uint64_t nth = 1; failed; nth = next(nth)) {
		mn_call call;
		int status = mn_call_init(&call, r->engine, 0);

		assert_int_equal(status, MN_OK);
		assert_in_range(nth, 1, 100000);
		world_fail_memory(nth, lasting);
		status = op->run(r, &call);
		failed = world_mend_memory();
		if (status != MN_OK)
			check_failure(r, op, status, nth, &call, before);
		else
			check_success(r, after);
		mn_call_done(&call);
		if (status == MN_OK && failed)
			op_fresh(r);
		mn_call_reset(&r->call);
	}
	free(before);
}

static void sweep_once(struct room *r, const struct op *op, const char *after)
{
	sweep(r, op, after, false, each);
}

static void sweep_lasting(struct room *r, const struct op *op, const char *after)
{
	sweep(r, op, after, true, each);
}

static void sweep_some(struct room *r, const struct op *op, const char *after)
{
	sweep(r, op, after, false, some);
}

static void one_failed_allocation_leaves_everything_as_it_was(void **state)
{
	struct room *r = *state;

	needs(r, MN_CAP_ATOMIC);
	each_op(r, sweep_once);
}

static void no_memory_left_leaves_everything_as_it_was(void **state)
{
	struct room *r = *state;

	needs(r, MN_CAP_ATOMIC);
	each_op(r, sweep_lasting);
}

static void a_large_batch_that_finds_no_memory_leaves_everything_as_it_was(void **state)
{
	static const struct op many = {"apply of many", MN_CAP_WRITE, op_apply_many};

	needs(*state, MN_CAP_ATOMIC);
	with_op(*state, &many, sweep_some);
}

static void a_result_above_the_call_s_ceiling_is_refused(void **state)
{
	struct room *r = *state;
	mn_call call;
	char *before;

	build_random(r, 6, 200, 500);
	before = dump(r);
	assert_int_equal(mn_call_init(&call, r->engine, 20000), MN_OK);
	assert_int_equal(op_scan_all(r, &call), MN_ENOMEM);
	mn_call_done(&call);
	still(r, before);
}

static void a_store_that_finds_no_memory_does_not_open(void **state)
{
	struct room *r = *state;
	char url[600];
	bool failed = true;

	snprintf(url, sizeof(url), "%s%s", r->url, r->folder[0] ? "/second" : "");
	for (uint64_t nth = 1; failed; nth++) {
		mn_db *db = NULL;
		mn_call call;
		int status;

		assert_in_range(nth, 1, 100000);
		assert_int_equal(mn_call_init(&call, r->engine, 0), MN_OK);
		world_fail_memory(nth, false);
		status = r->be->open(&r->engine->host, &call, mn_str_of(url), false, &db);
		failed = world_mend_memory();
		if (status == MN_OK) {
			failed = false;
			r->be->close(db);
		} else {
			assert_int_equal(status, MN_ENOMEM);
			assert_null(db);
		}
		mn_call_done(&call);
	}
}

static const struct CMUnitTest all[] = {
	claim(one_failed_allocation_leaves_everything_as_it_was),
	claim(no_memory_left_leaves_everything_as_it_was),
	claim(a_large_batch_that_finds_no_memory_leaves_everything_as_it_was),
	claim(a_result_above_the_call_s_ceiling_is_refused),
	claim(a_store_that_finds_no_memory_does_not_open),
};
const struct claims memory_claims = {"memory", all, COUNT(all), false};
