/* SPDX-License-Identifier: MIT */
/*
 * peer_row.h - our rows as NeuralMemory's records, and back; see server/peer.h for what becomes
 * what.
 */
#ifndef MN_EXCHANGE_PEER_ROW_H
#define MN_EXCHANGE_PEER_ROW_H

#include "exchange/shape.h"

/* ---- Out: into a buffer, whose failure the caller asks for at the end ---- */

/* "2025-03-03T15:00:00.5" in quotes; 0: null. */
void mn_peer_put_time(mn_buf *, mn_time);
/* The same without null: 0 is 1970. */
void mn_peer_put_moment(mn_buf *, mn_time);
/* A real number stays one: 1.0, not 1. */
void mn_peer_put_real(mn_buf *, double);

void mn_peer_put_neuron(mn_buf *, const mn_neuron *, mn_str uid);
/* ,"metadata":{...} of it alone */
void mn_peer_put_metadata(mn_buf *, const mn_neuron *);

typedef struct mn_peer_named { /* uids of a synapse and its ends; of a fiber and its members */
	mn_str uid, from, to;  /* from: also of a fiber's anchor */
	mn_strs neurons, synapses;
	double weight; /* effective */
} mn_peer_named;
void mn_peer_put_synapse(mn_buf *, const mn_synapse *, const mn_peer_named *);
void mn_peer_put_fiber(mn_buf *, const mn_fiber *, const mn_peer_named *);
/* A fiber's typed memory, as it came; the caller's to json_decref; NULL: none. */
json_t *mn_peer_typed_memory(const mn_fiber *);
/* A member of meta._nm, likewise. */
json_t *mn_peer_kept(mn_str meta, const char *name);

/* Effective weights need the brain's config and clock. */
typedef struct mn_peer_scale {
	double delta, rate;
	double weight; /* of a synapse that does not say */
	mn_time clock;
} mn_peer_scale;
int mn_peer_scale_of(mn_brain *, mn_call *, mn_peer_scale *out);
double mn_peer_weight(const mn_peer_scale *, const mn_synapse *);
#define MN_PEER_DAY INT64_C(86400000000)
int64_t mn_peer_day(mn_time); /* whole days since 1970 */

/* ---- Names: one or two trips for any number of rows, results in the arena ---- */

int mn_peer_name_neurons(mn_brain *, mn_call *, const mn_neuron *rows, size_t n, mn_str *out);
int mn_peer_name_ids(mn_brain *, mn_call *, mn_ids neurons, mn_str *out); /* empty: gone */
int mn_peer_name_synapses(mn_brain *, mn_call *, const mn_peer_scale *, const mn_synapse *rows,
	size_t n, mn_peer_named *out);
/* Anchors and members; those that are gone are left out. */
int mn_peer_name_fibers(mn_brain *, mn_call *, const mn_fiber *rows, size_t n, mn_peer_named *out);

/* ---- In: strings lent from the record or made in the arena ---- */

typedef struct mn_peer_neuron { /* a record of a neuron */
	uint64_t given;
	mn_str id, type, content;
	const json_t *metadata;
	mn_time created;
} mn_peer_neuron;
enum { MN_NEURON_ID, MN_NEURON_TYPE, MN_NEURON_CONTENT, MN_NEURON_METADATA, MN_NEURON_CREATED };

typedef struct mn_peer_synapse {
	uint64_t given;
	mn_str id, source, target, type, direction;
	double weight;
	const json_t *metadata;
	int64_t count;
	mn_time last, created;
} mn_peer_synapse;
enum {
	MN_SYNAPSE_ID,
	MN_SYNAPSE_SOURCE,
	MN_SYNAPSE_TARGET,
	MN_SYNAPSE_TYPE,
	MN_SYNAPSE_DIRECTION,
	MN_SYNAPSE_WEIGHT,
	MN_SYNAPSE_METADATA,
	MN_SYNAPSE_COUNT,
	MN_SYNAPSE_LAST,
	MN_SYNAPSE_CREATED,
};

typedef struct mn_peer_fiber {
	uint64_t given;
	mn_str id, anchor, summary;
	mn_strs neurons, synapses, tags;
	mn_time start, end, created;
	double coherence, salience;
	int64_t frequency;
	const json_t *metadata;
} mn_peer_fiber;
enum {
	MN_FIBER_ID,
	MN_FIBER_ANCHOR,
	MN_FIBER_SUMMARY,
	MN_FIBER_NEURONS,
	MN_FIBER_SYNAPSES,
	MN_FIBER_TAGS,
	MN_FIBER_START,
	MN_FIBER_END,
	MN_FIBER_CREATED,
	MN_FIBER_COHERENCE,
	MN_FIBER_SALIENCE,
	MN_FIBER_FREQUENCY,
	MN_FIBER_METADATA,
};

/* must: members that a new record needs; else all are optional (PUT). */
extern const mn_shape mn_peer_neuron_new[], mn_peer_neuron_some[];
extern const mn_shape mn_peer_synapse_new[], mn_peer_synapse_some[];
extern const mn_shape mn_peer_fiber_new[], mn_peer_fiber_some[];

/*
 * Makes a row of a record, over what is there (row->id 0: nothing, which then has defaults).
 * strict: a type nobody has heard of is refused, as is a direction; else it becomes a type, or
 * "uni". record: the JSON it was read from, whose members that are not known are kept. MN_EINVAL,
 * recorded, in a word or two ("Invalid neuron type"); the rows' own rules (sizes, ranges) are the
 * store's.
 */
int mn_peer_take_neuron(
	mn_call *, const mn_peer_neuron *, const json_t *record, bool strict, mn_neuron *row);
int mn_peer_take_synapse(mn_call *, const mn_peer_synapse *, const json_t *record, bool strict,
	const mn_peer_scale *, mn_synapse *row);
/* Members are ids already; typed: a typed memory to keep with it, or NULL. */
int mn_peer_take_fiber(mn_call *, const mn_peer_fiber *, const json_t *record, const json_t *typed,
	mn_ids neurons, mn_ids synapses, mn_fiber *row);

/* Puts the newer dialect's state of a neuron beside its metadata. */
int mn_peer_keep_state(mn_call *, json_t *state, mn_neuron *row);

/* Codes whose name to the peer, or own name, this is; at most room. */
size_t mn_peer_types(int kind, mn_str name, uint16_t *out, size_t room);
/* What a type is to its tools: the nearest name they know; of one that is not ours its name. */
const char *mn_peer_type_name(int kind, uint16_t code);
/* Is it a type that its tools, of either version, or ours know? */
bool mn_peer_type_known(int kind, mn_str name);

#endif
