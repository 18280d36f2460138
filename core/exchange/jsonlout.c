/* SPDX-License-Identifier: MIT */
/*
 * jsonlout.c - writes the memories of a brain as the lines jsonl.c reads, oldest first: importing
 * them gives the same memories. What an encoder made of them is not written; it is made again.
 *
 * A memory is a fiber and the neuron it is anchored in. Title, speaker, session and links stand in
 * that neuron's meta, where the encoder keeps them; here they get fields of their own.
 */
#include <string.h>

#include "base/fail.h"
#include "base/iso.h"
#include "base/json.h"
#include "base/str.h"
#include "exchange/outlet.h"

static void text(mn_buf *b, const char *field, mn_str value)
{
	if (value.len == 0)
		return;
	mn_buf_printf(b, ",\"%s\":", field);
	mn_buf_json(b, value);
}

static bool all_texts(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!json_is_string(json_array_get(list, i)))
			return false;
	return json_is_array(list) && json_array_size(list) > 0;
}

/* Has this member of meta a field of its own? */
static bool lifted(const char *member, const json_t *value)
{
	if (strcmp(member, "links") == 0)
		return all_texts(value);
	return (strcmp(member, "title") == 0 || strcmp(member, "speaker") == 0
		       || strcmp(member, "session") == 0)
	       && json_string_length(value) > 0;
}

static void members(mn_buf *b, const json_t *meta, bool lift)
{
	mn_member m = {.of = meta};
	bool more = lift;

	while (mn_member_next(&m)) {
		if (lifted(m.name, m.value) != lift)
			continue;
		if (more)
			mn_buf_char(b, ',');
		mn_buf_json(b, mn_str_of(m.name));
		mn_buf_char(b, ':');
		mn_json_write(m.value, b);
		more = true;
	}
}

static bool any_left(const json_t *meta)
{
	mn_member m = {.of = meta};

	while (mn_member_next(&m))
		if (!lifted(m.name, m.value))
			return true;
	return false;
}

static int write_meta(mn_outlet *o, mn_str raw)
{
	json_t *meta = NULL;
	char why[160];
	int status = mn_json_read(raw, why, sizeof(why), &meta);

	if (status == MN_ENOMEM)
		return mn_fail_memory(o->call);
	if (json_is_object(meta)) {
		members(&o->out, meta, true);
		if (any_left(meta)) {
			mn_buf_text(&o->out, ",\"meta\":{");
			members(&o->out, meta, false);
			mn_buf_char(&o->out, '}');
		}
	} else { /* a store takes any text there; it is not lost */
		mn_buf_text(&o->out, ",\"meta\":{\"unread\":");
		mn_buf_json(&o->out, raw);
		mn_buf_char(&o->out, '}');
	}
	json_decref(meta);
	return MN_OK;
}

static void write_tags(mn_buf *b, mn_strs tags)
{
	if (tags.n == 0)
		return;
	mn_buf_text(b, ",\"tags\":[");
	for (size_t i = 0; i < tags.n; i++) {
		if (i)
			mn_buf_char(b, ',');
		mn_buf_json(b, tags.at[i]);
	}
	mn_buf_char(b, ']');
}

static int write_memory(mn_outlet *o, const mn_fiber *f, const mn_neuron *n)
{
	mn_buf *b = &o->out;
	mn_str uid;
	int status = mn_uid_derive(o->brain, &o->work, MN_NEURON, n, &uid);

	if (status != MN_OK)
		return status;
	mn_buf_text(b, "{\"id\":");
	mn_buf_json(b, uid);
	text(b, "text", n->text);
	if (n->flags & MN_NEURON_DATED) {
		char when[MN_ISO_ROOM];

		text(b, "timestamp", (mn_str){when, mn_iso_write(n->created, when)});
	}
	write_tags(b, f->tags);
	if (n->meta.len)
		status = write_meta(o, n->meta);
	mn_buf_text(b, "}\n");
	return status;
}

static int write_memories(mn_outlet *o, void *ctx, const mn_rows *rows)
{
	mn_id *ids = mn_call_array(&o->work, rows->n, sizeof(*ids));
	mn_outlet_neurons anchors;
	int status;

	(void)ctx;
	if (!ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < rows->n; i++)
		ids[i] = rows->at.fiber[i].anchor;
	status = mn_outlet_neurons_get(o, ids, rows->n, 0, &anchors);
	for (size_t i = 0; i < rows->n && status == MN_OK; i++) {
		const mn_fiber *f = &rows->at.fiber[i];
		const mn_neuron *n = mn_outlet_neuron(&anchors, f->anchor);

		if (n && n->text.len)
			status = write_memory(o, f, n);
	}
	return status;
}

int mn_outlet_jsonl(mn_outlet *o)
{
	o->total = o->row.fibers;
	return mn_outlet_scan(o, MN_FIBER, 0, write_memories, NULL);
}
