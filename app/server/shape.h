/* SPDX-License-Identifier: MIT */
/*
 * shape.h - what a body or a query string has to look like, and what is said of one that does not:
 * status 422 with FastAPI's list, {"detail":[{"type","loc","msg","input","ctx"}]}, at most
 * MN_COMPLAINTS entries of it. Strings that are taken are lent from the body, which lives as long
 * as the request.
 */
#ifndef MN_SERVER_SHAPE_H
#define MN_SERVER_SHAPE_H

#include "exchange/shape.h"
#include "server/server.h"

#define MN_COMPLAINTS_OF(request, answer)         \
	((mn_complaints){.call = (request)->call, \
		.req = (request),                 \
		.reply = (answer),                \
		.text = {.max = (size_t)1 << 16}})

/* The members of the request's body. MN_EINVAL: complained of, and the reply is ready. */
int mn_shape_body(mn_request *, mn_reply *, const mn_shape *, void *out);

/* One value of the query string, or fallback (left as it is) without it. */
mn_str mn_query_text(mn_complaints *, const char *name);
void mn_query_whole(mn_complaints *, const char *name, int64_t least, int64_t most, int64_t *out);
bool mn_query_real(mn_complaints *, const char *name, double least, double most, double *out);
bool mn_query_moment(mn_complaints *, const char *name, mn_time *out);
bool mn_query_truth(mn_complaints *, const char *name, bool *out);
/* A value that has to be there. */
mn_str mn_query_must(mn_complaints *, const char *name);

/* MN_OK; or MN_EINVAL with the reply ready: status 422 and its body. */
int mn_complaints_end(mn_complaints *);

#endif
