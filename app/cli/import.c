/* SPDX-License-Identifier: MIT */
/* import.c - the verb that reads memories from a file. */
#include "base/str.h"
#include "cli/restore.h"
#include "cli/verbs.h"
#include "emit.h"
#include "format.h"
#include "session.h"
#include "ticker.h"
#include "tui/acts.h"
#include "unpack.h"

enum { MOST_COMPLAINTS = 20 };

struct job {
	mn_app *app;
	mn_ticker ticker;
	unsigned complaints;
};

static void complain(void *ctx, uint64_t line, const char *why)
{
	struct job *job = ctx;

	job->complaints++;
	if (job->complaints > MOST_COMPLAINTS)
		return;
	mn_ticker_stop(&job->ticker);
	mn_app_note(job->app, "line %llu passed over: %s", (unsigned long long)line, why);
	if (job->complaints == MOST_COMPLAINTS)
		mn_app_note(job->app, "further bad lines are counted only");
}

void mn_import_emit(mn_printer *out, const mn_import_report *r)
{
	mn_emit_open(out, NULL, '{');
	mn_emit_count(out, "lines", r->lines);
	mn_emit_count(out, "added", r->added);
	mn_emit_count(out, "updated", r->updated);
	mn_emit_count(out, "unchanged", r->unchanged);
	mn_emit_count(out, "bad", r->bad);
	mn_emit_count(out, "neurons", r->neurons);
	mn_emit_count(out, "synapses", r->synapses);
	mn_emit_close(out, '}');
	mn_emit_end(out);
}

void mn_import_print(mn_app *app, const mn_import_report *r, mn_str brain, mn_time took)
{
	FILE *to = app->out.to;
	char a[64], b[64];

	fprintf(to, "%s added", mn_format_things(r->added, "memory", a));
	if (r->updated)
		fprintf(to, ", %s updated", mn_format_count(r->updated, a));
	if (r->unchanged)
		fprintf(to, ", %s unchanged", mn_format_count(r->unchanged, a));
	if (r->bad)
		fprintf(to, ", %s passed over", mn_format_things(r->bad, "bad line", a));
	fprintf(to, "; %s, %s in ", mn_format_things(r->neurons, "new neuron", a),
		mn_format_things(r->synapses, "new synapse", b));
	mn_print_text(&app->out, brain);
	fprintf(to, "; %s\n", mn_format_span((uint64_t)took, a));
}

/* What was stored before it ended badly, and how to go on. */
static void print_half(mn_app *app, const mn_import_report *r, int rc)
{
	uint64_t stored = r->added + r->updated + r->unchanged;
	char a[64];

	/* The graph form has its neurons and synapses before its memories. */
	if (stored == 0 && r->neurons + r->synapses == 0) {
		mn_app_note(app, "nothing was imported");
		return;
	}
	mn_app_note(app, "%s stored so far; %sthe same command again goes on, and doubles nothing",
		stored ? mn_format_things(stored, "memory", a)
		       : mn_format_things(r->neurons + r->synapses, "row", a),
		rc == MN_ECANCELLED ? "" : "when that is put right, ");
}

struct reading { /* the file, and what it is read with before there is a session */
	mn_session s;
	mn_input in;
	mn_unpack file;
};

static void read_options(const mn_args *args, const struct reading *r, mn_import_options *o)
{
	*o = MN_SIZED(mn_import_options);
	o->format = mn_import_recognise(mn_args_text(args, "--format"), mn_args_text(args, "FILE"),
		mn_unpack_head(&r->file));
	o->keep_going = mn_args_has(args, "--keep-going");
	o->lossy = mn_args_has(args, "--lossy");
	o->conversation = mn_args_text(args, "--conversation");
	o->bytes = r->file.zst.ctx ? 0 : r->in.bytes;
	o->bad = o->keep_going ? complain : NULL; /* else the error tells */
}

