/* SPDX-License-Identifier: MIT */
/* archive.c - the verb that packs old, little-used memories: see archive.h. */
#include "upkeep/archive.h"

#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "store/read.h"
#include "upkeep/verb.h"

enum { MEMORIES_AT_ONCE = 128, SYNAPSES_AT_ONCE = 8192 };
#define SYNAPSES_MOST (uint32_t)(MN_SEGMENT_BYTES / 60) /* more fill no segment */

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

/* The rows of a kind that the segment has are dropped. */
static int drop_held(mn_planner *p, const struct packing *w, int kind)
{
	const size_t size = mn_row_size(kind);
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < w->n[kind]; i++)
		rc = mn_planner_drop(p, kind, (const char *)w->rows[kind] + i * size);
	return rc;
}

/* The segment comes before its memories go, so that at no moment they are nowhere. */
static int close_segment(mn_planner *p, struct packing *w)
{
	static const int order[] = {MN_SYNAPSE, MN_FIBER, MN_STATE, MN_NEURON};
	int rc;

	if (!w->n[MN_FIBER])
		return MN_OK;
	rc = add_segment(p, w);
	for (size_t i = 0; rc == MN_OK && i < sizeof(order) / sizeof(*order); i++)
		rc = drop_held(p, w, order[i]);
	empty(w);
	return rc;
}

/* ---- What belongs to memories ------------------------------------------------------------- */

struct memory {
	const mn_fiber *fiber;
	const mn_neuron *anchor;
	const mn_state *state;
	const mn_synapse *synapses; /* by id; none of one that has too many for a segment */
	size_t n;
	uint64_t degree;
};

/* How many of these are read at once: as many as have few synapses together, one at least. */
static size_t how_many(const uint64_t *degree, size_t n)
{
	uint64_t sum = 0;
	size_t i = 0;

	for (; i < n && (i == 0 || sum + degree[i] <= SYNAPSES_AT_ONCE); i++)
		sum += degree[i];
	return i;
}

static int by_number(const void *a, const void *b)
{
	const mn_id x = *(const mn_id *)a, y = *(const mn_id *)b;

	return (x > y) - (x < y);
}

static int read_synapses(mn_planner *p, mn_ids anchors, struct memory *m)
{
	const mn_reach both = {.out = true, .in = true};
	mn_expand ask = MN_SIZED(mn_expand);
	uint32_t *limit = mn_call_array(&p->inner, anchors.n, sizeof(*limit));
	mn_rows rows;
	mn_fan fan;
	mn_id *ids;
	int rc;

	if (!limit)
		return MN_ENOMEM;
	for (size_t i = 0; i < anchors.n; i++)
		limit[i] = m[i].degree > SYNAPSES_MOST ? 0 : SYNAPSES_MOST;
	ask.frontier = anchors;
	ask.reaches = &both;
	ask.nreaches = 1;
	ask.limit = limit;
	ask.want_synapse = true;
	rc = mn_brain_expand(p->brain, &p->inner, &ask, &fan);
	if (rc)
		return rc;
	ids = mn_call_array(&p->inner, fan.start[anchors.n] + 1, sizeof(*ids));
	if (!ids)
		return MN_ENOMEM;
	if (fan.start[anchors.n])
		memcpy(ids, fan.synapse, fan.start[anchors.n] * sizeof(*ids));
	for (size_t i = 0; i < anchors.n; i++)
		qsort(ids + fan.start[i], fan.start[i + 1] - fan.start[i], sizeof(*ids), by_number);
	rc = mn_brain_get(
		p->brain, &p->inner, MN_SYNAPSE, (mn_ids){ids, fan.start[anchors.n]}, 0, &rows);
	for (size_t i = 0; rc == MN_OK && i < anchors.n; i++) {
		m[i].synapses = rows.at.synapse + fan.start[i];
		m[i].n = fan.start[i + 1] - fan.start[i];
	}
	return rc;
}

/* Of the first n fibers, at most; *n: of how many. */
static int gather(mn_planner *p, const mn_fiber *const *fibers, size_t *n, struct memory **out)
{
	mn_id *anchor = mn_call_array(&p->inner, *n, sizeof(*anchor));
	uint64_t *degree = mn_call_array(&p->inner, *n, sizeof(*degree));
	struct memory *m = mn_call_array(&p->inner, *n, sizeof(*m));
	mn_rows anchors, states;
	int rc;

	if (!anchor || !degree || !m)
		return MN_ENOMEM;
	for (size_t i = 0; i < *n; i++)
		anchor[i] = fibers[i]->anchor;
	rc = mn_brain_degrees(p->brain, &p->inner, (mn_ids){anchor, *n}, degree);
	*n = how_many(degree, *n);
	if (rc == MN_OK)
		rc = mn_brain_get(
			p->brain, &p->inner, MN_NEURON, (mn_ids){anchor, *n}, 0, &anchors);
	if (rc == MN_OK)
		rc = mn_brain_get(p->brain, &p->inner, MN_STATE, (mn_ids){anchor, *n}, 0, &states);
	for (size_t i = 0; rc == MN_OK && i < *n; i++)
		m[i] = (struct memory){.fiber = fibers[i],
			.anchor = &anchors.at.neuron[i],
			.state = &states.at.state[i],
			.degree = degree[i]};
	*out = m;
	return rc ? rc : read_synapses(p, (mn_ids){anchor, *n}, m);
}

