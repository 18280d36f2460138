/* SPDX-License-Identifier: MIT */
/* prune.c - the verbs that drop what has become weak: synapses, and neurons nothing leads to. */
#include <stdlib.h>

#include "backend.h"
#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "upkeep/lease.h"
#include "upkeep/verb.h"

/* ---- Synapses ----------------------------------------------------------------------------- */

enum { LIGHT_AT_ONCE = 4096, LIGHT_LEAST = 64 };
#define LIGHT_TEXTS ((size_t)4 << 20)

struct light { /* a synapse that fits */
	mn_synapse row;
	double weight;
};

struct pruning {
	const mn_step *step;
	uint64_t dropped;
	/* A synapse that stays because of its weight is enough for the neurons at its ends: what is
	 * pruned is none's heaviest then. Most neurons are met so, and need not be asked about. */
	mn_marks sure;
	double heavy; /* from this weight on, two steps of keys above what is pruned */
	bool later;   /* earlier steps may have dropped synapses */
	mn_id near;   /* whose mark was set last */
	/* What decay leaves of the weight of a row last used then; most are of one time. */
	mn_time used;
	double decayed; /* 0: not known */
	struct light *at;
	size_t n, cap;
	mn_arena *texts; /* of them */
};

static mn_time last_use(const mn_synapse *s)
{
	return s->last ? s->last : s->created;
}

/* mn_planner_weight, to the bit. */
static double weight_of(const mn_planner *p, struct pruning *w, const mn_synapse *s)
{
	const mn_time used = last_use(s);

	if (used != w->used || w->decayed == 0) {
		const mn_synapse one = {.base = 1, .created = used};

		w->used = used;
		w->decayed = mn_planner_weight(p, &one);
	}
	return mn_weight_base(s, p->config.reinforcement_delta) * w->decayed;
}

static bool fits(mn_planner *p, const struct pruning *w, const mn_synapse *s, double weight)
{
	return weight < w->step->below && last_use(s) < p->now - w->step->age
	       && !(w->later && mn_planner_gone(p, MN_SYNAPSE, s->id));
}

static int put_aside(mn_planner *p, struct pruning *w, const mn_synapse *s, double weight)
{
	const mn_synapse *copy;

	if (mn_grow((void **)&w->at, &w->cap, w->n + 1, sizeof(*w->at), LIGHT_AT_ONCE) != MN_OK)
		return mn_fail_memory(p->call);
	copy = s->uid.len || s->meta.len ? mn_row_copy(w->texts, MN_SYNAPSE, s) : s;
	if (!copy)
		return mn_fail_memory(p->call);
	w->at[w->n++] = (struct light){*copy, weight};
	return MN_OK;
}

static int look_at(mn_planner *p, struct pruning *w, const mn_synapse *s)
{
	const double weight = weight_of(p, w, s);

	const size_t bin = mn_planner_bin_of(p, weight);

	p->step->before[bin]++;
	if (fits(p, w, s, weight))
		return put_aside(p, w, s, weight);
	p->step->after[bin]++;
	if (!w->step->keep_last || weight < w->heavy
		|| (w->later && mn_planner_gone(p, MN_SYNAPSE, s->id)))
		return MN_OK;
	if ((s->from != w->near && mn_marks_flag(&w->sure, s->from) != MN_OK)
		|| mn_marks_flag(&w->sure, s->to) != MN_OK)
		return mn_fail_memory(p->call);
	w->near = s->from;
	return MN_OK;
}

/* ---- Last links --------------------------------------------------------------------------- */

/* Memories' anchors at the ends of what fits whose heaviest synapse fits too, and that one. */
struct last_links {
	mn_id *anchor, *synapse; /* anchors ascending */
	size_t n;
};

static int by_number(const void *a, const void *b)
{
	const mn_id x = *(const mn_id *)a, y = *(const mn_id *)b;

	return (x > y) - (x < y);
}

