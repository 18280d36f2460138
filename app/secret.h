/* SPDX-License-Identifier: MIT */
/*
 * secret.h - passwords and tokens: where a store's credentials come from.
 *
 * A secret has a name, such as NEO4J_PASSWORD or MNEMOSCOPE_TOKEN, that may be bound to one server:
 * NEO4J_PASSWORD@graph.example.org:7474. It is looked up in the credentials file, then in the
 * environment. The file is $XDG_CONFIG_HOME/mnemoscope/credentials, a line "NAME = VALUE" each (see
 * keyfile.h); it is refused, with one line that says what to do, unless it belongs to the user and
 * nobody else may read it. It is read whenever a secret is asked for, so what was set holds at
 * the next attempt to connect. A value stands nowhere else: not in a log, an error, JSON, the
 * configuration, a URL or on a command line.
 */
#ifndef MN_APP_SECRET_H
#define MN_APP_SECRET_H

#include <stdatomic.h>

#include "mn.h"

enum { MN_SECRET_MOST = 4096 };

typedef struct mn_secrets {
	char file[4096];  /* of the credentials */
	atomic_bool told; /* that it is refused */
} mn_secrets;

/* Where the file is. MN_EINVAL: the path is too long; MN_ENOMEM. */
int mn_secrets_init(mn_secrets *, mn_arena *, mn_error *err);

/* The engine's seam: ctx is an mn_secrets. Any thread. */
size_t mn_secrets_find(void *ctx, const char *name, char *out, size_t room);

/* May a secret have this name: KEY or KEY@HOST:PORT, KEY of A-Z, 0-9 and "_"? MN_EINVAL. */
int mn_secret_check(mn_str name, mn_error *err);

/* Keeps a secret in the file; an empty value removes it. *known: there was one of that name.
 * MN_EINVAL: a value that no line can hold; MN_EAUTH: the file is refused; MN_EIO, MN_ENOMEM. */
int mn_secrets_put(mn_secrets *, mn_arena *, mn_str name, mn_str value, bool *known, mn_error *err);

/* The names in the file, in its order; arena. */
int mn_secrets_names(mn_secrets *, mn_arena *, mn_strs *out, mn_error *err);

#endif
