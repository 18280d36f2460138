/* SPDX-License-Identifier: MIT */
/* net.c - nodes, lists and their memory: the part of the cache that knows no store. */
#include "recall/net.h"

#include <string.h>

#include "base/memory.h"
#include "base/type.h"

#define RECENT 64 /* lists that the last so many views used are evicted last */

static const uint16_t own_types[] = {MN_NAMED, MN_MENTIONS, MN_RELATED_TO, MN_DURING, MN_LEADS_TO};
static const uint16_t involves[] = {MN_INVOLVES}, named[] = {MN_NAMED}, mentions[] = {MN_MENTIONS},
		      during[] = {MN_DURING}, before[] = {MN_BEFORE}, dated[] = {MN_HAPPENED_AT};
/* What encoding writes: all of it has a way of its own. */
static const uint16_t written[] = {MN_NAMED, MN_MENTIONS, MN_RELATED_TO, MN_DURING, MN_LEADS_TO,
	MN_INVOLVES, MN_BEFORE, MN_HAPPENED_AT};

#define ONE(list) .types = (list), .ntypes = 1
const mn_reach net_ways[MN_WAYS] = {
	[MN_WAY_ANY] = {.out = true, .in = true},
	[MN_WAY_TERMS] = {ONE(involves), .in = true},
	[MN_WAY_INVOLVED] = {ONE(involves), .out = true},
	[MN_WAY_HEADS] = {ONE(named), .in = true},
	[MN_WAY_SPANS] = {ONE(mentions), .in = true},
	[MN_WAY_MEMBERS] = {ONE(during), .in = true},
	[MN_WAY_OWN] = {.types = own_types,
		.ntypes = sizeof(own_types) / sizeof(*own_types),
		.out = true},
	[MN_WAY_BESIDE] = {ONE(before), .out = true, .in = true},
	[MN_WAY_DATED] = {ONE(dated), .in = true},
	[MN_WAY_OTHER] = {.types = written,
		.ntypes = sizeof(written) / sizeof(*written),
		.out = true,
		.in = true,
		.except = true},
};

struct mn_net *net_new(size_t budget)
{
	struct mn_net *net = mn_alloc_zero(1, sizeof(*net));

	if (!net)
		return NULL;
	net->refs = 1;
	net->budget = budget;
	net->bytes = sizeof(*net);
	pthread_mutex_init(&net->lock, NULL);
	return net;
}

static void free_slices(struct slice *s)
{
	while (s) {
		struct slice *next = atomic_load_explicit(&s->next, memory_order_relaxed);

		mn_free(s);
		s = next;
	}
}

static void free_row(node_chunk *row)
{
	for (size_t i = 0; i < 1u << MID_BITS; i++) {
		struct node *chunk = atomic_load_explicit(&row[i], memory_order_relaxed);

		for (size_t k = 0; chunk && k < 1u << NODE_BITS; k++)
			free_slices(atomic_load_explicit(&chunk[k].slices, memory_order_relaxed));
		mn_free(chunk);
	}
	mn_free(row);
}

void net_free(struct mn_net *net)
{
	if (!net)
		return;
	for (size_t i = 0; i < TOP; i++) {
		node_chunk *row = atomic_load_explicit(&net->rows[i], memory_order_relaxed);

		if (row)
			free_row(row);
	}
	for (struct slice *s = net->graveyard, *below; s; s = below) {
		below = s->below;
		mn_free(s);
	}
	mn_idmap_free(&net->index);
	mn_strmap_free(&net->names);
	net_rows_free(net);
	pthread_mutex_destroy(&net->lock);
	mn_free(net);
}

/* Memory for the node with this index; nodes come one after the other. */
static int make_node(struct mn_net *net, uint32_t i)
{
	node_row *top = &net->rows[i >> (NODE_BITS + MID_BITS)];
	node_chunk *row = atomic_load_explicit(top, memory_order_relaxed), *at;

	if (!row) {
		row = mn_alloc_zero(1u << MID_BITS, sizeof(*row));
		if (!row)
			return MN_ENOMEM;
		net->bytes += sizeof(*row) << MID_BITS;
		atomic_store_explicit(top, row, memory_order_release);
	}
	at = &row[(i >> NODE_BITS) & ((1u << MID_BITS) - 1)];
	if (!atomic_load_explicit(at, memory_order_relaxed)) {
		struct node *chunk = mn_alloc_zero(1u << NODE_BITS, sizeof(*chunk));

		if (!chunk)
			return MN_ENOMEM;
		net->bytes += sizeof(*chunk) << NODE_BITS;
		atomic_store_explicit(at, chunk, memory_order_release);
	}
	return MN_OK;
}

mn_str net_name(uint16_t type, mn_str text, char *room)
{
	room[0] = (char)(type & 0xff);
	room[1] = (char)(type >> 8);
	if (text.len)
		memcpy(room + 2, text.ptr, text.len);
	return (mn_str){room, text.len + 2};
}

