/* SPDX-License-Identifier: MIT */
/*
 * round.c - a snapshot of a brain, read into an empty store in memory: does it hash the same?
 *
 * The snapshot itself lies in a file without a name (exchange/spool.h); what it is read into takes
 * memory, so brains above a limit are not checked this way.
 */
#include <string.h>

#include "base/fail.h"
#include "base/str.h"
#include "doctor/doctor.h"
#include "exchange/restore.h"
#include "exchange/spool.h"

#define MOST_ROWS UINT64_C(3000000) /* some 2 GB, held by the store in memory */
#define WHAT "a snapshot there and back (NM-I7)"

static const mn_finding differs = {
	.code = "NM-I7",
	.name = "snapshot-differs",
	.says = "a snapshot of the brain, read back, is another brain",
	.cause = "rows that break their own rules",
	.fix = "mend what else was found, and check again; report it if it stays",
};

struct tape {
	mn_spool spool;
	uint64_t read;
};

static int put(void *ctx, mn_call *call, const char *text, size_t n)
{
	struct tape *t = ctx;

	return mn_spool_add(&t->spool, call, text, n);
}

static int take(void *ctx, mn_call *call, char *out, size_t room, size_t *n)
{
	struct tape *t = ctx;
	const uint64_t left = t->spool.bytes - t->read;
	int status = MN_OK;

	*n = left < room ? (size_t)left : room;
	if (*n)
		status = mn_spool_read(&t->spool, call, t->read, out, *n);
	t->read += *n;
	return status;
}

/* The hash of what comes back. */
static int bring_back(mn_doctor *d, struct tape *t, unsigned char hash[32])
{
	const mn_source source = {t, take, MN_STR("the snapshot")};
	const mn_str name = MN_STR("there and back");
	mn_snapshot_options o = MN_SIZED(mn_snapshot_options);
	mn_import_report report = MN_SIZED(mn_import_report);
	mn_store *store = NULL;
	mn_brain *brain = NULL;
	int status = mn_store_open(d->call->engine, &d->work, MN_STR("memory:"), false, &store);

	if (status == MN_OK)
		status = mn_snapshot_import(store, &d->work, name, &o, &source, &report);
	if (status == MN_OK)
		status = mn_brain_open(store, &d->work, name, &brain);
	if (status == MN_OK)
		status = mn_brain_hash(brain, &d->work, hash);
	mn_brain_close(brain);
	mn_store_close(store);
	return status;
}

static int go_round(mn_doctor *d, bool *same)
{
	struct tape t = {.spool = MN_SPOOL};
	const mn_sink sink = {&t, put};
	mn_export_options o = MN_SIZED(mn_export_options);
	unsigned char before[32], after[32];
	int status;

	o.format = MN_FORMAT_SNAPSHOT;
	status = mn_export(d->brain, &d->work, &o, &sink);
	if (status == MN_OK)
		status = mn_brain_hash(d->brain, &d->work, before);
	if (status == MN_OK)
		status = bring_back(d, &t, after);
	*same = status != MN_OK || memcmp(before, after, sizeof(before)) == 0;
	if (status == MN_EINVAL) { /* what was written is not what can be read */
		*same = false;
		status = MN_OK;
	}
	mn_spool_free(&t.spool);
	return status;
}

int mn_doctor_round(mn_doctor *d)
{
	mn_finding f = differs;
	mn_brain_row row = {.id = 0};
	bool same = true;
	int status = mn_brain_describe(d->brain, &d->work, &row);

	if (status == MN_OK && row.neurons + row.synapses + row.fibers > MOST_ROWS)
		return mn_doctor_skip(d, WHAT, "the brain has more than three million rows");
	if (status == MN_OK)
		status = go_round(d, &same);
	if (status == MN_OK && !same)
		status = mn_finding_tell(d, &f, d->name);
	if (status == MN_OK)
		status = mn_doctor_report(d, &f);
	return mn_doctor_end(d, status, WHAT);
}
