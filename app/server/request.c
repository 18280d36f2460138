/* SPDX-License-Identifier: MIT */
/* request.c - what a handler asks its request. */
#include <stdlib.h>

#include "base/fail.h"
#include "base/json.h"
#include "base/str.h"
#include "base/until.h"
#include "server/core.h"

static const mn_str none = {NULL, 0};

static mn_exchange *exchange_of(const mn_request *req)
{
	return (mn_exchange *)req;
}

mn_str mn_request_param(const mn_request *req, const char *name)
{
	const mn_exchange *ex = exchange_of(req);

	for (size_t i = 0; i < ex->nparams; i++)
		if (mn_str_is((mn_str){ex->params[i].name, ex->params[i].len}, name))
			return ex->params[i].value;
	return none;
}

bool mn_request_query_at(const mn_request *req, size_t i, mn_str *name, mn_str *value)
{
	const mn_exchange *ex = exchange_of(req);

	if (i >= ex->nqueries)
		return false;
	*name = ex->queries[i].name;
	*value = ex->queries[i].value;
	return true;
}

mn_str mn_request_query(const mn_request *req, const char *name)
{
	mn_str is, value;

	for (size_t i = 0; mn_request_query_at(req, i, &is, &value); i++)
		if (mn_str_is(is, name))
			return value;
	return none;
}

bool mn_request_number(mn_str text, uint64_t *out)
{
	uint64_t n = 0;

	if (text.len == 0 || text.len > 18)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		n = n * 10 + (unsigned)(text.ptr[i] - '0');
	}
	*out = n;
	return true;
}

int mn_request_count(mn_request *req, const char *name, uint64_t min, uint64_t max,
	uint64_t fallback, uint64_t *out)
{
	mn_str text = mn_request_query(req, name);
	uint64_t n = fallback;

	if (text.ptr && (!mn_request_number(text, &n) || n < min || n > max))
		return mn_fail(req->call, MN_EINVAL, 0,
			"%s has to be a whole number from %llu to %llu", name,
			(unsigned long long)min, (unsigned long long)max);
	*out = n;
	return MN_OK;
}

mn_str mn_request_header(const mn_request *req, const char *name)
{
	return mn_head_field(&exchange_of(req)->head, name);
}

mn_time mn_request_arrived(const mn_request *req)
{
	return exchange_of(req)->arrived;
}

int mn_request_json(mn_request *req, json_t **out)
{
	mn_exchange *ex = exchange_of(req);
	char why[160];
	int rc;

	if (!ex->json) {
		rc = mn_json_read(req->body, why, sizeof(why), &ex->json);
		if (rc)
			return mn_fail(req->call, rc, 0, "the body is not JSON: %s", why);
	}
	*out = ex->json;
	return MN_OK;
}

/* ---- Rights ------------------------------------------------------------------------------- */

bool mn_request_may(const mn_request *req, int right, mn_str brain)
{
	return mn_access_may(&exchange_of(req)->access, right, brain);
}

int mn_request_need(mn_request *req, int right, mn_str brain)
{
	static const char *const names[] = {"", "read", "write", "admin"};

	if (mn_request_may(req, right, brain))
		return MN_OK;
	if (brain.len == 0)
		return mn_fail(req->call, MN_EAUTH, 0,
			"the token does not give the right %s on all brains", names[right]);
	return mn_fail(req->call, MN_EAUTH, 0,
		"the token does not give the right %s on the brain \"%.*s\"", names[right],
		MN_FMT(brain));
}

/* ---- A body that is read in pieces -------------------------------------------------------- */

/* Until there is something to read, or nothing more to come. Locked. */
static int await_body(mn_exchange *ex)
{
	mn_conn *c = ex->conn;
	struct timespec until;

	while (ex->body_at == ex->body.len && !ex->body_ended && !ex->body_bad && !c->broken) {
		if (mn_cancelled(&ex->call))
			return mn_fail_cancelled(&ex->call);
		until = mn_until_ms(100);
		pthread_cond_timedwait(&c->change, &c->lock, &until);
	}
	if (ex->body_at < ex->body.len || ex->body_ended)
		return MN_OK;
	if (c->broken)
		return mn_fail(&ex->call, MN_ECANCELLED, 0, "the client has gone");
	ex->reply.status = (int)mn_reject_status(ex->why);
	return mn_fail(&ex->call, MN_EINVAL, 0, "%s", mn_reject_detail(ex->why));
}

int mn_request_read(mn_request *req, char *out, size_t room, size_t *n)
{
	mn_exchange *ex = exchange_of(req);
	mn_conn *c = ex->conn;
	size_t there;
	bool wake;
	int rc;

	pthread_mutex_lock(&c->lock);
	rc = await_body(ex);
	there = ex->body.len - ex->body_at;
	there = there < room ? there : room;
	if (rc == MN_OK && there) {
		memcpy(out, ex->body.ptr + ex->body_at, there);
		ex->body_at += there;
	}
	if (ex->body_at == ex->body.len) {
		mn_buf_clear(&ex->body);
		ex->body_at = 0;
	}
	wake = rc == MN_OK && c->held_back && ex->body.len - ex->body_at < MN_IN_HIGH / 2;
	pthread_mutex_unlock(&c->lock);
	if (wake)
		mn_conn_wake(c);
	if (rc == MN_OK)
		*n = there;
	return rc;
}

static int source_read(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	mn_request *req = ctx;
	int rc = mn_request_read(req, out, room, n);

	if (rc && call != req->call)
		*call->err = *req->call->err;
	return rc;
}

mn_source mn_request_source(mn_request *req)
{
	return (mn_source){.ctx = req, .read = source_read, .name = MN_STR("the body")};
}
