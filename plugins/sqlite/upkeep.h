/* SPDX-License-Identifier: MIT */
/* upkeep.h - extension "mn.upkeep/1": what can be worked out again from the rows. */
#ifndef MN_SQLITE_UPKEEP_H
#define MN_SQLITE_UPKEEP_H

#include "connection.h"

extern const mn_upkeep_ops upkeep_ops;

/* Works out lists, words, indexes and counts from the rows, in the writer's transaction. */
int upkeep_rebuild(struct conn *);

/* heal.c, aside.c, rescue.c: members of the table. */
int heal_brain(mn_db *, mn_call *, mn_str brain, const mn_heal *);
int aside_copy(mn_db *, mn_call *, mn_str brain, mn_str copy);
int aside_bring_back(mn_db *, mn_call *, mn_str brain, mn_str copy);
int rescue_brain(mn_db *, mn_call *, mn_str brain, const mn_rescue *);

#endif
