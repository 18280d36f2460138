/* SPDX-License-Identifier: MIT */
/* top.h - the most active neurons of a workspace. */
#ifndef MN_RECALL_TOP_H
#define MN_RECALL_TOP_H

#include "recall/space.h"

/* By level, ties by the lower id, at most room; those for which skip is true are passed over. The
 * arena takes what room needs beyond a few hundred; NULL results count as none. */
size_t mn_top_active(const mn_view *, const mn_space *, mn_arena *,
	bool (*skip)(const void *ctx, uint32_t node), const void *ctx, uint32_t *out, size_t room);

/* Is this known not to be a memory that can be found? False also of one whose traits were not read.
 */
bool mn_top_excludes(const mn_view *, const mn_space *, uint32_t node);

/* Memories (anchors) that are not archived, likewise; reads traits as it needs them. */
int mn_top_memories(
	mn_view *, const mn_space *, mn_call *scratch, uint32_t *out, size_t room, size_t *n);

#endif
