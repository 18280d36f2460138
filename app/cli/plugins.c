/* SPDX-License-Identifier: MIT */
/* plugins.c - the verb that lists storage plugins, and why one was refused. */
#include "base/str.h"
#include "cli/verbs.h"
#include "emit.h"
#include "session.h"

static void emit(mn_printer *out, const mn_plugin *p, size_t n)
{
	mn_emit_open(out, NULL, '[');
	for (size_t i = 0; i < n; i++) {
		mn_emit_open(out, NULL, '{');
		mn_emit_text(out, "name", p[i].name);
		mn_emit_text(out, "version", p[i].version);
		mn_emit_text(out, "url", p[i].url_form);
		mn_emit_text(out, "capabilities", p[i].capabilities);
		mn_emit_text(out, "file", p[i].file);
		mn_emit_text(out, "refused", p[i].refused);
		mn_emit_close(out, '}');
	}
	mn_emit_close(out, ']');
	mn_emit_end(out);
}

static void print(mn_printer *out, const mn_plugin *p)
{
	bool good = p->refused.len == 0;

	mn_print_style(out, good ? MN_STYLE_NAME : MN_STYLE_BAD);
	mn_print_cell(out, p->name.len ? p->name : MN_STR("?"), 10);
	mn_print_style(out, MN_STYLE_NONE);
	fputc(' ', out->to);
	mn_print_cell(out, p->version, 8);
	fputc(' ', out->to);
	mn_print_text(out, good ? p->url_form : MN_STR("refused"));
	fputs("\n  ", out->to);
	mn_print_style(out, MN_STYLE_DIM);
	mn_print_text(out, p->file);
	mn_print_style(out, MN_STYLE_NONE);
	fputs("\n  ", out->to);
	mn_print_text(out, good ? p->capabilities : p->refused);
	fputc('\n', out->to);
}

static int plugins(mn_app *app, const mn_args *args)
{
	mn_session s;
	const mn_plugin *found;
	size_t n = 0;
	int rc = mn_session_open(&s, app, MN_STR(""), MN_SESSION_ENGINE);

	(void)args;
	if (rc == MN_OK)
		rc = mn_engine_plugins(app->engine, &s.call, &found, &n);
	if (rc == MN_OK && app->json)
		emit(&app->out, found, n);
	for (size_t i = 0; !app->json && i < n; i++)
		print(&app->out, &found[i]);
	return mn_session_end(&s, rc);
}

const mn_action mn_verbs_plugins[] = {
	{.name = "plugins",
		.does = "List storage plugins, and why one was refused",
		.help = "A storage plugin is a shared object that keeps brains in one kind of "
			"place. "
			"Plugins are looked for in the folders given with --plugin-dir, then in "
			"the "
			"one that was built in. A plugin is loaded only if it is a regular file of "
			"root or yourself that nobody else may write, in folders of which the same "
			"is true; otherwise it is listed with the reason.",
		.json = "An array of {name, version, url, capabilities, file, refused}; refused is "
			"empty for a plugin that can be used, else the reason in one sentence.",
		.scope = MN_ON_CLI | MN_ANY_STORE,
		.verb = plugins},
	{0},
};
