/* SPDX-License-Identifier: MIT */
/*
 * vault.h - snapshots of a brain that maintenance keeps, the newest few of them.
 *
 * They lie in one folder (0700), each file 0600:
 *
 *   NAME.MARK.20240508T135600Z.snapshot.zst
 *
 * NAME is what the brain was called, with _ for whatever is no ASCII letter, digit or hyphen; MARK
 * are digits that stay with the brain (mn_folder_mark), so that one that is renamed keeps its
 * snapshots, and two of one name in different stores do not delete each other's. A file has such a
 * name only after it was read back from the disk and holds what the brain did.
 *
 * Who writes holds the journal's lock, so one writer is at the snapshots of a brain.
 */
#ifndef MN_UPKEEP_VAULT_H
#define MN_UPKEEP_VAULT_H

#include "upkeep/folder.h"

enum { MN_VAULT_NAME = 160 };

typedef struct mn_vault {
	mn_str path;
	int dir;
	char name[64], mark[MN_MARK_ROOM];
} mn_vault;

/* Opens the folder, which is made if it is missing. MN_EAUTH: others may write to it. */
int mn_vault_open(mn_brain *, mn_call *, mn_vault *out);
void mn_vault_close(mn_vault *); /* one that was not opened, all zeros, too */
/* The names of this brain's snapshots, newest first; arena. */
int mn_vault_list(const mn_vault *, mn_call *, mn_strs *out);

/*
 * Writes a snapshot, reads it back, compares counts and hash, and only then deletes the oldest, so
 * that `keep` are left, that one among them. MN_ECORRUPT: what was read back is not what was
 * written, or not what the brain counts; nothing was deleted then.
 */
int mn_vault_add(
	mn_brain *, mn_call *, uint64_t keep, const mn_progress *, char name[MN_VAULT_NAME]);

#endif
