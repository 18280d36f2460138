/* SPDX-License-Identifier: MIT */
/*
 * classic_lent.c - "classic" over lists that the store lends, where they are.
 *
 * What fires gives at most `gain` times its level, so of the neurons that wait, all above `gain`
 * times the strongest are sure of their level: they fire in any order, many at once, and the
 * processor fetches the lists of the next while it goes through those of the first. Ties are
 * settled as if the strongest had fired first, so the answer is the same as that of classic.c.
 */
#include <math.h>

#include "base/arena.h"
#include "base/fail.h"
#include "recall/classic.h"

#define TOGETHER 64 /* lists read by one call of the store; between two looks at the token */
#define AHEAD 24    /* links whose mark the processor fetches in advance */

struct cells { /* numbers of cells in a space */
	uint32_t *at;
	size_t n, cap;
};

struct run {
	mn_spread *s;
	const struct mn_classic_rule *rule;
	struct mn_lent lent;
	mn_space *levels; /* of the anchor set */
	double spreads;   /* no less a level does */
	struct cells waiting, firing;
	mn_cell from[TOGETHER]; /* whose lists are being read, */
	double gives[TOGETHER]; /* and what arrives over a synapse of weight 1 */
};

/* The array grows in the arena: what it leaves there is less than it has. */
static int add(struct run *r, struct cells *c, uint32_t cell)
{
	if (c->n == c->cap) {
		const size_t cap = c->cap ? c->cap * 2 : 512;
		uint32_t *at = mn_arena_array(r->s->arena, cap, sizeof(*at));

		if (!at)
			return mn_fail_memory(&r->s->view->call);
		for (size_t i = 0; i < c->n; i++)
			at[i] = c->at[i];
		c->at = at;
		c->cap = cap;
	}
	c->at[c->n++] = cell;
	return MN_OK;
}

static bool may_spread(const struct run *r, const mn_cell *c)
{
	return c->hop < r->s->max_hops && c->level * r->rule->gain >= r->s->threshold;
}

/* To fire, if it is enough for that and does not wait already. */
static int wait(struct run *r, mn_cell *c)
{
	if (c->waiting || !may_spread(r, c))
		return MN_OK;
	c->waiting = true;
	return add(r, &r->waiting, (uint32_t)(c - r->levels->cells));
}

/* ---- Arriving ------------------------------------------------------------------------------ */

static bool fires_before(const mn_cell *a, const mn_cell *b)
{
	if (a->level != b->level)
		return a->level > b->level;
	return a->hop != b->hop ? a->hop < b->hop : a->node < b->node;
}

/* The same level over another way: the one that would have been first is kept, and where it goes on
 * from here, the least hops. */
static void settle(const struct run *r, mn_cell *c, const mn_cell *from, const mn_lists_link *link)
{
	const mn_id synapse = (mn_id)link->synapse + 1;
	const uint16_t hop = (uint16_t)(from->hop + 1);
	const bool earlier = c->from == from->node
				     ? synapse < c->synapse
				     : fires_before(from, mn_space_find(r->levels, c->from));

	if (earlier) {
		c->from = from->node;
		c->synapse = synapse;
	}
	if (c->waiting ? hop < c->hop : earlier)
		c->hop = hop;
}

/* A neuron that was met already. */
static int arrive(struct run *r, mn_cell *c, const mn_lists_link *link, double level)
{
	const mn_cell *from = &r->from[link->of];

	if (level <= c->level) {
		if (level == c->level && !c->fired && c->from != MN_NOBODY)
			settle(r, c, from, link);
		return MN_OK;
	}
	c->level = c->most = level;
	c->from = from->node;
	c->synapse = (mn_id)link->synapse + 1;
	c->hop = (uint16_t)(from->hop + 1);
	c->reason = MN_REASON_SPREAD;
	return wait(r, c);
}

/* Into a new cell, for which there is room. */
static int meet(struct run *r, const mn_lists_link *link, double level)
{
	mn_space *s = r->levels;
	const mn_cell *from = &r->from[link->of];
	mn_cell *c = &s->cells[s->ncells];

	s->marks[link->far] = (struct mn_space_mark){s->epoch, (uint32_t)s->ncells++};
	*c = (mn_cell){.level = level,
		.most = level,
		.synapse = (mn_id)link->synapse + 1,
		.from = from->node,
		.node = link->far,
		.hop = (uint16_t)(from->hop + 1),
		.reason = MN_REASON_SPREAD,
		.reached = true};
	return level < r->spreads ? MN_OK : wait(r, c);
}

static int take(struct run *r, const mn_lists_link *link)
{
	mn_space *s = r->levels;
	const double level = r->gives[link->of] * link->weight;
	struct mn_space_mark m;

	if (link->far >= s->nmarks && !mn_space_grow(s, link->far))
		return mn_fail_memory(&r->s->view->call);
	m = s->marks[link->far];
	if (level < r->s->threshold || link->weight < r->rule->lightest)
		return MN_OK;
	if (m.epoch != s->epoch)
		return meet(r, link, level);
	return level < s->cells[m.cell].level ? MN_OK : arrive(r, &s->cells[m.cell], link, level);
}

