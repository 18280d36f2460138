/* SPDX-License-Identifier: MIT */
/*
 * consolidate.c - the verb that makes one memory of several that say the same.
 *
 * Memories are taken by id; each that is alike to one kept before is merged into the most alike of
 * those, the oldest of equals. So no two that are kept are alike, and a second run finds nothing.
 * Of a merged memory its synapses move to the kept one, unless that has one of the same type to the
 * same neuron; tags and uses of its fiber are added to the kept fiber's. Texts of fewer than three
 * different pairs of words are left alone: "yes" twice is two memories.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "upkeep/shingle.h"
#include "upkeep/verb.h"

enum { CANDIDATES = 256 };

struct pair {
	mn_id keep, merge;
	double alike;
};

struct merging {
	const mn_step *step;
	mn_shingle_index *index;
	struct pair *pairs;
	size_t n, cap;
	mn_idmap into; /* merged -> kept */
	mn_shingles own, other;
};

static bool eligible(mn_planner *p, const mn_neuron *n)
{
	return (n->flags & MN_NEURON_ANCHOR) && !(n->flags & MN_NEURON_ARCHIVED)
	       && !mn_planner_gone(p, MN_NEURON, n->id);
}

/* ---- Which belong together ---------------------------------------------------------------- */

static int count_page(mn_planner *p, void *ctx, const mn_rows *rows)
{
	struct merging *w = ctx;

	for (size_t i = 0; i < rows->n; i++) {
		if (!eligible(p, &rows->at.neuron[i]))
			continue;
		mn_shingles_of(rows->at.neuron[i].text, &w->own);
		mn_shingle_index_count(w->index, &w->own);
	}
	return MN_OK;
}

static int far_of(mn_planner *p, mn_id id, mn_id **out, size_t *n)
{
	const mn_edge *edges;
	uint64_t degree;
	int rc = mn_brain_edges(p->brain, &p->inner, id, 0, &edges, n, &degree);
	mn_id *far = rc ? NULL : mn_call_array(&p->inner, *n + 1, sizeof(*far));

	if (!far)
		return rc ? rc : MN_ENOMEM;
	for (size_t i = 0; i < *n; i++)
		far[i] = edges[i].far;
	*out = far;
	return MN_OK;
}

/* Jaccard of the neurons around, the two themselves apart. */
static int close_enough(mn_planner *p, const struct merging *w, mn_id a, mn_id b, bool *out)
{
	mn_idmap around = {.n = 0};
	mn_id *x, *y;
	size_t nx, ny, both = 0;
	int rc = MN_OK;

	*out = true;
	if (w->step->neighbourhood <= 0)
		return MN_OK;
	rc = far_of(p, a, &x, &nx);
	if (rc == MN_OK)
		rc = far_of(p, b, &y, &ny);
	for (size_t i = 0; rc == MN_OK && i < nx; i++)
		if (x[i] != b && mn_idmap_put(&around, x[i], 1) != MN_OK)
			rc = mn_fail_memory(p->call);
	nx = around.n;
	for (size_t i = 0; rc == MN_OK && i < ny; i++) {
		uint64_t *seen = mn_idmap_get(&around, y[i]);

		if (y[i] == a || (seen && *seen == 2))
			continue;
		both += seen != NULL;
		if (mn_idmap_put(&around, y[i], 2) != MN_OK)
			rc = mn_fail_memory(p->call);
	}
	*out = around.n && (double)both >= w->step->neighbourhood * (double)around.n;
	mn_idmap_free(&around);
	return rc;
}

static int best_of(
	mn_planner *p, struct merging *w, mn_id own, const mn_ids candidates, struct pair *best)
{
	mn_rows rows;
	int rc = mn_brain_get(p->brain, &p->inner, MN_NEURON, candidates, MN_FIELD_TEXT, &rows);

	for (size_t i = 0; rc == MN_OK && i < rows.n; i++) {
		bool near = false;
		double alike;

		if (!rows.at.neuron[i].id)
			continue;
		mn_shingles_of(rows.at.neuron[i].text, &w->other);
		alike = mn_shingles_alike(&w->own, &w->other);
		if (alike < w->step->similarity || alike <= best->alike)
			continue;
		rc = close_enough(p, w, rows.at.neuron[i].id, own, &near);
		if (rc == MN_OK && near)
			*best = (struct pair){rows.at.neuron[i].id, own, alike};
	}
	return rc;
}

