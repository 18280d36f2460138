/* SPDX-License-Identifier: MIT */
/*
 * mn.h - the engine, for those who use it.
 *
 * A *store* is a place that keeps brains (a folder of SQLite files, a server, this process's
 * memory). A *brain* is a graph: neurons joined by weighted synapses; a fiber is one memory: an
 * anchor neuron that carries its text, and what belongs to it. Asking a brain a question makes a
 * few neurons fire; activation spreads along synapses; the memories that light up most are the
 * answer, and the trace says why.
 *
 * Reading order: values and rows, the call, the engine, stores, brains, remembering, recalling,
 * traces, exchange, scripts, upkeep, doctor, jobs. Near-duplicates have a header of their own,
 * similar.h. Those who write a storage backend go on with backend.h.
 *
 * Conventions, said once:
 *
 * Status    Functions that can fail return MN_OK (0) or a negative mn_status; the sentence for a
 *           person is in call->err. "There is no such row" is an answer (id 0, no row), not an
 *           error. Values come back through the last parameter, `out`, which is untouched on
 *           failure.
 * Memory    Arguments are lent for the call. What a call returns through pointers lives in
 *           call->arena and dies with mn_call_reset or mn_call_done, unless said otherwise. Objects
 * made by *_new, *_open or *_load are the caller's and are freed by *_free or *_close, which take
 * NULL. Strings   UTF-8 with a length, not terminated, no NUL inside: mn_str. Stored text is
 * untrusted: pass it through mn_text_plain before it reaches a terminal or a log. Units     Time is
 * microseconds since the Unix epoch, UTC (mn_time). Weights and levels lie in 0..1. Sizes are
 * bytes. Threads   A handle (engine, store, brain) may be used by several threads at once, each
 * with an mn_call of its own. An mn_call, a scan, an answer and a trace belong to one thread at a
 * time. Exceptions are marked. Growth    A struct whose first member is `size` only grows at its
 * end; set it with MN_SIZED(type) so that every other member starts as zero. Row structs have no
 * size and are frozen for the major version.
 */
#ifndef MN_H
#define MN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MN_VERSION "0.1.0"
#define MN_API __attribute__((visibility("default")))
#define MN_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
/* A zeroed struct of a size-stamped type: mn_ask ask = MN_SIZED(mn_ask); */
#define MN_SIZED(type) ((type){.size = sizeof(type)})
/* Does the caller's struct reach as far as `member`? Asked before a later member is read. */
#define MN_HAS(p, member) ((p)->size >= offsetof(__typeof__(*(p)), member) + sizeof((p)->member))

/* ---- Values ------------------------------------------------------------------------------- */

typedef uint64_t mn_id; /* unique per brain and kind; 0 = none */
typedef int64_t mn_time;

typedef struct mn_str {
	const char *ptr;
	size_t len;
} mn_str;

typedef struct mn_ids {
	const mn_id *at;
	size_t n;
} mn_ids;

typedef struct mn_strs {
	const mn_str *at;
	size_t n;
} mn_strs;

/* A string literal as an mn_str. */
#define MN_STR(lit) ((mn_str){"" lit, sizeof(lit) - 1})

enum mn_status {
	MN_OK = 0,
	MN_EINVAL = -1,       /* an argument or input is wrong; saying which is the text's duty */
	MN_ENOMEM = -2,       /* memory, or a buffer's ceiling */
	MN_EIO = -3,          /* disk or network; native is errno or the library's code */
	MN_ENOBRAIN = -4,     /* no brain of that name */
	MN_ECONFLICT = -5,    /* taken id or uid; or somebody else wrote since `expect` */
	MN_ESTALE = -6,       /* a scan outlived the generation it began in */
	MN_ECANCELLED = -7,   /* the token was cancelled; nothing was written */
	MN_ETIMEOUT = -8,     /* the deadline passed; nothing was written */
	MN_EUNSUPPORTED = -9, /* the store cannot, or the data is of a newer version */
	MN_EAUTH = -10,       /* credentials missing, wrong, or not sufficient */
	MN_ECORRUPT = -11,    /* stored data breaks its own rules */
	MN_EBUSY = -12,       /* somebody else holds it; trying again may help */
	MN_EREADONLY = -13,   /* the store was opened, or is kept, read-only */
};

/* The status as one lower-case word ("invalid", "no-brain"), stable, for logs and JSON. Static. */
MN_API const char *mn_status_name(int status);

/* What went wrong. Owned by the caller, no pointers inside, so that it can be copied and kept. */
typedef struct mn_error {
	uint32_t size;
	int32_t code;   /* mn_status */
	int32_t native; /* errno, SQLite or HTTP code; 0: none */
	bool retry;     /* the same call may succeed later */
	char text[236]; /* one line for a person, terminated, already plain (see mn_text_plain) */
} mn_error;

/*
 * Two equal values mean equal content. epoch changes with the database itself (replaced file,
 * restored server); graph with every change of neurons, synapses or fibers; state with the
 * bookkeeping of activation alone, so that recalls, which write state all the time, leave cached
 * adjacency valid.
 */
typedef struct mn_gen {
	uint64_t epoch, graph, state;
} mn_gen;

/* ---- Rows --------------------------------------------------------------------------------- */

enum mn_kind { MN_BRAIN, MN_NEURON, MN_STATE, MN_SYNAPSE, MN_FIBER, MN_KINDS };

/*
 * A uid is what people, files and other systems see: a source's own key or a UUID. A row with
 * an empty uid has a derived one, which the engine computes from content and no store keeps:
 * a neuron's is "TYPE:TEXT", a synapse's "FROM|TYPE|TO" (with "#N" from the second parallel one
 * on), a fiber's that of its anchor. See mn_uid_derive.
 */
typedef struct mn_brain_row {
	mn_id id;
	mn_str uid, name;
	mn_str config, meta; /* JSON objects as text; empty means {} */
	uint64_t neurons, synapses, fibers, bytes;
	mn_time created, updated;
	mn_time clock; /* decay is reckoned up to here; 0: never decayed */
} mn_brain_row;

enum mn_neuron_flag {
	MN_NEURON_ANCHOR = 1 << 0, /* carries a memory's text: what recall ranks */
	MN_NEURON_DATED = 1 << 1,  /* `created` is the memory's own time, not that of its import */
	MN_NEURON_ASKS = 1 << 2,   /* the text ends in a question mark */
	MN_NEURON_SELF = 1 << 3,   /* speaks of I, me, my, we, our */
	MN_NEURON_WHEN = 1 << 4,   /* mentions a time ("yesterday", "in June", "1947") */
	MN_NEURON_ARCHIVED = 1 << 5, /* out of the activation graph */
};

typedef struct mn_neuron {
	mn_id id;
	mn_str uid, text, meta;
	mn_time created, updated;
	uint16_t type, flags; /* type: a code of mn_type_code(MN_NEURON, ...) */
} mn_neuron;

/* The activation bookkeeping of the neuron with the same id. A neuron that was never used has
 * none, which equals level 0, uses 0, last 0 and the brain's own decay rate. */
typedef struct mn_state {
	mn_id id;
	double level;
	double decay; /* own rate per day; kept and exported; NaN-free; < 0: the brain's */
	mn_time last;
	uint32_t uses; /* changed by MN_BUMP, which adds, so that two writers lose nothing */
} mn_state;

enum mn_synapse_flag { MN_SYNAPSE_TWO_WAY = 1 << 0 };

