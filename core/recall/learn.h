/* SPDX-License-Identifier: MIT */
/*
 * learn.h - recall reinforces what it used, after the answer, in the background.
 *
 * What an answer used is noted (counts only, so notes of one neuron or synapse add up) and written
 * by a thread of the brain's own with MN_BUMP, which commutes with everybody else's. A bump moves
 * only the generation of states, so caches stay; now and then, and when the brain is settled, the
 * bumps are folded into the lists, which moves the graph's. A brain that cannot be written learns
 * nothing. What could not be written is logged and dropped: reinforcement is worth less than an
 * answer that comes late.
 */
#ifndef MN_RECALL_LEARN_H
#define MN_RECALL_LEARN_H

#include "store/brain.h"

struct mn_settle;

struct mn_used { /* by one answer */
	const mn_state *states;
	size_t nstates;
	const mn_id *synapses;
	size_t nsynapses;
	mn_time when;
};

/* Notes it down; never waits for the store. Any thread. */
void mn_learn(mn_brain *, const struct mn_used *);

/* Writes what is left, ends the thread. NULL: nothing. */
void mn_settle_free(struct mn_settle *);

#endif
