/* SPDX-License-Identifier: MIT */
/*
 * exam.h - a look at a brain's file for whatever is not as it should be.
 *
 * file.c's part comes first (exam_file: header, rights, log), since opening a file already changes
 * what lies beside it; then tables (exam_tables) in one transaction, of a reader for a check, of
 * the writer while mending. What is found is collected by class, and told when all is done.
 */
#ifndef MN_SQLITE_EXAM_H
#define MN_SQLITE_EXAM_H

#include "connection.h"
#include "folder.h"

/* What can be wrong; see the table in exam.c. */
enum wrong {
	/* the file */
	WRONG_FILE,
	WRONG_EMPTY,
	WRONG_FOREIGN,
	WRONG_NEWER,
	WRONG_OLDER,
	WRONG_VERSION,
	WRONG_SHORT,
	WRONG_MODE,
	WRONG_LOG,
	WRONG_LOG_ALONE,
	WRONG_PAGE,
	WRONG_INDEX_PAGE,
	/* tables */
	WRONG_TABLE,
	WRONG_DERIVED,
	WRONG_EXTRA,
	WRONG_TRIGGER,
	WRONG_BRAIN,
	WRONG_TALLY,
	WRONG_CONFIG,
	WRONG_MEASURE,
	/* rows */
	WRONG_ID,
	WRONG_ROW,
	WRONG_BUNDLE,
	WRONG_APART,
	WRONG_TEXT,
	WRONG_UID,
	WRONG_TYPE,
	WRONG_TYPE_GAP,
	WRONG_CODE,
	WRONG_NUMBER,
	WRONG_WEIGHT,
	WRONG_WEIGHT_GAP,
	WRONG_END,
	WRONG_OWNER,
	WRONG_ANCHOR,
	WRONG_MEMBERS,
	/* what follows from rows */
	WRONG_COUNT,
	WRONG_OLDEST,
	WRONG_BUMP,
	WRONG_LIST,
	WRONG_LIST_MISSING,
	WRONG_ANCHOR_INDEX,
	WRONG_MEMBER_INDEX,
	WRONG_TAG_INDEX,
	WRONG_WORDS,
	WRONG_WORDS_BROKEN,
	WRONGS
};

/* How it is mended. */
enum cure { CURE_NONE, CURE_FILE, CURE_TABLE, CURE_ROW, CURE_REBUILD };

struct exam {
	mn_db *db;
	mn_call *call;
	const mn_host *host;
	const char *path;
	struct conn *c;
	int level;
	mn_finding found[WRONGS];
	const mn_diagnosis *to; /* NULL: nobody is told what was not checked */
	int64_t neurons, synapses, fibers;
	bool loaded; /* the tally is there */
};

void exam_begin(struct exam *, mn_db *, mn_call *, const char *path, int level);
extern const enum cure exam_cures[WRONGS];

/* One more of a class. */
int exam_see(struct exam *, enum wrong, int64_t id);
int exam_tell(struct exam *, enum wrong, const char *what);
int exam_skip(struct exam *, const char *what, const char *why);
/* Tells what was found. */
int exam_report(struct exam *, const mn_diagnosis *);
static inline bool exam_has(const struct exam *e, enum wrong w)
{
	return e->found[w].count > 0;
}
/* After MN_ECORRUPT the error is forgotten, and *corrupt tells of it. */
int exam_forgive(struct exam *, int status, bool *corrupt);

/* Runs SQL of this plugin, row by row. fn NULL: none is expected. */
typedef int exam_row(struct exam *, void *ctx, sqlite3_stmt *);
int exam_each(struct exam *, const char *sql, exam_row *, void *ctx);
int exam_number(struct exam *, const char *sql, int64_t *out);
/* SQL functions text_ok, text_mend, ids_ok, tags_ok; and view.h. */
int exam_register(struct conn *);

/* Which file is meant: one that may not even be a database. *path NULL: there is none. Arena. */
int exam_find(mn_db *, mn_call *, mn_str brain, char **path);
/* Begins one of a brain that must be there, in the call's arena. */
int exam_of(mn_db *, mn_call *, mn_str brain, int level, struct exam **out);

/* exam_file.c. *open: the file can be opened. */
int exam_file(struct exam *, bool *open);
/* Is what lies beside the file as its log none? Opening the file would throw it away. */
bool exam_strange_log(mn_db *, const char *path);
int exam_pages(struct exam *, bool *whole);    /* PRAGMA quick_check, or integrity_check */
int file_mend(struct exam *, const mn_heal *); /* rights; a log that is none goes aside */

/* exam_shape.c. *usable: the tables that hold rows are there. */
int exam_shape(struct exam *, bool *usable);
int shape_mend(struct exam *, const mn_heal *);         /* before rows are mended, */
int shape_mend_indexes(struct exam *, const mn_heal *); /* and after */

int exam_bundles(struct exam *); /* exam_bundles.c */
int bundles_mend(struct exam *, const mn_heal *);

/* exam_rows.c */
int exam_rows(struct exam *);
int rows_mend(struct exam *, const mn_heal *);
/* One row as it stands, to be kept. */
int keep_row(struct exam *, const mn_heal *, enum wrong, const char *table, sqlite3_stmt *);
bool heal_wants(const struct exam *, const mn_heal *, enum wrong);

int exam_tally(struct exam *); /* exam_tally.c */
int tally_mend(struct exam *, const mn_heal *);
int exam_lists(struct exam *); /* exam_lists.c */
int exam_words(struct exam *); /* exam_words.c */
int exam_members(struct exam *);

/* All that is in tables, in the transaction that c has begun. */
int exam_tables(struct exam *);

/* Operations of mn_upkeep_ops. */
int exam_check(mn_db *, mn_call *, mn_str brain, const mn_diagnosis *);

#endif
