/* SPDX-License-Identifier: MIT */
/*
 * Whatever bytes a text has, its analysis ends, stays within the text, and says the same twice.
 * The first byte chooses between a memory and a question, the rest is the text.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "fuzz.h"
#include "text/analysis.h"
#include "text/words.h"

#define ALL                                                                            \
	(MN_WANT_STEMS | MN_WANT_SPANS | MN_WANT_LINKS | MN_WANT_MARKS | MN_WANT_NAMES \
		| MN_WANT_DATES)

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool within(mn_str part, mn_str whole)
{
	return part.len == 0
	       || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void look_at_words(mn_str text)
{
	mn_words_walk w;
	size_t before = 0;

	mn_words_begin(&w, text);
	while (mn_words_next(&w)) {
		must(w.word.len > 0 && w.word.len <= MN_WORD_MAX);
		must(w.from < w.to && w.to <= text.len);
		must(w.from >= before || w.form & MN_WORD_SINGLE || !mn_text_valid(text)
			|| (unsigned char)text.ptr[w.from] >= 0x80);
		must(mn_text_valid(w.word));
		before = w.to;
	}
}

static void look_at_stems(const mn_analysis *a)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < a->nstems; i++) {
		must(a->stems[i].text.len > 0 && a->stems[i].tf > 0);
		sum += a->stems[i].tf;
	}
	must(sum == a->length && a->norder <= a->length);
	for (size_t i = 0; i < a->norder; i++)
		must(a->order[i] < a->nstems);
}

static bool any(void *ctx, const mn_candidate *c, size_t i)
{
	(void)ctx, (void)i;
	return c->name.len % 3 == 0;
}

static void look_at_names(const mn_analysis *a, mn_str text)
{
	uint32_t found[64], next = 0;
	size_t n;

	for (size_t i = 0; i < a->nspans; i++)
		must(a->spans[i].name.len > 3 && a->spans[i].name.len <= MN_NAME_MAX
			&& within(a->spans[i].label, text));
	for (size_t i = 0; i < a->nlinks; i++)
		must(a->links[i].name.len > 0 && within(a->links[i].label, text));
	must(a->ncandidates <= MN_CANDIDATES_MAX && a->ndates <= 16);
	n = mn_names_find(a, any, NULL, found, 64);
	for (size_t i = 0; i < n; i++) {
		const mn_candidate *c = &a->candidates[found[i]];

		must(c->word >= next && c->from < c->to && c->to <= text.len);
		next = c->word + c->words;
	}
	for (size_t i = 0; i < a->ndates; i++) {
		double level = mn_when_level(&a->dates[i], 1, 0);

		must(level >= 0 && level <= 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static mn_analyst *analyst; /* kept, so that what it remembers is tried as well */
	static mn_call call;
	mn_str text = {(const char *)data + 1, size - 1};
	mn_subject s = {.text = text, .want = ALL};
	mn_analysis a, b;

	if (size < 2)
		return 0;
	if (!analyst) {
		must(mn_call_init(&call, NULL, 0) == MN_OK);
		must(mn_analyst_new(&call, NULL, &analyst) == MN_OK);
	}
	s.question = data[0] & 1;
	s.speaker = data[0] & 2 ? mn_str_sub(text, 0, 20) : (mn_str){NULL, 0};
	s.title = data[0] & 4 ? mn_str_sub(text, 0, data[0] >> 3) : (mn_str){NULL, 0};
	look_at_words(text);
	must(mn_analyze(analyst, &call, &s, &a) == MN_OK);
	must(mn_analyze(analyst, &call, &s, &b) == MN_OK);
	must(a.nstems == b.nstems && a.nspans == b.nspans && a.ncandidates == b.ncandidates
		&& a.marks == b.marks && a.ndates == b.ndates);
	look_at_stems(&a);
	look_at_names(&a, text);
	mn_analyst_trim(analyst);
	mn_call_reset(&call);
	return 0;
}
