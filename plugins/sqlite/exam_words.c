/* SPDX-License-Identifier: MIT */
/*
 * exam_words.c - is the word index what the texts say, and are the indexes of members and tags what
 * the memories say?
 *
 * The word index is read word by word, which is not the order of texts. So both sides are summed
 * up: a number for each word at its place in its text. Where the sums differ, they are taken again
 * text by text, a window of texts at a time.
 */
#include <stdlib.h>
#include <string.h>

#include "anchor.h"
#include "exam.h"
#include "heap.h"
#include "varint.h"

#define WINDOW ((size_t)1 << 20) /* texts, of 16 bytes */

/* ---- Sums --------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t h)
{
	h = (h ^ (h >> 33)) * UINT64_C(0xFF51AFD7ED558CCD);
	h = (h ^ (h >> 33)) * UINT64_C(0xC4CEB9FE1A85EC53);
	return h ^ (h >> 33);
}

static uint64_t sum_of(int64_t text, mn_str word, int64_t place)
{
	uint64_t h = mix((uint64_t)text * UINT64_C(0x9E3779B97F4A7C15) + (uint64_t)place);

	for (size_t i = 0; i < word.len; i++)
		h = (h ^ (unsigned char)word.ptr[i]) * UINT64_C(0x100000001B3);
	return mix(h);
}

struct text_sum {
	int64_t id;
	uint64_t sum;
};

struct words {
	uint64_t all;
	struct text_sum *at; /* of the window, by id; NULL: only all of it is summed */
	size_t n, cap;
	int64_t after, last; /* the window: ids above one, up to the other */
	bool full;
	uint64_t told;
};

struct splitting {
	int64_t id, place;
	uint64_t sum;
};

static int add_word(void *ctx, mn_str word, size_t from, size_t to)
{
	struct splitting *s = ctx;

	(void)from, (void)to;
	s->sum += sum_of(s->id, word, s->place++);
	return 0;
}

/* ---- Texts -------------------------------------------------------------------------------- */

/* Those that are in the index. */
#define INDEXED                                                                             \
	" FROM neuron WHERE text <> '' AND id <= (SELECT indexed FROM tally WHERE one = 1)" \
	" AND id NOT IN (SELECT id FROM unread)"
static const char all_texts[] = "SELECT id, text" INDEXED " ORDER BY id";

static int see_text(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	const mn_words *service = e->host->service(e->host, "mn.words/1");
	struct words *w = ctx;
	struct splitting s = {.id = sqlite3_column_int64(st, 0)};
	int status = conn_check(e->c);

	if (status != MN_OK || s.id <= w->after || w->full)
		return status;
	service->split(column_text(st, 1), &s, add_word);
	w->all += s.sum;
	if (!w->cap)
		return MN_OK;
	w->at[w->n++] = (struct text_sum){s.id, s.sum};
	w->last = s.id;
	w->full = w->n == w->cap;
	return MN_OK;
}

/* ---- The index ---------------------------------------------------------------------------- */

static const char make_vocabulary[] =
	"PRAGMA query_only = 0;"
	" CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'words', 'instance')";
static const char all_words[] = "SELECT term, doc, \"offset\" FROM temp.vocabulary";

static int compare_ids(const void *a, const void *b)
{
	const struct text_sum *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int tell_text(struct exam *e, struct words *w, int64_t id)
{
	w->told++;
	return exam_see(e, WRONG_WORDS, id);
}

static int see_word(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	struct words *w = ctx;
	const struct text_sum key = {.id = sqlite3_column_int64(st, 1)};
	const uint64_t sum = sum_of(key.id, column_text(st, 0), sqlite3_column_int64(st, 2));
	struct text_sum *text;
	int status = conn_check(e->c);

	if (status != MN_OK || !w->cap) {
		w->all -= sum;
		return status;
	}
	if (key.id <= w->after || (w->full && key.id > w->last))
		return MN_OK;
	text = w->n ? bsearch(&key, w->at, w->n, sizeof(key), compare_ids) : NULL;
	if (text)
		text->sum -= sum;
	else /* a text that is not there; told once for each word */
		status = tell_text(e, w, key.id);
	return status;
}

/* ---- Both --------------------------------------------------------------------------------- */

static int sum_up(struct exam *e, struct words *w)
{
	int status = exam_each(e, all_texts, see_text, w);

	return status == MN_OK ? exam_each(e, all_words, see_word, w) : status;
}

static int tell_window(struct exam *e, struct words *w)
{
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < w->n; i++)
		if (w->at[i].sum)
			status = tell_text(e, w, w->at[i].id);
	w->after = w->last;
	w->n = 0;
	return status;
}

