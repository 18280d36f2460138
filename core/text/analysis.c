/* SPDX-License-Identifier: MIT */
#include "text/analysis.h"

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "text/analyst.h"

#define LONGEST_TEXT ((size_t)16 << 20)

size_t mn_subject_body(const mn_subject *s)
{
	size_t n = s->title.len;

	if (!n || n >= s->text.len || s->text.ptr[n] != '\n'
		|| memcmp(s->text.ptr, s->title.ptr, n) != 0)
		return 0;
	return n + 1;
}

/* ---- Stems -------------------------------------------------------------------------------- */

/* Counts a stem; *place: its index among those of this analysis. */
static int count(mn_analyst *a, mn_call *call, uint32_t stem, uint32_t *place)
{
	struct mn_met *met = &a->stem_met[stem];

	if (met->round != a->round) {
		if (mn_grow((void **)&a->counts, &a->counts_cap, a->ncounts + 1, sizeof(*a->counts),
			    UINT32_MAX)
			!= MN_OK)
			return mn_fail_memory(call);
		*met = (struct mn_met){a->round, (uint32_t)a->ncounts};
		a->counts[a->ncounts++] = (mn_stem){.id = stem};
	}
	a->counts[met->place].tf++;
	*place = met->place;
	return MN_OK;
}

/* Counts the stems of the tokens; order, unless NULL, gets the place of each. */
static int count_tokens(mn_analyst *a, mn_call *call, mn_analysis *out, uint32_t *order)
{
	uint32_t place;

	for (size_t i = 0; i < a->ntokens; i++) {
		const mn_token *t = &a->tokens[i];

		if (t->stem != MN_NO_STEM) {
			if (count(a, call, t->stem, &place) != MN_OK)
				return MN_ENOMEM;
			out->length++;
			if (order)
				order[out->norder++] = place;
		}
		if (t->pair != MN_NO_STEM) {
			if (count(a, call, t->pair, &place) != MN_OK)
				return MN_ENOMEM;
			out->length++;
		}
	}
	return MN_OK;
}

/* Stems of the speaker's name, which come first. */
static int count_speaker(mn_analyst *a, mn_call *call, const mn_subject *s, mn_analysis *out)
{
	int rc;

	mn_analyst_round(a);
	a->ncounts = 0;
	if (!s->speaker.len)
		return MN_OK;
	rc = mn_tokens_read(a, call, s->speaker, false);
	return rc == MN_OK ? count_tokens(a, call, out, NULL) : rc;
}

static int count_text(mn_analyst *a, mn_call *call, mn_analysis *out)
{
	uint32_t *order = mn_call_array(call, a->ntokens, sizeof(*order));
	mn_stem *stems;

	if (!order || count_tokens(a, call, out, order) != MN_OK)
		return MN_ENOMEM;
	stems = mn_call_array(call, a->ncounts, sizeof(*stems));
	if (!stems)
		return MN_ENOMEM;
	for (size_t i = 0; i < a->ncounts; i++) {
		stems[i] = a->counts[i];
		stems[i].text = a->stem_texts[stems[i].id];
	}
	out->stems = stems;
	out->nstems = a->ncounts;
	out->order = order;
	return MN_OK;
}

static bool firm(const mn_token *t)
{
	return t->stem != MN_NO_STEM && !((t->form & MN_WORD_DIGITS) && t->length < 4);
}

int mn_stems_firm(mn_analyst *a, mn_call *call, mn_str text, size_t words, mn_strs *out)
{
	mn_str *stems;
	uint32_t place;
	int rc;

	mn_analyst_round(a);
	a->ncounts = 0;
	rc = mn_tokens_read(a, call, text, false);
	for (size_t i = 0; rc == MN_OK && i < a->ntokens && i < words; i++)
		if (firm(&a->tokens[i]))
			rc = count(a, call, a->tokens[i].stem, &place);
	if (rc != MN_OK)
		return rc;
	stems = mn_call_array(call, a->ncounts + 1, sizeof(*stems));
	if (!stems)
		return MN_ENOMEM;
	for (size_t i = 0; i < a->ncounts; i++)
		stems[i] = a->stem_texts[a->counts[i].id];
	*out = (mn_strs){stems, a->ncounts};
	return MN_OK;
}

