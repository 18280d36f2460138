/* SPDX-License-Identifier: MIT */
/* peer_take.c - the peer's records as rows. */
#include <string.h>

#include "base/fail.h"
#include "base/iso.h"
#include "base/str.h"
#include "base/type.h"
#include "exchange/peer_kept.h"
#include "exchange/peer_row.h"

#define META_MOST ((size_t)1 << 20)

/* ---- Shapes ------------------------------------------------------------------------------- */

#define ID 1, 1000

#define NEURON(must)                                                                               \
	{"id", MN_FORM_TEXT, MN_SHAPE_NULL, offsetof(mn_peer_neuron, id), ID},                     \
		{"type", MN_FORM_TEXT, must, offsetof(mn_peer_neuron, type), 1, 100},              \
		{"content", MN_FORM_TEXT, must, offsetof(mn_peer_neuron, content), 0, 1 << 20},    \
		{"metadata", MN_FORM_OBJECT, MN_SHAPE_NULL, offsetof(mn_peer_neuron, metadata), 0, \
			0},                                                                        \
		{"created_at", MN_FORM_MOMENT, MN_SHAPE_NULL, offsetof(mn_peer_neuron, created),   \
			0, 0},                                                                     \
	{                                                                                          \
		0                                                                                  \
	}

const mn_shape mn_peer_neuron_new[] = {NEURON(MN_SHAPE_MUST)};
const mn_shape mn_peer_neuron_some[] = {NEURON(0)};

#define SYNAPSE(must)                                                                              \
	{"id", MN_FORM_TEXT, MN_SHAPE_NULL, offsetof(mn_peer_synapse, id), ID},                    \
		{"source_id", MN_FORM_TEXT, must, offsetof(mn_peer_synapse, source), ID},          \
		{"target_id", MN_FORM_TEXT, must, offsetof(mn_peer_synapse, target), ID},          \
		{"type", MN_FORM_TEXT, must, offsetof(mn_peer_synapse, type), 1, 100},             \
		{"direction", MN_FORM_TEXT, 0, offsetof(mn_peer_synapse, direction), 1, 100},      \
		{"weight", MN_FORM_REAL, 0, offsetof(mn_peer_synapse, weight), 0, 1},              \
		{"metadata", MN_FORM_OBJECT, MN_SHAPE_NULL, offsetof(mn_peer_synapse, metadata),   \
			0, 0},                                                                     \
		{MN_PEER_COUNT, MN_FORM_WHOLE, 0, offsetof(mn_peer_synapse, count), 0,             \
			4294967295.0},                                                             \
		{"last_activated", MN_FORM_MOMENT, MN_SHAPE_NULL, offsetof(mn_peer_synapse, last), \
			0, 0},                                                                     \
		{"created_at", MN_FORM_MOMENT, MN_SHAPE_NULL, offsetof(mn_peer_synapse, created),  \
			0, 0},                                                                     \
	{                                                                                          \
		0                                                                                  \
	}

const mn_shape mn_peer_synapse_new[] = {SYNAPSE(MN_SHAPE_MUST)};
const mn_shape mn_peer_synapse_some[] = {SYNAPSE(0)};

