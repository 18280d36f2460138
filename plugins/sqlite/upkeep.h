/* SPDX-License-Identifier: MIT */
/* upkeep.h - extension "mn.upkeep/1": what can be worked out again from the rows. */
#ifndef MN_SQLITE_UPKEEP_H
#define MN_SQLITE_UPKEEP_H

#include "backend.h"

extern const mn_upkeep_ops upkeep_ops;

#endif