/*
 * Weight. Reinforcement is a count, so that two writers commute; decay is closed-form, so that it
 * runs once, twice or after a month with the same result, by moving the brain's clock alone:
 *
 *   base'  = 1 - (1 - base) * (1 - d)^uses           d: the brain's reinforcement_delta
 *   weight = base' * e^(-rate * max(0, C - D))       rate: the brain's decay_rate per day;
 *            D, C: whole days of (last, or created where last is 0) and of the brain's clock;
 *            a clock of 0 means that decay never ran: weight = base'
 *
 * Lists are kept in an order that time does not change, by ln base' + rate * D, so heaviest
 * first among everything older than the clock and newest first beyond it (mn_weight_key in
 * backend.h). After the forgetting curve of Ebbinghaus as the peer NeuralMemory applies it.
 */
typedef struct mn_synapse {
	mn_id id, from, to;
	mn_str uid, meta;
	double base;
	mn_time created, last;
	uint32_t uses;
	uint16_t type, flags;
} mn_synapse;

enum mn_fiber_flag {
	/* Members are the anchor and everything its outgoing synapses reach, in the graph as it
	 * stands: what encoding writes, so that a memory is not stored twice. `neurons` and
	 * `synapses` are then empty in the row; mn_brain_members works them out. */
	MN_FIBER_STAR = 1 << 0,
};
enum mn_stage { MN_STAGE_ACTIVE, MN_STAGE_ARCHIVED };

typedef struct mn_fiber {
	mn_id id, anchor;
	mn_str uid, summary, meta;
	mn_ids neurons, synapses;
	mn_strs tags;
	double salience, coherence;
	mn_time created, first, last; /* first, last: the span of time it speaks of; 0: none */
	uint32_t uses;
	uint16_t stage, flags;
} mn_fiber;

/* n rows of one kind, back to back. */
typedef struct mn_rows {
	int kind;
	size_t n;
	union {
		const void *any;
		const mn_brain_row *brain;
		const mn_neuron *neuron;
		const mn_state *state;
		const mn_synapse *synapse;
		const mn_fiber *fiber;
	} at;
} mn_rows;

/*
 * Types of neurons and synapses are data: a name that is stored, a code that is quick. Codes
 * are of this process only; stores persist names. An unknown name gets a code of its own on
 * first sight (at most 4,096 per kind, then 0; none of more than 100 bytes), so that nothing of an
 * imported graph is lost. kind: MN_NEURON or MN_SYNAPSE. Any thread. The name lives as long as the
 * process.
 */
MN_API uint16_t mn_type_code(int kind, mn_str name);
MN_API const char *mn_type_name(int kind, uint16_t code);

/* ---- Text --------------------------------------------------------------------------------- */

/*
 * Makes untrusted text fit for a terminal, a log or an error: invalid UTF-8, C0 and C1 controls,
 * DEL, bidirectional controls, zero-width and tag characters become visible escapes such as
 * "\x1b" and "<U+202E>"; a newline and a tab become a space. Writes at most room - 1 bytes and a
 * terminator, never half a character, and returns the length written. Any thread.
 */
MN_API size_t mn_text_plain(mn_str text, char *out, size_t room);

/* Is this valid UTF-8 (RFC 3629: no overlong form, no surrogate) without NUL? Any thread. */
MN_API bool mn_text_valid(mn_str text);

/* ---- The call ----------------------------------------------------------------------------- */

typedef struct mn_engine mn_engine;
typedef struct mn_arena mn_arena;
typedef struct mn_token mn_token;

/*
 * A cancellation token: cancelled once, by any thread, and seen by every call that carries it.
 * Lifetime: until the last of those calls has returned.
 */
MN_API mn_token *mn_token_new(void); /* NULL: out of memory */
MN_API void mn_token_cancel(
	mn_token *); /* also safe from a signal handler's thread, not the handler */
MN_API bool mn_token_cancelled(const mn_token *); /* NULL: false */
MN_API void mn_token_free(mn_token *);

/* Travels with every operation: who waits for it, how long, where results live, what failed. */
typedef struct mn_call {
	uint32_t size;
	mn_time deadline; /* on the engine's monotonic clock, microseconds; 0: none */
	mn_arena *arena;
	mn_token *token; /* may be NULL */
	mn_error *err;
	mn_gen at; /* out: the generation that the answer belongs to */
	mn_engine *engine;
	mn_error own; /* what err points to after mn_call_init */
} mn_call;

/*
 * Readies a call: an arena with a ceiling of `limit` bytes (0: 1 GiB), no token, no deadline. Needs
 * an mn_call_done afterwards. Fails with MN_ENOMEM only.
 */
MN_API int mn_call_init(mn_call *, mn_engine *, size_t limit);
MN_API void mn_call_reset(
	mn_call *); /* frees the results and clears the error; the call can be used again */
MN_API void mn_call_done(mn_call *);

/* ---- The engine --------------------------------------------------------------------------- */

/*
 * The outside world, as the engine sees it. Tests set a clock, a generator and an allocator that
 * fails; everybody else passes NULL for the system's own. A function that is NULL is the system's
 * own too; the others may be called from any thread and must stay valid until the engine is freed.
 */
typedef struct mn_seams {
	uint32_t size;
	void *ctx;
	mn_time (*wall)(void *ctx);                          /* now, UTC */
	mn_time (*monotonic)(void *ctx);                     /* never goes back */
	void (*random)(void *ctx, void *out, size_t n);      /* unpredictable bytes */
	void (*log)(void *ctx, int level, const char *line); /* one plain line */
	/* A secret by name ("NEO4J_PASSWORD"): its length, written to out if it fits in room; 0:
	 * none. */
	size_t (*secret)(void *ctx, const char *name, char *out, size_t room);
} mn_seams;

enum mn_log_level { MN_LOG_ERROR, MN_LOG_WARN, MN_LOG_INFO, MN_LOG_DEBUG };

/*
 * Where all memory comes from; set before anything else is called, by tests and by programs with an
 * allocator of their own. resize has realloc's contract and is also malloc (ptr NULL) and
 * free (size 0, returns NULL).
 */
typedef struct mn_memory {
	void *ctx;
	void *(*resize)(void *ctx, void *ptr, size_t size);
} mn_memory;
MN_API void mn_memory_use(const mn_memory *); /* NULL: the C library's. Not thread-safe. */

typedef struct mn_options {
	uint32_t size;
	const mn_seams *seams;   /* NULL: the system's */
	mn_strs plugin_dirs;     /* searched in order, before the built-in folder */
	bool no_builtin_plugins; /* search only plugin_dirs */
	uint64_t cache_bytes;    /* budget of each brain's graph cache; 0: 256 MiB */
	unsigned workers;        /* threads of the job pool; 0: as many as processors, 2..8 */
	/* where journals of maintenance live; empty: $XDG_STATE_HOME/mnemoscope, or
	 * ~/.local/state/mnemoscope */
	mn_str state_dir;
} mn_options;

/*
 * Makes an engine. Loads no plugin yet (that happens at the first store of its scheme, or in
 * mn_engine_plugins). err is filled on failure: MN_ENOMEM, MN_EIO (threads).
 */
MN_API int mn_engine_new(const mn_options *, mn_error *err, mn_engine **out);
MN_API void mn_engine_free(mn_engine *);               /* after every store was closed */
MN_API mn_time mn_engine_now(const mn_engine *);       /* wall clock, through the seam */
MN_API mn_time mn_engine_monotonic(const mn_engine *); /* what deadlines are reckoned on */

/* One file that looks like a plugin, loaded or refused. */
typedef struct mn_plugin {
	mn_str file;          /* full path, plain */
	mn_str name, version; /* empty if refused before its table could be read */
	mn_str url_form;      /* "sqlite:DIR" */
	mn_str refused;       /* why it was refused, one line; empty: it is usable */
	mn_str capabilities;  /* "write durable text ..." of what it can offer at best */
} mn_plugin;

/* Looks at every plugin folder, loads what may be loaded. Results live as long as the engine. */
MN_API int mn_engine_plugins(mn_engine *, mn_call *, const mn_plugin **out, size_t *n);

/* ---- Stores ------------------------------------------------------------------------------- */

