/* SPDX-License-Identifier: MIT */
#include "server/once.h"

#include <pthread.h>
#include <sodium.h>
#include <time.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/until.h"

enum { HASH = 32, WAIT_MS = 50 };

struct mn_once_call {
	mn_once_call *prev, *next; /* in the order of their beginning, then of their end */
	mn_str who, brain, key;
	unsigned char hash[HASH];
	mn_token *token; /* while it runs */
	size_t waiting;
	bool running, cancelled, gone; /* gone: not in the table any more, but somebody waits */
	mn_time ended;
	int status; /* the answer */
	mn_str type, body, etag;
	char text[]; /* who, brain and key */
};

struct mn_once {
	pthread_mutex_t lock;
	pthread_cond_t change;
	mn_engine *engine;
	mn_once_call *first, *last;
	size_t n, bytes;
	mn_time whole; /* what was answered after this is still known */
};

int mn_once_new(mn_call *call, mn_once **out)
{
	mn_once *k = mn_alloc_zero(1, sizeof(*k));

	if (!k)
		return mn_fail_memory(call);
	k->engine = call->engine;
	k->whole = mn_engine_monotonic(k->engine);
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->change, NULL);
	*out = k;
	return MN_OK;
}

static void free_call(mn_once_call *e)
{
	mn_free((char *)e->body.ptr);
	mn_free(e);
}

void mn_once_free(mn_once *k)
{
	mn_once_call *e;

	if (!k)
		return;
	while ((e = k->first)) {
		k->first = e->next;
		free_call(e);
	}
	pthread_cond_destroy(&k->change);
	pthread_mutex_destroy(&k->lock);
	mn_free(k);
}

/* ---- The list, locked ---------------------------------------------------------------------- */

static void link_last(mn_once *k, mn_once_call *e)
{
	e->prev = k->last;
	e->next = NULL;
	*(k->last ? &k->last->next : &k->first) = e;
	k->last = e;
}

static void take_out(mn_once *k, mn_once_call *e)
{
	*(e->prev ? &e->prev->next : &k->first) = e->next;
	*(e->next ? &e->next->prev : &k->last) = e->prev;
}

/* Out of the table; freed when nobody waits for it. */
static void drop(mn_once *k, mn_once_call *e)
{
	take_out(k, e);
	k->n--;
	k->bytes -= e->body.len;
	e->gone = true;
	if (e->waiting == 0)
		free_call(e);
}

/* One that was done, and is not known any more. */
static void forget(mn_once *k, mn_once_call *e)
{
	if (e->ended > k->whole)
		k->whole = e->ended;
	drop(k, e);
}

static mn_once_call *find(mn_once *k, mn_str who, mn_str brain, mn_str key)
{
	for (mn_once_call *e = k->last; e; e = e->prev)
		if (mn_str_eq(e->key, key) && mn_str_eq(e->brain, brain) && mn_str_eq(e->who, who))
			return e;
	return NULL;
}

/* The one that was answered longest ago, of one token's or of all. */
static mn_once_call *oldest(mn_once *k, const mn_str *who)
{
	for (mn_once_call *e = k->first; e; e = e->next)
		if (!e->running && (!who || mn_str_eq(e->who, *who)))
			return e;
	return NULL;
}

static void expire(mn_once *k, mn_time now)
{
	for (mn_once_call *e = oldest(k, NULL); e && now - e->ended > MN_ONCE_LIFE;
		e = oldest(k, NULL))
		forget(k, e);
}

static size_t count(mn_once *k, mn_str who)
{
	size_t n = 0;

	for (mn_once_call *e = k->first; e; e = e->next)
		n += mn_str_eq(e->who, who);
	return n;
}

static bool make_room(mn_once *k, mn_str who)
{
	mn_once_call *e;

	if (count(k, who) >= MN_ONCE_MOST / 4 && who.len) {
		e = oldest(k, &who);
		if (!e)
			return false;
		forget(k, e);
	}
	while (k->n >= MN_ONCE_MOST) {
		e = oldest(k, NULL);
		if (!e)
			return false;
		forget(k, e);
	}
	return true;
}

