/* SPDX-License-Identifier: MIT */
/* row.c - rows that answers showed, kept for the next answer where a store is far away. */
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "recall/net.h"

#define LARGEST 65536 /* bytes of a row that is kept */

static size_t bytes_of(const mn_shown *s)
{
	return sizeof(*s) + s->row.text.len + s->row.uid.len + s->row.meta.len;
}

static bool copy_texts(mn_arena *arena, mn_neuron *row)
{
	row->text = mn_arena_copy(arena, row->text);
	row->uid = mn_arena_copy(arena, row->uid);
	row->meta = mn_arena_copy(arena, row->meta);
	return row->text.ptr && row->uid.ptr && row->meta.ptr;
}

static mn_shown *find(const struct mn_net *net, mn_id id)
{
	const uint64_t *at = id ? mn_idmap_get(&net->rows_of, id) : NULL;

	return at ? (mn_shown *)(uintptr_t)*at : NULL;
}

void net_rows_free(struct mn_net *net)
{
	mn_idmap_free(&net->rows_of);
	mn_arena_free(net->row_texts);
}

void net_rows_clear(struct mn_net *net)
{
	net->bytes -= net->row_bytes;
	net->row_bytes = 0;
	mn_idmap_clear(&net->rows_of);
	if (net->row_texts)
		mn_arena_reset(net->row_texts);
}

void net_row_forget(struct mn_net *net, mn_id id)
{
	if (id)
		mn_idmap_drop(&net->rows_of, id);
}

/* Rows may take an eighth of the budget; then they start again. Failing to keep one costs a trip
 * later, nothing else. */
static void keep(struct mn_net *net, const mn_shown *s)
{
	const size_t bytes = bytes_of(s) + 2 * sizeof(*net->rows_of.slots);
	mn_shown *at = find(net, s->row.id);

	if (at) { /* the row is as it was, but its fiber may be new here */
		if (s->fiber_known)
			*at = (mn_shown){at->row, s->fiber, s->stage, true};
		return;
	}
	if (bytes > LARGEST)
		return;
	if (net->row_bytes + bytes > net->budget / 8)
		net_rows_clear(net);
	if (!net->row_texts)
		net->row_texts = mn_arena_new(net->budget / 4);
	at = net->row_texts ? mn_arena_alloc(net->row_texts, sizeof(*at)) : NULL;
	if (!at)
		return;
	*at = *s;
	if (!copy_texts(net->row_texts, &at->row)
		|| mn_idmap_put(&net->rows_of, s->row.id, (uintptr_t)at) != MN_OK)
		return;
	net->row_bytes += bytes;
	net->bytes += bytes;
}

int mn_view_recollect(mn_view *v, mn_call *call, const mn_id *ids, mn_shown *out, size_t n)
{
	int rc = MN_OK;

	pthread_mutex_lock(&v->net->lock);
	for (size_t i = 0; i < n && rc == MN_OK; i++) {
		const mn_shown *s = find(v->net, ids[i]);

		if (!s)
			continue;
		out[i] = *s;
		if (!copy_texts(call->arena, &out[i].row))
			rc = mn_fail_memory(call);
	}
	pthread_mutex_unlock(&v->net->lock);
	return rc;
}

int mn_view_keep(mn_view *v, const mn_gen *seen, const mn_id *ids, const mn_shown *shown, size_t n)
{
	uint32_t *nodes = mn_call_array(&v->call, n, sizeof(*nodes));
	struct mn_net *net = v->net;
	bool now;
	int rc = nodes ? mn_view_index(v, ids, n, nodes) : MN_ENOMEM;

	if (rc == MN_OK)
		rc = net_lock(v, seen);
	if (rc != MN_OK)
		return rc;
	/* Of an earlier or later generation, an own write may have changed what stands at a row. */
	now = seen->epoch == net->gen.epoch && seen->graph == net->gen.graph;
	for (size_t i = 0; i < n; i++) {
		if (!net_touched(v, nodes[i]))
			net_learn(net, nodes[i], &shown[i].row);
		if (now && shown[i].row.id)
			keep(net, &shown[i]);
	}
	pthread_mutex_unlock(&net->lock);
	return MN_OK;
}
