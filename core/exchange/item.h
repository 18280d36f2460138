/* SPDX-License-Identifier: MIT */
/*
 * item.h - a line of the graph form: one row of a brain as a JSON object with one member that
 * says what it is. Rows name each other by uid; a neuron stands before what refers to it.
 *
 *   {"brain":   {"config", "meta", "clock"}}              taken where the brain is still empty
 *   {"neuron":  {"uid", "type"*, "text"*, "meta", "created", "updated", "flags", "state"}}
 *               state: {"level", "uses", "last", "decay"}
 *   {"synapse": {"uid", "from"*, "to"*, "type"*, "weight", "two_way", "uses", "created", "last",
 *               "meta"}}
 *   {"fiber":   {"uid", "anchor"*, "summary", "tags", "neurons", "synapses", "star", "salience",
 *               "coherence", "uses", "created", "first", "last", "stage", "meta", "encode"}}
 *
 * A star marks what must be there (a neuron's text may be empty). Other members take a new row's
 * defaults, or leave an old row as it is: uid: derived (mn_brain_row in mn.h); created: now;
 * updated: as created; weight: the brain's default_synapse_weight, before reinforcement and decay;
 * two_way: as usual for the type; star: where neither neurons nor synapses are listed; salience,
 * coherence: 0.5, 0. Moments are ISO 8601 (base/iso.h) or null for none. flags are names
 * (MN_NEURON_ANCHOR is "anchor"); stage is "active" or "archived". encode asks for the words of the
 * anchor's text to be added to the graph (mn_brain_encode). A member that is not listed here joins
 * meta.
 *
 * A uid that equals the derived one ("concept:dog", "a|is_a|b", "a|is_a|b#2") names the row
 * without becoming its own.
 */
#ifndef MN_EXCHANGE_ITEM_H
#define MN_EXCHANGE_ITEM_H

#include "base/arena.h"
#include "base/json.h"

/* Members that a line may leave out. */
enum mn_given {
	MN_GIVEN_META = 1 << 0,
	MN_GIVEN_CREATED = 1 << 1,
	MN_GIVEN_UPDATED = 1 << 2,
	MN_GIVEN_FLAGS = 1 << 3, /* of a neuron; of a synapse: two_way; of a fiber: star */
	MN_GIVEN_STATE = 1 << 4,
	MN_GIVEN_WEIGHT = 1 << 5,
	MN_GIVEN_USES = 1 << 6,
	MN_GIVEN_LAST = 1 << 7,
	MN_GIVEN_SUMMARY = 1 << 8,
	MN_GIVEN_TAGS = 1 << 9,
	MN_GIVEN_MEMBERS = 1 << 10,
	MN_GIVEN_SALIENCE = 1 << 11,
	MN_GIVEN_COHERENCE = 1 << 12,
	MN_GIVEN_FIRST = 1 << 13,
	MN_GIVEN_STAGE = 1 << 14,
	MN_GIVEN_CONFIG = 1 << 15,
};

typedef struct mn_item {
	int kind;      /* MN_BRAIN, MN_NEURON, MN_SYNAPSE or MN_FIBER */
	uint64_t line; /* where it stood */
	unsigned given;
	union { /* ids are 0; uid is empty where it is derived */
		mn_brain_row brain;
		mn_neuron neuron;
		mn_synapse synapse;
		mn_fiber fiber;
	} row;
	mn_state state;            /* of a neuron, if given */
	mn_str name;               /* of a neuron: its uid, derived or own */
	mn_str from, to;           /* uids of a synapse's ends; from: of a fiber's anchor */
	mn_strs neurons, synapses; /* uids of a fiber's members */
	uint32_t ordinal;          /* of a synapse without own uid among its like, from 1 */
	bool encode;
} mn_item;

/*
 * Reads the object of one line; strings are copied into the arena. MN_EINVAL: why says what is
 * wrong with it; MN_ENOMEM.
 */
int mn_item_read(const json_t *line, mn_arena *, mn_item *out, char *why, size_t room);

/* Flags of a neuron by name: the bit, or 0; the name of bit i, or NULL. */
uint16_t mn_item_flag(mn_str name);
const char *mn_item_flag_name(unsigned i);

/* One row as a line, its newline included. Every member is written that has another value than
 * a new row's. The writer of a row hands over the uids it refers to. */
void mn_item_write_brain(mn_buf *, const mn_brain_row *);
void mn_item_write_neuron(mn_buf *, const mn_neuron *, const mn_state *);
void mn_item_write_synapse(mn_buf *, const mn_synapse *, mn_str uid, mn_str from, mn_str to);
void mn_item_write_fiber(
	mn_buf *, const mn_fiber *, mn_str anchor, mn_strs neurons, mn_strs synapses);

#endif
