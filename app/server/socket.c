/* SPDX-License-Identifier: MIT */
/*
 * socket.c - WebSockets (RFC 6455): wslay reads and writes frames, on the loop; messages go to
 * workers, one at a time for each socket, and texts come from any thread.
 *
 * A socket outlives its connection by those who hold it. Under its lock: conn (NULL once the
 * connection is gone), what is to be sent, what was received. The connection's own hold ends when
 * `closed` has returned.
 */
#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <stdio.h>
#include <wslay/wslay.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "server/core.h"

enum {
	FRAME_MOST = 64 << 10,
	MESSAGE_MOST = 1 << 20,
	INBOX_MOST = 256 << 10, /* then the socket is not read */
	QUEUE_LOW = 64 << 10,   /* what wslay is given ahead */
	CONTROLS = 100,         /* in CONTROL_WINDOW */
	CONTROL_WINDOW = 10 * 1000000,
	PING = 30 * 1000000,
	CLOSE_WAIT = 2 * 1000000,
	TEXT_COST = 64, /* what a message costs besides its bytes */
	POLICY = 1008,
};

struct text {
	struct text *next;
	size_t len;
	char bytes[];
};

struct queue {
	struct text *first, *last;
	size_t bytes;
};

struct mn_socket {
	atomic_uint holders;
	mn_server *server;
	mn_access access;
	const mn_socket_calls *calls;
	void *ctx;
	mn_token *token;
	mn_task task;
	/* under the lock */
	pthread_mutex_t lock;
	mn_conn *conn;
	struct queue out, in;
	size_t backlog; /* that wslay and the connection have */
	unsigned code;  /* to be closed with; 0: not */
	char reason[100];
	bool scheduled, ended, told;
	/* on the loop */
	wslay_event_context_ptr frames;
	const char *bytes; /* that came in */
	size_t nbytes, controls;
	mn_time window, heard, pinged, closing;
};

/* ---- Queues ------------------------------------------------------------------------------- */

static bool push(struct queue *q, mn_str text)
{
	struct text *t = mn_alloc(sizeof(*t) + text.len);

	if (!t)
		return false;
	t->next = NULL;
	t->len = text.len;
	if (text.len)
		memcpy(t->bytes, text.ptr, text.len);
	if (q->last)
		q->last->next = t;
	else
		q->first = t;
	q->last = t;
	q->bytes += text.len + TEXT_COST;
	return true;
}

static struct text *pop(struct queue *q)
{
	struct text *t = q->first;

	if (!t)
		return NULL;
	q->first = t->next;
	if (!q->first)
		q->last = NULL;
	q->bytes -= t->len + TEXT_COST;
	return t;
}

static void empty(struct queue *q)
{
	struct text *t;

	while ((t = pop(q)))
		mn_free(t);
}

/* ---- Holders ------------------------------------------------------------------------------ */

void mn_socket_hold(mn_socket *s)
{
	atomic_fetch_add(&s->holders, 1);
}

void mn_socket_release(mn_socket *s)
{
	if (!s || atomic_fetch_sub(&s->holders, 1) > 1)
		return;
	empty(&s->out);
	empty(&s->in);
	mn_access_drop(&s->access);
	mn_token_free(s->token);
	pthread_mutex_destroy(&s->lock);
	mn_free(s);
}

bool mn_socket_may(const mn_socket *s, int right, mn_str brain)
{
	return mn_access_may(&s->access, right, brain);
}

mn_server *mn_socket_server(const mn_socket *s)
{
	return s->server;
}

/* ---- On workers --------------------------------------------------------------------------- */

/* Locked. The task is run once more after whatever is going on now. */
static void schedule(mn_socket *s)
{
	if (s->scheduled)
		return;
	s->scheduled = true;
	mn_work_give(&s->server->work, &s->task);
}

static void deliver(mn_socket *s, struct text *t)
{
	mn_call call;

	if (mn_call_init(&call, s->server->engine, 0) == MN_OK) {
		call.token = s->token;
		call.deadline = mn_server_clock(s->server)
				+ (mn_time)s->server->o.deadline_ms * 1000;
		s->calls->message(s, &call, s->ctx, (mn_str){t->bytes, t->len});
		mn_call_done(&call);
	}
	mn_free(t);
}

