/* SPDX-License-Identifier: MIT */
/*
 * ticker.h - how far a long call has come, on standard error: one line that is redrawn at a
 * terminal, or, under --progress, a line every five seconds. Nothing in the first second, nothing
 * under --quiet. One thread.
 */
#ifndef MN_APP_TICKER_H
#define MN_APP_TICKER_H

#include "app.h"

typedef struct mn_ticker {
	mn_app *app;
	const char *what; /* "importing" */
	mn_time start, shown;
	bool drawn;
} mn_ticker;

/* The engine has been made. what: lent. */
void mn_ticker_start(mn_ticker *, mn_app *, const char *what);
mn_progress mn_ticker_progress(mn_ticker *); /* lent: the ticker must stay */
void mn_ticker_stop(mn_ticker *);            /* wipes the line */

#endif
