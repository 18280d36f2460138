/* SPDX-License-Identifier: MIT */
/* Jobs, cancellation and deadlines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/watch.h"
#include "engine.h"

/* A monotonic clock that tests move. */
static _Atomic mn_time tick;

static mn_time read_tick(void *ctx)
{
	(void)ctx;
	return tick;
}

static void no_random(void *ctx, void *out, size_t n)
{
	(void)ctx, (void)out, (void)n;
}

static void no_log(void *ctx, int level, const char *line)
{
	(void)ctx, (void)level, (void)line;
}

static size_t no_secret(void *ctx, const char *name, char *out, size_t room)
{
	(void)ctx, (void)name, (void)out, (void)room;
	return 0;
}

static const mn_seams seams = {
	.size = sizeof(seams),
	.wall = read_tick,
	.monotonic = read_tick,
	.random = no_random,
	.log = no_log,
	.secret = no_secret,
};

static int make_engine(void **state)
{
	mn_options options = MN_SIZED(mn_options);
	mn_error err = MN_SIZED(mn_error);

	tick = 1000000;
	options.seams = &seams;
	options.workers = 2;
	return mn_engine_new(&options, &err, (mn_engine **)state);
}

static int free_engine(void **state)
{
	mn_engine_free(*state);
	return 0;
}

static void count_up(void *ctx, mn_job *job, mn_call *call)
{
	mn_job_tell(job, 1, 2, "steps");
	(*(atomic_int *)ctx)++;
	call->at.graph = 7;
}

static void until_cancelled(void *ctx, mn_job *job, mn_call *call)
{
	(void)job;
	*(atomic_int *)ctx = 1;
	while (!mn_cancelled(call))
		usleep(200);
	mn_fail_cancelled(call);
}

static void every_job_is_run_once_and_collected_once(void **state)
{
	mn_engine *e = *state;
	struct pollfd fd = {.fd = mn_engine_job_fd(e), .events = POLLIN};
	atomic_int runs = 0;
	int collected = 0;
	mn_job *job;

	for (int i = 0; i < 100; i++)
		assert_int_equal(mn_job_start(e, "count", count_up, &runs, &job), MN_OK);
	while (collected < 100) {
		assert_int_equal(poll(&fd, 1, 10000), 1);
		while ((job = mn_engine_job_next(e))) {
			assert_int_equal(mn_job_call(job)->at.graph, 7);
			mn_job_free(job);
			collected++;
		}
	}
	assert_int_equal(runs, 100);
	assert_int_equal(poll(&fd, 1, 0), 0);
}

static void a_job_that_was_waited_for_is_not_collected_again(void **state)
{
	mn_engine *e = *state;
	mn_job_status status;
	atomic_int runs = 0;
	mn_job *job;

	assert_int_equal(mn_job_start(e, "count\x1b[2J", count_up, &runs, &job), MN_OK);
	mn_job_wait(job);
	mn_job_look(job, &status);
	assert_int_equal(status.state, MN_JOB_FINISHED);
	assert_string_equal(status.title, "count\\x1b[2J");
	assert_string_equal(status.unit, "steps");
	assert_null(mn_engine_job_next(e));
	mn_job_free(job);
}

static void a_cancelled_job_ends_and_says_so(void **state)
{
	mn_job_status status;
	atomic_int begun = 0;
	mn_job *job;

	assert_int_equal(mn_job_start(*state, "wait", until_cancelled, &begun, &job), MN_OK);
	while (!begun)
		usleep(100);
	mn_job_cancel(job);
	mn_job_wait(job);
	mn_job_look(job, &status);
	assert_int_equal(status.status, MN_ECANCELLED);
	mn_job_free(job);
}

static void a_job_cancelled_while_it_waits_is_never_run(void **state)
{
	atomic_int begun[2] = {0}, runs = 0;
	mn_job *busy[2], *late;

	for (int i = 0; i < 2; i++)
		assert_int_equal(
			mn_job_start(*state, "wait", until_cancelled, &begun[i], &busy[i]), MN_OK);
	while (!begun[0] || !begun[1])
		usleep(100);
	assert_int_equal(mn_job_start(*state, "late", count_up, &runs, &late), MN_OK);
	mn_job_cancel(late);
	mn_job_free(busy[0]);
	mn_job_free(busy[1]);
	mn_job_wait(late);
	assert_int_equal(runs, 0);
	mn_job_free(late);
}

static void an_engine_can_be_freed_with_jobs_that_nobody_collected(void **state)
{
	mn_engine *e = NULL;
	atomic_int runs = 0;
	mn_job *job;

	(void)state;
	assert_int_equal(make_engine((void **)&e), MN_OK);
	for (int i = 0; i < 10; i++)
		assert_int_equal(mn_job_start(e, "count", count_up, &runs, &job), MN_OK);
	mn_engine_free(e);
}

