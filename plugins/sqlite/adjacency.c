/* SPDX-License-Identifier: MIT */
/*
 * adjacency.c - lists as they are asked for and changed.
 *
 * A synapse stands once at each end (once altogether, from a neuron to itself), in a list of its
 * own type and way: slot = type << 2 | way. So a list of certain types and directions is a merge
 * of slots, none of which holds anything unwanted, and each is read only as far as is asked for.
 */
#include "adjacency.h"

#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "heap.h"
#include "sweep.h"

#define MOST_EDGES ((size_t)1 << 26) /* of one expand */

/* ---- Writing ------------------------------------------------------------------------------ */

static size_t fresh(const struct conn *c)
{
	return c->overlay.n - c->overlay.fresh;
}

static int load(struct conn *c)
{
	int status = marks_load(c);

	return status == MN_OK ? overlay_load(c) : status;
}

/* Room for one more synapse. */
static int make_room(struct conn *c)
{
	int status = load(c);

	return status == MN_OK && fresh(c) + 2 > MOST_CHANGES ? adjacency_settle(c) : status;
}

/* The entry as the list of the first end has it. */
static int begin(struct conn *c, const struct listed *l, struct link *out)
{
	const enum way way = l->from == l->to || l->two_way ? WAY_BOTH : WAY_OUT;
	int status = make_room(c);

	*out = (struct link){l->to, l->id, l->base, l->day, l->key, (uint32_t)l->type << 2 | way};
	if (status == MN_OK && marks_has(c, MARK_GONE, l->id))
		out->id |= LINK_AGAIN;
	return status;
}

int adjacency_add(struct conn *c, const struct listed *l)
{
	struct link link;
	int status = begin(c, l, &link);

	return status == MN_OK ? overlay_put(c, l->from, &link, c->tally.logged + 1, true) : status;
}

int adjacency_remove(struct conn *c, const struct listed *l, enum ends ends)
{
	const uint64_t seq = c->tally.logged + 1;
	struct link link;
	int status = begin(c, l, &link);

	if (status != MN_OK)
		return status;
	if (ends == ENDS_BOTH)
		return overlay_put(c, l->from, &link, seq, false);
	link.id = l->id; /* it was not marked when this was decided */
	if (ends == ENDS_FROM)
		return overlay_put_one(c, l->from, &link, seq, false);
	link.far = l->from;
	if ((link.slot & WAY_BOTH) != WAY_BOTH)
		link.slot ^= WAY_BOTH;
	return overlay_put_one(c, l->to, &link, seq, false);
}

int adjacency_mark(struct conn *c, mn_id synapse, mn_id from, mn_id to, unsigned *left)
{
	int status = make_room(c); /* first: it makes lists long and short */

	*left = ENDS_BOTH;
	if (status != MN_OK || marks_has(c, MARK_GONE, synapse) || !marks_room(c, synapse))
		return status;
	*left = (marks_has(c, MARK_LONG, from) ? ENDS_FROM : 0)
		| (marks_has(c, MARK_LONG, to) ? ENDS_TO : 0);
	return *left == ENDS_BOTH ? MN_OK : marks_set(c, MARK_GONE, synapse, true);
}

int adjacency_settle(struct conn *c)
{
	int status = load(c);

	if (status == MN_OK)
		status = sweep_all(c);
	if (status == MN_OK)
		status = marks_flush(c);
	return status == MN_OK ? overlay_load(c) : status;
}

int adjacency_flush(struct conn *c)
{
	const size_t n = c->overlay.known ? fresh(c) : 0;
	int status = n ? sweep_after(c, n) : MN_OK;

	return status == MN_OK ? marks_flush(c) : status;
}

int adjacency_clear(struct conn *c)
{
	struct tally *t = &c->tally;
	int status = block_clear(c);

	if (c->recent.changes.len || c->recent.changes.broken)
		later_close(c);
	overlay_forget(c);
	t->swept = t->sweep_to = t->logged;
	t->sweep_at = 0;
	if (status == MN_OK)
		status = marks_clear(c);
	return status == MN_OK ? later_delete(c, INT64_MAX) : status;
}

void adjacency_forget(struct conn *c)
{
	overlay_forget(c);
	block_forget(c);
	marks_forget(c);
}

void adjacency_free(struct conn *c)
{
	overlay_free(c);
	block_free(c);
	marks_free(c);
}

int adjacency_drop(struct conn *c, mn_id near)
{
	struct links *l = &c->stored.links;
	int status = load(c);

	if (status == MN_OK)
		status = overlay_net(c, near);
	if (status != MN_OK || c->overlay.adds.n || c->overlay.gone.n)
		return status; /* when these are merged, what is dead goes too */
	status = block_load(c, near);
	if (status != MN_OK || c->stored.is_long || l->n == 0)
		return status;
	for (size_t i = 0; i < l->n; i++)
		if (!marks_dead(c, l->at[i].id))
			return conn_corrupt(c, "a list leads to no synapse");
	l->n = 0;
	return block_put_list(c);
}