typedef struct mn_store mn_store;
typedef struct mn_brain mn_brain;

enum mn_cap {
	MN_CAP_WRITE = 1 << 0,
	MN_CAP_DURABLE = 1 << 1,    /* what apply acknowledged survives a power cut */
	MN_CAP_TEXT = 1 << 2,       /* scan answers mn_query.text */
	MN_CAP_FROZEN = 1 << 3,     /* a scan sees one generation; else MN_ESTALE */
	MN_CAP_PUSH = 1 << 4,       /* tells when somebody else wrote */
	MN_CAP_CREATE = 1 << 5,     /* brains can be created and deleted */
	MN_CAP_ATOMIC = 1 << 6,     /* apply is all-or-nothing */
	MN_CAP_GENERATION = 1 << 7, /* answers carry a true generation */
};
/* The capability of a bit as one lower-case word ("durable"); NULL: there are no more. Static. */
MN_API const char *mn_cap_name(unsigned bit);
enum mn_threads { MN_ONE_CALL, MN_MANY_READERS, MN_ANY_CALLS };

typedef struct mn_info { /* of the opened store, not of the plugin */
	uint32_t size;
	int threads; /* what the backend promises; the engine serialises where it must */
	uint64_t caps;
	uint32_t max_ids, max_changes; /* the engine splits above these; 0: no limit */
	uint32_t trip_us;              /* usual round trip: steers prefetch */
	mn_str title;                  /* for people, without secrets; lent until close */
} mn_info;

/*
 * Opens a store by URL: "sqlite:DIR", "memory:", ... The scheme chooses the plugin. MN_EINVAL: not
 * a URL, or no plugin of that scheme (the text lists those there are, and why one was refused);
 * MN_EIO, MN_EAUTH, MN_EUNSUPPORTED as the backend says. read_only: every write is refused with
 * MN_EREADONLY before it reaches the backend, which is told as well.
 */
MN_API int mn_store_open(mn_engine *, mn_call *, mn_str url, bool read_only, mn_store **out);
/* Is this the URL of a store that there is a plugin for? MN_EINVAL: no, as mn_store_open says it.
 * The store itself is not looked at. */
MN_API int mn_store_check(mn_engine *, mn_call *, mn_str url);
MN_API void mn_store_close(mn_store *); /* after its brains were closed */
MN_API int mn_store_info(mn_store *, mn_call *, mn_info *out);

/* Brains of a store, by name. Counts are those kept in the brain row, exact at its generation. */
MN_API int mn_store_brains(mn_store *, mn_call *, mn_rows *out);

/*
 * Creates an empty brain. name: 1 to 100 characters, no control character, no "/"; config: JSON
 * object or empty for the defaults (design values: decay_rate 0.1 a day, reinforcement_delta 0.05,
 * activation_threshold 0.2, max_spread_hops 4, max_context_tokens 1500, default_synapse_weight
 * 0.5). MN_ECONFLICT: the name is taken.
 */
MN_API int mn_store_create(mn_store *, mn_call *, mn_str name, mn_str config);
/* The same with config, meta, times and decay clock of another brain's row: for copies. */
MN_API int mn_store_create_like(mn_store *, mn_call *, mn_str name, const mn_brain_row *like);
/* Creates an empty brain after a row: name, config, meta, times (created 0: now), clock, and its
 * uid, a new one where the row has none. out: as it was made. MN_ECONFLICT: name or uid is taken.
 */
MN_API int mn_store_make(mn_store *, mn_call *, const mn_brain_row *, mn_brain_row *out);
/* The brain of that name or uid takes the row's name (empty: its old one), config, meta, clock and
 * updated (0: now). MN_EBUSY: another name while somebody has it open. out: as it is. */
MN_API int mn_store_update(
	mn_store *, mn_call *, mn_str name, const mn_brain_row *, mn_brain_row *out);
MN_API int mn_store_rename(mn_store *, mn_call *, mn_str name, mn_str to);
MN_API int mn_store_delete(mn_store *, mn_call *, mn_str name); /* with everything in it */

/* ---- Brains ------------------------------------------------------------------------------- */

/*
 * Opens a brain by name or uid: MN_ENOBRAIN if there is none. Reads a handful of pages,
 * whatever its size; everything else comes in as it is used. Two opens give two handles over one
 * cache.
 */
MN_API int mn_brain_open(mn_store *, mn_call *, mn_str name, mn_brain **out);
MN_API void mn_brain_close(mn_brain *);
MN_API int mn_brain_describe(mn_brain *, mn_call *, mn_brain_row *out); /* sets call->at */
MN_API mn_store *mn_brain_store(mn_brain *);

/* Which members of a row a reader needs; the others may come back empty. 0: all. */
enum mn_field {
	MN_FIELD_HEAD = 1 << 0, /* id, ends, anchor, type, flags, numbers and times: always there */
	MN_FIELD_TEXT = 1 << 1, /* text, summary */
	MN_FIELD_META = 1 << 2, /* meta, tags */
	MN_FIELD_UID = 1 << 3,  /* uid */
	MN_FIELD_MEMBERS = 1 << 4 /* a fiber's neurons and synapses */
};

/* Rows by id, in the order asked, one for each; a missing one has id 0. Repeats are allowed. */
MN_API int mn_brain_get(mn_brain *, mn_call *, int kind, mn_ids ids, unsigned fields, mn_rows *out);
/* The oldest fiber of each anchor, likewise. */
MN_API int mn_brain_fibers_of(mn_brain *, mn_call *, mn_ids anchors, mn_rows *out);
/* Ids by uid, derived or own; 0 where there is none. */
MN_API int mn_brain_resolve(mn_brain *, mn_call *, int kind, mn_strs uids, mn_id *out);

typedef struct mn_key {
	uint16_t type;
	mn_str text;
} mn_key;
/* Neurons by exact type and text, 0 where there is none; the older of two. Neurons of type
 * "memory" are not found this way: theirs is the text of a whole memory. */
MN_API int mn_brain_lookup(mn_brain *, mn_call *, const mn_key *, size_t n, mn_id *out);

/* The uid of a row that has none of its own (arena); a row's own uid is returned as it is. row is
 * of kind. */
MN_API int mn_uid_derive(mn_brain *, mn_call *, int kind, const void *row, mn_str *out);

typedef struct mn_edge { /* one synapse as seen from `near` */
	mn_id near, far, synapse;
	double weight; /* effective, at the brain's decay clock */
	uint16_t type;
	bool out; /* near is its `from` (or it is two-way) */
} mn_edge;

/*
 * Synapses of one neuron, heaviest first, at most limit (0: all), both directions. degree:
 * how many there are in all. For walking and drawing; spreading has a quicker way.
 */
MN_API int mn_brain_edges(mn_brain *, mn_call *, mn_id neuron, uint32_t limit, const mn_edge **out,
	size_t *n, uint64_t *degree);

/* How many synapses each of these neurons has, both directions: one trip. out: one per id. */
MN_API int mn_brain_degrees(mn_brain *, mn_call *, mn_ids neurons, uint64_t *out);

/* Neurons and synapses that belong to a fiber, worked out for MN_FIBER_STAR. */
MN_API int mn_brain_members(
	mn_brain *, mn_call *, const mn_fiber *, mn_ids *neurons, mn_ids *synapses);

typedef struct mn_query { /* unset members do not restrict */
	uint32_t size;
	int kind;     /* MN_NEURON, MN_STATE, MN_SYNAPSE or MN_FIBER */
	mn_str text;  /* every word must occur, the last one as a prefix; "quoted" as a phrase; best
			 first */
	mn_str after; /* mn_page.resume of an earlier page */
	mn_strs tags; /* fibers that have all of them */
	const uint16_t *types;
	size_t ntypes;
	mn_time since, until; /* created in [since, until) */
	mn_id neuron;         /* synapses at it; fibers whose anchor or listed member it is */
	unsigned fields;
	uint64_t limit;
} mn_query;

