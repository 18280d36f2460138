/* SPDX-License-Identifier: MIT */
/* neo4j.c - a synthetic brain in Neo4j: how fast it is written, and recalls against bare queries.
 */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "neo4j/proxy.h"

#define SIZE 100000
#define ROUNDS 300
#define ANCHORS 3
#define CONFIG "{\"activation_threshold\":0.1,\"max_spread_hops\":4}"
#define BRAIN "bench"

/* ---- Bare queries ---------------------------------------------------------------------------- */

/* One hop as one would write it by hand for a brain that does not decay. */
#define HOP(i, j)                                                                         \
	"CALL (n" i ", l" i ") { UNWIND range(0, size(n" i ") - 1) AS k "                 \
	"WITH n" i "[k] AS x, l" i "[k] AS level MATCH (x)-[s:MN_SYNAPSE]-(y) "           \
	"WITH x, s, y, level * 0.5 * s.w AS reached WHERE s.w >= 0.1 AND reached >= 0.1 " \
	"WITH y, max([reached, -x.id, -s.id]) AS best RETURN collect(y) AS n" j ", "      \
	"collect(best[0]) AS l" j ", collect(best) AS b" j " } "
#define JOIN(i)                                                                       \
	" + [i IN range(0, size(n" i ") - 1) | [n" i "[i], b" i "[i][0], -" i ", b" i \
	"[i][1], b" i "[i][2]]]"

static const char bare_spread[] =
	"MATCH (n:MnNeuron) WHERE n.b = $b AND n.id IN $ids "
	"WITH collect(n) AS n0, collect(1.0) AS l0, collect([1.0, 0, 0]) AS b0 " HOP("0", "1") HOP(
		"1", "2") HOP("2", "3") HOP("3",
		"4") "UNWIND [i IN range(0, size(n0) - 1) | [n0[i], 1.0, 0, 0, 0]]" JOIN("1")
		JOIN("2") JOIN("3") JOIN(
			"4") " AS way WITH way[0] AS n, max(way[1..]) AS best "
			     "RETURN collect(n.id), collect(best[0]), collect(-best[1]), collect(-best[2]), "
			     "collect(-best[3])";
static const char bare_generation[] = "MATCH (b:MnBrain {name: '" BRAIN
				      "'}) RETURN b.epoch, b.graph, b.state";
static const char bare_key[] = "MATCH (b:MnBrain {name: '" BRAIN "'}) RETURN b.key";

struct bare {
	CURL *curl;
	struct curl_slist *headers;
	char at[4096]; /* the answer's beginning */
	size_t n;
	long key;
};

static size_t keep_answer(char *at, size_t size, size_t n, void *ctx)
{
	struct bare *q = ctx;
	const size_t room = sizeof(q->at) - 1 - q->n, more = size * n;

	memcpy(q->at + q->n, at, more < room ? more : room);
	q->n += more < room ? more : room;
	q->at[q->n] = '\0';
	return more;
}

/* Microseconds, or -1. */
static double ask_bare(struct bare *q, const char *statement, const char *ids)
{
	char body[8192];
	double from = bench_now();
	long status = 0;

	snprintf(body, sizeof(body),
		"{\"statement\":\"%s\",\"parameters\":{\"b\":%ld,\"ids\":[%s]},"
		"\"accessMode\":\"Read\"}",
		statement, q->key, ids);
	q->n = 0;
	curl_easy_setopt(q->curl, CURLOPT_POSTFIELDS, body);
	if (curl_easy_perform(q->curl) != CURLE_OK)
		return -1;
	curl_easy_getinfo(q->curl, CURLINFO_RESPONSE_CODE, &status);
	return status / 100 == 2 ? bench_now() - from : -1;
}

/* The URL of the store, without its own scheme, is that of the server. */
static int open_bare(struct bare *q, const char *url)
{
	const char *password = getenv("NEO4J_PASSWORD"), *slash = strrchr(url, '/');
	const char *scheme = strstr(url, "http");
	char full[300], user[200];

	*q = (struct bare){.curl = curl_easy_init()};
	if (!q->curl || !slash || !scheme)
		return -1;
	snprintf(full, sizeof(full), "%.*s/db/%s/query/v2", (int)(slash - scheme), scheme,
		slash + 1);
	snprintf(user, sizeof(user), "neo4j:%s", password ? password : "");
	q->headers = curl_slist_append(NULL, "Content-Type: application/json");
	curl_easy_setopt(q->curl, CURLOPT_URL, full);
	curl_easy_setopt(q->curl, CURLOPT_USERPWD, user);
	curl_easy_setopt(q->curl, CURLOPT_HTTPHEADER, q->headers);
	curl_easy_setopt(q->curl, CURLOPT_WRITEFUNCTION, keep_answer);
	curl_easy_setopt(q->curl, CURLOPT_WRITEDATA, q);
	return 0;
}

