/* SPDX-License-Identifier: MIT */
/* server.c - opening a store: URL, credentials, the server and its version. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"

#define OLDEST_MAJOR 5 /* of what has CALL with a list of variables */
#define OLDEST_MINOR 23
#define CONNECTIONS 16

/* ---- Texts that live as long as the store -------------------------------------------------- */

static int keep(mn_db *db, mn_call *call, char **out, const char *fmt, mn_str a, mn_str b)
{
	const size_t size = strlen(fmt) + a.len + b.len + 1;

	*out = db->host->resize(db->host, NULL, size);
	if (!*out)
		return fail_memory(db, call);
	(*out)[0] = '\0';
	for (size_t at = 0; *fmt; fmt++) { /* each "$" is the next of both */
		if (*fmt != '$') {
			(*out)[at++] = *fmt;
		} else if (a.len) {
			memcpy(*out + at, a.ptr, a.len);
			at += a.len;
		}
		if (*fmt == '$')
			a = b;
		(*out)[at] = '\0';
	}
	return MN_OK;
}

/* ---- Credentials --------------------------------------------------------------------------- */

/* NAME@HOST:PORT before NAME. */
static int find_secret(mn_db *db, mn_call *call, const char *name, mn_str *out)
{
	char special[HTTP_SECRET_ROOM];

	return http_secret(
		db->host, call, name, (mn_str){db->where, strlen(db->where)}, special, out);
}

static int make_authorization(mn_db *db, mn_call *call, mn_str user, mn_str password)
{
	const size_t n = user.len + 1 + password.len;
	const size_t room = sodium_base64_encoded_len(n, sodium_base64_VARIANT_ORIGINAL);
	char *both = db->host->alloc(call, n + 1), *encoded = db->host->alloc(call, room);
	int status;

	if (!both || !encoded)
		return MN_ENOMEM;
	memcpy(both, user.ptr, user.len);
	both[user.len] = ':';
	memcpy(both + user.len + 1, password.ptr, password.len);
	sodium_bin2base64(encoded, room, (unsigned char *)both, n, sodium_base64_VARIANT_ORIGINAL);
	status = keep(db, call, &db->authorization, "Basic $", (mn_str){encoded, strlen(encoded)},
		(mn_str){0});
	sodium_memzero(both, n);
	sodium_memzero(encoded, room);
	return status;
}

/* Without a password none is sent: a server without authentication needs none. */
static int find_credentials(mn_db *db, mn_call *call, mn_str user)
{
	mn_str password = {0};
	int status = MN_OK;

	if (user.len == 0)
		status = find_secret(db, call, "NEO4J_USER", &user);
	if (status == MN_OK && user.len == 0)
		user = MN_STR("neo4j");
	if (status == MN_OK)
		status = find_secret(db, call, "NEO4J_PASSWORD", &password);
	if (status != MN_OK || password.len == 0)
		return status;
	status = make_authorization(db, call, user, password);
	sodium_memzero((char *)password.ptr, password.len);
	return status;
}

/* ---- The URL ------------------------------------------------------------------------------- */

static bool same(mn_str s, const char *t)
{
	return s.len == strlen(t) && memcmp(s.ptr, t, s.len) == 0;
}

static int take_parameters(mn_db *db, mn_call *call, const http_url *url, http_options *options)
{
	for (size_t i = 0; i < url->nparams; i++) {
		const mn_str name = url->params[i].name, value = url->params[i].value;

		if (same(name, "ca"))
			options->ca_file = value;
		else if (same(name, "tls") && same(value, "insecure"))
			options->insecure = true;
		else
			return db->host->fail(call, MN_EINVAL, 0,
				"the URL of a Neo4j takes ?ca=FILE and ?tls=insecure, not \"%.*s\"",
				(int)(name.len < 40 ? name.len : 40), name.ptr);
	}
	return MN_OK;
}

/* The one segment that names the database; none: "neo4j". */
static int take_database(mn_db *db, mn_call *call, mn_str path)
{
	mn_str name = path, escaped;
	int status;

	if (name.len && name.ptr[0] == '/')
		name = (mn_str){name.ptr + 1, name.len - 1};
	if (name.len == 0)
		name = MN_STR("neo4j");
	if (memchr(name.ptr, '/', name.len) || name.len > 63)
		return db->host->fail(call, MN_EINVAL, 0,
			"the path of a Neo4j's URL is the name of a database, such as /neo4j");
	escaped = http_escape(db->host, call, name);
	if (!escaped.ptr)
		return MN_ENOMEM;
	status = keep(db, call, &db->database, "$", name, (mn_str){0});
	if (status == MN_OK)
		status = keep(db, call, &db->query, "/db/$/query/v2", escaped, (mn_str){0});
	if (status == MN_OK)
		status = keep(db, call, &db->commit, "/db/$/tx/commit", escaped, (mn_str){0});
	return status;
}

