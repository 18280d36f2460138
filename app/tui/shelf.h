/* SPDX-License-Identifier: MIT */
/*
 * shelf.h - unsent edits on disk, so that a workbench that is killed loses none.
 *
 * Each workbench has a file of its own, $XDG_STATE_HOME/mnemoscope/unsent/NAME, 0600, replaced as
 * a whole at every change, and locked as long as the workbench lives: a file without a lock was
 * left behind, and the next workbench takes over what is in it. One "unsent [STORE,BRAIN,LINE]" a
 * line. The user's thread only.
 */
#ifndef MN_TUI_SHELF_H
#define MN_TUI_SHELF_H

#include <jansson.h>
#include <stdbool.h>

struct mn_tui;

typedef struct mn_shelf {
	bool open, failed; /* failed: said already */
	int lock;          /* the file's descriptor; -1: there is no file */
	char name[24];
} mn_shelf;

/* Takes over what others have left behind. */
void mn_shelf_open(struct mn_tui *);
/* The unsent edits are others now. */
void mn_shelf_save(struct mn_tui *);
/* What is unsent stays, for the next workbench. */
void mn_shelf_close(struct mn_tui *);

/* An array of store, brain and line among the unsent edits; false: there is no room. */
bool mn_shelf_take(struct mn_tui *, const json_t *);

#endif
