/* SPDX-License-Identifier: MIT */
/* restore.c - the verb that brings memories back from the archive: see archive.h. */
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "store/read.h"
#include "upkeep/archive.h"
#include "upkeep/verb.h"

struct restoring {
	const mn_step *step;
	mn_strmap uids; /* of fibers that are wanted; value 1: met */
	mn_marks back;  /* neurons that come back */
	uint64_t taken;
};

/* ---- Which memories ----------------------------------------------------------------------- */

static int derived_uid(mn_planner *p, const mn_segment *s, const mn_fiber *f, mn_str *out)
{
	if (f->uid.len) {
		*out = f->uid;
		return MN_OK;
	}
	for (size_t i = 0; i < s->rows[MN_NEURON].n; i++)
		if (s->rows[MN_NEURON].at.neuron[i].id == f->anchor)
			return mn_uid_derive(p->brain, &p->inner, MN_NEURON,
				&s->rows[MN_NEURON].at.neuron[i], out);
	*out = (mn_str){NULL, 0};
	return MN_OK;
}

static int choose(mn_planner *p, struct restoring *w, const mn_segment *s)
{
	const mn_rows *fibers = &s->rows[MN_FIBER];
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < fibers->n; i++) {
		uint64_t *met = NULL;
		mn_str uid;

		rc = derived_uid(p, s, &fibers->at.fiber[i], &uid);
		if (rc == MN_OK && !w->step->all)
			met = mn_strmap_get(&w->uids, uid);
		if (rc || (!w->step->all && !met))
			continue;
		if (met)
			*met = 1;
		if (mn_marks_set(&w->back, fibers->at.fiber[i].anchor, 1) != MN_OK)
			rc = mn_fail_memory(p->call);
	}
	return rc;
}

static int choose_page(mn_planner *p, void *ctx, const mn_rows *rows)
{
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < rows->n; i++) {
		mn_segment s;

		mn_call_reset(&p->inner);
		rc = mn_segment_read(&p->inner, &rows->at.neuron[i], &s);
		if (rc == MN_OK)
			rc = choose(p, ctx, &s);
	}
	return rc;
}

/* ---- Their rows --------------------------------------------------------------------------- */

/* Which neurons at the ends of synapses will be there. */
static int ends_there(mn_planner *p, struct restoring *w, const mn_rows *synapses, bool **out)
{
	const size_t n = 2 * synapses->n;
	mn_id *ends = mn_call_array(&p->inner, n + 1, sizeof(*ends));
	bool *there = mn_call_array(&p->inner, n + 1, sizeof(*there));
	mn_rows found;
	int rc = ends && there ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < n; i++)
		ends[i] = i % 2 ? synapses->at.synapse[i / 2].to : synapses->at.synapse[i / 2].from;
	if (rc == MN_OK)
		rc = mn_brain_get(
			p->brain, &p->inner, MN_NEURON, (mn_ids){ends, n}, MN_FIELD_HEAD, &found);
	for (size_t i = 0; rc == MN_OK && i < n; i++)
		there[i] = mn_marks_get(&w->back, ends[i])
			   || (found.at.neuron[i].id && !mn_planner_gone(p, MN_NEURON, ends[i]));
	*out = there;
	return rc;
}

/* Adds the rows of a kind that come back, and keeps those that stay at the front of it. */
static int sort_rows(mn_planner *p, struct restoring *w, mn_rows *rows)
{
	const size_t size = mn_row_size(rows->kind);
	char *at = (char *)rows->at.any;
	size_t stay = 0;
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < rows->n; i++) {
		const void *row = at + i * size;
		const mn_id neuron = rows->kind == MN_FIBER ? ((const mn_fiber *)row)->anchor
							    : *(const mn_id *)row;

		if (mn_marks_get(&w->back, neuron))
			rc = mn_planner_add(p, rows->kind, row);
		else
			memmove(at + stay++ * size, row, size);
	}
	rows->n = stay;
	return rc;
}

static int sort_synapses(mn_planner *p, struct restoring *w, mn_rows *rows)
{
	mn_synapse *at = (mn_synapse *)rows->at.synapse;
	bool *there = NULL;
	size_t stay = 0;
	int rc = ends_there(p, w, rows, &there);

	for (size_t i = 0; rc == MN_OK && i < rows->n; i++) {
		if (!there[2 * i] || !there[2 * i + 1]) {
			at[stay++] = at[i];
			continue;
		}
		if (!mn_planner_touched(p, MN_SYNAPSE, at[i].id)) /* came back with its other end */
			rc = mn_planner_add(p, MN_SYNAPSE, &at[i]);
	}
	rows->n = stay;
	return rc;
}

