/* SPDX-License-Identifier: MIT */
/*
 * expand.c - reading lists through the contract of backends: 64 heaviest synapses of neurons with
 * small, medium and very long lists, warm; all of a class by one call (one read transaction), and
 * neuron by neuron. Once of all kinds of synapses, each of which has a list of its own, and once of
 * the one that a recall follows from a word. Beside it, up to BARE_MOST neurons, the same rows of a
 * bare table whose primary key is the order of lists, by one statement in one transaction.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/type.h"
#include "held.h"
#include "limits.h"

#define SIZE 100000
#define ROUNDS 20
#define EACH 200
#define LIMIT 64
#define BARE_MOST 2000000

static const struct class
{
	const char *name;
	uint64_t least, most; /* synapses */
} classes[] = {{"memories", 5, 9}, {"small lists", 16, 64}, {"medium lists", 300, 1500},
	{"hubs", 4000, UINT64_MAX}};
#define CLASSES (sizeof(classes) / sizeof(*classes))

struct picked {
	mn_id at[CLASSES][EACH];
	size_t n[CLASSES];
};

static void sort_in(struct picked *p, mn_id id, uint64_t degree)
{
	for (size_t c = 0; c < CLASSES; c++)
		if (degree >= classes[c].least && degree <= classes[c].most && p->n[c] < EACH)
			p->at[c][p->n[c]++] = id;
}

/* Hubs and all kinds of words by rank, and neurons from anywhere. */
static int pick(struct bench *b, struct held *k, uint64_t n, struct picked *out)
{
	enum { LOOK = 20000 };
	static mn_id ids[LOOK];
	static uint64_t degrees[LOOK];
	const uint64_t concepts = synth_concepts(n);
	const size_t look = n < LOOK ? n : LOOK;
	struct dice d;

	dice_seed(&d, 9);
	*out = (struct picked){0};
	for (size_t i = 0; i < look; i++)
		ids[i] = i < concepts && i < LOOK / 2 ? i + 1 : dice_next(&d) % n + 1;
	if (mn_brain_degrees(k->brain, &b->call, (mn_ids){ids, look}, degrees) != MN_OK)
		return bench_fail(b, "degrees");
	for (size_t i = 0; i < look; i++)
		sort_in(out, ids[i], degrees[i]);
	mn_call_reset(&b->call);
	return 0;
}

/* What a recall asks of a word, and everything there is. */
static const uint16_t of_a_word[] = {MN_INVOLVES};
static const mn_reach one_kind = {of_a_word, 1, .in = true}, all = {.out = true, .in = true};

/* Links that came back, or -1. */
static double expand(
	struct bench *b, struct held *k, const mn_reach *reach, const mn_id *ids, size_t n)
{
	static uint32_t limit[EACH];
	mn_expand e = MN_SIZED(mn_expand);
	mn_fan fan;
	double links;

	for (size_t i = 0; i < n; i++)
		limit[i] = LIMIT;
	e.frontier = (mn_ids){ids, n};
	e.reaches = reach;
	e.nreaches = 1;
	e.limit = limit;
	if (mn_brain_expand(k->brain, &b->call, &e, &fan) != MN_OK)
		return bench_fail(b, "expand");
	links = fan.start[n];
	mn_call_reset(&b->call);
	return links;
}

static void report(struct bench *b, size_t c, const char *what, struct samples *s)
{
	char name[64];

	snprintf(name, sizeof(name), "%s, %s", classes[c].name, what);
	bench_figure(b, name, samples_percentile(s, .5), "us/neuron");
	samples_free(s);
}

static int together(struct bench *b, struct held *k, const mn_reach *reach, const char *what,
	const struct picked *p, size_t c, double *links)
{
	struct samples time = {0};

	*links = 0;
	for (unsigned round = 0; round <= ROUNDS && *links >= 0; round++) {
		const double from = bench_cpu();

		*links = expand(b, k, reach, p->at[c], p->n[c]);
		if (round)
			samples_add(&time, (bench_cpu() - from) / (double)p->n[c]);
	}
	report(b, c, what, &time);
	return *links < 0 ? -1 : 0;
}

static int singly(struct bench *b, struct held *k, const struct picked *p, size_t c)
{
	struct samples time = {0};
	bool failed = false;

	for (unsigned round = 0; round <= ROUNDS && !failed; round++) {
		const double from = bench_cpu();

		for (size_t i = 0; i < p->n[c] && !failed; i++)
			failed = expand(b, k, &all, &p->at[c][i], 1) < 0;
		if (round)
			samples_add(&time, (bench_cpu() - from) / (double)p->n[c]);
	}
	report(b, c, "a call each", &time);
	return failed ? -1 : 0;
}

/* *links: how many all of them have. */
static int through_contract(
	struct bench *b, struct held *k, const struct picked *p, size_t c, double *links)
{
	double some;

