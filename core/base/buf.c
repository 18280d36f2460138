/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Room for n more bytes; false, and stuck, if there cannot be. */
static bool make_room(mn_buf *b, size_t n)
{
	size_t want;
	void *grown = b->ptr;

	if (b->failed)
		return false;
	b->full = __builtin_add_overflow(b->len, n, &want) || want > b->max;
	if (b->full || mn_grow(&grown, &b->cap, want, 1, b->max) != MN_OK) {
		b->failed = true;
		return false;
	}
	b->ptr = grown;
	return true;
}

void mn_buf_add(mn_buf *b, const void *bytes, size_t n)
{
	if (n == 0 || !make_room(b, n))
		return;
	memcpy(b->ptr + b->len, bytes, n);
	b->len += n;
}

void mn_buf_str(mn_buf *b, mn_str s)
{
	mn_buf_add(b, s.ptr, s.len);
}

void mn_buf_text(mn_buf *b, const char *s)
{
	mn_buf_add(b, s, strlen(s));
}

void mn_buf_char(mn_buf *b, char c)
{
	mn_buf_add(b, &c, 1);
}

void mn_buf_printf(mn_buf *b, const char *fmt, ...)
{
	char small[256];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(small, sizeof(small), fmt, args);
	va_end(args);
	if (n < 0) {
		b->failed = true;
		return;
	}
	if ((size_t)n < sizeof(small)) {
		mn_buf_add(b, small, (size_t)n);
		return;
	}
	if (!make_room(b, (size_t)n + 1))
		return;
	va_start(args, fmt);
	vsnprintf(b->ptr + b->len, (size_t)n + 1, fmt, args);
	va_end(args);
	b->len += (size_t)n;
}

static void json_char(mn_buf *b, unsigned char c)
{
	static const char *const named[32] = {
		['\b'] = "\\b", ['\f'] = "\\f", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t"};

	if (c == '"' || c == '\\') {
		mn_buf_char(b, '\\');
		mn_buf_char(b, (char)c);
	} else if (c < 32 && named[c]) {
		mn_buf_text(b, named[c]);
	} else {
		mn_buf_printf(b, "\\u%04x", c);
	}
}

void mn_buf_json(mn_buf *b, mn_str s)
{
	size_t from = 0;

	mn_buf_char(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c >= 32 && c != '"' && c != '\\' && c != 127)
			continue;
		mn_buf_add(b, s.ptr + from, i - from);
		json_char(b, c);
		from = i + 1;
	}
	mn_buf_add(b, s.ptr + from, s.len - from);
	mn_buf_char(b, '"');
}

/*
 * A number of few digits, as most weights are, without printf: x is n / 10^k where both are exact,
 * so that the quotient, rounded once, is what a reader of those digits gets. False: not so few.
 */
static bool few_digits(mn_buf *b, double x)
{
	static const double tens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
	const double most = 1e9, size = fabs(x);
	char text[32];
	char *at = text + sizeof(text);
	double n = 0;
	int k = 0;

	if (!(size >= 1e-4 && size < most) && size != 0)
		return false;
	for (; k < 10; k++) {
		n = rint(size * tens[k]);
		if (n / tens[k] == size)
			break;
	}
	if (k == 10 || n >= 1e15) /* printf's %.15g would say the same up to there */
		return false;
	for (uint64_t digits = (uint64_t)n; digits || k >= 0; digits /= 10, k--) {
		*--at = (char)('0' + digits % 10);
		if (k == 1)
			*--at = '.';
	}
	if (x < 0)
		*--at = '-';
	mn_buf_add(b, at, (size_t)(text + sizeof(text) - at));
	return true;
}

void mn_buf_number(mn_buf *b, double x)
{
	char text[40];

	if (!isfinite(x)) {
		mn_buf_text(b, "null");
		return;
	}
	if (x == 0)
		x = 0; /* no minus zero */
	if (few_digits(b, x))
		return;
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, x);
		if (digits == 17 || strtod(text, NULL) == x)
			break;
	}
	/* A program may have chosen a locale with a decimal comma. */
	for (char *comma = strchr(text, ','); comma; comma = NULL)
		*comma = '.';
	mn_buf_text(b, text);
}

bool mn_buf_ok(const mn_buf *b)
{
	return !b->failed;
}

mn_str mn_buf_view(const mn_buf *b)
{
	return (mn_str){b->ptr, b->len};
}

void mn_buf_clear(mn_buf *b)
{
	b->len = 0;
	b->failed = b->full = false;
}

void mn_buf_free(mn_buf *b)
{
	mn_free(b->ptr);
	*b = MN_BUF(b->max);
}
