/* SPDX-License-Identifier: MIT */
/* fetch.c - rows of neurons and fibers for an answer; of a store that is far away, all that may be
 * needed at once. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/fail.h"
#include "recall/answer.h"
#include "recall/top.h"

#define LONGEST_PATH 6 /* neurons on the path that is shown */
#define TIED 32        /* with the last that may be ranked, as a rule at most */

static int by_id(const void *a, const void *b)
{
	const mn_id x = *(const mn_id *)a, y = *(const mn_id *)b;

	return (x > y) - (x < y);
}

static bool excludes(const void *ctx, uint32_t node)
{
	const struct mn_recall *r = ctx;

	return mn_top_excludes(&r->view, r->bench.space, node);
}

static double level_of(const struct mn_recall *r, uint32_t node)
{
	return mn_space_find(r->bench.space, node)->level;
}

/* What may be ranked: the best `want` and all that are tied with the last of them, or, where it is
 * not known what they are, about twice as many. *certain: only memories are among them. */
static int choose(struct mn_recall *r, size_t want, uint32_t **out, size_t *nout, bool *certain)
{
	const size_t cap = 2 * (want + TIED) + 16;
	uint32_t *nodes = mn_call_array(&r->inner, cap, sizeof(*nodes));
	size_t got, n;

	if (!nodes)
		return MN_ENOMEM;
	got = mn_top_active(&r->view, r->bench.space, r->inner.arena, excludes, r, nodes, cap);
	*certain = true;
	for (size_t i = 0; i < got; i++)
		*certain &= mn_view_knows(&r->view, nodes[i]);
	n = *certain && want < got ? want : got;
	while (n && n < got && level_of(r, nodes[n]) == level_of(r, nodes[n - 1]))
		n++;
	*out = nodes;
	*nout = n;
	return MN_OK;
}

struct wish { /* for a row, and for the fiber at it */
	mn_id id;
	bool fiber;
};

static int by_wish(const void *a, const void *b)
{
	const struct wish *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* The memories and those on the way to the ones that may be shown; each once, by id. */
static int list_wishes(struct mn_recall *r, size_t want, struct wish **out, size_t *nout)
{
	struct wish *wishes;
	size_t nodes_n, n = 0, kept = 0;
	uint32_t *nodes;
	bool certain;
	int rc = choose(r, want, &nodes, &nodes_n, &certain);

	if (rc != MN_OK)
		return rc;
	wishes = mn_call_array(&r->inner, nodes_n * LONGEST_PATH, sizeof(*wishes));
	if (!wishes)
		return MN_ENOMEM;
	for (size_t i = 0; i < nodes_n; i++) {
		const int steps = certain && i >= want ? 1 : LONGEST_PATH;
		uint32_t node = nodes[i];

		for (int step = 0; node != MN_NOBODY && step < steps; step++) {
			const mn_cell *c = mn_space_find(r->bench.space, node);

			wishes[n++] = (struct wish){mn_view_id(&r->view, node), step == 0};
			node = c ? c->from : MN_NOBODY;
		}
	}
	qsort(wishes, n, sizeof(*wishes), by_wish);
	for (size_t i = 0; i < n; i++)
		if (kept && wishes[kept - 1].id == wishes[i].id)
			wishes[kept - 1].fiber |= wishes[i].fiber;
		else if (wishes[i].id)
			wishes[kept++] = wishes[i];
	*out = wishes;
	*nout = kept;
	return MN_OK;
}

/* What is not kept yet, in one call of the store, and kept from now on. */
static int read_missing(
	struct mn_recall *r, const struct wish *wishes, const mn_id *ids, mn_shown *shown, size_t n)
{
	mn_id *rows = mn_call_array(&r->inner, n, sizeof(*rows));
	mn_id *anchors = mn_call_array(&r->inner, n, sizeof(*anchors));
	size_t nrows = 0, nanchors = 0, row = 0, anchor = 0;
	mn_show_found found;
	int rc;

	if (!rows || !anchors)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (!shown[i].row.id)
			rows[nrows++] = ids[i];
		if (wishes[i].fiber && !shown[i].fiber_known)
			anchors[nanchors++] = ids[i];
	}
	if (nrows + nanchors == 0)
		return MN_OK;
	rc = mn_brain_show(
		r->brain, r->call, (mn_ids){rows, nrows}, (mn_ids){anchors, nanchors}, &found);
	for (size_t i = 0; i < n && rc == MN_OK; i++) {
		if (!shown[i].row.id)
			shown[i].row = found.neurons.at.neuron[row++];
		if (wishes[i].fiber && !shown[i].fiber_known) {
			const mn_fiber *f = &found.fibers.at.fiber[anchor++];

			shown[i].fiber = f->id;
			shown[i].stage = f->stage;
			shown[i].fiber_known = true;
		}
	}
	return rc == MN_OK ? mn_view_keep(&r->view, &r->call->at, ids, shown, n) : rc;
}