/* ---- Entering ------------------------------------------------------------------------------ */

static int check_key(mn_request *req, mn_str key)
{
	bool fits = key.len >= 1 && key.len <= MN_ONCE_LONGEST;

	for (size_t i = 0; fits && i < key.len; i++)
		fits = key.ptr[i] >= ' ' && key.ptr[i] <= '~';
	return fits ? MN_OK
		    : mn_fail(req->call, MN_EINVAL, 0,
			    "Idempotency-Key has to be 1 to %d printable characters",
			    MN_ONCE_LONGEST);
}

static mn_str put(char **to, mn_str from)
{
	mn_str copy = {*to, from.len};

	if (from.len)
		memcpy(*to, from.ptr, from.len);
	*to += from.len;
	return copy;
}

static mn_once_call *new_call(mn_request *req, mn_str key, const unsigned char *hash)
{
	mn_once_call *e = mn_alloc_zero(
		1, sizeof(*e) + req->who.len + req->brain_name.len + key.len);
	char *to;

	if (!e)
		return NULL;
	to = e->text;
	e->who = put(&to, req->who);
	e->brain = put(&to, req->brain_name);
	e->key = put(&to, key);
	memcpy(e->hash, hash, HASH);
	e->token = req->call->token;
	e->running = true;
	return e;
}

static int begin(
	mn_once *k, mn_request *req, mn_str key, const unsigned char *hash, mn_once_call **out)
{
	mn_once_call *e;

	if (!make_room(k, req->who))
		return mn_fail(req->call, MN_EBUSY, 0, "too many changes are running at once");
	e = new_call(req, key, hash);
	if (!e)
		return mn_fail_memory(req->call);
	link_last(k, e);
	k->n++;
	*out = e;
	return MN_OK;
}

/* A key that is not known: is it because it was, to another process or before it was forgotten? */
static int check_new(mn_once *k, mn_request *req)
{
	const mn_str retry = mn_request_header(req, "mn-retry-ms");
	uint64_t ms;

	if (!retry.ptr)
		return MN_OK;
	if (!mn_request_number(retry, &ms) || ms > INT32_MAX)
		return mn_fail(req->call, MN_EINVAL, 0, "Mn-Retry-Ms has to be a number");
	if (mn_request_arrived(req) - (mn_time)ms * 1000 - MN_ONCE_TRAVEL > k->whole)
		return MN_OK;
	return mn_fail(req->call, MN_ESTALE, 0,
		"whether this change was made when it was first sent is not known here any more: "
		"look before it is made again");
}

/* The known answer once more. */
static int repeat(mn_once_call *e, mn_request *req, mn_reply *reply)
{
	mn_arena *arena = req->call->arena;

	if (!e->status)
		return mn_fail(req->call, MN_ENOMEM, 0,
			"the change was made, but there was no memory to keep its answer");
	reply->status = e->status;
	reply->type = mn_arena_copy(arena, e->type);
	reply->body = mn_arena_copy(arena, e->body);
	if (!reply->type.ptr || !reply->body.ptr)
		return mn_fail_memory(req->call);
	if (e->etag.len)
		mn_reply_header(reply, "ETag", mn_arena_copy(arena, e->etag));
	mn_reply_header(reply, "Idempotent-Replayed", MN_STR("true"));
	mn_server_count(req->server, MN_COUNT_REPLAYED, 1);
	return MN_OK;
}

/* Waits until the running one is over, the caller's own call allowing. Locked. */
static int await(mn_once *k, mn_once_call *e, mn_request *req)
{
	struct timespec until;
	int rc = MN_OK;

	e->waiting++;
	while (e->running && rc == MN_OK) {
		until = mn_until_ms(WAIT_MS);
		pthread_cond_timedwait(&k->change, &k->lock, &until);
		rc = e->running ? mn_check(req->call) : MN_OK;
	}
	if (rc == MN_OK && e->cancelled)
		rc = mn_fail(req->call, MN_ECANCELLED, 0, "the call was cancelled by its key");
	return rc;
}

