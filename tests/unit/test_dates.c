/* SPDX-License-Identifier: MIT */
/* The dates a question asks about, and how well a memory's date fits them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backend.h"
#include "base/iso.h"
#include "base/str.h"
#include "text/analysis.h"

/* A Wednesday. */
#define NOW "2024-02-28T23:30"

static mn_time moment(const char *iso)
{
	mn_time t = 0;

	assert_true(mn_iso_read(mn_str_of(iso), &t));
	return t;
}

static void write_one(const mn_when *w, char *out, size_t room)
{
	char first[MN_ISO_ROOM], last[MN_ISO_ROOM];

	switch (w->kind) {
	case MN_WHEN_DAYS:
		mn_iso_write(w->first * MN_DAY, first);
		mn_iso_write(w->last * MN_DAY, last);
		if (w->first == w->last)
			snprintf(out, room, "%.10s", first);
		else
			snprintf(out, room, "%.10s..%.10s", first, last);
		break;
	case MN_WHEN_EACH_DAY: snprintf(out, room, "*-%02d-%02d", w->month, w->day); break;
	case MN_WHEN_MONTH: snprintf(out, room, "%04d-%02d", w->year, w->month); break;
	default: snprintf(out, room, "%04d", w->year); break;
	}
}

/* "2023-05-08|2023-05|2023|0000-05|*-05-08|2023-05-01..2023-05-07" */
static const char *dates_at(const char *question, const char *now)
{
	static char text[1024];
	mn_subject s = {.text = mn_str_of(question),
		.now = moment(now),
		.question = true,
		.want = MN_WANT_DATES};
	mn_analyst *analyst;
	mn_analysis a;
	mn_call call;
	size_t at = 0;

	assert_int_equal(mn_call_init(&call, NULL, 0), MN_OK);
	assert_int_equal(mn_analyst_new(&call, NULL, &analyst), MN_OK);
	assert_int_equal(mn_analyze(analyst, &call, &s, &a), MN_OK);
	text[0] = '\0';
	for (size_t i = 0; i < a.ndates; i++) {
		if (i)
			text[at++] = '|';
		write_one(&a.dates[i], text + at, sizeof(text) - at);
		at += strlen(text + at);
	}
	mn_analyst_free(analyst);
	mn_call_done(&call);
	return text;
}

static const char *dates(const char *question)
{
	return dates_at(question, NOW);
}

static void a_day_is_read_in_whatever_order_it_is_written(void **state)
{
	(void)state;
	assert_string_equal(dates("What did Ada do on May 5, 2023?"), "2023-05-05");
	assert_string_equal(dates("on 5 May 2023"), "2023-05-05");
	assert_string_equal(dates("on the 5th of May, 2023"), "2023-05-05");
	assert_string_equal(dates("May 5th"), "*-05-05");
	assert_string_equal(dates("May the 5th"), "*-05-05");
	assert_string_equal(dates("the 21st of august"), "*-08-21");
	assert_string_equal(dates("2023-05-08 or 2022/12/31"), "2023-05-08|2022-12-31");
	assert_string_equal(dates("31 Dec. 1999"), "1999-12-31");
	assert_string_equal(dates("29 February"), "*-02-29");
}

static void a_month_may_have_a_year_and_a_year_may_stand_alone(void **state)
{
	(void)state;
	assert_string_equal(dates("in June 2023"), "2023-06");
	assert_string_equal(dates("in June of 2023"), "2023-06");
	assert_string_equal(dates("in June"), "0000-06");
	assert_string_equal(dates("2022-12?"), "2022-12");
	assert_string_equal(dates("in 1999"), "1999");
	assert_string_equal(dates("in 1066, or 12345, or 1990s"), "");
	assert_string_equal(dates("30 February 2023"), "2023-02"); /* there is no such day */
}

