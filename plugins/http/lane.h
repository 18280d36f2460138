/* SPDX-License-Identifier: MIT */
/*
 * lane.h - one exchange under way: a transfer of libcurl and what has come of its reply; private to
 * http. A lane keeps its connection (each has a multi handle, and so a connection cache, of its
 * own) and is used by one thread at a time; the pool hands idle ones out again, latest first.
 *
 * Whoever waits drives the transfer himself; no thread of its own is needed. The hook of the call
 * (host->on_cancel) wakes him with curl_multi_wakeup, the one thing here that another thread does.
 */
#ifndef MN_HTTP_LANE_H
#define MN_HTTP_LANE_H

#include <curl/curl.h>
#include <pthread.h>

#include "http.h"

#define HEAD_ROOM 256 /* of a reply: type and etag, each at most half of it */

struct http_pool {
	const mn_host *host;
	http_options options; /* strings: the pool's own copies, terminated */
	pthread_mutex_t lock; /* what follows */
	struct lane *idle;
	uint32_t nidle;
	uint64_t connected;
};

struct lane {
	struct lane *next; /* among idle ones */
	http_pool *pool;
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	char why[CURL_ERROR_SIZE];
	/* The request. */
	mn_str body; /* lent */
	size_t given;
	bool again, asked; /* asked: a byte of the body was taken */
	/* The reply. */
	bool streaming, head, paused, done;
	bool overflow, starved; /* above the ceiling; out of memory */
	CURLcode result;        /* once done */
	char *in;               /* body: bytes from..len are not read yet */
	size_t from, len, cap, lines;
	char *head_room, *body_room; /* arena, allocated before the request was sent */
	size_t body_most;
	/* Silence: what had moved at a moment. */
	uint32_t silence_ms;
	curl_off_t moved;
	int64_t since_ms;
};

/* A lane with a fresh transfer, not begun. */
int lane_get(http_pool *, mn_call *, struct lane **out);
/* Gives it back; a transfer that is not done is broken off, and its connection closed. */
void lane_put(struct lane *);
void lane_free(struct lane *);

/* Sets the transfer up and hands it to libcurl. Everything of the request is lent until the end,
 * but for a stream's headers. */
int lane_begin(struct lane *, mn_call *, const http_request *);

/* Drives until done, or `until` says so. Fails only by cancellation, deadline or silence. */
typedef bool lane_until(const struct lane *);
int lane_drive(struct lane *, mn_call *, const http_request *, lane_until *until);

bool lane_sent(const struct lane *); /* may the server have seen the request? */
/* Sleeps, unless the call is over first. */
int lane_sleep(struct lane *, mn_call *, uint32_t ms);

/* fault.c: the failure of a transfer, as a sentence. Not done: by silence. */
int fault_of(const struct lane *, mn_call *);

/* pool.c: what the lane holds, into the reply. body: of a transfer that is done, or its failure. */
void reply_head(struct lane *, http_reply *out);
int reply_body(struct lane *, mn_call *, http_reply *out);

#endif
