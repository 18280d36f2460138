/* SPDX-License-Identifier: MIT */
#include "upkeep/loss.h"

#include "base/fail.h"
#include "base/str.h"

enum { BEST = 10, QUESTIONS = 200, LOSSES = 500 };

static int ask_one(mn_planner *p, mn_str question, mn_plan_loss *at, size_t *n)
{
	mn_ask ask = MN_SIZED(mn_ask);
	mn_answer answer = MN_SIZED(mn_answer);
	int rc;

	ask.text = question;
	ask.depth = MN_DEPTH_AUTO;
	ask.limit = BEST;
	mn_call_reset(&p->inner);
	rc = mn_brain_recall(p->brain, &p->inner, &ask, &answer);
	for (size_t i = 0; rc == MN_OK && i < answer.nhits && *n < LOSSES; i++) {
		const mn_memory_hit *h = &answer.hits[i];

		if (!mn_planner_gone(p, MN_NEURON, h->neuron)
			&& !(h->fiber && mn_planner_gone(p, MN_FIBER, h->fiber)))
			continue;
		at[*n] = (mn_plan_loss){.question = question,
			.uid = mn_call_copy(p->call, h->uid),
			.text = mn_call_copy(p->call, mn_planner_cut(h->text)),
			.rank = (uint32_t)i + 1};
		if (!at[*n].uid.ptr || !at[*n].text.ptr)
			rc = MN_ENOMEM;
		++*n;
	}
	return rc;
}

int mn_loss_reckon(mn_planner *p, const mn_plan_loss **out, size_t *n, size_t *asked)
{
	const mn_strs questions = p->options->questions;
	mn_plan_loss *at = mn_call_array(p->call, LOSSES, sizeof(*at));
	int rc = at ? MN_OK : MN_ENOMEM;

	*n = 0;
	*asked = questions.n < QUESTIONS ? questions.n : QUESTIONS;
	for (size_t i = 0; rc == MN_OK && i < *asked; i++)
		rc = ask_one(p, questions.at[i], at, n);
	*out = at;
	return rc;
}