static void may_is_a_month_only_where_it_must_be(void **state)
{
	(void)state;
	assert_string_equal(dates("What may I do?"), "");
	assert_string_equal(dates("What did I do in May?"), "0000-05");
	assert_string_equal(dates("mid-May"), "0000-05");
	assert_string_equal(dates("Early may"), "0000-05");
	assert_string_equal(dates("3 may"), "*-05-03");
	assert_string_equal(dates("Jan came on Jan 3"), "*-01-03");
}

static void one_year_goes_to_every_month_that_has_none(void **state)
{
	(void)state;
	assert_string_equal(
		dates("In 2022, what happened in June and on 3 July?"), "2022-06|2022-07-03");
	assert_string_equal(dates("In 2021 or 2022, in June?"), "2021|2022|0000-06");
	assert_string_equal(dates("In 2021, not June 2022"), "2021|2022-06");
}

static void near_days_are_counted_from_now(void **state)
{
	(void)state;
	assert_string_equal(dates("yesterday, today, tonight and tomorrow"),
		"2024-02-27|2024-02-28|2024-02-28|2024-02-29");
	assert_string_equal(dates("last night"), "2024-02-27");
	assert_string_equal(dates("3 days ago"), "2024-02-25");
	assert_string_equal(dates("three days ago"), "2024-02-25");
	assert_string_equal(dates("a couple of days ago"), "2024-02-26");
	assert_string_equal(dates("in ten days"), "2024-03-09");
	assert_string_equal(dates("1,000 days"), "");
}

static void weeks_months_and_years_ago_grow_vaguer(void **state)
{
	(void)state;
	assert_string_equal(dates("two weeks ago"), "2024-02-11..2024-02-17");
	assert_string_equal(dates("a month ago"), "2024-01");
	assert_string_equal(dates("3 months ago"), "2023-11");
	assert_string_equal(dates("in 11 months"), "2025-01");
	assert_string_equal(dates("twelve years ago"), "2012");
	assert_string_equal(dates("999999999 years ago"), "");
	assert_string_equal(dates("999999999 months ago"), "");
}

static void last_this_and_next_follow_the_calendar(void **state)
{
	(void)state;
	assert_string_equal(dates("last week"), "2024-02-19..2024-02-25");
	assert_string_equal(dates("this week"), "2024-02-26..2024-03-03");
	assert_string_equal(dates("next week"), "2024-03-04..2024-03-10");
	assert_string_equal(dates("last weekend"), "2024-02-24..2024-02-25");
	assert_string_equal(dates("next month, last year"), "2024-03|2023");
	assert_string_equal(dates("last Wednesday"), "2024-02-21");
	assert_string_equal(dates("last Tuesday"), "2024-02-27");
	assert_string_equal(dates("last Thursday"), "2024-02-22");
	assert_string_equal(dates("next Wednesday"), "2024-03-06");
	assert_string_equal(dates("next Thursday"), "2024-02-29");
	assert_string_equal(dates("this Friday"), "2024-03-01");
	assert_string_equal(dates_at("last month", "2024-01-01"), "2023-12");
	assert_string_equal(dates_at("this week", "1969-12-31"), "1969-12-29..1970-01-04");
}

static void no_more_dates_are_read_than_make_sense(void **state)
{
	char question[6000] = "";

	(void)state;
	for (int i = 0; i < 500; i++)
		memcpy(question + strlen(question), "yesterday ", 11);
	assert_int_equal(strlen(dates(question)), 16 * 11 - 1);
}

/* ---- Fitting ------------------------------------------------------------------------------ */

static mn_when day(const char *iso)
{
	int64_t n = mn_day_of(moment(iso));

	return (mn_when){.kind = MN_WHEN_DAYS, .first = n, .last = n};
}

#define assert_level(when, iso, level) \
	assert_true(mn_when_level(&(when), 1, moment(iso)) == (level))

