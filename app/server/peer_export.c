/* SPDX-License-Identifier: MIT */
/*
 * peer_export.c - GET /brain/{brain}/export: a whole brain as a BrainSnapshot.
 *
 * Rows are read and written page by page, whatever the brain's size, and all belong to one
 * generation. While less than HELD of it is written it is held back, so that an export that
 * somebody's write overtakes begins anew; once it is on its way, being overtaken cuts it short,
 * which a client sees as a broken answer and never as a smaller brain.
 */
#include <time.h>

#include "base/fail.h"
#include "server/peer_brain.h"

#define HELD ((size_t)16 << 20)
#define CHUNK ((size_t)256 << 10)
#define TRIES 8

struct export
{
	mn_request *req;
	mn_reply *reply;
	mn_buf out;
	bool begun;
};

static int flush(struct export *x)
{
	int rc = x->begun ? MN_OK : mn_reply_begin(x->req, x->reply);

	x->begun = true;
	if (rc == MN_OK)
		rc = mn_reply_write(x->req, x->out.ptr, x->out.len);
	mn_buf_clear(&x->out);
	return rc;
}

static int take(void *ctx, mn_call *call, const char *bytes, size_t n)
{
	struct export *x = ctx;

	mn_buf_add(&x->out, bytes, n);
	if (!mn_buf_ok(&x->out))
		return mn_fail_memory(call);
	return x->out.len > (x->begun ? CHUNK : HELD) ? flush(x) : MN_OK;
}

static int export(struct export *x)
{
	mn_call *call = x->req->call;
	mn_export_options options = MN_SIZED(mn_export_options);
	const mn_sink sink = {x, take};
	int rc = MN_OK;

	options.format = MN_FORMAT_PEER;
	for (int i = 0; i < TRIES; i++) {
		const struct timespec nap = {.tv_nsec = i * 20000000L};

		nanosleep(&nap, NULL); /* whoever writes has time to end */
		mn_buf_clear(&x->out);
		rc = mn_export(x->req->brain, call, &options, &sink);
		if (rc != MN_ESTALE || x->begun || i + 1 == TRIES)
			break;
		*call->err = (mn_error){.size = call->err->size};
	}
	return rc;
}

int mn_peer_brain_export(mn_request *req, mn_reply *reply)
{
	struct export x = {.req = req, .reply = reply, .out = MN_BUF(HELD * 20)};
	int rc = export(&x);

	if (rc == MN_ESTALE)
		reply->status = 503;
	if (rc != MN_OK || !x.begun)
		return mn_peer_end(req, reply, rc, &x.out);
	rc = flush(&x);
	mn_buf_free(&x.out);
	return rc;
}
