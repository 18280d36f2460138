/* SPDX-License-Identifier: MIT */
/* apply.h - changes to a brain, all or none; see backend.h. */
#ifndef MN_NEO4J_APPLY_H
#define MN_NEO4J_APPLY_H

#include "db.h"

int apply_changes(mn_db *, mn_call *, mn_str brain, const mn_gen *expect, const mn_change *,
	size_t n, mn_applied *out);

#endif
