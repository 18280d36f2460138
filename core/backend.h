/* SPDX-License-Identifier: MIT */
/*
 * backend.h - the contract between the engine and a storage backend, ABI major 1.
 *
 * For those who extend the engine with a store of their own. Values, rows, statuses and mn_query
 * come from mn.h; nothing of the engine needs to be linked, all services come through mn_host.
 *
 * Entry    A backend is a shared object, mn_NAME.so, that exports one symbol: mn_backend_v1. An
 *          incompatible contract gets a new symbol, so a mismatch fails at dlsym, before any code
 *          of the plugin runs. The entry does no work. Plugins stay loaded for the life of the
 *          process.
 * Size     A struct that starts with `size` only grows at its end; the reader asks MN_HAS before
 *          a later member. Row structs are frozen for the major; row_size[] is compared at load.
 *          Every operation up to `apply` must be there; `extension` may be NULL.
 * Ids      Dense where the store can make them so. A store that knows only uids interns them
 *          while it is open.
 * Memory   Arguments are lent for the call. Results live in the call's arena (host->alloc) and
 *          belong to the engine. Nothing else is freed across the boundary but through close and
 *          done. A backend's own memory comes from host->resize, so that tests can make it fail.
 * Errors   MN_OK, or a negative mn_status handed through host->fail, which writes the sentence:
 *          return host->fail(call, MN_EIO, errno, "cannot open %s: ...", path). Say what to do. No
 *          secrets in it. After an error the store is as before the call.
 * Text     UTF-8 without NUL; a row with anything else is MN_EINVAL. Untrusted: never spliced
 *          into a query language, path or format.
 * Threads  As mn_info.threads says, for calls on one opened store: MN_ONE_CALL - the engine lets
 *          in one at a time; MN_MANY_READERS - any number of reading calls beside one writing
 *          call (brains with an op other than LIST and FIND, reserve, apply); MN_ANY_CALLS. Each
 *          cursor is used by one thread at a time. close comes after every other call has
 *          returned and every cursor is done. open may be called from several threads for
 *          several stores.
 * Cancel   A call that is cancelled or late before it begins fails with MN_ECANCELLED or
 *          MN_ETIMEOUT, whatever it would have done. One that may take longer than a few
 *          milliseconds asks host->cancelled now and then, or registers a hook that breaks it off
 *          (sqlite3_interrupt, closing a socket). A cancelled or late writing call has written
 *          nothing, or, if it returns MN_OK, everything.
 * Order    Within one neuron: mn_weight_key, never rising, then far id, then synapse id
 *          ascending. Everywhere else: as asked, or by id ascending.
 * Weights  `floor` and `weight` in an expand are effective weights at the brain row's decay clock
 *          (mn_synapse in mn.h). The key bounds them: a store stops at mn_weight_bound < floor.
 *          Between a bump of a synapse and the next fold its lists show it as it was.
 */
#ifndef MN_BACKEND_H
#define MN_BACKEND_H

#include <math.h>

#include "mn.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mn_db mn_db;         /* backend: one opened store */
typedef struct mn_cursor mn_cursor; /* backend: one running scan */

/* Services of the engine. Each may be called from any thread. */
typedef struct mn_host mn_host;
struct mn_host {
	uint32_t size;
	/* Results: zeroed, aligned for any type; NULL: failed, and already recorded in the call. */
	void *(*alloc)(mn_call *, size_t bytes);
	/* Records the error and returns code. retry is set for MN_EBUSY, MN_ETIMEOUT and
	 * MN_ECONFLICT. Untrusted arguments are made plain. */
	int (*fail)(mn_call *, int code, int native, const char *fmt, ...) MN_PRINTF(4, 5);
	/* Has the token been cancelled or the deadline passed? Cheap. failed_by says which:
	 * MN_ECANCELLED or MN_ETIMEOUT, recorded. */
	bool (*cancelled)(const mn_call *);
	int (*fail_cancelled)(mn_call *);
	/* fn(arg) is called, once, from another thread, when the token is cancelled or the deadline
	 * passes; if that has happened already, from within. fn NULL: removes it, and waits while
	 * it runs. One per call. */
	void (*on_cancel)(mn_call *, void (*fn)(void *), void *arg);
	/* The backend's own memory: realloc's contract, free with size 0. */
	void *(*resize)(const mn_host *, void *ptr, size_t size);
	mn_time (*now)(const mn_host *); /* wall clock; tests set it */
	void (*random)(const mn_host *, void *out, size_t n);
	void (*log)(const mn_host *, int level, const char *fmt, ...) MN_PRINTF(3, 4);
	/* A secret by name, into the arena; MN_OK with len 0: there is none. */
	int (*secret)(const mn_host *, mn_call *, const char *name, mn_str *out);
	/* Somebody else changed this brain (stores with MN_CAP_PUSH). */
	void (*changed)(const mn_host *, mn_db *, mn_str brain, mn_gen);
	const char *(*type_name)(int kind, uint16_t code); /* what to persist */
	uint16_t (*type_code)(int kind, mn_str name);
	/* Is this valid UTF-8 without NUL? */
	bool (*text_valid)(mn_str);
	/* More, by name: "mn.NAME/REV", or NULL. */
	const void *(*service)(const mn_host *, const char *id);
	/* The clock of deadlines (mn_call.deadline), for those who hand them on. Later than the
	 * others: ask MN_HAS(host, monotonic). */
	mn_time (*monotonic)(const mn_host *);
};

