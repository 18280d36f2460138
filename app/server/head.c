/* SPDX-License-Identifier: MIT */
#include "server/head.h"

#include <strings.h>

#include "base/str.h"

static int on_url(http_parser *p, const char *at, size_t n)
{
	mn_head *h = p->data;

	h->target = (mn_str){at, n};
	return 0;
}

static int on_name(http_parser *p, const char *at, size_t n)
{
	mn_head *h = p->data;

	if (h->nfields == MN_GUARD_FIELDS)
		return 1;
	for (size_t i = 0; i < n; i++)
		if (at[i] >= 'A' && at[i] <= 'Z')
			((char *)at)[i] |= 0x20;
	h->fields[h->nfields++] = (mn_head_line){.name = {at, n}, .value = MN_STR("")};
	return 0;
}

static int on_value(http_parser *p, const char *at, size_t n)
{
	mn_head *h = p->data;

	while (n && (at[n - 1] == ' ' || at[n - 1] == '\t'))
		n--;
	if (h->nfields)
		h->fields[h->nfields - 1].value = (mn_str){at, n};
	return 0;
}

static int on_body(http_parser *p, const char *at, size_t n)
{
	mn_head *h = p->data;

	return h->body(h->ctx, at, n) ? 0 : 1;
}

static int on_end(http_parser *p)
{
	((mn_head *)p->data)->ended = true;
	return 0;
}

static const http_parser_settings settings = {
	.on_url = on_url,
	.on_header_field = on_name,
	.on_header_value = on_value,
	.on_body = on_body,
	.on_message_complete = on_end,
};

static void split_target(mn_head *h)
{
	const char *mark = memchr(h->target.ptr, '?', h->target.len);

	h->path = h->target;
	h->query = MN_STR("");
	if (mark) {
		h->path.len = (size_t)(mark - h->target.ptr);
		h->query = (mn_str){mark + 1, h->target.len - h->path.len - 1};
	}
}

int mn_head_read(mn_head *h, char *bytes, size_t n)
{
	mn_str expect, coding, length;

	http_parser_init(&h->parser, HTTP_REQUEST);
	h->parser.data = h;
	if (http_parser_execute(&h->parser, &settings, bytes, n) != n
		|| HTTP_PARSER_ERRNO(&h->parser) != HPE_OK || !h->target.ptr)
		return MN_REJECT_PARSER;
	h->method = mn_str_of(http_method_str(h->parser.method));
	h->v11 = h->parser.http_minor == 1;
	h->keep_alive = http_should_keep_alive(&h->parser);
	h->upgrade = h->parser.upgrade;
	split_target(h);
	coding = mn_head_field(h, "transfer-encoding");
	length = mn_head_field(h, "content-length");
	h->chunked = coding.ptr != NULL;
	for (size_t i = 0; i < length.len; i++)
		h->length = h->length * 10 + (unsigned)(length.ptr[i] - '0');
	if (h->upgrade && (h->chunked || h->length))
		return MN_REJECT_PARSER;
	expect = mn_head_field(h, "expect");
	h->expects = expect.ptr && h->v11;
	if (expect.ptr && !(expect.len == 12 && strncasecmp(expect.ptr, "100-continue", 12) == 0))
		return MN_REJECT_EXPECT;
	return h->ended == (!h->chunked && h->length == 0) ? MN_REJECT_NONE : MN_REJECT_PARSER;
}

mn_str mn_head_field(const mn_head *h, const char *name)
{
	for (size_t i = 0; i < h->nfields; i++)
		if (mn_str_is(h->fields[i].name, name))
			return h->fields[i].value;
	return (mn_str){NULL, 0};
}

bool mn_head_lists(const mn_head *h, const char *name, const char *word)
{
	size_t n = strlen(word);
	mn_str rest = mn_head_field(h, name);

	while (rest.len) {
		const char *comma = memchr(rest.ptr, ',', rest.len);
		size_t len = comma ? (size_t)(comma - rest.ptr) : rest.len, at = 0, end = len;

		while (at < end && (rest.ptr[at] == ' ' || rest.ptr[at] == '\t'))
			at++;
		while (end > at && (rest.ptr[end - 1] == ' ' || rest.ptr[end - 1] == '\t'))
			end--;
		if (end - at == n && strncasecmp(rest.ptr + at, word, n) == 0)
			return true;
		len += comma ? 1 : 0;
		rest = (mn_str){rest.ptr + len, rest.len - len};
	}
	return false;
}

bool mn_head_body(mn_head *h, const char *bytes, size_t n)
{
	return http_parser_execute(&h->parser, &settings, bytes, n) == n
	       && HTTP_PARSER_ERRNO(&h->parser) == HPE_OK;
}
