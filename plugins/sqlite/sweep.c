/* SPDX-License-Identifier: MIT */
#include "sweep.h"

#include <stdlib.h>

#include "connection.h"
#include "heap.h"

#ifdef MN_HASTY /* for tests: so that little is enough for all of it */
#define MANY_FRESH 300
#define MANY_WAITING 500
#define BEGIN_AT 40
#define SLICE_CHANGES 8
#define SLICE_EVERY 2
#define SLICE_FRESH 20
#define BULK_FRESH 100
#define FEW_LINKS 6
#define SMALL_BLOCK 3
#else
#define MANY_FRESH 65536    /* changes of one transaction that are merged at once, */
#define MANY_WAITING 131072 /* and that wait altogether */
#define BEGIN_AT 65536      /* changes that wait: a sweep begins */
#define SLICE_CHANGES 2048  /* that are merged in one slice, */
#define SLICE_EVERY 16      /* which comes with every so many commits, */
#define SLICE_FRESH 512     /* or one that brings so many; */
#define BULK_FRESH 8192     /* one that brings so many leaves all to the one that has too many */
#define FEW_LINKS 64        /* a long list of so many becomes short again */
#define SMALL_BLOCK 48      /* entries of a block that is joined to the next */
#endif
#define CHECK_EVERY 256
#define FETCH_AHEAD 16
#define FEW_ADDS 24 /* that are sorted as one sorts cards */

/* ---- One list ----------------------------------------------------------------------------- */

static int missing(struct conn *c)
{
	return conn_corrupt(c, "a synapse is missing from a list");
}

/* Takes out what is gone, but what has come in. Returns how many there were. */
static size_t take_out(const struct conn *c, struct links *l, size_t from, const struct links *in)
{
	size_t kept = from, found;

	if (c->overlay.gone.n == 0)
		return 0;
	for (size_t i = from; i < l->n; i++)
		if (!overlay_is_gone(c, l->at[i].id)
			|| (in
				&& bsearch(
					&l->at[i], in->at, in->n, sizeof(*in->at), compare_links)))
			l->at[kept++] = l->at[i];
	found = l->n - kept;
	l->n = kept;
	return found;
}

/* n sorted links come among those that are there, sorted too. */
static int put_in(struct conn *c, struct links *l, const struct link *adds, size_t n)
{
	size_t old = l->n, to = l->n + n;

	if (!heap_grow(c->host, &l->at, &l->cap, to, sizeof(*l->at), MOST_LINKS))
		return conn_memory(c);
	l->n = to;
	while (n) {
		const bool later = old && compare_links(&l->at[old - 1], &adds[n - 1]) > 0;

		l->at[--to] = later ? l->at[--old] : adds[--n];
	}
	return MN_OK;
}

/*
 * Leaves out what is dead; but not what changes after row `until` will take out: they want to find
 * it.
 */
static int bury(struct conn *c, struct links *l, uint64_t until)
{
	size_t kept, i = 0;
	int status;

	while (i < l->n && !marks_dead(c, l->at[i].id))
		i++;
	if (i == l->n)
		return MN_OK;
	status = overlay_hold(c, c->stored.near, until);
	for (kept = i; i < l->n; i++)
		if (!marks_dead(c, l->at[i].id) || overlay_holds(c, l->at[i].id))
			l->at[kept++] = l->at[i];
	l->n = kept;
	return status;
}

static int merge_short(struct conn *c, uint64_t until)
{
	const struct overlay *o = &c->overlay;
	struct links *l = &c->stored.links;
	int status;

	if (take_out(c, l, 0, NULL) != o->gone.n)
		return missing(c);
	status = bury(c, l, until);
	if (status == MN_OK)
		status = put_in(c, l, o->adds.at, o->adds.n);
	return status == MN_OK ? block_put_list(c) : status;
}

/* All blocks of a list that has become short: they go, their entries come into the row. */
static int gather(struct conn *c)
{
	struct stored *s = &c->stored;
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < s->places.n; i++) {
		status = block_read(c, s->places.at[i].id, &s->links);
		if (status == MN_OK)
			status = block_drop(c, s->places.at[i].id);
	}
	if (status == MN_OK && s->directory)
		status = block_drop(c, s->directory);
	s->is_long = false;
	s->directory = 0;
	return status;
}

/* The block where such an entry is, if it is there. NULL: there is none of its slot. */
static struct place *place_of(const struct places *places, const struct link *l)
{
	size_t low = 0, high = places->n;

