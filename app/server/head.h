/* SPDX-License-Identifier: MIT */
/*
 * head.h - a request as http_parser reads it, after the guard has let it through.
 *
 * One message a parser: the head in one piece, so that every field lies where it was sent, then
 * the body's bytes, of which the guard knows where they end. Where parser and guard do not agree
 * the request is refused.
 */
#ifndef MN_SERVER_HEAD_H
#define MN_SERVER_HEAD_H

#include <http_parser.h>

#include "server/guard.h"

typedef struct mn_head_line {
	mn_str name, value; /* name in lower case */
} mn_head_line;

typedef struct mn_head {
	mn_str method, target, path, query; /* path and query: of the target, as sent */
	mn_head_line fields[MN_GUARD_FIELDS];
	size_t nfields;
	uint64_t length; /* of the body, if it is not chunked */
	bool chunked, keep_alive, expects, upgrade, v11;
	http_parser parser;
	/* where decoded bytes of the body go; false: stop */
	bool (*body)(void *ctx, const char *, size_t);
	void *ctx;
	bool ended;
} mn_head;

/* bytes: the head, which stays where it is as long as *h and is changed (names in lower case).
 * Returns an mn_reject. */
int mn_head_read(mn_head *h, char *bytes, size_t n);
/* ptr NULL: not sent. */
mn_str mn_head_field(const mn_head *, const char *name);
/* Is the word one of the comma-separated ones of the field? */
bool mn_head_lists(const mn_head *, const char *name, const char *word);

/* Bytes of the body go to h->body; false: parser and guard disagree, or the receiver stopped. */
bool mn_head_body(mn_head *h, const char *bytes, size_t n);

#endif
