/* SPDX-License-Identifier: MIT */
/* work.c - the threads that run handlers: started when they are needed, kept until the end. */
#include <errno.h>

#include "base/fail.h"
#include "base/memory.h"
#include "server/core.h"

static void push(mn_queue *q, mn_task *t)
{
	t->next = NULL;
	*(q->last ? &q->last->next : &q->first) = t;
	q->last = t;
}

static mn_task *pop(mn_queue *q)
{
	mn_task *t = q->first;

	if (t)
		q->first = t->next;
	if (!q->first)
		q->last = NULL;
	return t;
}

/* Locked. Those who think go first where they may: the others have the rest of the threads. */
static mn_task *take(mn_work *w)
{
	mn_task *t = w->thinkers < w->most_thinkers ? pop(&w->thinking) : NULL;

	if (!t)
		t = pop(&w->plain);
	if (t) {
		w->waiting--;
		w->thinkers += t->thinks;
	}
	return t;
}

static void *work(void *arg)
{
	mn_work *w = arg;
	mn_task *t;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		bool thinks;

		w->idle++;
		while (!(t = take(w)) && !w->stop)
			pthread_cond_wait(&w->more, &w->lock);
		w->idle--;
		if (!t)
			break;
		thinks = t->thinks; /* the task is gone once it has run */
		pthread_mutex_unlock(&w->lock);
		t->run(w->server, t);
		pthread_mutex_lock(&w->lock);
		w->thinkers -= thinks;
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Locked. Without a thread more the others do it. */
static bool start_one(mn_work *w)
{
	if (w->threads == w->most || pthread_create(&w->ids[w->threads], NULL, work, w))
		return false;
	w->threads++;
	return true;
}

int mn_work_init(mn_work *w, mn_server *s, size_t most, size_t most_thinkers, mn_error *err)
{
	bool started;

	*w = (mn_work){.server = s, .most = most, .most_thinkers = most_thinkers};
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	w->ids = mn_alloc_zero(most, sizeof(*w->ids));
	if (!w->ids)
		return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	pthread_mutex_lock(&w->lock);
	started = start_one(w);
	pthread_mutex_unlock(&w->lock);
	return started ? MN_OK : mn_error_set(err, MN_EIO, EAGAIN, "no thread is left");
}

void mn_work_give(mn_work *w, mn_task *t)
{
	pthread_mutex_lock(&w->lock);
	push(t->thinks ? &w->thinking : &w->plain, t);
	w->waiting++;
	if (w->waiting > w->idle)
		start_one(w);
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
}

void mn_work_stop(mn_work *w)
{
	if (!w->ids)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->more);
	pthread_mutex_unlock(&w->lock);
	for (size_t i = 0; i < w->threads; i++)
		pthread_join(w->ids[i], NULL);
	mn_free(w->ids);
	pthread_cond_destroy(&w->more);
	pthread_mutex_destroy(&w->lock);
}
