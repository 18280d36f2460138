/* SPDX-License-Identifier: MIT */
/* take.c - values and members of messages, read out of a tree into the call's arena. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/fail.h"
#include "base/str.h"
#include "base/type.h"
#include "wire/form.h"
#include "wire/names.h"
#include "wire/wire.h"

static const char *const must[] = {
	[WIRE_ID] = "must be a whole number from 0 on",
	[WIRE_WHOLE] = "must be a whole number from 0 to 4294967295",
	[WIRE_SHORT] = "must be a whole number from 0 to 65535",
	[WIRE_NATIVE] = "must be a whole number of 32 bits",
	[WIRE_TIME] = "must be a whole number: microseconds since 1970",
	[WIRE_REAL] = "must be a number",
	[WIRE_FLOAT] = "must be a number",
	[WIRE_TRUTH] = "must be true or false",
	[WIRE_BIT] = "must be 0 or 1",
	[WIRE_TEXT] = "must be text",
	[WIRE_NEURON_TYPE] = "must be the name of a type, at most 100 bytes",
	[WIRE_SYNAPSE_TYPE] = "must be the name of a type, at most 100 bytes",
	[WIRE_KIND] = "must be brain, neuron, state, synapse or fiber",
	[WIRE_FIELDS] = "must be an array of head, text, meta, uid and members",
	[WIRE_GEN] = "must be a generation: three hexadecimal numbers with \"-\" between them",
	[WIRE_IDS] = "must be an array",
	[WIRE_TEXTS] = "must be an array",
};

bool wire_wrong(struct wire_in *in, const char *name, const char *what)
{
	if (in->status != MN_OK)
		return false;
	if (in->list)
		in->status = mn_fail(in->call, MN_EINVAL, 0, "%.40s[%zu]: %.80s %s", in->list,
			in->index, name, what);
	else
		in->status = mn_fail(in->call, MN_EINVAL, 0, "%.80s %s", name, what);
	return false;
}

void *wire_room(struct wire_in *in, size_t n, size_t size)
{
	void *room = in->status == MN_OK ? mn_call_array(in->call, n, size) : NULL;

	if (!room && in->status == MN_OK)
		in->status = MN_ENOMEM;
	return room;
}

/* ---- Generations -------------------------------------------------------------------------- */

/* One number in its only form; *at moves behind it. */
static bool take_hex(mn_str s, size_t *at, uint64_t *out)
{
	const size_t from = *at;
	uint64_t x = 0;

	for (; *at < s.len && *at - from < 16; ++*at) {
		const char c = s.ptr[*at];

		if (c >= '0' && c <= '9')
			x = x << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			x = x << 4 | (uint64_t)(c - 'a' + 10);
		else
			break;
	}
	*out = x;
	return *at > from && (s.ptr[from] != '0' || *at == from + 1);
}

bool mn_wire_gen_read(mn_str s, mn_gen *out)
{
	mn_gen g;
	size_t at = 0;

	if (!take_hex(s, &at, &g.epoch) || at >= s.len || s.ptr[at++] != '-'
		|| !take_hex(s, &at, &g.graph) || at >= s.len || s.ptr[at++] != '-'
		|| !take_hex(s, &at, &g.state) || at != s.len)
		return false;
	*out = g;
	return true;
}

size_t mn_wire_gen_write(const mn_gen *g, char out[MN_WIRE_GEN_ROOM])
{
	return (size_t)snprintf(out, MN_WIRE_GEN_ROOM, "%" PRIx64 "-%" PRIx64 "-%" PRIx64, g->epoch,
		g->graph, g->state);
}

/* ---- Values ------------------------------------------------------------------------------- */

/* Digits of a number that is above what JSON's readers know. */
static bool digits(mn_str s, uint64_t *out)
{
	uint64_t x = 0;

	if (s.len < 19 || s.len > 20)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < '0' || s.ptr[i] > '9' || __builtin_mul_overflow(x, 10, &x)
			|| __builtin_add_overflow(x, (uint64_t)(s.ptr[i] - '0'), &x))
			return false;
	*out = x;
	return x > INT64_MAX;
}

