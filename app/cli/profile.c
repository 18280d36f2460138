/* SPDX-License-Identifier: MIT */
/* profile.c - the verbs that keep stores by name: profile list, add, show, remove. */
#include "app.h"
#include "base/fail.h"
#include "base/str.h"
#include "cli/verbs.h"
#include "emit.h"

/* ---- list, show --------------------------------------------------------------------------- */

static bool is_set(const mn_app *app, const mn_profile *p)
{
	return mn_str_starts(app->set.store, "@")
	       && mn_settings_find(&app->set, app->set.store) == p;
}

static void emit(mn_app *app, const mn_profile *p)
{
	mn_emit_open(&app->out, NULL, '{');
	mn_emit_text(&app->out, "name", p->name);
	mn_emit_text(&app->out, "store", p->store);
	mn_emit_text(&app->out, "brain", p->brain);
	mn_emit_bool(&app->out, "read_only", p->read_only);
	mn_emit_bool(&app->out, "current", is_set(app, p));
	mn_emit_close(&app->out, '}');
}

static void print(mn_app *app, const mn_profile *p)
{
	mn_printer *out = &app->out;
	bool current = is_set(app, p);

	fputs(current ? "* @" : "  @", out->to);
	mn_print_style(out, current ? MN_STYLE_NAME : MN_STYLE_NONE);
	mn_print_cell(out, p->name, 16);
	mn_print_style(out, MN_STYLE_NONE);
	fputc(' ', out->to);
	mn_print_text(out, p->store);
	if (p->brain.len) {
		fputs("  brain ", out->to);
		mn_print_text(out, p->brain);
	}
	fputs(p->read_only ? "  read-only\n" : "\n", out->to);
}

static int profile_list(mn_app *app, const mn_args *args)
{
	const mn_settings *set = &app->set;

	(void)args;
	if (app->json)
		mn_emit_open(&app->out, NULL, '[');
	for (size_t i = 0; i < set->nprofiles; i++) {
		if (app->json)
			emit(app, &set->profiles[i]);
		else
			print(app, &set->profiles[i]);
	}
	if (app->json) {
		mn_emit_close(&app->out, ']');
		mn_emit_end(&app->out);
	} else if (set->nprofiles == 0) {
		mn_app_note(app, "there is no profile yet: profile add NAME URL makes one");
	}
	return MN_EXIT_DONE;
}

static int missing(mn_app *app, mn_str name)
{
	mn_error err = MN_SIZED(mn_error);

	mn_error_set(&err, MN_ENOBRAIN, 0, "there is no profile \"%.*s\": see profile list",
		MN_FMT(name));
	return mn_app_fail(app, &err);
}

static int profile_show(mn_app *app, const mn_args *args)
{
	const mn_profile *p = mn_settings_find(&app->set, mn_args_text(args, "NAME"));

	if (!p)
		return missing(app, mn_args_text(args, "NAME"));
	if (app->json) {
		emit(app, p);
		mn_emit_end(&app->out);
	} else {
		print(app, p);
	}
	return MN_EXIT_DONE;
}

/* ---- add, remove --------------------------------------------------------------------------- */

/* Is there something like USER:PASSWORD@ between "//" and the path? */
static bool has_password(mn_str url)
{
	const char *host = url.len ? memmem(url.ptr, url.len, "://", 3) : NULL;
	size_t at = host ? (size_t)(host - url.ptr) + 3 : url.len;
	mn_str rest = mn_str_sub(url, at, SIZE_MAX);
	const char *slash = rest.len ? memchr(rest.ptr, '/', rest.len) : NULL, *user, *colon;

	if (slash)
		rest.len = (size_t)(slash - rest.ptr);
	user = rest.len ? memrchr(rest.ptr, '@', rest.len) : NULL;
	colon = user ? memchr(rest.ptr, ':', (size_t)(user - rest.ptr)) : NULL;
	return colon != NULL;
}

static int check_url(mn_str url, mn_error *err)
{
	if (has_password(url))
		return mn_error_set(err, MN_EINVAL, 0,
			"a password does not belong into a URL: leave it out, and say mnemoscope "
			"secret set %s@HOST:PORT",
			mn_str_starts(url, "neo4j") ? "NEO4J_PASSWORD" : "MNEMOSCOPE_TOKEN");
	if (!url.len || url.ptr[0] == '@' || !memchr(url.ptr, ':', url.len))
		return mn_error_set(err, MN_EINVAL, 0,
			"\"%.*s\" is no store's URL: sqlite:DIR, http://HOST:PORT, "
			"neo4j+https://HOST:PORT/DB, ...",
			MN_FMT(url));
	return MN_OK;
}

