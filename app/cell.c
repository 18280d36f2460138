/* SPDX-License-Identifier: MIT */
#include "cell.h"

#include <inttypes.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"

enum { VALUE_MOST = 1 << 20 };

/* What a node is called: the first of these that it has. */
static mn_str name_of(const json_t *own)
{
	static const char *const names[] = {"text", "name", "summary", "title", "uid"};
	mn_str text = {0};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !text.len; i++)
		text = mn_json_str(json_object_get(own, names[i]));
	return text;
}

/* A node has labels and properties, a link a type and properties. */
static bool read_entity(mn_arena *arena, const json_t *v, mn_cell *out)
{
	const json_t *own = json_object_get(v, "properties");
	const json_t *labels = json_object_get(v, "labels");
	mn_str label = mn_json_str(json_array_get(labels, 0)), name = name_of(own);
	mn_str type = mn_json_str(json_object_get(v, "type"));
	json_int_t id = json_integer_value(json_object_get(own, "id"));

	if (!json_is_object(own) || (!json_is_array(labels) && !type.ptr))
		return false;
	out->kind = json_is_array(labels) ? MN_CELL_NODE : MN_CELL_LINK;
	out->id = id > 0 ? (mn_id)id : 0;
	if (out->kind == MN_CELL_LINK)
		out->text = mn_arena_printf(arena, "[%.*s]", MN_FMT(type));
	else
		out->text = mn_arena_printf(arena, "(%.*s) %.*s", MN_FMT(label), (int)name.len,
			name.len ? name.ptr : "");
	return true;
}

/* From which of both nodes does the link at i of a path lead? */
static bool leads_on(const json_t *path, size_t i)
{
	mn_str from = mn_json_str(json_object_get(json_array_get(path, i), "startNodeElementId"));

	return mn_str_eq(
		from, mn_json_str(json_object_get(json_array_get(path, i - 1), "elementId")));
}

/* A path is a list: a node, a link, a node, and so on. */
static bool read_path(mn_arena *arena, const json_t *v, mn_cell *out)
{
	const size_t n = json_array_size(v);
	mn_buf b = MN_BUF(VALUE_MOST);
	bool fits = n >= 3 && n % 2 == 1;

	for (size_t i = 0; i < n && fits; i++) {
		const bool link = i % 2, on = link && leads_on(v, i);
		mn_cell part = {0};

		fits = read_entity(arena, json_array_get(v, i), &part)
		       && part.kind == (link ? MN_CELL_LINK : MN_CELL_NODE);
		mn_buf_text(&b, !link ? "" : on ? " -" : " <-");
		mn_buf_str(&b, part.text);
		mn_buf_text(&b, !link ? "" : on ? "-> " : "- ");
	}
	if (fits && mn_buf_ok(&b)) {
		out->kind = MN_CELL_VALUE;
		out->text = mn_arena_copy(arena, mn_buf_view(&b));
	}
	fits = fits && mn_buf_ok(&b);
	mn_buf_free(&b);
	return fits;
}

static mn_str compact(mn_arena *arena, const json_t *v)
{
	mn_buf b = MN_BUF(VALUE_MOST);
	mn_str text = MN_STR("...");

	if (mn_json_write(v, &b) == MN_OK || b.full)
		text = b.full ? text : mn_arena_copy(arena, mn_buf_view(&b));
	else
		text = (mn_str){0};
	mn_buf_free(&b);
	return text;
}

static void read_value(mn_arena *arena, const json_t *v, mn_cell *out)
{
	if (json_is_string(v)) {
		out->kind = MN_CELL_TEXT;
		out->text = mn_arena_copy(arena, mn_json_str(v));
	} else if (json_is_integer(v)) {
		out->kind = MN_CELL_NUMBER;
		out->text = mn_arena_printf(arena, "%" PRId64, (int64_t)json_integer_value(v));
	} else if (json_is_real(v)) {
		out->kind = MN_CELL_NUMBER;
		out->text = mn_arena_printf(arena, "%.10g", json_real_value(v));
	} else if (json_is_boolean(v)) {
		out->kind = MN_CELL_TRUTH;
		out->text = json_is_true(v) ? MN_STR("true") : MN_STR("false");
	} else if (!json_is_null(v) && !read_entity(arena, v, out) && !read_path(arena, v, out)) {
		out->kind = MN_CELL_VALUE;
		out->text = compact(arena, v);
	}
}

/* mn_json_read takes objects and arrays, so the value is put into one. */
int mn_cell_read(mn_arena *arena, mn_str json, mn_cell *out)
{
	mn_buf b = MN_BUF(json.len + 2);
	json_t *list = NULL;
	char why[64];
	int status;

	*out = (mn_cell){.kind = MN_CELL_NOTHING, .text = MN_STR("null")};
	mn_buf_char(&b, '[');
	mn_buf_str(&b, json);
	mn_buf_char(&b, ']');
	status = mn_buf_ok(&b) ? mn_json_read(mn_buf_view(&b), why, sizeof(why), &list) : MN_ENOMEM;
	if (status == MN_OK && json_array_size(list) == 1)
		read_value(arena, json_array_get(list, 0), out);
	json_decref(list);
	mn_buf_free(&b);
	return status == MN_ENOMEM || !out->text.ptr ? MN_ENOMEM : MN_OK;
}
