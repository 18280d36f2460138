/* SPDX-License-Identifier: MIT */
#include "cli/help.h"

#include <string.h>

#include "app.h"
#include "base/fail.h"
#include "base/str.h"
#include "cli/verbs.h"
#include "tui/acts.h"

enum { WIDTH = 80, COLUMN = 24 };

void mn_help_param(const mn_param *p, char *out, size_t room)
{
	char letter[8] = "";

	if (p->letter)
		snprintf(letter, sizeof(letter), "-%c, ", p->letter);
	snprintf(out, room, "%s%s%s%s", letter, p->name, p->value ? " " : "",
		p->value ? p->value : "");
}

void mn_help_usage(FILE *to, const mn_action *a)
{
	bool options = false;

	fprintf(to, "mnemoscope %s", a->name);
	for (const mn_param *p = a->params; p && p->name; p++)
		options |= p->name[0] == '-';
	if (options)
		fputs(" [OPTION]...", to);
	for (const mn_param *p = a->params; p && p->name; p++) {
		const char *more = p->flags & MN_PARAM_REPEATS ? "..." : "";

		if (p->name[0] == '-')
			continue;
		fprintf(to, p->flags & MN_PARAM_REQUIRED ? " %s%s" : " [%s%s]", p->name, more);
	}
}

/* One paragraph from *text, wrapped, every line indented; *text is moved behind it. */
static void wrap(FILE *to, const char **text, int indent)
{
	int column = 0;

	while (**text && **text != '\n') {
		int n = (int)strcspn(*text, " \n");

		if (column && indent + column + 1 + n > WIDTH) {
			fputc('\n', to);
			column = 0;
		}
		column += fprintf(to, "%*s%.*s", column ? 1 : indent, "", n, *text);
		column -= column == n + indent ? indent : 0;
		*text += n;
		*text += strspn(*text, " ");
		if (**text == '\n' && (*text)[1] && (*text)[1] != '\n' && (*text)[1] != ' ')
			++*text;
	}
	fputc('\n', to);
}

static void paragraphs(FILE *to, const char *text)
{
	while (*text) {
		if (*text == '\n') {
			fputc('\n', to);
			text++;
		} else if (*text == ' ') {
			int n = (int)strcspn(text, "\n");

			fprintf(to, "%.*s\n", n, text);
			text += n + (text[n] == '\n');
		} else {
			wrap(to, &text, 0);
			text += *text == '\n';
		}
	}
}

static void param(FILE *to, const mn_param *p)
{
	char name[64], does[512];
	const char *text = does;
	int n;

	mn_help_param(p, name, sizeof(name));
	n = fprintf(to, "  %s", name);
	if (n >= COLUMN)
		n = fprintf(to, "\n") - 1;
	fprintf(to, "%*s", COLUMN - n, "");
	n = snprintf(does, sizeof(does), "%s", p->does);
	if (p->choices)
		n += snprintf(does + n, sizeof(does) - (size_t)n, ": %s", p->choices);
	if (p->fallback)
		snprintf(does + n, sizeof(does) - (size_t)n, " (default %s)", p->fallback);
	while (*text) { /* first line follows the name, the others are indented */
		size_t fits = strlen(text);

		if (fits > WIDTH - COLUMN)
			for (fits = WIDTH - COLUMN; fits && text[fits] != ' ';)
				fits--;
		fprintf(to, "%*s%.*s\n", text == does ? 0 : COLUMN, "", (int)fits, text);
		text += fits + strspn(text + fits, " ");
	}
}

static void params(FILE *to, const mn_param *p, const char *title, bool options)
{
	bool any = false;

	for (; p && p->name; p++) {
		if ((p->name[0] == '-') != options)
			continue;
		if (!any)
			fprintf(to, "\n%s\n", title);
		any = true;
		param(to, p);
	}
}

void mn_help_action(FILE *to, const mn_action *a)
{
	fprintf(to, "%s.\n\nUsage: ", a->does);
	mn_help_usage(to, a);
	fputc('\n', to);
	params(to, a->params, "Arguments", false);
	params(to, a->params, "Options", true);
	if (a->help) {
		fputc('\n', to);
		paragraphs(to, a->help);
	}
	if (a->json) {
		fputs("\nWith --json\n", to);
		paragraphs(to, a->json);
	}
	if (a->examples)
		fputs("\nExamples\n", to);
	for (const mn_example *e = a->examples; e && e->command; e++)
		fprintf(to, "  %s\n      %s\n", e->command, e->does);
	fputs("\nOptions of every verb: mnemoscope --help\n", to);
}

void mn_help_overview(FILE *to)
{
	const mn_action *a;

	fputs("Mnemoscope: a workbench for neural memory.\n\n"
	      "Usage: mnemoscope [OPTION]...                 the workbench\n"
	      "       mnemoscope [OPTION]... VERB [ARGUMENT]...\n\nVerbs\n",
		to);
	for (size_t i = 0; (a = mn_action_at(i)); i++)
		if (a->verb && !(a->scope & MN_HIDDEN))
			fprintf(to, "  %-*s%s\n", COLUMN - 2, a->name, a->does);
	params(to, mn_app_params, "Options", true);
	fputs("\nmnemoscope help VERB says more about a verb; mnemoscope(1) about everything.\n",
		to);
}

void mn_help_group(FILE *to, mn_str word)
{
	const mn_action *a;

	for (size_t i = 0; (a = mn_action_at(i)); i++)
		if (a->verb && strlen(a->name) > word.len && a->name[word.len] == ' '
			&& mn_str_eq((mn_str){a->name, word.len}, word))
			fprintf(to, "  %-*s%s\n", COLUMN - 2, a->name, a->does);
}

/* ---- The verb ----------------------------------------------------------------------------- */

static int help(struct mn_app *app, const mn_args *args)
{
	char name[64] = "";
	size_t n = 0;
	const mn_action *a;
	mn_error err = MN_SIZED(mn_error);
	const mn_arg *word;

	for (size_t i = 0; (word = mn_args_nth(args, "VERB", i)) && n < sizeof(name); i++)
		n += (size_t)snprintf(
			name + n, sizeof(name) - n, "%s%s", i ? " " : "", word->text.ptr);
	if (!*name) {
		mn_help_overview(app->out.to);
		return MN_EXIT_DONE;
	}
	a = mn_action_find(mn_str_of(name));
	if (a && a->verb) {
		mn_help_action(app->out.to, a);
		return MN_EXIT_DONE;
	}
	if (!mn_action_group(mn_str_of(name))) {
		mn_error_set(&err, MN_EINVAL, 0, "there is no verb \"%s\"", name);
		return mn_app_usage(app, &err);
	}
	mn_help_group(app->out.to, mn_str_of(name));
	return MN_EXIT_DONE;
}

static const mn_param help_params[] = {
	{.name = "VERB",
		.does = "the verb to explain",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REPEATS},
	{0},
};

const mn_action mn_verbs_help[] = {
	{.name = "help",
		.does = "Explain a verb, or list them all",
		.params = help_params,
		.scope = MN_ON_CLI | MN_ON_ANY | MN_ANY_STORE,
		.verb = help,
		.keys = "? f1",
		.act = mn_act_help},
	{0},
};