/* The service "mn.config/1": what a store has to know of a brain row's config to keep its lists in
 * order. MN_EINVAL: not an object, or a value out of range. */
typedef struct mn_config_service {
	uint32_t size;
	int (*weights)(mn_call *, mn_str config, double *delta, double *rate);
} mn_config_service;

/*
 * Service "mn.words/1": the words of a text as search sees them, so that mn_query.text finds the
 * same in every store: folded, lower-cased, characters of Han, Kana and Hangul one by one. word
 * is called for each in order, with its bytes from..to in the text; folded is lent until it
 * returns, at most 120 bytes long. A value other than 0 ends the walk and is returned. Takes no
 * memory; any thread. Bytes that are not UTF-8 separate words.
 */
typedef struct mn_words {
	uint32_t size;
	int (*split)(mn_str text, void *ctx,
		int (*word)(void *ctx, mn_str folded, size_t from, size_t to));
} mn_words;

/* The service "mn.rows/1": what about a change's row or operation can never be stored, as apply
 * says of MN_EINVAL, ends and anchors apart; NULL: it can. Static text. */
typedef struct mn_rows_service {
	uint32_t size;
	const char *(*fault)(const mn_change *);
} mn_rows_service;

/*
 * Service "mn.json/1": JSON into a tree of jansson's (json_t), for a backend that uses it as well,
 * told apart for certain from a text that is none: MN_ENOMEM, or MN_EINVAL with what is wrong in
 * why, plain. At most 64 levels; NUL in strings is let through. The tree is the caller's to
 * json_decref. Any thread.
 */
typedef struct mn_json_service {
	uint32_t size;
	int (*read)(mn_str text, char *why, size_t room, void **tree);
} mn_json_service;

/*
 * Service "mn.wire/1": the contract's requests and answers as JSON, one object each, for a backend
 * that speaks to a server of this project and for that server. Types go by name, weights in their
 * shortest exact form, moments and ids as whole numbers. write puts the text into the call's arena;
 * read takes it apart into the arena and is strict: MN_EINVAL says which member is wrong. A message
 * that is written and read again is equal to the first. What is no text and no finite number cannot
 * be written (MN_EINVAL). Structs with a size are filled as far as theirs says. Any thread.
 * core/wire/wire.h has the members of each.
 */
