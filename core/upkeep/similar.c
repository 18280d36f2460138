/* SPDX-License-Identifier: MIT */
/*
 * similar.c - the near-duplicates of one text.
 *
 * Prefix filtering over the graph. The words of a text are the corners of a graph whose edges are
 * its pairs of words; it hangs together, since a text is a walk through it. Whoever lacks k of the
 * corners, but not all, lacks the edges at them, which are k at least: with everything else drawn
 * together to one corner, k + 1 corners still hang together. So a text that has all but m of the
 * pairs has all but m of the words, and of any m + 1 words one, of any m + s words s at least. The
 * lists of the rarest are read, s as long as that costs little, and only what is in s of them is
 * compared.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/type.h"
#include "similar.h"
#include "store/brain.h"
#include "text/analysis.h"
#include "upkeep/shingle.h"

enum {
	READ_MOST = 1 << 20, /* links of all lists together */
	EXTRA_MOST = 4096,   /* links of lists that make candidates fewer, */
	EXTRA_EACH = 8,      /* and so many for each candidate: a text takes longer than a link */
	SHARED_MOST = 3,     /* lists a candidate has to be in, at most */
	PAGE = 256,          /* texts at a time */
	LIMIT = 20,
};
#define LEAST 0.8

struct term {     /* a concept of the text */
	mn_id id; /* 0: no memory has it */
	uint32_t fan, limit;
};

struct hit {
	mn_id id;
	double alike;
};

struct search {
	mn_brain *brain;
	mn_call *call, work, page; /* work: until candidates are known; page: one of texts */
	mn_analyst *analyst;
	double least;
	mn_id self;
	mn_shingles own, other;
	struct term *terms; /* rarest first */
	size_t nterms;
	size_t read, shared; /* how many lists; how many of them a candidate is in */
	mn_id *candidates;
	size_t ncandidates;
	struct hit *hits;
	size_t nhits;
	bool partial;
};

/* ---- Which concepts ----------------------------------------------------------------------- */

static const uint16_t involves[] = {MN_INVOLVES};
static const mn_reach memories_of = {.types = involves, .ntypes = 1, .in = true};

static int by_fan(const void *a, const void *b)
{
	const struct term *x = a, *y = b;

	if (x->fan != y->fan)
		return x->fan < y->fan ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* The concepts of the terms; of those that are there the lists up to their limits. */
static int expand(struct search *s, size_t n, mn_fan *out)
{
	mn_expand ask = MN_SIZED(mn_expand);
	mn_id *ids = mn_call_array(&s->work, n + 1, sizeof(*ids));
	uint32_t *limits = mn_call_array(&s->work, n + 1, sizeof(*limits));

	if (!ids || !limits)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		ids[i] = s->terms[i].id;
		limits[i] = s->terms[i].limit;
	}
	ask.frontier = (mn_ids){ids, n};
	ask.reaches = &memories_of;
	ask.nreaches = 1;
	ask.limit = limits;
	return mn_brain_expand(s->brain, &s->work, &ask, out);
}

/* How many memories have each; those that nobody has come first, and are not asked for. */
static int weigh_terms(struct search *s)
{
	struct term *all = s->terms;
	size_t none = 0, n = s->nterms;
	mn_fan fan;
	int rc;

	qsort(all, n, sizeof(*all), by_fan); /* all have fan 0 yet: by id */
	while (none < n && !all[none].id)
		none++;
	s->terms = all + none;
	rc = none < n ? expand(s, n - none, &fan) : MN_OK;
	for (size_t i = none; rc == MN_OK && i < n; i++)
		all[i].fan = fan.degree[i - none];
	s->terms = all;
	qsort(all, n, sizeof(*all), by_fan);
	return rc;
}

static int find_terms(struct search *s, mn_str text)
{
	mn_strs stems;
	mn_key *keys;
	mn_id *ids;
	int rc = mn_analyst_new(s->call, NULL, &s->analyst);

	if (rc == MN_OK)
		rc = mn_stems_firm(s->analyst, &s->work, text, MN_SHINGLES_MOST + 1, &stems);
	if (rc)
		return rc;
	keys = mn_call_array(&s->work, stems.n + 1, sizeof(*keys));
	ids = mn_call_array(&s->work, stems.n + 1, sizeof(*ids));
	s->terms = mn_call_array(&s->work, stems.n + 1, sizeof(*s->terms));
	if (!keys || !ids || !s->terms)
		return MN_ENOMEM;
	for (size_t i = 0; i < stems.n; i++)
		keys[i] = (mn_key){MN_CONCEPT, stems.at[i]};
	if (stems.n)
		rc = mn_brain_lookup(s->brain, &s->work, keys, stems.n, ids);
	for (size_t i = 0; rc == MN_OK && i < stems.n; i++)
		s->terms[i] = (struct term){.id = ids[i]};
	s->nterms = stems.n;
	return rc == MN_OK ? weigh_terms(s) : rc;
}

