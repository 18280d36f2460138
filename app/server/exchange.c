/* SPDX-License-Identifier: MIT */
/* exchange.c - a request from its head to its answer: what is checked, then what is run. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "server/core.h"

enum { SPARE = 64, DEFAULT_BODY = 1 << 20 };
#define CALL_LIMIT ((size_t)512 << 20)
#define BODIES_LIMIT ((size_t)1 << 30) /* of all requests together */

mn_exchange *mn_exchange_new(mn_conn *c)
{
	mn_server *s = c->server;
	mn_exchange *ex = s->spare;
	mn_call call;
	mn_token *token;

	if (ex) {
		s->spare = ex->next;
		s->nspare--;
		call = ex->call;
		memset(ex, 0, sizeof(*ex));
		ex->call = call;
		ex->call.err = &ex->call.own;
	} else {
		ex = mn_alloc_zero(1, sizeof(*ex));
		if (ex && mn_call_init(&ex->call, s->engine, CALL_LIMIT)) {
			mn_free(ex);
			ex = NULL;
		}
	}
	token = ex ? mn_token_new() : NULL;
	if (!token) {
		if (ex)
			mn_call_done(&ex->call);
		mn_free(ex);
		return NULL;
	}
	ex->token = ex->call.token = token;
	ex->conn = c;
	ex->task.run = mn_exchange_run;
	ex->arrived = mn_server_clock(s);
	ex->call.deadline = ex->arrived + (mn_time)s->o.deadline_ms * 1000;
	ex->head.body = mn_exchange_body;
	ex->head.ctx = ex;
	ex->req = (mn_request){.server = s, .call = &ex->call, .peer = mn_str_of(c->peer)};
	return ex;
}

void mn_exchange_free(mn_exchange *ex)
{
	mn_server *s = ex->conn->server;

	atomic_fetch_sub(&s->bodies, ex->counted);
	mn_access_drop(&ex->access);
	json_decref(ex->json);
	mn_buf_free(&ex->body);
	mn_buf_free(&ex->reply.buf);
	mn_token_free(ex->token);
	if (s->nspare == SPARE) {
		mn_call_done(&ex->call);
		mn_free(ex);
		return;
	}
	mn_call_reset(&ex->call);
	ex->call.token = NULL;
	ex->next = s->spare;
	s->spare = ex;
	s->nspare++;
}

/* ---- Before the body ---------------------------------------------------------------------- */

/* Records why, for the answer, and returns the status. */
static int refuse(mn_exchange *ex, int status, const char *detail)
{
	mn_fail(&ex->call, status == 404 || status == 405 ? MN_EUNSUPPORTED : MN_EINVAL, 0, "%s",
		detail);
	return ex->reply.status = status;
}

int mn_exchange_refuse(mn_exchange *ex, int why)
{
	static const int codes[MN_REJECTS] = {
		[MN_REJECT_SLOW] = MN_ETIMEOUT,
		[MN_REJECT_FULL] = MN_EBUSY,
		[MN_REJECT_RATE] = MN_EBUSY,
		[MN_REJECT_TOKEN] = MN_EAUTH,
		[MN_REJECT_RIGHT] = MN_EAUTH,
		[MN_REJECT_ORIGIN] = MN_EAUTH,
	};

	ex->why = why;
	mn_fail(&ex->call, codes[why] ? codes[why] : MN_EINVAL, 0, "%s", mn_reject_detail(why));
	mn_metrics_reject(ex->conn->server->metrics, why);
	if (why == MN_REJECT_TOKEN)
		mn_reply_header(&ex->reply, "WWW-Authenticate", MN_STR("Bearer"));
	return ex->reply.status = (int)mn_reject_status(why);
}

static bool has_body(const mn_exchange *ex)
{
	return ex->head.chunked || ex->head.length > 0;
}

static const char *wanted_type(const mn_exchange *ex)
{
	return ex->req.route->type ? ex->req.route->type : "application/json";
}

static int refuse_type(mn_exchange *ex)
{
	mn_fail(&ex->call, MN_EINVAL, 0, "the body has to be sent as Content-Type: %s",
		wanted_type(ex));
	return ex->reply.status = 415;
}

static bool right_type(const mn_exchange *ex)
{
	mn_str have = mn_head_field(&ex->head, "content-type");
	const char *want = wanted_type(ex);
	size_t n = strlen(want);

	if (!have.ptr || ex->req.route->flags & MN_ROUTE_ANY_TYPE)
		return true;
	return have.len >= n && strncasecmp(have.ptr, want, n) == 0
	       && (have.len == n || strchr(" ;\t", have.ptr[n]));
}

