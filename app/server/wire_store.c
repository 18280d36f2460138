/* SPDX-License-Identifier: MIT */
/* wire_store.c - what the store is, and the rows of its brains. */
#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "server/sync.h"
#include "server/wire.h"

static bool read_only(const mn_request *req)
{
	return mn_server_read_only(req->server);
}

/* Any number of requests may come at once, whatever the store itself allows. */
int wire_info(mn_request *req, mn_reply *reply)
{
	mn_info info = MN_SIZED(mn_info);
	int rc = mn_store_info(mn_server_store(req->server), req->call, &info);

	if (rc)
		return rc;
	info.threads = MN_ANY_CALLS;
	if (read_only(req))
		info.caps &= ~(uint64_t)(MN_CAP_WRITE | MN_CAP_CREATE);
	if (!info.max_ids || info.max_ids > WIRE_IDS_MOST)
		info.max_ids = WIRE_IDS_MOST;
	if (!info.max_changes || info.max_changes > WIRE_IDS_MOST)
		info.max_changes = WIRE_IDS_MOST;
	return wire_answer(req, reply, MN_WIRE_INFO, &info);
}

/* Those the asker may read. */
int wire_list(mn_request *req, mn_reply *reply)
{
	mn_rows rows = {.kind = MN_BRAIN}, shown = {.kind = MN_BRAIN};
	mn_brain_row *may;
	int rc = mn_store_brains(mn_server_store(req->server), req->call, &rows);

	if (rc)
		return rc;
	may = mn_call_array(req->call, rows.n, sizeof(*may));
	if (!may)
		return MN_ENOMEM;
	for (size_t i = 0; i < rows.n; i++)
		if (mn_request_may(req, MN_RIGHT_READ, rows.at.brain[i].name))
			may[shown.n++] = rows.at.brain[i];
	shown.at.brain = may;
	return wire_answer(req, reply, MN_WIRE_ROWS, &shown);
}

static int answer_row(mn_request *req, mn_reply *reply, const mn_brain_row *row)
{
	const mn_rows rows = {.kind = MN_BRAIN, .n = 1, .at.brain = row};

	return wire_answer(req, reply, MN_WIRE_ROWS, &rows);
}

int wire_create(mn_request *req, mn_reply *reply)
{
	mn_brain_row row, made;
	int rc = wire_ask(req, MN_WIRE_BRAIN, &row);

	if (rc == MN_OK && !row.name.len)
		rc = mn_fail(req->call, MN_EINVAL, 0, "name is missing");
	if (rc == MN_OK)
		rc = mn_request_need(req, MN_RIGHT_WRITE, row.name);
	if (rc == MN_OK && read_only(req))
		rc = mn_fail(req->call, MN_EREADONLY, 0, "the server only reads");
	if (rc == MN_OK)
		rc = mn_store_make(mn_server_store(req->server), req->call, &row, &made);
	if (rc)
		return rc;
	mn_server_brain_forget(req->server, made.name); /* another's uid until now */
	reply->status = 201;
	return answer_row(req, reply, &made);
}

int wire_find(mn_request *req, mn_reply *reply)
{
	mn_brain_row row;
	int rc = mn_brain_describe(req->brain, req->call, &row);

	if (rc)
		return rc;
	mn_reply_etag(req, reply, req->call->at);
	return answer_row(req, reply, &row);
}

/*
 * The row of the brain that the path names, as rights go by its own name. It is not taken from the
 * open ones, so that none is in use because of this question. Who may nothing there does not learn
 * whether there is such a brain.
 */
static int named(mn_request *req, int right, mn_brain_row *row)
{
	const mn_str asked = mn_request_param(req, "brain");
	mn_brain *brain = NULL;
	int rc = mn_brain_open(mn_server_store(req->server), req->call, asked, &brain);

	if (rc == MN_OK)
		rc = mn_brain_describe(brain, req->call, row);
	mn_brain_close(brain);
	if (rc == MN_ENOBRAIN && !mn_request_may(req, right, asked))
		return mn_request_need(req, right, asked);
	if (rc == MN_OK)
		rc = mn_request_need(req, right, row->name);
	if (rc == MN_OK && read_only(req))
		rc = mn_fail(req->call, MN_EREADONLY, 0, "the server only reads");
	return rc;
}

/* A new name is a matter of both brains. */
static int may_rename(mn_request *req, mn_str from, mn_str to)
{
	int rc;

	if (!to.len || mn_str_eq(from, to))
		return MN_OK;
	rc = mn_request_need(req, MN_RIGHT_ADMIN, from);
	return rc ? rc : mn_request_need(req, MN_RIGHT_ADMIN, to);
}

int wire_update(mn_request *req, mn_reply *reply)
{
	mn_brain_row change, row;
	int rc = wire_ask(req, MN_WIRE_BRAIN, &change);

	if (rc == MN_OK)
		rc = named(req, MN_RIGHT_WRITE, &row);
	if (rc == MN_OK)
		rc = may_rename(req, row.name, change.name);
	if (rc)
		return rc;
	if (change.name.len && !mn_str_eq(row.name, change.name))
		mn_server_brain_forget(req->server, row.name);
	rc = mn_store_update(mn_server_store(req->server), req->call, row.name, &change, &row);
	return rc ? rc : answer_row(req, reply, &row);
}

int wire_delete(mn_request *req, mn_reply *reply)
{
	mn_brain_row row;
	int rc = named(req, MN_RIGHT_ADMIN, &row);

	if (rc == MN_OK)
		rc = mn_store_delete(mn_server_store(req->server), req->call, row.name);
	if (rc)
		return rc;
	mn_server_brain_forget(req->server, row.name);
	mn_sync_forget(req->server, row.name);
	reply->status = 204;
	return MN_OK;
}
