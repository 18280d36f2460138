/* SPDX-License-Identifier: MIT */
/* peer_load.c - a brain's export becomes its image. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "peer.h"

#define BATCH 20000

/* What a server of the newer kind exports at most, without a word of what is missing. */
static const struct {
	const char *list;
	size_t most;
} ceilings[] = {{"neurons", 50000}, {"synapses", 100000}, {"fibers", 50000}};

struct load {
	mn_db *db;
	mn_call *call;
	struct peer_brain *brain;
	json_t *snapshot;
	char image[24];
	mn_id next[MN_KINDS];
	size_t lost; /* records that refer to what is not there */
};

/* ---- Is it whole? ---------------------------------------------------------------------------- */

static int check_whole(struct load *l)
{
	const uint64_t counted[] = {
		l->brain->counts.neurons, l->brain->counts.synapses, l->brain->counts.fibers};

	for (size_t i = 0; i < sizeof(ceilings) / sizeof(*ceilings); i++) {
		const json_t *list = json_object_get(l->snapshot, ceilings[i].list);
		size_t n = json_array_size(list);

		if (!json_is_array(list))
			return l->db->host->fail(l->call, MN_EIO, 0,
				"the export of %s has no %s: it is not understood", l->db->title,
				ceilings[i].list);
		if (n >= ceilings[i].most && n < counted[i])
			return l->db->host->fail(l->call, MN_EUNSUPPORTED, 0,
				"%s exports only %zu of the brain's %" PRIu64
				" %s: it is too large to be read over its API",
				l->db->title, n, counted[i], ceilings[i].list);
	}
	return MN_OK;
}

/* ---- Ids ------------------------------------------------------------------------------------- */

static int find(
	struct load *l, const char *image, int kind, const mn_str *uids, size_t n, mn_id *out)
{
	const struct peer *p = l->db->peer;
	mn_str name = {image, strlen(image)};

	memset(out, 0, n * sizeof(*out));
	if (!name.len || !n)
		return MN_OK;
	return p->memory->resolve(p->images, l->call, name, kind, (mn_strs){uids, n}, out);
}

/* Rows that were in the last image keep their ids, others get the next ones. */
static int give_ids(struct load *l, int kind, const mn_str *uids, size_t n, mn_id *out)
{
	int status = find(l, l->brain->image, kind, uids, n, out);

	for (size_t i = 0; status == MN_OK && i < n; i++)
		if (!out[i])
			out[i] = ++l->next[kind];
	return status;
}

static void *room(struct load *l, size_t n, size_t size)
{
	return l->db->host->alloc(l->call, (n ? n : 1) * size);
}

static int add(struct load *l, int kind, const void *rows, size_t n, size_t size)
{
	const struct peer *p = l->db->peer;
	mn_change *c = room(l, n < BATCH ? n : BATCH, sizeof(*c));
	mn_str name = {l->image, strlen(l->image)};
	mn_applied applied = MN_SIZED(mn_applied);
	int status = c ? MN_OK : MN_ENOMEM;

	for (size_t at = 0; status == MN_OK && at < n; at += BATCH) {
		size_t k = n - at < BATCH ? n - at : BATCH;

		for (size_t i = 0; i < k; i++)
			c[i] = (mn_change){MN_ADD, kind, (const char *)rows + (at + i) * size};
		status = p->memory->apply(p->images, l->call, name, NULL, c, k, &applied);
	}
	if (status == MN_EINVAL || status == MN_ECONFLICT)
		return l->db->host->fail(l->call, MN_ECORRUPT, 0,
			"the export of %s holds a record that cannot be: %.120s", l->db->title,
			l->call->err ? l->call->err->text : "");
	return status;
}

/* ---- Rows ------------------------------------------------------------------------------------ */

static int load_neurons(struct load *l)
{
	json_t *list = json_object_get(l->snapshot, "neurons");
	size_t n = json_array_size(list);
	mn_neuron *rows = room(l, n, sizeof(*rows));
	mn_str *uids = room(l, n, sizeof(*uids));
	mn_id *ids = room(l, n, sizeof(*ids));
	int status = rows && uids && ids ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; status == MN_OK && i < n; i++) {
		status = peer_neuron(l->db->host, l->call, json_array_get(list, i), &rows[i]);
		uids[i] = rows[i].uid;
	}
	if (status == MN_OK)
		status = give_ids(l, MN_NEURON, uids, n, ids);
	for (size_t i = 0; status == MN_OK && i < n; i++)
		rows[i].id = ids[i];
	return status == MN_OK ? add(l, MN_NEURON, rows, n, sizeof(*rows)) : status;
}

