/* SPDX-License-Identifier: MIT */
/*
 * bench.h - measurements: a case a file, one table of cases, one report.
 *
 * A case makes what it needs under bench->dir (a fresh folder, removed afterwards), measures, and
 * reports figures by name. Times are microseconds of the monotonic clock. A case returns 0, or -1
 * after bench_fail.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdio.h>

#include "mn.h"

struct samples {
	double *at;
	size_t n, cap;
};

struct bench {
	mn_engine *engine;
	mn_call call;
	const char *dir;   /* fresh folder of this case */
	const char *data;  /* --data FILE: what a case on real text reads */
	const char *ask;   /* --ask FILE: questions, a line each */
	uint64_t size;     /* --size N: neurons or memories; 0: the case's own */
	unsigned rounds;   /* --rounds N: queries or repetitions; 0: the case's own */
	const char *title; /* of the running case */
	bool json;
	unsigned reported;
};

struct bench_case {
	const char *name, *summary;
	int (*run)(struct bench *);
};

extern const struct bench_case bench_spread, bench_recall, bench_encode, bench_open, bench_start,
	bench_neo4j, bench_script, bench_upkeep;

int bench_fail(struct bench *, const char *what); /* with the call's error; -1 */
void bench_figure(struct bench *, const char *name, double value, const char *unit);
/* p50, p95, p99 and worst of the samples, as NAME.p50 and so on. Sorts them. */
void bench_spread_of(struct bench *, const char *name, struct samples *, const char *unit);

double bench_now(void);
/* Processor time of this thread: what a busy machine does not change. */
double bench_cpu(void);
void samples_add(struct samples *, double);
double samples_percentile(struct samples *, double share); /* 0..1; sorts */
void samples_free(struct samples *);

/* Memory of this process that is resident now, in bytes. */
double bench_resident(void);
/* Bytes of all files in a folder. */
double bench_disk(const char *dir);

/* xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64: the same numbers everywhere. */
struct dice {
	uint64_t s[4];
};
void dice_seed(struct dice *, uint64_t seed);
uint64_t dice_next(struct dice *);
double dice_unit(struct dice *); /* [0, 1) */

/*
 * A synthetic brain: n neurons, 5 n synapses. Half of all ends fall on hubs by Zipf's law
 * (p ~ 1 / (rank + 10)), the other half anywhere; weights are uniform in 0.05..1, no loops.
 * Neurons are concepts "n1".."nN" with that text as uid.
 */
int synth_fill(struct bench *, mn_brain *, uint64_t n, uint64_t seed);

#endif
