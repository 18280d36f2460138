/* SPDX-License-Identifier: MIT */
/* wire_change.c - what changes a brain: ids, changes, memories; and calling a change off. */
#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "server/commit.h"
#include "server/commit_room.h"
#include "server/wire.h"

enum { MOST_FIBERS_TEXT = 64 << 20, MOST_SHARED = 64 /* changes of one request */ };

static int refuse_read_only(mn_request *req)
{
	if (mn_server_read_only(req->server))
		return mn_fail(req->call, MN_EREADONLY, 0, "the server only reads");
	return MN_OK;
}

int wire_reserve(mn_request *req, mn_reply *reply)
{
	mn_wire_reserve ask;
	int rc = wire_ask(req, MN_WIRE_RESERVE, &ask);

	if (rc == MN_OK)
		rc = refuse_read_only(req);
	if (rc == MN_OK)
		rc = mn_brain_reserve(req->brain, req->call, ask.kind, ask.n, &ask.first);
	return rc ? rc : wire_answer_at(req, reply, MN_WIRE_RESERVE, &ask);
}

/* ---- Changes ------------------------------------------------------------------------------ */

/*
 * If-Match is an `expect` that stands in a header. *match: it was the header that expects. "*"
 * expects only that the brain is there.
 */
static int read_expect(mn_request *req, mn_wire_changes *c, bool *match)
{
	const mn_str header = mn_request_header(req, "if-match");
	mn_gen wanted;

	*match = false;
	if (!header.ptr || mn_str_is(header, "*"))
		return MN_OK;
	if (header.len < 2 || header.ptr[0] != '"' || header.ptr[header.len - 1] != '"')
		return mn_fail(req->call, MN_EINVAL, 0,
			"If-Match has to be one entity tag, or *: \"EPOCH-GRAPH-STATE\"");
	if (!mn_wire_gen_read(mn_str_sub(header, 1, header.len - 2), &wanted))
		return mn_fail(req->call, MN_ESTALE, 0,
			"If-Match is no generation, so the brain is not at it");
	if (c->has_expect && (c->expect.epoch != wanted.epoch || c->expect.graph != wanted.graph))
		return mn_fail(req->call, MN_EINVAL, 0,
			"expect and If-Match are of different generations");
	*match = !c->has_expect;
	c->has_expect = true;
	c->expect = wanted;
	return MN_OK;
}

static int draw(void *ctx, mn_brain *brain, mn_call *call, mn_sheet *sheet)
{
	const mn_wire_changes *c = ctx;
	int rc = MN_OK;

	(void)brain;
	(void)call;
	for (size_t i = 0; rc == MN_OK && i < c->n; i++)
		rc = mn_sheet_put(sheet, c->at[i].op, c->at[i].kind, (void *)c->at[i].row);
	return rc;
}

/* An id of 0 is a mistake here, not a wish for a new one. */
static bool has_ids(const mn_wire_changes *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (!c->at[i].row || *(const mn_id *)c->at[i].row == 0)
			return false;
	return true;
}

/* A few changes that expect nothing become durable together with those of others. */
static int write_changes(mn_request *req, mn_wire_changes *c, mn_applied *applied)
{
	int rc;

	if (c->has_expect || c->n == 0 || c->n > MOST_SHARED || !has_ids(c))
		return mn_brain_apply(req->brain, req->call, c->has_expect ? &c->expect : NULL,
			c->at, c->n, applied);
	applied->culprit = c->n;
	rc = mn_commit_changes(mn_commit_of(req->server), req->brain, req->brain_name, req->call,
		MN_STR(""), draw, c, applied);
	if (rc == MN_OK)
		applied->culprit = 0;
	return rc;
}

static int apply(mn_request *req, mn_reply *reply, mn_str *etag)
{
	mn_wire_changes c;
	wire_news news;
	mn_applied applied = MN_SIZED(mn_applied);
	bool match = false;
	int rc = wire_ask(req, MN_WIRE_CHANGES, &c);

	if (rc == MN_OK)
		rc = read_expect(req, &c, &match);
	if (rc == MN_OK)
		rc = refuse_read_only(req);
	if (rc)
		return rc;
	wire_news_begin(&news, req, &c);
	rc = write_changes(req, &c, &applied);
	wire_news_end(&news, rc == MN_OK);
	if (rc == MN_ECONFLICT && match && applied.culprit == c.n)
		return mn_fail(req->call, MN_ESTALE, 0,
			"the brain is at another generation than If-Match wants: ask anew");
	if ((rc == MN_ECONFLICT || rc == MN_EINVAL) && (c.has_expect || applied.culprit < c.n)) {
		wire_problem(req, reply, applied.culprit);
		return MN_OK;
	}
	if (rc)
		return rc;
	*etag = mn_gen_text(req->call->arena, applied.after);
	mn_reply_header(reply, "ETag", *etag);
	return wire_answer(req, reply, MN_WIRE_APPLIED, &applied);
}

