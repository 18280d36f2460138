/* SPDX-License-Identifier: MIT */
/* The words of a text as search sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "engine.h"
#include "text/words.h"

/* All words of a text joined by "|". */
static const char *words(const char *text)
{
	static char joined[4096];
	mn_words_walk w;
	size_t at = 0;

	mn_words_begin(&w, mn_str_of(text));
	while (mn_words_next(&w) && at + w.word.len + 2 < sizeof(joined)) {
		if (at)
			joined[at++] = '|';
		memcpy(joined + at, w.word.ptr, w.word.len);
		at += w.word.len;
	}
	joined[at] = '\0';
	return joined;
}

static void letters_and_digits_make_words_and_all_else_separates(void **state)
{
	(void)state;
	assert_string_equal(
		words("The C-64, isn't it? foo_bar 3.14"), "the|c|64|isn|t|it|foo|bar|3|14");
	assert_string_equal(words(""), "");
	assert_string_equal(words(" \n\t--!?"), "");
	assert_string_equal(words("caf\xff"
				  "e \xe2\x82"),
		"caf|e");
}

static void accents_and_case_and_width_make_no_difference(void **state)
{
	(void)state;
	assert_string_equal(words("Crème Brûlée"), "creme|brulee");
	assert_string_equal(words("Cre\xcc\x80me"), "creme"); /* the accent apart */
	assert_string_equal(words("STRASSE straße"), "strasse|strasse");
	assert_string_equal(words("ＡＢＣ１２"), "abc12");
	assert_string_equal(words("ﬁne Ⅳ x²"), "fine|iv|x2");
	assert_string_equal(words("ΣΊΣΥΦΟΣ σίσυφος"), "σισυφοσ|σισυφοσ");
	assert_string_equal(words("Москва́ Ёлка"), "москва|елка");
	assert_string_equal(words("co\xc2\xadop"), "coop"); /* a soft hyphen */
}

static void vowel_signs_of_indic_scripts_stay_in_the_word(void **state)
{
	(void)state;
	assert_string_equal(words("की का"), "की|का");
}

static void characters_without_spaces_come_one_by_one(void **state)
{
	(void)state;
	assert_string_equal(words("東京タワー2号"), "東|京|タ|ワ|ー|2|号");
	assert_string_equal(words("abc中文def"), "abc|中|文|def");
	assert_string_equal(words("한국어"), "한|국|어");
	assert_string_equal(words("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"), "한"); /* as jamo */
}

static void a_voiced_kana_is_another_kana_however_it_is_written(void **state)
{
	(void)state;
	assert_string_equal(words("が"), "が");
	assert_string_equal(words("か\xe3\x82\x99"), "が");
	assert_string_equal(words("ｶﾞﾊﾟ"), "ガ|パ");
	assert_string_equal(words("か"), "か");
}

static void a_place_is_given_in_bytes_of_the_text(void **state)
{
	mn_str text = mn_str_of("«Éa» 東b½c");
	mn_words_walk w;
	static const struct {
		const char *word, *raw;
		unsigned form;
	} want[] = {
		{"ea", "Éa", MN_WORD_CAPITAL},
		{"東", "東", MN_WORD_SINGLE},
		{"b1", "b½", MN_WORD_SMALL},
		{"2c", "½c", 0},
	};

	(void)state;
	mn_words_begin(&w, text);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		assert_true(mn_words_next(&w));
		assert_true(mn_str_is(w.word, want[i].word));
		assert_true(mn_str_is(mn_str_sub(text, w.from, w.to - w.from), want[i].raw));
		assert_int_equal(w.form, want[i].form);
	}
	assert_false(mn_words_next(&w));
	assert_false(mn_words_next(&w));
}

static void only_the_head_of_an_endless_word_counts(void **state)
{
	size_t n = 1 << 20;
	char *text = malloc(n);
	mn_words_walk w;

	(void)state;
	assert_non_null(text);
	memset(text, 'A', n);
	mn_words_begin(&w, (mn_str){text, n});
	assert_true(mn_words_next(&w));
	assert_int_equal(w.word.len, MN_WORD_MAX);
	assert_int_equal(w.to, n);
	assert_false(mn_words_next(&w));
	memcpy(text + n - 4, "\xf0\x9d\x94\x98", 4); /* a letter of four bytes at the cut */
	mn_words_begin(&w, (mn_str){text + n - 4 - MN_WORD_MAX + 2, MN_WORD_MAX + 2});
	assert_true(mn_words_next(&w));
	assert_int_equal(w.word.len, MN_WORD_MAX - 1); /* folded it is an "u" */
	free(text);
}

static int third(void *ctx, mn_str word, size_t from, size_t to)
{
	(void)word, (void)from, (void)to;
	return ++*(int *)ctx == 3 ? 7 : 0;
}

static void plugins_reach_the_same_words_as_a_service(void **state)
{
	const mn_words *s;
	mn_host host;
	int n = 0;

	(void)state;
	mn_host_init(&host);
	s = host.service(&host, "mn.words/1");
	assert_non_null(s);
	assert_true(MN_HAS(s, split));
	assert_int_equal(s->split(MN_STR("a b c d"), &n, third), 7);
	assert_int_equal(n, 3);
	assert_null(host.service(&host, "mn.words/2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_and_digits_make_words_and_all_else_separates),
		cmocka_unit_test(accents_and_case_and_width_make_no_difference),
		cmocka_unit_test(vowel_signs_of_indic_scripts_stay_in_the_word),
		cmocka_unit_test(characters_without_spaces_come_one_by_one),
		cmocka_unit_test(a_voiced_kana_is_another_kana_however_it_is_written),
		cmocka_unit_test(a_place_is_given_in_bytes_of_the_text),
		cmocka_unit_test(only_the_head_of_an_endless_word_counts),
		cmocka_unit_test(plugins_reach_the_same_words_as_a_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
