/* SPDX-License-Identifier: MIT */
/* peer_graph.c - from neuron to neuron: neighbours, and the shortest way between two. */
#include <string.h>

#include "base/fail.h"
#include "base/map.h"
#include "base/str.h"
#include "exchange/peer_row.h"
#include "server/peer.h"

#define MOST_TYPES 64
#define MOST_NEIGHBORS 10000 /* in one answer, heaviest first */
#define MOST_VISITED 200000  /* neurons that a search for a way looks at */
#define MOST_EDGES ((size_t)4 << 20)

/* ---- Steps: a neuron and the synapse that leads to it ------------------------------------- */

struct step {
	mn_id neuron, synapse;
};

static int write_step(
	mn_buf *b, const mn_neuron *n, mn_str name, const mn_synapse *s, const mn_peer_named *names)
{
	mn_buf_text(b, "{\"neuron\":");
	mn_peer_put_neuron(b, n, name);
	mn_buf_text(b, ",\"synapse\":");
	mn_peer_put_synapse(b, s, names);
	mn_buf_char(b, '}');
	return MN_OK;
}

/* Steps as JSON; *written: those whose rows are still there. */
static int write_steps(
	mn_request *req, const struct step *steps, size_t n, mn_buf *b, size_t *written)
{
	mn_call *call = req->call;
	mn_id *ids = mn_call_array(call, 2 * n, sizeof(*ids));
	mn_str *names = mn_call_array(call, n, sizeof(*names));
	mn_peer_named *lines = mn_call_array(call, n, sizeof(*lines));
	mn_rows neurons = {0}, synapses = {0};
	mn_peer_scale scale;
	int rc = ids && names && lines ? MN_OK : MN_ENOMEM;

	*written = 0;
	for (size_t i = 0; rc == MN_OK && i < n; i++) {
		ids[i] = steps[i].neuron;
		ids[n + i] = steps[i].synapse;
	}
	if (rc == MN_OK)
		rc = mn_peer_scale_of(req->brain, call, &scale);
	if (rc == MN_OK)
		rc = mn_brain_get(req->brain, call, MN_NEURON, (mn_ids){ids, n}, 0, &neurons);
	if (rc == MN_OK)
		rc = mn_brain_get(req->brain, call, MN_SYNAPSE, (mn_ids){ids + n, n}, 0, &synapses);
	if (rc == MN_OK)
		rc = mn_peer_name_neurons(req->brain, call, neurons.at.neuron, n, names);
	if (rc == MN_OK)
		rc = mn_peer_name_synapses(req->brain, call, &scale, synapses.at.synapse, n, lines);
	for (size_t i = 0; rc == MN_OK && i < n; i++) {
		if (!neurons.at.neuron[i].id || !synapses.at.synapse[i].id)
			continue;
		if ((*written)++)
			mn_buf_char(b, ',');
		write_step(b, &neurons.at.neuron[i], names[i], &synapses.at.synapse[i], &lines[i]);
	}
	return rc;
}

/* ---- Neighbours --------------------------------------------------------------------------- */

struct near {
	mn_request *req;
	mn_reply *reply;
	mn_id neuron;
	mn_reach reach;
	uint16_t types[MOST_TYPES];
	bool nothing; /* types were asked for that no synapse has */
	double least;
};

/* A list of types with commas. */
static int read_types(struct near *q, mn_str list)
{
	size_t n = 0;

	while (list.len) {
		const char *comma = memchr(list.ptr, ',', list.len);
		const mn_str name = {list.ptr, comma ? (size_t)(comma - list.ptr) : list.len};

		list = mn_str_sub(list, name.len + (comma != NULL), SIZE_MAX);
		if (!name.len)
			continue;
		if (!mn_peer_type_known(MN_SYNAPSE, name))
			return mn_peer_not(q->req, q->reply, 400, "Invalid synapse type");
		n += mn_peer_types(MN_SYNAPSE, name, q->types + n, MOST_TYPES - n);
		q->nothing = n == 0;
	}
	q->reach.types = q->types;
	q->reach.ntypes = (uint32_t)n;
	return MN_OK;
}

