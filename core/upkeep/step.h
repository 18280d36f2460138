/* SPDX-License-Identifier: MIT */
/*
 * step.h - the steps of a plan, read from JSON. mn.h says what each verb does and takes; a verb is
 * one file and one row of the table in verb.c.
 */
#ifndef MN_UPKEEP_STEP_H
#define MN_UPKEEP_STEP_H

#include "base/json.h"
#include "mn.h"

typedef struct mn_verb mn_verb;

typedef struct mn_step {
	const mn_verb *verb;
	mn_time until;
	mn_time age; /* older_than_days, in microseconds */
	double below, salience_below, similarity, neighbourhood;
	uint64_t limit, uses; /* limit: UINT64_MAX where there is none */
	uint64_t keep;
	const uint16_t *types;
	size_t ntypes;
	mn_strs tags, fibers;
	mn_ids synapses;
	const json_t *rows; /* of change: as long as the steps */
	bool keep_last, all;
} mn_step;

typedef struct mn_step_list {
	const mn_step *at;
	size_t n;
	json_t *tree; /* the caller's to json_decref */
} mn_step_list;

enum { MN_PLAN_STEPS = 1000, MN_PLAN_ITEMS = 1000000 };

enum mn_step_form {
	MN_STEP_NUMBER, /* double */
	MN_STEP_COUNT,  /* uint64_t */
	MN_STEP_DAYS,   /* mn_time: so many days */
	MN_STEP_TIME,   /* mn_time: microseconds, or ISO 8601 */
	MN_STEP_TRUTH,  /* bool */
	MN_STEP_TYPES,  /* names of synapse types: types and ntypes */
	MN_STEP_KINDS,  /* likewise, of neurons */
	MN_STEP_TEXTS,  /* mn_strs */
	MN_STEP_IDS,    /* mn_ids */
	MN_STEP_ROWS,   /* json_t: an array */
};

typedef struct mn_step_param {
	const char *name; /* NULL: the end */
	int form;
	size_t offset;             /* in mn_step */
	double least, most, usual; /* of numbers, counts, days, truths */
	bool needed;
} mn_step_param;

/* `today` is what `until` is without being given. MN_EINVAL: "step 2, prune: below must be ..." */
int mn_step_list_read(mn_call *, mn_str json, mn_time today, mn_step_list *out);

#endif
