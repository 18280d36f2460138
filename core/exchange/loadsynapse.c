/* SPDX-License-Identifier: MIT */
/* loadsynapse.c - the synapses of a batch: found again by their own uid or by their ends. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "base/type.h"
#include "exchange/load.h"
#include "store/brain.h"

/* What names a synapse that has no uid of its own. */
struct ends {
	mn_id from, to;
	uint64_t type, ordinal;
};

/* Hashes stand for names here; a hit is compared with its row, so a collision makes a conflict,
 * never a wrong row. */
static uint64_t hash_ends(struct ends e)
{
	uint64_t hash = mn_hash((mn_str){(const char *)&e, sizeof(e)});

	return hash ? hash : 1;
}

static uint64_t hash_uid(mn_str uid)
{
	uint64_t hash = mn_hash(uid);

	return hash ? hash : 1;
}

static int put_row(mn_load *l, mn_synapses *s, uint64_t hash, const mn_synapse *row)
{
	return mn_idmap_put(&s->rows, hash, (uintptr_t)row) == MN_OK ? MN_OK
								     : mn_fail_memory(&l->in->work);
}

static const mn_synapse *row_at(const mn_synapses *s, uint64_t hash)
{
	const uint64_t *at = mn_idmap_get(&s->rows, hash);

	return at ? (const mn_synapse *)(uintptr_t)*at : NULL;
}

/* ---- Those with a uid --------------------------------------------------------------------- */

static int find_named(mn_load *l, mn_synapses *s)
{
	mn_call *call = &l->in->work;
	mn_str *uids = mn_call_array(call, l->n, sizeof(*uids));
	mn_id *ids = mn_call_array(call, l->n, sizeof(*ids));
	mn_rows rows;
	size_t n = 0;
	int status;

	if (!uids || !ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i].kind == MN_SYNAPSE && l->items[i].row.synapse.uid.len)
			uids[n++] = l->items[i].row.synapse.uid;
	if (n == 0)
		return MN_OK;
	status = mn_brain_resolve(l->in->brain, call, MN_SYNAPSE, (mn_strs){uids, n}, ids);
	if (status == MN_OK)
		status = mn_brain_get(l->in->brain, call, MN_SYNAPSE, (mn_ids){ids, n}, 0, &rows);
	for (size_t i = 0; i < n && status == MN_OK; i++)
		if (rows.at.synapse[i].id && mn_str_eq(rows.at.synapse[i].uid, uids[i]))
			status = put_row(l, s, hash_uid(uids[i]), &rows.at.synapse[i]);
	return status;
}

/* ---- Those without ------------------------------------------------------------------------ */

static int by_number(const void *a, const void *b)
{
	const mn_id x = *(const mn_id *)a, y = *(const mn_id *)b;

	return (x > y) - (x < y);
}

static int by_ends(const void *a, const void *b)
{
	const mn_synapse *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static bool same_ends(const mn_synapse *a, const mn_synapse *b)
{
	return a->from == b->from && a->to == b->to && a->type == b->type;
}

/* The neurons whose lists must be read, and the ends that are looked for in them. */
static int wanted(mn_load *l, mn_ids *from, mn_idmap *ends)
{
	mn_id *ids = mn_call_array(&l->in->work, l->n, sizeof(*ids));
	size_t n = 0, kept = 0;

	if (!ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < l->n; i++) {
		const mn_item *item = &l->items[i];
		struct ends e = {.type = item->row.synapse.type};

		if (item->kind != MN_SYNAPSE || item->row.synapse.uid.len
			|| !mn_load_old(l, item->from) || !mn_load_old(l, item->to))
			continue;
		e.from = mn_load_neuron(l, item->from, item->line);
		e.to = mn_load_neuron(l, item->to, item->line);
		if (mn_clean_has(l->clean, e.from))
			continue;
		ids[n++] = e.from;
		if (mn_idmap_put(ends, hash_ends(e), 1) != MN_OK)
			return mn_fail_memory(&l->in->work);
	}
	qsort(ids, n, sizeof(*ids), by_number);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || ids[i] != ids[i - 1])
			ids[kept++] = ids[i];
	*from = (mn_ids){ids, kept};
	return MN_OK;
}

static int expand(mn_load *l, mn_ids from, mn_fan *out)
{
	const mn_reach outward = {.out = true};
	mn_expand ask = MN_SIZED(mn_expand);

	ask.frontier = from;
	ask.reaches = &outward;
	ask.nreaches = 1;
	ask.want_synapse = true;
	return mn_brain_expand(l->in->brain, &l->in->work, &ask, out);
}

/* The synapses of the fan that have ends that are looked for. */
static int candidates(mn_load *l, mn_ids from, const mn_fan *fan, const mn_idmap *ends, mn_ids *out)
{
	mn_id *ids = mn_call_array(&l->in->work, fan->start[from.n], sizeof(*ids));
	size_t n = 0;

	if (!ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < from.n; i++)
		for (uint32_t k = fan->start[i]; k < fan->start[i + 1]; k++) {
			struct ends e = {from.at[i], fan->far[k], fan->type[k], 0};

			if (mn_idmap_get(ends, hash_ends(e)))
				ids[n++] = fan->synapse[k];
		}
	*out = (mn_ids){ids, n};
	return MN_OK;
}

