/* SPDX-License-Identifier: MIT */
/* actions.c - starting actions, and those that every screen has. */
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "tui/acts.h"
#include "tui/desk.h"

enum { WORDS_MOST = 64 };

bool mn_tui_live(const mn_tui *t, const mn_action *a)
{
	bool speaks = t->store && mn_store_language(t->store);

	return a->act && !(a->scope & MN_HIDDEN) && (speaks || !(a->scope & MN_OF_LANGUAGE))
	       && a->scope & (MN_ON_ANY | mn_tui_screen(t)->ops->scope);
}

void mn_tui_act(mn_tui *t, const mn_action *a, const mn_args *args)
{
	mn_args none = {.own = a->params};
	mn_error err = MN_SIZED(mn_error);

	if (!args)
		args = &none;
	if (mn_args_complete(args, &err) == MN_OK) {
		a->act(t, args);
	} else {
		char typed[128];

		snprintf(typed, sizeof(typed), "%s ", a->name);
		mn_palette_open(t, typed);
	}
	mn_tui_touch(t);
}

/* ---- A line of words ---------------------------------------------------------------------- */

/* Cuts a copied line into words in place: spaces part, double quotes join, a backslash keeps the
 * next character as it is. */
static size_t split(char *line, const char **words, size_t most)
{
	size_t n = 0;
	char *from = line, *to = line;

	while (n < most) {
		bool quoted = false;

		while (*from == ' ')
			from++;
		if (!*from)
			break;
		words[n++] = to;
		for (; *from && (quoted || *from != ' '); from++) {
			if (*from == '"')
				quoted = !quoted;
			else
				*to++ = *from == '\\' && from[1] ? *++from : *from;
		}
		if (*from)
			from++;
		*to++ = '\0';
	}
	return n;
}

const char *mn_tui_quote(mn_str text, char *out, size_t room)
{
	size_t n = 0;

	out[n++] = '"';
	for (size_t i = 0; i < text.len && n + 4 < room; i++) {
		if (text.ptr[i] == '"' || text.ptr[i] == '\\')
			out[n++] = '\\';
		out[n++] = text.ptr[i];
	}
	out[n++] = '"';
	out[n] = '\0';
	return out;
}

/* The action with the longest name that the line begins with; *rest: what follows it. */
static const mn_action *named(mn_str line, mn_str *rest)
{
	const mn_action *a, *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; (a = mn_action_at(i)); i++) {
		size_t n = strlen(a->name);

		if (a->act && n > longest && mn_str_starts(line, a->name)
			&& (line.len == n || line.ptr[n] == ' ')) {
			best = a;
			longest = n;
		}
	}
	*rest = mn_str_sub(line, longest, line.len);
	return best;
}

/* Is a text all it takes? Then it needs no quotes. */
static bool takes_text_alone(const mn_action *a)
{
	size_t n = 0;

	for (const mn_param *p = a->params; p && p->name; p++) {
		if (p->name[0] == '-')
			continue;
		if (++n > 1
			|| (p->type != MN_PARAM_TEXT && p->type != MN_PARAM_BRAIN
				&& p->type != MN_PARAM_FILE))
			return false;
	}
	return n == 1;
}

static int parse(const mn_action *a, char *rest, mn_args *args, mn_error *err)
{
	const char *words[WORDS_MOST];
	size_t n = 1;

	rest += strspn(rest, " ");
	words[0] = rest;
	if (!takes_text_alone(a) || *rest == '-' || *rest == '"' || !*rest)
		n = split(rest, words, WORDS_MOST);
	args->own = a->params;
	return mn_args_parse(args, words, n, err);
}

int mn_tui_command(mn_tui *t, mn_str line, mn_error *err)
{
	mn_args args = {0};
	mn_str rest;
	const mn_action *a = named(line, &rest);
	char *copy;
	int code;

	if (!a)
		return mn_error_set(err, MN_EINVAL, 0, "there is no action \"%.*s\"", MN_FMT(line));
	if (!mn_tui_live(t, a))
		return mn_error_set(err, MN_EINVAL, 0,
			a->scope & MN_OF_LANGUAGE ? "%s: this store has no query language"
						  : "%s belongs to another screen",
			a->name);
	copy = mn_alloc_zero(1, rest.len + 2);
	if (!copy)
		return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	memcpy(copy, rest.ptr, rest.len);
	code = parse(a, copy, &args, err);
	if (code == MN_OK)
		code = mn_args_complete(&args, err);
	if (code == MN_OK)
		mn_tui_act(t, a, &args);
	mn_args_free(&args);
	mn_free(copy);
	return code;
}

/* ---- Actions of every screen -------------------------------------------------------------- */

static void go_brains(mn_tui *t, const mn_args *args)
{
	(void)args;
	mn_tui_goto(t, &mn_screen_brains);
}

static void go_explorer(mn_tui *t, const mn_args *args)
{
	(void)args;
	mn_tui_goto(t, &mn_screen_explorer);
}

static void go_recall(mn_tui *t, const mn_args *args)
{
	(void)args;
	mn_tui_goto(t, &mn_screen_recall);
}

static void go_capacity(mn_tui *t, const mn_args *args)
{
	(void)args;
	mn_tui_goto(t, &mn_screen_capacity);
}

static void go_jobs(mn_tui *t, const mn_args *args)
{
	(void)args;
	mn_tui_goto(t, &mn_screen_jobs);
}

static void go_maintenance(mn_tui *t, const mn_args *args)
{
	(void)args;
	mn_tui_goto(t, &mn_screen_upkeep);
}

