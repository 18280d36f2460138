/* SPDX-License-Identifier: MIT */
/*
 * pool.c - jobs: a fixed set of workers, a queue of waiting jobs, a queue of finished ones.
 *
 * Ownership of a job passes with it: to a worker when it is taken, to the finished queue when run
 * returns, to the caller when it is collected or waited for. One lock; run is called without it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "engine.h"

#define MOST_WORKERS 8
#define TITLE 80

struct mn_job {
	struct mn_job *next; /* in the waiting or the finished queue */
	struct mn_pool *pool;
	mn_job_run *run;
	void *ctx;
	mn_call call;
	mn_token *token;
	char title[TITLE];
	mn_job_status status; /* under the pool's lock */
};

struct queue {
	mn_job *first, *last;
};

struct mn_pool {
	mn_engine *engine;
	pthread_mutex_t lock;
	pthread_cond_t waiting_changed, job_ended;
	struct queue waiting, finished;
	pthread_t workers[MOST_WORKERS];
	unsigned nworkers;
	int pipe[2]; /* a byte per finished job that nobody collected */
	bool stop;
};

static void push(struct queue *q, mn_job *j)
{
	j->next = NULL;
	if (q->last)
		q->last->next = j;
	else
		q->first = j;
	q->last = j;
}

static mn_job *pop(struct queue *q)
{
	mn_job *j = q->first;

	if (!j)
		return NULL;
	q->first = j->next;
	if (!q->first)
		q->last = NULL;
	return j;
}

static bool take_out(struct queue *q, mn_job *j)
{
	mn_job *before = NULL;

	for (mn_job *at = q->first; at; before = at, at = at->next) {
		if (at != j)
			continue;
		*(before ? &before->next : &q->first) = at->next;
		if (q->last == at)
			q->last = before;
		return true;
	}
	return false;
}

static void finish(struct mn_pool *p, mn_job *j)
{
	char byte = 1;

	j->status.state = MN_JOB_FINISHED;
	j->status.ended = mn_engine_monotonic(p->engine);
	j->status.status = j->call.err->code;
	push(&p->finished, j);
	/* A full pipe is readable all the same, which is all that its reader needs. */
	if (write(p->pipe[1], &byte, 1) < 0 && errno != EAGAIN)
		p->engine->seams.log(p->engine->seams.ctx, MN_LOG_WARN, "job pipe is broken");
	pthread_cond_broadcast(&p->job_ended);
}

static void *work(void *arg)
{
	struct mn_pool *p = arg;
	mn_job *j;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!p->stop && !p->waiting.first)
			pthread_cond_wait(&p->waiting_changed, &p->lock);
		if (p->stop)
			break;
		j = pop(&p->waiting);
		j->status.state = MN_JOB_RUNNING;
		j->status.started = mn_engine_monotonic(p->engine);
		pthread_mutex_unlock(&p->lock);
		if (mn_check(&j->call) == MN_OK)
			j->run(j->ctx, j, &j->call);
		pthread_mutex_lock(&p->lock);
		finish(p, j);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static unsigned worker_count(const mn_engine *e)
{
	long n = e->options.workers ? (long)e->options.workers : sysconf(_SC_NPROCESSORS_ONLN);

	if (!e->options.workers && n < 2)
		n = 2;
	return n < 1 ? 1 : n > MOST_WORKERS ? MOST_WORKERS : (unsigned)n;
}

static struct mn_pool *start(mn_engine *e)
{
	struct mn_pool *p = mn_alloc_zero(1, sizeof(*p));

	if (!p)
		return NULL;
	if (pipe2(p->pipe, O_CLOEXEC | O_NONBLOCK)) {
		mn_free(p);
		return NULL;
	}
	p->engine = e;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->waiting_changed, NULL);
	pthread_cond_init(&p->job_ended, NULL);
	for (unsigned want = worker_count(e); p->nworkers < want; p->nworkers++)
		if (pthread_create(&p->workers[p->nworkers], NULL, work, p))
			break;
	if (p->nworkers == 0) {
		mn_pool_free(p);
		return NULL;
	}
	return p;
}

