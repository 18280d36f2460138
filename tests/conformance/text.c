/* SPDX-License-Identifier: MIT */
/* text.c - claims about stored text and about finding neurons by their words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static mn_query words(mn_str text)
{
	mn_query q = MN_SIZED(mn_query);

	q.kind = MN_NEURON;
	q.text = text;
	return q;
}

static int by_id(const void *a, const void *b)
{
	const mn_id x = *(const mn_id *)a, y = *(const mn_id *)b;

	return (x > y) - (x < y);
}

/* What a search finds, by id: ranks may differ between stores. */
static struct ids found(struct room *r, const char *text)
{
	mn_query q = words(mn_str_of(text));
	struct ids ids = scan_ids(r, &q, 3);

	qsort(ids.at, ids.n, sizeof(*ids.at), by_id);
	return ids;
}

static const char *const texts[] = {
	"The quick brown fox",
	"the quick red fox jumps",
	"a fox is quick to learn",
	"nothing of the kind",
	"Stra\xc3\x9f"
	"e und Caf\xc3\xa9",
	"\xe7\x8c\xab\xe3\x81\x8c\xe5\xa5\xbd\xe3\x81\x8d", /* I like cats */
	"\xe7\x8a\xac\xe3\x81\x8c\xe5\xa5\xbd\xe3\x81\x8d", /* I like dogs */
	"error 404: not found (see RFC-7231)",
	"100% sure_thing",
	"AND OR NOT NEAR",
};

static void write_texts(struct room *r)
{
	struct batch b = {0};

	needs(r, MN_CAP_TEXT);
	for (size_t i = 0; i < COUNT(texts); i++)
		batch_neuron(&b, N(i), i % 2 ? MN_CONCEPT : MN_MEMORY, texts[i]);
	batch_apply(r, &b);
}

static void every_word_must_occur(void **state)
{
	struct room *r = *state;

	write_texts(r);
	ids_are(found(r, "fox"), N(0), N(1), N(2));
	ids_are(found(r, "fox quick"), N(0), N(1), N(2));
	ids_are(found(r, "red fox"), N(1));
	ids_are(found(r, "red learn"));
	ids_are(found(r, "absent"));
}

static void words_are_found_whatever_their_case(void **state)
{
	struct room *r = *state;

	write_texts(r);
	ids_are(found(r, "QUICK Brown"), N(0));
	ids_are(found(r, "THE"), N(0), N(1), N(3));
	ids_are(found(r, "strasse"), N(4));
	ids_are(found(r, "cafe"), N(4));
	ids_are(found(r, "cafe\xcc\x81"), N(4));
}

static void the_last_word_may_be_a_beginning(void **state)
{
	struct room *r = *state;

	write_texts(r);
	ids_are(found(r, "qui"), N(0), N(1), N(2));
	ids_are(found(r, "quick bro"), N(0));
	ids_are(found(r, "bro quick")); /* the first must be whole */
	ids_are(found(r, "uick"));
}

static void quotes_make_a_phrase(void **state)
{
	struct room *r = *state;

	write_texts(r);
	ids_are(found(r, "\"quick brown fox\""), N(0));
	ids_are(found(r, "\"fox quick\""));
	ids_are(found(r, "\"the quick\" fox"), N(0), N(1));
	ids_are(found(r, "fox \"the quick\""), N(0), N(1));
}

static void one_character_of_chinese_or_japanese_is_a_word(void **state)
{
	struct room *r = *state;

	write_texts(r);
	ids_are(found(r, "\xe7\x8c\xab"), N(5));
	ids_are(found(r, "\xe5\xa5\xbd"), N(5), N(6));
	ids_are(found(r, "\xe7\x8a\xac\xe3\x81\x8c"), N(6));
	ids_are(found(r, "\xe9\xb3\xa5")); /* bird */
}

