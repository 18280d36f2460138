/* SPDX-License-Identifier: MIT */
/* acts.h - what verbs of the command line do in the workbench: the `act` of their entries. */
#ifndef MN_TUI_ACTS_H
#define MN_TUI_ACTS_H

#include "action.h"

void mn_act_help(struct mn_tui *, const mn_args *);
void mn_act_brain_create(struct mn_tui *, const mn_args *); /* NAME */
void mn_act_brain_rename(struct mn_tui *, const mn_args *); /* NAME, TO */
void mn_act_brain_delete(struct mn_tui *, const mn_args *); /* NAME */
void mn_act_recall(struct mn_tui *, const mn_args *);       /* QUERY */
void mn_act_remember(struct mn_tui *, const mn_args *);     /* TEXT and what belongs to it */
void mn_act_run(struct mn_tui *, const mn_args *);    /* SCRIPT and its values: the plan is shown */
void mn_act_undo(struct mn_tui *, const mn_args *);   /* RUN; asks first */
void mn_act_import(struct mn_tui *, const mn_args *); /* FILE and how to read it */

#endif
