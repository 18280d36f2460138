/* SPDX-License-Identifier: MIT */
/* keep.c - a recording becomes a trace: with the rows of its neurons it can be read alone. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "recall/answer.h"

#define LONGEST_TEXT 240 /* bytes of a neuron's text that a trace keeps */

static int by_id(const void *a, const void *b)
{
	mn_id x = *(const mn_id *)a, y = *(const mn_id *)b;

	return (x > y) - (x < y);
}

/* Every neuron that occurs, once, by id. */
static int ids_of(struct mn_recall *r, mn_id **out, size_t *nout)
{
	const mn_record *rec = r->bench.record;
	mn_id *ids = mn_call_array(&r->inner, 2 * rec->n + r->nranked + 1, sizeof(*ids));
	size_t n = 0, kept = 0;

	if (!ids)
		return MN_ENOMEM;
	for (size_t i = 0; i < rec->n; i++) {
		ids[n++] = rec->at[i].from;
		ids[n++] = rec->at[i].to;
	}
	for (size_t i = 0; i < r->nranked; i++)
		ids[n++] = r->hits[i].neuron;
	qsort(ids, n, sizeof(*ids), by_id);
	for (size_t i = 0; i < n; i++)
		if (ids[i] && (kept == 0 || ids[kept - 1] != ids[i]))
			ids[kept++] = ids[i];
	*out = ids;
	*nout = kept;
	return MN_OK;
}

static mn_str keep_text(mn_arena *arena, mn_str text)
{
	mn_str s = {text.ptr, text.len < LONGEST_TEXT ? text.len : LONGEST_TEXT};

	while (s.len < text.len && s.len && (s.ptr[s.len] & 0xC0) == 0x80)
		s.len--; /* never half a character */
	return mn_arena_copy(arena, s);
}

static int keep_neuron(
	struct mn_recall *r, mn_trace *t, const mn_neuron *row, mn_id id, mn_trace_neuron *out)
{
	mn_str uid = {"", 0};
	int rc = row->id ? mn_uid_derive(r->brain, &r->inner, MN_NEURON, row, &uid) : MN_OK;

	if (rc != MN_OK)
		return rc;
	*out = (mn_trace_neuron){.id = id,
		.uid = mn_arena_copy(t->arena, uid),
		.text = keep_text(t->arena, row->text),
		.type = row->type,
		.flags = row->flags};
	return out->uid.ptr && out->text.ptr ? MN_OK : mn_fail_memory(r->call);
}

static int keep_neurons(struct mn_recall *r, mn_trace *t)
{
	mn_trace_neuron *neurons;
	mn_rows rows = {0};
	mn_id *ids;
	size_t n;
	int rc = ids_of(r, &ids, &n);

	if (rc == MN_OK && n)
		rc = mn_brain_get(r->brain, &r->inner, MN_NEURON, (mn_ids){ids, n},
			MN_FIELD_HEAD | MN_FIELD_TEXT | MN_FIELD_UID, &rows);
	if (rc != MN_OK)
		return rc;
	neurons = mn_arena_array(t->arena, n, sizeof(*neurons));
	if (!neurons)
		return mn_fail_memory(r->call);
	for (size_t i = 0; i < n && rc == MN_OK; i++)
		rc = keep_neuron(r, t, &rows.at.neuron[i], ids[i], &neurons[i]);
	t->nneurons = n;
	return rc == MN_OK ? mn_trace_settle(t, r->call, neurons) : rc;
}

static int keep_events(struct mn_recall *r, mn_trace *t)
{
	size_t bytes = r->bench.record->n * sizeof(*r->bench.record->at);
	mn_event *events = mn_arena_alloc(t->arena, bytes);

	if (!events)
		return mn_fail_memory(r->call);
	if (bytes)
		memcpy(events, r->bench.record->at, bytes);
	t->events = events;
	t->nevents = r->bench.record->n;
	return MN_OK;
}

static int keep_head(struct mn_recall *r, mn_trace *t, const mn_answer *answer)
{
	mn_id *ranked = mn_arena_array(t->arena, r->nranked, sizeof(*ranked));
	double *score = mn_arena_array(t->arena, r->nranked, sizeof(*score));

	t->head = (mn_trace_head){
		.question = mn_arena_copy(t->arena, r->ask->text),
		.kernel = mn_arena_copy(t->arena, mn_str_of(r->kernel->name)),
		.brain = mn_arena_copy(t->arena, r->brain->mind->name),
		.depth = r->depth,
		.when = r->now,
		.activated = answer->activated,
		.examined = answer->examined,
		.latency_us = answer->latency_us,
		.ranked = ranked,
		.score = score,
		.nranked = r->nranked,
		.cut = r->bench.record->cut,
	};
	if (!ranked || !score || !t->head.question.ptr || !t->head.kernel.ptr || !t->head.brain.ptr)
		return mn_fail_memory(r->call);
	for (size_t i = 0; i < r->nranked; i++) {
		ranked[i] = r->hits[i].neuron;
		score[i] = r->hits[i].score;
	}
	return MN_OK;
}

int mn_recall_trace(struct mn_recall *r, const mn_answer *answer, mn_trace **out)
{
	mn_trace *t = mn_trace_new(r->call);
	int rc = t ? MN_OK : MN_ENOMEM;

	mn_record_resolve(r->bench.record, &r->view);
	if (rc == MN_OK)
		rc = keep_events(r, t);

	if (rc == MN_OK)
		rc = keep_neurons(r, t);
	if (rc == MN_OK)
		rc = keep_head(r, t, answer);
	if (rc != MN_OK) {
		mn_trace_free(t);
		return rc;
	}
	*out = t;
	return MN_OK;
}
