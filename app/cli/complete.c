/* SPDX-License-Identifier: MIT */
/* complete.c - the hidden verb that shells ask for the names of brains and profiles. */
#include <errno.h>

#include "base/str.h"
#include "cli/verbs.h"
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

/* A name a line; one that a line cannot carry is left out. Nobody reads errors here. */
static int complete(mn_app *app, const mn_args *args)
{
	mn_session s;
	mn_rows rows = {0};
	int rc;

	if (mn_str_is(mn_args_text(args, "WHAT"), "profiles"))
		return profiles(app);
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
		.choices = "brains|profiles",
		.fallback = "brains",
		.type = MN_PARAM_CHOICE},
	{0},
};

const mn_action mn_verbs_complete[] = {
	{.name = "complete",
		.does = "Print the names of brains or profiles, for completion",
		.params = params,
		.scope = MN_ON_CLI | MN_HIDDEN,
		.verb = complete},
	{0},
};
