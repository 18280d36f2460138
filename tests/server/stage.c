/* SPDX-License-Identifier: MIT */
/*
 * stage.c - the server's core with routes of the tests: such as take long, stream, or echo.
 *
 * usage: stage [KEY=VALUE]...   keys: the numbers of mn_server_options, listen, tokens, host,
 * origin, proxy, log
 *
 * Its rooms take the place of rooms.c; everything else is the program's own.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "server/rooms.h"
#include "server/run.h"

static _Atomic unsigned handled; /* how many handlers have begun */

/* ---- Routes ------------------------------------------------------------------------------- */

static int echo(mn_request *req, mn_reply *r)
{
	handled++;
	r->type = MN_STR("text/plain");
	r->body = req->body.len ? req->body : MN_STR("nothing\n");
	return MN_OK;
}

static int count(mn_request *req, mn_reply *r)
{
	r->body = mn_arena_printf(req->call->arena, "%u\n", handled);
	return r->body.ptr ? MN_OK : mn_fail_memory(req->call);
}

static int who(mn_request *req, mn_reply *r)
{
	r->body = mn_arena_printf(req->call->arena, "%.*s %.*s\n", (int)req->peer.len,
		req->peer.ptr, (int)req->who.len, req->who.len ? req->who.ptr : "");
	return r->body.ptr ? MN_OK : mn_fail_memory(req->call);
}

/* {ms}, or until it is cancelled. */
static int nap(mn_request *req, mn_reply *r)
{
	mn_engine *e = mn_server_engine(req->server);
	mn_time until = mn_engine_monotonic(e)
			+ strtoll(mn_request_param(req, "ms").ptr, NULL, 10) * 1000;
	int rc = MN_OK;

	handled++;
	while (rc == MN_OK && mn_engine_monotonic(e) < until) {
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
		rc = mn_check(req->call);
	}
	r->body = MN_STR("\"slept\"\n");
	return rc;
}

/* {n} lines; ?fail=K: breaks off after so many. */
static int lines(mn_request *req, mn_reply *r)
{
	uint64_t n = strtoull(mn_request_param(req, "n").ptr, NULL, 10), fail;
	int rc = mn_request_count(req, "fail", 0, UINT32_MAX, UINT64_MAX, &fail);
	char line[64];

	r->type = MN_STR("application/x-ndjson");
	if (rc == MN_OK)
		rc = mn_reply_begin(req, r);
	for (uint64_t i = 0; i < n && rc == MN_OK; i++) {
		int len = snprintf(line, sizeof(line), "{\"line\":%llu}\n", (unsigned long long)i);

		rc = i == fail ? mn_fail(req->call, MN_EIO, 0, "on purpose")
			       : mn_reply_write(req, line, (size_t)len);
	}
	return rc;
}

/* Counts the bytes of a body that is read in pieces. */
static int swallow(mn_request *req, mn_reply *r)
{
	char piece[4096];
	size_t n = 1, all = 0;
	int rc = MN_OK;

	handled++;
	while (rc == MN_OK && n) {
		rc = mn_request_read(req, piece, sizeof(piece), &n);
		all += rc == MN_OK ? n : 0;
	}
	r->body = mn_arena_printf(req->call->arena, "%zu\n", all);
	return rc;
}

static int header(mn_request *req, mn_reply *r)
{
	r->status = 204;
	mn_reply_header(r, "X-Said", mn_request_query(req, "say"));
	return MN_OK;
}

static int shown(mn_request *req, mn_reply *r)
{
	r->body = mn_arena_copy(req->call->arena, req->brain_name);
	return MN_OK;
}

static int take_json(mn_request *req, mn_reply *r)
{
	json_t *tree;
	int rc = mn_request_json(req, &tree);

	r->body = MN_STR("true\n");
	return rc;
}

/* ---- A WebSocket that answers what it hears ------------------------------------------------ */

static void on_text(mn_socket *s, mn_call *call, void *ctx, mn_str text)
{
	(void)call;
	(void)ctx;
	if (mn_str_is(text, "flood"))
		for (int i = 0; i < 4096; i++)
			mn_socket_send(
				s, MN_STR("0123456789abcdef0123456789abcdef0123456789abcdef"
					  "0123456789abcdef0123456789abcdef0123456789abcdef"
					  "0123456789abcdef0123456789abcdef0123456789abcdef"
					  "0123456789abcdef0123456789abcdef0123456789abcdef"
					  "0123456789abcdef0123456789abcdef0123456789abcdef"
					  "0123456789abcdef0123456789abcdef0123456789abcdef"));
	else if (mn_str_is(text, "bye"))
		mn_socket_close(s, 1000, "bye");
	else
		mn_socket_send(s, text);
}

static _Atomic unsigned closed;

static void on_closed(mn_socket *s, void *ctx)
{
	(void)s;
	(void)ctx;
	closed++;
}

static int count_closed(mn_request *req, mn_reply *r)
{
	r->body = mn_arena_printf(req->call->arena, "%u\n", closed);
	return r->body.ptr ? MN_OK : mn_fail_memory(req->call);
}

static int open_socket(mn_request *req, mn_reply *r)
{
	static const mn_socket_calls calls = {on_text, on_closed};
	mn_socket *s;

	return mn_socket_accept(req, r, &calls, NULL, &s);
}

