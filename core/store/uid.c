/* SPDX-License-Identifier: MIT */
/*
 * uid.c - names of rows that have none of their own, and back.
 *
 * A neuron's is "TYPE:TEXT", a synapse's "FROM|TYPE|TO", a fiber's that of its anchor. Parallel
 * synapses (same ends, same type, no uid of their own) are told apart by "#2", "#3" ... in the
 * order of their ids. Ends are uids themselves and may hold "|" and "#", so a synapse's uid is read
 * in every way that it can be, and the one whose ends exist is taken.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "base/type.h"
#include "store/read.h"

#define MOST_READINGS 64 /* of one uid */

/* ---- From rows to uids -------------------------------------------------------------------- */

static int derive_neuron(mn_call *call, const mn_neuron *n, mn_str *out)
{
	mn_str uid = mn_arena_printf(call->arena, "%s:%.*s", mn_type_name(MN_NEURON, n->type),
		(int)n->text.len, n->text.len ? n->text.ptr : "");

	if (n->uid.len)
		uid = n->uid;
	if (!uid.ptr)
		return mn_fail_memory(call);
	*out = uid;
	return MN_OK;
}

static int uids_of_neurons(mn_brain *b, mn_call *call, mn_ids ids, mn_str *out)
{
	mn_rows rows;
	int status = mn_brain_get(
		b, call, MN_NEURON, ids, MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_UID, &rows);

	for (size_t i = 0; status == MN_OK && i < ids.n; i++) {
		if (rows.at.neuron[i].id == 0)
			return mn_fail(call, MN_EINVAL, 0, "there is no neuron %llu",
				(unsigned long long)ids.at[i]);
		status = derive_neuron(call, &rows.at.neuron[i], &out[i]);
	}
	return status;
}

/* What has the same ends and type in a fan: the ids, unsorted. */
static int parallel_ids(
	mn_call *call, const mn_fan *fan, size_t entry, mn_id to, uint16_t type, mn_ids *out)
{
	const uint32_t first = fan->start[entry], end = fan->start[entry + 1];
	mn_id *ids = mn_call_array(call, end - first, sizeof(*ids));
	size_t n = 0;

	if (!ids)
		return MN_ENOMEM;
	for (uint32_t i = first; i < end; i++)
		if (fan->far[i] == to && fan->type[i] == type)
			ids[n++] = fan->synapse[i];
	*out = (mn_ids){ids, n};
	return MN_OK;
}

