/* SPDX-License-Identifier: MIT */
/* view.c - what a recall sees of the graph cache, and how what is missing is read. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "recall/net.h"
#include "recall/space.h"

#define CEILING ((size_t)1 << 30) /* what the answers of one store call may take */
#define SHORTEST 32               /* a list is read at least so far: asking again costs more */
#define KNOWN (UINT64_C(1) << 63)

const mn_config *mn_view_config(const mn_view *v)
{
	return &v->net->config;
}

uint64_t mn_view_memories(const mn_view *v)
{
	return v->memories;
}

uint32_t mn_view_nodes(const mn_view *v)
{
	return atomic_load_explicit(&v->net->nodes, memory_order_acquire);
}

void mn_view_number(mn_view *v)
{
	v->numbered = true;
}

mn_id mn_view_id(const mn_view *v, uint32_t node)
{
	return v->numbered ? (mn_id)node + 1 : net_node(v->net, node)->id;
}

static int stale(mn_view *v)
{
	return mn_fail(&v->call, MN_ESTALE, 0, "the brain was written to meanwhile: ask again");
}

int mn_view_check(mn_view *v, const mn_gen *seen)
{
	if (!v->private_net
		&& (seen->epoch != v->gen.epoch || seen->graph < v->gen.graph
			|| !net_reaches(v, seen)))
		return stale(v);
	v->trusted = false;
	return MN_OK;
}

int mn_view_at(mn_view *v, const mn_gen *seen)
{
	if (!v->private_net && (seen->epoch != v->gen.epoch || seen->graph != v->gen.graph))
		return stale(v);
	v->trusted = false;
	return MN_OK;
}

int net_lock(mn_view *v, const mn_gen *seen)
{
	int rc = mn_view_check(v, seen);

	if (rc == MN_OK)
		pthread_mutex_lock(&v->net->lock);
	return rc;
}

int mn_view_whole(mn_view *v, const mn_space *space)
{
	struct mn_net *net = v->net;
	bool whole;

	if (v->numbered || atomic_load(&net->touches) == v->touches)
		return MN_OK; /* what was lent was one state */
	pthread_mutex_lock(&net->lock);
	whole = net->naming == v->naming;
	pthread_mutex_unlock(&net->lock);
	for (size_t i = 0; i < space->ncells && whole; i++)
		whole = !net_touched(v, space->cells[i].node);
	return whole ? MN_OK : stale(v);
}

int mn_view_index(mn_view *v, const mn_id *ids, size_t n, uint32_t *out)
{
	int rc = MN_OK;

	pthread_mutex_lock(&v->net->lock);
	for (size_t i = 0; i < n && rc == MN_OK; i++)
		rc = net_intern(v->net, ids[i], &out[i]);
	pthread_mutex_unlock(&v->net->lock);
	return rc == MN_OK ? MN_OK : mn_fail_memory(&v->call);
}

/* ---- Lists --------------------------------------------------------------------------------- */

const mn_list *mn_view_list(mn_view *v, uint32_t node, int way)
{
	struct slice *s = net_slice(v->net, node, way);

	if (!s)
		return NULL;
	atomic_store_explicit(&s->used, v->serial, memory_order_relaxed);
	return &s->list;
}

bool mn_list_serves(const mn_list *list, const mn_need *need)
{
	const struct slice *s;

	if (!list || list->n == list->degree || list->n >= need->limit)
		return list;
	s = (const struct slice *)((const char *)list - offsetof(struct slice, list));
	return need->floor >= s->above;
}

static int by_list(const void *a, const void *b)
{
	const mn_need *x = a, *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return (x->way > y->way) - (x->way < y->way);
}

