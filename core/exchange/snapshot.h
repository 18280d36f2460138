/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h - a brain as a file that can be checked by itself, and what its parts share.
 *
 *   {"snapshot":{"format":"mnemoscope","version":1}}
 *   the lines of canonical.h, as they are
 *   {"end":{"blake2b","fibers","neurons","states","synapses"}}     hex; how many of each
 *
 * The hash is that of the lines in between, so it is the brain's (mn_brain_hash). A file has to be
 * what would be written, byte for byte: lines in order, each uid of a neuron and of a synapse once,
 * nothing behind the last newline. So what reads back without an error is whole.
 *
 * Neurons and synapses that cannot be told apart by uid are not written: MN_EUNSUPPORTED.
 */
#ifndef MN_EXCHANGE_SNAPSHOT_H
#define MN_EXCHANGE_SNAPSHOT_H

#include <sodium.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "exchange/line.h"
#include "exchange/restore.h"

#define MN_SNAPSHOT_HEAD "{\"snapshot\":{\"format\":\"mnemoscope\",\"version\":1}}"
#define MN_SNAPSHOT_LINE ((size_t)256 << 20) /* longest line */

/* What the last line tells. */
typedef struct mn_snapshot_sum {
	crypto_generichash_state hash;
	uint64_t rows[MN_KINDS];
	unsigned char all[32]; /* the hash, after mn_snapshot_sum_end */
} mn_snapshot_sum;

int mn_snapshot_sum_begin(mn_snapshot_sum *, mn_call *);
void mn_snapshot_sum_add(mn_snapshot_sum *, int kind, mn_str line); /* newline included */
void mn_snapshot_sum_end(mn_snapshot_sum *, mn_buf *last); /* the last line, newline included */

/* ---- A row, read (snapline.c) ------------------------------------------------------------- */

typedef struct mn_snapline {
	int kind;
	union { /* ids are 0; uid is empty where it is derived */
		mn_brain_row brain;
		mn_neuron neuron;
		mn_state state;
		mn_synapse synapse;
		mn_fiber fiber;
	} row;
	mn_str uid;                /* of a state: that of its neuron */
	mn_str base;               /* uid without the number of a parallel synapse */
	mn_str from, to;           /* uids of a synapse's ends; from: of a fiber's anchor */
	mn_strs neurons, synapses; /* uids of a fiber's members */
} mn_snapline;

/*
 * Reads a line, without its newline; strings are copied into the arena. MN_EINVAL: why says what is
 * wrong with it, that it is not in its canonical form included; MN_ENOMEM.
 */
int mn_snapline_read(mn_str line, mn_arena *, mn_snapline *out, char *why, size_t room);
/* When a row was last written or used. */
mn_time mn_snapline_time(const mn_snapline *);

/* ---- A file, read (snapin.c) -------------------------------------------------------------- */

typedef struct mn_snapin {
	mn_call *call;
	mn_lines lines;
	mn_arena *text; /* of the row given last */
	mn_buf uid;     /* likewise: what must be less than the next one's */
	mn_snapshot_sum sum;
	int kind;
	bool over;
	mn_str line; /* of the row given last, newline left out; lent until the next */
	const mn_progress *progress;
	uint64_t bytes; /* of the file; 0: unknown */
	mn_time told;
} mn_snapin;

int mn_snapin_open(mn_snapin *, mn_call *, const mn_source *, const mn_progress *, uint64_t bytes);
/*
 * The next row, lent until the next call, the brain's own first. *more false: the file is at its
 * end, and everything in it as it has to be. MN_EINVAL: something is not, with its line.
 */
int mn_snapin_next(mn_snapin *, mn_snapline *out, bool *more);
void mn_snapin_close(mn_snapin *);

/* ---- Rows on their way into a brain (snapload.c) ------------------------------------------ */

enum mn_snapload_op { MN_SNAP_ADD, MN_SNAP_PUT, MN_SNAP_DROP };

typedef struct mn_snapload {
	mn_brain *brain;
	mn_call *call, work;
	mn_import_report *report;
	struct mn_snapload_item {
		int op;
		mn_id id; /* of the row that is replaced or dropped */
		mn_snapline row;
	} * items;
	size_t n, cap, most;
	int kind;        /* of all that wait */
	mn_arena *text;  /* of the items */
	mn_strmap known; /* ids of parallel synapses by uid */
	mn_gen at;       /* what the brain has to stand at */
	bool expect;
} mn_snapload;

int mn_snapload_open(mn_snapload *, mn_brain *, mn_call *, mn_import_report *);
/* Takes a row, whose line is read again into its own arena. id: see above. */
int mn_snapload_line(mn_snapload *, mn_str line, int op, mn_id id);
int mn_snapload_drop(mn_snapload *, int kind, mn_id id);
int mn_snapload_flush(mn_snapload *);
void mn_snapload_close(mn_snapload *);

/* Joins a snapshot with what a brain holds (merge.c). */
int mn_snapshot_merge(
	mn_brain *, mn_call *, const mn_snapshot_options *, const mn_source *, mn_import_report *);

#endif
