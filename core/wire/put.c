/* SPDX-License-Identifier: MIT */
/* put.c - values and members of messages, written. No tree is built: text goes into the buffer. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "wire/form.h"
#include "wire/names.h"

void wire_cannot(struct wire_out *o, const char *name, const char *why)
{
	if (o->wrong)
		return;
	o->wrong = name;
	o->why = why;
}

void wire_name(struct wire_out *o, const char *name)
{
	mn_buf *b = &o->buf;

	if (b->len && b->ptr[b->len - 1] != '{')
		mn_buf_char(b, ',');
	mn_buf_char(b, '"');
	mn_buf_text(b, name);
	mn_buf_add(b, "\":", 2);
}

void wire_put_word(struct wire_out *o, const char *name, const char *word)
{
	wire_name(o, name);
	mn_buf_json(&o->buf, mn_str_of(word));
}

/* ---- Values ------------------------------------------------------------------------------- */

/* printf costs more than all else about a column of ids. */
static void put_whole(mn_buf *b, uint64_t x, bool minus)
{
	char text[24];
	char *at = text + sizeof(text);
	bool quoted = x > INT64_MAX && !minus;

	if (quoted)
		*--at = '"';
	do {
		*--at = (char)('0' + x % 10);
		x /= 10;
	} while (x);
	if (minus)
		*--at = '-';
	if (quoted)
		*--at = '"';
	mn_buf_add(b, at, (size_t)(text + sizeof(text) - at));
}

static void put_signed(mn_buf *b, int64_t x)
{
	put_whole(b, x < 0 ? 0 - (uint64_t)x : (uint64_t)x, x < 0);
}

static void put_real(struct wire_out *o, const char *name, double x)
{
	if (!isfinite(x))
		wire_cannot(o, name, "is not a finite number");
	else
		mn_buf_number(&o->buf, x);
}

/* The shortest text that gives this float again. */
static void put_float(struct wire_out *o, const char *name, float x)
{
	char text[40];

	for (int digits = 6; digits < 9; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, (double)x);
		if ((float)strtod(text, NULL) == x) {
			put_real(o, name, strtod(text, NULL));
			return;
		}
	}
	put_real(o, name, (double)x);
}

static void put_text(struct wire_out *o, const char *name, mn_str s)
{
	if (s.len && !mn_text_valid(s))
		wire_cannot(o, name, "is not valid UTF-8 without NUL");
	else
		mn_buf_json(&o->buf, s);
}

static void put_kind(struct wire_out *o, const char *name, int kind)
{
	if (kind < 0 || kind >= MN_KINDS)
		wire_cannot(o, name, "is not a kind of rows");
	else
		mn_buf_json(&o->buf, mn_str_of(wire_kinds[kind]));
}

static void put_fields(struct wire_out *o, unsigned fields)
{
	bool more = false;

	mn_buf_char(&o->buf, '[');
	for (size_t i = 0; i < WIRE_NFIELDS; i++) {
		if (!(fields & 1u << i))
			continue;
		if (more)
			mn_buf_char(&o->buf, ',');
		mn_buf_json(&o->buf, mn_str_of(wire_fields[i]));
		more = true;
	}
	mn_buf_char(&o->buf, ']');
}

static void put_gen(mn_buf *b, const mn_gen *g)
{
	mn_buf_printf(b, "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "\"", g->epoch, g->graph, g->state);
}

size_t wire_size(enum wire_form form)
{
	switch (form) {
	case WIRE_ID:
	case WIRE_TIME:
	case WIRE_REAL: return 8;
	case WIRE_WHOLE:
	case WIRE_NATIVE:
	case WIRE_KIND:
	case WIRE_FIELDS:
	case WIRE_FLOAT: return 4;
	case WIRE_SHORT:
	case WIRE_NEURON_TYPE:
	case WIRE_SYNAPSE_TYPE: return 2;
	case WIRE_TRUTH:
	case WIRE_BIT: return sizeof(bool);
	case WIRE_GEN: return sizeof(mn_gen);
	case WIRE_TEXT: return sizeof(mn_str);
	default: return sizeof(mn_strs);
	}
}

