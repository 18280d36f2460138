/* SPDX-License-Identifier: MIT */
/*
 * aside.c - a brain's file copied aside, page by page and whatever its state, and brought back.
 *
 * Copy and original are compared by reading every row of every table of both; where one cannot be
 * read further, the other must not be either.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "brain.h"
#include "exam.h"
#include "fault.h"
#include "upkeep.h"

#define SOME_PAGES 1024

struct aside {
	mn_db *db;
	mn_call *call;
	const char *brain, *copy; /* paths */
	struct conn *c;
	sqlite3 *other;
};

/* ---- Comparing ---------------------------------------------------------------------------- */

static uint64_t mix(uint64_t h, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001B3);
	return (h ^ (h >> 29)) * UINT64_C(0x9E3779B97F4A7C15) + n;
}

static uint64_t mix_column(uint64_t h, sqlite3_stmt *st, int i)
{
	const int type = sqlite3_column_type(st, i);
	const int64_t number = type == SQLITE_INTEGER ? sqlite3_column_int64(st, i) : 0;
	const double real = type == SQLITE_FLOAT ? sqlite3_column_double(st, i) : 0;
	const mn_str blob = type == SQLITE_TEXT || type == SQLITE_BLOB ? column_blob(st, i)
								       : (mn_str){NULL, 0};

	h = mix(h, &type, sizeof(type));
	h = mix(h, &number, sizeof(number));
	h = mix(h, &real, sizeof(real));
	return mix(h, blob.ptr, blob.len);
}

/* All rows of a statement, and how it ended. */
static uint64_t mix_rows(struct aside *a, sqlite3_stmt *st, uint64_t h)
{
	int rc;

	while ((rc = sqlite3_step(st)) == SQLITE_ROW && !a->db->host->cancelled(a->call))
		for (int i = 0; i < sqlite3_column_count(st); i++)
			h = mix_column(h, st, i);
	return mix(h, &rc, sizeof(rc));
}

static uint64_t mix_table(struct aside *a, sqlite3 *sql, const char *name, uint64_t h)
{
	char *text = sqlite3_mprintf("SELECT * FROM \"%w\"", name ? name : "");
	sqlite3_stmt *st = NULL;
	int rc = text ? sqlite3_prepare_v2(sql, text, -1, &st, NULL) : SQLITE_NOMEM;

	h = mix(h, &rc, sizeof(rc));
	if (rc == SQLITE_OK)
		h = mix_rows(a, st, h);
	sqlite3_finalize(st);
	sqlite3_free(text);
	return h;
}

/* One number for everything that can be read of a database. */
static uint64_t digest(struct aside *a, sqlite3 *sql)
{
	static const char all[] = "SELECT name, sql FROM sqlite_schema";
	static const char tables[] = "SELECT name FROM sqlite_schema WHERE type = 'table' AND"
				     " sql NOT LIKE 'CREATE VIRTUAL%'";
	sqlite3_stmt *st = NULL;
	uint64_t h = 1;

	if (sqlite3_prepare_v2(sql, all, -1, &st, NULL) == SQLITE_OK)
		h = mix_rows(a, st, h);
	sqlite3_finalize(st);
	st = NULL;
	if (sqlite3_prepare_v2(sql, tables, -1, &st, NULL) == SQLITE_OK)
		while (sqlite3_step(st) == SQLITE_ROW)
			h = mix_table(a, sql, (const char *)sqlite3_column_text(st, 0), h);
	sqlite3_finalize(st);
	return h;
}

static int compare(struct aside *a)
{
	const uint64_t one = digest(a, a->c->sql), two = digest(a, a->other);

	if (a->db->host->cancelled(a->call))
		return a->db->host->fail_cancelled(a->call);
	return one == two ? MN_OK
			  : a->db->host->fail(a->call, MN_EIO, 0,
				  "%s is not a true copy of the brain: check the disk",
				  fault_path(a->copy));
}

/* ---- Copying ------------------------------------------------------------------------------ */

static int copy_pages(struct aside *a, sqlite3 *to, sqlite3 *from, const char *path)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int rc = backup ? SQLITE_OK : sqlite3_errcode(to);

	while (rc == SQLITE_OK && !a->db->host->cancelled(a->call))
		rc = sqlite3_backup_step(backup, SOME_PAGES);
	if (backup && sqlite3_backup_finish(backup) != SQLITE_OK && rc == SQLITE_DONE)
		rc = sqlite3_errcode(to);
	if (rc == SQLITE_OK)
		return a->db->host->fail_cancelled(a->call);
	return rc == SQLITE_DONE ? MN_OK : fault_sqlite(a->db->host, a->call, to, path, rc);
}

