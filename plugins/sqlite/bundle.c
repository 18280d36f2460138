/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include <string.h>

#include "connection.h"
#include "heap.h"
#include "written.h"

#define ROOM ((size_t)BUNDLE_ROWS + 1)
#define NEAR 32 /* ids so close to each other are mostly in one bundle */

static void *row_at(const void *rows, enum row_kind kind, size_t i)
{
	return (char *)rows + i * row_size(kind);
}

static int no_room(struct conn *c, void **rows, enum row_kind kind)
{
	if (!*rows)
		*rows = heap_new(c->host, ROOM * row_size(kind));
	return *rows ? MN_OK : conn_memory(c);
}

/* There is more in it, or behind all bundles, than can be read. */
static bool is_broken(const struct conn *c, const struct bundle *b)
{
	return b->broken || c->recent.ends[b->kind].broken;
}

/* ---- Writing it down ---------------------------------------------------------------------- */

static mn_id last_of(const struct bundle *b)
{
	return row_id_of(row_at(b->rows, b->kind, b->n - 1));
}

/* All of it goes into b->bytes, if it fits. */
static bool encode(struct bundle *b, size_t from, size_t n)
{
	size_t written;

	b->len = row_write(
		b->kind, row_at(b->rows, b->kind, from), n, b->bytes, BUNDLE_BYTES, &written);
	return written == n;
}

/* Into its table. */
static int put(struct conn *c, const struct bundle *b, size_t from)
{
	return written_put(c, b->kind, row_id_of(row_at(b->rows, b->kind, from)),
		(mn_str){(const char *)b->bytes, b->len});
}

/* What has become too long, in halves and the halves of halves. */
static int put_parts(struct conn *c, struct bundle *b)
{
	int status = MN_OK;

	if (b->last)
		recent_clear(&c->recent, b->kind);
	for (size_t from = 0, n; status == MN_OK && from < b->n; from += n) {
		n = b->n - from;
		while (n > BUNDLE_ROWS || !encode(b, from, n))
			n = (n + 1) / 2;
		status = put(c, b, from);
	}
	b->open = false; /* it is more than one now */
	b->dirty = false;
	return status;
}

/* Reads a neighbour to where its rows would stand. *more: how many; 0: it is left alone. */
static int read_neighbour(struct conn *c, struct bundle *b, bool behind, mn_id id, size_t at,
	mn_id *key, size_t *more)
{
	struct written w;
	bool whole = false;
	int status = written_seek(c, b->kind, behind, id, &w);

	*more = 0;
	if (status <= 0)
		return status;
	*key = w.first;
	if (!w.last)
		*more = row_read(b->kind, w.first, w.bytes, row_at(b->rows, b->kind, at),
			BUNDLE_ROWS - b->n, &whole);
	*more = whole ? *more : 0;
	written_end(&w);
	return MN_OK;
}

/* The bundle behind comes along, if both make one. */
static int join_next(struct conn *c, struct bundle *b)
{
	size_t more;
	mn_id key = 0;
	int status = read_neighbour(c, b, true, last_of(b), b->n, &key, &more);

	if (status != MN_OK || !more)
		return status;
	if (encode(b, 0, b->n + more)) {
		b->n += more;
		b->below = 0;
		return written_drop(c, b->kind, key);
	}
	encode(b, 0, b->n);
	return MN_OK;
}

/* Likewise the one before, under whose key both stand then. Its rows are read into the beginning,
 * ours wait at the end. */
static int join_previous(struct conn *c, struct bundle *b)
{
	const size_t size = row_size(b->kind), n = b->n;
	char *rows = b->rows, *ours = row_at(rows, b->kind, ROOM - n);
	const mn_id first = row_id_of(rows);
	size_t more;
	mn_id key = 0;
	int status;

	memmove(ours, rows, n * size);
	status = read_neighbour(c, b, false, first - 1, 0, &key, &more);
	memmove(rows + more * size, ours, n * size);
	if (status != MN_OK || !more)
		return status;
	if (encode(b, 0, n + more)) {
		b->n += more;
		return written_drop(c, b->kind, first);
	}
	memmove(rows, rows + more * size, n * size);
	encode(b, 0, n);
	return MN_OK;
}

