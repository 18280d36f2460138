/* SPDX-License-Identifier: MIT */
/*
 * planner.h - a plan while it is made: what verbs read with and add edits to.
 *
 * Edits are written to batches (edit.h), which go to the journal, so a plan of any size takes the
 * memory of a batch, and two bits for each row and a byte for each neuron that lie near what goes
 * (marks.h), so that later steps see it gone. Nothing is written to the brain. Rows may change
 * while they are read: applying looks at each of them again.
 */
#ifndef MN_UPKEEP_PLANNER_H
#define MN_UPKEEP_PLANNER_H

#include "base/arena.h"
#include "store/brain.h"
#include "upkeep/edit.h"
#include "upkeep/journal.h"
#include "upkeep/marks.h"
#include "upkeep/step.h"

enum { MN_PLAN_PAGE = 1000, MN_PLAN_EDITS = 8000, MN_PLAN_SAMPLES = 12, MN_PLAN_TEXT = 200 };
#define MN_PLAN_BYTES ((size_t)2 << 20) /* of rows in a batch */

typedef struct mn_planner {
	mn_brain *brain;
	mn_call *call; /* whose error is reported */
	mn_call page;  /* for one page of a scan at a time */
	mn_call inner; /* for what a verb asks about a row */
	mn_call out;   /* for a batch on its way to the journal */
	mn_journal *journal;
	mn_record *record;
	const mn_plan_options *options;
	mn_brain_row row;
	mn_config config;
	mn_time now, clock; /* clock: after the steps so far */
	size_t most;        /* edits of a batch */

	mn_edit_writer *batch;
	size_t weight; /* of rows in it */
	/* rows that edits so far drop (1) or change otherwise (2): no later edit touches them */
	mn_marks touched[MN_KINDS];
	mn_marks lost; /* by neuron, how many of its synapses they drop */

	mn_arena *kept; /* samples and sentences */
	mn_plan_step *step;
	size_t place; /* of the step, from 0 */
	mn_plan_sample *samples;
	size_t nsamples, samples_cap, step_samples;
	uint64_t done, told_at; /* rows read */
} mn_planner;

/* Readies and ends it; begin reads the brain's row. */
int mn_planner_begin(mn_planner *, mn_brain *, mn_call *, const mn_plan_options *);
void mn_planner_end(mn_planner *);
int mn_planner_flush(mn_planner *); /* what is pending becomes a batch */

/* ---- Reading */

typedef int mn_planner_rows(mn_planner *, void *ctx, const mn_rows *);
/* All rows of a query, a page at a time. fn's rows live until it returns; `inner` is emptied before
 * each page. A fn that returns MN_PLAN_ENOUGH ends the scan with MN_OK. */
enum { MN_PLAN_ENOUGH = 1 };
int mn_planner_scan(mn_planner *, const mn_query *, mn_planner_rows *fn, void *ctx);
/* The rows of a kind at a neuron, all at once, in inner's arena; those that were touched left out.
 */
int mn_planner_at(mn_planner *, int kind, mn_id neuron, mn_rows *out);

bool mn_planner_gone(mn_planner *, int kind, mn_id);
bool mn_planner_touched(mn_planner *, int kind, mn_id);
double mn_planner_weight(const mn_planner *, const mn_synapse *); /* at the plan's clock */

/* ---- Adding edits. Rows are copied; one that was touched stays as the first edit leaves it. */

int mn_planner_drop(mn_planner *, int kind, const void *row);
/* With its synapses, its state, and the fibers anchored at it. One with synapses that an earlier
 * step changes is kept, and counted as such. */
int mn_planner_drop_neuron(mn_planner *, const mn_neuron *);
/* The same for one whose synapses were moved elsewhere. */
int mn_planner_drop_moved(mn_planner *, const mn_neuron *);
int mn_planner_put(mn_planner *, int kind, const void *before, const void *after);
int mn_planner_add(mn_planner *, int kind, const void *row);
int mn_planner_tune(mn_planner *, int kind, const void *before, const void *after);
/* An id for a neuron that the plan adds. Where the store is read-only, so that nothing can come of
 * the plan, one that is free in no plan. */
int mn_planner_reserve(mn_planner *, mn_id *out);
int mn_planner_clock(mn_planner *, mn_time to);
int mn_planner_rebuild(mn_planner *);
int mn_planner_snapshot(mn_planner *, uint64_t keep);

/* ---- What people see */

int mn_planner_says(mn_planner *, const char *fmt, ...) MN_PRINTF(2, 3);
void mn_planner_axis(mn_planner *, const char *of, double to);
static inline size_t mn_planner_bin_of(const mn_planner *p, double value)
{
	const double place = value / p->step->to * MN_PLAN_BINS;

	return place >= MN_PLAN_BINS ? MN_PLAN_BINS - 1 : place > 0 ? (size_t)place : 0;
}
static inline void mn_planner_bin(const mn_planner *p, uint64_t bins[MN_PLAN_BINS], double value)
{
	bins[mn_planner_bin_of(p, value)]++;
}
/* The first bytes of a text, whole characters: what is shown of it. */
mn_str mn_planner_cut(mn_str);
/* Copied; only the first few of a step are kept. row: whose uid is shown, empty where what it is
 * derived from went meanwhile; NULL: the sample has one. */
int mn_planner_sample(mn_planner *, const mn_plan_sample *, const void *row);

#endif
