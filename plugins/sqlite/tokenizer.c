/* SPDX-License-Identifier: MIT */
#include "tokenizer.h"

#include <string.h>

#include "connection.h"
#include "fault.h"

typedef int token_fn(void *ctx, int flags, const char *token, int len, int from, int to);

/* What FTS5 keeps for a table; it needs nothing of its own. */
static int create(void *service, const char **args, int n, Fts5Tokenizer **out)
{
	(void)args, (void)n;
	*out = service;
	return SQLITE_OK;
}

static void delete (Fts5Tokenizer *t)
{
	(void)t;
}

struct receiver {
	void *ctx;
	token_fn *token;
};

static int give(void *ctx, mn_str word, size_t from, size_t to)
{
	struct receiver *r = ctx;

	return r->token(r->ctx, 0, word.ptr, (int)word.len, (int)from, (int)to);
}

/* A query has been split already (search_match): its words stand between spaces. */
static int split_query(const char *text, int len, struct receiver *r)
{
	int rc = SQLITE_OK;

	for (int from = 0, to; rc == SQLITE_OK && from < len; from = to + 1) {
		for (to = from; to < len && text[to] != ' ';)
			to++;
		if (to > from)
			rc = r->token(r->ctx, 0, text + from, to - from, from, to);
	}
	return rc;
}

static int tokenize(
	Fts5Tokenizer *t, void *ctx, int flags, const char *text, int len, token_fn *token)
{
	const mn_words *words = (const mn_words *)t;
	struct receiver r = {ctx, token};

	if (flags & FTS5_TOKENIZE_QUERY)
		return split_query(text, len, &r);
	return words->split((mn_str){text, (size_t)len}, &r, give);
}

/* FTS5 hands out its interface through a query. */
static int find_api(struct conn *c, fts5_api **out)
{
	sqlite3_stmt *st;
	int rc = sqlite3_prepare_v2(c->sql, "SELECT fts5(?1)", -1, &st, NULL);

	*out = NULL;
	if (rc == SQLITE_OK) {
		sqlite3_bind_pointer(st, 1, out, "fts5_api_ptr", NULL);
		sqlite3_step(st);
		rc = sqlite3_finalize(st);
	}
	return rc;
}

int tokenizer_register(struct conn *c)
{
	fts5_tokenizer functions = {create, delete, tokenize};
	const mn_words *words = c->host->service(c->host, "mn.words/1");
	fts5_api *api;
	int rc = find_api(c, &api);

	if ((rc & 0xFF) != SQLITE_OK && (rc & 0xFF) != SQLITE_ERROR)
		return conn_fault(c);
	if (!words || !api)
		return c->host->fail(c->call, MN_EUNSUPPORTED, rc, "%s",
			words ? "this SQLite has no full-text search (FTS5)"
			      : "this engine has no service mn.words/1: upgrade it");
	rc = api->xCreateTokenizer(api, "mnemoscope", (void *)words, &functions, NULL);
	return rc == SQLITE_OK ? MN_OK : fault_sqlite(c->host, c->call, c->sql, c->path, rc);
}
