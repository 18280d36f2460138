/* SPDX-License-Identifier: MIT */
/*
 * snapload.c - rows of a snapshot, batch by batch, into a brain. Those of a batch are of one kind;
 * kinds come in the order of the file, so what a row refers to is stored before it.
 */
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "exchange/snapshot.h"
#include "store/brain.h"

#define ROWS 2000
#define BYTES ((size_t)4 << 20)

int mn_snapload_open(mn_snapload *l, mn_brain *brain, mn_call *call, mn_import_report *report)
{
	const uint32_t most = brain->store->info.max_changes;
	const int status = mn_call_within(&l->work, call, 0);

	l->brain = brain;
	l->call = call;
	l->report = report;
	l->most = most && most < ROWS ? most : ROWS;
	l->text = mn_arena_new(SIZE_MAX);
	return status == MN_OK && !l->text ? mn_fail_memory(call) : status;
}

void mn_snapload_close(mn_snapload *l)
{
	if (l->work.arena)
		mn_call_done(&l->work);
	mn_arena_free(l->text);
	mn_free(l->items);
	mn_strmap_free(&l->known);
	*l = (mn_snapload){0};
}

/* ---- References --------------------------------------------------------------------------- */

static int missing(mn_snapload *l, const char *what, mn_str uid)
{
	return mn_fail(l->call, MN_ECORRUPT, 0, "there is no %s \"%.*s\", which another row names",
		what, MN_FMT(uid));
}

/* Ids of neurons or synapses by uid, all of which have to be there. */
static int find(mn_snapload *l, int kind, mn_str *uids, size_t n, mn_id **out)
{
	mn_id *ids = mn_call_array(&l->work, n, sizeof(*ids));
	int status = ids ? MN_OK : MN_ENOMEM;

	if (status == MN_OK && n)
		status = mn_brain_resolve(l->brain, &l->work, kind, (mn_strs){uids, n}, ids);
	for (size_t i = 0; status == MN_OK && i < n; i++) {
		const uint64_t *known = kind == MN_SYNAPSE ? mn_strmap_get(&l->known, uids[i])
							   : NULL;

		ids[i] = known ? *known : ids[i];
		if (!ids[i])
			status = missing(l, kind == MN_NEURON ? "neuron" : "synapse", uids[i]);
	}
	*out = ids;
	return status;
}

/* Adds what an item names to uids; returns how many. */
static size_t names_of(const mn_snapline *row, bool neurons, mn_str *uids)
{
	const mn_strs list = neurons ? row->neurons : row->synapses;
	size_t n = 0;

	if (neurons && row->kind == MN_STATE)
		uids[n++] = row->uid;
	if (neurons && row->from.len)
		uids[n++] = row->from;
	if (neurons && row->to.len)
		uids[n++] = row->to;
	for (size_t i = 0; i < list.n; i++)
		uids[n++] = list.at[i];
	return n;
}

/* Ids of all that the items name, in the order of names_of. */
static int find_all(mn_snapload *l, bool neurons, mn_id **out)
{
	size_t most = 0, n = 0;
	mn_str *uids;

	for (size_t i = 0; i < l->n; i++)
		most += 3 + l->items[i].row.neurons.n + l->items[i].row.synapses.n;
	uids = mn_call_array(&l->work, most, sizeof(*uids));
	if (!uids)
		return MN_ENOMEM;
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i].op != MN_SNAP_DROP)
			n += names_of(&l->items[i].row, neurons, uids + n);
	return find(l, neurons ? MN_NEURON : MN_SYNAPSE, uids, n, out);
}

/* ---- Rows --------------------------------------------------------------------------------- */

/* Parallel synapses are found by uid as they are numbered here, not as their store would. */
static int note_parallel(mn_snapload *l, const mn_snapline *row, mn_id id)
{
	if (row->base.len == row->uid.len)
		return MN_OK;
	return mn_strmap_put(&l->known, row->uid, id) == MN_OK ? MN_OK : mn_fail_memory(l->call);
}

static mn_id *id_of(mn_snapline *row)
{
	switch (row->kind) {
	case MN_NEURON: return &row->row.neuron.id;
	case MN_STATE: return &row->row.state.id;
	case MN_SYNAPSE: return &row->row.synapse.id;
	default: return &row->row.fiber.id;
	}
}

static int reserve(mn_snapload *l, mn_id *next)
{
	uint32_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->items[i].op == MN_SNAP_ADD;
	*next = 0;
	return n && l->kind != MN_STATE ? mn_brain_reserve(l->brain, &l->work, l->kind, n, next)
					: MN_OK;
}