static const char long_lists[] = "SELECT near FROM list WHERE substr(head, 1, 1) <> x'00'";

int adjacency_mark_long(struct conn *c)
{
	sqlite3_stmt *st;
	int status;

	marks_forget(c);
	c->marks.known = true;
	c->marks.at = c->tally.marked = 0;
	status = conn_ask(c, long_lists, NULL, 0, &st);
	while (status == MN_OK && (status = conn_step(c, st)) == 1) {
		status = marks_set(c, MARK_LONG, (mn_id)sqlite3_column_int64(st, 0), true);
		if (status != MN_OK)
			sqlite3_reset(st);
	}
	if (status == MN_OK)
		status = marks_flush(c);
	marks_forget(c);
	return status;
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

/* What a run of entries has in common mostly, so that it is reckoned once. Zeroed: nothing. */
struct common {
	bool known;
	int64_t day;
	double decay;
	uint32_t slot;
	uint16_t type;
};

static int add_edge(struct conn *c, const struct link *l, struct common *k, struct edges *out)
{
	struct edge *e;
	int status = MN_OK;

	if (!heap_grow(c->host, &out->at, &out->cap, out->n + 1, sizeof(*out->at), MOST_EDGES))
		return conn_memory(c);
	if (!k->known || k->day != l->day) {
		const int64_t today = c->measure.clock ? mn_day_of(c->measure.clock) : INT64_MIN;
		const int64_t days = today > l->day ? today - l->day : 0;

		/* The same steps as mn_weight_at, so that every store gives the same bits. */
		k->decay = days ? exp(-c->measure.rate * (double)days) : 1;
		k->day = l->day;
	}
	if (!k->known || k->slot != l->slot)
		status = dictionary_type(c, MN_SYNAPSE, (k->slot = l->slot) >> 2, &k->type);
	k->known = true;
	e = &out->at[out->n++];
	*e = (struct edge){
		l->far, link_synapse(l), l->base * k->decay, l->key, k->type, l->slot & WAY_OUT};
	return status;
}

static double bound_of(const struct conn *c, int32_t key)
{
	return mn_weight_bound(key, c->measure.rate, c->measure.clock, c->tally.oldest);
}

/* From this key on, entries reach the floor without a doubt; two steps are more than rounding. */
static int64_t sure_key(const struct conn *c, double floor)
{
	const int64_t clock = c->measure.clock ? mn_day_of(c->measure.clock) : c->tally.oldest;
	const int64_t day = clock > c->tally.oldest ? clock : c->tally.oldest;
	double key;

	if (!(floor > 0))
		return INT64_MIN;
	key = (log(floor) + c->measure.rate * (double)day) * MN_KEY_STEPS + 2;
	return floor <= 1 && key < INT32_MAX ? (int64_t)key : INT64_MAX;
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

/* What one neuron is asked for, on its way. */
struct taking {
	const struct reach *reach;
	struct take *take;
	struct edges *out;
	size_t first; /* of it in `out`, where edges stand in order */
	struct common common;
	int64_t last; /* no entry of a lesser key matters any more */
	int64_t sure; /* entries from this key on weigh enough */
};

/* An entry that is wanted, unless it weighs too little. */
static int take_link(struct conn *c, struct taking *k, const struct link *l)
{
	const struct edge *e;
	int status = add_edge(c, l, &k->common, k->out);

	if (status != MN_OK)
		return status;
	e = &k->out->at[k->out->n - 1];
	if (e->weight >= (double)k->take->floor)
		return MN_OK;
	raise(&k->take->bound, e->weight);
	k->out->n--;
	return MN_OK;
}

/* Puts the edges from `from` on, in order, among those before them, from k->first on. */
static int put_among(struct conn *c, struct taking *k, size_t from)
{
	struct edges *o = k->out;
	size_t a = from, to = o->n;

	if (from == k->first || from == o->n || compare_edges(&o->at[from - 1], &o->at[from]) < 0)
		return MN_OK;
	if (!heap_grow(c->host, &o->at, &o->cap, 2 * o->n - from, sizeof(*o->at), MOST_EDGES))
		return conn_memory(c);
	memcpy(o->at + o->n, o->at + from, (o->n - from) * sizeof(*o->at));
	for (size_t b = 2 * o->n - from; b > o->n;) {
		const bool earlier = a > k->first
				     && compare_edges(&o->at[a - 1], &o->at[b - 1]) > 0;

		o->at[--to] = earlier ? o->at[--a] : o->at[--b];
	}
	return MN_OK;
}

/* A run of edges in order has come in at `from`: it takes its place, and what is beyond the limit
 * goes. */
static int join(struct conn *c, struct taking *k, size_t from)
{
	const size_t most = k->first + k->take->limit;
	int status = put_among(c, k, from);

	if (status != MN_OK || k->out->n < most)
		return status;
	if (k->out->n > most)
		raise(&k->take->bound, bound_of(c, k->out->at[most].key));
	k->out->n = most;
	if (k->take->limit)
		k->last = k->out->at[most - 1].key;
	return MN_OK;
}

/* What waits to come into the list, in no order. */
static int take_adds(struct conn *c, struct taking *k)
{
	const struct links *l = &c->overlay.adds;
	uint32_t slot = 0;
	bool want = false;
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < l->n; i++) {
		if (i == 0 || l->at[i].slot != slot)
			status = wanted(c, k->reach, slot = l->at[i].slot, &want);
		if (!want || marks_dead(c, l->at[i].id))
			continue;
		k->take->degree++;
		if (status == MN_OK && k->take->limit)
			status = take_link(c, k, &l->at[i]);
	}
	if (status != MN_OK || k->out->n == k->first)
		return status;
	qsort(k->out->at + k->first, k->out->n - k->first, sizeof(*k->out->at), compare_edges);
	return join(c, k, k->first);
}

/* Can an entry of this key still be among those that are asked for? */
static bool matters(const struct conn *c, const struct taking *k, size_t from, int32_t key)
{
	return k->out->n - from < k->take->limit && key >= k->last
	       && (key >= k->sure || bound_of(c, key) >= (double)k->take->floor);
}

/* One entry after the other of one slot. */
struct run {
	size_t from; /* the first of its edges */
	int64_t key; /* of the last entry that came */
	bool more;   /* it mattered, and so may those that follow */
};

static struct run begin_run(const struct taking *k)
{
	return (struct run){.from = k->out->n, .key = INT64_MAX, .more = k->take->limit > 0};
}

static int take_next(struct conn *c, struct taking *k, struct run *r, const struct link *l)
{
	if (l->key != r->key || k->out->n - r->from == k->take->limit) {
		r->key = l->key; /* entries of one key matter alike */
		r->more = matters(c, k, r->from, l->key);
		if (!r->more)
			raise(&k->take->bound, bound_of(c, l->key));
	}
	return r->more ? take_link(c, k, l) : MN_OK;
}

static int take_short(struct conn *c, struct taking *k)
{
	const struct links *l = &c->stored.links;
	struct run run = begin_run(k);
	bool want = false;
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < l->n; i++) {
		if (i == 0 || l->at[i].slot != l->at[i - 1].slot) {
			status = wanted(c, k->reach, l->at[i].slot, &want);
			if (status == MN_OK)
				status = join(c, k, run.from);
			run = begin_run(k);
		}
		if (!want || overlay_is_gone(c, l->at[i].id) || marks_dead(c, l->at[i].id))
			continue;
		k->take->degree++;
		if (status == MN_OK && run.more)
			status = take_next(c, k, &run, &l->at[i]);
	}
	return status == MN_OK ? join(c, k, run.from) : status;
}

