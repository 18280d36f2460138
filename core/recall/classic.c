/* SPDX-License-Identifier: MIT */
/* classic.c - the kernel "classic"; kernel.h says what it computes. */
#include <math.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "recall/classic.h"

#define DECAY 0.5
#define LIGHTEST 0.1 /* synapses below this weight do not conduct */
#define BOOST 0.5    /* of the level that another anchor set gives */
#define MOST_STATES ((size_t)1 << 26)
#define AHEAD 8            /* links whose neuron the processor fetches in advance */
#define MOST_AHEAD 4096    /* lists read by one call of the store */
#define BETWEEN_CHECKS 256 /* neurons that fire between two looks at the token */

struct state { /* activation on its way */
	double level;
	uint32_t node, from, hop;
	mn_id synapse;
};

struct run {
	mn_spread *s;
	mn_space *levels; /* of the anchor set */
	mn_space *states; /* best state of each neuron; the same space where anchors go together */
	struct state *queue; /* a binary heap, the strongest first */
	size_t n, cap;
	uint32_t fired;
	mn_need *ahead; /* room for MOST_AHEAD, once needed */
};

/* ---- The queue ----------------------------------------------------------------------------- */

static bool goes_before(const struct run *r, const struct state *a, const struct state *b)
{
	if (a->level != b->level)
		return a->level > b->level;
	if (a->hop != b->hop)
		return a->hop < b->hop;
	return a->node != b->node
	       && mn_view_id(r->s->view, a->node) < mn_view_id(r->s->view, b->node);
}

static int push(struct run *r, struct state state)
{
	void *queue = r->queue;
	size_t i;

	if (mn_grow(&queue, &r->cap, r->n + 1, sizeof(*r->queue), MOST_STATES) != MN_OK)
		return mn_fail_memory(&r->s->view->call);
	r->queue = queue;
	for (i = r->n++; i && goes_before(r, &state, &r->queue[(i - 1) / 2]); i = (i - 1) / 2)
		r->queue[i] = r->queue[(i - 1) / 2];
	r->queue[i] = state;
	return MN_OK;
}

static struct state pop(struct run *r)
{
	struct state first = r->queue[0], last = r->queue[--r->n];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < r->n) {
		if (child + 1 < r->n && goes_before(r, &r->queue[child + 1], &r->queue[child]))
			child++;
		if (!goes_before(r, &r->queue[child], &last))
			break;
		r->queue[i] = r->queue[child];
		i = child;
	}
	r->queue[i] = last;
	return first;
}

/* ---- Reading ahead ------------------------------------------------------------------------- */

/* The list of a neuron as far down as this level can still matter. */
static mn_need need_of(const struct run *r, const struct state *state)
{
	double floor = r->s->threshold / (state->level * DECAY);
	float f = (float)(floor > LIGHTEST ? floor : LIGHTEST);

	return (mn_need){.node = state->node,
		.way = MN_WAY_ANY,
		.floor = nextafterf(f, 0),
		.limit = MN_NO_LIMIT};
}

static bool may_spread(const struct run *r, const struct state *state)
{
	return state->hop < r->s->max_hops && state->level * DECAY >= r->s->threshold;
}

/*
 * The list of a neuron that is about to fire. If it is not there, those of everything else that
 * waits are read with it, so that a spread over a cold cache takes a call per hop or so.
 */
static int list_of(struct run *r, const struct state *state, const mn_list **out)
{
	mn_view *view = r->s->view;
	mn_need want = need_of(r, state);
	size_t n = 0;
	int rc;

	*out = mn_view_list(view, state->node, MN_WAY_ANY);
	if (mn_list_serves(*out, &want)) {
		view->hits++;
		return MN_OK;
	}
	if (!r->ahead)
		r->ahead = mn_arena_array(r->s->arena, MOST_AHEAD, sizeof(*r->ahead));
	if (!r->ahead)
		return mn_fail_memory(&view->call);
	r->ahead[n++] = want;
	for (size_t i = 0; i < r->n && n < MOST_AHEAD; i++)
		if (may_spread(r, &r->queue[i]))
			r->ahead[n++] = need_of(r, &r->queue[i]);
	rc = mn_view_fill(view, r->ahead, n);
	return rc == MN_OK ? mn_view_read(view, &want, out) : rc;
}

/* ---- Spreading ----------------------------------------------------------------------------- */

