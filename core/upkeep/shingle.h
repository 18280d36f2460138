/* SPDX-License-Identifier: MIT */
/*
 * shingle.h - near-duplicates among texts: which of those seen before is most alike.
 *
 * Two texts are as alike as the Jaccard coefficient of their sets of shingles: pairs of words that
 * follow each other (words as search sees them). To be alike by t, two sets must share one of their
 * first n - ceil(t n) + 1 shingles in any order that is the same for both, so only those are
 * indexed, the rarest first (prefix filtering: Chaudhuri, Ganti and Kaushik, "A primitive operator
 * for similarity joins in data cleaning", 2006; with the length filter of Xiao et al., "Efficient
 * similarity joins for near duplicate detection", 2008). So the search is exact, and takes some 50
 * bytes for each shingle of those first ones (a text of eleven words and t = .8: three). How rare a
 * shingle is tells a table of counters by its hash, filled in a first pass; two that share a
 * counter cost time, never an answer.
 */
#ifndef MN_UPKEEP_SHINGLE_H
#define MN_UPKEEP_SHINGLE_H

#include "base/map.h"
#include "mn.h"

enum { MN_SHINGLES_LEAST = 3, MN_SHINGLES_MOST = 512 };

typedef struct mn_shingles { /* of one text, ascending; n below LEAST: too short to tell */
	uint64_t at[MN_SHINGLES_MOST];
	size_t n;
} mn_shingles;

/* Only the first MN_SHINGLES_MOST + 1 words count. */
void mn_shingles_of(mn_str text, mn_shingles *out);
double mn_shingles_alike(const mn_shingles *, const mn_shingles *);
/* How many of n shingles a text that is alike by `least` may lack. */
size_t mn_shingles_spare(double least, size_t n);

typedef struct mn_shingle_index mn_shingle_index;

/* For texts that are alike by `least` or more. NULL: no memory. */
mn_shingle_index *mn_shingle_index_new(double least);
void mn_shingle_index_free(mn_shingle_index *);
/* The first pass: how rare shingles are. */
void mn_shingle_index_count(mn_shingle_index *, const mn_shingles *);
/* The second: those before that may be alike, ascending and without repeats. At most `most` are
 * looked at for each shingle, and in all; *cut (may be NULL): there were more. */
size_t mn_shingle_index_find(
	const mn_shingle_index *, const mn_shingles *, mn_id *out, size_t most, bool *cut);
int mn_shingle_index_add(mn_shingle_index *, mn_shingles *, mn_id); /* MN_ENOMEM */

#endif
