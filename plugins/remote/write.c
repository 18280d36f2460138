/* SPDX-License-Identifier: MIT */
/* write.c - what changes something, so that it is done once whatever happens on the way. */
#include "write.h"

#include <stdio.h>
#include <string.h>

#include "read.h"

#define TRIES 6
#define FIRST_PAUSE_MS 50
#define STOP_MS 3000 /* how long a word to stop may take */

struct writing {
	mn_db *db;
	mn_call *call;
	const char *key;
};

/* Tells the server to break off what it is doing for that key. The write's own answer then says
 * what became of it; so nothing here can fail. */
static void stop(void *ctx)
{
	const struct writing *w = ctx;
	mn_error err = MN_SIZED(mn_error);
	mn_call side = *w->call;
	char path[KEY_ROOM + 16];
	http_request q = {.method = "DELETE",
		.headers = &w->db->token,
		.nheaders = w->db->token.value.len > 0,
		.again = true,
		.silence_ms = STOP_MS};
	http_reply reply;

	side.token = NULL;
	side.deadline = 0;
	side.err = &err;
	q.path.ptr = path;
	q.path.len = (size_t)snprintf(path, sizeof(path), "/mn/v1/calls/%s", w->key);
	http_send(w->db->pool, &side, &q, &reply);
}

static int fail_unknown(mn_db *db, mn_call *call)
{
	int status = db->host->fail(call, MN_EIO, 0,
		"the connection to %s broke while it wrote: it may have been written or not; look "
		"before you write it again",
		db->title);

	if (call->err)
		call->err->retry = true;
	return status;
}

/* An answer of something between us and the server, which may have done it for all that. */
static bool from_between(const http_reply *r)
{
	return r->status == 502 || r->status == 504
		       ? r->type.len < 4 || memcmp(r->type.ptr + r->type.len - 4, "json", 4) != 0
		       : false;
}

int write_once(mn_db *db, mn_call *call, struct ask *a, http_reply *reply, bool *unsure)
{
	char key[KEY_ROOM];
	struct writing w = {db, call, key};
	uint32_t pause = FIRST_PAUSE_MS;
	const int64_t first = ask_clock();
	int status = MN_OK;

	ask_key(db, key);
	a->key = key;
	a->on_cancel = stop;
	a->ctx = &w;
	*unsure = false;
	for (int i = 0; i < TRIES; i++, pause *= 2) {
		status = ask_send(db, call, a, reply);
		if (status == MN_OK && *unsure && reply->status == 412)
			break; /* the server does not know the key any more */
		if (status == MN_OK && !from_between(reply))
			return MN_OK;
		if (status == MN_OK || (status == MN_EIO && reply->sent))
			*unsure = true;
		if (!*unsure)
			return status;
		a->first_us = first;
		/* One that went away has forgotten the key, and would only say so. */
		if (!reply->sent || http_pause(db->pool, call, pause) != MN_OK)
			break;
	}
	return fail_unknown(db, call);
}

int own_reserve(mn_db *db, mn_call *call, mn_str brain, int kind, uint32_t n, mn_id *first)
{
	mn_wire_reserve body = {.kind = kind, .n = n}, given = {0};
	struct ask a = {.method = "POST",
		.brain = brain,
		.what = "/reserve",
		.message = MN_WIRE_RESERVE,
		.body = &body,
		.answer = MN_WIRE_RESERVE,
		.into = &given,
		.again = true}; /* gaps are normal */
	int status;

	if (n == 0 || (kind != MN_NEURON && kind != MN_SYNAPSE && kind != MN_FIBER))
		return db->host->fail(call, MN_EINVAL, 0, "no ids are reserved for that");
	status = ask(db, call, &a, NULL);
	if (status != MN_OK)
		return status;
	if (!given.first)
		return db->host->fail(call, MN_EIO, 0, "%s reserved no ids", db->title);
	*first = given.first;
	return MN_OK;
}

/* ---- Apply ----------------------------------------------------------------------------------- */

