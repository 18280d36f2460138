/* SPDX-License-Identifier: MIT */
/* names.h - uids of many neurons at once, derived ones included; private to exchange. */
#ifndef MN_EXCHANGE_NAMES_H
#define MN_EXCHANGE_NAMES_H

#include "mn.h"

typedef struct mn_names {
	const mn_id *ids; /* ascending, each once */
	const mn_str *uids;
	size_t n;
} mn_names;

/* One trip; results in the call's arena. ids are sorted in place. */
int mn_names_get(mn_brain *, mn_call *, mn_id *ids, size_t n, mn_names *out);
/* ptr NULL: there is no such neuron. */
mn_str mn_names_of(const mn_names *, mn_id);

/* One neuron's, in the arena. */
int mn_name_neuron(mn_call *, const mn_neuron *, mn_str *out);
/* Of a synapse without one of its own; ordinal 0 and 1: none. */
int mn_name_synapse(
	mn_call *, const mn_synapse *, mn_str from, mn_str to, uint64_t ordinal, mn_str *out);

#endif
