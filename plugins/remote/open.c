/* SPDX-License-Identifier: MIT */
/* open.c - finding a server, and which dialect it speaks. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ask.h"
#include "peer.h"
#include "read.h"

/* What a request may hold, so that it stays under what the server takes; it may say less itself. */
#define MOST_IDS 50000
#define MOST_CHANGES 8000

const struct dialect own_dialect = {
	.brains = own_brains,
	.generation = own_generation,
	.reserve = own_reserve,
	.lookup = own_lookup,
	.resolve = own_resolve,
	.get = own_get,
	.fibers_of = own_fibers_of,
	.expand = own_expand,
	.scan = own_scan,
	.next = own_next,
	.done = own_done,
	.apply = own_apply,
};

static mn_str str(const char *s)
{
	return (mn_str){s, strlen(s)};
}

static bool is(mn_str s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.ptr, text, s.len) == 0;
}

/* ---- Where ----------------------------------------------------------------------------------- */

static int take_param(mn_db *db, mn_call *call, const http_url *u, size_t i, http_options *o)
{
	mn_str name = u->params[i].name, value = u->params[i].value;

	if (is(name, "socket") && value.len && value.ptr[0] == '/')
		o->socket = value;
	else if (is(name, "ca") && value.len)
		o->ca_file = value;
	else if (!is(name, "brain") || !value.len)
		return db->host->fail(call, MN_EINVAL, 0,
			"a URL of a server takes ?socket=/PATH, ?ca=FILE and ?brain=ID, not \"%.*s\"",
			(int)(name.len < 40 ? name.len : 40), name.ptr);
	return MN_OK;
}

/* SCHEME://HOST[:PORT][/PREFIX] for the pool, and to be shown. */
static int set_base(mn_db *db, mn_call *call, const http_url *u, http_options *o)
{
	char port[8] = "";
	int n;

	if (u->user.len)
		return db->host->fail(call, MN_EINVAL, 0,
			"a server knows tokens, not users: set MNEMOSCOPE_TOKEN instead");
	if (u->port)
		snprintf(port, sizeof(port), ":%u", u->port);
	n = snprintf(db->title, sizeof(db->title), "%.*s://%.*s%s%.*s", (int)u->scheme.len,
		u->scheme.ptr, (int)u->host.len, u->host.ptr, port,
		is(u->path, "/") ? 0 : (int)u->path.len, u->path.ptr);
	if (n < 0 || (size_t)n >= sizeof(db->title))
		return db->host->fail(call, MN_EINVAL, 0, "the server's URL is too long");
	while (n && db->title[n - 1] == '/')
		db->title[--n] = '\0';
	o->base = (mn_str){db->title, (size_t)n};
	return MN_OK;
}

/* ---- Who ------------------------------------------------------------------------------------- */

static int set_token(mn_db *db, mn_call *call, const http_url *u)
{
	const mn_host *host = db->host;
	unsigned port = u->port ? u->port : is(u->scheme, "https") ? 443 : 80;
	mn_str token = {NULL, 0};
	char *kept;
	char where[272];
	int status;

	snprintf(where, sizeof(where), "%.*s:%u", (int)(u->host.len < 256 ? u->host.len : 256),
		u->host.ptr, port);
	status = http_secret(host, call, "MNEMOSCOPE_TOKEN", str(where), db->secret, &token);
	db->token.name = MN_STR("Authorization");
	if (status != MN_OK || !token.len)
		return status;
	kept = host->resize(host, NULL, token.len + 8);
	if (!kept)
		return fail_memory(host, call);
	memcpy(kept, "Bearer ", 7);
	memcpy(kept + 7, token.ptr, token.len);
	db->token.value = (mn_str){kept, token.len + 7};
	explicit_bzero((char *)token.ptr, token.len);
	return MN_OK;
}

/* ---- Which dialect --------------------------------------------------------------------------- */

static uint32_t least(uint32_t a, uint32_t b)
{
	return a && a < b ? a : b;
}

static int take_info(mn_db *db, mn_call *call, const http_reply *reply)
{
	mn_info info = MN_SIZED(mn_info);
	int status = db->wire->read(call, MN_WIRE_INFO, reply->body, &info);

	if (status == MN_EINVAL)
		return db->host->fail(call, MN_EUNSUPPORTED, 0,
			"%s speaks another version than this one: %.120s", db->title,
			call->err ? call->err->text : "");
	if (status != MN_OK)
		return status;
	db->speak = &own_dialect;
	db->threads = MN_ANY_CALLS;
	db->caps = info.caps & ~(uint64_t)MN_CAP_PUSH;
	db->max_ids = least(info.max_ids, MOST_IDS);
	db->max_changes = least(info.max_changes, MOST_CHANGES);
	return MN_OK;
}

