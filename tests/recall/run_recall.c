/* SPDX-License-Identifier: MIT */
/*
 * run_recall.c - asks a set of questions of brains made from a set of memories, one brain for each
 * conversation, and writes the rankings, for an evaluator to score.
 *
 * usage: run_recall MEMORIES.jsonl QUERIES.jsonl [--store URL] [--kernel K] [--depth N]
 *                   [--together] [--rounds N]
 *
 * A memory is a line of the import format with "conversation"; a question is a line
 * {"conversation", "query_index", "question"}; a ranking is a line {"conversation", "query_index",
 * "ranked": [id...]}. together: all memories in one brain. Latencies go to standard error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/str.h"

#define MOST_BRAINS 64
#define MOST_QUERIES 10000
#define LONGEST 1000000

struct setting {
	const char *memories, *queries;
	mn_str store, kernel;
	int depth, rounds;
	bool together;
};

struct run {
	struct setting set;
	mn_engine *engine;
	mn_store *store;
	mn_call call;
	struct {
		char name[100];
		mn_brain *brain;
	} brains[MOST_BRAINS];
	size_t nbrains;
	uint32_t latency[MOST_QUERIES];
	size_t nlatency;
	uint64_t examined, activated;
};

static int read_file(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	*n = fread(out, 1, room, ctx);
	return ferror(ctx) ? mn_fail(call, MN_EIO, 0, "cannot read the memories") : MN_OK;
}

static int import(struct run *r, mn_brain *b, const char *conversation)
{
	FILE *f = fopen(r->set.memories, "rb");
	mn_source source = {f, read_file, mn_str_of(r->set.memories)};
	mn_import_options options = MN_SIZED(mn_import_options);
	mn_import_report report = MN_SIZED(mn_import_report);
	int rc;

	if (!f)
		return mn_fail(&r->call, MN_EIO, 0, "cannot open the memories");
	options.format = MN_FORMAT_JSONL;
	if (!r->set.together)
		options.conversation = mn_str_of(conversation);
	rc = mn_import(b, &r->call, &options, &source, &report);
	fclose(f);
	fprintf(stderr, "%s: %llu memories, %llu neurons, %llu synapses\n", conversation,
		(unsigned long long)report.added, (unsigned long long)report.neurons,
		(unsigned long long)report.synapses);
	return rc;
}

/* The brain of a conversation, made and filled the first time. */
static int brain_of(struct run *r, const char *conversation, mn_brain **out)
{
	const char *name = r->set.together ? "all" : conversation;
	size_t i = 0;
	int rc;

	while (i < r->nbrains && strcmp(r->brains[i].name, name) != 0)
		i++;
	if (i == r->nbrains) {
		if (i == MOST_BRAINS)
			return mn_fail(&r->call, MN_EINVAL, 0, "too many conversations");
		snprintf(r->brains[i].name, sizeof(r->brains[i].name), "%s", name);
		rc = mn_store_create(r->store, &r->call, mn_str_of(name), (mn_str){0});
		if (rc == MN_OK)
			rc = mn_brain_open(
				r->store, &r->call, mn_str_of(name), &r->brains[i].brain);
		if (rc == MN_OK)
			rc = import(r, r->brains[i].brain, name);
		if (rc != MN_OK)
			return rc;
		r->nbrains++;
	}
	*out = r->brains[i].brain;
	return MN_OK;
}

static void print_ranking(const char *conversation, json_int_t index, const mn_answer *a)
{
	printf("{\"conversation\":\"%s\",\"query_index\":%lld,\"ranked\":[", conversation,
		(long long)index);
	for (size_t i = 0; i < a->nhits; i++)
		printf("%s\"%.*s\"", i ? "," : "", (int)a->hits[i].uid.len, a->hits[i].uid.ptr);
	puts("]}");
}

