/* SPDX-License-Identifier: MIT */
/*
 * span.c - runs of capitalised words, and links, in one pass each.
 *
 * A span is what this pattern takes, with capitals of every script for [A-Z] (the recipe's):
 *
 *   [A-Z][\w'’-]+ ( ( (of|the|...))* [ ,]+ ([A-Z][\w'’-]* | \d+(st|nd|rd|th)) )*
 *
 * What may follow is decided by the next characters alone, so nothing is ever read again: a join
 * is a whole word, and neither a join nor the blanks behind it hold a capital that could begin
 * another span.
 */
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "text/analyst.h"

#define MOST_NAMES 1024  /* of a memory: those after are left out */
#define LONGEST_LINK 120 /* bytes of a target: what is longer is no link but a block of code */

/* ---- Spans -------------------------------------------------------------------------------- */

/* Is this, inside a word, a part of it? */
static bool joins_word(mn_str text, size_t at, size_t *n)
{
	unsigned char b = (unsigned char)text.ptr[at];
	int32_t c;

	*n = 1;
	if (b < 0x80)
		return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9')
		       || b == '_' || b == '\'' || b == '-';
	c = mn_char_at(text, at, n);
	return c == 0x2019 || (c >= 0 && mn_char_wordy(c) && !mn_char_single(c));
}

static size_t word_end(mn_str text, size_t at)
{
	size_t n;

	while (at < text.len && joins_word(text, at, &n))
		at += n;
	return at;
}

static bool blank(mn_str text, size_t at)
{
	return at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == ',');
}

static size_t join_end(const mn_language *l, mn_str text, size_t at)
{
	if (at >= text.len || text.ptr[at] != ' ')
		return at;
	for (const char *const *j = l->joins; *j; j++) {
		size_t n = strlen(*j);

		if (mn_str_is(mn_str_sub(text, at + 1, n), *j) && blank(text, at + 1 + n))
			return at + 1 + n;
	}
	return at;
}

static size_t ordinal_end(const mn_language *l, mn_str text, size_t at)
{
	size_t end = at;

	while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
		end++;
	for (const char *const *o = l->ordinals; end > at && *o; o++)
		if (mn_str_is(mn_str_sub(text, end, strlen(*o)), *o))
			return end + strlen(*o);
	return at;
}

static bool upper_at(mn_str text, size_t at, size_t *n)
{
	unsigned char b = at < text.len ? (unsigned char)text.ptr[at] : 0;
	int32_t c;

	*n = 1;
	if (b < 0x80)
		return b >= 'A' && b <= 'Z';
	c = mn_char_at(text, at, n);
	return c >= 0 && mn_char_upper(c);
}

/* Behind the next word of a span that ends at `at`; at, if it goes on no further. */
static size_t next_word(const mn_language *l, mn_str text, size_t at)
{
	size_t to = at, next, n;

	while ((next = join_end(l, text, to)) > to)
		to = next;
	if (!blank(text, to))
		return at;
	while (blank(text, to))
		to++;
	if (upper_at(text, to, &n))
		return word_end(text, to + n);
	next = ordinal_end(l, text, to);
	return next > to ? next : at;
}

bool mn_span_next(const mn_language *l, mn_str text, size_t *at, mn_str *span)
{
	size_t from = *at, n, end, next;

	for (; from < text.len; from += n) {
		if (!upper_at(text, from, &n))
			continue;
		end = word_end(text, from + n);
		if (end == from + n)
			continue;
		while ((next = next_word(l, text, end)) > end)
			end = next;
		*span = mn_str_sub(text, from, end - from);
		*at = end;
		return true;
	}
	*at = text.len;
	return false;
}

/* ---- What they are called ----------------------------------------------------------------- */

static mn_str without_possessive(const mn_language *l, mn_str span)
{
	for (const char *const *p = l->possessives; *p; p++) {
		size_t n = strlen(*p);

		if (span.len > n && mn_str_is(mn_str_sub(span, span.len - n, n), *p))
			return mn_str_sub(span, 0, span.len - n);
	}
	return span;
}

/* The words of a span without the stop words it begins with, into a->name. *fits: it is not too
 * long for a name. *from, *to: the part of it that was used. */
