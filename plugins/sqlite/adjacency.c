/* SPDX-License-Identifier: MIT */
/*
 * adjacency.c - lists as rows of table `edge`, in its primary key's order.
 *
 * A synapse stands once at each end (once altogether, from a neuron to itself), in a list of its
 * own type and way: slot = type << 2 | way. So a list of certain types and directions is a merge
 * of slots, none of which holds anything unwanted, and each is read only as far as is asked for.
 *
 *	near  slot  key       far  id  base  day
 *	7     0     0         0    0   head  0      how long each slot of neuron 7 is
 *	7     69    20480512  31   90  1     20103  a synapse of type 17 out of neuron 7
 *
 * key, then far, then id is the order within a list. base (see dictionary.h) and day give the
 * weight to the last bit. The head, packed varints of slot and length, gives degrees without
 * counting. Everything of a neuron with few synapses is one page, read in one go.
 */
#include "adjacency.h"

#include <stdlib.h>

#include "connection.h"
#include "heap.h"
#include "varint.h"

#define MOST_PENDING ((size_t)1 << 18) /* entries, of 72 bytes */
#define MOST_EDGES ((size_t)1 << 26)   /* of one expand */
#define MOST_SLOTS ((size_t)3 << 16)
#define SMALL 96 /* entries that are quicker read all than slot by slot */

enum way { WAY_OUT = 1, WAY_IN = 2, WAY_BOTH = 3 };

static const char read_head[] = "SELECT base FROM edge WHERE near = ?1 AND slot = 0";
static const char write_head[] = "REPLACE INTO edge(near, slot, key, far, id, base, day)"
				 " VALUES(?1, 0, 0, 0, 0, ?2, 0)";
static const char delete_head[] = "DELETE FROM edge WHERE near = ?1 AND slot = 0";
static const char insert_edge[] =
	"INSERT INTO edge(near, slot, key, far, id, base, day) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)";
static const char delete_edge[] =
	"DELETE FROM edge WHERE near = ?1 AND slot = ?2 AND key = ?3 AND far = ?4 AND id = ?5";
static const char delete_anywhere[] = "DELETE FROM edge WHERE near = ?1 AND slot = ?2 AND id = ?3";
static const char delete_all[] = "DELETE FROM edge";
static const char read_all[] = "SELECT slot, key, far, id, base, day FROM edge WHERE near = ?1"
			       " ORDER BY slot, key DESC, far, id";
static const char read_slot[] =
	"SELECT slot, key, far, id, base, day FROM edge WHERE near = ?1 AND slot = ?2"
	" ORDER BY key DESC, far, id";
static const char read_synapses[] =
	"SELECT DISTINCT id FROM edge WHERE near = ?1 AND slot > 0 AND id > ?2 ORDER BY id"
	" LIMIT ?3";

/* ---- Heads -------------------------------------------------------------------------------- */

static int take_head(struct conn *c, mn_str head)
{
	struct pending *p = &c->pending;
	const unsigned char *at = (const unsigned char *)head.ptr, *end = at + head.len;
	uint64_t slot, n;

	p->ncounts = 0;
	while (head.len && at < end) {
		if (!varint_get(&at, end, &slot) || !varint_get(&at, end, &n)
			|| slot > MOST_SLOTS * 4)
			return conn_corrupt(c, "the head of a list is broken");
		if (!heap_grow(c->host, &p->counts, &p->counts_cap, p->ncounts + 1,
			    sizeof(*p->counts), MOST_SLOTS))
			return conn_memory(c);
		p->counts[p->ncounts++] = (struct slot_count){(uint32_t)slot, n};
	}
	return MN_OK;
}

static int load_head(struct conn *c, mn_id near)
{
	sqlite3_stmt *st;
	int status = ASK(c, &st, read_head, I((int64_t)near));

	if (status == MN_OK)
		status = conn_step(c, st);
	c->pending.ncounts = 0;
	if (status <= 0)
		return status;
	status = take_head(c, column_blob(st, 0));
	sqlite3_reset(st);
	return status;
}

static int count(struct conn *c, uint32_t slot, bool add)
{
	struct pending *p = &c->pending;
	size_t i = 0;

	while (i < p->ncounts && p->counts[i].slot != slot)
		i++;
	if (i == p->ncounts) {
		if (!heap_grow(c->host, &p->counts, &p->counts_cap, i + 1, sizeof(*p->counts),
			    MOST_SLOTS))
			return conn_memory(c);
		p->counts[p->ncounts++] = (struct slot_count){slot, 0};
	}
	if (!add && p->counts[i].n == 0)
		return conn_corrupt(c, "a list is longer than its head says");
	p->counts[i].n += add ? 1 : (uint64_t)-1;
	return MN_OK;
}