static int join(struct conn *c, struct bundle *b)
{
	const size_t n = b->n;
	int status = join_previous(c, b);

	return status == MN_OK && b->n == n ? join_next(c, b) : status;
}

/* No bundle can follow. Its end may still be far: then it stands in the tally. */
static bool is_last(const struct bundle *b)
{
	return b->below > INT64_MAX;
}

/* What it was until now goes, if it goes by another key now, or moves to the tally. */
static int drop_old(struct conn *c, const struct bundle *b, bool moves)
{
	if (b->last && b->n == 0)
		recent_clear(&c->recent, b->kind);
	if (b->last || !b->key || (b->n && !moves && row_id_of(b->rows) == b->key))
		return MN_OK;
	return written_drop(c, b->kind, b->key);
}

static int put_whole(struct conn *c, struct bundle *b)
{
	if (!is_last(b))
		return put(c, b, 0);
	recent_end(&c->recent, b->kind, row_id_of(b->rows), b->bytes, b->len);
	b->last = true;
	return MN_OK;
}

static int flush(struct conn *c, struct bundle *b)
{
	bool fits = true;
	int status = MN_OK;

	if (!b->dirty)
		return MN_OK;
	if (b->stale && b->n)
		fits = b->n <= BUNDLE_ROWS && encode(b, 0, b->n);
	status = drop_old(c, b, fits && is_last(b));
	if (status == MN_OK && b->n && fits && b->shrunk && b->len < BUNDLE_BYTES / 3
		&& !is_last(b))
		status = join(c, b);
	if (status == MN_OK && !fits)
		return put_parts(c, b);
	if (status == MN_OK && b->n)
		status = put_whole(c, b);
	b->key = b->n ? row_id_of(b->rows) : 0;
	b->open = b->n > 0;
	b->dirty = b->stale = b->shrunk = false;
	return status;
}

int bundle_flush(struct conn *c)
{
	int status = MN_OK;

	for (int kind = 0; status == MN_OK && kind < ROW_KINDS; kind++)
		status = flush(c, &c->bundles[kind]);
	return status;
}

int bundle_settle(struct conn *c)
{
	int status = bundle_flush(c);

	for (int kind = 0; status == MN_OK && kind < ROW_KINDS; kind++)
		status = written_settle(c, kind);
	bundle_forget(c);
	return status;
}

static void forget(struct bundle *b)
{
	b->open = b->last = b->dirty = b->stale = b->shrunk = b->broken = false;
	b->n = 0;
}

void bundle_refresh(struct conn *c)
{
	for (int kind = 0; kind < ROW_KINDS; kind++) {
		const mn_str now = recent_bytes(&c->recent.ends[kind]);
		struct bundle *b = &c->bundles[kind];

		if (!b->open || !b->last || b->dirty || b->key != c->recent.ends[kind].first
			|| b->len != now.len || memcmp(b->bytes, now.ptr, now.len) != 0)
			forget(b);
	}
}

void bundle_forget(struct conn *c)
{
	for (int kind = 0; kind < ROW_KINDS; kind++)
		forget(&c->bundles[kind]);
}

void bundle_free(struct conn *c)
{
	for (int kind = 0; kind < ROW_KINDS; kind++)
		heap_free(c->host, c->bundles[kind].rows);
}

/* ---- Finding ------------------------------------------------------------------------------ */

/* Opens what seek finds. *there: there is one. */
static int load(struct conn *c, struct bundle *b, bool behind, mn_id id, bool *there)
{
	struct written w;
	bool whole;
	int status = flush(c, b);

	b->open = b->broken = false;
	if (status == MN_OK)
		status = no_room(c, &b->rows, b->kind);
	if (status == MN_OK)
		status = written_seek(c, b->kind, behind, id, &w);
	*there = status == 1;
	if (status <= 0)
		return status;
	b->key = w.first;
	b->last = w.last;
	b->below = b->last ? (mn_id)INT64_MAX + 1 : 0;
	b->n = row_read(b->kind, b->key, w.bytes, b->rows, BUNDLE_ROWS, &whole);
	b->broken = !whole;
	b->stale = w.bytes.len > BUNDLE_BYTES;
	b->len = b->stale ? 0 : w.bytes.len;
	if (b->len)
		memcpy(b->bytes, w.bytes.ptr, b->len);
	b->open = true;
	written_end(&w);
	return MN_OK;
}

