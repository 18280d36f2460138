/* SPDX-License-Identifier: MIT */
/* dot.c - writes a brain as a directed graph for Graphviz: neurons with the beginning of their
 * text, memories as boxes, synapses with type and weight. */
#include <string.h>

#include "base/str.h"
#include "exchange/outlet.h"

#define LABEL 60 /* bytes of a text that are shown */

/* In a quoted string only quote and backslash mean something; everything else is made plain. */
static void quote(mn_buf *b, mn_str text)
{
	char plain[4 * LABEL];
	mn_str shown = mn_str_sub(text, 0, LABEL);

	/* Not in the middle of a character. */
	while (shown.len < text.len && shown.len && (text.ptr[shown.len] & 0xC0) == 0x80)
		shown.len--;
	mn_text_plain(shown, plain, sizeof(plain));
	mn_buf_char(b, '"');
	for (const char *c = plain; *c; c++) {
		if (*c == '"' || *c == '\\')
			mn_buf_char(b, '\\');
		mn_buf_char(b, *c);
	}
	if (shown.len < text.len)
		mn_buf_text(b, "...");
	mn_buf_char(b, '"');
}

static int write_neurons(mn_outlet *o, void *ctx, const mn_rows *rows)
{
	(void)ctx;
	for (size_t i = 0; i < rows->n; i++) {
		const mn_neuron *n = &rows->at.neuron[i];

		mn_buf_printf(&o->out, "\tn%llu [label=", (unsigned long long)n->id);
		quote(&o->out, n->text.len ? n->text : n->uid);
		mn_buf_text(&o->out, " class=");
		quote(&o->out, mn_str_of(mn_type_name(MN_NEURON, n->type)));
		if (n->flags & MN_NEURON_ANCHOR)
			mn_buf_text(&o->out, " shape=box");
		mn_buf_text(&o->out, "];\n");
	}
	return MN_OK;
}

static int write_synapses(mn_outlet *o, void *ctx, const mn_rows *rows)
{
	(void)ctx;
	for (size_t i = 0; i < rows->n; i++) {
		const mn_synapse *s = &rows->at.synapse[i];

		mn_buf_printf(&o->out, "\tn%llu -> n%llu [label=", (unsigned long long)s->from,
			(unsigned long long)s->to);
		quote(&o->out, mn_str_of(mn_type_name(MN_SYNAPSE, s->type)));
		mn_buf_text(&o->out, " weight=");
		mn_buf_number(&o->out, s->base);
		if (s->flags & MN_SYNAPSE_TWO_WAY)
			mn_buf_text(&o->out, " dir=both");
		mn_buf_text(&o->out, "];\n");
	}
	return MN_OK;
}

int mn_outlet_dot(mn_outlet *o)
{
	int status;

	o->total = o->row.neurons + o->row.synapses;
	mn_buf_text(&o->out, "digraph ");
	quote(&o->out, o->row.name);
	mn_buf_text(&o->out, " {\n");
	status = mn_outlet_scan(
		o, MN_NEURON, MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_UID, write_neurons, NULL);
	if (status == MN_OK)
		status = mn_outlet_scan(o, MN_SYNAPSE, MN_FIELD_HEAD, write_synapses, NULL);
	mn_buf_text(&o->out, "}\n");
	return status;
}
