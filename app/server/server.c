/* SPDX-License-Identifier: MIT */
/* server.c - the loop, and what the server as a whole has. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "recall/answer.h"
#include "server/core.h"

enum { TICK_MS = 200, EVENTS = 128, KILL_AFTER = 2 * 1000000 };

mn_server_options mn_server_defaults(void)
{
	return (mn_server_options){
		.connections = 1024,
		.workers = 64,
		.body = (size_t)256 << 20,
		.head_ms = 10000,
		.idle_ms = 60000,
		.grace_ms = 10000,
		.deadline_ms = 120000,
		.slow_ms = 5000,
		.slow_rate = 500,
	};
}

/* ---- What rooms ask ----------------------------------------------------------------------- */

void *mn_server_state(mn_server *s, const mn_room *room)
{
	for (size_t i = 0; mn_room_at(i); i++)
		if (mn_room_at(i) == room)
			return s->states[i];
	return NULL;
}

mn_engine *mn_server_engine(mn_server *s)
{
	return s->engine;
}

mn_store *mn_server_store(mn_server *s)
{
	return s->store;
}

bool mn_server_read_only(const mn_server *s)
{
	return s->o.read_only;
}

mn_str mn_server_default_brain(const mn_server *s)
{
	return s->o.brain;
}

void mn_server_count(mn_server *s, int count, uint64_t n)
{
	atomic_fetch_add(&s->counts[count], n);
}

struct loose {
	mn_task task;
	void (*fn)(mn_server *, mn_call *, void *);
	void *arg;
};

static void run_loose(mn_server *s, mn_task *task)
{
	struct loose *l = (struct loose *)task;
	mn_call call;

	if (mn_call_init(&call, s->engine, 0) == MN_OK) {
		call.token = s->token;
		l->fn(s, &call, l->arg);
		mn_call_done(&call);
	}
	mn_free(l);
	atomic_fetch_sub(&s->loose, 1);
}

int mn_server_run(mn_server *s, void (*fn)(mn_server *, mn_call *, void *), void *arg)
{
	struct loose *l = mn_token_cancelled(s->token) ? NULL : mn_alloc(sizeof(*l));

	if (!l)
		return mn_token_cancelled(s->token) ? MN_EBUSY : MN_ENOMEM;
	*l = (struct loose){.task = {.run = run_loose}, .fn = fn, .arg = arg};
	atomic_fetch_add(&s->loose, 1);
	mn_work_give(&s->work, &l->task);
	return MN_OK;
}

/* ---- Wakes -------------------------------------------------------------------------------- */

static void ring(mn_server *s)
{
	uint64_t one = 1;
	ssize_t n;

	do
		n = write(s->event, &one, sizeof(one));
	while (n < 0 && errno == EINTR);
}

void mn_conn_wake(mn_conn *c)
{
	mn_server *s = c->server;
	bool first = false;

	pthread_mutex_lock(&s->wake_lock);
	if (!c->waking) {
		first = s->woken == NULL;
		c->waking = true;
		c->wake_next = s->woken;
		s->woken = c;
	}
	pthread_mutex_unlock(&s->wake_lock);
	if (first)
		ring(s);
}

static void wake_all(mn_server *s)
{
	mn_conn *c, *next;
	uint64_t n;

	if (read(s->event, &n, sizeof(n)) < 0 && errno != EAGAIN)
		mn_journal_event(s, "error", "the event descriptor is broken");
	pthread_mutex_lock(&s->wake_lock);
	c = s->woken;
	s->woken = NULL;
	pthread_mutex_unlock(&s->wake_lock);
	for (; c; c = next) {
		pthread_mutex_lock(&s->wake_lock);
		next = c->wake_next;
		c->waking = false;
		pthread_mutex_unlock(&s->wake_lock);
		mn_conn_woken(c);
	}
}

/* ---- New connections ---------------------------------------------------------------------- */

