/* SPDX-License-Identifier: MIT */
/*
 * text.h - a request in the making: JSON, written as it will be sent.
 *
 * Numbers keep every bit: a double has a point or an exponent, so that the server takes it for
 * one. Failing (no memory, the ceiling) is remembered; whoever sends looks once. Memory is the
 * host's own (resize); text_free gives it back.
 */
#ifndef MN_NEO4J_TEXT_H
#define MN_NEO4J_TEXT_H

#include "backend.h"

#define TEXT_CEILING ((size_t)1 << 30)

struct text {
	const mn_host *host;
	char *at;
	size_t n, cap;
	bool failed;
	bool again; /* something stands before in this list or object: a comma is due */
};

void text_free(struct text *);
void text_raw(struct text *, const char *, size_t); /* as it is */
void text_say(struct text *, const char *);         /* as it is */
void text_quoted(struct text *, mn_str);            /* what stands between quotation marks */

/* Values of a list or an object, with the comma that is due before them. */
void text_open(struct text *, char bracket); /* [ or { */
void text_close(struct text *, char bracket);
void text_name(struct text *, const char *); /* of a member: its value comes next */
void text_null(struct text *);
void text_bool(struct text *, bool);
void text_int(struct text *, int64_t);
void text_real(struct text *, double);
void text_str(struct text *, mn_str);
void text_some(struct text *, mn_str);     /* null where it is empty */
void text_nonzero(struct text *, int64_t); /* null where it is 0 */
void text_ids(struct text *, mn_ids);      /* a list */

#endif
