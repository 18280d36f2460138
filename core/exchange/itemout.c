/* SPDX-License-Identifier: MIT */
/* itemout.c - writes lines of the graph form, as item.c reads them. */
#include "base/iso.h"
#include "base/str.h"
#include "base/type.h"
#include "exchange/item.h"

static void name(mn_buf *b, const char *member)
{
	if (b->len && b->ptr[b->len - 1] != '{')
		mn_buf_char(b, ',');
	mn_buf_char(b, '"');
	mn_buf_text(b, member);
	mn_buf_text(b, "\":");
}

static void text(mn_buf *b, const char *member, mn_str value)
{
	if (value.len == 0)
		return;
	name(b, member);
	mn_buf_json(b, value);
}

static void moment(mn_buf *b, const char *member, mn_time value)
{
	char when[MN_ISO_ROOM];

	name(b, member);
	mn_buf_json(b, (mn_str){when, mn_iso_write(value, when)});
}

static void moment_if(mn_buf *b, const char *member, mn_time value)
{
	if (value)
		moment(b, member, value);
}

static void number(mn_buf *b, const char *member, double value, double usual)
{
	if (value == usual)
		return;
	name(b, member);
	mn_buf_number(b, value);
}

static void count(mn_buf *b, const char *member, uint32_t value)
{
	if (value == 0)
		return;
	name(b, member);
	mn_buf_printf(b, "%u", value);
}

static void truth(mn_buf *b, const char *member, bool value)
{
	name(b, member);
	mn_buf_text(b, value ? "true" : "false");
}

/* JSON that was kept as text: an object, or nothing. Stores take any text, so it is read before
 * it becomes part of a line; what is no object is kept as a string inside one. */
static void object(mn_buf *b, const char *member, mn_str value)
{
	json_t *root = NULL;
	char why[160];

	if (value.len == 0)
		return;
	name(b, member);
	if (mn_json_read(value, why, sizeof(why), &root) == MN_OK && json_is_object(root)) {
		mn_json_write(root, b);
	} else {
		mn_buf_text(b, "{\"unread\":");
		mn_buf_json(b, value);
		mn_buf_char(b, '}');
	}
	json_decref(root);
}

static void texts(mn_buf *b, const char *member, mn_strs values)
{
	name(b, member);
	mn_buf_char(b, '[');
	for (size_t i = 0; i < values.n; i++) {
		if (i)
			mn_buf_char(b, ',');
		mn_buf_json(b, values.at[i]);
	}
	mn_buf_char(b, ']');
}

static void begin(mn_buf *b, const char *kind)
{
	mn_buf_printf(b, "{\"%s\":{", kind);
}

static void end(mn_buf *b)
{
	mn_buf_text(b, "}}\n");
}

void mn_item_write_brain(mn_buf *b, const mn_brain_row *row)
{
	begin(b, "brain");
	text(b, "uid", row->uid);
	text(b, "name", row->name);
	object(b, "config", row->config);
	moment_if(b, "clock", row->clock);
	moment(b, "created", row->created);
	moment(b, "updated", row->updated);
	object(b, "meta", row->meta);
	end(b);
}

static void flags(mn_buf *b, uint16_t bits)
{
	mn_str names[16];
	size_t n = 0;

	for (unsigned i = 0; mn_item_flag_name(i); i++)
		if (bits & 1u << i)
			names[n++] = mn_str_of(mn_item_flag_name(i));
	if (n)
		texts(b, "flags", (mn_strs){names, n});
}

static void state(mn_buf *b, const mn_state *s)
{
	name(b, "state");
	mn_buf_char(b, '{');
	number(b, "level", s->level, 0);
	number(b, "decay", s->decay, -1);
	count(b, "uses", s->uses);
	moment_if(b, "last", s->last);
	mn_buf_char(b, '}');
}

void mn_item_write_neuron(mn_buf *b, const mn_neuron *n, const mn_state *s)
{
	begin(b, "neuron");
	text(b, "uid", n->uid);
	text(b, "type", mn_str_of(mn_type_name(MN_NEURON, n->type)));
	name(b, "text");
	mn_buf_json(b, n->text);
	moment(b, "created", n->created);
	if (n->updated != n->created)
		moment(b, "updated", n->updated);
	flags(b, n->flags);
	object(b, "meta", n->meta);
	if (s && s->id)
		state(b, s);
	end(b);
}

void mn_item_write_synapse(mn_buf *b, const mn_synapse *s, mn_str uid, mn_str from, mn_str to)
{
	begin(b, "synapse");
	text(b, "uid", uid);
	text(b, "from", from);
	text(b, "to", to);
	text(b, "type", mn_str_of(mn_type_name(MN_SYNAPSE, s->type)));
	name(b, "weight");
	mn_buf_number(b, s->base);
	truth(b, "two_way", s->flags & MN_SYNAPSE_TWO_WAY);
	count(b, "uses", s->uses);
	moment(b, "created", s->created);
	moment_if(b, "last", s->last);
	object(b, "meta", s->meta);
	end(b);
}

void mn_item_write_fiber(
	mn_buf *b, const mn_fiber *f, mn_str anchor, mn_strs neurons, mn_strs synapses)
{
	begin(b, "fiber");
	text(b, "uid", f->uid);
	text(b, "anchor", anchor);
	text(b, "summary", f->summary);
	if (f->tags.n)
		texts(b, "tags", f->tags);
	if (f->flags & MN_FIBER_STAR) {
		truth(b, "star", true);
	} else {
		texts(b, "neurons", neurons);
		texts(b, "synapses", synapses);
	}
	number(b, "salience", f->salience, 0.5);
	number(b, "coherence", f->coherence, 0);
	count(b, "uses", f->uses);
	moment(b, "created", f->created);
	moment_if(b, "first", f->first);
	moment_if(b, "last", f->last);
	if (f->stage == MN_STAGE_ARCHIVED) {
		name(b, "stage");
		mn_buf_text(b, "\"archived\"");
	}
	object(b, "meta", f->meta);
	end(b);
}
