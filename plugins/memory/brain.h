/* SPDX-License-Identifier: MIT */
/*
 * brain.h - a brain as the memory plugin keeps it.
 *
 * Rows of a kind lie in an array; rows refer to each other by slot, 32 bits. A neuron takes 32
 * bytes and its texts, a synapse what its fields need to be told apart from its neighbours'
 * (line.h), about 6 bytes, and 4 in the list of each of its ends, or 12 if that is a long one. What
 * most rows do not have (an own uid, metadata, uses, state) lies in heaps beside them.
 *
 * Changes go through journal.c, so that an apply that fails at whatever point is undone. Undoing
 * must not need memory. Hence, until the commit: rows and their parts are replaced, never changed
 * in place, and nothing shrinks.
 */
#ifndef MEMORY_BRAIN_H
#define MEMORY_BRAIN_H

#include <pthread.h>

#include "line.h"
#include "mem.h"

#define MEMORY_CAPS (MN_CAP_WRITE | MN_CAP_TEXT | MN_CAP_CREATE | MN_CAP_ATOMIC | MN_CAP_GENERATION)
#define LAST_RESERVED (UINT64_C(1) << 62) /* ids from here on are never handed out */

struct leaf; /* list.c */
struct block;

/* Rows with equal keys (neurons of one type and text, fibers of one anchor), by id: a ring, whose
 * first stands in the index. */
struct ring {
	uint32_t prev, next;
};

struct neuron {
	ref text;
	uint32_t created, extra;
	uint32_t state; /* in states; 0: none */
	struct ring same;
	uint16_t type, flags;
};

struct neuron_extra {
	ref uid, meta;
	mn_time updated; /* if not `created` */
};

struct state {
	double level, decay;
	mn_time last;
	uint32_t uses;
};

struct line_extra {
	ref uid, meta;
	mn_time last, listed_last; /* listed: as the lists show it until the next fold */
	uint32_t uses, listed_uses;
};

struct fiber {
	double salience, coherence;
	uint32_t anchor, created, first, last, uses, extra;
	struct ring same;
	uint16_t stage, flags;
};

struct fiber_extra {
	ref uid, summary, meta;
	ref tags;              /* packed, see pack_strings */
	ref neurons, synapses; /* ids, 8 bytes each */
};

struct brain {
	struct mem mem;
	struct mem paths; /* what synapses and lists take; extras apart */
	mn_brain_row row; /* texts are its own, terminated; counts are not kept here */
	double delta, rate;
	mn_gen gen;
	mn_id next[MN_KINDS];
	int64_t oldest; /* a lower bound of the days of synapses */

	struct slots neuron_ids, line_ids, fiber_ids;
	struct neuron *neurons;
	struct lines *lines; /* chunks of LINE_ROWS */
	struct times kinds;  /* types and flags of synapses, numbered */
	struct leaf **leaves;
	struct heap longs;       /* long lists, */
	struct table long_index; /* by neuron */
	struct fiber *fibers;
	uint32_t neurons_cap, lines_cap, leaves_cap, fibers_cap;
	struct heap neuron_extras, states, line_extras, fiber_extras;
	struct table by_key, neuron_uids, line_uids, fiber_uids, by_anchor;
	struct times times;
	struct pool text;
	uint32_t pending; /* lines with LINE_PENDING; their bits: */
	uint64_t *pending_bits;
	uint32_t pending_cap;

	uint16_t memory_type; /* whose neurons are not found by key */

	struct undo *journal;
	uint32_t undos, undos_cap;
	bool undoing;
	bool unlisted; /* something was dropped from a list since the last commit */
};

struct mn_db {
	const mn_host *host;
	const mn_config_service *config;
	const mn_words *words;
	const mn_rows_service *rows;
	pthread_rwlock_t lock; /* readers beside each other, a writer alone */
	struct brain **brains; /* by name */
	uint32_t n, cap;
	mn_id last_id; /* of brains; never used twice */
	bool read_only;
};

/* ---- db.c ---------------------------------------------------------------------------------- */

