/* SPDX-License-Identifier: MIT */
/* str.h - small things one does with mn_str. */
#ifndef MN_BASE_STR_H
#define MN_BASE_STR_H

#include <string.h>

#include "mn.h"

static inline mn_str mn_str_of(const char *s)
{
	return (mn_str){s, s ? strlen(s) : 0};
}

static inline bool mn_str_eq(mn_str a, mn_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool mn_str_is(mn_str a, const char *b)
{
	return mn_str_eq(a, mn_str_of(b));
}

/* Byte order, shorter first: -1, 0, 1 or so. */
static inline int mn_str_cmp(mn_str a, mn_str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.ptr, b.ptr, n) : 0;

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

/* Nothing but white space, or nothing at all. */
static inline bool mn_str_blank(mn_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!s.ptr[i] || !strchr(" \t\r\n\f\v", s.ptr[i]))
			return false;
	return true;
}

static inline bool mn_str_starts(mn_str a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.len >= n && memcmp(a.ptr, prefix, n) == 0;
}

/* From byte `at` on, at most `len` bytes. */
static inline mn_str mn_str_sub(mn_str a, size_t at, size_t len)
{
	at = at < a.len ? at : a.len;
	return (mn_str){a.ptr + at, len < a.len - at ? len : a.len - at};
}

/* For printf's "%.*s", cut at 80 bytes. */
#define MN_FMT(s) (int)((s).len < 80 ? (s).len : 80), (s).ptr ? (s).ptr : ""

#endif
