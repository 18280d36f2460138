/* SPDX-License-Identifier: MIT */
/*
 * analysis.h - what a text says, as far as the graph is concerned: stems, names, links, dates.
 *
 * One analysis serves memories and questions, so that both speak of the same neurons. The rules
 * for English are those measured on three retrieval sets; they stand as data in english.c.
 *
 *   tokens   words (words.h) up to an apostrophe; "1,000" is one number; without stop words;
 *            irregular forms replaced; then the original Porter stemmer. Of scripts without
 *            spaces each character is a stem, and so is each pair of neighbours.
 *   names    normalised: without "(...)" at the end, folded words joined by one space
 *   spans    runs of capitalised words ("Bank of England"), normalised, without leading stop
 *            words and without the "'s" of a possessive
 *   links    {target}, [[target]], [[target|shown]]
 *
 * Every pass is linear in the text; nothing backtracks.
 */
#ifndef MN_TEXT_ANALYSIS_H
#define MN_TEXT_ANALYSIS_H

#include "text/language.h"
#include "text/when.h"

/*
 * Analyses texts and remembers the stems of words it met. One thread at a time. NULL: English.
 */
typedef struct mn_analyst mn_analyst;
int mn_analyst_new(mn_call *, const mn_language *, mn_analyst **out);
void mn_analyst_free(mn_analyst *);

/* Forgets words once they are many, so that memory stays bounded: to be called now and then. The
 * stems of earlier analyses die, and their ids are given out anew. */
void mn_analyst_trim(mn_analyst *);
uint32_t mn_analyst_stems(const mn_analyst *); /* ids given out: all are less */

/* The depth that words of a question ask for ("why", "usually"): 0..3; see mn_language.cues. */
int mn_analyst_cue(const mn_analyst *, mn_str question);

enum mn_want {
	MN_WANT_STEMS = 1 << 0,
	MN_WANT_SPANS = 1 << 1,
	MN_WANT_LINKS = 1 << 2,
	MN_WANT_MARKS = 1 << 3,
	MN_WANT_NAMES = 1 << 4, /* candidates for mn_names_find */
	MN_WANT_DATES = 1 << 5, /* what the text, a question, asks about */
};

typedef struct mn_subject { /* what is to be analysed; strings are lent for the call */
	mn_str text;        /* valid UTF-8, at most 16 MiB */
	mn_str title;       /* of a memory; a first line of the text that repeats it has no names */
	mn_str speaker;     /* of a memory: its stems come first, but no pair with them */
	mn_time now;        /* what "yesterday" is relative to */
	bool question; /* typed in a hurry: without any capital after the first word, every word
			  may begin a name */
	unsigned want; /* mn_want */
} mn_subject;

typedef struct mn_stem {
	mn_str text; /* as long as the analyst is not trimmed */
	uint32_t id; /* the same stem has the same id until then; dense */
	uint32_t tf; /* how often: at least 1 */
} mn_stem;

typedef struct mn_name {
	mn_str name;  /* normalised: the text of an entity neuron */
	mn_str label; /* as it stands in the text */
} mn_name;

/* A run of 1 to 8 words that may be a known name. */
typedef struct mn_candidate {
	mn_str name;
	uint32_t word, words; /* the first of how many, counted in the text */
	uint32_t from, to;    /* bytes of the text */
	bool whole;           /* the text has no other word than stop words */
} mn_candidate;

#define MN_CANDIDATES_MAX 16384 /* those of a longer text are not looked for */

typedef struct mn_analysis {  /* arrays live in the call's arena; NULL where not wanted */
	const mn_stem *stems; /* distinct, in the order they were first met */
	size_t nstems;
	uint32_t length; /* stems in all, repeated ones too: L of the recipe */
	/* The text word by word (no speaker, no stop words): indices into stems. Neighbours are
	 * pairs, what the recipe calls bigrams. */
	const uint32_t *order;
	size_t norder;
	const mn_name *spans; /* distinct names of more than 3 characters */
	size_t nspans;
	const mn_name *links; /* distinct */
	size_t nlinks;
	const mn_candidate *candidates; /* by first word, the longest first */
	size_t ncandidates;
	const mn_when *dates;
	size_t ndates;
	uint16_t marks; /* MN_NEURON_ASKS, _SELF, _WHEN */
	bool asks_when; /* begins as a question about a time does */
} mn_analysis;

/* MN_EINVAL: the text is too long; MN_ENOMEM; or the call is over. Bytes that are not UTF-8
 * separate words. */
int mn_analyze(mn_analyst *, mn_call *, const mn_subject *, mn_analysis *out);

/*
 * The stems (arena) that the first `words` words of a text have wherever those words stand: without
 * pairs of neighbours, numbers of up to three digits, which a comma may join to others, and what
 * stands behind an apostrophe. Distinct. MN_ENOMEM; or the call is over.
 */
int mn_stems_firm(mn_analyst *, mn_call *, mn_str text, size_t words, mn_strs *out);

/*
 * The names among the candidates, left to right, the longest that is known, none overlapping:
 * their indices, at most room of them; returns how many. known is asked for a candidate's name.
 */
size_t mn_names_find(const mn_analysis *, bool (*known)(void *ctx, const mn_candidate *, size_t i),
	void *ctx, uint32_t *out, size_t room);

#define MN_NAME_MAX 240 /* bytes of a name: words beyond are left out */

/* A title, speaker or link as an entity neuron has it: the name, in the arena, and its label, a
 * part of raw. What has no letter or digit is a name as it stands; white space is none (empty). */
int mn_name_of(mn_call *, mn_str raw, mn_name *out);

#endif
