/* SPDX-License-Identifier: MIT */
/*
 * adjacency.h - every neuron's synapses, heaviest first.
 *
 * The only place that knows how lists are laid out; see adjacency.c. What changes lists is
 * collected and written by adjacency_flush in the order of the lists, since that is quicker than
 * one by one; reading wants nothing to be pending.
 */
#ifndef MN_SQLITE_ADJACENCY_H
#define MN_SQLITE_ADJACENCY_H

#include "backend.h"
#include "packed.h"

struct conn;

/* A synapse as lists see it: its weight as of the last fold. */
struct listed {
	mn_id id, from, to;
	uint16_t type; /* as stored; see dictionary.h */
	bool two_way;
	double base; /* base' of mn_synapse: after reinforcement */
	int32_t key; /* mn_weight_key */
	int64_t day;
};

struct pending_entry {
	mn_id near;
	struct link link;
	uint32_t turn;
	bool add;
};

struct slot_count {
	uint32_t slot;
	uint64_t n;
};

/* A row of table `edge` on its way there: of a list, or (slot 0) a head. */
struct edge_row {
	mn_id near;
	struct link link;
	uint16_t code;    /* of link.base; 0: none */
	size_t from, len; /* of a head: its bytes in pending.bytes */
};

/* What waits to be written, and the head of the list that is worked on. Zeroed: empty. */
struct pending {
	struct pending_entry *entries;
	size_t n, cap;
	bool is_long; /* which of the two the head has: counts, or all of the list */
	struct slot_count *counts;
	size_t ncounts, counts_cap;
	struct links list;
	struct edge_row *rows;
	size_t nrows, rows_cap;
	unsigned char *bytes;
	size_t nbytes, bytes_cap;
};

int adjacency_add(struct conn *, const struct listed *);
int adjacency_remove(struct conn *, const struct listed *);
int adjacency_flush(struct conn *);
void adjacency_forget(struct conn *); /* what is pending; after a rollback */
void adjacency_free(struct conn *);
int adjacency_clear(struct conn *); /* every list becomes empty */

/* An entry of a list as it was read. */
struct edge {
	mn_id far, id;
	double weight; /* effective */
	int32_t key;
	uint16_t type; /* of this process */
	bool out;
};

/* A growing row of edges; zeroed: empty. */
struct edges {
	struct edge *at;
	size_t n, cap;
};

/* Which entries are wanted: mn_reach with its types as a set. */
struct reach {
	uint64_t types[4096 / 64];
	bool all, out, in;
};

/* What was asked of one neuron, and what came of it besides edges. */
struct take {
	float floor;
	uint32_t limit;
	uint64_t degree;
	double bound;
};

/* Appends the wanted edges of a neuron in order. */
int adjacency_take(struct conn *, mn_id near, const struct reach *, struct take *, struct edges *);

/* The ids of synapses at a neuron, above `after` and ascending, at most `most`; *n: how many. */
int adjacency_synapses(struct conn *, mn_id near, mn_id after, mn_id *ids, size_t most, size_t *n);

#endif
