/* SPDX-License-Identifier: MIT */
/*
 * exam_lists.c - are the lists of synapses (adjacency.c, packed.c) those of their rows?
 *
 * Every entry is compared with the row it speaks of. If all are right and none stands twice, and
 * there are as many as there must be, then none is missing.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exam.h"
#include "heap.h"
#include "read.h"
#include "varint.h"

#define CLOSE 1e-9 /* what another machine's pow may differ by */
#define SOME_LOOKUPS 20000
#define MOST_SLOTS 65536

enum way { WAY_OUT = 1, WAY_IN = 2, WAY_BOTH = 3 };

/* The list that is being read. */
struct lists {
	mn_id near;
	bool begun, rows; /* rows: it is one whose entries are rows */
	struct slot {
		uint32_t slot;
		uint64_t left; /* of what the head counts */
	} * slots;
	size_t nslots, cap;
	bool wrong; /* told already */
	struct link last;
	struct links packed;
	uint64_t right; /* entries of all lists */
	bool bumps;     /* some lists know older uses of a synapse */
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
	int status = listed_row(e, l, k->id, &s);

	if (status == MN_OK && s.id)
		status = dictionary_find_type(e->c, MN_SYNAPSE, s.type, &type);
	if (status != MN_OK)
		return status;
	if (!s.id || !fits(e, &s, l->near, k, type))
		return wrong(e, l);
	l->right++;
	return MN_OK;
}

/* ---- One list ----------------------------------------------------------------------------- */

static int read_packed(struct exam *e, struct lists *l, mn_str bytes)
{
	bool corrupt;
	int status;

	l->packed.n = 0;
	status = packed_read(e->c, l->near, bytes, &l->packed);
	status = exam_forgive(e, status, &corrupt);
	if (status == MN_OK && (corrupt || l->packed.n == 0))
		return wrong(e, l);
	for (size_t i = 0; status == MN_OK && i < l->packed.n; i++) {
		if (i && compare_links(&l->packed.at[i - 1], &l->packed.at[i]) >= 0)
			status = wrong(e, l);
		if (status == MN_OK)
			status = check_entry(e, l, &l->packed.at[i]);
	}
	return status;
}

static int read_counts(struct exam *e, struct lists *l, mn_str head)
{
	const unsigned char *p = (const unsigned char *)head.ptr, *end = p + head.len;
	uint64_t slot, n;

	l->rows = true;
	while (p < end) {
		if (!varint_get(&p, end, &slot) || !varint_get(&p, end, &n) || slot > UINT32_MAX)
			return wrong(e, l);
		if (!heap_grow(e->host, &l->slots, &l->cap, l->nslots + 1, sizeof(*l->slots),
			    MOST_SLOTS))
			return conn_memory(e->c);
		l->slots[l->nslots++] = (struct slot){(uint32_t)slot, n};
	}
	return MN_OK;
}

/* Were all entries there that the head counts? */
static int end_list(struct exam *e, struct lists *l)
{
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < l->nslots; i++)
		if (l->slots[i].left)
			status = wrong(e, l);
	l->nslots = 0;
	l->begun = l->rows = l->wrong = false;
	return status;
}

static int take_row(struct exam *e, struct lists *l, sqlite3_stmt *st)
{
	struct link k = {
		.slot = (uint32_t)sqlite3_column_int64(st, 1),
		.key = (int32_t)sqlite3_column_int64(st, 2),
		.far = (mn_id)sqlite3_column_int64(st, 3),
		.id = (mn_id)sqlite3_column_int64(st, 4),
		.day = sqlite3_column_int64(st, 6),
	};
	bool corrupt;
	size_t i = 0;
	int status = exam_forgive(e, dictionary_number(e->c, st, 5, &k.base), &corrupt);

	while (i < l->nslots && l->slots[i].slot != k.slot)
		i++;
	if (status != MN_OK || corrupt || !l->rows || i == l->nslots || l->slots[i].left == 0)
		return status != MN_OK ? status : wrong(e, l);
	l->slots[i].left--;
	return check_entry(e, l, &k);
}

/* Rows come in the order of the table: a head first, then what belongs to it. */
static int see_edge(struct exam *e, void *ctx, sqlite3_stmt *st)
{
	struct lists *l = ctx;
	const mn_id near = (mn_id)sqlite3_column_int64(st, 0);
	const mn_str head = column_blob(st, 5);
	int status = MN_OK;

	if (l->begun && near != l->near)
		status = end_list(e, l);
	l->near = near;
	l->begun = true;
	if (status == MN_OK)
		status = conn_check(e->c);
	if (status != MN_OK || sqlite3_column_int64(st, 1) != 0)
		return status != MN_OK ? status : take_row(e, l, st);
	if (sqlite3_column_type(st, 5) != SQLITE_BLOB || head.len == 0)
		return wrong(e, l);
	return head.ptr[0] ? read_counts(e, l, head)
			   : read_packed(e, l, (mn_str){head.ptr + 1, head.len - 1});
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
		WRONG_WEIGHT_GAP, WRONG_TIME, WRONG_ROW, WRONG_CONFIG};

	for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++)
		if (exam_has(e, first[i]))
			return true;
	return false;
}

int exam_lists(struct exam *e)
{
	struct lists l = {0};
	int status;

	if (rows_are_broken(e))
		return exam_skip(e, "lists of synapses (NM-I5)", "rows have to be mended first");
	status = check_bumps(e, &l);
	if (status == MN_OK)
		status = exam_each(e,
			"SELECT near, slot, key, far, id, base, day FROM edge"
			" ORDER BY near, slot, key DESC, far, id",
			see_edge, &l);
	if (status == MN_OK)
		status = end_list(e, &l);
	if (status == MN_OK)
		status = find_missing(e, &l);
	heap_free(e->host, l.slots);
	heap_free(e->host, l.packed.at);
	return status;
}
