/* SPDX-License-Identifier: MIT */
/*
 * alike.c - synthetic memories that are nearly the same: those like one, all pairs, and the plan of
 * `consolidate`.
 */
#include <stdlib.h>
#include <string.h>

#include "held.h"
#include "similar.h"

#define SIZE 100000
#define ROUNDS 500
#define LEAST 0.8

/* ---- Of one ------------------------------------------------------------------------------- */

struct asked {
	char **at;
	size_t n;
};

/* Texts of memories from all over the brain, without their last word. */
static int read_texts(struct bench *b, const struct held *k, struct asked *out, size_t n)
{
	const uint64_t step = b->size > n ? b->size / n : 1;
	mn_query q = MN_SIZED(mn_query);
	mn_page page = MN_SIZED(mn_page);
	mn_scan *scan = NULL;
	uint64_t seen = 0;
	int status;

	q.kind = MN_NEURON;
	q.fields = MN_FIELD_TEXT;
	status = mn_brain_scan(k->brain, &b->call, &q, &scan);
	while (status == MN_OK && !page.last && out->n < n) {
		mn_call_reset(&b->call);
		status = mn_scan_next(scan, &b->call, 10000, &page);
		for (size_t i = 0; status == MN_OK && i < page.rows.n && out->n < n; i++) {
			const mn_neuron *one = &page.rows.at.neuron[i];
			const char *last = memrchr(one->text.ptr, ' ', one->text.len);

			if (last && (one->flags & MN_NEURON_ANCHOR) && seen++ % step == 0)
				out->at[out->n++] = strndup(
					one->text.ptr, (size_t)(last - one->text.ptr));
		}
	}
	mn_scan_done(scan);
	mn_call_reset(&b->call);
	return status == MN_OK ? 0 : bench_fail(b, "reading memories");
}

struct taken {
	struct samples elapsed, cpu, compared;
	uint64_t met, partial;
};

static int ask_each(
	struct bench *b, const struct held *k, const struct asked *asked, struct taken *t)
{
	for (size_t i = 0; i < asked->n; i++) {
		const double from = bench_now(), ran = bench_cpu();
		mn_similar_ask ask = MN_SIZED(mn_similar_ask);
		mn_similar found = MN_SIZED(mn_similar);

		ask.text = (mn_str){asked->at[i], strlen(asked->at[i])};
		ask.least = LEAST;
		if (mn_brain_similar(k->brain, &b->call, &ask, &found) != MN_OK)
			return bench_fail(b, "similar");
		samples_add(&t->elapsed, (bench_now() - from) / 1000);
		samples_add(&t->cpu, (bench_cpu() - ran) / 1000);
		samples_add(&t->compared, (double)found.compared);
		t->met += found.n > 0;
		t->partial += found.partial;
		mn_call_reset(&b->call);
	}
	return 0;
}

static void report(struct bench *b, const char *round, const struct asked *asked, struct taken *t)
{
	char name[64];

	snprintf(name, sizeof(name), "like one, %s", round);
	bench_spread_of(b, name, &t->elapsed, "ms");
	snprintf(name, sizeof(name), "like one, %s, processor time", round);
	bench_spread_of(b, name, &t->cpu, "ms");
	snprintf(name, sizeof(name), "like one, %s, texts compared", round);
	bench_spread_of(b, name, &t->compared, "");
	snprintf(name, sizeof(name), "like one, %s, found", round);
	bench_figure(b, name, (double)t->met / (double)asked->n, "share");
	snprintf(name, sizeof(name), "like one, %s, partial", round);
	bench_figure(b, name, (double)t->partial / (double)asked->n, "share");
	samples_free(&t->elapsed);
	samples_free(&t->cpu);
	samples_free(&t->compared);
}

/* Each once, then each again. */
static int of_one(struct bench *b, const struct held *k)
{
	static const char *const rounds[] = {"first", "again"};
	const size_t n = b->rounds ? b->rounds : ROUNDS;
	struct asked asked = {.at = calloc(n, sizeof(char *))};
	int status = asked.at ? read_texts(b, k, &asked, n) : bench_fail(b, "no memory");

	for (int r = 0; r < 2 && status == 0; r++) {
		struct taken t = {0};

		status = ask_each(b, k, &asked, &t);
		report(b, rounds[r], &asked, &t);
	}
	for (size_t i = 0; i < asked.n; i++)
		free(asked.at[i]);
	free(asked.at);
	return status;
}

/* ---- All pairs ---------------------------------------------------------------------------- */

struct growth {
	double from, most; /* resident bytes */
};

static void watch(void *ctx, uint64_t done, uint64_t total, const char *unit)
{
	struct growth *g = ctx;
	const double now = bench_resident() - g->from;

	(void)done, (void)total, (void)unit;
	g->most = now > g->most ? now : g->most;
}

static int pass(void *ctx, const mn_alike *older, const mn_alike *newer)
{
	(void)ctx, (void)older, (void)newer;
	return 0;
}

static int all_pairs(struct bench *b, const struct held *k)
{
	const double from = bench_now(), ran = bench_cpu_all();
	struct growth g = {.from = bench_resident()};
	mn_pairs_options o = MN_SIZED(mn_pairs_options);
	mn_pairs made = MN_SIZED(mn_pairs);

	o.least = LEAST;
	o.pair = pass;
	o.progress = (mn_progress){.ctx = &g, .tell = watch};
	if (mn_brain_similar_pairs(k->brain, &b->call, &o, &made) != MN_OK)
		return bench_fail(b, "pairs");
	bench_figure(b, "all pairs", (bench_now() - from) / 1e6, "s");
	bench_figure(b, "all pairs, processor time", (bench_cpu_all() - ran) / 1e6, "s");
	bench_figure(b, "all pairs, resident more", g.most / (1 << 20), "MiB");
	bench_figure(b, "all pairs, found", (double)made.pairs, "");
	return 0;
}

static int plan(struct bench *b, const struct held *k)
{
	const double from = bench_now(), ran = bench_cpu_all();
	mn_plan *plan = NULL;

	if (mn_plan_new(k->brain, &b->call, MN_STR("[{\"consolidate\":{}}]"), NULL, &plan) != MN_OK)
		return bench_fail(b, "consolidate");
	bench_figure(b, "plan of consolidate", (bench_now() - from) / 1e6, "s");
	bench_figure(b, "plan of consolidate, processor time", (bench_cpu_all() - ran) / 1e6, "s");
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
		status = of_one(b, &k);
	if (status == 0)
		status = all_pairs(b, &k);
	if (status == 0)
		status = plan(b, &k);
	held_close(&k);
	return status;
}

const struct bench_case bench_alike = {
	"alike", "memories that are nearly the same, like one, and all pairs, in SQLite", run};
