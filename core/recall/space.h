/* SPDX-License-Identifier: MIT */
/*
 * space.h - the workspace of a spread: a cell for every neuron that was reached.
 *
 * Which cell a neuron has stands in an array over all indices, marked with the number of the
 * spread, so that nothing needs clearing between two questions. One thread at a time. Cells move
 * when another is made: keep their number, not their address.
 */
#ifndef MN_RECALL_SPACE_H
#define MN_RECALL_SPACE_H

#include "recall/graph.h"

typedef struct mn_cell {
	double level;
	double most;   /* the largest single contribution so far, */
	uint32_t from; /* and who gave it: an index, or MN_NOBODY for the question */
	uint32_t node;
	mn_id synapse;   /* along which; 0: none that is stored */
	uint16_t hop;    /* in which it was first reached */
	uint16_t reason; /* of the largest contribution */
	bool reached;    /* has a level, which may be 0 */
	bool fired;      /* classic: has passed on what it had */
} mn_cell;

typedef struct mn_space {
	struct mn_space_mark {
		uint32_t epoch, cell;
	} * marks;
	size_t nmarks, cap_marks;
	uint32_t epoch;
	mn_cell *cells;
	size_t ncells, cap;
} mn_space;

mn_space *mn_space_new(void);
void mn_space_free(mn_space *);
void mn_space_begin(mn_space *); /* forgets every cell */

static inline mn_cell *mn_space_find(const mn_space *s, uint32_t node)
{
	if (node >= s->nmarks || s->marks[node].epoch != s->epoch)
		return NULL;
	return &s->cells[s->marks[node].cell];
}

/* The cell of a neuron, made if there was none; NULL: out of memory. */
mn_cell *mn_space_make(mn_space *, uint32_t node);

static inline mn_cell *mn_space_touch(mn_space *s, uint32_t node)
{
	mn_cell *c = mn_space_find(s, node);

	return c ? c : mn_space_make(s, node);
}

#endif
