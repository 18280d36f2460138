/* SPDX-License-Identifier: MIT */
/*
 * salvage.c - a new brain of what can still be read of a damaged one.
 *
 * Rows keep their ids and come kind by kind: neurons first, so that what refers to one that is lost
 * is known when it comes. A batch that is refused is tried again row by row.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "doctor/doctor.h"
#include "store/brain.h"
#include "store/upkeep.h"
#include "upkeep/edit.h"

enum { BATCH = 512 };
#define BATCH_BYTES ((size_t)8 << 20)

struct salvage {
	mn_store *to;
	mn_call *call, read, write; /* whose error is told; the source's; the target's */
	mn_str name;
	mn_brain *brain;
	mn_arena *rows; /* copies of what waits */
	mn_change waiting[BATCH];
	size_t n;
	const mn_progress *progress;
	mn_salvaged *out;
	uint64_t total;
};

/* ---- Writing ------------------------------------------------------------------------------ */

static bool is_refusal(int status)
{
	return status == MN_EINVAL || status == MN_ECONFLICT;
}

static int write_one(struct salvage *s, const mn_change *change)
{
	int status = mn_brain_apply(s->brain, &s->write, NULL, change, 1, NULL);

	if (status == MN_OK)
		s->out->saved[change->kind]++;
	else if (is_refusal(status))
		s->out->lost[change->kind]++;
	if (is_refusal(status)) {
		mn_call_reset(&s->write);
		return MN_OK;
	}
	return status;
}

static int flush(struct salvage *s)
{
	int status = MN_OK;

	if (s->n)
		status = mn_brain_apply(s->brain, &s->write, NULL, s->waiting, s->n, NULL);
	if (status == MN_OK) {
		for (size_t i = 0; i < s->n; i++)
			s->out->saved[s->waiting[i].kind]++;
	} else if (is_refusal(status)) {
		mn_call_reset(&s->write);
		status = MN_OK;
		for (size_t i = 0; status == MN_OK && i < s->n; i++)
			status = write_one(s, &s->waiting[i]);
	}
	s->n = 0;
	mn_arena_reset(s->rows);
	if (s->progress && s->progress->tell)
		s->progress->tell(s->progress->ctx,
			s->out->saved[MN_NEURON] + s->out->saved[MN_SYNAPSE]
				+ s->out->saved[MN_FIBER],
			s->total, "rows");
	mn_call_reset(&s->write);
	return status;
}

/* ---- Reading ------------------------------------------------------------------------------ */

/* Settings that cannot be read are the defaults'. */
static int make_brain(struct salvage *s, const mn_brain_row *old)
{
	mn_brain_row row = {.name = s->name, .clock = old->clock};
	mn_config config;
	int status;

	s->out->counted[MN_NEURON] = old->neurons;
	s->out->counted[MN_SYNAPSE] = old->synapses;
	s->out->counted[MN_FIBER] = old->fibers;
	s->total = old->neurons + old->synapses + old->fibers;
	if (mn_text_valid(old->config) && mn_config_parse(&s->write, old->config, &config) == MN_OK)
		row.config = old->config;
	mn_call_reset(&s->write);
	if (mn_text_valid(old->meta))
		row.meta = old->meta;
	status = mn_store_make(s->to, &s->write, &row, NULL);
	if (status == MN_OK)
		status = mn_brain_open(s->to, &s->write, s->name, &s->brain);
	return status;
}

static int take_row(void *ctx, int kind, const void *row)
{
	struct salvage *s = ctx;
	const void *copy;
	bool full;
	int status = MN_OK;

	if (kind == MN_BRAIN)
		return make_brain(s, row);
	full = s->n == BATCH || (s->n && s->waiting[0].kind != kind)
	       || mn_arena_used(s->rows) > BATCH_BYTES;
	if (full)
		status = flush(s);
	if (status != MN_OK)
		return status;
	copy = mn_row_copy(s->rows, kind, row);
	if (!copy)
		return mn_fail_memory(&s->write);
	s->waiting[s->n++] = (mn_change){MN_ADD, kind, copy};
	if (full) /* what the rows before it needed; this one is copied */
		mn_arena_reset(s->read.arena);
	return MN_OK;
}

static void take_gap(void *ctx)
{
	struct salvage *s = ctx;

	s->out->gaps++;
}

/* ---- All ---------------------------------------------------------------------------------- */

static int read_all(struct salvage *s, mn_store *from, mn_str brain)
{
	const mn_rescue ask = {.size = sizeof(ask), .ctx = s, .row = take_row, .gap = take_gap};
	bool offered = false;
	int status = mn_store_rescue(from, &s->read, brain, &ask, &offered);

	if (status == MN_OK && !offered)
		return mn_fail(s->call, MN_EUNSUPPORTED, 0,
			"this store cannot be read past what is damaged: copy the brain (brain copy)");
	if (status == MN_OK && s->brain)
		status = flush(s);
	if (status == MN_OK)
		return MN_OK;
	return mn_fail(s->call, status, 0, "%s",
		s->write.err->code ? s->write.err->text : s->read.err->text);
}

/* A brain that was only begun is of no use. */
static void drop(struct salvage *s)
{
	mn_call own;

	if (!s->brain || mn_call_init(&own, s->call->engine, 0) != MN_OK)
		return;
	mn_brain_close(s->brain);
	s->brain = NULL;
	mn_store_delete(s->to, &own, s->name);
	mn_call_done(&own);
}

int mn_doctor_salvage(mn_store *from, mn_call *call, mn_str brain, mn_store *to, mn_str name,
	const mn_progress *progress, mn_salvaged *out)
{
	struct salvage *s = mn_call_alloc(call, sizeof(*s));
	int status = s ? MN_OK : MN_ENOMEM;

	if (status != MN_OK)
		return status;
	*out = (mn_salvaged){.gaps = 0};
	*s = (struct salvage){
		.to = to, .call = call, .name = name, .progress = progress, .out = out};
	s->rows = mn_arena_new(SIZE_MAX);
	if (!s->rows || mn_call_init(&s->read, call->engine, 0) != MN_OK)
		return mn_fail_memory(call);
	if (mn_call_init(&s->write, call->engine, 0) != MN_OK)
		status = mn_fail_memory(call);
	s->read.token = s->write.token = call->token;
	s->read.deadline = s->write.deadline = call->deadline;
	if (status == MN_OK)
		status = read_all(s, from, brain);
	if (status != MN_OK)
		drop(s);
	mn_brain_close(s->brain);
	mn_call_done(&s->write);
	mn_call_done(&s->read);
	mn_arena_free(s->rows);
	return status;
}
