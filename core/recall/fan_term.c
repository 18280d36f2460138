/* SPDX-License-Identifier: MIT */
/* fan_term.c - the first hop: concepts of the question fire to the memories they occur in. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/type.h"
#include "recall/fan.h"

static mn_need need_of(const struct fan_term *t)
{
	return (mn_need){.node = t->node, .way = MN_WAY_TERMS, .limit = t->limit};
}

static int by_fan(const void *a, const void *b)
{
	const struct fan_term *x = a, *y = b;

	if (x->fan != y->fan)
		return x->fan < y->fan ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

/* The budget, shared: the rarest first, what it leaves goes to the others. */
static void share_budget(struct fan *f)
{
	uint32_t left = f->s->budget ? f->s->budget : MN_FAN_BUDGET;

	for (size_t i = 0; i < f->nterms; i++) {
		struct fan_term *t = &f->terms[i];
		uint32_t used, fair = left / (uint32_t)(f->nterms - i);

		t->limit = fair > MN_FAN_LEAST ? fair : MN_FAN_LEAST;
		used = t->fan < t->limit ? t->fan : t->limit;
		left = left > used ? left - used : 0;
	}
}

/* Lists of all concepts: first as far as a fair share goes, then, with the fans known, as far as
 * the budget does. Called after the names' lists were asked for along with the first part. */
static int read_lists(struct fan *f)
{
	mn_need *needs = mn_call_array(&f->call, f->nterms, sizeof(*needs));
	int rc = needs ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; i < f->nterms && rc == MN_OK; i++) {
		const mn_list *list;

		needs[i] = need_of(&f->terms[i]);
		rc = mn_view_read(f->v, &needs[i], &list);
		if (rc == MN_OK)
			f->terms[i].fan = list->degree;
	}
	if (rc != MN_OK)
		return rc;
	qsort(f->terms, f->nterms, sizeof(*f->terms), by_fan);
	if (f->nterms > MN_FAN_TERMS)
		f->nterms = MN_FAN_TERMS;
	share_budget(f);
	for (size_t i = 0; i < f->nterms; i++)
		needs[i] = need_of(&f->terms[i]);
	return mn_view_fill(f->v, needs, f->nterms);
}

/* A list as far as this term may read it: the cache may have more. */
static int list_of(struct fan *f, const struct fan_term *t, mn_list *out)
{
	mn_need need = need_of(t);
	const mn_list *list;
	int rc = mn_view_read(f->v, &need, &list);

	if (rc != MN_OK)
		return rc;
	*out = *list;
	out->n = list->n < t->limit ? list->n : t->limit;
	return MN_OK;
}

static struct fan_pulse pulse_of(const struct fan *f, const struct fan_term *t)
{
	return (struct fan_pulse){.reason = MN_REASON_TERM,
		.from = t->node,
		.in = fan_level(f, t->node),
		.share = t->idf,
		.fan = t->fan,
		.hop = 1};
}

static int fire_terms(struct fan *f)
{
	int rc = MN_OK;

	for (size_t i = 0; i < f->nterms && rc == MN_OK; i++) {
		struct fan_term *t = &f->terms[i];
		struct fan_pulse asked = {.reason = MN_REASON_ASKED,
			.from = MN_NOBODY,
			.to = t->node,
			.in = t->level,
			.weight = 1,
			.share = 1};
		struct fan_pulse p;
		mn_list list;

		t->idf = fan_share(f, MN_SHARE_IDF, t->fan);
		rc = fan_give(f, &asked);
		if (rc == MN_OK)
			rc = list_of(f, t, &list);
		if (rc != MN_OK)
			return rc;
		t->cut = list.n < t->fan;
		p = pulse_of(f, t);
		rc = fan_give_list(f, &p, &list, MN_NOBODY);
		if (rc == MN_OK)
			rc = mn_check(&f->call);
	}
	return rc;
}

/* ---- Looking up in cut lists ---------------------------------------------------------------- */

/* What a memory's own synapses say of one term that its list was cut before. */
static int look_up(struct fan *f, const struct fan_term *t, const uint32_t *nodes, size_t n)
{
	struct fan_pulse p = pulse_of(f, t);
	int rc = MN_OK;

	for (size_t i = 0; i < n && rc == MN_OK; i++) {
		const mn_list *own = mn_view_list(f->v, nodes[i], MN_WAY_INVOLVED);

		if (mn_space_find(f->s->side, nodes[i]))
			continue; /* was read already */
		for (uint32_t k = 0; own && k < own->n && rc == MN_OK; k++)
			if (own->at[k].far == t->node) {
				f->s->examined++;
				p.to = nodes[i];
				p.weight = own->at[k].weight;
				p.synapse = own->synapse[k];
				rc = fan_give(f, &p);
				break;
			}
	}
	return rc;
}

static int mark_read(struct fan *f, const struct fan_term *t)
{
	mn_list list;
	int rc = list_of(f, t, &list);

	mn_space_begin(f->s->side);
	for (uint32_t i = 0; rc == MN_OK && i < list.n; i++)
		if (!mn_space_touch(f->s->side, list.at[i].far))
			rc = mn_fail_memory(&f->call);
	return rc;
}

