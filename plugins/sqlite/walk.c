/* SPDX-License-Identifier: MIT */
/* walk.c - every row of a bundled table, from an id on. */
#include "bundle.h"
#include "connection.h"
#include "heap.h"
#include "written.h"

#define AHEAD 31 /* bundles */

/* Bundles that were read, and are still to be decoded. */
struct ahead {
	size_t n, at, most; /* most: how many to read the next time, more and more */
	size_t used;        /* bytes */
	struct {
		mn_id key;
		size_t from, len;
	} of[AHEAD];
	char bytes[AHEAD * BUNDLE_BYTES];
};

static const char *const sql[ROW_KINDS] = {
	[ROW_SYNAPSE] = "SELECT first, bytes FROM synapse_bundle WHERE first > ?1 ORDER BY first"
			" LIMIT ?2",
	[ROW_FIBER] = "SELECT first, bytes FROM fiber_bundle WHERE first > ?1 ORDER BY first"
		      " LIMIT ?2",
	[ROW_ANCHOR] = "SELECT first, bytes FROM anchor_bundle WHERE first > ?1 ORDER BY first"
		       " LIMIT ?2",
};

static int make_room(struct conn *c, struct bundle_walk *w)
{
	if (!w->rows)
		w->rows = heap_new(c->host, BUNDLE_ROWS * row_size(w->kind));
	if (w->reads_ahead && !w->ahead)
		w->ahead = heap_new(c->host, sizeof(*w->ahead));
	return w->rows && (w->ahead || !w->reads_ahead) ? MN_OK : conn_memory(c);
}

/* What cannot be read. */
static int pass_over(struct conn *c, struct bundle_walk *w)
{
	w->broken = true;
	c->passed++;
	return w->forgiving ? MN_OK : written_broken(c);
}

/* 1 or a status. */
static int decode(struct conn *c, struct bundle_walk *w, mn_id key, mn_str bytes)
{
	bool whole;
	int status = MN_OK;

	w->key = key;
	w->n = row_read(w->kind, key, bytes, w->rows, BUNDLE_ROWS, &whole);
	w->at = 0;
	if (!whole)
		status = pass_over(c, w);
	return status == MN_OK ? 1 : status;
}

/* What the table has behind the bundle, as far as there is room. */
static int read_ahead(struct conn *c, struct bundle_walk *w)
{
	struct ahead *a = w->ahead;
	sqlite3_stmt *st;
	int status = ASK(c, &st, sql[w->kind], I((int64_t)w->key), I((int64_t)a->most));

	a->n = a->at = a->used = 0;
	while (status == MN_OK && (status = conn_step(c, st)) == 1) {
		const mn_str bytes = column_blob(st, 1);

		if (bytes.len > sizeof(a->bytes) - a->used) {
			sqlite3_reset(st);
			return MN_OK;
		}
		if (bytes.len)
			memcpy(a->bytes + a->used, bytes.ptr, bytes.len);
		a->of[a->n].key = (mn_id)sqlite3_column_int64(st, 0);
		a->of[a->n].from = a->used;
		a->of[a->n++].len = bytes.len;
		a->used += bytes.len;
		status = MN_OK;
	}
	a->most = a->most < AHEAD / 2 ? 2 * a->most + 1 : AHEAD;
	return status;
}

/* 1, 0 or a status. */
static int fetch(struct conn *c, struct bundle_walk *w, bool behind, mn_id id)
{
	struct written found;
	int status = make_room(c, w), more = MN_OK;

	if (status == MN_OK)
		status = written_seek(c, w->kind, behind, id, &found);
	if (status == 0 && behind && c->recent.ends[w->kind].broken)
		return pass_over(c, w);
	if (status != 1)
		return status;
	status = decode(c, w, found.first, found.bytes);
	written_end(&found);
	if (status == 1 && w->ahead && !found.last)
		more = read_ahead(c, w);
	return more == MN_OK ? status : more;
}

static int next_after(struct conn *c, struct bundle_walk *w)
{
	struct ahead *a = w->ahead;

	if (a && a->at < a->n) {
		const size_t i = a->at++;

		return decode(c, w, a->of[i].key, (mn_str){a->bytes + a->of[i].from, a->of[i].len});
	}
	return (int64_t)w->key == INT64_MAX ? 0 : fetch(c, w, true, w->key);
}

static int next_bundle(struct conn *c, struct bundle_walk *w)
{
	int status;

	if (w->begun)
		return next_after(c, w);
	w->begun = true;
	if (w->from > INT64_MAX)
		return 0;
	status = bundle_flush(c);
	if (status == MN_OK && w->from)
		status = fetch(c, w, false, w->from);
	return status == MN_OK ? fetch(c, w, true, w->from) : status;
}

int bundle_next_rows(
	struct conn *c, struct bundle_walk *w, size_t most, const void **rows, size_t *n)
{
	const size_t size = row_size(w->kind);

	for (;;) {
		const char *all = w->rows;
		int status;

		while (w->at < w->n && row_id_of(all + w->at * size) < w->from)
			w->at++;
		if (w->at < w->n) {
			*rows = all + w->at * size;
			*n = w->n - w->at < most ? w->n - w->at : most;
			w->at += *n;
			w->from = row_id_of(all + (w->at - 1) * size) + 1;
			return 1;
		}
		status = next_bundle(c, w);
		if (status != 1)
			return status;
	}
}

int bundle_next(struct conn *c, struct bundle_walk *w, const void **row)
{
	size_t n;

	return bundle_next_rows(c, w, 1, row, &n);
}

void bundle_walk_end(struct conn *c, struct bundle_walk *w)
{
	heap_free(c->host, w->rows);
	heap_free(c->host, w->ahead);
	*w = (struct bundle_walk){.kind = w->kind, .reads_ahead = w->reads_ahead};
}

int bundle_count(struct conn *c, enum row_kind kind, uint64_t *out)
{
	struct bundle_walk w = {.kind = kind};
	mn_id key = 0;
	const void *row;
	int status;

	*out = 0;
	while ((status = bundle_next(c, &w, &row)) == 1) {
		++*out;
		if (w.key != key && (status = conn_check(c)) != MN_OK)
			break;
		key = w.key;
	}
	bundle_walk_end(c, &w);
	return status;
}
