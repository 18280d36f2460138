/* SPDX-License-Identifier: MIT */
#include "upkeep/journal.h"

#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "store/brain.h"
#include "upkeep/journal_file.h"
#include "upkeep/pack.h"

enum { VERSION = 2, PATIENCE_MS = 10000, TOKEN_BYTES = 16 };
#define HELD_MOST ((size_t)4 << 20) /* bytes of batches in one transaction */

/* clang-format off */
static const char tables[] =
	"CREATE TABLE run(run INTEGER PRIMARY KEY AUTOINCREMENT, undoes INTEGER, state INTEGER,"
	" token TEXT, title TEXT, steps TEXT, about TEXT, changes INTEGER, batches INTEGER,"
	" done INTEGER, left_alone INTEGER, freed INTEGER, made INTEGER, begun INTEGER,"
	" ended INTEGER, epoch INTEGER, graph INTEGER, moved INTEGER);"
	"CREATE TABLE batch(run INTEGER, batch INTEGER, forward BLOB, backward BLOB,"
	" PRIMARY KEY(run, batch));";
/* clang-format on */

struct mn_journal {
	mn_engine *engine;
	sqlite3 *db;
	int lock_fd;
	bool locked, held; /* held: a transaction of batches is open */
	size_t bytes;      /* of batches in it */
};

/* ---- Statements --------------------------------------------------------------------------- */

static int broken(mn_journal *j, mn_call *call, int rc)
{
	if (rc == SQLITE_NOMEM)
		return mn_fail_memory(call);
	if ((rc & 0xFF) == SQLITE_BUSY)
		return mn_fail(call, MN_EBUSY, rc,
			"the journal of maintenance is in use by another process: try again");
	return mn_fail(call, MN_EIO, rc, "the journal of maintenance cannot be used: %s",
		j->db ? sqlite3_errmsg(j->db) : sqlite3_errstr(rc));
}

/* Binds by letters: i an int64_t, t an mn_str as text, b as a blob. */
static int bind(sqlite3_stmt *s, const char *form, va_list args)
{
	int rc = SQLITE_OK;

	for (int i = 1; rc == SQLITE_OK && *form; i++, form++) {
		if (*form == 'i') {
			rc = sqlite3_bind_int64(s, i, va_arg(args, int64_t));
			continue;
		}
		const mn_str text = va_arg(args, mn_str);
		const char *at = text.ptr ? text.ptr : "";

		rc = *form == 'b'
			     ? sqlite3_bind_blob64(s, i, at, text.len, SQLITE_STATIC)
			     : sqlite3_bind_text64(s, i, at, text.len, SQLITE_STATIC, SQLITE_UTF8);
	}
	return rc;
}

static int prepare(
	mn_journal *j, mn_call *call, sqlite3_stmt **out, const char *sql, const char *form, ...)
{
	int rc = sqlite3_prepare_v2(j->db, sql, -1, out, NULL);
	va_list args;

	va_start(args, form);
	if (rc == SQLITE_OK)
		rc = bind(*out, form, args);
	va_end(args);
	if (rc == SQLITE_OK)
		return MN_OK;
	sqlite3_finalize(*out);
	*out = NULL;
	return broken(j, call, rc);
}

/* Steps a statement that gives no rows, to its end; it is gone afterwards. */
static int finish(mn_journal *j, mn_call *call, int rc, sqlite3_stmt **s)
{
	int step = rc ? SQLITE_OK : sqlite3_step(*s);

	sqlite3_finalize(*s);
	*s = NULL;
	return rc || step == SQLITE_DONE || step == SQLITE_ROW ? rc : broken(j, call, step);
}

