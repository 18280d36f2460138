/* SPDX-License-Identifier: MIT */
/* run.c - the verbs of maintenance: run a script, take a run back, look into the archive. */
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/str.h"
#include "cli/planning.h"
#include "cli/roster.h"
#include "cli/verbs.h"
#include "emit.h"
#include "scripts.h"
#include "stream.h"
#include "ticker.h"
#include "tui/acts.h"

enum { QUESTIONS = 200 };

/* ---- What a script says meanwhile --------------------------------------------------------- */

static void note_line(void *ctx, const char *line)
{
	mn_app_note(ctx, "%s", line);
}

static void trace_line(void *ctx, const char *line)
{
	mn_app *app = ctx;

	if (!app->quiet)
		fprintf(app->err.to, "  %s\n", line);
}

static void tell_options(mn_script_options *o, mn_session *s, const mn_sink *emit, mn_ticker *t)
{
	*o = MN_SIZED(mn_script_options);
	o->ctx = s->app;
	o->log = note_line;
	o->trace = trace_line;
	o->emit = emit;
	o->progress = mn_ticker_progress(t);
}

/* ---- run ---------------------------------------------------------------------------------- */

/* "--set below=0.1", each. */
static int values_of(mn_session *s, const mn_args *args, mn_script_value **out, size_t *n)
{
	mn_script_value *at;
	const mn_arg *a;

	for (*n = 0; mn_args_nth(args, "--set", *n); ++*n)
		;
	at = mn_call_array(&s->call, *n + 1, sizeof(*at));
	if (!at)
		return MN_ENOMEM;
	for (size_t i = 0; (a = mn_args_nth(args, "--set", i)); i++) {
		const char *equals = memchr(a->text.ptr, '=', a->text.len);
		const size_t name = equals ? (size_t)(equals - a->text.ptr) : 0;

		if (!name)
			return mn_fail(&s->call, MN_EINVAL, 0,
				"\"%.*s\" is no NAME=VALUE: write --set below=0.1",
				MN_FMT(a->text));
		at[i] = (mn_script_value){
			mn_str_sub(a->text, 0, name), mn_str_sub(a->text, name + 1, a->text.len)};
	}
	*out = at;
	return MN_OK;
}

/* Runs it: its report goes to the output, its steps come back, empty if there are none. */
static int steps_of(mn_session *s, const mn_args *args, mn_str *title, mn_str *steps)
{
	mn_script_value *values = NULL;
	mn_script_options o;
	mn_script *script = NULL;
	mn_output to;
	mn_ticker ticker;
	mn_sink sink;
	size_t n = 0;
	int rc = values_of(s, args, &values, &n);

	if (rc == MN_OK)
		rc = mn_output_open(&to, s->app, mn_args_text(args, "--output"),
			mn_args_has(args, "--force"), s->call.err);
	if (rc)
		return rc;
	sink = mn_output_sink(&to);
	mn_ticker_start(&ticker, s->app, "reading");
	tell_options(&o, s, &sink, &ticker);
	rc = mn_roster_load(s, mn_args_text(args, "SCRIPT"), &o, &script);
	if (rc == MN_OK)
		*title = mn_call_copy(&s->call, mn_script_about(script)->name);
	if (rc == MN_OK)
		rc = mn_script_run(script, s->brain, &s->call, values, n, &o, steps);
	mn_ticker_stop(&ticker);
	mn_script_free(script);
	return mn_output_close(&to, rc, s->call.err);
}

