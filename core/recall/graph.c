/* SPDX-License-Identifier: MIT */
/* graph.c - which cache a brain has: made, shared by views, patched and dropped. */
#include "recall/graph.h"

#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/type.h"
#include "base/until.h"
#include "recall/net.h"
#include "recall/result.h"
#include "recall/space.h"
#include "recall/trace.h"
#include "text/analysis.h"

#define CEILING ((size_t)1 << 30) /* what the answers to one call of the store may take */
#define NAP_NS 10000000L          /* waiting for a note: between two looks, */
#define NAPS 20                   /* and so many */
#define MOST_PATCHES 20000        /* more changes than this: reading again is quicker */

static struct mn_graph *make_graph(struct mn_mind *mind)
{
	struct mn_graph *g = mn_alloc_zero(1, sizeof(*g));

	if (!g)
		return NULL;
	g->mind = mind;
	g->results = mn_results_new();
	if (!g->results) {
		mn_free(g);
		return NULL;
	}
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->noted, NULL);
	return g;
}

struct mn_graph *mn_graph_of(struct mn_mind *mind)
{
	struct mn_graph *g;

	pthread_mutex_lock(&mind->lock);
	if (!mind->graph)
		mind->graph = make_graph(mind);
	g = mind->graph;
	pthread_mutex_unlock(&mind->lock);
	return g;
}

struct mn_results *mn_graph_results(struct mn_graph *g)
{
	return g->results;
}

/* With the graph's lock held. */
static void drop_net(struct mn_net *net)
{
	if (net && --net->refs == 0)
		net_free(net);
}

static void free_bench(struct mn_bench *b)
{
	mn_space_free(b->space);
	mn_space_free(b->side);
	mn_analyst_free(b->analyst);
	mn_record_free(b->record);
	mn_arena_free(b->arena);
	*b = (struct mn_bench){0};
}

void mn_graph_free(struct mn_graph *g)
{
	if (!g)
		return;
	drop_net(g->current);
	while (g->nbenches)
		free_bench(&g->benches[--g->nbenches]);
	mn_results_free(g->results);
	pthread_cond_destroy(&g->noted);
	pthread_mutex_destroy(&g->lock);
	mn_free(g);
}

static int make_bench(mn_call *call, struct mn_bench *b)
{
	int rc;

	*b = (struct mn_bench){.space = mn_space_new(),
		.side = mn_space_new(),
		.record = mn_record_new(),
		.arena = mn_arena_new(CEILING)};
	rc = b->space && b->side && b->record && b->arena ? mn_analyst_new(call, NULL, &b->analyst)
							  : mn_fail_memory(call);
	if (rc != MN_OK)
		free_bench(b);
	return rc;
}

int mn_graph_take_bench(struct mn_graph *g, mn_call *call, struct mn_bench *out)
{
	*out = (struct mn_bench){0};
	pthread_mutex_lock(&g->lock);
	if (g->nbenches)
		*out = g->benches[--g->nbenches];
	pthread_mutex_unlock(&g->lock);
	return out->space ? MN_OK : make_bench(call, out);
}

void mn_graph_give_bench(struct mn_graph *g, struct mn_bench *b)
{
	mn_arena_reset(b->arena);
	mn_record_clear(b->record);
	mn_analyst_trim(b->analyst);
	pthread_mutex_lock(&g->lock);
	if (g->nbenches < sizeof(g->benches) / sizeof(*g->benches)) {
		g->benches[g->nbenches++] = *b;
		*b = (struct mn_bench){0};
	}
	pthread_mutex_unlock(&g->lock);
	free_bench(b);
}

/* ---- Views --------------------------------------------------------------------------------- */

