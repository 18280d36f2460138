/* SPDX-License-Identifier: MIT */
/* survey.h - what a batch of changes has to know of the brain, read by one statement. */
#ifndef MN_NEO4J_SURVEY_H
#define MN_NEO4J_SURVEY_H

#include "draft.h"

struct survey {
	int64_t key, version;
	mn_gen gen;
};

/* Begins the draft with every row that the changes may touch. */
int survey_take(mn_db *, mn_call *, mn_str brain, const mn_change *, size_t n, struct draft *,
	struct survey *out);

#endif
