/* SPDX-License-Identifier: MIT */
/*
 * settings.h - what holds when the command line says nothing: the environment (MNEMOSCOPE_STORE,
 * MNEMOSCOPE_BRAIN), then the configuration file, then a folder under XDG's data directory.
 *
 * The file is $XDG_CONFIG_HOME/mnemoscope/config: lines "key = value", comments from "#" at the
 * beginning of a line; keys are store and brain, any other is an error.
 */
#ifndef MN_APP_SETTINGS_H
#define MN_APP_SETTINGS_H

#include "mn.h"

typedef struct mn_settings {
	mn_str store, brain; /* arena; never empty after mn_settings_load */
	mn_str file_store;   /* what the file says of it, empty if nothing */
	mn_str home_store;   /* what holds where nobody says anything */
	mn_str file;         /* path of the configuration file, terminated; arena */
} mn_settings;

/* Reads environment and file. MN_EINVAL: a line of the file that is none, with its number. */
int mn_settings_load(mn_arena *, mn_error *err, mn_settings *out);

/* Writes the file anew with these two values, comments kept: a temporary file beside it, 0600,
 * synced, renamed. A store without text leaves that line out. MN_EIO, MN_ENOMEM. */
int mn_settings_save(mn_arena *, const char *file, mn_str store, mn_str brain, mn_error *err);

/* "STORE_URL#NAME" into its parts; a text without a URL before the last "#" is all name. */
void mn_settings_split(mn_str where, mn_str *store, mn_str *name);

#endif