static bool take_id(const json_t *v, uint64_t *out)
{
	const json_int_t n = json_integer_value(v);

	if (!json_is_integer(v))
		return json_is_string(v) && digits(mn_json_str(v), out);
	*out = (uint64_t)n;
	return n >= 0;
}

static bool take_upto(const json_t *v, json_int_t most, json_int_t *out)
{
	*out = json_integer_value(v);
	return json_is_integer(v) && *out >= 0 && *out <= most;
}

static bool take_whole(const json_t *v, uint32_t *out)
{
	json_int_t n;
	const bool fits = take_upto(v, UINT32_MAX, &n);

	*out = fits ? (uint32_t)n : 0;
	return fits;
}

static bool take_short(const json_t *v, uint16_t *out)
{
	json_int_t n;
	const bool fits = take_upto(v, UINT16_MAX, &n);

	*out = fits ? (uint16_t)n : 0;
	return fits;
}

static bool take_native(const json_t *v, int32_t *out)
{
	const json_int_t n = json_integer_value(v);

	*out = (int32_t)n;
	return json_is_integer(v) && n >= INT32_MIN && n <= INT32_MAX;
}

static bool take_float(const json_t *v, float *out)
{
	*out = (float)json_number_value(v);
	return json_is_number(v) && isfinite(*out);
}

static bool take_bit(const json_t *v, bool *out)
{
	json_int_t n;
	const bool fits = take_upto(v, 1, &n);

	*out = n == 1;
	return fits;
}

static bool take_text(struct wire_in *in, const json_t *v, mn_str *out)
{
	const mn_str s = mn_json_str(v);

	if (!s.ptr)
		return false;
	*out = s.len ? mn_call_copy(in->call, s) : (mn_str){NULL, 0};
	if (s.len && !out->ptr)
		in->status = MN_ENOMEM;
	return true;
}

static bool take_type(struct wire_in *in, int kind, const json_t *v, uint16_t *out)
{
	const mn_str s = mn_json_str(v);

	*out = 0;
	if (!s.ptr || s.len > 100 || (s.len && memchr(s.ptr, '\0', s.len)))
		return false;
	if (s.len && in->names == WIRE_ASKED)
		in->status = mn_type_ask(in->call, kind, s, out);
	else
		*out = mn_type_code(kind, s);
	if (s.len && !*out && in->names == WIRE_WRITTEN)
		wire_wrong(in, "type",
			"is one more than the 4096 names of types that are known at once");
	return true;
}

static bool find_word(mn_str s, const char *const *words, size_t n, int *out)
{
	for (size_t i = 0; s.ptr && i < n; i++)
		if (mn_str_is(s, words[i])) {
			*out = (int)i;
			return true;
		}
	return false;
}

static bool take_fields(const json_t *v, unsigned *out)
{
	int bit;

	*out = 0;
	for (size_t i = 0; i < json_array_size(v); i++) {
		if (!find_word(mn_json_str(json_array_get(v, i)), wire_fields, WIRE_NFIELDS, &bit))
			return false;
		*out |= 1u << bit;
	}
	return json_is_array(v);
}

static bool take_simple(struct wire_in *in, enum wire_form form, const json_t *v, void *at)
{
	switch (form) {
	case WIRE_ID: return take_id(v, at);
	case WIRE_WHOLE: return take_whole(v, at);
	case WIRE_SHORT: return take_short(v, at);
	case WIRE_NATIVE: return take_native(v, at);
	case WIRE_TIME: *(int64_t *)at = json_integer_value(v); return json_is_integer(v);
	case WIRE_REAL: *(double *)at = json_number_value(v); return json_is_number(v);
	case WIRE_FLOAT: return take_float(v, at);
	case WIRE_TRUTH: *(bool *)at = json_is_true(v); return json_is_boolean(v);
	case WIRE_BIT: return take_bit(v, at);
	case WIRE_TEXT: return take_text(in, v, at);
	case WIRE_NEURON_TYPE:
	case WIRE_SYNAPSE_TYPE: return take_type(in, wire_type_kind(form), v, at);
	case WIRE_KIND: return find_word(mn_json_str(v), wire_kinds, MN_KINDS, at);
	case WIRE_FIELDS: return take_fields(v, at);
	case WIRE_GEN: return mn_wire_gen_read(mn_json_str(v), at);
	default: return false;
	}
}

