/* SPDX-License-Identifier: MIT */
/* snapshot.c - mn_snapshot_import: a brain is staged, proved by its hash, and settled. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "exchange/canonical.h"
#include "exchange/snapshot.h"
#include "exchange/staging.h"
#include "store/brain.h"

struct restore {
	mn_staging stage;
	mn_call *call;
	const mn_snapshot_options *options;
	mn_import_report *report;
	mn_snapin in;
	mn_snapload load;
	mn_brain_row row; /* as the file has it; strings in the caller's arena */
};

/* ---- Making it ---------------------------------------------------------------------------- */

static int make(struct restore *r, const mn_snapline *head)
{
	const mn_brain_row *from = &head->row.brain;
	int status;

	r->row.clock = from->clock;
	r->row.config = mn_call_copy(r->call, from->config);
	r->row.meta = mn_call_copy(r->call, from->meta);
	if ((from->config.len && !r->row.config.ptr) || (from->meta.len && !r->row.meta.ptr))
		return MN_ENOMEM;
	status = mn_staging_make(&r->stage, &r->row);
	return status == MN_OK ? mn_snapload_open(&r->load, r->stage.brain, r->call, r->report)
			       : status;
}

/* Reads the file through; into the brain, unless it is only to be checked. */
static int fill(struct restore *r)
{
	mn_snapline row;
	bool more;
	int status;

	while ((status = mn_snapin_next(&r->in, &row, &more)) == MN_OK && more) {
		if (r->options->check)
			continue;
		status = row.kind == MN_BRAIN
				 ? make(r, &row)
				 : mn_snapload_line(&r->load, r->in.line, MN_SNAP_ADD, 0);
		if (status != MN_OK)
			return status;
	}
	r->report->lines = r->in.lines.lines;
	return status == MN_OK && !r->options->check ? mn_snapload_flush(&r->load) : status;
}

/* ---- Proving it --------------------------------------------------------------------------- */

struct proof {
	mn_snapshot_sum sum;
	const mn_brain_row *row;
};

/* The brain's own line as it will be. */
static int add_head(struct proof *p, mn_call *call)
{
	mn_buf line = MN_BUF(MN_SNAPSHOT_LINE);
	int status = mn_canonical_brain(&line, p->row);

	if (status != MN_OK || !mn_buf_ok(&line))
		status = mn_fail_memory(call);
	else
		mn_snapshot_sum_add(&p->sum, MN_BRAIN, mn_buf_view(&line));
	mn_buf_free(&line);
	return status;
}

static int add_row(void *ctx, mn_call *call, const mn_canonical_row *row)
{
	struct proof *p = ctx;

	if (row->kind == MN_BRAIN)
		return add_head(p, call);
	mn_snapshot_sum_add(&p->sum, row->kind, row->line);
	return MN_OK;
}

static int prove(struct restore *r)
{
	unsigned char got[32];
	struct proof p = {.row = &r->row};
	int status = mn_snapshot_sum_begin(&p.sum, r->call);

	mn_snapload_close(&r->load);
	if (status == MN_OK)
		status = mn_staging_reopen(&r->stage);
	if (status == MN_OK)
		status = mn_canonical_walk(r->stage.brain, r->call, add_row, &p);
	if (status != MN_OK)
		return status;
	crypto_generichash_final(&p.sum.hash, got, sizeof(got));
	if (memcmp(r->in.sum.all, got, sizeof(got)) == 0)
		return MN_OK;
	return mn_fail(r->call, MN_ECORRUPT, 0,
		"the brain does not hash like the snapshot: the store lost something");
}

/* ---- All of it ---------------------------------------------------------------------------- */

static int restore(struct restore *r, const mn_source *source)
{
	int status = mn_snapin_open(
		&r->in, r->call, source, &r->options->progress, r->options->bytes);

	if (status == MN_OK)
		status = fill(r);
	if (status == MN_OK && r->stage.brain)
		status = prove(r);
	mn_snapin_close(&r->in);
	mn_snapload_close(&r->load);
	if (status == MN_OK && r->stage.brain)
		status = mn_staging_settle(&r->stage, &r->row);
	mn_staging_drop(&r->stage);
	if (status != MN_OK)
		*r->report = (mn_import_report){.size = r->report->size};
	return status;
}

static int merge(struct restore *r, const mn_source *source)
{
	mn_brain *brain = NULL;
	int status = mn_brain_open(r->stage.store, r->call, r->stage.name, &brain);

	if (status == MN_OK)
		status = mn_snapshot_merge(brain, r->call, r->options, source, r->report);
	mn_brain_close(brain);
	return status;
}

int mn_snapshot_import(mn_store *store, mn_call *call, mn_str name,
	const mn_snapshot_options *options, const mn_source *source, mn_import_report *out)
{
	struct restore r = {.call = call, .options = options, .report = out};
	int status = MN_OK;

	*out = MN_SIZED(mn_import_report);
	if (!options->check)
		status = mn_staging_open(&r.stage, store, call, name, options->merge);
	if (status != MN_OK)
		return status;
	return r.stage.filled ? merge(&r, source) : restore(&r, source);
}
