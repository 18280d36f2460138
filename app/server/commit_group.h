/* SPDX-License-Identifier: MIT */
/* commit_group.h - a group of entries on its way into the store; private to commit.c. */
#ifndef MN_SERVER_COMMIT_GROUP_H
#define MN_SERVER_COMMIT_GROUP_H

#include <pthread.h>

#include "server/commit.h"

typedef struct mn_entry mn_entry;
struct mn_entry { /* on the stack of who waits */
	mn_entry *next;
	pthread_cond_t wake;
	bool taken, done; /* under the committer's lock */
	mn_brain *brain;
	mn_call *call;
	const mn_note *notes; /* either these */
	size_t nnotes;
	mn_kept *kept;
	mn_draw *draw; /* or this */
	void *ctx;
	mn_str key;
	mn_applied *applied;
	int status; /* the outcome; its text in call */
	bool settled;
	size_t from, to; /* its changes on the sheet */
};

/* Writes a group of one kind, and sets the outcome of each. */
void mn_group_write(mn_entry *const *, size_t n);

#endif
