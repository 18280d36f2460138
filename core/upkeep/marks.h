/* SPDX-License-Identifier: MIT */
/*
 * marks.h - a small number for each of many rows, by id, 0 where there is none: for what a plan
 * remembers of rows. Where ids lie close together, as they do in a brain, a mark takes little more
 * than its bits; far apart, 100 bytes. One thread at a time.
 */
#ifndef MN_UPKEEP_MARKS_H
#define MN_UPKEEP_MARKS_H

#include "base/map.h"

typedef struct mn_marks {
	unsigned wide;       /* a mark has 1 << wide bits, 8 at most; set before the first one */
	uint32_t *directory; /* places of pages, from 1, by number: what their ids begin with */
	size_t ndirectory, room;
	mn_idmap far; /* likewise of those that lie too far apart from the others */
	unsigned char (*pages)[64];
	size_t n, cap;
	mn_idmap more; /* counts that have outgrown their bits */
} mn_marks;

/* 0 or MN_ENOMEM. What the bits have no room for is cut off. */
int mn_marks_set(mn_marks *, uint64_t id, unsigned mark);
/* Likewise 1, where a mark is a bit: without a call where the page is there. */
static inline int mn_marks_flag(mn_marks *m, uint64_t id)
{
	const uint64_t number = id >> 9;

	if (number >= m->ndirectory || !m->directory[number])
		return mn_marks_set(m, id, 1);
	m->pages[m->directory[number] - 1][id >> 3 & 63] |= (unsigned char)(1U << (id & 7));
	return 0;
}
unsigned mn_marks_get(const mn_marks *, uint64_t id);
/* One more, of any number: what is read with count. */
int mn_marks_add(mn_marks *, uint64_t id);
uint64_t mn_marks_count(const mn_marks *, uint64_t id);
void mn_marks_free(mn_marks *);

#endif
