/* SPDX-License-Identifier: MIT */
/* fault.h - what SQLite and the system report, as one line that says what to do. */
#ifndef MN_SQLITE_FAULT_H
#define MN_SQLITE_FAULT_H

#include <sqlite3.h>

#include "backend.h"

/* SQLite failed with rc (extended) on the brain at path. sql may be NULL. Returns the status. */
int fault_sqlite(const mn_host *, mn_call *, sqlite3 *sql, const char *path, int rc);
/* A system call failed. doing: "make", "open"; path is untrusted. */
int fault_errno(const mn_host *, mn_call *, int number, const char *doing, const char *path);
int fault_memory(const mn_host *, mn_call *);
/* The file is a brain's, but what stands in it breaks its own rules. */
int fault_corrupt(const mn_host *, mn_call *, const char *path, const char *what);

/* For "%.*s" of an untrusted text. */
#define SHOWN(s) (int)((s).len < 80 ? (s).len : 80), (s).len ? (s).ptr : ""

/* The last part of a path that fits a sentence. */
const char *fault_path(const char *path);

#endif
