/* SPDX-License-Identifier: MIT */
/*
 * signals.h - SIGINT, SIGTERM and SIGHUP become a cancelled token.
 *
 * A thread of its own waits for them, so no code runs in a handler. The first one cancels the token
 * and makes a descriptor readable; a second one, or five seconds without an end, ends the process
 * through `die`. A signal that was ignored when the program started stays ignored. SIGPIPE is
 * ignored: writers see EPIPE. One per process.
 */
#ifndef MN_APP_SIGNALS_H
#define MN_APP_SIGNALS_H

#include "mn.h"

/* Call before any other thread is started: they inherit the mask. die runs on the thread that
 * waits, must not return, and puts the terminal right first. MN_EIO: no thread. */
int mn_signals_start(mn_token *, void (*die)(int signo), mn_error *err);
void mn_signals_stop(void);
/* Other than five seconds; before the first signal. */
void mn_signals_patience(unsigned seconds);

/* The signal that came; 0: none yet. Any thread. */
int mn_signals_seen(void);
/* Readable from the first signal on, for poll(2); -1 before the start. */
int mn_signals_fd(void);

#endif
