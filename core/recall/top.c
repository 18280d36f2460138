/* SPDX-License-Identifier: MIT */
#include "recall/top.h"

#include "base/arena.h"
#include "base/fail.h"
#include "recall/kernel.h"

#define FEW 256

struct top { /* the best so far: a heap with the least of them first */
	const mn_view *view;
	const mn_cell **at;
	size_t n, room;
};

static bool less(const struct top *t, const mn_cell *a, const mn_cell *b)
{
	if (a->level != b->level)
		return a->level < b->level;
	return mn_view_id(t->view, a->node) > mn_view_id(t->view, b->node);
}

static void sink(struct top *t, size_t n, const mn_cell *c)
{
	size_t i = 0, child;

	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n && less(t, t->at[child + 1], t->at[child]))
			child++;
		if (!less(t, t->at[child], c))
			break;
		t->at[i] = t->at[child];
		i = child;
	}
	t->at[i] = c;
}

static void offer(struct top *t, const mn_cell *c)
{
	size_t i;

	if (t->n == t->room) {
		if (less(t, t->at[0], c))
			sink(t, t->n, c);
		return;
	}
	for (i = t->n++; i && less(t, c, t->at[(i - 1) / 2]); i = (i - 1) / 2)
		t->at[i] = t->at[(i - 1) / 2];
	t->at[i] = c;
}

size_t mn_top_active(const mn_view *view, const mn_space *space, mn_arena *arena,
	bool (*skip)(const void *ctx, uint32_t node), const void *ctx, uint32_t *out, size_t room)
{
	const mn_cell *few[FEW];
	struct top t = {.view = view, .at = few, .room = room};

	if (room > FEW)
		t.at = mn_arena_array(arena, room, sizeof(*t.at));
	if (!t.at || room == 0)
		return 0;
	for (size_t i = 0; i < space->ncells; i++)
		if (space->cells[i].level > 0 && !skip(ctx, space->cells[i].node))
			offer(&t, &space->cells[i]);
	for (size_t n = t.n; n; n--) {
		const mn_cell *last = t.at[n - 1];

		out[n - 1] = t.at[0]->node;
		if (n > 1)
			sink(&t, n - 1, last);
	}
	return t.n;
}

/* Only neurons of other kinds are reached like this. */
static bool is_between(const mn_cell *c)
{
	return c
	       && (c->reason == MN_REASON_SPAN || c->reason == MN_REASON_EPISODE
		       || c->reason == MN_REASON_ECHO);
}

bool mn_top_excludes(const mn_view *view, const mn_space *space, uint32_t node)
{
	uint16_t flags;

	if (!mn_view_knows(view, node))
		return is_between(mn_space_find(space, node));
	flags = mn_view_trait(view, node).flags;
	return !(flags & MN_NEURON_ANCHOR) || flags & MN_NEURON_ARCHIVED;
}

struct seen {
	const mn_view *view;
	const mn_space *space;
};

static bool excludes(const void *ctx, uint32_t node)
{
	const struct seen *seen = ctx;

	return mn_top_excludes(seen->view, seen->space, node);
}

int mn_top_memories(mn_view *view, const mn_space *space, mn_call *scratch, uint32_t *out,
	size_t room, size_t *n)
{
	size_t cap = 2 * room + 16, got, kept;
	uint32_t *nodes = mn_call_array(scratch, cap, sizeof(*nodes));
	struct seen seen = {view, space};
	int rc;

	if (!nodes)
		return MN_ENOMEM;
	do {
		got = mn_top_active(view, space, scratch->arena, excludes, &seen, nodes, cap);
		rc = mn_view_traits(view, nodes, got);
		if (rc != MN_OK)
			return rc;
		for (size_t i = kept = 0; i < got && kept < room; i++)
			if (!excludes(&seen, nodes[i]))
				out[kept++] = nodes[i];
	} while (kept < room && got == cap); /* those that are no memories are passed over now */
	*n = kept;
	return MN_OK;
}
