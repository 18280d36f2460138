/* SPDX-License-Identifier: MIT */
/*
 * open.c - opening a brain in SQLite, and the first question after it: with the file's pages in the
 * system's cache and the own caches empty, and with the pages dropped.
 */
#include <string.h>

#include "text.h"

#define SIZE 100000
#define ROUNDS 50

struct taken {
	struct samples open, first, first_cpu, both;
};

static int once(
	struct bench *b, const struct held *where, const char *question, bool cold, struct taken *t)
{
	struct held k = *where;
	double from, opened, ran;
	mn_answer answer;
	int status;

	if (cold)
		held_drop_pages(where);
	from = bench_now();
	status = held_at(b, where->dir, where->name, &k);
	opened = bench_now();
	ran = bench_cpu();
	if (status == 0 && ask_text(b, k.brain, question, MN_DEPTH_AUTO, &answer) != MN_OK)
		status = bench_fail(b, "recall");
	samples_add(&t->open, (opened - from) / 1000);
	samples_add(&t->first, (bench_now() - opened) / 1000);
	samples_add(&t->first_cpu, (bench_cpu() - ran) / 1000);
	samples_add(&t->both, (bench_now() - from) / 1000);
	mn_call_reset(&b->call);
	held_close(&k);
	return status;
}

static int measure(struct bench *b, const struct held *k, const struct questions *q, bool cold)
{
	const char *state = cold ? "pages dropped" : "pages cached";
	struct taken t = {0};
	char name[64];
	int status = 0;

	if (!cold) /* brings them in */
		for (size_t i = 0; i < q->n && status == 0; i++)
			status = once(b, k, q->at[i], false, &t);
	samples_free(&t.open);
	samples_free(&t.first);
	samples_free(&t.first_cpu);
	samples_free(&t.both);
	for (size_t i = 0; i < q->n && status == 0; i++)
		status = once(b, k, q->at[i], cold, &t);
	snprintf(name, sizeof(name), "open, %s", state);
	bench_spread_of(b, name, &t.open, "ms");
	snprintf(name, sizeof(name), "first recall, %s", state);
	bench_spread_of(b, name, &t.first, "ms");
	snprintf(name, sizeof(name), "first recall, processor time, %s", state);
	bench_spread_of(b, name, &t.first_cpu, "ms");
	snprintf(name, sizeof(name), "open and first recall, %s", state);
	bench_spread_of(b, name, &t.both, "ms");
	samples_free(&t.open);
	samples_free(&t.first);
	samples_free(&t.first_cpu);
	samples_free(&t.both);
	return status;
}

static int run(struct bench *b)
{
	struct questions q = {0};
	struct held k;
	int status = text_open(b, SIZE, &k);

	held_close(&k);
	if (status == 0)
		status = questions_make(b, 0, b->rounds ? b->rounds : ROUNDS, &q);
	if (status == 0)
		status = measure(b, &k, &q, false);
	if (status == 0)
		status = measure(b, &k, &q, true);
	questions_free(&q);
	return status;
}

const struct bench_case bench_open = {
	"open", "opening a brain in SQLite and the first question, pages cached or dropped", run};
