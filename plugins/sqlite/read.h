/* SPDX-License-Identifier: MIT */
/* read.h - rows out of a brain: the operations that look things up, and how a row is read. */
#ifndef MN_SQLITE_READ_H
#define MN_SQLITE_READ_H

#include "connection.h"

/* A text column, copied into the arena of the call that c works for. */
int read_text(struct conn *, sqlite3_stmt *, int column, mn_str *out);

/* Bundled rows of kinds MN_SYNAPSE and MN_FIBER (bundle.h). fields: not 0. */
int read_synapse(struct conn *, const struct synapse_row *, unsigned fields, mn_synapse *);
int read_fiber(struct conn *, const struct fiber_row *, unsigned fields, mn_fiber *);
/*
 * Rows of synapses in numbers, up to the first that has a text of the fields; *n: how many these
 * are.
 */
int read_synapses(struct conn *, const struct synapse_row *, size_t most, unsigned fields,
	mn_synapse *out, size_t *n);
static inline enum row_kind read_bundle(int kind)
{
	return kind == MN_SYNAPSE ? ROW_SYNAPSE : ROW_FIBER;
}
/* One of them; fields 0: all. */
int read_bundled(struct conn *, int kind, const void *bundled, unsigned fields, void *row);

/* The other kinds: the statement that gives all rows after id ?1, and how one of them is read. */
const char *read_all_sql(int kind);
int read_row_of(struct conn *, sqlite3_stmt *, int kind, unsigned fields, void *row);
size_t read_size(int kind);
/* One row by id; one with id 0 if there is none. */
int read_one(struct conn *, int kind, mn_id id, unsigned fields, void *row);

/* Operations of the contract. */
int read_generation(mn_db *, mn_call *, mn_str brain);
int read_get(mn_db *, mn_call *, mn_str brain, int kind, mn_ids ids, unsigned fields, mn_rows *out);
int read_fibers_of(mn_db *, mn_call *, mn_str brain, mn_ids anchors, mn_rows *out);
int read_lookup(mn_db *, mn_call *, mn_str brain, const mn_key *, size_t n, mn_id *out);
int read_resolve(mn_db *, mn_call *, mn_str brain, int kind, mn_strs uids, mn_id *out);

#endif