static int read_input(
	mn_session *s, mn_import_options *o, mn_unpack *in, const char *what, mn_import_report *r)
{
	struct job job = {.app = s->app};
	mn_source source = mn_unpack_source(in);
	int rc;

	mn_ticker_start(&job.ticker, s->app, what);
	o->progress = mn_ticker_progress(&job.ticker);
	o->bad_ctx = &job;
	rc = mn_import(s->brain, &s->call, o, &source, r);
	mn_ticker_stop(&job.ticker);
	return rc;
}

/*
 * A file can be read twice: first to see whether every line is good, so that a bad one is found
 * before anything is made or stored. A pipe cannot.
 */
static int check(struct reading *r, mn_import_options o)
{
	mn_import_report report = MN_SIZED(mn_import_report);
	int rc;

	if (o.keep_going || r->in.bytes == 0)
		return MN_OK;
	o.check = true;
	rc = read_input(&r->s, &o, &r->file, "checking", &report);
	return rc == MN_OK ? mn_unpack_rewind(&r->file, &r->s.call) : rc;
}

/* A brain that was made for what turned out to be nothing goes again, if it is still empty. The
 * call has what failed, so this has one of its own. */
static void unmake(mn_session *s)
{
	mn_brain_row row;
	mn_call call;

	if (!s->made || mn_call_init(&call, s->app->engine, 0) != MN_OK)
		return;
	if (mn_brain_describe(s->brain, &call, &row) == MN_OK && row.neurons == 0) {
		mn_brain_close(s->brain);
		s->brain = NULL;
		mn_store_delete(s->store, &call, s->name);
	}
	mn_call_done(&call);
}

static int run(mn_app *app, mn_import_options *o, mn_unpack *in)
{
	mn_session s;
	mn_import_report r = MN_SIZED(mn_import_report);
	mn_time start = 0;
	int code, rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_CREATE);

	if (rc == MN_OK) {
		start = mn_engine_monotonic(app->engine);
		rc = read_input(&s, o, in, "importing", &r);
		if (rc)
			unmake(&s);
	}
	if (rc == MN_OK && app->json)
		mn_import_emit(&app->out, &r);
	else if (rc == MN_OK && !app->quiet)
		mn_import_print(app, &r, s.name, mn_engine_monotonic(app->engine) - start);
	code = mn_session_end(&s, rc);
	if (rc)
		print_half(app, &r, rc);
	return code;
}

/* Is it read by restore.c? */
static bool makes_brain(int format)
{
	return format == MN_FORMAT_SNAPSHOT || format == MN_FORMAT_PEER;
}

/* Opens the file and reads it through once, if it can be read twice. */
static int prepare(struct reading *r, const mn_args *args, mn_import_options *o)
{
	const uint64_t most = (uint64_t)mn_args_count(args, "--unpacked") << 20;
	int rc = mn_session_open(&r->s, r->s.app, MN_STR(""), MN_SESSION_ENGINE);

	if (rc == MN_OK)
		rc = mn_unpack_open(&r->file, &r->s.call, &r->in, most);
	if (rc == MN_OK)
		read_options(args, r, o);
	return rc == MN_OK && !makes_brain(o->format) ? check(r, *o) : rc;
}

static int import(mn_app *app, const mn_args *args)
{
	struct reading r = {.s = {.app = app}};
	mn_import_options o;
	mn_error err = MN_SIZED(mn_error);
	int code, rc;

	if (mn_input_open(&r.in, mn_args_text(args, "FILE"), &err))
		return mn_app_fail(app, &err);
	rc = prepare(&r, args, &o);
	if (rc == MN_OK && makes_brain(o.format))
		code = mn_restore(app, args, &r.file, o.format);
	else if (rc == MN_OK)
		code = run(app, &o, &r.file);
	mn_unpack_close(&r.file);
	mn_input_close(&r.in);
	if (rc) {
		code = mn_session_end(&r.s, rc);
		mn_app_note(app, "nothing was imported");
	} else {
		mn_session_end(&r.s, MN_OK);
	}
	return code;
}

