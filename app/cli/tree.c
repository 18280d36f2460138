/* SPDX-License-Identifier: MIT */
#include "cli/tree.h"

#include <stdlib.h>

#include "base/fail.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/str.h"
#include "cli/path.h"

enum { DEEPEST = 12, NAME = 34 };

struct tree {
	mn_printer *out;
	mn_call *call;
	const mn_trace *trace;
	const mn_event **by_from; /* by the neuron that gave, what gave most first */
	const mn_event **gates;   /* by the neuron they change */
	size_t n, ngates, branches;
	mn_idmap first;  /* neuron -> where its events begin in by_from, plus 1 */
	mn_idmap opened; /* neurons whose branches have been shown */
};

static int order(const void *pa, const void *pb)
{
	const mn_event *a = *(const mn_event *const *)pa, *b = *(const mn_event *const *)pb;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->out != b->out)
		return a->out > b->out ? -1 : 1;
	return (a->step > b->step) - (a->step < b->step);
}

/* Does a step give something to one neuron? Gates multiply what is there; others concern all. */
static bool gives(const mn_event *e)
{
	return e->to != 0 && e->op != MN_OP_MULTIPLY;
}

static bool gate(const mn_event *e)
{
	return e->to != 0 && e->op == MN_OP_MULTIPLY;
}

static int order_gates(const void *pa, const void *pb)
{
	const mn_event *a = *(const mn_event *const *)pa, *b = *(const mn_event *const *)pb;

	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return (a->step > b->step) - (a->step < b->step);
}

static int pick(struct tree *t, bool (*take)(const mn_event *), const mn_event ***out, size_t *n)
{
	const mn_event *events;
	size_t all = mn_trace_events(t->trace, &events);

	*out = mn_call_array(t->call, all ? all : 1, sizeof(**out));
	for (size_t i = 0; *out && i < all; i++)
		if (take(&events[i]))
			(*out)[(*n)++] = &events[i];
	return *out ? MN_OK : t->call->err->code;
}

static int sort_events(struct tree *t)
{
	int rc = pick(t, gives, &t->by_from, &t->n);

	if (rc == MN_OK)
		rc = pick(t, gate, &t->gates, &t->ngates);
	if (rc)
		return rc;
	qsort(t->by_from, t->n, sizeof(*t->by_from), order);
	qsort(t->gates, t->ngates, sizeof(*t->gates), order_gates);
	for (size_t i = 0; rc == MN_OK && i < t->n; i++)
		if (t->by_from[i]->from
			&& (i == 0 || t->by_from[i - 1]->from != t->by_from[i]->from))
			rc = mn_idmap_put(&t->first, t->by_from[i]->from, i + 1);
	return rc ? mn_fail_memory(t->call) : MN_OK;
}

/* What multiplied a neuron's level, by name: " x named 1.35". */
static void print_gates(struct tree *t, mn_id id)
{
	size_t low = 0, high = t->ngates;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->gates[middle]->to < id)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < t->ngates && t->gates[low]->to == id; low++)
		if (t->gates[low]->out != 1)
			fprintf(t->out->to, ", then %s %s %.3g", t->out->ascii ? "x" : "\xc3\x97",
				mn_reason_name(t->gates[low]->reason), t->gates[low]->out);
}

static void print_step(struct tree *t, const mn_event *e, int indent)
{
	mn_printer *out = t->out;
	const mn_trace_neuron *n = mn_trace_neuron_of(t->trace, e->to);
	bool lit = e->fate == MN_FATE_ACTIVATED || e->fate == MN_FATE_RAISED;
	bool memory = n && (n->flags & MN_NEURON_ANCHOR);
	int column = indent + 2;

	fprintf(out->to, "%*s%s ", indent, "",
		out->ascii ? (lit ? "*" : "-") : (lit ? "\xe2\x97\x8f" : "\xe2\x97\x8b"));
	mn_print_style(out, memory ? MN_STYLE_BOLD : lit ? MN_STYLE_NAME : MN_STYLE_DIM);
	mn_path_neuron(out, t->trace, e->to, column + NAME < out->columns ? NAME : 12);
	mn_print_style(out, MN_STYLE_NONE);
	fprintf(out->to, "  %.3g  ", n ? n->level : e->after);
	mn_print_style(out, MN_STYLE_DIM);
	fputs(mn_reason_name(e->reason), out->to);
	fputs(": ", out->to);
	mn_path_factors(out, e);
	if (!mn_idmap_get(&t->opened, e->to))
		print_gates(t, e->to);
	if (!lit)
		fprintf(out->to, ", %s", mn_path_fate(e->fate));
	mn_print_style(out, MN_STYLE_NONE);
	fputc('\n', out->to);
}

