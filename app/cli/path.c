/* SPDX-License-Identifier: MIT */
#include "cli/path.h"

#include "base/str.h"
#include "emit.h"

enum { NAME = 28, DEEPEST = 16 };

static const char *const operators[] = {
	[MN_OP_SET] = "set",
	[MN_OP_SUM] = "sum",
	[MN_OP_BEST] = "best",
	[MN_OP_MULTIPLY] = "multiply",
	[MN_OP_SCALE] = "scale",
	[MN_OP_POOL] = "pool",
	[MN_OP_ASIDE] = "aside",
	[MN_OP_JOIN] = "join",
};

static const char *const fates[] = {
	[MN_FATE_ACTIVATED] = "activated",
	[MN_FATE_RAISED] = "raised",
	[MN_FATE_WEAKER] = "weaker",
	[MN_FATE_BELOW_THRESHOLD] = "below-threshold",
	[MN_FATE_OUT_OF_BUDGET] = "out-of-budget",
	[MN_FATE_PRUNED] = "pruned",
};

const char *mn_path_fate(int fate)
{
	return fate >= 0 && fate < (int)(sizeof(fates) / sizeof(*fates)) ? fates[fate] : "";
}

void mn_path_neuron(mn_printer *out, const mn_trace *t, mn_id id, int columns)
{
	const mn_trace_neuron *n = mn_trace_neuron_of(t, id);
	const mn_trace_head *head = mn_trace_about(t);

	if (id == 0)
		mn_print_cut(out, head->question, columns);
	else if (n && n->text.len)
		mn_print_cut(out, n->text, columns);
	else
		mn_print_cut(out, n ? n->uid : MN_STR("?"), columns);
}

static void factor(mn_printer *out, const char *name, double value)
{
	if (value != 1)
		fprintf(out->to, " %s %s %.3g", out->ascii ? "x" : "\xc3\x97", name, value);
}

void mn_path_factors(mn_printer *out, const mn_event *e)
{
	fprintf(out->to, "%.3g", e->in);
	factor(out, "gain", e->gain);
	factor(out, "weight", e->weight);
	factor(out, "share", e->share);
	if (e->fan > 1 && e->share != 1)
		fprintf(out->to, " (fan %u)", e->fan);
	if (e->gain != 1 || e->weight != 1 || e->share != 1)
		fprintf(out->to, " = %.3g", e->out);
}

static void print_step(mn_printer *out, const mn_trace *t, const mn_event *e)
{
	mn_path_neuron(out, t, e->to, NAME);
	fprintf(out->to, "  %s", mn_reason_name(e->reason));
	if (e->type) {
		fputs(" by ", out->to);
		mn_print_text(out, mn_str_of(mn_type_name(MN_SYNAPSE, e->type)));
	}
	fputs("  ", out->to);
	mn_path_factors(out, e);
}

/* Steps that change the level of the neuron before them, instead of leading to another, share a
 * line of their own. */
void mn_path_print(mn_printer *out, const mn_trace *t, const mn_why *why, int indent)
{
	const char *times = out->ascii ? "x" : "\xc3\x97";
	mn_id at = 0;
	int column = indent;
	bool then = false;

	fprintf(out->to, "%*s", indent, "");
	mn_print_style(out, MN_STYLE_DIM);
	fprintf(out->to, "%.3f came by this way:", why->gives);
	for (size_t i = 0; i < why->n; i++) {
		const mn_event *e = why->path[i];

		if (i == 0 || (e->to && e->to != at)) {
			column += column < indent + DEEPEST ? 2 : 0;
			fprintf(out->to, "\n%*s", column, "");
			print_step(out, t, e);
			at = e->to;
			then = false;
			continue;
		}
		if (!then)
			fprintf(out->to, "\n%*sthen", column + 2, "");
		fprintf(out->to, " %s %s %.3g", times, mn_reason_name(e->reason), e->out);
		then = true;
	}
	fputc('\n', out->to);
	mn_print_style(out, MN_STYLE_NONE);
}

static void emit_neuron(mn_printer *out, const char *key, const mn_trace *t, mn_id id)
{
	const mn_trace_neuron *n = mn_trace_neuron_of(t, id);

	mn_emit_text(out, key, n ? n->uid : MN_STR(""));
}

static mn_str word(const char *const *names, size_t n, size_t i)
{
	return mn_str_of(i < n && names[i] ? names[i] : "");
}

void mn_path_emit(mn_printer *out, const mn_trace *t, const mn_event *e)
{
	mn_emit_open(out, NULL, '{');
	mn_emit_count(out, "step", e->step);
	mn_emit_count(out, "hop", e->hop);
	emit_neuron(out, "from", t, e->from);
	emit_neuron(out, "to", t, e->to);
	mn_emit_text(out, "rule", mn_str_of(mn_reason_name(e->reason)));
	mn_emit_text(out, "type", mn_str_of(e->type ? mn_type_name(MN_SYNAPSE, e->type) : ""));
	mn_emit_number(out, "in", e->in);
	mn_emit_number(out, "gain", e->gain);
	mn_emit_number(out, "weight", e->weight);
	mn_emit_number(out, "share", e->share);
	mn_emit_count(out, "fan", e->fan);
	mn_emit_number(out, "out", e->out);
	mn_emit_number(out, "after", e->after);
	mn_emit_text(
		out, "operator", word(operators, sizeof(operators) / sizeof(*operators), e->op));
	mn_emit_text(out, "fate", mn_str_of(mn_path_fate(e->fate)));
	mn_emit_close(out, '}');
}
