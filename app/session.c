/* SPDX-License-Identifier: MIT */
#include "session.h"

#include "base/fail.h"
#include "base/str.h"

static int open_brain(mn_session *s, unsigned flags)
{
	int rc = mn_brain_open(s->store, &s->call, s->name, &s->brain);

	if (rc != MN_ENOBRAIN || !(flags & MN_SESSION_CREATE))
		return rc;
	mn_call_reset(&s->call);
	rc = mn_store_create(s->store, &s->call, s->name, MN_STR(""));
	if (rc == MN_ECONFLICT) { /* somebody else was quicker */
		mn_call_reset(&s->call);
		rc = MN_OK;
	}
	return rc ? rc : mn_brain_open(s->store, &s->call, s->name, &s->brain);
}

int mn_session_open(mn_session *s, mn_app *app, mn_str where, unsigned flags)
{
	mn_str url = MN_STR(""), name = where;
	int rc;

	*s = (mn_session){.app = app, .url = app->set.store, .name = app->set.brain};
	s->call.own.size = sizeof(s->call.own);
	s->call.err = &s->call.own;
	mn_settings_split(where, &url, &name);
	if (url.len)
		s->url = url;
	if (where.len)
		s->name = name;
	rc = mn_app_engine(app, s->call.err);
	if (rc)
		return rc;
	rc = mn_call_init(&s->call, app->engine, 0);
	if (rc)
		return rc;
	s->call.token = app->token;
	if (flags & MN_SESSION_ENGINE)
		return MN_OK;
	rc = mn_store_open(app->engine, &s->call, s->url,
		app->read_only || (flags & MN_SESSION_READ), &s->store);
	if (rc == MN_OK && !(flags & MN_SESSION_STORE))
		rc = open_brain(s, flags);
	return rc;
}

int mn_session_exit(mn_session *s, int status, int code)
{
	if (status == MN_EINVAL && !s->store) /* the URL is wrong, not what it leads to */
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