#define FIBER(must)                                                                                \
	{"id", MN_FORM_TEXT, MN_SHAPE_NULL, offsetof(mn_peer_fiber, id), ID},                      \
		{"anchor_neuron_id", MN_FORM_TEXT, must, offsetof(mn_peer_fiber, anchor), ID},     \
		{"summary", MN_FORM_TEXT, MN_SHAPE_NULL, offsetof(mn_peer_fiber, summary), 0,      \
			1 << 20},                                                                  \
		{"neuron_ids", MN_FORM_TEXTS, 0, offsetof(mn_peer_fiber, neurons), 0, 1 << 20},    \
		{"synapse_ids", MN_FORM_TEXTS, 0, offsetof(mn_peer_fiber, synapses), 0, 1 << 20},  \
		{"tags", MN_FORM_TEXTS, 0, offsetof(mn_peer_fiber, tags), 0, 1000},                \
		{"time_start", MN_FORM_MOMENT, MN_SHAPE_NULL, offsetof(mn_peer_fiber, start), 0,   \
			0},                                                                        \
		{"time_end", MN_FORM_MOMENT, MN_SHAPE_NULL, offsetof(mn_peer_fiber, end), 0, 0},   \
		{"created_at", MN_FORM_MOMENT, MN_SHAPE_NULL, offsetof(mn_peer_fiber, created), 0, \
			0},                                                                        \
		{"coherence", MN_FORM_REAL, 0, offsetof(mn_peer_fiber, coherence), 0, 1},          \
		{"salience", MN_FORM_REAL, 0, offsetof(mn_peer_fiber, salience), 0, 1},            \
		{"frequency", MN_FORM_WHOLE, 0, offsetof(mn_peer_fiber, frequency), 0,             \
			4294967295.0},                                                             \
		{"metadata", MN_FORM_OBJECT, MN_SHAPE_NULL, offsetof(mn_peer_fiber, metadata), 0,  \
			0},                                                                        \
	{                                                                                          \
		0                                                                                  \
	}

const mn_shape mn_peer_fiber_new[] = {FIBER(MN_SHAPE_MUST)};
const mn_shape mn_peer_fiber_some[] = {FIBER(0)};

/* ---- Types -------------------------------------------------------------------------------- */

/* What the newer dialect has besides: names of types that no code of ours uses. */
static const char *const newer_neurons[] = {"hypothesis", "prediction", "schema"};
static const char *const newer_synapses[] = {"contradicts", "resolved_by", "effective_for",
	"used_with", "alias", "evidence_for", "evidence_against", "predicted", "verified_by",
	"falsified_by", "has_value", "measured_at", "regulates", "in_row", "in_column", "source_of",
	"stored_by", "verified_at", "approved_by", "supersedes", "derived_from", "evolves_from",
	"subgoal_of", "imports", "calls", "depends_on", "inherits", "implements", "defined_in",
	"raises"};

bool mn_peer_type_known(int kind, mn_str name)
{
	const bool neuron = kind == MN_NEURON;
	const char *const *newer = neuron ? newer_neurons : newer_synapses;
	const size_t n = neuron ? sizeof(newer_neurons) / sizeof(*newer_neurons)
				: sizeof(newer_synapses) / sizeof(*newer_synapses);

	for (size_t i = 0; i < n; i++)
		if (mn_str_is(name, newer[i]))
			return true;
	return mn_type_known(kind, name) != 0;
}

size_t mn_peer_types(int kind, mn_str name, uint16_t *out, size_t room)
{
	const uint16_t ours = kind == MN_NEURON ? MN_NEURON_TYPES : MN_SYNAPSE_TYPES;
	uint16_t own = mn_type_known(kind, name);
	size_t n = 0;

	if (own)
		out[n++] = own;
	for (uint16_t code = 1; code < ours && n < room; code++)
		if (code != own && mn_str_is(name, mn_type_peer(kind, code)))
			out[n++] = code;
	return n;
}

/* The code of a record's type. ours: its own name, which metadata may say; was: that of the row
 * there is, which stays if it goes by this name. */
static int take_type(mn_call *call, int kind, mn_str name, const json_t *ours, bool strict,
	uint16_t was, uint16_t *out)
{
	const mn_str own = mn_json_str(json_object_get(ours, "type"));
	uint16_t code = own.len ? mn_type_known(kind, own) : 0;
	const bool fits = code && mn_str_is(name, mn_type_peer(kind, code));

	if (!fits && was && mn_str_is(name, mn_type_peer(kind, was)))
		code = was;
	else if (!fits && (!strict || mn_peer_type_known(kind, name)))
		code = mn_type_code(kind, name);
	else if (!fits)
		code = 0;
	if (!code)
		return mn_fail(call, MN_EINVAL, 0, "Invalid %s type",
			kind == MN_NEURON ? "neuron" : "synapse");
	*out = code;
	return MN_OK;
}