/* Where a row of that id stands, or would. */
static size_t place_of(const struct bundle *b, mn_id id)
{
	size_t from = 0, to = b->n;

	while (from < to) {
		const size_t at = (from + to) / 2;

		if (row_id_of(row_at(b->rows, b->kind, at)) < id)
			from = at + 1;
		else
			to = at;
	}
	return from;
}

static struct bundle *bundle_of(struct conn *c, enum row_kind kind)
{
	c->bundles[kind].kind = kind;
	return &c->bundles[kind];
}

static bool covers(const struct bundle *b, mn_id id)
{
	return b->open && b->n && id >= row_id_of(b->rows) && (id <= last_of(b) || id < b->below);
}

/* Opens the bundle where the id belongs; none: the first one of all, or a new one. */
static int open_at(struct conn *c, struct bundle *b, mn_id id)
{
	bool there = true;
	int status = covers(b, id) ? MN_OK : load(c, b, false, id, &there);

	if (status == MN_OK && !there)
		status = load(c, b, true, 0, &there);
	if (status == MN_OK && !there) {
		b->n = b->len = 0;
		b->key = 0;
		b->below = (mn_id)INT64_MAX + 1;
		b->broken = b->stale = b->last = false;
		b->open = true;
	}
	return status;
}

int bundle_find(struct conn *c, enum row_kind kind, mn_id id, void **row)
{
	struct bundle *b = bundle_of(c, kind);
	bool there = true;
	size_t at;
	int status = MN_OK;

	*row = NULL;
	if (id == 0 || id > INT64_MAX)
		return MN_OK;
	if (!covers(b, id))
		status = load(c, b, false, id, &there);
	if (status != MN_OK)
		return status;
	at = there ? place_of(b, id) : b->n;
	if (there && at < b->n && row_id_of(row_at(b->rows, kind, at)) == id)
		*row = row_at(b->rows, kind, at);
	else if (is_broken(c, b))
		return written_broken(c);
	return MN_OK;
}

/* In the bundle as it is written down. */
static int peek(struct conn *c, enum row_kind kind, mn_id id, union any_row *row, bool *there)
{
	struct written w;
	bool whole;
	int status = written_seek(c, kind, false, id, &w);

	if (status == 0 && c->recent.ends[kind].broken)
		return written_broken(c);
	if (status <= 0)
		return status;
	*there = row_find(kind, w.first, w.bytes, id, row, &whole);
	written_end(&w);
	return whole && !c->recent.ends[kind].broken ? MN_OK : written_broken(c);
}

int bundle_peek(struct conn *c, enum row_kind kind, mn_id id, union any_row *row, bool *there)
{
	struct bundle *b = bundle_of(c, kind);
	const bool near = id > b->peeked && id - b->peeked < NEAR;
	void *found;
	int status;

	*there = false;
	if (id == 0 || id > INT64_MAX)
		return MN_OK;
	b->peeked = id;
	if (!near && !b->dirty && !covers(b, id))
		return peek(c, kind, id, row, there);
	status = bundle_find(c, kind, id, &found);
	*there = status == MN_OK && found;
	if (*there)
		memcpy(row, found, row_size(kind));
	return status;
}

int bundle_highest(struct conn *c, enum row_kind kind, mn_id most, mn_id *out)
{
	struct bundle *b = bundle_of(c, kind);
	bool there = true;
	size_t at;
	int status = MN_OK;

	*out = 0;
	if (!covers(b, most))
		status = load(c, b, false, most, &there);
	if (status == MN_OK && is_broken(c, b))
		return written_broken(c);
	if (status != MN_OK || !there)
		return status;
	at = place_of(b, most);
	if (at < b->n && row_id_of(row_at(b->rows, kind, at)) == most)
		*out = most;
	else if (at)
		*out = row_id_of(row_at(b->rows, kind, at - 1));
	return MN_OK;
}

