/* SPDX-License-Identifier: MIT */
/* sync_book.h - who is connected, to what, and what happened: the state behind sync.h. */
#ifndef MN_SERVER_SYNC_BOOK_H
#define MN_SERVER_SYNC_BOOK_H

#include <pthread.h>

#include "base/buf.h"
#include "server/sync.h"

typedef struct mn_news { /* one event that is kept; strings in one block of its own */
	mn_time when;
	mn_str type, data, source; /* source: id of the client that pushed it; empty: the server */
} mn_news;

typedef struct mn_listener mn_listener;
struct mn_listener {
	mn_listener *next;
	mn_socket *socket;
	char id[20];
	bool connected; /* it said so */
	struct mn_subscription {
		mn_str brain, as; /* its name; what the client called it; own copies */
	} subscriptions[MN_SYNC_BRAINS];
	size_t n;
};

typedef struct mn_book mn_book;

int mn_book_new(mn_call *, mn_book **out);
void mn_book_free(mn_book *);

/* False: there are too many. */
bool mn_book_enter(mn_book *, mn_listener *);
void mn_book_leave(mn_book *, mn_listener *); /* its subscriptions too */

/* False: too many, or no memory. Twice is once. */
bool mn_book_subscribe(mn_book *, mn_listener *, mn_str brain, mn_str as);
bool mn_book_unsubscribe(mn_book *, mn_listener *, mn_str as);

/* Keeps an event and sends it to those who subscribed, but its source; returns how many. */
size_t mn_book_tell(mn_book *, mn_str brain, const mn_news *, const mn_listener *source);
bool mn_book_heard(mn_book *, mn_str brain); /* somebody subscribed to it */
void mn_book_forget(mn_book *, mn_str brain);
/* The last `most` events of a brain at or after `since`, as JSON objects with commas between. */
void mn_book_history(mn_book *, mn_str brain, mn_str as, mn_time since, size_t most, mn_buf *);
/* The members of /sync/stats; may: whether this brain may be named. */
void mn_book_stats(
	mn_book *, bool (*may)(const void *ctx, mn_str brain), const void *ctx, mn_buf *);

/* One event as JSON. */
void mn_news_write(mn_buf *, const mn_news *, mn_str brain);

#endif
