/* SPDX-License-Identifier: MIT */
/*
 * upkeep.h - what a store can say and do about its own tables (mn_upkeep_ops in backend.h), past
 * the gate. The brain need not be one that can be opened. Where the store offers nothing: *offered
 * false, and nothing else.
 */
#ifndef MN_STORE_UPKEEP_H
#define MN_STORE_UPKEEP_H

#include "store/brain.h"

/* Can it mend rows; can it work out indexes anew? */
bool mn_store_heals(mn_store *);
bool mn_store_rebuilds(mn_store *);

int mn_store_diagnose(mn_store *, mn_call *, mn_str brain, const mn_diagnosis *, bool *offered);
int mn_store_heal(mn_store *, mn_call *, mn_str brain, const mn_heal *, bool *offered);
int mn_store_backup(mn_store *, mn_call *, mn_str brain, mn_str path, bool *offered);
int mn_store_bring_back(mn_store *, mn_call *, mn_str brain, mn_str path, bool *offered);
int mn_store_rescue(mn_store *, mn_call *, mn_str brain, const mn_rescue *, bool *offered);

#endif
