/* SPDX-License-Identifier: MIT */
/* peer_import_draw.c - a snapshot's records over the rows that are there, as changes. */
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "server/peer_import.h"

/* ---- What is there ------------------------------------------------------------------------ */

/* A brain that was just made has none. */
static int no_rows(mn_peer_taking *m, mn_peer_list *l)
{
	const size_t size = l->kind == MN_NEURON    ? sizeof(mn_neuron)
			    : l->kind == MN_SYNAPSE ? sizeof(mn_synapse)
						    : sizeof(mn_fiber);

	l->rows = (mn_rows){.kind = l->kind, .n = l->n};
	l->rows.at.any = mn_call_array(m->call, l->n, size);
	return l->rows.at.any ? MN_OK : MN_ENOMEM;
}

static int find_rows(mn_peer_taking *m, mn_peer_list *l)
{
	int rc;

	if (m->fresh || !l->n)
		return no_rows(m, l);
	rc = mn_brain_resolve(m->brain, m->call, l->kind, (mn_strs){l->uids, l->n}, l->ids);
	if (rc == MN_OK)
		rc = mn_brain_get(m->brain, m->call, l->kind, (mn_ids){l->ids, l->n}, 0, &l->rows);
	for (size_t i = 0; rc == MN_OK && i < l->n; i++)
		l->there[i] = l->ids[i] != 0;
	return rc;
}

static int give_ids(mn_peer_taking *m, mn_peer_list *l)
{
	uint32_t n = 0;
	mn_id next;
	int rc;

	for (size_t i = 0; i < l->n; i++)
		n += !l->there[i];
	if (!n)
		return MN_OK;
	rc = mn_brain_reserve(m->brain, m->call, l->kind, n, &next);
	for (size_t i = 0; rc == MN_OK && i < l->n; i++)
		if (!l->there[i])
			l->ids[i] = next++;
	return rc;
}

/* Ids of rows by uid: those of the snapshot, else those of the brain; 0: there is none. */
static int find_ids(mn_peer_taking *m, const mn_peer_list *l, mn_strs uids, mn_id *out)
{
	bool missing = false;

	for (size_t i = 0; i < uids.n; i++) {
		const uint64_t *place = mn_strmap_get(&l->places, uids.at[i]);

		out[i] = place ? l->ids[*place] : 0;
		missing |= !place;
	}
	if (!missing || m->fresh)
		return MN_OK;
	mn_id *others = mn_call_array(m->call, uids.n, sizeof(*others));
	int rc = others ? mn_brain_resolve(m->brain, m->call, l->kind, uids, others) : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < uids.n; i++)
		out[i] = out[i] ? out[i] : others[i];
	return rc;
}

/* ---- Changes ------------------------------------------------------------------------------ */

static void change(mn_peer_taking *m, bool there, int kind, const void *row)
{
	m->changes[m->nchanges++] = (mn_change){there ? MN_PUT : MN_ADD, kind, row};
}

static bool same_neuron(const mn_neuron *a, const mn_neuron *b)
{
	return a->type == b->type && a->flags == b->flags && a->created == b->created
	       && mn_str_eq(a->text, b->text) && mn_str_eq(a->meta, b->meta);
}

static int draw_neurons(mn_peer_taking *m)
{
	mn_neuron *rows = mn_call_array(m->call, m->neurons.n, sizeof(*rows));
	int rc = rows ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < m->neurons.n; i++) {
		const mn_neuron *was = &m->neurons.rows.at.neuron[i];
		const json_t *json = json_array_get(m->neurons.json, i);

		if (m->neurons.there[i])
			rows[i] = *was;
		rc = mn_peer_take_neuron(m->call, &m->neuron[i], json, false, &rows[i]);
		if (rc != MN_OK)
			break;
		rows[i].id = m->neurons.ids[i];
		if (m->neurons.there[i] && same_neuron(was, &rows[i]))
			continue;
		change(m, m->neurons.there[i], MN_NEURON, &rows[i]);
		if (rows[i].flags & MN_NEURON_ANCHOR)
			m->anchors[m->nanchors++] = rows[i].id;
	}
	return rc;
}

static bool same_synapse(const mn_synapse *a, const mn_synapse *b)
{
	return a->from == b->from && a->to == b->to && a->type == b->type && a->flags == b->flags
	       && a->base == b->base && a->uses == b->uses && a->last == b->last
	       && a->created == b->created && mn_str_eq(a->meta, b->meta);
}

/* What it says already is not written again, so that importing twice changes nothing. */
static void forget_known(mn_peer_taking *m, mn_peer_synapse *r, const mn_synapse *was)
{
	if (r->weight == mn_peer_weight(&m->scale, was)) {
		r->given &= ~(UINT64_C(1) << MN_SYNAPSE_WEIGHT);
		if (r->count == (int64_t)was->uses)
			r->given &= ~(UINT64_C(1) << MN_SYNAPSE_COUNT);
	}
	if (!r->count)
		r->given &= ~(UINT64_C(1) << MN_SYNAPSE_COUNT);
}

