/* SPDX-License-Identifier: MIT */
/*
 * script.h - scripts: the engine's side. Private to core; the public part is in mn.h.
 *
 * Limits inside a Lua state do not hold: one pattern of a hundred bytes runs for minutes without a
 * hook being called, and so do finalizers. So a script runs in a process of its own,
 * mnemoscope-script (app/script), which gives up every right before it reads a line of it; it is
 * killed when its time is over, and whatever it says is checked here as if a stranger had sent it.
 *
 * What a script is and may say: mnemoscope-script(5).
 */
#ifndef MN_SCRIPT_SCRIPT_H
#define MN_SCRIPT_SCRIPT_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/json.h"
#include "script/frame.h"

struct mn_script {
	mn_engine *engine;
	mn_arena *arena;
	mn_script_head head;
	mn_str label; /* what messages call it: its name, plain */
	mn_str text;
};

/* ---- child.c: the process ----------------------------------------------------------------- */

typedef struct mn_child {
	const mn_script_options *options;
	mn_str label;
	mn_call guard; /* its token and deadline are the process's: a hook on it kills */
	pid_t pid;
	int fd;
	char *in; /* what came and was not taken yet: from..to */
	size_t from, to;
	uint64_t memory;
	uint32_t cpu;
	mn_time wall;
} mn_child;

/* Options with every limit filled in; wall and cpu: the defaults. MN_EINVAL: too little memory. */
int mn_child_limits(
	mn_call *, const mn_script_options *, mn_time wall, uint32_t cpu, mn_child *out);
/* Starts a process that waits for START. Afterwards, whatever happens, mn_child_end. */
int mn_child_begin(mn_child *, mn_call *);
int mn_child_send(mn_child *, mn_call *, uint32_t type, const mn_buf *payload);
/* Waits for a frame, which is lent until the next. An error ends the process; it says why. */
int mn_child_receive(mn_child *, mn_call *, uint32_t *type, mn_take *out);
int mn_child_broke(mn_child *, mn_call *); /* it did not keep to the protocol: MN_EIO */
/* Kills and reaps; to be called once, whatever the outcome. */
void mn_child_end(mn_child *);

/* ---- about.c: what a script declares ------------------------------------------------------ */

int mn_about_read(mn_call *, mn_take *, mn_arena *, mn_str label, mn_script_head *out);

/* ---- value.c: values of parameters -------------------------------------------------------- */

/* Checks a value against its parameter and writes it as START has it. MN_EINVAL. */
int mn_value_put(mn_call *, mn_str label, const mn_script_param *, mn_str text, mn_buf *out);
/* The same for one by name, without writing it. */
int mn_value_check(mn_call *, mn_str label, const mn_script_head *, const mn_script_value *);
/* All of them: those given, and the rest as they are declared. */
int mn_values_put(mn_call *, mn_str label, const mn_script_head *, const mn_script_value *,
	size_t n, mn_buf *out);

/* ---- serve.c: rows for a script ----------------------------------------------------------- */

typedef struct mn_serving mn_serving;

int mn_serving_new(mn_brain *, mn_call *, const mn_call *guard, mn_serving **out);
void mn_serving_free(mn_serving *);
/* Answers SCAN, NEXT, CLOSE or DEGREES: *reply 0: with nothing. What the store refuses is an answer
 * too, ERROR; its status and text are kept. MN_EIO: no question one may ask. */
int mn_serving_answer(
	mn_serving *, mn_call *, uint32_t type, mn_take *, uint32_t *reply, const mn_buf **out);
/* Reads the next page of the scan that was answered last, while the script works at this one. */
void mn_serving_ahead(mn_serving *);
/* The store's last refusal; code 0: there was none. */
const mn_error *mn_serving_error(const mn_serving *);

/* ---- row.c: rows as frames ---------------------------------------------------------------- */

typedef struct mn_told { /* types whose names the process knows */
	uint8_t known[MN_KINDS][8192 / 8];
	mn_buf names; /* those of the page in the making */
	uint32_t n;
} mn_told;

void mn_row_put(mn_told *, int kind, unsigned fields, const void *row, double weight, mn_buf *out);

/* ---- step.c: what a script wants done ----------------------------------------------------- */

typedef struct mn_steps {
	mn_buf json, step;
	mn_call check; /* of a step */
	size_t nsteps, nchanges;
	bool changing; /* the last step is a list of changes that goes on */
} mn_steps;

/* The steps are to be freed whatever it returns. */
int mn_steps_init(mn_steps *, mn_call *);
void mn_steps_free(mn_steps *);
/* Each adds what a frame has. *why: what the script did wrong, as a sentence, empty if nothing. */
int mn_steps_add(mn_steps *, mn_call *, mn_take *, mn_buf *why);
int mn_steps_change(mn_steps *, mn_call *, mn_take *, mn_buf *why);
int mn_steps_take(mn_steps *, mn_call *, mn_str *out);

#endif
