/* SPDX-License-Identifier: MIT */
/* capacity.c - the verb that tells what a brain costs, and how fast it answers. */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/str.h"
#include "cli/verbs.h"
#include "emit.h"
#include "session.h"
#include "ticker.h"

enum { SMALL = 10000, LARGE = 100000, QUESTION_WORDS = 6, LATENCIES = 1024 };

struct capacity {
	mn_brain_row row;
	mn_vitals vitals;
	uint64_t resident; /* bytes of this process */
};

static const char *tier(uint64_t neurons)
{
	return neurons < SMALL ? "small" : neurons <= LARGE ? "medium" : "large";
}

/* How many neurons are missing to the next tier; 0: there is none. */
static uint64_t to_next(uint64_t neurons)
{
	return neurons < SMALL ? SMALL - neurons : neurons <= LARGE ? LARGE + 1 - neurons : 0;
}

/* Of this process: the second figure of statm, in pages. */
static uint64_t resident_bytes(void)
{
	char line[128] = "", *second;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f)
		return 0;
	second = fgets(line, sizeof(line), f) ? strchr(line, ' ') : NULL;
	fclose(f);
	return second ? strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

/* ---- Questions made of the brain's own memories ------------------------------------------- */

/* The first words of a text, as a question. */
static mn_str first_words(mn_str text)
{
	size_t n = 0;

	for (unsigned words = 0; n < text.len && words < QUESTION_WORDS; n++)
		words += text.ptr[n] == ' ' || text.ptr[n] == '\n';
	return mn_str_sub(text, 0, n);
}

static int ask_one(mn_session *s, mn_call *call, mn_id anchor)
{
	mn_ask ask = MN_SIZED(mn_ask);
	mn_answer answer = MN_SIZED(mn_answer);
	mn_rows rows;
	int rc = mn_brain_get(
		s->brain, call, MN_NEURON, (mn_ids){&anchor, 1}, MN_FIELD_TEXT, &rows);

	if (rc || rows.at.neuron[0].id == 0)
		return rc;
	ask.text = first_words(rows.at.neuron[0].text);
	ask.depth = MN_DEPTH_AUTO;
	return mn_brain_recall(s->brain, call, &ask, &answer);
}

/* Asks up to n questions, spread evenly over the memories, and learns nothing from it. */
static int sample(mn_session *s, uint64_t fibers, uint64_t n)
{
	uint64_t stride = fibers / n ? fibers / n : 1, seen = 0, asked = 0;
	mn_query q = MN_SIZED(mn_query);
	mn_page page = MN_SIZED(mn_page);
	mn_scan *it = NULL;
	mn_call call, paging;
	mn_ticker t;
	mn_progress p = mn_ticker_progress(&t);
	int rc;

	q.kind = MN_FIBER;
	q.fields = MN_FIELD_HEAD;
	mn_ticker_start(&t, s->app, "asking");
	rc = mn_call_init(&call, s->app->engine, 0);
	call.token = s->app->token;
	call.err = s->call.err;
	if (rc == MN_OK)
		rc = mn_call_init(&paging, s->app->engine, 0);
	else
		paging.arena = NULL;
	paging.token = s->app->token;
	paging.err = s->call.err;
	if (rc == MN_OK)
		rc = mn_brain_scan(s->brain, &s->call, &q, &it);
	while (rc == MN_OK && !page.last && asked < n) {
		mn_call_reset(&paging);
		rc = mn_scan_next(it, &paging, 1024, &page);
		for (size_t i = 0; rc == MN_OK && i < page.rows.n && asked < n; i++) {
			if (seen++ % stride)
				continue;
			mn_call_reset(&call);
			rc = ask_one(s, &call, page.rows.at.fiber[i].anchor);
			p.tell(p.ctx, ++asked, n, "questions");
		}
	}
	mn_scan_done(it);
	mn_call_done(&paging);
	mn_call_done(&call);
	mn_ticker_stop(&t);
	return rc;
}

/* ---- Showing ------------------------------------------------------------------------------ */

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t percentile(const mn_vitals *v, unsigned percent)
{
	return v->latency_us[(size_t)v->nlatency * percent / 100];
}

static void line(mn_printer *out, const char *what, const char *value, const char *more)
{
	mn_print_style(out, MN_STYLE_DIM);
	fprintf(out->to, "%-12s", what);
	mn_print_style(out, MN_STYLE_NONE);
	fprintf(out->to, "%14s  %s\n", value, more);
}

static void print_tier(mn_printer *out, uint64_t neurons)
{
	static const char *const next[] = {"medium", "large"};
	char count[64], more[96];

	if (to_next(neurons))
		snprintf(more, sizeof(more), "%s from %s",
			mn_format_things(to_next(neurons), "neuron", count),
			next[neurons >= SMALL]);
	else
		snprintf(more, sizeof(more), "there is none above");
	line(out, "tier", tier(neurons), more);
}

