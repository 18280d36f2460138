/* SPDX-License-Identifier: MIT */
/* complete.c - the hidden verb that shells ask for the names of brains. */
#include <errno.h>

#include "base/str.h"
#include "cli/verbs.h"
#include "session.h"

/* A name a line; one that a line cannot carry is left out. Nobody reads errors here. */
static int complete(mn_app *app, const mn_args *args)
{
	mn_session s;
	mn_rows rows = {0};
	int rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_LIST);

	(void)args;
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

const mn_action mn_verbs_complete[] = {
	{.name = "complete",
		.does = "Print the names of brains, for completion",
		.scope = MN_ON_CLI | MN_HIDDEN,
		.verb = complete},
	{0},
};
