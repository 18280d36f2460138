/* SPDX-License-Identifier: MIT */
/* fetch.c - rows of neurons for an answer; of a store that is far away, all that may be needed at
 * once. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/fail.h"
#include "recall/answer.h"
#include "recall/top.h"

#define LONGEST_PATH 6 /* neurons on the path that is shown */

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

/* Those that may be ranked, and those on the way to each; each once. */
static int choose(struct mn_recall *r, size_t cap, mn_id **out, size_t *nout)
{
	uint32_t *nodes = mn_call_array(&r->inner, cap, sizeof(*nodes));
	mn_id *ids = mn_call_array(&r->inner, cap * LONGEST_PATH, sizeof(*ids));
	size_t got, n = 0, kept = 0;

	if (!nodes || !ids)
		return MN_ENOMEM;
	got = mn_top_active(&r->view, r->bench.space, r->inner.arena, excludes, r, nodes, cap);
	for (size_t i = 0; i < got; i++) {
		uint32_t node = nodes[i];

		for (int step = 0; node != MN_NOBODY && step < LONGEST_PATH; step++) {
			const mn_cell *c = mn_space_find(r->bench.space, node);

			ids[n++] = mn_view_id(&r->view, node);
			node = c ? c->from : MN_NOBODY;
		}
	}
	qsort(ids, n, sizeof(*ids), by_id);
	for (size_t i = 0; i < n; i++)
		if (ids[i] && (kept == 0 || ids[kept - 1] != ids[i]))
			ids[kept++] = ids[i];
	*out = ids;
	*nout = kept;
	return MN_OK;
}

int mn_recall_fetch(struct mn_recall *r, size_t room)
{
	mn_rows rows;
	mn_id *ids;
	size_t n;
	int rc;

	if (r->brain->store->info.trip_us < MN_FAR_US)
		return MN_OK;
	rc = choose(r, 2 * room + 16, &ids, &n);
	if (rc != MN_OK || n == 0)
		return rc;
	rc = mn_brain_get(r->brain, r->call, MN_NEURON, (mn_ids){ids, n}, 0, &rows);
	if (rc == MN_OK)
		rc = mn_view_learn(&r->view, &r->call->at, ids, rows.at.neuron, n);
	if (rc == MN_OK)
		r->fetched = (struct mn_fetched){ids, rows.at.neuron, n};
	return rc;
}

static const mn_neuron *find(const struct mn_recall *r, mn_id id)
{
	const mn_id *at = r->fetched.n
				  ? bsearch(&id, r->fetched.ids, r->fetched.n, sizeof(id), by_id)
				  : NULL;

	return at ? &r->fetched.rows[at - r->fetched.ids] : NULL;
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
		at[i] = find(r, ids.at[i]);
		all &= at[i] != NULL;
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
