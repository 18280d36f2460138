/* SPDX-License-Identifier: MIT */
/* token.c - a text as tokens: its words, and what each is to the passes that follow. */
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "text/analyst.h"

struct reader {
	mn_analyst *a;
	mn_call *call;
	mn_str text;
	bool fold;
	bool tail;      /* the token before stood behind an apostrophe */
	char before[8]; /* the token before, if it is a single character */
	size_t nbefore;
	char number[32]; /* digits of the number so far: "1,000,000" is one */
	size_t nnumber;
};

/* Is there nothing but an apostrophe from a to b? */
static bool apostrophe(mn_str text, size_t from, size_t to)
{
	return (to - from == 1 && text.ptr[from] == '\'')
	       || (to - from == 3 && memcmp(text.ptr + from, "\xe2\x80\x99", 3) == 0);
}

/*
 * Of "isn't" the part before the apostrophe counts. Letters behind it are passed over; what
 * comes after those ("it's2") is a token again.
 */
static int drop_tail(struct reader *r, mn_str word, mn_token *t)
{
	size_t n = 0;
	mn_vocable rest;
	int rc;

	r->tail = true;
	while (n < word.len && (word.ptr[n] < '0' || word.ptr[n] > '9'))
		n++;
	t->stem = MN_NO_STEM;
	if (n == word.len)
		return MN_OK;
	rc = mn_analyst_word(r->a, r->call, mn_str_sub(word, n, word.len), &rest);
	t->stem = rest.stem;
	r->tail = false;
	return rc;
}

/* Joins the groups of a number: the last token of "1,000" has the stem of 1000, the others none. */
static int join_number(struct reader *r, mn_str word, mn_token *t, mn_token *last)
{
	mn_vocable whole;
	int rc;
	bool goes_on = r->nnumber && last && last->to + 1 == t->from && word.len == 3
		       && r->text.ptr[last->to] == ','
		       && r->nnumber + word.len <= sizeof(r->number);

	if (!goes_on) {
		r->nnumber = word.len <= 3 ? word.len : 0;
		memcpy(r->number, word.ptr, r->nnumber);
		return MN_OK;
	}
	memcpy(r->number + r->nnumber, word.ptr, word.len);
	r->nnumber += word.len;
	rc = mn_analyst_word(r->a, r->call, (mn_str){r->number, r->nnumber}, &whole);
	if (rc != MN_OK)
		return rc;
	t->stem = whole.stem;
	last->stem = MN_NO_STEM;
	return MN_OK;
}

/* Of scripts without spaces, two neighbours together are a stem too. */
static int pair_up(struct reader *r, mn_str word, mn_token *t, const mn_token *last)
{
	char both[2 * sizeof(r->before)];
	int rc = MN_OK;

	if (r->nbefore && last && last->to == t->from) {
		memcpy(both, r->before, r->nbefore);
		memcpy(both + r->nbefore, word.ptr, word.len);
		rc = mn_analyst_stem(
			r->a, r->call, (mn_str){both, r->nbefore + word.len}, &t->pair);
	}
	memcpy(r->before, word.ptr, word.len);
	r->nbefore = word.len;
	return rc;
}

static int fill(struct reader *r, const mn_words_walk *w, mn_token *t, mn_token *last)
{
	mn_vocable v;
	int rc = mn_analyst_word(r->a, r->call, w->word, &v);
	bool digits = w->form & MN_WORD_DIGITS;

	if (rc != MN_OK)
		return rc;
	*t = (mn_token){(uint32_t)w->from, (uint32_t)w->to, v.classes, v.value, v.stem, MN_NO_STEM,
		0, (uint16_t)w->word.len, (uint16_t)w->form};
	if (r->fold) {
		bool glued = r->nbefore && (w->form & MN_WORD_SINGLE) && last->to == t->from;

		mn_name_add(&r->a->folded, w->word, glued);
		t->folded = (uint32_t)(r->a->folded.len - w->word.len);
	}
	if (!r->tail && last && (w->word.ptr[0] < '0' || w->word.ptr[0] > '9')
		&& apostrophe(r->text, last->to, t->from)) {
		rc = drop_tail(r, w->word, t);
	} else {
		r->tail = false;
		rc = digits ? join_number(r, w->word, t, last) : MN_OK;
	}
	r->nnumber = digits ? r->nnumber : 0;
	if (rc == MN_OK && (w->form & MN_WORD_SINGLE) && w->word.len <= sizeof(r->before))
		return pair_up(r, w->word, t, last);
	r->nbefore = 0;
	return rc;
}

int mn_tokens_read(mn_analyst *a, mn_call *call, mn_str text, bool fold)
{
	struct reader r = {.a = a, .call = call, .text = text, .fold = fold};
	mn_words_walk w;
	int rc;

	a->ntokens = 0;
	mn_buf_clear(&a->folded);
	mn_words_begin(&w, text);
	while (mn_words_next(&w)) {
		mn_token *t;

		if (mn_grow((void **)&a->tokens, &a->tokens_cap, a->ntokens + 1, sizeof(*t),
			    UINT32_MAX)
			!= MN_OK)
			return mn_fail_memory(call);
		t = &a->tokens[a->ntokens];
		rc = fill(&r, &w, t, a->ntokens ? t - 1 : NULL);
		if (rc != MN_OK)
			return rc;
		if ((++a->ntokens & 4095) == 0 && mn_cancelled(call))
			return mn_fail_cancelled(call);
	}
	return mn_buf_ok(&a->folded) ? MN_OK : mn_fail_memory(call);
}
