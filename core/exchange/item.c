/* SPDX-License-Identifier: MIT */
/* item.c - reads lines of the graph form. What a member must be stands in tables, a kind each. */
#include "exchange/item.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/iso.h"
#include "base/str.h"
#include "base/type.h"
#include "exchange/meta.h"

#define TEXT_MOST ((size_t)1 << 20)
#define LIST_MOST ((size_t)1 << 20)

enum form { UID, TEXT, TYPE, MOMENT, SHARE, RATE, COUNT, TEXTS, TRUTH, FLAGS, STAGE, OBJECT, NEST };

static const char *const must[] = {
	[UID] = "must be text, not empty, at most 1 MiB",
	[TEXT] = "must be text, at most 1 MiB",
	[TYPE] = "must be the name of a type, at most 100 bytes",
	[MOMENT] = "must be a moment such as \"2023-05-08T13:56:00Z\", or null",
	[SHARE] = "must be a number from 0 to 1",
	[RATE] = "must be a number",
	[COUNT] = "must be a whole number from 0 to 4294967295",
	[TEXTS] = "must be an array of texts",
	[TRUTH] = "must be true or false",
	[FLAGS] = "must be an array of names of flags",
	[STAGE] = "must be \"active\" or \"archived\"",
	[OBJECT] = "must be an object, at most 1 MiB",
	[NEST] = "must be an object",
};

struct field {
	const char *name;
	enum form form;
	unsigned given;
	size_t at; /* in mn_item */
};

#define AT(member) offsetof(mn_item, member)

static const struct field brain_fields[] = {
	{"name", TEXT, 0, AT(row.brain.name)},
	{"uid", TEXT, 0, AT(row.brain.uid)},
	{"config", OBJECT, MN_GIVEN_CONFIG, AT(row.brain.config)},
	{"clock", MOMENT, MN_GIVEN_LAST, AT(row.brain.clock)},
	{"created", MOMENT, 0, AT(row.brain.created)},
	{"updated", MOMENT, 0, AT(row.brain.updated)},
	{"meta", NEST, 0, 0},
	{NULL, NEST, 0, 0},
};

static const struct field neuron_fields[] = {
	{"uid", UID, 0, AT(row.neuron.uid)},
	{"type", TYPE, 0, AT(row.neuron.type)},
	{"text", TEXT, 0, AT(row.neuron.text)},
	{"created", MOMENT, MN_GIVEN_CREATED, AT(row.neuron.created)},
	{"updated", MOMENT, MN_GIVEN_UPDATED, AT(row.neuron.updated)},
	{"flags", FLAGS, MN_GIVEN_FLAGS, AT(row.neuron.flags)},
	{"state", NEST, MN_GIVEN_STATE, 0},
	{"meta", NEST, 0, 0},
	{NULL, NEST, 0, 0},
};

static const struct field state_fields[] = {
	{"level", SHARE, 0, AT(state.level)},
	{"decay", RATE, 0, AT(state.decay)},
	{"last", MOMENT, 0, AT(state.last)},
	{"uses", COUNT, 0, AT(state.uses)},
	{NULL, NEST, 0, 0},
};

static const struct field synapse_fields[] = {
	{"uid", UID, 0, AT(row.synapse.uid)},
	{"from", UID, 0, AT(from)},
	{"to", UID, 0, AT(to)},
	{"type", TYPE, 0, AT(row.synapse.type)},
	{"weight", SHARE, MN_GIVEN_WEIGHT, AT(row.synapse.base)},
	{"two_way", TRUTH, MN_GIVEN_FLAGS, 0},
	{"uses", COUNT, MN_GIVEN_USES, AT(row.synapse.uses)},
	{"created", MOMENT, MN_GIVEN_CREATED, AT(row.synapse.created)},
	{"last", MOMENT, MN_GIVEN_LAST, AT(row.synapse.last)},
	{"meta", NEST, 0, 0},
	{NULL, NEST, 0, 0},
};