static const mn_route routes[] = {
	{.method = "POST",
		.path = "/echo",
		.flags = MN_ROUTE_ANY_TYPE,
		.body = 4 << 20,
		.handle = echo},
	{.method = "GET", .path = "/echo", .handle = echo},
	{.method = "GET", .path = "/count", .handle = count},
	{.method = "GET", .path = "/who", .handle = who},
	{.method = "GET", .path = "/nap/{ms}", .handle = nap},
	{.method = "GET", .path = "/lines/{n}", .handle = lines},
	{.method = "GET", .path = "/header", .handle = header},
	{.method = "POST", .path = "/json", .handle = take_json},
	{.method = "POST",
		.path = "/swallow",
		.flags = MN_ROUTE_STREAM_IN | MN_ROUTE_ANY_TYPE,
		.body = 64 << 20,
		.handle = swallow},
	{.method = "GET",
		.path = "/brains/{brain}",
		.right = MN_RIGHT_READ,
		.at = MN_AT_PATH,
		.handle = shown},
	{.method = "PUT",
		.path = "/brains/{brain}",
		.right = MN_RIGHT_WRITE,
		.at = MN_AT_PATH,
		.handle = shown},
	{.method = "DELETE",
		.path = "/brains/{brain}",
		.right = MN_RIGHT_ADMIN,
		.at = MN_AT_PATH,
		.handle = shown},
	{.method = "GET",
		.path = "/here",
		.right = MN_RIGHT_READ,
		.at = MN_AT_HEADER,
		.handle = shown},
	{.method = "GET",
		.path = "/all",
		.right = MN_RIGHT_READ,
		.at = MN_AT_SERVER,
		.handle = echo},
	{.method = "GET", .path = "/socket", .flags = MN_ROUTE_SOCKET, .handle = open_socket},
	{.method = "GET",
		.path = "/socket/guarded",
		.right = MN_RIGHT_READ,
		.at = MN_AT_ANY,
		.flags = MN_ROUTE_SOCKET,
		.handle = open_socket},
	{.method = "GET", .path = "/socket/closed", .handle = count_closed},
	{0},
};

static const mn_room room = {.name = "stage", .routes = routes};

const mn_room *mn_room_at(size_t i)
{
	return i == 0 ? &room : i == 1 ? &mn_room_health : NULL;
}

/* ---- The program -------------------------------------------------------------------------- */

static void set_number(mn_server_options *o, const char *key, uint32_t value)
{
	const struct {
		const char *key;
		uint32_t *small;
		size_t *large;
	} known[] = {
		{"head_ms", &o->head_ms, NULL},
		{"idle_ms", &o->idle_ms, NULL},
		{"grace_ms", &o->grace_ms, NULL},
		{"deadline_ms", &o->deadline_ms, NULL},
		{"slow_ms", &o->slow_ms, NULL},
		{"slow_rate", &o->slow_rate, NULL},
		{"rate", &o->rate, NULL},
		{"burst", &o->burst, NULL},
		{"connections", NULL, &o->connections},
		{"workers", NULL, &o->workers},
		{"body", NULL, &o->body},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(key, known[i].key) == 0 && known[i].small)
			*known[i].small = value;
		else if (strcmp(key, known[i].key) == 0)
			*known[i].large = value;
}

static void set_text(mn_server_options *o, mn_strs lists[4], const char *key, const char *value)
{
	static mn_str values[4][8];
	static const char *const keys[4] = {"listen", "host", "origin", "proxy"};

	if (strcmp(key, "tokens") == 0)
		o->tokens = mn_str_of(value);
	if (strcmp(key, "log") == 0)
		o->log = mn_str_of(value);
	for (int i = 0; i < 4; i++)
		if (strcmp(key, keys[i]) == 0 && lists[i].n < 8) {
			values[i][lists[i].n++] = mn_str_of(value);
			lists[i].at = values[i];
		}
}

static void read_arguments(mn_server_options *o, int argc, char **argv)
{
	mn_strs lists[4] = {{0}};

	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (!value)
			continue;
		*value++ = '\0';
		set_number(o, argv[i], (uint32_t)strtoul(value, NULL, 10));
		set_text(o, lists, argv[i], value);
	}
	o->listen = lists[0];
	o->hosts = lists[1];
	o->origins = lists[2];
	o->proxies = lists[3];
}

static int make_brains(mn_store *store, mn_call *call)
{
	static const char *const names[] = {"default", "a", "b", NULL};
	int rc = MN_OK;

	for (int i = 0; names[i] && rc == MN_OK; i++)
		rc = mn_store_create(store, call, mn_str_of(names[i]), MN_STR(""));
	return rc;
}

int main(int argc, char **argv)
{
	mn_server_options o = mn_server_defaults();
	mn_error err = MN_SIZED(mn_error);
	mn_engine *engine = NULL;
	mn_store *store = NULL;
	mn_server *server = NULL;
	mn_call call;
	sigset_t set;
	int rc, fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	o.tokens = MN_STR("/nonexistent/tokens");
	o.brain = MN_STR("default");
	read_arguments(&o, argc, argv);
	rc = mn_engine_new(NULL, &err, &engine);
	if (rc == MN_OK && mn_call_init(&call, engine, 0) == MN_OK) {
		rc = mn_store_open(engine, &call, MN_STR("memory:"), false, &store);
		if (rc == MN_OK)
			rc = make_brains(store, &call);
		if (rc)
			err = *call.err;
		mn_call_done(&call);
	}
	if (rc == MN_OK)
		rc = mn_server_new(&o, store, engine, &err, &server);
	for (size_t i = 0; rc == MN_OK && mn_server_url(server, i); i++)
		fprintf(stderr, "stage: listening on %s\n", mn_server_url(server, i));
	if (rc == MN_OK)
		rc = mn_server_serve(server, fd, &err);
	if (rc)
		fprintf(stderr, "stage: %s\n", err.text);
	mn_server_free(server);
	mn_store_close(store);
	mn_engine_free(engine);
	return rc ? 1 : 0;
}
