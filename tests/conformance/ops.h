/* SPDX-License-Identifier: MIT */
/*
 * ops.h - every operation of the contract as one call, for claims that are made of them all:
 * what happens when memory runs out in the middle, or when the call is cancelled.
 */
#ifndef CONFORMANCE_OPS_H
#define CONFORMANCE_OPS_H

#include "harness.h"

struct op {
	const char *name;
	uint64_t caps;
	/* Runs it on the brain of build_known, results into the call's arena. */
	int (*run)(struct room *, mn_call *);
};

extern const struct op ops[];
extern const size_t nops;
/* The longest of them: thousands of changes; all rows of a brain by pages. */
int op_apply_many(struct room *, mn_call *);
int op_scan_all(struct room *, mn_call *);

/*
 * Calls trial for each operation the store promises, each time with a fresh copy of the known
 * brain as the room's. after: the dump that the brain gives once the operation has run.
 */
void each_op(struct room *, void (*trial)(struct room *, const struct op *, const char *after));
/* The same for one operation. */
void with_op(struct room *, const struct op *,
	void (*trial)(struct room *, const struct op *, const char *after));

/* Deletes every brain and makes the known one anew. */
void op_fresh(struct room *);

/* All that a store answers, brains and content. Freed with free. */
char *dump_store(struct room *);

#endif
