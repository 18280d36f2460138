/* SPDX-License-Identifier: MIT */
/* token.c - the verbs that make, list and revoke the tokens of `serve`. */
#include <sodium.h>

#include "app.h"
#include "base/arena.h"
#include "base/fail.h"
#include "base/iso.h"
#include "base/str.h"
#include "cli/verbs.h"
#include "emit.h"
#include "server/keyring.h"

static const struct {
	const char *option, *name;
} rights[] = {
	[MN_RIGHT_READ] = {"--read", "read"},
	[MN_RIGHT_WRITE] = {"--write", "write"},
	[MN_RIGHT_ADMIN] = {"--admin", "admin"},
};

static const char *path_of(mn_app *app, const mn_args *args)
{
	mn_str path = mn_args_text(args, "--tokens");

	if (!path.len)
		path = mn_keyring_path(app->arena, app->set.file);
	return path.ptr ? path.ptr : "";
}

/* ---- create ------------------------------------------------------------------------------- */

struct making {
	mn_keyring_entry entry;
	char text[MN_TOKEN_TEXT];
};

static int add(mn_keyring *t, void *ctx, mn_error *err)
{
	struct making *m = ctx;

	return mn_keyring_add(t, &m->entry, m->text, err);
}

static int read_rights(mn_app *app, const mn_args *args, mn_keyring_entry *e, mn_error *err)
{
	size_t all = 0;

	for (int r = MN_RIGHT_READ; r <= MN_RIGHT_ADMIN; r++) {
		mn_str *at;
		size_t n = 0;

		while (mn_args_nth(args, rights[r].option, n))
			n++;
		at = mn_arena_array(app->arena, n + 1, sizeof(*at));
		if (!at)
			return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
		for (size_t i = 0; i < n; i++) {
			at[i] = mn_args_nth(args, rights[r].option, i)->text;
			if (at[i].len == 0)
				return mn_error_set(err, MN_EINVAL, 0, "%s: a brain has a name",
					rights[r].option);
		}
		e->brains[r] = (mn_strs){at, n};
		all += n;
	}
	return all ? MN_OK
		   : mn_error_set(err, MN_EINVAL, 0,
			   "a token without rights is of no use: say --read, --write or --admin "
			   "with a brain, or '*' for all of them");
}

static int check_name(mn_str name, mn_error *err)
{
	char plain[MN_TOKEN_NAME * 4];
	size_t n = mn_text_plain(name, plain, sizeof(plain));

	if (name.len == 0 || name.len > MN_TOKEN_NAME || n != name.len
		|| memcmp(plain, name.ptr, n) != 0)
		return mn_error_set(err, MN_EINVAL, 0,
			"the name of a token is text of 1 to %d bytes on one line", MN_TOKEN_NAME);
	return MN_OK;
}

static void emit_made(mn_app *app, const struct making *m)
{
	mn_emit_open(&app->out, NULL, '{');
	mn_emit_text(&app->out, "name", m->entry.name);
	mn_emit_text(&app->out, "token", mn_str_of(m->text));
	mn_emit_close(&app->out, '}');
	mn_emit_end(&app->out);
}

static int create(mn_app *app, const mn_args *args)
{
	mn_error err = MN_SIZED(mn_error);
	struct making m = {.entry.name = mn_args_text(args, "NAME")};
	int rc = check_name(m.entry.name, &err);

	if (rc == MN_OK)
		rc = read_rights(app, args, &m.entry, &err);
	if (rc)
		return mn_app_usage(app, &err);
	rc = sodium_init() < 0 ? mn_error_set(&err, MN_EIO, 0, "no random numbers") : MN_OK;
	if (rc == MN_OK)
		rc = mn_app_engine(app, &err);
	if (rc == MN_OK) {
		m.entry.created = mn_engine_now(app->engine);
		rc = mn_keyring_change(path_of(app, args), add, &m, &err);
	}
	if (rc)
		return mn_app_fail(app, &err);
	if (app->json)
		emit_made(app, &m);
	else
		fprintf(app->out.to, "%s\n", m.text);
	mn_app_note(app, "keep it: it is shown this once");
	sodium_memzero(m.text, sizeof(m.text));
	return MN_EXIT_DONE;
}

/* ---- list --------------------------------------------------------------------------------- */

