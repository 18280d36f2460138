/* SPDX-License-Identifier: MIT */
#include "text/encoder.h"

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "store/brain.h"
#include "text/analyst.h"

#define WORK_LIMIT ((size_t)1 << 30) /* of a batch's arena */
#define KEPT_DRAFTS 1024             /* what was made for more is let go of, */
#define KEPT_PLACES 8192             /* and maps, which are emptied for each batch, of more */
#define MOST_WARY ((uint32_t)1 << 20)

/* ---- Taking and giving -------------------------------------------------------------------- */

static mn_encoder *make(mn_call *call)
{
	mn_encoder *e = mn_alloc_zero(1, sizeof(*e));

	if (e) {
		e->wary = 1;
		e->outline.lexicon = mn_lexicon_new();
		e->draft_of = mn_alloc_zero(MN_BATCH, sizeof(*e->draft_of));
		e->work.arena = mn_arena_new(WORK_LIMIT);
	}
	if (e && e->outline.lexicon && e->draft_of && e->work.arena)
		return e;
	mn_encoder_free(e);
	mn_fail_memory(call);
	return NULL;
}

static void bind(mn_encoder *e, mn_brain *b, mn_call *call)
{
	mn_arena *arena = e->work.arena;

	e->brain = b;
	e->call = call;
	e->work = *call;
	e->work.arena = arena;
	e->work.at = (mn_gen){0};
	e->outline.brain = b;
	e->outline.call = &e->work;
	e->outline.now = mn_engine_now(mn_brain_engine(b));
	/* Only then it can tell that it is old. */
	e->outline.knows = b->store->info.caps & MN_CAP_GENERATION;
}

int mn_encoder_take(mn_brain *b, mn_call *call, mn_encoder **out)
{
	struct mn_mind *mind = b->mind;
	mn_encoder *e;

	pthread_mutex_lock(&mind->lock);
	e = mind->encoder;
	mind->encoder = NULL;
	pthread_mutex_unlock(&mind->lock);
	if (!e)
		e = make(call);
	*out = e;
	if (!e)
		return MN_ENOMEM;
	bind(e, b, call);
	return e->outline.analyst ? MN_OK : mn_analyst_new(call, NULL, &e->outline.analyst);
}

static void trim(mn_encoder *e)
{
	mn_outline *p = &e->outline;

	if (p->drafts_cap > KEPT_DRAFTS)
		mn_outline_trim(p);
	if (p->keys.places.cap > KEPT_PLACES)
		mn_strmap_free(&p->keys.places);
	if (e->uids.cap > KEPT_PLACES)
		mn_strmap_free(&e->uids);
}

void mn_encoder_give(mn_encoder *e)
{
	struct mn_mind *mind = e ? e->brain->mind : NULL;

	if (!e)
		return;
	e->call->at = e->work.at;
	mn_encoder_clear(e);
	trim(e);
	pthread_mutex_lock(&mind->lock);
	if (!mind->encoder) {
		mind->encoder = e;
		e = NULL;
	}
	pthread_mutex_unlock(&mind->lock);
	mn_encoder_free(e);
}

void mn_encoder_free(mn_encoder *e)
{
	if (!e)
		return;
	mn_outline_free(&e->outline);
	mn_lexicon_free(e->outline.lexicon);
	mn_analyst_free(e->outline.analyst);
	mn_strmap_free(&e->uids);
	mn_arena_free(e->work.arena);
	mn_free(e->draft_of);
	mn_free(e);
}

void mn_encoder_clear(mn_encoder *e)
{
	e->outline.ndrafts = 0;
	mn_strmap_clear(&e->uids);
	if (e->outline.analyst)
		mn_analyst_trim(e->outline.analyst);
	mn_arena_reset(e->work.arena);
}

/* ---- Trust -------------------------------------------------------------------------------- */

bool mn_encoder_trusts(mn_encoder *e)
{
	struct mn_mind *mind = e->brain->mind;
	const mn_gen *at = mn_lexicon_at(e->outline.lexicon);
	bool current;

	if (!e->outline.knows || e->fresh < e->wary)
		return false;
	pthread_mutex_lock(&mind->lock);
	current = at->graph && mind->written.epoch == at->epoch && mind->written.graph == at->graph;
	pthread_mutex_unlock(&mind->lock);
	return current;
}

void mn_encoder_learn(mn_encoder *e, const mn_gen *after)
{
	const mn_outline *p = &e->outline;

	for (size_t i = 0; i < p->taken; i++)
		e->fresh = p->drafts[i].fate == MN_DRAFT_NEW ? e->fresh + (e->fresh < MOST_WARY)
							     : 0;
	if (!after || !p->knows)
		return;
	mn_keys_learn(&e->outline, after);
	mn_sessions_keep(&e->outline, after);
}

/* Where others write, or known memories keep coming again, trying is dearer than reading. */
void mn_encoder_doubt(mn_encoder *e)
{
	e->fresh = 0;
	e->wary = e->wary < MOST_WARY ? 2 * e->wary : MOST_WARY;
}
