/* SPDX-License-Identifier: MIT */
/*
 * view.h - bundled rows as SQL sees them: tables `synapse` and `fiber` that are not in the file.
 *
 * For looking through all rows, and mending some: SELECT by id or over all of them, UPDATE, DELETE.
 * Columns are those of the row and its text. `base`, `salience` and `coherence` are a code of the
 * dictionary (INTEGER) or the number itself (REAL). `text` tells whether the row says that there is
 * one; a row that is written says what is true. What cannot be read is passed over.
 *
 * Lists and indexes do not follow what is changed here.
 */
#ifndef MN_SQLITE_VIEW_H
#define MN_SQLITE_VIEW_H

struct conn;

/* No table of these names may be in the file: it would be seen instead. */
int view_register(struct conn *);

#endif