static int open_other(struct aside *a, int flags)
{
	int rc = sqlite3_open_v2(a->copy, &a->other,
		flags | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

	if (rc == SQLITE_OK) /* so that it needs no index of its log beside it */
		rc = sqlite3_exec(a->other, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL);
	return rc == SQLITE_OK ? MN_OK : fault_sqlite(a->db->host, a->call, a->other, a->copy, rc);
}

static int make_copy(struct aside *a)
{
	const int fd = open(a->copy, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int status;

	if (fd < 0)
		return fault_errno(a->db->host, a->call, errno, "make", a->copy);
	close(fd);
	status = open_other(a, SQLITE_OPEN_READWRITE);
	if (status == MN_OK)
		status = copy_pages(a, a->other, a->c->sql, a->copy);
	return status == MN_OK ? compare(a) : status;
}

static int begin(struct aside *a, mn_db *db, mn_call *call, mn_str brain, mn_str copy)
{
	char *path = NULL, *to = db->host->alloc(call, copy.len + 1);
	int status = to ? exam_find(db, call, brain, &path) : MN_ENOMEM;

	if (status == MN_OK && !path)
		status = db->host->fail(call, MN_ENOBRAIN, 0, "there is no brain \"%.*s\" in %s",
			SHOWN(brain), fault_path(db->path));
	if (status != MN_OK)
		return status;
	memcpy(to, copy.ptr, copy.len);
	*a = (struct aside){.db = db, .call = call, .brain = path, .copy = to};
	return MN_OK;
}

static void end(struct aside *a)
{
	sqlite3_close(a->other);
	if (a->c)
		conn_rollback(a->c);
	conn_close(a->c);
}

int aside_copy(mn_db *db, mn_call *call, mn_str brain, mn_str copy)
{
	struct aside a = {.db = NULL};
	int status = begin(&a, db, call, brain, copy);

	/* A log that is none would be gone afterwards. */
	if (status == MN_OK && !exam_strange_log(db, a.brain))
		status = conn_open(db->host, call, a.brain, ACCESS_READ, false, &a.c);
	if (status == MN_OK && !a.c)
		status = conn_open(db->host, call, a.brain, ACCESS_READ, true, &a.c);
	if (status == MN_OK)
		status = conn_adopt(a.c, call);
	/* One state of it throughout. */
	if (status == MN_OK)
		status = conn_script(a.c, "BEGIN; SELECT count(*) FROM sqlite_schema");
	if (status == MN_OK)
		status = make_copy(&a);
	end(&a);
	return status;
}

/* ---- Back --------------------------------------------------------------------------------- */

static const char move_on[] =
	"UPDATE tally SET graph = max(graph, ?1) + 1, state = max(state, ?2) + 1,"
	" edition = max(edition, ?3) + 1 WHERE one = 1";

/* Generations do not go back: readers may have seen what is undone. */
static int bring_back(struct aside *a)
{
	struct tally then;
	int status = conn_begin(a->c, a->call, true);

	if (status != MN_OK)
		return status;
	then = a->c->tally;
	conn_rollback(a->c);
	status = copy_pages(a, a->c->sql, a->other, a->brain);
	if (status == MN_OK)
		status = compare(a);
	if (status == MN_OK)
		status = conn_adopt(a->c, a->call);
	if (status == MN_OK)
		status = conn_script(a->c, "BEGIN IMMEDIATE");
	if (status == MN_OK)
		status = RUN(a->c, move_on, I((int64_t)then.gen.graph), I((int64_t)then.gen.state),
			I((int64_t)then.edition));
	return status == MN_OK ? conn_commit(a->c) : status;
}

int aside_bring_back(mn_db *db, mn_call *call, mn_str brain, mn_str copy)
{
	struct aside a = {.db = NULL};
	int status = begin(&a, db, call, brain, copy);

	if (status == MN_OK)
		status = conn_open(db->host, call, a.brain, ACCESS_WRITE, false, &a.c);
	if (status == MN_OK)
		status = open_other(&a, SQLITE_OPEN_READWRITE);
	if (status == MN_OK)
		status = bring_back(&a);
	end(&a);
	return status;
}