static int ask(struct run *r, const json_t *query)
{
	const char *conversation = json_string_value(json_object_get(query, "conversation"));
	mn_ask question = MN_SIZED(mn_ask);
	mn_answer a = MN_SIZED(mn_answer);
	mn_brain *b;
	int rc = brain_of(r, conversation, &b);

	question.text = mn_json_str(json_object_get(query, "question"));
	question.kernel = r->set.kernel;
	question.depth = r->set.depth;
	question.fresh = true;
	for (int i = 0; i < r->set.rounds && rc == MN_OK; i++) {
		mn_call_reset(&r->call);
		rc = mn_brain_recall(b, &r->call, &question, &a);
	}
	if (rc != MN_OK)
		return rc;
	if (r->nlatency < MOST_QUERIES)
		r->latency[r->nlatency++] = a.latency_us;
	r->examined += a.examined;
	r->activated += a.activated;
	print_ranking(conversation, json_integer_value(json_object_get(query, "query_index")), &a);
	return MN_OK;
}

static int ask_all(struct run *r)
{
	FILE *f = fopen(r->set.queries, "rb");
	char *line = mn_alloc(LONGEST), why[200];
	json_t *query;
	int rc = f && line ? MN_OK : mn_fail(&r->call, MN_EIO, 0, "cannot open the questions");

	while (rc == MN_OK && fgets(line, LONGEST, f)) {
		mn_call_reset(&r->call);
		rc = mn_json_read(mn_str_of(line), why, sizeof(why), &query);
		if (rc != MN_OK)
			return mn_fail(&r->call, rc, 0, "%s", why);
		rc = ask(r, query);
		json_decref(query);
	}
	if (f)
		fclose(f);
	mn_free(line);
	return rc;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void report(struct run *r)
{
	size_t n = r->nlatency;

	if (!n)
		return;
	qsort(r->latency, n, sizeof(*r->latency), by_size);
	fprintf(stderr,
		"%zu questions, microseconds: p50 %u, p95 %u, p99 %u; a question examines %.0f synapses, "
		"activates %.0f neurons\n",
		n, r->latency[n / 2], r->latency[n * 95 / 100], r->latency[n * 99 / 100],
		(double)r->examined / (double)n, (double)r->activated / (double)n);
}

static bool parse(int argc, char **argv, struct setting *s)
{
	*s = (struct setting){.store = MN_STR("memory:"), .depth = MN_DEPTH_AUTO, .rounds = 1};
	if (argc < 3)
		return false;
	s->memories = argv[1];
	s->queries = argv[2];
	for (int i = 3; i < argc; i++) {
		if (strcmp(argv[i], "--together") == 0)
			s->together = true;
		else if (i + 1 == argc)
			return false;
		else if (strcmp(argv[i], "--store") == 0)
			s->store = mn_str_of(argv[++i]);
		else if (strcmp(argv[i], "--kernel") == 0)
			s->kernel = mn_str_of(argv[++i]);
		else if (strcmp(argv[i], "--depth") == 0)
			s->depth = (int)strtol(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--rounds") == 0)
			s->rounds = (int)strtol(argv[++i], NULL, 10);
		else
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	const char *plugins = getenv("MN_PLUGINS");
	mn_str dir = mn_str_of(plugins);
	mn_options options = MN_SIZED(mn_options);
	mn_error err = MN_SIZED(mn_error);
	static struct run r;
	int rc;

	if (!parse(argc, argv, &r.set)) {
		fprintf(stderr,
			"usage: run_recall MEMORIES.jsonl QUERIES.jsonl [--store URL] [--kernel K] "
			"[--depth N] [--together] [--rounds N]\n");
		return 2;
	}
	options.plugin_dirs = (mn_strs){&dir, plugins ? 1 : 0};
	if (mn_engine_new(&options, &err, &r.engine) != MN_OK
		|| mn_call_init(&r.call, r.engine, 0) != MN_OK)
		return 1;
	rc = mn_store_open(r.engine, &r.call, r.set.store, false, &r.store);
	if (rc == MN_OK)
		rc = ask_all(&r);
	if (rc != MN_OK)
		fprintf(stderr, "run_recall: %s\n", r.call.err->text);
	report(&r);
	for (size_t i = 0; i < r.nbrains; i++)
		mn_brain_close(r.brains[i].brain);
	mn_store_close(r.store);
	mn_call_done(&r.call);
	mn_engine_free(r.engine);
	return rc == MN_OK ? 0 : 1;
}
