/* SPDX-License-Identifier: MIT */
/* read.h - generations, fresh ids, and rows by key, uid, id and anchor; see backend.h. */
#ifndef MN_NEO4J_READ_H
#define MN_NEO4J_READ_H

#include "db.h"

int read_generation(mn_db *, mn_call *, mn_str brain);
int read_reserve(mn_db *, mn_call *, mn_str brain, int kind, uint32_t n, mn_id *first);
int read_lookup(mn_db *, mn_call *, mn_str brain, const mn_key *, size_t n, mn_id *out);
int read_resolve(mn_db *, mn_call *, mn_str brain, int kind, mn_strs uids, mn_id *out);
int read_get(mn_db *, mn_call *, mn_str brain, int kind, mn_ids, unsigned fields, mn_rows *out);
int read_fibers_of(mn_db *, mn_call *, mn_str brain, mn_ids anchors, mn_rows *out);
int read_show(mn_db *, mn_call *, const mn_show_ask *, mn_show_found *out);

#endif
