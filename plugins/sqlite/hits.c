/* SPDX-License-Identifier: MIT */
#include "hits.h"

#include <math.h>
#include <string.h>

#include "heap.h"

#define SHORT_WORD 2 /* bytes of the beginning of a word that the texts are read for */

static const char names[] =
	"SELECT id FROM neuron WHERE type <> 1 AND id > ?1 AND substr(text, 1, 64) >= ?2"
	" AND substr(text, 1, 64) < ?3 AND type IN (SELECT code FROM type WHERE kind = 1)"
	" UNION SELECT id FROM neuron WHERE type <> 1 AND id > ?1 AND substr(text, 1, 64) >= ?4"
	" AND substr(text, 1, 64) < ?5 AND type IN (SELECT code FROM type WHERE kind = 1)"
	" UNION SELECT id FROM neuron WHERE type <> 1 AND id > ?1 AND substr(text, 1, 64) >= ?6"
	" AND substr(text, 1, 64) < ?7 AND type IN (SELECT code FROM type WHERE kind = 1)"
	" ORDER BY id";
static const char ranked[] =
	"SELECT id, score FROM (SELECT rowid AS id, rank AS score FROM words WHERE words MATCH ?2)"
	" WHERE score > ?3 OR (score = ?3 AND id > ?1) ORDER BY score, id";
static const char ranked_lately[] =
	"SELECT id, score FROM (SELECT rowid AS id, rank AS score FROM words WHERE words MATCH ?2"
	" UNION ALL SELECT rowid, rank FROM temp.tail WHERE tail MATCH ?2)"
	" WHERE score > ?3 OR (score = ?3 AND id > ?1) ORDER BY score, id";
static const char wide[] =
	"SELECT rowid, 0.0 FROM words WHERE words MATCH ?2 AND rowid > ?1 ORDER BY rowid";
static const char text_of[] = "SELECT text, type <> 1 FROM neuron WHERE id = ?1";

/* ---- Words as they may be written --------------------------------------------------------- */

static char upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

/* As it is, as a name, and all in capitals: 0, 1, 2. */
static mn_str spelling(mn_str word, int how, char *room)
{
	for (size_t i = 0; i < word.len; i++)
		room[i] = how == 2 || (how == 1 && i == 0) ? upper(word.ptr[i]) : word.ptr[i];
	return (mn_str){room, word.len};
}

/* The first text after all that begin so. */
static mn_str after_all(mn_str word, char *room)
{
	memcpy(room, word.ptr, word.len);
	room[word.len - 1]++; /* ASCII: there is one after it */
	return (mn_str){room, word.len};
}

static bool is_plain(mn_str word)
{
	for (size_t i = 0; i < word.len; i++) {
		const char c = word.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
			return false;
	}
	return word.len > 0 && word.len <= HITS_NAME;
}

static bool begins(mn_str text, mn_str word)
{
	return text.len >= word.len && memcmp(text.ptr, word.ptr, word.len) == 0;
}

/* ---- Beginning ---------------------------------------------------------------------------- */

/* Is it the beginning of one word and nothing else? */
static bool has_names(const struct hits *h)
{
	return h->asked.words == 1 && is_plain(h->asked.open);
}

/* Are the texts to be read for the beginning of the last word? */
static bool reads_texts(const struct hits *h)
{
	return h->asked.words > 1 && h->asked.open.len > 0 && h->asked.open.len <= SHORT_WORD;
}

static int own(const mn_host *host, mn_str from, mn_str *out)
{
	char *copy = heap_copy(host, from);

	*out = (mn_str){copy, copy ? from.len : 0};
	return copy ? MN_OK : MN_ENOMEM;
}

int hits_begin(struct hits *h, struct conn *c, const struct searched *asked)
{
	h->asked = (struct searched){.words = asked->words};
	h->rank = -INFINITY;
	if (own(c->host, asked->match, &h->asked.match) != MN_OK
		|| own(c->host, asked->whole, &h->asked.whole) != MN_OK
		|| own(c->host, asked->open, &h->asked.open) != MN_OK)
		return conn_memory(c);
	return MN_OK;
}

void hits_free(struct hits *h, const mn_host *host)
{
	heap_free(host, (void *)h->asked.match.ptr);
	heap_free(host, (void *)h->asked.whole.ptr);
	heap_free(host, (void *)h->asked.open.ptr);
	h->asked = (struct searched){0};
}

void hits_seek(struct hits *h, mn_id id, double rank)
{
	if (h->st)
		sqlite3_reset(h->st);
	h->st = NULL;
	h->id = id;
	h->rank = rank;
	h->nsome = h->at = 0;
	h->decided = false;
}

/* ---- Statements --------------------------------------------------------------------------- */

