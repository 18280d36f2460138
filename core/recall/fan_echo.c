/* SPDX-License-Identifier: MIT */
/*
 * fan_echo.c - the second concept hop: concepts of the fired memories that the question lacks
 * fire in turn, weakly. What one gets is divided by its fan, else common words drown everything.
 */
#include <stdlib.h>

#include "base/fail.h"
#include "recall/fan.h"

struct echo {
	uint32_t node, fan;
	mn_id id;
	double idf, worth; /* what it would get, before all are scaled to a sum of 1 */
};

/* Adds up, in the side space, what each concept gets from the fired memories. */
static int collect(struct fan *f)
{
	mn_need needs[MN_FAN_ECHOING] = {0};
	size_t n = fan_echoing(f);
	int rc;

	for (size_t i = 0; i < n; i++)
		needs[i] = (mn_need){
			.node = f->fired[i].node, .way = MN_WAY_INVOLVED, .limit = MN_NO_LIMIT};
	rc = mn_view_fill(f->v, needs, n);
	mn_space_begin(f->s->side);
	for (size_t i = 0; i < n && rc == MN_OK; i++) {
		const mn_list *own = mn_view_list(f->v, f->fired[i].node, MN_WAY_INVOLVED);

		for (uint32_t k = 0; own && k < own->n; k++) {
			mn_cell *c = fan_is_term(f, own->at[k].far)
					     ? NULL
					     : mn_space_touch(f->s->side, own->at[k].far);

			if (c)
				c->level += f->fired[i].level * own->at[k].weight;
		}
	}
	return rc;
}

static int by_worth(const void *a, const void *b)
{
	const struct echo *x = a, *y = b;

	if (x->worth != y->worth)
		return x->worth > y->worth ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* The concepts that are worth most, and the sum of that. */
static int choose(struct fan *f, struct echo **out, size_t *nout, double *sum)
{
	const mn_space *side = f->s->side;
	struct echo *e = mn_call_array(&f->call, side->ncells, sizeof(*e));
	mn_need *needs = mn_call_array(&f->call, side->ncells, sizeof(*needs));
	size_t n = 0;
	int rc;

	if (!e || !needs)
		return MN_ENOMEM;
	for (size_t i = 0; i < side->ncells; i++)
		needs[i] = (mn_need){.node = side->cells[i].node, .way = MN_WAY_TERMS};
	rc = mn_view_fill(f->v, needs, side->ncells);
	for (size_t i = 0; i < side->ncells && rc == MN_OK; i++) {
		uint32_t node = side->cells[i].node;
		const mn_list *list = mn_view_list(f->v, node, MN_WAY_TERMS);

		if (!list || list->degree < 2)
			continue;
		e[n] = (struct echo){.node = node,
			.fan = list->degree,
			.id = mn_view_id(f->v, node),
			.idf = fan_share(f, MN_SHARE_IDF, list->degree)};
		e[n].worth = side->cells[i].level * e[n].idf / list->degree;
		n++;
	}
	qsort(e, n, sizeof(*e), by_worth);
	n = n < MN_FAN_ECHOES ? n : MN_FAN_ECHOES;
	*sum = 0;
	for (size_t i = 0; i < n; i++)
		*sum += e[i].worth;
	*out = e;
	*nout = n;
	return rc;
}

/* Memories give to the concept. */
static int give_in(struct fan *f, const struct echo *e, double sum)
{
	struct fan_pulse p = {.reason = MN_REASON_ECHO,
		.to = e->node,
		.fan = e->fan,
		.share = e->idf / e->fan / sum,
		.hop = 2};
	int rc = MN_OK;

	for (size_t i = 0; i < fan_echoing(f) && rc == MN_OK; i++) {
		const mn_list *own = mn_view_list(f->v, f->fired[i].node, MN_WAY_INVOLVED);

		p.from = f->fired[i].node;
		p.in = f->fired[i].level;
		for (uint32_t k = 0; own && k < own->n && rc == MN_OK; k++) {
			if (own->at[k].far != e->node)
				continue;
			p.weight = own->at[k].weight;
			p.synapse = own->synapse[k];
			rc = fan_give(f, &p);
		}
	}
	return rc;
}

static int give_out(struct fan *f, const struct echo *e)
{
	struct fan_pulse p = {.reason = MN_REASON_EXPAND,
		.from = e->node,
		.in = fan_level(f, e->node),
		.fan = e->fan,
		.share = e->idf,
		.hop = 3};
	mn_need need = {
		.node = e->node, .way = MN_WAY_TERMS, .limit = fan_rules[MN_REASON_EXPAND].most};
	const mn_list *list;
	mn_list head;
	int rc = mn_view_read(f->v, &need, &list);

	if (rc != MN_OK)
		return rc;
	head = *list;
	head.n = head.n < need.limit ? head.n : need.limit;
	return fan_give_list(f, &p, &head, MN_NOBODY);
}

int fan_echo(struct fan *f)
{
	mn_need needs[MN_FAN_ECHOES] = {0};
	struct echo *e = NULL;
	size_t n = 0;
	double sum = 0;
	int rc = collect(f);

	if (rc == MN_OK)
		rc = choose(f, &e, &n, &sum);
	if (rc != MN_OK || sum <= 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		needs[i] = (mn_need){.node = e[i].node,
			.way = MN_WAY_TERMS,
			.limit = fan_rules[MN_REASON_EXPAND].most};
	rc = mn_view_fill(f->v, needs, n);
	for (size_t i = 0; i < n && rc == MN_OK; i++) {
		rc = give_in(f, &e[i], sum);
		if (rc == MN_OK)
			rc = give_out(f, &e[i]);
	}
	return rc;
}
