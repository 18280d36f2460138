/* SPDX-License-Identifier: MIT */
/* What a text says: stems, names, links, marks; and that no text takes long to say it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/str.h"
#include "text/analysis.h"
#include "text/analyst.h"

#define ALL                                                                            \
	(MN_WANT_STEMS | MN_WANT_SPANS | MN_WANT_LINKS | MN_WANT_MARKS | MN_WANT_NAMES \
		| MN_WANT_DATES)

struct desk {
	mn_call call;
	mn_analyst *analyst;
};

static int set_up(void **state)
{
	struct desk *d = calloc(1, sizeof(*d));

	*state = d;
	if (!d || mn_call_init(&d->call, NULL, 0) != MN_OK)
		return -1;
	return mn_analyst_new(&d->call, NULL, &d->analyst);
}

static int tear_down(void **state)
{
	struct desk *d = *state;

	mn_analyst_free(d->analyst);
	mn_call_done(&d->call);
	free(d);
	return 0;
}

static mn_analysis analyze(struct desk *d, const mn_subject *s)
{
	mn_analysis a;

	assert_int_equal(mn_analyze(d->analyst, &d->call, s, &a), MN_OK);
	return a;
}

static mn_analysis analyze_text(struct desk *d, mn_str text)
{
	return analyze(d, &(mn_subject){.text = text, .want = ALL});
}

static void add(mn_buf *b, mn_str s)
{
	if (b->len)
		mn_buf_char(b, '|');
	mn_buf_str(b, s);
}

/* Lent until the next call. */
static const char *closed(mn_buf *b)
{
	static char text[8192];
	mn_str s = mn_buf_view(b);

	assert_true(mn_buf_ok(b) && s.len < sizeof(text));
	if (s.len)
		memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	mn_buf_free(b);
	return text;
}

/* Every stem of the text in order, those of the words only. */
static const char *in_order(const mn_analysis *a)
{
	mn_buf b = MN_BUF(8000);

	for (size_t i = 0; i < a->norder; i++)
		add(&b, a->stems[a->order[i]].text);
	return closed(&b);
}

/* Distinct stems with how often they occur: "cat 2|dog 1". */
static const char *counts(const mn_analysis *a)
{
	mn_buf b = MN_BUF(8000);

	for (size_t i = 0; i < a->nstems; i++) {
		add(&b, a->stems[i].text);
		mn_buf_printf(&b, " %u", a->stems[i].tf);
	}
	return closed(&b);
}

static const char *names(const mn_name *n, size_t count, bool labels)
{
	mn_buf b = MN_BUF(8000);

	for (size_t i = 0; i < count; i++)
		add(&b, labels ? n[i].label : n[i].name);
	return closed(&b);
}

/* ---- The patterns ------------------------------------------------------------------------- */

static const char *spans(const struct desk *d, mn_str text)
{
	mn_buf b = MN_BUF(8000);
	size_t at = 0;
	mn_str span;

	while (mn_span_next(d->analyst->language, text, &at, &span))
		add(&b, span);
	return closed(&b);
}

static const char *answer_to(struct desk *d, mn_str what, mn_str text)
{
	mn_analysis a = analyze_text(d, text);

	if (mn_str_is(what, "span"))
		return spans(d, text);
	if (mn_str_is(what, "stem"))
		return in_order(&a);
	if (mn_str_is(what, "when"))
		return a.marks & MN_NEURON_WHEN ? "1" : "0";
	if (mn_str_is(what, "self"))
		return a.marks & MN_NEURON_SELF ? "1" : "0";
	if (mn_str_is(what, "asks"))
		return a.marks & MN_NEURON_ASKS ? "1" : "0";
	if (mn_str_is(what, "question"))
		return a.asks_when ? "1" : "0";
	return "what?";
}