/* ---- Marks -------------------------------------------------------------------------------- */

/* Does what was said, apart from a caption behind it, end in a question mark? */
static bool asks(const mn_language *l, mn_str text)
{
	const char *caption = l->caption
				      ? memmem(text.ptr, text.len, l->caption, strlen(l->caption))
				      : NULL;
	size_t n = caption ? (size_t)(caption - text.ptr) : text.len;

	while (n
		&& (text.ptr[n - 1] == ' ' || (text.ptr[n - 1] >= '\t' && text.ptr[n - 1] <= '\r')))
		n--;
	if (n && text.ptr[n - 1] == '?')
		return true;
	if (n >= 3 && memcmp(text.ptr + n - 3, "\uff1f", 3) == 0)
		return true;
	return n >= 2 && memcmp(text.ptr + n - 2, "\u061f", 2) == 0;
}

static bool speaks_of_self(const mn_analyst *a, mn_str text)
{
	for (size_t i = 0; i < a->ntokens; i++) {
		const mn_token *t = &a->tokens[i];

		if (!(t->classes & MN_CLASS_SELF) || !mn_token_alone(text, t, t))
			continue;
		for (const char *const *s = a->language->selves; *s; s++)
			if (mn_str_is(mn_str_sub(text, t->from, t->to - t->from), *s))
				return true;
	}
	return false;
}

/* Does the text begin with one of the phrases, whatever its case? */
static bool asks_when(const mn_language *l, mn_str text)
{
	size_t at = 0;

	while (at < text.len
		&& (text.ptr[at] == ' ' || (text.ptr[at] >= '\t' && text.ptr[at] <= '\r')))
		at++;
	for (const char *const *p = l->asks_when; *p; p++) {
		size_t n = strlen(*p);

		if (text.len - at >= n && strncasecmp(text.ptr + at, *p, n) == 0)
			return true;
	}
	return false;
}

static uint16_t marks_of(const mn_analyst *a, mn_str text)
{
	return (uint16_t)((asks(a->language, text) ? MN_NEURON_ASKS : 0)
			  | (speaks_of_self(a, text) ? MN_NEURON_SELF : 0)
			  | (mn_rule_times(a, text) ? MN_NEURON_WHEN : 0));
}

/* ---- All of it ---------------------------------------------------------------------------- */

int mn_analyze(mn_analyst *a, mn_call *call, const mn_subject *s, mn_analysis *out)
{
	mn_analysis made = {0};
	mn_str body = mn_str_sub(s->text, mn_subject_body(s), s->text.len);
	int rc = MN_OK;

	if (s->text.len > LONGEST_TEXT || s->speaker.len > LONGEST_TEXT)
		return mn_fail(call, MN_EINVAL, 0, "the text is longer than 16 MiB");
	if (s->want & MN_WANT_STEMS)
		rc = count_speaker(a, call, s, &made);
	if (rc == MN_OK)
		rc = mn_tokens_read(a, call, s->text, s->want & MN_WANT_NAMES);
	if (rc == MN_OK && (s->want & MN_WANT_STEMS))
		rc = count_text(a, call, &made);
	if (rc == MN_OK && (s->want & MN_WANT_NAMES))
		rc = mn_candidates_read(a, call, s, &made);
	if (rc == MN_OK && (s->want & MN_WANT_DATES))
		rc = mn_when_read(a, call, s, &made);
	if (rc == MN_OK && (s->want & MN_WANT_MARKS)) {
		made.marks = marks_of(a, s->text);
		made.asks_when = asks_when(a->language, s->text);
	}
	if (rc == MN_OK && (s->want & MN_WANT_SPANS))
		rc = mn_spans_read(a, call, body, &made);
	if (rc == MN_OK && (s->want & MN_WANT_LINKS))
		rc = mn_links_read(a, call, s->text, &made);
	if (rc == MN_OK)
		*out = made;
	return rc;
}
