/* SPDX-License-Identifier: MIT */
#include "args.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/fail.h"
#include "base/iso.h"
#include "base/memory.h"
#include "base/str.h"

enum { MAX_WORDS = 1 << 16, MAX_NAMES = 64 };

/* The words that are still to be read. */
struct words {
	const char *const *at;
	size_t n, next;
	mn_error *err;
};

static bool is_option(const mn_param *p)
{
	return p->name[0] == '-';
}

/* Both tables as one list: the i-th parameter, NULL behind the last. */
static const mn_param *nth(const mn_args *args, size_t i)
{
	const mn_param *p = args->own;

	for (; p && p->name; p++)
		if (i-- == 0)
			return p;
	for (p = args->more; p && p->name; p++)
		if (i-- == 0)
			return p;
	return NULL;
}

static const mn_param *find_long(const mn_args *args, mn_str name)
{
	const mn_param *p;

	for (size_t i = 0; (p = nth(args, i)); i++)
		if (is_option(p) && mn_str_is(name, p->name))
			return p;
	return NULL;
}

static const mn_param *find_letter(const mn_args *args, char letter)
{
	const mn_param *p;

	for (size_t i = 0; (p = nth(args, i)); i++)
		if (p->letter && p->letter == letter)
			return p;
	return NULL;
}

static int unknown_option(const mn_args *args, mn_str name, mn_error *err)
{
	const char *names[MAX_NAMES + 1] = {0};
	const char *likely;
	const mn_param *p;
	size_t n = 0;

	for (size_t i = 0; (p = nth(args, i)) && n < MAX_NAMES; i++)
		if (is_option(p))
			names[n++] = p->name;
	likely = mn_suggest(name, names);
	if (likely)
		return mn_error_set(err, MN_EINVAL, 0, "unknown option %.*s: did you mean %s?",
			MN_FMT(name), likely);
	return mn_error_set(err, MN_EINVAL, 0, "unknown option %.*s", MN_FMT(name));
}

/* ---- Values ------------------------------------------------------------------------------- */

static int read_count(mn_arg *arg, mn_error *err)
{
	const mn_param *p = arg->param;
	char *end;
	long long v;

	errno = 0;
	v = strtoll(arg->text.ptr, &end, 10);
	if (arg->text.len == 0 || *end || errno || v < p->min || v > p->max)
		return mn_error_set(err, MN_EINVAL, 0,
			"%s must be a whole number from %" PRId64 " to %" PRId64 ", not \"%.*s\"",
			p->name, p->min, p->max, MN_FMT(arg->text));
	arg->count = v;
	return MN_OK;
}

static int read_choice(const mn_arg *arg, mn_error *err)
{
	const char *c = arg->param->choices;

	while (*c) {
		size_t n = strcspn(c, "|");

		if (mn_str_eq(arg->text, (mn_str){c, n}))
			return MN_OK;
		c += n + (c[n] == '|');
	}
	return mn_error_set(err, MN_EINVAL, 0, "%s must be one of %s, not \"%.*s\"",
		arg->param->name, arg->param->choices, MN_FMT(arg->text));
}

static int read_time(mn_arg *arg, mn_error *err)
{
	if (mn_iso_read(arg->text, &arg->time))
		return MN_OK;
	return mn_error_set(err, MN_EINVAL, 0,
		"%s must be a time such as 2023-05-08 or 2023-05-08T13:56:00, not \"%.*s\"",
		arg->param->name, MN_FMT(arg->text));
}

static int read_value(mn_arg *arg, mn_error *err)
{
	int type = arg->param->type;

	if (type != MN_PARAM_FILE && type != MN_PARAM_DIR && !mn_text_valid(arg->text))
		return mn_error_set(err, MN_EINVAL, 0, "%s is not valid UTF-8: \"%.*s\"",
			arg->param->name, MN_FMT(arg->text));
	if (arg->text.len == 0 && type != MN_PARAM_TEXT && type != MN_PARAM_FLAG)
		return mn_error_set(err, MN_EINVAL, 0, "%s must not be empty", arg->param->name);
	switch (type) {
	case MN_PARAM_COUNT: return read_count(arg, err);
	case MN_PARAM_CHOICE: return read_choice(arg, err);
	case MN_PARAM_TIME: return read_time(arg, err);
	default: return MN_OK;
	}
}

static int add(mn_args *args, const mn_param *p, const char *value, mn_error *err)
{
	mn_arg arg = {.param = p, .text = mn_str_of(value)};

	if (!(p->flags & MN_PARAM_REPEATS) && p->type != MN_PARAM_FLAG
		&& mn_args_has(args, p->name))
		return mn_error_set(err, MN_EINVAL, 0, "%s is given twice", p->name);
	if (read_value(&arg, err))
		return err->code;
	if (mn_grow((void **)&args->at, &args->cap, args->n + 1, sizeof(*args->at), MAX_WORDS))
		return mn_error_set(err, MN_ENOMEM, 0, "too many arguments");
	args->at[args->n++] = arg;
	return MN_OK;
}

