/* SPDX-License-Identifier: MIT */
/*
 * graph.h - the graph cache: what of a brain has been read so far, ready for spreading.
 *
 * A neuron that was met has a dense 32-bit *index*; its synapses stand in *lists*, one for each
 * *way* of leaving it, heaviest first, read as far down as somebody needed. Lists never change
 * once they are there: a longer one takes the place of a shorter one. Types, flags and days of
 * neurons are kept too, and the answers to "which neuron has this type and text", also where
 * there is none.
 *
 * A recall opens a *view*, which holds the cache as of one generation. Everything is filled
 * lazily, a whole frontier by one call of the store. When an answer of the store shows that
 * somebody else wrote, the view is stale: its function fails with MN_ESTALE and the recall begins
 * again with a new view. Own writes are patched in where that is simple (mn_graph_note); a view
 * that is open then goes on, and is told at its end if they touched what it had reached.
 *
 * Threads: any number of views at once, each used by one thread. What is there is read without a
 * lock; filling takes the cache's. What a view has seen stays valid until the view is closed.
 * Memory: options.cache_bytes; the lists that were not used for longest go first.
 */
#ifndef MN_RECALL_GRAPH_H
#define MN_RECALL_GRAPH_H

#include <stdatomic.h>

#include "backend.h"
#include "base/map.h"
#include "store/brain.h"

#define MN_NOBODY UINT32_MAX /* no index */

/* Ways of leaving a neuron: which synapses, in which direction. */
enum mn_way {
	MN_WAY_ANY,      /* all of them, both directions: what "classic" follows */
	MN_WAY_TERMS,    /* INVOLVES backwards: concept to memories */
	MN_WAY_INVOLVED, /* INVOLVES forwards: memory to concepts */
	MN_WAY_HEADS,    /* NAMED backwards: entity to the memories of that name */
	MN_WAY_SPANS,    /* MENTIONS backwards: entity to the memories that speak of it */
	MN_WAY_MEMBERS,  /* DURING backwards: session to its memories */
	MN_WAY_OWN,      /* memory to names, spans, links, session and what came next */
	MN_WAY_BESIDE,   /* BEFORE, both directions: memory to its neighbours in a conversation */
	MN_WAY_DATED,    /* HAPPENED_AT backwards: day to the memories of that day */
	MN_WAY_OTHER,    /* every type that encoding does not write, both directions */
	MN_WAYS,         /* of the store; these two come from a memory's text (reading.h) */
	MN_WAY_MENTIONS = MN_WAYS, /* memory to the known names in its text */
	MN_WAY_WORDS,              /* no links: the stems of the text in order */
};

typedef struct mn_link { /* one synapse as seen from a neuron */
	double weight;   /* effective, at the brain's decay clock */
	uint32_t far;    /* index */
	uint16_t type;
	uint16_t out; /* 1: the neuron is its `from`, or it is two-way */
} mn_link;

/*
 * In the order of the store (mn_weight_key in backend.h), so that a limit cuts the same links
 * whatever was read before; MN_WAY_ANY, which is read without limits, by weight itself, then by id.
 */
typedef struct mn_list {
	uint32_t n;      /* links that were read */
	uint32_t degree; /* links there are */
	double bound;    /* no link that was left out weighs more */
	const mn_link *at;
	const mn_id *synapse;
} mn_list;

typedef struct mn_need { /* a list, as far down as needed */
	uint32_t node;
	uint8_t way;
	float floor;    /* lighter links are not needed; 0: all are */
	uint32_t limit; /* nor more than this many; MN_NO_LIMIT: all; 0: only the degree */
} mn_need;

struct mn_net; /* net.h: the cache at one generation */

typedef struct mn_view {
	mn_brain *brain;
	mn_call call; /* carries the caller's error, token and deadline; its arena is the view's */
	mn_call *caller;
	struct mn_net *net;
	mn_gen gen;
	uint64_t serial; /* of this view among those of its net */
	struct mn_view *older, *newer;
	uint64_t memories;     /* in the brain */
	uint64_t naming;       /* counts new names: mentions found before are of no use */
	uint64_t touches;      /* of the net when it was opened; */
	uint64_t added;        /* likewise */
	uint64_t hits, misses; /* lists that were there, and that were not */
	uint32_t trips;        /* calls of the store */
	bool private_net;      /* nobody else's: whatever generation its answers have */
	bool trusted;          /* no answer has told yet that the generation still holds */
	bool numbered;         /* neurons go by the store's numbers now, see mn_view_number */
	mn_idmap traits;       /* then: what is known of them, by number + 1 */
} mn_view;

/*
 * Opens a view at the current generation. alone: over a cache of its own that takes answers of
 * any generation, for a recall that was overtaken by writers too often. Reads the brain's row the
 * first time. Needs a close, also after a failure of anything but the open itself.
 */