static void print_latency(mn_printer *out, const mn_vitals *v)
{
	char a[32], b[80], count[64];

	if (v->nlatency == 0) {
		line(out, "latency", "-", "--sample N asks questions and measures");
		return;
	}
	for (unsigned i = 0; i < 3; i++) {
		static const unsigned percents[] = {50, 95, 99};

		snprintf(b, sizeof(b), "p%u of %s", percents[i],
			mn_format_things(v->nlatency, "recall", count));
		line(out, i ? "" : "latency", mn_format_span(percentile(v, percents[i]), a), b);
	}
}

static void print(mn_printer *out, const struct capacity *c)
{
	char a[32], b[64];
	uint64_t asked = c->vitals.cache_hits + c->vitals.cache_misses;

	line(out, "memories", mn_format_count(c->row.fibers, a), "");
	line(out, "neurons", mn_format_count(c->row.neurons, a), "");
	line(out, "synapses", mn_format_count(c->row.synapses, a), "");
	print_tier(out, c->row.neurons);
	snprintf(b, sizeof(b), "%" PRIu64 " bytes a memory",
		c->row.fibers ? c->row.bytes / c->row.fibers : 0);
	line(out, "disk", mn_format_bytes(c->row.bytes, a), b);
	snprintf(b, sizeof(b), "of %s; %.1f %% hits", mn_format_bytes(c->vitals.cache_budget, a),
		asked ? (double)c->vitals.cache_hits * 100 / (double)asked : 0.0);
	line(out, "cache", mn_format_bytes(c->vitals.cache_bytes, a), b);
	line(out, "process", mn_format_bytes(c->resident, a), "resident");
	print_latency(out, &c->vitals);
}

static void emit(mn_printer *out, const struct capacity *c)
{
	const mn_vitals *v = &c->vitals;

	mn_emit_open(out, NULL, '{');
	mn_emit_text(out, "brain", c->row.name);
	mn_emit_count(out, "neurons", c->row.neurons);
	mn_emit_count(out, "synapses", c->row.synapses);
	mn_emit_count(out, "fibers", c->row.fibers);
	mn_emit_count(out, "bytes", c->row.bytes);
	mn_emit_text(out, "tier", mn_str_of(tier(c->row.neurons)));
	mn_emit_count(out, "to_next_tier", to_next(c->row.neurons));
	mn_emit_count(out, "resident_bytes", c->resident);
	mn_emit_count(out, "cache_bytes", v->cache_bytes);
	mn_emit_count(out, "cache_budget", v->cache_budget);
	mn_emit_count(out, "cache_hits", v->cache_hits);
	mn_emit_count(out, "cache_misses", v->cache_misses);
	mn_emit_count(out, "recalls", v->nlatency);
	if (v->nlatency) {
		mn_emit_count(out, "p50_us", percentile(v, 50));
		mn_emit_count(out, "p95_us", percentile(v, 95));
		mn_emit_count(out, "p99_us", percentile(v, 99));
	}
	mn_emit_close(out, '}');
	mn_emit_end(out);
}

static int capacity(mn_app *app, const mn_args *args)
{
	mn_session s;
	struct capacity c = {.vitals = MN_SIZED(mn_vitals)};
	uint64_t n = (uint64_t)mn_args_count(args, "--sample");
	int rc = mn_session_open(&s, app, mn_args_text(args, "NAME"), MN_SESSION_READ);

	if (rc == MN_OK)
		rc = mn_brain_describe(s.brain, &s.call, &c.row);
	if (rc == MN_OK && n)
		rc = sample(&s, c.row.fibers, n);
	if (rc == MN_OK)
		rc = mn_brain_vitals(s.brain, &c.vitals);
	if (rc == MN_OK) {
		qsort(c.vitals.latency_us, c.vitals.nlatency, sizeof(*c.vitals.latency_us),
			by_size);
		c.resident = resident_bytes();
		if (app->json)
			emit(&app->out, &c);
		else
			print(&app->out, &c);
	}
	return mn_session_end(&s, rc);
}

static const mn_param capacity_params[] = {
	{.name = "NAME",
		.does = "the brain's name, or STORE#NAME (default: the one that is set)",
		.type = MN_PARAM_BRAIN},
	{.name = "--sample",
		.does = "ask so many questions, made of the brain's own memories, and measure",
		.value = "N",
		.min = 1,
		.max = LATENCIES,
		.type = MN_PARAM_COUNT},
	{0},
};

static const mn_example capacity_examples[] = {
	{"mnemoscope capacity --sample 200", "what a brain costs and how fast it answers"},
	{0},
};

const mn_action mn_verbs_capacity[] = {
	{.name = "capacity",
		.does = "Tell what a brain costs and how fast it answers",
		.help = "A brain is small below 10,000 neurons, medium up to 100,000, large above.",
		.json = "One object {brain, neurons, synapses, fibers, bytes, tier, to_next_tier, "
			"resident_bytes, cache_bytes, cache_budget, cache_hits, cache_misses, "
			"recalls}: tier is \"small\", \"medium\" or \"large\", to_next_tier how "
			"many "
			"neurons are missing to the next (0 in the last), resident_bytes the "
			"memory "
			"of this process. Under --sample also p50_us, p95_us and p99_us, the "
			"percentiles of the recalls in microseconds.",
		.params = capacity_params,
		.examples = capacity_examples,
		.scope = MN_ON_CLI,
		.verb = capacity},
	{0},
};
