/* SPDX-License-Identifier: MIT */
/* context.c - the memories of an answer as one text, within a number of tokens. */
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/str.h"
#include "recall/answer.h"

#define MOST_TOKENS 1000000u
#define BYTES_A_TOKEN 4
#define SHORTEST 16 /* tokens: a memory that is cut must leave this many */

size_t mn_tokens_of(mn_str text)
{
	size_t ascii = 0, others = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		ascii += c < 0x80;
		others += c >= 0xC0; /* the first byte of a character */
	}
	return (ascii + BYTES_A_TOKEN - 1) / BYTES_A_TOKEN + others;
}

/* As much of a text as fits, whole characters, at a space if there is one near the end. */
static mn_str cut(mn_str text, size_t tokens)
{
	mn_str out = {text.ptr, 0};
	size_t ascii = 0, others = 0, end = 0, space = 0;

	while (end < text.len) {
		unsigned char c = (unsigned char)text.ptr[end];

		ascii += c < 0x80;
		others += c >= 0xC0;
		if ((ascii + BYTES_A_TOKEN - 1) / BYTES_A_TOKEN + others > tokens)
			break;
		if (c == ' ' || c == '\n')
			space = end;
		end++;
	}
	while (end < text.len && end && ((unsigned char)text.ptr[end] & 0xC0) == 0x80)
		end--;
	out.len = end < text.len && space > end / 2 ? space : end;
	return out;
}

static void add_line(mn_buf *b, mn_str text)
{
	for (size_t i = 0; i < text.len; i++)
		mn_buf_char(b, text.ptr[i] == '\n' ? ' ' : text.ptr[i]);
}

/*
 * A line "- text" for each memory, best first. One that no longer fits is passed over for a
 * shorter one behind it; if not even the first fits, it is cut.
 */
int mn_recall_context(struct mn_recall *r, uint32_t tokens, mn_str *out)
{
	size_t left = tokens < MOST_TOKENS ? tokens : MOST_TOKENS;
	mn_buf b = MN_BUF(left * BYTES_A_TOKEN * 4 + 64);
	int rc = MN_OK;

	for (size_t i = 0; i < r->nranked; i++) {
		mn_str text = r->hits[i].text;
		size_t cost = mn_tokens_of(text) + 1;

		if (cost > left && (b.len || left < SHORTEST))
			continue;
		if (cost > left) {
			text = cut(text, left - 2);
			cost = left;
		}
		mn_buf_text(&b, "- ");
		add_line(&b, text);
		mn_buf_text(&b, text.len < r->hits[i].text.len ? "…\n" : "\n");
		left -= cost;
	}
	if (!mn_buf_ok(&b))
		rc = mn_fail_memory(r->call);
	if (rc == MN_OK) {
		*out = mn_call_copy(r->call, mn_buf_view(&b));
		rc = out->ptr ? MN_OK : MN_ENOMEM;
	}
	mn_buf_free(&b);
	return rc;
}