static int check_body(mn_exchange *ex)
{
	const mn_route *r = ex->req.route;
	bool bodiless = strcmp(r->method, "GET") == 0 || strcmp(r->method, "DELETE") == 0;

	ex->ceiling = r->body ? r->body : bodiless ? 0 : DEFAULT_BODY;
	if (ex->ceiling > ex->conn->server->o.body)
		ex->ceiling = ex->conn->server->o.body;
	if (!has_body(ex))
		return 0;
	if (ex->head.length > ex->ceiling || ex->ceiling == 0)
		return mn_exchange_refuse(ex, MN_REJECT_BODY_LONG);
	if (!right_type(ex))
		return refuse_type(ex);
	return 0;
}

/* Browsers ask first whether a page of another origin may. */
static int preflight(mn_exchange *ex)
{
	mn_reply *r = &ex->reply;

	r->status = 204;
	mn_reply_header(r, "Allow", mn_route_allow(ex));
	if (!ex->cors.len)
		return r->status;
	mn_reply_header(r, "Access-Control-Allow-Methods", mn_route_allow(ex));
	mn_reply_header(r, "Access-Control-Allow-Headers",
		MN_STR("Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
		       "Mn-Deadline-Ms, Mn-Retry-Ms, X-API-Key, X-Brain-ID"));
	mn_reply_header(r, "Access-Control-Max-Age", MN_STR("600"));
	return r->status;
}

static int find_route(mn_exchange *ex)
{
	int status = mn_route_find(ex);

	if (status == 400)
		return refuse(ex, status, "the path is not percent-encoded UTF-8");
	if (status == 404)
		return refuse(ex, status, "there is no such path");
	if (status == 405 && mn_str_is(ex->head.method, "OPTIONS"))
		return preflight(ex);
	if (status == 405) {
		mn_reply_header(&ex->reply, "Allow", mn_route_allow(ex));
		return refuse(ex, status, "this path does not take that method");
	}
	return mn_query_read(ex) ? refuse(ex, 400, "the query is not percent-encoded UTF-8") : 0;
}

/* A client's own deadline, if it is nearer. */
static int read_deadline(mn_exchange *ex)
{
	mn_str text = mn_head_field(&ex->head, "mn-deadline-ms");
	uint64_t ms = 0;
	mn_time at;

	if (!text.ptr)
		return 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9' || i > 12)
			return refuse(ex, 400, "Mn-Deadline-Ms has to be a number");
		ms = ms * 10 + (unsigned)(text.ptr[i] - '0');
	}
	at = ex->arrived + (mn_time)ms * 1000;
	if (at < ex->call.deadline)
		ex->call.deadline = at;
	return 0;
}

static int check_socket(mn_exchange *ex)
{
	bool asked = ex->head.upgrade && mn_head_lists(&ex->head, "upgrade", "websocket");

	if (!(ex->req.route->flags & MN_ROUTE_SOCKET) || asked)
		return 0;
	mn_reply_header(&ex->reply, "Upgrade", MN_STR("websocket"));
	return refuse(ex, 426, "this path speaks WebSocket only");
}

int mn_exchange_begin(mn_exchange *ex, const char *bytes, size_t n)
{
	mn_server *s = ex->conn->server;
	mn_str copy = mn_arena_copy(ex->call.arena, (mn_str){bytes, n});
	int why = copy.ptr ? mn_guard_head(copy.ptr, n) : MN_REJECT_FULL, status;

	ex->req.id = mn_arena_printf(ex->call.arena, "%s-%" PRIx64, s->boot, ++s->serial);
	if (why == MN_REJECT_NONE)
		why = mn_head_read(&ex->head, (char *)copy.ptr, n);
	if (why)
		return mn_exchange_refuse(ex, why);
	ex->req.method = ex->head.method;
	ex->req.path = ex->head.path;
	ex->headless = mn_str_is(ex->head.method, "HEAD");
	why = mn_gatekeeper_ask(s->gate, ex);
	if (why)
		return mn_exchange_refuse(ex, why);
	status = find_route(ex);
	if (status == 0)
		why = mn_gatekeeper_let(ex);
	if (why)
		return mn_exchange_refuse(ex, why);
	if (status == 0)
		status = read_deadline(ex);
	if (status == 0)
		status = check_body(ex);
	return status ? status : check_socket(ex);
}

/* ---- The body ----------------------------------------------------------------------------- */

