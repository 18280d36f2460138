/* SPDX-License-Identifier: MIT */
/*
 * trace.h - the trace of a recall from the inside: a recorder that kernels write to, and what
 * becomes of it. mn.h says what an event is and what readers may do with a trace.
 *
 * A trace owns everything it points to. Its events are in the order in which they happened, and
 * replaying them gives every level to the last bit (mn_trace_recompute), so that kernels compute
 * out = ((in * gain) * weight) * share in exactly this order, and so does the recorder's reader.
 */
#ifndef MN_RECALL_TRACE_H
#define MN_RECALL_TRACE_H

#include "recall/graph.h"

/* Events: 88 bytes each. Those that changed no level give way first. */
#define MN_MOST_EVENTS ((size_t)1 << 20)
#define MN_MOST_IDLE ((size_t)1 << 17)

typedef struct mn_record {
	mn_event *at;
	size_t n, cap;
	size_t idle; /* events that changed nothing */
	bool cut;    /* the ceiling was reached, or memory ran out: the rest is missing */
} mn_record;

mn_record *mn_record_new(void);    /* NULL: out of memory */
void mn_record_clear(mn_record *); /* empty again; keeps its memory, unless that is a lot */
void mn_record_free(mn_record *);
void mn_record_grow(mn_record *); /* makes room for one more, or cuts */

/*
 * Room for the next event, with its step filled in; NULL: it is not kept. While a kernel records,
 * `from` and `to` are indices + 1, so that it need not look at neurons for their ids; 0: none.
 */
static inline mn_event *mn_record_next(mn_record *r, uint8_t fate)
{
	bool idle = fate != MN_FATE_ACTIVATED && fate != MN_FATE_RAISED;
	mn_event *e;

	if (r->n == r->cap)
		mn_record_grow(r);
	if (r->cut || (idle && r->idle >= MN_MOST_IDLE))
		return NULL;
	e = &r->at[r->n];
	e->step = (uint32_t)r->n++;
	r->idle += idle;
	return e;
}

static inline void mn_record_add(mn_record *r, const mn_event *from)
{
	mn_event *e = mn_record_next(r, from->fate);
	uint32_t step = e ? e->step : 0;

	if (!e)
		return;
	*e = *from;
	e->step = step;
}

/* Indices become ids: once, when the kernel is done. */
void mn_record_resolve(mn_record *, const mn_view *);

struct mn_trace {
	mn_arena *arena; /* everything below */
	mn_trace_head head;
	const mn_event *events;
	size_t nevents;
	const mn_trace_neuron *neurons; /* by id */
	size_t nneurons;
	const uint32_t *by_to; /* events by the neuron they go to, then by step */
};

mn_trace *mn_trace_new(mn_call *); /* empty; fails into the call */

/* The last step of making or reading one: sorts the events by where they go, sets hop and level of
 * every neuron from them. Neurons are in the trace's arena, by id. */
int mn_trace_settle(mn_trace *, mn_call *, mn_trace_neuron *);

/* The events that go to a neuron, by step: indices. 0: those that go to none, or to all. */
size_t mn_trace_into(const mn_trace *, mn_id to, const uint32_t **out);

/*
 * A replay: the level of one neuron, event by event.
 */
typedef struct mn_replay_cell {
	double level, aside;
	bool has_level, has_aside;
} mn_replay_cell;

/* What one event does to a neuron's level; mine: the event's `to` is this neuron. */
void mn_replay(mn_replay_cell *, const mn_event *, bool mine);

#endif