static int print_branches(struct tree *t, mn_id from, size_t at, int depth);

/* What a neuron gave, where it is shown first. */
static int open_neuron(struct tree *t, mn_id id, int depth)
{
	const uint64_t *first = mn_idmap_get(&t->first, id);

	if (depth > DEEPEST || mn_idmap_get(&t->opened, id))
		return MN_OK;
	if (mn_idmap_put(&t->opened, id, 1))
		return mn_fail_memory(t->call);
	return first ? print_branches(t, id, *first - 1, depth) : MN_OK;
}

static int print_branches(struct tree *t, mn_id from, size_t at, int depth)
{
	size_t n = 0;
	int rc = MN_OK;

	while (at + n < t->n && t->by_from[at + n]->from == from)
		n++;
	for (size_t i = 0; rc == MN_OK && i < n && i < t->branches; i++) {
		const mn_event *e = t->by_from[at + i];

		print_step(t, e, 2 * depth);
		rc = open_neuron(t, e->to, depth + 1);
		if (rc == MN_OK)
			rc = mn_printer_check(t->out, t->call);
	}
	if (rc == MN_OK && n > t->branches)
		fprintf(t->out->to, "%*s%s +%zu more\n", 2 * depth, "",
			t->out->ascii ? "..." : "\xe2\x80\xa6", n - t->branches);
	return rc;
}

static void print_head(mn_printer *out, const mn_trace *t)
{
	const mn_trace_head *h = mn_trace_about(t);
	char a[64], b[64], c[32];

	mn_print_style(out, MN_STYLE_BOLD);
	mn_print_text(out, h->question);
	mn_print_style(out, MN_STYLE_NONE);
	fputs("\nkernel ", out->to);
	mn_print_text(out, h->kernel);
	fputs(", brain ", out->to);
	mn_print_text(out, h->brain);
	fprintf(out->to, ", depth %d, %s active, %s examined, %s\n", h->depth,
		mn_format_things(h->activated, "neuron", a),
		mn_format_things(h->examined, "synapse", b), mn_format_span(h->latency_us, c));
	if (h->cut)
		fputs("the trace was too long to be kept whole: its levels do not recompute\n",
			out->to);
}

static void print_ranking(mn_printer *out, const mn_trace *t)
{
	const mn_trace_head *h = mn_trace_about(t);

	if (h->nranked)
		fputc('\n', out->to);
	for (size_t i = 0; i < h->nranked && i < 10; i++) {
		fprintf(out->to, "%3zu  %6.3f  ", i + 1, h->score[i]);
		mn_path_neuron(out, t, h->ranked[i], out->columns - 14);
		fputc('\n', out->to);
	}
}

int mn_tree_print(mn_printer *out, mn_call *call, const mn_trace *trace, size_t branches)
{
	struct tree t = {.out = out, .call = call, .trace = trace, .branches = branches};
	size_t asked = 0;
	int rc = sort_events(&t);

	print_head(out, trace);
	while (asked < t.n && t.by_from[asked]->from != 0)
		asked++;
	if (rc == MN_OK && asked < t.n)
		rc = print_branches(&t, 0, asked, 0);
	if (rc == MN_OK)
		print_ranking(out, trace);
	mn_idmap_free(&t.first);
	mn_idmap_free(&t.opened);
	return rc;
}