/* Numbers the rows among their like, oldest first, and keeps them by ends and number. */
static int number_rows(mn_load *l, mn_synapses *s, mn_synapse *rows, size_t n)
{
	struct ends e = {0};
	int status = MN_OK;

	qsort(rows, n, sizeof(*rows), by_ends);
	for (size_t i = 0; i < n && status == MN_OK; i++) {
		uint64_t ordinal = i && same_ends(&rows[i], &rows[i - 1]) ? e.ordinal + 1 : 1;

		e = (struct ends){rows[i].from, rows[i].to, rows[i].type, ordinal};
		status = put_row(l, s, hash_ends(e), &rows[i]);
	}
	return status;
}

static int read_unnamed(mn_load *l, mn_synapses *s, mn_ids ids)
{
	mn_synapse *kept = mn_call_array(&l->in->work, ids.n, sizeof(*kept));
	mn_id *sorted = mn_call_array(&l->in->work, ids.n, sizeof(*sorted));
	mn_rows rows;
	size_t n = 0;
	int status;

	if (!kept || !sorted)
		return MN_ENOMEM;
	if (ids.n == 0)
		return MN_OK;
	/* A two-way synapse may have come from both of its ends. */
	memcpy(sorted, ids.at, ids.n * sizeof(*sorted));
	qsort(sorted, ids.n, sizeof(*sorted), by_number);
	status = mn_brain_get(
		l->in->brain, &l->in->work, MN_SYNAPSE, (mn_ids){sorted, ids.n}, 0, &rows);
	for (size_t i = 0; i < ids.n && status == MN_OK; i++)
		if (rows.at.synapse[i].id && rows.at.synapse[i].uid.len == 0
			&& (i == 0 || sorted[i] != sorted[i - 1]))
			kept[n++] = rows.at.synapse[i];
	return status == MN_OK ? number_rows(l, s, kept, n) : status;
}

static int find_unnamed(mn_load *l, mn_synapses *s)
{
	mn_idmap ends = {0};
	mn_ids from = {0}, ids = {0};
	mn_fan fan;
	int status = wanted(l, &from, &ends);

	if (status == MN_OK && from.n) {
		status = expand(l, from, &fan);
		if (status == MN_OK)
			status = candidates(l, from, &fan, &ends, &ids);
		if (status == MN_OK)
			status = read_unnamed(l, s, ids);
	}
	mn_idmap_free(&ends);
	return status;
}

int mn_synapses_find(mn_load *l, mn_synapses *s)
{
	int status;

	for (size_t i = 0; i < l->n; i++)
		s->items += l->items[i].kind == MN_SYNAPSE;
	if (s->items == 0)
		return MN_OK;
	s->of = mn_call_array(&l->in->work, l->n, sizeof(*s->of));
	status = s->of ? find_named(l, s) : MN_ENOMEM;
	return status == MN_OK ? find_unnamed(l, s) : status;
}

/* ---- One after the other ------------------------------------------------------------------ */

static bool same_synapse(const mn_synapse *a, const mn_synapse *b)
{
	return same_ends(a, b) && a->base == b->base && a->created == b->created
	       && a->last == b->last && a->uses == b->uses && a->flags == b->flags
	       && mn_str_eq(a->meta, b->meta) && mn_str_eq(a->uid, b->uid);
}

static void merge_synapse(
	const mn_load *l, const mn_item *item, const mn_synapse *old, mn_synapse *s)
{
	const unsigned given = item->given;
	const mn_synapse usual = {
		.base = l->weight,
		.created = l->now,
		.flags = mn_type_two_way(s->type) ? MN_SYNAPSE_TWO_WAY : 0,
	};

	if (!old)
		old = &usual;
	s->id = old->id;
	s->base = given & MN_GIVEN_WEIGHT ? s->base : old->base;
	s->flags = given & MN_GIVEN_FLAGS ? s->flags : old->flags;
	s->uses = given & MN_GIVEN_USES ? s->uses : old->uses;
	s->created = given & MN_GIVEN_CREATED ? s->created : old->created;
	s->last = given & MN_GIVEN_LAST ? s->last : old->last;
	s->meta = given & MN_GIVEN_META ? s->meta : old->meta;
}

int mn_synapses_take(mn_load *l, mn_synapses *set, const mn_item *item)
{
	mn_synapse *s = mn_call_alloc(&l->in->work, sizeof(*s));
	const mn_synapse *old;
	uint64_t hash;

	if (!s)
		return MN_ENOMEM;
	*s = item->row.synapse;
	s->from = mn_load_neuron(l, item->from, item->line);
	s->to = mn_load_neuron(l, item->to, item->line);
	if (!s->from || !s->to)
		return mn_load_bad(l, item,
			"there is no neuron \"%.*s\": neurons come before the synapses that join "
			"them",
			MN_FMT(s->from ? item->to : item->from));
	hash = s->uid.len ? hash_uid(s->uid)
			  : hash_ends((struct ends){s->from, s->to, s->type, item->ordinal});
	old = row_at(set, hash);
	if (old && (s->uid.len ? !mn_str_eq(old->uid, s->uid) : !same_ends(old, s)))
		old = NULL;
	merge_synapse(l, item, old, s);
	if (!old && !set->next) {
		int status = mn_brain_reserve(
			l->in->brain, &l->in->work, MN_SYNAPSE, set->items, &set->next);

		if (status != MN_OK)
			return status;
	}
	if (!old) {
		s->id = set->next++;
		l->got.synapses++;
		mn_load_change(l, MN_ADD, MN_SYNAPSE, s);
	} else if (!same_synapse(s, old)) {
		mn_load_change(l, MN_PUT, MN_SYNAPSE, s);
	}
	set->of[item - l->items] = s->id;
	return put_row(l, set, hash, s);
}

void mn_synapses_free(mn_synapses *s)
{
	mn_idmap_free(&s->rows);
}
