/* SPDX-License-Identifier: MIT */
/* ask.c - one statement of Cypher, sent to the server. */
#include "ask.h"

#include <string.h>

#define TRIES 10   /* of what fails transiently */
#define PAUSE_MS 8 /* before the second try; doubled each time, with some chance in it */
#define LONGEST_PAUSE_MS 1000
#define LONGEST_WRITE_MS 600000 /* without an answer */
#define SHORT_REPLY 16384       /* of a change: counts, no rows */

void ask_begin(struct ask *a, mn_db *db, mn_call *call)
{
	*a = (struct ask){.db = db, .call = call, .body = {.host = db->host}};
	text_say(&a->body, db->plain ? "{\"statements\":[{\"statement\":\"" : "{\"statement\":\"");
}

void ask_say(struct ask *a, const char *fragment)
{
	text_quoted(&a->body, (mn_str){fragment, strlen(fragment)});
}

void ask_say_text(struct ask *a, mn_str statement)
{
	text_quoted(&a->body, statement);
}

void ask_parameters(struct ask *a)
{
	text_say(&a->body, a->foreign ? "\",\"parameters\":{" : "\",\"parameters\":{\"p\":{");
	a->body.again = false;
}

void ask_free(struct ask *a, struct answer *got)
{
	json_decref(got->root);
	*got = (struct answer){0};
	text_free(&a->body);
}

/* ---- Sending ------------------------------------------------------------------------------- */

/* What the Query API is told behind the parameters: the access mode, and what has to be visible. */
static void end_body(struct ask *a)
{
	struct text *t = &a->body;
	mn_db *db = a->db;

	text_say(t, a->foreign ? "}" : "}}");
	if (db->plain) {
		text_say(t, "}]}");
		return;
	}
	text_say(t, a->write ? ",\"accessMode\":\"Write\"" : ",\"accessMode\":\"Read\"");
	text_say(t, ",\"bookmarks\":");
	t->again = false;
	text_open(t, '[');
	pthread_mutex_lock(&db->lock);
	if (db->wrote[0])
		text_str(t, (mn_str){db->wrote, strlen(db->wrote)});
	if (db->read[0] && strcmp(db->read, db->wrote) != 0)
		text_str(t, (mn_str){db->read, strlen(db->read)});
	pthread_mutex_unlock(&db->lock);
	text_close(t, ']');
	text_say(t, "}");
}

static int exchange(struct ask *a, http_reply *reply)
{
	const mn_db *db = a->db;
	http_header headers[4];
	http_request r = {.method = "POST",
		.headers = headers,
		.body = {a->body.at, a->body.n},
		.again = a->again,
		.patient = a->patient,
		.room = a->patient ? SHORT_REPLY : 0,
		.silence_ms = a->patient ? LONGEST_WRITE_MS : 0};
	const char *path = db->plain ? db->commit : db->query;

	headers[r.nheaders++] = (http_header){MN_STR("Content-Type"), MN_STR("application/json")};
	headers[r.nheaders++] = (http_header){MN_STR("Accept"), MN_STR("application/json")};
	if (db->authorization)
		headers[r.nheaders++] = (http_header){
			MN_STR("Authorization"), {db->authorization, strlen(db->authorization)}};
	if (db->plain && !a->write)
		headers[r.nheaders++] = (http_header){MN_STR("access-mode"), MN_STR("READ")};
	r.path = (mn_str){path, strlen(path)};
	return http_send(db->pool, a->call, &r, reply);
}

/* ---- Reading ------------------------------------------------------------------------------- */

static void keep_bookmark(struct ask *a, mn_str mark)
{
	char *to = a->write ? a->db->wrote : a->db->read;

	if (!mark.len || mark.len >= LONGEST_BOOKMARK || memchr(mark.ptr, '\\', mark.len))
		return;
	pthread_mutex_lock(&a->db->lock);
	memcpy(to, mark.ptr, mark.len);
	to[mark.len] = '\0';
	pthread_mutex_unlock(&a->db->lock);
}

static void keep_code(struct ask *a, mn_str code)
{
	if (!code.len)
		code = MN_STR("Neo.DatabaseError.General.UnknownError");
	if (code.len >= sizeof(a->code))
		code.len = sizeof(a->code) - 1;
	memcpy(a->code, code.ptr, code.len);
	a->code[code.len] = '\0';
}

static mn_str text_of(const json_t *v)
{
	return (mn_str){json_string_value(v), json_string_length(v)};
}

/* The failure an answer tells of; false: none. */
static bool find_failure(struct ask *a, const json_t *root, mn_str *said)
{
	const json_t *first = json_array_get(json_object_get(root, "errors"), 0);

	a->code[0] = '\0';
	if (!first)
		return false;
	keep_code(a, text_of(json_object_get(first, "code")));
	*said = text_of(json_object_get(first, "message"));
	return true;
}

static bool find_rows(struct ask *a, struct answer *got)
{
	const json_t *from = json_object_get(got->root, "data");

	if (a->db->plain)
		from = json_array_get(json_object_get(got->root, "results"), 0);
	got->wrapped = a->db->plain;
	got->names = json_object_get(from, a->db->plain ? "columns" : "fields");
	got->rows = json_object_get(from, a->db->plain ? "data" : "values");
	got->n = json_array_size(got->rows);
	return json_is_array(got->names) && json_is_array(got->rows);
}