/* ---- Changing ----------------------------------------------------------------------------- */

int bundle_touch(struct conn *c, enum row_kind kind)
{
	struct bundle *b = bundle_of(c, kind);

	if (is_broken(c, b))
		return written_broken(c);
	b->dirty = b->stale = true;
	return MN_OK;
}

/* It is full: it goes into its table, and a new one begins. */
static int seal(struct conn *c, struct bundle *b)
{
	int status = MN_OK;

	if (b->last) {
		recent_clear(&c->recent, b->kind);
		status = put(c, b, 0);
	} else if (b->dirty) {
		status = put(c, b, 0);
	}
	b->n = b->len = 0;
	b->key = 0;
	b->last = b->dirty = false;
	b->open = true;
	return status;
}

/* Behind all rows of the bundle. */
static int append(struct conn *c, struct bundle *b, const void *row)
{
	unsigned char bytes[ROW_MOST];
	const void *before = b->n ? row_at(b->rows, b->kind, b->n - 1) : NULL;
	size_t len = row_append(b->kind, before, row, bytes);

	if (b->n == BUNDLE_ROWS || b->len + len > BUNDLE_BYTES) {
		int status = seal(c, b);

		if (status != MN_OK)
			return status;
		len = row_append(b->kind, NULL, row, bytes);
	}
	memcpy(b->bytes + b->len, bytes, len);
	b->len += len;
	memcpy(row_at(b->rows, b->kind, b->n++), row, row_size(b->kind));
	b->dirty = true;
	return MN_OK;
}

static int insert(struct conn *c, struct bundle *b, const void *row, size_t at)
{
	const size_t size = row_size(b->kind);
	char *to = row_at(b->rows, b->kind, at);

	memmove(to + size, to, (b->n - at) * size);
	memcpy(to, row, size);
	b->n++;
	b->dirty = b->stale = true;
	return b->n > BUNDLE_ROWS ? flush(c, b) : MN_OK;
}

/* What was changed within is written first, so that its bytes can be gone on with. */
static int make_fresh(struct conn *c, struct bundle *b, mn_id id)
{
	int status = MN_OK;

	if (b->stale)
		status = flush(c, b);
	if (status == MN_OK)
		status = open_at(c, b, id);
	if (status == MN_OK && b->n && id > last_of(b) && !b->below) {
		status = written_next(c, b->kind, b->key, &b->below);
	}
	return status;
}

int bundle_add(struct conn *c, enum row_kind kind, const void *row, bool *taken)
{
	struct bundle *b = bundle_of(c, kind);
	const mn_id id = row_id_of(row);
	size_t at;
	int status = open_at(c, b, id);

	*taken = false;
	if (status == MN_OK && (b->n == 0 || id > last_of(b)))
		status = make_fresh(c, b, id);
	if (status == MN_OK && is_broken(c, b))
		status = written_broken(c);
	if (status != MN_OK)
		return status;
	at = place_of(b, id);
	if (at == b->n && !b->stale)
		return append(c, b, row);
	*taken = at < b->n && row_id_of(row_at(b->rows, kind, at)) == id;
	return *taken ? MN_OK : insert(c, b, row, at);
}

int bundle_drop(struct conn *c, enum row_kind kind, mn_id id, bool *there)
{
	struct bundle *b = bundle_of(c, kind);
	const size_t size = row_size(kind);
	void *row;
	int status = bundle_find(c, kind, id, &row);

	*there = status == MN_OK && row;
	if (!*there)
		return status;
	status = bundle_touch(c, kind);
	if (status != MN_OK)
		return status;
	b->n--;
	memmove(row, (char *)row + size,
		(size_t)((char *)row_at(b->rows, kind, b->n) - (char *)row));
	b->shrunk = true;
	return b->n ? MN_OK : flush(c, b);
}

int bundle_clear(struct conn *c, enum row_kind kind)
{
	struct bundle *b = bundle_of(c, kind);

	forget(b);
	return written_clear(c, kind);
}
