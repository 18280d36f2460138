/* SPDX-License-Identifier: MIT */
#include "cli/roster.h"

#include <math.h>
#include <stdio.h>

#include "base/str.h"
#include "emit.h"
#include "scripts.h"

enum { NAMES = 14, PARAMS = 26 };

int mn_roster_load(mn_session *s, mn_str name, const mn_script_options *o, mn_script **out)
{
	mn_str path, text;
	int rc = mn_scripts_find(s->app->arena, name, &path, s->call.err);

	if (rc == MN_OK)
		rc = mn_scripts_read(s->app->arena, path, &text, s->call.err);
	return rc ? rc : mn_script_load(s->app->engine, &s->call, path, text, o, out);
}

/* ---- One ---------------------------------------------------------------------------------- */

/* "a number from 0 to 1" */
static void print_kind(FILE *to, const mn_script_param *p)
{
	static const char *const kinds[MN_ARG_TYPES] = {"a whole number", "a number",
		"true or false", "a text", "one of", "texts with commas between",
		"a time such as 2024-05-08"};

	fputs(kinds[p->type], to);
	if (!isinf(p->least) && !isinf(p->most))
		fprintf(to, " from %g to %g", p->least, p->most);
	else if (!isinf(p->least))
		fprintf(to, " from %g on", p->least);
	else if (!isinf(p->most))
		fprintf(to, " up to %g", p->most);
}

static void print_param(mn_printer *out, const mn_script_param *p)
{
	char name[160];
	const int n = snprintf(name, sizeof(name), "%.*s=%.*s", MN_FMT(p->name),
		MN_FMT(p->required ? MN_STR("...") : p->initial));

	fputs("  ", out->to);
	mn_print_style(out, MN_STYLE_NAME);
	if (n < PARAMS)
		mn_print_cell(out, mn_str_of(name), PARAMS);
	else
		mn_print_text(out, mn_str_of(name));
	mn_print_style(out, MN_STYLE_NONE);
	if (n >= PARAMS)
		fprintf(out->to, "\n  %*s", PARAMS, "");
	mn_print_text(out, p->help);
	fprintf(out->to, "\n  %*s", PARAMS, "");
	mn_print_style(out, MN_STYLE_DIM);
	print_kind(out->to, p);
	for (size_t i = 0; i < p->choices.n; i++) {
		fputs(i ? ", " : " ", out->to);
		mn_print_text(out, p->choices.at[i]);
	}
	mn_print_style(out, MN_STYLE_NONE);
	fputc('\n', out->to);
}

static void emit_param(mn_printer *out, const mn_script_param *p)
{
	mn_emit_open(out, NULL, '{');
	mn_emit_text(out, "name", p->name);
	mn_emit_text(out, "type", mn_str_of(mn_arg_type_name(p->type)));
	mn_emit_text(out, "help", p->help);
	mn_emit_bool(out, "required", p->required);
	if (!p->required)
		mn_emit_text(out, "default", p->initial);
	if (!isinf(p->least))
		mn_emit_number(out, "min", p->least);
	if (!isinf(p->most))
		mn_emit_number(out, "max", p->most);
	if (p->choices.n)
		mn_emit_open(out, "choices", '[');
	for (size_t i = 0; i < p->choices.n; i++)
		mn_emit_text(out, NULL, p->choices.at[i]);
	if (p->choices.n)
		mn_emit_close(out, ']');
	mn_emit_close(out, '}');
}

static void print_head(mn_printer *out, mn_str name, const mn_script_head *head)
{
	mn_print_style(out, MN_STYLE_NAME);
	mn_print_cell(out, name, NAMES);
	mn_print_style(out, MN_STYLE_NONE);
	mn_print_text(out, head->purpose);
	fputc('\n', out->to);
}

static void emit_head(mn_printer *out, mn_str name, const mn_script_head *head)
{
	mn_emit_open(out, NULL, '{');
	mn_emit_text(out, "name", name);
	mn_emit_text(out, "purpose", head->purpose);
	mn_emit_open(out, "params", '[');
	for (size_t i = 0; i < head->nparams; i++)
		emit_param(out, &head->params[i]);
	mn_emit_close(out, ']');
	mn_emit_close(out, '}');
}

int mn_roster_tell(mn_app *app, mn_str name)
{
	mn_script *script = NULL;
	const mn_script_head *head;
	mn_session s;
	int rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_ENGINE);

	if (rc == MN_OK)
		rc = mn_roster_load(&s, name, NULL, &script);
	if (rc)
		return mn_session_end(&s, rc);
	head = mn_script_about(script);
	if (app->json) {
		emit_head(&app->out, head->name, head);
		mn_emit_end(&app->out);
	} else {
		print_head(&app->out, head->name, head);
		for (size_t i = 0; i < head->nparams; i++)
			print_param(&app->out, &head->params[i]);
	}
	mn_script_free(script);
	return mn_session_end(&s, mn_printer_check(&app->out, &s.call));
}

/* ---- All ---------------------------------------------------------------------------------- */

static void list_one(mn_session *s, mn_str name, const mn_script *script)
{
	if (s->app->json)
		emit_head(&s->app->out, name, mn_script_about(script));
	else
		print_head(&s->app->out, name, mn_script_about(script));
}

int mn_roster_list(mn_app *app)
{
	mn_session s;
	mn_strs names = {.n = 0};
	int rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_ENGINE);

	if (rc == MN_OK)
		rc = mn_scripts_list(app->arena, &names, s.call.err);
	if (rc == MN_OK && app->json)
		mn_emit_open(&app->out, NULL, '[');
	for (size_t i = 0; rc == MN_OK && i < names.n; i++) {
		mn_script *script = NULL;

		mn_call_reset(&s.call);
		rc = mn_roster_load(&s, names.at[i], NULL, &script);
		if (rc == MN_OK)
			list_one(&s, names.at[i], script);
		else if (rc == MN_EINVAL || rc == MN_ETIMEOUT || rc == MN_EIO)
			mn_app_note(app, "%s", s.call.err->text);
		if (rc == MN_EINVAL || rc == MN_ETIMEOUT || rc == MN_EIO)
			rc = MN_OK;
		mn_script_free(script);
	}
	if (rc == MN_OK && app->json) {
		mn_emit_close(&app->out, ']');
		mn_emit_end(&app->out);
	}
	return mn_session_end(&s, rc ? rc : mn_printer_check(&app->out, &s.call));
}
