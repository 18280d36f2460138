/* SPDX-License-Identifier: MIT */
/*
 * guard.h - looks at the bytes of a request before anything parses them.
 *
 * A proxy in front and the parser behind may disagree about where a request ends; what hides in
 * between is a request that nobody checked. So whatever can be read in two ways is refused here, on
 * the raw bytes, and the connection closed: bare CR or LF, NUL and other controls, folded lines,
 * space before a colon, two Content-Length (equal ones too), one beside a Transfer-Encoding, any
 * coding but exactly "chunked", chunk sizes with anything behind the digits, trailers, Host missing
 * or twice, targets that are no path, versions but 1.0 and 1.1, and twice a field that only makes
 * sense once. Lengths are bounded here too.
 *
 * After RFC 9112; stricter wherever it leaves a choice. Pure functions of their arguments; any
 * thread.
 */
#ifndef MN_SERVER_GUARD_H
#define MN_SERVER_GUARD_H

#include "mn.h"

enum {
	MN_GUARD_LINE = 8 << 10,  /* the request line, in bytes */
	MN_GUARD_HEAD = 16 << 10, /* with the fields and the empty line */
	MN_GUARD_FIELDS = 100,
};

enum mn_reject { /* why a request was refused; MN_REJECT_NONE is 0 */
	MN_REJECT_NONE,
	MN_REJECT_CONTROL,
	MN_REJECT_LINE_END,
	MN_REJECT_FOLD,
	MN_REJECT_LINE,
	MN_REJECT_VERSION,
	MN_REJECT_TARGET,
	MN_REJECT_FIELD,
	MN_REJECT_TWICE,
	MN_REJECT_HOST,
	MN_REJECT_LENGTH,
	MN_REJECT_CODING,
	MN_REJECT_CHUNK,
	MN_REJECT_PARSER,
	MN_REJECT_EXPECT,
	MN_REJECT_LINE_LONG,
	MN_REJECT_HEAD_LONG,
	/* those below are no fault of the bytes: the core's own */
	MN_REJECT_BODY_LONG,
	MN_REJECT_SLOW,
	MN_REJECT_FULL,
	MN_REJECT_RATE,
	MN_REJECT_MISDIRECTED,
	MN_REJECT_ORIGIN,
	MN_REJECT_TOKEN,
	MN_REJECT_RIGHT,
	MN_REJECTS
};
const char *mn_reject_name(int why);   /* "two-lengths", for metrics and the log */
unsigned mn_reject_status(int why);    /* 400, 414, 417, 431, ... */
const char *mn_reject_detail(int why); /* a sentence for whoever sent it */

/* Where the search for the head's end has come to; zeroed for each request. */
typedef struct mn_guard {
	size_t at, line; /* bytes seen; where the current line begins */
	unsigned lines;
} mn_guard;

/* Looks at what is new in the n bytes since the last time. *end: the head's length with its empty
 * line; 0: there is more to come. Returns an mn_reject. */
int mn_guard_scan(mn_guard *, const char *in, size_t n, size_t *end);

/* A whole head that mn_guard_scan has found. Returns an mn_reject. */
int mn_guard_head(const char *head, size_t n);

/* A chunked body; zeroed for each. */
typedef struct mn_guard_chunks {
	uint64_t left; /* of the chunk */
	uint8_t state, digits;
} mn_guard_chunks;

/* *used: how many of the bytes belong to the body; *done: and it ends there. */
int mn_guard_body(mn_guard_chunks *, const char *in, size_t n, size_t *used, bool *done);

#endif