static int start_names(struct hits *h, struct conn *c)
{
	mn_str from[3], to[3];
	const int64_t after = h->rank == HITS_NAMES ? (int64_t)h->id : 0;

	for (int i = 0; i < 3; i++) {
		from[i] = spelling(h->asked.open, i, h->ends[i][0]);
		to[i] = after_all(from[i], h->ends[i][1]);
	}
	return ASK(c, &h->st, names, I(after), S(from[0]), S(to[0]), S(from[1]), S(to[1]),
		S(from[2]), S(to[2]));
}

static mn_str match_of(const struct hits *h)
{
	return reads_texts(h) ? h->asked.whole : h->asked.match;
}

static int start_ranked(struct hits *h, struct conn *c)
{
	const double after = h->rank > HITS_NAMES && h->rank < 0 ? h->rank : -INFINITY;
	const char *sql = c->tally.unread ? ranked_lately : ranked;

	h->decided = true;
	return ASK(c, &h->st, sql, I((int64_t)h->id), S(match_of(h)), R(after));
}

static int start_wide(struct hits *h, struct conn *c, mn_id after)
{
	return ASK(c, &h->st, wide, I((int64_t)after), S(match_of(h)));
}

/* Reads some of what matches: if that is all, it is ranked. */
static int decide(struct hits *h, struct conn *c)
{
	int status = start_wide(h, c, 0);

	while (status == MN_OK && h->nsome < HITS_SOME && (status = conn_step(c, h->st)) == 1) {
		h->some[h->nsome++] = (mn_id)sqlite3_column_int64(h->st, 0);
		status = MN_OK;
	}
	h->decided = true;
	if (status != MN_OK || h->nsome == HITS_SOME)
		return status;
	h->st = NULL; /* at its end */
	h->nsome = 0;
	return start_ranked(h, c);
}

static int start(struct hits *h, struct conn *c)
{
	if (h->rank == 0) {
		h->decided = true;
		return start_wide(h, c, h->id);
	}
	/* What is not in the index cannot be joined to it by id. */
	if (c->tally.unread || (h->rank > HITS_NAMES && h->rank < 0))
		return start_ranked(h, c);
	h->id = 0;
	return decide(h, c);
}

/* ---- One after the other ------------------------------------------------------------------ */

static int next_name(struct hits *h, struct conn *c)
{
	int status = h->st ? MN_OK : start_names(h, c);

	if (status == MN_OK)
		status = conn_step(c, h->st);
	if (status == 1) {
		h->id = (mn_id)sqlite3_column_int64(h->st, 0);
		h->rank = HITS_NAMES;
		return 1;
	}
	h->st = NULL;
	return status;
}

static int next_found(struct hits *h, struct conn *c)
{
	int status = h->decided ? MN_OK : start(h, c);

	if (status != MN_OK) {
		h->st = NULL;
		return status;
	}
	if (h->at < h->nsome) {
		h->id = h->some[h->at++];
		h->rank = 0;
		return 1;
	}
	status = conn_step(c, h->st);
	if (status != 1) {
		h->st = NULL;
		return status;
	}
	h->id = (mn_id)sqlite3_column_int64(h->st, 0);
	h->rank = sqlite3_column_double(h->st, 1);
	return 1;
}

static int see_word(void *ctx, mn_str word, size_t from, size_t to)
{
	(void)from, (void)to;
	return begins(word, *(const mn_str *)ctx);
}

/* Was it among the names, or lacks it the beginning of the last word? */
static bool passes(const struct hits *h, struct conn *c, mn_str text, bool other)
{
	const mn_words *words = c->host->service(c->host, "mn.words/1");
	char room[HITS_NAME];

	if (reads_texts(h))
		return words->split(text, (void *)&h->asked.open, see_word) != 0;
	for (int i = 0; other && i < 3; i++)
		if (begins(text, spelling(h->asked.open, i, room)))
			return false;
	return true;
}

static int wanted(const struct hits *h, struct conn *c, bool *out)
{
	sqlite3_stmt *st;
	int status;

	*out = true;
	if (!has_names(h) && !reads_texts(h))
		return MN_OK;
	status = ASK(c, &st, text_of, I((int64_t)h->id));
	if (status == MN_OK)
		status = conn_step(c, st);
	if (status != 1)
		return status;
	*out = passes(h, c, column_text(st, 0), sqlite3_column_int(st, 1));
	sqlite3_reset(st);
	return MN_OK;
}

int hits_next(struct hits *h, struct conn *c)
{
	bool want = false;
	int status = 1;

	if (has_names(h) && !h->decided && h->rank <= HITS_NAMES) {
		status = next_name(h, c);
		if (status != 0)
			return status;
	}
	for (unsigned seen = 0; !want && status >= 0; seen++) {
		status = next_found(h, c);
		if (status != 1)
			return status;
		status = wanted(h, c, &want);
		if (status == MN_OK && seen % 256 == 255)
			status = conn_check(c);
	}
	return status == MN_OK ? 1 : status;
}
