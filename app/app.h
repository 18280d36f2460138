/* SPDX-License-Identifier: MIT */
/*
 * app.h - the running program: what was set, the engine, and how it ends.
 *
 * One mn_app per process, made by main.c and lent to verbs and workbench; used by the main thread.
 */
#ifndef MN_APP_APP_H
#define MN_APP_APP_H

#include <stdio.h>

#include "action.h"
#include "args.h"

/* What the program returns; documented in mnemoscope(1). */
enum mn_exit {
	MN_EXIT_DONE = 0,
	MN_EXIT_FAILED = 1,
	MN_EXIT_USAGE = 2,
	MN_EXIT_MISSING = 3,  /* no such brain, memory or file */
	MN_EXIT_SIGNAL = 128, /* + the signal's number */
};

typedef struct mn_app {
	mn_args args;            /* of the action and of every action */
	const mn_action *action; /* NULL: none, the workbench */
	mn_str store, brain;     /* after options, environment, configuration */
	const char *config;      /* path of the configuration file */
	bool read_only, json, quiet, progress;
	bool color;        /* standard output is a terminal and nobody said no */
	mn_arena *arena;   /* for what lives as long as the program */
	mn_engine *engine; /* NULL until mn_app_engine */
	mn_token *token;   /* cancelled by signals; every call carries it */
} mn_app;

/* The options that every action takes; ends with a nameless one. */
extern const mn_param mn_app_params[];

/* A wrong command line: says so on standard error, points to --help; returns MN_EXIT_USAGE. */
int mn_app_usage(const mn_app *, const mn_error *);

/* One line on standard error, "mnemoscope recall: ...", made plain; returns the exit code that
 * belongs to the error's. */
int mn_app_fail(const mn_app *, const mn_error *);

#endif
