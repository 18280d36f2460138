/* SPDX-License-Identifier: MIT */
/*
 * peek.h - values of a JSON text where they stand, without memory: for answers to changes, which
 * were carried out by the time they are read, so that nothing may fail then.
 *
 * A text that is no JSON gives nothing, or something, but never bytes from outside of it. What is
 * found is lent from the text.
 */
#ifndef MN_NEO4J_PEEK_H
#define MN_NEO4J_PEEK_H

#include "backend.h"

struct peek { /* a value; n 0: there is none */
	const char *at;
	size_t n;
};

struct peek peek_text(mn_str); /* the value that a text begins with */
struct peek peek_member(struct peek object, const char *name);
struct peek peek_item(struct peek array, size_t i);
size_t peek_count(struct peek array);
bool peek_is(struct peek, char first); /* '{', '[', '"', 't' (true), 'f', 'n' (null) */
/* A whole number, null as 0; anything else sets *bad. */
int64_t peek_int(struct peek, bool *bad);
/* What stands between the quotation marks, escapes as they are. Of anything else: nothing. */
mn_str peek_raw(struct peek);
/* The text of a string into out; SIZE_MAX: it is none, or there is no room. */
size_t peek_str(struct peek, char *out, size_t room);

#endif
