/* SPDX-License-Identifier: MIT */
/* loadfiber.c - the fibers of a batch: found again by their own uid or by their anchor. */
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "base/type.h"
#include "exchange/load.h"

/* A fiber with a uid is kept under its hash, one without under its anchor. */
static uint64_t key_of(mn_str uid, mn_id anchor)
{
	uint64_t hash = uid.len ? mn_hash(uid)
				: mn_hash((mn_str){(const char *)&anchor, sizeof(anchor)});

	return hash ? hash : 1;
}

static int put_row(mn_load *l, mn_fibers *f, const mn_fiber *row)
{
	return mn_idmap_put(&f->rows, key_of(row->uid, row->anchor), (uintptr_t)row) == MN_OK
		       ? MN_OK
		       : mn_fail_memory(&l->in->work);
}

static const mn_fiber *row_of(const mn_fibers *f, mn_str uid, mn_id anchor)
{
	const uint64_t *at = mn_idmap_get(&f->rows, key_of(uid, anchor));
	const mn_fiber *row = at ? (const mn_fiber *)(uintptr_t)*at : NULL;

	if (!row || !mn_str_eq(row->uid, uid) || (uid.len == 0 && row->anchor != anchor))
		return NULL;
	return row;
}

/* ---- Fibers that are there ---------------------------------------------------------------- */

static int find_named(mn_load *l, mn_fibers *f)
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
		if (l->items[i].kind == MN_FIBER && l->items[i].row.fiber.uid.len)
			uids[n++] = l->items[i].row.fiber.uid;
	if (n == 0)
		return MN_OK;
	status = mn_brain_resolve(l->in->brain, call, MN_FIBER, (mn_strs){uids, n}, ids);
	if (status == MN_OK)
		status = mn_brain_get(l->in->brain, call, MN_FIBER, (mn_ids){ids, n}, 0, &rows);
	for (size_t i = 0; i < n && status == MN_OK; i++)
		if (rows.at.fiber[i].id && mn_str_eq(rows.at.fiber[i].uid, uids[i]))
			status = put_row(l, f, &rows.at.fiber[i]);
	return status;
}

static int find_unnamed(mn_load *l, mn_fibers *f)
{
	mn_call *call = &l->in->work;
	mn_id *anchors = mn_call_array(call, l->n, sizeof(*anchors));
	mn_rows rows;
	size_t n = 0;
	int status;

	if (!anchors)
		return MN_ENOMEM;
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i].kind == MN_FIBER && !l->items[i].row.fiber.uid.len
			&& mn_load_old(l, l->items[i].from))
			anchors[n++] = mn_load_neuron(l, l->items[i].from, l->items[i].line);
	if (n == 0)
		return MN_OK;
	status = mn_brain_fibers_of(l->in->brain, call, (mn_ids){anchors, n}, &rows);
	for (size_t i = 0; i < n && status == MN_OK; i++)
		if (rows.at.fiber[i].id && rows.at.fiber[i].uid.len == 0)
			status = put_row(l, f, &rows.at.fiber[i]);
	return status;
}

/* ---- Members ------------------------------------------------------------------------------ */

static int put_member(mn_load *l, mn_fibers *f, mn_str uid, mn_id id)
{
	return mn_strmap_put(&f->members, uid, id) == MN_OK ? MN_OK : mn_fail_memory(&l->in->work);
}

/* The uid a synapse of this batch goes by: its own, or the derived one put together again. */
static int uid_of(mn_load *l, const mn_item *item, mn_str *out)
{
	const char *type = mn_type_name(MN_SYNAPSE, item->row.synapse.type);

	*out = item->row.synapse.uid;
	if (out->len == 0 && item->ordinal > 1)
		*out = mn_arena_printf(l->in->work.arena, "%.*s|%s|%.*s#%u", (int)item->from.len,
			item->from.ptr, type, (int)item->to.len, item->to.ptr, item->ordinal);
	else if (out->len == 0)
		*out = mn_arena_printf(l->in->work.arena, "%.*s|%s|%.*s", (int)item->from.len,
			item->from.ptr, type, (int)item->to.len, item->to.ptr);
	return out->ptr ? MN_OK : mn_fail_memory(&l->in->work);
}

