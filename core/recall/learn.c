/* SPDX-License-Identifier: MIT */
#include "recall/learn.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/fail.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/until.h"

#define MOST_NOTES 65536 /* noted and not yet written; more are dropped */
#define FOLD_AFTER 4096  /* bumped synapses */
#define NAP_NS 50000000L /* how often settling looks whether it was cancelled */
/* A fold moves the graph's generation, and so empties every cache: not more often than this. */
#define FOLD_APART ((mn_time)60 * 1000000)
/* Notes of a busy brain are gathered so long, so that writers have the store to themselves. */
#define GATHER_NS 200000000L

struct notes {
	mn_state *states;
	mn_synapse *synapses;
	size_t nstates, nsynapses, cap_states, cap_synapses;
	mn_idmap by_state, by_synapse; /* id -> place + 1 */
};

struct mn_settle {
	mn_brain brain; /* a handle of its own, for the thread */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct notes notes;
	size_t unfolded; /* bumped synapses since the last fold, */
	mn_time folded;  /* which was then; monotonic */
	bool busy, fold, stop;
};

/* ---- Notes --------------------------------------------------------------------------------- */

static void free_notes(struct notes *n)
{
	mn_free(n->states);
	mn_free(n->synapses);
	mn_idmap_free(&n->by_state);
	mn_idmap_free(&n->by_synapse);
	*n = (struct notes){0};
}

