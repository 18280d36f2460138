/* SPDX-License-Identifier: MIT */
/* copy.c - the verb that copies a brain, within a store or to another. */
#include "base/fail.h"
#include "base/str.h"
#include "cli/verbs.h"
#include "session.h"
#include "ticker.h"

static int copy(mn_session *from, mn_session *to)
{
	mn_ticker ticker;
	mn_progress p;
	int rc;

	mn_ticker_start(&ticker, from->app, "copying");
	p = mn_ticker_progress(&ticker);
	rc = mn_brain_copy(from->brain, &from->call, to->store, to->name, &p);
	mn_ticker_stop(&ticker);
	return rc;
}

/* Where the copy goes: the store that B names, that --store does, or A's own. */
static int choose_target(mn_session *from, mn_session *to, const mn_args *args)
{
	const mn_settings *set = &from->app->set;
	const mn_profile *p;
	int rc;

	mn_settings_split(mn_args_text(args, "B"), &to->said, &to->name);
	if (to->said.len == 0 && mn_args_has(args, "--store"))
		to->said = set->said;
	else if (to->said.len == 0)
		to->said = from->said;
	rc = mn_settings_check_name(to->name, from->call.err);
	if (rc == MN_OK)
		rc = mn_settings_resolve(set, to->said, &to->url, &p, from->call.err);
	from->bad_url |= rc != MN_OK;
	return rc;
}

/* Within one store there is one handle: two of a folder would be two writers. */
static int brain_copy(mn_app *app, const mn_args *args)
{
	mn_session from, to = {.app = app};
	mn_str b = mn_args_text(args, "B");
	int rc = mn_session_open(&from, app, mn_args_text(args, "A"), 0);
	bool apart;

	if (rc == MN_OK)
		rc = choose_target(&from, &to, args);
	apart = rc == MN_OK && !mn_str_eq(to.url, from.url);
	if (apart) {
		rc = mn_session_open(&to, app, b, MN_SESSION_STORE | MN_SESSION_CREATE);
		from.bad_url |= to.bad_url;
		if (rc)
			*from.call.err = *to.call.err;
	} else {
		to.store = from.store;
	}
	if (rc == MN_OK)
		rc = copy(&from, &to);
	if (rc == MN_OK)
		mn_app_note(app, "%.*s is a copy of %.*s, and hashes the same", MN_FMT(to.name),
			MN_FMT(from.name));
	if (apart)
		mn_session_exit(&to, MN_OK, MN_EXIT_DONE);
	return mn_session_end(&from, rc);
}

static const mn_param copy_params[] = {
	{.name = "A",
		.does = "the brain to copy: a name, or STORE#NAME",
		.type = MN_PARAM_BRAIN,
		.flags = MN_PARAM_REQUIRED},
	{.name = "B",
		.does = "what the copy is called, or where and what: STORE#NAME",
		.type = MN_PARAM_BRAIN,
		.flags = MN_PARAM_REQUIRED},
	{0},
};

static const mn_example copy_examples[] = {
	{"mnemoscope brain copy notes notes-before", "keep a brain as it is now"},
	{"mnemoscope brain copy notes sqlite:/mnt/stick#notes", "carry it away"},
	{0},
};

const mn_action mn_verbs_copy[] = {
	{.name = "brain copy",
		.does = "Copy a brain, within a store or to another",
		.help = "Every row is copied as it is, then both brains are hashed: a copy that "
			"does "
			"not hash the same, or was interrupted, is deleted again. The copy's name "
			"must be free.",
		.params = copy_params,
		.examples = copy_examples,
		.scope = MN_ON_CLI,
		.verb = brain_copy},
	{0},
};