/* A question a line. */
static int questions_of(mn_session *s, const mn_args *args, mn_strs *out)
{
	const mn_str file = mn_args_text(args, "--questions");
	mn_str text, *at;
	size_t n = 0;
	int rc = file.len ? mn_scripts_read(s->app->arena, file, &text, s->call.err) : MN_OK;

	*out = (mn_strs){NULL, 0};
	if (rc || !file.len)
		return rc;
	at = mn_call_array(&s->call, QUESTIONS, sizeof(*at));
	while (at && text.len && n < QUESTIONS) {
		const char *end = memchr(text.ptr, '\n', text.len);
		const size_t len = end ? (size_t)(end - text.ptr) : text.len;

		at[n] = mn_str_sub(text, 0, len);
		n += mn_text_valid(at[n]) && !mn_str_blank(at[n]);
		text = mn_str_sub(text, len + (end != NULL), text.len);
	}
	*out = (mn_strs){at, n};
	return at ? MN_OK : MN_ENOMEM;
}

static int show_plan(mn_session *s, const mn_plan *plan)
{
	if (!s->app->json)
		return mn_planning_print(s, mn_plan_look(plan));
	mn_emit_json(&s->app->out, NULL, mn_plan_look(plan)->json);
	mn_emit_end(&s->app->out);
	return mn_printer_check(&s->app->out, &s->call);
}

/* done: NULL, if there was nothing to do. */
static int emit_both(mn_session *s, const mn_plan *plan, const mn_run *done)
{
	mn_emit_open(&s->app->out, NULL, '{');
	mn_emit_json(&s->app->out, "plan", mn_plan_look(plan)->json);
	if (done)
		mn_planning_emit_run(&s->app->out, "run", done);
	else
		mn_emit_json(&s->app->out, "run", MN_STR("null"));
	mn_emit_close(&s->app->out, '}');
	mn_emit_end(&s->app->out);
	return mn_printer_check(&s->app->out, &s->call);
}

static int apply(mn_session *s, mn_plan *plan)
{
	mn_progress progress;
	mn_ticker ticker;
	mn_run done;
	int rc;

	mn_ticker_start(&ticker, s->app, "applying");
	progress = mn_ticker_progress(&ticker);
	rc = mn_plan_apply(plan, &s->call, &progress, &done);
	mn_ticker_stop(&ticker);
	if (rc)
		return rc;
	if (!s->app->json) {
		mn_planning_print_run(s, mn_plan_look(plan), &done);
		return mn_printer_check(&s->app->out, &s->call);
	}
	return emit_both(s, plan, &done);
}

static int apply_nothing(mn_session *s, const mn_plan *plan)
{
	mn_app_note(s->app, "nothing is to be done");
	return s->app->json ? emit_both(s, plan, NULL) : MN_OK;
}

static int run_steps(mn_session *s, const mn_args *args, mn_str title, mn_str steps)
{
	const bool dry = mn_args_has(args, "--dry-run");
	mn_plan_options o = MN_SIZED(mn_plan_options);
	mn_plan *plan = NULL;
	mn_ticker ticker;
	int rc = questions_of(s, args, &o.questions);

	if (rc)
		return rc;
	mn_ticker_start(&ticker, s->app, "planning");
	o.title = title;
	o.progress = mn_ticker_progress(&ticker);
	rc = mn_plan_new(s->brain, &s->call, steps, &o, &plan);
	mn_ticker_stop(&ticker);
	if (rc == MN_OK && (dry || !s->app->json))
		rc = show_plan(s, plan);
	if (rc == MN_OK && !dry && mn_plan_look(plan)->batches == 0)
		rc = apply_nothing(s, plan);
	else if (rc == MN_OK && !dry)
		rc = apply(s, plan);
	mn_plan_free(plan);
	return rc;
}

/* How a run that has no plan at hand ended. */
static int tell_run(mn_session *s, const mn_run *done)
{
	if (s->app->json) {
		mn_planning_emit_run(&s->app->out, NULL, done);
		mn_emit_end(&s->app->out);
	} else {
		mn_planning_print_run(s, NULL, done);
	}
	return mn_printer_check(&s->app->out, &s->call);
}

