/* SPDX-License-Identifier: MIT */
#include "overlay.h"

#include <stdlib.h>

#include "connection.h"
#include "heap.h"

#define MOST_WAITING (2 * MOST_CHANGES)
#define LEAST_ROOM 1024

/* ---- Changes by neuron -------------------------------------------------------------------- */

static uint32_t *place_of(const struct overlay *o, mn_id near)
{
	size_t at = (size_t)(near * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (o->room - 1);

	while (o->index[at] && o->at[o->index[at] - 1].near != near)
		at = (at + 1) & (o->room - 1);
	return &o->index[at];
}

static void index_one(struct overlay *o, size_t i)
{
	uint32_t *last = place_of(o, o->at[i].near);

	o->at[i].before = *last;
	*last = (uint32_t)i + 1;
}

/* An empty index of so much room. */
static int make_room(struct conn *c, size_t room)
{
	struct overlay *o = &c->overlay;
	uint32_t *index = heap_new(c->host, room * sizeof(*index));

	if (!index)
		return conn_memory(c);
	heap_free(c->host, o->index);
	o->index = index;
	o->room = room;
	o->indexed = 0;
	return MN_OK;
}

/* Brings the index up to date. */
static int index_all(struct conn *c)
{
	struct overlay *o = &c->overlay;
	size_t room = o->room ? o->room : LEAST_ROOM;
	int status = MN_OK;

	while (room < 2 * o->n)
		room *= 2;
	if (room > o->room)
		status = make_room(c, room);
	while (status == MN_OK && o->indexed < o->n)
		index_one(o, o->indexed++);
	return status;
}

static void unindex(struct overlay *o)
{
	o->indexed = 0;
	if (o->index)
		memset(o->index, 0, o->room * sizeof(*o->index));
}

static int put_one(struct conn *c, const struct change *change)
{
	struct overlay *o = &c->overlay;

	if (o->n == MOST_WAITING)
		return conn_corrupt(c, "more changes of lists wait than can be");
	if (!heap_grow(c->host, &o->at, &o->cap, o->n + 1, sizeof(*o->at), MOST_WAITING))
		return conn_memory(c);
	o->at[o->n++] = *change;
	return MN_OK;
}

int overlay_put(struct conn *c, mn_id near, const struct link *l, uint64_t seq, bool add)
{
	struct change change = {.near = near, .link = *l, .seq = seq, .add = add};
	const uint32_t way = l->slot & WAY_BOTH;
	int status = put_one(c, &change);

	if (status != MN_OK || overlay_ends(&change) == 1)
		return status;
	change.near = l->far;
	change.link.far = near;
	if (way != WAY_BOTH)
		change.link.slot ^= WAY_BOTH;
	return put_one(c, &change);
}

int overlay_put_one(struct conn *c, mn_id near, const struct link *l, uint64_t seq, bool add)
{
	const struct change change = {
		.near = near, .link = *l, .seq = seq, .add = add, .one = true};

	return put_one(c, &change);
}

/* ---- Up to date --------------------------------------------------------------------------- */

bool overlay_waits(const struct conn *c, const struct change *e)
{
	const struct tally *t = &c->tally;

	return e->seq > t->swept && (e->seq > t->sweep_to || e->near > t->sweep_at);
}

/* Lets go of what is in the lists for good. */
static void let_go(struct conn *c)
{
	struct overlay *o = &c->overlay;
	size_t kept = 0;

	for (size_t i = 0; i < o->n; i++)
		if (o->at[i].seq > c->tally.swept)
			o->at[kept++] = o->at[i];
	o->n = o->fresh = kept;
	o->from = c->tally.swept;
	unindex(o);
}

/* Does it know rows that are no more, or lack some that are gone already? */
static bool outdated(const struct conn *c)
{
	const struct overlay *o = &c->overlay;
	const struct tally *t = &c->tally;

	return !o->known || o->to > t->logged || o->from > t->swept || o->to < t->swept
	       || (o->to == t->logged && o->part > c->recent.changes.len);
}

int overlay_load(struct conn *c)
{
	struct overlay *o = &c->overlay;
	const struct tally *t = &c->tally;
	int status = MN_OK;

	if (o->known && o->from == t->swept && o->to == t->logged
		&& o->part == c->recent.changes.len && !c->recent.changes.broken)
		return MN_OK;
	if (outdated(c)) {
		overlay_forget(c);
		o->from = o->to = t->swept;
	} else if (o->from != t->swept) {
		let_go(c);
	}
	status = later_read(c);
	o->fresh = o->n;
	o->known = status == MN_OK;
	return status;
}

void overlay_forget(struct conn *c)
{
	struct overlay *o = &c->overlay;

	o->n = o->fresh = o->part = 0;
	o->last = (struct change){.near = 0};
	o->known = false;
	unindex(o);
}

void overlay_free(struct conn *c)
{
	struct overlay *o = &c->overlay;

	heap_free(c->host, o->at);
	heap_free(c->host, o->index);
	heap_free(c->host, o->picked);
	heap_free(c->host, o->adds.at);
	heap_free(c->host, o->gone.at);
	heap_free(c->host, o->held.at);
	*o = (struct overlay){0};
}

/* ---- One neuron's ------------------------------------------------------------------------- */

/* The changes of a neuron that wait, the last one first. */
static int pick(struct conn *c, mn_id near)
{
	struct overlay *o = &c->overlay;
	int status = o->n ? index_all(c) : MN_OK;

	o->npicked = 0;
	if (status != MN_OK || o->n == 0)
		return status;
	for (uint32_t i = *place_of(o, near); i; i = o->at[i - 1].before) {
		if (!overlay_waits(c, &o->at[i - 1]))
			continue;
		if (!heap_grow(c->host, &o->picked, &o->picked_cap, o->npicked + 1,
			    sizeof(*o->picked), MOST_WAITING))
			return conn_memory(c);
		o->picked[o->npicked++] = i - 1;
	}
	return MN_OK;
}

static int compare_picked(const void *a, const void *b, void *ctx)
{
	const uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const struct change *changes = ctx;
	const mn_id x = changes[i].link.id, y = changes[j].link.id;

	if (x != y)
		return x < y ? -1 : 1;
	return (i > j) - (i < j);
}

/* Of each synapse the first change tells whether the list has it, the last whether it shall. */
static int sum_up(struct conn *c, const uint32_t *changes, size_t count)
{
	struct overlay *o = &c->overlay;
	int status = MN_OK;

	for (size_t i = 0, n; status == MN_OK && i < count; i += n) {
		const struct change *first = &o->at[changes[i]], *last = first;

		for (n = 1; i + n < count; n++) {
			const struct change *next = &o->at[changes[i + n]];

			if (next->link.id != first->link.id)
				break;
			last = next;
		}
		if (!first->add)
			status = links_add(c, &o->gone, &first->link);
		if (status == MN_OK && last->add)
			status = links_add(c, &o->adds, &last->link);
	}
	return status;
}

int overlay_sum(struct conn *c, uint32_t *changes, size_t n)
{
	struct overlay *o = &c->overlay;
	bool removes = false;
	int status = MN_OK;

	o->adds.n = o->gone.n = 0;
	for (size_t i = 0; i < n; i++)
		removes |= !o->at[changes[i]].add;
	if (removes) {
		qsort_r(changes, n, sizeof(*changes), compare_picked, o->at);
		return sum_up(c, changes, n);
	}
	for (size_t i = 0; status == MN_OK && i < n; i++)
		status = links_add(c, &o->adds, &o->at[changes[i]].link);
	return status;
}

int overlay_net(struct conn *c, mn_id near)
{
	int status = pick(c, near);

	return status == MN_OK ? overlay_sum(c, c->overlay.picked, c->overlay.npicked) : status;
}

static bool has(const struct links *l, mn_id entry)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		const size_t mid = (low + high) / 2;

		if (l->at[mid].id == entry)
			return true;
		if (l->at[mid].id < entry)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

bool overlay_is_gone(const struct conn *c, mn_id entry)
{
	return has(&c->overlay.gone, entry);
}

bool overlay_holds(const struct conn *c, mn_id entry)
{
	return has(&c->overlay.held, entry);
}

static int compare_ids(const void *a, const void *b)
{
	const mn_id x = ((const struct link *)a)->id, y = ((const struct link *)b)->id;

	return (x > y) - (x < y);
}

int overlay_hold(struct conn *c, mn_id near, uint64_t until)
{
	struct overlay *o = &c->overlay;
	const bool any = o->n && o->at[o->n - 1].seq > until;
	int status = any ? index_all(c) : MN_OK;

	o->held.n = 0;
	if (status != MN_OK || !any)
		return status;
	for (uint32_t i = *place_of(o, near); status == MN_OK && i; i = o->at[i - 1].before) {
		const struct change *e = &o->at[i - 1];

		if (e->seq <= until)
			break;
		if (!e->add)
			status = links_add(c, &o->held, &e->link);
	}
	if (o->held.n > 1)
		qsort(o->held.at, o->held.n, sizeof(*o->held.at), compare_ids);
	return status;
}
