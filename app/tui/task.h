/* SPDX-License-Identifier: MIT */
/*
 * task.h - jobs as the workbench has them: owned by a screen, latest wins, never waited for.
 *
 * A task is begun on the user's thread, runs on a worker, and is delivered on the user's thread.
 * It stands in a slot of its owner: a new task in the slot cancels the one that runs, whose late
 * answer is thrown away. Once delivered, a task and its results (its context, its call's arena)
 * live until the slot gets the next result, or is cleared. A task holds on to the brain that was
 * open when it began, so closing a brain pulls nothing from under it.
 *
 * Everything here is for the user's thread, but mn_work.run and mn_work.drop.
 */
#ifndef MN_TUI_TASK_H
#define MN_TUI_TASK_H

#include "mn.h"

struct mn_tui;
struct mn_screen;
typedef struct mn_task mn_task;

/* The open brain, shared by the workbench and by the tasks that use it. */
typedef struct mn_seat {
	struct mn_tui *tui;
	mn_store *store;
	mn_brain *brain;
	unsigned refs;
	char name[512];
	uint64_t neurons, synapses, memories, bytes; /* as it was last described */
	mn_gen at;
} mn_seat;

/* One kind of work. */
typedef struct mn_work {
	const char *title; /* what it is called among the jobs: "scan" */
	size_t size;       /* of its context, which begins zeroed */
	/* On a worker. What goes wrong stands in the call's error. */
	void (*run)(void *context, const mn_seat *, mn_job *, mn_call *);
	/* On the user's thread, unless superseded; status: that of the call. A failure has been
	 * said already. NULL: nothing to do. */
	void (*done)(struct mn_screen *, mn_task *, int status);
	void (*drop)(void *context); /* frees what the context owns; NULL: nothing */
	bool quiet;                  /* not worth a line among the finished jobs, unless it fails */
	bool background;             /* nobody waits for it: no spinner, Esc does not mean it */
} mn_work;

typedef struct mn_slot {
	mn_task *running, *shown;
} mn_slot;

/*
 * Begins: mn_task_new gives the task, whose context is to be filled, mn_task_start sends it off.
 * Both NULL-tolerant: out of memory has then been said. screen may be NULL for the workbench's own.
 */
mn_task *mn_task_new(struct mn_tui *, struct mn_screen *, mn_slot *, const mn_work *);
void mn_task_start(mn_task *);

void *mn_task_context(const mn_task *);
struct mn_tui *mn_task_tui(const mn_task *);
mn_call *mn_task_call(const mn_task *);
const mn_seat *mn_task_seat(const mn_task *);
/* The store that was open when it began; it may be another one by now. */
const mn_store *mn_task_store(const mn_task *);
const char *mn_task_title(const mn_task *);
/* Microseconds it took, or has been taking. */
uint64_t mn_task_took(const mn_task *);
void mn_task_look(const mn_task *, mn_job_status *);
void mn_task_cancel(mn_task *);

/* The context of what a slot shows; NULL: nothing. */
void *mn_slot_shown(const mn_slot *);
/* Cancels what runs and lets go of what is shown. */
void mn_slot_clear(mn_slot *);

/* Delivers finished jobs. Returns how many. */
int mn_tasks_collect(struct mn_tui *);
/* Those that run, latest first. */
mn_task *mn_tasks_first(const struct mn_tui *);
mn_task *mn_tasks_next(const mn_task *);
/* The one a person of this screen has been waiting for longest; NULL: none. */
mn_task *mn_tasks_of(const struct mn_tui *, const struct mn_screen *);
/* Cancels everything and waits for it: the end of the workbench. */
void mn_tasks_end(struct mn_tui *);

mn_seat *mn_seat_hold(mn_seat *); /* NULL-tolerant, as is release */
/* The last release closes the brain, in a job, since that may have something to write. */
void mn_seat_release(mn_seat *);

#endif