static void turn_away(mn_server *s, int fd)
{
	static const char busy[] =
		"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
		"Connection: close\r\n\r\n";

	mn_metrics_reject(s->metrics, MN_REJECT_FULL);
	if (send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		mn_metrics_reject(s->metrics, MN_REJECT_SLOW);
	close(fd);
}

/* With every place taken, the one who has been idle longest, for a second at least, gives way. */
static bool make_room(mn_server *s)
{
	mn_time now = mn_server_clock(s), longest = 1000000;
	mn_conn *idle = NULL;

	if (s->nconns < s->o.connections)
		return true;
	for (mn_conn *c = s->conns; c; c = c->next)
		if (mn_conn_idle(c, now) >= longest) {
			longest = mn_conn_idle(c, now);
			idle = c;
		}
	if (idle)
		mn_conn_kill(idle);
	return idle != NULL;
}

static void accept_some(mn_server *s, int listener)
{
	for (int i = 0; i < EVENTS; i++) {
		struct sockaddr_storage from = {0};
		socklen_t n = sizeof(from);
		int fd = accept4(
			listener, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		atomic_fetch_add(&s->accepted, 1);
		if (!make_room(s))
			turn_away(s, fd);
		else if (!mn_conn_new(s, fd, &from))
			close(fd);
	}
}

/* ---- The loop ----------------------------------------------------------------------------- */

static void bury(mn_server *s)
{
	mn_conn **at = &s->dead;

	while (*at) {
		mn_conn *c = *at, *next = c->next;

		if (mn_conn_free(c))
			*at = next;
		else
			at = &c->next;
	}
}

static void check_all(mn_server *s, mn_time now)
{
	for (mn_conn *c = s->conns, *next; c; c = next) {
		next = c->next;
		mn_conn_check(c, now);
	}
}

static void stop_accepting(mn_server *s)
{
	mn_notify("STOPPING=1");
	mn_journal_event(s, "stopping", "%zu requests are running", atomic_load(&s->running));
	mn_listen_close(s);
	for (mn_conn *c = s->conns, *next; c; c = next) {
		next = c->next;
		mn_conn_retire(c);
	}
}

static void cancel_all(mn_server *s)
{
	s->cancelled = true;
	mn_token_cancel(s->token);
	for (mn_conn *c = s->conns; c; c = c->next)
		if (c->ex)
			mn_token_cancel(c->ex->token);
}

static void kill_all(mn_server *s)
{
	while (s->conns)
		mn_conn_kill(s->conns);
}

/* true: nothing is left. */
static bool stop_further(mn_server *s, mn_time now)
{
	mn_time grace = (mn_time)s->o.grace_ms * 1000;

	if (!s->conns && !s->dead)
		return true;
	if (now - s->stopping > grace && !s->cancelled)
		cancel_all(s);
	if (now - s->stopping > grace + KILL_AFTER)
		kill_all(s);
	return false;
}

static void handle(mn_server *s, struct epoll_event *e)
{
	mn_listener *l = e->data.ptr;

	if (e->data.ptr == &s->event)
		wake_all(s);
	else if (e->data.ptr == &s->stop_fd)
		s->stop_asked = true;
	else if (l >= s->listeners && l < s->listeners + s->nlisteners)
		accept_some(s, l->fd);
	else
		mn_conn_ready(e->data.ptr, e->events);
}

static void tick(mn_server *s, mn_time *last)
{
	mn_time now = mn_server_clock(s);

	if (now - *last < TICK_MS * 1000)
		return;
	*last = now;
	mn_gatekeeper_look(s->gate);
	check_all(s, now);
}

static int add(mn_server *s, int fd, void *what)
{
	struct epoll_event e = {.events = EPOLLIN, .data = {.ptr = what}};

	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e);
}

int mn_server_serve(mn_server *s, int stop_fd, mn_error *err)
{
	struct epoll_event events[EVENTS];
	mn_time last = mn_server_clock(s);

	s->stop_fd = stop_fd;
	if (add(s, s->event, &s->event) || add(s, stop_fd, &s->stop_fd))
		return mn_error_set(err, MN_EIO, errno, "cannot wait for descriptors");
	for (size_t i = 0; i < s->nlisteners; i++)
		if (add(s, s->listeners[i].fd, &s->listeners[i]))
			return mn_error_set(err, MN_EIO, errno, "cannot wait for connections");
	mn_notify("READY=1");
	for (;;) {
		int n = epoll_wait(s->epoll, events, EVENTS, s->conns || s->dead ? TICK_MS : 1000);

		for (int i = 0; i < n; i++)
			handle(s, &events[i]);
		if (s->stop_asked && !s->stopping) {
			epoll_ctl(s->epoll, EPOLL_CTL_DEL, stop_fd, NULL);
			s->stopping = mn_server_clock(s);
			stop_accepting(s);
		}
		tick(s, &last);
		bury(s);
		if (s->stopping && stop_further(s, mn_server_clock(s)))
			return MN_OK;
	}
}

/* ---- Beginning and end -------------------------------------------------------------------- */

static int start_rooms(mn_server *s, mn_error *err)
{
	mn_call call;
	int rc = mn_call_init(&call, s->engine, 0);

	for (; rc == MN_OK && mn_room_at(s->started) && s->started < MN_ROOMS; s->started++)
		if (mn_room_at(s->started)->start)
			rc = mn_room_at(s->started)->start(s, &call, &s->states[s->started]);
	if (rc)
		*err = *call.err;
	mn_call_done(&call);
	return rc;
}

static void stop_rooms(mn_server *s)
{
	while (s->started) {
		const mn_room *room = mn_room_at(--s->started);

		if (room->stop)
			room->stop(s, s->states[s->started]);
	}
}

static int make_parts(mn_server *s, mn_error *err)
{
	unsigned char lot[6];

	randombytes_buf(lot, sizeof(lot));
	sodium_bin2hex(s->boot, sizeof(s->boot), lot, sizeof(lot));
	s->scratch = mn_alloc(MN_READ);
	s->token = mn_token_new();
	s->brains = mn_brains_new(s);
	s->metrics = mn_metrics_new();
	s->limit = mn_limit_new(s->o.rate, s->o.burst);
	if (!s->scratch || !s->token || !s->brains || !s->metrics || !s->limit)
		return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->epoll < 0 || s->event < 0)
		return mn_error_set(err, MN_EIO, errno, "no descriptor is left");
	s->journal = mn_journal_new(s->o.log, err);
	if (!s->journal)
		return err->code;
	s->gate = mn_gatekeeper_new(s, &s->o, err);
	return s->gate ? MN_OK : err->code;
}