static const mn_param import_params[] = {
	{.name = "FILE",
		.does = "the file to read; - for standard input",
		.type = MN_PARAM_FILE,
		.flags = MN_PARAM_REQUIRED},
	{.name = "--format",
		.does = "what the file is made of (default: what it says itself, else by the end "
			"of its name, else jsonl)",
		.value = "FORMAT",
		.choices = "jsonl|text|markdown|graph|dict|snapshot|neuralmemory",
		.type = MN_PARAM_CHOICE},
	{.name = "--keep-going",
		.does = "pass over bad lines instead of stopping at the first",
		.type = MN_PARAM_FLAG},
	{.name = "--lossy",
		.does = "repair NULs and invalid UTF-8 to U+FFFD instead of refusing the line",
		.type = MN_PARAM_FLAG},
	{.name = "--conversation",
		.does = "only lines whose \"conversation\" is this",
		.value = "NAME",
		.type = MN_PARAM_TEXT},
	{.name = "--merge",
		.does = "a snapshot into a brain that has something: what becomes of rows that "
			"both have",
		.value = "RULE",
		.choices = "ours|theirs|newest|fail",
		.type = MN_PARAM_CHOICE},
	{.name = "--from-brain",
		.does = "which brain of a database of NeuralMemory that holds several",
		.value = "NAME",
		.type = MN_PARAM_TEXT},
	{.name = "--unpacked",
		.does = "a compressed file may unpack to so many MiB (default: 100 times its size)",
		.value = "MIB",
		.type = MN_PARAM_COUNT,
		.min = 1,
		.max = 1 << 30},
	{0},
};

static const mn_example import_examples[] = {
	{"mnemoscope --brain notes import ~/notes.md", "every paragraph of a file of notes"},
	{"mnemoscope import chat.jsonl --keep-going", "a conversation, whatever its bad lines"},
	{"mnemoscope --brain notes import notes.snapshot.zst --merge newest",
		"join a snapshot with what is there"},
	{0},
};

const mn_action mn_verbs_import[] = {
	{.name = "import",
		.does = "Read memories from a file into a brain",
		.help = "A brain that is missing is created. A memory that is there already is not "
			"doubled, so an import that was interrupted goes on when it is run again. "
			"A bad line ends the import with its number unless --keep-going is given. A "
			"file is read through before anything is stored, so that nothing is when a "
			"line is bad; from a pipe, what came before it may have been.\n\n"
			"jsonl: one object in a line, of which only text is required:\n\n"
			"  "
			"{\"id\":\"D1:3\",\"text\":\"...\",\"timestamp\":\"2023-05-08T13:56:00\",\n"
			"   "
			"\"speaker\":\"Caroline\",\"session\":\"s1\",\"title\":\"...\","
			"\"tags\":[\"...\"]}\n\n"
			"An id seen before updates its memory.\n\n"
			"text: every paragraph. markdown: every paragraph, list or piece of code, "
			"titled by the heading it stands under and linked to those above. dict: "
			"every entry of a dictionary for dictd, as zcat NAME.dict.dz prints it, "
			"titled by its headword. graph: neurons, synapses and fibers as JSON "
			"Lines, as export writes them.\n\n"
			"snapshot: a whole brain, checked against its own hash. It appears under its "
			"name when it is complete, or not at all; a brain that has something already "
			"is changed only with --merge: ours keeps a row that both have, theirs takes "
			"the snapshot's, newest the one that was written or used last, and fail "
			"imports nothing where they differ.\n\n"
			"neuralmemory: what NeuralMemory 0.4.0 to 4.63 exports (JSON) or keeps (its "
			"database), likewise all or nothing, with everything it holds.\n\n"
			"A file that is compressed with zstd is "
			"unpacked.",
		.json = "One object {lines, added, updated, unchanged, bad, neurons, synapses}: "
			"lines "
			"read, memories added, updated and found unchanged, lines passed over, and "
			"how many neurons and synapses are new.",
		.params = import_params,
		.examples = import_examples,
		.scope = MN_ON_CLI | MN_ON_ANY,
		.verb = import,
		.act = mn_act_import},
	{0},
};
