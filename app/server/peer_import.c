/* SPDX-License-Identifier: MIT */
/* peer_import.c - POST /brain/{brain}/import. */
#include "server/peer_import.h"

#include <pthread.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "server/peer_brain.h"
#include "server/sync.h"

#define TRIES 8

/* ---- One at a time ------------------------------------------------------------------------ */

int mn_peer_lock_new(mn_call *call, void **out)
{
	pthread_mutex_t *lock = mn_alloc(sizeof(*lock));

	if (!lock)
		return mn_fail_memory(call);
	pthread_mutex_init(lock, NULL);
	*out = lock;
	return MN_OK;
}

void mn_peer_lock_free(void *lock)
{
	pthread_mutex_destroy(lock);
	mn_free(lock);
}

/* ---- The brain ---------------------------------------------------------------------------- */

/* What of the snapshot's metadata is neither a project nor a typed memory. */
static json_t *others_of(const json_t *metadata)
{
	json_t *others = json_object();
	mn_member m = {.of = metadata};

	while (others && mn_member_next(&m))
		if (!mn_str_is(mn_str_of(m.name), "typed_memories")
			&& !mn_str_is(mn_str_of(m.name), "projects"))
			json_object_set(others, m.name, (json_t *)m.value);
	return others;
}

static int about(mn_peer_taking *m, mn_brain_row *row)
{
	json_t *others = others_of(m->metadata);
	int rc = mn_peer_text_of(m->call, m->config, &row->config);

	if (rc == MN_OK)
		rc = mn_peer_about_brain(m->call,
			&(mn_peer_about){.projects = json_object_get(m->metadata, "projects"),
				.others = json_object_size(others) ? others : NULL},
			&row->meta);
	json_decref(others);
	return rc;
}

/* Its name is the snapshot's, if that is free and may be used, else its id. */
static int make_brain(mn_peer_taking *m, mn_str id)
{
	mn_brain_row row = {.uid = id, .name = m->brain_name};
	bool taken = true;
	int rc = about(m, &row);

	if (rc == MN_OK && row.name.len && row.name.len <= 100
		&& mn_request_may(m->req, MN_RIGHT_WRITE, row.name))
		rc = mn_peer_brain_there(m->req, row.name, &taken);
	if (taken)
		row.name = id;
	if (rc == MN_OK)
		rc = mn_store_make(mn_server_store(m->req->server), m->call, &row, NULL);
	m->fresh = rc == MN_OK;
	return rc;
}

/* Makes it undone, with a call that nobody cancels. */
static void unmake(mn_peer_taking *m, mn_str name)
{
	mn_store *store = mn_server_store(m->req->server);
	mn_call call;

	mn_server_brain_forget(m->req->server, name);
	if (mn_call_init(&call, m->call->engine, 0) == MN_OK)
		mn_store_delete(store, &call, name);
	mn_call_done(&call);
}

/* ---- The rows ----------------------------------------------------------------------------- */

/* Can all of it be written at once, or not at all? */
static int check_size(mn_peer_taking *m)
{
	mn_info info = MN_SIZED(mn_info);
	int rc = mn_store_info(mn_server_store(m->req->server), m->call, &info);

	if (rc != MN_OK || m->fresh || !info.max_changes || m->nchanges <= info.max_changes)
		return rc;
	return mn_reply_fail(m->req, m->reply, 413, MN_EINVAL,
		"The store takes at most %u rows at once, and the brain is there already: import "
		"this snapshot under another id",
		info.max_changes);
}

static int write_rows(mn_peer_taking *m)
{
	mn_applied applied = MN_SIZED(mn_applied);
	int rc = MN_ECONFLICT;

	for (int i = 0; rc == MN_ECONFLICT && i < TRIES; i++) {
		*m->call->err = (mn_error){.size = m->call->err->size};
		rc = mn_peer_import_draw(m);
		if (rc == MN_OK)
			rc = check_size(m);
		applied.culprit = SIZE_MAX;
		if (rc == MN_OK && m->nchanges)
			rc = mn_brain_apply(m->brain, m->call, m->fresh ? NULL : &m->at, m->changes,
				m->nchanges, &applied);
		if (rc == MN_ECONFLICT && applied.culprit < m->nchanges)
			break;
	}
	return rc == MN_OK && m->nanchors
		       ? mn_brain_encode(m->brain, m->call, (mn_ids){m->anchors, m->nanchors})
		       : rc;
}

/* The config and projects of a brain that was there are the snapshot's from now on. */
static int update_brain(mn_peer_taking *m, const mn_brain_row *was)
{
	mn_brain_row row = *was;
	int rc = about(m, &row);

	row.name = (mn_str){NULL, 0};
	if (rc != MN_OK || (mn_str_eq(row.config, was->config) && mn_str_eq(row.meta, was->meta)))
		return rc;
	return mn_store_update(mn_server_store(m->req->server), m->call, was->name, &row, NULL);
}

/* ---- All of it ---------------------------------------------------------------------------- */

static int fill(mn_peer_taking *m, mn_str id, mn_brain_row *out)
{
	mn_brain_row was = {.name = id};
	int rc = mn_server_brain_get(m->req->server, m->call, id, &m->brain);

	if (rc != MN_OK)
		return rc;
	rc = mn_brain_describe(m->brain, m->call, &was);
	if (rc == MN_OK)
		rc = write_rows(m);
	if (rc == MN_OK && !m->fresh)
		rc = update_brain(m, &was);
	if (rc == MN_OK)
		rc = mn_brain_describe(m->brain, m->call, out);
	mn_server_brain_put(m->req->server, m->brain);
	if (rc != MN_OK && m->fresh)
		unmake(m, was.name);
	return rc;
}

static int import(mn_peer_taking *m, mn_brain_row *out)
{
	const mn_str id = mn_request_param(m->req, "brain");
	bool there;
	int rc = mn_peer_import_read(m);

	if (rc == MN_OK)
		rc = mn_peer_brain_there(m->req, id, &there);
	if (rc == MN_OK && !there)
		rc = make_brain(m, id);
	return rc == MN_OK ? fill(m, id, out) : rc;
}

int mn_peer_brain_import(mn_request *req, mn_reply *reply)
{
	mn_peer_taking m = {.req = req, .reply = reply, .call = req->call};
	pthread_mutex_t *lock = mn_server_state(req->server, &mn_room_peer);
	mn_buf b = MN_BUF(MN_PEER_OUT);
	mn_brain_row row;
	int rc;

	if (pthread_mutex_trylock(lock))
		return mn_reply_fail(req, reply, 503, MN_EBUSY,
			"Another snapshot is being imported: try again in a while");
	rc = import(&m, &row);
	pthread_mutex_unlock(lock);
	mn_peer_import_free(&m);
	if (rc == MN_OK) {
		mn_peer_put_brain(&b, &row);
		mn_sync_tell(req->server, row.name, "full_sync", MN_STR("{}"));
	}
	return mn_peer_end(req, reply, rc, &b);
}