static void join(mn_view *v, struct mn_net *net)
{
	pthread_mutex_lock(&net->lock);
	v->net = net;
	v->gen = net->gen;
	v->memories = net->memories;
	v->naming = net->naming;
	v->touches = atomic_load(&net->touches);
	v->added = net->added;
	v->serial = ++net->serial;
	v->older = net->newest;
	*(net->newest ? &net->newest->newer : &net->oldest) = v;
	net->newest = v;
	pthread_mutex_unlock(&net->lock);
}

static uint64_t leave(mn_view *v)
{
	struct mn_net *net = v->net;
	uint64_t bytes;

	pthread_mutex_lock(&net->lock);
	*(v->older ? &v->older->newer : &net->oldest) = v->newer;
	*(v->newer ? &v->newer->older : &net->newest) = v->older;
	net_evict(net);
	net_bury(net);
	bytes = net->bytes;
	pthread_mutex_unlock(&net->lock);
	return bytes;
}

/* Has the cache come as far as this generation? *ahead: the store has, and the cache may yet. */
static bool covers(struct mn_net *net, const mn_gen *seen, bool *ahead)
{
	bool same, reached;

	pthread_mutex_lock(&net->lock);
	same = net->gen.epoch == seen->epoch;
	reached = same && net->gen.graph >= seen->graph;
	pthread_mutex_unlock(&net->lock);
	*ahead = same && !reached;
	return reached;
}

/* With the graph's lock held. */
static void await_other_note(struct mn_graph *g)
{
	const struct timespec until = mn_until_ns(NAP_NS);

	pthread_cond_timedwait(&g->noted, &g->lock, &until);
}

/* With the graph's lock held: waits for own writes that the store has answered to be noted, as
 * long as there are more than `own` on their way. The lock is let go of while waiting, so whoever
 * calls it needs a reference to the cache. */
static bool await_note(struct mn_graph *g, struct mn_net *net, const mn_gen *seen, unsigned own)
{
	bool ahead, reached = covers(net, seen, &ahead);

	for (int naps = 0; ahead && g->writing > own && g->current == net && naps < NAPS; naps++) {
		await_other_note(g);
		reached = covers(net, seen, &ahead);
	}
	return reached;
}

bool net_reaches(mn_view *v, const mn_gen *seen)
{
	struct mn_graph *g = v->brain->mind->graph;
	bool ahead, reached = covers(v->net, seen, &ahead);

	if (!ahead)
		return reached;
	pthread_mutex_lock(&g->lock);
	reached = await_note(g, v->net, seen, 0);
	pthread_mutex_unlock(&g->lock);
	return reached;
}

/* Does the cache still hold at this generation, and is there room in it? With the graph's lock
 * held. */
static bool usable(struct mn_graph *g, const mn_gen *now)
{
	struct mn_net *net = g->current;
	bool ok;

	if (!net)
		return false;
	net->refs++;
	ok = await_note(g, net, now, 0) && net == g->current;
	if (ok) {
		pthread_mutex_lock(&net->lock);
		ok = net->bytes <= net->budget;
		pthread_mutex_unlock(&net->lock);
	}
	drop_net(net);
	return ok;
}

static int make_net(mn_view *v, struct mn_net **out)
{
	mn_engine *engine = mn_brain_engine(v->brain);
	struct mn_net *net = net_new(engine->options.cache_bytes);
	mn_brain_row row;
	int rc;

	if (!net)
		return mn_fail_memory(&v->call);
	v->trips++;
	rc = mn_brain_describe(v->brain, &v->call, &row);
	if (rc == MN_OK)
		rc = mn_config_parse(&v->call, row.config, &net->config);
	if (rc != MN_OK) {
		net_free(net);
		return rc;
	}
	net->gen = v->call.at;
	net->memories = row.fibers;
	*out = net;
	return MN_OK;
}

/* The current cache if it is usable, with a reference. */
static struct mn_net *take_current(struct mn_graph *g, const mn_gen *now)
{
	struct mn_net *net = NULL;

	pthread_mutex_lock(&g->lock);
	if (usable(g, now)) {
		net = g->current;
		net->refs++;
	}
	pthread_mutex_unlock(&g->lock);
	return net;
}

