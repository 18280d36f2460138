/* SPDX-License-Identifier: MIT */
/*
 * look.h - one neuron, looked at: its row, its state, its memory, its neighbours heaviest first.
 * Read in one task; drawn as a list of facts, a list of neighbours and a small graph.
 */
#ifndef MN_TUI_LOOK_H
#define MN_TUI_LOOK_H

#include "tui/list.h"
#include "tui/task.h"

enum { MN_LOOK_EDGES = 300, MN_LOOK_LABEL = 112, MN_LOOK_LINK = 40 };

typedef struct mn_look {
	mn_id id; /* asked for; 0 rows of it: gone meanwhile */
	bool found;
	mn_neuron row; /* rows live as long as the task */
	mn_state state;
	const mn_fiber *fiber; /* of an anchor; NULL: none */
	char label[MN_LOOK_LABEL];
	struct mn_look_edge {
		mn_id far, synapse;
		double weight;
		uint16_t type, far_type;
		bool out;
		char label[MN_LOOK_LABEL];
	} * edges;
	size_t n;
	uint64_t degree;
} mn_look;

extern const mn_work mn_look_work; /* context: mn_look with id set; done is NULL: see the slot */

/* The facts, from row y on; returns the row behind. At most `most` rows. */
int mn_look_draw_facts(const mn_look *, const mn_pane *, int y, int most, mn_time now);
/* One neighbour. flag: MN_SELECTED, MN_MARKED or 0. */
void mn_look_draw_edge(const mn_pane *, int y, const struct mn_look_edge *, unsigned flag);
/* The neuron in the middle, what leads to it on the left, where it leads on the right. */
void mn_look_draw_ego(const mn_look *, const mn_pane *);

#endif
