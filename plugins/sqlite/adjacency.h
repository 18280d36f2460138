/* SPDX-License-Identifier: MIT */
/*
 * adjacency.h - every neuron's synapses, heaviest first.
 *
 * Lists lie in blocks (block.h). What changes them is collected (overlay.h) and merged into them
 * later (sweep.h), since that is quicker than one by one; readers see it at once. Nothing else
 * knows of this.
 *
 * Where many synapses are deleted, most of their ends are neurons with a few entries each, all over
 * the file. There the entry stays, and the synapse is marked (marks.h): an entry of a short list
 * whose synapse is marked is dead, whoever reads the list passes over it, and whoever writes it
 * again leaves it out. A long list has no dead entries, since its head counts them, but for those
 * that changes wait to take out.
 *
 * Marks stay for good, as nobody knows where dead entries still stand. So if a synapse of a marked
 * id is added, its entries have LINK_AGAIN, by which they are alive; and if it is removed, they are
 * taken out. Thus: a synapse that is there has LINK_AGAIN in its entries if, and only if, it is
 * marked.
 */
#ifndef MN_SQLITE_ADJACENCY_H
#define MN_SQLITE_ADJACENCY_H

#include "backend.h"
#include "block.h"
#include "overlay.h"

struct conn;

/* A list's slot is its type << 2 | its way. */
enum way { WAY_OUT = 1, WAY_IN = 2, WAY_BOTH = 3 };

/* A synapse as lists see it: its weight as of the last fold. */
struct listed {
	mn_id id, from, to;
	uint16_t type; /* as stored; see dictionary.h */
	bool two_way;
	double base; /* base' of mn_synapse: after reinforcement */
	int32_t key; /* mn_weight_key */
	int64_t day;
};

/* Ends of a synapse. */
enum ends { ENDS_FROM = 1, ENDS_TO = 2, ENDS_BOTH = 3 };

int adjacency_add(struct conn *, const struct listed *);
/* Takes its entries out at these ends. */
int adjacency_remove(struct conn *, const struct listed *, enum ends);
/* Marks a synapse that goes, if that is enough for one of its ends. *left: those that it is not
 * enough for: 0, or what adjacency_remove has to be called with. */
int adjacency_mark(struct conn *, mn_id synapse, mn_id from, mn_id to, unsigned *left);
/* The neuron goes, and has no synapses any more: neither does what is dead in its list. */
int adjacency_drop(struct conn *, mn_id near);
/* For schema.c: marks neurons with long lists, in a file whose tables have no marks yet. */
int adjacency_mark_long(struct conn *);
/* Writes down what is new, for now or for good: before a transaction ends. */
int adjacency_flush(struct conn *);
int adjacency_settle(struct conn *);  /* all of it for good */
void adjacency_forget(struct conn *); /* what was not committed; after a rollback */
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
