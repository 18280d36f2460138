/* SPDX-License-Identifier: MIT */
/*
 * question.h - reading a brain at one generation.
 *
 * Neo4j reads what is committed, also in the middle of a statement: another writer's commit may
 * become visible between two rows of one answer. So every question reads the brain's version
 * before and after all else, and an answer is taken
 *
 *   if both are equal, and no commit of that version can still be on its way: either it is known
 *   to be whole (a commit of our own that was acknowledged, or an earlier answer that held the
 *   gate), or it was made longer ago than any commit takes;
 *
 * else the question is put once more while it holds the brain's gate, a node that writers lock
 * just before they commit. That waits for commits, not for writers at their work, and costs no
 * write of its own; the version is then known to be whole. A store opened for reading only
 * cannot hold a gate: it asks until two answers in a row are of one version.
 */
#ifndef MN_NEO4J_QUESTION_H
#define MN_NEO4J_QUESTION_H

#include "ask.h"

#define HEAD_COLUMNS 6 /* before those of the question itself */

struct question {
	/* Fragments of the body: one CALL that reads and returns `columns`. NULL ends them. It may
	 * use the parameters $p.b, the brain's key, and what `fill` adds. */
	const char *const *body;
	const char *columns;
	void (*fill)(struct text *, const void *ctx); /* NULL: no parameters */
	const void *ctx;
};

/* Puts it to a brain: MN_ENOBRAIN, or one row, and call->at. The cells of the question begin at
 * HEAD_COLUMNS. *a and *got are to be freed in any case. version: NULL, or where it goes. */
int question_put(mn_db *, mn_call *, mn_str brain, const struct question *, struct ask *a,
	struct answer *got, int64_t *version);

/* The same, but no brain of that name is no failure: got->n is 0 then. */
int question_try(mn_db *, mn_call *, mn_str brain, const struct question *, struct ask *a,
	struct answer *got, int64_t *version);

/* The key of a brain, remembered or asked for; 0: there is none of that name. */
int question_key(mn_db *, mn_call *, mn_str brain, int64_t *key, int64_t *settled);

#endif