static void run(mn_server *server, mn_task *task)
{
	mn_socket *s = (mn_socket *)((char *)task - offsetof(mn_socket, task));
	struct text *t;
	bool last;

	(void)server;
	pthread_mutex_lock(&s->lock);
	t = pop(&s->in);
	pthread_mutex_unlock(&s->lock);
	if (t)
		deliver(s, t);
	pthread_mutex_lock(&s->lock);
	s->scheduled = false;
	last = !s->in.first && s->ended && !s->told;
	s->told = s->told || last;
	if (s->in.first)
		schedule(s);
	if (s->conn && s->in.bytes < INBOX_MOST / 2)
		mn_conn_wake(s->conn);
	pthread_mutex_unlock(&s->lock);
	if (!last)
		return;
	if (s->calls->closed)
		s->calls->closed(s, s->ctx);
	mn_socket_release(s);
}

bool mn_socket_send(mn_socket *s, mn_str text)
{
	bool fine;

	pthread_mutex_lock(&s->lock);
	fine = !s->ended && !s->code && text.len <= MESSAGE_MOST;
	if (fine && s->out.bytes + s->backlog + text.len > MN_BACKLOG) {
		fine = false;
		s->code = POLICY;
		snprintf(s->reason, sizeof(s->reason), "too slow");
	}
	if (fine)
		fine = push(&s->out, text);
	if (s->conn)
		mn_conn_wake(s->conn);
	pthread_mutex_unlock(&s->lock);
	return fine;
}

void mn_socket_close(mn_socket *s, unsigned code, const char *reason)
{
	pthread_mutex_lock(&s->lock);
	if (!s->code) {
		s->code = code;
		snprintf(s->reason, sizeof(s->reason), "%s", reason);
	}
	if (s->conn)
		mn_conn_wake(s->conn);
	pthread_mutex_unlock(&s->lock);
}

/* ---- The handshake ------------------------------------------------------------------------ */

static mn_str accept_value(mn_arena *arena, mn_str key)
{
	static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	uint8_t digest[SHA1_DIGEST_SIZE];
	char text[BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE)];
	struct sha1_ctx sha1;

	sha1_init(&sha1);
	sha1_update(&sha1, key.len, (const uint8_t *)key.ptr);
	sha1_update(&sha1, sizeof(magic) - 1, (const uint8_t *)magic);
	sha1_digest(&sha1, sizeof(digest), digest);
	base64_encode_raw(text, sizeof(digest), digest);
	return mn_arena_copy(arena, (mn_str){text, sizeof(text)});
}

