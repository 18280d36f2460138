/* SPDX-License-Identifier: MIT */
/* fan.c - the kernel "fan": its phases in order, and who is most active. */
#include "recall/fan.h"

#include "base/arena.h"
#include "base/fail.h"

/* ---- Who is most active --------------------------------------------------------------------- */

struct top { /* the best so far: a heap with the least of them first */
	const struct fan *f;
	const mn_cell **at;
	size_t n, room;
};

static bool less(const struct top *t, const mn_cell *a, const mn_cell *b)
{
	if (a->level != b->level)
		return a->level < b->level;
	return mn_view_id(t->f->v, a->node) > mn_view_id(t->f->v, b->node);
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

size_t fan_most_active(const struct fan *f, bool (*skip)(const struct fan *, uint32_t node),
	uint32_t *out, size_t room)
{
	const mn_space *space = f->s->space;
	const mn_cell *small[MN_FAN_LOOKED_UP];
	struct top t = {.f = f, .at = small, .room = room};

	if (room > MN_FAN_LOOKED_UP)
		t.at = mn_arena_array(f->call.arena, room, sizeof(*t.at));
	if (!t.at || room == 0)
		return 0;
	for (size_t i = 0; i < space->ncells; i++)
		if (space->cells[i].level > 0 && !skip(f, space->cells[i].node))
			offer(&t, &space->cells[i]);
	for (size_t n = t.n; n; n--) {
		const mn_cell *last = t.at[n - 1];

		out[n - 1] = t.at[0]->node;
		if (n > 1)
			sink(&t, n - 1, last);
	}
	return t.n;
}

bool fan_is_term(const struct fan *f, uint32_t node)
{
	for (size_t i = 0; i < f->nterms; i++)
		if (f->terms[i].node == node)
			return true;
	return false;
}

static bool no_memory(const struct fan *f, uint32_t node)
{
	uint16_t flags;

	if (!mn_view_knows(f->v, node))
		return false;
	flags = mn_view_trait(f->v, node).flags;
	return !(flags & MN_NEURON_ANCHOR) || flags & MN_NEURON_ARCHIVED;
}

int fan_top_memories(struct fan *f, uint32_t *out, size_t room, size_t *n)
{
	size_t cap = 2 * room + 16, got, kept;
	uint32_t *nodes;
	int rc;

	do {
		nodes = mn_call_array(&f->call, cap, sizeof(*nodes));
		if (!nodes)
			return MN_ENOMEM;
		got = fan_most_active(f, no_memory, nodes, cap);
		rc = mn_view_traits(f->v, nodes, got);
		if (rc != MN_OK)
			return rc;
		for (size_t i = kept = 0; i < got && kept < room; i++)
			if (!no_memory(f, nodes[i]))
				out[kept++] = nodes[i];
	} while (kept < room && got == cap); /* those that are no memories are passed over now */
	*n = kept;
	return MN_OK;
}

/* ---- Phases --------------------------------------------------------------------------------- */

static int run(struct fan *f, int depth)
{
	int rc = fan_anchors(f);

	if (rc == MN_OK)
		rc = fan_fire_terms(f);
	if (depth >= MN_DEPTH_CONTEXT && rc == MN_OK)
		rc = fan_fire_names(f);
	if (depth >= MN_DEPTH_CONTEXT && rc == MN_OK)
		rc = fan_fire_memories(f);
	if (depth >= MN_DEPTH_HABIT && rc == MN_OK)
		rc = fan_echo(f);
	if (depth >= MN_DEPTH_CONTEXT && rc == MN_OK)
		rc = fan_near(f);
	if (depth >= MN_DEPTH_CONTEXT && rc == MN_OK)
		rc = fan_fire_sessions(f);
	if (depth >= MN_DEPTH_DEEP && rc == MN_OK)
		rc = fan_fire_again(f);
	return rc == MN_OK && depth >= MN_DEPTH_CONTEXT ? fan_gates(f) : rc;
}

static int spread(mn_spread *s)
{
	struct fan f = {.s = s,
		.v = s->view,
		.call = s->view->call,
		.q = s->question,
		.memories = (double)mn_view_memories(s->view)};

	f.call.arena = s->arena;
	mn_space_begin(s->space);
	return run(&f, s->depth);
}

const mn_kernel mn_fan_kernel = {"fan", spread};