/* What is not there yet, each list once, into the view's arena. */
static int choose(mn_view *v, const mn_need *need, size_t n, mn_need **out, size_t *nout)
{
	mn_need *w = mn_call_array(&v->call, n, sizeof(*w));
	size_t k = 0, m = 0;

	if (!w)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (mn_list_serves(mn_view_list(v, need[i].node, need[i].way), &need[i]))
			v->hits++;
		else
			w[k++] = need[i];
	qsort(w, k, sizeof(*w), by_list);
	for (size_t i = 0; i < k; i++) {
		if (m && by_list(&w[m - 1], &w[i]) == 0) {
			w[m - 1].limit = w[i].limit > w[m - 1].limit ? w[i].limit : w[m - 1].limit;
			w[m - 1].floor = fminf(w[m - 1].floor, w[i].floor);
		} else {
			w[m++] = w[i];
		}
	}
	v->misses += m;
	*out = w;
	*nout = m;
	return MN_OK;
}

/* Rounded up, so that wanting a little more does not read the list again. */
static uint32_t round_limit(uint32_t limit)
{
	uint32_t to = SHORTEST;

	if (limit == 0 || limit > UINT32_C(1) << 30)
		return limit;
	while (to < limit)
		to *= 2;
	return to;
}

static int expand(mn_view *v, mn_need *w, size_t n, mn_fan *fan)
{
	mn_id *ids = mn_call_array(&v->call, n, sizeof(*ids));
	uint8_t *ways = mn_call_array(&v->call, n, sizeof(*ways));
	float *floors = mn_call_array(&v->call, n, sizeof(*floors));
	uint32_t *limits = mn_call_array(&v->call, n, sizeof(*limits));
	mn_expand ask = {.size = sizeof(ask),
		.frontier = {ids, n},
		.reach_of = ways,
		.reaches = net_ways,
		.nreaches = MN_WAYS,
		.floor = floors,
		.limit = limits,
		.want_synapse = true};

	if (!ids || !ways || !floors || !limits)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		ids[i] = mn_view_id(v, w[i].node);
		ways[i] = w[i].way;
		floors[i] = w[i].floor;
		limits[i] = w[i].limit = round_limit(w[i].limit);
	}
	v->trips++;
	return mn_brain_expand(v->brain, &v->call, &ask, fan);
}

/* Edges of one entry, by weight, equal ones by id: the order of stores is a little coarser. */
struct ranked_edge {
	double weight;
	mn_id synapse;
	uint32_t at;
};

static int by_weight(const void *a, const void *b)
{
	const struct ranked_edge *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return (x->synapse > y->synapse) - (x->synapse < y->synapse);
}

static int rank_edges(
	mn_view *v, const mn_fan *fan, uint32_t from, uint32_t n, struct ranked_edge **out)
{
	struct ranked_edge *edges = mn_call_array(&v->call, n, sizeof(*edges));
	bool sorted = true;

	if (!edges)
		return MN_ENOMEM;
	for (uint32_t k = 0; k < n; k++) {
		edges[k] = (struct ranked_edge){
			fan->weight[from + k], fan->synapse[from + k], from + k};
		sorted &= k == 0 || by_weight(&edges[k - 1], &edges[k]) < 0;
	}
	if (!sorted)
		qsort(edges, n, sizeof(*edges), by_weight);
	*out = edges;
	return MN_OK;
}

static int fill_link(
	struct mn_net *net, const mn_fan *fan, uint32_t at, mn_link *link, mn_id *synapse)
{
	*link = (mn_link){.weight = fan->weight[at], .type = fan->type[at], .out = fan->out[at]};
	*synapse = fan->synapse[at];
	return net_intern(net, fan->far[at], &link->far);
}

static int slice_of(mn_view *v, const mn_need *w, const mn_fan *fan, size_t i, struct slice **out)
{
	uint32_t from = fan->start[i], n = fan->start[i + 1] - from;
	struct ranked_edge *edges = NULL;
	struct slice *s;
	int rc = w->way == MN_WAY_ANY ? rank_edges(v, fan, from, n, &edges) : MN_OK;

	if (rc != MN_OK)
		return rc;
	s = slice_new(n, 0);
	if (!s)
		return mn_fail_memory(&v->call);
	s->way = w->way;
	s->list.degree = fan->degree[i];
	s->list.bound = fan->bound[i];
	s->above = n < w->limit ? (double)w->floor : nextafter(fan->bound[i], INFINITY);
	for (uint32_t k = 0; k < n && rc == MN_OK; k++)
		rc = fill_link(v->net, fan, edges ? edges[k].at : from + k, &s->links[k],
			(mn_id *)(s->links + n) + k);
	if (rc != MN_OK) {
		mn_free(s);
		return mn_fail_memory(&v->call);
	}
	*out = s;
	return MN_OK;
}

