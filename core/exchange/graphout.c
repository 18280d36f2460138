/* SPDX-License-Identifier: MIT */
/*
 * graphout.c - writes a brain in the graph form (item.h): imported into an empty brain it gives
 * the same one, down to the canonical hash.
 *
 * Rows go by their uid, derived where they have none. Two neurons of one type and text would share
 * a derived uid, so every one but the oldest is written with a uid of its own. Of synapses
 * that share theirs, those after the first are written with their number ("...#2"); a filter over
 * what was written before finds the few that have to be asked about.
 */
#include <string.h>

#include "base/fail.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/str.h"
#include "exchange/item.h"
#include "exchange/outlet.h"

#define FILTER_MOST ((size_t)256 << 20)

struct graphout {
	mn_idmap twins;        /* neurons that share type and text with an older one */
	unsigned char *filter; /* Bloom's, three bits a synapse */
	size_t bits;
};

/* ---- Names -------------------------------------------------------------------------------- */

static int name_neuron(mn_outlet *o, const struct graphout *g, const mn_neuron *n, mn_str *out)
{
	if (n->uid.len || !mn_idmap_get(&g->twins, n->id))
		return mn_uid_derive(o->brain, &o->work, MN_NEURON, n, out);
	*out = mn_arena_printf(o->work.arena, "neuron:%llu", (unsigned long long)n->id);
	return out->ptr ? MN_OK : mn_fail_memory(o->call);
}

static int name_of(mn_outlet *o, const struct graphout *g, const mn_outlet_neurons *rows, mn_id id,
	mn_str *out)
{
	const mn_neuron *n = mn_outlet_neuron(rows, id);

	*out = (mn_str){NULL, 0};
	return n ? name_neuron(o, g, n, out) : MN_OK;
}

/* Which neurons of a page cannot be told from an older one by type and text. */
static int find_twins(mn_outlet *o, struct graphout *g, const mn_rows *rows)
{
	mn_key *keys = mn_call_array(&o->work, rows->n, sizeof(*keys));
	size_t *places = mn_call_array(&o->work, rows->n, sizeof(*places));
	mn_id *ids = mn_call_array(&o->work, rows->n, sizeof(*ids));
	size_t n = 0;
	int status;

	if (!keys || !places || !ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < rows->n; i++)
		if (rows->at.neuron[i].uid.len == 0) {
			keys[n] = (mn_key){rows->at.neuron[i].type, rows->at.neuron[i].text};
			places[n++] = i;
		}
	status = n ? mn_brain_lookup(o->brain, &o->work, keys, n, ids) : MN_OK;
	for (size_t i = 0; i < n && status == MN_OK; i++) {
		mn_id id = rows->at.neuron[places[i]].id;

		if (ids[i] != id && mn_idmap_put(&g->twins, id, 1) != MN_OK)
			status = mn_fail_memory(o->call);
	}
	return status == MN_OK ? mn_outlet_check(o) : status;
}

/* ---- Neurons ------------------------------------------------------------------------------ */

static int write_neurons(mn_outlet *o, void *ctx, const mn_rows *rows)
{
	struct graphout *g = ctx;
	mn_id *ids = mn_call_array(&o->work, rows->n, sizeof(*ids));
	mn_rows states;
	int status = ids ? find_twins(o, g, rows) : MN_ENOMEM;

	if (status != MN_OK)
		return status;
	for (size_t i = 0; i < rows->n; i++)
		ids[i] = rows->at.neuron[i].id;
	status = mn_brain_get(o->brain, &o->work, MN_STATE, (mn_ids){ids, rows->n}, 0, &states);
	if (status == MN_OK)
		status = mn_outlet_check(o);
	for (size_t i = 0; i < rows->n && status == MN_OK; i++) {
		mn_neuron n = rows->at.neuron[i];

		if (mn_idmap_get(&g->twins, n.id))
			status = name_neuron(o, g, &rows->at.neuron[i], &n.uid);
		mn_item_write_neuron(&o->out, &n, &states.at.state[i]);
	}
	return status;
}

/* ---- Synapses ----------------------------------------------------------------------------- */

/* Was one with these ends and type seen before, as far as the filter knows? Remembers it. */
static bool seen(struct graphout *g, const mn_synapse *s)
{
	const uint64_t ends[3] = {s->from, s->to, s->type};
	uint64_t hash = mn_hash((mn_str){(const char *)ends, sizeof(ends)});
	bool all = true;

	for (int i = 0; i < 3; i++) {
		uint64_t bit = (hash >> (i * 21)) * UINT64_C(0x9E3779B97F4A7C15) % g->bits;
		unsigned char mask = (unsigned char)(1u << bit % 8);

		all = all && (g->filter[bit / 8] & mask);
		g->filter[bit / 8] |= mask;
	}
	return all;
}

static int ends_of(mn_outlet *o, const mn_rows *rows, mn_outlet_neurons *out)
{
	mn_id *ids = mn_call_array(&o->work, 2 * rows->n, sizeof(*ids));

	if (!ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < rows->n; i++) {
		ids[2 * i] = rows->at.synapse[i].from;
		ids[2 * i + 1] = rows->at.synapse[i].to;
	}
	return mn_outlet_neurons_get(
		o, ids, 2 * rows->n, MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_UID, out);
}

