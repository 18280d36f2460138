/* SPDX-License-Identifier: MIT */
/* health.c - is it alive, is it of use, what has it done. */
#include <inttypes.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "server/core.h"
#include "server/rooms.h"

static int get_health(mn_request *req, mn_reply *r)
{
	mn_server *s = req->server;

	r->body = mn_arena_printf(req->call->arena,
		"{\"status\":\"healthy\",\"version\":\"" MN_VERSION "\",\"brain_name\":\"***\","
		"\"uptime_seconds\":%" PRId64 "}\n",
		(mn_server_clock(s) - s->born) / 1000000);
	return r->body.ptr ? MN_OK : mn_fail_memory(req->call);
}

/* Ready is who can answer questions: the store has to. */
static int get_ready(mn_request *req, mn_reply *r)
{
	mn_rows rows;
	int rc = mn_store_brains(mn_server_store(req->server), req->call, &rows);

	r->status = rc ? 503 : 200;
	r->body = rc ? MN_STR("{\"ready\":false,\"detail\":\"the store does not answer\"}\n")
		     : MN_STR("{\"ready\":true,\"detail\":\"the store answers\"}\n");
	return MN_OK;
}

static int get_root(mn_request *req, mn_reply *r)
{
	(void)req;
	r->body = MN_STR(
		"{\"name\":\"mnemoscope\",\"description\":\"Neural memory over HTTP\","
		"\"version\":\"" MN_VERSION "\",\"health\":\"/health\",\"ready\":\"/ready\","
		"\"metrics\":\"/metrics\",\"api\":\"/mn/v1\"}\n");
	return MN_OK;
}

static int get_metrics(mn_request *req, mn_reply *r)
{
	mn_buf b = MN_BUF(4 << 20);

	mn_metrics_write(req->server, &b);
	r->type = MN_STR("text/plain; version=0.0.4; charset=utf-8");
	return mn_reply_take(req, r, &b);
}

static const mn_route routes[] = {
	{.method = "GET", .path = "/health", .right = MN_RIGHT_NONE, .handle = get_health},
	{.method = "GET", .path = "/ready", .right = MN_RIGHT_NONE, .handle = get_ready},
	{.method = "GET", .path = "/", .right = MN_RIGHT_READ, .at = MN_AT_ANY, .handle = get_root},
	{.method = "GET",
		.path = "/metrics",
		.right = MN_RIGHT_READ,
		.at = MN_AT_ANY,
		.handle = get_metrics},
	{0},
};

const mn_room mn_room_health = {.name = "health", .routes = routes};
