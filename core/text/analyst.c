/* SPDX-License-Identifier: MIT */
/* analyst.c - the words an analyst has met, and what is known about each. */
#include "text/analyst.h"

#include <libstemmer.h>
#include <string.h>

#include "base/fail.h"
#include "base/memory.h"
#include "base/str.h"

#define KEPT_WORDS 65536                  /* beyond these the analyst forgets */
#define KEPT_SCRATCH ((size_t)256 * 1024) /* tokens, after a text of unusual length */

int mn_analyst_new(mn_call *call, const mn_language *language, mn_analyst **out)
{
	mn_analyst *a = mn_alloc_zero(1, sizeof(*a));

	if (!a)
		return mn_fail_memory(call);
	a->language = language ? language : &mn_english;
	a->time_classes = mn_rule_classes(a->language);
	a->folded = MN_BUF(SIZE_MAX / 2);
	a->name = MN_BUF(MN_NAME_MAX);
	if (a->language->stemmer) {
		a->stemmer = sb_stemmer_new(a->language->stemmer, NULL);
		if (!a->stemmer) {
			mn_analyst_free(a);
			return mn_fail_memory(call);
		}
	}
	*out = a;
	return MN_OK;
}

void mn_analyst_free(mn_analyst *a)
{
	if (!a)
		return;
	if (a->stemmer)
		sb_stemmer_delete(a->stemmer);
	mn_strmap_free(&a->words);
	mn_strmap_free(&a->stems);
	mn_strmap_free(&a->names);
	mn_free(a->vocables);
	mn_free(a->stem_texts);
	mn_free(a->stem_met);
	mn_free(a->name_met);
	mn_free(a->tokens);
	mn_buf_free(&a->folded);
	mn_buf_free(&a->name);
	mn_free(a->counts);
	mn_free(a->found);
	mn_free(a);
}

void mn_analyst_trim(mn_analyst *a)
{
	if (a->nvocables > KEPT_WORDS || a->names.n > KEPT_WORDS) {
		mn_strmap_free(&a->words);
		mn_strmap_free(&a->stems);
		mn_strmap_free(&a->names);
		a->nvocables = 0;
		mn_analyst_round(a);
	}
	if (a->tokens_cap > KEPT_SCRATCH) {
		mn_free(a->tokens);
		a->tokens = NULL;
		a->ntokens = a->tokens_cap = 0;
		mn_buf_free(&a->folded);
	}
}

uint32_t mn_analyst_stems(const mn_analyst *a)
{
	return (uint32_t)a->stems.n;
}

void mn_analyst_round(mn_analyst *a)
{
	if (++a->round)
		return;
	/* After four thousand million rounds: nothing may look as if it were of this one. */
	memset(a->stem_met, 0, a->stem_met_cap * sizeof(*a->stem_met));
	memset(a->name_met, 0, a->name_met_cap * sizeof(*a->name_met));
	a->round = 1;
}

/* A slot for id in *met, zeroed when it is new. */
static int make_room(struct mn_met **met, size_t *cap, size_t id)
{
	size_t old = *cap;

	if (id < old)
		return MN_OK;
	if (mn_grow((void **)met, cap, id + 1, sizeof(**met), UINT32_MAX) != MN_OK)
		return MN_ENOMEM;
	memset(*met + old, 0, (*cap - old) * sizeof(**met));
	return MN_OK;
}

int mn_analyst_stem(mn_analyst *a, mn_call *call, mn_str text, uint32_t *id)
{
	struct mn_strmap_slot *s;
	bool is_new;

	if (make_room(&a->stem_met, &a->stem_met_cap, a->stems.n) != MN_OK
		|| mn_grow((void **)&a->stem_texts, &a->stem_texts_cap, a->stems.n + 1,
			   sizeof(*a->stem_texts), UINT32_MAX)
			   != MN_OK)
		return mn_fail_memory(call);
	s = mn_strmap_meet(&a->stems, text, &is_new);
	if (!s)
		return mn_fail_memory(call);
	if (is_new) {
		s->value = a->stems.n - 1;
		a->stem_texts[s->value] = s->key;
	}
	*id = (uint32_t)s->value;
	return MN_OK;
}

int mn_analyst_name(mn_analyst *a, mn_call *call, mn_str name, mn_str *kept, bool *first)
{
	struct mn_strmap_slot *s;
	struct mn_met *met;
	bool is_new;

	if (make_room(&a->name_met, &a->name_met_cap, a->names.n) != MN_OK)
		return mn_fail_memory(call);
	s = mn_strmap_meet(&a->names, name, &is_new);
	if (!s)
		return mn_fail_memory(call);
	if (is_new)
		s->value = a->names.n - 1;
	met = &a->name_met[s->value];
	*first = met->round != a->round;
	met->round = a->round;
	*kept = s->key;
	return MN_OK;
}