enum mn_wire {
	MN_WIRE_GEN,     /* mn_gen */
	MN_WIRE_ERROR,   /* mn_wire_error: RFC 9457, problem+json */
	MN_WIRE_INFO,    /* mn_info */
	MN_WIRE_BRAIN,   /* mn_brain_row, of CREATE and UPDATE */
	MN_WIRE_ROWS,    /* mn_rows of any kind; a row that is not there (id 0) is null */
	MN_WIRE_FETCH,   /* mn_wire_fetch: of get and fibers_of */
	MN_WIRE_RESERVE, /* mn_wire_reserve: of reserve, and its answer */
	MN_WIRE_KEYS,    /* mn_wire_keys: of lookup */
	MN_WIRE_UIDS,    /* mn_wire_uids: of resolve */
	MN_WIRE_IDS,     /* mn_ids: the answer to both; 0 where there is none */
	MN_WIRE_EXPAND,  /* mn_expand without its brain */
	MN_WIRE_FAN,     /* mn_wire_fan */
	MN_WIRE_QUERY,   /* mn_query */
	MN_WIRE_PAGE,    /* mn_page */
	MN_WIRE_CHANGES, /* mn_wire_changes: of apply */
	MN_WIRE_APPLIED, /* mn_applied */
	MN_WIRE_MESSAGES
};
typedef struct mn_wire_error {
	mn_error error;
	bool has_culprit; /* what apply says beside it */
	uint64_t culprit;
} mn_wire_error;
typedef struct mn_wire_fetch {
	int kind;
	unsigned fields; /* 0: all */
	mn_ids ids;      /* of fibers_of: anchors */
} mn_wire_fetch;
typedef struct mn_wire_reserve {
	int kind;
	uint32_t n;
	mn_id first; /* 0 in the request */
} mn_wire_reserve;
typedef struct mn_wire_keys {
	const mn_key *at;
	size_t n;
} mn_wire_keys;
typedef struct mn_wire_uids {
	int kind;
	mn_strs uids;
} mn_wire_uids;
typedef struct mn_wire_fan {
	size_t n; /* entries of the frontier */
	mn_fan fan;
} mn_wire_fan;
typedef struct mn_wire_changes {
	bool has_expect;
	mn_gen expect;
	const mn_change *at;
	size_t n;
} mn_wire_changes;
#define MN_WIRE_GEN_ROOM 52
typedef struct mn_wire_service {
	uint32_t size;
	int (*write)(mn_call *, int message, const void *from, mn_str *out);
	int (*read)(mn_call *, int message, mn_str json, void *out);
	/* A generation as the text it is in messages and in ETag, terminated; its length. */
	size_t (*gen_write)(const mn_gen *, char out[MN_WIRE_GEN_ROOM]);
	bool (*gen_read)(mn_str, mn_gen *out); /* false: none in its only form */
} mn_wire_service;

enum mn_brains_op {
	MN_BRAINS_LIST,   /* row ignored; out: all, by name */
	MN_BRAINS_FIND,   /* row: mn_str, a name or uid; out: one row, or none */
	MN_BRAINS_CREATE, /* row: mn_brain_row with name, config, meta, uid, created; out: it, with
			     its id */
	MN_BRAINS_UPDATE, /* row: likewise, id given; name, config, meta, updated, clock are taken.
			   * Moving the clock moves the graph generation. */
	MN_BRAINS_DELETE, /* row: mn_str, the name */
};

/*
 * The one definition of the order of lists, shared by every store so that a limit cuts the same
 * edges everywhere. Steps of a thousandth; weights themselves stay doubles.
 */
#define MN_KEY_STEPS 1024
#define MN_KEY_LEAST INT32_MIN
#define MN_DAY INT64_C(86400000000)

static inline int64_t mn_day_of(mn_time t)
{
	return t / MN_DAY - (t % MN_DAY < 0);
}

/* base' of mn_synapse: after reinforcement, before decay. */
static inline double mn_weight_base(const mn_synapse *s, double delta)
{
	return s->uses ? 1 - (1 - s->base) * pow(1 - delta, s->uses) : s->base;
}

static inline int64_t mn_weight_day(const mn_synapse *s)
{
	return mn_day_of(s->last ? s->last : s->created);
}

static inline int32_t mn_weight_key(const mn_synapse *s, double delta, double rate)
{
	double base = mn_weight_base(s, delta);
	double key = base > 0 ? (log(base) + rate * (double)mn_weight_day(s)) * MN_KEY_STEPS
			      : -INFINITY;

	return key > INT32_MIN + 1.0 ? (key < INT32_MAX ? (int32_t)lround(key) : INT32_MAX)
				     : MN_KEY_LEAST;
}

static inline double mn_weight_at(const mn_synapse *s, double delta, double rate, mn_time clock)
{
	int64_t days = clock ? mn_day_of(clock) - mn_weight_day(s) : 0;

	return mn_weight_base(s, delta) * (days > 0 ? exp(-rate * (double)days) : 1);
}

/*
 * No synapse with this key or a lesser one weighs more. oldest: a day before which no synapse of
 * the brain was created or used (a lower bound that the store keeps). Tight right after a decay
 * run and for brains filled within a day; the longer decay has not run, the looser.
 */
static inline double mn_weight_bound(int32_t key, double rate, mn_time clock, int64_t oldest)
{
	int64_t day = clock && mn_day_of(clock) > oldest ? mn_day_of(clock) : oldest;
	double w = exp((key + 1.0) / MN_KEY_STEPS - rate * (double)day);

	return key == MN_KEY_LEAST ? 0 : w < 1 ? w : 1;
}

