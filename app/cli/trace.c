/* SPDX-License-Identifier: MIT */
/* trace.c - the verbs that read saved traces: show, diff, export. */
#include "base/fail.h"
#include "base/str.h"
#include "cli/path.h"
#include "cli/tree.h"
#include "cli/verbs.h"
#include "emit.h"
#include "session.h"
#include "stream.h"

static int load(mn_session *s, mn_str path, mn_trace **out)
{
	mn_input in;
	mn_source source;
	int rc = mn_input_open(&in, path, s->call.err);

	if (rc)
		return rc;
	source = mn_input_source(&in);
	rc = mn_trace_read(s->app->engine, &s->call, &source, out);
	mn_input_close(&in);
	return rc;
}

/* ---- show --------------------------------------------------------------------------------- */

static void emit_trace(mn_printer *out, const mn_trace *t)
{
	const mn_trace_head *h = mn_trace_about(t);
	const mn_event *events;
	size_t n = mn_trace_events(t, &events);

	mn_emit_open(out, NULL, '{');
	mn_emit_text(out, "question", h->question);
	mn_emit_text(out, "kernel", h->kernel);
	mn_emit_text(out, "brain", h->brain);
	mn_emit_count(out, "depth", (uint64_t)h->depth);
	mn_emit_time(out, "when", h->when);
	mn_emit_count(out, "activated", h->activated);
	mn_emit_count(out, "examined", h->examined);
	mn_emit_count(out, "latency_us", h->latency_us);
	mn_emit_bool(out, "cut", h->cut);
	mn_emit_open(out, "ranked", '[');
	for (size_t i = 0; i < h->nranked; i++) {
		const mn_trace_neuron *neuron = mn_trace_neuron_of(t, h->ranked[i]);

		mn_emit_open(out, NULL, '{');
		mn_emit_text(out, "id", neuron ? neuron->uid : MN_STR(""));
		mn_emit_number(out, "score", h->score[i]);
		mn_emit_close(out, '}');
	}
	mn_emit_close(out, ']');
	mn_emit_open(out, "events", '[');
	for (size_t i = 0; i < n; i++)
		mn_path_emit(out, t, &events[i]);
	mn_emit_close(out, ']');
	mn_emit_close(out, '}');
	mn_emit_end(out);
}

static const mn_trace_neuron *by_uid(const mn_trace *t, mn_str uid)
{
	const mn_trace_neuron *at;
	size_t n = mn_trace_neurons(t, &at);

	for (size_t i = 0; i < n; i++)
		if (mn_str_eq(at[i].uid, uid))
			return &at[i];
	return NULL;
}

/* Why one neuron is where it is: every path, and the level that the events give. */
static int print_why(mn_session *s, const mn_trace *t, mn_str uid)
{
	mn_printer *out = &s->app->out;
	const mn_trace_neuron *neuron = by_uid(t, uid);
	const mn_why *why;
	size_t n;
	int rc;

	if (!neuron)
		return mn_fail(&s->call, MN_EINVAL, 0, "no neuron \"%.*s\" lit up in this trace",
			MN_FMT(uid));
	rc = mn_trace_why(t, &s->call, neuron->id, &why, &n);
	if (rc)
		return rc;
	mn_print_style(out, MN_STYLE_BOLD);
	mn_print_cut(out, neuron->text.len ? neuron->text : neuron->uid, out->columns - 30);
	mn_print_style(out, MN_STYLE_NONE);
	fprintf(out->to, "\nlevel %.6g; replayed from the events %.6g; first reached in hop %u\n",
		neuron->level, mn_trace_recompute(t, neuron->id), neuron->hop);
	for (size_t i = 0; i < n; i++)
		mn_path_print(out, t, &why[i], 2);
	return MN_OK;
}

static int trace_show(mn_app *app, const mn_args *args)
{
	mn_session s;
	mn_trace *t = NULL;
	bool missing = false;
	int rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_ENGINE);

	if (rc == MN_OK)
		rc = load(&s, mn_args_text(args, "FILE"), &t);
	if (rc == MN_OK && mn_args_has(args, "--why")) {
		rc = print_why(&s, t, mn_args_text(args, "--why"));
		missing = rc == MN_EINVAL;
	} else if (rc == MN_OK && app->json) {
		emit_trace(&app->out, t);
	} else if (rc == MN_OK) {
		rc = mn_tree_print(
			&app->out, &s.call, t, (size_t)mn_args_count(args, "--branches"));
	}
	mn_trace_free(t);
	if (missing) {
		mn_app_fail(app, s.call.err);
		return mn_session_exit(&s, MN_OK, MN_EXIT_MISSING);
	}
	return mn_session_end(&s, rc);
}