/* The file is made by a regular expression engine: see tests/data/text_cases.py. */
static void scanners_find_what_the_patterns_find(void **state)
{
	struct desk *d = *state;
	const char *folder = getenv("MN_TEST_DATA");
	char path[4096], line[4096];
	unsigned cases = 0, wrong = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/text_cases.txt", folder ? folder : "tests/data");
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char *text = strchr(line, '\t'), *want = text ? strchr(text + 1, '\t') : NULL;
		const char *got;

		if (!want)
			continue;
		want[strcspn(want, "\n")] = '\0';
		*want++ = *text++ = '\0';
		got = answer_to(d, mn_str_of(line), mn_str_of(text));
		if (strcmp(got, want) != 0) {
			print_error("%s of \"%s\": \"%s\", not \"%s\"\n", line, text, got, want);
			wrong++;
		}
		cases++;
	}
	fclose(f);
	assert_true(cases > 900);
	assert_int_equal(wrong, 0);
}

static void tables_of_the_language_are_in_order(void **state)
{
	const mn_language *l = &mn_english;

	(void)state;
	for (size_t i = 1; i < l->nstops; i++)
		assert_true(strcmp(l->stops[i - 1], l->stops[i]) < 0);
	for (size_t i = 1; i < l->nlexicon; i++)
		assert_true(strcmp(l->lexicon[i - 1].word, l->lexicon[i].word) < 0);
	for (size_t i = 1; i < l->nirregular; i++)
		assert_true(strcmp(l->irregular[i - 1].form, l->irregular[i].form) < 0);
}

/* ---- Stems -------------------------------------------------------------------------------- */

static void stems_are_counted_in_the_order_they_are_met(void **state)
{
	mn_analysis a = analyze_text(*state, MN_STR("Cats chase a cat; the dog chased cats."));

	assert_string_equal(counts(&a), "cat 3|chase 2|dog 1");
}

static void a_speaker_comes_first_but_makes_no_pair(void **state)
{
	struct desk *d = *state;
	mn_analysis a = analyze(d,
		&(mn_subject){
			.text = MN_STR("Rain again, Ada"), .speaker = MN_STR("Ada"), .want = ALL});

	assert_string_equal(counts(&a), "ada 2|rain 1");
	assert_int_equal(a.length, 3);
	assert_string_equal(in_order(&a), "rain|ada");
}

static void thousands_are_one_number(void **state)
{
	mn_analysis a = analyze_text(
		*state, MN_STR("1,000 of 12,345,678 but 1,2,345 or 1234,567 2,50"));

	assert_string_equal(in_order(&a), "1000|12345678|1|2345|1234|567|2|50");
}

static void characters_without_spaces_are_stems_and_so_are_their_pairs(void **state)
{
	mn_analysis a = analyze_text(*state, MN_STR("東京 東京都x"));

	assert_string_equal(counts(&a), "東 2|京 2|東京 2|都 1|京都 1|x 1");
	assert_int_equal(a.length, 9);
	assert_string_equal(in_order(&a), "東|京|東|京|都|x");
}

static void the_same_stem_has_the_same_id_until_the_analyst_forgets(void **state)
{
	struct desk *d = *state;
	mn_analysis a = analyze_text(d, MN_STR("apples")),
		    b = analyze_text(d, MN_STR("pear apple"));

	assert_int_equal(a.stems[0].id, b.stems[1].id);
	assert_int_not_equal(b.stems[0].id, b.stems[1].id);
	mn_analyst_trim(d->analyst);
	a = analyze_text(d, MN_STR("pears"));
	assert_int_equal(a.stems[0].id, b.stems[0].id); /* there was no need to forget */
}

static void an_analyst_forgets_before_it_grows_without_end(void **state)
{
	struct desk *d = *state;
	char text[32];

	for (unsigned i = 0; i < 200000; i++) {
		snprintf(text, sizeof(text), "w%ux Nn%u", i, i);
		analyze_text(d, mn_str_of(text));
		mn_analyst_trim(d->analyst);
		mn_call_reset(&d->call);
		assert_true(mn_analyst_stems(d->analyst) < 140000);
	}
}

/* ---- Names -------------------------------------------------------------------------------- */

