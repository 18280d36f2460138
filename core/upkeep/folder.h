/* SPDX-License-Identifier: MIT */
/*
 * folder.h - where maintenance keeps what is no brain: folders of this user's under
 * mn_options.state_dir, else $XDG_STATE_HOME/mnemoscope, else ~/.local/state/mnemoscope.
 */
#ifndef MN_UPKEEP_FOLDER_H
#define MN_UPKEEP_FOLDER_H

#include "mn.h"

enum { MN_MARK_ROOM = 33 };

/* Makes the folder of that name, 0700, and those it lies in; the path, which ends in NUL, lives in
 * the call's arena. MN_EIO: it cannot be had, and why. */
int mn_folder_make(mn_engine *, mn_call *, const char *name, mn_str *path);
/* The same path, nothing made. */
int mn_folder_path(mn_engine *, mn_call *, const char *name, mn_str *path);
int mn_folder_bad(mn_call *, mn_str path, int code); /* MN_EIO, with what to do */
/* 32 hexadecimal digits that are equal for a brain whatever it is called and however its store is
 * reached. */
int mn_folder_mark(mn_brain *, mn_call *, char out[MN_MARK_ROOM]);
void mn_folder_mark_of(uint64_t epoch, mn_str uid, char out[MN_MARK_ROOM]);

#endif
