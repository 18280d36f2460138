/* SPDX-License-Identifier: MIT */
/* peer_synapse.c - synapses one by one, and lists of them. */
#include "base/fail.h"
#include "base/str.h"
#include "exchange/peer_row.h"
#include "server/peer.h"

#define MOST_LISTED 10000 /* in one answer: who wants more gives an offset */
#define PAGE 1000

struct synapse_write {
	mn_peer_write write;
	mn_str uid;
	mn_peer_synapse record;
	const json_t *json;
	mn_synapse row;
	double weight;
};

/* ---- Writing ------------------------------------------------------------------------------ */

static int put_row(mn_call *call, mn_sheet *sheet, int op, const mn_synapse *from)
{
	mn_synapse *row = mn_call_alloc(call, sizeof(*row));

	if (!row)
		return MN_ENOMEM;
	*row = *from;
	return mn_sheet_put(sheet, op, MN_SYNAPSE, row);
}

static int find_ends(struct synapse_write *w, mn_brain *brain, mn_call *call, mn_synapse *row)
{
	const mn_str uids[2] = {w->record.source, w->record.target};
	mn_id ends[2] = {0};
	int rc = mn_brain_resolve(brain, call, MN_NEURON, (mn_strs){uids, 2}, ends);

	for (int i = 0; rc == MN_OK && i < 2; i++)
		if (!ends[i])
			return mn_peer_refuse(&w->write, call, 400, "%s neuron %.*s does not exist",
				i ? "Target" : "Source", MN_FMT(uids[i]));
	row->from = ends[0];
	row->to = ends[1];
	return rc;
}

static int draw_add(void *ctx, mn_brain *brain, mn_call *call, mn_sheet *sheet)
{
	struct synapse_write *w = ctx;
	mn_synapse row = {0};
	mn_peer_scale scale;
	mn_id id;
	int rc = mn_peer_find(brain, call, MN_SYNAPSE, w->uid, &id);

	if (rc == MN_OK && id)
		return mn_peer_refuse(
			&w->write, call, 409, "Synapse %.*s already exists", MN_FMT(w->uid));
	if (rc == MN_OK)
		rc = find_ends(w, brain, call, &row);
	if (rc == MN_OK)
		rc = mn_peer_scale_of(brain, call, &scale);
	if (rc == MN_OK)
		rc = mn_peer_take_synapse(call, &w->record, w->json, true, &scale, &row);
	w->row = row;
	return rc == MN_OK ? put_row(call, sheet, MN_ADD, &row) : rc;
}

static int draw_put(void *ctx, mn_brain *brain, mn_call *call, mn_sheet *sheet)
{
	struct synapse_write *w = ctx;
	mn_peer_scale scale;
	mn_synapse row;
	int rc = mn_peer_synapse_of(brain, call, w->uid, &row);

	if (rc == MN_OK && !row.id)
		return mn_peer_refuse(&w->write, call, 404, "Synapse not found");
	if (rc == MN_OK)
		rc = mn_peer_scale_of(brain, call, &scale);
	if (rc == MN_OK)
		rc = mn_peer_take_synapse(call, &w->record, w->json, true, &scale, &row);
	/* A derived uid would not survive another type. */
	if (rc == MN_OK && !row.uid.len)
		row.uid = w->uid;
	return rc == MN_OK ? put_row(call, sheet, MN_PUT, &row) : rc;
}

static int draw_drop(void *ctx, mn_brain *brain, mn_call *call, mn_sheet *sheet)
{
	struct synapse_write *w = ctx;

	return mn_peer_drop(brain, call, sheet, &w->write, MN_SYNAPSE, w->uid);
}

