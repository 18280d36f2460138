/* SPDX-License-Identifier: MIT */
/*
 * peer_export.c - GET /brain/{brain}/export: a whole brain as a BrainSnapshot.
 *
 * Rows are read and written page by page, whatever the brain's size, and all belong to one
 * generation. While less than HELD of it is written it is held back, so that an export that
 * somebody's write overtakes begins anew; once it is on its way, being overtaken cuts it short,
 * which a client sees as a broken answer and never as a smaller brain.
 */
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "exchange/peer_kept.h"
#include "exchange/peer_row.h"
#include "server/peer_brain.h"

#define HELD ((size_t)16 << 20)
#define CHUNK ((size_t)256 << 10)
#define TRIES 8
#define PAGE 1000

struct export
{
	mn_request *req;
	mn_reply *reply;
	mn_call page;
	mn_brain_row row;
	mn_peer_scale scale;
	mn_gen at;
	mn_buf out;
	bool begun;
	size_t n; /* records of the list that is written */
};

/* ---- Pages -------------------------------------------------------------------------------- */

static int check(struct export *x)
{
	if (x->page.at.epoch == x->at.epoch && x->page.at.graph == x->at.graph)
		return MN_OK;
	return mn_fail(x->req->call, MN_ESTALE, 0,
		"the brain is written to all the time: export it again later");
}

static int flush(struct export *x, size_t more_than)
{
	int rc = MN_OK;

	if (!mn_buf_ok(&x->out))
		return mn_fail_memory(x->req->call);
	if (x->out.len <= (x->begun ? more_than : HELD))
		return MN_OK;
	if (!x->begun) {
		rc = mn_reply_begin(x->req, x->reply);
		x->begun = true;
	}
	if (rc == MN_OK)
		rc = mn_reply_write(x->req, x->out.ptr, x->out.len);
	mn_buf_clear(&x->out);
	return rc;
}

typedef int write_rows(struct export *, const mn_rows *);

static int each_page(struct export *x, int kind, unsigned fields, write_rows *write)
{
	mn_query q = MN_SIZED(mn_query);
	mn_page got = MN_SIZED(mn_page);
	mn_scan *scan = NULL;
	int rc;

	q.kind = kind;
	q.fields = fields;
	x->n = 0;
	mn_call_reset(&x->page);
	rc = mn_brain_scan(x->req->brain, &x->page, &q, &scan);
	while (rc == MN_OK && !got.last) {
		mn_call_reset(&x->page);
		rc = mn_scan_next(scan, &x->page, PAGE, &got);
		if (rc == MN_OK)
			rc = check(x);
		if (rc == MN_OK)
			rc = write(x, &got.rows);
		if (rc == MN_OK)
			rc = check(x);
		if (rc == MN_OK)
			rc = flush(x, CHUNK);
	}
	mn_scan_done(scan);
	return rc;
}

static void comma(struct export *x)
{
	if (x->n++)
		mn_buf_char(&x->out, ',');
}

/* ---- Records ------------------------------------------------------------------------------ */

static int write_neurons(struct export *x, const mn_rows *rows)
{
	mn_str *names = mn_call_array(&x->page, rows->n, sizeof(*names));
	int rc = names ? mn_peer_name_neurons(
			 x->req->brain, &x->page, rows->at.neuron, rows->n, names)
		       : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < rows->n; i++) {
		comma(x);
		mn_peer_put_neuron(&x->out, &rows->at.neuron[i], names[i]);
	}
	return rc;
}

static int write_synapses(struct export *x, const mn_rows *rows)
{
	mn_peer_named *names = mn_call_array(&x->page, rows->n, sizeof(*names));
	int rc = names ? mn_peer_name_synapses(
			 x->req->brain, &x->page, &x->scale, rows->at.synapse, rows->n, names)
		       : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < rows->n; i++) {
		comma(x);
		mn_peer_put_synapse(&x->out, &rows->at.synapse[i], &names[i]);
	}
	return rc;
}

static int write_fibers(struct export *x, const mn_rows *rows)
{
	mn_peer_named *names = mn_call_array(&x->page, rows->n, sizeof(*names));
	int rc = names ? mn_peer_name_fibers(
			 x->req->brain, &x->page, rows->at.fiber, rows->n, names)
		       : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < rows->n; i++) {
		comma(x);
		mn_peer_put_fiber(&x->out, &rows->at.fiber[i], &names[i]);
	}
	return rc;
}

