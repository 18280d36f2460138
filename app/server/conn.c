/* SPDX-License-Identifier: MIT */
/* conn.c - a connection: bytes in, requests to the workers, answers out. All on the loop. */
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "server/core.h"

enum {
	WINDOW = 5 * 1000000, /* in which a body, or an answer, has to make progress */
	LINGER = 2 * 1000000,
	IN_MAX = MN_GUARD_HEAD + MN_READ,
	OUT_MAX = 8 << 20,
};

/* ---- Beginning and end -------------------------------------------------------------------- */

static void name_peer(mn_conn *c)
{
	socklen_t n = sizeof(c->address);

	if (c->address.ss_family == AF_UNIX
		|| getnameinfo((struct sockaddr *)&c->address, n, c->remote, sizeof(c->remote),
			NULL, 0, NI_NUMERICHOST))
		snprintf(c->remote, sizeof(c->remote), "unix");
	memcpy(c->peer, c->remote, sizeof(c->peer));
}

mn_conn *mn_conn_new(mn_server *s, int fd, const struct sockaddr_storage *from)
{
	mn_conn *c = mn_alloc_zero(1, sizeof(*c));
	struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP};
	socklen_t n = sizeof(c->local);
	int one = 1;

	if (!c)
		return NULL;
	*c = (mn_conn){.server = s, .fd = fd, .address = *from, .events = e.events};
	e.data.ptr = c;
	if (getsockname(fd, (struct sockaddr *)&c->local, &n)
		|| epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e)) {
		mn_free(c);
		return NULL;
	}
	c->unix_socket = c->local.ss_family == AF_UNIX;
	c->address.ss_family = c->unix_socket ? AF_UNIX : c->address.ss_family;
	if (!c->unix_socket)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	name_peer(c);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->change, NULL);
	c->in = MN_BUF(IN_MAX);
	c->out = MN_BUF(OUT_MAX);
	c->since = mn_server_clock(s);
	c->next = s->conns;
	if (c->next)
		c->next->prev = c;
	s->conns = c;
	atomic_store(&s->open, ++s->nconns);
	return c;
}

static void account(mn_conn *c)
{
	mn_server *s = c->server;
	mn_time took = mn_server_clock(s) - c->ex->arrived;

	mn_metrics_exchange(s->metrics, c->ex, took);
	mn_journal_exchange(s, c->ex, took);
}

static void unlink_conn(mn_conn *c)
{
	mn_server *s = c->server;

	*(c->prev ? &c->prev->next : &s->conns) = c->next;
	if (c->next)
		c->next->prev = c->prev;
	atomic_store(&s->open, --s->nconns);
	c->prev = NULL;
	c->next = s->dead;
	s->dead = c;
}

void mn_conn_kill(mn_conn *c)
{
	if (c->state == MN_CONN_DEAD)
		return;
	if (c->ex)
		mn_token_cancel(c->ex->token);
	pthread_mutex_lock(&c->lock);
	c->broken = true;
	pthread_cond_broadcast(&c->change);
	pthread_mutex_unlock(&c->lock);
	if (c->socket)
		mn_socket_end(c);
	close(c->fd);
	c->fd = -1;
	c->state = MN_CONN_DEAD;
	unlink_conn(c);
}

/* Nobody else knows it any more, but perhaps the list of those who want to be woken. */
bool mn_conn_free(mn_conn *c)
{
	bool waking;

	if (c->ex && c->ex->given && !c->ex->back)
		return false;
	pthread_mutex_lock(&c->server->wake_lock);
	waking = c->waking;
	pthread_mutex_unlock(&c->server->wake_lock);
	if (waking)
		return false;
	if (c->ex && c->ex->socket)
		mn_socket_abandon(c->ex->socket);
	if (c->ex && c->ex->given)
		account(c);
	if (c->ex)
		mn_exchange_free(c->ex);
	mn_buf_free(&c->in);
	mn_buf_free(&c->out);
	pthread_cond_destroy(&c->change);
	pthread_mutex_destroy(&c->lock);
	mn_free(c);
	return true;
}

