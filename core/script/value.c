/* SPDX-License-Identifier: MIT */
/* value.c - values of a script's parameters: what a person wrote, checked, and as START has it. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/fail.h"
#include "base/iso.h"
#include "base/str.h"
#include "script/script.h"

#define LONGEST_VALUE 65536

static const char *const type_names[MN_ARG_TYPES] = {
	[MN_ARG_INTEGER] = "integer",
	[MN_ARG_NUMBER] = "number",
	[MN_ARG_BOOLEAN] = "boolean",
	[MN_ARG_TEXT] = "text",
	[MN_ARG_CHOICE] = "choice",
	[MN_ARG_LIST] = "list",
	[MN_ARG_TIME] = "time",
};

const char *mn_arg_type_name(int type)
{
	return type >= 0 && type < MN_ARG_TYPES ? type_names[type] : NULL;
}

static void put_u32(mn_buf *out, uint32_t x)
{
	mn_buf_add(out, &x, sizeof(x));
}

static void put_str(mn_buf *out, mn_str s)
{
	put_u32(out, (uint32_t)s.len);
	mn_buf_str(out, s);
}

static int refuse(
	mn_call *call, mn_str label, const mn_script_param *p, mn_str text, const char *wants)
{
	return mn_fail(call, MN_EINVAL, 0, "%.*s: %.*s is %s, not \"%.*s\"", MN_FMT(label),
		MN_FMT(p->name), wants, MN_FMT(text));
}

static bool read_integer(mn_str text, int64_t *out)
{
	char line[32], *end;

	if (text.len == 0 || text.len >= sizeof(line) || strchr(" \t+", text.ptr[0]))
		return false;
	memcpy(line, text.ptr, text.len);
	line[text.len] = '\0';
	errno = 0;
	*out = strtoll(line, &end, 10);
	return errno == 0 && end == line + text.len;
}

static bool read_number(mn_str text, double *out)
{
	char line[64], *end;

	if (text.len == 0 || text.len >= sizeof(line) || strchr(" \t+", text.ptr[0]))
		return false;
	memcpy(line, text.ptr, text.len);
	line[text.len] = '\0';
	*out = strtod(line, &end);
	return end == line + text.len && isfinite(*out) && !strpbrk(line, "xX");
}

/* "from 1 to 30", "at least 1": what stands behind the kind of number. */
static int refuse_range(mn_call *call, mn_str label, const mn_script_param *p, mn_str text)
{
	char wants[128];

	if (isfinite(p->least) && isfinite(p->most))
		snprintf(wants, sizeof(wants), "from %.10g to %.10g", p->least, p->most);
	else
		snprintf(wants, sizeof(wants),
			isfinite(p->least) ? "at least %.10g" : "at most %.10g",
			isfinite(p->least) ? p->least : p->most);
	return refuse(call, label, p, text, wants);
}

static bool in_range(const mn_script_param *p, double x)
{
	return x >= p->least && x <= p->most;
}

static int put_integer(
	mn_call *call, mn_str label, const mn_script_param *p, mn_str text, mn_buf *out)
{
	int64_t x;

	if (!read_integer(text, &x))
		return refuse(call, label, p, text, "a whole number");
	if (!in_range(p, (double)x))
		return refuse_range(call, label, p, text);
	mn_buf_add(out, &x, sizeof(x));
	return MN_OK;
}

static int put_number(
	mn_call *call, mn_str label, const mn_script_param *p, mn_str text, mn_buf *out)
{
	double x;

	if (!read_number(text, &x))
		return refuse(call, label, p, text, "a number");
	if (!in_range(p, x))
		return refuse_range(call, label, p, text);
	mn_buf_add(out, &x, sizeof(x));
	return MN_OK;
}

static int put_boolean(
	mn_call *call, mn_str label, const mn_script_param *p, mn_str text, mn_buf *out)
{
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};

	for (uint32_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (mn_str_is(text, words[i])) {
			put_u32(out, i & 1);
			return MN_OK;
		}
	return refuse(call, label, p, text, "true or false");
}

static int put_choice(
	mn_call *call, mn_str label, const mn_script_param *p, mn_str text, mn_buf *out)
{
	mn_buf wants = MN_BUF(160);
	int status;

	for (size_t i = 0; i < p->choices.n; i++)
		if (mn_str_eq(text, p->choices.at[i])) {
			put_str(out, text);
			return MN_OK;
		}
	mn_buf_text(&wants, "one of");
	for (size_t i = 0; i < p->choices.n; i++)
		mn_buf_printf(&wants, "%s %.*s", i ? "," : "", MN_FMT(p->choices.at[i]));
	mn_buf_char(&wants, '\0');
	status = refuse(call, label, p, text, mn_buf_ok(&wants) ? wants.ptr : "one of its choices");
	mn_buf_free(&wants);
	return status;
}

static mn_str trim(mn_str s)
{
	while (s.len && s.ptr[0] == ' ')
		s = mn_str_sub(s, 1, s.len);
	while (s.len && s.ptr[s.len - 1] == ' ')
		s.len--;
	return s;
}

