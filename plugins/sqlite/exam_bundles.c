/* SPDX-License-Identifier: MIT */
/*
 * exam_bundles.c - can the bundles be read (bundle.h), and does each end before the next begins?
 * The last ones, in the tally (recent.h), are mended in their tables.
 *
 * Of one that is broken, the rows up to where it breaks are kept; the whole of it, as it was, goes
 * into the file of what was taken out.
 */
#include "exam.h"
#include "heap.h"

/* Tables of rows; the index of anchors is worked out anew. */
static const struct {
	enum row_kind kind;
	const char *table, *all, *after, *one, *drop, *most;
} tables[] = {
	{ROW_SYNAPSE, "synapse_bundle",
		"SELECT first, bytes, lead(first) OVER (ORDER BY first) FROM synapse_bundle",
		"SELECT first, bytes, (SELECT n.first FROM synapse_bundle AS n WHERE n.first >"
		" synapse_bundle.first ORDER BY 1 LIMIT 1) FROM synapse_bundle WHERE first > ?1"
		" ORDER BY first LIMIT 1",
		"SELECT * FROM synapse_bundle WHERE first = ?1",
		"DELETE FROM synapse_bundle WHERE first = ?1",
		"SELECT max(first) FROM synapse_bundle"},
	{ROW_FIBER, "fiber_bundle",
		"SELECT first, bytes, lead(first) OVER (ORDER BY first) FROM fiber_bundle",
		"SELECT first, bytes, (SELECT n.first FROM fiber_bundle AS n WHERE n.first >"
		" fiber_bundle.first ORDER BY 1 LIMIT 1) FROM fiber_bundle WHERE first > ?1"
		" ORDER BY first LIMIT 1",
		"SELECT * FROM fiber_bundle WHERE first = ?1",
		"DELETE FROM fiber_bundle WHERE first = ?1", "SELECT max(first) FROM fiber_bundle"},
};
enum { TABLES = sizeof(tables) / sizeof(*tables) };

/* Rows of one bundle. */
struct look {
	size_t table;
	void *rows; /* room for BUNDLE_ROWS */
	size_t n;
	int64_t first;
	bool whole; /* n: up to where it breaks */
};

static int begin_look(struct exam *e, size_t table, struct look *k)
{
	*k = (struct look){.table = table};
	k->rows = heap_new(e->host, BUNDLE_ROWS * row_size(tables[table].kind));
	return k->rows ? MN_OK : conn_memory(e->c);
}

/* A statement's row of first, bytes, and where the next one begins. */
static void look_at(const struct exam *e, struct look *k, sqlite3_stmt *st)
{
	const enum row_kind kind = tables[k->table].kind;
	const mn_id end = e->c->recent.ends[kind].first, first = (mn_id)sqlite3_column_int64(st, 0);
	const bool none = sqlite3_column_type(st, 2) == SQLITE_NULL, last = none && end <= first;
	const mn_id next = none ? end : (mn_id)sqlite3_column_int64(st, 2);
	const bool blob = sqlite3_column_type(st, 1) == SQLITE_BLOB;

	k->first = sqlite3_column_int64(st, 0);
	k->n = row_read(kind, k->first > 0 ? (mn_id)k->first : 0,
		blob ? column_blob(st, 1) : (mn_str){0}, k->rows, BUNDLE_ROWS, &k->whole);
	while (k->n && !last && row_id_of((char *)k->rows + (k->n - 1) * row_size(kind)) >= next) {
		k->n--;
		k->whole = false;
	}
}

static int see_bundle(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	struct look *k = ctx;
	int status = conn_check(e->c);

	look_at(e, k, st);
	return status == MN_OK && !k->whole ? exam_see(e, WRONG_BUNDLE, k->first) : status;
}

/* Can it be read, and does it begin behind all bundles of its table? */
static int check_end(struct exam *e, size_t table, bool *behind, bool *whole)
{
	const struct ending *end = &e->c->recent.ends[tables[table].kind];
	int64_t most = 0;
	struct look k;
	int status = begin_look(e, table, &k);

	*behind = *whole = !end->broken;
	if (status == MN_OK && end->len) {
		row_read(tables[table].kind, end->first, recent_bytes(end), k.rows, BUNDLE_ROWS,
			whole);
		status = exam_number(e, tables[table].most, &most);
		*behind = most < (int64_t)end->first;
	}
	heap_free(e->host, k.rows);
	return status;
}