/* Is nothing else anchored there, and all its synapses to go along? Else it would be archived and
 * stay. */
static int is_whole(mn_planner *p, const struct memory *m, bool *out)
{
	const mn_neuron *n = m->anchor;
	uint64_t known = mn_marks_count(&p->lost, n->id);
	mn_rows fibers;
	int rc;

	*out = n->id && !(n->flags & MN_NEURON_ARCHIVED);
	if (!*out)
		return MN_OK;
	rc = mn_planner_at(p, MN_FIBER, n->id, &fibers);
	for (size_t i = 0; *out && rc == MN_OK && i < fibers.n; i++)
		*out = fibers.at.fiber[i].id == m->fiber->id || fibers.at.fiber[i].anchor != n->id;
	for (size_t i = 0; i < m->n; i++)
		known += m->synapses[i].id && !mn_planner_touched(p, MN_SYNAPSE, m->synapses[i].id);
	*out = *out && m->degree <= known;
	return rc;
}

static bool due(const mn_planner *p, const mn_step *step, const struct memory *m)
{
	const mn_time used = m->state->id ? m->state->last : 0;
	const mn_time last = used > m->fiber->created ? used : m->fiber->created;

	return last < p->now - step->age;
}

static size_t weight_of(const struct memory *m)
{
	size_t bytes = mn_row_weight(MN_FIBER, m->fiber) + mn_row_weight(MN_NEURON, m->anchor);

	for (size_t i = 0; i < m->n; i++)
		bytes += mn_row_weight(MN_SYNAPSE, &m->synapses[i]);
	return bytes;
}

/* ---- A memory ----------------------------------------------------------------------------- */

static int hold_synapse(mn_planner *p, struct packing *w, const mn_synapse *s)
{
	if (!s->id || mn_planner_touched(p, MN_SYNAPSE, s->id) || mn_idmap_get(&w->held, s->id))
		return MN_OK;
	if (mn_idmap_put(&w->held, s->id, 1) != MN_OK)
		return mn_fail_memory(p->call);
	return hold(p, w, MN_SYNAPSE, s);
}

static int hold_memory(mn_planner *p, struct packing *w, const struct memory *m)
{
	int rc = hold(p, w, MN_FIBER, m->fiber);

	if (rc == MN_OK)
		rc = hold(p, w, MN_NEURON, m->anchor);
	if (rc == MN_OK && m->state->id)
		rc = hold(p, w, MN_STATE, m->state);
	for (size_t i = 0; rc == MN_OK && i < m->n; i++)
		rc = hold_synapse(p, w, &m->synapses[i]);
	return rc;
}

static int show(mn_planner *p, const struct memory *m)
{
	const mn_fiber *f = m->fiber;
	mn_plan_sample sample = {.kind = MN_FIBER, .id = f->id, .before = f->salience, .after = -1};

	sample.text = m->anchor->text;
	sample.when = f->created;
	mn_planner_bin(p, p->step->before, (double)(p->now - f->created) / (double)MN_DAY);
	return mn_planner_sample(p, &sample, f);
}

static int archive_one(mn_planner *p, struct packing *w, const struct memory *m)
{
	bool whole = false;
	int rc;

	if (m->anchor->id && !due(p, w->step, m))
		return MN_OK;
	rc = is_whole(p, m, &whole);
	if (rc)
		return rc;
	if (!whole || weight_of(m) > MN_SEGMENT_BYTES) {
		p->step->kept++;
		return MN_OK;
	}
	rc = show(p, m);
	if (rc == MN_OK)
		rc = hold_memory(p, w, m);
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

static int archive_some(mn_planner *p, struct packing *w, const mn_fiber *const *fibers, size_t *n)
{
	struct memory *m = NULL;
	int rc;

	mn_call_reset(&p->inner);
	rc = gather(p, fibers, n, &m);
	for (size_t i = 0; rc == MN_OK && i < *n; i++) {
		if (w->taken >= w->step->limit)
			return MN_PLAN_ENOUGH;
		rc = archive_one(p, w, &m[i]);
	}
	return rc;
}

static int archive_page(mn_planner *p, void *ctx, const mn_rows *rows)
{
	struct packing *w = ctx;
	const mn_fiber **fibers = mn_call_array(&p->page, rows->n, sizeof(*fibers));
	size_t n = 0, some;
	int rc = fibers ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < rows->n; i++)
		if (wanted(p, w->step, &rows->at.fiber[i]))
			fibers[n++] = &rows->at.fiber[i];
	for (size_t i = 0; rc == MN_OK && i < n; i += some) {
		some = n - i < MEMORIES_AT_ONCE ? n - i : MEMORIES_AT_ONCE;
		rc = archive_some(p, w, fibers + i, &some);
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