static int find_key(struct bare *q)
{
	const char *values;

	if (ask_bare(q, bare_key, "") < 0 || !(values = strstr(q->at, "[[")))
		return -1;
	q->key = strtol(values + 2, NULL, 10);
	return 0;
}

static void close_bare(struct bare *q)
{
	curl_slist_free_all(q->headers);
	curl_easy_cleanup(q->curl);
}

/* ---- Recalls --------------------------------------------------------------------------------- */

struct brain {
	mn_store *store;
	mn_brain *brain;
};

struct question {
	char names[ANCHORS][24], ids[ANCHORS * 24];
};

static void next_question(struct dice *d, uint64_t n, struct question *q)
{
	size_t at = 0;

	for (int i = 0; i < ANCHORS; i++) {
		const mn_id id = dice_next(d) % n + 1;

		synth_uid(id, q->names[i]);
		at += (size_t)snprintf(q->ids + at, sizeof(q->ids) - at, "%s%llu", i ? "," : "",
			(unsigned long long)id);
	}
}

/* Microseconds, or -1. */
static double ask_brain(struct bench *b, mn_brain *brain, const struct question *q, bool trace)
{
	mn_ask ask = MN_SIZED(mn_ask);
	mn_answer answer = MN_SIZED(mn_answer);
	mn_str anchors[ANCHORS];
	double from = bench_now();

	for (int i = 0; i < ANCHORS; i++)
		anchors[i] = (mn_str){q->names[i], strlen(q->names[i])};
	ask.anchors = (mn_strs){anchors, ANCHORS};
	ask.kernel = MN_STR("classic");
	ask.depth = MN_DEPTH_DEEP;
	ask.limit = 1;
	ask.fresh = true;
	ask.want_trace = trace;
	if (mn_brain_recall(brain, &b->call, &ask, &answer) != MN_OK)
		return bench_fail(b, "recall");
	mn_trace_free(answer.trace);
	mn_call_reset(&b->call);
	return bench_now() - from;
}

static int open_brain(struct bench *b, const char *url, bool make, struct brain *out)
{
	const mn_str at = {url, strlen(url)};

	*out = (struct brain){0};
	if (mn_store_open(b->engine, &b->call, at, false, &out->store) != MN_OK
		|| (make
			&& mn_store_create(out->store, &b->call, MN_STR(BRAIN), MN_STR(CONFIG))
				   != MN_OK)
		|| mn_brain_open(out->store, &b->call, MN_STR(BRAIN), &out->brain) != MN_OK)
		return bench_fail(b, "opening a brain");
	return 0;
}

static void close_brain(struct brain *k)
{
	mn_brain_close(k->brain);
	mn_store_close(k->store);
	*k = (struct brain){0};
}

/* ---- The figures ----------------------------------------------------------------------------- */

/* The server translates while it runs, so a tenth goes in beforehand. */
static int load(struct bench *b, const char *url, uint64_t n)
{
	struct brain k;
	double from;
	int status = open_brain(b, url, true, &k);

	if (status == 0)
		status = synth_fill(b, k.brain, n / 10 + 1, 7);
	if (status == 0 && mn_store_delete(k.store, &b->call, MN_STR(BRAIN)) != MN_OK)
		status = bench_fail(b, "deleting a brain");
	close_brain(&k);
	if (status == 0)
		status = open_brain(b, url, true, &k);
	from = bench_now();
	if (status == 0)
		status = synth_fill(b, k.brain, n, 42);
	if (status == 0)
		bench_figure(b, "load", 6 * (double)n / (bench_now() - from) * 1e6, "rows/s");
	close_brain(&k);
	return status;
}

/* By turns, so that whatever else the machine does falls on both. */
static int against_bare(
	struct bench *b, mn_brain *brain, struct bare *q, uint64_t n, unsigned rounds)
{
	struct samples bare = {0}, recall = {0};
	struct question question;
	struct dice d;
	int status = 0;

