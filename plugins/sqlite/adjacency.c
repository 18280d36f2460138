/* SPDX-License-Identifier: MIT */
/*
 * adjacency.c - lists as rows of table `edge`, in its primary key's order.
 *
 * A synapse stands once at each end (once altogether, from a neuron to itself), in a list of its
 * own type and way: slot = type << 2 | way. So a list of certain types and directions is a merge
 * of slots, none of which holds anything unwanted, and each is read only as far as is asked for.
 *
 *	near  slot  key       far  id  base    day
 *	7     0     0         0    0   x'05..' 0      the head of neuron 7: how long each slot is
 *	7     69    20480512  31   90  1       20103  a synapse of type 17 out of neuron 7
 *	8     0     0         0    0   x'00..' 0      the head of neuron 8: all of its short list
 *
 * Most neurons have a few dozen synapses: theirs are packed (packed.h) into the head, after a 0,
 * which is one row to write and to read. A list that outgrows this becomes rows for good, whose
 * key, then far, then id is the order within a list; base (see dictionary.h) and day give the
 * weight to the last bit. The head then holds varints of slot and length, for each slot that is
 * not empty, so that degrees are known without counting.
 */
#include "adjacency.h"

#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "heap.h"
#include "varint.h"

#define MOST_PENDING ((size_t)1 << 18) /* entries, of 72 bytes */
#define MOST_EDGES ((size_t)1 << 26)   /* of one expand */
#define MOST_LIST ((size_t)1 << 20)    /* that a short list may become before it is written */
#define MOST_SLOTS ((size_t)3 << 16)
#define MOST_BYTES ((size_t)1 << 28)
#define MANY_ROWS 16384              /* rows, */
#define MANY_BYTES ((size_t)4 << 20) /* or bytes of heads: they are sent on their way */
#define SHORT_LINKS 96               /* of a packed list at most, */
#define SHORT_BYTES 900              /* and no more than a page holds without overflow */

enum way { WAY_OUT = 1, WAY_IN = 2, WAY_BOTH = 3 };

static const char read_head[] = "SELECT base FROM edge WHERE near = ?1 AND slot = 0";
static const char delete_head[] = "DELETE FROM edge WHERE near = ?1 AND slot = 0";
static const char write_rows[] = "REPLACE INTO edge(near, slot, key, far, id, base, day)"
				 " SELECT c0, c1, c2, c3, c4, c5, c6 FROM feed";
static const char delete_edge[] =
	"DELETE FROM edge WHERE near = ?1 AND slot = ?2 AND key = ?3 AND far = ?4 AND id = ?5";
static const char delete_anywhere[] = "DELETE FROM edge WHERE near = ?1 AND slot = ?2 AND id = ?3";
static const char delete_all[] = "DELETE FROM edge";
static const char read_slot[] = "SELECT slot, key, far, id, base, day FROM edge"
				" WHERE near = ?1 AND slot = ?2 ORDER BY key DESC, far, id";
static const char read_synapses[] =
	"SELECT DISTINCT id FROM edge WHERE near = ?1 AND slot > 0 AND id > ?2 ORDER BY id"
	" LIMIT ?3";

/* ---- Heads -------------------------------------------------------------------------------- */

static int count(struct conn *c, uint32_t slot, uint64_t n)
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
	p->counts[i].n += n;
	return MN_OK;
}

static int uncount(struct conn *c, uint32_t slot)
{
	struct pending *p = &c->pending;
	size_t i = 0;

	while (i < p->ncounts && p->counts[i].slot != slot)
		i++;
	if (i == p->ncounts || p->counts[i].n == 0)
		return conn_corrupt(c, "a list is longer than its head says");
	p->counts[i].n--;
	return MN_OK;
}

static int take_counts(struct conn *c, mn_str head)
{
	const unsigned char *at = (const unsigned char *)head.ptr, *end = at + head.len;
	uint64_t slot, n;
	int status = MN_OK;

	while (status == MN_OK && at < end) {
		if (!varint_get(&at, end, &slot) || !varint_get(&at, end, &n)
			|| slot > MOST_SLOTS * 4)
			return conn_corrupt(c, "the head of a list is broken");
		status = count(c, (uint32_t)slot, n);
	}
	return status;
}

/* Into c->pending: nothing, all of the list, or the lengths of its slots. */
static int load_head(struct conn *c, mn_id near)
{
	struct pending *p = &c->pending;
	sqlite3_stmt *st;
	mn_str head;
	int status = ASK(c, &st, read_head, I((int64_t)near));

	p->ncounts = 0;
	p->list.n = 0;
	p->is_long = false;
	if (status == MN_OK)
		status = conn_step(c, st);
	if (status <= 0)
		return status;
	head = column_blob(st, 0);
	p->is_long = head.len == 0 || head.ptr[0] != 0;
	status = p->is_long ? take_counts(c, head)
			    : packed_read(c, near, (mn_str){head.ptr + 1, head.len - 1}, &p->list);
	sqlite3_reset(st);
	return status;
}

