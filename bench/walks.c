/* SPDX-License-Identifier: MIT */
/*
 * walks.c - the synthetic graph, and spreads over it as bare arrays, for other programs to compare
 * with: synapses as "FROM TO WEIGHT", spreads as "ANCHOR ANCHOR ANCHOR ACTIVATED MICROSECONDS"
 * (processor time), in lines.
 */
#include "limits.h"

#define SIZE 100000
#define ROUNDS 200
#define ANCHORS 3
#define THRESHOLD 0.1

static int print_graph(struct bench *b)
{
	const uint64_t n = bench_size(b, SIZE);
	struct synth_out k;

	for (mn_id id = 1; id <= n; id++) {
		synth_synapses(id, n, SYNTH_SEED, &k);
		for (int i = 0; i < SYNTH_SYNAPSES; i++)
			printf("%llu %llu %.12g\n", (unsigned long long)id,
				(unsigned long long)k.to[i], k.base[i]);
	}
	return ferror(stdout) ? bench_fail(b, "writing") : 0;
}

static int print_walks(struct bench *b)
{
	const unsigned rounds = b->rounds ? b->rounds : ROUNDS;
	struct csr_space space = {0};
	struct csr g = {0};
	struct dice d;
	int status = csr_make(b, bench_size(b, SIZE), &g);

	if (status == 0)
		status = csr_space_make(b, &g, &space);
	dice_seed(&d, 2);
	for (unsigned i = 0; i < rounds && status == 0; i++) {
		uint32_t anchors[ANCHORS];
		double from;

		for (int k = 0; k < ANCHORS; k++)
			anchors[k] = (uint32_t)(dice_next(&d) % g.n);
		from = bench_cpu();
		csr_spread(&g, &space, anchors, ANCHORS, THRESHOLD);
		printf("%u %u %u %llu %.3f\n", anchors[0] + 1, anchors[1] + 1, anchors[2] + 1,
			(unsigned long long)space.activated, bench_cpu() - from);
	}
	csr_space_free(&space);
	csr_free(&g);
	return status || ferror(stdout) ? -1 : 0;
}

const struct bench_case bench_graph = {
	"graph", "the synthetic graph as lines FROM TO WEIGHT on standard output", print_graph};
const struct bench_case bench_walks = {"walks",
	"spreads over it as bare arrays: three ANCHORs, ACTIVATED, MICROSECONDS", print_walks};
