/* SPDX-License-Identifier: MIT */
/*
 * replay.h - one recall as the workbench keeps it: the question, the ranked memories, the trace,
 * and of the trace a small model that can be drawn at any moment of the spread.
 *
 * Made on a worker, then only read, but for the trace itself, which one thread at a time may use:
 * mn_replay_lock. References are counted on the user's thread.
 */
#ifndef MN_TUI_REPLAY_H
#define MN_TUI_REPLAY_H

#include <pthread.h>

#include "mn.h"

enum { MN_REPLAY_NODES = 60, MN_REPLAY_LABEL = 96, MN_REPLAY_HITS = 200 };

/* A moment: after event `event` the level is `level`. */
typedef struct mn_replay_step {
	uint32_t event;
	double level;
} mn_replay_step;

/* A neuron of the trace that is shown. Its parent is the neuron that gave it most, of those that
 * were reached before it; so the parents make a forest, whose roots the question names. */
typedef struct mn_replay_node {
	mn_id id;
	uint16_t type, hop;
	int parent;            /* index; -1: a root */
	double weight;         /* of the synapse from the parent */
	uint32_t fan;          /* of the parent along such synapses */
	uint32_t first;        /* the event that reached it */
	uint32_t born;         /* the event from the parent that gave most */
	uint32_t hidden;       /* children that are not among the nodes */
	uint32_t rank;         /* among the memories, from 1; 0: none */
	double level;          /* at the end */
	mn_replay_step *steps; /* its own, freed with the run */
	uint32_t nsteps;
	bool drawn; /* in the graph; else only a memory of the list */
	char label[MN_REPLAY_LABEL];
} mn_replay_node;

typedef struct mn_replay_hit {
	mn_id neuron;
	int node;     /* index */
	double score; /* as the kernel defines it */
	double level; /* 0..1 */
	uint16_t hop;
	mn_time time;
	mn_str uid, text;
	char label[MN_REPLAY_LABEL], via[MN_REPLAY_LABEL];
} mn_replay_hit;

typedef struct mn_replay {
	unsigned refs;
	pthread_mutex_t lock;
	mn_trace *trace;
	mn_arena *arena; /* everything below */
	mn_str question, kernel, brain;
	int depth; /* the one used */
	uint64_t activated, examined;
	uint32_t latency_us;
	mn_replay_hit *hits;
	size_t nhits;
	mn_replay_node *nodes;
	size_t nnodes;
	uint32_t nevents;
	uint16_t *hop_at;         /* per event */
	int16_t *from_at, *to_at; /* per event: nodes, or -1 */
	uint16_t hops;            /* the highest */
	bool plain;               /* a graph that was found, not a spread: levels say nothing */
	double top;               /* the highest level of a node at the end, at least 1 */
} mn_replay;

/* Asks the brain and makes a run of the answer, with one reference. */
int mn_replay_make(mn_brain *, mn_call *, const mn_ask *, mn_replay **out);
mn_replay *mn_replay_hold(mn_replay *);
void mn_replay_release(mn_replay *); /* NULL-tolerant */

/* The trace, until mn_replay_unlock. Any thread. */
const mn_trace *mn_replay_lock(mn_replay *);
void mn_replay_unlock(mn_replay *);

/* A node's level after event `at` (nevents: the end); *reached: has anything reached it yet? */
double mn_replay_level(const mn_replay_node *, uint32_t at, bool *reached);

#endif