	if (together(b, k, &one_kind, "one kind of synapse, one call", p, c, &some)
		|| together(b, k, &all, "one call", p, c, links))
		return -1;
	return singly(b, k, p, c);
}

/* ---- Bare rows ------------------------------------------------------------------------------- */

static int insert_all(struct bench *b, sqlite3 *sql, const struct csr *g)
{
	sqlite3_stmt *insert = NULL;
	int rc = sqlite3_prepare_v2(sql, "INSERT INTO edge VALUES(?,?,?,?)", -1, &insert, NULL);

	for (uint64_t node = 0; node < g->n && rc == SQLITE_OK; node++) {
		for (uint64_t i = g->start[node]; i < g->start[node + 1] && rc == SQLITE_OK; i++) {
			sqlite3_bind_int64(insert, 1, (sqlite3_int64)node + 1);
			sqlite3_bind_int64(insert, 2, (sqlite3_int64)(i - g->start[node]));
			sqlite3_bind_int64(insert, 3, (sqlite3_int64)g->at[i].far + 1);
			sqlite3_bind_double(insert, 4, g->at[i].weight);
			rc = sqlite3_step(insert) == SQLITE_DONE ? sqlite3_reset(insert)
								 : SQLITE_ERROR;
		}
	}
	sqlite3_finalize(insert);
	return rc == SQLITE_OK ? 0 : bench_fail(b, "bare rows");
}

/* Made once, as brains are. */
static sqlite3 *bare_rows(struct bench *b, uint64_t n)
{
	char path[400], part[410];
	struct csr g = {0};
	sqlite3 *sql;
	int status;

	snprintf(path, sizeof(path), "%s/rows-%llu.db", b->keep, (unsigned long long)n);
	if (access(path, F_OK) == 0)
		return bare_open(b, path);
	snprintf(part, sizeof(part), "%s.part", path);
	unlink(part);
	if (csr_make(b, n, &g))
		return NULL;
	sql = bare_open(b, part);
	status = sql ? bare_run(b, sql,
			 "CREATE TABLE edge(near INTEGER, place INTEGER, far INTEGER, weight "
			 "REAL, PRIMARY KEY(near, place)) WITHOUT ROWID; BEGIN")
		     : -1;
	if (status == 0)
		status = insert_all(b, sql, &g);
	if (status == 0)
		status = bare_run(b, sql, "COMMIT");
	csr_free(&g);
	sqlite3_close(sql);
	return status == 0 && rename(part, path) == 0 ? bare_open(b, path) : NULL;
}

static double bare_expand(sqlite3_stmt *q, const mn_id *ids, size_t n)
{
	double links = 0;

	for (size_t i = 0; i < n; i++) {
		sqlite3_bind_int64(q, 1, (sqlite3_int64)ids[i]);
		while (sqlite3_step(q) == SQLITE_ROW)
			links += sqlite3_column_int64(q, 0) > 0 && sqlite3_column_double(q, 1) >= 0;
		sqlite3_reset(q);
	}
	return links;
}

static int with_bare_rows(
	struct bench *b, sqlite3 *sql, const struct picked *p, size_t c, double links)
{
	struct samples time = {0};
	sqlite3_stmt *q = NULL;
	char name[64];
	double got = 0;

	if (sqlite3_prepare_v2(sql,
		    "SELECT far, weight FROM edge WHERE near = ? ORDER BY place LIMIT 64", -1, &q,
		    NULL)
			!= SQLITE_OK
		|| bare_run(b, sql, "BEGIN"))
		return -1;
	for (unsigned round = 0; round <= ROUNDS; round++) {
		double from = bench_cpu();

		got = bare_expand(q, p->at[c], p->n[c]);
		if (round)
			samples_add(&time, (bench_cpu() - from) / (double)p->n[c]);
	}
	sqlite3_finalize(q);
	snprintf(name, sizeof(name), "%s, bare rows", classes[c].name);
	bench_figure(b, name, samples_percentile(&time, .5), "us/neuron");
	samples_free(&time);
	if (got != links)
		return bench_fail(b, "bare rows and the contract gave different numbers of links");
	return bare_run(b, sql, "COMMIT");
}

static int run(struct bench *b)
{
	const uint64_t n = bench_size(b, SIZE);
	sqlite3 *sql = NULL;
	struct picked p;
	struct held k;
	double links;
	int status = held_open(b, HELD_GRAPH, n, &k);

	if (status == 0)
		status = pick(b, &k, n, &p);
	if (status == 0 && n <= BARE_MOST && !(sql = bare_rows(b, n)))
		status = -1;
	for (size_t c = 0; c < CLASSES && status == 0; c++) {
		if (p.n[c] == 0)
			continue;
		status = through_contract(b, &k, &p, c, &links);
		if (status == 0 && sql)
			status = with_bare_rows(b, sql, &p, c, links);
	}
	sqlite3_close(sql);
	held_close(&k);
	return status;
}

const struct bench_case bench_expand = {
	"expand", "reading lists through the contract, by length, beside bare SQLite rows", run};
