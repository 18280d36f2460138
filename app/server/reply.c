/* SPDX-License-Identifier: MIT */
/* reply.c - statuses, heads of answers, problems. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "server/core.h"

int mn_reply_status(int status)
{
	switch (status) {
	case MN_OK: return 200;
	case MN_EINVAL: return 400;
	case MN_EAUTH:
	case MN_EREADONLY: return 403;
	case MN_ENOBRAIN: return 404;
	case MN_ECONFLICT: return 409;
	case MN_ESTALE: return 412;
	case MN_ECANCELLED: return 499;
	case MN_EUNSUPPORTED: return 501;
	case MN_EIO: return 502;
	case MN_EBUSY: return 503;
	case MN_ETIMEOUT: return 504;
	case MN_ENOMEM: return 507;
	default: return 500;
	}
}

const char *mn_reply_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} known[] = {
		{101, "Switching Protocols"},
		{200, "OK"},
		{201, "Created"},
		{202, "Accepted"},
		{204, "No Content"},
		{302, "Found"},
		{304, "Not Modified"},
		{307, "Temporary Redirect"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{406, "Not Acceptable"},
		{408, "Request Timeout"},
		{409, "Conflict"},
		{410, "Gone"},
		{411, "Length Required"},
		{412, "Precondition Failed"},
		{413, "Content Too Large"},
		{414, "URI Too Long"},
		{415, "Unsupported Media Type"},
		{417, "Expectation Failed"},
		{421, "Misdirected Request"},
		{422, "Unprocessable Content"},
		{426, "Upgrade Required"},
		{428, "Precondition Required"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{499, "Client Closed Request"},
		{500, "Internal Server Error"},
		{501, "Not Implemented"},
		{502, "Bad Gateway"},
		{503, "Service Unavailable"},
		{504, "Gateway Timeout"},
		{507, "Insufficient Storage"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].status == status)
			return known[i].reason;
	return status < 300 ? "OK" : status < 400 ? "Redirect" : "Error";
}

/* ---- What handlers do --------------------------------------------------------------------- */

void mn_reply_header(mn_reply *r, const char *name, mn_str value)
{
	if (r->nheaders == MN_REPLY_HEADERS || !value.ptr)
		return;
	r->headers[r->nheaders].name = name;
	r->headers[r->nheaders++].value = value;
}

mn_str mn_gen_text(mn_arena *arena, mn_gen at)
{
	return mn_arena_printf(
		arena, "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "\"", at.epoch, at.graph, at.state);
}

void mn_reply_etag(mn_request *req, mn_reply *r, mn_gen at)
{
	mn_reply_header(r, "ETag", mn_gen_text(req->call->arena, at));
}

bool mn_gen_read(mn_str text, mn_gen *out)
{
	char copy[64], *at = copy;
	uint64_t parts[3];

	if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
		text = mn_str_sub(text, 1, text.len - 2);
	if (!text.ptr || text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	for (int i = 0; i < 3; i++) {
		char *end;

		if (!strchr("0123456789abcdefABCDEF", *at) || !*at)
			return false;
		parts[i] = strtoull(at, &end, 16);
		if (end - at > 16 || *end != (i < 2 ? '-' : '\0'))
			return false;
		at = end + 1;
	}
	*out = (mn_gen){parts[0], parts[1], parts[2]};
	return true;
}

int mn_reply_take(mn_request *req, mn_reply *r, mn_buf *buf)
{
	if (!mn_buf_ok(buf)) {
		mn_buf_free(buf);
		return mn_fail_memory(req->call);
	}
	mn_buf_free(&r->buf);
	r->buf = *buf;
	*buf = MN_BUF(buf->max);
	r->body = mn_buf_view(&r->buf);
	return MN_OK;
}

void mn_reply_problem(mn_request *req, mn_reply *r, int status, const mn_error *err)
{
	mn_buf b = MN_BUF(4096);

	mn_buf_text(&b, "{\"type\":\"about:blank\",\"title\":");
	mn_buf_json(&b, mn_str_of(mn_reply_reason(status)));
	mn_buf_printf(&b, ",\"status\":%d,\"detail\":", status);
	mn_buf_json(&b, mn_str_of(err->text));
	mn_buf_text(&b, ",\"code\":");
	mn_buf_json(&b, mn_str_of(mn_status_name(err->code)));
	mn_buf_printf(
		&b, ",\"native\":%d,\"retry\":%s}\n", err->native, err->retry ? "true" : "false");
	r->type = MN_STR("application/problem+json");
	r->body = mn_arena_copy(req->call->arena, mn_buf_view(&b));
	mn_buf_free(&b);
}

int mn_reply_fail(mn_request *req, mn_reply *r, int status, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	mn_vfail(req->call, code, 0, fmt, args);
	va_end(args);
	r->status = status;
	return code;
}

/* ---- The head of an answer ---------------------------------------------------------------- */

static bool fit_for_a_head(mn_str value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.ptr[i] < ' ' || value.ptr[i] == 0x7f)
			return false;
	return true;
}

