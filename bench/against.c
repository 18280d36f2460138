/* SPDX-License-Identifier: MIT */
/*
 * against.c - the kernel "classic" over a brain in memory and the bare loop of limits.h over the
 * same graph, by turns: the same anchors, from their ids to the level of every neuron reached. Each
 * answer is compared: the same neurons, at the same levels to a millionth.
 */
#include <math.h>

#include "base/arena.h"
#include "limits.h"
#include "recall/kernel.h"
#include "recall/space.h"

#define ANCHORS 3
#define HOPS 4
#define THRESHOLD 0.1
#define NEAR 1e-6

struct turns {
	struct bench *b;
	mn_brain *brain;
	struct mn_bench bench;
	mn_view view;
	struct csr csr;
	struct csr_space space;
	struct samples engine, bare;
	double engine_sum, bare_sum, activated;
	uint64_t wrong;
};

/* The view stays open for the comparison. */
static int spread(struct turns *t, const uint32_t *anchors)
{
	static const uint32_t start[2] = {0, ANCHORS};
	uint32_t nodes[ANCHORS];
	mn_id ids[ANCHORS];
	mn_spread s = {.view = &t->view,
		.arena = t->bench.arena,
		.space = t->bench.space,
		.side = t->bench.side,
		.anchors = {nodes, start, 1},
		.max_hops = HOPS,
		.threshold = THRESHOLD};
	int rc = mn_view_open(t->brain, &t->b->call, false, &t->view);

	if (rc != MN_OK)
		return rc;
	for (int i = 0; i < ANCHORS; i++)
		ids[i] = (mn_id)anchors[i] + 1;
	rc = mn_view_index(&t->view, ids, ANCHORS, nodes);
	return rc == MN_OK ? mn_classic.spread(&s) : rc;
}

static int engine_turn(struct turns *t, const uint32_t *anchors)
{
	const double from = bench_cpu();
	const int rc = spread(t, anchors);
	const double took = bench_cpu() - from;

	samples_add(&t->engine, took);
	t->engine_sum += took;
	return rc;
}

static void bare_turn(struct turns *t, const uint32_t *anchors)
{
	const double from = bench_cpu();
	double took;

	csr_spread(&t->csr, &t->space, anchors, ANCHORS, THRESHOLD);
	took = bench_cpu() - from;
	samples_add(&t->bare, took);
	t->bare_sum += took;
	t->activated += (double)t->space.activated;
}

static void compare(struct turns *t)
{
	const mn_space *s = t->bench.space;

	t->wrong += s->ncells != t->space.activated;
	for (size_t i = 0; i < s->ncells; i++) {
		const mn_id id = mn_view_id(&t->view, s->cells[i].node);
		const struct csr_mark *m = &t->space.marks[id - 1];

		t->wrong += m->epoch != t->space.epoch || fabs(m->level - s->cells[i].level) > NEAR;
	}
}

static int take_turns(struct turns *t, struct dice *d, unsigned round)
{
	uint32_t anchors[ANCHORS];
	int rc;

	for (int i = 0; i < ANCHORS; i++)
		anchors[i] = (uint32_t)(dice_next(d) % t->csr.n);
	if (round % 2)
		bare_turn(t, anchors);
	rc = engine_turn(t, anchors);
	if (round % 2 == 0)
		bare_turn(t, anchors);
	if (rc == MN_OK)
		compare(t);
	mn_view_close(&t->view);
	mn_arena_reset(t->bench.arena);
	mn_call_reset(&t->b->call);
	return rc;
}

static void report(struct turns *t)
{
	static const double shares[] = {.5, .95, .99};
	static const char *const names[] = {"ratio.p50", "ratio.p95", "ratio.p99"};

	bench_spread_of(t->b, "kernel, processor time", &t->engine, "us");
	bench_spread_of(t->b, "bare arrays, processor time", &t->bare, "us");
	for (int i = 0; i < 3; i++)
		bench_figure(t->b, names[i],
			samples_percentile(&t->engine, shares[i])
				/ samples_percentile(&t->bare, shares[i]),
			"x");
	bench_figure(t->b, "ratio of all", t->engine_sum / t->bare_sum, "x");
	bench_figure(t->b, "kernel, each activated", t->engine_sum * 1000 / t->activated, "ns");
	bench_figure(t->b, "bare arrays, each activated", t->bare_sum * 1000 / t->activated, "ns");
}

/* The first half of the rounds warms up. */
static int run(struct turns *t, unsigned rounds)
{
	int rc = MN_OK;

	for (unsigned seed = 1; seed <= 2 && rc == MN_OK; seed++) {
		struct dice d;

		samples_free(&t->engine);
		samples_free(&t->bare);
		t->engine_sum = t->bare_sum = t->activated = 0;
		dice_seed(&d, seed);
		for (unsigned i = 0; i < rounds && rc == MN_OK; i++)
			rc = take_turns(t, &d, i);
	}
	if (rc != MN_OK)
		return bench_fail(t->b, "spreading");
	report(t);
	if (t->wrong == 0)
		return 0;
	fprintf(stderr, "mnemoscope-bench: %s: %llu levels differ from the bare loop's\n",
		t->b->title, (unsigned long long)t->wrong);
	return -1;
}

int against_csr(struct bench *b, mn_brain *brain, uint64_t n, unsigned rounds)
{
	struct turns t = {.b = b, .brain = brain};
	struct mn_graph *graph = mn_graph_of(brain->mind);
	int status = csr_make(b, n, &t.csr);

	if (status == 0)
		status = csr_space_make(b, &t.csr, &t.space);
	if (status == 0 && (!graph || mn_graph_take_bench(graph, &b->call, &t.bench) != MN_OK))
		status = bench_fail(b, "a workspace");
	if (status == 0)
		status = run(&t, rounds);
	if (t.bench.space)
		mn_graph_give_bench(graph, &t.bench);
	samples_free(&t.engine);
	samples_free(&t.bare);
	csr_space_free(&t.space);
	csr_free(&t.csr);
	return status;
}
