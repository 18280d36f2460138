/* SPDX-License-Identifier: MIT */
/* restore.h - importing what makes a brain of its own, beside import.c; one thread. */
#ifndef MN_APP_CLI_RESTORE_H
#define MN_APP_CLI_RESTORE_H

#include "unpack.h"

/* Imports a snapshot, of ours or of NeuralMemory; returns the exit code. */
int mn_restore(mn_app *, const mn_args *, mn_unpack *, int format);

/* What an import came to, as JSON and for a person (import.c). */
void mn_import_emit(mn_printer *, const mn_import_report *);
void mn_import_print(mn_app *, const mn_import_report *, mn_str brain, mn_time took);

#endif
