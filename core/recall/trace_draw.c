/* SPDX-License-Identifier: MIT */
/* trace_draw.c - a trace as a graph: for Graphviz, as GraphML, and drawn as an SVG picture. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "recall/trace_io.h"

#define FULL 65536
#define LABEL 60 /* bytes of a neuron's text */

/* ---- What is drawn -------------------------------------------------------------------------- */

/* Does this event stand for a line from one neuron to another? */
static bool is_line(const mn_event *e)
{
	return e->from && e->to && e->from != e->to
	       && (e->fate == MN_FATE_ACTIVATED || e->fate == MN_FATE_RAISED);
}

void mn_trace_xml(mn_buf *b, mn_str text, size_t most)
{
	char plain[1024];
	mn_str shown = mn_str_sub(text, 0, most < sizeof(plain) / 8 ? most : sizeof(plain) / 8);

	while (shown.len < text.len && shown.len && (shown.ptr[shown.len] & 0xC0) == 0x80)
		shown.len--; /* never half a character */
	mn_text_plain(shown, plain, sizeof(plain));
	for (const char *c = plain; *c; c++)
		switch (*c) {
		case '&': mn_buf_text(b, "&amp;"); break;
		case '<': mn_buf_text(b, "&lt;"); break;
		case '>': mn_buf_text(b, "&gt;"); break;
		case '"': mn_buf_text(b, "&quot;"); break;
		case '\'': mn_buf_text(b, "&#39;"); break;
		default: mn_buf_char(b, *c);
		}
	if (shown.len < text.len)
		mn_buf_text(b, "…");
}

static mn_str label_of(const mn_trace_neuron *n)
{
	return n->text.len ? n->text : n->uid;
}

/* ---- DOT ------------------------------------------------------------------------------------ */

/* In a quoted string only quote and backslash mean something; everything else is made plain. */
static void quote(mn_buf *b, mn_str text)
{
	char plain[8 * LABEL];
	mn_str shown = mn_str_sub(text, 0, LABEL);

	while (shown.len < text.len && shown.len && (shown.ptr[shown.len] & 0xC0) == 0x80)
		shown.len--;
	mn_text_plain(shown, plain, sizeof(plain));
	mn_buf_char(b, '"');
	for (const char *c = plain; *c; c++) {
		if (*c == '"' || *c == '\\')
			mn_buf_char(b, '\\');
		mn_buf_char(b, *c);
	}
	mn_buf_text(b, shown.len < text.len ? "…\"" : "\"");
}

int mn_trace_write_dot(const mn_trace *t, mn_call *call, const mn_sink *sink, mn_buf *b)
{
	int rc = MN_OK;

	mn_buf_text(b, "digraph trace {\n\trankdir=LR;\n\tlabel=");
	quote(b, t->head.question);
	mn_buf_text(b, ";\n\tnode [fontname=\"sans-serif\"];\n");
	for (size_t i = 0; i < t->nneurons && rc == MN_OK; i++) {
		const mn_trace_neuron *n = &t->neurons[i];

		mn_buf_printf(b, "\tn%llu [label=", (unsigned long long)n->id);
		quote(b, label_of(n));
		mn_buf_printf(b, " shape=%s tooltip=\"level %.6g, hop %u\"];\n",
			n->flags & MN_NEURON_ANCHOR ? "box" : "ellipse", n->level, n->hop);
		rc = mn_trace_flush(b, call, sink, FULL);
	}
	for (size_t i = 0; i < t->nevents && rc == MN_OK; i++) {
		const mn_event *e = &t->events[i];

		if (!is_line(e))
			continue;
		mn_buf_printf(b, "\tn%llu -> n%llu [label=\"%s %.3g\" weight=%d];\n",
			(unsigned long long)e->from, (unsigned long long)e->to,
			mn_reason_name(e->reason), e->out, 1 + (int)fmin(100, fabs(e->out) * 10));
		rc = mn_trace_flush(b, call, sink, FULL);
	}
	mn_buf_text(b, "}\n");
	return rc == MN_OK ? mn_trace_flush(b, call, sink, 0) : rc;
}