static int name_span(
	mn_analyst *a, mn_call *call, mn_str span, size_t *from, size_t *to, bool *fits)
{
	mn_words_walk w;
	size_t before = SIZE_MAX;

	mn_buf_clear(&a->name);
	*from = *to = 0;
	*fits = true;
	mn_words_begin(&w, without_possessive(a->language, span));
	while (*fits && mn_words_next(&w)) {
		mn_vocable v;
		int rc = a->name.len ? MN_OK : mn_analyst_word(a, call, w.word, &v);

		if (rc != MN_OK)
			return rc;
		if (!a->name.len && (v.classes & MN_CLASS_STOP))
			continue;
		*from = a->name.len ? *from : w.from;
		*to = w.to;
		*fits = mn_name_add(
			&a->name, w.word, (w.form & MN_WORD_SINGLE) && before == w.from);
		before = w.form & MN_WORD_SINGLE ? w.to : SIZE_MAX;
	}
	return mn_buf_ok(&a->name) ? MN_OK : mn_fail_memory(call);
}

/* Keeps a->name, unless this memory has it already. */
static int keep(mn_analyst *a, mn_call *call, mn_str label)
{
	mn_str name;
	bool first;
	int rc = mn_analyst_name(a, call, mn_buf_view(&a->name), &name, &first);

	if (rc != MN_OK || !first)
		return rc;
	if (mn_grow((void **)&a->found, &a->found_cap, a->nfound + 1, sizeof(*a->found), MOST_NAMES)
		!= MN_OK)
		return mn_fail_memory(call);
	a->found[a->nfound++] = (mn_name){name, label};
	return MN_OK;
}

/* Hands the names found over to the analysis. */
static int hand_over(mn_analyst *a, mn_call *call, const mn_name **out, size_t *n)
{
	mn_name *copy = mn_call_array(call, a->nfound, sizeof(*copy));

	if (!copy)
		return MN_ENOMEM;
	if (a->nfound)
		memcpy(copy, a->found, a->nfound * sizeof(*copy));
	*out = copy;
	*n = a->nfound;
	return MN_OK;
}

static void begin(mn_analyst *a)
{
	mn_analyst_round(a);
	a->nfound = 0;
}

int mn_spans_read(mn_analyst *a, mn_call *call, mn_str text, mn_analysis *out)
{
	size_t at = 0, from, to;
	mn_str span;

	begin(a);
	while (a->nfound < MOST_NAMES && mn_span_next(a->language, text, &at, &span)) {
		bool fits;
		int rc = name_span(a, call, span, &from, &to, &fits);

		if (rc == MN_OK && fits && mn_chars(mn_buf_view(&a->name)) > 3)
			rc = keep(a, call, mn_str_sub(span, from, to - from));
		if (rc != MN_OK)
			return rc;
	}
	return hand_over(a, call, &out->spans, &out->nspans);
}

/* ---- Links -------------------------------------------------------------------------------- */

/*
 * The target of a link whose inside begins at `at`, closed by `close` (once for a brace, else
 * twice); another opening bracket inside makes it none. *end: behind it.
 */
static bool link_inside(mn_str text, size_t at, char close, size_t *end, mn_str *target)
{
	char open = close == '}' ? '{' : '[';
	size_t to = at, most = at + LONGEST_LINK, closing = close == '}' ? 1 : 2;

	while (to < text.len && to <= most && text.ptr[to] != close && text.ptr[to] != open)
		to++;
	if (to == at || to > most || text.len - to < closing)
		return false;
	if (text.ptr[to] != close || text.ptr[to + closing - 1] != close)
		return false;
	*target = mn_str_sub(text, at, to - at);
	*end = to + closing;
	return true;
}

/* Of [[target#part|shown]] the target. */
static mn_str wiki_target(mn_str inside)
{
	for (size_t i = 0; i < inside.len; i++)
		if (inside.ptr[i] == '|' || (inside.ptr[i] == '#' && i > 0))
			return mn_str_sub(inside, 0, i);
	return inside;
}

int mn_links_read(mn_analyst *a, mn_call *call, mn_str text, mn_analysis *out)
{
	begin(a);
	for (size_t at = 0; at < text.len && a->nfound < MOST_NAMES;) {
		bool brace = text.ptr[at] == '{';
		bool wiki = text.ptr[at] == '[' && at + 1 < text.len && text.ptr[at + 1] == '[';
		mn_str target, label;

		if ((!brace && !wiki)
			|| !link_inside(
				text, at + (brace ? 1 : 2), brace ? '}' : ']', &at, &target)) {
			at++;
			continue;
		}
		mn_name_make(brace ? target : wiki_target(target), &a->name, &label);
		if (!mn_buf_ok(&a->name))
			return mn_fail_memory(call);
		if (a->name.len && keep(a, call, label) != MN_OK)
			return MN_ENOMEM;
	}
	return hand_over(a, call, &out->links, &out->nlinks);
}
