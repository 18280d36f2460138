/* SPDX-License-Identifier: MIT */
/* change.c - the verb by which a script names rows itself: drops them, or sets their numbers. */
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "upkeep/verb.h"

static const struct {
	const char *name;
	int kind;
} kinds[] = {{"neuron", MN_NEURON}, {"synapse", MN_SYNAPSE}, {"fiber", MN_FIBER}};

struct wanted { /* one row of the step */
	int kind;
	mn_id id;
	bool tune;
	const json_t *numbers; /* of a tune: its object */
};

static int wrong(mn_planner *p, size_t i, const char *must)
{
	return mn_fail(
		p->call, MN_EINVAL, 0, "step %zu, change: row %zu %s", p->place + 1, i + 1, must);
}

static int read_wanted(mn_planner *p, const json_t *row, size_t i, struct wanted *out)
{
	const json_t *drop = json_object_get(row, "drop"), *tune = json_object_get(row, "tune");
	const json_t *body = drop ? drop : tune;
	size_t named = 0;

	if (json_object_size(row) != 1 || !json_is_object(body))
		return wrong(p, i, "must be {\"drop\": {KIND: ID}} or {\"tune\": {KIND: ID, ...}}");
	*out = (struct wanted){.tune = tune != NULL, .numbers = body};
	for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
		const json_t *id = json_object_get(body, kinds[k].name);

		if (!id)
			continue;
		named++;
		out->kind = kinds[k].kind;
		out->id = json_is_integer(id) && json_integer_value(id) > 0
				  ? (mn_id)json_integer_value(id)
				  : 0;
	}
	if (named != 1 || out->id == 0)
		return wrong(p, i, "must name one neuron, synapse or fiber by its id");
	if (drop && json_object_size(drop) != 1)
		return wrong(p, i, "drops a row by its id alone");
	if (tune && out->kind == MN_NEURON)
		return wrong(p, i, "tunes a neuron, which has no numbers");
	return MN_OK;
}

/* Sets a member that may be there. */
static int set_share(mn_planner *p, const struct wanted *w, size_t i, const char *name, double *to,
	size_t *found)
{
	const json_t *v = json_object_get(w->numbers, name);
	const double x = json_number_value(v);

	if (!v)
		return MN_OK;
	++*found;
	if (!json_is_number(v) || !(x >= 0 && x <= 1))
		return wrong(p, i, "has a number that is not from 0 to 1");
	*to = x;
	return MN_OK;
}

static int tune_synapse(mn_planner *p, const struct wanted *w, size_t i, const mn_synapse *was)
{
	mn_synapse is = *was;
	size_t found = 1;
	int rc = set_share(p, w, i, "base", &is.base, &found);

	if (rc == MN_OK && json_object_size(w->numbers) != found)
		rc = wrong(p, i, "has a member that a synapse has not: there is base");
	return rc ? rc : mn_planner_tune(p, MN_SYNAPSE, was, &is);
}

static int tune_fiber(mn_planner *p, const struct wanted *w, size_t i, const mn_fiber *was)
{
	mn_fiber is = *was;
	size_t found = 1;
	int rc = set_share(p, w, i, "salience", &is.salience, &found);

	if (rc == MN_OK)
		rc = set_share(p, w, i, "coherence", &is.coherence, &found);
	if (rc == MN_OK && json_object_size(w->numbers) != found)
		rc = wrong(p, i,
			"has a member that a fiber has not: there are salience and coherence");
	return rc ? rc : mn_planner_tune(p, MN_FIBER, was, &is);
}

static int change_one(mn_planner *p, const struct wanted *w, size_t i)
{
	mn_plan_sample sample = {.kind = w->kind, .id = w->id, .after = w->tune ? 0 : -1};
	mn_rows rows;
	int rc = mn_brain_get(p->brain, &p->inner, w->kind, (mn_ids){&w->id, 1}, 0, &rows);

	if (rc)
		return rc;
	if (*(const mn_id *)rows.at.any == 0 || mn_planner_gone(p, w->kind, w->id)) {
		p->step->kept++; /* there is no such row any more */
		return MN_OK;
	}
	sample.text = w->kind == MN_NEURON ? rows.at.neuron[0].text : (mn_str){NULL, 0};
	rc = mn_planner_sample(p, &sample, rows.at.any);
	if (rc)
		return rc;
	if (!w->tune)
		return w->kind == MN_NEURON ? mn_planner_drop_neuron(p, rows.at.neuron)
					    : mn_planner_drop(p, w->kind, rows.at.any);
	return w->kind == MN_SYNAPSE ? tune_synapse(p, w, i, rows.at.synapse)
				     : tune_fiber(p, w, i, rows.at.fiber);
}

static int plan_change(mn_planner *p, const mn_step *step)
{
	const size_t n = json_array_size(step->rows);
	int rc = mn_planner_says(p, "%zu rows that a script names", n);

	for (size_t i = 0; rc == MN_OK && i < n; i++) {
		struct wanted w;

		mn_call_reset(&p->inner);
		rc = read_wanted(p, json_array_get(step->rows, i), i, &w);
		if (rc == MN_OK)
			rc = change_one(p, &w, i);
	}
	return rc;
}

static const mn_step_param params[] = {
	{"rows", MN_STEP_ROWS, offsetof(mn_step, rows), 0, 0, 0, true},
	{NULL, 0, 0, 0, 0, 0, false},
};

const mn_verb mn_verb_change = {"change", params, plan_change};
