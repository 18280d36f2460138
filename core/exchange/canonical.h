/* SPDX-License-Identifier: MIT */
/*
 * canonical.h - a brain as text that is the same wherever it is kept: what mn_brain_hash hashes.
 *
 * A line per row: a JSON object with one member, whose name is the kind. Kinds come in this order,
 * rows of a kind by uid, equal uids by the line itself (all in byte order):
 *
 *   {"brain":{"clock","config","meta"}}
 *   {"neuron":{"created","flags","meta","text","type","uid","updated"}}
 *   {"state":{"decay","last","level","neuron","uses"}}         decay null: the brain's own rate
 *   {"synapse":{"base","created","flags","from","last","meta","to","type","uid","uses"}}
 *   {"fiber":{"anchor","coherence","created","first","flags","last","meta","neurons","salience",
 *             "stage","summary","synapses","tags","uid","uses"}}
 *
 * Every member is always there, names sorted, no white space. Rows name each other by uid, never by
 * id; a row without a uid of its own has its derived one (mn.h). Numbers are the shortest that read
 * back (mn_buf_number). meta and config are written anew with sorted names, empty ones as {};
 * what is not JSON is kept as a string. Tags and members of fibers are sets: sorted, members that
 * are no longer there left out. Left out too are states that say nothing (level 0, never used, no
 * rate of their own), the lease of a run of maintenance (upkeep/lease.h), and what a brain is
 * called, its uid and its times: a copy equals its original.
 *
 * Parallel synapses without uids of their own count "#2", "#3" ... by their lines, not by their ids
 * as mn_uid_derive does, since two stores may number the same synapses differently.
 */
#ifndef MN_EXCHANGE_CANONICAL_H
#define MN_EXCHANGE_CANONICAL_H

#include "base/json.h"

/* One row as its line, newline included. MN_OK or MN_ENOMEM, unrecorded; the buffer's own failure
 * is left to mn_buf_ok. */
int mn_canonical_brain(mn_buf *, const mn_brain_row *);
int mn_canonical_neuron(mn_buf *, const mn_neuron *, mn_str uid);
int mn_canonical_state(mn_buf *, const mn_state *, mn_str neuron);
int mn_canonical_synapse(mn_buf *, const mn_synapse *, mn_str uid, mn_str from, mn_str to);
/* The lists are sorted by the caller. */
typedef struct mn_fiber_names {
	mn_str uid, anchor;
	mn_strs neurons, synapses, tags;
} mn_fiber_names;
int mn_canonical_fiber(mn_buf *, const mn_fiber *, const mn_fiber_names *);

/* Any JSON with its names sorted, as meta and config are written. */
int mn_canonical_json(mn_buf *, const json_t *);

/* Does this state say what having none says? */
bool mn_canonical_no_state(const mn_state *);

/* A row of a brain and its line; lent until the next. */
typedef struct mn_canonical_row {
	int kind;
	mn_id id;
	mn_str uid;  /* of a state that of its neuron; of the brain empty */
	mn_str base; /* uid without the number that tells parallel synapses apart */
	mn_str line;
} mn_canonical_row;
typedef int mn_canonical_each(void *ctx, mn_call *, const mn_canonical_row *);

/*
 * Hands over a whole brain in order. Memory: some 25 MB whatever its size, a page of rows and an
 * entry for each parallel synapse; what is more lies in temporary files (spool.h) meanwhile.
 * MN_ESTALE: somebody wrote meanwhile.
 */
int mn_canonical_walk(mn_brain *, mn_call *, mn_canonical_each *, void *ctx);
/* Writes it, a line at a time. */
int mn_canonical_write(mn_brain *, mn_call *, const mn_sink *);

#endif