static const struct field fiber_fields[] = {
	{"uid", UID, 0, AT(row.fiber.uid)},
	{"anchor", UID, 0, AT(from)},
	{"summary", TEXT, MN_GIVEN_SUMMARY, AT(row.fiber.summary)},
	{"tags", TEXTS, MN_GIVEN_TAGS, AT(row.fiber.tags)},
	{"neurons", TEXTS, MN_GIVEN_MEMBERS, AT(neurons)},
	{"synapses", TEXTS, MN_GIVEN_MEMBERS, AT(synapses)},
	{"star", TRUTH, MN_GIVEN_FLAGS, 0},
	{"salience", SHARE, MN_GIVEN_SALIENCE, AT(row.fiber.salience)},
	{"coherence", SHARE, MN_GIVEN_COHERENCE, AT(row.fiber.coherence)},
	{"uses", COUNT, MN_GIVEN_USES, AT(row.fiber.uses)},
	{"created", MOMENT, MN_GIVEN_CREATED, AT(row.fiber.created)},
	{"first", MOMENT, MN_GIVEN_FIRST, AT(row.fiber.first)},
	{"last", MOMENT, MN_GIVEN_LAST, AT(row.fiber.last)},
	{"stage", STAGE, MN_GIVEN_STAGE, AT(row.fiber.stage)},
	{"encode", TRUTH, 0, 0},
	{"meta", NEST, 0, 0},
	{NULL, NEST, 0, 0},
};

static const struct field *field_of(const struct field *fields, const char *name)
{
	for (; fields->name; fields++)
		if (strcmp(fields->name, name) == 0)
			return fields;
	return NULL;
}

struct parse {
	mn_arena *arena;
	mn_item *item;
	bool full; /* out of memory */
};

static const char *const flags[] = {"anchor", "dated", "asks", "self", "when", "archived"};

const char *mn_item_flag_name(unsigned i)
{
	return i < sizeof(flags) / sizeof(*flags) ? flags[i] : NULL;
}

uint16_t mn_item_flag(mn_str name)
{
	for (unsigned i = 0; mn_item_flag_name(i); i++)
		if (mn_str_is(name, flags[i]))
			return (uint16_t)(1u << i);
	return 0;
}

/* ---- Values ------------------------------------------------------------------------------- */

static bool keep(struct parse *p, mn_str s, mn_str *out)
{
	*out = s.len ? mn_arena_copy(p->arena, s) : (mn_str){NULL, 0};
	p->full |= s.len && !out->ptr;
	return true;
}

static bool take_text(struct parse *p, const json_t *v, bool empty, mn_str *out)
{
	mn_str s = mn_json_str(v);

	if (!s.ptr || s.len > TEXT_MOST || (s.len == 0 && !empty))
		return false;
	return keep(p, s, out);
}

static bool take_type(int kind, const json_t *v, uint16_t *out)
{
	mn_str s = mn_json_str(v);

	*out = s.ptr && s.len <= 100 ? mn_type_code(kind, s) : 0;
	return *out != 0;
}

static bool take_moment(const json_t *v, mn_time *out)
{
	*out = 0;
	return json_is_null(v) || (json_is_string(v) && mn_iso_read(mn_json_str(v), out));
}

static bool take_number(const json_t *v, bool share, double *out)
{
	*out = json_number_value(v);
	return json_is_number(v) && isfinite(*out) && (!share || (*out >= 0 && *out <= 1));
}

static bool take_count(const json_t *v, uint32_t *out)
{
	json_int_t n = json_integer_value(v);

	*out = (uint32_t)n;
	return json_is_integer(v) && n >= 0 && n <= UINT32_MAX;
}

static bool take_texts(struct parse *p, const json_t *v, mn_strs *out)
{
	size_t n = json_array_size(v);
	mn_str *items = mn_arena_array(p->arena, n, sizeof(*items));

	p->full |= !items;
	if (!json_is_array(v) || n > LIST_MOST || !items)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!take_text(p, json_array_get(v, i), false, &items[i]))
			return false;
	*out = (mn_strs){items, n};
	return true;
}

/* One bit of a row's flags, and what else a truth may be about. */
static bool take_truth(mn_item *item, const struct field *f, const json_t *v)
{
	uint16_t *bits = item->kind == MN_FIBER ? &item->row.fiber.flags : &item->row.synapse.flags;
	uint16_t bit = item->kind == MN_FIBER ? MN_FIBER_STAR : MN_SYNAPSE_TWO_WAY;

	if (!json_is_boolean(v))
		return false;
	if (!f->given)
		item->encode = json_is_true(v);
	else
		*bits = json_is_true(v) ? bit : 0;
	return true;
}

static bool take_flags(const json_t *v, uint16_t *out)
{
	if (!json_is_array(v))
		return false;
	for (size_t i = 0; i < json_array_size(v); i++) {
		uint16_t flag = mn_item_flag(mn_json_str(json_array_get(v, i)));

		if (!flag)
			return false;
		*out |= flag;
	}
	return true;
}

static bool take_stage(const json_t *v, uint16_t *out)
{
	mn_str s = mn_json_str(v);

	*out = mn_str_is(s, "archived") ? MN_STAGE_ARCHIVED : MN_STAGE_ACTIVE;
	return *out || mn_str_is(s, "active");
}

