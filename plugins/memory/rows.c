/* SPDX-License-Identifier: MIT */
/* rows.c - what a row means to the indexes: keys, uids, anchors, lists. */
#include <string.h>

#include "brain.h"

/* ---- Uids ---------------------------------------------------------------------------------- */

struct slots *slots_of(struct brain *b, int kind)
{
	if (kind == MN_SYNAPSE)
		return &b->line_ids;
	return kind == MN_FIBER ? &b->fiber_ids : &b->neuron_ids;
}

static struct table *uids_of(struct brain *b, int kind)
{
	if (kind == MN_SYNAPSE)
		return &b->line_uids;
	return kind == MN_FIBER ? &b->fiber_uids : &b->neuron_uids;
}

static mn_str neuron_uid(const struct brain *b, uint32_t slot)
{
	const struct neuron_extra *x = neuron_extra(b, &b->neurons[slot]);

	return pool_get(x ? x->uid : NULL);
}

static mn_str line_uid(const struct brain *b, uint32_t slot)
{
	const struct line l = line_get(b, slot);
	const struct line_extra *x = line_extra(b, &l);

	return pool_get(x ? x->uid : NULL);
}

static mn_str fiber_uid(const struct brain *b, uint32_t slot)
{
	const struct fiber_extra *x = fiber_extra(b, &b->fibers[slot]);

	return pool_get(x ? x->uid : NULL);
}

static mn_str uid_of(const struct brain *b, int kind, uint32_t slot)
{
	if (kind == MN_SYNAPSE)
		return line_uid(b, slot);
	return kind == MN_FIBER ? fiber_uid(b, slot) : neuron_uid(b, slot);
}

static bool same(mn_str x, mn_str y)
{
	return x.len == y.len && (x.len == 0 || memcmp(x.ptr, y.ptr, x.len) == 0);
}

static bool is_neuron_uid(const void *ctx, uint32_t value, const void *key)
{
	return same(neuron_uid(ctx, value), *(const mn_str *)key);
}

static bool is_line_uid(const void *ctx, uint32_t value, const void *key)
{
	return same(line_uid(ctx, value), *(const mn_str *)key);
}

static bool is_fiber_uid(const void *ctx, uint32_t value, const void *key)
{
	return same(fiber_uid(ctx, value), *(const mn_str *)key);
}

uint32_t find_uid(const struct brain *b, int kind, mn_str uid)
{
	const uint32_t hash = hash_text(uid, 0);

	if (uid.len == 0)
		return NONE;
	if (kind == MN_SYNAPSE)
		return table_find(&b->line_uids, hash, is_line_uid, b, &uid);
	if (kind == MN_FIBER)
		return table_find(&b->fiber_uids, hash, is_fiber_uid, b, &uid);
	return table_find(&b->neuron_uids, hash, is_neuron_uid, b, &uid);
}

static int link_uid(struct brain *b, int kind, uint32_t slot)
{
	const mn_str uid = uid_of(b, kind, slot);

	return uid.len ? table_add(uids_of(b, kind), &b->mem, hash_text(uid, 0), slot) : MN_OK;
}

static void unlink_uid(struct brain *b, int kind, uint32_t slot)
{
	const mn_str uid = uid_of(b, kind, slot);

	if (uid.len)
		table_drop(uids_of(b, kind), hash_text(uid, 0), slot);
}

/* ---- Rings --------------------------------------------------------------------------------- */

static struct ring *ring_of(const struct brain *b, int kind, uint32_t slot)
{
	return kind == MN_FIBER ? &b->fibers[slot].same : &b->neurons[slot].same;
}

/* Into the ring that begins with head (NONE: a new one), by id; returns what it begins with then.
 */
static uint32_t ring_add(struct brain *b, int kind, uint32_t head, uint32_t slot)
{
	const struct slots *ids = slots_of(b, kind);
	const mn_id id = slots_id(ids, slot);
	uint32_t after;

	if (head == NONE) {
		*ring_of(b, kind, slot) = (struct ring){slot, slot};
		return slot;
	}
	/* Most often it is the youngest, so look from the end. */
	after = ring_of(b, kind, head)->prev;
	while (after != head && slots_id(ids, after) > id)
		after = ring_of(b, kind, after)->prev;
	if (slots_id(ids, after) > id) {
		after = ring_of(b, kind, head)->prev;
		head = slot;
	}
	*ring_of(b, kind, slot) = (struct ring){after, ring_of(b, kind, after)->next};
	ring_of(b, kind, ring_of(b, kind, after)->next)->prev = slot;
	ring_of(b, kind, after)->next = slot;
	return head;
}

/* Returns what the ring begins with afterwards; NONE: it is empty. */
static uint32_t ring_drop(struct brain *b, int kind, uint32_t head, uint32_t slot)
{
	const struct ring *r = ring_of(b, kind, slot);

	if (r->next == slot)
		return NONE;
	ring_of(b, kind, r->prev)->next = r->next;
	ring_of(b, kind, r->next)->prev = r->prev;
	return head == slot ? r->next : head;
}

/* Rings that stand in a table by their first. */
static int link_ring(
	struct brain *b, int kind, struct table *t, uint32_t hash, uint32_t head, uint32_t slot)
{
	uint32_t first;

	if (head == NONE && table_add(t, &b->mem, hash, slot) != MN_OK)
		return MN_ENOMEM;
	first = ring_add(b, kind, head, slot);
	if (head != NONE && first != head)
		table_swap(t, hash, head, first);
	return MN_OK;
}

static void unlink_ring(
	struct brain *b, int kind, struct table *t, uint32_t hash, uint32_t head, uint32_t slot)
{
	const uint32_t first = ring_drop(b, kind, head, slot);

