/* SPDX-License-Identifier: MIT */
/* learn.h - reinforcement that is still to be written; what the store has to know of it. */
#ifndef MN_RECALL_LEARN_H
#define MN_RECALL_LEARN_H

struct mn_settle;

/* Waits until it is written. NULL: nothing. */
void mn_settle_free(struct mn_settle *);

#endif
