/* SPDX-License-Identifier: MIT */
/*
 * tui.h - the workbench, as the program sees it.
 */
#ifndef MN_TUI_H
#define MN_TUI_H

#include "action.h"
#include "settings.h"

typedef struct mn_tui_options {
	uint32_t size;
	mn_engine *engine; /* lent; its clock is the workbench's clock */
	mn_str url;        /* of the store to open */
	mn_store *store;   /* already open, lent; NULL: url is opened, and closed at the end */
	mn_str brain;      /* to open first; empty: the one that was open last time */
	mn_str usual;      /* to open if there was no last time; may be missing */
	bool read_only;
	const mn_profile *profiles; /* stores to change to; lent */
	size_t nprofiles;
	bool color;     /* false: no colour, whatever the terminal offers */
	bool ascii;     /* no character beyond ASCII for lines and bars */
	mn_str scripts; /* the folder of maintenance scripts; empty: where they usually are */
	bool fresh;     /* neither restores the last session nor keeps this one */
	int stop_fd;    /* readable when the process is asked to end (signals.h); -1: none */
	int (*stop_signal)(void); /* then: by which signal */
} mn_tui_options;

/*
 * Runs the workbench on standard input and output until the person leaves. Returns an exit code
 * (app.h): 0; 1 with one line on standard error if the terminal is unfit (the terminal is then
 * as it was); 128 + n after signal n. Main thread.
 */
int mn_tui_main(const mn_tui_options *);

/* Gives the terminal back at once, for a process that is about to die. Any thread,
 * async-signal-safe.
 */
void mn_tui_rescue(void);

/* The actions of the workbench; each table ends with a nameless one. */
extern const mn_action mn_tui_actions[], mn_brains_actions[], mn_explorer_actions[],
	mn_recall_actions[], mn_trace_actions[], mn_compare_actions[], mn_capacity_actions[],
	mn_jobs_actions[], mn_link_actions[], mn_unsent_actions[], mn_store_actions[],
	mn_cypher_actions[], mn_upkeep_actions[];

#endif
