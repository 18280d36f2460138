/* SPDX-License-Identifier: MIT */
/* graph.h - the graph cache of a brain; what the store has to know of it. */
#ifndef MN_RECALL_GRAPH_H
#define MN_RECALL_GRAPH_H

struct mn_graph;

void mn_graph_free(struct mn_graph *); /* NULL: nothing */

#endif
