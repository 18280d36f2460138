/* SPDX-License-Identifier: MIT */
/* search.c - words: what of a text is indexed, and what is asked of the index. */
#include "search.h"

#include <stdio.h>
#include <string.h>

#define MOST_WORDS 200 /* of a question */

static void say_mark(struct text *t, int64_t brain, const char *escape)
{
	char mark[32];

	snprintf(mark, sizeof(mark), "%s#%lld", escape, (long long)brain);
	text_say(t, mark);
}

/* ---- Of a text ----------------------------------------------------------------------------- */

struct writing {
	struct text *t;
	int64_t brain;
	bool any;
};

static int write_word(void *ctx, mn_str folded, size_t from, size_t to)
{
	struct writing *w = ctx;

	(void)from, (void)to;
	if (!w->any) {
		text_open(w->t, '"');
		say_mark(w->t, w->brain, "");
		w->any = true;
	}
	text_raw(w->t, " ", 1);
	text_quoted(w->t, folded);
	return 0;
}

void search_say_words(struct text *t, const mn_words *words, int64_t brain, mn_str text)
{
	struct writing w = {.t = t, .brain = brain};

	words->split(text, &w, write_word);
	if (w.any)
		text_close(t, '"');
	else
		text_null(t);
}

/* ---- Of a question ------------------------------------------------------------------------- */

struct asking {
	mn_db *db;
	mn_call *call;
	struct text *t;
	size_t n;
	bool quoted, opened;
	int status;
};

static void say_escaped(struct text *t, mn_str word)
{
	for (size_t i = 0; i < word.len; i++) {
		const unsigned char c = (unsigned char)word.ptr[i];

		if (c < 0x80 && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
			text_raw(t, "\\", 1);
		text_raw(t, word.ptr + i, 1);
	}
}

static int ask_word(void *ctx, mn_str folded, size_t from, size_t to)
{
	struct asking *q = ctx;

	(void)from, (void)to;
	if (q->n++ == MOST_WORDS)
		return q->status = q->db->host->fail(q->call, MN_EINVAL, 0,
			       "more than %d words to search for", MOST_WORDS);
	if (q->quoted && q->opened)
		text_raw(q->t, " ", 1);
	else
		text_say(q->t, q->quoted ? " +\"" : " +");
	q->opened = true;
	say_escaped(q->t, folded);
	return 0;
}

/* One stretch between quotation marks, or outside of them. */
static int ask_stretch(struct asking *q, mn_str text, bool quoted)
{
	q->quoted = quoted;
	q->opened = false;
	q->db->words->split(text, q, ask_word);
	if (quoted && q->opened)
		text_raw(q->t, "\"", 1);
	return q->status;
}

int search_query(mn_db *db, mn_call *call, int64_t brain, mn_str text, struct text *out, bool *any)
{
	struct asking q = {.db = db, .call = call, .t = out};
	bool quoted = false;
	size_t at = 0;
	int status = MN_OK;

	say_mark(out, brain, "+\\");
	while (status == MN_OK && at <= text.len) {
		const char *mark = at < text.len ? memchr(text.ptr + at, '"', text.len - at) : NULL;
		const size_t end = mark ? (size_t)(mark - text.ptr) : text.len;
		const bool phrase = quoted && mark; /* a mark that is never closed quotes nothing */

		status = ask_stretch(&q, (mn_str){text.ptr + at, end - at}, phrase);
		if (status == MN_OK && !phrase && end == text.len && q.opened)
			text_raw(out, "*", 1);
		quoted = !quoted;
		at = end + 1;
	}
	*any = q.n > 0;
	return status == MN_OK && out->failed ? fail_memory(db, call) : status;
}
