/* SPDX-License-Identifier: MIT */
/* wire_read.c - questions to a brain: one message in, one out; and scans, a page a line. */
#include "base/arena.h"
#include "base/fail.h"
#include "server/wire.h"

enum { PAGE = 1000, PAGE_MOST = 10000 };

int wire_generation(mn_request *req, mn_reply *reply)
{
	int rc = mn_brain_generation(req->brain, req->call);

	if (rc)
		return rc;
	if (wire_etag_is(req, "if-none-match", req->call->at, true, false)) {
		mn_reply_etag(req, reply, req->call->at);
		reply->status = 304;
		return MN_OK;
	}
	return wire_answer_at(req, reply, MN_WIRE_GEN, &req->call->at);
}

static int check_count(mn_request *req, size_t n)
{
	if (n <= WIRE_IDS_MOST)
		return MN_OK;
	return mn_fail(req->call, MN_EINVAL, 0, "%zu at once are more than the %d that are taken",
		n, WIRE_IDS_MOST);
}

static mn_id *new_ids(mn_request *req, size_t n, int *rc)
{
	mn_id *ids;

	*rc = check_count(req, n);
	ids = *rc ? NULL : mn_call_array(req->call, n, sizeof(*ids));
	if (!ids && !*rc)
		*rc = MN_ENOMEM;
	return ids;
}

int wire_lookup(mn_request *req, mn_reply *reply)
{
	mn_wire_keys keys = {0};
	mn_id *ids = NULL;
	int rc = wire_ask(req, MN_WIRE_KEYS, &keys);

	if (rc == MN_OK)
		ids = new_ids(req, keys.n, &rc);
	if (rc == MN_OK)
		rc = mn_brain_lookup(req->brain, req->call, keys.at, keys.n, ids);
	if (rc)
		return rc;
	return wire_answer_at(req, reply, MN_WIRE_IDS, &(mn_ids){ids, keys.n});
}

int wire_resolve(mn_request *req, mn_reply *reply)
{
	mn_wire_uids ask = {0};
	mn_id *ids = NULL;
	int rc = wire_ask(req, MN_WIRE_UIDS, &ask);

	if (rc == MN_OK && (ask.kind == MN_BRAIN || ask.kind == MN_STATE))
		rc = mn_fail(req->call, MN_EINVAL, 0,
			"kind must be neuron, synapse or fiber: others have no uid in a brain");
	if (rc == MN_OK)
		ids = new_ids(req, ask.uids.n, &rc);
	if (rc == MN_OK)
		rc = mn_brain_resolve_own(req->brain, req->call, ask.kind, ask.uids, ids);
	if (rc)
		return rc;
	return wire_answer_at(req, reply, MN_WIRE_IDS, &(mn_ids){ids, ask.uids.n});
}

int wire_get(mn_request *req, mn_reply *reply)
{
	mn_wire_fetch ask;
	mn_rows rows = {0};
	int rc = wire_ask(req, MN_WIRE_FETCH, &ask);

	if (rc == MN_OK)
		rc = check_count(req, ask.ids.n);
	if (rc == MN_OK)
		rc = mn_brain_get(req->brain, req->call, ask.kind, ask.ids, ask.fields, &rows);
	rows.kind = ask.kind;
	return rc ? rc : wire_answer_at(req, reply, MN_WIRE_ROWS, &rows);
}

int wire_fibers_of(mn_request *req, mn_reply *reply)
{
	mn_wire_fetch ask;
	mn_rows rows = {0};
	int rc = wire_ask(req, MN_WIRE_FETCH, &ask);

	if (rc == MN_OK && ask.kind != MN_FIBER)
		rc = mn_fail(req->call, MN_EINVAL, 0, "kind must be fiber");
	if (rc == MN_OK)
		rc = check_count(req, ask.ids.n);
	if (rc == MN_OK)
		rc = mn_brain_fibers_of(req->brain, req->call, ask.ids, &rows);
	rows.kind = MN_FIBER;
	return rc ? rc : wire_answer_at(req, reply, MN_WIRE_ROWS, &rows);
}

int wire_expand(mn_request *req, mn_reply *reply)
{
	mn_expand ask = MN_SIZED(mn_expand);
	mn_wire_fan fan = {0};
	int rc = wire_ask(req, MN_WIRE_EXPAND, &ask);

	fan.n = ask.frontier.n;
	if (rc == MN_OK)
		rc = check_count(req, fan.n);
	if (rc == MN_OK)
		rc = mn_brain_expand(req->brain, req->call, &ask, &fan.fan);
	return rc ? rc : wire_answer_at(req, reply, MN_WIRE_FAN, &fan);
}

/* ---- Scans -------------------------------------------------------------------------------- */

/* A message as a line; `page` is where it is written. */
static int send_line(mn_request *req, mn_call *page, int message, const void *from)
{
	mn_str line;
	int rc = mn_wire_write(page, message, from, &line);

	if (rc == MN_OK)
		rc = mn_reply_write(req, line.ptr, line.len);
	if (rc == MN_OK)
		rc = mn_reply_write(req, "\n", 1);
	return rc;
}

/* Page after page, each in memory of its own. What fails is the last line, and the stream is cut
 * short. */
static int send_pages(mn_request *req, mn_scan *scan, uint64_t max)
{
	mn_page page = MN_SIZED(mn_page);
	mn_call call;
	int rc = mn_call_init(&call, req->call->engine, 0);

	if (rc != MN_OK) {
		mn_call_done(&call);
		return mn_fail_memory(req->call);
	}
	call.token = req->call->token;
	call.deadline = req->call->deadline;
	call.err = req->call->err;
	while (rc == MN_OK && !page.last) {
		rc = mn_scan_next(scan, &call, max, &page);
		if (rc == MN_OK)
			rc = send_line(req, &call, MN_WIRE_PAGE, &page);
		if (rc == MN_OK)
			mn_call_reset(&call);
	}
	if (rc != MN_OK && rc != MN_ECANCELLED) {
		const mn_wire_error e = {.error = *req->call->err};

		call.err = &call.own;
		send_line(req, &call, MN_WIRE_ERROR, &e);
	}
	mn_call_done(&call);
	return rc;
}

int wire_scan(mn_request *req, mn_reply *reply)
{
	mn_query query = MN_SIZED(mn_query);
	mn_scan *scan = NULL;
	uint64_t max = PAGE;
	int rc = wire_ask(req, MN_WIRE_QUERY, &query);

	if (rc == MN_OK)
		rc = mn_request_count(req, "page", 1, PAGE_MOST, PAGE, &max);
	if (rc == MN_OK)
		rc = mn_brain_scan(req->brain, req->call, &query, &scan);
	if (rc == MN_OK)
		rc = wire_if_match(req, req->call->at, query.kind == MN_STATE);
	if (rc == MN_OK) {
		mn_reply_etag(req, reply, req->call->at);
		reply->type = MN_STR("application/x-ndjson");
		rc = mn_reply_begin(req, reply);
	}
	if (rc == MN_OK)
		rc = send_pages(req, scan, max);
	mn_scan_done(scan);
	return rc;
}
