/* SPDX-License-Identifier: MIT */
#include "emit.h"

#include <inttypes.h>

#include "base/iso.h"
#include "base/json.h"
#include "base/str.h"

/* What stands before a member: a comma unless it is the first, and its key. */
static void begin(mn_printer *pr, const char *key)
{
	if (pr->comma)
		fputc(',', pr->to);
	pr->comma = true;
	if (key) {
		mn_print_json(pr, mn_str_of(key));
		fputc(':', pr->to);
	}
}

void mn_emit_open(mn_printer *pr, const char *key, char bracket)
{
	begin(pr, key);
	fputc(bracket, pr->to);
	pr->comma = false;
}

void mn_emit_close(mn_printer *pr, char bracket)
{
	fputc(bracket, pr->to);
	pr->comma = true;
}

void mn_emit_end(mn_printer *pr)
{
	fputc('\n', pr->to);
	pr->comma = false;
}

void mn_emit_text(mn_printer *pr, const char *key, mn_str text)
{
	begin(pr, key);
	mn_print_json(pr, text);
}

void mn_emit_count(mn_printer *pr, const char *key, uint64_t n)
{
	begin(pr, key);
	fprintf(pr->to, "%" PRIu64, n);
}

void mn_emit_number(mn_printer *pr, const char *key, double value)
{
	begin(pr, key);
	mn_print_json_number(pr, value);
}

void mn_emit_bool(mn_printer *pr, const char *key, bool value)
{
	begin(pr, key);
	fputs(value ? "true" : "false", pr->to);
}

void mn_emit_time(mn_printer *pr, const char *key, mn_time t)
{
	char iso[MN_ISO_ROOM];
	size_t n = mn_iso_write(t, iso);

	begin(pr, key);
	if (t)
		fprintf(pr->to, "\"%.*s\"", (int)n, iso);
	else
		fputs("null", pr->to);
}

static void object(mn_printer *pr, const char *key, const json_t *value)
{
	mn_member m = {.of = value};

	mn_emit_open(pr, key, '{');
	while (mn_member_next(&m))
		mn_emit_value(pr, m.name, m.value);
	mn_emit_close(pr, '}');
}

static void array(mn_printer *pr, const char *key, const json_t *value)
{
	mn_emit_open(pr, key, '[');
	for (size_t i = 0; i < json_array_size(value); i++)
		mn_emit_value(pr, NULL, json_array_get(value, i));
	mn_emit_close(pr, ']');
}

void mn_emit_value(mn_printer *pr, const char *key, const struct json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT: object(pr, key, value); break;
	case JSON_ARRAY: array(pr, key, value); break;
	case JSON_STRING: mn_emit_text(pr, key, mn_json_str(value)); break;
	case JSON_REAL: mn_emit_number(pr, key, json_real_value(value)); break;
	case JSON_TRUE: mn_emit_bool(pr, key, true); break;
	case JSON_FALSE: mn_emit_bool(pr, key, false); break;
	case JSON_INTEGER:
		begin(pr, key);
		fprintf(pr->to, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_NULL:
		begin(pr, key);
		fputs("null", pr->to);
		break;
	}
}

void mn_emit_json(mn_printer *pr, const char *key, mn_str text)
{
	char why[64];
	json_t *value = NULL;

	if (mn_json_read(text.len ? text : MN_STR("{}"), why, sizeof(why), &value)) {
		begin(pr, key);
		fputs("null", pr->to);
		return;
	}
	mn_emit_value(pr, key, value);
	json_decref(value);
}

void mn_emit_cell(mn_printer *pr, mn_str text)
{
	mn_buf b = MN_BUF(text.len + 2);
	char why[64];
	json_t *list = NULL;

	mn_buf_char(&b, '[');
	mn_buf_str(&b, text);
	mn_buf_char(&b, ']');
	if (mn_buf_ok(&b))
		mn_json_read(mn_buf_view(&b), why, sizeof(why), &list);
	if (json_array_size(list) == 1) {
		mn_emit_value(pr, NULL, json_array_get(list, 0));
	} else {
		begin(pr, NULL);
		fputs("null", pr->to);
	}
	json_decref(list);
	mn_buf_free(&b);
}
