/* SPDX-License-Identifier: MIT */
/* stats.c - the verb that counts what is in a brain. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "cli/verbs.h"
#include "emit.h"
#include "session.h"
#include "ticker.h"

enum { TYPES = 4097, PAGE = 4096 };

struct tally {
	uint16_t type;
	uint64_t n;
};

static int larger_first(const void *pa, const void *pb)
{
	const struct tally *a = pa, *b = pb;

	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	return a->type - b->type;
}

static uint16_t type_of(const mn_rows *rows, size_t i)
{
	return rows->kind == MN_NEURON ? rows->at.neuron[i].type : rows->at.synapse[i].type;
}

/* Counts every row of a kind by its type, in a call of its own whose memory is used again. */
static int scan(mn_session *s, mn_call *page_call, int kind, struct tally *by_type, mn_ticker *t)
{
	mn_query q = MN_SIZED(mn_query);
	mn_page page = MN_SIZED(mn_page);
	mn_progress p = mn_ticker_progress(t);
	mn_scan *it = NULL;
	uint64_t n = 0;
	int rc;

	q.kind = kind;
	q.fields = MN_FIELD_HEAD;
	rc = mn_brain_scan(s->brain, &s->call, &q, &it);
	while (rc == MN_OK && !page.last) {
		mn_call_reset(page_call);
		rc = mn_scan_next(it, page_call, PAGE, &page);
		for (size_t i = 0; rc == MN_OK && i < page.rows.n; i++)
			by_type[type_of(&page.rows, i) % TYPES].n++;
		n += rc == MN_OK ? page.rows.n : 0;
		p.tell(p.ctx, n, 0, kind == MN_NEURON ? "neurons" : "synapses");
	}
	mn_scan_done(it);
	if (rc && page_call->err->code)
		*s->call.err = *page_call->err;
	return rc;
}

/* by_type: sorted, larger first, ends with an empty one. */
static int count_types(mn_session *s, int kind, struct tally **out)
{
	struct tally *by_type = mn_arena_array(s->app->arena, TYPES + 1, sizeof(*by_type));
	mn_call call;
	mn_ticker t;
	int rc;

	if (!by_type)
		return mn_fail_memory(&s->call);
	for (unsigned i = 0; i < TYPES; i++)
		by_type[i].type = (uint16_t)i;
	rc = mn_call_init(&call, s->app->engine, 0);
	call.token = s->app->token;
	mn_ticker_start(&t, s->app, "counting");
	if (rc == MN_OK)
		rc = scan(s, &call, kind, by_type, &t);
	mn_ticker_stop(&t);
	mn_call_done(&call);
	qsort(by_type, TYPES, sizeof(*by_type), larger_first);
	*out = by_type;
	return rc;
}

static void emit_types(mn_printer *out, const char *key, int kind, const struct tally *t)
{
	mn_emit_open(out, key, '{');
	for (; t->n; t++)
		mn_emit_count(out, mn_type_name(kind, t->type), t->n);
	mn_emit_close(out, '}');
}

static void print_types(mn_printer *out, int kind, const struct tally *t)
{
	char text[32];

	for (; t->n; t++) {
		fprintf(out->to, "  %14s  ", mn_format_count(t->n, text));
		mn_print_text(out, mn_str_of(mn_type_name(kind, t->type)));
		fputc('\n', out->to);
	}
}

static void print_count(mn_printer *out, const char *what, const char *value)
{
	mn_print_style(out, MN_STYLE_DIM);
	fprintf(out->to, "%-10s", what);
	mn_print_style(out, MN_STYLE_NONE);
	fprintf(out->to, "%14s\n", value);
}

static void print(mn_session *s, const mn_brain_row *b, const struct tally *neurons,
	const struct tally *synapses)
{
	mn_printer *out = &s->app->out;
	char text[32];

	print_count(out, "memories", mn_format_count(b->fibers, text));
	print_count(out, "neurons", mn_format_count(b->neurons, text));
	if (neurons)
		print_types(out, MN_NEURON, neurons);
	print_count(out, "synapses", mn_format_count(b->synapses, text));
	if (synapses)
		print_types(out, MN_SYNAPSE, synapses);
	print_count(out, "size", mn_format_bytes(b->bytes, text));
	if (b->fibers)
		print_count(out, "a memory", mn_format_bytes(b->bytes / b->fibers, text));
}

static void emit(mn_session *s, const mn_brain_row *b, const struct tally *neurons,
	const struct tally *synapses)
{
	mn_printer *out = &s->app->out;

	mn_emit_open(out, NULL, '{');
	mn_emit_text(out, "brain", b->name);
	mn_emit_text(out, "store", s->url);
	mn_emit_count(out, "neurons", b->neurons);
	mn_emit_count(out, "synapses", b->synapses);
	mn_emit_count(out, "fibers", b->fibers);
	mn_emit_count(out, "bytes", b->bytes);
	if (neurons)
		emit_types(out, "neuron_types", MN_NEURON, neurons);
	if (synapses)
		emit_types(out, "synapse_types", MN_SYNAPSE, synapses);
	mn_emit_close(out, '}');
	mn_emit_end(out);
}

static int stats(mn_app *app, const mn_args *args)
{
	mn_session s;
	mn_brain_row row;
	struct tally *neurons = NULL, *synapses = NULL;
	int rc = mn_session_open(&s, app, mn_args_text(args, "NAME"), MN_SESSION_READ);

	if (rc == MN_OK)
		rc = mn_brain_describe(s.brain, &s.call, &row);
	if (rc == MN_OK && mn_args_has(args, "--types")) {
		rc = count_types(&s, MN_NEURON, &neurons);
		if (rc == MN_OK)
			rc = count_types(&s, MN_SYNAPSE, &synapses);
	}
	if (rc == MN_OK && app->json)
		emit(&s, &row, neurons, synapses);
	else if (rc == MN_OK)
		print(&s, &row, neurons, synapses);
	return mn_session_end(&s, rc);
}

static const mn_param stats_params[] = {
	{.name = "NAME",
		.does = "the brain's name, or STORE#NAME (default: the one that is set)",
		.type = MN_PARAM_BRAIN},
	{.name = "--types",
		.does = "count by type as well, which reads the whole brain",
		.type = MN_PARAM_FLAG},
	{0},
};

const mn_action mn_verbs_stats[] = {
	{.name = "stats",
		.does = "Count what is in a brain",
		.json = "One object {brain, store, neurons, synapses, fibers, bytes}; under "
			"--types "
			"also neuron_types and synapse_types, objects of type and count, larger "
			"counts first.",
		.params = stats_params,
		.scope = MN_ON_CLI,
		.verb = stats},
	{0},
};
