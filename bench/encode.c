/* SPDX-License-Identifier: MIT */
/*
 * encode.c - memories into SQLite, durable. On a text: all of it. Without one: batches of 100,
 * 1,000 and 10,000 into a brain that has that many memories already. Then one at a time, each
 * acknowledged, by turns with a bare commit of one row with WAL and FULL.
 */
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "text.h"

#define SIZE 10000
#define PAIRS 500

static int encode_text(struct bench *b, struct held *k)
{
	mn_import_report report = MN_SIZED(mn_import_report);
	const double before = bench_resident(), from = bench_now();
	int status = held_at(b, b->dir, "bench", k);
	double seconds, memories, neurons;

	if (status == 0)
		status = text_import(b, k, &report);
	seconds = (bench_now() - from) / 1e6;
	if (status)
		return status;
	memories = report.added ? (double)report.added : 1;
	neurons = report.neurons ? (double)report.neurons : 1;
	b->size = report.added;
	bench_figure(b, "batch", memories / seconds, "memories/s");
	bench_figure(b, "neurons", neurons, "");
	bench_figure(b, "synapses", (double)report.synapses, "");
	bench_figure(b, "resident growth", (bench_resident() - before) / neurons, "bytes/neuron");
	held_close(k);
	bench_figure(b, "disk", bench_disk(b->dir) / memories, "bytes/memory");
	return held_at(b, b->dir, "bench", k);
}

static int encode_batches(struct bench *b, struct held *k, uint64_t *next)
{
	static const struct {
		size_t batch;
		uint64_t n;
	} plans[] = {{100, 5000}, {1000, 10000}, {10000, 30000}};
	int status = 0;

	for (size_t i = 0; i < sizeof(plans) / sizeof(*plans) && status == 0; i++) {
		struct spent spent = {0};
		char name[64];

		status = corpus_remember(b, k->brain, *next, plans[i].n, plans[i].batch, &spent);
		*next += plans[i].n;
		snprintf(name, sizeof(name), "batches of %zu", plans[i].batch);
		if (status)
			break;
		bench_figure(b, name, (double)plans[i].n / (spent.elapsed / 1e6), "memories/s");
		snprintf(name, sizeof(name), "batches of %zu, processor time", plans[i].batch);
		bench_figure(b, name, spent.cpu / (double)plans[i].n, "us/memory");
	}
	return status;
}

static int one(struct bench *b, struct held *k, uint64_t number, mn_str text)
{
	mn_remembered done = MN_SIZED(mn_remembered);
	mn_note note = MN_SIZED(mn_note);

	note.text = text;
	note.time = corpus_time(number);
	note.has_time = true;
	if (mn_brain_remember(k->brain, &b->call, &note, 1, &done) != MN_OK)
		return bench_fail(b, "remember");
	mn_call_reset(&b->call);
	return 0;
}

static int by_turns(struct bench *b, struct held *k, uint64_t next)
{
	struct samples ours = {0}, bare = {0};
	struct bare_notes notes;
	int status = bare_notes_open(b, b->dir, &notes);

	for (int i = 0; i < PAIRS && status == 0; i++) {
		char text[CORPUS_ROOM];
		const mn_str s = {text, corpus_text(next + (uint64_t)i, text)};
		double from = bench_now();

		status = bare_notes_add(b, &notes, s);
		samples_add(&bare, (bench_now() - from) / 1000);
		from = bench_now();
		if (status == 0)
			status = one(b, k, next + (uint64_t)i, s);
		samples_add(&ours, (bench_now() - from) / 1000);
	}
	bare_notes_close(&notes);
	if (status == 0) {
		bench_spread_of(b, "bare commit", &bare, "ms");
		bench_spread_of(b, "remember", &ours, "ms");
		bench_figure(b, "remember against a bare commit, p50",
			samples_percentile(&ours, .5) / samples_percentile(&bare, .5), "times");
	}
	samples_free(&ours);
	samples_free(&bare);
	return status;
}

static int run(struct bench *b)
{
	struct held k;
	uint64_t next = bench_size(b, SIZE);
	int status;

	if (b->data) {
		status = encode_text(b, &k);
	} else {
		status = held_copy(b, HELD_TEXTS, next, &k);
		if (status == 0)
			status = encode_batches(b, &k, &next);
	}
	if (status == 0)
		status = by_turns(b, &k, next);
	held_close(&k);
	return status;
}

const struct bench_case bench_encode = {
	"encode", "memories into SQLite in batches, and one by one beside bare commits", run};