int mn_recall_fetch(struct mn_recall *r, size_t want)
{
	struct wish *wishes;
	mn_shown *shown;
	mn_id *ids;
	size_t n;
	int rc;

	if (r->brain->store->info.trip_us < MN_FAR_US)
		return MN_OK;
	rc = list_wishes(r, want, &wishes, &n);
	if (rc != MN_OK || n == 0)
		return rc;
	ids = mn_call_array(&r->inner, n, sizeof(*ids));
	shown = mn_call_array(&r->inner, n, sizeof(*shown));
	if (!ids || !shown)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		ids[i] = wishes[i].id;
	rc = mn_view_recollect(&r->view, r->call, ids, shown, n);
	if (rc == MN_OK)
		rc = read_missing(r, wishes, ids, shown, n);
	if (rc == MN_OK)
		r->fetched = (struct mn_fetched){ids, shown, n};
	return rc;
}

static const mn_shown *find(const struct mn_recall *r, mn_id id)
{
	const mn_id *at = r->fetched.n
				  ? bsearch(&id, r->fetched.ids, r->fetched.n, sizeof(id), by_id)
				  : NULL;

	return at ? &r->fetched.shown[at - r->fetched.ids] : NULL;
}

int mn_recall_rows(
	struct mn_recall *r, mn_call *call, mn_ids ids, unsigned fields, const mn_neuron ***out)
{
	const mn_neuron **at = mn_call_array(call, ids.n, sizeof(*at));
	bool all = true;
	mn_rows rows;
	int rc;

	if (!at)
		return MN_ENOMEM;
	*out = at;
	for (size_t i = 0; i < ids.n; i++) {
		const mn_shown *s = find(r, ids.at[i]);

		at[i] = s ? &s->row : NULL;
		all &= s != NULL;
	}
	if (all)
		return MN_OK;
	rc = mn_brain_get(r->brain, call, MN_NEURON, ids, fields, &rows);
	if (rc == MN_OK)
		rc = mn_view_check(&r->view, &call->at);
	for (size_t i = 0; i < ids.n && rc == MN_OK; i++)
		at[i] = &rows.at.neuron[i];
	return rc;
}

int mn_recall_fibers(struct mn_recall *r, mn_ids ids, mn_fiber **out)
{
	mn_fiber *at = mn_call_array(&r->inner, ids.n, sizeof(*at));
	bool all = true;
	mn_rows rows;
	int rc;

	if (!at)
		return MN_ENOMEM;
	*out = at;
	for (size_t i = 0; i < ids.n; i++) {
		const mn_shown *s = find(r, ids.at[i]);

		if (s && s->fiber_known)
			at[i] = (mn_fiber){.id = s->fiber, .stage = s->stage};
		all &= s && s->fiber_known;
	}
	if (all)
		return MN_OK;
	rc = mn_brain_fibers_of(r->brain, &r->inner, ids, &rows);
	for (size_t i = 0; i < ids.n && rc == MN_OK; i++)
		at[i] = rows.at.fiber[i];
	return rc;
}
