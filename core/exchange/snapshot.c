/* SPDX-License-Identifier: MIT */
/*
 * snapshot.c - mn_snapshot_import.
 *
 * A brain that is not there, or empty, is made beside its place, under another name and with a
 * mark in its meta, and hashed; only then it gets its name, config and meta, at once. What an
 * import that was interrupted left is known by its mark and begun again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "exchange/canonical.h"
#include "exchange/snapshot.h"
#include "store/brain.h"

#define MARK "{\"_importing\":true}"
#define SUFFIX " (importing)"
#define NAME_MOST 100 /* characters of a brain's name */

struct restore {
	mn_store *store;
	mn_call *call;
	const mn_snapshot_options *options;
	mn_import_report *report;
	mn_str name;
	bool there; /* a brain of that name, but empty */
	char beside[4 * NAME_MOST + sizeof(SUFFIX)];
	mn_snapin in;
	mn_snapload load;
	mn_brain *brain;  /* the one in the making */
	mn_brain_row row; /* as the file has it; strings in the caller's arena */
};

static mn_str beside(const struct restore *r)
{
	return mn_str_of(r->beside);
}

/* "notes (importing)"; a long name is cut, by whole characters. */
static void name_beside(struct restore *r)
{
	const size_t most = NAME_MOST - (sizeof(SUFFIX) - 1);
	size_t n = 0, i = 0;

	for (; i < r->name.len && i < 4 * most; i++) {
		if (((unsigned char)r->name.ptr[i] & 0xC0) != 0x80 && n++ == most)
			break;
		r->beside[i] = r->name.ptr[i];
	}
	memcpy(r->beside + i, SUFFIX, sizeof(SUFFIX));
}

/* ---- What is there ------------------------------------------------------------------------ */

static int look(mn_store *store, mn_call *call, mn_str name, bool *there, mn_brain_row *row)
{
	mn_brain *brain = NULL;
	int status = mn_brain_open(store, call, name, &brain);

	*there = status == MN_OK;
	if (status == MN_OK)
		status = mn_brain_describe(brain, call, row);
	mn_brain_close(brain);
	if (status != MN_ENOBRAIN)
		return status;
	*call->err = (mn_error){.size = call->err->size};
	return MN_OK;
}

static bool is_empty(const mn_brain_row *row)
{
	return row->neurons + row->synapses + row->fibers == 0;
}

/* Deletes what an earlier import left, and nothing else. */
static int clear_beside(struct restore *r)
{
	mn_brain_row row;
	bool there;
	int status = look(r->store, r->call, beside(r), &there, &row);

	if (status != MN_OK || !there)
		return status;
	if (!mn_str_is(row.meta, MARK))
		return mn_fail(r->call, MN_ECONFLICT, 0,
			"there is a brain \"%.*s\", and an import needs that name: rename it",
			MN_FMT(beside(r)));
	return mn_store_delete(r->store, r->call, beside(r));
}

/* ---- Making it ---------------------------------------------------------------------------- */

static int make(struct restore *r, const mn_snapline *head)
{
	mn_brain_row row = {.name = beside(r), .meta = MN_STR(MARK)};
	int status = MN_OK;

	r->row.clock = row.clock = head->row.brain.clock;
	r->row.config = row.config = mn_call_copy(r->call, head->row.brain.config);
	r->row.meta = mn_call_copy(r->call, head->row.brain.meta);
	if ((head->row.brain.config.len && !row.config.ptr)
		|| (head->row.brain.meta.len && !r->row.meta.ptr))
		return MN_ENOMEM;
	status = clear_beside(r);
	if (status == MN_OK)
		status = mn_store_make(r->store, r->call, &row, NULL);
	if (status == MN_OK)
		status = mn_brain_open(r->store, r->call, beside(r), &r->brain);
	return status == MN_OK ? mn_snapload_open(&r->load, r->brain, r->call, r->report) : status;
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

	if (status == MN_OK)
		status = mn_canonical_walk(r->brain, r->call, add_row, &p);
	if (status != MN_OK)
		return status;
	crypto_generichash_final(&p.sum.hash, got, sizeof(got));
	if (memcmp(r->in.sum.all, got, sizeof(got)) == 0)
		return MN_OK;
	return mn_fail(r->call, MN_ECORRUPT, 0,
		"the brain does not hash like the snapshot: the store lost something");
}

/* The name goes over in one step; an empty brain that had it goes first. */
static int settle(struct restore *r)
{
	int status = MN_OK;

	mn_snapload_close(&r->load);
	mn_brain_close(r->brain);
	r->brain = NULL;
	r->row.name = r->name;
	if (r->there)
		status = mn_store_delete(r->store, r->call, r->name);
	if (status == MN_OK)
		status = mn_store_update(r->store, r->call, beside(r), &r->row, NULL);
	return status;
}

/* Deletes what was begun, with a call that nobody cancels; the error stays the first one. */
static void drop(struct restore *r)
{
	mn_call own;

	mn_snapload_close(&r->load);
	mn_brain_close(r->brain);
	r->brain = NULL;
	if (mn_call_init(&own, r->call->engine, 0) == MN_OK)
		mn_store_delete(r->store, &own, beside(r));
	mn_call_done(&own);
}

/* ---- All of it ---------------------------------------------------------------------------- */

static int restore(struct restore *r, const mn_source *source)
{
	int status = mn_snapin_open(
		&r->in, r->call, source, &r->options->progress, r->options->bytes);
	bool made;

	if (status == MN_OK)
		status = fill(r);
	made = r->brain != NULL;
	if (status == MN_OK && made)
		status = prove(r);
	mn_snapin_close(&r->in);
	if (status == MN_OK && made)
		status = settle(r);
	if (status != MN_OK && made) {
		drop(r);
		*r->report = (mn_import_report){.size = r->report->size};
	}
	return status;
}

static int merge(struct restore *r, const mn_source *source)
{
	mn_brain *brain = NULL;
	int status = mn_brain_open(r->store, r->call, r->name, &brain);

	if (status == MN_OK)
		status = mn_snapshot_merge(brain, r->call, r->options, source, r->report);
	mn_brain_close(brain);
	return status;
}

int mn_snapshot_import(mn_store *store, mn_call *call, mn_str name,
	const mn_snapshot_options *options, const mn_source *source, mn_import_report *out)
{
	struct restore r = {
		.store = store, .call = call, .options = options, .report = out, .name = name};
	mn_brain_row row = {.id = 0};
	bool there = false;
	int status = MN_OK;

	*out = MN_SIZED(mn_import_report);
	if (!options->check)
		status = look(store, call, name, &there, &row);
	if (status != MN_OK)
		return status;
	r.there = there;
	if (there && !is_empty(&row) && options->merge == MN_MERGE_NONE)
		return mn_fail(call, MN_ECONFLICT, 0,
			"brain \"%.*s\" holds something already: choose another, or say what "
			"becomes of it with --merge",
			MN_FMT(name));
	if (there && !is_empty(&row))
		return merge(&r, source);
	name_beside(&r);
	return restore(&r, source);
}
