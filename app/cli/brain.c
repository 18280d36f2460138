/* SPDX-License-Identifier: MIT */
/* brain.c - the verbs that manage brains: list, create, show, rename, delete, use. */
#include <errno.h>

#include "base/fail.h"
#include "base/str.h"
#include "cli/ask.h"
#include "cli/verbs.h"
#include "emit.h"
#include "session.h"
#include "tui/acts.h"

enum { NAME_ROOM = 1024 };

static const mn_param name_required[] = {
	{.name = "NAME",
		.does = "the brain's name, or STORE#NAME",
		.type = MN_PARAM_BRAIN,
		.flags = MN_PARAM_REQUIRED},
	{0},
};

/* ---- list, show --------------------------------------------------------------------------- */

static void emit_row(mn_printer *out, const mn_brain_row *b, mn_str url)
{
	mn_emit_open(out, NULL, '{');
	mn_emit_text(out, "name", b->name);
	mn_emit_text(out, "uid", b->uid);
	mn_emit_text(out, "store", url);
	mn_emit_count(out, "neurons", b->neurons);
	mn_emit_count(out, "synapses", b->synapses);
	mn_emit_count(out, "fibers", b->fibers);
	mn_emit_count(out, "bytes", b->bytes);
	mn_emit_time(out, "created", b->created);
	mn_emit_time(out, "updated", b->updated);
	mn_emit_time(out, "clock", b->clock);
	mn_emit_json(out, "config", b->config);
	mn_emit_close(out, '}');
}

static void print_row(mn_printer *out, const mn_brain_row *b, bool current)
{
	char text[32];

	mn_print_style(out, current ? MN_STYLE_NAME : MN_STYLE_NONE);
	fputs(current ? "* " : "  ", out->to);
	mn_print_cell(out, b->name, 24);
	mn_print_style(out, MN_STYLE_NONE);
	fprintf(out->to, " %10s", mn_format_count(b->fibers, text));
	fprintf(out->to, " %12s", mn_format_count(b->neurons, text));
	fprintf(out->to, " %12s", mn_format_count(b->synapses, text));
	fprintf(out->to, " %9s", mn_format_bytes(b->bytes, text));
	fprintf(out->to, "  %s\n", mn_format_time(b->updated, text));
}

static void print_rows(mn_session *s, const mn_rows *rows)
{
	mn_printer *out = &s->app->out;

	if (rows->n == 0) {
		mn_app_note(s->app, "there is no brain yet: remember or import makes one");
		return;
	}
	mn_print_style(out, MN_STYLE_DIM);
	fprintf(out->to, "  %-24s %10s %12s %12s %9s  %s\n", "NAME", "MEMORIES", "NEURONS",
		"SYNAPSES", "SIZE", "CHANGED");
	mn_print_style(out, MN_STYLE_NONE);
	for (size_t i = 0; i < rows->n; i++)
		print_row(out, &rows->at.brain[i], mn_str_eq(rows->at.brain[i].name, s->name));
}

static int brain_list(mn_app *app, const mn_args *args)
{
	mn_session s;
	mn_rows rows = {.n = 0};
	int rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_BRAINS);

	(void)args;
	if (rc == MN_OK)
		rc = mn_store_brains(s.store, &s.call, &rows);
	else if (rc == MN_EIO && s.call.err->native == ENOENT) /* a store that is yet to be made */
		rc = MN_OK;
	if (rc == MN_OK && app->json) {
		mn_emit_open(&app->out, NULL, '[');
		for (size_t i = 0; i < rows.n; i++)
			emit_row(&app->out, &rows.at.brain[i], s.url);
		mn_emit_close(&app->out, ']');
		mn_emit_end(&app->out);
	} else if (rc == MN_OK) {
		print_rows(&s, &rows);
	}
	return mn_session_end(&s, rc);
}

static void print_line(mn_printer *out, const char *key, mn_str value)
{
	mn_print_style(out, MN_STYLE_DIM);
	fprintf(out->to, "%-10s", key);
	mn_print_style(out, MN_STYLE_NONE);
	mn_print_text(out, value);
	fputc('\n', out->to);
}

static void print_brain(mn_session *s, const mn_brain_row *b)
{
	mn_printer *out = &s->app->out;
	char text[32];

	print_line(out, "name", b->name);
	print_line(out, "uid", b->uid);
	print_line(out, "store", s->url);
	print_line(out, "memories", mn_str_of(mn_format_count(b->fibers, text)));
	print_line(out, "neurons", mn_str_of(mn_format_count(b->neurons, text)));
	print_line(out, "synapses", mn_str_of(mn_format_count(b->synapses, text)));
	print_line(out, "size", mn_str_of(mn_format_bytes(b->bytes, text)));
	print_line(out, "created", mn_str_of(mn_format_time(b->created, text)));
	print_line(out, "changed", mn_str_of(mn_format_time(b->updated, text)));
	print_line(out, "decayed", mn_str_of(b->clock ? mn_format_time(b->clock, text) : "never"));
	print_line(out, "config", b->config.len ? b->config : MN_STR("the defaults"));
}

