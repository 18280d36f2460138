/* SPDX-License-Identifier: MIT */
/* secret.c - the verbs that keep passwords and tokens: secret set, list, remove. */
#include <errno.h>
#include <sodium.h>
#include <termios.h>
#include <unistd.h>

#include "app.h"
#include "base/fail.h"
#include "base/str.h"
#include "cli/ask.h"
#include "cli/verbs.h"
#include "emit.h"

/* ---- set ---------------------------------------------------------------------------------- */

/* At a terminal the value is typed unseen; what was typed ahead is not it. */
static int ask_unseen(mn_app *app, mn_str name, char *out, size_t room, mn_error *err)
{
	struct termios before, unseen;
	int rc;

	if (tcgetattr(STDIN_FILENO, &before))
		return mn_error_set(err, MN_EIO, errno, "cannot hide what is typed");
	unseen = before;
	unseen.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen))
		return mn_error_set(err, MN_EIO, errno, "cannot hide what is typed");
	fputs("Value of ", app->err.to);
	mn_print_text(&app->err, name);
	fputs(" (not shown): ", app->err.to);
	rc = mn_ask_line(app, out, room, err);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	fputc('\n', app->err.to);
	return rc;
}

static int secret_set(mn_app *app, const mn_args *args)
{
	mn_str name = mn_args_text(args, "NAME");
	char value[MN_SECRET_MOST + 2];
	mn_error err = MN_SIZED(mn_error);
	bool known;
	int rc = mn_secret_check(name, &err);

	if (rc == MN_OK && isatty(STDIN_FILENO))
		rc = ask_unseen(app, name, value, sizeof(value), &err);
	else if (rc == MN_OK)
		rc = mn_ask_line(app, value, sizeof(value), &err);
	if (rc == MN_OK && !*value)
		rc = mn_error_set(&err, MN_EINVAL, 0,
			"there was no value: nothing is kept (secret remove forgets one)");
	if (rc == MN_OK)
		rc = mn_secrets_put(
			&app->secrets, app->arena, name, mn_str_of(value), &known, &err);
	sodium_memzero(value, sizeof(value));
	if (rc)
		return rc == MN_EINVAL ? mn_app_usage(app, &err) : mn_app_fail(app, &err);
	mn_app_note(app, "%.*s is kept in %s", MN_FMT(name), app->secrets.file);
	return MN_EXIT_DONE;
}

/* ---- list, remove -------------------------------------------------------------------------- */

static int secret_list(mn_app *app, const mn_args *args)
{
	mn_error err = MN_SIZED(mn_error);
	mn_strs names;

	(void)args;
	if (mn_secrets_names(&app->secrets, app->arena, &names, &err))
		return mn_app_fail(app, &err);
	if (app->json)
		mn_emit_open(&app->out, NULL, '[');
	for (size_t i = 0; i < names.n; i++) {
		if (app->json) {
			mn_emit_text(&app->out, NULL, names.at[i]);
		} else {
			mn_print_text(&app->out, names.at[i]);
			fputc('\n', app->out.to);
		}
	}
	if (app->json) {
		mn_emit_close(&app->out, ']');
		mn_emit_end(&app->out);
	} else if (names.n == 0) {
		mn_app_note(app, "no secret is kept: secret set NAME keeps one");
	}
	return MN_EXIT_DONE;
}

static int secret_remove(mn_app *app, const mn_args *args)
{
	mn_str name = mn_args_text(args, "NAME");
	mn_error err = MN_SIZED(mn_error);
	bool known = false;
	int rc = mn_secrets_put(&app->secrets, app->arena, name, MN_STR(""), &known, &err);

	if (rc == MN_OK && !known)
		rc = mn_error_set(&err, MN_ENOBRAIN, 0, "no secret of that name is kept");
	if (rc)
		return rc == MN_EINVAL ? mn_app_usage(app, &err) : mn_app_fail(app, &err);
	mn_app_note(app, "%.*s is forgotten", MN_FMT(name));
	return MN_EXIT_DONE;
}

/* ---- The table ---------------------------------------------------------------------------- */

static const mn_param name_params[] = {
	{.name = "NAME",
		.does = "KEY, or KEY@HOST:PORT for one server alone",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REQUIRED},
	{0},
};

static const mn_example set_examples[] = {
	{"mnemoscope secret set NEO4J_PASSWORD@localhost:7474", "asks for it, unseen"},
	{"pass show memory | mnemoscope secret set MNEMOSCOPE_TOKEN@memory.example.org:443",
		"takes the first line of a password manager's"},
	{0},
};

const mn_action mn_verbs_secret[] = {
	{.name = "secret set",
		.does = "Keep a password or token for a store",
		.help = "The value is asked for unseen, or is the first line of standard input; it "
			"never stands on a command line. It is kept in "
			"$XDG_CONFIG_HOME/mnemoscope/credentials, readable by you alone (0600), a "
			"line KEY = VALUE or KEY@HOST:PORT = VALUE each; a file that others may "
			"read or write, or that belongs to somebody else, is refused.\n\n"
			"Stores ask for NEO4J_PASSWORD and MNEMOSCOPE_TOKEN, each first for the "
			"host and port of their URL, then without. What is not in the file may "
			"stand in an environment variable KEY.",
		.params = name_params,
		.examples = set_examples,
		.scope = MN_ON_CLI | MN_ANY_STORE,
		.verb = secret_set},
	{.name = "secret list",
		.does = "List the names of what is kept, without the values",
		.json = "An array of names.",
		.scope = MN_ON_CLI | MN_ANY_STORE,
		.verb = secret_list},
	{.name = "secret remove",
		.does = "Forget a password or token",
		.params = name_params,
		.scope = MN_ON_CLI | MN_ANY_STORE,
		.verb = secret_remove},
	{0},
};
