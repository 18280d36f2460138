/* SPDX-License-Identifier: MIT */
#include "exchange/peer_scan.h"

#include <string.h>

#include "base/fail.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/str.h"
#include "exchange/peer_kept.h"

#define CHUNK ((size_t)64 << 10)
#define NAME_MOST ((size_t)4 << 10)
#define VALUE_MOST ((size_t)64 << 20) /* of one record */
#define DEEP 1000                     /* what is deeper is refused when it is read */

struct scan {
	mn_call *call;
	const mn_source *source;
	mn_peer_part_take *take;
	void *ctx;
	char *chunk;
	size_t at, end;
	uint64_t bytes;
	bool over;
	bool inside;   /* the older file's member */
	unsigned seen; /* lists that were there, a bit each */
	mn_buf name, value;
};

static int bad(struct scan *s, const char *what)
{
	return mn_fail(s->call, MN_EINVAL, 0, "%.*s: byte %llu: %s", MN_FMT(s->source->name),
		(unsigned long long)(s->bytes - (s->end - s->at)), what);
}

/* ---- Bytes -------------------------------------------------------------------------------- */

/* The next byte, which stays; -1: the end. */
static int peek(struct scan *s, int *c)
{
	int status = MN_OK;

	if (s->at == s->end && !s->over) {
		size_t n = 0;

		status = mn_check(s->call);
		if (status == MN_OK)
			status = s->source->read(s->source->ctx, s->call, s->chunk, CHUNK, &n);
		s->at = 0;
		s->end = n;
		s->bytes += n;
		s->over = n == 0;
	}
	*c = s->at < s->end ? (unsigned char)s->chunk[s->at] : -1;
	return status;
}

