/* SPDX-License-Identifier: MIT */
/*
 * access.c - who asks: the peer behind the proxies, the name the server was called by, the page
 * that asks, the token, and how often.
 *
 * The file of tokens is looked at (stat) with each request and read again when it has changed, so
 * a token that was revoked is worth nothing from then on. Once tokens were asked for they are asked
 * for until the end, also when the file has become unreadable: then of everybody in vain.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"
#include "server/core.h"
#include "server/keyring.h"

struct net { /* IPv4 as ::ffff:0:0/96 */
	unsigned char at[16];
	unsigned bits;
};

struct mn_gatekeeper {
	mn_server *server;
	const char *path;
	struct stat seen;
	bool there, closed;
	mn_keyring *tokens; /* the last reading; NULL: it could not be read */
	struct net *proxies;
	size_t nproxies;
	mn_strs hosts, origins;
};

/* ---- Rights ------------------------------------------------------------------------------- */

bool mn_access_may(const mn_access *a, int right, mn_str brain)
{
	return a->open || (a->entry && mn_keyring_may(a->entry, right, brain));
}

bool mn_access_any(const mn_access *a, int right)
{
	return a->open || (a->entry && mn_keyring_any(a->entry, right));
}

void mn_access_hold(mn_access *a)
{
	mn_keyring_hold(a->tokens);
}

void mn_access_drop(mn_access *a)
{
	mn_keyring_drop(a->tokens);
	*a = (mn_access){0};
}

/* ---- Networks ----------------------------------------------------------------------------- */

static bool read_address(const char *text, unsigned char out[16])
{
	static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	if (inet_pton(AF_INET6, text, out) == 1)
		return true;
	memcpy(out, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, out + 12) == 1;
}

static int read_net(mn_str text, struct net *out, mn_error *err)
{
	const char *slash = memchr(text.ptr, '/', text.len);
	size_t n = slash ? (size_t)(slash - text.ptr) : text.len;
	char host[64], *end;
	unsigned long bits = 128;
	bool v4;

	if (n >= sizeof(host))
		n = 0;
	memcpy(host, text.ptr, n);
	host[n] = '\0';
	v4 = !strchr(host, ':');
	if (slash) {
		bits = strtoul(slash + 1, &end, 10) + (v4 ? 96 : 0);
		if (end == slash + 1 || *end)
			bits = 129;
	}
	if (bits > 128 || !read_address(host, out->at))
		return mn_error_set(err, MN_EINVAL, 0,
			"--proxy %.*s: say an address or a network, such as 10.0.0.0/8",
			MN_FMT(text));
	out->bits = (unsigned)bits;
	return MN_OK;
}

static bool within(const struct net *net, const unsigned char at[16])
{
	size_t whole = net->bits / 8;
	unsigned rest = net->bits % 8;

	if (memcmp(net->at, at, whole) != 0)
		return false;
	return rest == 0 || ((net->at[whole] ^ at[whole]) & (0xff00 >> rest & 0xff)) == 0;
}

static bool trusted(const mn_gatekeeper *g, const char *address)
{
	unsigned char at[16];

	if (!read_address(address, at))
		return false;
	for (size_t i = 0; i < g->nproxies; i++)
		if (within(&g->proxies[i], at))
			return true;
	return false;
}

/* Takes the last item off a list. false: it is no address. */
static bool last_address(mn_str *list, char one[MN_PEER])
{
	const char *comma = memrchr(list->ptr, ',', list->len);
	size_t at = comma ? (size_t)(comma - list->ptr) + 1 : 0, n = list->len - at;
	unsigned char bytes[16];

	while (n && list->ptr[at] == ' ')
		at++, n--;
	if (n >= MN_PEER)
		return false;
	memcpy(one, list->ptr + at, n);
	one[n] = '\0';
	list->len = comma ? (size_t)(comma - list->ptr) : 0;
	return read_address(one, bytes);
}

/* The last address of X-Forwarded-For that is not a proxy of ours, if the peer is one. Proxies add
 * to the field or behind it, so of several fields the last one counts first. A proxy on the other
 * side of a Unix socket is trusted if any is. */
