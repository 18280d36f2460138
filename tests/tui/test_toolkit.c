/* SPDX-License-Identifier: MIT */
/* What the screens are made of, without a terminal: text, keys, lines, lists, matching. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "cell.h"
#include "tui/fuzzy.h"
#include "tui/keymap.h"
#include "tui/line.h"
#include "tui/list.h"
#include "tui/text.h"

/* ---- Text --------------------------------------------------------------------------------- */

static void columns_are_counted_as_the_terminal_shows_them(void **state)
{
	static const struct {
		const char *text;
		int columns;
	} cases[] = {{"", 0}, {"bug", 3}, {"h\xc3\xa9llo", 5}, {"e\xcc\x81", 1},
		{"\xe8\x99\xab", 2}, {"\x1b[2J", 7}, {"\xe2\x80\xae", 8}, {"a\tb", 3}, {"\xff", 4}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(mn_text_width(mn_str_of(cases[i].text)), cases[i].columns);
}

static void a_text_cut_in_its_middle_keeps_both_ends(void **state)
{
	static const struct {
		const char *text;
		int width;
		const char *cut;
	} cases[] = {{"sqlite:/a", 9, "sqlite:/a"}, {"sqlite:/abc", 9, "sqli\xe2\x80\xa6/abc"},
		{"sqlite:/abc", 8,
			"sqli\xe2\x80\xa6"
			"abc"},
		{"\xe8\x99\xab\xe8\x99\xab\xe8\x99\xab", 5, "\xe8\x99\xab\xe2\x80\xa6\xe8\x99\xab"},
		{"abc", 1, "\xe2\x80\xa6"}, {"", 3, ""}};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(
			mn_text_middle(mn_str_of(cases[i].text), cases[i].width, out, sizeof(out)),
			cases[i].cut);
}

static void a_text_that_is_cut_short_says_so(void **state)
{
	char out[16];

	(void)state;
	mn_text_brief(MN_STR("fifteen letters"), out, sizeof(out));
	assert_string_equal(out, "fifteen letters");
	mn_text_brief(MN_STR("sixteen of them!"), out, sizeof(out));
	assert_string_equal(out, "sixteen of t…");
	mn_text_brief(MN_STR("eleven: ei\u00e9\u00e9\u00e9"), out, sizeof(out));
	assert_string_equal(out, "eleven: eié…");
	mn_text_brief(MN_STR("a title \x1b[31m"), out, sizeof(out));
	assert_string_equal(out, "a title \\x1b…");
	mn_text_brief(MN_STR(""), out, sizeof(out));
	assert_string_equal(out, "");
}

static void what_is_indented_does_not_begin_with_an_empty_line(void **state)
{
	const mn_str text = MN_STR("  incomprehensible");
	size_t at = 0;

	(void)state;
	assert_true(mn_str_is(mn_text_line(text, 10, &at), "  incompre"));
	assert_true(mn_str_is(mn_text_line(text, 10, &at), "hensible"));
}

static void lines_break_at_spaces_and_newlines_and_lose_nothing_else(void **state)
{
	static const char *const expected[] = {"the quick", "brown", "fox", "", "incomprehe",
		"nsibility", "\xe8\x99\xab\xe8\x99\xab\xe8\x99\xab\xe8\x99\xab\xe8\x99\xab",
		"\xe8\x99\xab"};
	mn_str text = mn_str_of(
		"the quick brown\nfox\n\nincomprehensibility "
		"\xe8\x99\xab\xe8\x99\xab\xe8\x99\xab\xe8\x99\xab\xe8\x99\xab\xe8\x99\xab");
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		mn_str line = mn_text_line(text, 10, &at);

		assert_true(mn_str_is(line, expected[i]));
	}
	assert_int_equal(at, text.len);
}

static void a_line_always_makes_progress(void **state)
{
	mn_str text = mn_str_of("\x1b\x1b  \xe8\x99\xab\xff x");

	(void)state;
	for (int width = 0; width < 6; width++) {
		size_t at = 0, before = 0;

		for (int n = 0; at < text.len; n++) {
			assert_true(n < 100);
			mn_text_line(text, width, &at);
			assert_true(at > before);
			before = at;
		}
	}
}