/* Whatever generation it is of. */
static struct mn_net *take_trusted(struct mn_graph *g)
{
	mn_gen at = {0};

	pthread_mutex_lock(&g->lock);
	if (g->current) {
		pthread_mutex_lock(&g->current->lock);
		at = g->current->gen;
		pthread_mutex_unlock(&g->current->lock);
	}
	pthread_mutex_unlock(&g->lock);
	return at.epoch ? take_current(g, &at) : NULL;
}

static void make_current(struct mn_graph *g, struct mn_net *net)
{
	pthread_mutex_lock(&g->lock);
	drop_net(g->current);
	g->current = net;
	net->refs++;
	pthread_mutex_unlock(&g->lock);
}

static int find_net(mn_view *v, struct mn_graph *g, struct mn_net **out)
{
	bool shares = v->brain->store->info.caps & MN_CAP_GENERATION;
	int rc = MN_OK;

	*out = v->trusted && shares ? take_trusted(g) : NULL;
	if (*out)
		return MN_OK;
	/* Without a cache there is nothing to compare with: the row of the brain says it. */
	if (v->trusted && shares)
		rc = make_net(v, out);
	v->trusted = false;
	if (*out && rc == MN_OK)
		make_current(g, *out);
	if (*out || rc != MN_OK)
		return rc;
	if (shares && !v->private_net) {
		v->trips++;
		rc = mn_brain_generation(v->brain, &v->call);
		*out = rc == MN_OK ? take_current(g, &v->call.at) : NULL;
		if (rc != MN_OK || *out)
			return rc;
	}
	v->private_net |= !shares;
	rc = make_net(v, out);
	if (rc == MN_OK && !v->private_net)
		make_current(g, *out);
	return rc;
}

static int open_view(mn_brain *b, mn_call *call, bool alone, bool trusted, mn_view *out)
{
	struct mn_graph *g = mn_graph_of(b->mind);
	struct mn_net *net;
	int rc;

	*out = (mn_view){.brain = b,
		.call = *call,
		.caller = call,
		.private_net = alone,
		.trusted = trusted};
	out->call.arena = mn_arena_new(CEILING);
	if (!g || !out->call.arena) {
		mn_arena_free(out->call.arena);
		return mn_fail_memory(call);
	}
	rc = find_net(out, g, &net);
	if (rc != MN_OK) {
		mn_arena_free(out->call.arena);
		return rc;
	}
	join(out, net);
	call->at = out->gen;
	return MN_OK;
}

int mn_view_open(mn_brain *b, mn_call *call, bool alone, mn_view *out)
{
	return open_view(b, call, alone, false, out);
}

int mn_view_trust(mn_brain *b, mn_call *call, mn_view *out)
{
	return open_view(b, call, false, true, out);
}

int mn_view_settle(mn_view *v)
{
	int rc;

	if (!v->trusted)
		return MN_OK;
	v->trips++;
	rc = mn_brain_generation(v->brain, &v->call);
	return rc == MN_OK ? mn_view_check(v, &v->call.at) : rc;
}

/* What the capacity screen shows. */
static void tell_vitals(const mn_view *v, uint64_t bytes)
{
	struct mn_mind *mind = v->brain->mind;

	pthread_mutex_lock(&mind->lock);
	mind->vitals.cache_bytes = bytes;
	mind->vitals.cache_budget = v->net->budget;
	mind->vitals.cache_hits += v->hits;
	mind->vitals.cache_misses += v->misses;
	pthread_mutex_unlock(&mind->lock);
}

void mn_view_close(mn_view *v)
{
	struct mn_graph *g = v->brain->mind->graph;

	tell_vitals(v, leave(v));
	pthread_mutex_lock(&g->lock);
	drop_net(v->net);
	pthread_mutex_unlock(&g->lock);
	mn_arena_free(v->call.arena);
	mn_idmap_free(&v->traits);
}

