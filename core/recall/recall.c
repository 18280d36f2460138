/* SPDX-License-Identifier: MIT */
/* recall.c - a question becomes an answer. */
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "recall/answer.h"
#include "recall/fan.h"
#include "recall/learn.h"
#include "recall/result.h"
#include "recall/top.h"

#define LIMIT 20
#define MOST_LIMIT 10000
#define TRIES 4      /* overtaken by writers so often, a recall goes on with a cache of its own */
#define MOST_USED 5  /* memories of an answer that are reinforced, */
#define MOST_STEPS 6 /* and neurons on the path to each */

/* ---- Starting ------------------------------------------------------------------------------ */

static int check(struct mn_recall *r)
{
	const mn_ask *ask = r->ask;

	r->kernel = mn_kernel_of(ask->kernel);
	if (!r->kernel)
		return mn_fail(r->call, MN_EINVAL, 0,
			"there is no kernel \"%.*s\": there are fan and classic",
			MN_FMT(ask->kernel));
	if (ask->depth < MN_DEPTH_AUTO || ask->depth > MN_DEPTH_DEEP)
		return mn_fail(
			r->call, MN_EINVAL, 0, "a depth is auto or 0 to 3, not %d", ask->depth);
	if (!mn_text_valid(ask->text))
		return mn_fail(r->call, MN_EINVAL, 0,
			"the question is not valid UTF-8, or has a NUL in it");
	if (ask->limit > MOST_LIMIT)
		return mn_fail(
			r->call, MN_EINVAL, 0, "at most %d memories can be asked for", MOST_LIMIT);
	return MN_OK;
}

/* The fan kernel takes the second concept hop wherever there is more than one word to go by;
 * classic, like the original, looks further if the question's words ask for it. */
static int choose_depth(const struct mn_recall *r, const mn_analysis *said)
{
	if (r->ask->depth != MN_DEPTH_AUTO)
		return r->ask->depth;
	if (r->kernel == &mn_classic)
		return mn_analyst_cue(r->bench.analyst, r->ask->text);
	return said->nstems < 2 ? MN_DEPTH_CONTEXT : MN_DEPTH_HABIT;
}

static int analyze(struct mn_recall *r, mn_analysis *out)
{
	mn_subject subject = {.text = r->ask->text,
		.now = r->now,
		.question = true,
		.want = MN_WANT_STEMS | MN_WANT_NAMES | MN_WANT_DATES | MN_WANT_MARKS};

	return mn_analyze(r->bench.analyst, &r->inner, &subject, out);
}

/* Neurons that were asked for by uid. */
static int find_asked(struct mn_recall *r, uint32_t **out)
{
	const mn_strs *uids = &r->ask->anchors;
	int rc;

	*out = mn_call_array(&r->inner, uids->n, sizeof(**out));
	if (!*out)
		return MN_ENOMEM;
	rc = uids->n ? mn_view_uids(&r->view, *uids, *out) : MN_OK;
	for (size_t i = 0; i < uids->n && rc == MN_OK; i++)
		if ((*out)[i] == MN_NOBODY)
			rc = mn_fail(r->call, MN_EINVAL, 0,
				"there is no neuron \"%.*s\" to begin with", MN_FMT(uids->at[i]));
	return rc;
}

/* Under classic they are a set of their own. */
static int add_set(struct mn_recall *r, const uint32_t *nodes, size_t n, mn_anchors *anchors)
{
	uint32_t had = anchors->start[anchors->nsets];
	uint32_t *all = mn_call_array(&r->inner, had + n, sizeof(*all));
	uint32_t *start = mn_call_array(&r->inner, anchors->nsets + 2, sizeof(*start));

	if (!all || !start)
		return MN_ENOMEM;
	if (had)
		memcpy(all, anchors->node, had * sizeof(*all));
	memcpy(start, anchors->start, (anchors->nsets + 1) * sizeof(*start));
	for (size_t i = 0; i < n; i++)
		all[had + i] = nodes[i];
	start[anchors->nsets + 1] = had + (uint32_t)n;
	*anchors = (mn_anchors){all, start, anchors->nsets + 1};
	return MN_OK;
}

