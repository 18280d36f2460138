/* SPDX-License-Identifier: MIT */
/* wire.c - the room of /mn/v1: its routes, and what all of them do. */
#include "server/wire.h"

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "server/rooms.h"

#define NDJSON "application/x-ndjson"

/* ---- Messages ----------------------------------------------------------------------------- */

int wire_ask(mn_request *req, int message, void *out)
{
	return mn_wire_read(req->call, message, req->body, out);
}

int wire_answer(mn_request *req, mn_reply *reply, int message, const void *from)
{
	return mn_wire_write(req->call, message, from, &reply->body);
}

int wire_answer_at(mn_request *req, mn_reply *reply, int message, const void *from)
{
	mn_reply_etag(req, reply, req->call->at);
	return wire_answer(req, reply, message, from);
}

int wire_problem(mn_request *req, mn_reply *reply, uint64_t culprit)
{
	const mn_wire_error e = {.error = *req->call->err, .has_culprit = true, .culprit = culprit};

	reply->status = mn_reply_status(e.error.code);
	reply->type = MN_STR("application/problem+json");
	return wire_answer(req, reply, MN_WIRE_ERROR, &e);
}

/* ---- Entity tags -------------------------------------------------------------------------- */

/* The next tag of a list, without W/ and quotes. */
static bool next_tag(mn_str *rest, mn_str *tag)
{
	const char *quote;

	while (rest->len && (*rest->ptr == ' ' || *rest->ptr == ',' || *rest->ptr == '\t'))
		*rest = mn_str_sub(*rest, 1, SIZE_MAX);
	if (mn_str_starts(*rest, "W/"))
		*rest = mn_str_sub(*rest, 2, SIZE_MAX);
	if (rest->len && *rest->ptr == '*') {
		*tag = mn_str_sub(*rest, 0, 1);
		*rest = mn_str_sub(*rest, 1, SIZE_MAX);
		return true;
	}
	if (!rest->len || *rest->ptr != '"')
		return false;
	*rest = mn_str_sub(*rest, 1, SIZE_MAX);
	quote = rest->len ? memchr(rest->ptr, '"', rest->len) : NULL;
	if (!quote)
		return false;
	*tag = mn_str_sub(*rest, 0, (size_t)(quote - rest->ptr));
	*rest = mn_str_sub(*rest, tag->len + 1, SIZE_MAX);
	return true;
}

static bool same_gen(mn_gen a, mn_gen b, bool state)
{
	return a.epoch == b.epoch && a.graph == b.graph && (!state || a.state == b.state);
}

bool wire_etag_is(const mn_request *req, const char *name, mn_gen at, bool state, bool absent)
{
	mn_str rest = mn_request_header(req, name), tag;
	mn_gen asked;

	if (!rest.ptr)
		return absent;
	while (next_tag(&rest, &tag))
		if (mn_str_is(tag, "*")
			|| (mn_wire_gen_read(tag, &asked) && same_gen(asked, at, state)))
			return true;
	return false;
}

int wire_if_match(mn_request *req, mn_gen at, bool state)
{
	if (wire_etag_is(req, "if-match", at, state, true))
		return MN_OK;
	return mn_fail(req->call, MN_ESTALE, 0,
		"the brain is at another generation than If-Match wants: ask anew");
}

/* ---- The room ----------------------------------------------------------------------------- */

wire_state *wire_state_of(mn_request *req)
{
	return mn_server_state(req->server, &mn_room_wire);
}

static int start(mn_server *server, mn_call *call, void **out)
{
	wire_state *state = mn_alloc_zero(1, sizeof(*state));
	int rc = state ? mn_once_new(call, &state->once) : mn_fail_memory(call);

	(void)server;
	if (rc)
		mn_free(state);
	else
		*out = state;
	return rc;
}

static void stop(mn_server *server, void *arg)
{
	wire_state *state = arg;

	(void)server;
	mn_once_free(state->once);
	mn_free(state);
}

#define BRAIN "/mn/v1/brains/{brain}"
#define READ MN_RIGHT_READ, MN_AT_PATH
#define WRITE MN_RIGHT_WRITE, MN_AT_PATH
#define STREAM MN_ROUTE_STREAM_IN

static const mn_route routes[] = {
	{"GET", "/mn/v1/info", MN_RIGHT_READ, MN_AT_ANY, 0, 0, NULL, wire_info},
	{"GET", "/mn/v1/brains", MN_RIGHT_READ, MN_AT_ANY, 0, 0, NULL, wire_list},
	{"POST", "/mn/v1/brains", MN_RIGHT_WRITE, MN_AT_ANY, 0, WIRE_BODY, NULL, wire_create},
	{"GET", BRAIN, READ, 0, 0, NULL, wire_find},
	{"PUT", BRAIN, MN_RIGHT_WRITE, MN_AT_ANY, 0, WIRE_BODY, NULL, wire_update},
	{"DELETE", BRAIN, MN_RIGHT_ADMIN, MN_AT_ANY, 0, 0, NULL, wire_delete},
	{"GET", BRAIN "/generation", READ, 0, 0, NULL, wire_generation},
	{"POST", BRAIN "/reserve", WRITE, 0, 0, NULL, wire_reserve},
	{"POST", BRAIN "/lookup", READ, 0, WIRE_BODY, NULL, wire_lookup},
	{"POST", BRAIN "/resolve", READ, 0, WIRE_BODY, NULL, wire_resolve},
	{"POST", BRAIN "/get", READ, 0, WIRE_BODY, NULL, wire_get},
	{"POST", BRAIN "/fibers-of", READ, 0, WIRE_BODY, NULL, wire_fibers_of},
	{"POST", BRAIN "/expand", READ, 0, WIRE_BODY, NULL, wire_expand},
	{"POST", BRAIN "/scan", READ, 0, WIRE_BODY, NULL, wire_scan},
	{"POST", BRAIN "/apply", WRITE, 0, WIRE_CHANGES, NULL, wire_apply},
	{"POST", BRAIN "/remember", WRITE, STREAM, WIRE_CHANGES, NDJSON, wire_remember},
	{"POST", BRAIN "/recall", READ, MN_ROUTE_THINKS, 0, NULL, wire_recall},
	{"POST", BRAIN "/trace", READ, 0, 0, NULL, wire_trace},
	{"DELETE", "/mn/v1/calls/{key}", MN_RIGHT_WRITE, MN_AT_ANY, 0, 0, NULL, wire_cancel},
	{0},
};

const mn_room mn_room_wire = {
	.name = "wire",
	.routes = routes,
	.start = start,
	.stop = stop,
};