	if (first == NONE)
		table_drop(t, hash, head);
	else if (first != head)
		table_swap(t, hash, head, first);
}

/* ---- Neurons ------------------------------------------------------------------------------- */

static bool is_key(const void *ctx, uint32_t value, const void *key)
{
	const struct brain *b = ctx;
	const mn_key *k = key;

	return b->neurons[value].type == k->type && same(pool_get(b->neurons[value].text), k->text);
}

uint32_t find_key(const struct brain *b, uint16_t type, mn_str text)
{
	const mn_key key = {type, text};

	return table_find(&b->by_key, hash_text(text, type), is_key, b, &key);
}

static int neuron_link(struct brain *b, uint32_t slot)
{
	const struct neuron *n = &b->neurons[slot];
	const mn_str text = pool_get(n->text);
	const uint32_t hash = hash_text(text, n->type);

	if (link_uid(b, MN_NEURON, slot) != MN_OK)
		return MN_ENOMEM;
	if (n->type == b->memory_type)
		return MN_OK;
	if (link_ring(b, MN_NEURON, &b->by_key, hash, find_key(b, n->type, text), slot) != MN_OK) {
		unlink_uid(b, MN_NEURON, slot);
		return MN_ENOMEM;
	}
	return MN_OK;
}

static void neuron_unlink(struct brain *b, uint32_t slot)
{
	const struct neuron *n = &b->neurons[slot];
	const mn_str text = pool_get(n->text);
	const uint32_t hash = hash_text(text, n->type);

	unlink_uid(b, MN_NEURON, slot);
	if (n->type != b->memory_type)
		unlink_ring(b, MN_NEURON, &b->by_key, hash, find_key(b, n->type, text), slot);
}

/* ---- Lines --------------------------------------------------------------------------------- */

mn_synapse line_listed(const struct brain *b, const struct line *l)
{
	const struct line_extra *x = line_extra(b, l);
	mn_synapse s = {.base = l->base, .created = times_get(&b->times, l->created)};

	if (x) {
		s.last = x->listed_last;
		s.uses = x->listed_uses;
	}
	return s;
}

int32_t line_key(const struct brain *b, const struct line *l)
{
	const mn_synapse s = line_listed(b, l);

	return mn_weight_key(&s, b->delta, b->rate);
}

int64_t line_day(const struct brain *b, const struct line *l)
{
	const mn_synapse s = line_listed(b, l);

	return mn_weight_day(&s);
}

void line_count(struct brain *b, uint32_t slot, bool there)
{
	const struct line l = line_get(b, slot);
	const int64_t day = line_day(b, &l);

	b->oldest = day < b->oldest ? day : b->oldest;
	if (!(l.flags & LINE_PENDING))
		return;
	b->pending += there ? 1 : UINT32_MAX;
	b->pending_bits[slot / 64] ^= UINT64_C(1) << (slot % 64);
}

static int line_link(struct brain *b, uint32_t slot)
{
	const struct line l = line_get(b, slot);

	if (link_uid(b, MN_SYNAPSE, slot) != MN_OK)
		return MN_ENOMEM;
	if (list_add(b, l.from, slot) != MN_OK)
		goto no_from;
	if (l.to != l.from && list_add(b, l.to, slot) != MN_OK)
		goto no_to;
	line_count(b, slot, true);
	return MN_OK;
no_to:
	list_drop(b, l.from, slot);
no_from:
	unlink_uid(b, MN_SYNAPSE, slot);
	return MN_ENOMEM;
}

static void line_unlink(struct brain *b, uint32_t slot)
{
	const struct line l = line_get(b, slot);

	list_drop(b, l.from, slot);
	if (l.to != l.from)
		list_drop(b, l.to, slot);
	unlink_uid(b, MN_SYNAPSE, slot);
	line_count(b, slot, false);
}

/* ---- Fibers -------------------------------------------------------------------------------- */

static bool is_anchor(const void *ctx, uint32_t value, const void *key)
{
	const struct brain *b = ctx;

	return b->fibers[value].anchor == *(const uint32_t *)key;
}

uint32_t find_anchor(const struct brain *b, uint32_t anchor)
{
	return table_find(&b->by_anchor, hash_number(anchor), is_anchor, b, &anchor);
}

static int fiber_link(struct brain *b, uint32_t slot)
{
	const uint32_t anchor = b->fibers[slot].anchor;
	const uint32_t head = find_anchor(b, anchor);

	if (link_uid(b, MN_FIBER, slot) != MN_OK)
		return MN_ENOMEM;
	if (link_ring(b, MN_FIBER, &b->by_anchor, hash_number(anchor), head, slot) != MN_OK) {
		unlink_uid(b, MN_FIBER, slot);
		return MN_ENOMEM;
	}
	return MN_OK;
}

static void fiber_unlink(struct brain *b, uint32_t slot)
{
	const uint32_t anchor = b->fibers[slot].anchor;

	unlink_uid(b, MN_FIBER, slot);
	unlink_ring(b, MN_FIBER, &b->by_anchor, hash_number(anchor), find_anchor(b, anchor), slot);
}

/* ---- Any ----------------------------------------------------------------------------------- */

int row_link(struct brain *b, int kind, uint32_t slot)
{
	if (kind == MN_SYNAPSE)
		return line_link(b, slot);
	return kind == MN_FIBER ? fiber_link(b, slot) : neuron_link(b, slot);
}

void row_unlink(struct brain *b, int kind, uint32_t slot)
{
	if (kind == MN_SYNAPSE)
		line_unlink(b, slot);
	else if (kind == MN_FIBER)
		fiber_unlink(b, slot);
	else
		neuron_unlink(b, slot);
}
