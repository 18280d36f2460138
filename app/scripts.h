/* SPDX-License-Identifier: MIT */
/*
 * scripts.h - where scripts of maintenance are: NAME.lua in the user's folder
 * ($XDG_CONFIG_HOME/mnemoscope/scripts), among those that come with the program, or, in a build
 * tree, in its sources. A word with a slash or that ends in ".lua" is a file. One thread.
 */
#ifndef MN_APP_SCRIPTS_H
#define MN_APP_SCRIPTS_H

#include "mn.h"

enum { MN_SCRIPT_MOST = 1 << 20, MN_SCRIPTS_MOST = 200 };

/* The path of a script by name, terminated (arena). MN_EIO, native ENOENT: there is none; the text
 * lists those there are. */
int mn_scripts_find(mn_arena *, mn_str name, mn_str *path, mn_error *err);
/* All names, sorted, each once. */
int mn_scripts_list(mn_arena *, mn_strs *out, mn_error *err);
/* The same for one folder alone. */
int mn_scripts_folder(mn_arena *, mn_str path, mn_strs *out, mn_error *err);
/* A script's text and the name messages call it by. "-": standard input. MN_EIO; MN_EINVAL: it is
 * over 1 MiB. */
int mn_scripts_read(mn_arena *, mn_str path, mn_str *text, mn_error *err);

#endif
