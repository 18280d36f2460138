/* SPDX-License-Identifier: MIT */
/*
 * when.h - the dates that a question asks about, and how well a memory's own date fits them.
 *
 * Read from words by the rules of a language: "in May 2023", "the 5th of May", "2023-05-08", "two
 * weeks ago", "last Friday". Days are counted from 1970-01-01, UTC (mn_day_of). Nothing is
 * allocated; any thread.
 */
#ifndef MN_TEXT_WHEN_H
#define MN_TEXT_WHEN_H

#include "mn.h"

enum mn_when_kind {
	MN_WHEN_DAYS,     /* from day `first` to day `last` */
	MN_WHEN_EACH_DAY, /* this month and day of whatever year */
	MN_WHEN_MONTH,    /* this month, of `year` if it is not 0 */
	MN_WHEN_YEAR,
};

typedef struct mn_when {
	int kind;
	int year, month, day;
	int64_t first, last;
} mn_when;

/*
 * How well a memory of that moment fits, 0..1, after the measured recipe: with x days from the
 * date to the memory, 1 for x in -1..3 (people tell soon after), 0.6 for -3..-2 and 4..14; a month
 * 1, the month after it 0.5; a year 1. Of several dates the best counts.
 */
double mn_when_level(const mn_when *, size_t n, mn_time moment);

#endif
