/* SPDX-License-Identifier: MIT */
/*
 * restore.h - files that are a whole brain: snapshots of ours, and what NeuralMemory exports and
 * keeps. Conventions as in mn.h.
 */
#ifndef MN_EXCHANGE_RESTORE_H
#define MN_EXCHANGE_RESTORE_H

#include "mn.h"

/* What becomes of a row that a brain and a snapshot both have, by uid, where they differ. */
enum mn_merge {
	MN_MERGE_NONE,   /* nothing is imported into a brain that has something */
	MN_MERGE_OURS,   /* the brain's stays */
	MN_MERGE_THEIRS, /* the snapshot's comes */
	MN_MERGE_NEWEST, /* the one written or used last; of equally new ones that with the greater
			  * hash, so that both ways of merging come to the same */
	MN_MERGE_FAIL    /* nothing is imported */
};

typedef struct mn_snapshot_options {
	uint32_t size;
	int merge;
	bool check; /* only read it through; there need be no store */
	mn_progress progress;
	uint64_t bytes; /* length of the source, for progress; 0: unknown */
} mn_snapshot_options;

/*
 * Makes the brain that a snapshot (MN_FORMAT_SNAPSHOT) holds, or merges it into one that has
 * something. A file that is not whole changes nothing: MN_EINVAL, with the line. A brain that is
 * new has its name only when it is complete and hashes as the snapshot says; what an interrupted
 * import left is begun anew by the next. A merge reads everything first and then goes batch by
 * batch: the same again ends what was interrupted, and changes nothing once it is done.
 * MN_ECONFLICT: the brain has something and merge says nothing of it, or MN_MERGE_FAIL and rows
 * differ, or somebody else wrote meanwhile.
 */
int mn_snapshot_import(mn_store *, mn_call *, mn_str name, const mn_snapshot_options *,
	const mn_source *, mn_import_report *out);

typedef struct mn_peer_options {
	uint32_t size;
	int merge;    /* mn_merge */
	mn_str path;  /* of a database, terminated; used where there is no source */
	mn_str brain; /* of a database: by id or name; empty: the only one */
} mn_peer_options;

/*
 * Imports what NeuralMemory keeps: a source that is a snapshot (JSON), or, source NULL, a database
 * (SQLite), of its versions 0.4.0 to 4.63. As mn_snapshot_import: all or nothing into a brain that
 * is new, merged by rule into one that has something. What it says that has no place of its own is
 * kept in meta under "_nm" and comes out again with MN_FORMAT_PEER.
 */
int mn_peer_import(mn_store *, mn_call *, mn_str name, const mn_peer_options *, const mn_source *,
	mn_import_report *out);

#endif
