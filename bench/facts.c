/* SPDX-License-Identifier: MIT */
/*
 * facts.c - memories of a file of JSON Lines, one by one and in a batch, into SQLite, and questions
 * of another whose answers are known: {"query", "gold_text"}. A planted fact is found where the
 * words of gold_text stand in the text of one of the twenty memories that come back.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define ROUNDS 3

/* A line of a file as an object, or NULL: the end, or *bad. */
static json_t *next_object(FILE *f, char **line, size_t *room, bool *bad)
{
	json_t *object = NULL;
	const ssize_t len = getline(line, room, f);

	if (len > 0)
		object = json_loadb(*line, (size_t)len, 0, NULL);
	*bad = len > 0 && !json_is_object(object);
	return object;
}

static mn_str text_in(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return (mn_str){json_string_value(v), json_string_length(v)};
}

static int remember(struct bench *b, struct held *k, const json_t *object, struct samples *time)
{
	mn_remembered done = MN_SIZED(mn_remembered);
	mn_note note = MN_SIZED(mn_note);
	double from;

	note.id = text_in(object, "id");
	note.text = text_in(object, "text");
	from = bench_now();
	if (mn_brain_remember(k->brain, &b->call, &note, 1, &done) != MN_OK)
		return bench_fail(b, "remember");
	samples_add(time, (bench_now() - from) / 1000);
	mn_call_reset(&b->call);
	return 0;
}

static int one_by_one(struct bench *b)
{
	struct samples time = {0};
	FILE *f = fopen(b->data, "r");
	const double from = bench_now(), ran = bench_cpu_all();
	char *line = NULL;
	size_t room = 0;
	json_t *object;
	struct held k;
	bool bad;
	int status = f ? held_at(b, b->dir, "single", &k) : bench_fail(b, b->data);

	if (!f)
		return status;
	while (status == 0 && (object = next_object(f, &line, &room, &bad))) {
		status = bad ? bench_fail(b, "not JSON Lines") : remember(b, &k, object, &time);
		json_decref(object);
	}
	held_close(&k);
	free(line);
	fclose(f);
	if (status == 0) {
		bench_figure(
			b, "single", (double)time.n / ((bench_now() - from) / 1e6), "memories/s");
		bench_figure(b, "single, processor time", (bench_cpu_all() - ran) / (double)time.n,
			"us/memory");
		bench_spread_of(b, "single, each", &time, "ms");
	}
	samples_free(&time);
	return status;
}

static bool has(const mn_answer *answer, mn_str gold)
{
	for (size_t i = 0; i < answer->nhits; i++)
		if (memmem(answer->hits[i].text.ptr, answer->hits[i].text.len, gold.ptr, gold.len))
			return true;
	return false;
}

struct asked {
	struct samples time, cpu;
	uint64_t facts, found;
};

static int ask(struct bench *b, struct held *k, const json_t *object, struct asked *a)
{
	const mn_str query = text_in(object, "query"), gold = text_in(object, "gold_text");
	const double from = bench_now(), ran = bench_cpu();
	mn_answer answer;

	if (!query.ptr)
		return bench_fail(b, "a question without \"query\"");
	if (ask_text(b, k->brain, query.ptr, MN_DEPTH_AUTO, &answer) != MN_OK)
		return bench_fail(b, "recall");
	samples_add(&a->time, (bench_now() - from) / 1000);
	samples_add(&a->cpu, (bench_cpu() - ran) / 1000);
	a->facts += gold.len > 0;
	a->found += gold.len > 0 && has(&answer, gold);
	mn_call_reset(&b->call);
	return 0;
}

static int ask_all(struct bench *b, struct held *k, struct asked *a)
{
	FILE *f = fopen(b->ask, "r");
	char *line = NULL;
	size_t room = 0;
	json_t *object;
	bool bad;
	int status = f ? 0 : bench_fail(b, b->ask);

	while (status == 0 && (object = next_object(f, &line, &room, &bad))) {
		status = bad ? bench_fail(b, "not JSON Lines") : ask(b, k, object, a);
		json_decref(object);
	}
	free(line);
	if (f)
		fclose(f);
	return status;
}

static int batch(struct bench *b)
{
	mn_import_report report = MN_SIZED(mn_import_report);
	struct asked a = {0};
	double from, ran;
	struct held k;
	int status = held_at(b, b->dir, "batch", &k);

	from = bench_now();
	ran = bench_cpu_all();
	if (status == 0)
		status = text_import(b, &k, &report);
	b->size = report.added;
	if (status == 0) {
		bench_figure(b, "batch", (double)report.added / ((bench_now() - from) / 1e6),
			"memories/s");
		bench_figure(b, "batch, processor time",
			(bench_cpu_all() - ran) / (double)report.added, "us/memory");
	}
	for (int i = 0; i < ROUNDS && status == 0; i++)
		status = ask_all(b, &k, &a);
	held_close(&k);
	if (status == 0) {
		bench_spread_of(b, "recall", &a.time, "ms");
		bench_spread_of(b, "recall, processor time", &a.cpu, "ms");
		bench_figure(b, "planted facts", (double)a.facts / ROUNDS, "");
		bench_figure(b, "planted facts found",
			a.facts ? (double)a.found / (double)a.facts : 0, "share");
		bench_figure(b, "disk", held_file(&k) / (double)report.added, "bytes/memory");
	}
	samples_free(&a.time);
	samples_free(&a.cpu);
	return status;
}

static int run(struct bench *b)
{
	if (!b->data || !b->ask) {
		fprintf(stderr, "mnemoscope-bench: facts: give --data FILE.jsonl and --ask FILE\n");
		return -1;
	}
	return batch(b) || one_by_one(b) ? -1 : 0;
}

const struct bench_case bench_facts = {"facts",
	"memories of --data one by one and in a batch, questions of --ask with known answers", run};
