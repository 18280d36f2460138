/* SPDX-License-Identifier: MIT */
/* peer_brain.c - brains: made, described, renamed, deleted. */
#include "server/peer_brain.h"

#include <time.h>

#include "base/fail.h"
#include "base/str.h"
#include "exchange/peer_kept.h"
#include "exchange/peer_row.h"
#include "server/sync.h"

#define BUSY_TRIES 100 /* of 20 ms: how long a brain that is in use is waited for */

/* ---- Rows --------------------------------------------------------------------------------- */

static void put_kept(mn_buf *b, const json_t *kept, const char *name, const char *otherwise)
{
	const json_t *value = json_object_get(kept, name);

	mn_buf_printf(b, ",\"%s\":", name);
	if (value)
		mn_json_write(value, b);
	else
		mn_buf_text(b, otherwise);
}

void mn_peer_put_brain(mn_buf *b, const mn_brain_row *row)
{
	json_t *meta = mn_peer_meta_read(row->meta);
	const json_t *kept = json_object_get(meta, MN_PEER_KEPT);

	mn_buf_text(b, "{\"id\":");
	mn_buf_json(b, row->uid);
	mn_buf_text(b, ",\"name\":");
	mn_buf_json(b, row->name);
	put_kept(b, kept, "owner_id", "null");
	put_kept(b, kept, "is_public", "false");
	put_kept(b, kept, "shared_with", "[]");
	mn_buf_printf(b, ",\"neuron_count\":%llu,\"synapse_count\":%llu,\"fiber_count\":%llu",
		(unsigned long long)row->neurons, (unsigned long long)row->synapses,
		(unsigned long long)row->fibers);
	mn_buf_text(b, ",\"created_at\":");
	mn_peer_put_moment(b, row->created);
	mn_buf_text(b, ",\"updated_at\":");
	mn_peer_put_moment(b, row->updated);
	mn_buf_char(b, '}');
	json_decref(meta);
}

int mn_peer_brain_row(mn_request *req, mn_str id, mn_brain_row *out)
{
	mn_brain *brain;
	int rc = mn_server_brain_get(req->server, req->call, id, &brain);

	if (rc != MN_OK)
		return rc;
	rc = mn_brain_describe(brain, req->call, out);
	mn_server_brain_put(req->server, brain);
	return rc;
}

int mn_peer_brain_there(mn_request *req, mn_str id, bool *out)
{
	mn_brain_row row;
	int rc = id.len ? mn_peer_brain_row(req, id, &row) : MN_ENOBRAIN;

	*out = rc == MN_OK;
	if (rc != MN_ENOBRAIN)
		return rc;
	*req->call->err = (mn_error){.size = req->call->err->size};
	return MN_OK;
}

int mn_peer_change_brain(
	mn_request *req, mn_str name, int (*change)(mn_request *, void *ctx), void *ctx)
{
	const struct timespec nap = {.tv_nsec = 20000000};
	int rc;

	for (int i = 0;; i++) {
		mn_server_brain_forget(req->server, name);
		rc = change(req, ctx);
		if (rc != MN_EBUSY || i == BUSY_TRIES)
			return rc;
		rc = mn_check(req->call);
		if (rc != MN_OK)
			return rc;
		*req->call->err = (mn_error){.size = req->call->err->size};
		nanosleep(&nap, NULL);
	}
}

/* ---- POST /brain/create ------------------------------------------------------------------- */

struct creation {
	uint64_t given;
	mn_str name, id, owner;
	bool public;
	const json_t *config;
};

static const mn_shape create_shape[] = {
	{"name", MN_FORM_TEXT, MN_SHAPE_MUST, offsetof(struct creation, name), 1, 100},
	{"id", MN_FORM_TEXT, MN_SHAPE_NULL, offsetof(struct creation, id), 1, 100},
	{"owner_id", MN_FORM_TEXT, MN_SHAPE_NULL, offsetof(struct creation, owner), 0, 1000},
	{"is_public", MN_FORM_TRUTH, 0, offsetof(struct creation, public), 0, 0},
	{"config", MN_FORM_OBJECT, MN_SHAPE_NULL, offsetof(struct creation, config), 0, 0},
	{0},
};

struct numbers { /* of a config, only to be checked */
	uint64_t given;
	double rate, delta, threshold;
	int64_t hops, tokens;
};

static const mn_shape config_shape[] = {
	{"decay_rate", MN_FORM_REAL, 0, offsetof(struct numbers, rate), 0, 1},
	{"reinforcement_delta", MN_FORM_REAL, 0, offsetof(struct numbers, delta), 0, 0.5},
	{"activation_threshold", MN_FORM_REAL, 0, offsetof(struct numbers, threshold), 0, 1},
	{"max_spread_hops", MN_FORM_WHOLE, 0, offsetof(struct numbers, hops), 1, 10},
	{"max_context_tokens", MN_FORM_WHOLE, 0, offsetof(struct numbers, tokens), 100, 10000},
	{0},
};

static int check_config(mn_request *req, mn_reply *reply, const json_t *config)
{
	mn_complaints c = MN_COMPLAINTS_OF(req, reply);
	struct numbers numbers = {0};
	int rc = config ? mn_shape_read(&c, config, config_shape, &numbers) : MN_OK;

	return rc == MN_OK ? mn_complaints_end(&c) : rc;
}

/*
 * The uid: the one in the body; or what X-Brain-ID says, if no brain is called so yet, as a client
 * that has an id of its own goes on to use it; or a new one.
 */