static int fail_stranger(mn_db *db, mn_call *call)
{
	return db->host->fail(call, MN_EUNSUPPORTED, 0,
		"what answers at %s is neither a server of Mnemoscope nor of NeuralMemory: is that "
		"the right address?",
		db->title);
}

/* It has no /mn/v1, but may be a server of the peer's. */
static int detect_peer(mn_db *db, mn_call *call)
{
	bool is;
	int status = peer_detect(db, call, &is);

	if (db->peer) /* to be closed, whether it is open by now or not */
		db->speak = &peer_dialect;
	if (status != MN_OK)
		return status;
	if (!is)
		return fail_stranger(db, call);
	db->threads = MN_ONE_CALL;
	db->caps = MN_CAP_TEXT | MN_CAP_FROZEN;
	db->trip_us = 5; /* the image is here */
	return MN_OK;
}

static bool is_problem(const http_reply *r)
{
	return is(r->type, "application/problem+json");
}

/* Asks twice: the second time, on the connection there is, tells how long a trip takes. */
static int detect(mn_db *db, mn_call *call)
{
	struct ask a = {.method = "GET",
		.what = "/info",
		.message = NO_MESSAGE,
		.answer = NO_MESSAGE,
		.again = true};
	http_reply reply;
	int64_t began;
	int status = ask_send(db, call, &a, &reply);

	if (status == MN_OK && reply.status >= 300 && !is_problem(&reply))
		return detect_peer(db, call);
	if (status == MN_OK && reply.status != 200)
		return ask_failed(db, call, &reply, NULL);
	if (status == MN_OK && !is(reply.type, "application/json"))
		return fail_stranger(db, call);
	if (status == MN_OK)
		status = take_info(db, call, &reply);
	if (status != MN_OK)
		return status;
	began = ask_clock();
	status = ask_send(db, call, &a, &reply);
	db->trip_us = (uint32_t)(ask_clock() - began);
	return status;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static int find_server(mn_db *db, mn_call *call, mn_str url)
{
	http_options o = {.connections = 16};
	struct peer_brain *named;
	http_url u;
	int status = http_url_parse(db->host, call, url, "MNEMOSCOPE_TOKEN", &u);

	if (status == MN_OK && !u.host.len)
		status = db->host->fail(call, MN_EINVAL, 0, "a server's URL is http://HOST:PORT");
	for (size_t i = 0; status == MN_OK && i < u.nparams; i++)
		status = take_param(db, call, &u, i, &o);
	if (status == MN_OK)
		status = set_base(db, call, &u, &o);
	if (status == MN_OK)
		status = set_token(db, call, &u);
	if (status == MN_OK)
		status = http_pool_new(db->host, call, &o, &db->pool);
	if (status == MN_OK)
		status = detect(db, call);
	for (size_t i = 0; status == MN_OK && db->peer && i < u.nparams; i++)
		if (is(u.params[i].name, "brain"))
			status = peer_name(db, call, u.params[i].value, &named);
	return status;
}

int remote_open(const mn_host *host, mn_call *call, mn_str url, bool read_only, mn_db **out)
{
	mn_db *db = host->resize(host, NULL, sizeof(*db));
	int status;

	if (!db)
		return fail_memory(host, call);
	memset(db, 0, sizeof(*db));
	db->host = host;
	db->read_only = read_only;
	db->wire = host->service(host, "mn.wire/1");
	db->rows = host->service(host, "mn.rows/1");
	db->json = host->service(host, "mn.json/1");
	status = db->wire && db->rows && db->json
			 ? find_server(db, call, url)
			 : host->fail(call, MN_EUNSUPPORTED, 0,
				 "this engine is too old for the plugin: it has no mn.json/1");
	if (status != MN_OK) {
		remote_close(db);
		return status;
	}
	*out = db;
	return MN_OK;
}

void remote_close(mn_db *db)
{
	const mn_host *host = db->host;

	if (db->speak && db->speak->close)
		db->speak->close(db);
	http_pool_free(db->pool);
	if (db->token.value.ptr) {
		explicit_bzero((char *)db->token.value.ptr, db->token.value.len);
		host->resize(host, (char *)db->token.value.ptr, 0);
	}
	host->resize(host, db, 0);
}

int remote_info(mn_db *db, mn_call *call, mn_info *out)
{
	(void)call;
	*out = (mn_info){
		.size = out->size,
		.threads = db->threads,
		.caps = db->read_only ? db->caps & ~(uint64_t)(MN_CAP_WRITE | MN_CAP_CREATE)
				      : db->caps,
		.max_ids = db->max_ids,
		.max_changes = db->max_changes,
		.trip_us = db->trip_us,
		.title = str(db->title),
	};
	return MN_OK;
}
