/* SPDX-License-Identifier: MIT */
/*
 * limits.h - what the same takes without an engine: rows in bare SQLite statements, and a spread
 * over arrays. No text, no types, no rights, no generations.
 */
#ifndef BENCH_LIMITS_H
#define BENCH_LIMITS_H

#include <sqlite3.h>

#include "bench.h"

/* An SQLite file with WAL and synchronous = FULL, as a brain has it; NULL: it told why. */
sqlite3 *bare_open(struct bench *, const char *path);
int bare_run(struct bench *, sqlite3 *, const char *sql);

/* A table that single rows of text are committed to. */
struct bare_notes {
	sqlite3 *sql;
	sqlite3_stmt *insert;
};
int bare_notes_open(struct bench *, const char *dir, struct bare_notes *out);
int bare_notes_add(struct bench *, struct bare_notes *, mn_str text); /* one commit */
void bare_notes_close(struct bare_notes *);

/*
 * The synthetic graph of size n and seed SYNTH_SEED, both directions of each synapse: a neuron's
 * links, heaviest first, from start[id - 1] up to start[id].
 */
struct csr_link {
	uint32_t far; /* id - 1 */
	float weight; /* exact: generated weights have 12 bits */
};
struct csr {
	uint64_t n;
	uint64_t *start;
	struct csr_link *at;
};
int csr_make(struct bench *, uint64_t n, struct csr *out);
void csr_free(struct csr *);

/* A workspace of spreads over one graph. */
struct csr_space {
	struct csr_mark {
		uint32_t epoch;
		bool fired;
		double level;
	} * marks;
	struct csr_state {
		double level;
		uint32_t node;
	} * queue;
	size_t n, cap;
	uint32_t epoch;
	uint64_t activated, examined; /* of the last spread */
};
int csr_space_make(struct bench *, const struct csr *, struct csr_space *out);
void csr_space_free(struct csr_space *);
/* As "classic" spreads (core/recall/kernel.h) from anchors that go together. */
int csr_spread(const struct csr *, struct csr_space *, const uint32_t *anchors, size_t n,
	double threshold);

/* against.c: the kernel over a brain with that graph, and the bare loop, by turns; threshold 0.1,
 * four hops. Reports times and their ratios; -1 also where levels differ. */
int against_csr(struct bench *, mn_brain *, uint64_t n, unsigned rounds);

#endif
