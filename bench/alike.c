/* SPDX-License-Identifier: MIT */
/* alike.c - all pairs of synthetic memories that are nearly the same: the plan of `consolidate`. */
#include <stdlib.h>

#include "held.h"

#define SIZE 100000

static int plan(struct bench *b, mn_brain *brain)
{
	const double from = bench_now(), ran = bench_cpu_all(), held = bench_resident();
	mn_plan *plan = NULL;

	if (mn_plan_new(brain, &b->call, MN_STR("[{\"consolidate\":{}}]"), NULL, &plan) != MN_OK)
		return bench_fail(b, "consolidate");
	bench_figure(b, "all pairs", (bench_now() - from) / 1e6, "s");
	bench_figure(b, "all pairs, processor time", (bench_cpu_all() - ran) / 1e6, "s");
	bench_figure(b, "resident more", (bench_resident() - held) / (1 << 20), "MiB");
	mn_plan_free(plan);
	return 0;
}

static int run(struct bench *b)
{
	struct held k;
	int status;

	setenv("XDG_STATE_HOME", b->dir, 1); /* the plan is written there */
	status = held_copy(b, HELD_TEXTS, bench_size(b, SIZE), &k);
	if (status == 0)
		status = plan(b, k.brain);
	held_close(&k);
	return status;
}

const struct bench_case bench_alike = {
	"alike", "memories that are nearly the same, among all pairs, in SQLite", run};
