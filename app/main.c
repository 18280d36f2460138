/* SPDX-License-Identifier: MIT */
/* main.c - from the command line to an exit code; the only place that ends the process. */
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "cli/help.h"

enum { NAME_MAX_WORDS = 2 };

/* Words before the verb may be options of every action; the verb is one word, or two. */
struct command {
	const mn_action *action;
	size_t first, words; /* where the verb stands in argv, how many words it has */
};

static bool takes_value(const char *word)
{
	for (const mn_param *p = mn_app_params; p->name; p++)
		if (strcmp(word, p->name) == 0)
			return p->type != MN_PARAM_FLAG;
	return false;
}

/* The next word from `at` on that is neither an option nor an option's value; n: none. */
static size_t next_word(const char *const *argv, size_t n, size_t at)
{
	while (at < n && argv[at][0] == '-')
		at += takes_value(argv[at]) ? 2 : 1;
	return at < n ? at : n;
}

static int unknown_verb(mn_str word, mn_error *err)
{
	const char *names[128] = {0};
	const char *likely;
	const mn_action *a;
	size_t n = 0;

	for (size_t i = 0; (a = mn_action_at(i)) && n + 1 < sizeof(names) / sizeof(*names); i++)
		if (a->verb && !(a->scope & MN_HIDDEN))
			names[n++] = a->name;
	likely = mn_suggest(word, names);
	if (likely)
		return mn_error_set(err, MN_EINVAL, 0,
			"there is no verb \"%.*s\": did you mean \"%s\"?", MN_FMT(word), likely);
	return mn_error_set(err, MN_EINVAL, 0, "there is no verb \"%.*s\"", MN_FMT(word));
}

static int find_command(const char *const *argv, size_t n, struct command *out, mn_error *err)
{
	size_t at = next_word(argv, n, 0);
	mn_str word;
	char name[80];

	if (at == n)
		return MN_OK;
	word = mn_str_of(argv[at]);
	*out = (struct command){mn_action_find(word), at, 1};
	if (!out->action && mn_action_group(word)) {
		if (at + 1 == n || argv[at + 1][0] == '-')
			return mn_error_set(err, MN_EINVAL, 0,
				"%.*s what? See: mnemoscope help %.*s", MN_FMT(word), MN_FMT(word));
		snprintf(name, sizeof(name), "%s %s", argv[at], argv[at + 1]);
		word = mn_str_of(name);
		*out = (struct command){mn_action_find(word), at, 2};
	}
	return out->action && out->action->verb ? MN_OK : unknown_verb(word, err);
}

static int run(mn_app *app)
{
	if (mn_args_has(&app->args, "--version")) {
		puts("mnemoscope " MN_VERSION);
		return MN_EXIT_DONE;
	}
	if (mn_args_has(&app->args, "--help") || !app->action) {
		if (app->action)
			mn_help_action(stdout, app->action);
		else
			mn_help_overview(stdout);
		return MN_EXIT_DONE;
	}
	return app->action->verb(app, &app->args);
}

/* Parses argv and runs what it asks for. */
static int start(mn_app *app, const char **argv, size_t n)
{
	mn_error err = MN_SIZED(mn_error);
	struct command cmd = {0};

	if (find_command(argv, n, &cmd, &err))
		return mn_app_usage(app, &err);
	if (cmd.words) {
		app->action = cmd.action;
		app->args.own = cmd.action->params;
		memmove(argv + cmd.first, argv + cmd.first + cmd.words,
			(n - cmd.first - cmd.words) * sizeof(*argv));
	}
	app->args.more = mn_app_params;
	if (mn_args_parse(&app->args, argv, n - cmd.words, &err))
		return mn_app_usage(app, &err);
	if (!mn_args_has(&app->args, "--help") && !mn_args_has(&app->args, "--version")
		&& mn_args_complete(&app->args, &err))
		return mn_app_usage(app, &err);
	return run(app);
}

int main(int argc, char **argv)
{
	mn_app app = {0};
	int code;

	setlocale(LC_ALL, "");
	code = start(&app, (const char **)argv + 1, argc > 0 ? (size_t)argc - 1 : 0);
	mn_args_free(&app.args);
	if (fflush(stdout) || ferror(stdout) || fclose(stdout)) {
		fprintf(stderr, "mnemoscope: cannot write to standard output: %s\n",
			strerror(errno));
		code = code ? code : MN_EXIT_FAILED;
	}
	exit(code);
}