static int draw_synapse(mn_peer_taking *m, size_t i, mn_synapse *row)
{
	mn_peer_synapse *r = &m->synapse[i];
	const mn_synapse *was = &m->synapses.rows.at.synapse[i];
	const mn_str uids[2] = {r->source, r->target};
	mn_id ends[2];
	int rc = find_ids(m, &m->neurons, (mn_strs){uids, 2}, ends);

	for (int k = 0; rc == MN_OK && k < 2; k++)
		if (!ends[k])
			return mn_fail(m->call, MN_EINVAL, 0,
				"synapses: %s neuron \"%.*s\" of record %zu does not exist",
				k ? "target" : "source", MN_FMT(uids[k]), i);
	if (rc != MN_OK)
		return rc;
	if (m->synapses.there[i])
		*row = *was;
	forget_known(m, r, was);
	row->from = ends[0];
	row->to = ends[1];
	rc = mn_peer_take_synapse(
		m->call, r, json_array_get(m->synapses.json, i), false, &m->scale, row);
	row->id = m->synapses.ids[i];
	if (rc == MN_OK && !(m->synapses.there[i] && same_synapse(was, row)))
		change(m, m->synapses.there[i], MN_SYNAPSE, row);
	return rc;
}

static int draw_synapses(mn_peer_taking *m)
{
	mn_synapse *rows = mn_call_array(m->call, m->synapses.n, sizeof(*rows));
	int rc = rows ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < m->synapses.n; i++) {
		rc = draw_synapse(m, i, &rows[i]);
		if (rc == MN_OK && i % 1024 == 0)
			rc = mn_check(m->call);
	}
	return rc;
}

static bool same_ids(mn_ids a, mn_ids b)
{
	return a.n == b.n && (!a.n || memcmp(a.at, b.at, a.n * sizeof(*a.at)) == 0);
}

static bool same_tags(mn_strs a, mn_strs b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (!mn_str_eq(a.at[i], b.at[i]))
			return false;
	return true;
}

static bool same_fiber(const mn_fiber *a, const mn_fiber *b)
{
	return a->anchor == b->anchor && a->flags == b->flags && a->stage == b->stage
	       && a->uses == b->uses && a->first == b->first && a->last == b->last
	       && a->created == b->created && a->salience == b->salience
	       && a->coherence == b->coherence && mn_str_eq(a->summary, b->summary)
	       && mn_str_eq(a->meta, b->meta) && same_tags(a->tags, b->tags)
	       && same_ids(a->neurons, b->neurons) && same_ids(a->synapses, b->synapses);
}

/* Members that are nowhere were deleted where the snapshot comes from: they are left out. */
static int members(mn_peer_taking *m, const mn_peer_list *l, mn_strs uids, mn_ids *out)
{
	mn_id *ids = mn_call_array(m->call, uids.n, sizeof(*ids));
	size_t n = 0;
	int rc = ids ? find_ids(m, l, uids, ids) : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < uids.n; i++)
		if (ids[i])
			ids[n++] = ids[i];
	*out = (mn_ids){ids, n};
	return rc;
}

static int draw_fiber(mn_peer_taking *m, size_t i, mn_fiber *row)
{
	const mn_peer_fiber *r = &m->fiber[i];
	const mn_fiber *was = &m->fibers.rows.at.fiber[i];
	const uint64_t *typed = mn_strmap_get(&m->typed, m->fibers.uids[i]);
	const json_t *all = json_object_get(m->metadata, "typed_memories");
	mn_ids neurons, synapses;
	mn_id anchor = 0;
	int rc = find_ids(m, &m->neurons, (mn_strs){&r->anchor, 1}, &anchor);

	if (rc == MN_OK && !anchor)
		return mn_fail(m->call, MN_EINVAL, 0,
			"fibers: anchor neuron \"%.*s\" of record %zu does not exist",
			MN_FMT(r->anchor), i);
	if (rc == MN_OK)
		rc = members(m, &m->neurons, r->neurons, &neurons);
	if (rc == MN_OK)
		rc = members(m, &m->synapses, r->synapses, &synapses);
	if (rc != MN_OK)
		return rc;
	if (m->fibers.there[i])
		*row = *was;
	row->anchor = anchor;
	rc = mn_peer_take_fiber(m->call, r, json_array_get(m->fibers.json, i),
		typed ? json_array_get(all, *typed - 1) : NULL, neurons, synapses, row);
	row->id = m->fibers.ids[i];
	if (rc == MN_OK && !(m->fibers.there[i] && same_fiber(was, row)))
		change(m, m->fibers.there[i], MN_FIBER, row);
	return rc;
}

static int draw_fibers(mn_peer_taking *m)
{
	mn_fiber *rows = mn_call_array(m->call, m->fibers.n, sizeof(*rows));
	int rc = rows ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < m->fibers.n; i++)
		rc = draw_fiber(m, i, &rows[i]);
	return rc;
}

int mn_peer_import_draw(mn_peer_taking *m)
{
	const size_t most = m->neurons.n + m->synapses.n + m->fibers.n;
	int rc = mn_brain_generation(m->brain, m->call);

	m->at = m->call->at;
	m->nchanges = m->nanchors = 0;
	m->changes = mn_call_array(m->call, most, sizeof(*m->changes));
	m->anchors = mn_call_array(m->call, m->neurons.n, sizeof(*m->anchors));
	if (rc == MN_OK && (!m->changes || !m->anchors))
		rc = MN_ENOMEM;
	if (rc == MN_OK)
		rc = mn_peer_scale_of(m->brain, m->call, &m->scale);
	if (rc == MN_OK)
		rc = find_rows(m, &m->neurons);
	if (rc == MN_OK)
		rc = find_rows(m, &m->synapses);
	if (rc == MN_OK)
		rc = find_rows(m, &m->fibers);
	if (rc == MN_OK)
		rc = give_ids(m, &m->neurons);
	if (rc == MN_OK)
		rc = give_ids(m, &m->synapses);
	if (rc == MN_OK)
		rc = give_ids(m, &m->fibers);
	if (rc == MN_OK)
		rc = draw_neurons(m);
	if (rc == MN_OK)
		rc = draw_synapses(m);
	return rc == MN_OK ? draw_fibers(m) : rc;
}
