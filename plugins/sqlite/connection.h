/* SPDX-License-Identifier: MIT */
/*
 * connection.h - one connection to a brain's file: its transaction, its kept statements, and
 * what it knows of the brain as of that transaction.
 *
 * One thread at a time. Every function that returns int gives MN_OK or a status that is already
 * recorded in the call which the running transaction belongs to.
 *
 * Statements are named by their SQL: a static string, prepared on first use and kept. So the SQL
 * stands where it is used, and whatever is bound is bound by type, never spliced.
 */
#ifndef MN_SQLITE_CONNECTION_H
#define MN_SQLITE_CONNECTION_H

#include <sqlite3.h>

#include "adjacency.h"
#include "backend.h"
#include "bundle.h"
#include "dictionary.h"
#include "feed.h"
#include "marks.h"

#define KEPT_STATEMENTS 256 /* a power of two, well above the number of statements there are */

enum access {
	ACCESS_READ,      /* of a store that may be written */
	ACCESS_WRITE,     /* the brain's writer */
	ACCESS_READ_ONLY, /* the store was opened read-only */
};

/* The one row of table `tally`: what moves with every change. */
struct tally {
	mn_gen gen;
	uint64_t edition; /* moves with the brain row */
	uint64_t neurons, synapses, fibers;
	mn_id next[MN_KINDS]; /* by kind: the first id that was never reserved */
	int64_t oldest;       /* no synapse is of an earlier day */
	mn_id indexed;        /* neurons up to here are in the word index, but those in `unread` */
	uint64_t unread;      /* how many are not; may count some twice */
	uint64_t logged;      /* changes of lists that were written down; of these are in the */
	uint64_t swept;       /* lists up to here, */
	uint64_t sweep_to;    /* and up to here in those of neurons */
	mn_id sweep_at;       /* up to this one: see overlay.h */
	uint64_t marked;      /* moves with every change of marks.h */
};

/* What lists are reckoned with; read again when tally.edition moved. */
struct measure {
	uint64_t edition;
	double delta, rate;
	mn_time clock;
};

/* Neurons seen to exist as of a generation: 64 ids in a row are bits of one word, which stands at
 * their number modulo `room`, a power of two. */
struct known {
	struct known_row {
		mn_id row; /* id / 64 */
		uint64_t bits;
	} * at;
	size_t room;
	mn_gen of;
};

struct conn {
	struct conn *next;
	const mn_host *host;
	const char *path; /* lent by the brain */
	sqlite3 *sql;
	mn_call *call;                   /* whose transaction runs */
	unsigned waited_ms, patience_ms; /* for another writer */
	size_t copied; /* bytes of text that were given out; for who wants to stop in time */
	bool writing, broken;
	uint64_t named; /* the edition that was seen to have the brain's name */
	struct tally tally;
	struct {
		bool known;  /* the tally as it was when this connection wrote last is here, */
		int version; /* and is so still, if that is SQLite's count of commits */
		struct tally tally;
	} written;
	struct measure measure;
	struct dictionary dictionary;
	struct overlay overlay;
	struct marks marks;
	struct stored stored;
	struct block_rows rows;
	struct bundle bundles[ROW_KINDS];
	struct recent recent;
	struct known known;
	uint64_t passed; /* times that a walk passed over what it could not read */
	struct feed feed;
	struct {
		const char *sql;
		sqlite3_stmt *stmt;
	} kept[KEPT_STATEMENTS];
};

/*
 * A value to bind. S keeps an empty text, SN makes it NULL, B is a blob (NULL if empty). Strings
 * are lent until the statement is reset.
 */