/* The typed memories that fibers carry. */
static int write_typed(struct export *x, const mn_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++) {
		json_t *typed;

		if (!memmem(rows->at.fiber[i].meta.ptr ? rows->at.fiber[i].meta.ptr : "",
			    rows->at.fiber[i].meta.len, MN_PEER_TYPED, strlen(MN_PEER_TYPED)))
			continue;
		typed = mn_peer_typed_memory(&rows->at.fiber[i]);
		if (!typed)
			continue;
		comma(x);
		mn_json_write(typed, &x->out);
		json_decref(typed);
	}
	return MN_OK;
}

/* Everything else that the brain's metadata had. */
static void write_others(struct export *x, const json_t *kept)
{
	mn_member m = {.of = json_object_get(kept, "metadata")};
	const json_t *projects = json_object_get(kept, "projects");

	mn_buf_text(&x->out, "],\"projects\":");
	if (projects)
		mn_json_write(projects, &x->out);
	else
		mn_buf_text(&x->out, "[]");
	while (mn_member_next(&m)) {
		mn_buf_char(&x->out, ',');
		mn_buf_json(&x->out, mn_str_of(m.name));
		mn_buf_char(&x->out, ':');
		mn_json_write(m.value, &x->out);
	}
}

static void write_head(struct export *x)
{
	mn_buf_text(&x->out, "{\"brain_id\":");
	mn_buf_json(&x->out, x->row.uid);
	mn_buf_text(&x->out, ",\"brain_name\":");
	mn_buf_json(&x->out, x->row.name);
	mn_buf_text(&x->out, ",\"exported_at\":");
	mn_peer_put_moment(&x->out, mn_engine_now(x->req->call->engine));
	mn_buf_text(&x->out, ",\"version\":\"0.1.0\",\"neurons\":[");
}

static int write_all(struct export *x)
{
	json_t *meta = mn_peer_meta_read(x->row.meta);
	int rc;

	write_head(x);
	rc = each_page(x, MN_NEURON, 0, write_neurons);
	mn_buf_text(&x->out, "],\"synapses\":[");
	if (rc == MN_OK)
		rc = each_page(x, MN_SYNAPSE, 0, write_synapses);
	mn_buf_text(&x->out, "],\"fibers\":[");
	if (rc == MN_OK)
		rc = each_page(x, MN_FIBER, 0, write_fibers);
	mn_buf_text(&x->out, "],\"config\":");
	mn_peer_put_config(&x->out, x->row.config);
	mn_buf_text(&x->out, ",\"metadata\":{\"typed_memories\":[");
	if (rc == MN_OK)
		rc = each_page(x, MN_FIBER, MN_FIELD_HEAD | MN_FIELD_META, write_typed);
	write_others(x, json_object_get(meta, MN_PEER_KEPT));
	mn_buf_text(&x->out, "}}");
	json_decref(meta);
	return rc;
}

static int attempt(struct export *x)
{
	mn_call *call = x->req->call;
	int rc = mn_brain_describe(x->req->brain, call, &x->row);

	x->at = call->at;
	mn_buf_clear(&x->out);
	if (rc == MN_OK)
		rc = mn_peer_scale_of(x->req->brain, call, &x->scale);
	if (rc == MN_OK)
		rc = write_all(x);
	return rc;
}

static int export(struct export *x)
{
	mn_call *call = x->req->call;
	int rc = mn_call_init(&x->page, call->engine, 0);

	x->page.token = call->token;
	x->page.deadline = call->deadline;
	x->page.err = call->err;
	for (int i = 0; rc == MN_OK && i < TRIES; i++) {
		const struct timespec nap = {.tv_nsec = i * 20000000L};

		nanosleep(&nap, NULL); /* whoever writes has time to end */
		rc = attempt(x);
		if (rc != MN_ESTALE || x->begun || i + 1 == TRIES)
			break;
		*call->err = (mn_error){.size = call->err->size};
		rc = MN_OK;
	}
	mn_call_done(&x->page);
	return rc;
}

int mn_peer_brain_export(mn_request *req, mn_reply *reply)
{
	struct export x = {.req = req, .reply = reply, .out = MN_BUF(HELD * 4)};
	int rc = export(&x);

	if (rc == MN_ESTALE)
		reply->status = 503;
	if (rc != MN_OK || !x.begun)
		return mn_peer_end(req, reply, rc, &x.out);
	rc = flush(&x, 0);
	mn_buf_free(&x.out);
	return rc;
}