static int publish(mn_view *v, const mn_need *w, size_t n, const mn_fan *fan)
{
	int rc = net_lock(v, &v->call.at);

	if (rc != MN_OK)
		return rc;
	for (size_t i = 0; i < n && rc == MN_OK; i++) {
		struct slice *s;

		if (net_touched(v, w[i].node))
			continue;
		rc = slice_of(v, &w[i], fan, i, &s);
		if (rc == MN_OK) {
			atomic_store_explicit(&s->used, v->serial, memory_order_relaxed);
			net_publish(v->net, w[i].node, s);
		}
	}
	net_evict(v->net);
	pthread_mutex_unlock(&v->net->lock);
	return rc;
}

int mn_view_fill(mn_view *v, const mn_need *need, size_t n)
{
	mn_need *missing;
	mn_fan fan = {0};
	size_t m;
	int rc;

	mn_arena_reset(v->call.arena);
	rc = choose(v, need, n, &missing, &m);
	if (rc != MN_OK || m == 0)
		return rc;
	rc = expand(v, missing, m, &fan);
	return rc == MN_OK ? publish(v, missing, m, &fan) : rc;
}

int mn_view_read(mn_view *v, const mn_need *need, const mn_list **out)
{
	const mn_list *list = mn_view_list(v, need->node, need->way);

	if (mn_list_serves(list, need)) {
		v->hits++;
	} else {
		int rc = mn_view_fill(v, need, 1);

		if (rc != MN_OK)
			return rc;
		list = mn_view_list(v, need->node, need->way);
	}
	*out = list;
	return list ? MN_OK : stale(v); /* a writer took it out again in between */
}

/* ---- Traits -------------------------------------------------------------------------------- */

static uint64_t pack(const mn_neuron *row)
{
	int64_t day = mn_day_of(row->created);

	if (row->id == 0)
		return KNOWN | (uint64_t)MN_NEURON_ARCHIVED << 16;
	/* Days before 1970 are negative; 31 bits, two's complement, reach 2.9 million years. */
	return KNOWN | ((uint64_t)day & 0x7fffffff) << 32 | (uint64_t)row->flags << 16 | row->type;
}

void net_learn(struct mn_net *net, uint32_t node, const mn_neuron *row)
{
	atomic_store_explicit(&net_node(net, node)->traits, pack(row), memory_order_release);
}

static uint64_t packed(const mn_view *v, uint32_t node)
{
	const uint64_t *known;

	if (!v->numbered)
		return atomic_load_explicit(&net_node(v->net, node)->traits, memory_order_acquire);
	known = mn_idmap_get(&v->traits, (uint64_t)node + 1);
	return known ? *known : 0;
}

mn_trait mn_view_trait(const mn_view *v, uint32_t node)
{
	uint64_t t = packed(v, node);
	int32_t day = (int32_t)((uint32_t)(t >> 32) << 1) >> 1; /* sign from bit 30 */

	return (mn_trait){.type = (uint16_t)t, .flags = (uint16_t)(t >> 16), .day = day};
}

bool mn_view_knows(const mn_view *v, uint32_t node)
{
	return packed(v, node) & KNOWN;
}

