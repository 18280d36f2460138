/* SPDX-License-Identifier: MIT */
/*
 * frame.h - what the engine and the process of a script say to each other, over a socket pair.
 *
 * A frame is a head and `size` bytes behind it. Numbers are in the machine's own order, since both
 * ends are of one build: START carries its version. Text is a length of 32 bits and its bytes.
 *
 * The engine begins with START and then answers, a frame per question. The process asks one thing
 * at a time; LOG, PROGRESS, EMIT and CLOSE have no answer; ABOUT, DONE and FAIL are the last it
 * says. The engine believes nothing of it: a frame that is longer than MN_FRAME_MOST or not of
 * this form ends the process.
 */
#ifndef MN_SCRIPT_FRAME_H
#define MN_SCRIPT_FRAME_H

#include <string.h>

#include "mn.h"

#define MN_FRAME_VERSION 1
#define MN_FRAME_MOST ((size_t)1 << 20)  /* of what the process says */
#define MN_FRAME_CHUNK ((size_t)1 << 16) /* a longer report comes in several frames */
#define MN_FRAME_SCANS 8                 /* open at the same time */
#define MN_FRAME_IDS 65536               /* degrees asked for at once */
#define MN_FRAME_CHANGES 4096            /* changes of rows in one frame */

enum mn_frame_type {
	/* from the engine */
	MN_FRAME_START = 1, /* see mn_frame_start; label, text; then of a run: brain, parameters */
	MN_FRAME_PAGE,      /* see mn_frame_page */
	MN_FRAME_COUNTS,    /* u64 each */
	MN_FRAME_OK,        /* nothing */
	MN_FRAME_ERROR,     /* text */
	/* from the process */
	MN_FRAME_ABOUT,    /* name, purpose, u32 n, parameters: mn_frame_param each */
	MN_FRAME_SCAN,     /* see mn_frame_scan; answer: OK */
	MN_FRAME_NEXT,     /* u32 slot; answer: PAGE */
	MN_FRAME_CLOSE,    /* u32 slot */
	MN_FRAME_DEGREES,  /* u64 ids; answer: COUNTS */
	MN_FRAME_STEP,     /* verb, JSON object; answer: OK */
	MN_FRAME_CHANGE,   /* mn_frame_change each; answer: OK */
	MN_FRAME_LOG,      /* text */
	MN_FRAME_PROGRESS, /* u64 done, u64 total, unit */
	MN_FRAME_EMIT,     /* the bytes */
	MN_FRAME_DONE,     /* nothing */
	MN_FRAME_FAIL,     /* message, traceback */
};

typedef struct mn_frame_head {
	uint32_t size, type;
} mn_frame_head;

enum mn_frame_mode { MN_FRAME_TELL, MN_FRAME_RUN };

typedef struct mn_frame_start {
	uint32_t version, mode;
	uint64_t memory;
	uint32_t cpu, nparams;
	int64_t parent; /* the engine's process id */
} mn_frame_start;

typedef struct mn_frame_brain { /* and its name */
	uint64_t neurons, synapses, fibers, bytes;
	int64_t created, updated, clock, now;
	double decay_rate;
} mn_frame_brain;

/* A parameter, declared: this, name, help, initial value, u32 n, choices. In START: u32 type, name,
 * value: i64 of an integer or a time, double, u32 of a boolean, text, or u32 n and texts. */
typedef struct mn_frame_param {
	uint32_t type, required;
	double least, most;
} mn_frame_param;

/* A scan: this, text, u32 n, types, u32 n, tags. */
typedef struct mn_frame_scan {
	uint32_t slot, kind; /* slot: 0..MN_FRAME_SCANS - 1, by which it is called afterwards */
	uint32_t fields, unused;
	uint64_t neuron, limit;
	int64_t since, until;
} mn_frame_scan;

/* A page: this, `ntypes` types (u32 code, name) not told before, `nrows` rows. */
typedef struct mn_frame_page {
	uint32_t kind, fields, nrows, ntypes;
	uint64_t last; /* there is no page after it */
} mn_frame_page;

/* Rows, followed by what `fields` asks for in the order text, uid, meta, members. Meta of a fiber
 * is followed by u32 n and its tags; members are u32 n and ids, twice. */
typedef struct mn_frame_neuron {
	uint64_t id;
	int64_t created, updated;
	uint32_t type, flags;
} mn_frame_neuron;

typedef struct mn_frame_synapse {
	uint64_t id, from, to;
	double weight, base;
	int64_t created, last;
	uint32_t uses, type, flags, unused;
} mn_frame_synapse;

typedef struct mn_frame_fiber {
	uint64_t id, anchor;
	double salience, coherence;
	int64_t created, first, last;
	uint32_t uses, stage;
} mn_frame_fiber;

enum mn_frame_change_op {
	MN_FRAME_DROP_NEURON,
	MN_FRAME_DROP_SYNAPSE,
	MN_FRAME_DROP_FIBER,
	MN_FRAME_TUNE_SYNAPSE, /* base */
	MN_FRAME_TUNE_FIBER,   /* salience */
	MN_FRAME_CHANGE_OPS
};
typedef struct mn_frame_change {
	uint64_t op, id;
	double value;
} mn_frame_change;

/* ---- Taking a frame apart ----------------------------------------------------------------- */

/* What is left of a frame. One that is too short gives zeros, and stays bad. */
typedef struct mn_take {
	const char *at, *end;
	bool bad;
} mn_take;

/* The next n bytes, or NULL. */
static inline const char *mn_take_bytes(mn_take *t, size_t n)
{
	const char *p = t->at;

	if (t->bad || (size_t)(t->end - t->at) < n) {
		t->bad = true;
		return NULL;
	}
	t->at += n;
	return p;
}

static inline void mn_take_raw(mn_take *t, void *out, size_t n)
{
	const char *p = mn_take_bytes(t, n);

	if (p)
		memcpy(out, p, n);
	else
		memset(out, 0, n);
}

static inline uint32_t mn_take_u32(mn_take *t)
{
	uint32_t x;

	mn_take_raw(t, &x, sizeof(x));
	return x;
}

static inline uint64_t mn_take_u64(mn_take *t)
{
	uint64_t x;

	mn_take_raw(t, &x, sizeof(x));
	return x;
}

static inline double mn_take_double(mn_take *t)
{
	double x;

	mn_take_raw(t, &x, sizeof(x));
	return x;
}

static inline mn_str mn_take_str(mn_take *t)
{
	const uint32_t n = mn_take_u32(t);
	const char *p = mn_take_bytes(t, n);

	return (mn_str){p, p ? n : 0};
}

static inline bool mn_take_end(const mn_take *t)
{
	return !t->bad && t->at == t->end;
}

#endif
