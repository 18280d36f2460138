/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct bench_case *const cases[] = {
	&bench_spread,
	&bench_encode,
	&bench_recall,
	&bench_open,
	&bench_start,
	&bench_neo4j,
	&bench_script,
	&bench_upkeep,
};
#define NCASES (sizeof(cases) / sizeof(*cases))

static double read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double bench_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

double bench_cpu(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

void samples_add(struct samples *s, double value)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 1024;
		double *grown = realloc(s->at, cap * sizeof(*grown));

		if (!grown)
			return; /* a figure from fewer samples */
		s->at = grown;
		s->cap = cap;
	}
	s->at[s->n++] = value;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double samples_percentile(struct samples *s, double share)
{
	size_t i = (size_t)(share * (double)s->n);

	if (s->n == 0)
		return 0;
	qsort(s->at, s->n, sizeof(*s->at), by_value);
	return s->at[i < s->n ? i : s->n - 1];
}

void samples_free(struct samples *s)
{
	free(s->at);
	*s = (struct samples){0};
}

double bench_resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	char line[128] = "";
	char *after_first;
	unsigned long pages;

	if (!f || !fgets(line, sizeof(line), f))
		line[0] = '\0';
	if (f)
		fclose(f);
	(void)strtoul(line, &after_first, 10);
	pages = strtoul(after_first, NULL, 10);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

double bench_disk(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	struct stat st;
	double sum = 0;

	while (d && (entry = readdir(d)))
		if (fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0
			&& S_ISREG(st.st_mode))
			sum += (double)st.st_size;
	if (d)
		closedir(d);
	return sum;
}

int bench_fail(struct bench *b, const char *what)
{
	fprintf(stderr, "mnemoscope-bench: %s: %s: %s\n", b->title, what,
		b->call.err->code ? b->call.err->text : strerror(errno));
	return -1;
}

void bench_figure(struct bench *b, const char *name, double value, const char *unit)
{
	if (b->json)
		printf("%s\n  {\"case\": \"%s\", \"figure\": \"%s\", \"value\": %.6g, \"unit\": \"%s\"}",
			b->reported ? "," : "", b->title, name, value, unit);
	else
		printf("%-10s %-36s %14.6g %s\n", b->title, name, value, unit);
	fflush(stdout);
	b->reported++;
}

void bench_spread_of(struct bench *b, const char *name, struct samples *s, const char *unit)
{
	static const struct {
		const char *name;
		double share;
	} points[] = {{"p50", .5}, {"p95", .95}, {"p99", .99}, {"worst", 1}};
	char full[64];

	for (size_t i = 0; i < sizeof(points) / sizeof(*points); i++) {
		snprintf(full, sizeof(full), "%s.%s", name, points[i].name);
		bench_figure(b, full, samples_percentile(s, points[i].share), unit);
	}
}

void dice_seed(struct dice *d, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
		d->s[i] = z ^ (z >> 31);
	}
}

static uint64_t turn(uint64_t x, int by)
{
	return (x << by) | (x >> (64 - by));
}

uint64_t dice_next(struct dice *d)
{
	uint64_t *s = d->s, out = turn(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = turn(s[3], 45);
	return out;
}

double dice_unit(struct dice *d)
{
	return (double)(dice_next(d) >> 11) * 0x1p-53;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static int run_case(struct bench *b, const struct bench_case *c)
{
	char dir[] = "/tmp/mnemoscope-bench-XXXXXX";
	mn_error err = MN_SIZED(mn_error);
	int status;

	b->title = c->name;
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
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return status;
}

static int usage(FILE *to)
{
	fprintf(to, "usage: mnemoscope-bench CASE... [--size N] [--rounds N] [--data FILE] "
		    "[--ask FILE] [--json]\n");
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

static int parse(struct bench *b, int argc, char **argv)
{
	static const struct option options[] = {{"size", required_argument, NULL, 's'},
		{"rounds", required_argument, NULL, 'r'}, {"data", required_argument, NULL, 'd'},
		{"ask", required_argument, NULL, 'a'}, {"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's': b->size = strtoull(optarg, NULL, 10); break;
		case 'r': b->rounds = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'd': b->data = optarg; break;
		case 'a': b->ask = optarg; break;
		case 'j': b->json = true; break;
		case 'h': usage(stdout); return 1;
		default: return usage(stderr);
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct bench b = {0};
	int status = parse(&b, argc, argv);

	if (status)
		return status == 1 ? 0 : status;
	if (optind == argc)
		return usage(stderr);
	for (int i = optind; i < argc; i++) {
		if (!case_named(argv[i])) {
			fprintf(stderr, "mnemoscope-bench: no case \"%s\"\n", argv[i]);
			return usage(stderr);
		}
	}
	if (b.json)
		printf("[");
	for (int i = optind; i < argc && status == 0; i++)
		status = run_case(&b, case_named(argv[i]));
	if (b.json)
		printf("\n]\n");
	return status ? 1 : 0;
}
