/* SPDX-License-Identifier: MIT */
/* extension.c - what only some stores offer: whole spreads, and questions in their own language. */
#include "base/fail.h"
#include "store/gate.h"
#include "store/read.h"

/* An operation table of the store by name, or NULL. */
static const void *extension(mn_store *s, const char *id)
{
	const mn_backend *backend = s->backend;

	if (!MN_HAS(backend, extension) || !backend->extension)
		return NULL;
	return backend->extension(s->db, id);
}

static const mn_spread_ops *spread_of(mn_store *s)
{
	return extension(s, "mn.spread/2");
}

int mn_brain_spread(
	mn_brain *b, mn_call *call, mn_spread_ask *ask, mn_spread_found *out, bool *done)
{
	mn_store *s = b->store;
	const mn_spread_ops *ops = spread_of(s);
	int status;

	*done = false;
	*out = MN_SIZED(mn_spread_found);
	if (!ops || !MN_HAS(ops, spread) || ask->max_hops > ops->max_hops)
		return MN_OK;
	ask->brain = b->mind->name;
	status = mn_gate_enter(s, call, false);
	if (status != MN_OK)
		return status;
	status = ops->spread(s->db, call, ask, out);
	mn_gate_leave(s, false);
	*done = status == MN_OK;
	return status;
}

int mn_brain_lend(mn_brain *b, mn_call *call, struct mn_lent *out)
{
	mn_store *s = b->store;
	int status;

	*out = (struct mn_lent){.ops = extension(s, "mn.lists/1")};
	if (!out->ops)
		return MN_OK;
	status = mn_gate_enter(s, call, false);
	if (status != MN_OK)
		return status;
	status = out->ops->begin(s->db, call, b->mind->name, &out->lists);
	if (status != MN_OK)
		out->lists = NULL;
	if (!out->lists)
		mn_gate_leave(s, false);
	return status;
}

void mn_brain_return(mn_brain *b, struct mn_lent *lent)
{
	if (!lent->lists)
		return;
	lent->ops->end(lent->lists);
	lent->lists = NULL;
	mn_gate_leave(b->store, false);
}

/* Both at once where the store can do that. */
static int show_at_once(
	mn_brain *b, mn_call *call, const mn_spread_ops *ops, mn_show_ask *ask, mn_show_found *out)
{
	mn_store *s = b->store;
	int status = mn_gate_enter(s, call, false);

	if (status != MN_OK)
		return status;
	ask->brain = b->mind->name;
	status = ops->show(s->db, call, ask, out);
	mn_gate_leave(s, false);
	if (status != MN_OK
		|| (out->neurons.n == ask->neurons.n && out->fibers.n == ask->anchors.n))
		return status;
	return mn_fail(call, MN_ECORRUPT, 0, "the store gave other rows than it was asked for");
}

int mn_brain_show(mn_brain *b, mn_call *call, mn_ids neurons, mn_ids anchors, mn_show_found *out)
{
	const mn_spread_ops *ops = spread_of(b->store);
	mn_show_ask ask = {.size = sizeof(ask), .neurons = neurons, .anchors = anchors};
	const uint32_t most = b->store->info.max_ids;
	mn_gen at;
	int status;

	*out = MN_SIZED(mn_show_found);
	if (ops && MN_HAS(ops, show) && ops->show && (!most || neurons.n + anchors.n <= most))
		return show_at_once(b, call, ops, &ask, out);
	status = mn_brain_get(b, call, MN_NEURON, neurons, 0, &out->neurons);
	if (status != MN_OK || anchors.n == 0)
		return status;
	at = call->at;
	status = mn_brain_fibers_of(b, call, anchors, &out->fibers);
	call->at = at; /* of the earlier one, as in read.c */
	return status;
}

int mn_brain_rebuild(mn_brain *b, mn_call *call)
{
	mn_store *s = b->store;
	const mn_upkeep_ops *ops = extension(s, "mn.upkeep/1");
	int status;

	if (!ops || !MN_HAS(ops, rebuild))
		return MN_OK;
	status = mn_gate_enter(s, call, true);
	if (status != MN_OK)
		return status;
	status = ops->rebuild(s->db, call, b->mind->name);
	mn_gate_leave(s, true);
	return status;
}

static const mn_native_ops *native_of(mn_store *s)
{
	const mn_native_ops *ops = extension(s, "mn.native/1");

	return ops && MN_HAS(ops, ask) ? ops : NULL;
}

const char *mn_store_language(mn_store *s)
{
	const mn_native_ops *ops = native_of(s);

	return ops ? ops->language : NULL;
}

int mn_brain_native(mn_brain *b, mn_call *call, mn_str text, uint32_t max_rows, mn_native *out)
{
	mn_store *s = b->store;
	const mn_native_ops *ops = native_of(s);
	int status;

	if (!ops)
		return mn_fail(call, MN_EUNSUPPORTED, 0,
			"this store has no query language of its own: Cypher is for neo4j+http://");
	if (!mn_text_valid(text))
		return mn_fail(call, MN_EINVAL, 0, "the query is not valid UTF-8");
	status = mn_gate_enter(s, call, false);
	if (status != MN_OK)
		return status;
	status = ops->ask(s->db, call, b->mind->name, text, max_rows, out);
	mn_gate_leave(s, false);
	return status;
}