/* ---- Candidates --------------------------------------------------------------------------- */

/* How many lists are read and how far. */
static void choose(struct search *s)
{
	const size_t must = mn_shingles_spare(s->least, s->own.n) + 1;
	size_t left = READ_MOST, extra;

	s->shared = 1;
	s->read = must < s->nterms ? must : s->nterms;
	s->partial = s->read < must;
	for (size_t i = 0; i < s->read; i++) {
		struct term *t = &s->terms[i];

		t->limit = t->fan < left ? t->fan : (uint32_t)left;
		s->partial |= t->limit < t->fan;
		left -= t->limit;
	}
	extra = EXTRA_MOST + EXTRA_EACH * (READ_MOST - left);
	while (!s->partial && s->read < s->nterms && s->shared < SHARED_MOST
		&& s->terms[s->read].fan <= extra) {
		s->terms[s->read].limit = s->terms[s->read].fan;
		extra -= s->terms[s->read++].fan;
		s->shared++;
	}
}

static int by_id(const void *a, const void *b)
{
	const mn_id x = *(const mn_id *)a, y = *(const mn_id *)b;

	return (x > y) - (x < y);
}

/* Those that are in enough of the lists, once each, ascending. */
static int find_candidates(struct search *s)
{
	size_t none = 0, n, kept = 0;
	mn_fan fan;
	int rc;

	choose(s);
	while (none < s->read && !s->terms[none].fan)
		none++;
	if (none == s->read)
		return MN_OK;
	s->terms += none;
	rc = expand(s, s->read - none, &fan);
	n = rc == MN_OK ? fan.start[s->read - none] : 0;
	s->candidates = rc == MN_OK ? mn_call_array(&s->work, n + 1, sizeof(mn_id)) : NULL;
	if (!s->candidates)
		return rc ? rc : MN_ENOMEM;
	if (n)
		memcpy(s->candidates, fan.far, n * sizeof(mn_id));
	qsort(s->candidates, n, sizeof(mn_id), by_id);
	for (size_t i = 0, same; i < n; i += same) {
		for (same = 1; i + same < n && s->candidates[i + same] == s->candidates[i];)
			same++;
		if (same >= s->shared && s->candidates[i] != s->self)
			s->candidates[kept++] = s->candidates[i];
	}
	s->ncandidates = kept;
	return MN_OK;
}

/* ---- Comparing ---------------------------------------------------------------------------- */

static int compare_page(struct search *s, mn_ids ids)
{
	mn_rows rows;
	int rc;

	mn_call_reset(&s->page);
	rc = mn_brain_get(s->brain, &s->page, MN_NEURON, ids, MN_FIELD_TEXT, &rows);
	for (size_t i = 0; rc == MN_OK && i < rows.n; i++) {
		const mn_neuron *n = &rows.at.neuron[i];
		double alike;

		if (!n->id || !(n->flags & MN_NEURON_ANCHOR) || (n->flags & MN_NEURON_ARCHIVED))
			continue;
		mn_shingles_of(n->text, &s->other);
		alike = s->other.n < MN_SHINGLES_LEAST ? 0 : mn_shingles_alike(&s->own, &s->other);
		if (alike >= s->least)
			s->hits[s->nhits++] = (struct hit){n->id, alike};
	}
	return rc ? rc : mn_check(s->call);
}

