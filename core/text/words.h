/* SPDX-License-Identifier: MIT */
/*
 * words.h - the words of a text as search sees them: folded, lower-cased, with their place.
 *
 * A word is a run of letters and digits of any script, after compatibility decomposition (NFKD)
 * without combining marks and full case folding (Unicode 15, utf8proc): "Ｃafés" is "cafes",
 * "STRASSE" and "straße" are one word. Underscore, apostrophe and hyphen separate. Scripts that
 * are written without spaces (Han, Kana, Bopomofo, Hangul syllables) give a word per character,
 * so that a query of one or two characters finds what it should; their voiced marks are kept and
 * composed ("が" is not "か"). Bytes that are not UTF-8 separate. Only the first MN_WORD_MAX bytes
 * of a folded word count; the rest of the run is passed over.
 *
 * The same words come out of a text and of a query, in every store: plugins reach this as the host
 * service "mn.words/1" (mn_words in backend.h).
 */
#ifndef MN_TEXT_WORDS_H
#define MN_TEXT_WORDS_H

#include "backend.h"

#define MN_WORD_MAX 120

/* What scripts do with the character that a word begins with. */
enum mn_word_form {
	MN_WORD_SINGLE = 1 << 0,  /* one character of a script without spaces */
	MN_WORD_CAPITAL = 1 << 1, /* begins with an upper-case letter in the text */
	MN_WORD_SMALL = 1 << 2,   /* begins with a lower-case letter in the text */
	MN_WORD_DIGITS = 1 << 3,  /* nothing but ASCII digits, once folded */
};

/* A walk over the words of a text. `text` is lent until the walk ends; no memory is taken. */
typedef struct mn_words_walk {
	mn_str text;
	size_t at;       /* the next byte to read */
	mn_str word;     /* the current word, folded: lent until the next step */
	size_t from, to; /* its bytes in the text */
	unsigned form;   /* mn_word_form */
	/* private: what the last character came apart into, and the folded word */
	size_t piece_from;
	int32_t pieces[24];
	unsigned char piece, npieces;
	bool full;
	char room[MN_WORD_MAX];
} mn_words_walk;

void mn_words_begin(mn_words_walk *, mn_str text);
bool mn_words_next(mn_words_walk *); /* false: no more */

/* Calls word for each; stops at and returns its first value that is not 0. Any thread. */
int mn_words_split(
	mn_str text, void *ctx, int (*word)(void *ctx, mn_str folded, size_t from, size_t to));

extern const mn_words mn_words_service; /* "mn.words/1" */

/* One character of UTF-8 at text[at]: its code point, or -1 where the bytes are none; *n is how
 * many bytes it takes (1 where there is none). at < text.len. */
int32_t mn_char_at(mn_str text, size_t at, size_t *n);
bool mn_char_single(int32_t c); /* of a script that gives a word per character? */
bool mn_char_upper(int32_t c);  /* Lu or Lt */
bool mn_char_wordy(int32_t c);  /* a letter, a number, a mark or an underscore */

#endif
