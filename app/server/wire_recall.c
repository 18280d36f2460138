/* SPDX-License-Identifier: MIT */
/* wire_recall.c - a question and its answer, as `mnemoscope recall --json` gives it; its trace. */
#include "base/arena.h"
#include "base/fail.h"
#include "base/iso.h"
#include "base/json.h"
#include "base/str.h"
#include "server/wire.h"

enum { MOST_HITS = 10000, MOST_ANCHORS = 1000, ANSWER_MOST = 64 << 20 };

/* ---- The question ------------------------------------------------------------------------- */

static bool take_query(mn_call *call, const json_t *v, mn_ask *ask)
{
	(void)call;
	ask->text = mn_json_str(v);
	return ask->text.ptr != NULL;
}

static bool take_depth(mn_call *call, const json_t *v, mn_ask *ask)
{
	const json_int_t depth = json_integer_value(v);

	(void)call;
	ask->depth = json_is_string(v) ? MN_DEPTH_AUTO : (int)depth;
	return json_is_string(v) ? mn_str_is(mn_json_str(v), "auto")
				 : json_is_integer(v) && depth >= 0 && depth <= MN_DEPTH_DEEP;
}

static bool take_kernel(mn_call *call, const json_t *v, mn_ask *ask)
{
	(void)call;
	ask->kernel = mn_json_str(v);
	return mn_str_is(ask->kernel, "fan") || mn_str_is(ask->kernel, "classic");
}

static bool take_count(const json_t *v, json_int_t most, uint32_t *out)
{
	const json_int_t n = json_integer_value(v);

	*out = (uint32_t)n;
	return json_is_integer(v) && n >= 1 && n <= most;
}

static bool take_limit(mn_call *call, const json_t *v, mn_ask *ask)
{
	(void)call;
	return take_count(v, MOST_HITS, &ask->limit);
}

static bool take_budget(mn_call *call, const json_t *v, mn_ask *ask)
{
	(void)call;
	return take_count(v, 1000000, &ask->budget);
}

static bool take_context(mn_call *call, const json_t *v, mn_ask *ask)
{
	(void)call;
	ask->want_context = true;
	return take_count(v, 1000000, &ask->context_tokens);
}

static bool take_learn(mn_call *call, const json_t *v, mn_ask *ask)
{
	(void)call;
	ask->learn = json_is_true(v);
	return json_is_boolean(v);
}

static bool take_now(mn_call *call, const json_t *v, mn_ask *ask)
{
	(void)call;
	return json_is_string(v) && mn_iso_read(mn_json_str(v), &ask->now);
}

static bool take_anchors(mn_call *call, const json_t *v, mn_ask *ask)
{
	const size_t n = json_array_size(v);
	mn_str *at = n <= MOST_ANCHORS ? mn_call_array(call, n, sizeof(*at)) : NULL;

	if (!json_is_array(v) || !at)
		return false;
	for (size_t i = 0; i < n; i++) {
		at[i] = mn_json_str(json_array_get(v, i));
		if (!at[i].ptr)
			return false;
	}
	ask->anchors = (mn_strs){at, n};
	return true;
}

static const struct member {
	const char *name;
	bool (*take)(mn_call *, const json_t *, mn_ask *);
	const char *must;
} members[] = {
	{"query", take_query, "be text"},
	{"depth", take_depth, "be \"auto\" or a number from 0 to 3"},
	{"limit", take_limit, "be a number from 1 to 10000"},
	{"kernel", take_kernel, "be \"fan\" or \"classic\""},
	{"budget", take_budget, "be a number from 1 to 1000000"},
	{"context", take_context, "be a number of tokens, from 1 to 1000000"},
	{"learn", take_learn, "be true or false"},
	{"now", take_now, "be a moment such as \"2023-05-08T13:56:00Z\""},
	{"anchors", take_anchors, "be an array of at most 1,000 uids"},
};

static int take_member(mn_request *req, const mn_member *m, mn_ask *ask)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		if (strcmp(m->name, members[i].name) != 0)
			continue;
		if (members[i].take(req->call, m->value, ask))
			return MN_OK;
		return mn_fail(
			req->call, MN_EINVAL, 0, "%s must %s", members[i].name, members[i].must);
	}
	return mn_fail(req->call, MN_EINVAL, 0, "%.80s is not a member of a question", m->name);
}

static int read_ask(mn_request *req, mn_ask *ask)
{
	json_t *body;
	mn_member m = {0};
	int rc = mn_request_json(req, &body);

	*ask = MN_SIZED(mn_ask);
	ask->depth = MN_DEPTH_AUTO;
	if (rc == MN_OK && !json_is_object(body))
		rc = mn_fail(req->call, MN_EINVAL, 0, "a question must be an object");
	m.of = rc == MN_OK ? body : NULL;
	while (rc == MN_OK && mn_member_next(&m))
		rc = take_member(req, &m, ask);
	if (rc == MN_OK && !ask->text.ptr)
		rc = mn_fail(req->call, MN_EINVAL, 0, "query is missing");
	ask->learn = ask->learn && !mn_server_read_only(req->server);
	return rc;
}

