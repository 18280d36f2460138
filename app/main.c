/* SPDX-License-Identifier: MIT */
/* main.c - from the command line to an exit code; the only place that ends the process. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "cli/help.h"
#include "signals.h"
#include "tui/tui.h"
#include "workbench.h"

/* Words before the verb may be options of every action; the verb is one word, or two. */
struct command {
	const mn_action *action;
	const char *group;   /* the first word of a verb of two, if nothing follows it */
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

/* "brain lst": only what comes behind the group can be a slip. */
static int unknown_in_group(mn_str word, size_t group, mn_error *err)
{
	const char *names[64] = {0};
	const char *likely;
	const mn_action *a;
	size_t n = 0;

	for (size_t i = 0; (a = mn_action_at(i)) && n + 1 < sizeof(names) / sizeof(*names); i++)
		if (a->verb && !(a->scope & MN_HIDDEN) && strlen(a->name) > group
			&& a->name[group] == ' ' && strncmp(a->name, word.ptr, group) == 0)
			names[n++] = a->name + group + 1;
	likely = mn_suggest(mn_str_sub(word, group + 1, word.len), names);
	if (likely)
		return mn_error_set(err, MN_EINVAL, 0,
			"there is no verb \"%.*s\": did you mean \"%.*s %s\"?", MN_FMT(word),
			(int)group, word.ptr, likely);
	return mn_error_set(err, MN_EINVAL, 0,
		"there is no verb \"%.*s\": see mnemoscope help %.*s", MN_FMT(word), (int)group,
		word.ptr);
}

/* What was taken for the verb may be the value of an option that there is not. */
static bool wrong_option(const char *const *argv, size_t n, mn_error *err)
{
	mn_args before = {.more = mn_app_params};
	int rc = mn_args_parse(&before, argv, n, err);

	mn_args_free(&before);
	return rc != MN_OK;
}

static int unknown_verb(mn_str word, mn_error *err)
{
	const char *names[128] = {0};
	char groups[16][16];
	const char *likely;
	const mn_action *a;
	size_t n = 0, g = 0;

	for (size_t i = 0; (a = mn_action_at(i)) && n + 2 < sizeof(names) / sizeof(*names); i++) {
		if (!a->verb || (a->scope & MN_HIDDEN))
			continue;
		names[n++] = a->name;
		if (strchr(a->name, ' ') && g < sizeof(groups) / sizeof(*groups)) {
			snprintf(groups[g], sizeof(*groups), "%.*s", (int)strcspn(a->name, " "),
				a->name);
			names[n++] = groups[g++];
		}
	}
	likely = mn_suggest(word, names);
	if (likely)
		return mn_error_set(err, MN_EINVAL, 0,
			"there is no verb \"%.*s\": did you mean \"%s\"?", MN_FMT(word), likely);
	return mn_error_set(err, MN_EINVAL, 0, "there is no verb \"%.*s\"", MN_FMT(word));
}

static int find_command(const char *const *argv, size_t n, struct command *out, mn_error *err)
{
	size_t at = next_word(argv, n, 0), group = 0;
	mn_str word;
	char name[80];

	if (at == n)
		return MN_OK;
	word = mn_str_of(argv[at]);
	*out = (struct command){mn_action_find(word), NULL, at, 1};
	if (!out->action && mn_action_group(word)) {
		out->group = argv[at];
		group = word.len;
		if (at + 1 == n || argv[at + 1][0] == '-')
			return mn_error_set(err, MN_EINVAL, 0,
				"%.*s what? See: mnemoscope help %.*s", MN_FMT(word), MN_FMT(word));
		snprintf(name, sizeof(name), "%s %s", argv[at], argv[at + 1]);
		word = mn_str_of(name);
		*out = (struct command){mn_action_find(word), NULL, at, 2};
	}
	if (out->action && out->action->verb)
		return MN_OK;
	if (wrong_option(argv, at, err))
		return err->code;
	return group ? unknown_in_group(word, group, err) : unknown_verb(word, err);
}

static int run(mn_app *app)
{
	mn_error err = MN_SIZED(mn_error);

	if (mn_args_has(&app->args, "--version")) {
		fputs("mnemoscope " MN_VERSION "\n", app->out.to);
		return MN_EXIT_DONE;
	}
	if (mn_args_has(&app->args, "--help")) {
		if (app->action)
			mn_help_action(app->out.to, app->action);
		else
			mn_help_overview(app->out.to);
		return MN_EXIT_DONE;
	}
	if (mn_args_complete(&app->args, &err))
		return mn_app_usage(app, &err);
	if (mn_app_init(app, &err))
		return app->set.store_level == MN_LEVEL_WORDS && err.code == MN_EINVAL
			       ? mn_app_usage(app, &err)
			       : mn_app_fail(app, &err);
	if (app->action)
		return app->action->verb(app, &app->args);
	if (isatty(STDIN_FILENO) && app->out.terminal)
		return mn_app_workbench(app);
	mn_error_set(
		&err, MN_EINVAL, 0, "the workbench needs a terminal; without one, name a verb");
	return mn_app_usage(app, &err);
}

static bool asks_help(const char *const *argv, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

/* Parses argv and runs what it asks for. */
static int start(mn_app *app, const char **argv, size_t n)
{
	mn_error err = MN_SIZED(mn_error);
	struct command cmd = {0};

	if (find_command(argv, n, &cmd, &err) && cmd.group && asks_help(argv, n)) {
		mn_help_group(app->out.to, mn_str_of(cmd.group));
		return MN_EXIT_DONE;
	}
	if (err.code)
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
	return run(app);
}

/* The last way out, on the thread that waits for signals: nothing is tidied but the terminal. */
static void die(int signo)
{
	static const char clean[] = "\r\x1b[0m\x1b[K";

	mn_tui_rescue();
	if (isatty(STDERR_FILENO) && write(STDERR_FILENO, clean, sizeof(clean) - 1) < 0)
		_exit(MN_EXIT_SIGNAL + signo);
	_exit(MN_EXIT_SIGNAL + signo);
}

/* What was printed has to have arrived. */
static int finish(mn_app *app, int code)
{
	int failed = mn_printer_flush(&app->out);

	if (!failed && close(STDOUT_FILENO) && errno != EBADF)
		failed = errno;
	if (failed && failed != EPIPE && failed != ECANCELED && code == MN_EXIT_DONE) {
		fprintf(app->err.to, "mnemoscope: cannot write to standard output: %s\n",
			strerror(failed));
		code = MN_EXIT_FAILED;
	}
	mn_printer_flush(&app->err);
	/* one that came when everything was done changes nothing */
	if (mn_signals_seen() && (code != MN_EXIT_DONE || failed == ECANCELED))
		return MN_EXIT_SIGNAL + mn_signals_seen();
	return failed == EPIPE ? MN_EXIT_SIGNAL + SIGPIPE : code;
}

/* A standard stream that was closed gets a descriptor that refuses, so that no file takes its
 * number and its bytes. */
static void fill_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
	mn_app app = {0};
	mn_error err = MN_SIZED(mn_error);
	int code = MN_EXIT_FAILED;

	fill_streams();
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	app.arena = mn_arena_new((size_t)1 << 24);
	app.token = mn_token_new();
	if (!app.arena || !app.token || mn_printer_open(&app.out, STDOUT_FILENO, true, &err)
		|| mn_printer_open(&app.err, STDERR_FILENO, true, &err)
		|| mn_signals_start(app.token, die, &err)) {
		fprintf(stderr, "mnemoscope: %s\n", *err.text ? err.text : "out of memory");
		exit(MN_EXIT_FAILED);
	}
	code = start(&app, (const char **)argv + 1, argc > 0 ? (size_t)argc - 1 : 0);
	mn_engine_free(app.engine);
	code = finish(&app, code);
	mn_signals_stop();
	mn_printer_close(&app.out);
	mn_printer_close(&app.err);
	mn_args_free(&app.args);
	mn_token_free(app.token);
	mn_arena_free(app.arena);
	exit(code);
}
