/* SPDX-License-Identifier: MIT */
#include "app.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"

const mn_param mn_app_params[] = {
	{.name = "--store",
		.does = "where brains are kept: sqlite:DIR, http://HOST:PORT, ... or @PROFILE",
		.value = "URL",
		.type = MN_PARAM_URL},
	{.name = "--brain",
		.does = "the brain to work on, also as STORE#NAME",
		.value = "NAME",
		.type = MN_PARAM_BRAIN},
	{.name = "--read-only", .does = "change nothing", .type = MN_PARAM_FLAG},
	{.name = "--plugin-dir",
		.does = "a folder of storage plugins, searched first",
		.value = "DIR",
		.type = MN_PARAM_DIR,
		.flags = MN_PARAM_REPEATS},
	{.name = "--json", .does = "print JSON: see mnemoscope-json(5)", .type = MN_PARAM_FLAG},
	{.name = "--no-color", .does = "no colour", .type = MN_PARAM_FLAG},
	{.name = "--ascii",
		.does = "draw lines and bars with ASCII characters",
		.type = MN_PARAM_FLAG},
	{.name = "--progress",
		.does = "report progress even if standard error is not a terminal",
		.type = MN_PARAM_FLAG},
	{.name = "--quiet",
		.letter = 'q',
		.does = "say nothing but results and errors",
		.type = MN_PARAM_FLAG},
	{.name = "--version", .does = "print the version", .type = MN_PARAM_FLAG},
	{.name = "--help", .letter = 'h', .does = "print help", .type = MN_PARAM_FLAG},
	{0},
};

/* ---- Beginning and end -------------------------------------------------------------------- */

static bool no_color(const mn_app *app)
{
	const char *v = getenv("NO_COLOR"), *term = getenv("TERM");

	return mn_args_has(&app->args, "--no-color") || (v && *v)
	       || (term && strcmp(term, "dumb") == 0);
}

/* The store and brain that the command line names; a brain may bring its store along. */
static void choose(mn_app *app)
{
	const mn_arg *store = mn_args_get(&app->args, "--store");
	const mn_arg *brain = mn_args_get(&app->args, "--brain");
	mn_str url, name;

	if (brain)
		mn_settings_say(&app->set, MN_LEVEL_WORDS, (mn_str){0}, brain->text);
	mn_settings_split(app->set.brain, &url, &name);
	if (url.len)
		mn_settings_say(&app->set, app->set.brain_level, url, name);
	if (store)
		mn_settings_say(&app->set, MN_LEVEL_WORDS, store->text, (mn_str){0});
}

int mn_app_init(mn_app *app, mn_error *err)
{
	int rc;

	app->read_only = mn_args_has(&app->args, "--read-only");
	app->json = mn_args_has(&app->args, "--json");
	app->quiet = mn_args_has(&app->args, "--quiet");
	app->progress = mn_args_has(&app->args, "--progress");
	app->out.color = app->out.color && !no_color(app);
	app->err.color = app->err.color && !no_color(app);
	app->out.ascii |= mn_args_has(&app->args, "--ascii");
	app->err.ascii |= app->out.ascii;
	rc = mn_settings_load(app->arena, err, &app->set);
	if (rc == MN_OK)
		rc = mn_secrets_init(&app->secrets, app->arena, err);
	if (rc)
		return rc;
	choose(app);
	if (app->action && app->action->scope & MN_ANY_STORE)
		return MN_OK; /* one of a profile that is gone must not stand in its way */
	return mn_settings_settle(&app->set, err);
}

/* A folder named on the command line is where the person stands; the engine takes no such paths. */
static mn_str whole_path(mn_app *app, mn_str path)
{
	char here[PATH_MAX];
	mn_str whole = {0};

	if (path.len == 0 || path.ptr[0] == '/' || !getcwd(here, sizeof(here)))
		return path;
	whole = mn_arena_printf(app->arena, "%s/%.*s", here, MN_FMT(path));
	return whole.ptr ? whole : path;
}

int mn_app_engine(mn_app *app, mn_error *err)
{
	mn_seams seams = {.size = sizeof(seams), .ctx = &app->secrets, .secret = mn_secrets_find};
	mn_options o = MN_SIZED(mn_options);
	const mn_arg *dir;
	mn_str *dirs;
	size_t n = 0;

	if (app->engine)
		return MN_OK;
	while (mn_args_nth(&app->args, "--plugin-dir", n))
		n++;
	dirs = mn_arena_array(app->arena, n ? n : 1, sizeof(*dirs));
	if (!dirs)
		return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	for (size_t i = 0; (dir = mn_args_nth(&app->args, "--plugin-dir", i)); i++)
		dirs[i] = whole_path(app, dir->text);
	o.plugin_dirs = (mn_strs){dirs, n};
	o.seams = &seams;
	return mn_engine_new(&o, err, &app->engine);
}

/* ---- Bad ends ----------------------------------------------------------------------------- */

/* "mnemoscope recall: " */
static void begin_line(mn_app *app)
{
	FILE *to = app->err.to;

	fprintf(to, "mnemoscope%s%s: ", app->action ? " " : "",
		app->action ? app->action->name : "");
}

static void say(mn_app *app, const char *text)
{
	mn_printer_flush(&app->out);
	begin_line(app);
	mn_print_text(&app->err, mn_str_of(text));
	fputc('\n', app->err.to);
	mn_printer_flush(&app->err);
}

int mn_app_usage(mn_app *app, const mn_error *err)
{
	say(app, err->text);
	fprintf(app->err.to, "Try: mnemoscope %s%s--help\n", app->action ? app->action->name : "",
		app->action ? " " : "");
	return MN_EXIT_USAGE;
}

int mn_app_fail(mn_app *app, const mn_error *err)
{
	if (err->native != EPIPE) /* whoever reads us has gone: there is nobody to tell */
		say(app, err->text);
	if (err->code == MN_ENOBRAIN || (err->code == MN_EIO && err->native == ENOENT))
		return MN_EXIT_MISSING;
	return MN_EXIT_FAILED;
}

void mn_app_note(mn_app *app, const char *fmt, ...)
{
	char line[512];
	va_list args;

	if (app->quiet)
		return;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	say(app, line);
}
