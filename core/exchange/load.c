/* SPDX-License-Identifier: MIT */
#include "exchange/load.h"

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/type.h"
#include "store/brain.h"

#define TRIES 8

/* ---- Small things ------------------------------------------------------------------------- */

void mn_load_change(mn_load *l, int op, int kind, const void *row)
{
	l->changes[l->nchanges++] = (mn_change){op, kind, row};
}

int mn_load_bad(mn_load *l, const mn_item *item, const char *fmt, ...)
{
	char why[256];
	va_list args;

	if (item->line <= l->reported)
		return MN_OK;
	l->reported = item->line;
	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	return mn_intake_bad(l->in, item->line, "%s", why);
}

mn_id mn_load_neuron(const mn_load *l, mn_str uid, uint64_t line)
{
	const uint64_t *place = mn_strmap_get(&l->names, uid);

	return place && l->made[*place] < line ? l->ids[*place] : 0;
}

bool mn_load_old(const mn_load *l, mn_str uid)
{
	const uint64_t *place = mn_strmap_get(&l->names, uid);

	return place && l->ids[*place] && !l->made[*place];
}

/* ---- Neurons without synapses ------------------------------------------------------------- */

#define CLEAN_MOST ((size_t)64 << 20)

bool mn_clean_has(const mn_clean *c, mn_id id)
{
	return c->first && id >= c->first && (id - c->first) / 8 < c->cap
	       && (c->bits[(id - c->first) / 8] >> (id - c->first) % 8 & 1);
}

void mn_clean_drop(mn_clean *c, mn_id id)
{
	if (mn_clean_has(c, id))
		c->bits[(id - c->first) / 8] &= (unsigned char)~(1u << (id - c->first) % 8);
}

/* What finds no room is not known to be clean, which costs a look and nothing else. */
static void clean_add(mn_clean *c, mn_id id)
{
	void *grown = c->bits;
	size_t before = c->cap;

	if (!c->first)
		c->first = id;
	if (id < c->first
		|| mn_grow(&grown, &c->cap, (id - c->first) / 8 + 1, 1, CLEAN_MOST) != MN_OK)
		return;
	c->bits = grown;
	memset(c->bits + before, 0, c->cap - before);
	c->bits[(id - c->first) / 8] |= (unsigned char)(1u << (id - c->first) % 8);
}

/* ---- Finding neurons ---------------------------------------------------------------------- */

static int add_name(mn_load *l, mn_str *uids, mn_str uid)
{
	if (mn_strmap_get(&l->names, uid))
		return MN_OK;
	uids[l->nnames] = uid;
	if (mn_strmap_put(&l->names, uid, l->nnames) != MN_OK)
		return mn_fail_memory(&l->in->work);
	l->nnames++;
	return MN_OK;
}

/* Every uid of a neuron that the batch speaks of, once. */
static int gather_names(mn_load *l, mn_strs *out)
{
	size_t most = 0;
	mn_str *uids;
	int status = MN_OK;

	for (size_t i = 0; i < l->n; i++)
		most += 2 + l->items[i].neurons.n;
	uids = mn_call_array(&l->in->work, most, sizeof(*uids));
	if (!uids)
		return MN_ENOMEM;
	for (size_t i = 0; i < l->n && status == MN_OK; i++) {
		const mn_item *item = &l->items[i];

		if (item->name.len)
			status = add_name(l, uids, item->name);
		if (item->from.len && status == MN_OK)
			status = add_name(l, uids, item->from);
		if (item->to.len && status == MN_OK)
			status = add_name(l, uids, item->to);
		for (size_t k = 0; k < item->neurons.n && status == MN_OK; k++)
			status = add_name(l, uids, item->neurons.at[k]);
	}
	*out = (mn_strs){uids, l->nnames};
	return status;
}

/* The rows that neuron items are about, as far as they are there. */
static int read_rows(mn_load *l)
{
	mn_call *call = &l->in->work;
	mn_id *ids = mn_call_array(call, l->n, sizeof(*ids));
	uint64_t *places = mn_call_array(call, l->n, sizeof(*places));
	mn_rows rows, states;
	size_t n = 0;
	int status;

	if (!ids || !places)
		return MN_ENOMEM;
	for (size_t i = 0; i < l->n; i++) {
		const uint64_t *place = l->items[i].kind == MN_NEURON
						? mn_strmap_get(&l->names, l->items[i].name)
						: NULL;

		if (!place || !l->ids[*place])
			continue;
		ids[n] = l->ids[*place];
		places[n++] = *place;
	}
	if (n == 0)
		return MN_OK;
	status = mn_brain_get(l->in->brain, call, MN_NEURON, (mn_ids){ids, n}, 0, &rows);
	if (status == MN_OK)
		status = mn_brain_get(l->in->brain, call, MN_STATE, (mn_ids){ids, n}, 0, &states);
	for (size_t i = 0; i < n && status == MN_OK; i++) {
		l->rows[places[i]] = rows.at.neuron[i].id ? &rows.at.neuron[i] : NULL;
		l->states[places[i]] = states.at.state[i].id ? &states.at.state[i] : NULL;
	}
	return status;
}

