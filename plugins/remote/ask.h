/* SPDX-License-Identifier: MIT */
/* ask.h - one question of the own dialect, and what its answer means. */
#ifndef MN_REMOTE_ASK_H
#define MN_REMOTE_ASK_H

#include "remote.h"

#define NO_MESSAGE (-1)
#define KEY_ROOM 64

struct ask {
	const char *method;
	mn_str brain;     /* by name; ptr NULL: of none */
	const char *what; /* behind the brain, or behind /mn/v1: "/get" */
	int message;      /* of the body, or NO_MESSAGE */
	const void *body;
	int answer; /* what a 2xx holds, or NO_MESSAGE */
	void *into;
	const char *key;     /* Idempotency-Key; NULL: none */
	int64_t first_us;    /* when it was first sent under this key (ask_clock); 0: now */
	const mn_gen *match; /* If-Match; NULL: none */
	bool again,
		timeless; /* timeless: no deadline is sent, since the answer outlives the call */
	size_t room;
	void (*on_cancel)(void *ctx); /* given: the request is patient */
	void *ctx;
};

/* Of a name that no brain can have: MN_ENOBRAIN, recorded. */
int ask_name(mn_db *, mn_call *, mn_str brain);
/* Asks, and reads the answer; sets call->at where there is an ETag. reply: NULL, or what came. */
int ask(mn_db *, mn_call *, const struct ask *, http_reply *reply);
/* The same in two steps, for those who look at the answer themselves. */
int ask_send(mn_db *, mn_call *, const struct ask *, http_reply *);
/* Likewise as a stream; an answer that is none is a failure. */
int ask_stream(mn_db *, mn_call *, const struct ask *, http_stream **out);

/* What an answer other than 2xx says, as this call's failure; culprit: NULL, or set if there is
 * one. */
int ask_failed(mn_db *, mn_call *, const http_reply *, size_t *culprit);

int64_t ask_clock(void); /* monotonic, microseconds */

/* A key that no other write has, in this process or another. */
void ask_key(mn_db *, char out[KEY_ROOM]);

#endif
