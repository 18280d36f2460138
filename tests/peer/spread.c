/* SPDX-License-Identifier: MIT */
/*
 * spread.c - runs the kernel "classic" on graphs from standard input, for classic.py to compare
 * with the peer's own. A graph is
 *
 *   graph NEURONS SYNAPSES SETS THRESHOLD HOPS
 *   FROM TO TWO_WAY WEIGHT          (each synapse; neurons count from 1)
 *   COUNT NEURON...                 (each set of anchors)
 *
 * and its answer a line "NEURON LEVEL" for each neuron that was reached, then "end".
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "base/type.h"
#include "recall/kernel.h"

#define MOST_ANCHORS 256

struct input {
	unsigned neurons, synapses, sets, hops;
	double threshold;
	mn_synapse *synapse;
	mn_id anchors[MOST_ANCHORS];
	uint32_t start[MOST_ANCHORS];
};

static int die(const char *what, const mn_call *call)
{
	fprintf(stderr, "spread: %s: %s\n", what, call ? call->err->text : "bad input");
	return 1;
}

static bool read_synapses(struct input *in)
{
	in->synapse = mn_alloc_zero(in->synapses, sizeof(*in->synapse));
	for (unsigned i = 0; in->synapse && i < in->synapses; i++) {
		mn_synapse *s = &in->synapse[i];
		unsigned two_way;

		if (scanf("%" SCNu64 " %" SCNu64 " %u %lf", &s->from, &s->to, &two_way, &s->base)
			!= 4)
			return false;
		s->id = i + 1;
		s->type = MN_RELATED_TO;
		s->flags = two_way ? MN_SYNAPSE_TWO_WAY : 0;
	}
	return in->synapse;
}

static bool read_input(struct input *in)
{
	unsigned n;

	if (scanf(" graph %u %u %u %lf %u", &in->neurons, &in->synapses, &in->sets, &in->threshold,
		    &in->hops)
			!= 5
		|| in->sets >= MOST_ANCHORS || !read_synapses(in))
		return false;
	for (unsigned s = 0; s < in->sets; s++) {
		if (scanf("%u", &n) != 1 || in->start[s] + n > MOST_ANCHORS)
			return false;
		in->start[s + 1] = in->start[s] + n;
		for (unsigned i = 0; i < n; i++)
			if (scanf("%" SCNu64, &in->anchors[in->start[s] + i]) != 1)
				return false;
	}
	return true;
}

static int write_graph(mn_brain *b, mn_call *call, const struct input *in)
{
	mn_neuron *neurons = mn_alloc_zero(in->neurons, sizeof(*neurons));
	mn_change *changes = mn_alloc_zero(in->neurons + in->synapses, sizeof(*changes));
	mn_applied applied = MN_SIZED(mn_applied);
	size_t n = 0;
	int rc = MN_ENOMEM;

	for (unsigned i = 0; neurons && changes && i < in->neurons; i++) {
		neurons[i] = (mn_neuron){.id = i + 1, .type = MN_CONCEPT, .text = MN_STR("n")};
		changes[n++] = (mn_change){MN_ADD, MN_NEURON, &neurons[i]};
	}
	for (unsigned i = 0; neurons && changes && i < in->synapses; i++)
		changes[n++] = (mn_change){MN_ADD, MN_SYNAPSE, &in->synapse[i]};
	if (neurons && changes)
		rc = mn_brain_apply(b, call, NULL, changes, n, &applied);
	mn_free(neurons);
	mn_free(changes);
	return rc;
}

static int spread(mn_brain *b, mn_call *call, const struct input *in)
{
	struct mn_graph *graph = mn_graph_of(b->mind);
	uint32_t nodes[MOST_ANCHORS];
	struct mn_bench bench;
	mn_view view;
	int rc = mn_graph_take_bench(graph, call, &bench);

	if (rc == MN_OK)
		rc = mn_view_open(b, call, false, &view);
	if (rc != MN_OK)
		return rc;
	rc = mn_view_index(&view, in->anchors, in->start[in->sets], nodes);
	if (rc == MN_OK) {
		mn_spread s = {.view = &view,
			.arena = bench.arena,
			.space = bench.space,
			.side = bench.side,
			.anchors = {nodes, in->start, in->sets},
			.max_hops = in->hops,
			.threshold = in->threshold};

		rc = mn_classic.spread(&s);
	}
	for (size_t i = 0; rc == MN_OK && i < bench.space->ncells; i++)
		printf("%" PRIu64 " %.17g\n", mn_view_id(&view, bench.space->cells[i].node),
			bench.space->cells[i].level);
	mn_view_close(&view);
	mn_graph_give_bench(graph, &bench);
	return rc;
}

static int answer(mn_store *store, mn_call *call, const struct input *in)
{
	mn_brain *b;
	int rc = mn_store_create(store, call, MN_STR("graph"), (mn_str){0});

	if (rc == MN_OK)
		rc = mn_brain_open(store, call, MN_STR("graph"), &b);
	if (rc != MN_OK)
		return rc;
	rc = write_graph(b, call, in);
	if (rc == MN_OK)
		rc = spread(b, call, in);
	mn_brain_close(b);
	puts("end");
	fflush(stdout);
	return rc == MN_OK ? mn_store_delete(store, call, MN_STR("graph")) : rc;
}

int main(void)
{
	mn_str dir = mn_str_of(getenv("MN_PLUGINS"));
	mn_options options = MN_SIZED(mn_options);
	mn_error err = MN_SIZED(mn_error);
	struct input in = {0};
	mn_engine *engine;
	mn_store *store;
	mn_call call;

	options.plugin_dirs = (mn_strs){&dir, dir.len ? 1 : 0};
	if (mn_engine_new(&options, &err, &engine) != MN_OK
		|| mn_call_init(&call, engine, 0) != MN_OK)
		return die("cannot start", NULL);
	if (mn_store_open(engine, &call, MN_STR("memory:"), false, &store) != MN_OK)
		return die("cannot open the store", &call);
	while (read_input(&in)) {
		if (answer(store, &call, &in) != MN_OK)
			return die("cannot spread", &call);
		mn_free(in.synapse);
		in = (struct input){0};
		mn_call_reset(&call);
	}
	mn_free(in.synapse);
	mn_store_close(store);
	mn_call_done(&call);
	mn_engine_free(engine);
	return 0;
}
