/* SPDX-License-Identifier: MIT */
/*
 * brain.h - an open brain: its file, the connections to it, and how an operation gets one.
 *
 * Readers take a connection from a pool; writers take turns at one connection, in this process by
 * waiting here, among processes by SQLite's lock. Any thread.
 */
#ifndef MN_SQLITE_BRAIN_H
#define MN_SQLITE_BRAIN_H

#include <pthread.h>

#include "connection.h"
#include "file.h"
#include "folder.h"

#define MOST_READERS 8  /* calls that read at the same time; others wait */
#define MOST_CURSORS 32 /* scans that are open at the same time; others fail */
#define LEAST_LEASE 64
#define MOST_LEASE 4096

/* Ids that this process may hand out. */
struct lease {
	mn_id next, end;
};

struct brain {
	struct brain *next;
	mn_db *store;
	char *path, *file; /* file: the last part of path */
	char *name;        /* as it stands in the file; where that changes, this brain is dropped */
	mn_id id;          /* of the brain row: the file's epoch */
	struct file_mark mark;
	unsigned users; /* these three: under the store's lock */
	uint64_t turn;
	bool gone;

	pthread_mutex_t lock; /* all below */
	pthread_cond_t freed;
	struct conn *idle;
	unsigned nidle, readers, cursors;
	struct conn *writer;
	bool writing, immutable, wrote;
	struct lease lease[MN_KINDS];
};

/* Opens the file at `path` in the store: checks it, brings it up to date. */
int brain_open(mn_db *, mn_call *, const char *file, struct brain **out);
/* Closes its connections; what was left for later is done first. */
void brain_close(struct brain *);
/* Is its file still there, under the same name? */
bool brain_there(const struct brain *);

enum use {
	USE_READ,
	USE_SCAN,
	USE_WRITE,
	USE_SPARE, /* writing, if nobody else does just now; else MN_EBUSY at once */
	USE_LOOK,  /* reading a little: in the writer's place if it is free, since its connection
		    * has what was just written in memory; else like USE_READ */
};

/* A connection in a transaction of the call; call->at is set. Gives it back: brain_end. USE_LOOK
 * becomes what it is. */
int brain_begin(struct brain *, mn_call *, enum use *, struct conn **out);
/* status MN_OK ends with a commit if it was for writing, whose status it returns; else it is
 * rolled back and status comes back. */
int brain_end(struct brain *, struct conn *, enum use, int status);

/* An operation on a brain by name: finds it, begins. */
struct work {
	struct brain *brain;
	struct conn *c;
	enum use use;
};
int work_find(mn_db *, mn_call *, mn_str name, enum use, struct work *out); /* brain NULL: none */
int work_begin(mn_db *, mn_call *, mn_str name, enum use, struct work *out);
int work_end(struct work *, int status);
void work_drop(struct work *); /* nothing of it is kept */

#endif