/*
 * Extension "mn.spread/2": a whole spread of the kernel "classic" in one round trip, for stores
 * that can walk their own graph (core/recall/kernel.h). Level by level: activation that reaches
 * a neuron in hop h is, over all synapses of weight >= lightest of the neurons reached in hop
 * h - 1, in both directions, the best of level * gain * weight; what is below the threshold is
 * lost. Anchors have level 1 in hop 0. The answer has each neuron of a set once, with its best
 * level, the least hop that gave it, and the synapse and neuron it came from (0, 0: an anchor).
 * Equal levels may name any of their ways in. Sets do not meet: the engine joins them. Archived
 * neurons are neurons like all others here. (Revision 1 had an mn_spread_found without a size.)
 */
typedef struct mn_spread_ask {
	uint32_t size;
	mn_str brain;
	const mn_id *anchors;  /* distinct within a set; one that is not there is passed over */
	const uint32_t *start; /* nsets + 1 offsets into anchors */
	uint32_t nsets;
	uint32_t max_hops; /* at least 1 */
	double gain, lightest, threshold;
	bool heads; /* what ranking needs of the rows is wanted beside the levels */
} mn_spread_ask;

typedef struct mn_spread_found {
	uint32_t size;         /* set by the engine; MN_HAS says how far it may be filled */
	const uint32_t *start; /* nsets + 1 offsets into the others */
	const mn_id *neuron, *from, *synapse;
	const double *level;
	const uint16_t *hop;
	uint64_t examined; /* synapses looked at; 0: not known */
	/* Of the neurons' rows, if the ask has heads. NULL: not offered. */
	const uint16_t *type, *flags;
	const mn_time *created;
} mn_spread_found;

/* Rows that are shown together: of neurons, and the fiber that fibers_of gives for each anchor. A
 * fiber's text, members, tags and meta may be left empty. */
typedef struct mn_show_ask {
	uint32_t size;
	mn_str brain;
	mn_ids neurons, anchors; /* together at most mn_info.max_ids */
} mn_show_ask;

typedef struct mn_show_found {
	uint32_t size;
	mn_rows neurons, fibers; /* in the order asked; id 0 where there is none */
} mn_show_found;

typedef struct mn_spread_ops {
	uint32_t size;
	uint32_t max_hops; /* more is not asked for */
	int (*spread)(mn_db *, mn_call *, const mn_spread_ask *, mn_spread_found *out);
	/* What an answer shows, in one round trip and at one generation. NULL: not offered. */
	int (*show)(mn_db *, mn_call *, const mn_show_ask *, mn_show_found *out);
} mn_spread_ops;

/*
 * Extension "mn.lists/1": the lists of a store that has all of them at hand, where they are. begin
 * holds one state of the brain, the one call->at names, until end; in between its thread calls
 * nothing of the store but read, and does not tarry: writers wait. *out NULL: not this brain, and
 * nothing is held. Only brains whose ids lie close are lent: neurons and synapses have numbers,
 * their ids less one.
 *
 * read goes through the lists of n neurons, all types, both directions, in the order asked, and
 * hands over every synapse that weighs floor[i] or more, those of a neuron in any order. visit gets
 * them some at a time, lent; a value other than 0 ends it and is returned. A neuron that is not
 * there has no synapses.
 */
typedef struct mn_lists mn_lists; /* backend: a state that is held */
typedef struct mn_lists_link {
	double weight;
	uint32_t far, synapse; /* numbers */
	uint32_t of;           /* place in `neurons` */
} mn_lists_link;

typedef struct mn_lists_ops {
	uint32_t size;
	int (*begin)(mn_db *, mn_call *, mn_str brain, mn_lists **out);
	void (*end)(mn_lists *);
	/* *examined grows by the synapses looked at. */
	int (*read)(mn_lists *, const uint32_t *neurons, const double *floor, size_t n,
		int (*visit)(void *ctx, const mn_lists_link *, size_t n), void *ctx,
		uint64_t *examined);
	/* Rows of n neurons: id, type, flags and times; one that is not there: id 0. */
	void (*heads)(mn_lists *, const uint32_t *neurons, size_t n, mn_neuron *out);
} mn_lists_ops;