typedef struct mn_page {
	uint32_t size;
	mn_rows rows;
	mn_str resume; /* where the next page begins; opaque */
	bool last;
} mn_page;

/* A running scan, by id, or by rank when there is text. One at a time per thread; done frees it. */
typedef struct mn_scan mn_scan;
MN_API int mn_brain_scan(mn_brain *, mn_call *, const mn_query *, mn_scan **out);
MN_API int mn_scan_next(mn_scan *, mn_call *, size_t max, mn_page *out);
MN_API void mn_scan_done(mn_scan *);

enum mn_op {
	MN_ADD,  /* MN_ECONFLICT if the id or uid is taken */
	MN_PUT,  /* add or replace */
	MN_TUNE, /* the numbers only, of a row that is there: state level and decay; synapse base,
		  * uses, last; fiber salience, coherence, uses, stage. Missing: MN_EINVAL */
	MN_BUMP, /* of a state or synapse: add `uses`, take the later `last`, and (state) the higher
		  * level; commutes; a missing state is made, a missing synapse or neuron passed
		  * over. A synapse's row changes at once, its weight in lists with MN_FOLD */
	MN_FOLD, /* kind MN_SYNAPSE, no row: bumps of synapses since the last fold reach the lists
		  */
	MN_DROP, /* reads the id only; a neuron takes its synapses, state and fibers anchored at it
		    along; missing is fine */
};

typedef struct mn_change {
	int op, kind;
	const void *row;
} mn_change;

typedef struct mn_applied {
	uint32_t size;
	mn_gen before, after;
	size_t culprit; /* on MN_ECONFLICT, MN_EINVAL: the index of the change that did not fit */
} mn_applied;

/* Fresh ids, n in a row, never handed out twice, even across a crash. Gaps are normal. */
MN_API int mn_brain_reserve(mn_brain *, mn_call *, int kind, uint32_t n, mn_id *first);

/*
 * All or nothing, in order. expect, if given: its epoch and graph must be current, else
 * MN_ECONFLICT with culprit = n. For imports, edits and scripts; remembering is mn_brain_remember.
 */
MN_API int mn_brain_apply(
	mn_brain *, mn_call *, const mn_gen *expect, const mn_change *, size_t n, mn_applied *out);

/* ---- The contract's own questions, for kernels and servers --------------------------------- */

/*
 * One way of leaving a neuron: along synapses of certain types, or of all but certain types, which
 * takes in those that this process has never heard of; in one direction or both. A two-way synapse
 * counts for both directions.
 */
typedef struct mn_reach {
	const uint16_t *types; /* ntypes 0: all */
	uint32_t ntypes;
	bool out, in;
	bool except; /* all types but these */
} mn_reach;

/*
 * One hop of a spread: one round trip, whatever the frontier's size and however many kinds of
 * synapses it follows. An entry of the frontier is a neuron and a reach; pairs are distinct. The
 * weight floor is per entry, since the engine knows how much activation each still has to give: a
 * store that keeps synapses heaviest first stops reading at the floor. The limit is per entry,
 * since a budget is shared among rare and common neurons alike. The floor chooses, the limit cuts
 * what it left. A neuron that is not there has degree 0. Where a reach goes both ways, a two-way
 * synapse and one from a neuron to itself stand in the list once.
 */
typedef struct mn_expand {
	uint32_t size;
	mn_str brain; /* filled in by mn_brain_expand */
	mn_ids frontier;
	const uint8_t *reach_of; /* frontier.n indices into reaches; NULL: all 0 */
	const mn_reach *reaches;
	uint32_t nreaches;     /* 1..255 */
	const float *floor;    /* frontier.n; lighter synapses are not wanted; NULL: all wanted */
	const uint32_t *limit; /* frontier.n; at most so many, heaviest first; 0: none, only the
				  degree; NULL: all */
	bool want_synapse;     /* fill mn_fan.synapse, .type and .out */
} mn_expand;

#define MN_NO_LIMIT UINT32_MAX

typedef struct mn_fan {         /* edges of entry i: start[i] up to start[i + 1] */
	const uint32_t *start;  /* frontier.n + 1 offsets */
	const uint32_t *degree; /* frontier.n: length of the whole list of that reach, cut or not */
	const mn_id *far;
	const double *weight; /* effective */
	const double *bound;  /* frontier.n: no edge left out by floor or limit weighs more; 0: none
				 left out */
	const mn_id *synapse; /* these three: NULL unless wanted */
	const uint16_t *type;
	const bool *out; /* the entry's neuron is the synapse's `from`, or it is two-way */
} mn_fan;

MN_API int mn_brain_expand(mn_brain *, mn_call *, const mn_expand *, mn_fan *out);
/* The current generation, into call->at. */
MN_API int mn_brain_generation(mn_brain *, mn_call *);
/* As mn_brain_resolve, by stored uids only. */
MN_API int mn_brain_resolve_own(mn_brain *, mn_call *, int kind, mn_strs uids, mn_id *out);

/* A table, as the store's own query language gives it. */
typedef struct mn_native {
	const mn_str *names; /* of the columns */
	size_t ncolumns;
	const mn_str *cells; /* nrows * ncolumns, a row after the other; JSON, untrusted */
	size_t nrows;
	mn_ids neurons, synapses; /* of this brain, that occur in it: to be drawn */
	bool cut;                 /* there were more than max_rows */
} mn_native;

/* The language a store can be asked in ("Cypher"), or NULL. Static. */
MN_API const char *mn_store_language(mn_store *);
/* Asks it, read-only: text that would write is refused by the store. At most max_rows rows.
 * MN_EUNSUPPORTED: the store has no such language; MN_EINVAL: what the store says of the text. */
MN_API int mn_brain_native(mn_brain *, mn_call *, mn_str text, uint32_t max_rows, mn_native *out);

/* What a brain has been doing since it was opened in this process, for the capacity screen. */
typedef struct mn_vitals {
	uint32_t size;
	uint64_t cache_bytes, cache_budget, cache_hits, cache_misses;
	uint64_t recalls, remembered;
	uint32_t nlatency;         /* filled entries of latency_us */
	uint32_t latency_us[1024]; /* of the last recalls, oldest overwritten first */
} mn_vitals;
MN_API int mn_brain_vitals(mn_brain *, mn_vitals *out);

/* ---- Remembering -------------------------------------------------------------------------- */

typedef struct mn_note { /* one memory, before it is neurons */
	uint32_t size;
	mn_str id; /* the source's own key; empty: derived from the content. Seen before: updated */
	mn_str text;    /* required; valid UTF-8 without NUL, at most 1 MiB */
	mn_str title;   /* a name for it: becomes an entity neuron others can link to */
	mn_str speaker; /* likewise */
	mn_str session; /* memories of one session lie near each other; empty, "0": none */
	mn_strs tags;
	mn_strs links; /* names it links to, besides {braces} and [[brackets]] in the text */
	mn_str meta;   /* JSON object, kept as it is */
	mn_time time;  /* when it happened; used if has_time */
	bool has_time;
} mn_note;

typedef struct mn_tally { /* what one note of a batch came to; a batch's sum up to its totals */
	uint32_t neurons, synapses; /* new ones, counted where they were needed first */
	uint32_t linked;            /* neurons that were there and are linked to */
	bool added, updated;
} mn_tally;

typedef struct mn_remembered {
	uint32_t size;
	size_t added, updated, unchanged;
	uint64_t neurons, synapses; /* new ones */
	const mn_id *fibers;        /* one per note, in order (arena) */
	const mn_tally *tallies;    /* likewise */
} mn_remembered;

