/* SPDX-License-Identifier: MIT */
/* fan_name.c - where a question takes hold of the graph: its concepts and names; names fire. */
#include <string.h>

#include "base/fail.h"
#include "base/type.h"
#include "recall/fan.h"

#define LONG_TRIP_US 500 /* of a store that is far away */

/* ---- Finding ------------------------------------------------------------------------------- */

static int add_term(struct fan *f, uint32_t node, double level, uint32_t word)
{
	for (size_t i = 0; i < f->nterms; i++)
		if (f->terms[i].node == node)
			return MN_OK;
	if (f->nterms < MN_FAN_STEMS)
		f->terms[f->nterms] = (struct fan_term){
			.node = node, .place = (uint32_t)f->nterms, .level = level, .word = word};
	f->nterms += f->nterms < MN_FAN_STEMS;
	return MN_OK;
}

static void add_name(struct fan *f, uint32_t node, bool memory, bool alone)
{
	const mn_list *heads = mn_view_list(f->v, node, MN_WAY_HEADS);

	for (size_t i = 0; i < f->nnames; i++)
		if (f->names[i].node == node)
			return;
	if (f->nnames < MN_FAN_NAMES)
		f->names[f->nnames++] = (struct fan_name){.node = node,
			.fan = heads ? heads->degree : 0,
			.memory = memory,
			.alone = alone};
}

/* The neurons of all stems and all runs of words that may be a name: one lookup. */
static int look_up(struct fan *f, uint32_t *stems, size_t nstems, uint32_t *names)
{
	const mn_analysis *said = f->q->said;
	size_t n = nstems + said->ncandidates;
	mn_key *keys = mn_call_array(&f->call, n, sizeof(*keys));
	uint32_t *found = mn_call_array(&f->call, n, sizeof(*found));
	int rc;

	if (!keys || !found)
		return MN_ENOMEM;
	for (size_t i = 0; i < nstems; i++)
		keys[i] = (mn_key){MN_CONCEPT, said->stems[i].text};
	for (size_t i = 0; i < said->ncandidates; i++)
		keys[nstems + i] = (mn_key){MN_ENTITY, said->candidates[i].name};
	rc = mn_view_names(f->v, keys, n, found);
	if (rc != MN_OK)
		return rc;
	memcpy(stems, found, nstems * sizeof(*found));
	memcpy(names, found + nstems, said->ncandidates * sizeof(*found));
	return MN_OK;
}

/* A neuron asked for by uid counts as whatever it is. */
static int add_anchors(struct fan *f)
{
	const struct mn_question *q = f->q;
	int rc = q->nanchors ? mn_view_traits(f->v, q->anchors, q->nanchors) : MN_OK;

	for (size_t i = 0; i < q->nanchors && rc == MN_OK; i++) {
		mn_trait t = mn_view_trait(f->v, q->anchors[i]);

		if (t.type == MN_CONCEPT && !(t.flags & MN_NEURON_ANCHOR))
			rc = add_term(f, q->anchors[i], 1, 0);
		else if (!(t.flags & MN_NEURON_ARCHIVED))
			add_name(f, q->anchors[i], t.flags & MN_NEURON_ANCHOR, false);
	}
	return rc;
}

/* How far a concept's list is read before the fans are known: a fair share of the budget, or, where
 * asking twice costs more than reading much, all of it. */
static uint32_t first_part(const struct fan *f, uint32_t budget)
{
	bool far_away = f->v->brain->store->info.trip_us >= LONG_TRIP_US;

	return far_away ? budget : budget / (uint32_t)f->nterms;
}

/* The first part of every concept's list, and who bears each name: one call of the store. */
static int read_ahead(struct fan *f, const uint32_t *names, size_t n)
{
	mn_need *needs = mn_call_array(&f->call, f->nterms + n + f->q->nanchors, sizeof(*needs));
	uint32_t budget = f->s->budget ? f->s->budget : MN_FAN_BUDGET;
	uint32_t fair = f->nterms ? first_part(f, budget) : 0;
	size_t k = 0;

	if (!needs)
		return MN_ENOMEM;
	for (size_t i = 0; i < f->nterms; i++) {
		f->terms[i].limit = fair > MN_FAN_LEAST ? fair : MN_FAN_LEAST;
		needs[k++] = (mn_need){
			.node = f->terms[i].node, .way = MN_WAY_TERMS, .limit = f->terms[i].limit};
	}
	for (size_t i = 0; i < n + f->q->nanchors; i++) {
		uint32_t node = i < n ? names[i] : f->q->anchors[i - n];

		if (node != MN_NOBODY)
			needs[k++] = (mn_need){
				.node = node, .way = MN_WAY_HEADS, .limit = MN_FAN_BEARERS};
	}
	return mn_view_fill(f->v, needs, k);
}

