/* SPDX-License-Identifier: MIT */
/*
 * anchor.h - from a neuron to the fibers that are anchored at it.
 *
 * Nearly every anchor has one fiber, so a bundle has the first of each (row.h); only those after it
 * stand in table `anchored`.
 */
#ifndef MN_SQLITE_ANCHOR_H
#define MN_SQLITE_ANCHOR_H

#include "connection.h"

/* In a write transaction. */
int anchor_add(struct conn *, mn_id neuron, mn_id fiber);
int anchor_drop(struct conn *, mn_id neuron, mn_id fiber);
int anchor_clear(struct conn *); /* there are no fibers */
/* The first fiber above `after`; 0: none. */
int anchor_next(struct conn *, mn_id neuron, mn_id after, mn_id *fiber);

#endif
