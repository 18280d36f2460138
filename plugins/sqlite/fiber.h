/* SPDX-License-Identifier: MIT */
/* fiber.h - changes of fibers that other changes bring along, and lists inside their rows. */
#ifndef MN_SQLITE_FIBER_H
#define MN_SQLITE_FIBER_H

#include "apply.h"

/* Every fiber anchored at the neuron goes. */
int fiber_drop_at(struct batch *, mn_id neuron);

/* Tables `member` and `tag` are filled anew from the rows. */
int fiber_reindex(struct conn *);

/* Columns of a row as arrays in the call's arena. */
int fiber_members(struct conn *, mn_str blob, mn_ids *out);
int fiber_tags(struct conn *, mn_str blob, mn_strs *out);

#endif
