/* SPDX-License-Identifier: MIT */
/*
 * sorter.h - sorts any number of records in bounded memory: what does not fit is written, in
 * sorted runs, to a spool and merged when it is read. One thread.
 *
 * Records go by their key, equal keys by their value, both in byte order, then by their tag.
 */
#ifndef MN_EXCHANGE_SORTER_H
#define MN_EXCHANGE_SORTER_H

#include "base/buf.h"

typedef struct mn_sorter mn_sorter;

typedef struct mn_sorted { /* lent until the next one is asked for */
	mn_str key, value;
	uint64_t tag;
} mn_sorted;

/* memory: bytes that it may hold, besides one record; NULL: none left. */
mn_sorter *mn_sorter_new(size_t memory);
void mn_sorter_free(mn_sorter *);

/* Takes a copy; not after the first was asked for. MN_ENOMEM, MN_EIO. */
int mn_sorter_add(mn_sorter *, mn_call *, mn_str key, mn_str value, uint64_t tag);
/* Goes to the first record, as often as one likes. */
int mn_sorter_rewind(mn_sorter *, mn_call *);
/* The next record; *more false: there is none. */
int mn_sorter_next(mn_sorter *, mn_call *, mn_sorted *out, bool *more);

#endif