/* The ids that a row refers to, taken from the front of those found. */
static void refer(mn_snapline *row, mn_id **neurons, mn_id **synapses)
{
	mn_fiber *f = &row->row.fiber;

	if (row->kind == MN_STATE)
		row->row.state.id = *(*neurons)++;
	if (row->kind == MN_SYNAPSE) {
		row->row.synapse.from = *(*neurons)++;
		row->row.synapse.to = *(*neurons)++;
	}
	if (row->kind != MN_FIBER)
		return;
	f->anchor = *(*neurons)++;
	f->neurons = (mn_ids){*neurons, row->neurons.n};
	f->synapses = (mn_ids){*synapses, row->synapses.n};
	*neurons += row->neurons.n;
	*synapses += row->synapses.n;
}

static void count(mn_import_report *r, const struct mn_snapload_item *item)
{
	r->neurons += item->op == MN_SNAP_ADD && item->row.kind == MN_NEURON;
	r->synapses += item->op == MN_SNAP_ADD && item->row.kind == MN_SYNAPSE;
	r->added += item->op == MN_SNAP_ADD && item->row.kind == MN_FIBER;
	r->updated += item->op == MN_SNAP_PUT && item->row.kind == MN_FIBER;
}

static int draw(mn_snapload *l, mn_change *changes)
{
	static const int ops[] = {
		[MN_SNAP_ADD] = MN_ADD, [MN_SNAP_PUT] = MN_PUT, [MN_SNAP_DROP] = MN_DROP};
	mn_id next, *neurons, *synapses;
	int status = reserve(l, &next);

	if (status == MN_OK)
		status = find_all(l, true, &neurons);
	if (status == MN_OK)
		status = find_all(l, false, &synapses);
	for (size_t i = 0; status == MN_OK && i < l->n; i++) {
		struct mn_snapload_item *item = &l->items[i];
		const bool state = l->kind == MN_STATE;

		*id_of(&item->row) = item->op == MN_SNAP_ADD ? next++ : item->id;
		if (item->op != MN_SNAP_DROP)
			refer(&item->row, &neurons, &synapses);
		changes[i] = (mn_change){state ? MN_PUT : ops[item->op], l->kind, &item->row.row};
		if (item->op != MN_SNAP_DROP)
			status = note_parallel(l, &item->row, *id_of(&item->row));
	}
	return status;
}

int mn_snapload_flush(mn_snapload *l)
{
	mn_applied applied = MN_SIZED(mn_applied);
	mn_change *changes;
	int status = mn_check(l->call);

	if (status != MN_OK || l->n == 0)
		return status;
	changes = mn_call_array(&l->work, l->n, sizeof(*changes));
	status = changes ? draw(l, changes) : MN_ENOMEM;
	if (status == MN_OK)
		status = mn_brain_apply(
			l->brain, &l->work, l->expect ? &l->at : NULL, changes, l->n, &applied);
	if (status == MN_OK)
		l->at = applied.after;
	for (size_t i = 0; status == MN_OK && i < l->n; i++)
		count(l->report, &l->items[i]);
	l->n = 0;
	mn_arena_reset(l->work.arena);
	mn_arena_reset(l->text);
	return status;
}

/* ---- One after the other ------------------------------------------------------------------ */

static int begin_kind(mn_snapload *l, int kind)
{
	int status = l->n && kind != l->kind ? mn_snapload_flush(l) : MN_OK;

	l->kind = kind;
	return status;
}

static int push(mn_snapload *l, const struct mn_snapload_item *item)
{
	void *grown = l->items;

	if (mn_grow(&grown, &l->cap, l->n + 1, sizeof(*item), ROWS) != MN_OK)
		return mn_fail_memory(l->call);
	l->items = grown;
	l->items[l->n++] = *item;
	return l->n >= l->most || mn_arena_used(l->text) >= BYTES ? mn_snapload_flush(l) : MN_OK;
}

int mn_snapload_line(mn_snapload *l, mn_str line, int op, mn_id id)
{
	struct mn_snapload_item item = {.op = op, .id = id};
	char why[160];
	int status = mn_snapline_read(line, l->text, &item.row, why, sizeof(why));

	if (status == MN_ENOMEM)
		return mn_fail_memory(l->call);
	if (status == MN_OK && l->n && item.row.kind != l->kind) {
		/* What waits has its text where this row's is: it is read again. */
		status = begin_kind(l, item.row.kind);
		return status == MN_OK ? mn_snapload_line(l, line, op, id) : status;
	}
	if (status != MN_OK)
		return mn_fail(l->call, status, 0, "%s", why);
	l->kind = item.row.kind;
	return push(l, &item);
}

int mn_snapload_drop(mn_snapload *l, int kind, mn_id id)
{
	const struct mn_snapload_item item = {.op = MN_SNAP_DROP, .id = id, .row = {.kind = kind}};
	int status = begin_kind(l, kind);

	return status == MN_OK ? push(l, &item) : status;
}