static void put_array(
	struct wire_out *o, const char *name, enum wire_form form, const void *at, size_t n);

static void put_value(struct wire_out *o, const char *name, enum wire_form form, const void *at)
{
	mn_buf *b = &o->buf;

	switch (form) {
	case WIRE_ID: put_whole(b, *(const uint64_t *)at, false); break;
	case WIRE_WHOLE: put_whole(b, *(const uint32_t *)at, false); break;
	case WIRE_SHORT: put_whole(b, *(const uint16_t *)at, false); break;
	case WIRE_NATIVE: put_signed(b, *(const int32_t *)at); break;
	case WIRE_TIME: put_signed(b, *(const int64_t *)at); break;
	case WIRE_REAL: put_real(o, name, *(const double *)at); break;
	case WIRE_FLOAT: put_float(o, name, *(const float *)at); break;
	case WIRE_TRUTH: mn_buf_text(b, *(const bool *)at ? "true" : "false"); break;
	case WIRE_BIT: mn_buf_char(b, *(const bool *)at ? '1' : '0'); break;
	case WIRE_TEXT: put_text(o, name, *(const mn_str *)at); break;
	case WIRE_NEURON_TYPE:
	case WIRE_SYNAPSE_TYPE:
		put_text(o, name, wire_type_name(form, *(const uint16_t *)at));
		break;
	case WIRE_KIND: put_kind(o, name, *(const int *)at); break;
	case WIRE_FIELDS: put_fields(o, *(const unsigned *)at); break;
	case WIRE_GEN: put_gen(b, at); break;
	case WIRE_IDS:
		put_array(o, name, WIRE_ID, ((const mn_ids *)at)->at, ((const mn_ids *)at)->n);
		break;
	case WIRE_TEXTS:
		put_array(o, name, WIRE_TEXT, ((const mn_strs *)at)->at, ((const mn_strs *)at)->n);
		break;
	case WIRE_HAND: break;
	}
}

static void put_array(
	struct wire_out *o, const char *name, enum wire_form form, const void *at, size_t n)
{
	const size_t size = wire_size(form);
	const char *item = at;

	mn_buf_char(&o->buf, '[');
	for (size_t i = 0; i < n; i++, item += size) {
		if (i)
			mn_buf_char(&o->buf, ',');
		put_value(o, name, form, item);
	}
	mn_buf_char(&o->buf, ']');
}

/* ---- Members ------------------------------------------------------------------------------ */

void wire_put(struct wire_out *o, const char *name, enum wire_form form, const void *at)
{
	wire_name(o, name);
	put_value(o, name, form, at);
}

void wire_put_column(
	struct wire_out *o, const char *name, enum wire_form form, const void *at, size_t n)
{
	if (!at && n)
		return;
	wire_name(o, name);
	put_array(o, name, form, at, n);
}

static bool at_default(enum wire_form form, const void *at)
{
	switch (form) {
	case WIRE_ID: return *(const uint64_t *)at == 0;
	case WIRE_TIME: return *(const int64_t *)at == 0;
	case WIRE_WHOLE:
	case WIRE_NATIVE:
	case WIRE_FIELDS: return *(const uint32_t *)at == 0;
	case WIRE_SHORT:
	case WIRE_NEURON_TYPE:
	case WIRE_SYNAPSE_TYPE: return *(const uint16_t *)at == 0;
	case WIRE_REAL: return *(const double *)at == 0;
	case WIRE_TRUTH: return !*(const bool *)at;
	case WIRE_TEXT: return ((const mn_str *)at)->len == 0;
	case WIRE_IDS: return ((const mn_ids *)at)->n == 0;
	case WIRE_TEXTS: return ((const mn_strs *)at)->n == 0;
	default: return false;
	}
}

void wire_put_members(
	struct wire_out *o, const struct wire_field *fields, const void *base, unsigned only)
{
	for (const struct wire_field *f = fields; f->name; f++) {
		const void *at = (const char *)base + f->at;

		if (f->form == WIRE_HAND || (only && !(f->flags & only)))
			continue;
		if ((f->flags & WIRE_NEEDED) || !at_default(f->form, at))
			wire_put(o, f->name, f->form, at);
	}
}
