/* SPDX-License-Identifier: MIT */
/*
 * write.h - a draft is put down: one statement, one transaction.
 *
 * It locks the brain first, then looks whether its version is still that of the survey; if not, it
 * writes nothing. A token of the batch is kept at the brain with the last ones, so that a statement
 * whose answer was lost can be sent again: it finds its token and does nothing. At its end it
 * locks the brain's gate (question.h).
 */
#ifndef MN_NEO4J_WRITE_H
#define MN_NEO4J_WRITE_H

#include "survey.h"

/* *fits: it was written; false: somebody else wrote since the survey. */
int write_draft(struct draft *, mn_str brain, const struct survey *, bool *fits);

#endif
