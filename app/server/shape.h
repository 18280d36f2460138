/* SPDX-License-Identifier: MIT */
/*
 * shape.h - what a body or a query string has to look like, and what is said of one that does not:
 * status 422 with FastAPI's list, {"detail":[{"type","loc","msg","input","ctx"}]}, at most
 * MN_COMPLAINTS entries of it. Strings that are taken are lent from the body, which lives as long
 * as the request.
 */
#ifndef MN_SERVER_SHAPE_H
#define MN_SERVER_SHAPE_H

#include "base/json.h"
#include "server/server.h"

enum { MN_COMPLAINTS = 20 };

enum mn_form {          /* and what takes it */
	MN_FORM_TEXT,   /* mn_str; bounds: characters */
	MN_FORM_REAL,   /* double */
	MN_FORM_WHOLE,  /* int64_t; 7.0 is whole */
	MN_FORM_TRUTH,  /* bool */
	MN_FORM_MOMENT, /* mn_time, ISO 8601; without a zone UTC */
	MN_FORM_OBJECT, /* const json_t * */
	MN_FORM_LIST,   /* const json_t *, an array; bounds: items */
	MN_FORM_TEXTS,  /* mn_strs, in the arena; bounds: items */
};
enum mn_shape_flag { MN_SHAPE_MUST = 1, MN_SHAPE_NULL = 2 /* null: given, and zero */ };

typedef struct mn_shape { /* of a member; a table ends with a nameless one */
	const char *name;
	uint8_t form, flags;
	size_t at;          /* in the struct that takes it, which begins with its uint64_t given */
	double least, most; /* both 0: any */
} mn_shape;

#define MN_GIVEN(taken, i) ((taken)->given >> (i)&1) /* was the i-th member of the table there? */

typedef struct mn_complaints {
	mn_request *req;
	mn_reply *reply;
	const char *list; /* in a list of records: its name and the index */
	size_t index;
	size_t n;
	mn_buf text;
} mn_complaints;

#define MN_COMPLAINTS_OF(request, answer) \
	((mn_complaints){.req = (request), .reply = (answer), .text = {.max = (size_t)1 << 16}})

/* The members of an object. MN_ENOMEM, recorded; what is wrong is complained of. */
int mn_shape_read(mn_complaints *, const json_t *object, const mn_shape *, void *out);
/* The request's body likewise. MN_EINVAL: complained of, and the reply is ready. */
int mn_shape_body(mn_request *, mn_reply *, const mn_shape *, void *out);

/* One value of the query string, or fallback (left as it is) without it. */
mn_str mn_query_text(mn_complaints *, const char *name);
void mn_query_whole(mn_complaints *, const char *name, int64_t least, int64_t most, int64_t *out);
bool mn_query_real(mn_complaints *, const char *name, double least, double most, double *out);
bool mn_query_moment(mn_complaints *, const char *name, mn_time *out);
bool mn_query_truth(mn_complaints *, const char *name, bool *out);
/* A value that has to be there. */
mn_str mn_query_must(mn_complaints *, const char *name);

/* A complaint of one's own; ctx: the inside of an object, or NULL. input: NULL: null. */
void mn_complain(mn_complaints *, const char *place, const char *name, const char *type,
	const char *msg, const json_t *input, const char *ctx);

/* MN_OK; or MN_EINVAL with the reply ready: status 422 and its body. */
int mn_complaints_end(mn_complaints *);

#endif
