/* SPDX-License-Identifier: MIT */
/* stream.c - answers whose body is written in pieces, on the worker's thread. */
#include "base/fail.h"
#include "base/str.h"
#include "base/until.h"
#include "server/core.h"

static mn_exchange *exchange_of(const mn_request *req)
{
	return (mn_exchange *)req;
}

/* Locked. */
static int gone(mn_exchange *ex)
{
	ex->cut = true;
	if (ex->conn->broken)
		return mn_fail(&ex->call, MN_ECANCELLED, 0, "the client has gone");
	return mn_fail_memory(&ex->call);
}

int mn_reply_begin(mn_request *req, mn_reply *r)
{
	mn_exchange *ex = exchange_of(req);
	mn_conn *c = ex->conn;
	int rc = MN_OK;

	if (ex->begun)
		return MN_OK;
	r->status = r->status ? r->status : 200;
	r->body = MN_STR("");
	pthread_mutex_lock(&c->lock);
	ex->chunked = ex->head.v11;
	if (!ex->chunked)
		c->last = true;
	mn_reply_head(ex, &c->out, SIZE_MAX);
	ex->begun = true;
	if (c->broken || !mn_buf_ok(&c->out))
		rc = gone(ex);
	pthread_mutex_unlock(&c->lock);
	mn_conn_wake(c);
	return rc;
}

/* Until the client has taken enough. Locked. */
static int await_room(mn_exchange *ex)
{
	mn_conn *c = ex->conn;
	struct timespec until;

	while (!c->broken && c->out.len - c->out_at > MN_OUT_HIGH) {
		if (mn_cancelled(&ex->call)) {
			ex->cut = true;
			return mn_fail_cancelled(&ex->call);
		}
		until = mn_until_ms(100);
		pthread_cond_timedwait(&c->change, &c->lock, &until);
	}
	return c->broken ? gone(ex) : MN_OK;
}

static int write_piece(mn_exchange *ex, const char *bytes, size_t n)
{
	mn_conn *c = ex->conn;
	int rc;

	pthread_mutex_lock(&c->lock);
	rc = await_room(ex);
	if (rc == MN_OK && ex->chunked)
		mn_buf_printf(&c->out, "%zx\r\n", n);
	if (rc == MN_OK)
		mn_buf_add(&c->out, bytes, n);
	if (rc == MN_OK && ex->chunked)
		mn_buf_text(&c->out, "\r\n");
	if (rc == MN_OK && !mn_buf_ok(&c->out))
		rc = gone(ex);
	ex->sent += rc == MN_OK ? n : 0;
	pthread_mutex_unlock(&c->lock);
	if (rc == MN_OK)
		mn_conn_wake(c);
	return rc;
}

int mn_reply_write(mn_request *req, const void *bytes, size_t n)
{
	mn_exchange *ex = exchange_of(req);
	const char *at = bytes;
	int rc = mn_check(&ex->call);

	if (rc)
		ex->cut = true;
	if (ex->headless)
		return rc;
	while (rc == MN_OK && n) {
		size_t part = n < MN_READ ? n : MN_READ;

		rc = write_piece(ex, at, part);
		at += part;
		n -= part;
	}
	return rc;
}

static int sink_write(void *ctx, mn_call *call, const char *bytes, size_t n)
{
	mn_request *req = ctx;
	int rc = mn_reply_write(req, bytes, n);

	if (rc && call != req->call)
		*call->err = *req->call->err;
	return rc;
}

mn_sink mn_reply_sink(mn_request *req)
{
	return (mn_sink){.ctx = req, .write = sink_write};
}
