/* SPDX-License-Identifier: MIT */
#include "server/shape.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/iso.h"
#include "base/str.h"

int mn_complaints_end(mn_complaints *c)
{
	mn_arena *arena = c->call->arena;
	mn_reply *reply = c->reply;

	if (c->n == 0) {
		mn_buf_free(&c->text);
		return MN_OK;
	}
	reply->status = 422;
	reply->body = mn_arena_printf(
		arena, "{\"detail\":[%.*s]}", (int)c->text.len, c->text.ptr ? c->text.ptr : "");
	mn_buf_free(&c->text);
	if (!reply->body.ptr)
		return mn_fail_memory(c->call);
	return mn_fail(c->call, MN_EINVAL, 0, "the request is not as it has to be");
}

static void complain_of_json(mn_complaints *c)
{
	char ctx[300];
	mn_buf why = MN_BUF(sizeof(ctx));

	mn_buf_text(&why, "\"error\":");
	mn_buf_json(&why, mn_str_of(c->call->err->text));
	snprintf(ctx, sizeof(ctx), "%.*s", (int)why.len, why.ptr ? why.ptr : "");
	mn_complain(c, "body", NULL, "json_invalid", "JSON decode error", NULL,
		mn_buf_ok(&why) ? ctx : NULL);
	mn_buf_free(&why);
}

int mn_shape_body(mn_request *req, mn_reply *reply, const mn_shape *shape, void *out)
{
	mn_complaints c = MN_COMPLAINTS_OF(req, reply);
	json_t *body;
	int rc = MN_OK;

	if (req->body.len == 0)
		mn_complain(&c, "body", NULL, "missing", "Field required", NULL, NULL);
	else
		rc = mn_request_json(req, &body);
	if (rc == MN_EINVAL)
		complain_of_json(&c);
	else if (rc == MN_OK && req->body.len)
		rc = mn_shape_read(&c, body, shape, out);
	if (rc == MN_OK || rc == MN_EINVAL)
		return mn_complaints_end(&c);
	mn_buf_free(&c.text);
	return rc;
}

/* ---- Query strings ------------------------------------------------------------------------ */

static void refuse_query(
	mn_complaints *c, const char *name, mn_str text, const char *type, const char *msg)
{
	json_t *input = json_stringn(text.ptr, text.len);

	mn_complain(c, "query", name, type, msg, input, NULL);
	json_decref(input);
}

mn_str mn_query_text(mn_complaints *c, const char *name)
{
	return mn_request_query(c->req, name);
}

mn_str mn_query_must(mn_complaints *c, const char *name)
{
	mn_str text = mn_request_query(c->req, name);

	if (!text.ptr)
		mn_complain(c, "query", name, "missing", "Field required", NULL, NULL);
	return text;
}

/* The whole text as a number, as JSON writes it, so that no locale has a say in it. */
static bool read_real(mn_str text, double *out)
{
	char wrapped[64], why[80];
	json_t *list = NULL;
	bool number;
	int n = text.len < sizeof(wrapped) - 3
			? snprintf(wrapped, sizeof(wrapped), "[%.*s]", (int)text.len, text.ptr)
			: 0;

	if (n == 0 || mn_json_read((mn_str){wrapped, (size_t)n}, why, sizeof(why), &list) != MN_OK)
		return false;
	number = json_array_size(list) == 1 && json_is_number(json_array_get(list, 0));
	*out = number ? json_number_value(json_array_get(list, 0)) : 0;
	json_decref(list);
	return number;
}

static void check_query(
	mn_complaints *c, const char *name, mn_str text, double x, double least, double most)
{
	const mn_shape s = {.name = name, .least = least, .most = most};
	json_t *input = json_stringn(text.ptr, text.len);

	mn_complain_range(c, "query", &s, x, input);
	json_decref(input);
}

void mn_query_whole(mn_complaints *c, const char *name, int64_t least, int64_t most, int64_t *out)
{
	mn_str text = mn_request_query(c->req, name);
	double x;

	if (!text.ptr)
		return;
	if (!read_real(text, &x) || x != floor(x) || fabs(x) > 9e15) {
		refuse_query(c, name, text, "int_parsing",
			"Input should be a valid integer, unable to parse string as an integer");
		return;
	}
	check_query(c, name, text, x, (double)least, (double)most);
	*out = (int64_t)x;
}

bool mn_query_real(mn_complaints *c, const char *name, double least, double most, double *out)
{
	mn_str text = mn_request_query(c->req, name);

	if (!text.ptr)
		return false;
	if (!read_real(text, out)) {
		refuse_query(c, name, text, "float_parsing",
			"Input should be a valid number, unable to parse string as a number");
		return false;
	}
	check_query(c, name, text, *out, least, most);
	return true;
}

bool mn_query_moment(mn_complaints *c, const char *name, mn_time *out)
{
	mn_str text = mn_request_query(c->req, name);

	if (!text.ptr)
		return false;
	if (mn_iso_read(text, out))
		return true;
	refuse_query(
		c, name, text, "datetime_parsing", "Input should be a valid datetime, in ISO 8601");
	return false;
}

bool mn_query_truth(mn_complaints *c, const char *name, bool *out)
{
	static const char *const words[][2] = {{"false", "true"}, {"0", "1"}, {"no", "yes"},
		{"off", "on"}, {"f", "t"}, {"n", "y"}};
	mn_str text = mn_request_query(c->req, name);

	if (!text.ptr)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		for (int k = 0; k < 2; k++)
			if (strlen(words[i][k]) == text.len
				&& strncasecmp(words[i][k], text.ptr, text.len) == 0) {
				*out = k;
				return true;
			}
	refuse_query(c, name, text, "bool_parsing",
		"Input should be a valid boolean, unable to interpret input");
	return false;
}
