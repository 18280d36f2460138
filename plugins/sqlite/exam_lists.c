/* SPDX-License-Identifier: MIT */
/*
 * exam_lists.c - are the lists of synapses (adjacency.h) those of their rows?
 *
 * Every entry is compared with the row it speaks of. If all are right and none stands twice, and
 * there are as many as there must be, then none is missing.
 */
#include <math.h>
#include <stdlib.h>

#include "exam.h"
#include "heap.h"
#include "read.h"

#define CLOSE 1e-9 /* what another machine's pow may differ by */
#define SOME_LOOKUPS 20000

/* What is known of lists so far, and the one that is being read. */
struct lists {
	mn_id near;
	bool wrong; /* told already */
	struct links links;
	struct link last; /* of the list; valid if any */
	bool any;
	size_t gone;     /* entries that changes which wait will take out */
	uint64_t right;  /* entries of all lists */
	uint64_t blocks; /* that belong to a list */
	uint64_t longs;  /* lists that are */
	bool bumps;      /* some lists know older uses of a synapse */
};

static int wrong(struct exam *e, struct lists *l)
{
	if (l->wrong)
		return MN_OK;
	l->wrong = true;
	return exam_see(e, WRONG_LIST, (int64_t)l->near);
}

/* ---- One entry ---------------------------------------------------------------------------- */

static const char read_bump[] = "SELECT last, uses FROM bump WHERE synapse = ?1";

/* The synapse as lists have it. */
static int listed_row(struct exam *e, const struct lists *l, mn_id id, mn_synapse *out)
{
	sqlite3_stmt *st;
	int status = read_one(e->c, MN_SYNAPSE, id, MN_FIELD_HEAD, out);

	if (status != MN_OK || !out->id || !l->bumps)
		return status;
	status = ASK(e->c, &st, read_bump, I((int64_t)id));
	if (status == MN_OK)
		status = conn_step(e->c, st);
	if (status <= 0)
		return status;
	out->last = sqlite3_column_int64(st, 0);
	out->uses = (uint32_t)sqlite3_column_int64(st, 1);
	sqlite3_reset(st);
	return MN_OK;
}

static enum way way_of(const mn_synapse *s, mn_id near)
{
	if (s->from == s->to || s->flags & MN_SYNAPSE_TWO_WAY)
		return WAY_BOTH;
	return s->from == near ? WAY_OUT : WAY_IN;
}

static bool fits(
	const struct exam *e, const mn_synapse *s, mn_id near, const struct link *k, uint16_t type)
{
	const double delta = e->c->measure.delta, rate = e->c->measure.rate;
	const mn_id far = s->from == near ? s->to : s->from;
	const int64_t key = mn_weight_key(s, delta, rate);

	return (s->from == near || s->to == near) && k->far == far
	       && k->slot == ((uint32_t)type << 2 | way_of(s, near)) && k->day == mn_weight_day(s)
	       && fabs(k->base - mn_weight_base(s, delta)) <= CLOSE
	       && llabs((long long)key - k->key) <= 1;
}

static int check_entry(struct exam *e, struct lists *l, const struct link *k)
{
	mn_synapse s = {.id = 0};
	uint16_t type = 0;
	const mn_id id = link_synapse(k);
	const bool again = k->id & LINK_AGAIN;
	int status = listed_row(e, l, id, &s);

	if (status == MN_OK && s.id)
		status = dictionary_find_type(e->c, MN_SYNAPSE, s.type, &type);
	if (status != MN_OK)
		return status;
	if (!s.id || !fits(e, &s, l->near, k, type) || again != marks_has(e->c, MARK_GONE, id))
		return wrong(e, l);
	l->right++;
	return MN_OK;
}

/* ---- One list ----------------------------------------------------------------------------- */

/* Entries that come next in the list. */
static int check_links(struct exam *e, struct lists *l, const struct links *links)
{
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < links->n; i++) {
		const struct link *k = &links->at[i];

		if (l->any && compare_links(&l->last, k) >= 0)
			status = wrong(e, l);
		l->last = *k;
		l->any = true;
		if (overlay_is_gone(e->c, k->id))
			l->gone++;
		else if (status == MN_OK && marks_dead(e->c, k->id))
			status = e->c->stored.is_long ? wrong(e, l) : MN_OK;
		else if (status == MN_OK)
			status = check_entry(e, l, k);
	}
	return status;
}

/* The block is as the directory says. */
static int check_block(struct exam *e, struct lists *l, const struct place *p)
{
	const struct links *k = &l->links;
	bool corrupt;
	int status;

	l->links.n = 0;
	status = exam_forgive(e, block_read(e->c, p->id, &l->links), &corrupt);
	if (status == MN_OK && (corrupt || k->n == 0 || k->n != p->n))
		return wrong(e, l);
	if (status == MN_OK
		&& (compare_links(&p->first, k->at) != 0 || k->at[k->n - 1].slot != p->first.slot))
		status = wrong(e, l);
	return status == MN_OK ? check_links(e, l, k) : status;
}

