/* SPDX-License-Identifier: MIT */
/* answer.h - how the answer to a question is shown; and the verbs that ask. */
#ifndef MN_APP_CLI_ANSWER_H
#define MN_APP_CLI_ANSWER_H

#include <jansson.h>

#include "session.h"

/* What recall was asked for besides the question itself. */
typedef struct mn_asking {
	mn_ask ask;
	bool why; /* paths, with each factor */
} mn_asking;

/* For people: ranked memories, a bar each. */
int mn_answer_print(mn_session *, const mn_asking *, const mn_answer *);

/* One line of JSON. given: the members of the question's own line, passed through; may be NULL. */
int mn_answer_emit(mn_session *, const mn_asking *, const mn_answer *, const json_t *given);

/* Every line of a file of questions. */
int mn_batch_run(mn_session *, const mn_asking *, const mn_args *);

#endif
