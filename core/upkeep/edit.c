/* SPDX-License-Identifier: MIT */
#include "upkeep/edit.h"

#include "base/fail.h"
#include "base/str.h"
#include "store/read.h"

/* ---- Rows --------------------------------------------------------------------------------- */

static bool same_ids(mn_ids a, mn_ids b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.at, b.at, a.n * sizeof(*a.at)) == 0);
}

static bool same_strs(mn_strs a, mn_strs b)
{
	bool same = a.n == b.n;

	for (size_t i = 0; same && i < a.n; i++)
		same = mn_str_eq(a.at[i], b.at[i]);
	return same;
}

static bool same_neuron(const mn_neuron *a, const mn_neuron *b)
{
	return a->type == b->type && a->flags == b->flags && a->created == b->created
	       && a->updated == b->updated && mn_str_eq(a->uid, b->uid)
	       && mn_str_eq(a->text, b->text) && mn_str_eq(a->meta, b->meta);
}

static bool same_state(const mn_state *a, const mn_state *b)
{
	return a->level == b->level && a->decay == b->decay && a->last == b->last
	       && a->uses == b->uses;
}

static bool same_synapse(const mn_synapse *a, const mn_synapse *b)
{
	return a->from == b->from && a->to == b->to && a->base == b->base
	       && a->created == b->created && a->last == b->last && a->uses == b->uses
	       && a->type == b->type && a->flags == b->flags && mn_str_eq(a->uid, b->uid)
	       && mn_str_eq(a->meta, b->meta);
}

static bool same_fiber(const mn_fiber *a, const mn_fiber *b)
{
	return a->anchor == b->anchor && a->salience == b->salience && a->coherence == b->coherence
	       && a->created == b->created && a->first == b->first && a->last == b->last
	       && a->uses == b->uses && a->stage == b->stage && a->flags == b->flags
	       && mn_str_eq(a->uid, b->uid) && mn_str_eq(a->summary, b->summary)
	       && mn_str_eq(a->meta, b->meta) && same_ids(a->neurons, b->neurons)
	       && same_ids(a->synapses, b->synapses) && same_strs(a->tags, b->tags);
}

static bool same_row(int kind, const void *a, const void *b)
{
	switch (kind) {
	case MN_NEURON: return same_neuron(a, b);
	case MN_STATE: return same_state(a, b);
	case MN_SYNAPSE: return same_synapse(a, b);
	default: return same_fiber(a, b);
	}
}

/* By what MN_TUNE sets. */
static bool same_numbers(int kind, const void *a, const void *b)
{
	const mn_synapse *s = a, *t = b;
	const mn_fiber *f = a, *g = b;
	const mn_state *x = a, *y = b;

	switch (kind) {
	case MN_STATE: return x->level == y->level && x->decay == y->decay;
	case MN_SYNAPSE: return s->base == t->base && s->uses == t->uses && s->last == t->last;
	default:
		return f->salience == g->salience && f->coherence == g->coherence
		       && f->uses == g->uses && f->stage == g->stage;
	}
}

/* Has a row come to where a change brings it? */
static bool arrived(const mn_change *c, const void *now)
{
	if (c->op == MN_DROP)
		return !now;
	if (!now)
		return false;
	return c->op == MN_TUNE ? same_numbers(c->kind, now, c->row)
				: same_row(c->kind, now, c->row);
}

int mn_edit_standing(const mn_edits *e, size_t i, const void *now)
{
	if (arrived(&e->backward[i], now))
		return MN_STANDS_BEFORE;
	return arrived(&e->forward[i], now) ? MN_STANDS_AFTER : MN_STANDS_ELSE;
}

static bool copy_str(mn_arena *arena, mn_str *s)
{
	if (s->len)
		*s = mn_arena_copy(arena, *s);
	else
		*s = (mn_str){NULL, 0};
	return s->len == 0 || s->ptr;
}

static bool copy_ids(mn_arena *arena, mn_ids *ids)
{
	mn_id *at = ids->n ? mn_arena_array(arena, ids->n, sizeof(*at)) : NULL;

	if (at)
		memcpy(at, ids->at, ids->n * sizeof(*at));
	ids->at = at;
	return ids->n == 0 || at;
}

static bool copy_strs(mn_arena *arena, mn_strs *list)
{
	mn_str *at = list->n ? mn_arena_array(arena, list->n, sizeof(*at)) : NULL;

	for (size_t i = 0; at && i < list->n; i++) {
		at[i] = list->at[i];
		if (!copy_str(arena, &at[i]))
			return false;
	}
	list->at = at;
	return list->n == 0 || at;
}

const void *mn_row_copy(mn_arena *arena, int kind, const void *row)
{
	void *copy = mn_arena_alloc(arena, mn_row_size(kind));
	mn_neuron *n = copy;
	mn_synapse *s = copy;
	mn_fiber *f = copy;
	bool ok = copy != NULL;

	if (ok)
		memcpy(copy, row, mn_row_size(kind));
	if (ok && kind == MN_NEURON)
		ok = copy_str(arena, &n->uid) && copy_str(arena, &n->text)
		     && copy_str(arena, &n->meta);
	else if (ok && kind == MN_SYNAPSE)
		ok = copy_str(arena, &s->uid) && copy_str(arena, &s->meta);
	else if (ok && kind == MN_FIBER)
		ok = copy_str(arena, &f->uid) && copy_str(arena, &f->summary)
		     && copy_str(arena, &f->meta) && copy_ids(arena, &f->neurons)
		     && copy_ids(arena, &f->synapses) && copy_strs(arena, &f->tags);
	return ok ? copy : NULL;
}

size_t mn_row_weight(int kind, const void *row)
{
	const mn_neuron *n = row;
	const mn_synapse *s = row;
	const mn_fiber *f = row;

	switch (kind) {
	case MN_NEURON: return 40 + n->uid.len + n->text.len + n->meta.len;
	case MN_STATE: return 40;
	case MN_SYNAPSE: return 60 + s->uid.len + s->meta.len;
	default:
		return 80 + f->uid.len + f->summary.len + f->meta.len
		       + 4 * (f->neurons.n + f->synapses.n) + 16 * f->tags.n;
	}
}

/* ---- Batches ------------------------------------------------------------------------------ */

int mn_edits_turn(mn_call *call, const mn_edits *e, mn_edits *out)
{
	mn_change *forward = mn_call_array(call, e->n + 1, sizeof(*forward));
	mn_change *backward = mn_call_array(call, e->n + 1, sizeof(*backward));

	if (!forward || !backward)
		return MN_ENOMEM;
	for (size_t i = 0; i < e->n; i++) {
		forward[i] = e->backward[e->n - 1 - i];
		backward[i] = e->forward[e->n - 1 - i];
	}
	*out = (mn_edits){.what = e->what,
		.forward = forward,
		.backward = backward,
		.n = e->n,
		.clock = {e->clock[1], e->clock[0]},
		.keep = e->keep};
	return MN_OK;
}
