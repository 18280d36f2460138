/* SPDX-License-Identifier: MIT */
/* read.h - operations of the own dialect, as backend.h has them. */
#ifndef MN_REMOTE_READ_H
#define MN_REMOTE_READ_H

#include "remote.h"

/* read.c */
int own_generation(mn_db *, mn_call *, mn_str brain);
int own_lookup(mn_db *, mn_call *, mn_str brain, const mn_key *, size_t n, mn_id *out);
int own_resolve(mn_db *, mn_call *, mn_str brain, int kind, mn_strs uids, mn_id *out);
int own_get(mn_db *, mn_call *, mn_str brain, int kind, mn_ids, unsigned fields, mn_rows *out);
int own_fibers_of(mn_db *, mn_call *, mn_str brain, mn_ids anchors, mn_rows *out);
int own_expand(mn_db *, mn_call *, const mn_expand *, mn_fan *out);
/* scan.c */
int own_scan(mn_db *, mn_call *, mn_str brain, const mn_query *, mn_cursor **out);
int own_next(mn_cursor *, mn_call *, size_t max, mn_page *out);
void own_done(mn_cursor *);
/* write.c */
int own_reserve(mn_db *, mn_call *, mn_str brain, int kind, uint32_t n, mn_id *first);
int own_apply(mn_db *, mn_call *, mn_str brain, const mn_gen *expect, const mn_change *, size_t n,
	mn_applied *out);
/* brains.c */
int own_brains(mn_db *, mn_call *, int op, const void *row, mn_rows *out);

#endif
