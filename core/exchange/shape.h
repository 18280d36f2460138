/* SPDX-License-Identifier: MIT */
/*
 * shape.h - what an object of JSON has to look like, as a table, and what is said of one that does
 * not: FastAPI's list, [{"type","loc","msg","input","ctx"}], at most MN_COMPLAINTS entries of it.
 * Strings that are taken are lent from the tree.
 */
#ifndef MN_EXCHANGE_SHAPE_H
#define MN_EXCHANGE_SHAPE_H

#include "base/json.h"

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
	mn_call *call;
	const char *list; /* in a list of records: its name and the index */
	size_t index;
	size_t n;
	mn_buf text;
	void *req, *reply; /* the server's: what asked, and what answers */
} mn_complaints;

/* The members of an object. MN_ENOMEM, recorded; what is wrong is complained of. */
int mn_shape_read(mn_complaints *, const json_t *object, const mn_shape *, void *out);
/* A complaint of one's own; ctx: the inside of an object, or NULL. input: NULL: null. */
void mn_complain(mn_complaints *, const char *place, const char *name, const char *type,
	const char *msg, const json_t *input, const char *ctx);

/* That a number is not between the bounds of a shape; nothing where it is. */
void mn_complain_range(
	mn_complaints *, const char *place, const mn_shape *, double x, const json_t *value);

#endif