int net_intern(struct mn_net *net, mn_id id, uint32_t *out)
{
	uint64_t *known = id ? mn_idmap_get(&net->index, id) : NULL;
	uint32_t i = atomic_load_explicit(&net->nodes, memory_order_relaxed);

	if (!id || known) {
		*out = known ? (uint32_t)(*known - 1) : MN_NOBODY;
		return MN_OK;
	}
	if (i >> (NODE_BITS + MID_BITS) >= TOP || make_node(net, i) != MN_OK
		|| mn_idmap_put(&net->index, id, (uint64_t)i + 1) != MN_OK)
		return MN_ENOMEM;
	net_node(net, i)->id = id;
	net->bytes += 2 * sizeof(*net->index.slots); /* as the map is half full on average */
	atomic_store_explicit(&net->nodes, i + 1, memory_order_release);
	*out = i;
	return MN_OK;
}

struct slice *slice_new(uint32_t links, uint32_t words)
{
	size_t bytes = sizeof(struct slice) + links * (sizeof(mn_link) + sizeof(mn_id))
		       + words * sizeof(uint32_t);
	struct slice *s = mn_alloc(bytes);

	if (!s)
		return NULL;
	memset(s, 0, sizeof(*s));
	s->bytes = bytes;
	s->list.n = links;
	s->list.at = s->links;
	s->list.synapse = (const mn_id *)(s->links + links);
	s->words = (const uint32_t *)(s->list.synapse + links);
	s->nwords = words;
	return s;
}

/* Out of the chain of its node; whoever reads it now may go on to the next. */
static void retire(struct mn_net *net, _Atomic(struct slice *) *at)
{
	struct slice *s = atomic_load_explicit(at, memory_order_relaxed);

	atomic_store_explicit(
		at, atomic_load_explicit(&s->next, memory_order_relaxed), memory_order_release);
	if (!net->oldest) {
		net->bytes -= s->bytes;
		mn_free(s);
		return;
	}
	s->retired = net->serial;
	s->below = net->graveyard;
	net->graveyard = s;
}

void net_bury(struct mn_net *net)
{
	struct slice **at = &net->graveyard;

	while (*at) {
		struct slice *s = *at;

		if (net->oldest && net->oldest->serial <= s->retired) {
			at = &s->below;
			continue;
		}
		*at = s->below;
		net->bytes -= s->bytes;
		mn_free(s);
	}
}

void net_publish(struct mn_net *net, uint32_t node, struct slice *s)
{
	_Atomic(struct slice *) *head = &net_node(net, node)->slices, *at;
	struct slice *old = atomic_load_explicit(head, memory_order_relaxed);

	atomic_store_explicit(&s->next, old, memory_order_relaxed);
	atomic_store_explicit(head, s, memory_order_release);
	net->bytes += s->bytes;
	for (at = &s->next; (old = atomic_load_explicit(at, memory_order_relaxed)); at = &old->next)
		if (old->way == s->way) {
			retire(net, at);
			break;
		}
}

void net_forget(struct mn_net *net, uint32_t node)
{
	struct node *n = net_node(net, node);

	while (atomic_load_explicit(&n->slices, memory_order_relaxed))
		retire(net, &n->slices);
	atomic_store_explicit(&n->traits, 0, memory_order_release);
	atomic_store_explicit(
		&n->touched, atomic_fetch_add(&net->touches, 1) + 1, memory_order_release);
}

/* Retires the lists of a node that no view used since. */
static void thin(struct mn_net *net, uint32_t node, uint64_t since)
{
	_Atomic(struct slice *) *at = &net_node(net, node)->slices;
	struct slice *s;

	while ((s = atomic_load_explicit(at, memory_order_relaxed))) {
		if (atomic_load_explicit(&s->used, memory_order_relaxed) < since)
			retire(net, at);
		else
			at = &s->next;
	}
}

static size_t live_bytes(const struct mn_net *net)
{
	size_t dead = 0;

	for (const struct slice *s = net->graveyard; s; s = s->below)
		dead += s->bytes;
	return net->bytes - dead;
}

/* Once around, from the hand on, until an eighth of the budget is free. */
static void sweep(struct mn_net *net, uint64_t since)
{
	uint32_t nodes = atomic_load_explicit(&net->nodes, memory_order_relaxed);
	size_t goal = net->budget - net->budget / 8, live = live_bytes(net);

	for (uint32_t n = 0; n < nodes && live > goal; n++) {
		net->hand = net->hand + 1 < nodes ? net->hand + 1 : 0;
		thin(net, net->hand, since);
		if (n % 1024 == 1023)
			live = live_bytes(net);
	}
}

void net_evict(struct mn_net *net)
{
	uint64_t oldest = net->oldest ? net->oldest->serial : net->serial + 1;

	if (net->bytes <= net->budget)
		return;
	net_bury(net);
	if (oldest > RECENT)
		sweep(net, oldest - RECENT);
	sweep(net, oldest);
	net_bury(net);
}
