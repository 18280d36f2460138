/* SPDX-License-Identifier: MIT */
/*
 * harness.h - what every claim starts from: a store opened by URL through the plugin host, a
 * fresh brain in it, builders of rows, and a dump of everything that a brain answers.
 *
 * A claim is a cmocka test whose state is a struct room. It calls the backend's operations
 * directly, with the engine's own host, so that what passes here holds for every user of the
 * contract. Results live in room->call until the claim ends.
 */
#ifndef CONFORMANCE_HARNESS_H
#define CONFORMANCE_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/type.h"
#include "engine.h"

/* A group of claims about one subject; main.c lists them. */
struct claims {
	const char *subject;
	const struct CMUnitTest *at;
	size_t n;
	bool reads_only; /* can be asked of a store that cannot be written */
};

#define IDS 512 /* fresh ids that a claim has, of each kind */

struct room {
	mn_engine *engine;
	const mn_backend *be;
	mn_db *db;
	mn_info info;
	mn_call call;
	char url[512], folder[128]; /* folder: of this run, empty if the URL names none */
	char name[40];
	mn_str brain; /* the claim's own: name */
	mn_id neuron0, synapse0, fiber0;
	unsigned serial; /* of brains: no two claims use one name */
};

/* The i-th fresh id of a kind. A claim calls its room r. */
#define N(i) (r->neuron0 + (mn_id)(i))
#define S(i) (r->synapse0 + (mn_id)(i))
#define F(i) (r->fiber0 + (mn_id)(i))
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* 2023-05-08 13:56 UTC: when rows are made, and what the clock says, unless a claim sets it. */
#define NOON INT64_C(1683554160000000)
#define DAYS(n) ((mn_time)(n)*MN_DAY)

/* ---- The world, as tests set it: world.c ----------------------------------------------------- */

extern const mn_seams world_seams;
void world_set_wall(mn_time);
/* The monotonic clock stands at t and goes `step` ahead each time it is read. */
void world_set_monotonic(mn_time t, mn_time step);
void world_reset(void); /* both clocks as they were at the start, no allocation fails */

/* Installs the allocator that fails as told; once, before anything else. */
void world_use_memory(void);
/* The n-th allocation of this thread from now on fails (n >= 1); lasting: so do all after it. */
void world_fail_memory(uint64_t nth, bool lasting);
/* Ends that. Did any fail? */
bool world_mend_memory(void);
int64_t world_memory_blocks(void); /* allocated and not freed, by all threads */

/* ---- Rooms: harness.c ------------------------------------------------------------------------ */

/* An engine in that world, with the plugins of the folders in $MN_PLUGINS (colons between) before
 * its own. NULL: it says why. */
mn_engine *world_engine(void);

/* Opens a store in a zeroed room; an "@" in the URL stands for a fresh folder, which room_close
 * removes. On failure says why on stderr. */
int room_open(struct room *, const char *url);
void room_close(struct room *);
/* Opens the same store once more, beside r, with an engine of its own, for the same claim. */
void room_share(struct room *other, const struct room *r);
/* Closes the store and opens it again, with a new engine. */
void room_reopen(struct room *, bool read_only);

/* cmocka's setup and teardown of a claim, and an entry of its table. */
#define claim(name) cmocka_unit_test_setup_teardown(name, claim_begin, claim_end)
int claim_begin(void **state);
int claim_end(void **state);
/* n repetitions; some of them where each call takes a trip, unless with MN_FULL=1. */
unsigned so_often(const struct room *, unsigned n);
void needs(const struct room *, uint64_t caps); /* skips the claim where they are not promised */

/* Another brain beside the claim's own, empty. name: lent, and deleted by the claim. */
mn_brain_row room_create(struct room *, mn_str name, const char *config);
void room_delete(struct room *, mn_str name);
mn_brain_row room_describe(struct room *, mn_str name);
/* Sets the claim's brain's clock and config (NULL: as it is). */
void room_set(struct room *, mn_time clock, const char *config);

/* Fails the claim with the call's error if status is not `want`. */
#define expect_status(r, status, want) status_is(r, status, want, #status, __FILE__, __LINE__)
#define ok(r, status) expect_status(r, status, MN_OK)
void status_is(struct room *, int status, int want, const char *what, const char *file, int line);

/* ---- Rows and batches ------------------------------------------------------------------------ */