static void emit_entry(mn_printer *out, const mn_keyring_entry *e)
{
	mn_emit_open(out, NULL, '{');
	mn_emit_text(out, "name", e->name);
	mn_emit_time(out, "created", e->created);
	for (int r = MN_RIGHT_READ; r <= MN_RIGHT_ADMIN; r++) {
		mn_emit_open(out, rights[r].name, '[');
		for (size_t i = 0; i < e->brains[r].n; i++)
			mn_emit_text(out, NULL, e->brains[r].at[i]);
		mn_emit_close(out, ']');
	}
	mn_emit_close(out, '}');
}

static void print_entry(mn_printer *out, const mn_keyring_entry *e)
{
	char when[MN_ISO_ROOM];

	mn_iso_write(e->created - e->created % 1000000, when);
	mn_print_text(out, e->name);
	fprintf(out->to, "  %s", when);
	for (int r = MN_RIGHT_READ; r <= MN_RIGHT_ADMIN; r++)
		for (size_t i = 0; i < e->brains[r].n; i++) {
			fprintf(out->to, "  %s:", rights[r].name);
			mn_print_text(out, e->brains[r].at[i]);
		}
	fputc('\n', out->to);
}

static int list(mn_app *app, const mn_args *args)
{
	mn_error err = MN_SIZED(mn_error);
	mn_keyring *t = NULL;

	if (mn_keyring_read(path_of(app, args), &err, &t))
		return mn_app_fail(app, &err);
	if (app->json)
		mn_emit_open(&app->out, NULL, '[');
	for (size_t i = 0; i < t->n; i++)
		(app->json ? emit_entry : print_entry)(&app->out, &t->at[i]);
	if (app->json) {
		mn_emit_close(&app->out, ']');
		mn_emit_end(&app->out);
	}
	mn_keyring_drop(t);
	return MN_EXIT_DONE;
}

/* ---- revoke ------------------------------------------------------------------------------- */

static int take_away(mn_keyring *t, void *ctx, mn_error *err)
{
	const mn_str *name = ctx;

	if (mn_keyring_remove(t, *name))
		return MN_OK;
	return mn_error_set(err, MN_ENOBRAIN, 0, "there is no token \"%.*s\"", MN_FMT(*name));
}

static int revoke(mn_app *app, const mn_args *args)
{
	mn_error err = MN_SIZED(mn_error);
	mn_str name = mn_args_text(args, "NAME");

	if (mn_keyring_change(path_of(app, args), take_away, &name, &err))
		return mn_app_fail(app, &err);
	return MN_EXIT_DONE;
}

#define TOKENS_FILE                                                                    \
	{                                                                              \
		.name = "--tokens",                                                    \
		.does = "the file of tokens (default: beside the configuration file)", \
		.value = "FILE", .type = MN_PARAM_FILE                                 \
	}

static const mn_param create_params[] = {
	{.name = "NAME",
		.does = "what it is called in lists and logs",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REQUIRED},
	{.name = "--read",
		.does = "it may ask this brain, '*': every brain",
		.value = "BRAIN",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REPEATS},
	{.name = "--write",
		.does = "and remember in this one",
		.value = "BRAIN",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REPEATS},
	{.name = "--admin",
		.does = "and rename, delete and replace this one",
		.value = "BRAIN",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REPEATS},
	TOKENS_FILE,
	{0},
};

static const mn_param list_params[] = {TOKENS_FILE, {0}};

static const mn_param revoke_params[] = {
	{.name = "NAME",
		.does = "the token's name",
		.type = MN_PARAM_TEXT,
		.flags = MN_PARAM_REQUIRED},
	TOKENS_FILE,
	{0},
};

static const mn_example create_examples[] = {
	{"mnemoscope token create ci --read notes --write inbox",
		"One that may ask the brain notes, and ask and fill the brain inbox"},
	{"mnemoscope token create me --admin '*'", "One that may do everything"},
	{0},
};

const mn_action mn_verbs_token[] = {
	{.name = "token create",
		.does = "Make a token for programs that ask this server",
		.help = "Prints 256 random bits, once; the file keeps a hash of them. As soon as "
			"there is a token, a server asks for one with every request. Rights grow: "
			"who may write a brain may read it, who may administer it may do both.",
		.json = "One object {name, token}.",
		.params = create_params,
		.examples = create_examples,
		.scope = MN_ON_CLI,
		.verb = create},
	{.name = "token list",
		.does = "List the tokens there are, and what each may do",
		.json = "An array of {name, created, read, write, admin}: the last three are "
			"arrays "
			"of brains, \"*\" for all.",
		.params = list_params,
		.scope = MN_ON_CLI,
		.verb = list},
	{.name = "token revoke",
		.does = "Take a token away: it is worth nothing from then on",
		.params = revoke_params,
		.scope = MN_ON_CLI,
		.verb = revoke},
	{0},
};
