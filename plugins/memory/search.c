/* SPDX-License-Identifier: MIT */
/*
 * search.c - neurons by the words of their text.
 *
 * Words are those of the service "mn.words/1". All terms of the query must occur: single words,
 * "quoted" phrases, and at the end, if it is not quoted, the beginning of a word. A text is read
 * once; every term is followed by a word of bits (Baeza-Yates and Gonnet, shift-and): bit i says
 * that its first i + 1 words were the last ones read.
 *
 * Rank: the sum over the terms of tf / (tf + 0.9 (0.7 + 0.3 L / 30)), L the words of the text:
 * the saturation of BM25 with the parameters by which memories are encoded.
 */
#include <stdlib.h>
#include <string.h>

#include "brain.h"

#define POLL 1024
#define MOST_TERMS 32
#define MOST_WORDS 64 /* of a term, one bit each */

struct term {
	mn_str words[MOST_WORDS];
	uint32_t n;
	bool prefix; /* the last word is the beginning of one */
	uint64_t bits;
	uint32_t times;
};

struct search {
	const mn_db *db;
	mn_call *call;
	struct term *terms;
	uint32_t nterms;
	uint32_t length; /* of the text that is read: words */
	bool quoted;
	int status;
	mn_str rarest; /* the longest word in ASCII, likely the rarest; */
	size_t rare;   /* which letter of it to look for */
};

/* ---- Texts that need not be read ------------------------------------------------------------ */

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 'a' - 'A') : c;
}

static bool is_ascii(mn_str s)
{
	unsigned char seen = 0;

	for (size_t i = 0; i < s.len; i++)
		seen |= (unsigned char)s.ptr[i];
	return seen < 0x80;
}

/* Which letter of a word to look for: the one that is rarest in most writing. */
static size_t rare_letter(mn_str word)
{
	static const char common[] = "etaoinshrdlcumwfgypbvkjxqz";
	size_t best = 0;
	ptrdiff_t rank = -1;

	for (size_t i = 0; i < word.len; i++) {
		const char *at = strchr(common, word.ptr[i]);
		const ptrdiff_t here = at ? at - common : (ptrdiff_t)sizeof(common);

		if (here > rank) {
			rank = here;
			best = i;
		}
	}
	return best;
}

static bool equals(const char *at, mn_str word)
{
	for (size_t i = 0; i < word.len; i++)
		if (lower((unsigned char)at[i]) != (unsigned char)word.ptr[i])
			return false;
	return true;
}

/* Is the word in the text, with c where its letter to look for is? */
static bool has_with(mn_str text, const struct search *s, int c)
{
	const char *at = text.ptr + s->rare, *end = text.ptr + text.len;
	const size_t behind = s->rarest.len - s->rare;

	if (text.len < s->rarest.len)
		return false;
	while ((at = memchr(at, c, (size_t)(end - at))) != NULL && (size_t)(end - at) >= behind) {
		if (equals(at - s->rare, s->rarest))
			return true;
		at++;
	}
	return false;
}

/*
 * Can the rarest word be in the text? Only where both are ASCII it may be said that it cannot,
 * since letters of any other kind may fold to ASCII. Spares most texts being read word by word.
 */
static bool may_have(const struct search *s, mn_str text)
{
	const unsigned char c = s->rarest.len ? (unsigned char)s->rarest.ptr[s->rare] : 0;

	if (s->rarest.len == 0 || has_with(text, s, c))
		return true;
	if (c >= 'a' && c <= 'z' && has_with(text, s, c + 'A' - 'a'))
		return true;
	return !is_ascii(text);
}

/* ---- The query ----------------------------------------------------------------------------- */

static int add_word(void *ctx, mn_str folded, size_t from, size_t to)
{
	struct search *s = ctx;
	struct term *t = s->nterms ? &s->terms[s->nterms - 1] : NULL;
	mn_str copy;

	(void)from, (void)to;
	if (!s->quoted || t->n == MOST_WORDS) {
		if (s->nterms == MOST_TERMS)
			return s->status = s->db->host->fail(s->call, MN_EINVAL, 0,
				       "more than %d words to search for", MOST_TERMS);
		t = &s->terms[s->nterms++];
	}
	if (give_text(s->db, s->call, folded, &copy) != MN_OK)
		return s->status = MN_ENOMEM;
	t->words[t->n++] = copy;
	if (copy.len > s->rarest.len && is_ascii(copy)) {
		s->rarest = copy;
		s->rare = rare_letter(copy);
	}
	return 0;
}

/* One stretch between quotation marks, or outside of them. */
static int read_stretch(struct search *s, mn_str text, bool quoted)
{
	s->quoted = quoted;
	if (quoted) { /* all its words are one term */
		if (s->nterms == MOST_TERMS)
			return s->db->host->fail(s->call, MN_EINVAL, 0,
				"more than %d words to search for", MOST_TERMS);
		s->nterms++;
	}
	s->db->words->split(text, s, add_word);
	if (s->status != MN_OK)
		return s->status;
	if (quoted && s->terms[s->nterms - 1].n == 0)
		s->nterms--;
	return MN_OK;
}

