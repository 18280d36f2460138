/* SPDX-License-Identifier: MIT */
/*
 * older.c - up to version 4 there was a row of SQLite for each synapse and fiber.
 *
 * Rows are taken as they are, right or wrong: what is wrong is still there for the doctor. Only ids
 * below 1 are left behind, which nothing could ever ask for.
 */
#include "older.h"

#include "anchor.h"

static const char make_bundles[] =
	"CREATE TABLE synapse_bundle(first INTEGER PRIMARY KEY, bytes BLOB);"
	"CREATE TABLE synapse_text(id INTEGER PRIMARY KEY, uid TEXT, meta TEXT);"
	"CREATE TABLE fiber_bundle(first INTEGER PRIMARY KEY, bytes BLOB);"
	"CREATE TABLE fiber_text(id INTEGER PRIMARY KEY, uid TEXT, summary TEXT, meta TEXT,"
	" tags BLOB, neurons BLOB, synapses BLOB);"
	"CREATE TABLE anchor_bundle(first INTEGER PRIMARY KEY, bytes BLOB);"
	"CREATE TABLE anchored(neuron INTEGER, fiber INTEGER, PRIMARY KEY(neuron, fiber))"
	" WITHOUT ROWID;"
	"INSERT INTO synapse_text(id, uid, meta) SELECT id, uid, meta FROM synapse"
	" WHERE id > 0 AND (uid IS NOT NULL OR meta IS NOT NULL);"
	"INSERT INTO fiber_text(id, uid, summary, meta, tags, neurons, synapses)"
	" SELECT id, uid, summary, meta, tags, neurons, synapses FROM fiber WHERE id > 0"
	" AND coalesce(uid, summary, meta, tags, neurons, synapses) IS NOT NULL;";
static const char drop_rows[] =
	"DROP TABLE synapse; DROP TABLE moment; DROP TABLE fiber;"
	"CREATE UNIQUE INDEX synapse_uid ON synapse_text(uid) WHERE uid IS NOT NULL;"
	"CREATE UNIQUE INDEX fiber_uid ON fiber_text(uid) WHERE uid IS NOT NULL;";
/* A row's own time, or that of the last moment before it. */
static const char all_synapses[] =
	"SELECT id, source, target, type, flags, base, ifnull(created, (SELECT moment.created FROM"
	" moment WHERE moment.first <= synapse.id ORDER BY moment.first DESC LIMIT 1)), last, uses,"
	" uid IS NOT NULL OR meta IS NOT NULL FROM synapse WHERE id > 0 ORDER BY id";
static const char all_fibers[] =
	"SELECT id, anchor, flags, stage, salience, coherence, created, first, ifnull(last, first),"
	" uses, coalesce(uid, summary, meta, tags, neurons, synapses) IS NOT NULL FROM fiber"
	" WHERE id > 0 ORDER BY id";

/* What does not fit becomes the highest number, which is wrong as well. */
static uint64_t below(sqlite3_stmt *st, int column, uint64_t most)
{
	const int64_t x = sqlite3_column_int64(st, column);

	return x < 0 || (uint64_t)x > most ? most : (uint64_t)x;
}

static struct grade grade_of(sqlite3_stmt *st, int column)
{
	if (sqlite3_column_type(st, column) != SQLITE_INTEGER)
		return (struct grade){.number = sqlite3_column_double(st, column)};
	return (struct grade){.code = (uint16_t)below(st, column, UINT16_MAX)};
}

static int take_synapse(struct conn *c, sqlite3_stmt *st)
{
	const struct synapse_row row = {
		.id = (mn_id)sqlite3_column_int64(st, 0),
		.from = (mn_id)sqlite3_column_int64(st, 1),
		.to = (mn_id)sqlite3_column_int64(st, 2),
		.type = (uint16_t)below(st, 3, UINT16_MAX),
		.flags = (uint16_t)below(st, 4, UINT16_MAX),
		.base = grade_of(st, 5),
		.created = sqlite3_column_int64(st, 6),
		.last = sqlite3_column_int64(st, 7),
		.uses = (uint32_t)below(st, 8, UINT32_MAX),
		.text = sqlite3_column_int(st, 9),
	};
	bool taken;

	return bundle_add(c, ROW_SYNAPSE, &row, &taken);
}

static int take_fiber(struct conn *c, sqlite3_stmt *st)
{
	const struct fiber_row row = {
		.id = (mn_id)sqlite3_column_int64(st, 0),
		.anchor = (mn_id)sqlite3_column_int64(st, 1),
		.flags = (uint16_t)below(st, 2, UINT16_MAX),
		.stage = (uint16_t)below(st, 3, UINT16_MAX),
		.salience = grade_of(st, 4),
		.coherence = grade_of(st, 5),
		.created = sqlite3_column_int64(st, 6),
		.first = sqlite3_column_int64(st, 7),
		.last = sqlite3_column_int64(st, 8),
		.uses = (uint32_t)below(st, 9, UINT32_MAX),
		.text = sqlite3_column_int(st, 10),
	};
	bool taken;
	int status = bundle_add(c, ROW_FIBER, &row, &taken);

	return status == MN_OK && row.anchor && row.anchor <= INT64_MAX
		       ? anchor_add(c, row.anchor, row.id)
		       : status;
}

static int take_all(struct conn *c, const char *sql, int (*take)(struct conn *, sqlite3_stmt *))
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(c->sql, sql, -1, &st, NULL);
	int status = rc == SQLITE_OK ? MN_OK : conn_fault(c);

	while (status == MN_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		status = conn_check(c);
		if (status == MN_OK)
			status = take(c, st);
	}
	if (status == MN_OK && rc != SQLITE_DONE)
		status = conn_fault(c);
	sqlite3_finalize(st);
	return status;
}

int older_bundle(struct conn *c)
{
	int status = conn_script(c, make_bundles);

	if (status == MN_OK)
		status = take_all(c, all_synapses, take_synapse);
	if (status == MN_OK)
		status = take_all(c, all_fibers, take_fiber);
	if (status == MN_OK)
		status = bundle_settle(c); /* the tally has no place for them yet */
	if (status != MN_OK)
		bundle_forget(c);
	return status == MN_OK ? conn_script(c, drop_rows) : status;
}