/* ---- Rows on their way -------------------------------------------------------------------- */

static struct value column_of_row(const void *ctx, const void *row, int i)
{
	const struct pending *p = ctx;
	const struct edge_row *e = row;

	switch (i) {
	case 0: return I((int64_t)e->near);
	case 1: return I(e->link.slot);
	case 2: return I(e->link.key);
	case 3: return I((int64_t)e->link.far);
	case 4: return I((int64_t)e->link.id);
	case 5:
		if (e->len)
			return B((mn_str){(char *)p->bytes + e->from, e->len});
		return e->code ? I(e->code) : R(e->link.base);
	default: return I(e->link.day);
	}
}

static int send_rows(struct conn *c)
{
	struct pending *p = &c->pending;
	const struct feed feed = {(char *)p->rows, p->nrows, sizeof(*p->rows), p, column_of_row};
	int status = feed_run(c, write_rows, &feed, NULL);

	p->nrows = p->nbytes = 0;
	return status;
}

static int put_row(struct conn *c, const struct edge_row *row)
{
	struct pending *p = &c->pending;

	if (!heap_grow(c->host, &p->rows, &p->rows_cap, p->nrows + 1, sizeof(*row), MOST_PENDING))
		return conn_memory(c);
	p->rows[p->nrows++] = *row;
	return MN_OK;
}

static int put_link(struct conn *c, mn_id near, const struct link *l)
{
	struct edge_row row = {.near = near, .link = *l};
	int status = dictionary_store_code(c, l->base, &row.code);

	return status == MN_OK ? put_row(c, &row) : status;
}

/* Room for a head behind those that wait; at: where it will be. */
static int reserve_bytes(struct conn *c, size_t n, unsigned char **at)
{
	struct pending *p = &c->pending;

	if (!heap_grow(c->host, &p->bytes, &p->bytes_cap, p->nbytes + n, 1, MOST_BYTES))
		return conn_memory(c);
	*at = p->bytes + p->nbytes;
	return MN_OK;
}

/* The head of so many bytes that stands there; of none: it goes. */
static int put_head(struct conn *c, mn_id near, size_t n)
{
	const struct edge_row row = {.near = near, .from = c->pending.nbytes, .len = n};

	c->pending.nbytes += n;
	return n ? put_row(c, &row) : RUN(c, delete_head, I((int64_t)near));
}

static int put_counts(struct conn *c, mn_id near)
{
	const struct pending *p = &c->pending;
	unsigned char *at;
	size_t n = 0;
	int status = reserve_bytes(c, p->ncounts * 2 * VARINT_MOST, &at);

	for (size_t i = 0; status == MN_OK && i < p->ncounts; i++) {
		if (p->counts[i].n == 0)
			continue;
		n += varint_put(at + n, p->counts[i].slot);
		n += varint_put(at + n, p->counts[i].n);
	}
	return status == MN_OK ? put_head(c, near, n) : status;
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
		.link = {far, l->id, l->base, l->day, l->key, (uint32_t)l->type << 2 | way},
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

/* The order of the table, so that neighbours in it are written one after the other. */
static int compare_pending(const void *a, const void *b)
{
	const struct pending_entry *x = a, *y = b;
	int order;

	if (x->near != y->near)
		return x->near < y->near ? -1 : 1;
	order = compare_links(&x->link, &y->link);
	return order ? order : x->turn < y->turn ? -1 : 1;
}

/* Keys come out of log and pow, which another machine may have rounded otherwise. */
static int delete_link(struct conn *c, mn_id near, const struct link *l)
{
	int status = RUN(c, delete_edge, I((int64_t)near), I(l->slot), I(l->key),
		I((int64_t)l->far), I((int64_t)l->id));

	if (status != MN_OK || sqlite3_changes(c->sql) == 1)
		return status;
	status = RUN(c, delete_anywhere, I((int64_t)near), I(l->slot), I((int64_t)l->id));
	if (status == MN_OK && sqlite3_changes(c->sql) != 1)
		status = conn_corrupt(c, "a synapse is missing from a list");
	return status;
}

/* Was the entry before added, and is it this one? Then it never was in the table. */
static bool take_back(struct pending *p, size_t first, const struct link *l)
{
	if (p->nrows == first || compare_links(&p->rows[p->nrows - 1].link, l) != 0)
		return false;
	p->nrows--;
	return true;
}

/* Entries of one neuron, whose list is rows. */
static int change_rows(struct conn *c, const struct pending_entry *e, size_t n)
{
	const size_t first = c->pending.nrows;
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < n; i++) {
		const struct link *l = &e[i].link;

		status = e[i].add ? count(c, l->slot, 1) : uncount(c, l->slot);
		if (status == MN_OK && e[i].add)
			status = put_link(c, e->near, l);
		else if (status == MN_OK && !take_back(&c->pending, first, l))
			status = delete_link(c, e->near, l);
	}
	return status == MN_OK ? put_counts(c, e->near) : status;
}

