/* SPDX-License-Identifier: MIT */
/*
 * keyfile.h - files of lines "key = value": configuration and credentials.
 *
 * Blanks around key and value do not count; a line that begins with "#" is a comment. Files are
 * read whole, at most 64 KiB, and replaced whole: written beside their place, 0600, synced,
 * renamed. One thread.
 */
#ifndef MN_APP_KEYFILE_H
#define MN_APP_KEYFILE_H

#include "mn.h"

enum { MN_KEYFILE_MOST = 1 << 16 };

typedef struct mn_keyfile { /* a reader; set text, the rest begins zeroed */
	mn_str text;        /* what has not been read yet */
	mn_str line;        /* the line that was read last, as it stands */
	unsigned number;    /* of that line, from 1 */
} mn_keyfile;

/* The next line, comments and empty ones too; false: there is none. */
bool mn_keyfile_line(mn_keyfile *);
/* That line's key and value, lent from the text; false: it has none. Without "=" the value is
 * empty. */
bool mn_keyfile_split(const mn_keyfile *, mn_str *key, mn_str *value);

/* The whole file into room bytes, at most MN_KEYFILE_MOST; no file: empty. secret: it must belong
 * to this user, and nobody else may read or write it, else MN_EAUTH with what to do. MN_EIO;
 * MN_EINVAL: too large. */
int mn_keyfile_read(const char *path, bool secret, char *out, size_t *n, mn_error *err);

/* Writes the file anew; folders that are missing are made, 0700. A link stays one. MN_EIO. */
int mn_keyfile_write(mn_arena *, const char *path, mn_str text, mn_error *err);

/* A path below one of XDG's folders: the variable if it is absolute, else `below` in the home
 * directory; then `rest`. ptr NULL: out of memory. */
mn_str mn_keyfile_xdg(mn_arena *, const char *variable, const char *below, const char *rest);

#endif
