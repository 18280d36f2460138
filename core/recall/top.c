/* SPDX-License-Identifier: MIT */
#include "recall/top.h"

#include "base/arena.h"
#include "base/fail.h"
#include "recall/kernel.h"

#define FEW 256

struct active { /* with what ties are broken by, which lies elsewhere */
	const mn_cell *cell;
	mn_id id;
};

struct top { /* the best so far: a heap with the least of them first */
	struct active *at;
	size_t n, room;
};

static bool less(const struct active *a, const struct active *b)
{
	if (a->cell->level != b->cell->level)
		return a->cell->level < b->cell->level;
	return a->id > b->id;
}

static void sink(struct top *t, size_t n, struct active a)
{
	size_t i = 0, child;

	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n && less(&t->at[child + 1], &t->at[child]))
			child++;
		if (!less(&t->at[child], &a))
			break;
		t->at[i] = t->at[child];
		i = child;
	}
	t->at[i] = a;
}

static void offer(struct top *t, struct active a)
{
	size_t i;

	if (t->n == t->room) {
		if (less(&t->at[0], &a))
			sink(t, t->n, a);
		return;
	}
	for (i = t->n++; i && less(&a, &t->at[(i - 1) / 2]); i = (i - 1) / 2)
		t->at[i] = t->at[(i - 1) / 2];
	t->at[i] = a;
}

size_t mn_top_active(const mn_view *view, const mn_space *space, mn_arena *arena,
	bool (*skip)(const void *ctx, uint32_t node), const void *ctx, uint32_t *out, size_t room)
{
	struct active few[FEW];
	struct top t = {.at = few, .room = room};

	if (room > FEW)
		t.at = mn_arena_array(arena, room, sizeof(*t.at));
	if (!t.at || room == 0)
		return 0;
	for (size_t i = 0; i < space->ncells; i++) {
		const mn_cell *c = &space->cells[i];

		/* Most fail here, before anything is looked up that lies elsewhere. */
		if (c->level <= 0 || (t.n == room && c->level < t.at[0].cell->level))
			continue;
		if (!skip(ctx, c->node))
			offer(&t, (struct active){c, mn_view_id(view, c->node)});
	}
	for (size_t n = t.n; n; n--) {
		const struct active last = t.at[n - 1];

		out[n - 1] = t.at[0].cell->node;
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
	size_t cap = room / 2 + 4, got, kept;
	struct seen seen = {view, space};
	uint32_t *nodes;
	int rc;

	do {
		cap *= 4; /* each look passes all cells: where memories are rare, not many looks */
		nodes = mn_call_array(scratch, cap, sizeof(*nodes));
		if (!nodes)
			return MN_ENOMEM;
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
