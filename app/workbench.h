/* SPDX-License-Identifier: MIT */
/* workbench.h - from the program's settings to the workbench. */
#ifndef MN_APP_WORKBENCH_H
#define MN_APP_WORKBENCH_H

#include "app.h"

/* Runs the workbench (tui/tui.h) on what was set. Returns an exit code. */
int mn_app_workbench(mn_app *);

#endif
