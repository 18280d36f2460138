/* SPDX-License-Identifier: MIT */
/* until.h - the end of a wait, as the timed waits of pthread take it: on the clock of the day. */
#ifndef MN_BASE_UNTIL_H
#define MN_BASE_UNTIL_H

#include <stdint.h>
#include <time.h>

static inline struct timespec mn_until_ns(uint64_t ns)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	ns += (uint64_t)t.tv_nsec;
	t.tv_sec += (time_t)(ns / 1000000000);
	t.tv_nsec = (long)(ns % 1000000000);
	return t;
}

static inline struct timespec mn_until_ms(uint64_t ms)
{
	return mn_until_ns(ms * 1000000);
}

#endif