	dice_seed(&d, 3);
	for (unsigned i = 0; i < 2 * rounds && status == 0; i++) {
		double took[2];

		next_question(&d, n, &question);
		took[0] = ask_bare(q, bare_spread, question.ids);
		took[1] = ask_brain(b, brain, &question, false);
		if (took[0] < 0 || took[1] < 0) {
			fprintf(stderr, "mnemoscope-bench: neo4j: %s\n", q->at);
			status = -1;
		} else if (i >= rounds) { /* the first half warms up */
			samples_add(&bare, took[0] / 1000);
			samples_add(&recall, took[1] / 1000);
		}
	}
	if (status == 0) {
		bench_spread_of(b, "bare spread over HTTP", &bare, "ms");
		bench_spread_of(b, "recall, pushed down", &recall, "ms");
		bench_figure(b, "recall / bare spread, p50",
			samples_percentile(&recall, .5) / samples_percentile(&bare, .5), "");
	}
	samples_free(&bare);
	samples_free(&recall);
	return status;
}

/* With the lists in the graph cache, beside SQLite's and a bare trip that asks for the generation.
 */
static int against_sqlite(struct bench *b, mn_brain *brain, mn_brain *sqlite, struct bare *q,
	uint64_t n, unsigned rounds)
{
	struct samples bare = {0}, local = {0}, recall = {0};
	int status = 0;

	for (int pass = 0; pass < 3; pass++) {
		struct question question;
		struct dice d;

		dice_seed(&d, 5);
		for (unsigned i = 0; i < rounds && status == 0; i++) {
			double took[3];

			next_question(&d, n, &question);
			took[0] = ask_bare(q, bare_generation, "");
			took[1] = ask_brain(b, sqlite, &question, pass == 0);
			took[2] = ask_brain(b, brain, &question, pass == 0);
			if (took[0] < 0 || took[1] < 0 || took[2] < 0)
				status = -1;
			if (pass < 2)
				continue;
			samples_add(&bare, took[0] / 1000);
			samples_add(&local, took[1] / 1000);
			samples_add(&recall, took[2] / 1000);
		}
	}
	if (status == 0) {
		bench_spread_of(b, "bare trip for the generation", &bare, "ms");
		bench_spread_of(b, "recall on SQLite", &local, "ms");
		bench_spread_of(b, "recall, lists in the graph cache", &recall, "ms");
		bench_figure(b, "recall / (SQLite + trip), p50",
			samples_percentile(&recall, .5)
				/ (samples_percentile(&local, .5) + samples_percentile(&bare, .5)),
			"");
	}
	samples_free(&bare);
	samples_free(&local);
	samples_free(&recall);
	return status;
}

static int count_trips(struct bench *b, const char *url, uint64_t n)
{
	const char *port = strrchr(url, ':');
	struct question question;
	char through[300];
	struct brain k;
	struct dice d;
	double took = 0;
	int status;

	snprintf(through, sizeof(through), "%.*s:%u%s", (int)(port - url), url,
		proxy_start((uint16_t)strtoul(port + 1, NULL, 10)), strrchr(url, '/'));
	status = open_brain(b, through, false, &k);
	dice_seed(&d, 9);
	for (int i = 0; i < 3 && status == 0; i++) {
		next_question(&d, n, &question);
		proxy_count();
		took = ask_brain(b, k.brain, &question, false);
		if (took >= 0)
			bench_figure(b, i ? "trips of a recall" : "trips of the first recall",
				proxy_count(), "");
	}
	close_brain(&k);
	proxy_stop();
	return status == 0 && took >= 0 ? 0 : -1;
}

static int measure(struct bench *b, const char *url, uint64_t n, unsigned rounds)
{
	struct brain k = {0}, local = {0};
	struct bare q;
	char sqlite[200];
	int status = open_bare(&q, url);

	snprintf(sqlite, sizeof(sqlite), "sqlite:%s", b->dir);
	if (status == 0)
		status = find_key(&q);
	if (status == 0)
		status = open_brain(b, url, false, &k);
	if (status == 0)
		status = against_bare(b, k.brain, &q, n, rounds);
	if (status == 0)
		status = open_brain(b, sqlite, true, &local);
	if (status == 0)
		status = synth_fill(b, local.brain, n, 42);
	if (status == 0)
		status = against_sqlite(b, k.brain, local.brain, &q, n, rounds);
	close_brain(&local);
	close_brain(&k);
	close_bare(&q);
	return status == 0 ? count_trips(b, url, n) : status;
}

static int run(struct bench *b)
{
	const char *url = getenv("NEO4J_URL");
	const uint64_t n = b->size ? b->size : SIZE;
	int status;

	if (!url) {
		fprintf(stderr, "mnemoscope-bench: neo4j: NEO4J_URL is not set: run "
				"bench/neo4j/run\n");
		return -1;
	}
	status = load(b, url, n);
	return status == 0 ? measure(b, url, n, b->rounds ? b->rounds : ROUNDS) : status;
}

const struct bench_case bench_neo4j = {"neo4j",
	"a synthetic brain in the Neo4j of NEO4J_URL: load, recalls against bare queries", run};