static int store_head(struct conn *c, mn_id near)
{
	struct pending *p = &c->pending;
	size_t n = 0;

	if (!heap_grow(c->host, &p->head, &p->head_cap, p->ncounts * 2 * VARINT_MOST, 1,
		    MOST_SLOTS * 2 * VARINT_MOST))
		return conn_memory(c);
	for (size_t i = 0; i < p->ncounts; i++) {
		if (p->counts[i].n == 0)
			continue;
		n += varint_put((unsigned char *)p->head + n, p->counts[i].slot);
		n += varint_put((unsigned char *)p->head + n, p->counts[i].n);
	}
	if (n == 0)
		return RUN(c, delete_head, I((int64_t)near));
	return RUN(c, write_head, I((int64_t)near), B((mn_str){p->head, n}));
}

/* ---- Writing ------------------------------------------------------------------------------ */

static int put_pending(
	struct conn *c, const struct listed *l, bool add, mn_id near, mn_id far, enum way way)
{
	struct pending *p = &c->pending;

	if (!heap_grow(c->host, &p->entries, &p->cap, p->n + 1, sizeof(*p->entries), MOST_PENDING))
		return conn_memory(c);
	p->entries[p->n] = (struct pending_entry){
		.near = near,
		.far = far,
		.id = l->id,
		.base = l->base,
		.day = l->day,
		.key = l->key,
		.slot = (uint32_t)l->type << 2 | way,
		.turn = (uint32_t)p->n,
		.add = add,
	};
	p->n++;
	return MN_OK;
}

static int put_both(struct conn *c, const struct listed *l, bool add)
{
	int status = MN_OK;

	if (c->pending.n + 2 > MOST_PENDING)
		status = adjacency_flush(c);
	if (status != MN_OK)
		return status;
	if (l->from == l->to)
		return put_pending(c, l, add, l->from, l->to, WAY_BOTH);
	status = put_pending(c, l, add, l->from, l->to, l->two_way ? WAY_BOTH : WAY_OUT);
	if (status == MN_OK)
		status = put_pending(c, l, add, l->to, l->from, l->two_way ? WAY_BOTH : WAY_IN);
	return status;
}

int adjacency_add(struct conn *c, const struct listed *l)
{
	return put_both(c, l, true);
}

int adjacency_remove(struct conn *c, const struct listed *l)
{
	return put_both(c, l, false);
}

#define COMPARE(a, b)   \
	if ((a) != (b)) \
	return (a) < (b) ? -1 : 1

/* The order of the table, so that neighbours in it are written one after the other. */
static int compare_pending(const void *a, const void *b)
{
	const struct pending_entry *x = a, *y = b;

	COMPARE(x->near, y->near);
	COMPARE(x->slot, y->slot);
	COMPARE(y->key, x->key);
	COMPARE(x->far, y->far);
	COMPARE(x->id, y->id);
	COMPARE(x->turn, y->turn);
	return 0;
}

static int insert_entry(struct conn *c, const struct pending_entry *e)
{
	struct value base;
	int status = dictionary_store_number(c, e->base, &base);

	return status == MN_OK ? RUN(c, insert_edge, I((int64_t)e->near), I(e->slot), I(e->key),
		       I((int64_t)e->far), I((int64_t)e->id), base, I(e->day))
			       : status;
}

/* Keys come out of log and pow, which another machine may have rounded otherwise. */
static int delete_entry(struct conn *c, const struct pending_entry *e)
{
	int status = RUN(c, delete_edge, I((int64_t)e->near), I(e->slot), I(e->key),
		I((int64_t)e->far), I((int64_t)e->id));

	if (status != MN_OK || sqlite3_changes(c->sql) == 1)
		return status;
	status = RUN(c, delete_anywhere, I((int64_t)e->near), I(e->slot), I((int64_t)e->id));
	if (status == MN_OK && sqlite3_changes(c->sql) != 1)
		status = conn_corrupt(c, "a synapse is missing from a list");
	return status;
}

