/* SPDX-License-Identifier: MIT */
/* peer_neuron.c - neurons one by one: added, read, changed, deleted; and their states. */
#include <sodium.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "exchange/peer_kept.h"
#include "exchange/peer_row.h"
#include "server/peer.h"

int mn_peer_uuid(mn_call *call, mn_str *out)
{
	unsigned char b[16];

	randombytes_buf(b, sizeof(b));
	b[6] = (unsigned char)((b[6] & 0x0F) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
	*out = mn_arena_printf(call->arena,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		b[15]);
	return out->ptr ? MN_OK : mn_fail_memory(call);
}

struct neuron_write {
	mn_peer_write write;
	mn_str uid;
	mn_peer_neuron record;
	const json_t *json;
	mn_neuron row; /* as it was written */
};

static int not_found(mn_request *req, mn_reply *reply)
{
	return mn_peer_not(req, reply, 404, "Neuron not found");
}

/* ---- Writing ------------------------------------------------------------------------------ */

static int put_row(mn_call *call, mn_sheet *sheet, int op, const mn_neuron *from)
{
	mn_neuron *row = mn_call_alloc(call, sizeof(*row));
	int rc;

	if (!row)
		return MN_ENOMEM;
	*row = *from;
	rc = mn_sheet_put(sheet, op, MN_NEURON, row);
	if (rc == MN_OK && (row->flags & MN_NEURON_ANCHOR))
		rc = mn_sheet_encode(sheet, row);
	return rc;
}

/* The row as the answer shows it: its strings move to the request's arena. */
static int keep_row(struct neuron_write *w, const mn_neuron *row)
{
	w->row = *row;
	w->row.meta = (mn_str){NULL, 0};
	if (row->meta.len)
		w->row.meta = mn_call_copy(w->write.req->call, row->meta);
	w->row.text = mn_call_copy(w->write.req->call, row->text);
	return w->row.text.ptr && (!row->meta.len || w->row.meta.ptr) ? MN_OK : MN_ENOMEM;
}

static int draw_add(void *ctx, mn_brain *brain, mn_call *call, mn_sheet *sheet)
{
	struct neuron_write *w = ctx;
	mn_neuron row = {0};
	mn_id id;
	int rc = mn_peer_find(brain, call, MN_NEURON, w->uid, &id);

	if (rc == MN_OK && id)
		return mn_peer_refuse(
			&w->write, call, 409, "Neuron %.*s already exists", MN_FMT(w->uid));
	if (rc == MN_OK)
		rc = mn_peer_take_neuron(call, &w->record, w->json, true, &row);
	if (rc == MN_OK)
		rc = keep_row(w, &row);
	return rc == MN_OK ? put_row(call, sheet, MN_ADD, &row) : rc;
}

static int draw_put(void *ctx, mn_brain *brain, mn_call *call, mn_sheet *sheet)
{
	struct neuron_write *w = ctx;
	mn_neuron row;
	int rc = mn_peer_neuron_of(brain, call, w->uid, &row);

	if (rc == MN_OK && !row.id)
		return mn_peer_refuse(&w->write, call, 404, "Neuron not found");
	if (rc == MN_OK)
		rc = mn_peer_take_neuron(call, &w->record, w->json, true, &row);
	/* It keeps the name by which it was asked for, also where that came from its old text. */
	if (rc == MN_OK && !row.uid.len)
		row.uid = w->uid;
	if (rc == MN_OK)
		rc = keep_row(w, &row);
	return rc == MN_OK ? put_row(call, sheet, MN_PUT, &row) : rc;
}

static int draw_drop(void *ctx, mn_brain *brain, mn_call *call, mn_sheet *sheet)
{
	struct neuron_write *w = ctx;

	return mn_peer_drop(brain, call, sheet, &w->write, MN_NEURON, w->uid);
}

static int answer_row(mn_request *req, mn_reply *reply, const struct neuron_write *w, int rc)
{
	mn_buf b = MN_BUF(MN_PEER_OUT);

	if (rc == MN_OK)
		mn_peer_put_neuron(&b, &w->row, w->uid);
	return mn_peer_end(req, reply, rc, &b);
}

int mn_peer_neuron_add(mn_request *req, mn_reply *reply)
{
	struct neuron_write w = {0};
	json_t *body = NULL;
	int rc = mn_shape_body(req, reply, mn_peer_neuron_new, &w.record);

	if (rc == MN_OK && !w.record.id.len)
		rc = mn_peer_uuid(req->call, &w.record.id);
	if (rc == MN_OK)
		rc = mn_request_json(req, &body);
	w.uid = w.record.id;
	w.json = body;
	if (rc == MN_OK)
		rc = mn_peer_commit(req, reply, &w.write, draw_add, "neuron", w.uid);
	if (rc == MN_OK)
		mn_peer_tell(req, "neuron_created", "neuron_id", w.uid);
	return answer_row(req, reply, &w, rc);
}

int mn_peer_neuron_put(mn_request *req, mn_reply *reply)
{
	struct neuron_write w = {.uid = mn_request_param(req, "id")};
	json_t *body = NULL;
	int rc = mn_shape_body(req, reply, mn_peer_neuron_some, &w.record);

	if (rc == MN_OK)
		rc = mn_request_json(req, &body);
	w.json = body;
	if (rc == MN_OK)
		rc = mn_peer_commit(req, reply, &w.write, draw_put, "neuron", w.uid);
	if (rc == MN_OK)
		mn_peer_tell(req, "neuron_updated", "neuron_id", w.uid);
	return answer_row(req, reply, &w, rc);
}

int mn_peer_neuron_drop(mn_request *req, mn_reply *reply)
{
	struct neuron_write w = {.uid = mn_request_param(req, "id")};

	return mn_peer_change(req, reply, &w.write, draw_drop, "neuron", w.uid, "deleted");
}

/* ---- Reading ------------------------------------------------------------------------------ */

int mn_peer_neuron_get(mn_request *req, mn_reply *reply)
{
	const mn_str uid = mn_request_param(req, "id");
	mn_buf b = MN_BUF(MN_PEER_OUT);
	mn_neuron row;
	int rc = mn_peer_neuron_of(req->brain, req->call, uid, &row);

	if (rc == MN_OK && !row.id)
		rc = not_found(req, reply);
	if (rc == MN_OK)
		mn_peer_put_neuron(&b, &row, uid);
	return mn_peer_end(req, reply, rc, &b);
}

/* ---- States ------------------------------------------------------------------------------- */

struct state_write {
	mn_peer_write write;
	mn_str uid;
	uint64_t given;
	mn_str neuron;
	double level, decay, firing, period, target;
	int64_t uses;
	mn_time last, refractory;
	const json_t *json;
};

#define AT(member) (offsetof(struct state_write, member) - offsetof(struct state_write, given))

enum { NEURON, LEVEL, USES, LAST, DECAY, FIRING };

static const mn_shape state_shape[] = {
	{"neuron_id", MN_FORM_TEXT, 0, AT(neuron), 1, 1000},
	{"activation_level", MN_FORM_REAL, 0, AT(level), 0, 1},
	{"access_frequency", MN_FORM_WHOLE, 0, AT(uses), 0, 4294967295.0},
	{"last_activated", MN_FORM_MOMENT, MN_SHAPE_NULL, AT(last), 0, 0},
	{"decay_rate", MN_FORM_REAL, 0, AT(decay), 0, 100},
	{"firing_threshold", MN_FORM_REAL, 0, AT(firing), 0, 1},
	{"refractory_until", MN_FORM_MOMENT, MN_SHAPE_NULL, AT(refractory), 0, 0},
	{"refractory_period_ms", MN_FORM_REAL, 0, AT(period), 0, 1e12},
	{"homeostatic_target", MN_FORM_REAL, 0, AT(target), 0, 1},
	{0},
};

static const struct { /* what the newer dialect has besides, with its defaults */
	const char *name, *usual;
} newer[] = {
	{"firing_threshold", "0.3"},
	{"refractory_until", "null"},
	{"refractory_period_ms", "500.0"},
	{"homeostatic_target", "0.5"},
};
enum { NEWER = sizeof(newer) / sizeof(*newer) };

static void put_state(mn_buf *b, const mn_neuron *n, const mn_state *s, double rate, mn_str uid)
{
	json_t *kept = mn_peer_kept(n->meta, MN_PEER_STATE);

	mn_buf_text(b, "{\"neuron_id\":");
	mn_buf_json(b, uid);
	mn_buf_text(b, ",\"activation_level\":");
	mn_peer_put_real(b, s->level);
	mn_buf_printf(b, ",\"access_frequency\":%u,\"last_activated\":", s->uses);
	mn_peer_put_time(b, s->last);
	mn_buf_text(b, ",\"decay_rate\":");
	mn_peer_put_real(b, s->id && s->decay >= 0 ? s->decay : rate);
	for (size_t i = 0; i < NEWER; i++) {
		const json_t *value = json_object_get(kept, newer[i].name);

		mn_buf_printf(b, ",\"%s\":", newer[i].name);
		if (value)
			mn_json_write(value, b);
		else
			mn_buf_text(b, newer[i].usual);
	}
	mn_buf_text(b, ",\"created_at\":");
	mn_peer_put_moment(b, n->created);
	mn_buf_char(b, '}');
	json_decref(kept);
}

int mn_peer_state_get(mn_request *req, mn_reply *reply)
{
	const mn_str uid = mn_request_param(req, "id");
	mn_buf b = MN_BUF(MN_PEER_OUT);
	mn_peer_scale scale;
	mn_neuron neuron;
	mn_rows rows;
	int rc = mn_peer_neuron_of(req->brain, req->call, uid, &neuron);

	if (rc == MN_OK && !neuron.id)
		rc = mn_peer_not(req, reply, 404, "Neuron state not found");
	if (rc == MN_OK)
		rc = mn_peer_scale_of(req->brain, req->call, &scale);
	if (rc == MN_OK)
		rc = mn_brain_get(
			req->brain, req->call, MN_STATE, (mn_ids){&neuron.id, 1}, 0, &rows);
	if (rc == MN_OK)
		put_state(&b, &neuron, rows.at.state, scale.rate, uid);
	return mn_peer_end(req, reply, rc, &b);
}

/* Members of the newer dialect that differ from what is there go into the neuron's meta. */
static int draw_newer(struct state_write *w, mn_call *call, mn_sheet *sheet, const mn_neuron *n)
{
	json_t *old = mn_peer_kept(n->meta, MN_PEER_STATE);
	json_t *state = old ? json_copy(old) : json_object();
	bool changed = false, ok = state != NULL;
	mn_neuron *row = mn_call_alloc(call, sizeof(*row));
	int rc = row ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; ok && i < NEWER; i++) {
		json_t *value = json_object_get(w->json, newer[i].name);

		if (!value || json_equal(value, json_object_get(old, newer[i].name)))
			continue;
		changed = true;
		ok = json_object_set(state, newer[i].name, value) == 0;
	}
	if (rc == MN_OK && !ok)
		rc = mn_fail_memory(call);
	if (rc == MN_OK && changed) {
		*row = *n;
		rc = mn_peer_keep_state(call, state, row);
		if (rc == MN_OK)
			rc = mn_sheet_put(sheet, MN_PUT, MN_NEURON, row);
	}
	json_decref(state);
	json_decref(old);
	return rc;
}