static int resume(mn_session *s, const mn_args *args)
{
	mn_progress progress;
	mn_ticker ticker;
	mn_run done;
	int rc;

	mn_ticker_start(&ticker, s->app, "applying");
	progress = mn_ticker_progress(&ticker);
	rc = mn_run_resume(
		s->brain, &s->call, (uint64_t)mn_args_count(args, "--resume"), &progress, &done);
	mn_ticker_stop(&ticker);
	return rc ? rc : tell_run(s, &done);
}

static int misused(mn_app *app, const char *what)
{
	mn_error err = MN_SIZED(mn_error);

	mn_error_set(&err, MN_EINVAL, 0, "%s", what);
	return mn_app_usage(app, &err);
}

static int run(mn_app *app, const mn_args *args)
{
	const bool dry = mn_args_has(args, "--dry-run"), again = mn_args_has(args, "--resume");
	mn_str title = MN_STR(""), steps = mn_args_text(args, "--steps");
	const bool named = mn_args_has(args, "SCRIPT");
	mn_session s;
	int rc;

	if (mn_args_has(args, "--list"))
		return named ? mn_roster_tell(app, mn_args_text(args, "SCRIPT"))
			     : mn_roster_list(app);
	if (named + (steps.len > 0) + again != 1)
		return misused(app, "say which script, or --list, --steps or --resume");
	rc = mn_session_open(&s, app, MN_STR(""), dry ? MN_SESSION_READ : 0);
	if (rc == MN_OK && again)
		return mn_session_end(&s, resume(&s, args));
	if (rc == MN_OK && named)
		rc = steps_of(&s, args, &title, &steps);
	/* A script that only reports wants nothing done. */
	if (rc == MN_OK && !mn_str_is(steps, "[]"))
		rc = run_steps(&s, args, title, steps);
	return mn_session_end(&s, rc);
}

/* ---- undo --------------------------------------------------------------------------------- */

static int take_back(mn_session *s, const mn_args *args)
{
	mn_progress progress;
	mn_ticker ticker;
	mn_run done;
	int rc;

	mn_ticker_start(&ticker, s->app, "taking back");
	progress = mn_ticker_progress(&ticker);
	rc = mn_run_undo(s->brain, &s->call, (uint64_t)mn_args_count(args, "RUN"),
		mn_args_has(args, "--rest"), &progress, &done);
	mn_ticker_stop(&ticker);
	return rc ? rc : tell_run(s, &done);
}

static int undo(mn_app *app, const mn_args *args)
{
	const bool list = mn_args_has(args, "--list");
	mn_session s;
	int rc = mn_session_open(&s, app, MN_STR(""), list ? MN_SESSION_READ : 0);

	if (rc == MN_OK && mn_args_has(args, "--forget"))
		rc = mn_run_forget(s.brain, &s.call, mn_engine_now(app->engine) + 1);
	else if (rc == MN_OK)
		rc = list ? mn_planning_list(&s) : take_back(&s, args);
	return mn_session_end(&s, rc);
}

/* ---- archive ------------------------------------------------------------------------------ */

static void show_archived(mn_printer *out, const mn_archived *a, bool json)
{
	char when[32];

	if (json) {
		mn_emit_open(out, NULL, '{');
		mn_emit_text(out, "id", a->uid);
		mn_emit_text(out, "text", a->text);
		mn_emit_number(out, "salience", a->salience);
		mn_emit_time(out, "created", a->created);
		mn_emit_time(out, "archived", a->archived);
		mn_emit_close(out, '}');
		return;
	}
	fprintf(out->to, "%-16s  ", mn_format_time(a->created, when));
	mn_print_style(out, MN_STYLE_DIM);
	mn_print_text(out, a->uid);
	mn_print_style(out, MN_STYLE_NONE);
	fputs("\n    ", out->to);
	mn_print_cut(out, a->text, out->columns - 4);
	fputc('\n', out->to);
}

