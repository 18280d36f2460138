/* SPDX-License-Identifier: MIT */
/* plain.c - the one sanitiser: what leaves for a terminal, a log or an error passes here. */
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "mn.h"

/* Bidirectional controls, zero-width and format characters, tags, separators, noncharacters: they
 * change how other text is shown without being seen (Unicode Standard Annex 9; Trojan Source). */
static bool hidden(utf8proc_int32_t c)
{
	utf8proc_category_t cat = utf8proc_category(c);

	return cat == UTF8PROC_CATEGORY_CC || cat == UTF8PROC_CATEGORY_CF
	       || cat == UTF8PROC_CATEGORY_ZL || cat == UTF8PROC_CATEGORY_ZP
	       || cat == UTF8PROC_CATEGORY_CN || cat == UTF8PROC_CATEGORY_CO
	       || (c >= 0xFE00 && c <= 0xFE0F) || c == 0x115F || c == 0x1160 || c == 0x3164
	       || c == 0xFFA0;
}

/* The shown form of the character at text (n bytes left): written to out[12]; *used bytes eaten. */
static size_t show(const char *text, size_t n, char out[12], size_t *used)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t len = utf8proc_iterate(
		(const utf8proc_uint8_t *)text, (utf8proc_ssize_t)n, &c);

	if (len <= 0) {
		*used = 1;
		return (size_t)snprintf(out, 12, "\\x%02x", (unsigned char)*text);
	}
	*used = (size_t)len;
	if (c == '\n' || c == '\t') {
		*out = ' ';
		return 1;
	}
	if (c < 32 || (c >= 127 && c < 160))
		return (size_t)snprintf(out, 12, "\\x%02x", (unsigned)c);
	if (hidden(c))
		return (size_t)snprintf(out, 12, "<U+%04X>", (unsigned)c);
	memcpy(out, text, *used);
	return *used;
}

size_t mn_text_plain(mn_str text, char *out, size_t room)
{
	size_t at = 0, len = 0, used;
	char shown[12];

	if (room == 0)
		return 0;
	while (at < text.len) {
		size_t n = show(text.ptr + at, text.len - at, shown, &used);

		if (n >= room - len)
			break;
		memcpy(out + len, shown, n);
		len += n;
		at += used;
	}
	out[len] = '\0';
	return len;
}

bool mn_text_valid(mn_str text)
{
	size_t at = 0;

	if (text.len && memchr(text.ptr, 0, text.len))
		return false;
	while (at < text.len) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n;

		if (!(text.ptr[at] & 0x80)) {
			at++;
			continue;
		}
		n = utf8proc_iterate((const utf8proc_uint8_t *)text.ptr + at,
			(utf8proc_ssize_t)(text.len - at), &c);
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}
