/* SPDX-License-Identifier: MIT */
/* fan.c - questions about lists of synapses and about keys, and the columns that answer them. */
#include "base/fail.h"
#include "base/str.h"
#include "wire/form.h"
#include "wire/names.h"

/* ---- Keys --------------------------------------------------------------------------------- */

static const struct wire_field keys_fields[] = {
	{"keys", WIRE_HAND, WIRE_NEEDED, 0},
	{NULL, WIRE_HAND, 0, 0},
};

void wire_put_keys(struct wire_out *o, const void *from)
{
	const mn_wire_keys *keys = from;

	wire_name(o, "keys");
	mn_buf_char(&o->buf, '[');
	for (size_t i = 0; i < keys->n; i++) {
		const mn_str text = keys->at[i].text;

		if (text.len && !mn_text_valid(text))
			wire_cannot(o, "keys", "hold text that is not valid UTF-8 without NUL");
		mn_buf_text(&o->buf, i ? ",[" : "[");
		mn_buf_json(&o->buf, wire_type_name(WIRE_NEURON_TYPE, keys->at[i].type));
		mn_buf_char(&o->buf, ',');
		mn_buf_json(&o->buf, text);
		mn_buf_char(&o->buf, ']');
	}
	mn_buf_char(&o->buf, ']');
}

bool wire_take_keys(struct wire_in *in, const json_t *object, void *out)
{
	const json_t *list = json_object_get(object, "keys");
	mn_wire_keys *keys = out;
	mn_key *at;

	if (!wire_take_members(in, keys_fields, object, keys))
		return false;
	if (!json_is_array(list))
		return wire_wrong(in, "keys", "must be an array");
	keys->n = json_array_size(list);
	keys->at = at = wire_room(in, keys->n, sizeof(*at));
	in->list = "keys";
	for (in->index = 0; at && in->index < keys->n; in->index++, at++) {
		const json_t *pair = json_array_get(list, in->index);

		if (json_array_size(pair) != 2)
			return wire_wrong(in, "it", "must be an array of a type and a text");
		if (!wire_take(in, "type", WIRE_NEURON_TYPE, json_array_get(pair, 0), &at->type)
			|| !wire_take(in, "text", WIRE_TEXT, json_array_get(pair, 1), &at->text))
			return false;
	}
	in->list = NULL;
	return in->status == MN_OK;
}

/* ---- Expand ------------------------------------------------------------------------------- */

static const struct wire_field expand_fields[] = {
	{"frontier", WIRE_IDS, WIRE_NEEDED, offsetof(mn_expand, frontier)},
	{"reaches", WIRE_HAND, WIRE_NEEDED, 0},
	{"reach_of", WIRE_HAND, 0, 0},
	{"floor", WIRE_HAND, 0, 0},
	{"limit", WIRE_HAND, 0, 0},
	{"want_synapse", WIRE_TRUTH, 0, offsetof(mn_expand, want_synapse)},
	{NULL, WIRE_HAND, 0, 0},
};
static const struct wire_field reach_fields[] = {
	{"types", WIRE_HAND, 0, 0},
	{"out", WIRE_TRUTH, 0, offsetof(mn_reach, out)},
	{"in", WIRE_TRUTH, 0, offsetof(mn_reach, in)},
	{"except", WIRE_TRUTH, 0, offsetof(mn_reach, except)},
	{NULL, WIRE_HAND, 0, 0},
};

static void put_reaches(struct wire_out *o, const mn_expand *ask)
{
	wire_name(o, "reaches");
	mn_buf_char(&o->buf, '[');
	for (uint32_t i = 0; i < ask->nreaches; i++) {
		const mn_reach *r = &ask->reaches[i];

		mn_buf_text(&o->buf, i ? ",{" : "{");
		if (r->ntypes)
			wire_put_column(o, "types", WIRE_SYNAPSE_TYPE, r->types, r->ntypes);
		wire_put_members(o, reach_fields, r, 0);
		mn_buf_char(&o->buf, '}');
	}
	mn_buf_char(&o->buf, ']');
}

static void put_reach_of(struct wire_out *o, const mn_expand *ask)
{
	if (!ask->reach_of || ask->frontier.n == 0)
		return;
	wire_name(o, "reach_of");
	for (size_t i = 0; i < ask->frontier.n; i++)
		mn_buf_printf(&o->buf, "%c%u", i ? ',' : '[', ask->reach_of[i]);
	mn_buf_char(&o->buf, ']');
}

