/* SPDX-License-Identifier: MIT */
/*
 * buf.h - a growing string with a ceiling.
 *
 * Errors stick: after a failed add the buffer keeps what it had, every later add is ignored,
 * and mn_buf_ok tells. So a writer adds everything and asks once. One thread at a time.
 */
#ifndef MN_BASE_BUF_H
#define MN_BASE_BUF_H

#include "mn.h"

typedef struct mn_buf {
	char *ptr; /* not terminated; NULL while empty */
	size_t len, cap, max;
	bool failed;
	bool full; /* it failed at its ceiling, not for want of memory */
} mn_buf;

#define MN_BUF(ceiling) ((mn_buf){.max = (ceiling)})

void mn_buf_add(mn_buf *, const void *, size_t);
void mn_buf_str(mn_buf *, mn_str);
void mn_buf_text(mn_buf *, const char *);
void mn_buf_char(mn_buf *, char);
void mn_buf_printf(mn_buf *, const char *fmt, ...) MN_PRINTF(2, 3);
/* As a JSON string with its quotes: controls, quotes and backslash escaped, UTF-8 as it is. */
void mn_buf_json(mn_buf *, mn_str);
/* A finite number in its shortest form that reads back to the same double ("0.1"); else null. */
void mn_buf_number(mn_buf *, double);
bool mn_buf_ok(const mn_buf *);
mn_str mn_buf_view(const mn_buf *); /* lent until the next add */
void mn_buf_clear(mn_buf *);        /* length 0, error forgotten, memory kept */
void mn_buf_free(mn_buf *);

#endif
