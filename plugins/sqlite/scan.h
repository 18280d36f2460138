/* SPDX-License-Identifier: MIT */
/*
 * scan.h - streaming through a brain.
 *
 * A cursor has a connection of its own whose read transaction lasts until it is done: it sees one
 * generation, whoever writes meanwhile (MN_CAP_FROZEN).
 */
#ifndef MN_SQLITE_SCAN_H
#define MN_SQLITE_SCAN_H

#include "backend.h"

int scan_begin(mn_db *, mn_call *, mn_str brain, const mn_query *, mn_cursor **out);
int scan_next(mn_cursor *, mn_call *, size_t max, mn_page *out);
void scan_done(mn_cursor *);

#endif
