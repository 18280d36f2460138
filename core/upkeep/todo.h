/* SPDX-License-Identifier: MIT */
/* todo.h - what of a batch is to be done, by how its rows are now. */
#ifndef MN_UPKEEP_TODO_H
#define MN_UPKEEP_TODO_H

#include "upkeep/edit.h"

typedef struct mn_todo { /* places of edits */
	size_t *at, n;
	uint64_t left; /* left alone */
	mn_gen expect; /* the generation at which the rows were looked at */
} mn_todo;

/* Room for a batch, in the arena of work. */
int mn_todo_make(mn_call *work, const mn_edits *, mn_todo *out);
/*
 * Those whose rows are as they were when the plan was made. A neuron that is to go stays if there
 * is something at it which does not go before it in the batch: dropping it would take that along.
 * What is to come stays away if a neuron that it needs is not there.
 */
int mn_todo_choose(mn_brain *, mn_call *work, const mn_edits *, mn_todo *);
/* All of them. */
void mn_todo_all(const mn_edits *, const mn_gen *expect, mn_todo *);
/* One less, by its place among those to do: it is left alone. */
void mn_todo_leave(mn_todo *, size_t place);

#endif
