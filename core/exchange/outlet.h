/* SPDX-License-Identifier: MIT */
/*
 * outlet.h - an export from the inside: rows are read page by page, lines go to a buffer and from
 * there to the sink. Everything belongs to one generation, or the export fails with MN_ESTALE.
 */
#ifndef MN_EXCHANGE_OUTLET_H
#define MN_EXCHANGE_OUTLET_H

#include "base/buf.h"
#include "mn.h"

typedef struct mn_outlet {
	mn_brain *brain;
	mn_call *call;
	mn_call work; /* for one page at a time: the caller's token and error, an own arena */
	const mn_export_options *options;
	const mn_sink *sink;
	mn_brain_row row; /* strings in the caller's arena */
	mn_gen at;        /* what the export belongs to */
	bool states;      /* states count too: bumps while it runs make it stale */
	mn_buf out;
	uint64_t done, total; /* rows */
	mn_time told;
} mn_outlet;

typedef int mn_outlet_page(mn_outlet *, void *ctx, const mn_rows *);

/* Hands over all rows of a kind by id, page by page; what a page needs besides lives in
 * work.arena until the next. Lines added to `out` are written behind each page. */
int mn_outlet_scan(mn_outlet *, int kind, unsigned fields, mn_outlet_page *, void *ctx);
/* Has somebody written since the export began? Asked after each read of one's own. */
int mn_outlet_check(mn_outlet *);
/* Writes what stands in `out`. */
int mn_outlet_write(mn_outlet *);
/* Tells how many rows are done, now and then. */
void mn_outlet_tell(mn_outlet *, bool at_once);

/* The neurons with these ids, sorted and without repeats; row_of finds one of them, or NULL. */
typedef struct mn_outlet_neurons {
	const mn_neuron *at;
	size_t n;
} mn_outlet_neurons;
/* ids are sorted in place */
int mn_outlet_neurons_get(
	mn_outlet *, mn_id *ids, size_t n, unsigned fields, mn_outlet_neurons *out);
const mn_neuron *mn_outlet_neuron(const mn_outlet_neurons *, mn_id);

/* The formats. */
int mn_outlet_jsonl(mn_outlet *);
int mn_outlet_graph(mn_outlet *);
int mn_outlet_dot(mn_outlet *);
int mn_outlet_graphml(mn_outlet *);
int mn_outlet_snapshot(mn_outlet *);
int mn_outlet_peer(mn_outlet *);
int mn_outlet_csv(mn_outlet *);

#endif