int adjacency_flush(struct conn *c)
{
	struct pending *p = &c->pending;
	int status = MN_OK;

	if (p->n > 1)
		qsort(p->entries, p->n, sizeof(*p->entries), compare_pending);
	for (size_t i = 0; status == MN_OK && i < p->n; i++) {
		const struct pending_entry *e = &p->entries[i];

		if (i == 0 || e->near != e[-1].near)
			status = load_head(c, e->near);
		if (status == MN_OK)
			status = count(c, e->slot, e->add);
		if (status == MN_OK)
			status = e->add ? insert_entry(c, e) : delete_entry(c, e);
		if (status == MN_OK && (i + 1 == p->n || e->near != e[1].near))
			status = store_head(c, e->near);
	}
	if (status == MN_OK)
		p->n = 0;
	return status;
}

int adjacency_clear(struct conn *c)
{
	c->pending.n = 0;
	return conn_run(c, delete_all, NULL, 0);
}

void adjacency_forget(struct conn *c)
{
	c->pending.n = 0;
}

void adjacency_free(struct conn *c)
{
	heap_free(c->host, c->pending.entries);
	heap_free(c->host, c->pending.counts);
	heap_free(c->host, c->pending.head);
	c->pending = (struct pending){0};
}

/* ---- Reading ------------------------------------------------------------------------------ */

static int wanted(struct conn *c, const struct reach *r, uint32_t slot, bool *out)
{
	const uint32_t way = slot & 3;
	uint16_t type = 0;
	int status = MN_OK;

	*out = (r->out && way & WAY_OUT) || (r->in && way & WAY_IN);
	if (!*out || r->all)
		return MN_OK;
	status = dictionary_type(c, MN_SYNAPSE, slot >> 2, &type);
	*out = type < 4096 && r->types[type / 64] >> type % 64 & 1;
	return status;
}

static int take_entry(struct conn *c, sqlite3_stmt *st, struct edges *out)
{
	struct edge *e;
	const uint32_t slot = (uint32_t)sqlite3_column_int64(st, 0);
	const int64_t today = c->measure.clock ? mn_day_of(c->measure.clock) : INT64_MIN;
	int64_t days;
	int status;

	if (!heap_grow(c->host, &out->at, &out->cap, out->n + 1, sizeof(*out->at), MOST_EDGES))
		return conn_memory(c);
	e = &out->at[out->n++];
	*e = (struct edge){
		.key = (int32_t)sqlite3_column_int64(st, 1),
		.far = (mn_id)sqlite3_column_int64(st, 2),
		.id = (mn_id)sqlite3_column_int64(st, 3),
		.day = sqlite3_column_int64(st, 5),
		.out = slot & WAY_OUT,
	};
	status = dictionary_type(c, MN_SYNAPSE, slot >> 2, &e->type);
	if (status == MN_OK)
		status = dictionary_number(c, st, 4, &e->base);
	/* The same steps as mn_weight_at, so that every store gives the same bits. */
	days = today > e->day ? today - e->day : 0;
	e->weight = e->base * (days ? exp(-c->measure.rate * (double)days) : 1);
	return status;
}

static double bound_of(const struct conn *c, int32_t key)
{
	return mn_weight_bound(key, c->measure.rate, c->measure.clock, c->tally.oldest);
}

static int compare_edges(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	COMPARE(y->key, x->key);
	COMPARE(x->far, y->far);
	COMPARE(x->id, y->id);
	return 0;
}

static void raise(double *bound, double x)
{
	if (x > *bound)
		*bound = x;
}

/* Leaves of what stands from `first` on, in order, what floor and limit leave. */
static void choose(struct conn *c, struct take *t, struct edges *out, size_t first)
{
	size_t n = first, i = first;

	for (; i < out->n && n - first < t->limit; i++) {
		if (out->at[i].weight >= (double)t->floor)
			out->at[n++] = out->at[i];
		else
			raise(&t->bound, out->at[i].weight);
	}
	if (i < out->n)
		raise(&t->bound, bound_of(c, out->at[i].key));
	out->n = n;
}

/* Everything of a neuron, of which what is not wanted is passed over. st stands at its head. */
static int take_whole(struct conn *c, sqlite3_stmt *st, const struct reach *r, struct edges *out)
{
	int status;

	while ((status = conn_step(c, st)) == 1) {
		bool want;

		status = wanted(c, r, (uint32_t)sqlite3_column_int64(st, 0), &want);
		if (status == MN_OK && want)
			status = take_entry(c, st, out);
		if (status != MN_OK) {
			sqlite3_reset(st);
			return status;
		}
	}
	return status;
}