/* Two for each processor; where the store is far away, thinking is mostly waiting. */
static size_t most_thinkers(mn_server *s, const mn_server_options *o)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	mn_info info = MN_SIZED(mn_info);
	mn_call call;
	int rc = mn_call_init(&call, s->engine, 0);

	if (rc == MN_OK)
		rc = mn_store_info(s->store, &call, &info);
	mn_call_done(&call);
	if (rc == MN_OK && info.trip_us >= MN_FAR_US)
		return o->workers;
	return processors > 1 ? 2 * (size_t)processors : 2;
}

int mn_server_new(const mn_server_options *o, mn_store *store, mn_engine *engine, mn_error *err,
	mn_server **out)
{
	mn_server *s = mn_alloc_zero(1, sizeof(*s));
	int rc;

	if (!s)
		return mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	*s = (mn_server){.engine = engine, .store = store, .o = *o, .epoll = -1, .event = -1};
	s->born = mn_server_clock(s);
	pthread_mutex_init(&s->wake_lock, NULL);
	rc = sodium_init() < 0 ? mn_error_set(err, MN_EIO, 0, "no random numbers") : MN_OK;
	s->arena = mn_arena_new((size_t)16 << 20);
	if (!s->arena)
		rc = mn_error_set(err, MN_ENOMEM, 0, "out of memory");
	if (rc == MN_OK)
		rc = make_parts(s, err);
	if (rc == MN_OK)
		rc = mn_listen_open(s, err);
	if (rc == MN_OK)
		rc = mn_work_init(&s->work, s, o->workers, most_thinkers(s, o), err);
	if (rc == MN_OK)
		rc = start_rooms(s, err);
	if (rc)
		mn_server_free(s);
	else
		*out = s;
	return rc;
}

const char *mn_server_url(const mn_server *s, size_t i)
{
	return i < s->nlisteners ? s->listeners[i].url : NULL;
}

bool mn_server_open(const mn_server *s)
{
	return !mn_gatekeeper_closed(s->gate);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void mn_server_free(mn_server *s)
{
	if (!s)
		return;
	mn_listen_close(s);
	kill_all(s);
	mn_token_cancel(s->token);
	mn_work_stop(&s->work);
	wake_all(s);
	bury(s);
	stop_rooms(s);
	for (mn_exchange *ex; (ex = s->spare); mn_free(ex)) {
		s->spare = ex->next;
		mn_call_done(&ex->call);
	}
	mn_brains_free(s->brains);
	mn_gatekeeper_free(s->gate);
	mn_limit_free(s->limit);
	mn_metrics_free(s->metrics);
	mn_journal_free(s->journal);
	mn_token_free(s->token);
	close_fd(s->epoll);
	close_fd(s->event);
	mn_free(s->scratch);
	pthread_mutex_destroy(&s->wake_lock);
	mn_arena_free(s->arena);
	mn_free(s);
}
