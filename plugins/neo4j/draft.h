/* SPDX-License-Identifier: MIT */
/*
 * draft.h - a batch of changes, worked out here against what the brain says of the rows concerned.
 *
 * apply.c reads those rows (survey.c), lets the draft take the changes one by one, each seeing
 * those before it, as the contract wants it, and writes what came of them (write.c) in one
 * transaction that holds if nobody wrote in between. So the rules are those of C, the same as in
 * the other stores, and a statement has only to put down rows.
 *
 * All memory is the call's arena; rows and uids are lent.
 */
#ifndef MN_NEO4J_DRAFT_H
#define MN_NEO4J_DRAFT_H

#include "db.h"

#define NOBODY UINT32_MAX

struct neuron_draft {
	mn_id id;
	bool was, is; /* before the batch; now */
	bool state_was, has_state, state_changed;
	const mn_neuron *row; /* what it is put to; NULL: as it was */
	mn_str uid;
	mn_state state;
	uint32_t synapses, fibers; /* first links to those at it; some may have left */
};

struct synapse_draft {
	mn_id id;
	bool was, is;
	bool bumped; /* its lists do not show it as it is */
	bool tuned;  /* numbers changed, and its lists show them */
	bool marked; /* numbers changed, and its lists do not */
	mn_id was_from, was_to;
	mn_synapse now;        /* ends and numbers */
	mn_synapse listed;     /* as its lists show it, if bumped in this batch */
	const mn_synapse *row; /* what it is put to; NULL: as it was, but for numbers */
	mn_str uid;
};

struct fiber_draft {
	mn_id id;
	bool was, is, tuned;
	mn_id anchor;
	mn_fiber now;        /* numbers */
	const mn_fiber *row; /* as above */
	mn_str uid;
};

struct link {
	uint32_t row, next; /* index into its table; the next link */
};

struct uid_draft {
	mn_str uid;
	mn_id id; /* who has it; 0: nobody */
	int kind;
};

struct index { /* of a table: open addressing, entries are indices + 1 */
	uint32_t *at;
	uint32_t cap;
};

struct table {
	void *at;
	uint32_t n, cap;
	struct index index;
};

struct draft {
	mn_db *db;
	mn_call *call;
	struct table neurons, synapses, fibers, uids, links;
	double delta, rate;
	uint32_t bumped;         /* synapses that a fold would reach */
	bool graph, state;       /* which generation moves */
	int64_t added[MN_KINDS]; /* rows more than before, by kind */
	mn_id next[MN_KINDS]; /* ids given without asking: beyond which fresh ones have to be; 0 */
};

/* What is known of the brain beforehand. A row that is not told is not there. */
struct neuron_draft *draft_neuron(struct draft *, mn_id); /* NULL: not told */
struct synapse_draft *draft_synapse(struct draft *, mn_id);
struct fiber_draft *draft_fiber(struct draft *, mn_id);
int draft_add_neuron(struct draft *, const struct neuron_draft *);
int draft_add_synapse(struct draft *, const struct synapse_draft *);
int draft_add_fiber(struct draft *, const struct fiber_draft *);

/* A neuron comes to know what ends or is anchored at it. */
int draft_link_synapse(struct draft *, const struct synapse_draft *);
int draft_link_fiber(struct draft *, const struct fiber_draft *);

/* Takes the changes in order; *culprit: the one that does not fit. */
int draft_take(struct draft *, const mn_change *, size_t n, size_t *culprit);

#endif
