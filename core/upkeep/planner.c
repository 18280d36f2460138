/* SPDX-License-Identifier: MIT */
#include "upkeep/planner.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "store/read.h"

#define KEPT_MOST ((size_t)64 << 20)
#define AT_ONCE ((size_t)1 << 22) /* rows at one neuron */

/* ---- Beginning and ending ----------------------------------------------------------------- */

int mn_planner_begin(mn_planner *p, mn_brain *b, mn_call *call, const mn_plan_options *options)
{
	const uint32_t most = b->store->info.max_changes;
	int rc;

	*p = (mn_planner){.brain = b, .call = call, .options = options};
	p->most = most && most < MN_PLAN_EDITS + 2 ? (most > 3 ? most - 2 : 1) : MN_PLAN_EDITS;
	p->now = mn_engine_now(mn_brain_engine(b));
	rc = mn_call_within(&p->page, call, 0);
	if (rc == MN_OK)
		rc = mn_call_within(&p->inner, call, 0);
	if (rc == MN_OK)
		rc = mn_call_within(&p->out, call, 0);
	p->batch = mn_alloc_zero(1, sizeof(*p->batch));
	p->kept = mn_arena_new(KEPT_MOST);
	for (int kind = 0; kind < MN_KINDS; kind++)
		p->touched[kind].wide = 1;
	p->lost.wide = 3;
	if (rc == MN_OK && (!p->batch || !p->kept))
		rc = mn_fail_memory(call);
	if (rc == MN_OK)
		rc = mn_brain_describe(b, call, &p->row);
	if (rc == MN_OK)
		rc = mn_config_parse(call, p->row.config, &p->config);
	p->clock = p->row.clock;
	return rc;
}

void mn_planner_end(mn_planner *p)
{
	for (int kind = 0; kind < MN_KINDS; kind++)
		mn_marks_free(&p->touched[kind]);
	mn_marks_free(&p->lost);
	if (p->batch)
		mn_edit_free(p->batch);
	mn_free(p->batch);
	mn_arena_free(p->kept);
	mn_free(p->samples);
	mn_call_done(&p->page);
	mn_call_done(&p->inner);
	mn_call_done(&p->out);
}

/* ---- Reading ------------------------------------------------------------------------------ */

static void tell(mn_planner *p, size_t rows)
{
	const mn_progress *progress = &p->options->progress;

	p->done += rows;
	if (progress->tell && p->done - p->told_at >= 10 * (uint64_t)MN_PLAN_PAGE) {
		p->told_at = p->done;
		progress->tell(progress->ctx, p->done, 0, "rows read");
	}
}

int mn_planner_scan(mn_planner *p, const mn_query *q, mn_planner_rows *fn, void *ctx)
{
	mn_page page = MN_SIZED(mn_page);
	mn_scan *scan = NULL;
	int rc;

	mn_call_reset(&p->page);
	rc = mn_brain_scan(p->brain, &p->page, q, &scan);
	while (rc == MN_OK && !page.last) {
		mn_call_reset(&p->page);
		mn_call_reset(&p->inner);
		rc = mn_scan_next(scan, &p->page, MN_PLAN_PAGE, &page);
		if (rc == MN_OK && page.rows.n)
			rc = fn(p, ctx, &page.rows);
		tell(p, page.rows.n);
	}
	mn_scan_done(scan);
	return rc == MN_PLAN_ENOUGH ? MN_OK : rc;
}

/* Moves the rows that stay to the front of a copy. */
static int take_staying(mn_planner *p, const mn_rows *rows, mn_rows *out)
{
	const size_t size = mn_row_size(rows->kind);
	char *at = mn_call_array(&p->inner, out->n + rows->n + 1, size);

	if (!at)
		return MN_ENOMEM;
	if (out->n)
		memcpy(at, out->at.any, out->n * size);
	for (size_t i = 0; i < rows->n; i++) {
		const char *row = (const char *)rows->at.any + i * size;

		if (!mn_planner_touched(p, rows->kind, *(const mn_id *)row))
			memcpy(at + out->n++ * size, row, size);
	}
	out->at.any = at;
	return MN_OK;
}

int mn_planner_at(mn_planner *p, int kind, mn_id neuron, mn_rows *out)
{
	mn_query q = MN_SIZED(mn_query);
	mn_page page = MN_SIZED(mn_page);
	mn_scan *scan = NULL;
	int rc;

	*out = (mn_rows){.kind = kind};
	q.kind = kind;
	q.neuron = neuron;
	rc = mn_brain_scan(p->brain, &p->inner, &q, &scan);
	for (size_t most = 64; rc == MN_OK && !page.last; most = most < AT_ONCE ? 8 * most : most) {
		rc = mn_scan_next(scan, &p->inner, most, &page);
		if (rc == MN_OK)
			rc = take_staying(p, &page.rows, out);
	}
	mn_scan_done(scan);
	return rc;
}