static int show(mn_planner *p, struct restoring *w, const mn_segment *s)
{
	const mn_rows *fibers = &s->rows[MN_FIBER], *neurons = &s->rows[MN_NEURON];
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < fibers->n; i++) {
		const mn_fiber *f = &fibers->at.fiber[i];
		mn_plan_sample sample = {.kind = MN_FIBER,
			.id = f->id,
			.before = f->salience,
			.after = f->salience,
			.when = f->created};

		if (!mn_marks_get(&w->back, f->anchor))
			continue;
		for (size_t k = 0; k < neurons->n; k++)
			if (neurons->at.neuron[k].id == f->anchor)
				sample.text = neurons->at.neuron[k].text;
		w->taken++;
		rc = derived_uid(p, s, f, &sample.uid);
		if (rc == MN_OK)
			rc = mn_planner_sample(p, &sample, NULL);
	}
	return rc;
}

/* What stays in the archive goes into a new segment; the old one goes last. */
static int replace(mn_planner *p, const mn_neuron *old, const mn_segment *rest)
{
	mn_neuron n;
	int rc = MN_OK;

	if (rest->rows[MN_FIBER].n || rest->rows[MN_SYNAPSE].n) {
		rc = mn_segment_write(&p->inner, rest, &n);
		if (rc == MN_OK)
			rc = mn_planner_reserve(p, &n.id);
		if (rc == MN_OK)
			rc = mn_planner_add(p, MN_NEURON, &n);
		p->step->neurons--; /* people ask how many come back */
	}
	p->step->neurons--;
	return rc ? rc : mn_planner_drop(p, MN_NEURON, old);
}

static bool touched(struct restoring *w, const mn_segment *s)
{
	for (size_t i = 0; i < s->rows[MN_NEURON].n; i++)
		if (mn_marks_get(&w->back, s->rows[MN_NEURON].at.neuron[i].id))
			return true;
	for (size_t i = 0; i < s->rows[MN_SYNAPSE].n; i++)
		if (mn_marks_get(&w->back, s->rows[MN_SYNAPSE].at.synapse[i].from)
			|| mn_marks_get(&w->back, s->rows[MN_SYNAPSE].at.synapse[i].to))
			return true;
	return false;
}

static int restore_rows(mn_planner *p, struct restoring *w, mn_segment *s)
{
	int rc = show(p, w, s);

	if (rc == MN_OK)
		rc = sort_rows(p, w, &s->rows[MN_NEURON]);
	if (rc == MN_OK)
		rc = sort_rows(p, w, &s->rows[MN_STATE]);
	return rc ? rc : sort_rows(p, w, &s->rows[MN_FIBER]);
}

static int restore_page(mn_planner *p, void *ctx, const mn_rows *rows)
{
	struct restoring *w = ctx;
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < rows->n; i++) {
		const mn_neuron *old = &rows->at.neuron[i];
		mn_segment s;

		mn_call_reset(&p->inner);
		rc = mn_segment_read(&p->inner, old, &s);
		if (rc || !touched(w, &s))
			continue;
		rc = restore_rows(p, w, &s);
		if (rc == MN_OK)
			rc = sort_synapses(p, w, &s.rows[MN_SYNAPSE]);
		if (rc == MN_OK)
			rc = replace(p, old, &s);
	}
	return rc;
}

/* ---- The verb ----------------------------------------------------------------------------- */

static int check_met(mn_planner *p, struct restoring *w)
{
	for (size_t i = 0; i < w->step->fibers.n; i++) {
		const uint64_t *met = mn_strmap_get(&w->uids, w->step->fibers.at[i]);

		if (met && !*met)
			return mn_fail(p->call, MN_EINVAL, 0,
				"step %zu, restore: the archive has no memory \"%.*s\"",
				p->place + 1, MN_FMT(w->step->fibers.at[i]));
	}
	return MN_OK;
}

static int run(mn_planner *p, struct restoring *w)
{
	uint16_t type;
	const mn_query q = mn_archive_query(&type);
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < w->step->fibers.n; i++)
		if (mn_strmap_put(&w->uids, w->step->fibers.at[i], 0) != MN_OK)
			rc = mn_fail_memory(p->call);
	if (rc == MN_OK)
		rc = mn_planner_scan(p, &q, choose_page, w);
	if (rc == MN_OK)
		rc = check_met(p, w);
	if (rc == MN_OK)
		rc = mn_planner_scan(p, &q, restore_page, w);
	return rc ? rc
		  : mn_planner_says(p, "%llu memories come back from the archive",
			  (unsigned long long)w->taken);
}

static int plan_restore(mn_planner *p, const mn_step *step)
{
	struct restoring w = {.step = step};
	int rc;

	if (!step->all && !step->fibers.n)
		return mn_fail(p->call, MN_EINVAL, 0,
			"step %zu, restore: say which with \"fibers\": [UID...], or \"all\": true",
			p->place + 1);
	rc = run(p, &w);
	mn_strmap_free(&w.uids);
	mn_marks_free(&w.back);
	return rc;
}

static const mn_step_param params[] = {
	{"fibers", MN_STEP_TEXTS, offsetof(mn_step, fibers), 0, 0, 0, false},
	{"all", MN_STEP_TRUTH, offsetof(mn_step, all), 0, 1, 0, false},
	{NULL, 0, 0, 0, 0, 0, false},
};

const mn_verb mn_verb_restore = {"restore", params, plan_restore};