/*
 * Encodes n notes and stores them: durable when it returns (as far as the store is). One lookup
 * and one apply per batch of at most a few thousand; the graph does not depend on how notes were
 * batched. On a conflict with another writer the batch is encoded again. All or nothing per batch:
 * on failure out->added + updated + unchanged says how many notes, from the first, are stored.
 */
MN_API int mn_brain_remember(mn_brain *, mn_call *, const mn_note *, size_t n, mn_remembered *out);

/* Adds words, names and dates of existing anchor neurons to the graph, as remembering their text
 * would: for brains whose neurons were imported row by row. */
MN_API int mn_brain_encode(mn_brain *, mn_call *, mn_ids anchors);

/* ---- Recalling ---------------------------------------------------------------------------- */

typedef struct mn_trace mn_trace;

enum mn_depth {
	MN_DEPTH_AUTO = -1,
	MN_DEPTH_INSTANT,
	MN_DEPTH_CONTEXT,
	MN_DEPTH_HABIT,
	MN_DEPTH_DEEP
};

typedef struct mn_ask {
	uint32_t size;
	mn_str text;
	int depth;       /* mn_depth; under MN_SIZED set it: 0 means INSTANT */
	mn_str kernel;   /* "fan" or "classic"; empty: fan, and where that finds no memory, as
			  * in a brain whose words are not of our encoding, classic */
	uint32_t limit;  /* memories wanted; 0: 20 */
	uint32_t budget; /* synapses the first hop may read; 0: the kernel's own (2,000) */
	uint32_t context_tokens; /* 0: the brain's max_context_tokens */
	bool want_context;
	bool want_trace;
	bool learn;      /* reinforce what was used, after the answer, in the background */
	mn_time now;     /* what "yesterday" is relative to; 0: the engine's clock */
	mn_strs anchors; /* uids of neurons that fire as if asked, besides the text's own */
	bool fresh;      /* worked out anew, even if the same was asked just now */
} mn_ask;

typedef struct mn_memory_hit {
	mn_id neuron, fiber;
	mn_str uid; /* of the anchor: the imported id */
	mn_str text, title;
	mn_time time; /* 0: undated */
	double score; /* as the kernel defines it; recomputes from the trace */
	double level; /* activation, 0..1: the score over the best score under "fan" */
	uint16_t hop; /* first reached in */
	mn_str via;   /* the strongest path in, for a person: "bug > first bug" */
} mn_memory_hit;

typedef struct mn_answer {
	uint32_t size;
	const mn_memory_hit *hits; /* best first, ties by uid */
	size_t nhits;
	uint64_t activated; /* neurons with a level above zero */
	uint64_t examined;  /* synapses looked at */
	uint32_t latency_us;
	int depth;       /* the one used, when auto was asked */
	mn_str context;  /* if wanted: the hits' text within the token budget */
	mn_trace *trace; /* if wanted; the caller's, mn_trace_free */
	mn_str kernel;   /* the one that answered; static */
} mn_answer;

/*
 * Answers a question. An empty or unknown question gives no hits, which is not an error. MN_EINVAL:
 * unknown kernel, depth out of range. The kernels are described in core/recall/kernel.h.
 */
MN_API int mn_brain_recall(mn_brain *, mn_call *, const mn_ask *, mn_answer *out);
/* Waits until what earlier recalls have to reinforce is written. Called by mn_brain_close. */
MN_API int mn_brain_settle(mn_brain *, mn_call *);

/* ---- Traces ------------------------------------------------------------------------------- */

enum mn_operator {      /* how a contribution enters the level of `to` */
	MN_OP_SET,      /* level = out */
	MN_OP_SUM,      /* level += out */
	MN_OP_BEST,     /* level = max(level, out) */
	MN_OP_MULTIPLY, /* level *= out */
	MN_OP_SCALE,    /* every level *= out (to = 0): the normalisation after a hop */
	MN_OP_POOL,     /* level = sqrt(level^2 + out^2) */
	MN_OP_ASIDE,    /* every level is put aside, and starts from nothing (to = 0) */
	MN_OP_JOIN, /* and comes back (to = 0): min(1, aside + level * out) where there are both */
};
enum mn_fate {                   /* what became of it */
	MN_FATE_ACTIVATED,       /* the first level of `to` */
	MN_FATE_RAISED,          /* more of it */
	MN_FATE_WEAKER,          /* not above what was known */
	MN_FATE_BELOW_THRESHOLD, /* fell silent */
	MN_FATE_OUT_OF_BUDGET,   /* not read: the budget was spent */
	MN_FATE_PRUNED,          /* not read: nothing it could still give would matter */
};

/*
 * One thing that happened. out = in * gain * weight * share, in that order of operations, in
 * double precision, exactly; share is what the firing neuron's fan leaves for each of its synapses
 * (idf(fan), 1/fan^a, or 1).
 */
typedef struct mn_event {
	mn_id from, to; /* neurons; from 0: the question itself */
	mn_id synapse;  /* 0: none stored (a name found in the text, a gate) */
	double in, gain, weight, share, out;
	double after;  /* level of `to` afterwards */
	uint32_t step; /* counts from 0 within the trace */
	uint32_t fan;  /* of `from`, among the synapses of this type */
	uint16_t hop;
	uint16_t type; /* of the synapse; 0: none */
	uint8_t op, fate;
	uint16_t reason; /* mn_reason: which rule fired */
} mn_event;

/* The rules by which something fires, with names such as "term", "link", "speaker": mn_reason_name.
 */
MN_API const char *mn_reason_name(uint16_t reason);

typedef struct mn_trace_neuron { /* every neuron that occurs, so that a trace can be read alone */
	mn_id id;
	mn_str uid, text;
	uint16_t type, flags;
	uint16_t hop;
	double level; /* at the end */
} mn_trace_neuron;

MN_API void mn_trace_free(mn_trace *);
MN_API size_t mn_trace_events(const mn_trace *, const mn_event **out);
MN_API size_t mn_trace_neurons(const mn_trace *, const mn_trace_neuron **out); /* by id */
MN_API const mn_trace_neuron *mn_trace_neuron_of(const mn_trace *, mn_id);     /* NULL: not in it */
/* The question, kernel, brain, time and totals, and the ranking with its scores. */
typedef struct mn_trace_head {
	mn_str question, kernel, brain;
	int depth;
	mn_time when;
	uint64_t activated, examined;
	uint32_t latency_us;
	const mn_id *ranked;
	const double *score;
	size_t nranked;
	bool cut; /* too long to be kept whole: levels do not recompute */
} mn_trace_head;
MN_API const mn_trace_head *mn_trace_about(const mn_trace *);

/*
 * Why a neuron is where it is: the events that made its level, strongest path first, each path from
 * the question to the neuron. mn_trace_recompute replays the events and gives the level of one
 * neuron, equal to the recorded one to the last bit.
 */
typedef struct mn_why {
	const mn_event *const *path; /* events from the question to the neuron */
	size_t n;
	double gives; /* how much of the final level came this way */
} mn_why;
MN_API int mn_trace_why(const mn_trace *, mn_call *, mn_id neuron, const mn_why **out, size_t *n);
MN_API double mn_trace_recompute(const mn_trace *, mn_id neuron);

/* What two traces do not share; arena. Neurons are matched by uid. */
typedef struct mn_trace_change {
	mn_str uid, text;
	double a, b;            /* levels; 0: not activated */
	int32_t rank_a, rank_b; /* 1-based; 0: not ranked */
	mn_str because;         /* the contribution that differs most, for a person */
} mn_trace_change;
typedef struct mn_trace_diff {
	const mn_trace_change *at; /* largest change first */
	size_t n, both, only_a, only_b;
} mn_trace_diff;
MN_API int mn_trace_compare(const mn_trace *a, const mn_trace *b, mn_call *, mn_trace_diff *out);

/* ---- Exchange ----------------------------------------------------------------------------- */

