/* SPDX-License-Identifier: MIT */
/* peer_file.c - mn_peer_import: a file of the peer becomes a brain of its own, or joins one. */
#include "base/fail.h"
#include "base/str.h"
#include "exchange/peer_load.h"
#include "exchange/peer_sqlite.h"
#include "exchange/restore.h"
#include "exchange/staging.h"

struct job {
	mn_call *call;
	const mn_peer_options *options;
	mn_import_report *report;
	mn_staging stage;
	mn_peer_load load;
};

static int read_file(struct job *j, const mn_source *source)
{
	if (source)
		return mn_peer_scan(j->call, source, mn_peer_load_take, &j->load);
	return mn_peer_sqlite_read(j->call, &j->load, j->options->path, j->options->brain);
}

/* The brain in the making gets its rows, then its name or its place in another. */
static int build(struct job *j)
{
	mn_snapshot_options merge = MN_SIZED(mn_snapshot_options);
	mn_brain_row row = {.id = 0};
	int status = mn_peer_load_about(&j->load, &row);

	if (status == MN_OK)
		status = mn_staging_make(&j->stage, &row);
	if (status == MN_OK)
		status = mn_peer_load_rows(&j->load, j->stage.brain, j->report);
	merge.merge = j->options->merge;
	if (j->stage.filled)
		*j->report = MN_SIZED(mn_import_report); /* that of the merge comes */
	if (status == MN_OK && j->stage.filled)
		status = mn_staging_merge(&j->stage, &row, &merge, j->report);
	else if (status == MN_OK)
		status = mn_staging_settle(&j->stage, &row);
	mn_staging_drop(&j->stage);
	if (status != MN_OK && !j->stage.filled)
		*j->report = MN_SIZED(mn_import_report);
	return status;
}

int mn_peer_import(mn_store *store, mn_call *call, mn_str name, const mn_peer_options *options,
	const mn_source *source, mn_import_report *out)
{
	struct job j = {.call = call, .options = options, .report = out};
	int status = mn_staging_open(&j.stage, store, call, name, options->merge);

	*out = MN_SIZED(mn_import_report);
	if (status != MN_OK)
		return status;
	status = mn_peer_load_open(&j.load, call, source ? source->name : options->path);
	if (status == MN_OK)
		status = read_file(&j, source);
	if (status == MN_OK)
		status = build(&j);
	mn_peer_load_close(&j.load);
	return status;
}
