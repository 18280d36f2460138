/* SPDX-License-Identifier: MIT */
#include "server/guard.h"

#include <strings.h>

#include "base/str.h"

static const struct {
	const char *name, *detail;
	unsigned status;
} rejects[MN_REJECTS] = {
	[MN_REJECT_NONE] = {"none", "", 200},
	[MN_REJECT_CONTROL] = {"control", "there is a control character in the head", 400},
	[MN_REJECT_LINE_END] = {"line-end", "a line does not end with CR LF", 400},
	[MN_REJECT_FOLD] = {"fold", "a line of the head begins with a space", 400},
	[MN_REJECT_LINE] = {"request-line", "the request line is malformed", 400},
	[MN_REJECT_VERSION] = {"version", "only HTTP/1.1 and HTTP/1.0 are spoken here", 400},
	[MN_REJECT_TARGET] = {"target", "the target has to be a path", 400},
	[MN_REJECT_FIELD] = {"field", "a header field is malformed", 400},
	[MN_REJECT_TWICE] = {"twice", "a header field stands twice that may stand once", 400},
	[MN_REJECT_HOST] = {"host", "Host is missing, malformed or there twice", 400},
	[MN_REJECT_LENGTH] = {"length",
		"Content-Length is malformed, there twice, or beside "
		"a Transfer-Encoding",
		400},
	[MN_REJECT_CODING] = {"coding", "the only Transfer-Encoding is chunked, once", 400},
	[MN_REJECT_CHUNK] = {"chunk", "the chunked body is malformed", 400},
	[MN_REJECT_PARSER] = {"parser", "this is no request", 400},
	[MN_REJECT_EXPECT] = {"expect", "only 100-continue can be expected", 417},
	[MN_REJECT_LINE_LONG] = {"line-long", "the request line is longer than 8 KiB", 414},
	[MN_REJECT_HEAD_LONG] = {"head-long", "the head is larger than 16 KiB or 100 fields", 431},
	[MN_REJECT_BODY_LONG] = {"body-long", "the body is larger than this route takes", 413},
	[MN_REJECT_SLOW] = {"slow", "the request came in too slowly", 408},
	[MN_REJECT_FULL] = {"full", "too much is going on: try again in a moment", 503},
	[MN_REJECT_RATE] = {"rate", "too many requests: slow down", 429},
	[MN_REJECT_MISDIRECTED] = {"misdirected",
		"this server does not go by that name: start it with --host NAME", 421},
	[MN_REJECT_ORIGIN] = {"origin",
		"pages of that origin are not welcome: start the server with --origin", 403},
	[MN_REJECT_TOKEN] = {"token", "a token is needed: Authorization: Bearer TOKEN", 401},
	[MN_REJECT_RIGHT] = {"right", "the token does not allow this", 403},
};

const char *mn_reject_name(int why)
{
	return rejects[why].name;
}

unsigned mn_reject_status(int why)
{
	return rejects[why].status;
}

const char *mn_reject_detail(int why)
{
	return rejects[why].detail;
}

/* ---- The head, byte by byte --------------------------------------------------------------- */

/* A line has ended before the byte at g->at. */
static int end_line(mn_guard *g, const char *in, size_t *end)
{
	size_t length = g->at - g->line; /* with CR LF */

	if (g->lines == 0 && length == 2)
		return MN_REJECT_LINE;
	if (g->lines > 0 && length == 2) {
		*end = g->at;
		return MN_REJECT_NONE;
	}
	if (g->lines > 0 && (in[g->line] == ' ' || in[g->line] == '\t'))
		return MN_REJECT_FOLD;
	g->line = g->at;
	return ++g->lines > MN_GUARD_FIELDS + 1 ? MN_REJECT_HEAD_LONG : MN_REJECT_NONE;
}

static int too_long(const mn_guard *g)
{
	if (g->lines == 0 && g->at > MN_GUARD_LINE)
		return MN_REJECT_LINE_LONG;
	return g->at > MN_GUARD_HEAD ? MN_REJECT_HEAD_LONG : MN_REJECT_NONE;
}

int mn_guard_scan(mn_guard *g, const char *in, size_t n, size_t *end)
{
	int why = MN_REJECT_NONE;

	*end = 0;
	while (why == MN_REJECT_NONE && !*end && g->at < n) {
		unsigned char c = (unsigned char)in[g->at];
		bool after_cr = g->at > g->line && in[g->at - 1] == '\r';

		if (after_cr != (c == '\n'))
			return MN_REJECT_LINE_END;
		if ((c < ' ' && c != '\r' && c != '\n' && c != '\t') || c == 0x7f)
			return MN_REJECT_CONTROL;
		g->at++;
		why = too_long(g);
		if (why == MN_REJECT_NONE && c == '\n')
			why = end_line(g, in, end);
	}
	return why;
}

/* ---- A whole head ------------------------------------------------------------------------- */

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool all_of(mn_str s, const char *others)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.ptr[i]) && !strchr(others, s.ptr[i]))
			return false;
	return s.len > 0;
}

static bool is_token(mn_str s)
{
	return all_of(s, "!#$%&'*+-.^_`|~");
}

/* The part of *rest before the byte, which is taken off it as well; all of it without one. */
static mn_str until(mn_str *rest, char byte)
{
	const char *at = rest->len ? memchr(rest->ptr, byte, rest->len) : NULL;
	size_t n = at ? (size_t)(at - rest->ptr) : rest->len;
	mn_str part = {rest->ptr, n};

	n += at ? 1 : 0;
	*rest = (mn_str){rest->ptr + n, rest->len - n};
	return part;
}