/* Where bytes go to and come from: a file, a pipe, memory, a failing one in tests. */
typedef struct mn_sink {
	void *ctx;
	int (*write)(void *ctx, mn_call *, const char *, size_t); /* all of it, or a status */
} mn_sink;
typedef struct mn_source {
	void *ctx;
	/* up to room bytes; *n 0: the end */
	int (*read)(void *ctx, mn_call *, char *, size_t room, size_t *n);
	mn_str name; /* for messages */
} mn_source;

/* Says how far a long call has come; called at most every 100 ms or so, from the calling thread.
 * total 0: unknown. */
typedef struct mn_progress {
	void *ctx;
	void (*tell)(void *ctx, uint64_t done, uint64_t total, const char *unit);
} mn_progress;

enum mn_trace_format { MN_TRACE_JSONL, MN_TRACE_DOT, MN_TRACE_SVG, MN_TRACE_GRAPHML };
MN_API int mn_trace_write(const mn_trace *, mn_call *, int format, const mn_sink *);
MN_API int mn_trace_read(
	mn_engine *, mn_call *, const mn_source *, mn_trace **out); /* JSON Lines */

/* Described in mnemoscope-formats(5). */
enum mn_format {
	MN_FORMAT_JSONL,    /* a memory a line: exchange/jsonl.c */
	MN_FORMAT_TEXT,     /* a memory a paragraph; import only */
	MN_FORMAT_MARKDOWN, /* a memory a block; import only */
	MN_FORMAT_GRAPH,    /* a row a line: exchange/item.h */
	MN_FORMAT_DICT,     /* a dictionary of dictd(8), uncompressed; import only */
	MN_FORMAT_DOT,      /* export only */
	MN_FORMAT_GRAPHML,  /* export only */
	MN_FORMAT_SNAPSHOT, /* exchange/snapshot.h; read by exchange/restore.h */
	MN_FORMAT_PEER,     /* a snapshot of NeuralMemory; likewise */
	MN_FORMAT_CSV       /* a kind of rows; export only */
};

typedef struct mn_import_options {
	uint32_t size;
	int format;
	bool keep_going; /* pass over a bad line and count it; else stop before anything of its
			    batch is stored */
	bool lossy;      /* repair NUL and invalid UTF-8 to U+FFFD; else such a line is bad */
	uint32_t batch;  /* notes per apply; 0: chosen */
	mn_progress progress;
	/* told of each bad line: its number (from 1) and why */
	void (*bad)(void *ctx, uint64_t line, const char *why);
	void *bad_ctx;
	mn_str conversation; /* only lines whose "conversation" is this; empty: all */
	uint64_t bytes;      /* length of the source, for progress; 0: unknown */
	bool check;          /* only read: bad lines are found, nothing is stored, and the
				brain may be NULL */
	/* stores a batch of memories, as mn_brain_remember does, which it is if NULL */
	int (*keep)(void *ctx, mn_brain *, mn_call *, const mn_note *, size_t n, mn_remembered *);
	void *keep_ctx;
} mn_import_options;

typedef struct mn_import_report {
	uint32_t size;
	uint64_t lines, added, updated, unchanged, bad; /* memories; in the graph form: fibers */
	uint64_t neurons, synapses;                     /* new ones */
} mn_import_report;

/*
 * Streams a source into a brain with bounded memory. A line's id (or its content, where it has
 * none) names the memory, so importing again, after an interruption or not, doubles nothing. On
 * failure the report holds what was stored. MN_EINVAL: a bad line, with its number in the text.
 */
MN_API int mn_import(
	mn_brain *, mn_call *, const mn_import_options *, const mn_source *, mn_import_report *out);

/* Whose tools are to read it: those of 4.6x, or those of 0.4.0, which know less. */
enum mn_peer_dialect { MN_PEER_NEW, MN_PEER_OLD };

typedef struct mn_export_options {
	uint32_t size;
	int format; /* MN_FORMAT_JSONL, _GRAPH, _SNAPSHOT, _PEER, _DOT, _GRAPHML */
	mn_progress progress;
	int dialect; /* of MN_FORMAT_PEER: mn_peer_dialect */
	int kind;    /* of MN_FORMAT_CSV: MN_NEURON, MN_SYNAPSE or MN_FIBER */
} mn_export_options;
/* Writes a whole brain as it is at one generation, or fails (MN_ESTALE: somebody wrote meanwhile).
 */
MN_API int mn_export(mn_brain *, mn_call *, const mn_export_options *, const mn_sink *);

/*
 * BLAKE2b-256 over the canonical JSON Lines of a brain: rows by kind and uid, every persistent
 * field, base weights, derived uids, no internal ids (so it is equal across stores). 32 bytes.
 */
MN_API int mn_brain_hash(mn_brain *, mn_call *, unsigned char out[32]);

/*
 * Makes a brain `name` in a store, the same or another, with the same rows as `from`, and compares
 * the hashes of both. Streams. On failure there is no such brain afterwards. MN_ECONFLICT: the
 * name is taken; MN_ESTALE: somebody wrote to `from` meanwhile; MN_ECORRUPT: the hashes differ.
 */
MN_API int mn_brain_copy(mn_brain *from, mn_call *, mn_store *, mn_str name, const mn_progress *);

/* ---- Scripts ------------------------------------------------------------------------------ */

/*
 * A script is Lua that decides what is to be done with a brain: it reads rows and returns the steps
 * of a plan, or writes a report. It runs in a process of its own without files, network and other
 * processes, is killed when its time is over, and changes nothing. What it may say:
 * mnemoscope-script(5).
 */
typedef struct mn_script mn_script;

enum mn_arg_type {
	MN_ARG_INTEGER,
	MN_ARG_NUMBER,
	MN_ARG_BOOLEAN, /* true, false, yes, no, on, off, 1, 0 */
	MN_ARG_TEXT,
	MN_ARG_CHOICE, /* one of `choices` */
	MN_ARG_LIST,   /* texts, separated by commas */
	MN_ARG_TIME,   /* ISO 8601, or microseconds */
	MN_ARG_TYPES
};
MN_API const char *mn_arg_type_name(int type); /* "integer"; NULL: there is none. Static. */

typedef struct mn_script_param {
	mn_str name, help; /* plain */
	mn_str initial;    /* what it is where nothing is said, as text */
	mn_strs choices;
	double least, most; /* of an integer or a number; -INFINITY, INFINITY: any */
	int type;
	bool required; /* there is no initial value */
} mn_script_param;

typedef struct mn_script_head {
	mn_str name, purpose; /* plain */
	const mn_script_param *params;
	size_t nparams;
} mn_script_head;

typedef struct mn_script_options { /* 0, NULL: the default */
	uint32_t size;
	uint32_t cpu;    /* seconds of processor time; 300, to load 2 */
	mn_time wall;    /* microseconds until it is killed; ten minutes, to load ten seconds */
	uint64_t memory; /* bytes its data may take; 256 MiB, at least 1 MiB */
	uint64_t output; /* bytes it may emit; 64 MiB */
	void *ctx;
	void (*log)(void *ctx, const char *line);   /* a plain line, 10,000 at most */
	void (*trace)(void *ctx, const char *line); /* where it failed: a plain line per level */
	const mn_sink *emit; /* its report, as the script made it: untrusted */
	mn_progress progress;
	const char *program; /* the host of scripts, instead of the engine's own; absolute */
} mn_script_options;

typedef struct mn_script_value { /* a parameter's value, as a person writes it */
	mn_str name, text;
} mn_script_value;

/*
 * Reads a script: runs what stands outside its function, so in a process as well. name: of its
 * file, for messages. MN_EINVAL: it is none; the text begins with NAME:LINE. MN_ETIMEOUT,
 * MN_ECANCELLED, MN_ENOMEM: it was stopped. MN_EUNSUPPORTED: there is no safe host of scripts.
 */
