/* SPDX-License-Identifier: MIT */
/*
 * archive.h - memories out of the graph, and how they come back as they were.
 *
 * An archive is a set of *segments*. A segment is a neuron of type "archive" without synapses,
 * flagged MN_NEURON_ARCHIVED, whose meta holds the rows of up to MN_SEGMENT_MEMORIES memories:
 * fibers, anchors, states, and every synapse of the anchors, as a batch of edits that add them
 * (edit.h), packed by zstd, as base64 since stores keep text. Of segments that were written first
 * the rows are JSON, MN_WIRE_ROWS, a line for each kind; the format's name tells. Rows keep their
 * ids, which no store hands out twice, so they come back bit for bit, and a brain whose archive was
 * emptied hashes as if there had never been one.
 *
 * A synapse comes back when both its ends are there again. Until then it waits in the segment of
 * the memory that went first, so that two neighbours may come back in any order.
 */
#ifndef MN_UPKEEP_ARCHIVE_H
#define MN_UPKEEP_ARCHIVE_H

#include "base/arena.h"
#include "mn.h"

#define MN_ARCHIVE_TYPE "archive"
enum { MN_SEGMENT_MEMORIES = 256 };
#define MN_SEGMENT_BYTES ((size_t)2 << 20)  /* of rows, before packing */
#define MN_SEGMENT_MOST ((size_t)900 << 10) /* of its meta: texts end at 1 MiB */

typedef struct mn_segment { /* its rows, by kind; archived: when */
	mn_rows rows[MN_KINDS];
	mn_time archived;
} mn_segment;

/* All segments, as a query; type: room for what it points to. */
mn_query mn_archive_query(uint16_t *type);

/* The neuron a segment becomes, in the arena; id is the caller's to fill in. MN_EINVAL: it is too
 * large for one. */
int mn_segment_write(mn_call *, const mn_segment *, mn_neuron *out);
/* MN_ECORRUPT: it is damaged. */
int mn_segment_read(mn_call *, const mn_neuron *, mn_segment *out);

#endif