static void numbers_are_short_and_say_what_they_are(void **state)
{
	char n[32];

	(void)state;
	assert_string_equal(mn_text_count(0, n, 32), "0");
	assert_string_equal(mn_text_count(999, n, 32), "999");
	assert_string_equal(mn_text_count(19402, n, 32), "19,402");
	assert_string_equal(mn_text_count(1234567890, n, 32), "1,234,567,890");
	assert_string_equal(mn_text_bytes(0, n, 32), "0 B");
	assert_string_equal(mn_text_bytes(1900000, n, 32), "1.9 MB");
	assert_string_equal(mn_text_bytes(268435456, n, 32), "268 MB");
	assert_string_equal(mn_text_span(410, n, 32), "0.41 ms");
	assert_string_equal(mn_text_span(2100000, n, 32), "2.1 s");
	assert_string_equal(mn_text_weight(.824, n, 32), ".82");
	assert_string_equal(mn_text_weight(.999, n, 32), "1.00");
	assert_string_equal(mn_text_weight(12.34, n, 32), "12.3");
	assert_string_equal(mn_text_ago(1000000, 0, n, 32), "just now");
	assert_string_equal(mn_text_ago(INT64_C(259200000000), 0, n, 32), "3 d ago");
}

static void drawing_has_a_stand_in_of_one_column(void **state)
{
	(void)state;
	for (wchar_t c = 0x2500; c < 0x2580; c++)
		assert_true(mn_glyph_ascii(c) < 0x80);
	for (wchar_t c = 0x2800; c < 0x2900; c++)
		assert_true(mn_glyph_ascii(c) < 0x80);
	assert_int_equal(mn_glyph_ascii(L'\u00e9'), L'\u00e9');
	assert_int_equal(mn_glyph_narrow(L'\u00e9'), L'e');
	assert_int_equal(mn_glyph_narrow(L'\u866b'), L'?');
}

/* ---- Keys --------------------------------------------------------------------------------- */

static void every_key_has_a_name_that_leads_back_to_it(void **state)
{
	static const char *const names[] = {"enter", "esc", "tab", "space", "G", "?", "ctrl-r",
		"f1", "f12", "alt-left", "shift-tab", "pgdn", "\xc3\xa9", "alt-x", "/"};
	char name[32];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		mn_stroke s = mn_stroke_read(names[i], strlen(names[i]));

		assert_true(s != MN_STROKE_NONE);
		assert_string_equal(mn_stroke_name(s, false, name, sizeof(name)), names[i]);
	}
	assert_int_equal(mn_stroke_read("f99", 3), MN_STROKE_NONE);
	assert_int_equal(mn_stroke_read("nonsense", 8), MN_STROKE_NONE);
	assert_int_equal(mn_stroke_read("", 0), MN_STROKE_NONE);
}

static void no_key_starts_two_actions_on_one_screen(void **state)
{
	mn_keymap m;

	(void)state;
	mn_keymap_init(&m);
	assert_true(m.n > 40);
	for (size_t i = 0; i < m.n; i++)
		for (size_t k = i + 1; k < m.n; k++)
			if (m.at[i].stroke == m.at[k].stroke)
				assert_int_equal(m.at[i].action->scope & m.at[k].action->scope
							 & MN_ON_SCREENS,
					0);
}

static void no_two_actions_have_one_name(void **state)
{
	const mn_action *a, *b;

	(void)state;
	for (size_t i = 0; (a = mn_action_at(i)); i++)
		for (size_t k = i + 1; (b = mn_action_at(k)); k++)
			if (strcmp(a->name, b->name) == 0)
				fail_msg("there are two actions \"%s\"", a->name);
}

static void a_person_can_give_a_key_to_another_action(void **state)
{
	mn_error err = MN_SIZED(mn_error);
	mn_keymap m;

	(void)state;
	mn_keymap_init(&m);
	assert_string_equal(mn_keymap_find(&m, 'q', MN_ON_RECALL)->name, "quit");
	assert_int_equal(mn_keymap_line(&m, MN_STR("q f9 = why"), &err), MN_OK);
	assert_string_equal(mn_keymap_find(&m, 'q', MN_ON_RECALL)->name, "why");
	assert_string_equal(mn_keymap_find(&m, 'q', MN_ON_BRAINS)->name, "quit");
	assert_int_equal(mn_keymap_line(&m, MN_STR("q ="), &err), MN_OK);
	assert_null(mn_keymap_find(&m, 'q', MN_ON_RECALL));
	assert_int_equal(mn_keymap_line(&m, MN_STR("  # nothing"), &err), MN_OK);
	assert_int_equal(mn_keymap_line(&m, MN_STR("hyper-q = quit"), &err), MN_EINVAL);
	assert_non_null(strstr(err.text, "hyper-q"));
	assert_int_equal(mn_keymap_line(&m, MN_STR("q = fly"), &err), MN_EINVAL);
	assert_int_equal(mn_keymap_line(&m, MN_STR("quit"), &err), MN_EINVAL);
}