static int read_near(struct near *q)
{
	mn_complaints c = MN_COMPLAINTS_OF(q->req, q->reply);
	const mn_str direction = mn_query_text(&c, "direction");
	int rc;

	mn_query_real(&c, "min_weight", 0, 1, &q->least);
	rc = mn_complaints_end(&c);
	if (rc != MN_OK)
		return rc;
	q->reach.out = !direction.len || !mn_str_is(direction, "in");
	q->reach.in = !direction.len || !mn_str_is(direction, "out");
	if (direction.len && !mn_str_is(direction, "in") && !mn_str_is(direction, "out")
		&& !mn_str_is(direction, "both"))
		return mn_peer_not(q->req, q->reply, 400, "Invalid direction");
	rc = read_types(q, mn_query_text(&c, "synapse_types"));
	if (rc == MN_OK)
		rc = mn_peer_find(q->req->brain, q->req->call, MN_NEURON,
			mn_request_param(q->req, "id"), &q->neuron);
	return rc;
}

/* What weighs at least as much as was asked for: the store's floor is a float, so it is put a
 * little lower, and the rest is compared here. */
static int find_near(struct near *q, struct step **out, size_t *n, bool *cut)
{
	const float floor = (float)(q->least * (1 - 1e-6));
	const uint32_t limit = MOST_NEIGHBORS;
	mn_expand ask = MN_SIZED(mn_expand);
	mn_fan fan;
	int rc;

	ask.frontier = (mn_ids){&q->neuron, 1};
	ask.reaches = &q->reach;
	ask.nreaches = 1;
	ask.floor = q->least > 0 ? &floor : NULL;
	ask.limit = &limit;
	ask.want_synapse = true;
	rc = mn_brain_expand(q->req->brain, q->req->call, &ask, &fan);
	if (rc != MN_OK)
		return rc;
	*out = mn_call_array(q->req->call, fan.start[1], sizeof(**out));
	if (!*out)
		return MN_ENOMEM;
	*n = 0;
	for (uint32_t i = 0; i < fan.start[1]; i++)
		if (fan.weight[i] >= q->least)
			(*out)[(*n)++] = (struct step){fan.far[i], fan.synapse[i]};
	*cut = fan.start[1] == limit && fan.degree[0] > limit;
	return MN_OK;
}

int mn_peer_neighbors(mn_request *req, mn_reply *reply)
{
	struct near q = {.req = req, .reply = reply};
	mn_buf b = MN_BUF(MN_PEER_OUT);
	struct step *steps = NULL;
	size_t n = 0, written = 0;
	bool cut = false;
	int rc = read_near(&q);

	if (rc == MN_OK && q.neuron && !q.nothing)
		rc = find_near(&q, &steps, &n, &cut);
	mn_buf_text(&b, "{\"neighbors\":[");
	if (rc == MN_OK && n)
		rc = write_steps(req, steps, n, &b, &written);
	mn_buf_printf(&b, "],\"count\":%zu,\"truncated\":%s}", written, cut ? "true" : "false");
	return mn_peer_end(req, reply, rc, &b);
}

/* ---- Ways --------------------------------------------------------------------------------- */

struct seek {
	mn_request *req;
	mn_id source, target;
	bool both;
	mn_idmap places; /* neuron -> place in the arrays that follow */
	struct visit {
		mn_id neuron, synapse;
		uint32_t from; /* place */
	} * visits;
	size_t n;
};

static int visit(struct seek *s, mn_id neuron, mn_id synapse, uint32_t from)
{
	if (mn_idmap_get(&s->places, neuron))
		return MN_OK;
	if (s->n == MOST_VISITED)
		return mn_fail(s->req->call, MN_EINVAL, 0,
			"more than %d neurons lie within so many hops: ask for fewer",
			MOST_VISITED);
	s->visits[s->n] = (struct visit){neuron, synapse, from};
	return mn_idmap_put(&s->places, neuron, s->n++) == MN_OK ? MN_OK
								 : mn_fail_memory(s->req->call);
}

