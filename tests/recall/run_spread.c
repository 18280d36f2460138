/* SPDX-License-Identifier: MIT */
/*
 * run_spread.c - how long spreading alone takes: the kernel "classic" over a warm graph cache of
 * the memory store, on a synthetic brain with hubs.
 *
 * usage: run_spread [NEURONS] [SYNAPSES] [QUERIES]      (100000 500000 2000)
 *
 * Ends of synapses are drawn so that few neurons have many, as in graphs that grow by preferential
 * attachment (the k-th has 1/sqrt(k) of the first), weights uniformly. A query has 3 anchors, 4
 * hops, threshold 0.1. Prints percentiles, neurons activated, synapses examined, and the same with
 * recording.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "base/type.h"
#include "recall/kernel.h"

#define BATCH 10000
#define MOST_QUERIES 100000

struct trial {
	double us[MOST_QUERIES];
	size_t n;
	uint64_t activated, examined;
	double worst_ratio;
};

static uint64_t seed = 42;

static double uniform(void)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(seed >> 11) / 9007199254740992.0;
}

static mn_id draw(uint32_t neurons)
{
	return 1 + (mn_id)(uniform() * neurons) % neurons;
}

/* Low numbers come far more often than high ones. */
static mn_id draw_end(uint32_t neurons)
{
	double u = uniform();

	return 1 + (mn_id)((double)neurons * u * u) % neurons;
}

static int add_batch(
	mn_brain *b, mn_call *call, int kind, uint32_t first, uint32_t n, uint32_t neurons)
{
	mn_change *changes = mn_call_array(call, n, sizeof(*changes));
	mn_neuron *neuron = mn_call_array(call, n, sizeof(*neuron));
	mn_synapse *synapse = mn_call_array(call, n, sizeof(*synapse));

	if (!changes || !neuron || !synapse)
		return MN_ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		neuron[i] = (mn_neuron){
			.id = first + i + 1, .type = MN_CONCEPT, .text = MN_STR("n")};
		synapse[i] = (mn_synapse){.id = first + i + 1, .type = MN_RELATED_TO};
		if (kind == MN_SYNAPSE) {
			synapse[i].from = draw_end(neurons);
			synapse[i].to = draw(neurons);
			synapse[i].base = uniform();
		}
		changes[i] = (mn_change){MN_ADD, kind,
			kind == MN_NEURON ? (const void *)&neuron[i] : (const void *)&synapse[i]};
	}
	return mn_brain_apply(b, call, NULL, changes, n, NULL);
}

static int make(mn_brain *b, mn_call *call, int kind, uint32_t total, uint32_t neurons)
{
	int rc = MN_OK;

	for (uint32_t at = 0; at < total && rc == MN_OK; at += BATCH) {
		mn_call_reset(call);
		rc = add_batch(b, call, kind, at, total - at < BATCH ? total - at : BATCH, neurons);
	}
	return rc;
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int spread_once(
	mn_brain *b, mn_call *call, const mn_id *anchors, bool record, struct trial *t)
{
	static const uint32_t start[] = {0, 3};
	struct mn_graph *graph = mn_graph_of(b->mind);
	uint32_t nodes[3];
	struct mn_bench bench;
	mn_view view;
	int rc = mn_graph_take_bench(graph, call, &bench);
	double begun;

	if (rc == MN_OK)
		rc = mn_view_open(b, call, false, &view);
	if (rc == MN_OK)
		rc = mn_view_index(&view, anchors, 3, nodes);
	if (rc != MN_OK)
		return rc;
	begun = now_us();
	mn_spread s = {.view = &view,
		.arena = bench.arena,
		.space = bench.space,
		.side = bench.side,
		.record = record ? bench.record : NULL,
		.anchors = {nodes, start, 1},
		.max_hops = 4,
		.threshold = .1};
	rc = mn_classic.spread(&s);
	if (t) {
		double ratio = (double)s.examined / (double)bench.space->ncells;

		t->us[t->n++] = now_us() - begun;
		t->activated += bench.space->ncells;
		t->examined += s.examined;
		t->worst_ratio = ratio > t->worst_ratio ? ratio : t->worst_ratio;
	}
	mn_view_close(&view);
	mn_graph_give_bench(graph, &bench);
	return rc;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int measure(mn_brain *b, mn_call *call, uint32_t neurons, size_t queries, bool record)
{
	static struct trial t;
	int rc = MN_OK;

	t = (struct trial){0};
	for (int round = 0; round < 2; round++) { /* the first one warms the cache */
		seed = 7;
		for (size_t i = 0; i < queries && rc == MN_OK; i++) {
			mn_id anchors[3] = {
				draw_end(neurons), draw_end(neurons), draw_end(neurons)};

			mn_call_reset(call);
			rc = spread_once(b, call, anchors, record, round ? &t : NULL);
		}
	}
	if (rc != MN_OK || !t.n)
		return rc;
	qsort(t.us, t.n, sizeof(*t.us), by_size);
	printf("%s: p50 %.1f us, p95 %.1f, p99 %.1f, most %.1f; activated %.0f, examined %.0f: "
	       "%.2f each, at worst %.2f\n",
		record ? "recorded" : "spread", t.us[t.n / 2], t.us[t.n * 95 / 100],
		t.us[t.n * 99 / 100], t.us[t.n - 1], (double)t.activated / (double)t.n,
		(double)t.examined / (double)t.n, (double)t.examined / (double)t.activated,
		t.worst_ratio);
	return MN_OK;
}

static int run(mn_store *store, mn_call *call, uint32_t neurons, uint32_t synapses, size_t queries)
{
	mn_brain *b;
	int rc = mn_store_create(store, call, MN_STR("synthetic"), (mn_str){0});

	if (rc == MN_OK)
		rc = mn_brain_open(store, call, MN_STR("synthetic"), &b);
	if (rc != MN_OK)
		return rc;
	rc = make(b, call, MN_NEURON, neurons, neurons);
	if (rc == MN_OK)
		rc = make(b, call, MN_SYNAPSE, synapses, neurons);
	if (rc == MN_OK)
		rc = measure(b, call, neurons, queries, false);
	if (rc == MN_OK)
		rc = measure(b, call, neurons, queries, true);
	mn_brain_close(b);
	return rc;
}

int main(int argc, char **argv)
{
	uint32_t neurons = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
	uint32_t synapses = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 500000;
	size_t queries = argc > 3 ? strtoul(argv[3], NULL, 10) : 2000;
	const char *plugins = getenv("MN_PLUGINS");
	mn_str dir = mn_str_of(plugins);
	mn_options options = MN_SIZED(mn_options);
	mn_error err = MN_SIZED(mn_error);
	mn_engine *engine;
	mn_store *store;
	mn_call call;
	int rc;

	options.plugin_dirs = (mn_strs){&dir, plugins ? 1 : 0};
	if (!neurons || queries > MOST_QUERIES || mn_engine_new(&options, &err, &engine) != MN_OK
		|| mn_call_init(&call, engine, 0) != MN_OK)
		return 1;
	rc = mn_store_open(engine, &call, MN_STR("memory:"), false, &store);
	if (rc == MN_OK) {
		rc = run(store, &call, neurons, synapses, queries);
		mn_store_close(store);
	}
	if (rc != MN_OK)
		fprintf(stderr, "run_spread: %s\n", call.err->text);
	mn_call_done(&call);
	mn_engine_free(engine);
	return rc == MN_OK ? 0 : 1;
}
