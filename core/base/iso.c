/* SPDX-License-Identifier: MIT */
#include "base/iso.h"

#include <inttypes.h>
#include <stdio.h>

#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)

static const mn_time least = INT64_C(-62135596800) * SECOND;             /* 0001-01-01 */
static const mn_time most = INT64_C(253402300800) * SECOND - INT64_C(1); /* end of 9999 */

/* Days since 1970-01-01 of a date and back: the years are taken to begin in March, so that the
 * leap day is the last. H. Hinnant, "chrono-compatible low-level date algorithms". */
static int64_t days_of(mn_date d)
{
	int64_t y = d.year - (d.month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static mn_date date_of(int64_t days)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t left = z - era * 146097;
	int64_t y = (left - left / 1460 + left / 36524 - left / 146096) / 365;
	int64_t of_year = left - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;

	return (mn_date){
		.year = (int)(y + era * 400 + (m >= 10)),
		.month = (int)(m < 10 ? m + 3 : m - 9),
		.day = (int)(of_year - (153 * m + 2) / 5 + 1),
	};
}

mn_date mn_iso_date(mn_time t)
{
	return date_of(t >= 0 ? t / DAY : -((-(t + 1)) / DAY) - 1);
}

mn_time mn_iso_midnight(mn_date d)
{
	mn_time t;
	int64_t days = days_of(d);

	/* Years that no mn_time reaches end where it ends. */
	return __builtin_mul_overflow(days, DAY, &t) ? (days < 0 ? INT64_MIN : INT64_MAX) : t;
}

/* What is still to be read; every reader below takes its piece off the front or says no. */
static bool take(mn_str *s, char c)
{
	if (s->len == 0 || *s->ptr != c)
		return false;
	s->ptr++;
	s->len--;
	return true;
}

static bool take_number(mn_str *s, size_t digits, int lo, int hi, int *out)
{
	int n = 0;

	if (s->len < digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (s->ptr[i] < '0' || s->ptr[i] > '9')
			return false;
		n = n * 10 + (s->ptr[i] - '0');
	}
	s->ptr += digits;
	s->len -= digits;
	*out = n;
	return n >= lo && n <= hi;
}

static bool take_date(mn_str *s, mn_time *out)
{
	static const int days[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	mn_date d;
	bool leap;

	if (!take_number(s, 4, 1, 9999, &d.year) || !take(s, '-')
		|| !take_number(s, 2, 1, 12, &d.month) || !take(s, '-')
		|| !take_number(s, 2, 1, 31, &d.day))
		return false;
	leap = d.year % 4 == 0 && (d.year % 100 != 0 || d.year % 400 == 0);
	*out = mn_iso_midnight(d);
	return d.day <= days[d.month] + (leap && d.month == 2);
}

/* Decimals of a second, beyond the sixth cut off. */
static bool take_fraction(mn_str *s, mn_time *out)
{
	mn_time unit = SECOND / 10;
	int digit;

	if (!take_number(s, 1, 0, 9, &digit))
		return false;
	do {
		*out += digit * unit;
		unit /= 10;
	} while (s->len && take_number(s, 1, 0, 9, &digit));
	return true;
}

static bool take_clock(mn_str *s, mn_time *out)
{
	int hour, minute, second = 0;
	mn_time fraction = 0;

	if (!take_number(s, 2, 0, 23, &hour) || !take(s, ':') || !take_number(s, 2, 0, 59, &minute))
		return false;
	if (take(s, ':')) {
		if (!take_number(s, 2, 0, 60, &second))
			return false;
		if ((take(s, '.') || take(s, ',')) && !take_fraction(s, &fraction))
			return false;
	}
	*out += (hour * 3600 + minute * 60 + second) * SECOND + fraction;
	return true;
}

static bool take_zone(mn_str *s, mn_time *out)
{
	int hour, minute = 0, sign;

	if (s->len == 0 || take(s, 'Z') || take(s, 'z'))
		return true;
	sign = take(s, '+') ? -1 : take(s, '-') ? 1 : 0;
	if (!sign || !take_number(s, 2, 0, 23, &hour))
		return false;
	if ((take(s, ':') || s->len) && !take_number(s, 2, 0, 59, &minute))
		return false;
	*out += sign * (hour * 3600 + minute * 60) * SECOND;
	return true;
}

bool mn_iso_read(mn_str s, mn_time *out)
{
	mn_time t;

	if (!take_date(&s, &t))
		return false;
	if (s.len) {
		if (!take(&s, 'T') && !take(&s, 't') && !take(&s, ' '))
			return false;
		if (!take_clock(&s, &t) || !take_zone(&s, &t) || s.len)
			return false;
	}
	if (t < least || t > most)
		return false;
	*out = t;
	return true;
}

size_t mn_iso_write(mn_time t, char out[MN_ISO_ROOM])
{
	mn_date d;
	int64_t of_day, seconds;
	int n;

	t = t < least ? least : t > most ? most : t;
	d = mn_iso_date(t);
	of_day = t - mn_iso_midnight(d);
	seconds = of_day / SECOND;
	n = snprintf(out, MN_ISO_ROOM, "%04d-%02d-%02dT%02d:%02d:%02d", d.year, d.month, d.day,
		(int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
	if (of_day % SECOND)
		n += snprintf(out + n, MN_ISO_ROOM - (size_t)n, ".%06d", (int)(of_day % SECOND));
	out[n++] = 'Z';
	out[n] = '\0';
	return (size_t)n;
}
