/* SPDX-License-Identifier: MIT */
/* peer_name.c - uids of many rows at once, derived ones included, in a few trips. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/map.h"
#include "base/str.h"
#include "exchange/peer_row.h"

int mn_peer_name_neurons(mn_brain *b, mn_call *call, const mn_neuron *rows, size_t n, mn_str *out)
{
	int rc = MN_OK;

	for (size_t i = 0; rc == MN_OK && i < n; i++) {
		out[i] = (mn_str){NULL, 0};
		if (rows[i].id)
			rc = mn_uid_derive(b, call, MN_NEURON, &rows[i], &out[i]);
	}
	return rc;
}

int mn_peer_name_ids(mn_brain *b, mn_call *call, mn_ids ids, mn_str *out)
{
	mn_rows rows;
	int rc;

	if (ids.n == 0)
		return MN_OK;
	rc = mn_brain_get(
		b, call, MN_NEURON, ids, MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_UID, &rows);
	return rc == MN_OK ? mn_peer_name_neurons(b, call, rows.at.neuron, ids.n, out) : rc;
}

/* ---- A table of names --------------------------------------------------------------------- */

struct names { /* of neurons, each read once */
	mn_idmap places;
	mn_id *ids;
	mn_str *names;
	size_t n;
};

static int want(mn_call *call, struct names *t, mn_id id)
{
	if (!id || mn_idmap_get(&t->places, id))
		return MN_OK;
	t->ids[t->n] = id;
	return mn_idmap_put(&t->places, id, t->n++) == MN_OK ? MN_OK : mn_fail_memory(call);
}

static int begin(mn_call *call, struct names *t, size_t most)
{
	t->ids = mn_call_array(call, most, sizeof(*t->ids));
	t->names = mn_call_array(call, most, sizeof(*t->names));
	return t->ids && t->names ? MN_OK : MN_ENOMEM;
}

static int read_names(mn_brain *b, mn_call *call, struct names *t)
{
	return mn_peer_name_ids(b, call, (mn_ids){t->ids, t->n}, t->names);
}

static mn_str name_of(const struct names *t, mn_id id)
{
	const uint64_t *place = id ? mn_idmap_get(&t->places, id) : NULL;

	return place ? t->names[*place] : (mn_str){NULL, 0};
}

/* ---- Synapses ----------------------------------------------------------------------------- */

/* How many synapses without a uid of their own might share their ends and type with another of
 * them: those have to be asked about one by one. Small lists of `from` are read at once. */
static int find_parallel(mn_brain *b, mn_call *call, const mn_synapse *rows, size_t n, bool *out)
{
	const mn_reach outward = {.out = true};
	mn_expand ask = MN_SIZED(mn_expand);
	mn_id *from = mn_call_array(call, n, sizeof(*from));
	mn_idmap seen = {0};
	size_t m = 0;
	mn_fan fan;
	int rc = from ? MN_OK : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < n; i++)
		if (rows[i].id && !rows[i].uid.len && !mn_idmap_get(&seen, rows[i].from)) {
			from[m] = rows[i].from;
			if (mn_idmap_put(&seen, rows[i].from, m++) != MN_OK)
				rc = mn_fail_memory(call);
		}
	ask.frontier = (mn_ids){from, m};
	ask.reaches = &outward;
	ask.nreaches = 1;
	ask.want_synapse = true;
	if (rc == MN_OK && m)
		rc = mn_brain_expand(b, call, &ask, &fan);
	for (size_t i = 0; rc == MN_OK && i < n; i++) {
		const uint64_t *at = mn_idmap_get(&seen, rows[i].from);
		size_t like = 0;

		if (!rows[i].id || rows[i].uid.len || !at)
			continue;
		for (uint32_t k = fan.start[*at]; k < fan.start[*at + 1]; k++)
			like += fan.far[k] == rows[i].to && fan.type[k] == rows[i].type;
		out[i] = like > 1;
	}
	mn_idmap_free(&seen);
	return rc;
}

