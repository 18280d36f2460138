/* SPDX-License-Identifier: MIT */
#include "ask.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The server's clock starts with the request's arrival, ours has the last word: it hears of the
 * deadline only so that it does not work on for nobody. */
#define SLACK_MS 1000

int ask_name(mn_db *db, mn_call *call, mn_str brain)
{
	if (brain.len && db->host->text_valid(brain))
		return MN_OK;
	return db->host->fail(call, MN_ENOBRAIN, 0, "there is no brain of that name");
}

int64_t ask_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void ask_key(mn_db *db, char out[KEY_ROOM])
{
	static atomic_uint_fast64_t serial;
	unsigned char dice[8];
	struct timespec t;
	int n = 0;

	/* Random bytes would do, but tests may set them. */
	db->host->random(db->host, dice, sizeof(dice));
	clock_gettime(CLOCK_REALTIME, &t);
	for (size_t i = 0; i < sizeof(dice); i++)
		n += snprintf(out + n, KEY_ROOM - (size_t)n, "%02x", dice[i]);
	snprintf(out + n, KEY_ROOM - (size_t)n, "-%x-%llx-%llx", (unsigned)getpid(),
		(unsigned long long)t.tv_sec * 1000000000ULL + (unsigned long long)t.tv_nsec,
		(unsigned long long)atomic_fetch_add(&serial, 1));
}

/* ---- The request ----------------------------------------------------------------------------- */

/* "." and ".." would be steps on the way. */
static mn_str segment(mn_db *db, mn_call *call, mn_str name)
{
	if (name.len == 1 && name.ptr[0] == '.')
		return MN_STR("%2E");
	if (name.len == 2 && memcmp(name.ptr, "..", 2) == 0)
		return MN_STR("%2E%2E");
	return http_escape(db->host, call, name);
}

static int set_path(mn_db *db, mn_call *call, const struct ask *a, mn_str *out)
{
	const char *base = a->brain.ptr ? "/mn/v1/brains/" : "/mn/v1";
	mn_str name = {"", 0};
	size_t room;
	char *path;

	if (a->brain.ptr)
		name = segment(db, call, a->brain);
	room = strlen(base) + name.len + strlen(a->what) + 1;
	path = name.ptr ? db->host->alloc(call, room) : NULL;
	if (!path)
		return MN_ENOMEM;
	out->ptr = path;
	out->len = (size_t)snprintf(path, room, "%s%.*s%s", base, (int)name.len, name.ptr, a->what);
	return MN_OK;
}

/* Rounded up, so that a call that is just in time is not late there. */
static long long left_ms(mn_db *db, const mn_call *call)
{
	mn_time left = call->deadline - db->host->monotonic(db->host);

	return left > 0 ? (left + 999) / 1000 + SLACK_MS : 1;
}

struct head {
	http_header at[6];
	size_t n;
	char deadline[24], retry[24], match[MN_WIRE_GEN_ROOM + 2];
};

static void add(struct head *h, mn_str name, const char *value)
{
	h->at[h->n++] = (http_header){name, {value, strlen(value)}};
}

static void set_head(mn_db *db, const mn_call *call, const struct ask *a, struct head *h)
{
	h->n = 0;
	if (db->token.value.len)
		h->at[h->n++] = db->token;
	if (a->message != NO_MESSAGE)
		add(h, MN_STR("Content-Type"), "application/json");
	if (call->deadline && !a->timeless && MN_HAS(db->host, monotonic)) {
		snprintf(h->deadline, sizeof(h->deadline), "%lld", left_ms(db, call));
		add(h, MN_STR("Mn-Deadline-Ms"), h->deadline);
	}
	if (a->key)
		add(h, MN_STR("Idempotency-Key"), a->key);
	if (a->key && a->first_us) {
		snprintf(h->retry, sizeof(h->retry), "%lld",
			(long long)(ask_clock() - a->first_us) / 1000 + 1);
		add(h, MN_STR("Mn-Retry-Ms"), h->retry);
	}
	if (a->match) {
		size_t n = db->wire->gen_write(a->match, h->match + 1);

		h->match[0] = h->match[n + 1] = '"';
		h->match[n + 2] = '\0';
		add(h, MN_STR("If-Match"), h->match);
	}
}

static int prepare(mn_db *db, mn_call *call, const struct ask *a, struct head *h, http_request *q)
{
	int status = a->brain.ptr ? ask_name(db, call, a->brain) : MN_OK;

	*q = (http_request){.method = a->method,
		.again = a->again,
		.patient = a->on_cancel != NULL,
		.on_cancel = a->on_cancel,
		.ctx = a->ctx,
		.room = a->room};
	if (status == MN_OK)
		status = set_path(db, call, a, &q->path);
	if (status == MN_OK && a->message != NO_MESSAGE)
		status = db->wire->write(call, a->message, a->body, &q->body);
	if (status != MN_OK)
		return status;
	set_head(db, call, a, h);
	q->headers = h->at;
	q->nheaders = h->n;
	return MN_OK;
}