/* ---- Meta --------------------------------------------------------------------------------- */

bool mn_peer_is_hidden(const char *name)
{
	return strcmp(name, MN_PEER_COUNT) == 0 || strcmp(name, MN_PEER_TYPED) == 0
	       || strcmp(name, MN_PEER_STATE) == 0;
}

json_t *mn_peer_meta_read(mn_str meta)
{
	json_t *tree = NULL;
	char why[80];

	if (meta.len == 0 || mn_json_read(meta, why, sizeof(why), &tree) != MN_OK)
		return NULL;
	if (!json_is_object(tree)) {
		json_decref(tree);
		return NULL;
	}
	return tree;
}

struct keep {                   /* what is to be kept beside a record's metadata */
	const json_t *metadata; /* NULL: as they were */
	const json_t *record;   /* whose unknown members are kept */
	const mn_shape *known;
	const char *name; /* a hidden member; NULL: none */
	json_t *value;    /* likewise; NULL: as it was */
};

static bool is_known(const mn_shape *known, const char *name)
{
	for (; known->name; known++)
		if (strcmp(known->name, name) == 0)
			return true;
	return false;
}

/* Sets a member to a value that it shares. False: no memory. */
static bool share(json_t *object, const char *name, const json_t *value)
{
	return json_object_set(object, name, (json_t *)value) == 0;
}

static bool keep_members(json_t *kept, const struct keep *k)
{
	mn_member m = {.of = k->record};
	bool ok = true;

	while (ok && mn_member_next(&m))
		if (!is_known(k->known, m.name) && !mn_peer_is_hidden(m.name))
			ok = share(kept, m.name, m.value);
	if (ok && k->value)
		ok = share(kept, k->name, k->value);
	return ok;
}

/* The new meta as a tree; NULL: no memory. */
static json_t *join(json_t *old, const struct keep *k)
{
	json_t *meta = json_object(), *kept = json_object();
	const json_t *before = json_object_get(old, MN_PEER_KEPT);
	mn_member m = {.of = k->metadata ? k->metadata : old}, o = {.of = before};
	bool ok = meta && kept;

	while (ok && mn_member_next(&m))
		if (strcmp(m.name, MN_PEER_OURS) != 0 && strcmp(m.name, MN_PEER_KEPT) != 0)
			ok = share(meta, m.name, m.value);
	while (ok && mn_member_next(&o))
		ok = share(kept, o.name, o.value);
	if (ok)
		ok = keep_members(kept, k);
	if (ok && json_object_size(kept))
		ok = share(meta, MN_PEER_KEPT, kept);
	json_decref(kept);
	if (ok)
		return meta;
	json_decref(meta);
	return NULL;
}

static int write_meta(mn_call *call, const json_t *meta, mn_str *out)
{
	mn_buf b = MN_BUF(META_MOST);
	int rc = MN_OK;

	*out = (mn_str){NULL, 0};
	if (json_object_size(meta) == 0)
		return MN_OK;
	mn_json_write(meta, &b);
	if (mn_buf_ok(&b))
		*out = mn_call_copy(call, mn_buf_view(&b));
	else if (b.full)
		rc = mn_fail(call, MN_EINVAL, 0, "metadata is longer than 1 MiB");
	mn_buf_free(&b);
	return rc == MN_OK && !out->ptr ? mn_fail_memory(call) : rc;
}

static int make_meta(mn_call *call, const struct keep *k, mn_str *meta)
{
	json_t *old = mn_peer_meta_read(*meta), *made;
	int rc;

	if (json_object_get(k->metadata, MN_PEER_KEPT)) {
		json_decref(old);
		return mn_fail(call, MN_EINVAL, 0,
			"metadata must not have a member \"" MN_PEER_KEPT
			"\": the server keeps its own there");
	}
	made = join(old, k);
	rc = made ? write_meta(call, made, meta) : mn_fail_memory(call);
	json_decref(made);
	json_decref(old);
	return rc;
}

