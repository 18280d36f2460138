/* SPDX-License-Identifier: MIT */
/* snapshot.c - the verb that keeps a copy of the brain beside it: see vault.h. */
#include "base/fail.h"
#include "base/str.h"
#include "upkeep/vault.h"
#include "upkeep/verb.h"

/* The path is only shown where it fits into the line. */
static int tell(mn_planner *p, const mn_vault *v, const mn_strs *all, uint64_t keep)
{
	const size_t go = all->n + 1 > keep ? all->n + 1 - (size_t)keep : 0;
	const mn_str where = v->path.len < 120 && mn_text_valid(v->path) ? v->path
									 : MN_STR("its folder");
	char old[24] = "";

	if (go)
		snprintf(old, sizeof(old), ", %zu of which %s", go, go == 1 ? "goes" : "go");
	return mn_planner_says(p, "all of it to a new file in %.*s, beside %zu older%s",
		MN_FMT(where), all->n, old);
}

static int plan_snapshot(mn_planner *p, const mn_step *step)
{
	mn_vault v = {.dir = -1};
	mn_strs all = {.n = 0};
	int rc = mn_vault_open(p->brain, &p->inner, &v);

	if (rc == MN_OK)
		rc = mn_vault_list(&v, &p->inner, &all);
	if (rc == MN_OK)
		rc = tell(p, &v, &all, step->keep);
	mn_vault_close(&v);
	return rc ? rc : mn_planner_snapshot(p, step->keep);
}

static const mn_step_param params[] = {
	{"keep", MN_STEP_COUNT, offsetof(mn_step, keep), 1, 10000, 7, false},
	{NULL, 0, 0, 0, 0, 0, false},
};

const mn_verb mn_verb_snapshot = {"snapshot", params, plan_snapshot};
