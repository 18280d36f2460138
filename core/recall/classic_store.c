/* SPDX-License-Identifier: MIT */
/* classic_store.c - a spread of "classic" that the store walks by itself, in one trip. */
#include "base/arena.h"
#include "base/fail.h"
#include "recall/classic.h"
#include "store/brain.h"

/* The sets that are not empty, as the store is asked for them: ids instead of indices. */
static int make_ask(mn_spread *s, mn_spread_ask *ask)
{
	const mn_anchors *a = &s->anchors;
	const uint32_t n = a->start[a->nsets];
	mn_id *ids = mn_call_array(&s->view->call, n, sizeof(*ids));
	uint32_t *start = mn_call_array(&s->view->call, a->nsets + 1, sizeof(*start));

	if (!ids || !start)
		return MN_ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		ids[i] = mn_view_id(s->view, a->node[i]);
	ask->anchors = ids;
	ask->start = start;
	for (uint32_t i = 0; i < a->nsets; i++)
		if (a->start[i + 1] > a->start[i])
			start[++ask->nsets] = a->start[i + 1];
	return MN_OK;
}

int mn_classic_ask(mn_spread *s, double gain, double lightest, mn_spread_found *out, bool *done)
{
	mn_view *v = s->view;
	mn_spread_ask ask = {.size = sizeof(ask),
		.max_hops = s->max_hops,
		.gain = gain,
		.lightest = lightest,
		.threshold = s->threshold,
		.heads = true};
	int rc;

	*done = false;
	mn_arena_reset(v->call.arena);
	rc = make_ask(s, &ask);
	if (rc == MN_OK && ask.nsets && s->max_hops)
		rc = mn_brain_spread(v->brain, &v->call, &ask, out, done);
	if (rc != MN_OK || !*done)
		return rc;
	v->trips++;
	s->examined += out->examined;
	return mn_view_check(v, &v->call.at);
}

int mn_classic_fill(mn_spread *s, const mn_spread_found *found, uint32_t set, mn_space *levels)
{
	const uint32_t first = found->start[set], n = found->start[set + 1] - first;
	uint32_t *nodes = mn_call_array(&s->view->call, n, sizeof(*nodes));
	uint32_t *froms = mn_call_array(&s->view->call, n, sizeof(*froms));
	int rc;

	mn_space_begin(levels);
	if (!nodes || !froms)
		return MN_ENOMEM;
	rc = mn_view_index(s->view, found->neuron + first, n, nodes);
	if (rc == MN_OK)
		rc = mn_view_index(s->view, found->from + first, n, froms);
	if (rc == MN_OK)
		rc = mn_view_heads(s->view, nodes, found, first, n);
	for (uint32_t i = 0; i < n && rc == MN_OK; i++) {
		mn_cell *c = mn_space_touch(levels, nodes[i]);

		if (!c)
			return mn_fail_memory(&s->view->call);
		c->level = c->most = found->level[first + i];
		c->from = froms[i]; /* of an anchor: nobody */
		c->synapse = found->synapse[first + i];
		c->hop = found->hop[first + i];
		c->reason = c->hop ? MN_REASON_SPREAD : MN_REASON_ASKED;
		c->reached = true;
	}
	return rc;
}
