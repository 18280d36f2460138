/* SPDX-License-Identifier: MIT */
/* The maintenance screen: plans, runs, and what comes from scripts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "rig.h"
#include "stage.h"

#define ENTER "\r"
#define ESC "\x1b"

static void begin_later(rig *r)
{
	const rig_play play = {.rows = 30, .columns = 100, .run = stage_run_later};

	rig_begin(r, &play);
	assert_non_null(strstr(rig_screen(r), "110 neurons"));
	rig_type(r, "6");
	rig_screen(r);
}

static void a_plan_changes_nothing_until_it_is_applied_and_goes_back(void **state)
{
	rig r;

	(void)state;
	begin_later(&r);
	rig_type(&r, "n");
	assert_non_null(strstr(rig_screen(&r), "nothing is changed yet"));
	assert_non_null(strstr(r.screen, "110 neurons"));
	rig_type(&r, "a");
	assert_non_null(strstr(rig_screen(&r), "done"));
	assert_null(strstr(r.screen, "110 neurons"));
	rig_type(&r, "a");
	rig_await(&r, 0, "run 1 is done: n makes a new plan");
	rig_type(&r, "un");
	assert_null(strstr(rig_screen(&r), "110 neurons"));
	rig_type(&r, "uy");
	assert_non_null(strstr(rig_screen(&r), "110 neurons"));
	assert_non_null(strstr(r.screen, "taken back"));
	rig_type(&r, "j" ENTER);
	assert_non_null(strstr(rig_screen(&r), "Plan of run 1: archive"));
	rig_end(&r);
}

static void rows_that_were_changed_since_may_be_left_alone(void **state)
{
	rig r;

	(void)state;
	begin_later(&r);
	for (int i = 0; i < 2; i++) {
		rig_type(&r, i ? ":run lift --set to=0.2" ENTER : ":run lift" ENTER);
		assert_non_null(strstr(rig_screen(&r), "nothing is changed yet"));
		rig_type(&r, "a");
		assert_non_null(strstr(rig_screen(&r), "done"));
	}
	rig_type(&r, ":undo 1" ENTER);
	assert_non_null(strstr(rig_screen(&r), "Take back run 1 (lift), 12 changes?"));
	rig_type(&r, "y");
	assert_non_null(strstr(rig_screen(&r), "--rest"));
	assert_null(strstr(r.screen, "taken back"));
	rig_type(&r, "y");
	assert_non_null(strstr(rig_screen(&r), "taken back"));
	rig_end(&r);
}

static void what_a_script_is_called_and_says_steers_nothing(void **state)
{
	static const char *const looks[] = {"j", "jn", "j", "j", "\t" ENTER};
	rig r;

	(void)state;
	begin_later(&r);
	for (size_t i = 0; i < sizeof(looks) / sizeof(*looks); i++) {
		rig_type(&r, looks[i]);
		rig_screen(&r);
		rig_type(&r, ENTER);
		rig_screen(&r);
		rig_type(&r, ESC);
		rig_screen(&r);
		assert_null(strstr(r.out, "\x1b[31m"));
		assert_null(strstr(r.out, "\xe2\x80\xae"));
	}
	rig_type(&r, "1");
	rig_end(&r);
}

static void read_only_plans_and_applies_nothing(void **state)
{
	const rig_play play = {.rows = 24, .columns = 80, .run = stage_run_read_only};
	rig r;

	(void)state;
	rig_begin(&r, &play);
	rig_screen(&r);
	rig_type(&r, ":run prune --set why=spring" ENTER);
	assert_non_null(strstr(rig_screen(&r), "Plan of run"));
	rig_type(&r, "a");
	rig_await(&r, 0, "read-only: nothing is changed");
	assert_non_null(strstr(rig_screen(&r), "nothing is changed yet"));
	rig_end(&r);
}

/* What cron would run can be copied: with the values, and nothing that cron would cut. */
static void a_script_becomes_a_line_of_crontab(void **state)
{
	char store[128];
	const char *argv[] = {NULL, "--store", store, NULL};
	const rig_play play = {.rows = 24, .columns = 80, .argv = argv};
	rig r;

	(void)state;
	snprintf(store, sizeof(store), "sqlite:/tmp/mn-cron-%ld", (long)getpid());
	argv[0] = getenv("MN_PROGRAM");
	assert_non_null(argv[0]);
	rig_begin(&r, &play);
	rig_screen(&r);
	rig_type(&r, "n\"50% mine\"" ENTER);
	rig_screen(&r);
	rig_type(&r, ENTER);
	rig_screen(&r);
	rig_type(&r, "6");
	rig_screen(&r);
	rig_type(&r, "c");
	assert_non_null(strstr(rig_screen(&r), "0 3 * * * /"));
	assert_non_null(strstr(r.screen, "'50\\% mine'"));
	rig_type(&r, ESC "1D50% mine" ENTER);
	rig_screen(&r);
	rig_type(&r, "q");
	rig_wait(&r);
	rmdir(store + strlen("sqlite:"));
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plan_changes_nothing_until_it_is_applied_and_goes_back),
		cmocka_unit_test(rows_that_were_changed_since_may_be_left_alone),
		cmocka_unit_test(what_a_script_is_called_and_says_steers_nothing),
		cmocka_unit_test(read_only_plans_and_applies_nothing),
		cmocka_unit_test(a_script_becomes_a_line_of_crontab),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