/*
 * The ends that are not known to keep a heavier synapse. Lists have the order of weights only among
 * what was used last before the decay clock (mn_weight_key): for what was used later, ask.
 */
static size_t find_unsure(const mn_planner *p, struct pruning *w, mn_id *ends)
{
	const int64_t day = mn_day_of(p->clock);
	size_t n = 0, distinct = 0;

	for (size_t i = 0; i < w->n; i++) {
		const mn_synapse *s = &w->at[i].row;
		const bool ordered = mn_weight_day(s) <= day;

		if (!ordered || !mn_marks_get(&w->sure, s->from))
			ends[n++] = s->from;
		if (!ordered || !mn_marks_get(&w->sure, s->to))
			ends[n++] = s->to;
	}
	qsort(ends, n, sizeof(*ends), by_number);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || ends[i] != ends[distinct - 1])
			ends[distinct++] = ends[i];
	return distinct;
}

/* The heaviest synapse of each of these neurons, 0: it has none. */
static int find_heaviest(mn_planner *p, mn_ids ends, mn_id *out)
{
	const mn_reach both = {.out = true, .in = true};
	mn_expand ask = MN_SIZED(mn_expand);
	uint32_t *limit = mn_call_array(&p->inner, ends.n, sizeof(*limit));
	mn_fan fan;
	int rc;

	if (!limit)
		return MN_ENOMEM;
	for (size_t i = 0; i < ends.n; i++)
		limit[i] = 1;
	ask.frontier = ends;
	ask.reaches = &both;
	ask.nreaches = 1;
	ask.limit = limit;
	ask.want_synapse = true;
	rc = mn_brain_expand(p->brain, &p->inner, &ask, &fan);
	for (size_t i = 0; rc == MN_OK && i < ends.n; i++)
		out[i] = fan.start[i + 1] > fan.start[i] ? fan.synapse[fan.start[i]] : 0;
	return rc;
}

static int by_id(const void *id, const void *light)
{
	return by_number(id, &((const struct light *)light)->row.id);
}

/* Leaves those whose synapse fits and that are anchors. */
static int sift_anchors(mn_planner *p, const struct pruning *w, struct last_links *l)
{
	size_t n = 0;
	mn_rows rows;
	int rc;

	for (size_t i = 0; i < l->n; i++)
		if (bsearch(&l->synapse[i], w->at, w->n, sizeof(*w->at), by_id)) {
			l->anchor[n] = l->anchor[i];
			l->synapse[n++] = l->synapse[i];
		}
	l->n = 0;
	if (n == 0)
		return MN_OK;
	rc = mn_brain_get(
		p->brain, &p->inner, MN_NEURON, (mn_ids){l->anchor, n}, MN_FIELD_HEAD, &rows);
	for (size_t i = 0; rc == MN_OK && i < n; i++)
		if (rows.at.neuron[i].flags & MN_NEURON_ANCHOR) {
			l->anchor[l->n] = l->anchor[i];
			l->synapse[l->n++] = l->synapse[i];
		}
	return rc;
}

static int find_last_links(mn_planner *p, struct pruning *w, struct last_links *out)
{
	int rc;

	*out = (struct last_links){.n = 0};
	out->anchor = mn_call_array(&p->inner, 2 * w->n, sizeof(*out->anchor));
	out->synapse = mn_call_array(&p->inner, 2 * w->n, sizeof(*out->synapse));
	if (!out->anchor || !out->synapse)
		return MN_ENOMEM;
	out->n = find_unsure(p, w, out->anchor);
	if (out->n == 0)
		return MN_OK;
	rc = find_heaviest(p, (mn_ids){out->anchor, out->n}, out->synapse);
	return rc ? rc : sift_anchors(p, w, out);
}

static bool is_last_link(const struct last_links *l, mn_id end, mn_id synapse)
{
	const mn_id *at = l->n ? bsearch(&end, l->anchor, l->n, sizeof(end), by_number) : NULL;

	return at && l->synapse[at - l->anchor] == synapse;
}

