/* SPDX-License-Identifier: MIT */
/*
 * bench.h - measurements: a case a file, one table of cases, one report.
 *
 * A case makes what it needs under bench->dir (a fresh folder, removed afterwards) or has a brain
 * made for it in bench->keep (held.h), measures, and reports figures by name. Times are
 * microseconds of the monotonic clock. A case returns 0, or -1 after bench_fail.
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
	const char *dir; /* fresh folder of this case */
	const char
		*keep; /* --keep DIR: brains that were made stay there; else a folder of this run */
	const char *data;  /* --data FILE: what a case on real text reads */
	const char *ask;   /* --ask FILE: questions, a line each */
	const char *into;  /* --into URL: the store of the case "fill" */
	bool texts;        /* --texts: the synthetic brain is one of memories, not a graph */
	uint64_t size;     /* --size N,...: neurons or memories; 0: the case's own */
	unsigned rounds;   /* --rounds N: queries or repetitions; 0: the case's own */
	const char *title; /* of the running case */
	bool json;
	unsigned reported;
};

struct bench_case {
	const char *name, *summary;
	int (*run)(struct bench *);
};

extern const struct bench_case bench_alike, bench_corpus, bench_graph, bench_walks, bench_disk_use,
	bench_encode, bench_exchange, bench_expand, bench_facts, bench_fill, bench_filter,
	bench_memory, bench_neo4j, bench_open, bench_questions, bench_readers, bench_recall,
	bench_script, bench_spread, bench_start, bench_upkeep;

int bench_fail(struct bench *, const char *what); /* with the call's error; -1 */
/* The size asked for, or the case's own, which is then the one reported. */
uint64_t bench_size(struct bench *, uint64_t own);
void bench_figure(struct bench *, const char *name, double value, const char *unit);
/* p50, p95, p99 and worst of the samples, as NAME.p50 and so on. Sorts them. */
void bench_spread_of(struct bench *, const char *name, struct samples *, const char *unit);

double bench_now(void);
/* Processor time of this thread: what a busy machine does not change. */
double bench_cpu(void);
double bench_cpu_all(void); /* of all threads of this process */
void samples_add(struct samples *, double);
double samples_percentile(struct samples *, double share); /* 0..1; sorts */
void samples_free(struct samples *);

/* Memory of this process that is resident now, in bytes. */
double bench_resident(void);
/* Bytes of all files in a folder. */
double bench_disk(const char *dir);
void bench_remove(const char *dir); /* with what is in it */

/* xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64: the same numbers everywhere. */
struct dice {
	uint64_t s[4];
};
void dice_seed(struct dice *, uint64_t seed);
uint64_t dice_next(struct dice *);
double dice_unit(struct dice *); /* [0, 1) */
/* A rank below n by Zipf's law with Mandelbrot's shift, p ~ 1 / (rank + 10): the integral of it,
 * inverted. */
#define ZIPF_SHIFT 10.0
uint64_t dice_zipf(struct dice *, uint64_t n);

/*
 * The vocabulary: made-up words of consonants and vowels by turns, the frequent ones shorter, that
 * no stemmer changes. Ranks from WORDS to 200,000 give words as well, which no text uses.
 */
#define WORDS 50000
#define WORDS_SHORT 2560 /* of six letters; the others have eight */
#define WORD_ROOM 9
size_t word_of(uint64_t rank, char out[WORD_ROOM]);
/* Adds it behind a space to a text of `at` bytes, if there is room; the text's length then. */
size_t words_append(char *out, size_t room, size_t at, uint64_t rank);
/* Fills ranks from..n with others than those before them, below `words`, by Zipf's law. */
void words_draw(struct dice *, uint64_t words, uint64_t *ranks, size_t from, size_t n);

/*
 * A synthetic graph: n neurons, 5 n synapses. The first synth_concepts(n) neurons are concepts,
 * words of the vocabulary by rank; the others are memories of eleven words. Every neuron has five
 * synapses that leave it; half of their ends are drawn from all ids by Zipf's law, so that
 * frequent words are hubs, the other half anywhere; weights are uniform in 0.05..1 in steps
 * of 1/4096, no loops. A
 * memory `involves` a concept, and its text has that word; it is `similar_to` another memory; what
 * a concept has is `leads_to`. Uids are "n1".."nN". No fibers: the rows are neurons and synapses
 * alone. What is random about a neuron depends on its id, n and the seed only.
 */
#define SYNTH_SYNAPSES 5
#define SYNTH_SEED 42
uint64_t synth_concepts(uint64_t n); /* a tenth, 50,000 at most */
size_t synth_uid(mn_id, char out[24]);
struct synth_out { /* the synapses that leave a neuron */
	mn_id to[SYNTH_SYNAPSES];
	double base[SYNTH_SYNAPSES];
};
void synth_synapses(mn_id, uint64_t n, uint64_t seed, struct synth_out *out);
#define SYNTH_TEXT 128
size_t synth_text(mn_id, uint64_t n, uint64_t seed, char out[SYNTH_TEXT]);
int synth_fill(struct bench *, mn_brain *, uint64_t n, uint64_t seed);
/* Its two halves, for those who weigh them. */
int synth_fill_neurons(struct bench *, mn_brain *, uint64_t n, uint64_t seed);
int synth_fill_synapses(struct bench *, mn_brain *, uint64_t n, uint64_t seed);

/*
 * A stream of synthetic memories, a minute apart: eleven distinct words by Zipf's law, 84 bytes on
 * average; so the most frequent word is in an eighth of them. Every hundredth is a planted fact
 * instead, "WHO left the THING on WHERE.", whose names and place occur once. Memory `number` is the
 * same in streams of every length.
 */
#define CORPUS_WORDS 11
#define CORPUS_ROOM 128
#define CORPUS_BATCH 10000
struct corpus_fact {
	char who[32], thing[32], where[32];
};
bool corpus_fact_at(uint64_t number, struct corpus_fact *out); /* false: it is none */
size_t corpus_text(uint64_t number, char out[CORPUS_ROOM]);
mn_time corpus_time(uint64_t number);
/* Three of the first `words` of the vocabulary, as a question. */
size_t corpus_question(uint64_t number, uint64_t words, char out[CORPUS_ROOM]);
struct spent {
	double elapsed, cpu; /* of all threads */
};
/* Remembers memories first..first+n, `batch` (at most CORPUS_BATCH) at a time; adds what the engine
 * took, their making apart. */
int corpus_remember(
	struct bench *, mn_brain *, uint64_t first, uint64_t n, size_t batch, struct spent *);

#endif
