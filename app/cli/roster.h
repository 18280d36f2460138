/* SPDX-License-Identifier: MIT */
/* roster.h - scripts by name: reading one, telling which there are and what one takes. */
#ifndef MN_APP_CLI_ROSTER_H
#define MN_APP_CLI_ROSTER_H

#include "session.h"

/* Finds, reads and loads one, the caller's. */
int mn_roster_load(mn_session *, mn_str name, const mn_script_options *, mn_script **out);
/* All of them, a line each. Returns an exit code. One that is broken is told as such and passed
 * over. */
int mn_roster_list(mn_app *);
/* What one is for, and its parameters. Likewise. */
int mn_roster_tell(mn_app *, mn_str name);

#endif
