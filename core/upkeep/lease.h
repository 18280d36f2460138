/* SPDX-License-Identifier: MIT */
/*
 * lease.h - who may change a brain in a run: the fencing token.
 *
 * The lease is a row of the brain, so that it works in every store: a neuron with a uid of its own,
 * which only one can add. Each batch of a run drops it and adds it again in the same apply. A run
 * whose lease was taken over meanwhile (its process had stopped for long) drops a row that is gone
 * and adds a uid that is taken, so its batch is refused whole. After Martin Kleppmann's "How to do
 * distributed locking" (2016), with the store itself checking the token.
 */
#ifndef MN_UPKEEP_LEASE_H
#define MN_UPKEEP_LEASE_H

#include <string.h>

#include "mn.h"

#define MN_LEASE_UID "mnemoscope:run"
#define MN_LEASE_TYPE "run"

/* Is it the row of a lease? It is no part of what a brain holds. */
static inline bool mn_lease_is(const mn_neuron *n)
{
	return (n->flags & MN_NEURON_ARCHIVED) && n->uid.len == sizeof(MN_LEASE_UID) - 1
	       && memcmp(n->uid.ptr, MN_LEASE_UID, n->uid.len) == 0;
}

typedef struct mn_lease {
	mn_brain *brain;
	mn_id id;           /* of its neuron; 0: none is held */
	mn_str token;       /* lent */
	uint64_t next;      /* the first batch that is not done */
	mn_neuron old, row; /* what renewing writes */
	char text[256];
} mn_lease;

/* Who holds it now, in the arena; token empty: nobody. */
typedef struct mn_leased {
	mn_id id;
	mn_str token;
	uint64_t next;
	mn_time beat; /* when it was renewed last */
} mn_leased;
int mn_lease_look(mn_brain *, mn_call *, mn_leased *out);

/*
 * Takes it for a run, from whom `held` names if it names one. MN_EBUSY: somebody was quicker.
 * at: the generation before and after, if it was written.
 */
int mn_lease_take(
	mn_lease *, mn_brain *, mn_call *, mn_str token, const mn_leased *held, mn_applied *at);
/* The two changes that renew it, for the front of a batch after which `next` is the next. */
void mn_lease_renew(mn_lease *, uint64_t next, mn_change out[2]);
int mn_lease_give(mn_lease *, mn_call *);

#endif
