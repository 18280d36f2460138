/* SPDX-License-Identifier: MIT */
/*
 * folder.h - a store: a folder with a file for each brain.
 *
 * A brain's name stands in its file. The file is called after the name it was created under,
 * escaped; renaming a brain changes the name inside and leaves the file where it is, since SQLite
 * must not find a database under another name than the one its log lies beside. So a name leads
 * to the file called after it, and if that is not the one, to a look into all of them.
 */
#ifndef MN_SQLITE_FOLDER_H
#define MN_SQLITE_FOLDER_H

#include <pthread.h>

#include "backend.h"

#define MOST_OPEN 64     /* brains that stay open without a user */
#define LONGEST_FILE 200 /* of an escaped name; NAME_MAX is 255, with room for "-journal" */
#define FILE_SUFFIX ".brain"

struct brain;

struct mn_db {
	const mn_host *host;
	char *path; /* real and absolute */
	char *title;
	int fd;
	bool read_only;
	pthread_mutex_t lock; /* the list, and who uses what is in it */
	struct brain *brains;
	unsigned nbrains;
	uint64_t turn;
};

int folder_open(const mn_host *, mn_call *, mn_str url, bool read_only, mn_db **out);
void folder_close(mn_db *);

/* The file name a brain's name begins with. turn: from 1 on, to tell apart those that clash. */
void folder_file(mn_str name, unsigned turn, char out[LONGEST_FILE + 40]);

/* Finds a brain and holds it until folder_release. *out NULL: there is none. */
int folder_hold(mn_db *, mn_call *, mn_str name, struct brain **out);
/* Likewise by the name of its file, which must be there. */
int folder_hold_file(mn_db *, mn_call *, const char *file, struct brain **out);
void folder_release(struct brain *);
/* Its file is no more, or is another one, or has another name: nobody finds this one again. */
void folder_drop(struct brain *);
/* The same for the file at that path, if it is open: what is known of it is read anew. */
void folder_forget(mn_db *, const char *path);
/* Calls see for every brain file, by file name. Stops at the first value that is not MN_OK. */
int folder_each(mn_db *, mn_call *, void *ctx, int (*see)(void *ctx, const char *file));

/* One call, of all processes, at a time creates, renames or deletes in a folder. */
int folder_lock(mn_db *, mn_call *, int *lock);
void folder_unlock(int lock);
/* Removes what creating or deleting left behind where it was broken off. The lock is held. */
void folder_sweep(mn_db *);

#endif
