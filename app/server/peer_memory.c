/* SPDX-License-Identifier: MIT */
/* peer_memory.c - whole memories: remembered, and shown. */
#include "base/fail.h"
#include "base/str.h"
#include "exchange/peer_kept.h"
#include "exchange/peer_row.h"
#include "server/commit_room.h"
#include "server/peer.h"

/* ---- POST /memory/encode ------------------------------------------------------------------ */

struct encoding {
	uint64_t given;
	mn_str content;
	mn_time time;
	const json_t *metadata;
	mn_strs tags;
};

static const mn_shape encode_shape[] = {
	{"content", MN_FORM_TEXT, MN_SHAPE_MUST, offsetof(struct encoding, content), 1, 100000},
	{"timestamp", MN_FORM_MOMENT, MN_SHAPE_NULL, offsetof(struct encoding, time), 0, 0},
	{"metadata", MN_FORM_OBJECT, MN_SHAPE_NULL, offsetof(struct encoding, metadata), 0, 0},
	{"tags", MN_FORM_TEXTS, MN_SHAPE_NULL, offsetof(struct encoding, tags), 0, 1000},
	{0},
};

static int make_note(mn_call *call, const struct encoding *e, mn_note *out)
{
	mn_buf b = MN_BUF((size_t)1 << 20);
	mn_note n = MN_SIZED(mn_note);
	int rc = MN_OK;

	n.text = e->content;
	n.tags = e->tags;
	n.time = e->time;
	n.has_time = e->time != 0;
	if (json_object_get(e->metadata, MN_PEER_KEPT))
		return mn_fail(call, MN_EINVAL, 0,
			"metadata must not have a member \"" MN_PEER_KEPT
			"\": the server keeps its own there");
	if (json_object_size(e->metadata)) {
		mn_json_write(e->metadata, &b);
		if (!mn_buf_ok(&b))
			rc = mn_fail(call, MN_EINVAL, 0, "metadata is longer than 1 MiB");
		else
			n.meta = mn_call_copy(call, mn_buf_view(&b));
		if (rc == MN_OK && !n.meta.ptr)
			rc = MN_ENOMEM;
	}
	mn_buf_free(&b);
	*out = n;
	return rc;
}

int mn_peer_encode(mn_request *req, mn_reply *reply)
{
	struct encoding e = {0};
	mn_buf b = MN_BUF(MN_PEER_OUT);
	mn_kept kept;
	mn_note note;
	int rc = mn_shape_body(req, reply, encode_shape, &e);

	if (rc == MN_OK)
		rc = make_note(req->call, &e, &note);
	if (rc == MN_OK)
		rc = mn_commit_notes(mn_commit_of(req->server), req->brain, req->brain_name,
			req->call, &note, 1, &kept);
	if (rc == MN_OK) {
		mn_buf_text(&b, "{\"fiber_id\":");
		mn_buf_json(&b, kept.uids[0]);
		mn_buf_printf(&b,
			",\"neurons_created\":%u,\"neurons_linked\":%u,\"synapses_created\":%u}",
			kept.tallies[0].neurons, kept.tallies[0].linked, kept.tallies[0].synapses);
		mn_peer_tell(req, "memory_encoded", "fiber_id", kept.uids[0]);
	}
	return mn_peer_end(req, reply, rc, &b);
}

/* ---- GET /memory/show/{id} ---------------------------------------------------------------- */

struct shown {
	mn_request *req;
	mn_fiber fiber;
	mn_neuron anchor;
	mn_peer_named names; /* of the fiber */
};

/* A fiber by its own uid, or by that of its anchor. */
static int find_shown(struct shown *s, mn_reply *reply)
{
	const mn_str uid = mn_request_param(s->req, "id");
	mn_brain *brain = s->req->brain;
	mn_call *call = s->req->call;
	mn_rows rows;
	int rc = mn_peer_fiber_of(brain, call, uid, &s->fiber);

	if (rc == MN_OK && !s->fiber.id) {
		rc = mn_peer_neuron_of(brain, call, uid, &s->anchor);
		if (rc == MN_OK && s->anchor.id) {
			rc = mn_brain_fibers_of(brain, call, (mn_ids){&s->anchor.id, 1}, &rows);
			if (rc == MN_OK)
				s->fiber = rows.at.fiber[0];
		}
	}
	if (rc == MN_OK && !s->fiber.id)
		return mn_peer_not(s->req, reply, 404, "Memory not found");
	if (rc == MN_OK)
		rc = mn_brain_get(brain, call, MN_NEURON, (mn_ids){&s->fiber.anchor, 1}, 0, &rows);
	if (rc == MN_OK)
		s->anchor = rows.at.neuron[0];
	return rc == MN_OK ? mn_peer_name_fibers(brain, call, &s->fiber, 1, &s->names) : rc;
}

