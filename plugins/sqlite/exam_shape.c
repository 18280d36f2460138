/* SPDX-License-Identifier: MIT */
/*
 * exam_shape.c - are the tables and indexes those of a new brain? The pattern is one made in
 * memory.
 */
#include <stdio.h>
#include <string.h>

#include "exam.h"
#include "fault.h"
#include "schema.h"
#include "tokenizer.h"

/* Tables that can be worked out from the others. */
static const char *const derived[] = {"list", "block", "later", "mark", "bump", "anchor_bundle",
	"anchored", "member", "tag", "unread", "words"};
/* Also these begin with no row, and nothing else needs theirs. */
static const char *const spare[] = {"state"};
/* What the examination sees bundled rows by (view.h): such tables would hide them. */
static const char *const hiding[] = {"synapse", "fiber"};

static bool is_in(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

#define IS_IN(name, list) is_in(name, list, sizeof(list) / sizeof(*(list)))

/* The word index keeps tables of its own, which are SQLite's business. */
static bool is_inner(const char *name)
{
	return strncmp(name, "words_", 6) == 0 || strncmp(name, "sqlite_", 7) == 0;
}

/* ---- The pattern -------------------------------------------------------------------------- */

/* A connection to a brain's tables in memory, and nothing else. */
static int open_pattern(struct exam *e, struct conn *out)
{
	int rc;

	*out = (struct conn){.host = e->host, .path = ":memory:", .call = e->call};
	rc = sqlite3_open_v2(":memory:", &out->sql,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		return fault_sqlite(e->host, e->call, out->sql, out->path, rc);
	rc = tokenizer_register(out);
	return rc == MN_OK ? conn_script(out, schema_tables()) : rc;
}

struct shape {
	struct conn pattern;
	sqlite3_stmt *ours; /* of the pattern: is there such a thing? */
	bool usable;
};

/* What stands there, or was looked up: its text, NULL where there is none. */
static const char *text_in(sqlite3_stmt *st, const char *type, const char *name)
{
	sqlite3_reset(st);
	sqlite3_bind_text(st, 1, type, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 2, name, -1, SQLITE_STATIC);
	return sqlite3_step(st) == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : NULL;
}

static const char find_one[] =
	"SELECT ifnull(sql, '') FROM sqlite_schema WHERE type = ?1 AND name = ?2";
static const char all_of_it[] = "SELECT type, name, ifnull(sql, '') FROM sqlite_schema";

/* ---- Looking ------------------------------------------------------------------------------ */

/* One thing that the file has: should it? */
static int see_theirs(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	struct shape *s = ctx;
	const char *type = (const char *)sqlite3_column_text(st, 0);
	const char *name = (const char *)sqlite3_column_text(st, 1);

	if (!type || !name)
		return exam_tell(e, WRONG_TABLE, "?");
	if (strcmp(type, "trigger") == 0 || strcmp(type, "view") == 0)
		return exam_tell(e, WRONG_TRIGGER, name);
	if (is_inner(name) || text_in(s->ours, type, name))
		return MN_OK;
	if (IS_IN(name, hiding))
		s->usable = false;
	return exam_tell(e, IS_IN(name, hiding) ? WRONG_TABLE : WRONG_EXTRA, name);
}

struct look {
	struct exam *e;
	struct shape *s;
	sqlite3_stmt *theirs;
};

/* One thing that it should have. */
static int see_ours(struct look *k, sqlite3_stmt *st)
{
	const char *type = (const char *)sqlite3_column_text(st, 0);
	const char *name = (const char *)sqlite3_column_text(st, 1);
	const char *sql = (const char *)sqlite3_column_text(st, 2);
	const char *there = text_in(k->theirs, type, name);
	const bool index = strcmp(type, "index") == 0;

	if (strncmp(name, "sqlite_", 7) == 0 || (there && is_inner(name)))
		return MN_OK;
	if (there && strcmp(there, sql) == 0)
		return MN_OK;
	if (is_inner(name))
		return exam_tell(k->e, WRONG_WORDS_BROKEN, name);
	if (index || (!there && (IS_IN(name, derived) || IS_IN(name, spare))))
		return exam_tell(k->e, WRONG_DERIVED, name);
	k->s->usable = false;
	return exam_tell(k->e, WRONG_TABLE, name);
}

static int see_all_ours(struct look *k)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(k->s->pattern.sql, all_of_it, -1, &st, NULL), status = MN_OK;

	while (rc == SQLITE_OK && status == MN_OK && sqlite3_step(st) == SQLITE_ROW)
		status = see_ours(k, st);
	sqlite3_finalize(st);
	return rc == SQLITE_OK ? status : conn_memory(k->e->c);
}

static int prepare(struct exam *e, sqlite3 *sql, sqlite3_stmt **out)
{
	return sqlite3_prepare_v2(sql, find_one, -1, out, NULL) == SQLITE_OK
		       ? MN_OK
		       : conn_corrupt(e->c, "its tables cannot be read");
}

static int compare(struct exam *e, struct shape *s)
{
	struct look k = {.e = e, .s = s};
	int status = prepare(e, s->pattern.sql, &s->ours);

	if (status == MN_OK)
		status = prepare(e, e->c->sql, &k.theirs);
	if (status == MN_OK)
		status = exam_each(e, all_of_it, see_theirs, s);
	if (status == MN_OK)
		status = see_all_ours(&k);
	sqlite3_finalize(s->ours);
	sqlite3_finalize(k.theirs);
	return status;
}

static bool is_table(const mn_str *name)
{
	char copy[32] = "";

	memcpy(copy, name->ptr, name->len < sizeof(copy) ? name->len : sizeof(copy) - 1);
	return IS_IN(copy, derived) || IS_IN(copy, spare);
}

/* A table that serves as an index and is missing: then what reads it cannot go on. */
static bool lacks_derived(const struct exam *e)
{
	bool lacks = false;

	for (size_t i = 0; i < e->found[WRONG_DERIVED].nsamples; i++)
		lacks |= is_table(&e->found[WRONG_DERIVED].samples[i]);
	return lacks || exam_has(e, WRONG_WORDS_BROKEN);
}

int exam_shape(struct exam *e, bool *usable)
{
	struct shape s = {.usable = true};
	int status = open_pattern(e, &s.pattern);

	if (status == MN_OK)
		status = compare(e, &s);
	sqlite3_close(s.pattern.sql);
	*usable = s.usable && !lacks_derived(e);
	for (int w = 0; w < WRONGS && !s.usable; w++)
		if (exam_cures[w] >= CURE_TABLE) /* not without the rows */
			e->found[w].repairable = false;
	return status;
}

/* ---- Mending ------------------------------------------------------------------------------ */

/* Names of triggers and views go between quotes, with theirs doubled. */
static int drop_strange(struct exam *e, const mn_heal *heal, const char *type)
{
	sqlite3_stmt *st = NULL;
	char *drop = NULL;
	int rc, status = MN_OK;

	do {
		rc = sqlite3_prepare_v2(e->c->sql,
			"SELECT type, name, sql FROM sqlite_schema WHERE type = ?1 LIMIT 1", -1,
			&st, NULL);
		if (rc == SQLITE_OK)
			rc = sqlite3_bind_text(st, 1, type, -1, SQLITE_STATIC);
		rc = rc == SQLITE_OK ? sqlite3_step(st) : rc;
		if (rc == SQLITE_ROW) {
			status = keep_row(e, heal, WRONG_TRIGGER, "sqlite_schema", st);
			drop = sqlite3_mprintf(
				"DROP %s \"%w\"", type, (const char *)sqlite3_column_text(st, 1));
		}
		sqlite3_finalize(st);
		if (rc == SQLITE_ROW && status == MN_OK)
			status = drop ? conn_script(e->c, drop) : conn_memory(e->c);
		sqlite3_free(drop);
		drop = NULL;
	} while (rc == SQLITE_ROW && status == MN_OK);
	return status != MN_OK || rc == SQLITE_DONE ? status : conn_fault(e->c);
}

/* What is missing is made as the pattern has it; an index that is another goes first. */
static int make_missing(struct exam *e, const char *wanted)
{
	struct shape s = {.usable = true};
	sqlite3_stmt *theirs = NULL, *st = NULL;
	int status = open_pattern(e, &s.pattern);

	if (status == MN_OK)
		status = prepare(e, e->c->sql, &theirs);
	if (status == MN_OK
		&& sqlite3_prepare_v2(s.pattern.sql, all_of_it, -1, &st, NULL) != SQLITE_OK)
		status = conn_memory(e->c);
	while (status == MN_OK && sqlite3_step(st) == SQLITE_ROW) {
		const char *type = (const char *)sqlite3_column_text(st, 0);
		const char *name = (const char *)sqlite3_column_text(st, 1);
		const char *sql = (const char *)sqlite3_column_text(st, 2);
		const char *there = text_in(theirs, type, name);
		const bool other = there && strcmp(there, sql) != 0;
		char drop[80];

		if (strcmp(type, wanted) != 0 || is_inner(name)
			|| (there && !(other && strcmp(type, "index") == 0)))
			continue;
		snprintf(drop, sizeof(drop), "DROP INDEX IF EXISTS \"%.40s\"", name);
		sqlite3_reset(theirs);
		status = other ? conn_script(e->c, drop) : MN_OK;
		if (status == MN_OK)
			status = conn_script(e->c, sql);
	}
	sqlite3_finalize(st);
	sqlite3_finalize(theirs);
	sqlite3_close(s.pattern.sql);
	return status;
}

/* One whose own tables are gone cannot be emptied. */
static int renew_words(struct exam *e)
{
	bool corrupt;
	int status = conn_script(e->c, "DROP TABLE IF EXISTS words");

	status = exam_forgive(e, status, &corrupt);
	return status == MN_OK && corrupt ? conn_corrupt(e->c, "the word index cannot be dropped")
					  : status;
}

int shape_mend(struct exam *e, const mn_heal *heal)
{
	int status = MN_OK;

	if (heal_wants(e, heal, WRONG_TRIGGER)) {
		status = drop_strange(e, heal, "trigger");
		if (status == MN_OK)
			status = drop_strange(e, heal, "view");
	}
	if (status == MN_OK && exam_has(e, WRONG_WORDS_BROKEN)
		&& heal_wants(e, heal, WRONG_WORDS_BROKEN))
		status = renew_words(e);
	if (status == MN_OK
		&& (heal_wants(e, heal, WRONG_DERIVED) || heal_wants(e, heal, WRONG_WORDS_BROKEN)))
		status = make_missing(e, "table");
	return status;
}

int shape_mend_indexes(struct exam *e, const mn_heal *heal)
{
	int status = MN_OK;

	if (heal_wants(e, heal, WRONG_DERIVED))
		status = make_missing(e, "index");
	if (status == MN_OK && exam_has(e, WRONG_INDEX_PAGE)
		&& heal_wants(e, heal, WRONG_INDEX_PAGE))
		status = conn_script(e->c, "REINDEX");
	return status;
}
