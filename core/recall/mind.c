/* SPDX-License-Identifier: MIT */
/* mind.c - nothing is reinforced yet, so nothing has to be settled. */
#include "recall/learn.h"

void mn_settle_free(struct mn_settle *s)
{
	(void)s;
}
