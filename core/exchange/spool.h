/* SPDX-License-Identifier: MIT */
/*
 * spool.h - a file without a name, for what is too much for memory: readable by nobody else, and
 * gone with the process whatever becomes of it. It lies in $TMPDIR, else /var/tmp, else /tmp.
 * One thread.
 */
#ifndef MN_EXCHANGE_SPOOL_H
#define MN_EXCHANGE_SPOOL_H

#include "mn.h"

typedef struct mn_spool {
	int fd; /* -1: not there yet */
	uint64_t bytes;
} mn_spool;

#define MN_SPOOL ((mn_spool){.fd = -1})

/* Behind what is there; the first one makes the file. MN_EIO. */
int mn_spool_add(mn_spool *, mn_call *, const void *, size_t);
/* n bytes from `at` on, all of them. */
int mn_spool_read(const mn_spool *, mn_call *, uint64_t at, void *, size_t n);
void mn_spool_free(mn_spool *);

#endif
