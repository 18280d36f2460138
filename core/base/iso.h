/* SPDX-License-Identifier: MIT */
/*
 * iso.h - moments as text, after ISO 8601, in the proleptic Gregorian calendar, years 1 to 9999.
 * Any thread; nothing is allocated.
 */
#ifndef MN_BASE_ISO_H
#define MN_BASE_ISO_H

#include "mn.h"

typedef struct mn_date {
	int year, month, day; /* month and day count from 1 */
} mn_date;

enum { MN_ISO_ROOM = 32 }; /* what mn_iso_write needs at most, terminator included */

/*
 * Reads "2023-05-08", "2023-05-08T13:56", "2023-05-08 13:56:07.25", each with "Z", "+02",
 * "+0200" or "+02:00" behind the time, or nothing for UTC. False, and out untouched: it is
 * anything else, or a day that does not exist.
 */
bool mn_iso_read(mn_str, mn_time *out);

/* "2023-05-08T13:56:07Z", with six decimals where there are microseconds; reads back to the same
 * moment. Out of range: the nearest year there is. Returns the length. */
size_t mn_iso_write(mn_time, char out[MN_ISO_ROOM]);

/* The day a moment lies in (UTC), and the moment a day begins. */
mn_date mn_iso_date(mn_time);
mn_time mn_iso_midnight(mn_date);

#endif
