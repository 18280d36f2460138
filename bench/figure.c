/* SPDX-License-Identifier: MIT */
/* figure.c - clocks, samples, and figures by name. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

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

double bench_cpu_all(void)
{
	return read_clock(CLOCK_PROCESS_CPUTIME_ID);
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

uint64_t bench_size(struct bench *b, uint64_t own)
{
	if (b->size == 0)
		b->size = own;
	return b->size;
}

void bench_figure(struct bench *b, const char *name, double value, const char *unit)
{
	double load = 0;

	getloadavg(&load, 1);
	if (b->json)
		printf("%s\n  {\"case\": \"%s\", \"size\": %llu, \"figure\": \"%s\", \"value\": %.6g, "
		       "\"unit\": \"%s\", \"load\": %.2f}",
			b->reported ? "," : "", b->title, (unsigned long long)b->size, name, value,
			unit, load);
	else
		printf("%-10s %9llu  %-44s %14.6g %s\n", b->title, (unsigned long long)b->size,
			name, value, unit);
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
