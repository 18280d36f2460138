/* SPDX-License-Identifier: MIT */
/*
 * held.h - brains that are made once: they lie in the folder bench->keep, synthetic ones by kind
 * and size, those of a text (--data) by the name, length and time of its file, and are made when a
 * case first asks for them. What is not finished is made anew.
 */
#ifndef BENCH_HELD_H
#define BENCH_HELD_H

#include "bench.h"

enum held_kind { HELD_GRAPH, HELD_TEXTS, HELD_DATA };

struct held {
	mn_store *store;
	mn_brain *brain;
	char dir[256], name[64]; /* of the store; of the brain, and of its file before ".brain" */
};

/* Opens the one that is kept; nobody may write to it. */
int held_open(struct bench *, int kind, uint64_t n, struct held *out);
/* Opens a copy of it in bench->dir, to be written to. */
int held_copy(struct bench *, int kind, uint64_t n, struct held *out);
/* Opens, or makes, a brain in the SQLite store of that folder. */
int held_at(struct bench *, const char *dir, const char *name, struct held *out);
void held_close(struct held *);
/* Bytes of its file, and of the log beside it. */
double held_file(const struct held *);
/* The system's pages of its file are given up, so that reads go to the disk. */
void held_drop_pages(const struct held *);

#endif