/* The uid to write: its own; the derived one where that has a number; else none. */
static int uid_of(
	mn_outlet *o, struct graphout *g, const mn_synapse *s, mn_str from, mn_str to, mn_str *out)
{
	size_t plain = from.len + to.len + 2 + strlen(mn_type_name(MN_SYNAPSE, s->type));
	mn_str derived;
	int status;

	*out = s->uid;
	if (s->uid.len || !seen(g, s))
		return MN_OK;
	status = mn_uid_derive(o->brain, &o->work, MN_SYNAPSE, s, &derived);
	if (status == MN_OK && derived.len > plain)
		*out = derived;
	return status;
}

static int write_synapses(mn_outlet *o, void *ctx, const mn_rows *rows)
{
	struct graphout *g = ctx;
	mn_outlet_neurons ends;
	int status = ends_of(o, rows, &ends);

	for (size_t i = 0; i < rows->n && status == MN_OK; i++) {
		const mn_synapse *s = &rows->at.synapse[i];
		mn_str from, to, uid;

		status = name_of(o, g, &ends, s->from, &from);
		if (status == MN_OK)
			status = name_of(o, g, &ends, s->to, &to);
		if (status == MN_OK && (!from.len || !to.len))
			status = mn_fail(o->call, MN_ECORRUPT, 0,
				"synapse %llu has an end that is not there: mnemoscope doctor "
				"says more",
				(unsigned long long)s->id);
		if (status == MN_OK)
			status = uid_of(o, g, s, from, to, &uid);
		if (status == MN_OK)
			mn_item_write_synapse(&o->out, s, uid, from, to);
	}
	return status;
}

/* ---- Fibers ------------------------------------------------------------------------------- */

/* Uids of listed synapses; those that are gone are left out. */
static int list_synapses(mn_outlet *o, mn_ids ids, mn_strs *out)
{
	mn_str *uids = mn_call_array(&o->work, ids.n, sizeof(*uids));
	mn_rows rows;
	int status;

	*out = (mn_strs){uids, 0};
	if (!uids)
		return MN_ENOMEM;
	status = mn_brain_get(
		o->brain, &o->work, MN_SYNAPSE, ids, MN_FIELD_HEAD | MN_FIELD_UID, &rows);
	for (size_t i = 0; i < ids.n && status == MN_OK; i++)
		if (rows.at.synapse[i].id)
			status = mn_uid_derive(o->brain, &o->work, MN_SYNAPSE, &rows.at.synapse[i],
				&uids[out->n++]);
	return status == MN_OK ? mn_outlet_check(o) : status;
}

static int list_neurons(mn_outlet *o, const struct graphout *g, const mn_outlet_neurons *rows,
	mn_ids ids, mn_strs *out)
{
	mn_str *uids = mn_call_array(&o->work, ids.n, sizeof(*uids));
	int status = uids ? MN_OK : MN_ENOMEM;

	*out = (mn_strs){uids, 0};
	for (size_t i = 0; i < ids.n && status == MN_OK; i++) {
		status = name_of(o, g, rows, ids.at[i], &uids[out->n]);
		out->n += uids[out->n].len > 0;
	}
	return status;
}

static int neurons_of(mn_outlet *o, const mn_rows *rows, mn_outlet_neurons *out)
{
	size_t n = rows->n;
	mn_id *ids;

	for (size_t i = 0; i < rows->n; i++)
		n += rows->at.fiber[i].neurons.n;
	ids = mn_call_array(&o->work, n, sizeof(*ids));
	if (!ids)
		return MN_ENOMEM;
	n = 0;
	for (size_t i = 0; i < rows->n; i++) {
		const mn_fiber *f = &rows->at.fiber[i];

		ids[n++] = f->anchor;
		if (f->neurons.n)
			memcpy(ids + n, f->neurons.at, f->neurons.n * sizeof(*ids));
		n += f->neurons.n;
	}
	return mn_outlet_neurons_get(o, ids, n, MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_UID, out);
}

static int write_fibers(mn_outlet *o, void *ctx, const mn_rows *rows)
{
	const struct graphout *g = ctx;
	mn_outlet_neurons neurons;
	int status = neurons_of(o, rows, &neurons);

	for (size_t i = 0; i < rows->n && status == MN_OK; i++) {
		const mn_fiber *f = &rows->at.fiber[i];
		mn_strs near, lines;
		mn_str anchor;

		status = name_of(o, g, &neurons, f->anchor, &anchor);
		if (status == MN_OK)
			status = list_neurons(o, g, &neurons, f->neurons, &near);
		if (status == MN_OK)
			status = list_synapses(o, f->synapses, &lines);
		if (status == MN_OK)
			mn_item_write_fiber(&o->out, f, anchor, near, lines);
	}
	return status;
}

int mn_outlet_graph(mn_outlet *o)
{
	struct graphout g = {0};
	size_t bytes = 2 * o->row.synapses + 64;
	int status;

	bytes = bytes < FILTER_MOST ? bytes : FILTER_MOST;
	g.bits = 8 * bytes;
	g.filter = mn_alloc_zero(bytes, 1);
	o->states = true;
	o->total = o->row.neurons + o->row.synapses + o->row.fibers;
	mn_item_write_brain(&o->out, &o->row);
	status = g.filter ? mn_outlet_scan(o, MN_NEURON, 0, write_neurons, &g)
			  : mn_fail_memory(o->call);
	if (status == MN_OK)
		status = mn_outlet_scan(o, MN_SYNAPSE, 0, write_synapses, &g);
	if (status == MN_OK)
		status = mn_outlet_scan(o, MN_FIBER, 0, write_fibers, &g);
	mn_idmap_free(&g.twins);
	mn_free(g.filter);
	return status;
}