static int members_of_batch(mn_load *l, mn_fibers *f, const mn_synapses *set)
{
	int status = MN_OK;

	for (size_t i = 0; i < l->n && status == MN_OK; i++) {
		mn_str uid;

		if (l->items[i].kind != MN_SYNAPSE || !set->of[i])
			continue;
		status = uid_of(l, &l->items[i], &uid);
		if (status == MN_OK)
			status = put_member(l, f, uid, set->of[i]);
	}
	return status;
}

/* Those that fibers list and this batch does not hold. */
static int members_of_brain(mn_load *l, mn_fibers *f, size_t most)
{
	mn_str *uids = mn_call_array(&l->in->work, most, sizeof(*uids));
	mn_id *ids = mn_call_array(&l->in->work, most, sizeof(*ids));
	size_t n = 0;
	int status = MN_OK;

	if (!uids || !ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < l->items[i].synapses.n; k++)
			if (!mn_strmap_get(&f->members, l->items[i].synapses.at[k]))
				uids[n++] = l->items[i].synapses.at[k];
	if (n)
		status = mn_brain_resolve(
			l->in->brain, &l->in->work, MN_SYNAPSE, (mn_strs){uids, n}, ids);
	for (size_t i = 0; i < n && status == MN_OK; i++)
		if (ids[i])
			status = put_member(l, f, uids[i], ids[i]);
	return status;
}

int mn_fibers_find(mn_load *l, mn_fibers *f, const mn_synapses *set)
{
	size_t listed = 0;
	int status;

	for (size_t i = 0; i < l->n; i++) {
		f->items += l->items[i].kind == MN_FIBER;
		listed += l->items[i].synapses.n;
	}
	if (f->items == 0)
		return MN_OK;
	status = find_named(l, f);
	if (status == MN_OK)
		status = find_unnamed(l, f);
	if (status == MN_OK && listed)
		status = members_of_batch(l, f, set);
	if (status == MN_OK && listed)
		status = members_of_brain(l, f, listed);
	return status;
}

/* The ids of what a fiber lists; the first uid that is not known, if there is one. */
static int list_members(
	mn_load *l, const mn_fibers *f, const mn_item *item, mn_fiber *row, mn_str *unknown)
{
	mn_id *neurons = mn_call_array(&l->in->work, item->neurons.n, sizeof(*neurons));
	mn_id *synapses = mn_call_array(&l->in->work, item->synapses.n, sizeof(*synapses));

	if (!neurons || !synapses)
		return MN_ENOMEM;
	*unknown = (mn_str){NULL, 0};
	for (size_t i = 0; i < item->neurons.n; i++) {
		neurons[i] = mn_load_neuron(l, item->neurons.at[i], item->line);
		*unknown = neurons[i] ? *unknown : item->neurons.at[i];
	}
	for (size_t i = 0; i < item->synapses.n; i++) {
		const uint64_t *id = mn_strmap_get(&f->members, item->synapses.at[i]);

		synapses[i] = id ? *id : 0;
		*unknown = id ? *unknown : item->synapses.at[i];
	}
	row->neurons = (mn_ids){neurons, item->neurons.n};
	row->synapses = (mn_ids){synapses, item->synapses.n};
	return MN_OK;
}

/* ---- One after the other ------------------------------------------------------------------ */

static bool same_ids(mn_ids a, mn_ids b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.at, b.at, a.n * sizeof(*a.at)) == 0);
}

static bool has_text(mn_strs list, mn_str text)
{
	for (size_t i = 0; i < list.n; i++)
		if (mn_str_eq(list.at[i], text))
			return true;
	return false;
}

/* Tags are a set; a store may give them in another order, and each once. */
static bool same_tags(mn_strs a, mn_strs b)
{
	for (size_t i = 0; i < a.n; i++)
		if (!has_text(b, a.at[i]))
			return false;
	for (size_t i = 0; i < b.n; i++)
		if (!has_text(a, b.at[i]))
			return false;
	return true;
}