/* ---- Dropping ----------------------------------------------------------------------------- */

static int prune_one(mn_planner *p, struct pruning *w, const struct light *l)
{
	mn_plan_sample sample = {.kind = MN_SYNAPSE, .id = l->row.id, .after = -1};
	int rc;

	sample.before = l->weight;
	sample.when = last_use(&l->row);
	rc = mn_planner_drop(p, MN_SYNAPSE, &l->row);
	w->dropped++;
	return rc ? rc : mn_planner_sample(p, &sample, &l->row);
}

/* What was put aside goes, or stays as a last link. */
static int prune_light(mn_planner *p, struct pruning *w)
{
	struct last_links links = {.n = 0};
	int rc = MN_OK;

	mn_call_reset(&p->inner);
	if (w->n && w->step->keep_last)
		rc = find_last_links(p, w, &links);
	for (size_t i = 0; rc == MN_OK && i < w->n; i++) {
		const mn_synapse *s = &w->at[i].row;

		if (w->dropped >= w->step->limit)
			return MN_PLAN_ENOUGH;
		if (is_last_link(&links, s->from, s->id) || is_last_link(&links, s->to, s->id)) {
			p->step->kept++;
			mn_planner_bin(p, p->step->after, w->at[i].weight);
		} else {
			rc = prune_one(p, w, &w->at[i]);
		}
	}
	w->n = 0;
	mn_arena_reset(w->texts);
	return rc;
}

/* Many are looked at together, but not many more than there is a limit for. */
static bool are_many(const struct pruning *w)
{
	const uint64_t left = w->step->limit - w->dropped;

	return w->n >= LIGHT_AT_ONCE || (w->n >= LIGHT_LEAST && w->n >= left)
	       || mn_arena_used(w->texts) > LIGHT_TEXTS;
}

static int prune_page(mn_planner *p, void *ctx, const mn_rows *rows)
{
	struct pruning *w = ctx;
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < rows->n; i++) {
		rc = look_at(p, w, &rows->at.synapse[i]);
		if (rc == MN_OK && are_many(w))
			rc = prune_light(p, w);
	}
	return rc;
}

static int prune_all(mn_planner *p, struct pruning *w)
{
	mn_query q = MN_SIZED(mn_query);
	int rc;

	q.kind = MN_SYNAPSE;
	q.types = w->step->types;
	q.ntypes = w->step->ntypes;
	rc = mn_planner_scan(p, &q, prune_page, w);
	if (rc == MN_OK)
		rc = prune_light(p, w);
	return rc == MN_PLAN_ENOUGH ? MN_OK : rc;
}

static int plan_prune(mn_planner *p, const mn_step *step)
{
	struct pruning w = {.step = step, .texts = mn_arena_new(SIZE_MAX)};
	int rc = w.texts ? MN_OK : mn_fail_memory(p->call);

	w.heavy = step->below * (1 + 2.0 / MN_KEY_STEPS);
	w.later = p->touched[MN_SYNAPSE].n > 0;
	mn_planner_axis(p, "weight", 1);
	if (rc == MN_OK)
		rc = mn_planner_says(p, "synapses lighter than %g, last used more than %g days ago",
			step->below, (double)step->age / (double)MN_DAY);
	if (rc == MN_OK)
		rc = prune_all(p, &w);
	mn_marks_free(&w.sure);
	mn_arena_free(w.texts);
	mn_free(w.at);
	return rc;
}

static const mn_step_param prune_params[] = {
	{"below", MN_STEP_NUMBER, offsetof(mn_step, below), 0, 1, 0.05, false},
	{"older_than_days", MN_STEP_DAYS, offsetof(mn_step, age), 0, 36500, 30, false},
	{"types", MN_STEP_TYPES, 0, 0, 0, 0, false},
	{"keep_last", MN_STEP_TRUTH, offsetof(mn_step, keep_last), 0, 1, 1, false},
	{"limit", MN_STEP_COUNT, offsetof(mn_step, limit), 1, 1e15, -1, false},
	{NULL, 0, 0, 0, 0, 0, false},
};