static void a_name_is_folded_words_without_the_note_behind_it(void **state)
{
	struct desk *d = *state;
	static const struct {
		const char *raw, *name, *label;
	} cases[] = {
		{"Lothair II (king of Lotharingia)", "lothair ii", "Lothair II"},
		{" Grace  Hopper\n", "grace hopper", "Grace  Hopper"},
		{"(TM)", "tm", "(TM)"},
		{"f(x) (1) y", "f x 1 y", "f(x) (1) y"},
		{"Ångström’s", "angstrom s", "Ångström’s"},
		{"東京タワー", "東京タワー", "東京タワー"},
		{"東京 2020", "東京 2020", "東京 2020"},
		{"!", "!", "!"},
		{"  ", "", ""},
		{"", "", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		mn_name n;

		assert_int_equal(mn_name_of(&d->call, mn_str_of(cases[i].raw), &n), MN_OK);
		assert_true(mn_str_is(n.name, cases[i].name));
		assert_true(mn_str_is(n.label, cases[i].label));
	}
}

static void a_name_is_cut_between_words(void **state)
{
	struct desk *d = *state;
	char raw[1000];
	mn_name n;

	memset(raw, 'a', sizeof(raw));
	for (size_t i = 99; i < sizeof(raw); i += 100)
		raw[i] = ' ';
	assert_int_equal(mn_name_of(&d->call, (mn_str){raw, sizeof(raw)}, &n), MN_OK);
	assert_int_equal(n.name.len, 199);
	memset(raw, '!', sizeof(raw));
	assert_int_equal(mn_name_of(&d->call, (mn_str){raw, sizeof(raw)}, &n), MN_OK);
	assert_int_equal(n.name.len, MN_NAME_MAX);
}

static void spans_drop_leading_stop_words_and_short_ones(void **state)
{
	mn_analysis a = analyze_text(*state,
		MN_STR("The Beatles met Bob. The Beatles and Queen Anne; I'm at UK, Élan Vital"));

	assert_string_equal(
		names(a.spans, a.nspans, false), "beatles|beatles and queen anne|uk elan vital");
	assert_string_equal(
		names(a.spans, a.nspans, true), "Beatles|Beatles and Queen Anne|UK, Élan Vital");
}

static void a_possessive_is_no_part_of_a_name(void **state)
{
	mn_analysis a = analyze_text(
		*state, MN_STR("Mount Doom’s fire, Ada's notes' It's King's Landing or Model S"));

	assert_string_equal(names(a.spans, a.nspans, false), "mount doom|king s landing|model s");
	assert_string_equal(names(a.spans, a.nspans, true), "Mount Doom|King's Landing|Model S");
}

static void the_title_line_of_a_text_has_no_spans_and_no_candidates(void **state)
{
	mn_subject s = {.text = MN_STR("Old Tom (gin)\nA drink from England."),
		.title = MN_STR("Old Tom (gin)"),
		.want = ALL};
	mn_analysis a = analyze(*state, &s);

	assert_string_equal(names(a.spans, a.nspans, false), "england");
	assert_string_equal(in_order(&a), "old|tom|gin|drink|england");
	for (size_t i = 0; i < a.ncandidates; i++)
		assert_true(a.candidates[i].from >= 14);
	s.title = MN_STR("Old Tom");
	a = analyze(*state, &s);
	assert_string_equal(names(a.spans, a.nspans, false), "old tom|england");
}

static void links_are_braces_and_brackets_that_close(void **state)
{
	mn_analysis a = analyze_text(*state,
		MN_STR("{foo\n bar} {a{b}} [[C Shell|csh]] [[Page#part]] [x] [[y] {} { } {un [[z]] "
		       "{foo bar}"));

	assert_string_equal(names(a.links, a.nlinks, false), "foo bar|b|c shell|page|z");
}

/* ---- Candidates --------------------------------------------------------------------------- */

static bool in_map(void *ctx, const mn_candidate *c, size_t i)
{
	(void)i;
	return mn_strmap_get(ctx, c->name) != NULL;
}

/* The known names found in a text: their words in the text, "Queen Anne|Bob"; with "=" in front
 * where the text says nothing else. */
static const char *found(struct desk *d, const char *text, bool question)
{
	static const char *const known[] = {"bob", "queen anne", "anne", "anne of the north",
		"the who", "who", "2 fast", "東京", "京", "war and peace", "on", "of the"};
	mn_subject s = {.text = mn_str_of(text), .question = question, .want = MN_WANT_NAMES};
	mn_analysis a = analyze(d, &s);
	mn_buf b = MN_BUF(8000);
	uint32_t at[64];
	mn_strmap m = {0};
	size_t n;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		assert_int_equal(mn_strmap_put(&m, mn_str_of(known[i]), 1), MN_OK);
	n = mn_names_find(&a, in_map, &m, at, 64);
	for (size_t i = 0; i < n; i++) {
		const mn_candidate *c = &a.candidates[at[i]];

		add(&b, c->whole ? MN_STR("=") : MN_STR(""));
		mn_buf_str(&b, mn_str_sub(s.text, c->from, c->to - c->from));
	}
	mn_strmap_free(&m);
	return closed(&b);
}

static void the_longest_known_name_is_taken_and_its_words_are_used_up(void **state)
{
	struct desk *d = *state;

	assert_string_equal(found(d, "Queen Anne met Bob", false), "Queen Anne|Bob");
	assert_string_equal(found(d, "Queen Anne of the North", false), "Queen Anne");
	assert_string_equal(found(d, "Anne of the North", false), "=Anne of the North");
	assert_string_equal(found(d, "The Who. 2 Fast. On 東京 War, and Peace", false),
		"The Who|2 Fast|東京|War, and Peace");
}

static void a_name_begins_with_a_capital_unless_a_question_has_none(void **state)
{
	struct desk *d = *state;

	assert_string_equal(found(d, "what did bob say", false), "");
	assert_string_equal(found(d, "What did bob say", true), "bob");
	assert_string_equal(found(d, "what did bob say to Eve", true), "");
	assert_string_equal(found(d, "is war and peace by Bob", true), "Bob");
}

static void a_name_is_the_whole_of_a_text_that_has_but_stop_words_beside_it(void **state)
{
	struct desk *d = *state;

	assert_string_equal(found(d, "bob", true), "=bob");
	assert_string_equal(found(d, "Who was Queen Anne, then?", true), "=Queen Anne");
	assert_string_equal(found(d, "what is war and peace about?", true), "=war and peace");
	assert_string_equal(found(d, "the who", true), "=the who");
	assert_string_equal(found(d, "who are the who?", true), "the who");
	assert_string_equal(found(d, "Queen Anne's war", true), "Queen Anne");
	assert_string_equal(found(d, "Bob and Queen Anne", true), "Bob|Queen Anne");
	assert_string_equal(found(d, "", true), "");
}

static bool never(void *ctx, const mn_candidate *c, size_t i)
{
	(void)c, (void)i;
	++*(size_t *)ctx;
	return false;
}

static void a_long_text_has_a_bounded_number_of_candidates(void **state)
{
	struct desk *d = *state;
	size_t n = 100000, asked = 0;
	char *text = malloc(n);
	mn_analysis a;

	assert_non_null(text);
	for (size_t i = 0; i < n; i += 2)
		memcpy(text + i, "X ", 2);
	a = analyze(d, &(mn_subject){.text = {text, n}, .want = MN_WANT_NAMES});
	assert_true(a.ncandidates > 1000 && a.ncandidates <= MN_CANDIDATES_MAX);
	assert_int_equal(mn_names_find(&a, never, &asked, NULL, 1), 0);
	assert_int_equal(asked, a.ncandidates);
	free(text);
}

/* ---- Hostile texts ------------------------------------------------------------------------ */

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Twice the text may take little more than twice the time: no pass is quadratic. */
static void time_grows_no_faster_than_the_text(void **state)
{
	static const char *const pieces[] = {"{", "[[", "Aa ", "Aa of ", "A", " of", "Aa , ",
		"last ", "x ago ", "a'", "1,", "111,", "?", "\xcc\x81", "か\xe3\x82\x99", "{a}",
		"A b ", "\xff", "for x ", "\n", "May 5 ", "5th of ", "ﷺ"};
	struct desk *d = *state;
	size_t most = 400000;
	char *text = malloc(most + 8);

	assert_non_null(text);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		double took[2] = {1e9, 1e9};
		size_t n = strlen(pieces[i]);

		for (size_t at = 0; at < most; at += n)
			memcpy(text + at, pieces[i], n);
		for (int try = 0; try < 4; try++) {
			mn_str part = {text, try % 2 ? most : most / 4};
			double start = seconds();

			analyze_text(d, part);
			start = seconds() - start;
			took[try % 2] = start < took[try % 2] ? start : took[try % 2];
			mn_call_reset(&d->call);
		}
		if (getenv("MN_FULL") || took[1] > 12 * took[0] + 0.005)
			print_error("\"%s\": %.1f ms, 4 times as much %.1f ms\n", pieces[i],
				took[0] * 1e3, took[1] * 1e3);
		assert_true(took[1] <= 12 * took[0] + 0.005);
	}
	free(text);
}

