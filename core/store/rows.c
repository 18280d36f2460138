/* SPDX-License-Identifier: MIT */
/* rows.c - writing rows: what a change must be before a backend sees it. */
#include <math.h>

#include "base/fail.h"
#include "recall/graph.h"
#include "store/gate.h"
#include "store/read.h"

#define LONGEST_TEXT ((size_t)1 << 20)
#define MOST_TAGS 1000

static bool text_fits(mn_str s)
{
	return s.len == 0 || (s.len <= LONGEST_TEXT && mn_text_valid(s));
}

static bool share(double x) /* 0..1; no NaN passes */
{
	return x >= 0 && x <= 1;
}

static bool id_fits(mn_id id)
{
	return id > 0 && id <= INT64_MAX;
}

static const char *neuron_fault(const mn_neuron *n)
{
	if (!text_fits(n->uid) || !text_fits(n->text) || !text_fits(n->meta))
		return "its text, uid or meta is not valid UTF-8 without NUL, or over 1 MiB";
	return NULL;
}

static const char *state_fault(const mn_state *s)
{
	if (!share(s->level))
		return "its level is not from 0 to 1";
	return isfinite(s->decay) ? NULL : "its decay rate is not a number";
}

static const char *synapse_fault(const mn_synapse *s)
{
	if (!share(s->base))
		return "its weight is not from 0 to 1";
	if (!id_fits(s->from) || !id_fits(s->to))
		return "it has an end without an id";
	return text_fits(s->uid) && text_fits(s->meta)
		       ? NULL
		       : "its uid or meta is not valid UTF-8 without NUL, or over 1 MiB";
}

static const char *fiber_fault(const mn_fiber *f)
{
	if (!share(f->salience) || !share(f->coherence))
		return "its salience or coherence is not from 0 to 1";
	if (!id_fits(f->anchor))
		return "it has no anchor";
	if (f->tags.n > MOST_TAGS)
		return "it has more than 1000 tags";
	for (size_t i = 0; i < f->tags.n; i++)
		if (!text_fits(f->tags.at[i]))
			return "a tag is not valid UTF-8 without NUL";
	return text_fits(f->uid) && text_fits(f->summary) && text_fits(f->meta)
		       ? NULL
		       : "its text is not valid UTF-8 without NUL, or over 1 MiB";
}

/* What MN_TUNE reads of a synapse and a fiber is less than the whole row. */
static const char *tune_fault(int kind, const void *row)
{
	const mn_synapse *s = row;
	const mn_fiber *f = row;

	if (kind == MN_STATE)
		return state_fault(row);
	if (kind == MN_SYNAPSE)
		return share(s->base) ? NULL : "its weight is not from 0 to 1";
	return share(f->salience) && share(f->coherence)
		       ? NULL
		       : "its salience or coherence is not from 0 to 1";
}

static const char *row_fault(int kind, const void *row)
{
	switch (kind) {
	case MN_NEURON: return neuron_fault(row);
	case MN_STATE: return state_fault(row);
	case MN_SYNAPSE: return synapse_fault(row);
	default: return fiber_fault(row);
	}
}

static bool op_fits(int op, int kind)
{
	switch (op) {
	case MN_ADD:
	case MN_PUT:
	case MN_DROP: return kind > MN_BRAIN && kind < MN_KINDS;
	case MN_TUNE: return kind == MN_STATE || kind == MN_SYNAPSE || kind == MN_FIBER;
	case MN_BUMP: return kind == MN_STATE || kind == MN_SYNAPSE;
	case MN_FOLD: return kind == MN_SYNAPSE;
	default: return false;
	}
}

/* Why a change cannot be; NULL: it can. */
static const char *change_fault(const mn_change *c)
{
	if (!op_fits(c->op, c->kind))
		return "there is no such operation for rows of that kind";
	if (c->op == MN_FOLD)
		return NULL;
	if (!c->row)
		return "it has no row";
	if (!id_fits(*(const mn_id *)c->row)) /* every row begins with its id */
		return "its id is 0 or too large";
	switch (c->op) {
	case MN_DROP: return NULL;
	case MN_TUNE: return tune_fault(c->kind, c->row);
	case MN_BUMP: return c->kind == MN_STATE ? state_fault(c->row) : NULL;
	default: return row_fault(c->kind, c->row);
	}
}

const mn_rows_service mn_rows_service_1 = {
	.size = sizeof(mn_rows_service),
	.fault = change_fault,
};

static int check_changes(mn_call *call, const mn_change *changes, size_t n, size_t *culprit)
{
	static const char *const kinds[MN_KINDS] = {"brain", "neuron", "state", "synapse", "fiber"};

	for (size_t i = 0; i < n; i++) {
		const char *fault = change_fault(&changes[i]);
		const int kind = changes[i].kind;

		if (!fault)
			continue;
		*culprit = i;
		return mn_fail(call, MN_EINVAL, 0, "change %zu (%s): %s", i,
			kind >= 0 && kind < MN_KINDS ? kinds[kind] : "?", fault);
	}
	return MN_OK;
}

static int check_size(mn_store *s, mn_call *call, size_t n)
{
	if (s->info.max_changes && n > s->info.max_changes)
		return mn_fail(call, MN_EINVAL, 0,
			"%zu changes at once are more than the %u this store takes as one: write "
			"them in batches",
			n, s->info.max_changes);
	return MN_OK;
}

static void note_written(struct mn_mind *m, const mn_gen *after)
{
	pthread_mutex_lock(&m->lock);
	if (m->written.epoch != after->epoch || m->written.graph < after->graph)
		m->written = *after;
	pthread_mutex_unlock(&m->lock);
}

int mn_brain_apply(mn_brain *b, mn_call *call, const mn_gen *expect, const mn_change *changes,
	size_t n, mn_applied *out)
{
	mn_store *s = b->store;
	mn_applied applied = MN_SIZED(mn_applied);
	int status = check_size(s, call, n);

	applied.culprit = n;
	if (status == MN_OK)
		status = check_changes(call, changes, n, &applied.culprit);
	if (status == MN_OK)
		status = mn_gate_enter(s, call, true);
	if (status == MN_OK) {
		struct mn_graph *graph = mn_graph_begin_write(b->mind);

		status = s->backend->apply(
			s->db, call, b->mind->name, expect, changes, n, &applied);
		if (status
			== MN_OK) /* behind the gate, so that notes come in the order of writes */
			mn_graph_note(b->mind, changes, n, &applied);
		mn_graph_end_write(graph);
		mn_gate_leave(s, true);
	}
	if (status == MN_OK)
		note_written(b->mind, &applied.after);
	if (out && status == MN_OK)
		*out = applied;
	else if (out)
		out->culprit = applied.culprit;
	return status;
}