int mn_view_open(mn_brain *, mn_call *, bool alone, mn_view *out);
/*
 * The same at the generation of the cache that is there, without asking for it: for stores that are
 * far away. The first answer tells whether it holds (MN_ESTALE); mn_view_settle, before anything is
 * given out, asks if there was none.
 */
int mn_view_trust(mn_brain *, mn_call *, mn_view *out);
int mn_view_settle(mn_view *);
void mn_view_close(mn_view *);

/* The brain's config and its number of memories, as of the view's generation. */
const mn_config *mn_view_config(const mn_view *);
uint64_t mn_view_memories(const mn_view *);
uint32_t mn_view_nodes(const mn_view *); /* indices given out so far */

/*
 * From here on the view's functions on single neurons (mn_view_id, the traits) take what they are
 * called by in lists that the store lends (mn.lists/1): numbers, not indices. That spares a spread
 * over such lists a look at an index for every neuron it meets; the cache learns nothing by it.
 */
void mn_view_number(mn_view *);

/* Indices of neurons; new ones are given one. 0 gives MN_NOBODY. */
int mn_view_index(mn_view *, const mn_id *, size_t n, uint32_t *out);
mn_id mn_view_id(const mn_view *, uint32_t node);

/* Sees to it that the lists are there: at most one call of the store. */
int mn_view_fill(mn_view *, const mn_need *, size_t n);
/* The list as far as it was read, or NULL. What was filled in this view stays, as a rule. */
const mn_list *mn_view_list(mn_view *, uint32_t node, int way);
/* Both: for the one list that a fill of the frontier should have brought. */
int mn_view_read(mn_view *, const mn_need *, const mn_list **out);
bool mn_list_serves(const mn_list *, const mn_need *); /* read far enough? NULL: false */

/* What is known of a neuron without its text. mn_view_traits reads those that are not there. */
typedef struct mn_trait {
	uint16_t type, flags; /* type 0: there is no such neuron */
	int32_t day;          /* days since the epoch of `created` */
} mn_trait;
int mn_view_traits(mn_view *, const uint32_t *nodes, size_t n);
/* Takes those of n nodes from the heads that a spread of the store brought with it (backend.h),
 * from `first` on. */
int mn_view_heads(
	mn_view *, const uint32_t *nodes, const mn_spread_found *, size_t first, size_t n);
bool mn_view_knows(const mn_view *, uint32_t node);     /* were its traits read? */
mn_trait mn_view_trait(const mn_view *, uint32_t node); /* zeroes where it was not read */

/* Neurons by type and text, at most one call of the store; MN_NOBODY where there is none. */
int mn_view_names(mn_view *, const mn_key *, size_t n, uint32_t *out);
/* The same by uid. */
int mn_view_uids(mn_view *, mn_strs, uint32_t *out);

/* What an answer shows of a neuron: its row, and of a memory the fiber that stands at it. */
typedef struct mn_shown {
	mn_neuron row; /* id 0: not read, or there is none */
	mn_id fiber;   /* the first one at it; 0: none */
	uint16_t stage;
	bool fiber_known;
} mn_shown;
/* Fills in what is kept of these neurons, with texts in the call's arena; the rest stays as it is.
 */
int mn_view_recollect(mn_view *, mn_call *, const mn_id *, mn_shown *out, size_t n);
/* Keeps what was read past the view at this generation, and learns its traits. */
int mn_view_keep(mn_view *, const mn_gen *seen, const mn_id *, const mn_shown *, size_t n);

/* A call of the store that went past the view (rows of neurons) tells it what it saw. */
int mn_view_check(mn_view *, const mn_gen *seen);
int mn_view_at(mn_view *, const mn_gen *seen); /* the same, where it must be this generation */
struct mn_space;                               /* space.h */
/* MN_ESTALE: an own write touched a neuron that this spread reached, so that it may have seen
 * lists from before and after. */
int mn_view_whole(mn_view *, const struct mn_space *);

/* Own writes: begin before the store is asked, so that a reader who meets the new generation first
 * waits for the note instead of beginning a new cache; note what was written, in the order of
 * writing; end. */
struct mn_graph *mn_graph_begin_write(struct mn_mind *); /* NULL: there is no cache */
void mn_graph_end_write(struct mn_graph *);
void mn_graph_note(struct mn_mind *, const mn_change *, size_t n, const mn_applied *);
/* The cache of a mind, made on first use; NULL: out of memory. */
struct mn_graph *mn_graph_of(struct mn_mind *);
void mn_graph_free(struct mn_graph *);

struct mn_results *mn_graph_results(struct mn_graph *); /* result.h */

/* What a recall works with: kept for the next one when it is done. */
struct mn_bench {
	struct mn_space *space, *side;
	struct mn_analyst *analyst;
	struct mn_record *record;
	mn_arena *arena;
};
int mn_graph_take_bench(struct mn_graph *, mn_call *, struct mn_bench *out);
void mn_graph_give_bench(struct mn_graph *, struct mn_bench *); /* takes it over */

#endif
