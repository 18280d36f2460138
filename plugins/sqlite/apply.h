/* SPDX-License-Identifier: MIT */
/* apply.h - changes to a brain, all or nothing; and fresh ids. */
#ifndef MN_SQLITE_APPLY_H
#define MN_SQLITE_APPLY_H

#include "connection.h"

/* One apply while it runs. */
struct batch {
	struct conn *c;
	size_t n;                                             /* changes */
	bool graph, state;                                    /* which generations have to move */
	enum { BUMPS_UNKNOWN, BUMPS_NONE, BUMPS_SOME } bumps; /* has table `bump` rows? */
};

/* A change of one row. row is of the kind; MN_EINVAL or MN_ECONFLICT: it does not fit. */
typedef int change_fn(struct batch *, const void *row);

change_fn neuron_add, neuron_put, neuron_drop;
change_fn state_add, state_put, state_tune, state_bump, state_drop;
change_fn synapse_add, synapse_put, synapse_tune, synapse_bump, synapse_fold, synapse_drop;
change_fn fiber_add, fiber_put, fiber_tune, fiber_drop;

/* MN_EINVAL in words; what: "synapse", "text". */
int batch_invalid(struct batch *, const char *what, mn_id id, const char *why);
int batch_taken(struct batch *, const char *what, mn_id id);
int batch_id(struct batch *, const char *what, mn_id id); /* 1..INT64_MAX? */
int batch_text(struct batch *, const char *what, mn_id id, mn_str);
int batch_unit(struct batch *, const char *what, mn_id id, double); /* 0..1? */
/* Where the neuron stands if it was seen to exist; and its bit there. */
static inline struct known_row *batch_row(struct batch *b, mn_id neuron)
{
	return &b->c->known.at[neuron / 64 & (b->c->known.room - 1)];
}
static inline uint64_t batch_bit(mn_id neuron)
{
	return UINT64_C(1) << neuron % 64;
}
/* From now on it exists, or does not. */
void batch_learn(struct batch *, mn_id neuron, bool exists);
/* Does the neuron exist? MN_EINVAL says that `whose` needs it. */
int batch_neuron(struct batch *, mn_id neuron, const char *whose, mn_id id);

int apply_changes(mn_db *, mn_call *, mn_str brain, const mn_gen *expect, const mn_change *,
	size_t n, mn_applied *out);
int apply_reserve(mn_db *, mn_call *, mn_str brain, int kind, uint32_t n, mn_id *first);

#endif
