/* SPDX-License-Identifier: MIT */
/*
 * args.h - words, parsed after the description of an action.
 *
 * Options may stand anywhere ("--limit 5", "--limit=5", "-o FILE", "-oFILE"); "--" ends them; "-"
 * is an argument. The same parser serves the command line and the workbench's palette.
 */
#ifndef MN_APP_ARGS_H
#define MN_APP_ARGS_H

#include "action.h"

typedef struct mn_arg {
	const mn_param *param;
	mn_str text;   /* lent from the words; terminated; empty for a flag */
	int64_t count; /* MN_PARAM_COUNT */
	mn_time time;  /* MN_PARAM_TIME */
} mn_arg;

/* Parameters may come from two tables: the action's own, and those of every action. */
struct mn_args {
	const mn_param *own, *more;
	mn_arg *at; /* as given, in order */
	size_t n, cap;
};

/*
 * Parses words against both tables (either may be NULL) and checks values by their type.
 * MN_EINVAL: a sentence for a person, with a suggestion where one is likely; MN_ENOMEM.
 * mn_args_free it either way.
 */
int mn_args_parse(mn_args *, const char *const *words, size_t n, mn_error *err);
void mn_args_free(mn_args *);

/* By the parameter's name ("--limit"). The last value given, or NULL. */
const mn_arg *mn_args_get(const mn_args *, const char *name);
bool mn_args_has(const mn_args *, const char *name);
/* The value given, else the parameter's fallback, else empty or 0. */
mn_str mn_args_text(const mn_args *, const char *name);
int64_t mn_args_count(const mn_args *, const char *name);
/* The i-th value of one that repeats; NULL behind the last. */
const mn_arg *mn_args_nth(const mn_args *, const char *name, size_t i);

/* Has every required argument been given? MN_EINVAL names the first that was not. */
int mn_args_complete(const mn_args *, mn_error *err);

#endif