/* Into the view alone. */
static int keep_traits(mn_view *v, const uint32_t *nodes, size_t n)
{
	mn_neuron *rows = mn_call_array(&v->call, n, sizeof(*rows));
	struct mn_lent lent;
	int rc = rows ? mn_brain_lend(v->brain, &v->call, &lent) : MN_ENOMEM;

	if (rc != MN_OK)
		return rc;
	if (lent.lists)
		lent.ops->heads(lent.lists, nodes, n, rows);
	else
		rc = stale(v); /* other ids came, and the numbers are no more */
	mn_brain_return(v->brain, &lent);
	if (rc == MN_OK)
		rc = mn_view_check(v, &v->call.at);
	for (size_t i = 0; i < n && rc == MN_OK; i++)
		if (mn_idmap_put(&v->traits, (uint64_t)nodes[i] + 1, pack(&rows[i])) != MN_OK)
			rc = mn_fail_memory(&v->call);
	return rc;
}

static int learn_traits(mn_view *v, const uint32_t *nodes, const mn_neuron *rows, size_t n)
{
	int rc = net_lock(v, &v->call.at);

	if (rc != MN_OK)
		return rc;
	for (size_t i = 0; i < n; i++)
		if (!net_touched(v, nodes[i]))
			net_learn(v->net, nodes[i], &rows[i]);
	pthread_mutex_unlock(&v->net->lock);
	return MN_OK;
}

int mn_view_traits(mn_view *v, const uint32_t *nodes, size_t n)
{
	mn_rows rows = {0};
	uint32_t *asked;
	mn_id *ids;
	size_t m = 0;
	int rc;

	mn_arena_reset(v->call.arena);
	ids = mn_call_array(&v->call, n, sizeof(*ids));
	asked = mn_call_array(&v->call, n, sizeof(*asked));
	if (!ids || !asked)
		return MN_ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!mn_view_knows(v, nodes[i])) {
			asked[m] = nodes[i];
			ids[m++] = mn_view_id(v, nodes[i]);
		}
	if (m == 0)
		return MN_OK;
	v->trips++;
	if (v->numbered)
		return keep_traits(v, asked, m);
	rc = mn_brain_get(v->brain, &v->call, MN_NEURON, (mn_ids){ids, m}, MN_FIELD_HEAD, &rows);
	return rc == MN_OK ? learn_traits(v, asked, rows.at.neuron, m) : rc;
}

int mn_view_heads(
	mn_view *v, const uint32_t *nodes, const mn_spread_found *found, size_t first, size_t n)
{
	int rc = found->created ? net_lock(v, &v->call.at) : MN_OK;

	if (rc != MN_OK || !found->created)
		return rc;
	for (size_t i = 0; i < n; i++)
		if (!net_touched(v, nodes[i]))
			net_learn(v->net, nodes[i],
				&(mn_neuron){.id = found->neuron[first + i],
					.type = found->type[first + i],
					.flags = found->flags[first + i],
					.created = found->created[first + i]});
	pthread_mutex_unlock(&v->net->lock);
	return MN_OK;
}

/* ---- Names --------------------------------------------------------------------------------- */

/* The key of a name in the cache: its type in two bytes, then its text. */
static mn_str name_key(mn_call *call, const mn_key *key)
{
	char *k = mn_call_alloc(call, key->text.len + 2);

	return k ? net_name(key->type, key->text, k) : (mn_str){0};
}

/* Answers from the cache; those that are not there into `missing`, by place. */
static size_t names_known(
	mn_view *v, const mn_str *keys, size_t n, uint32_t *out, uint32_t *missing)
{
	size_t m = 0;

	pthread_mutex_lock(&v->net->lock);
	for (size_t i = 0; i < n; i++) {
		uint64_t *known = mn_strmap_get(&v->net->names, keys[i]);

		out[i] = known ? (uint32_t)*known : MN_NOBODY;
		if (!known)
			missing[m++] = (uint32_t)i;
	}
	pthread_mutex_unlock(&v->net->lock);
	return m;
}