static bool says(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

/* ---- Neurons ------------------------------------------------------------------------------ */

static void take_anchor(const mn_peer_neuron *r, const json_t *ours, mn_neuron *row)
{
	if (row->type == MN_CONCEPT && says(r->metadata, "is_anchor"))
		row->type = MN_MEMORY;
	if (row->type != MN_MEMORY)
		return;
	row->flags |= MN_NEURON_ANCHOR;
	if (r->created && !says(ours, "undated"))
		row->flags |= MN_NEURON_DATED;
}

int mn_peer_take_neuron(
	mn_call *call, const mn_peer_neuron *r, const json_t *record, bool strict, mn_neuron *row)
{
	const struct keep keep = {
		.metadata = r->metadata, .record = record, .known = mn_peer_neuron_new};
	const json_t *ours = json_object_get(r->metadata, MN_PEER_OURS);
	const bool fresh = row->id == 0;
	const mn_time now = mn_engine_now(call->engine);
	int rc = MN_OK;

	if (fresh)
		row->uid = r->id;
	if (r->type.len)
		rc = take_type(call, MN_NEURON, r->type, ours, strict, row->type, &row->type);
	if (rc == MN_OK)
		rc = make_meta(call, &keep, &row->meta);
	if (rc != MN_OK)
		return rc;
	if (MN_GIVEN(r, MN_NEURON_CONTENT))
		row->text = r->content;
	if (r->created || fresh)
		row->created = r->created ? r->created : now;
	row->updated = fresh ? row->created : now;
	take_anchor(r, ours, row);
	if (says(ours, "archived"))
		row->flags |= MN_NEURON_ARCHIVED;
	return MN_OK;
}

/* ---- Synapses ----------------------------------------------------------------------------- */

/* The weight it is to have now, whatever it was used for before: with a decay clock in the future
 * of its day it would weigh less. */
static void take_weight(const mn_peer_scale *scale, double weight, mn_synapse *row)
{
	row->base = weight;
	row->uses = 0;
	if (scale->clock
		&& mn_peer_day(row->last ? row->last : row->created) < mn_peer_day(scale->clock))
		row->last = scale->clock;
}

static int take_direction(mn_call *call, mn_str direction, bool strict, mn_synapse *row)
{
	const bool both = mn_str_is(direction, "bi");

	if (strict && !both && !mn_str_is(direction, "uni"))
		return mn_fail(call, MN_EINVAL, 0, "Invalid direction");
	row->flags = (uint16_t)(both ? row->flags | MN_SYNAPSE_TWO_WAY
				     : row->flags & ~MN_SYNAPSE_TWO_WAY);
	return MN_OK;
}

/* Its count of reinforcements: as given, or what it was before its uses are forgotten. */
static json_t *count_of(const mn_peer_synapse *r, const mn_synapse *row)
{
	json_t *old = mn_peer_kept(row->meta, MN_PEER_COUNT);
	json_int_t count = json_integer_value(old) + row->uses;

	json_decref(old);
	if (MN_GIVEN(r, MN_SYNAPSE_COUNT))
		count = r->count;
	else if (!MN_GIVEN(r, MN_SYNAPSE_WEIGHT) || !row->uses)
		return NULL;
	return json_integer(count);
}

int mn_peer_take_synapse(mn_call *call, const mn_peer_synapse *r, const json_t *record, bool strict,
	const mn_peer_scale *scale, mn_synapse *row)
{
	const bool fresh = row->id == 0;
	struct keep keep = {.metadata = r->metadata,
		.record = record,
		.known = mn_peer_synapse_new,
		.name = MN_PEER_COUNT,
		.value = count_of(r, row)};
	int rc = MN_OK;

	if (fresh)
		row->uid = r->id;
	if (r->type.len)
		rc = take_type(call, MN_SYNAPSE, r->type,
			json_object_get(r->metadata, MN_PEER_OURS), strict, row->type, &row->type);
	if (rc == MN_OK)
		rc = make_meta(call, &keep, &row->meta);
	json_decref(keep.value);
	if (rc == MN_OK && MN_GIVEN(r, MN_SYNAPSE_DIRECTION))
		rc = take_direction(call, r->direction, strict, row);
	else if (rc == MN_OK && fresh && mn_type_two_way(row->type))
		row->flags |= MN_SYNAPSE_TWO_WAY;
	if (rc != MN_OK)
		return rc;
	if (r->created || fresh)
		row->created = r->created ? r->created : mn_engine_now(call->engine);
	if (MN_GIVEN(r, MN_SYNAPSE_LAST))
		row->last = r->last;
	if (MN_GIVEN(r, MN_SYNAPSE_WEIGHT) || fresh)
		take_weight(scale, MN_GIVEN(r, MN_SYNAPSE_WEIGHT) ? r->weight : scale->weight, row);
	return MN_OK;
}

/* ---- Fibers ------------------------------------------------------------------------------- */

static void take_members(
	const mn_peer_fiber *r, const json_t *ours, mn_ids neurons, mn_ids synapses, mn_fiber *row)
{
	const bool listed = MN_GIVEN(r, MN_FIBER_NEURONS) || MN_GIVEN(r, MN_FIBER_SYNAPSES);

	if (says(ours, "star"))
		row->flags |= MN_FIBER_STAR;
	else if (listed)
		row->flags &= (uint16_t)~MN_FIBER_STAR;
	if (row->flags & MN_FIBER_STAR) {
		row->neurons = row->synapses = (mn_ids){NULL, 0};
		return;
	}
	if (MN_GIVEN(r, MN_FIBER_NEURONS))
		row->neurons = neurons;
	if (MN_GIVEN(r, MN_FIBER_SYNAPSES))
		row->synapses = synapses;
}

static void take_numbers(const mn_peer_fiber *r, mn_fiber *row)
{
	if (MN_GIVEN(r, MN_FIBER_START))
		row->first = r->start;
	if (MN_GIVEN(r, MN_FIBER_END))
		row->last = r->end;
	if (MN_GIVEN(r, MN_FIBER_COHERENCE))
		row->coherence = r->coherence;
	if (MN_GIVEN(r, MN_FIBER_SALIENCE))
		row->salience = r->salience;
	if (MN_GIVEN(r, MN_FIBER_FREQUENCY))
		row->uses = (uint32_t)r->frequency;
	if (MN_GIVEN(r, MN_FIBER_SUMMARY))
		row->summary = r->summary;
	if (MN_GIVEN(r, MN_FIBER_TAGS))
		row->tags = r->tags;
}

int mn_peer_take_fiber(mn_call *call, const mn_peer_fiber *r, const json_t *record,
	const json_t *typed, mn_ids neurons, mn_ids synapses, mn_fiber *row)
{
	const json_t *ours = json_object_get(r->metadata, MN_PEER_OURS);
	const struct keep keep = {.metadata = r->metadata,
		.record = record,
		.known = mn_peer_fiber_new,
		.name = MN_PEER_TYPED,
		.value = (json_t *)typed};
	const bool fresh = row->id == 0;
	int rc = make_meta(call, &keep, &row->meta);

	if (rc != MN_OK)
		return rc;
	if (fresh)
		row->uid = r->id;
	take_numbers(r, row);
	take_members(r, ours, neurons, synapses, row);
	if (r->created || fresh)
		row->created = r->created ? r->created : mn_engine_now(call->engine);
	if (MN_GIVEN(r, MN_FIBER_METADATA) && ours)
		row->stage = says(ours, "archived") ? MN_STAGE_ARCHIVED : MN_STAGE_ACTIVE;
	return MN_OK;
}

int mn_peer_keep_state(mn_call *call, json_t *state, mn_neuron *row)
{
	const struct keep keep = {
		.known = mn_peer_neuron_new, .name = MN_PEER_STATE, .value = state};

	return make_meta(call, &keep, &row->meta);
}
