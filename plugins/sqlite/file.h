/* SPDX-License-Identifier: MIT */
/* file.h - files and folders of brains, before and behind SQLite's back. */
#ifndef MN_SQLITE_FILE_H
#define MN_SQLITE_FILE_H

#include <sys/types.h>
#include <time.h>

#include "backend.h"

/* What the first hundred bytes say. */
struct file_header {
	bool empty, sqlite; /* no byte at all; begins like a database */
	uint32_t application, version;
};

/*
 * Reads the header without changing anything. It goes through SQLite's own file layer, since
 * closing a descriptor of one's own would give up the locks that other connections of this
 * process hold on the file. MN_EIO where it is not a plain file.
 */
int file_peek(const mn_host *, mn_call *, const char *path, struct file_header *out);

/* Which file a name leads to, and how it looks. */
struct file_mark {
	dev_t device;
	ino_t number;
	off_t size;
	struct timespec changed;
};
bool file_mark(const char *path, struct file_mark *out); /* false: no plain file there */
/* Is it still that file; untouched: with the same content, too? */
bool file_still(const char *path, const struct file_mark *, bool untouched);
/* Bytes of the brain's file and its log. */
uint64_t file_bytes(const char *path);
/* Can there be changes that are in the log only? */
bool file_has_log(const char *path);

/* Makes a folder, and those above it, with mode 0700. */
int folder_make(const mn_host *, mn_call *, const char *path);
/* Flushes what is known of a folder's or file's names and content. */
int file_sync(const mn_host *, mn_call *, int folder, const char *name);
/* A new, empty file with mode 0600 that nothing else can have opened. */
int file_make(const mn_host *, mn_call *, int folder, const char *name);
/* Moves a file to a name that is not taken; *taken tells if it was, which is no error. */
int file_settle(
	const mn_host *, mn_call *, int folder, const char *from, const char *to, bool *taken);
/* Removes NAME, NAME-wal, NAME-shm and NAME-journal, as far as they are there. */
void file_remove(int folder, const char *name);
/* Removes only what may lie beside a file that is no more. */
void file_remove_beside(int folder, const char *name);

#endif
