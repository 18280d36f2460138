/* SPDX-License-Identifier: MIT */
#include "upkeep/todo.h"

#include <string.h>

#include "base/fail.h"
#include "store/brain.h"
#include "upkeep/marks.h"
#include "upkeep/run.h"

int mn_todo_make(mn_call *work, const mn_edits *e, mn_todo *out)
{
	*out = (mn_todo){.at = mn_call_array(work, e->n + 1, sizeof(*out->at))};
	return out->at ? MN_OK : MN_ENOMEM;
}

void mn_todo_all(const mn_edits *e, const mn_gen *expect, mn_todo *todo)
{
	todo->expect = *expect;
	todo->left = 0;
	todo->n = e->n;
	for (size_t i = 0; i < e->n; i++)
		todo->at[i] = i;
}

void mn_todo_leave(mn_todo *todo, size_t place)
{
	memmove(todo->at + place, todo->at + place + 1, (todo->n - place - 1) * sizeof(*todo->at));
	todo->n--;
	todo->left++;
}

/* ---- Neurons that are to go --------------------------------------------------------------- */

struct going { /* what is at the neurons that a batch drops, and what of it goes before */
	mn_id *neuron;
	uint64_t *degree;
	mn_rows fibers; /* the first at each */
	size_t n, next;
	mn_marks leaving; /* by neuron, how many of its synapses */
	mn_marks fibers_gone;
};

static bool drops_neuron(const mn_change *c)
{
	return c->op == MN_DROP && c->kind == MN_NEURON;
}

static int look(mn_brain *b, mn_call *work, const mn_edits *e, struct going *g)
{
	int rc;

	*g = (struct going){.leaving = {.wide = 3}};
	g->neuron = mn_call_array(work, e->n + 1, sizeof(*g->neuron));
	g->degree = mn_call_array(work, e->n + 1, sizeof(*g->degree));
	if (!g->neuron || !g->degree)
		return MN_ENOMEM;
	for (size_t i = 0; i < e->n; i++)
		if (drops_neuron(&e->forward[i]))
			g->neuron[g->n++] = *(const mn_id *)e->forward[i].row;
	if (g->n == 0)
		return MN_OK;
	rc = mn_brain_degrees(b, work, (mn_ids){g->neuron, g->n}, g->degree);
	return rc ? rc : mn_brain_fibers_of(b, work, (mn_ids){g->neuron, g->n}, &g->fibers);
}

static int leave(struct going *g, mn_id end, const mn_synapse *to)
{
	return to && (to->from == end || to->to == end) ? MN_OK : mn_marks_add(&g->leaving, end);
}

/* What an edit that is done takes away from neurons. */
static int take_away(struct going *g, const mn_change *was, const mn_change *is)
{
	const mn_synapse *s = was->row;
	const mn_synapse *to = is->op == MN_PUT ? is->row : NULL;
	int rc = MN_OK;

	if (g->n == 0)
		return MN_OK;
	if (is->op == MN_DROP && is->kind == MN_FIBER)
		rc = mn_marks_set(&g->fibers_gone, *(const mn_id *)is->row, 1);
	if (is->kind != MN_SYNAPSE || (is->op != MN_DROP && is->op != MN_PUT))
		return rc;
	rc = leave(g, s->from, to);
	return rc || s->from == s->to ? rc : leave(g, s->to, to);
}

/*
 * Dropping a neuron takes its synapses along. Those the plan knows go before it; one that somebody
 * added since keeps the neuron.
 */
static bool keeps(struct going *g, size_t place)
{
	const mn_id fiber = g->fibers.at.fiber[place].id;

	return g->degree[place] > mn_marks_count(&g->leaving, g->neuron[place])
	       || (fiber && !mn_marks_get(&g->fibers_gone, fiber));
}

/* ---- Neurons that must be there ----------------------------------------------------------- */