static void punctuation_is_not_a_language(void **state)
{
	struct room *r = *state;

	write_texts(r);
	ids_are(found(r, "rfc-7231"), N(7));
	ids_are(found(r, "(see"), N(7));
	ids_are(found(r, "error: 404"), N(7));
	ids_are(found(r, "sure_thing"), N(8));
	ids_are(found(r, "sure*"), N(8));
	ids_are(found(r, "AND"), N(9));
	ids_are(found(r, "or not near"), N(9));
	ids_are(found(r, "fox OR nothing"));
	ids_are(found(r, "NOT fox"));
	ids_are(found(r, "-fox"), N(0), N(1), N(2));
	ids_are(found(r, "text:fox"));
	ids_are(found(r, "^fox"), N(0), N(1), N(2));
}

static const char *const nothing[] = {"\"", "\"\"", "\"\"\"", "*", "**", "-", "+", "(", ")", "()",
	"^", ":", "'", "''", "%", "_", "\\", "\"*\"", " ", "\t\n", "...", "\xc2\xa0", "{}", "[",
	"]", "&", "|", "!", "~", "@", "#", "$", ",", ";", "/", "?", "=", "<>", "\xe3\x80\x82",
	"\xe2\x80\x8b"};

static void a_text_without_a_word_finds_nothing(void **state)
{
	struct room *r = *state;

	write_texts(r);
	for (size_t i = 0; i < COUNT(nothing); i++)
		ids_are(found(r, nothing[i]));
}

static const char *const hostile[] = {"NEAR(fox, 2)", "NEAR(", "fox AND", "AND AND", "OR",
	"fox NOT", "\"fox", "fox\"", "fox\"\"quick", "\"fox\" AND \"quick\"",
	"{fox quick}:", "a:b:c", "neuron:fox", "rowid:1", "fox + quick", "fox ^ quick", "(fox",
	"fox)", "((((((((((", "fox*quick*", "*fox", "f*x", "'; DROP TABLE neuron; --",
	"x' OR '1'='1", "%fox%", "f_x", "\\", "fox\\", "\x01\x02",
	"\xef\xbb\xbf"
	"fox",
	"\xf0\x9f\xa6\x8a", "e\xcc\x81\xcc\x81\xcc\x81", "\xd8\xa7\xd9\x84", "fox\n\nquick",
	"-- fox", "/* fox */", "%s%s%s%n", "$(id)", "`id`"};

static void a_hostile_text_is_only_words(void **state)
{
	struct room *r = *state;
	char *before;

	write_texts(r);
	before = dump(r);
	for (size_t i = 0; i < COUNT(hostile); i++)
		found(r, hostile[i]);
	still(r, before);
}

static void a_search_of_bytes_that_are_no_text_harms_nothing(void **state)
{
	struct room *r = *state;
	const mn_str bad[] = {MN_STR("\xff"), MN_STR("fox\0quick"), MN_STR("\xed\xa0\x80"),
		MN_STR("fox \xc0\x80"), MN_STR("\0")};

	write_texts(r);
	for (size_t i = 0; i < COUNT(bad); i++) {
		mn_query q = words(bad[i]);
		mn_cursor *cursor;
		mn_page p = MN_SIZED(mn_page);
		int status = r->be->scan(r->db, &r->call, r->brain, &q, &cursor);

		if (status == MN_OK) {
			ok(r, r->be->next(cursor, &r->call, 10, &p));
			r->be->done(cursor);
		} else {
			expect_status(r, status, MN_EINVAL);
		}
	}
	ids_are(found(r, "brown"), N(0));
}

/* It is answered, or refused as too long. */
static void try_long(struct room *r, const char *text, size_t hits)
{
	mn_query q = words(mn_str_of(text));
	mn_cursor *cursor;
	int status = r->be->scan(r->db, &r->call, r->brain, &q, &cursor);

	if (status != MN_OK) {
		expect_status(r, status, MN_EINVAL);
		return;
	}
	r->be->done(cursor);
	assert_int_equal(found(r, text).n, hits);
}

static void a_very_long_search_ends(void **state)
{
	struct room *r = *state;
	enum { LONG = 20000 };
	char *text = malloc(LONG * 4 + 1);

	write_texts(r);
	text[LONG * 4] = '\0';
	for (int i = 0; i < LONG; i++)
		memcpy(text + 4L * i, "fox ", 4);
	try_long(r, text, 3);
	for (int i = 0; i < LONG; i++)
		memcpy(text + 4L * i, "\"x\" ", 4);
	try_long(r, text, 0);
	memset(text, 'q', LONG * 4);
	try_long(r, text, 0);
	free(text);
}