/* The head counts what the directory has. */
static bool counts_fit(const struct stored *s)
{
	size_t at = 0;

	for (size_t i = 0; i < s->nslots; i++) {
		uint64_t n = 0;

		if (at == s->places.n || s->places.at[at].id != s->slots[i].first)
			return false;
		for (; at < s->places.n && s->places.at[at].first.slot == s->slots[i].slot; at++)
			n += s->places.at[at].n;
		if (n == 0 || n != s->slots[i].n)
			return false;
	}
	return at == s->places.n && at > 0;
}

static int check_blocks(struct exam *e, struct lists *l)
{
	const struct stored *s = &e->c->stored;
	bool corrupt;
	int status = exam_forgive(e, block_places(e->c), &corrupt);

	if (status != MN_OK || corrupt)
		return status != MN_OK ? status : wrong(e, l);
	l->blocks += s->places.n + (s->directory != 0);
	if (!counts_fit(s))
		status = wrong(e, l);
	for (size_t i = 0; status == MN_OK && i < s->places.n; i++)
		status = check_block(e, l, &s->places.at[i]);
	return status;
}

static int begin_list(struct exam *e, struct lists *l, mn_id near)
{
	l->near = near;
	l->wrong = l->any = false;
	l->gone = 0;
	return overlay_net(e->c, near);
}

/* What waits to come in, and whether what waits to go was there. */
static int end_list(struct exam *e, struct lists *l)
{
	const struct overlay *o = &e->c->overlay;
	int status = l->gone == o->gone.n ? MN_OK : wrong(e, l);

	for (size_t i = 0; status == MN_OK && i < o->adds.n; i++)
		if (!marks_dead(e->c, o->adds.at[i].id))
			status = check_entry(e, l, &o->adds.at[i]);
	return status;
}

static int see_list(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	struct lists *l = ctx;
	const struct stored *s = &e->c->stored;
	bool corrupt = false;
	int status = begin_list(e, l, (mn_id)sqlite3_column_int64(st, 0));

	if (status == MN_OK)
		status = conn_check(e->c);
	if (status == MN_OK)
		status = exam_forgive(e, block_parse(e->c, l->near, column_blob(st, 1)), &corrupt);
	if (status != MN_OK || corrupt || (!s->is_long && s->links.n == 0))
		return status != MN_OK ? status : wrong(e, l);
	l->longs += s->is_long;
	if (s->is_long != marks_has(e->c, MARK_LONG, l->near))
		status = wrong(e, l);
	if (status == MN_OK)
		status = s->is_long ? check_blocks(e, l) : check_links(e, l, &s->links);
	return status == MN_OK ? end_list(e, l) : status;
}

/* ---- What waits --------------------------------------------------------------------------- */

static const char is_there[] = "SELECT 1 FROM list WHERE near = ?1";

static int compare_ids(const void *a, const void *b)
{
	const mn_id x = *(const mn_id *)a, y = *(const mn_id *)b;

	return (x > y) - (x < y);
}

/* Neurons whose first entries wait: they have no row yet. */
static int check_waiting(struct exam *e, struct lists *l)
{
	const struct overlay *o = &e->c->overlay;
	mn_id *nears = heap_new(e->host, o->n * sizeof(*nears));
	int status = nears ? MN_OK : conn_memory(e->c);

	for (size_t i = 0; nears && i < o->n; i++)
		nears[i] = o->at[i].near;
	if (nears && o->n)
		qsort(nears, o->n, sizeof(*nears), compare_ids);
	for (size_t i = 0; status == MN_OK && i < o->n; i++) {
		int64_t there = 0;

		if (i && nears[i] == nears[i - 1])
			continue;
		status = NUMBER(e->c, &there, 0, is_there, I((int64_t)nears[i]));
		if (status == MN_OK && !there)
			status = begin_list(e, l, nears[i]);
		if (status == MN_OK && !there)
			status = end_list(e, l);
	}
	heap_free(e->host, nears);
	return status;
}

static const char bad_marks[] =
	"SELECT count(*) FROM mark, tally WHERE id < 0 OR typeof(at) <> 'integer' OR at < 1"
	" OR at > marked OR typeof(bits) NOT IN ('blob', 'null')";