/* Takes the lock, finds the brain, sets call->at. On MN_OK the caller unlocks. */
int brain_enter(mn_db *, mn_call *, mn_str name, bool write, struct brain **out);
void brain_leave(mn_db *);
int fail_memory(const struct brain *, mn_call *);
struct brain *brain_of(const mn_db *, mn_id);                 /* locked; NULL: it was deleted */
int give_text(const mn_db *, mn_call *, mn_str, mn_str *out); /* a copy in the call's arena */

int db_open(const mn_host *, mn_call *, mn_str url, bool read_only, mn_db **out);
void db_close(mn_db *);
int db_info(mn_db *, mn_call *, mn_info *out);
int db_brains(mn_db *, mn_call *, int op, const void *row, mn_rows *out);
int db_generation(mn_db *, mn_call *, mn_str name);
int db_reserve(mn_db *, mn_call *, mn_str name, int kind, uint32_t n, mn_id *first);

/* ---- read.c, expand.c, scan.c -------------------------------------------------------------- */

int db_lookup(mn_db *, mn_call *, mn_str brain, const mn_key *, size_t n, mn_id *out);
int db_resolve(mn_db *, mn_call *, mn_str brain, int kind, mn_strs uids, mn_id *out);
int db_get(mn_db *, mn_call *, mn_str brain, int kind, mn_ids, unsigned fields, mn_rows *out);
int db_fibers_of(mn_db *, mn_call *, mn_str brain, mn_ids anchors, mn_rows *out);
int db_expand(mn_db *, mn_call *, const mn_expand *, mn_fan *out);
int db_scan(mn_db *, mn_call *, mn_str brain, const mn_query *, mn_cursor **out);
int db_next(mn_cursor *, mn_call *, size_t max, mn_page *out);
void db_done(mn_cursor *);

/* Where a row of that kind goes in an array of them; the row must be there. */
/* search.c: slots of neurons whose text has all words, best first; what `want` says no to is passed
 * over. To be freed with host->resize. MN_OK with none: no such neuron, or no word in the text. */
struct hit {
	uint32_t slot;
	float rank;
};
typedef bool hit_wanted(const void *ctx, uint32_t slot);
int search_text(const mn_db *, mn_call *, struct brain *, mn_str text, hit_wanted *want,
	const void *ctx, struct hit **out, size_t *n);

bool fiber_has_tag(const struct brain *, uint32_t slot, mn_str tag);
size_t row_size(int kind);
bool row_there(struct brain *, int kind, uint32_t slot); /* a state: the neuron has one */
int give_row(const mn_db *, mn_call *, struct brain *, int kind, uint32_t slot, unsigned fields,
	void *out);

/* ---- rows.c: one row each ------------------------------------------------------------------ */

static inline struct neuron_extra *neuron_extra(const struct brain *b, const struct neuron *n)
{
	return heap_get(&b->neuron_extras, n->extra);
}

static inline struct line_extra *line_extra(const struct brain *b, const struct line *l)
{
	return heap_get(&b->line_extras, l->extra);
}

static inline struct fiber_extra *fiber_extra(const struct brain *b, const struct fiber *f)
{
	return heap_get(&b->fiber_extras, f->extra);
}

static inline struct state *neuron_state(const struct brain *b, const struct neuron *n)
{
	return heap_get(&b->states, n->state);
}

static inline mn_id neuron_id(const struct brain *b, uint32_t slot)
{
	return slots_id(&b->neuron_ids, slot);
}

/* A synapse as the lists know it, so without pending bumps: base, created, last and uses only. */
mn_synapse line_listed(const struct brain *, const struct line *);
int32_t line_key(const struct brain *, const struct line *);
int64_t line_day(const struct brain *, const struct line *);
/* A row of a synapse comes or goes, or is replaced by one at the same places. */
void line_count(struct brain *, uint32_t slot, bool there);

/* The first of those with that key or anchor; by uid; NONE. Uids of MN_NEURON, _SYNAPSE, _FIBER. */
uint32_t find_key(const struct brain *, uint16_t type, mn_str text);
uint32_t find_anchor(const struct brain *, uint32_t anchor);
uint32_t find_uid(const struct brain *, int kind, mn_str uid);
struct slots *slots_of(struct brain *, int kind);

