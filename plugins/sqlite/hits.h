/* SPDX-License-Identifier: MIT */
/*
 * hits.h - the neurons that a search finds, one after the other, the first of them at once.
 *
 * Ranking by words (bm25) has to see every text that matches, which takes seconds where a person
 * has typed one letter. So three kinds of hits follow each other, told apart by their rank:
 *
 *   names   while the search is nothing but the beginning of one word: neurons other than memories
 *           whose text begins so, out of their index. Ranks are HITS_NAMES.
 *   ranked  what else matches, if that is not more than some 1,000: by bm25, which is below 0.
 *   wide    likewise, if it is more: by id, as they come. Ranks are 0.
 *
 * The beginning of a word that is one or two bytes long, after other words, is not left to the
 * index, which would join the lists of a twentieth of all words: it is looked for in the texts
 * that have the others.
 */
#ifndef MN_SQLITE_HITS_H
#define MN_SQLITE_HITS_H

#include <float.h>

#include "connection.h"
#include "search.h"

#define HITS_NAMES (-DBL_MAX)
#define HITS_SOME 1024 /* of more, none is ranked */
#define HITS_NAME 64   /* characters of a text that the index of names has */

struct hits {
	struct searched asked;      /* its strings are its own */
	sqlite3_stmt *st;           /* NULL: to be started after the place */
	mn_id id;                   /* the last one given, */
	double rank;                /* and its rank; -INFINITY: none yet */
	char ends[3][2][HITS_NAME]; /* of names that begin so: lent to the statement */
	bool decided;               /* ranked or wide */
	mn_id some[HITS_SOME];      /* wide: read while it was decided */
	size_t nsome, at;
};

/* In the transaction of a call. `hits` begins zeroed; free also after a failure. */
int hits_begin(struct hits *, struct conn *, const struct searched *);
void hits_free(struct hits *, const mn_host *);
/* To the next one: 1, 0 or a status, as conn_step. */
int hits_next(struct hits *, struct conn *);
/* The place after this one; a statement that runs is given up. */
void hits_seek(struct hits *, mn_id, double rank);

#endif
