/* SPDX-License-Identifier: MIT */
/*
 * guard.c - any bytes as a request, in pieces of a size that the first byte chooses.
 *
 * Pieces never matter. What the guard lets through can be read in one way only: its fields are
 * counted here once more, the parser agrees about the body, and a chunked body is what a decoder
 * as plain as can be makes of it.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/str.h"
#include "fuzz.h"
#include "server/head.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* ---- The head ------------------------------------------------------------------------------ */

static int scan(const char *in, size_t n, size_t piece, size_t *end)
{
	mn_guard g = {0};
	int why = MN_REJECT_NONE;

	*end = 0;
	for (size_t at = 0; at < n && why == MN_REJECT_NONE && !*end;) {
		at = piece && piece < n - at ? at + piece : n;
		why = mn_guard_scan(&g, in, at, end);
	}
	return why;
}

static mn_str line_of(mn_str *rest)
{
	const char *end = memmem(rest->ptr, rest->len, "\r\n", 2);
	mn_str line = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};

	*rest = mn_str_sub(*rest, line.len + 2, rest->len);
	return line;
}

/* How many fields have this name; *value: the last one's. */
static unsigned fields(mn_str head, const char *name, mn_str *value)
{
	const size_t len = strlen(name);
	unsigned n = 0;

	for (line_of(&head); head.len;) {
		mn_str line = line_of(&head);

		if (line.len <= len || line.ptr[len] != ':' || strncasecmp(line.ptr, name, len))
			continue;
		*value = mn_str_sub(line, len + 1, line.len);
		n++;
	}
	return n;
}

static void check_head(mn_str head, bool *chunked)
{
	mn_str value = {0}, rest = head, line = line_of(&rest);
	unsigned hosts = fields(head, "host", &value);
	unsigned lengths = fields(head, "content-length", &value);
	unsigned codings = fields(head, "transfer-encoding", &value);

	must(hosts + (line.len && line.ptr[line.len - 1] == '0') >= 1 && hosts <= 1);
	must(lengths + codings <= 1);
	for (size_t i = 0; i < head.len; i++) {
		const bool lf = head.ptr[i] == '\n', cr = i && head.ptr[i - 1] == '\r';

		must(head.ptr[i] != '\0' && lf == cr);
	}
	*chunked = codings == 1;
}

/* ---- A chunked body ------------------------------------------------------------------------ */

enum { WRONG = -1, MORE, DONE };

static int line_end(mn_str in, size_t *at)
{
	for (const char *c = "\r\n"; *c; c++) {
		if (*at == in.len)
			return MORE;
		if (in.ptr[(*at)++] != *c)
			return WRONG;
	}
	return DONE;
}

static int chunk_size(mn_str in, size_t *at, size_t *size)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *d;
	unsigned n = 0;

	*size = 0;
	for (; *at < in.len && n < 8; n++, ++*at) {
		d = in.ptr[*at] ? strchr(digits, in.ptr[*at]) : NULL;
		if (!d)
			break;
		*size = *size * 16 + (size_t)(d - digits) % 16;
	}
	return n ? line_end(in, at) : *at == in.len ? MORE : WRONG;
}

static int decode(mn_str in, size_t *used, mn_buf *out)
{
	size_t at = 0, size = 1;
	int state = DONE;

	while (state == DONE && size) {
		state = chunk_size(in, &at, &size);
		if (state != DONE)
			return state;
		if (size > in.len - at) {
			mn_buf_add(out, in.ptr + at, in.len - at);
			return MORE;
		}
		mn_buf_add(out, in.ptr + at, size);
		at += size;
		state = line_end(in, &at);
	}
	*used = at;
	return state;
}

static int guarded(mn_str in, size_t piece, size_t *used)
{
	mn_guard_chunks g = {0};
	size_t took = 0;
	bool done = false;

	for (*used = 0; *used < in.len && !done; *used += took) {
		size_t n = piece && piece < in.len - *used ? piece : in.len - *used;

		if (mn_guard_body(&g, in.ptr + *used, n, &took, &done))
			return WRONG;
		must(done ? took <= n : took == n);
	}
	return done ? DONE : MORE;
}

static bool collect(void *ctx, const char *bytes, size_t n)
{
	mn_buf_add(ctx, bytes, n);
	return true;
}

static void check_body(mn_head *h, mn_str in, size_t piece)
{
	mn_buf plain = MN_BUF(1 << 20), parsed = MN_BUF(1 << 20);
	size_t used = 0, expected = 0;
	int state = guarded(in, piece, &used);

	must(state == decode(in, &expected, &plain));
	must(state != DONE || used == expected);
	h->body = collect;
	h->ctx = &parsed;
	if (state == DONE) {
		must(mn_head_body(h, in.ptr, used));
		must(h->ended && mn_str_eq(mn_buf_view(&plain), mn_buf_view(&parsed)));
	}
	mn_buf_free(&plain);
	mn_buf_free(&parsed);
}

/* ---- Both ---------------------------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *in = (const char *)data + 1;
	size_t n = size - 1, piece, end, again;
	bool chunked;
	mn_head h;
	char *head;
	int why;

	if (size < 2)
		return 0;
	piece = data[0] % 64;
	why = scan(in, n, piece, &end);
	must(why == scan(in, n, 0, &again) && end == again);
	must(why >= MN_REJECT_NONE && why < MN_REJECT_BODY_LONG);
	if (why || !end || mn_guard_head(in, end))
		return 0;
	check_head((mn_str){in, end}, &chunked);
	head = malloc(end);
	must(head != NULL);
	memcpy(head, in, end);
	why = mn_head_read(&h, head, end);
	must(why >= MN_REJECT_NONE && why < MN_REJECT_BODY_LONG);
	if (why == MN_REJECT_NONE) {
		must(h.chunked == chunked);
		if (chunked)
			check_body(&h, (mn_str){in + end, n - end}, piece);
	}
	free(head);
	return 0;
}
