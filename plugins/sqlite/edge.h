/* SPDX-License-Identifier: MIT */
/* edge.h - lists as they were up to version 3 of the tables: from table `edge` to blocks. */
#ifndef MN_SQLITE_EDGE_H
#define MN_SQLITE_EDGE_H

struct conn;

/* Puts every list of `edge` into `list` and `block`, and drops it: in the transaction of a step of
 * schema.c that has made the new tables. */
int edge_migrate(struct conn *);

#endif