static void a_search_is_filtered_and_paged_like_any_scan(void **state)
{
	struct room *r = *state;
	uint16_t memory = MN_MEMORY;
	mn_query q = words(MN_STR("quick"));
	struct ids all_of_them, pages = {.n = 0};
	mn_page p = MN_SIZED(mn_page);
	mn_cursor *cursor;

	write_texts(r);
	all_of_them = scan_ids(r, &q, 100);
	assert_int_equal(all_of_them.n, 3);
	ids_have(scan_ids(r, &q, 1), all_of_them.at, 3, __FILE__, __LINE__);
	while (!p.last) {
		p = MN_SIZED(mn_page);
		ok(r, r->be->scan(r->db, &r->call, r->brain, &q, &cursor));
		ok(r, r->be->next(cursor, &r->call, 1, &p));
		r->be->done(cursor);
		if (p.rows.n)
			pages.at[pages.n++] = p.rows.at.neuron->id;
		q.after = p.resume;
	}
	ids_have(pages, all_of_them.at, 3, __FILE__, __LINE__);
	q = words(MN_STR("quick"));
	q.limit = 2;
	ids_have(scan_ids(r, &q, 1), all_of_them.at, 2, __FILE__, __LINE__);
	q.limit = 0;
	q.types = &memory;
	q.ntypes = 1;
	assert_int_equal(scan_ids(r, &q, 2).n, 2); /* N(0) and N(2) */
}

/* Every page anew, from where the one before ended; each must find what no other did. */
static size_t count_pages(struct room *r, const char *text, bool *seen, size_t most)
{
	mn_query q = words(mn_str_of(text));
	mn_page p = MN_SIZED(mn_page);
	mn_cursor *cursor;
	size_t n = 0;

	while (!p.last) {
		p = MN_SIZED(mn_page);
		ok(r, r->be->scan(r->db, &r->call, r->brain, &q, &cursor));
		ok(r, r->be->next(cursor, &r->call, 500, &p));
		r->be->done(cursor);
		for (size_t i = 0; i < p.rows.n; i++) {
			const mn_id at = p.rows.at.neuron[i].id - N(0);

			assert_true(at < most);
			assert_false(seen[at]);
			seen[at] = true;
			n++;
		}
		q.after = p.resume;
	}
	return n;
}

static void what_thousands_have_is_found_page_by_page(void **state)
{
	struct room *r = *state;
	enum { MANY = 3000 };
	static char written[MANY][32];
	static const char *const names[] = {"Zebra", "zebra", "ZEBRA", "old zebra"};
	static const struct {
		const char *text;
		size_t hits; /* of MANY */
	} asked[] = {{"z", MANY}, {"ze", MANY}, {"zebra", MANY}, {"\"zebra\"", MANY},
		{"old zebra", MANY / 4}, {"zebra o", MANY / 4}, {"zebra z", MANY},
		{"zebra 17", 111}, {"zebra q", 0}};
	struct batch b = {0};

	needs(r, MN_CAP_TEXT);
	for (int i = 0; i < MANY; i++) {
		snprintf(written[i], sizeof(*written), "%s %d", names[i % 4], i);
		batch_neuron(&b, N(i), i % 3 ? MN_CONCEPT : MN_MEMORY, written[i]);
		if (i % 1000 == 999)
			batch_apply(r, &b);
	}
	for (size_t i = 0; i < COUNT(asked); i++) {
		bool seen[MANY] = {false};

		assert_int_equal(count_pages(r, asked[i].text, seen, MANY), asked[i].hits);
	}
}

static void words_follow_their_neuron(void **state)
{
	struct room *r = *state;
	struct batch b = {0};
	mn_neuron n = neuron(N(0), MN_MEMORY, "the slow brown bear");

	write_texts(r);
	batch_row(&b, MN_PUT, MN_NEURON, &n);
	batch_drop(&b, MN_NEURON, N(1));
	batch_neuron(&b, N(50), MN_CONCEPT, "fox anew");
	batch_apply(r, &b);
	ids_are(found(r, "fox"), N(2), N(50));
	ids_are(found(r, "bear"), N(0));
	ids_are(found(r, "brown"), N(0));
	ids_are(found(r, "jumps"));
}