bool wire_take(struct wire_in *in, const char *name, enum wire_form form, const json_t *v, void *at)
{
	if (in->status != MN_OK)
		return false;
	if (form == WIRE_IDS || form == WIRE_TEXTS) {
		mn_strs *list = at; /* mn_ids is laid out alike */
		void *items = NULL;

		if (!wire_take_list(
			    in, name, form == WIRE_IDS ? WIRE_ID : WIRE_TEXT, v, &items, &list->n))
			return false;
		list->at = items;
		return true;
	}
	if (!take_simple(in, form, v, at))
		return wire_wrong(in, name, v ? must[form] : "is missing");
	return in->status == MN_OK;
}

bool wire_take_list(struct wire_in *in, const char *name, enum wire_form form, const json_t *v,
	void **at, size_t *n)
{
	const size_t size = wire_size(form), count = json_array_size(v);
	char *items;

	if (!json_is_array(v))
		return wire_wrong(in, name, v ? "must be an array" : "is missing");
	items = wire_room(in, count, size);
	if (!items)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!take_simple(in, form, json_array_get(v, i), items + i * size)) {
			char item[80];

			snprintf(item, sizeof(item), "%.40s[%zu]", name, i);
			return wire_wrong(in, item, must[form]);
		}
		if (in->status != MN_OK)
			return false;
	}
	*at = count ? items : NULL;
	*n = count;
	return true;
}

bool wire_take_column(struct wire_in *in, const json_t *object, const char *name,
	enum wire_form form, size_t n, const void **out)
{
	const json_t *v = json_object_get(object, name);
	size_t count = 0;
	void *items = NULL;

	*out = NULL;
	if (!v)
		return in->status == MN_OK;
	if (!wire_take_list(in, name, form, v, &items, &count))
		return false;
	if (count != n)
		return wire_wrong(in, name, "must be as long as the array it belongs to");
	*out = items;
	return true;
}

bool wire_take_word(struct wire_in *in, const char *name, const json_t *v, const char *const *words,
	size_t n, int *out)
{
	if (in->status != MN_OK)
		return false;
	if (find_word(mn_json_str(v), words, n, out))
		return true;
	return wire_wrong(in, name, v ? "is none of the words that are known" : "is missing");
}

/* ---- Members ------------------------------------------------------------------------------ */

static const struct wire_field *field_of(const struct wire_field *fields, const char *name)
{
	for (; fields->name; fields++)
		if (strcmp(fields->name, name) == 0)
			return fields;
	return NULL;
}

bool wire_take_members(
	struct wire_in *in, const struct wire_field *fields, const json_t *object, void *base)
{
	mn_member m = {.of = object};

	if (!json_is_object(object))
		return wire_wrong(in, "it", "must be an object");
	while (mn_member_next(&m)) {
		const struct wire_field *f = field_of(fields, m.name);

		if (!f)
			return wire_wrong(in, m.name, "is not a member of this message");
		if (f->form != WIRE_HAND
			&& !wire_take(in, f->name, f->form, m.value, (char *)base + f->at))
			return false;
	}
	for (const struct wire_field *f = fields; f->name; f++)
		if ((f->flags & WIRE_NEEDED) && !json_object_get(object, f->name))
			return wire_wrong(in, f->name, "is missing");
	return in->status == MN_OK;
}
