/* SPDX-License-Identifier: MIT */
/* holder.h - who has which uid, in a draft. */
#ifndef MN_NEO4J_HOLDER_H
#define MN_NEO4J_HOLDER_H

#include "draft.h"

/* Who has it; 0: nobody that is known of. */
mn_id holder_of(const struct draft *, int kind, mn_str uid);
int holder_set(struct draft *, int kind, mn_str uid, mn_id);

#endif