/* Which texts it is. */
static int find_texts(struct exam *e)
{
	struct words w = {.full = true, .after = INT64_MIN};
	int status = MN_OK;

	w.at = heap_new(e->host, WINDOW * sizeof(*w.at));
	w.cap = WINDOW;
	if (!w.at)
		return conn_memory(e->c);
	while (status == MN_OK && w.full) {
		w.full = false;
		status = sum_up(e, &w);
		if (status == MN_OK)
			status = tell_window(e, &w);
	}
	heap_free(e->host, w.at);
	if (status == MN_OK && !w.told)
		status = exam_tell(e, WRONG_WORDS, "some");
	return status;
}

/* FTS5 counts the words of each text in a table of its own, by which it ranks. */
static const char sizes_off[] =
	"SELECT id" INDEXED " AND id NOT IN (SELECT id FROM words_docsize)"
	" UNION ALL SELECT id FROM words_docsize WHERE id NOT IN (SELECT id" INDEXED ")";

static int see_size(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	(void)ctx;
	return exam_see(e, WRONG_WORDS, sqlite3_column_int64(st, 0));
}

static int compare_words(struct exam *e)
{
	struct words w = {.after = INT64_MIN};
	int status = conn_script(e->c, make_vocabulary);

	if (status == MN_OK)
		status = sum_up(e, &w);
	if (status == MN_OK && w.all)
		status = find_texts(e);
	if (status == MN_OK && !w.all)
		status = exam_each(e, sizes_off, see_size, NULL);
	return status;
}

int exam_words(struct exam *e)
{
	bool corrupt;
	int status;

	if (exam_has(e, WRONG_TEXT) || exam_has(e, WRONG_ROW))
		return exam_skip(e, "the word index (NM-I5)", "texts have to be mended first");
	status = exam_forgive(e, compare_words(e), &corrupt);
	if (status == MN_OK && corrupt)
		status = exam_tell(e, WRONG_WORDS_BROKEN, "words");
	sqlite3_exec(e->c->sql, "DROP TABLE IF EXISTS temp.vocabulary", NULL, NULL, NULL);
	if (!e->c->writing)
		sqlite3_exec(e->c->sql, "PRAGMA query_only = 1", NULL, NULL, NULL);
	return status;
}

/* ---- Members and tags --------------------------------------------------------------------- */

struct members {
	int64_t anchors, members, tags; /* that are right */
	mn_id *ids;                     /* of one memory */
	mn_str *names;
	size_t n, cap, nnames, names_cap;
};

#define MOST_MEMBERS ((size_t)1 << 27)

static const char has_member[] = "SELECT 1 FROM member WHERE neuron = ?1 AND fiber = ?2";
static const char has_tag[] = "SELECT 1 FROM tag WHERE name = ?1 AND fiber = ?2";

static int compare_numbers(const void *a, const void *b)
{
	const mn_id x = *(const mn_id *)a, y = *(const mn_id *)b;

	return (x > y) - (x < y);
}

static int compare_names(const void *a, const void *b)
{
	const mn_str *x = a, *y = b;
	const size_t n = x->len < y->len ? x->len : y->len;
	const int order = n ? memcmp(x->ptr, y->ptr, n) : 0;

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* Lists are whole: exam_rows has seen to it. */
static int take_members(struct exam *e, struct members *m, mn_str blob)
{
	const unsigned char *p = (const unsigned char *)blob.ptr, *end = p + blob.len;
	uint64_t id;

	for (m->n = 0; p < end && varint_get(&p, end, &id);) {
		if (!heap_grow(e->host, &m->ids, &m->cap, m->n + 1, sizeof(id), MOST_MEMBERS))
			return conn_memory(e->c);
		m->ids[m->n++] = id;
	}
	if (m->n > 1)
		qsort(m->ids, m->n, sizeof(*m->ids), compare_numbers);
	return MN_OK;
}

static int take_tags(struct exam *e, struct members *m, mn_str blob)
{
	const unsigned char *p = (const unsigned char *)blob.ptr, *end = p + blob.len;
	uint64_t len;

	for (m->nnames = 0; p < end && varint_get(&p, end, &len); p += len) {
		if (len > (uint64_t)(end - p))
			break;
		if (!heap_grow(e->host, &m->names, &m->names_cap, m->nnames + 1, sizeof(*m->names),
			    MOST_MEMBERS / 2))
			return conn_memory(e->c);
		m->names[m->nnames++] = (mn_str){(const char *)p, (size_t)len};
	}
	if (m->nnames > 1)
		qsort(m->names, m->nnames, sizeof(*m->names), compare_names);
	return MN_OK;
}

static int check_members(struct exam *e, struct members *m, int64_t fiber)
{
	bool missing = false;
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < m->n; i++) {
		int64_t there = 0;

		if (i && m->ids[i] == m->ids[i - 1])
			continue;
		status = NUMBER(e->c, &there, 0, has_member, I((int64_t)m->ids[i]), I(fiber));
		m->members += there;
		missing |= !there;
	}
	return status == MN_OK && missing ? exam_see(e, WRONG_MEMBER_INDEX, fiber) : status;
}