static void add_field(mn_buf *out, const char *name, mn_str value)
{
	if (!fit_for_a_head(value))
		return;
	mn_buf_text(out, name);
	mn_buf_text(out, ": ");
	mn_buf_str(out, value);
	mn_buf_text(out, "\r\n");
}

static void add_date(mn_server *s, mn_buf *out)
{
	time_t now = (time_t)(mn_engine_now(s->engine) / 1000000);
	struct tm tm;
	char text[64];

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	add_field(out, "Date", mn_str_of(text));
}

static void add_framing(mn_exchange *ex, mn_buf *out, int status, size_t length)
{
	if (length == SIZE_MAX && ex->chunked)
		mn_buf_text(out, "Transfer-Encoding: chunked\r\n");
	else if (length != SIZE_MAX && status != 204 && status != 304 && status != 101)
		mn_buf_printf(out, "Content-Length: %zu\r\n", length);
	if (ex->conn->last)
		mn_buf_text(out, "Connection: close\r\n");
	else if (!ex->head.v11)
		mn_buf_text(out, "Connection: keep-alive\r\n");
}

void mn_reply_head(mn_exchange *ex, mn_buf *out, size_t length)
{
	mn_reply *r = &ex->reply;

	mn_buf_printf(out, "HTTP/1.1 %d %s\r\n", r->status, mn_reply_reason(r->status));
	add_date(ex->req.server, out);
	if (r->body.len || length == SIZE_MAX)
		add_field(out, "Content-Type", r->type.len ? r->type : MN_STR("application/json"));
	add_framing(ex, out, r->status, length);
	for (size_t i = 0; i < r->nheaders; i++)
		add_field(out, r->headers[i].name, r->headers[i].value);
	if (ex->cors.len) {
		add_field(out, "Access-Control-Allow-Origin", ex->cors);
		mn_buf_text(
			out, "Access-Control-Expose-Headers: ETag, Retry-After, X-Request-ID\r\n");
	}
	mn_buf_text(out, "Vary: Origin\r\nCache-Control: no-store\r\n"
			 "X-Content-Type-Options: nosniff\r\n");
	add_field(out, "X-Request-ID", ex->req.id);
	mn_buf_text(out, "\r\n");
}

static bool has_header(const mn_reply *r, const char *name)
{
	for (size_t i = 0; i < r->nheaders; i++)
		if (strcmp(r->headers[i].name, name) == 0)
			return true;
	return false;
}

void mn_reply_from_error(mn_exchange *ex, int status)
{
	mn_reply *r = &ex->reply;

	if (ex->call.err->code == MN_OK)
		mn_fail(&ex->call, status < 0 ? status : MN_EINVAL, 0, "%s",
			mn_status_name(status));
	if (!r->status)
		r->status = mn_reply_status(status);
	if ((r->status == 503 || r->status == 429) && !has_header(r, "Retry-After"))
		mn_reply_header(r, "Retry-After", MN_STR("1"));
	r->body = MN_STR("");
	r->type = MN_STR("");
	(ex->room && ex->room->fail ? ex->room->fail : mn_reply_problem)(
		&ex->req, r, r->status, ex->call.err);
}