static void find_peer(mn_gatekeeper *g, mn_exchange *ex)
{
	mn_conn *c = ex->conn;
	char one[MN_PEER];

	if (!g->nproxies || (!c->unix_socket && !trusted(g, c->remote)))
		return;
	for (size_t i = ex->head.nfields; i-- > 0;) {
		mn_str list = ex->head.fields[i].value;

		if (!mn_str_is(ex->head.fields[i].name, "x-forwarded-for"))
			continue;
		while (list.len) {
			if (!last_address(&list, one))
				return;
			ex->req.peer = mn_arena_copy(ex->call.arena, mn_str_of(one));
			if (!trusted(g, one))
				return;
		}
	}
}

/* ---- Names -------------------------------------------------------------------------------- */

static bool same_name(mn_str a, mn_str b)
{
	return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

static mn_str without_port(mn_str host)
{
	const char *colon = memrchr(host.ptr, ':', host.len);
	const char *bracket = memrchr(host.ptr, ']', host.len);

	if (colon && colon > bracket)
		host.len = (size_t)(colon - host.ptr);
	if (host.len > 1 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = mn_str_sub(host, 1, host.len - 2);
	return host;
}

/* The address that the client has connected to. */
static bool is_local_address(const mn_conn *c, mn_str host)
{
	unsigned char named[16], local[16];
	char text[64];

	if (host.len >= sizeof(text))
		return false;
	memcpy(text, host.ptr, host.len);
	text[host.len] = '\0';
	if (!read_address(text, named))
		return false;
	if (c->local.ss_family == AF_INET6) {
		memcpy(local, &((const struct sockaddr_in6 *)&c->local)->sin6_addr, 16);
		return memcmp(local, named, 16) == 0;
	}
	inet_ntop(AF_INET, &((const struct sockaddr_in *)&c->local)->sin_addr, text, sizeof(text));
	return read_address(text, local) && memcmp(local, named, 16) == 0;
}

/* A page that was loaded from a name which now resolves to us sends that name. */
static bool right_host(const mn_gatekeeper *g, const mn_exchange *ex)
{
	mn_str host = mn_head_field(&ex->head, "host"), name;

	if (!host.ptr || ex->conn->unix_socket)
		return true;
	name = without_port(host);
	if (same_name(name, MN_STR("localhost")) || is_local_address(ex->conn, name))
		return true;
	for (size_t i = 0; i < g->hosts.n; i++)
		if (same_name(g->hosts.at[i], name) || same_name(g->hosts.at[i], host))
			return true;
	return false;
}

static bool same_origin(mn_str origin, mn_str host)
{
	size_t scheme = mn_str_starts(origin, "https://")  ? 8
			: mn_str_starts(origin, "http://") ? 7
							   : 0;

	return scheme && host.len && same_name(mn_str_sub(origin, scheme, origin.len), host);
}

static bool right_origin(const mn_gatekeeper *g, mn_exchange *ex)
{
	mn_str origin = mn_head_field(&ex->head, "origin");

	if (!origin.ptr)
		return true;
	for (size_t i = 0; i < g->origins.n; i++)
		if (mn_str_eq(g->origins.at[i], origin)) {
			ex->cors = origin;
			return true;
		}
	return same_origin(origin, mn_head_field(&ex->head, "host"));
}

/* ---- Tokens ------------------------------------------------------------------------------- */

static bool changed(mn_gatekeeper *g)
{
	struct stat st = {0};
	bool there = stat(g->path, &st) == 0;
	bool same = there == g->there && st.st_ino == g->seen.st_ino && st.st_dev == g->seen.st_dev
		    && st.st_size == g->seen.st_size && st.st_mode == g->seen.st_mode
		    && st.st_mtim.tv_sec == g->seen.st_mtim.tv_sec
		    && st.st_mtim.tv_nsec == g->seen.st_mtim.tv_nsec
		    && st.st_ctim.tv_sec == g->seen.st_ctim.tv_sec
		    && st.st_ctim.tv_nsec == g->seen.st_ctim.tv_nsec;

	g->there = there;
	g->seen = st;
	return !same;
}

static int reread(mn_gatekeeper *g, mn_error *err)
{
	mn_keyring *t = NULL;
	int rc = mn_keyring_read(g->path, err, &t);

	mn_keyring_drop(g->tokens);
	g->tokens = t;
	g->closed = g->closed || rc || t->n > 0;
	return rc;
}

void mn_gatekeeper_look(mn_gatekeeper *g)
{
	mn_error err = MN_SIZED(mn_error);

	if (!changed(g))
		return;
	if (reread(g, &err))
		mn_journal_event(g->server, "tokens", "%s", err.text);
	else
		mn_journal_event(g->server, "tokens", "%zu tokens", g->tokens->n);
	for (mn_conn *c = g->server->conns; c; c = c->next)
		if (c->socket && g->closed && !mn_socket_valid(c, g->tokens))
			mn_socket_close(c->socket, 1008, "the token is not valid any more");
}

static mn_str token_of(const mn_exchange *ex)
{
	mn_str key = mn_head_field(&ex->head, "x-api-key");
	mn_str bearer = mn_head_field(&ex->head, "authorization");

	if (key.ptr || bearer.len < 7 || strncasecmp(bearer.ptr, "Bearer ", 7) != 0)
		return key;
	bearer = mn_str_sub(bearer, 7, bearer.len);
	while (bearer.len && bearer.ptr[0] == ' ')
		bearer = mn_str_sub(bearer, 1, bearer.len);
	return bearer;
}

static void find_token(mn_gatekeeper *g, mn_exchange *ex)
{
	mn_str token = token_of(ex);

	mn_gatekeeper_look(g);
	ex->access = (mn_access){.open = !g->closed};
	if (!g->tokens || !g->closed || !token.len)
		return;
	ex->access.entry = mn_keyring_find(g->tokens, token);
	if (!ex->access.entry)
		return;
	ex->access.tokens = g->tokens;
	mn_access_hold(&ex->access);
	ex->req.who = ex->access.entry->name;
}

/* An IPv6 peer has a network of 64 bits to itself. */
static mn_str rate_key(const mn_exchange *ex, unsigned char room[16])
{
	char text[MN_PEER];

	if (ex->req.who.len)
		return ex->req.who;
	if (ex->req.peer.len < sizeof(text)) {
		memcpy(text, ex->req.peer.ptr, ex->req.peer.len);
		text[ex->req.peer.len] = '\0';
		if (strchr(text, ':') && inet_pton(AF_INET6, text, room) == 1)
			return (mn_str){(const char *)room, 8};
	}
	return ex->req.peer;
}

static int check_rate(mn_gatekeeper *g, mn_exchange *ex)
{
	mn_server *s = g->server;
	unsigned char room[16];
	mn_time wait = mn_limit_take(s->limit, rate_key(ex, room), ex->arrived);

	if (wait == 0)
		return MN_REJECT_NONE;
	mn_reply_header(&ex->reply, "Retry-After",
		mn_arena_printf(ex->call.arena, "%lld", (long long)(wait / 1000000 + 1)));
	return MN_REJECT_RATE;
}

int mn_gatekeeper_ask(mn_gatekeeper *g, mn_exchange *ex)
{
	find_peer(g, ex);
	if (!right_host(g, ex))
		return MN_REJECT_MISDIRECTED;
	if (!right_origin(g, ex))
		return MN_REJECT_ORIGIN;
	find_token(g, ex);
	return check_rate(g, ex);
}

int mn_gatekeeper_let(const mn_exchange *ex)
{
	int right = ex->req.route->right;

	if (right == MN_RIGHT_NONE || ex->access.open)
		return MN_REJECT_NONE;
	if (!ex->access.entry)
		return MN_REJECT_TOKEN;
	return mn_access_any(&ex->access, right) ? MN_REJECT_NONE : MN_REJECT_RIGHT;
}

/* ---- Beginning and end -------------------------------------------------------------------- */

bool mn_gatekeeper_closed(mn_gatekeeper *g)
{
	return g->closed;
}

mn_gatekeeper *mn_gatekeeper_new(mn_server *s, const mn_server_options *o, mn_error *err)
{
	mn_gatekeeper *g = mn_arena_alloc(s->arena, sizeof(*g));
	int rc = MN_OK;

	if (g)
		g->proxies = mn_arena_array(s->arena, o->proxies.n + 1, sizeof(*g->proxies));
	if (!g || !g->proxies) {
		mn_error_set(err, MN_ENOMEM, 0, "out of memory");
		return NULL;
	}
	g->server = s;
	g->path = o->tokens.ptr;
	g->hosts = o->hosts;
	g->origins = o->origins;
	for (; g->nproxies < o->proxies.n && rc == MN_OK; g->nproxies++)
		rc = read_net(o->proxies.at[g->nproxies], &g->proxies[g->nproxies], err);
	changed(g);
	if (rc == MN_OK)
		rc = reread(g, err);
	if (rc == MN_OK)
		return g;
	mn_gatekeeper_free(g);
	return NULL;
}

void mn_gatekeeper_free(mn_gatekeeper *g)
{
	if (g)
		mn_keyring_drop(g->tokens);
}