/* ---- diff --------------------------------------------------------------------------------- */

static void emit_diff(mn_printer *out, const mn_trace_diff *d)
{
	mn_emit_open(out, NULL, '{');
	mn_emit_count(out, "both", d->both);
	mn_emit_count(out, "only_a", d->only_a);
	mn_emit_count(out, "only_b", d->only_b);
	mn_emit_open(out, "changes", '[');
	for (size_t i = 0; i < d->n; i++) {
		const mn_trace_change *c = &d->at[i];

		mn_emit_open(out, NULL, '{');
		mn_emit_text(out, "id", c->uid);
		mn_emit_text(out, "text", c->text);
		mn_emit_number(out, "a", c->a);
		mn_emit_number(out, "b", c->b);
		mn_emit_count(out, "rank_a", (uint64_t)c->rank_a);
		mn_emit_count(out, "rank_b", (uint64_t)c->rank_b);
		mn_emit_text(out, "because", c->because);
		mn_emit_close(out, '}');
	}
	mn_emit_close(out, ']');
	mn_emit_close(out, '}');
	mn_emit_end(out);
}

static void print_rank(FILE *to, int32_t rank)
{
	if (rank)
		fprintf(to, " %4d", rank);
	else
		fprintf(to, " %4s", "-");
}

static void print_diff(mn_printer *out, const mn_trace_diff *d, size_t most)
{
	fprintf(out->to, "neurons in both %zu, only in A %zu, only in B %zu\n", d->both, d->only_a,
		d->only_b);
	if (d->n == 0)
		return;
	mn_print_style(out, MN_STYLE_DIM);
	fprintf(out->to, "%8s %8s %4s %4s  NEURON\n", "LEVEL A", "B", "RANK", "");
	mn_print_style(out, MN_STYLE_NONE);
	for (size_t i = 0; i < d->n && i < most; i++) {
		const mn_trace_change *c = &d->at[i];

		fprintf(out->to, "%8.3f %8.3f", c->a, c->b);
		print_rank(out->to, c->rank_a);
		print_rank(out->to, c->rank_b);
		fputs("  ", out->to);
		mn_print_cut(out, c->text.len ? c->text : c->uid, out->columns / 2 - 15);
		mn_print_style(out, MN_STYLE_DIM);
		fputs("  ", out->to);
		mn_print_cut(out, c->because, out->columns / 2 - 18);
		mn_print_style(out, MN_STYLE_NONE);
		fputc('\n', out->to);
	}
	if (d->n > most)
		fprintf(out->to, "... and %zu more\n", d->n - most);
}

static int trace_diff(mn_app *app, const mn_args *args)
{
	mn_session s;
	mn_trace *a = NULL, *b = NULL;
	mn_trace_diff diff;
	int rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_ENGINE);

	if (rc == MN_OK)
		rc = load(&s, mn_args_text(args, "A"), &a);
	if (rc == MN_OK)
		rc = load(&s, mn_args_text(args, "B"), &b);
	if (rc == MN_OK)
		rc = mn_trace_compare(a, b, &s.call, &diff);
	if (rc == MN_OK && app->json)
		emit_diff(&app->out, &diff);
	else if (rc == MN_OK)
		print_diff(&app->out, &diff, (size_t)mn_args_count(args, "--limit"));
	mn_trace_free(a);
	mn_trace_free(b);
	return mn_session_end(&s, rc);
}

/* ---- export ------------------------------------------------------------------------------- */

static int format_of(mn_str name)
{
	return mn_str_is(name, "dot")       ? MN_TRACE_DOT
	       : mn_str_is(name, "svg")     ? MN_TRACE_SVG
	       : mn_str_is(name, "graphml") ? MN_TRACE_GRAPHML
					    : MN_TRACE_JSONL;
}