void mn_conn_watch(mn_conn *c, uint32_t events)
{
	struct epoll_event e = {.events = events, .data = {.ptr = c}};

	if (c->state == MN_CONN_DEAD || c->events == events)
		return;
	c->events = events;
	epoll_ctl(c->server->epoll, EPOLL_CTL_MOD, c->fd, &e);
}

/* What there is to wait for, after the state. */
static void watch(mn_conn *c)
{
	uint32_t events = c->gone ? 0 : EPOLLRDHUP;
	bool reading = c->state == MN_CONN_RUN ? c->feeding && !c->held_back : !c->held_back;

	if (reading && !c->gone)
		events |= EPOLLIN;
	if (c->pending)
		events |= EPOLLOUT;
	mn_conn_watch(c, events);
}

static void enter(mn_conn *c, int state)
{
	c->state = state;
	c->since = c->window = mn_server_clock(c->server);
	c->moved = 0;
}

/* ---- Out ---------------------------------------------------------------------------------- */

static void drop_sent(mn_conn *c, size_t n)
{
	size_t of_out = c->out.len - c->out_at;

	of_out = n < of_out ? n : of_out;
	c->out_at += of_out;
	n -= of_out;
	c->tail = (mn_str){c->tail.ptr + n, c->tail.len - n};
	if (c->out_at == c->out.len) {
		mn_buf_clear(&c->out);
		c->out_at = 0;
	}
}

/* Locked. false: the connection is of no more use. */
static bool send_some(mn_conn *c)
{
	struct iovec parts[2];
	struct msghdr m = {.msg_iov = parts};

	while (!c->broken && (c->out.len > c->out_at || c->tail.len)) {
		ssize_t n;

		m.msg_iovlen = 0;
		if (c->out.len > c->out_at)
			parts[m.msg_iovlen++] = (struct iovec){
				c->out.ptr + c->out_at, c->out.len - c->out_at};
		if (c->tail.len)
			parts[m.msg_iovlen++] = (struct iovec){(char *)c->tail.ptr, c->tail.len};
		n = sendmsg(c->fd, &m, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0)
			return false;
		c->moved += (size_t)n;
		atomic_fetch_add(&c->server->bytes_out, (size_t)n);
		drop_sent(c, (size_t)n);
	}
	return !c->broken;
}

bool mn_conn_flush(mn_conn *c)
{
	bool fine, was = c->pending;

	if (c->state == MN_CONN_DEAD)
		return false;
	pthread_mutex_lock(&c->lock);
	fine = send_some(c);
	c->pending = fine && (c->out.len > c->out_at || c->tail.len);
	pthread_cond_broadcast(&c->change);
	pthread_mutex_unlock(&c->lock);
	if (!fine)
		mn_conn_kill(c);
	else if (c->pending && !was)
		c->window = mn_server_clock(c->server);
	return fine;
}

/* The answer is written; half closed, so that the client gets to read it even if it is still
 * sending. */
void mn_conn_linger(mn_conn *c)
{
	enter(c, MN_CONN_LINGER);
	shutdown(c->fd, SHUT_WR);
	watch(c);
}

/* ---- Answers ------------------------------------------------------------------------------ */

/* What the client has sent behind its handshake is the first of its frames. */
static void begin_socket(mn_conn *c, mn_socket *socket)
{
	mn_buf early = c->in;
	size_t at = c->in_at;

	enter(c, MN_CONN_SOCKET);
	c->in = MN_BUF(IN_MAX);
	c->in_at = 0;
	if (mn_socket_start(c, socket) == MN_OK && c->state == MN_CONN_SOCKET && early.len > at)
		mn_socket_ready(c, early.ptr + at, early.len - at);
	mn_buf_free(&early);
}

/* A stream that must not look whole. Chunks without a last one say so, and what was written still
 * arrives; otherwise only a reset does. */
static void cut_short(mn_conn *c, bool chunked)
{
	struct linger at_once = {.l_onoff = 1};

	if (chunked && !c->gone) {
		mn_conn_linger(c);
		return;
	}
	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	mn_conn_kill(c);
}