/* link NULL: the rest of the list, which is not read. */
static void record(const struct run *r, const struct state *from, const mn_list *list,
	const mn_link *link, double out, uint8_t fate, double after)
{
	mn_event *e = mn_record_next(r->s->record, fate);
	double weight = link ? link->weight : list->bound;

	if (!e)
		return;
	e->from = (mn_id)from->node + 1;
	e->to = link ? (mn_id)link->far + 1 : 0;
	e->synapse = link ? list->synapse[link - list->at] : 0;
	e->in = from->level;
	e->gain = DECAY;
	e->weight = weight;
	e->share = 1;
	e->out = link ? out : from->level * DECAY * weight;
	e->after = after;
	e->fan = list->degree;
	e->hop = (uint16_t)(from->hop + 1);
	e->type = link ? link->type : 0;
	e->op = MN_OP_BEST;
	e->fate = fate;
	e->reason = MN_REASON_SPREAD;
}

/* Takes a level into a space if it is better than what is there. *fate says what became of it. */
static int improve(
	struct run *r, mn_space *space, const struct state *state, uint8_t *fate, double *after)
{
	mn_cell *c = mn_space_touch(space, state->node);

	if (!c)
		return mn_fail_memory(&r->s->view->call);
	*fate = !c->reached               ? MN_FATE_ACTIVATED
		: state->level > c->level ? MN_FATE_RAISED
					  : MN_FATE_WEAKER;
	if (*fate != MN_FATE_WEAKER) {
		c->level = c->most = state->level;
		c->from = state->from;
		c->synapse = state->synapse;
		c->hop = (uint16_t)state->hop;
		c->reason = MN_REASON_SPREAD;
		c->reached = true;
	}
	*after = c->level;
	return MN_OK;
}

/*
 * Activation that arrives at a neuron: kept if it is the best there, and sent on if it is enough to
 * spread. (What is not enough need not wait in the queue: weaker states of its neuron, which it
 * would come before, are not enough either.)
 */
static int arrive(struct run *r, const struct state *state, uint8_t *fate, double *after)
{
	mn_cell *c = mn_space_find(r->states, state->node);
	bool better = !c || !c->reached || state->level > c->level
		      || (state->level == c->level && state->hop < c->hop && !c->fired);
	int rc = improve(r, r->levels, state, fate, after);

	if (rc == MN_OK && r->states != r->levels) {
		uint8_t own_fate;
		double own;

		rc = improve(r, r->states, state, &own_fate, &own);
	}
	if (rc != MN_OK || !better || state->level * DECAY < r->s->threshold)
		return rc;
	c = mn_space_find(r->states, state->node);
	c->hop = (uint16_t)state->hop;
	return c->fired ? MN_OK : push(r, *state);
}

static int fire(struct run *r, const struct state *from)
{
	const double gives = from->level * DECAY, threshold = r->s->threshold;
	const bool quick = r->states == r->levels && !r->s->record;
	const mn_list *list;
	int rc = list_of(r, from, &list);
	uint32_t i;

	if (rc != MN_OK)
		return rc;
	for (i = 0; i < list->n && rc == MN_OK; i++) {
		const mn_link *link = &list->at[i];
		const double level = gives * link->weight;
		const mn_cell *c;
		uint8_t fate;
		double after;

		if (i + AHEAD < list->n)
			__builtin_prefetch(mn_space_mark_of(r->levels, link[AHEAD].far));
		if (link->weight < LIGHTEST || level < threshold)
			break; /* and so is the rest, which weighs less */
		c = quick ? mn_space_find(r->levels, link->far) : NULL;
		if (c && c->level > level)
			continue;
		rc = arrive(r,
			&(struct state){
				level, link->far, from->node, from->hop + 1, list->synapse[i]},
			&fate, &after);
		if (rc == MN_OK && r->s->record)
			record(r, from, list, link, level, fate, after);
	}
	r->s->examined += i + (i < list->n);
	if (rc == MN_OK && r->s->record && i < list->degree)
		record(r, from, list, NULL, 0, MN_FATE_PRUNED, 0);
	return rc;
}

static int run_queue(struct run *r)
{
	int rc = MN_OK;

	while (r->n && rc == MN_OK) {
		struct state state = pop(r);
		mn_cell *c = mn_space_find(r->states, state.node);

		if (c->fired)
			continue;
		c->fired = true;
		if (++r->fired % BETWEEN_CHECKS == 0)
			rc = mn_check(&r->s->view->call);
		if (rc == MN_OK && may_spread(r, &state))
			rc = fire(r, &state);
	}
	return rc;
}

/* ---- Anchors ------------------------------------------------------------------------------- */

static void record_anchor(mn_spread *s, uint32_t node)
{
	mn_event e = {.to = (mn_id)node + 1,
		.in = 1,
		.gain = 1,
		.weight = 1,
		.share = 1,
		.out = 1,
		.after = 1,
		.op = MN_OP_SET,
		.fate = MN_FATE_ACTIVATED,
		.reason = MN_REASON_ASKED};

	if (s->record)
		mn_record_add(s->record, &e);
}

