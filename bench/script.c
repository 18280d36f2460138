/* SPDX-License-Identifier: MIT */
/* script.c - scripts: what a process costs, how many rows a second stream through it, and how late
 * it is killed. */
#include <string.h>

#include "bench.h"

#define NEURONS 100000
#define ROUNDS 20
#define WALL 100000

static const mn_str empty = MN_STR("return {name='empty', purpose='nothing', run=function() end}");
static const mn_str endless = MN_STR("return {name='endless', purpose='never ends', run=function() "
				     "string.find(string.rep('a', 20000), '.-.-.-b') end}");

/* Loops over every row of a kind; the report is the number of rows. */
static const struct {
	const char *name, *loop;
} loops[] = {
	{"neurons", "brain:neurons{}"},
	{"neurons, ids alone", "brain:neurons{fields={}}"},
	{"synapses", "brain:synapses{}"},
};

static int load(struct bench *b, mn_str text, mn_script **out)
{
	if (mn_script_load(b->engine, &b->call, MN_STR("bench.lua"), text, NULL, out) == MN_OK)
		return 0;
	return bench_fail(b, "loading a script");
}

static int start(struct bench *b, mn_brain *brain, unsigned rounds)
{
	struct samples s = {0};
	mn_script *script;
	mn_str steps;
	int status = load(b, empty, &script);

	for (unsigned i = 0; status == 0 && i < rounds; i++) {
		const double from = bench_now();

		if (mn_script_run(script, brain, &b->call, NULL, 0, NULL, &steps) != MN_OK)
			status = bench_fail(b, "running an empty script");
		samples_add(&s, bench_now() - from);
	}
	if (status == 0) {
		bench_spread_of(b, "empty", &s, "us");
		mn_script_free(script);
	}
	samples_free(&s);
	return status;
}

static int keep_count(void *ctx, mn_call *call, const char *bytes, size_t n)
{
	double *count = ctx;

	(void)call;
	*count = 0;
	for (size_t i = 0; i < n; i++)
		*count = *count * 10 + (bytes[i] - '0');
	return MN_OK;
}

static int stream(struct bench *b, mn_brain *brain, size_t which)
{
	mn_script_options options = MN_SIZED(mn_script_options);
	double rows = 0, took;
	const mn_sink sink = {&rows, keep_count};
	char text[256], name[64];
	mn_script *script;
	mn_str steps;

	snprintf(text, sizeof(text),
		"return {name='count', purpose='counts', run=function(brain) local n = 0 "
		"for row in %s do n = n + 1 end emit(tostring(n)) end}",
		loops[which].loop);
	if (load(b, (mn_str){text, strlen(text)}, &script) != 0)
		return -1;
	options.emit = &sink;
	took = bench_now();
	if (mn_script_run(script, brain, &b->call, NULL, 0, &options, &steps) != MN_OK) {
		mn_script_free(script);
		return bench_fail(b, "reading rows");
	}
	took = bench_now() - took;
	mn_script_free(script);
	snprintf(name, sizeof(name), "%s.rows", loops[which].name);
	bench_figure(b, name, rows / took * 1e6, "1/s");
	snprintf(name, sizeof(name), "%s.row", loops[which].name);
	bench_figure(b, name, rows > 0 ? took / rows : 0, "us");
	return 0;
}

/* How long after its time a script is gone that no hook can stop. */
static int overrun(struct bench *b, mn_brain *brain, unsigned rounds)
{
	mn_script_options options = MN_SIZED(mn_script_options);
	struct samples s = {0};
	mn_script *script;
	mn_str steps;
	int status = load(b, endless, &script);

	options.wall = WALL;
	for (unsigned i = 0; status == 0 && i < rounds; i++) {
		const double from = bench_now();

		if (mn_script_run(script, brain, &b->call, NULL, 0, &options, &steps)
			!= MN_ETIMEOUT)
			status = bench_fail(b, "a script without end");
		samples_add(&s, bench_now() - from - WALL);
		mn_call_reset(&b->call);
	}
	if (status == 0) {
		bench_spread_of(b, "overrun", &s, "us");
		mn_script_free(script);
	}
	samples_free(&s);
	return status;
}

static int measure(struct bench *b, mn_brain *brain)
{
	const unsigned rounds = b->rounds ? b->rounds : ROUNDS;
	int status = synth_fill(b, brain, bench_size(b, NEURONS), SYNTH_SEED);

	if (status == 0)
		status = start(b, brain, rounds);
	for (size_t i = 0; status == 0 && i < sizeof(loops) / sizeof(*loops); i++)
		status = stream(b, brain, i);
	return status == 0 ? overrun(b, brain, rounds) : status;
}

static int run(struct bench *b)
{
	mn_store *store = NULL;
	mn_brain *brain = NULL;
	const mn_str name = MN_STR("synthetic");
	int status = -1;

	if (mn_store_open(b->engine, &b->call, MN_STR("memory:"), false, &store) != MN_OK
		|| mn_store_create(store, &b->call, name, (mn_str){NULL, 0}) != MN_OK
		|| mn_brain_open(store, &b->call, name, &brain) != MN_OK)
		bench_fail(b, "opening a brain in memory");
	else
		status = measure(b, brain);
	mn_brain_close(brain);
	mn_store_close(store);
	return status;
}

const struct bench_case bench_script = {
	"script", "scripts: a process, rows a second, how late one is killed", run};
