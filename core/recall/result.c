/* SPDX-License-Identifier: MIT */
#include "recall/result.h"

#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/str.h"

#define MOST_KEPT 32
#define LARGEST ((size_t)256 << 10) /* bytes of an answer that is kept */

struct kept {
	mn_arena *arena; /* everything below; NULL: an empty place */
	mn_str key;
	mn_gen gen;
	mn_answer answer;
	struct mn_used used;
	uint64_t asked; /* when last, counted in questions */
};

struct mn_results {
	pthread_mutex_t lock;
	struct kept kept[MOST_KEPT];
	uint64_t clock;
};

struct mn_results *mn_results_new(void)
{
	struct mn_results *r = mn_alloc_zero(1, sizeof(*r));

	if (r)
		pthread_mutex_init(&r->lock, NULL);
	return r;
}

void mn_results_free(struct mn_results *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < MOST_KEPT; i++)
		mn_arena_free(r->kept[i].arena);
	pthread_mutex_destroy(&r->lock);
	mn_free(r);
}

/* ---- Copying ------------------------------------------------------------------------------- */

static void *copy_array(mn_arena *a, const void *items, size_t n, size_t size)
{
	void *copy = mn_arena_array(a, n, size);

	if (copy && n)
		memcpy(copy, items, n * size);
	return copy;
}

static bool copy_str(mn_arena *a, mn_str *s)
{
	*s = mn_arena_copy(a, *s);
	return s->ptr;
}

static bool copy_answer(mn_arena *a, const mn_answer *from, mn_answer *to)
{
	mn_memory_hit *hits = copy_array(a, from->hits, from->nhits, sizeof(*hits));
	bool ok = hits;

	*to = *from;
	to->trace = NULL;
	to->hits = hits;
	for (size_t i = 0; ok && i < from->nhits; i++)
		ok = copy_str(a, &hits[i].uid) && copy_str(a, &hits[i].text)
		     && copy_str(a, &hits[i].title) && copy_str(a, &hits[i].via);
	return ok && copy_str(a, &to->context);
}

static bool copy_used(mn_arena *a, const struct mn_used *from, struct mn_used *to)
{
	*to = *from;
	to->states = copy_array(a, from->states, from->nstates, sizeof(*from->states));
	to->synapses = copy_array(a, from->synapses, from->nsynapses, sizeof(*from->synapses));
	return to->states && to->synapses;
}

/* ---- Finding and keeping -------------------------------------------------------------------- */

static bool same_gen(const mn_gen *a, const mn_gen *b)
{
	return a->epoch == b->epoch && a->graph == b->graph;
}

static struct kept *find(struct mn_results *r, mn_str key)
{
	for (size_t i = 0; i < MOST_KEPT; i++)
		if (r->kept[i].arena && mn_str_eq(r->kept[i].key, key))
			return &r->kept[i];
	return NULL;
}

bool mn_results_find(struct mn_results *r, mn_call *call, mn_str key, const mn_gen *gen,
	mn_answer *out, struct mn_used *used)
{
	struct kept *k;
	bool ok;

	pthread_mutex_lock(&r->lock);
	k = find(r, key);
	ok = k && same_gen(&k->gen, gen) && copy_answer(call->arena, &k->answer, out)
	     && copy_used(call->arena, &k->used, used);
	if (ok)
		k->asked = ++r->clock;
	pthread_mutex_unlock(&r->lock);
	return ok;
}

bool mn_results_have(struct mn_results *r, mn_str key)
{
	bool have;

	pthread_mutex_lock(&r->lock);
	have = find(r, key) != NULL;
	pthread_mutex_unlock(&r->lock);
	return have;
}

/* The place of this question, else an empty one, else that of the one not asked for longest. */
static struct kept *place_for(struct mn_results *r, mn_str key)
{
	struct kept *k = find(r, key), *oldest = &r->kept[0];

	for (size_t i = 0; !k && i < MOST_KEPT; i++)
		if (!r->kept[i].arena)
			k = &r->kept[i];
		else if (r->kept[i].asked < oldest->asked)
			oldest = &r->kept[i];
	return k ? k : oldest;
}

void mn_results_keep(struct mn_results *r, mn_str key, const mn_gen *gen, const mn_answer *answer,
	const struct mn_used *used)
{
	struct kept new = {.arena = mn_arena_new(LARGEST), .gen = *gen}, *k;

	if (!new.arena)
		return;
	new.key = mn_arena_copy(new.arena, key);
	if (!new.key.ptr || !copy_answer(new.arena, answer, &new.answer)
		|| !copy_used(new.arena, used, &new.used)) {
		mn_arena_free(new.arena);
		return;
	}
	pthread_mutex_lock(&r->lock);
	k = place_for(r, new.key);
	mn_arena_free(k->arena);
	*k = new;
	k->asked = ++r->clock;
	pthread_mutex_unlock(&r->lock);
}
