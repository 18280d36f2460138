/* SPDX-License-Identifier: MIT */
/*
 * search.h - words: what of a text is indexed, and what is asked of the index.
 *
 * A neuron keeps the words of its text as search sees them (the service "mn.words/1") in a
 * property, behind a mark of its brain; the full-text index splits it at spaces and folds nothing,
 * so the same is found as in every other store. A question becomes terms that must all occur:
 * words, "quoted" phrases, and at the end, unless it is quoted, the beginning of a word. Nothing
 * of it is ever an operator: all but letters and digits of ASCII is escaped.
 */
#ifndef MN_NEO4J_SEARCH_H
#define MN_NEO4J_SEARCH_H

#include "db.h"
#include "text.h"

/* The property `words` of a text, null where it has no word. */
void search_say_words(struct text *, const mn_words *, int64_t brain, mn_str text);
/* The question to the index, into `out`; *any false: it has no word. MN_EINVAL: too many. */
int search_query(mn_db *, mn_call *, int64_t brain, mn_str text, struct text *out, bool *any);

#endif
