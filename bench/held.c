/* SPDX-License-Identifier: MIT */
/* held.c - brains that are made once. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

int held_at(struct bench *b, const char *dir, const char *name, struct held *out)
{
	const mn_str brain = {name, strlen(name)};
	char url[300];
	const int n = snprintf(url, sizeof(url), "sqlite:%s", dir);
	int status;

	*out = (struct held){0};
	snprintf(out->dir, sizeof(out->dir), "%s", dir);
	snprintf(out->name, sizeof(out->name), "%s", name);
	status = mn_store_open(b->engine, &b->call, (mn_str){url, (size_t)n}, false, &out->store);
	if (status == MN_OK)
		status = mn_brain_open(out->store, &b->call, brain, &out->brain);
	if (status == MN_ENOBRAIN) {
		mn_call_reset(&b->call);
		status = mn_store_create(out->store, &b->call, brain, MN_STR(""));
		if (status == MN_OK)
			status = mn_brain_open(out->store, &b->call, brain, &out->brain);
	}
	if (status == MN_OK)
		return 0;
	bench_fail(b, "opening a brain");
	held_close(out);
	return -1;
}

void held_close(struct held *h)
{
	mn_brain_close(h->brain);
	mn_store_close(h->store);
	h->brain = NULL;
	h->store = NULL;
}

static void path_of(const char *dir, const char *name, const char *end, char out[400])
{
	snprintf(out, 400, "%s/%s%s", dir, name, end);
}

static int fill(struct bench *b, int kind, uint64_t n, const char *name)
{
	const mn_str brain = {name, strlen(name)};
	mn_import_report report = MN_SIZED(mn_import_report);
	struct spent spent = {0};
	struct held h;
	int status;

	if (held_at(b, b->keep, name, &h))
		return -1;
	/* What is there already is half of one. */
	mn_brain_close(h.brain);
	h.brain = NULL;
	status = mn_store_delete(h.store, &b->call, brain);
	if (status == MN_OK)
		status = mn_store_create(h.store, &b->call, brain, MN_STR(""));
	if (status == MN_OK)
		status = mn_brain_open(h.store, &b->call, brain, &h.brain);
	if (status != MN_OK)
		bench_fail(b, "making a brain");
	else if (kind == HELD_DATA)
		status = text_import(b, &h, &report);
	else if (kind == HELD_GRAPH)
		status = synth_fill(b, h.brain, n, SYNTH_SEED);
	else
		status = corpus_remember(b, h.brain, 0, n, CORPUS_BATCH, &spent);
	held_close(&h);
	return status;
}

static int name_of(struct bench *b, int kind, uint64_t n, char out[64])
{
	const char *slash = kind == HELD_DATA ? strrchr(b->data, '/') : NULL;
	struct stat st;
	int len;

	if (kind != HELD_DATA) {
		snprintf(out, 64, "%s-%llu", kind == HELD_GRAPH ? "graph" : "texts",
			(unsigned long long)n);
		return 0;
	}
	if (stat(b->data, &st))
		return bench_fail(b, b->data);
	len = snprintf(out, 64, "%.20s-%lld-%lld", slash ? slash + 1 : b->data,
		(long long)st.st_size, (long long)st.st_mtime);
	/* So that the file of the brain is called like it. */
	for (int i = 0; i < len; i++)
		if (!isalnum((unsigned char)out[i]))
			out[i] = '-';
	return 0;
}

/* A mark beside the brain says that it is whole. */
static int make(struct bench *b, int kind, uint64_t n, char name[64])
{
	char mark[400];
	int fd, status;

	if (name_of(b, kind, n, name))
		return -1;
	path_of(b->keep, name, ".whole", mark);
	if (access(mark, F_OK) == 0)
		return 0;
	fprintf(stderr, "mnemoscope-bench: making %s in %s\n", name, b->keep);
	status = fill(b, kind, n, name);
	if (status)
		return status;
	fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return bench_fail(b, mark);
	close(fd);
	return 0;
}

int held_open(struct bench *b, int kind, uint64_t n, struct held *out)
{
	char name[64];

	*out = (struct held){0};
	return make(b, kind, n, name) ? -1 : held_at(b, b->keep, name, out);
}

/* Without a file to copy there is none afterwards either. */
static int copy_file(struct bench *b, const char *from, const char *to)
{
	const int in = open(from, O_RDONLY | O_CLOEXEC);
	const int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = 1;

	if (in < 0 && errno == ENOENT)
		return 0;
	while (out >= 0 && n > 0)
		n = copy_file_range(in, NULL, out, NULL, (size_t)1 << 30, 0);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return out < 0 || n < 0 ? bench_fail(b, to) : 0;
}

int held_copy(struct bench *b, int kind, uint64_t n, struct held *out)
{
	static const char *const ends[] = {".brain", ".brain-wal"};
	char name[64], from[400], to[400];

	*out = (struct held){0};
	if (make(b, kind, n, name))
		return -1;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		path_of(b->keep, name, ends[i], from);
		path_of(b->dir, name, ends[i], to);
		if (copy_file(b, from, to))
			return -1;
	}
	return held_at(b, b->dir, name, out);
}

void held_drop_pages(const struct held *h)
{
	static const char *const ends[] = {".brain", ".brain-wal"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		char path[400];
		int fd;

		path_of(h->dir, h->name, ends[i], path);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (fdatasync(fd) == 0)
			posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		close(fd);
	}
}

double held_file(const struct held *k)
{
	static const char *const ends[] = {".brain", ".brain-wal"};
	double sum = 0;

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct stat st;
		char path[400];

		snprintf(path, sizeof(path), "%s/%s%s", k->dir, k->name, ends[i]);
		if (stat(path, &st) == 0)
			sum += (double)st.st_size;
	}
	return sum;
}

/* ---- The case that fills any store ------------------------------------------------------------
 */

static int into_any(struct bench *b)
{
	const uint64_t n = bench_size(b, 100000);
	const mn_str url = {b->into ? b->into : "", b->into ? strlen(b->into) : 0};
	mn_store *store = NULL;
	mn_brain *brain = NULL;
	double from;
	int status = -1;

	if (!b->into) {
		fprintf(stderr, "mnemoscope-bench: fill: give --into URL, a store\n");
		return -1;
	}
	if (mn_store_open(b->engine, &b->call, url, false, &store) != MN_OK
		|| mn_store_create(store, &b->call, MN_STR("synthetic"), MN_STR("")) != MN_OK
		|| mn_brain_open(store, &b->call, MN_STR("synthetic"), &brain) != MN_OK)
		bench_fail(b, "making a brain");
	else {
		from = bench_now();
		status = synth_fill(b, brain, n, SYNTH_SEED);
		if (status == 0)
			bench_figure(b, "rows",
				(double)(n * (SYNTH_SYNAPSES + 1)) / ((bench_now() - from) / 1e6),
				"rows/s");
	}
	mn_brain_close(brain);
	mn_store_close(store);
	return status;
}

const struct bench_case bench_fill = {
	"fill", "the synthetic graph as the brain \"synthetic\" of any store", into_any};
