/* SPDX-License-Identifier: MIT */
/*
 * oplog - does the same random operations on several stores, in lockstep: every status and every
 * answer must be equal, and the canonical hash (core/exchange/canonical.h) at checkpoints.
 *
 * usage: oplog [--seed N]... [--operations N] URL URL...
 *
 * Without --seed: three fixed ones. 20,000 operations in all, 100,000 with MN_FULL=1. When stores
 * differ, the steps that are not needed for it are left out, and the rest is printed.
 */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "steps.h"
#include "store/brain.h"

enum { SIDES = 8, SEEDS = 16, CHECKPOINT = 500, TRIES = 400 };

struct match {
	mn_engine *engine;
	struct side sides[SIDES];
	size_t nsides;
	uint64_t seed;
	unsigned rounds; /* of brains: each has a name of its own */
	char *answers[SIDES];
	uint64_t operations, applied, refused; /* batches, as the first side said */
};

/* ---- Sides
 * ----------------------------------------------------------------------------------------- */

static int report(const struct side *s, const char *what, int status)
{
	if (status != MN_OK)
		fprintf(stderr, "oplog: %s: %s: %s\n", s->url, what, s->call.err->text);
	return status;
}

static int open_side(struct match *m, struct side *s, const char *url)
{
	const char *at = strchr(url, '@');
	const size_t scheme = at ? (size_t)(at - url) : 0; /* "sqlite:" of "sqlite:@" */
	int status;

	if (scheme) {
		snprintf(s->folder, sizeof(s->folder), "%s/oplog-XXXXXX",
			access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
		if (!mkdtemp(s->folder))
			return MN_EIO;
	}
	snprintf(s->url, sizeof(s->url), "%.*s%s", scheme ? (int)scheme : 400, url,
		scheme ? s->folder : "");
	status = mn_call_init(&s->call, m->engine, 0);
	if (status == MN_OK)
		status = report(s, "open",
			mn_store_open(m->engine, &s->call, mn_str_of(s->url), false, &s->store));
	return status;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void close_side(struct side *s)
{
	mn_brain_close(s->brain);
	mn_store_close(s->store);
	mn_call_done(&s->call);
	if (s->folder[0])
		nftw(s->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Leaves the brain it has and makes another, empty one. */
static int renew_side(struct side *s, const char *name)
{
	static const uint32_t sizes[MN_KINDS] = {0, NEURONS, 0, SYNAPSES, FIBERS};
	const mn_str old = s->name;
	int status = MN_OK;

	mn_call_reset(&s->call);
	mn_brain_close(s->brain);
	s->brain = NULL;
	if (old.len)
		status = mn_store_delete(s->store, &s->call, old);
	free((char *)old.ptr);
	s->name = mn_str_of(strdup(name));
	s->last = (mn_gen){0};
	if (status == MN_OK)
		status = mn_store_create(s->store, &s->call, s->name, MN_STR(""));
	if (status == MN_OK)
		status = mn_brain_open(s->store, &s->call, s->name, &s->brain);
	for (int kind = MN_NEURON; status == MN_OK && kind < MN_KINDS; kind++)
		if (sizes[kind])
			status = mn_brain_reserve(
				s->brain, &s->call, kind, sizes[kind], &s->base[kind]);
	if (status == MN_OK) {
		status = mn_brain_generation(s->brain, &s->call);
		s->last = s->call.at;
	}
	return report(s, "new brain", status);
}

static int renew(struct match *m)
{
	char name[32];
	int status = MN_OK;

	snprintf(name, sizeof(name), "log %u", ++m->rounds);
	for (size_t i = 0; status == MN_OK && i < m->nsides; i++)
		status = renew_side(&m->sides[i], name);
	return status;
}

/* A store that keeps things is closed and opened in the middle. */
static int reopen(struct match *m)
{
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < m->nsides; i++) {
		struct side *s = &m->sides[i];

		if (!(s->store->info.caps & MN_CAP_DURABLE))
			continue;
		mn_brain_close(s->brain);
		mn_store_close(s->store);
		s->brain = NULL;
		s->store = NULL;
		mn_call_reset(&s->call);
		status = mn_store_open(m->engine, &s->call, mn_str_of(s->url), false, &s->store);
		if (status == MN_OK)
			status = mn_brain_open(s->store, &s->call, s->name, &s->brain);
		report(s, "reopen", status);
	}
	return status;
}

/* ---- Comparing
 * --------------------------------------------------------------------------------------- */

static void forget_answers(struct match *m)
{
	for (size_t i = 0; i < SIDES; i++) {
		free(m->answers[i]);
		m->answers[i] = NULL;
	}
}

static bool answers_differ(const struct match *m)
{
	for (size_t i = 1; i < m->nsides; i++)
		if (strcmp(m->answers[0], m->answers[i]) != 0)
			return true;
	return false;
}

static void count_batch(struct match *m)
{
	const char *answer = m->answers[0];

	m->applied += strncmp(answer, "  apply", 7) == 0 && strstr(answer, "\nok") != NULL;
	m->refused += strncmp(answer, "  apply", 7) == 0 && strstr(answer, "\nok") == NULL;
}

/* Does one step differ? Its answers stay until the next. */
static bool step_differs(struct match *m, uint32_t number)
{
	forget_answers(m);
	for (size_t i = 0; i < m->nsides; i++) {
		mn_buf b = MN_BUF((size_t)64 << 20);
		unsigned n = step_run(&m->sides[i], m->seed, number, &b);

		m->operations += i == 0 ? n : 0;
		mn_buf_char(&b, '\0');
		m->answers[i] = strdup(b.ptr ? b.ptr : "");
		mn_buf_free(&b);
	}
	count_batch(m);
	return answers_differ(m);
}

static bool hashes_differ(struct match *m)
{
	bool failed = false;

	forget_answers(m);
	for (size_t i = 0; i < m->nsides; i++) {
		struct side *s = &m->sides[i];
		unsigned char hash[32];
		char text[sizeof(s->call.err->text)] = "";
		int status;

		mn_call_reset(&s->call);
		status = mn_brain_hash(s->brain, &s->call, hash);
		if (status != MN_OK)
			snprintf(text, sizeof(text), "%s", s->call.err->text);
		for (size_t k = 0; status == MN_OK && k < sizeof(hash); k++)
			snprintf(text + 2 * k, 3, "%02x", hash[k]);
		m->answers[i] = strdup(text);
		failed |= report(s, "hash", status) != MN_OK;
	}
	return failed || answers_differ(m);
}

/* Runs a selection of steps on fresh brains. Does any of them differ, or the brains at the end? */
static bool selection_differs(struct match *m, const uint32_t *steps, size_t n)
{
	if (renew(m) != MN_OK)
		return false;
	for (size_t i = 0; i < n; i++)
		if (step_differs(m, steps[i]))
			return true;
	return hashes_differ(m);
}

/* ---- When they differ
 * ---------------------------------------------------------------------------------- */

/* Leaves out what is not needed, larger parts first. Returns how many are left. */
static size_t minimise(struct match *m, uint32_t *steps, size_t n)
{
	uint32_t *fewer = calloc(n + 1, sizeof(*fewer));
	int tries = 0;

	for (size_t part = n / 2; fewer && part > 0; part /= 2)
		for (size_t at = 0; at < n && tries < TRIES; tries++) {
			const size_t end = at + part < n ? at + part : n;

			memcpy(fewer, steps, at * sizeof(*steps));
			memcpy(fewer + at, steps + end, (n - end) * sizeof(*steps));
			if (selection_differs(m, fewer, n - (end - at))) {
				n -= end - at;
				memcpy(steps, fewer, n * sizeof(*steps));
			} else {
				at = end;
			}
		}
	free(fewer);
	return n;
}

static void print_answers(const struct match *m)
{
	for (size_t i = 0; i < m->nsides; i++)
		fprintf(stderr, "--- %s answers:\n%s\n", m->sides[i].url,
			m->answers[i] ? m->answers[i] : "");
}

static void explain(struct match *m, uint32_t last)
{
	uint32_t *steps = calloc(last + 1, sizeof(*steps));
	size_t n = last + 1;

	fprintf(stderr, "oplog: seed %llu: the stores differ after step %u\n",
		(unsigned long long)m->seed, last);
	print_answers(m);
	for (uint32_t i = 0; steps && i <= last; i++)
		steps[i] = i;
	if (steps && selection_differs(m, steps, n)) {
		n = minimise(m, steps, n);
		fprintf(stderr, "oplog: %zu steps are enough for it:\n", n);
		for (size_t i = 0; i < n; i++) {
			mn_buf b = MN_BUF((size_t)1 << 20);

			step_run(NULL, m->seed, steps[i], &b);
			fprintf(stderr, "step %u\n%.*s", steps[i], (int)b.len, b.ptr ? b.ptr : "");
			mn_buf_free(&b);
		}
		selection_differs(m, steps, n);
		print_answers(m);
	} else {
		fprintf(stderr, "oplog: it does not come back when the steps are run again\n");
	}
	free(steps);
}

static void print_result(struct match *m)
{
	struct side *s = &m->sides[0];
	mn_brain_row row;

	mn_call_reset(&s->call);
	if (report(s, "describe", mn_brain_describe(s->brain, &s->call, &row)) != MN_OK)
		return;
	printf("seed %llu: %llu operations, %llu batches applied, %llu refused; at the end %llu"
	       " neurons, %llu synapses, %llu fibers, hash %.16s\n",
		(unsigned long long)m->seed, (unsigned long long)m->operations,
		(unsigned long long)m->applied, (unsigned long long)m->refused,
		(unsigned long long)row.neurons, (unsigned long long)row.synapses,
		(unsigned long long)row.fibers, m->answers[0]);
}

/* ---- A whole log
 * ----------------------------------------------------------------------------------------- */

static int run_log(struct match *m, uint64_t operations)
{
	m->operations = m->applied = m->refused = 0;
	if (renew(m) != MN_OK)
		return 1;
	for (uint32_t i = 0; m->operations < operations; i++) {
		bool differ = step_differs(m, i);

		if (!differ && (i + 1) % CHECKPOINT == 0)
			differ = hashes_differ(m) || ((i + 1) % (4 * CHECKPOINT) == 0 && reopen(m));
		if (differ) {
			explain(m, i);
			return 1;
		}
	}
	if (hashes_differ(m)) {
		print_answers(m);
		return 1;
	}
	print_result(m);
	if (m->refused > m->applied || m->refused * 20 < m->applied) {
		fprintf(stderr, "oplog: too few batches are applied, or refused, to mean much\n");
		return 1;
	}
	return 0;
}

static int play(struct match *m, int nurls, char **urls, const uint64_t *seeds, size_t nseeds,
	uint64_t operations)
{
	int failed = 0;

	for (; m->nsides < (size_t)nurls && m->nsides < SIDES; m->nsides++)
		if (open_side(m, &m->sides[m->nsides], urls[m->nsides]) != MN_OK)
			failed = 1;
	for (size_t i = 0; !failed && i < nseeds; i++) {
		m->seed = seeds[i];
		failed = run_log(m, operations / nseeds + 1);
	}
	forget_answers(m);
	for (size_t i = 0; i < m->nsides; i++) {
		close_side(&m->sides[i]);
		free((char *)m->sides[i].name.ptr);
	}
	return failed;
}

int main(int argc, char **argv)
{
	static const uint64_t fixed[] = {1, 20230508, 4711};
	uint64_t seeds[SEEDS], operations = getenv("MN_FULL") ? 100000 : 20000;
	struct match m = {0};
	size_t nseeds = 0;
	int at = 1, failed;

	for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
		const uint64_t n = strtoull(argv[at + 1], NULL, 10);

		if (strcmp(argv[at], "--seed") == 0 && nseeds < SEEDS)
			seeds[nseeds++] = n;
		if (strcmp(argv[at], "--operations") == 0)
			operations = n;
	}
	if (argc - at < 1) {
		fprintf(stderr, "usage: oplog [--seed N]... [--operations N] URL URL...\n");
		return 2;
	}
	world_reset();
	m.engine = world_engine();
	if (!m.engine)
		return 1;
	failed = play(&m, argc - at, argv + at, nseeds ? seeds : fixed,
		nseeds ? nseeds : COUNT(fixed), operations);
	mn_engine_free(m.engine);
	return failed;
}