static int check_line(mn_str line, bool *v11)
{
	mn_str method = until(&line, ' '), target = until(&line, ' ');

	if (!is_token(method) || target.len == 0)
		return MN_REJECT_LINE;
	*v11 = mn_str_is(line, "HTTP/1.1");
	if (!*v11 && !mn_str_is(line, "HTTP/1.0"))
		return MN_REJECT_VERSION;
	if (mn_str_is(target, "*"))
		return mn_str_is(method, "OPTIONS") ? MN_REJECT_NONE : MN_REJECT_TARGET;
	if (target.ptr[0] != '/' || !all_of(target, "-._~%!$&'()*+,;=:@/?[]"))
		return MN_REJECT_TARGET;
	return MN_REJECT_NONE;
}

static bool named(mn_str name, const char *what)
{
	return name.len == strlen(what) && strncasecmp(name.ptr, what, name.len) == 0;
}

/* Which makes sense once, and would be read differently by different readers if there were two. */
enum once { ONCE_HOST, ONCE_LENGTH, ONCE_CODING, ONCE_OTHERS };
static const char *const once_names[] = {
	[ONCE_HOST] = "host",
	[ONCE_LENGTH] = "content-length",
	[ONCE_CODING] = "transfer-encoding",
	[ONCE_OTHERS] = "authorization",
	"x-api-key",
	"content-type",
	"content-encoding",
	"expect",
	"origin",
	"upgrade",
	"x-brain-id",
	"idempotency-key",
	"if-match",
	"if-none-match",
	"mn-deadline-ms",
	"sec-websocket-key",
	"sec-websocket-version",
};
enum { ONCE = sizeof(once_names) / sizeof(*once_names) };

static int check_once(size_t which, mn_str value)
{
	switch (which) {
	case ONCE_HOST: return all_of(value, "-._:[]") ? MN_REJECT_NONE : MN_REJECT_HOST;
	case ONCE_LENGTH:
		for (size_t i = 0; i < value.len; i++)
			if (value.ptr[i] < '0' || value.ptr[i] > '9')
				return MN_REJECT_LENGTH;
		return value.len >= 1 && value.len <= 18 ? MN_REJECT_NONE : MN_REJECT_LENGTH;
	case ONCE_CODING: return named(value, "chunked") ? MN_REJECT_NONE : MN_REJECT_CODING;
	default: return MN_REJECT_NONE;
	}
}

static int twice(size_t which)
{
	return which == ONCE_HOST     ? MN_REJECT_HOST
	       : which == ONCE_LENGTH ? MN_REJECT_LENGTH
	       : which == ONCE_CODING ? MN_REJECT_CODING
				      : MN_REJECT_TWICE;
}

static mn_str trim(mn_str s)
{
	while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = (mn_str){s.ptr + 1, s.len - 1};
	while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static int check_field(mn_str line, uint32_t *seen)
{
	mn_str rest = line, name = until(&rest, ':');

	if (name.len == line.len || !is_token(name))
		return MN_REJECT_FIELD;
	for (size_t i = 0; i < ONCE; i++) {
		if (!named(name, once_names[i]))
			continue;
		if (*seen & 1u << i)
			return twice(i);
		*seen |= 1u << i;
		return check_once(i, trim(rest));
	}
	return MN_REJECT_NONE;
}

int mn_guard_head(const char *head, size_t n)
{
	mn_str rest = {head, n - 2}, line = until(&rest, '\n');
	uint32_t seen = 0;
	bool v11 = false;
	int why = check_line((mn_str){line.ptr, line.len - 1}, &v11);

	while (why == MN_REJECT_NONE && rest.len) {
		line = until(&rest, '\n');
		why = check_field((mn_str){line.ptr, line.len - 1}, &seen);
	}
	if (why)
		return why;
	if (v11 && !(seen & 1u << ONCE_HOST))
		return MN_REJECT_HOST;
	if (!(seen & 1u << ONCE_CODING))
		return MN_REJECT_NONE;
	if (seen & 1u << ONCE_LENGTH)
		return MN_REJECT_LENGTH;
	return v11 ? MN_REJECT_NONE : MN_REJECT_CODING;
}

/* ---- A chunked body ----------------------------------------------------------------------- */

enum { SIZE, SIZE_LF, DATA, DATA_CR, DATA_LF, END_CR, END_LF };
enum { SIZE_DIGITS = 8 };

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
		return (c | 0x20) - 'a' + 10;
	return -1;
}

static bool read_size(mn_guard_chunks *g, char c)
{
	int d = digit(c);

	if (d >= 0 && g->digits < SIZE_DIGITS) {
		g->left = g->left << 4 | (unsigned)d;
		g->digits++;
		return true;
	}
	g->state = SIZE_LF;
	return c == '\r' && g->digits > 0;
}

/* One byte that is not data. false: it must not stand there. */
static bool step(mn_guard_chunks *g, char c, bool *done)
{
	switch (g->state) {
	case SIZE: return read_size(g, c);
	case SIZE_LF: g->state = g->left ? DATA : END_CR; return c == '\n';
	case DATA_CR: g->state = DATA_LF; return c == '\r';
	case DATA_LF: *g = (mn_guard_chunks){.state = SIZE}; return c == '\n';
	case END_CR: g->state = END_LF; return c == '\r';
	default: *done = true; return c == '\n';
	}
}

int mn_guard_body(mn_guard_chunks *g, const char *in, size_t n, size_t *used, bool *done)
{
	size_t at = 0;

	*done = false;
	while (at < n && !*done) {
		if (g->state != DATA) {
			if (!step(g, in[at++], done))
				return MN_REJECT_CHUNK;
			continue;
		}
		size_t take = n - at < g->left ? n - at : (size_t)g->left;

		at += take;
		g->left -= take;
		if (g->left == 0)
			g->state = DATA_CR;
	}
	*used = at;
	return MN_REJECT_NONE;
}
