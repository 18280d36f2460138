/* SPDX-License-Identifier: MIT */
#include "server/sync_book.h"

#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "exchange/peer_row.h"

struct history {
	mn_str brain;
	mn_news *ring[MN_SYNC_HISTORY];
	size_t at, n;  /* where the next one goes; how many there are */
	uint64_t last; /* when it was added to, in events */
};

struct mn_book {
	pthread_mutex_t lock;
	mn_listener *listeners;
	size_t nlisteners;
	struct history histories[MN_SYNC_BRAINS];
	uint64_t events;
};

int mn_book_new(mn_call *call, mn_book **out)
{
	mn_book *b = mn_alloc_zero(1, sizeof(*b));

	if (!b)
		return mn_fail_memory(call);
	pthread_mutex_init(&b->lock, NULL);
	*out = b;
	return MN_OK;
}

static void empty(struct history *h)
{
	for (size_t i = 0; i < MN_SYNC_HISTORY; i++)
		mn_free(h->ring[i]);
	mn_free((char *)h->brain.ptr);
	*h = (struct history){0};
}

void mn_book_free(mn_book *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < MN_SYNC_BRAINS; i++)
		empty(&b->histories[i]);
	pthread_mutex_destroy(&b->lock);
	mn_free(b);
}

static bool copy(mn_str s, mn_str *out)
{
	char *to = mn_alloc(s.len);

	if (to && s.len)
		memcpy(to, s.ptr, s.len);
	*out = (mn_str){to, s.len};
	return to != NULL;
}

/* ---- Listeners ---------------------------------------------------------------------------- */

bool mn_book_enter(mn_book *b, mn_listener *l)
{
	bool room;

	pthread_mutex_lock(&b->lock);
	room = b->nlisteners < MN_SYNC_CLIENTS;
	if (room) {
		l->next = b->listeners;
		b->listeners = l;
		b->nlisteners++;
	}
	pthread_mutex_unlock(&b->lock);
	return room;
}

static void drop(struct mn_subscription *s)
{
	mn_free((char *)s->brain.ptr);
	mn_free((char *)s->as.ptr);
}

void mn_book_leave(mn_book *b, mn_listener *l)
{
	mn_listener **at;

	pthread_mutex_lock(&b->lock);
	for (at = &b->listeners; *at && *at != l; at = &(*at)->next)
		;
	if (*at) {
		*at = l->next;
		b->nlisteners--;
	}
	pthread_mutex_unlock(&b->lock);
	while (l->n)
		drop(&l->subscriptions[--l->n]);
}

static struct mn_subscription *subscription_of(mn_listener *l, mn_str as)
{
	for (size_t i = 0; i < l->n; i++)
		if (mn_str_eq(l->subscriptions[i].as, as))
			return &l->subscriptions[i];
	return NULL;
}

bool mn_book_subscribe(mn_book *b, mn_listener *l, mn_str brain, mn_str as)
{
	struct mn_subscription s = {0};
	bool done;

	pthread_mutex_lock(&b->lock);
	done = subscription_of(l, as) != NULL;
	if (!done && l->n < MN_SYNC_BRAINS && copy(brain, &s.brain) && copy(as, &s.as)) {
		l->subscriptions[l->n++] = s;
		done = true;
	} else {
		drop(&s);
	}
	pthread_mutex_unlock(&b->lock);
	return done;
}

bool mn_book_unsubscribe(mn_book *b, mn_listener *l, mn_str as)
{
	struct mn_subscription *s;

	pthread_mutex_lock(&b->lock);
	s = subscription_of(l, as);
	if (s) {
		drop(s);
		*s = l->subscriptions[--l->n];
	}
	pthread_mutex_unlock(&b->lock);
	return s != NULL;
}

/* ---- Events ------------------------------------------------------------------------------- */

void mn_news_write(mn_buf *b, const mn_news *e, mn_str brain)
{
	mn_buf_text(b, "{\"type\":");
	mn_buf_json(b, e->type);
	mn_buf_text(b, ",\"brain_id\":");
	mn_buf_json(b, brain);
	mn_buf_text(b, ",\"timestamp\":");
	mn_peer_put_moment(b, e->when);
	mn_buf_text(b, ",\"data\":");
	mn_buf_str(b, e->data.len ? e->data : MN_STR("{}"));
	mn_buf_text(b, ",\"source_client_id\":");
	if (e->source.len)
		mn_buf_json(b, e->source);
	else
		mn_buf_text(b, "null");
	mn_buf_char(b, '}');
}

static struct history *history_of(mn_book *b, mn_str brain)
{
	for (size_t i = 0; i < MN_SYNC_BRAINS; i++)
		if (b->histories[i].brain.ptr && mn_str_eq(b->histories[i].brain, brain))
			return &b->histories[i];
	return NULL;
}

/* That of the brain, made if need be in the place of the one longest without news. */
static struct history *make_history(mn_book *b, mn_str brain)
{
	struct history *h = history_of(b, brain);

	if (h)
		return h;
	h = &b->histories[0];
	for (size_t i = 1; i < MN_SYNC_BRAINS; i++)
		if (b->histories[i].last < h->last)
			h = &b->histories[i];
	empty(h);
	return copy(brain, &h->brain) ? h : NULL;
}

