/* SPDX-License-Identifier: MIT */
/* planning.h - how plans and runs of maintenance are shown. */
#ifndef MN_APP_CLI_PLANNING_H
#define MN_APP_CLI_PLANNING_H

#include "session.h"

/* A plan for people: a line for each step, samples, what recall would lose. */
int mn_planning_print(mn_session *, const mn_plan_about *);
/* One line: how a run ended. Its plan, if it is known, tells whether there is what an undo could
 * take back. */
void mn_planning_print_run(mn_session *, const mn_plan_about *, const mn_run *);
/* A run as a member of a document, or (key NULL) in an array. */
void mn_planning_emit_run(mn_printer *, const char *key, const mn_run *);
/* The history, newest first. */
int mn_planning_list(mn_session *);

#endif
