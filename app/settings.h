/* SPDX-License-Identifier: MIT */
/*
 * settings.h - what holds when the command line says nothing: the environment (MNEMOSCOPE_STORE,
 * MNEMOSCOPE_BRAIN), then the configuration file, then a folder under XDG's data directory.
 *
 * The file is $XDG_CONFIG_HOME/mnemoscope/config (keyfile.h). Its keys are store, brain, and those
 * of profiles, which are stores with a name: profile.NAME.store, profile.NAME.brain and
 * profile.NAME.read_only (yes or no); any other is an error. "@NAME" stands wherever a store's URL
 * may stand.
 */
#ifndef MN_APP_SETTINGS_H
#define MN_APP_SETTINGS_H

#include "mn.h"

enum { MN_PROFILES_MOST = 64, MN_PROFILE_NAME = 32 };

typedef struct mn_profile {
	mn_str name;         /* without "@"; 1 to 32 of a-z, A-Z, 0-9, "_", "-" */
	mn_str store, brain; /* a URL; empty: the usual brain */
	bool read_only;
} mn_profile;

/* Who said it last. */
enum mn_level { MN_LEVEL_NONE, MN_LEVEL_FILE, MN_LEVEL_ENVIRONMENT, MN_LEVEL_WORDS };

typedef struct mn_settings {
	mn_str store, brain;          /* arena; never empty after mn_settings_load */
	int store_level, brain_level; /* mn_level */
	mn_str said;                  /* the store as it was said: its URL, or "@NAME" */
	const mn_profile *profile;    /* the one in effect; NULL: none */
	mn_str file_store;            /* what the file says of it, empty if nothing */
	mn_str home_store;            /* what holds where nobody says anything */
	mn_str file;                  /* path of the configuration file, terminated; arena */
	mn_profile profiles[MN_PROFILES_MOST];
	size_t nprofiles;
} mn_settings;

/* Reads environment and file. MN_EINVAL: a line of the file that is none, with its number. */
int mn_settings_load(mn_arena *, mn_error *err, mn_settings *out);

/* The store is this one, by URL or "@NAME", the brain that one, as `level` says; empty: as before.
 * What is said later goes before what was said earlier at a lower level. */
void mn_settings_say(mn_settings *, int level, mn_str store, mn_str brain);
/* When all has been said: a profile becomes its URL and, unless a brain was named as late or
 * later, its brain. MN_EINVAL: there is no such profile. */
int mn_settings_settle(mn_settings *, mn_error *err);

/* A store's URL, or "@NAME" as the URL of that profile, *profile: which, or NULL. MN_EINVAL: there
 * is none of that name; the text lists those there are. */
int mn_settings_resolve(
	const mn_settings *, mn_str store, mn_str *url, const mn_profile **profile, mn_error *err);
/* By name, with or without "@"; NULL: none. */
const mn_profile *mn_settings_find(const mn_settings *, mn_str name);

/* Writes the file anew with these two values, comments and profiles kept. A store without text
 * leaves that line out. MN_EIO, MN_ENOMEM. */
int mn_settings_save(mn_arena *, const char *file, mn_str store, mn_str brain, mn_error *err);
/* Writes the file anew with this profile in place of one of that name; without a store it is left
 * out. MN_EINVAL: a name or value that cannot be. */
int mn_settings_keep(mn_arena *, const char *file, const mn_profile *, mn_error *err);

/* "STORE#NAME" into its parts, STORE a URL or "@PROFILE"; a text without one before the last "#"
 * is all name. */
void mn_settings_split(mn_str where, mn_str *store, mn_str *name);
/* MN_EINVAL: a brain to be made cannot be called so, since the name reads as the end of STORE#NAME.
 */
int mn_settings_check_name(mn_str name, mn_error *err);

#endif