/* A kind of store that no plugin serves is a slip, more likely than not. */
static int check_kind(mn_app *app, mn_str url, mn_error *err)
{
	mn_call call = {.arena = NULL};
	int rc = mn_app_engine(app, err);

	if (rc == MN_OK)
		rc = mn_call_init(&call, app->engine, 0);
	if (rc == MN_OK)
		rc = mn_store_check(app->engine, &call, url);
	if (rc && call.err)
		*err = *call.err;
	if (call.arena)
		mn_call_done(&call);
	return rc;
}

static int profile_add(mn_app *app, const mn_args *args)
{
	mn_profile p = {.name = mn_args_text(args, "NAME"),
		.store = mn_args_text(args, "URL"),
		.brain = mn_args_text(args, "--brain"),
		.read_only = app->read_only};
	mn_error err = MN_SIZED(mn_error);
	int rc;

	if (mn_str_starts(p.name, "@"))
		p.name = mn_str_sub(p.name, 1, SIZE_MAX);
	rc = check_url(p.store, &err);
	if (rc == MN_OK)
		rc = check_kind(app, p.store, &err);
	if (rc == MN_OK && app->set.nprofiles == MN_PROFILES_MOST
		&& !mn_settings_find(&app->set, p.name))
		rc = mn_error_set(
			&err, MN_EINVAL, 0, "there are %d profiles already", MN_PROFILES_MOST);
	if (rc == MN_OK)
		rc = mn_settings_keep(app->arena, app->set.file.ptr, &p, &err);
	if (rc)
		return rc == MN_EINVAL ? mn_app_usage(app, &err) : mn_app_fail(app, &err);
	mn_app_note(app, "@%.*s is now %.*s", MN_FMT(p.name), MN_FMT(p.store));
	return MN_EXIT_DONE;
}

static int profile_remove(mn_app *app, const mn_args *args)
{
	const mn_profile *p = mn_settings_find(&app->set, mn_args_text(args, "NAME"));
	mn_profile gone;
	mn_error err = MN_SIZED(mn_error);

	if (!p)
		return missing(app, mn_args_text(args, "NAME"));
	gone = (mn_profile){.name = p->name};
	if (mn_settings_keep(app->arena, app->set.file.ptr, &gone, &err))
		return mn_app_fail(app, &err);
	mn_app_note(app, "@%.*s is forgotten; the store itself is as it was", MN_FMT(gone.name));
	return MN_EXIT_DONE;
}

/* ---- The table ---------------------------------------------------------------------------- */

static const mn_param add_params[] = {
	{.name = "NAME",
		.does = "1 to 32 letters, digits, \"_\" and \"-\"",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REQUIRED},
	{.name = "URL", .does = "of the store", .type = MN_PARAM_TEXT, .flags = MN_PARAM_REQUIRED},
	{0},
};

static const mn_param name_params[] = {
	{.name = "NAME",
		.does = "the profile's name, with or without \"@\"",
		.type = MN_PARAM_PROFILE,
		.flags = MN_PARAM_REQUIRED},
	{0},
};

static const mn_example add_examples[] = {
	{"mnemoscope profile add team https://memory.example.org --brain notes", "a server"},
	{"mnemoscope profile add graph neo4j+https://neo4j@graph.example.org:7473 --read-only",
		"a Neo4j that is only looked at"},
	{"mnemoscope --store @team recall \"who fixed the relay\"", "ask there"},
	{"mnemoscope brain copy @team#notes sqlite:$HOME/brains#notes", "bring a brain home"},
	{0},
};

#define PROFILE_JSON "{name, store, brain, read_only, current}; brain is empty where none is kept."

const mn_action mn_verbs_profile[] = {
	{.name = "profile list",
		.does = "List the stores that have a name",
		.help = "The one that is meant when no store is named is marked with a star.",
		.json = "An array of objects " PROFILE_JSON,
		.scope = MN_ON_CLI | MN_ANY_STORE,
		.verb = profile_list},
	{.name = "profile add",
		.does = "Give a store a name, @NAME, that stands for its URL",
		.help = "@NAME may be said wherever a store's URL is: --store @team, "
			"MNEMOSCOPE_STORE=@team, --brain @team#notes, brain copy notes @team#notes. "
			"--brain keeps the brain that is meant there when none is named, "
			"--read-only that nothing is ever changed there. A profile of that name is "
			"replaced.\n\n"
			"Profiles are kept in the configuration file; passwords and tokens are not, "
			"see secret set.",
		.params = add_params,
		.examples = add_examples,
		.scope = MN_ON_CLI | MN_ANY_STORE,
		.verb = profile_add},
	{.name = "profile show",
		.does = "Show what a profile stands for",
		.json = "One object " PROFILE_JSON,
		.params = name_params,
		.scope = MN_ON_CLI | MN_ANY_STORE,
		.verb = profile_show},
	{.name = "profile remove",
		.does = "Forget a profile; its store stays as it is",
		.params = name_params,
		.scope = MN_ON_CLI | MN_ANY_STORE,
		.verb = profile_remove},
	{0},
};