bool mn_exchange_body(void *ctx, const char *bytes, size_t n)
{
	mn_exchange *ex = ctx;
	mn_server *s = ex->conn->server;
	bool stream = ex->req.route->flags & MN_ROUTE_STREAM_IN;

	ex->taken += n;
	if (ex->taken > ex->ceiling) {
		ex->why = MN_REJECT_BODY_LONG;
		return false;
	}
	if (stream) /* bounded by being held back */
		pthread_mutex_lock(&ex->conn->lock);
	else if (atomic_fetch_add(&s->bodies, n) + n > BODIES_LIMIT)
		ex->why = MN_REJECT_FULL;
	if (!stream)
		ex->counted += n;
	if (stream && ex->body_at) {
		memmove(ex->body.ptr, ex->body.ptr + ex->body_at, ex->body.len - ex->body_at);
		ex->body.len -= ex->body_at;
		ex->body_at = 0;
	}
	mn_buf_add(&ex->body, bytes, n);
	if (!mn_buf_ok(&ex->body))
		ex->why = MN_REJECT_FULL;
	if (stream)
		pthread_mutex_unlock(&ex->conn->lock);
	return ex->why == MN_REJECT_NONE;
}

/* ---- On the worker ------------------------------------------------------------------------ */

/* What the token may do with a brain that is not there is not told apart from what it may not. */
static int open_brain(mn_exchange *ex)
{
	mn_request *req = &ex->req;
	mn_str asked = mn_request_header(req, "x-brain-id");
	int rc;

	if (req->route->at == MN_AT_PATH)
		asked = mn_request_param(req, "brain");
	else if (!asked.len)
		asked = mn_server_default_brain(req->server);
	if (!mn_text_valid(asked))
		return mn_fail(req->call, MN_EINVAL, 0, "X-Brain-ID is not UTF-8");
	rc = mn_server_brain_get(req->server, req->call, asked, &req->brain);
	if (rc == MN_ENOBRAIN && !mn_request_may(req, req->route->right, asked))
		return mn_request_need(req, req->route->right, asked);
	if (rc)
		return rc;
	req->brain_name = mn_brains_name(req->server->brains, req->brain);
	return mn_request_need(req, req->route->right, req->brain_name);
}

static int check_right(mn_exchange *ex)
{
	const mn_route *r = ex->req.route;

	if (r->at == MN_AT_PATH || r->at == MN_AT_HEADER)
		return open_brain(ex);
	if (r->right == MN_RIGHT_NONE || r->at == MN_AT_ANY)
		return MN_OK; /* the gatekeeper has seen to it */
	if (r->at == MN_AT_NAME)
		return mn_request_need(&ex->req, r->right, mn_request_param(&ex->req, "brain"));
	return mn_request_need(&ex->req, r->right, MN_STR(""));
}

static void end_brain(mn_exchange *ex, int rc)
{
	mn_request *req = &ex->req;

	if (!req->brain)
		return;
	if (rc == MN_ENOBRAIN)
		mn_server_brain_forget(req->server, req->brain_name);
	mn_server_brain_put(req->server, req->brain);
	req->brain = NULL;
}

void mn_exchange_run(mn_server *s, mn_task *task)
{
	mn_exchange *ex = (mn_exchange *)((char *)task - offsetof(mn_exchange, task));
	mn_conn *c = ex->conn;
	int rc = mn_check(&ex->call);

	atomic_fetch_add(&s->running, 1);
	ex->req.body = ex->req.route->flags & MN_ROUTE_STREAM_IN ? MN_STR("")
								 : mn_buf_view(&ex->body);
	if (rc == MN_OK)
		rc = check_right(ex);
	if (rc == MN_OK)
		rc = ex->req.route->handle(&ex->req, &ex->reply);
	if (rc && !ex->begun)
		mn_reply_from_error(ex, rc);
	end_brain(ex, rc);
	if (rc && ex->socket) {
		mn_socket_abandon(ex->socket);
		ex->socket = NULL;
	}
	atomic_fetch_sub(&s->running, 1);
	pthread_mutex_lock(&c->lock);
	ex->cut = ex->cut || (rc && ex->begun);
	ex->handled = true;
	mn_conn_wake(c);
	pthread_mutex_unlock(&c->lock);
}

/* ---- The answer --------------------------------------------------------------------------- */

void mn_exchange_send(mn_exchange *ex)
{
	mn_conn *c = ex->conn;
	mn_reply *r = &ex->reply;

	if (!r->status)
		r->status = r->body.len ? 200 : 204;
	ex->headless = ex->headless || r->status == 204 || r->status == 304 || r->status == 101;
	pthread_mutex_lock(&c->lock);
	mn_reply_head(ex, &c->out, r->body.len);
	if (!ex->headless) {
		c->tail = r->body;
		ex->sent = r->body.len;
	}
	c->broken = c->broken || !mn_buf_ok(&c->out);
	pthread_mutex_unlock(&c->lock);
}
