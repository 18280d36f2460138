/* SPDX-License-Identifier: MIT */
/*
 * revise.c - what a memory that is there already keeps, gains and loses when its text changes.
 *
 * Encoding owns the synapses from a memory to concepts (INVOLVES), entities (NAMED, MENTIONS,
 * RELATED_TO) and times (HAPPENED_AT) that have no uid of their own; everything else is somebody
 * else's and stays. Its place in the session stays too, unless the session is another one now.
 * An anchor of an imported graph only gains.
 */
#include <stdlib.h>

#include "backend.h"
#include "base/fail.h"
#include "base/str.h"
#include "base/type.h"
#include "store/brain.h"
#include "text/outline.h"

static const uint16_t outward[] = {MN_INVOLVES, MN_NAMED, MN_MENTIONS, MN_RELATED_TO,
	MN_HAPPENED_AT, MN_DURING, MN_BEFORE, MN_LEADS_TO};
static const uint16_t inward[] = {MN_BEFORE, MN_LEADS_TO};

/* What kind of neuron encoding links to with synapses of this type; 0: it is not about content. */
static uint16_t far_type(uint16_t type)
{
	switch (type) {
	case MN_INVOLVES: return MN_CONCEPT;
	case MN_NAMED:
	case MN_MENTIONS:
	case MN_RELATED_TO: return MN_ENTITY;
	case MN_HAPPENED_AT: return MN_TIME;
	default: return 0;
	}
}

static bool revised(const mn_draft *d)
{
	return d->fate == MN_DRAFT_CHANGED || d->fate == MN_DRAFT_ANCHOR;
}

static int by_type_and_far(const void *a, const void *b)
{
	const mn_there *x = a, *y = b;

	if (x->out != y->out)
		return x->out ? -1 : 1;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->far != y->far)
		return x->far < y->far ? -1 : 1;
	return (x->row->id > y->row->id) - (x->row->id < y->row->id);
}

/* ---- Reading ------------------------------------------------------------------------------ */

/* The frontier: every revised neuron outward, those that change their session inward as well. */
static int gather(mn_outline *p, mn_id **ids, uint8_t **reach_of, size_t *n)
{
	mn_id *at = mn_call_array(p->call, 2 * p->taken, sizeof(*at));
	uint8_t *reach = mn_call_array(p->call, 2 * p->taken, sizeof(*reach));

	if (!at || !reach)
		return MN_ENOMEM;
	*n = 0;
	for (size_t i = 0; i < p->taken; i++) {
		if (!revised(&p->drafts[i]))
			continue;
		at[(*n)++] = p->drafts[i].neuron;
		if (!mn_draft_moves(&p->drafts[i]))
			continue;
		reach[*n] = 1;
		at[(*n)++] = p->drafts[i].neuron;
	}
	*ids = at;
	*reach_of = reach;
	return MN_OK;
}

/* Sorts the fan out among the drafts: entry by entry in the order they were gathered. */
static int hand_out(mn_outline *p, const mn_fan *fan, const mn_synapse *rows, size_t n)
{
	size_t entry = 0;

	p->there = mn_call_array(p->call, n, sizeof(*p->there));
	if (!p->there)
		return MN_ENOMEM;
	p->nthere = n;
	for (size_t i = 0; i < p->taken; i++) {
		mn_draft *d = &p->drafts[i];
		size_t entries = revised(d) ? 1 + mn_draft_moves(d) : 0;

		d->there = entries ? fan->start[entry] : 0;
		entry += entries;
		d->nthere = entries ? fan->start[entry] - d->there : 0;
		for (size_t k = d->there; k < d->there + d->nthere; k++)
			p->there[k] = (mn_there){&rows[k], fan->far[k], fan->type[k],
				rows[k].from == d->neuron, false};
		if (d->nthere)
			qsort(p->there + d->there, d->nthere, sizeof(*p->there), by_type_and_far);
	}
	return MN_OK;
}

int mn_revise_read(mn_outline *p)
{
	const mn_reach reaches[] = {
		{outward, sizeof(outward) / sizeof(*outward), .out = true},
		{inward, sizeof(inward) / sizeof(*inward), .in = true},
	};
	mn_expand ask = MN_SIZED(mn_expand);
	mn_id *ids;
	uint8_t *reach_of;
	mn_fan fan;
	mn_rows rows = {0};
	size_t n;
	int rc = gather(p, &ids, &reach_of, &n);

	if (rc != MN_OK || !n)
		return rc;
	ask.frontier = (mn_ids){ids, n};
	ask.reach_of = reach_of;
	ask.reaches = reaches;
	ask.nreaches = 2;
	ask.want_synapse = true;
	rc = mn_brain_expand(p->brain, p->call, &ask, &fan);
	if (rc == MN_OK)
		rc = mn_outline_check(p);
	n = rc == MN_OK ? fan.start[n] : 0;
	if (n)
		rc = mn_brain_get(p->brain, p->call, MN_SYNAPSE, (mn_ids){fan.synapse, n},
			MN_FIELD_HEAD | MN_FIELD_UID, &rows);
	if (n && rc == MN_OK)
		rc = mn_outline_check(p);
	return rc == MN_OK ? hand_out(p, &fan, rows.at.synapse, n) : rc;
}

