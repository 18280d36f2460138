/* SPDX-License-Identifier: MIT */
/*
 * folder.h - opening files and folders that nobody else can have tampered with.
 *
 * Safe means: it belongs to root or to the effective user, and nobody else may write to it. A
 * group may if it is the user's private one (its only member; what a umask of 002 leaves behind).
 * A folder on the way may also be writable with the sticky bit set, since then nobody can replace
 * what is not his own.
 */
#ifndef MN_STORE_FOLDER_H
#define MN_STORE_FOLDER_H

#include <limits.h>
#include <sys/stat.h>

#include "mn.h"

#define MN_WHY 256 /* room for the reason of a refusal */

/*
 * Opens a folder for reading; path must be absolute and is walked by component, links included,
 * each checked on the open descriptor, so that nothing can be swapped in between. Returns the
 * descriptor (close-on-exec), or -1 with the reason in why and errno set.
 */
int mn_folder_open(const char *path, char why[MN_WHY]);

/* Opens a regular file of that folder for reading, itself safe and no link; likewise. */
int mn_folder_file(int folder, const char *name, struct stat *out, char why[MN_WHY]);

/*
 * The i-th folder, from 0 on, where this program's own parts may be; false: there are no more. One
 * that runs from its build has them there, in the folder `part` of that tree; else they are with
 * the installation, wherever it was moved to.
 */
bool mn_folder_own(unsigned i, const char *part, char out[PATH_MAX]);

#endif
