/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <errno.h>
#include <ftw.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct bench_case *const cases[] = {
	&bench_corpus,
	&bench_questions,
	&bench_graph,
	&bench_walks,
	&bench_fill,
	&bench_spread,
	&bench_encode,
	&bench_recall,
	&bench_open,
	&bench_expand,
	&bench_filter,
	&bench_memory,
	&bench_disk_use,
	&bench_exchange,
	&bench_readers,
	&bench_alike,
	&bench_upkeep,
	&bench_facts,
	&bench_start,
	&bench_neo4j,
	&bench_script,
};
#define NCASES (sizeof(cases) / sizeof(*cases))
#define SIZES 16

struct sizes {
	uint64_t at[SIZES]; /* one of 0: the case's own */
	size_t n;
};

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

void bench_remove(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int run_case(struct bench *b, const struct bench_case *c, uint64_t size)
{
	char dir[] = "/tmp/mnemoscope-bench-XXXXXX";
	mn_error err = MN_SIZED(mn_error);
	int status;

	b->title = c->name;
	b->size = size;
	b->dir = mkdtemp(dir);
	if (!b->dir || mn_engine_new(NULL, &err, &b->engine) != MN_OK) {
		fprintf(stderr, "mnemoscope-bench: cannot begin: %s\n", err.text);
		return -1;
	}
	status = mn_call_init(&b->call, b->engine, 0);
	if (status == MN_OK)
		status = c->run(b);
	mn_call_done(&b->call);
	mn_engine_free(b->engine);
	bench_remove(dir);
	return status;
}

static int usage(FILE *to)
{
	fprintf(to, "usage: mnemoscope-bench CASE... [--size N,...] [--rounds N] [--keep DIR] "
		    "[--texts] [--data FILE] [--ask FILE] [--into URL] [--json]\n");
	for (size_t i = 0; i < NCASES; i++)
		fprintf(to, "  %-10s %s\n", cases[i]->name, cases[i]->summary);
	return 2;
}

static const struct bench_case *case_named(const char *name)
{
	for (size_t i = 0; i < NCASES; i++)
		if (strcmp(cases[i]->name, name) == 0)
			return cases[i];
	return NULL;
}

/* "10000,100000": false: something else. */
static bool read_sizes(const char *text, struct sizes *out)
{
	char *end = NULL;

	for (out->n = 0; out->n < SIZES; text = end + 1) {
		out->at[out->n++] = strtoull(text, &end, 10);
		if (end == text || (*end && *end != ',') || out->at[out->n - 1] == 0)
			return false;
		if (!*end)
			return true;
	}
	return false;
}

static int parse(struct bench *b, struct sizes *sizes, int argc, char **argv)
{
	static const struct option options[] = {{"size", required_argument, NULL, 's'},
		{"rounds", required_argument, NULL, 'r'}, {"keep", required_argument, NULL, 'k'},
		{"data", required_argument, NULL, 'd'}, {"ask", required_argument, NULL, 'a'},
		{"into", required_argument, NULL, 'i'}, {"texts", no_argument, NULL, 't'},
		{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's':
			if (!read_sizes(optarg, sizes))
				return usage(stderr);
			break;
		case 'r': b->rounds = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'k': b->keep = optarg; break;
		case 'd': b->data = optarg; break;
		case 'a': b->ask = optarg; break;
		case 'i': b->into = optarg; break;
		case 't': b->texts = true; break;
		case 'j': b->json = true; break;
		case 'h': usage(stdout); return 1;
		default: return usage(stderr);
		}
	}
	return 0;
}

/* Does it write data to standard output, and no figures? */
static bool prints(const struct bench_case *c)
{
	return c == &bench_corpus || c == &bench_questions || c == &bench_graph
	       || c == &bench_walks;
}

/* Are these cases, and can they be run together? */
static bool acceptable(struct bench *b, char **names, int n)
{
	for (int i = 0; i < n; i++) {
		const struct bench_case *c = case_named(names[i]);

		if (!c) {
			fprintf(stderr, "mnemoscope-bench: no case \"%s\"\n", names[i]);
			return false;
		}
		if (prints(c) && n > 1) {
			fprintf(stderr, "mnemoscope-bench: run %s alone\n", c->name);
			return false;
		}
		b->json &= !prints(c);
	}
	return n > 0;
}

static int run_all(struct bench *b, const struct sizes *sizes, char **names, int n)
{
	int status = 0;

	if (b->json)
		printf("[");
	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < sizes->n && status == 0; k++)
			status = run_case(b, case_named(names[i]), sizes->at[k]);
	if (b->json)
		printf("\n]\n");
	return status;
}

int main(int argc, char **argv)
{
	char own[] = "/tmp/mnemoscope-bench-keep-XXXXXX";
	struct sizes sizes = {.n = 1};
	struct bench b = {0};
	int status = parse(&b, &sizes, argc, argv);

	if (status)
		return status == 1 ? 0 : status;
	if (!acceptable(&b, argv + optind, argc - optind))
		return usage(stderr);
	if (b.keep && mkdir(b.keep, 0700) && errno != EEXIST) {
		fprintf(stderr, "mnemoscope-bench: %s: %s\n", b.keep, strerror(errno));
		return 1;
	}
	if (!b.keep && !(b.keep = mkdtemp(own))) {
		fprintf(stderr, "mnemoscope-bench: %s: %s\n", own, strerror(errno));
		return 1;
	}
	status = run_all(&b, &sizes, argv + optind, argc - optind);
	if (b.keep == own)
		bench_remove(own);
	return status ? 1 : 0;
}
