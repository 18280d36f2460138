/* SPDX-License-Identifier: MIT */
/* row.c - rows of every kind, and the messages that are made of them. */
#include "base/str.h"
#include "wire/form.h"
#include "wire/names.h"

#define BRAIN(member) offsetof(mn_brain_row, member)
#define NEURON(member) offsetof(mn_neuron, member)
#define STATE(member) offsetof(mn_state, member)
#define SYNAPSE(member) offsetof(mn_synapse, member)
#define FIBER(member) offsetof(mn_fiber, member)

const struct wire_field wire_brain_fields[] = {
	{"id", WIRE_ID, 0, BRAIN(id)},
	{"uid", WIRE_TEXT, 0, BRAIN(uid)},
	{"name", WIRE_TEXT, 0, BRAIN(name)},
	{"config", WIRE_TEXT, 0, BRAIN(config)},
	{"meta", WIRE_TEXT, 0, BRAIN(meta)},
	{"neurons", WIRE_ID, 0, BRAIN(neurons)},
	{"synapses", WIRE_ID, 0, BRAIN(synapses)},
	{"fibers", WIRE_ID, 0, BRAIN(fibers)},
	{"bytes", WIRE_ID, 0, BRAIN(bytes)},
	{"created", WIRE_TIME, 0, BRAIN(created)},
	{"updated", WIRE_TIME, 0, BRAIN(updated)},
	{"clock", WIRE_TIME, 0, BRAIN(clock)},
	{NULL, WIRE_HAND, 0, 0},
};

static const struct wire_field neuron_fields[] = {
	{"id", WIRE_ID, WIRE_EACH, NEURON(id)},
	{"type", WIRE_NEURON_TYPE, 0, NEURON(type)},
	{"flags", WIRE_SHORT, 0, NEURON(flags)},
	{"uid", WIRE_TEXT, 0, NEURON(uid)},
	{"text", WIRE_TEXT, 0, NEURON(text)},
	{"meta", WIRE_TEXT, 0, NEURON(meta)},
	{"created", WIRE_TIME, 0, NEURON(created)},
	{"updated", WIRE_TIME, 0, NEURON(updated)},
	{NULL, WIRE_HAND, 0, 0},
};

static const struct wire_field state_fields[] = {
	{"id", WIRE_ID, WIRE_EACH, STATE(id)},
	{"level", WIRE_REAL, WIRE_TUNE | WIRE_BUMP, STATE(level)},
	{"decay", WIRE_REAL, WIRE_TUNE, STATE(decay)},
	{"last", WIRE_TIME, WIRE_BUMP, STATE(last)},
	{"uses", WIRE_WHOLE, WIRE_BUMP, STATE(uses)},
	{NULL, WIRE_HAND, 0, 0},
};

static const struct wire_field synapse_fields[] = {
	{"id", WIRE_ID, WIRE_EACH, SYNAPSE(id)},
	{"from", WIRE_ID, 0, SYNAPSE(from)},
	{"to", WIRE_ID, 0, SYNAPSE(to)},
	{"type", WIRE_SYNAPSE_TYPE, 0, SYNAPSE(type)},
	{"flags", WIRE_SHORT, 0, SYNAPSE(flags)},
	{"base", WIRE_REAL, WIRE_TUNE, SYNAPSE(base)},
	{"uses", WIRE_WHOLE, WIRE_TUNE | WIRE_BUMP, SYNAPSE(uses)},
	{"uid", WIRE_TEXT, 0, SYNAPSE(uid)},
	{"meta", WIRE_TEXT, 0, SYNAPSE(meta)},
	{"created", WIRE_TIME, 0, SYNAPSE(created)},
	{"last", WIRE_TIME, WIRE_TUNE | WIRE_BUMP, SYNAPSE(last)},
	{NULL, WIRE_HAND, 0, 0},
};

