/* SPDX-License-Identifier: MIT */
/* peer_import_read.c - what a snapshot says, checked before anything is written. */
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "server/peer.h"
#include "server/peer_import.h"

#define MOST_RECORDS 2000000

struct snapshot {
	uint64_t given;
	mn_str id, name, exported, version;
	const json_t *neurons, *synapses, *fibers, *config, *metadata;
};

#define AT(member) offsetof(struct snapshot, member)

static const mn_shape snapshot_shape[] = {
	{"brain_id", MN_FORM_TEXT, MN_SHAPE_NULL, AT(id), 0, 0},
	{"brain_name", MN_FORM_TEXT, MN_SHAPE_MUST, AT(name), 0, 1000},
	{"exported_at", MN_FORM_TEXT, MN_SHAPE_MUST, AT(exported), 0, 100},
	{"version", MN_FORM_TEXT, MN_SHAPE_MUST, AT(version), 0, 100},
	{"neurons", MN_FORM_LIST, MN_SHAPE_MUST, AT(neurons), 0, MOST_RECORDS},
	{"synapses", MN_FORM_LIST, MN_SHAPE_MUST, AT(synapses), 0, MOST_RECORDS},
	{"fibers", MN_FORM_LIST, MN_SHAPE_MUST, AT(fibers), 0, MOST_RECORDS},
	{"config", MN_FORM_OBJECT, MN_SHAPE_MUST, AT(config), 0, 0},
	{"metadata", MN_FORM_OBJECT, MN_SHAPE_NULL, AT(metadata), 0, 0},
	{0},
};

struct numbers { /* of the config, as the engine takes them */
	uint64_t given;
	double rate, delta, threshold, weight;
	int64_t hops, tokens;
};

static const mn_shape config_shape[] = {
	{"decay_rate", MN_FORM_REAL, 0, offsetof(struct numbers, rate), 0, 100},
	{"reinforcement_delta", MN_FORM_REAL, 0, offsetof(struct numbers, delta), 0, 1},
	{"activation_threshold", MN_FORM_REAL, 0, offsetof(struct numbers, threshold), 0, 1},
	{"default_synapse_weight", MN_FORM_REAL, 0, offsetof(struct numbers, weight), 0, 1},
	{"max_spread_hops", MN_FORM_WHOLE, 0, offsetof(struct numbers, hops), 1, 100},
	{"max_context_tokens", MN_FORM_WHOLE, 0, offsetof(struct numbers, tokens), 1, 1000000},
	{0},
};

/* ---- Records ------------------------------------------------------------------------------ */

static int make_list(
	mn_peer_taking *m, mn_peer_list *l, const char *name, int kind, const json_t *json)
{
	l->name = name;
	l->kind = kind;
	l->json = json;
	l->n = json_array_size(json);
	l->uids = mn_call_array(m->call, l->n, sizeof(*l->uids));
	l->ids = mn_call_array(m->call, l->n, sizeof(*l->ids));
	l->there = mn_call_array(m->call, l->n, sizeof(*l->there));
	return l->uids && l->ids && l->there ? MN_OK : MN_ENOMEM;
}

/* Records of one kind into an array of `size` bytes each, whose id lies at `at`. */
static int read_list(mn_peer_taking *m, mn_complaints *c, mn_peer_list *l, const mn_shape *shape,
	void *out, size_t size, size_t at)
{
	int rc = MN_OK;

	c->list = l->name;
	for (size_t i = 0; rc == MN_OK && i < l->n && c->n < MN_COMPLAINTS; i++) {
		char *record = (char *)out + i * size;
		const json_t *json = json_array_get(l->json, i);
		const size_t before = c->n;

		c->index = i;
		rc = mn_shape_read(c, json, shape, record);
		l->uids[i] = *(const mn_str *)(record + at);
		if (rc == MN_OK && c->n == before && !l->uids[i].len)
			mn_complain(c, "body", "id", "missing", "Field required", json, NULL);
		if (rc == MN_OK && i % 1024 == 0)
			rc = mn_check(m->call);
	}
	c->list = NULL;
	return rc;
}

