/* SPDX-License-Identifier: MIT */
/*
 * bundles.h - bundled rows of a SQLite store's file (plugins/sqlite/bundle.h) for tests that look
 * into it, or damage it, with SQL.
 *
 * After bundles_unpack a connection has temporary tables `synapse`, of the columns id, source,
 * target, type, flags, base, created, last, uses and text, and `fiber`, of id, anchor, flags,
 * stage, salience, coherence, created, first, last, uses and text; unless the file has none.
 * bundles_pack writes them back if they are not what the file has.
 */
#ifndef MN_TESTS_BUNDLES_H
#define MN_TESTS_BUNDLES_H

#include <sqlite3.h>

void bundles_unpack(sqlite3 *);
void bundles_pack(sqlite3 *);

#endif
