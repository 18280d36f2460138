/* SPDX-License-Identifier: MIT */
/*
 * verb.h - what a verb of maintenance is: parameters, and a function that plans. To add one, write
 * its file and add it to the table in verb.c.
 */
#ifndef MN_UPKEEP_VERB_H
#define MN_UPKEEP_VERB_H

#include "upkeep/planner.h"
#include "upkeep/step.h"

struct mn_verb {
	const char *name;
	const mn_step_param *params;
	/* Adds edits to the plan; reads only. */
	int (*plan)(mn_planner *, const mn_step *);
};

extern const mn_verb mn_verb_decay, mn_verb_reinforce, mn_verb_prune, mn_verb_orphans,
	mn_verb_archive, mn_verb_restore, mn_verb_consolidate, mn_verb_expire, mn_verb_rebuild,
	mn_verb_snapshot, mn_verb_change;

const mn_verb *mn_verb_find(mn_str name); /* NULL: none of that name */
/* "decay, reinforce, ...", static. */
const char *mn_verb_names(void);

#endif