static int archive_search(mn_app *app, const mn_args *args)
{
	const mn_archived *found = NULL;
	mn_session s;
	size_t n = 0;
	int rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_READ);

	if (rc == MN_OK)
		rc = mn_archive_search(s.brain, &s.call, mn_args_text(args, "WORDS"),
			(uint32_t)mn_args_count(args, "--limit"), &found, &n);
	if (rc == MN_OK && app->json)
		mn_emit_open(&app->out, NULL, '[');
	for (size_t i = 0; rc == MN_OK && i < n; i++)
		show_archived(&app->out, &found[i], app->json);
	if (rc == MN_OK && app->json) {
		mn_emit_close(&app->out, ']');
		mn_emit_end(&app->out);
	} else if (rc == MN_OK && n == 0) {
		mn_app_note(app, mn_args_has(args, "WORDS")
					 ? "nothing in the archive has these words"
					 : "nothing is in the archive");
	}
	return mn_session_end(&s, rc);
}

/* The step that brings them back. */
static mn_str restore_steps(mn_call *call, const mn_args *args)
{
	mn_buf b = MN_BUF((size_t)1 << 24);
	const mn_arg *a;
	mn_str steps = {NULL, 0};

	mn_buf_text(&b, "[{\"restore\":{");
	if (mn_args_has(args, "--all"))
		mn_buf_text(&b, "\"all\":true,");
	mn_buf_text(&b, "\"fibers\":[");
	for (size_t i = 0; (a = mn_args_nth(args, "ID", i)); i++) {
		if (i)
			mn_buf_char(&b, ',');
		mn_buf_json(&b, a->text);
	}
	mn_buf_text(&b, "]}}]");
	if (mn_buf_ok(&b))
		steps = mn_call_copy(call, mn_buf_view(&b));
	else
		mn_fail_memory(call);
	mn_buf_free(&b);
	return steps;
}

static int archive_restore(mn_app *app, const mn_args *args)
{
	mn_session s;
	mn_str steps;
	int rc;

	if (!mn_args_has(args, "ID") == !mn_args_has(args, "--all"))
		return misused(app, "say which memories, by ID, or --all");
	rc = mn_session_open(&s, app, MN_STR(""), 0);
	if (rc)
		return mn_session_end(&s, rc);
	steps = restore_steps(&s.call, args);
	return mn_session_end(
		&s, steps.ptr ? run_steps(&s, args, MN_STR("archive restore"), steps) : MN_ENOMEM);
}

/* ---- The table ---------------------------------------------------------------------------- */

static const mn_param run_params[] = {
	{.name = "SCRIPT",
		.does = "its name, as --list has it, or a file of Lua",
		.type = MN_PARAM_SCRIPT},
	{.name = "--set",
		.does = "a parameter of the script",
		.value = "NAME=VALUE",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REPEATS},
	{.name = "--dry-run",
		.letter = 'n',
		.does = "show the plan and change nothing",
		.type = MN_PARAM_FLAG},
	{.name = "--questions",
		.does = "tell what recall would lose: a question a line",
		.value = "FILE",
		.type = MN_PARAM_FILE},
	{.name = "--output",
		.letter = 'o',
		.does = "where the script's report goes (default: standard output)",
		.value = "FILE",
		.type = MN_PARAM_FILE},
	{.name = "--force",
		.letter = 'f',
		.does = "replace the file if there is one",
		.type = MN_PARAM_FLAG},
	{.name = "--list",
		.does = "tell which scripts there are, or what SCRIPT takes",
		.type = MN_PARAM_FLAG},
	{.name = "--steps",
		.does = "without a script: steps as JSON, such as '[{\"decay\":{}}]'",
		.value = "JSON",
		.type = MN_PARAM_TEXT},
	{.name = "--resume",
		.does = "go on with a run that was interrupted; 0: the one there is",
		.value = "RUN",
		.max = INT64_MAX,
		.type = MN_PARAM_COUNT},
	{0},
};

