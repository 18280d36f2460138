/* SPDX-License-Identifier: MIT */
/*
 * wire.h - the project's own endpoints under /mn/v1: the contract of a store (backend.h) over
 * HTTP, its messages as core/wire/wire.h has them; private to the files wire*.c.
 *
 * Every answer about a brain has an ETag, the generation it belongs to. If-Match compares epoch
 * and graph, as `expect` of apply does; the third part, which every recall moves, counts only
 * where states are asked for.
 */
#ifndef MN_SERVER_WIRE_H
#define MN_SERVER_WIRE_H

#include "server/once.h"
#include "server/server.h"
#include "wire/wire.h"

enum {
	WIRE_BODY = 16 << 20,    /* of a question */
	WIRE_CHANGES = 64 << 20, /* of changes and of notes */
	WIRE_IDS_MOST = 100000,  /* what a question names at once, as INFO says */
};

/* The request's body as a message; MN_EINVAL, recorded. */
int wire_ask(mn_request *, int message, void *out);
/* A message as the reply's body. */
int wire_answer(mn_request *, mn_reply *, int message, const void *from);
/* The same with the ETag of the call's generation. */
int wire_answer_at(mn_request *, mn_reply *, int message, const void *from);
/* problem+json with the change that did not fit, of the error in the request's call; MN_OK. */
int wire_problem(mn_request *, mn_reply *, uint64_t culprit);

/* Does a header of entity tags (name in lower case) hold this generation? absent: there is none. */
bool wire_etag_is(const mn_request *, const char *name, mn_gen, bool state, bool absent);
/* MN_ESTALE, recorded, where If-Match wants another. */
int wire_if_match(mn_request *, mn_gen, bool state);

/* wire_store.c: the store and the rows of its brains */
int wire_info(mn_request *, mn_reply *);
int wire_list(mn_request *, mn_reply *);
int wire_create(mn_request *, mn_reply *);
int wire_find(mn_request *, mn_reply *);
int wire_update(mn_request *, mn_reply *);
int wire_delete(mn_request *, mn_reply *);

/* wire_read.c: questions to a brain */
int wire_generation(mn_request *, mn_reply *);
int wire_lookup(mn_request *, mn_reply *);
int wire_resolve(mn_request *, mn_reply *);
int wire_get(mn_request *, mn_reply *);
int wire_fibers_of(mn_request *, mn_reply *);
int wire_expand(mn_request *, mn_reply *);
int wire_scan(mn_request *, mn_reply *);

/* wire_change.c: changes */
int wire_reserve(mn_request *, mn_reply *);
int wire_apply(mn_request *, mn_reply *);
int wire_remember(mn_request *, mn_reply *);
int wire_cancel(mn_request *, mn_reply *);

/* wire_news.c: what changes tell those who listen. Never fails. begin before they are written, end
 * afterwards; in between it may not be moved. */
typedef struct wire_news {
	mn_request *req;
	const mn_wire_changes *changes;
	mn_call call; /* its own */
	mn_str *uids; /* one for each change */
	size_t n;     /* that are worth telling */
	bool each;    /* one by one */
} wire_news;
void wire_news_begin(wire_news *, mn_request *, const mn_wire_changes *);
void wire_news_end(wire_news *, bool written);
/* Memories that were stored; uids: of their fibers, or NULL. */
void wire_news_memories(mn_request *, const mn_str *uids, size_t n);

/* wire_recall.c: recalls and their traces */
int wire_recall(mn_request *, mn_reply *);
int wire_trace(mn_request *, mn_reply *);

/* What the room's routes share. */
typedef struct wire_state {
	mn_once *once;
} wire_state;
wire_state *wire_state_of(mn_request *);

#endif
