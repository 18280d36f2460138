/* SPDX-License-Identifier: MIT */
/* graphml.c - writes a brain as GraphML 1.0, for Gephi, yEd, Cytoscape and NetworkX. */
#include <string.h>

#include "base/fail.h"
#include "base/iso.h"
#include "base/str.h"
#include "exchange/outlet.h"

/* Text of an XML 1.0 document. Control characters have no place in one, not even escaped, and
 * become U+FFFD; so do U+FFFE and U+FFFF. */
static void text(mn_buf *b, mn_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		switch (c) {
		case '&': mn_buf_text(b, "&amp;"); break;
		case '<': mn_buf_text(b, "&lt;"); break;
		case '>': mn_buf_text(b, "&gt;"); break;
		case '"': mn_buf_text(b, "&quot;"); break;
		case '\r': mn_buf_text(b, "&#13;"); break;
		default:
			if ((c < 32 && c != '\n' && c != '\t') || c == 127) {
				mn_buf_text(b, "\xef\xbf\xbd");
			} else if (c == 0xEF && s.len - i >= 3
				   && (memcmp(s.ptr + i, "\xef\xbf\xbe", 3) == 0
					   || memcmp(s.ptr + i, "\xef\xbf\xbf", 3) == 0)) {
				mn_buf_text(b, "\xef\xbf\xbd");
				i += 2;
			} else {
				mn_buf_char(b, (char)c);
			}
		}
	}
}

static void data(mn_buf *b, const char *key, mn_str value)
{
	if (value.len == 0)
		return;
	mn_buf_printf(b, "<data key=\"%s\">", key);
	text(b, value);
	mn_buf_text(b, "</data>");
}

static void number(mn_buf *b, const char *key, double value)
{
	mn_buf_printf(b, "<data key=\"%s\">", key);
	mn_buf_number(b, value);
	mn_buf_text(b, "</data>");
}

static void moment(mn_buf *b, const char *key, mn_time t)
{
	char when[MN_ISO_ROOM];

	data(b, key, (mn_str){when, mn_iso_write(t, when)});
}

static int write_neurons(mn_outlet *o, void *ctx, const mn_rows *rows)
{
	mn_buf *b = &o->out;

	(void)ctx;
	for (size_t i = 0; i < rows->n; i++) {
		const mn_neuron *n = &rows->at.neuron[i];
		mn_str uid;
		int status = mn_uid_derive(o->brain, &o->work, MN_NEURON, n, &uid);

		if (status != MN_OK)
			return status;
		mn_buf_printf(b, "<node id=\"n%llu\">", (unsigned long long)n->id);
		data(b, "uid", uid);
		data(b, "type", mn_str_of(mn_type_name(MN_NEURON, n->type)));
		data(b, "label", n->text);
		if (n->flags & MN_NEURON_ANCHOR)
			data(b, "anchor", MN_STR("true"));
		moment(b, "created", n->created);
		data(b, "meta", n->meta);
		mn_buf_text(b, "</node>\n");
	}
	return MN_OK;
}

static int write_synapses(mn_outlet *o, void *ctx, const mn_rows *rows)
{
	mn_buf *b = &o->out;

	(void)ctx;
	for (size_t i = 0; i < rows->n; i++) {
		const mn_synapse *s = &rows->at.synapse[i];

		mn_buf_printf(b, "<edge source=\"n%llu\" target=\"n%llu\"%s>",
			(unsigned long long)s->from, (unsigned long long)s->to,
			s->flags & MN_SYNAPSE_TWO_WAY ? " directed=\"false\"" : "");
		data(b, "relation", mn_str_of(mn_type_name(MN_SYNAPSE, s->type)));
		number(b, "weight", s->base);
		number(b, "uses", s->uses);
		mn_buf_text(b, "</edge>\n");
	}
	return MN_OK;
}

static void head(mn_buf *b, mn_str name)
{
	static const struct {
		const char *name, *on, *type;
	} keys[] = {
		{"uid", "node", "string"},
		{"type", "node", "string"},
		{"label", "node", "string"},
		{"anchor", "node", "boolean"},
		{"created", "node", "string"},
		{"meta", "node", "string"},
		{"relation", "edge", "string"},
		{"weight", "edge", "double"},
		{"uses", "edge", "double"},
	};

	mn_buf_text(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		       "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n");
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		mn_buf_printf(b, "<key id=\"%s\" for=\"%s\" attr.name=\"%s\" attr.type=\"%s\"/>\n",
			keys[i].name, keys[i].on, keys[i].name, keys[i].type);
	mn_buf_text(b, "<graph edgedefault=\"directed\">\n<desc>");
	text(b, name);
	mn_buf_text(b, "</desc>\n");
}

int mn_outlet_graphml(mn_outlet *o)
{
	int status;

	o->total = o->row.neurons + o->row.synapses;
	head(&o->out, o->row.name);
	status = mn_outlet_scan(o, MN_NEURON, 0, write_neurons, NULL);
	if (status == MN_OK)
		status = mn_outlet_scan(o, MN_SYNAPSE, MN_FIELD_HEAD, write_synapses, NULL);
	mn_buf_text(&o->out, "</graph>\n</graphml>\n");
	return status;
}