static int most_alike_first(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	if (x->alike > y->alike || x->alike < y->alike)
		return x->alike > y->alike ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static int compare(struct search *s)
{
	int rc = MN_OK;

	s->hits = mn_call_array(&s->work, s->ncandidates + 1, sizeof(*s->hits));
	if (!s->hits)
		return MN_ENOMEM;
	for (size_t at = 0, n; rc == MN_OK && at < s->ncandidates; at += n) {
		n = s->ncandidates - at < PAGE ? s->ncandidates - at : PAGE;
		rc = compare_page(s, (mn_ids){s->candidates + at, n});
	}
	qsort(s->hits, s->nhits, sizeof(*s->hits), most_alike_first);
	return rc;
}

/* ---- The answer --------------------------------------------------------------------------- */

/* Rows of the best; one that went meanwhile is left out. */
static int answer(struct search *s, size_t limit, mn_similar *out)
{
	const size_t n = s->nhits < limit ? s->nhits : limit;
	mn_alike *at = mn_call_array(s->call, n + 1, sizeof(*at));
	mn_id *ids = mn_call_array(s->call, n + 1, sizeof(*ids));
	mn_rows rows = {.n = 0};
	int rc = at && ids ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < n; i++)
		ids[i] = s->hits[i].id;
	if (rc == MN_OK && n)
		rc = mn_brain_get(s->brain, s->call, MN_NEURON, (mn_ids){ids, n},
			MN_FIELD_TEXT | MN_FIELD_UID, &rows);
	out->n = 0;
	for (size_t i = 0; rc == MN_OK && i < rows.n; i++) {
		const mn_neuron *row = &rows.at.neuron[i];
		mn_alike *to = &at[out->n];

		if (!row->id)
			continue;
		*to = (mn_alike){.neuron = row->id,
			.text = row->text,
			.created = row->created,
			.alike = s->hits[i].alike};
		rc = mn_uid_derive(s->brain, s->call, MN_NEURON, row, &to->uid);
		out->n++;
	}
	out->at = at;
	out->found = s->nhits;
	out->compared = s->ncandidates;
	out->partial = s->partial;
	return rc;
}

static int check(mn_call *call, const mn_similar_ask *ask)
{
	if (ask->least != 0 && !(ask->least >= 0.3 && ask->least <= 1))
		return mn_fail(call, MN_EINVAL, 0, "how alike is a number from 0.3 to 1, not %g",
			ask->least);
	if (!ask->neuron == !ask->text.len)
		return mn_fail(call, MN_EINVAL, 0, "what is compared: a memory or a text");
	if (ask->text.len && !mn_text_valid(ask->text))
		return mn_fail(call, MN_EINVAL, 0, "the text has a NUL or is not valid UTF-8");
	return MN_OK;
}

/* The text to compare with: in work's arena, or the caller's. */
static int text_of(struct search *s, const mn_similar_ask *ask, mn_str *out)
{
	mn_rows rows;
	int rc;

	*out = ask->text;
	if (!ask->neuron)
		return MN_OK;
	rc = mn_brain_get(
		s->brain, &s->work, MN_NEURON, (mn_ids){&ask->neuron, 1}, MN_FIELD_TEXT, &rows);
	if (rc)
		return rc;
	if (!rows.at.neuron[0].id || !(rows.at.neuron[0].flags & MN_NEURON_ANCHOR))
		return mn_fail(s->call, MN_EINVAL, 0, "there is no such memory");
	*out = rows.at.neuron[0].text;
	return MN_OK;
}

static int search(struct search *s, const mn_similar_ask *ask, mn_similar *out)
{
	mn_str text;
	int rc = text_of(s, ask, &text);

	if (rc)
		return rc;
	mn_shingles_of(text, &s->own);
	if (s->own.n < MN_SHINGLES_LEAST)
		return mn_fail(s->call, MN_EINVAL, 0,
			"the text is too short to tell what is like it: it takes four words");
	rc = find_terms(s, text);
	if (rc == MN_OK)
		rc = find_candidates(s);
	if (rc == MN_OK)
		rc = compare(s);
	return rc ? rc : answer(s, ask->limit ? ask->limit : LIMIT, out);
}

int mn_brain_similar(mn_brain *b, mn_call *call, const mn_similar_ask *ask, mn_similar *out)
{
	struct search *s;
	mn_similar got = *out;
	int rc = check(call, ask);

	if (rc)
		return rc;
	s = mn_alloc_zero(1, sizeof(*s));
	if (!s)
		return mn_fail_memory(call);
	s->brain = b;
	s->call = call;
	s->self = ask->neuron;
	s->least = ask->least > 0 ? ask->least : LEAST;
	rc = mn_call_within(&s->work, call, 0);
	if (rc == MN_OK)
		rc = mn_call_within(&s->page, call, 0);
	if (rc == MN_OK)
		rc = search(s, ask, &got);
	if (rc == MN_OK)
		*out = got;
	mn_analyst_free(s->analyst);
	mn_call_done(&s->work);
	mn_call_done(&s->page);
	mn_free(s);
	return rc;
}
