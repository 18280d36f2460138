/* SPDX-License-Identifier: MIT */
/*
 * run.h - the real program, run from outside: its own home, what it printed, how it ended.
 *
 * A room is a folder with a home, settings and data of its own. Every run has a deadline, after
 * which the program is killed and the test fails.
 */
#ifndef MN_TESTS_CLI_RUN_H
#define MN_TESTS_CLI_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include <cmocka.h>

enum { RUN_WORDS = 32, RUN_SECONDS = 60 };

struct room {
	char dir[64];
};

struct ran {
	int code; /* exit code; 1000 + n: killed by signal n */
	char *out, *err;
	size_t nout, nerr;
};

struct going { /* a program that has been started */
	pid_t pid;
	int in, out, err; /* ends of pipes; -1 where there is none; a terminal: all the same */
	FILE *out_file, *err_file;
};

int room_open(void **state); /* cmocka setup: *state is the room */
int room_close(void **state);

/* A path in the room, in one of four buffers used in turn. */
const char *room_path(const struct room *, const char *name);
void room_write(const struct room *, const char *name, const void *, size_t);
void room_write_text(const struct room *, const char *name, const char *);
bool room_has(const struct room *, const char *name);

/* Runs "mnemoscope WORDS..." (the last one NULL) with this on standard input (NULL: nothing). */
struct ran run_with(const struct room *, const char *input, size_t n, const char *const *words);
struct ran run(const struct room *, ...);
struct ran run_input(const struct room *, const char *input, ...);
/* With standard output at this descriptor: a broken pipe, a full device. */
struct ran run_to(const struct room *, int out, ...);
/* Fails the test unless the exit code is this; then as run. */
struct ran must(const struct room *, int code, ...);
void ran_free(struct ran *);

/* For what happens while it runs. Environment "NAME=VALUE" words may go first. */
struct going start(const struct room *, bool terminal, ...);
/* The same with standard output at a descriptor. */
struct going start_to(const struct room *, int out, ...);
/* Waits for the end; collects output. */
struct ran finish(struct going *);
/* Writes to its standard input; fails the test, with what it said, if it is gone. */
void feed(struct going *, const char *text);
/* Reads from a terminal until this text has come; fails the test if it does not. */
void wait_for(struct going *, const char *text);

/* How often `what` is in `text`. */
size_t count_of(const char *text, const char *what);
void assert_has(const char *text, const char *what);
void assert_lacks(const char *text, const char *what);
/* Exactly one line, and it ends with a newline. */
void assert_one_line(const char *text);

#define CLAIM(f) cmocka_unit_test_setup_teardown(f, room_open, room_close)

#endif
