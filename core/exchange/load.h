/* SPDX-License-Identifier: MIT */
/*
 * load.h - a batch of rows of the graph form on its way into a brain; private to the graph
 * reader.
 *
 * Rows are found again by uid: what is there already is changed where the line says something
 * else, so that importing twice doubles nothing. All rows of a batch are applied as one, on the
 * condition that nobody else wrote since they were looked up. Neurons go first, then synapses and
 * fibers in the order of their lines.
 */
#ifndef MN_EXCHANGE_LOAD_H
#define MN_EXCHANGE_LOAD_H

#include "base/map.h"
#include "exchange/intake.h"
#include "exchange/item.h"

/* Which neurons this import made and has not used as a synapse's `from` yet: a bit each. Their
 * lists are known to be empty without asking the store. */
typedef struct mn_clean {
	mn_id first;
	unsigned char *bits;
	size_t cap; /* bytes */
} mn_clean;

typedef struct mn_load { /* one batch; what it points to lives in in->work.arena */
	mn_intake *in;
	const mn_item *items;
	size_t n;
	mn_clean *clean;
	double weight;     /* of a synapse that does not say */
	mn_time now;       /* of rows that do not say */
	uint64_t reported; /* the last bad line that was told, so that a second try does not */
	mn_gen seen;       /* the generation that the rows found belong to */
	mn_strmap names;   /* uid of a neuron -> place in the arrays that follow */
	size_t nnames;
	mn_id *ids;             /* 0: there is none */
	uint64_t *made;         /* the line that makes the neuron; 0: it was there before */
	const mn_neuron **rows; /* as it stands after the lines so far; NULL: not read */
	const mn_state **states;
	mn_change *changes;
	size_t nchanges;
	mn_id *encode; /* anchors whose text is to be encoded */
	size_t nencode;
	mn_import_report got; /* what the batch changes */
} mn_load;

/* Finds, works out and applies; tries again if somebody else wrote meanwhile. */
int mn_load_batch(mn_load *);

/* Shared by the files of a load. */
void mn_load_change(mn_load *, int op, int kind, const void *row);
int mn_load_bad(mn_load *, const mn_item *, const char *fmt, ...) MN_PRINTF(3, 4);
/* The neuron of that uid, made before the line or there already; 0: none. */
mn_id mn_load_neuron(const mn_load *, mn_str uid, uint64_t line);
/* Was the neuron there before this batch? */
bool mn_load_old(const mn_load *, mn_str uid);

bool mn_clean_has(const mn_clean *, mn_id);
void mn_clean_drop(mn_clean *, mn_id);

/* loadsynapse.c, loadfiber.c: reads the rows of their kind that the batch speaks of, reserves ids
 * for the others; then each item in turn. The maps they keep are freed with free. */
typedef struct mn_synapses {
	mn_idmap rows; /* hash of what names a synapse -> const mn_synapse * */
	mn_id *of;     /* per item: the synapse's id */
	uint32_t items;
	mn_id next; /* ids reserved with the first new one, `items` in a row */
} mn_synapses;
int mn_synapses_find(mn_load *, mn_synapses *);
int mn_synapses_take(mn_load *, mn_synapses *, const mn_item *);
void mn_synapses_free(mn_synapses *);

typedef struct mn_fibers {
	mn_idmap rows;     /* likewise -> const mn_fiber * */
	mn_strmap members; /* uid of a synapse that a fiber lists -> its id */
	uint32_t items;
	mn_id next;
} mn_fibers;
int mn_fibers_find(mn_load *, mn_fibers *, const mn_synapses *);
int mn_fibers_take(mn_load *, mn_fibers *, const mn_item *);
void mn_fibers_free(mn_fibers *);

#endif
