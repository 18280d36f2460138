/* SPDX-License-Identifier: MIT */
/* archive.c - the verb that packs old, little-used memories: see archive.h. */
#include "upkeep/archive.h"

#include <string.h>

#include "backend.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "store/read.h"
#include "upkeep/verb.h"

/* A segment that is being filled. */
struct packing {
	const mn_step *step;
	mn_arena *arena; /* of its rows */
	void *rows[MN_KINDS];
	size_t n[MN_KINDS], cap[MN_KINDS], bytes;
	mn_idmap held; /* synapses in it */
	uint64_t taken;
};

static int hold(mn_planner *p, struct packing *w, int kind, const void *row)
{
	const size_t size = mn_row_size(kind);
	const void *copy;

	if (mn_grow(&w->rows[kind], &w->cap[kind], w->n[kind] + 1, size, SIZE_MAX / 2) != MN_OK)
		return mn_fail_memory(p->call);
	copy = mn_row_copy(w->arena, kind, row);
	if (!copy)
		return mn_fail_memory(p->call);
	memcpy((char *)w->rows[kind] + w->n[kind]++ * size, copy, size);
	w->bytes += mn_row_weight(kind, row);
	return MN_OK;
}

/* ---- A segment that is full --------------------------------------------------------------- */

static void empty(struct packing *w)
{
	memset(w->n, 0, sizeof(w->n));
	w->bytes = 0;
	mn_idmap_clear(&w->held);
	mn_arena_reset(w->arena);
}

static int add_segment(mn_planner *p, const struct packing *w)
{
	mn_segment s = {.archived = p->now};
	mn_neuron n;
	int rc;

	for (int kind = MN_NEURON; kind < MN_KINDS; kind++)
		s.rows[kind] = (mn_rows){kind, w->n[kind], {w->rows[kind]}};
	rc = mn_segment_write(&p->inner, &s, &n);
	if (rc == MN_OK)
		rc = mn_planner_reserve(p, &n.id);
	if (rc)
		return rc;
	rc = mn_planner_add(p, MN_NEURON, &n);
	p->step->neurons--; /* people ask how many go */
	return rc;
}

/* The segment comes before its memories go, so that at no moment they are nowhere. */
static int close_segment(mn_planner *p, struct packing *w)
{
	const mn_neuron *anchors = w->rows[MN_NEURON];
	int rc;

	if (!w->n[MN_FIBER])
		return MN_OK;
	mn_call_reset(&p->inner);
	rc = add_segment(p, w);
	for (size_t i = 0; rc == MN_OK && i < w->n[MN_NEURON]; i++) {
		mn_call_reset(&p->inner);
		rc = mn_planner_drop_neuron(p, &anchors[i]);
	}
	empty(w);
	return rc;
}

/* ---- A memory ----------------------------------------------------------------------------- */

struct memory {
	const mn_fiber *fiber;
	mn_rows anchor, state, synapses;
};

/* What belongs to it; *fits false: another memory has the same anchor, or it is out already. */
static int gather(mn_planner *p, const mn_fiber *f, struct memory *m, bool *fits)
{
	mn_rows fibers;
	int rc = mn_brain_get(
		p->brain, &p->inner, MN_NEURON, (mn_ids){&f->anchor, 1}, 0, &m->anchor);

	m->fiber = f;
	if (rc == MN_OK)
		rc = mn_brain_get(
			p->brain, &p->inner, MN_STATE, (mn_ids){&f->anchor, 1}, 0, &m->state);
	if (rc == MN_OK)
		rc = mn_planner_at(p, MN_FIBER, f->anchor, &fibers);
	if (rc == MN_OK)
		rc = mn_planner_at(p, MN_SYNAPSE, f->anchor, &m->synapses);
	if (rc)
		return rc;
	*fits = m->anchor.at.neuron[0].id && !(m->anchor.at.neuron[0].flags & MN_NEURON_ARCHIVED);
	for (size_t i = 0; *fits && i < fibers.n; i++)
		*fits = fibers.at.fiber[i].id == f->id || fibers.at.fiber[i].anchor != f->anchor;
	return MN_OK;
}

static bool due(const mn_planner *p, const mn_step *step, const struct memory *m)
{
	const mn_time used = m->state.at.state[0].id ? m->state.at.state[0].last : 0;
	const mn_time last = used > m->fiber->created ? used : m->fiber->created;

	return last < p->now - step->age;
}

static size_t weight_of(const struct memory *m)
{
	size_t bytes = mn_row_weight(MN_FIBER, m->fiber)
		       + mn_row_weight(MN_NEURON, m->anchor.at.neuron);

	for (size_t i = 0; i < m->synapses.n; i++)
		bytes += mn_row_weight(MN_SYNAPSE, &m->synapses.at.synapse[i]);
	return bytes;
}

