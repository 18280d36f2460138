/* SPDX-License-Identifier: MIT */
/* path.h - one step of a trace, and a path of them, with every factor. */
#ifndef MN_APP_CLI_PATH_H
#define MN_APP_CLI_PATH_H

#include "printer.h"

/* What stands for a neuron in one line: its text, or its number. cut at `columns`. */
void mn_path_neuron(mn_printer *, const mn_trace *, mn_id, int columns);

/* "1 x gain 1.9 x weight .71 x share .33 = .44": what a step gives, factor by factor. Factors
 * of 1 are left out. */
void mn_path_factors(mn_printer *, const mn_event *);

/* A path from the question to a neuron, a line a step, indented. */
void mn_path_print(mn_printer *, const mn_trace *, const mn_why *, int indent);

/* "activated", "below-threshold": what became of a step. Static. */
const char *mn_path_fate(int fate);

/* One step as a JSON object. */
void mn_path_emit(mn_printer *, const mn_trace *, const mn_event *);

#endif