/* ---- Spreading ----------------------------------------------------------------------------- */

static void ready(struct mn_recall *r, const mn_analysis *said)
{
	static const uint32_t hops[] = {1, 3, 4};
	const mn_config *config = mn_view_config(&r->view);

	r->depth = choose_depth(r, said);
	r->spread = (mn_spread){.view = &r->view,
		.arena = r->bench.arena,
		.space = r->bench.space,
		.side = r->bench.side,
		.record = r->ask->want_trace ? r->bench.record : NULL,
		.depth = r->depth,
		.max_hops = r->depth == MN_DEPTH_DEEP ? config->max_spread_hops : hops[r->depth],
		.threshold = config->activation_threshold,
		.budget = r->ask->budget,
		.limit = r->limit};
}

static int spread_by(struct mn_recall *r, const mn_kernel *kernel, const struct mn_question *q,
	const mn_anchors *anchors)
{
	r->kernel = kernel;
	ready(r, q->said);
	r->spread.question = q;
	r->spread.anchors = *anchors;
	return kernel->spread(&r->spread);
}

static int find_anchors(
	struct mn_recall *r, const struct mn_question *q, bool foreign, mn_anchors *out)
{
	uint32_t nodes[MN_CLASSIC_FOREIGN], n = 0;
	int rc = mn_classic_anchors(&r->view, &r->inner, q->said, out);

	if (foreign && rc == MN_OK)
		rc = mn_classic_foreign(&r->view, r->ask->text, q->said, nodes, &n);
	if (n && rc == MN_OK)
		rc = add_set(r, nodes, n, out);
	if (q->nanchors && rc == MN_OK)
		rc = add_set(r, q->anchors, q->nanchors, out);
	return rc;
}

/* A brain that was not encoded here has other concepts than the stems fan begins with. */
static int spread_otherwise(struct mn_recall *r, const struct mn_question *q)
{
	mn_anchors anchors;
	uint32_t any;
	size_t n;
	int rc = mn_top_memories(&r->view, r->bench.space, &r->inner, &any, 1, &n);

	if (rc == MN_OK && n == 0)
		rc = find_anchors(r, q, true, &anchors);
	if (rc != MN_OK || n || anchors.start[anchors.nsets] == 0)
		return rc;
	mn_record_clear(r->bench.record);
	return spread_by(r, &mn_classic, q, &anchors);
}

static int spread(struct mn_recall *r)
{
	mn_analysis said = {0};
	struct mn_question question = {
		.said = &said, .analyst = r->bench.analyst, .nanchors = r->ask->anchors.n};
	const mn_kernel *kernel = mn_kernel_of(r->ask->kernel);
	mn_anchors anchors = {0};
	uint32_t *asked;
	int rc = analyze(r, &said);

	if (rc == MN_OK)
		rc = find_asked(r, &asked);
	if (rc != MN_OK)
		return rc;
	question.anchors = asked;
	if (kernel == &mn_classic)
		rc = find_anchors(r, &question, false, &anchors);
	if (rc == MN_OK)
		rc = spread_by(r, kernel, &question, &anchors);
	if (rc == MN_OK && !r->ask->kernel.len)
		rc = spread_otherwise(r, &question);
	return rc == MN_OK ? mn_view_whole(&r->view, r->bench.space) : rc;
}

static uint64_t count_active(const mn_space *space)
{
	uint64_t n = 0;

	for (size_t i = 0; i < space->ncells; i++)
		n += space->cells[i].level > 0;
	return n;
}

/* ---- Learning ------------------------------------------------------------------------------ */

