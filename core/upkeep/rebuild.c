/* SPDX-License-Identifier: MIT */
/* rebuild.c - the verb that lets a store work out its indexes and counts anew. */
#include "upkeep/verb.h"

static int plan_rebuild(mn_planner *p, const mn_step *step)
{
	int rc = mn_planner_says(p, "indexes and counts are worked out anew from the rows");

	(void)step;
	return rc ? rc : mn_planner_rebuild(p);
}

static const mn_step_param params[] = {{NULL, 0, 0, 0, 0, 0, false}};

const mn_verb mn_verb_rebuild = {"rebuild", params, plan_rebuild};
