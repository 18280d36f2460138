/* SPDX-License-Identifier: MIT */
/*
 * feed.h - many rows into a table by one statement.
 *
 * Starting a statement costs SQLite more than putting its row into a tree. So rows that come
 * in numbers are collected in an array, over which a virtual table "feed" walks:
 *
 *	REPLACE INTO list(near, head) SELECT c0, c1 FROM feed
 */
#ifndef MN_SQLITE_FEED_H
#define MN_SQLITE_FEED_H

#include <sqlite3.h>

#include "backend.h"

struct conn;
struct value;

/* What "feed" shows at the moment. */
struct feed {
	const char *rows;
	size_t n, size; /* size: of a row */
	const void *ctx;
	/* Column i of a row; text is lent until the statement ends. */
	struct value (*column)(const void *ctx, const void *row, int i);
};

int feed_register(struct conn *);
/* Runs the statement over these rows. MN_ECORRUPT: one of them was there, which cannot be. */
int feed_run(struct conn *, const char *sql, const struct feed *);

#endif