/* ---- GraphML -------------------------------------------------------------------------------- */

static const char graphml_head[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"
	"<key id=\"uid\" for=\"node\" attr.name=\"uid\" attr.type=\"string\"/>\n"
	"<key id=\"label\" for=\"node\" attr.name=\"label\" attr.type=\"string\"/>\n"
	"<key id=\"type\" for=\"node\" attr.name=\"type\" attr.type=\"string\"/>\n"
	"<key id=\"level\" for=\"node\" attr.name=\"level\" attr.type=\"double\"/>\n"
	"<key id=\"hop\" for=\"node\" attr.name=\"hop\" attr.type=\"int\"/>\n"
	"<key id=\"reason\" for=\"edge\" attr.name=\"reason\" attr.type=\"string\"/>\n"
	"<key id=\"step\" for=\"edge\" attr.name=\"step\" attr.type=\"int\"/>\n"
	"<key id=\"out\" for=\"edge\" attr.name=\"out\" attr.type=\"double\"/>\n"
	"<graph edgedefault=\"directed\">\n";

static void graphml_node(mn_buf *b, const mn_trace_neuron *n)
{
	mn_buf_printf(b, "<node id=\"n%llu\"><data key=\"uid\">", (unsigned long long)n->id);
	mn_trace_xml(b, n->uid, 120);
	mn_buf_text(b, "</data><data key=\"label\">");
	mn_trace_xml(b, n->text, 120);
	mn_buf_text(b, "</data><data key=\"type\">");
	mn_trace_xml(b, mn_str_of(mn_type_name(MN_NEURON, n->type)), 120);
	mn_buf_text(b, "</data><data key=\"level\">");
	mn_buf_number(b, n->level);
	mn_buf_printf(b, "</data><data key=\"hop\">%u</data></node>\n", n->hop);
}

int mn_trace_write_graphml(const mn_trace *t, mn_call *call, const mn_sink *sink, mn_buf *b)
{
	int rc = MN_OK;

	mn_buf_text(b, graphml_head);
	for (size_t i = 0; i < t->nneurons && rc == MN_OK; i++) {
		graphml_node(b, &t->neurons[i]);
		rc = mn_trace_flush(b, call, sink, FULL);
	}
	for (size_t i = 0; i < t->nevents && rc == MN_OK; i++) {
		const mn_event *e = &t->events[i];

		if (!is_line(e))
			continue;
		mn_buf_printf(b,
			"<edge source=\"n%llu\" target=\"n%llu\"><data key=\"reason\">%s</data>"
			"<data key=\"step\">%u</data><data key=\"out\">",
			(unsigned long long)e->from, (unsigned long long)e->to,
			mn_reason_name(e->reason), e->step);
		mn_buf_number(b, e->out);
		mn_buf_text(b, "</data></edge>\n");
		rc = mn_trace_flush(b, call, sink, FULL);
	}
	mn_buf_text(b, "</graph>\n</graphml>\n");
	return rc == MN_OK ? mn_trace_flush(b, call, sink, 0) : rc;
}

/* ---- All formats ---------------------------------------------------------------------------- */

int mn_trace_write(const mn_trace *t, mn_call *call, int format, const mn_sink *sink)
{
	static int (*const writers[])(const mn_trace *, mn_call *, const mn_sink *, mn_buf *) = {
		[MN_TRACE_JSONL] = mn_trace_write_jsonl,
		[MN_TRACE_DOT] = mn_trace_write_dot,
		[MN_TRACE_SVG] = mn_trace_write_svg,
		[MN_TRACE_GRAPHML] = mn_trace_write_graphml,
	};
	mn_buf b = MN_BUF((size_t)64 << 20);
	int rc;

	if (format < MN_TRACE_JSONL || format > MN_TRACE_GRAPHML)
		return mn_fail(call, MN_EINVAL, 0, "there is no such format of a trace");
	rc = writers[format](t, call, sink, &b);
	mn_buf_free(&b);
	return rc;
}
