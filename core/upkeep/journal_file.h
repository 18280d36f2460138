/* SPDX-License-Identifier: MIT */
/* journal_file.h - where a journal lies: folder, file, lock; private to journal*.c. */
#ifndef MN_UPKEEP_JOURNAL_FILE_H
#define MN_UPKEEP_JOURNAL_FILE_H

#include "mn.h"

/* The path of the brain's journal, the folder made (0700) and the file there (0600), in the
 * arena; *lock_fd: an open file beside it, to be locked, the caller's to close. */
int mn_journal_place(mn_brain *, mn_call *, mn_str *path, int *lock_fd);

/* Removes the journal of a brain that is no more, if it has one: what it held is gone. */
void mn_journal_discard(mn_engine *, mn_call *, uint64_t epoch, mn_str uid);

#endif