/* A list that is too long to stay packed. */
static int become_rows(struct conn *c, mn_id near)
{
	const struct links *list = &c->pending.list;
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < list->n; i++) {
		status = count(c, list->at[i].slot, 1);
		if (status == MN_OK)
			status = put_link(c, near, &list->at[i]);
	}
	return status == MN_OK ? put_counts(c, near) : status;
}

static int put_list(struct conn *c, mn_id near)
{
	struct links *list = &c->pending.list;
	unsigned char *at;
	size_t len;
	int status;

	if (list->n == 0)
		return put_head(c, near, 0);
	qsort(list->at, list->n, sizeof(*list->at), compare_links);
	if (list->n > SHORT_LINKS)
		return become_rows(c, near);
	status = reserve_bytes(c, 1 + list->n * PACKED_MOST, &at);
	if (status != MN_OK)
		return status;
	at[0] = 0;
	status = packed_write(c, near, list->at, list->n, at + 1, &len);
	if (status != MN_OK)
		return status;
	return len < SHORT_BYTES ? put_head(c, near, len + 1) : become_rows(c, near);
}

/* The entry as it was listed, from behind, since it may have been added just now; or, should its
 * key have been rounded otherwise (see delete_link), the first of that synapse. list->n: none. */
static size_t find_in_list(const struct links *list, const struct link *l)
{
	size_t i = list->n;

	while (i && compare_links(&list->at[i - 1], l) != 0)
		i--;
	if (i)
		return i - 1;
	while (i < list->n && (list->at[i].id != l->id || list->at[i].slot != l->slot))
		i++;
	return i;
}

static int change_in_list(struct conn *c, const struct pending_entry *e)
{
	struct links *list = &c->pending.list;
	size_t i;

	if (e->add) {
		if (!heap_grow(c->host, &list->at, &list->cap, list->n + 1, sizeof(e->link),
			    MOST_LIST))
			return conn_memory(c);
		list->at[list->n++] = e->link;
		return MN_OK;
	}
	i = find_in_list(list, &e->link);
	if (i == list->n)
		return conn_corrupt(c, "a synapse is missing from a list");
	list->at[i] = list->at[--list->n];
	return MN_OK;
}

/* All entries of one neuron. */
static int change_list(struct conn *c, const struct pending_entry *e, size_t n)
{
	int status = load_head(c, e->near);

	if (status != MN_OK)
		return status;
	if (c->pending.is_long)
		return change_rows(c, e, n);
	for (size_t i = 0; status == MN_OK && i < n; i++)
		status = change_in_list(c, &e[i]);
	return status == MN_OK ? put_list(c, e->near) : status;
}

int adjacency_flush(struct conn *c)
{
	struct pending *p = &c->pending;
	size_t n;
	int status = MN_OK;

	if (p->n > 1)
		qsort(p->entries, p->n, sizeof(*p->entries), compare_pending);
	for (size_t i = 0; status == MN_OK && i < p->n; i += n) {
		const mn_id near = p->entries[i].near;

		for (n = 1; i + n < p->n && p->entries[i + n].near == near;)
			n++;
		status = change_list(c, &p->entries[i], n);
		if (status == MN_OK && (p->nrows >= MANY_ROWS || p->nbytes >= MANY_BYTES))
			status = send_rows(c);
	}
	if (status == MN_OK)
		status = send_rows(c);
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
	c->pending.n = c->pending.nrows = c->pending.nbytes = 0;
}