const mn_verb mn_verb_prune = {"prune", prune_params, plan_prune};

/* ---- Neurons ------------------------------------------------------------------------------ */

/* What maintenance itself writes is no orphan. */
static bool own(const mn_neuron *n)
{
	const mn_str type = mn_str_of(mn_type_name(MN_NEURON, n->type));

	return mn_str_is(type, MN_LEASE_TYPE) || mn_str_is(type, "archive");
}

static bool old_enough(const mn_planner *p, const mn_step *step, const mn_neuron *n)
{
	const mn_time when = n->updated > n->created ? n->updated : n->created;

	return when < p->now - step->age;
}

/* Is it a fiber's anchor or member? */
static int in_use(mn_planner *p, mn_id id, bool *out)
{
	mn_rows fibers;
	int rc = mn_planner_at(p, MN_FIBER, id, &fibers);

	*out = rc == MN_OK && fibers.n;
	return rc;
}

static int drop_orphan(mn_planner *p, const mn_neuron *n)
{
	mn_plan_sample sample = {.kind = MN_NEURON, .id = n->id, .text = n->text, .after = -1};
	bool used;
	int rc = in_use(p, n->id, &used);

	if (rc == MN_OK && used)
		p->step->kept++;
	if (rc || used)
		return rc;
	sample.when = n->created;
	mn_planner_bin(p, p->step->before, (double)(p->now - n->created) / (double)MN_DAY);
	rc = mn_planner_sample(p, &sample, n);
	return rc ? rc : mn_planner_drop_neuron(p, n);
}

static int orphan_page(mn_planner *p, void *ctx, const mn_rows *rows)
{
	const mn_step *step = ctx;
	mn_id *ids = mn_call_array(&p->page, rows->n, sizeof(*ids));
	uint64_t *degree = mn_call_array(&p->page, rows->n, sizeof(*degree));
	int rc = ids && degree ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < rows->n; i++)
		ids[i] = rows->at.neuron[i].id;
	if (rc == MN_OK)
		rc = mn_brain_degrees(p->brain, &p->page, (mn_ids){ids, rows->n}, degree);
	for (size_t i = 0; rc == MN_OK && i < rows->n; i++) {
		const mn_neuron *n = &rows->at.neuron[i];

		if (degree[i] > mn_marks_count(&p->lost, n->id) || own(n) || !old_enough(p, step, n)
			|| mn_planner_gone(p, MN_NEURON, n->id))
			continue;
		if (p->step->neurons >= step->limit)
			return MN_PLAN_ENOUGH;
		mn_call_reset(&p->inner);
		rc = drop_orphan(p, n);
	}
	return rc;
}

static int plan_orphans(mn_planner *p, const mn_step *step)
{
	mn_query q = MN_SIZED(mn_query);
	int rc = mn_planner_says(p, "neurons without synapses and in no memory, older than %g days",
		(double)step->age / (double)MN_DAY);

	mn_planner_axis(p, "age", 365);
	q.kind = MN_NEURON;
	q.types = step->types;
	q.ntypes = step->ntypes;
	return rc ? rc : mn_planner_scan(p, &q, orphan_page, (void *)step);
}

static const mn_step_param orphan_params[] = {
	{"older_than_days", MN_STEP_DAYS, offsetof(mn_step, age), 0, 36500, 30, false},
	{"types", MN_STEP_KINDS, 0, 0, 0, 0, false},
	{"limit", MN_STEP_COUNT, offsetof(mn_step, limit), 1, 1e15, -1, false},
	{NULL, 0, 0, 0, 0, 0, false},
};

const mn_verb mn_verb_orphans = {"orphans", orphan_params, plan_orphans};
