/* SPDX-License-Identifier: MIT */
/*
 * decay.c - the verb that lets weights fade, and the one that strengthens some.
 *
 * Weights are a closed form of when a synapse was used last and of the brain's decay clock
 * (mn_synapse in mn.h), so decay moves the clock to a day and writes nothing else: once, twice or a
 * month later, the result is the same.
 */
#include <string.h>

#include "backend.h"
#include "base/fail.h"
#include "base/iso.h"
#include "base/str.h"
#include "upkeep/verb.h"

static int plan_decay(mn_planner *p, const mn_step *step)
{
	const mn_time to = mn_day_of(step->until) * MN_DAY;
	char was[MN_ISO_ROOM], is[MN_ISO_ROOM];
	int rc;

	mn_iso_write(p->clock, was);
	mn_iso_write(to, is);
	if (to <= p->clock)
		return mn_planner_says(p, "the decay clock stands at %.10s already", was);
	rc = mn_planner_says(p, "the decay clock goes from %.10s to %.10s: weights x %.4g a day",
		p->clock ? was : "never", is, exp(-p->config.decay_rate));
	return rc ? rc : mn_planner_clock(p, to);
}

static const mn_step_param decay_params[] = {
	{"until", MN_STEP_TIME, offsetof(mn_step, until), 0, 0, 0, false},
	{NULL, 0, 0, 0, 0, 0, false},
};

const mn_verb mn_verb_decay = {"decay", decay_params, plan_decay};

/* ---- Reinforcing -------------------------------------------------------------------------- */

static int reinforce(mn_planner *p, const mn_step *step, const mn_synapse *was)
{
	const uint64_t most = UINT32_MAX - was->uses;
	mn_synapse is = *was;
	mn_plan_sample sample = {.kind = MN_SYNAPSE, .id = was->id, .uid = was->uid};
	int rc;

	is.uses += (uint32_t)(step->uses < most ? step->uses : most);
	is.last = p->now > was->last ? p->now : was->last;
	sample.before = mn_planner_weight(p, was);
	sample.after = mn_planner_weight(p, &is);
	sample.when = was->last ? was->last : was->created;
	mn_planner_bin(p, p->step->before, sample.before);
	mn_planner_bin(p, p->step->after, sample.after);
	rc = mn_planner_tune(p, MN_SYNAPSE, was, &is);
	return rc ? rc : mn_planner_sample(p, &sample, NULL);
}

static int plan_reinforce(mn_planner *p, const mn_step *step)
{
	int rc = mn_planner_says(p, "%zu synapses are counted as used %llu times more",
		step->synapses.n, (unsigned long long)step->uses);

	mn_planner_axis(p, "weight", 1);
	for (size_t from = 0; rc == MN_OK && from < step->synapses.n; from += MN_PLAN_PAGE) {
		const size_t left = step->synapses.n - from;
		const mn_ids ids = {
			step->synapses.at + from, left < MN_PLAN_PAGE ? left : MN_PLAN_PAGE};
		mn_rows rows;

		mn_call_reset(&p->inner);
		rc = mn_brain_get(p->brain, &p->inner, MN_SYNAPSE, ids, 0, &rows);
		for (size_t i = 0; rc == MN_OK && i < rows.n; i++)
			if (rows.at.synapse[i].id
				&& !mn_planner_gone(p, MN_SYNAPSE, rows.at.synapse[i].id))
				rc = reinforce(p, step, &rows.at.synapse[i]);
	}
	return rc;
}

static const mn_step_param reinforce_params[] = {
	{"synapses", MN_STEP_IDS, offsetof(mn_step, synapses), 0, 0, 0, true},
	{"uses", MN_STEP_COUNT, offsetof(mn_step, uses), 1, 1000, 1, false},
	{NULL, 0, 0, 0, 0, 0, false},
};

const mn_verb mn_verb_reinforce = {"reinforce", reinforce_params, plan_reinforce};
