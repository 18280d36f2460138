/* SPDX-License-Identifier: MIT */
#include "exchange/line.h"

#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"

#define CHUNK ((size_t)64 << 10)

int mn_lines_open(mn_lines *l, mn_call *call, const mn_source *source, size_t most)
{
	*l = (mn_lines){.source = source, .kept = MN_BUF(most), .chunk = mn_alloc(CHUNK)};
	return l->chunk ? MN_OK : mn_fail_memory(call);
}

void mn_lines_close(mn_lines *l)
{
	mn_free(l->chunk);
	mn_buf_free(&l->kept);
}

static int refill(mn_lines *l, mn_call *call)
{
	size_t n = 0;
	int status = mn_check(call);

	if (status == MN_OK)
		status = l->source->read(l->source->ctx, call, l->chunk, CHUNK, &n);
	if (status != MN_OK)
		return status;
	l->at = 0;
	l->end = n;
	l->bytes += n;
	l->over = n == 0;
	return MN_OK;
}

/* The bytes up to the next line's end within the chunk; *whole: the end is among them. */
static mn_str piece(mn_lines *l, bool *whole)
{
	const char *from = l->chunk + l->at;
	const char *end = memchr(from, '\n', l->end - l->at);
	size_t n = end ? (size_t)(end - from) : l->end - l->at;

	l->at += n + (end != NULL);
	*whole = end != NULL;
	return (mn_str){from, n};
}

static int skip_rest(mn_lines *l, mn_call *call)
{
	while (l->skipping && !l->over) {
		bool whole;

		if (l->at == l->end) {
			int status = refill(l, call);

			if (status != MN_OK)
				return status;
		}
		piece(l, &whole);
		l->skipping = !whole;
	}
	return MN_OK;
}

/* Puts a piece behind what is kept; what does not fit is left out, and the line cut. */
static int keep(mn_lines *l, mn_call *call, mn_str part, bool *cut)
{
	size_t room = l->kept.max - l->kept.len;

	*cut = part.len > room;
	mn_buf_add(&l->kept, part.ptr, *cut ? room : part.len);
	return mn_buf_ok(&l->kept) ? MN_OK : mn_fail_memory(call);
}

/* The line's text as it was read: in one piece within the chunk, or put together. */
static int gather(mn_lines *l, mn_call *call, mn_str *text, bool *cut)
{
	bool whole = false;
	mn_str part = piece(l, &whole);

	l->ended = whole;
	if (whole && part.len <= l->kept.max) {
		*text = part;
		*cut = false;
		return MN_OK;
	}
	mn_buf_clear(&l->kept);
	for (;;) {
		int status = keep(l, call, part, cut);

		if (status != MN_OK)
			return status;
		if (*cut || whole)
			break;
		if ((status = refill(l, call)) != MN_OK)
			return status;
		if (l->over)
			break;
		part = piece(l, &whole);
	}
	l->skipping = *cut && !whole;
	l->ended = whole;
	*text = mn_buf_view(&l->kept);
	return MN_OK;
}

int mn_lines_next(mn_lines *l, mn_call *call, mn_line *out, bool *more)
{
	mn_str text;
	bool cut;
	int status = skip_rest(l, call);

	if (status == MN_OK && l->at == l->end && !l->over)
		status = refill(l, call);
	if (status != MN_OK)
		return status;
	*more = l->at < l->end;
	if (!*more)
		return MN_OK;
	if ((status = gather(l, call, &text, &cut)) != MN_OK)
		return status;
	if (l->lines++ == 0 && !l->exact && mn_str_starts(text, "\xef\xbb\xbf"))
		text = mn_str_sub(text, 3, SIZE_MAX);
	if (!l->exact && text.len && text.ptr[text.len - 1] == '\r')
		text.len--;
	*out = (mn_line){text, cut};
	return MN_OK;
}
