/* SPDX-License-Identifier: MIT */
/*
 * upkeep.h - the maintenance screen: what its files share. Scripts (upkeep_scripts.c), the form of
 * one's parameters (upkeep_form.c), a plan to look at (upkeep_plan.c), runs (upkeep_runs.c), the
 * line for crontab (upkeep_cron.c); drawn by upkeep_draw.c, steered by upkeep.c.
 *
 * Everything is for the user's thread, but what a task does.
 */
#ifndef MN_TUI_UPKEEP_H
#define MN_TUI_UPKEEP_H

#include "base/buf.h"
#include "tui/desk.h"

enum {
	MN_UPKEEP_NAME = 256,
	MN_UPKEEP_VALUES = 512, /* that are kept, of all scripts together */
	MN_UPKEEP_GIVEN = 64,   /* with one run: as many as a script may have */
};

/* ---- Scripts ------------------------------------------------------------------------------- */

typedef struct mn_upkeep_script {
	mn_str name, why; /* of its file; why it cannot be used, empty: it can */
	mn_script *script;
	const mn_script_head *head; /* NULL: it is broken */
} mn_upkeep_script;

typedef struct mn_upkeep_list { /* the context of its task */
	mn_str folder;          /* the only one to look in; empty: the usual ones */
	mn_upkeep_script *at;
	size_t n;
} mn_upkeep_list;

/* Something other than the default, typed by the person. */
typedef struct mn_upkeep_value {
	char *script, *param, *text;
} mn_upkeep_value;

/* ---- A plan -------------------------------------------------------------------------------- */

enum mn_upkeep_row_kind {
	MN_UPKEEP_STEP,   /* what a step is */
	MN_UPKEEP_COUNTS, /* what it comes to */
	MN_UPKEEP_SAMPLE,
	MN_UPKEEP_HEAD, /* a title among the rows */
	MN_UPKEEP_LOSS,
	MN_UPKEEP_SAID, /* by the script */
};

typedef struct mn_upkeep_row {
	int kind;
	size_t step, at; /* the step it belongs to; which sample or loss */
	mn_str text;     /* untrusted */
} mn_upkeep_row;

typedef struct mn_upkeep_plan { /* the context of its task */
	mn_arena *arena;        /* of all that follows */
	mn_str folder, name;    /* the script, unless there are steps, or a run to open */
	mn_str steps;
	mn_script_value *values;
	size_t nvalues;
	mn_strs questions;
	uint64_t open; /* this run; 0: a new plan is made */
	mn_plan *plan; /* NULL: the script wants nothing done */
	mn_buf said;   /* its report and its words */
	mn_upkeep_row *rows;
	size_t nrows;
} mn_upkeep_plan;

/* ---- The screen ---------------------------------------------------------------------------- */

typedef struct mn_upkeep_runs { /* the context of its task */
	const mn_run *at;
	size_t n;
	char why[236]; /* why there is no list */
} mn_upkeep_runs;

enum mn_upkeep_what { MN_UPKEEP_APPLY, MN_UPKEEP_RESUME, MN_UPKEEP_UNDO };

typedef struct mn_upkeep {
	mn_slot scripts, plan, runs, work, told;
	mn_list script_list, params, rows, run_list;
	enum { MN_ON_SCRIPTS, MN_ON_FORM, MN_ON_PLAN, MN_ON_RUNS } focus;
	mn_upkeep_value values[MN_UPKEEP_VALUES];
	size_t nvalues;
	mn_line line; /* the value that is being typed */
	bool editing;
	char wrong[236];             /* why that value will not do */
	char fault[236];             /* why the last plan could not be made */
	char chosen[MN_UPKEEP_NAME]; /* the script the cursor is to find */
	bool scripts_asked;          /* so that a list that failed is not read for ever */
	uint64_t busy_with;          /* the run that work is about; 0: it is not known yet */
	uint64_t from, from_took; /* what was done, and the time it took, when it was first seen */
	mn_time runs_due;         /* when runs are listed anew (monotonic) */
	mn_pane scripts_pane, form_pane, plan_pane, runs_pane;
	int script_rows; /* that one script takes */
} mn_upkeep;

/* upkeep_scripts.c */
void mn_upkeep_load(mn_screen *);
/* The script the cursor is on; NULL: there is none. */
const mn_upkeep_script *mn_upkeep_script_at(const mn_upkeep *);

/* upkeep_form.c */
/* What was typed for a parameter; ptr NULL: nothing, its default holds. */
mn_str mn_upkeep_value_of(const mn_upkeep *, mn_str script, mn_str param);
/* The same from now on; text.ptr NULL: its default. False: no memory, or too many. */
bool mn_upkeep_value_set(mn_upkeep *, mn_str script, mn_str param, mn_str text);
/* Checks it first, and says why it will not do. */
bool mn_upkeep_value_take(mn_screen *, const mn_upkeep_script *, mn_str param, mn_str text);
void mn_upkeep_values_free(mn_upkeep *);
const mn_script_param *mn_upkeep_param_at(const mn_upkeep *);
void mn_upkeep_edit(mn_screen *);         /* begins to type, or takes the next choice */
void mn_upkeep_step(mn_screen *, int by); /* the next choice, or the one before */
void mn_upkeep_reset(mn_screen *);        /* back to the default */
bool mn_upkeep_edit_key(mn_screen *, mn_stroke);
/* Rows it takes in a pane of this width, its frame included. */
int mn_upkeep_form_height(const mn_upkeep *, int width);
void mn_upkeep_form_draw(mn_screen *, const mn_pane *frame);

/* upkeep_plan.c */
/* Plans the script the cursor is on, with what the form says. */
void mn_upkeep_dry_run(mn_screen *);
/* Plans a script that is in no list, or steps. */
void mn_upkeep_dry_run_of(
	mn_screen *, mn_str name, mn_str steps, const mn_script_value *, size_t n);
/* Shows a run of the history. */
void mn_upkeep_open_run(mn_screen *, uint64_t run);
const mn_upkeep_plan *mn_upkeep_shown(const mn_upkeep *);
/* The row the cursor is on, in full. */
void mn_upkeep_read_row(mn_screen *);
mn_str mn_upkeep_row_text(const mn_upkeep_plan *, const mn_upkeep_row *);

/* upkeep_runs.c */
void mn_upkeep_list_runs(mn_screen *);
const mn_run *mn_upkeep_run_at(const mn_upkeep *);
/* NULL: it is not in the list. */
const mn_run *mn_upkeep_run_of(const mn_upkeep *, uint64_t run);
/* "done", "interrupted", ... */
const char *mn_upkeep_state(const mn_run *);
void mn_upkeep_apply(mn_screen *);
void mn_upkeep_resume(mn_screen *, uint64_t run); /* 0: the one that was interrupted */
/* Asks first. run 0: the last one that is done. */
void mn_upkeep_take_back(mn_screen *, uint64_t run, bool rest);

/* upkeep_cron.c */
void mn_upkeep_cron(mn_screen *);

/* upkeep_draw.c */
void mn_upkeep_draw(mn_screen *, const mn_pane *);

#endif