static const mn_param undo_params[] = {
	{.name = "RUN",
		.does = "its number (default: the last run that was done)",
		.max = INT64_MAX,
		.type = MN_PARAM_COUNT},
	{.name = "--list", .does = "tell which runs there were", .type = MN_PARAM_FLAG},
	{.name = "--rest",
		.does = "leave what was changed since, and take back the rest",
		.type = MN_PARAM_FLAG},
	{.name = "--forget",
		.does = "let go of what all runs so far had kept to be taken back",
		.type = MN_PARAM_FLAG},
	{0},
};

static const mn_param search_params[] = {
	{.name = "WORDS",
		.does = "words that all must be in it (default: all memories there)",
		.type = MN_PARAM_TEXT},
	{.name = "--limit",
		.letter = 'l',
		.does = "at most so many",
		.value = "N",
		.fallback = "20",
		.min = 1,
		.max = 1000000,
		.type = MN_PARAM_COUNT},
	{0},
};

static const mn_param restore_params[] = {
	{.name = "ID",
		.does = "a memory, as archive search shows it",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REPEATS},
	{.name = "--all", .does = "every memory there", .type = MN_PARAM_FLAG},
	{.name = "--dry-run",
		.letter = 'n',
		.does = "show the plan and change nothing",
		.type = MN_PARAM_FLAG},
	{0},
};

static const mn_example run_examples[] = {
	{"mnemoscope run --list", "which scripts there are"},
	{"mnemoscope run archive --list", "what a script takes"},
	{"mnemoscope run archive --set older_than_days=180 --dry-run",
		"what would be archived, and what that saves"},
	{"mnemoscope --brain notes run nightly --quiet", "for cron"},
	{0},
};

static const mn_example undo_examples[] = {
	{"mnemoscope undo --list", "what was run, newest first"},
	{"mnemoscope undo 12", "take run 12 back"},
	{0},
};

const mn_action mn_verbs_run[] = {
	{.name = "run",
		.does = "Run a maintenance script",
		.help = "A script decides what is to be done (decay, pruning, archiving, merging); "
			"the engine makes a plan of it, shows it, and applies it in batches that "
			"are journaled first. A run that was killed goes on with --resume; one "
			"that is done is taken back with undo. Rows that somebody changes "
			"meanwhile are left alone. One run at a time is at a brain.\n\n"
			"Scripts run in a process of their own, without files and network.",
		.json = "With --dry-run the plan, else {plan, run}; with --resume the run: see "
			"mnemoscope-formats(5). With --list an array of {name, purpose, params}, "
			"with a script's name one.",
		.params = run_params,
		.examples = run_examples,
		.scope = MN_ON_CLI | MN_ON_ANY,
		.verb = run,
		.act = mn_act_run},
	{.name = "undo",
		.does = "Take a maintenance run back",
		.help = "Every row of the run becomes what it was before. If nothing else was "
			"written since, the brain is as it was, to the last bit. If something was, "
			"nothing is done, unless --rest says to leave those rows. An undo is a run "
			"and can be undone.\n\nWhat a run dropped stays in its journal for 90 "
			"days, so that it can be taken back; --forget lets it go now.",
		.json = "An object about the undoing run; with --list an array of runs.",
		.params = undo_params,
		.examples = undo_examples,
		.scope = MN_ON_CLI | MN_ON_ANY,
		.verb = undo,
		.act = mn_act_undo},
	{.name = "archive search",
		.does = "Look for words in archived memories",
		.json = "An array of {id, text, salience, created, archived}.",
		.params = search_params,
		.scope = MN_ON_CLI,
		.verb = archive_search},
	{.name = "archive restore",
		.does = "Bring memories back from the archive",
		.help = "They come back as they were, with all their synapses.",
		.json = "{plan, run}, as run prints it.",
		.params = restore_params,
		.scope = MN_ON_CLI,
		.verb = archive_restore},
	{0},
};