/* Everything of an answer has been written. */
static void finish(mn_conn *c)
{
	mn_exchange *ex = c->ex;
	mn_socket *socket = ex->socket;
	const bool cut = ex->cut, chunked = ex->chunked;

	account(c);
	c->ex = NULL;
	c->served = true;
	mn_exchange_free(ex);
	if (cut) {
		cut_short(c, chunked);
		return;
	}
	if (socket) {
		begin_socket(c, socket);
		return;
	}
	if (c->gone) {
		mn_conn_kill(c);
	} else if (c->last) {
		mn_conn_linger(c);
	} else {
		enter(c, MN_CONN_HEAD);
		c->guard = (mn_guard){0};
	}
}

static void answer_now(mn_conn *c, int status)
{
	mn_exchange *ex = c->ex;

	enter(c, MN_CONN_RUN);
	if (status >= 400)
		mn_reply_from_error(ex, MN_EINVAL);
	ex->back = true;
	mn_exchange_send(ex);
	if (mn_conn_flush(c)) {
		if (c->pending)
			watch(c);
		else
			finish(c);
	}
}

static void set_last(mn_conn *c)
{
	pthread_mutex_lock(&c->lock);
	c->last = true;
	pthread_mutex_unlock(&c->lock);
}

/* Bytes that cannot be trusted: an answer, and no more of this connection. */
static void refuse(mn_conn *c, int why)
{
	if (!c->ex)
		c->ex = mn_exchange_new(c);
	set_last(c);
	if (!c->ex) {
		mn_conn_kill(c);
		return;
	}
	answer_now(c, mn_exchange_refuse(c->ex, why));
}

/* A worker has done with it. */
static void take_back(mn_conn *c)
{
	mn_exchange *ex = c->ex;

	ex->back = true;
	if (c->feeding) {
		c->feeding = false;
		set_last(c);
	}
	if (!ex->begun) {
		mn_exchange_send(ex);
		return;
	}
	pthread_mutex_lock(&c->lock);
	if (!ex->cut && ex->chunked && !ex->headless)
		mn_buf_text(&c->out, "0\r\n\r\n");
	if (!mn_buf_ok(&c->out))
		ex->cut = true;
	pthread_mutex_unlock(&c->lock);
}

/* ---- In ----------------------------------------------------------------------------------- */

static void drop_read(mn_conn *c, size_t n)
{
	c->in_at += n;
	if (c->in_at < c->in.len)
		return;
	if (c->in.cap > MN_GUARD_HEAD) {
		mn_buf_free(&c->in);
		c->in = MN_BUF(IN_MAX);
	}
	mn_buf_clear(&c->in);
	c->in_at = 0;
}

static void run(mn_conn *c)
{
	enter(c, MN_CONN_RUN);
	c->ex->given = true;
	watch(c);
	c->ex->task.thinks = c->ex->req.route && c->ex->req.route->flags & MN_ROUTE_THINKS;
	mn_work_give(&c->server->work, &c->ex->task);
}

