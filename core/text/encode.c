/* SPDX-License-Identifier: MIT */
/*
 * encode.c - remembering: notes in, batch after batch, each all or nothing.
 *
 * The graph does not depend on where one batch ends and the next begins. A batch ends early where
 * an id comes again with other content, since the second is a change of the first.
 */
#include <time.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "store/brain.h"
#include "text/encoder.h"

#define MOST_TEXT ((size_t)4 << 20) /* bytes of a batch, though one note is always taken */
#define MOST_TRIES 12               /* against other writers */

static mn_draft *add_draft(mn_outline *p, const mn_draft *d)
{
	if (mn_grow((void **)&p->drafts, &p->drafts_cap, p->ndrafts + 1, sizeof(*p->drafts),
		    UINT32_MAX)
		!= MN_OK)
		return NULL;
	p->drafts[p->ndrafts] = *d;
	return &p->drafts[p->ndrafts++];
}

/* ---- Writing a batch ---------------------------------------------------------------------- */

/* The n-th wait for another writer: 1, 2, 4 ... 64 ms, and as much again at random. */
static int back_off(mn_encoder *e, int n)
{
	const mn_engine *engine = mn_brain_engine(e->brain);
	long ms = 1L << (n < 6 ? n : 6);
	uint16_t dice;
	struct timespec t = {0};

	engine->seams.random(engine->seams.ctx, &dice, sizeof(dice));
	t.tv_nsec = ms * 1000000 + ms * 1000000 / 65536 * dice;
	nanosleep(&t, NULL);
	return mn_check(&e->work);
}

static bool too_many(const mn_encoder *e)
{
	uint32_t most = e->brain->store->info.max_changes;

	return most && e->outline.nchanges > most && e->outline.ndrafts > 1;
}

static int apply(mn_encoder *e)
{
	mn_outline *p = &e->outline;
	mn_applied applied = MN_SIZED(mn_applied);
	int rc = MN_OK;

	if (p->nchanges)
		rc = mn_brain_apply(e->brain, &e->work, p->read ? &p->at : NULL, p->changes,
			p->nchanges, &applied);
	if (rc == MN_OK)
		mn_encoder_learn(e, p->nchanges ? &applied.after : NULL);
	else if (rc == MN_ECONFLICT && applied.culprit < p->nchanges)
		mn_ids_drop(p); /* one of them may be taken */
	return rc;
}

static int try_batch(mn_encoder *e, bool trusting)
{
	int rc;

	e->outline.trusting = trusting;
	rc = mn_outline_draw(&e->outline);
	while (rc == MN_OK && too_many(e)) {
		e->outline.ndrafts = (e->outline.ndrafts + 1) / 2;
		rc = mn_outline_draw(&e->outline);
	}
	return rc == MN_OK ? apply(e) : rc;
}

/* Anchors are there, and so may be what a memory's id names. */
static bool trusts(mn_encoder *e)
{
	const mn_outline *p = &e->outline;

	for (size_t i = 0; i < p->ndrafts; i++)
		if (p->drafts[i].fate == MN_DRAFT_ANCHOR || p->drafts[i].nameable)
			return false;
	return mn_encoder_trusts(e);
}

/* Draws the outline and applies it, again if somebody else wrote meanwhile. */
static int write_batch(mn_encoder *e)
{
	bool trusting = trusts(e);

	for (int n = 0;; trusting = false) {
		int rc = try_batch(e, trusting);

		if (rc != MN_ECONFLICT || n == MOST_TRIES)
			return rc;
		if (trusting)
			mn_encoder_doubt(e);
		else if ((rc = back_off(e, n++)) != MN_OK)
			return rc;
		*e->call->err = (mn_error){.size = e->call->err->size};
	}
}

/* ---- Notes -------------------------------------------------------------------------------- */

/* Takes note i into the batch that began with note `first`. *full: it has to wait for the next. */
static int take(mn_encoder *e, const mn_note *notes, size_t first, size_t i, bool *full)
{
	mn_outline *p = &e->outline;
	struct mn_strmap_slot *slot;
	mn_draft d;
	bool is_new;
	int rc = mn_draft_of_note(&e->work, &notes[i], &d);

	if (rc != MN_OK) {
		mn_error why = *e->call->err;

		return mn_fail(e->call, rc, 0, "memory %zu of this call: %s", i + 1, why.text);
	}
	slot = mn_strmap_meet(&e->uids, d.uid, &is_new);
	if (!slot)
		return mn_fail_memory(e->call);
	if (!is_new) {
		*full = !mn_draft_same(&d, &p->drafts[slot->value]);
		e->draft_of[i - first] = (uint32_t)slot->value;
		return MN_OK;
	}
	d.note = i;
	slot->value = p->ndrafts;
	e->draft_of[i - first] = (uint32_t)slot->value;
	return add_draft(p, &d) ? MN_OK : mn_fail_memory(e->call);
}

