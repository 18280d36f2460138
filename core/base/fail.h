/* SPDX-License-Identifier: MIT */
/* fail.h - how an error is recorded, and how a call is found to be over. */
#ifndef MN_BASE_FAIL_H
#define MN_BASE_FAIL_H

#include <stdarg.h>

#include "mn.h"

/* Writes the error and returns code. The finished sentence is made plain (mn_text_plain), so
 * untrusted arguments are welcome; long ones should be cut by the format (%.*s, at most 80). */
int mn_fail(mn_call *, int code, int native, const char *fmt, ...) MN_PRINTF(4, 5);
int mn_vfail(mn_call *, int code, int native, const char *fmt, va_list);
int mn_error_set(mn_error *, int code, int native, const char *fmt, ...) MN_PRINTF(4, 5);

int mn_fail_memory(
	mn_call *); /* MN_ENOMEM, "out of memory", or that the call's ceiling was reached */
bool mn_cancelled(const mn_call *);
int mn_fail_cancelled(mn_call *); /* MN_ECANCELLED or MN_ETIMEOUT */

/* MN_OK, or the cancellation, recorded: for loops. */
static inline int mn_check(mn_call *call)
{
	return mn_cancelled(call) ? mn_fail_cancelled(call) : MN_OK;
}

/* A call for work within `of`: its token, deadline and error, an arena of its own with a ceiling as
 * of mn_call_init. MN_ENOMEM, recorded. mn_call_done it either way. */
int mn_call_within(mn_call *, mn_call *of, size_t limit);

/* An allocation from the call's arena, failing into the call. */
void *mn_call_alloc(mn_call *, size_t bytes);
void *mn_call_array(mn_call *, size_t n, size_t size);
mn_str mn_call_copy(mn_call *, mn_str);

#endif
