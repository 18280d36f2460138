/* SPDX-License-Identifier: MIT */
/*
 * analyst.h - what the passes of an analysis share; private to core/text.
 *
 * The words of a text are read once, into tokens; every pass goes over those. What is known about
 * a word (its stem, what it is to rules) is found out the first time it is met, and kept.
 */
#ifndef MN_TEXT_ANALYST_H
#define MN_TEXT_ANALYST_H

#include "base/buf.h"
#include "base/map.h"
#include "text/analysis.h"
#include "text/words.h"

#define MN_NO_STEM UINT32_MAX

typedef struct mn_vocable { /* what is known about a word */
	uint32_t classes;   /* mn_word_class */
	int32_t value;
	uint32_t stem; /* MN_NO_STEM: a stop word */
} mn_vocable;

typedef struct mn_token {
	uint32_t from, to; /* bytes of the text */
	uint32_t classes;
	int32_t value;
	uint32_t stem; /* MN_NO_STEM: none, or part of the next number */
	uint32_t pair; /* of scripts without spaces: the stem of it and the one before */
	uint32_t
		folded; /* where its folded form stands in mn_analyst.folded, if names are wanted */
	uint16_t length; /* of that, in bytes */
	uint16_t form;   /* mn_word_form */
} mn_token;

struct mn_analyst {
	const mn_language *language;
	struct sb_stemmer *stemmer;
	uint32_t time_classes; /* words that are worth trying the rules for times at */
	mn_strmap words;       /* -> index into vocables */
	mn_vocable *vocables;
	size_t nvocables, vocables_cap;
	mn_strmap stems;    /* -> id */
	mn_str *stem_texts; /* by id, in the map's memory */
	mn_strmap names;    /* -> id: spans and links */
	/* One slot per stem and per name: the round that met it last, and its place in there. */
	struct mn_met {
		uint32_t round, place;
	} * stem_met, *name_met;
	size_t stem_texts_cap, stem_met_cap, name_met_cap;
	uint32_t round;
	/* of the current analysis */
	mn_token *tokens;
	size_t ntokens, tokens_cap;
	mn_buf folded; /* the words joined as names are; of questions and mentions only */
	mn_buf name;   /* the one that is being made */
	mn_stem *counts;
	size_t ncounts, counts_cap;
	mn_name *found;
	size_t nfound, found_cap;
};

/* analyst.c. Each records MN_ENOMEM in the call. */
int mn_analyst_word(mn_analyst *, mn_call *, mn_str folded, mn_vocable *out);
int mn_analyst_stem(mn_analyst *, mn_call *, mn_str text, uint32_t *id);
/* Begins counting anew; what was met before is forgotten. */
void mn_analyst_round(mn_analyst *);
/* Is this the first time this round that the name is met? It is kept, as long as the analyst. */
int mn_analyst_name(mn_analyst *, mn_call *, mn_str name, mn_str *kept, bool *first);

/* token.c: reads a text into tokens; fold: their folded forms too. */
int mn_tokens_read(mn_analyst *, mn_call *, mn_str text, bool fold);

/* rule.c */
enum mn_gap {
	MN_GAP_SPACE, /* exactly one space */
	MN_GAP_DATE,  /* up to three of space, comma, point, hyphen, slash */
	MN_GAP_ISO,   /* one hyphen or slash */
};
/* Tokens i and on against a rule: how many of them it takes; 0: it does not hold. */
size_t mn_rule_holds(const mn_analyst *, const mn_rule *, mn_str text, size_t i, int gap);
uint32_t mn_rule_classes(const mn_language *);       /* of words at which one for times may hold */
bool mn_rule_times(const mn_analyst *, mn_str text); /* does one of the language's hold? */
/* Is there no underscore before first and behind last (NULL: does not matter)? */
bool mn_token_alone(mn_str text, const mn_token *first, const mn_token *last);

/* when.c */
int mn_when_read(const mn_analyst *, mn_call *, const mn_subject *, mn_analysis *out);

/* span.c */
/* The next span of text from byte *at on; *at moves behind it. */
bool mn_span_next(const mn_language *, mn_str text, size_t *at, mn_str *span);
int mn_spans_read(mn_analyst *, mn_call *, mn_str text, mn_analysis *out);
int mn_links_read(mn_analyst *, mn_call *, mn_str text, mn_analysis *out);

/* name.c */
int mn_candidates_read(const mn_analyst *, mn_call *, const mn_subject *, mn_analysis *out);
/* Appends a word to a name; glued: the one before is its neighbour of a script without spaces.
 * False: it would be longer than names are; nothing was added. */
bool mn_name_add(mn_buf *, mn_str word, bool glued);
/* mn_name_of, into a buffer; label: the part of raw that the name was made from. */
void mn_name_make(mn_str raw, mn_buf *name, mn_str *label);
size_t mn_chars(mn_str); /* how many characters */

/* Where a memory's text begins, behind a first line that repeats its title. */
size_t mn_subject_body(const mn_subject *);

#endif