static void raise_flag(void *arg)
{
	(*(atomic_int *)arg)++;
}

static void a_hook_fires_once_when_the_token_is_cancelled(void **state)
{
	mn_token *token = mn_token_new();
	atomic_int fired = 0;
	mn_call call;

	assert_int_equal(mn_call_init(&call, *state, 0), MN_OK);
	call.token = token;
	mn_watch_hook(&call, raise_flag, &fired);
	assert_int_equal(fired, 0);
	mn_token_cancel(token);
	mn_token_cancel(token);
	assert_int_equal(fired, 1);
	mn_watch_hook(&call, NULL, NULL);
	mn_watch_hook(&call, raise_flag, &fired); /* too late: fires from within */
	assert_int_equal(fired, 2);
	mn_watch_hook(&call, NULL, NULL);
	mn_call_done(&call);
	mn_token_free(token);
}

static void a_removed_hook_does_not_fire(void **state)
{
	mn_token *token = mn_token_new();
	atomic_int fired = 0;
	mn_call call;

	assert_int_equal(mn_call_init(&call, *state, 0), MN_OK);
	call.token = token;
	mn_watch_hook(&call, raise_flag, &fired);
	mn_watch_hook(&call, NULL, NULL);
	mn_token_cancel(token);
	assert_int_equal(fired, 0);
	mn_call_done(&call);
	mn_token_free(token);
}

static void a_hook_fires_when_the_deadline_of_the_engines_clock_passes(void **state)
{
	atomic_int fired = 0;
	mn_call call;

	assert_int_equal(mn_call_init(&call, *state, 0), MN_OK);
	call.deadline = tick + 1000;
	mn_watch_hook(&call, raise_flag, &fired);
	usleep(50000);
	assert_int_equal(fired, 0);
	tick += 2000;
	for (int i = 0; i < 5000 && !fired; i++)
		usleep(1000);
	assert_int_equal(fired, 1);
	assert_int_equal(mn_fail_cancelled(&call), MN_ETIMEOUT);
	mn_watch_hook(&call, NULL, NULL);
	mn_call_done(&call);
}

static void *cancel_now(void *arg)
{
	mn_token_cancel(arg);
	return NULL;
}

static void removing_a_hook_waits_while_it_runs(void **state)
{
	for (int i = 0; i < 300; i++) {
		mn_token *token = mn_token_new();
		atomic_int *fired = test_calloc(1, sizeof(*fired));
		pthread_t thread;
		mn_call call;

		assert_int_equal(mn_call_init(&call, *state, 0), MN_OK);
		call.token = token;
		mn_watch_hook(&call, raise_flag, fired);
		assert_int_equal(pthread_create(&thread, NULL, cancel_now, token), 0);
		mn_watch_hook(&call, NULL, NULL);
		test_free(fired); /* a hook that still ran would write here */
		pthread_join(thread, NULL);
		mn_call_done(&call);
		mn_token_free(token);
	}
}

static void errors_are_plain_and_cut_to_fit(void **state)
{
	char long_text[1000];
	mn_call call;

	assert_int_equal(mn_call_init(&call, *state, 0), MN_OK);
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	assert_int_equal(mn_fail(&call, MN_EIO, 5, "\x1b[31m%s", long_text), MN_EIO);
	assert_memory_equal(call.err->text, "\\x1b[31mxxx", 11);
	assert_int_equal(strlen(call.err->text), sizeof(call.err->text) - 1);
	mn_call_reset(&call);
	assert_int_equal(call.err->code, MN_OK);
	mn_call_done(&call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_job_is_run_once_and_collected_once),
		cmocka_unit_test(a_job_that_was_waited_for_is_not_collected_again),
		cmocka_unit_test(a_cancelled_job_ends_and_says_so),
		cmocka_unit_test(a_job_cancelled_while_it_waits_is_never_run),
		cmocka_unit_test(an_engine_can_be_freed_with_jobs_that_nobody_collected),
		cmocka_unit_test(a_hook_fires_once_when_the_token_is_cancelled),
		cmocka_unit_test(a_removed_hook_does_not_fire),
		cmocka_unit_test(a_hook_fires_when_the_deadline_of_the_engines_clock_passes),
		cmocka_unit_test(removing_a_hook_waits_while_it_runs),
		cmocka_unit_test(errors_are_plain_and_cut_to_fit),
	};

	return cmocka_run_group_tests(tests, make_engine, free_engine);
}