/* The index of word in a table sorted by its first member, a string; -1: not there. */
static ptrdiff_t find(const void *table, size_t n, size_t size, mn_str word)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const char *s = *(const char *const *)((const char *)table + mid * size);
		int order = mn_str_cmp(word, mn_str_of(s));

		if (order == 0)
			return (ptrdiff_t)mid;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return -1;
}

static bool ends_ordinal(const mn_language *l, mn_str tail)
{
	for (const char *const *o = l->ordinals; *o; o++)
		if (mn_str_is(tail, *o))
			return true;
	return false;
}

static bool all_digits(mn_str word)
{
	for (size_t i = 0; i < word.len; i++)
		if (word.ptr[i] < '0' || word.ptr[i] > '9')
			return false;
	return true;
}

/* What a word is by its digits. */
static void look_at_digits(const mn_language *l, mn_str word, mn_vocable *v)
{
	size_t n = 0;
	int32_t value = 0;
	mn_str tail;

	for (; n < word.len && n < 9 && word.ptr[n] >= '0' && word.ptr[n] <= '9'; n++)
		value = value * 10 + (word.ptr[n] - '0');
	tail = mn_str_sub(word, n, word.len);
	if (all_digits(word))
		v->classes |= MN_CLASS_DIGITS;
	if (!n || (tail.len && !ends_ordinal(l, tail)))
		return;
	v->value = value;
	if (n <= 2 && value >= 1 && value <= 31)
		v->classes |= MN_CLASS_DAY;
	if (tail.len)
		return;
	v->classes |= MN_CLASS_NUMBER;
	if (n == 2 && value >= 1 && value <= 12)
		v->classes |= MN_CLASS_TWO;
	if (n == 4)
		v->classes |= MN_CLASS_FOUR;
	if (n == 4 && value >= 1900 && value <= 2099)
		v->classes |= MN_CLASS_YEAR;
}

/* The stem of a word that is no stop word. */
static int stem_of(mn_analyst *a, mn_call *call, mn_str word, uint32_t *id)
{
	const mn_language *l = a->language;
	ptrdiff_t i = find(l->irregular, l->nirregular, sizeof(*l->irregular), word);
	const sb_symbol *stem;

	if (i >= 0)
		word = mn_str_of(l->irregular[i].root);
	if (a->stemmer) {
		stem = sb_stemmer_stem(a->stemmer, (const sb_symbol *)word.ptr, (int)word.len);
		if (!stem)
			return mn_fail_memory(call);
		word = (mn_str){(const char *)stem, (size_t)sb_stemmer_length(a->stemmer)};
	}
	return mn_analyst_stem(a, call, word, id);
}

static int learn(mn_analyst *a, mn_call *call, mn_str word, mn_vocable *v)
{
	const mn_language *l = a->language;
	ptrdiff_t i = find(l->lexicon, l->nlexicon, sizeof(*l->lexicon), word);

	*v = (mn_vocable){.classes = MN_CLASS_ANY, .stem = MN_NO_STEM};
	if (i >= 0) {
		v->classes |= l->lexicon[i].classes;
		v->value = l->lexicon[i].value;
	}
	look_at_digits(l, word, v);
	if (find(l->stops, l->nstops, sizeof(*l->stops), word) >= 0) {
		v->classes |= MN_CLASS_STOP;
		return MN_OK;
	}
	return stem_of(a, call, word, &v->stem);
}

int mn_analyst_word(mn_analyst *a, mn_call *call, mn_str folded, mn_vocable *out)
{
	uint64_t *known = mn_strmap_get(&a->words, folded);
	int rc;

	if (known) {
		*out = a->vocables[*known];
		return MN_OK;
	}
	rc = learn(a, call, folded, out);
	if (rc != MN_OK)
		return rc;
	if (mn_grow((void **)&a->vocables, &a->vocables_cap, a->nvocables + 1, sizeof(*a->vocables),
		    UINT32_MAX)
			!= MN_OK
		|| mn_strmap_put(&a->words, folded, a->nvocables) != MN_OK)
		return mn_fail_memory(call);
	a->vocables[a->nvocables++] = *out;
	return MN_OK;
}

int mn_analyst_cue(const mn_analyst *a, mn_str question)
{
	const mn_language *l = a->language;
	mn_words_walk w;
	int depth = 0;

	mn_words_begin(&w, question);
	while (mn_words_next(&w)) {
		ptrdiff_t i = find(l->cues, l->ncues, sizeof(*l->cues), w.word);

		if (i >= 0 && l->cues[i].value > depth)
			depth = l->cues[i].value;
	}
	return depth;
}