/* Passes over the next item of "a, b, c"; false: there is none. */
static bool next_item(mn_str *list, mn_str *item)
{
	const char *comma;

	if (!list->ptr)
		return false;
	comma = list->len ? memchr(list->ptr, ',', list->len) : NULL;
	*item = trim(mn_str_sub(*list, 0, comma ? (size_t)(comma - list->ptr) : list->len));
	*list = comma ? mn_str_sub(*list, (size_t)(comma - list->ptr) + 1, list->len)
		      : (mn_str){NULL, 0};
	return true;
}

static void put_list(mn_str text, mn_buf *out)
{
	mn_str rest = text, item;
	uint32_t n = 0;

	while (next_item(&rest, &item))
		n += item.len > 0;
	put_u32(out, n);
	rest = text;
	while (next_item(&rest, &item))
		if (item.len)
			put_str(out, item);
}

static int put_time(mn_call *call, mn_str label, const mn_script_param *p, mn_str text, mn_buf *out)
{
	mn_time t;

	if (!mn_iso_read(text, &t) && !read_integer(text, &t))
		return refuse(call, label, p, text, "a moment such as 2024-05-01T12:00");
	mn_buf_add(out, &t, sizeof(t));
	return MN_OK;
}

int mn_value_put(mn_call *call, mn_str label, const mn_script_param *p, mn_str text, mn_buf *out)
{
	if (text.len > LONGEST_VALUE || !mn_text_valid(text))
		return mn_fail(call, MN_EINVAL, 0, "%.*s: %.*s is too long, or no UTF-8",
			MN_FMT(label), MN_FMT(p->name));
	put_u32(out, (uint32_t)p->type);
	put_str(out, p->name);
	switch (p->type) {
	case MN_ARG_INTEGER: return put_integer(call, label, p, text, out);
	case MN_ARG_NUMBER: return put_number(call, label, p, text, out);
	case MN_ARG_BOOLEAN: return put_boolean(call, label, p, text, out);
	case MN_ARG_CHOICE: return put_choice(call, label, p, text, out);
	case MN_ARG_LIST: put_list(text, out); return MN_OK;
	case MN_ARG_TIME: return put_time(call, label, p, text, out);
	default: put_str(out, text); return MN_OK;
	}
}

/* ---- All of them -------------------------------------------------------------------------- */

static int fail_unknown(mn_call *call, mn_str label, const mn_script_head *head, mn_str name)
{
	mn_buf there = MN_BUF(160);
	int status;

	for (size_t i = 0; i < head->nparams; i++)
		mn_buf_printf(&there, "%s%.*s", i ? ", " : "", MN_FMT(head->params[i].name));
	status = mn_fail(call, MN_EINVAL, 0, "%.*s: no parameter \"%.*s\" (%s%.*s)", MN_FMT(label),
		MN_FMT(name), head->nparams ? "there are: " : "it has none", (int)there.len,
		there.len ? there.ptr : "");
	mn_buf_free(&there);
	return status;
}

static const mn_script_param *param_of(const mn_script_head *head, mn_str name)
{
	for (size_t i = 0; i < head->nparams; i++)
		if (mn_str_eq(head->params[i].name, name))
			return &head->params[i];
	return NULL;
}

static int check_names(mn_call *call, mn_str label, const mn_script_head *head,
	const mn_script_value *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!param_of(head, values[i].name))
			return fail_unknown(call, label, head, values[i].name);
		for (size_t j = 0; j < i; j++)
			if (mn_str_eq(values[i].name, values[j].name))
				return mn_fail(call, MN_EINVAL, 0, "%.*s: %.*s is given twice",
					MN_FMT(label), MN_FMT(values[i].name));
	}
	return MN_OK;
}

static int put_param(mn_call *call, mn_str label, const mn_script_param *p,
	const mn_script_value *values, size_t n, mn_buf *out)
{
	for (size_t i = 0; i < n; i++)
		if (mn_str_eq(values[i].name, p->name))
			return mn_value_put(call, label, p, values[i].text, out);
	if (p->required)
		return mn_fail(call, MN_EINVAL, 0, "%.*s: %.*s must be given: %.*s", MN_FMT(label),
			MN_FMT(p->name), MN_FMT(p->help));
	return mn_value_put(call, label, p, p->initial, out);
}

int mn_values_put(mn_call *call, mn_str label, const mn_script_head *head,
	const mn_script_value *values, size_t n, mn_buf *out)
{
	int status = check_names(call, label, head, values, n);

	for (size_t i = 0; status == MN_OK && i < head->nparams; i++)
		status = put_param(call, label, &head->params[i], values, n, out);
	return status;
}

int mn_value_check(
	mn_call *call, mn_str label, const mn_script_head *head, const mn_script_value *value)
{
	mn_buf spare = MN_BUF((size_t)LONGEST_VALUE * 8);
	int status = check_names(call, label, head, value, 1);

	if (status == MN_OK)
		status = mn_value_put(
			call, label, param_of(head, value->name), value->text, &spare);
	if (status == MN_OK && !mn_buf_ok(&spare))
		status = mn_fail_memory(call);
	mn_buf_free(&spare);
	return status;
}
