/* SPDX-License-Identifier: MIT */
/*
 * rows.h - rows as Neo4j keeps them: which properties there are, in which order an answer gives
 * them, and how they are read.
 *
 * A property whose value is what it is by default (0, empty, no uid) is not there. README.md has
 * the table of properties.
 */
#ifndef MN_NEO4J_ROWS_H
#define MN_NEO4J_ROWS_H

#include "ask.h"

/* Lists for RETURN and collect(), of a row called n, s or f; what the row is read from. */
#define BRAIN_CELLS                                                                  \
	"[b.key, b.uid, b.name, b.config, b.meta, b.neurons, b.synapses, b.fibers, " \
	"b.created, b.updated, b.clock]"
#define NEURON_CELLS(text, uid, meta)                                                       \
	"[n.id, n.type, n.flags, n.created, coalesce(n.updated, n.created), " text ", " uid \
	", " meta "]"
#define STATE_CELLS "[n.id, n.level, n.decay, n.last, n.uses]"
#define SYNAPSE_CELLS(uid, meta)                                                       \
	"[s.id, s.f, s.t, s.type, s.flags, coalesce(s.base, s.w), s.created, s.last, " \
	"s.uses, " uid ", " meta "]"
#define FIBER_CELLS(text, uid, meta, members)                                    \
	"[f.id, f.anchor, f.salience, f.coherence, f.created, f.first, f.last, " \
	"f.uses, f.stage, f.flags, " text ", " uid ", " meta ", f.tags, " members "]"

/* The expression for a row of a kind with these fields (mn_field; 0: all). */
const char *row_cells(int kind, unsigned fields);
size_t row_size(int kind);
/* About so much: the server does not say what one of several brains takes. */
uint64_t row_bytes(const mn_brain_row *);
/* One row out of a list of cells; null leaves it as it is, zeroed. */
void row_read(struct reader *, int kind, const json_t *cells, void *row);
/* Rows out of a list of lists, one for each. */
int rows_read(struct reader *, int kind, const json_t *list, mn_rows *out);

/* Hashes by which long text is found; stored, so they never change. */
int64_t hash_key(mn_str type, mn_str text);
int64_t hash_uid(mn_str uid);

#endif