/* The ids of what the records' member names, of the image in the making. */
static int ends(struct load *l, json_t *list, const char *member, int kind, mn_id **out)
{
	size_t n = json_array_size(list);
	mn_str *uids = room(l, n, sizeof(*uids));
	int status = MN_OK;

	*out = room(l, n, sizeof(**out));
	if (!uids || !*out)
		return MN_ENOMEM;
	for (size_t i = 0; status == MN_OK && i < n; i++)
		status = peer_text(l->db->host, l->call,
			json_object_get(json_array_get(list, i), member), &uids[i]);
	return status == MN_OK ? find(l, l->image, kind, uids, n, *out) : status;
}

static int load_synapses(struct load *l)
{
	json_t *list = json_object_get(l->snapshot, "synapses");
	size_t n = json_array_size(list), kept = 0;
	mn_synapse *rows = room(l, n, sizeof(*rows));
	mn_str *uids = room(l, n, sizeof(*uids));
	mn_id *ids = room(l, n, sizeof(*ids)), *from, *to;
	int status = rows && uids && ids ? ends(l, list, "source_id", MN_NEURON, &from) : MN_ENOMEM;

	if (status == MN_OK)
		status = ends(l, list, "target_id", MN_NEURON, &to);
	for (size_t i = 0; status == MN_OK && i < n; i++) {
		if (!from[i] || !to[i])
			continue;
		status = peer_synapse(l->db->host, l->call, json_array_get(list, i), &rows[kept]);
		rows[kept].from = from[i];
		rows[kept].to = to[i];
		uids[kept] = rows[kept].uid;
		kept++;
	}
	l->lost += n - kept;
	if (status == MN_OK)
		status = give_ids(l, MN_SYNAPSE, uids, kept, ids);
	for (size_t i = 0; status == MN_OK && i < kept; i++)
		rows[i].id = ids[i];
	return status == MN_OK ? add(l, MN_SYNAPSE, rows, kept, sizeof(*rows)) : status;
}

/* A fiber's list of members; those that are not there are left out. */
static int members(struct load *l, json_t *record, const char *member, int kind, mn_ids *out)
{
	const json_t *list = json_object_get(record, member);
	size_t n = json_array_size(list), kept = 0;
	mn_str *uids = room(l, n, sizeof(*uids));
	mn_id *ids = room(l, n, sizeof(*ids));
	int status = uids && ids ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; status == MN_OK && i < n; i++)
		status = peer_text(l->db->host, l->call, json_array_get(list, i), &uids[i]);
	if (status == MN_OK)
		status = find(l, l->image, kind, uids, n, ids);
	for (size_t i = 0; status == MN_OK && i < n; i++)
		if (ids[i])
			ids[kept++] = ids[i];
	*out = (mn_ids){ids, kept};
	return status;
}

/* The typed memories of the export's metadata, by fiber. */
static json_t *typed_memories(struct load *l)
{
	json_t *list = json_object_get(json_object_get(l->snapshot, "metadata"), "typed_memories");
	json_t *by = json_object();

	for (size_t i = 0; by && i < json_array_size(list); i++) {
		json_t *one = json_array_get(list, i);
		const char *fiber = json_string_value(json_object_get(one, "fiber_id"));

		if (fiber && json_object_set(by, fiber, one) != 0) {
			json_decref(by);
			return NULL;
		}
	}
	return by;
}

static int load_fiber(
	struct load *l, json_t *record, const json_t *typed, mn_id anchor, mn_fiber *row)
{
	const char *id = json_string_value(json_object_get(record, "id"));
	int status = peer_fiber(
		l->db->host, l->call, record, id ? json_object_get(typed, id) : NULL, row);

	row->anchor = anchor;
	if (status == MN_OK)
		status = members(l, record, "neuron_ids", MN_NEURON, &row->neurons);
	if (status == MN_OK)
		status = members(l, record, "synapse_ids", MN_SYNAPSE, &row->synapses);
	return status;
}

