/* SPDX-License-Identifier: MIT */
/*
 * ids.c - ids for what an outline makes, from a stock that an encoder keeps.
 *
 * With each refill come as many more as were needed so far. So who writes one memory reserves what
 * it takes, and who writes many asks ever more rarely. Somebody's rows may have been given ids of
 * the stock without asking: then the store refuses what is written, and the stock is thrown away.
 */
#include "text/outline.h"

#define MOST_SPARE 4096

static int refill(mn_outline *p, int kind, uint32_t n)
{
	struct mn_stock *s = &p->stock[kind];
	const uint32_t want = n + (s->used < MOST_SPARE ? s->used : MOST_SPARE);
	mn_id first;
	int rc = mn_brain_reserve(p->brain, p->call, kind, want, &first);

	if (rc != MN_OK)
		return rc;
	if (first != s->end)
		s->next = first;
	s->end = first + want;
	return MN_OK;
}

int mn_ids_take(mn_outline *p, int kind, size_t n, mn_id *first)
{
	struct mn_stock *s = &p->stock[kind];
	int rc = s->end - s->next < n ? refill(p, kind, (uint32_t)n) : MN_OK;

	if (rc != MN_OK)
		return rc;
	*first = s->next;
	s->next += n;
	s->used = s->used + n < MOST_SPARE ? s->used + (uint32_t)n : MOST_SPARE;
	return MN_OK;
}

void mn_ids_drop(mn_outline *p)
{
	for (int kind = 0; kind < MN_KINDS; kind++)
		p->stock[kind].next = p->stock[kind].end = 0;
}
