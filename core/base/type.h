/* SPDX-License-Identifier: MIT */
/*
 * type.h - types of neurons and synapses that the engine itself uses, by code. The table in
 * type.c gives names, families and what the peer calls them; unknown names get later codes.
 */
#ifndef MN_BASE_TYPE_H
#define MN_BASE_TYPE_H

#include "mn.h"

#define MN_TYPE_NAME 100 /* bytes of a type's name at most */

enum mn_neuron_type {
	MN_TIME = 1,
	MN_SPATIAL,
	MN_ENTITY,
	MN_ACTION,
	MN_NSTATE,
	MN_CONCEPT,
	MN_SENSORY,
	MN_INTENT,
	MN_MEMORY,  /* an anchor: the text of a whole memory (the peer: concept with is_anchor) */
	MN_SESSION, /* an episode: memories that were had together */
	MN_NEURON_TYPES,
};

/* What encoding writes is marked with a star; `from` is the memory unless said otherwise. */
enum mn_synapse_type {
	/* temporal */
	MN_HAPPENED_AT = 1, /* * -> day, month, year */
	MN_BEFORE,          /* * -> a later memory of the session; weight 0.7^distance */
	MN_AFTER,
	MN_DURING, /* * -> session */
	/* spatial */
	MN_AT_LOCATION,
	MN_CONTAINS,
	MN_NEAR,
	/* causal */
	MN_CAUSED_BY,
	MN_LEADS_TO, /* * a question -> the next memory of the session */
	MN_ENABLES,
	MN_PREVENTS,
	/* associative */
	MN_CO_OCCURS,
	MN_RELATED_TO, /* * -> entity it links to explicitly */
	MN_SIMILAR_TO,
	/* semantic, emotional */
	MN_IS_A,
	MN_HAS_PROPERTY,
	MN_INVOLVES, /* * -> concept (a stem) */
	MN_FELT,
	MN_EVOKES,
	/* the project's own */
	MN_NAMED,    /* * -> entity: its title or its speaker */
	MN_MENTIONS, /* * -> entity: a capitalised span of its text */
	MN_SYNAPSE_TYPES,
};

/* Family of a synapse type: "temporal", "spatial", "causal", "associative", "semantic". */
const char *mn_type_family(uint16_t synapse_type);
/* What the peer's tools call it, for export: one of the names they know. */
const char *mn_type_peer(int kind, uint16_t code);
/* Is a synapse of this type two-way unless it says otherwise (peer: co_occurs, related_to,
 * similar_to, near)? */
bool mn_type_two_way(uint16_t synapse_type);

/* The code of a name that rows bear, or may; 0: it is none, and gets none. Any thread. */
uint16_t mn_type_known(int kind, mn_str name);

/*
 * The code of a name that somebody asks about, so that made-up ones do not use the codes up: one
 * that no row bears by then is the call's until its arena is emptied, and later another name's. A
 * store that finds rows of that name meanwhile (mn_type_code) keeps it for good. name: 1 to
 * MN_TYPE_NAME bytes. MN_EBUSY: too many such names are asked about at once. Any thread.
 */
int mn_type_ask(mn_call *, int kind, mn_str name, uint16_t *code);

/* One more than the last code there is. Any thread. */
uint16_t mn_type_end(int kind);

#endif
