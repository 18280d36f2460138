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

/*
 * The words of memories, as hashes of their stems. A call of the store at most. scratch: whose
 * arena takes texts and analyses.
 */
int mn_read_words(mn_view *, mn_call *scratch, mn_analyst *, const uint32_t *nodes, size_t n);
const uint32_t *mn_words_of(mn_view *, uint32_t node, size_t *n); /* NULL: not read */
uint32_t mn_word_hash(mn_str stem);

/*
 * The entities whose name stands in the text of memories and is the title or speaker of some
 * memory; found left to right, the longest name first, each once. Own names count as well. Three
 * calls of the store at most; the lists MN_WAY_HEADS of the entities are read up to `heads`.
 */
int mn_read_mentions(
	mn_view *, mn_call *scratch, mn_analyst *, const uint32_t *nodes, size_t n, uint32_t heads);
const mn_list *mn_mentions_of(mn_view *, uint32_t node); /* NULL: not read */

/* A string member of a row's meta, copied into the call's arena; empty if there is none. */
int mn_meta_string(mn_call *, mn_str meta, const char *name, mn_str *out);

#endif