static const struct wire_field fiber_fields[] = {
	{"id", WIRE_ID, WIRE_EACH, FIBER(id)},
	{"anchor", WIRE_ID, 0, FIBER(anchor)},
	{"stage", WIRE_SHORT, WIRE_TUNE, FIBER(stage)},
	{"flags", WIRE_SHORT, 0, FIBER(flags)},
	{"uid", WIRE_TEXT, 0, FIBER(uid)},
	{"summary", WIRE_TEXT, 0, FIBER(summary)},
	{"meta", WIRE_TEXT, 0, FIBER(meta)},
	{"neurons", WIRE_IDS, 0, FIBER(neurons)},
	{"synapses", WIRE_IDS, 0, FIBER(synapses)},
	{"tags", WIRE_TEXTS, 0, FIBER(tags)},
	{"salience", WIRE_REAL, WIRE_TUNE, FIBER(salience)},
	{"coherence", WIRE_REAL, WIRE_TUNE, FIBER(coherence)},
	{"uses", WIRE_WHOLE, WIRE_TUNE, FIBER(uses)},
	{"created", WIRE_TIME, 0, FIBER(created)},
	{"first", WIRE_TIME, 0, FIBER(first)},
	{"last", WIRE_TIME, 0, FIBER(last)},
	{NULL, WIRE_HAND, 0, 0},
};

static const struct wire_field *const row_fields[MN_KINDS] = {
	[MN_BRAIN] = wire_brain_fields,
	[MN_NEURON] = neuron_fields,
	[MN_STATE] = state_fields,
	[MN_SYNAPSE] = synapse_fields,
	[MN_FIBER] = fiber_fields,
};
static const uint16_t row_sizes[MN_KINDS] = MN_ROW_SIZES;

/* Every row begins with its id. */
static mn_id id_of(const void *row)
{
	return *(const mn_id *)row;
}

static void put_row(struct wire_out *o, int kind, const void *row, unsigned only)
{
	mn_buf_char(&o->buf, '{');
	wire_put_members(o, row_fields[kind], row, only);
	mn_buf_char(&o->buf, '}');
}

/* ---- Rows and pages ----------------------------------------------------------------------- */

void wire_put_rows(struct wire_out *o, const mn_rows *rows)
{
	const char *row = rows->at.any;

	wire_put(o, "kind", WIRE_KIND, &rows->kind);
	if (o->wrong)
		return;
	wire_name(o, "rows");
	mn_buf_char(&o->buf, '[');
	for (size_t i = 0; i < rows->n; i++, row += row_sizes[rows->kind]) {
		if (i)
			mn_buf_char(&o->buf, ',');
		if (rows->kind != MN_BRAIN && id_of(row) == 0)
			mn_buf_text(&o->buf, "null");
		else
			put_row(o, rows->kind, row, 0);
	}
	mn_buf_char(&o->buf, ']');
}

static bool take_row(struct wire_in *in, int kind, const json_t *v, void *row)
{
	if (json_is_null(v) && kind != MN_BRAIN)
		return true;
	if (!wire_take_members(in, row_fields[kind], v, row))
		return false;
	return kind == MN_BRAIN || id_of(row) || wire_wrong(in, "id", "must be there, and not 0");
}

bool wire_take_rows(struct wire_in *in, const json_t *object, mn_rows *out)
{
	const json_t *list = json_object_get(object, "rows");
	const size_t n = json_array_size(list);
	char *rows;

	if (!wire_take(in, "kind", WIRE_KIND, json_object_get(object, "kind"), &out->kind))
		return false;
	if (!json_is_array(list))
		return wire_wrong(in, "rows", list ? "must be an array" : "is missing");
	rows = wire_room(in, n, row_sizes[out->kind]);
	in->list = "rows";
	for (in->index = 0; rows && in->index < n; in->index++)
		if (!take_row(in, out->kind, json_array_get(list, in->index),
			    rows + in->index * row_sizes[out->kind]))
			return false;
	in->list = NULL;
	out->n = n;
	out->at.any = rows;
	return rows != NULL;
}

static const struct wire_field rows_fields[] = {
	{"kind", WIRE_HAND, WIRE_NEEDED, 0},
	{"rows", WIRE_HAND, WIRE_NEEDED, 0},
	{NULL, WIRE_HAND, 0, 0},
};

void wire_put_rows_message(struct wire_out *o, const void *from)
{
	wire_put_rows(o, from);
}

bool wire_take_rows_message(struct wire_in *in, const json_t *object, void *out)
{
	return wire_take_members(in, rows_fields, object, out) && wire_take_rows(in, object, out);
}