static int find_neurons(mn_load *l)
{
	mn_call *call = &l->in->work;
	mn_strs uids;
	int status = gather_names(l, &uids);

	if (status != MN_OK)
		return status;
	l->ids = mn_call_array(call, l->nnames, sizeof(*l->ids));
	l->made = mn_call_array(call, l->nnames, sizeof(*l->made));
	l->rows = mn_call_array(call, l->nnames, sizeof(const mn_neuron *));
	l->states = mn_call_array(call, l->nnames, sizeof(const mn_state *));
	if (!l->ids || !l->made || !l->rows || !l->states)
		return MN_ENOMEM;
	status = mn_brain_generation(l->in->brain, call);
	l->seen = call->at;
	if (status == MN_OK && uids.n)
		status = mn_brain_resolve(l->in->brain, call, MN_NEURON, uids, l->ids);
	return status == MN_OK ? read_rows(l) : status;
}

/* ---- Neurons ------------------------------------------------------------------------------ */

static bool same_neuron(const mn_neuron *a, const mn_neuron *b)
{
	return a->type == b->type && a->flags == b->flags && a->created == b->created
	       && a->updated == b->updated && mn_str_eq(a->text, b->text)
	       && mn_str_eq(a->meta, b->meta) && mn_str_eq(a->uid, b->uid);
}

static bool same_state(const mn_state *a, const mn_state *b)
{
	return a->level == b->level && a->decay == b->decay && a->last == b->last
	       && a->uses == b->uses;
}

/* The row an item makes of what is there (NULL: nothing). */
static void merge_neuron(const mn_load *l, const mn_item *item, const mn_neuron *old, mn_neuron *n)
{
	const unsigned given = item->given;

	*n = item->row.neuron;
	if (!old) {
		n->created = given & MN_GIVEN_CREATED ? n->created : l->now;
		n->updated = given & MN_GIVEN_UPDATED ? n->updated : n->created;
		return;
	}
	n->id = old->id;
	n->uid = n->uid.len ? n->uid : old->uid;
	n->meta = given & MN_GIVEN_META ? n->meta : old->meta;
	n->flags = given & MN_GIVEN_FLAGS ? n->flags : old->flags;
	n->created = given & MN_GIVEN_CREATED ? n->created : old->created;
	n->updated = given & MN_GIVEN_UPDATED ? n->updated : old->updated;
	if (!(given & MN_GIVEN_UPDATED) && !same_neuron(n, old))
		n->updated = l->now;
}

static int take_state(mn_load *l, const mn_item *item, uint64_t place)
{
	mn_state *s = mn_call_alloc(&l->in->work, sizeof(*s));

	if (!s)
		return MN_ENOMEM;
	*s = item->state;
	s->id = l->ids[place];
	if (!l->states[place] || !same_state(s, l->states[place]))
		mn_load_change(l, MN_PUT, MN_STATE, s);
	l->states[place] = s;
	return MN_OK;
}

/* A neuron with a uid of its own answers to its derived one too, if nobody older does: within
 * the batch as it will when it is stored. */
static int take_alias(mn_load *l, const mn_item *item, const mn_neuron *n)
{
	mn_neuron bare = {.type = n->type, .text = n->text};
	const uint64_t *place;
	mn_str derived;
	int status;

	if (!n->uid.len || n->type == MN_MEMORY)
		return MN_OK;
	status = mn_uid_derive(l->in->brain, &l->in->work, MN_NEURON, &bare, &derived);
	if (status != MN_OK)
		return status;
	place = mn_strmap_get(&l->names, derived);
	if (place && !l->ids[*place]) {
		l->ids[*place] = n->id;
		l->made[*place] = item->line;
		l->rows[*place] = n;
	}
	return MN_OK;
}

static int take_neuron(mn_load *l, const mn_item *item, mn_id *next)
{
	uint64_t place = *mn_strmap_get(&l->names, item->name);
	const mn_neuron *old = l->rows[place];
	mn_neuron *n = mn_call_alloc(&l->in->work, sizeof(*n));
	int status;

	if (!n)
		return MN_ENOMEM;
	merge_neuron(l, item, old, n);
	if (!old) {
		n->id = (*next)++;
		l->ids[place] = n->id;
		l->made[place] = item->line;
		l->got.neurons++;
		mn_load_change(l, MN_ADD, MN_NEURON, n);
	} else if (!same_neuron(n, old)) {
		mn_load_change(l, MN_PUT, MN_NEURON, n);
	}
	l->rows[place] = n;
	status = take_alias(l, item, n);
	if (status == MN_OK && (item->given & MN_GIVEN_STATE))
		status = take_state(l, item, place);
	return status;
}