	while (low < high) { /* the first place that begins after it */
		const size_t mid = (low + high) / 2;

		if (compare_links(&places->at[mid].first, l) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low && places->at[low - 1].first.slot == l->slot)
		return &places->at[low - 1];
	return low < places->n && places->at[low].first.slot == l->slot ? &places->at[low] : NULL;
}

static void touch(struct conn *c, const struct links *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct place *p = place_of(&c->stored.places, &l->at[i]);

		if (p)
			p->touched = true;
	}
}

/* A long list on its way from old places to new ones. */
struct merge {
	struct conn *c;
	const struct link *add, *end; /* what is still to come in */
	size_t found;                 /* of what is gone */
	const struct links *in;       /* NULL, or what has come in already */
	struct links run; /* entries of a block, before it those of one that got small */
	struct places *old, out;
};

/* How many of what comes in belong into the block at i. */
static size_t adds_of(const struct merge *m, size_t i)
{
	const struct place *p = &m->old->at[i], *next = i + 1 < m->old->n ? p + 1 : NULL;
	size_t n = 0;

	if (next && next->first.slot != p->first.slot)
		next = NULL;
	while (m->add + n < m->end && m->add[n].slot == p->first.slot
		&& (!next || compare_links(&m->add[n], &next->first) < 0))
		n++;
	return n;
}

/* Slots that there were none of. */
static int add_slots(struct merge *m, uint32_t below)
{
	int status = MN_OK;

	while (status == MN_OK && m->add < m->end && m->add->slot < below) {
		size_t n = 1;

		while (m->add + n < m->end && m->add[n].slot == m->add->slot)
			n++;
		status = block_put_run(m->c, m->add, n, 0, GROWS_AT_FIRST, &m->out);
		m->add += n;
	}
	return status;
}

/* Where the block at i grows by what comes in; m->run has its entries. */
static enum growth growth_of(const struct merge *m, size_t i, size_t adds)
{
	const struct places *old = m->old;
	const uint32_t slot = old->at[i].first.slot;
	const bool first = !m->out.n || m->out.at[m->out.n - 1].first.slot != slot;
	const bool last = i + 1 == old->n || old->at[i + 1].first.slot != slot;

	if (last && adds && m->run.n && compare_links(&m->run.at[m->run.n - 1], m->add) < 0)
		return GROWS_AT_LAST;
	return first ? GROWS_AT_FIRST : GROWS_WITHIN;
}

/* The block at i with what is gone, comes in, or was left over by the one before. */
static int rewrite_block(struct merge *m, size_t i, size_t adds)
{
	const struct place *p = &m->old->at[i];
	const size_t before = m->run.n;
	const bool more = i + 1 < m->old->n && p[1].first.slot == p->first.slot;
	enum growth growth;
	size_t found;
	int status = block_read(m->c, p->id, &m->run);

	if (status != MN_OK)
		return status;
	found = take_out(m->c, &m->run, before, m->in);
	m->found += found;
	growth = growth_of(m, i, adds);
	status = put_in(m->c, &m->run, m->add, adds);
	if (status != MN_OK || (found && more && m->run.n < SMALL_BLOCK) || m->run.n == 0)
		return status == MN_OK ? block_drop(m->c, p->id) : status;
	status = block_put_run(m->c, m->run.at, m->run.n, p->id, growth, &m->out);
	m->run.n = 0;
	return status;
}

/* Likewise, in the quickest way. */
static int merge_block(struct merge *m, size_t i)
{
	struct place place = m->old->at[i];
	const size_t adds = adds_of(m, i);
	bool done = false;
	int status = MN_OK;

	if (adds && m->run.n == 0 && m->c->overlay.gone.n == 0)
		status = block_splice(m->c, &place, m->add, adds, &done);
	if (status == MN_OK)
		status = done ? places_add(m->c, &m->out, &place) : rewrite_block(m, i, adds);
	m->add += adds;
	return status;
}

static int merge_places(struct merge *m)
{
	int status = MN_OK;

	for (size_t i = 0; status == MN_OK && i < m->old->n; i++) {
		const struct place *p = &m->old->at[i];

		status = add_slots(m, p->first.slot);
		if (status == MN_OK)
			status = p->touched || m->run.n ? merge_block(m, i)
							: places_add(m->c, &m->out, p);
	}
	return status == MN_OK ? add_slots(m, UINT32_MAX) : status;
}

/* Keys come out of log and pow, which another machine may have rounded otherwise: then an entry
 * may stand in another block than it should, and all of its slot are looked through. */