static int brain_show(mn_app *app, const mn_args *args)
{
	mn_session s;
	mn_brain_row row;
	int rc = mn_session_open(&s, app, mn_args_text(args, "NAME"), 0);

	if (rc == MN_OK)
		rc = mn_brain_describe(s.brain, &s.call, &row);
	if (rc == MN_OK && app->json) {
		emit_row(&app->out, &row, s.url);
		mn_emit_end(&app->out);
	} else if (rc == MN_OK) {
		print_brain(&s, &row);
	}
	return mn_session_end(&s, rc);
}

/* ---- create, rename, delete --------------------------------------------------------------- */

/* A name or config that cannot be is a wrong command line. */
static int end(mn_session *s, int rc)
{
	int code = rc == MN_EINVAL ? mn_app_usage(s->app, s->call.err) : MN_EXIT_FAILED;

	return mn_session_exit(s, rc == MN_EINVAL ? MN_OK : rc, rc == MN_OK ? MN_EXIT_DONE : code);
}

static int brain_create(mn_app *app, const mn_args *args)
{
	mn_session s;
	unsigned flags = MN_SESSION_STORE | MN_SESSION_CREATE;
	int rc = mn_session_open(&s, app, mn_args_text(args, "NAME"), flags);

	if (rc == MN_OK)
		rc = mn_settings_check_name(s.name, s.call.err);
	if (rc == MN_OK)
		rc = mn_store_create(s.store, &s.call, s.name, mn_args_text(args, "--config"));
	if (rc == MN_OK)
		mn_app_note(app, "created %.*s", MN_FMT(s.name));
	return end(&s, rc);
}

static int brain_rename(mn_app *app, const mn_args *args)
{
	mn_session s;
	mn_str to = mn_args_text(args, "TO");
	int rc = mn_session_open(&s, app, mn_args_text(args, "NAME"), MN_SESSION_STORE);

	if (rc == MN_OK)
		rc = mn_settings_check_name(to, s.call.err);
	if (rc == MN_OK)
		rc = mn_store_rename(s.store, &s.call, s.name, to);
	if (rc == MN_OK)
		mn_app_note(app, "%.*s is now %.*s", MN_FMT(s.name), MN_FMT(to));
	return end(&s, rc);
}

/* Has the person typed the brain's name? MN_EINVAL: something else. */
static int confirm(mn_session *s)
{
	mn_printer *err = &s->app->err;
	char count[64], size[32], answer[NAME_ROOM];
	mn_brain_row row;
	int rc = mn_brain_open(s->store, &s->call, s->name, &s->brain);

	if (rc == MN_OK)
		rc = mn_brain_describe(s->brain, &s->call, &row);
	if (rc)
		return rc;
	if (!mn_ask_possible(s->app))
		return mn_fail(&s->call, MN_EINVAL, 0,
			"nobody is at a terminal to confirm: say --yes to delete without asking");
	fputs("This deletes the brain ", err->to);
	mn_print_text(err, row.name);
	fprintf(err->to, " for good: %s, %s.\nType its name to go on: ",
		mn_format_things(row.fibers, "memory", count), mn_format_bytes(row.bytes, size));
	rc = mn_ask_line(s->app, answer, sizeof(answer), s->call.err);
	if (rc == MN_OK && !mn_str_is(row.name, answer))
		rc = mn_fail(
			&s->call, MN_ECANCELLED, 0, "that is not its name: nothing was deleted");
	mn_brain_close(s->brain);
	s->brain = NULL;
	return rc;
}

static int brain_delete(mn_app *app, const mn_args *args)
{
	mn_session s;
	int rc = mn_session_open(&s, app, mn_args_text(args, "NAME"), MN_SESSION_STORE);

	if (rc == MN_OK && !mn_args_has(args, "--yes"))
		rc = confirm(&s);
	if (rc == MN_OK)
		rc = mn_store_delete(s.store, &s.call, s.name);
	if (rc == MN_OK)
		mn_app_note(app, "deleted %.*s", MN_FMT(s.name));
	return end(&s, rc);
}

/* ---- use ---------------------------------------------------------------------------------- */

