/* SPDX-License-Identifier: MIT */
/*
 * steps.h - random operations: what a step does follows from a seed and its number alone, not from
 * what happened before, so that any selection of steps can be run again.
 *
 * Steps speak of a small universe of rows, so that they meet: ids, texts and uids come from short
 * lists, and many changes do not fit what is there. Every store must then refuse them alike.
 */
#ifndef CONFORMANCE_STEPS_H
#define CONFORMANCE_STEPS_H

#include "base/buf.h"
#include "harness.h"

enum { NEURONS = 120, SYNAPSES = 1500, FIBERS = 60 };

/* One of the stores that are compared. */
struct side {
	mn_store *store;
	mn_brain *brain;
	mn_str name; /* of the brain */
	mn_call call;
	mn_id base[MN_KINDS]; /* the id of each kind's row 0 */
	mn_gen last;          /* must not go back */
	char url[512], folder[64];
};

/* Does the step on a side and adds what it answered to `answer`, ids counted from base. side NULL:
 * says what it does instead. Returns how many operations it is (a change each, or a read). */
unsigned step_run(struct side *, uint64_t seed, uint32_t number, mn_buf *answer);

#endif
