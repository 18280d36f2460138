/* SPDX-License-Identifier: MIT */
/* recall.h - claims of recall.c, for the table of test_neo4j.c. */
#ifndef NEO4J_RECALL_H
#define NEO4J_RECALL_H

void a_recall_takes_few_trips_and_answers_as_the_loop_does(void **state);
void a_recall_answers_as_memory_does_and_keeps_what_it_read(void **state);
void a_memory_that_is_archived_is_not_shown_from_what_was_kept(void **state);

#endif