static int set_anchor(struct run *r, uint32_t node)
{
	mn_cell *c = mn_space_touch(r->levels, node);

	if (!c)
		return mn_fail_memory(&r->s->view->call);
	c->level = c->most = 1;
	c->from = MN_NOBODY;
	c->hop = 0;
	c->reason = MN_REASON_ASKED;
	c->reached = true;
	record_anchor(r->s, node);
	return MN_OK;
}

static int start(struct run *r, uint32_t node)
{
	mn_cell *c = mn_space_touch(r->states, node);

	if (!c)
		return mn_fail_memory(&r->s->view->call);
	c->level = 1;
	c->reached = true;
	return push(r, (struct state){1, node, MN_NOBODY, 0, 0});
}

static bool go_together(const mn_spread *s)
{
	return pow(DECAY, (double)s->max_hops + 1) < s->threshold;
}

/* One anchor set into r->levels. */
static int spread_set(struct run *r, const uint32_t *anchors, size_t n)
{
	bool together = go_together(r->s);
	mn_space *own = together ? NULL : mn_space_new();
	int rc = together || own ? MN_OK : mn_fail_memory(&r->s->view->call);

	mn_space_begin(r->levels);
	r->states = together ? r->levels : own;
	for (size_t i = 0; i < n && rc == MN_OK; i++)
		rc = set_anchor(r, anchors[i]);
	for (size_t i = 0; i < n && rc == MN_OK; i++) {
		if (!together)
			mn_space_begin(own);
		rc = start(r, anchors[i]);
		if (rc == MN_OK && (!together || i + 1 == n))
			rc = run_queue(r);
	}
	mn_space_free(own);
	return rc;
}

static void record_set(mn_spread *s, uint8_t op, double gain)
{
	mn_event e = {.in = 1,
		.gain = gain,
		.weight = 1,
		.share = 1,
		.out = gain,
		.op = op,
		.fate = MN_FATE_RAISED,
		.reason = MN_REASON_SET};

	if (s->record)
		mn_record_add(s->record, &e);
}

int mn_classic_join(mn_spread *s, const mn_space *set, double boost)
{
	for (size_t i = 0; i < set->ncells; i++) {
		const mn_cell *b = &set->cells[i];
		mn_cell *a = mn_space_touch(s->space, b->node);

		if (!a)
			return mn_fail_memory(&s->view->call);
		if (!a->reached) {
			*a = *b;
			continue;
		}
		a->level = fmin(1, a->level + b->level * boost);
		if (b->hop < a->hop) {
			a->hop = b->hop;
			a->from = b->from;
			a->synapse = b->synapse;
		}
	}
	return MN_OK;
}

/* Does the cache lack a list of those that fire first? */
static bool is_cold(mn_spread *s)
{
	const struct run r = {.s = s};

	for (uint32_t i = 0; i < s->anchors.start[s->anchors.nsets]; i++) {
		const struct state first = {.level = 1, .node = s->anchors.node[i]};
		const mn_need need = need_of(&r, &first);

		if (!mn_list_serves(mn_view_list(s->view, first.node, MN_WAY_ANY), &need))
			return true;
	}
	return false;
}

static int spread(mn_spread *s)
{
	static const struct mn_classic_rule rule = {DECAY, LIGHTEST, BOOST};
	const mn_anchors *a = &s->anchors;
	struct run r = {.s = s};
	mn_spread_found found;
	uint32_t sets = 0;
	bool done = false, pushed = false;
	/* In a single hop nobody fires but the anchors, together or not. */
	const bool by_levels = !s->record && (s->max_hops == 1 || go_together(s));
	int rc = MN_OK;

	mn_space_begin(s->space);
	if (by_levels)
		rc = mn_classic_lent(s, &rule, &done);
	if (rc != MN_OK || done)
		return rc;
	if (by_levels && is_cold(s))
		rc = mn_classic_ask(s, DECAY, LIGHTEST, &found, &pushed);
	for (uint32_t i = 0; i < a->nsets && rc == MN_OK; i++) {
		size_t n = a->start[i + 1] - a->start[i];

		if (n == 0)
			continue;
		if (sets)
			record_set(s, MN_OP_ASIDE, 1);
		r.levels = sets ? s->side : s->space;
		rc = pushed ? mn_classic_fill(s, &found, sets, r.levels)
			    : spread_set(&r, a->node + a->start[i], n);
		if (sets && rc == MN_OK) {
			record_set(s, MN_OP_JOIN, BOOST);
			rc = mn_classic_join(s, s->side, BOOST);
		}
		sets++;
	}
	mn_free(r.queue);
	return rc;
}

const mn_kernel mn_classic = {"classic", spread};