/*
 * One slot, as far as it can matter: until limit entries are found, no entry can reach the floor
 * any more, or all that follow come after `last`, the limit-th found in other slots.
 */
static int take_slot(
	struct conn *c, mn_id near, uint32_t slot, struct take *t, int64_t last, struct edges *out)
{
	sqlite3_stmt *st;
	uint32_t found = 0;
	int status = ASK(c, &st, read_slot, I((int64_t)near), I(slot));

	while (status == MN_OK && (status = conn_step(c, st)) == 1) {
		const int32_t key = (int32_t)sqlite3_column_int64(st, 1);

		if (found == t->limit || key < last || bound_of(c, key) < (double)t->floor) {
			raise(&t->bound, bound_of(c, key));
			sqlite3_reset(st);
			return MN_OK;
		}
		status = take_entry(c, st, out);
		if (status == MN_OK && out->at[out->n - 1].weight >= (double)t->floor)
			found++;
		else if (status == MN_OK)
			raise(&t->bound, out->at[--out->n].weight);
		if (status == MN_OK && found % 1024 == 1023)
			status = conn_check(c);
		if (status != MN_OK)
			sqlite3_reset(st);
	}
	return status;
}

static int take_slots(
	struct conn *c, mn_id near, const struct reach *r, struct take *t, struct edges *out)
{
	const size_t first = out->n;
	int64_t last = INT64_MIN;
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < c->pending.ncounts; i++) {
		bool want;

		status = wanted(c, r, c->pending.counts[i].slot, &want);
		if (status != MN_OK || !want)
			continue;
		status = take_slot(c, near, c->pending.counts[i].slot, t, last, out);
		if (status != MN_OK || out->n - first < t->limit)
			continue;
		qsort(out->at + first, out->n - first, sizeof(*out->at), compare_edges);
		choose(c, t, out, first);
		last = t->limit ? out->at[out->n - 1].key : INT64_MAX;
	}
	return status;
}

/* How long the neuron's list is, of the reach and altogether. */
static int measure_list(struct conn *c, const struct reach *r, struct take *t, uint64_t *all)
{
	int status = MN_OK;

	*all = 0;
	for (size_t i = 0; status == MN_OK && i < c->pending.ncounts; i++) {
		bool want;

		status = wanted(c, r, c->pending.counts[i].slot, &want);
		*all += c->pending.counts[i].n;
		if (status == MN_OK && want)
			t->degree += c->pending.counts[i].n;
	}
	return status;
}

int adjacency_take(
	struct conn *c, mn_id near, const struct reach *r, struct take *t, struct edges *out)
{
	const size_t first = out->n;
	sqlite3_stmt *st;
	uint64_t all;
	int status = ASK(c, &st, read_all, I((int64_t)near));

	t->degree = 0;
	t->bound = 0;
	if (status == MN_OK)
		status = conn_step(c, st);
	if (status <= 0)
		return status;
	status = sqlite3_column_int64(st, 0) == 0 ? take_head(c, column_blob(st, 4))
						  : conn_corrupt(c, "a list has no head");
	if (status == MN_OK)
		status = measure_list(c, r, t, &all);
	if (status != MN_OK || t->degree == 0 || t->limit == 0) {
		t->bound = t->degree ? 1 : 0;
		sqlite3_reset(st);
		return status;
	}
	if (all <= SMALL) {
		status = take_whole(c, st, r, out);
	} else {
		sqlite3_reset(st);
		status = take_slots(c, near, r, t, out);
	}
	if (status != MN_OK)
		return status;
	if (out->n - first > 1)
		qsort(out->at + first, out->n - first, sizeof(*out->at), compare_edges);
	choose(c, t, out, first);
	return MN_OK;
}

int adjacency_synapses(struct conn *c, mn_id near, mn_id after, mn_id *ids, size_t most, size_t *n)
{
	sqlite3_stmt *st;
	int status = ASK(
		c, &st, read_synapses, I((int64_t)near), I((int64_t)after), I((int64_t)most));

	*n = 0;
	while (status == MN_OK && (status = conn_step(c, st)) == 1) {
		ids[(*n)++] = (mn_id)sqlite3_column_int64(st, 0);
		status = MN_OK;
	}
	return status;
}
