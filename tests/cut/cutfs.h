/* SPDX-License-Identifier: MIT */
/*
 * cutfs.h - a power cut for SQLite: a VFS over the system's that knows what has reached the disk.
 *
 * Files are real, so everything else finds them where they are. Of each sector (512 bytes) that was
 * written and not synced since, the VFS keeps what the disk had. At the cut every later call fails;
 * cutfs_crash then decides sector by sector whether it is the new one, the old one, half of each,
 * or garbage, and whether a file has its old or its new length. Shared memory is gone.
 *
 * Harsher than most disks where sectors become garbage; kinder in that names of files are durable
 * at once. One process. Threads take turns.
 */
#ifndef TESTS_CUT_CUTFS_H
#define TESTS_CUT_CUTFS_H

#include <stdbool.h>
#include <stdint.h>

enum cutfs_lie { /* what a bad disk says it did */
	CUTFS_HONEST,
	CUTFS_NO_SYNC,     /* no sync does anything */
	CUTFS_NO_LOG_SYNC, /* none of a write-ahead log: as with synchronous = NORMAL */
};

void cutfs_install(void); /* for the whole process, once */
/* From here on, calls that change something are counted; the at-th fails, and all behind it.
 * 0: none. */
void cutfs_begin(uint64_t at, int lie);
/* Likewise, but only that one call fails: for want of space, or (calls that only read counted too)
 * because the disk is broken there. */
void cutfs_begin_full(uint64_t at);
void cutfs_begin_broken(uint64_t at);
uint64_t cutfs_calls(void);
bool cutfs_dead(void);
/* The power comes back: files are what the disk had, by this seed. Every file must be closed. */
void cutfs_crash(uint64_t seed);

#endif
