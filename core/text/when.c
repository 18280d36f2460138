/* SPDX-License-Identifier: MIT */
/* when.c - dates in a question, read by rules, and how well a memory's date fits them. */
#include "text/when.h"

#include <string.h>

#include "backend.h"
#include "base/fail.h"
#include "base/iso.h"
#include "text/analyst.h"

#define MOST_DATES 16

/* ---- Reading ------------------------------------------------------------------------------ */

static int64_t day_number(int year, int month, int day)
{
	return mn_day_of(mn_iso_midnight((mn_date){year, month, day}));
}

static mn_date date_of(int64_t day)
{
	int64_t most = INT64_MAX / MN_DAY; /* the ends of time, either way */

	day = day > most ? most : day < -most ? -most : day;
	return mn_iso_date(day * MN_DAY);
}

static bool day_exists(int year, int month, int day)
{
	mn_date d = date_of(day_number(year ? year : 2000, month, day)); /* 2000: a leap year */

	return d.month == month && d.day == day;
}

static mn_when days(int64_t first, int64_t last)
{
	return (mn_when){.kind = MN_WHEN_DAYS, .first = first, .last = last};
}

static mn_when month(int year, int number)
{
	return (mn_when){.kind = MN_WHEN_MONTH, .year = year, .month = number};
}

/* The month that lies n months from the one of d. */
static bool month_off(mn_date d, int64_t n, mn_when *out)
{
	int64_t m = (int64_t)d.year * 12 + d.month - 1 + n;

	if (m < 12 || m >= INT64_C(10000) * 12)
		return false;
	*out = month((int)(m / 12), (int)(m % 12) + 1);
	return true;
}

/* n units from now; a week is its middle day, three days either way. */
static bool units_off(int64_t today, int unit, int64_t n, mn_when *out)
{
	mn_date d = date_of(today);

	switch (unit) {
	case MN_UNIT_DAY: *out = days(today + n, today + n); return true;
	case MN_UNIT_WEEK: *out = days(today + 7 * n - 3, today + 7 * n + 3); return true;
	case MN_UNIT_MONTH: return month_off(d, n, out);
	case MN_UNIT_YEAR:
		*out = (mn_when){.kind = MN_WHEN_YEAR, .year = (int)(d.year + n)};
		return d.year + n >= 1 && d.year + n <= 9999;
	default: return false;
	}
}

