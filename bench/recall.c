/* SPDX-License-Identifier: MIT */
/*
 * recall.c - questions by depth, end to end, in SQLite. For each depth the brain is opened anew,
 * its pages in the system's cache: "first" is each question once, "warm" the same ones again,
 * "other" are questions that were not asked yet, over what the first ones left in the graph cache.
 */
#include <string.h>

#include "text.h"

#define SIZE 100000
#define QUESTIONS 300
#define ROUNDS 3

static const char *const depths[] = {"depth auto", "depth 0", "depth 1", "depth 2", "depth 3"};

static int ask_all(struct bench *b, struct held *k, const struct questions *q, int depth,
	unsigned rounds, const char *title)
{
	struct samples time = {0}, cpu = {0};
	double activated = 0, hits = 0;
	char name[64];
	int status = 0;

	for (size_t i = 0; i < q->n * rounds && status == 0; i++) {
		double from = bench_now(), ran = bench_cpu();
		mn_answer answer;

		status = ask_text(b, k->brain, q->at[i % q->n], depth, &answer);
		samples_add(&time, (bench_now() - from) / 1000);
		samples_add(&cpu, (bench_cpu() - ran) / 1000);
		activated += (double)answer.activated;
		hits += (double)answer.nhits;
		mn_call_reset(&b->call);
	}
	if (status == 0) {
		snprintf(name, sizeof(name), "%s, %s", title, depths[depth + 1]);
		bench_spread_of(b, name, &time, "ms");
		snprintf(name, sizeof(name), "%s, %s, processor time", title, depths[depth + 1]);
		bench_spread_of(b, name, &cpu, "ms");
		snprintf(name, sizeof(name), "%s, %s, activated", title, depths[depth + 1]);
		bench_figure(b, name, activated / (double)time.n, "neurons");
		snprintf(name, sizeof(name), "%s, %s, hits", title, depths[depth + 1]);
		bench_figure(b, name, hits / (double)time.n, "memories");
	}
	samples_free(&time);
	samples_free(&cpu);
	return status == MN_OK ? 0 : bench_fail(b, "recall");
}

static int one_depth(struct bench *b, const struct held *where, const struct questions *q,
	const struct questions *other, int depth)
{
	struct held k;
	int status = held_at(b, where->dir, where->name, &k);

	if (status == 0)
		status = ask_all(b, &k, q, depth, 1, "first");
	if (status == 0)
		status = ask_all(b, &k, q, depth, b->rounds ? b->rounds : ROUNDS, "warm");
	if (status == 0 && !b->ask)
		status = ask_all(b, &k, other, depth, 1, "other");
	held_close(&k);
	return status;
}

static int run(struct bench *b)
{
	struct questions q = {0}, other = {0};
	struct held k;
	int status = text_open(b, SIZE, &k);

	held_close(&k);
	if (status == 0)
		status = questions_make(b, 0, QUESTIONS, &q);
	if (status == 0)
		status = questions_make(b, QUESTIONS, QUESTIONS, &other);
	for (int depth = MN_DEPTH_AUTO; depth <= MN_DEPTH_DEEP && status == 0; depth++)
		status = one_depth(b, &k, &q, &other, depth);
	questions_free(&q);
	questions_free(&other);
	return status;
}

const struct bench_case bench_recall = {
	"recall", "questions end to end by depth, in SQLite: first, warm, others", run};
