/* SPDX-License-Identifier: MIT */
/*
 * unpack.h - a file to import as its reader wants it: unpacked, if it is compressed, and with its
 * beginning known, which says what it is. One thread.
 */
#ifndef MN_APP_UNPACK_H
#define MN_APP_UNPACK_H

#include "exchange/zst.h"
#include "stream.h"

typedef struct mn_unpack {
	mn_input *in;
	mn_source raw, unpacked;
	mn_zst_in zst;
	char head[4096];
	size_t nhead, at;
	uint64_t most;
} mn_unpack;

/* Reads the beginning. in: lent. most: bytes that it may unpack to; 0: 100 times its size. */
int mn_unpack_open(mn_unpack *, mn_call *, mn_input *in, uint64_t most);
mn_str mn_unpack_head(const mn_unpack *); /* lent */
mn_source mn_unpack_source(mn_unpack *);  /* lent: it must stay */
/* To the beginning, of a file that is no pipe. */
int mn_unpack_rewind(mn_unpack *, mn_call *);
void mn_unpack_close(mn_unpack *);

#endif