static bool same_fiber(const mn_fiber *a, const mn_fiber *b)
{
	return a->anchor == b->anchor && a->salience == b->salience && a->coherence == b->coherence
	       && a->created == b->created && a->first == b->first && a->last == b->last
	       && a->uses == b->uses && a->stage == b->stage && a->flags == b->flags
	       && mn_str_eq(a->uid, b->uid) && mn_str_eq(a->summary, b->summary)
	       && mn_str_eq(a->meta, b->meta) && same_ids(a->neurons, b->neurons)
	       && same_ids(a->synapses, b->synapses) && same_tags(a->tags, b->tags);
}

static void merge_fiber(const mn_load *l, const mn_item *item, const mn_fiber *old, mn_fiber *f)
{
	const unsigned given = item->given;
	const mn_fiber usual = {.salience = 0.5, .created = l->now, .flags = f->flags};

	if (!old)
		old = &usual;
	f->id = old->id;
	f->summary = given & MN_GIVEN_SUMMARY ? f->summary : old->summary;
	f->tags = given & MN_GIVEN_TAGS ? f->tags : old->tags;
	f->salience = given & MN_GIVEN_SALIENCE ? f->salience : old->salience;
	f->coherence = given & MN_GIVEN_COHERENCE ? f->coherence : old->coherence;
	f->uses = given & MN_GIVEN_USES ? f->uses : old->uses;
	f->created = given & MN_GIVEN_CREATED ? f->created : old->created;
	f->first = given & MN_GIVEN_FIRST ? f->first : old->first;
	f->last = given & MN_GIVEN_LAST ? f->last : old->last;
	f->stage = given & MN_GIVEN_STAGE ? f->stage : old->stage;
	f->meta = given & MN_GIVEN_META ? f->meta : old->meta;
	if (!(given & (MN_GIVEN_MEMBERS | MN_GIVEN_FLAGS))) {
		f->flags = old->flags;
		f->neurons = old->neurons;
		f->synapses = old->synapses;
	}
}

static int store_fiber(mn_load *l, mn_fibers *set, mn_fiber *f, const mn_fiber *old)
{
	int status = MN_OK;

	if (!old && !set->next)
		status = mn_brain_reserve(
			l->in->brain, &l->in->work, MN_FIBER, set->items, &set->next);
	if (status != MN_OK)
		return status;
	if (!old) {
		f->id = set->next++;
		l->got.added++;
		mn_load_change(l, MN_ADD, MN_FIBER, f);
	} else if (!same_fiber(f, old)) {
		l->got.updated++;
		mn_load_change(l, MN_PUT, MN_FIBER, f);
	} else {
		l->got.unchanged++;
	}
	return put_row(l, set, f);
}

int mn_fibers_take(mn_load *l, mn_fibers *set, const mn_item *item)
{
	mn_fiber *f = mn_call_alloc(&l->in->work, sizeof(*f));
	const mn_fiber *old;
	mn_str unknown;
	int status;

	if (!f)
		return MN_ENOMEM;
	*f = item->row.fiber;
	f->anchor = mn_load_neuron(l, item->from, item->line);
	if (!f->anchor)
		return mn_load_bad(l, item,
			"there is no neuron \"%.*s\": neurons come before the fibers they anchor",
			MN_FMT(item->from));
	status = list_members(l, set, item, f, &unknown);
	if (status == MN_OK && unknown.len)
		return mn_load_bad(
			l, item, "there is no \"%.*s\" for the fiber to list", MN_FMT(unknown));
	if (status != MN_OK)
		return status;
	old = row_of(set, f->uid, f->anchor);
	merge_fiber(l, item, old, f);
	if (item->encode)
		l->encode[l->nencode++] = f->anchor;
	return store_fiber(l, set, f, old);
}

void mn_fibers_free(mn_fibers *f)
{
	mn_idmap_free(&f->rows);
	mn_strmap_free(&f->members);
}