static struct mn_pool *pool_of(mn_engine *e)
{
	struct mn_pool *p;

	pthread_mutex_lock(&e->lock);
	if (!e->pool)
		e->pool = start(e);
	p = e->pool;
	pthread_mutex_unlock(&e->lock);
	return p;
}

static void dispose(mn_job *j)
{
	mn_call_done(&j->call);
	mn_token_free(j->token);
	mn_free(j);
}

void mn_pool_free(struct mn_pool *p)
{
	mn_job *j;

	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->waiting_changed);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->nworkers; i++)
		pthread_join(p->workers[i], NULL);
	while ((j = pop(&p->waiting)) || (j = pop(&p->finished)))
		dispose(j);
	close(p->pipe[0]);
	close(p->pipe[1]);
	pthread_cond_destroy(&p->waiting_changed);
	pthread_cond_destroy(&p->job_ended);
	pthread_mutex_destroy(&p->lock);
	mn_free(p);
}

int mn_job_start(mn_engine *e, const char *title, mn_job_run *run, void *ctx, mn_job **out)
{
	struct mn_pool *p = pool_of(e);
	mn_job *j = p ? mn_alloc_zero(1, sizeof(*j)) : NULL;

	if (!j)
		return MN_ENOMEM;
	j->token = mn_token_new();
	if (!j->token || mn_call_init(&j->call, e, 0) != MN_OK) {
		mn_token_free(j->token);
		mn_free(j);
		return MN_ENOMEM;
	}
	j->call.token = j->token;
	j->pool = p;
	j->run = run;
	j->ctx = ctx;
	mn_text_plain(mn_str_of(title), j->title, sizeof(j->title));
	j->status = (mn_job_status){.state = MN_JOB_WAITING, .title = j->title};
	*out = j;
	pthread_mutex_lock(&p->lock);
	push(&p->waiting, j);
	pthread_cond_signal(&p->waiting_changed);
	pthread_mutex_unlock(&p->lock);
	return MN_OK;
}

void mn_job_cancel(mn_job *j)
{
	mn_token_cancel(j->token);
}

void mn_job_tell(mn_job *j, uint64_t done, uint64_t total, const char *unit)
{
	pthread_mutex_lock(&j->pool->lock);
	j->status.done = done;
	j->status.total = total;
	snprintf(j->status.unit, sizeof(j->status.unit), "%s", unit);
	pthread_mutex_unlock(&j->pool->lock);
}

void mn_job_look(const mn_job *j, mn_job_status *out)
{
	pthread_mutex_lock(&j->pool->lock);
	*out = j->status;
	pthread_mutex_unlock(&j->pool->lock);
}

mn_call *mn_job_call(mn_job *j)
{
	return &j->call;
}

void *mn_job_context(mn_job *j)
{
	return j->ctx;
}

int mn_engine_job_fd(mn_engine *e)
{
	struct mn_pool *p = pool_of(e);

	return p ? p->pipe[0] : -1;
}

mn_job *mn_engine_job_next(mn_engine *e)
{
	struct mn_pool *p = pool_of(e);
	char byte;
	mn_job *j;

	if (!p)
		return NULL;
	pthread_mutex_lock(&p->lock);
	j = pop(&p->finished);
	if (j && read(p->pipe[0], &byte, 1) < 0)
		j->next = NULL; /* the pipe was full once: fewer bytes than jobs */
	pthread_mutex_unlock(&p->lock);
	return j;
}

void mn_job_wait(mn_job *j)
{
	struct mn_pool *p = j->pool;
	char byte;

	pthread_mutex_lock(&p->lock);
	while (j->status.state != MN_JOB_FINISHED)
		pthread_cond_wait(&p->job_ended, &p->lock);
	if (take_out(&p->finished, j) && read(p->pipe[0], &byte, 1) < 0)
		j->next = NULL;
	pthread_mutex_unlock(&p->lock);
}

void mn_job_free(mn_job *j)
{
	if (!j)
		return;
	mn_job_cancel(j);
	mn_job_wait(j);
	dispose(j);
}
