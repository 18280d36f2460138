/* SPDX-License-Identifier: MIT */
/* upkeep_form.c - the parameters of a script as a form: what they are, what they may be. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "tui/text.h"
#include "tui/upkeep.h"

enum { NAME_MOST = 24, PURPOSE_ROWS = 2 };

static const mn_str truths[] = {{"true", 4}, {"false", 5}};

/* ---- Values -------------------------------------------------------------------------------- */

static mn_upkeep_value *find(const mn_upkeep *u, mn_str script, mn_str param)
{
	for (size_t i = 0; i < u->nvalues; i++)
		if (mn_str_is(script, u->values[i].script) && mn_str_is(param, u->values[i].param))
			return (mn_upkeep_value *)&u->values[i];
	return NULL;
}

static void free_value(mn_upkeep_value *v)
{
	mn_free(v->script);
	mn_free(v->param);
	mn_free(v->text);
}

static char *copy(mn_str text)
{
	char *out = mn_alloc(text.len + 1);

	if (out)
		memcpy(out, text.ptr, text.len);
	if (out)
		out[text.len] = '\0';
	return out;
}

mn_str mn_upkeep_value_of(const mn_upkeep *u, mn_str script, mn_str param)
{
	const mn_upkeep_value *v = find(u, script, param);

	return v ? mn_str_of(v->text) : (mn_str){0};
}

bool mn_upkeep_value_set(mn_upkeep *u, mn_str script, mn_str param, mn_str text)
{
	mn_upkeep_value *old = find(u, script, param), v;

	if (!text.ptr) {
		if (old) {
			free_value(old);
			*old = u->values[--u->nvalues];
		}
		return true;
	}
	if (!old && u->nvalues == MN_UPKEEP_VALUES)
		return false;
	v = (mn_upkeep_value){copy(script), copy(param), copy(text)};
	if (!v.script || !v.param || !v.text) {
		free_value(&v);
		return false;
	}
	if (old)
		free_value(old);
	*(old ? old : &u->values[u->nvalues++]) = v;
	return true;
}

void mn_upkeep_values_free(mn_upkeep *u)
{
	while (u->nvalues)
		free_value(&u->values[--u->nvalues]);
}

bool mn_upkeep_value_take(mn_screen *s, const mn_upkeep_script *script, mn_str param, mn_str text)
{
	const mn_script_value value = {param, text};
	mn_upkeep *u = s->state;
	mn_call call;
	bool good = mn_call_init(&call, s->tui->engine, 0) == MN_OK;

	if (good)
		good = mn_script_check(script->script, &call, &value) == MN_OK;
	if (!good)
		snprintf(u->wrong, sizeof(u->wrong), "%s", call.err->text);
	mn_call_done(&call);
	if (good && !mn_upkeep_value_set(u, script->name, param, text)) {
		snprintf(u->wrong, sizeof(u->wrong), "there is no room for more values");
		good = false;
	}
	return good;
}

/* ---- Editing ------------------------------------------------------------------------------- */

const mn_script_param *mn_upkeep_param_at(const mn_upkeep *u)
{
	const mn_upkeep_script *s = mn_upkeep_script_at(u);

	return s && s->head && u->params.at < s->head->nparams ? &s->head->params[u->params.at]
							       : NULL;
}

/* What holds: what was typed, or the default. */
static mn_str value_now(const mn_upkeep *u, const mn_upkeep_script *s, const mn_script_param *p)
{
	mn_str typed = mn_upkeep_value_of(u, s->name, p->name);

	return typed.ptr ? typed : p->initial;
}

/* The words it is chosen from; none: it is typed. */
static mn_strs choices_of(const mn_script_param *p)
{
	if (p->type == MN_ARG_BOOLEAN)
		return (mn_strs){truths, 2};
	return p->type == MN_ARG_CHOICE ? p->choices : (mn_strs){NULL, 0};
}

void mn_upkeep_step(mn_screen *s, int by)
{
	mn_upkeep *u = s->state;
	const mn_upkeep_script *script = mn_upkeep_script_at(u);
	const mn_script_param *p = mn_upkeep_param_at(u);
	const mn_strs all = p ? choices_of(p) : (mn_strs){NULL, 0};
	size_t at = by > 0 ? all.n - 1 : 0;

	if (all.n == 0)
		return;
	for (size_t i = 0; i < all.n; i++)
		if (mn_str_eq(all.at[i], value_now(u, script, p)))
			at = i;
	at = (at + (by > 0 ? 1 : all.n - 1)) % all.n;
	mn_upkeep_value_take(s, script, p->name, all.at[at]);
}

void mn_upkeep_edit(mn_screen *s)
{
	mn_upkeep *u = s->state;
	const mn_script_param *p = mn_upkeep_param_at(u);

	u->wrong[0] = '\0';
	if (p && choices_of(p).n) {
		mn_upkeep_step(s, 1);
	} else if (p) {
		mn_line_set(&u->line, value_now(u, mn_upkeep_script_at(u), p));
		u->editing = true;
	}
}

