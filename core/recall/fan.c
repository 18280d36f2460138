/* SPDX-License-Identifier: MIT */
/* fan.c - the kernel "fan": its phases in order, and who is most active. */
#include "recall/fan.h"

#include "recall/top.h"

static bool is_term(const void *ctx, uint32_t node)
{
	const struct fan *f = ctx;

	for (size_t i = 0; i < f->nterms; i++)
		if (f->terms[i].node == node)
			return true;
	return false;
}

bool fan_is_term(const struct fan *f, uint32_t node)
{
	return is_term(f, node);
}

size_t fan_most_active(const struct fan *f, uint32_t *out, size_t room)
{
	return mn_top_active(f->v, f->s->space, f->call.arena, is_term, f, out, room);
}

int fan_top_memories(struct fan *f, uint32_t *out, size_t room, size_t *n)
{
	return mn_top_memories(f->v, f->s->space, &f->call, out, room, n);
}

static bool nothing_active(const struct fan *f)
{
	uint32_t any;

	return fan_most_active(f, &any, 1) == 0;
}

static int run(struct fan *f, int depth)
{
	int rc = fan_anchors(f);

	if (rc == MN_OK)
		rc = fan_fire_terms(f);
	if (depth >= MN_DEPTH_CONTEXT && rc == MN_OK)
		rc = fan_fire_names(f);
	if (depth >= MN_DEPTH_CONTEXT && rc == MN_OK && f->q->said->ndates && nothing_active(f))
		return fan_fire_dates(f);
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
