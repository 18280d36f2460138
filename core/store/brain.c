/* SPDX-License-Identifier: MIT */
/* brain.c - handles of brains, and what the handles of one brain share. */
#include "store/brain.h"

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "recall/graph.h"
#include "recall/learn.h"
#include "store/gate.h"
#include "text/encoder.h"

/* ---- Minds -------------------------------------------------------------------------------- */

static struct mn_mind *new_mind(mn_store *s, mn_str name)
{
	struct mn_mind *m = mn_alloc_zero(1, sizeof(*m));
	char *copy = mn_alloc(name.len);

	if (!m || !copy) {
		mn_free(m);
		mn_free(copy);
		return NULL;
	}
	memcpy(copy, name.ptr, name.len);
	*m = (struct mn_mind){.store = s, .name = {copy, name.len}};
	m->vitals = MN_SIZED(mn_vitals);
	m->vitals.cache_budget = s->engine->options.cache_bytes;
	pthread_mutex_init(&m->lock, NULL);
	return m;
}

/* After the last handle: nobody else knows it any more. */
static void free_mind(struct mn_mind *m)
{
	mn_settle_free(m->settle);
	mn_graph_free(m->graph);
	mn_encoder_free(m->encoder);
	pthread_mutex_destroy(&m->lock);
	mn_free((char *)m->name.ptr);
	mn_free(m);
}

/* The mind of that name with one handle more, made if it is not there. */
static struct mn_mind *hold_mind(mn_store *s, mn_str name)
{
	struct mn_mind *m;

	pthread_mutex_lock(&s->lock);
	for (m = s->minds; m && !mn_str_eq(m->name, name); m = m->next)
		;
	if (!m && (m = new_mind(s, name)) != NULL) {
		m->next = s->minds;
		s->minds = m;
	}
	if (m)
		m->handles++;
	pthread_mutex_unlock(&s->lock);
	return m;
}

static void release_mind(struct mn_mind *m)
{
	mn_store *s = m->store;
	bool last;

	pthread_mutex_lock(&s->lock);
	last = --m->handles == 0;
	if (last) {
		struct mn_mind **at = &s->minds;

		while (*at != m)
			at = &(*at)->next;
		*at = m->next;
	}
	pthread_mutex_unlock(&s->lock);
	if (last)
		free_mind(m);
}

/* ---- Handles ------------------------------------------------------------------------------ */

int mn_brain_open(mn_store *s, mn_call *call, mn_str name, mn_brain **out)
{
	mn_brain *b;
	mn_rows rows;
	int status = mn_store_ask_brains(s, call, MN_BRAINS_FIND, &name, &rows);

	if (status != MN_OK)
		return status;
	if (rows.n == 0)
		return mn_fail(call, MN_ENOBRAIN, 0, "there is no brain \"%.*s\"", MN_FMT(name));
	b = mn_alloc_zero(1, sizeof(*b));
	if (!b)
		return mn_fail_memory(call);
	b->store = s;
	b->mind = hold_mind(s, rows.at.brain[0].name);
	if (!b->mind) {
		mn_free(b);
		return mn_fail_memory(call);
	}
	*out = b;
	return MN_OK;
}

void mn_brain_close(mn_brain *b)
{
	if (!b)
		return;
	release_mind(b->mind);
	mn_free(b);
}

mn_store *mn_brain_store(mn_brain *b)
{
	return b->store;
}

int mn_brain_describe(mn_brain *b, mn_call *call, mn_brain_row *out)
{
	mn_rows rows;
	int status = mn_brain_generation(b, call);
	mn_gen at = call->at;

	if (status == MN_OK)
		status = mn_store_ask_brains(b->store, call, MN_BRAINS_FIND, &b->mind->name, &rows);
	if (status != MN_OK)
		return status;
	if (rows.n == 0)
		return mn_fail(call, MN_ENOBRAIN, 0, "there is no brain \"%.*s\" any more",
			MN_FMT(b->mind->name));
	call->at = at; /* the earlier one: a cache that trusts it finds out with its next call */
	*out = rows.at.brain[0];
	return MN_OK;
}

int mn_brain_generation(mn_brain *b, mn_call *call)
{
	mn_store *s = b->store;
	int status = mn_gate_enter(s, call, false);

	if (status != MN_OK)
		return status;
	status = s->backend->generation(s->db, call, b->mind->name);
	mn_gate_leave(s, false);
	return status;
}

int mn_brain_reserve(mn_brain *b, mn_call *call, int kind, uint32_t n, mn_id *first)
{
	mn_store *s = b->store;
	int status;

	if ((kind != MN_NEURON && kind != MN_SYNAPSE && kind != MN_FIBER) || n == 0)
		return mn_fail(call, MN_EINVAL, 0,
			"ids are reserved for neurons, synapses and fibers, one at least");
	status = mn_gate_enter(s, call, true);
	if (status != MN_OK)
		return status;
	status = s->backend->reserve(s->db, call, b->mind->name, kind, n, first);
	mn_gate_leave(s, true);
	return status;
}

int mn_brain_vitals(mn_brain *b, mn_vitals *out)
{
	const uint32_t room = out->size ? out->size : (uint32_t)sizeof(*out);
	const uint32_t n = room < sizeof(*out) ? room : (uint32_t)sizeof(*out);

	pthread_mutex_lock(&b->mind->lock);
	memcpy(out, &b->mind->vitals, n);
	pthread_mutex_unlock(&b->mind->lock);
	out->size = room;
	return MN_OK;
}
