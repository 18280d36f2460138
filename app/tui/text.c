/* SPDX-License-Identifier: MIT */
#include "tui/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "base/str.h"

static const struct {
	wchar_t from, to;
	char as;
} stand_ins[] = {
	{0x00B7, 0x00B7, '.'},
	{0x00D7, 0x00D7, 'x'},
	{0x2013, 0x2014, '-'},
	{0x201C, 0x201D, '"'},
	{0x2016, 0x2016, '|'},
	{0x2026, 0x2026, '~'},
	{0x2190, 0x2190, '<'},
	{0x2191, 0x2191, '^'},
	{0x2192, 0x2192, '>'},
	{0x2193, 0x2193, 'v'},
	{0x21B5, 0x21B5, '<'},
	{0x23CE, 0x23CE, '<'},
	{0x2500, 0x2500, '-'},
	{0x2501, 0x2501, '='},
	{0x2502, 0x2503, '|'},
	{0x2504, 0x2505, '-'},
	{0x2506, 0x2507, '|'},
	{0x2508, 0x2509, '-'},
	{0x250A, 0x250B, '|'},
	{0x250C, 0x254B, '+'},
	{0x254C, 0x254D, '-'},
	{0x254E, 0x254F, '|'},
	{0x2550, 0x2550, '='},
	{0x2551, 0x2551, '|'},
	{0x2552, 0x256C, '+'},
	{0x256D, 0x2570, '+'},
	{0x2571, 0x2571, '/'},
	{0x2572, 0x2572, '\\'},
	{0x2573, 0x2573, 'x'},
	{0x2574, 0x257F, '-'},
	{0x2581, 0x2582, '.'},
	{0x2583, 0x2584, ':'},
	{0x2585, 0x2586, '='},
	{0x2587, 0x2588, '#'},
	{0x2589, 0x258B, '#'},
	{0x258C, 0x258D, '='},
	{0x258E, 0x258F, '-'},
	{0x2591, 0x2591, '.'},
	{0x2592, 0x2592, ':'},
	{0x2593, 0x2593, '#'},
	{0x25AE, 0x25AE, '|'},
	{0x25B2, 0x25B2, '^'},
	{0x25B4, 0x25B4, '^'},
	{0x25B6, 0x25B8, '>'},
	{0x25BC, 0x25BE, 'v'},
	{0x25C0, 0x25C2, '<'},
	{0x25C6, 0x25C6, '*'},
	{0x25CB, 0x25CB, 'o'},
	{0x25CC, 0x25CC, '.'},
	{0x25CF, 0x25CF, '@'},
	{0x25D0, 0x25D3, 'O'},
	{0x2605, 0x2605, '*'},
	{0x2713, 0x2713, '+'},
	{0x2717, 0x2717, 'x'},
};

/* A braille pattern by how full it is: eight dots, a byte's bits. */
static wchar_t braille_ascii(wchar_t c)
{
	return " ..::=*##"[__builtin_popcount((unsigned)c & 0xff)];
}

wchar_t mn_glyph_ascii(wchar_t c)
{
	if (c < 0x80)
		return c;
	if (c >= 0x2800 && c <= 0x28FF)
		return braille_ascii(c);
	for (size_t i = 0; i < sizeof(stand_ins) / sizeof(*stand_ins); i++)
		if (c >= stand_ins[i].from && c <= stand_ins[i].to)
			return stand_ins[i].as;
	return c;
}

wchar_t mn_glyph_narrow(wchar_t c)
{
	utf8proc_int32_t parts[18];
	wchar_t as = mn_glyph_ascii(c);
	int bound = 0;
	utf8proc_ssize_t n;

	if (as < 0x80)
		return as;
	n = utf8proc_decompose_char(
		(utf8proc_int32_t)c, parts, 18, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &bound);
	return n > 0 && parts[0] < 0x80 ? parts[0] : '?';
}

int mn_glyph_width(wchar_t c)
{
	int w;

	if (c >= 0x20 && c < 0x7f)
		return 1;
	w = utf8proc_charwidth((utf8proc_int32_t)c);
	return w == wcwidth(c) ? w : -1;
}

/* Columns of the character at text.ptr[at]; *used: its bytes. What is not plain counts as its
 * escape. */
static int width_at(mn_str text, size_t at, size_t *used)
{
	unsigned char first = (unsigned char)text.ptr[at];
	utf8proc_int32_t c;
	utf8proc_ssize_t n;
	char plain[16];
	size_t shown;
	int w;

	*used = 1;
	if (first >= 0x20 && first < 0x7f)
		return 1;
	n = utf8proc_iterate(
		(const utf8proc_uint8_t *)text.ptr + at, (utf8proc_ssize_t)(text.len - at), &c);
	*used = n > 0 ? (size_t)n : 1;
	shown = mn_text_plain((mn_str){text.ptr + at, *used}, plain, sizeof(plain));
	if (shown != *used || memcmp(plain, text.ptr + at, shown) != 0)
		return (int)shown; /* an escape is ASCII */
	w = mn_glyph_width((wchar_t)c);
	return w < 0 ? 1 : w;
}