void wire_put_expand(struct wire_out *o, const void *from)
{
	const mn_expand *ask = from;
	const size_t n = ask->frontier.n;

	wire_put_members(o, expand_fields, ask, 0);
	put_reaches(o, ask);
	put_reach_of(o, ask);
	if (ask->floor && n)
		wire_put_column(o, "floor", WIRE_FLOAT, ask->floor, n);
	if (ask->limit && n)
		wire_put_column(o, "limit", WIRE_WHOLE, ask->limit, n);
}

static bool take_reaches(struct wire_in *in, const json_t *list, mn_expand *ask)
{
	const size_t n = json_array_size(list);
	mn_reach *reaches;

	if (n < 1 || n > 255)
		return wire_wrong(in, "reaches", "must be an array of 1 to 255 reaches");
	ask->reaches = reaches = wire_room(in, n, sizeof(*reaches));
	ask->nreaches = (uint32_t)n;
	in->list = "reaches";
	for (in->index = 0; reaches && in->index < n; in->index++) {
		const json_t *v = json_array_get(list, in->index);
		const json_t *types = json_object_get(v, "types");
		mn_reach *r = &reaches[in->index];
		void *codes = NULL;
		size_t ncodes = 0;

		if (!wire_take_members(in, reach_fields, v, r)
			|| (types
				&& !wire_take_list(
					in, "types", WIRE_SYNAPSE_TYPE, types, &codes, &ncodes)))
			return false;
		r->types = codes;
		r->ntypes = (uint32_t)ncodes;
	}
	in->list = NULL;
	return reaches != NULL;
}

static bool take_reach_of(struct wire_in *in, const json_t *object, mn_expand *ask)
{
	const void *column;
	const uint16_t *wide;
	uint8_t *narrow;

	if (!wire_take_column(in, object, "reach_of", WIRE_SHORT, ask->frontier.n, &column))
		return false;
	wide = column;
	if (!wide)
		return true;
	ask->reach_of = narrow = wire_room(in, ask->frontier.n, sizeof(*narrow));
	for (size_t i = 0; narrow && i < ask->frontier.n; i++) {
		if (wide[i] >= ask->nreaches)
			return wire_wrong(in, "reach_of", "names a reach that is not there");
		narrow[i] = (uint8_t)wide[i];
	}
	return narrow != NULL;
}

bool wire_take_expand(struct wire_in *in, const json_t *object, void *out)
{
	mn_expand *ask = out;
	const void *floor, *limit;

	if (!wire_take_members(in, expand_fields, object, ask)
		|| !take_reaches(in, json_object_get(object, "reaches"), ask)
		|| !take_reach_of(in, object, ask)
		|| !wire_take_column(in, object, "floor", WIRE_FLOAT, ask->frontier.n, &floor)
		|| !wire_take_column(in, object, "limit", WIRE_WHOLE, ask->frontier.n, &limit))
		return false;
	ask->floor = floor;
	ask->limit = limit;
	return true;
}

/* ---- Fan ---------------------------------------------------------------------------------- */

static const struct wire_field fan_fields[] = {
	{"count", WIRE_HAND, WIRE_NEEDED, 0},
	{"degree", WIRE_HAND, WIRE_NEEDED, 0},
	{"bound", WIRE_HAND, WIRE_NEEDED, 0},
	{"far", WIRE_HAND, WIRE_NEEDED, 0},
	{"weight", WIRE_HAND, WIRE_NEEDED, 0},
	{"synapse", WIRE_HAND, 0, 0},
	{"types", WIRE_HAND, 0, 0},
	{"type", WIRE_HAND, 0, 0},
	{"out", WIRE_HAND, 0, 0},
	{NULL, WIRE_HAND, 0, 0},
};

static void put_counts(struct wire_out *o, const mn_wire_fan *f)
{
	wire_name(o, "count");
	mn_buf_char(&o->buf, '[');
	for (size_t i = 0; i < f->n; i++)
		mn_buf_printf(&o->buf, i ? ",%u" : "%u", f->fan.start[i + 1] - f->fan.start[i]);
	mn_buf_char(&o->buf, ']');
}

/* Names of the types that occur, each once, and an index into them for every edge. */
static void put_types(struct wire_out *o, const uint16_t *type, size_t n)
{
	uint16_t *index = mn_call_array(o->call, UINT16_MAX + 1, sizeof(*index));
	uint16_t *found = mn_call_array(o->call, n ? n : 1, sizeof(*found));
	size_t nfound = 0;

	if (!index || !found) {
		o->buf.failed = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (!index[type[i]]) {
			found[nfound] = type[i];
			index[type[i]] = (uint16_t)++nfound;
		}
	}
	wire_put_column(o, "types", WIRE_SYNAPSE_TYPE, found, nfound);
	for (size_t i = 0; i < n; i++)
		found[i] = (uint16_t)(index[type[i]] - 1);
	wire_put_column(o, "type", WIRE_SHORT, found, n);
}