static int read_query(struct search *s, mn_str text)
{
	bool quoted = false;
	size_t at = 0;
	int status = MN_OK;

	s->terms = s->db->host->alloc(s->call, MOST_TERMS * sizeof(*s->terms));
	if (!s->terms)
		return MN_ENOMEM;
	while (status == MN_OK && at <= text.len) {
		const char *mark = at < text.len ? memchr(text.ptr + at, '"', text.len - at) : NULL;
		const size_t end = mark ? (size_t)(mark - text.ptr) : text.len;
		const uint32_t had = s->nterms;

		/* A quotation mark that is never closed quotes nothing. */
		status = read_stretch(s, (mn_str){text.ptr + at, end - at}, quoted && mark);
		if (status == MN_OK && !(quoted && mark) && end == text.len && s->nterms > had)
			s->terms[s->nterms - 1].prefix = true;
		quoted = !quoted;
		at = end + 1;
	}
	return status;
}

/* ---- A text -------------------------------------------------------------------------------- */

static bool word_fits(const struct term *t, uint32_t i, mn_str word)
{
	const mn_str want = t->words[i];
	const bool begins = t->prefix && i + 1 == t->n;

	if (begins ? word.len < want.len : word.len != want.len)
		return false;
	return memcmp(word.ptr, want.ptr, want.len) == 0;
}

static int read_word(void *ctx, mn_str folded, size_t from, size_t to)
{
	struct search *s = ctx;

	(void)from, (void)to;
	s->length++;
	for (uint32_t k = 0; k < s->nterms; k++) {
		struct term *t = &s->terms[k];
		const uint64_t may = (t->bits << 1) | 1;
		uint64_t bits = 0;

		for (uint32_t i = 0; i < t->n; i++)
			if ((may >> i & 1) && word_fits(t, i, folded))
				bits |= UINT64_C(1) << i;
		t->bits = bits;
		t->times += bits >> (t->n - 1) & 1;
	}
	return 0;
}

/* 0: not all terms occur. */
static float rank_of(struct search *s, mn_str text)
{
	double rank = 0;

	if (!may_have(s, text))
		return 0;
	s->length = 0;
	for (uint32_t k = 0; k < s->nterms; k++)
		s->terms[k].bits = s->terms[k].times = 0;
	s->db->words->split(text, s, read_word);
	for (uint32_t k = 0; k < s->nterms; k++) {
		const double tf = s->terms[k].times;

		if (tf == 0)
			return 0;
		rank += tf / (tf + 0.9 * (0.7 + 0.3 * s->length / 30));
	}
	return (float)rank;
}

/* ---- All of them --------------------------------------------------------------------------- */

struct ranked {
	struct hit hit;
	mn_id id;
};

static int best_first(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->hit.rank != y->hit.rank)
		return x->hit.rank > y->hit.rank ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

struct found {
	struct mem mem;
	struct ranked *at;
	uint32_t n, cap;
};

static int read_all(
	struct search *s, struct brain *b, hit_wanted *want, const void *ctx, struct found *f)
{
	for (uint32_t i = 0; i < b->neuron_ids.n; i++) {
		float rank;

		if (i % POLL == POLL - 1 && s->db->host->cancelled(s->call))
			return s->db->host->fail_cancelled(s->call);
		if (!want(ctx, i) || (rank = rank_of(s, pool_get(b->neurons[i].text))) == 0)
			continue;
		if (mem_grow(&f->mem, &f->at, &f->cap, (uint64_t)f->n + 1, sizeof(*f->at)) != MN_OK)
			return fail_memory(b, s->call);
		f->at[f->n++] = (struct ranked){{i, rank}, neuron_id(b, i)};
	}
	return MN_OK;
}

int search_text(const mn_db *db, mn_call *call, struct brain *b, mn_str text, hit_wanted *want,
	const void *ctx, struct hit **out, size_t *n)
{
	struct search s = {.db = db, .call = call};
	struct found f = {.mem = {.host = db->host}};
	struct hit *hits = NULL;
	int status = read_query(&s, text);

	if (status == MN_OK && s.nterms)
		status = read_all(&s, b, want, ctx, &f);
	if (status == MN_OK) {
		hits = db->host->resize(db->host, NULL, ((size_t)f.n + 1) * sizeof(*hits));
		status = hits ? MN_OK : fail_memory(b, call);
	}
	if (status == MN_OK) {
		if (f.n)
			qsort(f.at, f.n, sizeof(*f.at), best_first);
		for (uint32_t i = 0; i < f.n; i++)
			hits[i] = f.at[i].hit;
		*out = hits;
		*n = f.n;
	}
	db->host->resize(db->host, f.at, 0);
	return status;
}