static int pair_up(mn_planner *p, struct merging *w, const mn_neuron *n)
{
	mn_id candidates[CANDIDATES];
	struct pair best = {.alike = 0};
	size_t found;
	int rc = MN_OK;

	mn_shingles_of(n->text, &w->own);
	if (w->own.n < MN_SHINGLES_LEAST) {
		p->step->kept++;
		return MN_OK;
	}
	found = mn_shingle_index_find(w->index, &w->own, candidates, CANDIDATES, NULL);
	if (found)
		rc = best_of(p, w, n->id, (mn_ids){candidates, found}, &best);
	if (rc == MN_OK && !best.keep)
		return mn_shingle_index_add(w->index, &w->own, n->id) ? mn_fail_memory(p->call)
								      : MN_OK;
	if (rc == MN_OK
		&& mn_grow((void **)&w->pairs, &w->cap, w->n + 1, sizeof(*w->pairs), SIZE_MAX / 64)
			   != MN_OK)
		rc = mn_fail_memory(p->call);
	if (rc == MN_OK && mn_idmap_put(&w->into, best.merge, best.keep) != MN_OK)
		rc = mn_fail_memory(p->call);
	if (rc == MN_OK)
		w->pairs[w->n++] = best;
	return rc;
}

static int pair_page(mn_planner *p, void *ctx, const mn_rows *rows)
{
	struct merging *w = ctx;
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < rows->n; i++) {
		if (w->n >= w->step->limit)
			return MN_PLAN_ENOUGH;
		mn_call_reset(&p->inner);
		if (eligible(p, &rows->at.neuron[i]))
			rc = pair_up(p, w, &rows->at.neuron[i]);
	}
	return rc;
}

/* ---- Making one of them ------------------------------------------------------------------- */

struct kept { /* a memory that others are merged into */
	mn_id id;
	mn_rows fibers;
	mn_fiber was, is;
	mn_idmap links; /* hash of type, far and direction */
};

static uint64_t link_of(const mn_synapse *s, mn_id near)
{
	const uint64_t parts[2] = {
		s->from == near ? s->to : s->from, (uint64_t)s->type << 1 | (s->from == near)};

	return mn_hash((mn_str){(const char *)parts, sizeof(parts)}) | 1;
}

static int begin_kept(mn_planner *p, mn_id id, struct kept *k)
{
	mn_rows synapses;
	int rc = mn_planner_at(p, MN_SYNAPSE, id, &synapses);

	*k = (struct kept){.id = id};
	for (size_t i = 0; rc == MN_OK && i < synapses.n; i++)
		if (mn_idmap_put(&k->links, link_of(&synapses.at.synapse[i], id), 1) != MN_OK)
			rc = mn_fail_memory(p->call);
	if (rc == MN_OK)
		rc = mn_brain_fibers_of(p->brain, &p->inner, (mn_ids){&id, 1}, &k->fibers);
	if (rc == MN_OK)
		k->is = k->was = k->fibers.at.fiber[0];
	return rc;
}

static mn_id end_of(const struct merging *w, mn_id id)
{
	const uint64_t *keep = mn_idmap_get(&w->into, id);

	return keep ? *keep : id;
}

/* Both of its ends may be merged ones. */
static int move_synapse(mn_planner *p, const struct merging *w, struct kept *k, const mn_synapse *s)
{
	mn_synapse to = *s;
	uint64_t link;

	to.from = end_of(w, s->from);
	to.to = end_of(w, s->to);
	link = link_of(&to, k->id);
	if (to.from == to.to || mn_idmap_get(&k->links, link))
		return mn_planner_drop(p, MN_SYNAPSE, s);
	if (mn_idmap_put(&k->links, link, 1) != MN_OK)
		return mn_fail_memory(p->call);
	return mn_planner_put(p, MN_SYNAPSE, s, &to);
}

static int add_tags(mn_planner *p, mn_fiber *to, mn_strs more)
{
	mn_str *at = mn_call_array(&p->inner, to->tags.n + more.n + 1, sizeof(*at));
	size_t n = to->tags.n;

	if (!at)
		return MN_ENOMEM;
	if (n)
		memcpy(at, to->tags.at, n * sizeof(*at));
	for (size_t i = 0; i < more.n; i++) {
		bool there = false;

		for (size_t t = 0; !there && t < n; t++)
			there = mn_str_eq(at[t], more.at[i]);
		if (!there)
			at[n++] = more.at[i];
	}
	to->tags = (mn_strs){at, n};
	return MN_OK;
}