static void say_continue(mn_conn *c)
{
	if (!c->ex->head.expects || c->in.len > c->in_at)
		return;
	pthread_mutex_lock(&c->lock);
	mn_buf_text(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
	pthread_mutex_unlock(&c->lock);
	mn_conn_flush(c);
}

static void begin_body(mn_conn *c)
{
	c->chunks = (mn_guard_chunks){0};
	c->body_left = c->ex->head.length;
	if (c->ex->req.route->flags & MN_ROUTE_STREAM_IN) {
		c->ex->body.max = SIZE_MAX;
		c->feeding = true;
		run(c);
	} else {
		c->ex->body.max = c->ex->ceiling;
		enter(c, MN_CONN_BODY);
	}
	say_continue(c);
}

/* true: go on with what comes behind the head. */
static bool begin(mn_conn *c, size_t head)
{
	mn_exchange *ex = c->ex = mn_exchange_new(c);
	bool more;
	int status;

	if (!ex) {
		mn_conn_kill(c);
		return false;
	}
	status = mn_exchange_begin(ex, c->in.ptr + c->in_at, head);
	drop_read(c, head);
	more = ex->head.chunked || ex->head.length;
	if (!ex->head.keep_alive || !ex->head.v11 || c->server->stopping
		|| (status && (more || (ex->why && ex->why < MN_REJECT_BODY_LONG))))
		set_last(c);
	if (status) {
		answer_now(c, status);
		return c->state == MN_CONN_HEAD;
	}
	if (more) {
		begin_body(c);
		return c->state == MN_CONN_BODY || c->feeding;
	}
	ex->body_ended = true;
	run(c);
	return false;
}

/* A head, as far as it is there. */
static bool read_head(mn_conn *c)
{
	size_t end, n = c->in.len - c->in_at;
	int why;

	if (n == 0)
		return false;
	if (c->guard.at == 0)
		enter(c, MN_CONN_HEAD);
	why = mn_guard_scan(&c->guard, c->in.ptr + c->in_at, n, &end);
	if (why) {
		refuse(c, why);
		return false;
	}
	return end ? begin(c, end) : false;
}

static void body_failed(mn_conn *c, int why)
{
	mn_exchange *ex = c->ex;

	why = ex->why ? ex->why : why;
	if (!c->feeding) {
		refuse(c, why);
		return;
	}
	mn_metrics_reject(c->server->metrics, why);
	set_last(c);
	pthread_mutex_lock(&c->lock);
	ex->why = why;
	ex->body_bad = true;
	pthread_cond_broadcast(&c->change);
	pthread_mutex_unlock(&c->lock);
	c->feeding = false;
	watch(c);
}

static void body_ended(mn_conn *c)
{
	if (!c->feeding) {
		run(c);
		return;
	}
	c->feeding = false;
	pthread_mutex_lock(&c->lock);
	c->ex->body_ended = true;
	pthread_cond_broadcast(&c->change);
	pthread_mutex_unlock(&c->lock);
	watch(c);
}

static void hold_back(mn_conn *c)
{
	pthread_mutex_lock(&c->lock);
	c->held_back = c->ex->body.len - c->ex->body_at > MN_IN_HIGH;
	pthread_cond_broadcast(&c->change);
	pthread_mutex_unlock(&c->lock);
}

/* The body, as far as it is there. */
static bool read_body(mn_conn *c)
{
	const char *at = c->in.ptr + c->in_at;
	size_t n = c->in.len - c->in_at, used = n < c->body_left ? n : (size_t)c->body_left;
	bool done = false;
	int why = MN_REJECT_NONE;

	if (n == 0)
		return false;
	if (c->ex->head.chunked)
		why = mn_guard_body(&c->chunks, at, n, &used, &done);
	else
		done = (c->body_left -= used) == 0;
	if (why == MN_REJECT_NONE && used
		&& (!mn_head_body(&c->ex->head, at, used) || done != c->ex->head.ended))
		why = MN_REJECT_PARSER;
	drop_read(c, why ? n : used);
	if (why)
		body_failed(c, why);
	else if (done)
		body_ended(c);
	else if (c->feeding)
		hold_back(c);
	return false;
}

/* Whatever can be done with the bytes that are there. */
static void process(mn_conn *c)
{
	bool more = true;

	while (more)
		switch (c->state) {
		case MN_CONN_HEAD: more = read_head(c); break;
		case MN_CONN_BODY: more = read_body(c); break;
		case MN_CONN_RUN: more = c->feeding && !c->held_back && read_body(c); break;
		default: more = false;
		}
}

/* The client has closed its side. What it waits for no more is broken off. */
static void close_in(mn_conn *c)
{
	c->gone = true;
	if (c->state != MN_CONN_RUN) {
		mn_conn_kill(c);
		return;
	}
	mn_token_cancel(c->ex->token);
	if (c->feeding)
		body_failed(c, MN_REJECT_LENGTH);
	watch(c);
}

static void take_in(mn_conn *c, const char *bytes, size_t n)
{
	atomic_fetch_add(&c->server->bytes_in, n);
	c->moved += n;
	if (c->state == MN_CONN_LINGER)
		return;
	if (c->state == MN_CONN_SOCKET) {
		mn_socket_ready(c, bytes, n);
		return;
	}
	if (c->in_at && c->in_at < c->in.len)
		memmove(c->in.ptr, c->in.ptr + c->in_at, c->in.len - c->in_at);
	c->in.len -= c->in_at;
	c->in_at = 0;
	mn_buf_add(&c->in, bytes, n);
	if (mn_buf_ok(&c->in))
		process(c);
	else
		mn_conn_kill(c);
}

static void readable(mn_conn *c)
{
	size_t room = MN_READ;
	ssize_t n;

	if (c->state == MN_CONN_RUN && !c->feeding) {
		close_in(c); /* nothing but its end was waited for */
		return;
	}
	n = recv(c->fd, c->server->scratch, room, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		mn_conn_kill(c);
	else if (n == 0)
		close_in(c);
	else
		take_in(c, c->server->scratch, (size_t)n);
}

void mn_conn_ready(mn_conn *c, uint32_t events)
{
	if (c->state == MN_CONN_DEAD)
		return;
	if (events & (EPOLLERR | EPOLLHUP)) {
		mn_conn_kill(c);
		return;
	}
	if (events & EPOLLOUT) {
		if (!mn_conn_flush(c))
			return;
		if (c->ex && c->ex->back && !c->pending) {
			finish(c);
			process(c);
		} else if (c->socket) {
			mn_socket_woken(c);
		}
	}
	if (events & (EPOLLIN | EPOLLRDHUP))
		readable(c);
	if (c->state != MN_CONN_DEAD)
		watch(c);
}

void mn_conn_woken(mn_conn *c)
{
	bool handled;

	if (c->socket) {
		mn_socket_woken(c);
		watch(c);
	}
	if (!c->ex)
		return;
	pthread_mutex_lock(&c->lock);
	handled = c->ex->handled;
	if (c->held_back && c->ex->body.len - c->ex->body_at < MN_IN_HIGH / 2)
		c->held_back = false;
	pthread_mutex_unlock(&c->lock);
	if (handled && !c->ex->back)
		take_back(c);
	if (!mn_conn_flush(c))
		return;
	if (c->ex->back && !c->pending)
		finish(c);
	process(c);
	watch(c);
}

/* ---- Clocks ------------------------------------------------------------------------------- */

mn_time mn_conn_idle(const mn_conn *c, mn_time now)
{
	return c->state == MN_CONN_HEAD || c->state == MN_CONN_LINGER ? now - c->since : 0;
}

static void slow(mn_conn *c)
{
	mn_metrics_reject(c->server->metrics, MN_REJECT_SLOW);
	mn_conn_kill(c);
}

static void check_head(mn_conn *c, mn_time now)
{
	const mn_server_options *o = &c->server->o;
	bool idle = c->in.len == c->in_at;
	mn_time most = (mn_time)(idle && c->served ? o->idle_ms : o->head_ms) * 1000;

	if (now - c->since <= most)
		return;
	if (idle)
		mn_conn_kill(c);
	else
		refuse(c, MN_REJECT_SLOW);
}

/* Has enough moved within the last window? */
static bool moves(mn_conn *c, mn_time now)
{
	bool enough = true;

	if (now - c->window < (mn_time)c->server->o.slow_ms * 1000)
		return true;
	enough = (double)c->moved
		 >= (double)c->server->o.slow_rate * (double)(now - c->window) / 1e6;
	c->window = now;
	c->moved = 0;
	return enough;
}

/* While a worker has it: the client does not take the answer, or does not send the body. */
static void stalled(mn_conn *c)
{
	if (c->feeding)
		body_failed(c, MN_REJECT_SLOW);
	else
		slow(c);
}

void mn_conn_check(mn_conn *c, mn_time now)
{
	switch (c->state) {
	case MN_CONN_HEAD: check_head(c, now); break;
	case MN_CONN_BODY:
		if (!moves(c, now))
			refuse(c, MN_REJECT_SLOW);
		break;
	case MN_CONN_RUN:
		if (!c->pending && !(c->feeding && !c->held_back))
			c->window = now;
		else if (!moves(c, now))
			stalled(c);
		break;
	case MN_CONN_SOCKET:
		if (c->pending && !moves(c, now))
			slow(c);
		else
			mn_socket_check(c, now);
		break;
	case MN_CONN_LINGER:
		if (now - c->since > LINGER)
			mn_conn_kill(c);
		break;
	default: break;
	}
}

void mn_conn_retire(mn_conn *c)
{
	set_last(c);
	if (c->state == MN_CONN_HEAD && c->in.len == c->in_at)
		mn_conn_kill(c);
	else if (c->state == MN_CONN_SOCKET)
		mn_socket_going(c);
}
