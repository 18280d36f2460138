/* SPDX-License-Identifier: MIT */
/* text.c - a request in the making: JSON, written as it will be sent. */
#include "text.h"

#include <stdio.h>
#include <string.h>

void text_free(struct text *t)
{
	t->host->resize(t->host, t->at, 0);
	*t = (struct text){.host = t->host};
}

static bool room_for(struct text *t, size_t more)
{
	size_t cap = t->cap ? t->cap : 1024;
	char *at;

	if (t->failed)
		return false;
	if (more <= t->cap - t->n)
		return true;
	while (cap - t->n < more && cap < TEXT_CEILING)
		cap *= 2;
	at = cap - t->n >= more ? t->host->resize(t->host, t->at, cap) : NULL;
	if (!at) {
		t->failed = true;
		return false;
	}
	t->at = at;
	t->cap = cap;
	return true;
}

void text_raw(struct text *t, const char *s, size_t n)
{
	if (n && room_for(t, n)) {
		memcpy(t->at + t->n, s, n);
		t->n += n;
	}
}

void text_say(struct text *t, const char *s)
{
	text_raw(t, s, strlen(s));
}

void text_quoted(struct text *t, mn_str s)
{
	size_t done = 0;

	for (size_t i = 0; i < s.len; i++) {
		const unsigned char c = (unsigned char)s.ptr[i];
		char escaped[8];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		text_raw(t, s.ptr + done, i - done);
		snprintf(escaped, sizeof(escaped), c < 0x20 ? "\\u%04x" : "\\%c", c);
		text_say(t, escaped);
		done = i + 1;
	}
	if (done < s.len)
		text_raw(t, s.ptr + done, s.len - done);
}

static void comma(struct text *t)
{
	if (t->again)
		text_raw(t, ",", 1);
	t->again = true;
}

void text_open(struct text *t, char bracket)
{
	comma(t);
	text_raw(t, &bracket, 1);
	t->again = false;
}

void text_close(struct text *t, char bracket)
{
	text_raw(t, &bracket, 1);
	t->again = true;
}

void text_name(struct text *t, const char *name)
{
	comma(t);
	text_raw(t, "\"", 1);
	text_say(t, name);
	text_raw(t, "\":", 2);
	t->again = false;
}

void text_null(struct text *t)
{
	comma(t);
	text_raw(t, "null", 4);
}

void text_bool(struct text *t, bool b)
{
	comma(t);
	text_say(t, b ? "true" : "false");
}

void text_int(struct text *t, int64_t v)
{
	char digits[24];

	comma(t);
	snprintf(digits, sizeof(digits), "%lld", (long long)v);
	text_say(t, digits);
}

void text_real(struct text *t, double v)
{
	char digits[40];

	comma(t);
	snprintf(digits, sizeof(digits), "%.17g", v);
	text_say(t, digits);
	if (!strpbrk(digits, ".e"))
		text_raw(t, ".0", 2);
}

void text_str(struct text *t, mn_str s)
{
	comma(t);
	text_raw(t, "\"", 1);
	text_quoted(t, s);
	text_raw(t, "\"", 1);
}

void text_some(struct text *t, mn_str s)
{
	if (s.len)
		text_str(t, s);
	else
		text_null(t);
}

void text_nonzero(struct text *t, int64_t v)
{
	if (v)
		text_int(t, v);
	else
		text_null(t);
}

void text_ids(struct text *t, mn_ids ids)
{
	text_open(t, '[');
	for (size_t i = 0; i < ids.n; i++)
		text_int(t, (int64_t)ids.at[i]);
	text_close(t, ']');
}
