/* SPDX-License-Identifier: MIT */
/*
 * brain.h - stores and brains from the inside; private to core.
 *
 * Everything above the backend goes through these: they serialise as mn_info.threads asks,
 * split what is larger than max_ids or max_changes, check read-only, and keep generations.
 */
#ifndef MN_STORE_BRAIN_H
#define MN_STORE_BRAIN_H

#include <pthread.h>

#include "engine.h"

struct mn_store {
	mn_engine *engine;
	const mn_backend *backend;
	mn_db *db;
	mn_info info;
	bool read_only;
	pthread_rwlock_t gate; /* who may be inside the backend, after info.threads */
	pthread_mutex_t lock;  /* the list of open brains */
	struct mn_mind *minds; /* one per open brain, shared by its handles */
	mn_arena *arena;
};

typedef struct mn_config { /* of a brain, parsed from its row; unknown keys are kept in the row */
	double decay_rate, reinforcement_delta, activation_threshold, default_synapse_weight;
	uint32_t max_spread_hops, max_context_tokens;
} mn_config;

struct mn_graph;   /* recall/graph.h: the graph cache */
struct mn_encoder; /* text/encoder.h */
struct mn_settle;  /* recall/learn.c: reinforcement that is still to be written */

/* What all handles of one brain share. */
struct mn_mind {
	struct mn_mind *next;
	mn_store *store;
	unsigned handles;
	mn_str name;                /* own copy */
	struct mn_graph *graph;     /* made on first use; mn_graph_of */
	struct mn_settle *settle;   /* likewise */
	struct mn_encoder *encoder; /* NULL: none yet, or it is at work */
	mn_gen written;             /* after the last write of this process */
	pthread_mutex_t lock;       /* all of them, and vitals */
	mn_vitals vitals;
};

struct mn_brain {
	struct mn_mind *mind;
	mn_store *store;
};

static inline mn_engine *mn_brain_engine(const mn_brain *b)
{
	return b->store->engine;
}

/* The brain row's config, defaults filled in. */
int mn_config_parse(mn_call *, mn_str json, mn_config *out);

/* A whole spread by the store; *done false, and nothing else: it does not offer that, or not so
 * many hops. */
int mn_brain_spread(mn_brain *, mn_call *, mn_spread_ask *, mn_spread_found *out, bool *done);

/* The store's lists where they are (mn.lists/1 in backend.h); lists NULL: it does not lend them. To
 * be given back with mn_brain_return, by the same thread, before any other call. */
struct mn_lent {
	const mn_lists_ops *ops;
	mn_lists *lists;
};
int mn_brain_lend(mn_brain *, mn_call *, struct mn_lent *out);
void mn_brain_return(mn_brain *, struct mn_lent *);

/* Whole rows of neurons, and the first fiber at each of some anchors, of which only numbers are
 * sure to be there; in one trip where the store can do that, else in two, with the generation of
 * the first. */
int mn_brain_show(mn_brain *, mn_call *, mn_ids neurons, mn_ids anchors, mn_show_found *out);

/* What the store can work out again from its rows, anew; nothing where it does not offer that. */
int mn_brain_rebuild(mn_brain *, mn_call *);

/* Parses and checks the name rule of mn_store_create. */
int mn_name_check(mn_call *, mn_str name);

#endif
