/* SPDX-License-Identifier: MIT */
/*
 * ballast.h - room for forgetting: a file of a mebibyte in the folder that is thrown out when the
 * disk is full and somebody wants to delete, since deleting writes before it frees.
 */
#ifndef MN_SQLITE_BALLAST_H
#define MN_SQLITE_BALLAST_H

#include "folder.h"

/* Makes it where it is missing and the disk has plenty left; whether it could is no concern of
 * the caller's. */
void ballast_load(const mn_db *);
/* Throws it out; false: there was none. */
bool ballast_drop(const mn_db *);

/* Did the call fail for want of space, and do its changes only delete? */
bool ballast_would_help(const mn_call *, const mn_change *, size_t n);

#endif
