/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include <stdio.h>

#include "edge.h"
#include "fault.h"
#include "file.h"
#include "older.h"

/* clang-format off */
static const char tables[] =
	/* The brain's own row, and what moves with every change to it. */
	"CREATE TABLE brain(one INTEGER PRIMARY KEY, uid TEXT, name TEXT NOT NULL, config TEXT,"
	" meta TEXT, created INTEGER, updated INTEGER, clock INTEGER, delta REAL, rate REAL);"
	"CREATE TABLE tally(one INTEGER PRIMARY KEY, epoch INTEGER, graph INTEGER, state INTEGER,"
	" edition INTEGER, neurons INTEGER, synapses INTEGER, fibers INTEGER, next_neuron INTEGER,"
	" next_synapse INTEGER, next_fiber INTEGER, oldest INTEGER, indexed INTEGER,"
	" unread INTEGER, logged INTEGER, swept INTEGER, sweep_to INTEGER, sweep_at INTEGER,"
	" marked INTEGER, last_synapses BLOB, last_fibers BLOB, last_anchors BLOB, recent BLOB);"
	/* Short codes for what repeats: see dictionary.h. */
	"CREATE TABLE type(kind INTEGER, code INTEGER, name TEXT NOT NULL,"
	" PRIMARY KEY(kind, code)) WITHOUT ROWID;"
	"CREATE TABLE grade(code INTEGER PRIMARY KEY, value);"
	/* updated NULL: as created. Empty texts but `text` are NULL. */
	"CREATE TABLE neuron(id INTEGER PRIMARY KEY, type INTEGER, flags INTEGER, created INTEGER,"
	" updated INTEGER, uid TEXT, text TEXT NOT NULL, meta TEXT);"
	"CREATE UNIQUE INDEX neuron_uid ON neuron(uid) WHERE uid IS NOT NULL;"
	"CREATE INDEX neuron_key ON neuron(type, substr(text, 1, 64)) WHERE type <> 1;"
	"CREATE TABLE state(id INTEGER PRIMARY KEY, level REAL, decay REAL, last INTEGER,"
	" uses INTEGER);"
	/* Bundles: see bundle.h. Texts of the few that have any stand beside. bump: `last` and
	 * `uses` that the lists know, where the row has moved on since the last fold. */
	"CREATE TABLE synapse_bundle(first INTEGER PRIMARY KEY, bytes BLOB);"
	"CREATE TABLE synapse_text(id INTEGER PRIMARY KEY, uid TEXT, meta TEXT);"
	"CREATE UNIQUE INDEX synapse_uid ON synapse_text(uid) WHERE uid IS NOT NULL;"
	"CREATE TABLE bump(synapse INTEGER PRIMARY KEY, last INTEGER, uses INTEGER);"
	/* Lists: see block.h, later.c, marks.h. */
	"CREATE TABLE list(near INTEGER PRIMARY KEY, head BLOB);"
	"CREATE TABLE block(id INTEGER PRIMARY KEY, links BLOB);"
	"CREATE TABLE later(seq INTEGER PRIMARY KEY, changes BLOB);"
	"CREATE TABLE mark(id INTEGER PRIMARY KEY, at INTEGER, bits BLOB);"
	/* tags, neurons, synapses: see fiber.c. The way from anchors: see anchor.h. */
	"CREATE TABLE fiber_bundle(first INTEGER PRIMARY KEY, bytes BLOB);"
	"CREATE TABLE fiber_text(id INTEGER PRIMARY KEY, uid TEXT, summary TEXT, meta TEXT,"
	" tags BLOB, neurons BLOB, synapses BLOB);"
	"CREATE UNIQUE INDEX fiber_uid ON fiber_text(uid) WHERE uid IS NOT NULL;"
	"CREATE TABLE anchor_bundle(first INTEGER PRIMARY KEY, bytes BLOB);"
	"CREATE TABLE anchored(neuron INTEGER, fiber INTEGER, PRIMARY KEY(neuron, fiber))"
	" WITHOUT ROWID;"
	"CREATE TABLE member(neuron INTEGER, fiber INTEGER, PRIMARY KEY(neuron, fiber))"
	" WITHOUT ROWID;"
	"CREATE TABLE tag(name TEXT, fiber INTEGER, PRIMARY KEY(name, fiber)) WITHOUT ROWID;"
	/* The word index, and which neurons it still lacks: see search.c. */
	"CREATE VIRTUAL TABLE words USING fts5(text, content = 'neuron', content_rowid = 'id',"
	" tokenize = 'mnemoscope');"
	"CREATE TABLE unread(id INTEGER PRIMARY KEY);"
	"INSERT INTO type(kind, code, name) VALUES(1, 1, 'memory');";
/* clang-format on */

const char *schema_tables(void)
{
	return tables;
}

/* ---- Versions ----------------------------------------------------------------------------- */

/* How a file of the version that is the index becomes one of the next version: a script, and what
 * SQL alone cannot do. */
