/* SPDX-License-Identifier: MIT */
/*
 * language.h - everything about a language that analysis needs to know, as data.
 *
 * A language is one file with one constant of this type (english.c); the code that reads it knows
 * no word of any. Words in the tables are folded as words.h folds them, and sorted by bytes.
 */
#ifndef MN_TEXT_LANGUAGE_H
#define MN_TEXT_LANGUAGE_H

#include "mn.h"

/* What a word is to a rule: a set of these. */
enum mn_word_class {
	MN_CLASS_ANY = 1 << 0,        /* every word is of it */
	MN_CLASS_STOP = 1 << 1,       /* carries no meaning of its own */
	MN_CLASS_SELF = 1 << 2,       /* the one who speaks; see mn_language.selves */
	MN_CLASS_MONTH = 1 << 3,      /* value: 1..12 */
	MN_CLASS_MONTH_TOO = 1 << 4,  /* likewise, but also a common word ("may") */
	MN_CLASS_MONTH_MARK = 1 << 5, /* a month that alone marks a text as speaking of a time */
	MN_CLASS_TO_MONTH = 1 << 6,   /* makes a month of what may be one: "in", "early" */
	MN_CLASS_WEEKDAY = 1 << 7,    /* value: 0 Monday .. 6 */
	MN_CLASS_UNIT = 1 << 8,       /* "day", "weeks"; value: mn_unit */
	MN_CLASS_WEEKEND = 1 << 9,    /* value: MN_UNIT_WEEKEND */
	MN_CLASS_PERIOD = 1 << 10,    /* what "this" makes a time of: "week", "morning" */
	MN_CLASS_YEARS = 1 << 11,     /* "years" alone */
	MN_CLASS_NEAR = 1 << 12,      /* value: days from today: "yesterday" -1 */
	MN_CLASS_NIGHT = 1 << 13,     /* "last night" was yesterday */
	MN_CLASS_AGO = 1 << 14,
	MN_CLASS_LAST = 1 << 15,
	MN_CLASS_NEXT = 1 << 16,
	MN_CLASS_THIS = 1 << 17,
	MN_CLASS_SINCE = 1 << 18,
	MN_CLASS_FOR = 1 << 19,
	MN_CLASS_IN = 1 << 20,
	MN_CLASS_OF = 1 << 21,
	MN_CLASS_THE = 1 << 22,
	MN_CLASS_COUPLE = 1 << 23, /* value: 2 */
	MN_CLASS_FEW = 1 << 24,    /* "two", "few": how many ago, vaguely */
	MN_CLASS_NUMBER = 1 << 25, /* digits, or a number word; value: the number */
	/* by their digits, in every language; value: the number */
	MN_CLASS_DIGITS = 1 << 26, /* digits only */
	MN_CLASS_TWO = 1 << 27,    /* 01..12, two digits */
	MN_CLASS_FOUR = 1 << 28,   /* four digits */
	MN_CLASS_YEAR = 1 << 29,   /* 1900..2099 */
	MN_CLASS_DAY = 1 << 30,    /* 1..31, also with an ordinal's ending */
};

enum mn_unit { MN_UNIT_DAY, MN_UNIT_WEEK, MN_UNIT_MONTH, MN_UNIT_YEAR, MN_UNIT_WEEKEND };

typedef struct mn_lexeme {
	const char *word;
	uint32_t classes;
	int32_t value;
} mn_lexeme;

typedef struct mn_irregular {
	const char *form, *root; /* "went", "go": replaced before stemming */
} mn_irregular;

/* Words in a row, each of (at least one of) the classes given; 0 ends a shorter rule. */
enum { MN_RULE_WORDS = 5 };
typedef struct mn_rule {
	uint32_t word[MN_RULE_WORDS];
	int act; /* of a date rule: mn_date_act */
} mn_rule;

/* What a date rule makes of the values its words have. */
enum mn_date_act {
	MN_DATE_NONE,     /* of a rule for times */
	MN_DATE_CALENDAR, /* the year, month and day among its words, as far as they are there */
	MN_DATE_ISO,      /* likewise, with "-" or "/" between them */
	MN_DATE_NEAR,     /* so many days from now */
	MN_DATE_AGO,      /* so many units ago */
	MN_DATE_AHEAD,    /* in so many units */
	MN_DATE_NIGHT,    /* the night before today */
	MN_DATE_LAST,     /* the unit or the weekday before this one */
	MN_DATE_THIS,
	MN_DATE_NEXT,
};

struct mn_language {
	const char *name;    /* "english" */
	const char *stemmer; /* of libstemmer; NULL: words stay as they are */
	const char *const *stops;
	const mn_lexeme *lexicon;
	const mn_irregular *irregular;
	size_t nstops, nlexicon, nirregular;
	/* Spelled as in a text, case and all: words of the one who speaks; small words that join
	 * capitalised ones to one name ("of", "von"); how a question about a time begins (lower
	 * case; no word need end there). All end with NULL. */
	const char *const *selves;
	const char *const *joins;
	const char *const *asks_when;
	const char *const *ordinals;    /* what follows the digits: "st", "nd" */
	const char *const *possessives; /* what a name may end in and is no part of it: "'s" */
	const char *caption;            /* a text ends, as speech, where this begins */
	/* Words of a question that ask to look further; value: mn_depth. The largest counts. */
	const mn_lexeme *cues;
	size_t ncues;
	const mn_rule *times; /* a text in which one holds speaks of a time */
	const mn_rule *dates; /* in order of preference: the longer before the shorter */
	size_t ntimes, ndates;
};
typedef struct mn_language mn_language;

extern const mn_language mn_english;

#endif
