/* SPDX-License-Identifier: MIT */
/*
 * expire.c - the verb that drops memories whose time has run out: those whose meta, the fiber's or
 * its anchor's, has a member "expires", a moment as ISO 8601 or in microseconds, that has passed.
 * What no memory needs any more afterwards is left to orphans.
 */
#include "base/fail.h"
#include "base/iso.h"
#include "base/str.h"
#include "upkeep/verb.h"

/* When a memory expires; 0: never. */
static int expiry(mn_planner *p, mn_str meta, mn_time *out)
{
	char why[64];
	json_t *tree = NULL;
	const json_t *when;
	int rc;

	*out = 0;
	if (!meta.len || !memmem(meta.ptr, meta.len, "\"expires\"", 9))
		return MN_OK;
	rc = mn_json_read(meta, why, sizeof(why), &tree);
	if (rc)
		return rc == MN_ENOMEM ? mn_fail_memory(p->call) : MN_OK;
	when = json_object_get(tree, "expires");
	if (json_is_integer(when))
		*out = json_integer_value(when);
	else if (json_is_string(when))
		mn_iso_read(mn_json_str(when), out);
	json_decref(tree);
	return MN_OK;
}

static int expire_one(mn_planner *p, const mn_fiber *f)
{
	mn_plan_sample sample = {.kind = MN_FIBER, .id = f->id, .before = f->salience, .after = -1};
	mn_rows anchor, fibers;
	int rc = mn_brain_get(p->brain, &p->inner, MN_NEURON, (mn_ids){&f->anchor, 1}, 0, &anchor);

	if (rc == MN_OK)
		rc = mn_planner_at(p, MN_FIBER, f->anchor, &fibers);
	if (rc)
		return rc;
	sample.text = anchor.at.neuron[0].text;
	sample.when = f->created;
	rc = mn_planner_sample(p, &sample, f);
	/* An anchor that another memory needs stays. */
	if (rc == MN_OK && fibers.n == 1 && anchor.at.neuron[0].id)
		rc = mn_planner_drop_neuron(p, anchor.at.neuron);
	return rc ? rc : mn_planner_drop(p, MN_FIBER, f);
}

static int anchors_of(mn_planner *p, const mn_rows *fibers, mn_rows *out)
{
	mn_id *ids = mn_call_array(&p->page, fibers->n, sizeof(*ids));

	if (!ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < fibers->n; i++)
		ids[i] = fibers->at.fiber[i].anchor;
	return mn_brain_get(
		p->brain, &p->page, MN_NEURON, (mn_ids){ids, fibers->n}, MN_FIELD_META, out);
}

static int expire_page(mn_planner *p, void *ctx, const mn_rows *rows)
{
	const mn_step *step = ctx;
	mn_rows anchors;
	int rc = anchors_of(p, rows, &anchors);

	for (size_t i = 0; rc == MN_OK && i < rows->n; i++) {
		const mn_fiber *f = &rows->at.fiber[i];
		mn_time when;

		rc = expiry(p, f->meta, &when);
		if (rc == MN_OK && !when)
			rc = expiry(p, anchors.at.neuron[i].meta, &when);
		if (rc || when == 0 || when > p->now || mn_planner_gone(p, MN_FIBER, f->id))
			continue;
		if (p->step->fibers >= step->limit)
			return MN_PLAN_ENOUGH;
		mn_call_reset(&p->inner);
		rc = expire_one(p, f);
	}
	return rc;
}

static int plan_expire(mn_planner *p, const mn_step *step)
{
	mn_query q = MN_SIZED(mn_query);
	int rc = mn_planner_says(p, "memories whose \"expires\" has passed");

	q.kind = MN_FIBER;
	return rc ? rc : mn_planner_scan(p, &q, expire_page, (void *)step);
}

static const mn_step_param params[] = {
	{"limit", MN_STEP_COUNT, offsetof(mn_step, limit), 1, 1e15, -1, false},
	{NULL, 0, 0, 0, 0, 0, false},
};

const mn_verb mn_verb_expire = {"expire", params, plan_expire};
