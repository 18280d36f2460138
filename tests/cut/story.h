/* SPDX-License-Identifier: MIT */
/*
 * story.h - what is done to a brain while the power is cut: a fixed list of acts, each of which is
 * acknowledged or not. The same acts give the same brain: clock and randomness stand still, so a
 * brain that was cut in act i must be as after i acts, or as after i + 1.
 */
#ifndef TESTS_CUT_STORY_H
#define TESTS_CUT_STORY_H

#include "mn.h"

struct story {
	char dir[96], url[128], state[128];
	const char *name; /* of the brain; NULL: "b" */
	mn_engine *engine;
	mn_store *store;
	mn_brain *brain;
	mn_call call;
	mn_time now;
	uint64_t random;
};

int story_open(struct story *); /* over its folder, which may have something */
void story_close(struct story *);

unsigned story_acts(void);
const char *story_act_name(unsigned act);
int story_act(struct story *, unsigned act);
/* After a cut: a run that was interrupted is finished, or (by the seed) taken back. */
int story_recover(struct story *, uint64_t seed);
int story_hash(struct story *, unsigned char out[32]);

#endif
