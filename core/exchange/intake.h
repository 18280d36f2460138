/* SPDX-License-Identifier: MIT */
/*
 * intake.h - an import from the inside: lines come in, readers make memories (or rows) of them,
 * batches go to the brain.
 *
 * The driver (import.c) checks that a line is text, repairs it if asked to, and hands it to the
 * reader of the format. A reader hands memories to mn_intake_note, which copies them; when
 * enough have come, they are remembered at once. Everything is bounded: lines, memories, batches.
 */
#ifndef MN_EXCHANGE_INTAKE_H
#define MN_EXCHANGE_INTAKE_H

#include "base/arena.h"
#include "base/json.h"
#include "exchange/line.h"

#define MN_INTAKE_TEXT ((size_t)1 << 20) /* the longest text of a memory */

typedef struct mn_batch { /* memories that wait to be remembered */
	mn_note *notes;
	size_t n, cap;
	mn_arena *text; /* their strings */
} mn_batch;

typedef struct mn_intake {
	mn_brain *brain;
	mn_call *call;
	mn_call work; /* for one batch at a time: the caller's token and error, an arena of its own
		       */
	const mn_import_options *options;
	mn_import_report *report;
	mn_lines lines;
	mn_batch batch;
	mn_buf repaired;
	mn_time told; /* when progress was last told */
} mn_intake;

/*
 * A format: how its lines become memories. state is zeroed memory of `size` bytes. Each function
 * returns MN_OK or a recorded error, which ends the import.
 */
typedef struct mn_reader {
	size_t size;
	bool json; /* lines are JSON: what `lossy` repairs includes escapes */
	/* One line, valid text. broken: it was reported as bad already and text is empty, so
	 * what it belongs to is not whole. */
	int (*line)(mn_intake *, void *state, mn_str text, bool broken);
	int (*end)(mn_intake *, void *state); /* after the last line; may be NULL */
	void (*done)(void *state);            /* frees what state owns; may be NULL */
} mn_reader;

extern const mn_reader mn_reader_jsonl, mn_reader_text, mn_reader_markdown, mn_reader_dict,
	mn_reader_graph;

/* Takes a copy of a memory; stores the batch when it is full. */
int mn_intake_note(mn_intake *, const mn_note *);
/* What is wrong with a line: MN_OK when the import goes on without it, else the error. */
int mn_intake_bad(mn_intake *, uint64_t line, const char *fmt, ...) MN_PRINTF(3, 4);
/* What a buffer that failed means: a bad line where it is full, else memory that ran out. */
int mn_intake_overflow(mn_intake *, const mn_buf *, uint64_t line, const char *why);
/* Before and after work on the brain with in->work: cancellation; progress and a clean arena. */
int mn_intake_begin(mn_intake *);
void mn_intake_end(mn_intake *);

#endif