static const struct wire_field page_fields[] = {
	{"kind", WIRE_HAND, WIRE_NEEDED, 0},
	{"rows", WIRE_HAND, WIRE_NEEDED, 0},
	{"resume", WIRE_TEXT, 0, offsetof(mn_page, resume)},
	{"last", WIRE_TRUTH, 0, offsetof(mn_page, last)},
	{NULL, WIRE_HAND, 0, 0},
};

void wire_put_page(struct wire_out *o, const void *from)
{
	const mn_page *page = from;

	wire_put_rows(o, &page->rows);
	wire_put_members(o, page_fields, page, 0);
}

bool wire_take_page(struct wire_in *in, const json_t *object, void *out)
{
	mn_page *page = out;

	return wire_take_members(in, page_fields, object, page)
	       && wire_take_rows(in, object, &page->rows);
}

/* ---- Changes ------------------------------------------------------------------------------ */

static const char *const ops[] = {"add", "put", "tune", "bump", "fold", "drop"};
static const unsigned op_reads[] = {
	[MN_TUNE] = WIRE_TUNE, [MN_BUMP] = WIRE_BUMP, [MN_DROP] = WIRE_DROP};

static const struct wire_field changes_fields[] = {
	{"expect", WIRE_GEN, 0, offsetof(mn_wire_changes, expect)},
	{"changes", WIRE_HAND, WIRE_NEEDED, 0},
	{NULL, WIRE_HAND, 0, 0},
};
static const struct wire_field change_fields[] = {
	{"op", WIRE_HAND, WIRE_NEEDED, 0},
	{"kind", WIRE_KIND, WIRE_NEEDED, offsetof(mn_change, kind)},
	{"row", WIRE_HAND, 0, 0},
	{NULL, WIRE_HAND, 0, 0},
};

static void put_change(struct wire_out *o, const mn_change *c)
{
	const bool known = c->op >= MN_ADD && c->op <= MN_DROP;

	if (!known) {
		wire_cannot(o, "op", "is none");
		return;
	}
	mn_buf_char(&o->buf, '{');
	wire_put_word(o, "op", ops[c->op]);
	wire_put(o, "kind", WIRE_KIND, &c->kind);
	if (c->row && c->op != MN_FOLD && !o->wrong) {
		wire_name(o, "row");
		put_row(o, c->kind, c->row, op_reads[c->op]);
	}
	mn_buf_char(&o->buf, '}');
}

void wire_put_changes(struct wire_out *o, const void *from)
{
	const mn_wire_changes *c = from;

	if (c->has_expect)
		wire_put(o, "expect", WIRE_GEN, &c->expect);
	wire_name(o, "changes");
	mn_buf_char(&o->buf, '[');
	for (size_t i = 0; i < c->n && !o->wrong; i++) {
		if (i)
			mn_buf_char(&o->buf, ',');
		put_change(o, &c->at[i]);
	}
	mn_buf_char(&o->buf, ']');
}

static bool take_change(struct wire_in *in, const json_t *v, mn_change *c)
{
	const json_t *row = json_object_get(v, "row");
	void *at;

	if (!wire_take_members(in, change_fields, v, c)
		|| !wire_take_word(
			in, "op", json_object_get(v, "op"), ops, WIRE_COUNT(ops), &c->op))
		return false;
	if (!row)
		return true;
	at = wire_room(in, 1, row_sizes[c->kind]);
	c->row = at;
	return at && wire_take_members(in, row_fields[c->kind], row, at);
}

bool wire_take_changes(struct wire_in *in, const json_t *object, void *out)
{
	const json_t *list = json_object_get(object, "changes");
	mn_wire_changes *c = out;
	mn_change *changes;

	if (!wire_take_members(in, changes_fields, object, c))
		return false;
	if (!json_is_array(list))
		return wire_wrong(in, "changes", "must be an array");
	c->has_expect = json_object_get(object, "expect") != NULL;
	c->n = json_array_size(list);
	changes = wire_room(in, c->n, sizeof(*changes));
	in->list = "changes";
	for (in->index = 0; changes && in->index < c->n; in->index++)
		if (!take_change(in, json_array_get(list, in->index), &changes[in->index]))
			return false;
	in->list = NULL;
	c->at = changes;
	return changes != NULL;
}
