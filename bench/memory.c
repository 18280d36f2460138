/* SPDX-License-Identifier: MIT */
/*
 * memory.c - what a neuron takes: in the store "memory:", by its own count, its texts and uids
 * apart from its row and its synapses (both directions); and what a process grows by while it asks
 * a brain in SQLite, whatever the brain's size.
 */
#include <malloc.h>
#include <string.h>

#include "text.h"

#define SIZE 100000
#define QUESTIONS 1000

static int bytes_of(struct bench *b, mn_brain *brain, double *out)
{
	mn_brain_row row;

	if (mn_brain_describe(brain, &b->call, &row) != MN_OK)
		return bench_fail(b, "describe");
	*out = (double)row.bytes;
	mn_call_reset(&b->call);
	return 0;
}

/* Bytes of all texts and uids, as they are written down. */
static double letters_of(uint64_t n)
{
	double sum = 0;

	for (mn_id id = 1; id <= n; id++) {
		char uid[24], text[SYNTH_TEXT];

		sum += (double)(synth_uid(id, uid) + synth_text(id, n, SYNTH_SEED, text));
	}
	return sum;
}

static int weigh(struct bench *b, mn_brain *brain, uint64_t n)
{
	double rows, all, before, resident;

	if (synth_fill_neurons(b, brain, n, SYNTH_SEED) || bytes_of(b, brain, &rows))
		return -1;
	malloc_trim(0);
	before = bench_resident();
	if (synth_fill_synapses(b, brain, n, SYNTH_SEED) || bytes_of(b, brain, &all))
		return -1;
	malloc_trim(0);
	resident = bench_resident() - before;
	bench_figure(b, "memory: all", all / (double)n, "bytes/neuron");
	bench_figure(b, "memory: texts and uids", letters_of(n) / (double)n, "bytes/neuron");
	bench_figure(b, "memory: neurons alone", rows / (double)n, "bytes/neuron");
	bench_figure(b, "memory: adjacency", (all - rows) / (double)n, "bytes/neuron");
	bench_figure(b, "memory: adjacency, resident", resident / (double)n, "bytes/neuron");
	return 0;
}

static int in_memory(struct bench *b, uint64_t n)
{
	mn_store *store = NULL;
	mn_brain *brain = NULL;
	int status = -1;

	if (mn_store_open(b->engine, &b->call, MN_STR("memory:"), false, &store) != MN_OK
		|| mn_store_create(store, &b->call, MN_STR("synthetic"), MN_STR("")) != MN_OK
		|| mn_brain_open(store, &b->call, MN_STR("synthetic"), &brain) != MN_OK)
		bench_fail(b, "opening a brain in memory");
	else
		status = weigh(b, brain, n);
	mn_brain_close(brain);
	mn_store_close(store);
	return status;
}

static int working(struct bench *b, const struct held *where)
{
	mn_vitals vitals = MN_SIZED(mn_vitals);
	struct questions q;
	double before, most = 0;
	struct held k;
	int status = questions_make(b, 0, b->rounds ? b->rounds : QUESTIONS, &q);

	malloc_trim(0);
	before = bench_resident();
	if (status == 0)
		status = held_at(b, where->dir, where->name, &k);
	for (size_t i = 0; i < q.n && status == 0; i++) {
		mn_answer answer;
		const int depth = i % 2 ? MN_DEPTH_DEEP : MN_DEPTH_AUTO;

		if (ask_text(b, k.brain, q.at[i], depth, &answer) != MN_OK)
			status = bench_fail(b, "recall");
		mn_call_reset(&b->call);
		if (bench_resident() - before > most)
			most = bench_resident() - before;
	}
	if (status == 0 && mn_brain_vitals(k.brain, &vitals) == MN_OK) {
		bench_figure(b, "SQLite: resident more, working", most / (1 << 20), "MiB");
		bench_figure(b, "SQLite: of it the graph cache",
			(double)vitals.cache_bytes / (1 << 20), "MiB");
	}
	held_close(&k);
	questions_free(&q);
	return status;
}

static int run(struct bench *b)
{
	struct held k;
	int status = text_open(b, SIZE, &k);

	held_close(&k);
	if (status == 0)
		status = working(b, &k);
	return status || b->data || b->texts ? status : in_memory(b, b->size);
}

const struct bench_case bench_memory = {
	"memory", "bytes a neuron in memory:, and resident while working on SQLite", run};