static int draw_state(void *ctx, mn_brain *brain, mn_call *call, mn_sheet *sheet)
{
	struct state_write *w = ctx;
	mn_state *row = mn_call_alloc(call, sizeof(*row));
	mn_neuron neuron;
	mn_rows rows;
	int rc = row ? mn_peer_neuron_of(brain, call, w->uid, &neuron) : MN_ENOMEM;

	if (rc == MN_OK && !neuron.id)
		return mn_peer_refuse(&w->write, call, 404, "Neuron not found");
	if (rc == MN_OK)
		rc = mn_brain_get(brain, call, MN_STATE, (mn_ids){&neuron.id, 1}, 0, &rows);
	if (rc != MN_OK)
		return rc;
	*row = rows.at.state[0];
	if (!row->id)
		row->decay = -1;
	row->id = neuron.id;
	if (MN_GIVEN(w, LEVEL))
		row->level = w->level;
	if (MN_GIVEN(w, USES))
		row->uses = (uint32_t)w->uses;
	if (MN_GIVEN(w, LAST))
		row->last = w->last;
	if (MN_GIVEN(w, DECAY))
		row->decay = w->decay;
	rc = mn_sheet_put(sheet, MN_PUT, MN_STATE, row);
	if (rc == MN_OK && w->given >> FIRING)
		rc = draw_newer(w, call, sheet, &neuron);
	return rc;
}

int mn_peer_state_put(mn_request *req, mn_reply *reply)
{
	struct state_write w = {.uid = mn_request_param(req, "id")};
	mn_buf b = MN_BUF(MN_PEER_OUT);
	json_t *body = NULL;
	int rc = mn_shape_body(req, reply, state_shape, &w.given);

	if (rc == MN_OK)
		rc = mn_request_json(req, &body);
	w.json = body;
	if (rc == MN_OK && MN_GIVEN(&w, NEURON) && !mn_str_eq(w.neuron, w.uid))
		rc = mn_peer_not(req, reply, 400, "neuron_id is not the neuron of the path");
	if (rc == MN_OK)
		rc = mn_peer_commit(req, reply, &w.write, draw_state, "neuron", w.uid);
	if (rc == MN_OK) {
		mn_buf_text(&b, "{\"status\":\"updated\",\"neuron_id\":");
		mn_buf_json(&b, w.uid);
		mn_buf_char(&b, '}');
	}
	return mn_peer_end(req, reply, rc, &b);
}
