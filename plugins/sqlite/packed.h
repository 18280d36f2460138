/* SPDX-License-Identifier: MIT */
/*
 * packed.h - a short list of synapses as one string of bytes, a tenth of what rows take.
 *
 * Entries stand in the order of compare_links. Each is written as differences to the one before it
 * (the first: to nothing; far: always to the neuron whose list it is), as varints, signed ones in
 * zigzag: slot, key, far, id, base (its code in the dictionary, or 0 and the eight bytes of the
 * number, lowest first), day.
 */
#ifndef MN_SQLITE_PACKED_H
#define MN_SQLITE_PACKED_H

#include "backend.h"

struct conn;

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

/* By slot, then heaviest first, far, id: for qsort. */
int compare_links(const void *, const void *);

#define PACKED_MOST 70  /* bytes that one entry takes */
#define MOST_PACKED 512 /* entries of a list */

/* Writes n sorted entries of near's list; out has room for n * PACKED_MOST. In a write transaction,
 * since new numbers go into the dictionary. */
int packed_write(
	struct conn *, mn_id near, const struct link *, size_t n, unsigned char *out, size_t *len);
/* Appends the entries to `out`, in order. MN_ECORRUPT. */
int packed_read(struct conn *, mn_id near, mn_str bytes, struct links *out);

#endif
