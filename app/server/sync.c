/* SPDX-License-Identifier: MIT */
/* sync.c - the conversation with those who listen. */
#include "server/sync.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/iso.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/str.h"
#include "server/peer.h"
#include "server/sync_book.h"

#define MOST_DATA ((size_t)16 << 10)
#define MOST_TOLD 50 /* events of a history that are sent at once */

static mn_book *book_of(mn_server *server)
{
	return mn_server_state(server, &mn_room_sync);
}

/* ---- Sending ------------------------------------------------------------------------------ */

static void send_text(mn_listener *l, mn_buf *b)
{
	if (mn_buf_ok(b) && mn_socket_send(l->socket, mn_buf_view(b)))
		mn_server_count(mn_socket_server(l->socket), MN_COUNT_EVENTS, 1);
	mn_buf_free(b);
}

/* An event for this client alone. data: JSON. */
static void answer(mn_listener *l, mn_call *call, const char *type, mn_str brain, mn_str data)
{
	const mn_news e = {
		.when = mn_engine_now(call->engine), .type = mn_str_of(type), .data = data};
	mn_buf b = MN_BUF((size_t)1 << 16);

	mn_news_write(&b, &e, brain);
	send_text(l, &b);
}

static void complain(mn_listener *l, mn_call *call, mn_str brain, const char *why)
{
	mn_buf b = MN_BUF(1024);

	mn_buf_text(&b, "{\"error\":");
	mn_buf_json(&b, mn_str_of(why));
	mn_buf_char(&b, '}');
	if (mn_buf_ok(&b))
		answer(l, call, "error", brain, mn_buf_view(&b));
	mn_buf_free(&b);
}

/* ---- Actions ------------------------------------------------------------------------------ */

/* The own name of the brain a message speaks of, if the client may do this with it. */
static bool find_brain(
	mn_listener *l, mn_call *call, const json_t *message, int right, mn_str *as, mn_str *name)
{
	mn_server *server = mn_socket_server(l->socket);
	mn_brain_row row;
	mn_brain *brain;
	int rc;

	*as = mn_json_str(json_object_get(message, "brain_id"));
	if (as->len == 0) {
		complain(l, call, MN_STR("*"), "brain_id is missing");
		return false;
	}
	rc = mn_server_brain_get(server, call, *as, &brain);
	if (rc == MN_OK) {
		rc = mn_brain_describe(brain, call, &row);
		mn_server_brain_put(server, brain);
	}
	if (rc != MN_OK || !mn_socket_may(l->socket, right, row.name)) {
		complain(l, call, *as,
			rc == MN_ENOBRAIN || rc == MN_OK ? "Brain not found" : call->err->text);
		return false;
	}
	*name = row.name;
	return true;
}

static void do_connect(mn_listener *l, mn_call *call, const json_t *message)
{
	mn_str data = mn_arena_printf(call->arena, "{\"client_id\":\"%s\"}", l->id);

	(void)message;
	l->connected = true;
	answer(l, call, "connected", MN_STR("*"), data);
}

static void do_subscribe(mn_listener *l, mn_call *call, const json_t *message)
{
	mn_str as, name, data;
	bool done;

	if (!find_brain(l, call, message, MN_RIGHT_READ, &as, &name))
		return;
	done = mn_book_subscribe(book_of(mn_socket_server(l->socket)), l, name, as);
	data = mn_arena_printf(call->arena, "{\"success\":%s,\"client_id\":\"%s\"}",
		done ? "true" : "false", l->id);
	answer(l, call, "subscribed", as, data);
}

static void do_unsubscribe(mn_listener *l, mn_call *call, const json_t *message)
{
	const mn_str as = mn_json_str(json_object_get(message, "brain_id"));
	const bool done = mn_book_unsubscribe(book_of(mn_socket_server(l->socket)), l, as);

	answer(l, call, "unsubscribed", as,
		done ? MN_STR("{\"success\":true}") : MN_STR("{\"success\":false}"));
}

static bool is_event_type(mn_str type)
{
	static const char *const types[] = {"neuron_created", "neuron_updated", "neuron_deleted",
		"synapse_created", "synapse_updated", "synapse_deleted", "fiber_created",
		"fiber_updated", "fiber_deleted", "memory_encoded", "memory_queried", "full_sync",
		"partial_sync"};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (mn_str_is(type, types[i]))
			return true;
	return false;
}

/* What a client pushes to the others. */
static void do_event(mn_listener *l, mn_call *call, const json_t *message)
{
	mn_server *server = mn_socket_server(l->socket);
	const json_t *event = json_object_get(message, "event");
	const json_t *data = json_object_get(event, "data");
	mn_buf b = MN_BUF(MOST_DATA);
	mn_news e = {.when = mn_engine_now(call->engine),
		.type = mn_json_str(json_object_get(event, "type")),
		.source = mn_str_of(l->id)};
	mn_str as, name;

	if (!is_event_type(e.type)) {
		complain(l, call, MN_STR("*"), "event.type is none that can be pushed");
		return;
	}
	if (data && (!json_is_object(data) || mn_json_write(data, &b) != MN_OK || !mn_buf_ok(&b))) {
		complain(l, call, MN_STR("*"), "event.data is no object, or longer than 16 KiB");
	} else if (find_brain(l, call, event, MN_RIGHT_WRITE, &as, &name)) {
		mn_iso_read(mn_json_str(json_object_get(event, "timestamp")), &e.when);
		e.data = mn_buf_view(&b);
		mn_server_count(
			server, MN_COUNT_EVENTS, mn_book_tell(book_of(server), name, &e, l));
	}
	mn_buf_free(&b);
}

