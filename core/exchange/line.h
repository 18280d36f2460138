/* SPDX-License-Identifier: MIT */
/*
 * line.h - a source, line by line, in bounded memory. A byte order mark before the first line and
 * a carriage return before a line's end are dropped; a last line without an end counts. Of a line
 * longer than the ceiling the beginning is given and marked; the rest of it is read past, without
 * being kept, when the next one is asked for. One thread.
 */
#ifndef MN_EXCHANGE_LINE_H
#define MN_EXCHANGE_LINE_H

#include "base/buf.h"

#define MN_LINE_MOST ((size_t)8 << 20)

typedef struct mn_lines {
	const mn_source *source;
	char *chunk; /* what was read last, of which [at, end) is still to come */
	size_t at, end;
	mn_buf kept;    /* a line that began in an earlier chunk */
	uint64_t lines; /* begun so far: the number of the line given last */
	uint64_t bytes; /* read from the source so far */
	bool skipping;  /* the line given last was cut: its rest is still in the source */
	bool over;
	bool exact; /* set after opening: nothing is dropped but the newline */
	bool ended; /* the line given last had one */
} mn_lines;

typedef struct mn_line {
	mn_str text; /* lent until the next call */
	bool cut;
} mn_line;

int mn_lines_open(mn_lines *, mn_call *, const mn_source *, size_t most);
/* *more false: the source is at its end, and out untouched. */
int mn_lines_next(mn_lines *, mn_call *, mn_line *out, bool *more);
void mn_lines_close(mn_lines *);

#endif
