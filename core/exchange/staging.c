/* SPDX-License-Identifier: MIT */
#include "exchange/staging.h"

#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "exchange/outlet.h"
#include "exchange/snapshot.h"
#include "exchange/spool.h"

#define MARK "{\"_importing\":true}"
#define NAME_MOST 100 /* characters of a brain's name */

static mn_str beside(const mn_staging *s)
{
	return mn_str_of(s->beside);
}

/* "notes (importing)"; a long name is cut, by whole characters. */
static void name_beside(mn_staging *s)
{
	const size_t most = NAME_MOST - (sizeof(MN_STAGE_SUFFIX) - 1);
	size_t n = 0, i = 0;

	for (; i < s->name.len && i < 4 * most; i++) {
		if (((unsigned char)s->name.ptr[i] & 0xC0) != 0x80 && n++ == most)
			break;
		s->beside[i] = s->name.ptr[i];
	}
	memcpy(s->beside + i, MN_STAGE_SUFFIX, sizeof(MN_STAGE_SUFFIX));
}

static int look(mn_staging *s, mn_str name, bool *there, mn_brain_row *row)
{
	mn_brain *brain = NULL;
	int status = mn_brain_open(s->store, s->call, name, &brain);

	*there = status == MN_OK;
	if (status == MN_OK)
		status = mn_brain_describe(brain, s->call, row);
	mn_brain_close(brain);
	if (status != MN_ENOBRAIN)
		return status;
	*s->call->err = (mn_error){.size = s->call->err->size};
	return MN_OK;
}

int mn_staging_open(mn_staging *s, mn_store *store, mn_call *call, mn_str name, int merge)
{
	mn_brain_row row = {.id = 0};
	int status;

	*s = (mn_staging){.store = store, .call = call, .name = name};
	name_beside(s);
	status = look(s, name, &s->there, &row);
	s->filled = s->there && row.neurons + row.synapses + row.fibers > 0;
	if (status == MN_OK && s->filled && merge == MN_MERGE_NONE)
		return mn_fail(call, MN_ECONFLICT, 0,
			"brain \"%.*s\" holds something already: choose another, or say what "
			"becomes of it with --merge",
			MN_FMT(name));
	return status;
}

/* Deletes what an earlier import left, and nothing else. */
static int clear(mn_staging *s)
{
	mn_brain_row row;
	bool there;
	int status = look(s, beside(s), &there, &row);

	if (status != MN_OK || !there)
		return status;
	if (!mn_str_is(row.meta, MARK))
		return mn_fail(s->call, MN_ECONFLICT, 0,
			"there is a brain \"%.*s\", and an import needs that name: rename it",
			MN_FMT(beside(s)));
	return mn_store_delete(s->store, s->call, beside(s));
}

int mn_staging_make(mn_staging *s, const mn_brain_row *like)
{
	const mn_brain_row row = {.name = beside(s),
		.meta = MN_STR(MARK),
		.config = like->config,
		.clock = like->clock};
	int status = clear(s);

	if (status == MN_OK)
		status = mn_store_make(s->store, s->call, &row, NULL);
	return status == MN_OK ? mn_brain_open(s->store, s->call, beside(s), &s->brain) : status;
}

int mn_staging_reopen(mn_staging *s)
{
	mn_brain_close(s->brain);
	s->brain = NULL; /* where it cannot be opened, its mark tells the next import */
	return mn_brain_open(s->store, s->call, beside(s), &s->brain);
}

int mn_staging_settle(mn_staging *s, const mn_brain_row *like)
{
	mn_brain_row row = *like;
	int status = MN_OK;

	mn_brain_close(s->brain);
	s->brain = NULL;
	row.name = s->name;
	if (s->there)
		status = mn_store_delete(s->store, s->call, s->name);
	if (status == MN_OK)
		status = mn_store_update(s->store, s->call, beside(s), &row, NULL);
	return status;
}

void mn_staging_drop(mn_staging *s)
{
	mn_call own;

	if (!s->brain)
		return;
	mn_brain_close(s->brain);
	s->brain = NULL;
	if (mn_call_init(&own, s->call->engine, 0) == MN_OK)
		mn_store_delete(s->store, &own, beside(s));
	mn_call_done(&own);
}

/* ---- Merging ------------------------------------------------------------------------------ */

static int write_spool(void *ctx, mn_call *call, const char *bytes, size_t n)
{
	return mn_spool_add(ctx, call, bytes, n);
}

struct reading {
	const mn_spool *spool;
	uint64_t at;
};

static int read_spool(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	struct reading *r = ctx;
	const uint64_t left = r->spool->bytes - r->at;

	*n = left < room ? left : room;
	r->at += *n;
	return *n ? mn_spool_read(r->spool, call, r->at - *n, out, *n) : MN_OK;
}

static int merge_spool(mn_staging *s, const mn_spool *spool, const mn_snapshot_options *options,
	mn_import_report *report)
{
	struct reading r = {.spool = spool};
	const mn_source source = {.ctx = &r, .read = read_spool, .name = MN_STR("the import")};
	mn_brain *brain = NULL;
	int status = mn_brain_open(s->store, s->call, s->name, &brain);

	if (status == MN_OK)
		status = mn_snapshot_merge(brain, s->call, options, &source, report);
	mn_brain_close(brain);
	return status;
}

int mn_staging_merge(mn_staging *s, const mn_brain_row *row, const mn_snapshot_options *options,
	mn_import_report *report)
{
	mn_export_options o = MN_SIZED(mn_export_options);
	mn_spool spool = MN_SPOOL;
	const mn_sink sink = {&spool, write_spool};
	mn_brain_row about = *row;
	int status;

	/* Its meta is what it will be, not the mark. */
	mn_brain_close(s->brain);
	s->brain = NULL;
	about.name = (mn_str){NULL, 0};
	status = mn_store_update(s->store, s->call, beside(s), &about, NULL);
	if (status == MN_OK)
		status = mn_brain_open(s->store, s->call, beside(s), &s->brain);
	o.format = MN_FORMAT_SNAPSHOT;
	if (status == MN_OK)
		status = mn_export(s->brain, s->call, &o, &sink);
	mn_staging_drop(s);
	if (status == MN_OK)
		status = merge_spool(s, &spool, options, report);
	mn_spool_free(&spool);
	return status;
}
