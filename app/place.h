/* SPDX-License-Identifier: MIT */
/*
 * place.h - a file that is either complete or not there: written beside its place under a name
 * nobody guesses, 0600, synced, and only then given its name. What is not a regular file (a pipe,
 * a device) is written to directly. One thread.
 */
#ifndef MN_APP_PLACE_H
#define MN_APP_PLACE_H

#include "mn.h"

typedef struct mn_place {
	const char *path, *name; /* the whole, and behind its last slash; lent */
	char temporary[40];      /* name in the same folder; empty: written to directly */
	int dir, fd;
	bool replace;
} mn_place;

/* replace: a file of that name may be there already. MN_ECONFLICT: it is; MN_EIO. */
int mn_place_open(mn_place *, mn_arena *, const char *path, bool replace, mn_error *err);
int mn_place_write(mn_place *, const void *, size_t, mn_error *err);
/* Makes it durable and gives it its name; closes it either way. */
int mn_place_keep(mn_place *, mn_error *err);
void mn_place_drop(mn_place *);

#endif
