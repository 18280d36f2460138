/* SPDX-License-Identifier: MIT */
#include "exchange/repair.h"

#include <utf8proc.h>

#include "base/str.h"

#define REPLACEMENT "\xef\xbf\xbd"

static bool plain_at(mn_str s, size_t at)
{
	return (unsigned char)s.ptr[at] - 1u < 127;
}

/* The number of four hexadecimal digits behind a \u, or -1. */
static int unit_at(mn_str s, size_t at)
{
	int n = 0;

	if (!mn_str_starts(mn_str_sub(s, at, 2), "\\u") || s.len - at < 6)
		return -1;
	for (size_t i = at + 2; i < at + 6; i++) {
		char c = s.ptr[i];
		int digit = c >= '0' && c <= '9'                 ? c - '0'
			    : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
								 : -1;

		if (digit < 0)
			return -1;
		n = n * 16 + digit;
	}
	return n;
}

/* How long the escape at the backslash is, and whether it names a character. */
static size_t escape_at(mn_str s, size_t at, bool *good)
{
	int unit = unit_at(s, at), next;

	*good = true;
	if (unit < 0) /* an escape of two characters, of which only the first may be a backslash */
		return s.len - at >= 2 && plain_at(s, at + 1) ? 2 : 1;
	if (unit < 0xD800 || unit > 0xDFFF) {
		*good = unit != 0;
		return 6;
	}
	next = unit_at(s, at + 6);
	*good = unit <= 0xDBFF && next >= 0xDC00 && next <= 0xDFFF;
	return *good ? 12 : 6;
}

/* How long the character at `at` is, and whether it is one. */
static size_t character_at(mn_str s, size_t at, bool *good)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	if (plain_at(s, at)) {
		*good = true;
		return 1;
	}
	n = utf8proc_iterate(
		(const utf8proc_uint8_t *)s.ptr + at, (utf8proc_ssize_t)(s.len - at), &c);
	*good = n > 0 && c != 0;
	return n > 0 ? (size_t)n : 1;
}

int mn_text_repair(mn_str s, bool json, mn_buf *out)
{
	for (size_t at = 0, n; at < s.len; at += n) {
		bool good;

		n = json && s.ptr[at] == '\\' ? escape_at(s, at, &good)
					      : character_at(s, at, &good);
		if (good)
			mn_buf_add(out, s.ptr + at, n);
		else
			mn_buf_text(out, REPLACEMENT);
	}
	return mn_buf_ok(out) ? MN_OK : MN_ENOMEM;
}