int wire_apply(mn_request *req, mn_reply *reply)
{
	const mn_str key = mn_request_header(req, "idempotency-key");
	mn_once *once = wire_state_of(req)->once;
	mn_once_call *mine = NULL;
	mn_str etag = MN_STR("");
	int rc;

	if (!key.ptr)
		return apply(req, reply, &etag);
	rc = mn_once_enter(once, req, reply, key, &mine);
	if (rc || !mine)
		return rc;
	rc = apply(req, reply, &etag);
	mn_once_leave(once, mine, reply, etag, rc == MN_OK && etag.len);
	return rc;
}

int wire_cancel(mn_request *req, mn_reply *reply)
{
	if (!mn_once_cancel(wire_state_of(req)->once, req->who, mn_request_param(req, "key")))
		return mn_reply_fail(req, reply, 404, MN_EINVAL, "no call of that key is running");
	reply->status = 204;
	return MN_OK;
}

/* ---- Memories ----------------------------------------------------------------------------- */

/* What many clients send a little of is stored together; a large batch is one by itself. */
static int store_notes(
	mn_request *req, mn_call *call, const mn_note *notes, size_t n, mn_remembered *out)
{
	mn_kept kept = {0};
	int rc;

	if (n > MN_COMMIT_MOST) {
		rc = mn_brain_remember(req->brain, call, notes, n, out);
		if (rc == MN_OK)
			wire_news_memories(req, NULL, n);
		return rc;
	}
	rc = mn_commit_notes(
		mn_commit_of(req->server), req->brain, req->brain_name, call, notes, n, &kept);
	if (rc)
		return rc;
	out->added = kept.added;
	out->updated = kept.updated;
	out->unchanged = kept.unchanged;
	out->fibers = kept.fibers;
	for (size_t i = 0; i < n; i++) {
		out->neurons += kept.tallies[i].neurons;
		out->synapses += kept.tallies[i].synapses;
	}
	call->at = kept.at;
	wire_news_memories(req, kept.uids, n);
	return MN_OK;
}

struct remembering {
	mn_request *req;
	mn_buf fibers; /* of all batches, as the text they become in the answer */
};

static int keep(void *ctx, mn_brain *brain, mn_call *call, const mn_note *notes, size_t n,
	mn_remembered *out)
{
	struct remembering *r = ctx;
	mn_buf *fibers = &r->fibers;
	int rc = store_notes(r->req, call, notes, n, out);

	(void)brain;

	for (size_t i = 0; rc == MN_OK && i < n; i++)
		mn_buf_printf(
			fibers, fibers->len ? ",%llu" : "%llu", (unsigned long long)out->fibers[i]);
	return rc;
}

static void write_report(mn_buf *b, const mn_import_report *r, mn_str fibers)
{
	mn_buf_printf(b,
		"{\"added\":%llu,\"updated\":%llu,\"unchanged\":%llu,\"neurons\":%llu,"
		"\"synapses\":%llu,\"fibers\":[",
		(unsigned long long)r->added, (unsigned long long)r->updated,
		(unsigned long long)r->unchanged, (unsigned long long)r->neurons,
		(unsigned long long)r->synapses);
	mn_buf_str(b, fibers);
	mn_buf_text(b, "]}");
}

int wire_remember(mn_request *req, mn_reply *reply)
{
	mn_import_options options = MN_SIZED(mn_import_options);
	mn_import_report report = MN_SIZED(mn_import_report);
	const mn_source source = mn_request_source(req);
	struct remembering r = {req, MN_BUF(MOST_FIBERS_TEXT)};
	mn_buf body = MN_BUF(2 * MOST_FIBERS_TEXT);
	int rc = refuse_read_only(req);

	options.format = MN_FORMAT_JSONL;
	options.keep = keep;
	options.keep_ctx = &r;
	if (rc == MN_OK)
		rc = mn_import(req->brain, req->call, &options, &source, &report);
	if (rc == MN_OK && !mn_buf_ok(&r.fibers))
		rc = mn_fail_memory(req->call);
	if (rc == MN_OK) {
		write_report(&body, &report, mn_buf_view(&r.fibers));
		if (report.lines)
			mn_reply_etag(req, reply, req->call->at);
		rc = mn_reply_take(req, reply, &body);
	}
	mn_buf_free(&r.fibers);
	mn_buf_free(&body);
	return rc;
}
