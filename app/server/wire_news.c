/* SPDX-License-Identifier: MIT */
/*
 * wire_news.c - what a write under /mn/v1 tells those who listen (sync.h).
 *
 * A few rows are told one by one, by their uids, as the other routes do; more, or what nobody has
 * subscribed to, as one event "partial_sync" with their number. What a recall learns (states and
 * bumps) is no news.
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/str.h"
#include "server/peer.h"
#include "server/sync.h"
#include "server/wire.h"

enum { MOST_EACH = 50 }; /* as many as a history gives at once */

static const char *const nouns[MN_KINDS] = {
	[MN_NEURON] = "neuron", [MN_SYNAPSE] = "synapse", [MN_FIBER] = "fiber"};

/* What an operation does to a row, as an event is called; NULL: nothing worth telling. */
static const char *done_to(const mn_change *c)
{
	if (c->kind < 0 || c->kind >= MN_KINDS || !nouns[c->kind])
		return NULL;
	switch (c->op) {
	case MN_ADD: return "created";
	case MN_PUT:
	case MN_TUNE: return "updated";
	case MN_DROP: return "deleted";
	default: return NULL;
	}
}

static void tell_many(mn_request *req, const char *what, uint64_t n)
{
	char data[64];

	snprintf(data, sizeof(data), "{\"%s\":%llu}", what, (unsigned long long)n);
	if (n)
		mn_sync_tell(req->server, req->brain_name, "partial_sync", mn_str_of(data));
}

/* ---- Changes ------------------------------------------------------------------------------ */

/* The uid of a row that is there; empty: it is not. */
static int uid_by_id(wire_news *w, int kind, mn_id id, mn_str *out)
{
	mn_brain *brain = w->req->brain;
	mn_rows rows;
	const void *row;
	int rc = mn_brain_get(brain, &w->call, kind, (mn_ids){&id, 1},
		MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_UID, &rows);

	*out = (mn_str){0};
	if (rc != MN_OK)
		return rc;
	row = kind == MN_NEURON    ? (const void *)rows.at.neuron
	      : kind == MN_SYNAPSE ? (const void *)rows.at.synapse
				   : (const void *)rows.at.fiber;
	/* any row begins with its id */
	return *(const mn_id *)row ? mn_uid_derive(brain, &w->call, kind, row, out) : MN_OK;
}

/* What is about to be deleted has its uid now; what is changed by its id alone, too. */
void wire_news_begin(wire_news *w, mn_request *req, const mn_wire_changes *changes)
{
	size_t n = 0;

	*w = (wire_news){.req = req, .changes = changes};
	for (size_t i = 0; i < changes->n; i++)
		n += done_to(&changes->at[i]) != NULL;
	w->n = n;
	w->each = n && n <= MOST_EACH && mn_sync_heard(req->server, req->brain_name)
		  && mn_call_init(&w->call, req->call->engine, 0) == MN_OK;
	if (!w->each)
		return;
	w->call.token = req->call->token;
	w->call.deadline = req->call->deadline;
	w->uids = mn_call_array(&w->call, changes->n, sizeof(*w->uids));
	w->each = w->uids != NULL;
	for (size_t i = 0; w->each && i < changes->n; i++) {
		const mn_change *c = &changes->at[i];

		if (done_to(c) && (c->op == MN_DROP || c->op == MN_TUNE))
			w->each = uid_by_id(w, c->kind, *(const mn_id *)c->row, &w->uids[i])
				  == MN_OK;
	}
}

static void tell_each(wire_news *w)
{
	for (size_t i = 0; i < w->changes->n; i++) {
		const mn_change *c = &w->changes->at[i];
		const char *what = done_to(c);
		char type[32], key[16];

		if (!what || !w->uids[i].len)
			continue;
		snprintf(type, sizeof(type), "%s_%s", nouns[c->kind], what);
		snprintf(key, sizeof(key), "%s_id", nouns[c->kind]);
		mn_peer_tell(w->req, type, key, w->uids[i]);
	}
}

void wire_news_end(wire_news *w, bool written)
{
	for (size_t i = 0; written && w->each && i < w->changes->n; i++) {
		const mn_change *c = &w->changes->at[i];

		if (done_to(c) && (c->op == MN_ADD || c->op == MN_PUT))
			w->each = mn_uid_derive(
					  w->req->brain, &w->call, c->kind, c->row, &w->uids[i])
				  == MN_OK;
	}
	if (written && w->each)
		tell_each(w);
	else if (written)
		tell_many(w->req, "changes", w->n);
	if (w->call.arena)
		mn_call_done(&w->call);
}

/* ---- Memories ----------------------------------------------------------------------------- */

void wire_news_memories(mn_request *req, const mn_str *uids, size_t n)
{
	if (!uids || n > MOST_EACH) {
		tell_many(req, "memories", n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		mn_peer_tell(req, "memory_encoded", "fiber_id", uids[i]);
}