static int take_neurons(mn_load *l)
{
	mn_id next = 0;
	uint32_t n = 0;
	int status = MN_OK;

	for (size_t i = 0; i < l->n; i++)
		n += l->items[i].kind == MN_NEURON
		     && !l->rows[*mn_strmap_get(&l->names, l->items[i].name)];
	if (n)
		status = mn_brain_reserve(l->in->brain, &l->in->work, MN_NEURON, n, &next);
	for (size_t i = 0; i < l->n && status == MN_OK; i++)
		if (l->items[i].kind == MN_NEURON)
			status = take_neuron(l, &l->items[i], &next);
	return status;
}

/* ---- Batches ------------------------------------------------------------------------------ */

static int take_others(mn_load *l, mn_synapses *synapses, mn_fibers *fibers)
{
	int status = mn_synapses_find(l, synapses);

	for (size_t i = 0; i < l->n && status == MN_OK; i++)
		if (l->items[i].kind == MN_SYNAPSE)
			status = mn_synapses_take(l, synapses, &l->items[i]);
	if (status == MN_OK)
		status = mn_fibers_find(l, fibers, synapses);
	for (size_t i = 0; i < l->n && status == MN_OK; i++)
		if (l->items[i].kind == MN_FIBER)
			status = mn_fibers_take(l, fibers, &l->items[i]);
	return status;
}

static int apply(mn_load *l)
{
	mn_applied applied = MN_SIZED(mn_applied);
	const mn_gen *expect = &l->seen;

	if (l->nchanges == 0)
		return MN_OK;
	if (!(l->in->brain->store->info.caps & MN_CAP_GENERATION))
		expect = NULL;
	return mn_brain_apply(
		l->in->brain, &l->in->work, expect, l->changes, l->nchanges, &applied);
}

static int attempt(mn_load *l)
{
	mn_synapses synapses = {0};
	mn_fibers fibers = {0};
	int status;

	l->nnames = l->nchanges = l->nencode = 0;
	l->got = MN_SIZED(mn_import_report);
	l->now = mn_engine_now(mn_brain_engine(l->in->brain));
	/* A neuron changes its row and its state; everything else one row. */
	l->changes = mn_call_array(&l->in->work, 2 * l->n, sizeof(*l->changes));
	l->encode = mn_call_array(&l->in->work, l->n, sizeof(*l->encode));
	status = l->changes && l->encode ? find_neurons(l) : MN_ENOMEM;
	if (status == MN_OK)
		status = take_neurons(l);
	if (status == MN_OK)
		status = take_others(l, &synapses, &fibers);
	if (status == MN_OK)
		status = apply(l);
	mn_synapses_free(&synapses);
	mn_fibers_free(&fibers);
	mn_strmap_free(&l->names);
	return status;
}

static void note_clean(mn_load *l)
{
	for (size_t i = 0; i < l->nchanges; i++) {
		const mn_change *c = &l->changes[i];

		if (c->op == MN_ADD && c->kind == MN_NEURON)
			clean_add(l->clean, ((const mn_neuron *)c->row)->id);
		else if (c->kind == MN_SYNAPSE)
			mn_clean_drop(l->clean, ((const mn_synapse *)c->row)->from);
	}
	for (size_t i = 0; i < l->nencode; i++)
		mn_clean_drop(l->clean, l->encode[i]);
}

int mn_load_batch(mn_load *l)
{
	mn_import_report *r = l->in->report;
	int status = mn_intake_begin(l->in);

	if (l->in->options->check)
		return status;
	for (int i = 0; status == MN_OK && i < TRIES; i++) {
		mn_arena_reset(l->in->work.arena);
		status = attempt(l);
		if (status != MN_ECONFLICT)
			break;
		status = i + 1 < TRIES ? mn_check(l->in->call) : status;
	}
	if (status == MN_OK) {
		r->added += l->got.added;
		r->updated += l->got.updated;
		r->unchanged += l->got.unchanged;
		r->neurons += l->got.neurons;
		r->synapses += l->got.synapses;
		note_clean(l);
	}
	if (status == MN_OK && l->nencode)
		status = mn_brain_encode(
			l->in->brain, &l->in->work, (mn_ids){l->encode, l->nencode});
	mn_intake_end(l->in);
	return status;
}
