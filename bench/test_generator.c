/* SPDX-License-Identifier: MIT */
/* test_generator.c - what bench.h says of the generated graphs and memories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libstemmer.h>

#include "limits.h"

#define SIZE 5000

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void words_are_distinct(void **state)
{
	enum { MOST = WORDS + 5000 };
	char(*words)[WORD_ROOM] = calloc(MOST, sizeof(*words));

	(void)state;
	assert_non_null(words);
	for (uint64_t i = 0; i < MOST; i++) {
		const size_t n = word_of(i, words[i]);

		assert_int_equal(n, strlen(words[i]));
	}
	qsort(words, MOST, sizeof(*words), by_text);
	for (size_t i = 1; i < MOST; i++)
		assert_string_not_equal(words[i - 1], words[i]);
	free(words);
}

static void no_stemmer_changes_a_word(void **state)
{
	struct sb_stemmer *stemmer = sb_stemmer_new("english", "UTF_8");

	(void)state;
	assert_non_null(stemmer);
	for (uint64_t i = 0; i < WORDS; i++) {
		char word[WORD_ROOM];
		const size_t n = word_of(i, word);
		const sb_symbol *stem = sb_stemmer_stem(stemmer, (const sb_symbol *)word, (int)n);

		assert_int_equal(sb_stemmer_length(stemmer), n);
		assert_memory_equal(stem, word, n);
	}
	sb_stemmer_delete(stemmer);
}

static void a_seed_gives_the_same_graph_again(void **state)
{
	bool differs = false;

	(void)state;
	for (mn_id id = 1; id <= SIZE; id++) {
		struct synth_out a, b, other;

		synth_synapses(id, SIZE, 1, &a);
		synth_synapses(id, SIZE, 1, &b);
		synth_synapses(id, SIZE, 2, &other);
		for (int i = 0; i < SYNTH_SYNAPSES; i++) {
			assert_int_equal(a.to[i], b.to[i]);
			assert_true(a.base[i] == b.base[i]);
			differs |= a.to[i] != other.to[i];
		}
	}
	assert_true(differs);
}

static void a_memory_has_the_words_of_its_concepts(void **state)
{
	const uint64_t concepts = synth_concepts(SIZE);
	unsigned involved = 0;

	(void)state;
	for (mn_id id = concepts + 1; id <= SIZE; id++) {
		char text[SYNTH_TEXT], word[WORD_ROOM];
		struct synth_out k;

		synth_synapses(id, SIZE, SYNTH_SEED, &k);
		synth_text(id, SIZE, SYNTH_SEED, text);
		for (int i = 0; i < SYNTH_SYNAPSES; i++) {
			if (k.to[i] > concepts)
				continue;
			word_of(k.to[i] - 1, word);
			assert_non_null(strstr(text, word));
			involved++;
		}
	}
	assert_true(involved > SIZE);
}

static void a_twentieth_of_the_synapses_meets_ten_hubs(void **state)
{
	unsigned met = 0;

	(void)state;
	for (mn_id id = 1; id <= SIZE; id++) {
		struct synth_out k;

		synth_synapses(id, SIZE, SYNTH_SEED, &k);
		for (int i = 0; i < SYNTH_SYNAPSES; i++) {
			assert_int_not_equal(k.to[i], id);
			assert_in_range(k.to[i], 1, SIZE);
			met += k.to[i] <= 10;
		}
	}
	/* Half of the ends, ln 2 of ln 501 of them: 5.6 %, and 0.1 % of the other half. */
	assert_in_range(met, SIZE * SYNTH_SYNAPSES * 50 / 1000, SIZE * SYNTH_SYNAPSES * 62 / 1000);
}

static void arrays_have_each_synapse_in_both_lists_heaviest_first(void **state)
{
	struct bench b = {.title = "test"};
	struct csr g;
	double out = 0, in = 0;

	(void)state;
	assert_int_equal(csr_make(&b, SIZE, &g), 0);
	assert_int_equal(g.start[SIZE], 2 * SIZE * SYNTH_SYNAPSES);
	for (mn_id id = 1; id <= SIZE; id++) {
		struct synth_out k;

		synth_synapses(id, SIZE, SYNTH_SEED, &k);
		for (int i = 0; i < SYNTH_SYNAPSES; i++)
			out += k.base[i] * (double)(id + k.to[i]);
		for (uint64_t i = g.start[id - 1]; i < g.start[id]; i++) {
			in += (double)g.at[i].weight * (double)(g.at[i].far + 1);
			assert_true(i == g.start[id - 1] || g.at[i - 1].weight >= g.at[i].weight);
		}
	}
	assert_true(out == in); /* weights have 12 bits: sums are exact */
	csr_free(&g);
}

static void every_planted_fact_has_a_name_and_a_place_of_its_own(void **state)
{
	enum { MOST = 5000 };
	static char names[MOST][32], places[MOST][32];
	size_t n = 0;

	(void)state;
	for (uint64_t i = 0; n < MOST; i++) {
		struct corpus_fact fact;
		char text[CORPUS_ROOM];

		if (!corpus_fact_at(i, &fact))
			continue;
		corpus_text(i, text);
		assert_non_null(strstr(text, fact.who));
		assert_non_null(strstr(text, fact.where));
		memcpy(names[n], fact.who, sizeof(fact.who));
		memcpy(places[n++], fact.where, sizeof(fact.where));
	}
	qsort(names, MOST, sizeof(*names), by_text);
	qsort(places, MOST, sizeof(*places), by_text);
	for (size_t i = 1; i < MOST; i++) {
		assert_string_not_equal(names[i - 1], names[i]);
		assert_string_not_equal(places[i - 1], places[i]);
	}
}

static void memories_have_84_bytes_and_the_first_word_is_in_an_eighth(void **state)
{
	enum { MOST = 20000 };
	double bytes = 0;
	unsigned with = 0;
	char word[WORD_ROOM];

	(void)state;
	word_of(0, word);
	for (uint64_t i = 0; i < MOST; i++) {
		char text[CORPUS_ROOM];

		bytes += (double)corpus_text(i, text);
		with += strstr(text, word) != NULL;
	}
	assert_in_range((uint64_t)(bytes / MOST), 83, 85);
	assert_in_range(with, MOST * 11 / 100, MOST * 14 / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_distinct),
		cmocka_unit_test(no_stemmer_changes_a_word),
		cmocka_unit_test(a_seed_gives_the_same_graph_again),
		cmocka_unit_test(a_memory_has_the_words_of_its_concepts),
		cmocka_unit_test(a_twentieth_of_the_synapses_meets_ten_hubs),
		cmocka_unit_test(arrays_have_each_synapse_in_both_lists_heaviest_first),
		cmocka_unit_test(every_planted_fact_has_a_name_and_a_place_of_its_own),
		cmocka_unit_test(memories_have_84_bytes_and_the_first_word_is_in_an_eighth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