static int trace_export(mn_app *app, const mn_args *args)
{
	mn_session s;
	mn_trace *t = NULL;
	mn_output o;
	mn_sink sink;
	int rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_ENGINE);

	if (rc == MN_OK)
		rc = load(&s, mn_args_text(args, "FILE"), &t);
	if (rc == MN_OK)
		rc = mn_output_open(&o, app, mn_args_text(args, "--output"),
			mn_args_has(args, "--force"), s.call.err);
	if (rc == MN_OK) {
		sink = mn_output_sink(&o);
		rc = mn_trace_write(t, &s.call, format_of(mn_args_text(args, "--format")), &sink);
		rc = mn_output_close(&o, rc, s.call.err);
	}
	mn_trace_free(t);
	return mn_session_end(&s, rc);
}

/* ---- The table ---------------------------------------------------------------------------- */

static const mn_param show_params[] = {
	{.name = "FILE",
		.does = "a trace that recall --trace saved; - for standard input",
		.type = MN_PARAM_FILE,
		.flags = MN_PARAM_REQUIRED},
	{.name = "--branches",
		.does = "how many synapses to show of each neuron",
		.value = "N",
		.fallback = "5",
		.min = 1,
		.max = 100000,
		.type = MN_PARAM_COUNT},
	{.name = "--why",
		.does = "every path to one neuron instead, with its level replayed",
		.value = "ID",
		.type = MN_PARAM_TEXT},
	{0},
};

static const mn_param diff_params[] = {
	{.name = "A", .does = "a saved trace", .type = MN_PARAM_FILE, .flags = MN_PARAM_REQUIRED},
	{.name = "B",
		.does = "the one to compare it with",
		.type = MN_PARAM_FILE,
		.flags = MN_PARAM_REQUIRED},
	{.name = "--limit",
		.does = "how many differences to show",
		.value = "N",
		.fallback = "20",
		.min = 1,
		.max = 1000000,
		.type = MN_PARAM_COUNT},
	{0},
};

static const mn_param export_params[] = {
	{.name = "FILE",
		.does = "a saved trace",
		.type = MN_PARAM_FILE,
		.flags = MN_PARAM_REQUIRED},
	{.name = "--format",
		.does = "what to make of it",
		.value = "FORMAT",
		.fallback = "dot",
		.choices = "jsonl|dot|svg|graphml",
		.type = MN_PARAM_CHOICE},
	{.name = "--output",
		.letter = 'o',
		.does = "where to write it (default: standard output)",
		.value = "FILE",
		.type = MN_PARAM_FILE},
	{.name = "--force",
		.letter = 'f',
		.does = "replace the file if there is one",
		.type = MN_PARAM_FLAG},
	{0},
};

static const mn_example show_examples[] = {
	{"mnemoscope recall 'first bug' --trace bug.trace", "record a trace"},
	{"mnemoscope trace show bug.trace", "read it as a tree"},
	{"mnemoscope trace show bug.trace --why concept:bug", "ask about one neuron"},
	{0},
};

static const mn_example export_examples[] = {
	{"mnemoscope trace export bug.trace --format svg -o bug.svg", "draw it"},
	{"mnemoscope trace export bug.trace | dot -Tpng >bug.png", "draw it with Graphviz"},
	{0},
};

const mn_action mn_verbs_trace[] = {
	{.name = "trace show",
		.does = "Show how activation spread, hop by hop",
		.json = "One object {question, kernel, brain, depth, when, activated, examined, "
			"latency_us, cut, ranked, events}: ranked is an array of {id, score}, "
			"events "
			"one of the steps that mnemoscope recall --why describes, in the order in "
			"which they happened. cut is true where the trace was too long to be kept "
			"whole.",
		.params = show_params,
		.examples = show_examples,
		.scope = MN_ON_CLI,
		.verb = trace_show},
	{.name = "trace diff",
		.does = "Compare two traces: what lit up in which, and why",
		.json = "One object {both, only_a, only_b, changes}: how many neurons are in both "
			"or only one, and an array of {id, text, a, b, rank_a, rank_b, because}, "
			"the "
			"largest change first; a level of 0 means that it was not active, a rank "
			"of 0 "
			"that it was not ranked.",
		.params = diff_params,
		.scope = MN_ON_CLI,
		.verb = trace_diff},
	{.name = "trace export",
		.does = "Write a trace as a picture or a graph",
		.params = export_params,
		.examples = export_examples,
		.scope = MN_ON_CLI,
		.verb = trace_export},
	{0},
};