struct value {
	enum { VALUE_INT, VALUE_REAL, VALUE_TEXT, VALUE_BLOB, VALUE_NULL } kind;
	int64_t number;
	double real;
	mn_str text;
};
static inline struct value I(int64_t n) {
	return (struct value){.kind = VALUE_INT, .number = n};
} static inline struct value R(double x) {
	return (struct value){.kind = VALUE_REAL, .real = x};
} static inline struct value S(mn_str s) {
	return (struct value){.kind = VALUE_TEXT, .text = s};
} static inline struct value SN(mn_str s) {
	return (struct value){.kind = s.len ? VALUE_TEXT : VALUE_NULL, .text = s};
} static inline struct value B(mn_str s) {
	return (struct value){.kind = s.len ? VALUE_BLOB : VALUE_NULL, .text = s};
}

/*
 * Opens the file and sees that it can be read. *out NULL with MN_OK: for reading SQLite would have
 * to make files beside it, and may not. immutable: nobody changes the file, so it need not.
 */
int conn_open(const mn_host *, mn_call *, const char *path, enum access, bool immutable,
	struct conn **out);
void conn_close(struct conn *);

/*
 * A transaction of `call`: read ones see one state of the brain throughout, write ones are alone.
 * begin sets call->at. Waiting for another writer ends with the call's deadline, or after
 * half a minute. Cancelling the call breaks off what runs, except a commit.
 */
int conn_begin(struct conn *, mn_call *, bool write);
/* What the transaction sees of the tally and the measure, anew; begin has done it. */
int conn_load(struct conn *);
int conn_measure(struct conn *);   /* the measure alone */
int conn_commit(struct conn *);    /* rolled back where it fails */
void conn_rollback(struct conn *); /* or the end of a read */
void conn_spare(struct conn *);    /* nothing was changed, so that what is known stays */
/* The transaction goes on with another call (a page of a scan); NULL: rests. */
int conn_adopt(struct conn *, mn_call *);

/* Starts a statement. The n-th value is ?n. */
int conn_ask(struct conn *, const char *sql, const struct value *values, int n, sqlite3_stmt **out);
#define ASK(c, out, sql, ...)                                 \
	conn_ask(c, sql, (const struct value[]){__VA_ARGS__}, \
		(int)(sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value)), out)
/* 1: a row; 0: no more, and the statement is reset; or a status, likewise. */
int conn_step(struct conn *, sqlite3_stmt *);
/* Runs a statement to its end. */
int conn_run(struct conn *, const char *sql, const struct value *values, int n);
#define RUN(c, sql, ...)                                      \
	conn_run(c, sql, (const struct value[]){__VA_ARGS__}, \
		(int)(sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value)))
/* Likewise; *taken tells that a unique index or key stood in the way, which is no error then. */
int conn_insert(struct conn *, const char *sql, const struct value *values, int n, bool *taken);
#define INSERT(c, taken, sql, ...)                               \
	conn_insert(c, sql, (const struct value[]){__VA_ARGS__}, \
		(int)(sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value)), taken)
/* The first column of the first row; `none` if there is no row. */
int conn_number(struct conn *, const char *sql, const struct value *values, int n, int64_t none,
	int64_t *out);
#define NUMBER(c, out, none, sql, ...)                                                           \
	conn_number(c, sql, (const struct value[]){__VA_ARGS__},                                 \
		(int)(sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value)), none, \
		out)
/* One or more statements without values or rows, not kept. */
int conn_script(struct conn *, const char *sql);

/* MN_OK, or that the call was cancelled or is late. For loops. */
int conn_check(struct conn *);
/* Records what SQLite reported last. */
int conn_fault(struct conn *);
int conn_corrupt(struct conn *, const char *what);
int conn_memory(struct conn *);

/* Writes the tally back, with the bundles that wait. */
int conn_tally(struct conn *);

/* A column as text, lent until the next step. */
static inline mn_str column_text(sqlite3_stmt *st, int i)
{
	const char *p = (const char *)sqlite3_column_text(st, i);

	return (mn_str){p, p ? (size_t)sqlite3_column_bytes(st, i) : 0};
}

static inline mn_str column_blob(sqlite3_stmt *st, int i)
{
	const char *p = sqlite3_column_blob(st, i);

	return (mn_str){p, p ? (size_t)sqlite3_column_bytes(st, i) : 0};
}

#endif