static int search_all(struct merge *m)
{
	const struct links *gone = &m->c->overlay.gone;
	int status = block_send(m->c); /* so that blocks can be read again */

	m->old->n = 0;
	for (size_t i = 0; status == MN_OK && i < m->out.n; i++)
		status = places_add(m->c, m->old, &m->out.at[i]);
	for (size_t i = 0; i < m->old->n; i++) {
		m->old->at[i].touched = false;
		for (size_t k = 0; k < gone->n; k++)
			m->old->at[i].touched |= gone->at[k].slot == m->old->at[i].first.slot;
	}
	m->out.n = 0;
	m->in = &m->c->overlay.adds;
	return status == MN_OK ? merge_places(m) : status;
}

static int merge_blocks(struct merge *m)
{
	struct stored *s = &m->c->stored;
	const size_t gone = m->c->overlay.gone.n;
	struct places kept;
	int status = merge_places(m);

	if (status == MN_OK && m->found < gone)
		status = search_all(m);
	if (status == MN_OK && m->found != gone)
		status = missing(m->c);
	if (status != MN_OK)
		return status;
	kept = s->places;
	s->places = m->out;
	m->out = kept;
	return block_put_head(m->c);
}

static int merge_long(struct conn *c)
{
	const struct overlay *o = &c->overlay;
	struct merge m = {
		.c = c,
		.add = o->adds.at,
		.end = o->adds.at + o->adds.n,
		.old = &c->stored.places,
	};
	int status;

	touch(c, &o->adds);
	touch(c, &o->gone);
	status = merge_blocks(&m);
	heap_free(c->host, m.run.at);
	heap_free(c->host, m.out.at);
	return status;
}

static uint64_t length_of(const struct stored *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->nslots; i++)
		n += s->slots[i].n;
	return n;
}

/* A change by number, and whose list it is of. */
struct turn {
	mn_id near;
	uint32_t change;
};

static int compare_adds(const struct links *l, size_t i)
{
	return compare_links(&l->at[i - 1], &l->at[i]);
}

/* Mostly they are in order already, or few. */
static void sort_links(struct links *l)
{
	size_t i = 1;

	while (i < l->n && compare_adds(l, i) <= 0)
		i++;
	if (l->n > FEW_ADDS && i < l->n) {
		qsort(l->at, l->n, sizeof(*l->at), compare_links);
		return;
	}
	for (; i < l->n; i++) {
		const struct link one = l->at[i];
		size_t to = i;

		for (; to && compare_links(&l->at[to - 1], &one) > 0; to--)
			l->at[to] = l->at[to - 1];
		l->at[to] = one;
	}
}

/* What the overlay has summed up, into a list that may be there. */
static int merge_into(struct conn *c, mn_id near, uint64_t until)
{
	const struct overlay *o = &c->overlay;
	bool done = false;
	int status = o->gone.n ? block_load(c, near)
			       : block_splice_list(c, near, o->adds.at, o->adds.n, &done);

	if (status != MN_OK || done)
		return status;
	if (c->stored.is_long)
		status = block_places(c);
	if (status == MN_OK && c->stored.is_long
		&& length_of(&c->stored) + o->adds.n <= FEW_LINKS + o->gone.n)
		status = gather(c);
	if (status == MN_OK)
		status = c->stored.is_long ? merge_long(c) : merge_short(c, until);
	return status;
}

/* These changes, all of one neuron and those of its that are in rows up to `until`. newest: no
 * neuron after it has a list. */
static int merge(struct conn *c, const struct turn *turns, size_t n, uint64_t until, mn_id newest)
{
	struct overlay *o = &c->overlay;
	const mn_id near = turns->near;
	int status;

	if (!heap_grow(c->host, &o->picked, &o->picked_cap, n, sizeof(*o->picked), o->n))
		return conn_memory(c);
	for (size_t i = 0; i < n; i++)
		o->picked[i] = turns[i].change;
	block_none(c, near);
	status = overlay_sum(c, o->picked, n);
	if (status == MN_OK)
		status = bury(c, &o->adds, until);
	if (status != MN_OK || o->adds.n + o->gone.n == 0)
		return status;
	sort_links(&o->adds);
	status = near > newest ? merge_short(c, until) : merge_into(c, near, until);
	if (status == MN_OK)
		status = marks_set(c, MARK_LONG, near, c->stored.is_long);
	return status == MN_OK ? block_send_enough(c) : status;
}

/* ---- Many lists --------------------------------------------------------------------------- */

static const char last_list[] = "SELECT max(near) FROM list";

/* By one byte of neurons; what is alike in it stays in order. */
static void sort_by_byte(const struct turn *turns, size_t n, unsigned byte, struct turn *out)
{
	size_t start[257] = {0};

	for (size_t i = 0; i < n; i++)
		start[(turns[i].near >> 8 * byte & 0xFF) + 1]++;
	for (size_t i = 0; i < 256; i++)
		start[i + 1] += start[i];
	for (size_t i = 0; i < n; i++)
		out[start[turns[i].near >> 8 * byte & 0xFF]++] = turns[i];
}

