/* SPDX-License-Identifier: MIT */
#include "recall/space.h"

#include <string.h>

#include "base/memory.h"

#define MOST_CELLS ((size_t)1 << 28)

mn_space *mn_space_new(void)
{
	return mn_alloc_zero(1, sizeof(mn_space));
}

void mn_space_free(mn_space *s)
{
	if (!s)
		return;
	mn_free(s->marks);
	mn_free(s->cells);
	mn_free(s);
}

void mn_space_begin(mn_space *s)
{
	s->ncells = 0;
	if (++s->epoch == 0) { /* after 4 billion spreads old marks would come true again */
		memset(s->marks, 0, s->nmarks * sizeof(*s->marks));
		s->epoch = 1;
	}
}

static int reach(mn_space *s, uint32_t node)
{
	void *marks = s->marks;

	if (node < s->nmarks)
		return MN_OK;
	if (mn_grow(&marks, &s->cap_marks, (size_t)node + 1, sizeof(*s->marks), MOST_CELLS)
		!= MN_OK)
		return MN_ENOMEM;
	s->marks = marks;
	memset(s->marks + s->nmarks, 0, (s->cap_marks - s->nmarks) * sizeof(*s->marks));
	s->nmarks = s->cap_marks;
	return MN_OK;
}

bool mn_space_room(mn_space *s, size_t n, uint32_t furthest)
{
	void *cells = s->cells;

	if (reach(s, furthest) != MN_OK
		|| mn_grow(&cells, &s->cap, s->ncells + n, sizeof(*s->cells), MOST_CELLS) != MN_OK)
		return false;
	s->cells = cells;
	return true;
}

bool mn_space_grow(mn_space *s, uint32_t node)
{
	return mn_space_room(s, 1, node);
}