static const struct {
	const char *script;
	int (*step)(struct conn *);
} migrations[SCHEMA_VERSION] = {
	[1] = {"CREATE TABLE moment(first INTEGER PRIMARY KEY, created INTEGER);"
	       "INSERT INTO moment(first, created) SELECT id, created FROM (SELECT id, created,"
	       " lag(created, 1) OVER w AS one, lag(created, 2) OVER w AS two FROM synapse"
	       " WINDOW w AS (ORDER BY id))"
	       " WHERE created = one AND (two IS NULL OR two <> one);"
	       "UPDATE synapse SET created = NULL WHERE created = (SELECT moment.created FROM moment"
	       " WHERE moment.first <= synapse.id ORDER BY moment.first DESC LIMIT 1);"},
	[2] = {""}, /* short lists were packed since; those that were rows stayed so */
	[3] = {"ALTER TABLE tally ADD COLUMN logged INTEGER;"
	       "ALTER TABLE tally ADD COLUMN swept INTEGER;"
	       "ALTER TABLE tally ADD COLUMN sweep_to INTEGER;"
	       "ALTER TABLE tally ADD COLUMN sweep_at INTEGER;"
	       "UPDATE tally SET logged = 0, swept = 0, sweep_to = 0, sweep_at = 0;"
	       "CREATE TABLE list(near INTEGER PRIMARY KEY, head BLOB);"
	       "CREATE TABLE block(id INTEGER PRIMARY KEY, links BLOB);"
	       "CREATE TABLE later(seq INTEGER PRIMARY KEY, changes BLOB);",
		edge_migrate},
	[4] = {"", older_bundle},
	[5] = {"ALTER TABLE tally ADD COLUMN marked INTEGER;"
	       "UPDATE tally SET marked = 1;"
	       "CREATE TABLE mark(id INTEGER PRIMARY KEY, at INTEGER, bits BLOB);",
		adjacency_mark_long},
	[6] = {"ALTER TABLE tally ADD COLUMN last_synapses BLOB;"
	       "ALTER TABLE tally ADD COLUMN last_fibers BLOB;"
	       "ALTER TABLE tally ADD COLUMN last_anchors BLOB;"
	       "ALTER TABLE tally ADD COLUMN recent BLOB;"},
};

static int read_version(struct conn *c, int *version)
{
	int64_t n = 0;
	int status = conn_number(c, "PRAGMA user_version", NULL, 0, 0, &n);

	*version = (int)n;
	return status;
}

static int set_version(struct conn *c, int version)
{
	char script[48];

	snprintf(script, sizeof(script), "PRAGMA user_version = %d", version);
	return conn_script(c, script);
}

static int newer(const mn_host *host, mn_call *call, const char *path, int version)
{
	return host->fail(call, MN_EUNSUPPORTED, version,
		"%s was made by a newer version of this program (its tables are of version %d, "
		"known here are those up to %d): upgrade mnemoscope",
		fault_path(path), version, SCHEMA_VERSION);
}

/* One step, by whoever comes first; *version is what it is afterwards. */
static int step_up(struct conn *c, int *version)
{
	int status = conn_script(c, "BEGIN IMMEDIATE");

	if (status != MN_OK)
		return status;
	status = read_version(c, version);
	if (status == MN_OK && *version < SCHEMA_VERSION) {
		status = conn_script(c, migrations[*version].script);
		if (status == MN_OK && migrations[*version].step)
			status = migrations[*version].step(c);
		if (status == MN_OK)
			status = set_version(c, *version + 1);
		if (status == MN_OK)
			status = conn_script(c, "COMMIT");
		if (status == MN_OK)
			++*version;
	}
	if (!sqlite3_get_autocommit(c->sql))
		sqlite3_exec(c->sql, "ROLLBACK", NULL, NULL, NULL);
	return status;
}

int schema_migrate(struct conn *c, mn_call *call)
{
	int version = 0, status = conn_adopt(c, call);

	if (status == MN_OK)
		status = read_version(c, &version);
	while (status == MN_OK && version < SCHEMA_VERSION)
		status = step_up(c, &version);
	if (status == MN_OK && version > SCHEMA_VERSION)
		status = newer(c->host, call, c->path, version);
	conn_adopt(c, NULL);
	return status;
}

int schema_check(const mn_host *host, mn_call *call, const char *path, int *version)
{
	struct file_header h;
	int status = file_peek(host, call, path, &h);

	if (status != MN_OK)
		return status;
	if (!h.sqlite)
		return host->fail(call, MN_ECORRUPT, 0,
			"%s is %s: move it away, or restore the brain from a copy",
			fault_path(path), h.empty ? "an empty file, not a brain" : "not a brain");
	if (h.application != SCHEMA_APPLICATION)
		return host->fail(call, MN_ECORRUPT, 0,
			"%s is a database of another program, and was left alone: move it away",
			fault_path(path));
	if (h.version > SCHEMA_VERSION)
		return newer(host, call, path, (int)h.version);
	if (h.version < 1)
		return fault_corrupt(host, call, path, "it has no version");
	*version = (int)h.version;
	return MN_OK;
}

/* ---- A new file --------------------------------------------------------------------------- */

static const char insert_brain[] =
	"INSERT INTO brain(one, uid, name, config, meta, created, updated, clock, delta, rate)"
	" VALUES(1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
static const char insert_tally[] = "INSERT INTO tally VALUES(1, ?1, 1, 1, 1, 0, 0, 0, 1, 1, 1,"
				   " 9223372036854775807, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL,"
				   " NULL)";

int schema_make(struct conn *c, mn_brain_row *row, double delta, double rate)
{
	char script[64];
	int status = conn_script(c, tables);

	while (row->id == 0) {
		c->host->random(c->host, &row->id, sizeof(row->id));
		row->id >>= 1; /* SQLite's integers have a sign */
	}
	snprintf(script, sizeof(script), "PRAGMA application_id = %d", SCHEMA_APPLICATION);
	if (status == MN_OK)
		status = conn_script(c, script);
	if (status == MN_OK)
		status = set_version(c, SCHEMA_VERSION);
	if (status == MN_OK)
		status = RUN(c, insert_brain, SN(row->uid), S(row->name), SN(row->config),
			SN(row->meta), I(row->created), I(row->updated), I(row->clock), R(delta),
			R(rate));
	if (status == MN_OK)
		status = RUN(c, insert_tally, I((int64_t)row->id));
	return status;
}
