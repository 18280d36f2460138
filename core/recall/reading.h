/* SPDX-License-Identifier: MIT */
/*
 * reading.h - what a memory's text says beyond its synapses, worked out when it fires and kept in
 * the graph cache: its stems in order, and the known names it mentions. Names are looked for in
 * the text rather than stored, so that one learned later works for memories that are older.
 */
#ifndef MN_RECALL_READING_H
#define MN_RECALL_READING_H

#include "recall/graph.h"
#include "text/analysis.h"

/* Rows of memories that were read for their text, so that nobody reads them again. */
struct mn_texts {
	const uint32_t *nodes;
	mn_rows rows; /* one for each, in the arena of the call they were read with */
	mn_gen seen;
};

/*
 * The words of memories, as hashes of their stems. A call of the store at most. scratch: whose
 * arena takes texts and analyses. out: the rows that it took.
 */
int mn_read_words(mn_view *, mn_call *scratch, mn_analyst *, const uint32_t *nodes, size_t n,
	struct mn_texts *out);
const uint32_t *mn_words_of(mn_view *, uint32_t node, size_t *n); /* NULL: not read */
uint32_t mn_word_hash(mn_str stem);

/*
 * The entities whose name stands in the text of memories and is the title or speaker of some
 * memory; found left to right, the longest name first, each once. Own names count as well.
 *
 * Begun by two calls of the store at most (rows that are not among the known ones; names), ended
 * without any: between the two the caller fills MN_WAY_HEADS of `entities`, along with what it
 * needs itself, since who bears a name decides whether it is one.
 */
struct mn_mentions {
	struct mn_texts texts;
	struct mn_mention *of; /* one for each text */
	const uint32_t *entities;
	size_t nentities;
};
int mn_mentions_begin(mn_view *, mn_call *scratch, mn_analyst *, const struct mn_texts *known,
	const uint32_t *nodes, size_t n, struct mn_mentions *out);
int mn_mentions_end(mn_view *, const struct mn_mentions *);
const mn_list *mn_mentions_of(mn_view *, uint32_t node); /* NULL: not read */

/* A string member of a row's meta, copied into the call's arena; empty if there is none. */
int mn_meta_string(mn_call *, mn_str meta, const char *name, mn_str *out);

#endif
