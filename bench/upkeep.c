/* SPDX-License-Identifier: MIT */
/*
 * upkeep.c - maintenance of a synthetic brain in SQLite: decay, pruning and taking it back, with a
 * reader beside it; archiving and restoring memories, a tenth as many as there are neurons.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "held.h"

#define SIZE 1000000

struct reader { /* asks without a pause until told to stop */
	mn_engine *engine;
	mn_brain *brain;
	uint64_t n;
	atomic_bool stop;
	struct samples time;
};

static void *read_on(void *arg)
{
	struct reader *r = arg;
	struct dice d;
	mn_call call;

	dice_seed(&d, 3);
	if (mn_call_init(&call, r->engine, 0) != MN_OK)
		return NULL;
	while (!atomic_load(&r->stop)) {
		mn_ask ask = MN_SIZED(mn_ask);
		mn_answer answer = MN_SIZED(mn_answer);
		const double from = bench_now();
		char name[24];
		const int len = snprintf(name, sizeof(name), "n%llu",
			(unsigned long long)(dice_next(&d) % r->n + 1));
		const mn_str anchor = {name, (size_t)len};

		ask.anchors = (mn_strs){&anchor, 1};
		ask.kernel = MN_STR("classic");
		ask.depth = MN_DEPTH_CONTEXT;
		ask.limit = 1;
		mn_brain_recall(r->brain, &call, &ask, &answer);
		samples_add(&r->time, (bench_now() - from) / 1000);
		mn_call_reset(&call);
	}
	mn_call_done(&call);
	return NULL;
}

static void begin_reading(struct reader *r, pthread_t *thread)
{
	atomic_store(&r->stop, false);
	r->time.n = 0;
	pthread_create(thread, NULL, read_on, r);
}

static void end_reading(struct reader *r, pthread_t thread)
{
	atomic_store(&r->stop, true);
	pthread_join(thread, NULL);
}

struct moment { /* elapsed and of this thread, in microseconds */
	double now, cpu;
};

static struct moment moment_now(void)
{
	return (struct moment){bench_now(), bench_cpu()};
}

/* What went by since then, also without the waiting for a processor. */
static void report(
	struct bench *b, const char *name, const char *what, struct moment from, struct moment to)
{
	char title[64];

	snprintf(title, sizeof(title), "%s, %s", name, what);
	bench_figure(b, title, (to.now - from.now) / 1000, "ms");
	snprintf(title, sizeof(title), "%s, %s, processor", name, what);
	bench_figure(b, title, (to.cpu - from.cpu) / 1000, "ms");
}

/* Plans and applies; what each took, and a rate by what it changed. */
static int measure(struct bench *b, mn_brain *brain, const char *name, const char *steps,
	const char *unit, uint64_t *changes)
{
	const struct moment began = moment_now();
	const double held = bench_resident(), ran = bench_cpu_all();
	struct moment planned, applied;
	char title[64];
	mn_plan *plan = NULL;
	mn_run r;

	if (mn_plan_new(brain, &b->call, (mn_str){steps, strlen(steps)}, NULL, &plan) != MN_OK)
		return bench_fail(b, name);
	planned = moment_now();
	if (mn_plan_apply(plan, &b->call, NULL, &r) != MN_OK) {
		mn_plan_free(plan);
		return bench_fail(b, name);
	}
	applied = moment_now();
	mn_plan_free(plan);
	report(b, name, "plan", began, planned);
	report(b, name, "apply", planned, applied);
	snprintf(title, sizeof(title), "%s, plan and apply, processor time", name);
	bench_figure(b, title, (bench_cpu_all() - ran) / 1000, "ms");
	snprintf(title, sizeof(title), "%s, rate", name);
	bench_figure(b, title, (double)r.done / ((applied.now - began.now) / 1e6), unit);
	snprintf(title, sizeof(title), "%s, rate of applying", name);
	bench_figure(b, title, (double)r.done / ((applied.now - planned.now) / 1e6), unit);
	snprintf(title, sizeof(title), "%s, changes", name);
	bench_figure(b, title, (double)r.done, "");
	snprintf(title, sizeof(title), "%s, memory", name);
	bench_figure(b, title, (bench_resident() - held) / (1 << 20), "MiB more");
	*changes = r.done;
	mn_call_reset(&b->call);
	return 0;
}

static int take_back(struct bench *b, mn_brain *brain, const char *name)
{
	const struct moment began = moment_now();
	const double held = bench_resident();
	struct moment ended;
	char title[64];
	mn_run r;

	if (mn_run_undo(brain, &b->call, 0, false, NULL, &r) != MN_OK)
		return bench_fail(b, name);
	ended = moment_now();
	report(b, name, "all", began, ended);
	snprintf(title, sizeof(title), "%s, rate", name);
	bench_figure(b, title, (double)r.done / ((ended.now - began.now) / 1e6), "changes/s");
	snprintf(title, sizeof(title), "%s, memory", name);
	bench_figure(b, title, (bench_resident() - held) / (1 << 20), "MiB more");
	mn_call_reset(&b->call);
	return 0;
}

static int weights(struct bench *b, mn_brain *brain, uint64_t n)
{
	struct reader r = {.engine = b->engine, .brain = brain, .n = n};
	uint64_t done = 0;
	pthread_t thread;
	int status;

	begin_reading(&r, &thread);
	for (int i = 0; i < 20; i++)
		nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	end_reading(&r, thread);
	bench_spread_of(b, "reader alone", &r.time, "ms");
	begin_reading(&r, &thread);
	status = measure(b, brain, "decay", "[{\"decay\":{}}]", "changes/s", &done);
	if (status == 0)
		status = measure(b, brain, "prune",
			"[{\"prune\":{\"below\":0.1,\"older_than_days\":0}}]", "synapses/s", &done);
	end_reading(&r, thread);
	bench_spread_of(b, "reader beside decay and prune", &r.time, "ms");
	samples_free(&r.time);
	if (status == 0)
		status = take_back(b, brain, "prune, taken back");
	return status;
}

static int archives(struct bench *b, mn_brain *brain)
{
	const double disk = bench_disk(b->dir);
	uint64_t done = 0;
	int status = measure(b, brain, "archive",
		"[{\"archive\":{\"older_than_days\":0,\"salience_below\":1}}]", "changes/s", &done);
	if (status == 0)
		status = measure(
			b, brain, "restore", "[{\"restore\":{\"all\":true}}]", "changes/s", &done);
	bench_figure(b, "disk, journals and all", (bench_disk(b->dir) - disk) / (1 << 20), "MiB");
	return status;
}

static int run(struct bench *b)
{
	const uint64_t n = bench_size(b, SIZE);
	struct held graph = {0}, texts = {0};
	int status;

	setenv("XDG_STATE_HOME", b->dir, 1); /* journals are removed with the rest */
	status = held_copy(b, HELD_GRAPH, n, &graph);
	if (status == 0)
		status = weights(b, graph.brain, n);
	held_close(&graph);
	if (status == 0)
		status = held_copy(b, HELD_TEXTS, n / 10, &texts);
	if (status == 0)
		status = archives(b, texts.brain);
	held_close(&texts);
	return status;
}

const struct bench_case bench_upkeep = {
	"upkeep", "decay, prune, undo beside a reader; archive and restore, in SQLite", run};