static void next_screen(mn_tui *t, const mn_args *args)
{
	(void)args;
	mn_tui_goto(t, t->tabs[(t->tab + 1) % MN_TABS]->ops);
}

static void last_screen(mn_tui *t, const mn_args *args)
{
	(void)args;
	mn_tui_goto(t, t->tabs[(t->tab + MN_TABS - 1) % MN_TABS]->ops);
}

static void palette(mn_tui *t, const mn_args *args)
{
	(void)args;
	mn_palette_open(t, "");
}

void mn_act_help(mn_tui *t, const mn_args *args)
{
	(void)args;
	mn_help_open(t);
}

/* What a person waits for ends; if there is nothing, a pushed screen does. */
static void cancel(mn_tui *t, const mn_args *args)
{
	mn_task *task = mn_tasks_of(t, mn_tui_screen(t));

	(void)args;
	if (task)
		mn_task_cancel(task);
	else if (t->npushed)
		mn_tui_pop(t);
}

static void interrupt(mn_tui *t, const mn_args *args)
{
	if (mn_tasks_of(t, mn_tui_screen(t)) || t->npushed)
		cancel(t, args);
	else
		mn_tui_say(t, MN_ROLE_TEXT, "q leaves");
}

static void copy(mn_tui *t, const mn_args *args)
{
	mn_screen *s = mn_tui_screen(t);
	mn_str text = s->ops->selection ? s->ops->selection(s) : (mn_str){0};

	(void)args;
	if (text.len == 0)
		mn_tui_say(t, MN_ROLE_WARN, "there is nothing to copy here");
	else if (mn_term_copy(text))
		mn_tui_say(t, MN_ROLE_BAD, "too long for the clipboard: 64 KiB at most");
	else
		mn_tui_say(t, MN_ROLE_GOOD, "copied: %.*s", MN_FMT(text));
}

static void dump(mn_tui *t, const mn_args *args)
{
	mn_str file = mn_args_text(args, "FILE");

	mn_free(t->dump);
	t->dump = mn_alloc_zero(1, file.len + 1);
	if (t->dump)
		memcpy(t->dump, file.ptr, file.len);
	t->dump_looks = mn_args_has(args, "--looks");
}

static void redraw(mn_tui *t, const mn_args *args)
{
	(void)t;
	(void)args;
	clearok(curscr, TRUE);
}

static void suspend(mn_tui *t, const mn_args *args)
{
	(void)t;
	(void)args;
	mn_term_stop();
}

static void quit(mn_tui *t, const mn_args *args)
{
	(void)args;
	t->leaving = true;
}

static const mn_param dump_params[] = {
	{.name = "FILE",
		.does = "where to write it",
		.type = MN_PARAM_FILE,
		.flags = MN_PARAM_REQUIRED},
	{.name = "--looks", .does = "colours and attributes too", .type = MN_PARAM_FLAG},
	{0},
};

const mn_action mn_tui_actions[] = {
	{.name = "go brains",
		.does = "Go to the list of brains",
		.scope = MN_ON_ANY,
		.keys = "1",
		.act = go_brains},
	{.name = "go explorer",
		.does = "Go to the explorer of neurons and synapses",
		.scope = MN_ON_ANY,
		.keys = "2",
		.act = go_explorer},
	{.name = "go recall",
		.does = "Go to questions, answers and their spread",
		.scope = MN_ON_ANY,
		.keys = "3",
		.act = go_recall},
	{.name = "go capacity",
		.does = "Go to what the brain costs",
		.scope = MN_ON_ANY,
		.keys = "4",
		.act = go_capacity},
	{.name = "go jobs",
		.does = "Go to jobs and the log",
		.scope = MN_ON_ANY,
		.keys = "5",
		.act = go_jobs},
	{.name = "go maintenance",
		.does = "Go to scripts of maintenance and their runs",
		.scope = MN_ON_ANY,
		.keys = "6",
		.act = go_maintenance},
	{.name = "go right",
		.does = "Go to the next screen",
		.scope = MN_ON_ANY,
		.keys = "]",
		.act = next_screen},
	{.name = "go left",
		.does = "Go to the screen before",
		.scope = MN_ON_ANY,
		.keys = "[",
		.act = last_screen},
	{.name = "palette",
		.does = "Type the name of an action, or a part of it",
		.scope = MN_ON_ANY,
		.keys = ": ctrl-o",
		.hint = "actions",
		.act = palette},
	{.name = "copy",
		.does = "Copy what the cursor is on to the clipboard",
		.scope = MN_ON_ANY,
		.keys = "y",
		.act = copy},
	{.name = "cancel",
		.does = "Cancel what is being waited for, or leave this view",
		.scope = MN_ON_ANY,
		.keys = "esc",
		.act = cancel},
	{.name = "interrupt",
		.does = "Cancel what is being waited for",
		.scope = MN_ON_ANY | MN_HIDDEN,
		.keys = "ctrl-c",
		.act = interrupt},
	{.name = "dump",
		.does = "Write the screen to a file, as text",
		.scope = MN_ON_ANY,
		.params = dump_params,
		.act = dump},
	{.name = "redraw",
		.does = "Draw the whole screen anew",
		.scope = MN_ON_ANY,
		.keys = "ctrl-l",
		.act = redraw},
	{.name = "suspend",
		.does = "Stop the program; fg brings it back",
		.scope = MN_ON_ANY,
		.keys = "ctrl-z",
		.act = suspend},
	{.name = "quit",
		.does = "Leave the workbench",
		.scope = MN_ON_ANY,
		.keys = "q",
		.hint = "quit",
		.act = quit},
	{0},
};
