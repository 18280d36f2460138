/* SPDX-License-Identifier: MIT */
/*
 * similar.h - memories that say nearly the same; conventions are those of mn.h.
 *
 * Two texts are as alike as the Jaccard coefficient of their sets of pairs of words that follow
 * each other (words as search sees them, the first 513 of a text): 1 if they differ in case,
 * accents and marks at most. Texts of fewer than three different pairs are too short to tell, and
 * like nothing; archived memories are left out.
 *
 * mn_brain_similar finds those that are like one. Texts are compared exactly; which are compared,
 * the graph says: a text that shares all but m pairs of words has lost at most m of its words, so
 * every one alike is in the list of one of the m + 1 rarest, or of several if more are read. So it
 * finds all that were encoded, unless
 *   - `partial`: the text has fewer than m + 1 words that are concepts (numbers of up to three
 *     digits, stop words and what stands behind an apostrophe are none), or their lists are longer
 *     than a million links together, of which then the heaviest are looked at;
 *   - two texts differ in an apostrophe between two words ("O'Brien", "O Brien"), which makes of
 *     the second one a concept or none.
 * Time goes with the length of those lists, memory too: some 40 bytes a link.
 */
#ifndef MN_SIMILAR_H
#define MN_SIMILAR_H

#include "mn.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mn_similar_ask {
	uint32_t size;
	mn_id neuron;   /* the anchor of a memory, which is not among its own near-duplicates; 0: */
	mn_str text;    /* a text that need not be stored */
	double least;   /* 0.3..1; 0: 0.8 */
	uint32_t limit; /* 0: 20 */
} mn_similar_ask;

typedef struct mn_alike {
	mn_id neuron;
	mn_str uid, text; /* untrusted */
	mn_time created;
	double alike; /* least..1 */
} mn_alike;

typedef struct mn_similar {
	uint32_t size;
	const mn_alike *at; /* most alike first, equals by id; arena */
	size_t n;
	uint64_t found;    /* how many there are, limit or not */
	uint64_t compared; /* texts */
	bool partial;      /* some may be missing, as said above */
} mn_similar;

/* MN_EINVAL: a number out of range, neither or both of neuron and text, no such memory, or a text
 * that is too short to tell. */
MN_API int mn_brain_similar(mn_brain *, mn_call *, const mn_similar_ask *, mn_similar *out);

/*
 * Every pair of memories that are alike by `least`, once, as it is found: by the id of the newer,
 * then of the older. Needs no encoding. Reads the brain twice. Memory, besides a page of rows: some
 * 50 bytes for each pair of words that a text may lack and be alike still, and one more, so 150 a
 * text of eleven words at 0.8, whatever the number of pairs.
 */
typedef struct mn_pairs_options {
	uint32_t size;
	double least; /* 0.3..1; 0: 0.8 */
	void *ctx;
	/* Both have the same `alike`; lent. Other than 0: ends it, and is returned. */
	int (*pair)(void *ctx, const mn_alike *older, const mn_alike *newer);
	mn_progress progress; /* rows, twice as many as there are neurons */
} mn_pairs_options;

typedef struct mn_pairs {
	uint32_t size;
	uint64_t memories, compared, pairs;
	uint64_t crowded; /* memories that had more than 65,536 others to be compared with, of which
			   * the latest were */
} mn_pairs;

/* out may be NULL, and is filled in however it ends. MN_EINVAL: least is out of range. MN_ESTALE:
 * the graph changed meanwhile. */
MN_API int mn_brain_similar_pairs(mn_brain *, mn_call *, const mn_pairs_options *, mn_pairs *out);

#ifdef __cplusplus
}
#endif
#endif
