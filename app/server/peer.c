/* SPDX-License-Identifier: MIT */
/* peer.c - the routes of NeuralMemory's REST API, and what their handlers share. */
#include "server/peer.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "server/commit_room.h"
#include "server/sync.h"

/* ---- Ends --------------------------------------------------------------------------------- */

int mn_peer_end(mn_request *req, mn_reply *reply, int status, mn_buf *b)
{
	if (status == MN_OK)
		return mn_reply_take(req, reply, b);
	mn_buf_free(b);
	return reply->status == 422 && reply->body.len ? MN_OK : status;
}

int mn_peer_not(mn_request *req, mn_reply *reply, int http_status, const char *text)
{
	return mn_reply_fail(req, reply, http_status, MN_EINVAL, "%s", text);
}

/* {"detail": ...}, as both dialects say what went wrong. */
void mn_peer_fail(mn_request *req, mn_reply *reply, int status, const mn_error *err)
{
	mn_buf b = MN_BUF(4096);
	const char *text = err->text;

	if (status == 404 && err->code == MN_ENOBRAIN)
		text = "Brain not found";
	mn_buf_text(&b, "{\"detail\":");
	mn_buf_json(&b, mn_str_of(text));
	mn_buf_char(&b, '}');
	reply->type = MN_STR("application/json");
	reply->body = mn_arena_copy(req->call->arena, mn_buf_view(&b));
	mn_buf_free(&b);
}

/* ---- Writes ------------------------------------------------------------------------------- */

int mn_peer_refuse(mn_peer_write *w, mn_call *call, int http_status, const char *fmt, ...)
{
	va_list args;

	w->http = http_status;
	va_start(args, fmt);
	mn_vfail(call, MN_EINVAL, 0, fmt, args);
	va_end(args);
	return MN_EINVAL;
}

int mn_peer_commit(mn_request *req, mn_reply *reply, mn_peer_write *w, mn_draw *draw,
	const char *kind, mn_str uid)
{
	mn_str key = mn_arena_printf(
		req->call->arena, "%s:%.*s", kind, (int)uid.len, uid.len ? uid.ptr : "");
	int rc;

	if (!key.ptr)
		return mn_fail_memory(req->call);
	w->req = req;
	rc = mn_commit_changes(mn_commit_of(req->server), req->brain, req->brain_name, req->call,
		key, draw, w, NULL);
	if (rc != MN_OK && w->http)
		reply->status = w->http;
	return rc;
}

void mn_peer_tell(mn_request *req, const char *type, const char *key, mn_str uid)
{
	mn_buf b = MN_BUF((size_t)1 << 16);

	mn_buf_printf(&b, "{\"%s\":", key);
	mn_buf_json(&b, uid);
	mn_buf_char(&b, '}');
	if (mn_buf_ok(&b))
		mn_sync_tell(req->server, req->brain_name, type, mn_buf_view(&b));
	mn_buf_free(&b);
}

int mn_peer_change(mn_request *req, mn_reply *reply, mn_peer_write *w, mn_draw *draw,
	const char *kind, mn_str uid, const char *done)
{
	mn_buf b = MN_BUF(MN_PEER_OUT);
	char type[32], key[16];
	int rc = mn_peer_commit(req, reply, w, draw, kind, uid);

	if (rc == MN_OK) {
		snprintf(type, sizeof(type), "%s_%s", kind, done);
		snprintf(key, sizeof(key), "%s_id", kind);
		mn_peer_tell(req, type, key, uid);
		mn_buf_printf(&b, "{\"status\":\"%s\",\"id\":", done);
		mn_buf_json(&b, uid);
		mn_buf_char(&b, '}');
	}
	return mn_peer_end(req, reply, rc, &b);
}

/* ---- Rows by uid -------------------------------------------------------------------------- */

int mn_peer_find(mn_brain *b, mn_call *call, int kind, mn_str uid, mn_id *out)
{
	*out = 0;
	return uid.len ? mn_brain_resolve(b, call, kind, (mn_strs){&uid, 1}, out) : MN_OK;
}

int mn_peer_drop(
	mn_brain *brain, mn_call *call, mn_sheet *sheet, mn_peer_write *w, int kind, mn_str uid)
{
	static const char *const names[MN_KINDS] = {
		[MN_NEURON] = "Neuron", [MN_SYNAPSE] = "Synapse", [MN_FIBER] = "Fiber"};
	mn_fiber *row = mn_call_alloc(call, sizeof(*row)); /* the largest: any begins with its id */
	int rc = row ? mn_peer_find(brain, call, kind, uid, &row->id) : MN_ENOMEM;

	if (rc == MN_OK && !row->id)
		return mn_peer_refuse(w, call, 404, "%s not found", names[kind]);
	return rc == MN_OK ? mn_sheet_put(sheet, MN_DROP, kind, row) : rc;
}

static int row_of(mn_brain *b, mn_call *call, int kind, mn_str uid, mn_rows *out)
{
	mn_id id;
	int rc = mn_peer_find(b, call, kind, uid, &id);

	out->n = 0;
	if (rc == MN_OK && id)
		rc = mn_brain_get(b, call, kind, (mn_ids){&id, 1}, 0, out);
	return rc;
}