static mn_socket *new_socket(mn_exchange *ex, const mn_socket_calls *calls, void *ctx)
{
	mn_socket *s = mn_alloc_zero(1, sizeof(*s));

	if (!s)
		return NULL;
	s->token = mn_token_new();
	if (!s->token) {
		mn_free(s);
		return NULL;
	}
	atomic_init(&s->holders, 1);
	s->server = ex->req.server;
	s->access = ex->access;
	mn_access_hold(&s->access);
	s->calls = calls;
	s->ctx = ctx;
	s->task.run = run;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

int mn_socket_accept(
	mn_request *req, mn_reply *r, const mn_socket_calls *calls, void *ctx, mn_socket **out)
{
	mn_exchange *ex = (mn_exchange *)req;
	mn_str key = mn_request_header(req, "sec-websocket-key");
	mn_str version = mn_request_header(req, "sec-websocket-version");

	if (!mn_str_is(version, "13")) {
		mn_reply_header(r, "Sec-WebSocket-Version", MN_STR("13"));
		return mn_reply_fail(req, r, 426, MN_EINVAL, "only WebSocket version 13 is spoken");
	}
	if (key.len != 24)
		return mn_reply_fail(req, r, 400, MN_EINVAL, "Sec-WebSocket-Key is missing");
	ex->socket = new_socket(ex, calls, ctx);
	if (!ex->socket)
		return mn_fail_memory(req->call);
	r->status = 101;
	mn_reply_header(r, "Upgrade", MN_STR("websocket"));
	mn_reply_header(r, "Connection", MN_STR("Upgrade"));
	mn_reply_header(r, "Sec-WebSocket-Accept", accept_value(req->call->arena, key));
	*out = ex->socket;
	return MN_OK;
}

/* ---- Frames, on the loop ------------------------------------------------------------------ */

static void close_it(mn_socket *s, unsigned code, const char *reason)
{
	if (s->closing)
		return;
	s->closing = mn_server_clock(s->server);
	wslay_event_queue_close(s->frames, (uint16_t)code, (const uint8_t *)reason, strlen(reason));
	wslay_event_shutdown_read(s->frames);
}

static ssize_t on_recv(
	wslay_event_context_ptr frames, uint8_t *to, size_t room, int flags, void *arg)
{
	mn_socket *s = arg;
	size_t n = s->nbytes < room ? s->nbytes : room;

	(void)flags;
	if (n == 0) {
		wslay_event_set_error(frames, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	memcpy(to, s->bytes, n);
	s->bytes += n;
	s->nbytes -= n;
	return (ssize_t)n;
}

static ssize_t on_send(
	wslay_event_context_ptr frames, const uint8_t *bytes, size_t n, int flags, void *arg)
{
	mn_socket *s = arg;
	mn_conn *c = s->conn;
	bool full;

	(void)flags;
	pthread_mutex_lock(&c->lock);
	full = c->out.len - c->out_at > MN_OUT_HIGH;
	if (!full)
		mn_buf_add(&c->out, bytes, n);
	full = full || !mn_buf_ok(&c->out);
	pthread_mutex_unlock(&c->lock);
	if (!full)
		return (ssize_t)n;
	wslay_event_set_error(frames, WSLAY_ERR_WOULDBLOCK);
	return -1;
}

static void on_frame(wslay_event_context_ptr frames,
	const struct wslay_event_on_frame_recv_start_arg *frame, void *arg)
{
	mn_socket *s = arg;
	mn_time now = mn_server_clock(s->server);

	(void)frames;
	s->heard = now;
	if (frame->payload_length > FRAME_MOST)
		close_it(s, 1009, "frame too large");
	if (!wslay_is_ctrl_frame(frame->opcode))
		return;
	if (now - s->window > CONTROL_WINDOW) {
		s->window = now;
		s->controls = 0;
	}
	if (++s->controls > CONTROLS)
		close_it(s, POLICY, "too many control frames");
}

static void on_message(
	wslay_event_context_ptr frames, const struct wslay_event_on_msg_recv_arg *m, void *arg)
{
	mn_socket *s = arg;
	mn_str text = {(const char *)m->msg, m->msg_length};

	(void)frames;
	if (wslay_is_ctrl_frame(m->opcode) || s->closing)
		return;
	if (m->opcode != WSLAY_TEXT_FRAME) {
		close_it(s, 1003, "text only");
		return;
	}
	if (!mn_text_valid(text)) { /* NUL is UTF-8, but nothing here takes it */
		close_it(s, 1007, "NUL in a text");
		return;
	}
	pthread_mutex_lock(&s->lock);
	if (push(&s->in, text))
		schedule(s);
	pthread_mutex_unlock(&s->lock);
}

/* From the outbox to wslay, from wslay to the connection, from there to the client. */
static void pump(mn_conn *c)
{
	mn_socket *s = c->socket;
	struct text *t = NULL;
	size_t there;
	unsigned code;

	do {
		pthread_mutex_lock(&s->lock);
		code = s->code;
		mn_free(t);
		t = NULL;
		if (wslay_event_get_queued_msg_length(s->frames) < QUEUE_LOW && !s->closing)
			t = pop(&s->out);
		pthread_mutex_unlock(&s->lock);
		if (t) {
			struct wslay_event_msg m = {.opcode = WSLAY_TEXT_FRAME,
				.msg = (const uint8_t *)t->bytes,
				.msg_length = t->len};

			wslay_event_queue_msg(s->frames, &m);
		} else if (code) {
			close_it(s, code, s->reason);
		}
		if (wslay_event_send(s->frames)) {
			mn_free(t);
			mn_conn_kill(c);
			return;
		}
	} while (t);
	if (!mn_conn_flush(c))
		return;
	pthread_mutex_lock(&c->lock);
	there = c->out.len - c->out_at;
	pthread_mutex_unlock(&c->lock);
	pthread_mutex_lock(&s->lock);
	s->backlog = there + wslay_event_get_queued_msg_length(s->frames);
	c->held_back = s->in.bytes >= INBOX_MOST;
	pthread_mutex_unlock(&s->lock);
	if (!there && wslay_event_get_close_sent(s->frames)
		&& (wslay_event_get_close_received(s->frames) || s->closing))
		mn_conn_linger(c);
}

void mn_socket_ready(mn_conn *c, const char *bytes, size_t n)
{
	mn_socket *s = c->socket;

	s->bytes = bytes;
	s->nbytes = n;
	while (s->nbytes && !s->closing && wslay_event_get_read_enabled(s->frames))
		if (wslay_event_recv(s->frames)) {
			s->nbytes = 0; /* it takes no more */
			close_it(s, 1002, "not a frame");
		}
	s->bytes = NULL;
	s->nbytes = 0;
	if (!wslay_event_get_read_enabled(s->frames) && !s->closing)
		s->closing = mn_server_clock(s->server);
	pump(c);
}

void mn_socket_woken(mn_conn *c)
{
	if (c->state == MN_CONN_SOCKET)
		pump(c);
}

int mn_socket_start(mn_conn *c, mn_socket *s)
{
	static const struct wslay_event_callbacks calls = {.recv_callback = on_recv,
		.send_callback = on_send,
		.on_frame_recv_start_callback = on_frame,
		.on_msg_recv_callback = on_message};

	if (wslay_event_context_server_init(&s->frames, &calls, s)) {
		mn_socket_abandon(s);
		mn_conn_kill(c);
		return MN_ENOMEM;
	}
	wslay_event_config_set_max_recv_msg_length(s->frames, MESSAGE_MOST);
	s->heard = s->window = mn_server_clock(s->server);
	c->socket = s;
	pthread_mutex_lock(&s->lock);
	s->conn = c;
	pthread_mutex_unlock(&s->lock);
	pump(c);
	return MN_OK;
}

void mn_socket_check(mn_conn *c, mn_time now)
{
	mn_socket *s = c->socket;
	struct wslay_event_msg ping = {.opcode = WSLAY_PING};

	if (s->closing && now - s->closing > CLOSE_WAIT) {
		mn_conn_kill(c);
		return;
	}
	if (now - s->heard > 2 * PING) {
		mn_conn_kill(c);
		return;
	}
	if (now - s->heard > PING && now - s->pinged > PING && !s->closing) {
		s->pinged = now;
		wslay_event_queue_msg(s->frames, &ping);
		pump(c);
	}
}

void mn_socket_going(mn_conn *c)
{
	close_it(c->socket, 1001, "the server stops");
	pump(c);
}

/* The connection is gone: what was received is still delivered, then `closed`. */
void mn_socket_abandon(mn_socket *s)
{
	mn_token_cancel(s->token);
	pthread_mutex_lock(&s->lock);
	s->conn = NULL;
	s->ended = true;
	schedule(s);
	pthread_mutex_unlock(&s->lock);
}

void mn_socket_end(mn_conn *c)
{
	mn_socket *s = c->socket;

	c->socket = NULL;
	pthread_mutex_lock(&s->lock);
	s->conn = NULL;
	pthread_mutex_unlock(&s->lock);
	wslay_event_context_free(s->frames);
	s->frames = NULL;
	mn_socket_abandon(s);
}

bool mn_socket_valid(const mn_conn *c, const mn_keyring *t)
{
	const mn_access *a = &c->socket->access;
	const mn_keyring_entry *now = a->entry && t ? mn_keyring_named(t, a->entry->name) : NULL;

	return a->open || (now && memcmp(now->hash, a->entry->hash, sizeof(now->hash)) == 0);
}