/* Rows of `later` that nobody will read, blocks that no list has, and marks of no long list. */
static int check_left_over(struct exam *e, const struct lists *l)
{
	int64_t rows = 0, blocks = 0, marks = 0;
	int status = exam_number(
		e, "SELECT count(*) FROM later, tally WHERE seq <= swept OR seq > logged", &rows);

	if (status == MN_OK)
		status = exam_number(e, "SELECT count(*) FROM block", &blocks);
	if (status == MN_OK && rows)
		status = exam_tell(e, WRONG_LIST, "later");
	if (status == MN_OK && (uint64_t)blocks > l->blocks && !exam_has(e, WRONG_LIST))
		status = exam_tell(e, WRONG_LIST, "block");
	if (status == MN_OK)
		status = exam_number(e, bad_marks, &marks);
	if (status == MN_OK && (marks || marks_count(e->c, MARK_LONG) != l->longs)
		&& !exam_has(e, WRONG_LIST))
		status = exam_tell(e, WRONG_LIST, "mark");
	return status;
}

/* ---- What is missing ---------------------------------------------------------------------- */

struct missing {
	unsigned looked, seen;
};

static int is_listed(struct exam *e, mn_id near, mn_id id, bool *out)
{
	mn_id found;
	size_t n = 0;
	bool corrupt;
	int status = adjacency_synapses(e->c, near, id - 1, &found, 1, &n);

	status = exam_forgive(e, status, &corrupt);
	*out = status == MN_OK && !corrupt && n && found == id;
	return status;
}

static int see_synapse(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	struct missing *m = ctx;
	const mn_id id = (mn_id)sqlite3_column_int64(st, 0);
	bool from = true, to = true;
	int status;

	if (m->seen == MN_DOCTOR_SAMPLES || m->looked++ == SOME_LOOKUPS)
		return MN_OK;
	status = is_listed(e, (mn_id)sqlite3_column_int64(st, 1), id, &from);
	if (status == MN_OK)
		status = is_listed(e, (mn_id)sqlite3_column_int64(st, 2), id, &to);
	if (status != MN_OK || (from && to))
		return status;
	m->seen++;
	return exam_see(e, WRONG_LIST_MISSING, (int64_t)id);
}

static const char count_ends[] = "SELECT ifnull(sum(1 + (source <> target)), 0) FROM synapse";
static const char all_synapses[] = "SELECT id, source, target FROM synapse ORDER BY id";

static int find_missing(struct exam *e, const struct lists *l)
{
	struct missing m = {0};
	int64_t ends = 0;
	int status = exam_number(e, count_ends, &ends);

	if (status != MN_OK || (uint64_t)ends <= l->right)
		return status;
	status = exam_each(e, all_synapses, see_synapse, &m);
	/* Where the entry is there, but wrong, it was told with its list. */
	if (status == MN_OK && m.seen)
		e->found[WRONG_LIST_MISSING].count = (uint64_t)ends - l->right;
	else if (status == MN_OK && !exam_has(e, WRONG_LIST))
		status = exam_tell(e, WRONG_LIST_MISSING, "some");
	return status;
}

static int check_bumps(struct exam *e, struct lists *l)
{
	int64_t all = 0, lost = 0;
	int status = exam_number(e, "SELECT count(*) FROM bump", &all);

	if (status == MN_OK && all)
		status = exam_number(e,
			"SELECT count(*) FROM bump WHERE synapse NOT IN (SELECT id FROM synapse)",
			&lost);
	if (status == MN_OK && lost) {
		status = exam_tell(e, WRONG_BUMP, "bump");
		e->found[WRONG_BUMP].count = (uint64_t)lost;
	}
	l->bumps = all > 0;
	return status;
}

/* Rows that cannot be read cannot be compared with. */
static bool rows_are_broken(const struct exam *e)
{
	static const enum wrong first[] = {WRONG_TYPE, WRONG_TYPE_GAP, WRONG_WEIGHT,
		WRONG_WEIGHT_GAP, WRONG_ROW, WRONG_BUNDLE, WRONG_CONFIG};

	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++)
		if (exam_has(e, first[i]))
			return true;
	return false;
}

int exam_lists(struct exam *e)
{
	struct lists l = {0};
	bool corrupt;
	int status;

	if (rows_are_broken(e))
		return exam_skip(e, "lists of synapses (NM-I5)", "rows have to be mended first");
	status = exam_forgive(e, marks_load(e->c), &corrupt);
	if (status == MN_OK && corrupt)
		return exam_tell(e, WRONG_LIST, "mark");
	if (status == MN_OK)
		status = exam_forgive(e, overlay_load(e->c), &corrupt);
	if (status == MN_OK && corrupt)
		return exam_tell(e, WRONG_LIST, "later");
	if (status == MN_OK)
		status = check_bumps(e, &l);
	if (status == MN_OK)
		status = exam_each(e, "SELECT near, head FROM list ORDER BY near", see_list, &l);
	if (status == MN_OK)
		status = check_waiting(e, &l);
	if (status == MN_OK)
		status = check_left_over(e, &l);
	if (status == MN_OK)
		status = find_missing(e, &l);
	heap_free(e->host, l.links.at);
	return status;
}