/* One hop on from the visits first..end. */
static int hop(struct seek *s, mn_call *call, size_t first, size_t end)
{
	const mn_reach reach = {.out = true, .in = s->both};
	mn_expand ask = MN_SIZED(mn_expand);
	mn_id *frontier = mn_call_array(call, end - first, sizeof(*frontier));
	mn_fan fan;
	int rc = frontier ? MN_OK : MN_ENOMEM;

	for (size_t i = first; rc == MN_OK && i < end; i++)
		frontier[i - first] = s->visits[i].neuron;
	ask.frontier = (mn_ids){frontier, end - first};
	ask.reaches = &reach;
	ask.nreaches = 1;
	ask.want_synapse = true;
	if (rc == MN_OK)
		rc = mn_brain_expand(s->req->brain, call, &ask, &fan);
	if (rc == MN_OK && fan.start[end - first] > MOST_EDGES)
		rc = mn_fail(s->req->call, MN_EINVAL, 0,
			"more than %zu synapses lie on the way: ask for fewer hops", MOST_EDGES);
	for (size_t i = first; rc == MN_OK && i < end; i++)
		for (uint32_t e = fan.start[i - first]; rc == MN_OK && e < fan.start[i - first + 1];
			e++)
			rc = visit(s, fan.far[e], fan.synapse[e], (uint32_t)i);
	return rc;
}

/* Breadth first, in the memory of one hop at a time. */
static int seek(struct seek *s, int64_t hops)
{
	mn_call work;
	size_t first = 0;
	int rc = mn_call_init(&work, s->req->call->engine, 0);

	work.token = s->req->call->token;
	work.deadline = s->req->call->deadline;
	work.err = s->req->call->err;
	s->visits = mn_call_array(s->req->call, MOST_VISITED, sizeof(*s->visits));
	if (rc == MN_OK)
		rc = s->visits ? visit(s, s->source, 0, 0) : MN_ENOMEM;
	for (int64_t i = 0;
		rc == MN_OK && i < hops && first < s->n && !mn_idmap_get(&s->places, s->target);
		i++) {
		const size_t end = s->n;

		mn_call_reset(&work);
		rc = hop(s, &work, first, end);
		first = end;
	}
	mn_call_done(&work);
	return rc;
}

static int way(struct seek *s, struct step **out, size_t *n)
{
	const uint64_t *at = mn_idmap_get(&s->places, s->target);
	size_t hops = 0;

	*n = 0;
	if (!at)
		return MN_OK;
	for (size_t i = *at; i; i = s->visits[i].from)
		hops++;
	*out = mn_call_array(s->req->call, hops, sizeof(**out));
	if (!*out)
		return MN_ENOMEM;
	*n = hops;
	for (size_t i = *at; i; i = s->visits[i].from)
		(*out)[--hops] = (struct step){s->visits[i].neuron, s->visits[i].synapse};
	return MN_OK;
}

static int write_way(mn_request *req, const struct step *steps, size_t n, mn_buf *b)
{
	size_t written;
	int rc;

	if (n == 0) {
		mn_buf_text(b, "{\"path\":null,\"hops\":0}");
		return MN_OK;
	}
	mn_buf_text(b, "{\"path\":[");
	rc = write_steps(req, steps, n, b, &written);
	mn_buf_printf(b, "],\"hops\":%zu}", written);
	return rc;
}

int mn_peer_path(mn_request *req, mn_reply *reply)
{
	struct seek s = {.req = req};
	mn_complaints c = MN_COMPLAINTS_OF(req, reply);
	const mn_str target = mn_query_must(&c, "target_id");
	mn_buf b = MN_BUF(MN_PEER_OUT);
	struct step *steps = NULL;
	int64_t hops = 4;
	size_t n = 0;
	int rc;

	mn_query_whole(&c, "max_hops", 1, 10, &hops);
	mn_query_truth(&c, "bidirectional", &s.both);
	rc = mn_complaints_end(&c);
	if (rc == MN_OK)
		rc = mn_peer_find(
			req->brain, req->call, MN_NEURON, mn_request_param(req, "id"), &s.source);
	if (rc == MN_OK)
		rc = mn_peer_find(req->brain, req->call, MN_NEURON, target, &s.target);
	if (rc == MN_OK && s.source && s.target)
		rc = seek(&s, hops);
	if (rc == MN_OK)
		rc = way(&s, &steps, &n);
	if (rc == MN_OK)
		rc = write_way(req, steps, n, &b);
	mn_idmap_free(&s.places);
	return mn_peer_end(req, reply, rc, &b);
}
