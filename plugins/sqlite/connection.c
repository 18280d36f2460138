/* SPDX-License-Identifier: MIT */
#include "connection.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "fault.h"
#include "heap.h"
#include "tokenizer.h"

#define PATIENCE_MS 30000 /* of a reader: only where a log is being recovered */
#define LONGEST_NAP_MS 10
#define READER_CACHE_KB 8192
#define WRITER_CACHE_KB 65536 /* pages that a sweep touches */

/* ---- Opening and closing ------------------------------------------------------------------ */

/* Waits for another program's writing, in naps that grow. Returning 0 gives up. */
static int wait_for_lock(void *arg, int times)
{
	struct conn *c = arg;
	unsigned ms = times < LONGEST_NAP_MS ? (unsigned)times + 1 : LONGEST_NAP_MS;
	struct timespec nap = {.tv_nsec = (long)ms * 1000000};

	if ((c->call && c->host->cancelled(c->call)) || c->waited_ms >= c->patience_ms)
		return 0;
	c->waited_ms += ms;
	nanosleep(&nap, NULL);
	return 1;
}

/* A file name as a URI, since that is how SQLite is told that a file cannot change. */
static char *uri_of(const mn_host *host, const char *path)
{
	static const char before[] = "file:", after[] = "?immutable=1", hex[] = "0123456789ABCDEF";
	char *uri = heap_new(host, sizeof(before) + 3 * strlen(path) + sizeof(after)), *p = uri;

	if (!uri)
		return NULL;
	memcpy(p, before, sizeof(before) - 1);
	for (p += sizeof(before) - 1; *path; path++) {
		if (*path == '%' || *path == '?' || *path == '#') {
			*p++ = '%';
			*p++ = hex[(unsigned char)*path >> 4];
			*p++ = hex[*path & 15];
		} else {
			*p++ = *path;
		}
	}
	memcpy(p, after, sizeof(after));
	return uri;
}

