/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>

#include "base/fail.h"
#include "base/str.h"

static int open_brain(mn_session *s, unsigned flags)
{
	int rc = mn_brain_open(s->store, &s->call, s->name, &s->brain);

	if (rc != MN_ENOBRAIN || !(flags & MN_SESSION_CREATE))
		return rc;
	mn_call_reset(&s->call);
	rc = mn_settings_check_name(s->name, s->call.err);
	if (rc) {
		s->bad_url = true;
		return rc;
	}
	rc = mn_store_create(s->store, &s->call, s->name, MN_STR(""));
	s->made = rc == MN_OK;
	if (rc == MN_ECONFLICT) { /* somebody else was quicker */
		mn_call_reset(&s->call);
		rc = MN_OK;
	}
	return rc ? rc : mn_brain_open(s->store, &s->call, s->name, &s->brain);
}

/*
 * Opening a store for writing makes it. So what creates nothing looks first whether it is there:
 * asking about a brain must not leave folders behind.
 */
static int open_store(mn_session *s, unsigned flags)
{
	bool read_only = s->read_only || (flags & MN_SESSION_READ);
	bool look = read_only || !(flags & MN_SESSION_CREATE);
	bool lists = flags == MN_SESSION_LIST || flags == MN_SESSION_BRAINS;
	int rc = mn_store_open(s->app->engine, &s->call, s->url, look, &s->store);

	s->bad_url = rc == MN_EINVAL;
	if (rc == MN_EIO && s->call.err->native == ENOENT && look && !lists)
		return mn_fail(&s->call, MN_ENOBRAIN, ENOENT,
			"there is no brain \"%.*s\": %.*s does not exist yet", MN_FMT(s->name),
			MN_FMT(s->url));
	if (rc || look == read_only)
		return rc;
	mn_store_close(s->store);
	s->store = NULL;
	return mn_store_open(s->app->engine, &s->call, s->url, false, &s->store);
}

/* A brain that is to be read and is of an older version: once with the right to write. */
static int open_older(mn_session *s, unsigned flags)
{
	int rc;

	mn_store_close(s->store);
	s->store = NULL;
	mn_call_reset(&s->call);
	rc = open_store(s, flags & ~(unsigned)MN_SESSION_READ);
	return rc == MN_OK ? open_brain(s, flags) : rc;
}

/* Which store and brain. A profile without a brain behind it means its own. */
static int choose(mn_session *s, mn_str where)
{
	const mn_settings *set = &s->app->set;
	const mn_profile *p = set->profile;
	mn_str store = {0}, name = where;
	int rc = MN_OK;

	s->url = set->store;
	s->said = set->said;
	s->name = set->brain;
	mn_settings_split(where, &store, &name);
	if (!store.len && mn_str_starts(where, "@") && (p = mn_settings_find(set, where))) {
		store = where;
		name = p->brain.len ? p->brain : MN_STR("default");
	}
	if (store.len) {
		s->said = store;
		rc = mn_settings_resolve(set, store, &s->url, &p, s->call.err);
	}
	s->read_only = s->app->read_only || (rc == MN_OK && p && p->read_only);
	if (where.len)
		s->name = name;
	s->bad_url = rc == MN_EINVAL;
	return rc;
}

int mn_session_open(mn_session *s, mn_app *app, mn_str where, unsigned flags)
{
	int rc;

	*s = (mn_session){.app = app};
	s->call.own.size = sizeof(s->call.own);
	s->call.err = &s->call.own;
	rc = choose(s, where);
	if (rc == MN_OK)
		rc = mn_app_engine(app, s->call.err);
	if (rc)
		return rc;
	rc = mn_call_init(&s->call, app->engine, 0);
	if (rc)
		return rc;
	s->call.token = app->token;
	if (flags & MN_SESSION_ENGINE)
		return MN_OK;
	rc = open_store(s, flags);
	if (rc == MN_OK && !(flags & MN_SESSION_STORE))
		rc = open_brain(s, flags);
	if (rc == MN_EUNSUPPORTED && s->store && flags & MN_SESSION_READ && !s->read_only)
		rc = open_older(s, flags);
	return rc;
}

int mn_session_exit(mn_session *s, int status, int code)
{
	if (status && s->bad_url)
		code = mn_app_usage(s->app, s->call.err);
	else if (status)
		code = mn_app_fail(s->app, s->call.err);
	mn_brain_close(s->brain);
	mn_store_close(s->store);
	if (s->call.arena)
		mn_call_done(&s->call);
	return code;
}

int mn_session_end(mn_session *s, int status)
{
	return mn_session_exit(s, status, MN_EXIT_DONE);
}
