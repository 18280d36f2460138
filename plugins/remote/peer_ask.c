/* SPDX-License-Identifier: MIT */
/* peer_ask.c - questions to a NeuralMemory server, within the rate that it allows. */
#include <stdio.h>
#include <string.h>

#include "peer.h"

#define PATIENCE 3      /* times that a server may put us off */
#define LONGEST_WAIT 65 /* seconds; its window is 60 */

int peer_path(mn_db *db, mn_call *call, mn_str id, const char *tail, mn_str *out)
{
	mn_str name = http_escape(db->host, call, id);
	size_t room = name.len + strlen(tail) + 16;
	char *path = name.ptr ? db->host->alloc(call, room) : NULL;

	if (!path)
		return MN_ENOMEM;
	if (!name.len || name.ptr[0] == '.') /* steps on the way, or none */
		return db->host->fail(call, MN_ENOBRAIN, 0, "there is no brain of that name");
	out->ptr = path;
	out->len = (size_t)snprintf(path, room, "/brain/%.*s%s", (int)name.len, name.ptr, tail);
	return MN_OK;
}

/* Too many requests: waits as long as it was told to, within the call's time. */
static int put_off(mn_db *db, mn_call *call, const http_reply *r, int tries)
{
	uint32_t wait = r->retry_after_s ? r->retry_after_s : 1;
	mn_time left = INT64_MAX;

	if (call->deadline && MN_HAS(db->host, monotonic))
		left = call->deadline - db->host->monotonic(db->host);
	if (tries >= PATIENCE || wait > LONGEST_WAIT || (mn_time)wait * 1000000 >= left)
		return db->host->fail(call, MN_EBUSY, r->status,
			"%s takes so many requests a minute and no more: try again in %u s",
			db->title, wait);
	return http_pause(db->pool, call, wait * 1000);
}

static int fail_status(mn_db *db, mn_call *call, const http_reply *r, int missing)
{
	const mn_host *host = db->host;
	int status;

	switch (r->status) {
	case 401:
	case 403:
		return host->fail(call, MN_EAUTH, r->status,
			"%s refuses: keep its API key (mnemoscope secret set %s), or let it trust "
			"this network",
			db->title, db->secret);
	case 404:
		if (missing == MN_ENOBRAIN)
			return host->fail(
				call, missing, r->status, "there is no brain of that name");
		break;
	default: break;
	}
	status = host->fail(call, MN_EIO, r->status, "%s answered with status %d: see its own log",
		db->title, r->status);
	if (call->err)
		call->err->retry = r->status >= 500;
	return status;
}

static int read_json(mn_db *db, mn_call *call, mn_str body, json_t **out)
{
	char why[80];
	void *tree = NULL;
	const int status = db->json->read(body, why, sizeof(why), &tree);

	*out = tree;
	if (status == MN_ENOMEM)
		return fail_memory(db->host, call);
	return status == MN_OK ? MN_OK
			       : db->host->fail(call, MN_EIO, 0,
				       "%s answered with what is no JSON: %s", db->title, why);
}

int peer_get(mn_db *db, mn_call *call, mn_str path, int missing, json_t **out)
{
	const http_request q = {.method = "GET",
		.path = path,
		.headers = &db->token,
		.nheaders = db->token.value.len > 0,
		.again = true};
	http_reply r;
	int status;

	for (int tries = 0;; tries++) {
		status = http_send(db->pool, call, &q, &r);
		if (status != MN_OK)
			return status;
		if (r.status != 429)
			break;
		status = put_off(db, call, &r, tries);
		if (status != MN_OK)
			return status;
	}
	if (r.status != 200)
		return fail_status(db, call, &r, missing);
	return read_json(db, call, r.body, out);
}