MN_API int mn_script_load(mn_engine *, mn_call *, mn_str name, mn_str text,
	const mn_script_options *, mn_script **out);
MN_API const mn_script_head *mn_script_about(const mn_script *); /* lent until free */
/*
 * Runs it on a brain. steps: a JSON array of what it wants done, made by nobody but a script, so
 * untrusted (arena). MN_EINVAL also where a value does not fit its parameter. What failed in the
 * store keeps its status. Any thread; a script may run several times at once.
 */
MN_API int mn_script_run(const mn_script *, mn_brain *, mn_call *, const mn_script_value *,
	size_t n, const mn_script_options *, mn_str *steps);
/* Would a run take this value? MN_EINVAL says why not. Starts no process. Any thread. */
MN_API int mn_script_check(const mn_script *, mn_call *, const mn_script_value *);
MN_API void mn_script_free(mn_script *);

/* ---- Upkeep ------------------------------------------------------------------------------- */

/*
 * Maintenance: decay, pruning, archiving and the like. Every run is a *plan* first. Making a plan
 * only reads the brain; the changes it comes to are written to the brain's journal, a file of this
 * user's (mn_options.state_dir), with what each row was before. Applying it goes through the
 * journal batch by batch. So a run that was killed goes on where it was (mn_run_resume), and one
 * that is done can be taken back (mn_run_undo), months later.
 *
 * Beside others: readers see whole batches. A row that somebody changed after the plan was made is
 * left alone and counted. One run at a time: while it lasts, the brain holds a *lease*, a neuron
 * of type "run" that every batch renews, so a run that lost its lease (its process was thought
 * dead) can write nothing any more, whatever the store.
 *
 * Steps are a JSON array of objects of one member, VERB: {PARAMETER: VALUE, ...}; they are planned
 * in order, each as if those before it had been done:
 *
 *   decay        until (time; today): moves the decay clock to the start of that day, never back.
 *                Nothing else is written: weights are closed-form (mn_synapse)
 *   reinforce    synapses (ids), uses (1..1000; 1)
 *   prune        below (0..1; 0.05), older_than_days (0..36500; 30), types (names),
 *                keep_last (true), limit: drops synapses that weigh less, counted from when they
 *                were used last. keep_last: a memory's anchor keeps its heaviest one
 *   orphans      older_than_days (30), types, limit: drops neurons that no synapse reaches, no
 *                fiber is anchored at and no fiber lists
 *   archive      older_than_days (90), salience_below (0..1; 0.6), tags, limit: memories go out of
 *                the graph, packed; see mn_archive_search. Age counts from the last use
 *   restore      fibers (uids), all (false): back from the archive, as they were
 *   consolidate  similarity (0.3..1; 0.9), neighbourhood (0..1; 0), limit: memories whose words
 *                (Jaccard, of pairs of words that follow each other) and neighbours are that alike
 *                become one, the oldest
 *   expire       limit: memories whose meta has "expires" (ISO 8601, or microseconds) before now
 *   rebuild      writes indexes and counts anew
 *   snapshot     keep (1..10000; 7): writes the brain to a file of this user's (state_dir), reads
 *                it back, compares, then deletes the oldest so that `keep` are left
 *   change       rows (of {"drop": {KIND: ID}} and {"tune": {KIND: ID, MEMBER: VALUE...}}, KIND
 *                neuron, synapse or fiber; members: base; salience, coherence)
 */
typedef struct mn_plan mn_plan;

typedef struct mn_plan_options {
	uint32_t size;
	mn_str title;      /* in the history: "nightly"; empty: the verbs */
	mn_strs questions; /* asked before, to tell what recall would lose; none: not reckoned */
	uint32_t samples;  /* of each step; 0: 12 */
	mn_progress progress;
} mn_plan_options;

/*
 * Makes a plan, the caller's. MN_EINVAL: a step is none, with its place and the parameter;
 * MN_EREADONLY, MN_EUNSUPPORTED: the store cannot apply whole batches; MN_ESTALE: the graph
 * changed while it was read (try again).
 */
MN_API int mn_plan_new(mn_brain *, mn_call *, mn_str steps, const mn_plan_options *, mn_plan **out);
/* A run of the history to look at, or a plan that waits to be applied. MN_EINVAL: there is none. */
MN_API int mn_plan_open(mn_brain *, mn_call *, uint64_t run, mn_plan **out);
MN_API void mn_plan_free(mn_plan *); /* one that was not applied stays in the journal for a day */

enum { MN_PLAN_BINS = 20 };

typedef struct mn_plan_step { /* what one step comes to */
	mn_str verb;
	mn_str says; /* one line for a person: "synapses lighter than 0.05, older than 30 days" */
	uint64_t neurons, synapses, fibers; /* that it drops, adds or changes */
	uint64_t kept;                      /* that fitted, and stay: last links, rows in use */
	int64_t freed; /* bytes of rows, about; of archived ones what packing saves */
	uint64_t before[MN_PLAN_BINS], after[MN_PLAN_BINS]; /* a histogram of `of` */
	mn_str of; /* "weight", "age" (days), "salience"; empty: none */
	double to; /* where the last bin ends; the first begins at 0 */
} mn_plan_step;

typedef struct mn_plan_sample {
	uint32_t step;
	int kind;
	mn_id id;
	mn_str uid, text;     /* untrusted */
	double before, after; /* weight or salience; after < 0: it goes */
	mn_time when;         /* last used, or created */
} mn_plan_sample;

typedef struct mn_plan_loss { /* a memory that was among the ten best for a question, and goes */
	mn_str question, uid, text;
	uint32_t rank; /* from 1 */
} mn_plan_loss;

typedef struct mn_plan_about {
	uint32_t size;
	uint64_t run; /* its number in the history */
	mn_str title, steps_json;
	const mn_plan_step *steps;
	size_t nsteps;
	const mn_plan_sample *samples;
	size_t nsamples;
	const mn_plan_loss *losses;
	size_t nlosses, asked; /* asked: questions that were reckoned with */
	uint64_t changes, batches;
	mn_time clock_before, clock_after;
	mn_str json; /* all of this as one object: mnemoscope-formats(5) */
} mn_plan_about;
MN_API const mn_plan_about *mn_plan_look(const mn_plan *); /* lent until it is freed */

enum mn_run_state {
	MN_RUN_PLANNED,
	MN_RUN_RUNNING, /* or interrupted: mn_run.live says which */
	MN_RUN_DONE,
	MN_RUN_UNDONE,
};

typedef struct mn_run {
	uint64_t run;
	mn_str title;
	int state;
	bool live;                 /* some process is at it */
	uint64_t undoes;           /* the run this one takes back; 0: none */
	uint64_t changes;          /* planned */
	uint64_t done, left_alone; /* applied; changed by somebody else meanwhile */
	int64_t freed;
	mn_time made, begun, ended;
} mn_run;

/*
 * Applies a plan. MN_EBUSY: another run is at this brain, or was interrupted (the text says which
 * to resume); MN_ECANCELLED: between two batches; the run can be resumed or undone. Nothing is
 * applied twice. out may be NULL.
 */
MN_API int mn_plan_apply(mn_plan *, mn_call *, const mn_progress *, mn_run *out);

/* The history of a brain on this machine, newest first; arena. */
MN_API int mn_run_list(mn_brain *, mn_call *, const mn_run **out, size_t *n);
/* Goes on with a run that was interrupted; 0: the one there is. MN_EINVAL: none, or it is not. */
MN_API int mn_run_resume(mn_brain *, mn_call *, uint64_t run, const mn_progress *, mn_run *out);
/*
 * Takes a run back; 0: the last one that is done and takes none back itself, so that repeating it
 * goes further back. Where nothing else wrote since, the brain hashes
 * as before the run (mn_brain_hash). MN_ECONFLICT: rows of it were changed since, and how many;
 * with `rest`, those stay and the others are taken back. An undo is a run, and can be undone.
 */
