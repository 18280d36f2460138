/* SPDX-License-Identifier: MIT */
/*
 * result.h - answers that were given just now, for when the same is asked again of the same graph.
 *
 * A few dozen per brain, the least recently used goes first; an answer is only kept if it is not
 * large. What it used is kept with it, so that asking again reinforces again. Thread-safe.
 */
#ifndef MN_RECALL_RESULT_H
#define MN_RECALL_RESULT_H

#include "recall/learn.h"

struct mn_results;

struct mn_results *mn_results_new(void); /* NULL: out of memory */
void mn_results_free(struct mn_results *);

/* The answer to this question at this generation, copied into the call's arena, and what it used;
 * false: it is not known, or memory ran out. */
bool mn_results_find(struct mn_results *, mn_call *, mn_str key, const mn_gen *, mn_answer *out,
	struct mn_used *used);
/* Is there one to this question, of whatever generation? */
bool mn_results_have(struct mn_results *, mn_str key);
void mn_results_keep(
	struct mn_results *, mn_str key, const mn_gen *, const mn_answer *, const struct mn_used *);

#endif
