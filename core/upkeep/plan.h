/* SPDX-License-Identifier: MIT */
/* plan.h - a plan from the inside. */
#ifndef MN_UPKEEP_PLAN_H
#define MN_UPKEEP_PLAN_H

#include "base/arena.h"
#include "mn.h"
#include "upkeep/journal.h"

struct mn_plan {
	mn_brain *brain;
	mn_journal *journal;
	mn_record record; /* its texts live in arena */
	mn_plan_about about;
	mn_arena *arena;
};

/* An empty one over a brain's journal. */
int mn_plan_make(mn_brain *, mn_call *, mn_plan **out);
/* Copies a record into it, and reads what it is about. */
int mn_plan_take(mn_plan *, mn_call *, const mn_record *);

#endif
