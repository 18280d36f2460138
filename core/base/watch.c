/* SPDX-License-Identifier: MIT */
#include "base/watch.h"
#include "base/until.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>

#include "base/fail.h"
#include "base/memory.h"

/* How long the watch sleeps at most: its deadlines are on the engine's clock, which tests set. */
#define NAP_MS 20

/*
 * One registered hook; lives in the list until removed. One lock guards all lists of the process:
 * hooks come and go a few times per call at most, and cancelling is rare. While fn runs the lock is
 * free and `running` is set, so that removing can wait for it.
 */
struct hook {
	struct hook *next;
	mn_call *call;
	void (*fn)(void *);
	void *arg;
	bool fired, running;
};

struct mn_token {
	atomic_bool cancelled;
};

struct mn_watch {
	pthread_t thread;
	bool stop;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct hook *hooks;

mn_token *mn_token_new(void)
{
	return mn_alloc_zero(1, sizeof(mn_token));
}

bool mn_token_cancelled(const mn_token *t)
{
	return t && atomic_load_explicit(&t->cancelled, memory_order_acquire);
}

void mn_token_free(mn_token *t)
{
	mn_free(t);
}

/* Runs the hook without the lock. Called with it, returns with it. */
static void fire(struct hook *h)
{
	h->fired = h->running = true;
	pthread_mutex_unlock(&lock);
	h->fn(h->arg);
	pthread_mutex_lock(&lock);
	h->running = false;
	pthread_cond_broadcast(&changed);
}

/* Fires what is due, one at a time, since the list may change while a hook runs. engine NULL: any.
 */
static void fire_due(const mn_token *token, const mn_engine *engine)
{
	struct hook *h = hooks;

	while (h) {
		bool ours = (token && h->call->token == token)
			    || (engine && h->call->engine == engine);

		if (ours && !h->fired && mn_cancelled(h->call)) {
			fire(h);
			h = hooks;
		} else {
			h = h->next;
		}
	}
}

void mn_token_cancel(mn_token *t)
{
	if (!t)
		return;
	atomic_store_explicit(&t->cancelled, true, memory_order_release);
	pthread_mutex_lock(&lock);
	fire_due(t, NULL);
	pthread_mutex_unlock(&lock);
}

static void *watch_main(void *arg)
{
	mn_engine *e = arg;
	struct timespec until;

	pthread_mutex_lock(&lock);
	while (!e->watch->stop) {
		fire_due(NULL, e);
		until = mn_until_ms(NAP_MS);
		pthread_cond_timedwait(&changed, &lock, &until);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

/* Without a thread deadlines are still seen by polling (mn_cancelled), so failure is no error.
 * Locked. */
static void start_watch(mn_engine *e)
{
	struct mn_watch *w = e->watch ? NULL : mn_alloc_zero(1, sizeof(*w));

	if (!w)
		return;
	e->watch = w;
	if (pthread_create(&w->thread, NULL, watch_main, e)) {
		e->watch = NULL;
		mn_free(w);
	}
}

static struct hook **find(const mn_call *call)
{
	struct hook **at = &hooks;

	while (*at && (*at)->call != call)
		at = &(*at)->next;
	return at;
}

static void unhook(mn_call *call)
{
	struct hook **at = find(call), *h = *at;

	if (!h)
		return;
	while (h->running)
		pthread_cond_wait(&changed, &lock);
	at = find(call);
	*at = h->next;
	mn_free(h);
}

void mn_watch_hook(mn_call *call, void (*fn)(void *), void *arg)
{
	struct hook *h;

	if (!call->token && !call->deadline)
		return;
	pthread_mutex_lock(&lock);
	unhook(call);
	h = fn ? mn_alloc_zero(1, sizeof(*h)) : NULL;
	if (h) {
		*h = (struct hook){.next = hooks, .call = call, .fn = fn, .arg = arg};
		hooks = h;
		if (call->deadline && call->engine)
			start_watch(call->engine);
		if (mn_cancelled(call))
			fire(h);
	}
	pthread_mutex_unlock(&lock);
}

void mn_watch_free(struct mn_watch *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&lock);
	w->stop = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	pthread_join(w->thread, NULL);
	mn_free(w);
}