/* The first change that can never be stored, and so cannot be sent; n: none. */
static size_t find_fault(mn_db *db, const mn_change *changes, size_t n, const char **fault)
{
	*fault = NULL;
	for (size_t i = 0; i < n; i++) {
		*fault = db->rows->fault(&changes[i]);
		if (*fault)
			return i;
	}
	return n;
}

/*
 * A generation of the answer {"before":"...","after":"...",...}. Taken out by hand, for what has
 * been written must not fail for want of memory.
 */
static bool find_generation(mn_db *db, mn_str json, const char *name, mn_gen *out)
{
	const char *at = memmem(json.ptr, json.len, name, strlen(name)), *end = json.ptr + json.len,
		   *close;

	if (!at)
		return false;
	at += strlen(name);
	while (at < end && (*at == ' ' || *at == ':'))
		at++;
	if (at == end || *at++ != '"')
		return false;
	close = memchr(at, '"', (size_t)(end - at));
	return close && db->wire->gen_read((mn_str){at, (size_t)(close - at)}, out);
}

static int applied(mn_db *db, mn_call *call, const http_reply *r, size_t n, mn_applied *out)
{
	mn_gen before, after;

	if (!find_generation(db, r->body, "\"before\"", &before)
		|| !find_generation(db, r->body, "\"after\"", &after))
		return db->host->fail(call, MN_EIO, 0,
			"%s has written it, but its answer is not understood", db->title);
	out->before = before;
	out->after = call->at = after;
	out->culprit = n;
	return MN_OK;
}

static int send_changes(mn_db *db, mn_call *call, mn_str brain, const mn_gen *expect,
	const mn_change *changes, size_t n, mn_applied *out)
{
	mn_wire_changes body = {.has_expect = expect != NULL, .at = changes, .n = n};
	struct ask a = {.method = "POST",
		.brain = brain,
		.what = "/apply",
		.message = MN_WIRE_CHANGES,
		.body = &body,
		.room = 1024}; /* not again: what is sent anew has to say so */
	http_reply reply;
	bool unsure;
	int status;

	if (expect)
		body.expect = *expect;
	out->culprit = n;
	status = write_once(db, call, &a, &reply, &unsure);
	if (status != MN_OK)
		return status;
	if (reply.status == 200)
		return applied(db, call, &reply, n, out);
	return ask_failed(db, call, &reply, &out->culprit);
}

/*
 * Change k cannot be sent, but one before it may not fit either, and that is for the store to say.
 * So what stands before it is sent with a change in its place that fits nowhere.
 */
static int send_faulty(mn_db *db, mn_call *call, mn_str brain, const mn_gen *expect,
	const mn_change *changes, size_t k, const char *fault, mn_applied *out)
{
	const mn_synapse nowhere = {.id = INT64_MAX, .base = 0.5};
	mn_change *sent = db->host->alloc(call, (k + 1) * sizeof(*sent));
	int status;

	if (!sent)
		return MN_ENOMEM;
	if (k)
		memcpy(sent, changes, k * sizeof(*sent));
	sent[k] = (mn_change){MN_TUNE, MN_SYNAPSE, &nowhere};
	status = send_changes(db, call, brain, expect, sent, k + 1, out);
	if (status == MN_OK || (status == MN_EINVAL && out->culprit == k)) {
		out->culprit = k;
		return db->host->fail(call, MN_EINVAL, 0, "change %zu: %s", k, fault);
	}
	return status;
}

int own_apply(mn_db *db, mn_call *call, mn_str brain, const mn_gen *expect,
	const mn_change *changes, size_t n, mn_applied *out)
{
	const char *fault;
	size_t k = find_fault(db, changes, n, &fault);
	int status;

	if (!fault)
		return send_changes(db, call, brain, expect, changes, n, out);
	status = send_faulty(db, call, brain, expect, changes, k, fault, out);
	if (status == MN_ECONFLICT && out->culprit == k + 1)
		out->culprit = n; /* that of `expect` */
	return status;
}