static int64_t weekday_of(int64_t day)
{
	return ((day + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
}

/* "last", "this", "next" (-1, 0, 1) and a unit: the calendar's, not so many days. */
static bool calendar_unit(int64_t today, int unit, int which, mn_when *out)
{
	int64_t monday = today - weekday_of(today) + 7 * which;

	if (unit == MN_UNIT_WEEK)
		*out = days(monday, monday + 6);
	else if (unit == MN_UNIT_WEEKEND)
		*out = days(monday + 5, monday + 6);
	else
		return units_off(today, unit, which, out);
	return true;
}

/* "last Friday" is before today, "next Friday" after it, "this Friday" in this week. */
static mn_when weekday(int64_t today, int day, int which)
{
	int64_t off = day - weekday_of(today);

	if (which < 0 && off >= 0)
		off -= 7;
	if (which > 0 && off <= 0)
		off += 7;
	return days(today + off, today + off);
}

/* Year, month and day among the words of a rule, as far as they are there. */
static bool calendar(const mn_rule *rule, const mn_token *t, size_t n, mn_when *out)
{
	int y = 0, m = 0, d = 0;

	for (size_t k = 0; k < n; k++) {
		uint32_t c = rule->word[k] & t[k].classes;

		if (c & (MN_CLASS_MONTH | MN_CLASS_MONTH_TOO | MN_CLASS_TWO))
			m = t[k].value;
		else if (c & MN_CLASS_YEAR)
			y = t[k].value;
		else if (c & MN_CLASS_DAY)
			d = t[k].value;
	}
	if (m && d && day_exists(y, m, d))
		*out = (mn_when){MN_WHEN_EACH_DAY, y, m, d, 0, 0};
	else if (m)
		*out = month(y, m);
	else
		*out = (mn_when){.kind = MN_WHEN_YEAR, .year = y};
	return m || y;
}

/* The value of the token that the rule takes for one of these classes. */
static int32_t value_of(const mn_rule *rule, const mn_token *t, size_t n, uint32_t classes)
{
	for (size_t k = 0; k < n; k++)
		if (rule->word[k] & t[k].classes & classes)
			return t[k].value;
	return 0;
}

static bool relative(
	const mn_rule *rule, const mn_token *t, size_t n, int which, int64_t today, mn_when *out)
{
	for (size_t k = 0; k < n; k++)
		if (rule->word[k] & t[k].classes & MN_CLASS_WEEKDAY) {
			*out = weekday(today, t[k].value, which);
			return true;
		}
	return calendar_unit(
		today, value_of(rule, t, n, MN_CLASS_UNIT | MN_CLASS_WEEKEND), which, out);
}

static bool act(const mn_rule *rule, const mn_token *t, size_t n, int64_t today, mn_when *out)
{
	int32_t number = value_of(rule, t, n, MN_CLASS_NUMBER | MN_CLASS_COUPLE);
	int32_t unit = value_of(rule, t, n, MN_CLASS_UNIT);

	switch (rule->act) {
	case MN_DATE_CALENDAR:
	case MN_DATE_ISO: return calendar(rule, t, n, out);
	case MN_DATE_NEAR:
		return units_off(today, MN_UNIT_DAY, value_of(rule, t, n, MN_CLASS_NEAR), out);
	case MN_DATE_NIGHT: return units_off(today, MN_UNIT_DAY, -1, out);
	case MN_DATE_AGO: return units_off(today, unit, -(int64_t)number, out);
	case MN_DATE_AHEAD: return units_off(today, unit, number, out);
	case MN_DATE_LAST: return relative(rule, t, n, -1, today, out);
	case MN_DATE_THIS: return relative(rule, t, n, 0, today, out);
	case MN_DATE_NEXT: return relative(rule, t, n, 1, today, out);
	default: return false;
	}
}

/* The first rule that holds at token i: what it says, and how many tokens it takes (0: none). */
static size_t read_at(const mn_analyst *a, mn_str text, int64_t today, size_t i, mn_when *out)
{
	const mn_language *l = a->language;

	for (size_t k = 0; k < l->ndates; k++) {
		int gap = l->dates[k].act == MN_DATE_ISO ? MN_GAP_ISO : MN_GAP_DATE;
		size_t n = mn_rule_holds(a, &l->dates[k], text, i, gap);

		if (n && act(&l->dates[k], a->tokens + i, n, today, out))
			return n;
	}
	return 0;
}

/*
 * A year that stands alone belongs to the months and days that have none ("in May, was it 2023?").
 * Two such years leave both as they are. Days that have a year become days of the calendar.
 */
static size_t settle(mn_when *w, size_t n)
{
	size_t years = 0, kept = 0, open = 0;
	int year = 0;

	for (size_t i = 0; i < n; i++) {
		if (w[i].kind == MN_WHEN_YEAR && ++years)
			year = w[i].year;
		else
			open += w[i].kind != MN_WHEN_DAYS && !w[i].year;
	}
	for (size_t i = 0; i < n; i++) {
		if (years == 1 && open && w[i].kind == MN_WHEN_YEAR)
			continue;
		w[kept] = w[i];
		if (years == 1 && !w[kept].year && w[kept].kind != MN_WHEN_DAYS)
			w[kept].year = year;
		if (w[kept].kind == MN_WHEN_EACH_DAY && w[kept].year) {
			int64_t day = day_number(w[kept].year, w[kept].month, w[kept].day);

			w[kept] = days(day, day);
		}
		kept++;
	}
	return kept;
}

int mn_when_read(const mn_analyst *a, mn_call *call, const mn_subject *s, mn_analysis *out)
{
	mn_when found[MOST_DATES], *kept;
	size_t n = 0;

	for (size_t i = 0; i < a->ntokens && n < MOST_DATES;) {
		size_t taken = read_at(a, s->text, mn_day_of(s->now), i, &found[n]);

		n += taken > 0;
		i += taken ? taken : 1;
	}
	n = settle(found, n);
	kept = mn_call_array(call, n, sizeof(*kept));
	if (!kept)
		return MN_ENOMEM;
	memcpy(kept, found, n * sizeof(*kept));
	out->dates = kept;
	out->ndates = n;
	return MN_OK;
}

/* ---- Fitting ------------------------------------------------------------------------------ */

/* x days from the date to the memory. */
static double day_level(int64_t x)
{
	if (x >= -1 && x <= 3)
		return 1;
	return x >= -3 && x <= 14 ? 0.6 : 0;
}

static double days_level(const mn_when *w, int64_t day)
{
	if (day < w->first)
		return day_level(day - w->first);
	return day_level(day > w->last ? day - w->last : 0);
}

/* This day of the memory's year, or of the one before or after where that is nearer. */
static double each_day_level(const mn_when *w, int year, int64_t day)
{
	double best = 0;

	for (int y = year - 1; y <= year + 1; y++) {
		double level = day_level(day - day_number(y, w->month, w->day));

		best = level > best ? level : best;
	}
	return best;
}

static double month_level(const mn_when *w, mn_date d)
{
	int off = d.month - w->month;

	if (w->year)
		off += (d.year - w->year) * 12;
	else
		off = (off + 12) % 12;
	return off == 0 ? 1 : off == 1 ? 0.5 : 0;
}

double mn_when_level(const mn_when *w, size_t n, mn_time moment)
{
	int64_t day = mn_day_of(moment);
	mn_date d = date_of(day);
	double best = 0;

	for (size_t i = 0; i < n; i++) {
		double level = w[i].kind == MN_WHEN_DAYS       ? days_level(&w[i], day)
			       : w[i].kind == MN_WHEN_EACH_DAY ? each_day_level(&w[i], d.year, day)
			       : w[i].kind == MN_WHEN_MONTH    ? month_level(&w[i], d)
							       : w[i].year == d.year;

		best = level > best ? level : best;
	}
	return best;
}
