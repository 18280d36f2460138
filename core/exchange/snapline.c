/* SPDX-License-Identifier: MIT */
/* snapline.c - a line of a snapshot as a row. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/type.h"
#include "exchange/canonical.h"
#include "exchange/snapshot.h"

struct parse {
	mn_arena *arena;
	const json_t *object;
	mn_buf scratch;
	bool wrong, full;
};

/* ---- Members ------------------------------------------------------------------------------ */

static mn_str copy(struct parse *p, mn_str s)
{
	mn_str out = {NULL, 0};

	if (s.len)
		out = mn_arena_copy(p->arena, s);
	p->full |= s.len && !out.ptr;
	return out;
}

static mn_str text(struct parse *p, const char *name)
{
	const mn_str s = mn_json_str(json_object_get(p->object, name));

	p->wrong |= !s.ptr;
	return copy(p, s);
}

static json_int_t whole(struct parse *p, const char *name, json_int_t least, json_int_t most)
{
	const json_t *value = json_object_get(p->object, name);
	const json_int_t n = json_integer_value(value);

	p->wrong |= !json_is_integer(value) || n < least || n > most;
	return n;
}

static mn_time moment(struct parse *p, const char *name)
{
	return whole(p, name, INT64_MIN, INT64_MAX);
}

static double number(struct parse *p, const char *name)
{
	const json_t *value = json_object_get(p->object, name);

	p->wrong |= !json_is_number(value);
	return json_number_value(value);
}

static mn_strs list(struct parse *p, const char *name)
{
	const json_t *value = json_object_get(p->object, name);
	const size_t n = json_array_size(value);
	mn_str *at = mn_arena_array(p->arena, n, sizeof(*at));

	p->wrong |= !json_is_array(value);
	p->full |= !at;
	for (size_t i = 0; at && i < n; i++) {
		const mn_str s = mn_json_str(json_array_get(value, i));

		p->wrong |= !s.ptr;
		at[i] = copy(p, s);
	}
	return (mn_strs){at, at ? n : 0};
}

/* What was kept as text: JSON, or a string where it was none. */
static mn_str object(struct parse *p, const char *name)
{
	const json_t *value = json_object_get(p->object, name);

	p->wrong |= !value;
	if (json_is_string(value))
		return copy(p, mn_json_str(value));
	if (!value || (json_is_object(value) && json_object_size(value) == 0))
		return (mn_str){NULL, 0};
	mn_buf_clear(&p->scratch);
	p->full |= mn_canonical_json(&p->scratch, value) != MN_OK || !mn_buf_ok(&p->scratch);
	return p->full ? (mn_str){NULL, 0} : copy(p, mn_buf_view(&p->scratch));
}

static uint16_t type(struct parse *p, int kind)
{
	const mn_str name = mn_json_str(json_object_get(p->object, "type"));
	const uint16_t code = name.len && name.len <= 100 ? mn_type_code(kind, name) : 0;

	p->wrong |= !code;
	return code;
}

/* ---- Rows --------------------------------------------------------------------------------- */

static bool skip(mn_str *rest, mn_str part)
{
	if (!mn_str_eq(mn_str_sub(*rest, 0, part.len), part))
		return false;
	*rest = mn_str_sub(*rest, part.len, SIZE_MAX);
	return true;
}

static void read_brain(struct parse *p, mn_snapline *out)
{
	mn_brain_row *b = &out->row.brain;

	b->clock = moment(p, "clock");
	b->config = object(p, "config");
	b->meta = object(p, "meta");
}

static void read_neuron(struct parse *p, mn_snapline *out)
{
	mn_neuron *n = &out->row.neuron;
	mn_str rest;

	n->created = moment(p, "created");
	n->flags = (uint16_t)whole(p, "flags", 0, UINT16_MAX);
	n->meta = object(p, "meta");
	n->text = text(p, "text");
	n->type = type(p, MN_NEURON);
	n->updated = moment(p, "updated");
	out->uid = out->base = rest = n->uid = text(p, "uid");
	/* No store finds a memory by its text: with it the uid is its own. */
	if (!p->wrong && n->type != MN_MEMORY
		&& skip(&rest, mn_str_of(mn_type_name(MN_NEURON, n->type)))
		&& skip(&rest, MN_STR(":")) && mn_str_eq(rest, n->text))
		n->uid = (mn_str){NULL, 0};
}

static void read_state(struct parse *p, mn_snapline *out)
{
	mn_state *s = &out->row.state;

	s->decay = json_is_null(json_object_get(p->object, "decay")) ? -1 : number(p, "decay");
	s->last = moment(p, "last");
	s->level = number(p, "level");
	s->uses = (uint32_t)whole(p, "uses", 0, UINT32_MAX);
	out->uid = out->base = text(p, "neuron");
}

/* Is this "#2", "#3" ...? */
static bool is_ordinal(mn_str s)
{
	if (s.len < 2 || s.len > 20 || *s.ptr != '#' || s.ptr[1] == '0' || mn_str_is(s, "#1"))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	return true;
}

