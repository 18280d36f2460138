/* SPDX-License-Identifier: MIT */
#include "search.h"

#include "brain.h"
#include "heap.h"

#define MOST_WORDS 256   /* of a query */
#define LONGEST_TERM 136 /* a folded word, of 120 bytes at most, and what stands around it */

/* ---- The index ---------------------------------------------------------------------------- */

static const char wait_for_index[] = "INSERT OR IGNORE INTO unread(id) VALUES(?1)";
static const char waits_no_more[] = "DELETE FROM unread WHERE id = ?1";
static const char remove_words[] = "INSERT INTO words(words, rowid, text) VALUES('delete', ?1, ?2)";
static const char index_new[] =
	"INSERT INTO words(rowid, text)"
	" SELECT id, text FROM neuron WHERE id > ?1 AND text <> '' ORDER BY id";
/* CROSS: left to itself, SQLite goes through all neurons. */
static const char index_waiting[] =
	"INSERT INTO words(rowid, text) SELECT unread.id, text FROM unread"
	" CROSS JOIN neuron ON neuron.id = unread.id WHERE unread.id <= ?1 AND text <> ''"
	" ORDER BY unread.id";
static const char nothing_waits[] = "DELETE FROM unread";
static const char last_neuron[] = "SELECT max(id) FROM neuron";

int search_added(struct conn *c, mn_id id, mn_str text)
{
	if (text.len == 0)
		return MN_OK;
	c->tally.unread++;
	return id > c->tally.indexed ? MN_OK : RUN(c, wait_for_index, I((int64_t)id));
}

int search_removed(struct conn *c, mn_id id, mn_str text)
{
	int status;

	if (text.len == 0 || id > c->tally.indexed)
		return MN_OK;
	status = RUN(c, waits_no_more, I((int64_t)id));
	if (status != MN_OK || sqlite3_changes(c->sql) > 0)
		return status;
	return RUN(c, remove_words, I((int64_t)id), S(text));
}

int search_flush(struct conn *c)
{
	int64_t last = 0;
	int status;

	if (c->tally.unread == 0)
		return MN_OK;
	status = RUN(c, index_waiting, I((int64_t)c->tally.indexed));
	if (status == MN_OK)
		status = RUN(c, index_new, I((int64_t)c->tally.indexed));
	if (status == MN_OK)
		status = conn_run(c, nothing_waits, NULL, 0);
	if (status == MN_OK)
		status = conn_number(c, last_neuron, NULL, 0, 0, &last);
	if (status == MN_OK && (mn_id)last > c->tally.indexed)
		c->tally.indexed = (mn_id)last;
	c->tally.unread = 0;
	return status;
}

void search_prepare(struct brain *b, mn_call *call)
{
	mn_error error = MN_SIZED(mn_error), *theirs = call->err;
	enum use use = USE_SPARE;
	struct conn *c;
	int status;

	if (b->store->read_only || b->immutable)
		return;
	call->err = &error;
	if (brain_begin(b, call, &use, &c) == MN_OK) {
		status = search_flush(c);
		if (status == MN_OK)
			status = conn_tally(c);
		brain_end(b, c, use, status);
	}
	call->err = theirs;
}

/* ---- What is not in it -------------------------------------------------------------------- */

static const char make_tail[] =
	"PRAGMA query_only = 0; CREATE VIRTUAL TABLE temp.tail USING fts5(text, content = '',"
	" tokenize = 'mnemoscope')";
static const char fill_tail[] =
	"INSERT INTO temp.tail(rowid, text) SELECT id, text FROM neuron WHERE text <> ''"
	" AND (id > ?1 OR id IN (SELECT id FROM unread))";

int search_tail(struct conn *c)
{
	int status = conn_script(c, make_tail);

	if (status == MN_OK)
		status = RUN(c, fill_tail, I((int64_t)c->tally.indexed));
	return status == MN_OK ? conn_script(c, "PRAGMA query_only = 1") : status;
}

/* ---- Queries ------------------------------------------------------------------------------ */

/* A query on its way from words to FTS5's language, in which nothing but words is the user's. */
struct query {
	const char *text;
	size_t seen; /* bytes of text in which quotes were counted */
	bool quoted; /* inside a pair */
	bool phrase; /* a phrase is open in out */
	char *out;
	size_t len, room, words;
	bool open;         /* the last one may be a beginning: */
	size_t last, bare; /* where it stands with what joins it, and alone */
};

static void put(struct query *q, const char *s, size_t n)
{
	if (q->len + n <= q->room) {
		memcpy(q->out + q->len, s, n);
		q->len += n;
	}
}

static void put_text(struct query *q, const char *s)
{
	put(q, s, strlen(s));
}

static void end_phrase(struct query *q)
{
	if (q->phrase)
		put_text(q, "\"");
	q->phrase = false;
}

/* Passes over what stands between two words. */
static void pass_quotes(struct query *q, size_t to)
{
	for (; q->seen < to; q->seen++) {
		if (q->text[q->seen] != '"')
			continue;
		end_phrase(q);
		q->quoted = !q->quoted;
	}
}

/* Was the same word asked for already? It stands in out as "word" then, between quotes. */
static bool asked(const struct query *q, mn_str word)
{
	for (size_t i = 1; i + word.len < q->len; i++)
		if (q->out[i - 1] == '"' && q->out[i + word.len] == '"'
			&& memcmp(q->out + i, word.ptr, word.len) == 0)
			return true;
	return false;
}

static int add_word(void *ctx, mn_str word, size_t from, size_t to)
{
	struct query *q = ctx;

	pass_quotes(q, from);
	q->seen = to;
	q->open = !q->quoted && !asked(q, word);
	if (!q->quoted && !q->open)
		return 0;
	if (++q->words > MOST_WORDS)
		return 1;
	q->last = q->len;
	if (q->phrase) {
		put_text(q, " ");
	} else {
		put_text(q, q->len ? " AND \"" : "\"");
		q->phrase = true;
	}
	q->bare = q->len;
	put(q, word.ptr, word.len);
	if (!q->quoted)
		end_phrase(q);
	return 0;
}

int search_match(struct conn *c, mn_str text, struct searched *out)
{
	const mn_words *words = c->host->service(c->host, "mn.words/1");
	struct query q = {.text = text.ptr, .room = MOST_WORDS * LONGEST_TERM};

	*out = (struct searched){0};
	q.out = c->host->alloc(c->call, q.room);
	if (!q.out)
		return MN_ENOMEM;
	if (words->split(text, &q, add_word))
		return c->host->fail(c->call, MN_EINVAL, 0,
			"a search has at most %d words: leave some out", MOST_WORDS);
	end_phrase(&q);
	out->words = q.words;
	if (q.open) {
		out->whole = (mn_str){q.out, q.last};
		out->open = (mn_str){q.out + q.bare, q.len - 1 - q.bare};
		put_text(&q, " *");
	}
	out->match = (mn_str){q.out, q.len};
	return MN_OK;
}