static int brain_use(mn_app *app, const mn_args *args)
{
	mn_session s;
	mn_str kept = app->set.file_store;
	int rc = mn_session_open(&s, app, mn_args_text(args, "NAME"), MN_SESSION_READ);

	/* the file names a store only if another than it would mean anyway */
	if (!mn_str_eq(s.said, kept.len ? kept : app->set.home_store))
		kept = s.said;
	if (rc == MN_OK)
		rc = mn_settings_save(app->arena, app->set.file.ptr, kept, s.name, s.call.err);
	if (rc == MN_OK)
		mn_app_note(app, "%.*s in %.*s is now the brain that is meant when none is named",
			MN_FMT(s.name), MN_FMT(s.url));
	return mn_session_end(&s, rc);
}

/* ---- The table ---------------------------------------------------------------------------- */

static const mn_param show_params[] = {
	{.name = "NAME",
		.does = "the brain's name, or STORE#NAME (default: the one that is set)",
		.type = MN_PARAM_BRAIN},
	{0},
};

static const mn_param create_params[] = {
	{.name = "NAME",
		.does = "1 to 100 characters, without control characters and \"/\"",
		.type = MN_PARAM_BRAIN,
		.flags = MN_PARAM_REQUIRED},
	{.name = "--config",
		.does = "a JSON object with what shall differ from the defaults",
		.value = "JSON",
		.type = MN_PARAM_TEXT},
	{0},
};

static const mn_param rename_params[] = {
	{.name = "NAME",
		.does = "the brain's name now, or STORE#NAME",
		.type = MN_PARAM_BRAIN,
		.flags = MN_PARAM_REQUIRED},
	{.name = "TO", .does = "its new name", .type = MN_PARAM_TEXT, .flags = MN_PARAM_REQUIRED},
	{0},
};

static const mn_param delete_params[] = {
	{.name = "NAME",
		.does = "the brain's name, or STORE#NAME",
		.type = MN_PARAM_BRAIN,
		.flags = MN_PARAM_REQUIRED},
	{.name = "--yes", .letter = 'y', .does = "do not ask", .type = MN_PARAM_FLAG},
	{0},
};

static const mn_example create_examples[] = {
	{"mnemoscope brain create notes", "an empty brain with the default settings"},
	{"mnemoscope brain create notes --config '{\"decay_rate\": 0}'",
		"one that forgets nothing"},
	{0},
};

#define ROW_JSON                                                                                  \
	"{name, uid, store, neurons, synapses, fibers, bytes, created, updated, clock, config}; " \
	"times are ISO 8601 in UTC or null, clock is the moment up to which decay was reckoned, " \
	"config an object with what differs from the defaults."

const mn_action mn_verbs_brain[] = {
	{.name = "brain list",
		.does = "List the brains of a store",
		.help = "The brain that is meant when none is named is marked with a star.",
		.json = "An array of objects " ROW_JSON,
		.scope = MN_ON_CLI,
		.verb = brain_list},
	{.name = "brain create",
		.does = "Create an empty brain",
		.help = "Settings that --config may change: decay_rate (0.1, per day), "
			"reinforcement_delta (0.05), activation_threshold (0.2), max_spread_hops "
			"(4), max_context_tokens (1500), default_synapse_weight (0.5).\n\n"
			"remember and import create a brain that is missing, so this verb is "
			"needed only for other settings.",
		.params = create_params,
		.examples = create_examples,
		.scope = MN_ON_CLI | MN_ON_BRAINS,
		.verb = brain_create,
		.act = mn_act_brain_create},
	{.name = "brain show",
		.does = "Show what a brain is made of",
		.json = "One object " ROW_JSON,
		.params = show_params,
		.scope = MN_ON_CLI,
		.verb = brain_show},
	{.name = "brain rename",
		.does = "Give a brain another name",
		.params = rename_params,
		.scope = MN_ON_CLI | MN_ON_BRAINS,
		.verb = brain_rename,
		.act = mn_act_brain_rename},
	{.name = "brain delete",
		.does = "Delete a brain with everything in it",
		.help = "At a terminal the brain's name has to be typed once more. Without a "
			"terminal --yes is required.",
		.params = delete_params,
		.scope = MN_ON_CLI | MN_ON_BRAINS,
		.verb = brain_delete,
		.act = mn_act_brain_delete},
	{.name = "brain use",
		.does = "Choose the brain that is meant when none is named",
		.help = "Writes the brain's name, and the store's URL if one was given, into the "
			"configuration file. MNEMOSCOPE_STORE, MNEMOSCOPE_BRAIN and the command "
			"line still go before it.",
		.params = name_required,
		.scope = MN_ON_CLI,
		.verb = brain_use},
	{0},
};
