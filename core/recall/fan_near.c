/* SPDX-License-Identifier: MIT */
/*
 * fan_near.c - concepts reach the neighbours of memories in a conversation.
 *
 * A concept reaches a memory once: directly, or by way of the neighbour that has it most. So what
 * a memory gets here is the surplus of the best neighbour's weight, times the sequence synapse's,
 * over its own. (Summing over neighbours instead costs 1 to 2 points of recall.)
 */
#include "base/fail.h"
#include "base/type.h"
#include "recall/fan.h"

struct near {
	struct fan *f;
	uint32_t *nodes; /* those that may gain, then their neighbours */
	size_t ngain, n, cap;
	double *weights; /* n * nterms: of each concept in each memory */
};

/* Numbers memories by their cells in the side space. */
static int add(struct near *near, uint32_t node)
{
	mn_space *side = near->f->s->side;

	if (mn_space_find(side, node))
		return MN_OK;
	if (!mn_space_touch(side, node))
		return mn_fail_memory(&near->f->call);
	if (near->n < near->cap)
		near->nodes[near->n++] = node;
	return MN_OK;
}

static int add_neighbours(struct near *near, uint32_t node)
{
	const mn_list *beside = mn_view_list(near->f->v, node, MN_WAY_BESIDE);
	int rc = MN_OK;

	for (uint32_t i = 0; beside && i < beside->n && rc == MN_OK; i++)
		rc = add(near, beside->at[i].far);
	return rc;
}

/* The fired memories of conversations and their neighbours may gain; theirs may give. */
static int gather(struct near *near)
{
	struct fan *f = near->f;
	int rc = MN_OK;

	mn_space_begin(f->s->side);
	for (size_t i = 0; i < f->nfired && rc == MN_OK; i++) {
		const mn_list *beside = mn_view_list(f->v, f->fired[i].node, MN_WAY_BESIDE);

		if (!beside || !beside->degree)
			continue;
		rc = add(near, f->fired[i].node);
		if (rc == MN_OK)
			rc = add_neighbours(near, f->fired[i].node);
	}
	near->ngain = near->n;
	if (rc == MN_OK && near->n)
		rc = fan_read(f, MN_WAY_BESIDE, FAN_BESIDE, near->nodes, near->n);
	for (size_t i = 0; i < near->ngain && rc == MN_OK; i++)
		rc = add_neighbours(near, near->nodes[i]);
	return rc;
}

static size_t number_of(const struct near *near, uint32_t node)
{
	const mn_space *side = near->f->s->side;
	const mn_cell *c = mn_space_find(side, node);

	return c ? (size_t)(c - side->cells) : SIZE_MAX;
}

static bool read_whole(const mn_list *list)
{
	return list && list->n == list->degree;
}

/* Weights of a concept whose list is there to its end. */
static void weigh_by_list(struct near *near, size_t term, const mn_list *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		size_t k = number_of(near, list->at[i].far);

		if (k < near->n)
			near->weights[k * near->f->nterms + term] = list->at[i].weight;
	}
}

/* Weights of the others, from the memories' own synapses. */
static void weigh_by_memory(struct near *near, size_t k, const bool *whole)
{
	struct fan *f = near->f;
	const mn_list *own = mn_view_list(f->v, near->nodes[k], MN_WAY_INVOLVED);

	for (uint32_t i = 0; own && i < own->n; i++) {
		if (!mn_space_find(f->s->space, own->at[i].far))
			continue;
		for (size_t t = 0; t < f->nterms; t++)
			if (!whole[t] && f->terms[t].node == own->at[i].far)
				near->weights[k * f->nterms + t] = own->at[i].weight;
	}
}

static int weigh(struct near *near)
{
	struct fan *f = near->f;
	bool whole[MN_FAN_TERMS], all = true;
	int rc = MN_OK;

	near->weights = mn_call_array(&f->call, near->n * f->nterms, sizeof(*near->weights));
	if (!near->weights)
		return MN_ENOMEM;
	for (size_t t = 0; t < f->nterms; t++) {
		const mn_list *list = mn_view_list(f->v, f->terms[t].node, MN_WAY_TERMS);

		whole[t] = read_whole(list);
		all &= whole[t];
		if (whole[t])
			weigh_by_list(near, t, list);
	}
	if (!all)
		rc = fan_read(f, MN_WAY_INVOLVED, MN_NO_LIMIT, near->nodes, near->n);
	for (size_t k = 0; !all && k < near->n && rc == MN_OK; k++)
		weigh_by_memory(near, k, whole);
	return rc;
}

/* The neighbour that brings most of a concept: how much, and along which synapse. */
static double best_of(const struct near *near, const mn_list *beside, size_t term, mn_id *synapse)
{
	double best = 0;

	for (uint32_t i = 0; i < beside->n; i++) {
		size_t k = number_of(near, beside->at[i].far);
		double w;

		if (k >= near->n)
			continue;
		w = beside->at[i].weight * near->weights[k * near->f->nterms + term];
		w *= beside->at[i].out ? 1 : FAN_FORWARD; /* from an earlier one */
		if (w > best) {
			best = w;
			*synapse = beside->synapse[i];
		}
	}
	return best;
}

static int gain(struct near *near, size_t k)
{
	struct fan *f = near->f;
	const mn_list *beside = mn_view_list(f->v, near->nodes[k], MN_WAY_BESIDE);
	int rc = MN_OK;

	for (size_t t = 0; beside && t < f->nterms && rc == MN_OK; t++) {
		struct fan_pulse p = {.reason = MN_REASON_NEAR,
			.from = f->terms[t].node,
			.to = near->nodes[k],
			.in = fan_level(f, f->terms[t].node),
			.share = f->terms[t].idf,
			.fan = f->terms[t].fan,
			.hop = 2};

		p.weight = best_of(near, beside, t, &p.synapse) - near->weights[k * f->nterms + t];
		if (p.weight > 0)
			rc = fan_give(f, &p);
	}
	return rc;
}

int fan_near(struct fan *f)
{
	/* Five neighbours on each side, their neighbours likewise, and some for odd graphs. */
	struct near near = {.f = f, .cap = f->nfired * 64};
	int rc;

	near.nodes = mn_call_array(&f->call, near.cap, sizeof(*near.nodes));
	if (!near.nodes)
		return MN_ENOMEM;
	rc = gather(&near);
	if (rc == MN_OK && near.ngain && f->nterms)
		rc = weigh(&near);
	for (size_t k = 0; k < near.ngain && f->nterms && rc == MN_OK; k++)
		rc = gain(&near, k);
	return rc;
}
