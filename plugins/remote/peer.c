/* SPDX-License-Identifier: MIT */
/* peer.c - operations on a NeuralMemory server: what is asked of its brains' images. */
#include "peer.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct peer_cursor {
	mn_cursor base;
	struct peer_brain *brain;
	mn_cursor *inner;
};

static int64_t clock_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static bool same(mn_str a, mn_str b)
{
	return a.len == b.len && (!a.len || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* ---- Detecting, closing ---------------------------------------------------------------------- */

static void close_peer(mn_db *db)
{
	struct peer *p = db->peer;

	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++)
		db->host->resize(db->host, (char *)p->brains[i].id.ptr, 0);
	if (p->images)
		p->memory->close(p->images);
	db->host->resize(db->host, p, 0);
	db->peer = NULL;
}

static int new_peer(mn_db *db, mn_call *call, const char *version)
{
	struct peer *p = db->host->resize(db->host, NULL, sizeof(*p));

	if (!p)
		return fail_memory(db->host, call);
	memset(p, 0, sizeof(*p));
	db->peer = p;
	p->memory = memory_table();
	snprintf(p->version, sizeof(p->version), "%s", version);
	return p->memory->open(db->host, call, MN_STR("memory:"), false, &p->images);
}

/* {"status":"healthy","version":"0.4.0"} or {"status":"ok","version":"4.63.0",...} */
int peer_detect(mn_db *db, mn_call *call, bool *is)
{
	const char *state, *version;
	json_t *health = NULL;
	int status = peer_get(db, call, MN_STR("/health"), MN_EIO, &health);

	*is = false;
	if (status == MN_EIO && call->err && !call->err->retry)
		return MN_OK;
	if (status != MN_OK)
		return status;
	state = json_string_value(json_object_get(health, "status"));
	version = json_string_value(json_object_get(health, "version"));
	*is = version && state && (strcmp(state, "healthy") == 0 || strcmp(state, "ok") == 0);
	if (*is)
		status = new_peer(db, call, version);
	json_decref(health);
	return status;
}

/* ---- Brains ---------------------------------------------------------------------------------- */

static struct peer_brain *known(mn_db *db, mn_str id)
{
	struct peer *p = db->peer;

	for (size_t i = 0; i < p->n; i++)
		if (same(p->brains[i].id, id))
			return &p->brains[i];
	return NULL;
}

static void take_counts(struct peer_brain *b, const json_t *said)
{
	b->counts.neurons = (uint64_t)json_integer_value(json_object_get(said, "neuron_count"));
	b->counts.synapses = (uint64_t)json_integer_value(json_object_get(said, "synapse_count"));
	b->counts.fibers = (uint64_t)json_integer_value(json_object_get(said, "fiber_count"));
	b->looked_s = clock_s();
}

static int take_brain(mn_db *db, mn_call *call, struct peer_brain *b, json_t *said)
{
	json_t *meta = json_pack("{s:O?}", "name", json_object_get(said, "name"));
	mn_str text = {"", 0};
	int status = meta ? peer_dump(db->host, call, meta, &text) : fail_memory(db->host, call);

	json_decref(meta);
	if (status != MN_OK)
		return status;
	if (text.len < sizeof(b->meta))
		snprintf(b->meta, sizeof(b->meta), "%.*s", (int)text.len, text.ptr);
	b->created = peer_time(json_object_get(said, "created_at"));
	b->updated = peer_time(json_object_get(said, "updated_at"));
	take_counts(b, said);
	return MN_OK;
}

/* What the server says of a brain now. */
static int look(mn_db *db, mn_call *call, struct peer_brain *b)
{
	json_t *said = NULL;
	mn_str path;
	int status = peer_path(db, call, b->id, "", &path);

	if (status == MN_OK)
		status = peer_get(db, call, path, MN_ENOBRAIN, &said);
	if (status == MN_OK)
		status = take_brain(db, call, b, said);
	json_decref(said);
	return status;
}

int peer_name(mn_db *db, mn_call *call, mn_str id, struct peer_brain **out)
{
	struct peer *p = db->peer;
	struct peer_brain b = {.id = id}, *there = known(db, id);
	char *copy;
	int status = look(db, call, there ? there : &b);

	if (status != MN_OK || there) {
		*out = there;
		return status;
	}
	if (p->n == PEER_BRAINS)
		return db->host->fail(call, MN_EINVAL, 0,
			"more than %d brains of one server were named: open it anew", PEER_BRAINS);
	copy = db->host->resize(db->host, NULL, id.len);
	if (!copy)
		return fail_memory(db->host, call);
	memcpy(copy, id.ptr, id.len);
	b.id.ptr = copy;
	p->brains[p->n] = b;
	*out = &p->brains[p->n++];
	return MN_OK;
}

static bool equal(struct peer_counts a, struct peer_counts b)
{
	return a.neurons == b.neurons && a.synapses == b.synapses && a.fibers == b.fibers;
}

/* The brain with an image that is not too old. */
static int fresh(mn_db *db, mn_call *call, mn_str name, struct peer_brain **out, mn_str *image)
{
	struct peer_brain *b = known(db, name);
	int status = MN_OK;

	if (db->host->cancelled(call))
		return db->host->fail_cancelled(call);
	if (!b && name.len && db->host->text_valid(name))
		status = peer_name(db, call, name, &b);
	if (status == MN_OK && !b)
		status = db->host->fail(call, MN_ENOBRAIN, 0, "there is no brain of that name");
	if (status == MN_OK && b->image[0] && !b->cursors
		&& clock_s() - b->looked_s >= PEER_FRESH_S)
		status = look(db, call, b);
	if (status == MN_OK && (!b->image[0] || (!equal(b->counts, b->fetched) && !b->cursors)))
		status = peer_load(db, call, b);
	if (status != MN_OK)
		return status;
	*out = b;
	*image = (mn_str){b->image, strlen(b->image)};
	return MN_OK;
}

/* A brain's row: its image's if there is one, with the server's words. */
static int describe(mn_db *db, mn_call *call, struct peer_brain *b, mn_brain_row *row)
{
	const struct peer *p = db->peer;
	mn_str image = {b->image, strlen(b->image)};
	mn_rows rows = {0};
	int status = MN_OK;

	*row = (mn_brain_row){.neurons = b->counts.neurons,
		.synapses = b->counts.synapses,
		.fibers = b->counts.fibers};
	if (image.len)
		status = p->memory->brains(p->images, call, MN_BRAINS_FIND, &image, &rows);
	if (status == MN_OK && rows.n)
		*row = rows.at.brain[0];
	row->id = (mn_id)(b - p->brains) + 1;
	row->uid = row->name = b->id;
	row->meta = (mn_str){b->meta, strlen(b->meta)};
	row->created = b->created;
	row->updated = b->updated;
	return status;
}

static int by_name(const mn_brain_row *a, const mn_brain_row *b)
{
	size_t n = a->name.len < b->name.len ? a->name.len : b->name.len;
	int order = memcmp(a->name.ptr, b->name.ptr, n);

	return order ? order : (a->name.len > b->name.len) - (a->name.len < b->name.len);
}

static int list(mn_db *db, mn_call *call, mn_rows *out)
{
	struct peer *p = db->peer;
	mn_brain_row *rows = db->host->alloc(call, (p->n ? p->n : 1) * sizeof(*rows));
	int status = rows ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; status == MN_OK && i < p->n; i++) {
		mn_brain_row row;
		size_t at = i;

		status = describe(db, call, &p->brains[i], &row);
		for (; at && by_name(&row, &rows[at - 1]) < 0; at--)
			rows[at] = rows[at - 1];
		rows[at] = row;
	}
	*out = (mn_rows){.kind = MN_BRAIN, .n = p->n, .at.brain = rows};
	return status;
}