static void a_text_that_is_too_long_is_refused(void **state)
{
	struct desk *d = *state;
	mn_analysis a;
	mn_subject s = {.text = {"", ((size_t)16 << 20) + 1}, .want = ALL};

	assert_int_equal(mn_analyze(d->analyst, &d->call, &s, &a), MN_EINVAL);
	assert_string_equal(d->call.err->text, "the text is longer than 16 MiB");
}

/* ---- Memory that runs out ----------------------------------------------------------------- */

static long left; /* allocations that still succeed */

static void *failing(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	if (size == 0) {
		free(ptr);
		return NULL;
	}
	return left-- > 0 ? realloc(ptr, size) : NULL;
}

static int whole_life(const mn_subject *s)
{
	mn_analyst *analyst = NULL;
	mn_analysis a;
	mn_call call;
	int rc = mn_call_init(&call, NULL, 0);

	if (rc == MN_OK)
		rc = mn_analyst_new(&call, NULL, &analyst);
	for (int i = 0; i < 2 && rc == MN_OK; i++)
		rc = mn_analyze(analyst, &call, s, &a);
	mn_analyst_free(analyst);
	mn_call_done(&call);
	return rc;
}

static void every_failing_allocation_is_reported_and_leaks_nothing(void **state)
{
	static const mn_memory memory = {NULL, failing};
	mn_subject s = {
		.text = MN_STR("Ada Lovelace wrote {notes} on 東京 in May 1843, 1,000 of them?"),
		.speaker = MN_STR("Charles"),
		.want = ALL};
	long n = 0;
	int rc;

	(void)state;
	mn_memory_use(&memory);
	do {
		left = n++;
		rc = whole_life(&s);
		assert_true(rc == MN_OK || rc == MN_ENOMEM);
	} while (rc != MN_OK && n < 1000);
	mn_memory_use(NULL);
	assert_int_equal(rc, MN_OK);
	assert_true(n > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scanners_find_what_the_patterns_find),
		cmocka_unit_test(tables_of_the_language_are_in_order),
		cmocka_unit_test(stems_are_counted_in_the_order_they_are_met),
		cmocka_unit_test(a_speaker_comes_first_but_makes_no_pair),
		cmocka_unit_test(thousands_are_one_number),
		cmocka_unit_test(characters_without_spaces_are_stems_and_so_are_their_pairs),
		cmocka_unit_test(the_same_stem_has_the_same_id_until_the_analyst_forgets),
		cmocka_unit_test(an_analyst_forgets_before_it_grows_without_end),
		cmocka_unit_test(a_name_is_folded_words_without_the_note_behind_it),
		cmocka_unit_test(a_name_is_cut_between_words),
		cmocka_unit_test(spans_drop_leading_stop_words_and_short_ones),
		cmocka_unit_test(a_possessive_is_no_part_of_a_name),
		cmocka_unit_test(the_title_line_of_a_text_has_no_spans_and_no_candidates),
		cmocka_unit_test(links_are_braces_and_brackets_that_close),
		cmocka_unit_test(the_longest_known_name_is_taken_and_its_words_are_used_up),
		cmocka_unit_test(a_name_begins_with_a_capital_unless_a_question_has_none),
		cmocka_unit_test(a_name_is_the_whole_of_a_text_that_has_but_stop_words_beside_it),
		cmocka_unit_test(a_long_text_has_a_bounded_number_of_candidates),
		cmocka_unit_test(time_grows_no_faster_than_the_text),
		cmocka_unit_test(a_text_that_is_too_long_is_refused),
		cmocka_unit_test(every_failing_allocation_is_reported_and_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