/* Names may take an eighth of the budget; then they start again. */
static void keep_name(struct mn_net *net, mn_str key, uint32_t node)
{
	size_t bytes = key.len + 2 * sizeof(*net->names.slots);

	if (key.len > NAME_ROOM)
		return;
	if (net->name_bytes + bytes > net->budget / 8) {
		mn_strmap_clear(&net->names);
		net->bytes -= net->name_bytes;
		net->name_bytes = 0;
	}
	/* Failing to keep a name costs a lookup later, nothing else. */
	if (mn_strmap_put(&net->names, key, node) == MN_OK) {
		net->name_bytes += bytes;
		net->bytes += bytes;
	}
}

struct naming { /* what is asked for: all of it by type and text, or by uid */
	const mn_key *keys;
	size_t n;
	bool uids;
	uint32_t *out;
	mn_str *cached;    /* keys of the cache */
	uint32_t *missing; /* places */
	size_t m;
	mn_id *found; /* of those */
};

/* A uid that is not there is not worth a place. */
static bool worth_keeping(const mn_view *v, const struct naming *q, size_t i)
{
	return v->net->added == v->added && (q->found[i] || !q->uids);
}

static int learn_names(mn_view *v, const struct naming *q)
{
	int rc = net_lock(v, &v->call.at);

	if (rc != MN_OK)
		return rc;
	for (size_t i = 0; i < q->m && rc == MN_OK; i++) {
		const uint32_t at = q->missing[i];

		rc = net_intern(v->net, q->found[i], &q->out[at]);
		if (rc != MN_OK)
			mn_fail_memory(&v->call);
		else if (worth_keeping(v, q, i))
			keep_name(v->net, q->cached[at], q->out[at]);
	}
	pthread_mutex_unlock(&v->net->lock);
	return rc;
}

static int ask_names(mn_view *v, const struct naming *q)
{
	mn_key *keys = mn_call_array(&v->call, q->m, sizeof(*keys));
	mn_str *uids = mn_call_array(&v->call, q->m, sizeof(*uids));

	if (!keys || !uids)
		return MN_ENOMEM;
	for (size_t i = 0; i < q->m; i++) {
		keys[i] = q->keys[q->missing[i]];
		uids[i] = keys[i].text;
	}
	v->trips++;
	if (q->uids)
		return mn_brain_resolve(
			v->brain, &v->call, MN_NEURON, (mn_strs){uids, q->m}, q->found);
	return mn_brain_lookup(v->brain, &v->call, keys, q->m, q->found);
}

static int find_names(mn_view *v, struct naming *q)
{
	int rc;

	q->cached = mn_call_array(&v->call, q->n, sizeof(*q->cached));
	q->missing = mn_call_array(&v->call, q->n, sizeof(*q->missing));
	q->found = mn_call_array(&v->call, q->n, sizeof(*q->found));
	if (!q->cached || !q->missing || !q->found)
		return MN_ENOMEM;
	for (size_t i = 0; i < q->n; i++) {
		q->cached[i] = name_key(&v->call, &q->keys[i]);
		if (!q->cached[i].ptr)
			return MN_ENOMEM;
	}
	q->m = names_known(v, q->cached, q->n, q->out, q->missing);
	if (q->m == 0)
		return MN_OK;
	rc = ask_names(v, q);
	return rc == MN_OK ? learn_names(v, q) : rc;
}

int mn_view_names(mn_view *v, const mn_key *keys, size_t n, uint32_t *out)
{
	struct naming q = {.keys = keys, .n = n, .out = out};

	mn_arena_reset(v->call.arena);
	return find_names(v, &q);
}

int mn_view_uids(mn_view *v, mn_strs uids, uint32_t *out)
{
	struct naming q = {.n = uids.n, .uids = true, .out = out};
	mn_key *keys;

	mn_arena_reset(v->call.arena);
	keys = mn_call_array(&v->call, uids.n, sizeof(*keys));
	if (!keys)
		return MN_ENOMEM;
	for (size_t i = 0; i < uids.n; i++)
		keys[i] = (mn_key){NAME_UID, uids.at[i]};
	q.keys = keys;
	return find_names(v, &q);
}
