/* SPDX-License-Identifier: MIT */
/*
 * schema.h - the tables of a brain's file, and how older files become like new ones.
 *
 * A file says what it is in SQLite's own header: application_id, and user_version for the version
 * of its tables. A newer version is refused, an older one migrated when it is opened: a step per
 * version, each a transaction of its own that ends with the new number, so a file is always of
 * exactly one version. README.md in this folder says more.
 */
#ifndef MN_SQLITE_SCHEMA_H
#define MN_SQLITE_SCHEMA_H

#include "connection.h"

#define SCHEMA_APPLICATION 0x4D4E4252 /* "MNBR" */
#define SCHEMA_VERSION 7

/* Makes the tables in an empty file and its rows, in a transaction that the caller has begun. Fills
 * in the row's id, which is the file's epoch. */
int schema_make(struct conn *, mn_brain_row *, double delta, double rate);

/* The statements that make the tables. Static. */
const char *schema_tables(void);

/* Is this a file of ours, and of which version? Touches nothing. MN_ECORRUPT, MN_EUNSUPPORTED. */
int schema_check(const mn_host *, mn_call *, const char *path, int *version);

/* Brings an older file up to date; c is a writer without a transaction. */
int schema_migrate(struct conn *, mn_call *);

#endif