/* ---- Words -------------------------------------------------------------------------------- */

/* An option's value: behind "=", or the next word. */
static int add_option(mn_args *args, struct words *w, const mn_param *p, const char *inside)
{
	if (p->type == MN_PARAM_FLAG) {
		if (inside)
			return mn_error_set(w->err, MN_EINVAL, 0, "%s takes no value", p->name);
		return add(args, p, NULL, w->err);
	}
	if (!inside && w->next == w->n)
		return mn_error_set(
			w->err, MN_EINVAL, 0, "%s needs a value: %s", p->name, p->value);
	return add(args, p, inside ? inside : w->at[w->next++], w->err);
}

static int read_long(mn_args *args, struct words *w, const char *word)
{
	size_t n = strcspn(word, "=");
	const mn_param *p = find_long(args, (mn_str){word, n});

	if (!p)
		return unknown_option(args, (mn_str){word, n}, w->err);
	return add_option(args, w, p, word[n] ? word + n + 1 : NULL);
}

/* "-q", "-qo FILE", "-oFILE". */
static int read_letters(mn_args *args, struct words *w, const char *word)
{
	for (const char *c = word + 1; *c; c++) {
		const mn_param *p = find_letter(args, *c);
		int rc;

		if (!p)
			return unknown_option(args, mn_str_of(word), w->err);
		if (p->type != MN_PARAM_FLAG)
			return add_option(args, w, p, c[1] ? c + 1 : NULL);
		rc = add(args, p, NULL, w->err);
		if (rc)
			return rc;
	}
	return MN_OK;
}

static int read_argument(mn_args *args, struct words *w, const char *word)
{
	const mn_param *p;

	for (size_t i = 0; (p = nth(args, i)); i++)
		if (!is_option(p) && ((p->flags & MN_PARAM_REPEATS) || !mn_args_has(args, p->name)))
			return add(args, p, word, w->err);
	return mn_error_set(w->err, MN_EINVAL, 0, "one argument too many: \"%.*s\"%s",
		MN_FMT(mn_str_of(word)), w->n > 1 ? " (a text of several words needs quotes)" : "");
}

int mn_args_parse(mn_args *args, const char *const *words, size_t n, mn_error *err)
{
	struct words w = {.at = words, .n = n, .err = err};
	bool plain = false;
	int rc = MN_OK;

	while (rc == MN_OK && w.next < n) {
		const char *word = words[w.next++];

		if (plain || word[0] != '-' || !word[1])
			rc = read_argument(args, &w, word);
		else if (strcmp(word, "--") == 0)
			plain = true;
		else if (word[1] == '-')
			rc = read_long(args, &w, word);
		else
			rc = read_letters(args, &w, word);
	}
	return rc;
}

void mn_args_free(mn_args *args)
{
	mn_free(args->at);
	*args = (mn_args){0};
}

int mn_args_complete(const mn_args *args, mn_error *err)
{
	const mn_param *p;

	for (size_t i = 0; (p = nth(args, i)); i++)
		if ((p->flags & MN_PARAM_REQUIRED) && !mn_args_has(args, p->name))
			return mn_error_set(
				err, MN_EINVAL, 0, "%s is missing: %s", p->name, p->does);
	return MN_OK;
}

/* ---- Asking ------------------------------------------------------------------------------- */

const mn_arg *mn_args_nth(const mn_args *args, const char *name, size_t i)
{
	for (size_t k = 0; k < args->n; k++)
		if (strcmp(args->at[k].param->name, name) == 0 && i-- == 0)
			return &args->at[k];
	return NULL;
}

const mn_arg *mn_args_get(const mn_args *args, const char *name)
{
	const mn_arg *last = NULL;

	for (size_t k = 0; k < args->n; k++)
		if (strcmp(args->at[k].param->name, name) == 0)
			last = &args->at[k];
	return last;
}

bool mn_args_has(const mn_args *args, const char *name)
{
	return mn_args_get(args, name) != NULL;
}

static const char *fallback(const mn_args *args, const char *name)
{
	const mn_param *p;

	for (size_t i = 0; (p = nth(args, i)); i++)
		if (strcmp(p->name, name) == 0)
			return p->fallback;
	return NULL;
}

mn_str mn_args_text(const mn_args *args, const char *name)
{
	const mn_arg *arg = mn_args_get(args, name);

	return arg ? arg->text : mn_str_of(fallback(args, name));
}

int64_t mn_args_count(const mn_args *args, const char *name)
{
	const mn_arg *arg = mn_args_get(args, name);
	const char *text = arg ? NULL : fallback(args, name);

	return arg ? arg->count : text ? strtoll(text, NULL, 10) : 0;
}