static int take_fibers(mn_planner *p, struct kept *k, mn_id merged)
{
	mn_rows fibers;
	int rc = mn_planner_at(p, MN_FIBER, merged, &fibers);

	for (size_t i = 0; rc == MN_OK && i < fibers.n && k->is.id; i++) {
		const mn_fiber *f = &fibers.at.fiber[i];

		if (f->anchor != merged)
			continue;
		k->is.uses = f->uses < UINT32_MAX - k->is.uses ? k->is.uses + f->uses : UINT32_MAX;
		k->is.salience = f->salience > k->is.salience ? f->salience : k->is.salience;
		rc = add_tags(p, &k->is, f->tags);
	}
	return rc;
}

static int merge(mn_planner *p, const struct merging *w, struct kept *k, const struct pair *pair)
{
	mn_plan_sample sample = {.kind = MN_NEURON, .before = pair->alike, .after = -1};
	mn_rows synapses, neuron;
	int rc = mn_planner_at(p, MN_SYNAPSE, pair->merge, &synapses);

	if (rc == MN_OK)
		rc = mn_brain_get(
			p->brain, &p->inner, MN_NEURON, (mn_ids){&pair->merge, 1}, 0, &neuron);
	if (rc || !neuron.at.neuron[0].id)
		return rc;
	sample.id = pair->merge;
	sample.text = neuron.at.neuron[0].text;
	sample.when = neuron.at.neuron[0].created;
	rc = mn_planner_sample(p, &sample, neuron.at.neuron);
	for (size_t i = 0; rc == MN_OK && i < synapses.n; i++)
		rc = move_synapse(p, w, k, &synapses.at.synapse[i]);
	if (rc == MN_OK)
		rc = take_fibers(p, k, pair->merge);
	return rc ? rc : mn_planner_drop_moved(p, neuron.at.neuron);
}

static bool changed(const mn_fiber *a, const mn_fiber *b)
{
	return a->uses != b->uses || a->salience != b->salience || a->tags.n != b->tags.n;
}

static int by_kept(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->keep != y->keep)
		return x->keep < y->keep ? -1 : 1;
	return (x->merge > y->merge) - (x->merge < y->merge);
}

static int merge_all(mn_planner *p, struct merging *w)
{
	int rc = MN_OK;

	if (w->n)
		qsort(w->pairs, w->n, sizeof(*w->pairs), by_kept);
	for (size_t i = 0; rc == MN_OK && i < w->n;) {
		const mn_id keep = w->pairs[i].keep;
		struct kept k;

		mn_call_reset(&p->inner);
		rc = begin_kept(p, keep, &k);
		for (; rc == MN_OK && i < w->n && w->pairs[i].keep == keep; i++)
			rc = merge(p, w, &k, &w->pairs[i]);
		if (rc == MN_OK && k.is.id && changed(&k.was, &k.is))
			rc = mn_planner_put(p, MN_FIBER, &k.was, &k.is);
		mn_idmap_free(&k.links);
	}
	return rc;
}

/* ---- The verb ----------------------------------------------------------------------------- */

static int plan_consolidate(mn_planner *p, const mn_step *step)
{
	struct merging *w = mn_alloc_zero(1, sizeof(*w));
	mn_query q = MN_SIZED(mn_query);
	int rc = w ? MN_OK : mn_fail_memory(p->call);

	if (rc)
		return rc;
	w->step = step;
	w->index = mn_shingle_index_new(step->similarity);
	rc = w->index
		     ? mn_planner_says(p, "memories at least %g alike become one", step->similarity)
		     : mn_fail_memory(p->call);
	q.kind = MN_NEURON;
	q.fields = MN_FIELD_TEXT;
	if (rc == MN_OK)
		rc = mn_planner_scan(p, &q, count_page, w);
	if (rc == MN_OK)
		rc = mn_planner_scan(p, &q, pair_page, w);
	if (rc == MN_OK)
		rc = merge_all(p, w);
	mn_shingle_index_free(w->index);
	mn_idmap_free(&w->into);
	mn_free(w->pairs);
	mn_free(w);
	return rc;
}

static const mn_step_param params[] = {
	{"similarity", MN_STEP_NUMBER, offsetof(mn_step, similarity), 0.3, 1, 0.9, false},
	{"neighbourhood", MN_STEP_NUMBER, offsetof(mn_step, neighbourhood), 0, 1, 0, false},
	{"limit", MN_STEP_COUNT, offsetof(mn_step, limit), 1, 1e15, -1, false},
	{NULL, 0, 0, 0, 0, 0, false},
};

const mn_verb mn_verb_consolidate = {"consolidate", params, plan_consolidate};
