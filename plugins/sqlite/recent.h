/* SPDX-License-Identifier: MIT */
/*
 * recent.h - what was written last, in the tally's own row.
 *
 * A commit writes whole pages, and one memory adds a few bytes to the end of many tables. So the
 * ends stand together in the row that every commit writes anyway: of each kind of bundles the last
 * one, until it is full, and what the latest commits do to lists, until that makes a row of table
 * `later`. All of it fits into the tally's page.
 *
 * The last bundle is not in its table meanwhile, and no bundle there has an id from its first on.
 */
#ifndef MN_SQLITE_RECENT_H
#define MN_SQLITE_RECENT_H

#include <sqlite3.h>

#include "row.h"
#include "varint.h"

#define BUNDLE_BYTES 498  /* eight of them, and what SQLite puts around them, fill a page */
#define RECENT_BYTES 1500 /* of changes of lists */
#define RECENT_COLUMNS 4

struct conn;

/* `first` as a varint, then bytes as in a bundle's table. len 0: there is none. */
struct ending {
	mn_id first;
	size_t skip, len;
	bool broken; /* what stands there cannot be one */
	unsigned char all[VARINT_MOST + BUNDLE_BYTES];
};

struct recent {
	struct ending ends[ROW_KINDS];
	struct {
		size_t len;
		bool broken;
		unsigned char bytes[RECENT_BYTES];
	} changes;
	bool moved; /* since the tally was read or written */
};

/* From columns of the tally, from this one on. */
void recent_take(struct recent *, sqlite3_stmt *, int column);
/* Its columns alone, for who mends counters. */
int recent_write(struct conn *);

void recent_end(
	struct recent *, enum row_kind, mn_id first, const unsigned char *bytes, size_t len);
void recent_clear(struct recent *, enum row_kind);
bool recent_any(const struct recent *); /* is there anything? */
static inline mn_str recent_bytes(const struct ending *e)
{
	return (mn_str){(const char *)e->all + e->skip, e->len - e->skip};
}
static inline mn_str recent_all(const struct ending *e)
{
	return (mn_str){(const char *)e->all, e->len};
}
static inline mn_str recent_changes(const struct recent *r)
{
	return (mn_str){(const char *)r->changes.bytes, r->changes.len};
}

#endif
