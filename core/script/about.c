/* SPDX-License-Identifier: MIT */
/* about.c - what a script declares of itself, as its process says it: checked, plain, kept. */
#include <math.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "script/script.h"

#define MOST_PARAMS 64
#define MOST_CHOICES 64
#define LONGEST_NAME 60
#define LONGEST_HELP 300

static bool name_fits(mn_str s)
{
	if (s.len == 0 || s.len > LONGEST_NAME)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		const char c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9' && i) || (c == '_' && i)
			    || (c == '-' && i)))
			return false;
	}
	return true;
}

static int refuse(mn_call *call, mn_str label, const char *what, mn_str name)
{
	return mn_fail(call, MN_EINVAL, 0, "%.*s: %s \"%.*s\"", MN_FMT(label), what, MN_FMT(name));
}

/* A copy that is fit to be shown; ptr NULL: no memory. */
static mn_str plain(mn_arena *a, mn_str s)
{
	char line[LONGEST_HELP + 1];

	return mn_arena_copy(a, (mn_str){line, mn_text_plain(s, line, sizeof(line))});
}

static int read_choices(mn_call *call, mn_take *t, mn_arena *a, mn_str label, mn_script_param *p)
{
	const uint32_t n = mn_take_u32(t);
	mn_str *at;

	if (n > MOST_CHOICES || (p->type == MN_ARG_CHOICE) != (n > 0))
		return refuse(call, label,
			"from 1 to 64 choices are what a choice has, and nothing else:", p->name);
	at = mn_arena_array(a, n, sizeof(*at));
	for (uint32_t i = 0; at && i < n; i++) {
		const mn_str s = mn_take_str(t);
		char line[LONGEST_HELP];

		if (s.len == 0 || mn_text_plain(s, line, sizeof(line)) != s.len)
			return refuse(call, label, "no choice for people:", s);
		at[i] = mn_arena_copy(a, s);
		if (!at[i].ptr)
			return mn_fail_memory(call);
	}
	p->choices = (mn_strs){at, n};
	return at ? MN_OK : mn_fail_memory(call);
}

static int check_param(mn_call *call, mn_str label, const mn_script_param *p)
{
	mn_buf unused = MN_BUF((size_t)1 << 20);
	int status;

	if (!name_fits(p->name))
		return refuse(call, label,
			"the name of a parameter is 1 to 60 of a-z, 0-9, - and _, a letter first:",
			p->name);
	if (p->type < 0 || p->type >= MN_ARG_TYPES)
		return refuse(call, label, "no type for the parameter", p->name);
	if (isnan(p->least) || isnan(p->most) || p->least > p->most)
		return refuse(call, label, "no value is in the range of the parameter", p->name);
	if (p->required)
		return MN_OK;
	status = mn_value_put(call, label, p, p->initial, &unused);
	if (status == MN_OK && !mn_buf_ok(&unused))
		status = mn_fail_memory(call);
	mn_buf_free(&unused);
	return status;
}

static int read_param(mn_call *call, mn_take *t, mn_arena *a, mn_str label, mn_script_param *p)
{
	mn_frame_param fixed;
	int status;

	mn_take_raw(t, &fixed, sizeof(fixed));
	p->type = fixed.type < MN_ARG_TYPES ? (int)fixed.type : -1;
	p->required = fixed.required != 0;
	p->least = fixed.least;
	p->most = fixed.most;
	p->name = plain(a, mn_take_str(t));
	p->help = plain(a, mn_take_str(t));
	p->initial = mn_arena_copy(a, mn_take_str(t));
	if (!p->name.ptr || !p->help.ptr || !p->initial.ptr)
		return mn_fail_memory(call);
	status = read_choices(call, t, a, label, p);
	return status == MN_OK ? check_param(call, label, p) : status;
}

static int read_params(mn_call *call, mn_take *t, mn_arena *a, mn_str label, mn_script_head *out)
{
	const uint32_t n = mn_take_u32(t);
	mn_script_param *params;
	int status = MN_OK;

	if (n > MOST_PARAMS)
		return mn_fail(call, MN_EINVAL, 0, "%.*s: more than %d parameters", MN_FMT(label),
			MOST_PARAMS);
	params = mn_arena_array(a, n, sizeof(*params));
	if (!params)
		return mn_fail_memory(call);
	for (uint32_t i = 0; status == MN_OK && i < n; i++) {
		status = read_param(call, t, a, label, &params[i]);
		for (uint32_t j = 0; status == MN_OK && j < i; j++)
			if (mn_str_eq(params[i].name, params[j].name))
				status = refuse(
					call, label, "declared twice: parameter", params[i].name);
	}
	out->params = params;
	out->nparams = n;
	return status;
}

int mn_about_read(mn_call *call, mn_take *t, mn_arena *a, mn_str label, mn_script_head *out)
{
	const mn_str name = mn_take_str(t), purpose = mn_take_str(t);
	int status;

	if (!name_fits(name))
		return refuse(call, label,
			"the name of a script is 1 to 60 of a-z, 0-9, - and _, a letter first:",
			name);
	if (mn_str_blank(purpose))
		return mn_fail(
			call, MN_EINVAL, 0, "%.*s: it does not say its purpose", MN_FMT(label));
	out->name = plain(a, name);
	out->purpose = plain(a, purpose);
	if (!out->name.ptr || !out->purpose.ptr)
		return mn_fail_memory(call);
	status = read_params(call, t, a, label, out);
	return status == MN_OK && !mn_take_end(t) ? mn_fail(call, MN_EIO, 0,
		       "%.*s: its process says what cannot be "
		       "understood",
		       MN_FMT(label))
						  : status;
}