static int load_fibers(struct load *l, const json_t *typed)
{
	json_t *list = json_object_get(l->snapshot, "fibers");
	size_t n = json_array_size(list), kept = 0;
	mn_fiber *rows = room(l, n, sizeof(*rows));
	mn_str *uids = room(l, n, sizeof(*uids));
	mn_id *ids = room(l, n, sizeof(*ids)), *anchors;
	int status = rows && uids && ids ? ends(l, list, "anchor_neuron_id", MN_NEURON, &anchors)
					 : MN_ENOMEM;

	for (size_t i = 0; status == MN_OK && i < n; i++) {
		if (!anchors[i])
			continue;
		status = load_fiber(l, json_array_get(list, i), typed, anchors[i], &rows[kept]);
		uids[kept] = rows[kept].uid;
		kept++;
	}
	l->lost += n - kept;
	if (status == MN_OK)
		status = give_ids(l, MN_FIBER, uids, kept, ids);
	for (size_t i = 0; status == MN_OK && i < kept; i++)
		rows[i].id = ids[i];
	return status == MN_OK ? add(l, MN_FIBER, rows, kept, sizeof(*rows)) : status;
}

/* ---- The image ------------------------------------------------------------------------------- */

static int fill(struct load *l)
{
	json_t *typed = typed_memories(l);
	int status = typed ? load_neurons(l) : fail_memory(l->db->host, l->call);

	if (status == MN_OK)
		status = load_synapses(l);
	if (status == MN_OK)
		status = load_fibers(l, typed);
	json_decref(typed);
	return status;
}

static void drop_image(struct load *l, const char *image)
{
	const struct peer *p = l->db->peer;
	mn_str name = {image, strlen(image)};
	mn_error err = MN_SIZED(mn_error);
	mn_call side = *l->call;

	side.token = NULL;
	side.deadline = 0;
	side.err = &err;
	if (name.len)
		p->memory->brains(p->images, &side, MN_BRAINS_DELETE, &name, &(mn_rows){0});
}

/* A config of ours where the peer's can be one; else the defaults hold. */
static int make_image(struct load *l)
{
	struct peer *p = l->db->peer;
	const mn_config_service *config = l->db->host->service(l->db->host, "mn.config/1");
	mn_brain_row row = {.uid = l->brain->id,
		.created = l->brain->created,
		.updated = l->brain->updated,
		.meta = {l->brain->meta, strlen(l->brain->meta)}};
	double delta, rate;
	mn_rows made;
	int status = peer_dump(
		l->db->host, l->call, json_object_get(l->snapshot, "config"), &row.config);

	if (status != MN_OK)
		return status;
	if (config && config->weights(l->call, row.config, &delta, &rate) != MN_OK)
		row.config = (mn_str){"", 0};
	row.uid = (mn_str){"", 0}; /* two images of one brain stand beside each other for a while */
	snprintf(l->image, sizeof(l->image), "image %u", ++p->serial);
	row.name = (mn_str){l->image, strlen(l->image)};
	return p->memory->brains(p->images, l->call, MN_BRAINS_CREATE, &row, &made);
}

static int make(struct load *l)
{
	int status = check_whole(l);

	if (status == MN_OK)
		status = make_image(l);
	if (status != MN_OK)
		return status;
	memcpy(l->next, l->brain->next, sizeof(l->next));
	status = fill(l);
	drop_image(l, status == MN_OK ? l->brain->image : l->image);
	if (status != MN_OK)
		return status;
	memcpy(l->brain->image, l->image, sizeof(l->image));
	memcpy(l->brain->next, l->next, sizeof(l->next));
	l->brain->fetched = l->brain->counts;
	if (l->lost)
		l->db->host->log(l->db->host, MN_LOG_WARN,
			"%s: %zu records of a brain refer to what its export does not hold",
			l->db->title, l->lost);
	return MN_OK;
}

int peer_load(mn_db *db, mn_call *call, struct peer_brain *b)
{
	struct load l = {.db = db, .call = call, .brain = b};
	mn_str path;
	int status = peer_path(db, call, b->id, "/export", &path);

	if (status == MN_OK)
		status = peer_get(db, call, path, MN_ENOBRAIN, &l.snapshot);
	if (status != MN_OK)
		return status;
	status = make(&l);
	json_decref(l.snapshot);
	return status;
}