static int by_id(const void *a, const void *b)
{
	const mn_synapse *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* Of the rows with these ids: those that really leave `from` and have no uid, by id. */
static int unnamed(mn_brain *b, mn_call *call, mn_ids ids, mn_id from, mn_rows *out)
{
	mn_synapse *kept;
	mn_rows rows;
	size_t n = 0;
	int status = mn_brain_get(b, call, MN_SYNAPSE, ids, MN_FIELD_HEAD | MN_FIELD_UID, &rows);

	if (status != MN_OK)
		return status;
	kept = mn_call_array(call, ids.n, sizeof(*kept));
	if (!kept)
		return MN_ENOMEM;
	for (size_t i = 0; i < ids.n; i++) {
		const mn_synapse *s = &rows.at.synapse[i];

		if (s->id && s->from == from && s->uid.len == 0)
			kept[n++] = *s;
	}
	qsort(kept, n, sizeof(*kept), by_id);
	*out = (mn_rows){.kind = MN_SYNAPSE, .n = n, .at.synapse = kept};
	return MN_OK;
}

static int expand_outward(mn_brain *b, mn_call *call, mn_ids neurons, mn_fan *out)
{
	const mn_reach outward = {.out = true};
	mn_expand ask = MN_SIZED(mn_expand);

	ask.frontier = neurons;
	ask.reaches = &outward;
	ask.nreaches = 1;
	ask.want_synapse = true;
	return mn_brain_expand(b, call, &ask, out);
}

static int ordinal_of(mn_brain *b, mn_call *call, const mn_synapse *s, size_t *out)
{
	mn_fan fan;
	mn_ids ids;
	mn_rows rows;
	int status = expand_outward(b, call, (mn_ids){&s->from, 1}, &fan);

	*out = 1;
	if (status == MN_OK)
		status = parallel_ids(call, &fan, 0, s->to, s->type, &ids);
	if (status != MN_OK || ids.n < 2)
		return status;
	status = unnamed(b, call, ids, s->from, &rows);
	for (size_t i = 0; status == MN_OK && i < rows.n; i++)
		*out += rows.at.synapse[i].id < s->id;
	return status;
}

static int derive_synapse(mn_brain *b, mn_call *call, const mn_synapse *s, mn_str *out)
{
	const mn_id ends[2] = {s->from, s->to};
	char suffix[24] = "";
	mn_str uids[2], uid;
	size_t ordinal;
	int status = uids_of_neurons(b, call, (mn_ids){ends, 2}, uids);

	if (status == MN_OK)
		status = ordinal_of(b, call, s, &ordinal);
	if (status != MN_OK)
		return status;
	if (ordinal > 1)
		snprintf(suffix, sizeof(suffix), "#%zu", ordinal);
	uid = mn_arena_printf(call->arena, "%.*s|%s|%.*s%s", (int)uids[0].len, uids[0].ptr,
		mn_type_name(MN_SYNAPSE, s->type), (int)uids[1].len, uids[1].ptr, suffix);
	if (!uid.ptr)
		return mn_fail_memory(call);
	*out = uid;
	return MN_OK;
}

int mn_uid_derive(mn_brain *b, mn_call *call, int kind, const void *row, mn_str *out)
{
	const mn_synapse *s = row;
	const mn_fiber *f = row;
	const mn_state *state = row;

	switch (kind) {
	case MN_NEURON: return derive_neuron(call, row, out);
	case MN_STATE: return uids_of_neurons(b, call, (mn_ids){&state->id, 1}, out);
	case MN_SYNAPSE:
		if (s->uid.len == 0)
			return derive_synapse(b, call, s, out);
		*out = s->uid;
		return MN_OK;
	case MN_FIBER:
		if (f->uid.len == 0)
			return uids_of_neurons(b, call, (mn_ids){&f->anchor, 1}, out);
		*out = f->uid;
		return MN_OK;
	default: return mn_fail(call, MN_EINVAL, 0, "rows of kind %d have no derived uid", kind);
	}
}

/* ---- From uids to fibers ------------------------------------------------------------------ */

static int derived_fibers(mn_brain *b, mn_call *call, mn_strs uids, mn_id *out)
{
	size_t *places, left;
	mn_str *ask;
	mn_id *anchors;
	mn_rows rows;
	int status = mn_uid_missing(call, out, uids.n, &places, &left);

	if (status != MN_OK || left == 0)
		return status;
	ask = mn_call_array(call, left, sizeof(*ask));
	anchors = mn_call_array(call, left, sizeof(*anchors));
	if (!ask || !anchors)
		return MN_ENOMEM;
	for (size_t i = 0; i < left; i++)
		ask[i] = uids.at[places[i]];
	status = mn_brain_resolve(b, call, MN_NEURON, (mn_strs){ask, left}, anchors);
	if (status == MN_OK)
		status = mn_brain_fibers_of(b, call, (mn_ids){anchors, left}, &rows);
	for (size_t i = 0; status == MN_OK && i < left; i++)
		if (anchors[i] && rows.at.fiber[i].uid.len == 0)
			out[places[i]] = rows.at.fiber[i].id;
	return status;
}

/* ---- From uids to synapses ---------------------------------------------------------------- */

struct reading { /* one way of reading a uid */
	size_t which;
	mn_str from, type, to;
	mn_id ends[2];
	size_t ordinal; /* from 1 */
};

struct readings {
	struct reading *at; /* NULL: they are only counted */
	size_t n, cap;
};

/* "#N" at the end, N from 2 on: N, and the text before it. */
static size_t read_ordinal(mn_str *to)
{
	size_t at = to->len, n = 0, unit = 1;

	while (at > 0 && to->ptr[at - 1] >= '0' && to->ptr[at - 1] <= '9' && unit < 1000000000) {
		n += (size_t)(to->ptr[--at] - '0') * unit;
		unit *= 10;
	}
	if (at == 0 || to->ptr[at - 1] != '#' || n < 2 || to->ptr[at] == '0')
		return 0;
	to->len = at - 1;
	return n;
}

static void put_reading(struct readings *r, const struct reading *one)
{
	if (r->n == r->cap)
		return;
	if (r->at)
		r->at[r->n] = *one;
	r->n++;
}

static void add_reading(struct readings *r, struct reading one)
{
	mn_str to = one.to;
	const size_t ordinal = read_ordinal(&to);

	one.ordinal = 1;
	put_reading(r, &one);
	if (ordinal) {
		one.ordinal = ordinal;
		one.to = to;
		put_reading(r, &one);
	}
}

/* Those with a type that the process has met already, or those with any other. */
static void read_synapse(struct readings *r, mn_str uid, size_t which, bool met)
{
	for (size_t i = 0; i < uid.len; i++) {
		if (uid.ptr[i] != '|')
			continue;
		for (size_t j = i + 2; j < uid.len && j - i <= MN_TYPE_NAME + 1; j++) {
			const mn_str type = mn_str_sub(uid, i + 1, j - i - 1);

			if (uid.ptr[j] == '|' && (mn_type_known(MN_SYNAPSE, type) != 0) == met)
				add_reading(r, (struct reading){.which = which,
						       .from = {uid.ptr, i},
						       .type = type,
						       .to = mn_str_sub(uid, j + 1, uid.len)});
		}
	}
}

/* Finds the ends of all readings at once and keeps those that have both. */
static int find_ends(mn_brain *b, mn_call *call, struct readings *r)
{
	mn_str *uids = mn_call_array(call, 2 * r->n, sizeof(*uids));
	mn_id *ids = mn_call_array(call, 2 * r->n, sizeof(*ids));
	size_t kept = 0;
	int status;

	if (!uids || !ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < r->n; i++) {
		uids[2 * i] = r->at[i].from;
		uids[2 * i + 1] = r->at[i].to;
	}
	status = mn_brain_resolve(b, call, MN_NEURON, (mn_strs){uids, 2 * r->n}, ids);
	for (size_t i = 0; status == MN_OK && i < r->n; i++) {
		if (!ids[2 * i] || !ids[2 * i + 1])
			continue;
		r->at[kept] = r->at[i];
		memcpy(r->at[kept++].ends, &ids[2 * i], sizeof(r->at->ends));
	}
	r->n = kept;
	return status;
}

static int by_from(const void *a, const void *b)
{
	const struct reading *x = a, *y = b;

	if (x->ends[0] != y->ends[0])
		return x->ends[0] > y->ends[0] ? 1 : -1;
	return (x->which > y->which) - (x->which < y->which);
}

/* A type that is not known by now is none of the fan's. */
static int take_reading(mn_brain *b, mn_call *call, const struct reading *r, const mn_fan *fan,
	size_t entry, mn_id *out)
{
	const uint16_t type = mn_type_known(MN_SYNAPSE, r->type);
	mn_ids ids;
	mn_rows rows;
	int status = parallel_ids(call, fan, entry, r->ends[1], type, &ids);

	if (status != MN_OK || ids.n < r->ordinal)
		return status;
	status = unnamed(b, call, ids, r->ends[0], &rows);
	if (status == MN_OK && rows.n >= r->ordinal && out[r->which] == 0)
		out[r->which] = rows.at.synapse[r->ordinal - 1].id;
	return status;
}

/* Readings are sorted by their `from`, so that each of these is expanded once. */
static int find_synapses(mn_brain *b, mn_call *call, struct readings *r, mn_id *out)
{
	mn_id *from = mn_call_array(call, r->n, sizeof(*from));
	size_t n = 0, entry = 0;
	mn_fan fan;
	int status;

	if (!from)
		return MN_ENOMEM;
	qsort(r->at, r->n, sizeof(*r->at), by_from);
	for (size_t i = 0; i < r->n; i++)
		if (n == 0 || from[n - 1] != r->at[i].ends[0])
			from[n++] = r->at[i].ends[0];
	status = expand_outward(b, call, (mn_ids){from, n}, &fan);
	for (size_t i = 0; status == MN_OK && i < r->n; i++) {
		while (from[entry] != r->at[i].ends[0])
			entry++;
		status = take_reading(b, call, &r->at[i], &fan, entry, out);
	}
	return status;
}

/* At most `room`: the second time more types may be met than the first. */
static void read_all(struct readings *r, size_t room, mn_strs uids, const size_t *places, size_t n)
{
	r->n = 0;
	for (size_t i = 0; i < n; i++) {
		r->cap = room - r->n < MOST_READINGS ? room : r->n + MOST_READINGS;
		read_synapse(r, uids.at[places[i]], places[i], true);
		read_synapse(r, uids.at[places[i]], places[i], false);
	}
}

static int derived_synapses(mn_brain *b, mn_call *call, mn_strs uids, mn_id *out)
{
	struct readings r = {0};
	size_t *places, left;
	int status = mn_uid_missing(call, out, uids.n, &places, &left);

	if (status != MN_OK || left == 0)
		return status;
	read_all(&r, SIZE_MAX, uids, places, left);
	if (r.n == 0)
		return MN_OK;
	r.at = mn_call_array(call, r.n, sizeof(*r.at));
	if (!r.at)
		return MN_ENOMEM;
	read_all(&r, r.n, uids, places, left);
	status = find_ends(b, call, &r);
	return status == MN_OK && r.n ? find_synapses(b, call, &r, out) : status;
}

int mn_brain_resolve(mn_brain *b, mn_call *call, int kind, mn_strs uids, mn_id *out)
{
	mn_gen at;
	int status;

	if (kind != MN_NEURON && kind != MN_SYNAPSE && kind != MN_FIBER)
		return mn_fail(call, MN_EINVAL, 0, "rows of kind %d have no uid", kind);
	status = mn_brain_resolve_own(b, call, kind, uids, out);
	at = call->at;
	if (status == MN_OK && kind == MN_NEURON)
		status = mn_uid_neurons(b, call, uids, out);
	if (status == MN_OK && kind == MN_FIBER)
		status = derived_fibers(b, call, uids, out);
	if (status == MN_OK && kind == MN_SYNAPSE)
		status = derived_synapses(b, call, uids, out);
	call->at = at;
	return status;
}