/* The most active memories may stand further down in a list that was cut: their own lists say. */
static int look_up_cut(struct fan *f)
{
	uint32_t nodes[MN_FAN_LOOKED_UP];
	mn_need needs[MN_FAN_LOOKED_UP];
	size_t n;
	bool any = false;
	int rc;

	for (size_t i = 0; i < f->nterms; i++)
		any |= f->terms[i].cut;
	if (!any)
		return MN_OK;
	n = fan_most_active(f, nodes, MN_FAN_LOOKED_UP);
	for (size_t i = 0; i < n; i++)
		needs[i] = (mn_need){
			.node = nodes[i], .way = MN_WAY_INVOLVED, .limit = MN_NO_LIMIT};
	rc = mn_view_fill(f->v, needs, n);
	for (size_t i = 0; i < f->nterms && rc == MN_OK; i++) {
		if (!f->terms[i].cut)
			continue;
		rc = mark_read(f, &f->terms[i]);
		if (rc == MN_OK)
			rc = look_up(f, &f->terms[i], nodes, n);
	}
	return rc;
}

/* ---- Pairs --------------------------------------------------------------------------------- */

struct pair {
	const struct fan_term *first, *second;
};

static const struct fan_term *term_of_word(const struct fan *f, uint32_t word)
{
	for (size_t i = 0; i < f->nterms; i++)
		if (f->terms[i].word == word)
			return &f->terms[i];
	return NULL;
}

/* Distinct neighbours among the question's words that are both known concepts. */
static size_t pairs_of(const struct fan *f, struct pair *out, size_t room)
{
	const mn_analysis *said = f->q->said;
	size_t n = 0;

	for (size_t i = 0; i + 1 < said->norder && n < room; i++) {
		struct pair p = {term_of_word(f, mn_word_hash(said->stems[said->order[i]].text)),
			term_of_word(f, mn_word_hash(said->stems[said->order[i + 1]].text))};
		size_t k = 0;

		while (k < n && (out[k].first != p.first || out[k].second != p.second))
			k++;
		if (p.first && p.second && k == n)
			out[n++] = p;
	}
	return n;
}

/* How often the pair stands in a memory's text. */
static size_t count_pair(struct fan *f, const struct pair *p, uint32_t node)
{
	size_t n, tf = 0;
	const uint32_t *words = mn_words_of(f->v, node, &n);

	for (size_t i = 0; i + 1 < n; i++)
		tf += words[i] == p->first->word && words[i + 1] == p->second->word;
	return tf;
}

/* To every memory that has it. Its fan is how many of those tested do: whoever has both words is
 * among the most active, so that hardly any is missed. */
static int give_pair(struct fan *f, const struct pair *p, const uint32_t *nodes, size_t n)
{
	const struct fan_term *rare = p->first->fan <= p->second->fan ? p->first : p->second;
	struct fan_pulse pulse = {.reason = MN_REASON_PAIR, .from = rare->node, .in = 1, .hop = 1};
	size_t tf[MN_FAN_PAIRED];
	int rc = MN_OK;

	for (size_t i = 0; i < n; i++) {
		tf[i] = count_pair(f, p, nodes[i]);
		pulse.fan += tf[i] > 0;
	}
	pulse.share = fan_share(f, MN_SHARE_IDF, pulse.fan);
	for (size_t i = 0; i < n && rc == MN_OK; i++) {
		if (!tf[i])
			continue;
		pulse.to = nodes[i];
		pulse.weight = (double)tf[i] / ((double)tf[i] + .9);
		rc = fan_give(f, &pulse);
	}
	return rc;
}

/* Two words of the question that stand side by side in a text count once more. Not stored as
 * neurons, which would be most of a brain; tested on the texts of the most active memories. */
static int fire_pairs(struct fan *f)
{
	struct pair pairs[MN_FAN_TERMS];
	uint32_t nodes[MN_FAN_PAIRED];
	size_t npairs = pairs_of(f, pairs, MN_FAN_TERMS), n;
	int rc;

	if (npairs == 0)
		return MN_OK;
	n = fan_most_active(f, nodes, MN_FAN_PAIRED);
	rc = mn_read_words(f->v, &f->call, f->q->analyst, nodes, n, &f->texts);
	for (size_t k = 0; k < npairs && rc == MN_OK; k++)
		rc = give_pair(f, &pairs[k], nodes, n);
	return rc;
}

/* ---- All of it ----------------------------------------------------------------------------- */

static int normalise(struct fan *f)
{
	uint32_t best;

	if (fan_most_active(f, &best, 1) && fan_level(f, best) > 0)
		fan_scale(f, 1 / fan_level(f, best));
	return MN_OK;
}

int fan_fire_terms(struct fan *f)
{
	int rc = read_lists(f);

	if (rc == MN_OK)
		rc = fire_terms(f);
	if (rc == MN_OK)
		rc = look_up_cut(f);
	if (rc == MN_OK)
		rc = fire_pairs(f);
	return rc == MN_OK ? normalise(f) : rc;
}
