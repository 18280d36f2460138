/* SPDX-License-Identifier: MIT */
/* query.c - the verb that asks a store in its own language. */
#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "cell.h"
#include "cli/verbs.h"
#include "emit.h"
#include "session.h"
#include "tui/text.h"

enum { CELL_COLUMNS = 48, LEAST = 4 };

/* ---- Printing ------------------------------------------------------------------------------ */

static void emit(mn_printer *out, const mn_native *t)
{
	mn_emit_open(out, NULL, '{');
	mn_emit_open(out, "columns", '[');
	for (size_t i = 0; i < t->ncolumns; i++)
		mn_emit_text(out, NULL, t->names[i]);
	mn_emit_close(out, ']');
	mn_emit_open(out, "rows", '[');
	for (size_t i = 0; i < t->nrows; i++) {
		mn_emit_open(out, NULL, '[');
		for (size_t k = 0; k < t->ncolumns; k++)
			mn_emit_cell(out, t->cells[i * t->ncolumns + k]);
		mn_emit_close(out, ']');
	}
	mn_emit_close(out, ']');
	mn_emit_bool(out, "cut", t->cut);
	mn_emit_close(out, '}');
	mn_emit_end(out);
}

static int width_of(mn_str text)
{
	int columns = mn_text_width(text);

	return columns < CELL_COLUMNS ? columns : CELL_COLUMNS;
}

/* Columns as wide as what stands in them, within reason; the last one as long as it is. */
static int print(mn_session *s, const mn_native *t)
{
	mn_printer *out = &s->app->out;
	size_t n = t->nrows * t->ncolumns;
	mn_cell *cells = mn_call_array(&s->call, n, sizeof(*cells));
	int *widths = mn_call_array(&s->call, t->ncolumns, sizeof(*widths));

	if (!cells || !widths)
		return MN_ENOMEM;
	for (size_t k = 0; k < t->ncolumns; k++)
		widths[k] = width_of(t->names[k]) > LEAST ? width_of(t->names[k]) : LEAST;
	for (size_t i = 0; i < n; i++) {
		int *w = &widths[i % t->ncolumns];

		if (mn_cell_read(s->call.arena, t->cells[i], &cells[i]))
			return mn_fail_memory(&s->call);
		*w = width_of(cells[i].text) > *w ? width_of(cells[i].text) : *w;
	}
	mn_print_style(out, MN_STYLE_DIM);
	for (size_t k = 0; k < t->ncolumns; k++) {
		mn_print_cell(out, t->names[k], widths[k]);
		fputs(k + 1 < t->ncolumns ? "  " : "\n", out->to);
	}
	mn_print_style(out, MN_STYLE_NONE);
	for (size_t i = 0; i < n; i++) {
		bool last = i % t->ncolumns + 1 == t->ncolumns;

		if (last)
			mn_print_text(out, cells[i].text);
		else
			mn_print_cell(out, cells[i].text, widths[i % t->ncolumns]);
		fputs(last ? "\n" : "  ", out->to);
	}
	return MN_OK;
}

/* ---- The verb ------------------------------------------------------------------------------ */

static int query(mn_app *app, const mn_args *args)
{
	mn_native table = {0};
	mn_session s;
	int rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_READ);

	if (rc == MN_OK)
		rc = mn_brain_native(s.brain, &s.call, mn_args_text(args, "TEXT"),
			(uint32_t)mn_args_count(args, "--limit"), &table);
	if (rc == MN_OK && app->json)
		emit(&app->out, &table);
	else if (rc == MN_OK)
		rc = print(&s, &table);
	if (rc == MN_OK && table.cut)
		mn_app_note(app, "there are more rows: --limit N shows more");
	return mn_session_end(&s, rc);
}

static const mn_param query_params[] = {
	{.name = "TEXT",
		.does = "the query, in the store's language",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REQUIRED},
	{.name = "--limit",
		.does = "how many rows",
		.value = "N",
		.fallback = "1000",
		.min = 1,
		.max = 1000000,
		.type = MN_PARAM_COUNT},
	{0},
};

static const mn_example query_examples[] = {
	{"mnemoscope --store @graph query 'MATCH (n:MnNeuron {b: $b}) RETURN n.type, count(*)'",
		"how many neurons of each type"},
	{0},
};

const mn_action mn_verbs_query[] = {
	{.name = "query",
		.does = "Ask a store in its own query language, read-only",
		.help = "Stores with a language of their own: neo4j+http:// speaks Cypher, where "
			"$brain is the brain's name and $b the key that its rows have as property "
			"b. What would write is refused by the store.",
		.json = "One object {columns, rows, cut}: rows are arrays of values, one for each "
			"column; cut says that there were more.",
		.params = query_params,
		.examples = query_examples,
		.scope = MN_ON_CLI,
		.verb = query},
	{0},
};