/* The entries of one block, as far as they matter. *n: how many were looked at. */
static int take_block(
	struct conn *c, struct taking *k, uint32_t slot, int64_t id, struct run *r, uint64_t *n)
{
	struct packed p;
	sqlite3_stmt *st;
	int status = conn_check(c);

	if (status == MN_OK)
		status = block_open(c, id, &p, &st);
	if (status != MN_OK)
		return status;
	while (r->more && (status = packed_next(c, &p)) == 1) {
		++*n;
		status = p.link.slot == slot
				 ? MN_OK
				 : conn_corrupt(c, "a part of a list is of another one");
		if (status == MN_OK && !overlay_is_gone(c, p.link.id))
			status = take_next(c, k, r, &p.link);
		if (status != MN_OK)
			break;
	}
	sqlite3_reset(st);
	return status;
}

/* The blocks of a slot behind its first, as far as they matter. */
static int take_rest(struct conn *c, struct taking *k, uint32_t slot, struct run *r)
{
	const struct places *places = &c->stored.places;
	uint64_t looked = 0;
	size_t i = 0;
	int status = block_places(c);

	while (status == MN_OK && i < places->n && places->at[i].first.slot != slot)
		i++;
	for (i++; status == MN_OK && r->more && i < places->n; i++) {
		const struct place *p = &places->at[i];

		if (p->first.slot != slot)
			break;
		r->more = matters(c, k, r->from, p->first.key);
		if (r->more)
			status = take_block(c, k, slot, p->id, r, &looked);
		else
			raise(&k->take->bound, bound_of(c, p->first.key));
	}
	return status;
}

