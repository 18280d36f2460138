/* SPDX-License-Identifier: MIT */
/* sheets.h - a brain as a folder of CSV files, beside export.c; one thread. */
#ifndef MN_APP_CLI_SHEETS_H
#define MN_APP_CLI_SHEETS_H

#include "session.h"

/* Makes the folder `path`, with neurons.csv, synapses.csv and fibers.csv; it is there when all of
 * them are complete, or not at all. MN_ECONFLICT: the name is taken. */
int mn_sheets_write(mn_session *, mn_str path, const mn_progress *);

#endif
