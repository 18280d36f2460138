/* SPDX-License-Identifier: MIT */
/*
 * staging.h - a brain in the making: beside its place, under another name and with a mark in its
 * meta; it gets its name, config and meta at once when it is complete. What an import that was
 * interrupted left is known by its mark and made anew. One thread.
 */
#ifndef MN_EXCHANGE_STAGING_H
#define MN_EXCHANGE_STAGING_H

#include "exchange/restore.h"

#define MN_STAGE_SUFFIX " (importing)"

typedef struct mn_staging {
	mn_store *store;
	mn_call *call;
	mn_str name;
	bool there, filled; /* a brain of that name, and whether it has something */
	char beside[420];
	mn_brain *brain; /* the one in the making; NULL: none yet */
} mn_staging;

/* Looks what is there. merge (mn_merge): MN_ECONFLICT where that says nothing of a brain that has
 * something. */
int mn_staging_open(mn_staging *, mn_store *, mn_call *, mn_str name, int merge);
/* Makes the brain after a row's config and clock. */
int mn_staging_make(mn_staging *, const mn_brain_row *);
/* Closes and opens it, so that what its store kept for writing is free again. */
int mn_staging_reopen(mn_staging *);
/* Gives it its name, and the row's config, meta and clock; an empty brain that had the name goes
 * first. */
int mn_staging_settle(mn_staging *, const mn_brain_row *);
/* The same, but joined with the brain that has the name (mn_snapshot_merge). */
int mn_staging_merge(
	mn_staging *, const mn_brain_row *, const mn_snapshot_options *, mn_import_report *);
/* Deletes it, if it is there, with a call that nobody cancels; the error stays as it is. */
void mn_staging_drop(mn_staging *);

#endif