/*
 * One slot, as far as it can matter: until limit entries are found, no entry can reach the floor
 * any more, or all that follow come after `last`, the limit-th found in other slots.
 */
static int take_slot(struct conn *c, struct taking *k, const struct slot_count *s)
{
	struct run run = begin_run(k);
	uint64_t looked = 0;
	int status = MN_OK;

	if (run.more)
		status = take_block(c, k, s->slot, s->first, &run, &looked);
	if (status == MN_OK && run.more && looked < s->n)
		status = take_rest(c, k, s->slot, &run);
	return status == MN_OK ? join(c, k, run.from) : status;
}

/* Degrees are counted in heads as of before what waits. */
static int count_gone(struct conn *c, struct taking *k)
{
	const struct links *gone = &c->overlay.gone;
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < gone->n; i++) {
		bool want;

		status = wanted(c, k->reach, gone->at[i].slot, &want);
		if (status != MN_OK || !want)
			continue;
		if (k->take->degree == 0)
			return conn_corrupt(c, "a list is longer than its head says");
		k->take->degree--;
	}
	return status;
}

static int take_long(struct conn *c, struct taking *k)
{
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < c->stored.nslots; i++) {
		bool want;

		status = wanted(c, k->reach, c->stored.slots[i].slot, &want);
		if (status != MN_OK || !want)
			continue;
		k->take->degree += c->stored.slots[i].n;
		status = take_slot(c, k, &c->stored.slots[i]);
	}
	return status == MN_OK ? count_gone(c, k) : status;
}

int adjacency_take(
	struct conn *c, mn_id near, const struct reach *r, struct take *t, struct edges *out)
{
	struct taking k = {.reach = r, .take = t, .out = out, .first = out->n, .last = INT64_MIN};
	int status = load(c);

	t->degree = 0;
	t->bound = 0;
	k.sure = sure_key(c, (double)t->floor);
	if (status == MN_OK)
		status = overlay_net(c, near);
	if (status == MN_OK)
		status = block_load(c, near);
	if (status == MN_OK)
		status = take_adds(c, &k);
	if (status == MN_OK)
		status = c->stored.is_long ? take_long(c, &k) : take_short(c, &k);
	if (t->degree && !t->limit)
		t->bound = 1;
	return status;
}

/* ---- Ids of synapses ---------------------------------------------------------------------- */

/* The least of the ids that were met, ascending once they are cut. */
struct least {
	mn_id after, *at;
	size_t n, room, most;
};

static int compare_ids(const void *a, const void *b)
{
	const mn_id x = *(const mn_id *)a, y = *(const mn_id *)b;

	return (x > y) - (x < y);
}

static void cut(struct least *l)
{
	qsort(l->at, l->n, sizeof(*l->at), compare_ids);
	if (l->n > l->most)
		l->n = l->most;
}

static void meet(struct conn *c, struct least *l, const struct links *links, bool but_gone)
{
	for (size_t i = 0; i < links->n; i++) {
		const mn_id entry = links->at[i].id, id = link_synapse(&links->at[i]);

		if (id <= l->after || (but_gone && overlay_is_gone(c, entry))
			|| marks_dead(c, entry))
			continue;
		if (l->n == l->room)
			cut(l);
		l->at[l->n++] = id;
	}
}

static int meet_blocks(struct conn *c, struct least *l)
{
	int status = block_places(c);

	for (size_t i = 0; status == MN_OK && i < c->stored.places.n; i++) {
		c->stored.links.n = 0;
		status = conn_check(c);
		if (status == MN_OK)
			status = block_read(c, c->stored.places.at[i].id, &c->stored.links);
		if (status == MN_OK)
			meet(c, l, &c->stored.links, true);
	}
	return status;
}

int adjacency_synapses(struct conn *c, mn_id near, mn_id after, mn_id *ids, size_t most, size_t *n)
{
	struct least l = {.after = after, .most = most, .room = 4 * most};
	int status = load(c);

	*n = 0;
	l.at = heap_new(c->host, l.room * sizeof(*l.at));
	if (!l.at)
		return conn_memory(c);
	if (status == MN_OK)
		status = overlay_net(c, near);
	if (status == MN_OK)
		status = block_load(c, near);
	if (status == MN_OK) {
		meet(c, &l, &c->overlay.adds, false);
		meet(c, &l, &c->stored.links, true);
	}
	if (status == MN_OK && c->stored.is_long)
		status = meet_blocks(c, &l);
	cut(&l);
	if (status == MN_OK && l.n)
		memcpy(ids, l.at, (*n = l.n) * sizeof(*ids));
	heap_free(c->host, l.at);
	return status;
}
