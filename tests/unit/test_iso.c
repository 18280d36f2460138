/* SPDX-License-Identifier: MIT */
/* Moments as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/iso.h"
#include "base/str.h"

static void a_moment_reads_in_every_usual_form(void **state)
{
	static const struct {
		const char *text;
		mn_time t;
	} cases[] = {
		{"1970-01-01", 0},
		{"2023-05-08T13:56:00", INT64_C(1683554160000000)},
		{"2023-05-08 13:56", INT64_C(1683554160000000)},
		{"2023-05-08T13:56:00Z", INT64_C(1683554160000000)},
		{"2023-05-08T15:56:00+02:00", INT64_C(1683554160000000)},
		{"2023-05-08T15:56:00+0200", INT64_C(1683554160000000)},
		{"2023-05-08T05:26:00-08:30", INT64_C(1683554160000000)},
		{"2023-05-08T15:56:00+02", INT64_C(1683554160000000)},
		{"2023-05-08T13:56:00.25", INT64_C(1683554160250000)},
		{"2023-05-08T13:56:00.1234569Z", INT64_C(1683554160123456)},
		{"2000-02-29", INT64_C(951782400000000)},
		{"1969-12-31T23:59:59.999999", -1},
		{"2016-12-31T23:59:60", INT64_C(1483228800000000)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		mn_time t = 42;

		assert_true(mn_iso_read(mn_str_of(cases[i].text), &t));
		assert_true(t == cases[i].t);
	}
}

static void what_is_no_moment_is_refused(void **state)
{
	static const char *const cases[] = {"", "yesterday", "2023", "2023-05", "2023-5-8",
		"2023-02-29", "1900-02-29", "2023-13-01", "2023-00-10", "2023-04-31", "2023-05-08T",
		"2023-05-08T24:00", "2023-05-08T13", "2023-05-08T13:56:00.", "2023-05-08T13:56:00+",
		"2023-05-08T13:56:00+02:0", "2023-05-08T13:56:00Zulu", "2023-05-08Z", "0000-01-01",
		"0001-01-01T00:00+01:00", "9999-12-31T23:59-01:00", " 2023-05-08", "+2023-05-08"};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		mn_time t = 42;

		assert_false(mn_iso_read(mn_str_of(cases[i]), &t));
		assert_true(t == 42);
	}
}

static void what_is_written_reads_back_to_the_same_moment(void **state)
{
	char text[MN_ISO_ROOM];
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		mn_time t, back;

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		t = (mn_time)(seed % UINT64_C(315537897600000000)) - INT64_C(62135596800000000);
		assert_true(mn_iso_read((mn_str){text, mn_iso_write(t, text)}, &back));
		assert_true(t == back);
	}
	mn_iso_write(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	mn_iso_write(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
	mn_iso_write(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59.999999Z");
}

static void each_day_of_four_centuries_follows_the_one_before(void **state)
{
	mn_time t = mn_iso_midnight((mn_date){1800, 1, 1});
	mn_date before = mn_iso_date(t - 1);

	(void)state;
	assert_int_equal(before.year * 10000 + before.month * 100 + before.day, 17991231);
	for (int i = 0; i < 146097; i++, t += INT64_C(86400000000)) {
		mn_date d = mn_iso_date(t + INT64_C(86399999999));
		bool next_day = d.day == before.day + 1 && d.month == before.month;
		bool next_month = d.day == 1 && d.month == before.month % 12 + 1;

		assert_true(next_day || next_month);
		assert_true(mn_iso_midnight(d) == t);
		before = d;
	}
	assert_int_equal(before.year, 2199);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_moment_reads_in_every_usual_form),
		cmocka_unit_test(what_is_no_moment_is_refused),
		cmocka_unit_test(what_is_written_reads_back_to_the_same_moment),
		cmocka_unit_test(each_day_of_four_centuries_follows_the_one_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
