/* SPDX-License-Identifier: MIT */
/* loss.h - what recall would lose: memories among the ten best for a question that a plan drops. */
#ifndef MN_UPKEEP_LOSS_H
#define MN_UPKEEP_LOSS_H

#include "upkeep/planner.h"

/* For the questions in the planner's options; nothing is learned from asking. Arena of the call. */
int mn_loss_reckon(mn_planner *, const mn_plan_loss **out, size_t *n, size_t *asked);

#endif
