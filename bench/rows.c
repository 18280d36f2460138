/* SPDX-License-Identifier: MIT */
/* rows.c - bare SQLite: a table of texts, a row a commit. */
#include <string.h>

#include "limits.h"

int bare_run(struct bench *b, sqlite3 *sql, const char *text)
{
	if (sqlite3_exec(sql, text, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	fprintf(stderr, "mnemoscope-bench: %s: bare SQLite: %s\n", b->title, sqlite3_errmsg(sql));
	return -1;
}

sqlite3 *bare_open(struct bench *b, const char *path)
{
	sqlite3 *sql = NULL;

	if (sqlite3_open(path, &sql) == SQLITE_OK
		&& bare_run(b, sql, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL") == 0)
		return sql;
	sqlite3_close(sql);
	return NULL;
}

int bare_notes_open(struct bench *b, const char *dir, struct bare_notes *out)
{
	char path[400];

	*out = (struct bare_notes){0};
	snprintf(path, sizeof(path), "%s/bare.db", dir);
	out->sql = bare_open(b, path);
	if (out->sql
		&& bare_run(b, out->sql, "CREATE TABLE note(id INTEGER PRIMARY KEY, text TEXT)")
			   == 0
		&& sqlite3_prepare_v2(
			   out->sql, "INSERT INTO note(text) VALUES(?)", -1, &out->insert, NULL)
			   == SQLITE_OK)
		return 0;
	bare_notes_close(out);
	return -1;
}

int bare_notes_add(struct bench *b, struct bare_notes *n, mn_str text)
{
	int rc;

	sqlite3_bind_text(n->insert, 1, text.ptr, (int)text.len, SQLITE_STATIC);
	rc = sqlite3_step(n->insert);
	sqlite3_reset(n->insert);
	return rc == SQLITE_DONE ? 0 : bench_fail(b, "bare SQLite: insert");
}

void bare_notes_close(struct bare_notes *n)
{
	sqlite3_finalize(n->insert);
	sqlite3_close(n->sql);
	*n = (struct bare_notes){0};
}