int mn_peer_neuron_of(mn_brain *b, mn_call *call, mn_str uid, mn_neuron *out)
{
	mn_rows rows;
	int rc = row_of(b, call, MN_NEURON, uid, &rows);

	*out = rc == MN_OK && rows.n ? rows.at.neuron[0] : (mn_neuron){0};
	return rc;
}

int mn_peer_synapse_of(mn_brain *b, mn_call *call, mn_str uid, mn_synapse *out)
{
	mn_rows rows;
	int rc = row_of(b, call, MN_SYNAPSE, uid, &rows);

	*out = rc == MN_OK && rows.n ? rows.at.synapse[0] : (mn_synapse){0};
	return rc;
}

int mn_peer_fiber_of(mn_brain *b, mn_call *call, mn_str uid, mn_fiber *out)
{
	mn_rows rows;
	int rc = row_of(b, call, MN_FIBER, uid, &rows);

	*out = rc == MN_OK && rows.n ? rows.at.fiber[0] : (mn_fiber){0};
	return rc;
}

/* ---- The room ----------------------------------------------------------------------------- */

#define READ MN_RIGHT_READ, MN_AT_HEADER, 0, 0, NULL
#define WRITE MN_RIGHT_WRITE, MN_AT_HEADER, 0, (size_t)4 << 20, NULL
#define DROP MN_RIGHT_WRITE, MN_AT_HEADER, 0, 0, NULL
#define ASK MN_RIGHT_READ, MN_AT_HEADER, MN_ROUTE_THINKS, 0, NULL

static const mn_route routes[] = {
	{"POST", "/memory/encode", WRITE, mn_peer_encode},
	{"POST", "/memory/query", ASK, mn_peer_query},
	{"GET", "/memory/show/{id}", READ, mn_peer_show},
	{"GET", "/memory/suggest", READ, mn_peer_suggest},
	{"POST", "/memory/neurons", WRITE, mn_peer_neuron_add},
	{"GET", "/memory/neurons", READ, mn_peer_neuron_list},
	{"GET", "/memory/neurons/{id}", READ, mn_peer_neuron_get},
	{"PUT", "/memory/neurons/{id}", WRITE, mn_peer_neuron_put},
	{"DELETE", "/memory/neurons/{id}", DROP, mn_peer_neuron_drop},
	{"GET", "/memory/neurons/{id}/state", READ, mn_peer_state_get},
	{"PUT", "/memory/neurons/{id}/state", WRITE, mn_peer_state_put},
	{"GET", "/memory/neurons/{id}/neighbors", READ, mn_peer_neighbors},
	{"GET", "/memory/neurons/{id}/path", READ, mn_peer_path},
	{"POST", "/memory/synapses", WRITE, mn_peer_synapse_add},
	{"GET", "/memory/synapses", READ, mn_peer_synapse_list},
	{"GET", "/memory/synapses/{id}", READ, mn_peer_synapse_get},
	{"PUT", "/memory/synapses/{id}", WRITE, mn_peer_synapse_put},
	{"DELETE", "/memory/synapses/{id}", DROP, mn_peer_synapse_drop},
	{"POST", "/memory/fibers", WRITE, mn_peer_fiber_add},
	{"GET", "/memory/fibers", READ, mn_peer_fiber_list},
	{"GET", "/memory/fiber/{id}", READ, mn_peer_fiber_get},
	{"GET", "/memory/fibers/{id}", READ, mn_peer_fiber_get},
	{"PUT", "/memory/fibers/{id}", WRITE, mn_peer_fiber_put},
	{"DELETE", "/memory/fibers/{id}", DROP, mn_peer_fiber_drop},
	{"POST", "/brain/create", MN_RIGHT_WRITE, MN_AT_ANY, 0, 0, NULL, mn_peer_brain_create},
	{"GET", "/brain/{brain}", MN_RIGHT_READ, MN_AT_PATH, 0, 0, NULL, mn_peer_brain_get},
	{"PUT", "/brain/{brain}", MN_RIGHT_ADMIN, MN_AT_NAME, 0, 0, NULL, mn_peer_brain_put},
	{"DELETE", "/brain/{brain}", MN_RIGHT_ADMIN, MN_AT_NAME, 0, 0, NULL, mn_peer_brain_drop},
	{"GET", "/brain/{brain}/stats", MN_RIGHT_READ, MN_AT_PATH, 0, 0, NULL, mn_peer_brain_stats},
	{"GET", "/brain/{brain}/export", MN_RIGHT_READ, MN_AT_PATH, 0, 0, NULL,
		mn_peer_brain_export},
	{"POST", "/brain/{brain}/import", MN_RIGHT_WRITE, MN_AT_NAME, 0, MN_PEER_IMPORT, NULL,
		mn_peer_brain_import},
	{0},
};

static const char *const prefixes[] = {"", "/api/v1", NULL};

static int start(mn_server *server, mn_call *call, void **state)
{
	(void)server;
	return mn_peer_lock_new(call, state);
}

static void stop(mn_server *server, void *state)
{
	(void)server;
	mn_peer_lock_free(state);
}

const mn_room mn_room_peer = {
	.name = "peer",
	.routes = routes,
	.prefixes = prefixes,
	.start = start,
	.stop = stop,
	.fail = mn_peer_fail,
};
