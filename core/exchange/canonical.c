/* SPDX-License-Identifier: MIT */
#include "exchange/canonical.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/str.h"

/* ---- JSON with its names sorted ------------------------------------------------------------- */

static int write_value(mn_buf *out, const json_t *value);

static int by_name(const void *a, const void *b)
{
	return mn_str_cmp(mn_str_of(*(char *const *)a), mn_str_of(*(char *const *)b));
}

static int write_object(mn_buf *out, const json_t *object)
{
	const size_t n = json_object_size(object);
	const char **names = mn_alloc_zero(n + 1, sizeof(*names));
	int status = MN_OK;
	size_t i = 0;

	if (!names)
		return MN_ENOMEM;
	for (void *it = json_object_iter((json_t *)object); it;
		it = json_object_iter_next((json_t *)object, it))
		names[i++] = json_object_iter_key(it);
	qsort(names, n, sizeof(*names), by_name);
	mn_buf_char(out, '{');
	for (i = 0; status == MN_OK && i < n; i++) {
		if (i)
			mn_buf_char(out, ',');
		mn_buf_json(out, mn_str_of(names[i]));
		mn_buf_char(out, ':');
		status = write_value(out, json_object_get(object, names[i]));
	}
	mn_buf_char(out, '}');
	mn_free(names);
	return status;
}

static int write_array(mn_buf *out, const json_t *array)
{
	int status = MN_OK;

	mn_buf_char(out, '[');
	for (size_t i = 0; status == MN_OK && i < json_array_size(array); i++) {
		if (i)
			mn_buf_char(out, ',');
		status = write_value(out, json_array_get(array, i));
	}
	mn_buf_char(out, ']');
	return status;
}

/* As deep as mn_json_read lets a text be. */
static int write_value(mn_buf *out, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT: return write_object(out, value);
	case JSON_ARRAY: return write_array(out, value);
	case JSON_STRING: mn_buf_json(out, mn_json_str(value)); break;
	case JSON_INTEGER:
		mn_buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL: mn_buf_number(out, json_real_value(value)); break;
	case JSON_TRUE: mn_buf_text(out, "true"); break;
	case JSON_FALSE: mn_buf_text(out, "false"); break;
	case JSON_NULL: mn_buf_text(out, "null"); break;
	}
	return MN_OK;
}

int mn_canonical_json(mn_buf *out, const json_t *value)
{
	return write_value(out, value);
}

static int write_json(mn_buf *out, mn_str text)
{
	char why[128];
	json_t *value;
	int status;

	if (text.len == 0) {
		mn_buf_text(out, "{}");
		return MN_OK;
	}
	status = mn_json_read(text, why, sizeof(why), &value);
	if (status == MN_EINVAL) {
		mn_buf_json(out, text);
		return MN_OK;
	}
	if (status != MN_OK)
		return status;
	status = write_value(out, value);
	json_decref(value);
	return status;
}

/* ---- Members ----------------------------------------------------------------------------------
 */

static void put_name(mn_buf *out, const char *name)
{
	mn_buf_printf(out, "%s\"%s\":", out->ptr[out->len - 1] == '{' ? "" : ",", name);
}

static void put_int(mn_buf *out, const char *name, int64_t value)
{
	put_name(out, name);
	mn_buf_printf(out, "%" PRId64, value);
}

static void put_number(mn_buf *out, const char *name, double value)
{
	put_name(out, name);
	mn_buf_number(out, value);
}

static void put_text(mn_buf *out, const char *name, mn_str value)
{
	put_name(out, name);
	mn_buf_json(out, value);
}

static void put_list(mn_buf *out, const char *name, mn_strs list)
{
	put_name(out, name);
	mn_buf_char(out, '[');
	for (size_t i = 0; i < list.n; i++) {
		if (i)
			mn_buf_char(out, ',');
		mn_buf_json(out, list.at[i]);
	}
	mn_buf_char(out, ']');
}

