/* SPDX-License-Identifier: MIT */
/*
 * net.h - the inside of the graph cache at one generation; private to recall.
 *
 * Nodes live in chunks that never move, lists are published by an atomic store at the head of
 * their node's chain, so readers need no lock. A list that was replaced or evicted goes to the
 * graveyard and is freed when every view that was open at the time is closed.
 */
#ifndef MN_RECALL_NET_H
#define MN_RECALL_NET_H

#include <pthread.h>

#include "base/map.h"
#include "recall/graph.h"

#define NODE_BITS 10 /* nodes in a chunk */
#define MID_BITS 10  /* chunks in a row */
#define TOP 256      /* rows: 268 million neurons */

struct slice {
	mn_list list;
	_Atomic(struct slice *) next; /* of the same node */
	_Atomic uint64_t used;        /* serial of the last view that looked at it */
	struct slice *below;          /* in the graveyard */
	uint64_t retired;             /* serial of the net when it came there */
	double above;                 /* every link of this weight or more is there */
	uint8_t way;
	uint64_t naming;       /* of mentions: the net's when they were found */
	const uint32_t *words; /* of MN_WAY_WORDS */
	uint32_t nwords;
	size_t bytes;
	mn_link links[];
};

struct node {
	mn_id id;
	_Atomic uint64_t traits;  /* bit 63: known; 32..62 day; 16..31 flags; 0..15 type */
	_Atomic uint64_t touched; /* the net's count of touches when an own write last did */
	_Atomic(struct slice *) slices;
};

typedef _Atomic(struct node *) node_chunk;
typedef _Atomic(node_chunk *) node_row;

struct mn_net {
	unsigned refs; /* the graph's and one per view; under the graph's lock */
	mn_config config;
	pthread_mutex_t lock; /* everything below but what is atomic */
	mn_gen gen;
	uint64_t memories, naming;
	node_row rows[TOP];
	_Atomic uint32_t nodes;
	mn_idmap index; /* id -> index + 1 */
	mn_strmap names;
	size_t name_bytes;
	mn_idmap rows_of; /* id -> mn_shown in row_texts */
	mn_arena *row_texts;
	size_t row_bytes;
	size_t bytes, budget;
	uint64_t serial;          /* of the newest view */
	mn_view *oldest, *newest; /* open views */
	struct slice *graveyard;
	_Atomic uint64_t touches; /* neurons that own writes touched, repeats counted */
	uint64_t added; /* neurons that own writes added: names found before may be of no use */
	uint32_t hand;  /* where eviction goes on */
	bool alone;     /* a view's own */
};

struct mn_graph {
	struct mn_mind *mind;
	pthread_mutex_t lock;
	struct mn_net *current;
	struct mn_results *results;
	struct mn_bench benches[8];
	unsigned nbenches;
	unsigned writing; /* own writes that are on their way to the store, or not noted yet */
	pthread_cond_t noted;
};

extern const mn_reach net_ways[MN_WAYS]; /* what is asked of the store for each */

struct mn_net *net_new(size_t budget); /* one reference */
void net_free(struct mn_net *);

static inline struct node *net_node(const struct mn_net *net, uint32_t i)
{
	node_chunk *row = atomic_load_explicit(
		&net->rows[i >> (NODE_BITS + MID_BITS)], memory_order_acquire);

	return atomic_load_explicit(
		       &row[(i >> NODE_BITS) & ((1u << MID_BITS) - 1)], memory_order_acquire)
	       + (i & ((1u << NODE_BITS) - 1));
}

static inline struct slice *net_slice(const struct mn_net *net, uint32_t i, int way)
{
	struct slice *s = atomic_load_explicit(&net_node(net, i)->slices, memory_order_acquire);

	while (s && s->way != way)
		s = atomic_load_explicit(&s->next, memory_order_acquire);
	return s;
}

/* The key of a name in `names`: its type in two bytes, then its text. */
#define NAME_ROOM 256                                    /* longer ones are not kept */
mn_str net_name(uint16_t type, mn_str text, char *room); /* text.len + 2 bytes of room */
#define NAME_UID 0                                       /* no neuron's type: the text is a uid */

/* All of these with the net's lock held. */
int net_intern(struct mn_net *, mn_id, uint32_t *out);
void net_publish(struct mn_net *, uint32_t node, struct slice *); /* takes it over */
void net_forget(struct mn_net *, uint32_t node);                  /* its lists and traits */
void net_evict(struct mn_net *);
void net_bury(struct mn_net *); /* frees what no open view can see */
struct slice *slice_new(uint32_t links, uint32_t words);
void net_learn(struct mn_net *, uint32_t node, const mn_neuron *); /* its traits */
void net_row_forget(struct mn_net *, mn_id);                       /* row.c */
void net_rows_clear(struct mn_net *);
void net_rows_free(struct mn_net *); /* without the lock: nobody is there any more */

/* Has an own write touched this neuron since the view was opened? */
static inline bool net_touched(const mn_view *v, uint32_t node)
{
	return atomic_load_explicit(&net_node(v->net, node)->touched, memory_order_acquire)
	       > v->touches;
}

/* graph.c: has the cache come as far as this generation, if need be after a wait for own writes? */
bool net_reaches(mn_view *, const mn_gen *seen);

/*
 * Locks the net of a view for publishing what was read at generation `seen`. That may be later than
 * the view's, if all writes in between are own ones that have been noted: what they touched is
 * known, and everything else is as it was. Publishers leave out what net_touched says. MN_ESTALE,
 * unlocked: somebody else wrote.
 */
int net_lock(mn_view *, const mn_gen *seen);

#endif