static int take_url(mn_db *db, mn_call *call, const http_url *url)
{
	const bool tls = same(url->scheme, "neo4j+https");
	http_options options = {.connections = CONNECTIONS};
	char port[8], *base = NULL;
	int status = take_parameters(db, call, url, &options);

	snprintf(port, sizeof(port), "%u", url->port ? url->port : tls ? 7473U : 7474U);
	if (status == MN_OK)
		status = keep(db, call, &db->where, "$:$", url->host, (mn_str){port, strlen(port)});
	if (status == MN_OK)
		status = take_database(db, call, url->path);
	if (status == MN_OK)
		status = keep(db, call, &db->title, "Neo4j at $/$",
			(mn_str){db->where, strlen(db->where)},
			(mn_str){db->database, strlen(db->database)});
	if (status == MN_OK)
		status = keep(db, call, &base, tls ? "https://$" : "http://$",
			(mn_str){db->where, strlen(db->where)}, (mn_str){0});
	if (status == MN_OK) {
		options.base = (mn_str){base, strlen(base)};
		status = http_pool_new(db->host, call, &options, &db->pool);
	}
	db->host->resize(db->host, base, 0);
	return status;
}

/* ---- The server ---------------------------------------------------------------------------- */

/* "5.26.30", "2025.04.0": later releases are called by the year. */
static int check_version(mn_db *db, mn_call *call, const char *version)
{
	char *end;
	const long major = strtol(version, &end, 10);
	const long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;

	if (major > OLDEST_MAJOR || (major == OLDEST_MAJOR && minor >= OLDEST_MINOR))
		return MN_OK;
	return db->host->fail(call, MN_EUNSUPPORTED, 0,
		"Neo4j at %s is %.20s: it takes %d.%d or later to keep brains", db->where, version,
		OLDEST_MAJOR, OLDEST_MINOR);
}

/* What stands at "/" says, to anybody, that this is a Neo4j, of which release, and what it speaks.
 */
static int meet(mn_db *db, mn_call *call)
{
	static const http_header accept = {{"Accept", 6}, {"application/json", 16}};
	const http_request ask = {.method = "GET",
		.path = {"/", 1},
		.headers = &accept,
		.nheaders = 1,
		.again = true};
	http_reply reply = {0};
	json_t *root;
	const char *version;
	int status = http_send(db->pool, call, &ask, &reply);

	if (status != MN_OK)
		return status;
	if (read_json(db, reply.body, &root) == MN_ENOMEM)
		return fail_memory(db, call);
	version = json_string_value(json_object_get(root, "neo4j_version"));
	db->plain = !json_object_get(root, "query");
	status = version ? check_version(db, call, version)
			 : db->host->fail(call, MN_EUNSUPPORTED, reply.status,
				 "what answers at %s is not Neo4j's HTTP interface: is it the "
				 "port for HTTP (7474), not that for Bolt (7687)?",
				 db->where);
	json_decref(root);
	return status;
}

/* Is the database there, and are the credentials right? */
static int greet(mn_db *db, mn_call *call)
{
	struct ask a;
	struct answer got = {0};
	int status;

	ask_begin(&a, db, call);
	a.again = true;
	ask_say(&a, "RETURN 1");
	ask_parameters(&a);
	status = ask_send(&a, &got);
	ask_free(&a, &got);
	if (status == MN_EAUTH && !db->authorization)
		return db->host->fail(call, MN_EAUTH, 401,
			"Neo4j at %s needs a password: mnemoscope secret set NEO4J_PASSWORD@%s",
			db->where, db->where);
	return status;
}

static int find_services(mn_db *db, mn_call *call)
{
	const mn_host *host = db->host;

	db->config = host->service(host, "mn.config/1");
	db->words = host->service(host, "mn.words/1");
	db->rows = host->service(host, "mn.rows/1");
	db->json = host->service(host, "mn.json/1");
	if (db->config && db->words && db->rows && db->json && sodium_init() >= 0)
		return MN_OK;
	return host->fail(call, MN_EUNSUPPORTED, 0,
		"the program lacks a service that neo4j+http: needs: they do not fit together");
}

static int open_at(mn_db *db, mn_call *call, mn_str text)
{
	http_url url;
	int status = http_url_parse(db->host, call, text, "NEO4J_PASSWORD", &url);

	if (status == MN_OK)
		status = find_services(db, call);
	if (status == MN_OK)
		status = take_url(db, call, &url);
	if (status == MN_OK)
		status = find_credentials(db, call, url.user);
	if (status == MN_OK)
		status = meet(db, call);
	if (status == MN_OK)
		status = greet(db, call);
	return status == MN_OK && !db->read_only ? schema_ensure(db, call) : status;
}

int db_open(const mn_host *host, mn_call *call, mn_str url, bool read_only, mn_db **out)
{
	mn_db *db;
	int status;

	if (host->cancelled(call))
		return host->fail_cancelled(call);
	db = host->resize(host, NULL, sizeof(*db));
	if (!db)
		return host->fail(call, MN_ENOMEM, 0, "out of memory");
	*db = (mn_db){.host = host, .read_only = read_only};
	pthread_mutex_init(&db->lock, NULL);
	status = open_at(db, call, url);
	if (status == MN_OK)
		*out = db;
	else
		db_close(db);
	return status;
}

void db_close(mn_db *db)
{
	const mn_host *host = db->host;

	http_pool_free(db->pool);
	if (db->authorization)
		sodium_memzero(db->authorization, strlen(db->authorization));
	host->resize(host, db->authorization, 0);
	host->resize(host, db->query, 0);
	host->resize(host, db->commit, 0);
	host->resize(host, db->where, 0);
	host->resize(host, db->database, 0);
	host->resize(host, db->title, 0);
	for (size_t i = 0; i < MOST_NAMES; i++)
		host->resize(host, db->known[i].name, 0);
	pthread_mutex_destroy(&db->lock);
	host->resize(host, db, 0);
}
