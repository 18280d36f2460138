/* SPDX-License-Identifier: MIT */
/*
 * app.h - the running program: what was set, its streams, the engine, and how it ends.
 *
 * One mn_app per process, made by main.c and lent to verbs and workbench; used by the main thread.
 */
#ifndef MN_APP_APP_H
#define MN_APP_APP_H

#include "action.h"
#include "args.h"
#include "printer.h"
#include "secret.h"
#include "settings.h"

/* What the program returns; documented in mnemoscope(1). */
enum mn_exit {
	MN_EXIT_DONE = 0,
	MN_EXIT_FAILED = 1,
	MN_EXIT_USAGE = 2,
	MN_EXIT_MISSING = 3,  /* no such brain, memory or file */
	MN_EXIT_SIGNAL = 128, /* + the signal's number */
};

typedef struct mn_app {
	const mn_action *action; /* NULL: none, the workbench */
	mn_args args;            /* of the action and of every action */
	mn_settings set;         /* after command line, environment, file */
	mn_secrets secrets;      /* lent to the engine */
	bool read_only, json, quiet, progress;
	mn_printer out, err; /* standard output and error; fit for text from outside */
	mn_arena *arena;     /* for what lives as long as the program */
	mn_token *token;     /* cancelled by signals; every call carries it */
	mn_engine *engine;   /* NULL until mn_app_engine */
} mn_app;

/* The options that every action takes; ends with a nameless one. */
extern const mn_param mn_app_params[];

/* Reads the settings. Streams, arena and token are there, the arguments have been parsed. */
int mn_app_init(mn_app *, mn_error *err);

/* Makes the engine if there is none yet. MN_ENOMEM, MN_EIO. */
int mn_app_engine(mn_app *, mn_error *err);

/*
 * How a verb ends badly: one line on standard error, "mnemoscope recall: ...". mn_app_fail returns
 * the exit code that belongs to the error's; mn_app_usage is for a wrong command line, points to
 * --help and returns MN_EXIT_USAGE.
 */
int mn_app_fail(mn_app *, const mn_error *);
int mn_app_usage(mn_app *, const mn_error *);
/* One line on standard error for what is no error; nothing under --quiet. */
void mn_app_note(mn_app *, const char *fmt, ...) MN_PRINTF(2, 3);

#endif
