/* SPDX-License-Identifier: MIT */
/* draft.c - the tables of a draft: rows by id, holders by uid. */
#include "draft.h"

#include <string.h>

#include "rows.h"

#define MOST_ROWS (UINT32_MAX / 4)

static void *grown(const struct draft *d, const void *old, size_t had, size_t to, size_t size)
{
	void *p = d->db->host->alloc(d->call, to * size);

	if (p && had)
		memcpy(p, old, had * size);
	return p;
}

/* Room for one more; entries move. */
static int make_room(struct draft *d, struct table *t, size_t size)
{
	const uint32_t to = t->cap ? t->cap * 2 : 64;
	void *at;

	if (t->n < t->cap)
		return MN_OK;
	if (t->n >= MOST_ROWS)
		return fail_memory(d->db, d->call);
	at = grown(d, t->at, t->n, to, size);
	if (!at)
		return MN_ENOMEM;
	t->at = at;
	t->cap = to;
	return MN_OK;
}

static uint32_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= UINT64_C(0xff51afd7ed558ccd);
	x ^= x >> 33;
	return (uint32_t)x;
}

static void put_index(struct index *x, uint32_t hash, uint32_t value)
{
	uint32_t i = hash & (x->cap - 1);

	while (x->at[i])
		i = (i + 1) & (x->cap - 1);
	x->at[i] = value + 1;
}

/* Twice as large, filled anew by the hash of each entry. */
static int widen(
	struct draft *d, struct table *t, uint32_t (*hash_of)(const struct table *, uint32_t))
{
	struct index wide = {.cap = t->index.cap ? t->index.cap * 2 : 128};

	if (t->index.cap > 2 * t->n)
		return MN_OK;
	wide.at = d->db->host->alloc(d->call, wide.cap * sizeof(*wide.at));
	if (!wide.at)
		return MN_ENOMEM;
	for (uint32_t i = 0; i < t->n; i++)
		put_index(&wide, hash_of(t, i), i);
	t->index = wide;
	return MN_OK;
}

/* ---- Rows by id: each kind's entry begins with it -------------------------------------------- */

static size_t entry_size(const struct draft *d, const struct table *t)
{
	return t == &d->neurons    ? sizeof(struct neuron_draft)
	       : t == &d->synapses ? sizeof(struct synapse_draft)
				   : sizeof(struct fiber_draft);
}

static uint32_t hash_neuron(const struct table *t, uint32_t i)
{
	return mix(((const struct neuron_draft *)t->at)[i].id);
}

static uint32_t hash_synapse(const struct table *t, uint32_t i)
{
	return mix(((const struct synapse_draft *)t->at)[i].id);
}

static uint32_t hash_fiber(const struct table *t, uint32_t i)
{
	return mix(((const struct fiber_draft *)t->at)[i].id);
}

static void *find(const struct draft *d, const struct table *t, mn_id id)
{
	const size_t size = entry_size(d, t);
	uint32_t i;

	if (t->n == 0)
		return NULL;
	for (i = mix(id) & (t->index.cap - 1); t->index.at[i]; i = (i + 1) & (t->index.cap - 1)) {
		char *entry = (char *)t->at + (t->index.at[i] - 1) * size;

		if (*(const mn_id *)(const void *)entry == id)
			return entry;
	}
	return NULL;
}

static int add(struct draft *d, struct table *t, const void *entry,
	uint32_t (*hash_of)(const struct table *, uint32_t))
{
	const size_t size = entry_size(d, t);

	if (make_room(d, t, size) != MN_OK || widen(d, t, hash_of) != MN_OK)
		return MN_ENOMEM;
	memcpy((char *)t->at + t->n * size, entry, size);
	put_index(&t->index, hash_of(t, t->n), t->n);
	t->n++;
	return MN_OK;
}

struct neuron_draft *draft_neuron(struct draft *d, mn_id id)
{
	return find(d, &d->neurons, id);
}

struct synapse_draft *draft_synapse(struct draft *d, mn_id id)
{
	return find(d, &d->synapses, id);
}

struct fiber_draft *draft_fiber(struct draft *d, mn_id id)
{
	return find(d, &d->fibers, id);
}

int draft_add_neuron(struct draft *d, const struct neuron_draft *n)
{
	return add(d, &d->neurons, n, hash_neuron);
}

int draft_add_synapse(struct draft *d, const struct synapse_draft *s)
{
	return add(d, &d->synapses, s, hash_synapse);
}

int draft_add_fiber(struct draft *d, const struct fiber_draft *f)
{
	return add(d, &d->fibers, f, hash_fiber);
}

/* ---- What is at a neuron --------------------------------------------------------------------- */

static int link_to(struct draft *d, uint32_t *head, uint32_t row)
{
	struct link *l;

	if (make_room(d, &d->links, sizeof(*l)) != MN_OK)
		return MN_ENOMEM;
	l = (struct link *)d->links.at + d->links.n;
	*l = (struct link){row, *head};
	*head = d->links.n++;
	return MN_OK;
}

int draft_link_synapse(struct draft *d, const struct synapse_draft *s)
{
	const uint32_t row = (uint32_t)(s - (struct synapse_draft *)d->synapses.at);
	const mn_id ends[] = {s->now.from, s->now.to};

	for (int i = 0; i < 2; i++) {
		struct neuron_draft *n = draft_neuron(d, ends[i]);

		if (n && link_to(d, &n->synapses, row) != MN_OK)
			return MN_ENOMEM;
	}
	return MN_OK;
}

int draft_link_fiber(struct draft *d, const struct fiber_draft *f)
{
	const uint32_t row = (uint32_t)(f - (struct fiber_draft *)d->fibers.at);
	struct neuron_draft *n = draft_neuron(d, f->anchor);

	return n ? link_to(d, &n->fibers, row) : MN_OK;
}