static int put_json(mn_buf *out, const char *name, mn_str value)
{
	put_name(out, name);
	return write_json(out, value);
}

/* ---- Lines ------------------------------------------------------------------------------------
 */

int mn_canonical_brain(mn_buf *out, const mn_brain_row *b)
{
	int status;

	mn_buf_text(out, "{\"brain\":{");
	if (!mn_buf_ok(out))
		return MN_ENOMEM;
	put_int(out, "clock", b->clock);
	status = put_json(out, "config", b->config);
	if (status == MN_OK)
		status = put_json(out, "meta", b->meta);
	mn_buf_text(out, "}}\n");
	return status;
}

int mn_canonical_neuron(mn_buf *out, const mn_neuron *n, mn_str uid)
{
	int status;

	mn_buf_text(out, "{\"neuron\":{");
	if (!mn_buf_ok(out))
		return MN_ENOMEM;
	put_int(out, "created", n->created);
	put_int(out, "flags", n->flags);
	status = put_json(out, "meta", n->meta);
	put_text(out, "text", n->text);
	put_text(out, "type", mn_str_of(mn_type_name(MN_NEURON, n->type)));
	put_text(out, "uid", uid);
	put_int(out, "updated", n->updated);
	mn_buf_text(out, "}}\n");
	return status;
}

bool mn_canonical_no_state(const mn_state *s)
{
	return s->id == 0 || (s->level == 0 && s->uses == 0 && s->last == 0 && s->decay < 0);
}

int mn_canonical_state(mn_buf *out, const mn_state *s, mn_str neuron)
{
	mn_buf_text(out, "{\"state\":{");
	if (!mn_buf_ok(out))
		return MN_ENOMEM;
	put_name(out, "decay");
	if (s->decay < 0)
		mn_buf_text(out, "null");
	else
		mn_buf_number(out, s->decay);
	put_int(out, "last", s->last);
	put_number(out, "level", s->level);
	put_text(out, "neuron", neuron);
	put_int(out, "uses", s->uses);
	mn_buf_text(out, "}}\n");
	return MN_OK;
}

int mn_canonical_synapse(mn_buf *out, const mn_synapse *s, mn_str uid, mn_str from, mn_str to)
{
	int status;

	mn_buf_text(out, "{\"synapse\":{");
	if (!mn_buf_ok(out))
		return MN_ENOMEM;
	put_number(out, "base", s->base);
	put_int(out, "created", s->created);
	put_int(out, "flags", s->flags);
	put_text(out, "from", from);
	put_int(out, "last", s->last);
	status = put_json(out, "meta", s->meta);
	put_text(out, "to", to);
	put_text(out, "type", mn_str_of(mn_type_name(MN_SYNAPSE, s->type)));
	put_text(out, "uid", uid);
	put_int(out, "uses", s->uses);
	mn_buf_text(out, "}}\n");
	return status;
}

int mn_canonical_fiber(mn_buf *out, const mn_fiber *f, const mn_fiber_names *names)
{
	int status;

	mn_buf_text(out, "{\"fiber\":{");
	if (!mn_buf_ok(out))
		return MN_ENOMEM;
	put_text(out, "anchor", names->anchor);
	put_number(out, "coherence", f->coherence);
	put_int(out, "created", f->created);
	put_int(out, "first", f->first);
	put_int(out, "flags", f->flags);
	put_int(out, "last", f->last);
	status = put_json(out, "meta", f->meta);
	put_list(out, "neurons", names->neurons);
	put_number(out, "salience", f->salience);
	put_int(out, "stage", f->stage);
	put_text(out, "summary", f->summary);
	put_list(out, "synapses", names->synapses);
	put_list(out, "tags", names->tags);
	put_text(out, "uid", names->uid);
	put_int(out, "uses", f->uses);
	mn_buf_text(out, "}}\n");
	return status;
}
