/* SPDX-License-Identifier: MIT */
#include "marks.h"

#include "connection.h"
#include "heap.h"

#ifdef MN_HASTY /* for tests: so that little is enough for all of it */
#define MARK_BYTES 4
#define MOST_GONE_PAGES 500
#else
#define MARK_BYTES 992 /* four pages of bits to a page of SQLite */
#define MOST_GONE_PAGES ((size_t)1 << 14)
#endif
#define MARK_IDS (MARK_BYTES * UINT64_C(8))
#define MOST_PAGES ((size_t)1 << 22)
#define LEAST_ROOM 64

struct mark_page {
	int64_t id; /* of the row */
	bool dirty;
	unsigned char bits[MARK_BYTES];
};

static const char read_marks[] = "SELECT id, bits FROM mark WHERE at > ?1";
static const char put_mark[] = "REPLACE INTO mark(id, at, bits) VALUES(?1, ?2, ?3)";
static const char clear_marks[] = "UPDATE mark SET at = ?1, bits = NULL";
static const char drop_marks[] = "DELETE FROM mark WHERE id < 0";

/* ---- Pages -------------------------------------------------------------------------------- */

static int64_t page_of(enum mark set, mn_id id)
{
	return (int64_t)(id / MARK_IDS * MARK_SETS + set);
}

static struct mark_slot *place_of(const struct marks *m, int64_t page)
{
	size_t at = (size_t)((uint64_t)page * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (m->room - 1);

	while (m->index[at].page && m->index[at].id != page)
		at = (at + 1) & (m->room - 1);
	return &m->index[at];
}

static struct mark_page *find(const struct marks *m, int64_t page)
{
	return m->n ? place_of(m, page)->page : NULL;
}

static int make_room(struct conn *c)
{
	struct marks *m = &c->marks;
	const size_t room = m->room ? 2 * m->room : LEAST_ROOM;
	struct mark_slot *index = heap_new(c->host, room * sizeof(*index));

	if (!index)
		return conn_memory(c);
	heap_free(c->host, m->index);
	m->index = index;
	m->room = room;
	for (size_t i = 0; i < m->n; i++)
		*place_of(m, m->pages[i]->id) = (struct mark_slot){m->pages[i]->id, m->pages[i]};
	return MN_OK;
}

/* The page, an empty one if it was not there. */
static int have(struct conn *c, int64_t id, struct mark_page **out)
{
	struct marks *m = &c->marks;
	int status = MN_OK;

	*out = find(m, id);
	if (*out)
		return MN_OK;
	if (2 * (m->n + 1) > m->room)
		status = make_room(c);
	if (status != MN_OK)
		return status;
	if (!heap_grow(
		    c->host, &m->pages, &m->cap, m->n + 1, sizeof(struct mark_page *), MOST_PAGES))
		return conn_memory(c);
	*out = heap_new(c->host, sizeof(**out));
	if (!*out)
		return conn_memory(c);
	(*out)->id = id;
	m->pages[m->n++] = *out;
	m->of[id % MARK_SETS]++;
	*place_of(m, id) = (struct mark_slot){id, *out};
	return MN_OK;
}

void marks_forget(struct conn *c)
{
	struct marks *m = &c->marks;

	for (size_t i = 0; i < m->n; i++)
		heap_free(c->host, m->pages[i]);
	if (m->index)
		memset(m->index, 0, m->room * sizeof(*m->index));
	m->n = 0;
	memset(m->of, 0, sizeof(m->of));
	m->known = m->dirty = false;
}

void marks_free(struct conn *c)
{
	marks_forget(c);
	heap_free(c->host, c->marks.pages);
	heap_free(c->host, c->marks.index);
	c->marks = (struct marks){0};
}

/* ---- The table ---------------------------------------------------------------------------- */

static int take_page(struct conn *c, int64_t id, mn_str bits)
{
	struct mark_page *page = NULL;
	int status;

	if (id < 0 || bits.len > MARK_BYTES)
		return conn_corrupt(c, "marks are broken");
	status = have(c, id, &page);
	if (status != MN_OK)
		return status;
	memset(page->bits, 0, MARK_BYTES);
	if (bits.len)
		memcpy(page->bits, bits.ptr, bits.len);
	return MN_OK;
}

int marks_load(struct conn *c)
{
	struct marks *m = &c->marks;
	sqlite3_stmt *st;
	int status;

	if (m->known && m->at == c->tally.marked)
		return MN_OK;
	if (!m->known || m->at > c->tally.marked) {
		marks_forget(c);
		m->at = 0;
	}
	status = ASK(c, &st, read_marks, I((int64_t)m->at));
	while (status == MN_OK && (status = conn_step(c, st)) == 1) {
		status = take_page(c, sqlite3_column_int64(st, 0), column_blob(st, 1));
		if (status != MN_OK)
			sqlite3_reset(st);
	}
	m->known = status == MN_OK;
	m->at = c->tally.marked;
	return status;
}

static int write_page(struct conn *c, struct mark_page *page)
{
	size_t len = MARK_BYTES;

	while (len && !page->bits[len - 1])
		len--;
	page->dirty = false;
	return RUN(c, put_mark, I(page->id), I((int64_t)c->marks.at),
		B((mn_str){(char *)page->bits, len}));
}

int marks_flush(struct conn *c)
{
	struct marks *m = &c->marks;
	int status = MN_OK;

	if (!m->dirty)
		return MN_OK;
	m->dirty = false;
	m->at = ++c->tally.marked;
	for (size_t i = 0; status == MN_OK && i < m->n; i++)
		if (m->pages[i]->dirty)
			status = write_page(c, m->pages[i]);
	return status;
}

/* Rows stay, so that others read that there is nothing in them. */
int marks_clear(struct conn *c)
{
	int status;

	c->tally.marked++;
	status = RUN(c, clear_marks, I((int64_t)c->tally.marked));
	marks_forget(c);
	c->marks.at = c->tally.marked;
	c->marks.known = true;
	return status == MN_OK ? conn_run(c, drop_marks, NULL, 0) : status;
}

/* ---- Bits --------------------------------------------------------------------------------- */

bool marks_has(const struct conn *c, enum mark set, mn_id id)
{
	const struct marks *m = &c->marks;
	const size_t bit = id % MARK_IDS;
	const struct mark_page *page = m->of[set] ? find(m, page_of(set, id)) : NULL;

	return page && page->bits[bit / 8] >> bit % 8 & 1;
}

bool marks_dead(const struct conn *c, mn_id entry)
{
	return !(entry & LINK_AGAIN) && marks_has(c, MARK_GONE, entry);
}

int marks_set(struct conn *c, enum mark set, mn_id id, bool on)
{
	const size_t bit = id % MARK_IDS;
	struct mark_page *page = NULL;
	int status;

	if (marks_has(c, set, id) == on)
		return MN_OK;
	status = have(c, page_of(set, id), &page);
	if (status != MN_OK)
		return status;
	page->bits[bit / 8] ^= (unsigned char)(1U << bit % 8);
	page->dirty = c->marks.dirty = true;
	return MN_OK;
}

bool marks_room(const struct conn *c, mn_id synapse)
{
	const struct marks *m = &c->marks;

	return m->of[MARK_GONE] < MOST_GONE_PAGES || find(m, page_of(MARK_GONE, synapse));
}

uint64_t marks_count(const struct conn *c, enum mark set)
{
	const struct marks *m = &c->marks;
	uint64_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		for (size_t k = 0; m->pages[i]->id % MARK_SETS == set && k < MARK_BYTES; k++)
			n += (unsigned)__builtin_popcount(m->pages[i]->bits[k]);
	return n;
}
