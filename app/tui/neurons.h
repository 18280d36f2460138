/* SPDX-License-Identifier: MIT */
/*
 * neurons.h - the neurons that fit a filter, as a list of any length: pages are read as they come
 * into view and let go of when they are far away, so that ten million neurons scroll like ten.
 *
 * A filter is words, as mn_query.text has them, and "type:NAME" (the beginning of a type's name;
 * several mean any of them); or "like:UID", up to the end of the line: the memories that say nearly
 * the same as that one, most alike first, a page of them (similar.h). What was found for the filter
 * before stays until the first page of the new one has come. The user's thread only.
 */
#ifndef MN_TUI_NEURONS_H
#define MN_TUI_NEURONS_H

#include "tui/list.h"
#include "tui/task.h"

enum { MN_NEURON_PAGE = 128, MN_NEURON_LABEL = 112 };
#define MN_FAN_UNKNOWN UINT32_MAX

typedef struct mn_neuron_line {
	mn_id id;
	uint16_t type, flags;
	uint32_t fan; /* synapses in both directions, or MN_FAN_UNKNOWN as yet */
	char text[MN_NEURON_LABEL];
} mn_neuron_line;

typedef struct mn_neurons {
	struct mn_screen *screen;
	mn_slot fetch, fans;
	mn_list list;
	struct mn_neuron_page {
		mn_neuron_line *at; /* NULL: not here at the moment */
		size_t n;
		char *after; /* the place in the scan where it begins */
		size_t after_len;
	} * pages;
	size_t npages, cap;
	unsigned asked, shown; /* numbers of the filter that was asked for and of the pages' */
	char filter[512];      /* that was asked for */
	bool complete;         /* the last page is known */
	uint64_t took;         /* microseconds that the first page took */
} mn_neurons;

/* Asks for what fits the filter. The cursor goes to the first row when it comes. */
void mn_neurons_ask(mn_neurons *, mn_str filter);
/* Reads what is in view and not here yet. To be called whenever the list has moved. */
void mn_neurons_settle(mn_neurons *);
/* Row i, or NULL: on its way. */
const mn_neuron_line *mn_neurons_at(const mn_neurons *, size_t i);
/* Rows known to exist. */
size_t mn_neurons_count(const mn_neurons *);
void mn_neurons_clear(mn_neurons *);

/* What a neuron is called: an entity's label, a memory's title, else its text; one plain line. Any
 * thread. */
void mn_neuron_label(const mn_neuron *, char *out, size_t room);

#endif
