/* SPDX-License-Identifier: MIT */
/*
 * answer.h - from levels to an answer: who is ranked, what is shown of it, the trace. Private to
 * recall.
 */
#ifndef MN_RECALL_ANSWER_H
#define MN_RECALL_ANSWER_H

#include "recall/kernel.h"

#define MN_FAR_US 500 /* a trip to a store that takes so long is worth saving */

/* Rows that were read ahead, by id. */
struct mn_fetched {
	const mn_id *ids;
	const mn_shown *shown;
	size_t n;
};

/* One recall at work. */
struct mn_recall {
	mn_brain *brain;
	mn_call *call; /* the caller's: results */
	mn_call inner; /* scratch: its arena dies with the recall */
	const mn_ask *ask;
	const mn_kernel *kernel;
	mn_view view;
	struct mn_bench bench;
	mn_spread spread;
	mn_time begun; /* monotonic */
	mn_time now;   /* wall */
	int depth;
	uint32_t limit;
	uint32_t *ranked; /* memories, best first */
	size_t nranked;
	mn_memory_hit *hits; /* of these, in the caller's arena */
	struct mn_fetched fetched;
};

/* Of a store that is far away: reads at once what is not kept of the rows that the best `want`
 * memories may need, with those on the way to them, and of their fibers. Of others: nothing. */
int mn_recall_fetch(struct mn_recall *, size_t want);
/* Rows of neurons, a pointer each: those that were fetched, or read now. */
int mn_recall_rows(struct mn_recall *, mn_call *, mn_ids, unsigned fields, const mn_neuron ***out);

/* The first fiber at each of these memories, its id and stage alone: likewise. */
int mn_recall_fibers(struct mn_recall *, mn_ids, mn_fiber **out);

/* Chooses the best memories, ties by uid, and fills in what is shown of them. */
int mn_recall_rank(struct mn_recall *);
/* Their texts, as long as they fit. */
int mn_recall_context(struct mn_recall *, uint32_t tokens, mn_str *out);
/* The recording, with the rows of every neuron in it. */
int mn_recall_trace(struct mn_recall *, const mn_answer *, mn_trace **out);

/*
 * How many tokens a text is, about: a token is 4 bytes of letters, digits and punctuation in ASCII,
 * and each other character is one. Models differ; this errs on the large side for English.
 */
size_t mn_tokens_of(mn_str text);

#endif