static int find(mn_db *db, mn_call *call, mn_str name, mn_rows *out)
{
	struct peer_brain *b = NULL;
	mn_brain_row *row = db->host->alloc(call, sizeof(*row));
	mn_str image;
	int status = row ? MN_OK : MN_ENOMEM;

	*out = (mn_rows){.kind = MN_BRAIN};
	if (status == MN_OK && name.len && db->host->text_valid(name))
		status = peer_name(db, call, name, &b);
	if (status == MN_ENOBRAIN && call->err)
		*call->err = (mn_error){.size = call->err->size};
	if (status == MN_ENOBRAIN || (status == MN_OK && !b))
		return MN_OK;
	if (status == MN_OK && b->image[0])
		status = fresh(db, call, name, &b, &image);
	if (status == MN_OK)
		status = describe(db, call, b, row);
	if (status == MN_OK)
		*out = (mn_rows){.kind = MN_BRAIN, .n = 1, .at.brain = row};
	return status;
}

static int refuse(mn_db *db, mn_call *call)
{
	return db->host->fail(call, MN_EREADONLY, 0,
		"%s is a NeuralMemory server, which cannot write as a whole or not at all: copy the "
		"brain to another store and write there",
		db->title);
}

static int brains(mn_db *db, mn_call *call, int op, const void *row, mn_rows *out)
{
	if (db->host->cancelled(call))
		return db->host->fail_cancelled(call);
	switch (op) {
	case MN_BRAINS_LIST: return list(db, call, out);
	case MN_BRAINS_FIND: return find(db, call, *(const mn_str *)row, out);
	default: return refuse(db, call);
	}
}