/* Into every index and list, and out of them. Linking may run out of memory and has then done
 * nothing; what was unlinked since the last commit is always linked again. */
int row_link(struct brain *, int kind, uint32_t slot);
void row_unlink(struct brain *, int kind, uint32_t slot);

/* ---- list.c: the synapses of a neuron, heaviest first --------------------------------------- */

enum direction { DIR_OUT = 1, DIR_IN = 2, DIR_BOTH = 3 };

/* As seen from one of its ends: a two-way synapse and a loop go both ways. */
static inline unsigned line_direction(const struct line *l, uint32_t self)
{
	if (l->flags & LINE_TWO_WAY || l->from == l->to)
		return DIR_BOTH;
	return l->from == self ? DIR_OUT : DIR_IN;
}

static inline uint32_t line_far(const struct line *l, uint32_t self)
{
	return l->from == self ? l->to : l->from;
}

int list_add(struct brain *, uint32_t self, uint32_t line);
void list_drop(struct brain *, uint32_t self, uint32_t line);
/* The row of a synapse was replaced by one that stands at the same place of the list. */
void list_refresh(struct brain *, uint32_t self, uint32_t line);
uint32_t list_length(const struct brain *, uint32_t self);
/* All of them, in any order; list_length + 1 numbers, to be freed with mem_resize. */
int list_copy(struct brain *, uint32_t self, uint32_t **out);
void lists_free(struct brain *);
/* After a commit: gives back what is not needed any more; may do nothing. */
void list_tidy(struct brain *, uint32_t self);
/* Brings every list into the order of the keys as they are now. On MN_ENOMEM nothing changed. */
int lists_sort(struct brain *, void (*rekey)(struct brain *));

/* What a neuron's list consists of: parts of one type and direction, or one of everything. */
struct part_view {
	bool mixed; /* type and dir do not hold: ask each line */
	uint16_t type;
	uint8_t dir;
	uint32_t n;
};
uint32_t list_parts(const struct brain *, uint32_t self);
struct part_view list_part(const struct brain *, uint32_t self, uint32_t part);

/* A walk over a part, in order; after part_next the current synapse is `line`. */
struct part_walk {
	const uint32_t *at, *end;                 /* the rest of this run */
	struct block *const *block, *const *last; /* further runs */
	uint32_t line;
};
void part_begin(const struct brain *, uint32_t self, uint32_t part, struct part_walk *out);
bool part_next(struct part_walk *); /* false: at its end */
/* Asks the processor for where a list begins (step 0), and then for its first entries (1); */
void list_fetch(const struct brain *, uint32_t self, int step);
static inline void line_fetch(const struct brain *b, uint32_t slot)
{
	__builtin_prefetch(line_at(&b->lines[slot >> LINE_BITS], slot));
}
/* for the next n synapses of a walk, so that they come in together. */
void part_fetch(const struct brain *, const struct part_walk *, uint32_t n);

extern const mn_lists_ops memory_lists; /* lend.c */

/* ---- journal.c ----------------------------------------------------------------------------- */

union row {
	struct neuron neuron;
	struct line line;
	struct fiber fiber;
	struct state state;
};

/* A slot for a new row, for row_swap to fill. */
int row_slot(struct brain *, int kind, mn_id, uint32_t *out);
/*
 * Puts a row in the place of the one in the slot, if it had one (NULL: drops it), in every index
 * and list. The new row's rarely used part is another one than the old row's, or the very same. On
 * MN_ENOMEM all is as before; a slot that had none is given up.
 */
int row_swap(struct brain *, int kind, uint32_t slot, bool had, const union row *by);
/* A neuron's state: replaced, made, or with NULL dropped. */
int state_swap(struct brain *, uint32_t neuron, const struct state *by);
void journal_undo(struct brain *);
void journal_commit(struct brain *);
/* Text that nobody refers to any more is given back, if there is much of it and memory to move the
 * rest. */
void brain_compact(struct brain *);

/* ---- apply.c ------------------------------------------------------------------------------- */

int brain_apply(mn_db *, mn_call *, mn_str name, const mn_gen *expect, const mn_change *, size_t n,
	mn_applied *out);

#endif