static bool take_object(struct parse *p, const json_t *v, mn_str *out)
{
	mn_buf b = MN_BUF(TEXT_MOST);
	bool fits = json_is_object(v);

	if (fits && json_object_size(v)) {
		fits = mn_json_write(v, &b) == MN_OK;
		p->full |= b.failed && !b.full;
		if (fits)
			keep(p, mn_buf_view(&b), out);
	}
	mn_buf_free(&b);
	return fits;
}

static bool take_value(struct parse *p, const struct field *f, const json_t *v)
{
	void *at = (char *)p->item + f->at;

	switch (f->form) {
	case UID: return take_text(p, v, false, at);
	case TEXT: return take_text(p, v, true, at);
	case TYPE: return take_type(p->item->kind, v, at);
	case MOMENT: return take_moment(v, at);
	case SHARE: return take_number(v, true, at);
	case RATE: return take_number(v, false, at);
	case COUNT: return take_count(v, at);
	case TEXTS: return take_texts(p, v, at);
	case TRUTH: return take_truth(p->item, f, v);
	case FLAGS: return take_flags(v, at);
	case STAGE: return take_stage(v, at);
	case OBJECT: return take_object(p, v, at);
	case NEST: return json_is_object(v);
	}
	return false;
}

/* ---- Objects ------------------------------------------------------------------------------ */

struct report {
	char *why;
	size_t room;
};

static int wrong(const struct report *r, const char *name, const char *what)
{
	snprintf(r->why, r->room, "%s %s", name, what);
	return MN_EINVAL;
}

static int take_members(
	struct parse *p, const struct field *fields, const json_t *object, const struct report *r)
{
	mn_member m = {.of = object};

	while (mn_member_next(&m)) {
		const struct field *f = field_of(fields, m.name);

		if (!f)
			continue;
		if (!take_value(p, f, m.value))
			return p->full ? MN_ENOMEM : wrong(r, f->name, must[f->form]);
		p->item->given |= f->given;
	}
	return p->full ? MN_ENOMEM : MN_OK;
}

static bool known(const void *fields, const char *name)
{
	return field_of(fields, name) != NULL;
}

/* meta, and the members that have no place of their own. */
static int take_meta(struct parse *p, const struct field *fields, const json_t *object, mn_str *out,
	const struct report *r)
{
	mn_buf b = MN_BUF(TEXT_MOST);
	const char *twice = mn_meta_gather(object, known, fields, &b);
	int status = MN_OK;

	if (twice) {
		snprintf(r->why, r->room, "\"%.80s\" stands in meta and beside it", twice);
		status = MN_EINVAL;
	} else if (b.failed && !b.full) {
		status = MN_ENOMEM;
	} else if (b.full) {
		status = wrong(r, "meta", must[OBJECT]);
	} else {
		keep(p, mn_buf_view(&b), out);
		p->item->given |= out->len || json_object_get(object, "meta") ? MN_GIVEN_META : 0;
	}
	mn_buf_free(&b);
	return p->full ? MN_ENOMEM : status;
}

/* ---- Uids --------------------------------------------------------------------------------- */

/* The uid a neuron goes by; its own one is dropped if it is the derived one. */
static int name_neuron(struct parse *p, const struct report *r)
{
	mn_neuron *n = &p->item->row.neuron;
	const char *type = mn_type_name(MN_NEURON, n->type);
	size_t prefix = strlen(type) + 1;
	char *name;

	if (n->uid.len && n->type == MN_MEMORY) {
		p->item->name = n->uid;
		return MN_OK;
	}
	if (n->type == MN_MEMORY)
		return wrong(r, "uid", "must be there: a neuron of type memory has no other name");
	name = mn_arena_alloc(p->arena, prefix + n->text.len);
	if (!name)
		return MN_ENOMEM;
	memcpy(name, type, prefix - 1);
	name[prefix - 1] = ':';
	if (n->text.len)
		memcpy(name + prefix, n->text.ptr, n->text.len);
	p->item->name = (mn_str){name, prefix + n->text.len};
	if (mn_str_eq(p->item->name, n->uid))
		n->uid = (mn_str){NULL, 0};
	else if (n->uid.len)
		p->item->name = n->uid;
	return MN_OK;
}

/* N of "#N" when that is all there is; 0: something else. */
static uint32_t ordinal_of(mn_str s)
{
	uint32_t n = 0;

	if (s.len < 2 || s.len > 10 || *s.ptr != '#' || s.ptr[1] == '0')
		return 0;
	for (size_t i = 1; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return 0;
		n = n * 10 + (uint32_t)(s.ptr[i] - '0');
	}
	return n;
}

