/* SPDX-License-Identifier: MIT */
#include "written.h"

#define SQL_OF(table)                                                                          \
	{                                                                                      \
		"SELECT first, bytes FROM " table                                              \
		" WHERE first <= ?1 ORDER BY first DESC LIMIT 1",                              \
			"SELECT first, bytes FROM " table                                      \
			" WHERE first > ?1 ORDER BY first LIMIT 1",                            \
			"SELECT first FROM " table " WHERE first > ?1 ORDER BY first LIMIT 1", \
			"REPLACE INTO " table "(first, bytes) VALUES(?1, ?2)",                 \
			"DELETE FROM " table " WHERE first = ?1", "DELETE FROM " table         \
	}

static const struct {
	const char *before, *after, *next, *put, *drop, *clear;
} sql[ROW_KINDS] = {
	[ROW_SYNAPSE] = SQL_OF("synapse_bundle"),
	[ROW_FIBER] = SQL_OF("fiber_bundle"),
	[ROW_ANCHOR] = SQL_OF("anchor_bundle"),
};

int written_broken(struct conn *c)
{
	return conn_corrupt(c, "a bundle of rows is broken");
}

int written_seek(struct conn *c, enum row_kind kind, bool behind, mn_id id, struct written *out)
{
	const struct ending *e = &c->recent.ends[kind];
	int status;

	*out = (struct written){0};
	if (!behind && e->len && e->first <= id) {
		*out = (struct written){NULL, e->first, recent_bytes(e), true};
		return 1;
	}
	status = ASK(c, &out->st, behind ? sql[kind].after : sql[kind].before, I((int64_t)id));
	if (status == MN_OK)
		status = conn_step(c, out->st);
	if (status == 0 && behind && e->len && e->first > id) {
		*out = (struct written){NULL, e->first, recent_bytes(e), true};
		return 1;
	}
	if (status != 1)
		return status;
	out->first = (mn_id)sqlite3_column_int64(out->st, 0);
	out->bytes = column_blob(out->st, 1);
	return 1;
}

void written_end(const struct written *w)
{
	if (w->st)
		sqlite3_reset(w->st);
}

int written_next(struct conn *c, enum row_kind kind, mn_id first, mn_id *next)
{
	const mn_id last = c->recent.ends[kind].first;
	int64_t found = 0;
	int status = NUMBER(c, &found, 0, sql[kind].next, I((int64_t)first));

	*next = found ? (mn_id)found : last > first ? last : (mn_id)INT64_MAX + 1;
	return status;
}

int written_put(struct conn *c, enum row_kind kind, mn_id first, mn_str bytes)
{
	return RUN(c, sql[kind].put, I((int64_t)first), B(bytes));
}

int written_drop(struct conn *c, enum row_kind kind, mn_id first)
{
	return RUN(c, sql[kind].drop, I((int64_t)first));
}

int written_clear(struct conn *c, enum row_kind kind)
{
	recent_clear(&c->recent, kind);
	return conn_run(c, sql[kind].clear, NULL, 0);
}

int written_settle(struct conn *c, enum row_kind kind)
{
	const struct ending *e = &c->recent.ends[kind];
	int status = MN_OK;

	if (e->len)
		status = written_put(c, kind, e->first, recent_bytes(e));
	recent_clear(&c->recent, kind);
	return status;
}