/*
 * Extension "mn.native/1": questions in the store's own language, read-only by the store's means
 * (a read transaction, an authorizer), never by looking at the text. See mn_brain_native.
 */
typedef struct mn_native_ops {
	uint32_t size;
	const char *language; /* "Cypher" */
	int (*ask)(
		mn_db *, mn_call *, mn_str brain, mn_str text, uint32_t max_rows, mn_native *out);
} mn_native_ops;

/*
 * Extension "mn.upkeep/1": what a store can say and do about its own tables. rebuild: orders of
 * lists, words, counts; all or nothing, rows stay as they are, gen.graph moves. Members from check
 * on came later: ask MN_HAS.
 */
typedef struct mn_diagnosis {
	uint32_t size;
	int level;
	void *ctx;
	/* Once for each name. Samples need not be plain; all is lent. A status ends the check. */
	int (*found)(void *ctx, const mn_finding *);
	int (*unchecked)(void *ctx, const char *what, const char *why);
	void (*tell)(void *ctx, uint64_t done, uint64_t total); /* rows */
	/* Opening the brain would lose something before it is mended. */
	void (*keep_shut)(void *ctx);
} mn_diagnosis;

typedef struct mn_column { /* of a row as a table has it */
	const char *name;
	enum {
		MN_COLUMN_NULL,
		MN_COLUMN_INTEGER,
		MN_COLUMN_REAL,
		MN_COLUMN_TEXT,
		MN_COLUMN_BYTES
	} type;
	int64_t integer;
	double real;
	mn_str bytes; /* TEXT: not proven to be UTF-8 */
} mn_column;

typedef struct mn_heal {
	uint32_t size;
	void *ctx;
	bool (*wanted)(void *ctx, const char *code, const char *name); /* is this to be mended? */
	/* A row that is about to go or to change, because of the finding of that name. */
	int (*keep)(void *ctx, const char *name, const char *table, const mn_column *, size_t n);
	/* What was kept has to be on the disk: asked before the end. */
	int (*settle)(void *ctx);
} mn_heal;

typedef struct mn_rescue {
	uint32_t size;
	void *ctx;
	/* The brain's own row first (with counts), then by kind; lent. */
	int (*row)(void *ctx, int kind, const void *row);
	void (*gap)(void *ctx); /* something here could not be read */
} mn_rescue;

typedef struct mn_upkeep_ops {
	uint32_t size;
	int (*rebuild)(mn_db *, mn_call *, mn_str brain);
	/* Looks and changes nothing. What cannot be opened is a finding. */
	int (*check)(mn_db *, mn_call *, mn_str brain, const mn_diagnosis *);
	/* Mends what is wanted in one transaction, looks again inside it, and takes all of it back
	 * with MN_ECORRUPT should there be anything new. */
	int (*heal)(mn_db *, mn_call *, mn_str brain, const mn_heal *);
	/* A copy in a new file at that path, read back and compared; and the way back, all or
	 * nothing, which moves the generation on. */
	int (*backup)(mn_db *, mn_call *, mn_str brain, mn_str path);
	int (*bring_back)(mn_db *, mn_call *, mn_str brain, mn_str path);
	/* Reads what can be read. MN_OK however much that is. */
	int (*rescue)(mn_db *, mn_call *, mn_str brain, const mn_rescue *);
} mn_upkeep_ops;