static int see_ends(struct exam *e)
{
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < TABLES; i++) {
		bool behind, whole;

		status = check_end(e, i, &behind, &whole);
		if (status == MN_OK && !(behind && whole))
			status = exam_tell(e, WRONG_BUNDLE, "the last one");
	}
	return status;
}

int exam_bundles(struct exam *e)
{
	int status = see_ends(e);

	for (size_t i = 0; status == MN_OK && i < TABLES; i++) {
		struct look k;

		status = begin_look(e, i, &k);
		if (status == MN_OK)
			status = exam_each(e, tables[i].all, see_bundle, &k);
		heap_free(e->host, k.rows);
	}
	return status;
}

/* ---- Mending ------------------------------------------------------------------------------ */

/* As it stands, into the file. */
static int keep(struct exam *e, const mn_heal *heal, const struct look *k)
{
	sqlite3_stmt *st;
	int status = ASK(e->c, &st, tables[k->table].one, I(k->first));

	if (status == MN_OK)
		status = conn_step(e->c, st);
	if (status <= 0)
		return status;
	status = keep_row(e, heal, WRONG_BUNDLE, tables[k->table].table, st);
	sqlite3_reset(st);
	return status;
}

static int mend(struct exam *e, const mn_heal *heal, const struct look *k)
{
	const enum row_kind kind = tables[k->table].kind;
	int status = keep(e, heal, k);

	if (status == MN_OK)
		status = RUN(e->c, tables[k->table].drop, I(k->first));
	bundle_forget(e->c); /* nothing waits: rows are not changed yet */
	for (size_t i = 0; status == MN_OK && i < k->n; i++) {
		bool taken;

		status = bundle_add(e->c, kind, (char *)k->rows + i * row_size(kind), &taken);
	}
	return status == MN_OK ? bundle_flush(e->c) : status;
}

/* The first one behind `first`. 1, 0 or a status. */
static int look_behind(struct exam *e, struct look *k, int64_t first)
{
	sqlite3_stmt *st;
	int status = conn_check(e->c);

	if (status == MN_OK)
		status = ASK(e->c, &st, tables[k->table].after, I(first));
	if (status == MN_OK)
		status = conn_step(e->c, st);
	if (status == 1) {
		look_at(e, k, st);
		sqlite3_reset(st);
	}
	return status;
}

static const char ends_in_tally[] =
	"SELECT last_synapses, last_fibers, last_anchors FROM tally WHERE one = 1";

static int keep_ends(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	return keep_row(e, ctx, WRONG_BUNDLE, "tally", st);
}

/* The last ones go into their tables; what cannot stand there, into the file. */
static int mend_ends(struct exam *e, const mn_heal *heal)
{
	bool behind = true, whole, kept = false;
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < TABLES; i++) {
		status = check_end(e, i, &behind, &whole);
		if (status == MN_OK && !behind && !kept)
			status = exam_each(e, ends_in_tally, keep_ends, (void *)heal);
		if (status == MN_OK && !behind)
			recent_clear(&e->c->recent, tables[i].kind);
		kept |= !behind;
	}
	recent_clear(&e->c->recent, ROW_ANCHOR); /* it is worked out anew */
	return status == MN_OK ? bundle_settle(e->c) : status;
}

int bundles_mend(struct exam *e, const mn_heal *heal)
{
	int status = mend_ends(e, heal);

	for (size_t i = 0; status == MN_OK && i < TABLES; i++) {
		struct look k;
		int64_t first = INT64_MIN;

		status = begin_look(e, i, &k);
		while (status == MN_OK && (status = look_behind(e, &k, first)) == 1) {
			first = k.first;
			status = k.whole ? MN_OK : mend(e, heal, &k);
		}
		heap_free(e->host, k.rows);
	}
	return status;
}