/* Gives up an entry that was waited for. Locked. */
static void unawait(mn_once_call *e)
{
	if (--e->waiting == 0 && e->gone)
		free_call(e);
}

static int other_body(mn_request *req, mn_reply *reply)
{
	return mn_reply_fail(req, reply, 422, MN_EINVAL,
		"this Idempotency-Key was used with another body: take a new one");
}

/* One look at the table; *again: what was waited for failed, so look anew. Locked. */
static int enter(mn_once *k, mn_request *req, mn_reply *reply, mn_str key,
	const unsigned char *hash, mn_once_call **mine, bool *again)
{
	mn_once_call *e = find(k, req->who, req->brain_name, key);
	int rc;

	*again = false;
	if (!e) {
		rc = check_new(k, req);
		return rc ? rc : begin(k, req, key, hash, mine);
	}
	if (memcmp(e->hash, hash, HASH) != 0)
		return other_body(req, reply);
	if (!e->running)
		return repeat(e, req, reply);
	rc = await(k, e, req);
	if (rc == MN_OK && e->gone)
		*again = true;
	else if (rc == MN_OK)
		rc = repeat(e, req, reply);
	unawait(e);
	return rc;
}

int mn_once_enter(mn_once *k, mn_request *req, mn_reply *reply, mn_str key, mn_once_call **mine)
{
	unsigned char hash[HASH];
	bool again = true;
	int rc = check_key(req, key);

	*mine = NULL;
	if (rc)
		return rc;
	crypto_generichash(
		hash, sizeof(hash), (const unsigned char *)req->body.ptr, req->body.len, NULL, 0);
	pthread_mutex_lock(&k->lock);
	expire(k, mn_engine_monotonic(k->engine));
	while (rc == MN_OK && again)
		rc = enter(k, req, reply, key, hash, mine, &again);
	pthread_mutex_unlock(&k->lock);
	return rc;
}

/* ---- Leaving ------------------------------------------------------------------------------- */

/* The answer's own copy: body, type and ETag in one piece. Without it the status is 0. */
static void keep_answer(mn_once_call *e, const mn_reply *reply, mn_str etag)
{
	mn_str type = reply->type.len ? reply->type : MN_STR("application/json");
	char *copy = mn_alloc(reply->body.len + type.len + etag.len + 1), *to = copy;

	if (!copy)
		return;
	e->body = put(&to, reply->body);
	e->type = put(&to, type);
	e->etag = put(&to, etag);
	e->status = reply->status ? reply->status : 200;
}

void mn_once_leave(mn_once *k, mn_once_call *e, const mn_reply *reply, mn_str etag, bool ok)
{
	if (ok)
		keep_answer(e, reply, etag);
	pthread_mutex_lock(&k->lock);
	e->running = false;
	e->token = NULL;
	e->ended = mn_engine_monotonic(k->engine);
	if (ok) {
		e->cancelled = false; /* too late */
		take_out(k, e);
		link_last(k, e);
		k->bytes += e->body.len;
		while (k->bytes > MN_ONCE_BYTES && oldest(k, NULL) != e)
			forget(k, oldest(k, NULL));
	} else {
		drop(k, e);
	}
	pthread_cond_broadcast(&k->change);
	pthread_mutex_unlock(&k->lock);
}

bool mn_once_cancel(mn_once *k, mn_str who, mn_str key)
{
	bool found = false;

	pthread_mutex_lock(&k->lock);
	for (mn_once_call *e = k->first; e; e = e->next) {
		if (!e->running || !mn_str_eq(e->key, key) || !mn_str_eq(e->who, who))
			continue;
		e->cancelled = found = true;
		if (e->token)
			mn_token_cancel(e->token);
	}
	pthread_mutex_unlock(&k->lock);
	return found;
}
