/* SPDX-License-Identifier: MIT */
/*
 * packed.h - synapses of a list as one string of bytes, about four each.
 *
 * Entries stand in the order of compare_links, each as what differs from the one before it. First
 * comes a varint: by how many eighths ids grow where far grows by one, which is what a concept's
 * memories have in common. An entry is
 *
 *	far      its step from the one before (the first: from the neuron whose list it is); the
 *	         lowest bit of its first byte tells that flags follow, and then it is in zigzag
 *	[flags]  which of these follow, in this order
 *	[slot]   step
 *	[base]   its code in the dictionary, or 0 and the eight bytes of the number, lowest first
 *	[day]    step, in zigzag; the first: from day 20000
 *	[key]    step, in zigzag, of what the key has above rate * day * MN_KEY_STEPS
 *	[again]  nothing: LINK_AGAIN
 *	id       step beyond what far lets expect, in zigzag
 *
 * in varints. Neighbours mostly weigh the same, so that far and id are all there is.
 */
#ifndef MN_SQLITE_PACKED_H
#define MN_SQLITE_PACKED_H

#include "backend.h"

struct conn;

/* What an entry's id has besides the synapse's where the synapse was deleted before and its id came
 * back: an entry without it would be one of that time, see adjacency.h. */
#define LINK_AGAIN ((mn_id)1 << 63)

struct link {
	mn_id far, id;
	double base;
	int64_t day;
	int32_t key;
	uint32_t slot;
};

/* A growing row of links; zeroed: empty. */
struct links {
	struct link *at;
	size_t n, cap;
};

static inline mn_id link_synapse(const struct link *l)
{
	return l->id & ~LINK_AGAIN;
}

/* By slot, then heaviest first, far, id, what came again last: for qsort. */
int compare_links(const void *, const void *);

#define PACKED_MOST 70                /* bytes that one entry takes, */
#define PACKED_HEAD 10                /* and what stands before all */
#define MOST_LINKS ((size_t)1 << 22)  /* of one list in memory */
#define MOST_PACKED ((size_t)1 << 16) /* entries of one string */

/* One more. MN_ENOMEM. */
int links_add(struct conn *, struct links *, const struct link *);

/* Writes n sorted entries of near's list; out has room for PACKED_HEAD + n * PACKED_MOST. In a
 * write transaction, since new numbers go into the dictionary. */
int packed_write(
	struct conn *, mn_id near, const struct link *, size_t n, unsigned char *out, size_t *len);
/* Sorted entries come among those of `bytes`, which are copied but for the one after each: quicker
 * than writing all, if somewhat longer in the long run. out has room for the bytes, and for each
 * entry for two. */
int packed_splice(struct conn *, mn_id near, mn_str bytes, const struct link *, size_t n,
	unsigned char *out, size_t *len);
/* Appends the entries to `out`, in order. MN_ECORRUPT. */
int packed_read(struct conn *, mn_id near, mn_str bytes, struct links *out);

/* Reading entry by entry, out of bytes that are lent. */
struct packed {
	const unsigned char *at, *end;
	struct link link; /* the last one that was read */
	int64_t origin;   /* packed_key_of its day */
	uint64_t slope;
	bool again;
};
int packed_begin(struct conn *, mn_id near, mn_str bytes, struct packed *);
/* 1: p->link is the next entry; 0: there is none; or a status. */
int packed_next(struct conn *, struct packed *p);

/* A number as the dictionary has it: written, read. */
int packed_put_base(struct conn *, double base, unsigned char *out, size_t *len);
/* false with *status MN_OK: broken. */
bool packed_take_base(
	struct conn *, const unsigned char **, const unsigned char *end, double *out, int *status);
/* What a key would be of weight 1. */
int64_t packed_key_of(const struct conn *, int64_t day);

#endif
