/* SPDX-License-Identifier: MIT */
/*
 * sketch.h - small brains for tests of recall, in the memory store, written row by row: neurons
 * are numbered from 1 in the order they are added.
 */
#ifndef MN_TESTS_SKETCH_H
#define MN_TESTS_SKETCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/str.h"
#include "base/type.h"
#include "recall/kernel.h"

#define SKETCH __attribute__((unused)) static

typedef struct sketch {
	mn_engine *engine;
	mn_store *store;
	mn_brain *brain;
	mn_call call;
	mn_change changes[4096];
	mn_neuron neurons[2048];
	mn_synapse synapses[4096];
	mn_fiber fibers[1024];
	size_t nchanges, nneurons, nsynapses, nfibers;
} sketch;

#define OK(call_, expression)                                                         \
	do {                                                                          \
		int ok_ = (expression);                                               \
		if (ok_ != MN_OK)                                                     \
			fail_msg("%s: %d, %s", #expression, ok_, (call_)->err->text); \
	} while (0)

#define near(a, b)                                                               \
	do {                                                                     \
		double a_ = (a), b_ = (b);                                       \
		if (!(fabs(a_ - b_) <= 1e-12))                                   \
			fail_msg("%s is %.17g, not %.17g (%s)", #a, a_, b_, #b); \
	} while (0)

/* A brain in the store of a URL, over a cache of so many bytes, in a world with these seams. */
SKETCH sketch *sketch_begin_in(const char *url, uint64_t cache_bytes, const mn_seams *seams)
{
	sketch *s = calloc(1, sizeof(*s));
	mn_str dir = mn_str_of(getenv("MN_PLUGINS"));
	mn_options options = MN_SIZED(mn_options);
	mn_error err = MN_SIZED(mn_error);

	assert_non_null(s);
	options.plugin_dirs = (mn_strs){&dir, dir.len ? 1 : 0};
	options.cache_bytes = cache_bytes;
	options.seams = seams;
	if (mn_engine_new(&options, &err, &s->engine) != MN_OK)
		fail_msg("%s", err.text);
	OK(&s->call, mn_call_init(&s->call, s->engine, 0));
	OK(&s->call, mn_store_open(s->engine, &s->call, mn_str_of(url), false, &s->store));
	OK(&s->call, mn_store_create(s->store, &s->call, MN_STR("b"), (mn_str){0}));
	OK(&s->call, mn_brain_open(s->store, &s->call, MN_STR("b"), &s->brain));
	return s;
}

SKETCH sketch *sketch_begin_with(uint64_t cache_bytes)
{
	return sketch_begin_in("memory:", cache_bytes, NULL);
}

SKETCH sketch *sketch_begin(void)
{
	return sketch_begin_with(0);
}

/* Memory that runs out after so many allocations. */
static size_t sketch_allocations;

SKETCH void *sketch_failing_resize(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	if (size == 0) {
		free(ptr);
		return NULL;
	}
	if (sketch_allocations == 0)
		return NULL;
	sketch_allocations--;
	return realloc(ptr, size);
}

SKETCH const mn_memory sketch_failing = {NULL, sketch_failing_resize};

/* A conversation and some notes, as an import would remember them. */
SKETCH void sketch_remember(sketch *s)
{
	static const struct {
		const char *id, *speaker, *title, *session, *text;
	} lines[] = {
		{"d1", "Ada", "", "s1", "When did you find the first bug, Grace?"},
		{"d2", "Grace", "", "s1",
			"We found a moth in the Mark II computer in September 1947."},
		{"d3", "Ada", "", "s1", "And you taped it into the log book, I heard."},
		{"d4", "Grace", "", "s1", "Yes, the log book is in the Smithsonian now."},
		{"d5", "Ada", "", "s2", "My notes on the Analytical Engine were long."},
		{"d6", "Grace", "", "s2", "Did Charles Babbage read your notes?"},
		{"d7", "Ada", "", "s2", "He did, and he liked the part about Bernoulli numbers."},
		{"t1", "", "bug", "",
			"An unwanted property of a program. See {moth} and {glitch}."},
		{"t2", "", "moth", "", "An insect, found by Grace Hopper in the Mark II computer."},
		{"t3", "", "glitch", "", "A sudden interruption; compare bug."},
		{"t4", "", "Grace Hopper", "", "Rear admiral, wrote the first compiler."},
		{"t5", "", "Charles Babbage", "", "Designed the Analytical Engine in London."},
	};
	mn_note notes[sizeof(lines) / sizeof(*lines)];
	mn_remembered done = MN_SIZED(mn_remembered);

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		notes[i] = MN_SIZED(mn_note);
		notes[i].id = mn_str_of(lines[i].id);
		notes[i].speaker = mn_str_of(lines[i].speaker);
		notes[i].title = mn_str_of(lines[i].title);
		notes[i].session = mn_str_of(lines[i].session);
		notes[i].text = mn_str_of(lines[i].text);
		notes[i].has_time = *lines[i].session;
		notes[i].time = INT64_C(1683504000000000) + (mn_time)i * 86400000000;
	}
	OK(&s->call, mn_brain_remember(
			     s->brain, &s->call, notes, sizeof(lines) / sizeof(*lines), &done));
}

SKETCH void sketch_end(sketch *s)
{
	mn_brain_close(s->brain);
	mn_store_close(s->store);
	mn_call_done(&s->call);
	mn_engine_free(s->engine);
	free(s);
}

SKETCH mn_id sketch_neuron(sketch *s, uint16_t type, const char *text, unsigned flags)
{
	mn_neuron *n = &s->neurons[s->nneurons++];

	*n = (mn_neuron){
		.id = s->nneurons, .text = mn_str_of(text), .type = type, .flags = (uint16_t)flags};
	s->changes[s->nchanges++] = (mn_change){MN_ADD, MN_NEURON, n};
	return n->id;
}

/* A memory is an anchor with a fiber; its uid is its text's first word. */
SKETCH mn_id sketch_memory(sketch *s, const char *uid, const char *text, unsigned flags)
{
	mn_id id = sketch_neuron(s, MN_MEMORY, text, MN_NEURON_ANCHOR | flags);
	mn_fiber *f = &s->fibers[s->nfibers++];

	s->neurons[id - 1].uid = mn_str_of(uid);
	*f = (mn_fiber){.id = s->nfibers, .anchor = id, .salience = .5, .flags = MN_FIBER_STAR};
	s->changes[s->nchanges++] = (mn_change){MN_ADD, MN_FIBER, f};
	return id;
}

SKETCH mn_id sketch_synapse(sketch *s, mn_id from, mn_id to, uint16_t type, double base)
{
	mn_synapse *syn = &s->synapses[s->nsynapses++];

	*syn = (mn_synapse){.id = s->nsynapses, .from = from, .to = to, .type = type, .base = base};
	s->changes[s->nchanges++] = (mn_change){MN_ADD, MN_SYNAPSE, syn};
	return syn->id;
}

/* Writes what was added since the last time. */
SKETCH void sketch_write(sketch *s)
{
	mn_applied applied = MN_SIZED(mn_applied);

	OK(&s->call, mn_brain_apply(s->brain, &s->call, NULL, s->changes, s->nchanges, &applied));
	s->nchanges = 0;
}

/* Spreads by the kernel "classic" from sets of neurons, numbered by id; levels by id. */
typedef struct sketch_levels {
	double level[2048];
	uint64_t activated, examined;
	uint32_t trips;
	mn_event *events; /* if recorded: free() */
	size_t nevents;
} sketch_levels;

SKETCH int sketch_classic(sketch *s, const mn_id *anchors, const uint32_t *start, uint32_t nsets,
	double threshold, uint32_t hops, bool record, sketch_levels *out)
{
	uint32_t nodes[64];
	mn_view view;
	mn_spread spread;
	struct mn_bench bench;
	int rc;

	memset(out, 0, sizeof(*out));
	OK(&s->call, mn_graph_take_bench(mn_graph_of(s->brain->mind), &s->call, &bench));
	OK(&s->call, mn_view_open(s->brain, &s->call, false, &view));
	OK(&s->call, mn_view_index(&view, anchors, start[nsets], nodes));
	spread = (mn_spread){.view = &view,
		.arena = bench.arena,
		.space = bench.space,
		.side = bench.side,
		.record = record ? bench.record : NULL,
		.anchors = {nodes, start, nsets},
		.max_hops = hops,
		.threshold = threshold};
	rc = mn_classic.spread(&spread);
	for (size_t i = 0; rc == MN_OK && i < bench.space->ncells; i++) {
		const mn_cell *c = &bench.space->cells[i];

		out->level[mn_view_id(&view, c->node)] = c->level;
		out->activated += c->level > 0;
	}
	out->examined = spread.examined;
	out->trips = view.trips;
	mn_record_resolve(bench.record, &view);
	out->nevents = bench.record->n;
	out->events = out->nevents ? malloc(out->nevents * sizeof(*out->events)) : NULL;
	if (out->events)
		memcpy(out->events, bench.record->at, out->nevents * sizeof(*out->events));
	mn_view_close(&view);
	mn_graph_give_bench(mn_graph_of(s->brain->mind), &bench);
	return rc;
}

#endif
