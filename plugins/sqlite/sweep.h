/* SPDX-License-Identifier: MIT */
/*
 * sweep.h - changes that waited (overlay.h) are merged into the lists, in the order of neurons.
 *
 * All at once where a transaction brings many, or too many wait; else in slices, each of which is
 * part of a commit and takes some milliseconds. In a write transaction, which the tally is written
 * back in.
 */
#ifndef MN_SQLITE_SWEEP_H
#define MN_SQLITE_SWEEP_H

#include <stddef.h>

struct conn;

/* All that waits, and what is fresh, which no row need be written of then. */
int sweep_all(struct conn *);
/* What a transaction does with the `fresh` changes that it brought: writes them down, and merges
 * a slice if it is time for one; or merges all. */
int sweep_after(struct conn *, size_t fresh);

#endif
