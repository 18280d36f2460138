/* SPDX-License-Identifier: MIT */
/* ask.h - a question to the person at the terminal. */
#ifndef MN_APP_CLI_ASK_H
#define MN_APP_CLI_ASK_H

#include "app.h"

/* Is there somebody to ask? */
bool mn_ask_possible(const mn_app *);

/* Shows what was already printed on standard error, reads one line from standard input (without
 * its end; cut at room - 1 bytes). MN_ECANCELLED: a signal came. */
int mn_ask_line(mn_app *, char *out, size_t room, mn_error *err);

#endif
