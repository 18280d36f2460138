/* SPDX-License-Identifier: MIT */
/*
 * keyring.h - the file of tokens: who may ask, and for what.
 *
 * A token is 256 random bits, shown once when it is made. The file keeps a keyed BLAKE2b hash of it
 * (the key is the file's own), a name for people, and rights per brain, "*" standing for all. It is
 * JSON, 0600, read by nobody else, and replaced as a whole:
 *
 *	{"version":1,"key":"HEX","tokens":[{"name":"ci","hash":"HEX","created":"2026-01-31T12:00:00Z",
 *	 "read":["notes"],"write":[],"admin":[]}]}
 *
 * A reading of it never changes; it is counted, so that requests keep the one they began with.
 */
#ifndef MN_SERVER_KEYRING_H
#define MN_SERVER_KEYRING_H

#include "server/server.h"

enum { MN_TOKEN_HASH = 32, MN_TOKEN_TEXT = 48, MN_TOKEN_NAME = 64, MN_KEYRING_MOST = 1000 };

typedef struct mn_keyring_entry {
	mn_str name;
	mn_time created;
	unsigned char hash[MN_TOKEN_HASH];
	mn_strs brains[MN_RIGHT_ADMIN + 1]; /* by the right they were named for */
} mn_keyring_entry;

typedef struct mn_keyring {
	unsigned holders;
	mn_arena *arena;
	unsigned char key[MN_TOKEN_HASH];
	mn_keyring_entry *at;
	size_t n, cap;
} mn_keyring;

/* A file that is not there reads as one without tokens. MN_EAUTH: others may read it; MN_EINVAL:
 * it is not such a file. */
int mn_keyring_read(const char *path, mn_error *, mn_keyring **out);
void mn_keyring_hold(mn_keyring *);
void mn_keyring_drop(mn_keyring *); /* NULL: nothing */

/* The one it belongs to, compared with every entry in constant time; NULL: nobody's. */
const mn_keyring_entry *mn_keyring_find(const mn_keyring *, mn_str token);
const mn_keyring_entry *mn_keyring_named(const mn_keyring *, mn_str name);
bool mn_keyring_may(const mn_keyring_entry *, int right, mn_str brain); /* brain empty: all */
bool mn_keyring_any(const mn_keyring_entry *, int right);

/*
 * Changes the file, one at a time whoever else does: reads it, calls change, writes it if that
 * returns MN_OK. The folder is made if it is missing.
 */
int mn_keyring_change(const char *path, int (*change)(mn_keyring *, void *ctx, mn_error *),
	void *ctx, mn_error *);
/* Within change: adds one and writes the token, terminated. MN_ECONFLICT: the name is taken. */
int mn_keyring_add(mn_keyring *, const mn_keyring_entry *, char text[MN_TOKEN_TEXT], mn_error *);
bool mn_keyring_remove(mn_keyring *, mn_str name); /* false: there is none */

/* Where the file is unless told otherwise: beside the configuration file. */
mn_str mn_keyring_path(mn_arena *, mn_str config_file);

#endif