bool mn_planner_touched(mn_planner *p, int kind, mn_id id)
{
	return mn_marks_get(&p->touched[kind], id) != 0;
}

bool mn_planner_gone(mn_planner *p, int kind, mn_id id)
{
	return mn_marks_get(&p->touched[kind], id) == 1;
}

double mn_planner_weight(const mn_planner *p, const mn_synapse *s)
{
	return mn_weight_at(s, p->config.reinforcement_delta, p->config.decay_rate, p->clock);
}

/* ---- Adding edits ------------------------------------------------------------------------- */

static int put_batch(mn_planner *p, mn_str bytes, size_t changes)
{
	const int rc = mn_journal_put(
		p->journal, &p->out, p->record->run, p->record->batches, bytes);

	if (rc)
		return rc;
	p->record->batches++;
	p->record->changes += changes;
	return MN_OK;
}

int mn_planner_flush(mn_planner *p)
{
	const size_t n = p->batch->n;
	mn_str bytes;
	int rc;

	if (n == 0)
		return MN_OK;
	mn_call_reset(&p->out);
	rc = mn_edit_end(p->batch, &p->out, &bytes);
	p->weight = 0;
	return rc ? rc : put_batch(p, bytes, n);
}

static void count(mn_planner *p, int kind)
{
	p->step->neurons += kind == MN_NEURON;
	p->step->synapses += kind == MN_SYNAPSE;
	p->step->fibers += kind == MN_FIBER;
}

static int pend(mn_planner *p, int how, int kind, const void *before, const void *after)
{
	const void *row = before ? before : after;
	const mn_id id = *(const mn_id *)row;
	int rc = MN_OK;

	if (mn_planner_touched(p, kind, id))
		return MN_OK;
	if (p->batch->n >= p->most || p->weight >= MN_PLAN_BYTES)
		rc = mn_planner_flush(p);
	if (rc)
		return rc;
	if (mn_marks_set(&p->touched[kind], id, how == MN_EDIT_DROP ? 1 : 2) != MN_OK)
		return mn_fail_memory(p->call);
	mn_edit_add(p->batch, how, kind, before, after);
	p->weight += mn_row_weight(kind, row);
	count(p, kind);
	return MN_OK;
}

static int lose_synapse(mn_planner *p, const mn_synapse *s)
{
	if (mn_marks_add(&p->lost, s->from) != MN_OK
		|| (s->from != s->to && mn_marks_add(&p->lost, s->to) != MN_OK))
		return mn_fail_memory(p->call);
	return MN_OK;
}

int mn_planner_drop(mn_planner *p, int kind, const void *row)
{
	const bool first = !mn_planner_touched(p, kind, *(const mn_id *)row);
	int rc = pend(p, MN_EDIT_DROP, kind, row, NULL);

	if (rc == MN_OK && first && kind == MN_SYNAPSE)
		rc = lose_synapse(p, row);
	p->step->freed += rc == MN_OK && first ? (int64_t)mn_row_weight(kind, row) : 0;
	return rc;
}

static int drop_state(mn_planner *p, mn_id id)
{
	mn_rows rows;
	int rc = mn_brain_get(p->brain, &p->inner, MN_STATE, (mn_ids){&id, 1}, 0, &rows);

	return rc || !rows.at.state[0].id ? rc : mn_planner_drop(p, MN_STATE, rows.at.state);
}

static int drop_neuron(mn_planner *p, const mn_neuron *n, const mn_rows *synapses)
{
	mn_rows fibers;
	int rc = mn_planner_at(p, MN_FIBER, n->id, &fibers);

	for (size_t i = 0; rc == MN_OK && i < synapses->n; i++)
		rc = mn_planner_drop(p, MN_SYNAPSE, &synapses->at.synapse[i]);
	for (size_t i = 0; rc == MN_OK && i < fibers.n; i++)
		if (fibers.at.fiber[i].anchor == n->id)
			rc = mn_planner_drop(p, MN_FIBER, &fibers.at.fiber[i]);
	if (rc == MN_OK)
		rc = drop_state(p, n->id);
	return rc ? rc : mn_planner_drop(p, MN_NEURON, n);
}