static int choose_id(mn_request *req, mn_reply *reply, struct creation *c)
{
	const mn_str header = mn_request_header(req, "x-brain-id");
	bool there;
	int rc;

	if (c->id.len) {
		rc = mn_peer_brain_there(req, c->id, &there);
		return rc == MN_OK && there ? mn_reply_fail(
			       req, reply, 409, MN_ECONFLICT, "A brain with this id exists already")
					    : rc;
	}
	if (!header.len || header.len > 400 || !mn_text_valid(header))
		return MN_OK;
	rc = mn_peer_brain_there(req, header, &there);
	if (rc == MN_OK && !there && !mn_str_eq(header, c->name))
		c->id = header;
	return rc;
}

int mn_peer_brain_create(mn_request *req, mn_reply *reply)
{
	struct creation c = {0};
	mn_brain_row row = {0};
	mn_buf b = MN_BUF(MN_PEER_OUT);
	json_t *body = NULL;
	int rc = mn_shape_body(req, reply, create_shape, &c);

	if (rc == MN_OK)
		rc = check_config(req, reply, c.config);
	if (rc == MN_OK)
		rc = mn_request_need(req, MN_RIGHT_WRITE, c.name);
	if (rc == MN_OK)
		rc = choose_id(req, reply, &c);
	if (rc == MN_OK)
		rc = mn_request_json(req, &body);
	if (rc == MN_OK)
		rc = mn_peer_text_of(req->call, c.config, &row.config);
	if (rc == MN_OK)
		rc = mn_peer_about_brain(req->call,
			&(mn_peer_about){.owner = json_object_get(body, "owner_id"),
				.public = json_object_get(body, "is_public")},
			&row.meta);
	row.name = c.name;
	row.uid = c.id;
	if (rc == MN_OK)
		rc = mn_store_make(mn_server_store(req->server), req->call, &row, &row);
	if (rc == MN_OK)
		mn_peer_put_brain(&b, &row);
	return mn_peer_end(req, reply, rc, &b);
}

/* ---- GET, PUT, DELETE /brain/{brain} ------------------------------------------------------ */

int mn_peer_brain_get(mn_request *req, mn_reply *reply)
{
	mn_buf b = MN_BUF(MN_PEER_OUT);
	mn_brain_row row;
	int rc = mn_brain_describe(req->brain, req->call, &row);

	if (rc == MN_OK)
		mn_peer_put_brain(&b, &row);
	return mn_peer_end(req, reply, rc, &b);
}

struct brain_change {
	mn_brain_row row;
	mn_str was;
};

static int update(mn_request *req, void *ctx)
{
	struct brain_change *c = ctx;

	return mn_store_update(mn_server_store(req->server), req->call, c->was, &c->row, &c->row);
}

static const mn_shape change_shape[] = {
	{"name", MN_FORM_TEXT, 0, offsetof(struct creation, name), 1, 100},
	{"owner_id", MN_FORM_TEXT, MN_SHAPE_NULL, offsetof(struct creation, owner), 0, 1000},
	{"is_public", MN_FORM_TRUTH, 0, offsetof(struct creation, public), 0, 0},
	{"config", MN_FORM_OBJECT, 0, offsetof(struct creation, config), 0, 0},
	{0},
};

/* The row as it shall be. */
static int draw_change(
	mn_request *req, const struct creation *c, const json_t *body, mn_brain_row *row)
{
	int rc = mn_peer_about_brain(req->call,
		&(mn_peer_about){.owner = json_object_get(body, "owner_id"),
			.public = json_object_get(body, "is_public")},
		&row->meta);

	if (rc == MN_OK && c->config)
		rc = mn_peer_text_of(req->call, c->config, &row->config);
	if (rc == MN_OK && c->name.len && !mn_str_eq(c->name, row->name)) {
		rc = mn_request_need(req, MN_RIGHT_WRITE, c->name);
		row->name = c->name;
	}
	return rc;
}

int mn_peer_brain_put(mn_request *req, mn_reply *reply)
{
	struct creation c = {0};
	struct brain_change change;
	mn_buf b = MN_BUF(MN_PEER_OUT);
	json_t *body = NULL;
	int rc = mn_shape_body(req, reply, change_shape, &c);

	if (rc == MN_OK)
		rc = check_config(req, reply, c.config);
	if (rc == MN_OK)
		rc = mn_request_json(req, &body);
	if (rc == MN_OK)
		rc = mn_peer_brain_row(req, mn_request_param(req, "brain"), &change.row);
	if (rc == MN_OK) {
		change.was = change.row.name;
		rc = draw_change(req, &c, body, &change.row);
	}
	if (rc == MN_OK)
		rc = mn_peer_change_brain(req, change.was, update, &change);
	if (rc == MN_OK)
		mn_peer_put_brain(&b, &change.row);
	return mn_peer_end(req, reply, rc, &b);
}

static int drop(mn_request *req, void *ctx)
{
	return mn_store_delete(mn_server_store(req->server), req->call, *(mn_str *)ctx);
}

int mn_peer_brain_drop(mn_request *req, mn_reply *reply)
{
	const mn_str id = mn_request_param(req, "brain");
	mn_buf b = MN_BUF(MN_PEER_OUT);
	mn_brain_row row;
	int rc = mn_peer_brain_row(req, id, &row);

	if (rc == MN_OK)
		rc = mn_peer_change_brain(req, row.name, drop, &row.name);
	if (rc == MN_OK) {
		mn_sync_forget(req->server, row.name);
		mn_server_brain_forget(req->server, row.name);
		mn_buf_text(&b, "{\"status\":\"deleted\",\"brain_id\":");
		mn_buf_json(&b, id);
		mn_buf_char(&b, '}');
	}
	return mn_peer_end(req, reply, rc, &b);
}
