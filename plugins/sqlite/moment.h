/* SPDX-License-Identifier: MIT */
/*
 * moment.h - when synapses were created, once for many.
 *
 * An encoder makes dozens of synapses at one moment and gives them ids in a row. So a row of table
 * `moment` says: synapses from id `first` on, up to the next such row, were created then; in a
 * synapse's own row `created` is NULL if that is so, else it stands there.
 */
#ifndef MN_SQLITE_MOMENT_H
#define MN_SQLITE_MOMENT_H

#include "backend.h"

struct conn;
struct value;

/* What a connection knows of moments in its transaction. Zeroed: nothing. */
struct moments {
	mn_id from, below; /* ids in [from, below) are of this moment; below 0: not known */
	mn_time created;
	bool any;         /* there is a moment that covers them */
	mn_id top;        /* the highest id of a synapse; valid if top_known */
	mn_time previous; /* of the synapse that was added last; valid if added */
	bool top_known, added;
};

/* When the synapse was created whose row says NULL. */
int moment_of(struct conn *, mn_id synapse, mn_time *out);
/* What to bind for a new synapse; may begin a moment. In a write transaction only. */
int moment_store(struct conn *, mn_id synapse, mn_time created, struct value *out);

#endif