static int hold_synapse(mn_planner *p, struct packing *w, const mn_synapse *s)
{
	if (mn_idmap_get(&w->held, s->id))
		return MN_OK;
	if (mn_idmap_put(&w->held, s->id, 1) != MN_OK)
		return mn_fail_memory(p->call);
	return hold(p, w, MN_SYNAPSE, s);
}

static int hold_memory(mn_planner *p, struct packing *w, const struct memory *m)
{
	int rc = hold(p, w, MN_FIBER, m->fiber);

	if (rc == MN_OK)
		rc = hold(p, w, MN_NEURON, m->anchor.at.neuron);
	if (rc == MN_OK && m->state.at.state[0].id)
		rc = hold(p, w, MN_STATE, m->state.at.state);
	for (size_t i = 0; rc == MN_OK && i < m->synapses.n; i++)
		rc = hold_synapse(p, w, &m->synapses.at.synapse[i]);
	return rc;
}

static int show(mn_planner *p, const struct memory *m)
{
	const mn_fiber *f = m->fiber;
	mn_plan_sample sample = {.kind = MN_FIBER, .id = f->id, .before = f->salience, .after = -1};

	sample.text = m->anchor.at.neuron[0].text;
	sample.when = f->created;
	mn_planner_bin(p, p->step->before, (double)(p->now - f->created) / (double)MN_DAY);
	return mn_planner_sample(p, &sample, f);
}

static int archive_one(mn_planner *p, struct packing *w, const mn_fiber *f)
{
	struct memory m;
	bool fits = false;
	int rc = gather(p, f, &m, &fits);

	if (rc || (fits && !due(p, w->step, &m)))
		return rc;
	if (!fits || weight_of(&m) > MN_SEGMENT_BYTES) {
		p->step->kept++;
		return MN_OK;
	}
	rc = show(p, &m);
	if (rc == MN_OK)
		rc = hold_memory(p, w, &m);
	w->taken++;
	if (rc == MN_OK
		&& (w->n[MN_FIBER] >= MN_SEGMENT_MEMORIES || w->bytes >= MN_SEGMENT_BYTES / 2))
		rc = close_segment(p, w);
	return rc;
}

static bool wanted(mn_planner *p, const mn_step *step, const mn_fiber *f)
{
	return f->stage == MN_STAGE_ACTIVE && f->salience < step->salience_below
	       && f->created < p->now - step->age && !mn_planner_gone(p, MN_FIBER, f->id);
}

static int archive_page(mn_planner *p, void *ctx, const mn_rows *rows)
{
	struct packing *w = ctx;
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < rows->n; i++) {
		if (!wanted(p, w->step, &rows->at.fiber[i]))
			continue;
		if (w->taken >= w->step->limit)
			return MN_PLAN_ENOUGH;
		mn_call_reset(&p->inner);
		rc = archive_one(p, w, &rows->at.fiber[i]);
	}
	return rc;
}

static int plan_archive(mn_planner *p, const mn_step *step)
{
	struct packing w = {.step = step, .arena = mn_arena_new(SIZE_MAX)};
	mn_query q = MN_SIZED(mn_query);
	int rc = w.arena ? MN_OK : mn_fail_memory(p->call);

	if (rc == MN_OK)
		rc = mn_planner_says(p, "memories of salience below %g, unused for %g days",
			step->salience_below, (double)step->age / (double)MN_DAY);
	mn_planner_axis(p, "age", 730);
	q.kind = MN_FIBER;
	q.tags = step->tags;
	if (rc == MN_OK)
		rc = mn_planner_scan(p, &q, archive_page, &w);
	if (rc == MN_OK)
		rc = close_segment(p, &w);
	for (int kind = 0; kind < MN_KINDS; kind++)
		mn_free(w.rows[kind]);
	mn_idmap_free(&w.held);
	mn_arena_free(w.arena);
	return rc;
}

static const mn_step_param params[] = {
	{"older_than_days", MN_STEP_DAYS, offsetof(mn_step, age), 0, 36500, 90, false},
	{"salience_below", MN_STEP_NUMBER, offsetof(mn_step, salience_below), 0, 1, 0.6, false},
	{"tags", MN_STEP_TEXTS, offsetof(mn_step, tags), 0, 0, 0, false},
	{"limit", MN_STEP_COUNT, offsetof(mn_step, limit), 1, 1e15, -1, false},
	{NULL, 0, 0, 0, 0, 0, false},
};

const mn_verb mn_verb_archive = {"archive", params, plan_archive};