mn_neuron neuron(mn_id, uint16_t type, const char *text);
mn_synapse synapse(mn_id, mn_id from, mn_id to, uint16_t type, double base);
mn_fiber fiber(mn_id, mn_id anchor);
mn_state state_of(mn_id, double level, uint32_t uses);

/* Changes in the making. Rows are copied, what they point to is lent. Starts zeroed; applying
 * empties it. */
struct batch {
	struct item *at;
	size_t n, cap;
};
void batch_row(struct batch *, int op, int kind, const void *row);
void batch_neuron(struct batch *, mn_id, uint16_t type, const char *text);
void batch_synapse(struct batch *, mn_id, mn_id from, mn_id to, uint16_t type, double base);
void batch_bump(struct batch *, int kind, mn_id, uint32_t uses, mn_time last);
void batch_drop(struct batch *, int kind, mn_id);
void batch_free(struct batch *);

/* Applies to the claim's brain: the status, and what it says. The call is the room's own unless
 * another is given. */
int batch_try(struct room *, mn_call *, struct batch *, const mn_gen *expect, mn_applied *);
mn_applied batch_apply(struct room *, struct batch *); /* must succeed */
/* Must fail so, at that change, and leave everything as it was. */
void batch_refused(struct room *, struct batch *, int status, size_t culprit);

/* ---- Reading --------------------------------------------------------------------------------- */

const mn_neuron *get_neuron(struct room *, mn_id); /* id 0 in the row: there is none */
const mn_state *get_state(struct room *, mn_id);
const mn_synapse *get_synapse(struct room *, mn_id);
const mn_fiber *get_fiber(struct room *, mn_id);
mn_id look_up(struct room *, uint16_t type, const char *text);
mn_id resolve(struct room *, int kind, const char *uid);
mn_gen generation(struct room *);

/* One entry: all synapses of a neuron, out and in as asked, of one type (0: of all). */
mn_fan list_of(struct room *, mn_id, bool out, bool in, uint16_t type);
/* All synapses of N(0)..N(n - 1), an entry each, and the rows of a fan's synapses, in its order:
 * two calls, since there are stores where each takes a trip. */
mn_fan lists_of(struct room *, size_t n);
const mn_synapse *fan_rows(struct room *, const mn_fan *, size_t entries);
/* Is entry i exactly these neurons, in this order? */
#define fan_is(fan, i, ...) \
	fan_has(fan, i, (mn_id[]){__VA_ARGS__}, COUNT(((mn_id[]){__VA_ARGS__})), __FILE__, __LINE__)
void fan_has(const mn_fan *, size_t i, const mn_id *far, size_t n, const char *file, int line);
size_t fan_length(const mn_fan *, size_t i);

#define MOST_IDS 4096
struct ids {
	mn_id at[MOST_IDS];
	size_t n;
};
/* Every id a scan gives, read by pages of at most `page`, whose form is checked. */
struct ids scan_ids(struct room *, const mn_query *, size_t page);
#define ids_are(ids, ...) \
	ids_have(ids, (mn_id[]){__VA_ARGS__}, COUNT(((mn_id[]){__VA_ARGS__})), __FILE__, __LINE__)
void ids_have(struct ids, const mn_id *, size_t n, const char *file, int line);

/* ---- Everything a brain answers: dump.c --------------------------------------------------------
 */

/* As lines of text: row counts, rows of all kinds, lists, lookups, searches. Two equal dumps: no
 * reader can tell the brains apart. Freed by the caller with free. */
char *dump(struct room *);
char *dump_brain(struct room *, mn_str brain);
/* One row as a line, every member. */
char *dump_row(int kind, const void *row);
/* Are two rows of a kind equal, member by member? Fails the claim with both if not. */
void same_row(int kind, const void *got, const void *want);
/* The brain still answers this; frees it. */
void still(struct room *, char *before);

/* ---- A random brain: build.c -------------------------------------------------------------------
 */

/* xorshift: the same numbers from the same seed everywhere. seed is not 0. */
uint64_t dice(uint64_t *seed);
uint64_t dice_below(uint64_t *seed, uint64_t n);
double dice_unit(uint64_t *seed); /* in [0, 1) */

/* Fills the claim's brain: neurons N(0).., synapses S(0).., fibers F(0).., with hubs, two-way,
 * parallel and self synapses, states, uids, tags, members. At most IDS of each. */
void build_random(struct room *, uint64_t seed, unsigned neurons, unsigned synapses);
/* A small brain of all kinds that claims know by heart: see build.c. */
void build_known(struct room *);

#endif