int mn_text_width(mn_str text)
{
	size_t used;
	int width = 0;

	for (size_t at = 0; at < text.len; at += used)
		width += width_at(text, at, &used);
	return width;
}

/* How many bytes from the beginning fit. */
static size_t fit(mn_str text, int width)
{
	size_t at = 0, used;

	while (at < text.len && (width -= width_at(text, at, &used)) >= 0)
		at += used;
	return at;
}

/* Where the end begins that fits. */
static size_t fit_end(mn_str text, int width)
{
	size_t at = 0, used;

	for (int left = mn_text_width(text) - width; at < text.len && left > 0; at += used)
		left -= width_at(text, at, &used);
	return at;
}

void mn_text_brief(mn_str text, char *out, size_t room)
{
	static const char more[] = "…";
	char whole[256]; /* with room for the longest escape: what is cut here is too long there */
	bool fits = mn_text_plain(text, whole, room + 16) < room;
	size_t n = mn_text_plain(text, out, fits ? room : room - strlen(more));

	if (!fits)
		memcpy(out + n, more, sizeof(more));
}

const char *mn_text_middle(mn_str plain, int width, char *out, size_t room)
{
	mn_str head = plain, tail = {0};
	int more;

	if (mn_text_width(plain) > width) {
		head.len = fit(plain, width > 1 ? width / 2 : 0);
		more = width - 1 - mn_text_width(head);
		tail = mn_str_sub(plain, fit_end(plain, more > 0 ? more : 0), plain.len);
	}
	snprintf(out, room, "%.*s%s%.*s", (int)head.len, head.len ? head.ptr : "",
		head.len < plain.len ? "…" : "", (int)tail.len, tail.len ? tail.ptr : "");
	return out;
}

static size_t skip_spaces(mn_str text, size_t at)
{
	while (at < text.len && text.ptr[at] == ' ')
		at++;
	return at;
}

mn_str mn_text_line(mn_str text, int width, size_t *at)
{
	size_t start = *at, i = start, space = 0, used;
	int columns = 0;
	bool ink = false; /* what is indented does not begin with an empty line */

	for (; i < text.len && text.ptr[i] != '\n'; i += used) {
		int w = width_at(text, i, &used);

		if (text.ptr[i] == ' ' && ink)
			space = i;
		ink |= text.ptr[i] != ' ';
		if (columns + w > width && i > start)
			break;
		columns += w;
	}
	if (i < text.len && text.ptr[i] == '\n') {
		*at = i + 1;
		return mn_str_sub(text, start, i - start);
	}
	if (i < text.len && space > start) {
		*at = skip_spaces(text, space);
		return mn_str_sub(text, start, space - start);
	}
	*at = i;
	return mn_str_sub(text, start, i - start);
}

const char *mn_text_count(uint64_t n, char *out, size_t room)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	size_t at = 0;

	for (int i = 0; i < len && at + 2 < room; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}

const char *mn_text_bytes(uint64_t n, char *out, size_t room)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	double size = (double)n;
	int unit = 0;

	while (size >= 999.5 && unit < 4) {
		size /= 1000;
		unit++;
	}
	snprintf(out, room, size < 9.95 && unit ? "%.1f %s" : "%.0f %s", size, units[unit]);
	return out;
}

const char *mn_text_span(uint64_t us, char *out, size_t room)
{
	double ms = (double)us / 1000;

	if (ms < 9.995)
		snprintf(out, room, "%.2f ms", ms);
	else if (ms < 999.5)
		snprintf(out, room, "%.0f ms", ms);
	else if (ms < 99950)
		snprintf(out, room, "%.1f s", ms / 1000);
	else
		snprintf(out, room, "%.0f min", ms / 60000);
	return out;
}

const char *mn_text_ago(mn_time now, mn_time then, char *out, size_t room)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = {{31557600, "y"}, {2629800, "mo"}, {86400, "d"}, {3600, "h"}, {60, "min"}};
	int64_t s = (now - then) / 1000000;

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (s < units[i].seconds)
			continue;
		snprintf(
			out, room, "%lld %s ago", (long long)(s / units[i].seconds), units[i].name);
		return out;
	}
	snprintf(out, room, "%s", s < -60 ? "in the future" : "just now");
	return out;
}

const char *mn_text_weight(double w, char *out, size_t room)
{
	if (!isfinite(w))
		snprintf(out, room, "?");
	else if (fabs(w) >= 99.5)
		snprintf(out, room, "%.0f", w);
	else if (fabs(w) >= 9.995)
		snprintf(out, room, "%.1f", w);
	else if (w >= 0 && w < .995)
		snprintf(out, room, ".%02d", (int)lround(w * 100));
	else
		snprintf(out, room, "%.2f", w);
	return out;
}
