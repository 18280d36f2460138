/* SPDX-License-Identifier: MIT */
/*
 * zst.h - sources and sinks that are compressed with Zstandard (RFC 8878), as a stream.
 *
 * A source is recognised by its first bytes; what is not compressed comes through as it is. Little
 * can become much: a source may give at most `most` bytes, 100 times what was read of it, and a
 * window of 256 MiB, else MN_EINVAL. One thread.
 */
#ifndef MN_EXCHANGE_ZST_H
#define MN_EXCHANGE_ZST_H

#include "mn.h"

typedef struct mn_zst_in {
	const mn_source *from;
	struct ZSTD_DCtx_s *ctx; /* NULL: not compressed */
	char *chunk;             /* what was read, of which [at, end) is still to come */
	size_t at, end;
	uint64_t in, out, most;
	bool known;   /* its first bytes were looked at */
	bool over;    /* the source is at its end */
	bool between; /* no frame is open */
} mn_zst_in;

/* most: bytes that may come out, however much went in; 0: 100 times what did. */
int mn_zst_in_open(mn_zst_in *, mn_call *, const mn_source *, uint64_t most);
mn_source mn_zst_source(mn_zst_in *); /* lent: both have to stay */
void mn_zst_in_close(mn_zst_in *);

typedef struct mn_zst_out {
	const mn_sink *to;
	struct ZSTD_CCtx_s *ctx;
	char *chunk;
} mn_zst_out;

/* With a checksum over what goes in. */
int mn_zst_out_open(mn_zst_out *, mn_call *, const mn_sink *);
mn_sink mn_zst_sink(mn_zst_out *);
/* Writes what is left. */
int mn_zst_out_end(mn_zst_out *, mn_call *);
void mn_zst_out_close(mn_zst_out *);

#endif
