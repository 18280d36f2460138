/* SPDX-License-Identifier: MIT */
/* text.c - cases on real text: encoding it, recalling from it, opening it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define ONE_BY_ONE 500
#define ROUNDS 20

struct brain {
	mn_store *store;
	mn_brain *brain;
};

static int open_brain(struct bench *b, const char *dir, struct brain *out)
{
	char url[256];
	int n = snprintf(url, sizeof(url), "sqlite:%s", dir);
	int status;

	*out = (struct brain){0};
	status = mn_store_open(b->engine, &b->call, (mn_str){url, (size_t)n}, false, &out->store);
	if (status == MN_OK)
		status = mn_brain_open(out->store, &b->call, MN_STR("bench"), &out->brain);
	if (status == MN_ENOBRAIN) {
		status = mn_store_create(out->store, &b->call, MN_STR("bench"), MN_STR(""));
		if (status == MN_OK)
			status = mn_brain_open(out->store, &b->call, MN_STR("bench"), &out->brain);
	}
	return status == MN_OK ? 0 : bench_fail(b, "opening a brain");
}

static void close_brain(struct brain *k)
{
	mn_brain_close(k->brain);
	mn_store_close(k->store);
	*k = (struct brain){0};
}

static int read_file(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	(void)call;
	*n = fread(out, 1, room, ctx);
	return ferror((FILE *)ctx) ? MN_EIO : MN_OK;
}

static int format_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	if (dot && strcmp(dot, ".jsonl") == 0)
		return MN_FORMAT_JSONL;
	if (dot && strcmp(dot, ".graph") == 0)
		return MN_FORMAT_GRAPH;
	return MN_FORMAT_DICT;
}

static int import(struct bench *b, struct brain *k, mn_import_report *out)
{
	mn_import_options options = MN_SIZED(mn_import_options);
	FILE *f = b->data ? fopen(b->data, "rb") : NULL;
	mn_source source = {.ctx = f, .read = read_file};
	int status;

	if (!f) {
		fprintf(stderr,
			"mnemoscope-bench: %s: give --data FILE (.jsonl, .graph, or a "
			"dictionary as plain text)\n",
			b->title);
		return -1;
	}
	source.name = (mn_str){b->data, strlen(b->data)};
	options.format = format_of(b->data);
	options.keep_going = true;
	status = mn_import(k->brain, &b->call, &options, &source, out);
	fclose(f);
	return status == MN_OK ? 0 : bench_fail(b, "import");
}

/* A commit of one row with WAL and FULL is mostly an fdatasync: the floor on this disk, now. */
static double sync_floor(const char *dir)
{
	struct samples s = {0};
	char path[256], page[4096] = {0};
	double p50;
	int fd;

	snprintf(path, sizeof(path), "%s/sync", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	for (int i = 0; fd >= 0 && i < 200; i++) {
		double from = bench_now();

		if (pwrite(fd, page, sizeof(page), i * 4096L) != sizeof(page) || fdatasync(fd))
			break;
		samples_add(&s, bench_now() - from);
	}
	if (fd >= 0)
		close(fd);
	unlink(path);
	p50 = samples_percentile(&s, .5);
	samples_free(&s);
	return p50;
}

static int remember_one_by_one(struct bench *b, struct brain *k)
{
	struct samples s = {0};
	int status = 0;

	for (int i = 0; i < ONE_BY_ONE && status == 0; i++) {
		mn_remembered done = MN_SIZED(mn_remembered);
		mn_note note = MN_SIZED(mn_note);
		char text[128];
		double from = bench_now();
		int n = snprintf(text, sizeof(text),
			"Visitor %d saw the blue heron near bridge %d on a grey morning.", i,
			i % 7);

		note.text = (mn_str){text, (size_t)n};
		status = mn_brain_remember(k->brain, &b->call, &note, 1, &done);
		samples_add(&s, (bench_now() - from) / 1000);
		mn_call_reset(&b->call);
	}
	if (status == 0)
		bench_spread_of(b, "remember", &s, "ms");
	samples_free(&s);
	return status == MN_OK ? 0 : bench_fail(b, "remember");
}

static int encode(struct bench *b)
{
	mn_import_report report = MN_SIZED(mn_import_report);
	double before = bench_resident(), from = bench_now(), seconds;
	struct brain k;
	int status = open_brain(b, b->dir, &k);

	if (status == 0)
		status = import(b, &k, &report);
	seconds = (bench_now() - from) / 1e6;
	if (status == 0) {
		double memories = (double)(report.added ? report.added : 1);

		bench_figure(b, "memories", (double)report.added, "");
		bench_figure(b, "batch", memories / seconds, "memories/s");
		bench_figure(b, "neurons", (double)report.neurons, "");
		bench_figure(b, "synapses", (double)report.synapses, "");
		bench_figure(b, "resident growth",
			(bench_resident() - before) / (double)(report.neurons ? report.neurons : 1),
			"bytes/neuron");
		close_brain(&k);
		bench_figure(b, "disk", bench_disk(b->dir) / memories, "bytes/memory");
		status = open_brain(b, b->dir, &k);
	}
	if (status == 0) {
		bench_figure(b, "fdatasync of 4 KiB.p50", sync_floor(b->dir) / 1000, "ms");
		status = remember_one_by_one(b, &k);
	}
	close_brain(&k);
	return status;
}

/* Questions, a line each; the caller frees lines and the array. */
static size_t read_questions(const char *path, char ***out)
{
	FILE *f = path ? fopen(path, "r") : NULL;
	char *line = NULL;
	size_t room = 0, n = 0, cap = 0;
	ssize_t len;

	*out = NULL;
	while (f && (len = getline(&line, &room, f)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		if (n == cap) {
			char **grown = realloc(*out, (cap = cap * 2 + 64) * sizeof(*grown));

			if (!grown)
				break;
			*out = grown;
		}
		(*out)[n++] = strdup(line);
	}
	free(line);
	if (f)
		fclose(f);
	return n;
}

static int recall_all(struct bench *b, struct brain *k, char **ask, size_t n, int depth, int rounds,
	const char *title)
{
	struct samples time = {0}, cpu = {0};
	double activated = 0;
	char name[64];
	int status = 0;

	for (int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < n && status == 0; i++) {
			mn_answer answer = MN_SIZED(mn_answer);
			mn_ask question = MN_SIZED(mn_ask);
			double from = bench_now(), ran = bench_cpu();

			question.text = (mn_str){ask[i], strlen(ask[i])};
			question.depth = depth;
			question.fresh = true;
			status = mn_brain_recall(k->brain, &b->call, &question, &answer);
			samples_add(&time, (bench_now() - from) / 1000);
			samples_add(&cpu, (bench_cpu() - ran) / 1000);
			activated += (double)answer.activated;
			mn_call_reset(&b->call);
		}
	}
	if (status == 0) {
		snprintf(name, sizeof(name), "%s depth %d", title, depth);
		bench_spread_of(b, name, &time, "ms");
		snprintf(name, sizeof(name), "%s depth %d processor time", title, depth);
		bench_spread_of(b, name, &cpu, "ms");
		snprintf(name, sizeof(name), "%s depth %d activated", title, depth);
		bench_figure(b, name, activated / (double)time.n, "neurons, mean");
	}
	samples_free(&time);
	samples_free(&cpu);
	return status == MN_OK ? 0 : bench_fail(b, "recall");
}

/* The kernel's page cache of these files is given up, so that reads go to the disk. */
static void drop_pages(const char *dir)
{
	for (int i = 0; i < 2; i++) {
		char path[300];
		int fd;

		snprintf(path, sizeof(path), i ? "%s/bench.brain-wal" : "%s/bench.brain", dir);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (fdatasync(fd) == 0)
			posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		close(fd);
	}
}

static int recall_cold(struct bench *b, char **ask, size_t n)
{
	struct samples time = {0};
	int status = 0;

	for (size_t i = 0; i < n && i < 100 && status == 0; i++) {
		mn_answer answer = MN_SIZED(mn_answer);
		mn_ask question = MN_SIZED(mn_ask);
		struct brain k;
		double from;

		drop_pages(b->dir);
		from = bench_now();
		status = open_brain(b, b->dir, &k);
		question.text = (mn_str){ask[i], strlen(ask[i])};
		question.depth = MN_DEPTH_AUTO;
		if (status == 0)
			status = mn_brain_recall(k.brain, &b->call, &question, &answer);
		samples_add(&time, (bench_now() - from) / 1000);
		mn_call_reset(&b->call);
		close_brain(&k);
	}
	if (status == 0)
		bench_spread_of(b, "cold, opening included", &time, "ms");
	samples_free(&time);
	return status == MN_OK ? 0 : bench_fail(b, "recall");
}

static int recall(struct bench *b)
{
	mn_import_report report = MN_SIZED(mn_import_report);
	int rounds = b->rounds ? (int)b->rounds : ROUNDS, status;
	struct brain k;
	char **ask;
	size_t n = read_questions(b->ask, &ask);

	if (n == 0) {
		fprintf(stderr, "mnemoscope-bench: recall: give --ask FILE, a question a line\n");
		return -1;
	}
	status = open_brain(b, b->dir, &k);
	if (status == 0)
		status = import(b, &k, &report);
	close_brain(&k);
	if (status == 0)
		status = recall_cold(b, ask, n);
	if (status == 0)
		status = open_brain(b, b->dir, &k);
	for (int depth = 0; depth <= 3 && status == 0; depth++) {
		status = recall_all(b, &k, ask, n, depth, 1, "first");
		if (status == 0)
			status = recall_all(b, &k, ask, n, depth, rounds, "warm");
	}
	close_brain(&k);
	for (size_t i = 0; i < n; i++)
		free(ask[i]);
	free(ask);
	return status;
}

static int open_close(struct bench *b)
{
	mn_import_report report = MN_SIZED(mn_import_report);
	unsigned rounds = b->rounds ? b->rounds : ROUNDS;
	struct samples time = {0};
	struct brain k;
	int status = open_brain(b, b->dir, &k);

	if (status == 0)
		status = import(b, &k, &report);
	close_brain(&k);
	for (unsigned i = 0; i < rounds && status == 0; i++) {
		double from;

		drop_pages(b->dir);
		from = bench_now();
		status = open_brain(b, b->dir, &k);
		samples_add(&time, (bench_now() - from) / 1000);
		close_brain(&k);
	}
	if (status == 0)
		bench_spread_of(b, "open", &time, "ms");
	samples_free(&time);
	return status;
}

const struct bench_case bench_encode = {"encode",
	"a text into SQLite: rate in a batch, one at a time, bytes on disk and resident", encode};
const struct bench_case bench_recall = {
	"recall", "questions on a text in SQLite, cold and warm, per depth", recall};
const struct bench_case bench_open = {
	"open", "opening a brain in SQLite, pages dropped", open_close};
