/* SPDX-License-Identifier: MIT */
/*
 * sqlite_room.h - the conformance suite's room (tests/conformance/harness.h) over a fresh folder of
 * SQLite files, a room a test; and what tests do to those files behind the plugin's back.
 */
#ifndef SQLITE_ROOM_H
#define SQLITE_ROOM_H

#include <sqlite3.h>
#include <sys/types.h>

#include "harness.h"

/* An entry of a test table: a room of its own, with an empty brain "claim 1". */
#define in_room(name) cmocka_unit_test_setup_teardown(name, sqlite_room_begin, sqlite_room_end)
int sqlite_room_begin(void **state);
int sqlite_room_end(void **state);
/* Closes the store, so that files are complete; opens it again. */
void sqlite_room_close(struct room *);
void sqlite_room_open(struct room *, bool read_only);
/* A second opened store over the same folder, and its end. */
mn_db *sqlite_room_second(struct room *);

#define CLAIM_FILE "claim%201.brain"
/* FOLDER/file. Static, of the last four calls. */
const char *path_in(struct room *, const char *file);

/* Whole files. Freed by the caller; a missing one fails the test. */
struct bytes {
	unsigned char *at;
	size_t n;
};
struct bytes bytes_read(const char *path);
void bytes_write(const char *path, const void *, size_t n);
bool bytes_same(struct bytes, struct bytes); /* frees neither */
mode_t mode_of(const char *path);            /* its rights; 0: not there */
unsigned files_in(struct room *);            /* how many names the folder has, ballast apart */

/* SQL on a file, as somebody else's program would do it; a stand-in for the plugin's tokenizer is
 * there. What fails fails the test. */
sqlite3 *raw_open(const char *path);
void raw_do(const char *path, const char *sql);
int64_t raw_number(const char *path, const char *sql);
/* Is the file whole, to its word index? */
void raw_check(const char *path);

/* An operation failed so, and says so in one line that holds `words`. */
void says(struct room *, int status, int want, const char *words);
int find_status(struct room *, const char *name); /* FIND: MN_ENOBRAIN where it gives no row */
int apply_one(struct room *, mn_id neuron, const char *text); /* adds it; the status */

/* Runs a function in a child process with a store of its own over the room's folder; its value
 * (0..255) comes back. nobody: without the rights of root, if it has them. */
int in_child(struct room *, bool nobody, int (*run)(struct room *));
pid_t start_child(struct room *, bool nobody, int (*run)(struct room *));
int end_child(pid_t);

#endif