static mn_news *keep(const mn_news *e)
{
	mn_news *kept = mn_alloc(sizeof(*kept) + e->type.len + e->data.len + e->source.len);
	char *at;
	const mn_str *from[] = {&e->type, &e->data, &e->source};
	mn_str *to[3];

	if (!kept)
		return NULL;
	at = (char *)(kept + 1);
	kept->when = e->when;
	to[0] = &kept->type;
	to[1] = &kept->data;
	to[2] = &kept->source;
	for (int i = 0; i < 3; i++) {
		if (from[i]->len)
			memcpy(at, from[i]->ptr, from[i]->len);
		*to[i] = (mn_str){at, from[i]->len};
		at += from[i]->len;
	}
	return kept;
}

static void add(mn_book *b, mn_str brain, const mn_news *e)
{
	struct history *h = make_history(b, brain);
	mn_news *kept = h ? keep(e) : NULL;

	if (!kept)
		return;
	mn_free(h->ring[h->at]);
	h->ring[h->at] = kept;
	h->at = (h->at + 1) % MN_SYNC_HISTORY;
	h->n += h->n < MN_SYNC_HISTORY;
	h->last = ++b->events;
}

size_t mn_book_tell(mn_book *b, mn_str brain, const mn_news *e, const mn_listener *source)
{
	mn_buf text = MN_BUF((size_t)1 << 20);
	size_t told = 0;

	pthread_mutex_lock(&b->lock);
	add(b, brain, e);
	for (mn_listener *l = b->listeners; l; l = l->next)
		for (size_t i = 0; l != source && i < l->n; i++) {
			const struct mn_subscription *s = &l->subscriptions[i];

			if (!mn_str_eq(s->brain, brain))
				continue;
			mn_buf_clear(&text);
			mn_news_write(&text, e, s->as);
			told += mn_buf_ok(&text) && mn_socket_send(l->socket, mn_buf_view(&text));
		}
	pthread_mutex_unlock(&b->lock);
	mn_buf_free(&text);
	return told;
}

bool mn_book_heard(mn_book *b, mn_str brain)
{
	bool heard = false;

	pthread_mutex_lock(&b->lock);
	for (const mn_listener *l = b->listeners; l && !heard; l = l->next)
		for (size_t i = 0; i < l->n && !heard; i++)
			heard = mn_str_eq(l->subscriptions[i].brain, brain);
	pthread_mutex_unlock(&b->lock);
	return heard;
}

void mn_book_forget(mn_book *b, mn_str brain)
{
	struct history *h;

	pthread_mutex_lock(&b->lock);
	h = history_of(b, brain);
	if (h)
		empty(h);
	pthread_mutex_unlock(&b->lock);
}

void mn_book_history(mn_book *b, mn_str brain, mn_str as, mn_time since, size_t most, mn_buf *out)
{
	const struct history *h;
	bool more = false;

	pthread_mutex_lock(&b->lock);
	h = history_of(b, brain);
	for (size_t i = h && h->n > most ? h->n - most : 0; h && i < h->n; i++) {
		const size_t at = (h->at + MN_SYNC_HISTORY - h->n + i) % MN_SYNC_HISTORY;

		if (h->ring[at]->when < since)
			continue;
		if (more)
			mn_buf_char(out, ',');
		mn_news_write(out, h->ring[at], as);
		more = true;
	}
	pthread_mutex_unlock(&b->lock);
}

/* ---- Figures ------------------------------------------------------------------------------ */

static size_t subscribers(const mn_book *b, mn_str brain)
{
	size_t n = 0;

	for (const mn_listener *l = b->listeners; l; l = l->next)
		for (size_t i = 0; i < l->n; i++)
			n += mn_str_eq(l->subscriptions[i].brain, brain);
	return n;
}

/* Was the brain met before this subscription? */
static bool met(const mn_book *b, const mn_listener *end, size_t n)
{
	const mn_str brain = end->subscriptions[n].brain;

	for (const mn_listener *l = b->listeners; l; l = l->next)
		for (size_t i = 0; i < l->n; i++) {
			if (l == end && i == n)
				return false;
			if (mn_str_eq(l->subscriptions[i].brain, brain))
				return true;
		}
	return false;
}

void mn_book_stats(
	mn_book *b, bool (*may)(const void *ctx, mn_str brain), const void *ctx, mn_buf *out)
{
	const char *comma = "";
	size_t kept = 0;

	pthread_mutex_lock(&b->lock);
	mn_buf_printf(out, "{\"connected_clients\":%zu,\"brain_subscriptions\":{", b->nlisteners);
	for (const mn_listener *l = b->listeners; l; l = l->next)
		for (size_t i = 0; i < l->n; i++) {
			const mn_str brain = l->subscriptions[i].brain;

			if (met(b, l, i) || !may(ctx, brain))
				continue;
			mn_buf_text(out, comma);
			mn_buf_json(out, brain);
			mn_buf_printf(out, ":%zu", subscribers(b, brain));
			comma = ",";
		}
	for (size_t i = 0; i < MN_SYNC_BRAINS; i++)
		kept += b->histories[i].n;
	mn_buf_printf(out, "},\"event_history_size\":%zu}", kept);
	pthread_mutex_unlock(&b->lock);
}