static void do_history(mn_listener *l, mn_call *call, const json_t *message)
{
	mn_buf b = MN_BUF((size_t)1 << 20);
	mn_time since = INT64_MIN;
	mn_str as, name;

	if (!find_brain(l, call, message, MN_RIGHT_READ, &as, &name))
		return;
	mn_iso_read(mn_json_str(json_object_get(message, "since")), &since);
	mn_buf_text(&b, "{\"type\":\"history\",\"brain_id\":");
	mn_buf_json(&b, as);
	mn_buf_text(&b, ",\"events\":[");
	mn_book_history(book_of(mn_socket_server(l->socket)), name, as, since, MOST_TOLD, &b);
	mn_buf_text(&b, "]}");
	send_text(l, &b);
}

static void do_ping(mn_listener *l, mn_call *call, const json_t *message)
{
	mn_buf b = MN_BUF(64);

	(void)call;
	(void)message;
	mn_buf_text(&b, "{\"type\":\"pong\"}");
	send_text(l, &b);
}

static const struct action {
	const char *name;
	void (*act)(mn_listener *, mn_call *, const json_t *);
	bool at_once; /* before "connect" too */
} actions[] = {
	{"connect", do_connect, true},
	{"subscribe", do_subscribe, false},
	{"unsubscribe", do_unsubscribe, false},
	{"event", do_event, false},
	{"get_history", do_history, true},
	{"ping", do_ping, true},
};

static void act(mn_listener *l, mn_call *call, const json_t *message)
{
	const mn_str name = mn_json_str(json_object_get(message, "action"));

	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		if (!mn_str_is(name, actions[i].name))
			continue;
		if (!actions[i].at_once && !l->connected)
			complain(l, call, MN_STR("*"), "Not connected");
		else
			actions[i].act(l, call, message);
		return;
	}
	complain(l, call, MN_STR("*"),
		"action must be connect, subscribe, unsubscribe, event, get_history or ping");
}

/* ---- Sockets ------------------------------------------------------------------------------ */

static void message(mn_socket *socket, mn_call *call, void *ctx, mn_str text)
{
	mn_listener *l = ctx;
	json_t *tree = NULL;
	char why[120];

	(void)socket;
	if (mn_json_read(text, why, sizeof(why), &tree) != MN_OK)
		complain(l, call, MN_STR("*"), "Invalid JSON");
	else
		act(l, call, tree);
	json_decref(tree);
}

static void closed(mn_socket *socket, void *ctx)
{
	mn_book_leave(book_of(mn_socket_server(socket)), ctx);
	mn_free(ctx);
}

static int open_socket(mn_request *req, mn_reply *reply)
{
	static const mn_socket_calls calls = {message, closed};
	mn_book *book = book_of(req->server);
	mn_listener *l = mn_alloc_zero(1, sizeof(*l));
	uint32_t dice;
	int rc;

	if (!l)
		return mn_fail_memory(req->call);
	randombytes_buf(&dice, sizeof(dice));
	snprintf(l->id, sizeof(l->id), "client-%08x", dice);
	rc = mn_socket_accept(req, reply, &calls, l, &l->socket);
	if (rc != MN_OK) {
		mn_free(l);
		return rc;
	}
	if (!mn_book_enter(book, l))
		mn_socket_close(l->socket, 1013, "too many clients listen already");
	return MN_OK;
}

static bool may_read(const void *ctx, mn_str brain)
{
	return mn_request_may(ctx, MN_RIGHT_READ, brain);
}

static int stats(mn_request *req, mn_reply *reply)
{
	mn_buf b = MN_BUF((size_t)1 << 20);

	mn_book_stats(book_of(req->server), may_read, req, &b);
	return mn_reply_take(req, reply, &b);
}

/* ---- The room ----------------------------------------------------------------------------- */

void mn_sync_tell(mn_server *server, mn_str brain, const char *type, mn_str data)
{
	mn_book *book = book_of(server);
	const mn_news e = {.when = mn_engine_now(mn_server_engine(server)),
		.type = mn_str_of(type),
		.data = data};

	if (book && data.len <= MOST_DATA)
		mn_server_count(server, MN_COUNT_EVENTS, mn_book_tell(book, brain, &e, NULL));
}

bool mn_sync_heard(mn_server *server, mn_str brain)
{
	return book_of(server) && mn_book_heard(book_of(server), brain);
}

void mn_sync_forget(mn_server *server, mn_str brain)
{
	if (book_of(server))
		mn_book_forget(book_of(server), brain);
}

static const mn_route routes[] = {
	{"GET", "/sync/ws", MN_RIGHT_READ, MN_AT_ANY, MN_ROUTE_SOCKET, 0, NULL, open_socket},
	{"GET", "/sync/stats", MN_RIGHT_READ, MN_AT_ANY, 0, 0, NULL, stats},
	{0},
};

static const char *const prefixes[] = {"", "/api/v1", NULL};

static int start(mn_server *server, mn_call *call, void **state)
{
	mn_book *made;
	int rc = mn_book_new(call, &made);

	(void)server;
	if (rc == MN_OK)
		*state = made;
	return rc;
}

static void stop(mn_server *server, void *state)
{
	(void)server;
	mn_book_free(state);
}

const mn_room mn_room_sync = {
	.name = "sync",
	.routes = routes,
	.prefixes = prefixes,
	.start = start,
	.stop = stop,
	.fail = mn_peer_fail,
};
