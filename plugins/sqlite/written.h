/* SPDX-License-Identifier: MIT */
/*
 * written.h - bundles as they are written down: in their tables, and the last one of each kind in
 * the tally (recent.h). For bundle.c.
 */
#ifndef MN_SQLITE_WRITTEN_H
#define MN_SQLITE_WRITTEN_H

#include "connection.h"

/* Lent until written_end, which comes before anything is written. */
struct written {
	sqlite3_stmt *st;
	mn_id first;
	mn_str bytes;
	bool last; /* it stands in the tally */
};

/* The one where the id belongs; behind: the first one that begins behind it. 1, 0 (there is none;
 * nothing to end) or a status. A last one that cannot be read is passed over: see recent.ends. */
int written_seek(struct conn *, enum row_kind, bool behind, mn_id, struct written *out);
void written_end(const struct written *);
/* Where the one behind `first` begins; above INT64_MAX: there is none. */
int written_next(struct conn *, enum row_kind, mn_id first, mn_id *next);

/* In the table. */
int written_put(struct conn *, enum row_kind, mn_id first, mn_str bytes);
int written_drop(struct conn *, enum row_kind, mn_id first);
/* All of them. */
int written_clear(struct conn *, enum row_kind);
/* The last one goes from the tally into the table. */
int written_settle(struct conn *, enum row_kind);

int written_broken(struct conn *); /* records that a bundle cannot be read */

#endif