int mn_planner_drop_neuron(mn_planner *p, const mn_neuron *n)
{
	const uint64_t lost = mn_marks_count(&p->lost, n->id);
	mn_rows synapses;
	uint64_t degree;
	int rc = mn_planner_at(p, MN_SYNAPSE, n->id, &synapses);

	if (rc == MN_OK)
		rc = mn_brain_degrees(p->brain, &p->inner, (mn_ids){&n->id, 1}, &degree);
	if (rc)
		return rc;
	if (degree > synapses.n + lost) {
		p->step->kept++;
		return MN_OK;
	}
	return drop_neuron(p, n, &synapses);
}

int mn_planner_drop_moved(mn_planner *p, const mn_neuron *n)
{
	mn_rows synapses;
	int rc = mn_planner_at(p, MN_SYNAPSE, n->id, &synapses);

	return rc ? rc : drop_neuron(p, n, &synapses);
}

int mn_planner_put(mn_planner *p, int kind, const void *before, const void *after)
{
	return pend(p, MN_EDIT_PUT, kind, before, after);
}

int mn_planner_add(mn_planner *p, int kind, const void *row)
{
	p->step->freed -= (int64_t)mn_row_weight(kind, row);
	return pend(p, MN_EDIT_ADD, kind, NULL, row);
}

int mn_planner_tune(mn_planner *p, int kind, const void *before, const void *after)
{
	return pend(p, MN_EDIT_TUNE, kind, before, after);
}

int mn_planner_reserve(mn_planner *p, mn_id *out)
{
	if (!p->brain->store->read_only)
		return mn_brain_reserve(p->brain, p->call, MN_NEURON, 1, out);
	*out = INT64_MAX;
	return MN_OK;
}

/* A batch that is no list of edits. */
static int alone(mn_planner *p, const mn_edits *e)
{
	mn_str bytes;
	int rc = mn_planner_flush(p);

	mn_call_reset(&p->out);
	if (rc == MN_OK)
		rc = mn_edits_write(&p->out, e, &bytes);
	return rc ? rc : put_batch(p, bytes, 1);
}

int mn_planner_clock(mn_planner *p, mn_time to)
{
	const mn_edits e = {.what = MN_BATCH_CLOCK, .clock = {p->clock, to}};

	p->clock = to;
	return alone(p, &e);
}

int mn_planner_rebuild(mn_planner *p)
{
	return alone(p, &(mn_edits){.what = MN_BATCH_REBUILD});
}

int mn_planner_snapshot(mn_planner *p, uint64_t keep)
{
	return alone(p, &(mn_edits){.what = MN_BATCH_SNAPSHOT, .keep = keep});
}

/* ---- What people see ---------------------------------------------------------------------- */

int mn_planner_says(mn_planner *p, const char *fmt, ...)
{
	char line[240];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	p->step->says = mn_arena_copy(p->kept, mn_str_of(line));
	return p->step->says.ptr ? MN_OK : mn_fail_memory(p->call);
}

void mn_planner_axis(mn_planner *p, const char *of, double to)
{
	p->step->of = mn_str_of(of);
	p->step->to = to;
}

/* The first bytes of a text, whole characters. */
mn_str mn_planner_cut(mn_str s)
{
	size_t n = s.len < MN_PLAN_TEXT ? s.len : MN_PLAN_TEXT;

	while (n && n < s.len && (s.ptr[n] & 0xC0) == 0x80)
		n--;
	return (mn_str){s.ptr, n};
}

static int uid_of(mn_planner *p, int kind, const void *row, mn_str *out)
{
	const mn_error before = *p->call->err;
	int rc = mn_uid_derive(p->brain, &p->inner, kind, row, out);

	if (rc != MN_EINVAL)
		return rc;
	*p->call->err = before;
	*out = (mn_str){NULL, 0};
	return MN_OK;
}

int mn_planner_sample(mn_planner *p, const mn_plan_sample *s, const void *row)
{
	const size_t most = p->options->samples ? p->options->samples : MN_PLAN_SAMPLES;
	mn_str uid = s->uid;
	mn_plan_sample *to;
	int rc;

	if (p->step_samples >= most)
		return MN_OK;
	rc = row ? uid_of(p, s->kind, row, &uid) : MN_OK;
	if (rc)
		return rc;
	if (mn_grow((void **)&p->samples, &p->samples_cap, p->nsamples + 1, sizeof(*to), 100000)
		!= MN_OK)
		return mn_fail_memory(p->call);
	to = &p->samples[p->nsamples];
	*to = *s;
	to->step = (uint32_t)p->place;
	to->uid = mn_arena_copy(p->kept, mn_planner_cut(uid));
	to->text = mn_arena_copy(p->kept, mn_planner_cut(s->text));
	if (!to->uid.ptr || !to->text.ptr)
		return mn_fail_memory(p->call);
	p->nsamples++;
	p->step_samples++;
	return MN_OK;
}