static int script(mn_journal *j, mn_call *call, const char *sql)
{
	const int rc = sqlite3_exec(j->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? MN_OK : broken(j, call, rc);
}

static int number(mn_journal *j, mn_call *call, const char *sql, int64_t *out)
{
	sqlite3_stmt *s = NULL;
	int rc = prepare(j, call, &s, sql, ""), step;

	if (rc)
		return rc;
	step = sqlite3_step(s);
	*out = step == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_finalize(s);
	return step == SQLITE_ROW || step == SQLITE_DONE ? MN_OK : broken(j, call, step);
}

/* ---- Opening ------------------------------------------------------------------------------ */

static int make_tables(mn_journal *j, mn_call *call)
{
	int64_t version = 0;
	int rc = script(j, call, "BEGIN IMMEDIATE");

	if (rc)
		return rc;
	rc = number(j, call, "PRAGMA user_version", &version);
	if (rc == MN_OK && version == 0)
		rc = script(j, call, tables);
	if (rc == MN_OK && version < VERSION) /* batches of version 1 are read as they are */
		rc = script(j, call, "PRAGMA user_version = 2");
	if (rc == MN_OK && version > VERSION)
		rc = mn_fail(call, MN_EUNSUPPORTED, 0,
			"the journal of maintenance was made by a newer version of this program: "
			"upgrade mnemoscope");
	if (rc == MN_OK)
		rc = script(j, call, "COMMIT");
	else
		sqlite3_exec(j->db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

/*
 * The log is checkpointed before anything is added to it: where it was cut off, its last frame ends
 * within a sector (the frames that fill the sector up came after the sync and may be lost), and a
 * power cut while that sector is written again could take the frame along.
 */
static int open_db(mn_journal *j, mn_call *call, const char *path)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE
			  | SQLITE_OPEN_FULLMUTEX;
	int64_t pages = 0;
	int rc = sqlite3_open_v2(path, &j->db, flags, NULL);

	if (rc != SQLITE_OK)
		return broken(j, call, rc);
	sqlite3_busy_timeout(j->db, PATIENCE_MS);
	sqlite3_db_config(j->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(j->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(j->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(j->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	rc = number(j, call, "PRAGMA page_count", &pages);
	if (rc == MN_OK && pages == 0) /* in a file that has something this would write */
		rc = script(j, call, "PRAGMA auto_vacuum = INCREMENTAL");
	return rc ? rc
		  : script(j, call,
			  "PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL;"
			  "PRAGMA wal_checkpoint(PASSIVE); PRAGMA secure_delete = FAST;"
			  "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;"
			  "PRAGMA cell_size_check = ON");
}

int mn_journal_open(mn_brain *b, mn_call *call, mn_journal **out)
{
	mn_journal *j = mn_alloc_zero(1, sizeof(*j));
	mn_str path;
	int rc;

	if (!j)
		return mn_fail_memory(call);
	j->engine = b->store->engine;
	j->lock_fd = -1;
	rc = mn_journal_place(b, call, &path, &j->lock_fd);
	if (rc == MN_OK)
		rc = open_db(j, call, path.ptr);
	if (rc == MN_OK)
		rc = make_tables(j, call);
	if (rc) {
		mn_journal_close(j);
		return rc;
	}
	*out = j;
	return MN_OK;
}

void mn_journal_close(mn_journal *j)
{
	if (!j)
		return;
	sqlite3_close(j->db); /* what was held and not kept is rolled back */
	if (j->lock_fd >= 0)
		close(j->lock_fd);
	mn_free(j);
}

/* ---- The lock ----------------------------------------------------------------------------- */

int mn_journal_lock(mn_journal *j, mn_call *call)
{
	if (j->locked)
		return MN_OK;
	if (flock(j->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return mn_fail(call, MN_EBUSY, 0,
			"another process is at the maintenance of this brain: wait for it, or look "
			"with 'mnemoscope undo --list'");
	j->locked = true;
	return MN_OK;
}

void mn_journal_unlock(mn_journal *j)
{
	if (j->locked)
		flock(j->lock_fd, LOCK_UN);
	j->locked = false;
}

bool mn_journal_live(mn_journal *j)
{
	if (j->locked)
		return true;
	if (flock(j->lock_fd, LOCK_SH | LOCK_NB) != 0)
		return true;
	flock(j->lock_fd, LOCK_UN);
	return false;
}

/* ---- Runs --------------------------------------------------------------------------------- */

static mn_str text_at(mn_call *call, sqlite3_stmt *s, int column)
{
	const mn_str text = {(const char *)sqlite3_column_text(s, column),
		(size_t)sqlite3_column_bytes(s, column)};

	return mn_call_copy(call, text);
}

static void take(mn_call *call, sqlite3_stmt *s, mn_record *out)
{
	*out = (mn_record){
		.run = (uint64_t)sqlite3_column_int64(s, 0),
		.undoes = (uint64_t)sqlite3_column_int64(s, 1),
		.state = sqlite3_column_int(s, 2),
		.token = text_at(call, s, 3),
		.title = text_at(call, s, 4),
		.steps = text_at(call, s, 5),
		.about = text_at(call, s, 6),
		.changes = (uint64_t)sqlite3_column_int64(s, 7),
		.batches = (uint64_t)sqlite3_column_int64(s, 8),
		.done = (uint64_t)sqlite3_column_int64(s, 9),
		.left_alone = (uint64_t)sqlite3_column_int64(s, 10),
		.freed = sqlite3_column_int64(s, 11),
		.made = sqlite3_column_int64(s, 12),
		.begun = sqlite3_column_int64(s, 13),
		.ended = sqlite3_column_int64(s, 14),
		.at = {(uint64_t)sqlite3_column_int64(s, 15), (uint64_t)sqlite3_column_int64(s, 16),
			(uint64_t)sqlite3_column_int64(s, 17)},
	};
}

/* The row a statement gives, or run 0. */
static int take_one(mn_journal *j, mn_call *call, sqlite3_stmt *s, mn_record *out)
{
	const int step = sqlite3_step(s);

	if (step == SQLITE_ROW)
		take(call, s, out);
	else
		*out = (mn_record){.run = 0};
	sqlite3_finalize(s);
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		return broken(j, call, step);
	return step == SQLITE_ROW
			       && (!out->token.ptr || !out->title.ptr || !out->steps.ptr
				       || !out->about.ptr)
		       ? mn_fail_memory(call)
		       : MN_OK;
}

#define WHERE(rest)                                                                      \
	"SELECT run, undoes, state, token, title, steps, about, changes, batches, done," \
	" left_alone, freed, made, begun, ended, epoch, graph, moved FROM run WHERE " rest

int mn_journal_find(mn_journal *j, mn_call *call, uint64_t run, mn_record *out)
{
	sqlite3_stmt *s = NULL;
	int rc = prepare(j, call, &s, WHERE("run = ?1 AND state >= 0"), "i", (int64_t)run);

	if (rc == MN_OK)
		rc = take_one(j, call, s, out);
	if (rc == MN_OK && !out->run)
		rc = mn_fail(call, MN_EINVAL, 0,
			"there is no run %llu of this brain: 'mnemoscope undo --list' tells which "
			"there are",
			(unsigned long long)run);
	return rc;
}

int mn_journal_last(mn_journal *j, mn_call *call, int state, mn_record *out)
{
	sqlite3_stmt *s = NULL;
	int rc = prepare(j, call, &s,
		WHERE("state = ?1 AND (undoes = 0 OR state <> 2) ORDER BY run DESC LIMIT 1"), "i",
		(int64_t)state);

	return rc ? rc : take_one(j, call, s, out);
}

int mn_journal_by_token(mn_journal *j, mn_call *call, mn_str token, mn_record *out)
{
	sqlite3_stmt *s = NULL;
	int rc = prepare(j, call, &s, WHERE("token = ?1"), "t", token);

	return rc ? rc : take_one(j, call, s, out);
}

static const char listing[] =
	"SELECT run, undoes, state, token, title, '', '', changes, batches, done, left_alone,"
	" freed, made, begun, ended, epoch, graph, moved FROM run WHERE state >= 0 ORDER BY run"
	" DESC LIMIT 1000";

int mn_journal_list(mn_journal *j, mn_call *call, mn_record **out, size_t *n)
{
	mn_record *at = mn_call_array(call, 1000, sizeof(*at));
	sqlite3_stmt *s = NULL;
	int step = SQLITE_DONE, rc = at ? prepare(j, call, &s, listing, "") : MN_ENOMEM;
	size_t got = 0;

	while (rc == MN_OK && got < 1000 && (step = sqlite3_step(s)) == SQLITE_ROW)
		take(call, s, &at[got++]);
	sqlite3_finalize(s);
	if (rc)
		return rc;
	if (step != SQLITE_DONE && step != SQLITE_ROW)
		return broken(j, call, step);
	*out = at;
	*n = got;
	return MN_OK;
}

/* Forgotten runs keep their row: without batches they cannot be taken back. */
int mn_journal_forget(mn_journal *j, mn_call *call, mn_time before)
{
	sqlite3_stmt *s = NULL;
	int rc = prepare(j, call, &s,
		"DELETE FROM batch WHERE run IN (SELECT run FROM run WHERE state >= 2 AND batches > 0"
		" AND ended < ?1)",
		"i", before);

	rc = finish(j, call, rc, &s);
	if (rc == MN_OK && sqlite3_changes(j->db) == 0)
		return MN_OK;
	if (rc == MN_OK)
		rc = prepare(j, call, &s,
			"UPDATE run SET batches = 0, about = '' WHERE state >= 2 AND batches > 0 AND"
			" ended < ?1",
			"i", before);
	rc = finish(j, call, rc, &s);
	return rc ? rc : script(j, call, "PRAGMA incremental_vacuum");
}

/* What was planned and not done is of no use a day later. */
static int sweep(mn_journal *j, mn_call *call)
{
	const int64_t before = mn_engine_now(j->engine) - MN_DAY;
	sqlite3_stmt *s = NULL;
	int rc = prepare(j, call, &s,
		"DELETE FROM batch WHERE run IN (SELECT run FROM run WHERE state <= 0 AND made < "
		"?1)",
		"i", before);

	rc = finish(j, call, rc, &s);
	if (rc == MN_OK)
		rc = prepare(
			j, call, &s, "DELETE FROM run WHERE state <= 0 AND made < ?1", "i", before);
	rc = finish(j, call, rc, &s);
	return rc ? rc
		  : mn_journal_forget(
			  j, call, mn_engine_now(j->engine) - MN_RUN_KEPT_DAYS * MN_DAY);
}

int mn_journal_add(mn_journal *j, mn_call *call, mn_record *r)
{
	unsigned char raw[TOKEN_BYTES];
	char *token = mn_call_alloc(call, 2 * TOKEN_BYTES + 1);
	sqlite3_stmt *s = NULL;
	int rc = token ? sweep(j, call) : MN_ENOMEM;

	if (rc)
		return rc;
	j->engine->seams.random(j->engine->seams.ctx, raw, sizeof(raw));
	sodium_bin2hex(token, 2 * TOKEN_BYTES + 1, raw, sizeof(raw));
	r->token = (mn_str){token, 2 * TOKEN_BYTES};
	r->made = mn_engine_now(j->engine);
	rc = prepare(j, call, &s,
		"INSERT INTO run(undoes, state, token, title, steps, about, changes, batches, done,"
		" left_alone, freed, made, begun, ended, epoch, graph, moved)"
		" VALUES(?1, ?2, ?3, ?4, ?5, '', 0, 0, 0, 0, 0, ?6, 0, 0, ?7, ?8, ?9)",
		"iitttiiii", (int64_t)r->undoes, (int64_t)r->state, r->token, r->title, r->steps,
		r->made, (int64_t)r->at.epoch, (int64_t)r->at.graph, (int64_t)r->at.state);
	rc = finish(j, call, rc, &s);
	if (rc == MN_OK)
		r->run = (uint64_t)sqlite3_last_insert_rowid(j->db);
	return rc;
}

static int let_go(mn_journal *j, mn_call *call, int rc)
{
	if (!j->held)
		return rc;
	if (rc == MN_OK)
		rc = script(j, call, "COMMIT");
	if (rc)
		sqlite3_exec(j->db, "ROLLBACK", NULL, NULL, NULL);
	j->held = false;
	j->bytes = 0;
	return rc;
}

int mn_journal_keep(mn_journal *j, mn_call *call, const mn_record *r)
{
	sqlite3_stmt *s = NULL;
	int rc = prepare(j, call, &s,
		"UPDATE run SET state = ?2, about = ?3, changes = ?4, batches = ?5, done = ?6,"
		" left_alone = ?7, freed = ?8, begun = ?9, ended = ?10, graph = ?11, moved = ?12"
		" WHERE run = ?1",
		"iitiiiiiiiii", (int64_t)r->run, (int64_t)r->state, r->about, (int64_t)r->changes,
		(int64_t)r->batches, (int64_t)r->done, (int64_t)r->left_alone, r->freed, r->begun,
		r->ended, (int64_t)r->at.graph, (int64_t)r->at.state);

	return let_go(j, call, finish(j, call, rc, &s));
}

/* ---- Batches ------------------------------------------------------------------------------ */

int mn_journal_put(mn_journal *j, mn_call *call, uint64_t run, uint64_t batch, mn_str bytes)
{
	const mn_str none = {NULL, 0};
	sqlite3_stmt *s = NULL;
	mn_str packed;
	int rc = mn_pack(call, bytes, &packed);

	if (rc == MN_OK && !j->held) {
		rc = script(j, call, "BEGIN IMMEDIATE");
		j->held = rc == MN_OK;
	}
	if (rc)
		return rc;
	rc = prepare(j, call, &s, "INSERT INTO batch VALUES(?1, ?2, ?3, ?4)", "iibb", (int64_t)run,
		(int64_t)batch, packed, none);
	rc = finish(j, call, rc, &s);
	j->bytes += packed.len;
	return rc || j->bytes > HELD_MOST ? let_go(j, call, rc) : MN_OK;
}

static mn_str blob_at(sqlite3_stmt *s, int column)
{
	return (mn_str){sqlite3_column_blob(s, column), (size_t)sqlite3_column_bytes(s, column)};
}

int mn_journal_get(mn_journal *j, mn_call *call, uint64_t run, uint64_t batch, mn_str *forward,
	mn_str *backward)
{
	sqlite3_stmt *s = NULL;
	int rc = prepare(j, call, &s,
		"SELECT forward, backward FROM batch WHERE run = ?1 AND batch = ?2", "ii",
		(int64_t)run, (int64_t)batch);
	int step = rc ? SQLITE_DONE : sqlite3_step(s);

	if (rc == MN_OK && step == SQLITE_ROW)
		rc = mn_unpack(call, blob_at(s, 0), forward);
	*backward = (mn_str){NULL, 0};
	if (rc == MN_OK && step == SQLITE_ROW && sqlite3_column_bytes(s, 1))
		rc = mn_unpack(call, blob_at(s, 1), backward);
	sqlite3_finalize(s);
	if (rc == MN_OK && step != SQLITE_ROW)
		rc = step == SQLITE_DONE ? mn_fail(call, MN_ECORRUPT, 0,
			     "batch %llu of run %llu is missing in the journal",
			     (unsigned long long)batch, (unsigned long long)run)
					 : broken(j, call, step);
	return rc;
}