MN_API int mn_run_undo(
	mn_brain *, mn_call *, uint64_t run, bool rest, const mn_progress *, mn_run *out);

/*
 * Lets go of what runs that ended before then had kept to be taken back: with it, what they dropped
 * is gone for good. The history stays. This happens by itself after MN_RUN_KEPT_DAYS, and all of a
 * brain's journal goes with the brain (mn_store_delete).
 */
enum { MN_RUN_KEPT_DAYS = 90 };
MN_API int mn_run_forget(mn_brain *, mn_call *, mn_time before);

/* A memory in the archive. */
typedef struct mn_archived {
	mn_str uid, text; /* of its fiber, of its anchor */
	mn_time created, archived;
	double salience;
} mn_archived;
/* Archived memories that have every word of `words` (empty: all), newest first, at most limit. */
MN_API int mn_archive_search(
	mn_brain *, mn_call *, mn_str words, uint32_t limit, const mn_archived **out, size_t *n);

/* ---- Doctor ------------------------------------------------------------------------------- */

/*
 * Does a brain keep the rules it is stored by? Each thing that can be wrong is a *finding* with the
 * code of the rule it breaks:
 *
 *   NM-I1   ends of synapses, and owners of states, exist     NM-I2   so do anchors and members
 *   NM-I3   numbers are finite and in range                   NM-I4   counts are what was counted
 *   NM-I5   indexes, lists and words are as the rows say      NM-I6   ids, uids, types, texts
 *   NM-I7   a snapshot of it read back is the same            NM-I9   archived memories can be read
 *   NM-I10  no run of maintenance hangs in the middle         NM-I14  file, tables, rights
 *
 * What could not be looked at is told beside the findings: not checked is never well.
 */
enum mn_doctor_level {
	MN_DOCTOR_QUICK, /* counters, tables, rights, runs: at most a second */
	MN_DOCTOR_FULL,  /* every row and every index */
	MN_DOCTOR_DEEP   /* every page of the store too, and a snapshot there and back */
};
enum { MN_DOCTOR_SAMPLES = 5 };

typedef struct mn_finding {
	const char *code, *name;        /* "NM-I1", "synapse-end": stable, static */
	const char *says, *cause, *fix; /* for people, static; says: of one row or thing */
	uint64_t count;
	mn_str samples[MN_DOCTOR_SAMPLES]; /* ids, or a few words; plain */
	size_t nsamples;
	bool repairable;
	bool harmless; /* allowed, but worth knowing */
} mn_finding;

typedef struct mn_unchecked {
	mn_str what, why; /* plain */
} mn_unchecked;

/* Also the exit code of the verb. The first that fits, from BROKEN, REPAIRABLE, UNCHECKED. */
enum mn_verdict {
	MN_VERDICT_CLEAN = 0,
	MN_VERDICT_REPAIRABLE = 1,
	MN_VERDICT_BROKEN = 4,   /* something cannot be repaired */
	MN_VERDICT_UNCHECKED = 5 /* something could not be looked at */
};

typedef struct mn_checkup {
	const mn_finding *findings;
	size_t nfindings;
	const mn_unchecked *unchecked;
	size_t nunchecked;
	uint64_t examined; /* rows */
	int verdict;
} mn_checkup;

typedef struct mn_doctor_options {
	uint32_t size;
	int level;
	mn_strs codes;      /* to mend: codes or names of findings; none: all that can be */
	bool contract_only; /* ask only what any store can be asked, not its own tables */
	bool plan_only;     /* of a fix: tell what would be mended, and mend nothing */
	/* of a fix: the findings that are about to be mended; false: nothing is done */
	bool (*agree)(void *ctx, const mn_checkup *);
	void *ctx;
	mn_progress progress;
} mn_doctor_options;

/*
 * Looks and changes nothing; rows in bounded memory. A brain that cannot even be opened is a
 * finding, not an error. MN_ENOBRAIN: there is nothing of that name.
 */
MN_API int mn_doctor_check(
	mn_store *, mn_call *, mn_str brain, const mn_doctor_options *, mn_checkup *out);

typedef struct mn_cure {
	mn_checkup before, after;
	uint64_t mended; /* findings */
	uint64_t kept;   /* rows that were changed or taken out; as they were, they are in `rows` */
	mn_str backup;   /* file: all of the brain as it was, compared with it; empty: none */
	mn_str rows;     /* file: JSON Lines; empty: none */
	bool planned;    /* something is there to be mended, and `agree` was asked */
} mn_cure;

/*
 * Mends what can be mended. First the brain is copied aside, and the copy is read back and compared
 * with it. Nothing is deleted: a row that has to go, or to change, is written to a file of JSON
 * Lines in the state folder first. A store that can does all of it in one transaction and looks
 * again before it commits: MN_ECORRUPT, and nothing is changed, if anything new were wrong.
 * Where nothing can be mended nothing is written.
 */
MN_API int mn_doctor_fix(
	mn_store *, mn_call *, mn_str brain, const mn_doctor_options *, mn_cure *out);
/* Takes the last fix back from its copy. MN_ECONFLICT: somebody wrote to the brain since. */
MN_API int mn_doctor_undo(mn_store *, mn_call *, mn_str brain);

typedef struct mn_salvaged {
	uint64_t saved[MN_KINDS]; /* rows by kind */
	uint64_t lost[MN_KINDS];  /* read, but without what they refer to, or not as rows must be */
	uint64_t counted[MN_KINDS]; /* rows there were by the brain's own count; 0: not known */
	uint64_t gaps;              /* places that could not be read */
} mn_salvaged;

/* Makes a brain `name` of what can still be read, in `to`, the same store or another. The damaged
 * one is not touched. MN_EUNSUPPORTED: the store has no such thing; then copy it. */
MN_API int mn_doctor_salvage(mn_store *from, mn_call *, mn_str brain, mn_store *to, mn_str name,
	const mn_progress *, mn_salvaged *out);

/* ---- Jobs --------------------------------------------------------------------------------- */

/*
 * Work off the caller's thread. run is called on a worker with a call of its own that carries the
 * job's token; it cannot fail as far as the pool is concerned: what went wrong is in the call's
 * error. Then the job stands among the finished ones until its owner collects it, on whatever
 * thread that polls.
 */
typedef struct mn_job mn_job;
typedef void mn_job_run(void *ctx, mn_job *, mn_call *);

MN_API int mn_job_start(mn_engine *, const char *title, mn_job_run *, void *ctx, mn_job **out);
MN_API void mn_job_cancel(mn_job *);
MN_API void mn_job_tell(mn_job *, uint64_t done, uint64_t total, const char *unit); /* from run */

enum mn_job_state { MN_JOB_WAITING, MN_JOB_RUNNING, MN_JOB_FINISHED };
typedef struct mn_job_status {
	int state;
	const char *title;
	uint64_t done, total;
	char unit[16];
	mn_time started, ended; /* monotonic */
	int status;             /* of the finished job: the code in its call's error */
} mn_job_status;
MN_API void mn_job_look(const mn_job *, mn_job_status *out);
MN_API mn_call *mn_job_call(mn_job *); /* after it finished: results and error */
MN_API void *mn_job_context(mn_job *);
/* A descriptor that is readable while a finished job waits to be collected, for poll(2). */
MN_API int mn_engine_job_fd(mn_engine *);
MN_API mn_job *mn_engine_job_next(mn_engine *); /* a finished one, once; NULL: none now */
MN_API void mn_job_wait(mn_job *); /* blocks until finished: for programs without a screen */
MN_API void mn_job_free(mn_job *); /* after it finished; frees its call */

#ifdef __cplusplus
}
#endif
#endif