static uint32_t add_uses(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static int note_state(struct notes *n, const mn_state *s)
{
	uint64_t *known = mn_idmap_get(&n->by_state, s->id);
	void *states = n->states;

	if (known) {
		mn_state *old = &n->states[*known - 1];

		old->uses = add_uses(old->uses, s->uses);
		old->last = s->last > old->last ? s->last : old->last;
		old->level = s->level > old->level ? s->level : old->level;
		return MN_OK;
	}
	if (mn_grow(&states, &n->cap_states, n->nstates + 1, sizeof(*s), MOST_NOTES) != MN_OK)
		return MN_ENOMEM;
	n->states = states;
	if (mn_idmap_put(&n->by_state, s->id, n->nstates + 1) != MN_OK)
		return MN_ENOMEM;
	n->states[n->nstates++] = *s;
	return MN_OK;
}

static int note_synapse(struct notes *n, mn_id id, mn_time when)
{
	uint64_t *known = mn_idmap_get(&n->by_synapse, id);
	void *synapses = n->synapses;

	if (known) {
		mn_synapse *old = &n->synapses[*known - 1];

		old->uses = add_uses(old->uses, 1);
		old->last = when > old->last ? when : old->last;
		return MN_OK;
	}
	if (mn_grow(&synapses, &n->cap_synapses, n->nsynapses + 1, sizeof(*n->synapses), MOST_NOTES)
		!= MN_OK)
		return MN_ENOMEM;
	n->synapses = synapses;
	if (mn_idmap_put(&n->by_synapse, id, n->nsynapses + 1) != MN_OK)
		return MN_ENOMEM;
	n->synapses[n->nsynapses++] = (mn_synapse){.id = id, .uses = 1, .last = when};
	return MN_OK;
}

/* ---- Writing ------------------------------------------------------------------------------- */

static void complain(const struct mn_settle *s, const mn_call *call)
{
	const mn_engine *e = s->brain.store->engine;
	char line[300];

	snprintf(line, sizeof(line), "what a recall used was not reinforced: %s", call->err->text);
	e->seams.log(e->seams.ctx, MN_LOG_WARN, line);
}

static int write_notes(struct mn_settle *s, mn_call *call, const struct notes *n, bool fold)
{
	size_t total = n->nstates + n->nsynapses + fold, k = 0;
	mn_change *changes = mn_call_array(call, total, sizeof(*changes));
	mn_applied applied = MN_SIZED(mn_applied);

	if (!changes)
		return MN_ENOMEM;
	for (size_t i = 0; i < n->nstates; i++)
		changes[k++] = (mn_change){MN_BUMP, MN_STATE, &n->states[i]};
	for (size_t i = 0; i < n->nsynapses; i++)
		changes[k++] = (mn_change){MN_BUMP, MN_SYNAPSE, &n->synapses[i]};
	if (fold)
		changes[k++] = (mn_change){MN_FOLD, MN_SYNAPSE, NULL};
	return mn_brain_apply(&s->brain, call, NULL, changes, k, &applied);
}

static void write_out(struct mn_settle *s, struct notes *n, bool fold)
{
	mn_call call;

	if (mn_call_init(&call, s->brain.store->engine, 0) != MN_OK
		|| write_notes(s, &call, n, fold) != MN_OK)
		complain(s, &call);
	mn_call_done(&call);
	free_notes(n);
}

static bool has_work(const struct mn_settle *s)
{
	return s->notes.nstates || s->notes.nsynapses || (s->fold && s->unfolded);
}

/* Locked. Is it time to bring what was bumped into the lists? */
static bool should_fold(const struct mn_settle *s)
{
	if (s->fold || s->stop)
		return s->unfolded;
	return s->unfolded >= FOLD_AFTER
	       && mn_engine_monotonic(s->brain.store->engine) - s->folded >= FOLD_APART;
}

/* Locked. Waits for notes, after a write a while longer, unless somebody waits for them. */
static void await(struct mn_settle *s, bool wrote)
{
	struct timespec until = mn_until_ns(GATHER_NS);
	int rc = 0;

	while (wrote && rc == 0 && !s->stop && !s->fold)
		rc = pthread_cond_timedwait(&s->changed, &s->lock, &until);
	while (!s->stop && !has_work(s))
		pthread_cond_wait(&s->changed, &s->lock);
}

static void *work(void *arg)
{
	struct mn_settle *s = arg;
	bool wrote = false;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		struct notes taken;
		bool fold;

		await(s, wrote);
		if (!has_work(s))
			break;
		wrote = true;
		taken = s->notes;
		s->notes = (struct notes){0};
		s->unfolded += taken.nsynapses;
		fold = should_fold(s);
		if (fold) {
			s->unfolded = 0;
			s->folded = mn_engine_monotonic(s->brain.store->engine);
		}
		s->busy = true;
		pthread_mutex_unlock(&s->lock);
		write_out(s, &taken, fold);
		pthread_mutex_lock(&s->lock);
		s->busy = false;
		pthread_cond_broadcast(&s->changed);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* ---- The thread ---------------------------------------------------------------------------- */

static struct mn_settle *start(mn_brain *b)
{
	struct mn_settle *s = mn_alloc_zero(1, sizeof(*s));

	if (!s)
		return NULL;
	s->brain = (mn_brain){.mind = b->mind, .store = b->store};
	s->folded = mn_engine_monotonic(b->store->engine);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	if (pthread_create(&s->thread, NULL, work, s)) {
		pthread_cond_destroy(&s->changed);
		pthread_mutex_destroy(&s->lock);
		mn_free(s);
		return NULL;
	}
	return s;
}

static struct mn_settle *settle_of(mn_brain *b, bool make)
{
	struct mn_settle *s;

	pthread_mutex_lock(&b->mind->lock);
	if (!b->mind->settle && make)
		b->mind->settle = start(b);
	s = b->mind->settle;
	pthread_mutex_unlock(&b->mind->lock);
	return s;
}

void mn_learn(mn_brain *b, const struct mn_used *used)
{
	struct mn_settle *s;
	int rc = MN_OK;

	if (b->store->read_only || !(b->store->info.caps & MN_CAP_WRITE))
		return;
	s = settle_of(b, true);
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < used->nstates && rc == MN_OK; i++)
		rc = note_state(&s->notes, &used->states[i]);
	for (size_t i = 0; i < used->nsynapses && rc == MN_OK; i++)
		rc = note_synapse(&s->notes, used->synapses[i], used->when);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

int mn_brain_settle(mn_brain *b, mn_call *call)
{
	struct mn_settle *s = settle_of(b, false);
	int rc = MN_OK;

	if (!s)
		return MN_OK;
	pthread_mutex_lock(&s->lock);
	s->fold = true;
	pthread_cond_broadcast(&s->changed);
	while (rc == MN_OK && (s->busy || has_work(s))) {
		struct timespec until = mn_until_ns(NAP_NS);

		pthread_cond_timedwait(&s->changed, &s->lock, &until);
		rc = mn_check(call);
	}
	s->fold = false;
	pthread_mutex_unlock(&s->lock);
	return rc;
}

void mn_settle_free(struct mn_settle *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = s->fold = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	free_notes(&s->notes);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	mn_free(s);
}