static int name_synapse(
	mn_brain *b, mn_call *call, const mn_synapse *s, bool parallel, mn_peer_named *out)
{
	if (s->uid.len) {
		out->uid = s->uid;
		return MN_OK;
	}
	if (parallel)
		return mn_uid_derive(b, call, MN_SYNAPSE, s, &out->uid);
	out->uid = mn_arena_printf(call->arena, "%.*s|%s|%.*s", (int)out->from.len,
		out->from.len ? out->from.ptr : "", mn_type_name(MN_SYNAPSE, s->type),
		(int)out->to.len, out->to.len ? out->to.ptr : "");
	return out->uid.ptr ? MN_OK : mn_fail_memory(call);
}

int mn_peer_name_synapses(mn_brain *b, mn_call *call, const mn_peer_scale *scale,
	const mn_synapse *rows, size_t n, mn_peer_named *out)
{
	struct names t = {0};
	bool *parallel = mn_call_array(call, n, sizeof(*parallel));
	int rc = parallel ? begin(call, &t, 2 * n) : MN_ENOMEM;

	for (size_t i = 0; rc == MN_OK && i < n; i++) {
		rc = want(call, &t, rows[i].id ? rows[i].from : 0);
		if (rc == MN_OK)
			rc = want(call, &t, rows[i].id ? rows[i].to : 0);
	}
	if (rc == MN_OK)
		rc = read_names(b, call, &t);
	if (rc == MN_OK)
		rc = find_parallel(b, call, rows, n, parallel);
	for (size_t i = 0; rc == MN_OK && i < n; i++) {
		out[i] = (mn_peer_named){
			.from = name_of(&t, rows[i].from), .to = name_of(&t, rows[i].to)};
		if (!rows[i].id)
			continue;
		if (scale)
			out[i].weight = mn_peer_weight(scale, &rows[i]);
		rc = name_synapse(b, call, &rows[i], parallel[i], &out[i]);
	}
	mn_idmap_free(&t.places);
	return rc;
}

/* ---- Fibers ------------------------------------------------------------------------------- */

struct members { /* of many fibers */
	mn_ids *neurons, *synapses;
	size_t nneurons, nsynapses;
};

/* Our own fibers list no members: all their anchors are expanded at once. */
static int star_members(
	mn_brain *b, mn_call *call, const mn_fiber *rows, size_t n, struct members *m)
{
	const mn_reach outward = {.out = true};
	mn_expand ask = MN_SIZED(mn_expand);
	mn_id *anchors = mn_call_array(call, n, sizeof(*anchors));
	size_t *places = mn_call_array(call, n, sizeof(*places)), k = 0;
	mn_fan fan;
	int rc;

	if (!anchors || !places)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (rows[i].id && (rows[i].flags & MN_FIBER_STAR)) {
			places[k] = i;
			anchors[k++] = rows[i].anchor;
		}
	if (k == 0)
		return MN_OK;
	ask.frontier = (mn_ids){anchors, k};
	ask.reaches = &outward;
	ask.nreaches = 1;
	ask.want_synapse = true;
	rc = mn_brain_expand(b, call, &ask, &fan);
	for (size_t i = 0; rc == MN_OK && i < k; i++) {
		const size_t from = fan.start[i], more = fan.start[i + 1] - from;
		mn_id *near = mn_call_array(call, more + 1, sizeof(*near));

		if (!near)
			return MN_ENOMEM;
		near[0] = anchors[i];
		if (more)
			memcpy(near + 1, fan.far + from, more * sizeof(*near));
		m->neurons[places[i]] = (mn_ids){near, more + 1};
		m->synapses[places[i]] = (mn_ids){fan.synapse + from, more};
	}
	return rc;
}

