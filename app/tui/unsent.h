/* SPDX-License-Identifier: MIT */
/*
 * unsent.h - edits that the store did not take: kept, shown, sent again.
 *
 * An edit is kept as the line that would start it again, with the store and the brain it was meant
 * for, on disk (shelf.h), so over the end of the program too. It is sent again when the person says
 * so, since the world may have changed, and only where it was meant to go: what is for another
 * store or brain than those that are open stays. Sending twice is safe: remembering and importing
 * know what is there already. The user's thread only.
 */
#ifndef MN_TUI_UNSENT_H
#define MN_TUI_UNSENT_H

#include "args.h"
#include "tui/pane.h"

struct mn_tui;

enum { MN_UNSENT_MOST = 64, MN_UNSENT_BYTES = 4 << 20 };

/* One allocation; the texts lie behind it. */
typedef struct mn_edit {
	const char *store; /* URL */
	const char *brain; /* empty: the edit is one of the store, such as making a brain */
	const char *line;  /* see mn_tui_command */
	uint32_t again;    /* it is the one of `going` with this number, sent again; 0: it is new */
} mn_edit;

typedef struct mn_unsent {
	mn_edit *at[MN_UNSENT_MOST]; /* oldest first */
	size_t n, bytes;
	/* Those that are being sent again stay on disk until they have ended. */
	mn_edit *going[MN_UNSENT_MOST];
	size_t ngoing;
	uint32_t last;    /* number given */
	uint32_t sending; /* of the one that is about to start; 0: none */
} mn_unsent;

/* This action with these arguments, for what is open now; of_store: it is none of a brain.
 * NULL: no memory, or too long. mn_free. */
mn_edit *mn_edit_new(struct mn_tui *, const char *action, const mn_args *, bool of_store);
/* An edit has ended: if the store did not take it, or it is not known whether it did, it is kept,
 * and this said. Takes the edit and sets it to NULL. */
void mn_edit_ended(struct mn_tui *, mn_edit **, int status);

/* One of an earlier run, unless it is there already; false: there is no room. */
bool mn_unsent_keep(struct mn_tui *, mn_str store, mn_str brain, mn_str line);
/* Is there room to keep another edit? If not this is said. */
bool mn_unsent_room(struct mn_tui *);
/* How many there are, and the key that sends them; from column x on, at most up to `end`. Returns
 * the column behind it, or x: none. */
int mn_unsent_draw(const struct mn_tui *, const mn_pane *row, int x, int end);
void mn_unsent_free(struct mn_tui *);

#endif