/* Neurons that encoding did not write take part by their other synapses. */
static int read_others(struct fan *f, const uint32_t *names, size_t n)
{
	mn_need *needs = mn_call_array(&f->call, f->nterms + n, sizeof(*needs));
	size_t k = 0;

	if (!needs)
		return MN_ENOMEM;
	for (size_t i = 0; i < f->nterms + n; i++) {
		uint32_t node = i < f->nterms ? f->terms[i].node : names[i - f->nterms];
		const mn_list *own = node == MN_NOBODY
					     ? NULL
					     : mn_view_list(f->v, node,
						     i < f->nterms ? MN_WAY_TERMS : MN_WAY_HEADS);

		if (own && own->degree == 0)
			needs[k++] = (mn_need){.node = node,
				.way = MN_WAY_OTHER,
				.limit = fan_rules[MN_REASON_OTHER].most};
	}
	return mn_view_fill(f->v, needs, k);
}

struct finding {
	const struct fan *f;
	const uint32_t *nodes;
};

static bool degree_of(const struct fan *f, uint32_t node, int way)
{
	const mn_list *list = mn_view_list(f->v, node, way);

	return list && list->degree;
}

static bool is_name(void *ctx, const mn_candidate *candidate, size_t i)
{
	const struct finding *to = ctx;
	uint32_t node = to->nodes[i];

	(void)candidate;
	return node != MN_NOBODY
	       && (degree_of(to->f, node, MN_WAY_HEADS) || degree_of(to->f, node, MN_WAY_OTHER));
}

static void find_names(struct fan *f, const uint32_t *nodes)
{
	struct finding to = {f, nodes};
	uint32_t found[MN_FAN_NAMES];
	size_t n = mn_names_find(f->q->said, is_name, &to, found, MN_FAN_NAMES);

	for (size_t i = 0; i < n; i++)
		add_name(f, nodes[found[i]], false, f->q->said->candidates[found[i]].whole);
}

/* A concept without memories of its own counts as a name if it has other synapses. */
static void sort_out_terms(struct fan *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->nterms; i++) {
		if (!degree_of(f, f->terms[i].node, MN_WAY_TERMS)
			&& degree_of(f, f->terms[i].node, MN_WAY_OTHER))
			add_name(f, f->terms[i].node, false, false);
		else
			f->terms[n++] = f->terms[i];
	}
	f->nterms = n;
}

int fan_anchors(struct fan *f)
{
	const mn_analysis *said = f->q->said;
	size_t nstems = said->nstems < MN_FAN_STEMS ? said->nstems : MN_FAN_STEMS;
	uint32_t *stems = mn_call_array(&f->call, nstems, sizeof(*stems));
	uint32_t *names = mn_call_array(&f->call, said->ncandidates, sizeof(*names));
	int rc;

	f->terms = mn_call_array(&f->call, MN_FAN_STEMS, sizeof(*f->terms));
	f->names = mn_call_array(&f->call, MN_FAN_NAMES, sizeof(*f->names));
	if (!stems || !names || !f->terms || !f->names)
		return MN_ENOMEM;
	rc = look_up(f, stems, nstems, names);
	for (size_t i = 0; i < nstems && rc == MN_OK; i++)
		if (stems[i] != MN_NOBODY)
			rc = add_term(
				f, stems[i], said->stems[i].tf, mn_word_hash(said->stems[i].text));
	if (rc == MN_OK)
		rc = read_ahead(f, names, said->ncandidates);
	if (rc == MN_OK)
		rc = read_others(f, names, said->ncandidates);
	if (rc != MN_OK)
		return rc;
	sort_out_terms(f);
	find_names(f, names);
	return add_anchors(f);
}

/* ---- Firing -------------------------------------------------------------------------------- */

/* To everyone on a list of those who bear it: by the rule for such a list, or, where nothing else
 * is asked for, by the one for that. */
static int give_bearers(
	struct fan *f, const struct fan_name *name, const mn_list *list, uint16_t reason)
{
	struct fan_pulse p = {.reason = name->alone ? MN_REASON_ALONE : reason,
		.from = name->node,
		.in = fan_level(f, name->node),
		.hop = 1};
	const struct fan_rule *rule = &fan_rules[p.reason];

	if (!list || list->degree > rule->most)
		return MN_OK;
	p.fan = list->degree;
	p.share = fan_share(f, rule->share, list->degree);
	return fan_give_list(f, &p, list, MN_NOBODY);
}

int fan_fire_names(struct fan *f)
{
	int rc = MN_OK;

	for (size_t i = 0; i < f->nnames && rc == MN_OK; i++) {
		const struct fan_name *name = &f->names[i];
		struct fan_pulse asked = {.reason = MN_REASON_ASKED,
			.from = MN_NOBODY,
			.to = name->node,
			.in = 1,
			.weight = 1,
			.share = 1};

		rc = fan_give(f, &asked);
		if (rc == MN_OK)
			rc = give_bearers(f, name, mn_view_list(f->v, name->node, MN_WAY_HEADS),
				MN_REASON_HEAD);
		if (rc == MN_OK)
			rc = give_bearers(f, name, mn_view_list(f->v, name->node, MN_WAY_OTHER),
				MN_REASON_OTHER);
	}
	return rc;
}