/* The neurons and synapses on the way to the best memories, if they are among the best. */
static int find_used(struct mn_recall *r, struct mn_used *out)
{
	mn_state *states = mn_call_array(&r->inner, MOST_USED * MOST_STEPS, sizeof(*states));
	mn_id *synapses = mn_call_array(&r->inner, MOST_USED * MOST_STEPS, sizeof(*synapses));

	if (!states || !synapses)
		return MN_ENOMEM;
	*out = (struct mn_used){.states = states, .synapses = synapses, .when = r->now};
	for (size_t i = 0; i < r->nranked && i < MOST_USED && r->hits[i].level >= 0.5; i++) {
		const mn_cell *c = mn_space_find(r->bench.space, r->ranked[i]);

		for (int step = 0; c && step < MOST_STEPS; step++) {
			double level = c->level < 1 ? c->level : 1;

			states[out->nstates++] = (mn_state){.id = mn_view_id(&r->view, c->node),
				.level = level > 0 ? level : 0,
				.decay = -1,
				.last = r->now,
				.uses = 1};
			if (c->synapse)
				synapses[out->nsynapses++] = c->synapse;
			c = c->from == MN_NOBODY ? NULL : mn_space_find(r->bench.space, c->from);
		}
	}
	return MN_OK;
}

/* ---- The same again ------------------------------------------------------------------------ */

/* Everything an answer depends on but the graph; empty: it is not to be kept. */
static mn_str key_of(const struct mn_recall *r)
{
	const mn_ask *q = r->ask;

	if (q->want_trace || q->anchors.n)
		return (mn_str){0};
	return mn_arena_printf(r->call->arena, "%s %d %u %u %u %d %lld %.*s",
		q->kernel.len ? r->kernel->name : "", q->depth, r->limit, q->budget,
		q->want_context ? q->context_tokens : 0, q->want_context,
		(long long)mn_day_of(r->now), (int)q->text.len, q->text.ptr);
}

/* An answer that was given before; *known false: it has to be worked out. */
static int find_again(struct mn_recall *r, mn_str key, mn_answer *out, bool *known)
{
	struct mn_graph *graph = mn_graph_of(r->brain->mind);
	struct mn_used used;
	mn_time taken;
	int rc;

	*known = false;
	if (!graph || !key.ptr || r->ask->fresh || !mn_results_have(mn_graph_results(graph), key))
		return MN_OK;
	rc = mn_brain_generation(r->brain, r->call);
	if (rc != MN_OK)
		return rc;
	*known = mn_results_find(mn_graph_results(graph), r->call, key, &r->call->at, out, &used);
	if (!*known)
		return MN_OK;
	taken = mn_engine_monotonic(r->call->engine) - r->begun;
	out->latency_us = taken < UINT32_MAX ? (uint32_t)taken : UINT32_MAX;
	used.when = r->now;
	if (r->ask->learn)
		mn_learn(r->brain, &used);
	return MN_OK;
}

static void tell_vitals(struct mn_recall *r, uint32_t latency)
{
	struct mn_mind *mind = r->brain->mind;
	mn_vitals *v = &mind->vitals;
	const uint32_t room = sizeof(v->latency_us) / sizeof(*v->latency_us);

	pthread_mutex_lock(&mind->lock);
	v->latency_us[v->recalls++ % room] = latency;
	v->nlatency = v->recalls < room ? (uint32_t)v->recalls : room;
	pthread_mutex_unlock(&mind->lock);
}

/* ---- Answering ----------------------------------------------------------------------------- */

static int answer(struct mn_recall *r, mn_answer *out)
{
	const mn_config *config = mn_view_config(&r->view);
	uint32_t tokens = r->ask->context_tokens ? r->ask->context_tokens
						 : config->max_context_tokens;
	mn_time taken;
	int rc = mn_recall_rank(r);

	if (rc == MN_OK && r->ask->want_context)
		rc = mn_recall_context(r, tokens, &out->context);
	if (rc != MN_OK)
		return rc;
	taken = mn_engine_monotonic(r->call->engine) - r->begun;
	out->hits = r->hits;
	out->nhits = r->nranked;
	out->activated = count_active(r->bench.space);
	out->examined = r->spread.examined;
	out->latency_us = taken < UINT32_MAX ? (uint32_t)taken : UINT32_MAX;
	out->depth = r->depth;
	out->kernel = mn_str_of(r->kernel->name);
	return r->ask->want_trace ? mn_recall_trace(r, out, &out->trace) : MN_OK;
}

