/* SPDX-License-Identifier: MIT */
/* disk.c - bytes on disk: of a neuron, of a synapse, of a memory with its words and search. */
#include "held.h"

#define SIZE 100000

static int fill(struct bench *b, uint64_t n, struct held *k,
	int (*half)(struct bench *, mn_brain *, uint64_t, uint64_t))
{
	int status = held_at(b, b->dir, "graph", k);

	if (status == 0)
		status = half(b, k->brain, n, SYNTH_SEED);
	held_close(k);
	return status;
}

static int run(struct bench *b)
{
	const uint64_t n = bench_size(b, SIZE);
	double neurons, all;
	struct held k;

	if (fill(b, n, &k, synth_fill_neurons))
		return -1;
	neurons = held_file(&k);
	if (fill(b, n, &k, synth_fill_synapses))
		return -1;
	all = held_file(&k);
	bench_figure(b, "neuron, text and search", neurons / (double)n, "bytes");
	bench_figure(b, "synapse", (all - neurons) / (double)(n * SYNTH_SYNAPSES), "bytes");
	bench_figure(b, "all", all / (double)n, "bytes/neuron");
	if (held_open(b, HELD_TEXTS, n, &k))
		return -1;
	held_close(&k);
	bench_figure(b, "memory, all", held_file(&k) / (double)n, "bytes");
	return 0;
}

const struct bench_case bench_disk_use = {
	"disk", "bytes on disk of neurons, synapses and memories, in SQLite", run};