/* ---- Own writes ---------------------------------------------------------------------------- */

static void forget_id(struct mn_net *net, mn_id id)
{
	uint64_t *known = mn_idmap_get(&net->index, id);

	if (known)
		net_forget(net, (uint32_t)(*known - 1));
}

static void forget_name(struct mn_net *net, uint16_t type, mn_str text)
{
	char room[NAME_ROOM];

	if (text.len <= NAME_ROOM - 2)
		mn_strmap_drop(&net->names, net_name(type, text, room));
}

static bool patch_fiber(struct mn_net *net, const mn_change *c)
{
	const mn_fiber *f = c->row;

	switch (c->op) {
	case MN_ADD:
		net->memories++;
		net_row_forget(net, f->anchor);
		return true;
	case MN_TUNE: net_rows_clear(net); return true; /* where it stands is not told */
	default: return false;
	}
}

/* Patches one change into the cache; false: it cannot be seen what it touched. */
static bool patch(struct mn_net *net, const mn_change *c)
{
	const mn_synapse *s = c->row;
	const mn_neuron *n = c->row;

	if (c->op == MN_BUMP || c->kind == MN_STATE)
		return true;
	if (c->kind == MN_FIBER)
		return patch_fiber(net, c);
	if (c->kind == MN_SYNAPSE && c->op == MN_ADD) {
		forget_id(net, s->from);
		forget_id(net, s->to);
		net->naming += s->type == MN_NAMED;
		return true;
	}
	if (c->kind == MN_NEURON && c->op == MN_ADD) {
		net->added++;
		forget_id(net, n->id);
		forget_name(net, n->type, n->text);
		forget_name(net, NAME_UID, n->uid);
		net_row_forget(net, n->id);
		return true;
	}
	return false;
}

static bool patch_all(struct mn_net *net, const mn_change *changes, size_t n, const mn_gen *after)
{
	if (n > MOST_PATCHES)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!patch(net, &changes[i]))
			return false;
	net->gen = *after;
	return true;
}

struct mn_graph *mn_graph_begin_write(struct mn_mind *mind)
{
	struct mn_graph *g;

	pthread_mutex_lock(&mind->lock);
	g = mind->graph;
	pthread_mutex_unlock(&mind->lock);
	if (!g)
		return NULL;
	pthread_mutex_lock(&g->lock);
	g->writing++;
	pthread_mutex_unlock(&g->lock);
	return g;
}

void mn_graph_end_write(struct mn_graph *g)
{
	if (!g)
		return;
	pthread_mutex_lock(&g->lock);
	g->writing--;
	pthread_cond_broadcast(&g->noted);
	pthread_mutex_unlock(&g->lock);
}

void mn_graph_note(
	struct mn_mind *mind, const mn_change *changes, size_t n, const mn_applied *applied)
{
	const mn_gen *before = &applied->before, *after = &applied->after;
	struct mn_graph *g;
	struct mn_net *net;
	bool ok = true;

	pthread_mutex_lock(&mind->lock);
	g = mind->graph;
	pthread_mutex_unlock(&mind->lock);
	if (!g || (before->epoch == after->epoch && before->graph == after->graph))
		return;
	pthread_mutex_lock(&g->lock);
	net = g->current;
	if (net) {
		/* Another writer of ours may have been first at the store, and be second here. */
		net->refs++;
		ok = await_note(g, net, before, 1);
		drop_net(net);
		net = g->current;
	}
	if (net && ok) {
		pthread_mutex_lock(&net->lock);
		if (net->gen.epoch == before->epoch && net->gen.graph == before->graph)
			ok = patch_all(net, changes, n, after);
		pthread_mutex_unlock(&net->lock);
	}
	if (!ok) {
		drop_net(net);
		g->current = NULL;
	}
	pthread_mutex_unlock(&g->lock);
}