/* By neuron, those of one in the order in which they are; `spare` has room for all. Returns where
 * they are then: one of the two. */
static struct turn *sort_turns(struct turn *turns, size_t n, struct turn *spare)
{
	mn_id all = 0;

	for (size_t i = 0; i < n; i++)
		all |= turns[i].near;
	for (unsigned byte = 0; byte < sizeof(all) && all >> 8 * byte; byte++) {
		struct turn *sorted = spare;

		sort_by_byte(turns, n, byte, sorted);
		spare = turns;
		turns = sorted;
	}
	return turns;
}

/* The changes that wait, up to row `until`, in the order of neurons, in *room. */
static int collect(
	struct conn *c, uint64_t until, struct turn **room, const struct turn **out, size_t *n)
{
	const struct overlay *o = &c->overlay;
	struct turn *turns = heap_new(c->host, 2 * o->n * sizeof(*turns));

	*room = turns;
	*n = 0;
	if (!turns)
		return conn_memory(c);
	for (size_t i = 0; i < o->n && o->at[i].seq <= until; i++)
		if (overlay_waits(c, &o->at[i]))
			turns[(*n)++] = (struct turn){o->at[i].near, (uint32_t)i};
	*out = sort_turns(turns, *n, turns + o->n);
	return MN_OK;
}

/* How many of the changes from here on are of the same neuron. Those after them are fetched in the
 * meantime, since they lie about in memory. */
static size_t run_of(const struct conn *c, const struct turn *turns, size_t left)
{
	size_t n = 1;

	while (n < left && turns[n].near == turns->near)
		n++;
	for (size_t i = n; i < left && i < n + FETCH_AHEAD; i++)
		__builtin_prefetch(&c->overlay.at[turns[i].change]);
	return n;
}

/* Merges lists in turn until so many changes are in them. *at: the last list, 0 if there is none
 * left. */
static int merge_some(struct conn *c, uint64_t until, size_t most, mn_id *at)
{
	struct turn *room;
	const struct turn *turns;
	size_t count, lists = 0, done = 0;
	int64_t newest = 0;
	int status = collect(c, until, &room, &turns, &count);

	if (status == MN_OK)
		status = conn_number(c, last_list, NULL, 0, 0, &newest);
	c->rows.next = 0;
	while (status == MN_OK && done < count && done < most) {
		const size_t n = run_of(c, turns + done, count - done);

		*at = turns[done].near;
		status = lists++ % CHECK_EVERY == 0 ? conn_check(c) : MN_OK;
		if (status == MN_OK)
			status = merge(c, turns + done, n, until, (mn_id)newest);
		done += n;
	}
	if (status == MN_OK)
		status = block_send(c);
	if (done == count)
		*at = 0;
	heap_free(c->host, room);
	return status;
}

/* What is up to there is in the lists. */
static int finish(struct conn *c, uint64_t swept)
{
	struct tally *t = &c->tally;

	t->swept = t->sweep_to = swept;
	t->sweep_at = 0;
	return later_delete(c, swept);
}

int sweep_all(struct conn *c)
{
	struct overlay *o = &c->overlay;
	mn_id at = 0;
	int status;

	if (o->n > o->fresh || c->recent.changes.len) /* as if they had been a row */
		later_close(c);
	o->fresh = o->n;
	status = merge_some(c, UINT64_MAX, SIZE_MAX, &at);
	return status == MN_OK ? finish(c, c->tally.logged) : status;
}

static int sweep_some(struct conn *c, size_t fresh)
{
	struct tally *t = &c->tally;
	mn_id at = t->sweep_at;
	int status;

	if (t->sweep_to == t->swept) {
		if (c->overlay.n < BEGIN_AT)
			return MN_OK;
		t->sweep_to = t->logged;
	}
	if (t->gen.graph % SLICE_EVERY && fresh < SLICE_FRESH)
		return MN_OK;
	status = merge_some(c, t->sweep_to, SLICE_CHANGES + fresh, &at);
	if (status != MN_OK)
		return status;
	t->sweep_at = at;
	return at ? MN_OK : finish(c, t->sweep_to);
}

int sweep_after(struct conn *c, size_t fresh)
{
	int status;

	if (fresh > MANY_FRESH || c->overlay.n > MANY_WAITING)
		return sweep_all(c);
	status = later_write(c);
	return status == MN_OK && fresh < BULK_FRESH ? sweep_some(c, fresh) : status;
}