static void a_bad_line_of_the_key_file_is_named_by_its_number(void **state)
{
	char path[] = "/tmp/mn-keys-XXXXXX";
	mn_error err = MN_SIZED(mn_error);
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");
	mn_keymap m;

	(void)state;
	assert_non_null(f);
	fputs("# mine\nf9 = quit\nf8 = nowhere\n", f);
	fclose(f);
	mn_keymap_init(&m);
	assert_int_equal(mn_keymap_read(&m, path, &err), MN_EINVAL);
	assert_non_null(strstr(err.text, "line 3"));
	unlink(path);
	assert_int_equal(mn_keymap_read(&m, path, &err), MN_OK);
}

/* ---- A line that is typed ----------------------------------------------------------------- */

static void type(mn_line *l, const char *text)
{
	for (; *text; text++)
		mn_line_key(l, (mn_stroke)(unsigned char)*text);
}

static void a_line_is_edited_as_in_a_shell(void **state)
{
	mn_line l = {.len = 0};

	(void)state;
	type(&l, "hello big world");
	mn_line_key(&l, MN_STROKE_CTRL('w'));
	assert_string_equal(l.text, "hello big ");
	mn_line_key(&l, MN_STROKE_CTRL('a'));
	mn_line_key(&l, 'X');
	assert_string_equal(l.text, "Xhello big ");
	mn_line_key(&l, MN_STROKE_CTRL('k'));
	assert_string_equal(l.text, "X");
	mn_line_key(&l, MN_STROKE_CTRL('u'));
	assert_int_equal(l.len, 0);
	assert_int_equal(mn_line_key(&l, MN_STROKE_ENTER), MN_LINE_PASSED);
}

static void a_character_is_never_cut_in_two(void **state)
{
	mn_line l = {.len = 0};

	(void)state;
	mn_line_key(&l, 'a');
	mn_line_key(&l, 0x866b);
	mn_line_key(&l, 'e');
	mn_line_key(&l, 0x301); /* an accent on the e: one character to the person */
	mn_line_key(&l, MN_STROKE_BACKSPACE);
	assert_string_equal(l.text, "a\xe8\x99\xab");
	mn_line_key(&l, MN_STROKE_BACKSPACE);
	assert_string_equal(l.text, "a");
}

static void a_full_line_takes_no_more(void **state)
{
	mn_line l = {.len = 0};

	(void)state;
	for (int i = 0; i < MN_LINE_MOST + 50; i++)
		mn_line_key(&l, 'x');
	assert_int_equal(l.len, MN_LINE_MOST);
	mn_line_set(&l, (mn_str){l.text, MN_LINE_MOST});
	assert_int_equal(l.len, MN_LINE_MOST);
}

static void history_goes_back_and_forth(void **state)
{
	mn_history h = {.n = 0};
	mn_line l = {.history = &h};

	(void)state;
	mn_history_add(&h, MN_STR("one"));
	mn_history_add(&h, MN_STR("two"));
	mn_history_add(&h, MN_STR("two"));
	assert_int_equal(h.n, 2);
	mn_line_key(&l, MN_STROKE_CTRL('p'));
	assert_string_equal(l.text, "two");
	mn_line_key(&l, MN_STROKE_CTRL('p'));
	mn_line_key(&l, MN_STROKE_CTRL('p'));
	assert_string_equal(l.text, "one");
	mn_line_key(&l, MN_STROKE_CTRL('n'));
	mn_line_key(&l, MN_STROKE_CTRL('n'));
	assert_string_equal(l.text, "");
	for (int i = 0; i < 3 * MN_HISTORY_MOST; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%d", i);
		mn_history_add(&h, mn_str_of(text));
	}
	assert_int_equal(h.n, MN_HISTORY_MOST);
	mn_history_free(&h);
}

/* ---- Lists and matching ------------------------------------------------------------------- */

static void the_cursor_of_a_list_stays_in_it_and_in_sight(void **state)
{
	mn_list l = {.n = 0};
	unsigned seed = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		static const mn_stroke keys[] = {
			'j', 'k', 'g', 'G', MN_STROKE_CTRL('d'), MN_STROKE_CTRL('u')};
		size_t top;
		int height;

		seed = seed * 1103515245 + 12345;
		if (seed >> 16 & 1)
			mn_list_resize(&l, seed >> 20 & 63);
		mn_list_key(&l, keys[(seed >> 8) % 6]);
		height = (int)(seed >> 12 & 15) + 1;
		top = mn_list_show(&l, height);
		assert_true(l.n == 0 ? l.at == 0 : l.at < l.n);
		assert_true(top <= l.at && l.at < top + (size_t)height);
	}
}

