/* SPDX-License-Identifier: MIT */
#include "exchange/shape.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/iso.h"
#include "base/str.h"

#define MOST_ECHO 200 /* bytes of a text that is given back */

/* ---- Complaints --------------------------------------------------------------------------- */

static mn_str cut(mn_str s)
{
	if (s.len <= MOST_ECHO)
		return s;
	s.len = MOST_ECHO;
	while (s.len && ((unsigned char)s.ptr[s.len] & 0xC0) == 0x80)
		s.len--;
	return s;
}

/* A value as it came, if it is short; of a longer one what it is. */
static void echo(mn_buf *b, const json_t *input)
{
	mn_buf whole = MN_BUF(MOST_ECHO);

	if (json_is_string(input)) {
		mn_buf_json(b, cut(mn_json_str(input)));
	} else if (input && mn_json_write(input, &whole) == MN_OK && mn_buf_ok(&whole)) {
		mn_buf_str(b, mn_buf_view(&whole));
	} else {
		mn_buf_text(b, json_is_object(input) ? "{}" : json_is_array(input) ? "[]" : "null");
	}
	mn_buf_free(&whole);
}

void mn_complain(mn_complaints *c, const char *place, const char *name, const char *type,
	const char *msg, const json_t *input, const char *ctx)
{
	mn_buf *b = &c->text;

	if (c->n++ >= MN_COMPLAINTS)
		return;
	mn_buf_printf(b, "%s{\"type\":\"%s\",\"loc\":[\"%s\"", c->n > 1 ? "," : "", type, place);
	if (c->list)
		mn_buf_printf(b, ",\"%s\",%zu", c->list, c->index);
	if (name)
		mn_buf_printf(b, ",\"%s\"", name);
	mn_buf_text(b, "],\"msg\":");
	mn_buf_json(b, mn_str_of(msg));
	mn_buf_text(b, ",\"input\":");
	echo(b, input);
	if (ctx)
		mn_buf_printf(b, ",\"ctx\":{%s}", ctx);
	mn_buf_char(b, '}');
}

/* ---- Bounds ------------------------------------------------------------------------------- */

static bool bounded(const mn_shape *s)
{
	return s->least != 0 || s->most != 0;
}

static size_t characters(mn_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
	return n;
}

void mn_complain_range(
	mn_complaints *c, const char *place, const mn_shape *s, double x, const json_t *value)
{
	char msg[96], ctx[48];

	if (x < s->least) {
		snprintf(msg, sizeof(msg), "Input should be greater than or equal to %.17g",
			s->least);
		snprintf(ctx, sizeof(ctx), "\"ge\":%.17g", s->least);
		mn_complain(c, place, s->name, "greater_than_equal", msg, value, ctx);
	} else if (x > s->most) {
		snprintf(msg, sizeof(msg), "Input should be less than or equal to %.17g", s->most);
		snprintf(ctx, sizeof(ctx), "\"le\":%.17g", s->most);
		mn_complain(c, place, s->name, "less_than_equal", msg, value, ctx);
	}
}

static void check_length(
	mn_complaints *c, const mn_shape *s, size_t n, const char *what, const json_t *value)
{
	const bool text = s->form == MN_FORM_TEXT;
	char msg[120], ctx[48];

	if ((double)n < s->least) {
		snprintf(msg, sizeof(msg), "%s should have at least %g %s%s",
			text ? "String" : "List", s->least, what, s->least == 1 ? "" : "s");
		snprintf(ctx, sizeof(ctx), "\"min_length\":%g", s->least);
		mn_complain(c, "body", s->name, text ? "string_too_short" : "too_short", msg, value,
			ctx);
	} else if ((double)n > s->most) {
		snprintf(msg, sizeof(msg), "%s should have at most %.17g %s%s",
			text ? "String" : "List", s->most, what, s->most == 1 ? "" : "s");
		snprintf(ctx, sizeof(ctx), "\"max_length\":%.17g", s->most);
		mn_complain(
			c, "body", s->name, text ? "string_too_long" : "too_long", msg, value, ctx);
	}
}

/* ---- Forms -------------------------------------------------------------------------------- */

