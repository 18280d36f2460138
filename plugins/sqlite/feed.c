/* SPDX-License-Identifier: MIT */
#include "feed.h"

#include <string.h>

#include "connection.h"
#include "fault.h"
#include "heap.h"

struct feed_table {
	sqlite3_vtab base; /* first: SQLite knows no more of it */
	struct conn *c;
};

struct feed_cursor {
	sqlite3_vtab_cursor base;
	size_t at;
};

static struct conn *conn_of(sqlite3_vtab *table)
{
	return ((struct feed_table *)table)->c;
}

static int connect(sqlite3 *sql, void *aux, int argc, const char *const *argv, sqlite3_vtab **out,
	char **error)
{
	struct conn *c = aux;
	struct feed_table *t;
	int rc = sqlite3_declare_vtab(sql, "CREATE TABLE feed(c0, c1)");

	(void)argc, (void)argv, (void)error;
	if (rc != SQLITE_OK)
		return rc;
	t = heap_new(c->host, sizeof(*t));
	if (!t)
		return SQLITE_NOMEM;
	t->c = c;
	*out = &t->base;
	return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *table)
{
	heap_free(conn_of(table)->host, table);
	return SQLITE_OK;
}

static int best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
	(void)table;
	info->estimatedCost = 1e6; /* there is one way only */
	return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
	struct feed_cursor *k = heap_new(conn_of(table)->host, sizeof(*k));

	if (!k)
		return SQLITE_NOMEM;
	*out = &k->base;
	return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *k)
{
	heap_free(conn_of(k->pVtab)->host, k);
	return SQLITE_OK;
}

static int filter(
	sqlite3_vtab_cursor *k, int plan, const char *name, int argc, sqlite3_value **argv)
{
	(void)plan, (void)name, (void)argc, (void)argv;
	((struct feed_cursor *)k)->at = 0;
	return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *k)
{
	((struct feed_cursor *)k)->at++;
	return SQLITE_OK;
}

static int eof(sqlite3_vtab_cursor *k)
{
	return ((struct feed_cursor *)k)->at >= conn_of(k->pVtab)->feed.n;
}

static int column(sqlite3_vtab_cursor *k, sqlite3_context *out, int i)
{
	const struct feed *f = &conn_of(k->pVtab)->feed;
	const struct value v = f->column(
		f->ctx, f->rows + ((struct feed_cursor *)k)->at * f->size, i);

	switch (v.kind) {
	case VALUE_INT: sqlite3_result_int64(out, v.number); break;
	case VALUE_REAL: sqlite3_result_double(out, v.real); break;
	case VALUE_TEXT:
		sqlite3_result_text64(
			out, v.text.ptr ? v.text.ptr : "", v.text.len, SQLITE_STATIC, SQLITE_UTF8);
		break;
	case VALUE_BLOB: sqlite3_result_blob64(out, v.text.ptr, v.text.len, SQLITE_STATIC); break;
	case VALUE_NULL: sqlite3_result_null(out); break;
	}
	return SQLITE_OK;
}

static int row_id(sqlite3_vtab_cursor *k, sqlite3_int64 *out)
{
	*out = (sqlite3_int64)((struct feed_cursor *)k)->at;
	return SQLITE_OK;
}

/* Without a way to be created it is there by its name alone. */
static const sqlite3_module module = {
	.iVersion = 1,
	.xConnect = connect,
	.xDisconnect = disconnect,
	.xBestIndex = best_index,
	.xOpen = open_cursor,
	.xClose = close_cursor,
	.xFilter = filter,
	.xNext = next,
	.xEof = eof,
	.xColumn = column,
	.xRowid = row_id,
};

int feed_register(struct conn *c)
{
	int rc = sqlite3_create_module_v2(c->sql, "feed", &module, c, NULL);

	return rc == SQLITE_OK ? MN_OK : fault_sqlite(c->host, c->call, c->sql, c->path, rc);
}

int feed_run(struct conn *c, const char *sql, const struct feed *feed)
{
	bool taken;
	int status;

	if (feed->n == 0)
		return MN_OK;
	c->feed = *feed;
	status = conn_insert(c, sql, NULL, 0, &taken);
	memset(&c->feed, 0, sizeof(c->feed));
	if (status == MN_OK && taken)
		status = conn_corrupt(c, "a row is there that cannot be");
	return status;
}