static int find_members(
	mn_brain *b, mn_call *call, const mn_fiber *rows, size_t n, struct members *m)
{
	int rc;

	m->neurons = mn_call_array(call, n, sizeof(*m->neurons));
	m->synapses = mn_call_array(call, n, sizeof(*m->synapses));
	if (!m->neurons || !m->synapses)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		m->neurons[i] = rows[i].neurons;
		m->synapses[i] = rows[i].synapses;
	}
	rc = star_members(b, call, rows, n, m);
	for (size_t i = 0; i < n; i++) {
		m->nneurons += m->neurons[i].n;
		m->nsynapses += m->synapses[i].n;
	}
	return rc;
}

/* Names of all synapses in the lists; those that are gone are left empty. */
static int name_lines(mn_brain *b, mn_call *call, const struct members *m, size_t n, mn_str **out)
{
	mn_id *ids = mn_call_array(call, m->nsynapses, sizeof(*ids));
	mn_peer_named *names = mn_call_array(call, m->nsynapses, sizeof(*names));
	mn_str *uids = mn_call_array(call, m->nsynapses, sizeof(*uids));
	size_t k = 0;
	mn_rows rows;
	int rc = ids && names && uids ? MN_OK : MN_ENOMEM;

	*out = uids;
	for (size_t i = 0; rc == MN_OK && i < n; i++)
		for (size_t j = 0; j < m->synapses[i].n; j++)
			ids[k++] = m->synapses[i].at[j];
	if (rc == MN_OK && k)
		rc = mn_brain_get(
			b, call, MN_SYNAPSE, (mn_ids){ids, k}, MN_FIELD_HEAD | MN_FIELD_UID, &rows);
	if (rc == MN_OK && k)
		rc = mn_peer_name_synapses(b, call, NULL, rows.at.synapse, k, names);
	for (size_t i = 0; rc == MN_OK && i < k; i++)
		uids[i] = names[i].uid;
	return rc;
}

static int list_names(mn_call *call, mn_ids ids, const struct names *t, mn_strs *out)
{
	mn_str *at = mn_call_array(call, ids.n, sizeof(*at));
	size_t n = 0;

	if (!at)
		return MN_ENOMEM;
	for (size_t i = 0; i < ids.n; i++) {
		at[n] = name_of(t, ids.at[i]);
		n += at[n].ptr != NULL;
	}
	*out = (mn_strs){at, n};
	return MN_OK;
}

static int list_lines(mn_call *call, const mn_str *uids, size_t n, mn_strs *out)
{
	mn_str *at = mn_call_array(call, n, sizeof(*at));
	size_t kept = 0;

	if (!at)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (uids[i].ptr)
			at[kept++] = uids[i];
	*out = (mn_strs){at, kept};
	return MN_OK;
}

int mn_peer_name_fibers(
	mn_brain *b, mn_call *call, const mn_fiber *rows, size_t n, mn_peer_named *out)
{
	struct members m = {0};
	struct names t = {0};
	mn_str *lines = NULL;
	size_t line = 0;
	int rc = find_members(b, call, rows, n, &m);

	if (rc == MN_OK)
		rc = begin(call, &t, m.nneurons + n);
	for (size_t i = 0; rc == MN_OK && i < n; i++) {
		rc = want(call, &t, rows[i].id ? rows[i].anchor : 0);
		for (size_t j = 0; rc == MN_OK && j < m.neurons[i].n; j++)
			rc = want(call, &t, m.neurons[i].at[j]);
	}
	if (rc == MN_OK)
		rc = read_names(b, call, &t);
	if (rc == MN_OK)
		rc = name_lines(b, call, &m, n, &lines);
	for (size_t i = 0; rc == MN_OK && i < n; i++) {
		out[i] = (mn_peer_named){.from = name_of(&t, rows[i].anchor)};
		out[i].uid = rows[i].uid.len ? rows[i].uid : out[i].from;
		rc = list_names(call, m.neurons[i], &t, &out[i].neurons);
		if (rc == MN_OK)
			rc = list_lines(call, lines + line, m.synapses[i].n, &out[i].synapses);
		line += m.synapses[i].n;
	}
	mn_idmap_free(&t.places);
	return rc;
}
