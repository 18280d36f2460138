/* SPDX-License-Identifier: MIT */
/* export.c - the verb that writes a whole brain to a file. */
#include "base/str.h"
#include "cli/verbs.h"
#include "session.h"
#include "stream.h"
#include "ticker.h"

static int format_of(mn_str name)
{
	return mn_str_is(name, "graph")     ? MN_FORMAT_GRAPH
	       : mn_str_is(name, "dot")     ? MN_FORMAT_DOT
	       : mn_str_is(name, "graphml") ? MN_FORMAT_GRAPHML
					    : MN_FORMAT_JSONL;
}

static int export(mn_app *app, const mn_args *args)
{
	mn_session s;
	mn_export_options o = MN_SIZED(mn_export_options);
	mn_ticker ticker;
	mn_output to;
	mn_sink sink;
	int rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_READ);

	if (rc == MN_OK)
		rc = mn_output_open(&to, app, mn_args_text(args, "--output"),
			mn_args_has(args, "--force"), s.call.err);
	if (rc == MN_OK) {
		mn_ticker_start(&ticker, app, "exporting");
		o.format = format_of(mn_args_text(args, "--format"));
		o.progress = mn_ticker_progress(&ticker);
		sink = mn_output_sink(&to);
		rc = mn_export(s.brain, &s.call, &o, &sink);
		mn_ticker_stop(&ticker);
		rc = mn_output_close(&to, rc, s.call.err);
	}
	return mn_session_end(&s, rc);
}

static const mn_param export_params[] = {
	{.name = "--output",
		.letter = 'o',
		.does = "where to write it (default: standard output)",
		.value = "FILE",
		.type = MN_PARAM_FILE},
	{.name = "--format",
		.does = "jsonl is what import reads, graph keeps everything",
		.value = "FORMAT",
		.fallback = "jsonl",
		.choices = "jsonl|graph|graphml|dot",
		.type = MN_PARAM_CHOICE},
	{.name = "--force",
		.letter = 'f',
		.does = "replace the file if there is one",
		.type = MN_PARAM_FLAG},
	{0},
};

static const mn_example export_examples[] = {
	{"mnemoscope --brain notes export -o notes.jsonl", "the memories of a brain"},
	{"mnemoscope export --format graph | zstd >brain.graph.zst", "everything, compressed"},
	{0},
};

const mn_action mn_verbs_export[] = {
	{.name = "export",
		.does = "Write a brain to a file",
		.help = "The brain is written as it is at one moment, or not at all: if somebody "
			"writes to it meanwhile and the store cannot keep a moment, the export "
			"fails. A file appears under its name only when it is complete, readable "
			"by yourself alone. At a terminal control characters are shown, not sent.",
		.params = export_params,
		.examples = export_examples,
		.scope = MN_ON_CLI,
		.verb = export},
	{0},
};