static void refuse(mn_complaints *c, const mn_shape *s, const json_t *value)
{
	static const struct {
		const char *type, *msg;
	} must[] = {
		[MN_FORM_TEXT] = {"string_type", "Input should be a valid string"},
		[MN_FORM_REAL] = {"float_type", "Input should be a valid number"},
		[MN_FORM_WHOLE] = {"int_type", "Input should be a valid integer"},
		[MN_FORM_TRUTH] = {"bool_type", "Input should be a valid boolean"},
		[MN_FORM_MOMENT] = {"datetime_parsing",
			"Input should be a valid datetime, in ISO 8601"},
		[MN_FORM_OBJECT] = {"dict_type", "Input should be a valid dictionary"},
		[MN_FORM_LIST] = {"list_type", "Input should be a valid list"},
		[MN_FORM_TEXTS] = {"list_type", "Input should be a valid list of strings"},
	};

	mn_complain(c, "body", s->name, must[s->form].type, must[s->form].msg, value, NULL);
}

static void take_whole(mn_complaints *c, const mn_shape *s, const json_t *value, int64_t *out)
{
	double x = json_number_value(value);

	if (!json_is_number(value) || fabs(x) > 9e15)
		refuse(c, s, value);
	else if (x != floor(x))
		mn_complain(c, "body", s->name, "int_from_float",
			"Input should be a valid integer, got a number with a fractional part",
			value, NULL);
	else {
		*out = (int64_t)x;
		if (bounded(s))
			mn_complain_range(c, "body", s, x, value);
	}
}

static void take_real(mn_complaints *c, const mn_shape *s, const json_t *value, double *out)
{
	if (!json_is_number(value)) {
		refuse(c, s, value);
		return;
	}
	*out = json_number_value(value);
	if (bounded(s))
		mn_complain_range(c, "body", s, *out, value);
}

static void take_text(mn_complaints *c, const mn_shape *s, const json_t *value, mn_str *out)
{
	if (!json_is_string(value)) {
		refuse(c, s, value);
		return;
	}
	*out = mn_json_str(value);
	if (bounded(s))
		check_length(c, s, characters(*out), "character", value);
}

static void take_moment(mn_complaints *c, const mn_shape *s, const json_t *value, mn_time *out)
{
	if (!json_is_string(value) || !mn_iso_read(mn_json_str(value), out))
		refuse(c, s, value);
}

static int take_texts(mn_complaints *c, const mn_shape *s, const json_t *value, mn_strs *out)
{
	const size_t n = json_array_size(value);
	mn_str *at;

	if (!json_is_array(value)) {
		refuse(c, s, value);
		return MN_OK;
	}
	if (bounded(s))
		check_length(c, s, n, "item", value);
	at = mn_call_array(c->call, n, sizeof(*at));
	if (!at)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		at[i] = mn_json_str(json_array_get(value, i));
		if (!at[i].ptr) {
			refuse(c, s, value);
			return MN_OK;
		}
	}
	*out = (mn_strs){at, n};
	return MN_OK;
}

static int take(mn_complaints *c, const mn_shape *s, const json_t *value, void *to)
{
	switch (s->form) {
	case MN_FORM_TEXT: take_text(c, s, value, to); break;
	case MN_FORM_REAL: take_real(c, s, value, to); break;
	case MN_FORM_WHOLE: take_whole(c, s, value, to); break;
	case MN_FORM_MOMENT: take_moment(c, s, value, to); break;
	case MN_FORM_TEXTS: return take_texts(c, s, value, to);
	case MN_FORM_TRUTH:
		if (json_is_boolean(value))
			*(bool *)to = json_is_true(value);
		else
			refuse(c, s, value);
		break;
	default:
		if (s->form == MN_FORM_OBJECT ? json_is_object(value) : json_is_array(value))
			*(const json_t **)to = value;
		else
			refuse(c, s, value);
		if (s->form == MN_FORM_LIST && bounded(s))
			check_length(c, s, json_array_size(value), "item", value);
	}
	return MN_OK;
}

/* ---- Bodies ------------------------------------------------------------------------------- */

int mn_shape_read(mn_complaints *c, const json_t *object, const mn_shape *shape, void *out)
{
	uint64_t *given = out;

	if (!json_is_object(object)) {
		mn_complain(c, "body", NULL, "model_attributes_type",
			"Input should be a valid dictionary or object to extract fields from",
			object, NULL);
		return MN_OK;
	}
	for (size_t i = 0; shape[i].name; i++) {
		const mn_shape *s = &shape[i];
		const json_t *value = json_object_get(object, s->name);
		int rc;

		if (!value) {
			if (s->flags & MN_SHAPE_MUST)
				mn_complain(c, "body", s->name, "missing", "Field required", object,
					NULL);
			continue;
		}
		*given |= UINT64_C(1) << i;
		if (json_is_null(value) && (s->flags & MN_SHAPE_NULL))
			continue;
		rc = take(c, s, value, (char *)out + s->at);
		if (rc != MN_OK)
			return rc;
	}
	return MN_OK;
}