static void put_short(mn_buf *b, const struct synapse_write *w)
{
	mn_buf_text(b, "{\"id\":");
	mn_buf_json(b, w->uid);
	mn_buf_text(b, ",\"source_id\":");
	mn_buf_json(b, w->record.source);
	mn_buf_text(b, ",\"target_id\":");
	mn_buf_json(b, w->record.target);
	mn_buf_text(b, ",\"type\":");
	mn_buf_json(b, w->record.type);
	mn_buf_text(b, ",\"weight\":");
	mn_peer_put_real(b, w->row.base);
	mn_buf_char(b, '}');
}

int mn_peer_synapse_add(mn_request *req, mn_reply *reply)
{
	struct synapse_write w = {0};
	mn_buf b = MN_BUF(MN_PEER_OUT);
	json_t *body = NULL;
	int rc = mn_shape_body(req, reply, mn_peer_synapse_new, &w.record);

	if (rc == MN_OK && !w.record.id.len)
		rc = mn_peer_uuid(req->call, &w.record.id);
	if (rc == MN_OK)
		rc = mn_request_json(req, &body);
	w.uid = w.record.id;
	w.json = body;
	if (rc == MN_OK)
		rc = mn_peer_commit(req, reply, &w.write, draw_add, "synapse", w.uid);
	if (rc == MN_OK) {
		mn_peer_tell(req, "synapse_created", "synapse_id", w.uid);
		put_short(&b, &w);
	}
	return mn_peer_end(req, reply, rc, &b);
}

int mn_peer_synapse_put(mn_request *req, mn_reply *reply)
{
	struct synapse_write w = {.uid = mn_request_param(req, "id")};
	json_t *body = NULL;
	int rc = mn_shape_body(req, reply, mn_peer_synapse_some, &w.record);

	if (rc == MN_OK)
		rc = mn_request_json(req, &body);
	w.json = body;
	if (rc != MN_OK)
		return reply->status == 422 ? MN_OK : rc;
	return mn_peer_change(req, reply, &w.write, draw_put, "synapse", w.uid, "updated");
}

int mn_peer_synapse_drop(mn_request *req, mn_reply *reply)
{
	struct synapse_write w = {.uid = mn_request_param(req, "id")};

	return mn_peer_change(req, reply, &w.write, draw_drop, "synapse", w.uid, "deleted");
}

/* ---- Reading ------------------------------------------------------------------------------ */

int mn_peer_synapse_get(mn_request *req, mn_reply *reply)
{
	mn_buf b = MN_BUF(MN_PEER_OUT);
	mn_peer_scale scale;
	mn_peer_named names;
	mn_synapse row;
	int rc = mn_peer_synapse_of(req->brain, req->call, mn_request_param(req, "id"), &row);

	if (rc == MN_OK && !row.id)
		rc = mn_peer_not(req, reply, 404, "Synapse not found");
	if (rc == MN_OK)
		rc = mn_peer_scale_of(req->brain, req->call, &scale);
	if (rc == MN_OK)
		rc = mn_peer_name_synapses(req->brain, req->call, &scale, &row, 1, &names);
	if (rc == MN_OK)
		mn_peer_put_synapse(&b, &row, &names);
	return mn_peer_end(req, reply, rc, &b);
}

struct listing {
	mn_request *req;
	mn_peer_scale scale;
	mn_id from, to; /* 0: any */
	double least;
	int64_t limit, offset;
	size_t n;
	bool cut;
	mn_buf out;
};

static bool fits(const struct listing *l, const mn_synapse *s)
{
	return (!l->from || s->from == l->from) && (!l->to || s->to == l->to)
	       && mn_peer_weight(&l->scale, s) >= l->least;
}

