/* SPDX-License-Identifier: MIT */
/* scan.h - rows by filter, a page at a time; see backend.h. */
#ifndef MN_NEO4J_SCAN_H
#define MN_NEO4J_SCAN_H

#include "db.h"

int scan_begin(mn_db *, mn_call *, mn_str brain, const mn_query *, mn_cursor **out);
int scan_next(mn_cursor *, mn_call *, size_t max, mn_page *out);
void scan_done(mn_cursor *);

#endif