/* Drops a uid that is the derived one, FROM|TYPE|TO with an ordinal behind it from 2 on. */
static void name_synapse(mn_item *item)
{
	mn_synapse *s = &item->row.synapse;
	mn_str rest = s->uid, type = mn_str_of(mn_type_name(MN_SYNAPSE, s->type));
	const mn_str parts[] = {item->from, MN_STR("|"), type, MN_STR("|"), item->to};

	item->ordinal = 1;
	for (size_t i = 0; i < 5; i++) {
		if (!mn_str_eq(mn_str_sub(rest, 0, parts[i].len), parts[i]))
			return;
		rest = mn_str_sub(rest, parts[i].len, SIZE_MAX);
	}
	if (rest.len && ordinal_of(rest) < 2)
		return;
	item->ordinal = rest.len ? ordinal_of(rest) : 1;
	s->uid = (mn_str){NULL, 0};
}

/* ---- Rows --------------------------------------------------------------------------------- */

static int read_brain(struct parse *p, const json_t *object, const struct report *r)
{
	int status = take_members(p, brain_fields, object, r);

	return status == MN_OK ? take_meta(p, brain_fields, object, &p->item->row.brain.meta, r)
			       : status;
}

static int read_neuron(struct parse *p, const json_t *object, const struct report *r)
{
	mn_neuron *n = &p->item->row.neuron;
	int status = take_members(p, neuron_fields, object, r);

	if (status == MN_OK && (!n->type || !json_object_get(object, "text")))
		return wrong(r, n->type ? "text" : "type", "is missing");
	p->item->state.decay = -1;
	if (status == MN_OK && (p->item->given & MN_GIVEN_STATE))
		status = take_members(p, state_fields, json_object_get(object, "state"), r);
	if (status == MN_OK)
		status = take_meta(p, neuron_fields, object, &n->meta, r);
	return status == MN_OK ? name_neuron(p, r) : status;
}

static int read_synapse(struct parse *p, const json_t *object, const struct report *r)
{
	mn_synapse *s = &p->item->row.synapse;
	int status = take_members(p, synapse_fields, object, r);

	if (status != MN_OK)
		return status;
	if (!s->type || !p->item->from.len || !p->item->to.len)
		return wrong(r,
			!s->type            ? "type"
			: p->item->from.len ? "to"
					    : "from",
			"is missing");
	name_synapse(p->item);
	return take_meta(p, synapse_fields, object, &s->meta, r);
}

static int read_fiber(struct parse *p, const json_t *object, const struct report *r)
{
	mn_fiber *f = &p->item->row.fiber;
	int status = take_members(p, fiber_fields, object, r);

	if (status != MN_OK)
		return status;
	if (!p->item->from.len)
		return wrong(r, "anchor", "is missing");
	if ((f->flags & MN_FIBER_STAR) && (p->item->given & MN_GIVEN_MEMBERS))
		return wrong(r, "star", "is for fibers whose members are not listed");
	if (!(p->item->given & (MN_GIVEN_MEMBERS | MN_GIVEN_FLAGS)))
		f->flags = MN_FIBER_STAR;
	if (mn_str_eq(f->uid, p->item->from))
		f->uid = (mn_str){NULL, 0};
	if (f->tags.n > 1000)
		return wrong(r, "tags", "are more than 1,000");
	return take_meta(p, fiber_fields, object, &f->meta, r);
}

int mn_item_read(const json_t *line, mn_arena *arena, mn_item *out, char *why, size_t room)
{
	static const struct {
		const char *name;
		int kind;
		int (*read)(struct parse *, const json_t *, const struct report *);
	} kinds[] = {
		{"neuron", MN_NEURON, read_neuron},
		{"synapse", MN_SYNAPSE, read_synapse},
		{"fiber", MN_FIBER, read_fiber},
		{"brain", MN_BRAIN, read_brain},
	};
	struct parse p = {.arena = arena, .item = out};
	const struct report r = {why, room};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const json_t *object = json_object_get(line, kinds[i].name);

		if (!object || json_object_size(line) != 1)
			continue;
		if (!json_is_object(object))
			return wrong(&r, kinds[i].name, must[NEST]);
		memset(out, 0, sizeof(*out));
		out->kind = kinds[i].kind;
		return kinds[i].read(&p, object, &r);
	}
	return wrong(&r, "the line", "must be an object with one member: neuron, synapse or fiber");
}