/* ---- The answer ------------------------------------------------------------------------------ */

static bool is_json(const http_reply *r)
{
	return (r->type.len == 16 && memcmp(r->type.ptr, "application/json", 16) == 0)
	       || (r->type.len == 24 && memcmp(r->type.ptr, "application/problem+json", 24) == 0);
}

/* An answer that is not our server's: something stands between, or another server. */
static int fail_plain(mn_db *db, mn_call *call, const http_reply *r)
{
	const mn_host *host = db->host;
	int status;

	switch (r->status) {
	case 401:
	case 403:
		return host->fail(call, MN_EAUTH, r->status,
			"%s wants a token that it knows: mnemoscope secret set %s", db->title,
			db->secret);
	case 413:
		return host->fail(call, MN_EINVAL, r->status,
			"%s takes no request that large: write less at once", db->title);
	case 408:
	case 429:
	case 503:
		return host->fail(call, MN_EBUSY, r->status,
			"%s has too much to do: try again later", db->title);
	case 504:
		status = host->fail(call, MN_EIO, r->status,
			"no answer in time from behind %s: try again later", db->title);
		break;
	default:
		status = host->fail(call, MN_EIO, r->status,
			"%s answered with status %d (%.*s): is that the right address?", db->title,
			r->status, (int)(r->type.len < 40 ? r->type.len : 40),
			r->type.len ? r->type.ptr : "no content");
	}
	if (status == MN_EIO && call->err)
		call->err->retry = r->status >= 500;
	return status;
}

int ask_failed(mn_db *db, mn_call *call, const http_reply *r, size_t *culprit)
{
	const mn_host *host = db->host;
	mn_wire_error e = {.error = MN_SIZED(mn_error)};
	int status;

	if (!is_json(r))
		return fail_plain(db, call, r);
	status = db->wire->read(call, MN_WIRE_ERROR, r->body, &e);
	if (status == MN_ENOMEM)
		return status;
	if (status != MN_OK || e.error.code >= MN_OK || e.error.code < MN_EREADONLY)
		return fail_plain(db, call, r);
	if (r->status == 401) /* what it says of headers is for those who write them */
		return fail_plain(db, call, r);
	if (culprit && e.has_culprit)
		*culprit = (size_t)e.culprit;
	/* Broken off for us: our own clock or token says why. For itself: it is going away. */
	if (e.error.code == MN_ECANCELLED || e.error.code == MN_ETIMEOUT) {
		if (host->cancelled(call))
			return host->fail_cancelled(call);
		return host->fail(call, MN_EBUSY, r->status,
			"%s broke the call off: it is stopping, or its own time was up", db->title);
	}
	host->fail(call, e.error.code, e.error.native, "%s", e.error.text);
	if (call->err)
		call->err->retry = e.error.retry;
	return e.error.code;
}

/* An ETag that is no generation says nothing. */
static void note_generation(mn_db *db, mn_call *call, const http_reply *r)
{
	mn_gen at;

	if (r->etag.len && db->wire->gen_read(r->etag, &at))
		call->at = at;
}

int ask_send(mn_db *db, mn_call *call, const struct ask *a, http_reply *out)
{
	struct head h;
	http_request q;
	int status;

	*out = (http_reply){0};
	status = prepare(db, call, a, &h, &q);
	if (status == MN_OK)
		status = http_send(db->pool, call, &q, out);
	if (status == MN_OK)
		note_generation(db, call, out);
	return status;
}

/* An answer that is not as it was agreed on. */
static int fail_answer(mn_db *db, mn_call *call, int status)
{
	char why[160];

	if (status != MN_EINVAL)
		return status;
	snprintf(why, sizeof(why), "%s", call->err ? call->err->text : "");
	return db->host->fail(
		call, MN_EIO, 0, "%s sent what is not understood: %s", db->title, why);
}

int ask(mn_db *db, mn_call *call, const struct ask *a, http_reply *reply)
{
	http_reply own, *r = reply ? reply : &own;
	int status = ask_send(db, call, a, r);

	if (status != MN_OK)
		return status;
	if (r->status < 200 || r->status > 299)
		return ask_failed(db, call, r, NULL);
	if (a->answer == NO_MESSAGE)
		return MN_OK;
	return fail_answer(db, call, db->wire->read(call, a->answer, r->body, a->into));
}

int ask_stream(mn_db *db, mn_call *call, const struct ask *a, http_stream **out)
{
	struct head h;
	http_request q;
	http_reply r;
	int status = prepare(db, call, a, &h, &q);

	if (status == MN_OK)
		status = http_stream_open(db->pool, call, &q, &r, out);
	if (status != MN_OK)
		return status;
	note_generation(db, call, &r);
	return *out ? MN_OK : ask_failed(db, call, &r, NULL);
}