static void put_or(mn_buf *b, const char *name, const json_t *value, const char *otherwise)
{
	mn_buf_printf(b, ",\"%s\":", name);
	if (value)
		mn_json_write(value, b);
	else
		mn_buf_text(b, otherwise);
}

static int put_synapses(struct shown *s, mn_buf *b)
{
	mn_call *call = s->req->call;
	mn_ids neurons, synapses;
	mn_peer_named *names;
	mn_peer_scale scale;
	mn_rows rows = {0};
	size_t n = 0;
	int rc = mn_brain_members(s->req->brain, call, &s->fiber, &neurons, &synapses);

	if (rc == MN_OK)
		rc = mn_peer_scale_of(s->req->brain, call, &scale);
	if (rc == MN_OK)
		rc = mn_brain_get(s->req->brain, call, MN_SYNAPSE, synapses, 0, &rows);
	names = mn_call_array(call, synapses.n, sizeof(*names));
	if (rc == MN_OK)
		rc = names ? mn_peer_name_synapses(
			     s->req->brain, call, &scale, rows.at.synapse, synapses.n, names)
			   : MN_ENOMEM;
	mn_buf_text(b, ",\"synapses\":[");
	for (size_t i = 0; rc == MN_OK && i < synapses.n; i++) {
		if (!rows.at.synapse[i].id)
			continue;
		if (n++)
			mn_buf_char(b, ',');
		mn_peer_put_synapse(b, &rows.at.synapse[i], &names[i]);
	}
	mn_buf_char(b, ']');
	return rc;
}

static void put_tags(mn_buf *b, mn_strs tags)
{
	mn_buf_text(b, ",\"tags\":[");
	for (size_t i = 0; i < tags.n; i++) {
		if (i)
			mn_buf_char(b, ',');
		mn_buf_json(b, tags.at[i]);
	}
	mn_buf_char(b, ']');
}

static int put_shown(struct shown *s, mn_buf *b)
{
	json_t *typed = mn_peer_typed_memory(&s->fiber);

	mn_buf_text(b, "{\"memory_id\":");
	mn_buf_json(b, s->names.uid);
	mn_buf_text(b, ",\"content\":");
	mn_buf_json(b, s->anchor.text);
	put_or(b, "memory_type", json_object_get(typed, "memory_type"), "null");
	put_or(b, "priority", json_object_get(typed, "priority"), "null");
	put_tags(b, s->fiber.tags);
	mn_buf_text(b, ",\"created_at\":");
	mn_peer_put_moment(b, s->fiber.created);
	mn_buf_text(b, ",\"anchor_neuron_id\":");
	mn_buf_json(b, s->names.from);
	mn_buf_printf(b, ",\"neuron_count\":%zu,\"summary\":", s->names.neurons.n);
	if (s->fiber.summary.len)
		mn_buf_json(b, s->fiber.summary);
	else
		mn_buf_text(b, "null");
	mn_peer_put_metadata(b, &s->anchor);
	put_or(b, "trust_score", json_object_get(typed, "trust_score"), "null");
	put_or(b, "expires_at", json_object_get(typed, "expires_at"), "null");
	json_decref(typed);
	return put_synapses(s, b);
}

int mn_peer_show(mn_request *req, mn_reply *reply)
{
	struct shown s = {.req = req};
	mn_buf b = MN_BUF(MN_PEER_OUT);
	int rc = find_shown(&s, reply);

	if (rc == MN_OK)
		rc = put_shown(&s, &b);
	mn_buf_char(&b, '}');
	return mn_peer_end(req, reply, rc, &b);
}
