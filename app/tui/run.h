/* SPDX-License-Identifier: MIT */
/*
 * run.h - one recall as the workbench keeps it: the question, the ranked memories, the trace, and
 * of the trace a small model that can be drawn at any moment of the spread.
 *
 * Made on a worker, then only read, but for the trace itself, which one thread at a time may use:
 * mn_run_lock. References are counted on the user's thread.
 */
#ifndef MN_TUI_RUN_H
#define MN_TUI_RUN_H

#include <pthread.h>

#include "mn.h"

enum { MN_RUN_NODES = 60, MN_RUN_LABEL = 96, MN_RUN_HITS = 200 };

/* A moment: after event `event` the level is `level`. */
typedef struct mn_run_step {
	uint32_t event;
	double level;
} mn_run_step;

/* A neuron of the trace that is shown. Its parent is the neuron that gave it most, of those that
 * were reached before it; so the parents make a forest, whose roots the question names. */
typedef struct mn_run_node {
	mn_id id;
	uint16_t type, hop;
	int parent;         /* index; -1: a root */
	double weight;      /* of the synapse from the parent */
	uint32_t fan;       /* of the parent along such synapses */
	uint32_t first;     /* the event that reached it */
	uint32_t born;      /* the event from the parent that gave most */
	uint32_t hidden;    /* children that are not among the nodes */
	uint32_t rank;      /* among the memories, from 1; 0: none */
	double level;       /* at the end */
	mn_run_step *steps; /* its own, freed with the run */
	uint32_t nsteps;
	bool drawn; /* in the graph; else only a memory of the list */
	char label[MN_RUN_LABEL];
} mn_run_node;

typedef struct mn_run_hit {
	mn_id neuron;
	int node;     /* index */
	double score; /* as the kernel defines it */
	double level; /* 0..1 */
	uint16_t hop;
	mn_time time;
	mn_str uid, text;
	char label[MN_RUN_LABEL], via[MN_RUN_LABEL];
} mn_run_hit;

typedef struct mn_run {
	unsigned refs;
	pthread_mutex_t lock;
	mn_trace *trace;
	mn_arena *arena; /* everything below */
	mn_str question, kernel, brain;
	int depth; /* the one used */
	uint64_t activated, examined;
	uint32_t latency_us;
	mn_run_hit *hits;
	size_t nhits;
	mn_run_node *nodes;
	size_t nnodes;
	uint32_t nevents;
	uint16_t *hop_at;         /* per event */
	int16_t *from_at, *to_at; /* per event: nodes, or -1 */
	uint16_t hops;            /* the highest */
	bool plain;               /* a graph that was found, not a spread: levels say nothing */
	double top;               /* the highest level of a node at the end, at least 1 */
} mn_run;

/* Asks the brain and makes a run of the answer, with one reference. */
int mn_run_make(mn_brain *, mn_call *, const mn_ask *, mn_run **out);
mn_run *mn_run_hold(mn_run *);
void mn_run_release(mn_run *); /* NULL-tolerant */

/* The trace, until mn_run_unlock. Any thread. */
const mn_trace *mn_run_lock(mn_run *);
void mn_run_unlock(mn_run *);

/* A node's level after event `at` (nevents: the end); *reached: has anything reached it yet? */
double mn_run_level(const mn_run_node *, uint32_t at, bool *reached);

#endif