static int open_file(struct conn *c, enum access access, bool immutable)
{
	int flags = SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
		    | (access == ACCESS_READ_ONLY ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
	char *uri = immutable ? uri_of(c->host, c->path) : NULL;
	int rc;

	if (immutable && !uri)
		return fault_memory(c->host, c->call);
	rc = uri ? sqlite3_open_v2(uri, &c->sql, flags | SQLITE_OPEN_URI, NULL)
		 : sqlite3_open_v2(c->path, &c->sql, flags, NULL);
	heap_free(c->host, uri);
	return rc == SQLITE_OK ? MN_OK : fault_sqlite(c->host, c->call, c->sql, c->path, rc);
}

/* The file may come from anywhere: what stands in its schema must not run. */
static void harden(struct conn *c)
{
	sqlite3_db_config(c->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(c->sql, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(c->sql, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(c->sql, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
}

/* A part of a list (block.h) fits into one of SQLite's small buffers then, which cost no lock. */
static void lend_room(struct conn *c)
{
	sqlite3_db_config(c->sql, SQLITE_DBCONFIG_LOOKASIDE, NULL, 1536, 96);
}

static int set_up(struct conn *c, enum access access)
{
	char script[400];
	int cache = access == ACCESS_WRITE ? WRITER_CACHE_KB : READER_CACHE_KB;

	snprintf(script, sizeof(script),
		"PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA cache_size = -%d;"
		"PRAGMA temp_store = MEMORY; PRAGMA synchronous = FULL;"
		"PRAGMA wal_autocheckpoint = 4000; PRAGMA secure_delete = FAST;"
		"PRAGMA query_only = %d",
		cache, access != ACCESS_WRITE);
	return conn_script(c, script);
}

/* The first look into the file, before anything is asked of it. *blocked: see conn_open. */
static int probe(struct conn *c, enum access access, bool *blocked)
{
	static const char look[] = "SELECT count(*) FROM sqlite_schema";
	int rc = sqlite3_exec(c->sql, look, NULL, NULL, NULL);

	*blocked = access != ACCESS_WRITE
		   && ((rc & 0xFF) == SQLITE_CANTOPEN || (rc & 0xFF) == SQLITE_READONLY);
	return rc == SQLITE_OK || *blocked ? MN_OK : conn_fault(c);
}

/*
 * Before a writer adds to a log that was there. Where a crash cut it off, its last frame may end
 * within a sector: what filled that up is written after the sync and can be lost. A second power
 * cut while the sector is written again could take the frame along, acknowledged as it is. A log
 * that was moved into the file begins anew.
 */
static int settle_log(struct conn *c)
{
	const int rc = sqlite3_wal_checkpoint_v2(
		c->sql, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	return rc == SQLITE_OK || (rc & 0xFF) == SQLITE_BUSY ? MN_OK : conn_fault(c);
}

int conn_open(const mn_host *host, mn_call *call, const char *path, enum access access,
	bool immutable, struct conn **out)
{
	struct conn *c = heap_new(host, sizeof(*c));
	bool blocked = false;
	int status;

	if (!c)
		return fault_memory(host, call);
	c->host = host;
	c->path = path;
	c->call = call;
	c->patience_ms = PATIENCE_MS;
	status = open_file(c, access, immutable);
	if (status == MN_OK) {
		sqlite3_busy_handler(c->sql, wait_for_lock, c);
		lend_room(c);
		harden(c);
		status = probe(c, access, &blocked);
	}
	if (status == MN_OK && !blocked)
		status = tokenizer_register(c);
	if (status == MN_OK && !blocked)
		status = feed_register(c);
	if (status == MN_OK && !blocked)
		status = set_up(c, access);
	if (status == MN_OK && !blocked && access == ACCESS_WRITE)
		status = settle_log(c);
	c->call = NULL;
	if (status != MN_OK || blocked) {
		conn_close(c);
		c = NULL;
	}
	if (status == MN_OK)
		*out = c;
	return status;
}

void conn_close(struct conn *c)
{
	if (!c)
		return;
	dictionary_forget(c);
	adjacency_free(c);
	bundle_free(c);
	heap_free(c->host, c->known.at);
	for (size_t i = 0; i < KEPT_STATEMENTS; i++)
		sqlite3_finalize(c->kept[i].stmt);
	sqlite3_close(c->sql);
	heap_free(c->host, c);
}

/* ---- Errors ------------------------------------------------------------------------------- */

int conn_fault(struct conn *c)
{
	int rc = sqlite3_extended_errcode(c->sql);

	switch (rc & 0xFF) {
	case SQLITE_IOERR:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_NOMEM: c->broken = true; /* a fresh connection will know better */
	}
	return fault_sqlite(c->host, c->call, c->sql, c->path, rc);
}

int conn_corrupt(struct conn *c, const char *what)
{
	c->broken = true;
	return fault_corrupt(c->host, c->call, c->path, what);
}

int conn_memory(struct conn *c)
{
	return fault_memory(c->host, c->call);
}

int conn_check(struct conn *c)
{
	return c->host->cancelled(c->call) ? c->host->fail_cancelled(c->call) : MN_OK;
}

/* ---- Statements --------------------------------------------------------------------------- */

/* The SQL is right, so if SQLite finds fault with it, the file's tables are not what they were;
 * or it was broken off, and table "feed" could not be made known. */
static int unprepared(struct conn *c)
{
	const int status = c->call ? conn_check(c) : MN_OK;

	if (status != MN_OK)
		return status;
	if (sqlite3_errcode(c->sql) == SQLITE_ERROR)
		return conn_corrupt(c, "a table of a brain is missing or not as it should be");
	return conn_fault(c);
}

/* Where the statement is kept, or will be. */
static size_t place_of(const struct conn *c, const char *sql)
{
	size_t at = ((uintptr_t)sql >> 3) * 0x9E3779B1u % KEPT_STATEMENTS;
	size_t tries = 0;

	while (c->kept[at].sql && c->kept[at].sql != sql && ++tries < KEPT_STATEMENTS)
		at = (at + 1) % KEPT_STATEMENTS;
	return at;
}

static int kept_statement(struct conn *c, const char *sql, sqlite3_stmt **out)
{
	const size_t at = place_of(c, sql);

	if (c->kept[at].sql != sql) {
		if (sqlite3_prepare_v3(
			    c->sql, sql, -1, SQLITE_PREPARE_PERSISTENT, &c->kept[at].stmt, NULL)
			!= SQLITE_OK)
			return unprepared(c);
		c->kept[at].sql = sql;
	}
	*out = c->kept[at].stmt;
	return MN_OK;
}

static int bind(sqlite3_stmt *st, int i, const struct value *v)
{
	const char *p = v->text.len ? v->text.ptr : "";

	switch (v->kind) {
	case VALUE_INT: return sqlite3_bind_int64(st, i, v->number);
	case VALUE_REAL: return sqlite3_bind_double(st, i, v->real);
	case VALUE_TEXT: return sqlite3_bind_text64(st, i, p, v->text.len, NULL, SQLITE_UTF8);
	case VALUE_BLOB: return sqlite3_bind_blob64(st, i, p, v->text.len, NULL);
	default: return sqlite3_bind_null(st, i);
	}
}

int conn_ask(struct conn *c, const char *sql, const struct value *values, int n, sqlite3_stmt **out)
{
	int status = kept_statement(c, sql, out);

	if (status != MN_OK)
		return status;
	for (int i = 0; i < n; i++)
		if (bind(*out, i + 1, &values[i]) != SQLITE_OK)
			return conn_fault(c);
	return MN_OK;
}

int conn_step(struct conn *c, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st), status;

	if (rc == SQLITE_ROW)
		return 1;
	status = rc == SQLITE_DONE ? 0 : conn_fault(c);
	sqlite3_reset(st);
	return status;
}

int conn_run(struct conn *c, const char *sql, const struct value *values, int n)
{
	sqlite3_stmt *st;
	int status = conn_ask(c, sql, values, n, &st);

	while (status == MN_OK && (status = conn_step(c, st)) == 1)
		status = MN_OK;
	return status;
}

int conn_insert(struct conn *c, const char *sql, const struct value *values, int n, bool *taken)
{
	sqlite3_stmt *st;
	int status = conn_ask(c, sql, values, n, &st), rc;

	*taken = false;
	if (status != MN_OK)
		return status;
	rc = sqlite3_step(st);
	*taken = rc == SQLITE_CONSTRAINT_PRIMARYKEY || rc == SQLITE_CONSTRAINT_ROWID
		 || rc == SQLITE_CONSTRAINT_UNIQUE;
	status = rc == SQLITE_DONE || *taken ? MN_OK : conn_fault(c);
	sqlite3_reset(st);
	return status;
}

int conn_number(struct conn *c, const char *sql, const struct value *values, int n, int64_t none,
	int64_t *out)
{
	sqlite3_stmt *st;
	int status = conn_ask(c, sql, values, n, &st);

	if (status == MN_OK)
		status = conn_step(c, st);
	if (status < 0)
		return status;
	*out = status ? sqlite3_column_int64(st, 0) : none;
	sqlite3_reset(st);
	return MN_OK;
}

int conn_script(struct conn *c, const char *sql)
{
	return sqlite3_exec(c->sql, sql, NULL, NULL, NULL) == SQLITE_OK ? MN_OK : conn_fault(c);
}

/* ---- The tally ---------------------------------------------------------------------------- */

static const char read_tally[] =
	"SELECT epoch, graph, state, edition, neurons, synapses, fibers, next_neuron, next_synapse,"
	" next_fiber, oldest, indexed, unread, logged, swept, sweep_to, sweep_at, marked,"
	" last_synapses, last_fibers, last_anchors, recent FROM tally"
	" WHERE one = 1";
static const char write_tally[] =
	"UPDATE tally SET graph = ?1, state = ?2, edition = ?3, neurons = ?4, synapses = ?5,"
	" fibers = ?6, next_neuron = ?7, next_synapse = ?8, next_fiber = ?9, oldest = ?10,"
	" indexed = ?11, unread = ?12, logged = ?13, swept = ?14, sweep_to = ?15, sweep_at = ?16,"
	" marked = ?17, last_synapses = ?18, last_fibers = ?19, last_anchors = ?20, recent = ?21"
	" WHERE one = 1";
static const char read_measure[] = "SELECT delta, rate, clock FROM brain WHERE one = 1";

int conn_measure(struct conn *c)
{
	sqlite3_stmt *st;
	int status = conn_ask(c, read_measure, NULL, 0, &st);

	if (status == MN_OK)
		status = conn_step(c, st);
	if (status < 0)
		return status;
	if (status == 0)
		return conn_corrupt(c, "its own row is missing");
	c->measure = (struct measure){
		.edition = c->tally.edition,
		.delta = sqlite3_column_double(st, 0),
		.rate = sqlite3_column_double(st, 1),
		.clock = sqlite3_column_int64(st, 2),
	};
	sqlite3_reset(st);
	return MN_OK;
}

static void take_tally(struct conn *c, sqlite3_stmt *st)
{
	struct tally *t = &c->tally;
	int i = 0;

	t->gen.epoch = (uint64_t)sqlite3_column_int64(st, i++);
	t->gen.graph = (uint64_t)sqlite3_column_int64(st, i++);
	t->gen.state = (uint64_t)sqlite3_column_int64(st, i++);
	t->edition = (uint64_t)sqlite3_column_int64(st, i++);
	t->neurons = (uint64_t)sqlite3_column_int64(st, i++);
	t->synapses = (uint64_t)sqlite3_column_int64(st, i++);
	t->fibers = (uint64_t)sqlite3_column_int64(st, i++);
	t->next[MN_NEURON] = (mn_id)sqlite3_column_int64(st, i++);
	t->next[MN_SYNAPSE] = (mn_id)sqlite3_column_int64(st, i++);
	t->next[MN_FIBER] = (mn_id)sqlite3_column_int64(st, i++);
	t->oldest = sqlite3_column_int64(st, i++);
	t->indexed = (mn_id)sqlite3_column_int64(st, i++);
	t->unread = (uint64_t)sqlite3_column_int64(st, i++);
	t->logged = (uint64_t)sqlite3_column_int64(st, i++);
	t->swept = (uint64_t)sqlite3_column_int64(st, i++);
	t->sweep_to = (uint64_t)sqlite3_column_int64(st, i++);
	t->sweep_at = (mn_id)sqlite3_column_int64(st, i++);
	t->marked = (uint64_t)sqlite3_column_int64(st, i++);
	recent_take(&c->recent, st, i);
}

int conn_load(struct conn *c)
{
	sqlite3_stmt *st;
	int status = conn_ask(c, read_tally, NULL, 0, &st);

	if (status == MN_OK)
		status = conn_step(c, st);
	if (status < 0)
		return status;
	if (status == 0)
		return conn_corrupt(c, "its counters are missing");
	take_tally(c, st);
	sqlite3_reset(st);
	c->call->at = c->tally.gen;
	if (c->measure.edition == c->tally.edition)
		return MN_OK;
	dictionary_forget(c); /* mending may have changed what stands there, */
	overlay_forget(c);    /* and so may a copy that was brought back */
	marks_forget(c);
	return conn_measure(c);
}

int conn_tally(struct conn *c)
{
	const struct tally *t = &c->tally;
	struct recent *r = &c->recent;
	int status = bundle_flush(c);

	if (status == MN_OK)
		status = RUN(c, write_tally, I((int64_t)t->gen.graph), I((int64_t)t->gen.state),
			I((int64_t)t->edition), I((int64_t)t->neurons), I((int64_t)t->synapses),
			I((int64_t)t->fibers), I((int64_t)t->next[MN_NEURON]),
			I((int64_t)t->next[MN_SYNAPSE]), I((int64_t)t->next[MN_FIBER]),
			I(t->oldest), I((int64_t)t->indexed), I((int64_t)t->unread),
			I((int64_t)t->logged), I((int64_t)t->swept), I((int64_t)t->sweep_to),
			I((int64_t)t->sweep_at), I((int64_t)t->marked),
			B(recent_all(&r->ends[ROW_SYNAPSE])), B(recent_all(&r->ends[ROW_FIBER])),
			B(recent_all(&r->ends[ROW_ANCHOR])), B(recent_changes(r)));
	r->moved &= status != MN_OK;
	c->written.known &= status == MN_OK;
	c->written.tally = c->tally;
	return status;
}

/* ---- Transactions ------------------------------------------------------------------------- */

static const char roll_back[] = "ROLLBACK";

static void interrupt(void *arg)
{
	sqlite3_interrupt(arg);
}

int conn_adopt(struct conn *c, mn_call *call)
{
	if (c->call)
		c->host->on_cancel(c->call, NULL, NULL);
	c->call = call;
	c->waited_ms = 0;
	if (!call)
		return MN_OK;
	if (c->host->cancelled(call)) {
		c->call = NULL;
		return c->host->fail_cancelled(call);
	}
	c->host->on_cancel(call, interrupt, c->sql);
	return MN_OK;
}

/* What SQLite counts with every commit, its own and those of others that it finds. */
static int version_of(struct conn *c)
{
	int version = 0;

	sqlite3_file_control(c->sql, "main", SQLITE_FCNTL_DATA_VERSION, &version);
	return version;
}

/* Who writes one commit after another need not read what it wrote. */
static int load_to_write(struct conn *c)
{
	int status;

	if (!c->written.known || c->written.version != version_of(c)
		|| c->written.tally.edition != c->measure.edition) {
		status = conn_load(c);
		c->written.known = status == MN_OK;
		c->written.tally = c->tally;
		return status;
	}
	c->tally = c->written.tally;
	c->call->at = c->tally.gen;
	return MN_OK;
}

int conn_begin(struct conn *c, mn_call *call, bool write)
{
	sqlite3_stmt *st;
	int status = conn_adopt(c, call);

	if (status != MN_OK)
		return status;
	errno = 0; /* for fault.c */
	c->writing = write;
	status = kept_statement(c, roll_back, &st); /* so that it takes no memory then */
	if (status == MN_OK)
		status = conn_run(c, write ? "BEGIN IMMEDIATE" : "BEGIN", NULL, 0);
	if (status == MN_OK)
		status = write ? load_to_write(c) : conn_load(c);
	if (status == MN_OK)
		bundle_refresh(c);
	else
		conn_rollback(c);
	return status;
}

int conn_commit(struct conn *c)
{
	int status = conn_check(c);

	if (status == MN_OK && c->writing)
		status = bundle_flush(c);
	if (status == MN_OK && c->writing && c->recent.moved)
		status = conn_tally(c);
	/* From here on everything is written, whoever cancels. */
	c->host->on_cancel(c->call, NULL, NULL);
	if (status == MN_OK)
		status = conn_run(c, "COMMIT", NULL, 0);
	c->written.version = version_of(c);
	if (status != MN_OK)
		conn_rollback(c);
	conn_adopt(c, NULL);
	c->writing = false;
	return status;
}

/* An open statement would keep the snapshot alive. */
static void reset_statements(struct conn *c)
{
	for (sqlite3_stmt *st = NULL; (st = sqlite3_next_stmt(c->sql, st));)
		if (sqlite3_stmt_busy(st))
			sqlite3_reset(st);
}

void conn_spare(struct conn *c)
{
	c->writing = false;
}

void conn_rollback(struct conn *c)
{
	sqlite3_stmt *st = c->kept[place_of(c, roll_back)].stmt;

	conn_adopt(c, NULL);
	reset_statements(c);
	if (!sqlite3_get_autocommit(c->sql)) {
		if (st)
			sqlite3_step(st);
		else
			sqlite3_exec(c->sql, roll_back, NULL, NULL, NULL);
		sqlite3_reset(st);
		c->broken |= !sqlite3_get_autocommit(c->sql);
	}
	if (c->writing) { /* codes and settings that were never written */
		dictionary_forget(c);
		adjacency_forget(c);
		bundle_forget(c);
		c->measure.edition = 0;
		c->known.of = (mn_gen){0};
		c->written.known = false;
	}
	c->writing = false;
}