static void read_synapse(struct parse *p, mn_snapline *out)
{
	mn_synapse *s = &out->row.synapse;
	mn_str rest;

	s->base = number(p, "base");
	s->created = moment(p, "created");
	s->flags = (uint16_t)whole(p, "flags", 0, UINT16_MAX);
	out->from = text(p, "from");
	s->last = moment(p, "last");
	s->meta = object(p, "meta");
	out->to = text(p, "to");
	s->type = type(p, MN_SYNAPSE);
	s->uses = (uint32_t)whole(p, "uses", 0, UINT32_MAX);
	out->uid = out->base = rest = s->uid = text(p, "uid");
	if (p->wrong || !skip(&rest, out->from) || !skip(&rest, MN_STR("|"))
		|| !skip(&rest, mn_str_of(mn_type_name(MN_SYNAPSE, s->type)))
		|| !skip(&rest, MN_STR("|")) || !skip(&rest, out->to))
		return;
	if (rest.len && !is_ordinal(rest))
		return;
	out->base.len -= rest.len;
	s->uid = (mn_str){NULL, 0};
}

static void read_fiber(struct parse *p, mn_snapline *out)
{
	mn_fiber *f = &out->row.fiber;

	out->from = text(p, "anchor");
	f->coherence = number(p, "coherence");
	f->created = moment(p, "created");
	f->first = moment(p, "first");
	f->flags = (uint16_t)whole(p, "flags", 0, UINT16_MAX);
	f->last = moment(p, "last");
	f->meta = object(p, "meta");
	out->neurons = list(p, "neurons");
	f->salience = number(p, "salience");
	f->stage = (uint16_t)whole(p, "stage", 0, UINT16_MAX);
	f->summary = text(p, "summary");
	out->synapses = list(p, "synapses");
	f->tags = list(p, "tags");
	out->uid = out->base = f->uid = text(p, "uid");
	f->uses = (uint32_t)whole(p, "uses", 0, UINT32_MAX);
	if (mn_str_eq(f->uid, out->from))
		f->uid = (mn_str){NULL, 0};
}

static const struct {
	const char *name;
	void (*read)(struct parse *, mn_snapline *);
} kinds[MN_KINDS] = {
	[MN_BRAIN] = {"brain", read_brain},
	[MN_NEURON] = {"neuron", read_neuron},
	[MN_STATE] = {"state", read_state},
	[MN_SYNAPSE] = {"synapse", read_synapse},
	[MN_FIBER] = {"fiber", read_fiber},
};

/* ---- Lines -------------------------------------------------------------------------------- */

static int write_again(const mn_snapline *l, mn_buf *out)
{
	const mn_fiber_names names = {l->uid, l->from, l->neurons, l->synapses, l->row.fiber.tags};

	switch (l->kind) {
	case MN_BRAIN: return mn_canonical_brain(out, &l->row.brain);
	case MN_NEURON: return mn_canonical_neuron(out, &l->row.neuron, l->uid);
	case MN_STATE: return mn_canonical_state(out, &l->row.state, l->uid);
	case MN_SYNAPSE: return mn_canonical_synapse(out, &l->row.synapse, l->uid, l->from, l->to);
	default: return mn_canonical_fiber(out, &l->row.fiber, &names);
	}
}

static int check_again(struct parse *p, mn_str line, const mn_snapline *out)
{
	mn_str again;

	mn_buf_clear(&p->scratch);
	if (write_again(out, &p->scratch) != MN_OK || !mn_buf_ok(&p->scratch))
		return MN_ENOMEM;
	again = mn_buf_view(&p->scratch);
	again.len--;
	return mn_str_eq(again, line) ? MN_OK : MN_EINVAL;
}

static int read_kind(struct parse *p, const json_t *root, mn_snapline *out)
{
	for (int kind = 0; kind < MN_KINDS; kind++) {
		p->object = json_object_get(root, kinds[kind].name);
		if (!json_is_object(p->object))
			continue;
		*out = (mn_snapline){.kind = kind};
		kinds[kind].read(p, out);
		return p->full ? MN_ENOMEM : p->wrong ? MN_EINVAL : MN_OK;
	}
	return MN_EINVAL;
}

int mn_snapline_read(mn_str line, mn_arena *arena, mn_snapline *out, char *why, size_t room)
{
	struct parse p = {.arena = arena, .scratch = MN_BUF(2 * MN_SNAPSHOT_LINE)};
	json_t *root = NULL;
	int status = mn_json_read(line, why, room, &root);

	if (status != MN_OK)
		return status;
	status = read_kind(&p, root, out);
	json_decref(root);
	if (status == MN_OK)
		status = check_again(&p, line, out);
	if (status == MN_EINVAL)
		snprintf(why, room, "this is not how a row is written");
	mn_buf_free(&p.scratch);
	return status;
}

mn_time mn_snapline_time(const mn_snapline *l)
{
	const mn_time a = l->kind == MN_NEURON    ? l->row.neuron.created
			  : l->kind == MN_STATE   ? l->row.state.last
			  : l->kind == MN_SYNAPSE ? l->row.synapse.created
			  : l->kind == MN_FIBER   ? l->row.fiber.created
						  : l->row.brain.clock;
	const mn_time b = l->kind == MN_NEURON    ? l->row.neuron.updated
			  : l->kind == MN_SYNAPSE ? l->row.synapse.last
						  : a;

	return a > b ? a : b;
}
