/* SPDX-License-Identifier: MIT */
/*
 * session.h - what a verb works with: a call, an open store, an open brain.
 *
 *	mn_session s;
 *	int rc = mn_session_open(&s, app, where, MN_SESSION_CREATE);
 *
 *	if (rc == MN_OK)
 *		rc = ...
 *	return mn_session_end(&s, rc);
 */
#ifndef MN_APP_SESSION_H
#define MN_APP_SESSION_H

#include "app.h"

typedef struct mn_session {
	mn_app *app;
	mn_call call;
	mn_str url, name; /* of the store, of the brain */
	mn_str said;      /* the store as it was said: its URL, or "@PROFILE" */
	mn_store *store;
	mn_brain *brain; /* NULL under MN_SESSION_STORE */
	bool made;       /* the brain was missing, and this session made it */
	bool read_only;  /* as was said, or as its profile wants it */
	bool bad_url;    /* the URL or address said is wrong, not what it leads to */
} mn_session;

enum mn_session_flag {
	MN_SESSION_ENGINE = 1 << 3, /* no store either */
	MN_SESSION_STORE = 1 << 0,  /* the store only */
	MN_SESSION_CREATE = 1 << 1, /* a store, and a brain, that is missing is made */
	/* Read-only, whatever was said; but a brain of an older version is brought up to date if
	 * --read-only was not. */
	MN_SESSION_READ = 1 << 2,
	MN_SESSION_LIST = MN_SESSION_STORE
			  | MN_SESSION_READ,           /* what brains there are as they are */
	MN_SESSION_BRAINS = MN_SESSION_STORE | 1 << 4, /* what there are, brought up to date */
};

/* where: a brain's name, STORE#NAME (a URL or @PROFILE), or empty for what is set. */
int mn_session_open(mn_session *, mn_app *, mn_str where, unsigned flags);
/* Reports what failed, closes everything, returns the exit code for status. */
int mn_session_end(mn_session *, int status);
/* The same for a verb that has an exit code of its own to give when status is MN_OK. */
int mn_session_exit(mn_session *, int status, int code);

#endif
