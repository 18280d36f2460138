/* SPDX-License-Identifier: MIT */
#include "app.h"

#include "base/fail.h"
#include "base/str.h"

const mn_param mn_app_params[] = {
	{.name = "--store",
		.does = "where brains are kept: sqlite:DIR, memory:, ...",
		.value = "URL",
		.type = MN_PARAM_URL},
	{.name = "--brain",
		.does = "the brain to work on, also as STORE_URL#NAME",
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

static int exit_code(int status)
{
	switch (status) {
	case MN_OK: return MN_EXIT_DONE;
	case MN_ENOBRAIN: return MN_EXIT_MISSING;
	default: return MN_EXIT_FAILED;
	}
}

int mn_app_usage(const mn_app *app, const mn_error *err)
{
	const char *verb = app->action ? app->action->name : NULL;

	fprintf(stderr, "mnemoscope%s%s: %s\n", verb ? " " : "", verb ? verb : "", err->text);
	fprintf(stderr, "Try: mnemoscope %s%s--help\n", verb ? verb : "", verb ? " " : "");
	return MN_EXIT_USAGE;
}

int mn_app_fail(const mn_app *app, const mn_error *err)
{
	const char *verb = app->action ? app->action->name : NULL;

	fprintf(stderr, "mnemoscope%s%s: %s\n", verb ? " " : "", verb ? verb : "", err->text);
	return exit_code(err->code);
}
