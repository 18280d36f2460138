/* SPDX-License-Identifier: MIT */
/* mind.c - what a brain's handles share beyond the store, when they are gone. */
#include "base/memory.h"
#include "recall/graph.h"
#include "recall/learn.h"

void mn_graph_free(struct mn_graph *g)
{
	mn_free(g);
}

void mn_settle_free(struct mn_settle *s)
{
	mn_free(s);
}
