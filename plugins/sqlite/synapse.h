/* SPDX-License-Identifier: MIT */
/* synapse.h - changes of synapses that other changes bring along. */
#ifndef MN_SQLITE_SYNAPSE_H
#define MN_SQLITE_SYNAPSE_H

#include "apply.h"

/* The synapses of these changes, all MN_DROP, ids ascending. */
int synapse_drop_many(struct batch *, const mn_change *, size_t n);
/* Every synapse at the neuron goes. */
int synapse_drop_at(struct batch *, mn_id neuron);
/* Every list is made anew, since c->measure changed. Bumps are folded. */
int synapse_relist(struct conn *);

#endif