/* ---- The answer --------------------------------------------------------------------------- */

/* The uids of the hits' fibers: own ones, or derived from the anchor. */
static int fiber_uids(mn_request *req, const mn_answer *a, mn_str **out)
{
	mn_id *ids = mn_call_array(req->call, a->nhits, sizeof(*ids));
	mn_str *uids = mn_call_array(req->call, a->nhits, sizeof(*uids));
	mn_rows rows;
	int rc;

	if (!ids || !uids)
		return MN_ENOMEM;
	for (size_t i = 0; i < a->nhits; i++)
		ids[i] = a->hits[i].fiber;
	rc = mn_brain_get(
		req->brain, req->call, MN_FIBER, (mn_ids){ids, a->nhits}, MN_FIELD_UID, &rows);
	for (size_t i = 0; rc == MN_OK && i < a->nhits; i++)
		uids[i] = rows.at.fiber[i].uid.len ? rows.at.fiber[i].uid : a->hits[i].uid;
	*out = uids;
	return rc;
}

static void put_text(mn_buf *b, const char *name, mn_str text)
{
	mn_buf_printf(b, ",\"%s\":", name);
	mn_buf_json(b, text);
}

static void put_number(mn_buf *b, const char *name, double x)
{
	mn_buf_printf(b, ",\"%s\":", name);
	mn_buf_number(b, x);
}

static void put_hit(mn_buf *b, const mn_memory_hit *h, mn_str fiber)
{
	char when[MN_ISO_ROOM];

	mn_buf_text(b, "{\"id\":");
	mn_buf_json(b, h->uid);
	put_number(b, "score", h->score);
	put_number(b, "level", h->level);
	put_text(b, "text", h->text);
	put_text(b, "title", h->title);
	if (h->time)
		put_text(b, "time", (mn_str){when, mn_iso_write(h->time, when)});
	else
		mn_buf_text(b, ",\"time\":null");
	put_text(b, "fiber", fiber);
	mn_buf_printf(b, ",\"hop\":%u", h->hop);
	put_text(b, "via", h->via);
	mn_buf_char(b, '}');
}

static void put_answer(mn_buf *b, const mn_ask *ask, const mn_answer *a, const mn_str *fibers)
{
	mn_buf_text(b, "{\"query\":");
	mn_buf_json(b, ask->text);
	mn_buf_text(b, ",\"results\":[");
	for (size_t i = 0; i < a->nhits; i++) {
		if (i)
			mn_buf_char(b, ',');
		put_hit(b, &a->hits[i], fibers[i]);
	}
	mn_buf_text(b, "],\"ranked\":[");
	for (size_t i = 0; i < a->nhits; i++) {
		if (i)
			mn_buf_char(b, ',');
		mn_buf_json(b, a->hits[i].uid);
	}
	mn_buf_char(b, ']');
	if (ask->want_context)
		put_text(b, "context", a->context);
	mn_buf_printf(b,
		",\"activated\":%llu,\"examined\":%llu,\"depth\":%d,\"kernel\":\"%.*s\","
		"\"latency_us\":%u}",
		(unsigned long long)a->activated, (unsigned long long)a->examined, a->depth,
		MN_FMT(a->kernel), a->latency_us);
}

int wire_recall(mn_request *req, mn_reply *reply)
{
	mn_answer a = MN_SIZED(mn_answer);
	mn_buf b = MN_BUF(ANSWER_MOST);
	mn_str *fibers = NULL;
	mn_ask ask;
	mn_gen at;
	int rc = read_ask(req, &ask);

	if (rc == MN_OK)
		rc = mn_brain_recall(req->brain, req->call, &ask, &a);
	at = req->call->at;
	if (rc == MN_OK)
		rc = fiber_uids(req, &a, &fibers);
	if (rc)
		return rc;
	put_answer(&b, &ask, &a, fibers);
	mn_reply_etag(req, reply, at);
	return mn_reply_take(req, reply, &b);
}

int wire_trace(mn_request *req, mn_reply *reply)
{
	mn_answer a = MN_SIZED(mn_answer);
	mn_sink sink;
	mn_ask ask;
	int rc = read_ask(req, &ask);

	ask.want_trace = true;
	if (rc == MN_OK)
		rc = mn_brain_recall(req->brain, req->call, &ask, &a);
	if (rc == MN_OK) {
		mn_reply_etag(req, reply, req->call->at);
		reply->type = MN_STR("application/x-ndjson");
		rc = mn_reply_begin(req, reply);
	}
	if (rc == MN_OK) {
		sink = mn_reply_sink(req);
		rc = mn_trace_write(a.trace, req->call, MN_TRACE_JSONL, &sink);
	}
	mn_trace_free(a.trace);
	return rc;
}
