/* SPDX-License-Identifier: MIT */
/* export.c - the verb that writes a whole brain to a file. */
#include "base/str.h"
#include "cli/sheets.h"
#include "cli/verbs.h"
#include "exchange/zst.h"
#include "format.h"
#include "session.h"
#include "stream.h"
#include "ticker.h"

static const struct {
	const char *name, *suffix;
	int format;
} formats[] = {
	{"jsonl", ".jsonl", MN_FORMAT_JSONL},
	{"graph", ".graph", MN_FORMAT_GRAPH},
	{"snapshot", ".snapshot", MN_FORMAT_SNAPSHOT},
	{"graphml", ".graphml", MN_FORMAT_GRAPHML},
	{"dot", ".dot", MN_FORMAT_DOT},
	{"neuralmemory", ".json", MN_FORMAT_PEER},
	{"csv", ".csv", MN_FORMAT_CSV},
};

enum { FORMATS = sizeof(formats) / sizeof(*formats) };

static bool ends_in(mn_str file, const char *suffix)
{
	const size_t n = strlen(suffix);

	return file.len > n && mn_str_is(mn_str_sub(file, file.len - n, n), suffix);
}

/* As was said, else by the file's name, else memories. */
static int format_of(const mn_args *args, mn_str file)
{
	const mn_str name = mn_args_text(args, "--format");

	if (mn_format_zst(file))
		file.len -= strlen(".zst");
	for (size_t i = 0; i < FORMATS; i++)
		if (name.len ? mn_str_is(name, formats[i].name) : ends_in(file, formats[i].suffix))
			return formats[i].format;
	return MN_FORMAT_JSONL;
}

static int write_all(mn_session *s, const mn_export_options *o, const mn_sink *to, bool compress)
{
	mn_zst_out zst;
	mn_sink sink;
	int rc;

	if (!compress)
		return mn_export(s->brain, &s->call, o, to);
	rc = mn_zst_out_open(&zst, &s->call, to);
	if (rc)
		return rc;
	sink = mn_zst_sink(&zst);
	rc = mn_export(s->brain, &s->call, o, &sink);
	if (rc == MN_OK)
		rc = mn_zst_out_end(&zst, &s->call);
	mn_zst_out_close(&zst);
	return rc;
}

static int write_file(mn_session *s, const mn_args *args, mn_str file, mn_export_options *o)
{
	mn_output to;
	mn_sink sink;
	int rc = mn_output_open(&to, s->app, file, mn_args_has(args, "--force"), s->call.err);

	if (rc)
		return rc;
	sink = mn_output_sink(&to);
	rc = write_all(s, o, &sink, mn_args_has(args, "--zstd") || mn_format_zst(file));
	return mn_output_close(&to, rc, s->call.err);
}

static int export(mn_app *app, const mn_args *args)
{
	const mn_str file = mn_args_text(args, "--output");
	mn_session s;
	mn_export_options o = MN_SIZED(mn_export_options);
	mn_ticker ticker;
	int rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_READ);

	o.format = format_of(args, file);
	if (mn_str_is(mn_args_text(args, "--dialect"), "0.4.0"))
		o.dialect = MN_PEER_OLD;
	if (rc == MN_OK) {
		mn_ticker_start(&ticker, app, "exporting");
		o.progress = mn_ticker_progress(&ticker);
		rc = o.format == MN_FORMAT_CSV ? mn_sheets_write(&s, file, &o.progress)
					       : write_file(&s, args, file, &o);
		mn_ticker_stop(&ticker);
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
		.does = "jsonl are the memories, snapshot is everything, csv a folder of "
			"tables (default: by the end of the file's name, else jsonl)",
		.value = "FORMAT",
		.choices = "jsonl|graph|snapshot|neuralmemory|csv|graphml|dot",
		.type = MN_PARAM_CHOICE},
	{.name = "--dialect",
		.does = "which version of NeuralMemory is to read it",
		.value = "VERSION",
		.fallback = "4.6x",
		.choices = "0.4.0|4.6x",
		.type = MN_PARAM_CHOICE},
	{.name = "--zstd",
		.does = "compress it (a name that ends in .zst says so too)",
		.type = MN_PARAM_FLAG},
	{.name = "--force",
		.letter = 'f',
		.does = "replace the file if there is one",
		.type = MN_PARAM_FLAG},
	{0},
};

static const mn_example export_examples[] = {
	{"mnemoscope --brain notes export -o notes.jsonl", "the memories of a brain"},
	{"mnemoscope export -o notes.snapshot.zst", "everything, compressed"},
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