static int check_tags(struct exam *e, struct members *m, int64_t fiber)
{
	bool missing = false;
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < m->nnames; i++) {
		int64_t there = 0;

		if (i && compare_names(&m->names[i], &m->names[i - 1]) == 0)
			continue;
		status = NUMBER(e->c, &there, 0, has_tag, S(m->names[i]), I(fiber));
		m->tags += there;
		missing |= !there;
	}
	return status == MN_OK && missing ? exam_see(e, WRONG_TAG_INDEX, fiber) : status;
}

/* A bundle of the index that is broken was told with it. */
static int check_anchor(struct exam *e, struct members *m, mn_id anchor, int64_t fiber)
{
	mn_id found = 0;
	bool corrupt;
	int status = anchor_next(e->c, anchor, (mn_id)fiber - 1, &found);

	status = exam_forgive(e, status, &corrupt);
	if (status != MN_OK || (!corrupt && found == (mn_id)fiber)) {
		m->anchors += status == MN_OK;
		return status;
	}
	return exam_see(e, WRONG_ANCHOR_INDEX, fiber);
}

static int see_fiber(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	const int64_t fiber = sqlite3_column_int64(st, 0);
	int status = conn_check(e->c);

	if (status == MN_OK)
		status = check_anchor(e, ctx, (mn_id)sqlite3_column_int64(st, 3), fiber);
	if (status == MN_OK)
		status = take_members(e, ctx, column_blob(st, 2));
	if (status == MN_OK)
		status = take_tags(e, ctx, column_blob(st, 1));
	if (status == MN_OK)
		status = check_members(e, ctx, fiber);
	return status == MN_OK ? check_tags(e, ctx, fiber) : status;
}

/* More in the table than is right: rows that no memory speaks of. */
static int check_extra(struct exam *e, enum wrong w, const char *sql, int64_t right)
{
	int64_t all = 0;
	int status = exam_number(e, sql, &all);

	if (status != MN_OK || all <= right)
		return status;
	status = exam_tell(e, w, "too many");
	e->found[w].count += (uint64_t)(all - right) - 1;
	return status;
}

static int check_anchors(struct exam *e, const struct members *m)
{
	struct bundle_walk walk = {.kind = ROW_ANCHOR, .forgiving = true};
	const void *row;
	int64_t all = 0;
	int status = exam_number(e, "SELECT count(*) FROM anchored", &all);

	while (status == MN_OK && (status = bundle_next(e->c, &walk, &row)) == 1) {
		all++;
		status = MN_OK;
	}
	if (status == MN_OK && (walk.broken || all > m->anchors))
		status = exam_tell(e, WRONG_ANCHOR_INDEX, "too many");
	bundle_walk_end(e->c, &walk);
	return status;
}

int exam_members(struct exam *e)
{
	struct members m = {0};
	int status;

	if (exam_has(e, WRONG_MEMBERS) || exam_has(e, WRONG_ROW) || exam_has(e, WRONG_BUNDLE))
		return exam_skip(e, "indexes of anchors, members and tags (NM-I5)",
			"memories have to be mended first");
	status = exam_each(e, "SELECT id, tags, neurons, anchor FROM fiber", see_fiber, &m);
	if (status == MN_OK)
		status = check_anchors(e, &m);
	if (status == MN_OK)
		status = check_extra(
			e, WRONG_MEMBER_INDEX, "SELECT count(*) FROM member", m.members);
	if (status == MN_OK)
		status = check_extra(e, WRONG_TAG_INDEX, "SELECT count(*) FROM tag", m.tags);
	heap_free(e->host, m.ids);
	heap_free(e->host, m.names);
	return status;
}
