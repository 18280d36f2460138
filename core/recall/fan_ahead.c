/* SPDX-License-Identifier: MIT */
/*
 * fan_ahead.c - which memories fire, and what has to be read before they do.
 *
 * Over a cold cache time goes by calls of the store, so what later phases will ask for is asked
 * for here, together: first the fired memories' own synapses, then whatever these lead to.
 */
#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "base/type.h"
#include "recall/fan.h"

/* ---- Needs --------------------------------------------------------------------------------- */

int fan_need(struct fan *f, struct fan_needs *needs, uint32_t node, int way, uint32_t limit)
{
	if (needs->n == needs->cap) {
		size_t cap = needs->cap ? 2 * needs->cap : 256;
		mn_need *at = mn_call_array(&f->call, cap, sizeof(*at));

		if (!at)
			return MN_ENOMEM;
		if (needs->n)
			memcpy(at, needs->at, needs->n * sizeof(*at));
		needs->at = at;
		needs->cap = cap;
	}
	needs->at[needs->n++] = (mn_need){.node = node, .way = (uint8_t)way, .limit = limit};
	return MN_OK;
}

int fan_read(struct fan *f, int way, uint32_t limit, const uint32_t *nodes, size_t n)
{
	struct fan_needs needs = {0};
	int rc = MN_OK;

	for (size_t i = 0; i < n && rc == MN_OK; i++)
		rc = fan_need(f, &needs, nodes[i], way, limit);
	return rc == MN_OK ? mn_view_fill(f->v, needs.at, needs.n) : rc;
}

/* ---- Who fires ------------------------------------------------------------------------------ */

/* The most with which a memory fires. One that was looked up by its name has more than a text can
 * give it; passed on, that would lift what it leads to above it. */
static double most_fired(const struct fan *f)
{
	for (size_t i = 0; i < f->nnames; i++)
		if (f->names[i].alone)
			return 1;
	return INFINITY;
}

int fan_choose_fired(struct fan *f)
{
	const double most = most_fired(f);
	uint32_t nodes[MN_FAN_FIRED];
	int rc = fan_top_memories(f, nodes, MN_FAN_FIRED, &f->nfired);

	f->fired = mn_call_array(&f->call, MN_FAN_FIRED, sizeof(*f->fired));
	if (!f->fired)
		return MN_ENOMEM;
	for (size_t i = 0; i < f->nfired && rc == MN_OK; i++)
		f->fired[i] = (struct fan_fired){nodes[i], fmin(fan_level(f, nodes[i]), most)};
	return rc;
}

static size_t at_most(size_t n, size_t most)
{
	return n < most ? n : most;
}

size_t fan_linking(const struct fan *f)
{
	return at_most(f->nfired, MN_FAN_LINKING);
}

size_t fan_echoing(const struct fan *f)
{
	return f->s->depth < MN_DEPTH_HABIT ? 0 : at_most(f->nfired, MN_FAN_ECHOING);
}

/* ---- Their own synapses --------------------------------------------------------------------- */

static int read_own(struct fan *f)
{
	struct fan_needs needs = {0};
	int rc = MN_OK;

	for (size_t i = 0; i < f->nfired && rc == MN_OK; i++) {
		uint32_t node = f->fired[i].node;

		rc = fan_need(f, &needs, node, MN_WAY_OWN, FAN_OWN);
		if (rc == MN_OK)
			rc = fan_need(f, &needs, node, MN_WAY_BESIDE, FAN_BESIDE);
		if (rc == MN_OK && i < fan_linking(f))
			rc = fan_need(
				f, &needs, node, MN_WAY_OTHER, fan_rules[MN_REASON_OTHER].most);
		if (rc == MN_OK && i < fan_echoing(f))
			rc = fan_need(f, &needs, node, MN_WAY_INVOLVED, MN_NO_LIMIT);
	}
	return rc == MN_OK ? mn_view_fill(f->v, needs.at, needs.n) : rc;
}

/* ---- What they lead to ---------------------------------------------------------------------- */

/* Sessions; spans and explicit links of those that fire along them. */
static int need_reached(struct fan *f, struct fan_needs *needs, const mn_link *link, bool links)
{
	int rc = MN_OK;

	if (link->type == MN_DURING)
		rc = fan_need(f, needs, link->far, MN_WAY_MEMBERS, MN_FAN_SESSION);
	if (link->type == MN_MENTIONS && links)
		rc = fan_need(f, needs, link->far, MN_WAY_SPANS, fan_rules[MN_REASON_CO].most);
	if ((link->type == MN_MENTIONS || link->type == MN_RELATED_TO) && links && rc == MN_OK)
		rc = fan_need(f, needs, link->far, MN_WAY_HEADS, fan_rules[MN_REASON_LINK].most);
	return rc;
}

static int need_of_fired(struct fan *f, struct fan_needs *needs, size_t i)
{
	uint32_t node = f->fired[i].node;
	const mn_list *own = mn_view_list(f->v, node, MN_WAY_OWN);
	const mn_list *beside = mn_view_list(f->v, node, MN_WAY_BESIDE);
	const mn_list *involved = i < fan_echoing(f) ? mn_view_list(f->v, node, MN_WAY_INVOLVED)
						     : NULL;
	int rc = MN_OK;

	for (uint32_t k = 0; own && k < own->n && rc == MN_OK; k++)
		rc = need_reached(f, needs, &own->at[k], i < fan_linking(f));
	for (uint32_t k = 0; beside && k < beside->n && rc == MN_OK; k++)
		rc = fan_need(f, needs, beside->at[k].far, MN_WAY_BESIDE, FAN_BESIDE);
	for (uint32_t k = 0; involved && k < involved->n && rc == MN_OK; k++)
		rc = fan_need(f, needs, involved->at[k].far, MN_WAY_TERMS, 0);
	return rc;
}

/* Names in the texts of those that fire along names, and everything else they lead to. */
static int read_reached(struct fan *f)
{
	struct fan_needs needs = {0};
	struct mn_mentions mentions;
	uint32_t nodes[MN_FAN_LINKING];
	int rc;

	for (size_t i = 0; i < fan_linking(f); i++)
		nodes[i] = f->fired[i].node;
	rc = mn_mentions_begin(
		f->v, &f->call, f->q->analyst, &f->texts, nodes, fan_linking(f), &mentions);
	for (size_t i = 0; i < f->nfired && rc == MN_OK; i++)
		rc = need_of_fired(f, &needs, i);
	for (size_t i = 0; rc == MN_OK && i < mentions.nentities; i++)
		if (mentions.entities[i] != MN_NOBODY)
			rc = fan_need(f, &needs, mentions.entities[i], MN_WAY_HEADS,
				fan_rules[MN_REASON_LINK].most);
	if (rc == MN_OK)
		rc = mn_view_fill(f->v, needs.at, needs.n);
	return rc == MN_OK ? mn_mentions_end(f->v, &mentions) : rc;
}

int fan_read_ahead(struct fan *f)
{
	int rc = f->nfired ? read_own(f) : MN_OK;

	return rc == MN_OK && f->nfired ? read_reached(f) : rc;
}