/* Those that a row cannot be without; how many, two at most. */
static size_t needs(const mn_change *c, mn_id out[2])
{
	const mn_synapse *s = c->row;

	if (c->op != MN_ADD && c->op != MN_PUT)
		return 0;
	switch (c->kind) {
	case MN_SYNAPSE:
		out[0] = s->from;
		out[1] = s->to;
		return 2;
	case MN_FIBER: out[0] = ((const mn_fiber *)c->row)->anchor; return 1;
	case MN_STATE: out[0] = ((const mn_state *)c->row)->id; return 1;
	default: return 0;
	}
}

enum { UNKNOWN, THERE, MISSING };

/*
 * Where a neuron went meanwhile, all that a batch brings back to it is refused. The store names one
 * change at a time, so they are found here.
 */
static int look_for(mn_brain *b, mn_call *work, const mn_edits *e, mn_marks *neurons)
{
	mn_id *ids = mn_call_array(work, 2 * e->n + 1, sizeof(*ids)), needed[2];
	size_t n = 0;
	mn_rows rows;
	int rc = MN_OK;

	if (!ids)
		return MN_ENOMEM;
	neurons->wide = 1;
	for (size_t i = 0; i < e->n; i++) {
		for (size_t k = needs(&e->forward[i], needed); k > 0; k--) {
			if (mn_marks_get(neurons, needed[k - 1]) != UNKNOWN)
				continue;
			ids[n++] = needed[k - 1];
			if (mn_marks_set(neurons, needed[k - 1], MISSING) != MN_OK)
				return mn_fail_memory(work);
		}
	}
	if (n)
		rc = mn_brain_get(b, work, MN_NEURON, (mn_ids){ids, n}, MN_FIELD_HEAD, &rows);
	for (size_t i = 0; rc == MN_OK && i < n; i++)
		if (rows.at.neuron[i].id && mn_marks_set(neurons, ids[i], THERE) != MN_OK)
			rc = mn_fail_memory(work);
	return rc;
}

static bool lacks(mn_marks *neurons, const mn_change *c)
{
	mn_id needed[2];

	for (size_t k = needs(c, needed); k > 0; k--)
		if (mn_marks_get(neurons, needed[k - 1]) == MISSING)
			return true;
	return false;
}

/* What an edit that is done means to those after it. */
static int come_or_go(mn_marks *neurons, const mn_change *c)
{
	if (c->kind != MN_NEURON)
		return MN_OK;
	return mn_marks_set(neurons, *(const mn_id *)c->row, c->op == MN_DROP ? MISSING : THERE);
}

/* ---- A batch ------------------------------------------------------------------------------ */

struct choosing {
	struct going going;
	mn_marks neurons;
};

static int choose_one(
	const mn_edits *e, size_t i, const void *now, struct choosing *c, mn_todo *todo)
{
	const mn_change *forward = &e->forward[i];
	const bool neuron = drops_neuron(forward);
	const int standing = mn_edit_standing(e, i, now);
	bool keep = standing == MN_STANDS_ELSE;
	int rc;

	if (standing == MN_STANDS_BEFORE)
		keep = neuron ? keeps(&c->going, c->going.next) : lacks(&c->neurons, forward);
	c->going.next += neuron;
	if (keep)
		todo->left++;
	if (keep || standing != MN_STANDS_BEFORE)
		return MN_OK;
	todo->at[todo->n++] = i;
	rc = come_or_go(&c->neurons, forward);
	return rc ? rc : take_away(&c->going, &e->backward[i], forward);
}

int mn_todo_choose(mn_brain *b, mn_call *work, const mn_edits *e, mn_todo *todo)
{
	const void **rows = NULL;
	struct choosing c = {.neurons = {.wide = 1}};
	int rc = mn_batch_look(b, work, e, &rows);

	todo->n = 0;
	todo->left = 0;
	todo->expect = work->at;
	if (rc == MN_OK)
		rc = look(b, work, e, &c.going);
	if (rc == MN_OK)
		rc = look_for(b, work, e, &c.neurons);
	for (size_t i = 0; rc == MN_OK && i < e->n; i++)
		if (choose_one(e, i, rows[i], &c, todo) != MN_OK)
			rc = mn_fail_memory(work);
	mn_marks_free(&c.going.leaving);
	mn_marks_free(&c.going.fibers_gone);
	mn_marks_free(&c.neurons);
	return rc;
}