static int visit(void *ctx, const mn_lists_link *links, size_t n)
{
	struct run *r = ctx;
	const mn_lists_link *ahead = links, *end = links + n;
	int rc = MN_OK;

	for (; ahead != end && ahead != links + AHEAD; ahead++)
		__builtin_prefetch(mn_space_mark_of(r->levels, ahead->far));
	if (!mn_space_room(r->levels, n, 0))
		return mn_fail_memory(&r->s->view->call);
	for (; links != end && rc == MN_OK; links++) {
		if (ahead != end)
			__builtin_prefetch(mn_space_mark_of(r->levels, ahead++->far));
		rc = take(r, links);
	}
	return rc;
}

/* ---- Firing -------------------------------------------------------------------------------- */

/* n at most TOGETHER. */
static int fire(struct run *r, const uint32_t *cells, size_t n)
{
	uint32_t neurons[TOGETHER];
	double floors[TOGETHER];
	int rc = mn_check(&r->s->view->call);

	for (size_t i = 0; i < n; i++) {
		mn_cell *c = &r->levels->cells[cells[i]];
		double floor;

		r->from[i] = *c;
		r->gives[i] = c->level * r->rule->gain;
		neurons[i] = c->node;
		/* A little below, so that no rounding loses what visit would take. */
		floor = fmax(r->s->threshold / r->gives[i], r->rule->lightest);
		floors[i] = floor * (1 - 1e-9);
	}
	r->s->view->hits += n;
	if (rc == MN_OK)
		rc = r->lent.ops->read(
			r->lent.lists, neurons, floors, n, visit, r, &r->s->examined);
	return rc;
}

/* Those that are sure of their level: from `waiting` to `firing`. */
static int choose(struct run *r, double bound)
{
	size_t kept = 0;
	int rc = MN_OK;

	r->firing.n = 0;
	for (size_t i = 0; i < r->waiting.n && rc == MN_OK; i++) {
		mn_cell *c = &r->levels->cells[r->waiting.at[i]];

		if (c->level > bound) {
			c->fired = true;
			rc = add(r, &r->firing, r->waiting.at[i]);
		} else {
			r->waiting.at[kept++] = r->waiting.at[i];
		}
	}
	r->waiting.n = kept;
	return rc;
}

static int spread_set(struct run *r, const uint32_t *anchors, size_t n)
{
	int rc = MN_OK;

	mn_space_begin(r->levels);
	r->waiting.n = 0;
	for (size_t i = 0; i < n && rc == MN_OK; i++) {
		mn_cell *c = mn_space_touch(r->levels, anchors[i]);

		if (!c)
			return mn_fail_memory(&r->s->view->call);
		c->level = c->most = 1;
		c->reason = MN_REASON_ASKED;
		c->reached = true;
		rc = wait(r, c);
	}
	for (double bound = r->rule->gain; r->waiting.n && rc == MN_OK; bound *= r->rule->gain) {
		rc = choose(r, bound);
		for (size_t i = 0; i < r->firing.n && rc == MN_OK; i += TOGETHER)
			rc = fire(r, r->firing.at + i,
				r->firing.n - i < TOGETHER ? r->firing.n - i : TOGETHER);
	}
	return rc;
}

/* ---- Sets ---------------------------------------------------------------------------------- */

/* What the anchors are called in the lists; NULL: no memory, or one that cannot be in them. */
static uint32_t *number(mn_spread *s)
{
	const uint32_t n = s->anchors.start[s->anchors.nsets];
	uint32_t *numbers = mn_arena_array(s->arena, n, sizeof(*numbers));

	for (uint32_t i = 0; numbers && i < n; i++) {
		const mn_id id = mn_view_id(s->view, s->anchors.node[i]);

		if (id > MN_NOBODY)
			return NULL;
		numbers[i] = (uint32_t)(id - 1);
	}
	return numbers;
}

static int spread_sets(struct run *r, const uint32_t *anchors)
{
	const mn_anchors *a = &r->s->anchors;
	bool first = true;
	int rc = MN_OK;

	for (uint32_t i = 0; i < a->nsets && rc == MN_OK; i++) {
		if (a->start[i + 1] == a->start[i])
			continue;
		r->levels = first ? r->s->space : r->s->side;
		rc = spread_set(r, anchors + a->start[i], a->start[i + 1] - a->start[i]);
		if (rc == MN_OK && !first)
			rc = mn_classic_join(r->s, r->s->side, r->rule->boost);
		first = false;
	}
	return rc;
}

int mn_classic_lent(mn_spread *s, const struct mn_classic_rule *rule, bool *done)
{
	/* A little less, so that may_spread decides. */
	struct run r = {.s = s, .rule = rule, .spreads = s->threshold / rule->gain * (1 - 1e-9)};
	mn_view *v = s->view;
	uint32_t *anchors;
	int rc;

	*done = false;
	mn_arena_reset(v->call.arena);
	rc = mn_brain_lend(v->brain, &v->call, &r.lent);
	if (rc != MN_OK || !r.lent.lists)
		return rc;
	v->trips++;
	rc = mn_view_at(v, &v->call.at);
	anchors = rc == MN_OK ? number(s) : NULL;
	if (anchors) {
		*done = true;
		mn_view_number(v);
		rc = spread_sets(&r, anchors);
	}
	mn_brain_return(v->brain, &r.lent);
	return rc;
}