static void a_memory_fits_a_day_until_two_weeks_after_it(void **state)
{
	mn_when w = day("2023-05-10");

	(void)state;
	assert_level(w, "2023-05-06T23:59", 0);
	assert_level(w, "2023-05-07", 0.6);
	assert_level(w, "2023-05-08T23:59", 0.6);
	assert_level(w, "2023-05-09", 1);
	assert_level(w, "2023-05-13T23:59", 1);
	assert_level(w, "2023-05-14", 0.6);
	assert_level(w, "2023-05-24T23:59", 0.6);
	assert_level(w, "2023-05-25", 0);
	w.last += 10;
	assert_level(w, "2023-05-20", 1);
	assert_level(w, "2023-05-24", 0.6);
	assert_level(w, "2022-05-10", 0);
}

static void a_day_without_a_year_is_of_the_year_that_is_nearest(void **state)
{
	mn_when w = {.kind = MN_WHEN_EACH_DAY, .month = 12, .day = 31};

	(void)state;
	assert_level(w, "1999-12-31", 1);
	assert_level(w, "2024-01-02", 1);
	assert_level(w, "2024-01-10", 0.6);
	assert_level(w, "2024-07-01", 0);
	w = (mn_when){.kind = MN_WHEN_EACH_DAY, .month = 1, .day = 1};
	assert_level(w, "2023-12-31", 1);
}

static void a_month_fits_and_the_next_one_half(void **state)
{
	mn_when w = {.kind = MN_WHEN_MONTH, .year = 2023, .month = 12};

	(void)state;
	assert_level(w, "2023-12-31T23:59:59", 1);
	assert_level(w, "2024-01-01", 0.5);
	assert_level(w, "2023-11-30", 0);
	assert_level(w, "2022-12-01", 0);
	w.year = 0;
	assert_level(w, "1970-12-01", 1);
	assert_level(w, "1971-01-31", 0.5);
	assert_level(w, "1971-02-01", 0);
}

static void of_several_dates_the_best_counts(void **state)
{
	mn_when both[] = {
		{.kind = MN_WHEN_YEAR, .year = 2023}, {.kind = MN_WHEN_MONTH, .month = 5}};

	(void)state;
	assert_true(mn_when_level(both, 2, moment("2023-01-01")) == 1);
	assert_true(mn_when_level(both, 2, moment("2022-06-01")) == 0.5);
	assert_true(mn_when_level(both, 2, moment("2022-07-01")) == 0);
	assert_true(mn_when_level(both, 0, moment("2023-01-01")) == 0);
}

static void moments_at_the_ends_of_time_fit_nothing_and_break_nothing(void **state)
{
	mn_when all[] = {day("2023-05-10"), {.kind = MN_WHEN_EACH_DAY, .month = 2, .day = 29},
		{.kind = MN_WHEN_MONTH, .month = 6, .year = 2023}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_true(mn_when_level(&all[i], 1, INT64_MAX) >= 0);
		assert_true(mn_when_level(&all[i], 1, INT64_MIN) >= 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_is_read_in_whatever_order_it_is_written),
		cmocka_unit_test(a_month_may_have_a_year_and_a_year_may_stand_alone),
		cmocka_unit_test(may_is_a_month_only_where_it_must_be),
		cmocka_unit_test(one_year_goes_to_every_month_that_has_none),
		cmocka_unit_test(near_days_are_counted_from_now),
		cmocka_unit_test(weeks_months_and_years_ago_grow_vaguer),
		cmocka_unit_test(last_this_and_next_follow_the_calendar),
		cmocka_unit_test(no_more_dates_are_read_than_make_sense),
		cmocka_unit_test(a_memory_fits_a_day_until_two_weeks_after_it),
		cmocka_unit_test(a_day_without_a_year_is_of_the_year_that_is_nearest),
		cmocka_unit_test(a_month_fits_and_the_next_one_half),
		cmocka_unit_test(of_several_dates_the_best_counts),
		cmocka_unit_test(moments_at_the_ends_of_time_fit_nothing_and_break_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