/* ---- What its image answers ------------------------------------------------------------------ */

#define ASK_IMAGE(db, call, name, operation, ...)                                                 \
	do {                                                                                      \
		struct peer_brain *b_;                                                            \
		mn_str image_;                                                                    \
		int status_ = fresh(db, call, name, &b_, &image_);                                \
                                                                                                  \
		return status_ != MN_OK ? status_                                                 \
					: (db)->peer->memory->operation(                          \
						(db)->peer->images, call, image_, ##__VA_ARGS__); \
	} while (0)

static int generation(mn_db *db, mn_call *call, mn_str brain)
{
	ASK_IMAGE(db, call, brain, generation);
}

static int lookup(mn_db *db, mn_call *call, mn_str brain, const mn_key *keys, size_t n, mn_id *out)
{
	ASK_IMAGE(db, call, brain, lookup, keys, n, out);
}

static int resolve(mn_db *db, mn_call *call, mn_str brain, int kind, mn_strs uids, mn_id *out)
{
	ASK_IMAGE(db, call, brain, resolve, kind, uids, out);
}

static int get(
	mn_db *db, mn_call *call, mn_str brain, int kind, mn_ids ids, unsigned fields, mn_rows *out)
{
	ASK_IMAGE(db, call, brain, get, kind, ids, fields, out);
}

static int fibers_of(mn_db *db, mn_call *call, mn_str brain, mn_ids anchors, mn_rows *out)
{
	ASK_IMAGE(db, call, brain, fibers_of, anchors, out);
}

static int expand(mn_db *db, mn_call *call, const mn_expand *e, mn_fan *out)
{
	struct peer_brain *b;
	mn_expand inner = MN_SIZED(mn_expand);
	int status;

	memcpy(&inner, e, e->size < sizeof(inner) ? e->size : sizeof(inner));
	inner.size = sizeof(inner);
	status = fresh(db, call, e->brain, &b, &inner.brain);
	return status == MN_OK ? db->peer->memory->expand(db->peer->images, call, &inner, out)
			       : status;
}

static int scan(mn_db *db, mn_call *call, mn_str brain, const mn_query *q, mn_cursor **out)
{
	struct peer_cursor *c = db->host->resize(db->host, NULL, sizeof(*c));
	mn_str image;
	int status;

	if (!c)
		return fail_memory(db->host, call);
	c->base.db = db;
	status = fresh(db, call, brain, &c->brain, &image);
	if (status == MN_OK)
		status = db->peer->memory->scan(db->peer->images, call, image, q, &c->inner);
	if (status != MN_OK) {
		db->host->resize(db->host, c, 0);
		return status;
	}
	c->brain->cursors++;
	*out = &c->base;
	return MN_OK;
}

static int next(mn_cursor *cursor, mn_call *call, size_t max, mn_page *out)
{
	struct peer_cursor *c = (struct peer_cursor *)cursor;

	return cursor->db->peer->memory->next(c->inner, call, max, out);
}

static void done(mn_cursor *cursor)
{
	struct peer_cursor *c = (struct peer_cursor *)cursor;
	const mn_host *host = cursor->db->host;

	cursor->db->peer->memory->done(c->inner);
	c->brain->cursors--;
	host->resize(host, c, 0);
}

static int reserve(mn_db *db, mn_call *call, mn_str brain, int kind, uint32_t n, mn_id *first)
{
	(void)brain, (void)kind, (void)n, (void)first;
	return refuse(db, call);
}

static int apply(mn_db *db, mn_call *call, mn_str brain, const mn_gen *expect,
	const mn_change *changes, size_t n, mn_applied *out)
{
	(void)brain, (void)expect, (void)changes, (void)n, (void)out;
	return refuse(db, call);
}

const struct dialect peer_dialect = {
	.close = close_peer,
	.brains = brains,
	.generation = generation,
	.reserve = reserve,
	.lookup = lookup,
	.resolve = resolve,
	.get = get,
	.fibers_of = fibers_of,
	.expand = expand,
	.scan = scan,
	.next = next,
	.done = done,
	.apply = apply,
};