static void only_neurons_are_searched(void **state)
{
	struct room *r = *state;
	static const int kinds[] = {MN_STATE, MN_SYNAPSE, MN_FIBER};

	write_texts(r);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		mn_query q = words(MN_STR("fox"));
		mn_cursor *cursor;

		q.kind = kinds[i];
		expect_status(r, r->be->scan(r->db, &r->call, r->brain, &q, &cursor), MN_EINVAL);
	}
}

static void a_mebibyte_of_text_is_kept_to_the_byte(void **state)
{
	struct room *r = *state;
	enum { BYTES = 1 << 20 };
	struct batch b = {0};
	char *text = malloc(BYTES + 1);
	mn_neuron n = neuron(N(0), MN_MEMORY, "");
	uint64_t seed = 77;

	assert_non_null(text);
	for (size_t i = 0; i < BYTES; i++)
		text[i] = (char)(dice_below(&seed, 6) ? 'a' + dice_below(&seed, 26) : ' ');
	memcpy(text + BYTES - 10, " lastword ", 10);
	n.text = n.meta = (mn_str){text, BYTES};
	batch_row(&b, MN_ADD, MN_NEURON, &n);
	n.id = N(1);
	n.type = MN_CONCEPT;
	batch_row(&b, MN_ADD, MN_NEURON, &n);
	batch_apply(r, &b);
	assert_true(mn_str_eq(get_neuron(r, N(0))->text, n.text));
	assert_true(mn_str_eq(get_neuron(r, N(0))->meta, n.meta));
	n.text.len--;
	batch_row(&b, MN_PUT, MN_NEURON, &n);
	batch_apply(r, &b);
	assert_int_equal(get_neuron(r, N(1))->text.len, BYTES - 1);
	if (r->info.caps & MN_CAP_TEXT)
		ids_are(found(r, "lastword"), N(0), N(1));
	free(text);
}

static void strange_but_valid_text_is_kept_to_the_byte(void **state)
{
	struct room *r = *state;
	static const char *const odd[] = {"\x01\x02\x1b[31m\x7f", "\xc2\x85\xc2\x9b",
		"\xe2\x80\xae", "\xef\xbf\xbd", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf", "e\xcc\x81",
		"\xc3\xa9", "\xf3\xa0\x80\x81", "\r\n", " ", "'", "\"", "\\", "{}", "%s%n"};
	struct batch b = {0};

	for (size_t i = 0; i < COUNT(odd); i++)
		batch_neuron(&b, N(i), MN_CONCEPT, odd[i]);
	batch_apply(r, &b);
	for (size_t i = 0; i < COUNT(odd); i++) {
		assert_true(mn_str_is(get_neuron(r, N(i))->text, odd[i]));
		assert_int_equal(look_up(r, MN_CONCEPT, odd[i]), N(i));
	}
}

static const struct CMUnitTest all[] = {
	claim(every_word_must_occur),
	claim(words_are_found_whatever_their_case),
	claim(the_last_word_may_be_a_beginning),
	claim(quotes_make_a_phrase),
	claim(one_character_of_chinese_or_japanese_is_a_word),
	claim(punctuation_is_not_a_language),
	claim(a_text_without_a_word_finds_nothing),
	claim(a_hostile_text_is_only_words),
	claim(a_search_of_bytes_that_are_no_text_harms_nothing),
	claim(a_very_long_search_ends),
	claim(a_search_is_filtered_and_paged_like_any_scan),
	claim(what_thousands_have_is_found_page_by_page),
	claim(words_follow_their_neuron),
	claim(only_neurons_are_searched),
	claim(a_mebibyte_of_text_is_kept_to_the_byte),
	claim(strange_but_valid_text_is_kept_to_the_byte),
};
const struct claims text_claims = {"text", all, COUNT(all), false};
