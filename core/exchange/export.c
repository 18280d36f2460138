/* SPDX-License-Identifier: MIT */
/* export.c - mn_export: one generation of a brain, streamed. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "exchange/outlet.h"
#include "store/brain.h"

#define PAGE 1000
#define OUT_MOST ((size_t)256 << 20)
#define OUT_FLUSH ((size_t)256 << 10)
#define TELL_EVERY 100000 /* microseconds */

int mn_outlet_check(mn_outlet *o)
{
	const mn_gen now = o->work.at;

	if (!(o->brain->store->info.caps & MN_CAP_GENERATION))
		return MN_OK;
	if (now.epoch == o->at.epoch && now.graph == o->at.graph
		&& (!o->states || now.state == o->at.state))
		return MN_OK;
	return mn_fail(o->call, MN_ESTALE, 0,
		"the brain was written to while it was exported: export it again");
}

int mn_outlet_write(mn_outlet *o)
{
	int status = MN_OK;

	if (!mn_buf_ok(&o->out))
		return mn_fail_memory(o->call);
	if (o->out.len)
		status = o->sink->write(o->sink->ctx, o->call, o->out.ptr, o->out.len);
	mn_buf_clear(&o->out);
	return status;
}

void mn_outlet_tell(mn_outlet *o, bool at_once)
{
	const mn_progress *p = &o->options->progress;
	mn_time now;

	if (!p->tell)
		return;
	now = mn_engine_monotonic(mn_brain_engine(o->brain));
	if (!at_once && now - o->told < TELL_EVERY)
		return;
	o->told = now;
	p->tell(p->ctx, o->done, o->total, "rows");
}

static int scan_pages(mn_outlet *o, mn_scan *scan, mn_outlet_page *each, void *ctx)
{
	mn_page page = MN_SIZED(mn_page);
	int status = MN_OK;

	while (status == MN_OK && !page.last) {
		mn_arena_reset(o->work.arena);
		status = mn_check(o->call);
		if (status == MN_OK)
			status = mn_scan_next(scan, &o->work, PAGE, &page);
		if (status == MN_OK)
			status = mn_outlet_check(o);
		if (status == MN_OK)
			status = each(o, ctx, &page.rows);
		if (status == MN_OK && (o->out.len > OUT_FLUSH || !mn_buf_ok(&o->out)))
			status = mn_outlet_write(o);
		o->done += page.rows.n;
		mn_outlet_tell(o, false);
	}
	return status;
}

int mn_outlet_scan(mn_outlet *o, int kind, unsigned fields, mn_outlet_page *each, void *ctx)
{
	mn_query query = MN_SIZED(mn_query);
	mn_scan *scan;
	int status;

	query.kind = kind;
	query.fields = fields;
	status = mn_brain_scan(o->brain, &o->work, &query, &scan);
	if (status != MN_OK)
		return status;
	status = scan_pages(o, scan, each, ctx);
	mn_scan_done(scan);
	return status;
}

static int by_number(const void *a, const void *b)
{
	const mn_id x = *(const mn_id *)a, y = *(const mn_id *)b;

	return (x > y) - (x < y);
}

/* Rows that are not there have id 0, which would break the order that a search needs. */
static int drop_missing(mn_outlet *o, const mn_rows *rows, mn_outlet_neurons *out)
{
	mn_neuron *kept = mn_call_array(&o->work, rows->n, sizeof(*kept));

	if (!kept)
		return MN_ENOMEM;
	*out = (mn_outlet_neurons){kept, 0};
	for (size_t i = 0; i < rows->n; i++)
		if (rows->at.neuron[i].id)
			kept[out->n++] = rows->at.neuron[i];
	return MN_OK;
}

int mn_outlet_neurons_get(
	mn_outlet *o, mn_id *ids, size_t n, unsigned fields, mn_outlet_neurons *out)
{
	mn_rows rows;
	size_t kept = 0;
	int status;

	qsort(ids, n, sizeof(*ids), by_number);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || ids[i] != ids[i - 1])
			ids[kept++] = ids[i];
	status = mn_brain_get(o->brain, &o->work, MN_NEURON, (mn_ids){ids, kept}, fields, &rows);
	if (status == MN_OK)
		status = mn_outlet_check(o);
	return status == MN_OK ? drop_missing(o, &rows, out) : status;
}

static int by_id(const void *key, const void *row)
{
	const mn_id id = *(const mn_id *)key, other = ((const mn_neuron *)row)->id;

	return (id > other) - (id < other);
}

const mn_neuron *mn_outlet_neuron(const mn_outlet_neurons *rows, mn_id id)
{
	return rows->n ? bsearch(&id, rows->at, rows->n, sizeof(*rows->at), by_id) : NULL;
}

static int (*format_of(int format))(mn_outlet *)
{
	switch (format) {
	case MN_FORMAT_JSONL: return mn_outlet_jsonl;
	case MN_FORMAT_GRAPH: return mn_outlet_graph;
	case MN_FORMAT_DOT: return mn_outlet_dot;
	case MN_FORMAT_GRAPHML: return mn_outlet_graphml;
	case MN_FORMAT_SNAPSHOT: return mn_outlet_snapshot;
	case MN_FORMAT_PEER: return mn_outlet_peer;
	case MN_FORMAT_CSV: return mn_outlet_csv;
	default: return NULL;
	}
}

static int outlet_open(mn_outlet *o)
{
	int status = mn_call_within(&o->work, o->call, 0);

	if (status != MN_OK)
		return status;
	o->out = MN_BUF(OUT_MOST);
	status = mn_brain_describe(o->brain, o->call, &o->row);
	if (status == MN_OK)
		status = mn_brain_generation(o->brain, o->call);
	o->at = o->call->at;
	return status;
}

int mn_export(mn_brain *brain, mn_call *call, const mn_export_options *options, const mn_sink *sink)
{
	mn_outlet o = {.brain = brain, .call = call, .options = options, .sink = sink};
	int (*format)(mn_outlet *) = format_of(options->format);
	int status;

	if (!format)
		return mn_fail(call, MN_EINVAL, 0,
			"a brain is not exported to this format: take jsonl, graph, "
			"snapshot, neuralmemory, csv, dot or graphml");
	status = outlet_open(&o);
	if (status == MN_OK)
		status = format(&o);
	if (status == MN_OK)
		status = mn_outlet_write(&o);
	mn_outlet_tell(&o, true);
	mn_buf_free(&o.out);
	mn_call_done(&o.work);
	call->at = o.at;
	return status;
}