void mn_upkeep_reset(mn_screen *s)
{
	mn_upkeep *u = s->state;
	const mn_script_param *p = mn_upkeep_param_at(u);

	u->wrong[0] = '\0';
	if (p)
		mn_upkeep_value_set(u, mn_upkeep_script_at(u)->name, p->name, (mn_str){0});
}

/* What was typed holds from now on, if it will do. An empty line is a default, unless texts may be
 * empty. */
static void end_edit(mn_screen *s)
{
	mn_upkeep *u = s->state;
	const mn_upkeep_script *script = mn_upkeep_script_at(u);
	const mn_script_param *p = mn_upkeep_param_at(u);
	const mn_str text = mn_line_get(&u->line);
	const bool plain = p && p->type != MN_ARG_TEXT && p->type != MN_ARG_LIST;

	if (!p || (!text.len && (plain || p->required)) || mn_str_eq(text, p->initial)) {
		mn_upkeep_reset(s);
		u->editing = false;
	} else if (mn_upkeep_value_take(s, script, p->name, text)) {
		u->editing = false;
	}
}

bool mn_upkeep_edit_key(mn_screen *s, mn_stroke stroke)
{
	mn_upkeep *u = s->state;
	int did;

	if (stroke == MN_STROKE_ESC || stroke == MN_STROKE_CTRL('c')) {
		u->editing = false;
		u->wrong[0] = '\0';
		return true;
	}
	if (stroke == MN_STROKE_ENTER || stroke == MN_STROKE_TAB) {
		end_edit(s);
		if (!u->editing)
			mn_list_move(&u->params, 1);
		return true;
	}
	did = mn_line_key(&u->line, stroke);
	if (did == MN_LINE_CHANGED)
		u->wrong[0] = '\0';
	return did != MN_LINE_PASSED;
}

/* ---- Drawing ------------------------------------------------------------------------------- */

static void say_limits(const mn_script_param *p, char *out, size_t room)
{
	if (isfinite(p->least) && isfinite(p->most))
		snprintf(out, room, "%.10g to %.10g", p->least, p->most);
	else if (isfinite(p->least))
		snprintf(out, room, "at least %.10g", p->least);
	else if (isfinite(p->most))
		snprintf(out, room, "at most %.10g", p->most);
	else
		snprintf(out, room, p->type == MN_ARG_INTEGER ? "a whole number" : "a number");
}

static void say_choices(const mn_script_param *p, char *out, size_t room)
{
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; i < p->choices.n && n < room; i++)
		n += (size_t)snprintf(
			out + n, room - n, "%s%.*s", i ? ", " : "", MN_FMT(p->choices.at[i]));
}

/* "1 to 3650", "true or false", "words, with commas between" */
static void say_range(const mn_script_param *p, char *out, size_t room)
{
	switch (p->type) {
	case MN_ARG_BOOLEAN: snprintf(out, room, "true or false"); break;
	case MN_ARG_CHOICE: say_choices(p, out, room); break;
	case MN_ARG_LIST: snprintf(out, room, "words, with commas between"); break;
	case MN_ARG_TIME: snprintf(out, room, "a moment such as 2024-05-01T12:00"); break;
	case MN_ARG_TEXT: snprintf(out, room, "text"); break;
	default: say_limits(p, out, room); break;
	}
}

static int name_columns(const mn_upkeep_script *s)
{
	int widest = 4;

	for (size_t i = 0; i < s->head->nparams; i++) {
		int w = mn_text_width(s->head->params[i].name);

		widest = w > widest ? w : widest;
	}
	return widest < NAME_MOST ? widest : NAME_MOST;
}

/* "‹ weekly ›" for what is chosen; the line for what is being typed. */
static void draw_value(
	mn_upkeep *u, const mn_pane *p, int y, int x, int width, size_t i, unsigned flag)
{
	const mn_upkeep_script *s = mn_upkeep_script_at(u);
	const mn_script_param *param = &s->head->params[i];
	mn_str typed = mn_upkeep_value_of(u, s->name, param->name);

	if (u->editing && i == u->params.at) {
		mn_line_draw(&u->line, p, y, x, width, true, "");
	} else if (!typed.ptr && param->required) {
		mn_pane_str(p, y, x, width, MN_ROLE_WARN | flag, MN_STR("to be said"));
	} else {
		const mn_str text = value_now(u, s, param);
		const mn_style style = (typed.ptr ? MN_ROLE_NUMBER | MN_STRONG : MN_ROLE_TEXT);

		if (text.len)
			x = mn_pane_str(p, y, x, width - 2, style | flag, text);
		else
			x = mn_pane_str(p, y, x, width - 2, MN_ROLE_DIM | flag, MN_STR("none"));
		if (choices_of(param).n && flag & MN_SELECTED)
			mn_pane_text(p, y, x + 1, MN_ROLE_KEY | flag, "▸");
	}
}

