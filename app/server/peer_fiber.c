/* SPDX-License-Identifier: MIT */
/* peer_fiber.c - fibers one by one. */
#include "base/fail.h"
#include "base/str.h"
#include "exchange/peer_row.h"
#include "server/peer.h"

struct fiber_write {
	mn_peer_write write;
	mn_str uid;
	mn_peer_fiber record;
	const json_t *json;
};

/* ---- Writing ------------------------------------------------------------------------------ */

/* Ids of the uids in a list; one that is not there is refused. */
static int find_all(
	struct fiber_write *w, mn_brain *brain, mn_call *call, int kind, mn_strs uids, mn_ids *out)
{
	mn_id *ids = mn_call_array(call, uids.n, sizeof(*ids));
	int rc = ids ? MN_OK : MN_ENOMEM;

	if (rc == MN_OK && uids.n)
		rc = mn_brain_resolve(brain, call, kind, uids, ids);
	for (size_t i = 0; rc == MN_OK && i < uids.n; i++)
		if (!ids[i])
			return mn_peer_refuse(&w->write, call, 400, "%s %.*s does not exist",
				kind == MN_NEURON ? "Neuron" : "Synapse", MN_FMT(uids.at[i]));
	*out = (mn_ids){ids, uids.n};
	return rc;
}

static bool holds(mn_ids ids, mn_id id)
{
	for (size_t i = 0; i < ids.n; i++)
		if (ids.at[i] == id)
			return true;
	return false;
}

static int find_anchor(struct fiber_write *w, mn_brain *brain, mn_call *call, mn_fiber *row)
{
	int rc = mn_peer_find(brain, call, MN_NEURON, w->record.anchor, &row->anchor);

	if (rc == MN_OK && !row->anchor)
		return mn_peer_refuse(&w->write, call, 400, "Anchor neuron %.*s does not exist",
			MN_FMT(w->record.anchor));
	return rc;
}

/* The changed row on the sheet. */
static int put_row(struct fiber_write *w, mn_brain *brain, mn_call *call, mn_sheet *sheet, int op,
	const mn_fiber *from)
{
	mn_fiber *row = mn_call_alloc(call, sizeof(*row));
	mn_ids neurons, synapses;
	int rc = row ? find_all(w, brain, call, MN_NEURON, w->record.neurons, &neurons) : MN_ENOMEM;

	if (rc == MN_OK)
		rc = find_all(w, brain, call, MN_SYNAPSE, w->record.synapses, &synapses);
	if (rc != MN_OK)
		return rc;
	*row = *from;
	rc = mn_peer_take_fiber(call, &w->record, w->json, NULL, neurons, synapses, row);
	if (rc == MN_OK && row->neurons.n && !holds(row->neurons, row->anchor))
		return mn_peer_refuse(
			&w->write, call, 400, "anchor_neuron_id is not among neuron_ids");
	return rc == MN_OK ? mn_sheet_put(sheet, op, MN_FIBER, row) : rc;
}

static int draw_add(void *ctx, mn_brain *brain, mn_call *call, mn_sheet *sheet)
{
	struct fiber_write *w = ctx;
	mn_fiber row = {0};
	mn_id id;
	int rc = mn_peer_find(brain, call, MN_FIBER, w->uid, &id);

	if (rc == MN_OK && id)
		return mn_peer_refuse(
			&w->write, call, 409, "Fiber %.*s already exists", MN_FMT(w->uid));
	if (rc == MN_OK)
		rc = find_anchor(w, brain, call, &row);
	return rc == MN_OK ? put_row(w, brain, call, sheet, MN_ADD, &row) : rc;
}

static int draw_put(void *ctx, mn_brain *brain, mn_call *call, mn_sheet *sheet)
{
	struct fiber_write *w = ctx;
	mn_fiber row;
	int rc = mn_peer_fiber_of(brain, call, w->uid, &row);

	if (rc == MN_OK && !row.id)
		return mn_peer_refuse(&w->write, call, 404, "Fiber not found");
	if (rc == MN_OK && w->record.anchor.len)
		rc = find_anchor(w, brain, call, &row);
	return rc == MN_OK ? put_row(w, brain, call, sheet, MN_PUT, &row) : rc;
}

static int draw_drop(void *ctx, mn_brain *brain, mn_call *call, mn_sheet *sheet)
{
	struct fiber_write *w = ctx;

	return mn_peer_drop(brain, call, sheet, &w->write, MN_FIBER, w->uid);
}

int mn_peer_fiber_add(mn_request *req, mn_reply *reply)
{
	struct fiber_write w = {0};
	json_t *body = NULL;
	int rc = mn_shape_body(req, reply, mn_peer_fiber_new, &w.record);

	if (rc == MN_OK && !w.record.id.len)
		rc = mn_peer_uuid(req->call, &w.record.id);
	if (rc == MN_OK)
		rc = mn_request_json(req, &body);
	if (rc != MN_OK)
		return reply->status == 422 ? MN_OK : rc;
	w.uid = w.record.id;
	w.json = body;
	return mn_peer_change(req, reply, &w.write, draw_add, "fiber", w.uid, "created");
}

int mn_peer_fiber_put(mn_request *req, mn_reply *reply)
{
	struct fiber_write w = {.uid = mn_request_param(req, "id")};
	json_t *body = NULL;
	int rc = mn_shape_body(req, reply, mn_peer_fiber_some, &w.record);

	if (rc == MN_OK)
		rc = mn_request_json(req, &body);
	if (rc != MN_OK)
		return reply->status == 422 ? MN_OK : rc;
	w.json = body;
	return mn_peer_change(req, reply, &w.write, draw_put, "fiber", w.uid, "updated");
}

int mn_peer_fiber_drop(mn_request *req, mn_reply *reply)
{
	struct fiber_write w = {.uid = mn_request_param(req, "id")};

	return mn_peer_change(req, reply, &w.write, draw_drop, "fiber", w.uid, "deleted");
}

/* ---- Reading ------------------------------------------------------------------------------ */

int mn_peer_fiber_get(mn_request *req, mn_reply *reply)
{
	mn_buf b = MN_BUF(MN_PEER_OUT);
	mn_peer_named names;
	mn_fiber row;
	int rc = mn_peer_fiber_of(req->brain, req->call, mn_request_param(req, "id"), &row);

	if (rc == MN_OK && !row.id)
		rc = mn_peer_not(req, reply, 404, "Fiber not found");
	if (rc == MN_OK)
		rc = mn_peer_name_fibers(req->brain, req->call, &row, 1, &names);
	if (rc == MN_OK)
		mn_peer_put_fiber(&b, &row, &names);
	return mn_peer_end(req, reply, rc, &b);
}
