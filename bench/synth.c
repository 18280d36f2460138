/* SPDX-License-Identifier: MIT */
/* synth.c - synthetic brains, the same from the same seed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/type.h"
#include "bench.h"

#define SYNAPSES_PER_NEURON 5
#define BATCH 10000
#define HUB_SHIFT 10.0

/* A rank below n with p ~ 1 / (rank + 10), by inverting the integral of it. */
static uint64_t zipf(struct dice *d, uint64_t n)
{
	double u = dice_unit(d), top = (double)n + HUB_SHIFT;
	double rank = HUB_SHIFT * pow(top / HUB_SHIFT, u) - HUB_SHIFT;

	return rank < (double)n ? (uint64_t)rank : n - 1;
}

static uint64_t end_of(struct dice *d, uint64_t n)
{
	return (dice_next(d) & 1 ? zipf(d, n) : dice_next(d) % n) + 1;
}

static int add_neurons(struct bench *b, mn_brain *brain, uint64_t n, mn_time now)
{
	static mn_neuron rows[BATCH];
	static mn_change changes[BATCH];
	static char names[BATCH][24];
	mn_applied applied = MN_SIZED(mn_applied);
	mn_id first;

	if (mn_brain_reserve(brain, &b->call, MN_NEURON, (uint32_t)n, &first) != MN_OK
		|| first != 1)
		return bench_fail(b, "reserve");
	for (uint64_t from = 0; from < n; from += BATCH) {
		size_t m = n - from < BATCH ? n - from : BATCH;

		for (size_t i = 0; i < m; i++) {
			int len = snprintf(names[i], sizeof(names[i]), "n%llu",
				(unsigned long long)(from + i + 1));

			rows[i] = (mn_neuron){.id = from + i + 1,
				.uid = {names[i], (size_t)len},
				.text = {names[i], (size_t)len},
				.type = MN_CONCEPT,
				.created = now,
				.updated = now};
			changes[i] = (mn_change){MN_ADD, MN_NEURON, &rows[i]};
		}
		if (mn_brain_apply(brain, &b->call, NULL, changes, m, &applied) != MN_OK)
			return bench_fail(b, "adding neurons");
		mn_call_reset(&b->call);
	}
	return 0;
}

static int add_synapses(struct bench *b, mn_brain *brain, uint64_t n, mn_time now, struct dice *d)
{
	static mn_synapse rows[BATCH];
	static mn_change changes[BATCH];
	mn_applied applied = MN_SIZED(mn_applied);
	uint64_t total = n * SYNAPSES_PER_NEURON;
	mn_id first;

	if (mn_brain_reserve(brain, &b->call, MN_SYNAPSE, (uint32_t)total, &first) != MN_OK)
		return bench_fail(b, "reserve");
	for (uint64_t from = 0; from < total; from += BATCH) {
		size_t m = total - from < BATCH ? total - from : BATCH;

		for (size_t i = 0; i < m; i++) {
			mn_id a = dice_next(d) % n + 1, z = end_of(d, n);

			rows[i] = (mn_synapse){.id = first + from + i,
				.from = a,
				.to = z == a ? a % n + 1 : z,
				.base = .05 + .95 * dice_unit(d),
				.type = MN_LEADS_TO,
				.created = now};
			changes[i] = (mn_change){MN_ADD, MN_SYNAPSE, &rows[i]};
		}
		if (mn_brain_apply(brain, &b->call, NULL, changes, m, &applied) != MN_OK)
			return bench_fail(b, "adding synapses");
		mn_call_reset(&b->call);
	}
	return 0;
}

int synth_fill(struct bench *b, mn_brain *brain, uint64_t n, uint64_t seed)
{
	mn_time now = mn_engine_now(b->engine);
	struct dice d;

	dice_seed(&d, seed);
	if (add_neurons(b, brain, n, now))
		return -1;
	return add_synapses(b, brain, n, now, &d);
}