void adjacency_free(struct conn *c)
{
	heap_free(c->host, c->pending.entries);
	heap_free(c->host, c->pending.counts);
	heap_free(c->host, c->pending.list.at);
	heap_free(c->host, c->pending.rows);
	heap_free(c->host, c->pending.bytes);
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

static int add_edge(struct conn *c, const struct link *l, struct edges *out)
{
	const int64_t today = c->measure.clock ? mn_day_of(c->measure.clock) : INT64_MIN;
	const int64_t days = today > l->day ? today - l->day : 0;
	struct edge *e;

	if (!heap_grow(c->host, &out->at, &out->cap, out->n + 1, sizeof(*out->at), MOST_EDGES))
		return conn_memory(c);
	e = &out->at[out->n++];
	*e = (struct edge){.key = l->key, .far = l->far, .id = l->id, .out = l->slot & WAY_OUT};
	/* The same steps as mn_weight_at, so that every store gives the same bits. */
	e->weight = l->base * (days ? exp(-c->measure.rate * (double)days) : 1);
	return dictionary_type(c, MN_SYNAPSE, l->slot >> 2, &e->type);
}

static int add_row(struct conn *c, sqlite3_stmt *st, struct edges *out)
{
	struct link l = {
		.slot = (uint32_t)sqlite3_column_int64(st, 0),
		.key = (int32_t)sqlite3_column_int64(st, 1),
		.far = (mn_id)sqlite3_column_int64(st, 2),
		.id = (mn_id)sqlite3_column_int64(st, 3),
		.day = sqlite3_column_int64(st, 5),
	};
	int status = dictionary_number(c, st, 4, &l.base);

	return status == MN_OK ? add_edge(c, &l, out) : status;
}

static double bound_of(const struct conn *c, int32_t key)
{
	return mn_weight_bound(key, c->measure.rate, c->measure.clock, c->tally.oldest);
}

static int compare_edges(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->key != y->key)
		return x->key > y->key ? -1 : 1;
	if (x->far != y->far)
		return x->far < y->far ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static void raise(double *bound, double x)
{
	if (x > *bound)
		*bound = x;
}

/* Puts what stands from `first` on in order, and leaves of it what floor and limit leave. */
static void choose(struct conn *c, struct take *t, struct edges *out, size_t first)
{
	size_t n = first, i = first;

	if (out->n - first > 1)
		qsort(out->at + first, out->n - first, sizeof(*out->at), compare_edges);
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

static int take_list(struct conn *c, const struct reach *r, struct take *t, struct edges *out)
{
	const struct links *list = &c->pending.list;
	const size_t first = out->n;
	bool want = false;
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < list->n; i++) {
		if (i == 0 || list->at[i].slot != list->at[i - 1].slot)
			status = wanted(c, r, list->at[i].slot, &want);
		t->degree += want;
		if (status == MN_OK && want && t->limit)
			status = add_edge(c, &list->at[i], out);
	}
	if (status == MN_OK && t->limit)
		choose(c, t, out, first);
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
		status = add_row(c, st, out);
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
	const struct pending *p = &c->pending;
	const size_t first = out->n;
	int64_t last = INT64_MIN;
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < p->ncounts; i++) {
		bool want;

		status = wanted(c, r, p->counts[i].slot, &want);
		if (status != MN_OK || !want)
			continue;
		t->degree += p->counts[i].n;
		if (t->limit)
			status = take_slot(c, near, p->counts[i].slot, t, last, out);
		if (status != MN_OK || !t->limit || out->n - first < t->limit)
			continue;
		choose(c, t, out, first);
		last = out->at[out->n - 1].key;
	}
	if (status == MN_OK && t->limit)
		choose(c, t, out, first);
	return status;
}

int adjacency_take(
	struct conn *c, mn_id near, const struct reach *r, struct take *t, struct edges *out)
{
	int status = load_head(c, near);

	t->degree = 0;
	t->bound = 0;
	if (status == MN_OK)
		status = c->pending.is_long ? take_slots(c, near, r, t, out)
					    : take_list(c, r, t, out);
	if (t->degree && !t->limit)
		t->bound = 1;
	return status;
}

static int compare_ids(const void *a, const void *b)
{
	const mn_id x = *(const mn_id *)a, y = *(const mn_id *)b;

	return (x > y) - (x < y);
}

/* A short list's ids: at most `most`, so the lowest if there are more. */
static void listed_synapses(struct conn *c, mn_id after, mn_id *ids, size_t most, size_t *n)
{
	const struct links *list = &c->pending.list;
	mn_id all[MOST_PACKED];
	size_t nall = 0;

	for (size_t i = 0; i < list->n && nall < MOST_PACKED; i++)
		if (list->at[i].id > after)
			all[nall++] = list->at[i].id;
	qsort(all, nall, sizeof(*all), compare_ids);
	*n = nall < most ? nall : most;
	memcpy(ids, all, *n * sizeof(*ids));
}

int adjacency_synapses(struct conn *c, mn_id near, mn_id after, mn_id *ids, size_t most, size_t *n)
{
	sqlite3_stmt *st;
	int status = load_head(c, near);

	*n = 0;
	if (status != MN_OK)
		return status;
	if (!c->pending.is_long) {
		listed_synapses(c, after, ids, most, n);
		return MN_OK;
	}
	status = ASK(c, &st, read_synapses, I((int64_t)near), I((int64_t)after), I((int64_t)most));
	while (status == MN_OK && (status = conn_step(c, st)) == 1) {
		ids[(*n)++] = (mn_id)sqlite3_column_int64(st, 0);
		status = MN_OK;
	}
	return status;
}