static int read_records(mn_peer_taking *m, mn_complaints *c)
{
	int rc;

	m->neuron = mn_call_array(m->call, m->neurons.n, sizeof(*m->neuron));
	m->synapse = mn_call_array(m->call, m->synapses.n, sizeof(*m->synapse));
	m->fiber = mn_call_array(m->call, m->fibers.n, sizeof(*m->fiber));
	if (!m->neuron || !m->synapse || !m->fiber)
		return MN_ENOMEM;
	rc = read_list(m, c, &m->neurons, mn_peer_neuron_new, m->neuron, sizeof(*m->neuron),
		offsetof(mn_peer_neuron, id));
	if (rc == MN_OK)
		rc = read_list(m, c, &m->synapses, mn_peer_synapse_new, m->synapse,
			sizeof(*m->synapse), offsetof(mn_peer_synapse, id));
	if (rc == MN_OK)
		rc = read_list(m, c, &m->fibers, mn_peer_fiber_new, m->fiber, sizeof(*m->fiber),
			offsetof(mn_peer_fiber, id));
	return rc;
}

/* Each id once. */
static int index_list(mn_peer_taking *m, mn_peer_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		bool fresh;
		struct mn_strmap_slot *s = mn_strmap_meet(&l->places, l->uids[i], &fresh);

		if (!s)
			return mn_fail_memory(m->call);
		if (!fresh)
			return mn_fail(m->call, MN_EINVAL, 0, "%s: the id \"%.*s\" stands twice",
				l->name, MN_FMT(l->uids[i]));
		s->value = i;
	}
	return MN_OK;
}

/* Typed memories by the fiber they belong to. */
static int index_typed(mn_peer_taking *m)
{
	const json_t *list = json_object_get(m->metadata, "typed_memories");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const mn_str fiber = mn_json_str(
			json_object_get(json_array_get(list, i), "fiber_id"));

		if (!fiber.len || !mn_strmap_get(&m->fibers.places, fiber))
			return mn_fail(m->call, MN_EINVAL, 0,
				"metadata.typed_memories: record %zu names no fiber of the "
				"snapshot",
				i);
		if (mn_strmap_put(&m->typed, fiber, i + 1) != MN_OK)
			return mn_fail_memory(m->call);
	}
	return MN_OK;
}

static int read_members(mn_peer_taking *m, const struct snapshot *s)
{
	mn_complaints c = MN_COMPLAINTS_OF(m->req, m->reply);
	struct numbers numbers = {0};
	int rc = make_list(m, &m->neurons, "neurons", MN_NEURON, s->neurons);

	if (rc == MN_OK)
		rc = mn_shape_read(&c, s->config, config_shape, &numbers);
	if (rc == MN_OK)
		rc = make_list(m, &m->synapses, "synapses", MN_SYNAPSE, s->synapses);
	if (rc == MN_OK)
		rc = make_list(m, &m->fibers, "fibers", MN_FIBER, s->fibers);
	if (rc == MN_OK)
		rc = read_records(m, &c);
	if (rc != MN_OK) {
		mn_buf_free(&c.text);
		return rc;
	}
	return mn_complaints_end(&c);
}

int mn_peer_import_read(mn_peer_taking *m)
{
	struct snapshot s = {0};
	int rc = mn_shape_body(m->req, m->reply, snapshot_shape, &s);

	if (rc == MN_OK)
		rc = read_members(m, &s);
	m->config = s.config;
	m->metadata = s.metadata;
	m->brain_name = s.name;
	if (rc == MN_OK)
		rc = index_list(m, &m->neurons);
	if (rc == MN_OK)
		rc = index_list(m, &m->synapses);
	if (rc == MN_OK)
		rc = index_list(m, &m->fibers);
	return rc == MN_OK ? index_typed(m) : rc;
}

void mn_peer_import_free(mn_peer_taking *m)
{
	mn_strmap_free(&m->neurons.places);
	mn_strmap_free(&m->synapses.places);
	mn_strmap_free(&m->fibers.places);
	mn_strmap_free(&m->typed);
}