void wire_put_fan(struct wire_out *o, const void *from)
{
	const mn_wire_fan *f = from;
	const mn_fan *fan = &f->fan;
	const size_t edges = f->n ? fan->start[f->n] : 0;

	put_counts(o, f);
	wire_put_column(o, "degree", WIRE_WHOLE, fan->degree, f->n);
	wire_put_column(o, "bound", WIRE_REAL, fan->bound, f->n);
	wire_put_column(o, "far", WIRE_ID, fan->far, edges);
	wire_put_column(o, "weight", WIRE_REAL, fan->weight, edges);
	if (!fan->synapse)
		return;
	wire_put_column(o, "synapse", WIRE_ID, fan->synapse, edges);
	put_types(o, fan->type, edges);
	wire_put_column(o, "out", WIRE_BIT, fan->out, edges);
}

/* Counts become offsets; their sum must be what is there. */
static bool take_counts(struct wire_in *in, const json_t *object, mn_wire_fan *f, size_t edges)
{
	uint32_t *count = NULL, *start;
	void *items = NULL;
	uint64_t sum = 0;

	if (!wire_take_list(
		    in, "count", WIRE_WHOLE, json_object_get(object, "count"), &items, &f->n))
		return false;
	count = items;
	f->fan.start = start = wire_room(in, f->n + 1, sizeof(*start));
	for (size_t i = 0; start && i < f->n; i++) {
		sum += count[i];
		if (sum > edges)
			break;
		start[i + 1] = (uint32_t)sum;
	}
	if (start && sum != edges)
		return wire_wrong(in, "count", "does not add up to the number of edges");
	return start != NULL;
}

static bool take_types(struct wire_in *in, const json_t *object, mn_fan *fan, size_t edges)
{
	const uint16_t *codes;
	uint16_t *type;
	const void *column;
	void *names = NULL;
	size_t n = 0;

	if (!wire_take_list(
		    in, "types", WIRE_SYNAPSE_TYPE, json_object_get(object, "types"), &names, &n)
		|| !wire_take_column(in, object, "type", WIRE_SHORT, edges, &column))
		return false;
	codes = names;
	fan->type = column;
	type = (uint16_t *)column; /* just made */
	for (size_t i = 0; type && i < edges; i++) {
		if (type[i] >= n)
			return wire_wrong(in, "type", "names a type that is not there");
		type[i] = codes[type[i]];
	}
	return true;
}

/* An empty column is there all the same: readers tell by the pointer what was wanted. */
static bool take_edges(struct wire_in *in, const json_t *object, mn_fan *fan, size_t edges)
{
	static const char *const together[] = {"types", "type", "out"};
	const void *synapse, *out;

	for (size_t i = 0; i < WIRE_COUNT(together); i++)
		if (!json_object_get(object, "synapse") != !json_object_get(object, together[i]))
			return wire_wrong(in, together[i], "and synapse are there together");
	if (!json_object_get(object, "synapse"))
		return true;
	if (!wire_take_column(in, object, "synapse", WIRE_ID, edges, &synapse)
		|| !take_types(in, object, fan, edges)
		|| !wire_take_column(in, object, "out", WIRE_BIT, edges, &out))
		return false;
	fan->synapse = edges ? synapse : wire_room(in, 1, sizeof(mn_id));
	fan->type = edges ? fan->type : wire_room(in, 1, sizeof(uint16_t));
	fan->out = edges ? out : wire_room(in, 1, sizeof(bool));
	return in->status == MN_OK;
}

bool wire_take_fan(struct wire_in *in, const json_t *object, void *out)
{
	const json_t *far = json_object_get(object, "far");
	const size_t edges = json_array_size(far);
	mn_wire_fan *f = out;
	const void *fars, *weights, *degrees, *bounds;

	if (!wire_take_members(in, fan_fields, object, f) || !take_counts(in, object, f, edges)
		|| !wire_take_column(in, object, "far", WIRE_ID, edges, &fars)
		|| !wire_take_column(in, object, "weight", WIRE_REAL, edges, &weights)
		|| !wire_take_column(in, object, "degree", WIRE_WHOLE, f->n, &degrees)
		|| !wire_take_column(in, object, "bound", WIRE_REAL, f->n, &bounds))
		return false;
	f->fan.far = fars;
	f->fan.weight = weights;
	f->fan.degree = degrees;
	f->fan.bound = bounds;
	return take_edges(in, object, &f->fan, edges);
}