static bool is_space(int c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static int peek_token(struct scan *s, int *c)
{
	int status;

	while ((status = peek(s, c)) == MN_OK && is_space(*c))
		s->at++;
	return status;
}

static int expect(struct scan *s, int want, const char *what)
{
	int c, status = peek_token(s, &c);

	if (status == MN_OK && c != want)
		return bad(s, c < 0 ? "the file is cut short" : what);
	s->at += status == MN_OK;
	return status;
}

/* ---- Values ------------------------------------------------------------------------------- */

static int keep(struct scan *s, mn_buf *to)
{
	mn_buf_add(to, s->chunk + s->at, 1);
	s->at++;
	if (mn_buf_ok(to))
		return MN_OK;
	return to->full ? bad(s, "a value is too long") : mn_fail_memory(s->call);
}

/* A string as it stands, quotes included. */
static int copy_string(struct scan *s, mn_buf *to)
{
	bool escaped = false;
	int c, status = keep(s, to);

	while (status == MN_OK && (status = peek(s, &c)) == MN_OK) {
		if (c < 0)
			return bad(s, "the file is cut short");
		status = keep(s, to);
		if (c == '"' && !escaped)
			return status;
		escaped = c == '\\' && !escaped;
	}
	return status;
}

/* A value as it stands; whether it is JSON is seen when it is read. */
static int copy_value(struct scan *s, mn_buf *to)
{
	size_t depth = 0;
	int c, status = peek_token(s, &c);

	mn_buf_clear(to);
	while (status == MN_OK && (status = peek(s, &c)) == MN_OK) {
		if (c < 0)
			return depth ? bad(s, "the file is cut short") : MN_OK;
		if (depth == 0 && to->len && (c == ',' || c == '}' || c == ']' || is_space(c)))
			return MN_OK;
		if (c == '"') {
			status = copy_string(s, to);
		} else {
			depth += c == '{' || c == '[';
			depth -= depth && (c == '}' || c == ']');
			if (depth > DEEP)
				return bad(s, "it is nested too deeply");
			status = keep(s, to);
		}
		if (status != MN_OK || (depth == 0 && (c == '"' || c == '}' || c == ']')))
			return status;
	}
	return status;
}

/* A member's name, without its quotes, and the colon. */
static int read_name(struct scan *s, mn_str *out)
{
	json_t *list = NULL;
	char why[160];
	int c, status = peek_token(s, &c);

	if (status == MN_OK && c != '"')
		return bad(s, c < 0 ? "the file is cut short" : "the name of a member is missing");
	mn_buf_clear(&s->name);
	mn_buf_char(&s->name, '[');
	if (status == MN_OK)
		status = copy_string(s, &s->name);
	mn_buf_char(&s->name, ']');
	if (status == MN_OK)
		status = expect(s, ':', "a colon is missing");
	if (status != MN_OK)
		return status;
	status = mn_json_read(mn_buf_view(&s->name), why, sizeof(why), &list);
	if (status != MN_OK)
		return status == MN_ENOMEM ? mn_fail_memory(s->call) : bad(s, why);
	mn_buf_clear(&s->name);
	mn_buf_str(&s->name, mn_json_str(json_array_get(list, 0)));
	json_decref(list);
	*out = mn_buf_view(&s->name);
	return mn_buf_ok(&s->name) ? MN_OK : mn_fail_memory(s->call);
}

static int hand_on(struct scan *s, int part, mn_str name)
{
	int status = copy_value(s, &s->value);

	return status == MN_OK ? s->take(s->ctx, s->call, part, name, mn_buf_view(&s->value))
			       : status;
}

/* ---- Lists and objects -------------------------------------------------------------------- */

/* Behind an item: is there another one? */
static int go_on(struct scan *s, int close, bool *more)
{
	int c, status = peek_token(s, &c);

	if (status != MN_OK)
		return status;
	if (c != ',' && c != close)
		return bad(s, c < 0 ? "the file is cut short" : "a comma is missing");
	s->at++;
	*more = c == ',';
	return MN_OK;
}

/* Is there a first item? Else it is closed. */
static int begin(struct scan *s, int open, int close, const char *what, bool *more)
{
	int c, status = expect(s, open, what);

	if (status == MN_OK)
		status = peek_token(s, &c);
	*more = status == MN_OK && c != close;
	s->at += status == MN_OK && !*more;
	return status;
}

static int scan_list(struct scan *s, int part)
{
	bool more;
	int status;

	if (s->seen >> part & 1)
		return bad(s, "a list stands twice");
	s->seen |= 1u << part;
	status = begin(s, '[', ']', "a list is expected here", &more);
	while (status == MN_OK && more) {
		status = hand_on(s, part, MN_STR(""));
		if (status == MN_OK)
			status = go_on(s, ']', &more);
	}
	return status;
}

static int scan_object(struct scan *s, int (*member)(struct scan *, mn_str name))
{
	bool more;
	int status = begin(s, '{', '}', "an object is expected here", &more);

	while (status == MN_OK && more) {
		mn_str name;

		status = read_name(s, &name);
		if (status == MN_OK)
			status = member(s, name);
		if (status == MN_OK)
			status = go_on(s, '}', &more);
	}
	return status;
}

static int about_member(struct scan *s, mn_str name)
{
	if (mn_str_is(name, "typed_memories"))
		return scan_list(s, MN_PEER_TYPED_MEMORY);
	if (mn_str_is(name, "neuron_states"))
		return scan_list(s, MN_PEER_NEURON_STATE);
	if (mn_str_is(name, MN_PEER_TABLE))
		return scan_list(s, MN_PEER_ROWS);
	return hand_on(s, MN_PEER_ABOUT, name);
}

static int member(struct scan *s, mn_str name)
{
	static const struct {
		const char *name;
		int part;
	} lists[] = {{"neurons", MN_PEER_NEURON}, {"synapses", MN_PEER_SYNAPSE},
		{"fibers", MN_PEER_FIBER}};
	int c, status;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		if (mn_str_is(name, lists[i].name))
			return scan_list(s, lists[i].part);
	if (mn_str_is(name, "config"))
		return hand_on(s, MN_PEER_CONFIG, name);
	if (mn_str_is(name, "snapshot") && !s->inside) {
		s->inside = true;
		return scan_object(s, member);
	}
	status = peek_token(s, &c);
	if (status == MN_OK && c == '{' && mn_str_is(name, "metadata"))
		return scan_object(s, about_member);
	return status == MN_OK ? hand_on(s, MN_PEER_OTHER, name) : status;
}

int mn_peer_scan(mn_call *call, const mn_source *source, mn_peer_part_take *take, void *ctx)
{
	struct scan s = {.call = call,
		.source = source,
		.take = take,
		.ctx = ctx,
		.chunk = mn_alloc(CHUNK),
		.name = MN_BUF(NAME_MOST),
		.value = MN_BUF(VALUE_MOST)};
	int c, status = s.chunk ? scan_object(&s, member) : mn_fail_memory(call);
	const unsigned all = 1u << MN_PEER_NEURON | 1u << MN_PEER_SYNAPSE | 1u << MN_PEER_FIBER;

	if (status == MN_OK)
		status = peek_token(&s, &c);
	if (status == MN_OK && c >= 0)
		status = bad(&s, "there is something behind the end");
	if (status == MN_OK && (s.seen & all) != all)
		status = bad(&s, "neurons, synapses or fibers are missing");
	mn_buf_free(&s.name);
	mn_buf_free(&s.value);
	mn_free(s.chunk);
	return status;
}