static void letters_in_order_match_and_words_win(void **state)
{
	uint64_t hits;

	(void)state;
	assert_int_equal(mn_fuzzy(MN_STR("xyz"), MN_STR("brain create"), NULL), -1);
	assert_int_equal(mn_fuzzy(MN_STR(""), MN_STR("anything"), NULL), 0);
	assert_true(mn_fuzzy(MN_STR("brc"), MN_STR("brain create"), &hits) >= 0);
	assert_int_equal(hits, (1 << 0) | (1 << 1) | (1 << 6));
	assert_true(mn_fuzzy(MN_STR("why"), MN_STR("why"), NULL)
		    > mn_fuzzy(MN_STR("why"), MN_STR("why not"), NULL));
	assert_true(mn_fuzzy(MN_STR("st"), MN_STR("step"), NULL)
		    > mn_fuzzy(MN_STR("st"), MN_STR("last one"), NULL));
	assert_true(mn_fuzzy(MN_STR("WHY"), MN_STR("why"), NULL) > 0);
}

/* ---- Cells -------------------------------------------------------------------------------- */

#define NODE(key, text)                                                 \
	"{\"elementId\":\"" key "\",\"labels\":[\"L\"],\"properties\":" \
	"{\"id\":1,\"text\":\"" text "\"}}"
#define LINK(from) \
	"{\"elementId\":\"9\",\"startNodeElementId\":\"" from "\",\"type\":\"T\",\"properties\":{}}"

static void a_path_is_read_with_its_arrows_and_another_list_as_it_is(void **state)
{
	static const struct {
		const char *json, *text;
	} cases[] = {
		{"[" NODE("1", "a") "," LINK("1") "," NODE("2", "b") "]", "(L) a -[T]-> (L) b"},
		{"[" NODE("1", "a") "," LINK("2") "," NODE("2", "b") "]", "(L) a <-[T]- (L) b"},
		{"[" NODE("1", "a") "," LINK("1") "]", NULL},
		{"[" LINK("1") "," NODE("1", "a") "," LINK("1") "]", NULL}, {"[1,2,3]", "[1,2,3]"},
		{"[]", "[]"}};
	mn_arena *arena = mn_arena_new(SIZE_MAX);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		mn_cell cell;

		assert_int_equal(mn_cell_read(arena, mn_str_of(cases[i].json), &cell), 0);
		assert_int_equal(cell.kind, MN_CELL_VALUE);
		if (cases[i].text)
			assert_true(mn_str_is(cell.text, cases[i].text));
		else
			assert_true(cell.text.len && cell.text.ptr[0] == '[');
	}
	mn_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_counted_as_the_terminal_shows_them),
		cmocka_unit_test(a_text_cut_in_its_middle_keeps_both_ends),
		cmocka_unit_test(a_text_that_is_cut_short_says_so),
		cmocka_unit_test(what_is_indented_does_not_begin_with_an_empty_line),
		cmocka_unit_test(lines_break_at_spaces_and_newlines_and_lose_nothing_else),
		cmocka_unit_test(a_line_always_makes_progress),
		cmocka_unit_test(numbers_are_short_and_say_what_they_are),
		cmocka_unit_test(drawing_has_a_stand_in_of_one_column),
		cmocka_unit_test(every_key_has_a_name_that_leads_back_to_it),
		cmocka_unit_test(no_key_starts_two_actions_on_one_screen),
		cmocka_unit_test(no_two_actions_have_one_name),
		cmocka_unit_test(a_person_can_give_a_key_to_another_action),
		cmocka_unit_test(a_bad_line_of_the_key_file_is_named_by_its_number),
		cmocka_unit_test(a_line_is_edited_as_in_a_shell),
		cmocka_unit_test(a_character_is_never_cut_in_two),
		cmocka_unit_test(a_full_line_takes_no_more),
		cmocka_unit_test(history_goes_back_and_forth),
		cmocka_unit_test(the_cursor_of_a_list_stays_in_it_and_in_sight),
		cmocka_unit_test(letters_in_order_match_and_words_win),
		cmocka_unit_test(a_path_is_read_with_its_arrows_and_another_list_as_it_is),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
