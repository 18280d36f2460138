/* SPDX-License-Identifier: MIT */
/* name.c - names as entity neurons have them, and where a text may mention one. */
#include "base/fail.h"
#include "base/str.h"
#include "text/analyst.h"

#define LONGEST 8 /* words of a name that is looked for in a text */

size_t mn_chars(mn_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
	return n;
}

bool mn_name_add(mn_buf *name, mn_str word, bool glued)
{
	size_t gap = name->len && !glued;

	if (name->len + gap + word.len > name->max)
		return false;
	if (gap)
		mn_buf_char(name, ' ');
	mn_buf_str(name, word);
	return mn_buf_ok(name);
}

static bool white(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static mn_str trim(mn_str s)
{
	while (s.len && white(s.ptr[s.len - 1]))
		s.len--;
	while (s.len && white(s.ptr[0]))
		s = mn_str_sub(s, 1, s.len);
	return s;
}

/* Without "(...)" at the end, from the first "(" on; "(all of it)" stays. */
static mn_str without_note(mn_str s)
{
	const char *open = s.len && s.ptr[s.len - 1] == ')' ? memchr(s.ptr, '(', s.len) : NULL;
	mn_str rest = open ? trim(mn_str_sub(s, 0, (size_t)(open - s.ptr))) : s;

	return rest.len ? rest : s;
}

/* What has no letter or digit: as it stands, cut between characters. */
static void as_it_stands(mn_str raw, mn_buf *name)
{
	size_t n = raw.len < name->max ? raw.len : name->max;

	while (n < raw.len && n && ((unsigned char)raw.ptr[n] & 0xC0) == 0x80)
		n--;
	mn_buf_add(name, raw.ptr, n);
}

void mn_name_make(mn_str raw, mn_buf *name, mn_str *label)
{
	size_t before = SIZE_MAX;
	mn_words_walk w;

	*label = without_note(trim(raw));
	mn_buf_clear(name);
	mn_words_begin(&w, *label);
	while (mn_words_next(&w)) {
		if (!mn_name_add(name, w.word, (w.form & MN_WORD_SINGLE) && before == w.from))
			return;
		before = w.form & MN_WORD_SINGLE ? w.to : SIZE_MAX;
	}
	if (!name->len)
		as_it_stands(*label, name);
}

int mn_name_of(mn_call *call, mn_str raw, mn_name *out)
{
	mn_buf name = MN_BUF(MN_NAME_MAX);
	mn_str label, copy;

	mn_name_make(raw, &name, &label);
	copy = mn_buf_ok(&name) ? mn_call_copy(call, mn_buf_view(&name))
				: (mn_fail_memory(call), (mn_str){NULL, 0});
	mn_buf_free(&name);
	if (!copy.ptr)
		return MN_ENOMEM;
	*out = (mn_name){copy, label};
	return MN_OK;
}

/* ---- Where a text may mention one --------------------------------------------------------- */

/* In a question that has no capital behind its first word, capitals mean nothing. */
static bool capitals_count(const mn_analyst *a, const mn_subject *s)
{
	size_t n;

	if (!s->question || !a->ntokens)
		return true;
	for (size_t at = a->tokens[0].to; at < s->text.len; at += n) {
		int32_t c = mn_char_at(s->text, at, &n);

		if (c >= 0 && mn_char_upper(c))
			return true;
	}
	return false;
}

/* The first and the last word that means something; all of them where none does. */
static void find_core(const mn_analyst *a, size_t *first, size_t *last)
{
	*first = 0;
	*last = a->ntokens ? a->ntokens - 1 : 0;
	while (*first < *last && a->tokens[*first].classes & MN_CLASS_STOP)
		++*first;
	while (*last > *first && a->tokens[*last].classes & MN_CLASS_STOP)
		--*last;
	if (*first == *last && a->ntokens && a->tokens[*first].classes & MN_CLASS_STOP) {
		*first = 0;
		*last = a->ntokens - 1;
	}
}

static mn_candidate candidate(const mn_analyst *a, size_t i, size_t words)
{
	const mn_token *first = &a->tokens[i], *last = &a->tokens[i + words - 1];
	mn_str name = mn_str_sub(mn_buf_view(&a->folded), first->folded,
		last->folded + last->length - first->folded);

	return (mn_candidate){name, (uint32_t)i, (uint32_t)words, first->from, last->to, false};
}

/* May this be a name at all? A single word must be three characters long, and mean something. */
static bool fit(const mn_analyst *a, const mn_candidate *c)
{
	if (c->name.len > MN_NAME_MAX)
		return false;
	return c->words > 1
	       || (mn_chars(c->name) >= 3 && !(a->tokens[c->word].classes & MN_CLASS_STOP));
}

static bool may_begin(const mn_token *t, size_t body, bool capitals)
{
	return t->from >= body && !(capitals && (t->form & MN_WORD_SMALL));
}

int mn_candidates_read(const mn_analyst *a, mn_call *call, const mn_subject *s, mn_analysis *out)
{
	size_t body = mn_subject_body(s), starts = 0, n = 0, most, first, last;
	bool capitals = capitals_count(a, s);
	mn_candidate *c;
	mn_str joined;

	for (size_t i = 0; i < a->ntokens; i++)
		starts += may_begin(&a->tokens[i], body, capitals);
	most = starts < MN_CANDIDATES_MAX / LONGEST ? starts * LONGEST : MN_CANDIDATES_MAX;
	c = mn_call_array(call, most, sizeof(*c));
	joined = mn_call_copy(call, mn_buf_view(&a->folded));
	if (!c || !joined.ptr)
		return MN_ENOMEM;
	find_core(a, &first, &last);
	for (size_t i = 0; i < a->ntokens && n + LONGEST <= most; i++) {
		size_t words = a->ntokens - i < LONGEST ? a->ntokens - i : LONGEST;

		if (!may_begin(&a->tokens[i], body, capitals))
			continue;
		for (; words > 0; words--) {
			c[n] = candidate(a, i, words);
			c[n].whole = i <= first && last < i + words;
			c[n].name.ptr = joined.ptr + a->tokens[i].folded;
			n += fit(a, &c[n]);
		}
	}
	out->candidates = c;
	out->ncandidates = n;
	return MN_OK;
}

size_t mn_names_find(const mn_analysis *a, bool (*known)(void *, const mn_candidate *, size_t),
	void *ctx, uint32_t *out, size_t room)
{
	size_t n = 0, next = 0;

	for (size_t i = 0; i < a->ncandidates && n < room; i++) {
		const mn_candidate *c = &a->candidates[i];

		if (c->word < next || !known(ctx, c, i))
			continue;
		next = (size_t)c->word + c->words;
		out[n++] = (uint32_t)i;
	}
	return n;
}