typedef struct mn_backend {
	uint32_t size;
	uint16_t row_size[MN_KINDS];
	const char *name, *version, *url_form; /* "sqlite", "1.0", "sqlite:DIR" */
	uint64_t caps;                         /* mn_cap bits it can offer at best, for people */

	/*
	 * Opens the store a URL names. url is whole, scheme included. read_only: no write must
	 * happen, not even of a schema. Missing things are made unless read_only.
	 */
	int (*open)(const mn_host *, mn_call *, mn_str url, bool read_only, mn_db **out);
	void (*close)(mn_db *);
	int (*info)(mn_db *, mn_call *, mn_info *out); /* read-only: without MN_CAP_WRITE */

	/*
	 * Brain names are compared byte for byte. MN_ENOBRAIN where UPDATE or DELETE meets none;
	 * MN_ECONFLICT where a name or uid is taken. Counts and bytes are filled in. FIND takes the
	 * brain of that name before one of that uid. A name that is empty or not valid text is
	 * MN_EINVAL; any other is kept as it is, or refused with MN_EINVAL, and reaches nothing
	 * outside the store. An UPDATE that changes decay_rate or reinforcement_delta puts every
	 * list into its new order, folds, and moves gen.graph. A brain that was deleted and created
	 * again is empty and has another epoch.
	 */
	int (*brains)(mn_db *, mn_call *, int op, const void *row, mn_rows *out);

	/* All operations below: `brain` is a name; MN_ENOBRAIN if there is none; call->at is set.
	 */
	int (*generation)(mn_db *, mn_call *, mn_str brain);
	/* As mn_brain_reserve, n >= 1, kind MN_NEURON, MN_SYNAPSE or MN_FIBER (else MN_EINVAL); ids
	 * that rows were given without asking are passed over. */
	int (*reserve)(mn_db *, mn_call *, mn_str brain, int kind, uint32_t n, mn_id *first);
	/* Exact type and text, byte for byte; never a neuron of type "memory"; the lower id of two;
	 * 0: none, also for a text that no row could have. */
	int (*lookup)(mn_db *, mn_call *, mn_str brain, const mn_key *, size_t n, mn_id *out);
	/* By own uid (stored ones only, so an empty one finds nothing); 0: none. */
	int (*resolve)(mn_db *, mn_call *, mn_str brain, int kind, mn_strs uids, mn_id *out);
	/* Rows in the order asked, one for each; id 0 where there is none. fields: mn_field bits;
	 * what is not asked for may be left empty. kind MN_STATE: a neuron without state gives a
	 * row with id 0. */
	int (*get)(mn_db *, mn_call *, mn_str brain, int kind, mn_ids ids, unsigned fields,
		mn_rows *out);
	/* The fiber with the lowest id at each anchor. */
	int (*fibers_of)(mn_db *, mn_call *, mn_str brain, mn_ids anchors, mn_rows *out);
	int (*expand)(mn_db *, mn_call *, const mn_expand *, mn_fan *out);
	/*
	 * Rows of query.kind that pass every filter set, by id, or with text by rank, equal ranks
	 * by id. text is of neurons only (another kind: MN_EINVAL) and plain words, never a query
	 * language; one without any word finds nothing. next gives at most max rows (max >= 1) and
	 * at least one before the end; after the last page it gives empty ones. done is called
	 * once, also after a failed next, and never after a failed scan.
	 */
	int (*scan)(mn_db *, mn_call *, mn_str brain, const mn_query *, mn_cursor **out);
	int (*next)(mn_cursor *, mn_call *, size_t max, mn_page *out);
	void (*done)(mn_cursor *);
	/*
	 * All or nothing, in order: a change sees those before it. expect, if given: its epoch and
	 * graph must be current, else MN_ECONFLICT with culprit = n. MN_ECONFLICT and MN_EINVAL
	 * name the first change that does not fit. MN_EINVAL: text that is not valid, a number that
	 * is not finite or out of range (base, level, salience, coherence: 0..1), an end, an anchor
	 * or a state's neuron that does not exist, an id of 0 or above INT64_MAX, an op that is
	 * none or not for that kind. No transaction spans two calls, so this fits a file and a
	 * network alike.
	 *
	 * Changes of states, and bumps, move gen.state only; all else moves gen.graph, a fold too
	 * if there was something to fold; within an epoch both only grow. What changes nothing (n =
	 * 0, a row to drop or bump that is not there) may leave both. uses stop at UINT32_MAX. A
	 * bump makes a missing state from level 0, uses 0, last 0, decay -1. A put and a tune of a
	 * synapse reach its lists at once, with bumps before them. Members of fibers are kept as
	 * written: they may be missing, and dropping one does not touch the list.
	 */
	int (*apply)(mn_db *, mn_call *, mn_str brain, const mn_gen *expect, const mn_change *,
		size_t n, mn_applied *out);

	/* An operation table by name, mn_spread_ops, mn_lists_ops, mn_native_ops or mn_upkeep_ops,
	 * or NULL: not offered. Lent until close. */
	const void *(*extension)(mn_db *, const char *id);
} mn_backend;

typedef const mn_backend *mn_backend_entry(void);
#define MN_BACKEND_SYMBOL "mn_backend_v1"
#define MN_ROW_SIZES                                                                           \
	{                                                                                      \
		sizeof(mn_brain_row), sizeof(mn_neuron), sizeof(mn_state), sizeof(mn_synapse), \
			sizeof(mn_fiber)                                                       \
	}

#ifdef __cplusplus
}
#endif
#endif
