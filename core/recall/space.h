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
	mn_id synapse; /* along which synapse it came (0: none that is stored), */
	uint32_t from; /* and who gave it: an index, or MN_NOBODY for the question */
	uint32_t node;
	uint16_t hop;     /* in which it was first reached */
	uint8_t reason;   /* of the largest contribution */
	bool reached : 1; /* has a level, which may be 0 */
	bool fired : 1;   /* classic: has passed on what it had, */
	bool waiting : 1; /* or is to */
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

static inline const void *mn_space_mark_of(const mn_space *s, uint32_t node)
{
	return node < s->nmarks ? s->marks + node : s->marks; /* to be fetched in advance */
}

/* Room for a cell more, and for the mark of this neuron; false: out of memory. */
bool mn_space_grow(mn_space *, uint32_t node);

/* Likewise for n cells more, and for the marks of all neurons up to this one. */
bool mn_space_room(mn_space *, size_t n, uint32_t furthest);

/* The cell of a neuron, made if there was none; NULL: out of memory. */
static inline mn_cell *mn_space_touch(mn_space *s, uint32_t node)
{
	mn_cell *c = mn_space_find(s, node);

	if (c)
		return c;
	if ((s->ncells == s->cap || node >= s->nmarks) && !mn_space_grow(s, node))
		return NULL;
	s->marks[node] = (struct mn_space_mark){s->epoch, (uint32_t)s->ncells};
	c = &s->cells[s->ncells++];
	*c = (mn_cell){.node = node, .from = MN_NOBODY};
	return c;
}

#endif
