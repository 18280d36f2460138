/* SPDX-License-Identifier: MIT */
/* complete.c - the hidden verb that shells ask for names of brains, profiles and scripts. */
#include <errno.h>

#include "base/str.h"
#include "cli/verbs.h"
#include "scripts.h"
#include "session.h"

static int profiles(mn_app *app)
{
	for (size_t i = 0; i < app->set.nprofiles; i++) {
		fputc('@', app->out.to);
		mn_print_text(&app->out, app->set.profiles[i].name);
		fputc('\n', app->out.to);
	}
	return MN_EXIT_DONE;
}

static int scripts(mn_app *app)
{
	mn_error err = MN_SIZED(mn_error);
	mn_strs names = {.n = 0};

	mn_scripts_list(app->arena, &names, &err);
	for (size_t i = 0; i < names.n; i++) {
		mn_print_text(&app->out, names.at[i]);
		fputc('\n', app->out.to);
	}
	return MN_EXIT_DONE;
}

/* A name a line; one that a line cannot carry is left out. Nobody reads errors here. */
static int complete(mn_app *app, const mn_args *args)
{
	mn_session s;
	mn_rows rows = {0};
	int rc;

	if (mn_str_is(mn_args_text(args, "WHAT"), "profiles"))
		return profiles(app);
	if (mn_str_is(mn_args_text(args, "WHAT"), "scripts"))
		return scripts(app);
	rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_LIST);
	if (rc == MN_OK)
		rc = mn_store_brains(s.store, &s.call, &rows);
	else if (rc == MN_EIO && s.call.err->native == ENOENT) /* a store that is yet to be made */
		rc = MN_OK;
	for (size_t i = 0; rc == MN_OK && i < rows.n; i++) {
		mn_print_text(&app->out, rows.at.brain[i].name);
		fputc('\n', app->out.to);
	}
	return mn_session_end(&s, rc);
}

static const mn_param params[] = {
	{.name = "WHAT",
		.does = "names of what",
		.choices = "brains|profiles|scripts",
		.fallback = "brains",
		.type = MN_PARAM_CHOICE},
	{0},
};

const mn_action mn_verbs_complete[] = {
	{.name = "complete",
		.does = "Print names for completion: brains, profiles, scripts",
		.params = params,
		.scope = MN_ON_CLI | MN_HIDDEN,
		.verb = complete},
	{0},
};
