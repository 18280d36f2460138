/* SPDX-License-Identifier: MIT */
/*
 * why.c - the ways in which activation came to a neuron.
 *
 * Every contribution to its level is the end of a path. Backwards from it, each neuron on the way
 * is explained by the largest contribution it had by then, until the question. Behind the
 * contribution stand the factors that came later: the normalisation and the gates. So the product
 * of a path's tail is what it gives, and the paths' gives add up to the level (under "classic",
 * where the best level wins, there is one path to it, or one for each set of anchors).
 */
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/fail.h"
#include "recall/trace.h"

#define MOST_PATHS 512
#define LONGEST 64

static bool counts(const mn_event *e)
{
	return e->fate == MN_FATE_ACTIVATED || e->fate == MN_FATE_RAISED;
}

static bool adds(const mn_event *e)
{
	return counts(e) && e->op != MN_OP_MULTIPLY;
}

/* The last time before a step at which levels were put aside; 0: never. */
static uint32_t set_began(const mn_trace *t, uint32_t step)
{
	const uint32_t *all;
	size_t n = mn_trace_into(t, 0, &all);

	while (n && (all[n - 1] >= step || t->events[all[n - 1]].op != MN_OP_ASIDE))
		n--;
	return n ? all[n - 1] : 0;
}

/* The largest contribution to a neuron before a step, within the same set of anchors. */
static const mn_event *largest(const mn_trace *t, mn_id to, uint32_t step)
{
	const mn_event *best = NULL;
	const uint32_t *into;
	size_t n = mn_trace_into(t, to, &into);
	uint32_t began = set_began(t, step);

	for (size_t i = 0; i < n && into[i] < step; i++) {
		const mn_event *e = &t->events[into[i]];

		if (into[i] >= began && adds(e) && (!best || e->out > best->out))
			best = e;
	}
	return best;
}

/* From the question to the event, into path; returns how many. */
static size_t walk_back(const mn_trace *t, const mn_event *e, const mn_event **path)
{
	const mn_event *back[LONGEST];
	size_t n = 0;

	while (e && n < LONGEST) {
		back[n++] = e;
		e = e->from ? largest(t, e->from, e->step) : NULL;
	}
	for (size_t i = 0; i < n; i++)
		path[i] = back[n - 1 - i];
	return n;
}

struct way {
	mn_why why;
	const mn_event *last; /* the contribution itself */
	double level;         /* that it made, where only the best counts */
};

/* What one later event makes of a contribution to the neuron `to`. */
static bool takes_part(struct way *w, const mn_event *e, bool mine)
{
	if (!counts(e))
		return false;
	if (mine && (e->op == MN_OP_SET || (e->op == MN_OP_BEST && e->out > w->level)))
		w->why.gives = 0; /* something better took its place */
	if (!mine && e->op == MN_OP_ASIDE)
		w->level = INFINITY; /* put aside: nothing beats it any more */
	if (mine ? e->op != MN_OP_MULTIPLY : e->op != MN_OP_SCALE)
		return false;
	w->why.gives *= e->out;
	return true;
}

/* The factors that came after a contribution, into tail. */
static size_t follow(const mn_trace *t, struct way *w, mn_id to, const mn_event **tail, size_t room)
{
	const uint32_t *own, *all;
	size_t nown = mn_trace_into(t, to, &own), nall = mn_trace_into(t, 0, &all), n = 0;

	for (size_t i = 0, k = 0; i < nown || k < nall;) {
		bool mine = k == nall || (i < nown && own[i] < all[k]);
		const mn_event *e = &t->events[mine ? own[i++] : all[k++]];

		if (e->step > w->last->step && takes_part(w, e, mine) && n < room)
			tail[n++] = e;
	}
	return n;
}

/* What is left of a level of a set of anchors that was joined to an earlier one. */
static double boost(const mn_trace *t, const mn_event *last)
{
	const uint32_t *all;
	size_t n = mn_trace_into(t, 0, &all);

	for (size_t i = 0; set_began(t, last->step) && i < n; i++)
		if (all[i] > last->step && t->events[all[i]].op == MN_OP_JOIN)
			return t->events[all[i]].out;
	return 1;
}

static int make_way(const mn_trace *t, mn_call *call, const mn_event *e, struct way *out)
{
	const mn_event *path[2 * LONGEST];
	const mn_event **kept;
	size_t n = walk_back(t, e, path);

	*out = (struct way){.last = e, .level = e->out, .why = {.gives = e->out}};
	n += follow(t, out, e->to, path + n, LONGEST);
	kept = mn_call_array(call, n, sizeof(*kept));
	if (!kept)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		kept[i] = path[i];
	out->why.path = kept;
	out->why.n = n;
	return MN_OK;
}

static int by_gives(const void *a, const void *b)
{
	const struct way *x = a, *y = b;

	if (x->why.gives != y->why.gives)
		return x->why.gives > y->why.gives ? -1 : 1;
	return (x->last->step > y->last->step) - (x->last->step < y->last->step);
}

/* A joined level counts in part, if another set had reached the neuron as well. */
static void join_sets(const mn_trace *t, struct way *ways, size_t n)
{
	uint32_t first = n ? set_began(t, ways[0].last->step) : 0;

	for (size_t i = 0; i < n; i++)
		if (set_began(t, ways[i].last->step) != first)
			ways[i].why.gives *= boost(t, ways[i].last);
}

/* Pooled contributions share the level by their squares. */
static void share_pool(const mn_trace *t, mn_id neuron, struct way *ways, size_t n)
{
	double level = mn_trace_recompute(t, neuron);

	for (size_t i = 0; i < n; i++)
		if (ways[i].last->op == MN_OP_POOL && level > 0)
			ways[i].why.gives *= ways[i].why.gives / level;
}

int mn_trace_why(const mn_trace *t, mn_call *call, mn_id neuron, const mn_why **out, size_t *n)
{
	struct way *ways = mn_call_array(call, MOST_PATHS, sizeof(*ways));
	const uint32_t *into;
	size_t ninto = mn_trace_into(t, neuron, &into), found = 0, kept = 0;
	mn_why *why;
	int rc = ways ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; i < ninto && found < MOST_PATHS && rc == MN_OK; i++)
		if (neuron && adds(&t->events[into[i]]))
			rc = make_way(t, call, &t->events[into[i]], &ways[found++]);
	if (rc != MN_OK)
		return rc;
	join_sets(t, ways, found);
	share_pool(t, neuron, ways, found);
	qsort(ways, found, sizeof(*ways), by_gives);
	why = mn_call_array(call, found, sizeof(*why));
	if (!why)
		return MN_ENOMEM;
	for (size_t i = 0; i < found; i++)
		if (ways[i].why.gives > 0)
			why[kept++] = ways[i].why;
	*out = why;
	*n = kept;
	return MN_OK;
}