int read_json(const mn_db *db, mn_str body, json_t **out)
{
	char why[80];
	void *tree = NULL;
	const int status = db->json->read(body, why, sizeof(why), &tree);

	*out = tree;
	return status;
}

/* An answer that is no success, and tells of no failure of Neo4j's. */
static int fail_status(const struct ask *a, const http_reply *reply)
{
	const mn_db *db = a->db;
	const mn_str said = {0};

	if (reply->status == 401 || reply->status == 403)
		return fault_fail(db, a->call, "Neo.ClientError.Security.Unauthorized", said,
			reply->status, false);
	if (reply->status >= 500)
		return db->host->fail(a->call, MN_EIO, reply->status,
			"%s answered %d: what stands before Neo4j, or Neo4j itself, is not well",
			db->where, reply->status);
	return fail_garbage(db, a->call);
}

static int read_reply(struct ask *a, const http_reply *reply, struct answer *got)
{
	const mn_db *db = a->db;
	mn_str said = {0};

	if (read_json(db, reply->body, &got->root) == MN_ENOMEM)
		return fail_memory(db, a->call);
	if (got->root && find_failure(a, got->root, &said))
		return fault_fail(db, a->call, a->code, said, reply->status, a->foreign);
	if (reply->status >= 400 || !got->root || !find_rows(a, got))
		return fail_status(a, reply);
	keep_bookmark(a,
		text_of(json_array_get(
			json_object_get(got->root, db->plain ? "lastBookmarks" : "bookmarks"), 0)));
	return MN_OK;
}

/* The same of a change, without memory. */
static int read_told(struct ask *a, const http_reply *reply, struct answer *got)
{
	const bool plain = a->db->plain;
	const struct peek root = peek_text(reply->body);
	const struct peek failure = peek_item(peek_member(root, "errors"), 0);
	struct peek from = peek_member(root, plain ? "results" : "data");

	if (failure.n) {
		const mn_str code = peek_raw(peek_member(failure, "code"));
		const mn_str said = peek_raw(peek_member(failure, "message"));

		keep_code(a, code);
		return fault_fail(a->db, a->call, a->code, said, reply->status, false);
	}
	if (plain)
		from = peek_item(from, 0);
	got->told = peek_member(from, plain ? "data" : "values");
	if (reply->status >= 400 || !peek_is(got->told, '['))
		return fail_status(a, reply);
	got->wrapped = plain;
	got->n = peek_count(got->told);
	keep_bookmark(a,
		peek_raw(peek_item(peek_member(root, plain ? "lastBookmarks" : "bookmarks"), 0)));
	return MN_OK;
}

static int try_once(struct ask *a, struct answer *got)
{
	http_reply reply = {0};
	int status;

	json_decref(got->root);
	*got = (struct answer){0};
	a->code[0] = '\0';
	status = exchange(a, &reply);
	a->broke = status != MN_OK && reply.sent;
	a->bytes = reply.body.len;
	if (status != MN_OK)
		return status;
	return a->patient ? read_told(a, &reply, got) : read_reply(a, &reply, got);
}

static uint32_t pause_before(const mn_db *db, int attempt)
{
	uint32_t most = PAUSE_MS << attempt, chance;

	if (most > LONGEST_PAUSE_MS)
		most = LONGEST_PAUSE_MS;
	db->host->random(db->host, &chance, sizeof(chance));
	return most / 2 + chance % (most / 2 + 1);
}

int ask_send(struct ask *a, struct answer *got)
{
	const size_t had = a->body.n;
	int status = MN_OK;

	end_body(a);
	a->tail = a->body.n - had;
	if (a->body.failed)
		return fail_memory(a->db, a->call);
	for (int attempt = 0;; attempt++) {
		status = try_once(a, got);
		if (status == MN_OK || attempt + 1 == TRIES || !fault_passes(a->code))
			return status;
		if (http_pause(a->db->pool, a->call, pause_before(a->db, attempt)) != MN_OK)
			return a->call->err->code;
	}
}

/* A connection that broke leaves open what became of the change: sending it again finds out. */
int ask_insist(struct ask *a, struct answer *got)
{
	mn_call *call = a->call, quiet = *call;
	mn_error *err = call->err;
	bool open; /* it may have been carried out, and no answer said so */
	int status;

	a->write = a->again = a->patient = true;
	status = ask_send(a, got);
	open = status != MN_OK && a->broke;
	for (int attempt = 0; status != MN_OK && open && attempt < TRIES; attempt++) {
		if (attempt && a->code[0])
			break;      /* the server is there, and does not want it */
		quiet.token = NULL; /* whoever cancelled has to be told the truth */
		quiet.deadline = 0;
		a->call = &quiet;
		http_pause(a->db->pool, &quiet, pause_before(a->db, attempt));
		a->body.n -= a->tail;
		status = ask_send(a, got);
	}
	a->call = call;
	if (status != MN_OK && open)
		return a->db->host->fail(call, MN_EIO, err->native,
			"Neo4j at %s was lost while it wrote: whether it did is not known; look "
			"when it is there again",
			a->db->where);
	return status;
}
