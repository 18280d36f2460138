/* SPDX-License-Identifier: MIT */
/*
 * stream.h - files and standard streams as the engine reads and writes them. Waiting for a pipe or
 * a terminal ends when a signal comes. One thread.
 */
#ifndef MN_APP_STREAM_H
#define MN_APP_STREAM_H

#include "app.h"
#include "place.h"

typedef struct mn_input {
	int fd;
	uint64_t bytes; /* of a regular file; 0: unknown */
	mn_str name;    /* for messages */
} mn_input;

/* "-": standard input. MN_EIO, native ENOENT where there is no such file. */
int mn_input_open(mn_input *, mn_str path, mn_error *err);
void mn_input_close(mn_input *);
int mn_input_rewind(mn_input *, mn_error *err); /* a regular file: to its beginning */
mn_source mn_input_source(mn_input *);          /* lent: the input must stay */

/* Where results go: a place, or standard output. A terminal gets every line plain. */
typedef struct mn_output {
	mn_app *app;
	mn_place place;
	bool to_file;
} mn_output;

/* path empty or "-": standard output. replace: as mn_place_open. */
int mn_output_open(mn_output *, mn_app *, mn_str path, bool replace, mn_error *err);
mn_sink mn_output_sink(mn_output *);
/* status MN_OK: keeps what was written; else drops it. Returns status, or what failed now. */
int mn_output_close(mn_output *, int status, mn_error *err);

#endif
