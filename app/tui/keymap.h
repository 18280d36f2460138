/* SPDX-License-Identifier: MIT */
/*
 * keymap.h - which key starts which action on which screen: the table of actions, changed by the
 * person's own file ($XDG_CONFIG_HOME/mnemoscope/keys).
 *
 * A line of that file is "KEY[ KEY]... = ACTION", after which those keys start this action wherever
 * it can be started, or "KEY[ KEY]... =", after which they start nothing. "#" begins a comment.
 */
#ifndef MN_TUI_KEYMAP_H
#define MN_TUI_KEYMAP_H

#include "action.h"
#include "tui/stroke.h"

enum { MN_KEYMAP_MOST = 400 };

typedef struct mn_keymap {
	struct mn_binding {
		mn_stroke stroke;
		const mn_action *action;
	} at[MN_KEYMAP_MOST];
	size_t n;
	bool spelled; /* keys are shown by their names, without arrows and the like */
} mn_keymap;

/* The keys of the table of actions. */
void mn_keymap_init(mn_keymap *);
/* Reads a person's file; a missing one is fine. MN_EINVAL: the first bad line, with its number. */
int mn_keymap_read(mn_keymap *, const char *path, mn_error *err);
/* One line of such a file. */
int mn_keymap_line(mn_keymap *, mn_str line, mn_error *err);
/* What a key starts on a screen (an mn_scope bit); its own actions come before those of every
 * screen. NULL: nothing. */
const mn_action *mn_keymap_find(const mn_keymap *, mn_stroke, unsigned scope);
/* The first key of an action as a person sees it, "" if it has none; typing: of those that type no
 * character. Returns out. */
const char *mn_keymap_shown(
	const mn_keymap *, const mn_action *, bool typing, char *out, size_t room);
/* A key by its name, as a person sees it. */
const char *mn_keymap_key(const mn_keymap *, const char *name, char *out, size_t room);
/* All of them, separated by spaces. */
const char *mn_keymap_all(const mn_keymap *, const mn_action *, char *out, size_t room);

#endif