static void draw_param(mn_upkeep *u, const mn_pane *p, int y, size_t i, unsigned flag)
{
	const mn_upkeep_script *s = mn_upkeep_script_at(u);
	const mn_script_param *param = &s->head->params[i];
	const int name = name_columns(s), x = name + 3;
	const int value = p->w - x >= 44 ? 24 : p->w - x - 1;
	char range[256];

	mn_pane_fill(p, y, 0, p->w, MN_ROLE_TEXT | flag, " ");
	mn_pane_text(p, y, 0, MN_ROLE_KEY | flag, flag & MN_SELECTED ? "▸" : " ");
	mn_pane_str(p, y, 1, name, MN_ROLE_TITLE | flag, param->name);
	draw_value(u, p, y, x, value, i, flag);
	if (p->w - x < 44)
		return;
	say_range(param, range, sizeof(range));
	mn_pane_str(
		p, y, x + value + 1, p->w - x - value - 2, MN_ROLE_DIM | flag, mn_str_of(range));
}

/* "what it is for · 0 to 1 · default 0.6" */
static void say_help(const mn_script_param *param, char *line, size_t room)
{
	char range[256];
	size_t n;

	say_range(param, range, sizeof(range));
	snprintf(line, room, "%.*s%s%s", (int)param->help.len,
		param->help.len ? param->help.ptr : "", param->help.len ? " · " : "", range);
	n = strlen(line);
	if (!param->required)
		snprintf(line + n, room - n, " · default %.*s",
			MN_FMT(param->initial.len ? param->initial : MN_STR("none")));
}

/* Below: what the parameter is for, or what is wrong with what was typed. */
static void draw_help(const mn_upkeep *u, const mn_pane *p, int y)
{
	const mn_script_param *param = mn_upkeep_param_at(u);
	char line[768];

	if (*u->wrong) {
		mn_pane_text(p, y, 1, MN_ROLE_BAD, u->wrong);
	} else if (param && u->focus == MN_ON_FORM) {
		say_help(param, line, sizeof(line));
		mn_pane_text(p, y, 1, MN_ROLE_DIM, line);
	}
}

static int purpose_rows(const mn_upkeep_script *s, int width)
{
	const mn_str text = s->head ? s->head->purpose : s->why;
	size_t at = 0;
	int rows = 0;

	while (at < text.len && rows < (s->head ? PURPOSE_ROWS : 8)) {
		mn_text_line(text, width, &at);
		rows++;
	}
	return rows;
}

int mn_upkeep_form_height(const mn_upkeep *u, int width)
{
	const mn_upkeep_script *s = mn_upkeep_script_at(u);

	if (!s || !s->head)
		return s ? purpose_rows(s, width - 4) + 2 : 3;
	return 2 + purpose_rows(s, width - 4) + (int)s->head->nparams + (s->head->nparams > 0);
}

static void draw_params(mn_upkeep *u, const mn_pane *in, const mn_pane *frame, int y)
{
	const bool live = u->focus == MN_ON_FORM;
	const mn_upkeep_script *s = mn_upkeep_script_at(u);
	size_t top;

	mn_list_resize(&u->params, s->head->nparams);
	u->form_pane = mn_pane_sub(in, y, 0, in->h - y - (s->head->nparams > 0), in->w);
	top = mn_list_show(&u->params, u->form_pane.h);
	for (size_t i = top; i < u->params.n && i < top + (size_t)u->form_pane.h; i++)
		draw_param(u, &u->form_pane, (int)(i - top), i,
			live && i == u->params.at ? MN_SELECTED : 0);
	if (s->head->nparams)
		draw_help(u, in,
			y + (int)s->head->nparams < in->h - 1 ? y + (int)s->head->nparams
							      : in->h - 1);
	if (u->params.n > (size_t)u->form_pane.h)
		mn_list_bar(&u->params, frame, live);
}

void mn_upkeep_form_draw(mn_screen *s, const mn_pane *frame)
{
	mn_upkeep *u = s->state;
	const mn_upkeep_script *script = mn_upkeep_script_at(u);
	char title[300] = "Script";
	mn_pane in, text;
	int y;

	if (script)
		snprintf(title, sizeof(title), "%.*s", (int)script->name.len, script->name.ptr);
	in = mn_pane_frame(frame, title, u->focus == MN_ON_FORM);
	text = mn_pane_sub(&in, 0, 1, in.h, in.w - 2);
	u->form_pane = (mn_pane){0};
	if (!script)
		return;
	if (!script->head) {
		mn_pane_wrap(&text, 0, 0, MN_ROLE_BAD, script->why);
		return;
	}
	text = mn_pane_sub(&in, 0, 1, PURPOSE_ROWS, in.w - 2);
	y = mn_pane_wrap(&text, 0, 0, MN_ROLE_DIM, script->head->purpose);
	draw_params(u, &in, frame, y);
}
