/* SPDX-License-Identifier: MIT */
/* peek.c - values of a JSON text where they stand, without memory. */
#include "peek.h"

#include <string.h>

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

/* Behind the quotation mark that ends a string; NULL: none does. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end; p++) {
		if (*p == '"')
			return p + 1;
		if (*p == '\\')
			p++;
	}
	return NULL;
}

/* Behind the bracket that closes the one at p; which kind closes which is not looked at. */
static const char *skip_nested(const char *p, const char *end)
{
	size_t depth = 0;

	while (p && p < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		depth += *p == '{' || *p == '[';
		depth -= *p == '}' || *p == ']';
		p++;
		if (depth == 0)
			return p;
	}
	return NULL;
}

static const char *skip_word(const char *p, const char *end)
{
	while (p < end && !strchr(",]} \n\r\t", *p))
		p++;
	return p;
}

static struct peek value_at(const char *p, const char *end)
{
	const char *behind;

	p = skip_space(p, end);
	if (p == end)
		return (struct peek){0};
	if (*p == '"')
		behind = skip_string(p, end);
	else if (*p == '{' || *p == '[')
		behind = skip_nested(p, end);
	else
		behind = skip_word(p, end);
	return behind ? (struct peek){p, (size_t)(behind - p)} : (struct peek){0};
}

struct peek peek_text(mn_str text)
{
	return text.len ? value_at(text.ptr, text.ptr + text.len) : (struct peek){0};
}

bool peek_is(struct peek v, char first)
{
	return v.n && *v.at == first;
}

/* The value behind another one and the character between; an empty one: there is none. */
static struct peek behind(struct peek list, struct peek v, char between)
{
	const char *end = list.at + list.n - 1, *p = skip_space(v.at + v.n, end);

	return p < end && *p == between ? value_at(p + 1, end) : (struct peek){0};
}

static struct peek first_of(struct peek list)
{
	return value_at(list.at + 1, list.at + list.n - 1);
}

struct peek peek_member(struct peek object, const char *name)
{
	const size_t n = strlen(name);
	struct peek key = {0}, value = {0};

	if (peek_is(object, '{'))
		key = first_of(object);
	while (key.n) {
		value = behind(object, key, ':');
		if (!value.n || (key.n == n + 2 && memcmp(key.at + 1, name, n) == 0))
			return value;
		key = behind(object, value, ',');
	}
	return (struct peek){0};
}

struct peek peek_item(struct peek array, size_t i)
{
	struct peek v = {0};

	if (peek_is(array, '['))
		v = first_of(array);
	for (; i && v.n; i--)
		v = behind(array, v, ',');
	return v;
}

size_t peek_count(struct peek array)
{
	size_t n = 0;

	for (struct peek v = peek_item(array, 0); v.n; v = behind(array, v, ','))
		n++;
	return n;
}

int64_t peek_int(struct peek v, bool *bad)
{
	const bool minus = peek_is(v, '-');
	uint64_t sum = 0;

	if (peek_is(v, 'n'))
		return 0;
	*bad |= v.n == (size_t)minus || v.n > 19 + (size_t)minus;
	for (size_t i = minus; i < v.n && !*bad; i++) {
		*bad |= v.at[i] < '0' || v.at[i] > '9';
		sum = sum * 10 + (uint64_t)(v.at[i] - '0');
	}
	*bad |= sum > INT64_MAX;
	return *bad ? 0 : minus ? -(int64_t)sum : (int64_t)sum;
}

mn_str peek_raw(struct peek v)
{
	return peek_is(v, '"') ? (mn_str){v.at + 1, v.n - 2} : (mn_str){0};
}

/* ---- Escapes --------------------------------------------------------------------------------- */

static bool read_hex(const char *p, size_t left, uint32_t *out)
{
	*out = 0;
	for (size_t i = 0; i < 4 && left >= 4; i++) {
		const char c = p[i];
		const int digit = c >= '0' && c <= '9'   ? c - '0'
				  : c >= 'a' && c <= 'f' ? c - 'a' + 10
				  : c >= 'A' && c <= 'F' ? c - 'A' + 10
							 : -1;

		if (digit < 0)
			return false;
		*out = *out << 4 | (uint32_t)digit;
	}
	return left >= 4;
}

/* uXXXX at p, or two of them that are one character: how many bytes of it were read; 0: it is
 * none. */
static size_t read_unicode(const char *p, size_t left, uint32_t *out)
{
	uint32_t low;

	if (left < 5 || !read_hex(p + 1, left - 1, out))
		return 0;
	if (*out < 0xd800 || *out > 0xdfff)
		return 5;
	if (*out > 0xdbff || left < 11 || p[5] != '\\' || p[6] != 'u'
		|| !read_hex(p + 7, left - 7, &low) || low < 0xdc00 || low > 0xdfff)
		return 0;
	*out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
	return 11;
}

static size_t write_utf8(uint32_t c, char out[4])
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	const size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[n] | c);
	return n;
}

/* The character that the escape at p, behind its backslash, stands for. */
static size_t read_escape(const char *p, size_t left, char out[4], size_t *n)
{
	static const char names[] = "\"\\/bfnrt", chars[] = "\"\\/\b\f\n\r\t";
	const char *at = left && *p ? strchr(names, *p) : NULL;
	uint32_t c;
	size_t took;

	*n = 1;
	if (at) {
		out[0] = chars[at - names];
		return 1;
	}
	took = left && *p == 'u' ? read_unicode(p, left, &c) : 0;
	if (took)
		*n = write_utf8(c, out);
	return took;
}

size_t peek_str(struct peek v, char *out, size_t room)
{
	const mn_str raw = peek_raw(v);
	size_t len = 0;

	if (!peek_is(v, '"'))
		return SIZE_MAX;
	for (size_t i = 0; i < raw.len;) {
		char c[4] = {raw.ptr[i]};
		size_t n = 1, took = 1;

		if (raw.ptr[i] == '\\') {
			took = read_escape(raw.ptr + i + 1, raw.len - i - 1, c, &n);
			if (!took)
				return SIZE_MAX;
			took++;
		}
		if (n > room - len)
			return SIZE_MAX;
		memcpy(out + len, c, n);
		len += n;
		i += took;
	}
	return len;
}