/* ---- Wanting ------------------------------------------------------------------------------ */

static mn_there *find(mn_outline *p, const mn_draft *d, mn_id far, uint16_t type)
{
	size_t low = d->there, high = d->there + d->nthere;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const mn_there *t = &p->there[mid];

		if (t->out && (t->type < type || (t->type == type && t->far < far)))
			low = mid + 1;
		else
			high = mid;
	}
	if (low == d->there + d->nthere)
		return NULL;
	return p->there[low].out && p->there[low].type == type && p->there[low].far == far
		       ? &p->there[low]
		       : NULL;
}

int mn_revise_want(mn_outline *p, mn_draft *d, mn_id to, uint16_t type, double base)
{
	mn_there *t = d->fate == MN_DRAFT_NEW ? NULL : find(p, d, to, type);
	mn_synapse *tuned;

	if (!t)
		return mn_outline_add(p, d->neuron, to, type, base);
	t->wanted = true;
	if (d->fate == MN_DRAFT_ANCHOR || t->row->uid.len || t->row->base == base)
		return MN_OK;
	tuned = mn_call_alloc(p->call, sizeof(*tuned));
	if (!tuned)
		return MN_ENOMEM;
	*tuned = *t->row;
	tuned->base = base;
	return mn_outline_change(p, MN_TUNE, MN_SYNAPSE, tuned);
}

/* ---- What is left ------------------------------------------------------------------------- */

/* A question leads to the memory after it, and what is none does not. */
static int lead_on(mn_outline *p, mn_draft *d)
{
	bool asks = d->said.marks & MN_NEURON_ASKS;

	for (size_t k = d->there; k < d->there + d->nthere; k++) {
		mn_there *next = &p->there[k], *leads;

		/* Right after it: of all steps this one weighs most. */
		if (!next->out || next->type != MN_BEFORE || next->row->base != .7)
			continue;
		leads = find(p, d, next->far, MN_LEADS_TO);
		if (asks && !leads)
			return mn_outline_add(p, d->neuron, next->far, MN_LEADS_TO, 1);
		if (!asks && leads && !leads->row->uid.len)
			return mn_outline_change(p, MN_DROP, MN_SYNAPSE, leads->row);
	}
	return MN_OK;
}

/* It leaves its session: so do its synapses of succession, both ways. */
static int step_out(mn_outline *p, mn_draft *d)
{
	int rc = MN_OK;

	for (size_t k = d->there; rc == MN_OK && k < d->there + d->nthere; k++) {
		const mn_there *t = &p->there[k];

		if (!t->row->uid.len
			&& (t->type == MN_BEFORE || t->type == MN_LEADS_TO || t->type == MN_DURING))
			rc = mn_outline_change(p, MN_DROP, MN_SYNAPSE, t->row);
	}
	return rc;
}

/* Of what is there and not wanted, that which encoding may have made, by its type. */
static size_t unwanted(const mn_outline *p, const mn_there **out, mn_id *far)
{
	size_t n = 0;

	for (size_t i = 0; i < p->taken; i++) {
		const mn_draft *d = &p->drafts[i];

		if (d->fate != MN_DRAFT_CHANGED)
			continue;
		for (size_t k = d->there; k < d->there + d->nthere; k++) {
			const mn_there *t = &p->there[k];

			if (t->wanted || !t->out || t->row->uid.len || !far_type(t->type))
				continue;
			far[n] = t->far;
			out[n++] = t;
		}
	}
	return n;
}

static int drop_content(mn_outline *p)
{
	const mn_there **out = mn_call_array(p->call, p->nthere, sizeof(*out));
	mn_id *far = mn_call_array(p->call, p->nthere, sizeof(*far));
	mn_rows rows;
	size_t n;
	int rc;

	if (!out || !far)
		return MN_ENOMEM;
	n = unwanted(p, out, far);
	if (!n)
		return MN_OK;
	rc = mn_brain_get(p->brain, p->call, MN_NEURON, (mn_ids){far, n}, MN_FIELD_HEAD, &rows);
	if (rc == MN_OK)
		rc = mn_outline_check(p);
	for (size_t i = 0; rc == MN_OK && i < n; i++)
		if (rows.at.neuron[i].type == far_type(out[i]->type))
			rc = mn_outline_change(p, MN_DROP, MN_SYNAPSE, out[i]->row);
	return rc;
}

int mn_revise_rest(mn_outline *p)
{
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < p->taken; i++) {
		mn_draft *d = &p->drafts[i];

		if (d->fate == MN_DRAFT_CHANGED)
			rc = mn_draft_moves(d) ? step_out(p, d) : lead_on(p, d);
	}
	return rc == MN_OK && p->nthere ? drop_content(p) : rc;
}
