/* SPDX-License-Identifier: MIT */
/* spread.c - the spread, over a synthetic brain in memory: three anchors, four hops. Whole recalls
 * first; then the kernel alone, by turns with a bare loop over arrays. */
#include <string.h>

#include "limits.h"

#define SIZE 100000
#define ROUNDS 2000
#define ANCHORS 3

static int ask_once(struct bench *b, mn_brain *brain, struct dice *d, uint64_t n, mn_answer *out)
{
	mn_ask ask = MN_SIZED(mn_ask);
	char names[ANCHORS][24];
	mn_str anchors[ANCHORS];

	for (int i = 0; i < ANCHORS; i++) {
		int len = snprintf(names[i], sizeof(names[i]), "n%llu",
			(unsigned long long)(dice_next(d) % n + 1));

		anchors[i] = (mn_str){names[i], (size_t)len};
	}
	ask.anchors = (mn_strs){anchors, ANCHORS};
	ask.kernel = MN_STR("classic");
	ask.depth = MN_DEPTH_DEEP;
	ask.limit = 1;
	return mn_brain_recall(brain, &b->call, &ask, out);
}

static int measure(struct bench *b, mn_brain *brain, uint64_t n, unsigned rounds, bool report)
{
	struct samples time = {0}, cpu = {0}, activated = {0};
	double examined = 0, reached = 0, sum = 0;
	int status = 0;
	struct dice d;

	dice_seed(&d, report ? 2 : 1);
	for (unsigned i = 0; i < rounds && status == 0; i++) {
		mn_answer answer = MN_SIZED(mn_answer);
		double from = bench_now(), ran = bench_cpu();

		status = ask_once(b, brain, &d, n, &answer);
		samples_add(&time, (bench_now() - from) / 1000);
		samples_add(&cpu, (bench_cpu() - ran) / 1000);
		sum += bench_cpu() - ran;
		samples_add(&activated, (double)answer.activated);
		examined += (double)answer.examined;
		reached += (double)answer.activated;
		mn_call_reset(&b->call);
	}
	if (status)
		bench_fail(b, "recall");
	if (report && status == 0) {
		bench_spread_of(b, "spread", &time, "ms");
		bench_spread_of(b, "spread, processor time", &cpu, "ms");
		bench_spread_of(b, "activated", &activated, "neurons");
		bench_figure(b, "examined/activated", examined / reached, "synapses");
		bench_figure(b, "hops", examined / (sum / 1000), "synapses/ms");
		bench_figure(b, "activation", reached / (sum / 1000), "neurons/ms");
	}
	samples_free(&time);
	samples_free(&cpu);
	samples_free(&activated);
	return status ? -1 : 0;
}

static int run(struct bench *b)
{
	uint64_t n = bench_size(b, SIZE);
	unsigned rounds = b->rounds ? b->rounds : ROUNDS;
	mn_store *store = NULL;
	mn_brain *brain = NULL;
	double before = bench_resident();
	int status = -1;

	/* The threshold of the design's measurement; nothing here decays or learns. */
	if (mn_store_open(b->engine, &b->call, MN_STR("memory:"), false, &store) != MN_OK
		|| mn_store_create(store, &b->call, MN_STR("synthetic"),
			   MN_STR("{\"activation_threshold\":0.1,\"max_spread_hops\":4}"))
			   != MN_OK
		|| mn_brain_open(store, &b->call, MN_STR("synthetic"), &brain) != MN_OK)
		bench_fail(b, "opening a brain in memory");
	else
		status = synth_fill(b, brain, n, SYNTH_SEED);
	if (status == 0) {
		bench_figure(
			b, "resident", (bench_resident() - before) / (double)n, "bytes/neuron");
		status = measure(b, brain, n, rounds, false);
	}
	if (status == 0)
		status = measure(b, brain, n, rounds, true);
	if (status == 0)
		status = against_csr(b, brain, n, rounds);
	mn_brain_close(brain);
	mn_store_close(store);
	return status;
}

const struct bench_case bench_spread = {
	"spread", "spread alone, synthetic brain in memory, 3 anchors, 4 hops, threshold 0.1", run};
