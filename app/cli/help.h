/* SPDX-License-Identifier: MIT */
/* help.h - what --help prints, made from the table of actions. */
#ifndef MN_APP_CLI_HELP_H
#define MN_APP_CLI_HELP_H

#include <stdio.h>

#include "action.h"

/* What there is: the verbs, a line each, and the options of all. */
void mn_help_overview(FILE *);
/* The verbs that begin with a word ("brain"), a line each. */
void mn_help_group(FILE *, mn_str word);
/* One action in full. */
void mn_help_action(FILE *, const mn_action *);
/* "mnemoscope recall [options] QUERY", without a newline. */
void mn_help_usage(FILE *, const mn_action *);

/* How a parameter is written: "-o, --output FILE", "QUERY"; for help and man page. */
void mn_help_param(const mn_param *, char *out, size_t room);

#endif