/* What happens once an answer is there: it is kept, and what it used is reinforced. */
static int conclude(struct mn_recall *r, mn_str key, const mn_answer *found)
{
	struct mn_used used;
	int rc = find_used(r, &used);

	if (rc != MN_OK)
		return rc;
	if (key.ptr && !r->view.private_net)
		mn_results_keep(
			mn_graph_results(r->brain->mind->graph), key, &r->view.gen, found, &used);
	if (r->ask->learn)
		mn_learn(r->brain, &used);
	return MN_OK;
}

/* The first try at a store that is far away does without asking for the generation. */
static int open_view(struct mn_recall *r, int tries)
{
	const mn_store *store = r->brain->store;

	if (tries == 0 && store->info.trip_us >= MN_FAR_US)
		return mn_view_trust(r->brain, r->call, &r->view);
	return mn_view_open(r->brain, r->call, tries + 1 == TRIES, &r->view);
}

/* One try; the last one is over a cache of its own. */
static int attempt(struct mn_recall *r, int tries, mn_str key, mn_answer *out)
{
	struct mn_graph *graph = mn_graph_of(r->brain->mind);
	int rc = graph ? mn_graph_take_bench(graph, r->call, &r->bench) : mn_fail_memory(r->call);

	if (rc != MN_OK)
		return rc;
	r->inner = *r->call;
	r->inner.arena = r->bench.arena;
	r->fetched = (struct mn_fetched){0};
	rc = open_view(r, tries);
	if (rc == MN_OK) {
		rc = spread(r);
		if (rc == MN_OK)
			rc = answer(r, out);
		if (rc == MN_OK)
			rc = mn_view_settle(&r->view);
		if (rc == MN_OK)
			rc = conclude(r, key, out);
		r->call->at = r->view.gen;
		mn_view_close(&r->view);
	}
	mn_graph_give_bench(graph, &r->bench);
	if (rc != MN_OK)
		mn_trace_free(out->trace);
	return rc;
}

static int find_answer(struct mn_recall *r, mn_answer *found)
{
	mn_str key = key_of(r);
	bool known;
	int rc = find_again(r, key, found, &known);

	if (rc != MN_OK || known)
		return rc;
	rc = attempt(r, 0, key, found);
	for (int i = 1; i < TRIES && rc == MN_ESTALE; i++) {
		*r->call->err = (mn_error){.size = r->call->err->size};
		*found = MN_SIZED(mn_answer);
		rc = attempt(r, i, key, found);
	}
	return rc;
}

int mn_brain_recall(mn_brain *b, mn_call *call, const mn_ask *ask, mn_answer *out)
{
	mn_ask whole = {0};
	struct mn_recall r = {.brain = b, .call = call, .ask = &whole};
	mn_answer found = MN_SIZED(mn_answer);
	uint32_t size = out->size && out->size < sizeof(found) ? out->size : sizeof(found);
	int rc;

	memcpy(&whole, ask, ask->size < sizeof(whole) ? ask->size : sizeof(whole));
	rc = check(&r);
	if (rc != MN_OK)
		return rc;
	r.limit = whole.limit ? whole.limit : LIMIT;
	r.now = whole.now ? whole.now : mn_engine_now(call->engine);
	r.begun = mn_engine_monotonic(call->engine);
	rc = find_answer(&r, &found);
	if (rc != MN_OK)
		return rc;
	tell_vitals(&r, found.latency_us);
	found.size = out->size;
	memcpy(out, &found, size);
	return MN_OK;
}
