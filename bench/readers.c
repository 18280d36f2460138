/* SPDX-License-Identifier: MIT */
/*
 * readers.c - eight readers, alone and beside one writer, on one brain in SQLite. Each reader asks
 * questions of three words, always others: "calm" with a pause after each, so that there are
 * processors to spare and waiting for the writer would show; "busy" without. The writer remembers,
 * a memory at a time or a thousand.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "text.h"

#define SIZE 100000
#define READERS 8
#define SECONDS 3
#define PAUSE 20000000 /* nanoseconds */

struct reader {
	pthread_t thread;
	mn_engine *engine;
	mn_brain *brain;
	uint64_t first, words;
	bool calm;
	atomic_bool *stop;
	struct samples time;
	int status;
};

static void *read_on(void *arg)
{
	struct reader *r = arg;
	mn_call call;

	r->status = mn_call_init(&call, r->engine, 0);
	for (uint64_t i = 0; r->status == MN_OK && !atomic_load(r->stop); i++) {
		mn_ask ask = MN_SIZED(mn_ask);
		mn_answer answer = MN_SIZED(mn_answer);
		char text[CORPUS_ROOM];
		double from;

		ask.text = (mn_str){text, corpus_question(r->first + i, r->words, text)};
		ask.depth = MN_DEPTH_AUTO;
		ask.fresh = true;
		from = bench_now();
		r->status = mn_brain_recall(r->brain, &call, &ask, &answer);
		samples_add(&r->time, (bench_now() - from) / 1000);
		mn_call_reset(&call);
		if (r->calm)
			nanosleep(&(struct timespec){.tv_nsec = PAUSE}, NULL);
	}
	mn_call_done(&call);
	return NULL;
}

/* Remembers until the time is over; how many. */
static uint64_t write_on(struct bench *b, struct held *k, uint64_t *next, size_t batch)
{
	const double until = bench_now() + SECONDS * 1e6;
	uint64_t n = 0;
	struct spent spent = {0};

	while (bench_now() < until) {
		if (corpus_remember(b, k->brain, *next, batch, batch, &spent))
			return 0;
		*next += batch;
		n += batch;
	}
	return n;
}

static int report(struct bench *b, struct reader *readers, const char *title, double seconds)
{
	struct samples all = {0};
	char name[64];
	int status = 0;

	for (int i = 0; i < READERS; i++) {
		for (size_t k = 0; k < readers[i].time.n; k++)
			samples_add(&all, readers[i].time.at[k]);
		samples_free(&readers[i].time);
		status = status ? status : readers[i].status;
	}
	snprintf(name, sizeof(name), "%s: recall", title);
	bench_spread_of(b, name, &all, "ms");
	snprintf(name, sizeof(name), "%s: recalls", title);
	bench_figure(b, name, (double)all.n / seconds, "1/s");
	samples_free(&all);
	return status ? bench_fail(b, "a reader failed") : 0;
}

struct round {
	const char *title;
	bool calm;
	size_t batch; /* 0: nobody writes */
};

static int round_of(struct bench *b, struct held *k, const struct round *how, uint64_t *next)
{
	struct reader readers[READERS] = {0};
	atomic_bool stop = false;
	uint64_t wrote = 0;
	double from = bench_now(), seconds;
	char name[64];

	for (uint64_t i = 0; i < READERS; i++) {
		readers[i] = (struct reader){.engine = b->engine,
			.brain = k->brain,
			.first = (i + 1) * 1000000 + *next,
			.calm = how->calm,
			.words = b->texts ? WORDS : synth_concepts(b->size),
			.stop = &stop};
		if (pthread_create(&readers[i].thread, NULL, read_on, &readers[i]))
			return bench_fail(b, "threads");
	}
	if (how->batch)
		wrote = write_on(b, k, next, how->batch);
	else
		nanosleep(&(struct timespec){.tv_sec = SECONDS}, NULL);
	atomic_store(&stop, true);
	seconds = (bench_now() - from) / 1e6;
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i].thread, NULL);
	if (how->batch) {
		snprintf(name, sizeof(name), "%s: the writer", how->title);
		bench_figure(b, name, (double)wrote / seconds, "memories/s");
	}
	return report(b, readers, how->title, seconds);
}

static const struct round rounds[] = {{"busy, first", false, 0}, {"calm, alone", true, 0},
	{"calm, beside single memories", true, 1}, {"calm, beside batches", true, 1000},
	{"busy, alone", false, 0}, {"busy, beside single memories", false, 1}};

static int run(struct bench *b)
{
	const uint64_t n = bench_size(b, SIZE);
	uint64_t next = n;
	struct held k;
	int status = held_copy(b, b->texts ? HELD_TEXTS : HELD_GRAPH, n, &k);

	for (size_t i = 0; i < sizeof(rounds) / sizeof(*rounds) && status == 0; i++)
		status = round_of(b, &k, &rounds[i], &next);
	held_close(&k);
	return status;
}

const struct bench_case bench_readers = {
	"readers", "eight readers, alone and beside one writer, in SQLite", run};