/* Fills a batch with notes from `first` on; *n: how many. */
static int gather(mn_encoder *e, const mn_note *notes, size_t total, size_t first, size_t *n)
{
	size_t bytes = 0;
	bool full = false;
	int rc = MN_OK;

	mn_encoder_clear(e);
	*n = 0;
	while (rc == MN_OK && first + *n < total && *n < MN_BATCH && bytes < MOST_TEXT) {
		rc = take(e, notes, first, first + *n, &full);
		if (full)
			break;
		bytes += notes[first + *n].text.len;
		++*n;
	}
	return rc;
}

/* How many of the batch's n notes the outline, which may be for fewer drafts, was for. */
static size_t notes_done(const mn_encoder *e, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (e->draft_of[i] >= e->outline.taken)
			return i;
	return n;
}

struct outcome { /* of each note */
	mn_id *fibers;
	mn_tally *tallies;
};

static void count(
	const mn_encoder *e, size_t first, size_t n, const struct outcome *of, mn_remembered *out)
{
	for (size_t i = 0; i < n; i++) {
		const mn_draft *d = &e->outline.drafts[e->draft_of[i]];
		bool again = d->note != first + i;

		of->fibers[first + i] = d->fiber;
		if (!again)
			of->tallies[first + i] = d->tally;
		of->tallies[first + i].added = !again && d->fate == MN_DRAFT_NEW;
		of->tallies[first + i].updated = !again && d->fate == MN_DRAFT_CHANGED;
		out->added += !again && d->fate == MN_DRAFT_NEW;
		out->updated += !again && d->fate == MN_DRAFT_CHANGED;
		out->unchanged += again || d->fate == MN_DRAFT_SAME;
	}
	out->neurons += e->outline.made;
	out->synapses += e->outline.nsynapses;
}

static int remember(mn_encoder *e, const mn_note *notes, size_t total, mn_remembered *out)
{
	struct outcome of = {.fibers = mn_call_array(e->call, total, sizeof(*of.fibers)),
		.tallies = mn_call_array(e->call, total, sizeof(*of.tallies))};
	int rc = of.fibers && of.tallies ? MN_OK : MN_ENOMEM;

	out->fibers = of.fibers;
	out->tallies = of.tallies;
	for (size_t first = 0, n; rc == MN_OK && first < total; first += n) {
		rc = gather(e, notes, total, first, &n);
		if (rc == MN_OK)
			rc = write_batch(e);
		if (rc == MN_OK) {
			n = notes_done(e, n);
			count(e, first, n, &of, out);
		}
	}
	return rc;
}

int mn_brain_remember(
	mn_brain *b, mn_call *call, const mn_note *notes, size_t n, mn_remembered *out)
{
	mn_remembered made = MN_SIZED(mn_remembered);
	mn_encoder *e;
	int rc = mn_encoder_take(b, call, &e);

	if (rc == MN_OK)
		rc = remember(e, notes, n, &made);
	mn_encoder_give(e);
	pthread_mutex_lock(&b->mind->lock);
	b->mind->vitals.remembered += made.added + made.updated;
	pthread_mutex_unlock(&b->mind->lock);
	if (out) {
		const uint32_t size = out->size && out->size < sizeof(made) ? out->size
									    : sizeof(made);

		made.size = size;
		memcpy(out, &made, size);
	}
	return rc;
}

/* ---- Anchors ------------------------------------------------------------------------------ */

/* Takes each neuron once. */
static int take_anchors(mn_encoder *e, mn_ids anchors)
{
	mn_encoder_clear(e);
	for (size_t i = 0; i < anchors.n; i++) {
		mn_draft d = {.fate = MN_DRAFT_ANCHOR, .neuron = anchors.at[i]};
		mn_str id = {(const char *)&anchors.at[i], sizeof(mn_id)};
		bool is_new;

		if (!mn_strmap_meet(&e->uids, id, &is_new)
			|| (is_new && !add_draft(&e->outline, &d)))
			return mn_fail_memory(e->call);
	}
	return MN_OK;
}

int mn_brain_encode(mn_brain *b, mn_call *call, mn_ids anchors)
{
	mn_encoder *e;
	int rc = mn_encoder_take(b, call, &e);

	for (size_t first = 0; rc == MN_OK && first < anchors.n; first += e->outline.taken) {
		size_t n = anchors.n - first < MN_BATCH ? anchors.n - first : MN_BATCH;

		rc = take_anchors(e, (mn_ids){anchors.at + first, n});
		if (rc == MN_OK)
			rc = write_batch(e);
	}
	mn_encoder_give(e);
	return rc;
}