/* Adds those of a page that fit. */
static int list_page(struct listing *l, mn_call *call, const mn_rows *rows)
{
	mn_synapse *fit = mn_call_array(call, rows->n, sizeof(*fit));
	mn_peer_named *names = mn_call_array(call, rows->n, sizeof(*names));
	size_t n = 0;
	int rc;

	if (!fit || !names)
		return MN_ENOMEM;
	for (size_t i = 0; i < rows->n && !l->cut; i++) {
		if (!fits(l, &rows->at.synapse[i]))
			continue;
		if (l->offset > 0)
			l->offset--;
		else if (l->n + n == (size_t)l->limit)
			l->cut = true;
		else
			fit[n++] = rows->at.synapse[i];
	}
	rc = n ? mn_peer_name_synapses(l->req->brain, call, &l->scale, fit, n, names) : MN_OK;
	for (size_t i = 0; rc == MN_OK && i < n; i++) {
		if (l->n++)
			mn_buf_char(&l->out, ',');
		mn_peer_put_synapse(&l->out, &fit[i], &names[i]);
	}
	return rc == MN_OK && !mn_buf_ok(&l->out) ? mn_fail_memory(call) : rc;
}

static int list(struct listing *l, mn_query *q)
{
	mn_call page;
	mn_page got = MN_SIZED(mn_page);
	mn_scan *scan = NULL;
	int rc = mn_call_init(&page, l->req->call->engine, 0);

	page.token = l->req->call->token;
	page.deadline = l->req->call->deadline;
	page.err = l->req->call->err;
	if (rc == MN_OK)
		rc = mn_brain_scan(l->req->brain, &page, q, &scan);
	while (rc == MN_OK && !got.last && !l->cut) {
		mn_call_reset(&page);
		rc = mn_scan_next(scan, &page, PAGE, &got);
		if (rc == MN_OK)
			rc = list_page(l, &page, &got.rows);
	}
	mn_scan_done(scan);
	mn_call_done(&page);
	return rc;
}

/* The ids of the ends that were asked for. *none: one of them is not there, so nothing fits. */
static int read_ends(struct listing *l, mn_complaints *c, mn_query *q, bool *none)
{
	const mn_str from = mn_query_text(c, "source_id"), to = mn_query_text(c, "target_id");
	int rc = mn_peer_find(l->req->brain, l->req->call, MN_NEURON, from, &l->from);

	if (rc == MN_OK)
		rc = mn_peer_find(l->req->brain, l->req->call, MN_NEURON, to, &l->to);
	*none = (from.len && !l->from) || (to.len && !l->to);
	q->neuron = l->from ? l->from : l->to;
	return rc;
}

int mn_peer_synapse_list(mn_request *req, mn_reply *reply)
{
	mn_complaints c = MN_COMPLAINTS_OF(req, reply);
	struct listing l = {.req = req, .limit = MOST_LISTED, .out = MN_BUF(MN_PEER_OUT)};
	const mn_str type = mn_query_text(&c, "type");
	mn_query q = MN_SIZED(mn_query);
	uint16_t types[16];
	bool none = false;
	int rc;

	mn_query_real(&c, "min_weight", 0, 1, &l.least);
	mn_query_whole(&c, "limit", 1, MOST_LISTED, &l.limit);
	mn_query_whole(&c, "offset", 0, INT32_MAX, &l.offset);
	q.kind = MN_SYNAPSE;
	q.types = types;
	q.ntypes = type.len ? mn_peer_types(MN_SYNAPSE, type, types, 16) : 0;
	rc = mn_complaints_end(&c);
	if (rc == MN_OK && type.len && !mn_peer_type_known(MN_SYNAPSE, type))
		rc = mn_peer_not(req, reply, 400, "Invalid synapse type");
	if (rc == MN_OK)
		rc = read_ends(&l, &c, &q, &none);
	if (rc == MN_OK)
		rc = mn_peer_scale_of(req->brain, req->call, &l.scale);
	mn_buf_text(&l.out, "{\"synapses\":[");
	if (rc == MN_OK && !none && (!type.len || q.ntypes))
		rc = list(&l, &q);
	mn_buf_printf(&l.out, "],\"count\":%zu,\"truncated\":%s}", l.n, l.cut ? "true" : "false");
	return mn_peer_end(req, reply, rc, &l.out);
}
